"""Which segments keep their promises less than they did, and since when: watched day by day, or held against before.

Every promise is watched by market, by queue and by both at once, as `watch_drift` does, so that false alarms are kept
to what is told. What is too thin to be watched, or fell in the last few days only, is still held against the four weeks
before, with the unrest that those had: that is what would have been routine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr, xlogy

from appeal_insights.analysis.counts import FloatArray
from appeal_insights.analysis.dispersion import Dispersion, dispersion_over_days
from appeal_insights.analysis.drift import watch_drift
from appeal_insights.analysis.intervals import change_of_rate
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.service_asked import Asking, span
from appeal_insights.findings.service_held import KIND, Falls
from appeal_insights.periods import split
from appeal_insights.records.scope import Scope

HISTORY, BASELINE = 182, 91  # days that are watched, and the first of them, from which it is learned what is usual
BEFORE = 84  # days before a change that it is held against
STILL = 14  # the last days, in which a watched fall has to be seen still
BUDGET = 3650.0  # expected days between false alarms of one series
QUARTER = 91  # days that the expected false alarms are of
MATERIAL = 0.02  # a smaller change is not told, however sure
CHANCE = 0.05  # of finding anything among all segments while nothing moves
OWN_PART = 0.4  # of its change that a segment has to keep once those told before are left out of it
MOST, MOST_OF_KIND = 5, 2  # segments that are told, of all promises and of one
LEFT = 1 / 3  # of the records of a wide segment that have to lie outside of those that it gives way to
PARTS = 3  # narrower segments that a wide one gives way to, at most

Counts = tuple[float, float, float, float]


@dataclass(frozen=True)
class _Level:
    """Segments of one kind: the daily counts of each."""

    names: tuple[str, ...]
    days: pd.DataFrame  # names, day, numerator, denominator


def falls_of(
    asking: Asking,
    of: str,
    kinds: Sequence[str],
    by: Sequence[str],
    *,
    also: Sequence[str] = (),
    where: Scope | None = None,
    rises: bool = False,
) -> Falls:
    """The segments whose share of a metric fell (or rose) by more than routine and has not come back.

    Takes   kinds  columns that make separate series whatever the level, such as subject_type and clock.
            by     each of these alone, and all of them together, make the segments.
            also   more columns that make segments alone, as far as the records know them.
    Gives   Falls; its rows name a segment by the columns kinds and by, empty where it is not narrowed.
    """
    days = split(span(asking.end - timedelta(days=HISTORY), asking.end), "day")
    alone = [*by, *(name for name in also if name not in by and name in asking.scope(of, {name: []}))]
    table = asking.table("trend", of, days, [*kinds, *alone], where=where, grain="day")
    if table.empty or not (table["denominator"] > 0).any():
        return Falls(pd.DataFrame(), 0, 0, 0.0)
    table = table[table["denominator"] > 0].rename(columns={"period": "day"})
    table = table.astype(dict.fromkeys([*kinds, *alone], "str"))
    if rises:
        table = table.assign(numerator=table["denominator"] - table["numerator"])
    levels = [(*kinds, name) for name in alone] + ([(*kinds, *by)] if len(by) > 1 else [])
    levels = [tuple(kinds), *levels] if kinds else levels
    found, watched, refused, expected = [], 0, 0, 0.0
    for names in levels:
        level = _level(table, names)
        alarms, told = _watched(level)
        watched, refused, expected = watched + told[0], refused + told[1], expected + told[2]
        found += [*_alarmed(level, alarms, asking), *_compared(level, asking, CHANCE / len(levels))]
    rows = _apart(found, table, asking, [*kinds, *alone])
    if rises:
        rows = [_turned(row) for row in rows]
    whole = [row for row in found if not any(name in row for name in alone)]
    return Falls(pd.DataFrame(rows), watched, refused, expected, pd.DataFrame(whole))


def pauses_of(asking: Asking, by: Sequence[str]) -> Falls:
    """The segments whose share with a pause rose, with how long nine in ten took: gross, net, and the same before."""
    found = falls_of(asking, "paused_share", [], by, rises=True)
    times = [_times(asking, row, by) for row in rows_of(found.rows)]
    return replace(found, rows=pd.concat([found.rows, pd.DataFrame(times)], axis=1)) if times else found


def _times(asking: Asking, row: Mapping[str, Any], by: Sequence[str]) -> dict[str, float]:
    """Seconds in which nine in ten were decided, in the newest weeks and in those before the change."""
    where: Scope = {name: [str(row[name])] for name in by if row.get(name)}
    since = row["since"].date()
    earlier = span(since - timedelta(days=BEFORE), since)
    found = {}
    for name, of, more in (("gross", "turnaround", {}), ("net", "net_turnaround", {"subject_type": ["appeal"]})):
        for side, part in (("", asking.now), ("_before", earlier)):
            table = asking.table("percentiles", of, [part], where={**where, **more}, basis="decision")
            found[f"{name}{side}"] = float(table["p90"].iloc[0]) if len(table) else float("nan")
    return found


def _level(table: pd.DataFrame, names: tuple[str, ...]) -> _Level:
    sums = table.groupby([*names, "day"], observed=True)[["numerator", "denominator"]].sum().reset_index()
    return _Level(names, sums)


def _watched(level: _Level) -> tuple[pd.DataFrame, tuple[int, int, float]]:
    """The last alarm of each series where that is a fall; how many are watched, refused, false alarms expected."""
    series = level.days.groupby(list(level.names)).ngroups
    try:
        drift = watch_drift(
            level.days, series=list(level.names), day="day", stratum=None, audited="denominator", correct="numerator",
            baseline=BASELINE, budget=BUDGET,
        )  # fmt: skip
    except AppealInsightsError:  # too short a history
        return pd.DataFrame(), (0, series, 0.0)
    last = drift.alarms.groupby("series").tail(1) if len(drift.alarms) else drift.alarms
    return last[last["direction"] == "fell"], (
        series - len(drift.refused), len(drift.refused), drift.expected_false_alarms,
    )  # fmt: skip


def _alarmed(level: _Level, alarms: pd.DataFrame, asking: Asking) -> list[dict[str, Any]]:
    """Falls that an alarm dated: the newest weeks against the weeks before the change."""
    found = []
    newest = pd.Timestamp(asking.now.start)
    for alarm in rows_of(alarms):
        own = _of(level.days, {name: alarm[name] for name in level.names})
        since = pd.Timestamp(alarm["change_date"])
        now = own[own["day"] >= max(newest, since)]
        before = own[(own["day"] < since) & (own["day"] >= since - pd.Timedelta(days=BEFORE))]
        row = _row(level, alarm, now, before, _levels(now, before))
        still = own[own["day"] >= pd.Timestamp(asking.end) - pd.Timedelta(days=STILL)]
        if row and row["change_high"] < 0 and _down(still, row["rate_before"]):
            dates = {"since": since, "since_low": alarm["low"], "since_high": alarm["high"]}
            found.append({**row, **dates, "way": "watched"})
    return found


def _down(days: pd.DataFrame, before: float) -> bool:
    """Whether the share of the last days is still below what it was before."""
    due = float(days["denominator"].sum())
    return due > 0 and float(days["numerator"].sum()) / due - before < -MATERIAL


def _compared(level: _Level, asking: Asking, chance: float) -> list[dict[str, Any]]:
    """Falls of the newest weeks against the weeks before, whose own unrest says what chance would have done."""
    newest, earlier = (pd.Timestamp(each.start) for each in (asking.now, asking.before))
    days = level.days[level.days["day"] >= earlier]
    kinds = [name for name in KIND if name in level.names]
    typical = _typical(days[days["day"] < newest], kinds)
    tested = []
    for values, own in days.groupby(list(level.names), sort=False):
        now, before = own[own["day"] >= newest], own[own["day"] < newest]
        if min(now["denominator"].sum(), before["denominator"].sum()) < SMALLEST_SHOWN:
            continue
        segment = dict(zip(level.names, values, strict=True))
        unrest = max(_unrest(before), typical[tuple(segment[name] for name in kinds)], key=lambda one: one.floor)
        tested.append((segment, now, before, unrest, _chance(_counts(now, before), unrest)))
    found = []
    for segment, now, before, unrest, p in tested:
        if p < chance / len(tested) and (row := _row(level, segment, now, before, unrest)):
            found.append({**row, **_dates(before, now, unrest), "way": "compared"})
    return found


def _dates(before: pd.DataFrame, now: pd.DataFrame, unrest: Dispersion) -> dict[str, pd.Timestamp]:
    """The day from which a segment's share was another one: the median of what its days say, and 90 % around it."""
    days = pd.concat([before, now]).sort_values("day")
    n, d = (days[name].to_numpy(dtype=np.float64) for name in ("numerator", "denominator"))
    first = len(before)  # the change is one of the newest weeks: those before are what it is held against
    seen = [float(_likely(n[:at], d[:at]) + _likely(n[at:], d[at:])) for at in range(first, len(days))]
    weight = np.exp((np.array(seen) - max(seen)) / unrest.floor)
    share = np.cumsum(weight) / weight.sum()
    at = [first + int(np.searchsorted(share, each)) for each in (0.5, 0.05, 0.95)]
    return dict(zip(("since", "since_low", "since_high"), days["day"].iloc[at], strict=True))


