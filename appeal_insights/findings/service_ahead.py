"""What lies ahead: what will come in, and the hours that it needs to keep the promise, queue by queue."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from appeal_insights.analysis.capacity import Desk, against_plan, arrivals_by_slot
from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.forecast import Outlook, forecast_segments, look_ahead
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.service_asked import Asking, span
from appeal_insights.findings.service_held import MAIN, Forecasts
from appeal_insights.periods import split
from appeal_insights.records.business_time import OpenTime, open_seconds, open_time
from appeal_insights.records.calendar_days import days_of
from appeal_insights.records.calendars import Calendar
from appeal_insights.records.own_calendars import calendars_of

HISTORY, AHEAD = timedelta(days=182), 28  # days that are learned from, and days that are told
USUAL_PROMISE, USUAL_SHARE = 8 * 3600, 0.95  # where no policy or target says otherwise
ALL = ""  # what all markets together are called
DRAWS = 200  # of the days ahead, for hours: enough for the ends of an interval of 80 %
HOURS = ["queue", "week", "planned", "needed", "low", "high", "short", "attainment", "handling", "share"]


def look_ahead_of(asking: Asking) -> Forecasts:
    """The appeals of the next four weeks by market, and the hours that each queue needs."""
    calendars = calendars_of(asking.store)
    history = _daily(asking, "market")
    days, weeks, refused = pd.DataFrame(), pd.DataFrame(), 0
    if len(history):
        whole = history.groupby("day", as_index=False)["count"].sum().assign(market=ALL)
        history = pd.concat([whole, history], ignore_index=True)
        history = history.assign(closed=_days_off(history, calendars))
        ahead = pd.DataFrame(
            [(market, day) for market in sorted(set(history["market"])) for day in _ahead(asking.end)],
            columns=["market", "day"],
        )
        found = forecast_segments(history, ahead.assign(closed=_days_off(ahead, calendars)), by="market")
        days, weeks, refused = found.days, found.weeks, len(found.refused)
    return Forecasts(days, history, weeks, _hours(asking, calendars), refused)


def _ahead(end: date) -> list[pd.Timestamp]:
    return [pd.Timestamp(end) + pd.Timedelta(days=place) for place in range(AHEAD)]


def _daily(asking: Asking, by: str) -> pd.DataFrame:
    """Appeals received by day and segment, a 0 where nothing came in: <by>, day, count."""
    days = split(span(asking.end - HISTORY, asking.end), "day")
    table = asking.table("trend", "received", days, [by], grain="day", basis="submission")
    if table.empty:
        return pd.DataFrame(columns=[by, "day", "count"])
    first = pd.to_datetime(table["period"]).min()
    every = pd.date_range(first, pd.Timestamp(asking.end) - pd.Timedelta(days=1), name="day")
    wide = table.pivot_table(index="period", columns=by, values="numerator", aggfunc="sum", observed=True)
    long = wide.reindex(every).fillna(0).rename_axis("day").reset_index().melt("day", var_name=by, value_name="count")
    return long.astype({by: "str"})[[by, "day", "count"]]


def _days_off(table: pd.DataFrame, calendars: Mapping[str, Calendar]) -> "pd.Series[bool]":
    """Whether a day is one on which the market's calendar does not open, beyond its weekly days off."""
    found = pd.Series(False, index=table.index)
    for market, rows in table.groupby("market"):
        if str(market) not in calendars:
            continue
        first, last = rows["day"].min().date(), rows["day"].max().date()
        off = {
            pd.Timestamp(day.date)
            for day in days_of(calendars[str(market)], first, last)
            if day.holiday and not day.spans
        }
        found[rows.index] = rows["day"].isin(off)
    return found


def _hours(asking: Asking, calendars: Mapping[str, Calendar]) -> pd.DataFrame:
    """Hours needed and planned by queue and week; no row where plan, handling times or forecast are not known."""
    plan = asking.rows("staffing_plan", "staffing")
    handling = asking.table("breakdown", "handling_time", [asking.now], ["queue"], basis="decision")
    empty = pd.DataFrame(columns=HOURS)
    if not len(plan) or handling.empty:
        return empty
    first = asking.end + timedelta(days=-asking.end.weekday() % 7)  # whole weeks, from the next Monday on
    plan = plan[plan["day"] >= pd.Timestamp(first)]
    history, usual, wanted = _daily(asking, "queue"), _usual_hours(asking), _share(asking)
    found = []
    for row in rows_of(handling):
        queue = str(row["queue"])
        own, seen = plan[plan["queue"].astype("str") == queue], history[history["queue"] == queue]
        if own.empty or seen.empty or not row["denominator"]:
            continue
        seconds = row["numerator"] / row["denominator"]
        calendar = _calendar_of(own, calendars)
        try:
            told = _of_queue(asking, queue, own, seen, seconds, calendar, usual, first, wanted)
        except AppealInsightsError:
            continue  # too little history, or a week without any plan
        found.append(told.assign(queue=queue, handling=seconds, share=wanted))
    return pd.concat(found, ignore_index=True)[HOURS] if found else empty


