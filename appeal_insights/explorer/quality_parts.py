"""The controls of the quality explorer, and the three tabs beside them."""

import html
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from appeal_insights.charts.theme import spec_of
from appeal_insights.explorer.chart import Picture
from appeal_insights.explorer.compare_controls import offer
from appeal_insights.explorer.compare_results import told
from appeal_insights.explorer.filters import Filters
from appeal_insights.explorer.results import STYLE
from appeal_insights.findings.choices import Choices, Values
from appeal_insights.findings.planned import PARTS
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.language import Language, say
from appeal_insights.metrics.audited import AUDITS
from appeal_insights.metrics.metric import metric

OWN = ("during", "by", "also", "lift", "costs")  # those beside the filters
NAMES = (*OWN, "language")
SPOKEN = {"en": "english", "zh-CN": "chinese", "both": "both"}


class QualityControls:
    """The controls by name. They offer what they are given, and keep what was chosen where it is still there."""

    def __init__(self, languages: tuple[Language, ...], find: Callable[[str, str], Values]) -> None:
        self._languages = languages
        self._choices: Choices | None = None
        self.during = widgets.Combobox(continuous_update=False, **self._look())
        self.by, self.also, self.language = (widgets.Dropdown(**self._look()) for _ in range(3))
        self.lift, self.costs = (widgets.Text(continuous_update=False, **self._look()) for _ in range(2))
        self.filters = Filters(say=self._of_filters, look=self._look, find=find)
        own = [getattr(self, name) for name in OWN]
        self.panel = widgets.VBox([*own, *self.filters.parts, self.language], layout=widgets.Layout(flex="0 0 auto"))
        self.speak(languages)

    @property
    def dimensions(self) -> list[str]:
        """The dimensions to break by."""
        return [name for name in (self.by.value, self.also.value) if name]

    def on_change(self, call: Callable[[str], None]) -> None:
        """Call with the name of the control whenever another value is chosen."""
        for name in NAMES:
            getattr(self, name).observe(lambda _, name=name: call(name), names="value")
        self.filters.on_change(call)

    def speak(self, languages: tuple[Language, ...]) -> None:
        """Say every label and every option in these languages."""
        self._languages = languages
        for part in self.panel.children:
            part.layout.width = self._look()["layout"].width
            if hasattr(part, "description"):
                part.style.description_width = self._look()["style"]["description_width"]
        for name in OWN:
            getattr(self, name).description = self._in_all(f"quality_explorer.{name}")
        self.language.description = self._of_filters("language")
        self.costs.placeholder = self._in_all("quality_explorer.costs_hint")
        spoken = [(self._of_filters(f"spoken.{word}"), choice) for choice, word in SPOKEN.items()]
        offer(self.language, spoken, languages[0] if len(languages) == 1 else "both")
        self.filters.speak()
        if self._choices:
            self.offer(self._choices)
        else:
            self.offer_nothing()

    def offer(self, choices: Choices) -> None:
        """Offer what the audits of a store have."""
        self._choices = choices
        grain = "week" if "week" in choices.grains else choices.grains[0]
        self.during.options = [one.label for one in reversed(choices.periods(grain))]
        offer(self.by, [(self._in_all("quality_explorer.whole"), ""), *self._labelled(choices.dimensions)])
        self.offer_also()
        self.filters.offer(choices.dimensions, self._label)

    def offer_nothing(self) -> None:
        """What there is to choose where there are no audits."""
        for control in (self.by, self.also):
            offer(control, [(self._in_all("quality_explorer.whole"), "")])
        self.filters.offer([], str)

    def offer_also(self) -> None:
        """A second dimension to break by, once there is a first."""
        others = [name for name in (self._choices.dimensions if self._choices else ()) if name != self.by.value]
        offer(self.also, [(self._of_filters("no_also"), ""), *(self._labelled(others) if self.by.value else [])])
        self.also.disabled = not self.by.value

    def _labelled(self, names: Sequence[str]) -> list[tuple[str, str]]:
        return [(self._label(name), name) for name in names]

    def _label(self, name: str) -> str:
        label = metric(AUDITS).contract.everything[name].label
        return joined({one: label["zh" if one == "zh-CN" else "en"] for one in self._languages})

    def _look(self) -> dict[str, Any]:
        """A look of its own for each control, wide enough for the longest label in both languages."""
        return {
            "style": {"description_width": "130px" if len(self._languages) > 1 else "92px"},
            "layout": widgets.Layout(width="370px" if len(self._languages) > 1 else "284px"),
        }

    def _of_filters(self, key: str, **values: str) -> str:
        return self._in_all(f"explorer.{key}", **values)

    def _in_all(self, key: str, **values: str) -> str:
        return joined({one: say(key, one, **values) for one in self._languages})


