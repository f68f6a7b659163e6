"""The first screen is short, and a Chinese page is Chinese."""

import re

import pytest

from appeal_insights.reports.still import still
from tests.demo import OWN_DECISIONS, QUIET, TIKTOK, bundles, exhibit
from tests.findings.test_disclosure_of_findings import every

MOST_WORDS, MOST_CHARACTERS = 120, 220
INQUIRIES = {
    "the sample": {},
    "the sample where nothing moved": QUIET,
    "one market": {"where": "market=GB"},
    "one policy in two markets": {"where": "market=DE,FR; policy=misleading_claims"},
    "the published figures": TIKTOK,
    "the published figures of own decisions": {**TIKTOK, "where": OWN_DECISIONS},
}
# What is Latin on a Chinese page and has to be: codes and names of the data, what a shell or a query needs, addresses.
LATIN = re.compile(r"[A-Za-z][A-Za-z'’]*(?:[ ,;:()/-]+[A-Za-z][A-Za-z'’]*){2,}")
ALLOWED = (
    re.compile(r"appeal-insights ingest FILE --fact known_events"),
    re.compile(r"\w+=[\w,]+(?:; )?"),  # a scope
    re.compile(r"Implementing Regulation \(EU\) 2024/2835, part 7"),
)
each_inquiry = pytest.mark.parametrize("asked", INQUIRIES.values(), ids=INQUIRIES)


def first_screen(inquiry, language):
    shown = exhibit(inquiry, "summary", language=language)
    assert not shown["spec"]
    assert not shown["table"]
    return "\n".join([shown["title"], *shown["notes"]])


def words(text):
    """English words; a number with its unit or brackets is one."""
    return [part for part in text.split() if re.search(r"\w", part)]


def characters(text):
    """Chinese characters, and each run of Latin letters or digits as one."""
    return re.findall(r"[\u3400-\u9fff]|[A-Za-z0-9_.,%+\N{MINUS SIGN}-]*[A-Za-z0-9%]", text)


@each_inquiry
def test_the_first_screen_is_at_most_120_words(demo, asked):
    said = first_screen(demo.investigate(**asked), "en")
    assert 30 < len(words(said)) <= MOST_WORDS, said


@each_inquiry
def test_the_first_screen_is_at_most_220_chinese_characters(demo, asked):
    said = first_screen(demo.investigate(**asked), "zh-CN")
    assert 50 < len(characters(said)) <= MOST_CHARACTERS, said


def test_words_and_characters_are_counted_as_a_reader_would():
    assert len(words("It rose by +4.2 points (+1.9 to +6.5) · 2026-W40")) == 9
    assert len(characters("改判率上升 +4.22 个百分点")) == 10


def chinese(inquiry):
    """Every text of the Chinese half of a page, but for the code of queries."""
    for bundle in bundles(inquiry):
        for kind, shown in bundle.items():
            if not kind.endswith(("exhibit+json", "finding+json")):
                continue
            if kind.endswith("exhibit+json") and shown["language"] == "zh-CN":
                yield from (
                    text for _, text in every({name: shown[name] for name in ("title", "notes", "alt", "table")})
                )
                yield from chart_words(shown["spec"])
            if kind.endswith("finding+json"):
                yield from (
                    text for _, text in every([shown[part]["zh-CN"] for part in ("texts", "labels", "evidence")])
                )


def chart_words(spec):
    """What a chart writes, and the headings of its tooltips."""
    if spec:
        yield from re.findall(r">([^<]+)</text>", still(spec, "zh-CN"))
        named = every({name: part for name, part in spec.items() if name not in ("datasets", "config")})
        yield from (text for name, text in named if name in ("title", "text", "description"))


def latin_runs(text):
    for allowed in ALLOWED:
        text = allowed.sub("", text)
    return LATIN.findall(text)


@each_inquiry
def test_a_chinese_page_has_no_run_of_three_latin_words(demo, asked):
    found = [run for text in chinese(demo.investigate(**asked)) if isinstance(text, str) for run in latin_runs(text)]
    assert found == []


def test_a_run_of_latin_words_is_noticed():
    assert latin_runs("改判率 rose by four points") == ["rose by four points"]
    assert latin_runs("规则：misleading_claims 由 47.2% 变为 73.5%") == []
    assert latin_runs("请执行 appeal-insights ingest FILE --fact known_events。") == []