def _likely(numerator: FloatArray, denominator: FloatArray) -> float:
    """The log-likelihood of days that share one rate."""
    n, d = float(numerator.sum()), float(denominator.sum())
    return float(xlogy(n, n / d) + xlogy(d - n, (d - n) / d)) if d else 0.0


def _typical(days: pd.DataFrame, kinds: list[str]) -> dict[tuple[Any, ...], Dispersion]:
    """How far the days of all segments together differ, promise by promise."""
    sums = days.groupby([*kinds, "day"])[["numerator", "denominator"]].sum().reset_index()
    groups = sums.groupby(kinds) if kinds else [((), sums)]
    return {tuple(kind): _unrest(part) for kind, part in groups}


def _levels(now: pd.DataFrame, before: pd.DataFrame) -> Dispersion:
    """How far the days differ around the level of each side."""
    both = pd.concat([now.assign(period="now"), before.assign(period="before")], ignore_index=True)
    return dispersion_over_days(both)


def _unrest(days: pd.DataFrame) -> Dispersion:
    return dispersion_over_days(days.assign(period=0)) if len(days) else Dispersion(None)


def _counts(now: pd.DataFrame, before: pd.DataFrame) -> Counts:
    sums = [float(part[name].sum()) for part in (now, before) for name in ("numerator", "denominator")]
    return sums[0], sums[1], sums[2], sums[3]


