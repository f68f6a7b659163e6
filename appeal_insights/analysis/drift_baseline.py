"""What is usual: how hard strata and weekdays are, the level of each series, and how much its rate moves anyway."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit, logit, logsumexp

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_tables import IntArray
from appeal_insights.analysis.drift_wander import LEAST_WEEKS, how_often, learn_wander

WEEKDAYS = 7
SWEEPS = 12  # rounds of the fit: later ones move no level by a thousandth
BATCH_DAYS = 20  # days added up to see what moves more slowly than from day to day
LEVELS = 15  # points at which a level is kept
REACH = 4.0  # standard deviations to either side that these points go
PRIOR_SPREAD = 1.0  # of a level about those of all series, in logit: weak, as a few audits say more
WEEKDAY_SPREAD = 0.3  # of weekdays about each other, in logit
# Dispersions that a series may have, and as how many series each counts before any is seen.
DISPERSIONS = np.exp(0.15 * np.arange(-3, 61))
EVERY_DISPERSION = 0.01
WIDENED = 0.5  # of what wander adds in the long run; the rest is asked of each alarm
STEADIEST = 0.01  # below which a least dispersion does not reach


@dataclass(frozen=True)
class Usual:
    """The common part of all series: logit of being right, without the level of the series.

    offset      by series, stratum and weekday
    centre      the level of a typical series, in logit
    dispersion  by series: how many times more its rate moves than independent audits would, 1 and more
    of_days     the same from day to day, without wander; None: there is no more than the dispersion says
    wanders     how often rates of the estate wander by how much, as in drift_wander; None where too few weeks tell
    """

    offset: FloatArray
    centre: float
    dispersion: FloatArray
    of_days: FloatArray | None = None
    wanders: FloatArray | None = None


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
    towards none as far as the estate says that there is none. The dispersion is that of days, and half of what slow
    wander adds to it; both are drawn towards the estate's.
    """
    inside = np.ones((len(audited), audited.shape[2]))
    n, x = by_weekday(audited, weekday, inside), by_weekday(correct, weekday, inside)
    dispersion = np.ones(len(audited))
    for _ in range(2):  # the second time with the noise that the first one found
        level, offset, centre = _fit(n, x, dispersion)
        dispersion, of_days, wanders = _dispersion(audited, correct, weekday, level, offset, least)
    return Usual(offset, centre, dispersion, of_days, wanders)


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
    audited: FloatArray, correct: FloatArray, weekday: IntArray, level: FloatArray, offset: FloatArray, least: float
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """By series, with wander and of days alone; and how often rates wander."""
    p = expit(level[:, np.newaxis, np.newaxis] + offset)[:, :, weekday]
    moved = (correct - audited * p).sum(axis=1)
    variance = (audited * p * (1 - p)).sum(axis=1)
    of_days = np.maximum(drawn_together(*_squares(moved, variance)), least)
    if moved.shape[1] < LEAST_WEEKS * WEEKDAYS:
        return of_days, of_days, None
    adds, often = learn_wander(moved, variance, of_days)
    return of_days + WIDENED * adds, of_days, often


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
    """
    values = DISPERSIONS[least - STEADIEST < DISPERSIONS]
    said = -degrees[:, np.newaxis] / 2 * (ratio[:, np.newaxis] / values + np.log(values))
    said = np.exp(said - said.max(axis=1, keepdims=True))
    often = how_often(said[degrees > 0], EVERY_DISPERSION)
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
