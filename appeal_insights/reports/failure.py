"""What became of a run that failed: said in the run's language, with the cell, the reason and the next step."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from appeal_insights import __version__, errors
from appeal_insights.errors import AppealInsightsError
from appeal_insights.language import LANGUAGES, Language, languages
from appeal_insights.records.scope import write_scope
from appeal_insights.reports.offline import page, word, write_whole
from appeal_insights.reports.prose import keep_language

ERROR_PAGE, ERROR_TEXT, FAILURE = "error.html", "error.txt", "failure.json"

Kind = Literal["cell", "ours", "kernel", "no_kernel", "interrupted", "ended", "other"]
_NEXT: Mapping[Kind, str] = {"cell": "cell", "ours": "ours", "kernel": "kernel", "no_kernel": "no_kernel"}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_MARK = "papermill-error-cell"  # the anchor before the cell that failed, and the tag of the cells that papermill adds


@dataclass(frozen=True)
class Asked:
    """What a run was asked for, as it is kept from its first moment."""

    notebook: str
    given: Mapping[str, str]
    parameters: Mapping[str, Any]
    started: str

    @property
    def language(self) -> str:
        return known_language(self.parameters.get("language"))

    @property
    def command(self) -> str:
        """The command that asks the same."""
        pairs = [f"-p {shlex.quote(f'{name}={value}')}" for name, value in self.given.items()]
        return " ".join(["appeal-insights run", shlex.quote(self.notebook), *pairs])


@dataclass(frozen=True)
class CellError:
    """The error that a cell ended with, as its kernel told it."""

    name: str
    message: str
    trace: str

    @property
    def kind(self) -> type[AppealInsightsError] | None:
        """Which of our errors it is, if it is one."""
        found = getattr(errors, self.name, None)
        return found if isinstance(found, type) and issubclass(found, AppealInsightsError) else None

    def say(self, language: str) -> str:
        """Its name and what it says. Of an error of ours the trace ends with a note that says it in Chinese."""
        told = self.message.removeprefix(f"{self.name}: ")
        if self.kind and language != "en":
            told = self.trace.rpartition(self.message)[2].strip() or self.kind(told).say(language)
        return f"{self.name}: {told}"


@dataclass(frozen=True)
class Stopped:
    """The cell where a notebook stopped: which of its code cells, below which heading, with what trace."""

    cell: int
    heading: str
    source: str
    trace: str = ""


def known_language(choice: object) -> str:
    """The choice of languages if it is one, else English."""
    return str(choice) if choice in (*LANGUAGES, "both") else "en"


def in_words(error: BaseException, choice: str) -> str:
    """What an error says in each language wanted, one below the other. Only ours speak more than one."""
    if isinstance(error, AppealInsightsError):
        return "\n".join(error.say(language) for language in languages(choice))
    return str(error)


@contextmanager
def told_in(choice: object) -> Iterator[None]:
    """Errors of the body have their message in the languages of a choice, in English where it is none."""
    try:
        yield
    except AppealInsightsError as error:
        error.args = (in_words(error, known_language(choice)),)
        raise


def stopped_in(notebook: NotebookNode) -> Stopped | None:
    """The last cell that was started: where a failed notebook stopped. None where no cell was."""
    found, heading, number = None, "", 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heads = [line.lstrip("# ") for line in str(cell.source).splitlines() if line.startswith("#")]
            heading = heads[-1] if heads else heading
        if cell.cell_type != "code":
            continue
        number += 1
        if cell.metadata.get("papermill", {}).get("start_time"):
            traces = [output.get("traceback") or [] for output in cell.outputs if output.output_type == "error"]
            found = Stopped(number, heading, str(cell.source), plain("\n".join(traces[0])) if traces else "")
    return found


def plain(trace: str) -> str:
    """A trace without its colours."""
    return _ANSI.sub("", trace)


def write_failure(folder: Path, asked: Asked, error: BaseException, kind: Kind) -> None:
    """Say in a run's folder why it failed: as text, as a page, and as what the catalogue reads.

    Whatever is wrong with the partial notebook, the text is there.
    """
    for html in folder.glob("*.html"):
        html.unlink()  # a page that was half made
    message, name = in_words(error, asked.language), type(error).__name__
    (folder / ERROR_TEXT).write_text(f"{name}: {message}\n" if message else f"{name}\n", encoding="utf-8")
    partial = folder / f"{asked.notebook}.ipynb"
    stopped = _stopped(partial, asked.language, _title(kind), message or name)
    content = {
        **asdict(asked),
        "kind": kind,
        "error": message or name,
        "cell": stopped.cell if stopped else None,
        "made_with": {"appeal_insights": __version__},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2, default=str)
    write_whole(folder / FAILURE, text + "\n")
    write_whole(folder / ERROR_PAGE, error_page(asked, message or name, kind, stopped, folder))


def error_page(asked: Asked, message: str, kind: Kind, stopped: Stopped | None, folder: Path) -> str:
    """The page that stands where the report would have stood."""
    partial = f"{asked.notebook}.ipynb"
    return page(
        "error.html.j2",
        language=asked.language,
        message=message.splitlines(),
        title=_title(kind),
        next_step=f"next_{_NEXT.get(kind, 'again')}",
        stopped=stopped,
        headings={language: _half(stopped.heading if stopped else "", language) for language in LANGUAGES},
        asked=asked,
        partial=partial if (folder / partial).exists() else "",
        parameters=[(name, _told(value)) for name, value in asked.parameters.items() if value],
        version=__version__,
    )


def _title(kind: Kind) -> str:
    return f"title_{kind if kind in ('interrupted', 'ended') else 'failed'}"


def _half(heading: str, language: Language) -> str:
    """A heading's half in one language."""
    return keep_language(f"# {heading}", language).removeprefix("# ")


def _stopped(partial: Path, choice: str, title: str, message: str) -> Stopped | None:
    """Where a partial notebook stopped. It gets the message on top; nothing comes of one that cannot be read."""
    try:
        notebook = nbformat.read(partial, as_version=4)  # type: ignore[no-untyped-call]
        stopped = stopped_in(notebook)
        _mark(notebook, choice, title, message)
        write_whole(partial, nbformat.writes(notebook))  # type: ignore[no-untyped-call]
        return stopped
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def _mark(notebook: NotebookNode, choice: str, title: str, message: str) -> None:
    """Say on top of a notebook what stopped it, and where, in place of the English words of papermill."""
    marks = [cell for cell in notebook.cells if f"{_MARK}-tag" in cell.metadata.get("tags", [])]
    where = f'<a href="#{_MARK}">{escape(word("failure.go_there", choice))}</a>' if marks else ""
    # No line may be empty: markdown would take what follows an empty one for its own.
    lines = [escape(line) for line in message.splitlines() if line.strip()]
    top = "<br>\n".join([f"<div><b>{escape(word('failure.' + title, choice))}</b>", *lines, f"{where}</div>"])
    here = f'<b id="{_MARK}">{escape(word("failure.here", choice))}</b>'
    if not marks:
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(top))  # type: ignore[no-untyped-call]
    for cell, source in zip(marks, (top, here), strict=False):
        cell.source = source


def _told(value: Any) -> str:
    return write_scope(value) if isinstance(value, Mapping) else str(value)
