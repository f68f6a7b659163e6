"""What is usual: how hard strata and weekdays are, the level of each series, and how much its rate moves anyway."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit, logsumexp

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_tables import IntArray

WEEKDAYS = 7
SWEEPS = 12  # rounds of the fit: later ones move no level by a thousandth
BATCH_DAYS = 20  # days added up to see what moves more slowly than from day to day
LEVELS = 15  # points at which a level is kept
REACH = 4.0  # standard deviations to either side that these points go
LEAST_BATCHES = 3
OVERLAP = 1.5  # overlapping batches are worth so many times what others are
PRIOR_SPREAD = 1.0  # of a level about those of all series, in logit: weak, as a few audits say more
WEEKDAY_SPREAD = 0.3  # of weekdays about each other, in logit
# Dispersions that a series may have, and as how many series each counts before any is seen.
DISPERSIONS = np.exp(0.15 * np.arange(-3, 61))
EVERY_DISPERSION = 0.01
ROUNDS = 40  # of the estimate of how often each occurs
STEADIEST = 0.01  # dispersion relative to days below which a ratio of squares is chance


@dataclass(frozen=True)
class Usual:
    """The common part of all series: logit of being right, without the level of the series.

    offset      by series, stratum and weekday
    centre      the level of a typical series, in logit
    dispersion  by series: how many times more its rate moves than independent audits would, 1 and more
    """

    offset: FloatArray
    centre: float
    dispersion: FloatArray


@dataclass(frozen=True)
class Levels:
    """What is known of the level of each series: points in logit and the log of how likely each is."""

    points: FloatArray  # series, point
    weight: FloatArray  # series, point


def by_weekday(values: FloatArray, weekday: IntArray, inside: FloatArray) -> FloatArray:
    """Add up by weekday what is inside: series, stratum, weekday."""
    counted = values * inside[:, np.newaxis, :]
    return np.stack([counted[:, :, weekday == number].sum(axis=2) for number in range(WEEKDAYS)], axis=2)


def learn_usual(audited: FloatArray, correct: FloatArray, weekday: IntArray, *, least: float = 1.0) -> Usual:
    """Learn strata, weekdays and dispersion from the baseline days of all series.

    Strata and weekdays are pooled over series, and each series keeps a deviation of its own in each stratum, drawn
    towards none as far as the estate says that there is none. The dispersion is that of days, times what batches of
    twenty days show beyond it; both are drawn towards the estate's.
    """
    inside = np.ones((len(audited), audited.shape[2]))
    n, x = by_weekday(audited, weekday, inside), by_weekday(correct, weekday, inside)
    dispersion = np.ones(len(audited))
    for _ in range(2):  # the second time with the noise that the first one found
        level, offset, centre = _fit(n, x, dispersion)
        dispersion = np.maximum(_dispersion(audited, correct, weekday, level, offset), least)
    return Usual(offset, centre, dispersion)


def _fit(n: FloatArray, x: FloatArray, dispersion: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Level by series, offset by series, stratum and weekday, and the typical level: penalised logistic by terms."""
    n, x = n / dispersion[:, np.newaxis, np.newaxis], x / dispersion[:, np.newaxis, np.newaxis]
    whole = float(logit((x.sum() + 1) / (n.sum() + 2)))
    level = np.full((len(n), 1, 1), whole)
    layer = np.zeros((1, n.shape[1], 1))
    own = np.zeros((len(n), n.shape[1], 1))
    week = np.zeros((1, 1, WEEKDAYS))
    own_variance = 0.05
    for _ in range(SWEEPS):
        level = _step(n, x, level, level + layer + own + week, PRIOR_SPREAD**2, level.mean(), (1, 2))
        layer = _step(n, x, layer, level + layer + own + week, PRIOR_SPREAD**2, 0.0, (0, 2))
        own = _step(n, x, own, level + layer + own + week, own_variance, 0.0, (2,))
        p = expit(level + layer + own + week)
        information = (n * p * (1 - p)).sum(axis=2, keepdims=True)
        seen = information > 0
        if seen.any():
            own_variance = float(np.clip((own**2 + 1 / (information + 1 / own_variance))[seen].mean(), 1e-4, 0.5))
        week = _step(n, x, week, level + layer + own + week, WEEKDAY_SPREAD**2, 0.0, (0, 1))
    return level[:, 0, 0], layer + own + week, float(level.mean())


def _step(
    n: FloatArray,
    x: FloatArray,
    term: FloatArray,
    value: FloatArray,
    variance: float,
    mean: float,
    over: tuple[int, ...],
) -> FloatArray:
    """One Newton step of one term of the fit, drawn towards its mean."""
    p = expit(value)
    score = (x - n * p).sum(axis=over, keepdims=True) - (term - mean) / variance
    information = (n * p * (1 - p)).sum(axis=over, keepdims=True) + 1 / variance
    return np.asarray(term + np.clip(score / information, -1, 1))


