"""Rows with names of any length at their left: lines of a name, and the axis that carries them."""

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from appeal_insights.charts.theme import DARK, INK, ROOM, columns_of, wrapped

JOINT = " · "  # between the dimensions of a segment: each stands on a line of its own
LINE_COLUMNS = 30  # of half-width characters: what one line of a name holds where there is room for a page
LEAST_COLUMNS = 14  # of one that is set in deep
MOST_LINES = 3
STEP, LINE = 30, 13  # pixels for a row, and for each line of a name after the first
ROOM_FOR_NAMES = f"({ROOM} < 520 ? 130 : 225)"  # pixels for a line; what does not fit ends in dots
LABELS = alt.ExprRef(ROOM_FOR_NAMES)
LETTER = 7.4  # pixels of a half-width character, at most
TICKS = alt.ExprRef(f"{ROOM} < 520 ? 4 : 6")  # about so many, at round numbers


def lines_of(name: str, *, fewer: int = 0) -> list[str]:
    """A name on one to three lines, by so many columns shorter than usual; what is longer ends in dots."""
    lines = [line for part in name.split(JOINT) for line in wrapped(part, max(LINE_COLUMNS - fewer, LEAST_COLUMNS))]
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1][:-1] + "…"]


def named_rows(names: Sequence[Sequence[str]]) -> alt.Parameter:
    """The lines of each row as the value of a parameter: data that is looked up, never part of an expression."""
    lines = {str(place): list(of) for place, of in enumerate(names)}
    return alt.param(name=f"row_names_{zlib.crc32(repr(lines).encode()):08x}", value=lines)


def height_of(names: Sequence[Sequence[str]]) -> int:
    """Pixels for all rows, each as high as the one with most lines needs."""
    return len(names) * (STEP + LINE * (max(len(lines) for lines in names) - 1))


def label_room(names: Sequence[Sequence[str]], set_in: Sequence[int]) -> str:
    """An expression: pixels that the longest line takes, where the lines of each name are set in by so many."""
    ends = [LETTER * columns_of(line) + more for lines, more in zip(names, set_in, strict=True) for line in lines]
    return f"min({ROOM_FOR_NAMES}, {max(ends) + 8:g})"


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with their place from 0 on: names may come twice, places do not."""
    return table.assign(place=range(len(table)))


def y_of(names: alt.Parameter, **more: Any) -> alt.Y:
    """The vertical encoding that all layers share: rows by place, with their names."""
    axis = alt.Axis(
        labelColor=INK,
        labelLimit=LABELS,
        labelExpr=f"{names.name}[datum.label]",
        labelLineHeight=LINE,
        # A name on several lines hangs from its first one; it is to stand in the middle of its row.
        labelOffset=alt.ExprRef(f"{-LINE / 2} * (length({names.name}[datum.value]) - 1)"),
        **more,
    )
    return alt.Y("place:O", sort=None, title=None, axis=axis)


def kinds_legend(names: Mapping[str, str]) -> alt.Legend:
    """The kinds of bars by name, beside each other where there is room; white ones have an edge too."""
    longest = max(columns_of(name) for name in names.values())
    return alt.Legend(
        symbolType="square",
        symbolStrokeColor=DARK,
        labelExpr=f"{json.dumps(dict(names))}[datum.label]",
        columns=alt.ExprRef(f"max(1, floor({ROOM} / {60 + 7 * longest}))"),
    )
