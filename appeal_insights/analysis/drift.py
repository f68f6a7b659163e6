"""Since when is the accuracy of which series another, how sure is that, and what does it go with?"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_baseline import Usual, by_weekday, learn_levels, learn_usual
from appeal_insights.analysis.drift_links import Auditors, read_auditors, read_events, traits_of
from appeal_insights.analysis.drift_mix import expected_accuracy, watch_mix
from appeal_insights.analysis.drift_refusal import QUARTER, split_watchable
from appeal_insights.analysis.drift_report import Alarm, alarm_table, date_table, evidence_table
from appeal_insights.analysis.drift_tables import Cells, IntArray, Names, as_list, read_cells, read_volume
from appeal_insights.analysis.drift_watch import Crossing, watch
from appeal_insights.errors import BadParameter

BASELINE = 141  # days: what is left of a year is then 32 weeks
LEAST_BASELINE, LEAST_BUDGET = 28, 30  # days
WORK, MIX = 0.9, 0.1  # of the chance to alarm, for a series' own accuracy and for its mix of cases
AUDITORS = 0.4  # of the chance of a series, for the auditors of a market: what they say is said of many series


@dataclass(frozen=True)
class Drift:
    """What watching found.

    alarms    one row per alarm, oldest first: series (label), the columns of the series, alarm_day, change_date
              (median), low, high (the shortest run of days with 90 % of the posterior), size (share of accuracy by
              which the series had moved at the alarm, at its usual mix of cases), size_low, size_high (90 %), direction
              (fell, rose), kind (step, ramp), ramp (probability of the latter), cause (work, auditors, mix; 'work or
              auditors' without gold cases), event (or None), part_of (the label of the auditors it is put down to).
              An alarm of auditors has their label, such as the market, as its series, and the pass rate as its size.
    refused   series not watched: series, audits (in their baseline), needs (audits in as long a baseline), findable
              (the smallest fall that a quarter could show, share; nan where none could be)
    expected_false_alarms   of all series and channels a quarter, at most, while nothing changes
    evidence  one row per series and day with audits: series, day, audited, correct, rate, expected, low, high (limits
              of one day), statistic, threshold (both logs; nan where not watched)
    dates     the posterior behind each alarm: series, alarm_day, cause, day, probability
    """

    alarms: pd.DataFrame
    refused: pd.DataFrame
    expected_false_alarms: float
    evidence: pd.DataFrame
    dates: pd.DataFrame


def watch_drift(
    counts: pd.DataFrame,
    *,
    series: Names,
    day: str,
    stratum: str | None,
    audited: str,
    correct: str,
    volume: pd.DataFrame | str | None = None,
    gold: pd.DataFrame | None = None,
    known_events: pd.DataFrame | None = None,
    budget: float = 3650,
    baseline: int = BASELINE,
) -> Drift:
    """Watch the accuracy of many series at once, and say which changed, since when, by how much and with what.

    The first `baseline` days say what is usual: how hard each stratum and weekday is (pooled over series), the level of
    each series, and how much its rate moves anyway. From then on every series is held against that, stratum by stratum,
    so other sampling or another mix of cases is no change of its accuracy. A later day never changes an earlier alarm.
    After an alarm the new level is learned for four weeks, then the series is watched on.

    Takes   counts         one row per series, day and stratum, in any order: `audited` and `correct` of them, integers.
                           Rows of one series, day and stratum are added up. No row where nothing was audited is fine.
            series         the column that names a series, or several, such as ["market", "policy"].
            stratum        what audits were drawn by; None if they were drawn at random.
            volume         cases by series, day and stratum, to notice a harder mix: a table with the columns of the
                           series, `day`, `stratum` and `volume`; or the name of a column of counts.
            gold           cases of known truth given to auditors, with `day`, `audited` and `correct` named as in
                           counts, and columns of the series, such as market, that say whom they stand for (none: for
                           all). Other columns, such as auditor, are told apart.
            known_events   day (or starts_on, starts_at, date), event (or title_en, name, event_id) and, where an event
                           touches some series only, columns of the series; an empty one is everywhere.
            budget         expected days between false alarms of one series: it alarms within n days by chance with a
                           probability of at most n / budget.
            baseline       days, the first ones of the table; of a series that came later its own first ones.
    Gives   Drift, see there.
    Raises  BadTable       a column is missing, a count impossible or a value empty.
            BadParameter   the budget or the baseline is too short.
    Source  Pollak (1985), Ann. Statistics 13: the mixture. Shin, Ramdas and Rinaldo (2023), New England J. Statistics
            in Data Science: its promise, as an e-detector.
    """
    if not budget >= LEAST_BUDGET:
        raise BadParameter.of("parameter.budget", given=f"{budget:g}")
    if baseline < LEAST_BASELINE:
        raise BadParameter.of("parameter.baseline", given=str(baseline))
    names = as_list(series)
    cells = _of_known_strata(
        read_cells(counts, series=names, day=day, stratum=stratum, audited=audited, correct=correct), baseline
    )
    weekday = cells.days.weekday
    used = {day, stratum, audited, correct, volume if isinstance(volume, str) else None}
    others = {str(name) for table in (gold, known_events) if table is not None for name in table.columns} - used
    traits = traits_of(counts, names, others)
    usual = learn_usual(cells.audited[:, :, :baseline], cells.correct[:, :, :baseline], weekday[:baseline])
    starts, refused = split_watchable(cells, usual.dispersion, baseline=baseline, budget=budget)
    cases = _cases(counts, volume, cells, day, stratum)
    mix = _mix(cells.audited if cases is None else cases, starts, baseline)
    level = _level(cells, usual, starts, baseline)
    auditors = None
    if gold is not None:
        auditors = read_auditors(gold, traits, cells.days, day=day, audited=audited, correct=correct, baseline=baseline)

    threshold = float(np.log(budget / (1.0 if cases is None else WORK)))
    work = watch(cells.audited, cells.correct, weekday, usual, starts, baseline, mix, threshold)
    alarms = [_of_work(crossing, cells, traits, auditors) for crossing in work.crossings]
    if auditors is not None:
        alarms += _of_auditors(auditors, float(np.log(budget / AUDITORS)))
    if cases is not None:
        expected, there = expected_accuracy(cases, level, usual.offset)
        moved = watch_mix(expected, there, weekday, starts, baseline, float(np.log(budget / MIX)))
        alarms += [_alarm(crossing, cells.labels, traits, "mix") for crossing in moved[0]]
    channels = (starts < cells.days.count).sum() + (0 if auditors is None else AUDITORS * auditors.watched.sum())
    return Drift(
        alarms=alarm_table(alarms, list(traits.columns), cells.days, read_events(known_events, traits, cells.days)),
        refused=refused,
        expected_false_alarms=float(channels * QUARTER / budget),
        evidence=evidence_table(cells, usual, work, level, threshold),
        dates=date_table(alarms, cells.days),
    )


def _alarm(
    crossing: Crossing, labels: list[str], traits: pd.DataFrame, cause: str, part_of: str | None = None
) -> Alarm:
    keys = {str(name): value for name, value in traits.iloc[crossing.series].items()}
    return Alarm(labels[crossing.series], keys, crossing.day, crossing.start, crossing.dating, cause, part_of)


def _of_work(crossing: Crossing, cells: Cells, traits: pd.DataFrame, auditors: Auditors | None) -> Alarm:
    """The alarm of a series itself: the work, or those who judge it, where gold cases can tell."""
    group = -1 if auditors is None else int(auditors.of_series[crossing.series])
    if auditors is None or group < 0:
        return _alarm(crossing, cells.labels, traits, "work or auditors")
    if auditors.shifted(group, crossing.dating.probability, crossing.start, crossing.day):
        return _alarm(crossing, cells.labels, traits, "auditors", auditors.labels[group])
    return _alarm(crossing, cells.labels, traits, "work")


def _of_auditors(auditors: Auditors, threshold: float) -> list[Alarm]:
    """Alarms of the pass rate of gold cases."""
    return [_alarm(crossing, auditors.labels, auditors.keys, "auditors") for crossing in auditors.watch(threshold)]


def _of_known_strata(cells: Cells, baseline: int) -> Cells:
    """Without the audits of strata that no series had in the baseline: nobody knows how hard those are."""
    known = cells.audited[:, :, :baseline].sum(axis=(0, 2)) > 0
    if known.all():
        return cells
    return replace(
        cells,
        strata=[name for name, kept in zip(cells.strata, known, strict=True) if kept],
        audited=cells.audited[:, known],
        correct=cells.correct[:, known],
    )


def _cases(
    counts: pd.DataFrame,
    volume: pd.DataFrame | str | None,
    cells: Cells,
    day: str,
    stratum: str | None,
) -> FloatArray | None:
    """Cases by series, stratum and day, or None where they are not known or there is one stratum only."""
    if volume is None or stratum is None:
        return None
    table, name = (counts, volume) if isinstance(volume, str) else (volume, "volume")
    return read_volume(table, cells, day=day, stratum=stratum, volume=name)


def _mix(cases: FloatArray, starts: IntArray, baseline: int) -> FloatArray:
    """The share of each stratum in the baseline of a series."""
    day = np.arange(cases.shape[2])
    inside = (day >= (starts - baseline)[:, np.newaxis]) & (day < starts[:, np.newaxis])
    total = (cases * inside[:, np.newaxis]).sum(axis=2)
    return np.asarray((total + 1e-9) / (total + 1e-9).sum(axis=1, keepdims=True))


def _level(cells: Cells, usual: Usual, starts: IntArray, baseline: int) -> FloatArray:
    """The mean level of each series in its first baseline, in logit."""
    day = np.arange(cells.days.count)
    start = np.minimum(starts, cells.days.count)
    inside = ((day >= (start - baseline)[:, np.newaxis]) & (day < start[:, np.newaxis])).astype(np.float64)
    n, x = (by_weekday(counts, cells.days.weekday, inside) for counts in (cells.audited, cells.correct))
    levels = learn_levels(n, x, usual)
    return np.asarray((levels.points * np.exp(levels.weight)).sum(axis=1))
