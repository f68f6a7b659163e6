"""Other ways to count the records of a metric: what they are called, which a store can try, and how to ask for them."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import get_args
from zoneinfo import ZoneInfo

from appeal_insights.errors import BadContract, BadParameter, TooFine, one_of
from appeal_insights.metrics.measure import in_scope, listed, masked_columns, with_steps
from appeal_insights.metrics.metric import BASES, Basis, day_of
from appeal_insights.metrics.query import ask
from appeal_insights.metrics.question import Question
from appeal_insights.periods import Period
from appeal_insights.records.contract import Words
from appeal_insights.records.statement import (
    Node,
    column,
    columns_of,
    day_value,
    fill,
    instant_value,
    parse,
    predicate,
    text_value,
)
from appeal_insights.records.store import Store

# The order in which differences are taken away: first which records are looked at, then what they count as.
SWITCHES = ("basis", "clock", "as_of", "rounds", "repeats", "open", "omitted", "partial")
TREATMENTS = ("open", "omitted", "partial")  # these say what an outcome counts as
OURS = ""  # the choice of a switch that is our own way
MOST_LOADS = 8  # earlier loads that are tried, the newest ones
WIDE = timedelta(days=2)  # around a period: no clock is further from another than a day and some hours
ROUND, ENFORCEMENT = "appeal_round", "enforcement_id"  # what rounds and repeats are told by


@dataclass(frozen=True)
class Variant:
    """One way to count that is not ours, with its words. The fields from `numerator_by` on say what it does."""

    id: str
    switch: str
    name: Words
    explains: Words
    numerator_by: Basis | None = None
    denominator_by: Basis | None = None
    zone: str = ""
    days_after: int | None = None  # from the end of the period until the sheet was frozen; none: at an earlier load
    weekday: int | None = None  # ... or until the next such day of the week, 1 is Monday
    outcome: str | None = None  # none: an appeal that is still open
    numerator: bool | None = None
    denominator: bool | None = None


@dataclass(frozen=True)
class Choice:
    """A variant that can be tried on a store. `known_at`: of an as-of, the instant for each row of the sheet."""

    id: str
    variant: Variant
    known_at: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Row:
    """What one row of a sheet counts: a period, and one value for each of some dimensions."""

    period: Period
    scope: Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """Everything that one statement counts: rows of a sheet, in all the ways that the store can tell apart."""

    question: Question  # ours: metric, basis, as-of, scope
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...]
    untried: tuple[Variant, ...]  # for lack of a column, or because times are known too roughly

    def of(self, switch: str) -> list[Choice]:
        return [choice for choice in self.choices if choice.variant.switch == switch]

    @property
    def bases(self) -> list[Basis]:
        """The bases that days are needed of."""
        ways = {(choice.variant.numerator_by, choice.variant.denominator_by) for choice in self.of("basis")}
        needed = {self.question.basis, *(basis for way in ways for basis in way)}
        return [basis for basis in BASES if basis in needed]

    @property
    def moments(self) -> list[tuple[datetime, ...]]:
        """For our as-of and each other one: the instant for each row."""
        return [(self.question.as_of,) * len(self.rows), *(choice.known_at for choice in self.of("as_of"))]


@cache
def variants() -> dict[str, Variant]:
    """Every declared variant by id, by switch and then in the order of the file."""
    text = files("appeal_insights.metrics").joinpath("variants.toml").read_text(encoding="utf-8")
    found = read_variants(text)
    return {name: found[name] for switch in SWITCHES for name in found if found[name].switch == switch}


def read_variants(text: str) -> dict[str, Variant]:
    """Read declarations of variants. Raises BadContract where one does not hold together."""
    return {name: _checked(name, entry) for name, entry in tomllib.loads(text).items()}


def _checked(name: str, entry: dict[str, object]) -> Variant:
    try:
        found = Variant(id=name, **entry)  # type: ignore[arg-type]
    except TypeError as error:
        raise BadContract(f"The variant {name} is not complete: {error}.") from error
    if found.switch not in SWITCHES:
        raise BadContract(f"The variant {name} turns {found.switch!r}. Known switches: {one_of(SWITCHES)}.")
    for words in (found.name, found.explains):
        if set(words) != {"en", "zh"} or not all(words.values()):
            raise BadContract(f"The variant {name}: its name and what it explains want en and zh.")
    lacking = {
        "basis": not {found.numerator_by, found.denominator_by} <= set(get_args(Basis)),
        "clock": not found.zone,
        **dict.fromkeys(TREATMENTS, found.numerator is None or found.denominator is None),
    }
    if lacking.get(found.switch):
        raise BadContract(f"The variant {name} does not say how its {found.switch} counts.")
    return found


def trial(store: Store, question: Question, rows: Sequence[Row]) -> Trial:
    """What can be tried on a store of records. `question` is ours, already checked against it."""
    choices: list[Choice] = []
    untried: list[Variant] = []
    known = {basis for basis in BASES if _answers(store, question, basis, rows)}
    for variant in variants().values():
        if not _can_be_told(store, question, variant, known):
            untried.append(variant)
        elif variant.switch == "as_of":
            choices += _as_ofs(store, question, variant, rows)
        elif variant.switch != "basis" or {variant.numerator_by, variant.denominator_by} != {question.basis}:
            choices.append(Choice(variant.id, variant))
    return Trial(question, tuple(rows), tuple(_apart(choices, question.as_of)), tuple(untried))


def _can_be_told(store: Store, question: Question, variant: Variant, known: Collection[Basis]) -> bool:
    declared = store.declared(question.metric.fact)
    if variant.switch == "basis":
        return {variant.numerator_by, variant.denominator_by} <= set(known)
    if variant.switch == "clock":
        return question.metric.instant(question.basis) not in declared.get("precision", {})
    needs = {"rounds": ROUND, "once_per_enforcement": ENFORCEMENT}
    return not {needs.get(variant.switch), needs.get(variant.id)} & set(declared.get("without", []))


def _answers(store: Store, question: Question, basis: Basis, rows: Sequence[Row]) -> bool:
    """Whether the store knows the days of that basis finely enough for every row."""
    if basis not in question.metric.at:
        return False
    try:
        for period in {row.period for row in rows}:
            ask(store, question.metric, [period], basis=basis, as_of=question.as_of)
    except (BadParameter, TooFine):
        return False
    return True


def _as_ofs(store: Store, question: Question, variant: Variant, rows: Sequence[Row]) -> list[Choice]:
    if variant.days_after is not None:
        instants = tuple(min(_frozen(variant, row.period.end), question.as_of) for row in rows)
        return [Choice(variant.id, variant, instants)]
    loads = store.loads
    earlier = loads[(loads["fact"] == question.metric.fact) & (loads["loaded_at"] < question.as_of)]["loaded_at"]
    newest = earlier.drop_duplicates().sort_values(ascending=False).head(MOST_LOADS)
    moments = [moment.to_pydatetime() for moment in newest]
    return [Choice(f"{variant.id}:{at.isoformat()}Z", variant, (at,) * len(rows)) for at in moments]


def _frozen(variant: Variant, end: date) -> datetime:
    """The midnight, in UTC, at which a sheet of a period that ended was frozen."""
    found = end + timedelta(days=variant.days_after or 0)
    if variant.weekday:
        found += timedelta(days=(variant.weekday - found.isoweekday()) % 7)
    return datetime.combine(found, time())


def _apart(choices: Sequence[Choice], ours: datetime) -> list[Choice]:
    """The choices without an as-of that is another's, or our own, for every row."""
    seen: set[tuple[datetime, ...]] = set()
    kept = []
    for choice in choices:
        if choice.known_at and (choice.known_at in seen or set(choice.known_at) == {ours}):
            continue
        seen.add(choice.known_at)
        kept.append(choice)
    return kept


