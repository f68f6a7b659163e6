"""Two sides of a rate held against each other, and into what moved or differs: `compare` is the one call."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.disclosure import AUDIENCES, Audience
from appeal_insights.errors import BadParameter, also_said_in, choice
from appeal_insights.findings import compared_exhibits as exhibits
from appeal_insights.findings.compared_gather import dimensions_of, few_enough, gather_sides
from appeal_insights.findings.compared_path import read_path, write_path
from appeal_insights.findings.compared_sides import Comparing, Sides, event_of, known_events, sides_of
from appeal_insights.findings.evidence import POOLED, Evidence
from appeal_insights.findings.naming import segment_names
from appeal_insights.findings.shown import Bundle, Exhibit, Shown
from appeal_insights.findings.view import View, read_where, write_where
from appeal_insights.language import Language, languages
from appeal_insights.metrics.metric import metric as metric_named
from appeal_insights.periods import instant
from appeal_insights.records.scope import Scope, read_names
from appeal_insights.records.shared import shared
from appeal_insights.records.workspace import find_workspace


@dataclass(frozen=True)
class Event:
    """A known event that sides can lie around."""

    id: str
    title_en: str
    title_zh: str


@dataclass(frozen=True)
class Compared:
    """Two sides held against each other. It shows itself in a notebook; `drill` looks into a part, `back` comes out.

    asked        what was asked, with the dimension that it is broken by
    sides        what is compared, checked against the store
    evidence     both rates, their difference, and its parts by one dimension
    dimensions   that it can be broken by, in the order in which they are offered
    """

    asked: Comparing
    sides: Sides
    evidence: Evidence
    dimensions: Sequence[str]
    store: str
    audience: Audience
    languages: tuple[Language, ...]
    workspace: Path | None

    @cached_property
    def searched(self) -> Evidence:
        """The same with all dimensions, and the causes found in them together: asked for when first looked at."""
        with shared(find_workspace(self.workspace).existing_store(self.store)) as opened:
            names = few_enough(opened, self.sides, self.dimensions)
            by = list(dict.fromkeys([self.asked.by, *names]))
            return gather_sides(opened, self.sides, by, self.audience, searched=True)

    @property
    def summary(self) -> Shown:
        """Both rates with their intervals and counts, the difference, and how sure it is."""
        return self._shown(exhibits.summary)

    @property
    def parts(self) -> Shown:
        """What the mix and the rates of one dimension's segments brought, step by step."""
        return self._shown(exhibits.parts)

    @property
    def causes(self) -> Shown:
        """The segments of any dimensions that stand out beyond noise."""
        return self._shown(exhibits.causes)

    @property
    def noise(self) -> Shown:
        """Each segment of the dimension: does it stand out, or is it within noise?"""
        return self._shown(exhibits.noise)

    @property
    def segments(self) -> list[str]:
        """The segments that can be looked into, in the order of the table."""
        return [name for name in exhibits.ranked(self)["segment"] if name != POOLED]

    @property
    def breadcrumb(self) -> list[Scope]:
        """The segments that were looked into, one inside the other."""
        return [dict(step) for step in self.asked.path]

    def crumbs(self, language: Language) -> list[str]:
        """How the way is read: everything first, then each step."""
        return exhibits.crumbs(self, language)

    def drill(self, row: str | int | Mapping[str, str], *, by: str = "") -> "Compared":
        """Look into a segment: the same comparison inside of it, broken by the next dimension, or by the one named.

        Takes   `row`: a segment of the table by name, a cause by its number from 1, or dimension -> value.
        Raises  BadParameter   there is no such segment or cause, or it is several small ones together.
        """
        step = self._step(row)
        left = [name for name in self.dimensions if name not in step and name != self.asked.by]
        return self._again(path=[*self.asked.path, step], by=by or next(iter(left), ""))

    def back(self, steps: int | None = None) -> "Compared":
        """Come out again: one step, or to where so many steps had been taken (0: the beginning).

        Raises  BadParameter   there are not so many steps.
        """
        taken = len(self.asked.path)
        to = max(taken - 1, 0) if steps is None else steps
        if not 0 <= to <= taken:
            raise BadParameter.of("compare.no_step", given=steps, count=taken)
        by = self.asked.by if to == taken else next(iter(self.asked.path[to]))
        return self._again(path=self.asked.path[:to], by=by)

    @property
    def view(self) -> View:
        """What was asked, as plain data that travels."""
        asked = self.asked
        if self.sides.kind == "event":
            before, after = self.sides.periods
            asked = replace(asked, before=before.label, after=after.label)
        return view_of(asked, store=self.store, languages=self.languages)

    def exhibits(self, *, causes: bool = True) -> list[Exhibit]:
        """All that is to be seen, one language after the other; without causes nothing is searched for."""
        makes = (exhibits.summary, exhibits.parts, *((exhibits.causes, exhibits.noise) if causes else ()))
        return [part for language in self.languages for make in makes for part in make(self, language)]

    def bundles(self) -> Iterator[Bundle]:
        """Every output, as a notebook shows them."""
        yield from Shown(self.exhibits()).bundles()

    def _ipython_display_(self) -> None:
        Shown([self])._ipython_display_()

    def __repr__(self) -> str:
        return repr(self.summary)

    def spoken_in(self, wanted: tuple[Language, ...]) -> "Compared":
        """The same in other languages: nothing is asked again."""
        found = replace(self, languages=wanted)
        if "searched" in self.__dict__:
            found.__dict__["searched"] = self.searched
        return found

    def named(self, language: Language) -> list[str]:
        """The causes that are named, in order."""
        return [segment_names(self.searched, each.segment, language) for each in exhibits.named(self.searched)]

    def at(self, place: int, *, causes: bool) -> str | dict[str, str]:
        """What a row of a chart is, from 0 on: a segment, or that of a cause; nothing where it is neither."""
        rows: list[Any] = exhibits.cause_steps(self) if causes else list(exhibits.steps(self)["segment"])
        found = rows[place] if 0 <= place < len(rows) else ""
        return "" if found == POOLED else found

    def _shown(self, make: Any) -> Shown:
        return Shown([part for language in self.languages for part in make(self, language)])

    def _step(self, row: str | int | Mapping[str, str]) -> Scope:
        if isinstance(row, Mapping):
            found = {str(name): [str(value)] for name, value in row.items()}
            for name in found:
                choice("dimension", name, self.dimensions)
            if not found:
                raise BadParameter.of("compare.no_segment_named")
            return found
        if isinstance(row, int):
            named = [each.segment for each in exhibits.named(self.searched)]
            if not 1 <= row <= len(named):
                raise BadParameter.of("compare.no_cause", given=row, count=len(named))
            return {name: [value] for name, value in named[row - 1].items()}
        if row == POOLED:
            raise BadParameter.of("compare.pooled")
        if row not in self.segments:
            raise BadParameter.of("compare.no_segment", given=row, by=self.asked.by, known=self.segments)
        return {self.asked.by: [row]}

    def _again(self, **changed: Any) -> "Compared":
        asked = replace(self.asked, **changed)
        with also_said_in(self.languages):
            return compared(
                asked, store=self.store, audience=self.audience, languages=self.languages, workspace=self.workspace
            )


