"""What can be asked of a store about a metric: metrics, bases, dimensions, grains, periods, values of a dimension."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from appeal_insights.errors import EmptyPeriod
from appeal_insights.metrics.holdings import holding, values
from appeal_insights.metrics.metric import BASES, Metric, day_of, metric, metrics
from appeal_insights.metrics.query import dimensions
from appeal_insights.periods import GRAINS, Grain, Period, first_day, instant, next_start, split
from appeal_insights.records.shared import shared
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

MOST_VALUES = 50  # of a dimension that are offered at once; who wants another types a part of it
FIGURES = "figures"


@dataclass(frozen=True)
class Choices:
    """What can be asked of a store about a metric, on one basis."""

    metrics: Sequence[Metric]
    dimensions: Sequence[str]
    grains: Sequence[Grain]
    first: date
    last: date
    as_of: datetime
    bases: Sequence[str] = ()  # by which its records can be put in periods; none of figures
    basis: str = ""

    def periods(self, grain: Grain) -> list[Period]:
        """The periods of a grain that the store has something in, in order."""
        return split(Period(first_day(self.first, grain), next_start(first_day(self.last, grain), grain), ""), grain)

    def complete(self, grain: Grain) -> list[Period]:
        """Those of them that were over at the data's date; all where none was."""
        there = self.periods(grain)
        return [one for one in there if one.end <= self.as_of.date()] or there


@dataclass(frozen=True)
class Values:
    """Values of a dimension: those that are offered, and how many there are in all."""

    offered: Sequence[str]
    found: int


def read_choices(*, store: str, name: str, basis: str = "", as_of: str = "", workspace: Path | None = None) -> Choices:
    """What can be asked of a store about a metric. A basis that the metric does not have there is its own one.

    Raises  EmptyPeriod   nothing is dated in the store;  UnknownStore   it lacks the metric's records.
    """
    of = metric(name)
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        figures = FIGURES in opened.tables
        opened.require(FIGURES if figures else of.fact)
        declared = opened.declared(FIGURES if figures else of.fact)
        bases = [] if figures else _bases(of, declared)
        chosen = basis if basis in bases else next(iter(bases), of.basis)
        first, last = _span(opened, of, chosen)
        known = declared["grain"] if figures else declared.get("precision", {}).get(of.instant(chosen), "day")
        return Choices(
            metrics=[metrics()[one] for one in declared["metrics"]] if figures else _counted(opened),
            dimensions=dimensions(opened, of),
            grains=_from(known),
            first=first,
            last=last,
            as_of=instant(as_of) if as_of else opened.latest(),
            bases=bases,
            basis=chosen,
        )


def find_values(
    dimension: str, *, store: str, name: str, holds: str = "", most: int = MOST_VALUES, workspace: Path | None = None
) -> Values:
    """The values of a dimension that hold a text: all by name, or of many those that most records have."""
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        held = holding(opened, metric(name).fact, opened.latest())
        table = values(opened, held, dimension, holding=holds.strip(), most=most)
    offered = [str(value) for value in table["value"]]
    found = int(table["found"].iloc[0]) if len(table) else 0
    return Values(sorted(offered) if found <= most else offered, found)


def _bases(of: Metric, declared: dict[str, Any]) -> list[str]:
    """The bases of a metric, its own first, whose instants the source has."""
    there = [one for one in BASES if one in of.at and of.at[one] not in declared.get("without", [])]
    return sorted(there, key=lambda one: one != of.basis)


def _counted(store: Store) -> list[Metric]:
    """The shares that can be counted of the store's facts."""
    return [one for one in metrics().values() if one.is_rate and one.at and one.fact in store.tables]


def _span(store: Store, of: Metric, basis: str) -> tuple[date, date]:
    """The first and the last day with something in it."""
    if FIGURES in store.tables:
        starts, ends = store.span(FIGURES, "starts_on"), store.span(FIGURES, "ends_on")
        if starts and ends:
            return starts[0], ends[1] - timedelta(days=1)
    elif span := store.span(of.fact, day_of(of.instant(basis))):
        return span
    raise EmptyPeriod.of("empty.dated", store=store.name)


def _from(known: Grain) -> list[Grain]:
    """The grains that consist of whole periods of one: weeks end in the middle of months."""
    return ["week"] if known == "week" else list(GRAINS[GRAINS.index(known) :])
