"""What stands around every explorer: its link, its code, and what can be done with the view that it shows."""

import html
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from appeal_insights.errors import AppealInsightsError, BadParameter
from appeal_insights.explorer.frame_parts import CodePart, ExportPart, KeepPart, LinkPart, Part, RunPart
from appeal_insights.explorer.last_views import keep_last, last_view, served
from appeal_insights.explorer.place import Holds, Place
from appeal_insights.findings.view import View

__all__ = ["Frame", "Holds", "Place"]


class Frame:
    """The bar of actions beneath an explorer. It holds no logic: each action is one call of the library.

    An explorer calls `restore` once when it is made, and shows what it was made with where that says no; and `changed`
    whenever another view is on the screen. `made_with` are the words that it was made with: only an explorer made with
    the same ones opens with the view that was shown last. On a page without code there are code and link alone.
    """

    def __init__(
        self, place: Place, holds: Holds, *, name: str = "", made_with: Mapping[str, str] | None = None
    ) -> None:
        self.place = place
        self.holds = holds
        self.name = name or holds.kind
        self.made_with = dict(made_with or {})
        makes: list[type[Part]] = [CodePart, LinkPart, *([] if served() else [KeepPart, ExportPart, RunPart])]
        self.parts: dict[str, Part] = {make.key: make(self) for make in makes}
        self.said = widgets.HTML()
        self._buttons = {key: widgets.Button() for key in self.parts}
        for key, button in self._buttons.items():
            button.on_click(lambda _, key=key: self._open(key))
        row = widgets.HBox(list(self._buttons.values()), layout=widgets.Layout(flex_flow="row wrap"))
        self.bar = widgets.VBox([row, self.said, *(part.panel for part in self.parts.values())])
        self.bar.add_class("appeal-insights-bar")
        self.speak(place)

    def around(self, explorer: Any) -> Any:
        """The explorer with its bar beneath."""
        return widgets.VBox([explorer, self.bar])

    def changed(self) -> None:
        """Another view is on the screen: its link and code follow, and it is kept as the last one."""
        view = self.holds.read()
        self.tell("")
        for part in self.parts.values():
            part.follow(view)
        keep_last(view, self.name, self.made_with, self.place.workspace)

    def restore(self) -> View | None:
        """Show the view that was shown last, where there is one and the store still has what it names."""
        view = last_view(self.name, self.made_with, self.place.workspace)
        if view is not None:
            try:
                self._show(view)
            except AppealInsightsError:
                return None
        return view

    def open(self, text: str) -> None:
        """Show the view of a token. Raises BadParameter where it is none, or not one of this explorer or store."""
        self._show(View.from_token(text))

    def speak(self, place: Place) -> None:
        """Say every label in the languages of a place from now on."""
        self.place = place
        for key, button in self._buttons.items():
            button.description = button.tooltip = place.say(f"frame.{key}")
        for part in self.parts.values():
            part.speak()

    def tell(self, sentence: str, *, where: str = "") -> None:
        """Say what became of an action, and where its file is."""
        file = f" <code>{html.escape(where)}</code>" if where else ""
        told = f'<div class="appeal-insights-instead" role="status">{html.escape(sentence)}{file}</div>'
        self.said.value = told if sentence else ""

    def trying(self, action: Callable[[], None]) -> None:
        """Do something; where it cannot be done, say why."""
        try:
            action()
        except AppealInsightsError as error:
            self.tell(self.place.tell(error))
        except OSError as error:
            self.tell(self.place.say("frame.not_written", reason=error.strerror or type(error).__name__))

    def _show(self, view: View) -> None:
        if view.kind != self.holds.kind:
            raise BadParameter.of("view.other_kind", given=view.kind, expected=self.holds.kind)
        if view.asked.get("store", self.place.store) != self.place.store:
            raise BadParameter.of("view.other_store", given=view.asked["store"], expected=self.place.store)
        self.holds.show(view)

    def _open(self, key: str) -> None:
        """Open one part of the bar, or close it again."""
        for name, part in self.parts.items():
            part.panel.layout.display = None if name == key and part.panel.layout.display == "none" else "none"
