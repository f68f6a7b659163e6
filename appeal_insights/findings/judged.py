"""What follows from the evidence, before it is put into words: did it move, which segments, how sure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from appeal_insights.analysis.causes import Cause
from appeal_insights.analysis.intervals import Change, change_of_rate
from appeal_insights.findings.coincidence import Segment, coinciding
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence, View
from appeal_insights.findings.finding import Grade

ENOUGH_DAYS = 8  # on each side, to tell a lasting move from a few odd days
ROUNDING = 1e-9  # what two rates of a few digits differ by beyond their difference
SURE = 0.01  # two-sided p, adjusted for every look


@dataclass(frozen=True)
class Driver:
    """A segment that an inquiry names, and whether it stands out beyond noise."""

    segment: Segment  # dimension -> value; empty for everything
    kind: Literal["rate", "mix"]
    contribution: float  # in share, with its interval
    low: float
    high: float
    counts: Mapping[str, int]  # of the segment, as COUNTS
    change: Change | None  # of its own rate as counted; None where a period has none of it
    rest: Change | None  # of all other records
    share_before: float  # of all records
    share_after: float
    p: float | None = None  # adjusted for every look; None where nothing was tested
    aliases: Sequence[Segment] = field(default=())

    @property
    def stands_out(self) -> bool:
        return self.p is not None

    @property
    def names(self) -> list[Segment]:
        """Its own name, then those of nearly the same records."""
        return [self.segment, *self.aliases]


def moved(evidence: Evidence) -> str:
    """'rose', 'fell' or 'still': still where the interval of the change holds zero, or rates have too few digits."""
    change = evidence.change
    if change is None or change.low <= 0 <= change.high or abs(change.change) <= evidence.resolution + ROUNDING:
        return "still"
    return "rose" if change.change > 0 else "fell"


def drivers(evidence: Evidence) -> list[Driver]:
    """The segments to name, the largest contribution first: the causes found, or one by size where noise is unknown."""
    if evidence.change is None:
        return []
    if evidence.search is not None:
        return [_found(evidence, cause) for cause in evidence.search.causes.causes]
    largest = _largest(evidence)
    return [] if largest is None else [largest]


def driver(evidence: Evidence) -> Driver | None:
    """The segment to name first: the one that brought most to where the whole went; never simply everything."""
    return next((each for each in drivers(evidence) if each.segment and _went_along(evidence, each)), None)


def others(evidence: Evidence) -> list[Driver]:
    """What moved beside the driver."""
    first = driver(evidence)
    return [each for each in drivers(evidence) if first is None or each.segment != first.segment]


def _went_along(evidence: Evidence, named: Driver) -> bool:
    assert evidence.change is not None
    return named.contribution * evidence.change.change > 0


def _found(evidence: Evidence, cause: Cause) -> Driver:
    counts = {name: int(getattr(cause, name)) for name in COUNTS}
    own, rest = _changes(evidence, counts)
    return Driver(
        segment=cause.segment,
        kind=cause.kind,
        contribution=cause.contribution,
        low=cause.low,
        high=cause.high,
        share_before=cause.share_before,
        share_after=cause.share_after,
        p=cause.p,
        aliases=cause.aliases,
        counts=counts,
        change=own,
        rest=rest,
    )


def _changes(evidence: Evidence, counts: Mapping[str, int]) -> tuple[Change | None, Change | None]:
    """How the rate of a segment changed, and that of all other records."""
    rest = {name: evidence.counts[name] - counts[name] for name in COUNTS}
    return _change(evidence, counts), _change(evidence, rest)


def _change(evidence: Evidence, counts: Mapping[str, int]) -> Change | None:
    if not (counts["denominator_before"] and counts["denominator_after"]):
        return None
    return change_of_rate(*(counts[name] for name in COUNTS), dispersion=evidence.dispersion)


def _largest(evidence: Evidence) -> Driver | None:
    """Without noise nothing stands out: of the dimension with the largest excess, the segment that brought most."""
    assert evidence.change is not None
    table = evidence.contrasts
    direction = 1.0 if evidence.change.change > 0 else -1.0
    named = table[table["eligible"].astype(bool) & (table["segment"] != POOLED)]
    along = named[named["excess"] * direction > 0]
    if along.empty:
        return None
    dimension = str(along.iloc[int(along["excess"].abs().argmax())]["dimension"])
    parts = named[named["dimension"] == dimension]
    best = parts.iloc[int((parts["contribution"] * direction).argmax())]
    whole, counts = evidence.counts, {name: int(best[name]) for name in COUNTS}
    own, rest = _changes(evidence, counts)
    return Driver(
        segment={dimension: str(best["segment"])},
        kind="rate",
        contribution=float(best["contribution"]),
        low=float(best["low"]),
        high=float(best["high"]),
        share_before=best["denominator_before"] / whole["denominator_before"],
        share_after=best["denominator_after"] / whole["denominator_after"],
        counts=counts,
        change=own,
        rest=rest,
    )


@dataclass(frozen=True)
class Split:
    """Mix and rate of a change, in share; by one dimension, or None for all that were searched together."""

    rate: float
    mix: float
    dimension: str | None


def split(evidence: Evidence) -> Split | None:
    """The split to speak of: over all dimensions together where they were searched, else by the main one."""
    search, view = evidence.search, main_view(evidence)
    if search is not None and len(search.dimensions) > 1:
        return Split(search.causes.rate_effect, search.causes.mix_effect, None)
    return Split(view.rate_effect, view.mix_effect, view.dimension) if view else None


def main_view(evidence: Evidence) -> View | None:
    """The dimension that a reader is shown first: the driver's that tells it apart best, or the first looked at."""
    named = driver(evidence) or next((each for each in drivers(evidence) if each.segment), None)
    if named is None:
        return evidence.views[0] if evidence.views else None
    table = evidence.contrasts
    keys = zip(table["dimension"], table["segment"], strict=True)
    excess: dict[tuple[str, str], float] = dict(zip(keys, table["excess"].abs().fillna(0), strict=True))
    return evidence.view(max(named.segment, key=lambda name: excess.get((name, named.segment[name]), 0.0)))


def grade_of_move(evidence: Evidence) -> Grade:
    """How sure that it moved at all."""
    change = evidence.change
    if change is None or moved(evidence) == "still":
        return "unknown"
    if not evidence.dispersion.known:
        return "possible"
    if evidence.days < ENOUGH_DAYS or not evidence.checks["complete"]:
        return "possible"
    return "confirmed" if change.p < SURE else "likely"


def grade_of_driver(evidence: Evidence, named: Driver | None) -> Grade:
    """How sure that this is a segment that moved. Without days, or with few of them, never above possible."""
    if named is None:
        return "unknown"
    search = evidence.search
    if search is None or not search.noise_seen or evidence.days < ENOUGH_DAYS:
        return "possible"
    return "likely" if named.p is not None and named.p < SURE else "possible"


def brought(evidence: Evidence, named: Driver | None) -> float:
    """What a segment brought to the change, or the change where there is none, in share."""
    if named is not None:
        return named.contribution
    return 0.0 if evidence.change is None else evidence.change.change


def event_of(evidence: Evidence, named: Driver | None) -> "pd.Series | None":
    """The event that coincides with a segment, the one that names its dimension first; with the whole where None."""
    found = coinciding(evidence.events, evidence.where, named.names if named else [{}], brought(evidence, named))
    return found.iloc[0] if len(found) else None
