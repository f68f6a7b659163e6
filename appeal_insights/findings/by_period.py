"""The largest segments of a dimension, period by period, with nothing that gives a hidden cell away."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.charts.heat_map import MOST_PERIODS
from appeal_insights.disclosure import hide_cells
from appeal_insights.findings.evidence import POOLED, Evidence, View
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import GRAINS, Period, is_whole
from appeal_insights.records.store import Store

MOST_SEGMENTS = 10  # in a chart of one dimension
FEWEST_PERIODS = 3  # two are before and after, which other tables compare
_WHAT_THE_WHOLE_SAYS = ["period", "period_label", "span", "hidden"]


def with_periods(store: Store, evidence: Evidence, view: View | None) -> Evidence:
    """The evidence with `by_period` of a view's dimension, where there are segments and periods enough to look at."""
    if view is None or evidence.change is None:
        return evidence
    segments = largest(view)
    if len(segments) < 2 or not FEWEST_PERIODS <= len(evidence.trend) <= MOST_PERIODS:
        return evidence
    table = _hidden(_counted(store, evidence, view.dimension, segments), evidence)
    shown = table[table["segment"] != POOLED]
    order = shown["segment"].map({segment: nth for nth, segment in enumerate(segments)})
    shown = shown.assign(order=order).sort_values(["order", "period"], ignore_index=True)
    return replace(evidence, by_period=shown, asked=tuple(store.asked))


def largest(view: View) -> list[str]:
    """The segments of a view with the largest contributions, the largest first; small ones folded together apart."""
    named = view.parts[view.parts["segment"] != POOLED]
    order = named["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return [str(segment) for segment in named["segment"].reindex(order).head(MOST_SEGMENTS)]


def _counted(store: Store, evidence: Evidence, dimension: str, segments: Sequence[str]) -> pd.DataFrame:
    """Counts by segment and period of the trend; all other segments as one, which is there to be reckoned with."""
    trend = evidence.trend
    spans = zip(trend["period"].dt.date, trend["ends_on"].dt.date, trend["period_label"], strict=True)
    periods = [Period(start, end, label) for start, end, label in spans]
    grain = next((grain for grain in GRAINS if all(is_whole(part, grain) for part in periods)), None)
    question = ask(
        store, evidence.metric, periods, by=(dimension,), where=evidence.where, basis=evidence.basis,
        as_of=evidence.as_of, grain=grain, spliced=True, reckoned=evidence.reckoned,
    )  # fmt: skip
    table = query(store, "trend", question)
    named = table.assign(segment=table["segment"].where(table["segment"].isin(segments), POOLED))
    return named.groupby(["segment", "period"], as_index=False)[["numerator", "denominator"]].sum()


def _hidden(counted: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Rates with small cells blanked. Shown elsewhere: the whole of each period, and each segment before and after."""
    whole = evidence.trend[_WHAT_THE_WHOLE_SAYS].rename(columns={"hidden": "closed"})
    table = rate_with_interval(counted, evidence.dispersion).merge(whole, on="period", how="left")
    table = table.assign(
        of_period=table["period"].mask(table["closed"]), of_segment=table.groupby(["segment", "span"]).ngroup()
    )
    return hide_cells(
        table,
        evidence.audience,
        blank=["numerator", "denominator", "rate", "low", "high"],
        totals=["of_period", "of_segment"],
        closed=["closed"],
    )
