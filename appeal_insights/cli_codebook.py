"""The codebook from the shell."""

from pathlib import Path
from typing import Annotated

import typer


def codebook(
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", help="The folder with notebooks/ and data/; the nearest one upward if not given."),
    ] = None,
) -> None:
    """Write every metric, column, term and query as one searchable page: data/codebook.html."""
    from appeal_insights.reports.codebook import codebook as write

    typer.echo(write(workspace))
