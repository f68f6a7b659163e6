"""Load the declarations of what we count, and check them against the contract."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from appeal_insights.errors import BadContract, BadParameter, UnknownMetric, one_of
from appeal_insights.records.contract import Contract, Words, contract
from appeal_insights.records.statement import columns_of, parse, predicate

Basis = Literal["decision", "submission", "enforcement", "due"]
BASES: tuple[Basis, ...] = get_args(Basis)
Kind = Literal["proportion", "ratio", "count", "distribution", "stock"]
APPEAL_WINDOW_DAYS = 184  # six months from the day that somebody is informed: Regulation (EU) 2022/2065, article 20
ALL = "true"  # a question that every record answers with yes


@dataclass(frozen=True)
class Side:
    """What is counted, or added up, over one fact: of a ratio two of them, of a count one."""

    fact: str
    at: Mapping[str, str]  # basis -> the instant that puts a record in its period
    holds: str
    adds: str = ""  # the integer column that is added up; empty: records are counted

    @property
    def contract(self) -> Contract:
        return contract(self.fact)


@dataclass(frozen=True)
class Identity:
    """That a rate follows from other rates of the same period and segment; where one breaks it, its meaning changed."""

    equals: str  # an expression over the ids of other metrics
    within: float  # in share

    @property
    def others(self) -> tuple[str, ...]:
        """The metrics that it follows from."""
        return tuple(sorted(columns_of([parse(self.equals)])))


@dataclass(frozen=True)
class Metric:
    """One thing that is counted: row-level questions about the records of one fact, or of two for some ratios."""

    id: str
    name: Words
    asks: Words
    kind: Kind
    fact: str  # whose records are in the denominator
    at: dict[str, str]  # basis -> the instant that puts a record in its period; none of what only figures hold
    denominator: str
    numerator: str
    better: Literal["lower", "higher"] | None
    settles_in_days: int  # a submission cohort younger than this is not settled yet
    version: int
    source: str
    unit: str = ""  # of a ratio's or a count's value where it is no bare number
    numerator_of: dict[str, Any] = field(default_factory=dict)  # of a ratio: fact, at, adds where they are other ones
    completes: str = ""  # the instant at which a record of a cohort comes to count
    duration: str = ""  # of a distribution: the integer column of seconds
    over: int = 0  # of a distribution: the seconds beyond which a record is late, where nobody says otherwise
    opens: str = ""  # of a stock: the instant from which a record is in it
    closes: str = ""  # of a stock: the instant from which it is no longer
    identity: Identity | None = None  # with the rates that it follows from

    @property
    def contract(self) -> Contract:
        return contract(self.fact)

    @property
    def basis(self) -> Basis:
        """The basis that is meant where none is said."""
        return next((basis for basis in BASES if basis in self.at), "decision")

    @property
    def sides(self) -> tuple[Side, ...]:
        """What is counted: numerator and denominator of a ratio; of every other kind one question about one fact."""
        denominator = Side(self.fact, self.at, self.denominator)
        if self.kind != "ratio":
            return (denominator,)
        of = self.numerator_of
        return (
            Side(of.get("fact", self.fact), of.get("at", self.at), self.numerator, of.get("adds", "")),
            denominator,
        )

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts whose records are counted."""
        return tuple(dict.fromkeys(side.fact for side in self.sides))

    @property
    def rolls_up_from(self) -> tuple[str, ...]:
        """The facts whose records say of those counted what is asked: without them nothing would have happened."""
        named = columns_of([parse(self.denominator), parse(self.numerator)])
        named |= {
            self.completes,
            self.duration,
            *(name for side in self.sides for name in (side.adds, *side.at.values())),
        }
        derived = [of for fact in self.facts for name, of in contract(fact).derived.items() if name in named]
        return tuple(sorted({of.rolls_up_from for of in derived} - {""}))

    @property
    def is_rate(self) -> bool:
        """Whether numerator and denominator count the same records, so that the share has a binomial interval."""
        return self.kind in ("proportion", "distribution")

    @property
    def dimensions(self) -> list[str]:
        """The columns that it can be broken by: those of all its facts."""
        return [name for name in self.contract.dimensions if all(name in contract(of).dimensions for of in self.facts)]

    def settles(self, basis: str) -> int | None:
        """Days after which a period is settled on that basis; None where it is at once, as by day of decision."""
        if not self.completes or self.at[basis] == self.completes:
            return None
        waits = APPEAL_WINDOW_DAYS if basis == "enforcement" and self.fact == "appeals" else 0
        return waits + self.settles_in_days

    def instant(self, basis: str) -> str:
        """The instant of a basis. Raises BadParameter for a basis that the metric does not have."""
        if not self.at:
            raise BadParameter.of("unknown.figures_only", metric=self.id)
        if basis not in self.at:
            raise BadParameter.of("unknown.basis", metric=self.id, given=basis, known=self.at)
        return self.at[basis]


