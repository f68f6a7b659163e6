"""Tables of appeals of known truth: what moved, what did not, and how uneven luck was.

Cases are drawn one by one, so a leaf (one value of every dimension) holds one to four of them, as real case tables do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
Slice = frozenset[tuple[str, str]]
Generator = np.random.Generator

CASES = 24_000  # both periods together, before re-appeals and restores
DAYS = 28  # of each period
FIRST_DAY = pd.Timestamp("2026-01-05")
LONGEST_LAG = 14  # days from an appeal to the next against the same enforcement, at most
MIX_MOVED = 0.025  # share: what a change of mix moves the whole by, at least
RESTORED = (50, 300)  # cases of a bulk restore

# Values of each dimension, and how much of the records is in how many of them.
SIZES = {"market": 24, "policy": 12, "queue": 8, "site": 6, "language": 14, "appellant": 4, "severity": 3}
STEEPNESS = 0.8  # the k-th value has 1 / k ** this
FOLLOWS = {"queue": ("policy", 0.6), "language": ("market", 0.75)}  # how often its value follows from another's
SPREAD = {"market": 0.4, "policy": 0.6, "queue": 0.3, "site": 0.2, "language": 0.2, "appellant": 0.3, "severity": 0.4}


@dataclass(frozen=True)
class Noise:
    """What makes cases share their luck.

    days      what a day adds to the log odds of everything, standard deviation
    places    the same of each queue and each site
    appeals   against one enforcement, on average, all with one outcome, some days from each other
    restores  bulk restores a week, each of one day, market and policy, all reversed
    """

    days: float = 0.0
    places: float = 0.0
    appeals: float = 1.0
    restores: float = 0.0


NOISES = {
    "chance": Noise(),
    "days": Noise(days=0.1, places=0.3),
    "appeals": Noise(appeals=1.5),
    "clusters": Noise(appeals=1.5, restores=1.0),
}


@dataclass(frozen=True)
class Plan:
    """What is drawn.

    sizes    dimension -> number of values
    cases    of both periods
    level    rate that most have
    blanks   dimension -> the share of its values that is missing
    moved    segment -> what the after period adds to its log odds
    grown    segment -> what the after period multiplies its share with
    """

    sizes: Mapping[str, int] = field(default_factory=lambda: dict(SIZES))
    cases: int = CASES
    level: float = 0.3
    blanks: Mapping[str, float] = field(default_factory=dict)
    moved: Mapping[Slice, float] = field(default_factory=dict)
    grown: Mapping[Slice, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Made:
    """A table and its truth.

    leaves     <dimensions>, period, day, numerator, denominator
    clusters   dimension, segment, period and the sums over clusters
    truth      segments whose own rate moved
    """

    leaves: pd.DataFrame
    clusters: pd.DataFrame
    by: list[str]
    truth: set[Slice]


class World:
    """Values with their shares and rates, of which any number of cases can be drawn."""

    def __init__(self, rng: Generator, plan: Plan) -> None:
        self.plan, self.rng, self.by = plan, rng, list(plan.sizes)
        self.names = {name: np.array(_names(name, size), dtype=object) for name, size in plan.sizes.items()}
        self.shares = {name: _shares(size) for name, size in plan.sizes.items()}
        self.rates = {name: rng.normal(0, SPREAD.get(name, 0.3), size) for name, size in plan.sizes.items()}
        self.follows = {
            name: (other, often, rng.permutation(np.arange(plan.sizes[other]) % plan.sizes[name]))
            for name, (other, often) in FOLLOWS.items()
            if name in plan.sizes and other in plan.sizes
        }
        self.pairs = {(one, other): rng.normal(0, 0.2, (plan.sizes[one], plan.sizes[other]))
                      for one, other in zip(self.by, self.by[1:], strict=False)}  # fmt: skip
        self.leaf_luck = rng.normal(0, 0.2, 1 << 16)

    def draw(self, size: int) -> dict[str, IntArray]:
        """Values of so many cases; -1 is a missing one."""
        rng, drawn = self.rng, {}
        for name in self.by:
            codes = rng.choice(len(self.shares[name]), size, p=self.shares[name])
            if name in self.follows:
                other, often, where = self.follows[name]
                codes = np.where(rng.random(size) < often, where[drawn[other]], codes)
            drawn[name] = codes.astype(np.int64)
        for name, share in self.plan.blanks.items():
            drawn[name] = np.where(rng.random(size) < share, -1, drawn[name])
        return drawn

    def odds(self, drawn: Mapping[str, IntArray]) -> FloatArray:
        """Log odds of cases, without what moved."""
        level = np.full(len(drawn[self.by[0]]), logit(self.plan.level))
        packed = np.zeros(len(level), dtype=np.int64)
        for name in self.by:
            level = level + self.rates[name][drawn[name]]
            packed = packed * 31 + drawn[name]
        for (one, other), effect in self.pairs.items():
            level = level + effect[drawn[one], drawn[other]]
        return np.asarray(level + self.leaf_luck[packed % len(self.leaf_luck)])

    def inside(self, drawn: Mapping[str, IntArray], segment: Slice) -> npt.NDArray[np.bool_]:
        """Which cases are in a segment."""
        where = np.ones(len(drawn[self.by[0]]), dtype=bool)
        for name, value in segment:
            where &= self.named(drawn, name) == value
        return where

    def named(self, drawn: Mapping[str, IntArray], name: str) -> npt.NDArray[np.object_]:
        """The values of cases, by name."""
        return np.asarray(np.append(self.names[name], BLANK)[drawn[name]])


BLANK = "(blank)"


def _names(name: str, size: int) -> list[str]:
    return [f"{name[:2]}{number:03d}" for number in range(size)]


def _shares(size: int) -> FloatArray:
    weight = 1 / np.arange(1, size + 1) ** STEEPNESS
    return np.asarray(weight / weight.sum())


def make(rng: Generator, world: World, plan: Plan, noise: Noise) -> Made:
    """Draw the cases of both periods, decide each, and count them."""
    drawn, day, cluster = _cases(rng, world, plan, noise)
    late = day >= DAYS
    odds = world.odds(drawn)
    for segment, move in plan.moved.items():
        odds = odds + move * (world.inside(drawn, segment) & late)
    odds = odds + rng.normal(0, noise.days, 2 * DAYS)[day]
    for name in ("queue", "site"):
        if name in drawn and noise.places:
            odds = odds + rng.normal(0, noise.places, (plan.sizes[name] + 1, 2 * DAYS))[drawn[name], day]
    first = np.unique(cluster, return_index=True)[1]
    reversed_ = (rng.random(len(first)) < expit(odds[first]))[cluster]  # one outcome for all of a cluster
    drawn, day, cluster, reversed_ = _restore(rng, world, noise, drawn, day, cluster, reversed_)
    period = np.where(day >= DAYS, "after", "before")
    leaves = _count(world, drawn, day, period, reversed_)
    clusters = sum_clusters(
        {"": np.zeros(len(day), dtype=np.int64)} | drawn,
        {"": np.array([""], dtype=object)} | {name: np.append(world.names[name], BLANK) for name in world.by},
        day, cluster, reversed_,
    )  # fmt: skip
    return Made(leaves, clusters, world.by, set(plan.moved))


def _cases(rng: Generator, world: World, plan: Plan, noise: Noise) -> tuple[dict[str, IntArray], IntArray, IntArray]:
    """Values, day and cluster of each case. A grown segment's cases are kept as often as it has grown."""
    most = max([1.0, *plan.grown.values()])
    of_each = rng.geometric(1 / noise.appeals, int(plan.cases * most / noise.appeals))
    day = rng.integers(0, 2 * DAYS, len(of_each))
    drawn = world.draw(len(of_each))
    keep = np.full(len(day), 1 / most)
    for segment, factor in plan.grown.items():
        keep = np.where((day >= DAYS) & world.inside(drawn, segment), keep * factor, keep)
    kept = np.flatnonzero(rng.random(len(day)) < keep)
    cluster = np.repeat(np.arange(len(kept)), of_each[kept])
    again = np.arange(len(cluster)) - np.repeat(np.cumsum(of_each[kept]) - of_each[kept], of_each[kept])
    when = day[kept][cluster] + np.where(again > 0, rng.integers(0, LONGEST_LAG + 1, len(cluster)), 0)
    there = when < 2 * DAYS
    values = {name: codes[kept][cluster][there] for name, codes in drawn.items()}
    return values, when[there].astype(np.int64), cluster[there].astype(np.int64)


