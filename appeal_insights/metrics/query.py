"""Answer a question from a store with a query file: a tidy table, one column per dimension."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

import pandas as pd

from appeal_insights.errors import (
    BadParameter,
    BadPeriod,
    Sentence,
    TooFine,
    UnknownDimension,
    UnknownMetric,
    UnknownQuery,
    word,
)
from appeal_insights.metrics.measure import statement, table_statement
from appeal_insights.metrics.metric import Kind, Metric, Side, day_of
from appeal_insights.metrics.question import Question
from appeal_insights.periods import GRAINS, Grain, Period, check_apart, is_whole, split
from appeal_insights.records.contract import contract
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

RATES: tuple[Kind, ...] = ("proportion", "ratio", "distribution")


@dataclass(frozen=True)
class Wants:
    """What a query file can be asked with."""

    kinds: tuple[Kind, ...] = get_args(Kind)
    spans: Literal["periods", "one", "pair"] = (
        "periods"  # a span cut into periods, one period, one before and one after
    )
    records: bool = False  # only of records: counted figures do not say it
    completes: bool = False  # only of a metric that says when a record comes to count
    fact: str = ""  # only of metrics of that fact
    identity: bool = False  # only of a metric that follows from others


# The queries over measures.
QUERIES: dict[str, Wants] = {
    "trend": Wants(),
    "breakdown": Wants(spans="one"),
    "before_after": Wants(RATES, "pair"),
    "top_movers": Wants(RATES, "pair"),
    "heat_map": Wants(RATES),
    "by_day": Wants(RATES, "one"),
    "by_cluster": Wants(("proportion", "distribution"), records=True),
    "flows": Wants(("stock",), records=True),
    "ageing": Wants(("stock",), records=True),
    "cohort": Wants(("proportion",), records=True, completes=True),
    "distribution": Wants(("distribution",), "one", records=True),
    "percentiles": Wants(("distribution",), records=True),
    "funnel": Wants(("proportion",), records=True, fact="enforcements"),
    "records": Wants(("proportion", "distribution"), "one", records=True),
    "identity": Wants(("proportion",), identity=True),
}
# Exact percentiles hold every duration in memory: about 2 GB for so many.
MOST_DURATIONS = 50_000_000
# The checks of records, and the facts that they read.
GATES = {
    "gate_appeals": ("appeals",),
    "gate_enforcements": ("enforcements",),
    "gate_links": ("appeals", "enforcements"),
    "gate_targets": ("targets",),
    "gate_targets_cover": ("appeals", "targets"),
}
# These read a named table of the store, not measures.
TABLE_QUERIES: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("known_events", "targets", "loads", "rejects")},
    "reject_reasons": ("rejects", "loads"),
    "versions": ("figures",),
    **dict.fromkeys(("open_clocks", "waits", "arrivals"), ("clocks",)),
    "staffing_plan": ("staffing",),
    "linked_tickets": ("tickets",),
    **GATES,
}


def ask(
    store: Store,
    metric: Metric,
    periods: Sequence[Period],
    *,
    spliced: bool = False,
    **asked: object,
) -> Question:
    """A question checked against what the store holds.

    Takes   by, where, basis, as_of, grain, reckoned as Question does.
            spliced: whether periods counted by two versions of a definition may stand side by side. Only what says so
            to its reader, before anything else, may ask for that.
    Raises  UnknownDimension, UnknownMetric, TooFine, BadPeriod, BadParameter   with the nearest thing that works.
    """
    asked = {"basis": metric.basis} | asked
    question = Question(metric, tuple(periods), figures="figures" in store.tables, **asked)  # type: ignore[arg-type]
    _check_asked(question)
    if question.figures:
        _check_figures(store, question)
    else:
        for fact in (*metric.facts, *metric.rolls_up_from):
            store.require(fact)
        _check_records(store, question)
    _check_values(store, question)
    if question.figures:
        return replace(question, version=_version(store, question, spliced=spliced))
    return replace(question, past=_past(store, question), lacks=_lacking(store, question))


def _lacking(store: Store, question: Question) -> frozenset[str]:
    return frozenset(store.declared(question.metric.fact).get("without", []))


def _past(store: Store, question: Question) -> frozenset[str]:
    """Instants of which none lies after `as_of`."""
    found: set[str] = set()
    for fact in question.metric.facts:
        without = store.declared(fact).get("without", [])
        lasts = store.lasts(fact, [name for name in contract(fact).instants if name not in without])
        found |= {f"{fact}.{name}" for name, last in lasts.items() if last <= question.as_of}
    return frozenset(found)


def query(store: Store, name: str, question: Question) -> pd.DataFrame:
    """The answer: the query file's columns, with a `segment` label (its values, ' · ' between; empty for everything).

    Raises  TooFine   days are asked of data that have none.
    """
    check_wanted(name, question)
    if name == "by_day":
        _check_days(store, question)
    if name == "percentiles":
        _check_size(store, question)
    answer = store.run(statement(name, question), what=name)
    if question.metric.kind in ("count", "stock") and "denominator" in answer:
        answer = answer.assign(denominator=pd.Series(pd.NA, index=answer.index, dtype="Int64"))
    return answer.assign(segment=segment_labels(answer, question.by))


def query_table(store: Store, name: str, *, as_of: datetime, where: Scope | None = None) -> pd.DataFrame:
    """The answer of a query file that reads a named table of the store, as known at an instant.

    Takes   `where`: which of its rows; only of a query whose header names the hole `in_scope`.
    Raises  UnknownDimension, BadParameter   the table has no such column, or the store no such value.
    """
    for table in TABLE_QUERIES[name]:
        store.require(table)
        for of, values in (where or {}).items():
            contract(table).dimension(of)
            _check_value(store, [table], of, values)
    return store.run(table_statement(name, as_of, where), what=name)


def segment_labels(table: pd.DataFrame, by: Sequence[str]) -> "pd.Series[str]":
    """One label per row: the values of its dimensions."""
    if not by:
        return pd.Series("", index=table.index, dtype="str")
    values = [table[name].astype("str").fillna("") for name in by]  # a person may be unknown
    if len(values) == 1:
        return values[0]
    labels = map(" · ".join, zip(*(each.tolist() for each in values), strict=True))
    return pd.Series(labels, index=table.index, dtype="str")


def check_wanted(name: str, question: Question) -> None:
    """Refuse a metric that a query file cannot be asked with, and a query that there is not."""
    if name not in QUERIES:
        raise UnknownQuery.of("unknown.query", given=name, known=QUERIES)
    wants, metric = QUERIES[name], question.metric
    if metric.kind not in wants.kinds:
        kinds = [word(kind) for kind in wants.kinds]
        raise BadParameter.of("query.kind", query=name, kinds=kinds, metric=metric.id, kind=word(metric.kind))
    if wants.fact and metric.fact != wants.fact:
        raise BadParameter.of("query.fact", query=name, fact=wants.fact, metric=metric.id)
    if wants.completes and not metric.completes:
        raise BadParameter.of("query.completes", query=name, metric=metric.id)
    if wants.identity and not metric.identity:
        raise BadParameter.of("query.identity", query=name, metric=metric.id)
    if wants.records and question.figures:
        raise TooFine.of("query.records", query=name)


def _check_size(store: Store, question: Question) -> None:
    """Refuse to hold more durations in memory than there is room for."""
    counted = store.run(statement("trend", replace(question, by=())), what="size")
    if (records := int(counted["denominator"].sum())) > MOST_DURATIONS:
        raise BadParameter.of("query.size", records=records, most=MOST_DURATIONS)


def dimensions(store: Store, metric: Metric) -> list[str]:
    """The dimensions that this store can break a metric by."""
    if "figures" in store.tables:
        return list(store.declared("figures")["dimensions"])
    without = {name for fact in metric.facts for name in store.declared(fact).get("without", [])}
    return [name for name in metric.dimensions if name not in without]


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
    question.metric.instant(question.basis)  # says which bases there are
    _check_links(store, question.metric)
    for side in question.metric.sides:
        _check_side(store, question, side)
    for name in (*question.by, *question.where):
        question.metric.contract.dimension(name, persons=question.persons)
        if question.persons and name in question.metric.contract.persons:
            continue
        if name not in question.metric.dimensions:
            raise UnknownDimension.of(
                "query.dimension", given=name, metric=question.metric.id, known=question.metric.dimensions
            )
        if name not in (known := dimensions(store, question.metric)):
            raise UnknownDimension.of("data.no_dimension", store=store.name, given=name, known=known)


def _check_links(store: Store, metric: Metric) -> None:
    """Refuse what would look like none because the records of one fact do not say which of the other they mean."""
    link = metric.contract.key
    for source in metric.rolls_up_from:
        if link in store.declared(source).get("without", []):
            raise BadParameter.of(
                "data.no_link", store=store.name, source=source, fact=metric.fact, link=link, metric=metric.id
            )


def _check_side(store: Store, question: Question, side: Side) -> None:
    instant, declared = side.at[question.basis], store.declared(side.fact)
    if instant in declared.get("without", []):
        raise BadParameter.of("data.no_instant", store=store.name, instant=instant, basis=question.basis)
    precision: Grain | None = declared.get("precision", {}).get(instant)
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
    if question.basis not in ("decision", question.metric.basis):
        raise BadParameter.of("data.only_decision", store=store.name)
    _check_grain(question, shape["grain"], _counted_by(store, shape["grain"]))


def versions(store: Store, question: Question) -> pd.DataFrame:
    """Which definition the periods asked about were counted by: version, starts_on, ends_on of each, in a row."""
    if not question.figures or len(store.declared("figures")["versions"][question.metric.id]) < 2:
        return pd.DataFrame({"version": [], "starts_on": [], "ends_on": []})
    table = query_table(store, "versions", as_of=question.as_of)
    table = table[table["metric"] == question.metric.id]
    inside = pd.Series(False, index=table.index)
    for part in question.periods:
        inside |= (table["starts_on"] < pd.Timestamp(part.end)) & (table["ends_on"] > pd.Timestamp(part.start))
    table = table[inside]
    return table.groupby("version", as_index=False).agg(starts_on=("starts_on", "min"), ends_on=("ends_on", "max"))


def _version(store: Store, question: Question, *, spliced: bool) -> int:
    """The one version that figures follow. Raises BadPeriod where there are two: a series of both would lie."""
    declared = store.declared("figures")["versions"][question.metric.id]
    found = versions(store, question)
    if len(found) > 1 and not spliced:
        last_days = found["ends_on"] - pd.Timedelta(days=1)
        spans = [
            f"{version}: {first:%Y-%m-%d}..{last:%Y-%m-%d}"
            for version, first, last in zip(found["version"], found["starts_on"], last_days, strict=True)
        ]
        raise BadPeriod.of("data.two_versions", metric=question.metric.id, store=store.name, spans=spans)
    return int(found["version"].iloc[-1]) if len(found) else int(declared[-1])


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
    tables = [question.table] if question.figures else question.metric.facts
    for name, values in question.where.items():
        _check_value(store, tables, name, values)


def _check_value(store: Store, tables: Sequence[str], name: str, values: Sequence[str]) -> None:
    """Refuse a value that no record has."""
    known = sorted({value for table in tables for value in store.values(table, name)})
    for value in values:
        if value not in known:
            raise BadParameter.of("data.no_value", name=name, given=value, known=known, store=store.name)
