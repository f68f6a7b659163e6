"""An error helps: it names what comes nearest to what was given, and says it in both languages."""

import ast
import pickle
import re
from pathlib import Path

import pytest

import appeal_insights as ap
from appeal_insights import errors
from appeal_insights.errors import (
    AppealInsightsError,
    BadInput,
    BadParameter,
    BadPeriod,
    UnknownMetric,
    UnknownStore,
    choice,
    did_you_mean,
    nearest,
    one_of,
    word,
)
from appeal_insights.language import holes, words
from appeal_insights.periods import GRAINS
from tests.helpers import english_left

PACKAGE = Path(__file__).parents[1] / "appeal_insights"
OUTCOMES = ("decision_upheld", "decision_reversed", "decision_partially_reversed", "decision_omitted")
# What a notebook, a run or the explorer can meet. Whoever takes data in does so in the shell, in English.
SPOKEN = (
    "periods", "records.scope", "records.workspace", "records.store", "records.contract", "metrics.metric",
    "metrics.measure", "metrics.query", "analysis.cohorts", "analysis.counts", "analysis.decomposition",
    "analysis.intervals", "analysis.leaves", "analysis.rootcause", "findings.answer", "findings.evidence",
    "findings.glance", "findings.overturn", "explorer.explore", "reports.blocks", "reports.export", "reports.failure",
    "reports.folders", "reports.parameters", "reports.run",
)  # fmt: skip
DECLARATIONS = {"BadContract", "BadPredicate", "BadMapping"}  # for whoever writes a declaration of this package
KINDS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, AppealInsightsError)
}
MAKERS = {"Sentence", "type(error).of", *(f"{kind}.of" for kind in KINDS)}
SENTENCES = {key.removeprefix("error."): both for key, both in words().items() if key.startswith("error.")}


def calls(source: str) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def english_only(source: str) -> list[int]:
    """The lines that make an error of ours from a text instead of from a sentence's key."""
    made = [call for call in calls(source) if isinstance(call.func, ast.Name) and call.func.id in KINDS - DECLARATIONS]
    retold = [
        call for call in calls(source) if isinstance(call.func, ast.Call) and ast.unparse(call.func) == "type(error)"
    ]
    return [call.lineno for call in (*made, *retold)]


def keyed(source: str) -> list[tuple[str, set[str]]]:
    """The sentences that a source says, each with the names of the values given to it."""
    said = []
    for call in calls(source):
        if ast.unparse(call.func) in MAKERS:
            keys = [call.args[0].body, call.args[0].orelse] if isinstance(call.args[0], ast.IfExp) else call.args
            given = {keyword.arg or "**" for keyword in call.keywords}
            said += [(str(key.value), given) for key in keys if isinstance(key, ast.Constant)]
    return said


def is_choice(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "choice"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("decision_uphelt", "decision_upheld"),
        ("DECISION_UPHELD", "decision_upheld"),
        ("upheld", "decision_upheld"),
        ("reversed", "decision_reversed"),
        ("partially", "decision_partially_reversed"),
        ("cat", None),
    ],
)
def test_the_nearest_name_is_a_near_spelling_or_the_only_name_with_that_part(given, found):
    assert nearest(given, OUTCOMES) == found


def test_an_error_tells_its_name_and_its_sentence():
    error = UnknownMetric("No metric 'x'.")
    assert str(error) == "UnknownMetric: No metric 'x'."
    assert error.message == "No metric 'x'."


def test_a_wrong_choice_is_told_what_there_is():
    with pytest.raises(
        BadParameter, match=r"No basis 'decison'\. Did you mean 'decision'\? Choose one of: decision, sub"
    ) as refused:
        choice("basis", "decison", ("decision", "submission"))
    assert refused.value.say("en") == refused.value.message
    assert refused.value.say("zh-CN") == (
        "没有这样的统计口径：'decison'。是否指 'decision'？请从以下选项中选择：decision、submission。"
    )


