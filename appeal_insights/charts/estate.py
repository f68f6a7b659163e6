"""All series at a glance: how far each week lay from what was expected, and the alarms in their weeks."""

import json

import altair as alt
import numpy as np
import pandas as pd

from appeal_insights.charts.audited import COLUMNS, NUMBERS
from appeal_insights.charts.heat_map import AT_THE_EDGE, LABELS
from appeal_insights.charts.palette import ABOVE, AS_EXPECTED, BELOW, ON_DARK, ON_PALE
from appeal_insights.charts.theme import (
    GROUND,
    INK,
    QUIET,
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
from appeal_insights.language import Language, count, points_number, say

ALARMS = ("series", "alarm_day", "direction")
WHITE_FROM = 0.7  # of the scale downwards: from here on white text is easier to read on a cell than black
STRIPED = 0.25  # of the scale: cells further above have a stripe, for in grey print both ends are dark
WIDE = 0.1  # share: a cell whose limits lie further out than this is drawn small, for chance alone colours it
LEAST_SCALE, MOST_SCALE = 4, 15  # points at the ends of the scale
USUAL = 0.98  # of the cells that are not small: so many lie within the scale
MOST_SERIES, MOST_WEEKS = 64, 60  # more cells than that are no longer seen one by one
ROOMY, TIGHT, MANY = 20, 14, 24  # pixels for a row; from so many rows on they are tight
FITS = 26  # pixels across that a cell needs to hold its count
# All of them areas: beside triangles that are filled, a legend shows no stroke.
SHAPES = {
    "fell": "triangle-down",
    "rose": "triangle-up",
    "above": "M-1,-0.2L1,-0.2L1,0.2L-1,0.2Z",
    "thin": "square",
    "hidden": "M-1,-0.7L-0.7,-1L0,-0.3L0.7,-1L1,-0.7L0.3,0L1,0.7L0.7,1L0,0.3L-0.7,1L-1,0.7L-0.3,0Z",
}


def estate(
    table: pd.DataFrame, *, title: str, description: str, alarms: pd.DataFrame | None = None, language: Language = "en"
) -> alt.LayerChart:
    """Series by week: stronger where the accuracy lay further from what was expected, triangles where one alarmed.

    Takes   table    rows of `by_week` of the series to be seen, refused ones left out: series, period, period_label,
                     audited, correct, rate, expected, low, high, hidden. Few audits make a cell small.
            alarms   series, alarm_day, direction (fell, rose); those of auditors have no row and are left out.
            Series that alarmed come first, then the others, each by label.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a row comes twice, a hidden row has a number, there is no row or too many.
    """
    use_theme()
    check_table(table, COLUMNS, temporal=["period"])
    check_once(table, ["series", "period"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS)
    rows = rows.assign(series=rows["series"].astype(str), hidden=table["hidden"].astype(bool))
    _check_rows(rows)
    marked = _alarms(alarms, rows)
    order = in_order(rows, marked)
    labels = list(rows.drop_duplicates("period").sort_values("period")["period_label"].astype(str))
    view = _View(_drawn(rows, marked), order, labels, list(marked["direction"]), language)
    step = TIGHT if len(order) > MANY else ROOMY
    alarmed = marked["series"].nunique()
    layers = [*view.cells(), *view.marks(step), *view.line(alarmed * step, alarmed < len(order)), *view.alarms(marked)]
    chart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=step * len(order))


def in_order(table: pd.DataFrame, alarms: pd.DataFrame) -> list[str]:
    """The series as they are drawn from top to bottom: those that alarmed first, each part by label."""
    alarmed = set(alarms["series"].astype(str))
    return sorted(set(table["series"].astype(str)), key=lambda name: (name not in alarmed, name))


def estate_alt(table: pd.DataFrame, alarms: pd.DataFrame, language: Language) -> str:
    """The reading of the chart for who cannot see it."""
    weeks = table.sort_values("period")["period_label"].astype(str)
    marked = _alarms(alarms, table)
    told = {
        "count": count(table["series"].nunique(), language),
        "first": weeks.iloc[0],
        "last": weeks.iloc[-1],
        "alarmed": count(marked["series"].nunique(), language),
        "fell": count(int((marked["direction"] == "fell").sum()), language),
        "rose": count(int((marked["direction"] == "rose").sum()), language),
    }
    clear = table[~_thin(table)]
    clear = clear[clear["rate"].notna()]
    moved = clear["rate"] - clear["expected"]
    if moved.empty:
        return say("estate_chart.alt_thin", language, reach=str(round(100 * WIDE)), **told)
    lowest = clear.iloc[int(moved.argmin())]
    told |= {"points": points_number(float(moved.min()), language, digits=1), "series": str(lowest["series"])}
    told |= {"week": str(lowest["period_label"]), "audited": count(lowest["audited"], language)}
    return say("estate_chart.alt", language, **told)


def _check_rows(rows: pd.DataFrame) -> None:
    if rows.empty:
        raise BadTable("The table has no row, so there is no cell to draw. Widen the period.")
    series, weeks = rows["series"].nunique(), rows["period"].nunique()
    if series > MOST_SERIES or weeks > MOST_WEEKS:
        raise BadTable(
            f"An estate of {series} series and {weeks} weeks cannot be read. Keep {MOST_SERIES} series, those that "
            f"alarmed first, and {MOST_WEEKS} weeks."
        )
    if rows.loc[rows["hidden"], list(NUMBERS)].notna().any(axis=None):
        raise BadTable("A hidden row has a number, and a chart carries its table along. Blank them first.")


def _alarms(alarms: pd.DataFrame | None, rows: pd.DataFrame) -> pd.DataFrame:
    """The alarms of series and weeks that are drawn, each once: series, period_label, alarm_day, direction."""
    if alarms is None or alarms.empty:
        return pd.DataFrame(columns=[*ALARMS, "period", "period_label"])
    check_table(alarms, ALARMS, temporal=["alarm_day"])
    own = alarms.loc[:, list(ALARMS)].assign(series=alarms["series"].astype(str))
    own = own.assign(period=own["alarm_day"] - pd.to_timedelta(own["alarm_day"].dt.day_of_week, unit="D"))
    own = own[own["series"].isin(rows["series"])].drop_duplicates(["series", "period", "direction"])
    return own.merge(rows[["period", "period_label"]].drop_duplicates(), on="period")


def _thin(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the limits of a cell are wide; they are cut off at 0 and 1, so the wider side is the one to go by."""
    reach = np.maximum(rows["high"] - rows["expected"], rows["expected"] - rows["low"])
    return pd.Series(reach > WIDE, index=rows.index)


def _drawn(rows: pd.DataFrame, marked: pd.DataFrame) -> pd.DataFrame:
    """The table's own columns; for the drawing how far a cell lies from what was expected, and what is marked in it."""
    points = 100 * (rows["rate"] - rows["expected"])
    thin = _thin(rows)
    ends = min(max(round(float(points[~thin].abs().quantile(USUAL))), LEAST_SCALE), MOST_SCALE) if any(~thin) else None
    ends = ends or LEAST_SCALE
    kind = pd.Series("cell", index=rows.index).mask(points > STRIPED * ends, "above").mask(thin, "thin")
    kind = kind.mask(rows["hidden"], "hidden")
    cell = rows["series"] + "\n" + rows["period_label"].astype(str)
    alarmed = cell.isin(marked["series"].astype(str) + "\n" + marked["period_label"].astype(str))
    drawn = rows.drop(columns=["period", "low", "high", "learning", "hidden"])
    dark = (points.abs() > WHITE_FROM * ends) & (points < 0)
    return drawn.assign(points=points, kind=kind, alarmed=alarmed, dark=dark, ends=ends)


class _View:
    """What all layers share: weeks across, series down, one scale of points, one of marks."""

    def __init__(
        self, drawn: pd.DataFrame, order: list[str], labels: list[str], went: list[str], language: Language
    ) -> None:
        self.drawn, self.order, self.labels, self.language = drawn, order, labels, language
        self.ends = int(drawn["ends"].iloc[0])
        self.shape = self._shape(went)

    def base(self, rows: pd.DataFrame) -> alt.Chart:
        across = alt.Axis(
            title=None, labelAngle=0, labelOverlap="greedy", labelAlign=AT_THE_EDGE, labelSeparation=8, domain=False,
            ticks=False,
        )  # fmt: skip
        down = alt.Axis(
            title=None, labelColor=INK, labelFontSize=11, labelLimit=LABELS, labelOverlap=False, domain=False,
            ticks=False, labelPadding=6,
        )  # fmt: skip
        return alt.Chart(rows).encode(
            alt.X("period_label:N", sort=None, axis=across, scale=alt.Scale(domain=self.labels, padding=0)),
            alt.Y("series:N", sort=None, axis=down, scale=alt.Scale(domain=self.order, padding=0)),
        )

    def colour(self) -> alt.Color:
        """Points below and above what was expected; what lies beyond the scale has the colour of its end."""
        legend = alt.Legend(
            title=say("estate_chart.points", self.language), type="gradient", gradientThickness=11, gradientLength=180,
            titleOrient="top", titlePadding=8, titleLimit=330, values=[-self.ends, 0, self.ends],
            labelExpr="datum.value == 0 ? '0' : format(datum.value, '+d')",
        )  # fmt: skip
        scale = alt.Scale(
            domain=[-self.ends, 0, self.ends], range=[BELOW, AS_EXPECTED, ABOVE], interpolate="lab", clamp=True
        )
        return alt.Color("points:Q", scale=scale, legend=legend)

    def cells(self) -> list[alt.Chart]:
        """The cells with enough audits, whole; and the number of audits where it fits."""
        told = [("rate", ".1%"), ("expected", ".1%"), ("points", "+.1f"), ("correct", ","), ("audited", ",")]
        tooltip = [
            *self._where(),
            *(alt.Tooltip(f"{name}:Q", title=say(f"estate_chart.{name}", self.language), format=how)
              for name, how in told),
        ]  # fmt: skip
        shown = self.base(self.drawn).transform_filter("isValid(datum.points)").encode(tooltip=tooltip)
        whole = shown.transform_filter("datum.kind != 'thin'")
        thin = shown.transform_filter("datum.kind == 'thin'")
        fits = alt.ExprRef(f"width / {len(self.labels)} >= {FITS} ? 1 : 0")
        white = alt.condition("datum.dark", alt.value(ON_DARK), alt.value(ON_PALE))
        # A rectangle over the whole cell answers the pointer, also where the drawn one is small.
        return [
            whole.mark_rect(stroke=GROUND, strokeWidth=1).encode(self.colour()),
            thin.mark_rect(width={"band": 0.55}, height={"band": 0.5}).encode(self.colour()),
            shown.transform_filter("!datum.alarmed && datum.kind != 'thin'")
            .mark_text(fontSize=10, opacity=fits)
            .encode(alt.Text("audited:Q", format=","), color=white),
        ]

    def marks(self, step: int) -> list[alt.Chart]:
        """A stripe on cells above what was expected, a cross where too little was audited to be shown."""
        found = []
        if (self.drawn["kind"] == "above").any():
            fine = alt.ExprRef(f"width / {len(self.labels)} >= {FITS} ? 0 : 0.75")
            above = self.base(self.drawn).transform_filter("datum.kind == 'above'")
            found.append(
                above.mark_point(size=20, filled=True, color=INK, opacity=fine, tooltip=None).encode(self.shape)
            )
        if (self.drawn["kind"] == "hidden").any():
            hidden = self.base(self.drawn).transform_filter("datum.kind == 'hidden'").encode(tooltip=self._where())
            found += [
                hidden.mark_rect(color=GROUND, stroke=QUIET, strokeWidth=0.4, strokeDash=[2, 2]),
                hidden.mark_point(size=step, filled=True, color=QUIET, opacity=1).encode(self.shape),
            ]
        return found

    def line(self, down: int, there: bool) -> list[alt.Chart]:
        """Between the series that alarmed and the others."""
        if not (down and there):
            return []
        return [alt.Chart(pd.DataFrame({"down": [down]})).mark_rule(color=INK, strokeWidth=1).encode(y=alt.value(down))]

    def alarms(self, marked: pd.DataFrame) -> list[alt.Chart]:
        """A triangle in the week of each alarm, pointing where the accuracy went."""
        if marked.empty:
            return []
        rows = marked.drop(columns="period").rename(columns={"direction": "kind"})
        rows = rows.assign(alarm_day=rows["alarm_day"].dt.strftime("%Y-%m-%d"))
        tooltip = [
            alt.Tooltip("series:N", title=say("estate_chart.series", self.language)),
            alt.Tooltip("alarm_day:N", title=say("estate_chart.alarm_day", self.language)),
        ]
        mark = self.base(rows).mark_point(size=64, filled=True, color=INK, stroke=GROUND, strokeWidth=1.2, opacity=1)
        return [mark.encode(self.shape, tooltip=tooltip)]

    def _shape(self, went: list[str]) -> alt.Shape:
        """The marks that are there, named in one legend beside what a small cell means."""
        there = {*went, *self.drawn["kind"]}
        domain = [kind for kind in SHAPES if kind in there]
        names = {kind: say(f"estate_chart.mark_{kind}", self.language, reach=str(round(100 * WIDE))) for kind in domain}
        longest = max((columns_of(name) for name in names.values()), default=1)
        legend = alt.Legend(
            labelExpr=f"{json.dumps(names)}[datum.label]", symbolFillColor=INK, symbolSize=60, symbolOpacity=1,
            columns=alt.ExprRef(f"max(1, floor(({ROOM} - 100) / {45 + 7 * longest}))"),
        )  # fmt: skip
        scale = alt.Scale(domain=domain, range=[SHAPES[kind] for kind in domain])
        return alt.Shape("kind:N", title=None, scale=scale, legend=legend)

    def _where(self) -> list[alt.Tooltip]:
        return [
            alt.Tooltip("series:N", title=say("estate_chart.series", self.language)),
            alt.Tooltip("period_label:N", title=say("estate_chart.week", self.language)),
        ]