def _chance(counts: Counts, unrest: Dispersion) -> float:
    """How often a rate that did not change would fall as far (one-sided score test, inflated by the unrest)."""
    n1, d1, n0, d0 = counts
    pooled = (n1 + n0 + 0.5) / (d1 + d0 + 1)
    error = np.sqrt(unrest.floor * pooled * (1 - pooled) * (1 / d1 + 1 / d0))
    return float(stdtr(unrest.degrees or np.inf, (n1 / d1 - n0 / d0) / error))


def _row(
    level: _Level, segment: Mapping[str, Any], now: pd.DataFrame, before: pd.DataFrame, unrest: Dispersion
) -> dict[str, Any] | None:
    """A fall as it is told; nothing where it is small, or too few records stand behind it."""
    n1, d1, n0, d0 = _counts(now, before)
    if min(d1, d0) < SMALLEST_SHOWN or n1 / d1 - n0 / d0 > -MATERIAL:
        return None
    moved = change_of_rate(n0, d0, n1, d1, dispersion=unrest)
    return {
        **{name: str(segment[name]) for name in level.names},
        "numerator": int(n1), "denominator": int(d1), "rate": n1 / d1,
        "numerator_before": int(n0), "denominator_before": int(d0), "rate_before": n0 / d0, "days": len(now),
        "change": moved.change, "change_low": moved.low, "change_high": moved.high, "lost": (n0 / d0 - n1 / d1) * d1,
    }  # fmt: skip