def test_a_long_list_is_cut():
    assert one_of(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert one_of(["a", "b", "c"], most=2, language="zh-CN") == "a、b 等，另有 1 个"
    assert did_you_mean("zzz", ["a"]) == ""


def test_an_error_that_was_packed_and_sent_speaks_both_languages_still():
    sent = pickle.loads(pickle.dumps(BadPeriod.of("period.zero", grain=word("week"))))
    assert sent.message == "Zero weeks are no period. Ask for one or more."
    assert sent.say("zh-CN") == "以周计的数量为 0，不构成时间段。请至少取 1。"


def test_an_error_within_an_error_is_said_in_the_same_language():
    inner = BadPeriod.of("period.backwards", given="2026..2025")
    assert BadPeriod.of("parameter.named", name="after", error=inner).say("zh-CN") == (
        "参数 after：时间段 '2026..2025' 的结束早于开始。请把较早的写在前面。"
    )


def test_an_error_with_english_only_says_in_chinese_of_what_kind_it_is():
    assert BadInput("Not UTF-8.").say("zh-CN") == "文件无法读取，请检查该文件。（Not UTF-8.）"
    assert AppealInsightsError("Odd.").say("zh-CN") == "出现错误。（Odd.）"


@pytest.mark.parametrize(("language", "notes"), [("en", 0), ("zh-CN", 1), ("both", 1)])
@pytest.mark.parametrize("call", [ap.investigate, ap.explore])
def test_in_a_cell_the_last_line_of_an_error_is_chinese_where_that_was_asked_for(demo, call, language, notes):
    asked = {"before": "2026-W40", "after": "2026-W41"} if call is ap.investigate else {}
    with pytest.raises(UnknownStore, match="Did you mean 'demo'") as refused:
        call(store="dmo", language=language, workspace=demo.root, **asked)
    told = getattr(refused.value, "__notes__", [])
    assert told == [refused.value.say("zh-CN")] * notes
    assert all("是否指 'demo'？" in note for note in told)


@pytest.mark.parametrize("module", SPOKEN)
def test_what_a_notebook_can_meet_is_raised_with_the_key_of_a_sentence(module):
    assert english_only(PACKAGE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")) == []


def test_every_sentence_for_an_error_is_said_somewhere_with_values_for_all_its_holes_and_no_others():
    said = [one for file in sorted(PACKAGE.rglob("*.py")) for one in keyed(file.read_text(encoding="utf-8"))]
    for key, given in said:
        wanted = holes(SENTENCES[key]["en"])
        if "**" in given:
            continue  # values that the text does not name
        assert wanted <= given | {"hint"}, key
        assert given <= wanted | {"given", "known"}, key
        assert "hint" not in wanted or {"given", "known"} <= given, key
    sentences = {key for key in SENTENCES if not key.startswith(("word.", "kind."))}
    assert sentences - {key for key, _ in said} == set()


@pytest.mark.parametrize("key", SENTENCES)
def test_a_chinese_sentence_holds_no_english_one(key):
    assert english_left(SENTENCES[key]["zh"]) == []


def test_there_is_a_word_for_every_grain_and_for_whatever_is_chosen():
    sources = [file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))]
    chosen = {ast.literal_eval(call.args[0]) for text in sources for call in calls(text) if is_choice(call)}
    assert {"basis", "audience", "grain", "format"} <= chosen
    for name in {*chosen, *GRAINS}:
        assert word(name).say("en") == name
        assert re.fullmatch("[一-鿿]+", word(name).say("zh-CN"))


# The checks themselves can fail.


def test_an_error_made_from_a_text_is_noticed():
    assert english_only("raise BadPeriod(f'No {x}.')") == [1]
    assert english_only("error = BadRun('No.')") == [1]
    assert english_only("try: f()\nexcept E as error:\n    raise type(error)('No.') from error") == [3]
    assert english_only("raise BadPeriod.of('period.none')") == english_only("raise ValueError('No.')") == []
    assert keyed("raise BadRun.of('a.b' if c else 'a.d', e=1)") == [("a.b", {"e"}), ("a.d", {"e"})]


def test_an_english_sentence_in_a_chinese_text_is_noticed():
    assert english_left("没有 'a b c d' 与“ee ff gg”。") == []
    assert english_left("没有（No such store here）。") == ["No such store"]
