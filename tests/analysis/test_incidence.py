"""The share of a cohort that has come to an outcome by an age: right where a rate of those decided is not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.dispersion import Dispersion
from appeal_insights.analysis.followed import follow
from appeal_insights.analysis.incidence import cumulative_incidence
from appeal_insights.analysis.intervals import wilson
from appeal_insights.errors import BadParameter, BadTable
from tests.helpers import table

LATER = pd.Timestamp("2027-06-01")
PARTS = ["incidence", "other_decision", "other_ending", "open"]


def counts(text: str) -> pd.DataFrame:
    rows = table(text)
    numbers = [name for name in rows if name not in ("period", "ends_on")]
    return rows.assign(**{name: pd.to_numeric(rows[name]) for name in numbers})


# Ten appeals: two overturned on the first day, one more by the third; upheld 1, 3, 5; one withdrawn by the third.
TEN = counts("""
    period | ends_on    | days | size | numerator | denominator | closed
    W41    | 2026-10-12 | 1    | 10   | 2         | 3           | 3
    W41    | 2026-10-12 | 3    | 10   | 3         | 6           | 7
    W41    | 2026-10-12 | 9    | 10   | 3         | 8           | 9
""")


def at(found: pd.DataFrame, days: float) -> "pd.Series":
    [row] = [row for _, row in found.iterrows() if row["days"] == days]
    return row


def test_where_all_are_old_enough_the_incidence_is_the_plain_share_of_all_that_started():
    found = cumulative_incidence(TEN, as_of=LATER, horizons=(0, 1, 3, 7, 14))
    assert found["incidence"].tolist() == pytest.approx([0, 0.2, 0.3, 0.3, 0.3])
    assert found["other_decision"].tolist() == pytest.approx([0, 0.1, 0.3, 0.3, 0.5])
    assert found["other_ending"].tolist() == pytest.approx([0, 0, 0.1, 0.1, 0.1])
    assert found["open"].tolist() == pytest.approx([1, 0.7, 0.3, 0.3, 0.1])
    assert found["rate"].tolist()[1:] == pytest.approx([2 / 3, 3 / 6, 3 / 6, 3 / 8])
    assert found[["numerator", "denominator"]].to_numpy().tolist() == [[0, 0], [2, 3], [3, 6], [3, 6], [3, 8]]
    assert found["mature"].all()


def test_its_interval_is_then_wilsons_on_the_cases_that_the_dispersion_leaves():
    for dispersion, divided in ((None, 1.0), (Dispersion(2.5), 2.5)):
        found = cumulative_incidence(TEN, as_of=LATER, horizons=(1, 3), dispersion=dispersion)
        low, high = wilson([2, 3], [10, 10], dispersion=divided)
        assert found["low"].tolist() == pytest.approx(low.tolist())
        assert found["high"].tolist() == pytest.approx(high.tolist())


def expected(entries: int, *, size: float = 1e6, seen: int = 400) -> pd.DataFrame:
    """What is to be expected of a true 40 %, by half days: overturns after 12 h on average, upholds after 48 h."""
    ages = np.arange(0, 29, 0.5)
    overturned, upheld = 0.4 * (1 - np.exp(-ages / 0.5)), 0.6 * (1 - np.exp(-ages / 2))
    days = pd.date_range("2026-10-06", periods=entries)
    rows = [
        pd.DataFrame({"ends_on": day, "days": ages, "numerator": overturned, "denominator": overturned + upheld})
        for day in days
    ]
    every = pd.concat(rows, ignore_index=True)
    every[["numerator", "denominator"]] *= size
    known = (every["ends_on"] - days[0]).dt.days + every["days"] <= seen
    return every[known].assign(period="W41", size=size)


def test_a_true_40_percent_reads_65_points_6_at_12_hours_while_the_incidence_says_how_many_there_are_so_far():
    found = cumulative_incidence(expected(7), as_of=LATER, horizons=(0.5, 1, 2, 3, 7, 28))
    naive = dict(zip(found["days"], found["rate"], strict=True))
    published = {0.5: 0.656, 1: 0.594, 2: 0.509, 3: 0.461, 7: 0.407}
    assert {age: naive[age] for age in published} == pytest.approx(published, abs=5e-4)
    assert naive[28] == pytest.approx(0.4, abs=1e-6)
    assert at(found, 0.5)["incidence"] == pytest.approx(0.4 * (1 - np.exp(-1)))
    assert at(found, 7)["incidence"] == pytest.approx(0.4, abs=1e-6)


def test_of_a_week_that_is_still_growing_old_the_incidence_is_the_same_and_the_age_of_its_youngest_decides():
    whole = cumulative_incidence(expected(7), as_of=LATER, horizons=(1, 3, 7, 14))
    young = cumulative_incidence(expected(7, seen=9), as_of=pd.Timestamp("2026-10-15"), horizons=(1, 3, 7, 14))
    for name in PARTS:
        assert young[name].tolist()[:3] == pytest.approx(whole[name].tolist()[:3])
    assert young["mature"].tolist() == [True, True, False, False]
    assert young["observed"].tolist() == pytest.approx([1, 1, 3 / 7, 0])
    assert young["incidence"].isna().tolist() == [False, False, False, True]
    assert at(young, 7)["high"] - at(young, 7)["low"] > at(whole, 7)["high"] - at(whole, 7)["low"]


def test_what_lies_beyond_the_age_of_the_youngest_record_is_not_used():
    """Given as one entry, a week five days after its end shows at seven days only what its older records did."""
    found = cumulative_incidence(TEN, as_of=pd.Timestamp("2026-10-17"), horizons=(3, 9))
    assert at(found, 3)["mature"]
    assert np.isnan(at(found, 9)["incidence"])
    assert at(found, 9)[["numerator", "denominator"]].tolist() == [3, 6]


def test_a_hand_worked_estimate_where_a_younger_day_drops_out():
    """Two days of ten. By day 1 of both 4 + 4 end, 2 + 2 overturned; by day 2 of the older, 3 more of its 6, 1 of them.

    Incidence by day 2: .2 + (1 - .4) * 1/6 = .3; open: .6 * .5.
    """
    rows = counts("""
        period | ends_on    | days | size | numerator | denominator
        W41    | 2026-10-06 | 1    | 10   | 2         | 4
        W41    | 2026-10-06 | 2    | 10   | 3         | 7
        W41    | 2026-10-07 | 1    | 10   | 2         | 4
    """)
    [row] = cumulative_incidence(rows, as_of=pd.Timestamp("2026-10-08"), horizons=[2]).itertuples()
    assert (row.incidence, row.open, row.observed, row.mature) == (pytest.approx(0.3), pytest.approx(0.3), 0.5, False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.sampled_from("ouw")), min_size=1, max_size=20), min_size=1,
                max_size=5), st.integers(0, 20), st.randoms(use_true_random=False))  # fmt: skip
def test_the_parts_are_a_whole_and_rows_may_stand_in_any_order(entries, later, random):
    rows = []
    for nth, ends in enumerate(entries):
        ends_on = pd.Timestamp("2026-10-06") + pd.Timedelta(days=nth)
        for age in range(13):
            by_then = [what for day, what in ends if day <= age]
            told = {"numerator": by_then.count("o"), "denominator": sum(what != "w" for what in by_then)}
            told |= {"ends_on": ends_on, "days": age, "size": len(ends) + 1, "closed": len(by_then)}
            rows.append({"period": "W41", **told})
    as_of = pd.Timestamp("2026-10-06") + pd.Timedelta(days=later)
    given_rows = pd.DataFrame(rows)
    found = cumulative_incidence(given_rows, as_of=as_of, horizons=range(15))
    known = found[found["incidence"].notna()]
    assert known[PARTS].sum(axis=1).tolist() == pytest.approx([1.0] * len(known))
    assert (known[PARTS] > -1e-9).all(axis=None)
    assert (known["low"] <= known["incidence"] + 1e-12).all()
    assert (known["incidence"] <= known["high"] + 1e-12).all()
    mature = found[found["mature"]]
    assert mature["incidence"].tolist() == pytest.approx((mature["numerator"] / mature["size"]).tolist())
    random.shuffle(rows)
    shuffled = cumulative_incidence(pd.DataFrame(rows), as_of=as_of, horizons=range(15))
    pd.testing.assert_frame_equal(found, shuffled)
    unknown = cumulative_incidence(given_rows.drop(columns="closed"), as_of=as_of, horizons=range(15))
    full = found["mature"]
    assert unknown.loc[full, "incidence"].tolist() == pytest.approx(found.loc[full, "incidence"].tolist())


@pytest.mark.parametrize("repeats", [400, pytest.param(4000, marks=pytest.mark.soak)])
def test_95_percent_of_intervals_of_a_censored_incidence_hold_the_truth(repeats):
    """At seven days, of a week whose youngest day is three days old: three of its seven days are that old."""
    rng = np.random.default_rng(5)
    chance = np.diff(np.array([0.0, 0.12, 0.22, 0.27, 0.29, 0.30, 0.305, 0.31, 0.31]))
    upheld = np.array([0.02, 0.08, 0.1, 0.1, 0.1, 0.08, 0.07, 0.05])
    cells = np.concatenate([chance, upheld, [1 - chance.sum() - upheld.sum()]])
    entry, age = np.repeat(np.arange(7), 8), np.tile(np.arange(8), 7)
    ends_on = pd.Timestamp("2026-10-06") + pd.to_timedelta(entry, unit="D")
    base = pd.DataFrame({"period": "W41", "ends_on": ends_on, "days": age, "size": 60})
    held = 0
    for _ in range(repeats):
        drawn = rng.multinomial(60, cells, size=7)
        overturned, others = (drawn[:, part].cumsum(axis=1).ravel() for part in (slice(0, 8), slice(8, 16)))
        rows = base.assign(numerator=overturned, denominator=overturned + others)
        [row] = cumulative_incidence(rows, as_of=pd.Timestamp("2026-10-15"), horizons=[7]).itertuples()
        held += row.low <= 0.31 <= row.high
    assert 0.93 - 0.5 / repeats**0.5 < held / repeats < 0.97 + 0.3 / repeats**0.5


def test_cohorts_stand_oldest_first_whatever_they_are_called():
    two = pd.concat([TEN.assign(period="a", ends_on="2026-10-19"), TEN.assign(period="b")])
    assert cumulative_incidence(two, as_of=LATER, horizons=[7])["period"].tolist() == ["b", "a"]


def test_a_cohort_of_which_nothing_has_ended_is_open():
    none = TEN.iloc[:1].assign(days=0, numerator=0, denominator=0, closed=0)
    [row] = cumulative_incidence(none, as_of=LATER, horizons=[7]).itertuples()
    assert (row.incidence, row.open) == (0, 1)
    assert (row.low, row.high) == tuple(pytest.approx(float(end[0])) for end in wilson([0], [10]))
    assert np.isnan(row.rate)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: rows.drop(columns="size"), "No column 'size'"),
        (lambda rows: rows.assign(closed=[3, 5, 9]), "'denominator' is 6 but 'closed' is only 5"),
        (lambda rows: rows.assign(size=8), "'ended' is 9 but 'size' is only 8"),
        (lambda rows: rows.assign(numerator=[2, 1, 3]), "Row 1: at 3 days, W41 has fewer"),
        (lambda rows: rows.assign(size=[10, 11, 10]), "Row 1: at 3 days, W41 .* another size"),
        (lambda rows: rows.assign(days=[1, 1, 9]), "Row 1: the age of 1 days stands there twice for W41"),
        (lambda rows: rows.assign(ends_on=["2026-10-12"] * 2 + ["2026-10-99"]), "'ends_on' does not hold dates"),
        (lambda rows: rows.assign(ends_on=pd.Timestamp("2026-10-12", tz="UTC")), "not on the same clock"),
    ],
)
def test_counts_that_cannot_be_are_refused(change, why):
    with pytest.raises(BadTable, match=why):
        cumulative_incidence(change(TEN), as_of=LATER)


def test_a_horizon_is_an_age():
    for bad in ((), (-1, 7)):
        with pytest.raises(BadParameter, match="Horizons are ages"):
            cumulative_incidence(TEN, as_of=LATER, horizons=bad)


def test_days_of_entry_are_told_apart_and_an_age_that_is_not_there_added_nothing():
    [cohort] = follow(pd.concat([TEN, TEN.iloc[1:2].assign(ends_on="2026-10-13")]), LATER)
    assert cohort.ages.tolist() == [1, 3, 9]
    assert cohort.counted.tolist() == [[2, 3, 3], [0, 3, 3]]
    assert [part.tolist() for part in cohort.by(np.array([2.0, 9.0]))] == [[2, 3], [3, 6], [3, 7]]
