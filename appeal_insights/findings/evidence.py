"""Everything an inquiry into a rate needs, asked for at once: tables that have passed disclosure, and what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations

import pandas as pd

from appeal_insights.analysis.cohorts import mark_maturity
from appeal_insights.analysis.decomposition import Reversal, contribution_intervals, decompose_change, reversal
from appeal_insights.analysis.dispersion import Dispersion, dispersion
from appeal_insights.analysis.intervals import Change, change_intervals, change_of_rate, rate_with_interval
from appeal_insights.analysis.rootcause import stand_out
from appeal_insights.disclosure import SMALLEST_SHOWN, Audience, hide_cells, pool_small, tell_on_each_other
from appeal_insights.errors import EmptyPeriod
from appeal_insights.findings import coincidence
from appeal_insights.findings.clusters import cells_of
from appeal_insights.findings.comparable import Redefined, redefined
from appeal_insights.findings.gate import Test, gate
from appeal_insights.findings.searching import Search, search
from appeal_insights.metrics.metric import Basis, Metric, day_of
from appeal_insights.metrics.query import ask, dimensions, query, versions
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import targets_of, with_targets
from appeal_insights.periods import GRAINS, Grain, Period, first_day, label, next_start
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Asked, Fingerprint, Store

# What explains a move of an overturn rate most often stands first: what is appealed, by whom, under which policy.
SEARCH_ORDER = (
    "complaint_type", "appellant", "policy_group", "policy", "automated_decision", "market", "content_language",
    "queue", "site", "appeal_round", "evidence_provided", "surface",
)  # fmt: skip
LEAD_IN = 12  # periods shown before the earlier one, for a reader to see what is usual
POOLED = "(small)"  # the segment that small ones are folded into; named by language when shown
COUNTS = ["numerator_before", "denominator_before", "numerator_after", "denominator_after"]


@dataclass(frozen=True)
class View:
    """One change seen by one dimension: its parts, and how many moved with the whole."""

    dimension: str
    parts: pd.DataFrame  # segment, pooled, counts, effects, contribution, low, high, both rates, change, intervals
    reversal: Reversal

    @property
    def mix_effect(self) -> float:
        return float(self.parts["mix_effect"].sum())

    @property
    def reversed(self) -> bool:
        """Simpson: most records moved one way inside their segments and the whole moved the other way, by mix."""
        return self.reversal.reversed and self.rate_effect * (self.rate_effect + self.mix_effect) < 0

    @property
    def rate_effect(self) -> float:
        return float(self.parts["rate_effect"].sum())


@dataclass(frozen=True)
class Cohorts:
    """Weeks of submission: what became of them by each age, and where those that have not settled will stand."""

    incidence: pd.DataFrame  # as analysis.incidence gives it
    nowcast: pd.DataFrame  # as analysis.nowcast gives it
    settles: int  # days


@dataclass(frozen=True)
class Evidence:
    """What was asked, what came back, and what follows."""

    metric: Metric
    before: Period
    after: Period
    where: Scope
    basis: Basis
    audience: Audience
    as_of: datetime
    trend: pd.DataFrame  # period, period_label, rate, low, high, numerator, denominator, mature, hidden, span, target
    dispersion: Dispersion
    counts: dict[str, int]  # of the whole, as COUNTS
    change: Change | None  # None: too few records to show anything
    views: Sequence[View]
    search: Search | None  # None where noise is unknown, so that nothing can stand out
    contrasts: pd.DataFrame  # every segment of every dimension against all other records
    events: pd.DataFrame
    checks: Mapping[str, bool]
    fingerprint: Fingerprint
    asked: Sequence[Asked]
    without: Sequence[str]
    store: str
    by_figures: bool
    definition: int  # the version of the metric's definition that all of it follows
    days: int = 0  # with records, on the side that has fewer; 0 where there are no days
    withheld: Sequence[str] = ()  # dimensions left out, because they would give away small numbers of another
    gate: Sequence[Test] = ()  # what was checked of the records themselves
    totals: int = 0  # stated totals of a sheet that were checked against their parts
    redefined: Redefined | None = None  # the two periods cannot be compared as they stand
    resolution: float = (
        0.0  # in share: a smaller change cannot be told from none, since rates were stated with few digits
    )
    histories: Sequence[pd.DataFrame] = ()  # of each cause: itself and all else in the periods of the trend
    cohorts: Cohorts | None = None  # weeks of submission, as far as they have come
    listed: pd.DataFrame | None = None  # every known event, near the change or not: starts_on, reach
    audited: pd.DataFrame | None = None  # what audits say of the segment named first: errors before and after
    robust: pd.DataFrame | None = None  # finding, variant, holds, change, low, high: counted in other ways
    by_period: pd.DataFrame | None = None  # the largest segments of one dimension in the periods of the trend

    @property
    def reckoned(self) -> tuple[str, ...]:
        """The dimensions at which everything here was counted anew, alike for both periods; none where nothing was."""
        return self.redefined.dimensions if self.redefined else ()

    def view(self, dimension: str) -> View:
        return next(view for view in self.views if view.dimension == dimension)


def gather(
    store: Store,
    metric: Metric,
    *,
    before: Period,
    after: Period,
    where: Scope,
    by: Sequence[str],
    basis: Basis,
    as_of: datetime,
    audience: Audience,
) -> Evidence:
    """Ask a store for everything about one change, and conclude. Raises what `ask` raises, and EmptyPeriod."""
    question = ask(store, metric, [before, after], spliced=True, where=where, basis=basis, as_of=as_of, by=tuple(by))
    changed = redefined(store, question)
    if changed and changed.by == "identity":
        question = replace(question, reckoned=changed.dimensions)
    dims = list(by) or [
        name for name in SEARCH_ORDER if name in dimensions(store, metric) and len(where.get(name, ())) != 1
    ]
    whole = _question(store, question, ())
    counts = _counts(query(store, "before_after", whole), question)
    days = _days(store, whole)
    cells = {name: cells_of(store, _question(store, question, (name,))) for name in dims}
    cells[""] = cells_of(store, whole)
    learned = dispersion(days, cells[""])
    few = min(counts["denominator_before"], counts["denominator_after"]) < SMALLEST_SHOWN and audience != "analyst"
    small = few or (changed is not None and changed.by == "version")  # there is nothing to show, or to compare
    views = [] if small else [_view(store, question, name, cells[name], learned, audience) for name in dims]
    withheld = _withheld(store, question, views)
    views = [view for view in views if view.dimension not in withheld]
    fingerprint = store.fingerprint(question.table, as_of)
    return Evidence(
        metric=metric,
        before=before,
        after=after,
        where=where,
        basis=basis,
        audience=audience,
        as_of=as_of,
        trend=_trend(store, question, audience),
        dispersion=learned,
        counts=counts,
        change=None if small else change_of_rate(*(counts[name] for name in COUNTS), dispersion=learned),
        views=views,
        search=_search(store, question, views, cells, audience) if views and learned.known else None,
        contrasts=_contrasts(views),
        events=coincidence.near(store, metric.id, before, after, where=where, as_of=as_of),
        checks=_checks(store, question, views, counts),
        fingerprint=fingerprint,
        gate=gate(store, as_of),
        asked=tuple(store.asked),
        without=[] if question.figures else list(store.declared(metric.fact).get("without", [])),
        store=store.name,
        by_figures=question.figures,
        definition=question.definition,
        withheld=withheld,
        totals=store.declared("figures").get("totals_checked", 0) if question.figures else 0,
        days=_fewer_days(days, before, after),
        redefined=changed,
        listed=coincidence.listed(store, metric.id, as_of),
        resolution=_resolution(store, question),
    )


def _resolution(store: Store, question: Question) -> float:
    if question.reckoned and question.metric.identity:
        return question.metric.identity.within
    return 2 * float(store.declared("figures")["rounded"].get(question.metric.id, 0.0)) if question.figures else 0.0


def _fewer_days(days: pd.DataFrame, before: Period, after: Period) -> int:
    """The days with records, on the side that has fewer."""
    if days.empty:
        return 0
    sides = [pd.Timestamp(before.start), pd.Timestamp(after.start)]
    return int(days.groupby("period")["day"].nunique().reindex(sides).fillna(0).min())


def _question(
    store: Store, question: Question, by: Sequence[str], periods: Sequence[Period] = (), grain: Grain | None = None
) -> Question:
    return ask(
        store,
        question.metric,
        periods or question.periods,
        spliced=True,
        reckoned=question.reckoned,
        by=tuple(by),
        where=question.where,
        basis=question.basis,
        as_of=question.as_of,
        grain=grain,
    )


def _counts(whole: pd.DataFrame, question: Question) -> dict[str, int]:
    found = {name: int(whole[name].sum()) for name in COUNTS}
    for side, period_ in zip(("before", "after"), question.periods, strict=True):
        if not found[f"denominator_{side}"]:
            raise EmptyPeriod.of("empty.scope", period=period_)
    return found


def _has_days(store: Store, question: Question) -> bool:
    if question.figures:
        return False
    instant = question.metric.instant(question.basis)
    return instant not in store.declared(question.metric.fact).get("precision", {})


def _days(store: Store, question: Question) -> pd.DataFrame:
    """Counts by day, or none where the data have no days."""
    if not _has_days(store, question):
        return pd.DataFrame({"day": [], "period": [], "segment": [], "numerator": [], "denominator": []})
    return query(store, "by_day", question)


def _own(store: Store, question: Question, cells: pd.DataFrame | None) -> dict[str, Dispersion]:
    """What is known of the dispersion of each segment."""
    by_day, by_cluster = _by_segment(_days(store, question)), _by_segment(cells)
    return {name: dispersion(by_day.get(name), by_cluster.get(name)) for name in {**by_day, **by_cluster}}


def _by_segment(table: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    return {} if table is None else {str(name): rows for name, rows in table.groupby("segment")}


def _view(
    store: Store, question: Question, dimension: str, cells: pd.DataFrame | None, whole: Dispersion, audience: Audience
) -> View:
    """One dimension's parts. A segment's intervals take its own dispersion, the whole's where that is unknown."""
    asked = _question(store, question, (dimension,))
    table = pool_small(query(store, "before_after", asked), audience, sums=COUNTS, label=POOLED)
    parts = decompose_change(table[["segment", "pooled", *COUNTS]])
    own = _own(store, asked, cells)
    each = [found if (found := own.get(segment, whole)).known else whole for segment in parts["segment"]]
    parts = _with_rates(change_intervals(contribution_intervals(parts, each), each), each)
    return View(dimension, parts.assign(dimension=dimension), reversal(parts))


