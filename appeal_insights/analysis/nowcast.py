"""Where the rate of a cohort that has not settled will end up, learned from how settled ones got there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.dispersion import Dispersion, rate_of
from appeal_insights.analysis.followed import Followed, follow
from appeal_insights.errors import BadParameter

FEWEST = 6  # settled cohorts: of fewer nobody can tell how far one is from another
MOST = 26  # the newest of them, half a year of weeks: older ones were worked on by other people
FEWEST_SEEN = 5  # of each decision: with fewer, odds are a guess
# Log odds by which the way from young to settled may differ between cohorts: at a rate of one half, 95 % of cohorts
# then end within 16 points of where the others would.
MOST_SPREAD = 0.35
DRIFT = 0.01  # how rarely cohorts that are alike may look as if their ways went in one direction
SPREADS = np.linspace(0.0, 1.5, 151)  # log odds
# How likely each spread is before the cohorts are looked at: from .02 on, twice as much is half as likely. (Simulated
# 95 % intervals then cover .94 to .98; .99 over six cohorts that are exactly alike. Were all equally likely they would
# be up to a tenth wider; with a part of the chance on no spread at all they cover .92 where there is a little.)
LIKELY = 1 / (SPREADS + 0.02)
COLUMNS = (
    "period", "ends_on", "days", "size", "numerator", "denominator", "rate", "nowcast", "low", "high", "reached",
    "learned_from", "reason",
)  # fmt: skip


def nowcast(
    cohorts: pd.DataFrame,
    *,
    as_of: datetime | pd.Timestamp,
    settles_in_days: int,
    dispersion: Dispersion | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate where the rate of each cohort that has not settled will stand when it has.

    Each settled cohort is looked at as it stood when it was as young. From there to the end, the odds of the outcome
    moved by so much; the young cohort's are taken to move as those did. What the cohort itself shows is all that is
    used of its level, so a real rise is not pulled back to what is usual.

    Takes   the cohorts of one segment, as `follow` does, by day of entry if possible.
            settles_in_days: the age at which a record counts as settled.
            dispersion: of the outcome among records that started together. How far settled cohorts stray from each
            other tells whether it also acts on who is decided first; it counts as far as they say so.
    Gives   one row per cohort that has not settled, oldest first: period, ends_on, days (age of its youngest record),
            size, numerator, denominator, rate (of those decided so far)
            nowcast, low, high   share 0..1: of the rate that will be counted
            reached              share of the final decisions that is usually there by then
            learned_from         cohorts
            reason               empty, or why there is no nowcast. few_cohorts: fewer than six have settled; too_young:
                                 it is not over, or fewer than five of a decision; unstable: cohorts differ too much
                                 in how they settle, or more and more
    Raises  BadTable      as `follow`.
            BadParameter  settles_in_days is negative, or the level no share.
    Source  Mack (1993), ASTIN Bulletin 23: the chain ladder and its error; here on odds, one step from each age.
            DerSimonian and Laird (1986): noise and spread apart. The spread is averaged over, not taken as known.
    """
    if settles_in_days < 0:
        raise BadParameter.of("parameter.settles", days=settles_in_days)
    if not 0 < level < 1:
        raise BadParameter.of("parameter.level", level=f"{level:g}")
    followed = follow(cohorts, as_of)
    settled = [cohort for cohort in followed if cohort.seen.min() >= settles_in_days][-MOST:]
    young = [cohort for cohort in followed if cohort.seen.min() < settles_in_days]
    scale = 1.0 if dispersion is None else dispersion.floor
    rows = [_row(cohort, settled, settles_in_days, scale, level) for cohort in young]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Way:
    """How far settled cohorts' log odds went from one age to the end, each with its noise, and what they reached."""

    moved: FloatArray
    noise: FloatArray
    counted: float
    other: float
    decided: float


def _row(cohort: Followed, settled: Sequence[Followed], until: int, scale: float, level: float) -> dict[str, object]:
    age = float(cohort.seen.min())
    counted, decided, _ = (by_then.sum() for by_then in cohort.by(cohort.seen))
    told = {
        "period": cohort.period,
        "ends_on": cohort.ends_on,
        "days": age,
        "size": cohort.size.sum(),
        "numerator": counted,
        "denominator": decided,
        "rate": counted / decided if decided else np.nan,
        "learned_from": len(settled),
    }
    unknown = {"nowcast": np.nan, "low": np.nan, "high": np.nan, "reached": np.nan}
    if len(settled) < FEWEST:
        return told | unknown | {"reason": "few_cohorts"}
    if age < 0 or min(counted, decided - counted) < FEWEST_SEEN:
        return told | unknown | {"reason": "too_young"}
    way = _way(settled, age, until)
    excess = _excess(way, scale)
    spread = _Spread(way.moved, way.noise * excess)
    if spread.likely > MOST_SPREAD or spread.drifts:
        return told | unknown | {"reached": way.decided, "reason": "unstable"}
    odds = np.log((counted + 0.5) / (decided - counted + 0.5))
    noise = excess * _noise(counted, decided - counted, way.counted, way.other)
    low, middle, high = (spread.quantile(p, float(noise)) for p in ((1 - level) / 2, 0.5, (1 + level) / 2))
    ends = {"nowcast": _share(odds + middle), "low": _share(odds + low), "high": _share(odds + high)}
    return told | ends | {"reached": way.decided, "reason": ""}


