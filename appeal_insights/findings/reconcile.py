"""Why is somebody else's number not ours? Take their sheet, try other definitions, and name the differences."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.analysis.reconcile import Fit, steps
from appeal_insights.analysis.reconcile import reconcile as fit_of
from appeal_insights.disclosure import AUDIENCES, SMALLEST_SHOWN, Audience
from appeal_insights.errors import BadParameter, choice
from appeal_insights.findings.reconciled import (
    CHANGES,
    COUNTS,
    OFFICIAL,
    OURS,
    REMAINDER,
    TOTAL,
    Reconciliation,
    with_words,
)
from appeal_insights.language import languages
from appeal_insights.metrics.metric import BASES, Basis, Metric
from appeal_insights.metrics.metric import metric as metric_of
from appeal_insights.metrics.query import ask
from appeal_insights.metrics.query import query as answer_of
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.tried import count_definitions
from appeal_insights.metrics.variants import SWITCHES, Row, trial
from appeal_insights.periods import Period, instant
from appeal_insights.records.mapping import read_toml
from appeal_insights.records.official import Official, OfficialRow, read_official, read_official_mapping, read_pairs
from appeal_insights.records.scope import Scope, read_scope
from appeal_insights.records.store import Store
from appeal_insights.records.workspace import find_workspace

MOST_DIFFERENCES = 4  # at once: more would fit almost anything
_STATED = [*COUNTS, "rate", "half_unit"]


def reconcile(
    official: Path | str | pd.DataFrame,
    *,
    store: str,
    metric: str = "overturn_rate",
    mapping: Path | str | None = None,
    columns: Mapping[str, str] | str = "",
    where: str | Scope = "",
    basis: str = "decision",
    as_of: str = "",
    most: int = MOST_DIFFERENCES,
    language: str = "en",
    audience: str = "stakeholder",
    workspace: Path | None = None,
) -> Reconciliation:
    """Explain the difference between our number and somebody's sheet, step by step, to what remains.

    Takes   `official`: a CSV or Parquet file, or a pandas table: a period, perhaps dimensions, and numerator and
            denominator, or a rate. `columns`: 'Woche=period; Quote=rate', where the headers are not obvious; `mapping`:
            the same in a file, with [values.<dimension>] too. `where`, `basis`, `as_of`: ours, as `investigate` has
            them. `most`: differences of definition at once, 1 to 4.
    Raises  what is wrong with the sheet (its row and column) or a parameter.
    """
    wanted = languages(language)
    audience_of = choice("audience", audience, AUDIENCES)
    if not 1 <= most <= MOST_DIFFERENCES:
        raise BadParameter.of("official.most", given=most, most=MOST_DIFFERENCES)
    of = metric_of(metric)
    named, values = read_official_mapping(read_toml(Path(mapping))) if mapping else ({}, {})
    named |= read_pairs(columns) if isinstance(columns, str) else dict(columns)
    with Store(find_workspace(workspace).existing_store(store)) as opened:
        moment = instant(as_of) if as_of else opened.latest()
        source = official if isinstance(official, pd.DataFrame) else Path(official)
        sheet = read_official(source, of.contract, as_of=moment, columns=named, values=values)
        question = _question(opened, of, sheet, read_scope(where), choice("basis", basis, BASES), moment)
        unknown = _unknown(opened, question, sheet)
        if question.figures:
            tried, fit, way = None, None, _counted(opened, question, sheet)
        else:
            rows = [Row(row.period, row.scope) for row in sheet.rows]
            tried = count_definitions(opened, trial(opened, question, rows), most=most)
            fit = fit_of(tried.definitions, tried.numerators, tried.denominators, _stated(sheet))
            way = steps(tried.definitions, tried.numerators, tried.denominators, fit.chosen, SWITCHES)
        fingerprint = str(opened.fingerprint(question.table, moment))
    overlapping = _overlap(sheet)
    table, withheld = _disclosed(_table(sheet, way, fit, total=not overlapping), audience_of)
    return with_words(
        Reconciliation(table, sheet, question, tried, fit, unknown, overlapping, withheld, wanted, store, fingerprint)
    )


def _question(store: Store, of: Metric, sheet: Official, where: Scope, basis: Basis, moment: datetime) -> Question:
    """Our question, checked against the store for every period of the sheet."""
    periods = sorted({row.period for row in sheet.rows})
    for period in periods:
        question = ask(store, of, [period], by=sheet.dimensions, where=where, basis=basis, as_of=moment)
    return replace(question, periods=tuple(periods), by=())


def _unknown(store: Store, question: Question, sheet: Official) -> tuple[str, ...]:
    """Values that the store does not have. Raises BadParameter where it has none of a dimension's."""
    found: list[str] = []
    for name in sheet.dimensions:
        given = list(dict.fromkeys(row.scope[name] for row in sheet.rows if name in row.scope))
        known = store.values(question.table, name)
        if given and not set(given) & set(known):
            raise BadParameter.of("official.no_value", name=name, given=given, values=known, store=store.name)
        found += [f"{name}={value}" for value in given if value not in known]
    return tuple(found)


def _stated(sheet: Official) -> pd.DataFrame:
    return pd.DataFrame([{name: getattr(row, name) for name in _STATED} for row in sheet.rows], dtype="float64")


