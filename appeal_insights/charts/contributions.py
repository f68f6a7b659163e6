"""What each segment brought to a change: ranked bars of its mix and its rate effect, and the interval of the two."""

import json

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    LIGHT,
    ROOM,
    check_once,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

EFFECTS = ("rate_effect", "mix_effect")
COUNTS = ("numerator_before", "denominator_before", "numerator_after", "denominator_after")
COLUMNS = ("segment", *EFFECTS, "contribution", "low", "high", *COUNTS)
STEP = 30  # pixels for one segment
STEP_OF_TWO = 42  # where one is named on two lines
JOINT = " · "  # between the two dimensions of a segment
LABELS = alt.ExprRef(f"{ROOM} < 520 ? 130 : {ROOM} < 720 ? 220 : 300")  # pixels for a line of a label
LINES = f"split(datum.label, '{JOINT}')"  # a segment of two dimensions stands on two lines
TICKS = alt.ExprRef(f"{ROOM} < 520 ? 4 : 6")  # about so many, at round numbers


def contributions(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Contribution of each segment to the change of the whole, in the order the table has.

    Takes   one row per segment (label): mix_effect, rate_effect, contribution, low, high (in share; low and high may be
            null), numerator_before, denominator_before, numerator_after, denominator_after.
            The chart itself turns a share into percentage points, times 100, and reckons nothing else.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a segment comes twice, or there is no row.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["segment"])
    if table.empty:
        raise BadTable("The table has no segment, so there is no contribution to draw.")
    base = _base(with_numbers(table.loc[:, list(COLUMNS)], COLUMNS[1:]), language)
    chart = alt.LayerChart(layer=[*_bars(base, language), *_totals(base)])
    step = STEP_OF_TWO if table["segment"].str.contains(JOINT, regex=False).any() else STEP
    return chart.properties(title=titled(title), description=description, height=step * len(table))


def _base(rows: pd.DataFrame, language: Language) -> alt.Chart:
    in_points = {f"{name}_points": f"isValid(datum.{name}) ? 100 * datum.{name} : null" for name in _SHARES}
    return (
        alt.Chart(rows)
        .transform_calculate(**in_points)
        .encode(
            alt.Y("segment:N", sort=None, title=None, axis=_LABELS),
            tooltip=_tooltip(language),
        )
    )


_LABELS = alt.Axis(labelColor=INK, labelLimit=LABELS, labelExpr=LINES)
_SHARES = ("contribution", *EFFECTS, "low", "high")


def _x(field: str, language: Language | None = None) -> alt.X:
    axis = alt.Axis(
        title=say("chart.points", language) if language else None,
        grid=True,
        domain=False,
        tickCount=TICKS,
        labelExpr="datum.value == 0 ? '0' : format(datum.value, '+.3~f')",
    )
    return alt.X(f"{field}:Q", axis=axis) if language else alt.X(f"{field}:Q")


def _bars(base: alt.Chart, language: Language) -> list[alt.Chart]:
    """The two effects from the zero line on: one way, or each its own."""
    names = {"rate_effect": say("chart.rate_effect", language), "mix_effect": say("chart.mix", language)}
    colour = alt.Color(
        "effect:N",
        title=None,
        scale=alt.Scale(domain=list(EFFECTS), range=[DARK, LIGHT]),
        legend=alt.Legend(symbolType="square", symbolStrokeColor=DARK, labelExpr=f"{json.dumps(names)}[datum.label]"),
    )
    parts = base.transform_fold([f"{name}_points" for name in EFFECTS], as_=["part", "points"]).transform_calculate(
        effect="replace(datum.part, '_points', '')"
    )
    bars = parts.mark_bar(height={"band": 0.56}, stroke=DARK, strokeWidth=0.8)
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1).encode(alt.X("zero:Q"))
    return [bars.encode(_x("points", language).stack("zero"), colour, alt.Order("effect:N", sort="descending")), zero]


def _totals(base: alt.Chart) -> list[alt.Chart]:
    """The sum of both effects with its interval, and the same as a number at the right."""
    interval = base.encode(alt.X("low_points:Q"), alt.X2("high_points:Q"))
    total = base.mark_point(shape="diamond", size=85, filled=True, color=INK, stroke=GROUND, strokeWidth=1.4, opacity=1)
    number = base.mark_text(align="right", dx=62, color=INK).encode(
        x=alt.value("width"), text=alt.Text("contribution_points:Q", format="+.2f")
    )
    return [
        interval.mark_rule(color=GROUND, strokeWidth=4),
        interval.mark_rule(color=INK, strokeWidth=1.6),
        total.encode(alt.X("contribution_points:Q")),
        number,
    ]


def _tooltip(language: Language) -> list[alt.Tooltip]:
    shares = [
        alt.Tooltip(f"{name}_points:Q", title=say("chart.in_points", language, what=say(key, language)), format="+.2f")
        for name, key in zip(_SHARES, _SHARE_WORDS, strict=True)
    ]
    counts = [alt.Tooltip(f"{name}:Q", title=say(f"chart.{name}", language), format=",") for name in COUNTS]
    return [alt.Tooltip("segment:N", title=say("chart.segment", language)), *shares, *counts]


_SHARE_WORDS = ("chart.contribution", "chart.rate_effect", "chart.mix", "chart.low", "chart.high")
