"""The one engine of all alarms: has this changed since some day, whatever its level was?

A Shiryaev-Roberts mixture: the odds that a change of some size began on any day so far, averaged over the levels that
the past allows. While nothing changes its expected value grows by one a day, so that an alarm at the value B comes by
chance within n days with a probability of at most n / B, whatever is watched. The threshold is the budget in days.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_baseline import Levels, Usual
from appeal_insights.analysis.drift_tables import IntArray

# Sizes looked for, as log odds ratios: a fall of accuracy from .95 by one to twelve points.
SIZES = np.array([-0.2, -0.35, -0.5, -0.7, -0.95, -1.2, -1.6])
# A fall is looked for first: of the chance to alarm, this share is spent on it.
FALLS = 0.9
# Nats that a quarter has to say about a size so that looking for it is worth half of what the largest is.
SHOWN = 8.0
QUARTER = 91.25  # days
# Nats that one day may say at most for a change, and standard deviations beyond what a change of that size would have
# it say on average: a single odd day, however odd, is no drift.
A_DAY = 6.0
BEYOND = 2.0


HIGHEST = 1e200  # of the mixture, which is of no interest far beyond any threshold


@dataclass(frozen=True)
class Evidence:
    """Log likelihoods by series, day and level: of nothing new, and by how much each size explains the day better."""

    usual: FloatArray  # series, day, level
    better: FloatArray  # series, day, level, size
    capped: FloatArray  # the same, no more than one day may say
    sizes: FloatArray
    prior: FloatArray  # log weight by series and size
    first: int  # number of the first day


def sizes_and_prior(information: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The sizes of both directions, and the log of their weights by series.

    Takes   information: of a quarter's audits about each size of a fall, by series. The chance to alarm is spent on
            sizes that the audits of a series can show.
    """
    worth = 1 / (1 + (SHOWN / np.maximum(information, 1e-9)) ** 2)
    worth = worth / worth.sum(axis=1, keepdims=True)
    sizes = np.concatenate([SIZES, -SIZES])
    return sizes, np.log(np.concatenate([FALLS * worth, (1 - FALLS) * worth], axis=1))


def information(usual: Usual, levels: Levels) -> FloatArray:
    """What one audit would say about each size of a change, in nats: by series, stratum and size, both directions."""
    middle = (levels.points * np.exp(levels.weight)).sum(axis=1)
    value = middle[:, np.newaxis, np.newaxis] + usual.offset.mean(axis=2)[:, :, np.newaxis]
    sizes = np.concatenate([SIZES, -SIZES])
    apart = expit(value + sizes) * sizes + log_expit(-value - sizes) - log_expit(-value)
    return np.asarray(apart / usual.dispersion[:, np.newaxis, np.newaxis])


def evidence_of_counts(
    audited: FloatArray,
    correct: FloatArray,
    weekday: IntArray,
    usual: Usual,
    levels: Levels,
    a_day: FloatArray,
    first: int,
) -> Evidence:
    """What each day from the first one on says, from counts by series, stratum and day.

    Takes   a_day: audits by series and stratum, usually. All is divided by the dispersion of the series.
    """
    of_one = information(usual, levels)
    sizes, prior = sizes_and_prior(QUARTER * (a_day[:, :, np.newaxis] * of_one).sum(axis=1)[:, : len(SIZES)])
    audited, correct, weekday = audited[:, :, first:], correct[:, :, first:], weekday[first:]
    series, _, days = audited.shape
    points = levels.points.shape[1]
    shifts = np.concatenate([[0.0], sizes])
    said = np.zeros((series, days, points * len(shifts)))
    for number in np.unique(weekday):
        on = weekday == number
        value = (
            usual.offset[:, :, number, np.newaxis, np.newaxis]
            + levels.points[:, np.newaxis, :, np.newaxis]
            + shifts[np.newaxis, np.newaxis, np.newaxis, :]
        )
        right, wrong = (log_expit(side).reshape(series, -1, points * len(shifts)) for side in (value, -value))
        x = correct[:, :, on].transpose(0, 2, 1)
        n = audited[:, :, on].transpose(0, 2, 1)
        said[:, on] = x @ right + (n - x) @ wrong
    said = said.reshape(series, days, points, len(shifts)) / usual.dispersion[:, np.newaxis, np.newaxis, np.newaxis]
    a_change = np.einsum("sht,shr->str", audited, of_one)[:, :, np.newaxis]
    most = np.minimum(a_change + BEYOND * np.sqrt(2 * a_change), A_DAY)
    better = said[..., 1:] - said[..., :1]
    return Evidence(said[..., 0], better, np.minimum(better, most), sizes, prior, first)


def evidence_of_values(
    moved: FloatArray, variance: FloatArray, there: FloatArray, level_variance: FloatArray, sizes: FloatArray
) -> tuple[Evidence, Levels]:
    """The same of values with known noise: how far each day is from usual; sizes are standard deviations of a day."""
    grid = np.linspace(-3, 3, 7)
    points = np.sqrt(level_variance)[:, np.newaxis] * grid
    weight = np.broadcast_to(-(grid**2) / 2 - np.log(np.exp(-(grid**2) / 2).sum()), points.shape)
    off = (moved[:, :, np.newaxis] - points[:, np.newaxis, :]) / np.sqrt(variance)[:, np.newaxis, np.newaxis]
    off = off * there[:, :, np.newaxis]
    better = off[..., np.newaxis] * sizes - sizes**2 / 2 * there[:, :, np.newaxis, np.newaxis]
    prior = np.full((len(moved), len(sizes)), -np.log(len(sizes)))
    return Evidence(-(off**2) / 2, better, np.minimum(better, A_DAY), sizes, prior, 0), Levels(points, weight)


def statistic(evidence: Evidence, levels: Levels, start: IntArray) -> FloatArray:
    """The log of the mixture by series and day of the evidence, from each one's start on; before it minus infinity."""
    series, days = evidence.usual.shape[:2]
    times = np.exp(evidence.capped)
    prior = np.exp(evidence.prior)[:, :, np.newaxis]
    on = (np.arange(days) + evidence.first >= start[:, np.newaxis]).astype(np.float64)
    weight = levels.weight[:, np.newaxis] + (evidence.usual * on[:, :, np.newaxis]).cumsum(axis=1)
    weight = np.exp(weight - weight.max(axis=2, keepdims=True))
    weight /= weight.sum(axis=2, keepdims=True)
    running = np.zeros(times.shape[:1] + times.shape[2:])
    found = np.zeros((series, days))
    for day in range(days):
        running += on[:, day, np.newaxis, np.newaxis]
        running *= times[:, day]
        np.minimum(running, HIGHEST, out=running)
        found[:, day] = ((running @ prior)[..., 0] * weight[:, day]).sum(axis=1)
    with np.errstate(divide="ignore"):
        return np.log(np.where(on > 0, found, 0.0))
