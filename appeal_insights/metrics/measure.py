"""Fill measures.sql (or figures.sql) for one question, and put a query file on top of it, all in the syntax tree."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, cast

from sqlglot import exp

from appeal_insights.metrics.metric import Metric, Side, day_of, metric
from appeal_insights.metrics.pairs import are_paired, pair_holes
from appeal_insights.metrics.question import Question, query_text
from appeal_insights.periods import Grain, Period
from appeal_insights.records.contract import BLANK, CLUSTER_NUMBER, LARGE_CLUSTER, Contract
from appeal_insights.records.scope import Scope
from appeal_insights.records.statement import (
    Filling,
    Node,
    all_of,
    column,
    columns_of,
    day_value,
    fill,
    has_one_of,
    instant_value,
    parse,
    predicate,
    text_value,
    write,
)  # fmt: skip


def measures(question: Question) -> Node:
    """The tree that yields metric, period, <dimensions>, bucket, numerator, denominator."""
    if question.reckoned:
        return _reckoned(question)
    if question.figures:
        return _of_figures(question)
    kind = question.metric.kind
    if kind == "ratio":
        numerators, denominators = (_count(question, side) for side in question.metric.sides)
        tree = fill(_template("ratio"), {"dimensions": _dimensions(question)})
        return _before(tree, {"numerators": numerators, "denominators": denominators})
    if kind == "count":
        return _count(question, question.metric.sides[0])
    if kind == "stock":
        return stock(question, [(part.start, part.end) for part in question.periods])
    return _clustered(question) if question.clusters else _share(question)


def _clustered(question: Question) -> Node:
    """A share with its sums over clusters: the few large ones brought together, the others two by two."""
    tree = _share(question, "clusters")
    return _before(_share(question, "pairs"), {"counted": tree}) if are_paired(question.metric) else tree


def behind(question: Question) -> Node:
    """The tree that yields the records in the denominator of a share, one by one."""
    return _share(question, "behind")


def _template(name: str) -> Node:
    return parse(files("appeal_insights.metrics").joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def _dimensions(question: Question) -> list[Node]:
    return [column(name) for name in question.by]


def _of_figures(question: Question) -> Node:
    return fill(_template("figures"), _common(question, column("starts_on")), tables={"fact": question.table})


def _common(question: Question, day: Node) -> dict[str, Filling]:
    """What every way of counting is told: which metric, when, of what, by what."""
    return {
        "metric_name": text_value(question.metric.id),
        "as_of": instant_value(question.as_of),
        "period_start": _period_start(question, day),
        "in_periods": _in_periods(question, day),
        "in_scope": in_scope(question.where),
        "dimensions": _dimensions(question),
    }


def _of_records(question: Question, of: Contract, instant: str, asked: Sequence[Node]) -> dict[str, Filling]:
    """The same over records: with the instant that puts one in its period, and the columns that are asked about."""
    names = {*question.by, *question.where, instant, day_of(instant), *columns_of(asked)} | ({of.weight} - {""})
    return {
        **_common(question, column(day_of(instant))),
        "masked_columns": masked_columns(of, names, instant_value(question.as_of), question.past),
        "event_at": column(instant),
        "weight": weight_of(of),
        "how_many": parse("count(*)") if not of.weight else _added_up(weight_of(of)),
    }


def weight_of(of: Contract) -> Node:
    """How many records a row stands for."""
    return fill(parse("coalesce(weight, 1)"), {"weight": column(of.weight)}) if of.weight else exp.Literal.number(1)


def _added_up(adds: Node) -> Node:
    return fill(parse("cast(sum(x) as bigint)"), {"x": adds})


def _holds(text: str, of: Contract, what: str) -> Node:
    return predicate(text, of.everything, what=what)


def _share(question: Question, template: str = "measures") -> Node:
    """The share of records: of a distribution those that took longer than `over`."""
    metric = question.metric
    of = metric.contract
    denominator = _holds(metric.denominator, of, f"the denominator of {metric.id}")
    numerator = _holds(metric.numerator, of, f"the numerator of {metric.id}")
    bucket = _NOTHING
    if metric.kind == "distribution":
        duration = column(metric.duration)
        denominator = exp.and_(exp.paren(denominator), fill(parse("x is not null"), {"x": duration}))
        over = metric.over if question.over is None else question.over
        numerator = fill(parse("x > over"), {"x": duration, "over": parse(str(over))})
        bucket = column(bucket_of(metric.duration)) if question.buckets else bucket
    instant = metric.instant(question.basis)
    aged = question.buckets and metric.kind == "proportion"
    if aged:
        bucket = _age(instant, metric.completes)
    asked = [numerator, denominator, bucket]
    holes = _of_records(question, of, instant, asked)
    holes |= {"numerator_holds": numerator, "denominator_holds": denominator, "its_bucket": bucket}
    holes["all_records"] = [_added_up(column("records")).as_("records")] if aged else []
    own: dict[str, Filling] = {}
    if template == "clusters":
        number = LARGE_CLUSTER if are_paired(metric) else CLUSTER_NUMBER
        own = {"cluster": column(number) if of.cluster else _NOTHING, "on_day": column(day_of(instant))}
        own |= {"counted_in_denominator": denominator, "counted_in_numerator": numerator}
        own |= {"record_period": _period_start(question, column(day_of(instant))), "record_bucket": bucket}
    elif template in ("behind", "durations"):  # it names the records
        own = {"cluster": column(of.cluster or of.key), "record_key": column(of.key)}
        own |= {"duration": column(metric.duration)} if metric.duration else {}
    named = [tree for tree in own.values() if isinstance(tree, exp.Expr)]
    masked = _of_records(question, of, instant, [*asked, *named])["masked_columns"]
    holes["masked_columns"] = masked
    if template in ("measures", "clusters", "pairs"):
        holes |= _kinds(question, of, holes)
    if template == "pairs":
        day = column(day_of(instant))
        own = pair_holes(holes, question.by, day, _period_start(question, day))
    return fill(_template(template), {**holes, **own}, tables={"fact": metric.fact, "pairs": of.pairs})


def _kinds(question: Question, of: Contract, holes: Mapping[str, Filling]) -> dict[str, Filling]:
    """By what records are told apart before they are counted: a few codes, or else the answers themselves."""
    sides = {name: cast(Node, holes[f"{name}_holds"]) for name in ("denominator", "numerator")}
    named = columns_of(list(sides.values()))
    if all(of.everything[name].type == "code" for name in named):
        told: dict[str, Node] = {name: column(name) for name in sorted(named - set(question.by))}
    else:
        told = {f"in_{name}": fill(parse("coalesce(x, false)"), {"x": side}) for name, side in sides.items()}
        sides = {name: column(f"in_{name}") for name in sides}
    bucket = cast(Node, holes["its_bucket"])
    if question.buckets:
        told["bucket"], bucket = bucket, column("bucket")
    return {
        **_by_day(question, column(day_of(question.metric.instant(question.basis)))),
        **{f"{name}_holds": side for name, side in sides.items()},
        "its_columns": [tree.as_(name, quoted=True) for name, tree in told.items()],
        "names": [column(name) for name in told],
        "its_bucket": bucket,
    }


def _by_day(question: Question, day: Node) -> dict[str, Node]:
    """Days are far fewer than records, so it is days that are put in periods; not so by many dimensions."""
    few = len(question.by) <= FEW_DIMENSIONS
    return {
        "its_day": day if few else _period_start(question, day),
        "period_start": _period_start(question, column("day")),
    }


def _age(since: str, until: str) -> Node:
    days = {"since": column(day_of(since)), "until": column(day_of(until))}
    return fill(parse("date_diff('day', since, until)"), days)


def bucket_of(duration: str) -> str:
    """The column that holds the integer band of a duration: turnaround_seconds -> turnaround_bucket."""
    return duration.removesuffix("_seconds") + "_bucket"


def _count(question: Question, side: Side) -> Node:
    """One side of a ratio, or a number for itself."""
    of, instant = side.contract, side.at[question.basis]
    asked = _holds(side.holds, of, f"what {question.metric.id} counts")
    weight = weight_of(of)
    sums = {"x": column(side.adds), "weight": weight}
    adds = fill(parse("coalesce(x, 0) * weight"), sums) if side.adds else weight
    holes = _of_records(question, of, instant, [asked, adds])
    holes |= {"holds": asked, "adds": adds, **_by_day(question, column(day_of(instant)))}
    return fill(_template("count"), holes, tables={"fact": side.fact})


def stock(question: Question, spans: Sequence[tuple[date, date]]) -> Node:
    """What is open at the end of each span, under its first day."""
    metric = question.metric
    of = metric.contract
    holds = _holds(metric.denominator, of, f"what {metric.id} counts")
    opened, closed = column(day_of(metric.opens)), column(day_of(metric.closes))
    holes = _of_records(question, of, metric.opens, [holds, opened, closed, column(metric.closes)])
    holes |= {
        "holds": holds,
        "opened_on": opened,
        "closed_on": closed,
        "its_bucket": column("band") if question.buckets else _NOTHING,
    }
    known = question.as_of.date() + timedelta(days=1)
    ends = [(day_value(start), day_value(end), day_value(min(end, known))) for start, end in spans]
    listing = listed(ends, ["period", "ends_on", "aged_on"])
    return _before(fill(_template("stock"), holes, tables={"fact": metric.fact}), {"its_periods": listing})


def statement(name: str, question: Question) -> str:
    """A query file over the measures of a question, as text that any DuckDB shell runs on the store's file."""
    own: dict[str, Filling] = {"dimensions": _dimensions(question), **_rates(question)}
    if name == "cohort":
        own["from_start"] = exp.false() if _waits_to_complete(question.metric) else exp.true()
    tree = fill(parse(query_text(name)), own)
    return with_steps(tree, _steps(name, question))


