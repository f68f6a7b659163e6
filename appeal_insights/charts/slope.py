"""A rate before and after: one line per segment, the first one dark, each named at its right end."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import (
    DARK,
    HEIGHT,
    INK,
    QUIET,
    ROOM,
    WIDTH,
    check_once,
    check_table,
    columns_of,
    counted,
    titled,
    use_theme,
    with_numbers,
)
from appeal_insights.errors import BadTable
from appeal_insights.language import Language, say

SIDES = ("before", "after")
EACH_SIDE = ("rate", "low", "high", "numerator", "denominator")
NUMBERS = tuple(f"{name}_{side}" for side in SIDES for name in EACH_SIDE)
COLUMNS = ("segment", "period_before", "period_after", *NUMBERS)
MOST_LINES = 10  # more cannot be told apart, nor named beside each other
APART = 17  # pixels between the names of two lines
ASIDE = 4  # pixels between the strokes of two segments' intervals
LIGHT_LINE = "#8b959f"  # of all lines but the first: 3:1 on white, and in grey print far from the dark one
PADDING = 0.06  # of the height above and below everything drawn
BESIDE = alt.ExprRef("datum.aside")  # a segment's stroke, line end and point stand on one place
LEAVES, REACHES = alt.ExprRef("datum.aside + 5"), alt.ExprRef("datum.widest + 11")  # from a line's end to its name
NAME = alt.ExprRef("datum.widest + 15")
NAMES = f"max(96, 0.3 * {ROOM})"  # pixels for a name, at most
LETTER = 7.4  # pixels of a half-width character of a name, at most
# A span of periods is broken where there is no room for two beside each other.
PERIODS = f"{ROOM} < 620 ? split(replace(datum.label, '..', '..\\n'), '\\n') : datum.label"


def slope(table: pd.DataFrame, *, title: str, unit: str, description: str, language: Language = "en") -> alt.LayerChart:
    """Rate of each segment in two periods, joined by a line, with its interval as a thin stroke at both ends.

    Takes   one row per segment (label), the one to look at first: period_before, period_after (labels, the same in
            every row); rate_before, low_before, high_before, rate_after, low_after, high_after (shares 0..1; low and
            high may be null), numerator_before, denominator_before, numerator_after, denominator_after.
    Gives   a plain chart. `description` is its text for who cannot see it; `title` says what it shows.
    Raises  BadTable   a column is missing, a segment comes twice, a rate is missing, the periods differ between rows,
                       there is no row, or over ten.
    """
    use_theme()
    check_table(table, COLUMNS)
    check_once(table, ["segment"])
    rows = with_numbers(table.loc[:, list(COLUMNS)], NUMBERS).reset_index(drop=True)
    _check_rows(rows)
    height = max(HEIGHT, APART * (len(rows) + 2))
    scale = _domain(rows)
    drawn = _drawn(rows, _names(rows["rate_after"], scale, height))
    chart = alt.LayerChart(layer=_layers(drawn, scale, unit, language))
    return chart.properties(title=titled(title), description=description, width=WIDTH, height=height)


def _check_rows(rows: pd.DataFrame) -> None:
    if not 0 < len(rows) <= MOST_LINES:
        raise BadTable(f"A slope shows 1 to {MOST_LINES} segments, and the table has {len(rows)}. Keep the largest.")
    if rows[["rate_before", "rate_after"]].isna().any(axis=None):
        raise BadTable("A rate is missing. Keep the segments with records in both periods.")
    if len(rows[["period_before", "period_after"]].drop_duplicates()) > 1:
        raise BadTable("The rows name different periods. A slope compares the same two for every segment.")
    if rows["period_before"].iloc[0] == rows["period_after"].iloc[0]:
        raise BadTable("Both periods have the same label. Give each its own.")


def _domain(rows: pd.DataFrame) -> tuple[float, float]:
    """From below the lowest to above the highest of everything drawn: a slope shows movement."""
    shares = rows[[f"{name}_{side}" for side in SIDES for name in ("rate", "low", "high")]]
    low, high = shares.min().min(), shares.max().max()
    room = PADDING * (high - low) or 0.01
    return max(0.0, low - room), min(1.0, high + room)


def _names(rates: "pd.Series[float]", scale: tuple[float, float], height: int) -> list[float]:
    """The share at whose height each line's name stands: its own rate, or as near as its neighbours leave room."""
    low, high = scale
    wanted = ((high - rates) / (high - low) * height).sort_values(kind="stable")
    # Runs of names that touch each other, each placed as a whole around the mean of what its members want.
    runs: list[tuple[list[int], float]] = []
    for place, down in wanted.items():
        members, middle = [int(str(place))], float(down)
        while runs and middle - runs[-1][1] < APART * (len(members) + len(runs[-1][0])) / 2:
            before, _ = runs.pop()
            members = before + members
            reach = APART * (len(members) - 1) / 2
            middle = min(max(float(wanted[members].mean()), reach), height - reach)
        runs.append((members, middle))
    stands = {
        member: middle + APART * (nth - (len(members) - 1) / 2)
        for members, middle in runs
        for nth, member in enumerate(members)
    }
    return [high - stands[place] / height * (high - low) for place in range(len(rates))]


