"""What one asks by: metric, basis, period, grain, dimensions and filters, in words of either language."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any

import ipywidgets as widgets

from appeal_insights.explorer.filters import Filters
from appeal_insights.findings.choices import Choices, Values
from appeal_insights.findings.shown import joined
from appeal_insights.language import Language, say
from appeal_insights.metrics.metric import Metric
from appeal_insights.periods import Grain, Period

OWN = ("metric", "basis", "first", "last", "during", "every", "by", "also")  # those beside the filters
NAMES = (*OWN, "filter", "search", "values", "language")
SPOKEN = {"en": "english", "zh-CN": "chinese", "both": "both"}


class Controls:
    """The controls by name. They offer what they are given, and keep what was chosen where it is still there."""

    def __init__(self, languages: tuple[Language, ...], find: Callable[[str, str], Values]) -> None:
        self._languages = languages
        self._metrics: Sequence[Metric] = ()
        self._periods: list[Period] = []
        self._days: tuple[date, date] | None = None
        self._choices: Choices | None = None
        self._held: Collection[str] = ()
        for name in (*OWN, "language"):
            if name != "during":
                setattr(self, name, widgets.Dropdown(**self._look()))
        self.during = widgets.Text(placeholder="2026-09..2026-10", continuous_update=False, **self._look())
        self.filters = Filters(say=self._say, look=self._look, find=find)
        own = [getattr(self, name) for name in OWN]
        self.panel = widgets.VBox([*own, *self.filters.parts, self.language], layout=widgets.Layout(flex="0 0 auto"))
        self.speak(languages)

    metric: Any
    basis: Any
    first: Any
    last: Any
    every: Any
    by: Any
    also: Any
    language: Any

    @property
    def filter(self) -> Any:
        """The dimension that is filtered by."""
        return self.filters.filter

    @property
    def search(self) -> Any:
        """What its values have to hold."""
        return self.filters.search

    @property
    def values(self) -> Any:
        """Its values."""
        return self.filters.values

    @property
    def dimensions(self) -> list[str]:
        """The dimensions to break by."""
        return [name for name in (self.by.value, self.also.value) if name]

    def on_change(self, call: Callable[[str], None]) -> None:
        """Call with the name of the control whenever another value is chosen."""
        for name in (*OWN, "language"):
            getattr(self, name).observe(lambda _, name=name: call(name), names="value")
        self.filters.on_change(call)

    def speak(self, languages: tuple[Language, ...]) -> None:
        """Say every label and every option in these languages."""
        self._languages = languages
        for part in self.panel.children:
            part.layout.width = self._look()["layout"].width
            if hasattr(part, "description"):
                part.style.description_width = self._look()["style"]["description_width"]
        for name in (*OWN, "language"):
            getattr(self, name).description = self._say(name)
        spoken = [(self._say(f"spoken.{word}"), choice) for choice, word in SPOKEN.items()]
        _offer(self.language, spoken, languages[0] if len(languages) == 1 else "both")
        self.filters.speak()
        if self._choices:
            self.offer(self._choices, metric=self.metric.value, held=self._held)

    def offer(self, choices: Choices, *, metric: str, held: Collection[str]) -> None:
        """Offer what a store has of a metric; a dimension that is held to some values is not for filtering."""
        self._choices, self._held, self._metrics = choices, held, choices.metrics
        _offer(self.metric, [(self._named(one.name), one.id) for one in choices.metrics], metric)
        bases = [(self._say(f"basis_of.{one}"), one) for one in choices.bases]
        _offer(self.basis, bases or [(self._say("basis_of.published"), "")], choices.basis if choices.bases else "")
        self.basis.disabled = len(choices.bases) < 2
        self._offer_grains(choices.grains)
        self.offer_periods(choices.periods(self.every.value))
        _offer(self.by, [(self._say("no_by"), ""), *self._labelled(choices.dimensions)])
        self.offer_also()
        self.filters.offer([name for name in choices.dimensions if name not in held], self._label)

    def offer_also(self) -> None:
        """A second dimension to break by, once there is a first."""
        others = [name for name in (self._choices.dimensions if self._choices else ()) if name != self.by.value]
        _offer(self.also, [(self._say("no_also"), ""), *(self._labelled(others) if self.by.value else [])])
        self.also.disabled = not self.by.value

    def offer_periods(self, periods: list[Period]) -> None:
        """Periods to begin and to end with; of another grain, those that hold the days chosen so far."""
        start, last_day = self._days or (periods[0].start, periods[-1].last_day)
        self._periods = periods
        names = [(one.label, one.label) for one in periods]
        _offer(self.first, names, next((one.label for one in periods if start < one.end), names[0][1]))
        _offer(self.last, names, next((one.label for one in periods if last_day < one.end), names[-1][1]))

    def choose_days(self) -> None:
        """Remember the days from the first period chosen to the last, for when the grain is changed and back again."""
        chosen = {one.label: one for one in self._periods}
        self._days = chosen[self.first.value].start, chosen[self.last.value].last_day

    def choose_span(self, span: str) -> None:
        """Choose a span in the lists where it is made of periods of them, else type it."""
        first, _, last = span.partition("..")
        labels = [one.label for one in self._periods]
        listed = first in labels and (last or first) in labels
        if listed:
            self.first.value, self.last.value = first, last or first
            self.choose_days()
        self.during.value = "" if listed else span
        self.mark_typed()

    def mark_typed(self) -> None:
        """A period that is typed in stands before the two that are chosen."""
        self.first.disabled = self.last.disabled = bool(self.during.value.strip())

    def _offer_grains(self, grains: Sequence[Grain]) -> None:
        """Grains, weeks chosen first where there are any."""
        new = not self.every.options
        _offer(self.every, [(self._say(f"grain.{grain}"), grain) for grain in grains])
        if new:
            self.every.value = "week" if "week" in grains else grains[0]

    def _labelled(self, names: Sequence[str]) -> list[tuple[str, str]]:
        return [(self._label(name), name) for name in names]

    def _label(self, name: str) -> str:
        return self._named(self._metric.contract.everything[name].label)

    @property
    def _metric(self) -> Metric:
        return next(one for one in self._metrics if one.id == self.metric.value)

    def _look(self) -> dict[str, Any]:
        """A look of its own for each control, wide enough for the longest label in both languages."""
        return {
            "style": {"description_width": "130px" if len(self._languages) > 1 else "92px"},
            "layout": widgets.Layout(width="370px" if len(self._languages) > 1 else "284px"),
        }

    def _say(self, key: str, **values: str) -> str:
        return joined({one: say(f"explorer.{key}", one, **values) for one in self._languages})

    def _named(self, names: Any) -> str:
        return joined({one: names["zh" if one == "zh-CN" else "en"] for one in self._languages})


def _offer(control: Any, options: list[tuple[str, str]], wanted: str | None = None) -> None:
    """Give a control its options; what was chosen stays chosen where it is among them."""
    kept = control.value if wanted is None else wanted
    control.options = options
    known = [value for _, value in options]
    control.value = kept if kept in known else known[0]
