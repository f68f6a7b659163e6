"""How far days move the segments of a few dimensions beyond chance."""

from dataclasses import dataclass

import numpy as np

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.lattice import Lattice, Numbers
from appeal_insights.analysis.leaves import Days, add_up

# Days that have to remain beyond the two levels. With fewer, t tails times the looks would hide a change of any size.
LEAST_DAYS = 4
LEAST_INFORMATION = 5.0  # that a segment must have in a period to tell of its days
DEPTH = 2  # dimensions of the groupings that are learned from


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


def enough_days(days: Days | None) -> bool:
    """Whether there are days enough to learn from: those in a period of one day tell nothing."""
    if days is None:
        return False
    return sum(max(0, side - 1) for side in (days.before, len(days.labels) - days.before)) >= LEAST_DAYS


def learn_day_noise(lattice: Lattice, baseline: FloatArray, days: Days) -> DayNoise:
    """Learn, for each grouping, how far a day moves its segments beyond chance: a moment estimate, 0 or more.

    Each day is held against its own period, so that a change between the periods is no noise. A segment weighs as
    much as it has information; days of one grouping are taken to move together, so they are worth one degree of
    freedom each, however many segments there are. Three dimensions take the largest of their pairs.
    """
    rate = baseline[days.leaf]
    information = days.denominator * rate
    excess = days.numerator - information
    information = information * (1 - rate)
    groupings, learned = len(lattice.groupings), lattice.shallow(DEPTH)
    variance, degrees, uneven = np.zeros(groupings), np.ones(groupings), np.zeros(lattice.size)
    for number in range(learned):
        low, high = int(lattice.first[number]), int(lattice.first[number + 1])
        segment = (lattice.member[number] - low)[days.leaf]
        variance[number], degrees[number], uneven[low:high] = _learn(segment, high - low, days, excess, information)
    for number in range(learned, groupings):
        dims = lattice.groupings[number]
        pairs = [lattice.number[dims[:place] + dims[place + 1 :]] for place in range(len(dims))]
        widest = max(pairs, key=lambda pair: variance[pair])
        variance[number], degrees[number] = variance[widest], degrees[widest]
        low, high = int(lattice.first[number]), int(lattice.first[number + 1])
        above = lattice.member[widest][lattice.leaf[low:high]]
        uneven[low:high] = uneven[above]
    return DayNoise(variance, uneven, degrees)


def _learn(
    segment: Numbers, segments: int, days: Days, excess: FloatArray, information: FloatArray
) -> tuple[float, float, FloatArray]:
    """Variance, degrees of freedom and unevenness of the segments of one grouping."""
    size = len(days.labels)
    cell = segment * np.int64(size) + days.day
    e = add_up(cell, excess, segments * size).reshape(-1, size)
    v = add_up(cell, information, segments * size).reshape(-1, size)
    beyond, tells, uneven = 0.0, np.zeros(size), np.zeros(segments)
    for part in (slice(0, days.before), slice(days.before, size)):
        total = np.maximum(v[:, part].sum(axis=1, keepdims=True), 1e-9)
        share = v[:, part] / total
        squares = (share**2).sum(axis=1, keepdims=True)
        uneven += squares[:, 0]
        looked = total[:, 0] >= LEAST_INFORMATION
        share, squares, own, total = share[looked], squares[looked], v[looked, part], total[looked]
        left = e[looked, part]
        left = left - share * left.sum(axis=1, keepdims=True)
        beyond += float(((left**2 - own * (1 - share)) / total).sum())
        tells[part] = (share * own * (1 - 2 * share + squares)).sum(axis=0)
    if tells.sum() <= 0:
        return 0.0, 1.0, uneven
    return max(0.0, beyond / tells.sum()), max(1.0, tells.sum() ** 2 / (tells**2).sum() - 2), uneven
