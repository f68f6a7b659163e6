"""How long cases wait: the share still open after each time, open cases counted for as long as they were seen."""

import json
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import (
    COLOURS,
    DARK,
    DASHES,
    INK,
    MOST_SEGMENTS,
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
from appeal_insights.language import DAY, HOUR, Language, duration, say

NUMBERS = ("seconds", "still_open", "low", "high", "at_risk")
COLUMNS = ("segment", *NUMBERS)
MOST_ROWS = 4000  # steps of all lines: with more, merge times that no eye can tell apart
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis
IN_DAYS = 3 * DAY  # from here on an axis is read in days


def waiting_curve(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    promise: float | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """Share of cases still open after each time, one stepped line per segment with its interval; it only falls.

    Takes   table    rows of `analysis.waiting.survival` with the segment (label) they are of: segment, seconds,
                     still_open, low, high (shares 0..1; low and high may be null), at_risk.
            promise  the seconds within which a case is to be closed, as a line down.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a segment has two rows of one time, there is no row, over six segments or
                       more steps than can be told apart.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["segment", "seconds"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).assign(segment=table["segment"].astype(str))
    segments = list(dict.fromkeys(rows["segment"]))
    if not 0 < len(segments) <= MOST_SEGMENTS or len(rows) > MOST_ROWS:
        raise BadTable(
            f"A curve is of 1 to {MOST_SEGMENTS} segments and {MOST_ROWS} steps; the table has {len(segments)} and "
            f"{len(rows)}. Keep the largest segments, or put times together."
        )
    drawn, size = _drawn(rows, segments, language)
    layers = [*_curves(drawn, segments, size, unit, language), *_promised(promise, size, language)]
    chart: alt.LayerChart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description, width=WIDTH)


def _drawn(rows: pd.DataFrame, segments: list[str], language: Language) -> tuple[pd.DataFrame, int]:
    """The table's own columns, each line begun at 1 after no time; times in hours, or in days where they are long."""
    first = pd.DataFrame({"segment": segments, "seconds": 0.0, "still_open": 1.0, "low": 1.0, "high": 1.0})
    known = rows.loc[rows["seconds"] == 0, "segment"]
    every = pd.concat([first[~first["segment"].isin(known)], rows], ignore_index=True)
    every = every.sort_values(["segment", "seconds"], ignore_index=True)
    size = DAY if every["seconds"].max() >= IN_DAYS else HOUR
    told = [duration(seconds, language) for seconds in every["seconds"]]
    return every.assign(after=every["seconds"] / size, told=told), size


def _curves(rows: pd.DataFrame, segments: list[str], size: int, unit: str, language: Language) -> list[alt.Chart]:
    several = len(segments) > 1
    longest = max(columns_of(name) for name in segments)
    legend = alt.Legend(
        offset=ABOVE_UNIT, symbolType="stroke", symbolSize=400, symbolStrokeWidth=2, symbolOpacity=1,
        columns=alt.ExprRef(f"max(1, floor({ROOM} / {45 + 8 * longest}))"),
    )  # fmt: skip
    how: dict[str, Any] = {"title": None, "sort": None, "legend": legend if several else None}
    colours = alt.Scale(domain=segments, range=list(COLOURS[: len(segments)]) if several else [DARK])
    colour = alt.Color("segment:N", scale=colours, **how)
    dash = alt.StrokeDash("segment:N", scale=alt.Scale(domain=segments, range=list(DASHES[: len(segments)])), **how)
    axis = alt.Axis(format="~%", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-12)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(domain=[0, 1], nice=False), title=unit)

    base = alt.Chart(rows).encode(_x("after", size, language))
    shares = {"still_open": "waiting_chart.still_open", "low": "chart.low", "high": "chart.high"}
    tooltip = [
        *([alt.Tooltip("segment:N", title=say("chart.segment", language))] if several else []),
        alt.Tooltip("told:N", title=say("waiting_chart.after", language)),
        *(alt.Tooltip(f"{name}:Q", title=say(key, language), format=".1%") for name, key in shares.items()),
        alt.Tooltip("at_risk:Q", title=say("waiting_chart.at_risk", language), format=","),
    ]
    band = base.mark_area(opacity=0.14, interpolate="step-after", tooltip=None)
    line = base.mark_line(strokeWidth=2, interpolate="step-after", tooltip=None)
    points = base.mark_point(size=40, filled=True, opacity=0)  # unseen; they answer the pointer
    return [
        band.encode(y("low"), alt.Y2("high:Q"), colour),
        line.encode(y("still_open"), colour, dash),
        points.encode(y("still_open"), tooltip=tooltip),
    ]


def _x(field: str, size: int, language: Language) -> alt.X:
    axis = alt.Axis(
        title=say(f"waiting_chart.{'days' if size == DAY else 'hours'}", language), format="~f", tickCount=8
    )
    return alt.X(f"{field}:Q", axis=axis, scale=alt.Scale(domainMin=0, nice=False))


def _promised(promise: float | None, size: int, language: Language) -> list[alt.Chart]:
    """What was promised, as a dashed line over the whole height with its name."""
    if promise is None:
        return []
    told = say("waiting_chart.promise", language, time=duration(promise, language))
    legend = alt.Legend(
        offset=ABOVE_UNIT, symbolType="stroke", symbolDash=[4, 3], symbolStrokeColor=INK, symbolStrokeWidth=1.2,
        symbolSize=400, labelExpr=f"{json.dumps({'promise': told})}[datum.label]",
    )  # fmt: skip
    # From 1 to 1: JupyterLab's Vega draws nothing for a scale of one value.
    named = alt.Opacity("of:N", title=None, scale=alt.Scale(domain=["promise"], range=[1, 1]), legend=legend)
    rows = pd.DataFrame({"after": [promise / size], "of": ["promise"]})
    rule = alt.Chart(rows).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.2, tooltip=None)
    return [rule.encode(_x("after", size, language), named)]
