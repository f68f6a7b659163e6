"""All segments of up to three dimensions, numbered, and which leaves are in each."""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.leaves import DENSE, BoolArray, IntArray, Leaves, add_up

Numbers = npt.NDArray[np.int32]

DEPTH = 3  # dimensions a segment may combine
MOST_MEMBERS = (
    100_000_000  # leaves times groupings: up to here three dimensions are combined (four bytes each), else two
)


@dataclass(frozen=True)
class Lattice:
    """Segments of one grouping follow each other; 0 is the whole.

    Segments of one and two dimensions are all there. Of three, those with information enough to be looked at: the
    leaves of all others are in none.

    codes       dimension x leaf, as of the leaves
    groupings   the dimensions of each grouping, the whole first
    first       the number of the first segment of each grouping, and what follows the last
    member      grouping x leaf: the segment the leaf is in; `size` where it is in none
    grouping    of each segment
    leaf        of each segment: one leaf of it
    """

    codes: IntArray
    groupings: tuple[tuple[int, ...], ...]
    first: IntArray
    member: Numbers
    grouping: IntArray
    leaf: IntArray

    @property
    def size(self) -> int:
        """How many segments there are."""
        return len(self.grouping)

    @property
    def depth(self) -> int:
        """How many dimensions a segment may combine."""
        return len(self.groupings[-1])

    @cached_property
    def layer(self) -> IntArray:
        """How many dimensions each segment combines."""
        return np.array([len(dims) for dims in self.groupings], dtype=np.int64)[self.grouping]

    @cached_property
    def number(self) -> dict[tuple[int, ...], int]:
        """The number of each grouping."""
        return {dims: number for number, dims in enumerate(self.groupings)}

    def inside(self, segment: int) -> BoolArray:
        """Which leaves are in a segment."""
        return np.asarray(self.member[self.grouping[segment]] == segment)

    def totals(self, weights: FloatArray, rows: BoolArray | None = None, *, groupings: int | None = None) -> FloatArray:
        """What each segment has on each side: period x segment. Of some leaves, or of all; of the first groupings."""
        count = len(self.groupings) if groupings is None else groupings
        size = int(self.first[count])
        result = np.zeros((len(weights), size))
        places = None if rows is None else np.flatnonzero(rows)
        chosen = weights if places is None else weights[:, places]
        for number in range(count):
            low, high = int(self.first[number]), int(self.first[number + 1])
            member = self.member[number] if places is None else self.member[number][places]
            within = np.minimum(member - low, high - low)  # those in no segment come last, and are left out
            for side, row in enumerate(chosen):
                result[side, low:high] = add_up(within, row, high - low + 1)[:-1]
        return result

    def shallow(self, depth: int) -> int:
        """How many groupings combine at most so many dimensions; they come first."""
        return sum(len(dims) <= depth for dims in self.groupings)

    def dimensions(self, segment: int) -> tuple[int, ...]:
        """The dimensions whose values a segment fixes."""
        return self.groupings[self.grouping[segment]]

    def parents(self, segment: int) -> list[int]:
        """The segments that fix one dimension less."""
        own = self.dimensions(segment)
        above = (tuple(other for other in own if other != left) for left in own)
        return [int(self.member[self.number[dims], self.leaf[segment]]) for dims in above]


def build_lattice(leaves: Leaves) -> Lattice:
    """Number all segments of up to two dimensions."""
    dimensions, size = leaves.codes.shape
    sizes = [len(values) for values in leaves.values]
    groupings = [dims for depth in range(DEPTH) for dims in combinations(range(dimensions), depth)]
    lattice = Lattice(
        codes=leaves.codes,
        groupings=(),
        first=np.zeros(1, dtype=np.int64),
        member=np.zeros((0, size), dtype=np.int32),
        grouping=np.zeros(0, dtype=np.int64),
        leaf=np.zeros(0, dtype=np.int64),
    )
    return _extend(lattice, groupings, sizes, least=0.0, information=np.ones((1, size)))


def deepen(lattice: Lattice, leaves: Leaves, information: FloatArray, *, least: float) -> Lattice:
    """Number those segments of three dimensions that have at least so much information on either side.

    Where leaves and dimensions are so many that it would cost seconds, the lattice stays as it is.
    """
    dimensions, size = leaves.codes.shape
    sizes = [len(values) for values in leaves.values]
    triples = list(combinations(range(dimensions), DEPTH))
    if (len(lattice.groupings) + len(triples)) * size > MOST_MEMBERS or not triples:
        return lattice
    return _extend(lattice, triples, sizes, least=least, information=information)


def _extend(
    lattice: Lattice, groupings: list[tuple[int, ...]], sizes: list[int], *, least: float, information: FloatArray
) -> Lattice:
    """Add groupings; a segment is one that occurs and has at least so much information on every side."""
    known, leaves = len(lattice.groupings), lattice.codes.shape[1]
    member = np.empty((known + len(groupings), leaves), dtype=np.int32)
    first, grouping, leaf = [int(lattice.first[-1])], [lattice.grouping], [lattice.leaf]
    everything = np.arange(leaves, dtype=np.int32)
    for number, dims in enumerate(groupings, start=known):
        key, span = np.zeros(leaves, dtype=np.int64), 1
        for one in dims:
            key = key * sizes[one] + lattice.codes[one]
            span *= sizes[one]
        if span > DENSE:
            keys, key = np.unique(key, return_inverse=True)
            span = len(keys)
        enough = np.logical_and.reduce([np.bincount(key, side, span) >= max(least, 1e-300) for side in information])
        count = int(enough.sum())
        own = np.where(enough, np.cumsum(enough) - 1, count).astype(np.int32)[key]
        some = np.zeros(count + 1, dtype=np.int64)
        some[own[::-1]] = everything[::-1]
        member[number] = own + first[-1]
        leaf.append(some[:count])
        grouping.append(np.full(count, number, dtype=np.int64))
        first.append(first[-1] + count)
    # Those in no segment get the number that follows the last segment of all.
    for number in range(known, len(member)):
        row = member[number]
        row[row == first[number - known + 1]] = first[-1]
    member[:known] = lattice.member
    return replace(
        lattice,
        groupings=(*lattice.groupings, *groupings),
        first=np.concatenate([lattice.first, np.array(first[1:], dtype=np.int64)]),
        member=member,
        grouping=np.concatenate(grouping),
        leaf=np.concatenate(leaf),
    )


def counts_of(codes: npt.NDArray[np.integer[Any]], rows: BoolArray, weights: FloatArray, size: int) -> FloatArray:
    """What each value of one dimension has on each side, of some leaves: period x value."""
    within = codes[rows]
    return np.array([add_up(within, row[rows], size) for row in weights])
