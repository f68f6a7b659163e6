"""A mapping file of figures: how a counted sheet is laid out, and which of its columns are what."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from appeal_insights.errors import BadMapping, BadPeriod, did_you_mean, one_of
from appeal_insights.periods import Period, check_grain
from appeal_insights.records.contract import contract
from appeal_insights.records.figures_periods import Written, check_written
from appeal_insights.records.mapping import From, Mapping, read_toml

COUNT, VALUE = "count", "value"  # what an unpivoted sheet calls the name of a count, and the count itself
DIFFERS = ("refuse", "warn")  # what becomes of a load whose stated total is not the sum of its parts
_TABLES = {
    "period": ("column", "grain", "pattern", "format", "year", "day"),
    "blank": ("zero", "above", "left", "absent", "marks"),
    "unpivot": ("headers", "pattern", "keep", "skip"),
    "counts": ("column", "value"),
    "numbers": ("thousands", "decimal"),
}
_TOTAL = ("column", "value", "of", "differs")
_FREE = ("dimensions", "metrics", "values", "skip", "only")  # tables whose keys are names of theirs or ours
_FILE = {"encoding": "gb18030", "header_row": 3, "sheet": "Sheet1"}  # as in a mapping of records, each with an example
_KEYS = {*_TABLES, *_FREE, *_FILE, "total"}
_WANTED = "Figures want [period] column, grain; [dimensions]; [metrics.<id>]."


@dataclass(frozen=True)
class Total:
    """A stated total: the rows where `column` is `value` must equal the sum of the rows `of`, or of all others."""

    column: str
    value: str
    of: tuple[str, ...] = ()
    differs: str = "refuse"


@dataclass(frozen=True)
class Sum:
    """A side that is added up from counts, perhaps less others: what was in time is all less what was late."""

    of: tuple[str, ...]
    less: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rate:
    """A numerator that is stated as a rate only: `rate` times the counts `of`, where that gives one whole number."""

    rate: str
    of: tuple[str, ...]
    percent: bool = False  # the cells say 46.2 for 46.2 %
    rounded: bool = False  # the nearest whole number is taken where the digits leave several


Side = Sum | Rate


@dataclass(frozen=True)
class Unpivot:
    """A sheet with a column per market, week or count: what its header cells say."""

    headers: tuple[str, ...]  # header rows from the top: the column that their cells become values of
    pattern: str  # instead: one header row whose cells say several things, as named groups
    keep: tuple[str, ...]  # columns that stay columns
    skip: tuple[str, ...]  # columns to leave out, by what a header cell says

    @property
    def names(self) -> tuple[str, ...]:
        return self.headers or tuple(re.compile(self.pattern).groupindex)


@dataclass(frozen=True)
class FiguresMapping:
    """How a counted sheet is laid out, and which columns are period, dimensions and counts. Column names are theirs."""

    period: Written
    dimensions: dict[str, str]  # theirs -> ours
    metrics: dict[str, dict[str, Side]]  # metric -> numerator, denominator
    versions: dict[str, dict[date, int]] = field(default_factory=dict)  # metric -> first day of a definition -> which
    values: dict[str, dict[str, str]] = field(default_factory=dict)  # of our dimensions: theirs -> ours
    totals: tuple[Total, ...] = ()
    unpivot: Unpivot | None = None
    by_row: tuple[str, str] | None = None  # a row per count: the column of its name, the column of its value
    only: dict[str, tuple[str, ...]] = field(default_factory=dict)  # rows to take, by what a column says
    skip: dict[str, tuple[str, ...]] = field(default_factory=dict)  # rows to leave out
    zero: tuple[str, ...] = ()  # counts whose blanks mean none
    above: tuple[str, ...] = ()  # columns whose blanks repeat the cell above
    left: tuple[str, ...] = ()  # header rows whose blanks repeat the cell on the left
    absent: bool = False  # where every count is blank, nothing was counted
    marks: tuple[str, ...] = ()  # cells that say blank
    thousands: str = ","
    decimal: str = "."
    encoding: str | None = None  # of the file, where it is not to be found out
    header_row: int | None = None  # the line of the first header row: 1 is the first
    sheet: str | None = None  # of a workbook; the first if not given

    @property
    def file(self) -> Mapping:
        """What opening the file has to know: which columns its header has, and what the mapping says of the file."""
        if self.unpivot:
            names = list(self.unpivot.keep) if len(self.unpivot.headers) < 2 else []
        else:
            rows = [*self.by_row] if self.by_row else [*self.counts, *(rate.rate for rate in self.rates)]
            names = [*self.labels, *self.only, *self.skip, *rows]
        forms = dict.fromkeys(self.period.columns, self.period.format or None)
        columns = {name: From(name, format=forms.get(name)) for name in names}
        return Mapping("figures", "UTC", columns, encoding=self.encoding, header_row=self.header_row, sheet=self.sheet)

    @property
    def labels(self) -> list[str]:
        """Their columns of the period and the dimensions."""
        return list(dict.fromkeys([*self.period.columns, *self.dimensions]))

    def version(self, metric: str, period: Period) -> int | None:
        """Which definition of a metric a period was counted by; None where it changes within the period."""
        changes = self.versions.get(metric, {})
        if any(period.start < day < period.end for day in changes):
            return None
        return [1, *(number for day, number in changes.items() if day <= period.start)][-1]

    @property
    def rates(self) -> list[Rate]:
        return [side for sides in self.metrics.values() for side in sides.values() if isinstance(side, Rate)]

    @property
    def rounded(self) -> dict[str, Rate]:
        """The metrics whose numerators are only near what was counted, and the rates that they come from."""
        rates = {name: sides["numerator"] for name, sides in self.metrics.items()}
        return {name: rate for name, rate in rates.items() if isinstance(rate, Rate) and rate.rounded}

    @property
    def counts(self) -> list[str]:
        """Their counts, each once."""
        sums = [side for sides in self.metrics.values() for side in sides.values() if isinstance(side, Sum)]
        added = [name for side in sums for name in (*side.of, *side.less)]
        return list(dict.fromkeys([*added, *(name for rate in self.rates for name in rate.of)]))


def fits(said: str, patterns: Sequence[str]) -> bool:
    """Whether a cell is one of these texts; a * in them stands for anything."""
    return any(re.fullmatch(re.escape(one).replace(r"\*", ".*"), said, re.DOTALL) for one in patterns)


def is_figures(declared: dict[str, Any]) -> bool:
    """Whether a mapping file describes counted figures rather than records."""
    return "metrics" in declared


def load_figures_mapping(path: Path) -> FiguresMapping:
    """Read a mapping file of figures. Raises BadMapping with what to write instead."""
    return read_figures_mapping(read_toml(path), what=str(path))


def read_figures_mapping(declared: dict[str, Any], *, what: str = "the mapping") -> FiguresMapping:
    """Check a mapping of figures."""
    _check_keys(declared, _KEYS, what)
    for name, example in _FILE.items():
        if name in declared and (type(declared[name]) is not type(example) or declared[name] in ("", 0)):
            raise BadMapping(f"{what}: cannot use {name} = {declared[name]!r}. Write for example {name} = {example!r}.")
    for name, keys in _TABLES.items():
        _check_keys(_table(declared, name, what), keys, f"{what}: [{name}]")
    for name in _FREE:
        _table(declared, name, what)
    try:
        found = _found(declared, what)
    except KeyError as error:
        raise BadMapping(f"{what}: {error} is missing. {_WANTED}") from error
    except (TypeError, AttributeError, ValueError) as error:
        raise BadMapping(f"{what}: an entry is of the wrong kind: {error}. {_WANTED}") from error
    try:
        check_grain(found.period.grain)
    except BadPeriod as error:
        raise BadMapping(f"{what}: {error.message}") from error
    check_written(found.period, what)
    _check_dimensions(found, what)
    if not (found.metrics and all(side.of for sides in found.metrics.values() for side in sides.values())):
        raise BadMapping(f"{what}: figures want a metric: [metrics.<id>] with the columns of its two sides.")
    _check_totals(found, what)
    _check_layout(found, what)
    for name in found.zero:
        if name not in found.counts:
            raise BadMapping(f"{what}: blanks of {name!r} cannot be zero: no metric counts it.")
    return found


def _check_keys(declared: Collection[str], known: Collection[str], what: str) -> None:
    for key in declared:
        if key not in known:
            raise BadMapping(f"{what}: no key {key!r}.{did_you_mean(key, known)} Known keys: {one_of(sorted(known))}.")


def _table(declared: dict[str, Any], name: str, what: str) -> dict[str, Any]:
    table = declared.get(name, {})
    if not isinstance(table, dict):
        raise BadMapping(f"{what}: {name} is a table: write [{name}], then a line for each.")
    return table


def _found(declared: dict[str, Any], what: str) -> FiguresMapping:
    period, blank, numbers = declared["period"], declared.get("blank", {}), declared.get("numbers", {})
    totals = declared.get("total", [])
    unpivot = _unpivot(declared["unpivot"], what) if "unpivot" in declared else None
    return FiguresMapping(
        period=Written(
            columns=_words(period["column"]),
            grain=period["grain"],
            pattern=str(period.get("pattern", "")),
            format=str(period.get("format", "")),
            year=int(period["year"]) if "year" in period else None,
            day=period.get("day"),
        ),
        dimensions={theirs: str(ours) for theirs, ours in declared["dimensions"].items()},
        metrics={name: _sides(sides, f"{what}: [metrics.{name}]") for name, sides in declared["metrics"].items()},
        versions={
            name: _versions(sides["version"], f"{what}: [metrics.{name}]")
            for name, sides in declared["metrics"].items()
            if "version" in sides
        },
        values={
            ours: {str(theirs): str(value) for theirs, value in table.items()}
            for ours, table in declared.get("values", {}).items()
        },
        totals=tuple(_total(entry, what) for entry in (totals if isinstance(totals, list) else [totals])),
        unpivot=unpivot,
        by_row=_by_row(declared, unpivot),
        only={name: _words(said) for name, said in declared.get("only", {}).items()},
        skip={name: _words(said) for name, said in declared.get("skip", {}).items()},
        zero=_words(blank.get("zero", ())),
        above=_words(blank.get("above", ())),
        left=_words(blank.get("left", ())),
        absent=bool(blank.get("absent", False)),
        marks=_words(blank.get("marks", ())),
        thousands=str(numbers.get("thousands", ",")),
        decimal=str(numbers.get("decimal", "." if numbers.get("thousands") != "." else ",")),
        **{name: declared[name] for name in _FILE if name in declared},
    )


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(str(word) for word in given)


def _sides(sides: dict[str, Any], what: str) -> dict[str, Side]:
    _check_keys(sides, ("numerator", "denominator", "version"), what)
    return {side: _side(sides[side], f"{what} {side}") for side in ("numerator", "denominator")}


def _versions(said: Any, what: str) -> dict[date, int]:
    """Which version of a definition holds from which day on; before the first of them it is version 1."""
    declared = said if isinstance(said, dict) else {str(date.min): said}
    try:
        found = {date.fromisoformat(str(day)): number for day, number in declared.items()}
    except ValueError as error:
        raise BadMapping(f'{what} version: {error}. Write version = {{ "2025-07-01" = 2 }}.') from error
    if not found or any(type(number) is not int or number < 1 for number in found.values()):
        raise BadMapping(f"{what} version: a version is a whole number from 1. Write version = 2.")
    return dict(sorted(found.items()))


def _side(said: Any, what: str) -> Side:
    if not isinstance(said, dict):
        return Sum(_words(said))
    if "rate" not in said:
        _check_keys(said, ("of", "less"), what)
        return Sum(_words(said["of"]), _words(said.get("less", ())))
    _check_keys(said, ("rate", "of", "percent", "rounded"), what)
    if what.endswith("denominator"):
        raise BadMapping(f"{what}: a rate makes a numerator, never a denominator.")
    return Rate(
        str(said["rate"]), _words(said["of"]), bool(said.get("percent", False)), bool(said.get("rounded", False))
    )


def _total(entry: dict[str, Any], what: str) -> Total:
    _check_keys(entry, _TOTAL, f"{what}: [total]")
    differs = entry.get("differs", "refuse")
    if differs not in DIFFERS:
        raise BadMapping(f"{what}: [total] differs is one of {one_of(DIFFERS)}, not {differs!r}.")
    return Total(str(entry["column"]), str(entry["value"]), _words(entry.get("of", ())), differs)


def _unpivot(entry: dict[str, Any], what: str) -> Unpivot:
    found = Unpivot(
        headers=_words(entry.get("headers", ())),
        pattern=str(entry.get("pattern", "")),
        keep=_words(entry.get("keep", ())),
        skip=_words(entry.get("skip", ())),
    )
    if bool(found.headers) == bool(found.pattern):
        raise BadMapping(f"{what}: [unpivot] wants either headers, a name for each header row, or a pattern.")
    try:
        names = found.names
    except re.error as error:
        raise BadMapping(f"{what}: the pattern {found.pattern!r} cannot be read: {error}.") from error
    if not names or len({*names, *found.keep, VALUE}) < len(names) + len(found.keep) + 1:
        raise BadMapping(f"{what}: [unpivot] names every header row and column once, and none of them {VALUE!r}.")
    return found


def _by_row(declared: dict[str, Any], unpivot: Unpivot | None) -> tuple[str, str] | None:
    counts = declared.get("counts", {})
    if counts:
        return str(counts["column"]), str(counts.get("value", VALUE))
    return (COUNT, VALUE) if unpivot and COUNT in unpivot.names else None


def _check_dimensions(found: FiguresMapping, what: str) -> None:
    known = contract("appeals").dimensions
    taken: dict[str, str] = {}
    for theirs, ours in found.dimensions.items():
        if ours not in known:
            raise BadMapping(
                f"{what}: no dimension {ours!r}.{did_you_mean(ours, known)} There are: {one_of(known, most=20)}."
            )
        if ours in taken:
            raise BadMapping(f"{what}: two columns go to {ours!r}: {taken[ours]!r} and {theirs!r}. Keep one.")
        taken[ours] = theirs
    for ours in found.values:
        if ours not in taken:
            raise BadMapping(f"{what}: [values.{ours}] translates a dimension that no column goes to.")


def _check_totals(found: FiguresMapping, what: str) -> None:
    for total in found.totals:
        if total.column not in found.labels:
            raise BadMapping(f"{what}: the total stands in {total.column!r}, which goes to no dimension and no period.")


def _check_layout(found: FiguresMapping, what: str) -> None:
    """What only makes sense of an unpivoted sheet, or of columns that are there afterwards."""
    headers = found.unpivot.headers if found.unpivot else ()
    for name in found.left:
        if name not in headers:
            raise BadMapping(f"{what}: no header row {name!r} whose blanks could repeat the cell on the left.")
    for name in (*found.counts, *(rate.rate for rate in found.rates)):
        if name in found.labels:
            raise BadMapping(f"{what}: {name!r} is a period or dimension, so it cannot be counted as well.")
    if found.thousands == found.decimal:
        raise BadMapping(f"{what}: [numbers] thousands and decimal are the same sign. Change one.")
    if not found.unpivot:
        return
    columns = [*found.unpivot.keep, *found.unpivot.names, VALUE]
    for name in (*found.labels, *found.only, *found.skip, *found.above, *(found.by_row or ())):
        if name not in columns:
            raise BadMapping(
                f"{what}: the unpivoted sheet has no column {name!r}.{did_you_mean(name, columns)} "
                f"It has: {one_of(columns)}. Add it to keep, or name a header row so."
            )
