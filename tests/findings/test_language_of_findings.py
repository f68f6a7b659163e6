"""What is said in English is said in Chinese: the same numbers, the same parts, and no language inside the other."""

import re
from calendar import month_name
from collections import Counter

import pytest

from appeal_insights.findings.finding import labels
from appeal_insights.findings.shown import CODE, EXHIBIT, FINDING, TWIN, VEGA
from tests.demo import OWN_DECISIONS, PARTS, QUIET, TIKTOK, bundles, told

BY = "policy,market,appellant"
INQUIRIES = {
    "planted": {"by": BY},
    "quiet": {**QUIET, "by": BY},
    "young": {"basis": "submission", "by": BY, "where": "market=DE,FR"},
    "replayed": {"as_of": "2026-11-12T00:00:00Z", "by": BY},
    "published": {**TIKTOK, "where": OWN_DECISIONS},
    "too few": {"before": "2026-10-20..2026-10-22", "after": "2026-10-27..2026-10-29", "where": "market=NO", "by": BY},
}
# Names and sources that have no Chinese form: they stand in both languages as they are.
AS_THEY_ARE = ("Implementing Regulation (EU) 2024/2835, part 7", "appeal-insights ingest FILE --fact known_events")
MONTHS = {month_name[number]: str(number) for number in range(1, 13)}


@pytest.fixture(params=INQUIRIES)
def inquiry(request, demo):
    return demo.investigate(**INQUIRIES[request.param])


def numerals(text: str) -> Counter[str]:
    """Each number of a text and how often, months as numbers, signs and separators of thousands as one writes them."""
    for name, number in MONTHS.items():
        text = re.sub(rf"\b{name}\b", number, text)
    return Counter(re.findall(r"[+\N{MINUS SIGN}]?\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d{3})", "", text)))


def shown_ids(inquiry, language):
    found = []
    for part in PARTS:
        for bundle in bundles(inquiry, part):
            if EXHIBIT in bundle and bundle[EXHIBIT]["language"] == language:
                found.append((part, bundle[EXHIBIT]["id"], VEGA in bundle, bool(bundle[EXHIBIT]["table"])))
            elif FINDING in bundle and language in bundle[FINDING]["texts"]:
                found.append((part, bundle[FINDING]["id"], bundle[FINDING]["grade"]))
    return found


def test_both_languages_tell_the_same_numbers(inquiry):
    english, chinese = numerals(told(inquiry, "en")), numerals(told(inquiry, "zh-CN"))
    assert sum(english.values()) > 3
    # Some words hold a number in one language only: 11.11 is 双十一, "part 7" stays; so compare what is in either.
    assert {number for number in english if number not in chinese} <= {"11.11"}
    assert {number for number in chinese if number not in english} == set()


def test_each_finding_tells_the_same_numbers_equally_often(inquiry):
    for each in inquiry.conclusions:
        english, chinese = (str(each.as_json()["texts"][language]["claim"]) for language in ("en", "zh-CN"))
        assert numerals(english) == numerals(chinese)
        cells = [each.as_json()["evidence"][language]["rows"] for language in ("en", "zh-CN")]
        assert numerals(str(cells[0])) == numerals(str(cells[1]))


def test_everything_that_is_shown_is_shown_in_both(inquiry):
    english, chinese = shown_ids(inquiry, "en"), shown_ids(inquiry, "zh-CN")
    assert len(english) >= 5
    assert english == chinese


def test_no_english_sentence_stands_in_the_chinese_text(inquiry):
    for line in told(inquiry, "zh-CN").splitlines():
        for known in AS_THEY_ARE:
            line = line.replace(known, "")
        # Codes hold together with _ or - ; three words with blanks between are a sentence that nobody translated.
        assert not re.search(r"[A-Za-z]{2,}(?: [A-Za-z]{2,}){2}", line), line


def test_no_chinese_stands_in_the_english_text(inquiry):
    assert re.findall("[一-鿿]+", told(inquiry, "en")) == []


def test_one_language_shows_that_one_only(demo):
    both = demo.investigate(**QUIET, by=BY)
    for language, other in (("en", "zh-CN"), ("zh-CN", "en")):
        alone = demo.investigate(**QUIET, by=BY, language=language)
        assert alone.languages == (language,)
        assert told(alone, other) == ""
        assert told(alone, language) == told(both, language)


def test_both_holds_both_in_one_finding_and_in_neighbouring_exhibits(demo):
    both = demo.investigate(**QUIET, by=BY)
    for bundle in bundles(both, "findings"):
        assert list(bundle[FINDING]["texts"]) == ["en", "zh-CN"]
        assert bundle["text/html"].count("<h4>") == 2
    for part in ("summary", "trend", "limits"):
        of = [bundle[EXHIBIT]["language"] for bundle in bundles(both, part) if EXHIBIT in bundle]
        assert of == ["en", "zh-CN"]


def test_a_query_is_shown_once_since_it_is_in_neither_language(demo):
    both = demo.investigate(**QUIET, by=BY)
    texts = [bundle[CODE]["text"] for bundle in bundles(both, "about") if CODE in bundle]
    assert len(texts) == len(set(texts)) == len({asked.text for asked in both.evidence.asked})


def test_every_part_of_a_finding_has_a_heading_in_both_languages():
    assert list(labels("en")) == list(labels("zh-CN"))
    assert all(one != other for one, other in zip(labels("en").values(), labels("zh-CN").values(), strict=True))


def test_a_chart_carries_its_twin_and_a_text_for_those_who_cannot_see_it(demo):
    outputs = bundles(demo.investigate(**QUIET, by=BY), "trend", "segments")
    charts = [place for place, bundle in enumerate(outputs) if VEGA in bundle]
    told_in = [outputs[place][EXHIBIT]["language"] for place in charts]
    assert told_in.count("en") == told_in.count("zh-CN") >= 2, "a trend and the contributions at least"
    for place in charts:
        shown = outputs[place][EXHIBIT]
        assert outputs[place + 1][TWIN] == {"of": shown["id"]}
        assert len(shown["alt"]) > 40 if shown["language"] == "en" else len(shown["alt"]) > 15
        for row in shown["table"]["rows"]:
            assert row[0] in outputs[place + 1]["text/html"]
