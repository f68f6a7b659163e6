"""Load the declarations of what we count, and check them against the contract."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from appeal_insights.errors import BadContract, BadParameter, UnknownMetric, one_of
from appeal_insights.records.contract import Contract, Words, contract
from appeal_insights.records.statement import predicate

Basis = Literal["decision", "submission", "enforcement"]
BASES: tuple[Basis, ...] = get_args(Basis)
Kind = Literal["proportion"]


@dataclass(frozen=True)
class Metric:
    """One thing that is counted: two row-level questions about the records of one fact."""

    id: str
    name: Words
    asks: Words
    kind: Kind
    fact: str
    at: dict[str, str]  # basis -> the instant that puts a record in its period; none of what only figures hold
    denominator: str
    numerator: str
    better: Literal["lower", "higher"]
    settles_in_days: int  # a submission cohort younger than this is not settled yet
    version: int
    source: str

    @property
    def contract(self) -> Contract:
        return contract(self.fact)

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
        found = Metric(id=name, **entry)
    except TypeError as error:
        raise BadContract(f"The metric {name} is not complete: {error}.") from error
    if found.kind not in get_args(Kind):
        raise BadContract(f"The metric {name} is of the kind {found.kind!r}. Known kinds: {one_of(get_args(Kind))}.")
    for words in (found.name, found.asks):
        if set(words) != {"en", "zh"} or not all(words.values()):
            raise BadContract(f"The metric {name}: its name and what it asks want en and zh.")
    if found.better not in ("lower", "higher"):
        raise BadContract(f"The metric {name}: better is lower or higher, not {found.better!r}.")
    of = found.contract
    for basis, instant in found.at.items():
        if basis not in BASES or instant not in of.instants or day_of(instant) not in of.derived:
            raise BadContract(f"The metric {name}: {basis} = {instant!r} is no instant of {of.fact} with a local day.")
    for side in ("denominator", "numerator"):
        predicate(getattr(found, side), of.columns, what=f"the {side} of {name}")
    return found
