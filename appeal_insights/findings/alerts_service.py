"""Alerts of promises of time: cases that are overdue now, and segments that keep their promises less than they did."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.findings.alerts_held import Alert
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.service_asked import Asking
from appeal_insights.findings.service_fell import falls_of
from appeal_insights.findings.service_held import KIND
from appeal_insights.metrics.targets import Target, targets
from appeal_insights.records.contract import contract
from appeal_insights.records.scope import Scope, write_scope
from appeal_insights.records.store import Store

ATTAINMENT, CLOCKS = "sla_attainment", "clocks"
URGENT = ("P0", "P1")
BY = {"appeal": ("market", "queue"), "ticket": ("severity",)}  # what makes a segment
SOON = 8 * 3600  # seconds: what falls due in the next shift


def service_alerts(store: Store, as_of: datetime, where: Scope, audience: Audience) -> list[Alert]:
    """What is overdue by kind of promise, and every segment that fell beyond routine and has not come back.

    Nothing where a store holds no promise of time, or `where` names what clocks do not have.
    """
    if CLOCKS not in store.tables or not set(where) <= set(contract(CLOCKS).dimensions):
        return []
    asking = Asking(store, where, as_of, as_of.date())
    owners = [one for one in targets(store, as_of) if one.metric == ATTAINMENT]
    found = _overdue(asking, owners, audience)
    for subject, by in BY.items():
        falls = falls_of(asking, ATTAINMENT, KIND, by, also=("site",), where={"subject_type": [subject]})
        found += [_fell(row, [*by, "site"], where, owners, as_of) for row in rows_of(falls.rows)]
    return found


def _overdue(asking: Asking, owners: Sequence[Target], audience: Audience) -> list[Alert]:
    """One alert for each kind of promise with cases beyond their time; serious where one of them is urgent."""
    rows = asking.rows("open_clocks", CLOCKS)
    if rows.empty:
        return []
    late = rows[rows["left_seconds"] <= 0]
    found = []
    for kind, part in late.groupby(KIND, observed=True, sort=True):
        if audience != "analyst" and len(part) < SMALLEST_SHOWN:
            continue  # a few cases are for those who work on them: the hand-over lists them
        scope: Scope = {name: [str(value)] for name, value in zip(KIND, kind, strict=True)}
        same = rows[(rows[KIND].astype("str") == [values[0] for values in scope.values()]).all(axis=1)]
        soon = int(((same["left_seconds"] > 0) & (same["left_seconds"] <= SOON)).sum())
        urgent = bool(part["severity"].astype("str").isin(URGENT).any())
        day = asking.as_of.date()
        found.append(
            Alert(
                key=f"overdue:{write_scope(scope)}",
                kind="overdue",
                severity="serious" if urgent else "notice",
                metric=ATTAINMENT,
                scope={**asking.where, **scope},
                since=part["due_at"].min().date(),
                period=day.isoformat(),
                value=float(len(part)),
                unit="number",
                direction="at_most",
                target=0.0,
                before=float(soon),
                sureness="alerts.sure.plain",
                owner=_owner(owners, scope),
                next_step="alerts.next.overdue",
            )
        )
    return found


def _fell(
    row: Mapping[str, Any], names: Sequence[str], where: Scope, owners: Sequence[Target], as_of: datetime
) -> Alert:
    scope: Scope = {name: [str(row[name])] for name in (*KIND, *names) if row.get(name)}
    last = as_of.date() - timedelta(days=1)
    return Alert(
        key=f"drift:{ATTAINMENT}:{write_scope(scope)}:fell", kind="drift", severity="serious", metric=ATTAINMENT,
        scope={**where, **scope}, since=pd.Timestamp(row["since"]).date(), period=f"{row['since']:%Y-%m-%d}..{last}",
        value=float(row["change"]), low=float(row["change_low"]), high=float(row["change_high"]), unit="points",
        direction="at_least", numerator=int(row["numerator"]), denominator=int(row["denominator"]),
        sureness="alerts.sure.fell", owner=_owner(owners, scope), next_step="alerts.next.fell",
    )  # fmt: skip


def _owner(owners: Sequence[Target], scope: Scope) -> str:
    """Who answers for the target that contains these records, of several the most specific."""
    fits = [one for one in owners if all(set(scope.get(name, ())) & set(values) for name, values in one.scope.items())]
    return max(fits, key=lambda one: len(one.scope)).owner if fits else ""
