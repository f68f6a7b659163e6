"""Made-up tables of appeals in which something moved, kind by kind.

A cause is planted where it can be seen and told apart: its move is so many standard errors of its own cases (`SURE`),
and each of its dimensions leaves out at least a third of the wider segment.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy.special import expit

from benchmarks.made_up_tables import (
    CASES,
    NOISES,
    SIZES,
    FloatArray,
    Generator,
    Made,
    Noise,
    Plan,
    Slice,
    World,
    make,
)

SURE = 9.0  # standard errors that a planted move is at least, were cases independent
LARGEST_MOVE = 2.5  # in log odds; a segment that would need more is too small to plant anything in
NARROWER = 1.5  # times a segment that fixes one dimension less is larger
AUDIT_SIZES = {"market": 6, "policy": 5, "site": 3, "severity": 3}


def plant(
    rng: Generator, world: World, share: tuple[float, float], depth: int, *, sure: float = SURE, way: int = 0,
    among: Mapping[str, int] | None = None,
) -> tuple[Slice, float]:  # fmt: skip
    """Find a segment of so many dimensions and such a share of the cases, and a move of it that can be seen.

    Takes   among: dimension -> the value it has to have, -1 for a missing one. way: 1 up, -1 down, 0 either.
    """
    drawn = world.draw(world.plan.cases)
    odds = world.odds(drawn)
    wanted = [drawn[name] == code for name, code in (among or {}).items()]
    likes = np.flatnonzero(np.logical_and.reduce(wanted)) if wanted else np.arange(len(odds))
    for _ in range(400 if len(likes) else 0):
        dims = list(among or {})
        dims += [str(name) for name in rng.permutation([one for one in world.by if one not in dims])][
            : depth - len(dims)
        ]
        like = int(rng.choice(likes))
        segment = frozenset((name, str(world.named(drawn, name)[like])) for name in dims)
        inside = world.inside(drawn, segment)
        if not share[0] <= inside.mean() <= share[1]:
            continue
        wider = [world.inside(drawn, segment - {one}).sum() for one in segment] if depth > 1 else [np.inf]
        if min(wider) < NARROWER * inside.sum():
            continue
        sign = way or float(rng.choice([-1, 1]))
        steps = np.arange(0.0, LARGEST_MOVE, 0.05)
        enough = steps[_errors(odds[inside], sign * steps) >= sure]
        if len(enough):
            return segment, sign * max(float(enough[0]), float(rng.uniform(0.5, 1.2)))
    raise RuntimeError("No segment of this size can be planted.")


def _errors(odds: FloatArray, moves: FloatArray) -> FloatArray:
    """How many standard errors the change of the rate is, were half the cases on either side, for each move."""
    before, after = expit(odds), expit(odds + moves[:, np.newaxis])
    spread = (before * (1 - before)).mean() + (after * (1 - after)).mean(axis=1)
    return np.asarray(np.abs(after.mean(axis=1) - before.mean()) / np.sqrt(spread / (len(odds) / 2)))


SHARES = {1: (0.03, 0.25), 2: (0.012, 0.12), 3: (0.006, 0.06)}
Kind = Callable[[Generator, float], tuple[World, Plan]]


def _deep(depth: int) -> Kind:
    def kind(rng: Generator, sure: float) -> tuple[World, Plan]:
        plan = Plan()
        world = World(rng, plan)
        return world, replace(plan, moved=dict([plant(rng, world, SHARES[depth], depth, sure=sure)]))

    return kind


def _siblings(rng: Generator, sure: float) -> tuple[World, Plan]:
    """Two values of one dimension moved, each on its own."""
    plan = Plan()
    world = World(rng, plan)
    one, move = plant(rng, world, (0.03, 0.15), 1, sure=sure)
    [(name, _)] = one
    other, again = one, move
    while other == one:
        other, again = _plant_any(rng, world, name, (0.02, 0.2), sure)
    return world, replace(plan, moved={one: move, other: again})


def _plant_any(rng: Generator, world: World, name: str, share: tuple[float, float], sure: float) -> tuple[Slice, float]:
    """Plant at one value of a dimension, whichever can be seen."""
    while True:
        try:
            return plant(rng, world, share, 1, sure=sure, among={name: _any(rng, world, name)})
        except RuntimeError:
            continue


def _any(rng: Generator, world: World, name: str) -> int:
    return int(rng.choice(len(world.shares[name]), p=world.shares[name]))


def _two(rng: Generator, sure: float) -> tuple[World, Plan]:
    """Two causes of different dimensions, one or two deep."""
    plan = Plan()
    world = World(rng, plan)
    depths = rng.integers(1, 3, 2)
    one, move = plant(rng, world, SHARES[int(depths[0])], int(depths[0]), sure=sure)
    while True:
        other, again = plant(rng, world, SHARES[int(depths[1])], int(depths[1]), sure=sure)
        if not {name for name, _ in one} & {name for name, _ in other}:
            return world, replace(plan, moved={one: move, other: again})


def _correlated(rng: Generator, sure: float) -> tuple[World, Plan]:
    """A market or policy moved, of which most have one language or queue."""
    plan = Plan()
    world = World(rng, plan)
    name = str(rng.choice(["market", "policy", "language", "queue"]))
    return world, replace(plan, moved=dict([_plant_any(rng, world, name, SHARES[1], sure)]))


def _reversal(rng: Generator, sure: float) -> tuple[World, Plan]:
    """A segment's rate moved one way, and the mix moves the whole the other way."""
    while True:
        plan = Plan()
        world = World(rng, plan)
        way = int(rng.choice([-1, 1]))
        segment, move = plant(rng, world, (0.02, 0.1), int(rng.integers(1, 3)), sure=sure, way=way)
        drawn = world.draw(plan.cases)
        rate = expit(world.odds(drawn))
        taken = {name for name, _ in segment}
        after = expit(world.odds(drawn) + move * world.inside(drawn, segment))
        candidates = [(name, value) for name in world.by if name not in taken for value in world.names[name]]
        for place in rng.permutation(len(candidates)):
            other = frozenset([candidates[place]])
            weight = np.where(world.inside(drawn, other), 4.0, 1.0)
            if way * (np.average(after, weights=weight) - rate.mean()) < -0.01:
                return world, replace(plan, moved={segment: move}, grown={other: 4.0})


