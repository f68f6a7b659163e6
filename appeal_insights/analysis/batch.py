"""The promise of a batch of runs: how many of those that named something may have named it for nothing."""

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, first, require_columns, require_filled
from appeal_insights.errors import BadParameter, BadTable


def batch_level(runs: pd.DataFrame, *, alpha: float = 0.05, any_dependence: bool = False) -> pd.DataFrame:
    """Adjust the p values of a batch of runs, so that of those still named a share of at most alpha is false.

    Each run asks one question: did anything move beyond noise? Asked of thirty markets every Monday, one or two answer
    yes for nothing each week. Here the yes of a run counts only where it is surer than that.

    What is promised: the share of false namings, averaged over batches, is at most alpha (the false discovery rate);
    while nothing moved anywhere, at most alpha of all batches name anything. That holds for independent runs, and for
    runs that share their luck the same way, as markets do under one release, one holiday, one restore (positive
    dependence; for two-sided p values it is simulated, not proven). Such batches are wrong seldom and then in several
    runs at once: the promise is about the average.
    `any_dependence` promises the same however runs hang together, as where one market's rise must be another's fall, at
    the price of p values 1 + 1/2 + ... + 1/runs times larger (4 times for thirty). E-values would promise as much and
    more (at any time, over any batches put together), but a p value turned into one loses still more power, so a run
    would have to state an e-value itself; none does.

    Takes   one row per run: identity (what makes two runs the same test, such as notebook, scope, periods, version and
            data), p (of the run as a whole; empty where it made no test). A run done again is the same test: the
            largest of its p values counts, so doing it again never helps.
    Gives   one row per identity, smallest p first: identity, runs (how often it stands there), p, adjusted (0..1),
            named (adjusted is at most alpha), false_to_expect (alpha times all named: how many of
            them to expect to be false, at most; the same in every row).
    Raises  BadTable      a column is missing, an identity is empty or a p no share.
            BadParameter  alpha is no share.
    Source  Benjamini and Hochberg (1995), J. Royal Statistical Society B 57. Benjamini and Yekutieli (2001), Ann.
            Statistics 29: positive and any dependence.
    """
    if not 0 < alpha < 1:
        raise BadParameter.of("parameter.alpha", alpha=f"{alpha:g}")
    require_columns(runs, ("identity", "p"))
    require_filled(runs, "identity")
    tests = runs.assign(p=_shares(runs)).groupby("identity", sort=False)["p"].agg(["size", "max"])
    found = tests.rename(columns={"size": "runs", "max": "p"}).reset_index()
    found = found.sort_values(["p", "identity"], kind="stable", ignore_index=True)
    made = found["p"].notna().to_numpy()
    adjusted = np.full(len(found), np.nan)
    adjusted[made] = _adjusted(found["p"].to_numpy()[made], any_dependence=any_dependence)
    named = np.nan_to_num(adjusted, nan=1.0) <= alpha
    return found.assign(adjusted=adjusted, named=named, false_to_expect=alpha * named.sum())


def _adjusted(p: FloatArray, *, any_dependence: bool) -> FloatArray:
    """The smallest alpha at which each would be named; p ascending."""
    rank = np.arange(1, len(p) + 1)
    price = (1 / rank).sum() if any_dependence else 1.0
    steps = np.minimum.accumulate((p * len(p) * price / rank)[::-1])[::-1]
    found: FloatArray = np.minimum(steps, 1.0)
    return found


def _shares(runs: pd.DataFrame) -> FloatArray:
    if len(runs) and not (pd.api.types.is_numeric_dtype(runs["p"]) or runs["p"].isna().all()):
        raise BadTable.of("table.no_numbers", name="p", type=runs["p"].dtype)
    p: FloatArray = pd.to_numeric(runs["p"]).to_numpy(dtype=np.float64, na_value=np.nan)
    row = first((p < 0) | (p > 1))
    if row is not None:
        raise BadTable.of("table.no_p", row=str(runs.index[row]), value=f"{p[row]:g}")
    return p
