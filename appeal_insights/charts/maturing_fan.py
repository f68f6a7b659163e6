"""How the rate of each cohort moves as it grows older: a line each, dotted where it is young, and where it may end."""

import json
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.palette import MOST_SHADES, shades
from appeal_insights.charts.theme import (
    GROUND,
    INK,
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

NUMBERS = ("days", "rate", "low", "high", "numerator", "denominator")
COLUMNS = ("cohort", *NUMBERS, "mature")
ESTIMATES = ("cohort", "days", "rate", "low", "high")
MOST_COHORTS = MOST_SHADES
MOST_ESTIMATES = 6
MOST_POINTS = 8  # ages: with more, points would hide how a line is drawn
NAMED = 3  # cohorts in the legend where there are many: oldest, middle, newest
ABOVE_UNIT = 34  # pixels: the legends stand above the unit, which stands above the vertical axis
LEGEND: dict[str, Any] = {"symbolType": "stroke", "offset": ABOVE_UNIT}
APART = 9  # pixels between the estimates of two cohorts, so that their intervals do not hide each other
STROKES = {"settled": [1, 0], "young": [2, 4], "estimate": [6, 3]}


def maturing_fan(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    estimates: pd.DataFrame | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """Rate of each cohort by its age in days: older cohorts lighter, dotted while some records are younger than that.

    Takes   table      one row per cohort and age: cohort (label; the oldest cohort first), days, rate, low, high
                       (shares 0..1; low and high may be null), numerator, denominator, mature (yes/no: all of the
                       cohort is that old). A row without a rate leaves a gap.
            estimates  cohort (one of those), days (the age spoken of), rate, low, high: where the cohort will stand,
                       drawn hollow and named. A row without a rate is left out.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a cohort has two rows of one age, an estimate is of no cohort drawn, there
                       is no row, or there are more cohorts or estimates than can be told apart.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["cohort", "days"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).assign(cohort=table["cohort"].astype(str))
    cohorts = list(dict.fromkeys(rows["cohort"]))
    ends = _estimates(estimates, cohorts)
    _check_rows(rows, cohorts)
    drawn = _drawn(rows, language)
    view = _View(drawn, ends, cohorts, unit, language)
    chart = alt.LayerChart(layer=[*view.lines(), *view.ends()])
    return chart.properties(title=titled(title), description=description)


def _check_rows(rows: pd.DataFrame, cohorts: list[str]) -> None:
    if not 0 < len(cohorts) <= MOST_COHORTS:
        raise BadTable(f"A fan shows 1 to {MOST_COHORTS} cohorts, and the table has {len(cohorts)}. Keep the newest.")
    if rows["days"].isna().any() or (rows["days"] < 0).any():
        raise BadTable("An age is missing or below 0. Give the days since the cohort started.")


def _estimates(estimates: pd.DataFrame | None, cohorts: list[str]) -> pd.DataFrame:
    """Those with a rate; each a little beside the one before it."""
    if estimates is None:
        return pd.DataFrame(columns=[*ESTIMATES, "aside", "shown"])
    check_table(estimates, ESTIMATES)
    check_once(estimates, ["cohort"])
    found = with_numbers(estimates.loc[:, list(ESTIMATES)], ESTIMATES[1:]).dropna(subset=["rate"])
    found = found.assign(cohort=found["cohort"].astype(str)).reset_index(drop=True)
    if not set(found["cohort"]) <= set(cohorts):
        raise BadTable("An estimate is of a cohort that has no line. Give its rates by age too.")
    if len(found) > MOST_ESTIMATES:
        raise BadTable(f"{len(found)} estimates cannot be told apart. Keep the {MOST_ESTIMATES} newest.")
    order = found["cohort"].map(cohorts.index).sort_values().index
    return found.loc[order].reset_index(drop=True).assign(aside=[APART * nth for nth in range(len(found))])


def _drawn(rows: pd.DataFrame, language: Language) -> pd.DataFrame:
    """The table's own columns; the last settled point of a line begins its dotted part too."""
    by_age = rows.sort_values(["cohort", "days"], kind="stable")
    mature = by_age["mature"].astype(bool)
    told = mature.map({True: say("chart.mature", language), False: say("chart.immature", language)})
    young = ~mature.groupby(by_age["cohort"]).shift(-1, fill_value=True).astype(bool)
    part = mature.map({True: "settled", False: "young"})
    drawn = by_age.drop(columns="mature").assign(part=part, told=told)
    joint = drawn[mature & young].assign(part="young", told=say("chart.mature", language))
    alone = drawn.groupby("cohort")["rate"].transform("count") == 1
    return pd.concat([drawn.assign(joint=False, alone=alone), joint.assign(joint=True, alone=False)])


class _View:
    """The encodings that all layers share."""

    def __init__(
        self, rows: pd.DataFrame, estimates: pd.DataFrame, cohorts: list[str], unit: str, language: Language
    ) -> None:
        self.rows, self.estimates, self.language, self.unit = rows, estimates, language, unit
        named = cohorts if len(cohorts) <= NAMED else [cohorts[0], cohorts[len(cohorts) // 2], cohorts[-1]]
        several = {"values": named, "symbolStrokeWidth": 3, "columns": _columns(named), **LEGEND}
        self.colour = alt.Color(
            "cohort:N",
            title=None,
            sort=None,
            scale=alt.Scale(domain=cohorts, range=shades(len(cohorts))),
            legend=alt.Legend(**several) if len(cohorts) > 1 else None,
        )
        self.dash = self._dash()

    def _dash(self) -> alt.StrokeDash:
        """Settled, young or an estimate, as far as there are such."""
        there = [part for part in ("settled", "young") if (self.rows["part"] == part).any()]
        there += ["estimate"] if len(self.estimates) else []
        words = {part: say(f"chart.fan_{part}", self.language) for part in there}
        strokes = {"symbolStrokeColor": INK, "symbolStrokeWidth": 2, "symbolSize": 500, **LEGEND}
        legend = alt.Legend(
            labelExpr=f"{json.dumps(words)}[datum.label]", columns=_columns(list(words.values()), 60), **strokes
        )
        return alt.StrokeDash(
            "part:N",
            title=None,
            scale=alt.Scale(domain=there, range=[STROKES[part] for part in there]),
            legend=legend if len(there) > 1 else None,
        )

    def x(self) -> alt.X:
        last = max(self.rows["days"].max(), self.estimates["days"].max() if len(self.estimates) else 0, 1)
        weeks = [7 * nth for nth in range(int(last) // 7 + 1)] if last >= 14 else list(range(int(last) + 1))
        axis = alt.Axis(title=say("chart.age", self.language), values=weeks, format="d", labelOverlap="greedy")
        return alt.X("days:Q", scale=alt.Scale(domain=[0, float(last)], nice=False), axis=axis)

    def y(self, field: str) -> alt.Y:
        axis = alt.Axis(
            format="~%", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-12
        )
        return alt.Y(f"{field}:Q", scale=alt.Scale(zero=False, padding=12), axis=axis, title=self.unit)

    def lines(self) -> list[alt.Chart]:
        """Of many ages no points are drawn, but a lone one is; those not drawn still answer the pointer."""
        base = alt.Chart(self.rows).encode(self.x(), self.y("rate"), self.colour)
        many = self.rows["days"].nunique() > MOST_POINTS
        seen = f"datum.alone || !{str(many).lower()} ? 1 : 0"
        points = base.transform_filter("!datum.joint").mark_point(filled=True, size=30, opacity=alt.ExprRef(seen))
        return [
            base.mark_line(strokeWidth=2).encode(self.dash, alt.Order("days:Q")),
            points.encode(tooltip=self._tooltip()),
            *self._names(),
        ]

    def _names(self) -> list[alt.Chart]:
        """Of the newest cohorts that are still young, each where its line ends so far."""
        young = self.rows[(self.rows["part"] == "young") & self.rows["rate"].notna()]
        last = young.sort_values("days").drop_duplicates("cohort", keep="last")[["cohort", "days", "rate"]]
        if last.empty:
            return []
        base = alt.Chart(last.head(MOST_ESTIMATES)).encode(self.x(), self.y("rate"), alt.Text("cohort:N"))
        how: dict[str, Any] = {
            "align": "right",
            "baseline": "bottom",
            "dx": 4,
            "dy": -6,
            "fontSize": 11,
            "tooltip": None,
        }
        return [
            base.mark_text(**how, stroke=GROUND, strokeWidth=4, strokeJoin="round"),
            base.mark_text(**how, color=INK),
        ]

    def ends(self) -> list[alt.Chart]:
        """Where cohorts will stand, with the interval: to the right of the last age, hollow as nobody counted them."""
        if self.estimates.empty:
            return []
        aside = alt.ExprRef("datum.aside + 10")
        drawn = alt.Chart(self.estimates.assign(part="estimate")).encode(self.x(), tooltip=self._of_estimate())
        base = drawn.encode(self.colour)
        interval = base.encode(self.y("low"), alt.Y2("high:Q"), self.dash)
        point = base.encode(self.y("rate")).mark_point(
            shape="diamond", size=80, filled=False, fill=GROUND, strokeWidth=2, opacity=1, xOffset=aside
        )
        newest = drawn.transform_filter(f"datum.aside == {self.estimates['aside'].max()}")
        widest = alt.ExprRef("datum.aside + 20")
        name = newest.mark_text(align="left", color=INK, xOffset=widest).encode(
            self.y("rate"), text=alt.Text("rate:Q", format=".1%")
        )
        return [interval.mark_rule(strokeWidth=2, xOffset=aside), point, name]

    def _tooltip(self) -> list[alt.Tooltip]:
        return [
            *self._who(),
            *counted(self.language),
            alt.Tooltip("told:N", title=say("chart.maturity", self.language)),
        ]

    def _of_estimate(self) -> list[alt.Tooltip]:
        shares = {"rate": "fan_estimate", "low": "low", "high": "high"}
        told = [
            alt.Tooltip(f"{name}:Q", title=say(f"chart.{key}", self.language), format=".1%")
            for name, key in shares.items()
        ]
        return [*self._who(), *told]

    def _who(self) -> list[alt.Tooltip]:
        return [
            alt.Tooltip("cohort:N", title=say("chart.cohort", self.language)),
            alt.Tooltip("days:Q", title=say("chart.age", self.language), format="~f"),
        ]


def _columns(labels: list[str], symbol: int = 45) -> Any:
    """Fewer legend columns where labels are long or the screen is narrow."""
    longest = max(len(label) for label in labels)
    return alt.ExprRef(f"max(1, floor({ROOM} / {min(300, symbol + 8 * longest)}))")
