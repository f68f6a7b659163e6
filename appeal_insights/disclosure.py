"""Which counts may be shown to which audience: tables in, tables out. What is drawn or written passes here first."""

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

Audience = Literal["analyst", "stakeholder"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
SMALLEST_SHOWN = 10  # records behind a number; fewer could point at a person. Zero points at nobody.


def is_small(denominators: pd.DataFrame) -> "pd.Series[bool]":
    """Whether any of a row's denominators is from 1 to 9."""
    return ((denominators > 0) & (denominators < SMALLEST_SHOWN)).any(axis=1)


def hide_small(
    table: pd.DataFrame, audience: Audience, *, blank: Sequence[str], within: str | None = None
) -> pd.DataFrame:
    """Blank the numbers of rows whose `denominator` is small, and say so in a column `hidden`.

    Takes   `blank`: the columns to empty. `within`: a column naming a group whose total is shown elsewhere; where only
            one row of a group is hidden the next smallest is hidden with it, or the total would give it away.
    """
    hidden = is_small(table[["denominator"]]) & (audience != "analyst")
    if within is not None and hidden.any():
        for _, group in table.groupby(within):
            candidates = group[(group["denominator"] > 0) & ~hidden[group.index]]
            if hidden[group.index].sum() == 1 and len(candidates):
                hidden = hidden | (hidden.index == candidates["denominator"].idxmin())
    shown = table.assign(hidden=hidden)
    for name in blank:
        shown[name] = (
            shown[name].astype("Float64" if pd.api.types.is_numeric_dtype(shown[name]) else "object").mask(hidden)
        )
    return shown


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
