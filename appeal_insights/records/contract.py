"""Read and check the contract: which columns a table of records must have, of what type, and when they are known."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast, get_args

from appeal_insights.errors import BadContract, UnknownDimension, UnknownName
from appeal_insights.records.statement import predicate

Type = Literal["text", "code", "scope", "instant", "day", "integer", "number"]
KnownAt = Literal["enforcement", "submission", "decision", "audit"]
Words = dict[str, str]  # {"en": ..., "zh": ...}

CLUSTER_NUMBER = "cluster_number"  # the derived column of a fact with a cluster: one number for each that several share
LARGE_CLUSTER = "large_cluster_number"  # the same, but of clusters that are not counted two by two
PAIRED = "paired_"  # before the name of such a fact: the table of any two records of a small cluster
BLANK = "(blank)"  # what an unknown value of a dimension is called from load on
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Column:
    """One column of the contract."""

    name: str
    type: Type
    label: Words
    describes: Words
    unit: str = ""
    values: tuple[str, ...] = ()
    pattern: str = ""
    names: tuple[str, ...] = ()  # of a scope: the columns that it may name; empty: any
    required: bool = False
    dimension: bool = False
    person: bool = False  # names somebody by pseudonym
    rolls_up_to: str = ""  # the column whose values are wider: each value here belongs to one value there
    known_at: KnownAt | None = None
    rolls_up_from: str = ""  # derived: taken from the records of another fact that name this one
    waits_for: str = ""  # the instant from which it is known, where it is not that of the decision


@dataclass(frozen=True)
class Rule:
    """A row-level question that every accepted row answers with yes."""

    id: str
    column: str
    holds: str
    reason: Words


@dataclass(frozen=True)
class Contract:
    """What one fact is made of."""

    fact: str
    name: Words
    describes: Words
    key: str
    market: str | None
    first_event: tuple[str, ...]
    columns: dict[str, Column]
    derived: dict[str, Column]
    rules: tuple[Rule, ...]
    version: int = 1
    valid_from: str = ""  # the day from which its codes are in force, where they come from elsewhere
    cluster: str = ""  # the column whose records share their luck, as all appeals against one enforcement do
    weight: str = ""  # the integer column that says how many records a row stands for; empty: each for one
    made: bool = False  # out of other facts when these are loaded; never taken in

    @property
    def dimensions(self) -> list[str]:
        """The columns one may break by, in the contract's order."""
        return [name for name, column in self.everything.items() if column.dimension]

    @property
    def persons(self) -> list[str]:
        """The columns that name a person by pseudonym: for calibration, never to break a report by."""
        return [name for name, column in self.columns.items() if column.person]

    @property
    def everything(self) -> dict[str, Column]:
        """The columns and those that follow from them."""
        return {**self.columns, **self.derived}

    @property
    def instants(self) -> list[str]:
        return [name for name, column in self.everything.items() if column.type == "instant"]

    def waits_for(self, name: str) -> str | None:
        """The instant from which on a column is known; None for one that is known with the record."""
        found = self.everything[name]
        if found.type == "instant":
            return name
        if found.type == "day" and (instant := name.removesuffix("_on") + "_at") in self.everything:
            return instant
        return found.waits_for or (self.decision if found.known_at == "decision" else None)

    @property
    def pairs(self) -> str:
        """The table of any two of its records that share a small cluster; none where it has no clusters."""
        return f"{PAIRED}{self.fact}" if self.cluster else ""

    @property
    def causes(self) -> list[str]:
        """The dimensions known before the outcome: only these may be called a cause."""
        return [name for name in self.dimensions if self.everything[name].known_at in ("enforcement", "submission")]

    @property
    def decision(self) -> str | None:
        """The instant that everything known at the decision waits for."""
        own = (name for name, of in self.columns.items() if of.type == "instant" and of.known_at == "decision")
        return next(own, None)

    def dimension(self, name: str, *, persons: bool = False) -> Column:
        """The column of a dimension, or of persons where asked for. Raises UnknownDimension with the nearest name."""
        if name not in (*self.dimensions, *(self.persons if persons else ())):
            raise UnknownDimension.of("unknown.dimension", given=name, known=self.dimensions)
        return self.everything[name]


