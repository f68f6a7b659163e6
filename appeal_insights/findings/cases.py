"""The records behind a number, one by one, for an analyst: `cases` is the one call."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from appeal_insights.disclosure import AUDIENCES
from appeal_insights.errors import BadParameter, EmptyPeriod, also_said_in, choice
from appeal_insights.findings.answer import Asking, question_of
from appeal_insights.findings.cells import NOTHING, count_cell
from appeal_insights.findings.naming import basis_name, metric_name, scope_name
from appeal_insights.findings.shown import Bundle, Cells, Exhibit, Shown
from appeal_insights.findings.view import View, read_where, write_where
from appeal_insights.language import Language, count, instant, languages, say, share
from appeal_insights.metrics.listed import PARTS, Part, list_records
from appeal_insights.metrics.metric import Metric
from appeal_insights.metrics.metric import metric as metric_named
from appeal_insights.metrics.query import check_wanted, query
from appeal_insights.metrics.question import Question
from appeal_insights.records.contract import BLANK, Contract
from appeal_insights.records.scope import Scope, read_names
from appeal_insights.records.shared import shared
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

MOST = 10_000  # records of a list: more than anybody reads, and a file that any spreadsheet opens
USUAL = 500
MOST_SEEDS = 10**9
MOST_DRAWN = 200  # rows of a table on a screen; a file has all
OWN = ("record", "happened_at", "in_numerator", "cluster")  # what every list can have, whatever the fact
FIRST = ("record", "happened_at", "in_numerator")  # what it has where nothing is said
ENOUGH = 5  # dimensions that it has besides, where nothing is said
YES, NO = ("yes", "true", "1", "drawn"), ("", "no", "false", "0", "first")


@dataclass(frozen=True)
class CaseList:
    """The records behind a number. It shows itself in a notebook; `table` has them as they are.

    table     the columns wanted, a row per record
    found     how many records there are in this part: what the metric counted
    counted   numerator and denominator of the metric
    known     every column that can be chosen
    """

    question: Question
    part: Part
    table: pd.DataFrame
    found: int
    counted: tuple[int, int]
    columns: Sequence[str]
    known: Sequence[str]
    sampled: bool
    seed: int
    most: int
    store: str
    languages: tuple[Language, ...]

    @property
    def metric(self) -> Metric:
        return self.question.metric

    @property
    def where(self) -> Scope:
        return self.question.where

    @property
    def basis(self) -> str:
        return self.question.basis

    @property
    def by_figures(self) -> bool:
        return self.question.figures

    @property
    def view(self) -> View:
        """What was asked, as plain data that travels."""
        told = {
            "store": self.store, "metric": self.metric.id, "during": self.question.periods[0].label,
            "where": write_where(self.where), "basis": self.basis, "part": self.part, "most": str(self.most),
            "columns": ",".join(self.columns), "sampled": "yes" if self.sampled else "",
            "seed": str(self.seed) if self.sampled else "",
            "language": self.languages[0] if len(self.languages) == 1 else "both",
        }  # fmt: skip
        return View("cases", told)

    def heading(self, name: str, language: Language) -> str:
        """What stands above a column."""
        return heading(self.metric, name, language)

    def texts(self, language: Language) -> pd.DataFrame:
        """Every row as text under headings of a language, for a file; instants in UTC, blanks as nothing."""
        told = {name: [_text(value, language) for value in self.table[name]] for name in self.columns}
        table = pd.DataFrame(told, dtype="str")
        return table.set_axis([self.heading(name, language) for name in self.columns], axis=1)

    def exhibits(self) -> list[Exhibit]:
        """The list in every language."""
        return [self._exhibit(language) for language in self.languages]

    def bundles(self) -> Iterator[Bundle]:
        """Every output, as a notebook shows them."""
        yield from Shown(self.exhibits()).bundles()

    def _ipython_display_(self) -> None:
        Shown([self])._ipython_display_()

    def __repr__(self) -> str:
        return self._title(self.languages[0])

    def _title(self, language: Language) -> str:
        return say(
            "case_list.heading", language, metric=metric_name(self, language), scope=scope_name(self, language),
            part=say(f"case_list.part.{self.part}", language), period=self.question.periods[0].label,
            **self._sizes(language),
        )  # fmt: skip

    def _sizes(self, language: Language) -> dict[str, str]:
        return {"shown": count(len(self.table), language), "found": count(self.found, language)}

    def _exhibit(self, language: Language) -> Exhibit:
        sizes, (numerator, denominator) = self._sizes(language), self.counted
        how = "drawn" if self.sampled else "first" if len(self.table) < self.found else "all"
        notes = [say(f"case_list.{how if len(self.table) else 'empty'}", language, **sizes, seed=str(self.seed))]
        if self.metric.contract.weight:
            notes.append(say("case_list.weighted", language, **sizes))
        told = {"numerator": count(numerator, language), "denominator": count(denominator, language)}
        notes.append(say("case_list.number", language, rate=share(numerator / denominator, language), **told))
        if len(self.table) > MOST_DRAWN:
            shown = {"shown": count(MOST_DRAWN, language), "all": count(len(self.table), language)}
            notes.append(say("case_list.only_first", language, **shown))
        as_of, basis = instant(self.question.as_of, language), basis_name(self, language)
        notes.append(say("case_list.data", language, as_of=as_of, basis=basis))
        return Exhibit("case_list", language, self._title(language), notes, cells=self._cells(language))

    def _cells(self, language: Language) -> Cells:
        numbers = [pd.api.types.is_integer_dtype(self.table[name]) for name in self.columns]
        heads = [
            (name, self.heading(name, language), "right" if number else "left")
            for name, number in zip(self.columns, numbers, strict=True)
        ]
        rows = [
            [
                count_cell(value, language) if number and pd.notna(value) else _text(value, language) or NOTHING
                for value, number in zip(row, numbers, strict=True)
            ]
            for row in self.table[list(self.columns)].head(MOST_DRAWN).itertuples(index=False)
        ]
        return Cells(heads, rows)


def cases(
    *,
    store: str,
    metric: str = "overturn_rate",
    during: str = "",
    where: str | Mapping[str, str | Sequence[str]] = "",
    part: str = "denominator",
    columns: str | Sequence[str] = "",
    sampled: bool | str = False,
    most: int | str = USUAL,
    seed: int | str = 1,
    basis: str = "",
    as_of: str = "",
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> CaseList:
    """List the records behind a number, for an analyst: the newest, or a random sample that can be drawn again.

    Takes   `metric`, `during`, `where`, `basis`, `as_of` as `query` takes them: what the number was counted of.
            `part`: denominator (all), numerator, or rest. `columns`: record, happened_at, in_numerator, cluster, and
            every column of the records that names no person. `sampled`: drawn at random; `seed` is another draw.
            `most`: how many rows at most. `audience`: only an analyst is given records.
    Gives   a CaseList; `found` is what the metric counts there, however few rows are listed.
    Raises  BadParameter   the audience is no analyst, or what was asked cannot be listed;  what `query` raises.
    """
    wanted = languages(language)
    with also_said_in(wanted):
        if choice("audience", audience, AUDIENCES) != "analyst":
            raise BadParameter.of("case_list.analyst")
        if not during:
            raise BadParameter.of("case_list.during")
        of_part = choice("part", part, PARTS)
        if (rows := _whole(most, 1, MOST)) is None:
            raise BadParameter.of("case_list.most", given=most, most=MOST)
        if (salt := _whole(seed, 0, MOST_SEEDS)) is None:
            raise BadParameter.of("case_list.seed", given=seed)
        held = read_where(where) if isinstance(where, str) else where
        asking = Asking("records", metric, during=during, where=dict(held), basis=basis, as_of=as_of)  # type: ignore[arg-type]
        with shared(find_workspace(workspace).existing_store(store)) as opened:
            question = question_of(asking, opened)
            check_wanted("records", question)
            known = listable(question.metric.contract, question.lacks)
            chosen = _columns(columns, question, known)
            counted = _counted(opened, question)
            drawn = _flag(sampled)
            table = list_records(
                opened,
                replace(question, by=tuple(name for name in chosen if name not in OWN)),
                part=of_part,
                most=rows,
                salt=f"{salt}:" if drawn else "",
            )
    numerator, denominator = counted
    found = {"numerator": numerator, "denominator": denominator, "rest": denominator - numerator}[of_part]
    return CaseList(
        question, of_part, table[chosen], found, counted, chosen, known, drawn, salt, rows, store, wanted
    )  # fmt: skip


def heading(of: Metric, name: str, language: Language) -> str:
    """What a column of a list is called."""
    if name in OWN:
        return say(f"case_list.{name}", language)
    return of.contract.everything[name].label["zh" if language == "zh-CN" else "en"]


def columns_of(metric: str, *, store: str, workspace: Path | None = None) -> list[str]:
    """The columns that a list of the records of a metric can have; none where the store holds counted figures."""
    of = metric_named(metric)
    with shared(find_workspace(workspace).existing_store(store)) as opened:
        if "figures" in opened.tables:
            return []
        return listable(of.contract, frozenset(opened.declared(of.fact).get("without", [])))


def listable(of: Contract, lacks: frozenset[str] = frozenset()) -> list[str]:
    """The columns that a list of records can have: those that the source has and that name no person."""
    own = [*OWN] if of.cluster and of.cluster not in lacks else [name for name in OWN if name != "cluster"]
    there = [name for name in of.columns if name not in (of.key, of.cluster, *of.persons) and name not in lacks]
    derived = [name for name in of.derived if name.endswith(("_seconds", "_on")) and name not in lacks]
    return [*own, *there, *derived]


def _columns(given: str | Sequence[str], question: Question, known: Sequence[str]) -> list[str]:
    """The columns to list. Raises BadParameter with the nearest for one that there is not."""
    of = question.metric.contract
    names = list(dict.fromkeys(read_names(given)))
    for name in names:
        if name in of.persons:
            raise BadParameter.of("case_list.person", given=name)
        if name not in known:
            raise BadParameter.of("case_list.column", given=name, known=list(known))
    usual = [name for name in (*question.where, *of.dimensions) if name in known]
    return names or [*FIRST, *list(dict.fromkeys(usual))[: max(ENOUGH, len(question.where))]]


def _counted(store: Store, question: Question) -> tuple[int, int]:
    """What the metric counts there. Raises EmptyPeriod where that is nothing."""
    whole = query(store, "breakdown", question)
    numerator, denominator = (int(whole[name].sum()) for name in ("numerator", "denominator"))
    if not denominator:
        raise EmptyPeriod.of("empty.scope", period=question.periods[0])
    return numerator, denominator


def _whole(given: int | str, least: int, most: int) -> int | None:
    """A whole number within bounds; None for anything else."""
    text = str(given).strip()
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        return None
    return int(text)


def _flag(given: bool | str) -> bool:
    word = str(given).strip().lower()
    return choice("sampled", word, (*YES, *NO)) in YES


def _text(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return say("column.yes" if value else "column.no", language)
    if pd.isna(value) or value == BLANK:  # type: ignore[call-overload]
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)
