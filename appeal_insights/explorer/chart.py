"""A chart as a widget: drawn without a network in JupyterLab and on the page without code, and open to clicks."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import anywidget
import traitlets

from appeal_insights.language import Language, say
from appeal_insights.reports.vega import chart_script, locale, reaches_out


class Library(anywidget.AnyWidget):
    """The charting library, sent once from a kernel however many pictures it shows. It is never shown itself."""

    _esm = files("appeal_insights.explorer").joinpath("library_loader.js").read_text(encoding="utf-8")
    code = traitlets.Unicode().tag(sync=True)


class Picture(anywidget.AnyWidget):
    """A chart that follows its specification, as wide as its place.

    `show` draws another chart. `clicked` holds the plain fields (texts, numbers) of the mark that was clicked last;
    it is empty for a moment where the same one is clicked again, so that each click is seen by who observes it.
    """

    _esm = files("appeal_insights.explorer").joinpath("picture.js").read_text(encoding="utf-8")
    _css = files("appeal_insights.explorer").joinpath("picture.css").read_text(encoding="utf-8")
    spec = traitlets.Dict().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    language = traitlets.Unicode().tag(sync=True)
    locale = traitlets.Dict().tag(sync=True)
    failed = traitlets.Unicode().tag(sync=True)
    clicked = traitlets.Dict()

    def __init__(
        self, spec: Mapping[str, Any] | None = None, alt: str = "", *, language: Language = "en", **how: Any
    ) -> None:
        _library()
        super().__init__(language=language, locale=locale(language), failed=say("export.not_drawn", language), **how)
        self.on_msg(self._take_click)
        if spec:
            self.show(spec, alt)

    def show(self, spec: Mapping[str, Any] | None, alt: str = "") -> None:
        """Draw this chart in place of the one that is there; nothing clears it.

        Raises  ValueError   the specification names an address: a chart holds its data and fetches nothing.
        """
        if spec and reaches_out(spec):
            raise ValueError("A chart names an outside address. Give it its data.")
        with self.hold_sync():
            self.alt = alt
            self.spec = dict(spec or {})

    def _take_click(self, _: Any, message: Any, __: Any) -> None:
        fields = message.get("clicked") if isinstance(message, dict) else None
        if not isinstance(fields, dict):
            return
        told = {str(name): value for name, value in fields.items() if isinstance(value, (str, int, float))}
        if told == self.clicked:
            self.clicked = {}
        self.clicked = told


@cache
def _library() -> Library:
    script = files("appeal_insights.explorer").joinpath("library.js").read_text(encoding="utf-8")
    return Library(code=chart_script(script))
