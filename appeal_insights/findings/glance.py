"""A glance at a rate: its trend and its breakdown over one span, by at most one dimension, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells, pool_small
from appeal_insights.errors import BadParameter, EmptyPeriod
from appeal_insights.findings.answer import Asking, days_of, question_of, with_intervals
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.evidence import POOLED
from appeal_insights.metrics.metric import Metric, day_of, metric, metrics
from appeal_insights.metrics.query import dimensions, query
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import targets_of, with_targets
from appeal_insights.periods import GRAINS, Grain, Period, first_day, instant, next_start, split
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

MOST_LINES = 5  # segments with a line of their own; the others together are one more, which is what a trend can hold
OTHERS = "(others)"  # the segment that they are folded into; named by language when shown
COUNTS = ["numerator", "denominator"]
NUMBERS = [*COUNTS, "rate", "low", "high"]


@dataclass(frozen=True)
class Choices:
    """What can be asked of a store about a metric."""

    metrics: Sequence[Metric]
    dimensions: Sequence[str]
    grains: Sequence[Grain]
    first: date
    last: date
    as_of: datetime

    def periods(self, grain: Grain) -> list[Period]:
        """The periods of a grain that the store has something in, in order."""
        return split(Period(first_day(self.first, grain), next_start(first_day(self.last, grain), grain), ""), grain)

    def complete(self, grain: Grain) -> list[Period]:
        """Those of them that were over at the data's date; all where none was."""
        there = self.periods(grain)
        return [one for one in there if one.end <= self.as_of.date()] or there


@dataclass(frozen=True)
class Glance:
    """What was asked, and the two tables that come back, both past disclosure."""

    question: Question
    audience: Audience
    dispersion: Dispersion  # of the trend
    trend: pd.DataFrame  # period, period_label, segment, NUMBERS, mature, hidden, target; lines in the order of volume
    breakdown: pd.DataFrame  # segment, pooled (how many it stands for), NUMBERS; by volume, the pooled last
    whole: pd.DataFrame  # the same of everything together, one row
    folded: int  # segments that the trend puts together
    enough: bool = True  # no: so few records that nothing is shown

    @property
    def metric(self) -> Metric:
        return self.question.metric

    @property
    def where(self) -> Scope:
        return self.question.where

    @property
    def basis(self) -> str:
        return self.question.basis

    @property
    def by_figures(self) -> bool:
        return self.question.figures

    @property
    def periods(self) -> Sequence[Period]:
        return self.question.periods


@dataclass(frozen=True)
class Luck:
    """How far cases share their luck: against a level for each period, and against one for the whole span."""

    of_periods: Dispersion
    of_span: Dispersion


def read_choices(*, store: str, name: str, basis: str = "", as_of: str = "", workspace: Path | None = None) -> Choices:
    """What can be asked of a store about a metric. Raises EmptyPeriod for a store with nothing dated in it."""
    of, given = metric(name), basis
    basis = basis or of.basis
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        figures = "figures" in opened.tables
        table = "figures" if figures else of.fact
        opened.require(table)
        first = opened.span(table, "starts_on" if figures else day_of(of.instant(basis)))
        last = opened.span(table, "ends_on") if figures else first
        if first is None or last is None:
            raise EmptyPeriod.of("empty.dated", store=store)
        declared = opened.declared(table)
        known = declared["grain"] if figures else declared.get("precision", {}).get(of.instant(basis), "day")
        counted = (
            declared["metrics"]
            if figures
            else [
                one.id
                for one in metrics().values()
                if one.is_rate and given in ("", *one.at) and one.fact in opened.tables
            ]
        )
        return Choices(
            metrics=[metrics()[one] for one in counted],
            dimensions=dimensions(opened, of),
            grains=_from(known),
            first=first[0],
            last=last[1] - timedelta(days=1) if figures else last[1],
            as_of=instant(as_of) if as_of else opened.latest(),
        )


def read_values(dimension: str, *, store: str, name: str, workspace: Path | None = None) -> list[str]:
    """The values that a dimension has in a store."""
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        return opened.values("figures" if "figures" in opened.tables else metric(name).fact, dimension)