def place(basis: str | None, clock: int) -> str:
    """The column that says whether a record is in its row's period, by basis on the n-th clock (0 is the market's)."""
    return f"by_{basis}_{clock}"


def trial_statement(asked: Trial) -> str:
    """variants.sql for a trial, as text that any DuckDB shell runs on the store's file."""
    text = files("appeal_insights.metrics").joinpath("variants.sql").read_text(encoding="utf-8")
    metric, clocks = asked.question.metric, asked.of("clock")
    needed = {ROUND, ENFORCEMENT, "appeal_id", "outcome"}
    needed |= {name for at in metric.at.values() for name in (at, day_of(at))}
    edges = [
        "starts_on",
        "ends_on",
        *(f"{edge}_{n}" for n in range(1, 1 + len(clocks)) for edge in ("opens", "closes")),
    ]
    inside = _inside(asked)
    numerator, denominator = (
        predicate(side, metric.contract.columns, what=f"a side of {metric.id}")
        for side in (metric.numerator, metric.denominator)
    )
    needed |= columns_of([numerator, denominator])
    holes: dict[str, Node | list[Node]] = {
        "bounds": [column(name, "asked") for name in edges],
        "masked_columns": masked_columns(metric.contract, needed, column("known_at", "asked")),
        "in_row": _in_row(asked.rows),
        "in_scope": in_scope(asked.question.where),
        "in_places": [node.as_(name, quoted=True) for name, node in inside.items()],
        "places": [column(name) for name in inside],
        "in_any_place": _any_of([column(name) for name in inside]),
        "numerator_holds": numerator,
        "denominator_holds": denominator,
    }
    tree = fill(parse(text), holes, tables={"fact": metric.fact})
    return with_steps(tree, {"sheet": _sheet(asked, edges), "moments": _moments(asked)})


