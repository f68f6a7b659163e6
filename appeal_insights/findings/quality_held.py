"""What a review of accuracy rests on: audits by day, what is watched, what alarmed, and the newest rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.audits import GoldCases, estimate_accuracy
from appeal_insights.analysis.drift import BASELINE, Drift
from appeal_insights.analysis.drift_split import Split, split_change
from appeal_insights.analysis.drift_tables import NO_STRATUM
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells
from appeal_insights.errors import EmptyPeriod
from appeal_insights.findings.gate import Test
from appeal_insights.metrics.metric import Metric
from appeal_insights.metrics.query import segment_labels
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Asked, Fingerprint

RIGHT, WRONG = "correct", "incorrect"  # what the truth of a gold decision may be
NEWEST = 28  # days whose accuracy is told, and held against the 28 before
NEW = 7  # days in which an alarm is news
MOST_NEW = 3  # items a week that are told as findings; the others stand in the list


@dataclass(frozen=True)
class Item:
    """One thing to look at: an alarm, or several that say the same."""

    number: int
    alarms: pd.DataFrame  # rows of Drift.alarms, the first one first
    new: bool  # noticed in the last seven days
    split: Split | None = None  # of the change of the series named first
    newcomers: pd.DataFrame | None = None  # group (new, experienced), period, audited, correct

    @property
    def first(self) -> "pd.Series":
        return self.alarms.iloc[0]

    @property
    def event(self) -> str | None:
        """The known event that it coincides with: that of its first alarm that has one."""
        known = self.alarms["event"].dropna()
        return str(known.iloc[0]) if len(known) else None


@dataclass(frozen=True)
class Quality:
    """What was asked, what came back, and what follows."""

    metric: Metric
    store: str
    as_of: datetime
    start: date
    end: date  # the day after the last
    by: tuple[str, ...]
    where: Scope
    audience: Audience
    budget: float
    counts: pd.DataFrame  # day, <by>, stratum, audited, correct
    volume: pd.DataFrame  # day, <by>, stratum, volume; empty where nobody said how many there were
    gold: pd.DataFrame  # day, market, truth, audited, correct: answers of auditors; empty where there are none
    drift: Drift
    items: Sequence[Item]
    events: pd.DataFrame  # event_id, title_en, title_zh, starts_on, reach
    now: Mapping[str, Any]  # a row of estimate_accuracy: over everything, in the newest 28 days
    before: Mapping[str, Any] | None  # the same of the 28 days before; None where nothing was audited then
    estimates: pd.DataFrame  # one row per series: those of estimate_accuracy, and the same of the 28 days before
    strata: pd.DataFrame  # stratum, population, accuracy: over all series in the newest 28 days
    errors: pd.DataFrame  # error_type, numerator, denominator; of audits in the newest 28 days
    severities: pd.DataFrame  # severity, numerator, denominator
    disputes: Mapping[str, int]  # numerator, denominator: audits that were disputed
    units: Mapping[str, pd.DataFrame]  # reviewers, auditors, sites: rows of analysis.funnel with `unit` and `right`
    scorecard: pd.DataFrame  # measure, site, and the columns of adjusted_rates; threshold, met
    target: float | None  # what was promised of the whole
    fingerprint: Fingerprint
    gate: Sequence[Test] = ()
    asked: Sequence[Asked] = field(default_factory=tuple)
    definition: int = 1
    by_figures: bool = False
    basis: str = "decision"

    @property
    def watched(self) -> int:
        """How many series are watched."""
        return len(set(segment_labels(self.estimates, self.by)) - set(self.drift.refused["series"]))

    @property
    def first_watched(self) -> date:
        """The first day on which a series could alarm: those before it are the baseline."""
        return self.start + timedelta(days=BASELINE)

    @property
    def new(self) -> list[Item]:
        return [item for item in self.items if item.new]

    @property
    def labels(self) -> set[str]:
        """The series themselves, watched or not; an alarm may also be of the auditors of several."""
        return set(self.drift.evidence["series"])

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def open_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table that may be shown: none of few audits, nor one that the others and the sum give away."""
        counted = table.assign(denominator=table["audited"], whole="")
        return table[~hide_cells(counted, self.audience, blank=[], totals=["whole"])["hidden"].to_numpy()]

    def shown(self, audited: int) -> bool:
        """Whether a rate of so many audits may be shown."""
        return self.audience == "analyst" or audited >= SMALLEST_SHOWN


