"""The accuracy of some days by segment, what audits of strata would show, and persons and sites beside each other."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pandas as pd

from appeal_insights.analysis.audits import audits_needed, plan_audits
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells
from appeal_insights.errors import BadParameter, EmptyPeriod
from appeal_insights.findings.quality_gather import units_of
from appeal_insights.findings.quality_held import estimated, everything, strata_of
from appeal_insights.metrics.audited import AUDITS, STRATUM, audited
from appeal_insights.metrics.metric import Metric, metric
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope, read_scope
from appeal_insights.records.store import Store

CHANGE = 2.0  # points: the change that is planned for where nothing is said
MOST_SEGMENTS = 1000  # more are no longer read
RANDOM = "(random)"  # the one stratum where cases are not put into strata


@dataclass(frozen=True)
class Planned:
    """Accuracy of some days as it was asked for and found.

    whole      a row of estimate_accuracy: over everything
    segments   rows of the same by `by`, those of the largest sample first; none where nothing was broken down
    strata     stratum, population, accuracy; empty where nobody said how many cases there were
    plan       stratum, population, accuracy, audits, cost, costs: what would show a fall of `change` (share)
    units      reviewers, sites, auditors: rows of analysis.funnel with `unit` and `right`, of the last quarter
    """

    metric: Metric
    store: str
    as_of: datetime
    span: Period
    by: tuple[str, ...]
    where: Scope
    audience: Audience
    change: float
    whole: Mapping[str, Any]
    segments: pd.DataFrame
    plan: pd.DataFrame
    by_strata: bool
    units: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    basis: str = "decision"
    by_figures: bool = False

    @property
    def enough(self) -> bool:
        """Whether there are audits enough for its reader."""
        return self.audience == "analyst" or int(self.whole["audited"]) >= SMALLEST_SHOWN

    def open_rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that may be shown: none of few audits, nor one that the others and the sum give away."""
        if table.empty:
            return table
        counted = table.assign(denominator=table["audited"], of="")
        return table[~hide_cells(counted, self.audience, blank=[], totals=["of"])["hidden"].to_numpy()]


def count_accuracy(
    store: Store, span: Period, *, by: tuple[str, ...], where: Scope, as_of: datetime, audience: Audience,
    change: float = CHANGE, costs: Mapping[str, float] | None = None,
) -> Planned:  # fmt: skip
    """Estimate the accuracy of some days, and plan the audits that would show a fall of so many points.

    Takes   costs: what one audit of a stratum costs, in any unit; 1 where nothing is said.
    Raises  EmptyPeriod   nothing was audited;  BadParameter   too many segments, a cost of no stratum, a change that
            no number of audits can show;  what `ask` does.
    """
    days = audited(store, start=span.start, end=span.end, by=by, as_of=as_of, where=where)
    if days.counts.empty:
        raise EmptyPeriod.of("empty.audits", start=str(span.start), end=str(span.last_day))
    counts = days.counts
    volume = counts.iloc[:0].assign(volume=0) if days.volume is None else days.volume
    series = [name for name in by if name != STRATUM]
    whole = everything(counts, volume, series, span.start, span.end)
    segments = estimated(counts, volume, list(by), span.start, span.end) if by else pd.DataFrame()
    if len(segments) > MOST_SEGMENTS:
        told = {"names": list(by), "segments": f"{len(segments):,}", "most": f"{MOST_SEGMENTS:,}"}
        raise BadParameter.of("parameter.many_segments", **told)
    if len(segments):
        segments = segments[segments["audited"] > 0].sort_values("audited", ascending=False, kind="stable")
    strata = strata_of(counts, volume, span.start, span.end)
    return Planned(
        metric=metric(AUDITS), store=store.name, as_of=as_of, span=span, by=by, where=where, audience=audience,
        change=change / 100, whole=whole, segments=segments.reset_index(drop=True),
        plan=plan(strata, whole, change=change / 100, costs=costs or {}), by_strata=len(strata) > 0,
    )  # fmt: skip


def with_units(store: Store, planned: Planned) -> Planned:
    """The same with reviewers, sites and auditors held against each other: asked for when first looked at."""
    return replace(planned, units=units_of(store, where=planned.where, as_of=planned.as_of, end=planned.span.end))


def plan(strata: pd.DataFrame, whole: Mapping[str, Any], *, change: float, costs: Mapping[str, float]) -> pd.DataFrame:
    """How many audits of each stratum would show a fall of the whole, on each side, at the least cost.

    Takes   change: a share. Without strata audits are drawn at random, and there is one row.
    Raises  BadParameter   a cost of no stratum, or a fall below nothing.
    """
    accuracy = float(whole["accuracy"])
    if not 0 < change < accuracy:
        raise BadParameter.of("planned.change", given=f"{100 * change:g}", most=f"{100 * accuracy:.1f}")
    known = list(strata[STRATUM].astype("str")) if len(strata) else [RANDOM]
    for name in costs:
        if name not in known:
            raise BadParameter.of("planned.no_stratum", given=name, known=known)
    price = [costs.get(name, 1.0) for name in known]
    if len(strata):
        return plan_audits(strata.assign(cost=price), change=change, cost="cost")
    cases = int(whole["population"])
    # Where no audit was wrong, that does not mean that none ever is: half an error is added, as for strata.
    audits, right = int(whole["audited"]), int(whole["correct"])
    expected = (right + 0.5) / (audits + 1)
    needed = int(audits_needed(expected, expected - change)) if expected > change else audits
    row = {STRATUM: RANDOM, "population": cases, "accuracy": expected, "cost": price[0], "audits": needed}
    return pd.DataFrame([row]).assign(costs=needed * price[0])


def read_costs(text: str | Mapping[str, float]) -> dict[str, float]:
    """Costs of one audit by stratum: 'high=2; low=1', or a dictionary. Raises BadParameter for what is no number."""
    if isinstance(text, Mapping):
        return {str(name): float(value) for name, value in text.items()}
    return {name: number(name, values[0]) for name, values in read_scope(text).items()}


def number(name: str, given: str | float) -> float:
    """A number above 0. Raises BadParameter for anything else."""
    told = str(given).strip()
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", told) or not float(told):
        raise BadParameter.of("planned.number", name=name, given=told)
    return float(told)
