"""What days and clusters tell of how much more a rate moves than independent cases, by hand and in simulated worlds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.dispersion import (
    OF_CLUSTER_DAYS,
    OF_CLUSTERS,
    Dispersion,
    dispersion,
    dispersion_over_clusters,
    dispersion_over_days,
    larger,
    together,
)
from appeal_insights.errors import BadTable
from tests.analysis.worlds import days

approx = pytest.approx
quick = settings(max_examples=50, deadline=None)
UNKNOWN = Dispersion(None)
Clusters = list[tuple[int, int]]  # of (numerator, denominator) each


def cells(*periods: Clusters, by_day: list[Clusters] | None = None) -> pd.DataFrame:
    """One row per period of these clusters; `by_day` has the same records with clusters cut into days."""
    table: dict[str, list[int]] = {
        "period": list(range(len(periods))),
        "numerator": [sum(x for x, _ in clusters) for clusters in periods],
        "denominator": [sum(n for _, n in clusters) for clusters in periods],
    }
    for names, cut in ((OF_CLUSTERS, list(periods)), (OF_CLUSTER_DAYS, by_day)):
        for name, square in zip(names, (lambda x, n: x * x, lambda x, n: x * n, lambda x, n: n * n), strict=True):
            if cut is not None:
                table[name] = [sum(square(x, n) for x, n in clusters) for clusters in cut]
    return pd.DataFrame(table)


# --- what days tell ---------------------------------------------------------------------------------------------------


def test_two_extreme_days_beside_two_even_ones_can_be_reckoned_by_hand() -> None:
    # Rate 1/2, so a day of 100 expects 25 of variance. Squares 100 + 100 + 0 + 0, freed by 3/4, over 4 * 25.
    learned = dispersion_over_days(days([(40, 100), (60, 100), (50, 100), (50, 100)]))
    assert learned.value == approx((200 / 0.75) / 100)
    assert (learned.days, learned.degrees) == (4, approx(3))


def test_days_as_alike_as_chance_never_is_are_quieter_than_chance_and_count_as_chance() -> None:
    learned = dispersion_over_days(days([(50, 100)] * 10))
    assert learned.value == approx(0)
    assert learned.floor == 1
    assert learned.known


def test_a_step_between_periods_is_no_dispersion() -> None:
    assert dispersion_over_days(days([(20, 100)] * 7 + [(60, 100)] * 7, before=7)).value == approx(0)


def test_weekdays_are_taken_out_from_three_weeks_on() -> None:
    week = [(40, 100)] * 5 + [(35, 50)] * 2  # 40 % on weekdays, 70 % at weekends
    two, three = dispersion_over_days(days(week * 2)), dispersion_over_days(days(week * 3))
    assert two.value is not None
    assert two.value > 2
    assert three.value == approx(0)


def test_a_lone_saturday_does_not_keep_the_weekdays_in() -> None:
    table = days([(40, 100), (40, 100), (40, 100), (40, 100), (70, 100), (0, 0), (0, 0)] * 5)
    table.loc[5, ["numerator", "denominator"]] = [9, 10]
    assert dispersion_over_days(table).value == approx(0)


def test_a_bulk_restore_on_a_busy_day_tells_more_than_the_same_rate_on_a_quiet_day() -> None:
    calm = [(20, 50), (21, 50), (19, 50), (20, 50), (22, 50), (18, 50)]
    busy, quiet = dispersion_over_days(days([*calm, (380, 400)])), dispersion_over_days(days([*calm, (19, 20)]))
    assert busy.value is not None
    assert quiet.value is not None
    assert busy.value > 10 * quiet.value
    assert busy.degrees is not None
    assert busy.degrees < 3  # not 6: one day tells nearly all of it


@pytest.mark.parametrize(
    "counts",
    [
        [],
        [(0, 0)] * 9,
        [(1, 10)],
        [(1, 10), (2, 10)],  # one day remains beyond the level
        [(0, 10)] * 20,  # no day can differ
        [(10, 10)] * 20,
    ],
)
def test_too_little_to_learn_from_says_unknown(counts: list[tuple[int, int]]) -> None:
    learned = dispersion_over_days(days(counts) if counts else days([(0, 0)]).head(0))
    assert (learned.value, learned.degrees, learned.known, learned.floor) == (None, None, False, 1.0)
    assert learned.days == sum(1 for _, denominator in counts if denominator)


def test_days_without_cases_and_the_order_of_rows_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    cases = rng.integers(1, 60, 40)
    table = days(list(zip(rng.binomial(cases, 0.4), cases, strict=True)), before=20)
    with_empty = pd.concat([table, days([(0, 0)]).assign(day="2027-01-01")], ignore_index=True)
    learned = dispersion_over_days(table)
    assert dispersion_over_days(with_empty.sample(frac=1, random_state=1)) == Dispersion(
        approx(learned.value), learned.days, approx(learned.degrees)
    )


def test_days_that_cannot_be_read_are_refused_with_their_row() -> None:
    table = days([(1, 5), (2, 5), (3, 5)])
    with pytest.raises(BadTable, match="2026-01-05 is there more than once"):
        dispersion_over_days(pd.concat([table, table.head(1)]))
    with pytest.raises(BadTable, match="Row 1: 'numerator' is 9 but 'denominator' is only 5"):
        dispersion_over_days(table.assign(numerator=[1, 9, 3]))
    with pytest.raises(BadTable, match="Row 2: 'period' is empty"):
        dispersion_over_days(table.assign(period=["a", "b", None]))
    with pytest.raises(BadTable, match=r"No column 'day'\. Did you mean 'days'"):
        dispersion_over_days(table.rename(columns={"day": "days"}))


@quick
@given(counts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=4, max_size=60))
def test_any_days_give_a_dispersion_with_a_sense(counts: list[tuple[int, int]]) -> None:
    learned = dispersion_over_days(days([(min(pair), max(pair)) for pair in counts], before=len(counts) // 2))
    assert learned.floor >= 1
    if learned.value is not None:
        assert 0 <= learned.value < np.inf
        assert learned.degrees is not None
        assert 1 - 1e-9 <= learned.degrees <= learned.days


# --- what clusters tell -----------------------------------------------------------------------------------------------


def test_pairs_that_share_every_outcome_count_as_one_case_each() -> None:
    # 20 pairs, half of them reversed: squares are 20 * 1, where 40 cases less 2 for the rate leave 38 / 4 * 40 / 39.
    learned = dispersion_over_clusters(cells([(2, 2), (0, 2)] * 10))
    assert learned.value == approx(20 / (0.25 * 38 * 40 / 39))
    assert learned.degrees == approx(19)  # of clusters alike one fewer than there are
    assert learned.clusters


def test_pairs_that_never_agree_are_quieter_than_chance() -> None:
    assert dispersion_over_clusters(cells([(1, 2)] * 10)).value == approx(0)


def test_a_mix_of_sizes_can_be_reckoned_by_hand() -> None:
    # Rate 1/2. Residuals 1.5, -1.5, 0.5, -0.5, 0, 0: squares 5. D = 12, and squares of the sizes are 9 + 9 + 1 + 1 + 8.
    learned = dispersion_over_clusters(cells([(3, 3), (0, 3), (1, 1), (0, 1), (1, 2), (1, 2)]))
    assert learned.value == approx(5 / (0.25 * (12 - 28 / 12) * 12 / 11))
    assert learned.degrees == approx(144 / 28 - 1)


def test_a_step_between_periods_is_no_dispersion_and_periods_are_weighed_by_what_they_can_tell() -> None:
    before, after = [(0, 2), (2, 2), (0, 2), (0, 2)] * 20, [(2, 2), (2, 2), (0, 2), (2, 2)] * 20
    one, other = (dispersion_over_clusters(cells(each)) for each in (before, after))
    both = dispersion_over_clusters(cells(before, after))
    assert one.value == approx(other.value)
    assert both.value == approx(one.value)
    assert both.degrees == approx(one.degrees + other.degrees)
    alone_and_not = cells(before, [(1, 1), (0, 1)] * 80)  # variance 3/16 and 1/4, each over 160 cases
    assert dispersion_over_clusters(alone_and_not).value == approx((3 * one.value + 4 * 1) / 7, abs=0.005)


@pytest.mark.parametrize(
    "clusters",
    [
        [(1, 1), (0, 1)] * 50,  # no two records share a cluster
        [(2, 2), (2, 2), (2, 2)],  # no cluster can differ
        [(0, 1)] * 9 + [(0, 3)],
        [(7, 20)],  # one cluster only
        [(7, 20), (1, 1), (0, 1)],  # worth little more than one
        [(0, 0)],
    ],
)
def test_too_few_clusters_say_unknown(clusters: Clusters) -> None:
    assert dispersion_over_clusters(cells(clusters)) == UNKNOWN
    assert dispersion_over_clusters(cells(clusters).head(0)) == UNKNOWN


def test_a_period_without_anything_does_not_count() -> None:
    pairs = [(2, 2), (0, 2)] * 10
    assert dispersion_over_clusters(cells(pairs, [(0, 0)])) == dispersion_over_clusters(cells(pairs))


def test_sums_that_no_clusters_can_have_are_refused_with_their_row() -> None:
    table = cells([(2, 2), (0, 2), (1, 1)], [(1, 3), (1, 1)])
    with pytest.raises(BadTable, match="period 0 is there more than once"):
        dispersion_over_clusters(pd.concat([table, table.head(1)]))
    with pytest.raises(BadTable, match="Row 1: 'period' is empty"):
        dispersion_over_clusters(table.assign(period=[0, None]))
    with pytest.raises(BadTable, match=r"No column 'sum_xn'\. Did you mean 'sum_xx'"):
        dispersion_over_clusters(table.drop(columns="sum_xn"))
    with pytest.raises(BadTable, match="'sum_nn' is -1"):
        dispersion_over_clusters(table.assign(sum_nn=[9, -1]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sum_xx", 2),  # three in the numerator: at least 3, were they all apart
        ("sum_xx", 10),  # and at most 9, were they together
        ("sum_xn", 4),  # as much as sum_xx, which is 5, or more
        ("sum_xn", 7),  # at most the root of 5 * 9
        ("sum_nn", 6),  # then less of it is left for the two outside the numerator than 2
        ("sum_nn", 26),  # more than the square of five
    ],
)
def test_every_sum_is_held_against_the_counts_and_the_others(name: str, value: int) -> None:
    table = cells([(2, 2), (0, 2), (1, 1)])  # 3 of 5; sums 5, 5, 9
    with pytest.raises(BadTable, match=r"Row 0: 'sum_..' is \d+, which no clusters with a numerator of 3") as refused:
        dispersion_over_clusters(table.assign(**{name: value}))
    assert "群组" in refused.value.say("zh-CN")


@quick
@given(
    periods=st.lists(
        st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=30), min_size=1, max_size=3
    ),
    swap=st.booleans(),
)
def test_any_clusters_give_a_dispersion_and_counting_the_upheld_gives_the_same(
    periods: list[Clusters], swap: bool
) -> None:
    counted = [[(min(pair), max(pair)) for pair in clusters] for clusters in periods]
    learned = dispersion_over_clusters(cells(*counted))
    upheld = dispersion_over_clusters(cells(*([(n - x, n) for x, n in clusters] for clusters in counted)))
    assert learned.known == upheld.known
    if learned.known:
        assert 0 <= learned.value == approx(upheld.value)
        assert 2 <= learned.degrees <= sum(n > 0 for clusters in counted for _, n in clusters)


# --- days and clusters ------------------------------------------------------------------------------------------------


def test_of_days_and_clusters_the_larger_counts_with_its_own_degrees() -> None:
    quiet, loud = Dispersion(1.2, 14, 12.0), Dispersion(1.5, degrees=300.0, clusters=True)
    assert larger(quiet, loud) == Dispersion(1.5, 14, 300.0, clusters=True)
    assert larger(Dispersion(1.6, 14, 12.0), loud) == Dispersion(1.6, 14, 12.0, clusters=True)
    assert larger(quiet, UNKNOWN) == quiet
    assert larger(Dispersion(None, 1), loud) == Dispersion(1.5, 1, 300.0, clusters=True)
    assert larger(Dispersion(None, 1), UNKNOWN) == Dispersion(None, 1)


def test_what_clusters_add_from_day_to_day_is_added_to_the_days() -> None:
    found = together(Dispersion(2.0, 14, 12.0), Dispersion(1.5, degrees=300.0, clusters=True), same_day=1.1)
    assert (found.value, found.days, found.clusters) == (approx(2.4), 14, True)
    assert found.degrees == approx(2.4**2 / (2.0**2 / 12 + 0.4**2 / 300))


def test_clusters_within_a_day_are_in_the_days_already() -> None:
    of_days, of_clusters = Dispersion(1.6, 14, 12.0), Dispersion(1.5, degrees=300.0, clusters=True)
    assert together(of_days, of_clusters, same_day=1.5) == larger(of_days, of_clusters)
    quiet = Dispersion(0.5, 14, 12.0)
    assert together(quiet, of_clusters, same_day=1.4) == larger(quiet, of_clusters)


def test_one_call_takes_what_there_is() -> None:
    by_day = days([(40, 100), (60, 100), (50, 100), (50, 100), (45, 100), (55, 100)])
    pairs = [(2, 2), (0, 2)] * 75 + [(1, 2)] * 150
    table = cells(pairs, by_day=[[(1, 1), (1, 1), (0, 1), (0, 1)] * 75 + [(1, 1), (0, 1)] * 150])
    of_days, of_clusters = dispersion_over_days(by_day), dispersion_over_clusters(table)
    assert dispersion() == UNKNOWN
    assert dispersion(by_day) == dispersion(by_day, table.head(0)) == of_days
    assert dispersion(None, table) == of_clusters
    assert dispersion(by_day, table.drop(columns=list(OF_CLUSTER_DAYS))) == larger(of_days, of_clusters)
    both = dispersion(by_day, table)  # records that share no cluster on a day are independent on it: 1
    assert both.value == approx(together(of_days, of_clusters, same_day=1.0).value)
    assert both.floor > max(of_days.floor, of_clusters.floor)
