"""What a reconciliation found, and how it is said: the answer, the steps, the rows, in either language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from appeal_insights.analysis.reconcile import Fit, numbers_of
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, points_cell, share_cell
from appeal_insights.findings.shown import Bundle, Cell, Cells, Code, Exhibit, Showable, Shown
from appeal_insights.language import Language, count, instant, say
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.tried import Tried
from appeal_insights.metrics.variants import OURS as OUR_WAY
from appeal_insights.metrics.variants import SWITCHES, Variant
from appeal_insights.records.official import Official
from appeal_insights.records.scope import write_scope

TOTAL = 0  # the number of the total among the rows of the table
OURS, REMAINDER, OFFICIAL = "ours", "remainder", "official"  # the steps that are no difference
COUNTS = ["numerator", "denominator"]
CHANGES = ["numerator_change", "denominator_change"]
MOST_EQUAL = 5  # other definitions that are named
_TOML_KEY = {"en": "en", "zh-CN": "zh"}


@dataclass(frozen=True)
class Reconciliation:
    """What a reconciliation found. It shows itself in a notebook; `table` is the same as numbers.

    `table` has a row for each step of each row of the sheet (row 0 is the total): row, period, <dimensions>, step,
    definition (id of a variant, ours, remainder or official), says, numerator, denominator, numerator_change,
    denominator_change, rate, change (shares 0..1). `attrs['about']` says what the numbers are.
    """

    table: pd.DataFrame
    official: Official
    question: Question
    tried: Tried | None  # None: the store holds numbers that are counted already
    fit: Fit | None
    unknown: tuple[str, ...]  # values of the sheet that the store does not have
    overlapping: bool  # the rows of the sheet share records
    withheld: bool  # small numbers are hidden from this audience
    languages: tuple[Language, ...]
    store: str
    fingerprint: str

    @property
    def differences(self) -> tuple[str, ...]:
        """The ids of the differences that explain, in the order of the steps."""
        return () if self.tried is None or self.fit is None else _chosen(self.tried, self.fit.chosen)

    @property
    def explained(self) -> bool:
        """Whether every number of the sheet is met."""
        return self.fit.exact if self.fit else not self.table.loc[self._remaining, CHANGES].fillna(0).any(axis=None)

    @property
    def _remaining(self) -> "pd.Series[bool]":
        return self.table["definition"] == REMAINDER

    @property
    def nearest(self) -> pd.DataFrame:
        """For each number of differences the definition that leaves least: numerator, denominator, rows not met."""
        if self.fit is None or self.tried is None or self.withheld:
            return pd.DataFrame(columns=["differences", "definition", *COUNTS, "rows"])
        names = [" + ".join(_chosen(self.tried, label)) or OURS for label in self.fit.nearest["definition"]]
        return self.fit.nearest.assign(definition=names)

    @property
    def summary(self) -> Shown:
        """What explains the difference, step by step, to what remains."""
        return Shown([part for language in self.languages for part in _exhibits(self, language)])

    def notes(self, language: Language) -> list[str]:
        """The sentences, the answer first."""
        return [_answer(self, language), *_explained(self, language), *_notes(self, language)]

    def bundles(self) -> Iterator[Bundle]:
        yield from self.summary.bundles()

    def _ipython_display_(self) -> None:
        self.summary._ipython_display_()

    def __repr__(self) -> str:
        return "\n".join(
            line for language in self.languages for line in [heading(self, language), *self.notes(language)]
        )


def with_words(found: Reconciliation) -> Reconciliation:
    """The reconciliation with its table's `says` in the first of its languages, and what the numbers are."""
    language = found.languages[0]
    says = [_step(found, name, language) for name in found.table["definition"]]
    periods = found.table["period"].mask(found.table["row"] == TOTAL, say("reconcile.step.total", language))
    table = found.table.assign(period=periods, says=says)
    names = [name for name in table if name != "says"]
    names.insert(names.index("definition") + 1, "says")
    table = table[names].copy()
    table.attrs["about"] = _about(found)
    return replace(found, table=table)


