"""Accuracy asked live: any segment with its interval, persons and sites beside each other, and the audit planner."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, also_said_in, choice
from appeal_insights.explorer.frame import Frame, Holds, Place
from appeal_insights.explorer.latest import Latest
from appeal_insights.explorer.quality_parts import QualityControls, QualityResults
from appeal_insights.findings.choices import Values, find_values, read_choices
from appeal_insights.findings.planned import (
    PARTS,
    Accuracy,
    AskedAccuracy,
    accuracy_of,
    asked_of,
    span_of,
    view_of,
)
from appeal_insights.findings.shown import Exhibit
from appeal_insights.findings.view import View, read_where
from appeal_insights.language import Language, languages
from appeal_insights.metrics.audited import AUDITS
from appeal_insights.records.scope import Scope, read_names


class QualityExplorer:
    """The controls and what they give. It shows itself in a notebook; `controls` can be set by a program as well."""

    def __init__(self, place: Place, asked: AskedAccuracy, *, name: str = "", view: str = "") -> None:
        self.place = place
        self._asked = asked
        self._seen: Accuracy | None = None
        self._quiet = False
        self.controls = QualityControls(place.languages, self._find)
        self.results = QualityResults(place.languages, opened=self._open)
        made_with = view_of(asked, store=place.store, languages=place.languages).asked
        holds = Holds("quality", lambda: self.view, self.show, self._exhibits)
        self.frame = Frame(place, holds, name=name, made_with=made_with)
        self._latest = Latest(self.redraw)
        self._begin(asked)
        self.controls.on_change(self._changed)
        if view:
            self.frame.open(view)
        elif (last := self.frame.restore()) is None:
            self.redraw()
        elif "language" in last.asked:
            self.controls.language.value = last.asked["language"]

    @property
    def seen(self) -> Accuracy | None:
        """What is on the screen; None where it could not be answered."""
        self._latest.now()
        return self._seen

    @property
    def asked(self) -> AskedAccuracy:
        """The question as the controls have it."""
        chosen = self.controls
        return replace(
            self._asked,
            during=chosen.during.value.strip(),
            by=",".join(chosen.dimensions),
            where=chosen.filters.scope,
            lift=chosen.lift.value.strip(),
            costs=chosen.costs.value.strip(),
            part=PARTS[self.results.tabs.selected_index or 0],
        )

    @property
    def view(self) -> View:
        """What is shown, as plain data."""
        return view_of(self.asked, store=self.place.store, languages=self.place.languages)

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

    def redraw(self) -> None:
        """Ask again and show what comes back, or in one calm sentence why there is nothing."""
        asked, place = self.asked, self.place
        try:
            self._seen = accuracy_of(
                asked, store=place.store, audience=place.audience, languages=place.languages, workspace=place.workspace
            )
        except AppealInsightsError as error:
            self._seen = None
            self.results.show_instead(place.tell(error))
        else:
            self._show_part()
        self._tell()

    def _show_part(self) -> None:
        """Fill the tab that is open: persons are held against each other when somebody wants to see it."""
        if self._seen is None:
            return
        try:
            self.results.show(self._seen.exhibits(self.asked.part))
        except AppealInsightsError as error:
            self.results.show_instead(self.place.tell(error))

    def _tell(self) -> None:
        self.results.show_call(self.view.code())
        self.frame.changed()

    def _open(self) -> None:
        if self._quiet:
            return
        self._latest.now()
        self._show_part()
        self._tell()

    def _exhibits(self) -> Sequence[Exhibit]:
        return self.seen.exhibits(self.asked.part) if self.seen else []

    def _changed(self, control: str) -> None:
        if self._quiet:
            return
        if control == "language":
            self._speak(languages(self.controls.language.value))
        elif control == "by":
            with self._without_redrawing():
                self.controls.offer_also()
            self._latest.ask()
        elif control != "filter":
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
        self._seen = self._seen.spoken_in(spoken)
        self._show_part()
        self._tell()

    def _begin(self, asked: AskedAccuracy) -> None:
        """Offer what the store has; where it has no audits, the sentence that says so is the answer."""
        try:
            with self._without_redrawing():
                self._set(asked)
        except AppealInsightsError:
            self.controls.offer_nothing()

    def _set(self, asked: AskedAccuracy) -> None:
        """Set the controls from a question. Raises what is wrong with it."""
        place = self.place
        choices = read_choices(store=place.store, name=AUDITS, as_of=asked.as_of, workspace=place.workspace)
        names = read_names(asked.by)
        where = read_where(asked.where) if isinstance(asked.where, str) else dict(asked.where)
        for name in (*names, *where):
            choice("dimension", name, choices.dimensions)
        part = choice("part", asked.part, PARTS) if asked.part else PARTS[0]
        span = span_of(asked, store=place.store, workspace=place.workspace)
        self._asked = replace(self._asked, as_of=asked.as_of)
        chosen = self.controls
        chosen.offer(choices)
        chosen.during.value = asked.during or span.label
        chosen.by.value = names[0] if names else ""
        chosen.offer_also()
        chosen.also.value = names[1] if len(names) > 1 else ""
        chosen.lift.value, chosen.costs.value = asked.lift or "2", asked.costs
        chosen.filters.choose(where)
        self.results.tabs.selected_index = PARTS.index(part)

    def _find(self, dimension: str, holds: str) -> Values:
        place = self.place
        try:
            return find_values(dimension, store=place.store, name=AUDITS, holds=holds, workspace=place.workspace)
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


def explore_quality(
    store: str = "demo",
    *,
    during: str = "",
    by: str = "",
    where: str | Scope = "",
    lift: str = "",
    costs: str = "",
    part: str = "",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    view: str = "",
    name: str = "",
    workspace: Path | None = None,
) -> QualityExplorer:
    """Ask live how accurate the handling is, who stands out, and how many audits would show a change.

    Takes   what `accuracy` takes, as what it opens with. `view`: the token of a view to open with. `name` tells several
            of one notebook apart.
    Gives   a QualityExplorer: show it by naming it in a cell.
    Raises  what is wrong with a language, an audience or a view. A question that cannot be answered is no error.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = Place(store, choice("audience", audience, AUDIENCES), wanted, workspace)
        scope = read_where(where) if isinstance(where, str) else dict(where)
        asked = AskedAccuracy(during, by, scope, str(lift), costs, part, as_of)
        return QualityExplorer(place, asked, name=name, view=view)
