"""How many records there are by segment and period: one cell each, stronger where the segment has more."""

import altair as alt
import pandas as pd

from appeal_insights.charts.heat_map import STEP, WHITE_FROM, grid, marks, where
from appeal_insights.charts.palette import ON_DARK, ON_PALE, PALEST
from appeal_insights.charts.theme import (
    DARK,
    WIDTH,
    check_once,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

COLUMNS = ("period", "period_label", "segment", "records", "hidden")
MOST_SEGMENTS, MOST_PERIODS = 21, 36  # more cells than that are no longer seen one by one
DIGIT, ROUND = 6.5, 6  # pixels across that a digit of a count needs, and what is free around it


def coverage(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Records of each segment in each period, shaded by their share of the segment's busiest period that is shown.

    Takes   one row per period and segment, segments in the order they are drawn: period (first day), period_label,
            segment (label), records (a whole number), hidden (yes/no: too few to show). An empty cell gets a dash, a
            hidden one a cross.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a row comes twice, a hidden row has a number, there is no row or too many.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["period", "segment"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], ["records"]).assign(hidden=table["hidden"].astype(bool))
    segments = list(dict.fromkeys(rows["segment"].astype(str)))
    _check_rows(rows, len(segments))
    labels = list(rows.drop_duplicates("period").sort_values("period")["period_label"].astype(str))
    drawn = _drawn(rows)
    base = grid(drawn.drop(columns=["period", "hidden"]), labels, segments)
    layers = [*_cells(base, rows, len(labels), language), *marks(base, drawn, language)]
    chart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=STEP * len(segments))


def _check_rows(rows: pd.DataFrame, segments: int) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is no cell to draw. Take records in first.")
    if segments > MOST_SEGMENTS or rows["period"].nunique() > MOST_PERIODS:
        raise BadTable(f"Keep to {MOST_SEGMENTS} segments and {MOST_PERIODS} periods: more cells cannot be read.")
    if rows.loc[rows["hidden"], "records"].notna().any():
        raise BadTable("A hidden row has numbers, and a chart carries its table along. Blank them first.")


def _drawn(rows: pd.DataFrame) -> pd.DataFrame:
    """The table's own columns; for the drawing `rate`, the share of the busiest period, and what an empty cell is."""
    there = rows["records"].where(rows["records"] > 0).astype("float64")
    rate = there / there.groupby(rows["segment"]).transform("max")
    state = rows["hidden"].map({True: "hidden", False: "empty"}).where(rate.isna())
    return rows.assign(rate=rate, dark=(rate >= WHITE_FROM).fillna(False).astype(bool), state=state)


def _cells(base: alt.Chart, rows: pd.DataFrame, periods: int, language: Language) -> list[alt.Chart]:
    """The cells with records, and their number where it fits."""
    legend = alt.Legend(
        title=say("chart.of_busiest", language), format="~%", type="gradient", tickCount=4, gradientThickness=11,
        gradientLength=180, titleOrient="left", titlePadding=8, titleLimit=300,
    )  # fmt: skip
    shades = alt.Scale(domain=[0, 1], range=[PALEST, DARK], interpolate="lab")
    tooltip = [*where(language), alt.Tooltip("records:Q", title=say("chart.records", language), format=",")]
    shown = base.transform_filter("isValid(datum.rate)").encode(tooltip=tooltip)
    longest = len(f"{int(rows['records'].max()):,}") if rows["records"].notna().any() else 0
    fits = alt.ExprRef(f"width / {periods} >= {DIGIT * longest + ROUND} ? 1 : 0")
    white = alt.condition("datum.dark", alt.value(ON_DARK), alt.value(ON_PALE))
    return [
        shown.mark_rect(stroke=DARK, strokeWidth=0.4, strokeOpacity=0.5).encode(
            alt.Color("rate:Q", scale=shades, legend=legend)
        ),
        shown.mark_text(fontSize=11, opacity=fits).encode(alt.Text("records:Q", format=","), color=white),
    ]