def heading(found: Reconciliation, language: Language) -> str:
    question = found.question
    return say(
        "reconcile.heading",
        language,
        metric=question.metric.name[_TOML_KEY[language]],
        source=found.official.source,
        store=found.store,
        scope=write_scope(question.where) or say("segment.everything", language),
        as_of=instant(question.as_of, language),
    )


def _left(found: Reconciliation, language: Language) -> Cells | None:
    """What the best definition of each number of differences leaves unexplained, as a table."""
    if found.fit is None or found.tried is None or found.withheld:
        return None
    keys = ("differences", "definition", "numerator_left", "denominator_left", "rows_left")
    sides = ("right", "left", "right", "right", "right")
    columns = [(key, say(f"reconcile.column.{key}", language), side) for key, side in zip(keys, sides, strict=True)]
    rows = []
    for row in found.fit.nearest.itertuples():
        named = _joined(_named(found, name, language) for name in _chosen(found.tried, int(row.definition)))  # type: ignore[arg-type]
        cells = [_count(row.differences, language), named or say("reconcile.no_difference", language)]
        cells += [_change(row.numerator, language), _change(row.denominator, language), _count(row.rows, language)]
        rows.append(cells)
    return Cells(columns, rows)


def _about(found: Reconciliation) -> dict[str, str]:
    question = found.question
    about = {
        "store": found.store,
        "official": found.official.source,
        "metric": f"{question.metric.id}, version {question.definition}",
        "periods": ", ".join(dict.fromkeys(row.period.label for row in found.official.rows)),
        "scope": write_scope(question.where) or "all records",
        "basis": question.basis,
        "as_of": question.as_of.isoformat() + "Z",
        "fingerprint": found.fingerprint,
    }
    if found.tried is None or found.fit is None:
        return about | {"explained_by": "counted figures: definitions cannot be varied"}
    others = [" + ".join(_chosen(found.tried, label)) for label in found.fit.equal]
    return about | {
        "definitions_tried": str(len(found.tried.definitions)),
        "explained_by": " + ".join(found.differences) or "nothing",
        "remainder": "0" if found.fit.exact else "see the rows of that name",
        "fits_as_well": "; ".join(others) or "nothing",
    }


# --- Names ------------------------------------------------------------------------------------------------------------


def _chosen(tried: Tried, label: int) -> tuple[str, ...]:
    """The differences of a definition, in the order of the switches."""
    return tuple(str(name) for name in tried.definitions.loc[label, list(SWITCHES)] if name != OUR_WAY)


def _variant_name(variant: Variant, language: Language, as_of: str = "") -> str:
    return variant.name[_TOML_KEY[language]].format(as_of=as_of)


def _named(found: Reconciliation, id: str, language: Language) -> str:
    """The name of a difference."""
    assert found.tried is not None
    known = found.tried.choice(id)
    at = instant(known.known_at[0], language) if known.known_at else ""
    return _variant_name(known.variant, language, at)


def _step(found: Reconciliation, name: str, language: Language) -> str:
    if name == OURS:
        basis = "published" if found.question.figures else found.question.basis
        return say("reconcile.step.ours", language, basis=say(f"basis.{basis}", language))
    if name in (REMAINDER, OFFICIAL):
        return say(f"reconcile.step.{name}", language)
    return _named(found, name, language)


def _joined(names: Any, between: str = " + ") -> str:
    return between.join(names)


def _differences(number: int, language: Language) -> str:
    key = {0: "no_difference", 1: "one_difference"}.get(number, "counted_differences")
    return say(f"reconcile.{key}", language, count=count(number, language))


# --- Sentences --------------------------------------------------------------------------------------------------------