def compare(
    *,
    store: str,
    metric: str = "overturn_rate",
    before: str = "",
    after: str = "",
    during: str = "",
    where: str | Mapping[str, str | Sequence[str]] = "",
    against: str | Mapping[str, str | Sequence[str]] = "",
    event: str = "",
    by: str = "",
    basis: str = "",
    as_of: str = "",
    path: str | Sequence[Scope] = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> Compared:
    """Hold two sides of a rate against each other: how far apart, by mix or rate, which segments stand out.

    Takes   one of three ways to name the sides:
            `before`, `after`: two periods, as periods.resolve reads them;
            `during`, `where`, `against`: two groups of records in one period, such as market=DE against market=FR.
            What `against` does not name holds for both; without it, the first is held against all other values of the
            dimension that it names last;
            `event`: a known event by id or title, up to four whole weeks before it against as many from its first day.
            `where`: which records; `by`: the dimension whose parts are shown, the one that tells most often if empty.
            `basis`, `as_of`, `language`, `audience` as `investigate` takes them. `path`: segments looked into.
    Gives   a Compared: summary, parts, causes and noise show themselves; `drill`, `back` and `breadcrumb` go on.
    Raises  what is wrong with the question, and what next; EmptyPeriod where a side has nothing.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        held, other = (read_where(of) if isinstance(of, str) else _scope(of) for of in (where, against))
        asked = Comparing(metric, before.strip(), after.strip(), during.strip(), event, held, other, by, basis, as_of)
        asked = replace(asked, path=read_path(path))
        of_whom = choice("audience", audience, AUDIENCES)
        return compared(asked, store=store, audience=of_whom, languages=wanted, workspace=workspace)


def compared(
    asked: Comparing, *, store: str, audience: Audience, languages: tuple[Language, ...], workspace: Path | None
) -> Compared:
    """Compare what was asked. Raises what `compare` raises."""
    metric_named(asked.metric)
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        sides = sides_of(opened, asked)
        known = dimensions_of(opened, sides)
        names = read_names(asked.by)
        if len(names) > 1:
            raise BadParameter.of("parameter.one_dimension", names=names)
        if not known:
            raise BadParameter.of("compare.no_dimension")
        by = choice("dimension", names[0], known) if names else next(iter(few_enough(opened, sides, known)), known[0])
        evidence = gather_sides(opened, sides, [by], audience, searched=False)
    return Compared(replace(asked, by=by), sides, evidence, known, store, audience, languages, workspace)


def read_events(*, store: str, as_of: str = "", workspace: Path | None = None) -> list[Event]:
    """The known events of a store, the newest last."""
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        table = known_events(opened, instant(as_of) if as_of else opened.latest())
    names = zip(table["event_id"], table["title_en"], table["title_zh"], strict=True)
    return [Event(str(id), str(en), "" if pd.isna(zh) else str(zh)) for id, en, zh in names]


def find_event(given: str, *, store: str, as_of: str = "", workspace: Path | None = None) -> str:
    """The id of an event by its id or title. Raises UnknownName with the nearest."""
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        return str(event_of(opened, given, instant(as_of) if as_of else opened.latest())["event_id"])


def view_of(asked: Comparing, *, store: str, languages: tuple[Language, ...]) -> View:
    """What was asked, as a view."""
    told = {name: str(value) for name, value in asdict(asked).items() if isinstance(value, str)}
    told |= {"where": write_where(asked.where), "against": write_where(asked.against)}
    spoken = languages[0] if len(languages) == 1 else "both"
    return View("compare", {**told, "path": write_path(asked.path), "store": store, "language": spoken})


def _scope(given: Mapping[str, str | Sequence[str]]) -> Scope:
    return {name: [of] if isinstance(of, str) else [str(one) for one in of] for name, of in given.items()}