def _counted(store: Store, question: Question, sheet: Official) -> pd.DataFrame:
    """The one step that a store of counted figures has: ours."""
    found = []
    for nth, row in enumerate(sheet.rows):
        counts = _figures_of(store, question, row.period, row.scope)
        found.append({"step": 0, "switch": "", "choice": "", "row": nth, **dict(zip(COUNTS, counts, strict=True))})
    return pd.DataFrame(found)


def _figures_of(store: Store, question: Question, period: Period, scope: Mapping[str, str]) -> tuple[int, int]:
    table, where = question.table, dict(question.where)
    for name, value in scope.items():
        if value not in where.get(name, [value]) or value not in store.values(table, name):
            return 0, 0
        where[name] = [value]
    asked = ask(store, question.metric, [period], where=where, basis=question.basis, as_of=question.as_of)
    answer = answer_of(store, "breakdown", asked)
    return int(answer["numerator"].sum()), int(answer["denominator"].sum())


def _overlap(sheet: Official) -> bool:
    """Whether a record can belong to two rows."""
    return any(
        one.period.overlaps(other.period)
        and all(one.scope[name] == other.scope[name] for name in one.scope.keys() & other.scope.keys())
        for one, other in combinations(sheet.rows, 2)
    )


def _table(sheet: Official, way: pd.DataFrame, fit: Fit | None, *, total: bool) -> pd.DataFrame:
    """Every step of every row, then what remains, then theirs; the total first, where the rows add up to one."""
    parts = [_waterfall(way[way["row"] == nth], row, fit, nth) for nth, row in enumerate(sheet.rows)]
    keys: list[dict[str, Any]] = [
        {"row": row.number, "period": row.period.label, **{name: row.scope.get(name, "") for name in sheet.dimensions}}
        for row in sheet.rows
    ]
    counted = all(row.numerator is not None and row.denominator is not None for row in sheet.rows)
    if total and counted and len(parts) > 1:
        whole = pd.concat(parts).groupby("step", as_index=False)[[*COUNTS, *CHANGES]].sum(min_count=1)
        parts.insert(0, _with_rates(whole.assign(definition=parts[0]["definition"], rate=float("nan"))))
        keys.insert(0, {"row": TOTAL, "period": "", **dict.fromkeys(sheet.dimensions, "")})
    labelled = [part.assign(**key)[[*key, *part.columns]] for part, key in zip(parts, keys, strict=True)]
    return pd.concat(labelled, ignore_index=True).astype(dict.fromkeys([*COUNTS, *CHANGES], "Int64"))


def _waterfall(way: pd.DataFrame, row: OfficialRow, fit: Fit | None, nth: int) -> pd.DataFrame:
    """One row of the sheet: ours, each difference, the remainder, theirs."""
    told: list[dict[str, Any]] = [
        {
            "step": each.step,
            "definition": each.choice or OURS,
            "numerator": each.numerator,
            "denominator": each.denominator,
        }
        for each in way.itertuples()
    ]
    last = told[-1]
    if fit is None:
        left = {name: getattr(row, name) - last[name] if getattr(row, name) is not None else None for name in COUNTS}
    else:
        left = {name: None if pd.isna(fit.remainder[name][nth]) else fit.remainder[name][nth] for name in COUNTS}
    told.append({"step": len(told), "definition": REMAINDER, **dict(zip(CHANGES, left.values(), strict=True))})
    stated = {"numerator": row.numerator, "denominator": row.denominator, "rate": row.rate}
    told.append({"step": len(told), "definition": OFFICIAL, **stated})
    columns = ["step", "definition", *COUNTS, *CHANGES, "rate"]
    table = pd.DataFrame(told, columns=columns)
    table = table.astype(dict.fromkeys([*COUNTS, *CHANGES], "Float64") | {"rate": "float64"})
    for name, change in zip(COUNTS, CHANGES, strict=True):
        table[change] = table[change].fillna(table[name].diff().where(table.index < len(told) - 2))
    return _with_rates(table)


def _with_rates(table: pd.DataFrame) -> pd.DataFrame:
    """Rates of the steps, theirs as stated where there are no counts, and how each step changes the rate."""
    counts = table[COUNTS].astype("float64")
    rate = (counts["numerator"] / counts["denominator"].where(counts["denominator"] > 0)).fillna(table["rate"])
    change = rate.diff()
    steps_of = len(table) - 2
    change[steps_of] = rate[steps_of + 1] - rate[steps_of - 1]
    change[steps_of + 1] = float("nan")
    return table.assign(rate=rate, change=change)[["step", "definition", *COUNTS, *CHANGES, "rate", "change"]]


def _disclosed(table: pd.DataFrame, audience: Audience) -> tuple[pd.DataFrame, bool]:
    """The table without our numbers of rows in which a step is made by few records, and without the total then.

    A step between two definitions counts the records that they treat differently, so a small one is as telling as a
    small cell. What the sheet itself states is theirs to show.
    """
    if audience == "analyst":
        return table, False
    sizes = table[["denominator", *CHANGES]].abs()
    small = ((sizes > 0) & (sizes < SMALLEST_SHOWN)).fillna(False).any(axis=1)
    hidden = table["row"].isin([*table.loc[small, "row"], *([TOTAL] if small.any() else [])])
    shown = table.copy()
    ours = hidden & (table["definition"] != OFFICIAL)
    for name in [*COUNTS, *CHANGES, "rate", "change"]:
        shown[name] = shown[name].mask(ours)
    return shown, bool(small.any())
