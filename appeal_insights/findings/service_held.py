"""What a review of service levels rests on: promises kept, what is open, how long it takes, who was there to do it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.findings.gate import Test
from appeal_insights.metrics.metric import Metric
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Asked, Fingerprint

NEWEST = 28  # days that are told, and held against the 28 before
WEEKS = 13  # whole weeks of a trend
HORIZONS = (8, 24, 48)  # hours ahead in which what is open falls due
MAIN = {"subject_type": ["appeal"], "clock": ["decide"]}  # the promise that most is asked about
KIND = ["subject_type", "clock"]  # what makes promises of one kind


@dataclass(frozen=True)
class Forecasts:
    """What will come in, and whether the planned hours are enough. Tables are empty where nothing can be said."""

    days: pd.DataFrame  # market, day, expected, low, high
    history: pd.DataFrame  # market, day, count
    weeks: pd.DataFrame  # market, week (first day), expected, low, high
    hours: pd.DataFrame  # queue, week, planned, needed, low, high (hours), attainment, handling (seconds a case)
    refused: int  # markets for which nothing can be forecast


@dataclass(frozen=True)
class Falls:
    """Segments that moved by more than routine, and what was looked at for them."""

    rows: (
        pd.DataFrame
    )  # kinds and by (empty: not narrowed), rate, numerator, denominator, days, *_before, change*, since*
    watched: int  # series watched day by day
    refused: int  # series too thin for it
    expected: float  # false alarms in a quarter, at most
    whole: pd.DataFrame = field(default_factory=pd.DataFrame)  # kinds that fell as a whole, wherever it came from


NO_FALLS = Falls(pd.DataFrame(), 0, 0, 0.0)


@dataclass(frozen=True)
class Landed:
    """Where the running month will end."""

    days: pd.DataFrame  # day, numerator, denominator, to_date: of all days of the month up to it
    ends: pd.DataFrame  # one row, as analysis.landing gives it
    recovery: pd.DataFrame  # segments whose recovery closes the gap: segment, kept, due (to date), level


@dataclass(frozen=True)
class Service:
    """What was asked, what came back, and what follows."""

    metric: Metric  # SLA attainment
    store: str
    as_of: datetime
    end: date  # the day after the last
    by: tuple[str, ...]
    where: Scope
    audience: Audience
    promises: (
        pd.DataFrame
    )  # subject_type, clock, rate, low, high, numerator, denominator, *_before, target*, met, signal
    weekly: (
        pd.DataFrame
    )  # the same by week: period, period_label, ends_on, rate, low, high, numerator, denominator, target*
    by_market: pd.DataFrame  # of MAIN by week and the first of `by`
    segments: pd.DataFrame  # of MAIN by `by`: rate, low, high, numerator, denominator, rate_before, ...
    flows: pd.DataFrame  # appeals: period, open_at_start, opened, closed, open_at_end, unexplained
    ageing: pd.DataFrame  # appeals open at the end: days, open, share
    open: pd.DataFrame  # a row per open clock, as open_clocks gives them
    waits: pd.DataFrame  # subject_type, clock, severity, quantile, seconds, low, high, closed, open, dropped
    times: pd.DataFrame  # measure, side ('now', 'before'), records, p50, p90, p95 (seconds)
    shares: pd.DataFrame  # measure, rate, low, high, numerator, denominator, *_before
    tickets: pd.DataFrame  # severity, created, created_before, repeats, open, ack_*, resolve_*
    hours: pd.DataFrame  # tickets by weekday and hour: created_weekday, created_hour, numerator
    incidents: pd.DataFrame  # linked_event_id, title_en, title_zh, tickets, open_tickets, appeals, appeals_before
    staffing: pd.DataFrame  # week, site, planned, productive (seconds), closed, handling (seconds)
    statutory: pd.DataFrame  # rule, numerator, denominator, rate, low, high
    events: pd.DataFrame  # known events of the weeks shown: title_en, title_zh, starts_on
    forecasts: Forecasts
    fingerprint: Fingerprint
    falls: Falls = NO_FALLS  # of promises of appeals
    ticket_falls: Falls = NO_FALLS  # of promises of tickets, by severity and shift
    pauses: Falls = NO_FALLS  # shares with a pause that rose, with p90 gross and net: gross, gross_before, net, ...
    landing: Landed | None = None
    shifts: pd.DataFrame = field(default_factory=pd.DataFrame)  # severity, shift, records, p50, p90 (seconds)
    year_before: pd.DataFrame = field(default_factory=pd.DataFrame)  # market, days, compared, reasons, *_before, ...
    changed: pd.DataFrame = field(default_factory=pd.DataFrame)  # since twelve hours before: what came, went, broke
    gate: Sequence[Test] = ()
    asked: Sequence[Asked] = field(default_factory=tuple)
    definition: int = 1
    by_figures: bool = False
    basis: str = "due"

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def start(self) -> date:
        return self.end - timedelta(days=NEWEST)

    @property
    def now(self) -> Period:
        return Period(self.start, self.end, f"{self.start}..{self.last}")

    def shown(self, records: float) -> bool:
        """Whether a number over so many records may be shown to whom this is for."""
        return self.audience == "analyst" or records == 0 or records >= SMALLEST_SHOWN

    def main(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of the promise that most is asked about."""
        return table[(table["subject_type"] == "appeal") & (table["clock"] == "decide")]

    def overdue(self) -> pd.DataFrame:
        return self.open[self.open["left_seconds"] <= 0]

    def due_within(self, hours: int) -> pd.DataFrame:
        left = self.open["left_seconds"]
        return self.open[(left > 0) & (left <= 3600 * hours)]

    def paused(self) -> pd.DataFrame:
        """Those whose clock stands still."""
        return self.open[self.open["due_at"].isna()]
