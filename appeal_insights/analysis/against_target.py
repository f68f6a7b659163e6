"""Where a number stands against its target, in two columns that are kept apart.

`met` is a fact of the period: 94.6 % against a promised 95 % is missed, and no interval excuses it. `signal` is about
the process: has the newest period moved by more than periods do of themselves? A missed target without a signal calls
for another process, not for a search of what went wrong in that week.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from appeal_insights.analysis.counts import FloatArray, read_counts, read_numbers, require_columns, require_filled
from appeal_insights.analysis.dispersion import BoolArray, rate_of
from appeal_insights.errors import BadTable

Better = Literal["higher", "lower"]

LEAST_EARLIER = 6  # periods; with fewer, what is routine is anybody's guess
MOST_EARLIER = 26  # periods that tell what is routine: half a year of weeks. Older ones were another team's work
# Of a routine period, both sides together: one in two years of weeks. Simulated, with and without unrest: .001 to .017.
FALSE_ALARM = 0.01
ROUNDING = 1e-9  # of a share: what division leaves of 95 of 100 against 0.95
BETTER_SIDE = {"at_least": 1, "at_most": -1, "higher": 1, "lower": -1}


def status(
    trend: pd.DataFrame,
    *,
    sampled: bool = False,
    shares: bool = True,
    by: Sequence[str] | None = None,
    better: Better | None = None,
) -> pd.DataFrame:
    """Say of each period of each segment whether its target was met, and whether it moved more than periods do.

    Takes   trend    period, numerator, denominator, target, target_direction (at_most or at_least; both null without
                     a target); where known `rate`, else numerator / denominator, and `mature` (yes/no).
            sampled  audits of a sample: low and high are there, the rate may be a weighted one, and met or missed is
                     said only where the whole interval lies on one side of the target.
            shares   False: a ratio, a count or a stock: `rate` where it is not null, else the numerator.
            by       the columns that name a segment; `segment` where it is there.
            better   which way is better where no target of the segment says it.
    Gives   the same rows with
            met      met, missed; open (a sample that leaves both possible, or a period not yet settled);
                     none (no target, or nothing counted)
            signal   better, worse, routine; too_few (under 6 earlier periods, or nothing counted); up or down where
                     nobody said which way is better
            Each period is held against up to 26 settled ones before it; later ones change nothing of what it got.
    Raises  BadTable  a column is missing, a count impossible, a direction unknown, or a period there twice.
    Source  Laney (2002), Quality Engineering 14: limits that know how far rates differ beyond chance, here as the
            interval of one more period, with the t quantile of as many periods as there were.
    """
    segment = (["segment"] if "segment" in trend.columns else []) if by is None else list(by)
    values, sizes = _values(trend, sampled=sampled, shares=shares)
    require_columns(trend, ("period", "target", "target_direction", *segment))
    require_filled(trend, "period")
    twice = trend.duplicated([*segment, "period"])
    if twice.any():
        period = trend["period"][twice].iloc[0]
        raise BadTable.of("table.period_twice", period=str(period))
    settled = _settled(trend)
    rows = trend.assign(met=_met(trend, values, settled, sampled=sampled), signal="too_few")
    group = trend.groupby(segment, dropna=False).ngroup() if segment else pd.Series(0, index=trend.index)
    signals: list[str] = ["too_few"] * len(rows)
    sides = _sides(trend, group, better)
    for _, places in pd.Series(range(len(rows))).groupby(group.to_numpy(), sort=False):
        order = places.to_numpy()[np.argsort(trend["period"].to_numpy()[places], kind="stable")]
        moved = _moves(values[order], sizes[order], settled[order], shares=shares)
        for place, move in zip(order, moved, strict=True):
            signals[place] = _named(move, sides[place])
    return rows.assign(signal=pd.Series(signals, index=rows.index, dtype="str"))


def _values(trend: pd.DataFrame, *, sampled: bool, shares: bool) -> tuple[FloatArray, FloatArray]:
    """The number of each row, nan where there is none, and how many cases it is of."""
    if shares:
        n, d = read_counts(trend, ("numerator", "denominator"))
        rate = rate_of(n, d)
        if sampled:
            require_columns(trend, ("rate", "low", "high"))
            rate = np.where(d > 0, trend["rate"].to_numpy(np.float64, na_value=np.nan), np.nan)
        return rate, d
    [n] = read_numbers(trend, "numerator")
    rate = np.full(len(n), np.nan)
    if "rate" in trend.columns:
        rate = trend["rate"].to_numpy(np.float64, na_value=np.nan)
    counted = np.isnan(rate) & ~_of_something(trend)
    return np.where(counted, n, rate), np.ones(len(n))


def _of_something(trend: pd.DataFrame) -> BoolArray:
    """Whether a row is a ratio: one with nothing in its denominator has no value, where a count or stock has one."""
    if "denominator" not in trend.columns or not trend["denominator"].gt(0).any():
        return np.zeros(len(trend), dtype=bool)
    return np.asarray(trend["denominator"].notna())


def _settled(trend: pd.DataFrame) -> BoolArray:
    if "mature" not in trend.columns:
        return np.ones(len(trend), dtype=bool)
    require_filled(trend, "mature")
    return np.asarray(trend["mature"].astype(bool))


def _met(trend: pd.DataFrame, values: FloatArray, settled: BoolArray, *, sampled: bool) -> "pd.Series[str]":
    target = trend["target"].to_numpy(np.float64, na_value=np.nan)
    direction = trend["target_direction"].astype("object")
    strange = direction[direction.notna() & ~direction.isin(["at_least", "at_most"])]
    if len(strange):
        raise BadTable(f"A target's direction is at_least or at_most, not {str(strange.iloc[0])!r}.")
    side = direction.map(BETTER_SIDE).to_numpy(np.float64, na_value=np.nan)
    room = ROUNDING * np.maximum(1.0, np.abs(target))
    if sampled:
        low, high = (trend[name].to_numpy(np.float64, na_value=np.nan) for name in ("low", "high"))
        worst, best = np.where(side > 0, low, high), np.where(side > 0, high, low)
    else:
        worst = best = values
    met, missed = side * (worst - target) >= -room, side * (best - target) < -room
    told = np.select([met & settled, missed & settled], ["met", "missed"], "open")
    known = ~np.isnan(values) & ~np.isnan(side) & ~np.isnan(target)
    return pd.Series(np.where(known, told, "none"), index=trend.index, dtype="str")


def _sides(trend: pd.DataFrame, group: "pd.Series[int]", better: Better | None) -> FloatArray:
    """Which way is better in each row: 1 up, -1 down, 0 not said. A segment's nearest target says it for the others."""
    places = np.argsort(trend["period"].to_numpy(), kind="stable")  # by place: an index may name two rows alike
    said = trend["target_direction"].astype("object").map(BETTER_SIDE).astype("float64").iloc[places]
    filled = said.groupby(group.to_numpy()[places]).transform(lambda one: one.ffill().bfill())
    sides = np.zeros(len(trend))
    sides[places] = filled.fillna(0 if better is None else BETTER_SIDE[better]).to_numpy()
    return sides


