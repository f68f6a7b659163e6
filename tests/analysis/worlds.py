"""Worlds of known truth: appeals decided day by day, of which some share an enforcement, a day's luck or a restore."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from appeal_insights.analysis.dispersion import OF_CLUSTER_DAYS, OF_CLUSTERS

MONDAY = "2026-01-05"
RATE = 0.3
A_DAY = 60  # appeals, on average
AT_ONCE = 500  # repeats: some ten million appeals, of which each takes a hundred bytes
APPEALS = 1.5  # against an enforcement, on average, where the number is geometric
RESTORED = (50, 300)  # cases of one bulk restore
SETTLED = 6  # times the lag: days before the first one counted, so that re-appeals come in as often as they will


def days(counts: Sequence[tuple[int, int]], *, before: int | None = None) -> pd.DataFrame:
    """One row per day from a Monday on, of (numerator, denominator); the first `before` days are one period."""
    numerator, denominator = zip(*counts, strict=True)
    split = len(counts) if before is None else before
    return pd.DataFrame(
        {
            "day": pd.date_range(MONDAY, periods=len(counts)),
            "period": ["before"] * split + ["after"] * (len(counts) - split),
            "numerator": numerator,
            "denominator": denominator,
        }
    )


@dataclass(frozen=True)
class World:
    """What makes cases share their luck.

    sharing   of the appeals, the part against enforcements that draw several
    beyond    appeals that such an enforcement draws beyond 1.5 on average; 0 leaves some of them with one only
    same      how often a later appeal ends as the first against the same enforcement did; else it is on its own
    lag       days from one appeal to the next against the same enforcement, exponential, on average
    shock     correlation of two appeals decided on one day
    restores  bulk restores a day: 50 to 300 cases, all reversed
    """

    sharing: float = 0.0
    beyond: int = 1
    same: float = 1.0
    lag: float = 0.0
    shock: float = 0.0
    restores: float = 0.0

    @property
    def truth(self) -> float:
        """The rate of very many days."""
        restored = self.restores * sum(RESTORED) / 2
        return (A_DAY * RATE + restored) / (A_DAY + restored)

    @property
    def settled(self) -> int:
        """Days before the first one counted."""
        return round(SETTLED * self.lag)


@dataclass(frozen=True)
class Sample:
    """Counts of a world, over and over: a row per repeat, a column per day, and the sums over clusters."""

    numerators: np.ndarray
    denominators: np.ndarray
    sums: dict[str, np.ndarray]  # by column of a table of cells: a row per repeat, a column per period
    before: int  # days of the first period; the others are the second

    @cached_property
    def totals(self) -> np.ndarray:
        """By period, then numerator and denominator, then repeat."""
        spans = [slice(self.before), slice(self.before, None)][: self.sums["sum_xx"].shape[1]]
        return np.array([[of[:, span].sum(axis=1) for of in (self.numerators, self.denominators)] for span in spans])

    @cached_property
    def calendar(self) -> pd.DataFrame:
        return days([(0, 0)] * self.numerators.shape[1], before=self.before)

    def tables(self, repeat: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Days and cells of one repeat, as the dispersion is learned from them."""
        by_day = self.calendar.assign(numerator=self.numerators[repeat], denominator=self.denominators[repeat])
        numerator, denominator = self.totals[:, :, repeat].T
        counts = {"period": range(len(numerator)), "numerator": numerator, "denominator": denominator}
        return by_day, pd.DataFrame({**counts, **{name: of[repeat] for name, of in self.sums.items()}})


def simulate(world: World, *, repeats: int, length: int, before: int | None = None, seed: int = 1) -> Sample:
    """So many days of a world, over and over; the first `before` days are a period of their own."""
    rng = np.random.default_rng(seed)
    sizes = [min(AT_ONCE, repeats - done) for done in range(0, repeats, AT_ONCE)]
    parts = [_simulate(rng, world, size, length, before) for size in sizes]
    return Sample(
        np.concatenate([part.numerators for part in parts]),
        np.concatenate([part.denominators for part in parts]),
        {name: np.concatenate([part.sums[name] for part in parts]) for name in parts[0].sums},
        parts[0].before,
    )


