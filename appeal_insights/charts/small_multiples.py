"""One small trend for each segment, all on the same scales: is it one market, or all of them?"""

import altair as alt
import pandas as pd

from appeal_insights.charts.rows import named_rows
from appeal_insights.charts.theme import (
    DARK,
    EDGE,
    INK,
    QUIET,
    TITLE_COLUMNS,
    WIDTH,
    check_once,
    check_table,
    counted,
    use_theme,
    with_numbers,
    wrapped,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

NUMBERS = ("rate", "low", "high", "numerator", "denominator")
COLUMNS = ("period", "period_label", "segment", *NUMBERS)
MOST_SEGMENTS, MOST_PERIODS = 40, 60  # more panels are no longer looked through; more periods are hair in each
ACROSS = 4  # panels beside each other
PANEL, GAP = 84, 12  # pixels: how high a panel is, and the room between two


def small_multiples(
    table: pd.DataFrame, *, title: str, unit: str, description: str, language: Language = "en"
) -> alt.FacetChart:
    """Rate by period in a panel for each segment, with its interval; behind it the first segment, to compare with.

    Takes   one row per period and segment: period (first day), period_label, segment (label), rate, low, high (shares
            0..1; null leaves a gap), numerator, denominator. The first segment is what the others are held against,
            such as all of them; it is drawn thin in every panel. Panels stand in the order of the table.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day, a row comes twice, or there are fewer than two
                       segments or more than can be looked through.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["period", "segment"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).assign(segment=table["segment"].astype(str))
    segments = list(dict.fromkeys(rows["segment"]))
    _check_rows(rows, segments)
    drawn = _drawn(rows, segments[0])
    labels = drawn.sort_values("place")["period_label"].astype(str)
    names = named_rows([[labels.iloc[0]], [labels.iloc[-1]]])
    panel = alt.LayerChart(layer=_layers(drawn, names, language)).properties(width=_width(), height=PANEL)
    header = alt.Header(
        title=None, labelAnchor="start", labelFontSize=12, labelFontWeight=600, labelColor=INK, labelLimit=_width()
    )
    chart: alt.FacetChart = panel.facet(
        facet=alt.Facet("segment:N", sort=segments, title=None, header=header), columns=ACROSS, data=drawn, spacing=GAP
    )
    heading = alt.TitleParams(
        text=wrapped(title, TITLE_COLUMNS), subtitle=unit, subtitleColor=QUIET, subtitleFontSize=12, subtitlePadding=6
    )
    return chart.add_params(names).properties(title=heading, description=description)


def _check_rows(rows: pd.DataFrame, segments: list[str]) -> None:
    if not 2 <= len(segments) <= MOST_SEGMENTS:
        raise BadTable(
            f"There is a panel for each of 2 to {MOST_SEGMENTS} segments, and the table has {len(segments)}. "
            "Keep those with most records."
        )
    if rows["period"].nunique() > MOST_PERIODS:
        raise BadTable(f"{rows['period'].nunique()} periods cannot be read in a small panel. Take longer ones.")


def _width() -> int:
    return (WIDTH - (ACROSS - 1) * GAP) // ACROSS


def _drawn(rows: pd.DataFrame, first: str) -> pd.DataFrame:
    """The table's own columns, and beside each rate that of the first segment in the same period."""
    behind = rows.loc[rows["segment"] == first].set_index("period")["rate"]
    place = rows["period"].rank(method="dense").astype("int64") - 1
    return rows.assign(behind=rows["period"].map(behind), place=place).drop(columns="period")


def _layers(rows: pd.DataFrame, names: alt.Parameter, language: Language) -> list[alt.Chart]:
    named = alt.Axis(
        title=None, values=sorted({0, int(rows["place"].max())}), ticks=False, labelFontSize=10, labelPadding=3,
        labelFlush=True, labelExpr=f"{names.name}[datum.value == 0 ? '0' : '1'][0]",
    )  # fmt: skip
    base = alt.Chart().encode(
        alt.X("place:Q", axis=named, scale=alt.Scale(nice=False, zero=False)),
        tooltip=[
            alt.Tooltip("segment:N", title=say("chart.segment", language)),
            alt.Tooltip("period_label:N", title=say("chart.period", language)),
            *counted(language),
        ],
    )
    axis = alt.Axis(title=None, format="~%", tickCount=3, labelFontSize=10)
    scale = alt.Scale(zero=False, nice=True)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", axis=axis, scale=scale)

    return [
        base.mark_area(color=DARK, opacity=0.14, tooltip=None).encode(y("low"), alt.Y2("high:Q")),
        base.mark_line(color=EDGE, strokeWidth=1.2, strokeDash=[3, 2], tooltip=None).encode(y("behind")),
        base.mark_line(color=DARK, strokeWidth=1.8, tooltip=None).encode(y("rate")),
        base.mark_point(color=DARK, filled=True, size=14, opacity=1).encode(y("rate")),
    ]