def items_of(drift: Drift, end: date) -> list[Item]:
    """What alarms come down to, the newest first: several that are put down to the same auditors or event are one."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(drift.alarms.to_dict("records")):
        groups.setdefault(_same(row, place), []).append(place)
    since = pd.Timestamp(end) - pd.Timedelta(days=NEW)
    parts = [drift.alarms.iloc[places].reset_index(drop=True) for places in groups.values()]
    parts.sort(key=lambda rows: (rows["alarm_day"].iloc[0], abs(rows["size"].iloc[0])), reverse=True)
    return [Item(number, rows, bool(rows["alarm_day"].iloc[0] >= since)) for number, rows in enumerate(parts, 1)]


def _same(row: Mapping[object, object], place: int) -> tuple[str, ...]:
    """What alarms of one item have in common; an alarm without an event or auditors is one of its own."""
    if row["cause"] == "auditors":
        return ("auditors", str(row["part_of"] if isinstance(row["part_of"], str) else row["series"]))
    if isinstance(row["event"], str):
        return (str(row["cause"]), row["event"], str(row["direction"]))
    return ("alone", str(place))


def estimated(
    counts: pd.DataFrame, volume: pd.DataFrame, by: Sequence[str], start: date, end: date,
    gold: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Accuracy of each series over some days, every stratum with its share of the cases.

    Gives   rows of estimate_accuracy; where nobody said how many cases there were, every audit counts alike. With gold
            answers, those of its own market, also corrected for what auditors get wrong.
    """
    keys = [*by, "stratum"]
    audits = _between(counts, start, end).groupby(keys, as_index=False)[["audited", "correct"]].sum()
    if audits.empty:
        return pd.DataFrame()
    if volume.empty:
        cases = audits.assign(population=audits["audited"])
    else:
        known = _between(volume, start, end).groupby(keys)["volume"].sum().rename("population").reset_index()
        cases = audits.merge(known, how="outer", on=keys)
        cases = cases.fillna({"audited": 0, "correct": 0, "population": 0})
        cases["population"] = cases[["population", "audited"]].max(axis=1)
    whole = cases.astype(dict.fromkeys(("audited", "correct", "population"), "int64"))
    if gold is None or gold.empty or "market" not in gold or "market" not in by:
        judged = None if gold is None else gold_cases(gold, start, end)
        return estimate_accuracy(whole, stratum="stratum", by=list(by), poststratify=None, gold=judged)
    parts = []
    for market, rows in whole.groupby("market"):
        judged = gold_cases(_of(gold, {"market": market}), start, end)
        parts.append(estimate_accuracy(rows, stratum="stratum", by=list(by), poststratify=None, gold=judged))
    return pd.concat(parts, ignore_index=True).sort_values("segment", ignore_index=True)


def everything(counts: pd.DataFrame, volume: pd.DataFrame, by: Sequence[str], start: date, end: date) -> dict[str, Any]:
    """The same of all series together: every stratum of every series counts with its share of the cases.

    Raises  EmptyPeriod   nothing was audited in these days.
    """
    found = estimated(_joined(counts, by), _joined(volume, by), [], start, end)
    if found.empty:
        raise EmptyPeriod.of("empty.audits", start=start.isoformat(), end=end.isoformat())
    return {str(name): value for name, value in found.iloc[0].items()}


def strata_of(counts: pd.DataFrame, volume: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    """One row per stratum over all series: stratum, population, accuracy as measured; one with errors in mind."""
    audits = _between(counts, start, end).groupby("stratum")[["audited", "correct"]].sum()
    if volume.empty or audits.empty:
        return pd.DataFrame(columns=["stratum", "population", "accuracy"])
    cases = _between(volume, start, end).groupby("stratum")["volume"].sum()
    rows = audits.join(cases.rename("population"), how="inner")
    rows = rows[rows["population"] > 0].assign(accuracy=(rows["correct"] + 0.5) / (rows["audited"] + 1))
    return rows.reset_index()[["stratum", "population", "accuracy"]]


def _joined(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    if table.empty:
        return table
    joined = table["stratum"].astype("str")
    for name in by:
        joined = joined + " · " + table[name].astype("str")
    return table.assign(stratum=joined)


def _between(table: pd.DataFrame, start: date, end: date) -> pd.DataFrame:
    day = pd.to_datetime(table["day"])
    return table[(day >= pd.Timestamp(start)) & (day < pd.Timestamp(end))]


def split_of(item: Item, counts: pd.DataFrame, volume: pd.DataFrame, gold: pd.DataFrame, by: Sequence[str],
             start: date, end: date) -> Split | None:  # fmt: skip
    """Mix, work and auditors of the change of an item's series: all days before its date against those since."""
    changed = item.first["change_date"].date()
    own = {name: item.first[name] for name in by if isinstance(item.first.get(name), str)}
    audits, cases = _of(counts, own), _of(volume, own)
    if audits.empty or not start < changed < end:
        return None
    strata = _sides(audits, cases, [name for name in by if name not in own], start, changed, end)
    judged = [gold_cases(_of(gold, own), *span) for span in ((start, changed), (changed, end))]
    try:
        return split_change(strata, gold_before=judged[0], gold_after=judged[1])
    except EmptyPeriod:
        return None


def _of(table: pd.DataFrame, own: Mapping[str, object]) -> pd.DataFrame:
    for name, value in own.items():
        if name in table:
            table = table[table[name] == value]
    return table


def _sides(
    counts: pd.DataFrame, volume: pd.DataFrame, rest: Sequence[str], start: date, changed: date, end: date
) -> pd.DataFrame:
    """One row per stratum: population, audited and correct of both sides."""
    sides = []
    for side, first, last in (("before", start, changed), ("after", changed, end)):
        keys = [*rest, "stratum"]
        audits = _between(counts, first, last).groupby(keys)[["audited", "correct"]].sum()
        cases = audits["audited"] if volume.empty else _between(volume, first, last).groupby(keys)["volume"].sum()
        sides.append(audits.join(cases.rename("population"), how="outer").add_suffix(f"_{side}"))
    return sides[0].join(sides[1], how="outer").fillna(0).reset_index()


def gold_cases(gold: pd.DataFrame, start: date, end: date) -> GoldCases | None:
    """What auditors said of gold cases in some days: of decisions that were right, and of those that were wrong."""
    rows = _between(gold, start, end) if len(gold) else gold
    right = rows[rows["truth"].astype("str") == RIGHT] if len(rows) else rows
    wrong = rows[rows["truth"].astype("str") == WRONG] if len(rows) else rows
    if right.empty or wrong.empty:
        return None
    asked, passed = (int(right[name].sum()) for name in ("audited", "correct"))
    other, noticed = (int(wrong[name].sum()) for name in ("audited", "correct"))
    return GoldCases(asked, passed, other, other - noticed)


def no_strata(counts: pd.DataFrame) -> bool:
    """Whether audits were drawn at random, as far as the records say."""
    return bool((counts["stratum"] == NO_STRATUM).all())