def _steps(name: str, question: Question) -> dict[str, Node]:
    """What a query file reads: measures and periods, or what it says in its head instead."""
    if question.metric.kind == "stock":  # of a period that has not begun nobody knows what will lie open
        begun = tuple(part for part in question.periods if part.start <= question.as_of.date())
        question = replace(question, periods=begun or question.periods[:1])
    if name == "by_day":
        return {"measures": measures(question.in_days()), "spans": _spans(question.periods)}
    if name == "records":
        listing = cast(exp.Select, behind(question)).limit(question.most)
        return {"behind": listing, "periods": _periods(question.periods)}
    if name == "funnel":
        return _funnel(question)
    if name == "identity":
        return {**_of_several(question), "periods": _periods(question.periods)}
    if name == "percentiles":
        return {"durations": _share(question, "durations"), "periods": _periods(question.periods)}
    question = replace(question, clusters=name == "by_cluster", buckets=name in ("cohort", "distribution", "ageing"))
    steps = {"measures": measures(question), "periods": _periods(question.periods)}
    if name == "flows":
        opened, closed = ({str(question.basis): at} for at in (question.metric.opens, question.metric.closes))
        fact, holds = question.metric.fact, question.metric.denominator
        starts = [(part.start, part.start) for part in question.periods]
        steps |= {
            "at_start": stock(question, starts),
            "opened": _count(question, Side(fact, opened, holds)),
            "closed": _count(question, Side(fact, closed, holds)),
        }
    return steps


