"""Answer an ad-hoc question with a query file: a tidy table, every rate with its interval, and what the numbers are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.analysis.cohorts import mark_maturity
from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import change_intervals, rate_with_interval
from appeal_insights.errors import BadParameter, choice
from appeal_insights.findings.clusters import cells_of
from appeal_insights.metrics.holdings import HOLDINGS, Holding, holding, query_holding
from appeal_insights.metrics.measure import statement, table_statement
from appeal_insights.metrics.metric import BASES, metric
from appeal_insights.metrics.query import QUERIES, TABLE_QUERIES, ask, check_wanted, query_table
from appeal_insights.metrics.query import query as answer_of
from appeal_insights.metrics.question import Question, query_text
from appeal_insights.metrics.targets import TARGETED, targets_of, with_targets
from appeal_insights.periods import GRAINS, Grain, Period, instant, period, split
from appeal_insights.records.scope import Scope, read_names, read_scope, write_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace


@dataclass(frozen=True)
class Asking:
    """An ad-hoc question as it was typed, not yet checked against a store."""

    name: str
    metric: str = "overturn_rate"
    by: str | Sequence[str] = ""
    during: str = ""
    every: str = ""
    before: str = ""
    after: str = ""
    where: str | Scope = ""
    basis: str = ""  # the metric's own where nothing is said
    over: str = ""  # of a distribution: beyond so many hours a record is late
    most: str = ""  # of records: how many are listed at most
    as_of: str = ""


def query(name: str, *, store: str, workspace: Path | None = None, **asked: object) -> pd.DataFrame:
    """The answer of a query file over a store, with an interval on every rate.

    Takes   metric, by, where, basis, as_of as `investigate` does; `during` and `every` (day, week, month, ...) for a
            trend, `during` for a breakdown, `before` and `after` for before_after. For coverage one dimension.
    Gives   the columns that the query file's header names; low and high (share, 95 %) beside a rate, and `target`: what
            was promised, null where nothing was. `attrs['about']` says metric and version, period, basis, scope, as-of,
            dispersion and fingerprint.
    Raises  what is wrong with the question, with the nearest thing that works.
    """
    asking = Asking(name, **asked)  # type: ignore[arg-type]
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        if name in TABLE_QUERIES:
            moment = _moment(asking, opened)
            where = read_scope(asking.where)
            answer = query_table(opened, name, as_of=moment, where=where)
            return _with_about(answer, {"store": store, "as_of": moment.isoformat() + "Z"})
        if name in HOLDINGS:
            held = _held(asking, opened)
            told = {"store": store, "as_of": held.as_of.isoformat() + "Z"}
            return _with_about(query_holding(opened, name, held, by=_one(asking.by)), told)
        question = question_of(asking, opened)
        table = answer_of(opened, name, question)
        learned = dispersion(days_of(opened, question), cells_of(opened, replace(question, by=())))
        table = _with_target(opened, name, question, with_intervals(table, question, learned))
        return _with_about(table, _about(opened, question, learned))


def _with_target(store: Store, name: str, question: Question, table: pd.DataFrame) -> pd.DataFrame:
    """The answer with the target of each row right after its rate and interval, where the rows can have one."""
    if name not in TARGETED:
        return table
    target = with_targets(table, question, targets_of(store, question))["target"]
    before = [place for place, of in enumerate(table.columns) if of in _BEFORE_THE_TARGET]
    found = table.copy()
    found.insert(before[-1] + 1, "target", target)
    return found


_BEFORE_THE_TARGET = ("rate", "low", "high", "rate_after", "change_high", "share_late")


def show_sql(name: str, *, store: str, workspace: Path | None = None, **asked: object) -> str:
    """The text that `query` runs: any DuckDB shell runs it on the store's file."""
    asking = Asking(name, **asked)  # type: ignore[arg-type]
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        if name in TABLE_QUERIES:
            return table_statement(name, _moment(asking, opened), read_scope(asking.where))
        if name in HOLDINGS:
            query_holding(opened, name, _held(asking, opened), by=_one(asking.by))
            return opened.asked[-1].text
        question = question_of(asking, opened)
        check_wanted(name, question)
        return statement(name, question)


def _moment(asking: Asking, store: Store) -> datetime:
    return instant(asking.as_of) if asking.as_of else store.latest()


def _held(asking: Asking, store: Store) -> Holding:
    return holding(store, metric(asking.metric).fact, _moment(asking, store))


def _one(by: str | Sequence[str]) -> str:
    """The one dimension that was named, or none. Raises BadParameter where there are more."""
    names = read_names(by)
    if len(names) > 1:
        raise BadParameter.of("parameter.one_dimension", names=names)
    return names[0] if names else ""


