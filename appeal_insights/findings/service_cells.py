"""The tables of a review of service levels, ready to be read."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.findings.cells import NOTHING, count_cell, share_cell, share_range_cell
from appeal_insights.findings.naming import event_title, headed, rows_of, scope_name
from appeal_insights.findings.service_counts import flow_rows, grid, held, ticket_counts
from appeal_insights.findings.service_held import KIND, Service
from appeal_insights.findings.shown import Cell, Cells
from appeal_insights.language import Language, count, say, share

MINUTE, HOUR, DAY = 60, 3600, 86400
AGE_BANDS = (0, 1, 3, 7, 14, 28)


def duration(seconds: float, language: Language) -> str:
    """A duration in the unit that it is read in; what has not been reached is said so."""
    if pd.isna(seconds):
        return say("duration.over", language)
    for unit, size, below in (("minutes", MINUTE, 2 * HOUR), ("hours", HOUR, 3 * DAY)):
        if seconds < below:
            digits = 0 if unit == "minutes" or seconds >= 10 * HOUR else 1
            return say(f"duration.{unit}", language, number=f"{seconds / size:.{digits}f}")
    return say("duration.days", language, number=f"{seconds / DAY:.1f}")


def promise(row: "Mapping[str, Any] | pd.Series", language: Language) -> str:
    """A kind of promise by name: appeals decided."""
    subject, clock = (
        say(f"{part}.{row[name]}", language) for part, name in zip(("subject", "clock"), KIND, strict=True)
    )
    return say("service.promise", language, subject=subject, clock=clock)


def counted(numerator: Any, denominator: Any, language: Language) -> str:
    """In time of due, as `ratio` has them."""
    number, whole = int(numerator), int(denominator)
    told = f"{count(number, language)} / {count(whole, language)}"
    return Cell(told, "ratio", number / whole if whole else None, number, whole)


def was_shown(service: Service, row: Mapping[str, Any]) -> bool:
    """Whether the rate of the weeks before is known, and of enough records to be shown."""
    rate, whole = row.get("rate_before"), row.get("denominator_before")
    return not (rate is None or pd.isna(rate) or whole is None or pd.isna(whole)) and service.shown(float(whole))


def rate_cells(service: Service, row: Mapping[str, Any], language: Language) -> list[str]:
    """Rate, interval, in time of due, and the rate before; nothing of too few."""
    if pd.isna(row["rate"]) or not service.shown(int(row["denominator"])):
        return [NOTHING] * 4
    return [
        share_cell(float(row["rate"]), language),
        share_range_cell(float(row["low"]), float(row["high"]), language),
        counted(row["numerator"], row["denominator"], language),
        share_cell(float(row["rate_before"]), language) if was_shown(service, row) else NOTHING,
    ]


RATE_HEADS = [("in_time", "right"), ("interval", "right"), ("of_due", "right"), ("weeks_before", "right")]


def promise_cells(service: Service, language: Language) -> Cells:
    """Every kind of promise with its target and whether it was met."""
    heads = [
        ("promise", "left"),
        *RATE_HEADS,
        ("target", "right"),
        ("met", "left"),
        ("signal", "left"),
        ("owner", "left"),
    ]
    rows = []
    for row in rows_of(service.promises):
        has = not pd.isna(row["target"])
        shown = service.shown(int(row["denominator"]))  # met or missed tells of few records too
        rows.append(
            [
                promise(row, language),
                *rate_cells(service, row, language),
                share_cell(float(row["target"]), language) if has else NOTHING,
                say(f"met.{row['met']}", language) if shown else NOTHING,
                say(f"signal.{row['signal']}", language) if shown else NOTHING,
                str(row["target_owner"]) if has else NOTHING,
            ]
        )
    return headed(heads, rows, language)


def segment_cells(service: Service, table: pd.DataFrame, language: Language) -> Cells:
    """Segments with how many were late."""
    heads = [("segment", "left"), *RATE_HEADS, ("late", "right")]
    rows = [
        [
            str(row["segment"]),
            *rate_cells(service, row, language),
            _late(service, row, language),
        ]
        for row in rows_of(table)
    ]
    return headed(heads, rows, language)


def _late(service: Service, row: Mapping[str, Any], language: Language) -> str:
    """How many were late: what is left of a number in time that is shown, so no smaller a secret."""
    if not service.shown(int(row["denominator"])):
        return NOTHING
    return count_cell(int(row["denominator"]) - int(row["numerator"]), language)


def risk_cells(
    service: Service,
    groups: Sequence[tuple[str, pd.DataFrame]],
    language: Language,
    *,
    head: str = "promise",
    totals: bool = False,
    most: int | None = None,
) -> Cells:
    """Open promises by when they fall due, a row per group; `totals`: what they add up to is shown elsewhere."""
    names = ("overdue", "in_8", "in_24", "in_48", "later", "paused")
    found = []
    for _, table in groups:
        left = table["left_seconds"]
        parts = (left <= 0, (left > 0) & (left <= 8 * HOUR), (left > 8 * HOUR) & (left <= DAY),
                 (left > DAY) & (left <= 2 * DAY), left > 2 * DAY, left.isna())  # fmt: skip
        found.append([int(part.fillna(False).sum()) for part in parts])
    told = grid(service, pd.DataFrame(found, columns=list(names)), language, totals=totals)
    rows = [[name, *row] for (name, _), row in zip(groups, told, strict=True)]
    return headed([(head, "left"), *((name, "right") for name in names)], rows[:most], language)


def case_cells(table: pd.DataFrame, language: Language) -> Cells:
    """Single open cases, the first to fall due first. For an analyst only."""
    heads = [("record", "left"), ("promise", "left"), ("segment", "left"), ("due", "left"), ("left", "right")]
    rows = []
    for row in rows_of(table):
        own = [str(row[name]) for name in ("market", "queue", "severity") if str(row[name]) != "(blank)"]
        late = row["left_seconds"] <= 0
        left = duration(abs(float(row["left_seconds"])), language)
        rows.append(
            [str(row["record_id"]), promise(row, language), " · ".join(own), f"{row['due_at']:%Y-%m-%d %H:%M}",
             say("duration.late", language, value=left) if late else left]
        )  # fmt: skip
    return headed(heads, rows, language)


def flow_cells(service: Service, language: Language) -> Cells:
    """The backlog by week: what was open, came in and went out."""
    names = ["open_at_start", "opened", "closed", "open_at_end"]
    heads = [("week", "left"), ("open_at_start", "right"), ("came_in", "right"), ("went_out", "right"),
             ("open_at_end", "right")]  # fmt: skip
    told = flow_rows(service, names, language)
    rows = [[str(label), *row] for label, row in zip(service.flows["period_label"], told, strict=True)]
    return headed(heads, rows, language)


def age_cells(service: Service, language: Language) -> Cells:
    """What is open by age."""
    rows = []
    told = grid(service, service.ageing[["open"]], language, totals=True)
    for row, [number] in zip(rows_of(service.ageing), told, strict=True):
        first = int(row["days"])
        later = [band for band in AGE_BANDS if band > first]
        name = (
            say("backlog_of.band", language, first=str(first), last=str(later[0]))
            if later
            else say("backlog_of.days_open", language, first=str(first))
        )
        rows.append([name, number])
    return headed([("age", "left"), ("open", "right")], rows, language)


def wait_cells(service: Service, language: Language) -> Cells:
    """How long promises took, open ones counted as open."""
    heads = [("promise", "left"), ("severity", "left"), ("half", "right"), ("nine_in_ten", "right"),
             ("closed_only", "right"), ("closed", "right"), ("open", "right")]  # fmt: skip
    rows = []
    for _, clock in service.waits.groupby(KIND, sort=False):
        at = {name: clock[np.isclose(clock["quantile"].to_numpy(), name)] for name in (0.5, 0.9)}
        # The numbers of all tickets would tell those of a severity that is not shown.
        few = {name: not all(service.shown(number) for number in at[0.5][name]) for name in ("closed", "open")}
        for half, most in zip(rows_of(at[0.5]), rows_of(at[0.9]), strict=True):
            if not service.shown(int(half["closed"])):
                continue
            whole = len(at[0.5]) > 1 and not half["severity"]
            counts = [held(service, half[name], language, hidden=whole and few[name]) for name in ("closed", "open")]
            rows.append(
                [
                    promise(half, language),
                    str(half["severity"]) or NOTHING,
                    _estimated(half, language),
                    _estimated(most, language),
                    duration(float(most["dropped"]), language),
                    *counts,
                ]
            )
    return headed(heads, rows, language)


def _estimated(row: Mapping[str, Any], language: Language) -> str:
    if pd.isna(row["seconds"]):
        return say("duration.over", language)
    told = {name: duration(float(row[name]), language) for name in ("seconds", "low", "high")}
    return say("duration.range", language, value=told["seconds"], low=told["low"], high=told["high"])


def time_cells(service: Service, names: Mapping[str, str], language: Language) -> Cells:
    """Half and nine in ten, now and before, gross and net."""
    heads = [("measured", "left"), ("half", "right"), ("nine_in_ten", "right"), ("weeks_before", "right"),
             ("closed", "right")]  # fmt: skip
    rows = []
    for measure, table in service.times.groupby("measure", sort=False):
        side = {row["side"]: row for row in rows_of(table)}
        if "now" not in side or not service.shown(int(side["now"]["records"])):
            continue
        now, before = side["now"], side.get("before")
        rows.append(
            [
                names[str(measure)],
                duration(float(now["p50"]), language),
                duration(float(now["p90"]), language),
                NOTHING
                if before is None or not service.shown(int(before["records"]))
                else duration(float(before["p90"]), language),
                count_cell(int(now["records"]), language),
            ]
        )
    return headed(heads, rows, language)


def share_cells(service: Service, table: pd.DataFrame, names: Mapping[str, str], key: str, language: Language) -> Cells:
    """Shares with their interval and counts, now and before."""
    heads = [("measured" if key == "measure" else "rule", "left"), ("rate", "right"), ("interval", "right"),
             ("count", "right"), ("weeks_before", "right")]  # fmt: skip
    most = len(heads) if "rate_before" in table else len(heads) - 1
    rows = [[names[str(row[key])], *rate_cells(service, row, language)][:most] for row in rows_of(table)]
    return headed(heads[:most], rows, language)


def ticket_cells(service: Service, language: Language) -> Cells:
    """Tickets by severity with the times of those acknowledged and resolved."""
    heads = [("severity", "left"), ("created", "right"), ("weeks_before", "right"), ("open", "right"),
             ("repeats", "right"), ("acknowledged_in_time", "right"), ("acknowledged", "right"),
             ("resolved_in_time", "right"), ("resolved", "right")]  # fmt: skip
    rows = []
    _, created = ticket_counts(service, language)
    for row in rows_of(service.tickets):
        pairs = []
        for name in ("ack", "resolve"):
            due = row.get(f"{name}_denominator", 0)  # their counts, with that of all tickets, would tell of small ones
            kept = not pd.isna(due) and due > 0 and service.shown(float(due))
            pairs.append(share_cell(float(row[f"{name}_rate"]), language) if kept else NOTHING)
            few = pd.isna(row.get(f"{name}_p50")) or not service.shown(int(row[f"{name}_records"]))
            told = [duration(float(row[f"{name}_{part}"]), language) for part in ("p50", "p90")] if not few else []
            pairs.append(" · ".join(told) or NOTHING)
        counts = [held(service, row.get(name), language) for name in ("created_before", "open", "repeats")]
        rows.append([str(row["severity"]), created[str(row["severity"])], *counts, *pairs])
    return headed(heads, rows, language)


def shift_cells(service: Service, language: Language) -> Cells:
    """How soon tickets of each severity were acknowledged, by shift; nothing of too few."""
    heads = [("severity", "left"), ("shift", "left"), ("acknowledged_count", "right"), ("half", "right"),
             ("nine_in_ten", "right")]  # fmt: skip
    rows = [
        [str(row["severity"]), say(f"shift.{row['shift']}", language), count_cell(int(row["records"]), language),
         *(duration(float(row[part]), language) for part in ("p50", "p90"))]
        for row in rows_of(service.shifts)
        if service.shown(int(row["records"]))
    ]  # fmt: skip
    return headed(heads, rows, language)


def pause_cells(service: Service, table: pd.DataFrame, language: Language) -> Cells:
    """Shares with a pause, and how long nine in ten took, gross and net, now and before."""
    heads = [("segment", "left"), ("rate", "right"), ("count", "right"), ("weeks_before", "right"),
             ("gross_now", "right"), ("gross_before", "right"), ("net_now", "right"),
             ("net_before", "right")]  # fmt: skip
    spans = ("gross", "gross_before", "net", "net_before")
    rows = [[*_change(service, row, language), *(span_cell(row.get(name), language) for name in spans)]
            for row in rows_of(table)]  # fmt: skip
    return headed(heads, rows, language)


def span_cell(seconds: Any, language: Language) -> str:
    """A duration, or that there is none."""
    return NOTHING if seconds is None or pd.isna(seconds) else duration(float(seconds), language)


def fallen_cells(service: Service, table: pd.DataFrame, language: Language) -> Cells:
    """A segment that fell: in time now and before."""
    heads = [("segment", "left"), ("in_time", "right"), ("of_due", "right"), ("weeks_before", "right")]
    return headed(heads, [_change(service, row, language) for row in rows_of(table)], language)


def _change(service: Service, row: Mapping[str, Any], language: Language) -> list[str]:
    before = share_cell(float(row["rate_before"]), language) if was_shown(service, row) else NOTHING
    counts = counted(row["numerator"], row["denominator"], language)
    return [str(row["segment"]), share_cell(float(row["rate"]), language), counts, before]


def hour_cells(service: Service, language: Language) -> Cells:
    """Tickets by weekday and shift."""
    table = service.hours
    hour = table["created_hour"].astype("str")
    shift = (
        pd.Series("night", index=table.index)
        .mask(hour.between("06", "13"), "early")
        .mask(hour.between("14", "21"), "late")
    )
    sums = table.groupby([table["created_weekday"].astype("str"), shift])["numerator"].sum()
    heads = [("weekday", "left"), ("night", "right"), ("early", "right"), ("late_shift", "right")]
    rows = [
        [say(f"on_call.weekday_{day}", language),
         *(held(service, sums.get((str(day), part), 0), language) for part in ("night", "early", "late"))]
        for day in range(1, 8)
    ]  # fmt: skip
    return headed(heads, rows, language)


def incident_cells(service: Service, language: Language) -> Cells:
    heads = [("incident", "left"), ("starts", "left"), ("tickets", "right"), ("open", "right"), ("repeats", "right"),
             ("appeals_after", "right"), ("appeals_before", "right")]  # fmt: skip
    names = ("tickets", "open_tickets", "repeats", "appeals", "appeals_before")
    rows = []
    for row in rows_of(service.incidents):
        counts = [held(service, row[name], language) for name in names]
        rows.append([event_title(pd.Series(row), language), f"{row['starts_on']:%Y-%m-%d}", *counts])
    return headed(heads, rows, language)


def staff_cells(service: Service, language: Language) -> Cells:
    """Hours by week, over all sites."""
    heads = [("week", "left"), ("planned_hours", "right"), ("worked_hours", "right"), ("spent_hours", "right")]
    sums = service.staffing.groupby("week")[["planned", "productive", "handling"]].sum(min_count=1)
    rows = []
    for week, row in zip(sums.index, sums.to_numpy(), strict=True):
        spent = [NOTHING if pd.isna(value) else count_cell(round(float(value) / HOUR), language) for value in row]
        rows.append([f"{week:%G-W%V}", *spent])
    return headed(heads, rows, language)


def forecast_cells(service: Service, language: Language) -> Cells:
    """Expected appeals by market and week."""
    heads = [("market", "left"), ("week", "left"), ("expected_cases", "right"), ("four_in_five", "right")]
    rows = []
    for row in rows_of(service.forecasts.weeks):
        name = str(row["market"]) or scope_name(service, language)
        rows.append(
            [name, f"{row['week']:%G-W%V}", count_cell(round(row["expected"]), language), _between(row, language)]
        )
    return headed(heads, rows, language)


def _between(row: Mapping[str, Any], language: Language) -> str:
    """The two ends of an interval of whole numbers."""
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return NOTHING
    return f"{count(round(row['low']), language)} – {count(round(row['high']), language)}"


def need_cells(service: Service, language: Language) -> Cells:
    """Hours needed against planned ones, by queue and week."""
    heads = [("segment", "left"), ("week", "left"), ("planned_hours", "right"), ("needed_hours", "right"),
             ("four_in_five", "right"), ("attained", "right")]  # fmt: skip
    rows = [
        [
            str(row["queue"]),
            f"{row['week']:%G-W%V}",
            count_cell(round(row["planned"]), language),
            count_cell(round(row["needed"]), language) if not pd.isna(row["needed"]) else NOTHING,
            _between(row, language),
            share(float(row["attainment"]), language) if not pd.isna(row["attainment"]) else NOTHING,
        ]
        for row in rows_of(service.forecasts.hours)
    ]  # fmt: skip
    return headed(heads, rows, language)
