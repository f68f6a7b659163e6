"""Ask a store for everything that a review of service levels needs."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from appeal_insights.analysis.against_target import status
from appeal_insights.analysis.waiting import of_closed, waiting
from appeal_insights.disclosure import Audience
from appeal_insights.errors import EmptyPeriod
from appeal_insights.findings.coincidence import listed
from appeal_insights.findings.gate import gate
from appeal_insights.findings.service_ahead import look_ahead_of
from appeal_insights.findings.service_asked import RATE, Asking, span
from appeal_insights.findings.service_fell import falls_of, pauses_of
from appeal_insights.findings.service_held import KIND, MAIN, Service
from appeal_insights.findings.service_landing import landing_of
from appeal_insights.findings.service_people import hours_of, incidents_of, shifts_of, staffing_of, tickets_of
from appeal_insights.findings.service_year import year_before_of
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, query_table
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

ATTAINMENT = "sla_attainment"
SHARES = ("paused_share", "reopen_rate", "omitted_share")
STATUTORY = ("not_solely_automated_share", "dispute_loss_rate", "dispute_default_share", "dispute_implemented_share")
SITES = ("site",)  # makes segments too: work is done somewhere
WATCH = timedelta(hours=12)  # what a hand-over tells of


def gather(
    store: Store, *, end: str, where: Scope, by: tuple[str, ...], as_of: datetime, audience: Audience
) -> Service:
    """Everything about service levels up to a day, as known at an instant. Raises what `ask` does, and EmptyPeriod."""
    last = date.fromisoformat(end) + timedelta(days=1) if end else as_of.date()
    asking = Asking(store, where, as_of, min(last, as_of.date()))
    of = metric(ATTAINMENT)
    ask(store, of, [asking.now], by=by, where=where, as_of=as_of)  # says what is wrong with the scope
    promises = asking.both(ATTAINMENT, KIND)
    if promises.empty:
        raise EmptyPeriod.of("empty.due", start=str(asking.now.start), end=str(asking.end - timedelta(days=1)))
    segments = asking.both(ATTAINMENT, by, where=MAIN)
    weekly = asking.table("trend", ATTAINMENT, asking.weeks, KIND, grain="week")
    falls = falls_of(asking, ATTAINMENT, KIND, by, also=SITES, where={"subject_type": ["appeal"]})
    ticket_falls = falls_of(asking, ATTAINMENT, KIND, ("severity",), also=SITES, where={"subject_type": ["ticket"]})
    return Service(
        metric=of,
        store=store.name,
        as_of=as_of,
        end=asking.end,
        by=by,
        where=where,
        audience=audience,
        promises=_with_status(promises, weekly, [falls.whole, ticket_falls.whole]),
        weekly=weekly,
        by_market=asking.table("trend", ATTAINMENT, asking.weeks, by[:1], where=MAIN, grain="week"),
        segments=segments,
        flows=asking.table("flows", "backlog", asking.weeks, grain="week"),
        ageing=asking.table("ageing", "backlog", [asking.now]),
        open=asking.rows("open_clocks", "clocks"),
        waits=_waits(asking.rows("waits", "clocks")),
        times=_times(asking),
        shares=_shares(asking, SHARES),
        tickets=tickets_of(asking),
        hours=hours_of(asking),
        incidents=incidents_of(asking),
        staffing=staffing_of(asking),
        statutory=_statutory(asking),
        events=_events(store, asking),
        forecasts=look_ahead_of(asking),
        falls=falls,
        ticket_falls=ticket_falls,
        pauses=pauses_of(asking, by),
        landing=landing_of(asking, by, segments),
        year_before=year_before_of(asking),
        shifts=shifts_of(asking),
        changed=_changed(asking),
        fingerprint=store.fingerprint(of.fact, as_of),
        gate=gate(store, as_of),
        asked=tuple(store.asked),
    )


def _with_status(promises: pd.DataFrame, weekly: pd.DataFrame, fell: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Whether each promise was met over the newest weeks, a fact; and whether it moved by more than routine.

    A week is held against the weeks before. Among these an earlier bad one hides a new one, so what fell day by day
    against the weeks right before counts too.
    """
    held = status(promises.assign(period=0), sampled=False)
    signal = status(weekly, sampled=False).sort_values("period").groupby(KIND, sort=False).tail(1)
    found = promises.assign(met=held["met"].to_numpy())
    found = found.merge(signal[[*KIND, "signal"]], on=KIND, how="left").fillna({"signal": "too_few"})
    kinds = {tuple(row) for table in fell if len(table) for row in table[KIND].to_numpy().tolist()}
    down = pd.Series([tuple(row) in kinds for row in found[KIND].astype("str").to_numpy().tolist()], index=found.index)
    return found.assign(signal=found["signal"].mask(down, "fell"))


