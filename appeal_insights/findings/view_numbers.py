"""The numbers that a view stands on, counted anew: one row of it a side, as of an instant."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from appeal_insights.errors import BadParameter
from appeal_insights.findings.answer import query
from appeal_insights.findings.compared_path import records_of
from appeal_insights.findings.compared_sides import asked_of, sides_of_view
from appeal_insights.findings.view import View, read_where
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import resolve
from appeal_insights.records.scope import Scope, write_scope
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import find_workspace

Report = Literal["overturn", "accuracy", "service"]
ACCURACY = "handling_accuracy"  # what a view of quality is about where it names no metric
OVERTURN = "overturn_rate"  # the same of every other view
_REPORTS: Mapping[str, Report] = {  # by fact; all others belong to the first report
    **dict.fromkeys(("audits", "gold", "strata"), "accuracy"),
    **dict.fromkeys(("clocks", "tickets", "staffing"), "service"),
}


@dataclass(frozen=True)
class Number:
    """A rate of one side of a view, with the counts behind it; no rate where nothing was counted."""

    span: str
    scope: str
    numerator: int
    denominator: int
    rate: float | None
    low: float | None
    high: float | None


def metric_of(view: View) -> str:
    """The metric that a view is about."""
    return view.asked.get("metric") or (ACCURACY if view.kind == "quality" else OVERTURN)


def report_of(view: View) -> Report:
    """The report that a finding of this view belongs to."""
    return _REPORTS.get(metric(metric_of(view)).fact, "overturn")


def numbers_of(view: View, *, store: str, as_of: datetime, workspace: Path | None = None) -> list[Number]:
    """The rate of each side of a view as known at an instant: of one span, or of the two that it compares.

    Raises  BadParameter   the view names no span;  EmptyPeriod and the like   it cannot be counted.
    """
    return [
        _number(view, span, scope, store=store, as_of=as_of, workspace=workspace)
        for span, scope in _sides(view, store=store, as_of=as_of, workspace=workspace)
    ]


def _sides(view: View, *, store: str, as_of: datetime, workspace: Path | None) -> list[tuple[str, Scope]]:
    asked, where = view.asked, records_of(view)
    if view.kind == "compare":
        with shared(find_workspace(workspace).existing_store(store)) as opened:
            return sides_of_view(opened, replace(asked_of(view), as_of=as_of.isoformat() + "Z"))
    if {"before", "after"} <= set(asked):
        later = resolve(asked["after"], as_of)
        return [(resolve(asked["before"], as_of, ahead_of=later).label, where), (later.label, where)]
    span = asked.get("during") or _days(view, store=store, workspace=workspace)
    if not span:
        raise BadParameter.of("view.no_span")
    sides = [where]
    if "against" in asked:
        sides.append({**where, **read_where(asked["against"])})
    return [(resolve(span, as_of).label, scope) for scope in sides]


def _days(view: View, *, store: str, workspace: Path | None) -> str:
    """The days of a view that names the first and the last; where it leaves one out, that of the data."""
    if view.kind != "quality":
        return ""
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        opened.require("audits")
        known = opened.span("audits", "decided_on")
    if known is None:
        return ""
    first, last = view.asked.get("start") or str(known[0]), view.asked.get("end") or str(known[1])
    return f"{first}..{last}"


def _number(view: View, span: str, scope: Scope, *, store: str, as_of: datetime, workspace: Path | None) -> Number:
    asked: dict[str, Any] = {"basis": view.asked["basis"]} if "basis" in view.asked else {}
    table = query(
        "breakdown", store=store, workspace=workspace, metric=metric_of(view), during=span, where=scope,
        as_of=as_of.isoformat() + "Z", **asked,
    )  # fmt: skip
    row = table.iloc[0] if len(table) else pd.Series({"numerator": 0, "denominator": 0})
    counted = [0 if pd.isna(row[name]) else int(row[name]) for name in ("numerator", "denominator")]
    rates = [None if pd.isna(row.get(name)) else float(row[name]) for name in ("rate", "low", "high")]
    return Number(span, write_scope(scope), counted[0], counted[1], rates[0], rates[1], rates[2])
