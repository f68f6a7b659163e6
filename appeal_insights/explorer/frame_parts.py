"""The parts of the bar beneath an explorer: code, link, keep, export, run. Each sets and reads controls only."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import ipywidgets as widgets

from appeal_insights.errors import AppealInsightsError
from appeal_insights.explorer.place import Holds, Place
from appeal_insights.findings.kept import keep
from appeal_insights.findings.view import View
from appeal_insights.reports.export_view import FORMS, export_view
from appeal_insights.reports.run import Run
from appeal_insights.reports.view_run import RunAsked, run_of, start

WIDE = "640px"


class Bar(Protocol):
    """What a part is told by, and says things to."""

    place: Place
    holds: Holds

    def open(self, text: str) -> None: ...
    def tell(self, sentence: str, *, where: str = "") -> None: ...
    def trying(self, action: Callable[[], None]) -> None: ...


class Part:
    """One part: a panel that is shut at first."""

    key = ""

    def __init__(self, frame: Bar, *children: Any) -> None:
        self.frame = frame
        self.panel = widgets.VBox(list(children), layout=widgets.Layout(display="none"))

    def follow(self, view: View) -> None:
        """Another view is on the screen."""

    def speak(self) -> None:
        """Say the labels in the languages of the place."""

    def _label(self, key: str) -> str:
        return self.frame.place.say(f"frame.{key}")


class CodePart(Part):
    """The lines of Python that give what is shown, to be copied."""

    key = "code"

    def __init__(self, frame: Bar) -> None:
        self.text = _area()
        super().__init__(frame, self.text)

    def follow(self, view: View) -> None:
        self.text.value = view.code()
        self.text.rows = len(self.text.value.splitlines()) + 1

    def speak(self) -> None:
        self.text.description = self._label("code_text")


class LinkPart(Part):
    """The token of the view, to be copied, and a field to paste another into."""

    key = "link"

    def __init__(self, frame: Bar) -> None:
        self.text = _area()
        self.paste = widgets.Text(continuous_update=False, layout=widgets.Layout(width=WIDE), style=_style())
        self.paste.observe(lambda change: self._pasted(str(change["new"])), names="value")
        super().__init__(frame, self.text, self.paste)

    def follow(self, view: View) -> None:
        self.text.value = view.token()

    def speak(self) -> None:
        self.text.description, self.paste.description = self._label("link_text"), self._label("paste")

    def _pasted(self, text: str) -> None:
        if text.strip():
            self.frame.trying(lambda: self.frame.open(text))
            self.paste.value = ""


class KeepPart(Part):
    """The analyst's own words, kept as a finding beside the numbers of the view."""

    key = "keep"

    def __init__(self, frame: Bar) -> None:
        self.en, self.zh = _area(), _area()
        self.author = widgets.Text(layout=widgets.Layout(width=WIDE), style=_style())
        self.button = widgets.Button()
        self.button.on_click(lambda _: frame.trying(self._keep))
        super().__init__(frame, self.en, self.zh, self.author, self.button)

    def speak(self) -> None:
        for name in ("en", "zh", "author"):
            getattr(self, name).description = self._label(f"keep_{name}")
        self.button.description = self._label("keep_do")

    def _keep(self) -> None:
        place = self.frame.place
        keep(
            self.frame.holds.read(),
            en=self.en.value,
            zh=self.zh.value,
            author=self.author.value,
            store=place.store,
            workspace=place.workspace,
        )
        self.en.value = self.zh.value = ""
        self.frame.tell(place.say("frame.kept"))


class ExportPart(Part):
    """What is shown, as a file that stands by itself."""

    key = "export"

    def __init__(self, frame: Bar) -> None:
        self.form = widgets.Dropdown(options=list(FORMS), style=_style())
        self.button = widgets.Button()
        self.button.on_click(lambda _: frame.trying(self._export))
        super().__init__(frame, self.form, self.button)

    def speak(self) -> None:
        self.form.description, self.button.description = self._label("form"), self._label("export_do")

    def _export(self) -> None:
        frame, place = self.frame, self.frame.place
        written = export_view(
            frame.holds.read(),
            frame.holds.exhibits(),
            form=self.form.value,
            language=place.language,
            audience=place.audience,
            store=place.store,
            workspace=place.workspace,
        )
        frame.tell(place.say("frame.exported"), where="  ".join(str(path) for path in written))


class RunPart(Part):
    """The dated run that asks why: its command, its call, and a button that starts it."""

    key = "run"

    def __init__(self, frame: Bar) -> None:
        self.text, self.button = _area(), widgets.Button()
        self.progress = widgets.FloatProgress(min=0, max=1, layout=widgets.Layout(width=WIDE, display="none"))
        self.button.on_click(lambda _: frame.trying(self._start))
        self._asked: RunAsked | None = None
        self._at_work: Future[Run] | None = None
        super().__init__(frame, self.text, self.button, self.progress)

    def follow(self, view: View) -> None:
        place = self.frame.place
        try:
            told = run_of(
                view, store=place.store, language=place.language, audience=place.audience, workspace=place.workspace
            )
        except AppealInsightsError as error:
            self._asked, self.text.value = None, place.tell(error)
        else:
            self._asked, self.text.value = told, f"{told.command}\n\n{told.call}"
        self.button.disabled = self._asked is None
        self.text.rows = len(self.text.value) // 80 + 4

    def speak(self) -> None:
        self.text.description, self.button.description = self._label("run_text"), self._label("run_do")
        self.progress.description = self._label("run_progress")

    def _start(self) -> None:
        """Start the run beside the kernel's own work, where a loop goes on; else wait for it."""
        if self._asked is None or (self._at_work and not self._at_work.done()):
            return
        self.progress.value, self.progress.layout.display = 0.0, None
        self.frame.tell(self.frame.place.say("frame.running"))
        asked, tell = self._asked, self._told
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._done(start(asked, tell, workspace=self.frame.place.workspace))
            return
        thread = ThreadPoolExecutor(1)
        self._at_work = thread.submit(start, asked, _handed_to(loop, tell), workspace=self.frame.place.workspace)
        self._at_work.add_done_callback(lambda done: loop.call_soon_threadsafe(self._ended, done))
        thread.shutdown(wait=False)

    def _told(self, part: float) -> None:
        self.progress.value = part

    def _ended(self, done: "Future[Run]") -> None:
        self.progress.layout.display = "none"
        self.frame.trying(lambda: self._done(done.result()))

    def _done(self, run: Run) -> None:
        self.progress.layout.display = "none"
        self.frame.tell(self.frame.place.say("frame.ran"), where=str(run.html))


def _handed_to(loop: asyncio.AbstractEventLoop, tell: Callable[[float], None]) -> Callable[[float], None]:
    """The same, to be called from another thread: widgets belong to the thread of the loop."""

    def told(part: float) -> None:
        loop.call_soon_threadsafe(tell, part)

    return told


def _area() -> Any:
    return widgets.Textarea(rows=3, layout=widgets.Layout(width=WIDE), style=_style())


def _style() -> dict[str, str]:
    return {"description_width": "180px"}
