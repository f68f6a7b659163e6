"""Every segment of a few dimensions at once: how far it moved against one baseline, and how far its days move it."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.special import stdtr

from appeal_insights.analysis.baseline import fit_baseline
from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.leaves import BoolArray, Days, IntArray, Leaves, add_up

DEPTH = 2  # dimensions a segment may combine
# Days that have to remain beyond the two levels. With fewer, t tails times the looks would hide a change of any size.
LEAST_DAYS = 4
LEAST_INFORMATION = 5.0  # denominator * rate * (1 - rate) a side must have: below it a comparison is a coin flip
LEAST_FREE = 0.5  # of a segment's information: with less left, what remains does not speak for it


@dataclass(frozen=True)
class Lattice:
    """All segments of up to DEPTH dimensions. Segments of one grouping follow each other; 0 is the whole.

    groupings   the dimensions of each grouping, the whole first
    first       the number of the first segment of each grouping
    member      grouping x leaf: the segment the leaf is in
    grouping    of each segment
    leaf        of each segment: one leaf of it
    """

    groupings: tuple[tuple[int, ...], ...]
    first: IntArray
    member: IntArray
    grouping: IntArray
    leaf: IntArray

    @property
    def size(self) -> int:
        """How many segments there are."""
        return len(self.grouping)

    def inside(self, segment: int) -> BoolArray:
        """Which leaves are in a segment."""
        return np.asarray(self.member[self.grouping[segment]] == segment)

    def totals(self, weights: FloatArray, free: BoolArray) -> FloatArray:
        """What each segment has on each side, of the free leaves: period x segment."""
        member = self.member[:, free]
        return np.array([add_up(member.ravel(), np.tile(row[free], len(member)), self.size) for row in weights])

    def dimensions(self, segment: int) -> tuple[int, ...]:
        """The dimensions whose values a segment fixes."""
        return self.groupings[self.grouping[segment]]

    def parents(self, segment: int) -> list[int]:
        """The segments that fix one dimension less."""
        own = self.dimensions(segment)
        above = (tuple(other for other in own if other != left) for left in own)
        return [int(self.member[self.groupings.index(dims), self.leaf[segment]]) for dims in above]


@dataclass(frozen=True)
class Moves:
    """What is known of every leaf's move: sums of it over a segment say how far the segment moved.

    excess        period x leaf: numerator less what the baseline expects
    information   period x leaf: the variance of the numerator, were cases independent
    denominator   period x leaf
    baseline      rate of each leaf, from both periods
    """

    excess: FloatArray
    information: FloatArray
    denominator: FloatArray
    baseline: FloatArray


@dataclass(frozen=True)
class DayNoise:
    """How far days move the log odds of a segment beyond chance.

    variance   of each grouping: what one day adds, in squared log odds
    uneven     of each segment: that times this is what all days together add (both sides)
    degrees    of each grouping: degrees of freedom behind `variance`
    """

    variance: FloatArray
    uneven: FloatArray
    degrees: FloatArray


@dataclass(frozen=True)
class Scan:
    """How far each segment moved, in log odds.

    delta      after less before
    error      its standard error, were cases independent
    wide       its standard error with what days add
    degrees    of freedom of a t test with `wide`
    p          two-sided
    eligible   whether both sides have information enough to be looked at
    left       the share of its information in the leaves looked at
    """

    delta: FloatArray
    error: FloatArray
    wide: FloatArray
    degrees: FloatArray
    p: FloatArray
    eligible: BoolArray
    left: FloatArray

    @property
    def z(self) -> FloatArray:
        """The move over its plain standard error: what segments are ranked by."""
        return self.delta / self.error


def build_lattice(leaves: Leaves) -> Lattice:
    """Number all segments of up to DEPTH dimensions."""
    dimensions, size = leaves.codes.shape
    groupings = [dims for depth in range(DEPTH + 1) for dims in combinations(range(dimensions), depth)]
    members, grouping, leaf, first = [], [], [], [0]
    for number, dims in enumerate(groupings):
        key = np.zeros(size, dtype=np.int64)
        for one in dims:
            key = key * len(leaves.values[one]) + leaves.codes[one]
        _, some, own = np.unique(key, return_index=True, return_inverse=True)
        members.append(own + first[-1])
        leaf.append(some)
        grouping.append(np.full(len(some), number, dtype=np.int64))
        first.append(first[-1] + len(some))
    return Lattice(
        groupings=tuple(groupings),
        first=np.array(first, dtype=np.int64),
        member=np.array(members, dtype=np.int64),
        grouping=np.concatenate(grouping),
        leaf=np.concatenate(leaf).astype(np.int64),
    )


def find_moves(leaves: Leaves, lattice: Lattice) -> Moves:
    """Hold every leaf against its baseline, the same on both sides: so a change of mix alone moves nothing."""
    groups = [member - lattice.first[number] for number, member in enumerate(lattice.member)]
    own = np.arange(leaves.codes.shape[1], dtype=np.int64)
    rate = fit_baseline([*groups, own], leaves.numerator.sum(axis=0), leaves.denominator.sum(axis=0))
    return Moves(
        excess=leaves.numerator - leaves.denominator * rate,
        information=leaves.denominator * rate * (1 - rate),
        denominator=leaves.denominator,
        baseline=rate,
    )


def scan(lattice: Lattice, moves: Moves, noise: DayNoise | None, free: BoolArray) -> Scan:
    """Look at every segment, counting the free leaves only, if those are most of it."""
    (e0, e1), (v0, v1) = lattice.totals(moves.excess, free), lattice.totals(moves.information, free)
    eligible = (v0 >= LEAST_INFORMATION) & (v1 >= LEAST_INFORMATION)
    left = np.ones(lattice.size)
    if not free.all():
        everything = lattice.totals(moves.information, np.ones_like(free)).sum(axis=0)
        left = (v0 + v1) / np.maximum(everything, 1e-9)
        eligible &= left >= LEAST_FREE
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.where(eligible, e1 / v1 - e0 / v0, 0.0)
        plain = np.where(eligible, 1 / v1 + 1 / v0, 1.0)
    added = np.zeros(lattice.size) if noise is None else noise.variance[lattice.grouping] * noise.uneven
    few = np.full(lattice.size, np.inf) if noise is None else noise.degrees[lattice.grouping]
    with np.errstate(divide="ignore"):
        degrees = few * ((plain + added) / added) ** 2  # only the part that days add is uncertain
    wide = np.sqrt(plain + added)
    p = np.where(eligible, 2 * stdtr(degrees, -np.abs(delta) / wide), 1.0)
    return Scan(delta, np.sqrt(plain), wide, degrees, p, eligible, left)


def enough_days(days: Days | None) -> bool:
    """Whether there are days enough to learn from: those in a period of one day tell nothing."""
    if days is None:
        return False
    return sum(max(0, side - 1) for side in (days.before, len(days.labels) - days.before)) >= LEAST_DAYS


def learn_day_noise(lattice: Lattice, moves: Moves, days: Days) -> DayNoise:
    """Learn, for each grouping, how far a day moves its segments beyond chance: a moment estimate, 0 or more.

    Each day is held against its own period, so that a change between the periods is no noise. A segment weighs as
    much as it has information; days of one grouping are taken to move together, so they are worth one degree of
    freedom each, however many segments there are.
    """
    rate = moves.baseline[days.leaf]
    excess = days.numerator - days.denominator * rate
    information = days.denominator * rate * (1 - rate)
    size = len(days.labels)
    groupings = len(lattice.groupings)
    variance, degrees, uneven = np.zeros(groupings), np.ones(groupings), np.zeros(lattice.size)
    for number in range(groupings):
        low, high = int(lattice.first[number]), int(lattice.first[number + 1])
        cell = (lattice.member[number, days.leaf] - low) * size + days.day
        e = add_up(cell, excess, (high - low) * size).reshape(-1, size)
        v = add_up(cell, information, (high - low) * size).reshape(-1, size)
        beyond, tells = 0.0, np.zeros(size)
        for part in (slice(0, days.before), slice(days.before, size)):
            total = np.maximum(v[:, part].sum(axis=1, keepdims=True), 1e-9)
            share = v[:, part] / total
            squares = (share**2).sum(axis=1, keepdims=True)
            left = e[:, part] - share * e[:, part].sum(axis=1, keepdims=True)
            looked = total[:, 0] >= LEAST_INFORMATION
            beyond += float(((left**2 - v[:, part] * (1 - share)) / total)[looked].sum())
            tells[part] = (share * v[:, part] * (1 - 2 * share + squares))[looked].sum(axis=0)
            uneven[low:high] += squares[:, 0]
        if tells.sum() > 0:
            variance[number] = max(0.0, beyond / tells.sum())
            degrees[number] = max(1.0, tells.sum() ** 2 / (tells**2).sum() - 2)
    return DayNoise(variance, uneven, degrees)
