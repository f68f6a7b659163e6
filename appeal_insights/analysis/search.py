"""From how far every segment moved to the few segments that explain it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import stdtr

from appeal_insights.analysis.cluster_noise import ClusterNoise
from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.day_noise import DayNoise
from appeal_insights.analysis.intervals import Dispersion, dispersion_over_days
from appeal_insights.analysis.lattice import Lattice
from appeal_insights.analysis.leaves import BoolArray, Days, IntArray, Leaves, add_up
from appeal_insights.analysis.segments import Moves, Scan, Sums, scan

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
SAME_Z = 6  # digits: what is taken away leaves sums that differ by rounding
LEAST_REST = 1e-9  # information: nothing at all

DAYS_OF_ITS_OWN = 7  # a side: with fewer, a segment's own days do not speak for it


@dataclass(frozen=True)
class Table:
    """All that a search looks at."""

    leaves: Leaves
    lattice: Lattice
    moves: Moves
    sums: Sums
    days: DayNoise | None
    clusters: ClusterNoise | None


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


@dataclass(frozen=True)
class First:
    """What the first look saw, before anything was taken away.

    scan    every segment
    looks   how many segments had enough to be looked at
    p       the smallest adjusted p, also of what is no cause
    """

    scan: Scan
    looks: int
    p: float


def search(table: Table, *, alpha: float, most: int) -> tuple[list[Found], First]:
    """Find segments that moved, each among the records that the others leave.

    Takes   alpha: the false-discovery rate of the first look.
    Gives   at most `most`, in the order they were found, and the first look.
    """
    free = np.ones(len(table.moves.baseline), dtype=bool)
    first = _look(table, free)
    found: list[Found] = []
    while len(found) < most:
        one = _pick(table, free, alpha=alpha if not found else alpha * LATER_ALPHA, seen=None if found else first)
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
            again = _pick(table, ~others, alpha=alpha)
            if again is not None and again.segment != found[place].segment:
                found[place] = again
    return found, First(first.scan, int(first.scan.eligible.sum()), _smallest_p(table, first, free))


@dataclass(frozen=True)
class _Look:
    scan: Scan
    p: FloatArray


def _look(table: Table, free: BoolArray) -> _Look:
    seen = scan(table.lattice, table.moves, table.sums, table.days, table.clusters, free)
    return _Look(seen, adjusted(seen.p, seen.eligible, table.lattice.layer))


def _smallest_p(table: Table, first: _Look, free: BoolArray) -> float:
    """The smallest adjusted p, each held also against the dispersion of the segment's own days."""
    smallest = 1.0
    everything = np.ones_like(free)
    for segment in np.argsort(first.p, kind="stable")[:MOST_TRIED]:
        if first.p[segment] >= smallest:
            break
        smallest = min(smallest, _accept(table, first, int(segment), everything).p)
    return smallest


def size(table: Table, found: Found) -> float:
    """How far a segment moved the whole, in share, whichever way."""
    brought = table.moves.excess[:, found.rows].sum(axis=1) / table.moves.denominator.sum(axis=1)
    return abs(float(brought[1] - brought[0]))


def adjusted(p: FloatArray, eligible: BoolArray, layer: IntArray) -> FloatArray:
    """Adjust p values for the number of looks; 1 where nothing was looked at.

    Segments of no, one, two and three dimensions share what is allowed to err equally, so that the few single values
    do not pay for the many combinations.

    Source  Genovese, Roeder and Wasserman (2006), Biometrika 93: the procedure of Benjamini and Hochberg with weights.
    """
    result = np.ones(len(p))
    looked = np.flatnonzero(eligible)
    if len(looked):
        sizes = np.bincount(layer[looked])
        weighed = p[looked] * sizes[layer[looked]] * (sizes > 0).sum()
        order = np.argsort(weighed, kind="stable")[::-1]
        raised = np.minimum.accumulate(weighed[order] / np.arange(len(looked), 0, -1))
        result[looked[order]] = np.minimum(raised, 1.0)
    return result


def _pick(table: Table, free: BoolArray, *, alpha: float, seen: _Look | None = None) -> Found | None:
    """The segment that moved most surely, if its parts moved; then as wide as its surroundings moved too."""
    if not free.any():
        return None
    look = _look(table, free) if seen is None else seen
    sure = np.flatnonzero(look.p <= alpha)
    # The same rows by two names: the one that no other cause holds a part of, then the shorter.
    ranked = sure[np.lexsort((sure, -look.scan.left[sure], -np.round(np.abs(look.scan.z[sure]), SAME_Z)))]
    for segment in ranked[:MOST_TRIED]:
        if not _pure(table, look.scan, int(segment), free):
            continue
        widest = _climb(table, look.scan, int(segment), free)
        one = _accept(table, look, widest, free)
        if one.p <= alpha:
            return one
    return None


def _accept(table: Table, look: _Look, segment: int, free: BoolArray) -> Found:
    """Hold a candidate also against the dispersion of its own days, where that is larger than its grouping's."""
    seen = look.scan
    wide = float((seen.wide[segment] / seen.error[segment]) ** 2)
    degrees = float(seen.degrees[segment])
    dispersion = Dispersion(wide, degrees=None if np.isinf(degrees) else degrees, clusters=table.clusters is not None)
    adjusted_p = float(look.p[segment])
    inside = table.lattice.inside(segment)
    own = of_its_days(table.leaves.days if table.days is not None else None, inside)
    if table.clusters is not None:
        own = widened(own, float(table.clusters.more[segment]), float(table.clusters.degrees[segment]))
    if own.floor > wide:
        raw = 2 * float(stdtr(own.degrees or np.inf, -abs(seen.z[segment]) / np.sqrt(own.floor)))
        looks = adjusted_p / seen.p[segment] if seen.p[segment] > 0 else 1.0
        adjusted_p, dispersion = max(adjusted_p, min(1.0, raw * looks)), own
    return Found(segment, inside & free, adjusted_p, dispersion)


def of_its_days(days: Days | None, inside: BoolArray, *, least: int = DAYS_OF_ITS_OWN) -> Dispersion:
    """The dispersion of the leaves inside over their days, unknown where a side has fewer than `least` of them."""
    if days is None:
        return Dispersion(None)
    size = len(days.labels)
    within = inside[days.leaf]
    n, d = (add_up(days.day[within], counts[within], size) for counts in (days.numerator, days.denominator))
    is_before = np.arange(size) < days.before
    if min((d[is_before] > 0).sum(), (d[~is_before] > 0).sum()) < least:
        return Dispersion(None)
    table = {"day": days.labels, "period": is_before, "numerator": np.minimum(n, d), "denominator": d}
    return dispersion_over_days(pd.DataFrame(table))


def widened(days: Dispersion, more: float, degrees: float | None) -> Dispersion:
    """The dispersion over days, or chance where it is unknown, and what clusters add.

    Source  Satterthwaite (1946): the degrees of freedom of a sum of variances.
    """
    if more <= 0:
        return replace(days, clusters=True)
    own = 1.0 if days.value is None else days.value
    noise = (own**2 / days.degrees if days.degrees else 0.0) + (more**2 / degrees if degrees else 0.0)
    return Dispersion(own + more, days.days, (own + more) ** 2 / noise if noise else None, clusters=True)


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