@cache
def all_facts() -> tuple[str, ...]:
    """The facts that have a contract."""
    folder = files("appeal_insights.records").joinpath("contract")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def facts() -> tuple[str, ...]:
    """Those of them that can be taken in."""
    return tuple(fact for fact in all_facts() if not contract(fact).made)


@cache
def contract(fact: str) -> Contract:
    """The contract of a fact. Raises UnknownName, or BadContract where the declaration does not hold together."""
    if fact not in all_facts():
        raise UnknownName.of("unknown.fact", given=fact, known=all_facts())
    text = files("appeal_insights.records").joinpath("contract", f"{fact}.toml").read_text(encoding="utf-8")
    return read_contract(fact, text)


def read_contract(fact: str, text: str) -> Contract:
    """Read one declaration and check that it holds together."""
    declared = tomllib.loads(text)
    found = Contract(
        fact=fact,
        name=declared["name"],
        describes=declared["describes"],
        key=declared["key"],
        market=declared.get("market"),
        first_event=tuple(declared["first_event"]),
        columns={name: _column(fact, name, entry) for name, entry in declared["columns"].items()},
        derived={name: _column(fact, name, entry) for name, entry in declared.get("derived", {}).items()},
        rules=tuple(Rule(**entry) for entry in declared.get("rules", [])),
        version=declared.get("version", 1),
        valid_from=declared.get("valid_from", ""),
        cluster=declared.get("cluster", ""),
        weight=declared.get("weight", ""),
        made=declared.get("made", False),
    )
    _check(found)
    return found


def _column(fact: str, name: str, entry: dict[str, object]) -> Column:
    if not _NAME.fullmatch(name):
        raise BadContract(f"{fact}: the column name {name!r} must be lower case letters, digits and underscores.")
    if entry.get("type") not in get_args(Type):
        raise BadContract(f"{fact}.{name}: no type {entry.get('type')!r}. Choose one of: {', '.join(get_args(Type))}.")
    values = tuple(cast(list[str], entry.get("values", [])))
    names = tuple(cast(list[str], entry.get("names", [])))
    return Column(name=name, **{**entry, "values": values, "names": names})  # type: ignore[arg-type]


def _check(found: Contract) -> None:
    named = [
        found.key,
        *found.first_event,
        *(rule.column for rule in found.rules),
        *([found.market] if found.market else []),
        *(name for name in (found.cluster, found.weight) if name),
        *(column.rolls_up_to for column in found.columns.values() if column.rolls_up_to),
        *(column.waits_for for column in found.everything.values() if column.waits_for),
    ]
    for name in named:
        if name not in found.everything:
            raise BadContract(f"{found.fact}: {name!r} is named but is not a column.")
    if found.cluster and (found.weight or not {CLUSTER_NUMBER, LARGE_CLUSTER} <= found.derived.keys()):
        raise BadContract(f"{found.fact}: with a cluster, each row is one record and {CLUSTER_NUMBER} is derived.")
    for column in (*found.columns.values(), *found.derived.values()):
        for words in (column.label, column.describes):
            if set(words) != {"en", "zh"} or not all(words.values()):
                raise BadContract(f"{found.fact}.{column.name}: label and description want en and zh.")
    for column in (*found.columns.values(), *found.derived.values()):
        if column.known_at not in get_args(KnownAt):
            raise BadContract(f"{found.fact}.{column.name}: known_at is one of {', '.join(get_args(KnownAt))}.")
    for rule in found.rules:
        predicate(rule.holds, found.columns, what=f"the rule {rule.id} of {found.fact}")