def _calendar_of(plan: pd.DataFrame, calendars: Mapping[str, Calendar]) -> Calendar:
    """The calendar of the site, else the market, with most planned hours."""
    for name in ("site", "market"):
        sums = plan.groupby(plan[name].astype("str"))["planned"].sum().sort_values(ascending=False)
        for value in sums.index:
            if value in calendars:
                return calendars[value]
    return calendars["always"]


def _usual_hours(asking: Asking) -> FloatArray:
    """How usual each hour of a day is for appeals to come in, on the clock of UTC."""
    table = asking.rows("arrivals", "clocks")
    counts = np.zeros(24)
    if len(table):
        sums = table[table["subject_type"].astype("str") == "appeal"].groupby("hour")["started"].sum()
        counts[sums.index.to_numpy(dtype=np.intp)] = sums.to_numpy()
    return counts + 1  # no hour is impossible


def _of_queue(
    asking: Asking, queue: str, plan: pd.DataFrame, seen: pd.DataFrame, seconds: float, calendar: Calendar,
    usual: FloatArray, first: date, wanted: float,
) -> pd.DataFrame:  # fmt: skip
    """Week by week what one queue needs, and what its plan will keep."""
    last = pd.Timestamp(plan["day"].max())
    days = [day for day in _ahead(asking.end) if day <= last]
    skipped = (first - asking.end).days
    weeks = min((last.date() - first).days + 1, AHEAD - skipped) // 7
    outlook: Outlook = look_ahead(seen, pd.DataFrame({"day": days}), draws=DRAWS)
    table = open_time([calendar], asking.end - timedelta(days=60), first + timedelta(days=7 * weeks + 60))
    slots = _slots(table, calendar.name, first, 7 * weeks)
    arrivals = arrivals_by_slot(outlook.draws[:, skipped : skipped + 7 * weeks], usual)
    waiting = asking.rows("open_clocks", "clocks")
    waiting = _of(waiting, queue)
    promise = float(waiting["promised_seconds"].median()) if len(waiting) else float(USUAL_PROMISE)
    desk = Desk(slots, arrivals, seconds, promise, wanted, _backlog(waiting, table, calendar.name, asking))
    told = against_plan(desk, _by_slot(plan, slots))
    return told.rename(columns={"low_needed": "low", "high_needed": "high", "low": "kept_low", "high": "kept_high"})


def _of(waiting: pd.DataFrame, queue: str) -> pd.DataFrame:
    """The open appeals of a queue that wait for their decision."""
    for name, values in {**MAIN, "queue": [queue]}.items():
        waiting = waiting[waiting[name].astype("str").isin(values)] if len(waiting) else waiting
    return waiting


def _slots(table: OpenTime, name: str, first: date, days: int) -> pd.DataFrame:
    """The hours of those days with the part of each in which the calendar is open."""
    start = pd.date_range(pd.Timestamp(first), periods=24 * days, freq="h")
    at = start.to_numpy().astype("datetime64[s]")
    opened = open_seconds(table, name, at, at + np.timedelta64(3600, "s")).astype(np.int64) / 3600
    return pd.DataFrame({"start": start, "open": opened})


def _by_slot(plan: pd.DataFrame, slots: pd.DataFrame) -> FloatArray:
    """The hours of the plan, those of each day spread over its open hours; over all of them where it does not open."""
    day = slots["start"].dt.normalize()
    opened = slots["open"].groupby(day).transform("sum")
    part = np.where(opened > 0, slots["open"] / opened.where(opened > 0, 1), 1 / 24)
    hours = plan.groupby("day")["planned"].sum() / 3600
    return np.asarray(day.map(hours).fillna(0.0).to_numpy(dtype=np.float64) * part)


def _backlog(waiting: pd.DataFrame, table: OpenTime, name: str, asking: Asking) -> pd.DataFrame:
    """What is open now, by the business time that it has waited."""
    if waiting.empty:
        return pd.DataFrame({"age_seconds": [], "cases": []}, dtype=float)
    floor = table.first + timedelta(days=1)
    started = np.maximum(waiting["started_at"].to_numpy().astype("datetime64[s]"), np.datetime64(floor, "s"))
    waited = open_seconds(table, name, started, np.datetime64(asking.as_of, "s")).astype(np.int64)
    ages = pd.Series(np.maximum(waited, 0)).value_counts()
    return pd.DataFrame({"age_seconds": ages.index.astype(float), "cases": ages.to_numpy(dtype=float)})


def _share(asking: Asking) -> float:
    """What was promised of appeals decided in time; a usual share where nothing was."""
    now = asking.table("breakdown", "sla_attainment", [asking.now], ["subject_type", "clock"], where=MAIN)
    known: Sequence[float] = list(now["target"].dropna()) if len(now) else []
    return float(known[0]) if known else USUAL_SHARE
