"""A glance at a rate: its trend, its breakdown and its heat map over one span, by at most two dimensions."""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.errors import BadParameter, EmptyPeriod
from appeal_insights.findings.answer import Asking, days_of, question_of, with_intervals
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.coincidence import within
from appeal_insights.findings.glance_fold import blanked, fold
from appeal_insights.metrics.metric import Metric
from appeal_insights.metrics.query import query
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import targets_of, with_targets
from appeal_insights.periods import Period
from appeal_insights.records.scope import Scope
from appeal_insights.records.shared import shared, stamp
from appeal_insights.records.store import Asked, Store
from appeal_insights.records.workspace import find_workspace

MOST_DIMENSIONS = 2
MOST_SEGMENTS = 1000  # of a breakdown; more are no longer read, and cost more than a moment
MOST_KEPT = 64  # questions whose dispersion is remembered: it is the same however one breaks the records


@dataclass(frozen=True)
class Glance:
    """What was asked, and the tables that come back, all past disclosure."""

    question: Question
    audience: Audience
    dispersion: Dispersion  # of the trend
    trend: pd.DataFrame  # period, period_label, segment, NUMBERS, mature, hidden, target; lines in the order of volume
    breakdown: pd.DataFrame  # segment, pooled (how many it stands for), NUMBERS; by volume, the pooled last
    whole: pd.DataFrame  # the same of everything together, one row
    heat: pd.DataFrame  # as trend, with more segments
    folded: int  # segments that the trend puts together
    events: pd.DataFrame  # known ones of the span that can have touched the scope: starts_on, title_en, title_zh
    enough: bool = True  # no: so few records that nothing is shown
    asked: Sequence[Asked] = field(default=(), compare=False)  # the queries that were run for it

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


def glance(asking: Asking, *, store: str, audience: Audience, workspace: Path | None = None) -> Glance:
    """Ask for the trend, the breakdown and the heat map of one span, by up to two dimensions.

    A store that was replaced since the last question is seen.

    Raises  EmptyPeriod   nothing was counted;  BadParameter   too many dimensions, or too many segments to read;
            what `query` raises for what is wrong with the question.
    """
    path = find_workspace(workspace).existing_store(store)
    with shared(path) as opened:
        question = question_of(asking, opened)
        _check_size(opened, question)
        trend = query(opened, "trend", question)
        if not trend["denominator"].sum():
            raise EmptyPeriod.of("empty.filter", period=asking.during)
        luck = _luck((path, stamp(path)), opened, replace(question, by=()))
        events = within(opened, question.metric.id, question.periods, where=question.where, as_of=question.as_of)
        known = [] if question.by else targets_of(opened, question)  # several lines have a target each
        seen = _glance(question, trend, luck, events=events, audience=audience)
        return replace(seen, trend=with_targets(seen.trend, question, known), asked=tuple(opened.asked))


def _check_size(store: Store, question: Question) -> None:
    """Refuse what is too much for a screen, before it is counted period by period."""
    if len(question.by) > MOST_DIMENSIONS:
        raise BadParameter.of("parameter.two_dimensions", names=question.by)
    table = question.table if question.figures else question.metric.fact
    if prod(len(store.values(table, name)) for name in question.by) <= MOST_SEGMENTS:
        return
    span = replace(question, grain=None, periods=(_span(question),))
    if (segments := len(query(store, "breakdown", span))) > MOST_SEGMENTS:
        told = {"names": question.by, "segments": f"{segments:,}", "most": f"{MOST_SEGMENTS:,}"}
        raise BadParameter.of("parameter.many_segments", **told)


def _span(question: Question) -> Period:
    return Period(question.periods[0].start, question.periods[-1].end, "")


_KNOWN: OrderedDict[Hashable, Luck] = OrderedDict()


def _luck(file: Hashable, store: Store, whole: Question) -> Luck:
    """How far cases share their luck. Asked once for a file and a question, however its records are broken down."""
    scope = tuple((name, tuple(values)) for name, values in sorted(whole.where.items()))
    key = (file, whole.metric.id, whole.basis, whole.periods, whole.grain, whole.as_of, whole.over, scope)
    if key not in _KNOWN:
        days, cells = days_of(store, whole), cells_of(store, whole)
        # A cluster may have records in two weeks, so the cells of weeks do not add up to that of the span.
        span = cells_of(store, replace(whole, grain=None, periods=(_span(whole),)))
        _KNOWN[key] = Luck(dispersion(days, cells), dispersion(days.assign(period=0), span))
    while len(_KNOWN) > MOST_KEPT:
        _KNOWN.popitem(last=False)
    _KNOWN.move_to_end(key)
    return _KNOWN[key]


def _glance(question: Question, trend: pd.DataFrame, luck: Luck, *, events: pd.DataFrame, audience: Audience) -> Glance:
    """Fold what is small and what is too much for a chart, then reckon the intervals of what remains."""
    folded = fold(trend, question.by, audience)
    heat, lines = (_with_rates(counted, question, luck) for counted in (folded.cells, folded.trend))
    whole = folded.whole
    return Glance(
        question=question,
        audience=audience,
        dispersion=luck.of_periods,
        trend=lines,
        breakdown=rate_with_interval(folded.breakdown, luck.of_span),
        whole=rate_with_interval(whole, luck.of_span),
        heat=heat,
        folded=folded.folded,
        events=events,
        enough=audience == "analyst" or int(whole["denominator"].iloc[0]) >= SMALLEST_SHOWN,
    )


def _with_rates(counted: pd.DataFrame, question: Question, luck: Luck) -> pd.DataFrame:
    found = with_intervals(counted, question, luck.of_periods)
    return blanked(found if "mature" in found else found.assign(mature=True))
