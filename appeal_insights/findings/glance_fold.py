"""What a glance shows of its segments: a line each, a row each, a row of a heat map each, and the rest together.

The heat map has the finest cells, so what is hidden is decided there, once. A line of the trend is a row of the heat
map, and the line of all others is a sum of its rows. That sum is hidden in a period where cells are hidden both in it
and outside it: it would tell one from the other. Else it follows from what is shown anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells, pool_small
from appeal_insights.findings.evidence import POOLED

MOST_LINES = 5  # segments with a line of their own; the others together are one more, which is what a trend can hold
MOST_ROWS = 12  # segments with a row of a heat map, beside one for the others
FINE_PERIODS = 32  # more of them than this, and a heat map has no more rows than the trend has lines
OTHERS = "(others)"  # the segment that they are folded into; named by language when shown
COUNTS = ["numerator", "denominator"]
NUMBERS = [*COUNTS, "rate", "low", "high"]
KEYS = ["segment", "period", "ends_on", "period_label"]


@dataclass(frozen=True)
class Folded:
    """Counts before their rates: what is to be blanked has yes in `hidden`."""

    trend: pd.DataFrame  # KEYS, COUNTS, rate, hidden
    cells: pd.DataFrame  # the same of a heat map
    breakdown: pd.DataFrame  # segment, pooled, COUNTS
    whole: pd.DataFrame  # the same of everything, one row
    folded: int  # segments that have no line of their own


def fold(trend: pd.DataFrame, by: Sequence[str], audience: Audience) -> Folded:
    """Fold the answer of a trend query for a screen and its audience."""
    sums = trend.groupby([*(by if len(by) > 1 else ()), "segment"], as_index=False)[COUNTS].sum()
    parts = _crossed(sums, by, audience) if len(by) > 1 else _pooled(sums, audience)
    small = set(sums["segment"]) - set(parts["segment"])
    names = [name for name in parts["segment"] if name != POOLED]
    lines = names[:MOST_LINES] if small or len(names) > MOST_LINES + 1 else names
    rows = names[:MOST_ROWS] if small or len(names) > MOST_ROWS + 1 else names
    cells = _folded(trend, rows if trend["period"].nunique() <= FINE_PERIODS else lines)
    ways = ["period", "segment"] if by else ["segment"]  # in which totals stand elsewhere on the screen
    cells = hide_cells(cells, audience, blank=[], totals=ways)
    return Folded(
        trend=_in_lines(cells, lines),
        cells=cells,
        breakdown=parts,
        whole=sums[COUNTS].sum().to_frame().T.assign(segment="", pooled=1),
        folded=len(sums) - len(lines),
    )


def blanked(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the numbers of hidden rows."""
    hidden = table["hidden"].astype(bool)
    return table.assign(**{name: table[name].astype("Float64").mask(hidden) for name in NUMBERS})


def _pooled(sums: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """One row per segment that may be shown, by volume, then the small ones together."""
    sides = {"denominator_before": sums["denominator"], "denominator_after": sums["denominator"]}
    names = [*COUNTS, *sides]
    table = sums[["segment", *COUNTS]].assign(**sides).sort_values("denominator", ascending=False, kind="stable")
    return pool_small(table.reset_index(drop=True), audience, sums=names, label=POOLED)[["segment", "pooled", *COUNTS]]


def _crossed(sums: pd.DataFrame, by: Sequence[str], audience: Audience) -> pd.DataFrame:
    """The same of two dimensions: each value of either has its total elsewhere, so neither may give a cell away."""
    if audience == "analyst":
        return _pooled(sums, audience)
    shown = hide_cells(sums, audience, blank=[], totals=list(by))
    kept = shown[~shown["hidden"]].sort_values("denominator", ascending=False, kind="stable").assign(pooled=1)
    closed = shown[shown["hidden"]]
    if closed.empty:
        return kept[["segment", "pooled", *COUNTS]].reset_index(drop=True)
    rest = closed[COUNTS].sum().to_frame().T.assign(segment=POOLED, pooled=len(closed))
    return pd.concat([kept, rest], ignore_index=True)[["segment", "pooled", *COUNTS]]


def _folded(trend: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The trend with each of these segments, in their order, and one for all others."""
    place = trend["segment"].map({name: place for place, name in enumerate(names)})
    named = trend["segment"].where(place.notna(), OTHERS)
    ordered = trend.assign(segment=named, place=place.fillna(len(names)))
    counted = ordered.groupby(["place", *KEYS], as_index=False)[COUNTS].sum()
    return counted.drop(columns="place").assign(rate=counted["numerator"] / counted["denominator"])


def _in_lines(cells: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The rows of a heat map as the lines of a trend: of a period in which some of both are hidden, the sum is too."""
    own = cells["segment"].isin(names)
    if own.all() or set(cells.loc[~own, "segment"]) == {OTHERS}:
        return cells
    rest = _folded(cells[~own], [])
    hidden = [set(cells.loc[rows & cells["hidden"], "period"]) for rows in (own, ~own)]
    both = rest["period"].isin(hidden[0] & hidden[1])
    thin = rest["denominator"].between(1, SMALLEST_SHOWN - 1) & bool(cells["hidden"].any())
    return pd.concat([cells[own], rest.assign(hidden=both | thin)], ignore_index=True)
