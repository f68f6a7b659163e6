"""A rate, its interval and its change, held to published numbers and to simulated days of known truth."""

from math import erfc, sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.dispersion import Dispersion, dispersion_over_days
from appeal_insights.analysis.intervals import change_intervals, change_of_rate, rate_with_interval, wilson
from appeal_insights.errors import BadParameter, BadTable, EmptyPeriod
from tests.analysis.worlds import days

approx = pytest.approx
quick = settings(max_examples=50, deadline=None)

INDEPENDENT = Dispersion(1.0)
REPEATS = 1000  # simulated pairs of periods; the error of a simulated 95 % is then 0.7 points


def shocked(
    rng: np.random.Generator, denominators: np.ndarray, *, rate: float | np.ndarray, together: float
) -> np.ndarray:
    """Numerators of days whose cases share a day's luck: variance is 1 + (cases - 1) * together times the binomial."""
    spread = 1 / together - 1
    return rng.binomial(denominators, rng.beta(rate * spread, (1 - np.asarray(rate)) * spread, denominators.shape))


def simulated(
    denominators: np.ndarray, numerators: np.ndarray, *, before: int
) -> tuple[pd.DataFrame, list[Dispersion]]:
    """Both periods of each repeat (a row) added up, and the dispersion each repeat learned from its days."""
    calendar = days([(0, 0)] * denominators.shape[1], before=before)
    learned = [
        dispersion_over_days(calendar.assign(numerator=x, denominator=n))
        for x, n in zip(numerators, denominators, strict=True)
    ]
    totals = pd.DataFrame(
        {
            "numerator_before": numerators[:, :before].sum(axis=1),
            "denominator_before": denominators[:, :before].sum(axis=1),
            "numerator_after": numerators[:, before:].sum(axis=1),
            "denominator_after": denominators[:, before:].sum(axis=1),
        }
    )
    return totals, learned


def coverage(totals: pd.DataFrame, dispersion: Dispersion | list[Dispersion], *, truth: float = 0.0) -> float:
    """How many of the intervals hold the true change."""
    table = change_intervals(totals, dispersion)
    return float(((table.change_low <= truth) & (truth <= table.change_high)).mean())


# --- one rate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "low", "high"),
    [
        (190, 200, 0.910, 0.973),
        (380, 400, 0.924, 0.967),
        (95, 100, 0.888, 0.9785),
        (13, 32, 0.255, 0.577),
        (2, 11, 0.051, 0.477),
        (8457, 19245, 0.4324, 0.4465),
    ],
)
def test_wilson_gives_the_published_intervals(numerator: int, denominator: int, low: float, high: float) -> None:
    assert wilson(numerator, denominator) == approx((low, high), abs=6e-4)


def test_the_interval_of_the_medical_reviews_has_the_published_digits() -> None:
    assert wilson(8457, 19245) == approx((0.432439, 0.446462), abs=5e-7)


def test_wilson_takes_columns_and_leaves_an_empty_row_without_an_interval() -> None:
    low, high = wilson(pd.Series([190, 0]), pd.Series([200, 0]))
    assert low == approx([0.9104, np.nan], abs=1e-4, nan_ok=True)
    assert high == approx([0.9726, np.nan], abs=1e-4, nan_ok=True)


def test_a_dispersion_of_four_makes_400_cases_count_as_100() -> None:
    assert wilson(380, 400, dispersion=4) == approx(wilson(95, 100))


def test_a_dispersion_below_one_does_not_make_an_interval_narrower() -> None:
    assert wilson(95, 100, dispersion=0.2) == wilson(95, 100)


def test_few_degrees_of_freedom_make_an_interval_wider_and_endless_ones_do_not() -> None:
    few, endless, normal = wilson(40, 100, degrees=5), wilson(40, 100, degrees=np.inf), wilson(40, 100)
    assert few[0] < normal[0] < normal[1] < few[1]
    assert endless == approx(normal)


@quick
@given(
    denominator=st.integers(1, 10**7),
    part=st.floats(0, 1),
    dispersion=st.floats(0.1, 1e5),
    wider=st.floats(1.01, 100),
    degrees=st.one_of(st.none(), st.floats(1, 300)),
)
def test_an_interval_holds_its_rate_stays_a_share_and_grows_with_the_dispersion(
    denominator: int, part: float, dispersion: float, wider: float, degrees: float | None
) -> None:
    numerator = round(part * denominator)
    low, high = wilson(numerator, denominator, dispersion=dispersion, degrees=degrees)
    lower, higher = wilson(numerator, denominator, dispersion=dispersion * wider, degrees=degrees)
    assert 0 <= low <= numerator / denominator <= high <= 1
    assert lower <= low + 1e-12
    assert high <= higher + 1e-12


