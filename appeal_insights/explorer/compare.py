"""Two sides held against each other live: choose them, look into what differs by a click or from a list, go back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, also_said_in, choice
from appeal_insights.explorer.compare_controls import CompareControls
from appeal_insights.explorer.compare_results import CAUSES, NOISE, PARTS, CompareResults
from appeal_insights.explorer.frame import Frame, Holds, Place
from appeal_insights.explorer.latest import Latest
from appeal_insights.findings.choices import Choices, Values, find_values, read_choices
from appeal_insights.findings.compared import Compared, compared, find_event, read_events, view_of
from appeal_insights.findings.compared_sides import Comparing, asked_of
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.findings.view import View, read_where
from appeal_insights.language import Language, languages
from appeal_insights.metrics.metric import metric
from appeal_insights.periods import SPAN_SIGN
from appeal_insights.records.scope import Scope

LONGEST_SIDE = 4  # periods a side at first
ANEW = ("metric", "kind", "which_event", "values")  # what begins another comparison, so that the way into it is left


class CompareExplorer:
    """The controls and what they give. It shows itself in a notebook; `controls` can be set by a program as well."""

    def __init__(self, place: Place, asked: Comparing, *, name: str = "", view: str = "") -> None:
        self.place = place
        self._asked, self._path = asked, [dict(step) for step in asked.path]
        self._seen: Compared | None = None
        self._quiet = False
        self.controls = CompareControls(place.languages, self._find)
        self.results = CompareResults(by_chart=self._by_chart, by_list=self._by_list, back=self.back, opened=self._open)
        self.results.speak(place.languages)
        made_with = view_of(asked, store=place.store, languages=place.languages).asked
        holds = Holds("compare", lambda: self.view, self.show, self._exhibits)
        self.frame = Frame(place, holds, name=name, made_with=made_with)
        self._latest = Latest(self.redraw)
        with self._without_redrawing():
            self._choices = self._read_choices(asked.metric, asked.basis)
            self._set(asked)
        self.controls.on_change(self._changed)
        if view:
            self.frame.open(view)
        elif (last := self.frame.restore()) is None:
            self.redraw()
        elif "language" in last.asked:
            self.controls.language.value = last.asked["language"]

    @property
    def seen(self) -> Compared | None:
        """What is on the screen; None where it could not be answered."""
        self._latest.now()
        return self._seen

    @property
    def asked(self) -> Comparing:
        """The comparison as the controls have it."""
        chosen, kind = self.controls, self.controls.kind.value
        own = self._choices.bases[0] if self._choices.bases else ""
        told: dict[str, Any] = dict.fromkeys(("before", "after", "during", "event"), "") | {"against": {}}
        if kind == "periods":
            told |= {"before": chosen.before.value.strip(), "after": chosen.after.value.strip()}
        elif kind == "groups":
            told |= {"during": chosen.during.value.strip(), "against": chosen.others.scope}
        else:
            told |= {"event": chosen.which_event.value or ""}
        return replace(
            self._asked,
            metric=chosen.metric.value,
            where=chosen.filters.scope,
            by=chosen.by.value or "",
            basis="" if chosen.basis.value == own else chosen.basis.value,
            path=[dict(step) for step in self._path],
            **told,
        )

    @property
    def view(self) -> View:
        """What is shown, as plain data."""
        seen = self._seen
        return seen.view if seen else view_of(self.asked, store=self.place.store, languages=self.place.languages)

    def show(self, view: View) -> None:
        """Set the controls from a view, and show it. Raises what is wrong with it; then all is as it was."""
        kept = self.asked
        try:
            with self._without_redrawing():
                self._set(asked_of(view))
        except AppealInsightsError:
            with self._without_redrawing():
                self._set(kept)
            raise
        self.redraw()

    def drill(self, row: str | int | Mapping[str, str]) -> None:
        """Look into a segment or a cause of what is on the screen."""
        if self.seen is not None:
            self._go(lambda seen: seen.drill(row))

    def back(self, steps: int | None = None) -> None:
        """Come out again: one step, or to where so many had been taken."""
        if self.seen is not None:
            self._go(lambda seen: seen.back(steps))
        elif self._path:
            self._path = self._path[:-1] if steps is None else self._path[:steps]
            self.redraw()

    def redraw(self) -> None:
        """Ask again and show what comes back, or in one calm sentence why there is nothing."""
        asked, place = self.asked, self.place
        try:
            found = self._compared(asked)
        except AppealInsightsError as error:
            self._seen = None
            self.results.show_instead(joined({one: error.say(one) for one in place.languages}))
            self.results.show_call(view_of(asked, store=place.store, languages=place.languages).code())
            self.results.show_path(["…"] * (len(self._path) + 1))
        else:
            self._show(found)
        self.frame.changed()

    def _compared(self, asked: Comparing) -> Compared:
        """The comparison; by another dimension where that of the controls is held to one value by now."""
        place = self.place
        known = {"store": place.store, "audience": place.audience, "languages": place.languages}
        try:
            return compared(asked, workspace=place.workspace, **known)  # type: ignore[arg-type]
        except AppealInsightsError as error:
            if error.sentence is None or error.sentence.key != "choice" or not asked.by:
                raise
            return compared(replace(asked, by=""), workspace=place.workspace, **known)  # type: ignore[arg-type]

    def _go(self, way: Any) -> None:
        """Take a way from the comparison on the screen; where there is none, say so above it."""
        try:
            found = way(self._seen)
        except AppealInsightsError as error:
            self.frame.tell(self.place.tell(error))
            return
        self._path = [dict(step) for step in found.asked.path]
        self.results.tabs.selected_index = PARTS
        self._show(found)
        self.frame.changed()

    def _show(self, found: Compared) -> None:
        self._seen = found
        spoken = self.place.languages
        with self._without_redrawing():
            self.controls.offer_parts(found.dimensions, found.asked.by)
        self.results.show_path([joined(dict(zip(spoken, crumb, strict=True))) for crumb in _told(found)])
        self.results.show(found.summary.parts, shown=found.evidence.change is not None)  # type: ignore[arg-type]
        self.results.show_call(found.view.code())
        for drawn in self.results.drawn[CAUSES:]:
            drawn.show([], [])
        segments = [(name, name) for name in found.segments]
        self.results.drawn[PARTS].show(found.parts.parts, segments)  # type: ignore[arg-type]
        self._open(self.results.tabs.selected_index)

    def _open(self, tab: int | None) -> None:
        """Fill a tab once it is open: causes are searched for when somebody wants them."""
        seen = self._seen
        if seen is None or seen.evidence.change is None:
            return
        try:
            if tab == CAUSES:
                self.results.drawn[CAUSES].show(seen.causes.parts, self._named(seen))  # type: ignore[arg-type]
            elif tab == NOISE:
                segments = [(name, name) for name in seen.segments]
                self.results.drawn[NOISE].show(seen.noise.parts, segments)  # type: ignore[arg-type]
        except AppealInsightsError as error:
            self.results.show_instead(self.place.tell(error))

    def _named(self, seen: Compared) -> list[tuple[str, int]]:
        names = [" / ".join(dict.fromkeys(told)) for told in zip(*map(seen.named, self.place.languages), strict=True)]
        return [(name, number) for number, name in enumerate(names, 1)]

    def _by_chart(self, tab: int, place: int) -> None:
        """A bar was clicked."""
        if self._seen is not None and (row := self._seen.at(place, causes=tab == CAUSES)):
            self.drill(row)

    def _by_list(self, _: int, value: str | int) -> None:
        self.drill(value)

    def _exhibits(self) -> Sequence[Exhibit]:
        return self.seen.exhibits(causes=self.results.tabs.selected_index != PARTS) if self.seen else []

    def _changed(self, control: str) -> None:
        if self._quiet:
            return
        if control == "language":
            self._speak(languages(self.controls.language.value))
            return
        if control in ANEW:
            self._path = []
        with self._without_redrawing():
            try:
                if control in ("metric", "basis"):
                    self._choices = self._read_choices(self.controls.metric.value, self.controls.basis.value)
                    self._offer(self.controls.metric.value)
            except AppealInsightsError as error:
                self.results.show_instead(self.place.tell(error))
        if control != "filter":
            self._latest.ask()

    def _speak(self, spoken: tuple[Language, ...]) -> None:
        """Say everything in other languages: nothing is asked again."""
        self._latest.now()
        self.place = replace(self.place, languages=spoken)
        with self._without_redrawing():
            self.controls.speak(spoken)
            self.results.speak(spoken)
            self.frame.speak(self.place)
        if self._seen is None:
            self.redraw()
            return
        self._show(self._seen.spoken_in(spoken))
        self.frame.changed()

    def _set(self, asked: Comparing) -> None:
        """Set the controls from a comparison: what it says, else the newest complete periods against those before."""
        choices = self._read_choices(metric(asked.metric).id, asked.basis)
        for name in (*asked.where, *asked.against, *([asked.by] if asked.by else [])):
            choice("dimension", name, choices.dimensions)
        event = self._event_of(asked) if asked.event else ""
        self._asked, self._choices, self._path = asked, choices, [dict(step) for step in asked.path]
        chosen = self.controls
        self._offer(asked.metric)
        before, after = _newest(choices)
        kind = "groups" if asked.during or asked.against else "event" if asked.event else "periods"
        chosen.kind.value = kind
        chosen.before.value, chosen.after.value = asked.before or before, asked.after or after
        chosen.during.value = asked.during or after
        if asked.event:
            chosen.which_event.value = event
        chosen.filters.choose(asked.where)
        chosen.others.choose(asked.against)
        chosen.offer_parts(choices.dimensions if asked.by else [""], asked.by)

    def _event_of(self, asked: Comparing) -> str:
        place = self.place
        return find_event(asked.event, store=place.store, as_of=asked.as_of, workspace=place.workspace)

    def _offer(self, name: str) -> None:
        place = self.place
        events = read_events(store=place.store, as_of=self._asked.as_of, workspace=place.workspace)
        self.controls.offer(self._choices, events, name)

    def _read_choices(self, name: str, basis: str) -> Choices:
        place = self.place
        return read_choices(
            store=place.store, name=name, basis=basis, as_of=self._asked.as_of, workspace=place.workspace
        )

    def _find(self, dimension: str, holds: str) -> Values:
        place, name = self.place, self.controls.metric.value
        try:
            return find_values(dimension, store=place.store, name=name, holds=holds, workspace=place.workspace)
        except AppealInsightsError:  # the store is gone: the question says so
            return Values([], 0)

    @contextmanager
    def _without_redrawing(self) -> Iterator[None]:
        quiet, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = quiet

    def _repr_mimebundle_(self, **how: Any) -> Any:
        return self.frame.around(self.results.beside(self.controls))._repr_mimebundle_(**how)

    def __repr__(self) -> str:
        return self.view.code()


def explore_comparison(
    store: str = "demo",
    *,
    metric: str = "",
    before: str = "",
    after: str = "",
    during: str = "",
    where: str | Scope = "",
    against: str | Scope = "",
    event: str = "",
    by: str = "",
    basis: str = "",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    view: str = "",
    name: str = "",
    workspace: Path | None = None,
) -> CompareExplorer:
    """Hold two sides of a rate against each other live: periods, groups of records, or the weeks around an event.

    Takes   what `compare` takes, as what it opens with: the newest complete periods against those before where nothing
            is said. `view`: the token of a view to open with. `name` tells several of one notebook apart.
    Gives   a CompareExplorer: show it by naming it in a cell. A click on a bar, or the list beneath, looks into it.
    Raises  what is wrong with a parameter. A question that cannot be answered is no error: a sentence says why.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = Place(store, choice("audience", audience, AUDIENCES), wanted, workspace)
        held, other = (read_where(of) if isinstance(of, str) else dict(of) for of in (where, against))
        asked = Comparing(metric or "overturn_rate", before, after, during, event, held, other, by, basis, as_of)
        return CompareExplorer(place, asked, name=name, view=view)


def _newest(choices: Choices) -> tuple[str, str]:
    """The newest complete periods, and as many before them."""
    grain = "week" if "week" in choices.grains else choices.grains[0]
    there = choices.complete(grain)
    size = max(1, min(LONGEST_SIDE, len(there) // 2))
    after, before = there[-size:], there[-2 * size : -size] or there[:1]
    spans = [f"{of[0].label}{SPAN_SIGN}{of[-1].label}" if len(of) > 1 else of[0].label for of in (before, after)]
    return spans[0], spans[1]


def _told(found: Compared) -> list[tuple[str, ...]]:
    """Each step of the way in every language."""
    return list(zip(*(found.crumbs(one) for one in found.languages), strict=True))
