"""The view that an explorer of a notebook showed last: kept in the workspace, so that it is there after a restart."""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.view import View
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.offline import write_whole

_PLAIN = re.compile(r"[^\w-]+")
LONGEST = 80  # characters of a part of a file's name


def served() -> bool:
    """Whether this is the page without code: it may have several readers, and none of them writes into the place."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila")


def notebook_name() -> str:
    """The notebook that this kernel belongs to; empty where there is none."""
    return "" if served() else Path(os.environ.get("JPY_SESSION_NAME", "")).stem


def keep_last(view: View, name: str, made_with: Mapping[str, str], workspace: Path | None) -> None:
    """Keep a view as the last one of an explorer. What cannot be written costs the memory, never the answer."""
    with suppress(OSError, AppealInsightsError):
        if path := _path(name, workspace):
            told = {"view": view.token(), "made_with": dict(made_with)}
            write_whole(path, json.dumps(told, ensure_ascii=False, indent=2) + "\n")


def last_view(name: str, made_with: Mapping[str, str], workspace: Path | None) -> View | None:
    """The view that was shown last by an explorer that was made with the same words; None where there is none."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, AppealInsightsError):
        if path := _path(name, workspace):
            told = json.loads(path.read_text(encoding="utf-8"))
            if told["made_with"] == dict(made_with):
                return View.from_token(told["view"])
    return None


def _path(name: str, workspace: Path | None) -> Path | None:
    """Where it is kept; None outside a notebook."""
    notebook = notebook_name()
    if not notebook:
        return None
    parts = [_PLAIN.sub("-", part)[:LONGEST] for part in (notebook, name)]
    return find_workspace(workspace).views / f"{'.'.join(parts)}.json"
