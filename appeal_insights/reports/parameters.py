"""Check what a notebook is to be run with, before anything starts: known names, right types, values that are there."""

import ast
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import AppealInsightsError, BadParameter, UnknownParameter, choice
from appeal_insights.language import languages
from appeal_insights.metrics.metric import BASES, metric
from appeal_insights.metrics.query import ask
from appeal_insights.periods import Period, instant, period, resolve
from appeal_insights.records.contract import contract
from appeal_insights.records.scope import Scope, read_names, read_scope, write_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.export import read

REQUIRED = ("store", "before", "after")
VIEWS = ("review", "handover")  # of a notebook that has more than one
PERIODS = ("before", "after")  # a notebook that has neither, but `as_of`, speaks of a store at an instant


def _text(value: Any) -> str:
    return str(value)


def _instant(value: Any) -> str:
    return instant(str(value)).isoformat() + "Z" if value else ""


def _names(value: Any) -> str:
    return ",".join(read_names(value))


def _day(value: Any) -> str:
    return period(str(value)).label if value else ""


def _number(value: Any) -> str:
    try:
        return f"{float(value):g}"
    except ValueError as error:
        raise BadParameter.of("parameter.number", name="budget", given=str(value)) from error


# What a parameter of that name must be; each reader gives the text that the notebook gets, or raises. Only text
# travels and nothing is guessed, so NO stays Norway and 012 stays 012.
READERS: dict[str, Callable[[Any], str]] = {
    "store": _text,
    "metric": lambda value: metric(str(value)).id,
    "before": _text,  # read below, where the instant is known that a relative period is reckoned from
    "after": _text,
    "by": _names,
    "basis": lambda value: choice("basis", str(value), BASES),
    "as_of": _instant,
    "language": lambda value: str(value) if languages(str(value)) else "",
    "audience": lambda value: choice("audience", str(value), AUDIENCES),
    "start": _day,
    "end": _day,
    "budget": _number,
    "view": lambda value: choice("view", str(value), VIEWS),
}


def check_parameters(notebook: Path, given: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Every parameter of the notebook, checked and resolved: what was given, else its default.

    Takes   `given`: names and values as typed. A dimension (market=DE,AT) is taken as part of `where`.
    Gives   text values, `where` as a dictionary of lists, `as_of` as the instant that the run will speak of.
    Raises  UnknownParameter   with the nearest name;  BadParameter and the like   with what is expected.
    """
    declared = defaults(notebook)
    of_instant = "as_of" in declared and not any(name in declared for name in PERIODS)
    scoped = not of_instant or "where" in declared
    known = contract("appeals").dimensions if scoped else []
    for name in given:
        if name not in declared and name not in known:
            raise _unknown(notebook.stem, name, list(declared), known)
    resolved: dict[str, Any] = dict(declared)
    resolved |= {name: _read(name, value) for name, value in given.items() if name in declared and name != "where"}
    if scoped:
        resolved["where"] = _where({"where": declared.get("where"), **given}, known)
    for name in REQUIRED:
        if not resolved.get(name) and not (of_instant and name in PERIODS):
            raise BadParameter.of("parameter.needed", notebook=notebook.stem, name=name)
    return _at_instant(resolved, workspace) if of_instant else _checked_against_store(resolved, workspace)


def _unknown(notebook: str, given: str, declared: list[str], dimensions: list[str]) -> UnknownParameter:
    """The error for a name that is no parameter, nor a dimension where those are taken."""
    if not dimensions:
        return UnknownParameter.of(
            "unknown.only_parameter", notebook=notebook, given=given, known=declared, parameters=declared
        )
    return UnknownParameter.of(
        "unknown.parameter",
        notebook=notebook,
        given=given,
        known=[*declared, *dimensions],
        parameters=declared,
        dimensions=dimensions,
    )


def defaults(notebook: Path) -> dict[str, str]:
    """The parameters of a notebook and their defaults, from the cell tagged `parameters`: plain text values.

    Raises  BadParameter   there is no such cell, or it holds more than names and texts.
    """
    cells = [cell for cell in read(notebook).cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise BadParameter.of("parameter.no_cell", notebook=notebook.name, count=len(cells))
    found: dict[str, str] = {}
    for line in ast.parse(cells[0].source).body:
        if not (
            isinstance(line, ast.Assign)
            and isinstance(line.targets[0], ast.Name)
            and isinstance(line.value, ast.Constant)
        ):
            raise BadParameter.of("parameter.not_text", notebook=notebook.name, line=ast.unparse(line))
        found[line.targets[0].id] = str(line.value.value)
    return found


def _read(name: str, value: Any) -> str:
    try:
        return READERS.get(name, _text)(value)
    except AppealInsightsError as error:
        raise type(error).of("parameter.named", name=name, error=error) from error


def _where(given: Mapping[str, Any], known: list[str]) -> Scope:
    scope = read_scope(given.get("where"))
    for name in known:
        if name in given:
            scope |= {name: read_names(given[name])}
    return scope


def _checked_against_store(resolved: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Ask the store whether it can answer; pin the instant that the run speaks of, and the periods reckoned from it."""
    with Store(workspace.existing_store(resolved["store"])) as store:
        as_of = instant(resolved["as_of"]) if resolved["as_of"] else store.latest()
        after = _named("after", lambda: resolve(resolved["after"], as_of))
        before = _named("before", lambda: resolve(resolved["before"], as_of, ahead_of=after))
        ask(
            store,
            metric(resolved["metric"]),
            [before, after],
            where=resolved["where"],
            by=tuple(read_names(resolved["by"])),
            basis=resolved["basis"],
            as_of=as_of,
        )
    return {**resolved, "before": before.label, "after": after.label, "as_of": as_of.isoformat() + "Z"}


def _at_instant(resolved: dict[str, Any], workspace: Workspace) -> dict[str, Any]:
    """Open the store, and pin the instant that the run speaks of."""
    with Store(workspace.existing_store(resolved["store"])) as store:
        as_of = instant(resolved["as_of"]) if resolved["as_of"] else store.latest()
    return {**resolved, "as_of": as_of.isoformat() + "Z"}


def _named(name: str, read: Callable[[], Period]) -> Period:
    try:
        return read()
    except AppealInsightsError as error:
        raise type(error).of("parameter.named", name=name, error=error) from error


def spoken_of(resolved: Mapping[str, Any]) -> str:
    """The time that a run speaks of: its later period, else the day of its data."""
    return str(resolved.get("after") or resolved.get("as_of", "")[:10])


def short_name(resolved: Mapping[str, Any]) -> str:
    """A few words for a folder's name: the store, the scope, the time it speaks of, the language."""
    words = [resolved["store"], write_scope(resolved.get("where", {})), spoken_of(resolved), resolved["language"]]
    return "_".join(
        "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in word) for word in words if word
    )[:80]
