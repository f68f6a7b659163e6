"""A number for each day on a calendar: weekdays down, weeks across, so that gaps, holidays and rhythms are seen."""

import json

import altair as alt
import pandas as pd

from appeal_insights.charts.days import WRITTEN
from appeal_insights.charts.heat_map import STATES as CELL_STATES
from appeal_insights.charts.palette import PALEST
from appeal_insights.charts.rows import named_rows
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    QUIET,
    WIDTH,
    check_once,
    check_table,
    counts_axis,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say, short_day

COLUMNS = ("day", "records", "hidden")
MOST_DAYS = 371  # a year in whole weeks
STEP = 18  # pixels of a day
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
STATES = {"closed": "diamond", **CELL_STATES}
MOST_LABELS = 12  # of weeks


def calendar_map(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Records of each day as the shade of its cell; days off, without records and not shown are marked.

    Takes   one row a day: day, records (a whole number), hidden (yes/no: too few to show), and where known closed
            (yes: a day off). A day that has no row is left blank: nobody looked.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a date is not a plain day or comes twice, a hidden row has a number, or
                       there is no row or over a year.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["day"])
    check_once(table, ["day"])
    closed = table["closed"].eq(True) if "closed" in table.columns else pd.Series(False, index=table.index)
    rows = with_numbers(table.loc[:, list(COLUMNS)], ["records"]).assign(closed=closed)
    _check_rows(rows)
    drawn = _drawn(rows, language)
    mondays = pd.date_range(rows["day"].min(), rows["day"].max(), freq="D").to_period("W").unique().start_time
    names = named_rows([[short_day(monday.date(), language)] for monday in mondays])
    chart = alt.LayerChart(layer=_layers(drawn, names, language)).add_params(names)
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=7 * STEP)


def _check_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is no day to draw. Widen the period.")
    if (rows["day"].max() - rows["day"].min()).days >= MOST_DAYS:
        raise BadTable(f"A calendar shows at most {MOST_DAYS} days. Keep the newest.")
    if rows.loc[rows["hidden"].astype(bool), "records"].notna().any():
        raise BadTable("A hidden row has a number, and a chart carries its table along. Blank it first.")


def _drawn(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """The table's own columns; where a day stands, and what is marked in it."""
    monday = rows["day"] - pd.to_timedelta(rows["day"].dt.day_of_week, unit="D")
    empty = rows["records"].fillna(0).eq(0)
    state = pd.Series(None, index=rows.index, dtype=object).mask(rows["closed"], "closed")
    state = state.mask(empty & ~rows["closed"], "empty").mask(rows["hidden"].astype(bool), "hidden")
    names = [say(f"calendar.{name}", language) for name in WEEKDAYS]
    return rows.drop(columns=["hidden", "closed"]).assign(
        week=(monday - monday.min()).dt.days // 7,
        weekday=[names[number] for number in rows["day"].dt.day_of_week],
        state=state.where(state.notna(), None),
    )


def _layers(rows: pd.DataFrame, names: alt.Parameter, language: Language) -> list[alt.Chart]:
    weeks = int(rows["week"].max()) + 1
    across = alt.Axis(
        title=None, values=list(range(0, weeks, -(-weeks // MOST_LABELS))), labelExpr=f"{names.name}[datum.value][0]",
        labelAngle=0, labelAlign="left", labelOffset=-STEP // 2, domain=False, ticks=False,
    )  # fmt: skip
    down = alt.Axis(title=None, labelColor=INK, labelFontSize=11, domain=False, ticks=False, labelPadding=6)
    days = [say(f"calendar.{name}", language) for name in WEEKDAYS]
    base = alt.Chart(rows).encode(
        alt.X("week:O", axis=across, scale=alt.Scale(domain=list(range(weeks)), padding=0.06)),
        alt.Y("weekday:N", sort=None, axis=down, scale=alt.Scale(domain=days, padding=0.06)),
        tooltip=[
            alt.Tooltip("day:T", title=say("chart.day", language), format=WRITTEN[language]),
            alt.Tooltip("records:Q", title=say("chart.records", language), format=","),
        ],
    )
    return [_cells(base, language), *_marks(base, rows, language)]


def _cells(base: alt.Chart, language: Language) -> alt.Chart:
    legend = alt.Legend(
        title=say("chart.records", language), type="gradient", tickCount=4, gradientThickness=11, gradientLength=180,
        titleOrient="left", titlePadding=8, **counts_axis(language),
    )  # fmt: skip
    shades = alt.Scale(domainMin=0, range=[PALEST, DARK], interpolate="lab")
    cell = base.transform_filter("datum.records > 0").mark_rect(stroke=DARK, strokeWidth=0.4, strokeOpacity=0.5)
    chart: alt.Chart = cell.encode(alt.Color("records:Q", scale=shades, legend=legend))
    return chart


def _marks(base: alt.Chart, rows: pd.DataFrame, language: Language) -> list[alt.Chart]:
    """Days off, days without a record, and days with too few to show, as far as there are such."""
    there = [state for state in STATES if (rows["state"] == state).any()]
    if not there:
        return []
    names = {state: say(f"calendar.{state}", language) for state in there}
    legend = alt.Legend(
        labelExpr=f"{json.dumps(names)}[datum.label]", symbolStrokeColor=INK, symbolStrokeWidth=1.3, symbolSize=50,
        symbolOpacity=1,
    )  # fmt: skip
    shapes = alt.Scale(domain=there, range=[STATES[state] for state in there])
    marked = base.transform_filter("isValid(datum.state)")
    blank = marked.transform_filter("!(datum.records > 0)")
    mark = marked.mark_point(size=32, filled=False, color=INK, strokeWidth=1.3, opacity=1)
    return [
        blank.mark_rect(color=GROUND, stroke=QUIET, strokeWidth=0.5, strokeDash=[2, 2]),
        mark.encode(alt.Shape("state:N", title=None, scale=shapes, legend=legend)),
    ]
