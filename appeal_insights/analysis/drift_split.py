"""What a measured change of accuracy is made of, and who stands out: mix, work and auditors; funnel limits."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from appeal_insights.analysis.audits import GoldCases
from appeal_insights.analysis.counts import FloatArray, read_counts, read_numbers
from appeal_insights.errors import BadParameter, EmptyPeriod

WINSORISED = 0.1  # of the units at each end, so that those who stand out do not widen the limits they are held to
FACTORS = ("mix", "work", "auditors")


@dataclass(frozen=True)
class Split:
    """A measured change and its parts, in share; they add up to it exactly.

    mix        the cases became harder or easier
    work       they were handled better or worse
    auditors   those who judge became stricter or more lenient; 0, and part of `work`, without gold cases
    """

    before: float
    after: float
    mix: float
    work: float
    auditors: float

    @property
    def change(self) -> float:
        return self.after - self.before


def split_change(
    strata: pd.DataFrame, *, gold_before: GoldCases | None = None, gold_after: GoldCases | None = None
) -> Split:
    """Split the change of a measured accuracy into mix, work and auditors, exactly.

    What is measured follows from the shares of the strata, their true accuracies and how auditors judge right and wrong
    cases. Each part is what changing it alone brings, averaged over all orders in which the three can be changed.

    Takes   one row per stratum: population, audited and correct, each _before and _after. A stratum not audited in one
            period takes its rate from the other. Gold cases of both periods, or none.
    Raises  EmptyPeriod   one period has no cases or no audits.
            BadTable      a column is missing or a count impossible.
    Source  Shapley (1953); of two factors it is Kitagawa's (1955) symmetric split.
    """
    x0, n0, x1, n1 = read_counts(strata, ("correct_before", "audited_before"), ("correct_after", "audited_after"))
    cases = read_numbers(strata, "population_before", "population_after")
    for name, population, audited in (("before", cases[0], n0), ("after", cases[1], n1)):
        if not (population.sum() and audited.sum()):
            raise EmptyPeriod.of("empty.change", period=name)
    known = gold_before is not None and gold_after is not None
    judges = [_judge(gold) if known else (1.0, 0.0) for gold in (gold_before, gold_after)]
    with np.errstate(divide="ignore", invalid="ignore"):
        measured = [x0 / n0, x1 / n1]
    there = [np.isfinite(rate) for rate in measured]
    true = [(rate - missed) / (seen - missed) for rate, (seen, missed) in zip(measured, judges, strict=True)]
    true = [
        np.where(there[0], true[0], np.where(there[1], true[1], 0.0)),
        np.where(there[1], true[1], np.where(there[0], true[0], 0.0)),
    ]
    # A stratum nobody ever audited has no rate, so its cases do not count.
    shares = [np.where(there[0] | there[1], population, 0.0) for population in cases]
    shares = [share / share.sum() for share in shares]

    def at(mix: int, work: int, auditors: int) -> float:
        seen, missed = judges[auditors]
        return float(missed + (seen - missed) * (shares[mix] * true[work]).sum())

    parts = dict.fromkeys(FACTORS, 0.0)
    orders = list(permutations(FACTORS))
    for order in orders:
        state = dict.fromkeys(FACTORS, 0)
        for name in order:
            now = at(**state)
            state[name] = 1
            parts[name] += (at(**state) - now) / len(orders)
    return Split(at(0, 0, 0), at(1, 1, 1), **parts)


def _judge(gold: GoldCases | None) -> tuple[float, float]:
    """How often right cases, and wrong ones, are called right; with a case of each in mind before any is seen."""
    if gold is None:
        return 1.0, 0.0
    return (gold.right_called_right + 1) / (gold.right + 1), gold.wrong_called_right / (gold.wrong + 1)


def funnel(
    units: pd.DataFrame, *, audited: str = "audited", correct: str = "correct", level: float = 0.95
) -> pd.DataFrame:
    """Hold reviewers, auditors or sites against each other, with limits that know their spread and their number.

    Units differ a little for good; that spread is learned from all of them but the extreme ones and widens the limits.
    Whoever is outside the limits of one may be so by chance; `stands_out` holds for all of them together.

    Takes   one row per unit: audited, correct, and whatever names it.
    Gives   the same rows with rate, expected (of all together), low, high (limits for its number of audits), z, p
            (two-sided), adjusted (Benjamini and Hochberg), stands_out (adjusted below 1 - level); nan without audits.
    Raises  BadTable, BadParameter
    Source  Spiegelhalter (2005), Statistics in Medicine 24: funnel plots with additive over-dispersion, on arcsines.
    """
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    x, n = read_counts(units, (correct, audited))
    there = n > 0
    whole = float(x.sum() / n.sum()) if n.sum() else np.nan
    angle = np.arcsin(np.sqrt((x + 0.375) / (n + 0.75)))
    middle = float(np.arcsin(np.sqrt(whole)))
    variance = 1 / (4 * n + 2)
    spread = _spread(angle[there] - middle, variance[there])
    z = np.where(there, (angle - middle) / np.sqrt(variance + spread), np.nan)
    p = 2 * ndtr(-np.abs(z))
    reach = float(ndtri((1 + level) / 2)) * np.sqrt(variance + spread)
    low, high = (np.sin(np.clip(middle + side * reach, 0, np.pi / 2)) ** 2 for side in (-1, 1))
    adjusted = _adjusted(p)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = x / n
    return units.assign(
        rate=rate,
        expected=whole,
        low=np.where(there, low, np.nan),
        high=np.where(there, high, np.nan),
        z=z,
        p=p,
        adjusted=adjusted,
        stands_out=adjusted < 1 - level,
    )


def _spread(moved: FloatArray, variance: FloatArray) -> float:
    """The variance between units beyond chance; those at the ends are pulled in before."""
    if len(moved) < 3:
        return 0.0
    z = moved / np.sqrt(variance)
    z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    weight = 1 / variance
    # Pulling in the ends takes a third of what chance alone would show.
    usual = float(ndtri(1 - WINSORISED))
    density = np.exp(-(usual**2) / 2) / np.sqrt(2 * np.pi)
    left = (1 - 2 * WINSORISED) - 2 * usual * density + 2 * WINSORISED * usual**2
    beyond = float((z**2).sum()) / left - (len(z) - 1)
    return float(max(beyond / float(weight.sum() - (weight**2).sum() / weight.sum()), 0.0))


def _adjusted(p: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's step-up; nan stays."""
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
