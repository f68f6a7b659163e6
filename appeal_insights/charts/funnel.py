"""Reviewers, auditors or sites against each other: rate by number audited, within limits that narrow as it grows."""

import json
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from appeal_insights.charts.theme import (
    DARK,
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
from appeal_insights.language import Language, count, say, share

NUMBERS = ("audited", "rate", "expected", "low", "high", "z", "adjusted")
COLUMNS = ("unit", *NUMBERS, "stands_out")
HEIGHT = 320
STEPS = 80  # points of a limit's line
MOST_UNITS, MOST_NAMED = 400, 12
APART, ASIDE = 14, 34  # pixels between names, and between the plot and them
LETTER, MOST_ROOM = 6.6, 180  # pixels of a half-width character of a name, at most, and of a name
ABOVE_UNIT = 34  # pixels: the legend stands above the unit, which stands above the vertical axis
OUT = "#b54f12"
DASHES = {"outer": [1, 0], "level": [5, 3], "middle": [1, 0]}


def funnel_plot(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    level: float = 0.95,
    language: Language = "en",
) -> alt.LayerChart:
    """Rate of each unit by its number of audits, with limits for one and for all of them; who stands out is named.

    Takes   the rows of `analysis.drift_split.funnel` and a name: unit (a pseudonym), audited, rate, expected, low,
            high (limits for its number of audits), z, adjusted, stands_out; rows without audits are left out. `level`
            is the one that funnel was given.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a unit comes twice, or there are fewer than two or too many.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["unit"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS)
    rows = rows[rows["rate"].notna()].assign(unit=rows["unit"].astype(str), out=rows["stands_out"].astype(bool))
    rows = rows.drop(columns="stands_out").reset_index(drop=True)
    if not 2 <= len(rows) <= MOST_UNITS:
        raise BadTable(f"A funnel is of 2 to {MOST_UNITS} units, and the table has {len(rows)} with audits.")
    view = _View(rows, funnel_limits(rows, level=level), unit, level, language)
    chart = alt.LayerChart(layer=[*view.limits(), *view.names(), *view.units()])
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=HEIGHT)


def funnel_alt(table: pd.DataFrame, who: str, language: Language) -> str:
    """The reading of the chart for who cannot see it; `who` is what the units are called, such as reviewers."""
    rows = table[table["rate"].notna()]
    out = rows[rows["stands_out"].astype(bool)]
    told = {"count": count(len(rows), language), "who": who, "expected": share(rows["expected"].iloc[0], language)}
    if out.empty:
        return say("funnel_chart.alt", language, **told)
    furthest = out.iloc[int(out["z"].abs().argmax())]
    told |= {"out": count(len(out), language), "unit": str(furthest["unit"])}
    told |= {"rate": share(furthest["rate"], language), "audited": count(furthest["audited"], language)}
    return say("funnel_chart.alt_out", language, **told)


def funnel_limits(rows: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """The lines of a funnel between its smallest and its largest unit, from the limits of the units themselves.

    The outer ones are those that make a unit stand out among so many: at Benjamini and Hochberg's share of 1 - level.
    Gives   audited, low, high (for one at `level`), outer_low, outer_high.
    """
    middle = float(np.arcsin(np.sqrt(rows["expected"].iloc[0])))
    z = NormalDist().inv_cdf((1 + level) / 2)
    # Limits are reaches on the arcsine scale, z times sqrt(1 / (4 n + 2) + spread); cut off at its ends.
    ends = np.arcsin(np.sqrt(rows[["low", "high"]].to_numpy(dtype=np.float64)))
    n = rows["audited"].to_numpy(dtype=np.float64)
    beyond = (np.abs(ends - middle).max(axis=1) / z) ** 2 - 1 / (4 * n + 2)
    spread = max(float(beyond[np.argmax(n)]), 0.0)
    share_out = max(int(rows["out"].sum()), 1) / len(rows)
    outer = NormalDist().inv_cdf(1 - (1 - level) * share_out / 2)
    first, last = max(float(n.min()), 1.0), float(n.max())
    at = np.geomspace(first, last, STEPS) if last > first else np.array([first * 0.8, first * 1.2])
    lines = {"audited": at}
    for name, far in (("", z), ("outer_", outer)):
        reach = far * np.sqrt(1 / (4 * at + 2) + spread)
        for side, way in (("low", -1), ("high", 1)):
            lines[name + side] = np.sin(np.clip(middle + way * reach, 0, np.pi / 2)) ** 2
    return pd.DataFrame(lines)


class _View:
    """What the layers share."""

    def __init__(self, rows: pd.DataFrame, lines: pd.DataFrame, unit: str, level: float, language: Language) -> None:
        self.rows, self.lines, self.unit, self.level, self.language = rows, lines, unit, level, language
        self.domain = self._domain()
        self.named = self._named()
        longest = max((columns_of(name) for name in self.named["unit"]), default=0)
        self.room = min(LETTER * longest, MOST_ROOM) + ASIDE if longest else 0
        least, most = float(lines["audited"].min()), float(lines["audited"].max())
        self.across = (max(0.0, least - 0.03 * (most - least)), most + 0.03 * (most - least))

    def _domain(self) -> tuple[float, float]:
        """All units, and the limits of a middling one at least; wider limits of small ones run out of the picture."""
        usual = self.lines[["outer_low", "outer_high"]].iloc[len(self.lines) // 4]
        ends = [self.rows["rate"].min(), self.rows["rate"].max(), *usual]
        room = 0.05 * (max(ends) - min(ends)) or 0.02
        return max(0.0, min(ends) - room), min(1.0, max(ends) + room)

    def x(self) -> alt.X:
        axis = alt.Axis(title=say("funnel_chart.audited", self.language), format=",.0f", tickCount=6)
        scale = alt.Scale(
            domain=list(self.across), range=[0, alt.ExprRef(f"width - {self.room:g}")], nice=False, zero=False
        )
        return alt.X("audited:Q", axis=axis, scale=scale)

    def y(self, field: str) -> alt.Y:
        axis = alt.Axis(
            format="~%", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-12
        )
        scale = alt.Scale(domain=list(self.domain), nice=False, zero=False, clamp=True)
        return alt.Y(f"{field}:Q", axis=axis, scale=scale, title=self.unit)

    def limits(self) -> list[alt.Chart]:
        """Lines below and above for one unit and for all, and the middle."""
        parts = []
        whole = self.rows["expected"].iloc[0]
        for line, columns in {"outer": ("outer_low", "outer_high"), "level": ("low", "high")}.items():
            for side in columns:
                part = self.lines[["audited"]].assign(bound=self.lines[side], line=line, side=side)
                parts.append(part[part["bound"].between(*self.domain)])
        parts.append(self.lines[["audited"]].iloc[[0, -1]].assign(bound=whole, line="middle", side="middle"))
        told = {"level": share(self.level, self.language, digits=0), "count": count(len(self.rows), self.language)}
        names = {line: say(f"funnel_chart.{line}", self.language, **told) for line in DASHES}
        legend = self._legend(names, symbolType="stroke", symbolSize=400, symbolStrokeWidth=1.6)
        domain = alt.Scale(domain=list(DASHES), range=list(DASHES.values()))
        widths = alt.Scale(domain=list(DASHES), range=[1.6, 1.2, 2.6])
        colours = alt.Scale(domain=list(DASHES), range=[INK, QUIET, "#8b959f"])
        how: Mapping[str, Any] = {"title": None, "legend": legend}
        base = alt.Chart(pd.concat(parts, ignore_index=True)).mark_line(tooltip=None, strokeCap="butt")
        return [
            base.encode(
                self.x(), self.y("bound"), alt.Detail("side:N"), alt.StrokeDash("line:N", scale=domain, **how),
                alt.Color("line:N", scale=colours, **how), alt.StrokeWidth("line:O", scale=widths, **how),
            )
        ]  # fmt: skip

    def units(self) -> list[alt.Chart]:
        """A circle for each; a filled diamond for one that stands out."""
        names = {"inside": say("funnel_chart.inside", self.language)}
        if self.rows["out"].any():
            names["stands_out"] = say("funnel_chart.stands_out", self.language)
        kinds = self.rows["out"].map({True: "stands_out", False: "inside"})
        shapes = alt.Scale(domain=list(names), range=["circle", "diamond"][: len(names)])
        shape = alt.Shape("kind:N", title=None, scale=shapes, legend=self._legend(names, symbolFillColor=INK))
        out = "datum.kind == 'stands_out'"
        told = {"rate": ".1%", "audited": ",", "low": ".1%", "high": ".1%", "adjusted": ".3f"}
        tooltip = [
            alt.Tooltip("unit:N", title=say("funnel_chart.unit", self.language)),
            *(alt.Tooltip(f"{name}:Q", title=say(f"funnel_chart.{name}", self.language), format=how)
              for name, how in told.items()),
        ]  # fmt: skip
        mark = alt.Chart(self.rows.drop(columns=["z", "expected"]).assign(kind=kinds)).mark_point(
            filled=True, stroke=GROUND, strokeWidth=0.8, opacity=0.9
        )
        return [
            mark.encode(
                self.x(), self.y("rate"), shape, color=alt.condition(out, alt.value(OUT), alt.value(DARK)),
                size=alt.condition(out, alt.value(110), alt.value(44)), tooltip=tooltip,
            )
        ]  # fmt: skip

    def _named(self) -> pd.DataFrame:
        """Who is named: all of a few, else those who stand out, the furthest out first; and where the name goes."""
        far = self.rows.loc[self.rows["z"].abs().sort_values(ascending=False, kind="stable").index]
        named = (far if len(far) <= MOST_NAMED else far[far["out"]].head(MOST_NAMED))[
            ["unit", "audited", "rate", "out"]
        ]
        low, high = self.domain
        placed = named.sort_values("rate", ascending=False, kind="stable", ignore_index=True)
        down = _apart((high - placed["rate"]) / (high - low) * HEIGHT)
        return placed.assign(named_at=high - down / HEIGHT * (high - low))

    def names(self) -> list[alt.Chart]:
        """Names in a column at the right, where they cannot lie on a mark, each with a thin line to its own."""
        if self.named.empty:
            return []
        start, name_at = (alt.ExprRef(f"width - {self.room - more:g}") for more in (ASIDE - 6, ASIDE - 2))
        base = alt.Chart(self.named)
        text = base.encode(self.y("named_at"), alt.Text("unit:N"), x=alt.value(name_at))
        how: dict[str, Any] = {
            "align": "left",
            "baseline": "middle",
            "fontSize": 11,
            "tooltip": None,
            "limit": MOST_ROOM,
        }
        line = base.encode(self.x(), self.y("rate"), alt.Y2("named_at:Q"), x2=alt.value(start))
        return [
            line.mark_rule(color=QUIET, strokeWidth=0.6, tooltip=None),
            text.mark_text(**how).encode(color=alt.condition("datum.out", alt.value(INK), alt.value(QUIET))),
        ]

    def _legend(self, names: Mapping[str, str], **more: Any) -> alt.Legend:
        longest = max(columns_of(name) for name in names.values())
        columns = alt.ExprRef(f"max(1, floor({ROOM} / {50 + 7 * longest}))")
        return alt.Legend(
            labelExpr=f"{json.dumps(dict(names))}[datum.label]", columns=columns, offset=ABOVE_UNIT, **more
        )


def _apart(down: "pd.Series[float]") -> "pd.Series[float]":
    """Places from top to bottom, each at least so many pixels below the one before it, within the height."""
    found: list[float] = []
    for wanted in down:
        found.append(max(float(wanted), found[-1] + APART) if found else float(wanted))
    beyond = max(found[-1] - (HEIGHT - APART / 2), 0.0) if found else 0.0
    return pd.Series([place - beyond for place in found], index=down.index, dtype="float64")
