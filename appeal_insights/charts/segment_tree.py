"""What a search went through: segments under the larger ones they are part of, with what each brought to a change."""

import altair as alt
import numpy as np
import pandas as pd

from appeal_insights.charts.rows import (
    LINE,
    TICKS,
    height_of,
    kinds_legend,
    label_room,
    lines_of,
    placed,
)
from appeal_insights.charts.theme import (
    DARK,
    GROUND,
    INK,
    LIGHT,
    ROOM,
    check_table,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

COUNTS = ("numerator_before", "denominator_before", "numerator_after", "denominator_after")
SHARES = ("contribution", "low", "high")
COLUMNS = ("label", "depth", *SHARES, "cause", *COUNTS)
MOST_ROWS = 40  # segments: more than a page holds
BOLD = "datum.kind == 'cause' ? 600 : 400"
KINDS = {"cause": DARK, "part": LIGHT}
SET_IN, SET_IN_COLUMNS = 16, 2  # pixels for a level, and the half-width characters that a name has less for it


def segment_tree(table: pd.DataFrame, *, title: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Contribution of each segment to the change of the whole, parts set in under what they are part of.

    Takes   one row per segment, each under the one it is part of: label (of what it adds to that one), depth (0 for
            the first level, one more for a part), contribution, low, high (in share; low and high may be null), cause
            (yes/no: it is named as one), numerator_before, denominator_before, numerator_after, denominator_after.
            Parts hold the same records as their whole, so rows do not add up.
            The chart itself turns a share into percentage points, times 100, and reckons nothing else.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a contribution is, a row is deeper than one below the row above, there is no
                       row, or over forty.
    """
    use_theme()
    check_table(table, COLUMNS)
    rows = with_numbers(table.loc[:, list(COLUMNS)], ("depth", *SHARES, *COUNTS)).reset_index(drop=True)
    _check_rows(rows)
    names = [_lines(str(label), int(depth)) for label, depth in zip(rows["label"], rows["depth"], strict=True)]
    base = _base(rows, names, language)
    layers = [*_names(base, names, rows["depth"]), *_bars(base, rows["cause"].astype(bool), language), *_ends(base)]
    chart = alt.LayerChart(layer=layers)
    return chart.properties(title=titled(title), description=description, height=height_of(names))


def _check_rows(rows: pd.DataFrame) -> None:
    if not 0 < len(rows) <= MOST_ROWS:
        raise BadTable(f"A tree shows 1 to {MOST_ROWS} segments, and the table has {len(rows)}. Keep the largest.")
    if rows[["depth", "contribution"]].isna().any(axis=None):
        raise BadTable("A depth or a contribution is missing. Leave out the segments that have none.")
    depth = rows["depth"].to_numpy()
    if depth[0] != 0 or (depth < 0).any() or (depth % 1 != 0).any() or (np.diff(depth) > 1).any():
        raise BadTable("A segment stands under none it is part of. Begin at depth 0, and go down by one at a time.")


def _lines(label: str, depth: int) -> list[str]:
    """The lines of a name, shorter the deeper it is set in."""
    return lines_of(label, fewer=SET_IN_COLUMNS * depth)


def _base(rows: pd.DataFrame, names: list[list[str]], language: Language) -> alt.Chart:
    kind = rows["cause"].astype(bool).map({True: "cause", False: "part"})
    in_points = {f"{name}_points": f"isValid(datum.{name}) ? 100 * datum.{name} : null" for name in SHARES}
    told = kind.map({key: say(f"chart.segment_{key}", language) for key in KINDS})
    drawn = placed(rows.drop(columns="cause").assign(kind=kind, told=told, lines=pd.Series(names, index=rows.index)))
    return (
        alt.Chart(drawn)
        .transform_calculate(**in_points)
        .encode(alt.Y("place:O", sort=None, axis=None), tooltip=_tooltip(language))
    )


def _names(base: alt.Chart, names: list[list[str]], depth: "pd.Series[int]") -> list[alt.Chart]:
    """Each name at the left of its row, set in: an axis could not, as spaces before a text are not drawn."""
    room = label_room(names, [SET_IN * int(levels) for levels in depth])
    deeper = f"({ROOM} < 520 ? {SET_IN // 2} : {SET_IN}) * datum.depth"
    text = base.mark_text(
        align="left",
        baseline="middle",
        lineHeight=LINE,
        xOffset=alt.ExprRef(f"{deeper} - {room}"),
        yOffset=alt.ExprRef(f"{-LINE / 2} * (length(datum.lines) - 1)"),
        limit=alt.ExprRef(f"{room} - {deeper} - 6"),
        fontWeight=alt.ExprRef(BOLD),
    )
    return [text.encode(x=alt.value(0), text=alt.Text("lines:N"))]


def _x(field: str, language: Language) -> alt.X:
    axis = alt.Axis(
        title=say("chart.points", language),
        grid=True,
        domain=False,
        tickCount=TICKS,
        labelExpr="datum.value == 0 ? '0' : format(datum.value, '+.3~f')",
    )
    return alt.X(f"{field}:Q", axis=axis)


def _bars(base: alt.Chart, causes: "pd.Series[bool]", language: Language) -> list[alt.Chart]:
    there = [kind for kind, is_there in (("cause", causes.any()), ("part", not causes.all())) if is_there]
    legend = kinds_legend({kind: say(f"chart.segment_{kind}", language) for kind in there})
    colours = alt.Scale(domain=there, range=[KINDS[kind] for kind in there])
    bars = base.mark_bar(height={"band": 0.5}, stroke=DARK, strokeWidth=0.8).encode(
        _x("contribution_points", language), alt.Color("kind:N", title=None, scale=colours, legend=legend)
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=INK, strokeWidth=1).encode(alt.X("zero:Q"))
    return [bars, zero]


def _ends(base: alt.Chart) -> list[alt.Chart]:
    """The interval of each, and its contribution as a number at the right."""
    interval = base.encode(alt.X("low_points:Q"), alt.X2("high_points:Q"))
    end = base.mark_point(shape="diamond", size=60, filled=True, color=INK, stroke=GROUND, strokeWidth=1.4, opacity=1)
    number = base.mark_text(align="right", dx=62, color=INK, fontWeight=alt.ExprRef(BOLD)).encode(
        x=alt.value("width"), text=alt.Text("contribution_points:Q", format="+.2f")
    )
    return [
        interval.mark_rule(color=GROUND, strokeWidth=4),
        interval.mark_rule(color=INK, strokeWidth=1.6),
        end.encode(alt.X("contribution_points:Q")),
        number,
    ]


def _tooltip(language: Language) -> list[alt.Tooltip]:
    shares = [
        alt.Tooltip(
            f"{name}_points:Q",
            title=say("chart.in_points", language, what=say(f"chart.{name}", language)),
            format="+.2f",
        )
        for name in SHARES
    ]
    counts = [alt.Tooltip(f"{name}:Q", title=say(f"chart.{name}", language), format=",") for name in COUNTS]
    named = [alt.Tooltip("label:N", title=say("chart.segment", language)), alt.Tooltip("told:N", title=" ")]
    return [*named, *shares, *counts]
