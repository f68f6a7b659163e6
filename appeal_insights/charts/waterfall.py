"""From the rate before to the rate after, step by step: what the mix brought, what rates brought, and the rest."""

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from appeal_insights.charts.rows import TICKS, height_of, kinds_legend, lines_of, named_rows, placed, y_of
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    LIGHT,
    QUIET,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

NUMBERS = ("from", "to", "low", "high")
COLUMNS = ("label", "kind", *NUMBERS)
STEPS = {"rate": DARK, "mix": LIGHT, "rest": GROUND}  # kind of step -> colour of its bar; all have a dark edge
LEVELS = ("start", "end")
MOST_ROWS = 20  # more steps than that are no longer followed from top to bottom
SAME = 1e-9  # share: two ends nearer than this are one
PADDING = 0.06  # of the width at both sides of everything drawn


def waterfall(
    table: pd.DataFrame,
    *,
    title: str,
    unit: str,
    description: str,
    kinds: Mapping[str, str] | None = None,
    language: Language = "en",
) -> alt.LayerChart:
    """The way of a rate from before to after, each step a bar from where the one above it ended.

    Takes   rows in the order to be read: label (broken into lines at " · "), kind (start, then any of mix, rate and
            rest, then end), from, to (shares 0..1; a step leads from one to the other, start and end stand at one),
            low, high (in share, may be null: of a step the difference it made, of start and end the rate itself).
            The chart itself takes `from` from `to`, adds an interval to where its step begins, and turns a step into
            points; it reckons nothing else. kinds: what steps of a kind are called, where that is something else.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a share is, a kind is unknown or out of place, a step does not begin where
                       the one before it ended, or there are over twenty rows.
    """
    use_theme()
    check_table(table, COLUMNS)
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).reset_index(drop=True)
    _check_rows(rows)
    names = [lines_of(str(label)) for label in rows["label"]]
    param = named_rows(names)
    told = {kind: say(f"chart.step_{kind}", language) for kind in (*LEVELS, *STEPS)} | dict(kinds or {})
    base = _base(rows, param, told, language)
    scale = _domain(rows)
    layers = [
        *_ways(base, scale, unit),
        *_bars(base, rows["kind"], told, scale, unit),
        *_levels(base, scale, unit),
        *_numbers(base),
    ]
    chart = alt.LayerChart(layer=layers).add_params(param)
    return chart.properties(title=titled(title), description=description, height=height_of(names))


def _check_rows(rows: pd.DataFrame) -> None:
    kinds = list(rows["kind"])
    if not 2 <= len(rows) <= MOST_ROWS:
        raise BadTable(
            f"A waterfall has 2 to {MOST_ROWS} rows, and the table has {len(rows)}. Put small steps together."
        )
    if kinds[0] != "start" or kinds[-1] != "end" or not set(kinds[1:-1]) <= set(STEPS):
        raise BadTable(f"A waterfall begins with a start, ends with an end and has {', '.join(STEPS)} between them.")
    if rows[["from", "to"]].isna().any(axis=None):
        raise BadTable("A step lacks where it leads from or to. Give both as shares.")
    begins, ended = rows["from"].to_numpy()[1:], rows["to"].to_numpy()[:-1]
    levels = rows[rows["kind"].isin(LEVELS)]
    if (np.abs(begins - ended) > SAME).any() or (np.abs(levels["from"] - levels["to"]) > SAME).any():
        raise BadTable("A step does not begin where the one before it ended. Every part of the change has to be there.")


def _base(rows: pd.DataFrame, names: alt.Parameter, told: Mapping[str, str], language: Language) -> alt.Chart:
    drawn = placed(rows).assign(below=range(1, len(rows) + 1), level=rows["kind"].isin(LEVELS))
    step = "datum.to - datum.from"
    return (
        alt.Chart(drawn.assign(told=drawn["kind"].map(dict(told))))
        .transform_calculate(
            points=f"datum.level ? null : 100 * ({step})",
            least="isValid(datum.low) ? datum.low + (datum.level ? 0 : datum.from) : null",
            most="isValid(datum.high) ? datum.high + (datum.level ? 0 : datum.from) : null",
            low_points="datum.level || !isValid(datum.low) ? null : 100 * datum.low",
            high_points="datum.level || !isValid(datum.high) ? null : 100 * datum.high",
        )
        .encode(y_of(names), tooltip=_tooltip(language))
    )


