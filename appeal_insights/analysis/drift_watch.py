"""Watch many series from their baseline on: alarm, date the change, learn the new level, go on watching."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logsumexp

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_baseline import Levels, Usual, by_weekday, learn_levels
from appeal_insights.analysis.drift_dating import Dating, Window, date_change
from appeal_insights.analysis.drift_engine import Evidence, evidence_of_counts, statistic
from appeal_insights.analysis.drift_tables import IntArray
from appeal_insights.analysis.drift_wander import beside_wander

RELEARN = 28  # days after an alarm in which the new level is learned and nothing is said
AT_ONCE = 120  # series: each takes a quarter of a megabyte for a hundred days


@dataclass(frozen=True)
class Crossing:
    """The statistic of one series went over its threshold."""

    series: int
    day: int
    start: int  # the first day of the window that it was watched in
    dating: Dating

    @property
    def changed(self) -> int:
        return self.start + self.dating.day


@dataclass(frozen=True)
class Watched:
    """What came of watching: crossings in order of day, and the statistic and usual level by series and day."""

    crossings: list[Crossing]
    statistic: FloatArray
    level: FloatArray  # logit; nan where a level is being learned


def watch(
    audited: FloatArray,
    correct: FloatArray,
    weekday: IntArray,
    usual: Usual,
    starts: IntArray,
    baseline: int,
    mix: FloatArray,
    threshold: float,
) -> Watched:
    """Watch series from `starts` on, against the level of the `baseline` days before; a start at the end is never.

    Takes   counts by series, stratum and day; mix: shares of strata by series; threshold on the log of the mixture.
    """
    series, _, days = audited.shape
    found = np.full((series, days), np.nan)
    level = np.full((series, days), np.nan)
    crossings: list[Crossing] = []
    waiting = [(one, int(starts[one]) - baseline, int(starts[one])) for one in range(series) if starts[one] < days]
    while waiting:
        chunk, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
        which, since, start = (np.array(column, dtype=np.int64) for column in zip(*chunk, strict=True))
        n, x = audited[which], correct[which]
        own = replace(
            usual,
            offset=usual.offset[which],
            dispersion=usual.dispersion[which],
            of_days=None if usual.of_days is None else usual.of_days[which],
        )
        day = np.arange(days)
        inside = ((day >= since[:, np.newaxis]) & (day < start[:, np.newaxis])).astype(np.float64)
        levels = learn_levels(by_weekday(n, weekday, inside), by_weekday(x, weekday, inside), own)
        a_day = (n * inside[:, np.newaxis]).sum(axis=2) / inside.sum(axis=1, keepdims=True)
        first = int(start.min())
        evidence = evidence_of_counts(n, x, weekday, own, levels, a_day, first)
        value = statistic(evidence, levels, start)
        for row, one in enumerate(which):
            value[row] = _held_up(
                value[row],
                threshold,
                n[row],
                x[row],
                weekday,
                own,
                levels,
                evidence,
                row,
                int(since[row]),
                int(start[row]),
            )
            over = first + np.flatnonzero(value[row] >= threshold)
            last = int(over[0]) if len(over) else days - 1
            span = slice(int(start[row]), last + 1)
            found[one, span] = value[row, span.start - first : span.stop - first]
            level[one, span] = (levels.points[row] * np.exp(levels.weight[row])).sum()
            if not len(over):
                continue
            window = Window(
                audited=n[row, :, span],
                correct=x[row, :, span],
                weekday=weekday[span],
                offset=own.offset[row],
                points=levels.points[row],
                weight=levels.weight[row],
                dispersion=float(own.dispersion[row]),
                mix=mix[one],
                falls=_falls(evidence, levels, row, slice(span.start - first, span.stop - first)),
            )
            crossing = Crossing(int(one), last, int(start[row]), date_change(window))
            crossings.append(crossing)
            if last + RELEARN + 1 < days:
                waiting.append((int(one), crossing.changed, last + RELEARN + 1))
    return Watched(sorted(crossings, key=lambda one: (one.day, one.series)), found, level)


def _held_up(
    value: FloatArray,
    threshold: float,
    audited: FloatArray,
    correct: FloatArray,
    weekday: IntArray,
    usual: Usual,
    levels: Levels,
    evidence: Evidence,
    row: int,
    since: int,
    start: int,
) -> FloatArray:
    """The statistic of a series, on days over the threshold no more than what remains beside wander.

    Days after the first that is still over it are left as they are.
    """
    if usual.of_days is None or usual.wanders is None:
        return value
    value = value.copy()
    middle = (levels.points[row] * np.exp(levels.weight[row])).sum()
    p = expit(middle + usual.offset[row][:, weekday])
    moved = (correct - audited * p).sum(axis=0)
    variance = (audited * p * (1 - p)).sum(axis=0)
    since = max(since, 0)
    for one in np.flatnonzero(value >= threshold):
        span = slice(since, evidence.first + int(one) + 1)
        beside = beside_wander(
            moved[span],
            variance[span],
            start - since,
            float(usual.of_days[row]),
            usual.wanders,
            evidence.sizes,
            evidence.prior[row],
        )
        value[one] = min(value[one], beside)
        if beside >= threshold:
            break
    return value


def _falls(evidence: Evidence, levels: Levels, row: int, span: slice) -> bool:
    """Whether a fall explains the days better than a rise does."""
    since = evidence.better[row, span][::-1].cumsum(axis=0)[::-1]
    weight = levels.weight[row] + evidence.usual[row, span].sum(axis=0)
    of_size = logsumexp(since + weight[:, np.newaxis], axis=(0, 1)) + evidence.prior[row]
    return bool(logsumexp(of_size[evidence.sizes < 0]) > logsumexp(of_size[evidence.sizes > 0]))
