"""Do auditors agree? Percent agreement, kappa, AC1 and alpha, and how common the commonest answer is."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, require_columns, require_filled
from appeal_insights.errors import BadTable


@dataclass(frozen=True)
class Agreement:
    """How well raters agree on the same items; shares, and coefficients from below 0 to 1.

    items        rated at least twice
    percent      of pairs of ratings of one item, those that agree
    prevalence   of all ratings, those of the commonest answer: where it is high, kappa is low however well raters agree
    kappa        Cohen's, of exactly two raters; nan otherwise
    ac1          Gwet's
    alpha        Krippendorff's, nominal
    """

    items: int
    percent: float
    prevalence: float
    kappa: float
    ac1: float
    alpha: float


def agreement(ratings: pd.DataFrame, *, item: str, rater: str, label: str) -> Agreement:
    """Say how well raters agree.

    Takes   one row per rating; items rated once tell nothing about agreement and are left out.
    Raises  BadTable   a column is missing, a value empty, or a rater rated an item twice.
    Source  Cohen (1960); Gwet (2008), Brit. J. Mathematical and Statistical Psychology 61; Krippendorff (2011).
    """
    require_columns(ratings, (item, rater, label))
    for name in (item, rater, label):
        require_filled(ratings, name)
    if ratings.duplicated([item, rater]).any():
        row = ratings.index[ratings.duplicated([item, rater])][0]
        raise BadTable.of("table.rated_twice", row=str(row))
    times = ratings.groupby(item)[label].transform("size")
    kept = ratings[times > 1]
    counts = pd.crosstab(kept[item], kept[label]).to_numpy(dtype=np.float64)
    if not len(counts):
        return Agreement(0, np.nan, np.nan, np.nan, np.nan, np.nan)
    of_item = counts.sum(axis=1)
    together = (counts * (counts - 1)).sum(axis=1)
    percent = float((together / (of_item * (of_item - 1))).mean())
    shares = (counts / of_item[:, np.newaxis]).mean(axis=0)
    return Agreement(
        items=len(counts),
        percent=percent,
        prevalence=float(counts.sum(axis=0).max() / counts.sum()),
        kappa=_kappa(kept, item, rater, label),
        ac1=_beyond(percent, float((shares * (1 - shares)).sum()) / max(len(shares) - 1, 1)),
        alpha=_alpha(counts),
    )


def _beyond(agreed: float, by_chance: float) -> float:
    return (agreed - by_chance) / (1 - by_chance) if by_chance < 1 else np.nan


def _kappa(ratings: pd.DataFrame, item: str, rater: str, label: str) -> float:
    if ratings[rater].nunique() != 2:
        return np.nan
    wide = ratings.pivot(index=item, columns=rater, values=label).dropna()
    one, other = wide.iloc[:, 0], wide.iloc[:, 1]
    chance = float((one.value_counts(normalize=True) * other.value_counts(normalize=True)).sum())
    return _beyond(float((one == other).mean()), chance)


def _alpha(counts: FloatArray) -> float:
    """Of ratings by item and label: one minus observed over expected disagreement."""
    of_item = counts.sum(axis=1)
    total = counts.sum(axis=0)
    observed = ((of_item**2 - (counts**2).sum(axis=1)) / (of_item - 1)).sum()
    expected = (total.sum() ** 2 - (total**2).sum()) / (total.sum() - 1)
    return float(1 - observed / expected) if expected > 0 else np.nan


def confusion(ratings: pd.DataFrame, *, truth: str, label: str) -> pd.DataFrame:
    """Count what was answered for each truth: a row per truth, a column per answer; rows without truth are left out.

    Raises  BadTable   a column is missing.
    """
    require_columns(ratings, (truth, label))
    known = ratings[ratings[truth].notna()]
    return pd.crosstab(known[truth], known[label])
