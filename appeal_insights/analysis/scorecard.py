"""How do sites compare once each is held to the cases it had? Rates and times against what others make of the same."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_counts, read_numbers, require_columns, require_filled
from appeal_insights.analysis.drift_tables import codes_of, labels_of
from appeal_insights.analysis.intervals import wilson
from appeal_insights.errors import BadParameter

PULLED = 5.0  # cases of all together that the others of a cell are drawn towards: a cell of few tells little
Met = Literal["met", "missed", "open"]


def adjusted_rates(
    counts: pd.DataFrame,
    *,
    unit: str,
    cells: str | Sequence[str],
    numerator: str = "correct",
    denominator: str = "audited",
    weight: str | None = None,
    dispersion: float = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Hold the rate of each unit, such as a site, to what the others reach on the cases it had.

    A cell is a kind of case: market, policy and stratum together. What a unit would have got is worked out from the
    others in every cell that it shares with them; how its own count stands to that, times the rate of all, is its
    adjusted rate. Cells that nobody else works in tell nothing of it and are left out: `shared` says what remains.
    Of the two sides of a rate the rarer one is compared: for an accuracy of 95 % the errors.

    Takes   one row per unit and cell, or several, which are added up: numerator, denominator.
            weight: how many cases a record stands for, where hard ones are audited more often than they occur; rates
            are then of cases, not of audits. One number in all rows of a cell.
            dispersion: how many cases count as one, as days and cases of a unit share their luck.
    Gives   one row per unit, by name: unit, numerator, denominator, rate, expected (of the others on its cases), whole
            (of all), adjusted, low, high, shared (of its cases, those in shared cells). Shares; nan where nothing is
            shared.
    Raises  BadTable      a column is missing, a count impossible, a unit or cell empty.
            BadParameter  level is no share.
    Source  Breslow and Day (1987), Statistical Methods in Cancer Research II: the indirectly standardised ratio.
    """
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    counted = read_counts(counts, (numerator, denominator))
    cases = read_numbers(counts, weight)[0] if weight else np.ones(len(counts))
    units, (n, d, wn, wd, ww) = _wide(
        counts, unit, cells, [*counted, *(each * cases for each in counted), counted[1] * cases**2]
    )
    whole = wn.sum() / wd.sum() if wd.sum() else np.nan
    flip = bool(whole > 0.5)
    if flip:
        n, wn = d - n, wd - wn
    at = 1 - whole if flip else whole
    others_n, others_d = n.sum(axis=0) - n, d.sum(axis=0) - d
    there = (others_d > 0) & (d > 0)
    pooled = n.sum(axis=0) / np.maximum(d.sum(axis=0), 1)
    others = (others_n + PULLED * pooled) / (others_d + PULLED)
    own_n, own_d, squared = (np.where(there, each, 0.0).sum(axis=1) for each in (wn, wd, ww))
    expected = np.where(there, wd * others, 0.0).sum(axis=1)
    # The others are a sample too, and a unit is part of the whole that its ratio is put upon: in the logarithm of
    # whole * own / expected its own count weighs 1 + part and those of the others -part, where part is its share.
    unsure = np.where(there, wd**2 * others * (1 - others) / (others_d + PULLED), 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = expected / own_d
        part = wn.sum(axis=1) / wn.sum()
        of_others = part**2 * unsure / expected**2 * share / (1 - share)
        kish = own_d**2 / squared
        effective = 1 / (max(dispersion, 1.0) * ((1 + part) ** 2 / kish + of_others))
        low, high = wilson(own_n / own_d * effective, effective, level=level)
        found = [at * bound / share for bound in (own_n / own_d, low, high)]
    found = [np.minimum(each, 1.0) for each in found]
    adjusted, low, high = [1 - each for each in (found[0], found[2], found[1])] if flip else found
    total_n, total_d = n.sum(axis=1), d.sum(axis=1)
    if flip:
        total_n, share = total_d - total_n, 1 - share
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, shared = wn.sum(axis=1) / wd.sum(axis=1), own_d / wd.sum(axis=1)
    rate = 1 - rate if flip else rate
    return pd.DataFrame(
        {
            "unit": units,
            "numerator": total_n.astype(np.int64),
            "denominator": total_d.astype(np.int64),
            "rate": rate,
            "expected": share,
            "whole": whole,
            "adjusted": adjusted,
            "low": low,
            "high": high,
            "shared": shared,
        }
    )


def _wide(
    counts: pd.DataFrame, unit: str, cells: str | Sequence[str], values: Sequence[FloatArray]
) -> tuple[list[str], list[FloatArray]]:
    """The names of the units, and the values added up by unit and cell.

    Raises  BadTable   a column is missing, a unit or cell empty.
    """
    names = [cells] if isinstance(cells, str) else list(cells)
    require_columns(counts, [unit, *names])
    for name in (unit, *names):
        require_filled(counts, name)
    one, named = codes_of(counts, [unit])
    cell = codes_of(counts, names)[0] if names else np.zeros(len(counts), dtype=np.int64)
    shape = (len(named), int(cell.max(initial=0)) + 1)
    place = one * shape[1] + cell
    summed = (np.bincount(place, weights=each, minlength=shape[0] * shape[1]) for each in values)
    return labels_of(named), [each.astype(np.float64).reshape(shape) for each in summed]


def adjusted_times(
    counts: pd.DataFrame,
    *,
    unit: str,
    cells: str | Sequence[str],
    records: str = "records",
    seconds: str = "seconds",
) -> pd.DataFrame:
    """Hold the time that each unit takes over a case to what the others take over the cases it had.

    Takes   one row per unit and cell, or several: how many records, and seconds over all of them.
    Gives   one row per unit, by name: unit, records, seconds (mean), expected (of the others on its cases), whole (of
            all), adjusted (mean seconds), an_hour (cases in an hour at that pace), shared. nan where nothing is shared.
    Raises  BadTable   as `adjusted_rates`.
    """
    labels, (n, s) = _wide(counts, unit, cells, read_numbers(counts, records, seconds))
    others_n, others_s = n.sum(axis=0) - n, s.sum(axis=0) - s
    there = (others_n > 0) & (n > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.where(there, n * others_s / others_n, 0.0).sum(axis=1)
        own_n, own_s = np.where(there, n, 0.0).sum(axis=1), np.where(there, s, 0.0).sum(axis=1)
        whole = s.sum() / n.sum()
        adjusted = whole * own_s / expected
        return pd.DataFrame(
            {
                "unit": labels,
                "records": n.sum(axis=1).astype(np.int64),
                "seconds": s.sum(axis=1) / n.sum(axis=1),
                "expected": expected / own_n,
                "whole": whole,
                "adjusted": adjusted,
                "an_hour": 3600 / adjusted,
                "shared": own_n / n.sum(axis=1),
            }
        )


def against(threshold: float, low: float, high: float, *, at_least: bool) -> Met:
    """Whether a promise is kept, as far as an interval can tell: met or missed only if all of it lies on one side."""
    if not (low <= high):
        return "open"
    if (low >= threshold) if at_least else (high <= threshold):
        return "met"
    if (high < threshold) if at_least else (low > threshold):
        return "missed"
    return "open"