def _share(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


def _noise(counted: FloatArray | float, other: FloatArray | float, part: float, part_other: float) -> FloatArray:
    """Variance of the log odds still to come, were each record's time its own: of those not there yet."""
    return np.asarray((1 - part) / (np.asarray(counted) + 0.5) + (1 - part_other) / (np.asarray(other) + 0.5))


def _way(settled: Sequence[Followed], age: float, until: int) -> _Way:
    """Of each settled cohort as it stood when its youngest record was of that age."""
    then: list[tuple[float, float]] = []
    end: list[tuple[float, float]] = []
    for cohort in settled:
        ages = np.minimum(cohort.seen - cohort.seen.min() + age, until)
        for found, at in ((then, ages), (end, float(until))):
            counted, decided, _ = (by_then.sum() for by_then in cohort.by(at))
            found.append((counted, decided - counted))
    (counted, other), (in_the_end, other_end) = np.transpose(then), np.transpose(end)
    part, part_other = (
        float(a.sum() / b.sum()) if b.sum() else 1.0 for a, b in ((counted, in_the_end), (other, other_end))
    )
    moved = np.log((in_the_end + 0.5) / (other_end + 0.5)) - np.log((counted + 0.5) / (other + 0.5))
    noise = _noise(part * in_the_end, part_other * other_end, part, part_other)
    decided = float(rate_of((counted + other).sum(keepdims=True), (in_the_end + other_end).sum(keepdims=True))[0])
    return _Way(moved, noise, part, part_other, decided)


def _excess(way: _Way, scale: float) -> float:
    """By how much the noise is larger than of independent records: as much as cohorts show, up to the dispersion."""
    weight = 1 / np.maximum(way.noise, 1e-12)
    middle = (weight * way.moved).sum() / weight.sum()
    shown = (weight * (way.moved - middle) ** 2).sum() / (len(way.moved) - 1)
    return float(min(max(shown, 1.0), scale))


class _Spread:
    """How far the ways of cohorts are apart beyond their noise: each spread as likely as the cohorts make it."""

    def __init__(self, moved: FloatArray, noise: FloatArray) -> None:
        variance = np.maximum(noise, 1e-12)[:, np.newaxis] + SPREADS**2
        weight = 1 / variance
        self.middle = (weight * moved[:, np.newaxis]).sum(axis=0) / weight.sum(axis=0)
        self.error = 1 / weight.sum(axis=0)
        off = moved[:, np.newaxis] - self.middle
        fit = -0.5 * (np.log(variance).sum(axis=0) + np.log(weight.sum(axis=0)) + (weight * off**2).sum(axis=0))
        self.chance = LIKELY * np.exp(fit - fit.max())
        self.chance /= self.chance.sum()
        self.likely = float(SPREADS[np.searchsorted(np.cumsum(self.chance), 0.5)])
        self.drifts = self._slope(off, weight) < DRIFT

    def _slope(self, off: FloatArray, weight: FloatArray) -> float:
        """p value of a straight line through the ways, in the order of the cohorts."""
        best = int(self.chance.argmax())
        off, weight = off[:, best], weight[:, best]
        place = np.arange(len(off)) - (weight * np.arange(len(off))).sum() / weight.sum()
        steep = (weight * place * off).sum() / (weight * place**2).sum()
        distance = abs(steep) * np.sqrt((weight * place**2).sum())
        return float(2 * stdtr(len(off) - 2, -distance))

    def quantile(self, p: float, noise: float) -> float:
        """Of the way of one more cohort with noise of its own."""
        wide = np.sqrt(noise + SPREADS**2 + self.error)
        low, high = float((self.middle - 9 * wide).min()), float((self.middle + 9 * wide).max())
        for _ in range(60):
            half = (low + high) / 2
            below = float((self.chance * ndtr((half - self.middle) / wide)).sum()) < p
            low, high = (half, high) if below else (low, half)
        return (low + high) / 2
