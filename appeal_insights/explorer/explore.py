"""A question asked live: controls on the left, and the same trend, table and breakdown as in a report on the right."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from appeal_insights.disclosure import AUDIENCES, Audience
from appeal_insights.errors import AppealInsightsError, EmptyPeriod, also_said_in, choice
from appeal_insights.explorer.controls import Controls
from appeal_insights.explorer.results import Results
from appeal_insights.findings.answer import Asking
from appeal_insights.findings.glance import Choices, Glance, glance, read_choices, read_values
from appeal_insights.findings.glance_exhibits import calls, glance_breakdown, glance_trend
from appeal_insights.findings.shown import joined
from appeal_insights.language import Language, languages, say
from appeal_insights.metrics.metric import BASES
from appeal_insights.records.scope import Scope, read_scope

LEAD = 12  # periods shown at first: enough to see what is usual


@dataclass(frozen=True)
class Place:
    """Where questions are asked, and for whom the answers are."""

    store: str
    audience: Audience
    languages: tuple[Language, ...]
    workspace: Path | None


class Explorer:
    """The controls and what they give. It shows itself in a notebook; `controls` can be set by a program as well."""

    def __init__(self, place: Place, asking: Asking) -> None:
        self.place = place
        self.seen: Glance | None = None  # what is on the screen; None where a question could not be answered
        self._start = asking
        self._scope = read_scope(asking.where)
        self._choices = self._read_choices(asking.metric)
        self.controls = Controls(self._choices.metrics, place.languages)
        self.controls.metric.value = asking.metric
        self.results = Results(place.languages)
        self._quiet = False
        with self._without_redrawing():
            self._offer(self._choices)
            self._set_start()
        self.controls.on_change(self._changed)
        self.redraw()

    @property
    def asking(self) -> Asking:
        """The question as the controls have it."""
        chosen = self.controls
        picked: Scope = {chosen.filter.value: list(chosen.values.value)} if chosen.values.value else {}
        return replace(
            self._start,
            metric=chosen.metric.value,
            by=chosen.by.value,
            during=chosen.during.value.strip() or _span(chosen.first.value, chosen.last.value),
            every=chosen.every.value,
            where={**self._scope, **picked},
        )

    def redraw(self) -> None:
        """Ask again and show what comes back, or in one calm sentence why there is nothing."""
        asking, place = self.asking, self.place
        self.results.show_call(calls(asking, store=place.store))
        try:
            self.seen = glance(asking, store=place.store, audience=place.audience, workspace=place.workspace)
        except AppealInsightsError as error:
            self.seen = None
            self.results.show_instead(self._told(error))
            return
        self.results.show(
            [glance_trend(self.seen, one) for one in place.languages],
            [glance_breakdown(self.seen, one) for one in place.languages],
        )

    def _changed(self, control: str) -> None:
        """Let the controls follow one another, then ask once."""
        if self._quiet:
            return
        with self._without_redrawing():
            try:
                if control == "metric":
                    self._choices = self._read_choices(self.controls.metric.value)
                    self._offer(self._choices)
                elif control == "every":
                    self.controls.offer_periods(self._choices.periods(self.controls.every.value))
                elif control in ("first", "last"):
                    self.controls.choose_days()
                elif control == "filter":
                    self.controls.offer_values(self._values(self.controls.filter.value))
            except AppealInsightsError as error:  # the store is gone: the question says so as well
                self.results.show_instead(self._told(error))
            self.controls.mark_typed()
        self.redraw()

    def _offer(self, choices: Choices) -> None:
        """Fill the controls with what the store has."""
        self.controls.offer_dimensions(choices.dimensions, held=self._scope)
        self.controls.offer_grains(choices.grains)
        self.controls.offer_periods(choices.periods(self.controls.every.value))

    def _set_start(self) -> None:
        """The question that the explorer opens with: what was given, else the newest complete periods."""
        chosen, asking = self.controls, self._start
        chosen.by.value = choice("dimension", str(asking.by), self._choices.dimensions) if asking.by else ""
        if asking.every:
            chosen.every.value = choice("grain", asking.every, self._choices.grains)
            chosen.offer_periods(self._choices.periods(chosen.every.value))
        shown = self._choices.complete(chosen.every.value)[-LEAD:]
        chosen.first.value, chosen.last.value = shown[0].label, shown[-1].label
        chosen.choose_days()
        chosen.during.value = asking.during
        chosen.mark_typed()

    def _read_choices(self, metric: str) -> Choices:
        place, start = self.place, self._start
        return read_choices(
            store=place.store, name=metric, basis=start.basis, as_of=start.as_of, workspace=place.workspace
        )

    def _values(self, dimension: str) -> list[str]:
        if not dimension:
            return []
        metric = self.controls.metric.value
        return read_values(dimension, store=self.place.store, name=metric, workspace=self.place.workspace)

    def _told(self, error: AppealInsightsError) -> str:
        return joined({one: _instead(error, one) for one in self.place.languages})

    @contextmanager
    def _without_redrawing(self) -> Iterator[None]:
        self._quiet = True
        try:
            yield
        finally:
            self._quiet = False

    def _repr_mimebundle_(self, **how: Any) -> Any:
        return self.results.beside(self.controls)._repr_mimebundle_(**how)

    def __repr__(self) -> str:
        return calls(self.asking, store=self.place.store)


def explore(
    store: str = "demo",
    *,
    language: str = "en",
    audience: str = "stakeholder",
    metric: str = "overturn_rate",
    by: str = "",
    during: str = "",
    every: str = "",
    where: str | Scope = "",
    basis: str = "",
    as_of: str = "",
    workspace: Path | None = None,
) -> Explorer:
    """Ask a store live: metric, period, grain, dimension and filter, with a chart and tables that follow.

    Takes   `store`: the name of a store in the workspace. `language`: en, zh-CN or both. `audience`: analyst sees all,
            stakeholder nothing of under ten records. The others are the question that it opens with, as `query` takes
            them; `where` holds for every question, and the filter of the screen narrows it further.
    Gives   an Explorer: show it by naming it in a cell. Weeks taken in later can be typed at once, and are in the
            lists when it is called again.
    Raises  what is wrong with a parameter. A question that cannot be answered is no error: a sentence says why.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        place = Place(store, choice("audience", audience, AUDIENCES), wanted, workspace)
        start = Asking(
            "trend",
            metric=metric,
            by=by,
            during=during,
            every=every,
            where=where,
            basis=choice("basis", basis, BASES) if basis else "",
            as_of=as_of,
        )
        return Explorer(place, start)


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}..{last}"


def _instead(error: AppealInsightsError, language: Language) -> str:
    if isinstance(error, EmptyPeriod):
        return say("explorer.nothing", language)
    return say("explorer.refused", language, message=error.say(language))