def _domain(rows: pd.DataFrame) -> tuple[float, float]:
    """From below the lowest to above the highest of everything drawn: a way shows movement, and no bar begins at 0."""
    step = (~rows["kind"].isin(LEVELS)) * rows["from"]
    ends = pd.concat([rows["from"], rows["to"], rows["low"] + step, rows["high"] + step])
    room = PADDING * (ends.max() - ends.min()) or 0.01
    return float(ends.min() - room), float(ends.max() + room)


def _x(field: str, scale: tuple[float, float], unit: str) -> alt.X:
    axis = alt.Axis(title=unit, format="~%", grid=True, domain=False, tickCount=TICKS)
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=list(scale), nice=False, zero=False), axis=axis)


def _ways(base: alt.Chart, scale: tuple[float, float], unit: str) -> list[alt.Chart]:
    """From the end of each row down to the beginning of the next."""
    way = base.transform_filter("datum.kind != 'end'").encode(_x("to", scale, unit), alt.Y2("below:O"))
    return [way.mark_rule(color=QUIET, strokeWidth=1, strokeDash=[2, 2], tooltip=None)]


def _bars(
    base: alt.Chart, kinds: "pd.Series[str]", told: Mapping[str, str], scale: tuple[float, float], unit: str
) -> list[alt.Chart]:
    there = [kind for kind in STEPS if (kinds == kind).any()]
    if not there:
        return []
    legend = kinds_legend({kind: told[kind] for kind in there})
    colours = alt.Scale(domain=there, range=[STEPS[kind] for kind in there])
    step = base.transform_filter("!datum.level")
    bar = step.mark_bar(height={"band": 0.52}, stroke=DARK, strokeWidth=0.9).encode(
        _x("from", scale, unit), alt.X2("to:Q"), alt.Color("kind:N", title=None, scale=colours, legend=legend)
    )
    interval = step.encode(_x("least", scale, unit), alt.X2("most:Q"))
    end = step.mark_point(shape="diamond", size=70, filled=True, color=INK, stroke=GROUND, strokeWidth=1.4, opacity=1)
    return [
        bar,
        interval.mark_rule(color=GROUND, strokeWidth=4),
        interval.mark_rule(color=INK, strokeWidth=1.6),
        end.encode(_x("to", scale, unit)),
    ]


def _levels(base: alt.Chart, scale: tuple[float, float], unit: str) -> list[alt.Chart]:
    """Where the rate stood before and after: a stroke, no bar, for the axis does not begin at 0."""
    level = base.transform_filter("datum.level")
    interval = level.encode(_x("least", scale, unit), alt.X2("most:Q")).mark_rule(color=INK, strokeWidth=1.6)
    return [interval, level.mark_tick(thickness=4, color=INK, size=22, opacity=1).encode(_x("to", scale, unit))]


def _numbers(base: alt.Chart) -> list[alt.Chart]:
    """At the right: the rate of a level, and by how many points a step led."""
    number = base.mark_text(align="right", dx=62, color=INK).encode(x=alt.value("width"))
    rate = base.mark_text(align="right", dx=62, color=INK, fontWeight=600).encode(x=alt.value("width"))
    return [
        number.transform_filter("!datum.level").encode(text=alt.Text("points:Q", format="+.2f")),
        rate.transform_filter("datum.level").encode(text=alt.Text("to:Q", format=".1%")),
    ]


def _tooltip(language: Language) -> list[alt.Tooltip]:
    points = {"points": "contribution", "low_points": "low", "high_points": "high"}
    return [
        alt.Tooltip("label:N", title=say("chart.segment", language)),
        alt.Tooltip("told:N", title=say("chart.step", language)),
        alt.Tooltip("from:Q", title=say("chart.step_from", language), format=".1%"),
        alt.Tooltip("to:Q", title=say("chart.step_to", language), format=".1%"),
        *(
            alt.Tooltip(
                f"{field}:Q", title=say("chart.in_points", language, what=say(f"chart.{word}", language)), format="+.2f"
            )
            for field, word in points.items()
        ),
    ]
