"""The bar beneath an explorer: each action is a call of the library, the last view comes back, a link fits or not."""

import asyncio
import json

import pytest

from appeal_insights.errors import AppealInsightsError, BadParameter
from appeal_insights.explorer.explore import explore
from appeal_insights.findings.kept import kept
from appeal_insights.findings.view import View
from tests.helpers import decided, english_left, make_store

CASES = [
    (day, market, outcome, n)
    for day in ("2026-10-26", "2026-11-02", "2026-11-09")
    for market, outcome, n in (("DE", "upheld", 37), ("DE", "reversed", 13), ("FR", "upheld", 31), ("GB", "upheld", 12))
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "few.duckdb", decided(CASES, policy="spam", queue="live"))
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/00_explore.ipynb")
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    return tmp_path


def choose(explorer, **chosen):
    for name, value in chosen.items():
        getattr(explorer.controls, name).value = value


def test_the_view_on_the_screen_is_its_code_and_its_link(place):
    explorer = explore("few", workspace=place)
    choose(explorer, by="market", filter="market", values=("DE", "FR"))
    parts = explorer.frame.parts
    view = View.from_token(parts["link"].text.value)
    assert view == explorer.view
    assert (view.asked["by"], view.asked["where"]) == ("market", "market=DE,FR")
    assert parts["code"].text.value == view.code()


def test_a_pasted_link_sets_every_control(place):
    one, other = explore("few", workspace=place), explore("few", name="other", workspace=place)
    choose(one, every="month", by="market", also="policy", basis="submission", filter="market", values=("DE",))
    other.frame.parts["link"].paste.value = one.frame.parts["link"].text.value
    assert other.view == one.view
    assert other.seen.trend.equals(one.seen.trend)
    assert other.frame.parts["link"].paste.value == ""
    assert other.controls.filters.scope == {"market": ["DE"]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "no link to a view"),
        (View("cases", {"store": "few"}).token(), "another explorer (cases)"),
        (View("metric", {"store": "demo"}).token(), "of the store demo"),
        (View("metric", {"store": "few", "by": "markt"}).token(), "Did you mean 'market'"),
        (View("metric", {"store": "few", "metric": "overturn"}).token(), "Did you mean"),
        (View("metric", {"store": "few", "where": "markt=DE"}).token(), "Did you mean 'market'"),
        (View("metric", {"store": "few", "by": "market,policy,queue"}).token(), "too many dimensions"),
        (View("metric", {"store": "few", "every": "weeks"}).token(), "Did you mean 'week'"),
        (View("metric", {"store": "few", "as_of": "soon"}).token(), ""),
    ],
)
def test_a_link_that_does_not_fit_is_met_with_a_sentence_and_changes_nothing(place, text, says):
    explorer = explore("few", language="both", by="market", workspace=place)
    before, seen = explorer.view, explorer.seen
    explorer.frame.parts["link"].paste.value = text
    assert says.replace("'", "&#x27;") in explorer.frame.said.value
    assert 'role="status"' in explorer.frame.said.value
    assert explorer.view == before
    assert explorer.seen is seen


def test_a_stakeholder_who_opens_the_view_of_an_analyst_stays_one(place):
    make_store(place / "data" / "store" / "tiny.duckdb", decided([*CASES, ("2026-11-09", "MT", "reversed", 3)]))
    asked = {"by": "market", "during": "2026-W46", "workspace": place}
    analyst = explore("tiny", audience="analyst", **asked)
    assert "MT" in set(analyst.seen.breakdown["segment"])
    reader = explore("tiny", view=analyst.frame.parts["link"].text.value, workspace=place)
    assert reader.place.audience == "stakeholder"
    assert "MT" not in str(reader.seen.breakdown) + str([one.spec for one in reader.results.pictures])


def test_where_an_explorer_is_held_to_some_records_no_link_leads_out_of_them(place):
    explorer = explore("few", where="market=DE", workspace=place)
    for where in ("market=FR", "market=DE,FR"):
        with pytest.raises(BadParameter, match="is held to market"):
            explorer.frame.open(View("metric", {"store": "few", "where": where}).token())
    explorer.frame.open(View("metric", {"store": "few", "by": "policy"}).token())
    assert explorer.asking.where == {"market": ["DE"]}


def test_the_last_view_is_there_when_the_explorer_is_made_again(place):
    choose(explore("few", workspace=place), by="market", every="month", language="zh-CN")
    again = explore("few", workspace=place)
    assert (again.asking.by, again.asking.every, again.place.languages) == ("market", "month", ("zh-CN",))
    assert again.controls.by.description == "拆分维度"
    assert [path.name for path in (place / "data" / "views").iterdir()] == ["00_explore.metric.json"]


def test_other_words_another_name_or_another_notebook_open_anew(place, monkeypatch):
    choose(explore("few", workspace=place), by="market")
    assert explore("few", during="2026-W45", workspace=place).asking.by == ""
    choose(explore("few", workspace=place), by="market")
    assert explore("few", name="second", workspace=place).asking.by == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "other.ipynb")
    assert explore("few", workspace=place).asking.by == ""
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert explore("few", workspace=place).asking.by == ""


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"view": 3, "made_with": {}}', "\x00"])
def test_a_last_view_that_cannot_be_read_costs_nothing(place, content):
    choose(explore("few", workspace=place), by="market")
    (place / "data" / "views" / "00_explore.metric.json").write_text(content, encoding="utf-8")
    assert explore("few", workspace=place).asking.by == ""