def _withheld(store: Store, question: Question, views: Sequence[View]) -> list[str]:
    """The dimensions to leave out so that none gives away what another folds; of two, the one with fewer segments."""
    if not any((view.parts["segment"] == POOLED).any() for view in views) or len(views) < 2:
        return []
    leaves = query(store, "before_after", _question(store, question, [view.dimension for view in views]))
    values = {view.dimension: set(leaves[view.dimension]) for view in views}
    hidden = {view.dimension: values[view.dimension] - set(view.parts["segment"]) for view in views}
    left_out: list[str] = []
    for one, other in combinations(values, 2):
        if not {one, other} & set(left_out) and tell_on_each_other(leaves, one, other, hidden):
            left_out.append(min(one, other, key=lambda name: len(values[name])))
    return left_out


def _search(
    store: Store,
    question: Question,
    views: Sequence[View],
    cells: Mapping[str, pd.DataFrame | None],
    audience: Audience,
) -> Search | None:
    """The search over all dimensions that are shown and were known before the outcome."""
    shown = {view.dimension: set(view.parts["segment"]) for view in views}
    dims = [name for name in shown if name in question.metric.contract.causes]
    if not dims:
        return None
    leaves = query(store, "by_day", _question(store, question, dims))
    starts = [pd.Timestamp(part.start) for part in question.periods]
    return search(leaves, dims, starts=starts, shown=shown, audience=audience, clusters=_clusters(dims, cells))


