"""Sites against each other on the same cases: accuracy, kinds of error, cases appealed again, and pace."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.analysis.scorecard import adjusted_rates, adjusted_times, against
from appeal_insights.errors import AppealInsightsError
from appeal_insights.metrics.audited import AUDITS, CASES
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, dimensions, query
from appeal_insights.metrics.targets import Target, targets
from appeal_insights.periods import Period
from appeal_insights.records.contract import BLANK
from appeal_insights.records.scope import Scope
from appeal_insights.records.store import Store

QUARTER = 91  # days
CELLS = ("market", "policy", "queue", "stratum", "complaint_type")  # what makes cases alike, as far as records know it
SITE = "site"
FEWEST = 10  # cases of a site behind a rate
COLUMNS = ["measure", "unit", "numerator", "denominator", "rate", "expected", "whole", "adjusted", "low", "high",
           "shared", "threshold", "met"]  # fmt: skip


def site_scores(store: Store, *, where: Scope, as_of: datetime, end: date) -> pd.DataFrame:
    """Every measure of every site over the last quarter, as COLUMNS; no row where there are fewer than two sites."""
    span = Period(end - timedelta(days=QUARTER), end, "")
    promised = [one for one in targets(store, as_of) if one.first_day <= end and (one.end is None or one.end > end)]
    parts = [
        _rates(store, AUDITS, "accuracy", span, where, as_of, promised, audits=True),
        *_errors(store, span, where, as_of),
        _rates(store, "re_appeal_rate", "re_appeals", span, where, as_of, promised),
        _pace(store, span, where, as_of),
    ]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else pd.DataFrame(columns=COLUMNS)


def _asked(store: Store, of: str, span: Period, where: Scope, as_of: datetime, by: Sequence[str]) -> pd.DataFrame:
    """Counts of the last quarter by site and kind of case; no row where the records cannot say."""
    try:
        question = ask(store, metric(of), [span], by=tuple(by), where=where, as_of=as_of)
        return query(store, "breakdown", question)
    except AppealInsightsError:
        return pd.DataFrame(columns=[*by, "numerator", "denominator"])


def _cells(store: Store, of: str, where: Scope) -> list[str]:
    """The columns that make cases of a metric alike, as far as this store knows them; none where it knows no sites."""
    try:
        known = dimensions(store, metric(of))
    except AppealInsightsError:
        return []
    return [name for name in CELLS if name in known and len(where.get(name, ())) != 1] if SITE in known else []


def _known(table: pd.DataFrame) -> pd.DataFrame:
    return table[table[SITE].notna() & (table[SITE].astype("str") != BLANK)]


def _rates(
    store: Store, of: str, measure: str, span: Period, where: Scope, as_of: datetime, promised: Sequence[Target],
    *, audits: bool = False,
) -> pd.DataFrame:  # fmt: skip
    cells = _cells(store, of, where)
    if not cells:
        return pd.DataFrame()
    scope = {"subject_type": ["appeal"], **where} if audits else where
    table = _known(_asked(store, of, span, scope, as_of, [SITE, *cells]))
    if audits:
        table = _weighted(store, table, span, scope, as_of, cells)
    return _scored(table, cells, measure, [one for one in promised if one.metric == of])


def _weighted(
    store: Store, table: pd.DataFrame, span: Period, where: Scope, as_of: datetime, cells: Sequence[str]
) -> pd.DataFrame:
    """Audits with the number of cases that each stands for, in `weight`; 1 where nobody said how many there were."""
    cases = pd.DataFrame()
    if "strata" in store.tables and "stratum" in cells:
        by = [name for name in cells if name in dimensions(store, metric(CASES))]
        cases = _asked(store, CASES, span, where, as_of, by)
    if table.empty or cases.empty:
        return table.assign(weight=1.0)
    text = dict.fromkeys(by, "str")
    audits = table.astype(text).groupby(by)["denominator"].sum().rename("audits")
    weights = audits.to_frame().join(cases.astype(text).set_index(by)["numerator"].rename("cases"))
    weight = (weights["cases"] / weights["audits"]).fillna(1.0).clip(lower=1.0).rename("weight")
    return table.merge(weight.reset_index(), how="left", left_on=by, right_on=by)


def _scored(table: pd.DataFrame, cells: Sequence[str], measure: str, promised: Sequence[Target]) -> pd.DataFrame:
    if table.empty or table[SITE].nunique() < 2:
        return pd.DataFrame()
    weight = "weight" if "weight" in table else None
    counts = table[[SITE, *cells, "numerator", "denominator", *([weight] if weight else [])]].astype({SITE: "str"})
    rows = adjusted_rates(
        counts, unit=SITE, cells=list(cells), numerator="numerator", denominator="denominator", weight=weight
    )
    rows = rows[rows["denominator"] >= FEWEST].assign(measure=measure)
    rows["threshold"] = [_threshold(unit, promised) for unit in rows["unit"]]
    at_least = all(one.direction == "at_least" for one in promised)
    rows["met"] = [
        None if np.isnan(threshold) else against(threshold, low, high, at_least=at_least)
        for threshold, low, high in zip(rows["threshold"], rows["low"], rows["high"], strict=True)
    ]
    return rows


def _threshold(site: str, promised: Sequence[Target]) -> float:
    """What was promised of a site itself, else of everything."""
    own: list[Target] = [one for one in promised if one.scope == {SITE: [site]}]
    chosen = own or [one for one in promised if not one.scope]
    return chosen[-1].value if len({one.value for one in chosen}) == 1 else float("nan")


def _errors(store: Store, span: Period, where: Scope, as_of: datetime) -> list[pd.DataFrame]:
    """Of all audits of a site the share that found an error of each kind."""
    cells = _cells(store, AUDITS, where)
    if not cells or "error_type" not in dimensions(store, metric(AUDITS)):
        return []
    scope = {"subject_type": ["appeal"], **where}
    table = _known(_asked(store, AUDITS, span, scope, as_of, [SITE, *cells, "error_type"]))
    table = table.assign(wrong=table["denominator"] - table["numerator"], kind=table["error_type"].astype("str"))
    table = _weighted(store, table, span, scope, as_of, cells)
    whole = table.groupby([SITE, *cells], as_index=False, observed=True).agg({"denominator": "sum", "weight": "first"})
    found = []
    for kind in table[table["wrong"] > 0].groupby("kind")["wrong"].sum().sort_values(ascending=False).index:
        if kind == BLANK:
            continue
        own = table[table["kind"] == kind].groupby([SITE, *cells], as_index=False, observed=True)["wrong"].sum()
        joined: Any = whole.merge(own, how="left", on=[SITE, *cells]).fillna({"wrong": 0})
        counts = joined.rename(columns={"wrong": "numerator"}).astype({"numerator": "int64"})
        found.append(_scored(counts, cells, f"error:{kind}", []))
    return found


def _pace(store: Store, span: Period, where: Scope, as_of: datetime) -> pd.DataFrame:
    """Cases an hour of handling, held to what others make of the same kind of case."""
    cells = _cells(store, "handling_time", where)
    if not cells:
        return pd.DataFrame()
    table = _known(_asked(store, "handling_time", span, where, as_of, [SITE, *cells]))
    if table.empty or table[SITE].nunique() < 2:
        return pd.DataFrame()
    times = table.astype({SITE: "str"})
    rows = adjusted_times(times, unit=SITE, cells=list(cells), records="denominator", seconds="numerator")
    rows = rows[rows["records"] >= FEWEST]
    return pd.DataFrame(
        {
            "measure": "productivity", "unit": rows["unit"], "numerator": rows["records"],
            "denominator": rows["records"], "rate": 3600 / rows["seconds"], "expected": 3600 / rows["expected"],
            "whole": 3600 / rows["whole"], "adjusted": rows["an_hour"], "low": np.nan, "high": np.nan,
            "shared": rows["shared"], "threshold": np.nan, "met": None,
        }
    )  # fmt: skip