def test_a_rate_is_the_ratio_of_sums_and_not_the_mean_of_the_days() -> None:
    by_day = days([(360, 900), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (18, 20)])  # Monday 40 %, Sunday 90 %
    week = by_day.groupby("period", as_index=False)[["numerator", "denominator"]].sum()
    assert rate_with_interval(week, INDEPENDENT).rate[0] == approx(378 / 920)  # 41.1 %, where the mean says 65 %


def test_a_table_keeps_its_columns_and_gets_rate_and_interval() -> None:
    table = pd.DataFrame({"market": ["GB", "DE"], "numerator": [13, 0], "denominator": [32, 0]}, index=[7, 3])
    rated = rate_with_interval(table, INDEPENDENT)
    assert rated.columns.tolist() == ["market", "numerator", "denominator", "rate", "low", "high"]
    assert rated.index.tolist() == [7, 3]
    assert rated.loc[7, ["rate", "low", "high"]].tolist() == approx([13 / 32, 0.2552, 0.5774], abs=1e-4)
    assert rated.loc[3, ["rate", "low", "high"]].isna().all()
    assert table.columns.tolist() == ["market", "numerator", "denominator"]


def test_rows_may_each_have_a_dispersion_of_their_own() -> None:
    table = pd.DataFrame({"numerator": [380, 380], "denominator": [400, 400]})
    rated = rate_with_interval(table, [INDEPENDENT, Dispersion(4.0, 20, 18.0)])
    assert rated.low.tolist() == approx([wilson(380, 400)[0], wilson(95, 100, degrees=18)[0]])
    with pytest.raises(BadTable, match="1 dispersions for 2 rows"):
        rate_with_interval(table, [INDEPENDENT])


# --- a change ---------------------------------------------------------------------------------------------------------


def test_a_difference_has_newcombes_published_interval() -> None:
    # Newcombe (1998), table II, method 10: 56/70 less 48/80, and 9/10 less 3/10.
    wide = change_of_rate(48, 80, 56, 70, dispersion=INDEPENDENT)
    assert (wide.change, wide.low, wide.high) == approx((0.2, 0.0524, 0.3339), abs=5e-5)
    small = change_of_rate(3, 10, 9, 10, dispersion=INDEPENDENT)
    assert (small.change, small.low, small.high) == approx((0.6, 0.1705, 0.8090), abs=5e-5)


def test_appeals_of_trusted_flaggers_cannot_be_told_apart_between_two_half_years() -> None:
    change = change_of_rate(2, 11, 13, 32, dispersion=INDEPENDENT)
    assert change.low < 0 < change.high
    assert change.p > 0.05


def test_the_p_value_is_of_the_score_test_and_a_dispersion_of_two_undoes_twice_the_cases() -> None:
    change = change_of_rate(50, 100, 60, 100, dispersion=INDEPENDENT)
    assert change.p == approx(erfc(0.1 / sqrt(0.55 * 0.45 * (1 / 100 + 1 / 100)) / sqrt(2)))
    doubled = change_of_rate(100, 200, 120, 200, dispersion=Dispersion(2.0))
    assert (doubled.p, doubled.low, doubled.high) == approx((change.p, change.low, change.high))


def test_few_days_make_a_change_less_certain() -> None:
    few = change_of_rate(50, 100, 60, 100, dispersion=Dispersion(1.0, 6, 4.0))
    many = change_of_rate(50, 100, 60, 100, dispersion=INDEPENDENT)
    assert few.p > many.p
    assert few.low < many.low
    assert many.high < few.high


def test_quiet_days_are_certain_of_no_less_than_independent_cases_are() -> None:
    # Twelve degrees ask for 2.18 standard errors rather than 1.96: 1.24 times the variance. Of 0.7 that is 0.87.
    quiet = change_of_rate(50, 100, 60, 100, dispersion=Dispersion(0.7, 14, 12.0))
    assert quiet == change_of_rate(50, 100, 60, 100, dispersion=INDEPENDENT)
    less_quiet = change_of_rate(50, 100, 60, 100, dispersion=Dispersion(0.9, 14, 12.0))  # 0.9 * 1.235 = 1.112
    assert less_quiet.high == approx(change_of_rate(50, 100, 60, 100, dispersion=Dispersion(1.112)).high, abs=1e-4)
    assert less_quiet.p > quiet.p


def test_a_rate_that_is_nought_both_times_did_not_change() -> None:
    change = change_of_rate(0, 50, 0, 60, dispersion=INDEPENDENT)
    assert (change.change, change.p) == (0, 1)
    assert change.low < 0 < change.high


def test_a_change_needs_both_periods() -> None:
    with pytest.raises(EmptyPeriod, match="period before"):
        change_of_rate(0, 0, 5, 10, dispersion=INDEPENDENT)
    with pytest.raises(EmptyPeriod, match="period after"):
        change_of_rate(5, 10, 0, 0, dispersion=INDEPENDENT)


