"""The search for causes behind an inquiry, and which of them may be told to whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from appeal_insights.analysis.causes import Cause, Causes, Part
from appeal_insights.analysis.rootcause import find_causes
from appeal_insights.disclosure import Audience, is_small

SIDES = ("before", "after")
NOISE_UNSEEN = ("few_days", "no_days")  # checks after which p and intervals hold chance only


@dataclass(frozen=True)
class Search:
    """What a search over several dimensions at once gave.

    causes       what may be told: withheld causes are left out, and their contribution is in `unexplained`
    dimensions   that were searched, alone, in pairs and by three: only those known before the outcome
    withheld     causes left out, because small numbers could be worked out from theirs
    """

    causes: Causes
    dimensions: tuple[str, ...]
    withheld: int = 0

    @property
    def noise_seen(self) -> bool:
        """Whether there were days enough for p and intervals to hold more than chance."""
        return not any(check.key in NOISE_UNSEEN for check in self.causes.checks)


def search(
    leaves: pd.DataFrame, dims: Sequence[str], *, starts: Sequence[object], shown: Mapping[str, set[str]],
    audience: Audience, clusters: pd.DataFrame | None = None,
) -> Search:  # fmt: skip
    """Search the leaves of two periods for causes.

    Takes   `leaves`: day, period, <dimensions>, numerator, denominator. `starts`: what the two periods are called in
            it. `shown`: for each dimension, the segments that this audience may see by themselves.
            `clusters`: as find_causes does.
    """
    before, after = starts
    found = find_causes(leaves, dims, before=before, after=after, clusters=clusters)
    if audience == "analyst":
        return Search(found, tuple(dims))
    told = [
        replace(cause, parts=[part for part in cause.parts if _part_may_be_told(part, cause, shown)])
        for cause in found.causes
        if _may_be_told(cause, leaves, before=before, shown=shown)
    ]
    unexplained = found.change - sum(cause.contribution for cause in told)
    withheld = len(found.causes) - len(told)
    return Search(replace(found, causes=told, unexplained=unexplained), tuple(dims), withheld)


def _may_be_told(cause: Cause, leaves: pd.DataFrame, *, before: object, shown: Mapping[str, set[str]]) -> bool:
    """Whether neither the cause, nor what it leaves of the whole and of each segment around it, is small."""
    if any(value not in shown[name] for name, value in cause.segment.items()):
        return False
    own = pd.Series([cause.denominator_before, cause.denominator_after])
    within = [leaves, *(leaves[leaves[name] == value] for name, value in cause.segment.items())]
    left = [_denominators(rows, before) - own for rows in within]
    return not bool(is_small(pd.DataFrame([own, *left])).any())


def _part_may_be_told(part: Part, cause: Cause, shown: Mapping[str, set[str]]) -> bool:
    """Whether neither a part of a cause nor what it leaves of the cause is small."""
    if any(value not in shown[name] for name, value in part.segment.items()):
        return False
    own = pd.Series([part.denominator_before, part.denominator_after])
    whole = pd.Series([cause.denominator_before, cause.denominator_after])
    return not bool(is_small(pd.DataFrame([own, whole - own])).any())


def _denominators(leaves: pd.DataFrame, before: object) -> pd.Series:
    is_before = leaves["period"] == before
    return pd.Series([float(leaves.loc[side, "denominator"].sum()) for side in (is_before, ~is_before)])
