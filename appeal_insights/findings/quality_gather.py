"""Ask a store for everything that a review of accuracy needs, and conclude."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.drift import watch_drift
from appeal_insights.analysis.drift_split import funnel
from appeal_insights.analysis.scorecard import adjusted_rates
from appeal_insights.disclosure import Audience
from appeal_insights.errors import AppealInsightsError, BadPeriod, EmptyPeriod
from appeal_insights.findings.coincidence import listed
from appeal_insights.findings.gate import gate
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.quality_held import (
    NEWEST,
    Item,
    Quality,
    estimated,
    everything,
    items_of,
    split_of,
    strata_of,
)
from appeal_insights.findings.quality_sites import site_scores
from appeal_insights.metrics.audited import AUDITS, GOLD, AuditedDays, audited
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, dimensions, query, query_table
from appeal_insights.metrics.targets import targets
from appeal_insights.periods import Period, period
from appeal_insights.records.contract import BLANK
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

LONG_AGO = date(2000, 1, 1)  # earlier than any audit, where nobody says when to start
COMPARED = 91  # days over which persons and sites are held against each other
LEAST_COMPARED = 2  # of them
ALIKE = ("market", "policy", "stratum", "truth")  # what makes cases alike, as far as records know it
NEW_HANDS = ("under_30_days", "30_to_89_days")


def gather(
    store: Store,
    *,
    start: str,
    end: str,
    where: Scope,
    by: tuple[str, ...],
    as_of: datetime,
    budget: float,
    audience: Audience,
) -> Quality:
    """Everything about the accuracy of some months, as known at an instant. Raises what `ask` does, and EmptyPeriod."""
    first = period(start).start if start else LONG_AGO
    last = period(end).end if end else as_of.date()
    if not first < last:
        raise BadPeriod.of("period.backwards", given=f"{first}..{last}")
    days = audited(store, start=first, end=last, by=by, as_of=as_of, where=where)
    if days.counts.empty:
        raise EmptyPeriod.of("empty.audits", start=first.isoformat(), end=last.isoformat())
    counts, volume = _tables(days, by)
    first = pd.to_datetime(counts["day"]).min().date()
    last = min(last, pd.to_datetime(counts["day"]).max().date() + timedelta(days=1))
    asked = _Asked(store, where, as_of, last)
    gold = asked.gold(first)
    events = _events(store, as_of, first, last)
    drift = watch_drift(
        counts, series=list(by), day="day", stratum="stratum", audited="audited", correct="correct", volume=days.volume,
        gold=_of_series(days.gold, counts), known_events=_scoped(events, by), budget=budget,
    )  # fmt: skip
    items = [_explained(item, counts, volume, gold, by, first, last, asked) for item in items_of(drift, last)]
    now, before = last - timedelta(days=NEWEST), last - timedelta(days=2 * NEWEST)
    of = metric(AUDITS)
    return Quality(
        metric=of,
        store=store.name,
        as_of=as_of,
        start=first,
        end=last,
        by=by,
        where=where,
        audience=audience,
        budget=budget,
        counts=counts,
        volume=volume,
        gold=gold,
        drift=drift,
        items=items,
        events=events,
        now=everything(counts, volume, by, now, last),
        before=_earlier(counts, volume, by, (before, now)),
        estimates=_estimates(counts, volume, gold, by, (now, last), (before, now)),
        strata=strata_of(counts, volume, now, last),
        errors=asked.shares("error_type"),
        severities=asked.shares("severity"),
        disputes=asked.disputes(),
        units=asked.units(),
        scorecard=site_scores(store, where=where, as_of=as_of, end=last),
        target=_target(store, as_of, where),
        fingerprint=store.fingerprint(of.fact, as_of),
        gate=gate(store, as_of),
        asked=tuple(store.asked),
    )


def _of_series(gold: pd.DataFrame | None, counts: pd.DataFrame) -> pd.DataFrame | None:
    """The gold answers of markets that a series is of: auditors of others say nothing here."""
    if gold is None or "market" not in gold or "market" not in counts:
        return gold
    own = gold[gold["market"].astype("str").isin(set(counts["market"].astype("str")))]
    return None if own.empty else own


def _tables(days: AuditedDays, by: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Counts and volume; the latter has no row where nobody said how many cases there were."""
    volume = pd.DataFrame(columns=["day", *by, "stratum", "volume"]) if days.volume is None else days.volume
    return days.counts, volume


