"""The days of another year that a span of days may be compared with, and whether that comparison is fair.

A year earlier means the same weekdays, 364 days back, as long as no season lies on either side. Where one does, it
means the same days of the season: the second week of Ramadan with the second week of Ramadan. Days that have no
counterpart drop out on both sides; where too many do, there is no fair comparison, and it says why.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import require_columns, require_filled
from appeal_insights.errors import BadParameter

YEAR = 364  # days: 52 weeks
NEAR = 45  # days: a season's earlier days are looked for that far around the years back; Ramadan moves by 11 a year
LEAST_FAIR = 0.9  # of the days need a counterpart: of a month three may lack one, of a week none

# Why a day has no counterpart.
WITHOUT = ("season_here", "season_there", "other_season_day", "season_unknown", "no_data")
# What is said of a comparison, fair or not.
NOTED = ("week_53", "weekdays_differ", "estimated")

Place = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Aligned:
    """Day by day what a span may be compared with.

    rows     day, comparable (day, or nothing), reason (why nothing; empty where there is one), season (whose)
    fair     whether enough days have a counterpart
    reasons  reason, season, days: what is to be said of it, most days first. Those of WITHOUT took days away; those
             of NOTED did not: week_53 (the earlier ISO year has no week 53, so its nearest was taken), weekdays_differ
             (a weekday is there more often on one side), estimated (a season's days were not announced yet)
    shift    days from a comparable day to its day
    """

    rows: pd.DataFrame
    fair: bool
    reasons: pd.DataFrame
    shift: int

    @property
    def comparable(self) -> tuple[date, date] | None:
        """The first day that may be compared with and the day after the last; nothing where there is none."""
        there = self.rows["comparable"].dropna()
        return None if there.empty else (there.iloc[0].date(), (there.iloc[-1] + pd.Timedelta(days=1)).date())


def aligned(
    start: date,
    end: date,
    *,
    seasons: pd.DataFrame,
    years_back: int = 1,
    grain: Literal["day", "week"] = "day",
    data_from: date | None = None,
) -> Aligned:
    """Find the days of an earlier year that a span of days of one market may fairly be compared with.

    Takes   start, end  the first day and the day after the last.
            seasons     season, first, last (both of it), status: those that touch the market, of both years.
            grain       week: the span is of whole ISO weeks, of which the 53rd has no namesake in most years.
            data_from   the first day that the records hold.
    Raises  BadParameter  the span has no day, does not hold whole weeks, or no year is wanted.
            BadTable      a column of the seasons is missing.
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end) - pd.Timedelta(days=1)
    if last < first:
        raise BadParameter(f"The span starts on {start} and ends before {end}: it has no day.")
    if years_back < 1:
        raise BadParameter(f"{years_back} years back is no earlier year. Ask for 1 or more.")
    if grain == "week" and (first.day_of_week or last.day_of_week != 6):
        raise BadParameter(f"From {start} up to {end} are no whole ISO weeks: these start on a Monday.")
    require_columns(seasons, ("season", "first", "last", "status"))
    require_filled(seasons, "season")
    days = pd.date_range(first, last)
    shifts = _shifts(days, seasons, years_back)
    tried = [_paired(days, shift, seasons, data_from) for shift in shifts]
    # The same weekdays come first, then the season with most days here; another one only if it pairs more days.
    best = max(range(len(tried)), key=lambda nth: (int(tried[nth]["comparable"].notna().sum()), -nth))
    rows = tried[best]
    paired = rows["comparable"].notna()
    return Aligned(
        rows, bool(paired.mean() >= LEAST_FAIR), _reasons(rows, seasons, years_back, grain), int(shifts[best])
    )


def _shifts(days: pd.DatetimeIndex, seasons: pd.DataFrame, years_back: int) -> list[int]:
    """How many days back each way of comparing goes: whole weeks, then each season that touches the span."""
    usual = YEAR * years_back
    ours = seasons[(seasons["first"] <= days[-1]) & (seasons["last"] >= days[0])]
    shared = ours.assign(
        days=[
            int(((days >= first) & (days <= last)).sum())
            for first, last in zip(ours["first"], ours["last"], strict=True)
        ]
    ).sort_values(["days", "first", "season"], ascending=[False, True, True])
    found = [usual]
    for name, first in zip(shared["season"], shared["first"], strict=True):
        earlier = _earlier(seasons, name, first, years_back)
        if earlier is not None:
            found.append((first - earlier).days)
    return list(dict.fromkeys(found))


