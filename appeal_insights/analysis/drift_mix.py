"""Did the mix of cases become harder? Watched by the accuracy it would have, were every stratum as usual."""

import numpy as np
from scipy.special import expit, logsumexp

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_baseline import BATCH_DAYS, drawn_together
from appeal_insights.analysis.drift_dating import Dating, shortest
from appeal_insights.analysis.drift_engine import Evidence, evidence_of_values, statistic
from appeal_insights.analysis.drift_tables import IntArray
from appeal_insights.analysis.drift_watch import Crossing

# Sizes of a change of the mix looked for, in standard deviations of a day.
MIX_SIZES = np.array([0.7, 1.2, 2.0, 3.0, -0.7, -1.2, -2.0, -3.0])
CAPPED = 3.5  # standard deviations that one odd day may count at most
MATERIAL = 0.005  # share of accuracy below which a change of the mix is not worth a word
RECENT = 5  # days on which it has to be material


def expected_accuracy(volume: FloatArray, level: FloatArray, offset: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The accuracy that the mix of each day would have, were each stratum as usual; and whether there were cases."""
    p = expit(level[:, np.newaxis] + offset.mean(axis=2))
    total = volume.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (volume * p[:, :, np.newaxis]).sum(axis=1) / total
    return np.where(total > 0, expected, 0.0), (total > 0).astype(np.float64)


def watch_mix(
    expected: FloatArray, there: FloatArray, weekday: IntArray, starts: IntArray, baseline: int, threshold: float
) -> tuple[list[Crossing], FloatArray]:
    """Watch the expected accuracy of the case mix; its noise is what its own baseline shows.

    Gives   the first crossing of each series, and the statistic by series and day.
    """
    days = expected.shape[1]
    moved, variance, level_variance, known = _residuals(expected, there, weekday, starts, baseline)
    start = np.where(known & (starts < days), starts, days)
    most = CAPPED * np.sqrt(variance)[:, np.newaxis]
    evidence, levels = evidence_of_values(np.clip(moved, -most, most), variance, there, level_variance, MIX_SIZES)
    value = statistic(evidence, levels, start.astype(np.int64))
    found = []
    for one in range(len(expected)):
        for day in np.flatnonzero(value[one] >= threshold):
            near = moved[one, max(0, day - RECENT + 1) : day + 1][there[one, max(0, day - RECENT + 1) : day + 1] > 0]
            if len(near) and abs(np.median(near)) >= MATERIAL:
                span = slice(int(start[one]), int(day) + 1)
                found.append(Crossing(one, int(day), int(start[one]), _date_mix(evidence, one, span, moved[one])))
                break
    return found, np.where(np.isfinite(value), value, np.nan)


def _residuals(
    expected: FloatArray, there: FloatArray, weekday: IntArray, starts: IntArray, baseline: int
) -> tuple[FloatArray, FloatArray, FloatArray, "np.ndarray[tuple[int], np.dtype[np.bool_]]"]:
    """How far each day is from its weekday in the baseline, the variance of a day, that of the level, and if known."""
    days = np.arange(expected.shape[1])
    inside = (days >= (starts - baseline)[:, np.newaxis]) & (days < starts[:, np.newaxis]) & (there > 0)
    moved = np.zeros_like(expected)
    for number in range(7):
        on = (weekday == number)[np.newaxis] & inside
        count = on.sum(axis=1)
        whole = np.where(inside.sum(axis=1) > 0, (expected * inside).sum(1) / np.maximum(inside.sum(1), 1), 0.0)
        usual = np.where(count >= 5, (expected * on).sum(axis=1) / np.maximum(count, 1), whole)
        moved += np.where(weekday == number, expected - usual[:, np.newaxis], 0.0) * (there > 0)
    count = inside.sum(axis=1)
    variance = (moved**2 * inside).sum(axis=1) / np.maximum(count - 7, 1)
    batches = baseline // BATCH_DAYS
    lasting = np.ones(len(expected))
    if batches >= 3:
        sums = np.zeros((len(expected), batches))
        sizes = np.zeros((len(expected), batches))
        for batch in range(batches):
            first = starts - (batch + 1) * BATCH_DAYS
            on = (days >= first[:, np.newaxis]) & (days < (first + BATCH_DAYS)[:, np.newaxis]) & inside
            sums[:, batch], sizes[:, batch] = (moved * on).sum(axis=1), on.sum(axis=1)
        ratio = (sums**2 / np.maximum(sizes, 1)).sum(axis=1) / np.maximum(variance, 1e-12) / (batches - 1)
        lasting = np.maximum(drawn_together(ratio, np.full(len(expected), batches - 1.0)), 1.0)
    known = (count >= 30) & (variance > 1e-12)
    variance = np.maximum(variance, 1e-12) * lasting
    return moved, variance, variance / np.maximum(count, 1), known


def _date_mix(evidence: Evidence, one: int, span: slice, moved: FloatArray) -> Dating:
    better = evidence.better[one, span][:, evidence.better.shape[2] // 2]
    since = better[::-1].cumsum(axis=0)[::-1] + evidence.prior[one]
    weight = logsumexp(since, axis=1)
    probability = np.exp(weight - logsumexp(weight))
    low, high = shortest(probability)
    day = int(np.searchsorted(probability.cumsum(), 0.5))
    after = moved[span][day:]
    size = float(np.mean(after))
    reach = 1.645 * float(np.std(after, ddof=1)) / np.sqrt(len(after)) if len(after) > 1 else abs(size)
    return Dating(day, low, high, 0.0, size, size - reach, size + reach, probability)
