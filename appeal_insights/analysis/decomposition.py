"""What each segment brought to the change of a rate: by its weight (mix) and by its own rate."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import read_counts, require_columns
from appeal_insights.analysis.intervals import Dispersions, bounds
from appeal_insights.errors import EmptyPeriod

BEFORE = ("numerator_before", "denominator_before")
AFTER = ("numerator_after", "denominator_after")
# A change of rate up to this, in share, is rounding and no move.
STILL = 1e-12


@dataclass(frozen=True)
class Reversal:
    """How many segments moved with the whole, and whether most of the records moved against it.

    with_whole, against, still  segments whose own rate moved the way the whole did, another way, or not at all
    one_period                  segments in one period only, or in none: they have no move of their own
    share_with, share_against   what those segments hold of the denominators, mean of both periods, 0..1
    reversed                    the whole moved one way while segments with more than half of the denominators moved
                                the other way (Simpson's paradox): lead with the segments, not with the whole
    """

    with_whole: int
    against: int
    still: int
    one_period: int
    share_with: float
    share_against: float
    reversed: bool


def decompose_change(segments: pd.DataFrame) -> pd.DataFrame:
    """Decompose the change of a rate into what each segment brought, by mix and by rate.

    Takes   one row per segment: numerator_before, denominator_before, numerator_after, denominator_after (>= 0).
            Every segment of the whole has to be there; other columns and the order of rows are kept.
    Gives   the same rows with, all in share (0.01 is one point),
            rate_before, rate_after     of the segment, nan where the period has none of it
            share_before, share_after   of the whole's denominator
            mix_effect, rate_effect     what its weight and what its own rate brought; each is 0 for an empty segment
            contribution                both together. Their total is the change of the whole, to rounding.
            A segment in one period only brings mix: it came or went, its rate did not move.
    Raises  EmptyPeriod   one period has nothing in its denominator.
            BadTable      a column is missing or a count impossible.
    Source  Kitagawa (1955), J. Am. Stat. Assoc. 50: the symmetric two-part decomposition.
    """
    read_counts(segments, BEFORE, AFTER)
    # Nullable columns would carry a missing value where plain ones carry nan.
    counts = segments[[*BEFORE, *AFTER]].astype("float64")
    n0, d0 = counts["numerator_before"], counts["denominator_before"]
    n1, d1 = counts["numerator_after"], counts["denominator_after"]
    if not (d0.sum() and d1.sum()):
        empty = "after" if d0.sum() else "before"
        raise EmptyPeriod.of("empty.decomposition", period=empty)
    w0, w1 = d0 / d0.sum(), d1 / d1.sum()
    whole = (n0.sum() / d0.sum() + n1.sum() / d1.sum()) / 2
    own0, own1 = n0 / d0, n1 / d1
    r0, r1 = own0.fillna(own1).fillna(whole), own1.fillna(own0).fillna(whole)
    mix_effect = (w1 - w0) * ((r0 + r1) / 2 - whole)
    rate_effect = (r1 - r0) * (w0 + w1) / 2
    return segments.assign(
        rate_before=own0,
        rate_after=own1,
        share_before=w0,
        share_after=w1,
        mix_effect=mix_effect,
        rate_effect=rate_effect,
        contribution=mix_effect + rate_effect,
    )


def contribution_intervals(parts: pd.DataFrame, dispersion: Dispersions, *, level: float = 0.95) -> pd.DataFrame:
    """Add the interval of what each segment brought to a change.

    A contribution is share_after * (rate_after - whole) - share_before * (rate_before - whole), where `whole` is the
    mean of the whole's two rates. Shares and `whole` are taken as counted; the two rates of the segment are not
    certain, in its mix effect no more than in its rate effect. So a segment in one period only has an interval too.
    Where shares stay as they were, this is the share times Newcombe's interval of the change.

    Takes   what `decompose_change` gives, and one Dispersion for all segments or each segment's own, in order.
    Gives   the same rows with `low`, `high` around `contribution`, in share. They do not add up over segments.
    Raises  BadTable   a column is missing or a count impossible.
    Source  Zou and Donner (2008), Statistics in Medicine 27: bounds of a difference from the bounds of its sides.
    """
    require_columns(parts, ("share_before", "share_after", "contribution"))
    n0, d0, n1, d1 = read_counts(parts, BEFORE, AFTER)
    low0, high0 = bounds(n0, d0, dispersion, level=level)
    low1, high1 = bounds(n1, d1, dispersion, level=level)
    w0, w1 = parts["share_before"].to_numpy(dtype=np.float64), parts["share_after"].to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        r0, r1 = n0 / d0, n1 / d1
    # A period that has none of the segment weighs nothing, whatever its rate.
    below = np.hypot(np.nan_to_num(w1 * (r1 - low1)), np.nan_to_num(w0 * (high0 - r0)))
    above = np.hypot(np.nan_to_num(w1 * (high1 - r1)), np.nan_to_num(w0 * (r0 - low0)))
    return parts.assign(low=parts["contribution"] - below, high=parts["contribution"] + above)


def reversal(parts: pd.DataFrame) -> Reversal:
    """Count the segments that moved with the whole, and notice when most records moved against it.

    Directions are as counted, however small: a segment of ten records counts as one of the segments, so read the
    shares beside the numbers. When the whole stands still, every segment that moved moved against it, and nothing
    is reversed.

    Takes   what `decompose_change` gives, with every segment of the whole.
    Raises  BadTable   a column is missing.
    """
    names = ("rate_before", "rate_after", "share_before", "share_after", "contribution")
    require_columns(parts, names)
    r0, r1, w0, w1, contribution = (parts[name].to_numpy(dtype=np.float64) for name in names)
    change = r1 - r0
    held = (w0 + w1) / 2
    way = _way(contribution.sum())
    still = np.abs(change) <= STILL
    with_whole = ~still & (np.sign(change) == way)
    against = ~still & ~np.isnan(change) & ~with_whole
    share_against = float(held[against].sum())
    return Reversal(
        with_whole=int(with_whole.sum()),
        against=int(against.sum()),
        still=int(still.sum()),
        one_period=int(np.isnan(change).sum()),
        share_with=float(held[with_whole].sum()),
        share_against=share_against,
        reversed=bool(way) and share_against > 0.5,
    )


def _way(change: float) -> int:
    return 0 if abs(change) <= STILL else int(np.sign(change))
