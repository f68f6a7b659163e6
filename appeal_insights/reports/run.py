"""Run a notebook with dated parameters, and publish what it found: one folder a run, in place only when whole."""

import json
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jupyter_client
import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from appeal_insights import __version__
from appeal_insights.errors import BadRun, UnknownName
from appeal_insights.findings.shown import EXHIBIT, FINDING
from appeal_insights.findings.tested import TEST
from appeal_insights.language import LANGUAGES, languages, say
from appeal_insights.records.scope import write_scope
from appeal_insights.records.workspace import Workspace, find_workspace
from appeal_insights.reports.catalogue import write_catalogue
from appeal_insights.reports.export import About, export, read
from appeal_insights.reports.failure import Asked, CellError, plain, stopped_in, told_in
from appeal_insights.reports.folders import Working, close_abandoned, working_folder
from appeal_insights.reports.parameters import check_parameters, short_name, spoken_of
from appeal_insights.reports.prose import keep_languages, keep_view
from appeal_insights.reports.workbook import can_write, write_workbook

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
    """Execute a notebook of the workspace with these parameters; publish notebook, findings, page and workbook.

    Raises  what is wrong with a parameter, before anything starts; BadRun where a cell failed or never ran: then the
            folder is called failed-..., holds the notebook as far as it came with the error on top, and nothing is
            published. Errors speak the run's language.
    """
    with told_in(parameters.get("language")):
        place = find_workspace(workspace)
        source = _find(place, notebook)
        close_abandoned(place.runs)
        resolved = check_parameters(source, parameters, place)
    started = datetime.now(UTC)
    asked = Asked(source.stem, _as_text(parameters), resolved, started.isoformat(timespec="seconds"))
    name = f"{started:%Y-%m-%dT%H%M%SZ}_{source.stem}_{short_name(resolved)}"
    try:
        with told_in(asked.language), working_folder(place.runs, name, asked) as work:
            _execute(source, work, resolved, place, progress=progress)
            findings = _publishable(work.folder, source, resolved, started)
    finally:
        with suppress(OSError):  # a list that cannot be written costs the list, never a report
            write_catalogue(place)
    folder = work.published
    return Run(folder, folder / f"{source.stem}.ipynb", folder / f"{source.stem}.html", findings, resolved)


def export_again(executed: Path, html: Path) -> Path:
    """Write the page of an executed notebook anew, with the parameters that its run kept."""
    notebook = read(executed)
    _check_every_cell(notebook, executed.stem)
    parameters = dict(notebook.metadata.get("papermill", {}).get("parameters", {}))
    if not ({"store", "language", "audience"} <= set(parameters) and spoken_of(parameters)):
        raise BadRun.of("run.no_parameters", notebook=executed)
    return export(executed, html, about=_about(notebook, executed.stem, parameters))


def _about(notebook: NotebookNode, name: str, resolved: Mapping[str, Any]) -> About:
    title = " · ".join([_title(notebook, name), resolved["store"], spoken_of(resolved)])
    return About(title, resolved["language"], _facts(notebook, resolved), resolved["audience"])


def _find(place: Workspace, notebook: str) -> Path:
    """The notebook of that name. Raises UnknownName with the nearest."""
    known = sorted(path.stem for path in place.notebooks.glob("*.ipynb"))
    name = notebook.removesuffix(".ipynb").removeprefix("notebooks/")
    if name not in known:
        raise UnknownName.of("unknown.notebook", asked=notebook, given=name, known=known, folder=place.notebooks)
    return place.notebooks / f"{name}.ipynb"


def _as_text(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The parameters as one would type them."""
    return {
        name: write_scope({name: value}).partition("=")[2] if isinstance(value, list | tuple) else _told(value)
        for name, value in parameters.items()
    }


def _execute(source: Path, work: Working, resolved: Mapping[str, Any], place: Workspace, *, progress: bool) -> None:
    """Run every cell, and say what stopped it."""
    prepared, executed = work.folder / f".{source.name}", work.folder / source.name
    wanted = keep_view(keep_languages(read(source), resolved["language"]), resolved.get("view", ""))
    nbformat.write(wanted, prepared)  # type: ignore[no-untyped-call]
    try:
        papermill.execute_notebook(
            str(prepared), str(executed), parameters=dict(resolved), kernel_name="python3", language="python",
            cwd=str(place.root), log_output=False, extra_arguments=KERNEL, shutdown_kernel="immediate",
            progress_bar={"desc": source.stem, "leave": False} if progress else False,
        )  # fmt: skip
    except papermill.exceptions.PapermillExecutionError as error:
        why = CellError(str(error.ename), str(error.evalue), plain("\n".join(error.traceback)))
        work.kind = "ours" if why.kind else "cell"
        raise BadRun.of("run.failed_cell", notebook=source.stem, cell=error.exec_count, error=why) from error
    except DeadKernelError as error:
        work.kind, stopped = "kernel", stopped_in(read(executed))
        raise BadRun.of("run.kernel_died", notebook=source.stem, cell=stopped.cell if stopped else 1) from error
    except (RuntimeError, jupyter_client.kernelspec.NoSuchKernel) as error:
        work.kind = "no_kernel"
        raise BadRun.of("run.no_kernel", notebook=source.stem, reason=error) from error
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
    if can_write():
        write_workbook(executed.with_suffix(".xlsx"), _collected(notebook, EXHIBIT), findings, about=about)
    _write_json(working / "findings.json", findings)
    manifest = {
        "notebook": source.stem,
        "parameters": resolved,
        "started": started.isoformat(timespec="seconds"),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_with": {"appeal_insights": __version__, "python": platform.python_version()},
        "facts": about.facts,
        "test": next(iter(_collected(notebook, TEST)), None),  # what a batch of runs is judged by
        "files": sorted(path.name for path in working.iterdir() if not path.name.startswith(".")),
    }
    _write_json(working / "manifest.json", manifest)
    return findings


def _check_every_cell(notebook: NotebookNode, name: str) -> None:
    """A kernel that dies leaves a notebook that looks complete: so count what ran."""
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        ran = cell.execution_count is not None and all(output.output_type != "error" for output in cell.outputs)
        if cell.source.strip() and not ran:
            raise BadRun.of("run.unfinished_cell", notebook=name, cell=number)


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
    given = "; ".join(f"{name}: {_told(value)}" for name, value in sorted(resolved.items()) if value)
    asked = (" / ".join(say("about.parameters", language) for language in wanted), given)
    return [(label, value) for label, value in rows] + [asked, ("appeal_insights", __version__)]


def _told(value: Any) -> str:
    return write_scope(value) if isinstance(value, Mapping) else str(value)


def _title(notebook: NotebookNode, default: str) -> str:
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    heading = first.lstrip("# ").split("\n")[0].strip()
    return heading or default


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")
