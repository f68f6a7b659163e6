"""What became of a run that failed: said in the run's language, with the cell, the reason and the next step."""

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from appeal_insights import __version__
from appeal_insights.errors import AppealInsightsError
from appeal_insights.language import LANGUAGES, Language, languages, say, words
from appeal_insights.records.scope import write_scope
from appeal_insights.reports.offline import page, write_whole
from appeal_insights.reports.prose import keep_language

ERROR_PAGE, ERROR_TEXT, FAILURE = "error.html", "error.txt", "failure.json"

Kind = Literal["cell", "ours", "kernel", "no_kernel", "interrupted", "ended", "other"]
_NEXT: Mapping[Kind, str] = {"cell": "cell", "ours": "ours", "kernel": "kernel", "no_kernel": "no_kernel"}
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


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
class Stopped:
    """The cell where a notebook stopped: which of its code cells, below which heading, with what error."""

    cell: int
    heading: str
    source: str
    name: str = ""
    message: str = ""
    trace: str = ""

    @property
    def error(self) -> str:
        """The error in one line, its name said once."""
        return self.message if self.message.startswith(self.name) else f"{self.name}: {self.message}"


def known_language(choice: object) -> str:
    """The choice of languages if it is one, else English."""
    return str(choice) if choice in (*LANGUAGES, "both") else "en"


def in_words(key: str, choice: str, **values: object) -> str:
    """A sentence in each language wanted, one a line. A value can differ by language: then it is a mapping."""
    told = []
    for language in languages(choice):
        own = {name: value[language] if isinstance(value, Mapping) else value for name, value in values.items()}
        told.append(say(key, language, **own))
    return "\n".join(told)


def by_language(name: str, message: str, choice: str) -> dict[Language, str]:
    """An error of ours in each language wanted: its kind has words in both, the detail behind it is in English."""
    wanted, key = languages(choice), f"error.{name}"
    told: dict[Language, str] = dict.fromkeys(wanted, message)
    if "zh-CN" in told and key in words():
        meaning = say(key, "zh-CN")
        told["zh-CN"] = meaning if "en" in told else say("error.detail", "zh-CN", meaning=meaning, detail=message)
    return told


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
            found = Stopped(number, heading, str(cell.source), *_error_of(cell))
    return found


def _error_of(cell: NotebookNode) -> tuple[str, str, str]:
    for output in cell.outputs:
        if output.output_type == "error":
            trace = "\n".join(output.get("traceback") or [])
            return str(output.get("ename", "")), str(output.get("evalue", "")), _ANSI.sub("", trace)
    return "", "", ""


def write_failure(folder: Path, asked: Asked, error: BaseException, kind: Kind) -> None:
    """Say in a run's folder why it failed: as text, as a page, and as what the catalogue reads.

    Whatever is wrong with the partial notebook, the text is there.
    """
    for html in folder.glob("*.html"):
        html.unlink()  # a page that was half made
    message = error.message if isinstance(error, AppealInsightsError) else str(error)
    name = type(error).__name__
    (folder / ERROR_TEXT).write_text(f"{name}: {message}\n" if message else f"{name}\n", encoding="utf-8")
    stopped = _stopped(folder / f"{asked.notebook}.ipynb")
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
        title=f"title_{kind if kind in ('interrupted', 'ended') else 'failed'}",
        next_step=f"next_{_NEXT.get(kind, 'again')}",
        stopped=stopped,
        headings={language: _half(stopped.heading if stopped else "", language) for language in LANGUAGES},
        asked=asked,
        partial=partial if (folder / partial).exists() else "",
        parameters=[(name, _told(value)) for name, value in asked.parameters.items() if value],
        version=__version__,
    )


def _half(heading: str, language: Language) -> str:
    """A heading's half in one language."""
    return keep_language(f"# {heading}", language).removeprefix("# ")


def _stopped(partial: Path) -> Stopped | None:
    try:
        return stopped_in(nbformat.read(partial, as_version=4))  # type: ignore[no-untyped-call]
    except (OSError, ValueError, AttributeError, TypeError):
        return None


def _told(value: Any) -> str:
    return write_scope(value) if isinstance(value, Mapping) else str(value)