def test_a_last_view_that_names_what_is_gone_opens_anew(place):
    explorer = explore("few", workspace=place)
    choose(explorer, by="market")
    path = place / "data" / "views" / "00_explore.metric.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**told, "view": explorer.view.but(by="gone").token()}), encoding="utf-8")
    assert explore("few", workspace=place).asking.by == ""


def test_a_workspace_that_cannot_be_written_to_costs_the_memory_only(place):
    (place / "data" / "views").write_text("no folder", encoding="utf-8")
    explorer = explore("few", workspace=place)
    choose(explorer, by="market")
    assert explorer.seen is not None
    (place / "data" / "exports").write_text("no folder", encoding="utf-8")
    explorer.frame.parts["export"].button.click()
    assert "Nothing could be written" in explorer.frame.said.value


def test_words_are_kept_beside_the_numbers_of_the_screen(place):
    explorer = explore("few", language="both", where="market=DE", during="2026-W45", workspace=place)
    part = explorer.frame.parts["keep"]
    part.button.click()
    assert "no words to keep" in explorer.frame.said.value
    part.en.value, part.zh.value, part.author.value = "High.", "偏高。", "Mei"
    part.button.click()
    [one] = kept("few", workspace=place)
    assert (one.words, one.author, one.view) == ({"en": "High.", "zh": "偏高。"}, "Mei", explorer.view)
    assert (one.numbers[0].numerator, one.numbers[0].denominator) == (13, 50)
    assert (one.numbers[0].low, one.numbers[0].high) == pytest.approx(
        tuple(explorer.seen.whole[["low", "high"]].iloc[0])
    )
    assert "Kept." in explorer.frame.said.value
    assert part.en.value == ""


def test_what_is_shown_is_written_as_each_form(place):
    explorer = explore("few", by="market", workspace=place)
    part = explorer.frame.parts["export"]
    for form in part.form.options:
        part.form.value = form
        part.button.click()
        assert "Written:" in explorer.frame.said.value
    assert {path.suffix for path in (place / "data" / "exports").iterdir()} == {".html", ".png", ".svg", ".xlsx"}
    choose(explorer, during="2024", every="month")
    part.button.click()
    assert "Nothing is shown here" in explorer.frame.said.value


def test_the_run_that_asks_why_is_told_and_started(place, monkeypatch):
    asked = []

    def run(notebook, parameters, **how):
        asked.append((notebook, dict(parameters)))
        return type("Run", (), {"html": "report.html"})()

    monkeypatch.setattr("appeal_insights.reports.view_run.run", run)
    explorer = explore("few", during="2026-W44..2026-W46", workspace=place)
    part = explorer.frame.parts["run"]
    assert part.text.value.startswith("appeal-insights run 02_overturn_root_cause -p store=few")
    part.button.click()
    [(notebook, parameters)] = asked
    assert (notebook, parameters["before"], parameters["after"]) == ("02_overturn_root_cause", "2026-W45", "2026-W46")
    assert "report.html" in explorer.frame.said.value

    async def notebook_goes_on():
        part.button.click()
        assert "has started" in explorer.frame.said.value
        for _ in range(100):
            await asyncio.sleep(0.02)
            if "done" in explorer.frame.said.value:
                return

    asyncio.run(notebook_goes_on())
    assert len(asked) == 2
    assert "The run is done" in explorer.frame.said.value
    choose(explorer, during="2026-W46")
    assert part.button.disabled
    assert "compares two" in part.text.value


def test_a_run_that_fails_says_why(place, monkeypatch):
    def run(*_, **__):
        raise AppealInsightsError("No.")

    monkeypatch.setattr("appeal_insights.reports.view_run.run", run)
    explorer = explore("few", during="2026-W44..2026-W46", workspace=place)
    explorer.frame.parts["run"].button.click()
    assert "No." in explorer.frame.said.value


def test_a_page_without_code_keeps_nothing_and_writes_nothing(place, monkeypatch):
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    explorer = explore("few", workspace=place)
    choose(explorer, by="market")
    assert list(explorer.frame.parts) == ["code", "link"]
    assert [path.name for path in (place / "data").iterdir()] == ["store"]


@pytest.mark.parametrize("language", ["en", "zh-CN", "both"])
def test_every_control_has_a_label_in_the_language_asked_for(place, language):
    explorer = explore("few", language=language, workspace=place)
    for button in explorer.frame._buttons.values():
        button.click()
    labels = [
        widget.description for widget in labelled(explorer.frame.around(explorer.results.beside(explorer.controls)))
    ]
    assert len(labels) >= 20
    assert all(labels)
    if language == "zh-CN":
        assert not [label for label in labels if english_left(label)]
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in label) for label in labels)


def labelled(widget):
    """Every control of a tree of widgets that a hand or a key can reach."""
    for child in getattr(widget, "children", ()):
        yield from labelled(child)
    if hasattr(widget, "description") and type(widget).__name__ in (
        "Dropdown", "Text", "Textarea", "SelectMultiple", "Button", "FloatProgress",
    ):  # fmt: skip
        yield widget


def test_another_language_is_said_at_once_and_nothing_is_asked_again(place, monkeypatch):
    explorer = explore("few", by="market", workspace=place)
    seen = explorer.seen
    monkeypatch.setattr("appeal_insights.explorer.explore.glance", lambda *_, **__: pytest.fail("asked again"))
    choose(explorer, language="zh-CN")
    assert explorer.seen is seen
    assert explorer.controls.metric.description == "指标"
    assert explorer.results.pictures[0].language == "zh-CN"
    assert "改判率" in str(explorer.results.pictures[0].spec["title"])
    choose(explorer, language="both")
    assert len([one for one in explorer.results.pictures if one.spec]) == 2
    assert explorer.view.asked["language"] == "both"
