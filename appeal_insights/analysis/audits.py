"""How accurate was the handling? From a stratified audit sample, for any segment, with an interval that covers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from appeal_insights.analysis.counts import (
    FloatArray,
    first,
    read_counts,
    read_numbers,
    require_columns,
    require_filled,
)
from appeal_insights.analysis.drift_tables import codes_of, labels_of
from appeal_insights.analysis.intervals import wilson
from appeal_insights.errors import BadParameter, BadTable

LEAST_IN_STRATUM = 2  # audits; a stratum with fewer is joined with the next
ENOUGH_TO_POSTSTRATIFY = 10  # audits in every stratum: from here on its interval covers, and is narrower
# Errors in all, below which it covers too little: of .98 and 200 audits, 91.5 % of simulated intervals held the truth.
ENOUGH_ERRORS = 10
PULLED = 2.0  # audits of the whole that each stratum's rate is drawn towards, in the variance
POWER = 0.8
EVERYTHING = "(all)"


@dataclass(frozen=True)
class GoldCases:
    """What auditors said of cases whose truth is known: of right ones and of wrong ones, how many they called right."""

    right: int
    right_called_right: int
    wrong: int
    wrong_called_right: int


def estimate_accuracy(
    audits: pd.DataFrame,
    *,
    stratum: str,
    audited: str = "audited",
    correct: str = "correct",
    population: str = "population",
    by: str | Sequence[str] = (),
    gold: GoldCases | None = None,
    poststratify: bool | None = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the accuracy of each segment from an audit sample drawn by strata.

    Every stratum counts with its share of the cases, not of the audits. A stratum with fewer than two audits is joined
    with the one next to it in the order of their names (the last one with that before it), within its segment.

    Takes   audits       one row per segment and stratum: how many cases it has, were audited, were correct.
            gold         what auditors said of gold cases, for a rate corrected for their errors beside.
            poststratify False: Wilson on Kish's effective n. True: on the stratified variance, narrower. None: the
                         latter where every stratum has ten audits and ten errors were found.
    Gives   one row per segment: the columns of `by`, segment, audited, correct, population, accuracy, low, high,
            effective_n, unweighted, findable (the smallest change between two such samples that would be seen four
            times in five), strata, collapsed (how many were joined with another), method; with gold cases corrected,
            corrected_low, corrected_high. All shares.
    Raises  BadTable     a column is missing, a count impossible, or more audits than cases.
            BadParameter level is no share.
    Source  Hajek (1971); Kish (1965), Survey Sampling: the effective n. Rogan and Gladen (1978), Am. J. Epidemiology
            107: the correction.
    """
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    names = [by] if isinstance(by, str) else list(by)
    require_columns(audits, [*names, stratum, audited, correct, population])
    for name in [*names, stratum]:
        require_filled(audits, name)
    x, n = read_counts(audits, (correct, audited))
    (cases,) = read_numbers(audits, population)
    _check_population(audits[stratum], n, cases)
    if names:
        code, named = codes_of(audits, names)
        labels = labels_of(named)
    else:
        code, named, labels = np.zeros(len(audits), dtype=np.int64), pd.DataFrame(index=[0]), [EVERYTHING]
    rows = []
    order = np.lexsort((audits[stratum].astype("str").to_numpy(dtype="str"), code))
    for one in range(len(labels)):
        own = order[code[order] == one]
        rows.append(_estimate(n[own], x[own], cases[own], gold, poststratify, level))
    table = pd.DataFrame(rows)
    table.insert(0, "segment", labels)
    return pd.concat([named.reset_index(drop=True), table], axis=1)


def _check_population(strata: "pd.Series[str]", audited: FloatArray, population: FloatArray) -> None:
    row = first(audited > population)
    if row is None:
        return
    name = str(strata.iloc[row])
    if not population[row]:
        raise BadTable.of("table.no_population", stratum=name)
    raise BadTable.of(
        "table.too_few_sampled",
        stratum=name,
        audited=f"{audited[row]:,.12g}",
        population=f"{population[row]:,.12g}",
    )