def _inside(asked: Trial) -> dict[str, Node]:
    """Whether a record is in its row's period: by the store's own days, and by instants on the other clocks."""
    found: dict[str, Node] = {}
    for basis in asked.bases:
        instant = asked.question.metric.at[basis]
        at, on = ("counted_at", "counted_on") if basis == "decision" else (instant, day_of(instant))
        found[place(basis, 0)] = _between(on, "starts_on", "ends_on")
        for n, _ in enumerate(asked.of("clock"), 1):
            found[place(basis, n)] = _between(at, f"opens_{n}", f"closes_{n}")
    return found


def _between(name: str, start: str, end: str) -> Node:
    """A yes or no, also where the value is empty."""
    holds = (column(name) >= column(start)).and_(column(name) < column(end))
    return holds.and_(_there(column(name)))


def _in_row(rows: Sequence[Row]) -> Node:
    """Whether a record has the values that a row of the sheet is of. No value: it is of all."""
    holds = parse("true")
    for name in _dimensions(rows):
        of = column(_of(name), "asked")
        same = of.copy().eq(_text(column(name)))
        holds = holds.and_(_there(of).not_().or_(same))
    return holds


def _any_of(nodes: Sequence[Node]) -> Node:
    found: Node = nodes[0]
    for node in nodes[1:]:
        found = found.or_(node)
    return found


def _there(node: Node) -> Node:
    return fill(parse("value is not null"), {"value": node})


def _text(node: Node) -> Node:
    return fill(parse("cast(value as text)"), {"value": node})


def _of(dimension: str) -> str:
    return f"of_{dimension}"


def _dimensions(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row.scope))


def _sheet(asked: Trial, edges: Sequence[str]) -> Node:
    names = _dimensions(asked.rows)
    rows = []
    for nth, row in enumerate(asked.rows):
        span = row.period
        days = [span.start, span.end, span.start - WIDE, span.end + WIDE]
        bounds = [instant_value(at) for clock in asked.of("clock") for at in _midnights(span, clock.variant.zone)]
        values = [text_value(row.scope[name]) if name in row.scope else None for name in names]
        rows.append((nth, *map(day_value, days), *bounds, *values))
    wide = [*edges[:2], "wide_from", "wide_to", *edges[2:]]
    return listed(rows, ["nth", *wide, *map(_of, names)])


def _moments(asked: Trial) -> Node:
    rows = [
        (nth, moment, instant_value(instants[nth]))
        for moment, instants in enumerate(asked.moments)
        for nth in range(len(asked.rows))
    ]
    return listed(rows, ["nth", "moment", "known_at"])


def _midnights(span: Period, zone: str) -> list[datetime]:
    """When a period begins and ends on a clock, as naive UTC."""
    clock = _clock(zone)
    return [datetime.combine(day, time(), clock).astimezone(UTC).replace(tzinfo=None) for day in (span.start, span.end)]


@cache
def _clock(zone: str) -> ZoneInfo:
    """A clock by the pinned rules, not by those of the machine."""
    with files("tzdata.zoneinfo").joinpath(*zone.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=zone)
