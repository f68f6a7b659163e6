"""The list of all runs: one offline page beside them, made from what they kept, never from counting anew.

A folder is data: whatever is wrong in one of them, the page says so and lists the others.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from appeal_insights.errors import AppealInsightsError
from appeal_insights.language import LANGUAGES, Language, say
from appeal_insights.records.scope import read_scope, write_scope
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.batches import RunTest, judge, read_test
from appeal_insights.reports.failure import ERROR_PAGE, ERROR_TEXT, FAILURE, known_language
from appeal_insights.reports.folders import FAILED, RUNNING, is_alive, read_asked
from appeal_insights.reports.offline import page, write_whole

INDEX = "index.html"
MANIFEST, FINDINGS = "manifest.json", "findings.json"
LONGEST_ERROR = 240  # characters of its first line
_STARTED = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)Z_(.*)")

State = Literal["published", "failed", "running", "abandoned", "damaged"]


@dataclass(frozen=True)
class Listed:
    """One folder of data/runs as the page shows it: text only, and links to files that are there."""

    folder: str
    state: State
    started: str
    notebook: str = ""
    claims: Sequence[tuple[Language, str, str]] = ()  # language, claim, grade
    scope: str = ""
    before: str = ""
    after: str = ""
    as_of: str = ""
    language: str = ""
    analyst: bool = False
    why: str | Callable[[Language], str] = ""
    links: Sequence[tuple[str, str]] = ()  # word, address
    test: RunTest | None = None

    def reason(self, language: Language) -> str:
        """What is wrong, in a language where we have the words."""
        return self.why if isinstance(self.why, str) else self.why(language)


def write_catalogue(place: Workspace) -> Path:
    """Write the page anew and put it in place whole. The same folders give the same bytes."""
    return write_whole(place.runs / INDEX, catalogue_page(listed(place.runs)))


def listed(runs: Path) -> list[Listed]:
    """Every run of the folder, newest first, each in the state that it is in."""
    folders = sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []
    ours = [path for path in folders if not path.name.startswith(".") or path.name.startswith(RUNNING)]
    found = [one for path in ours for one in _look(path)]
    return sorted(found, key=lambda one: (one.started, one.folder), reverse=True)


def catalogue_page(found: Sequence[Listed]) -> str:
    """The page as text."""
    states: dict[str, Any] = {
        "published": [one for one in found if one.state == "published"],
        "failed": [one for one in found if one.state == "failed"],
        "unfinished": [one for one in found if one.state in ("running", "abandoned")],
        "damaged": [one for one in found if one.state == "damaged"],
    }
    batches, verdicts = judge({one.folder: one.test for one in states["published"] if one.test})
    return page("catalogue.html.j2", language="both", batches=batches, verdicts=verdicts, **states)


def _look(folder: Path) -> Iterator[Listed]:
    """The run in a folder. One that goes away meanwhile is not there."""
    try:
        if folder.name.startswith(RUNNING):
            state: State = "running" if is_alive(folder) else "abandoned"
            yield Listed(folder.name, state, _started(folder.name.removeprefix(RUNNING)), read_asked(folder).notebook)
        elif folder.name.startswith(FAILED):
            yield _failed(folder)
        else:
            yield _published(folder)
    except _NotWhole as error:
        yield Listed(folder.name, "damaged", _started(folder.name.removeprefix(FAILED)), why=error.told)
    except FileNotFoundError:
        return
    except OSError:
        yield Listed(folder.name, "damaged", _started(folder.name), why=_words("unreadable", file=folder.name))


class _NotWhole(Exception):
    """A folder is damaged: `told` says how, by language."""

    def __init__(self, key: str, **values: str) -> None:
        self.told = _words(key, **values)
        super().__init__(self.told("en"))


def _words(key: str, **values: str) -> Callable[[Language], str]:
    return lambda language: say(f"catalogue.{key}", language, **values)


def _published(folder: Path) -> Listed:
    manifest = _mapping(_read(folder / MANIFEST), MANIFEST)
    notebook = _text(manifest.get("notebook"))
    if not notebook:
        raise _NotWhole("unreadable", file=MANIFEST)
    kept = manifest.get("files")
    names = [name for name in kept if isinstance(name, str)] if isinstance(kept, list) else []
    wanted = [f"{notebook}.html", f"{notebook}.ipynb", FINDINGS, *names]
    missing = sorted({name for name in wanted if not (folder / name).is_file()})
    if missing:
        raise _NotWhole("missing", files=", ".join(missing))
    findings = _read(folder / FINDINGS)
    if not isinstance(findings, list):
        raise _NotWhole("unreadable", file=FINDINGS)
    files = [("page", f"{notebook}.html"), ("workbook", f"{notebook}.xlsx"), ("source", f"{notebook}.ipynb")]
    return Listed(
        folder.name,
        "published",
        _instant(manifest.get("started")) or _started(folder.name),
        notebook,
        _claims(findings[0]) if findings else (),
        **_asked(manifest),
        links=_links(folder, files),
        test=read_test(manifest.get("test"), notebook),
    )


def _failed(folder: Path) -> Listed:
    """A failed run says why; one of an older version in a text alone."""
    try:
        told = _mapping(_read(folder / FAILURE), FAILURE)
    except _NotWhole:
        told = {}
    error = _text(told.get("error")) or _read_text(folder / ERROR_TEXT)
    first = next((line for line in error.splitlines() if line.strip()), "")
    notebook = _text(told.get("notebook"))
    files = [("why", ERROR_PAGE)] if (folder / ERROR_PAGE).is_file() else [("why", ERROR_TEXT)]
    files += [("source", path.name) for path in sorted(folder.glob("*.ipynb"))]
    rest = folder.name.removeprefix(FAILED)
    return Listed(
        folder.name,
        "failed",
        _instant(told.get("started")) or _started(rest),
        notebook or _about(rest),
        **_asked(told),
        why=first if len(first) <= LONGEST_ERROR else first[:LONGEST_ERROR] + "…",
        links=_links(folder, files),
    )


def _asked(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What a run was asked for, from the parameters that it kept."""
    given = kept.get("parameters")
    parameters: Mapping[str, Any] = given if isinstance(given, dict) else {}
    return {
        "scope": _scope(parameters.get("where")),
        "before": _text(parameters.get("before")),
        "after": _text(parameters.get("after")),
        "as_of": _instant(parameters.get("as_of")),
        "language": known_language(parameters["language"]) if "language" in parameters else "",
        "analyst": parameters.get("audience") == "analyst",
    }