def _drawn(rows: pd.DataFrame, named_at: Sequence[float]) -> pd.DataFrame:
    """A row for each end of each line: the counts of that end, and for the drawing where its name and stroke go."""
    aside = [ASIDE * (nth - (len(rows) - 1) / 2) for nth in range(len(rows))]
    first = [nth == 0 for nth in range(len(rows))]
    placed = rows[["segment"]].assign(named_at=named_at, aside=aside, widest=max(aside), first=first)
    ends = []
    for side in SIDES:
        own = {name: rows[f"{name}_{side}"] for name in EACH_SIDE}
        ends.append(placed.assign(period=rows[f"period_{side}"], after=side == "after", **own))
    return pd.concat(ends, ignore_index=True)


def _layers(drawn: pd.DataFrame, scale: tuple[float, float], unit: str, language: Language) -> list[alt.Chart]:
    """The light lines first, so that the dark one lies on top."""
    axis = alt.Axis(title=None, labelColor=INK, labelExpr=PERIODS, labelAngle=0, labelOverlap=False, domain=False)
    periods = alt.Scale(domain=list(dict.fromkeys(drawn["period"])), type="point", padding=0, range=_ends(drawn))
    x = alt.X("period:N", sort=None, axis=axis, scale=periods)
    y = _y("rate", scale, unit)
    found = []
    for first, colour, width in ((False, LIGHT_LINE, 1.4), (True, DARK, 2.6)):
        line = alt.Chart(drawn).transform_filter(f"datum.first == {str(first).lower()}").encode(x)
        end = line.transform_filter("datum.after")
        found += [
            line.mark_rule(color=colour, strokeWidth=width / 2, xOffset=BESIDE).encode(
                _y("low", scale, unit), alt.Y2("high:Q")
            ),
            line.mark_line(color=colour, strokeWidth=width, xOffset=BESIDE).encode(y, alt.Detail("segment:N")),
            line.mark_point(filled=True, size=60 if first else 36, color=colour, opacity=1, xOffset=BESIDE).encode(
                y, tooltip=_tooltip(language)
            ),
            end.mark_rule(color=colour, strokeWidth=0.7, xOffset=LEAVES, x2Offset=REACHES).encode(
                y, alt.Y2("named_at:Q"), alt.X2("period:N")
            ),
            end.mark_text(
                align="left", baseline="middle", limit=alt.ExprRef(NAMES), xOffset=NAME, color=INK if first else QUIET,
                fontWeight=600 if first else "normal",
            ).encode(_y("named_at", scale, unit), alt.Text("segment:N")),
        ]  # fmt: skip
    return found


def _ends(drawn: pd.DataFrame) -> list[alt.ExprRef]:
    """Where the two periods stand (pixels): with room for the strokes of the first, and for names after the second."""
    letters = max(columns_of(str(segment)) for segment in drawn["segment"])
    behind = drawn["widest"].iloc[0] + 15
    return [
        alt.ExprRef(f"{drawn['widest'].iloc[0] + 6:g}"),
        alt.ExprRef(f"max(90, width - {behind:g} - min({NAMES}, {max(LETTER * letters, 30):g}))"),
    ]


def _y(field: str, scale: tuple[float, float], unit: str) -> alt.Y:
    axis = alt.Axis(format="~%", tickCount=5, titleAngle=0, titleAlign="left", titleAnchor="end", titleX=0, titleY=-12)
    return alt.Y(f"{field}:Q", scale=alt.Scale(domain=list(scale), nice=False, zero=False), axis=axis, title=unit)


def _tooltip(language: Language) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("segment:N", title=say("chart.segment", language)),
        alt.Tooltip("period:N", title=say("chart.period", language)),
        *counted(language),
    ]
