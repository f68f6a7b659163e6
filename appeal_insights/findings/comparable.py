"""Can two periods be compared at all? Looked at before any cause: a search finds causes for a new definition, too."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from appeal_insights.metrics.query import dimensions, query, versions
from appeal_insights.metrics.question import Question
from appeal_insights.records.store import Store

State = Literal["held", "broken", "unknown"]
MOST = 0.5  # of the segments of a period break an identity: then that period was counted in another way


@dataclass(frozen=True)
class Check:
    """One thing that makes searches lie, and whether it is so here. `key` and `values` make its sentence."""

    key: str
    state: State
    values: Mapping[str, str]


@dataclass(frozen=True)
class Redefined:
    """One period was counted by another definition than the other, so that the two cannot be compared as they stand.

    by          "version": the data say so; "identity": in one period the rate disagrees with those it follows from
    versions    version, starts_on, ends_on   by version
    identity    period_label, segment, rate, reckoned, off   by identity: each segment of each period
    dimensions  by identity: those of the segments; of the version: none, since nothing can be counted anew
    """

    by: Literal["version", "identity"]
    versions: pd.DataFrame
    identity: pd.DataFrame
    dimensions: tuple[str, ...] = ()

    def off(self, period: str) -> tuple[int, int]:
        """How many segments of a period break the identity, of how many."""
        rows = self.identity[self.identity["period_label"] == period]
        return int(rows["off"].sum()), len(rows)


def redefined(store: Store, question: Question) -> Redefined | None:
    """Whether a definition changed between the periods of a question: as declared, or as other rates give it away."""
    empty = pd.DataFrame()
    if len(found := versions(store, question)) > 1:
        return Redefined("version", found, empty)
    table, dims = _identity(store, question)
    if table is None:
        return None
    broken = table.groupby("period_label")["off"].mean() > MOST
    return Redefined("identity", empty, table, dims) if broken.any() and not broken.all() else None


def _identity(store: Store, question: Question) -> tuple[pd.DataFrame | None, tuple[str, ...]]:
    """Every segment of each period against the rates that its own follows from; None where they are not known."""
    of = question.metric.identity
    if of is None or (question.figures and not {*of.others} <= {*store.declared("figures")["metrics"]}):
        return None, ()
    dims = tuple(dimensions(store, question.metric)) if question.figures else ()
    table = query(store, "identity", replace(question, by=dims, reckoned=())).dropna(subset=["rate", "reckoned"])
    return table.assign(off=(table["rate"] - table["reckoned"]).abs() > of.within), dims
