"""A period that still runs: what it comes to is what is there and what the rest brings, and nothing else."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.landing import LEAST_HISTORY, landing, landing_of_sum
from appeal_insights.errors import BadParameter, BadTable

START, END = date(2026, 9, 1), date(2026, 10, 1)  # September: 30 days


def days(first: str, numerators: list[int], of: int = 100) -> pd.DataFrame:
    return pd.DataFrame(
        {"day": pd.date_range(first, periods=len(numerators)), "numerator": numerators, "denominator": of}
    )


def september(so_far: list[int], *, before: int = 95) -> pd.DataFrame:
    """August with 100 cases a day, `before` of them good; then so many good ones of 100 on each day of September."""
    return pd.concat([days("2026-08-01", [before] * 31), days("2026-09-01", so_far)], ignore_index=True)


def test_a_landing_is_what_was_reckoned_by_hand():
    """1,000 cases so far, 940 in time; 20 days of 100 are to come: 3,000. 95 % of them are 2,850, so 1,910 are missing
    of 2,000: 95.5 %. The newest 28 days had 18 x 95 + 10 x 94 = 2,650 of 2,800."""
    found = landing(september([94] * 10), start=START, end=END, target=0.95)
    assert (found.numerator, found.denominator, found.denominator_ahead) == (940, 1000, 2000)
    assert (found.through, found.days_left) == (date(2026, 9, 10), 20)
    assert found.to_date == 0.94
    assert found.needed == pytest.approx(0.955)
    assert found.expected_rest == pytest.approx(2650.5 / 2801)
    assert found.projected == pytest.approx((940 + 2000 * 2650.5 / 2801) / 3000)
    assert found.gap == pytest.approx(found.projected - 0.95)
    assert found.standing == "open"
    # Chance of 1,910 or more of 2,000 at .946: sd of the count 10.1, with what 2,800 cases leave unsure 13.2: z = 1.29.
    assert found.chance == pytest.approx(0.10, abs=0.03)
    assert found.low < found.projected < found.high
    assert found.high - found.low == pytest.approx(2 * 1.645 * 13.2 / 3000, rel=0.2)


@pytest.mark.parametrize(
    ("so_far", "target", "direction", "standing", "needed"),
    [
        ([94] * 28, 0.95, "at_least", "impossible", (2850 - 2632) / 200),  # 1.09 of the last 200
        ([98] * 29, 0.94, "at_least", "safe", (2820 - 2842) / 100),
        ([6] * 29, 0.05, "at_most", "impossible", (150 - 174) / 100),
        ([1] * 29, 0.05, "at_most", "safe", (150 - 29) / 100),
        ([94] * 29, 0.94, "at_least", "open", 0.94),
    ],
)
def test_a_target_may_be_out_of_reach_or_safe_whatever_the_rest_brings(so_far, target, direction, standing, needed):
    found = landing(september(so_far), start=START, end=END, target=target, direction=direction)
    assert found.standing == standing
    assert found.needed == pytest.approx(needed)
    if standing != "open":
        assert found.chance == (1.0 if standing == "safe" else 0.0)


def test_a_period_without_a_day_left_is_where_it_is():
    found = landing(september([94] * 30), start=START, end=END, target=0.95)
    assert (found.standing, found.chance, found.days_left) == ("over", 0.0, 0)
    assert found.low == found.projected == found.high == found.to_date == 0.94
    assert np.isnan(found.needed)


def test_a_period_that_has_not_begun_is_all_projection():
    found = landing(september([]), start=START, end=END, target=0.95)
    assert np.isnan(found.to_date)
    assert (found.through, found.days_left, found.denominator_ahead) == (date(2026, 8, 31), 30, 3000)
    assert found.projected == pytest.approx(2660.5 / 2801)
    assert found.needed == pytest.approx(0.95)


def test_without_a_target_there_is_no_chance_to_speak_of():
    found = landing(september([94] * 10), start=START, end=END)
    assert (found.standing, found.direction) == ("no_target", "")
    assert np.isnan([found.chance, found.gap, found.needed]).all()


def test_cases_ahead_are_those_of_their_weekday_or_those_given():
    """From Monday to Friday 100 cases, at weekends 30. The 26th to the 30th: Saturday, Sunday, Monday to Wednesday."""
    table = september([95] * 25)
    weekend = table["day"].dt.day_of_week >= 5
    table = table.assign(denominator=np.where(weekend, 30, 100), numerator=np.where(weekend, 28, 95))
    assert landing(table, start=START, end=END).denominator_ahead == pytest.approx(30 + 30 + 3 * 100)
    given_ahead = np.array([10.0, 20, 30, 40, 50])
    assert landing(table, start=START, end=END, ahead=given_ahead).denominator_ahead == 150
    with pytest.raises(BadParameter, match="each of the 5 days"):
        landing(table, start=START, end=END, ahead=given_ahead[:4])


def test_a_weekday_that_is_always_worse_is_expected_to_be_worse():
    """Two days are left of September: Tuesday and Wednesday. In August to September these had 80 %, all others 98 %."""
    table = september([98] * 28)
    bad = table["day"].dt.day_of_week.isin([1, 2])
    found = landing(table.assign(numerator=np.where(bad, 80, 98)), start=START, end=END, target=0.95)
    assert found.expected_rest == pytest.approx(0.80, abs=0.01)


def test_days_without_a_row_had_nothing_and_days_after_the_last_counted_are_not_read():
    table = september([94] * 10)
    holes = table.drop(index=[5, 12])
    filled = table.assign(
        **{name: table[name].mask(table.index.isin([5, 12]), 0) for name in ("numerator", "denominator")}
    )
    assert landing(holes, start=START, end=END, target=0.95) == landing(filled, start=START, end=END, target=0.95)
    early = landing(table, start=START, end=END, target=0.95, through=date(2026, 9, 4))
    assert early == landing(table[:35], start=START, end=END, target=0.95)
    quiet = landing(table, start=START, end=END, target=0.95, through=date(2026, 9, 12))
    assert (quiet.denominator, quiet.days_left) == (1000, 18), "the 11th and 12th had nothing"


def test_restless_days_make_a_landing_less_sure():
    rng = np.random.default_rng(1)
    quiet = september(rng.binomial(100, 0.9, 10).tolist()).assign(numerator=rng.binomial(100, 0.9, 41))
    rates = rng.beta(9, 1, 41)  # sd .09, where chance alone has .03
    restless = quiet.assign(numerator=rng.binomial(100, rates))
    width = [one.high - one.low for one in (landing(table, start=START, end=END) for table in (quiet, restless))]
    assert width[1] > 1.8 * width[0]


@settings(max_examples=30)
@given(
    so_far=st.lists(st.integers(0, 50), min_size=0, max_size=29),
    before=st.integers(1, 49),
    target=st.floats(0.01, 0.99),
    direction=st.sampled_from(["at_least", "at_most"]),
)
def test_what_the_rest_must_average_goes_with_what_is_projected(so_far, before, target, direction):
    table = pd.concat([days("2026-08-01", [before] * 31, 50), days("2026-09-01", so_far, 50)], ignore_index=True)
    found = landing(table, start=START, end=END, target=target, direction=direction)
    at_needed = (found.numerator + found.needed * found.denominator_ahead) / (
        found.denominator + found.denominator_ahead
    )
    assert at_needed == pytest.approx(target)
    spare = found.expected_rest - found.needed
    assert spare * (found.denominator + found.denominator_ahead - found.denominator) == pytest.approx(
        found.gap * (found.denominator + found.denominator_ahead), abs=1e-6
    )
    assert 0 <= found.low <= found.projected <= found.high <= 1
    assert 0 <= found.chance <= 1
    other = "at_most" if direction == "at_least" else "at_least"
    against = landing(table, start=START, end=END, target=target, direction=other)
    assert found.chance + against.chance >= 1 - 1e-9


@pytest.mark.parametrize("name", ["rows", "twice", "few", "backwards", "level"])
def test_what_cannot_be_projected_is_refused(name):
    table = september([94] * 10)
    asked = {"start": START, "end": END}
    wrong, kind, told = {
        "rows": ((table[:0], asked), BadTable, "no rows"),
        "twice": ((pd.concat([table, table[:1]]), asked), BadTable, "more than once"),
        "few": ((table[4:], asked), BadTable, f"27 days are too few.*{LEAST_HISTORY}"),
        "backwards": ((table, {"start": END, "end": END}), BadParameter, "no day"),
        "level": ((table, {**asked, "level": 1.0}), BadParameter, "level"),
    }[name]
    with pytest.raises(kind, match=told):
        landing(wrong[0], **wrong[1])


# --- Sums and stocks ---


def changes(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"day": pd.date_range("2026-08-01", periods=len(values)), "change": values})


def test_a_count_of_steady_days_lands_where_they_add_up():
    found = landing_of_sum(changes([100.0] * 41), start=START, end=END, target=2800)
    assert (found.to_date, found.projected, found.low, found.high) == (1000, 3000, 3000, 3000)
    assert (found.needed, found.expected_rest, found.gap) == (90, 100, 200)
    assert (found.standing, found.chance) == ("open", 0.0)
    assert landing_of_sum(changes([100.0] * 41), start=START, end=END, target=900).standing == "impossible"
    safe = landing_of_sum(changes([100.0] * 41), start=START, end=END, target=900, direction="at_least")
    assert (safe.standing, safe.chance) == ("safe", 1.0)


def test_a_backlog_lands_where_it_opened_and_what_its_days_bring():
    """5,000 open; ten days took 40 each, twenty more are expected to: 3,800. For 4,000, 30 a day would do."""
    found = landing_of_sum(changes([-40.0] * 41), start=START, end=END, opening=5000, target=4000)
    assert (found.to_date, found.projected, found.gap) == (4600, 3800, -200)
    assert (found.needed, found.expected_rest, found.standing) == (-30, -40, "open")
    assert landing_of_sum(changes([-40.0] * 41), start=START, end=END, opening=5000, target=-1e6).standing == "open"


def test_days_that_vary_make_a_sum_less_sure_by_the_root_of_their_number():
    """Sd of a day 10, 20 days left: 44.7, and a little more as weekday means are learned from six weeks each."""
    rng = np.random.default_rng(4)
    found = landing_of_sum(
        changes((100 + 10 * rng.normal(size=101)).tolist()), start=date(2026, 10, 31), end=date(2026, 11, 30)
    )
    assert found.days_left == 20
    assert (found.high - found.low) / 2 / 1.645 == pytest.approx(49, rel=0.25)


def test_a_sum_takes_the_numbers_given_for_the_days_ahead():
    found = landing_of_sum(changes([100.0] * 41), start=START, end=END, ahead=np.full(20, 50.0))
    assert found.projected == 2000
    with pytest.raises(BadParameter, match="20 days ahead"):
        landing_of_sum(changes([100.0] * 41), start=START, end=END, ahead=np.full(19, 50.0))


@pytest.mark.parametrize(("rate", "unrest"), [(0.4, 0.0), (0.95, 0.5)])
def test_intervals_cover_what_came(rate, unrest):
    rng = np.random.default_rng(11)
    covered = []
    for _ in range(60):
        sizes = rng.poisson(120 * np.exp(0.15 * rng.normal(size=90)))
        odds = np.log(rate / (1 - rate)) + unrest * rng.normal(size=90)
        table = days("2026-07-03", rng.binomial(sizes, 1 / (1 + np.exp(-odds))).tolist()).assign(denominator=sizes)
        month = table[60:]
        came = month["numerator"].sum() / month["denominator"].sum()
        found = landing(table[:70], start=START, end=END)
        covered.append(found.low <= came <= found.high)
    assert np.mean(covered) >= 0.83  # of 90 %; a chance of 3 in 100 to be lower
