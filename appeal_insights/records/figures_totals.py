"""Compare the totals that a sheet states with the sums of their parts."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from appeal_insights.errors import BadInput, one_of
from appeal_insights.records.figures_mapping import FiguresMapping, Total


@dataclass(frozen=True)
class Compared:
    """How many stated totals equal the sums of their parts, and what is to be said of the others."""

    agree: int
    differ: tuple[str, ...]


def is_stated(rows: pd.DataFrame, totals: Sequence[Total]) -> "pd.Series[bool]":
    """Which rows state a total, by what stands in the columns as the sheet has it."""
    found = pd.Series(False, index=rows.index)
    for total in totals:
        found |= (rows[total.column] == total.value).fillna(False).astype(bool)
    return found


def compare(rows: pd.DataFrame, counts: pd.DataFrame, mapping: FiguresMapping, *, lost: int) -> Compared:
    """Compare every stated total with its parts.

    Takes   `rows`: their labels as text, totals too; `counts`: whole numbers, the same index. A label that is blank in
            a total stands for all of its values. `lost`: how many rows were set aside, which no sum holds.
    Raises  BadInput   one differs, and the mapping does not say that it may.
    """
    seen: dict[tuple[Total, Hashable], bool] = {}
    differ = []
    for total in mapping.totals:
        for at, where, name, stated, parts, of in _pairs(rows, counts, mapping, total):
            seen[total, at] = seen.get((total, at), True) and stated == parts
            if stated == parts:
                continue
            said = f"{where}: the stated total of {name!r} is {stated:,.0f}, its parts ({one_of(of)}) add up to "
            said += f"{parts:,.0f}"
            if total.differs == "refuse":
                aside = f" {lost:,} rows of the sheet were set aside and are in no sum." if lost else ""
                raise BadInput(
                    f"{said}.{aside} Check the sheet with its publisher before it is taken in, or say "
                    'differs = "warn" in [total] where the total is known to be off.'
                )
            differ.append(f"{said}, {stated - parts:+,.0f}")
    return Compared(sum(seen.values()), tuple(differ))


def _pairs(
    rows: pd.DataFrame, counts: pd.DataFrame, mapping: FiguresMapping, total: Total
) -> Iterator[tuple[Hashable, str, str, float, float, list[str]]]:
    """Of each total its row, where it stands, a count, what is stated of it, the sum of the parts, the parts."""
    stated = rows[is_stated(rows, [total])]
    others = [one for one in mapping.totals if one.column == total.column]
    is_part = rows[total.column].isin(total.of) if total.of else rows[total.column].notna() & ~is_stated(rows, others)
    labels = [name for name in mapping.labels if name != total.column]
    for said, group in stated.groupby([stated[name].notna() for name in labels] or stated[total.column], sort=False):
        keys = [name for name, here in zip(labels, said if labels else (), strict=True) if here]
        beside = [one for one in mapping.totals if one.column not in (total.column, *keys)]
        parts = rows[is_part & ~is_stated(rows, beside)]
        of = list(total.of) or list(parts[total.column].drop_duplicates())
        sums = counts.loc[parts.index].groupby([parts[name] for name in keys]).sum() if keys else counts
        labelled = [dict(zip(group.index, group[name], strict=True)) for name in keys]
        for name in mapping.counts:
            added = sums[name].to_dict() if keys else {}
            for at, stands in zip(group.index, counts[name][group.index], strict=True):
                here = [str(one[at]) for one in labelled]
                part = (
                    added.get(tuple(here) if len(here) > 1 else "".join(here), 0)
                    if keys
                    else counts[name][parts.index].sum()
                )
                yield at, " · ".join(here or [total.value]), name, float(stands), float(part), of
