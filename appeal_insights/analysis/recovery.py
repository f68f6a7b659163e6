"""Which few segments would have to recover for a rate to meet its target."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_counts, read_numbers, require_columns
from appeal_insights.analysis.dispersion import rate_of
from appeal_insights.errors import BadParameter, BadTable

MOST_SEARCHED = 20  # candidates whose every set is looked at: at most 184,756 of one size
ROUNDING = 1e-9  # cases


@dataclass(frozen=True)
class Recovery:
    """The smallest set of segments whose recovery closes a gap.

    segments  the segments that were given, with `level` (share that each recovers to), `gain` (cases that its recovery
              brings, in the direction wanted; 0 where there is nothing to recover) and `chosen`; largest gain first
    gap       cases that are missing; 0 where the target is met
    closes    whether the chosen ones close it. Where all together would not, none is chosen
    exact     whether of the smallest sets the one with the least to recover was searched for. If not, the set is as
              small as can be, but of the largest gains
    """

    segments: pd.DataFrame
    gap: float
    closes: bool
    exact: bool

    @property
    def chosen(self) -> pd.DataFrame:
        return self.segments[self.segments["chosen"]]


def smallest_recovery(
    segments: pd.DataFrame,
    *,
    by: Sequence[str],
    target: float,
    direction: Literal["at_least", "at_most"] = "at_least",
    to: Literal["own_target", "before"] = "own_target",
) -> Recovery:
    """Find the fewest segments whose recovery brings the whole to its target; of several such sets the least effort.

    Takes   segments  one row per segment, together the whole: the columns `by`, numerator, denominator, and what each
                      recovers to: own_target (a share, null without one), or numerator_before and denominator_before.
                      Where a period still runs: both counts as projected to its end, and denominator_ahead, the cases
                      that a recovery can still reach; without that column it reaches all.
    Gives   a Recovery. Of sets that are as small and as much effort the first by name. A segment that is already at
            its level is no candidate.
    Raises  BadTable      a column is missing, a count impossible, or no case at all.
            BadParameter  the target is no share.
    """
    require_columns(segments, by)
    n, d = read_counts(segments, ("numerator", "denominator"))
    if not 0 <= target <= 1:
        raise BadParameter.of("parameter.share", name="target", given=f"{target:g}")
    if not d.sum():
        raise BadTable("No segment has a case in its denominator, so there is no rate to recover.")
    side = 1 if direction == "at_least" else -1
    level = _levels(segments, to)
    reached = read_numbers(segments, "denominator_ahead")[0] if "denominator_ahead" in segments.columns else d
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.nan_to_num(side * reached * (level - n / d))
    gap = max(0.0, side * (target * float(d.sum()) - float(n.sum())))
    rows = segments.assign(level=level, gain=np.maximum(gain, 0.0), chosen=False)
    names = rows[list(by)].astype(str).agg("\0".join, axis=1) if by else pd.Series("", index=rows.index)
    rows = rows.assign(_name=names).sort_values(["gain", "_name"], ascending=[False, True], ignore_index=True)
    gains = rows["gain"].to_numpy(dtype=np.float64)
    candidates = int((gains > 0).sum())
    picked = _fewest(gains[:candidates], gap)
    exact = picked is None or len(picked) == 0 or candidates <= MOST_SEARCHED
    if picked and exact:
        picked = _least(gains[:candidates], gap, len(picked), rows["_name"].tolist())
    rows.loc[picked or [], "chosen"] = True
    return Recovery(rows.drop(columns="_name"), gap, picked is not None, exact)


def _levels(segments: pd.DataFrame, to: str) -> FloatArray:
    if to == "own_target":
        require_columns(segments, ("own_target",))
        return segments["own_target"].to_numpy(dtype=np.float64, na_value=np.nan)
    n, d = read_counts(segments, ("numerator_before", "denominator_before"))
    return rate_of(n, d)


def _fewest(gains: FloatArray, gap: float) -> list[int] | None:
    """As many of the largest gains as close the gap: gains add up, so no smaller set does. None if all do not."""
    if gap <= ROUNDING:
        return []
    enough = np.flatnonzero(np.cumsum(gains) >= gap - ROUNDING)
    return list(range(int(enough[0]) + 1)) if len(enough) else None


def _least(gains: FloatArray, gap: float, size: int, names: list[str]) -> list[int]:
    """Of all sets of that size that close the gap the one with the least to recover, then the first by name."""
    sets = np.array(list(combinations(range(len(gains)), size)))
    totals = gains[sets].sum(axis=1)
    totals[totals < gap - ROUNDING] = np.inf
    alike = sets[totals <= totals.min() + ROUNDING]
    return min(([int(place) for place in one] for one in alike), key=lambda one: sorted(names[place] for place in one))
