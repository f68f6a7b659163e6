"""From how far every segment moved to the few segments that explain it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.intervals import Dispersion
from appeal_insights.analysis.leaves import BoolArray, IntArray, Leaves
from appeal_insights.analysis.segments import DayNoise, Lattice, Moves, Scan, scan

# A part that moved surely less than this share of its segment's move did not move with it. A half names too narrow
# segments where odds move unevenly; the reason for a quarter is in benchmarks/README.md.
UNMOVED = 0.25
SURELY = 2.0  # standard errors
MOST_UNMOVED = 1 / 3  # of a segment's information may sit in values that did not move
LATER_ALPHA = 0.2  # of alpha: what a second and further cause has to pass
LATER_SIZE = 0.1  # of the largest contribution: what a second and further cause has to bring
MOST_CAUSES = 8
ROUNDS = 2  # how often each cause is looked for again with the others taken away
MOST_TRIED = 200  # candidates, surest first
LEAST_REST = 1e-9  # information: nothing at all

OwnDispersion = Callable[[int], Dispersion]


@dataclass(frozen=True)
class Table:
    """All that a search looks at."""

    leaves: Leaves
    lattice: Lattice
    moves: Moves
    noise: DayNoise | None


@dataclass(frozen=True)
class Found:
    """A segment that moved.

    segment      its number
    rows         the leaves in it that no other cause holds
    p            adjusted for all segments looked at
    dispersion   of its rate
    """

    segment: int
    rows: BoolArray
    p: float
    dispersion: Dispersion


def search(table: Table, own: OwnDispersion, *, alpha: float, most: int) -> list[Found]:
    """Find segments that moved, each among the records that the others leave.

    Takes   own: the dispersion of a segment's own days. alpha: the false-discovery rate of the first look.
    Gives   at most `most`, in the order they were found.
    """
    free = np.ones(len(table.moves.baseline), dtype=bool)
    found: list[Found] = []
    while len(found) < most:
        one = _pick(table, free, own, alpha=alpha if not found else alpha * LATER_ALPHA)
        if one is None:
            break
        largest = max((size(table, other) for other in found), default=0.0)
        if size(table, one) < LATER_SIZE * largest:
            break
        found.append(one)
        free = free & ~one.rows
    for _ in range(ROUNDS if len(found) > 1 else 0):
        for place in range(len(found)):
            others = np.logical_or.reduce([other.rows for other in found[:place] + found[place + 1 :]])
            again = _pick(table, ~others, own, alpha=alpha)
            if again is not None and again.segment != found[place].segment:
                found[place] = again
    return found


def size(table: Table, found: Found) -> float:
    """How far a segment moved the whole, in share, whichever way."""
    brought = table.moves.excess[:, found.rows].sum(axis=1) / table.moves.denominator.sum(axis=1)
    return abs(float(brought[1] - brought[0]))


def adjusted(p: FloatArray, eligible: BoolArray) -> FloatArray:
    """Adjust p values for the number of looks; 1 where nothing was looked at.

    Source  Benjamini and Hochberg (1995), J. R. Stat. Soc. B 57.
    """
    result = np.ones(len(p))
    looks = int(eligible.sum())
    if looks:
        order = np.argsort(p[eligible], kind="stable")[::-1]
        raised = np.minimum.accumulate(p[eligible][order] * looks / np.arange(looks, 0, -1))
        result[np.flatnonzero(eligible)[order]] = np.minimum(raised, 1.0)
    return result


def _pick(table: Table, free: BoolArray, own: OwnDispersion, *, alpha: float) -> Found | None:
    """The segment that moved most surely, if its parts moved; then as wide as its surroundings moved too."""
    if not free.any():
        return None
    seen = scan(table.lattice, table.moves, table.noise, free)
    p = adjusted(seen.p, seen.eligible)
    sure = np.flatnonzero(p <= alpha)
    # The same rows by two names: the one that no other cause holds a part of, then the shorter.
    ranked = sure[np.lexsort((sure, -seen.left[sure], -np.abs(seen.z[sure])))]
    for segment in ranked[:MOST_TRIED]:
        if not _pure(table, seen, int(segment), free):
            continue
        widest = _climb(table, seen, int(segment), free)
        one = _accept(table, seen, p, widest, free, own)
        if one.p <= alpha:
            return one
    return None


def _accept(table: Table, seen: Scan, p: FloatArray, segment: int, free: BoolArray, own: OwnDispersion) -> Found:
    """Hold a candidate also against the dispersion of its own days, where that is larger than its grouping's."""
    widened = float((seen.wide[segment] / seen.error[segment]) ** 2)
    degrees = float(seen.degrees[segment])
    dispersion = Dispersion(widened, degrees=None if np.isinf(degrees) else degrees)
    adjusted_p = float(p[segment])
    of_its_days = own(segment)
    if of_its_days.floor > widened:
        raw = 2 * float(stdtr(of_its_days.degrees or np.inf, -abs(seen.z[segment]) / np.sqrt(of_its_days.floor)))
        looks = adjusted_p / seen.p[segment] if seen.p[segment] > 0 else 1.0
        adjusted_p, dispersion = max(adjusted_p, min(1.0, raw * looks)), of_its_days
    return Found(segment, table.lattice.inside(segment) & free, adjusted_p, dispersion)


