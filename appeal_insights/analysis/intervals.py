"""A rate with its interval, and a change of rate with its own, when cases share their luck.

How many times more a rate moves than independent cases would is its dispersion, see analysis/dispersion.py. Every
interval here counts a denominator as that many times smaller.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from appeal_insights.analysis.counts import FloatArray, read_counts
from appeal_insights.analysis.dispersion import Dispersion as Dispersion
from appeal_insights.analysis.dispersion import dispersion_over_days as dispersion_over_days
from appeal_insights.analysis.dispersion import rate_of
from appeal_insights.errors import BadParameter, BadTable, EmptyPeriod

Dispersions = Dispersion | Sequence[Dispersion]  # one for all rows of a table, or one for each


@dataclass(frozen=True)
class Change:
    """A rate before and after: the difference in share (0.01 is one point), its interval and its p value."""

    rate_before: float
    rate_after: float
    change: float
    low: float
    high: float
    p: float


def wilson(
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    *,
    dispersion: npt.ArrayLike = 1.0,
    level: float = 0.95,
    degrees: npt.ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Find the interval of a share, counting `dispersion` cases as one.

    Takes   numbers, arrays or Series, matched by position. A dispersion below 1 counts as 1.
            level 0..1; degrees of freedom for t quantiles, None for a normal one.
    Gives   low, high: shares 0..1 around numerator / denominator, nan where the denominator is 0.
    Raises  BadTable   a count is negative, or a numerator larger than its denominator.
    Source  Wilson (1927), J. Am. Stat. Assoc. 22: the interval that inverts the score test.
    """
    n, d = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    if np.any(n < 0) or np.any(n > d):
        raise BadTable.of("table.not_a_part")
    q = _quantile(level, degrees)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = n / d
        pull = q * q * np.maximum(np.asarray(dispersion, dtype=np.float64), 1.0) / d
        middle = (rate + pull / 2) / (1 + pull)
        reach = np.sqrt(pull * (rate * (1 - rate) + pull / 4)) / (1 + pull)
    # Only rounding can put a bound outside 0..1 or on the wrong side of the rate.
    return np.minimum(np.clip(middle - reach, 0, 1), rate), np.maximum(np.clip(middle + reach, 0, 1), rate)


def bounds(
    numerator: FloatArray, denominator: FloatArray, dispersion: Dispersions, *, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Find the interval of each share under what is known of its dispersion: one for all, or one for each.

    Gives   low, high as `wilson` does.
    Raises  BadTable   there are not as many dispersions as shares.
    """
    each = [dispersion] if isinstance(dispersion, Dispersion) else list(dispersion)
    if not isinstance(dispersion, Dispersion) and len(each) != len(numerator):
        raise BadTable.of("table.dispersions", given=len(each), rows=len(numerator))
    values = np.array([1.0 if one.value is None else one.value for one in each])
    degrees = np.array([np.inf if one.degrees is None else one.degrees for one in each])
    # Few degrees make up for a value that may be too small. Where even so it is below 1, 1 is what independent cases
    # say, and it is certain: normal quantiles. (Simulated over two quiet weeks: .97 rather than .98, 4 % narrower.)
    widened = values * (_quantile(level, degrees) / _quantile(level, None)) ** 2
    return wilson(numerator, denominator, dispersion=np.maximum(widened, 1.0), level=level)


def rate_with_interval(table: pd.DataFrame, dispersion: Dispersions, *, level: float = 0.95) -> pd.DataFrame:
    """Add its rate and interval to each row that has a numerator and a denominator.

    Takes   numerator, denominator, and whatever else; a Dispersion of these records for all, or one per row.
    Gives   the same rows with `rate`, `low`, `high`: shares 0..1, nan where the denominator is 0.
    Raises  BadTable   a column is missing or a count impossible.
    """
    n, d = read_counts(table, ("numerator", "denominator"))
    low, high = bounds(n, d, dispersion, level=level)
    return table.assign(rate=rate_of(n, d), low=low, high=high)


def change_of_rate(
    numerator_before: float,
    denominator_before: float,
    numerator_after: float,
    denominator_after: float,
    *,
    dispersion: Dispersion,
    level: float = 0.95,
) -> Change:
    """Say how far one rate moved, between which bounds, and how often chance alone would move it as far.

    Gives   a Change in share. `p` is two-sided, of the score test; it may differ from the interval at the very edge.
    Raises  EmptyPeriod   one period has nothing in its denominator.
            BadTable      a count is negative, or a numerator larger than its denominator.
    Source  Newcombe (1998), Statistics in Medicine 17: the hybrid score interval (his method 10).
    """
    counts = (numerator_before, denominator_before, numerator_after, denominator_after)
    if not (denominator_before and denominator_after):
        empty = "after" if denominator_before else "before"
        raise EmptyPeriod.of("empty.change", period=empty)
    change, low, high = _newcombe(
        *(np.array([count], dtype=np.float64) for count in counts), dispersion=dispersion, level=level
    )
    pooled = (numerator_before + numerator_after) / (denominator_before + denominator_after)
    error = np.sqrt(pooled * (1 - pooled) * (1 / denominator_before + 1 / denominator_after))
    distance = abs(float(change[0])) / error if error > 0 else 0.0
    return Change(
        rate_before=numerator_before / denominator_before,
        rate_after=numerator_after / denominator_after,
        change=float(change[0]),
        low=float(low[0]),
        high=float(high[0]),
        p=min(1.0, 2 * _tail(distance, dispersion)),
    )


def _tail(distance: float, dispersion: Dispersion) -> float:
    """How often chance alone goes as many standard errors one way; no less often than for independent cases."""
    alone = float(stdtr(np.inf, -distance))
    if not dispersion.value:
        return alone
    degrees = np.inf if dispersion.degrees is None else dispersion.degrees
    return max(alone, float(stdtr(degrees, -distance / dispersion.value**0.5)))


def change_intervals(segments: pd.DataFrame, dispersion: Dispersions, *, level: float = 0.95) -> pd.DataFrame:
    """Add to each segment how far its own rate moved, with the interval.

    Takes   numerator_before, denominator_before, numerator_after, denominator_after, and whatever else. One Dispersion
            for all or one per row. Each segment's own is right: that of the whole makes the interval too wide for a
            small part of it, and too narrow for the one segment that had the bulk restore.
    Gives   the same rows with `change`, `change_low`, `change_high` in share, nan where a period is empty.
    Raises  BadTable   a column is missing or a count impossible.
    Source  Newcombe (1998), as in `change_of_rate`.
    """
    n0, d0, n1, d1 = read_counts(
        segments, ("numerator_before", "denominator_before"), ("numerator_after", "denominator_after")
    )
    change, low, high = _newcombe(n0, d0, n1, d1, dispersion=dispersion, level=level)
    return segments.assign(change=change, change_low=low, change_high=high)


def _newcombe(
    n0: FloatArray, d0: FloatArray, n1: FloatArray, d1: FloatArray, *, dispersion: Dispersions, level: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Change, low, high of each pair of rates."""
    r0, r1 = rate_of(n0, d0), rate_of(n1, d1)
    low0, high0 = bounds(n0, d0, dispersion, level=level)
    low1, high1 = bounds(n1, d1, dispersion, level=level)
    change = r1 - r0
    return change, change - np.hypot(r1 - low1, high0 - r0), change + np.hypot(high1 - r1, r0 - low0)


def _quantile(level: float, degrees: npt.ArrayLike | None) -> FloatArray:
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    free = np.asarray(np.inf if degrees is None else degrees, dtype=np.float64)
    return np.asarray(stdtrit(free, (1 + level) / 2), dtype=np.float64)
