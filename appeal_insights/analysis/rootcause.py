"""Which segment stands out? Each one is compared with all other records, and every look is paid for."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

LEAST_EXPECTED = 5.0  # expected numerators, and the rest, a side must have: below it a comparison is a coin flip

_COUNTS = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]


def stand_out(segments: pd.DataFrame, *, dispersion: float = 1.0, degrees: float | None = None) -> pd.DataFrame:
    """Compare the change of each segment's rate with the change of all other records.

    Takes   one row per segment, over one or more dimensions: dimension, segment, numerator_before, denominator_before,
            numerator_after, denominator_after. Segments of one dimension add up to the whole.
            `dispersion`: how much more rates vary than independent cases would (1 where it is unknown).
            `degrees`: of freedom of a t quantile where there are few days, else normal.
    Gives   the same rows with
            rest_change   change of the rate of all other records, in share
            excess        what the segment brought beyond its share of a change common to all, in share; null where the
                          segment is everything or is in one period only
            p             two-sided, of 'it changed as the rest did', multiplied by the segments looked at (Bonferroni)
            eligible      whether it has enough on both sides to be looked at
    Source  Two-sample comparison of two differences of proportions, on effective n.
    """
    if segments.empty:
        return segments.assign(rest_change=pd.Series(dtype=float), excess=0.0, p=1.0, eligible=False)
    own = segments[_COUNTS].astype(float)
    whole = segments.groupby("dimension")[_COUNTS].transform("sum").astype(float)
    rest = whole - own
    change, change_error = _change(own, dispersion)
    rest_change, rest_error = _change(rest, dispersion)
    share = (
        own["denominator_before"] / whole["denominator_before"] + own["denominator_after"] / whole["denominator_after"]
    ) / 2
    eligible = _enough(own) & _enough(rest)
    with np.errstate(divide="ignore", invalid="ignore"):
        z: pd.Series = (change - rest_change) / np.sqrt(change_error**2 + rest_error**2)
    raw = 2 * stdtr(degrees or np.inf, -np.abs(z))
    looks = max(1, int(eligible.sum()))
    return segments.assign(
        rest_change=rest_change,
        excess=share * (1 - share) * (change - rest_change),
        p=pd.Series(np.minimum(1.0, raw * looks), index=segments.index).where(eligible),
        eligible=eligible,
    )


def _change(counts: pd.DataFrame, dispersion: float) -> tuple[pd.Series, pd.Series]:
    """The change of a rate and its standard error; the rate for the error is that of both periods together."""
    d0, d1 = counts["denominator_before"].where(lambda n: n > 0), counts["denominator_after"].where(lambda n: n > 0)
    pooled = (counts["numerator_before"] + counts["numerator_after"]) / (d0 + d1)
    error = np.sqrt(dispersion * pooled * (1 - pooled) * (1 / d0 + 1 / d1))
    return counts["numerator_after"] / d1 - counts["numerator_before"] / d0, error


def _enough(counts: pd.DataFrame) -> "pd.Series[bool]":
    d0, d1 = counts["denominator_before"], counts["denominator_after"]
    pooled = (counts["numerator_before"] + counts["numerator_after"]) / (d0 + d1).where(d0 + d1 > 0)
    rarer = np.minimum(pooled, 1 - pooled)
    return (d0 * rarer >= LEAST_EXPECTED) & (d1 * rarer >= LEAST_EXPECTED)
