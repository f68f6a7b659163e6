"""What comes in by day, seen and expected; and the hours it takes by week beside the hours planned."""

import json
from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.days import Days
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    LIGHT,
    ROOM,
    WIDTH,
    check_once,
    check_table,
    columns_of,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, count, day, say

MOST_DAYS = 400  # points side by side
MOST_WEEKS = 53
AHEAD = ("day", "expected", "low", "high")
HOURS = ("week", "planned", "needed", "low_needed", "high_needed", "short")
EXPECTED = "#b54f12"  # darker than the band behind it and lighter than what was counted, also in grey
BAND = "#e7c3a5"
OFF = "#8b959f"
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis
OFF_MARK = 7  # pixels high, on the axis of days
POINT = 80  # square pixels
KINDS = {"planned": LIGHT, "needed": DARK, "short": EXPECTED, "too_late": INK}
SHAPES = {"planned": "square", "needed": "circle", "short": "diamond", "too_late": "cross"}


def forecast_chart(
    history: pd.DataFrame,
    ahead: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    language: Language = "en",
) -> alt.LayerChart:
    """Cases by day: counted as a line, expected as a dashed one with its interval; days off marked below.

    Takes   history  day, count, and where known closed (yes: a day off). One row a day; a day that is not there
                     leaves a gap.
            ahead    day, expected, low, high, and where known closed.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day, a day comes twice or in both tables, there is
                       no row, or there are over 400 days.
    """
    use_theme()
    check_table(history, ("day", "count"), temporal=["day"])
    check_table(ahead, AHEAD, temporal=["day"])
    seen = with_numbers(history, ["count"]).sort_values("day", ignore_index=True)
    later = with_numbers(ahead, AHEAD[1:]).sort_values("day", ignore_index=True)
    every = pd.concat([seen, later], ignore_index=True)
    check_once(every, ["day"])
    if seen.empty or later.empty:
        raise BadTable("One of the tables has no row, so there is no forecast to draw. Give days seen and days ahead.")
    if len(every) > MOST_DAYS:
        raise BadTable(f"{len(every)} days cannot be read. Take the newest, {MOST_DAYS} with those ahead.")
    days = Days(every["day"].min(), every["day"].max() + pd.Timedelta(days=1), language)
    off = every.loc[every["closed"].eq(True), ["day"]] if "closed" in every.columns else every.loc[:, ["day"]][:0]
    view = _Inflow(days, unit, language)
    layers = [days.frame(), view.band(later), view.counted(seen), view.expected(later), *view.off(off)]
    chart: alt.LayerChart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description)


def forecast_alt(history: pd.DataFrame, ahead: pd.DataFrame, total: pd.DataFrame, language: Language) -> str:
    """The reading of the chart for who cannot see it. `total` is one row: days, expected, low, high of all ahead."""
    row = total.iloc[0]
    off = int(ahead["closed"].sum()) if "closed" in ahead.columns else 0
    numbers = {name: count(round(float(row[name])), language) for name in ("expected", "low", "high")}
    return say(
        "capacity.forecast_alt",
        language,
        counted=count(int(history["count"].sum()), language),
        first=day(history["day"].min().date(), language),
        last=day(history["day"].max().date(), language),
        days=count(int(row["days"]), language),
        end=day(ahead["day"].max().date(), language),
        off=count(off, language),
        **numbers,
    )


def hours_chart(
    table: pd.DataFrame, *, title: str, unit: str, description: str, language: Language = "en"
) -> alt.LayerChart:
    """Hours by week: planned as bars, needed as points with their interval; set off where the plan is short.

    Takes   rows of `against_plan`: week (its Monday), planned, needed, low_needed, high_needed, short (hours). A null
            in `needed`: no number of hours would be enough.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a week comes twice, there is no row, or there are over 53.
    """
    use_theme()
    check_table(table, HOURS, temporal=["week"])
    check_once(table, ["week"])
    if not 0 < len(table) <= MOST_WEEKS:
        raise BadTable(f"The chart is of 1 to {MOST_WEEKS} weeks, the table has {len(table)}. Keep those in question.")
    rows = with_numbers(table.loc[:, list(HOURS)], HOURS[1:]).sort_values("week", ignore_index=True)
    kind = (
        pd.Series("needed", index=rows.index).mask(rows["short"] > 0, "short").mask(rows["needed"].isna(), "too_late")
    )
    label = rows["week"].map(_iso_week)
    rows = rows.drop(columns="week").assign(label=label, kind=kind, bar="planned")
    chart: alt.LayerChart = alt.LayerChart(layer=_hours(rows, unit, language))
    return chart.properties(title=titled(title), description=description, width=WIDTH)