def _restore(
    rng: Generator, world: World, noise: Noise, drawn: dict[str, IntArray], day: IntArray, cluster: IntArray,
    reversed_: npt.NDArray[np.bool_],
) -> tuple[dict[str, IntArray], IntArray, IntArray, npt.NDArray[np.bool_]]:  # fmt: skip
    """Add bulk restores: many cases of one market and policy on one day, all reversed, one cluster each."""
    for number in range(rng.poisson(noise.restores * 2 * DAYS / 7)):
        size = int(rng.integers(RESTORED[0], RESTORED[1] + 1))
        more = world.draw(size)
        like = world.draw(1)
        for name in ("market", "policy"):
            if name in more:
                more[name] = np.repeat(like[name], size)
        drawn = {name: np.concatenate([drawn[name], more[name]]) for name in drawn}
        day = np.append(day, np.full(size, rng.integers(0, 2 * DAYS)))
        cluster = np.append(cluster, np.full(size, cluster.max(initial=0) + 1 + number))
        reversed_ = np.append(reversed_, np.ones(size, dtype=bool))
    return drawn, day, cluster, reversed_


def _count(world: World, drawn: Mapping[str, IntArray], day: IntArray, period: npt.NDArray[np.str_],
           reversed_: npt.NDArray[np.bool_]) -> pd.DataFrame:  # fmt: skip
    """One row per leaf, period and day. Days follow from periods, so the period is no key of its own."""
    key = day.copy()
    for name in world.by:
        key = key * (len(world.names[name]) + 1) + drawn[name] + 1
    _, first, leaf = np.unique(key, return_index=True, return_inverse=True)
    columns = {name: _missing(world.named(drawn, name)[first]) for name in world.by}
    return pd.DataFrame(columns | {
        "period": period[first],
        "day": FIRST_DAY + pd.to_timedelta(day[first], unit="D"),
        "numerator": np.bincount(leaf, reversed_).astype(np.int64),
        "denominator": np.bincount(leaf),
    })  # fmt: skip


