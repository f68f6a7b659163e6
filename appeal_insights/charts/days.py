"""Days across: the axis of charts by day, and known events on it, numbered."""

from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import GROUND, INK, ROOM, check_table
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

WRITTEN = {"en": "%-d %B %Y", "zh-CN": "%Y年%-m月%-d日"}
SHORT = {"en": "%-d %b", "zh-CN": "%-m月%-d日"}
YEAR = {"en": "%Y", "zh-CN": "%Y年"}
BY_WEEK, BY_MONTH = 35, 100  # days: with more, ticks stand on Mondays, or on the first days of months
MOST_TICKS = 13
CLOSE = 0.035  # of the axis: pins nearer than this are put one below the other
PIN, LOWER = 8, 19  # pixels down of the first pin, and of each one below another
MOST_EVENTS = 12  # lines with a number; with more nobody finds the one meant


class Days:
    """The days from `first` to the day after the last, their ticks, and the horizontal encoding that layers share."""

    def __init__(self, first: pd.Timestamp, end: pd.Timestamp, language: Language) -> None:
        self.first, self.end, self.language = first, end, language
        count = (end - first).days
        if count > BY_MONTH:
            ticks = pd.date_range(first, end, freq="MS")
            every = -(-len(ticks) // MOST_TICKS)
        elif count > BY_WEEK:
            ticks = pd.date_range(first, end, freq="W-MON")
            every = -(-len(ticks) // MOST_TICKS)
        else:
            ticks = pd.date_range(first, end, freq="D")
            every = -(-len(ticks) // MOST_TICKS)
        self.ticks = list(ticks[::every])

    def fraction(self, day: pd.Timestamp) -> float:
        """How far along the axis a day is, 0..1."""
        return float((day - self.first) / (self.end - self.first))

    def within(self, days: "pd.Series[Any]") -> "pd.Series[Any]":
        """The days, those beyond either end moved to it."""
        return days.mask(days < self.first, self.first).mask(days > self.end, self.end)

    def x(self, field: str, **more: Any) -> alt.X:
        """The encoding of a column of days."""
        year = "datum.index == 0 || (month(datum.value) == 0 && date(datum.value) <= 7)"
        short, long = (f"timeFormat(datum.value, '{how[self.language]}')" for how in (SHORT, YEAR))
        axis = alt.Axis(
            title=None,
            values=[one_day(tick) for tick in self.ticks],
            labelExpr=f"{year} ? [{short}, {long}] : {short}",
            labelOverlap="greedy",
            labelSeparation=8,
        )
        return alt.X(f"{field}:T", **{"axis": axis, "scale": alt.Scale(nice=False), **more})

    def frame(self) -> alt.Chart:
        """An unseen layer that holds the axis to these days; it alone has a domain, as Vega wants."""
        ends = alt.Scale(domain=[one_day(self.first), one_day(self.end)], nice=False)
        unseen = alt.Chart(pd.DataFrame({"day": [self.first]})).mark_tick(opacity=0, tooltip=None, aria=False)
        framed: alt.Chart = unseen.encode(self.x("day", scale=ends))
        return framed

    def tooltip(self, field: str, key: str) -> alt.Tooltip:
        return alt.Tooltip(f"{field}:T", title=say(key, self.language), format=WRITTEN[self.language])


def one_day(day: pd.Timestamp) -> alt.DateTime:
    """A day in the viewer's own calendar, whatever the zone."""
    return alt.DateTime(year=day.year, month=day.month, date=day.day)


def numbered(events: pd.DataFrame | None, days: Days) -> pd.DataFrame:
    """The events within the days, with a text for the legend and how far down (pixels) each number stands.

    Takes   starts_on (day), number (as it is called elsewhere on the page), title.
    Raises  BadTable   a column is missing, a day is none, or there are too many.
    """
    columns = ["starts_on", "number", "title"]
    if events is None or events.empty:
        return pd.DataFrame(columns=[*columns, "named", "down"])
    check_table(events, columns, temporal=["starts_on"])
    there = events.loc[events["starts_on"].between(days.first, days.end), columns]
    if len(there) > MOST_EVENTS:
        raise BadTable(f"{len(there)} events cannot be told apart. Keep the {MOST_EVENTS} nearest to the change.")
    rows = there.sort_values("starts_on", kind="stable", ignore_index=True)
    down: list[int] = []
    last = -1.0
    for day in rows["starts_on"]:
        along = days.fraction(day)
        down.append(down[-1] + LOWER if down and along - last < CLOSE else PIN)
        last = along
    number = rows["number"].astype(str)
    return rows.assign(number=number, named=number + ". " + rows["title"].astype(str), down=down)


def event_lines(rows: pd.DataFrame, days: Days) -> list[alt.Chart]:
    """A dashed line for each event over the whole height, its number in a pin, its title in the legend."""
    if rows.empty:
        return []
    legend = alt.Legend(
        title=say("chart.events", days.language),
        orient="bottom",
        direction="vertical",
        columns=1,
        symbolType="stroke",
        symbolDash=[4, 3],
        symbolStrokeColor=INK,
        symbolStrokeWidth=1.2,
        labelLimit=alt.ExprRef(f"max(200, {ROOM} - 90)"),
    )
    # From 1 to 1: JupyterLab's Vega draws nothing for a scale of one value.
    named = alt.Opacity("named:O", sort=None, scale=alt.Scale(range=[1, 1]), legend=legend)
    tooltip = [
        alt.Tooltip("title:N", title=say("chart.event", days.language)),
        days.tooltip("starts_on", "chart.day"),
    ]
    base = alt.Chart(rows).encode(days.x("starts_on"), tooltip=tooltip)
    high = base.encode(alt.Y("down:Q", scale=None, axis=None))
    return [
        base.mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.2).encode(named),
        high.mark_point(shape="circle", size=230, filled=True, color=GROUND, stroke=INK, strokeWidth=1.2, opacity=1),
        high.mark_text(fontSize=11, fontWeight=600, baseline="middle").encode(alt.Text("number:N")),
    ]