def _simulate(rng: np.random.Generator, world: World, repeats: int, length: int, before: int | None) -> Sample:
    split, periods = (length, 1) if before is None else (before, 2)
    repeat, day, cluster, reversed_ = _with_restores(rng, world, _appeals(rng, world, repeats, length), repeats, length)
    cell = repeat * length + day
    period = repeat * periods + (day >= split)
    sums = {}
    for names, key in ((OF_CLUSTERS, cluster * 2 + (day >= split)), (OF_CLUSTER_DAYS, cluster * length + day)):
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        x, n = np.bincount(of, reversed_), np.bincount(of)
        for name, square in zip(names, (x * x, x * n, n * n), strict=True):
            sums[name] = _add_up(period[first], square, repeats * periods).reshape(repeats, periods)
    return Sample(
        _add_up(cell, reversed_, repeats * length).reshape(repeats, length),
        _add_up(cell, np.ones(len(cell)), repeats * length).reshape(repeats, length),
        sums,
        split,
    )


def _add_up(place: np.ndarray, amount: np.ndarray, places: int) -> np.ndarray:
    return np.bincount(place, amount, minlength=places).round().astype(np.int64)


Appeals = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # repeat, day, cluster, reversed


def _appeals(rng: np.random.Generator, world: World, repeats: int, length: int) -> Appeals:
    """The appeals that are decided on the days counted."""
    span = world.settled + length
    several, alone = A_DAY * world.sharing / (APPEALS + world.beyond), A_DAY * (1 - world.sharing)
    drawn = rng.poisson(several + alone, (repeats, span))  # enforcements by the day of their first appeal
    repeat, start = (np.repeat(each.ravel(), drawn.ravel()) for each in np.indices(drawn.shape))
    size = np.where(
        rng.random(len(repeat)) < several / (several + alone),
        rng.geometric(1 / APPEALS, len(repeat)) + world.beyond,
        1,
    )
    cluster = np.repeat(np.arange(len(size)), size)
    first = np.diff(cluster, prepend=-1) > 0
    waited = np.cumsum(np.where(first, 0.0, rng.exponential(world.lag, len(cluster))))
    waited -= np.repeat(waited[first], size)
    day = np.floor(np.repeat(start + rng.random(len(start)), size) + waited).astype(np.int64) - world.settled
    own = rng.random(len(cluster)) < _rates(rng, world, repeats, span)[repeat[cluster], np.minimum(day, length)]
    follows = ~first & (rng.random(len(cluster)) < world.same)
    reversed_ = np.where(follows, np.repeat(own[first], size), own)
    counts = (day >= 0) & (day < length)
    return repeat[cluster][counts], day[counts], cluster[counts], reversed_[counts]


def _rates(rng: np.random.Generator, world: World, repeats: int, span: int) -> np.ndarray:
    """The rate of each day: a column for each day counted, and then for those before, from the last one back."""
    if not world.shock:
        return np.full((repeats, span + 1), RATE)
    spread = 1 / world.shock - 1
    return rng.beta(RATE * spread, (1 - RATE) * spread, (repeats, span + 1))


def _with_restores(rng: np.random.Generator, world: World, appeals: Appeals, repeats: int, length: int) -> Appeals:
    """The appeals and the cases of bulk restores, each against an enforcement of its own."""
    least, most = RESTORED
    sizes = rng.integers(least, most + 1, (repeats, length)) * (rng.random((repeats, length)) < world.restores)
    repeat, day = (np.repeat(each.ravel(), sizes.ravel()) for each in np.indices(sizes.shape))
    alone = appeals[2].max() + 1 + np.arange(len(repeat))
    restored = (repeat, day, alone, np.ones(len(repeat), dtype=bool))
    together = [np.concatenate(pair) for pair in zip(appeals, restored, strict=True)]
    return together[0], together[1], together[2], together[3]