def _answer(found: Reconciliation, language: Language) -> str:
    """The sentence that answers the question."""
    rows = found.official.rows
    period = rows[0].period.label if len(rows) == 1 else f"{rows[0].period.label} … {rows[-1].period.label}"
    if found.fit is None:
        return say("reconcile.figures", language, store=found.store)
    named = _joined(_named(found, name, language) for name in found.differences)
    if found.fit.exact and not named:
        return say("reconcile.same", language, period=period)
    counted = _differences(len(found.differences), language)
    if found.fit.exact:
        return say("reconcile.explained", language, period=period, count=counted, differences=named)
    gone = found.fit.remainder.fillna(0)
    return say(
        "reconcile.nearest" if named else "reconcile.unexplained",
        language,
        period=period,
        count=counted,
        differences=named,
        numerator=NOTHING if found.withheld else _change(gone["numerator"].sum(), language),
        denominator=NOTHING if found.withheld else _change(gone["denominator"].sum(), language),
        rows=count(int((gone != 0).any(axis=1).sum()), language),
        all=count(len(gone), language),
    )


def _explained(found: Reconciliation, language: Language) -> list[str]:
    """A sentence for each difference."""
    assert found.fit is None or found.tried is not None
    return [
        say(
            "reconcile.differs",
            language,
            name=_named(found, name, language),
            explains=found.tried.choice(name).variant.explains[_TOML_KEY[language]],
        )
        for name in found.differences
        if found.tried
    ]


def _notes(found: Reconciliation, language: Language) -> Iterator[str]:
    """What else to know, the equals first."""
    sheet, fit, tried = found.official, found.fit, found.tried
    if fit is not None and tried is not None:
        if fit.equal:
            yield _equal(found, tried, fit, language)
        if not fit.exact:
            yield say("reconcile.remainder_means", language)
        if len(found.differences) > 1:
            yield say("reconcile.order", language)
        yield _how_many(tried, fit, found, language)
        untried = [_variant_name(one, language) for one in tried.trial.untried]
        if untried:
            yield say("reconcile.untried", language, variants=_joined(untried, "; "))
    if any(row.numerator is None for row in sheet.rows):
        yield say("reconcile.rates_only", language)
    if found.unknown:
        yield say("reconcile.unknown_values", language, values=", ".join(found.unknown))
    for key, numbers in (("totals", sheet.totals), ("contradictions", sheet.contradictions)):
        if numbers:
            yield say(f"reconcile.{key}", language, rows=", ".join(map(str, numbers)))
    if sheet.ignored:
        yield say("reconcile.ignored", language, columns=", ".join(sheet.ignored))
    if found.overlapping:
        yield say("reconcile.overlap", language)
    if found.withheld:
        yield say("reconcile.withheld", language, smallest=str(SMALLEST_SHOWN))


def _equal(found: Reconciliation, tried: Tried, fit: Fit, language: Language) -> str:
    names = [_joined(_named(found, id, language) for id in _chosen(tried, label)) for label in fit.equal]
    more = len(names) - MOST_EQUAL
    told = {"others": "; ".join(names[:MOST_EQUAL])}
    if more > 0:
        return say("reconcile.equal_more", language, **told, more=count(more, language))
    return say("reconcile.equal", language, **told)


def _how_many(tried: Tried, fit: Fit, found: Reconciliation, language: Language) -> str:
    stated = pd.DataFrame([vars(row) for row in found.official.rows])
    within = (tried.definitions["differences"] <= fit.most).sum()
    return say(
        "reconcile.tried",
        language,
        count=count(int(within), language),
        most=count(fit.most, language),
        numbers=count(numbers_of(stated), language),
    )


# --- Tables -----------------------------------------------------------------------------------------------------------


