"""One series over time: its rate within limits, when it changed, the alarm, and how the evidence for it grew."""

import json
from collections.abc import Callable

import altair as alt
import numpy as np
import pandas as pd

from appeal_insights.charts.audited import COLUMNS, NUMBERS
from appeal_insights.charts.days import Days, event_lines, numbered
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
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
from appeal_insights.language import Language, count, day, say, share

ALARMS = ("alarm_day", "low", "high", "direction")
LEVELS = ("start", "end", "audited", "correct", "rate")
EVIDENCE = ("day", "statistic", "threshold")
MOST_DAYS = 130  # points; more days than that are better looked at by week
TOP, UPPER, GAP, LOWER = 26, 270, 50, 84  # pixels: where the rates begin and end, the room between, the evidence
BAND, SINCE, OUTSIDE = "#c9d6e2", "#d9b48f", "#b54f12"
FEW = 0.1  # of the limits, those of the fewest audits, may run out of the picture
POINT = 34  # square pixels
TIMES = (1, 100, 10_000, 1_000_000)  # of the evidence: the ticks
SHAPES = {"inside": "circle", "outside": "square", "fell": "triangle-down", "rose": "triangle-up"}
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis


def behaviour(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    alarms: pd.DataFrame | None = None,
    levels: pd.DataFrame | None = None,
    evidence: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """The rate of one series with its limits, as a process-behaviour chart; below, the evidence against its threshold.

    Takes   table     rows of `by_day`, or of `by_week` where there are over 130 days, of one series: series, period,
                      period_label, audited, correct, rate, expected, low, high, learning, hidden.
            alarms    alarm_day, low, high (the days that the change may have begun on), direction.
            levels    rows of `new_levels`: start, end (the day after the last), audited, correct, rate.
            evidence  day, statistic, threshold (logs; a day without a statistic leaves a gap): the lower half.
            events    starts_on (day), number, title: dashed lines with their numbers.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a day comes twice, the table is of several series or has no row, a hidden
                       row has a number, or there are too many days or events.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["period"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).sort_values("period", ignore_index=True)
    _check_rows(rows)
    step = _step(rows)
    days = Days(rows["period"].iloc[0], rows["period"].iloc[-1] + step, language)
    went = [] if alarms is None else [str(way) for way in alarms["direction"]]
    view = _View(_drawn(rows, step), days, unit, went, language)
    told = numbered(events, days)
    layers = [
        days.frame(),
        *view.since(alarms),
        alt.LayerChart(layer=[*view.limits(), *view.new(levels), *view.points()]),
        *view.grown(evidence),
        *view.noticed(alarms, UPPER if evidence is None else UPPER + GAP // 3),
        *event_lines(told, days),
    ]
    chart: alt.LayerChart = alt.LayerChart(layer=layers).resolve_scale(y="independent")
    height = UPPER if evidence is None else UPPER + GAP + LOWER
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=height)


def behaviour_alt(table: pd.DataFrame, alarms: pd.DataFrame, levels: pd.DataFrame, language: Language) -> str:
    """The reading of the chart for who cannot see it."""
    rows = table.sort_values("period")
    outside = _outside(rows)
    told = {
        "series": str(rows["series"].iloc[0]),
        "first": str(rows["period_label"].iloc[0]),
        "last": str(rows["period_label"].iloc[-1]),
        "points": count(int(rows["rate"].notna().sum()), language),
        "outside": count(int(outside.sum()), language),
    }
    said = [say("behaviour.alt", language, **told)]
    usual = rows[~rows["learning"].astype(bool)]
    first = usual[usual["period"] < alarms["alarm_day"].min()] if len(alarms) else usual
    before = float((first["expected"] * first["audited"]).sum() / max(first["audited"].sum(), 1))
    new = dict(zip(levels["start"], levels["rate"], strict=True))
    for alarm in alarms.sort_values("alarm_day").to_dict("records"):
        since = [day(alarm[name].date(), language) for name in ("low", "high")]
        when = since[0] if since[0] == since[1] else say("unit.from_to", language, low=since[0], high=since[1])
        dates = {"when": when, "alarm_day": day(alarm["alarm_day"].date(), language)}
        level = new.get(alarm["change_date"])
        if level is None:
            said.append(say(f"behaviour.alt_alarm_{alarm['direction']}", language, **dates))
            continue
        rates = {"before": share(before, language), "after": share(level, language)}
        said.append(say(f"behaviour.alt_moved_{alarm['direction']}", language, **rates, **dates))
        before = level
    return ("" if language == "zh-CN" else " ").join(said)


def _check_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is nothing to draw. Widen the period.")
    if rows["series"].nunique() > 1:
        raise BadTable("The table has several series, and the chart is of one. Keep its rows only.")
    if len(rows) > MOST_DAYS:
        raise BadTable(f"{len(rows)} points cannot be read. Take weeks, or at most {MOST_DAYS} days.")
    if rows.loc[rows["hidden"].astype(bool), list(NUMBERS)].notna().any(axis=None):
        raise BadTable("A hidden row has a number, and a chart carries its table along. Blank them first.")


def _step(rows: pd.DataFrame) -> pd.Timedelta:
    """How long a period is: a day, or a week where no two rows are nearer."""
    apart = rows["period"].diff().min()
    return pd.Timedelta(days=7 if apart >= pd.Timedelta(days=7) else 1)


def _outside(rows: pd.DataFrame) -> "pd.Series[bool]":
    known = ~rows["learning"].astype(bool)
    return known & ((rows["rate"] < rows["low"]) | (rows["rate"] > rows["high"]))


def _drawn(rows: pd.DataFrame, step: pd.Timedelta) -> pd.DataFrame:
    """The table's own columns; limits only where they hold; where a point stands, and whether it is outside."""
    learning = rows["learning"].astype(bool)
    limits = {name: rows[name].mask(learning) for name in ("expected", "low", "high")}
    kind = _outside(rows).map({True: "outside", False: "inside"})
    place = rows["period"] + (step / 2).floor("D")
    return rows.drop(columns=["period", "learning", "hidden"]).assign(**limits, kind=kind, place=place)


class _View:
    """What the layers share."""

    def __init__(self, rows: pd.DataFrame, days: Days, unit: str, went: list[str], language: Language) -> None:
        self.rows, self.days, self.unit, self.language = rows, days, unit, language
        self.domain = self._domain()
        self.shape = self._shape({*went, *rows["kind"]})

    def _domain(self) -> tuple[float, float]:
        """From below the lowest point to above the highest, limits too as far as they are not much further out."""
        rate = self.rows["rate"].dropna()
        ends = [rate.min(), rate.max(), self.rows["low"].quantile(FEW), self.rows["high"].quantile(1 - FEW)]
        if not np.isfinite(ends).any():
            return 0.0, 1.0
        low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
        room = 0.06 * (high - low) or 0.02
        return max(0.0, low - room), min(1.0, high + room)

    def y(self, field: str) -> alt.Y:
        axis = alt.Axis(
            format="~%", tickCount=5, orient="left", titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0,
            titleY=-12,
        )  # fmt: skip
        scale = alt.Scale(domain=list(self.domain), range=[UPPER, TOP], nice=False, zero=False, clamp=True)
        return alt.Y(f"{field}:Q", axis=axis, scale=scale, title=self.unit)

    def limits(self) -> list[alt.Chart]:
        """The band that chance leaves a point in, and the middle of it."""
        base = alt.Chart(self.rows).encode(self.days.x("place"))
        band = base.mark_area(color=BAND, opacity=0.6, interpolate="step", tooltip=None)
        middle = base.mark_line(color=DARK, strokeWidth=1.3, interpolate="step", tooltip=None)
        return [band.encode(self.y("low"), alt.Y2("high:Q")), middle.encode(self.y("expected"))]

    def new(self, levels: pd.DataFrame | None) -> list[alt.Chart]:
        """The level since a change, with what it is."""
        if levels is None or levels.empty:
            return []
        check_table(levels, LEVELS, temporal=["start", "end"])
        rows = with_numbers(levels.loc[:, list(LEVELS)], LEVELS[2:])
        rows = rows.assign(start=self.days.within(rows["start"]), end=self.days.within(rows["end"]))
        rows = rows[rows["start"] < rows["end"]]
        tooltip = [
            alt.Tooltip("rate:Q", title=say("behaviour.new_level", self.language), format=".1%"),
            *self._counts(),
            self.days.tooltip("start", "behaviour.since"),
        ]
        numbers = [share(rate, self.language) for rate in rows["rate"]]
        name = say("behaviour.new_levels", self.language, rates=say("behaviour.and_then", self.language).join(numbers))
        legend = alt.Legend(
            symbolType="stroke", symbolStrokeColor=OUTSIDE, symbolStrokeWidth=2.4, symbolSize=400, offset=ABOVE_UNIT,
            labelExpr=f"{json.dumps({'level': name})}[datum.label]", labelLimit=alt.ExprRef(f"max(200, {ROOM} - 90)"),
        )  # fmt: skip
        # Two dashes that are one: JupyterLab's Vega draws nothing for a scale of one value.
        dashes = alt.Scale(domain=["level"], range=[[6, 3], [6, 3]])
        base = alt.Chart(rows.assign(line="level")).encode(self.y("rate"), tooltip=tooltip)
        line = base.encode(alt.StrokeDash("line:N", title=None, scale=dashes, legend=legend))
        return [line.encode(self.days.x("start"), alt.X2("end:T")).mark_rule(color=OUTSIDE, strokeWidth=2.4)]

    def points(self) -> list[alt.Chart]:
        """The rates, joined; those outside their limits are square and set off."""
        base = alt.Chart(self.rows).encode(self.days.x("place"), self.y("rate"))
        told = [("rate", ".1%"), ("expected", ".1%"), ("low", ".1%"), ("high", ".1%")]
        tooltip = [
            alt.Tooltip("period_label:N", title=say("behaviour.day", self.language)),
            *(alt.Tooltip(f"{name}:Q", title=say(f"behaviour.{name}", self.language), format=how)
              for name, how in told),
            *self._counts(),
        ]  # fmt: skip
        colour = alt.condition("datum.kind == 'outside'", alt.value(OUTSIDE), alt.value(DARK))
        size = alt.condition("datum.kind == 'outside'", alt.value(2 * POINT), alt.value(POINT))
        marks = base.mark_point(filled=True, stroke=GROUND, strokeWidth=0.6, opacity=1)
        return [
            base.mark_line(color=DARK, strokeWidth=0.8, opacity=0.6, tooltip=None),
            marks.encode(self.shape, color=colour, size=size, tooltip=tooltip),
        ]

    def _shape(self, there: set[str]) -> alt.Shape:
        """Points and alarms, as far as there are such, in one legend."""
        domain = [kind for kind in SHAPES if kind in there]
        names = {kind: say(f"behaviour.{kind}", self.language) for kind in domain}
        longest = max(columns_of(name) for name in names.values())
        legend = alt.Legend(
            labelExpr=f"{json.dumps(names)}[datum.label]", symbolFillColor=INK, symbolSize=60, symbolOpacity=1,
            offset=ABOVE_UNIT, columns=alt.ExprRef(f"max(1, floor({ROOM} / {45 + 7 * longest}))"),
        )  # fmt: skip
        scale = alt.Scale(domain=domain, range=[SHAPES[kind] for kind in domain])
        return alt.Shape("kind:N", title=None, scale=scale, legend=legend)

    def since(self, alarms: pd.DataFrame | None) -> list[alt.Chart]:
        """The days that a change may have begun on, as a ground over the whole height."""
        if alarms is None or alarms.empty:
            return []
        check_table(alarms, ALARMS, temporal=["alarm_day", "low", "high"])
        rows = alarms.loc[:, ["low", "high"]].rename(columns={"low": "since", "high": "until"})
        rows = rows.assign(until=rows["until"] + pd.Timedelta(days=1))
        clipped = {name: self.days.within(rows[name]) for name in ("since", "until")}
        tooltip = [self.days.tooltip(name, f"behaviour.{name}") for name in ("since", "until")]
        name = json.dumps({"since": say("behaviour.when", self.language)})
        legend = alt.Legend(symbolType="square", symbolSize=110, labelExpr=f"{name}[datum.label]", offset=ABOVE_UNIT)
        colour = alt.Color("what:N", title=None, scale=alt.Scale(domain=["since"], range=[SINCE]), legend=legend)
        ground = alt.Chart(rows.assign(**clipped, what="since")).mark_rect(opacity=0.45)
        return [ground.encode(self.days.x("since"), alt.X2("until:T"), colour, tooltip=tooltip)]

    def noticed(self, alarms: pd.DataFrame | None, down: int) -> list[alt.Chart]:
        """The day of each alarm as a line over the whole height, with a triangle that says which way."""
        if alarms is None or alarms.empty:
            return []
        rows = alarms.loc[alarms["alarm_day"].between(self.days.first, self.days.end), ["alarm_day", "direction"]]
        tooltip = [self.days.tooltip("alarm_day", "behaviour.alarm_day")]
        base = alt.Chart(rows.rename(columns={"direction": "kind"})).encode(self.days.x("alarm_day"), tooltip=tooltip)
        mark = base.mark_point(filled=True, size=110, color=INK, opacity=1, stroke=GROUND, strokeWidth=1)
        return [base.mark_rule(color=INK, strokeWidth=1.6), mark.encode(self.shape, y=alt.value(down))]

    def grown(self, evidence: pd.DataFrame | None) -> list[alt.LayerChart]:
        """The evidence against the threshold by day, on a scale of multiples; where it goes over, a mark."""
        if evidence is None:
            return []
        check_table(evidence, EVIDENCE, temporal=["day"])
        rows = with_numbers(evidence.loc[:, list(EVIDENCE)], EVIDENCE[1:]).sort_values("day", ignore_index=True)
        rows = rows[rows["day"].between(self.days.first, self.days.end)]
        rows = rows.assign(over=rows["statistic"] >= rows["threshold"], times=np.exp(rows["statistic"]))
        called = say("behaviour.evidence", self.language)
        y = _evidence_scale(float(rows[["statistic", "threshold"]].max().max()), called)
        tooltip = [self.days.tooltip("day", "chart.day"), alt.Tooltip("times:Q", title=called, format=",.0f")]
        base = alt.Chart(rows).encode(self.days.x("day"))
        limit = alt.Chart(rows[["threshold"]].head(1)).encode(y("threshold"))
        name = limit.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=11, color=INK)
        over = base.transform_filter("datum.over").mark_point(
            filled=True, shape="diamond", size=90, color=OUTSIDE, stroke=GROUND, opacity=1
        )
        layers = [
            base.mark_area(color=BAND, opacity=0.5, tooltip=None).encode(y("statistic")),
            base.mark_line(color=DARK, strokeWidth=1.6).encode(y("statistic"), tooltip=tooltip),
            limit.mark_rule(color=INK, strokeWidth=1.2, strokeDash=[8, 3, 2, 3]),
            name.encode(x=alt.value(0), text=alt.value(say("behaviour.threshold", self.language))),
            over.encode(y("statistic"), tooltip=tooltip),
        ]
        return [alt.LayerChart(layer=layers)]

    def _counts(self) -> list[alt.Tooltip]:
        return [
            alt.Tooltip(f"{name}:Q", title=say(f"behaviour.{name}", self.language), format=",")
            for name in ("correct", "audited")
        ]


def _evidence_scale(highest: float, called: str) -> Callable[[str], alt.Y]:
    """The vertical encoding of the lower half: logs, written as what they are logs of."""
    reach = highest if np.isfinite(highest) else float(np.log(TIMES[1]))
    axis = alt.Axis(
        values=[float(np.log(times)) for times in TIMES if np.log(times) <= reach], orient="left", titleAngle=0,
        labelExpr="format(exp(datum.value), ',.0f')", titleAlign="left", titleAnchor="end", titleX=0,
        titleY=UPPER + GAP - 16,
    )  # fmt: skip
    pixels = [UPPER + GAP + LOWER, UPPER + GAP]
    scale = alt.Scale(domain=[0, 1.04 * reach], range=pixels, nice=False, clamp=True)
    return lambda field: alt.Y(f"{field}:Q", axis=axis, scale=scale, title=called)
