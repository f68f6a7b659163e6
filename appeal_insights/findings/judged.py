"""What follows from the evidence, before it is put into words: did it move, which segment, how sure."""

from dataclasses import dataclass

import pandas as pd

from appeal_insights.findings.evidence import POOLED, Evidence, View, coinciding
from appeal_insights.findings.finding import Grade

ENOUGH_DAYS = 8  # on each side, to tell a lasting move from a few odd days
SURE, FAIRLY_SURE = 0.01, 0.05  # two-sided p, adjusted for every look


@dataclass(frozen=True)
class Driver:
    """The segment that an inquiry names, and whether it stands out from all other records."""

    dimension: str
    row: "pd.Series"
    stands_out: bool

    @property
    def segment(self) -> str:
        return str(self.row["segment"])


def moved(evidence: Evidence) -> str:
    """'rose', 'fell' or 'still': still where the interval of the change holds zero."""
    change = evidence.change
    if change is None or change.low <= 0 <= change.high:
        return "still"
    return "rose" if change.change > 0 else "fell"


def driver(evidence: Evidence) -> Driver | None:
    """The segment to name: the one that stands out most, or the largest contribution where noise is not known."""
    named = evidence.contrasts[evidence.contrasts["eligible"].astype(bool) & (evidence.contrasts["segment"] != POOLED)]
    direction = 1.0 if evidence.change and evidence.change.change > 0 else -1.0
    found = named[named["excess"] * direction > 0]
    if evidence.dispersion.known:
        found = found[found["p"] < FAIRLY_SURE]
    if found.empty:
        return None
    best = found.iloc[int(found["excess"].abs().argmax())]
    if not evidence.dispersion.known:  # without noise nothing stands out: name what brought most
        parts = named[named["dimension"] == best["dimension"]]
        best = parts.iloc[int((parts["contribution"] * direction).argmax())]
    return Driver(str(best["dimension"]), best, evidence.dispersion.known)


def main_view(evidence: Evidence) -> View | None:
    """The dimension that a reader is shown first: the driver's, or the first one looked at."""
    named = driver(evidence)
    if named:
        return evidence.view(named.dimension)
    return evidence.views[0] if evidence.views else None


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
    """How sure that this is the segment. Without days, or with few of them, never above possible."""
    if named is None:
        return "unknown"
    if not named.stands_out or evidence.days < ENOUGH_DAYS or named.row["p"] >= SURE:
        return "possible"
    return "likely"


def driver_event(evidence: Evidence) -> "pd.Series | None":
    """The event that coincides with the driver, the one that names its dimension first."""
    named = driver(evidence)
    found = coinciding(
        evidence.events, evidence.where, named.dimension if named else None, named.segment if named else None
    )
    return found.iloc[0] if len(found) else None
