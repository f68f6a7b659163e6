"""The way into a comparison as text: the segments looked into one after the other, each inside the one before it."""

import json
from collections.abc import Sequence

from appeal_insights.errors import BadParameter
from appeal_insights.findings.view import View, read_where, write_where
from appeal_insights.records.scope import Scope

STEP = " > "  # between two steps


def write_path(path: Sequence[Scope]) -> str:
    """The steps as text that `read_path` reads back, whatever their values hold."""
    typed = STEP.join(write_where(step) for step in path)
    try:
        enough = read_path(typed) == list(path)
    except BadParameter:
        enough = False
    return typed if enough else json.dumps(list(path), ensure_ascii=False)


def read_path(text: str | Sequence[Scope]) -> list[Scope]:
    """The steps of such a text: 'market=DE > queue=live'. Raises BadParameter where it is none."""
    if not isinstance(text, str):
        return [read_where(write_where(step)) for step in text]
    if not text.lstrip().startswith("["):
        return [read_where(part) for part in text.split(STEP) if part.strip()]
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadParameter.of("parameter.scope", given=text) from error
    return [read_where(json.dumps(step, ensure_ascii=False)) for step in found]


def records_of(view: View) -> Scope:
    """The records that a view is about, at the end of its path."""
    return narrowed(view.where, read_path(view.asked.get("path", "")))


def narrowed(where: Scope, path: Sequence[Scope]) -> Scope:
    """The records that are left at the end of a path."""
    for step in path:
        where = {**where, **step}
    return where