def question_of(asking: Asking, store: Store) -> Question:
    """What was typed, checked against what an open store holds. Raises what is wrong with it."""
    query_text(asking.name)  # says at once when there is no such query
    of = metric(asking.metric)
    periods, grain = _periods(asking, store)
    more: dict[str, Any] = {"basis": choice("basis", asking.basis, BASES)} if asking.basis else {}
    more |= {"over": round(3600 * _number("over", asking.over))} if asking.over else {}
    more |= {"most": round(_number("most", asking.most))} if asking.most else {}
    return ask(
        store,
        of,
        periods,
        by=tuple(read_names(asking.by)),
        where=read_scope(asking.where),
        as_of=_moment(asking, store),
        grain=grain,
        **more,
    )


def _number(name: str, given: str) -> float:
    """A number from 0 on. Raises BadParameter for anything else."""
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]+)?", str(given)):
        raise BadParameter.of("parameter.number", name=name, given=given)
    return float(given)


def _periods(asking: Asking, store: Store) -> tuple[list[Period], Grain | None]:
    spans = QUERIES[asking.name].spans
    if spans == "pair":
        if not (asking.before and asking.after):
            raise BadParameter.of("period.both", query=asking.name)
        return [period(asking.before), period(asking.after)], None
    if not asking.during:
        raise BadParameter.of("period.when", query=asking.name)
    whole = period(asking.during)
    if spans == "one":
        return [whole], None
    grain = choice("grain", asking.every or _finest(asking, store), GRAINS)
    return split(whole, grain), grain


def _finest(asking: Asking, store: Store) -> str:
    """What a trend goes by if nothing is said: weeks, or what the store knows where that is coarser."""
    if "figures" in store.tables:
        return str(store.declared("figures")["grain"])
    of = metric(asking.metric)
    of.instant(basis := choice("basis", asking.basis, BASES) if asking.basis else of.basis)
    known = [store.declared(side.fact).get("precision", {}).get(side.at[basis], "week") for side in of.sides]
    return str(max((*known, "week"), key=GRAINS.index))


def days_of(store: Store, question: Question) -> pd.DataFrame:
    """What was counted on each day of the periods asked about, of the whole; no row where there are no days."""
    empty = pd.DataFrame({"day": [], "period": [], "numerator": [], "denominator": []})
    of = question.metric
    if (
        question.figures
        or not of.is_rate
        or store.declared(of.fact).get("precision", {}).get(of.instant(question.basis))
    ):
        return empty
    whole = Question(
        of, question.periods, question.as_of, where=question.where, basis=question.basis, over=question.over
    )
    return answer_of(store, "by_day", whole)


def with_intervals(table: pd.DataFrame, question: Question, dispersion: Dispersion) -> pd.DataFrame:
    """The answer with the interval of every rate, and of every change; by submission also with what has settled.

    A number that is no share of records (a count, a ratio of two sums) has no such interval.
    """
    if not question.metric.is_rate:
        return table
    if "denominator_before" in table:
        return change_intervals(table, dispersion)
    if not {"rate", "numerator", "denominator"} <= set(table):
        return table
    with_interval = rate_with_interval(table, dispersion)
    if "size" in table:  # a cohort is as old as its youngest record
        oldest = pd.to_datetime(table["ends_on"]) + pd.to_timedelta(table["days"], unit="D")
        return with_interval.assign(mature=oldest <= question.as_of)
    days = question.metric.settles(question.basis)
    if "ends_on" in table and days is not None:
        return mark_maturity(with_interval, settles_in_days=days, as_of=question.as_of)
    return with_interval


def _about(store: Store, question: Question, dispersion: Dispersion) -> dict[str, str]:
    unit = {"unit": question.metric.unit} if question.metric.unit else {}
    return unit | {
        "store": store.name,
        "metric": f"{question.metric.id}, version {question.definition}",
        "periods": ", ".join(part.label for part in question.periods[:1] + question.periods[1:][-1:]),
        "scope": write_scope(question.where) or "all records",
        "basis": question.basis,
        "as_of": question.as_of.isoformat() + "Z",
        "dispersion": _luck(question, dispersion),
        "fingerprint": str(store.fingerprint(question.table, question.as_of)),
    }


def _luck(question: Question, dispersion: Dispersion) -> str:
    """How far cases share their luck, and what that was learned from."""
    if not question.metric.is_rate:
        return "none: this is no share of records"
    if not dispersion.known:
        return "unknown: counting noise only"
    clusters = ", and from records that share a cluster" if dispersion.clusters else ""
    return f"{dispersion.floor:.2f} over {dispersion.days} days{clusters}"


def _with_about(table: pd.DataFrame, about: dict[str, str]) -> pd.DataFrame:
    told = table.copy()
    told.attrs["about"] = about
    return told