def _missing(names: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    return np.asarray(np.where(names == BLANK, None, names))


def sum_clusters(
    codes: Mapping[str, IntArray], names: Mapping[str, npt.NDArray[np.object_]], day: IntArray, cluster: IntArray,
    reversed_: npt.NDArray[np.bool_],
) -> pd.DataFrame:  # fmt: skip
    """The sums over clusters of every single value of every dimension, and of the whole, in each period."""
    late = (day >= DAYS).astype(np.int64)
    tables = []
    for name, own in codes.items():
        size = len(names[name])
        cell = (own % size) * 2 + late  # a missing value, -1, is the last
        sums: dict[str, IntArray] = {}
        for prefix, parts in (("sum", cluster), ("day", cluster * 2 * DAYS + day)):
            key, where = np.unique(parts * (2 * size) + cell, return_inverse=True)
            x, n = np.bincount(where, reversed_), np.bincount(where).astype(np.float64)
            for suffix, product in (("xx", x * x), ("xn", x * n), ("nn", n * n)):
                sums[f"{prefix}_{suffix}"] = np.bincount(key % (2 * size), product, 2 * size).astype(np.int64)
        counts = {"numerator": np.bincount(cell, reversed_, 2 * size).astype(np.int64),
                  "denominator": np.bincount(cell, minlength=2 * size)}  # fmt: skip
        labels = {"dimension": name, "segment": np.repeat(names[name], 2), "period": ["before", "after"] * size}
        tables.append(pd.DataFrame(labels | counts | sums))
    table = pd.concat(tables, ignore_index=True)
    return table[table["denominator"] > 0].reset_index(drop=True)


def quiet(seed: int, *, noise: str = "chance", cases: int = CASES) -> Made:
    """A table in which nothing moved."""
    rng = np.random.default_rng([1, seed])
    plan = Plan(cases=cases)
    return make(rng, World(rng, plan), plan, NOISES[noise])


def mix_only(seed: int, *, noise: str = "chance") -> Made:
    """A table in which only shares moved, and with them the whole by at least MIX_MOVED.

    One to three values, two to five times as many as before, or as few.
    """
    rng = np.random.default_rng([2, seed])
    while True:
        plan = Plan()
        world = World(rng, plan)
        names = rng.choice(["market", "policy", "queue", "severity"], int(rng.integers(1, 4)), replace=False)
        grown = {
            frozenset([(str(name), str(world.names[name][rng.integers(min(6, plan.sizes[name]))]))]): float(
                rng.uniform(2, 5) ** rng.choice([-1, 1])
            )
            for name in names
        }
        drawn = world.draw(plan.cases)
        rate, weight = expit(world.odds(drawn)), np.ones(plan.cases)
        for segment, factor in grown.items():
            weight = np.where(world.inside(drawn, segment), weight * factor, weight)
        if abs(np.average(rate, weights=weight) - rate.mean()) >= MIX_MOVED:
            return make(rng, world, replace(plan, grown=grown), NOISES[noise])
