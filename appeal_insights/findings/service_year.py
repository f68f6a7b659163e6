"""The newest weeks against the same days of a year before: season with season, and no comparison where none is fair."""

from datetime import date, timedelta
from typing import Any

import pandas as pd

from appeal_insights.analysis.aligned import WITHOUT, aligned
from appeal_insights.analysis.dispersion import dispersion_over_days
from appeal_insights.analysis.intervals import change_intervals
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings.cells import NOTHING, count_of_cell, points_with_range_cell, share_cell
from appeal_insights.findings.naming import headed, rows_of
from appeal_insights.findings.service_asked import Asking, span
from appeal_insights.findings.service_held import MAIN, NEWEST, Service
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, say
from appeal_insights.metrics.metric import day_of, metric
from appeal_insights.periods import split
from appeal_insights.records.own_calendars import calendars_of
from appeal_insights.records.seasons import season_names, seasons

ATTAINMENT = "sla_attainment"
FURTHEST = timedelta(days=364 + 45)  # Ramadan moves by 11 days a year, and the days around it with it
CHANGE = ["change", "change_low", "change_high"]
COLUMNS = ["market", "fair", "compared", "reason", "season", "without", "numerator_after", "denominator_after",
           "numerator_before", "denominator_before", *CHANGE]  # fmt: skip


def year_before_of(asking: Asking) -> pd.DataFrame:
    """Market by market the days that have a counterpart a year before, what was kept in both, and why others have none.

    Gives   COLUMNS; counts are of the days that were compared. A market of no calendar is left out.
    """
    start, calendars = asking.end - timedelta(days=NEWEST), calendars_of(asking.store)
    of = metric(ATTAINMENT)
    there = asking.store.span(of.fact, day_of(of.instant(of.basis)))
    here = asking.table("breakdown", ATTAINMENT, [asking.now], ["market"], where=MAIN)
    if there is None or here.empty:
        return pd.DataFrame(columns=COLUMNS)
    daily = _daily(asking, start, there[0])
    found = []
    for market in here.sort_values("denominator", ascending=False)["market"].astype("str"):
        if market not in calendars:
            continue
        try:
            days = aligned(start, asking.end, seasons=seasons(market, calendar=calendars[market]), data_from=there[0])
        except AppealInsightsError:
            continue
        paired = days.rows.dropna(subset=["comparable"])
        lost = days.reasons[days.reasons["reason"].isin(WITHOUT)]
        row = {"market": market, "fair": days.fair, "compared": len(paired), "without": NEWEST - len(paired)}
        row |= {name: str(lost[name].iloc[0]) if len(lost) else "" for name in ("reason", "season")}
        own = daily[daily["market"] == market].set_index("day")
        found.append(row | _change(own, paired))
    return pd.DataFrame(found, columns=COLUMNS)


def _change(own: pd.DataFrame, paired: pd.DataFrame) -> dict[str, float]:
    """The counts of both sides, and how far the share moved; days of either side differ as they do."""
    both = pd.concat(
        [own.reindex(paired[on]).rename_axis("day").reset_index().assign(period=on) for on in ("day", "comparable")]
    ).fillna({"numerator": 0, "denominator": 0})
    after, before = (both[both["period"] == on][["numerator", "denominator"]].sum() for on in ("day", "comparable"))
    counts = {
        f"{name}_{side}": int(sums[name])
        for side, sums in (("after", after), ("before", before))
        for name in sums.index
    }
    moved = change_intervals(pd.DataFrame([counts]), dispersion_over_days(both)) if len(paired) else pd.DataFrame()
    told = {name: float(moved[name].iloc[0]) if len(moved) else float("nan") for name in CHANGE}
    return {**counts, **told}


def _daily(asking: Asking, start: date, first: date) -> pd.DataFrame:
    """What was kept by day and market, of these days and of those around them a year before."""
    parts = [span(start, asking.end)]
    if first < asking.end - timedelta(days=NEWEST) - timedelta(days=300):
        parts.insert(0, span(max(first, start - FURTHEST), asking.end - timedelta(days=300)))
    found = [
        asking.table("trend", ATTAINMENT, split(part, "day"), ["market"], where=MAIN, grain="day") for part in parts
    ]
    table = pd.concat([each for each in found if len(each)], ignore_index=True)
    return table.astype({"market": "str"}).rename(columns={"period": "day"})[
        ["market", "day", "numerator", "denominator"]
    ]


def year_exhibits(service: Service, language: Language) -> list[Exhibit]:
    """Kept now and a year before, on days that may be compared; else one sentence that says why not."""
    table = service.year_before
    if table.empty:
        return []
    title = say("year.title", language)
    if not table["fair"].any():
        return [Exhibit("year_before", language, title, [_none(table, language)])]
    fair = table[table["fair"]]
    heads = [("market", "left"), ("days_compared", "right"), ("year_now", "right"), ("of_due", "right"),
             ("year_then", "right"), ("of_due_then", "right"), ("year_change", "right"),
             ("year_why", "left")]  # fmt: skip
    rows = [_row(service, row, language) for row in rows_of(table)]
    notes = [say("year.note", language, fair=str(len(fair)), markets=str(len(table)))]
    return [Exhibit("year_before", language, title, notes, cells=headed(heads, rows, language))]


def _row(service: Service, row: dict[str, Any], language: Language) -> list[str]:
    days = count_of_cell(int(row["compared"]), NEWEST, language)
    if not row["fair"]:
        return [row["market"], days, *[NOTHING] * 5, _because(row, language)]
    told: list[str] = []
    known = True
    for side in ("after", "before"):
        kept, due = int(row[f"numerator_{side}"]), int(row[f"denominator_{side}"])
        shown = due > 0 and service.shown(due)
        told += [share_cell(kept / due, language), cells.counted(kept, due, language)] if shown else [NOTHING] * 2
        known = known and shown
    moved = points_with_range_cell(row["change"], row["change_low"], row["change_high"], language) if known else NOTHING
    return [row["market"], days, *told, moved, _because(row, language)]


def _because(row: dict[str, Any], language: Language) -> str:
    if not row["reason"]:
        return ""
    names = season_names().get(row["season"], {})
    season = names.get("zh" if language == "zh-CN" else "en", row["season"])
    return say(f"aligned_because.{row['reason']}", language, days=str(row["without"]), season=season)


def _none(table: pd.DataFrame, language: Language) -> str:
    first = rows_of(table)[0]
    parts = [say("aligned_because.not_fair", language), _because(first, language)]
    return ("" if language == "zh-CN" else " ").join(parts)
