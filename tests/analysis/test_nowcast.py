"""Where a young cohort's rate will end up: right as often as promised, and silent where nobody can tell."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis.dispersion import Dispersion
from appeal_insights.analysis.nowcast import FEWEST, MOST, nowcast
from appeal_insights.errors import BadParameter
from tests.analysis.settling import AS_OF, SETTLES, Weeks, chances, draw

SOON, SOAK = 150, 1000  # repeats: the error of a simulated 95 % is then 1.8 and 0.7 points


def told(weeks: Weeks, rng: np.random.Generator, dispersion: float = 1.0) -> tuple["pd.Series", float]:
    rows, final = draw(weeks, rng)
    found = nowcast(rows, as_of=AS_OF, settles_in_days=SETTLES, dispersion=Dispersion(dispersion))
    return found.iloc[-1], final


def alike(periods: int, *, young: int | None = 2, rate: float = 0.4) -> pd.DataFrame:
    """Cohorts that settle all in one way: of 100 overturns 80 by day 2, of 100 upheld 40; the rest by day 7."""
    rows = []
    for nth in range(periods + (young is not None)):
        newest = young is not None and nth == periods
        ends_on = AS_OF - pd.Timedelta(days=young if newest and young is not None else 28 + 7 * (periods - nth))
        size = 10_000
        for days, overturned, upheld in ((2, 0.8, 0.4), (7, 1, 1)):
            if newest and days > (young or 0):
                continue
            counted, decided = rate * overturned, rate * overturned + (1 - rate) * upheld
            told = {"size": size, "numerator": size * counted, "denominator": size * decided}
            rows.append({"period": f"{nth:03d}", "ends_on": ends_on, "days": days, **told})
    return pd.DataFrame(rows)


def test_cohorts_that_all_settle_alike_say_where_the_next_one_ends():
    """.32 of .56 decided by day 2: 57 %, of which odds of 4/3 become 2/3, as all others' did."""
    [row] = nowcast(alike(8), as_of=AS_OF, settles_in_days=28).itertuples()
    assert row.rate == pytest.approx(0.32 / 0.56)
    assert row.nowcast == pytest.approx(0.4, abs=1e-4)
    assert row.low < 0.4 < row.high
    assert (row.days, row.learned_from, row.reason) == (2, 8, "")
    assert row.reached == pytest.approx(0.56)


def test_a_real_rise_is_not_pulled_back_to_what_is_usual():
    usual, risen = alike(8, young=None), alike(0, rate=0.55)
    found = nowcast(pd.concat([usual, risen.assign(period="new")]), as_of=AS_OF, settles_in_days=28)
    assert found["nowcast"].tolist() == pytest.approx([0.55], abs=1e-4)


def test_what_has_settled_needs_no_nowcast():
    assert nowcast(alike(8, young=None), as_of=AS_OF, settles_in_days=28).empty


def test_row_order_and_another_unit_of_labels_change_nothing():
    rows, _ = draw(Weeks(settled=7), np.random.default_rng(2))
    first = nowcast(rows, as_of=AS_OF, settles_in_days=SETTLES)
    mixed = rows.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(first, nowcast(mixed, as_of=AS_OF, settles_in_days=SETTLES))


def test_only_the_newest_half_year_is_learned_from():
    [row] = nowcast(alike(MOST + 9), as_of=AS_OF, settles_in_days=28).itertuples()
    assert row.learned_from == MOST


def test_with_few_settled_cohorts_there_is_none_and_it_says_so():
    [row] = nowcast(alike(FEWEST - 1), as_of=AS_OF, settles_in_days=28).itertuples()
    assert (row.reason, row.learned_from) == ("few_cohorts", FEWEST - 1)
    assert np.isnan([row.nowcast, row.low, row.high]).all()
    assert row.rate == pytest.approx(0.32 / 0.56)


def test_a_cohort_that_is_not_over_or_has_hardly_been_decided_is_too_young():
    rows = alike(8)
    newest = rows["period"] == "008"
    few = rows.assign(numerator=rows["numerator"].mask(newest, 4))
    early = rows.assign(ends_on=rows["ends_on"].mask(newest, AS_OF + pd.Timedelta(days=1)))
    for changed in (few, early):
        [row] = nowcast(changed, as_of=AS_OF, settles_in_days=28).itertuples()
        assert row.reason == "too_young"