def _named(move: float, side: float) -> str:
    if np.isnan(move):
        return "too_few"
    if move == 0:
        return "routine"
    if side == 0:
        return "up" if move > 0 else "down"
    return "better" if move * side > 0 else "worse"


def _moves(values: FloatArray, sizes: FloatArray, settled: BoolArray, *, shares: bool) -> FloatArray:
    """Of each period in order: 1 or -1 where it lies beyond the limits, 0 where within, nan where nobody can tell."""
    moves = np.full(len(values), np.nan)
    tells = settled & ~np.isnan(values)
    for place in np.flatnonzero(tells):
        before = np.flatnonzero(tells[:place])[-MOST_EARLIER:]
        if len(before) >= LEAST_EARLIER:
            judge = _beyond_share if shares else _beyond_number
            away, limit = judge(values[before], sizes[before], float(values[place]), float(sizes[place]))
            moves[place] = np.sign(away) if abs(away) > limit else 0.0
    return moves


def _beyond_share(rates: FloatArray, sizes: FloatArray, rate: float, size: float) -> tuple[float, float]:
    """How far a share is from that of the periods before, and how far chance and their unrest take it."""
    whole = sizes.sum()
    usual = float(rates @ sizes / whole)
    # The score test's variance knows the new period too: where nothing was ever counted before, one case is no alarm.
    pooled = (usual * whole + rate * size) / (whole + size)
    free = len(rates) - 1
    spread = usual * (1 - usual)
    noise, between = 0.0, 0.0
    if spread > 0:
        squares = float(sizes @ (rates - usual) ** 2)
        noise = squares / spread / free  # how many times more periods differ than independent cases would
        between = max(0.0, (squares - free * spread) / (whole - float(sizes @ sizes) / whole))
    quantile, alone = (float(stdtrit(degrees, 1 - FALSE_ALARM / 2)) for degrees in (free, np.inf))
    chance = pooled * (1 - pooled) * (1 / size + 1 / whole)
    # Two readings of the unrest: it shrinks with the size of a period (bulk cases), or it does not (the work of a
    # week). They differ where periods are of different sizes, and the wider one counts.
    lasting = chance + between * (1 + float(sizes @ sizes) / whole**2)
    variance = max(chance * alone**2, noise * chance * quantile**2, lasting * quantile**2 if between else 0.0)
    away = rate - usual
    return float(np.sign(away)) * max(0.0, abs(away) - 0.5 / size), float(np.sqrt(variance)) + ROUNDING


def _beyond_number(values: FloatArray, _: FloatArray, value: float, __: float) -> tuple[float, float]:
    """The same of a number whose noise only the periods before can tell."""
    usual, spread = float(values.mean()), float(values.std(ddof=1))
    quantile = float(stdtrit(len(values) - 1, 1 - FALSE_ALARM / 2))
    return value - usual, quantile * spread * float(np.sqrt(1 + 1 / len(values))) + ROUNDING * max(1.0, abs(usual))
