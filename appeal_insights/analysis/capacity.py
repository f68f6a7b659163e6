"""How many hours a desk needs to keep its promise, and what a plan of hours will keep: first in, first out."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, first, read_numbers, require_columns
from appeal_insights.analysis.dispersion import IntArray
from appeal_insights.errors import BadParameter, BadTable

BoolArray = npt.NDArray[np.bool_]
HOUR = 3600  # seconds
MOST_LEVEL = 64.0  # times the hours that all the cases take: what that many in one week do not save is too late
HALVINGS = 24  # of the levels between: known to a 250 thousandth of those hours
INTERVAL = 0.8  # of draws, where an interval is shown
HOURS_COLUMNS = ("week", "needed", "low", "high", "inflow")
PLAN_COLUMNS = (
    "week", "planned", "needed", "low_needed", "high_needed", "short", "due", "on_time", "attainment", "low", "high",
    "chance", "utilisation", "backlog",
)  # fmt: skip


@dataclass(frozen=True)
class Desk:
    """One queue over the slots of a calendar, with what will come in by draw.

    Takes   slots     start (of an hour, say; one after the other), open (0..1: the part of the slot in which the clock
                      of the promise runs). Hours on the wall of the market, so that days and weeks are its own.
            arrivals  draw, slot: cases. One draw may stand alone.
            handling_seconds  of work for one case, on average; or one number for each draw where it is unsure.
            target_seconds, share   of the promise: 8 * 3600 and .95 for 95 % within eight open hours.
            backlog   age_seconds (on the clock of the promise), cases: what is open at the start of the first slot.
    Raises  BadTable      slots that do not follow each other, arrivals of another length, impossible numbers.
            BadParameter  handling, target or share that nobody can keep.
    """

    slots: pd.DataFrame
    arrivals: FloatArray
    handling_seconds: float | FloatArray
    target_seconds: float
    share: float = 0.95
    backlog: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"age_seconds": [], "cases": []}, dtype=float))

    def __post_init__(self) -> None:
        require_columns(self.slots, ("start", "open"))
        if self.slots.empty:
            raise BadTable.of("table.no_rows")
        gaps = self.slots["start"].diff().dt.total_seconds().to_numpy()[1:]
        odd = first(gaps != self.slot_seconds)
        if odd is not None:
            start = str(self.slots["start"].iloc[odd + 1])
            raise BadTable.of("capacity.slots", start=start, seconds=f"{self.slot_seconds:g}")
        [part] = read_numbers(self.slots, "open")
        if (row := first(part > 1)) is not None:
            raise BadTable.of("capacity.open_share", row=str(self.slots.index[row]), value=f"{part[row]:g}")
        if np.atleast_2d(self.arrivals).shape[1] != len(self.slots):
            given = np.atleast_2d(self.arrivals).shape[1]
            raise BadTable.of("capacity.shape", given=given, slots=len(self.slots))
        for name in ("handling_seconds", "target_seconds"):
            if not np.all(np.asarray(getattr(self, name)) > 0):
                raise BadParameter.of("capacity.positive", name=name, given=np.min(getattr(self, name)))
        if not 0 < self.share <= 1:
            raise BadParameter.of("parameter.share", name="share", given=f"{self.share:g}")
        read_numbers(self.backlog, "age_seconds", "cases")

    @property
    def slot_seconds(self) -> float:
        starts = self.slots["start"]
        return float((starts.iloc[1] - starts.iloc[0]).total_seconds()) if len(starts) > 1 else float(HOUR)

    @property
    def weeks(self) -> pd.DatetimeIndex:
        """The Monday of each slot."""
        day = self.slots["start"].dt.normalize()
        return pd.DatetimeIndex(day - pd.to_timedelta(day.dt.day_of_week, unit="D"))


def arrivals_by_slot(daily: FloatArray, profile: FloatArray, *, seed: int = 0) -> FloatArray:
    """Spread the cases of each day over its slots, by chance: cases that came on a day each came at some hour of it.

    Takes   daily    draw, day: cases, as Outlook.draws has them. Their noise by day is in them already.
            profile  slots of a day, or day, slots of a day: how usual each hour is, in any unit.
    Gives   draw, slot: whole cases that add up to the day's, rounded.
    """
    daily = np.atleast_2d(daily)
    usual = np.broadcast_to(profile, (daily.shape[1], np.shape(profile)[-1])).astype(np.float64)
    chance = usual / usual.sum(axis=1, keepdims=True)
    rng = np.random.default_rng(seed)
    spread = rng.multinomial(np.rint(daily).astype(np.int64), chance)
    return spread.reshape(len(daily), -1).astype(np.float64)


def around(expected: FloatArray, *, draws: int, dispersion: float = 1.0, seed: int = 0) -> FloatArray:
    """Draw cases by slot around what is expected, where no forecast has draws of its own.

    Takes   expected by slot; dispersion: variance over mean, 1 for chance alone (Poisson), more where cases come in
            bulk (negative binomial).
    """
    rng = np.random.default_rng(seed)
    size = (draws, len(expected))
    mean = np.broadcast_to(expected, size)
    if dispersion > 1:
        mean = rng.gamma(np.maximum(mean, 1e-12) / (dispersion - 1), dispersion - 1)
    return rng.poisson(mean).astype(np.float64)


def attainment(desk: Desk, hours: FloatArray) -> pd.DataFrame:
    """Reckon what share of the cases due in each week is decided on time, with so many hours worked in each slot.

    Work flows: a desk does as much as its hours allow and what is there, the oldest case first. A case is due when the
    clock of the promise has run for the target since it came in; it counts in the week in which it is due. Cases due
    after the last slot count nowhere, nor do those overdue at the start, which are worked on all the same.

    Takes   hours by slot: productive hours, all people together.
    Gives   week (its Monday), due, on_time (means over the draws), attainment (median of the draws), low, high (of
            80 % of draws), chance (share of draws that reach the promise), utilisation (work done / hours, 0..1; nan
            without hours), backlog (mean cases open at the end of the week). Where no draw has cases due, attainment
            and chance are nan; a draw without any keeps its promise.
    """
    flow = _Flow(desk)
    weeks, names = pd.factorize(desk.weeks)
    staffed = _by_slot(desk, hours)
    done = flow.done(staffed)
    groups = [flow.due_in(weeks, nth) for nth in range(len(names))]
    due = np.column_stack([flow.size[:, one].sum(axis=1) for one in groups])
    on_time = np.column_stack([flow.on_time(staffed, one).sum(axis=1) for one in groups])
    none = ~(due > 0).any(axis=0)
    kept = np.where(due > 0, on_time / np.where(due > 0, due, 1.0), np.where(none, np.nan, 1.0))
    ends = np.flatnonzero(np.diff(weeks, append=-1))
    worked = np.diff(done[:, ends], axis=1, prepend=0.0) * flow.handling / HOUR
    low, middle, high = np.quantile(kept, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2], axis=0)
    chance = np.where(none, np.nan, flow.keeps(due, on_time).mean(axis=0))
    offered = np.bincount(weeks, staffed[0], len(names))
    with np.errstate(divide="ignore", invalid="ignore"):
        used = worked.mean(axis=0) / offered
    return pd.DataFrame(
        {
            "week": names,
            "due": due.mean(axis=0),
            "on_time": on_time.mean(axis=0),
            "attainment": middle,
            "low": low,
            "high": high,
            "chance": chance,
            "utilisation": np.minimum(used, 1.0),
            "backlog": (flow.came[:, ends] - done[:, ends]).mean(axis=0),
        }
    )


def hours_needed(desk: Desk, profile: FloatArray, *, confidence: float = 0.8) -> pd.DataFrame:
    """Find the fewest hours of each week with which the promise is kept, in so many of the draws.

    Week by week: the hours of the profile are scaled until the share of the cases due in that week is decided on
    time, the weeks before it staffed as found. No week gets less than the work that comes in takes: a desk that lets
    cases lie because they are due next week keeps the promise of this one only.

    Takes   profile by slot: when people work, in any unit; each week has some.
            confidence: the share of the draws that is to keep the promise.
    Gives   week, needed (hours; nan where none would do: it is too late when the week begins, or the profile rests
            while cases fall due), low, high (of 80 % of draws), inflow (hours that the week's cases take, mean).
    Raises  BadTable      the profile has another length, or nothing in a week.
            BadParameter  the confidence is no share.
    """
    if not 0 < confidence < 1:
        raise BadParameter.of("parameter.level", level=f"{confidence:g}")
    flow = _Flow(desk)
    shape = _by_slot(desk, profile)
    weeks, names = pd.factorize(desk.weeks)
    asked = [(1 - INTERVAL) / 2, confidence, (1 + INTERVAL) / 2]
    before = np.zeros((len(flow.arrivals), 1))
    found = []
    for nth, week in enumerate(names):
        start, end = np.searchsorted(weeks, [nth, nth + 1])
        here = shape[:, start:end]
        usual = float(here.sum())
        if not usual:
            raise BadTable.of("capacity.not_staffed", week=f"{week:%Y-%m-%d}")
        work = flow.arrivals[:, start:end].sum(axis=1) * flow.handling[:, 0] / HOUR
        hours = np.maximum(flow.fewest(here, flow.due_in(weeks, nth), start, before) * usual, work)
        low, needed, high = np.quantile(hours, asked, method="higher")
        # Where no hours save the week, it gets those that its own cases take, so that the next one can be reckoned.
        staffed = needed if np.isfinite(needed) else np.quantile(work, confidence)
        before = flow.done(here * (staffed / usual), start, before)[:, -1:]
        found.append((week, needed, low, high, work.mean()))
    return pd.DataFrame(found, columns=list(HOURS_COLUMNS)).replace(np.inf, np.nan)


def level_needed(desk: Desk, profile: FloatArray, *, confidence: float = 0.8) -> float:
    """Find the smallest multiple of the profile, the same in all weeks, that keeps the promise over all the slots.

    Gives   nan where no hours of that shape keep it.
    """
    if not 0 < confidence < 1:
        raise BadParameter.of("parameter.level", level=f"{confidence:g}")
    flow = _Flow(desk)
    shape = _by_slot(desk, profile)
    if not shape.sum():
        raise BadTable.of("capacity.not_staffed", week=f"{desk.weeks[0]:%Y-%m-%d}")
    levels = flow.fewest(shape, flow.due_in(np.zeros(shape.shape[1], dtype=np.int64), 0))
    level = float(np.quantile(levels, confidence, method="higher"))
    return level if np.isfinite(level) else float("nan")


def against_plan(desk: Desk, planned: FloatArray, *, confidence: float = 0.8) -> pd.DataFrame:
    """Set the hours planned beside the hours needed, and say what the plan will keep, week by week.

    Takes   planned hours by slot, each week with some: needed hours have the plan's own shape.
    Gives   week, planned, needed, low_needed, high_needed, short (hours, 0 or more; nan where no hours would do), and
            the columns of `attainment` with the hours planned.
    """
    kept = attainment(desk, planned)
    needed = hours_needed(desk, planned, confidence=confidence)
    weeks, names = pd.factorize(desk.weeks)
    hours = np.bincount(weeks, _by_slot(desk, planned)[0], len(names))
    asked = {"needed": "needed", "low": "low_needed", "high": "high_needed"}
    both = needed[list(asked)].rename(columns=asked).join(kept)
    short = (both["needed"] - hours).clip(lower=0)
    return both.assign(planned=hours, short=short)[list(PLAN_COLUMNS)]


def _by_slot(desk: Desk, hours: FloatArray) -> FloatArray:
    """Hours as one row of as many numbers as there are slots."""
    found = np.asarray(hours, dtype=np.float64)
    if found.shape != (len(desk.slots),):
        raise BadTable.of("capacity.shape", given=found.size, slots=len(desk.slots))
    read_numbers(pd.DataFrame({"hours": found}), "hours")
    return found[np.newaxis]


class _Flow:
    """What comes in by the end of each slot, and where in the slots each part of it is due."""

    def __init__(self, desk: Desk) -> None:
        self.share = desk.share
        self.handling = np.reshape(np.asarray(desk.handling_seconds, dtype=np.float64), (-1, 1))
        came = np.atleast_2d(np.asarray(desk.arrivals, dtype=np.float64))
        self.arrivals = np.broadcast_arrays(came, self.handling)[0]
        old = desk.backlog.sort_values("age_seconds", ascending=False)
        cases = old["cases"].to_numpy(dtype=np.float64)
        self.before = float(cases.sum())
        self.came = self.before + np.cumsum(self.arrivals, axis=1)
        slot = desk.slot_seconds
        clock = np.concatenate([[0.0], np.cumsum(desk.slots["open"].to_numpy(dtype=np.float64) * slot)])
        # Those of one slot came in its middle on average, and are due together.
        middle = (clock[:-1] + clock[1:]) / 2
        new_due = _when(clock, middle + desk.target_seconds)
        left = desk.target_seconds - old["age_seconds"].to_numpy(dtype=np.float64)
        old_due = np.where(left > 0, _when(clock, left), -1.0)
        # Groups in the order in which they are worked on: the backlog, then slot by slot.
        self.due = np.concatenate([old_due, new_due])
        draws = len(self.arrivals)
        self.size = np.column_stack([np.broadcast_to(cases, (draws, len(cases))), self.arrivals])
        self.upto = np.cumsum(self.size, axis=1)
        self.counted = (self.due > 0) & (self.due <= len(clock) - 1)

    def done(self, hours: FloatArray, start: int = 0, before: FloatArray | float = 0.0) -> FloatArray:
        """Cases done by the end of each slot: as many as the hours allow, and never more than were there.

        All that could have been done, less what was lost while there was nothing to do (Reich 1958): no slot waits
        for another to be reckoned, so all draws and slots are at once.

        Takes   hours of the slots from `start` on, by draw or for all; how many were done before, by draw.
        """
        able = before + np.cumsum(hours * (HOUR / self.handling), axis=1)
        came = self.came[:, start : start + hours.shape[1]]
        found: FloatArray = able + np.minimum(np.minimum.accumulate(came - able, axis=1), 0.0)
        return found

    def on_time(
        self, hours: FloatArray, groups: IntArray, start: int = 0, before: FloatArray | float = 0.0
    ) -> FloatArray:
        """Of these groups, which are due in the slots of `hours`, the cases that are done by then. As `done`."""
        shape = len(self.arrivals), hours.shape[1]
        done = np.column_stack([np.broadcast_to(before, (shape[0], 1)), self.done(hours, start, before)])
        at = self.due[groups] - start
        slot = np.minimum(at.astype(np.int64), shape[1] - 1)
        part = at - slot
        there = self.came[:, slot + start] - self.arrivals[:, slot + start]
        # Within a slot work goes on at its pace until nothing is left, then at that of what comes in.
        pace = hours[:, slot] * (HOUR / self.handling)
        by_then = np.minimum(done[:, slot] + part * pace, there + part * self.arrivals[:, slot + start])
        size = self.size[:, groups]
        return np.asarray(np.clip(by_then - (self.upto[:, groups] - size), 0.0, size))

    def due_in(self, weeks: IntArray, nth: int) -> IntArray:
        """The groups due in a week, or in any where `weeks` are all the same. What is due as it ends is due in it."""
        at = np.where(self.counted, self.due, 0.0)
        slot = np.maximum(np.ceil(at).astype(np.int64) - 1, 0)
        return np.flatnonzero(self.counted & (weeks[slot] == nth))

    def keeps(self, due: FloatArray, on_time: FloatArray) -> BoolArray:
        """Whether the promise is kept, to a millionth of a case."""
        return np.asarray(on_time >= self.share * due - 1e-6)

    def fewest(
        self, shape: FloatArray, groups: IntArray, start: int = 0, before: FloatArray | float = 0.0
    ) -> FloatArray:
        """Of each draw, the smallest level of this shape that keeps the promise to these groups; infinite where none.

        Takes   shape of the slots from `start` on, as one row; how many were done before, by draw.
        """
        due = self.size[:, groups].sum(axis=1)

        def enough(level: FloatArray) -> BoolArray:
            hours = level[:, np.newaxis] * shape
            return self.keeps(due, self.on_time(hours, groups, start, before).sum(axis=1))

        # Levels are tried in hours that the work there is would take, so that their fineness does not hang on units.
        work = self.came[:, start + shape.shape[1] - 1] - np.ravel(before)
        unit = (work * self.handling[:, 0] / HOUR + 1e-9) / float(shape.sum())
        low, high = np.zeros(len(due)), MOST_LEVEL * unit
        never, always = ~enough(high), enough(low)
        for _ in range(HALVINGS):
            half = (low + high) / 2
            fine = enough(half)
            low, high = np.where(fine, low, half), np.where(fine, half, high)
        return np.where(never, np.inf, np.where(always, 0.0, high))


def _when(clock: FloatArray, seconds: FloatArray) -> FloatArray:
    """The first place, in slots, by which the clock has run so long; beyond the slots where it never has."""
    after = np.searchsorted(clock, seconds - 1e-9, side="left")
    inside = np.clip(after, 1, len(clock) - 1)
    step = clock[inside] - clock[inside - 1]
    place = inside - 1 + (seconds - clock[inside - 1]) / np.where(step > 0, step, 1.0)
    found: FloatArray = np.where(after >= len(clock), np.inf, np.minimum(place, inside))
    return found
