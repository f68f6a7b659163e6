"""Every segment of a few dimensions at once: how far it moved against one baseline, and how surely."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from appeal_insights.analysis.baseline import fit_baseline
from appeal_insights.analysis.cluster_noise import ClusterNoise
from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.day_noise import DayNoise
from appeal_insights.analysis.lattice import Lattice
from appeal_insights.analysis.leaves import BoolArray, Leaves

LEAST_INFORMATION = 5.0  # denominator * rate * (1 - rate) a side must have: below it a comparison is a coin flip
LEAST_FREE = 0.5  # of a segment's information: with less left, what remains does not speak for it


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
class Scan:
    """How far each segment moved, in log odds.

    delta      after less before
    error      its standard error, were cases independent
    wide       its standard error with what days and clusters add
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


def find_moves(leaves: Leaves, lattice: Lattice) -> Moves:
    """Hold every leaf against its baseline, the same on both sides: so a change of mix alone moves nothing.

    Takes   a lattice of up to two dimensions: more are no effects of the baseline.
    """
    # Effects are fitted one after the other, so their order is that of names, whatever order they were given in.
    names = [(len(dims), sorted(leaves.by[place] for place in dims)) for dims in lattice.groupings]
    order = sorted(range(len(names)), key=names.__getitem__)
    groups = [lattice.member[number] - lattice.first[number] for number in order]
    rate = fit_baseline(groups, leaves.numerator.sum(axis=0), leaves.denominator.sum(axis=0))
    return Moves(
        excess=leaves.numerator - leaves.denominator * rate,
        information=leaves.denominator * rate * (1 - rate),
        denominator=leaves.denominator,
        baseline=rate,
    )


@dataclass(frozen=True)
class Sums:
    """Of every segment, period x segment: excess and information of the leaves in it."""

    excess: FloatArray
    information: FloatArray


def add_moves(lattice: Lattice, moves: Moves) -> Sums:
    """Add up the moves of the leaves of every segment."""
    return Sums(lattice.totals(moves.excess), lattice.totals(moves.information))


def scan(
    lattice: Lattice, moves: Moves, sums: Sums, days: DayNoise | None, clusters: ClusterNoise | None, free: BoolArray
) -> Scan:
    """Look at every segment, counting the free leaves only, if those are most of it."""
    excess, information = sums.excess, sums.information
    left = np.ones(lattice.size)
    if not free.all():
        excess = excess - lattice.totals(moves.excess, ~free)
        information = np.maximum(information - lattice.totals(moves.information, ~free), 0.0)
        left = information.sum(axis=0) / np.maximum(sums.information.sum(axis=0), 1e-9)
    (e0, e1), (v0, v1) = excess, information
    eligible = (v0 >= LEAST_INFORMATION) & (v1 >= LEAST_INFORMATION) & (left >= LEAST_FREE)
    looked = np.flatnonzero(eligible)
    delta, plain = np.zeros(lattice.size), np.ones(lattice.size)
    delta[looked] = e1[looked] / v1[looked] - e0[looked] / v0[looked]
    plain[looked] = 1 / v1[looked] + 1 / v0[looked]
    by_days = np.zeros(lattice.size) if days is None else days.variance[lattice.grouping] * days.uneven
    by_clusters = np.zeros(lattice.size) if clusters is None else clusters.more * plain
    total = plain + by_days + by_clusters
    # Only what days and clusters add is uncertain.
    noise = np.zeros(lattice.size) if days is None else by_days**2 / days.degrees[lattice.grouping]
    if clusters is not None:
        noise = noise + by_clusters**2 / clusters.degrees
    degrees = np.divide(total**2, noise, out=np.full(lattice.size, np.inf), where=noise > 0)
    wide, p = np.sqrt(total), np.ones(lattice.size)
    p[looked] = 2 * stdtr(degrees[looked], -np.abs(delta[looked]) / wide[looked])
    return Scan(delta, np.sqrt(plain), wide, degrees, p, eligible, left)