def _from(known: Grain) -> list[Grain]:
    """The grains that consist of whole periods of one: weeks end in the middle of months."""
    return ["week"] if known == "week" else list(GRAINS[GRAINS.index(known) :])


def glance(asking: Asking, *, store: str, audience: Audience, workspace: Path | None = None) -> Glance:
    """Ask for the trend and the breakdown of one span, by one dimension or none.

    Opened for this question alone: a store that was replaced since the last one is seen.

    Raises  EmptyPeriod   nothing was counted;  what `query` raises for what is wrong with the question.
    """
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        question = question_of(asking, opened)
        if len(question.by) > 1:
            raise BadParameter.of("parameter.one_dimension", names=question.by)
        trend, days = query(opened, "trend", question), days_of(opened, question)
        whole = replace(question, by=())
        cells = cells_of(opened, whole)
        # A cluster may have records in two weeks, so the cells of weeks do not add up to that of the span.
        span = replace(whole, grain=None, periods=(Period(question.periods[0].start, question.periods[-1].end, ""),))
        luck = Luck(dispersion(days, cells), dispersion(days.assign(period=0), cells_of(opened, span)))
        known = [] if question.by else targets_of(opened, question)  # several lines have a target each
    if not trend["denominator"].sum():
        raise EmptyPeriod.of("empty.filter", period=asking.during)
    seen = _glance(question, trend, luck, audience=audience)
    return replace(seen, trend=with_targets(seen.trend, question, known))


def _glance(question: Question, trend: pd.DataFrame, luck: Luck, *, audience: Audience) -> Glance:
    """Fold what is small and what is too much for a chart, then reckon the intervals of what remains."""
    breakdown = trend.groupby("segment", as_index=False)[COUNTS].sum()
    whole = breakdown[COUNTS].sum().to_frame().T.assign(segment="", pooled=1)
    parts = _pooled(breakdown, audience)
    small = set(breakdown["segment"]) - set(parts["segment"])
    lines = [name for name in parts["segment"] if name != POOLED]
    if small or len(lines) > MOST_LINES + 1:
        lines = lines[:MOST_LINES]
    counted = with_intervals(_folded(trend, lines), question, luck.of_periods)
    if "mature" not in counted:
        counted["mature"] = True
    ways = ["period", "segment"] if question.by else ["segment"]  # in which totals stand elsewhere on the screen
    shown = hide_cells(counted, audience, blank=NUMBERS, totals=ways)
    return Glance(
        question=question,
        audience=audience,
        dispersion=luck.of_periods,
        trend=shown,
        breakdown=rate_with_interval(parts, luck.of_span),
        whole=rate_with_interval(whole, luck.of_span),
        folded=len(breakdown) - len(lines),
        enough=audience == "analyst" or int(whole["denominator"].iloc[0]) >= SMALLEST_SHOWN,
    )


def _pooled(breakdown: pd.DataFrame, audience: Audience) -> pd.DataFrame:
    """One row per segment that may be shown, by volume, then the small ones together."""
    sides = {"denominator_before": breakdown["denominator"], "denominator_after": breakdown["denominator"]}
    sums = [*COUNTS, *sides]
    table = breakdown[["segment", *COUNTS]].assign(**sides).sort_values("denominator", ascending=False, kind="stable")
    return pool_small(table.reset_index(drop=True), audience, sums=sums, label=POOLED)[["segment", "pooled", *COUNTS]]


def _folded(trend: pd.DataFrame, lines: Sequence[str]) -> pd.DataFrame:
    """The trend with a line for each of these segments, in their order, and one for all others."""
    named = trend["segment"].where(trend["segment"].isin(lines), OTHERS)
    ordered = trend.assign(segment=named, place=named.map({name: place for place, name in enumerate(lines)}))
    keys = ["place", "segment", "period", "ends_on", "period_label"]
    counted = ordered.fillna({"place": len(lines)}).groupby(keys, as_index=False)[COUNTS].sum()
    return counted.drop(columns="place").assign(rate=counted["numerator"] / counted["denominator"])
