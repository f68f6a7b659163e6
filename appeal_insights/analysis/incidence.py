"""What share of a cohort has come to an outcome by an age, other outcomes competing: no rate of the early ones only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.dispersion import Dispersion, IntArray, rate_of
from appeal_insights.analysis.followed import Followed, follow
from appeal_insights.analysis.intervals import bounds
from appeal_insights.errors import BadParameter

HORIZONS = (1, 3, 7, 14, 28)  # days; the last is when an overturn rate counts as settled
COLUMNS = (
    "period", "ends_on", "days", "size", "numerator", "denominator", "incidence", "low", "high",
    "other_decision", "other_ending", "open", "rate", "observed", "mature",
)  # fmt: skip


def cumulative_incidence(
    cohorts: pd.DataFrame,
    *,
    as_of: datetime | pd.Timestamp,
    horizons: Sequence[float] = HORIZONS,
    dispersion: Dispersion | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Find the share of each cohort that had come to the outcome by each age, with those still open in the whole.

    Takes   the cohorts of one segment, as `follow` does. Given by day of entry, each day is followed for as long as it
            was seen, and its younger neighbours take nothing from it. Without `closed`, what ended without a decision
            counts as open, which changes no incidence.
            dispersion: of the outcome among records that started together; None where it is not known.
    Gives   one row per cohort and horizon, oldest first: period, ends_on, days (the horizon), size,
            numerator, denominator        of those watched: came to the outcome, and were decided, by then
            incidence, low, high          share of all that started, 0..1
            other_decision, other_ending, open    the shares of what else became of them: the four add up to 1
            rate                          incidence of those decided by then: too high where the easy come first
            observed                      share of the cohort that is that old
            mature                        all of it is. An immature row has an incidence where an entry is that old,
                                          which takes its younger ones to go the same way; else nan
    Raises  BadTable      as `follow`.
            BadParameter  a horizon is negative.
    Source  Aalen and Johansen (1978), Scand. J. Statistics 5. Marubini and Valsecchi (1995), Analysing Survival Data,
            10.3: its variance. Wilson's interval on as many cases as that variance is worth.
    """
    ages = np.asarray(sorted(horizons), dtype=np.float64)
    if not len(ages) or not np.all(ages >= 0):
        raise BadParameter.of("parameter.horizons", given=", ".join(f"{age:g}" for age in ages))
    tables = [_at_horizons(cohort, ages) for cohort in follow(cohorts, as_of)]
    if not tables:
        return pd.DataFrame(columns=list(COLUMNS))
    found = pd.concat(tables, ignore_index=True)
    worth = found["worth"].to_numpy()
    known = dispersion or Dispersion(None)
    low, high = bounds(np.nan_to_num(found["incidence"].to_numpy()) * worth, worth, known, level=level)
    return found.assign(low=low, high=high)[list(COLUMNS)]


def _at_horizons(cohort: Followed, horizons: FloatArray) -> pd.DataFrame:
    place = np.searchsorted(cohort.ages, horizons, side="right")  # how many ages lie within each horizon
    curve = _curves(cohort)
    reached = horizons <= cohort.seen.max()
    counted, decided, ended = (
        np.where(reached, of[place], np.nan) for of in (curve.counted, curve.decided, curve.ended)
    )
    size = cohort.size.sum()
    old = (cohort.size[:, np.newaxis] * (cohort.seen[:, np.newaxis] >= horizons)).sum(axis=0)
    watched = [cohort.by(np.minimum(cohort.seen, age)) for age in horizons]
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = counted * (1 - counted) / curve.variance(place)
    # Where nobody or everybody came to the outcome there is no variance; those that old are what speaks for it.
    worth = np.where(np.isfinite(worth) & (worth > 0), np.minimum(worth, size), old)
    return pd.DataFrame(
        {
            "period": cohort.period,
            "ends_on": cohort.ends_on,
            "days": horizons,
            "size": size,
            "numerator": [by_then[0].sum() for by_then in watched],
            "denominator": [by_then[1].sum() for by_then in watched],
            "incidence": counted,
            "other_decision": decided - counted,
            "other_ending": ended - decided,
            "open": 1 - ended,
            "rate": rate_of(counted, np.nan_to_num(decided)),
            "observed": rate_of(old, np.full(len(old), size)),
            "mature": cohort.seen.min() >= horizons,
            "worth": np.where(reached, worth, 0.0),
        }
    )


@dataclass(frozen=True)
class _Curves:
    """Of one cohort, by age: those at risk and what ended then; and each incidence before and after, from 0 on."""

    at_risk: FloatArray
    outcome: FloatArray
    ending: FloatArray
    counted: FloatArray
    decided: FloatArray
    ended: FloatArray

    def variance(self, place: IntArray) -> FloatArray:
        """Of the incidence after so many ages. Without censoring it is that of a plain share."""
        risk, outcome, ending = (np.where(self.at_risk > 0, of, 0) for of in (self.at_risk, self.outcome, self.ending))
        safe = np.maximum(risk, 1.0)
        still = 1 - self.ended[:-1]
        within = np.arange(len(risk)) < place[:, np.newaxis]
        gap = self.counted[place][:, np.newaxis] - self.counted[1:]
        survival = ending / (
            safe * np.maximum(risk - ending, 1.0)
        )  # where none is left, nothing more is added: gap is 0
        own = still**2 * (risk - outcome) * outcome / safe**3
        both = -2 * gap * still * outcome / safe**2
        found: FloatArray = np.where(within, gap**2 * survival + own + both, 0.0).sum(axis=1)
        return found


def _curves(cohort: Followed) -> _Curves:
    """Aalen and Johansen's estimate: at each age the share still open, times what ended of those at risk."""
    watched = cohort.seen[:, np.newaxis] >= cohort.ages  # entry by age: even the youngest record was seen for so long
    outcome, decision, ending = (
        (np.diff(of, axis=1, prepend=0) * watched).sum(axis=0) for of in (cohort.counted, cohort.decided, cohort.closed)
    )
    before = np.pad(cohort.closed, ((0, 0), (1, 0)))[:, :-1]
    at_risk = ((cohort.size[:, np.newaxis] - before) * watched).sum(axis=0)
    still = np.cumprod(np.concatenate([[1.0], 1 - np.nan_to_num(rate_of(ending, at_risk))]))
    counted, decided, ended = (
        np.concatenate([[0.0], np.cumsum(still[:-1] * np.nan_to_num(rate_of(of, at_risk)))])
        for of in (outcome, decision, ending)
    )
    return _Curves(at_risk, outcome, ending, counted, decided, ended)
