"""An error helps: it names what comes nearest to what was given."""

import pytest

from appeal_insights.errors import BadParameter, UnknownMetric, choice, did_you_mean, nearest, one_of

OUTCOMES = ("decision_upheld", "decision_reversed", "decision_partially_reversed", "decision_omitted")


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
    ):
        choice("basis", "decison", ("decision", "submission"))


def test_a_long_list_is_cut():
    assert one_of(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert did_you_mean("zzz", ["a"]) == ""
