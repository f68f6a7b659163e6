"""How the cases of each week of submission came to their end, and where the newest weeks are likely to stand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.incidence import HORIZONS, cumulative_incidence
from appeal_insights.analysis.nowcast import nowcast
from appeal_insights.charts.maturing_fan import MOST_ESTIMATES, maturing_fan
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings.cells import NOTHING, count_cell, share_cell, share_range_cell
from appeal_insights.findings.evidence import Cohorts, Evidence
from appeal_insights.findings.naming import metric_name, rows_of
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, count, say, share
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import Period, first_day, label, next_start, split
from appeal_insights.records.store import Store

WEEKS = 16  # of submission that are followed: those that have settled teach where the newest will end
DRAWN = 10  # of them that are drawn, the newest


def with_cohorts(store: Store, evidence: Evidence) -> Evidence:
    """The evidence with `cohorts`, where records say on which day they were submitted and when they were decided."""
    of = evidence.metric
    declared = {} if evidence.by_figures else store.declared(of.fact)
    known = of.kind == "proportion" and of.fact == "appeals" and of.completes and "submission" in of.at
    if evidence.by_figures or not known or evidence.change is None or declared.get("precision"):
        return evidence
    last = min(evidence.after.end, evidence.as_of.date())
    start = first_day(last - timedelta(days=1), "week") - timedelta(weeks=WEEKS - 1)
    days = split(Period(start, next_start(first_day(last - timedelta(days=1), "week"), "week"), ""), "day")
    days = [day for day in days if day.end <= last]
    asked: dict[str, Any] = {"where": evidence.where, "as_of": evidence.as_of, "basis": "submission", "grain": "day"}
    try:
        aged = query(store, "cohort", ask(store, of, days, **asked))
        began = query(store, "trend", ask(store, metric("received"), days, **asked))
    except AppealInsightsError:
        return evidence
    table = _entries(aged, began, evidence)
    if table.empty:
        return evidence
    settles = of.settles("submission") or of.settles_in_days
    ages = sorted({*HORIZONS, settles})
    return replace(
        evidence,
        asked=tuple(store.asked),
        cohorts=Cohorts(
            cumulative_incidence(table, as_of=evidence.as_of, horizons=ages, dispersion=evidence.dispersion),
            nowcast(table, as_of=evidence.as_of, settles_in_days=settles, dispersion=evidence.dispersion),
            settles,
        ),
    )


def _entries(aged: pd.DataFrame, began: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """A row per day of submission and age, under the label of its week; a day of which nothing is decided has zeros."""
    sizes = began[["period", "ends_on", "numerator"]].rename(columns={"numerator": "size"})
    sizes = sizes[sizes["size"] > 0]
    nothing = sizes.assign(days=0, numerator=0, denominator=0)
    rows = pd.concat([aged[[*nothing]], nothing[~nothing["period"].isin(aged["period"])]], ignore_index=True)
    rows = rows[pd.to_datetime(rows["ends_on"]) <= pd.Timestamp(evidence.as_of)]
    weeks = {day: label(first_day(day.date(), "week"), "week") for day in rows["period"].unique()}
    return rows.assign(period=rows["period"].map(weeks)).astype(
        dict.fromkeys(("size", "numerator", "denominator"), int)
    )


def cohorts(evidence: Evidence, language: Language) -> list[Exhibit]:
    """The fan of the newest weeks and what each is likely to end at; a sentence where cohorts are not known."""
    found = evidence.cohorts
    if found is None:
        return [Exhibit("cohorts", language, notes=[say("cohorts.none", language)])]
    shown = _shown(evidence, found)
    ends = _ends(evidence, found)
    kept = shown["period"].unique()
    table = pd.DataFrame(
        {
            "cohort": shown["period"].astype(str),
            "days": shown["days"],
            "rate": shown["rate"],
            "low": float("nan"),
            "high": float("nan"),
            "numerator": shown["numerator"],
            "denominator": shown["denominator"],
            "mature": shown["mature"],
        }
    )
    young = found.nowcast[found.nowcast["period"].isin(kept)]
    told = {"metric": metric_name(evidence, language), "days": str(found.settles)}
    title = say("cohorts.title" if len(young) else "cohorts.title_settled", language, count=str(len(young)), **told)
    newest = young[young["rate"].notna()].tail(1)
    alt = say("cohorts.alt", language, **told, first=str(kept[0]), last=str(kept[-1]))
    notes = [say("cohorts.explained", language, **told)]
    if len(newest):
        notes.insert(0, _newest(newest.iloc[0], found, language))
    if not table["rate"].notna().any():
        return [Exhibit("cohorts", language, title, notes, cells=_cells(found, shown, language))]
    chart = maturing_fan(
        table, title=title, unit=say("cohorts.unit", language, **told), description=alt, estimates=ends,
        language=language,
    )  # fmt: skip
    return [Exhibit("cohorts", language, title, notes, alt, chart, _cells(found, shown, language))]


def _shown(evidence: Evidence, found: Cohorts) -> pd.DataFrame:
    """The newest cohorts, without the rates of too few records."""
    newest = list(dict.fromkeys(found.incidence["period"]))[-DRAWN:]
    rows = found.incidence[found.incidence["period"].isin(newest)].copy()
    if evidence.audience != "analyst":
        few = rows["denominator"].fillna(0) < SMALLEST_SHOWN
        rows.loc[few, ["numerator", "denominator", "rate", "incidence", "low", "high"]] = float("nan")
    return rows


def _ends(evidence: Evidence, found: Cohorts) -> pd.DataFrame:
    rows = found.nowcast[found.nowcast["nowcast"].notna()]
    if evidence.audience != "analyst":
        rows = rows[rows["denominator"] >= SMALLEST_SHOWN]
    rows = rows.tail(MOST_ESTIMATES)
    return pd.DataFrame(
        {"cohort": rows["period"].astype(str), "days": found.settles, "rate": rows["nowcast"], "low": rows["low"],
         "high": rows["high"]}
    )  # fmt: skip


def _newest(row: "pd.Series", found: Cohorts, language: Language) -> str:
    """What the newest cohort reads now and where it is likely to end, or why nobody can tell."""
    told = {"period": str(row["period"]), "rate": share(row["rate"], language),
            "numerator": count(row["numerator"], language), "denominator": count(row["denominator"], language),
            "days": str(found.settles)}  # fmt: skip
    if row["reason"]:
        return say("cohorts.unknown", language, **told, reason=say(f"cohorts_reason.{row['reason']}", language))
    estimate = {"estimate": share(row["nowcast"], language), "learned": count(int(row["learned_from"]), language)}
    ends = {"low": share(row["low"], language), "high": share(row["high"], language)}
    return say("cohorts.newest", language, **told, **estimate, **ends)


def _cells(found: Cohorts, shown: pd.DataFrame, language: Language) -> Cells:
    """A row per cohort: how many, its incidence at each age with an interval, and the estimate of its end."""
    ages = sorted(shown["days"].unique())
    ends = {row["period"]: row for row in rows_of(found.nowcast)}
    heads = [("cohort", say("column.cohort", language), "left"), ("size", say("column.size", language), "right")]
    heads += [(f"by_{age:g}", say("column.by_age", language, days=f"{age:g}"), "right") for age in ages]
    heads += [("estimate", say("column.estimate", language), "right")]
    rows = []
    for period, each in shown.groupby("period", sort=False):
        by_age = {row["days"]: row for row in rows_of(each)}
        cells = [_incidence(by_age[age], language) for age in ages]
        rows.append([str(period), count_cell(int(each["size"].iloc[0]), language), *cells,
                     _estimate(ends.get(period), language)])  # fmt: skip
    return Cells(heads, rows)


def _incidence(row: dict[str, object], language: Language) -> str:
    value = row["incidence"]
    if pd.isna(value):  # type: ignore[call-overload]
        return NOTHING
    told = share_cell(float(value), language)  # type: ignore[arg-type]
    return told if row["mature"] else say("cohorts.young", language, share=told)


def _estimate(row: dict[str, object] | None, language: Language) -> str:
    if row is None:
        return say("cohorts.settled", language)
    if row["reason"]:
        return say(f"cohorts_reason.{row['reason']}", language)
    share_ = share(float(row["nowcast"]), language)  # type: ignore[arg-type]
    between = share_range_cell(float(row["low"]), float(row["high"]), language)  # type: ignore[arg-type]
    return say("cohorts.estimate", language, share=share_, between=between)
