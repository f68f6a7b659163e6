"""Since when, how much, at once or bit by bit: what the days up to an alarm say about the change behind it."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logsumexp

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_tables import IntArray

FINEST = 0.05  # log odds between two sizes of a change
LARGEST = 2.0
SMALLEST = 0.1
RAMPS = (14, 28, 56)  # days that a gradual change may take
RAMP = 0.3  # how likely a change is gradual, before its days are looked at
RAMP_STARTS = 120  # days before an alarm on which a gradual change may have begun
LEVELS_OF_RAMPS = np.array([3, 5, 7, 9, 11])  # of the fifteen points of a level; enough for a date
HELD = 0.9  # of the posterior in the set of dates, and in the interval of the size


@dataclass(frozen=True)
class Dating:
    """When and how far: days from the first one given, size in share at the day of the alarm."""

    day: int  # median
    low: int
    high: int
    ramp: float  # how likely the change was gradual
    size: float
    size_low: float
    size_high: float
    probability: FloatArray  # by day


@dataclass(frozen=True)
class Window:
    """One series from the day it was watched to the day of the alarm."""

    audited: FloatArray  # stratum, day
    correct: FloatArray
    weekday: IntArray
    offset: FloatArray  # stratum, weekday
    points: FloatArray  # of its level
    weight: FloatArray
    dispersion: float
    mix: FloatArray  # shares of the strata
    falls: bool


def date_change(window: Window) -> Dating:
    """Date a change by the likelihood of every first day, size and level, at once or gradual.

    The set of dates is the shortest run of days that holds nine tenths, widened by nothing.
    """
    sizes = np.arange(0.0, LARGEST + FINEST / 2, FINEST)
    said = _said(window, sizes)
    steps = _steps(said) + window.weight[np.newaxis, :, np.newaxis]
    steps[:, :, sizes < SMALLEST - FINEST / 2] = -np.inf
    steps += np.log1p(-RAMP) - np.log(np.isfinite(steps[0, 0]).sum())
    ramps = _ramps(said[:, LEVELS_OF_RAMPS], window.weight[LEVELS_OF_RAMPS], sizes)
    whole = logsumexp(np.append(logsumexp(steps), [logsumexp(part) for _, part in ramps]))
    probability = np.exp(logsumexp(steps, axis=(1, 2)) - whole)
    gradual = 0.0
    now = [np.exp(logsumexp(steps, axis=0) - whole)]  # level, size
    reached = [sizes]
    nodes = [window.points]
    for length, part in ramps:
        of_day = np.exp(logsumexp(part, axis=(1, 2)) - whole)
        probability[len(probability) - len(of_day) :] += of_day
        gradual += float(of_day.sum())
        since = np.arange(len(of_day), 0, -1)
        mean = float((of_day * np.minimum(since / length, 1)).sum() / max(of_day.sum(), 1e-300))
        now.append(np.exp(logsumexp(part, axis=0) - whole))
        reached.append(_coarse(sizes) * mean)
        nodes.append(window.points[LEVELS_OF_RAMPS])
    size, size_low, size_high = _size(window, now, reached, nodes)
    low, high = shortest(probability)
    return Dating(
        int(np.searchsorted(probability.cumsum(), 0.5)), low, high, gradual, size, size_low, size_high, probability
    )


def shortest(probability: FloatArray, held: float = HELD) -> tuple[int, int]:
    """First and last day of the shortest run of days that holds so much."""
    total = np.concatenate([[0.0], probability.cumsum() / probability.sum()])
    end = np.searchsorted(total, total + held - 1e-12)
    length = np.where(end < len(total), end - np.arange(len(total)), len(total))
    first = int(length.argmin())
    return first, min(first + int(length[first]) - 1, len(probability) - 1)


def _said(window: Window, sizes: FloatArray) -> FloatArray:
    """Log likelihood by day, level and size."""
    shift = -sizes if window.falls else sizes
    said = np.zeros((window.audited.shape[1], len(window.points) * len(sizes)))
    for number in np.unique(window.weekday):
        on = window.weekday == number
        value = window.offset[:, number, np.newaxis, np.newaxis] + window.points[:, np.newaxis] + shift
        right, wrong = (log_expit(side).reshape(len(value), -1) for side in (value, -value))
        x, n = window.correct[:, on].T, window.audited[:, on].T
        said[on] = x @ right + (n - x) @ wrong
    return said.reshape(-1, len(window.points), len(sizes)) / window.dispersion


def _steps(said: FloatArray) -> FloatArray:
    """By first day, level and size: as usual before it, moved from it on."""
    before = np.concatenate([np.zeros((1, said.shape[1])), said[:-1, :, 0].cumsum(axis=0)])
    after = said[::-1].cumsum(axis=0)[::-1]
    return np.asarray(before[:, :, np.newaxis] + after)


def _coarse(sizes: FloatArray) -> FloatArray:
    return sizes[4::4]


def _ramps(said: FloatArray, weight: FloatArray, sizes: FloatArray) -> list[tuple[int, FloatArray]]:
    """The same of gradual changes of each length; the last so many first days only."""
    days = len(said)
    starts = np.arange(max(0, days - RAMP_STARTS), days)
    first = starts[0]
    usual = said[:first, :, 0].sum(axis=0)
    since = np.arange(first, days)[np.newaxis, :] - starts[:, np.newaxis] + 1  # start, day
    final = np.arange(len(sizes))[4::4]
    within = said[first:]
    found = []
    prior = np.log(RAMP / len(RAMPS) / len(final)) + weight - logsumexp(weight)
    for length in RAMPS:
        place = np.rint(final * np.clip(since / length, 0, 1)[..., np.newaxis]).astype(np.int64)  # start, day, size
        total = np.zeros((len(starts), said.shape[1], len(final)))
        for level in range(said.shape[1]):
            total[:, level] = np.take_along_axis(within[np.newaxis, :, level], place, axis=2).sum(axis=1)
        found.append((length, total + (usual + prior)[:, np.newaxis]))
    return found


def _size(
    window: Window, now: list[FloatArray], reached: list[FloatArray], nodes: list[FloatArray]
) -> tuple[float, float, float]:
    """Mean and interval of the change of accuracy at the usual mix of cases."""
    offset = window.offset.mean(axis=1)
    sign = -1 if window.falls else 1
    values, weights = [], []
    for weight, size, points in zip(now, reached, nodes, strict=True):
        before = (expit(points[:, np.newaxis] + offset) * window.mix).sum(axis=1)
        moved = points[:, np.newaxis, np.newaxis] + sign * size[:, np.newaxis] + offset
        after = (expit(moved) * window.mix).sum(axis=2)
        values.append((after - before[:, np.newaxis]).ravel())
        weights.append(weight.ravel())
    value, weight = np.concatenate(values), np.concatenate(weights)
    order = value.argsort()
    share = weight[order].cumsum() / weight.sum()
    low, high = (float(value[order][np.searchsorted(share, edge)]) for edge in ((1 - HELD) / 2, (1 + HELD) / 2))
    return float((value * weight).sum() / weight.sum()), low, high
