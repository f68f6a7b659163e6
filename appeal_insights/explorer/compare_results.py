"""What comes back of a comparison: the way into it, both sides, and three tabs: parts, causes, what is beyond noise."""

import html
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ipywidgets as widgets

from appeal_insights.charts.theme import spec_of
from appeal_insights.explorer.chart import Picture
from appeal_insights.explorer.results import STYLE
from appeal_insights.findings.shown import Exhibit, joined
from appeal_insights.language import Language, say

PARTS, CAUSES, NOISE = range(3)  # the places of the tabs
TABS = ("parts", "causes", "noise")
ROOM = "360px"  # that a chart takes, kept free while another is drawn: the page does not jump
NAME_LENGTH = 40  # characters of a button of the way into a comparison


class Drawn:
    """Exhibits of one kind in every language: their charts, a list to look into what they name, their tables."""

    def __init__(self, drill: Callable[[int], None], choose: Callable[[Any], None], *, charts: bool = True) -> None:
        self.pictures: list[Picture] = []
        self._drill, self._choose, self._charts = drill, choose, charts
        self.list = widgets.Select(rows=5, layout=widgets.Layout(width="640px", max_width="100%"))
        self.button = widgets.Button()
        self.button.on_click(lambda _: self._chosen())
        self.row = widgets.HBox([self.list, self.button], layout=widgets.Layout(display="none", flex_flow="row wrap"))
        self._room = widgets.VBox(layout=widgets.Layout(min_height=ROOM if charts else "0"))
        self._text = widgets.HTML()
        self.panel = widgets.VBox([self._room, self.row, self._text])

    def speak(self, languages: Sequence[Language], label: str, button: str) -> None:
        """Say everything in these languages from now on, with a chart for each."""
        self.pictures = [Picture(language=one) for one in languages] if self._charts else []
        for picture in self.pictures:
            picture.observe(self._clicked, names="clicked")
        self._room.children = self.pictures
        self.list.description, self.button.description = label, button

    def show(self, exhibits: Sequence[Exhibit], options: Sequence[tuple[str, Any]]) -> None:
        """Show these: the first with a chart in each language is drawn, all are told and tabled."""
        drawn: dict[int, Exhibit] = {}
        for picture in self.pictures:
            own = [one for one in exhibits if one.language == picture.language and one.chart is not None][:1]
            drawn |= {id(one): one for one in own}
            picture.show(spec_of(own[0].chart) if own and own[0].chart is not None else None, own[0].alt if own else "")
        self._room.layout.min_height = ROOM if any(picture.spec for picture in self.pictures) else "0"
        self._text.value = "".join(told(one, heading=id(one) not in drawn) for one in exhibits)
        self.list.options = list(options)
        self.list.value = None
        self.list.rows = max(2, min(6, len(options)))
        self.row.layout.display = None if options else "none"

    def _chosen(self) -> None:
        if self.list.value is not None:
            self._choose(self.list.value)

    def _clicked(self, change: Any) -> None:
        place = change["new"].get("place")
        if isinstance(place, int | float):
            self._drill(int(place))


class CompareResults:
    """The right-hand side. It shows exhibits as they are and reckons nothing."""

    def __init__(
        self,
        *,
        by_chart: Callable[[int, int], None],
        by_list: Callable[[int, Any], None],
        back: Callable[[int | None], None],
        opened: Callable[[int], None],
    ) -> None:
        self._back = back
        self.instead = widgets.HTML()
        self.back = widgets.Button()
        self.back.on_click(lambda _: back(None))
        self.steps = widgets.HBox(layout=widgets.Layout(flex_flow="row wrap"))
        self.path = widgets.HBox([self.back, self.steps], layout=widgets.Layout(flex_flow="row wrap"))
        self.summary = widgets.HTML()
        self.drawn = [
            Drawn(partial(by_chart, tab), partial(by_list, tab), charts=tab != NOISE) for tab in (PARTS, CAUSES, NOISE)
        ]
        self.tabs = widgets.Tab([one.panel for one in self.drawn])
        self.tabs.observe(lambda change: opened(change["new"]), names="selected_index")
        self.hint, self.call = widgets.HTML(), widgets.HTML()
        self._answer = widgets.VBox([self.summary, self.hint, self.tabs])
        self.panel = widgets.VBox(
            [widgets.HTML(STYLE), self.path, self.instead, self._answer, self.call],
            layout=widgets.Layout(flex="1 1 630px", min_width="0"),
        )

    def speak(self, languages: tuple[Language, ...]) -> None:
        """Say everything in these languages from now on."""
        self._languages = languages
        labels = {PARTS: "segment", CAUSES: "cause", NOISE: "segment"}
        for tab, one in enumerate(self.drawn):
            one.speak(languages, self._say(labels[tab]), self._say("drill"))
        self.tabs.titles = tuple(self._say(name) for name in TABS)
        self.back.description = self.back.tooltip = self._say("back")
        self.hint.value = f'<div class="appeal-insights-notes"><p>{html.escape(self._say("click"))}</p></div>'

    def show_path(self, crumbs: Sequence[str]) -> None:
        """The way into the comparison: a button for each place to go back to, and where one is."""
        here = html.escape(f"{self._say('path')}: {crumbs[-1]}")
        buttons = [self._step(place, crumb) for place, crumb in enumerate(crumbs[:-1])]
        self.steps.children = [*buttons, widgets.HTML(f'<span aria-current="location">{here}</span>')]
        self.back.disabled = len(crumbs) < 2

    def show(self, summary: Sequence[Exhibit], *, shown: bool) -> None:
        """Both sides; nothing below them where nothing may be shown."""
        self.instead.value = ""
        self._answer.layout.display = None
        self.summary.value = "".join(map(told, summary))
        self.tabs.layout.display = self.hint.layout.display = None if shown else "none"

    def show_instead(self, sentence: str) -> None:
        """Show a sentence where the answer would be."""
        self.instead.value = f'<div class="appeal-insights-instead" role="status">{html.escape(sentence)}</div>'
        self._answer.layout.display = "none"
        for one in self.drawn:
            one.show([], [])

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

    def _step(self, place: int, crumb: str) -> Any:
        short = crumb if len(crumb) <= NAME_LENGTH else crumb[: NAME_LENGTH - 1] + "…"
        said = joined({one: say("compare.explorer.to_step", one, step=crumb) for one in self._languages})
        button = widgets.Button(description=f"{short} ›", tooltip=said, layout=widgets.Layout(width="auto"))
        button.on_click(lambda _: self._back(place))
        return button

    def _say(self, key: str) -> str:
        return joined({one: say(f"compare.explorer.{key}", one) for one in self._languages})


def told(exhibit: Exhibit, *, heading: bool = True) -> str:
    """An exhibit's sentences and its table, under its title where no chart says it; what comes from data is text."""
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in exhibit.notes)
    table = f'<div class="appeal-insights-table" tabindex="0">{exhibit.cells.as_html()}</div>' if exhibit.cells else ""
    title = f"<h4>{html.escape(exhibit.title)}</h4>" if heading and exhibit.title else ""
    return f'<div class="appeal-insights-notes" lang="{exhibit.language}">{title}{notes}{table}</div>'