def _reckoned(question: Question) -> Node:
    """A metric counted anew from those that it follows from, at the dimensions at which they are known."""
    finest = [column(name) for name in question.reckoned]
    tree = fill(_template("reckoned"), {"dimensions": _dimensions(question), "finest": finest, **_rates(question)})
    return _before(tree, _of_several(replace(question, by=question.reckoned, reckoned=())))


def _of_several(question: Question) -> dict[str, Node]:
    """Measures of a metric and of those that it follows from, one under the other."""
    assert question.metric.identity is not None
    of = [question.metric, *(metric(name) for name in question.metric.identity.others)]
    steps = {f"of_{each.id}": measures(replace(question, metric=each)) for each in of}
    every = exp.union(*(exp.select(exp.Star()).from_(name) for name in steps), distinct=False)
    return {**steps, "measures": every}


def _rates(question: Question) -> dict[str, Filling]:
    """What those files have to be told that compare rates: the rates that a metric follows from, and how."""
    of = question.metric.identity
    if of is None:
        return {}
    share = parse("max(case when metric = name then cast(numerator as double) / nullif(denominator, 0) end)")
    rates = [fill(share, {"name": text_value(name)}).as_(name, quoted=True) for name in of.others]
    equals = parse(of.equals).copy()
    for division in reversed(list(equals.find_all(exp.Div))):  # those inside first: a copy is put in place
        division.set("expression", exp.func("nullif", division.expression.copy(), exp.Literal.number(0)))
    return {"metric_name": text_value(question.metric.id), "other_rates": rates, "reckoned_rate": equals}