def _blank(rng: Generator, sure: float) -> tuple[World, Plan]:
    """Where a value is missing, the rate moved; alone or with another dimension."""
    plan = Plan(blanks={"appellant": 0.1, "language": 0.12})
    world = World(rng, plan)
    name = str(rng.choice(["appellant", "language"]))
    depth = int(rng.integers(1, 3))
    moved = plant(rng, world, (0.01, 0.2), depth, sure=sure, among={name: -1})
    return world, replace(plan, moved=dict([moved]))


def _many_values(rng: Generator, sure: float) -> tuple[World, Plan]:
    """One of 400 values moved."""
    plan = Plan(sizes={**SIZES, "reason": 400}, cases=2 * CASES)
    world = World(rng, plan)
    return world, replace(plan, moved=dict([_plant_any(rng, world, "reason", (0.002, 0.05), sure)]))


def _audits(rng: Generator, sure: float) -> tuple[World, Plan]:
    """Some hundred audits a side, nearly all correct, of few dimensions; fewer are correct than before."""
    plan = Plan(sizes=AUDIT_SIZES, cases=2400, level=0.92)
    world = World(rng, plan)
    depth = int(rng.integers(1, 3))
    moved = plant(rng, world, (0.08, 0.4), depth, sure=min(sure, SURE), way=-1)
    return world, replace(plan, moved=dict([moved]))


KINDS: dict[str, Kind] = {
    "one dimension": _deep(1),
    "two dimensions": _deep(2),
    "three dimensions": _deep(3),
    "siblings": _siblings,
    "two causes": _two,
    "correlated": _correlated,
    "reversal": _reversal,
    "blank": _blank,
    "400 values": _many_values,
    "small audits": _audits,
}


def with_causes(kind: str, seed: int, *, noise: str = "chance", sure: float = SURE) -> Made:
    """A table in which something moved."""
    rng = np.random.default_rng([sum(kind.encode()), seed])
    world, plan = KINDS[kind](rng, sure)
    drawn_by_days = Noise(NOISES[noise].days, NOISES[noise].places)  # audits are drawn, not appealed nor restored
    return make(rng, world, plan, drawn_by_days if kind == "small audits" else NOISES[noise])


def of_size(seed: int, *, points: float, share: float, noise: str = "chance") -> Made:
    """A table in which one segment of about such a share of the cases moved by so many points."""
    rng = np.random.default_rng([3, seed])
    plan = Plan()
    world = World(rng, plan)
    while True:
        depth = int(rng.integers(1, 4 if share < 0.1 else 2))
        try:
            segment, move = plant(rng, world, (share * 0.8, share * 1.25), depth, sure=0.0)
        except RuntimeError:
            continue
        drawn = world.draw(plan.cases)
        own = world.odds(drawn)[world.inside(drawn, segment)]
        way = float(np.sign(move))
        steps = np.linspace(0, 3, 301)
        reached = np.array([abs(float((expit(own + way * step) - expit(own)).mean())) for step in steps])
        if reached[-1] >= points:
            size = float(np.interp(points, reached, steps))
            return make(rng, world, replace(plan, moved={segment: way * size}), NOISES[noise])