def _pure(table: Table, seen: Scan, segment: int, free: BoolArray) -> bool:
    """Whether in every other column most of the segment's information is in values that moved with it."""
    inside = table.lattice.inside(segment) & free
    fixed = table.lattice.dimensions(segment)
    others = [codes for place, codes in enumerate(table.leaves.codes) if place not in fixed]
    return all(_unmoved(table.moves, codes, inside, seen, segment) <= MOST_UNMOVED for codes in others)


def _unmoved(moves: Moves, codes: IntArray, inside: BoolArray, seen: Scan, segment: int) -> float:
    """The share of a segment's information in the values of one column that surely did not move with it."""
    within = codes[inside]
    e0, e1 = (np.bincount(within, row[inside]) for row in moves.excess)
    v0, v1 = (np.bincount(within, row[inside]) for row in moves.information)
    both = (v0 > 0) & (v1 > 0)
    if not both.any():
        return 0.0
    delta = e1[both] / v1[both] - e0[both] / v0[both]
    information = 1 / (1 / v1[both] + 1 / v0[both])
    error = np.sqrt(1 / information) * seen.wide[segment] / seen.error[segment]
    way = np.sign(seen.delta[segment])
    unmoved = way * delta + SURELY * error < UNMOVED * abs(seen.delta[segment])
    return float(information[unmoved].sum() / information.sum())


def _climb(table: Table, seen: Scan, segment: int, free: BoolArray) -> int:
    """Go to a wider segment while the rest of it moved as well."""
    while True:
        wider = [up for up in table.lattice.parents(segment) if _rest_moved(table, seen, segment, up, free)]
        wider = [up for up in wider if seen.eligible[up] and _pure(table, seen, up, free)]
        if not wider:
            return segment
        segment = max(wider, key=lambda up: (abs(seen.z[up]), -up))


def _rest_moved(table: Table, seen: Scan, segment: int, parent: int, free: BoolArray) -> bool:
    """Whether what a wider segment has beyond a segment moved the same way, at least UNMOVED as far, and surely.

    A rest too small to tell does not stand in the way: the wider segment is the shorter name for the same rows.
    """
    beyond = table.lattice.inside(parent) & ~table.lattice.inside(segment)
    rest = beyond & free
    e0, e1 = table.moves.excess[:, rest].sum(axis=1)
    v0, v1 = table.moves.information[:, rest].sum(axis=1)
    if min(v0, v1) < LEAST_REST:
        return not table.moves.denominator[:, beyond & ~free].any()  # what others hold is no rest
    delta = (e1 / v1 - e0 / v0) * np.sign(seen.delta[segment])
    error = np.sqrt(1 / v1 + 1 / v0) * seen.wide[segment] / seen.error[segment]
    least = UNMOVED * abs(seen.delta[segment])
    return bool(delta > SURELY * error and delta > least) or bool(
        SURELY * error > abs(seen.delta[segment]) and delta + SURELY * error > abs(seen.delta[segment])
    )
