"""What is asked, and the query files that answer."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from importlib.resources import files

from appeal_insights.errors import UnknownQuery
from appeal_insights.metrics.metric import Basis, Metric
from appeal_insights.periods import Grain, Period
from appeal_insights.records.scope import Scope


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
    buckets: bool = False  # by age, or by band of a duration, too
    over: int | None = None  # seconds beyond which a record of a distribution is late; what the metric says if None
    past: frozenset[str] = frozenset()  # fact.instant: those of which none lies after as_of, so nothing is to be masked
    lacks: frozenset[str] = frozenset()  # columns of its fact that the source does not have
    most: int = 1000  # records that are listed
    version: int | None = None  # of the definition that figures were counted by; what the metric says if None
    reckoned: tuple[str, ...] = ()  # dimensions at which the numerator is reckoned from the rates that it follows from
    persons: bool = False  # whether it may be broken by a column that names persons: for an analyst, or to be reduced
    clusters: bool = False  # with the sums that tell how much the records of one enforcement move together

    @property
    def table(self) -> str:
        return "figures" if self.figures else self.metric.fact

    @property
    def definition(self) -> int:
        """The version of the metric's definition that the answer follows."""
        return self.metric.version if self.version is None else self.version

    def in_days(self) -> "Question":
        """The same question, day by day."""
        return replace(self, grain="day", clusters=False)


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