def _events(store: Store, as_of: datetime, first: date, last: date) -> pd.DataFrame:
    """The known events of these days, with their scope read."""
    if "known_events" not in store.tables:
        return pd.DataFrame(columns=["event_id", "event_type", "title_en", "title_zh", "starts_on", "reach"])
    table = query_table(store, "known_events", as_of=as_of)
    table = table.assign(reach=listed(store, AUDITS, as_of)["reach"].to_numpy())
    inside = table["starts_on"].between(pd.Timestamp(first), pd.Timestamp(last) - pd.Timedelta(days=1))
    return table[inside].reset_index(drop=True)


def _scoped(events: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame | None:
    """One row per event and value of a series that it names: day, event, and the columns that name a series."""
    rows = []
    for event in rows_of(events):
        cells: list[dict[str, Any]] = [{"day": event["starts_on"], "event": event["event_id"]}]
        for name in by:
            values = event["reach"].get(name, [None])
            cells = [{**cell, name: value} for cell in cells for value in values]
        rows += cells
    return pd.DataFrame(rows) if rows else None


def _explained(
    item: Item, counts: pd.DataFrame, volume: pd.DataFrame, gold: pd.DataFrame, by: Sequence[str], first: date,
    last: date, asked: "_Asked",
) -> Item:  # fmt: skip
    """The item with what its change is made of, and how new reviewers do since."""
    split = split_of(item, counts, volume, gold, by, first, last)
    return replace(item, split=split, newcomers=asked.newcomers(item, by))


Span = tuple[date, date]


def _earlier(counts: pd.DataFrame, volume: pd.DataFrame, by: Sequence[str], span: Span) -> dict[str, Any] | None:
    with suppress(EmptyPeriod):  # in the first weeks of audits there is nothing to hold them against
        return everything(counts, volume, by, *span)
    return None


def _estimates(
    counts: pd.DataFrame, volume: pd.DataFrame, gold: pd.DataFrame, by: Sequence[str], now: Span, before: Span
) -> pd.DataFrame:
    """The accuracy of each series now, with `accuracy_before`."""
    rows, earlier = estimated(counts, volume, by, *now, gold), estimated(counts, volume, by, *before)
    if rows.empty:
        return rows
    known = {} if earlier.empty else dict(zip(earlier["segment"], earlier["accuracy"], strict=True))
    return rows.assign(accuracy_before=rows["segment"].map(known).astype("float64"))


def _target(store: Store, as_of: datetime, where: Scope) -> float | None:
    """What was promised of accuracy over the scope; nothing where two promises differ."""
    found = [
        one.value
        for one in targets(store, as_of)
        if one.metric == AUDITS and one.scope == where and one.first_day <= as_of.date()
        and (one.end is None or one.end > as_of.date()) and one.direction == "at_least"
    ]  # fmt: skip
    return found[0] if len(set(found)) == 1 else None


class _Asked:
    """Further questions about the same audits."""

    def __init__(self, store: Store, where: Scope, as_of: datetime, end: date) -> None:
        self.store, self.where, self.as_of, self.end = store, {"subject_type": ["appeal"], **where}, as_of, end

    def _breakdown(
        self, of: str, by: Sequence[str], start: date, *, where: Scope | None = None, persons: bool = False
    ) -> pd.DataFrame:
        span = Period(start, self.end, f"{start}..{self.end - timedelta(days=1)}")
        scope = {**(self.where if of != GOLD else {}), **(where or {})}
        question = ask(self.store, metric(of), [span], by=tuple(by), where=scope, as_of=self.as_of, persons=persons)
        return query(self.store, "breakdown", question)

    def gold(self, start: date) -> pd.DataFrame:
        """What auditors answered of gold cases, by day, market and truth; no row where there are none."""
        empty = pd.DataFrame(columns=["day", "truth", "audited", "correct"])
        try:
            by = [name for name in ("market", "truth") if name in dimensions(self.store, metric(GOLD))]
            question = ask(self.store, metric(GOLD), [Period(start, self.end, "")], by=tuple(by), as_of=self.as_of,
                           where={"role": ["auditor"]})  # fmt: skip
            table = query(self.store, "by_day", question)
        except AppealInsightsError:
            return empty
        told = table.rename(columns={"denominator": "audited", "numerator": "correct"})
        return told[[*empty, *(["market"] if "market" in by else [])]] if "truth" in by else empty

    def shares(self, name: str) -> pd.DataFrame:
        """Of the audits of the newest weeks the wrong ones by kind, in share of all audits."""
        empty = pd.DataFrame(columns=[name, "numerator", "denominator"])
        if name not in dimensions(self.store, metric(AUDITS)):
            return empty
        table = self._breakdown(AUDITS, [name], self.end - timedelta(days=NEWEST))
        audits, wrong = int(table["denominator"].sum()), table["denominator"] - table["numerator"]
        rows = pd.DataFrame({name: table[name].astype("str").replace(BLANK, "unnamed"), "numerator": wrong})
        rows = rows[rows["numerator"] > 0].assign(denominator=audits)
        return rows.sort_values("numerator", ascending=False, kind="stable").reset_index(drop=True)

    def disputes(self) -> dict[str, int]:
        table = self._breakdown("dispute_rate", [], self.end - timedelta(days=NEWEST))
        return {name: int(table[name].sum()) for name in ("numerator", "denominator")}

    def newcomers(self, item: Item, by: Sequence[str]) -> pd.DataFrame | None:
        """New and experienced reviewers of an item's series since its change: audited, correct."""
        if "tenure" not in dimensions(self.store, metric(AUDITS)):
            return None
        row = item.first
        own = {name: [str(row[name])] for name in by if isinstance(row.get(name), str)}
        start = row["change_date"].date()
        if not start < self.end:
            return None
        table = self._breakdown(AUDITS, ["tenure"], start, where=own)
        known = table[table["tenure"].astype("str") != BLANK]
        group = known["tenure"].astype("str").isin(NEW_HANDS).map({True: "new", False: "old"})
        sums = known.groupby(group)[["denominator", "numerator"]].sum()
        return sums.rename(columns={"denominator": "audited", "numerator": "correct"})

    def units(self) -> dict[str, pd.DataFrame]:
        """Reviewers, auditors and sites against each other, over the last quarter, where the records name them.

        Gives   rows of analysis.funnel with `unit`; `correct` as it would be, were its cases like those of all, and
                `right` as it was counted.
        """
        start, found = self.end - timedelta(days=COMPARED), {}
        wanted: list[tuple[str, str, str, Scope]] = [
            ("reviewers", AUDITS, "reviewer", {}),
            ("sites", AUDITS, "site", {}),
            ("auditors", GOLD, "rater", {"role": ["auditor"]}),
        ]
        for who, of, name, where in wanted:
            try:
                cells = [cell for cell in ALIKE if cell in dimensions(self.store, metric(of))]
                table = self._breakdown(of, [name, *cells], start, where=where, persons=name != "site")
            except AppealInsightsError:
                continue  # the records do not name them
            table = table[table[name].notna() & (table[name].astype("str") != BLANK) & (table["denominator"] > 0)]
            if table[name].nunique() >= LEAST_COMPARED:
                found[who] = _held_alike(table.astype({name: "str"}), name, cells)
        return found


def _held_alike(table: pd.DataFrame, name: str, cells: Sequence[str]) -> pd.DataFrame:
    """A funnel over rates adjusted for the cases; one whose cases nobody shares stands as it was counted."""
    rows = adjusted_rates(table, unit=name, cells=list(cells), numerator="numerator", denominator="denominator")
    alike = rows["adjusted"].fillna(rows["rate"]) * rows["denominator"]
    counted = {"unit": rows["unit"], "audited": rows["denominator"], "correct": alike, "right": rows["numerator"]}
    return funnel(pd.DataFrame(counted))
