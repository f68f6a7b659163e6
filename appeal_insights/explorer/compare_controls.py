"""What is compared, in words of either language: how, which sides, of which records, and by which dimension."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from appeal_insights.explorer.filters import Filters
from appeal_insights.findings.choices import Choices, Values
from appeal_insights.findings.compared import Event
from appeal_insights.findings.shown import joined
from appeal_insights.language import Language, say

KINDS = ("periods", "groups", "event")
BEFORE, AFTER, DURING, EVENT = "before", "after", "during", "which_event"
OF_KIND = {"periods": (BEFORE, AFTER), "groups": (DURING,), "event": (EVENT,)}
OWN = ("metric", "basis", "kind", BEFORE, AFTER, DURING, EVENT)  # those above the filters
NAMES = (*OWN, "by", "language")
SHARED_WORDS = ("metric", "basis", "language")  # with the first explorer
SPOKEN = {"en": "english", "zh-CN": "chinese", "both": "both"}
TYPED = (BEFORE, AFTER, DURING)


class CompareControls:
    """The controls by name; only those of the chosen way to compare are shown."""

    def __init__(self, languages: tuple[Language, ...], find: Callable[[str, str], Values]) -> None:
        self._languages = languages
        self._choices: Choices | None = None
        self._events: Sequence[Event] = ()
        for name in NAMES:
            make = widgets.Combobox if name in TYPED else widgets.Dropdown
            more = {"continuous_update": False} if name in TYPED else {}
            setattr(self, name, make(**more, **self._look()))
        self.filters = Filters(say=self._of_filters, look=self._look, find=find)
        self.others = Filters(say=self._of_others, look=self._look, find=find)
        self.hint = widgets.HTML(layout=self._look()["layout"])
        self.hint.add_class("appeal-insights-quiet")
        self._of_groups = [*self.others.parts, self.hint]
        above = [getattr(self, name) for name in OWN]
        self.panel = widgets.VBox(
            [*above, *self.filters.parts, *self._of_groups, self.by, self.language],
            layout=widgets.Layout(flex="0 0 auto"),
        )
        self.kind.observe(lambda _: self._show_kind(), names="value")
        self.speak(languages)

    metric: Any
    basis: Any
    kind: Any
    before: Any
    after: Any
    during: Any
    which_event: Any
    by: Any
    language: Any

    def on_change(self, call: Callable[[str], None]) -> None:
        """Call with the name of the control whenever another value is chosen."""
        for name in NAMES:
            getattr(self, name).observe(lambda _, name=name: call(name), names="value")
        for filters in (self.filters, self.others):
            filters.on_change(call)

    def speak(self, languages: tuple[Language, ...]) -> None:
        """Say every label and every option in these languages."""
        self._languages = languages
        for part in self.panel.children:
            part.layout.width = self._look()["layout"].width
            if hasattr(part, "description"):
                part.style.description_width = self._look()["style"]["description_width"]
        for name in NAMES:
            getattr(self, name).description = self._say(name)
        offer(self.kind, [(self._say(one), one) for one in KINDS])
        spoken = [(self._in_all(f"explorer.spoken.{word}"), choice) for choice, word in SPOKEN.items()]
        offer(self.language, spoken, languages[0] if len(languages) == 1 else "both")
        self.filters.speak()
        self.others.speak()
        self.hint.value = self._say("other_hint")
        if self._choices:
            self.offer(self._choices, self._events, self.metric.value)
        self._show_kind()

    def offer(self, choices: Choices, events: Sequence[Event], metric: str) -> None:
        """Offer what a store has of a metric."""
        self._choices, self._events = choices, events
        offer(self.metric, [(self._named(one.name), one.id) for one in choices.metrics], metric)
        bases = [(self._in_all(f"explorer.basis_of.{one}"), one) for one in choices.bases]
        published = [(self._in_all("explorer.basis_of.published"), "")]
        offer(self.basis, bases or published, choices.basis if choices.bases else "")
        self.basis.disabled = len(choices.bases) < 2
        grain = "week" if "week" in choices.grains else choices.grains[0]
        labels = [one.label for one in reversed(choices.periods(grain))]
        for name in TYPED:
            getattr(self, name).options = labels
        known = [(self._named({"en": one.title_en, "zh": one.title_zh}), one.id) for one in reversed(events)]
        offer(self.which_event, known or [(self._say("no_event"), "")])
        self.filters.offer(choices.dimensions, self.label)
        self.others.offer(choices.dimensions, self.label)

    def offer_parts(self, dimensions: Sequence[str], chosen: str) -> None:
        """The dimensions that the comparison on the screen can be broken by."""
        offer(self.by, [(self.label(name), name) for name in dimensions], chosen)

    def label(self, name: str) -> str:
        """What a dimension is called."""
        if self._choices is None or not name:
            return name
        metric = next(one for one in self._choices.metrics if one.id == self.metric.value)
        return self._named(metric.contract.columns[name].label)

    def _show_kind(self) -> None:
        shown = OF_KIND[self.kind.value]
        for name in (*TYPED, EVENT):
            getattr(self, name).layout.display = None if name in shown else "none"
        for part in self._of_groups:
            part.layout.display = None if self.kind.value == "groups" else "none"
        if self.kind.value == "groups":
            self.others.choose(self.others.scope)  # hides again what has nothing to offer

    def _look(self) -> dict[str, Any]:
        """A look of its own for each control, wide enough for the longest label in both languages."""
        return {
            "style": {"description_width": "130px" if len(self._languages) > 1 else "92px"},
            "layout": widgets.Layout(width="370px" if len(self._languages) > 1 else "284px"),
        }

    def _of_filters(self, key: str, **values: str) -> str:
        return self._in_all(f"explorer.{key}", **values)

    def _of_others(self, key: str, **values: str) -> str:
        return self._say("other") if key == "filter" else self._of_filters(key, **values)

    def _say(self, key: str) -> str:
        return self._in_all(f"explorer.{key}" if key in SHARED_WORDS else f"compare.explorer.{key}")

    def _in_all(self, key: str, **values: str) -> str:
        return joined({one: say(key, one, **values) for one in self._languages})

    def _named(self, names: Any) -> str:
        told = {one: names["zh" if one == "zh-CN" else "en"] or names["en"] for one in self._languages}
        return joined({one: name for one, name in told.items() if name})


def offer(control: Any, options: list[tuple[str, str]], wanted: str | None = None) -> None:
    """Give a control its options; what was chosen stays chosen where it is among them."""
    kept = control.value if wanted is None else wanted
    control.options = options
    known = [value for _, value in options]
    control.value = kept if kept in known else next(iter(known), None)