def collapse(
    audited: FloatArray, correct: FloatArray, population: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Join each stratum with fewer than two audits with the next one, the last with the one before it.

    Gives   audited, correct, population of the strata that remain; at most one of them has fewer than two audits.
    """
    joined: list[list[float]] = []
    waiting = [0.0, 0.0, 0.0]
    for row in zip(audited, correct, population, strict=True):
        waiting = [sum(pair) for pair in zip(waiting, row, strict=True)]
        if waiting[0] >= LEAST_IN_STRATUM:
            joined.append(waiting)
            waiting = [0.0, 0.0, 0.0]
    if waiting[2] and joined:
        joined[-1] = [sum(pair) for pair in zip(joined[-1], waiting, strict=True)]
    elif waiting[2] or not joined:
        joined.append(waiting)
    n, x, cases = np.array(joined).T
    return n, x, cases


def _estimate(
    audited: FloatArray,
    correct: FloatArray,
    population: FloatArray,
    gold: GoldCases | None,
    poststratify: bool | None,
    level: float,
) -> dict[str, object]:
    """The estimate of one segment."""
    n, x, cases = collapse(audited, correct, population)
    share = cases / cases.sum() if cases.sum() else np.zeros(len(cases))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = float((share * x / n).sum()) if n.all() else np.nan
        kish = float(1 / (share**2 / n).sum()) if n.all() else 0.0
    enough = bool(n.min() >= ENOUGH_TO_POSTSTRATIFY and n.sum() - x.sum() >= ENOUGH_ERRORS)
    post = enough if poststratify is None else poststratify
    effective = _effective_n(n, x, cases, rate) if post and n.all() else kish
    low, high = (float(bound[0]) for bound in wilson([rate * effective], [effective], level=level))
    said: dict[str, object] = {
        "audited": int(n.sum()),
        "correct": int(x.sum()),
        "population": int(cases.sum()),
        "accuracy": rate,
        "low": low,
        "high": high,
        "effective_n": effective,
        "unweighted": float(x.sum() / n.sum()) if n.sum() else np.nan,
        "findable": smallest_change(rate, effective),
        "strata": len(n),
        "collapsed": len(audited) - len(n),
        "method": "poststratified" if post else "kish",
    }
    if gold is not None:
        corrected = correct_for_auditors(rate, effective, gold, level=level)
        said |= dict(zip(("corrected", "corrected_low", "corrected_high"), corrected, strict=True))
    return said


def _effective_n(n: FloatArray, x: FloatArray, cases: FloatArray, rate: float) -> float:
    """Audits at random that would be as sure, from the stratified variance; each stratum is drawn towards the whole."""
    share = cases / cases.sum()
    whole = (x.sum() + 1) / (n.sum() + 2)
    drawn = (x + PULLED * whole) / (n + PULLED)
    variance = float((share**2 * (1 - n / cases) * drawn * (1 - drawn) / np.maximum(n - 1, 1)).sum())
    at = float((share * drawn).sum())
    return at * (1 - at) / variance if variance > 0 else float(n.sum())


def correct_for_auditors(
    measured: float, effective_n: float, gold: GoldCases, *, level: float = 0.95
) -> tuple[float, float, float]:
    """Correct a measured accuracy for what auditors get wrong, with an interval that knows the gold cases are few too.

    Gives   corrected, low, high. nan where the auditors do no better than a coin.
    Source  Rogan and Gladen (1978); Lang and Reiczigel (2014), Preventive Veterinary Medicine 113: the interval.
    """
    z = float(ndtri((1 + level) / 2))
    p = (measured * effective_n + z * z / 2) / (effective_n + z * z)
    seen = (gold.right_called_right + 1) / (gold.right + 2)  # of right ones, called right
    missed = (gold.wrong_called_right + 1) / (gold.wrong + 2)  # of wrong ones, called right
    apart = seen - missed
    if not apart > 0 or not effective_n:
        return np.nan, np.nan, np.nan
    truth = (p - missed) / apart
    variance = p * (1 - p) / (effective_n + z * z)
    variance += truth**2 * seen * (1 - seen) / (gold.right + 2)
    variance += (1 - truth) ** 2 * missed * (1 - missed) / (gold.wrong + 2)
    reach = z * variance**0.5 / apart
    plain_seen, plain_missed = (
        gold.right_called_right / max(gold.right, 1),
        gold.wrong_called_right / max(gold.wrong, 1),
    )
    plain = (measured - plain_missed) / (plain_seen - plain_missed) if plain_seen > plain_missed else truth
    bounds = np.clip([plain, truth - reach, truth + reach], 0, 1)
    return float(bounds[0]), float(min(bounds[1], bounds[0])), float(max(bounds[2], bounds[0]))


def smallest_change(rate: float, n: float, *, level: float = 0.95, power: float = POWER) -> float:
    """The smallest fall from a rate that two samples of so many audits would show; share, nan where none would.

    Source  Fleiss (1981), Statistical Methods for Rates and Proportions: two samples, without continuity correction.
    """
    if not (n > 0 and 0 < rate <= 1):
        return np.nan
    falls = np.arange(0.0005, rate, 0.0005)
    enough = audits_needed(rate, rate - falls, level=level, power=power) <= n
    return float(falls[enough.argmax()]) if enough.any() else np.nan


def audits_needed(
    before: npt.ArrayLike, after: npt.ArrayLike, *, level: float = 0.95, power: float = POWER
) -> FloatArray:
    """Audits at random on each side that show one accuracy against another: 2,213 for 95 % against 93 %.

    Raises  BadParameter   power or level is no share.
    """
    for name, value in (("level", level), ("power", power)):
        if not 0 < value < 1:
            raise BadParameter.of("parameter.share", name=name, given=f"{value:g}")
    p, q = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    middle = (p + q) / 2
    sure, seen = float(ndtri((1 + level) / 2)), float(ndtri(power))
    root = sure * np.sqrt(2 * middle * (1 - middle)) + seen * np.sqrt(p * (1 - p) + q * (1 - q))
    with np.errstate(divide="ignore"):
        return np.asarray(np.ceil((root / (p - q)) ** 2), dtype=np.float64)


def plan_audits(
    strata: pd.DataFrame, *, change: float, cost: str | None = None, level: float = 0.95, power: float = POWER
) -> pd.DataFrame:
    """Plan how many audits of each stratum show a change of the whole, at the least cost.

    Takes   one row per stratum: stratum, population, accuracy (expected, share), and what one audit costs, if it
            differs. change: share (0.02 is two points).
    Gives   the same rows with `audits` (each side of the comparison, from two to the population) and `costs`.
    Raises  BadTable, BadParameter
    Source  Neyman (1934), J. Royal Statistical Society 97, with costs: n of a stratum as N s / sqrt(c).
    """
    require_columns(strata, ["stratum", "population", "accuracy", *([cost] if cost else [])])
    cases, accuracy = read_numbers(strata, "population", "accuracy")
    price = read_numbers(strata, cost)[0] if cost else np.ones(len(strata))
    if not 0 < change < 1:
        raise BadParameter.of("parameter.share", name="change", given=f"{change:g}")
    share = cases / cases.sum()
    whole = float((share * accuracy).sum())
    at_random = float(audits_needed(whole, whole - change, level=level, power=power))
    # The variance that so many audits at random would have, of the mean of both sides.
    middle = whole - change / 2
    allowed = middle * (1 - middle) / at_random
    spread = np.sqrt(np.maximum((accuracy - change / 2) * (1 - accuracy + change / 2), 1e-6))
    weight = share * spread
    audits = weight / np.sqrt(price) * (weight * np.sqrt(price)).sum() / allowed
    audits = np.minimum(np.maximum(np.ceil(audits), LEAST_IN_STRATUM), cases).astype(np.int64)
    return strata.assign(audits=audits, costs=audits * price)