def _earlier(seasons: pd.DataFrame, name: str, first: pd.Timestamp, years_back: int) -> pd.Timestamp | None:
    """The first day of the same season so many years before; nothing where the table does not go back as far."""
    starts = seasons.loc[seasons["season"] == name, "first"]
    # By days, not by count: some years have two Ramadans. Each year it moves by up to 11 days one way.
    away = (first - starts).dt.days - YEAR * years_back
    near = away.abs()[starts < first]
    if near.empty or near.min() > NEAR + 11 * (years_back - 1):
        return None
    return pd.Timestamp(starts[near.idxmin()])


def _paired(days: pd.DatetimeIndex, shift: int, seasons: pd.DataFrame, data_from: date | None) -> pd.DataFrame:
    """Each day with the one so many days before, if both are the same days of the same seasons."""
    earlier = days - pd.Timedelta(days=shift)
    here, there = _places(days, seasons), _places(earlier, seasons)
    known = seasons["first"].min() if len(seasons) else None
    told = []
    for day, before, ours, theirs in zip(days, earlier, here, there, strict=True):
        reason, season = _difference(ours, theirs)
        if known is not None and before < known:
            reason, season = "season_unknown", ""
        if data_from is not None and before < pd.Timestamp(data_from):
            reason, season = "no_data", ""
        told.append((day, pd.NaT if reason else before, reason, season))
    rows = pd.DataFrame(told, columns=["day", "comparable", "reason", "season"])
    return rows.astype({"comparable": "datetime64[us]", "reason": "str", "season": "str"})


def _places(days: pd.DatetimeIndex, seasons: pd.DataFrame) -> list[Place]:
    """Of each day the seasons that it is in, with how many of their days came before it and how many are to come."""
    found: list[Place] = [{} for _ in days]
    touching = seasons[(seasons["first"] <= days[-1]) & (seasons["last"] >= days[0])]
    for name, first, last in zip(touching["season"], touching["first"], touching["last"], strict=True):
        for place in np.flatnonzero((days >= first) & (days <= last)).tolist():
            found[place][str(name)] = (int((days[place] - first).days), int((last - days[place]).days))
    return found


def _difference(ours: Place, theirs: Place) -> tuple[str, str]:
    """Why two days are not alike, and the season that makes the difference; both empty where they are.

    A month of Ramadan has 29 or 30 days: its first days are alike counted from its start, its last from its end.
    """
    if here := sorted(ours.keys() - theirs.keys()):
        return "season_here", here[0]
    if there := sorted(theirs.keys() - ours.keys()):
        return "season_there", there[0]
    others = [
        name for name in sorted(ours) if all(one != other for one, other in zip(ours[name], theirs[name], strict=True))
    ]
    return ("other_season_day", others[0]) if others else ("", "")


def _reasons(rows: pd.DataFrame, seasons: pd.DataFrame, years_back: int, grain: str) -> pd.DataFrame:
    without = rows[rows["reason"] != ""]
    told = [(reason, season, len(part)) for (reason, season), part in without.groupby(["reason", "season"], sort=True)]
    told.sort(key=lambda one: -one[2])
    paired = rows.dropna(subset=["comparable"])
    if grain == "week":
        weeks = rows["day"].dt.isocalendar()
        last_weeks = [date(int(year) - years_back, 12, 28).isocalendar().week for year in weeks["year"]]
        if lost := int((weeks["week"].to_numpy() > np.array(last_weeks)).sum()):
            told.append(("week_53", "", lost))
    there, here = (paired[name].dt.day_of_week.value_counts() for name in ("comparable", "day"))
    if more := int(here.sub(there, fill_value=0).clip(lower=0).sum()):
        told.append(("weekdays_differ", "", more))
    told += _estimated(paired, seasons)
    return pd.DataFrame(told, columns=["reason", "season", "days"])


def _estimated(paired: pd.DataFrame, seasons: pd.DataFrame) -> list[tuple[str, str, int]]:
    """The seasons whose days, on either side, were reckoned ahead."""
    found: dict[str, int] = {}
    unsure = seasons[seasons["status"] == "estimated"]
    for name, first, last in zip(unsure["season"], unsure["first"], unsure["last"], strict=True):
        either = paired["day"].between(first, last) | paired["comparable"].between(first, last)
        if either.any():
            found[str(name)] = found.get(str(name), 0) + int(either.sum())
    return [("estimated", name, days) for name, days in sorted(found.items())]
