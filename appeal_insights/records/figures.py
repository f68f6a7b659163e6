"""Take already counted numbers in as measures: with their own grain, metrics and dimensions, and never finer."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.errors import BadInput, BadMapping, BadPeriod, did_you_mean, one_of
from appeal_insights.periods import Grain, Period, check_grain, period, split
from appeal_insights.records.checking import as_text
from appeal_insights.records.contract import BLANK, contract
from appeal_insights.records.ingest import FIGURES, Intake, accounted, check_alone, digest, reasons, source_name
from appeal_insights.records.mapping import read_toml
from appeal_insights.records.reading import no_rejects, read_columns, read_pages
from appeal_insights.records.store import Load, Versions, Writing, writing

FACT = FIGURES
_COUNT = (
    r"(?:[0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,4})(?:\.0+)?"  # 1234 or 1,234; a comma that is a decimal one is none
)
_KEYS = {"period", "dimensions", "metrics", "blank", "total"}


@dataclass(frozen=True)
class Total:
    """A stated total: the rows where `column` is `value` must equal the sum of the rows `of`."""

    column: str
    value: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class FiguresMapping:
    """Which columns of a counted sheet are period, dimensions, and the parts of numerators and denominators."""

    period: str
    grain: Grain
    dimensions: dict[str, str]  # theirs -> ours
    metrics: dict[str, dict[str, list[str]]]  # metric -> numerator and denominator: columns that are added up
    zero: tuple[str, ...] = ()  # columns whose blanks mean none
    total: Total | None = None

    @property
    def counts(self) -> list[str]:
        """Their columns of counts, each once."""
        return list(dict.fromkeys(name for sides in self.metrics.values() for side in sides.values() for name in side))


def is_figures(declared: dict[str, Any]) -> bool:
    """Whether a mapping file describes counted figures rather than records."""
    return "metrics" in declared


def load_figures_mapping(path: Path) -> FiguresMapping:
    """Read a mapping file of figures. Raises BadMapping with what to write instead."""
    return read_figures_mapping(read_toml(path), what=str(path))


def read_figures_mapping(declared: dict[str, Any], *, what: str = "the mapping") -> FiguresMapping:
    """Check a mapping of figures."""
    for key in declared:
        if key not in _KEYS:
            raise BadMapping(f"{what}: no key {key!r}.{did_you_mean(key, _KEYS)} Known keys: {one_of(sorted(_KEYS))}.")
    try:
        total = (
            Total(declared["total"]["column"], declared["total"]["value"], tuple(declared["total"]["of"]))
            if "total" in declared
            else None
        )
        found = FiguresMapping(
            period=declared["period"]["column"],
            grain=declared["period"]["grain"],
            dimensions=dict(declared["dimensions"]),
            metrics={
                name: {side: list(sides[side]) for side in ("numerator", "denominator")}
                for name, sides in declared["metrics"].items()
            },
            zero=tuple(declared.get("blank", {}).get("zero", ())),
            total=total,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise BadMapping(
            f"{what}: {error} is missing. Figures want [period] column, grain; [dimensions]; [metrics.<id>]."
        ) from error
    try:
        check_grain(found.grain)
    except BadPeriod as error:
        raise BadMapping(f"{what}: {error.message}") from error
    known = contract("appeals").dimensions
    for ours in found.dimensions.values():
        if ours not in known:
            raise BadMapping(
                f"{what}: no dimension {ours!r}.{did_you_mean(ours, known)} There are: {one_of(known, most=20)}."
            )
    if not (found.metrics and all(side for sides in found.metrics.values() for side in sides.values())):
        raise BadMapping(f"{what}: figures want a metric: [metrics.<id>] with the columns of its two sides.")
    if total and total.column not in found.dimensions:
        raise BadMapping(f"{what}: the total stands in {total.column!r}, which goes to no dimension.")
    for name in found.zero:
        if name not in found.counts:
            raise BadMapping(f"{what}: blanks of {name!r} cannot be zero: no metric counts it.")
    return found


def ingest_figures(
    source: Path | pd.DataFrame, store: Path, *, mapping: FiguresMapping, loaded_at: datetime | None = None
) -> Intake:
    """Take a counted sheet into a store. Every row ends there, among the rejects, or is a total that was checked.

    Raises  BadInput   a stated total differs from the sum of its parts: then nothing is taken in.
    """
    theirs = read_columns(source)
    wanted = [mapping.period, *mapping.dimensions, *mapping.counts]
    for name in wanted:
        if name not in theirs:
            raise BadMapping(
                f"The file has no column {name!r}.{did_you_mean(name, theirs)} It has: {one_of(theirs, most=30)}."
            )
    pages = list(read_pages(source))
    rows = pd.concat([page.rows for page in pages]) if pages else pd.DataFrame(columns=theirs)
    checked = _check(rows, mapping)
    rejects = pd.concat([*(page.bad for page in pages), checked.rejects])
    _check_total(checked.good, mapping)
    leaves, totals = checked.good, 0
    if mapping.total:
        stated = leaves[mapping.total.column] == mapping.total.value
        totals, leaves = int(stated.sum()), leaves[~stated]
    read = len(rows) + sum(len(page.bad) for page in pages)
    moment = loaded_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with writing(store) as target:
        check_alone(target, FACT)
        load = target.begin(FACT, moment)
        _check_same_shape(target, mapping)
        versions = _take_in(target, leaves, mapping, load)
        target.log(load, source_name(source), digest(source), read=read - totals, versions=versions, rejects=rejects)
        shape = {
            "dimensions": list(mapping.dimensions.values()),
            "grain": mapping.grain,
            "metrics": list(mapping.metrics),
        }
        target.note(FACT, json.dumps({**shape, "totals_checked": totals}))
        return accounted(
            Intake(FACT, source_name(source), read, *versions, int(rejects["row"].nunique()), reasons(rejects)),
            totals=totals,
        )


@dataclass(frozen=True)
class _Checked:
    good: pd.DataFrame
    rejects: pd.DataFrame


def _check(rows: pd.DataFrame, mapping: FiguresMapping) -> _Checked:
    found = [no_rejects()]
    good = pd.DataFrame(index=rows.index)
    spans = as_text(rows[mapping.period])
    parsed = spans.map(lambda text: _span(text, mapping.grain), na_action="ignore")
    unread = parsed.isna() | parsed.map(lambda span: isinstance(span, str), na_action="ignore").fillna(True).astype(
        bool
    )
    reasons = parsed.where(parsed.map(lambda span: isinstance(span, str)), "is empty, and every row needs it")
    found.append(_rejected(rows, unread, mapping.period, reasons))
    good["span"] = parsed
    for name in mapping.dimensions:
        good[name] = as_text(rows[name]).fillna(BLANK)
    for name in mapping.counts:
        text = as_text(rows[name])
        if name in mapping.zero:
            text = text.fillna("0")
        wrong = ~text.str.fullmatch(_COUNT).fillna(False).astype(bool)
        found.append(_rejected(rows, wrong, name, "is not a count: a whole number, 0 or more"))
        good[name] = pd.to_numeric(text.where(~wrong).str.replace(",", ""), errors="coerce")
    for metric, sides in mapping.metrics.items():
        part, whole = (good[sides[side]].sum(axis=1, skipna=False) for side in ("numerator", "denominator"))
        said = f"the numerator of {metric} is larger than its denominator"
        found.append(_rejected(rows, part > whole, sides["numerator"][0], said))
    repeated = good.duplicated(["span", *mapping.dimensions]) & ~unread
    found.append(_rejected(rows, repeated, mapping.period, "this period and combination of dimensions appears again"))
    rejects = pd.concat([table for table in found if len(table)] or [no_rejects()])
    return _Checked(good[~good.index.isin(rejects["row"])], rejects)


def _span(text: str, grain: Grain) -> Period | str:
    """The period of a row, or the reason why it is none of that grain."""
    first, _, last = text.partition("/")
    try:
        span = period(f"{first}..{last}" if last else first)
        whole = split(span, grain)
    except BadPeriod as error:
        return error.message
    return whole[0] if len(whole) == 1 else f"is {len(whole)} periods of one {grain}"


def _rejected(rows: pd.DataFrame, wrong: "pd.Series[bool]", name: str, reason: "str | pd.Series[str]") -> pd.DataFrame:
    values = as_text(rows[name])[wrong].fillna("")
    said = reason if isinstance(reason, str) else reason[wrong]
    return pd.DataFrame({"row": values.index, "column": name, "value": values, "reason": said})


def _check_total(good: pd.DataFrame, mapping: FiguresMapping) -> None:
    total = mapping.total
    if total is None:
        return
    for span, rows in good.groupby("span", sort=False):
        stated = rows[rows[total.column] == total.value]
        parts = rows[rows[total.column].isin(total.of)]
        for name in mapping.counts:
            if len(stated) and stated[name].sum() != parts[name].sum():
                raise BadInput(
                    f"{span}: the stated total of {name!r} is {stated[name].sum():,.0f}, its parts "
                    f"({one_of(total.of)}) add up to {parts[name].sum():,.0f}. "
                    "Check the sheet with its publisher before it is taken in."
                )


def _check_same_shape(target: Writing, mapping: FiguresMapping) -> None:
    if target.has(FACT):
        had = target.about(FACT)
        shape = [list(mapping.metrics), list(mapping.dimensions.values()), mapping.grain]
        if [had["metrics"], had["dimensions"], had["grain"]] != shape:
            raise BadMapping(
                f"The store holds figures of {one_of(had['metrics'])} by {one_of(had['dimensions'])} "
                f"and {had['grain']}. Take these into another store."
            )


def _take_in(target: Writing, leaves: pd.DataFrame, mapping: FiguresMapping, load: Load) -> Versions:
    ours = list(mapping.dimensions.values())
    kinds = {
        "metric": "varchar",
        "starts_on": "date",
        "ends_on": "date",
        **dict.fromkeys(ours, "varchar"),
        "numerator": "bigint",
        "denominator": "bigint",
        "figure_key": "varchar",
    }
    target.create("incoming", {**kinds, "source_row": "bigint"})
    for metric, sides in mapping.metrics.items():
        target.append("incoming", _measures(leaves, mapping, metric, sides))
    target.script(FACT)
    target.keep(FACT, "figure_key")
    return target.replace(load, kinds)


def _measures(leaves: pd.DataFrame, mapping: FiguresMapping, metric: str, sides: dict[str, list[str]]) -> pd.DataFrame:
    table = leaves[list(mapping.dimensions)].rename(columns=mapping.dimensions)
    starts = leaves["span"].map(lambda span: span.start)
    table = table.assign(
        metric=metric,
        starts_on=pd.to_datetime(starts),
        ends_on=pd.to_datetime(leaves["span"].map(lambda span: span.end)),
        numerator=leaves[sides["numerator"]].sum(axis=1).astype("int64"),
        denominator=leaves[sides["denominator"]].sum(axis=1).astype("int64"),
        source_row=leaves.index,
    )
    parts = [table["metric"], starts.astype("str"), *(table[name] for name in mapping.dimensions.values())]
    return table.assign(figure_key=[json.dumps(key) for key in zip(*parts, strict=True)])