def test_where_cohorts_settle_each_in_its_own_way_there_is_none():
    rng = np.random.default_rng(4)
    reasons = [told(Weeks(strays=2.0, young=0), rng)[0]["reason"] for _ in range(20)]
    assert reasons.count("unstable") >= 18


def test_where_each_cohort_settles_slower_than_the_one_before_there_is_none():
    """Upheld appeals wait a tenth longer every week: where that leads nobody can tell."""
    rows = []
    for nth in range(12):
        overturned, upheld = (chances(mean).cumsum()[:-1] for mean in (0.5, 2 * 1.1**nth))
        ends_on = AS_OF - pd.Timedelta(days=28 + 7 * (11 - nth) if nth < 11 else 2)
        counts = {"numerator": 4e4 * overturned, "denominator": 4e4 * overturned + 6e4 * upheld}
        told = {"period": f"{nth:02d}", "ends_on": ends_on, "days": np.arange(29), "size": 1e5}
        rows.append(pd.DataFrame({**told, **counts}))
    [row] = nowcast(pd.concat(rows), as_of=AS_OF, settles_in_days=28).itertuples()
    assert row.reason == "unstable"


def test_a_steady_estate_is_hardly_ever_called_unstable():
    rng = np.random.default_rng(6)
    reasons = [told(Weeks(settled=10, strays=0.1), rng)[0]["reason"] for _ in range(60)]
    assert reasons.count("") >= 57


def test_a_settling_age_or_a_level_that_cannot_be_is_refused():
    with pytest.raises(BadParameter, match="settles_in_days is -1"):
        nowcast(alike(6), as_of=AS_OF, settles_in_days=-1)
    with pytest.raises(BadParameter, match="not a share"):
        nowcast(alike(6), as_of=AS_OF, settles_in_days=28, level=95)


@pytest.mark.parametrize("repeats", [SOON, pytest.param(SOAK, marks=pytest.mark.soak)], ids=["soon", "soak"])
@pytest.mark.parametrize(
    ("weeks", "dispersion", "most"),
    [
        pytest.param(Weeks(), 1.0, 0.98, id="exactly_alike"),
        pytest.param(Weeks(settled=FEWEST, strays=0.2), 1.0, 0.97, id="six_that_stray"),
        pytest.param(Weeks(strays=0.1), 1.0, 0.97, id="stray"),
        pytest.param(Weeks(settled=26, strays=0.2), 1.0, 0.97, id="half_a_year_that_strays"),
        pytest.param(Weeks(young=0, strays=0.1), 1.0, 0.97, id="just_over"),
        pytest.param(Weeks(cluster=3, at_once=True), 3.0, 0.97, id="clusters_decided_at_once"),
        pytest.param(Weeks(cluster=3, strays=0.1), 3.0, 0.98, id="clusters_decided_each_on_its_own"),
    ],
)
def test_95_percent_of_nowcasts_hold_the_rate_that_is_counted_in_the_end(weeks, dispersion, most, repeats):
    """Where cohorts are exactly alike, or six of them hardly differ, intervals are a little too wide."""
    rng = np.random.default_rng(7)
    held = []
    for _ in range(repeats):
        row, final = told(weeks, rng, dispersion)
        if not row["reason"]:
            held.append(row["low"] <= final <= row["high"])
    assert len(held) > 0.9 * repeats
    allowed = 0.01 if repeats >= SOAK else 0.025
    assert 0.93 - allowed <= np.mean(held) <= most + allowed


def test_the_rate_as_it_stands_misses_what_the_nowcast_finds():
    rng = np.random.default_rng(8)
    found = [told(Weeks(young=1, rate_strays=0.0), rng) for _ in range(20)]
    off = np.array([[row["rate"] - final, row["nowcast"] - final] for row, final in found])
    assert off[:, 0].mean() > 0.03
    assert abs(off[:, 1].mean()) < 0.005
