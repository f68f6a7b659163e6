"""Take already counted numbers in as measures: with their own grain, metrics and dimensions, and never finer."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from appeal_insights.errors import BadMapping, one_of
from appeal_insights.periods import Period
from appeal_insights.records.contract import BLANK
from appeal_insights.records.figures_layout import Sheet, read_sheet
from appeal_insights.records.figures_mapping import (
    FiguresMapping,
    Rate,
    Sum,
    is_figures,
    load_figures_mapping,
    read_figures_mapping,
)
from appeal_insights.records.figures_numbers import counts_of, half_unit, numerator_of
from appeal_insights.records.figures_totals import Compared, compare, is_stated
from appeal_insights.records.ingest import (
    FIGURES,
    Intake,
    accounted,
    check_alone,
    digest,
    reasons,
    seen_before,
    source_name,
)
from appeal_insights.records.reading import no_rejects
from appeal_insights.records.store import Load, Versions, Writing, writing
from appeal_insights.records.unpivot import PLACE

__all__ = ["FiguresIntake", "ingest_figures", "is_figures", "load_figures_mapping", "read_figures_mapping"]

FACT = FIGURES
_NO_TEXT = re.compile("[\0\ud800-\udfff]")  # a store holds neither NUL nor halves of characters


@dataclass(frozen=True)
class FiguresIntake(Intake):
    """What became of a counted sheet. Rows that the mapping leaves out are beside those read."""

    skipped: int = 0
    unseen: tuple[str, ...] = ()  # totals and rows to leave out that the mapping names and the sheet never does
    agree: int = 0  # stated totals that equal the sum of their parts
    differ: tuple[str, ...] = ()  # those that do not, where the mapping lets them


def ingest_figures(
    source: Path | pd.DataFrame,
    store: Path,
    *,
    mapping: FiguresMapping,
    loaded_at: datetime | None = None,
    check: bool = False,
) -> Intake:
    """Take a counted sheet into a store. Every row ends there, among the rejects, or is a total that was checked.

    Takes   `check`: look what would become of the rows, and change nothing.
    Gives   a FiguresIntake, which also says what was left out and how the stated totals compared.

    Raises  BadInput     a stated total differs from the sum of its parts: then nothing is taken in.
            BadMapping   the mapping does not fit the sheet.
    """
    sheet = read_sheet(source, mapping)
    checked = _check(sheet, mapping)
    set_aside = checked.rejects["row"].nunique()
    compared = compare(sheet.rows.loc[checked.counts.index], checked.counts, mapping, lost=set_aside)
    of_leaves = set(sheet.numbers[checked.leaves.index])
    totals = len(set(sheet.numbers[checked.counts.index]) - of_leaves)
    moment = loaded_at or datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    name = source_name(source)
    with writing(store) as target:
        check_alone(target, FACT)
        load = target.begin(FACT, moment)
        _check_same_shape(target, mapping)
        versions = _take_in(
            target, checked.leaves.assign(source_row=sheet.numbers[checked.leaves.index]), mapping, load
        )
        print_of_source, about = digest(source), target.about(FACT)
        seen = seen_before(target, FACT, print_of_source)
        target.log(load, name, print_of_source, read=sheet.read - totals, versions=versions, rejects=checked.rejects)
        said = _said(target, mapping, name, checked.leaves, compared, _rounded(sheet, mapping))
        target.note(FACT, json.dumps(said, ensure_ascii=False))
        again = seen and versions.new == versions.changed == 0 and said == about
        taken = FiguresIntake(
            FACT,
            name,
            sheet.read,
            *versions,
            set_aside,
            reasons(checked.rejects),
            skipped=sheet.skipped,
            unseen=sheet.unseen,
            agree=compared.agree,
            differ=compared.differ,
            repairs=sheet.repairs,
            again=again,
            check=check,
        )
        target.keeps = not check and not again
        return accounted(taken, totals=totals, unmapped=sheet.unmapped)


@dataclass(frozen=True)
class _Checked:
    leaves: pd.DataFrame  # span, our dimensions, and <metric> <side> for each metric: whole numbers
    counts: pd.DataFrame  # every row that nothing is wrong with, totals too: the counts as they stand in the sheet
    rejects: pd.DataFrame


def _check(sheet: Sheet, mapping: FiguresMapping) -> _Checked:
    """Read every cell; a row with any problem is set aside whole, once per problem."""
    rows, found = sheet.rows, [sheet.bad]
    totals = is_stated(rows, mapping.totals)
    leaves = pd.DataFrame(index=rows.index[~totals])
    leaves["span"], said = _spans(rows[~totals], mapping)
    found.append(_rejected(sheet, said, mapping.period.columns[0], label=True))
    for theirs, ours in mapping.dimensions.items():
        broken = rows[theirs].str.contains(_NO_TEXT).fillna(False).astype(bool)
        found.append(_rejected(sheet, _all(broken, "holds a NUL or a broken character"), theirs, label=True))
        values = mapping.values.get(ours, {})
        text = rows[theirs][~totals]
        text = text.map(lambda value, to=values: to.get(value, value), na_action="ignore").astype("str")
        leaves[ours] = text.replace("", None).fillna(BLANK)
    counts = pd.DataFrame(index=rows.index)
    for name in mapping.counts:
        text = rows[name].fillna("0") if name in mapping.zero else rows[name]
        counts[name] = counts_of(text, mapping)
        wrong = counts[name].isna()
        found.append(_rejected(sheet, _all(wrong, "is not a count: a whole number, 0 or more"), name))
    for metric in mapping.metrics:
        found += _add_sides(leaves, sheet, counts, metric, mapping)
        found.append(_rejected(sheet, _add_version(leaves, metric, mapping), mapping.period.columns[0], label=True))
    spans = leaves["span"].map(str, na_action="ignore")
    repeated = leaves[[*mapping.dimensions.values()]].assign(span=spans).duplicated() & spans.notna()
    twice = _all(repeated, "this period and combination of dimensions appears again")
    found.append(_rejected(sheet, twice, mapping.period.columns[0]))
    rejects = pd.concat([table for table in found if len(table)] or [no_rejects()], ignore_index=True)
    sound = ~sheet.numbers.isin(rejects["row"])
    return _Checked(leaves[sound[leaves.index]], counts[sound], rejects)


def _all(wrong: "pd.Series[bool]", reason: str) -> "pd.Series[str]":
    """The reason for each row that is wrong."""
    return pd.Series(reason, index=wrong.index[wrong], dtype="str")


def _spans(rows: pd.DataFrame, mapping: FiguresMapping) -> tuple[pd.Series, "pd.Series[str]"]:
    """The period of each row, and for those that have none the reason."""
    written = mapping.period
    text = rows[written.columns[0]].astype("str")
    for name in written.columns[1:]:
        text = text + " " + rows[name].astype("str")
    known = {one: written.read(one) for one in text.dropna().unique()}
    written.check_year([span for span in known.values() if isinstance(span, Period)])
    read = pd.Series(
        [known.get(one, "is empty, and every row needs it") for one in text], index=text.index, dtype="object"
    )
    is_span = pd.Series([isinstance(one, Period) for one in read], index=text.index, dtype="bool")
    return read.where(is_span, None), read[~is_span].astype("str")


def _add_sides(
    leaves: pd.DataFrame, sheet: Sheet, counts: pd.DataFrame, metric: str, mapping: FiguresMapping
) -> list[pd.DataFrame]:
    """Reckon the two sides of a metric, in `leaves`. Gives the rejects."""
    sides, found = mapping.metrics[metric], []
    for name, side in sides.items():
        if isinstance(side, Sum):
            of, less = (
                counts.loc[leaves.index, list(names)].sum(axis=1, skipna=False) for names in (side.of, side.less)
            )
            leaves[f"{metric} {name}"] = of - less
        else:
            leaves[f"{metric} {name}"], said = _from_rate(
                sheet, counts.loc[leaves.index, list(side.of)].sum(axis=1, skipna=False).dropna(), side, mapping
            )
            found.append(_rejected(sheet, said, side.rate))
    first = sides["numerator"]
    column = first.rate if isinstance(first, Rate) else first.of[0]
    part, whole = (leaves[f"{metric} {name}"] for name in sides)
    larger = _all(part > whole, f"the numerator of {metric} is larger than its denominator")
    negative = _all((part < 0) | (whole < 0), f"less was counted for {metric} than is taken off")
    return [*found, _rejected(sheet, larger, column), _rejected(sheet, negative, column)]


def _add_version(leaves: pd.DataFrame, metric: str, mapping: FiguresMapping) -> "pd.Series[str]":
    """Which definition each row was counted by, in `leaves`. Gives the reason where there are two."""
    spans = leaves["span"].dropna()
    versions = spans.map({span: mapping.version(metric, span) for span in spans.unique()})
    leaves[f"{metric} version"] = versions.reindex(leaves.index)
    return _all(versions.isna(), f"the definition of {metric} changes within this period")


def _from_rate(
    sheet: Sheet, of: "pd.Series[float]", rate: Rate, mapping: FiguresMapping
) -> tuple["pd.Series[float]", "pd.Series[str]"]:
    """The numerators that rates state, and for the others the reason."""
    cells = sheet.rows.loc[of.index, rate.rate]
    made = [numerator_of(cell, whole, rate, mapping) for cell, whole in zip(cells, of, strict=True)]
    read = pd.Series(made, index=of.index, dtype="object")
    wrong = pd.Series([isinstance(one, str) for one in made], index=of.index, dtype="bool")
    return pd.to_numeric(read[~wrong]).astype("float64"), read[wrong].astype("str")


def _rejected(sheet: Sheet, said: "pd.Series[str]", name: str, *, label: bool = False) -> pd.DataFrame:
    """Rejects of a column of the sheet; that of a count bears what the header says above its cell."""
    above = sheet.rows.loc[said.index, PLACE]
    found = pd.DataFrame(
        {
            "row": sheet.numbers[said.index],
            "column": name if label else (above + " · " + name).where(above != "", name),
            "value": sheet.rows.loc[said.index, name]
            .astype("str")  # a count that no row names has no cells
            .fillna("")
            .str.replace(_NO_TEXT, "\N{REPLACEMENT CHARACTER}", regex=True),
            "reason": said,
        }
    )
    return found.drop_duplicates()


def _check_same_shape(target: Writing, mapping: FiguresMapping) -> None:
    if target.has(FACT):
        had = target.about(FACT)
        shape = [list(mapping.metrics), list(mapping.dimensions.values()), mapping.period.grain]
        if [had["metrics"], had["dimensions"], had["grain"]] != shape:
            raise BadMapping(
                f"The store holds figures of {one_of(had['metrics'])} by {one_of(had['dimensions'])} "
                f"and {had['grain']}. Take these into another store."
            )


def _rounded(sheet: Sheet, mapping: FiguresMapping) -> dict[str, float]:
    """Of each metric with rounded rates: how far, in share, the true rate may lie from the one stated."""
    return {metric: half_unit(sheet.rows[rate.rate], rate, mapping) for metric, rate in mapping.rounded.items()}


def _versions(had: dict[str, list[int]], leaves: pd.DataFrame, mapping: FiguresMapping) -> dict[str, list[int]]:
    """The versions of each metric's definition that the figures of a store were counted by."""
    here = {metric: set(leaves[f"{metric} version"].astype("int64")) for metric in mapping.metrics}
    return {metric: sorted({*had.get(metric, []), *map(int, here[metric])}) for metric in mapping.metrics}


