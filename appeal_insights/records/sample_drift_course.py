"""What each series of made-up audits should show day by day, before chance: shares, errors, and what is planted."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from appeal_insights.records import sample_drift_plans as plans
from appeal_insights.records.sample_draws import Bools, Floats, Integers
from appeal_insights.records.sample_drift_plans import DAYS, Change, Line

RELATIVE_ERRORS = np.array(plans.STRATUM_ERRORS) / np.dot(plans.STRATUM_SHARES, plans.STRATUM_ERRORS)
NEW_LIFTS = np.array(list(plans.TENURES.values()))


@dataclass(frozen=True)
class Course:
    """A year of one series: every array has a value, or one of each stratum, for each day."""

    line: Line
    error: float  # share of decisions that audits find wrong, at the usual mix of cases
    works: Bools
    weekday: Floats  # errors against those of the usual working day
    busy: Floats  # cases of the day for each usual one
    shares: Floats  # of cases, by day and stratum
    sampled: Floats  # share of the cases that are audited, by day and stratum
    lift: Floats  # errors for each usual one, new reviewers apart
    new_share: Floats  # of the cases at the home site: those of a new cohort
    strict: Bools

    @property
    def cases(self) -> Floats:
        """Cases expected, by day and stratum."""
        a_day = self.line.audits_a_weekday * plans.CASES_PER_AUDIT * self.busy
        return a_day[:, np.newaxis] * self.shares

    @property
    def accuracy(self) -> Floats:
        """What audits of all cases of the day would find, weekdays apart."""
        new_lift = NEW_LIFTS[tenure_of(np.arange(DAYS), np.flatnonzero(self.new_share)[:1])]
        lift = self.lift * (1 + plans.HOME_SHARE * self.new_share * (new_lift - 1))
        right: Floats = 1 - self.error * lift * (self.shares @ RELATIVE_ERRORS)
        return right * (1 - plans.STRICTER * self.strict)


def course(line: Line, plan: tuple[Change, ...], accuracy: float) -> Course:
    """The course of a series whose audits usually find that share right."""
    error, works = 1 - accuracy, plans.works(line.market)
    shares = np.tile(np.array(plans.STRATUM_SHARES), (DAYS, 1))
    for change in line.touched(plan, "mix"):
        shares[change.first :, -1] *= change.times
    shares /= shares.sum(axis=1, keepdims=True)
    usual = np.dot(plans.STRATUM_SHARES, plans.STRATUM_SAMPLED) * plans.CASES_PER_AUDIT
    sampled = np.tile(np.array(plans.STRATUM_SAMPLED) / usual, (DAYS, 1)) * works[:, np.newaxis]
    for change in line.touched(plan, "sampling"):
        sampled[change.first :, -1] *= change.times
    busy = np.where(works, 1.0, 0.7)
    for change in line.touched(plan, "volume"):
        busy[change.first :] *= change.times
    lift, new_share = np.ones(DAYS), np.zeros(DAYS)
    for change in line.touched(plan, "step", "ramp", "dip"):
        lift += _full_size(change) * -change.points / 100 / error
    for change in line.touched(plan, "cohort"):
        new_share = plans.NEW_SHARE * np.clip((_since(change) + 1) / plans.NEW_WITHIN_DAYS, 0, 1)
    strict = np.zeros(DAYS, dtype=np.bool_)
    for change in line.touched(plan, "auditors"):
        strict = _since(change) >= 0
    return Course(line, error, works, _weekday(works), busy, shares, sampled, lift, new_share, strict)


def tenure_of(day: Integers, joined: Integers) -> Integers:
    """Place among the tenures of who joined on a day, at decisions of another day; the longest where nobody joined."""
    if not len(joined):
        return np.full(len(day), len(plans.TENURES) - 1)
    return np.searchsorted(np.array(plans.TENURE_FROM_DAYS), day - joined, side="right").clip(1) - 1


def truth_of(change: Change, courses: list[Course]) -> dict[str, Any]:
    """What a change does to each series that it touches: the accuracy before, and on average since.

    Where it is no drift, the two are the same. Points are those of accuracy, as audits weighted by cases measure it.
    """
    touched = [one for one in courses if one.line.touched((change,), change.kind)]
    last = change.first + change.days if change.kind == "dip" else DAYS
    series = []
    for one in touched:
        working = np.arange(DAYS)[one.works]
        since = working[(working >= change.first) & (working < last)]
        before, after = 1 - one.error, float(one.accuracy[since].mean())
        moved = one.accuracy[since] - before
        series.append(
            {
                "market": one.line.market,
                "policy": one.line.policy,
                "accuracy_before": round(before, 4),
                "accuracy_since": round(after, 4),
                "points": round(100 * float(moved[np.abs(moved).argmax()]), 2),
            }
        )
    return {
        "kind": change.kind,
        "cause": plans.CAUSES[change.kind],
        "segment": dict(change.segment),
        "first_day": change.first_day,
        "last_day": str(plans.FIRST_DAY + last - 1),
        "event_id": change.event_id,
        "series": series,
    }


def _since(change: Change) -> Integers:
    """Days since the first day of a change; negative before."""
    return np.arange(DAYS) - change.first


def _full_size(change: Change) -> Floats:
    """What share of its full size a change has on each day."""
    since = _since(change)
    if change.kind == "ramp":
        return np.clip((since + 1) / change.days, 0.0, 1.0)
    over = change.days if change.kind == "dip" else DAYS
    return ((since >= 0) & (since < over)).astype(np.float64)


def _weekday(works: Bools) -> Floats:
    """Errors by weekday, so that those of the working days are 1 on average."""
    weekday = ((plans.FIRST_DAY + np.arange(DAYS)).astype("datetime64[D]").astype(int) + 3) % 7
    of_day = np.array(plans.WEEKDAY_ERRORS)[weekday]
    return np.asarray(of_day / of_day[works].mean())
