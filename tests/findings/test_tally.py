"""What was coded is counted with intervals that hold together, and raises a grade only where it tells the cause."""

import pandas as pd
import pytest
from scipy.special import ndtri

from appeal_insights.findings.tally import REASONS, raised, tally, tally_sentence

Z = float(ndtri(1 - 0.05 / 6 / 2))  # two-sided, shared among six reasons


def coded(cases, controls, **more):
    """So many cases and controls with each reason, each of a cluster of its own; "" is not coded."""
    rows = [
        {"group": group, "reason": reason or None}
        for group, counts in (("case", cases), ("control", controls))
        for reason, number in counts.items()
        for _ in range(number)
    ]
    table = pd.DataFrame(rows)
    return table.assign(case=[f"a{place}" for place in table.index], cluster=None, **more)


def row(found, reason):
    return found.table.set_index("reason").loc[reason]


def test_each_reason_has_its_share_of_cases_and_controls_and_the_difference():
    found = tally(coded({"tooling": 36, "other": 14}, {"wrong_enforcement": 50}))
    own = row(found, "tooling")
    assert (own["rate_after"], own["rate_before"], own["change"]) == (0.72, 0.0, 0.72)
    assert list(found.table["reason"]) == list(REASONS)
    assert found.table["numerator_after"].sum() == 50
    assert found.coded == found.drawn == {"control": 50, "case": 50}


def test_the_intervals_are_of_six_looks_at_once():
    """Wilson for none of 50: up to z^2 / (50 + z^2), with z = 2.638 for one look of six; then Newcombe's difference."""
    found = row(tally(coded({"tooling": 36, "other": 14}, {"wrong_enforcement": 50})), "tooling")
    upper = Z**2 / (50 + Z**2)
    assert upper == pytest.approx(0.1222, abs=1e-4)
    assert found["high_before"] == pytest.approx(upper)
    assert found["change_low"] == pytest.approx(0.72 - ((0.72 - found["low_after"]) ** 2 + upper**2) ** 0.5)


def test_appeals_of_one_enforcement_count_as_one():
    """Fifty cases in clusters of five are ten: 25 * 10 / 50 = 5 times wider than they look."""
    table = coded({"tooling": 36, "other": 14}, {"wrong_enforcement": 50})
    clustered = table.assign(cluster=[str(place // 5) if place < 50 else None for place in table.index])
    assert row(tally(clustered), "tooling")["high_before"] == pytest.approx(Z**2 * 5 / (50 + Z**2 * 5))


@pytest.mark.parametrize(
    ("cases", "controls", "why", "leading"),
    [
        ({"tooling": 30, "other": 20}, {"tooling": 5, "other": 45}, "tells", "tooling"),
        ({"tooling": 22, "other": 28}, {"tooling": 1, "other": 49}, "no_leader", None),  # "other" says nothing
        ({"tooling": 25, "lenient_review": 25}, {"other": 50}, "no_leader", None),
        ({"tooling": 26, "other": 24}, {"tooling": 20, "other": 30}, "not_more", "tooling"),
        ({"tooling": 29}, {"other": 50}, "few", "tooling"),
        ({"tooling": 50}, {"other": 29}, "few", "tooling"),
        ({"tooling": 30, "": 8}, {"other": 50}, "left_out", "tooling"),  # 30 of 38 are under four in five
        ({"tooling": 30, "": 7}, {"other": 50}, "tells", "tooling"),
        ({"": 50}, {"": 50}, "few", None),
    ],
)
def test_a_reading_tells_where_its_leading_reason_is_surely_more_frequent_than_among_controls(
    cases, controls, why, leading
):
    found = tally(coded(cases, controls))
    assert (found.why, found.leading) == (why, leading)
    assert raised("likely", found) == ("confirmed" if why == "tells" else "likely")


def test_only_a_likely_cause_is_raised():
    found = tally(coded({"tooling": 30, "other": 20}, {"other": 50}))
    assert [raised(grade, found) for grade in ("confirmed", "likely", "possible", "unknown")] == [
        "confirmed", "confirmed", "possible", "unknown"
    ]  # fmt: skip
    assert raised("likely", None) == "likely"


def test_readings_that_differ_by_luck_alone_seldom_raise_a_grade():
    """Cases and controls coded from the same six shares, 400 times: at most 5 of 100, and a few more for luck."""
    import numpy as np

    draw = np.random.default_rng(7)
    false = 0
    for _ in range(400):
        counts = [dict(zip(REASONS, map(int, draw.multinomial(50, [0.3, 0.2, 0.2, 0.1, 0.1, 0.1])), strict=True))
                  for _ in range(2)]  # fmt: skip
        false += tally(coded(*counts)).why == "tells"
    assert false <= 400 * 0.05


def test_the_sentence_says_what_was_read_in_both_languages():
    found = tally(coded({"tooling": 36, "other": 14}, {"wrong_enforcement": 50}))
    english, chinese = tally_sentence(found, "en"), tally_sentence(found, "zh-CN")
    assert english.startswith("Of 50 cases and 50 controls read blind, 72.0% of the cases and 0.0% of the controls")
    assert "“Tooling”: +72.00 points" in english
    assert "“工具或系统问题”的比例分别为 72.0% 与 0.0%" in chinese
    few = tally(coded({"tooling": 3}, {"other": 50}))
    assert tally_sentence(few, "en").startswith("3 cases and 50 controls were read; 30 of each")
