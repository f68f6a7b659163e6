"""Every sentence stands in both languages with the same holes, and numbers and dates are written as each does."""

import re
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights import language
from appeal_insights.language import (
    LANGUAGES,
    UnknownWords,
    count,
    day,
    holes,
    instant,
    languages,
    points,
    points_number,
    points_range,
    say,
    share,
    share_range,
    words,
)

MINUS = "\N{MINUS SIGN}"
SENTENCES = {
    "change.rose": {"en": "{metric} rose to {after}.", "zh": "{metric}升至 {after}。"},
    "change.fell": {"en": "{metric} fell to {after}.", "zh": "{metric}降至 {after}。"},
}


@pytest.fixture
def sentences(monkeypatch):
    monkeypatch.setattr(language, "words", lambda: SENTENCES)


@pytest.mark.parametrize("key", sorted(words()))
def test_a_sentence_stands_in_both_languages_with_the_same_holes(key):
    sentence = words()[key]
    assert set(sentence) == {"en", "zh"}
    assert sentence["en"].strip()
    assert sentence["zh"].strip()
    assert holes(sentence["en"]) == holes(sentence["zh"])
    filled = dict.fromkeys(holes(sentence["en"]), "x")
    assert all(say(key, one, **filled) for one in LANGUAGES)


def test_holes_are_plain_names():
    for key, sentence in words().items():
        for name in holes(sentence["en"]) | holes(sentence["zh"]):
            assert re.fullmatch("[a-z][a-z0-9_]*", name), key


def test_a_sentence_is_said_with_its_holes_filled(sentences):
    assert say("change.rose", "en", metric="The rate", after="{48.1%}") == "The rate rose to {48.1%}."
    assert say("change.rose", "zh-CN", metric="改判率", after="48.1%") == "改判率升至 48.1%。"


def test_a_sentence_that_is_not_there_is_answered_with_the_nearest_one(sentences):
    with pytest.raises(UnknownWords, match=r"No sentence 'change\.ros'\. Did you mean 'change\.rose'"):
        say("change.ros", "en")


def test_a_hole_without_a_value_is_named(sentences):
    with pytest.raises(UnknownWords, match=r"'change\.rose' also needs: after, metric"):
        say("change.rose", "en")


def test_a_sentence_in_two_files_is_refused():
    found = {}
    language._collect({"change": {"rose": {"en": "x", "zh": "x"}}}, "", found)
    with pytest.raises(UnknownWords, match="stands in two files"):
        language._collect({"change": {"rose": {"en": "y", "zh": "y"}}}, "", found)


def test_a_choice_of_language_is_one_or_both():
    assert languages("en") == ("en",)
    assert languages("zh-CN") == ("zh-CN",)
    assert languages("both") == ("en", "zh-CN")
    with pytest.raises(
        UnknownWords, match=r"No language 'zh_cn'\. Did you mean 'zh-CN'\? Choose one of: en, zh-CN, both"
    ):
        languages("zh_cn")


@pytest.mark.parametrize("one", LANGUAGES)
def test_counts_have_all_their_digits_in_groups_of_three(one):
    assert [count(number, one) for number in (0, 999, 1000, 14589660)] == ["0", "999", "1,000", "14,589,660"]


@pytest.mark.parametrize("one", LANGUAGES)
def test_a_share_is_shown_as_a_percentage(one):
    assert share(0.48146, one) == "48.1%"
    assert share(0.48146, one, digits=3) == "48.146%"
    assert share(0, one, digits=0) == "0%"
    assert share(1, one) == "100.0%"


def test_a_difference_has_its_sign_and_its_unit():
    assert points(0.0198, "en") == "+1.98 points"
    assert points(-0.0198, "en") == f"{MINUS}1.98 points"
    assert points(0.0198, "zh-CN") == "+1.98 个百分点"
    assert points(0.12, "en", digits=0) == "+12 points"
    assert points_number(-12.5, "en") == f"{MINUS}1,250.00"


@pytest.mark.parametrize("value", [0.0, -0.0, 0.00004, -0.00004])
def test_what_rounds_to_nothing_has_no_sign(value):
    assert points_number(value, "en") == "0.00"


@given(st.floats(-2, 2))
def test_a_shown_difference_is_the_number_rounded(value):
    shown = points_number(value, "en").replace(MINUS, "-").replace(",", "")
    assert float(shown) == pytest.approx(100 * value, abs=0.005 + 1e-9)


def test_ranges_are_whole_phrases():
    assert share_range(0.472, 0.491, "en") == "47.2% to 49.1%"
    assert share_range(0.472, 0.491, "zh-CN") == "47.2% 至 49.1%"
    assert points_range(-0.011, 0.029, "en", digits=1) == f"{MINUS}1.1 to +2.9 points"
    assert points_range(-0.011, 0.029, "zh-CN", digits=1) == f"{MINUS}1.1 至 +2.9 个百分点"


def test_days_and_instants_are_written_as_each_language_does():
    assert day(date(2026, 11, 2), "en") == "2 November 2026"
    assert day(date(2026, 11, 2), "zh-CN") == "2026年11月2日"
    moment = datetime(2026, 11, 16, 6, 5, 59)
    assert instant(moment, "en") == "16 November 2026 06:05 UTC"
    assert instant(moment, "zh-CN") == "2026年11月16日 06:05 UTC"
