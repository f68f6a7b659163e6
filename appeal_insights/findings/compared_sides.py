"""The two sides of a comparison: two periods, two groups of records in one period, or the weeks around an event."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import pandas as pd

from appeal_insights.errors import BadParameter, UnknownName, choice
from appeal_insights.findings.compared_path import narrowed, read_path
from appeal_insights.findings.view import View
from appeal_insights.metrics.metric import BASES, metric
from appeal_insights.metrics.query import ask, query_table
from appeal_insights.metrics.question import Question
from appeal_insights.periods import Period, check_apart, instant, period, resolve
from appeal_insights.records.scope import Scope, write_scope
from appeal_insights.records.store import Store

Kind = Literal["periods", "groups", "event"]
WEEK = timedelta(days=7)
AROUND_EVENT = 4  # whole weeks on either side, so that each weekday weighs alike; fewer where fewer are over
MOST_VALUES = 1000  # of the other group, where it is all that the first is not


@dataclass(frozen=True)
class Comparing:
    """A comparison as it was asked for, not yet checked against a store."""

    metric: str = "overturn_rate"
    before: str = ""
    after: str = ""
    during: str = ""
    event: str = ""
    where: Scope = field(default_factory=dict)
    against: Scope = field(default_factory=dict)
    by: str = ""
    basis: str = ""
    as_of: str = ""
    path: Sequence[Scope] = ()


@dataclass(frozen=True)
class Sides:
    """What is compared: one question of two periods, or a question for each of two groups, the one to judge by first.

    where   what holds on both sides
    apart   of groups: what holds on one side only, in the order of the questions
    event   what the periods lie around: event_id, title_en, title_zh, starts_on, scope
    """

    kind: Kind
    questions: tuple[Question, ...]
    where: Scope
    apart: tuple[Scope, ...] = ()
    event: pd.Series | None = None

    @property
    def periods(self) -> tuple[Period, Period]:
        return self.questions[0].periods[0], self.questions[-1].periods[-1]

    @property
    def first(self) -> Question:
        return self.questions[0]


@dataclass(frozen=True)
class Titled:
    """The title of an event inside a sentence."""

    event: pd.Series

    def say(self, language: str) -> str:
        """The title in a language; the English one where there is no other."""
        chinese = self.event["title_zh"]
        own = chinese if language == "zh-CN" and isinstance(chinese, str) and chinese else self.event["title_en"]
        return str(own)


def sides_of(store: Store, asked: Comparing) -> Sides:
    """The sides that were asked for. Raises what is wrong with them, each with what to do about it."""
    moment = instant(asked.as_of) if asked.as_of else store.latest()
    if asked.during or asked.against:
        return _groups(store, asked, moment)
    event = event_of(store, asked.event, moment) if asked.event else None
    if asked.before and asked.after:
        later = resolve(asked.after, moment)
        spans = resolve(asked.before, moment, ahead_of=later), later
    elif event is not None:
        spans = _around(event, moment)
    else:
        raise BadParameter.of("compare.what")
    if (spans[0].start, spans[0].end) == (spans[1].start, spans[1].end):
        raise BadParameter.of("compare.same_period", period=spans[0])
    check_apart(spans)
    where = _inside(asked.where, asked.path)
    question = _ask(store, asked, spans, where, moment)
    return Sides("periods" if event is None else "event", (question,), where, event=event)


def _ask(store: Store, asked: Comparing, spans: Sequence[Period], where: Scope, moment: datetime) -> Question:
    of = metric(asked.metric)
    if not of.is_rate:
        raise BadParameter.of("compare.no_rate", metric=of.id)
    basis = choice("basis", asked.basis, BASES) if asked.basis else of.basis
    return ask(store, of, spans, spliced=True, where=where, basis=basis, as_of=moment)


def _inside(where: Scope, path: Sequence[Scope]) -> Scope:
    """The records at the end of a path. Raises BadParameter where a step leads out of those that were there."""
    for step in path:
        for name, values in step.items():
            if not set(values) <= set(where.get(name, values)):
                raise BadParameter.of("compare.outside", given=write_scope(step), known=where[name])
        where = {**where, **step}
    return where


def _groups(store: Store, asked: Comparing, moment: datetime) -> Sides:
    """Two groups of records in one period."""
    if not asked.during:
        raise BadParameter.of("compare.during")
    if asked.before or asked.after or asked.event:
        raise BadParameter.of("compare.both_ways")
    one, other = asked.where, _other(store, asked)
    names = [name for name in other if set(one.get(name, ())) != set(other[name])]
    if not names:
        raise BadParameter.of("compare.same_group", group=write_scope(one))
    if not any(name in one and not set(one[name]) & set(other[name]) for name in names):
        groups = {"one": write_scope(one) or "*", "other": write_scope(other)}
        raise BadParameter.of("compare.shared_records", **groups)
    if held := [name for step in asked.path for name in step if name in names]:
        raise BadParameter.of("compare.held", name=held[0])
    spans = (resolve(asked.during, moment),)
    whole = _inside({name: values for name, values in one.items() if name not in names}, asked.path)
    apart = tuple({name: of[name] for name in names if name in of} for of in (other, one))
    questions = tuple(_ask(store, asked, spans, {**each, **whole}, moment) for each in apart)
    return Sides("groups", questions, whole, apart)


def _other(store: Store, asked: Comparing) -> Scope:
    """The group to judge by: as it was named, or all other values of the dimension that the first names last."""
    one = asked.where
    if asked.against:
        return {**one, **asked.against}
    if not one:
        raise BadParameter.of("compare.no_group")
    name = next(reversed(one))
    of = metric(asked.metric)
    table = "figures" if "figures" in store.tables else of.fact
    of.contract.dimension(name)
    store.require(table)
    others = [value for value in store.values(table, name) if value not in one[name]]
    if not others:
        raise BadParameter.of("compare.no_others", group=write_scope(one), name=name)
    if len(others) > MOST_VALUES:
        raise BadParameter.of("compare.many_others", name=name, count=f"{len(others):,}", most=f"{MOST_VALUES:,}")
    return {**one, name: others}


def event_of(store: Store, given: str, moment: datetime) -> pd.Series:
    """A known event by its id or title. Raises UnknownName with the nearest."""
    table = known_events(store, moment)
    for name in ("event_id", "title_en", "title_zh"):
        found = table[table[name].astype("str").str.casefold() == given.strip().casefold()]
        if len(found):
            return found.iloc[-1]
    if table.empty:
        raise UnknownName.of("compare.no_events", given=given, store=store.name)
    known = [str(title) for title in (*table["title_en"], *table["event_id"])]
    raise UnknownName.of("compare.no_event", given=given, known=known, listed=list(table["title_en"])[::-1])


def known_events(store: Store, moment: datetime) -> pd.DataFrame:
    """Every event on record: event_id, title_en, title_zh, starts_on, scope and more; the newest last."""
    if "known_events" not in store.tables:
        return pd.DataFrame({name: [] for name in ("event_id", "title_en", "title_zh", "starts_on", "scope")})
    return query_table(store, "known_events", as_of=moment)


def _around(event: pd.Series, moment: datetime) -> tuple[Period, Period]:
    """So many whole weeks before an event and from its first day on, as many on either side."""
    start = pd.Timestamp(event["starts_on"]).date()
    weeks = min(AROUND_EVENT, (moment.date() - start) // WEEK)
    if weeks < 1:
        raise BadParameter.of("compare.too_early", event=Titled(event), day=start, as_of=moment.date())
    days = [(start - weeks * WEEK, start), (start, start + weeks * WEEK)]
    before, after = (period(f"{first}..{end - timedelta(days=1)}") for first, end in days)
    return before, after


def whole_scope(sides: Sides, place: int) -> Scope:
    """All that holds on one side, 0 or 1."""
    return narrowed(sides.where, [sides.apart[place]]) if sides.apart else sides.where


def asked_of(view: View) -> Comparing:
    """What a view asks. Raises BadParameter where its scopes or its path cannot be read."""
    told = {name: of for name, of in view.arguments().items() if name not in ("store", "language", "path")}
    return Comparing(**told, path=read_path(view.asked.get("path", "")))


def sides_of_view(store: Store, asked: Comparing) -> list[tuple[str, Scope]]:
    """The period and the records of each side: before and after, or the group asked about and then the other."""
    sides = sides_of(store, asked)
    told = [(part.label, whole_scope(sides, place)) for place, part in enumerate(sides.periods)]
    return told[::-1] if sides.apart else told
