"""From a segment that moved to what a reader is told of it."""

from typing import Literal

import numpy as np
import pandas as pd

from appeal_insights.analysis.causes import Cause, Part, Segment
from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.intervals import change_intervals
from appeal_insights.analysis.lattice import counts_of
from appeal_insights.analysis.leaves import BoolArray
from appeal_insights.analysis.mix_search import Shifted
from appeal_insights.analysis.search import Found, Table

SAME_RECORDS = 0.9  # the share of all their records that two segments have in common, to be one by two names
MOST_PARTS = 5  # parts told of a cause


def of_rate(table: Table, found: Found) -> Cause:
    """Describe a segment that moved: its contribution is its mix-adjusted change times its mean share."""
    d0, d1 = table.moves.denominator[:, found.rows].sum(axis=1)
    e0, e1 = table.moves.excess[:, found.rows].sum(axis=1)
    expected = float(table.moves.denominator.sum(axis=0)[found.rows] @ table.moves.baseline[found.rows]) / (d0 + d1)
    adjusted = np.clip([expected + e0 / d0, expected + e1 / d1], 0, 1)
    whole = table.moves.denominator.sum(axis=1, keepdims=True)
    share = float((np.array([[d0], [d1]]) / whole).mean())
    sides = {"numerator_before": [adjusted[0] * d0], "denominator_before": [d0]}
    sides |= {"numerator_after": [adjusted[1] * d1], "denominator_after": [d1]}
    change = change_intervals(pd.DataFrame(sides), found.dispersion).iloc[0]
    return _cause(
        table,
        found.segment,
        "rate",
        contribution=float(change["change"]) * share,
        bounds=(float(change["change_low"]) * share, float(change["change_high"]) * share),
        p=found.p,
        adjusted=(float(adjusted[0]), float(adjusted[1])),
        dispersion=found.dispersion.floor,
        parts=_parts(table, found.segment, found.rows, table.moves.excess / whole),
    )


def of_mix(table: Table, shifted: Shifted) -> Cause:
    rates = table.moves.denominator.sum(axis=0)[shifted.rows], table.moves.baseline[shifted.rows]
    mean = float(rates[0] @ rates[1] / rates[0].sum())
    held = table.moves.denominator[:, shifted.free].sum(axis=1, keepdims=True)
    return _cause(
        table,
        shifted.segment,
        "mix",
        contribution=shifted.contribution,
        bounds=(shifted.low, shifted.high),
        p=shifted.p,
        adjusted=(mean, mean),
        dispersion=shifted.dispersion.floor,
        parts=_parts(table, shifted.segment, shifted.rows, shifted.per_share * table.moves.denominator / held),
    )


def _cause(
    table: Table,
    segment: int,
    kind: Literal["rate", "mix"],
    *,
    contribution: float,
    bounds: tuple[float, float],
    p: float,
    adjusted: tuple[float, float],
    dispersion: float,
    parts: list[Part],
) -> Cause:
    inside = table.lattice.inside(segment)
    (n0, n1), (d0, d1) = (
        counts[:, inside].sum(axis=1) for counts in (table.leaves.numerator, table.leaves.denominator)
    )
    whole = table.leaves.denominator.sum(axis=1)
    return Cause(
        segment=name_of(table, segment),
        kind=kind,
        contribution=contribution,
        low=bounds[0],
        high=bounds[1],
        p=p,
        numerator_before=float(n0),
        denominator_before=float(d0),
        numerator_after=float(n1),
        denominator_after=float(d1),
        rate_before=_rate(n0, d0),
        rate_after=_rate(n1, d1),
        adjusted_before=adjusted[0],
        adjusted_after=adjusted[1],
        share_before=float(d0 / whole[0]),
        share_after=float(d1 / whole[1]),
        dispersion=dispersion,
        aliases=_aliases(table, segment, inside),
        parts=parts,
    )


def name_of(table: Table, segment: int) -> Segment:
    codes = table.leaves.codes[:, table.lattice.leaf[segment]]
    return {
        table.leaves.by[place]: table.leaves.values[place][codes[place]] for place in table.lattice.dimensions(segment)
    }


def _aliases(table: Table, segment: int, inside: BoolArray) -> list[Segment]:
    """Other segments of as many dimensions or fewer that are nearly the same records."""
    counts = table.leaves.denominator.sum(axis=0)
    theirs = table.lattice.totals(counts[np.newaxis, :])[0]
    both = table.lattice.totals(counts[np.newaxis, :], inside)[0]
    same = both > SAME_RECORDS * (both[segment] + theirs - both)
    same &= table.lattice.layer <= table.lattice.layer[segment]
    aliases = [name_of(table, int(other)) for other in np.flatnonzero(same) if other != segment]
    return aliases


def _parts(table: Table, segment: int, rows: BoolArray, brought: FloatArray) -> list[Part]:
    """The parts of a cause, by one dimension more, that moved the whole most the way the cause did.

    Takes   rows: its leaves that no other cause holds. brought: period x leaf, such that after less before, added up
            over the leaves of a part, is what the part brought.
    """
    total = float((brought[1] - brought[0])[rows].sum())
    found: list[tuple[float, int, int]] = []
    fixed = table.lattice.dimensions(segment)
    for place, values in enumerate(table.leaves.values):
        sides = counts_of(table.leaves.codes[place], rows, table.moves.denominator, len(values)).sum(axis=0)
        if place in fixed or (sides > 0).sum() < 2:  # one value only: the cause itself
            continue
        own = np.diff(counts_of(table.leaves.codes[place], rows, brought, len(values)), axis=0)[0] * np.sign(total)
        found += [(float(own[code]), place, int(code)) for code in np.flatnonzero(own > 0)]
    largest = sorted(found, key=lambda one: (-round(one[0], 12), one[1], one[2]))[:MOST_PARTS]
    return [_part(table, segment, rows, place, code, own * np.sign(total)) for own, place, code in largest]


def _part(table: Table, segment: int, rows: BoolArray, place: int, code: int, contribution: float) -> Part:
    inside = rows & (table.leaves.codes[place] == code)
    (n0, n1), (d0, d1) = (of[:, inside].sum(axis=1) for of in (table.leaves.numerator, table.leaves.denominator))
    return Part(
        segment={**name_of(table, segment), table.leaves.by[place]: table.leaves.values[place][code]},
        contribution=float(contribution),
        numerator_before=float(n0),
        denominator_before=float(d0),
        numerator_after=float(n1),
        denominator_after=float(d1),
    )


def _rate(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if denominator else float("nan")