def _scope(where: object) -> str:
    try:
        return write_scope(read_scope(where)) if isinstance(where, dict | str) else ""
    except (AppealInsightsError, TypeError, ValueError, AttributeError):
        return ""


def _claims(finding: object) -> list[tuple[Language, str, str]]:
    """The headline in each language that it was told in, with its grade in a word."""
    texts = _mapping(_mapping(finding, FINDINGS).get("texts"), FINDINGS)
    told = []
    for language in LANGUAGES:
        if language in texts:
            text = _mapping(texts[language], FINDINGS)
            grade = re.split("[:：]", _text(text.get("grade")))[0]
            told.append((language, _text(text.get("claim")), grade))
    return told


def _links(folder: Path, files: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    there = [(key, name) for key, name in files if (folder / name).is_file()]
    return [(key, f"{quote(folder.name, safe='')}/{quote(name, safe='')}") for key, name in there]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise _NotWhole("missing", files=path.name) from error
    except (OSError, ValueError, RecursionError) as error:
        raise _NotWhole("unreadable", file=path.name) from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _mapping(value: object, file: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _NotWhole("unreadable", file=file)
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _instant(value: object) -> str:
    """An instant as every reader reads it, to the minute: 2026-11-16 06:00."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)", _text(value))
    return f"{found[1]} {found[2]}" if found else ""


def _started(name: str) -> str:
    """When a run began, as its folder's name says it."""
    found = _STARTED.match(name)
    return f"{found[1]} {found[2]}:{found[3]}:{found[4]}" if found else ""


def _about(name: str) -> str:
    """What a folder's name says behind its date."""
    found = _STARTED.match(name)
    return found[5] if found else name
