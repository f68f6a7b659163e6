"""Answer a question from a store with a query file: a tidy table, one column per dimension."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import pandas as pd

from appeal_insights.errors import (
    BadParameter,
    BadPeriod,
    TooFine,
    UnknownDimension,
    UnknownMetric,
    did_you_mean,
    one_of,
)
from appeal_insights.metrics.measure import Question, statement, table_statement
from appeal_insights.metrics.metric import Metric, day_of
from appeal_insights.periods import GRAINS, Grain, Period, check_apart, is_whole, split
from appeal_insights.records.store import Store

TABLE_QUERIES = ("known_events", "loads", "rejects")  # these read the store's table of that name, not measures


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
    store.require(name)
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
        raise BadPeriod("A question wants at least one period, for example 2026-W40.")
    check_apart(question.periods)
    for part in question.periods:
        if question.grain and not is_whole(part, question.grain):
            raise BadPeriod(
                f"{part.label} is not one {question.grain}. Leave the grain out, or split the period by it."
            )
    for name in question.by:
        if question.by.count(name) > 1:
            raise BadParameter(f"{name!r} is named twice. A table has each dimension once.")
    for name, values in question.where.items():
        if not values:
            raise BadParameter(f"No value of {name!r} is wanted, so nothing is. Name one, or leave {name!r} out.")


def _check_days(store: Store, question: Question) -> None:
    if question.figures:
        says = f"The figures of {store.name} were counted by {store.declared('figures')['grain']}"
        raise TooFine(f"{says}; there are no days in them.")
    instant = question.metric.instant(question.basis)
    precision: Grain = store.declared(question.metric.fact).get("precision", {}).get(instant, "day")
    if precision != "day":
        raise TooFine(f"{day_of(instant)} is known to the {precision} only in {store.name}; there are no days in it.")


def _check_records(store: Store, question: Question) -> None:
    instant = question.metric.instant(question.basis)
    if instant in store.declared(question.metric.fact).get("without", []):
        raise BadParameter(
            f"The records of {store.name} have no {instant}, so there is no {question.basis} basis. "
            "Choose another basis."
        )
    for name in (*question.by, *question.where):
        question.metric.contract.dimension(name)
        _check_known(name, dimensions(store, question.metric), f"The source of {store.name} has no {name!r}.")
    precision: Grain | None = store.declared(question.metric.fact).get("precision", {}).get(instant)
    if precision:
        _check_grain(
            question.periods,
            question.grain,
            precision,
            f"{day_of(instant)} is known to the {precision} only in {store.name}",
        )


def _check_figures(store: Store, question: Question) -> None:
    shape = store.declared("figures")
    if question.metric.id not in shape["metrics"]:
        raise UnknownMetric(
            f"The figures of {store.name} do not count {question.metric.id!r}."
            f"{did_you_mean(question.metric.id, shape['metrics'])} They count: {one_of(shape['metrics'])}."
        )
    for name in (*question.by, *question.where):
        if name not in shape["dimensions"]:
            raise TooFine(
                f"The figures of {store.name} are not broken down by {name!r}."
                f"{did_you_mean(name, shape['dimensions'])} They were counted by {one_of(shape['dimensions'])} "
                f"and {shape['grain']}; nothing finer can be known from them."
            )
    if question.basis != "decision":
        raise BadParameter(f"The figures of {store.name} know no basis but decision. Leave basis out.")
    _check_grain(
        question.periods,
        question.grain,
        shape["grain"],
        f"The figures of {store.name} were counted by {shape['grain']}",
    )


def _check_grain(periods: Iterable[Period], grain: Grain | None, precision: Grain, says: str) -> None:
    """Refuse what is finer than the data: it would have to be invented."""
    if grain and GRAINS.index(grain) < GRAINS.index(precision):
        raise TooFine(f"{says}; a {grain} is finer. Ask by {precision} or coarser.")
    for period in periods:
        try:
            split(period, precision)
        except BadPeriod as error:
            raise TooFine(
                f"{says}; {period.label} cuts through one. Ask for whole periods of one {precision}."
            ) from error


def _check_known(name: str, known: Sequence[str], says: str) -> None:
    if name not in known:
        raise UnknownDimension(f"{says}{did_you_mean(name, known)} You can break by: {one_of(known, most=20)}.")


def _check_values(store: Store, question: Question) -> None:
    for name, values in question.where.items():
        known = store.values(question.table, name)
        for value in values:
            if value not in known:
                raise BadParameter(
                    f"No {name} {value!r} in {store.name}.{did_you_mean(value, known)} "
                    f"There are: {one_of(known, most=40)}."
                )
