"""A rate over time: one line per segment with its interval, gaps where there is nothing, and what happened when."""

import zlib
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import (
    COLOURS,
    DARK,
    DASHES,
    GROUND,
    INK,
    MARKS,
    MOST_SEGMENTS,
    QUIET,
    ROOM,
    check_once,
    check_table,
    counted,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

COLUMNS = ("period", "period_label", "segment", "rate", "low", "high", "numerator", "denominator", "mature")
NUMBERS = ("rate", "low", "high", "numerator", "denominator")
MOST_TICKS = 13  # more period labels than this do not fit beside each other at the theme's width
SPAN = "#6f8fae"  # see-through, so that the grid stays to be read
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis
POINT = 46  # square pixels
TARGET_DASH = [8, 3, 2, 3]  # unlike the dashes of events, and it lies across
EARLY = 0.3  # of the axis: the label of a target whose line ends before this begins where the line does
LABEL_SPAN = 3  # points at the end of a target's line that its label is about as long as
CLOSE = 0.03  # of the axis: event numbers nearer than this are put one above the other
_DAY_FORMAT = {"en": "%-d %B %Y", "zh-CN": "%Y年%-m月%-d日"}


def trend(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    events: pd.DataFrame | None = None,
    spans: pd.DataFrame | None = None,
    targets: pd.DataFrame | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """Rate by period, one line per segment, with its interval as a band; a null rate leaves a gap.

    Takes   table    one row per period and segment: period (first day), period_label, segment (label), rate, low, high
                     (shares 0..1), numerator, denominator, mature (yes/no: no is drawn hollow).
            events   starts_on (day), title: a dashed rule with a number, named in the legend.
            spans    start, end (the day after the last), label: a shaded ground.
            targets  start, end (the day after the last), value (share 0..1), label: a thin dashed line across.
            A point stands in the middle of its period, so that days and spans fall where they belong.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day, a row comes twice, or over six segments.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["period", "segment"])
    axis = _Axis(table)
    rows = _rows(table, axis, language)
    promised = _targets(targets, axis, rows)
    layers = [
        *_span_layers(spans, axis),
        *_target_lines(promised, axis, rows, unit),
        *_rate_layers(rows, axis, unit, language),
        *_event_layers(events, axis, language),
        *_target_names(promised, axis, rows, unit),
    ]
    labels = alt.param(name=axis.param, value=axis.labels)
    chart = alt.LayerChart(layer=layers).add_params(labels)
    return chart.properties(title=titled(title), description=description)


class _Axis:
    """Where the days fall: the whole span drawn, the middle of each period, and the label under it."""

    def __init__(self, table: pd.DataFrame) -> None:
        starts = pd.Series(table["period"].unique()).sort_values(ignore_index=True)
        if starts.empty:
            raise BadTable("The table has no row, so there is no trend to draw. Widen the period.")
        alone = len(starts) == 1  # how long it is cannot be told from it, and need not
        step = pd.Timedelta(days=1) if alone else starts.diff().min()
        self.shift = (step / 2).floor("D")
        self.first = starts.iloc[0] - step if alone else starts.iloc[0]
        self.last = starts.iloc[-1] + step
        names = table.drop_duplicates("period").set_index("period")["period_label"].astype(str)
        # Labels travel as the value of a parameter: data that is looked up, never part of an expression.
        self.labels = {f"{start + self.shift:%Y-%m-%d}": names[start] for start in starts}
        self.param = f"period_labels_{zlib.crc32(repr(sorted(self.labels.items())).encode()):08x}"
        every = -(-len(starts) // MOST_TICKS)
        self.ticks = [_day(start + self.shift) for start in starts.iloc[(len(starts) - 1) % every :: every]]

    def fraction(self, day: pd.Timestamp) -> float:
        """How far along the axis a day is, 0..1."""
        return float((day - self.first) / (self.last - self.first))

    def x(self, field: str, **more: Any) -> alt.X:
        """The horizontal encoding that all layers share; `domain` is for one of them, for more than one would clash."""
        axis = alt.Axis(
            title=None,
            values=self.ticks,
            labelExpr=f"{self.param}[timeFormat(datum.value, '%Y-%m-%d')] || ''",
            labelOverlap="greedy",
            labelSeparation=10,
        )
        return alt.X(f"{field}:T", axis=axis, **more)

    @property
    def domain(self) -> alt.Scale:
        """From the first day of the first period to the day after the last of the last."""
        return alt.Scale(domain=[_day(self.first), _day(self.last)])


def _day(day: pd.Timestamp) -> alt.DateTime:
    """A day in the viewer's own calendar, whatever the zone."""
    return alt.DateTime(year=day.year, month=day.month, date=day.day)


def _rows(table: pd.DataFrame, axis: _Axis, language: Language) -> pd.DataFrame:
    """The table's own columns, and for the drawing where a point stands and what its maturity is called."""
    settled = {True: say("chart.mature", language), False: say("chart.immature", language)}
    rows = with_numbers(table.loc[:, list(COLUMNS)].drop(columns="mature"), NUMBERS)
    # A band needs two points beside each other; a point without a neighbour gets its interval as a stroke.
    known = rows.sort_values("period").groupby("segment", sort=False)["rate"]
    alone = rows["rate"].notna() & known.shift(1).isna() & known.shift(-1).isna()
    return rows.assign(
        alone=alone, place=table["period"] + axis.shift, settled=table["mature"].astype(bool).map(settled)
    )


def _rate_layers(rows: pd.DataFrame, axis: _Axis, unit: str, language: Language) -> list[alt.Chart]:
    segments = list(dict.fromkeys(rows["segment"].astype(str)))
    if (n := len(segments)) > MOST_SEGMENTS:
        raise BadTable(f"A trend of {n} segments cannot be read. Keep {MOST_SEGMENTS - 1} and put the rest together.")
    legend = None
    if n > 1:
        legend = alt.Legend(columns=_columns(segments), offset=ABOVE_UNIT, symbolOpacity=1, symbolDash=[1, 0])
    named: dict[str, Any] = {"legend": legend, "title": None, "sort": None}
    colours = alt.Scale(domain=segments, range=list(COLOURS[:n]) if n > 1 else [DARK])
    colour = alt.Color("segment:N", scale=colours, **named)
    fill = alt.Fill("segment:N", scale=colours, **named)
    dash = alt.StrokeDash("segment:N", scale=alt.Scale(domain=segments, range=list(DASHES[:n])), **named)
    mark = alt.Shape("segment:N", scale=alt.Scale(domain=segments, range=list(MARKS[:n])), **named)

    base = alt.Chart(rows).encode(axis.x("place"))
    band = base.encode(axis.x("place", scale=axis.domain), _y("low", rows, unit), alt.Y2("high:Q"), colour)
    points = base.encode(_y("rate", rows, unit), mark)
    under = points.mark_point(filled=True, size=POINT, color=GROUND, opacity=1)
    over = points.encode(colour, fill, *_settled(rows, language), tooltip=_tooltip(n, language))
    return [
        band.mark_area(opacity=0.14),
        *([band.transform_filter("datum.alone").mark_rule(strokeWidth=1.6)] if rows["alone"].any() else []),
        base.mark_line().encode(_y("rate", rows, unit), colour, dash),
        under,
        over.mark_point(strokeWidth=1.8, opacity=1),
    ]


def _y(field: str, rows: pd.DataFrame, unit: str) -> alt.Y:
    """Percent, from about the lowest value on: a trend shows movement. The padding keeps room for labels."""
    drawn = rows[["rate", "low", "high"]].notna().any(axis=None)
    scale = alt.Scale(zero=False, padding=22) if drawn else alt.Scale(domain=[0, 1])
    axis = alt.Axis(format="~%", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-12)
    return alt.Y(f"{field}:Q", scale=scale, axis=axis, title=unit)


def _settled(rows: pd.DataFrame, language: Language) -> tuple[alt.FillOpacity, alt.Size]:
    """Settled points are full, the others hollow. A legend cannot show how full; that of a size can, one for all."""
    names = [say("chart.mature", language), say("chart.immature", language)]
    legend = alt.Legend(
        values=names[1:],
        offset=ABOVE_UNIT,
        symbolType="circle",
        symbolFillColor=GROUND,
        symbolStrokeColor=QUIET,
        symbolStrokeWidth=1.8,
    )
    shown = legend if (rows["rate"].notna() & (rows["settled"] == names[1])).any() else None
    return (
        alt.FillOpacity("settled:O", scale=alt.Scale(domain=names, range=[1, 0]), legend=None),
        alt.Size("settled:O", title=None, scale=alt.Scale(domain=names, range=[POINT, POINT]), legend=shown),
    )


def _tooltip(segments: int, language: Language) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("period_label:N", title=say("chart.period", language)),
        *([alt.Tooltip("segment:N", title=say("chart.segment", language))] if segments > 1 else []),
        *counted(language),
        alt.Tooltip("settled:N", title=say("chart.maturity", language)),
    ]


def _columns(labels: list[str]) -> Any:
    """Fewer legend columns where labels are long or the screen is narrow."""
    longest = max(len(label) for label in labels)
    return alt.ExprRef(f"max(1, floor({ROOM} / {min(300, 60 + 8 * longest)}))")


def _span_layers(spans: pd.DataFrame | None, axis: _Axis) -> list[alt.Chart]:
    if spans is None or spans.empty:
        return []
    check_table(spans, ["start", "end", "label"], temporal=["start", "end"])
    start, end = spans["start"].clip(axis.first, axis.last), spans["end"].clip(axis.first, axis.last)
    rows = pd.DataFrame({"start": start, "end": end, "label": spans["label"]})
    rows["middle"] = (start + (end - start) / 2).dt.floor("D")
    rows["part"] = ((end - start) / (axis.last - axis.first)).round(4)
    base = alt.Chart(rows[rows["part"] > 0])
    ground = base.mark_rect(color=SPAN, opacity=0.12, stroke=SPAN, strokeOpacity=0.9, tooltip=None)
    fitting = alt.ExprRef("datum.part * width - 6")
    name = base.mark_text(baseline="bottom", dy=-6, color=QUIET, fontSize=11, limit=fitting, tooltip=None)
    return [
        ground.encode(axis.x("start"), alt.X2("end:T")),
        name.encode(axis.x("middle"), alt.Text("label:N"), y=alt.value("height")),
    ]


def _targets(targets: pd.DataFrame | None, axis: _Axis, rows: pd.DataFrame) -> pd.DataFrame:
    """The targets within the days drawn, and for the label of each: above the line or below, at its end or its start.

    It keeps away from the last points, and from the axis where a line ends early.
    """
    if targets is None or targets.empty:
        return pd.DataFrame()
    check_table(targets, ["start", "end", "value", "label"], temporal=["start", "end"])
    known = with_numbers(targets.loc[:, ["start", "end", "value", "label"]], ["value"])
    drawn = known.assign(**{name: known[name].clip(axis.first, axis.last) for name in ("start", "end")})
    points = rows.sort_values("place")
    near = [points.loc[points["place"] < end, "rate"].tail(LABEL_SPAN).mean() for end in drawn["end"]]
    early = drawn["end"].map(axis.fraction) < EARLY
    drawn = drawn.assign(
        above=pd.Series(near, index=drawn.index).lt(drawn["value"]),
        align=early.map({True: "left", False: "right"}),
        at=drawn["end"].mask(early, drawn["start"]),
    )
    return drawn[drawn["start"] < drawn["end"]]


def _target_lines(targets: pd.DataFrame, axis: _Axis, rows: pd.DataFrame, unit: str) -> list[alt.Chart]:
    if targets.empty:
        return []
    across = alt.Chart(targets).encode(axis.x("start"), _y("value", rows, unit), alt.X2("end:T"))
    return [across.mark_rule(color=INK, strokeDash=TARGET_DASH, strokeWidth=1.2, tooltip=None)]


def _target_names(targets: pd.DataFrame, axis: _Axis, rows: pd.DataFrame, unit: str) -> list[alt.Chart]:
    """The label of each target's line, free of what lies behind it."""
    layers = []
    for (above, align), part in targets.groupby(["above", "align"]) if len(targets) else ():
        base = alt.Chart(part).encode(axis.x("at"), _y("value", rows, unit), alt.Text("label:N"))
        place = {"baseline": "bottom", "dy": -4} if above else {"baseline": "top", "dy": 5}
        how: dict[str, Any] = {"align": align, "fontSize": 11, "tooltip": None, **place}
        layers += [
            base.mark_text(**how, stroke=GROUND, strokeWidth=3, strokeJoin="round"),
            base.mark_text(**how, color=INK),
        ]
    return layers


def _event_layers(events: pd.DataFrame | None, axis: _Axis, language: Language) -> list[alt.Chart]:
    if events is None or events.empty:
        return []
    check_table(events, ["starts_on", "title"], temporal=["starts_on"])
    rows = _numbered(events[events["starts_on"].between(axis.first, axis.last)], axis)
    if rows.empty:
        return []
    legend = alt.Legend(
        title=say("chart.events", language),
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
        alt.Tooltip("title:N", title=say("chart.event", language)),
        alt.Tooltip("starts_on:T", title=say("chart.day", language), format=_DAY_FORMAT[language]),
    ]
    base = alt.Chart(rows).encode(axis.x("starts_on"), tooltip=tooltip)
    high = base.encode(alt.Y("above:Q", scale=None))
    pin = high.mark_point(shape="circle", size=230, filled=True, color=GROUND, stroke=INK, strokeWidth=1.2, opacity=1)
    return [
        base.mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.2).encode(named),
        pin,
        high.mark_text(fontSize=11, fontWeight=600, baseline="middle").encode(alt.Text("number:N")),
    ]


def _numbered(events: pd.DataFrame, axis: _Axis) -> pd.DataFrame:
    """Events by day with a number for the rule, a text for the legend, and how far down (pixels) the number stands."""
    rows = events.loc[:, ["starts_on", "title"]].sort_values("starts_on", kind="stable", ignore_index=True)
    above: list[int] = []
    last = -1.0
    for day in rows["starts_on"]:
        along = axis.fraction(day)
        above.append(above[-1] + 19 if above and along - last < CLOSE else 14)
        last = along
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    named = [f"{number}. {title}" for number, title in zip(numbers, rows["title"], strict=True)]
    return rows.assign(number=numbers, named=named, above=above)