def _clusters(dims: Sequence[str], cells: Mapping[str, pd.DataFrame | None]) -> pd.DataFrame | None:
    """The sums over clusters of the whole and of every single value, under each other; None where there are none."""
    tables = {name: cells[name] for name in ("", *dims)}
    there = {name: table for name, table in tables.items() if table is not None}
    if len(there) < len(tables):
        return None
    return pd.concat([table.assign(dimension=name) for name, table in there.items()], ignore_index=True)


def _with_rates(parts: pd.DataFrame, each: Sequence[Dispersion]) -> pd.DataFrame:
    """The parts with rate_before, low_before, high_before and the same after: shares, nan where nothing was counted."""
    for side in ("before", "after"):
        counts = {name: parts[f"{name}_{side}"] for name in ("numerator", "denominator")}
        rates = rate_with_interval(pd.DataFrame(counts), each)
        parts = parts.assign(**{f"{name}_{side}": rates[name] for name in ("rate", "low", "high")})
    return parts


def _contrasts(views: Sequence[View]) -> pd.DataFrame:
    columns = [
        "dimension",
        "segment",
        "pooled",
        *COUNTS,
        "contribution",
        "mix_effect",
        "rate_effect",
        "change",
        "change_low",
        "change_high",
        "low",
        "high",
    ]
    tables = [view.parts[columns] for view in views]
    together = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)
    return stand_out(together)


