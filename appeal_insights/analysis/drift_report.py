"""The tables of a Drift: alarms, the dates behind them, and what a chart of the evidence needs."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_baseline import Usual
from appeal_insights.analysis.drift_dating import Dating
from appeal_insights.analysis.drift_links import match_event, touching
from appeal_insights.analysis.drift_tables import Cells, Days
from appeal_insights.analysis.drift_watch import Watched

LIMITS = 3.0  # standard deviations of a day, as process-behaviour charts have it
GRADUAL = 2 / 3  # a change is called a ramp if that is twice as likely as not: a few days cannot tell


@dataclass(frozen=True)
class Alarm:
    """One alarm before it is written down: days are numbers from the first one."""

    label: str
    keys: dict[str, object]
    day: int
    start: int
    dating: Dating
    cause: str
    part_of: str | None = None


def alarm_table(alarms: list[Alarm], columns: list[str], days: Days, events: pd.DataFrame) -> pd.DataFrame:
    """One row per alarm, oldest first."""
    rows = [_row(alarm, days, events) for alarm in alarms]
    names = ["alarm_day", "change_date", "low", "high", "size", "size_low", "size_high", "direction", "kind", "ramp"]
    own = [name for name in columns if name != "series"]
    table = pd.DataFrame(rows, columns=["series", *own, *names, "cause", "event", "part_of"])
    return table.sort_values(["alarm_day", "series", "cause"], kind="stable").reset_index(drop=True)


def _row(alarm: Alarm, days: Days, events: pd.DataFrame) -> dict[str, object]:
    dating = alarm.dating
    return {
        **alarm.keys,
        "series": alarm.label,
        "alarm_day": days.date(alarm.day),
        "change_date": days.date(alarm.start + dating.day),
        "low": days.date(alarm.start + dating.low),
        "high": days.date(alarm.start + dating.high),
        "size": dating.size,
        "size_low": dating.size_low,
        "size_high": dating.size_high,
        "direction": "fell" if dating.size < 0 else "rose",
        "kind": "ramp" if dating.ramp > GRADUAL else "step",
        "ramp": dating.ramp,
        "cause": alarm.cause,
        "event": match_event(touching(events, alarm.keys), dating, alarm.start, alarm.day),
        "part_of": alarm.part_of,
    }


def date_table(alarms: list[Alarm], days: Days) -> pd.DataFrame:
    """The posterior of the first day of each change."""
    parts = [
        pd.DataFrame(
            {
                "series": alarm.label,
                "alarm_day": days.date(alarm.day),
                "cause": alarm.cause,
                "day": pd.date_range(days.date(alarm.start), periods=len(alarm.dating.probability)),
                "probability": alarm.dating.probability,
            }
        )
        for alarm in alarms
    ]
    empty = pd.DataFrame(columns=["series", "alarm_day", "cause", "day", "probability"])
    return pd.concat(parts, ignore_index=True) if parts else empty


def evidence_table(cells: Cells, usual: Usual, watched: Watched, level: FloatArray, threshold: float) -> pd.DataFrame:
    """One row per series and day with audits: the rate, what was to be expected of such audits, and the statistic."""
    held = np.where(np.isnan(watched.level), level[:, np.newaxis], watched.level)
    audited, correct = cells.audited.sum(axis=1), cells.correct.sum(axis=1)
    p = expit(held[:, np.newaxis, :] + usual.offset[:, :, cells.days.weekday])
    one, day = np.nonzero(audited)
    n = audited[one, day]
    expected = (cells.audited * p).sum(axis=1)[one, day] / n
    variance = (cells.audited * p * (1 - p)).sum(axis=1)[one, day] * usual.dispersion[one]
    reach = LIMITS * np.sqrt(variance) / n
    return pd.DataFrame(
        {
            "series": np.array(cells.labels, dtype=object)[one],
            "day": cells.days.first + pd.to_timedelta(day, unit="D"),
            "audited": n.astype(np.int64),
            "correct": correct[one, day].astype(np.int64),
            "rate": correct[one, day] / n,
            "expected": expected,
            "low": np.maximum(expected - reach, 0.0),
            "high": np.minimum(expected + reach, 1.0),
            "statistic": watched.statistic[one, day],
            "threshold": threshold,
        }
    )