def day_of(instant: str) -> str:
    """The column that holds the market-local day of an instant: decided_at -> decided_on."""
    return instant.removesuffix("_at") + "_on"


@cache
def metrics() -> dict[str, Metric]:
    """Every declared metric by id."""
    found: dict[str, Metric] = {}
    folder = files("appeal_insights.metrics").joinpath("declared")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            found.update(read_metrics(file.read_text(encoding="utf-8")))
    for of in found.values():
        for other in of.identity.others if of.identity else ():
            if other not in found:
                raise BadContract(f"The metric {of.id} follows from {other!r}, which is no metric.")
    return found


def metric(name: str) -> Metric:
    """The metric of that id. Raises UnknownMetric with the nearest one."""
    known = metrics()
    if name not in known:
        raise UnknownMetric.of("unknown.metric", given=name, known=known)
    return known[name]


def read_metrics(text: str) -> dict[str, Metric]:
    """Read declarations of metrics. Raises BadContract or BadPredicate where one does not hold together."""
    return {name: _checked(name, entry) for name, entry in tomllib.loads(text).items()}


def _checked(name: str, entry: dict[str, Any]) -> Metric:
    try:
        identity = {"identity": Identity(**entry["identity"])} if "identity" in entry else {}
        found = Metric(id=name, **{"better": None, "numerator": ALL, **entry, **identity})
    except TypeError as error:
        raise BadContract(f"The metric {name} is not complete: {error}.") from error
    if found.kind not in get_args(Kind):
        raise BadContract(f"The metric {name} is of the kind {found.kind!r}. Known kinds: {one_of(get_args(Kind))}.")
    for words in (found.name, found.asks):
        if set(words) != {"en", "zh"} or not all(words.values()):
            raise BadContract(f"The metric {name}: its name and what it asks want en and zh.")
    if found.better not in ("lower", "higher", None):
        raise BadContract(f"The metric {name}: better is lower or higher, not {found.better!r}.")
    for side in found.sides:
        _check_side(name, side, "numerator" if side.holds is found.numerator else "denominator")
    predicate(found.numerator, found.sides[0].contract.everything, what=f"the numerator of {name}")
    _check_kind(found)
    return found


def _check_side(name: str, side: Side, part: str) -> None:
    of = side.contract
    for basis, instant in side.at.items():
        if basis not in BASES or instant not in of.instants or day_of(instant) not in of.derived:
            raise BadContract(f"The metric {name}: {basis} = {instant!r} is no instant of {of.fact} with a local day.")
    predicate(side.holds, of.everything, what=f"the {part} of {name}")
    _check_column(name, of, side.adds, "integer")


def _check_kind(found: Metric) -> None:
    """A distribution wants a duration, a stock its two ends, a ratio the same bases on both sides."""
    wants = {"distribution": ("duration",), "stock": ("opens", "closes")}.get(found.kind, ())
    for part in wants:
        if not getattr(found, part):
            raise BadContract(f"The metric {found.id} is a {found.kind} and says no {part}.")
    _check_column(found.id, found.contract, found.duration, "integer")
    for instant in (found.opens, found.closes, found.completes):
        _check_column(found.id, found.contract, instant, "instant")
        if instant and day_of(instant) not in found.contract.derived:
            raise BadContract(f"The metric {found.id}: {instant!r} has no local day.")
    if len({tuple(side.at) for side in found.sides}) > 1:
        raise BadContract(f"The metric {found.id}: both sides of a ratio want the same bases.")


def _check_column(metric: str, of: Contract, name: str, kind: str) -> None:
    if name and (name not in of.everything or of.everything[name].type != kind):
        raise BadContract(f"The metric {metric}: {name!r} is no {kind} of {of.fact}.")
