"""What both sides of a comparison counted, as evidence that the pictures and sentences of an inquiry can be made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import shorten

import pandas as pd

from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import change_of_rate
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience
from appeal_insights.errors import BadParameter, EmptyPeriod
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.comparable import Redefined, redefined
from appeal_insights.findings.compared_sides import MOST_VALUES, Sides, whole_scope
from appeal_insights.findings.evidence import (
    COUNTS,
    POOLED,
    SEARCH_ORDER,
    Evidence,
    View,
    cluster_sums,
    contrasts_of,
    has_days,
    own_dispersions,
    resolution_of,
    telling,
    view_of,
)
from appeal_insights.findings.searching import Search, search
from appeal_insights.metrics.query import dimensions, query, segment_labels
from appeal_insights.records.scope import write_scope
from appeal_insights.records.store import Fingerprint, Store

LONGEST_SCOPE = 80  # characters of a group inside a sentence
BEFORE, AFTER = "before", "after"
APART = pd.Timedelta(days=7 * 2600)  # whole weeks: groups share their days, and those of one are set that far back
NO_FINGERPRINT = Fingerprint(0, "")  # it reads every record there is, and nothing here is kept by it
NO_DAYS = pd.DataFrame({"day": [], "period": [], "segment": [], "numerator": [], "denominator": []})


@dataclass(frozen=True)
class Reader:
    """Counts both sides of a comparison by any dimensions."""

    store: Store
    sides: Sides
    known: dict[tuple[str, ...], pd.DataFrame] = field(default_factory=dict)  # what was asked already

    def counted(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """Counts before and after: <dimensions>, segment and COUNTS; 0 where a side has nothing."""
        return self._once(("counted", *by), lambda: self._counted(by))

    def days(self, by: Sequence[str] = ()) -> pd.DataFrame:
        """The same by day; no row where the data have no days. Days of two groups are set apart by whole weeks."""
        return self._once(("days", *by), lambda: self._days(by))

    def _counted(self, by: Sequence[str]) -> pd.DataFrame:
        if len(self.sides.questions) == 1:
            return query(self.store, "before_after", replace(self.sides.first, by=tuple(by)))
        tables = self._each("breakdown", by)
        names = ["numerator", "denominator"]
        found = [
            table.set_index(list(by) or ["metric"])[names].rename(columns={name: f"{name}_{side}" for name in names})
            for side, table in zip((BEFORE, AFTER), tables, strict=True)
        ]
        wide = pd.concat(found, axis=1).fillna(0).astype("int64").rename_axis(list(by) or ["metric"]).reset_index()
        wide = wide.sort_values(["denominator_after", *by], ascending=[False, *[True] * len(by)], ignore_index=True)
        return wide.assign(segment=segment_labels(wide, by))

    def _days(self, by: Sequence[str]) -> pd.DataFrame:
        if not has_days(self.store, self.sides.first):
            return NO_DAYS
        if len(self.sides.questions) == 1:
            return self._marked(query(self.store, "by_day", replace(self.sides.first, by=tuple(by))))
        before, after = self._each("by_day", by)
        shifted = before.assign(day=pd.to_datetime(before["day"]) - APART, period=BEFORE)
        return pd.concat([shifted, after.assign(day=pd.to_datetime(after["day"]), period=AFTER)], ignore_index=True)

    def cells(self, by: Sequence[str] = ()) -> pd.DataFrame | None:
        """The same with the sums over clusters; None where no records say what they share."""
        asked = [replace(question, by=tuple(by)) for question in self.sides.questions]
        tables = [cells_of(self.store, question) for question in asked]
        there = [table for table in tables if table is not None]
        if len(there) < len(tables):
            return None
        if len(there) == 1:
            return self._marked(there[0])
        marked = [table.assign(period=side) for table, side in zip(there, (BEFORE, AFTER), strict=True)]
        return pd.concat(marked, ignore_index=True)

    def _once(self, key: tuple[str, ...], ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        if key not in self.known:
            self.known[key] = ask()
        return self.known[key]

    def _each(self, name: str, by: Sequence[str]) -> list[pd.DataFrame]:
        return [query(self.store, name, replace(question, by=tuple(by))) for question in self.sides.questions]

    def _marked(self, table: pd.DataFrame) -> pd.DataFrame:
        is_before = pd.to_datetime(table["period"]) == pd.Timestamp(self.sides.first.periods[0].start)
        return table.assign(period=is_before.map({True: BEFORE, False: AFTER}))


def dimensions_of(store: Store, sides: Sides) -> list[str]:
    """What a comparison can be broken by, what tells most often first: nothing that is held to one value, or that tells
    the sides apart."""
    of = sides.first.metric
    there = dimensions(store, of)
    ordered = [*(name for name in SEARCH_ORDER if name in there), *(name for name in there if name not in SEARCH_ORDER)]
    apart = {name for scope in sides.apart for name in scope}
    return [name for name in ordered if name not in apart and len(sides.where.get(name, ())) != 1]


def gather_sides(store: Store, sides: Sides, by: Sequence[str], audience: Audience, *, searched: bool) -> Evidence:
    """Count both sides by these dimensions; `searched` says whether causes are searched for in all of them together.

    Raises  EmptyPeriod   a side has nothing;  BadParameter   a dimension has too many values to be read.
    """
    sides, changed = _alike(store, sides)
    reader = Reader(store, sides)
    one = () if searched else tuple(by[:1])  # counts add up, so that those of a dimension save those of the whole
    counts = _counts(reader, one)
    days, cells = _by_day(reader.days(one)), reader.cells()
    learned = dispersion(days, cells)
    few = min(counts["denominator_before"], counts["denominator_after"]) < SMALLEST_SHOWN and audience != "analyst"
    small = few or (changed is not None and changed.by == "version")
    of_dims = {"": cells, **({} if small or not searched else {name: reader.cells((name,)) for name in by})}
    views = [] if small else [_view(reader, name, of_dims.get(name), learned, audience) for name in by]
    pooled = any((view.parts["segment"] == POOLED).any() for view in views)
    withheld = telling(views, reader.counted(by)) if pooled and len(views) > 1 else []
    views = [view for view in views if view.dimension not in withheld]
    base = _evidence(store, sides, audience, counts, learned)
    return replace(
        base,
        change=None if small else change_of_rate(*(counts[name] for name in COUNTS), dispersion=learned),
        views=views,
        search=_search(reader, views, of_dims, audience) if searched and views and learned.known else None,
        contrasts=contrasts_of(views),
        checks={**base.checks, "parts_add_up": _adds_up(views, counts)},
        days=_fewer_days(days),
        redefined=changed,
        withheld=withheld,
        asked=tuple(store.asked),
    )


def _alike(store: Store, sides: Sides) -> tuple[Sides, Redefined | None]:
    """The sides counted alike where a definition changed between two periods, and what changed."""
    if len(sides.questions) > 1:
        return sides, None
    changed = redefined(store, sides.first)
    if changed and changed.by == "identity":
        return replace(sides, questions=(replace(sides.first, reckoned=changed.dimensions),)), changed
    return sides, changed


def _by_day(days: pd.DataFrame) -> pd.DataFrame:
    """The days of the whole from those of its segments."""
    return days.groupby(["day", "period"], as_index=False)[["numerator", "denominator"]].sum()


def _counts(reader: Reader, by: Sequence[str]) -> dict[str, int]:
    whole = reader.counted(by)
    found = {name: int(whole[name].sum()) for name in COUNTS}
    for place, side in enumerate((BEFORE, AFTER)):
        if not found[f"denominator_{side}"]:
            group = write_scope(whole_scope(reader.sides, place)).replace(",", ", ")
            scope = shorten(group, LONGEST_SCOPE, placeholder=" …")
            if reader.sides.apart:
                raise EmptyPeriod.of("compare.empty_group", period=reader.sides.periods[place], group=scope)
            raise EmptyPeriod.of("empty.scope", period=reader.sides.periods[place])
    return found


def _view(
    reader: Reader, dimension: str, cells: pd.DataFrame | None, whole: Dispersion, audience: Audience
) -> View:  # fmt: skip
    counted = reader.counted((dimension,))
    if len(counted) > MOST_VALUES:
        told = {"segments": f"{len(counted):,}", "most": f"{MOST_VALUES:,}"}
        raise BadParameter.of("parameter.many_segments", names=[dimension], **told)
    of_clusters = reader.cells((dimension,)) if cells is None else cells
    return view_of(dimension, counted, own_dispersions(reader.days((dimension,)), of_clusters), whole, audience)


def _search(
    reader: Reader, views: Sequence[View], cells: Mapping[str, pd.DataFrame | None], audience: Audience
) -> Search | None:
    shown = {view.dimension: set(view.parts["segment"]) for view in views}
    dims = [name for name in shown if name in reader.sides.first.metric.contract.causes]
    if not dims:
        return None
    leaves, sums = reader.days(dims), cluster_sums(dims, cells)
    return search(leaves, dims, starts=(BEFORE, AFTER), shown=shown, audience=audience, clusters=sums)


def _fewer_days(days: pd.DataFrame) -> int:
    """The days with records, on the side that has fewer."""
    if days.empty:
        return 0
    return int(days.groupby("period")["day"].nunique().reindex([BEFORE, AFTER]).fillna(0).min())


def few_enough(store: Store, sides: Sides, names: Sequence[str]) -> list[str]:
    """Those dimensions with no more values than can be read."""
    table = sides.first.table
    return [name for name in names if len(store.values(table, name)) <= MOST_VALUES]


def _adds_up(views: Sequence[View], counts: Mapping[str, int]) -> bool:
    return all(int(view.parts[name].sum()) == counts[name] for view in views for name in COUNTS)


def _evidence(
    store: Store, sides: Sides, audience: Audience, counts: dict[str, int], learned: Dispersion
) -> Evidence:  # fmt: skip
    """Evidence of two sides, before anything is concluded. Nothing of the time around them is looked at."""
    question = sides.first
    before, after = sides.periods
    weeks = all(part.days % 7 == 0 for part in (before, after))
    first = store.first_load(question.table)
    return Evidence(
        metric=question.metric,
        before=before,
        after=after,
        where=sides.where,
        basis=question.basis,
        audience=audience,
        as_of=question.as_of,
        trend=pd.DataFrame(),
        dispersion=learned,
        counts=counts,
        change=None,
        views=[],
        search=None,
        contrasts=pd.DataFrame(),
        events=pd.DataFrame(),
        checks={
            "parts_add_up": True,
            "complete": all(part.end <= question.as_of.date() for part in (before, after)),
            "whole_weeks": weeks or not has_days(store, question),
            "replayed": bool(first and question.as_of < first),
        },
        fingerprint=NO_FINGERPRINT,
        asked=(),
        without=[],
        store=store.name,
        by_figures=question.figures,
        definition=question.definition,
        resolution=resolution_of(store, question),
    )
