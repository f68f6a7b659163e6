"""Made-up cohorts of known truth: appeals of some weeks, day by day, each decided after its own time."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

AS_OF = pd.Timestamp("2026-11-16")
SETTLES = 28  # days
HOURS = (12, 48)  # until an overturn and an upheld appeal is decided, on average


@dataclass(frozen=True)
class Weeks:
    """What the weeks are like.

    settled   weeks that have settled, one after the other; then comes one that is `young` days old
    size      appeals a week
    strays    by how much (log) the time to either decision differs from week to week
    cluster   appeals that share an outcome; with `at_once` also their day and time
    """

    settled: int = 12
    young: int = 3
    size: int = 1000
    rate: float = 0.4
    rate_strays: float = 0.3
    strays: float = 0.0
    cluster: int = 1
    at_once: bool = False


def draw(weeks: Weeks, rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """Cohorts as the query gives them by day of entry, and the rate that the young one will have."""
    ages = np.arange(SETTLES + 1)
    tables, final = [], np.nan
    for nth in range(weeks.settled + 1):
        ends_on = AS_OF - pd.Timedelta(days=weeks.young + 7 * nth + (SETTLES if nth else 0))
        counted, upheld = _week(weeks, rng)
        if nth == 0:
            final = counted[:, :-1].sum() / (counted[:, :-1].sum() + upheld[:, :-1].sum())
        size = (counted + upheld).sum(axis=1)
        entry = np.repeat(np.arange(7), len(ages))
        tables.append(
            pd.DataFrame(
                {
                    "period": f"week {weeks.settled - nth:02d}",
                    "ends_on": ends_on - pd.to_timedelta(6 - entry, unit="D"),
                    "days": np.tile(ages, 7),
                    "size": np.repeat(size, len(ages)),
                    "numerator": counted.cumsum(axis=1)[:, :-1].ravel(),
                    "denominator": (counted + upheld).cumsum(axis=1)[:, :-1].ravel(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True), float(final)


def _week(weeks: Weeks, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Overturned and upheld by day of entry and age; the last column is of those decided later."""
    groups = np.full(7, weeks.size // 7 // weeks.cluster)
    rate = 1 / (1 + np.exp(-np.log(weeks.rate / (1 - weeks.rate)) - rng.normal(0, weeks.rate_strays)))
    overturned = rng.binomial(groups, rate)
    each, all_of = (1, weeks.cluster) if weeks.at_once else (weeks.cluster, 1)
    found = []
    for number, hours in zip((overturned, groups - overturned), HOURS, strict=True):
        mean = hours / 24 * np.exp(rng.normal(0, weeks.strays))
        found.append(all_of * rng.multinomial(each * number, chances(mean)))
    return found[0], found[1]


def chances(mean: float) -> np.ndarray:
    """Of a day's age at decision, of appeals that come at any hour of a day and wait so many days on average."""
    ends = np.arange(SETTLES + 2.0)
    # by midnight after that many days: the mean over the hours of 1 - exp(-(left of the day + days) / mean)
    by_then = 1 - mean * np.exp(-(ends[1:] - 1) / mean) * (1 - np.exp(-1 / mean))
    return np.diff(np.concatenate([[0.0], by_then[: SETTLES + 1], [1.0]]))
