"""Many small lines, one for each metric: the course alone, each on its own scale, with its newest value at its end."""

import altair as alt
import pandas as pd

from appeal_insights.charts.rows import LABELS, LINE, lines_of, named_rows
from appeal_insights.charts.theme import (
    DARK,
    INK,
    LIGHT,
    check_once,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

COLUMNS = ("name", "nth", "period_label", "value", "told")
HEIGHT = 34  # pixels of a row
USED = 0.68  # of a row's height, so that lines of two metrics never touch
ROOM_FOR_VALUE = 74  # pixels at the right for the newest value
POINT = 46  # square pixels


def sparklines(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """One small line per metric, from its lowest to its highest value; a period without a value leaves a gap.

    Takes   one row per metric and period: name (of the metric), nth (of the period, from 0 on), period_label, value
            (any number), told (the value as it is read). Metrics stand in the order in which they come.
    Gives   a plain chart. Heights of two metrics cannot be compared; the newest value is written at its line's end.
    Raises  BadTable   a column is missing, a period comes twice, or there is no row.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["name", "nth"])
    if table.empty:
        raise BadTable("There is no row. A sparkline wants at least one period.")
    rows = placed(with_numbers(table.loc[:, list(COLUMNS)], ["nth", "value"]))
    names = list(dict.fromkeys(rows["name"]))
    labels = named_rows([lines_of(name) for name in names])
    chart = alt.LayerChart(layer=_layers(rows, labels, len(names), language)).add_params(labels)
    return chart.properties(title=titled(title), description=description, height=HEIGHT * len(names))


def placed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the place of each metric, and the height of each value: its place, and within it its own scale."""
    of = rows.groupby("name", sort=False)
    lowest, highest = of["value"].transform("min"), of["value"].transform("max")
    part = ((rows["value"] - lowest) / (highest - lowest).where(highest > lowest)).fillna(0.5)
    place = of.ngroup()
    height = (place + USED * (0.5 - part)).where(rows["value"].notna())
    return rows.assign(place=place, height=height, newest=rows["nth"] == of["nth"].transform("max"))


def _layers(rows: pd.DataFrame, labels: alt.Parameter, count: int, language: Language) -> list[alt.Chart]:
    axis = alt.Axis(
        values=list(range(count)),
        labelExpr=f"{labels.name}[datum.value]",
        labelColor=INK,
        labelLimit=LABELS,
        labelLineHeight=LINE,
        labelOffset=alt.ExprRef(f"{-LINE / 2} * (length({labels.name}[datum.value]) - 1)"),
        grid=False,
    )
    across = alt.Scale(nice=False, zero=False, range=[6, alt.ExprRef(f"width - {ROOM_FOR_VALUE}")])
    down = alt.Scale(domain=[-0.5, count - 0.5], reverse=True, nice=False, zero=False)
    told = {"name": "sparkline_of", "period_label": "sparkline_period", "told": "sparkline_value"}
    shown = alt.Chart(rows).encode(
        x=alt.X("nth:Q", axis=None, scale=across),
        y=alt.Y("height:Q", title=None, axis=axis, scale=down),
        tooltip=[alt.Tooltip(f"{name}:N", title=say(f"chart.{key}", language)) for name, key in told.items()],
    )
    newest = shown.transform_filter("datum.newest && isValid(datum.height)")
    return [
        shown.mark_line(color=DARK, strokeWidth=1.8).encode(detail="place:N"),
        shown.mark_circle(color=DARK, size=14, opacity=1),
        newest.mark_point(color=DARK, fill=LIGHT, size=POINT, opacity=1),
        newest.mark_text(align="left", dx=10, color=INK, fontWeight=600).encode(text="told:N"),
    ]
