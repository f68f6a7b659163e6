"""A rate by segment and period: one cell each, stronger where the rate is higher, crossed where nothing is shown."""

import json
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.palette import ON_DARK, ON_PALE, PALEST
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    QUIET,
    ROOM,
    WIDTH,
    check_once,
    check_table,
    counted,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

NUMBERS = ("rate", "low", "high", "numerator", "denominator")
COLUMNS = ("period", "period_label", "segment", *NUMBERS, "hidden")
WHITE_FROM = 0.705  # of the way from PALEST to DARK: from here on white text is easier to read on a cell than black
STEP = 30  # pixels for one segment
MOST_SEGMENTS, MOST_PERIODS = 20, 72  # more cells than that are no longer seen one by one
FITS = 30  # pixels across that a cell needs to hold its percentage
LABELS = alt.ExprRef(f"{ROOM} < 520 ? 110 : 220")  # pixels for a segment's label
# The label of the last period ends under its cell; centred, it would reach out of the picture. (An axis numbers its
# labels from 0 to 1.)
AT_THE_EDGE: Any = {"condition": {"test": "datum.index == 1", "value": "right"}, "value": "center"}
STATES = {"hidden": "M-1,-1L1,1M1,-1L-1,1", "empty": "M-0.7,0L0.7,0"}  # a cross and a dash


def heat_map(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Rate of each segment in each period as the shade of a cell, segments in the order the table has.

    Takes   one row per period and segment: period (first day), period_label, segment (label), rate, low, high (shares
            0..1), numerator, denominator, hidden (yes/no: too few records to show). A cell without a rate gets a
            cross where it is hidden, else a dash; one that has no row is left blank.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day, a row comes twice, a hidden row has a rate,
                       there is no row, or there are more segments or periods than can be read.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["period", "segment"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).assign(hidden=table["hidden"].astype(bool))
    _check_rows(rows)
    segments = list(dict.fromkeys(rows["segment"].astype(str)))
    labels = rows.drop_duplicates("period").sort_values("period")["period_label"].astype(str)
    base = grid(_drawn(rows), list(labels), segments)
    chart = alt.LayerChart(layer=[*_cells(base, rows, len(labels), language), *marks(base, rows, language)])
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=STEP * len(segments))


def _check_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is no cell to draw. Widen the period.")
    segments, periods = rows["segment"].nunique(), rows["period"].nunique()
    if segments > MOST_SEGMENTS or periods > MOST_PERIODS:
        raise BadTable(
            f"A heat map of {segments} segments and {periods} periods cannot be read. Keep {MOST_SEGMENTS} segments "
            f"and {MOST_PERIODS} periods, or take longer periods."
        )
    if rows.groupby("period_label")["period"].nunique().max() > 1:
        raise BadTable("Two periods have the same label. Give each its own.")
    if rows.loc[rows["hidden"], list(NUMBERS)].notna().any(axis=None):
        raise BadTable("A hidden row has numbers, and a chart carries its table along. Blank them first.")


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """The table's own columns, and for the drawing whether a cell is dark and what is marked in one without a rate."""
    low, high = _domain(rows)
    state = rows["hidden"].map({True: "hidden", False: "empty"}).where(rows["rate"].isna())
    return rows.drop(columns=["period", "hidden"]).assign(
        dark=(rows["rate"] - low >= WHITE_FROM * (high - low)).fillna(False).astype(bool), state=state
    )


def _domain(rows: pd.DataFrame) -> tuple[float, float]:
    """From the lowest to the highest rate shown."""
    if rows["rate"].isna().all():
        return 0.0, 1.0
    low, high = float(rows["rate"].min()), float(rows["rate"].max())
    return (low, high) if low < high else (max(0.0, low - 0.01), min(1.0, high + 0.01))


def grid(rows: pd.DataFrame, labels: list[str], segments: list[str]) -> alt.Chart:
    """What all layers share: periods across, segments down, in these orders."""
    across = alt.Axis(
        title=None,
        labelAngle=0,
        labelOverlap="greedy",
        labelAlign=AT_THE_EDGE,
        labelSeparation=8,
        domain=False,
        ticks=False,
    )
    down = alt.Axis(title=None, labelColor=INK, labelLimit=LABELS, domain=False, ticks=False)
    return alt.Chart(rows).encode(
        alt.X("period_label:N", sort=None, axis=across, scale=alt.Scale(domain=labels, padding=0.04)),
        alt.Y("segment:N", sort=None, axis=down, scale=alt.Scale(domain=segments, paddingInner=0.08)),
    )


def _cells(base: alt.Chart, rows: pd.DataFrame, periods: int, language: Language) -> list[alt.Chart]:
    """The cells with a rate, and the rate in them where it fits."""
    low, high = _domain(rows)
    legend = alt.Legend(
        title=say("chart.rate", language), format="~%", type="gradient", tickCount=4, gradientThickness=11,
        gradientLength=180, titleOrient="left", titlePadding=8,
    )  # fmt: skip
    shades = alt.Scale(domain=[low, high], range=[PALEST, DARK], interpolate="lab")
    shown = base.transform_filter("isValid(datum.rate)").encode(tooltip=_tooltip(language))
    cells = shown.mark_rect(stroke=DARK, strokeWidth=0.4, strokeOpacity=0.5)
    fits = alt.ExprRef(f"width / {periods} >= {FITS} ? 1 : 0")
    white = alt.condition("datum.dark", alt.value(ON_DARK), alt.value(ON_PALE))
    return [
        cells.encode(alt.Color("rate:Q", scale=shades, legend=legend)),
        shown.mark_text(fontSize=11, opacity=fits).encode(alt.Text("rate:Q", format=".0%"), color=white),
    ]


def marks(base: alt.Chart, rows: pd.DataFrame, language: Language) -> list[alt.Chart]:
    """The cells without a rate: a thin frame and a mark, which the legend names."""
    there = [state for state, is_it in (("hidden", True), ("empty", False)) if _any(rows, is_it)]
    if not there:
        return []
    names = {state: say(f"chart.{state}", language) for state in there}
    legend = alt.Legend(
        title=None, labelExpr=f"{json.dumps(names)}[datum.label]", symbolStrokeColor=QUIET, symbolStrokeWidth=1.4,
        symbolSize=40,
    )  # fmt: skip
    shapes = alt.Scale(domain=there, range=[STATES[state] for state in there])
    blank = base.transform_filter("!isValid(datum.rate)").encode(tooltip=where(language))
    frame = blank.mark_rect(color=GROUND, stroke=QUIET, strokeWidth=0.5, strokeDash=[2, 2])
    mark = blank.mark_point(size=34, color=QUIET, strokeWidth=1.3, opacity=1)
    return [
        frame,
        mark.encode(alt.Shape("state:N", scale=shapes, legend=legend)),
    ]


def _any(rows: pd.DataFrame, hidden: bool) -> bool:
    return bool((rows["rate"].isna() & (rows["hidden"] == hidden)).any())


def where(language: Language) -> list[alt.Tooltip]:
    """What a tooltip says of a cell's place."""
    return [
        alt.Tooltip("segment:N", title=say("chart.segment", language)),
        alt.Tooltip("period_label:N", title=say("chart.period", language)),
    ]


def _tooltip(language: Language) -> list[alt.Tooltip]:
    return [*where(language), *counted(language)]
