"""Small numbers stay inside the house, and cannot be worked out from what is shown."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.disclosure import hide_cells, is_small, pool_small, tell_on_each_other

SUMS = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]


def segments(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(name, before // 2, before, after // 2, after) for name, before, after in rows], columns=["segment", *SUMS]
    )


def test_a_small_segment_is_folded_with_the_next_smallest_so_that_neither_can_be_worked_out():
    shown = pool_small(
        segments(("DE", 200, 210), ("FR", 100, 90), ("MT", 3, 40)), "stakeholder", sums=SUMS, label="(small)"
    )
    assert list(shown["segment"]) == ["DE", "(small)"]
    assert list(shown["denominator_before"]) == [200, 103]
    assert list(shown["pooled"]) == [1, 2]


def test_an_analyst_sees_every_segment():
    shown = pool_small(segments(("DE", 200, 210), ("MT", 3, 4)), "analyst", sums=SUMS, label="(small)")
    assert list(shown["segment"]) == ["DE", "MT"]


def test_a_segment_that_is_new_points_at_nobody_and_is_shown():
    shown = pool_small(segments(("DE", 200, 210), ("new policy", 0, 500)), "stakeholder", sums=SUMS, label="(small)")
    assert list(shown["segment"]) == ["DE", "new policy"]


def test_one_hidden_week_takes_another_along_because_the_total_of_the_period_is_shown():
    weeks = pd.DataFrame({"span": ["before"] * 3 + ["after"] * 2, "denominator": [12, 8, 20, 30, 31], "rate": 0.5})
    shown = hide_cells(weeks, "stakeholder", blank=["denominator", "rate"], totals=["span"])
    assert list(shown["hidden"]) == [True, True, False, False, False]
    assert shown["denominator"].isna().sum() == shown["rate"].isna().sum() == 2
    assert list(weeks["denominator"]) == [12, 8, 20, 30, 31]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_folding_keeps_the_totals_and_shows_nothing_small_unless_all_is_small(sizes):
    table = segments(*[(f"s{i}", before, after) for i, (before, after) in enumerate(sizes)])
    shown = pool_small(table, "stakeholder", sums=SUMS, label="(small)")
    assert (shown[SUMS].sum() == table[SUMS].sum()).all()
    if is_small(table[["denominator_before", "denominator_after"]].sum().to_frame().T).item():
        return
    assert not is_small(shown[["denominator_before", "denominator_after"]]).any()


def test_two_hidden_weeks_of_one_record_each_take_a_third_along():
    weeks = pd.DataFrame({"span": ["before"] * 4, "denominator": [1, 1, 20, 40], "rate": 0.5})
    shown = hide_cells(weeks, "stakeholder", blank=["denominator", "rate"], totals=["span"])
    assert list(shown["hidden"]) == [True, True, True, False]


def leaves(*rows: tuple[str, str, int]) -> pd.DataFrame:
    named = pd.DataFrame(rows, columns=["policy", "group", "denominator_before"])
    return named.assign(denominator_after=named["denominator_before"])


NESTED = leaves(("spam", "integrity", 50), ("claims", "integrity", 5), ("nudity", "adult", 30))


def test_a_group_shown_beside_its_policies_gives_the_folded_one_away():
    assert tell_on_each_other(NESTED, "policy", "group", {"policy": {"claims", "nudity"}})


def test_nothing_is_given_away_where_nothing_is_hidden():
    assert not tell_on_each_other(NESTED, "policy", "group", {})


def test_dimensions_that_cross_one_another_share_the_grand_total_only():
    crossed = leaves(("spam", "a", 50), ("spam", "b", 40), ("claims", "a", 5), ("claims", "b", 30))
    assert not tell_on_each_other(crossed, "policy", "group", {"policy": {"claims"}})
