"""Which segments changed the rate by being more, or fewer, of the whole than before."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.intervals import Dispersion, change_of_rate, dispersion_over_days
from appeal_insights.analysis.leaves import BoolArray, Days, add_up
from appeal_insights.analysis.search import Table, widened

DEPTH = 2  # dimensions that a segment whose share moved may combine
LEAST_MOVE = 0.12  # of the larger share: below it a share has hardly changed
LEAST_POINTS = 0.001  # in share: a tenth of a point
LEAST_PART = 0.2  # of the mix effect
LEAST_Z = 5.0  # shares of large counts always move a little
MOST_MIX_CAUSES = 4
MOST_TRIED = 20


@dataclass(frozen=True)
class Shifted:
    """A segment whose share moved.

    segment        its number
    rows           the leaves in it that no other cause of mix holds
    free           those and all others that no cause before it holds
    per_share      what it brings for each share of the free records that it gains
    contribution   what that brought, in share, with its bounds
    p              adjusted for all segments looked at
    dispersion     of its share over days
    """

    segment: int
    rows: BoolArray
    free: BoolArray
    per_share: float
    contribution: float
    low: float
    high: float
    p: float
    dispersion: Dispersion


def search_mix(table: Table, *, alpha: float, most: int = MOST_MIX_CAUSES) -> tuple[list[Shifted], float]:
    """Find segments whose share moved the whole, each among the records that the ones before it leave.

    Gives   those, and the smallest adjusted p of all that moved the whole far enough; 1 where none did.
    """
    free = np.ones(len(table.moves.baseline), dtype=bool)
    least = max(LEAST_POINTS, LEAST_PART * abs(_mix_effect(table, free)))
    found: list[Shifted] = []
    smallest = 1.0
    while len(found) < most:
        one, p = _pick(table, free, least, alpha)
        smallest = min(smallest, p)
        if one is None:
            break
        found.append(one)
        free = free & ~one.rows
    return found, smallest


def _mix_effect(table: Table, free: BoolArray) -> float:
    """What the mix of the free leaves brought to the whole, at one baseline rate for each leaf."""
    counts = table.moves.denominator[:, free]
    totals = counts.sum(axis=1)
    if not totals.all():
        return 0.0
    means = counts @ table.moves.baseline[free] / totals
    return float((means[1] - means[0]) * _held(table, free))


def _held(table: Table, free: BoolArray) -> float:
    """The share of the whole that is in the free leaves, mean of both periods."""
    return float((table.moves.denominator[:, free].sum(axis=1) / table.moves.denominator.sum(axis=1)).mean())


def _pick(table: Table, free: BoolArray, least: float, alpha: float) -> tuple[Shifted | None, float]:
    """The segment whose share moved most surely, of those that brought enough the way the mix effect went.

    With the smallest adjusted p of those.

    Ranked by what they brought, a part of the true segment would win where its rate lies further off.
    """
    effect = _mix_effect(table, free)
    if abs(effect) < least:
        return None, 1.0
    lattice, counts = table.lattice, table.moves.denominator
    shallow = lattice.shallow(DEPTH)
    (d0, d1), (e0, e1) = (lattice.totals(of, free, groupings=shallow) for of in (counts, counts * table.moves.baseline))
    w0, w1 = d0 / d0[0], d1 / d1[0]
    pooled = (d0 + d1) / (d0[0] + d1[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.nan_to_num(np.abs(w1 - w0) / np.maximum(w0, w1))
        z = np.nan_to_num(np.abs(w1 - w0) / np.sqrt(pooled * (1 - pooled) * (1 / d0[0] + 1 / d1[0])))
    # Whatever joins a segment leaves all others as they were to each other, so it is held against the rest.
    apart = _mean_of_both(e0, d0, e1, d1) - _mean_of_both(e0[0] - e0, d0[0] - d0, e1[0] - e1, d1[0] - d1)
    per_share = np.nan_to_num(apart) * _held(table, free)
    brought = (w1 - w0) * per_share
    enough = (moved > LEAST_MOVE) & (np.sign(brought) == np.sign(effect)) & (np.abs(brought) >= least)
    candidates = np.flatnonzero(enough)
    # Of a column's two values both moved as surely: the one that moved more of itself is named.
    ranked = candidates[np.lexsort((candidates, -moved[candidates], -np.round(z[candidates], 6)))]
    looks, smallest = int((d0 + d1 > 0).sum()), 1.0
    for segment in ranked[:MOST_TRIED]:
        inside = lattice.inside(int(segment)) & free
        dispersion = _dispersion_of_share(table.leaves.days, inside, free)
        if table.clusters is not None:
            dispersion = widened(dispersion, float(table.clusters.shared[segment]), None)
        surely = float(z[segment]) / dispersion.floor**0.5
        p = min(1.0, looks * 2 * float(stdtr(dispersion.degrees or np.inf, -surely)))
        smallest = min(smallest, p)
        if surely > LEAST_Z and p <= alpha:
            share = change_of_rate(d0[segment], d0[0], d1[segment], d1[0], dispersion=dispersion)
            low, high = sorted((share.low * float(per_share[segment]), share.high * float(per_share[segment])))
            return Shifted(
                int(segment), inside, free, float(per_share[segment]), float(brought[segment]), low, high, p, dispersion
            ), smallest
    return None, smallest


def _mean_of_both(e0: FloatArray, d0: FloatArray, e1: FloatArray, d1: FloatArray) -> FloatArray:
    """The mean of the rates of both periods; where there is nothing in one, the rate of the other."""
    with np.errstate(divide="ignore", invalid="ignore"):
        r0, r1 = e0 / d0, e1 / d1
    return (np.where(np.isnan(r0), r1, r0) + np.where(np.isnan(r1), r0, r1)) / 2


def _dispersion_of_share(days: Days | None, inside: BoolArray, free: BoolArray) -> Dispersion:
    """How much more a segment's share moves from day to day than independent cases would."""
    if days is None:
        return Dispersion(None)
    size = len(days.labels)
    return dispersion_over_days(
        pd.DataFrame(
            {
                "day": days.labels,
                "period": np.arange(size) < days.before,
                "numerator": add_up(days.day, days.denominator * inside[days.leaf], size),
                "denominator": add_up(days.day, days.denominator * free[days.leaf], size),
            }
        )
    )
