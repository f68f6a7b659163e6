"""A first mapping file for somebody's own export, each line with its reason: for an analyst to correct."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from appeal_insights.errors import BadInput
from appeal_insights.language import Language, count, say, share
from appeal_insights.records.contract import Column, Contract, contract
from appeal_insights.records.ingest import COUNTED
from appeal_insights.records.mapping import KNOWN_FROM
from appeal_insights.records.opening import open_source
from appeal_insights.records.reading import read_pages
from appeal_insights.records.suggest_columns import (
    ENOUGH,
    Theirs,
    known,
    likeness,
    names_of,
    share_meant,
    their_columns,
)
from appeal_insights.records.suggest_figures import suggest_figures
from appeal_insights.records.suggest_text import comment, listed, quoted, shown
from appeal_insights.records.suggest_values import value_lines

ROWS = 5_000  # that are looked at
_NAMED = 1.0  # what a name has to resemble before it counts as the very one
_LEAST = 0.5  # likeness of a name below which it says nothing


@dataclass(frozen=True)
class Match:
    """One of their columns that goes to one of ours, and why: named, by_values or by_key."""

    theirs: Theirs
    ours: Column
    why: str
    score: float


def write_suggestion(source: Path, *, fact: str = "appeals", language: Language = "en") -> Path:
    """Write a first mapping file beside a file: export.csv -> export.mapping.toml.

    Raises  BadInput   there is one already, or the file cannot be read.
    """
    path = source.with_name(f"{source.stem}.mapping.toml")
    with TemporaryDirectory(prefix="appeal_insights.") as scratch:
        opened = open_source(source, Path(scratch), fact=fact, mapping=None)
        page = next(read_pages(opened.source, rows=ROWS), None)
        rows = pd.DataFrame(columns=opened.names, dtype="str") if page is None else page.rows
    text = suggest_mapping(rows, fact=fact, file=source.name, language=language)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"There is a mapping file already: {path}. Go on with it, or move it away first.") from None
    return path


def suggest_mapping(
    rows: pd.DataFrame, *, fact: str = "appeals", file: str = "table", language: Language = "en"
) -> str:
    """The text of a first mapping of those rows: TOML, where every name, value and example of theirs is quoted."""
    theirs, of = their_columns(rows), contract(fact)
    matches = match(theirs, of)
    head = _head(file, len(rows), language)
    if fact == COUNTED and not any(one.ours.name == of.key and one.score >= _NAMED for one in matches):
        figures = suggest_figures(theirs, of, language)
        if figures:
            return "\n".join([*head, *figures, ""])
    by_key = matches + _by_key(theirs, of, matches)
    lines = [
        *head, *_top(by_key, of, language), *_columns(by_key, theirs, of, language), *_values(by_key, language),
        *_left(by_key, theirs, of, language),
    ]  # fmt: skip
    return "\n".join([*lines, ""])


def match(theirs: list[Theirs], of: Contract) -> list[Match]:
    """Their columns and ours, each at most once, the surest first: by name, then by what the cells say."""
    found = [one for their in theirs for ours in _ours(of) if (one := _match(their, ours))]
    taken: list[Match] = []
    for one in sorted(found, key=lambda one: -one.score):  # of equals the first column of the file
        if all(one.theirs is not other.theirs and one.ours is not other.ours for other in taken):
            taken.append(one)
    return taken


def _ours(of: Contract) -> list[Column]:
    extracted = Column(KNOWN_FROM, "instant", {"en": "known from", "zh": "提取时间"}, {"en": "", "zh": ""})
    return [*of.columns.values(), extracted]


def _match(theirs: Theirs, ours: Column) -> Match | None:
    like = likeness(theirs.name, names_of(ours.name, ours.label))
    is_time = theirs.times is not None
    if len(theirs.cells) == 0:
        return Match(theirs, ours, "named", like) if like >= _NAMED else None
    if ours.type == "instant":
        return Match(theirs, ours, "named", like + 1) if is_time and like >= _LEAST else None
    if is_time and ours.type != "text":
        return None
    fits = share_meant(theirs, ours) if ours.values or ours.pattern else 0.0
    if like >= _LEAST and not (like < _NAMED and (ours.values or ours.pattern) and fits < ENOUGH):
        return Match(theirs, ours, "named", like + fits)
    by_values = ours.name in known()["by_values"]["columns"] and fits >= ENOUGH
    return Match(theirs, ours, "by_values", fits / 2) if by_values else None


def _by_key(theirs: list[Theirs], of: Contract, matches: list[Match]) -> list[Match]:
    """The first column whose cells are all different, where no name says which one is the key."""
    if any(one.ours.name == of.key for one in matches):
        return []
    used = {one.theirs.name for one in matches}
    free = [one for one in theirs if one.is_key and one.times is None and one.name not in used]
    return [Match(free[0], of.columns[of.key], "by_key", 0.0)] if free else []


def _head(file: str, rows: int, language: Language) -> list[str]:
    mapping = f"{Path(file).stem}.mapping.toml"
    title = say("suggest.title", language, file=shown(file), rows=count(rows, language))
    return [comment(title), comment(say("suggest.next", language, mapping=shown(mapping))), ""]


def _top(matches: list[Match], of: Contract, language: Language) -> Iterator[str]:
    yield f"fact = {quoted(of.fact)}"
    naive = [one.theirs.name for one in matches if _is_naive(one)]
    if naive:
        yield comment(say("suggest.zone", language, columns=listed(naive, most=12)))
    yield 'zone = "UTC"'
    matched = {one.ours.name for one in matches}
    absent = [name for name, column in of.columns.items() if name not in matched and not column.required]
    if absent:
        yield comment(say("suggest.absent", language))
        yield f"absent = [{', '.join(map(quoted, absent))}]"


def _is_naive(one: Match) -> bool:
    times = one.theirs.times if one.ours.type == "instant" else None
    return times is not None and not times.offset


def _columns(matches: list[Match], theirs: list[Theirs], of: Contract, language: Language) -> Iterator[str]:
    yield from ("", "[columns]")
    place = {one.name: at for at, one in enumerate(theirs)}
    for one in sorted(matches, key=lambda one: place[one.theirs.name]):
        yield f"{quoted(one.theirs.name)} = {_target(one)}  {comment(_why(one, language))}"
        times = one.theirs.times if one.ours.type == "instant" else None
        if times and times.other:
            example, other = quoted(one.theirs.examples[0]), quoted(times.other)
            yield comment(say("suggest.day_or_month", language, example=example, other=other))
    for name, column in of.columns.items():
        if column.required and all(one.ours.name != name for one in matches):
            yield from _needed(column, matches, theirs, language)


def _target(one: Match) -> str:
    times = one.theirs.times if one.ours.type == "instant" else None
    form = f", format = {quoted(times.format)}" if times and times.format else ""
    coarse = ', precision = "day"' if times and times.day_only else ""
    return f"{{ to = {quoted(one.ours.name)}{form}{coarse} }}" if form or coarse else quoted(one.ours.name)


def _why(one: Match, language: Language) -> str:
    theirs, label = one.theirs, one.ours.label[_key(language)]
    said = {"label": label, "examples": listed(theirs.examples)}
    if not len(theirs.cells):
        return say("suggest.empty", language, label=label)
    if one.why == "by_key":
        return say("suggest.by_key", language, **said)
    fits = _fits(one)
    if fits is None:
        return say("suggest.named", language, values=count(len(theirs.counts), language), **said)
    key = "suggest.by_values" if one.why == "by_values" else "suggest.named_fits"
    return say(key, language, share=share(fits, language, digits=0), **said)


def _fits(one: Match) -> float | None:
    if one.ours.type == "instant" and one.theirs.times:
        return one.theirs.times.fits
    return share_meant(one.theirs, one.ours) if one.ours.values or one.ours.pattern else None


def _needed(column: Column, matches: list[Match], theirs: list[Theirs], language: Language) -> Iterator[str]:
    """What is missing, as a line to complete, with the columns that it could be."""
    yield ""
    yield comment(say("suggest.needed", language, name=column.name, describes=column.describes[_key(language)]))
    used = {one.theirs.name for one in matches}
    free = [one for one in theirs if one.name not in used]
    named = [one for one in free if likeness(one.name, names_of(column.name, column.label)) >= _LEAST]
    if column.type == "instant":
        for one in named:
            if one.times is None and len(one.cells):
                label = column.label[_key(language)]
                yield comment(say("suggest.no_times", language, label=label, examples=listed(one.examples)))
        named += [one for one in free if one.times and one not in named]
    if named:
        yield comment(say("suggest.perhaps", language, columns=listed([one.name for one in named], most=6)))
    yield comment(f'"?" = {quoted(column.name)}')


def _values(matches: list[Match], language: Language) -> Iterator[str]:
    for one in matches:
        if one.ours.values or one.ours.pattern:
            cells = [(str(value), int(rows)) for value, rows in one.theirs.counts.items()]
            yield from value_lines(cells, one.ours, language)


def _left(matches: list[Match], theirs: list[Theirs], of: Contract, language: Language) -> Iterator[str]:
    used = {one.theirs.name for one in matches}
    free = [one for one in theirs if one.name not in used]
    if not free:
        return
    yield from ("", comment(say("suggest.left", language)))
    for one in free:
        values, examples = count(len(one.counts), language), listed(one.examples)
        yield comment(say("suggest.left_line", language, column=shown(one.name), values=values, examples=examples))
        like = [ours for ours in of.columns.values() if _match(one, ours)]
        for ours in like[:1]:
            label = ours.label[_key(language)]
            yield comment(say("suggest.also_like", language, column=shown(one.name), label=label))


def _key(language: Language) -> str:
    return "zh" if language == "zh-CN" else "en"
