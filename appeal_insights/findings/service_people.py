"""Who was there and what they were called for: tickets of the on-call desk, incidents, staffing."""

from datetime import timedelta

import pandas as pd

from appeal_insights.findings.coincidence import listed
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.service_asked import RATE, Asking, span
from appeal_insights.metrics.query import query_table

TICKETS = {"subject_type": ["ticket"]}
SHIFTS = ("early", "late", "night")
AFTER = timedelta(days=7)  # days after an incident began in which appeals are held against those of the days before
MOST_INCIDENTS = 5
PERCENTILES = ("p50", "p90")


def tickets_of(asking: Asking) -> pd.DataFrame:
    """Tickets by severity in the newest weeks: created, created_before, repeats, open, in time, how long it took."""
    created = asking.both("tickets_created", ["severity"])
    if created.empty:
        return pd.DataFrame()
    found = created.rename(columns={"numerator": "created", "numerator_before": "created_before"})
    found = found.reindex(columns=["severity", "created", "created_before"])
    more = {
        "repeats": asking.table("breakdown", "repeat_ticket_rate", [asking.now], ["severity"]),
        "open": asking.table("breakdown", "open_tickets", [asking.now], ["severity"]),
        "right": asking.table("breakdown", "handling_accuracy", [asking.now], where={"subject_type": ["ticket"]}),
    }
    for name in ("repeats", "open"):
        if len(more[name]):
            told = more[name][["severity", "numerator"]].rename(columns={"numerator": name})
            found = found.merge(told, on="severity", how="left")
    for name, of in (("ack", "time_to_acknowledge"), ("resolve", "time_to_resolve")):
        table = asking.table("percentiles", of, [asking.now], ["severity"], basis="decision")
        if len(table):
            told = table[["severity", "records", *PERCENTILES]]
            names = {part: f"{name}_{part}" for part in ("records", *PERCENTILES)}
            found = found.merge(told.rename(columns=names), on="severity", how="left")
    found = found.merge(_kept(asking), on="severity", how="left")
    audited = more["right"]
    sums = (int(audited["numerator"].sum()), int(audited["denominator"].sum())) if len(audited) else (0, 0)
    return found.assign(right=sums[0], audited=sums[1]).sort_values("severity", ignore_index=True)


def _kept(asking: Asking) -> pd.DataFrame:
    """Promises to tickets by severity: ack_* and resolve_* of RATE and the target, of those that fell due."""
    table = asking.table("breakdown", "sla_attainment", [asking.now], ["clock", "severity"], where=TICKETS)
    found = pd.DataFrame({"severity": pd.Series(dtype="str")})
    for name, clock in (("ack", "acknowledge"), ("resolve", "resolve")):
        own = table[table["clock"].astype("str") == clock] if len(table) else table
        columns = [*RATE, "target", "target_direction", "target_owner"]
        told = own.reindex(columns=["severity", *columns]).astype({"severity": "str"})
        found = found.merge(told.rename(columns={one: f"{name}_{one}" for one in columns}), on="severity", how="outer")
    return found


def shifts_of(asking: Asking) -> pd.DataFrame:
    """How soon tickets were acknowledged by severity and shift, over all weeks: severity, shift, records, p50, p90."""
    weeks = span(asking.weeks[0].start, asking.end)
    table = asking.table("percentiles", "time_to_acknowledge", [weeks], ["severity", "shift"], basis="decision")
    columns = ["severity", "shift", "records", *PERCENTILES]
    if table.empty:
        return pd.DataFrame(columns=columns)
    found = table.astype({"severity": "str", "shift": "str"})
    order = found["shift"].map({name: place for place, name in enumerate(SHIFTS)})
    return found.assign(order=order).sort_values(["severity", "order"], ignore_index=True)[columns]


def hours_of(asking: Asking) -> pd.DataFrame:
    """Tickets by weekday and hour, of the newest weeks and those before: created_weekday, created_hour, numerator."""
    whole = span(asking.before.start, asking.end)
    return asking.table("breakdown", "tickets_created", [whole], ["created_weekday", "created_hour"])


def incidents_of(asking: Asking) -> pd.DataFrame:
    """The incidents that tickets name, newest first, with the appeals of the week from their start and that before."""
    linked = asking.rows("linked_tickets", "tickets")
    columns = ["linked_event_id", "title_en", "title_zh", "starts_on", "tickets", "open_tickets", "repeats", "appeals",
               "appeals_before"]  # fmt: skip
    if not len(linked) or "known_events" not in asking.store.tables:
        return pd.DataFrame(columns=columns)
    events = query_table(asking.store, "known_events", as_of=asking.as_of)
    events = events.assign(reach=listed(asking.store, "received", asking.as_of)["reach"].to_numpy())
    named = linked.merge(events, left_on="linked_event_id", right_on="event_id").head(MOST_INCIDENTS)
    rows = []
    for row in rows_of(named):
        start = row["starts_on"].date()
        both = [
            asking.table("breakdown", "received", [span(first, first + AFTER)], where=row["reach"])
            for first in (start, start - AFTER)
        ]
        after, before = (int(one["numerator"].sum()) if len(one) else 0 for one in both)
        rows.append({**row, "appeals": after, "appeals_before": before})
    return pd.DataFrame(rows, columns=columns)


def staffing_of(asking: Asking) -> pd.DataFrame:
    """Hours by week and site with the work that was done in them: planned, productive, handling (seconds), closed."""
    plan = asking.rows("staffing_plan", "staffing")
    columns = ["week", "site", "planned", "productive", "closed", "handling"]
    if not len(plan):
        return pd.DataFrame(columns=columns)
    plan = plan.assign(week=plan["day"] - pd.to_timedelta(plan["day"].dt.day_of_week, unit="D"))
    weeks = {pd.Timestamp(part.start) for part in asking.weeks[-8:]}
    sums = plan[plan["week"].isin(weeks)].groupby(["week", "site"], as_index=False)[["planned", "productive"]].sum()
    done = asking.table("trend", "occupancy", asking.weeks[-8:], ["site"], grain="week", basis="decision")
    if not len(done):
        return sums.assign(closed=0, handling=float("nan"))[columns]
    handled = done.rename(columns={"period": "week", "numerator": "handling"})[["week", "site", "handling"]]
    return sums.merge(handled, on=["week", "site"], how="left").assign(closed=0)[columns]
