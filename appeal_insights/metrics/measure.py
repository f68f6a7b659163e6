"""Fill measures.sql (or figures.sql) for one question, and put a query file on top of it, all in the syntax tree."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import cast

from sqlglot import exp

from appeal_insights.errors import UnknownQuery, did_you_mean, one_of
from appeal_insights.metrics.metric import Basis, Metric, day_of
from appeal_insights.periods import Grain, Period
from appeal_insights.records.contract import Contract
from appeal_insights.records.scope import Scope
from appeal_insights.records.statement import (
    Node,
    column,
    day_value,
    fill,
    instant_value,
    parse,
    predicate,
    text_value,
    write,
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked: a metric of records or figures, by dimensions, in periods, of a scope, as known at an instant."""

    metric: Metric
    periods: tuple[Period, ...]
    as_of: datetime  # naive UTC
    by: tuple[str, ...] = ()
    where: Scope = field(default_factory=dict)
    basis: Basis = "decision"
    grain: Grain | None = None  # of the periods, where they are all of one grain and in a row
    figures: bool = False  # counted by somebody else, so there are no records

    @property
    def table(self) -> str:
        return "figures" if self.figures else self.metric.fact

    def in_days(self) -> "Question":
        """The same question, day by day."""
        return replace(self, grain="day")


@cache
def query_names() -> tuple[str, ...]:
    """The query files there are."""
    folder = files("appeal_insights.metrics").joinpath("queries")
    return tuple(sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql")))


@cache
def query_text(name: str) -> str:
    """The text of a query file. Raises UnknownQuery with the nearest one."""
    if name not in query_names():
        raise UnknownQuery(f"No query {name!r}.{did_you_mean(name, query_names())} There are: {one_of(query_names())}.")
    return files("appeal_insights.metrics").joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


def measures(question: Question) -> Node:
    """The tree that yields metric, period, <dimensions>, bucket, numerator, denominator."""
    name = "figures.sql" if question.figures else "measures.sql"
    text = files("appeal_insights.metrics").joinpath(name).read_text(encoding="utf-8")
    day = column("starts_on") if question.figures else column(day_of(question.metric.instant(question.basis)))
    holes: dict[str, Node | list[Node]] = {
        "metric_name": text_value(question.metric.id),
        "as_of": instant_value(question.as_of),
        "period_start": _period_start(question, day),
        "in_periods": _in_periods(question, day),
        "in_scope": _in_scope(question.where),
        "dimensions": [column(name) for name in question.by],
    }
    if not question.figures:
        known = question.metric.contract.columns
        holes |= {
            "masked_columns": _masked_columns(question),
            "event_at": column(question.metric.instant(question.basis)),
            "numerator_holds": predicate(
                question.metric.numerator, known, what=f"the numerator of {question.metric.id}"
            ),
            "denominator_holds": predicate(
                question.metric.denominator, known, what=f"the denominator of {question.metric.id}"
            ),
        }
    return fill(parse(text), holes, tables={"fact": question.table})


def statement(name: str, question: Question) -> str:
    """A query file over the measures of a question, as text that any DuckDB shell runs on the store's file."""
    tree = fill(parse(query_text(name)), {"dimensions": [column(of) for of in question.by]})
    if name == "by_day":
        steps = {"measures": measures(question.in_days()), "spans": _spans(question.periods)}
    else:
        steps = {"measures": measures(question), "periods": _periods(question.periods)}
    for alias, step in steps.items():
        tree = cast(exp.Select, tree).with_(alias, as_=step)
    clause = cast(exp.With, tree.find(exp.With))
    added = clause.expressions[-len(steps) :]
    clause.set("expressions", [*added, *clause.expressions[: -len(steps)]])
    return write(tree)


def table_statement(name: str, as_of: datetime) -> str:
    """A query file over a named table of the store, as text."""
    return write(fill(parse(query_text(name)), {"as_of": instant_value(as_of)}))


def _masked_columns(question: Question) -> list[Node]:
    """The columns that the question needs, each empty where its event lies after `as_of`."""
    contract = question.metric.contract
    event = question.metric.instant(question.basis)
    asked = {*question.by, *question.where, event, day_of(event)}
    for side in (question.metric.numerator, question.metric.denominator):
        tree = predicate(side, contract.columns, what=f"a side of {question.metric.id}")
        asked |= {node.name for node in tree.find_all(exp.Column)}
    everything = {**contract.columns, **contract.derived}
    return [_masked(contract, name, question.as_of) for name in everything if name in asked]


def _masked(contract: Contract, name: str, as_of: datetime) -> Node:
    found = {**contract.columns, **contract.derived}[name]
    waits_for = name if found.type == "instant" else contract.decision if found.known_at == "decision" else None
    if waits_for is None:
        return column(name)
    known = exp.LTE(this=column(waits_for), expression=instant_value(as_of))
    return exp.Case().when(known, column(name)).as_(name, quoted=True)


_TRUNCATED = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}


def _period_start(question: Question, day: Node) -> Node:
    """The first day of the period that a day falls in: a truncation for a calendar's grain, a case for free spans."""
    if question.grain == "day" and not question.figures:
        return day
    if question.grain in _TRUNCATED and not question.figures:
        truncated = exp.Anonymous(this="date_trunc", expressions=[text_value(_TRUNCATED[question.grain]), day])
        return exp.cast(truncated, "date")
    found = exp.Case()
    for period in question.periods:
        found = found.when(_between(day, period.start, period.end), day_value(period.start), copy=False)
    return found


def _in_periods(question: Question, day: Node) -> Node:
    spans = _joined(question.periods)
    if not spans:
        return exp.false()
    return exp.paren(exp.or_(*(_between(day, start, end) for start, end in spans)))


def _joined(periods: Sequence[Period]) -> list[tuple[date, date]]:
    """Periods that follow on one another as one span."""
    ordered = sorted(periods)
    if not ordered:
        return []
    cuts = [later for earlier, later in pairwise(ordered) if earlier.end != later.start]
    starts = [ordered[0].start, *(period.start for period in cuts)]
    ends = [earlier.end for earlier, later in pairwise(ordered) if earlier.end != later.start] + [ordered[-1].end]
    return list(zip(starts, ends, strict=True))


def _between(day: Node, start: date, end: date) -> Node:
    return exp.and_(
        exp.GTE(this=day.copy(), expression=day_value(start)), exp.LT(this=day.copy(), expression=day_value(end))
    )


def _in_scope(where: Scope) -> Node:
    if not where:
        return exp.true()
    parts = [
        exp.In(this=exp.cast(column(name), "text"), expressions=[text_value(value) for value in values])
        for name, values in where.items()
    ]
    return exp.paren(exp.and_(*parts))


def _periods(periods: Sequence[Period]) -> Node:
    rows = [
        (day_value(part.start), day_value(part.end), text_value(part.label), place)
        for place, part in enumerate(periods, 1)
    ]
    return _rows(rows, ["period", "ends_on", "period_label", "place"])


def _spans(periods: Sequence[Period]) -> Node:
    return _rows([(day_value(part.start), day_value(part.end)) for part in periods], ["span", "ends_on"])


def _rows(rows: Sequence[tuple[object, ...]], names: list[str]) -> Node:
    return exp.select(*names).from_(exp.values(rows, alias="listed", columns=names))