def hours_alt(table: pd.DataFrame, language: Language) -> str:
    """The reading of the chart for who cannot see it."""
    rows = table.sort_values("week")
    known = rows[rows["needed"].notna()]
    told = {name: count(round(float(known[name].sum())), language) for name in ("planned", "needed")}
    said = say(
        "capacity.hours_alt",
        language,
        first=_iso_week(rows["week"].iloc[0]),
        last=_iso_week(rows["week"].iloc[-1]),
        short=count(int((known["short"] > 0).sum()), language),
        weeks=count(len(known), language),
        hours=count(round(float(known["short"].sum())), language),
        **told,
    )
    if len(known) == len(rows):
        return said
    late = say("capacity.hours_alt_too_late", language, weeks=count(len(rows) - len(known), language))
    return said + ("" if language == "zh-CN" else " ") + late


def _iso_week(monday: pd.Timestamp) -> str:
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


class _Inflow:
    """What the layers of days share."""

    def __init__(self, days: Days, unit: str, language: Language) -> None:
        self.days, self.unit, self.language = days, unit, language
        self.names = {key: say(f"capacity.{key}", language) for key in ("counted", "expected", "band")}

    def y(self, field: str) -> alt.Y:
        """From nothing on: twice as high is twice as many."""
        axis = alt.Axis(format=",.0f", tickCount=5, **_UNIT_ABOVE)
        return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=True, nice=True), title=self.unit)

    def counted(self, seen: pd.DataFrame) -> alt.Chart:
        every = pd.date_range(seen["day"].min(), seen["day"].max())
        rows = seen.set_index("day")[["count"]].reindex(every).rename_axis("day").reset_index()
        told = alt.Tooltip("count:Q", title=say("capacity.cases", self.language), format=",")
        chart: alt.Chart = (
            alt.Chart(rows.assign(line="counted"))
            .mark_line(strokeWidth=1.6, point=False)
            .encode(self.days.x("day"), self.y("count"), *self._lines(), tooltip=[self._day(), told])
        )
        return chart

    def expected(self, later: pd.DataFrame) -> alt.Chart:
        chart: alt.Chart = (
            alt.Chart(later[list(AHEAD)].assign(line="expected"))
            .mark_line(strokeWidth=2)
            .encode(self.days.x("day"), self.y("expected"), *self._lines(), tooltip=self._told())
        )
        return chart

    def band(self, later: pd.DataFrame) -> alt.Chart:
        names = json.dumps({"band": self.names["band"]})
        legend = alt.Legend(symbolType="square", symbolSize=110, offset=ABOVE_UNIT, labelExpr=f"{names}[datum.label]")
        fill = alt.Fill("of:N", title=None, scale=alt.Scale(domain=["band"], range=[BAND]), legend=legend)
        rows = later[list(AHEAD)].assign(of="band")
        base = alt.Chart(rows).mark_area(opacity=0.8) if len(rows) > 1 else alt.Chart(rows).mark_bar(width=6)
        chart: alt.Chart = base.encode(self.days.x("day"), self.y("low"), alt.Y2("high:Q"), fill, tooltip=self._told())
        return chart

    def off(self, off: pd.DataFrame) -> list[alt.Chart]:
        """A short bar on the axis under each day off, named in the legend."""
        if off.empty:
            return []
        names = json.dumps({"off": say("capacity.day_off", self.language)})
        legend = alt.Legend(
            symbolType="square",
            symbolSize=50,
            symbolFillColor=OFF,
            offset=ABOVE_UNIT,
            labelExpr=f"{names}[datum.label]",
        )
        colour = alt.Stroke("of:N", title=None, scale=alt.Scale(domain=["off"], range=[OFF]), legend=legend)
        marks = alt.Chart(off.assign(of="off")).mark_rule(strokeWidth=3)
        ends = {"y": alt.value("height"), "y2": alt.value({"expr": f"height - {OFF_MARK}"})}
        return [marks.encode(self.days.x("day"), colour, tooltip=[self._day()], **ends)]

    def _lines(self) -> tuple[alt.Color, alt.StrokeDash]:
        names = json.dumps({key: self.names[key] for key in ("counted", "expected")})
        how: dict[str, Any] = {"labelExpr": f"{names}[datum.label]", "symbolType": "stroke", "symbolSize": 400}
        domain = ["counted", "expected"]
        legend = alt.Legend(offset=ABOVE_UNIT, symbolStrokeWidth=2, **how)
        colour = alt.Color("line:N", title=None, scale=alt.Scale(domain=domain, range=[DARK, EXPECTED]), legend=legend)
        dash = alt.StrokeDash(
            "line:N", title=None, scale=alt.Scale(domain=domain, range=[[1, 0], [5, 3]]), legend=legend
        )
        return colour, dash

    def _day(self) -> alt.Tooltip:
        return self.days.tooltip("day", "chart.day")

    def _told(self) -> list[alt.Tooltip]:
        titles = {"expected": self.names["expected"]} | {
            of: say(f"chart.{of}", self.language) for of in ("low", "high")
        }
        return [self._day(), *(alt.Tooltip(f"{of}:Q", title=said, format=",.0f") for of, said in titles.items())]


