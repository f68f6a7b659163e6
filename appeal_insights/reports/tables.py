"""Tables for the shell: aligned text, CSV that no spreadsheet runs, JSON with what the numbers are."""

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Literal, TextIO

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from appeal_insights.errors import choice
from appeal_insights.findings.gate import Test, in_short
from appeal_insights.language import say
from appeal_insights.records.figures import FiguresIntake
from appeal_insights.records.ingest import Intake

FORMATS = ("table", "csv", "json")
_MOST_DIFFER = 8  # stated totals that are told one by one
_SHARES = (
    "rate",
    "low",
    "high",
    "share",
    "recent_rate",
    "rate_before",
    "rate_after",
    "change",
    "change_low",
    "change_high",
    "target",
    "share_of_former",
    "share_until",
    "share_late",
    "rest_rate",
    "against_rest",
    "mix_effect",
    "rate_effect",
    "effect",
)
_STARTS_A_FORMULA = (*"=+-@＝＋－＠", "\t", "\r", "\n", "\0")  # full-width signs too: a spreadsheet folds them


def write_table(table: pd.DataFrame, form: str, out: TextIO | None = None) -> None:
    """Write an answer. What the numbers are (`attrs['about']`) goes along: below a table, inside JSON, beside CSV."""
    form = choice("format", form, FORMATS)
    out = out or sys.stdout
    about = table.attrs.get("about", {})
    if form == "json":
        rows = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15))
        out.write(json.dumps({"about": about, "rows": rows}, ensure_ascii=False, indent=2) + "\n")
    elif form == "csv":
        safe = safe_cells(table)
        safe.to_csv(out, index=False, lineterminator="\n", quoting=_quoting(safe))
        print("; ".join(f"{name}: {value}" for name, value in about.items()), file=sys.stderr)
    else:
        _write_text(table, about, out)


def _quoting(table: pd.DataFrame) -> Literal[0, 2]:
    """Quotes where needed; around all text where a cell holds a carriage return, which else would begin a row."""
    texts = table.select_dtypes(exclude="number").astype("str")
    returns = any(texts[name].str.contains("\r", regex=False).any() for name in texts)
    return csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL


def safe_cells(table: pd.DataFrame) -> pd.DataFrame:
    """The same table with a quote before every text that a spreadsheet would take for a formula."""
    safe = table.copy()
    for name in table.columns:
        if not (pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_datetime64_any_dtype(table[name])):
            starts = table[name].astype("str").str.startswith(_STARTS_A_FORMULA) & table[name].notna()
            safe[name] = table[name].where(~starts, "'" + table[name].astype("str"))
    return safe


def _write_text(table: pd.DataFrame, about: dict[str, str], out: TextIO) -> None:
    shown = table.drop(columns=[name for name in ("metric", "segment") if name in table and about])
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in shown.columns:
        drawn.add_column(
            Text(str(name)), justify="right" if pd.api.types.is_numeric_dtype(shown[name]) else "left", overflow="fold"
        )
    for row in shown.itertuples(index=False):
        drawn.add_row(
            *(
                Text(_cell(name, value, shares="unit" not in about))
                for name, value in zip(shown.columns, row, strict=True)
            )
        )
    console = Console(file=out, width=None if out.isatty() else 200, highlight=False)
    console.print(drawn)
    for name, value in about.items():
        console.print(Text(f"{name}: {value}", style="dim"))


def _cell(name: str, value: object, *, shares: bool) -> str:
    """What stands in a cell; a column of shares in percent, unless the metric has another unit."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    if isinstance(value, float):
        if name in _SHARES and (shares or name == "share"):
            return f"{100 * value:.2f}%"
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.4g}"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Integral):
        return f"{int(value):,}"
    return str(value)


def intake_lines(intake: Intake, store: str) -> Iterator[str]:
    """What became of the rows of a file, for a person."""
    totals = f", {intake.totals:,} totals checked" if intake.totals else ""
    yield (
        f"{intake.source}: {intake.read:,} rows read = {intake.new:,} new + {intake.changed:,} changed + "
        f"{intake.unchanged:,} unchanged + {intake.rejected:,} rejected{totals} (store {store})"
    )
    for row in intake.reasons.head(8).itertuples():
        what = f"{row.column or 'row'!s} {row.example!r} {row.reason!s}"
        yield f"  rejected {row.rows:,}: {what} (first in row {row.first_row})"
    if len(intake.reasons) and not intake.check:
        yield f"  All of them: appeal-insights query rejects --store {store}"
    if intake.rejects:
        yield f"  Put them right and take them in again: {intake.rejects}"
    yield from (f"  {repair}" for repair in intake.repairs)
    if intake.check:
        yield (
            f"  Only looked at, nothing was changed: {intake.new + intake.changed:,} versions would be opened, "
            f"{intake.changed:,} closed"
        )
    elif intake.again:
        yield "  This file was taken in before and says nothing new: there is no new load"
    if intake.several:
        yield f"  {intake.several:,} times fit more than one format of the mapping; the first that reads them counts"
    if intake.ambiguous:
        yield f"  {intake.ambiguous:,} local times of the hour that the clocks repeat were read as the first of the two"
    if intake.unmapped:
        yield f"  not taken: {', '.join(intake.unmapped)}"
    if intake.without:
        yield f"  the source does not have: {', '.join(intake.without)}"
    if isinstance(intake, FiguresIntake):
        yield from _lines_of_figures(intake)


def gate_lines(tests: Sequence[Test]) -> Iterator[str]:
    """What was checked of a store's records after a load, for a person; by name only what did not pass."""
    told = in_short(tests, "en")
    if told:
        yield f"  {told}"
    for test in tests:
        if test.result in ("warned", "failed"):
            name = say(f"gate_test.{test.id}", "en")
            yield f"    {test.result}: {name} (broken by {test.broken:,} of {test.looked_at:,})"


def _lines_of_figures(intake: FiguresIntake) -> Iterator[str]:
    if intake.skipped:
        yield f"  left out, as the mapping says: {intake.skipped:,} rows"
    if intake.unseen:
        yield f"  named by the mapping, but not in the sheet: {', '.join(intake.unseen)}"
    if intake.agree or intake.differ:
        yield f"  stated totals: {intake.agree:,} equal the sum of their parts, {len(intake.differ):,} counts differ"
    for said in intake.differ[:_MOST_DIFFER]:
        yield f"  differs: {said}"