class QualityResults:
    """The right-hand side: a tab for each part. It shows exhibits as they are and reckons nothing."""

    def __init__(self, languages: tuple[Language, ...], *, opened: Callable[[], None]) -> None:
        self._languages = languages
        self.instead, self.call = widgets.HTML(), widgets.HTML()
        self.pages = {part: widgets.VBox() for part in PARTS}
        self.tabs = widgets.Tab(list(self.pages.values()), selected_index=0)
        self.tabs.observe(lambda _: opened(), names="selected_index")
        self.panel = widgets.VBox(
            [widgets.HTML(STYLE), self.instead, self.tabs, self.call],
            layout=widgets.Layout(flex="1 1 630px", min_width="0"),
        )
        self.speak(languages)

    @property
    def page(self) -> Any:
        """The tab that is open."""
        return self.pages[PARTS[self.tabs.selected_index or 0]]

    @property
    def pictures(self) -> list[Picture]:
        """The charts of the tab that is open."""
        return [one for one in self.page.children if isinstance(one, Picture)]

    @property
    def text(self) -> str:
        """What the tab that is open says, with its tables."""
        return "".join(one.value for one in self.page.children if isinstance(one, widgets.HTML))

    def speak(self, languages: tuple[Language, ...]) -> None:
        """Say the titles in these languages from now on."""
        self._languages = languages
        self.tabs.titles = tuple(self._say(part) for part in PARTS)

    def show(self, exhibits: Sequence[Exhibit]) -> None:
        """Show these in the tab that is open: each with its chart, its sentences and its table."""
        self._say_instead("")
        parts: list[Any] = []
        for one in exhibits:
            if one.chart is not None:
                parts.append(Picture(spec_of(one.chart, checked=False), one.alt, language=one.language))
            parts.append(widgets.HTML(told(one)))
        for page in self.pages.values():
            page.children = parts if page is self.page else []

    def show_instead(self, sentence: str) -> None:
        """Show a sentence where the answer would be."""
        for page in self.pages.values():
            page.children = []
        self._say_instead(sentence)

    def show_call(self, text: str) -> None:
        """Show the call that gives the same numbers."""
        self.call.value = (
            f'<div class="appeal-insights-notes"><p>{html.escape(self._say("call"))}</p></div>'
            f'<pre class="appeal-insights-call">{html.escape(text)}</pre>'
        )

    def beside(self, controls: Any) -> Any:
        """The whole explorer: the controls on the left, this on the right."""
        whole = widgets.HBox([controls.panel, self.panel], layout=widgets.Layout(flex_flow="row wrap"))
        whole.add_class("appeal-insights-explorer")
        return whole

    def _say_instead(self, sentence: str) -> None:
        shown = f'<div class="appeal-insights-instead" role="status">{html.escape(sentence)}</div>'
        self.instead.value = shown if sentence else ""
        self.tabs.layout.display = "none" if sentence else None

    def _say(self, key: str) -> str:
        return joined({one: say(f"quality_explorer.{key}", one) for one in self._languages})
