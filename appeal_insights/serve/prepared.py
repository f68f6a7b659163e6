"""A notebook as it is served: prose of the languages wanted, parameters that only who serves it sets, no trace."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import escape
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from appeal_insights.language import languages, say
from appeal_insights.reports.blocks import page
from appeal_insights.reports.offline import word
from appeal_insights.reports.prose import keep_languages
from appeal_insights.reports.vega import locale

FIRST = "from appeal_insights.serve.inside import begin"


def prepared(
    notebook: NotebookNode, *, title: str, set_by_server: Mapping[str, str], log: Path, view: str = ""
) -> NotebookNode:
    """The notebook with its parameters set, and a first cell that keeps traces of errors off the page.

    Takes   `set_by_server`: texts by name, language among them. A name that the notebook does not declare is left out.
            `view`: the token of a view from a visitor's link, all that a visitor may set: it holds no audience.
    """
    language = set_by_server["language"]
    made = keep_languages(notebook, language)
    made.metadata["title"] = title
    made.metadata["appeal_insights"] = _told(language)
    cells: list[Any] = [_cell(f"{FIRST}\nbegin({language!r}, {str(log)!r})")]
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.metadata["shown"] = _shown(cell)
        cells.append(cell)
        if "parameters" in cell.metadata.get("tags", []):
            cells.append(_cell(_assigned(cell.source, {"view": view, **set_by_server})))
    made.cells = cells
    return made


def heading(notebook: NotebookNode, name: str) -> str:
    """The first heading of a notebook, else its name."""
    lines = (line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), name)


def _shown(cell: NotebookNode) -> str:
    """Prose as markup, cleaned as in a report: a link to another notebook leads nowhere here, so its text stays."""
    made = page(new_notebook(cells=[cell]))  # type: ignore[no-untyped-call]
    title = f"<h1>{escape(made.heading)}</h1>" if made.heading else ""
    return title + "".join(str(block.content["html"]) for block in made.blocks)


def _told(choice: str) -> dict[str, Any]:
    """What the template says of itself."""
    wanted = languages(choice)
    settings = {one: {"locale": locale(one), "failed": say("export.not_drawn", one)} for one in wanted}
    words = {name: word(f"serve.{name}", choice) for name in ("skip", "waiting", "no_script", "lost", "broken")}
    return {"lang": wanted[0], "settings": settings, **words}


def _assigned(source: str, values: Mapping[str, str]) -> str:
    declared = {line.partition("=")[0].strip() for line in source.splitlines()}
    return "\n".join(f"{name} = {value!r}" for name, value in values.items() if name in declared and value)


def _cell(source: str) -> Any:
    return new_code_cell(source)  # type: ignore[no-untyped-call]
