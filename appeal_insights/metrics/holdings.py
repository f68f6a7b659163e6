"""What a store holds of one fact: records by period, values that are missing, values that are new or gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from appeal_insights.errors import UnknownDimension
from appeal_insights.metrics.measure import is_empty, period_of, repeated, weight_of
from appeal_insights.metrics.metric import day_of
from appeal_insights.metrics.question import query_text
from appeal_insights.periods import GRAINS, Grain, Period, first_day, next_start, split
from appeal_insights.records.contract import BLANK, contract
from appeal_insights.records.statement import (
    Node,
    column,
    day_value,
    fill,
    instant_value,
    is_value,
    parse,
    text_value,
    write,
)
from appeal_insights.records.store import Store

HOLDINGS = ("codes", "coverage", "missing")  # the queries that this module asks
FIGURES = "figures"
BESIDE = ("known_events", "targets")  # facts that explain others; nothing is counted of them
SHORT_SPAN = 120  # days up to which weeks are counted and not months
MOST_PERIODS = 24  # more of them are no longer read one by one; then they are longer ones


@dataclass(frozen=True)
class Holding:
    """One fact of a store, or its counted figures, as known at an instant."""

    fact: str
    as_of: datetime  # naive UTC
    day: str  # the column that puts a record in its period
    periods: tuple[Period, ...]  # all in which there can be something, in order
    grain: Grain
    dimensions: tuple[str, ...]  # of the source
    columns: tuple[str, ...]  # of the source, in the contract's order, those known at the decision apart
    without: tuple[str, ...]  # columns that the source does not have
    metric: str = ""  # of figures: the one whose denominators are counted

    @property
    def by_figures(self) -> bool:
        return self.fact == FIGURES


def holdings(store: Store, as_of: datetime) -> list[Holding]:
    """What there is to look at in a store: the records of each fact, or its figures. None where it holds neither."""
    facts = [name for name in store.tables if name not in BESIDE]
    return [_of_figures(store, as_of) if fact == FIGURES else _of_records(store, fact, as_of) for fact in facts]


def holding(store: Store, fact: str, as_of: datetime) -> Holding:
    """The records of a fact, or the figures that a store has in their place. Raises UnknownStore for one without."""
    if FIGURES in store.tables:
        return _of_figures(store, as_of)
    store.require(fact)
    return _of_records(store, fact, as_of)


def query_holding(store: Store, name: str, held: Holding, *, by: str = "") -> pd.DataFrame:
    """The answer of one of the queries named in HOLDINGS; `by` is the dimension of a coverage."""
    if by and by not in held.dimensions:
        raise UnknownDimension.of("data.no_dimension", store=store.name, given=by, known=held.dimensions)
    if name == "coverage":
        return coverage(store, held, by)
    if name == "missing":
        return missing(store, held)
    against, since = before(store, held)
    return codes(store, held, earlier_at=against, since=since)


def _of_figures(store: Store, as_of: datetime) -> Holding:
    shape = store.declared(FIGURES)
    first, last = store.span(FIGURES, "starts_on"), store.span(FIGURES, "ends_on")
    grain: Grain = shape["grain"]
    periods = split(Period(first[0], last[1], ""), grain) if first and last else []
    names = tuple(shape["dimensions"])
    return Holding(
        FIGURES, as_of, "starts_on", tuple(periods[-MOST_PERIODS:]), grain, names, names, (), shape["metrics"][0]
    )


def _of_records(store: Store, fact: str, as_of: datetime) -> Holding:
    declared, of = store.declared(fact), contract(fact)
    without = tuple(declared.get("without", ()))
    event = next(name for name in of.first_event if name not in without)
    span = store.span(fact, day_of(event))
    grain, periods = _periods(span, declared.get("precision", {}).get(event, "week")) if span else ("month", [])
    there = [entry for name, entry in of.columns.items() if name not in without]
    return Holding(
        fact,
        as_of,
        day_of(event),
        tuple(periods),
        grain,
        tuple(entry.name for entry in there if entry.dimension),
        tuple(entry.name for entry in there if entry.known_at != "decision"),
        without,
    )


def _periods(span: tuple[date, date], known: Grain) -> tuple[Grain, list[Period]]:
    """The periods that a span of days is looked at by: the shortest of which there are not too many."""
    fit = [grain for grain in ("week", "month", "quarter", "year") if GRAINS.index(grain) >= GRAINS.index(known)]
    grains: Sequence[Grain] = ["week"] if known == "week" and not fit else fit or ["year"]  # type: ignore[assignment]
    for grain in grains:
        start, end = first_day(span[0], grain), next_start(first_day(span[1], grain), grain)
        periods = split(Period(start, end, ""), grain)
        if len(periods) <= MOST_PERIODS and not (grain == "week" and (end - start).days > SHORT_SPAN):
            return grain, periods
    return grain, periods[-MOST_PERIODS:]


def coverage(store: Store, held: Holding, dimension: str = "") -> pd.DataFrame:
    """Records by period (first day) and value of a dimension; of none, the value is empty."""
    holes = {**_holes(held), "its_value": column(dimension) if dimension else text_value("")}
    return _asked(store, held, "coverage", fill(parse(query_text("coverage")), holes))


def missing(store: Store, held: Holding) -> pd.DataFrame:
    """Records, and those without a value, by column and period. An unknown value of a dimension is named in a store."""
    named = {name: is_value(name, BLANK) if name in held.dimensions else is_empty(name) for name in held.columns}
    fillings = [{"its_name": text_value(name), "is_missing": lacks} for name, lacks in named.items()]
    return _asked(store, held, "missing", fill(repeated(parse(query_text("missing")), "cells", fillings), _holes(held)))


def codes(store: Store, held: Holding, *, earlier_at: datetime, since: date | None = None) -> pd.DataFrame:
    """Values of dimensions that are new or gone: since an instant, or, where there was nothing before, since a day."""
    fillings: list[dict[str, Node]] = [
        {"its_name": text_value(name), "its_value": column(name)} for name in held.dimensions
    ]
    holes = {
        **_holes(held),
        "its_day": column(held.day),
        "earlier_at": instant_value(earlier_at),
        "until_day": day_value(since or date.max),
        "since_day": day_value(since or date.min),
    }
    return _asked(store, held, "codes", fill(repeated(parse(query_text("codes")), "cells", fillings), holes))


def before(store: Store, held: Holding) -> tuple[datetime, date | None]:
    """What a value is new against: the load before the newest; of one load, the days before the newest month.

    Gives   the instant of that load and nothing, or `as_of` and the first day that counts as recent.
    """
    loads = store.loads
    known = loads[(loads["fact"] == held.fact) & (loads["loaded_at"] <= held.as_of)]
    instants = sorted(known["loaded_at"].drop_duplicates())
    if len(instants) > 1:
        return instants[-2].to_pydatetime(), None
    over = [period for period in held.periods if period.end <= held.as_of.date()] or list(held.periods)
    grain: Grain = "month" if held.grain == "week" else held.grain
    return held.as_of, first_day(over[-1].end - timedelta(days=1), grain)


def _holes(held: Holding) -> dict[str, Node]:
    day = column(held.day)
    return {
        "as_of": instant_value(held.as_of),
        "its_period": day if held.by_figures else period_of(day, held.grain),
        "weight": column("denominator") if held.by_figures else weight_of(contract(held.fact)),
        "counted": is_value("metric", held.metric) if held.metric else parse("true"),
    }


def _asked(store: Store, held: Holding, name: str, tree: Node) -> pd.DataFrame:
    return store.run(write(fill(tree, {}, tables={"fact": held.fact})), what=name)
