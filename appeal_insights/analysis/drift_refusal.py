"""Which series have audits enough to be watched, and what the others would need."""

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.drift_tables import Cells, IntArray

QUARTER = 91.25  # days
LEAST_AUDITS = 300  # in the baseline
LARGEST_BLIND = 0.08  # share: a series that cannot show a fall of this size within a quarter is not watched
POWER = 0.84  # standard deviations: findable is what would be found four times in five
FALLS = np.arange(0.005, 0.4, 0.0025)  # share


def findable(
    a_day: FloatArray, rate: FloatArray, dispersion: FloatArray, budget: float, *, days: float = QUARTER
) -> FloatArray:
    """The smallest fall of accuracy that so many audits a day would show within some days, four times in five.

    Gives   share; nan where even a fall of .4 would not be seen.
    Source  Lorden (1971), Ann. Math. Statistics 42: a change is noticed once the days since it hold as much information
            as the logarithm of the budget.
    """
    before = np.clip(rate, 0.01, 0.999)[:, np.newaxis]
    after = np.clip(before - FALLS, 1e-4, None)
    apart = after * np.log(after / before) + (1 - after) * np.log((1 - after) / (1 - before))
    information = (a_day * days / dispersion)[:, np.newaxis] * apart
    seen = (information - POWER * np.sqrt(2 * information) >= np.log(budget)) & (before > FALLS)
    return np.where(seen.any(axis=1), FALLS[seen.argmax(axis=1)], np.nan)


def split_watchable(
    cells: Cells, dispersion: FloatArray, *, baseline: int, budget: float
) -> tuple[IntArray, pd.DataFrame]:
    """Say from which day each series is watched, and which are not.

    Gives   the first day of each (the number of days where it is refused), and the refused: series, audits (in the
            baseline), needs (audits in as long a baseline), findable (share).
    """
    days = cells.days.count
    audits = cells.audited.sum(axis=1)
    first = np.where(audits.sum(axis=1) > 0, (audits > 0).argmax(axis=1), days)
    # A series that came later has a baseline of its own; a few empty days at the start do not make it late.
    early = audits[:, :baseline].sum(axis=1) >= LEAST_AUDITS
    starts = np.where(early, baseline, np.maximum(first, 0) + baseline).astype(np.int64)
    number = np.arange(days)
    inside = (number >= (starts - baseline)[:, np.newaxis]) & (number < starts[:, np.newaxis])
    seen = (audits * inside).sum(axis=1)
    right = (cells.correct.sum(axis=1) * inside).sum(axis=1)
    rate = (right + 1) / (seen + 2)
    smallest = findable(seen / baseline, rate, dispersion, budget)
    needs = np.maximum(LEAST_AUDITS, _needed(rate, dispersion, budget) / QUARTER * baseline)
    refused = (seen < LEAST_AUDITS) | ~(smallest <= LARGEST_BLIND) | (starts > days)
    table = pd.DataFrame({"series": cells.labels, "audits": seen.astype(np.int64), "needs": np.ceil(needs).astype(int)})
    table = table.assign(findable=smallest)[refused].reset_index(drop=True)
    return np.where(refused, days, starts), table


def _needed(rate: FloatArray, dispersion: FloatArray, budget: float) -> FloatArray:
    """Audits a quarter that would show the largest fall one is willing not to see."""
    before = np.clip(rate, 0.01, 0.999)
    after = np.clip(before - LARGEST_BLIND, 1e-4, None)
    apart = after * np.log(after / before) + (1 - after) * np.log((1 - after) / (1 - before))
    # information - POWER sqrt(2 information) = log(budget), solved for the information
    information = (POWER / np.sqrt(2) + np.sqrt(POWER**2 / 2 + np.log(budget))) ** 2
    return np.asarray(information * dispersion / apart)
