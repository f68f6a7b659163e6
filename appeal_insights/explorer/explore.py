"""A question asked live: controls on the left, and the same trend, table and breakdown as in a report on the right."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from appeal_insights.charts.theme import unchecked
from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, BadParameter, EmptyPeriod, also_said_in, choice
from appeal_insights.explorer.controls import Controls
from appeal_insights.explorer.frame import Frame, Holds, Place
from appeal_insights.explorer.latest import Latest
from appeal_insights.explorer.results import Results
from appeal_insights.findings.answer import Asking
from appeal_insights.findings.choices import Choices, Values, find_values, read_choices
from appeal_insights.findings.glance import Glance, glance
from appeal_insights.findings.glance_exhibits import calls, glance_breakdown, glance_heat, glance_trend
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.findings.view import View, write_where
from appeal_insights.language import Language, languages, say
from appeal_insights.metrics.metric import BASES, metric
from appeal_insights.records.scope import Scope, read_names, read_scope

LEAD = 12  # periods shown at first: enough to see what is usual


class Explorer:
    """The controls and what they give. It shows itself in a notebook; `controls` can be set by a program as well."""

    def __init__(self, place: Place, asking: Asking, *, name: str = "", view: str = "") -> None:
        self.place = place
        self._start, self._held = asking, read_scope(asking.where)
        self._seen: Glance | None = None
        self._quiet = False
        self.controls = Controls(place.languages, self._find)
        self.results = Results(place.languages)
        made_with = {part: str(of) for part, of in vars(asking).items() if of} | {"in": place.language}
        holds = Holds("metric", lambda: self.view, self.show, self._exhibits)
        self.frame = Frame(place, holds, name=name, made_with={**made_with, "store": place.store})
        self._latest = Latest(self.redraw)
        with self._without_redrawing():
            self._choices = self._read_choices(asking.metric, asking.basis)
            self._set(asking)
        self.controls.on_change(self._changed)
        if view:
            self.frame.open(view)
        elif (last := self.frame.restore()) is None:
            self.redraw()
        elif "language" in last.asked:  # that of the screen, which may not be the one it was made with
            self.controls.language.value = last.asked["language"]

    @property
    def seen(self) -> Glance | None:
        """What is on the screen; None where a question could not be answered."""
        self._latest.now()
        return self._seen

    @property
    def asking(self) -> Asking:
        """The question as the controls have it."""
        chosen = self.controls
        own = self._choices.bases[0] if self._choices.bases else ""
        return replace(
            self._start,
            metric=chosen.metric.value,
            by=",".join(chosen.dimensions),
            during=chosen.during.value.strip() or _span(chosen.first.value, chosen.last.value),
            every=chosen.every.value,
            where={**self._held, **chosen.filters.scope},
            basis="" if chosen.basis.value == own else chosen.basis.value,
        )

    @property
    def view(self) -> View:
        """What is shown, as plain data."""
        asking = self.asking
        told = {name: str(getattr(asking, name)) for name in ("metric", "by", "during", "every", "basis", "as_of")}
        where = write_where(asking.where)  # type: ignore[arg-type]
        spoken = self.controls.language.value
        return View("metric", {**told, "store": self.place.store, "where": where, "language": spoken})

    def show(self, view: View) -> None:
        """Set the controls from a view, and show it. Where the explorer is held to some records, it stays so.

        Raises  what is wrong with the view; then the controls are as they were.
        """
        kept = self.asking
        try:
            with self._without_redrawing():
                self._set(self._asking_of(view))
        except AppealInsightsError:
            with self._without_redrawing():
                self._set(kept)
            raise
        self.redraw()

    def redraw(self) -> None:
        """Ask again and show what comes back, or in one calm sentence why there is nothing."""
        asking, place = self.asking, self.place
        self.results.show_call(calls(asking, store=place.store))
        try:
            self._seen = glance(asking, store=place.store, audience=place.audience, workspace=place.workspace)
        except AppealInsightsError as error:
            self._seen = None
            self.results.show_instead(self._told(error))
        else:
            self._show_seen()
        self.frame.changed()

    def _show_seen(self) -> None:
        if (seen := self._seen) is None:
            return
        spoken = self.place.languages
        with unchecked():
            self.results.show(
                [glance_trend(seen, one) for one in spoken],
                [glance_breakdown(seen, one) for one in spoken],
                lambda: [glance_heat(seen, one) for one in spoken],
            )

    def _exhibits(self) -> Sequence[Exhibit]:
        """What is shown, as a report shows it: one language after the other."""
        if (seen := self.seen) is None:
            return []
        makes = (glance_trend, glance_breakdown, *((glance_heat,) if seen.question.by else ()))
        return [make(seen, one) for one in self.place.languages for make in makes]

    def _changed(self, control: str) -> None:
        """Let the controls follow one another, then ask once for the last of several changes."""
        if self._quiet:
            return
        if control == "language":
            self._speak(languages(self.controls.language.value))
            return
        with self._without_redrawing():
            try:
                self._follow(control)
            except AppealInsightsError as error:  # the store is gone: the question says so as well
                self.results.show_instead(self._told(error))
            self.controls.mark_typed()
        if control != "filter":
            self._latest.ask()

    def _follow(self, control: str) -> None:
        chosen = self.controls
        if control in ("metric", "basis"):
            self._choices = self._read_choices(chosen.metric.value, chosen.basis.value)
            chosen.offer(self._choices, metric=chosen.metric.value, held=self._held)
        elif control == "every":
            chosen.offer_periods(self._choices.periods(chosen.every.value))
        elif control in ("first", "last"):
            chosen.choose_days()
        elif control == "by":
            chosen.offer_also()

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
        self.results.show_call(calls(self.asking, store=self.place.store))
        self._show_seen()
        self.frame.changed()

    def _set(self, asking: Asking) -> None:
        """Set the controls from a question: what it says, else the newest complete periods.

        Raises  BadParameter   it names what the store does not have.
        """
        names = read_names(asking.by)
        self._start = replace(self._start, as_of=asking.as_of)
        choices = self._read_choices(metric(asking.metric).id, asking.basis)
        if asking.basis:
            choice("basis", asking.basis, choices.bases or [asking.basis])
        if len(names) > 2:
            raise BadParameter.of("parameter.two_dimensions", names=names)
        for name in names:
            choice("dimension", name, choices.dimensions)
        chosen = self.controls
        self._choices = choices
        chosen.offer(choices, metric=asking.metric, held=self._held)
        if asking.every:
            chosen.every.value = choice("grain", asking.every, choices.grains)
            chosen.offer_periods(choices.periods(chosen.every.value))
        newest = choices.complete(chosen.every.value)[-LEAD:]
        chosen.choose_span(_span(newest[0].label, newest[-1].label))
        if asking.during:
            chosen.choose_span(asking.during)
        chosen.by.value = names[0] if names else ""
        chosen.offer_also()
        chosen.also.value = names[1] if len(names) > 1 else ""
        chosen.filters.choose({name: of for name, of in read_scope(asking.where).items() if name not in self._held})

    def _asking_of(self, view: View) -> Asking:
        """The question of a view. Raises BadParameter where it reaches beyond the records this explorer is held to."""
        told = view.arguments("metric", "by", "during", "every", "basis", "as_of")
        where = view.where
        for name, values in self._held.items():
            if set(where.get(name, values)) != set(values):
                raise BadParameter.of("view.held", name=name, values=values)
        asking = Asking("trend", **{"as_of": self._start.as_of, **told}, where={**where, **self._held})
        dimensions = self._read_choices(metric(asking.metric).id, asking.basis).dimensions
        for name in where:
            choice("dimension", name, dimensions)
        return asking

    def _read_choices(self, name: str, basis: str) -> Choices:
        place = self.place
        return read_choices(
            store=place.store, name=name, basis=basis, as_of=self._start.as_of, workspace=place.workspace
        )

    def _find(self, dimension: str, holds: str) -> Values:
        place, name = self.place, self.controls.metric.value
        try:
            return find_values(dimension, store=place.store, name=name, holds=holds, workspace=place.workspace)
        except AppealInsightsError:  # the store is gone: the question says so
            return Values([], 0)

    def _told(self, error: AppealInsightsError) -> str:
        return joined({one: _instead(error, one) for one in self.place.languages})

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
        return calls(self.asking, store=self.place.store)


def explore(
    store: str = "demo",
    *,
    language: str = "en",
    audience: str = "stakeholder",
    metric: str = "",
    by: str = "",
    during: str = "",
    every: str = "",
    where: str | Scope = "",
    basis: str = "",
    as_of: str = "",
    view: str = "",
    name: str = "",
    workspace: Path | None = None,
) -> Explorer:
    """Ask a store live: metric, period, grain, dimensions and filters, with charts and tables that follow.

    Takes   `store`: the name of a store in the workspace. `language`: en, zh-CN or both. `audience`: analyst sees all,
            stakeholder nothing of under ten records. `metric` to `as_of` are the question that it opens with, as
            `query` takes them, with up to two dimensions; `where` holds for every question, and the filters of the
            screen narrow it further. `view`: the token of a view to open with. Made again with the same words, it opens
            with what this explorer of this notebook showed last; `name` tells several of one notebook apart.
    Gives   an Explorer: show it by naming it in a cell. Weeks taken in later can be typed at once, and are in the
            lists when it is called again.
    Raises  what is wrong with a parameter. A question that cannot be answered is no error: a sentence says why.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = Place(store, choice("audience", audience, AUDIENCES), wanted, workspace)
        start = Asking(
            "trend",
            metric=metric or "overturn_rate",
            by=by,
            during=during,
            every=every,
            where=where,
            basis=choice("basis", basis, BASES) if basis else "",
            as_of=as_of,
        )
        return Explorer(place, start, name=name, view=view)


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}..{last}"


def _instead(error: AppealInsightsError, language: Language) -> str:
    if isinstance(error, EmptyPeriod):
        return say("explorer.nothing", language)
    return say("explorer.refused", language, message=error.say(language))
