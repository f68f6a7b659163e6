"""A headline metric over its newest whole periods: each with its interval, and the newest against what is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import hypot
from typing import Any

import pandas as pd

from appeal_insights.analysis.dispersion import dispersion
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.disclosure import Audience, hide_cells
from appeal_insights.findings.answer import days_of
from appeal_insights.findings.choices import Choices
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.quality_held import estimated
from appeal_insights.metrics.audited import AUDITS, audited
from appeal_insights.metrics.metric import Metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import Period
from appeal_insights.records.store import Store

SHOWN, USUAL = 13, 8  # whole periods that a line has; of them those before the newest that say what is usual
NUMBERS = ("value", "low", "high", "numerator", "denominator")


@dataclass(frozen=True)
class Usual:
    """What the periods before the newest had: of a share all their records, of a number the middle of its values.

    low, high      of a share its 95 % interval, of a number the lowest and the highest
    change         of the newest against it: a difference of shares; of a number in parts of the middle, None of 0
    change_low, change_high   the interval of a difference of shares
    """

    periods: int
    value: float
    low: float
    high: float
    change: float | None
    change_low: float | None = None
    change_high: float | None = None


@dataclass(frozen=True)
class Headline:
    """A metric as the landing page shows it.

    periods   period_label, NUMBERS, hidden: the newest whole ones, the newest last. `value` is a share or a number;
              of accuracy it is weighted by strata, so it is not numerator / denominator
    usual     None where fewer than two periods come before, or one of them may not be shown
    """

    metric: Metric
    periods: pd.DataFrame
    usual: Usual | None

    @property
    def is_share(self) -> bool:
        return self.metric.is_rate

    @property
    def newest(self) -> Mapping[str, Any]:
        """The row of the newest whole period."""
        return {str(name): value for name, value in self.periods.iloc[-1].items()}


def headline(store: Store, of: Metric, choices: Choices, *, as_of: datetime, audience: Audience) -> Headline | None:
    """A metric over its newest whole periods, past disclosure. None where none of them has a record.

    Raises  what `ask` does of a metric that these records cannot say.
    """
    grain = "week" if "week" in choices.grains else choices.grains[0]
    periods = [one for one in choices.complete(grain) if one.end <= as_of.date()][-SHOWN:]
    if not periods:
        return None
    counted = _accuracy if of.id == AUDITS and "figures" not in store.tables else _counted
    table, usual = counted(store, of, periods, choices, as_of)
    sizes = table["denominator"] if of.is_rate else table["numerator"]
    if not sizes.sum():
        return None
    table = table.assign(counted=table["denominator"], denominator=sizes)
    table = hide_cells(table, audience, blank=NUMBERS[:-1], totals=[])
    table = table.assign(denominator=table["counted"].astype("Float64").mask(table["hidden"]))
    before = table.iloc[-1 - USUAL : -1]
    told = usual if len(before) > 1 and not before["hidden"].any() else None
    return Headline(of, table[["period_label", *NUMBERS, "hidden"]].reset_index(drop=True), _against(table, told))


def difference(newest: Mapping[str, Any], usual: Mapping[str, Any]) -> tuple[float, float, float]:
    """How far one share lies from another, with the interval that both of theirs make.

    Source  Newcombe (1998), Statistics in Medicine 17, his method 10; Zou and Donner (2008), the same 27: it holds for
            any two intervals of their own.
    """
    change = newest["value"] - usual["value"]
    low = change - hypot(newest["value"] - newest["low"], usual["high"] - usual["value"])
    high = change + hypot(newest["high"] - newest["value"], usual["value"] - usual["low"])
    return change, low, high


def _against(table: pd.DataFrame, usual: Mapping[str, Any] | None) -> Usual | None:
    """What is usual, with the newest held against it, where that may be shown."""
    newest = table.iloc[-1]
    if usual is None or pd.isna(usual["value"]):
        return None
    found = Usual(len(table.iloc[-1 - USUAL : -1]), usual["value"], usual["low"], usual["high"], None)
    if newest["hidden"] or pd.isna(newest["value"]):
        return found
    if pd.isna(newest["low"]):
        change = newest["value"] / usual["value"] - 1 if usual["value"] else None
        return replace(found, change=change)
    change, low, high = difference({name: float(newest[name]) for name in NUMBERS[:3]}, usual)
    return replace(found, change=change, change_low=low, change_high=high)


Counted = tuple[pd.DataFrame, Mapping[str, Any] | None]


def _counted(store: Store, of: Metric, periods: Sequence[Period], choices: Choices, as_of: datetime) -> Counted:
    """What a query counts, by period; and what is usual."""
    basis: dict[str, Any] = {"basis": choices.basis} if choices.bases else {}
    grain = "week" if "week" in choices.grains else choices.grains[0]
    question = ask(store, of, periods, as_of=as_of, grain=grain, **basis)
    table = query(store, "trend", question)
    if not of.is_rate:
        numbers = table["numerator"].astype("float64")
        middle = numbers.iloc[-1 - USUAL : -1]
        usual = {"value": middle.median(), "low": middle.min(), "high": middle.max()}
        return table.assign(value=numbers, low=float("nan"), high=float("nan")), usual
    luck = dispersion(days_of(store, question), cells_of(store, question))
    table = rate_with_interval(table, luck).rename(columns={"rate": "value"})
    sums = table.iloc[-1 - USUAL : -1][["numerator", "denominator"]].sum()
    whole = rate_with_interval(sums.to_frame().T, luck).rename(columns={"rate": "value"}).iloc[0]
    return table, {name: float(whole[name]) for name in ("value", "low", "high")}


def _accuracy(store: Store, of: Metric, periods: Sequence[Period], choices: Choices, as_of: datetime) -> Counted:
    """Accuracy by period, every stratum with its share of the cases: other sampling must not look like a change."""
    days = audited(store, start=periods[0].start, end=periods[-1].end, by=(), as_of=as_of)
    volume = days.counts.iloc[:0].assign(volume=0) if days.volume is None else days.volume
    rows = []
    for one in periods:
        rows.append({"period_label": one.label, **_estimate(days.counts, volume, one)})
    before = periods[-1 - USUAL : -1]
    usual = _estimate(days.counts, volume, Period(before[0].start, before[-1].end, "")) if before else None
    return pd.DataFrame(rows), usual


def _estimate(counts: pd.DataFrame, volume: pd.DataFrame, span: Period) -> dict[str, Any]:
    found = estimated(counts, volume, [], span.start, span.end)
    if found.empty:
        return {"value": float("nan"), "low": float("nan"), "high": float("nan"), "numerator": 0, "denominator": 0}
    row = found.iloc[0]
    rates = {"value": float(row["accuracy"]), "low": float(row["low"]), "high": float(row["high"])}
    return {**rates, "numerator": int(row["correct"]), "denominator": int(row["audited"])}
