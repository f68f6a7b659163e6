"""Which records are looked at: several dimensions, several values of each, found by typing where there are many."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets

from appeal_insights.explorer.latest import Latest
from appeal_insights.findings.choices import Values
from appeal_insights.records.scope import Scope

MOST_ROWS = 10  # of the list of values before it scrolls
MOST_NAMED = 3  # values that the button of a filter names

Say = Callable[..., str]


class Filters:
    """A dimension, a search and a list of its values; below, a button for each dimension that is held to some."""

    def __init__(self, *, say: Say, look: Callable[[], dict[str, Any]], find: Callable[[str, str], Values]) -> None:
        self._say, self._find = say, find
        self._chosen: Scope = {}
        self._named: Callable[[str], str] = str
        self._call: Callable[[str], None] = lambda _: None
        self._quiet = False
        self.filter = widgets.Dropdown(**look())
        self.search = widgets.Text(**look())
        self.values = widgets.SelectMultiple(rows=1, **look())
        self._hint = widgets.HTML(layout=look()["layout"])
        self._hint.add_class("appeal-insights-quiet")
        self._buttons = widgets.VBox()
        self._searching = Latest(self._search)
        self.parts = [self.filter, self.search, self.values, self._hint, self._buttons]
        self.filter.observe(lambda _: self._of_dimension(), names="value")
        self.search.observe(lambda _: self._searching.ask(), names="value")
        self.values.observe(lambda _: self._of_values(), names="value")

    @property
    def scope(self) -> Scope:
        """The values chosen, by dimension, in the order in which they were."""
        return {name: list(values) for name, values in self._chosen.items()}

    def on_change(self, call: Callable[[str], None]) -> None:
        """Call with a name whenever something is chosen."""
        self._call = call

    def speak(self) -> None:
        """Say the labels again, in the languages that hold now."""
        self.filter.description, self.search.description = self._say("filter"), self._say("search")
        self.values.description, self.search.placeholder = self._say("values"), self._say("search_hint")

    def offer(self, names: Sequence[str], named: Callable[[str], str]) -> None:
        """Dimensions to filter by. What is held to values of one that is no longer there is dropped."""
        self._named = named
        self._chosen = {name: values for name, values in self._chosen.items() if name in names}
        kept = self.filter.value if self.filter.value in names else ""
        self._set(self.filter, options=[(self._say("no_filter"), ""), *((named(name), name) for name in names)])
        self._set(self.filter, value=kept)
        self._offer_values()

    def choose(self, scope: Scope) -> None:
        """Hold these dimensions to these values and no other."""
        self._chosen = {name: list(values) for name, values in scope.items() if values}
        self._set(self.filter, value=next(reversed(self._chosen), ""))
        self._set(self.search, value="")
        self._offer_values()

    def _of_dimension(self) -> None:
        if not self._quiet:
            self._set(self.search, value="")
            self._offer_values()
            self._call("filter")

    def _search(self) -> None:
        if not self._quiet:
            self._offer_values()

    def _of_values(self) -> None:
        if self._quiet:
            return
        rest = {name: values for name, values in self._chosen.items() if name != self.filter.value}
        self._chosen = rest | ({self.filter.value: list(self.values.value)} if self.values.value else {})
        self._show_buttons()
        self._call("values")

    def _offer_values(self) -> None:
        """The values that hold the text searched for, after those chosen already."""
        name = self.filter.value
        found = self._find(name, self.search.value) if name else Values([], 0)
        chosen = self._chosen.get(name, []) if name else []
        offered = [*(value for value in chosen if value not in found.offered), *found.offered]
        self._set(self.values, options=offered)
        self._set(self.values, value=tuple(chosen))
        self.values.rows = max(1, min(MOST_ROWS, len(offered)))
        self._hint.value = self._said(found)
        for part in (self.search, self.values, self._hint):
            part.layout.display = None if name else "none"
        self._show_buttons()

    def _said(self, found: Values) -> str:
        if not found.found:
            return self._say("values_none")
        some = {"shown": str(len(found.offered)), "found": f"{found.found:,}"}
        return self._say("values_hint") if len(found.offered) == found.found else self._say("values_some", **some)

    def _show_buttons(self) -> None:
        self._buttons.children = [self._button(name, values) for name, values in self._chosen.items()]

    def _button(self, name: str, values: Sequence[str]) -> Any:
        told = ", ".join(values[:MOST_NAMED])
        if len(values) > MOST_NAMED:
            told = self._say("more", values=told, count=str(len(values) - MOST_NAMED))
        said = self._say("drop", dimension=self._named(name), values=told)
        button = widgets.Button(description=said, tooltip=said, icon="times", layout=self.filter.layout)
        button.on_click(lambda _: self._drop(name))
        return button

    def _drop(self, name: str) -> None:
        self._chosen.pop(name, None)
        self._offer_values()
        self._call("values")

    def _set(self, control: Any, **traits: Any) -> None:
        """Set a control without following it."""
        quiet, self._quiet = self._quiet, True
        try:
            for name, value in traits.items():
                setattr(control, name, value)
        finally:
            self._quiet = quiet