def _waits_to_complete(of: Metric) -> bool:
    """Whether nobody can tell that a record is in the denominator before what completes it has happened."""
    named = columns_of([_holds(of.denominator, of.contract, f"the denominator of {of.id}")])
    return of.completes in {of.contract.waits_for(name) for name in named}


@cache
def stages() -> dict[str, dict[str, Any]]:
    """The stages of the funnel by id: name in both languages, and what holds of a record that got there."""
    return tomllib.loads(files("appeal_insights.metrics").joinpath("funnel.toml").read_text(encoding="utf-8"))


def _funnel(question: Question) -> dict[str, Node]:
    """One share for each stage that the source knows of, of all records in the metric's denominator."""
    steps: dict[str, Node] = {}
    placed: list[Node] = []
    known = question.metric.contract.everything
    for place, (name, stage) in enumerate(stages().items(), 1):
        if columns_of([predicate(stage["holds"], known, what=f"the stage {name}")]) & question.lacks:
            continue  # nobody wrote down who got there
        steps[f"stage_{place}"] = _share(
            replace(question, metric=replace(question.metric, id=name, numerator=stage["holds"]))
        )
        number = exp.Literal.number(place).as_("place")
        placed.append(exp.select(number, exp.Star()).from_(f"stage_{place}"))
    return {**steps, "measures": exp.union(*placed, distinct=False), "periods": _periods(question.periods)}


def _before(tree: Node, steps: Mapping[str, Node]) -> Node:
    """The statement with further steps put before its own."""
    for alias, step in steps.items():
        tree = cast(exp.Select, tree).with_(alias, as_=step, copy=False)
    clause = cast(exp.With, tree.find(exp.With))
    added = clause.expressions[-len(steps) :]
    clause.set("expressions", [*added, *clause.expressions[: -len(steps)]])
    return tree


def with_steps(tree: Node, steps: Mapping[str, Node]) -> str:
    """A statement with further steps put before its own, as text."""
    return write(_before(tree, steps), copy=False)


def table_statement(name: str, as_of: datetime, where: Scope | None = None) -> str:
    """A query file over a named table of the store, as text."""
    return write(fill(parse(query_text(name)), {"as_of": instant_value(as_of), "in_scope": in_scope(where or {})}))


def repeated(tree: Node, step: str, fillings: Sequence[Mapping[str, Node]]) -> Node:
    """The statement with one of its steps written once for each filling, their rows below one another."""
    whole = tree.copy()
    found = next(one for one in whole.find_all(exp.CTE) if one.alias == step)
    parts = [fill(found.this, holes) for holes in fillings]
    found.set("this", parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False))
    return whole


def is_empty(name: str) -> Node:
    """Whether a column has no value."""
    return exp.Is(this=column(name), expression=exp.null())


def period_of(day: Node, grain: Grain) -> Node:
    """The first day of the week, month, quarter or year of the calendar that a day falls in."""
    truncated = exp.Anonymous(this="date_trunc", expressions=[text_value(_TRUNCATED[grain]), day])
    return exp.cast(truncated, "date")


def masked_columns(of: Contract, names: Collection[str], as_of: Node, past: Collection[str] = ()) -> list[Node]:
    """These columns of a fact, each empty where its event lies after `as_of`; those whose event is past as they are."""
    return [_masked(of, name, as_of, past) for name in of.everything if name in names]


def _masked(of: Contract, name: str, as_of: Node, past: Collection[str]) -> Node:
    waits_for = of.waits_for(name)
    if waits_for is None or f"{of.fact}.{waits_for}" in past:
        return column(name)
    known = exp.LTE(this=column(waits_for), expression=as_of.copy())
    blank = text_value(BLANK) if name in of.dimensions else None  # no group of its own, nor one without a name
    return exp.Case(default=blank).when(known, column(name)).as_(name, quoted=True)


FEW_DIMENSIONS = 1
_NOTHING: Node = exp.cast(exp.null(), "int")
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
    return exp.paren(all_of([has_one_of(name, values) for name, values in where.items()]))


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
