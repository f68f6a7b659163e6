"""Which target is in force for which number: the most specific one that held on the first day of its period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import pandas as pd

from appeal_insights.metrics.metric import metrics
from appeal_insights.metrics.query import query_table
from appeal_insights.metrics.question import Question
from appeal_insights.periods import GRAINS, is_whole
from appeal_insights.records.scope import Scope, read_scope
from appeal_insights.records.store import Store

TARGETS = "targets"
# The queries whose rows have a target. The others show days, single records, seconds, or stages of another metric.
TARGETED = ("trend", "breakdown", "before_after", "top_movers", "heat_map", "distribution")


@dataclass(frozen=True)
class Target:
    """What somebody promised of a metric, for the records of a scope, from one day up to another."""

    id: str
    metric: str
    scope: Scope
    value: float  # a share 0..1 of a rate, else a count, or seconds
    direction: str  # at_most or at_least
    first_day: date
    end: date | None  # the day after its last; None if it lasts
    owner: str
    version: int | None = None  # of the metric's definition; None: any
    per: str = ""  # the grain of the periods that a count is meant for


def targets(store: Store, as_of: datetime) -> list[Target]:
    """Every target as known at an instant; none where the store has none."""
    if TARGETS not in store.tables:
        return []
    return [_target(row) for row in query_table(store, TARGETS, as_of=as_of).to_dict("records")]


def _target(row: dict[Any, Any]) -> Target:
    known = {name: None if pd.isna(value) else value for name, value in row.items()}
    return Target(
        id=str(known["target_id"]),
        metric=str(known["metric"]),
        scope=read_scope(known["scope"]),
        value=float(row["value"]),
        direction=str(known["direction"]),
        first_day=row["valid_from_on"].date(),
        end=None if known["valid_to_on"] is None else row["valid_to_on"].date(),
        owner=str(known["owner"] or ""),
        version=None if known["definition_version"] is None else int(row["definition_version"]),
        per=str(known["per"] or ""),
    )


def misfit(target: Target) -> str:
    """Why no number can ever be held against a target; empty for one that fits its metric."""
    of = metrics().get(target.metric)
    if of is None:
        return "unknown_metric"
    if target.version not in (None, of.version):
        return "other_version"
    if of.is_rate and target.value > 1:
        return "no_share"
    if (of.kind == "count") != (target.per in GRAINS):
        return "no_period" if of.kind == "count" else "no_count"
    return "" if set(target.scope) <= set(of.dimensions) else "no_dimension"


def misfits(known: Sequence[Target], as_of: datetime) -> dict[str, str]:
    """The targets, not yet over, that no number can be held against: id -> why."""
    live = [one for one in known if one.end is None or one.end > as_of.date()]
    return {one.id: why for one in live if (why := misfit(one))}


def targets_of(store: Store, question: Question) -> list[Target]:
    """The targets of a question's metric that a number can be held against."""
    of = question.metric
    if question.over not in (None, of.over):
        return []  # a share beyond another threshold is another share
    return [one for one in targets(store, question.as_of) if one.metric == of.id and not misfit(one)]


def in_force(known: Sequence[Target], question: Question, answer: pd.DataFrame) -> "pd.Series[int]":
    """Of each row of an answer the place in `known` of its target; -1 where there is none.

    The target with most dimensions in its scope counts, of several that with the latest first day. Where these still
    name two values, none counts.
    """
    found = pd.Series(-1, index=answer.index, dtype="int64")
    starts = _first_days(question, answer)
    ranked = sorted(range(len(known)), key=lambda place: _rank(known[place]))
    for _, alike in groupby(ranked, key=lambda place: _rank(known[place])):
        found = _settled(found, {place: _holds(known[place], question, answer, starts) for place in alike}, known)
    return found


def with_targets(answer: pd.DataFrame, question: Question, known: Sequence[Target]) -> pd.DataFrame:
    """The answer with `target` (double), `target_direction`, `target_owner`: null where nothing was promised."""
    places = in_force(known, question, answer)
    there = places[places >= 0]
    told = pd.DataFrame(
        [(known[place].value, known[place].direction, known[place].owner) for place in there],
        index=there.index,
        columns=["target", "target_direction", "target_owner"],
    )
    told = told.astype({"target": "float64", "target_direction": "str", "target_owner": "str"})
    return answer.join(told.reindex(answer.index))


def _rank(target: Target) -> tuple[int, date]:
    return len(target.scope), target.first_day


def _settled(found: "pd.Series[int]", holds: dict[int, "pd.Series[bool]"], known: Sequence[Target]) -> "pd.Series[int]":
    """What was found, with targets of one rank laid over it; none where they contradict each other."""
    value = pd.Series(float("nan"), index=found.index)
    for place, rows in holds.items():
        at_odds = rows & value.notna() & (value != known[place].value)
        found = found.mask(rows, place).mask(at_odds, -1)
        value = value.mask(rows, known[place].value).mask(at_odds, float("inf"))
    return found


def _first_days(question: Question, answer: pd.DataFrame) -> "pd.Series[Any]":
    """The first day of the period that each row speaks of; of a comparison that of the second one."""
    if "period" in answer:
        return pd.to_datetime(answer["period"])
    return pd.Series(pd.Timestamp(question.periods[-1].start), index=answer.index)


def _holds(target: Target, question: Question, answer: pd.DataFrame, starts: "pd.Series[Any]") -> "pd.Series[bool]":
    """The rows that a target is meant for: it was in force when their period began, and its scope contains theirs."""
    rows = starts >= pd.Timestamp(target.first_day)
    if target.end is not None:
        rows &= starts < pd.Timestamp(target.end)
    if target.per and not all(is_whole(part, target.per) for part in question.periods):  # type: ignore[arg-type]
        return rows & False
    for name, values in target.scope.items():
        rows &= answer[name].isin(values) if name in question.by else set(question.where.get(name, [""])) <= set(values)
    return rows & _as_wide(target, question)


def _as_wide(target: Target, question: Question) -> bool:
    """Whether a target is meant for no more records than are asked about.

    A rate can be promised of each part as of the whole; a count of the whole says nothing of a part.
    """
    if question.metric.kind not in ("count", "stock"):
        return True
    if set(target.scope) != {*question.by, *question.where}:
        return False
    return all(
        len(set(values)) == 1 if name in question.by else set(values) == set(question.where[name])
        for name, values in target.scope.items()
    )
