"""Fill measures.sql (or figures.sql) for one question, and put a query file on top of it, all in the syntax tree."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import cast

from sqlglot import exp

from appeal_insights.errors import UnknownQuery
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
        raise UnknownQuery.of("unknown.query", given=name, known=query_names())
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
        "in_scope": in_scope(question.where),
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
    return with_steps(tree, steps)


def with_steps(tree: Node, steps: Mapping[str, Node]) -> str:
    """A statement with further steps put before its own, as text."""
    for alias, step in steps.items():
        tree = cast(exp.Select, tree).with_(alias, as_=step)
    clause = cast(exp.With, tree.find(exp.With))
    added = clause.expressions[-len(steps) :]
    clause.set("expressions", [*added, *clause.expressions[: -len(steps)]])
    return write(tree)


def table_statement(name: str, as_of: datetime) -> str:
    """A query file over a named table of the store, as text."""
    return write(fill(parse(query_text(name)), {"as_of": instant_value(as_of)}))


def repeated(tree: Node, step: str, fillings: Sequence[Mapping[str, Node]]) -> Node:
    """The statement with one of its steps written once for each filling, their rows below one another."""
    whole = tree.copy()
    found = next(one for one in whole.find_all(exp.CTE) if one.alias == step)
    parts = [fill(found.this, holes) for holes in fillings]
    found.set("this", parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False))
    return whole


def is_value(name: str, value: str) -> Node:
    """Whether a column has that value."""
    return exp.EQ(this=column(name), expression=text_value(value))


def is_empty(name: str) -> Node:
    """Whether a column has no value."""
    return exp.Is(this=column(name), expression=exp.null())


def period_of(day: Node, grain: Grain) -> Node:
    """The first day of the week, month, quarter or year of the calendar that a day falls in."""
    truncated = exp.Anonymous(this="date_trunc", expressions=[text_value(_TRUNCATED[grain]), day])
    return exp.cast(truncated, "date")


def _masked_columns(question: Question) -> list[Node]:
    """The columns that the question needs, each empty where its event lies after `as_of`."""
    event = question.metric.instant(question.basis)
    asked = {*question.by, *question.where, event, day_of(event)}
    return masked_columns(question.metric, asked, instant_value(question.as_of))


def masked_columns(metric: Metric, names: Collection[str], as_of: Node) -> list[Node]:
    """These columns and those that the metric's two questions name, each empty where its event lies after `as_of`."""
    contract = metric.contract
    asked = set(names)
    for side in (metric.numerator, metric.denominator):
        tree = predicate(side, contract.columns, what=f"a side of {metric.id}")
        asked |= {node.name for node in tree.find_all(exp.Column)}
    everything = {**contract.columns, **contract.derived}
    return [_masked(contract, name, as_of) for name in everything if name in asked]


def _masked(contract: Contract, name: str, as_of: Node) -> Node:
    found = {**contract.columns, **contract.derived}[name]
    waits_for = name if found.type == "instant" else contract.decision if found.known_at == "decision" else None
    if waits_for is None:
        return column(name)
    known = exp.LTE(this=column(waits_for), expression=as_of.copy())
    return exp.Case().when(known, column(name)).as_(name, quoted=True)


_TRUNCATED = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}


def _period_start(question: Question, day: Node) -> Node:
    """The first day of the period that a day falls in: a truncation for a calendar's grain, a case for free spans."""
    if question.grain == "day" and not question.figures:
        return day
    if question.grain in _TRUNCATED and not question.figures:
        return period_of(day, question.grain)
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


def in_scope(where: Scope) -> Node:
    """Whether a record is one of those."""
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
    return listed(rows, ["period", "ends_on", "period_label", "place"])


def _spans(periods: Sequence[Period]) -> Node:
    return listed([(day_value(part.start), day_value(part.end)) for part in periods], ["span", "ends_on"])


def listed(rows: Sequence[tuple[object, ...]], names: list[str]) -> Node:
    """Values as a table: trees, numbers or nothing."""
    return exp.select(*names).from_(exp.values(rows, alias="listed", columns=names))
