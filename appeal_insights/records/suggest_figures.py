"""A first mapping of a counted sheet: its period, its dimensions, and the counts that make a rate."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from appeal_insights.language import Language, count, say, share
from appeal_insights.periods import GRAINS, Grain, Period
from appeal_insights.records.contract import Column, Contract
from appeal_insights.records.figures_periods import Day, Written
from appeal_insights.records.suggest_columns import ENOUGH, Theirs, known, likeness, meant, names_of, plain
from appeal_insights.records.suggest_text import comment, listed, quoted
from appeal_insights.records.suggest_values import value_lines

_COUNT = re.compile(r"[0-9]{1,15}|[0-9]{1,3}(?:[,. \u00a0\u202f][0-9]{3})+")
_POINTS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+")
_LEAST = 0.75  # likeness of a name to one of a count
_BY_CHANCE = 2  # days that begin a week or month without being meant so
_MOST_PERIODS = 200  # different cells that are read as periods


@cache
def _official() -> dict[str, Any]:
    return tomllib.loads(files("appeal_insights.records").joinpath("official.toml").read_text(encoding="utf-8"))


def suggest_figures(theirs: list[Theirs], of: Contract, language: Language) -> list[str]:
    """The lines of a mapping of figures, or none where the columns are no counted sheet."""
    counted = [one for one in theirs if _is_counted(one)]
    numerator, denominator = _sides(counted, of)
    free = [one for one in theirs if one.name not in (*numerator, *denominator)]
    periods = [one for one in free if likeness(one.name, _official()["columns"]["period"]) >= _LEAST]
    if not (numerator and denominator and periods):
        return []
    lines = [comment(say("suggest.figures", language)), *_period(periods[0], language), "", "[dimensions]"]
    dimensions = _dimensions([one for one in free if one is not periods[0]], of)
    for one, ours in dimensions:
        said = say(
            "suggest.dimension", language, values=count(len(one.counts), language), examples=listed(one.examples)
        )
        lines.append(f"{quoted(one.name)} = {quoted(ours.name)}  {comment(said)}")
    lines += ["", comment(say("suggest.counts", language)), "[metrics.overturn_rate]"]
    lines += [f"{side} = [{', '.join(map(quoted, names))}]" for side, names in
              (("numerator", numerator), ("denominator", denominator))]  # fmt: skip
    if any(_POINTS.fullmatch(str(cell)) for one in counted for cell in one.counts.index):
        lines += ["", "[numbers]", 'thousands = "."']
    lines += [*_skipped([periods[0], *(one for one, _ in dimensions)], language), *_translated(dimensions, language)]
    used = {periods[0].name, *numerator, *denominator, *(one.name for one, _ in dimensions)}
    return [*lines, *_left([one for one in theirs if one.name not in used], language)]


def _is_counted(one: Theirs) -> bool:
    fits = sum(int(rows) for cell, rows in one.counts.items() if _COUNT.fullmatch(str(cell)))
    return fits >= max(1, ENOUGH * len(one.cells))


def _sides(counted: list[Theirs], of: Contract) -> tuple[list[str], list[str]]:
    """Numerator and denominator: named as such, or a column for each outcome."""
    outcome = of.columns["outcome"]
    by_outcome: dict[str, list[str]] = {}
    for one in counted:
        found = meant(one.name, outcome)
        if found and found.how != "near" and found.value:
            by_outcome.setdefault(found.value, []).append(one.name)
    reversed_ = [*by_outcome.get("decision_reversed", []), *by_outcome.get("decision_partially_reversed", [])]
    upheld = by_outcome.get("decision_upheld", [])
    if reversed_ and upheld:
        return reversed_, [*upheld, *reversed_]
    named = {side: _best(counted, _official()["columns"][side]) for side in ("numerator", "denominator")}
    return ([named["numerator"]] if named["numerator"] else []), (
        [named["denominator"]] if named["denominator"] else []
    )


def _best(columns: list[Theirs], names: Sequence[str]) -> str:
    likely = {one.name: likeness(one.name, names) for one in columns}
    best = max(likely, key=lambda name: likely[name], default="")
    return best if likely.get(best, 0) >= _LEAST else ""


def _dimensions(free: list[Theirs], of: Contract) -> list[tuple[Theirs, Column]]:
    found: dict[str, tuple[Theirs, Column]] = {}
    for one in free:
        like = {name: likeness(one.name, names_of(name, of.columns[name].label)) for name in of.dimensions}
        best = max(like, key=lambda name: like[name])
        if like[best] >= _LEAST and best not in found:
            found[best] = (one, of.columns[best])
    return list(found.values())


@dataclass(frozen=True)
class _Read:
    grain: Grain
    fits: float
    keys: dict[str, str]  # of [period], besides column and grain


def _period(one: Theirs, language: Language) -> Iterator[str]:
    yield from ("", "[period]", f"column = {quoted(one.name)}")
    found = _read(one)
    examples = listed(one.examples)
    if found is None or found.fits < ENOUGH:
        yield comment(say("suggest.period_unread", language, examples=examples))
        yield comment('grain = "week"')
        return
    said = say("suggest.period", language, share=share(found.fits, language, digits=0), examples=examples)
    yield f"grain = {quoted(found.grain)}  {comment(said)}"
    yield from (f"{name} = {quoted(value)}" for name, value in found.keys.items())


def _read(one: Theirs) -> _Read | None:
    """How the cells of a period are best read: the way that most of them allow, of those the coarsest grain."""
    cells = [str(cell) for cell in one.counts.index[:_MOST_PERIODS] if not _is_total(str(cell))]
    if not cells:
        return None
    coarse: list[Grain] = [grain for grain in reversed(GRAINS) if grain != "day"]
    ways: list[tuple[Grain, dict[str, str]]] = [(grain, {}) for grain in coarse]
    if len(cells) > _BY_CHANCE or likeness(one.name, _official()["grains"]["week"]) == 1:
        ways += [(grain, {"day": "first"}) for grain in coarse if grain != "year"]
    ways.append(("day", {}))
    for way in known()["periods"]:
        ways.append((way["grain"], {key: way[key] for key in ("pattern", "format") if key in way}))
    tried = [_Read(grain, _share_read(cells, one.name, grain, keys), keys) for grain, keys in ways]
    return max(tried, key=lambda read: read.fits)


def _share_read(cells: list[str], name: str, grain: Grain, keys: dict[str, str]) -> float:
    day: Day | None = "first" if "day" in keys else None
    written = Written((name,), grain, keys.get("pattern", ""), keys.get("format", ""), None, day)
    return sum(isinstance(written.read(cell), Period) for cell in cells) / len(cells)


def _is_total(cell: str) -> bool:
    return plain(cell) in {plain(word) for word in _official()["all"]["words"]}


def _skipped(columns: list[Theirs], language: Language) -> Iterator[str]:
    """Rows of totals are no segment."""
    said = {one.name: [str(cell) for cell in one.counts.index if _is_total(str(cell))] for one in columns}
    if any(said.values()):
        yield from ("", comment(say("suggest.totals", language)), "[skip]")
        yield from (f"{quoted(name)} = [{', '.join(map(quoted, cells))}]" for name, cells in said.items() if cells)


def _translated(dimensions: list[tuple[Theirs, Column]], language: Language) -> Iterator[str]:
    for one, ours in dimensions:
        if ours.values or ours.pattern:
            cells = [(str(cell), int(rows)) for cell, rows in one.counts.items() if not _is_total(str(cell))]
            yield from value_lines(cells, ours, language)


def _left(free: list[Theirs], language: Language) -> Iterator[str]:
    if free:
        yield from ("", comment(say("suggest.left", language)))
        for one in free:
            values, examples = count(len(one.counts), language), listed(one.examples)
            yield comment(say("suggest.left_line", language, column=quoted(one.name), values=values, examples=examples))
