"""Which counts may be shown to which audience: tables in, tables out. What is drawn or written passes here first."""

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Audience = Literal["analyst", "stakeholder"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
DENOMINATORS = ["denominator_before", "denominator_after"]
SMALLEST_SHOWN = 10  # records behind a number; fewer could point at a person. Zero points at nobody.


def is_small(denominators: pd.DataFrame) -> "pd.Series[bool]":
    """Whether any of a row's denominators is from 1 to 9."""
    return ((denominators > 0) & (denominators < SMALLEST_SHOWN)).any(axis=1)


def _blanked(table: pd.DataFrame, hidden: "pd.Series[bool]", blank: Sequence[str]) -> pd.DataFrame:
    shown = table.assign(hidden=hidden)
    for name in blank:
        shown[name] = (
            shown[name].astype("Float64" if pd.api.types.is_numeric_dtype(shown[name]) else "object").mask(hidden)
        )
    return shown


def hide_cells(
    table: pd.DataFrame, audience: Audience, *, blank: Sequence[str], totals: Sequence[str], closed: Sequence[str] = ()
) -> pd.DataFrame:
    """Blank the small cells of a table broken down two ways, and as many more as keep them from being worked out.

    Takes   `denominator`. `totals`: columns that name, for each way, the line whose total is shown elsewhere (null:
            no such total is). All cells of a line must be there, also those that nobody will see.
            `closed`: columns that say yes where a cell must be blank in any case, unless it is empty.
    Gives   the table with a column `hidden`. The hidden cells of a line are two or more with ten or more records
            together, and what is known of the lines fixes none of those that are small.
    """
    counts = table["denominator"].to_numpy(dtype=np.int64)
    small = is_small(table[["denominator"]]).to_numpy() & (audience != "analyst")
    hidden = small | (table[list(closed)].any(axis=1).to_numpy() & (counts > 0))
    each = [table[way] == line for way in totals for line in table[way].dropna().unique()]
    lines = np.array(each, dtype=bool).reshape(len(each), len(table))
    while (more := _given_away(counts, small, hidden, lines)) is not None:
        hidden[more] = True
    return _blanked(table, pd.Series(hidden, index=table.index), blank)


def _given_away(counts: IntArray, small: BoolArray, hidden: BoolArray, lines: BoolArray) -> int | None:
    """The next cell to hide, the smallest of a line that tells too much; None where no line does.

    An empty cell is hidden only where no other is left: who cannot tell it from a full one cannot reckon on.
    """
    alone = [bool((line & hidden).any()) and _tells(counts[line & hidden]) for line in lines]
    for telling in (lines[alone], lines[(lines & small & _fixed(hidden, lines)).any(axis=1)]):
        for free in (~hidden & (counts > 0), ~hidden):
            for line in telling:
                if (found := np.flatnonzero(line & free)).size:
                    return int(found[counts[found].argmin()])
    return None


def _tells(counts: IntArray) -> bool:
    """Whether the sum of these hidden cells, which anyone can work out, says too much of one of them."""
    return len(counts) == 1 or counts.sum() < SMALLEST_SHOWN


def _fixed(hidden: BoolArray, lines: BoolArray) -> BoolArray:
    """The hidden cells that follow from the totals of all lines together."""
    sums = lines[:, hidden].astype(np.float64)
    found = np.zeros(len(hidden), dtype=bool)
    if sums.size:  # what the equations say of a cell: 1 where it follows from them, less where something is left open
        found[hidden] = np.einsum("ij,ji->i", np.linalg.pinv(sums), sums) > 1 - 1e-9
    return found


def pool_small(table: pd.DataFrame, audience: Audience, *, sums: Sequence[str], label: str) -> pd.DataFrame:
    """Fold the segments with a small denominator into one row, so that parts still add up and none can be worked out.

    Takes   `segment`, denominator_before, denominator_after, and the columns in `sums`, which are added up.
            `label`: what the folded row is called; `pooled` says how many segments each row stands for.
    Gives   one row per segment that may be shown, then the folded one. Where it would be small itself, the next
            smallest segments join it.
    """
    denominators = table[["denominator_before", "denominator_after"]]
    folded = is_small(denominators) & (audience != "analyst")
    order = denominators.where(denominators > 0).min(axis=1).sort_values(kind="stable").index
    for position in order:
        enough = folded.sum() > 1 and not is_small(denominators[folded].sum().to_frame().T).item()
        if enough or not folded.any():
            break
        folded = folded | (folded.index == position)
    kept = table[~folded].assign(pooled=1)
    if not folded.any():
        return kept
    total = table.loc[folded, list(sums)].sum().to_dict()
    row = dict.fromkeys(table.columns, pd.NA) | total | {"segment": label, "pooled": int(folded.sum())}
    one = pd.DataFrame([row]).astype({name: table[name].dtype for name in sums})
    return pd.concat([kept, one[kept.columns]], ignore_index=True)


def tell_on_each_other(leaves: pd.DataFrame, one: str, other: str, hidden: Mapping[str, Collection[str]]) -> bool:
    """Whether the totals of two dimensions give away what is hidden in one: a group beside all its policies but one.

    Takes   `leaves`: both dimensions' values, denominator_before and denominator_after, a row per combination.
            `hidden`: dimension -> the values that are folded.
    Gives   yes where values of one dimension hold exactly the records of values of the other, and the difference of
            what is shown of both is a small number, or where both hide something there.
    """
    counted = leaves[(leaves[DENOMINATORS] > 0).any(axis=1)]
    islands = _islands(counted[one], counted[other])
    if islands.nunique() < 2:
        return False  # all that they share is the grand total, which is shown anyway
    return any(_remainder_is_small(island, one, other, hidden) for _, island in counted.groupby(islands))


def _remainder_is_small(island: pd.DataFrame, one: str, other: str, hidden: Mapping[str, Collection[str]]) -> bool:
    closed = {name: island[island[name].isin(hidden.get(name, ()))] for name in (one, other)}
    telling = [name for name, rows in closed.items() if len(rows)]
    if len(telling) != 1:
        return len(telling) == 2
    rows = closed[telling[0]]
    return is_small(rows[DENOMINATORS].sum().to_frame().T).item()


def _islands(one: "pd.Series[str]", other: "pd.Series[str]") -> "pd.Series[int]":
    """A number for each row, the same for rows that share a value of either column, directly or by way of others."""
    number = pd.Series(pd.factorize(one)[0], index=one.index)
    while True:
        joined = number.groupby(other.astype("str")).transform("min")
        joined = joined.groupby(one.astype("str")).transform("min")
        if joined.equals(number):
            return number
        number = joined