def _exhibits(found: Reconciliation, language: Language) -> Iterator[Showable]:
    """The answer with the steps of the whole; the rows, where there are several; the query."""
    whole = found.table[found.table["row"] == found.table["row"].iloc[0]]
    rows = found.table[found.table["row"] != TOTAL]
    several = rows["row"].nunique() > 1
    notes = [heading(found, language), *_explained(found, language), *_notes(found, language)]
    first = None if several and whole["row"].iloc[0] != TOTAL else _steps(found, whole, language)
    yield Exhibit("reconcile", language, title=_answer(found, language), notes=notes, cells=first)
    if several:
        yield Exhibit(
            "reconcile_rows", language, title=say("reconcile.rows", language), cells=_rows(found, rows, language)
        )
    nearest = _left(found, language)
    if nearest:
        yield Exhibit("reconcile_left", language, title=say("reconcile.left", language), cells=nearest)
    if found.tried is not None:
        text = found.tried.text
        yield Code(
            language, say("about.query", language, name="variants", rows=count(found.tried.cells, language)), text
        )


def _steps(found: Reconciliation, part: pd.DataFrame, language: Language) -> Cells:
    """The steps of one row of the sheet."""
    heads = {
        "step": "reconcile.column.step",
        "numerator": "column.numerator",
        "denominator": "column.denominator",
        "numerator_change": "reconcile.column.numerator_change",
        "denominator_change": "reconcile.column.denominator_change",
        "rate": "column.rate",
        "change": "column.change",
    }
    rows = [
        [
            _step(found, row["definition"], language),
            *(_count(row[name], language) for name in COUNTS),
            *(_change(row[name], language) for name in CHANGES),
            NOTHING if pd.isna(row["rate"]) else share_cell(row["rate"], language),
            NOTHING if pd.isna(row["change"]) else points_cell(row["change"], language),
        ]
        for row in part.to_dict("records")
    ]
    return Cells(
        [(key, say(head, language), "left" if key == "step" else "right") for key, head in heads.items()], rows
    )


def _rows(found: Reconciliation, rows: pd.DataFrame, language: Language) -> Cells:
    """A line for each row of the sheet: ours, with the differences, theirs, what remains."""
    names = ["period", *found.official.dimensions]
    contract = found.question.metric.contract
    columns = [("period", say("column.period", language), "left")]
    columns += [(name, contract.columns[name].label[_TOML_KEY[language]], "left") for name in names[1:]]
    columns += [(key, say(f"reconcile.column.{key}", language), "right") for key in ("ours", "adjusted", "official")]
    left_over = ("numerator_left", "denominator_left")
    columns += [(key, say(f"reconcile.column.{key}", language), "right") for key in left_over]
    lines = []
    for _, part in rows.groupby("row", sort=False):
        steps: Sequence[Mapping[Any, Any]] = part.to_dict("records")
        line = [str(steps[0][name]) for name in names]
        line += [_ratio(step, language) for step in (steps[0], steps[-3], steps[-1])]
        line += [_change(steps[-2][name], language) for name in CHANGES]
        lines.append(line)
    return Cells(columns, lines)


def _ratio(step: Mapping[Any, Any], language: Language) -> str:
    if pd.isna(step["rate"]):
        return NOTHING
    if pd.isna(step["numerator"]) or pd.isna(step["denominator"]):
        return share_cell(step["rate"], language)
    sides = (int(step["numerator"]), int(step["denominator"]))
    shown = share_cell(step["rate"], language)
    told = say(
        "column.ratio",
        language,
        rate=str(shown),
        numerator=count(sides[0], language),
        denominator=count(sides[1], language),
    )
    return Cell(told, "ratio", step["rate"], *sides)


def _count(number: Any, language: Language) -> str:
    return NOTHING if pd.isna(number) else Cell(count(int(number), language), "count", int(number))


def _change(number: Any, language: Language) -> str:
    """A signed number of cases."""
    if pd.isna(number):
        return NOTHING
    sign = "+" if number > 0 else "\N{MINUS SIGN}" if number < 0 else ""
    return Cell(sign + count(abs(int(number)), language), "count", int(number))
