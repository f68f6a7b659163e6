"""How many cases will come in, by day and by week: learned from the days before, and as wide as they are unsure."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_numbers, require_columns, require_filled
from appeal_insights.analysis.drift_tables import read_days
from appeal_insights.errors import AppealInsightsError, BadParameter, BadTable

FEWEST_DAYS = 28  # with fewer nobody can tell a weekday from chance
MOST_DAYS = 400  # the newest of them: what the year before was like says little about next month, and costs time
MOST_NOISE = 1.0  # log: days that are 2.7 times more or less than usual as a rule; expected is nothing then
FEWEST_A_DAY = 10  # cases on average: logs of fewer are mostly chance
DRAWS = 1000  # ends of an 80 % interval are then within 3 % of its width
# How the level may have moved, in variances of one day's noise: a step each day, a step of its slope each day, and a
# step each week of every weekday. Each mixture counts by how well it tells the days that were seen.
STEPS = (0.0, 1e-4, 1e-3, 1e-2, 0.05, 0.3)
SLOPES = (0.0, 3e-6, 3e-5, 3e-4)
SEASONS = (0.0, 3e-3, 0.05)
DAMPED = 0.97  # of a slope is left the next day, half after three weeks: no trend goes on for ever
WEEKDAY_SPREAD, DAY_OFF_SPREAD = 1.0, 0.5  # log: how far weekdays, and days off, are from others before any is seen
USUAL_NOISE = 0.01  # variance of a day's log beside chance: 10 %. It only says how much less a day of few cases counts
LEAST_NOISE = 1e-4  # variance of a log, 1 %: beside days without any noise all else would be endless

LEVEL, SLOPE, FIRST_WEEKDAY, OFF = 0, 1, 2, 9  # places in the state
UNKNOWN = 1e7  # variance of the level before any day is seen
ROUNDING = 1e-9  # of the largest variance: what is known exactly has no root otherwise


@dataclass(frozen=True)
class Outlook:
    """The days ahead of one segment in many draws, each of which could come to pass as a whole."""

    days: pd.DatetimeIndex
    expected: FloatArray
    draws: FloatArray  # draw, day: cases

    def by_day(self, confidence: float = 0.8) -> pd.DataFrame:
        """Give day, expected, low, high."""
        low, high = _ends(self.draws, confidence)
        return pd.DataFrame({"day": self.days, "expected": self.expected, "low": low, "high": high})

    def by_week(self, confidence: float = 0.8) -> pd.DataFrame:
        """Give week (its Monday), days (how many of it are ahead), expected, low, high: of all these days together.

        The days of a draw miss together, so their sum is less sure than days that err each on its own.
        """
        week = self.days - pd.to_timedelta(self.days.day_of_week, unit="D")
        return self._together(pd.DatetimeIndex(week), confidence).rename(columns={"of": "week"})

    def total(self, confidence: float = 0.8) -> pd.DataFrame:
        """Give one row of all the days ahead: days, expected, low, high."""
        return self._together(pd.DatetimeIndex([self.days[0]] * len(self.days)), confidence).drop(columns="of")

    def _together(self, key: pd.DatetimeIndex, confidence: float) -> pd.DataFrame:
        place, names = pd.factorize(key)
        members = [np.flatnonzero(place == nth) for nth in range(len(names))]
        low, high = _ends(np.column_stack([self.draws[:, one].sum(axis=1) for one in members]), confidence)
        expected = [float(self.expected[one].sum()) for one in members]
        days = [len(one) for one in members]
        return pd.DataFrame({"of": names, "days": days, "expected": expected, "low": low, "high": high})


@dataclass(frozen=True)
class Outlooks:
    """What is ahead of many segments, and which of them have none."""

    days: pd.DataFrame  # the segment's column, then as Outlook.by_day
    weeks: pd.DataFrame  # the segment's column, then as Outlook.by_week
    refused: pd.DataFrame  # the segment's column, reason (an error that can be said in either language)


def forecast(daily: pd.DataFrame, days_ahead: pd.DataFrame, *, confidence: float = 0.8) -> pd.DataFrame:
    """Forecast the cases of each day ahead, of one segment, with their interval. As `look_ahead`, then by day."""
    return look_ahead(daily, days_ahead).by_day(confidence)


def look_ahead(daily: pd.DataFrame, days_ahead: pd.DataFrame, *, draws: int = DRAWS, seed: int = 0) -> Outlook:
    """Draw the days ahead of one segment from what its days so far make likely.

    The log of a day's count is a level that wanders, with a slope that dies out, plus its weekday, plus what a day off
    brings, plus noise. How much each of them moves is not picked but averaged over, and the noise is as unsure as that
    many days leave it: a short history gives wide intervals.

    Takes   daily       day, count (0 or more), and where known closed (yes: a day off by the calendar). A day that is
                        not there is not known, which is not 0: write a 0 where nothing came in.
            days_ahead  day (after the last of `daily`), and closed where `daily` has it. Where no day off was seen,
                        one ahead is taken to be like other days, give or take two thirds.
    Gives   the same draws for the same tables, whatever the order of their rows.
    Raises  BadTable      a column is missing, a day stands there twice, or a count is none; there are fewer than 28
                          days, or fewer than 10 cases a day, or days that differ too much to expect anything; a
                          day ahead is not ahead.
            BadParameter  no draw is wanted.
    Source  Harvey (1989), Forecasting, Structural Time Series Models and the Kalman Filter: level, slope and season,
            and the variance of the noise taken out of the likelihood; here with a flat prior of its log.
    """
    if draws < 1:
        raise BadParameter.of("forecast.draws", given=draws)
    past, ahead = _read(daily, days_ahead)
    rng = np.random.default_rng(seed)
    kind = past.groupby(["weekday", "closed"])["log"].transform("mean")
    found = _Filter(past, float(np.var(past["log"] - kind)) + LEAST_NOISE)
    level, spread = found.draw(ahead, draws, rng)
    noise = np.sqrt(spread) * rng.standard_normal(spread.shape)
    usual = float(np.sqrt(np.median(spread)))
    if usual > MOST_NOISE:
        raise BadTable.of("forecast.unsteady")
    # The level at its middle, the noise averaged: were both averaged, a level that is little known would read high.
    expected = np.exp(np.median(level, axis=0) + np.median(spread, axis=0) / 2) - 0.5
    days = pd.DatetimeIndex(ahead["day"])
    return Outlook(days, np.maximum(expected, 0.0), np.maximum(np.exp(level + noise) - 0.5, 0.0))


def forecast_segments(daily: pd.DataFrame, days_ahead: pd.DataFrame, *, by: str, confidence: float = 0.8) -> Outlooks:
    """Forecast many segments, each on its own; one that cannot be forecast is named with its reason.

    Takes   as `look_ahead`, with the column `by` in `daily`; where `days_ahead` has it too, each segment has its own
            days off.
    """
    require_columns(daily, (by,))
    require_filled(daily, by)
    days, weeks, refused = [], [], []
    for name, rows in daily.groupby(by, sort=True):
        ahead = days_ahead[days_ahead[by] == name] if by in days_ahead.columns else days_ahead
        try:
            found = look_ahead(rows, ahead)
        except AppealInsightsError as error:
            refused.append({by: name, "reason": error})
            continue
        days.append(found.by_day(confidence).assign(**{by: name}))
        weeks.append(found.by_week(confidence).assign(**{by: name}))
    return Outlooks(
        _under(days, [by, "day", "expected", "low", "high"]),
        _under(weeks, [by, "week", "days", "expected", "low", "high"]),
        pd.DataFrame(refused, columns=[by, "reason"]),
    )


def _under(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def _ends(draws: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    if not 0 < confidence < 1:
        raise BadParameter.of("parameter.level", level=f"{confidence:g}")
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2], axis=0)
    return low, high


def _read(daily: pd.DataFrame, days_ahead: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both tables as day, count, closed, in the order of days."""
    [counts] = read_numbers(daily, "count")
    past = pd.DataFrame({"day": read_days(daily, "day"), "count": counts, "closed": _closed(daily)})
    known = "closed" in daily.columns and "closed" in days_ahead.columns
    off = _closed(days_ahead) if known else np.zeros(len(days_ahead))
    ahead = pd.DataFrame({"day": read_days(days_ahead, "day"), "closed": off})
    if not known:
        past["closed"] = 0.0
    for table in (past, ahead):
        twice = table.loc[table["day"].duplicated(), "day"]
        if len(twice):
            raise BadTable.of("table.day_twice", day=f"{twice.iloc[0]:%Y-%m-%d}")
    past, ahead = (table.sort_values("day", ignore_index=True) for table in (past, ahead))
    past = past.tail(MOST_DAYS)
    if len(past) < FEWEST_DAYS:
        raise BadTable.of("forecast.few_days", given=len(past), needed=FEWEST_DAYS)
    if past["count"].mean() < FEWEST_A_DAY:
        raise BadTable.of("forecast.few_cases", given=f"{past['count'].mean():.1f}", needed=FEWEST_A_DAY)
    if ahead.empty:
        raise BadTable.of("table.no_rows")
    if ahead["day"].iloc[0] <= past["day"].iloc[-1]:
        last, first = past["day"].iloc[-1], ahead["day"].iloc[0]
        raise BadTable.of("forecast.not_ahead", day=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
    past, ahead = (
        table.assign(place=(table["day"] - past["day"].iloc[0]).dt.days, weekday=table["day"].dt.day_of_week)
        for table in (past, ahead)
    )
    past = past.assign(log=np.log(past["count"] + 0.5))
    return past.assign(noise=_noise(past, past)), ahead.assign(noise=_noise(past, ahead))


def _closed(table: pd.DataFrame) -> FloatArray:
    if "closed" not in table.columns:
        return np.zeros(len(table))
    require_filled(table, "closed")
    return np.asarray(table["closed"].astype(bool), dtype=np.float64)


class _Filter:
    """What the days so far say of level, slope, weekdays and days off, for every mixture of steps at once.

    Day by day, which takes as many steps as there are days: matrices of all days by all days would keep several cores
    busy. Variances are in those of one day's noise.
    """

    def __init__(self, past: pd.DataFrame, scale: float) -> None:
        self.step, self.slope, self.season = np.array(list(product(STEPS, SLOPES, SEASONS))).T
        many = len(self.step)
        start = np.full(OFF + 1, WEEKDAY_SPREAD**2 / scale)
        start[LEVEL], start[OFF] = UNKNOWN, DAY_OFF_SPREAD**2 / scale
        self.spread = np.zeros((many, OFF + 1, OFF + 1)) + np.diag(start)
        self.spread[:, SLOPE, SLOPE] = self.slope / (1 - DAMPED**2)
        self.middle = np.zeros((many, OFF + 1))
        self.rest = np.full(many, LEAST_NOISE)
        self.logs = np.zeros(many)  # of the variances of what was not expected
        self.degrees = len(past) - 1
        self.mean = float(past["log"].mean())
        before = past["place"].iloc[0]
        for place, weekday, off, noise, log in zip(
            *(past[of] for of in ("place", "weekday", "closed", "noise", "log")), strict=True
        ):
            self._wait(int(place - before))
            self._learn(int(weekday), float(off), float(noise), float(log) - self.mean)
            before = place
        self.last = int(before)

    def _wait(self, days: int) -> None:
        """Let days go by."""
        for _ in range(days):
            self.middle[:, LEVEL] += self.middle[:, SLOPE]
            self.middle[:, SLOPE] *= DAMPED
            self.spread[:, LEVEL] += self.spread[:, SLOPE]
            self.spread[:, :, LEVEL] += self.spread[:, :, SLOPE]
            self.spread[:, SLOPE] *= DAMPED
            self.spread[:, :, SLOPE] *= DAMPED
            self.spread[:, LEVEL, LEVEL] += self.step
            self.spread[:, SLOPE, SLOPE] += self.slope

    def _learn(self, weekday: int, off: float, noise: float, log: float) -> None:
        """Take in the count of a day."""
        day = FIRST_WEEKDAY + weekday
        self.spread[:, day, day] += self.season
        shared = self.spread[:, :, LEVEL] + self.spread[:, :, day] + off * self.spread[:, :, OFF]
        variance = shared[:, LEVEL] + shared[:, day] + off * shared[:, OFF] + noise
        missed = log - (self.middle[:, LEVEL] + self.middle[:, day] + off * self.middle[:, OFF])
        weight = shared / variance[:, np.newaxis]
        self.middle += weight * missed[:, np.newaxis]
        self.spread -= weight[:, :, np.newaxis] * shared[:, np.newaxis, :]
        self.rest += missed**2 / variance
        self.logs += np.log(variance)

    def draw(self, ahead: pd.DataFrame, draws: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        """Draw the levels of the days ahead and the variances of their noise: logs by draw and day."""
        evidence = -(self.logs + self.degrees * np.log(self.rest)) / 2
        chance = np.exp(evidence - evidence.max())
        which = np.repeat(np.arange(len(chance)), rng.multinomial(draws, chance / chance.sum()))
        variance = self.rest[which] / rng.chisquare(self.degrees, draws)
        noise = np.sqrt(variance)
        tiny = ROUNDING * np.trace(self.spread, axis1=1, axis2=2)[:, np.newaxis, np.newaxis] * np.eye(OFF + 1)
        root = np.linalg.cholesky(self.spread + tiny)[which]
        state = (root * rng.standard_normal((draws, 1, OFF + 1))).sum(axis=2) * noise[:, np.newaxis] + self.middle[
            which
        ]
        step, slope, season = (noise * np.sqrt(of[which]) for of in (self.step, self.slope, self.season))
        levels = np.empty((draws, len(ahead)))
        before = self.last
        for nth, (place, weekday, off) in enumerate(
            zip(ahead["place"], ahead["weekday"], ahead["closed"], strict=True)
        ):
            for _ in range(int(place) - before):
                state[:, LEVEL] += state[:, SLOPE] + step * rng.standard_normal(draws)
                state[:, SLOPE] = DAMPED * state[:, SLOPE] + slope * rng.standard_normal(draws)
            day = FIRST_WEEKDAY + int(weekday)
            state[:, day] += season * rng.standard_normal(draws)
            levels[:, nth] = self.mean + state[:, LEVEL] + state[:, day] + off * state[:, OFF]
            before = int(place)
        return levels, variance[:, np.newaxis] * ahead["noise"].to_numpy()


def _noise(past: pd.DataFrame, table: pd.DataFrame) -> FloatArray:
    """The variance of each day's log against the usual one: chance makes the log of few cases vary more."""
    usual = past.groupby(["weekday", "closed"])["count"].mean()
    mean = float(past["count"].mean())
    many = np.array([usual.get(of, mean) for of in zip(table["weekday"], table["closed"], strict=True)]) + 0.5
    found: FloatArray = (1 / many + USUAL_NOISE) / (1 / (mean + 0.5) + USUAL_NOISE)
    return found
