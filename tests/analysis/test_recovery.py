"""The smallest set that closes a gap closes it, and no smaller one does: held against every set there is."""

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.recovery import MOST_SEARCHED, smallest_recovery
from appeal_insights.errors import BadParameter, BadTable
from tests.helpers import table

# 880 of 1,000 are in time, promised are 90 %: 20 are missing. Recovering to their own targets would bring
# DE 95 - 80 = 15, FR 190 - 180 = 10, GB 9, IT nothing, and ES, which has no target, nothing.
SEGMENTS = """
market | numerator | denominator | own_target
DE     |        80 |         100 |       0.95
FR     |       180 |         200 |       0.95
GB     |       171 |         200 |       0.90
IT     |       354 |         400 |       0.80
ES     |        95 |         100 |
"""


def counted(text: str) -> pd.DataFrame:
    rows = table(text)
    return rows.assign(
        **{name: pd.to_numeric(rows[name]) for name in rows.columns.drop(["market", "queue"], errors="ignore")}
    )


def segments() -> pd.DataFrame:
    return counted(SEGMENTS)


def test_the_fewest_segments_are_found_and_of_those_the_ones_with_least_to_recover():
    found = smallest_recovery(segments(), by=["market"], target=0.90)
    assert found.gap == pytest.approx(20)
    assert found.segments["market"].tolist()[:3] == ["DE", "FR", "GB"]
    assert found.segments["gain"].tolist() == pytest.approx([15, 10, 9, 0, 0])
    assert found.chosen["market"].tolist() == ["DE", "GB"], "24 cases close it as well as the 25 of DE and FR"
    assert found.closes
    assert found.exact


def test_a_gap_that_all_together_do_not_close_is_said_so():
    found = smallest_recovery(segments(), by=["market"], target=0.92)
    assert found.gap == pytest.approx(40)
    assert not found.closes
    assert found.chosen.empty


def test_without_a_gap_nothing_has_to_recover():
    found = smallest_recovery(segments(), by=["market"], target=0.88)
    assert (found.gap, found.closes, len(found.chosen)) == (0, True, 0)


def test_a_rate_that_is_to_fall_recovers_downwards_to_what_it_was_before():
    """20 of 100 were overturned, promised are 15 %: 5 too many. A was at 10 %: 5 fewer; B at 40 %: none fewer."""
    rows = counted("""
        market | queue | numerator | denominator | numerator_before | denominator_before
        A      | q     |        10 |          50 |               10 |                100
        B      | q     |        10 |          50 |               40 |                100
        C      | q     |         0 |           0 |                0 |                  0
    """)
    found = smallest_recovery(rows, by=["market", "queue"], target=0.15, direction="at_most", to="before")
    assert found.chosen["market"].tolist() == ["A"]
    assert found.chosen["gain"].tolist() == pytest.approx([5])


def test_in_a_running_period_only_what_is_still_to_come_can_recover():
    halved = segments().assign(denominator_ahead=lambda rows: rows["denominator"] // 2)
    found = smallest_recovery(halved, by=["market"], target=0.895)  # 15 missing; 7.5, 5 and 4.5 can be had
    assert found.segments["gain"].tolist()[:3] == pytest.approx([7.5, 5, 4.5])
    assert found.chosen["market"].tolist() == ["DE", "FR", "GB"]


def test_sets_that_are_alike_are_told_apart_by_name_whatever_the_order_of_rows():
    rows = pd.DataFrame({"market": list("DCBA"), "numerator": 80, "denominator": 100, "own_target": 0.9})
    for order in (rows, rows[::-1], rows.sample(frac=1, random_state=1)):
        assert set(smallest_recovery(order, by=["market"], target=0.85).chosen["market"]) == {"A", "B"}


def test_beyond_twenty_candidates_the_largest_are_taken_and_it_says_so():
    many = MOST_SEARCHED + 1
    rows = pd.DataFrame({"market": [f"M{n:02d}" for n in range(many)], "numerator": 50, "denominator": 100})
    rows["own_target"] = [0.5 + 0.01 * (n + 1) for n in range(many)]  # 1 to 21 cases each
    found = smallest_recovery(rows, by=["market"], target=0.5 + 22 / (100 * many))
    assert not found.exact
    assert found.chosen["gain"].tolist() == pytest.approx([21, 20])
    assert smallest_recovery(rows[1:], by=["market"], target=0.5 + 22 / (100 * (many - 1))).exact


def test_what_is_no_rate_is_refused():
    with pytest.raises(BadParameter, match=r"0\.95 for 95"):
        smallest_recovery(segments(), by=["market"], target=95)
    with pytest.raises(BadTable, match="no rate"):
        smallest_recovery(segments().assign(numerator=0, denominator=0), by=["market"], target=0.9)
    with pytest.raises(BadTable, match="'own_target'"):
        smallest_recovery(segments().drop(columns="own_target"), by=["market"], target=0.9)


@settings(max_examples=80)
@given(
    rows=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 20)), min_size=1, max_size=8),
    target=st.integers(0, 20),
)
def test_it_closes_the_gap_and_no_smaller_or_lighter_set_does(rows, target):
    whole = pd.DataFrame(
        [(f"s{n}", min(a, b), max(a, b, 1), c / 20) for n, (a, b, c) in enumerate(rows)],
        columns=["market", "numerator", "denominator", "own_target"],
    )
    found = smallest_recovery(whole, by=["market"], target=target / 20)
    gains = (whole["own_target"] * whole["denominator"] - whole["numerator"]).clip(lower=0).tolist()
    missing = max(0.0, target / 20 * whole["denominator"].sum() - whole["numerator"].sum())
    assert found.gap == pytest.approx(missing)
    closing = [
        (size, sum(one))
        for size in range(len(gains) + 1)
        for one in combinations(gains, size)
        if sum(one) >= missing - 1e-7
    ]
    assert found.closes == bool(closing)
    if closing:
        size, least = min(closing)
        assert len(found.chosen) == size
        assert found.chosen["gain"].sum() == pytest.approx(least, abs=1e-6)