def _waits(rows: pd.DataFrame) -> pd.DataFrame:
    """How long half, nine in ten and nineteen in twenty took, those still open counted as open."""
    columns = ["subject_type", "clock", "severity", "quantile", "seconds", "low", "high", "closed", "open", "dropped"]
    found = []
    if len(rows):
        tickets = rows["subject_type"].astype("str") == "ticket"
        whole = rows.assign(severity="")
        for part in (whole, rows[tickets]):
            for kind, table in part.groupby([*KIND, "severity"], sort=True, observed=True):
                if table["closed"].sum() == 0:
                    continue
                subject, clock, severity = map(str, kind)
                found.append(
                    waiting(table).assign(
                        subject_type=subject,
                        clock=clock,
                        severity=severity,
                        closed=int(table["closed"].sum()),
                        open=int(table["open"].sum()),
                        dropped=of_closed(table)["seconds"],
                    )
                )
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _times(asking: Asking) -> pd.DataFrame:
    """Gross and net time to the decision, and the time to reinstate, now and before."""
    wanted: list[tuple[str, str, Scope]] = [
        ("turnaround", "turnaround", {}),
        ("net_turnaround", "net_turnaround", {"subject_type": ["appeal"]}),
        ("time_to_reinstate", "time_to_reinstate", {}),
    ]
    found = []
    for name, of, where in wanted:
        for side, part in (("now", asking.now), ("before", asking.before)):
            table = asking.table("percentiles", of, [part], where=where, basis="decision")
            if len(table):
                found.append(table.assign(measure=name, side=side))
    columns = ["measure", "side", "records", "p50", "p90", "p95"]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _shares(asking: Asking, names: Sequence[str]) -> pd.DataFrame:
    """Some shares now and before. Those that settle late are of four weeks that have."""
    found = []
    for name in names:
        settles = metric(name).settles_in_days if metric(name).completes else 0
        days = timedelta(days=settles)
        aged = Asking(asking.store, asking.where, asking.as_of, asking.end - days) if settles else asking
        table = aged.both(name)
        if len(table) and {"rate", "rate_before"} <= set(table):
            found.append(table.assign(measure=name, settled=settles))
    columns = ["measure", "settled", *RATE, *(f"{name}_before" for name in RATE)]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _statutory(asking: Asking) -> pd.DataFrame:
    """What the law wants to know, over the newest half-year that is in the data."""
    half = span(asking.end - timedelta(days=182), asking.end)
    found = []
    for name in STATUTORY:
        table = asking.table("breakdown", name, [half])
        if len(table):
            found.append(table.assign(rule=name))
    clocks = asking.table("breakdown", ATTAINMENT, [half], ["clock"], where={"subject_type": ["dispute"]})
    if len(clocks):
        found.append(clocks.assign(rule="dispute_" + clocks["clock"].astype("str")))
    flagged = asking.table("breakdown", "turnaround", [half], ["complaint_type"], basis="decision")
    if len(flagged):
        notices = flagged[flagged["complaint_type"].astype("str").isin(["art16_no_action", "art16_no_action_tf"])]
        found.append(notices.assign(rule="late_" + notices["complaint_type"].astype("str")))
    columns = ["rule", *RATE]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _events(store: Store, asking: Asking) -> pd.DataFrame:
    """The known events of the newest weeks, with whom they could reach."""
    if "known_events" not in store.tables:
        return pd.DataFrame(columns=["event_id", "event_type", "title_en", "title_zh", "starts_on", "reach"])
    table = query_table(store, "known_events", as_of=asking.as_of)
    table = table.assign(reach=listed(store, ATTAINMENT, asking.as_of)["reach"].to_numpy())
    inside = table["starts_on"].between(pd.Timestamp(asking.weeks[0].start), pd.Timestamp(asking.end))
    return table[inside].reset_index(drop=True)


def _changed(asking: Asking) -> pd.DataFrame:
    """What became of the clocks in the last twelve hours: kind, subject_type, clock, records."""
    now = asking.rows("open_clocks", "clocks")
    earlier = Asking(asking.store, asking.where, asking.as_of - WATCH, asking.end).rows("open_clocks", "clocks")
    if not len(now) and not len(earlier):
        return pd.DataFrame(columns=["kind", *KIND, "records"])
    keys = [*KIND, "record_id"]
    both = now[[*keys, "left_seconds"]].merge(
        earlier[[*keys, "left_seconds"]], on=keys, how="outer", suffixes=("", "_then"), indicator=True
    )
    kinds = {"left_only": "came", "right_only": "went"}
    kind = both["_merge"].astype("str").map(kinds)
    broke = (both["left_seconds"] <= 0) & ~(both["left_seconds_then"] <= 0)
    told = [both.assign(kind=kind)[kind.notna()], both[broke.fillna(False)].assign(kind="broke")]
    counted = pd.concat(told).groupby(["kind", *KIND], observed=True).size().rename("records").reset_index()
    return counted
