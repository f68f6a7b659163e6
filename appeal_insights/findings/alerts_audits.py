"""Audited periods as their cases were: hard cases are audited more often, so every stratum counts with its cases."""

import pandas as pd

from appeal_insights.errors import EmptyPeriod
from appeal_insights.findings.quality_held import everything
from appeal_insights.metrics.audited import AUDITS, STRATUM, audited
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import dimensions
from appeal_insights.metrics.question import Question
from appeal_insights.records.store import Store

TOLD = {
    "rate": "accuracy", "low": "low", "high": "high", "worth": "effective_n", "numerator": "correct",
    "denominator": "audited",
}  # fmt: skip
SERIES = ("market", "policy_group")  # what names a series, as far as the audits know it


def series_of(store: Store) -> tuple[str, ...]:
    """The columns that name a series of audits in this store."""
    return tuple(name for name in SERIES if name in dimensions(store, metric(AUDITS)))


def weighted(store: Store, question: Question, table: pd.DataFrame) -> pd.DataFrame:
    """The trend of a store's accuracy with rate, low and high as its cases were, and how many audits that is worth.

    Takes   the trend: period, ends_on, rate, low, high, denominator.
    Gives   the same with `worth`: audits at random that would say as much. Metrics other than the accuracy of audits,
            and stores that do not say how audits were drawn, come back as they are, without it.
    """
    if question.metric.id != AUDITS or "strata" not in store.tables or table.empty:
        return table
    if STRATUM not in dimensions(store, question.metric):
        return table
    first, last = question.periods[0].start, question.periods[-1].end
    by = [name for name in series_of(store) if name not in question.where]
    days = audited(store, start=first, end=last, by=by, as_of=question.as_of, where=question.where)
    if days.volume is None:
        return table
    rows = []
    for row in table.to_dict("records"):
        try:
            found = everything(days.counts, days.volume, by, row["period"].date(), row["ends_on"].date())
            rows.append(dict(row) | {own: found[its] for own, its in TOLD.items()})
        except EmptyPeriod:
            continue
    return pd.DataFrame(rows, columns=[*table.columns, "worth"])