def _dispersion(
    audited: FloatArray, correct: FloatArray, weekday: IntArray, level: FloatArray, offset: FloatArray
) -> FloatArray:
    """By series, from days and from batches of days."""
    p = expit(level[:, np.newaxis, np.newaxis] + offset)[:, :, weekday]
    moved = (correct - audited * p).sum(axis=1)
    variance = (audited * p * (1 - p)).sum(axis=1)
    of_days, days = _squares(moved, variance)
    batches = moved.shape[1] / BATCH_DAYS
    if batches < LEAST_BATCHES:
        return drawn_together(of_days, days)
    of_batches = _batches(moved, variance)
    worth = np.where(days > 0, OVERLAP * (batches - 1), 0.0)
    lasting = drawn_together(of_batches / np.maximum(of_days, STEADIEST), worth, least=1.0)
    return drawn_together(of_days, days) * lasting


def _batches(moved: FloatArray, variance: FloatArray) -> FloatArray:
    """Observed over expected squares of all runs of twenty days, overlapping.

    Source  Meketon and Schmeiser (1984), Winter Simulation Conf.: overlapping batches are worth half as many more.
    """
    whole = np.maximum(variance.sum(axis=1, keepdims=True), 1e-12)
    sums = _runs(moved - moved.sum(axis=1, keepdims=True) * variance / whole)
    total = _runs(variance)
    free = 1 - total / whole  # what the level of the series leaves
    return np.asarray((sums**2).sum(axis=1) / np.maximum((total * free).sum(axis=1), 1e-12))


def _runs(values: FloatArray) -> FloatArray:
    """Sums of all runs of twenty days."""
    upto = np.pad(values.cumsum(axis=1), ((0, 0), (1, 0)))
    return np.asarray(upto[:, BATCH_DAYS:] - upto[:, :-BATCH_DAYS])


def _squares(moved: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Observed over expected squares of each row, and from how many free ones; 1 and 0 where there are none."""
    total = variance.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = moved - moved.sum(axis=1, keepdims=True) * variance / total
        ratio = np.where(variance > 0, centred**2 / variance, 0.0).sum(axis=1)
        free = (variance > 0).sum(axis=1) - 1.0
        return np.where(free > 0, ratio / np.maximum(free, 1), 1.0), np.maximum(free, 0.0)


def drawn_together(ratio: FloatArray, degrees: FloatArray, *, least: float = 0.0) -> FloatArray:
    """Draw ratios of squares towards what others of the estate have, as far as chance explains the differences.

    How often which dispersion occurs is learned from all ratios, so one series in fifteen that wanders is seen for
    what it is and the others are not widened by it.

    Source  Laird (1978), J. Am. Stat. Assoc. 73: the nonparametric maximum likelihood of a mixing distribution.
    """
    values = DISPERSIONS[least - STEADIEST < DISPERSIONS]
    said = -degrees[:, np.newaxis] / 2 * (ratio[:, np.newaxis] / values + np.log(values))
    said = np.exp(said - said.max(axis=1, keepdims=True))
    often = np.full(len(values), 1 / len(values))
    known = degrees > 0
    for _ in range(ROUNDS):
        share = said[known] * often
        share /= share.sum(axis=1, keepdims=True)
        often = (share.sum(axis=0) + EVERY_DISPERSION) / (known.sum() + EVERY_DISPERSION * len(often))
    share = said * often
    return np.asarray((share * values).sum(axis=1) / share.sum(axis=1))


def learn_levels(n: FloatArray, x: FloatArray, usual: Usual, *, prior: bool = True) -> Levels:
    """Learn the level of each series from counts by series, stratum and weekday.

    Takes   prior: whether a level is near those of the other series until its own counts say otherwise.
    """
    spread = PRIOR_SPREAD if prior else 3 * PRIOR_SPREAD
    n, x = (counts / usual.dispersion[:, np.newaxis, np.newaxis] for counts in (n, x))
    level = np.full((len(n), 1, 1), usual.centre)
    for _ in range(SWEEPS):
        level = _step(n, x, level, level + usual.offset, spread**2, usual.centre, (1, 2))
    p = expit(level + usual.offset)
    sd = 1 / np.sqrt((n * p * (1 - p)).sum(axis=(1, 2)) + 1 / spread**2)
    points = level[:, 0] + sd[:, np.newaxis] * np.linspace(-REACH, REACH, LEVELS)
    value = points[:, np.newaxis, np.newaxis, :] + usual.offset[..., np.newaxis]
    weight = (x[..., np.newaxis] * log_expit(value) + (n - x)[..., np.newaxis] * log_expit(-value)).sum(axis=(1, 2))
    weight -= (points - usual.centre) ** 2 / (2 * spread**2)
    return Levels(points, weight - logsumexp(weight, axis=1, keepdims=True))