def _apart(found: list[dict[str, Any]], table: pd.DataFrame, asking: Asking, names: list[str]) -> list[dict[str, Any]]:
    """The falls that stand for themselves, those with most lost first: a part of another fall is told once.

    A wide segment whose fall lies in a narrow one gives way to it; what a told one leaves of the others has to be a
    fall of its own.
    """
    told: list[dict[str, Any]] = []
    for row in sorted(found, key=lambda row: (-row["lost"], sum(name in row for name in names), str(row))):
        alike = sum(all(one.get(name) == row.get(name) for name in KIND) for one in told)
        if len(told) == MOST or alike == MOST_OF_KIND:
            continue
        if not _in_parts(row, found, table, asking, names) and _keeps(row, told, table, asking, names):
            told.append(row)
    return [{**dict.fromkeys(names, ""), **row} for row in told]


def _in_parts(
    row: Mapping[str, Any],
    found: Sequence[Mapping[str, Any]],
    table: pd.DataFrame,
    asking: Asking,
    names: Sequence[str],
) -> bool:
    """Whether a few narrower segments, two thirds of a wide one at most, are all of its fall."""
    newest = table[table["day"] >= pd.Timestamp(asking.now.start)]
    own = _of(newest, dict(_named(row, names)))
    most = own["denominator"].sum() * (1 - LEFT)
    parts = {
        tuple(one.get(name) for name in names): one
        for one in found
        if all(one.get(name) == row.get(name) for name in KIND)
        and not _named(one, names) <= _named(row, names)
        and _of(newest, dict(_named(one, names)))["denominator"].sum() <= most
    }
    # Those that lost much of what they have: as chi-square would weigh them.
    largest: list[Mapping[str, Any]] = []
    for one in sorted(parts.values(), key=lambda one: one["lost"] * one["change"]):
        if len(largest) < PARTS and not any(_nested(one, other, names) for other in largest):
            largest.append(one)
    rest = _without(own, largest, names)
    if not largest or rest["denominator"].sum() < own["denominator"].sum() * LEFT:
        return False
    return not _keeps(row, largest, table, asking, names)


def _nested(one: Mapping[str, Any], other: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether one of two segments holds all of the other, or they are the same one at two times."""
    ours, theirs = _named(one, names), _named(other, names)
    return ours <= theirs or theirs <= ours


def _named(segment: Mapping[str, Any], names: Sequence[str]) -> set[tuple[str, Any]]:
    return {(name, segment[name]) for name in names if name in segment}


def _without(table: pd.DataFrame, segments: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pd.DataFrame:
    for one in segments:
        table = table.drop(_of(table, dict(_named(one, names))).index)
    return table


def _keeps(
    row: Mapping[str, Any], told: Sequence[Mapping[str, Any]], table: pd.DataFrame, asking: Asking, names: Sequence[str]
) -> bool:
    """Whether a fall is still one when the segments told before are left out of it."""
    own = _of(table, dict(_named(row, names)))
    own = _without(own, told, names)
    since = row["since"] if row["way"] == "watched" else pd.Timestamp(asking.now.start)
    now = own[own["day"] >= max(pd.Timestamp(asking.now.start), since)]
    before = own[(own["day"] < since) & (own["day"] >= since - pd.Timedelta(days=BEFORE))]
    n1, d1, n0, d0 = _counts(now, before)
    return bool(d1 and d0 and n1 / d1 - n0 / d0 <= min(-MATERIAL, OWN_PART * (row["rate"] - row["rate_before"])))


def _of(table: pd.DataFrame, values: Mapping[str, Any]) -> pd.DataFrame:
    for name, value in values.items():
        table = table[table[name] == value]
    return table


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    """The same of what is counted against it: a share that rose."""
    found = dict(row)
    for side in ("", "_before"):
        found[f"numerator{side}"] = row[f"denominator{side}"] - row[f"numerator{side}"]
        found[f"rate{side}"] = 1 - row[f"rate{side}"]
    return found | {"change": -row["change"], "change_low": -row["change_high"], "change_high": -row["change_low"]}
