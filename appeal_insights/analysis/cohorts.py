"""Records that started together, and whether they are old enough to be judged."""

from datetime import datetime

import pandas as pd

from appeal_insights.analysis.counts import require_columns, require_filled
from appeal_insights.errors import BadParameter, BadTable


def mark_maturity(
    table: pd.DataFrame, *, ends: str = "ends_on", settles_in_days: int, as_of: datetime | pd.Timestamp
) -> pd.DataFrame:
    """Mark the cohorts whose every member is old enough, so that the easy, early decisions do not speak for all.

    Takes   one row per cohort with the day after its last one in the column named by `ends`. That day and `as_of`
            are on the same clock: both in a time zone, or both without.
            settles_in_days: the age, in days of 24 hours, at which a record counts as settled.
    Gives   the same rows with `mature`: true when the last second of the cohort was that long ago at `as_of`.
    Raises  BadTable       the column is missing, holds no dates, has an empty row, or is on another clock.
            BadParameter   settles_in_days is negative.
    """
    require_columns(table, (ends,))
    require_filled(table, ends)
    if settles_in_days < 0:
        raise BadParameter.of("parameter.settles", days=settles_in_days)
    try:
        end = pd.to_datetime(table[ends])
    except (ValueError, TypeError) as error:
        raise BadTable.of("table.no_dates", name=ends, reason=error) from error
    now = pd.Timestamp(as_of)
    if (end.dt.tz is None) != (now.tz is None):
        raise BadTable.of("table.clocks", name=ends, now=now)
    return table.assign(mature=now - end >= pd.Timedelta(days=settles_in_days))
