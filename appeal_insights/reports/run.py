"""Run a notebook with dated parameters, and publish what it found: one folder a run, in place only when whole."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbformat import NotebookNode

from appeal_insights import __version__
from appeal_insights.errors import BadRun, UnknownName, did_you_mean, one_of
from appeal_insights.findings.shown import EXHIBIT, FINDING
from appeal_insights.language import LANGUAGES, languages
from appeal_insights.records.workspace import Workspace, find_workspace
from appeal_insights.reports.export import About, export, read
from appeal_insights.reports.parameters import check_parameters, short_name
from appeal_insights.reports.prose import keep_languages

RUNNING, FAILED = ".running-", "failed-"
KERNEL = [
    "--IPKernelApp.log_level=40",  # our own kernel on this machine: no warning that it talks over TCP
    "--IPKernelApp.exec_lines=__import__('sys').modules.setdefault('rfc3987_syntax', None)",  # as in cli.main
]


@dataclass(frozen=True)
class Run:
    """One published run."""

    folder: Path
    notebook: Path
    html: Path
    findings: list[dict[str, Any]]
    parameters: dict[str, Any]


def run(notebook: str, parameters: Mapping[str, Any], *, workspace: Path | None = None, progress: bool = True) -> Run:
    """Execute a notebook of the workspace with these parameters; publish notebook, findings and one offline HTML file.

    Raises  what is wrong with a parameter, before anything starts; BadRun where a cell failed or never ran: then the
            folder is called failed-..., holds the notebook as far as it came, and nothing is published.
    """
    place = find_workspace(workspace)
    source = _find(place, notebook)
    resolved = check_parameters(source, parameters, place)
    started = datetime.now(UTC)
    name = f"{started:%Y-%m-%dT%H%M%SZ}_{source.stem}_{short_name(resolved)}"
    working = place.runs / f"{RUNNING}{name}-{os.getpid()}"
    working.mkdir(parents=True)
    try:
        _execute(source, working, resolved, place, progress=progress)
        findings = _publishable(working, source, resolved, started)
    except BaseException as error:
        _mark_failed(working, place.runs / f"{FAILED}{name}", error)
        raise
    folder = _free(place.runs / name)
    working.replace(folder)
    return Run(folder, folder / f"{source.stem}.ipynb", folder / f"{source.stem}.html", findings, resolved)


def export_again(executed: Path, html: Path) -> Path:
    """Write the page of an executed notebook anew, with the parameters that its run kept."""
    notebook = read(executed)
    _check_every_cell(notebook, executed.stem)
    parameters = dict(notebook.metadata.get("papermill", {}).get("parameters", {}))
    if not {"store", "after", "language", "audience"} <= set(parameters):
        raise BadRun(
            f"{executed} is not the notebook of a run: it keeps no parameters. Make one with: appeal-insights run."
        )
    return export(executed, html, about=_about(notebook, executed.stem, parameters))


def _about(notebook: NotebookNode, name: str, resolved: Mapping[str, Any]) -> About:
    title = " · ".join([_title(notebook, name), resolved["store"], resolved["after"]])
    return About(title, resolved["language"], _facts(notebook, resolved), resolved["audience"])


def _find(place: Workspace, notebook: str) -> Path:
    """The notebook of that name. Raises UnknownName with the nearest."""
    known = sorted(path.stem for path in place.notebooks.glob("*.ipynb"))
    name = notebook.removesuffix(".ipynb").removeprefix("notebooks/")
    if name not in known:
        raise UnknownName(
            f"No notebook {notebook!r} in {place.notebooks}.{did_you_mean(name, known)} There are: {one_of(known)}."
        )
    return place.notebooks / f"{name}.ipynb"


def _execute(source: Path, working: Path, resolved: Mapping[str, Any], place: Workspace, *, progress: bool) -> None:
    prepared = working / f".{source.name}"
    nbformat.write(keep_languages(read(source), resolved["language"]), prepared)  # type: ignore[no-untyped-call]
    try:
        papermill.execute_notebook(
            str(prepared), str(working / source.name), parameters=dict(resolved), kernel_name="python3",
            cwd=str(place.root), log_output=False, extra_arguments=KERNEL,
            progress_bar={"desc": source.stem, "leave": False} if progress else False,
        )  # fmt: skip
    except papermill.exceptions.PapermillExecutionError as error:
        raise BadRun(f"Cell {error.exec_count} of {source.stem} failed with {error.ename}: {error.evalue}") from error
    finally:
        prepared.unlink()


def _publishable(working: Path, source: Path, resolved: Mapping[str, Any], started: datetime) -> list[dict[str, Any]]:
    """Check that every cell ran, and write findings, manifest and HTML beside the notebook."""
    executed = working / source.name
    notebook = read(executed)
    _check_every_cell(notebook, source.stem)
    findings = _collected(notebook, FINDING)
    about = _about(notebook, source.stem, resolved)
    export(executed, executed.with_suffix(".html"), about=about)
    _write_json(working / "findings.json", findings)
    manifest = {
        "notebook": source.stem,
        "parameters": resolved,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": {"appeal_insights": __version__, "python": platform.python_version()},
        "facts": about.facts,
        "files": sorted(path.name for path in working.iterdir()),
    }
    _write_json(working / "manifest.json", manifest)
    return findings


def _check_every_cell(notebook: NotebookNode, name: str) -> None:
    """A kernel that dies leaves a notebook that looks complete: so count what ran."""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None or any(output.output_type == "error" for output in cell.outputs):
            raise BadRun(
                f"Cell {number} of {name} did not run to its end. Open the notebook of the failed run to see why."
            )


def _collected(notebook: NotebookNode, kind: str) -> list[dict[str, Any]]:
    """Every output of a type, in order."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [dict(output["data"][kind]) for output in outputs if kind in output.get("data", {})]


def _facts(notebook: NotebookNode, resolved: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The foot of the page: what the exhibit about the data says, and what made it."""
    wanted = languages(resolved["language"])
    tables = {
        part["language"]: part["table"]["rows"] for part in _collected(notebook, EXHIBIT) if part["id"] == "about"
    }
    rows = [tuple(row) for language in LANGUAGES if language in wanted for row in tables.get(language, [])]
    return [(label, value) for label, value in rows] + [("appeal_insights", __version__)]


def _title(notebook: NotebookNode, default: str) -> str:
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    heading = first.lstrip("# ").split("\n")[0].strip()
    return heading or default


def _mark_failed(working: Path, failed: Path, error: BaseException) -> None:
    """Keep what there is under a name that says what it is. A half-made page is taken away."""
    for page in working.glob("*.html"):
        page.unlink()
    (working / "error.txt").write_text(f"{error}\n", encoding="utf-8")
    working.replace(_free(failed))


def _free(folder: Path) -> Path:
    """The folder's name, or the next one that is free."""
    found, number = folder, 2
    while found.exists():
        found, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return found


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