def _said(
    target: Writing, mapping: FiguresMapping, name: str, leaves: pd.DataFrame, compared: Compared,
    rounded: dict[str, float],
) -> dict[str, object]:  # fmt: skip
    """What the figures of a store declare after this load: their shape, and of each file how its totals compared."""
    files = target.about(FACT).get("files", {})
    files[name] = {"agree": compared.agree, "differ": list(compared.differ)}
    return {
        "dimensions": list(mapping.dimensions.values()),
        "grain": mapping.period.grain,
        "metrics": list(mapping.metrics),
        "versions": _versions(target.about(FACT).get("versions", {}), leaves, mapping),
        "rounded": target.about(FACT).get("rounded", {}) | rounded,
        "files": files,
        "totals_checked": sum(file["agree"] for file in files.values()),
    }


def _take_in(target: Writing, leaves: pd.DataFrame, mapping: FiguresMapping, load: Load) -> Versions:
    ours = list(mapping.dimensions.values())
    kinds = {
        "metric": "varchar",
        "version": "integer",
        "starts_on": "date",
        "ends_on": "date",
        **dict.fromkeys(ours, "varchar"),
        "numerator": "bigint",
        "denominator": "bigint",
        "figure_key": "varchar",
    }
    target.create("incoming", {**kinds, "source_row": "bigint"})
    for metric in mapping.metrics:
        target.append("incoming", _measures(leaves, ours, metric))
    target.script(FACT)
    target.keep(FACT, "figure_key")
    return target.replace(load, kinds)


def _measures(leaves: pd.DataFrame, ours: list[str], metric: str) -> pd.DataFrame:
    starts = leaves["span"].map(lambda span: span.start)
    table = leaves[[*ours, "source_row"]].assign(
        metric=metric,
        version=leaves[f"{metric} version"].astype("int64"),
        starts_on=pd.to_datetime(starts),
        ends_on=pd.to_datetime(leaves["span"].map(lambda span: span.end)),
        numerator=leaves[f"{metric} numerator"].astype("int64"),
        denominator=leaves[f"{metric} denominator"].astype("int64"),
    )
    parts = [table["metric"], starts.astype("str"), *(table[name] for name in ours)]
    return table.assign(figure_key=[json.dumps(key) for key in zip(*parts, strict=True)])