def _trend(store: Store, question: Question, audience: Audience) -> pd.DataFrame:
    grain, periods = _window(store, question)
    asked = _question(store, question, (), periods, grain)
    table = query(store, "trend", asked)
    by = asked if grain != "day" else _question(store, question, ())  # a day is no period to learn from
    table = rate_with_interval(table, dispersion(_days(store, by), cells_of(store, by))).assign(segment="")
    if question.basis == "submission":
        table = mark_maturity(table, settles_in_days=question.metric.settles_in_days, as_of=question.as_of)
    else:
        table["mature"] = True
    starts = table["period"].dt.date
    before, after = question.periods
    table["span"] = starts.map(
        lambda day: (
            "before" if before.start <= day < before.end else "after" if after.start <= day < after.end else None
        )
    )
    table = with_targets(table, asked, targets_of(store, asked))
    numbers = ["numerator", "denominator", "rate", "low", "high"]
    return hide_cells(table, audience, blank=numbers, totals=["span"])


def _window(store: Store, question: Question) -> tuple[Grain, list[Period]]:
    """The periods of the trend: some before the earlier one, as far as data reach, up to the end of the later one."""
    before, after = sorted(question.periods)
    grain = _trend_grain(store, question)
    day = "starts_on" if question.figures else day_of(question.metric.instant(question.basis))
    there = store.span(question.table, day)
    start = first_day(before.start, grain)
    for _ in range(LEAD_IN):
        earlier = first_day(start - timedelta(days=1), grain)
        if there is None or next_start(earlier, grain) <= there[0]:
            break
        if len(versions(store, replace(question, periods=(Period(earlier, after.end, ""),)))) > 1:
            break  # counted by another definition: no series goes across
        start = earlier
    return grain, _steps(start, after.end, grain)


def _trend_grain(store: Store, question: Question) -> Grain:
    if question.figures:
        return period_grain(store.declared("figures")["grain"])
    precision = store.declared(question.metric.fact).get("precision", {}).get(question.metric.instant(question.basis))
    if precision and precision != "day":
        return period_grain(precision)
    days = (max(p.end for p in question.periods) - min(p.start for p in question.periods)).days
    return "day" if days <= 21 else "week" if days <= 400 else "month"


def period_grain(name: str) -> Grain:
    """A grain by its name."""
    return next(grain for grain in GRAINS if grain == name)


def _steps(start: date, end: date, grain: Grain) -> list[Period]:
    found: list[Period] = []
    while start < end:
        following = next_start(start, grain)
        found.append(Period(start, following, label(start, grain)))
        start = following
    return found


def _checks(store: Store, question: Question, views: Sequence[View], counts: Mapping[str, int]) -> dict[str, bool]:
    """What makes searches lie, looked at first."""
    last_whole_day = question.as_of.date()
    return {
        "parts_add_up": all(int(view.parts[name].sum()) == counts[name] for view in views for name in COUNTS),
        "complete": all(part.end <= last_whole_day for part in question.periods),
        "whole_weeks": all(part.days % 7 == 0 for part in question.periods) or not _has_days(store, question),
        "replayed": bool((first := store.first_load(question.table)) and question.as_of < first),
    }
