"""The codebook: every fact, column, metric, query and term on one page, searchable without a server."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from appeal_insights.language import LANGUAGES, Language, say
from appeal_insights.metrics.headers import headers
from appeal_insights.metrics.metric import ALL, Metric, Side, day_of, metrics
from appeal_insights.records.contract import Column, Contract, Words, all_facts, contract
from appeal_insights.records.workspace import find_workspace
from appeal_insights.reports.offline import page, write_whole

FILE = "codebook.html"
KINDS = ("metric", "column", "term", "query")

Told = Mapping[Language, str]  # the same in each language


@dataclass(frozen=True)
class Fact:
    """One line of an entry: what is said, and that in each language. `code`: it is typed as it stands."""

    label: str  # a key of the words of this page
    told: Told
    code: bool = False


@dataclass(frozen=True)
class Entry:
    """One thing that the page explains, under an address of its own."""

    kind: str
    key: str  # as it is typed
    name: Told
    says: Told
    facts: Sequence[Fact] = ()
    group: str = ""  # of a column: its fact

    @property
    def anchor(self) -> str:
        return "-".join(part for part in (self.kind, self.group, self.key) if part)


def codebook(workspace: str | Path | None = None) -> Path:
    """Write the codebook into data/ of the workspace, and give where it is.

    Takes   workspace   the folder with notebooks/ and data/; the nearest one upward if not given.
    Raises  BadInput    there is none.
    """
    place = find_workspace(Path(workspace) if workspace is not None else None)
    return write_whole(place.root / "data" / FILE, codebook_page(list(entries())))


def codebook_page(found: Sequence[Entry]) -> str:
    """The page as text. The same declarations give the same bytes."""
    groups: dict[str, list[Entry]] = {}
    for entry in found:
        groups.setdefault(entry.group or entry.kind, []).append(entry)
    sections = [(name, _heading(name), _intro(name), listed) for name, listed in groups.items()]
    return page(
        "codebook.html.j2",
        language="both",
        styles=("style.css", "codebook.css", "dark.css"),
        scripts=("codebook.js",),
        sections=sections,
        kinds=[kind for kind in KINDS if any(entry.kind == kind for entry in found)],
        entries=found,
    )


def entries() -> Iterator[Entry]:
    """Everything that is declared: metrics, columns fact by fact, terms and queries."""
    yield from (_metric(metric) for metric in metrics().values())
    for fact in all_facts():
        found = contract(fact)
        yield from (_column(found, column) for column in found.everything.values())
    yield from terms()
    for name, header in headers().items():
        facts = [Fact("reads", _same(header.reads), code=True), Fact("gives", _same(header.gives), code=True)]
        facts += [Fact("note", _same(header.note))] if header.note else []
        yield Entry("query", name, _same(name), _said(f"codebook.asks.{name}"), facts)


def terms() -> Iterator[Entry]:
    """The glossary."""
    text = files("appeal_insights").joinpath("words", "glossary.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        names: Told = {"en": row["en"], "zh-CN": row["zh_cn"]}
        yield Entry("term", row["key"], names, {"en": row["definition_en"], "zh-CN": row["definition_zh"]})


def _heading(name: str) -> Told:
    if name in KINDS:
        return _said(f"codebook.{name}")
    found = contract(name).name
    return {each: say("codebook.columns_of", each, fact=_in(found, each), table=name) for each in LANGUAGES}


def _intro(name: str) -> Told:
    return _said(f"codebook.{name}_intro") if name in KINDS else _both(contract(name).describes)


def _metric(metric: Metric) -> Entry:
    facts = [
        Fact("kind", _said(f"codebook.kind_{metric.kind}")),
        *_counted(metric),
        *([Fact("unit", _same(metric.unit))] if metric.unit else []),
        *([Fact("better", _said(f"codebook.better_{metric.better}"))] if metric.better else []),
        *_settles(metric),
        Fact("version", _same(str(metric.version))),
        Fact("source", _same(metric.source)),
    ]
    known = [fact for fact in facts if fact.told["en"]]
    return Entry("metric", metric.id, _both(metric.name), _both(metric.asks), known)


def _counted(metric: Metric) -> list[Fact]:
    if metric.kind == "ratio":
        return [fact for label, side in zip(("numerator", "denominator"), metric.sides, strict=True)
                for fact in _side(label, side)]  # fmt: skip
    of_kind = {
        "distribution": [Fact("duration", _same(metric.duration), code=True)],
        "stock": [Fact("opens", _same(metric.opens), code=True), Fact("closes", _same(metric.closes), code=True)],
        "proportion": [Fact("numerator", _same(metric.numerator), code=True)],
    }
    denominator = "" if metric.denominator == ALL else metric.denominator
    return [
        Fact("fact", _both(contract(metric.fact).name)),
        Fact("denominator" if metric.is_rate else "where", _same(denominator), code=True),
        *of_kind.get(metric.kind, []),
        *([] if metric.kind == "stock" else [_bases("bases", metric.at)]),
    ]


def _side(label: str, side: Side) -> list[Fact]:
    holds = "" if side.holds == ALL else side.holds
    adds = f"sum({side.adds})" if side.adds else "count(*)"
    where = f"{side.fact}: {adds}" + (f" where {holds}" if holds else "")
    return [Fact(label, _same(where), code=True), _bases(f"{label}_bases", side.at)]


def _bases(label: str, at: Mapping[str, str]) -> Fact:
    told = "\n".join(f"{basis}: {moment}, {day_of(moment)}" for basis, moment in at.items())
    return Fact(label, _same(told), code=True)


def _settles(metric: Metric) -> list[Fact]:
    days = {basis: metric.settles(basis) for basis in metric.at}
    told = {
        each: "\n".join(
            say("codebook.settled", each, basis=basis, days=str(number))
            for basis, number in days.items()
            if number is not None
        )
        for each in LANGUAGES
    }
    return [Fact("settles", told)] if told["en"] else []


def _column(found: Contract, column: Column) -> Entry:
    typed = {
        each: say(f"codebook.type_{column.type}", each) + (f", {column.unit}" if column.unit else "")
        for each in LANGUAGES
    }
    facts = [
        Fact("type", typed),
        *([Fact("values", _same("\n".join(column.values)), code=True)] if column.values else []),
        *([Fact("pattern", _same(column.pattern), code=True)] if column.pattern else []),
        *_is(found, column),
        *([Fact("known", _said(f"codebook.known_{column.known_at}"))] if column.known_at else []),
        *([Fact("rolls_up", _same(column.rolls_up_to), code=True)] if column.rolls_up_to else []),
    ]
    return Entry("column", column.name, _both(column.label), _both(column.describes), facts, group=found.fact)


def _is(found: Contract, column: Column) -> list[Fact]:
    """What a column is for: required, a dimension, a person, or reckoned."""
    yes = {
        "required": column.required, "dimension": column.dimension, "person": column.person,
        "derived": column.name in found.derived, "key": column.name == found.key,
    }  # fmt: skip
    told = {
        each: say("codebook.and", each).join(say(f"codebook.is_{name}", each) for name, holds in yes.items() if holds)
        for each in LANGUAGES
    }
    return [Fact("is", told)] if told["en"] else []


def _said(key: str) -> Told:
    return {each: say(key, each) for each in LANGUAGES}


def _same(text: str) -> Told:
    return dict.fromkeys(LANGUAGES, text)


def _in(words: Words, language: Language) -> str:
    return words["en" if language == "en" else "zh"]


def _both(words: Words) -> Told:
    return {each: _in(words, each) for each in LANGUAGES}
