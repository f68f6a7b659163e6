"""What an alert is, and what a look at a store brought: the alerts, and how much was looked at for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

import pandas as pd

from appeal_insights.records.scope import Scope

Kind = Literal["target", "drift", "overdue"]
Severity = Literal["serious", "notice"]  # news; a fact that may have stood for weeks
Unit = Literal["share", "number", "points"]
SEVERITIES: tuple[Severity, ...] = ("serious", "notice")  # the most serious first
FALSE_SHARE = 0.05  # of the signals of a list that may be false, on average over lists
TREND = ["period", "ends_on", "period_label", "segment", "rate", "low", "high", "numerator", "denominator", "mature"]


@dataclass(frozen=True)
class Alert:
    """One thing that somebody should know of, with the numbers behind it.

    key        the same each day while it is the same thing: kind, metric, scope
    value      in `unit`: a share 0..1, a number, or points (a difference of shares)
    event_day  of a drift the day of its alarm: a later one is another move
    before     what was usual before it; of overdue cases how many follow in the next 8 hours; None if nobody can say
    trend      the periods up to it, with `target`, for its picture; small ones are empty for a stakeholder
    """

    key: str
    kind: Kind
    severity: Severity
    metric: str
    scope: Scope
    since: date
    period: str
    value: float | None
    low: float | None = None
    high: float | None = None
    numerator: int | None = None
    denominator: int | None = None
    before: float | None = None
    target: float | None = None
    direction: str = ""  # at_most or at_least: which way is good
    unit: Unit = "share"
    sureness: str = "alerts.sure.fact"
    owner: str = ""
    next_step: str = "alerts.next.target"
    link: str = ""
    p: float | None = None
    event_day: date | None = None
    names: Mapping[str, str] = field(default_factory=dict)  # en, zh: what it is of, where that is no declared metric
    trend: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    @property
    def gap(self) -> float:
        """How far the value is beyond its target, in parts of the target; of a drift, how far it moved."""
        if self.value is None:
            return 0.0
        if self.target is None:
            return abs(self.value)
        beyond = self.value - self.target if self.direction == "at_most" else self.target - self.value
        return beyond / self.target if self.target else beyond


@dataclass(frozen=True)
class Missing:
    """Something that could not be judged, and why: a word under alerts.unjudged, or an error's own sentence."""

    key: str
    why: str
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """A look at a store: its alerts, the most serious first, and what may be said of how many are false.

    targets        targets judged
    tested         of them those with enough periods before to tell a move from routine variation
    false_signals  how many of the signals named may be false, at most, on average
    series         series whose drift is watched
    false_alarms   how many drift alarms of those days come by chance, at most, on average, while nothing moves
    """

    as_of: datetime
    alerts: Sequence[Alert]
    targets: int = 0
    tested: int = 0
    false_signals: float = 0.0
    series: int = 0
    false_alarms: float = 0.0
    unjudged: Sequence[Missing] = ()


def ranked(alerts: Sequence[Alert]) -> list[Alert]:
    """The most serious first; of those the farthest from what was promised."""
    return sorted(alerts, key=lambda one: (SEVERITIES.index(one.severity), -one.gap, one.key))
