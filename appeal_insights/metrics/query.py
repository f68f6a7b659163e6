"""Answer a question from a store with a query file: a tidy table, one column per dimension."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from appeal_insights.errors import (
    BadParameter,
    BadPeriod,
    Sentence,
    TooFine,
    UnknownDimension,
    UnknownMetric,
    word,
)
from appeal_insights.metrics.measure import Question, statement, table_statement
from appeal_insights.metrics.metric import Metric, day_of
from appeal_insights.periods import GRAINS, Grain, Period, check_apart, is_whole, split
from appeal_insights.records.store import Store

# The checks of records, and the facts that they read.
GATES = {
    "gate_appeals": ("appeals",),
    "gate_enforcements": ("enforcements",),
    "gate_links": ("appeals", "enforcements"),
}
# These read a named table of the store, not measures.
TABLE_QUERIES: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("known_events", "loads", "rejects")},
    "reject_reasons": ("rejects", "loads"),
    **GATES,
}


def ask(
    store: Store,
    metric: Metric,
    periods: Sequence[Period],
    **asked: object,
) -> Question:
    """A question checked against what the store holds.

    Takes   by, where, basis, as_of, grain as Question does.
    Raises  UnknownDimension, UnknownMetric, TooFine, BadPeriod, BadParameter   with the nearest thing that works.
    """
    question = Question(metric, tuple(periods), figures="figures" in store.tables, **asked)  # type: ignore[arg-type]
    _check_asked(question)
    store.require(question.table)
    if question.figures:
        _check_figures(store, question)
    else:
        _check_records(store, question)
    _check_values(store, question)
    return question


def query(store: Store, name: str, question: Question) -> pd.DataFrame:
    """The answer: the query file's columns, with a `segment` label (its values, ' · ' between; empty for everything).

    Raises  TooFine   days are asked of data that have none.
    """
    if name == "by_day":
        _check_days(store, question)
    answer = store.run(statement(name, question), what=name)
    return answer.assign(segment=segment_labels(answer, question.by))


def query_table(store: Store, name: str, *, as_of: datetime) -> pd.DataFrame:
    """The answer of a query file that reads a named table of the store, as known at an instant."""
    for table in TABLE_QUERIES[name]:
        store.require(table)
    return store.run(table_statement(name, as_of), what=name)


def segment_labels(table: pd.DataFrame, by: Sequence[str]) -> "pd.Series[str]":
    """One label per row: the values of its dimensions."""
    if not by:
        return pd.Series("", index=table.index, dtype="str")
    label = table[by[0]].astype("str")
    for name in by[1:]:
        label = label + " · " + table[name].astype("str")
    return label


def dimensions(store: Store, metric: Metric) -> list[str]:
    """The dimensions that this store can break a metric by."""
    if "figures" in store.tables:
        return list(store.declared("figures")["dimensions"])
    without = store.declared(metric.fact).get("without", [])
    return [name for name in metric.contract.dimensions if name not in without]


def _check_asked(question: Question) -> None:
    """Refuse what no store can answer: no period, days counted twice, a dimension named twice or held to no value."""
    if not question.periods:
        raise BadPeriod.of("period.none")
    check_apart(question.periods)
    for part in question.periods:
        if question.grain and not is_whole(part, question.grain):
            raise BadPeriod.of("period.not_one", period=part, grain=word(question.grain))
    for name in question.by:
        if question.by.count(name) > 1:
            raise BadParameter.of("parameter.twice", name=name)
    for name, values in question.where.items():
        if not values:
            raise BadParameter.of("parameter.no_value", name=name)


def _check_days(store: Store, question: Question) -> None:
    if question.figures:
        raise TooFine.of("data.figures_no_days", data=_counted_by(store, store.declared("figures")["grain"]))
    instant = question.metric.instant(question.basis)
    precision: Grain = store.declared(question.metric.fact).get("precision", {}).get(instant, "day")
    if precision != "day":
        raise TooFine.of("data.no_days", data=_known_to(store, instant, precision))


def _check_records(store: Store, question: Question) -> None:
    instant = question.metric.instant(question.basis)
    if instant in store.declared(question.metric.fact).get("without", []):
        raise BadParameter.of("data.no_instant", store=store.name, instant=instant, basis=question.basis)
    for name in (*question.by, *question.where):
        question.metric.contract.dimension(name)
        if name not in (known := dimensions(store, question.metric)):
            raise UnknownDimension.of("data.no_dimension", store=store.name, given=name, known=known)
    precision: Grain | None = store.declared(question.metric.fact).get("precision", {}).get(instant)
    if precision:
        _check_grain(question, precision, _known_to(store, instant, precision))


def _check_figures(store: Store, question: Question) -> None:
    shape = store.declared("figures")
    if question.metric.id not in shape["metrics"]:
        raise UnknownMetric.of("data.no_metric", store=store.name, given=question.metric.id, known=shape["metrics"])
    for name in (*question.by, *question.where):
        if name not in shape["dimensions"]:
            known, grain = shape["dimensions"], word(shape["grain"])
            raise TooFine.of("data.no_breakdown", store=store.name, given=name, known=known, grain=grain)
    if question.basis != "decision":
        raise BadParameter.of("data.only_decision", store=store.name)
    _check_grain(question, shape["grain"], _counted_by(store, shape["grain"]))


def _check_grain(question: Question, precision: Grain, data: Sentence) -> None:
    """Refuse what is finer than the data: it would have to be invented."""
    grain = question.grain
    if grain and GRAINS.index(grain) < GRAINS.index(precision):
        raise TooFine.of("data.finer", data=data, grain=word(grain), precision=word(precision))
    for period in question.periods:
        try:
            split(period, precision)
        except BadPeriod as error:
            raise TooFine.of("data.cut", data=data, period=period, precision=word(precision)) from error


def _counted_by(store: Store, grain: Grain) -> Sentence:
    return Sentence("data.figures", store=store.name, grain=word(grain))


def _known_to(store: Store, instant: str, precision: Grain) -> Sentence:
    return Sentence("data.precision", store=store.name, day=day_of(instant), grain=word(precision))


def _check_values(store: Store, question: Question) -> None:
    for name, values in question.where.items():
        known = store.values(question.table, name)
        for value in values:
            if value not in known:
                raise BadParameter.of("data.no_value", name=name, given=value, known=known, store=store.name)