_UNIT_ABOVE: Mapping[str, Any] = {
    "titleAngle": 0,
    "titleAlign": "left",
    "titleAnchor": "end",
    "titleX": 0,
    "titleY": -12,
}


def _hours(rows: pd.DataFrame, unit: str, language: Language) -> list[alt.Chart]:
    """Bars, intervals and points over the weeks, in one legend of what there is."""
    domain = [kind for kind in KINDS if kind == "planned" or (rows["kind"] == kind).any()]
    names = {kind: say(f"capacity.{kind}", language) for kind in domain}
    longest = max(columns_of(name) for name in names.values())
    legend = alt.Legend(
        labelExpr=f"{json.dumps(names)}[datum.label]",
        offset=ABOVE_UNIT,
        symbolStrokeWidth=0,
        symbolOpacity=1,
        columns=alt.ExprRef(f"max(1, floor({ROOM} / {45 + 7 * longest}))"),
    )
    scales = {
        "fill": alt.Scale(domain=domain, range=[KINDS[kind] for kind in domain]),
        "shape": alt.Scale(domain=domain, range=[SHAPES[kind] for kind in domain]),
    }

    def looks(field: str) -> tuple[alt.Fill, alt.Shape]:
        return (
            alt.Fill(f"{field}:N", title=None, scale=scales["fill"], legend=legend),
            alt.Shape(f"{field}:N", title=None, scale=scales["shape"], legend=legend),
        )

    def y(field: str) -> alt.Y:
        axis = alt.Axis(format=",.0f", tickCount=5, **_UNIT_ABOVE)
        return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=True, nice=True), title=unit)

    x = alt.X("label:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8))
    tooltip = [
        alt.Tooltip("label:O", title=say("capacity.week", language)),
        alt.Tooltip("planned:Q", title=say("capacity.planned", language), format=",.0f"),
        alt.Tooltip("needed:Q", title=say("capacity.needed_hours", language), format=",.0f"),
        alt.Tooltip("low_needed:Q", title=say("chart.low", language), format=",.0f"),
        alt.Tooltip("high_needed:Q", title=say("chart.high", language), format=",.0f"),
        alt.Tooltip("short:Q", title=say("capacity.short_hours", language), format=",.0f"),
    ]
    base = alt.Chart(rows).encode(x, tooltip=tooltip)
    known, late = base.transform_filter("datum.kind !== 'too_late'"), base.transform_filter("datum.kind === 'too_late'")
    point: dict[str, Any] = {"filled": True, "size": POINT, "opacity": 1, "stroke": GROUND, "strokeWidth": 1}
    return [
        base.mark_bar().encode(y("planned"), looks("bar")[0]),
        known.mark_rule(color=INK, strokeWidth=1.6).encode(y("low_needed"), alt.Y2("high_needed:Q")),
        known.mark_point(**point).encode(y("needed"), *looks("kind")),
        *([late.mark_point(**point).encode(y("planned"), *looks("kind"))] if "too_late" in domain else []),
    ]
