"""Audits of series by day or week, as charts of accuracy take them: rate, limits, and nothing too small to be shown."""

from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.charts.theme import check_once, check_table, with_numbers

EVIDENCE = ("series", "day", "audited", "correct", "rate", "expected", "low", "high", "statistic", "threshold")
NUMBERS = ("audited", "correct", "rate", "expected", "low", "high")
COLUMNS = ("series", "period", "period_label", *NUMBERS, "learning", "hidden")


def by_day(evidence: pd.DataFrame, *, smallest: int = 0) -> pd.DataFrame:
    """The days of `Drift.evidence` with the names that charts of accuracy take.

    Gives   series, period (the day), period_label, audited, correct, rate, expected, low, high, learning (a new level
            is being learned, so the limits do not hold), hidden (fewer than `smallest` audits: nothing is told).
    """
    rows = _rows(evidence)
    rows = rows.assign(period=rows["day"], period_label=rows["day"].dt.strftime("%Y-%m-%d"))
    return _blanked(rows, smallest)


def by_week(evidence: pd.DataFrame, *, smallest: int = 0) -> pd.DataFrame:
    """The same by ISO week, from Monday on; a week is learning if most of its audits came on such days.

    The limits of a week are those of its days taken together, each day independent of the others.
    """
    rows = _rows(evidence)
    n = rows["audited"]
    # Limits are cut off at 0 and 1, so the wider side is the one to go by.
    reach = np.maximum(rows["high"] - rows["expected"], rows["expected"] - rows["low"])
    added = rows.assign(
        period=rows["day"] - pd.to_timedelta(rows["day"].dt.day_of_week, unit="D"),
        expected=rows["expected"] * n,
        reach=(reach * n) ** 2,
        learning=rows["learning"] * n,
    )
    sums = ["audited", "correct", "expected", "reach", "learning"]
    weeks = added.groupby(["series", "period"], as_index=False, sort=False)[sums].sum()
    total = weeks["audited"]
    expected, reach = weeks["expected"] / total, np.sqrt(weeks["reach"]) / total
    calendar = weeks["period"].dt.isocalendar()
    weeks = weeks.assign(
        period_label=calendar["year"].astype(str) + "-W" + calendar["week"].astype(str).str.zfill(2),
        rate=weeks["correct"] / total,
        expected=expected,
        low=(expected - reach).clip(lower=0.0),
        high=(expected + reach).clip(upper=1.0),
        learning=weeks["learning"] > total / 2,
    )
    return _blanked(weeks, smallest)


def new_levels(evidence: pd.DataFrame, alarms: pd.DataFrame) -> pd.DataFrame:
    """What a series gave from each change on, until it was watched again against a level of its own.

    Takes   evidence and alarms of one series. An alarm put down to the mix of cases brings no new level.
    Gives   start (the day of the change), end (the day after the last), audited, correct, rate.
    """
    rows = _rows(evidence)
    moved = alarms[alarms["cause"] != "mix"] if "cause" in alarms else alarms
    moved = moved.sort_values("alarm_day")
    after = rows["day"].max() + pd.Timedelta(days=1) if len(rows) else pd.NaT
    found = []
    for nth, alarm in enumerate(moved.to_dict("records")):
        watched = rows.loc[(rows["day"] > alarm["alarm_day"]) & ~rows["learning"], "day"]
        ends = [after, *watched.head(1), *moved["change_date"].iloc[nth + 1 : nth + 2]]
        start, end = alarm["change_date"], min(ends)
        own = rows[(rows["day"] >= start) & (rows["day"] < end)]
        if audited := int(own["audited"].sum()):
            correct = int(own["correct"].sum())
            found.append((start, end, audited, correct, correct / audited))
    return pd.DataFrame(found, columns=["start", "end", "audited", "correct", "rate"])


def _rows(evidence: pd.DataFrame) -> pd.DataFrame:
    """Evidence in order of day; learning: not watched after having been watched before."""
    check_table(evidence, EVIDENCE, temporal=["day"])
    check_once(evidence, ["series", "day"])
    rows = with_numbers(evidence.loc[:, list(EVIDENCE)], [*NUMBERS, "statistic"]).sort_values(
        ["series", "day"], kind="stable", ignore_index=True
    )
    watched = rows["statistic"].notna()
    before = watched.astype("int64").groupby(rows["series"]).cumsum() > 0
    return rows.assign(learning=before & ~watched)


def _blanked(rows: pd.DataFrame, smallest: int) -> pd.DataFrame:
    small: Any = rows["audited"] < smallest
    shown = rows.assign(hidden=small, **{name: rows[name].astype("float64").mask(small) for name in NUMBERS})
    return shown.loc[:, list(COLUMNS)]
