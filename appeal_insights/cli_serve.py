"""JupyterLab on the notebooks, and one of them as a page without code, from the shell."""

import os
import secrets
import sys
from collections.abc import Sequence
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import typer

from appeal_insights.errors import BadInput, choice
from appeal_insights.records.workspace import Workspace, find_workspace


def serve(
    notebook: Annotated[str, typer.Option("--notebook", help="A notebook of the workspace.")] = "00_explore",
    port: Annotated[int, typer.Option(help="Where to listen; the first free one from 8866 on if not given.")] = 0,
    store: Annotated[str, typer.Option("--store", help="The store that it opens with; its own if not given.")] = "",
    language: Annotated[str, typer.Option(help="en, zh-CN or both.")] = "en",
    audience: Annotated[str, typer.Option(help="stakeholder or analyst, for everyone who opens it.")] = "stakeholder",
    most_pages: Annotated[int, typer.Option(min=1, help="How many pages may be open at once.")] = 8,
    idle: Annotated[int, typer.Option(min=1, help="Seconds after which the memory of a closed page is freed.")] = 300,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", help="The folder with notebooks/ and data/; the nearest one upward if not given."),
    ] = None,
) -> None:
    """Serve a notebook as a page without code, on this machine only, to who has the link that is printed."""
    from appeal_insights.disclosure import AUDIENCES
    from appeal_insights.language import languages
    from appeal_insights.reports.run import find_notebook

    place = find_workspace(workspace)
    source = find_notebook(place, notebook)
    languages(language)
    given = {"language": language, "audience": choice("audience", audience, AUDIENCES)}
    if store:
        place.existing_store(store)
        given["store"] = store
    try:
        from appeal_insights.serve.app import SHARE, Serving
        from appeal_insights.serve.app import serve as serve_page
    except ImportError as error:
        raise BadInput.of("serve.not_installed") from error
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [str(SHARE), os.environ.get("JUPYTER_PATH", "")]))
    os.chdir(place.root)
    token = secrets.token_urlsafe(24)
    log = place.root / "data" / "log" / "serve.log"
    served = Serving(source, given, token, log, port=port, most_pages=most_pages, idle=idle)
    serve_page(served, partial(_announce, log=log))


def open_lab(place: Workspace, options: Sequence[str]) -> None:
    """Become JupyterLab on the notebooks of a workspace, with these options of its own."""
    os.chdir(place.root)
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # JupyterLab would ask its makers for versions at every start, and its user whether it may ask for news.
    quiet = ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with as_file(files("appeal_insights").joinpath("lab")) as settings:
        paths = [str(settings), os.environ.get("JUPYTER_CONFIG_PATH", "")]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(place.notebooks), *root, *quiet, *options])


def _announce(link: str, log: Path) -> None:
    typer.echo("Open this link; it works on this computer only, until you stop it with Ctrl-C:")
    typer.secho(link, bold=True)
    typer.echo(f"What goes wrong in it is written to {log}.")
