"""How long cases take: the worked example, the library's curve, and what dropping the open ones does."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from appeal_insights.analysis.waiting import OPEN_SHARE, of_closed, open_share, survival, waiting
from appeal_insights.errors import BadParameter, BadTable

HOUR = 3600


def counts(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["seconds", "closed", "open"])


SMALL = counts((1, 1, 0), (2, 2, 1), (3, 0, 1), (4, 1, 0), (5, 0, 1))


def cases(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The same as one row a case: seconds, and 1 where it was closed."""
    rows = table.to_numpy()
    seconds = np.concatenate([np.repeat(second, closed + still) for second, closed, still in rows])
    ended = np.concatenate([[1] * closed + [0] * still for _, closed, still in rows])
    return seconds, ended


def test_seven_cases_by_hand():
    """7 at risk, 1 closed: 6/7. 6 at risk, 2 closed: 4/7; one goes on unseen. 2 at risk at 4, 1 closed: 2/7."""
    curve = survival(SMALL)
    assert curve["at_risk"].tolist() == [7, 6, 3, 2, 1]
    assert curve["still_open"].tolist() == pytest.approx([6 / 7, 4 / 7, 4 / 7, 2 / 7, 2 / 7])
    found = waiting(SMALL, quantiles=(0.4, 0.5, 0.9))
    assert found["seconds"].tolist()[:2] == [2, 4]
    assert np.isnan(found["seconds"][2])


def test_greenwoods_interval_by_hand():
    """After 2: variance of log S is 1/42 + 2/24; z = 1.959964; log S = -.5596."""
    row = survival(SMALL).iloc[1]
    reach = 1.9599640 * (1 / 42 + 2 / 24) ** 0.5 / -np.log(4 / 7)
    assert (row.low, row.high) == pytest.approx(((4 / 7) ** np.exp(reach), (4 / 7) ** np.exp(-reach)))


@st.composite
def tables(draw):
    rows = draw(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=9))
    return counts(*rows, (draw(st.integers(0, 12)), 1, 0))


@given(tables())
def test_the_curve_and_its_quantiles_are_those_of_statsmodels(table):
    theirs = SurvfuncRight(*cases(table))
    mine = survival(table).query("closed > 0")
    assert mine["seconds"].tolist() == theirs.surv_times.tolist()
    assert mine["still_open"].to_numpy() == pytest.approx(theirs.surv_prob)
    assert mine["at_risk"].tolist() == theirs.n_risk.tolist()
    spread = theirs.surv_prob_se
    partly = (theirs.surv_prob > 0) & (theirs.surv_prob < 1)
    end = np.log(-np.log(theirs.surv_prob[partly]))
    reach = 1.959963984540054 * spread[partly] / np.abs(theirs.surv_prob[partly] * np.log(theirs.surv_prob[partly]))
    assert mine["high"].to_numpy()[partly] == pytest.approx(np.exp(-np.exp(end - reach)))
    for share in (0.25, 0.5, 0.9):
        ours = waiting(table, quantiles=(share,))
        # theirs wants to be below, not at, the share: a curve that is flat at it is the one difference
        if not np.isclose(theirs.surv_prob, 1 - share).any():
            assert ours["seconds"][0] == pytest.approx(theirs.quantile(share), nan_ok=True)


def test_the_interval_of_a_median_is_that_of_statsmodels():
    rng = np.random.default_rng(5)
    took, seen = rng.exponential(20, 300).round(), rng.exponential(60, 300).round()
    rows = pd.DataFrame({"seconds": np.minimum(took, seen), "closed": (took <= seen) * 1, "open": (took > seen) * 1})
    theirs = SurvfuncRight(rows["seconds"], rows["closed"])
    found = waiting(rows, quantiles=(0.5, 0.9))
    for row in found.itertuples():
        assert (row.low, row.high) == pytest.approx(theirs.quantile_ci(row.quantile, method="cloglog"))


def test_dropping_the_open_cases_makes_it_look_too_short():
    """Half are quick (1 h), half slow (10 h); of the slow, nine in ten are open at 5 h. Truly half take 10 h."""
    table = counts((HOUR, 100, 0), (5 * HOUR, 0, 90), (10 * HOUR, 10, 0))
    assert of_closed(table, quantiles=(0.9,))["seconds"].tolist() == [HOUR]
    assert waiting(table, quantiles=(0.9,))["seconds"].tolist() == [10 * HOUR]
    assert open_share(table) == 0.45 > OPEN_SHARE


def test_without_open_cases_it_is_the_plain_quantile_to_one_case():
    rng = np.random.default_rng(2)
    took = rng.integers(0, 10_000, 501)
    table = pd.DataFrame({"seconds": took, "closed": 1, "open": 0})
    plain = of_closed(table, quantiles=(0.5, 0.9))["seconds"]
    assert plain.tolist() == pytest.approx(np.quantile(took, [0.5, 0.9]).tolist())
    assert waiting(table, quantiles=(0.5, 0.9))["seconds"].tolist() == np.sort(took)[[250, 450]].tolist()


def test_the_interval_of_a_median_holds_it_as_often_as_promised():
    """True median of an exponential of 100 s: 69.3. Of 300 samples 95 % hold it, give or take 2.5 points."""
    rng = np.random.default_rng(8)
    held = []
    for _ in range(300):
        took, seen = rng.exponential(100, 120), rng.uniform(20, 300, 120)
        rows = pd.DataFrame({"seconds": np.minimum(took, seen), "closed": took <= seen, "open": took > seen})
        row = waiting(rows.astype({"closed": int, "open": int}), quantiles=(0.5,)).iloc[0]
        held.append(row.low <= 100 * np.log(2) <= np.nan_to_num(row.high, nan=np.inf))
    assert 0.92 < np.mean(held) < 0.98


def test_what_is_not_reached_is_not_told():
    table = counts((10, 1, 0), (20, 0, 99))
    assert waiting(table, quantiles=(0.5,)).isna().iloc[0].tolist() == [False, True, True, True]
    assert waiting(counts((10, 0, 5)))["seconds"].isna().all()
    assert of_closed(counts((10, 0, 5)))["seconds"].isna().all()


def test_rows_of_one_time_add_up_and_order_changes_nothing():
    split = counts((2, 1, 0), (5, 0, 1), (1, 1, 0), (2, 1, 1), (4, 1, 0), (3, 0, 1))
    assert survival(split).equals(survival(SMALL))


@pytest.mark.parametrize(
    ("table", "more", "error", "why"),
    [
        (counts(), {}, BadTable, "no rows"),
        (counts((1, 0, 0)), {}, BadTable, "no rows"),
        (counts((-1, 1, 0)), {}, BadTable, "'seconds' is -1"),
        (SMALL.drop(columns="open"), {}, BadTable, "No column 'open'"),
        (SMALL, {"quantiles": (1.0,)}, BadParameter, "quantile is 1"),
        (SMALL, {"confidence": 95}, BadParameter, "level of 95"),
    ],
)
def test_what_cannot_be_is_refused(table, more, error, why):
    with pytest.raises(error, match=why):
        waiting(table, **more)
