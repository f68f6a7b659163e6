"""Rates of segments beneath each other, each as a point with its interval as a stroke."""

import altair as alt
import pandas as pd

from appeal_insights.charts.rows import TICKS, height_of, lines_of, named_rows, placed, y_of
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
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
COLUMNS = ("segment", *NUMBERS)
MOST_ROWS = 20  # more are read in the table
POINT = 70  # square pixels


def ranges(
    table: pd.DataFrame, *, title: str, unit: str, description: str, language: Language = "en"
) -> alt.LayerChart:
    """Rate of each segment with its interval; the first row, which is everything together, is drawn as a diamond.

    Takes   one row per segment (label): rate, low, high (shares 0..1), numerator, denominator.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column or a rate is missing, a segment comes twice, there is no row, or over twenty.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["segment"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS)
    if not 0 < len(rows) <= MOST_ROWS or rows["rate"].isna().any():
        raise BadTable(f"Ranges show 1 to {MOST_ROWS} segments that have a rate, and the table has {len(rows)}.")
    names = [lines_of(str(name)) for name in rows["segment"]]
    labels = named_rows(names)
    drawn = placed(rows).assign(whole=lambda every: every["place"] == 0)
    base = alt.Chart(drawn).encode(
        y_of(labels, ticks=False, domain=False),
        tooltip=[alt.Tooltip("segment:N", title=say("chart.segment", language)), *counted(language)],
    )
    scale = alt.Scale(zero=False, nice=True, domainMax=min(1.0, float(rows["high"].max()) + 0.005))
    x = alt.X("low:Q", title=unit, scale=scale, axis=alt.Axis(format=".0%", grid=True, domain=False, tickCount=TICKS))
    point = base.encode(alt.X("rate:Q"), shape=alt.condition("datum.whole", alt.value("diamond"), alt.value("circle")))
    layers = [
        base.mark_rule(color=DARK, strokeWidth=2).encode(x, alt.X2("high:Q")),
        point.mark_point(filled=True, size=POINT, color=INK, stroke=GROUND, strokeWidth=1.2, opacity=1),
    ]
    chart = alt.LayerChart(layer=layers).add_params(labels)
    return chart.properties(title=titled(title), description=description, height=height_of(names))