@quick
@given(
    counts=st.lists(st.integers(1, 10**6), min_size=2, max_size=2),
    parts=st.lists(st.floats(0, 1), min_size=2, max_size=2),
    value=st.floats(0.5, 50),
)
def test_swapping_the_periods_swaps_the_signs_of_a_change(counts: list[int], parts: list[float], value: float) -> None:
    (d0, d1), (n0, n1) = counts, [round(part * count) for part, count in zip(parts, counts, strict=True)]
    there = change_of_rate(n0, d0, n1, d1, dispersion=Dispersion(value))
    back = change_of_rate(n1, d1, n0, d0, dispersion=Dispersion(value))
    assert (back.change, back.low, back.high, back.p) == approx((-there.change, -there.high, -there.low, there.p))
    assert -1 <= there.low <= there.change <= there.high <= 1


def test_segments_get_the_change_of_the_single_call_and_nothing_where_a_period_is_empty() -> None:
    segments = pd.DataFrame(
        {
            "market": ["GB", "ZA"],
            "numerator_before": [48, 0],
            "denominator_before": [80, 0],
            "numerator_after": [56, 5],
            "denominator_after": [70, 50],
        }
    )
    table = change_intervals(segments, Dispersion(2.0))
    single = change_of_rate(48, 80, 56, 70, dispersion=Dispersion(2.0))
    columns = ["change", "change_low", "change_high"]
    assert table.loc[0, columns].tolist() == approx([single.change, single.low, single.high])
    assert table.loc[1, columns].isna().all()
    assert table.market.tolist() == ["GB", "ZA"]


def test_impossible_counts_and_levels_are_refused() -> None:
    with pytest.raises(BadTable, match="part of its denominator"):
        wilson([1, 5], [2, 4])
    with pytest.raises(BadTable, match="'numerator' is -1"):
        rate_with_interval(pd.DataFrame({"numerator": [-1], "denominator": [3]}), INDEPENDENT)
    with pytest.raises(BadParameter, match=r"Write 0\.95"):
        wilson(1, 2, level=95)


# --- does it keep its promise? ----------------------------------------------------------------------------------------


def test_intervals_cover_what_they_promise_when_days_have_shocks_and_plain_ones_do_not() -> None:
    rng = np.random.default_rng(11)
    cases = rng.poisson(100, (REPEATS, 28))
    rate = np.repeat([0.42, 0.48], 14)  # a true rise of six points
    totals, learned = simulated(cases, shocked(rng, cases, rate=rate, together=2 / 99), before=14)
    assert np.mean([one.value for one in learned]) == approx(3, abs=0.15)
    assert 0.93 < coverage(totals, learned, truth=0.06) < 0.97
    assert coverage(totals, INDEPENDENT, truth=0.06) < 0.85


def test_periods_without_a_change_alarm_about_one_time_in_twenty_and_plain_ones_one_in_four() -> None:
    rng = np.random.default_rng(12)
    cases = rng.poisson(100, (REPEATS, 14))
    totals, learned = simulated(cases, shocked(rng, cases, rate=0.45, together=2 / 99), before=7)
    rows = list(zip(totals.itertuples(index=False), learned, strict=True))
    alarms = [change_of_rate(*row, dispersion=one).p < 0.05 for row, one in rows]
    plain = [change_of_rate(*row, dispersion=INDEPENDENT).p < 0.05 for row, _ in rows]
    assert 0.03 < np.mean(alarms) < 0.07
    assert np.mean(plain) > 0.15


def test_bulk_restores_on_busy_days_do_not_break_the_intervals() -> None:
    rng = np.random.default_rng(13)
    size = (REPEATS, 28)
    cases, bulk = rng.poisson(100, size), rng.integers(30, 120, size) * (rng.random(size) < 0.08)
    reversed_ = rng.binomial(cases, 0.3) + bulk * (rng.random(size) < 0.3)
    totals, learned = simulated(cases + bulk, reversed_, before=14)
    assert 0.93 < coverage(totals, learned) < 0.97
    assert coverage(totals, INDEPENDENT) < 0.75


def test_days_of_one_or_two_cases_neither_invent_nor_hide_a_dispersion() -> None:
    rng = np.random.default_rng(14)
    cases = rng.poisson(2, (500, 56))
    _, alone = simulated(cases, rng.binomial(cases, 0.4), before=28)
    assert np.mean([one.value for one in alone]) == approx(1, abs=0.05)
    assert np.quantile([one.value for one in alone if one.value is not None], 0.99) < 1.8
    whole_days = np.where(rng.random(cases.shape) < 0.4, cases, 0)  # every case of a day decided alike
    totals, together = simulated(cases, whole_days, before=28)
    assert np.mean([one.value for one in together]) == approx(3, abs=0.2)  # sum of squares over sum: 1 + 2 cases
    assert 0.93 < coverage(totals, together) < 0.97
