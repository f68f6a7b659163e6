"""Where the running month will end, and which few segments would have to recover for it to meet its target."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from appeal_insights.analysis.landing import Landing, landing, smallest_recovery
from appeal_insights.charts.landing import landing as landing_chart
from appeal_insights.charts.landing import landing_alt
from appeal_insights.errors import AppealInsightsError
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings.cells import NOTHING, points_cell, share_cell, share_range_cell
from appeal_insights.findings.naming import headed, rows_of
from appeal_insights.findings.service_asked import Asking, span
from appeal_insights.findings.service_held import MAIN, Landed, Service
from appeal_insights.findings.service_told import main_row
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, day, say, share
from appeal_insights.periods import first_day, next_start, split

ATTAINMENT = "sla_attainment"
HISTORY = timedelta(days=91)  # before the month: what the days ahead are learned from


def landing_of(asking: Asking, by: tuple[str, ...], segments: pd.DataFrame) -> Landed | None:
    """The month of the last day told: to date, projected, its target; nothing where there is too little to learn from.

    Takes   segments  the newest four weeks by `by`, with the counts of the four weeks before: what each recovers to.
    """
    last = asking.end - timedelta(days=1)
    start = first_day(last, "month")
    end = next_start(start, "month")
    month = asking.table("breakdown", ATTAINMENT, [span(start, asking.end)], ("subject_type", "clock"), where=MAIN)
    daily = asking.table(
        "trend", ATTAINMENT, split(span(start - HISTORY, asking.end), "day"), (), where=MAIN, grain="day"
    )
    if month.empty or daily.empty:
        return None
    days = daily.rename(columns={"period": "day"})[["day", "numerator", "denominator"]]
    target = None if pd.isna(month["target"].iloc[0]) else float(month["target"].iloc[0])
    try:
        found = landing(days, start=start, end=end, through=last, target=target)
    except AppealInsightsError:
        return None  # too few days, or nothing due in them
    so_far = days[days["day"] >= pd.Timestamp(start)].reset_index(drop=True)
    so_far[["numerator", "denominator"]] = so_far[["numerator", "denominator"]].cumsum()
    so_far["to_date"] = so_far["numerator"] / so_far["denominator"].where(so_far["denominator"] > 0)
    return Landed(so_far, found.row(), _recovering(asking, by, segments, found, start))


def _recovering(
    asking: Asking, by: tuple[str, ...], segments: pd.DataFrame, found: Landing, start: date
) -> pd.DataFrame:
    """The segments whose return to their earlier share closes the gap: `by`, kept, due, level; or no row."""
    if not found.gap < 0 or found.standing != "open" or segments.empty:
        return pd.DataFrame()
    month = asking.table("breakdown", ATTAINMENT, [span(start, asking.end)], by, where=MAIN)
    keys = list(by)
    newest = segments[[*keys, "rate", "numerator_before", "denominator_before"]]
    rows = month[[*keys, "segment", "numerator", "denominator"]].merge(newest, on=keys, how="left")
    before = ["numerator_before", "denominator_before"]
    rows[before] = rows[before].fillna(0.0)
    rows["rate"] = rows["rate"].fillna(found.expected_rest)
    ahead = found.denominator_ahead * rows["denominator"] / max(1.0, float(rows["denominator"].sum()))
    # Each goes on as in its newest weeks; together they come to what is projected of the whole.
    on = rows["numerator"] + ahead * rows["rate"]
    rows = rows.assign(
        numerator=on + (found.projected * (rows["denominator"] + ahead).sum() - on.sum()) * ahead / ahead.sum(),
        denominator=rows["denominator"] + ahead,
        denominator_ahead=ahead,
        kept=rows["numerator"],
        due=rows["denominator"],
    )
    rows["numerator"] = np.clip(rows["numerator"], 0.0, rows["denominator"])
    recovery = smallest_recovery(rows, by=keys, target=found.target, direction=_direction(found), to="before")
    return recovery.chosen.reset_index(drop=True)


def _direction(found: Landing) -> Any:
    return found.direction


def landing_exhibits(service: Service, language: Language) -> list[Exhibit]:
    """Where the month will end, against its target, and who would have to recover."""
    landed = service.landing
    if landed is None:
        return [Exhibit("landing", language, notes=[say("lands.none", language)])]
    ends = landed.ends
    counted = float(ends["denominator"].iloc[0])
    if not service.shown(counted):
        return [Exhibit("landing", language, notes=[say("lands.few", language)])]
    what = cells.promise(main_row(service) or {}, language)
    last = day((pd.Timestamp(ends["end"].iloc[0]) - pd.Timedelta(days=1)).date(), language)
    title = say("lands.title", language, what=what, end=last)
    alt = landing_alt(ends, language)
    chart = landing_chart(
        _drawn(service, landed), ends, title=title, unit=say("service.unit", language), description=alt,
        language=language,
    )  # fmt: skip
    notes = [alt, say("lands.note", language)]
    parts = [Exhibit("landing", language, title, notes, alt, chart, _cells(landed, language))]
    return [*parts, *_recovery(service, landed, language)]


def _drawn(service: Service, landed: Landed) -> pd.DataFrame:
    """The days that are drawn: where a day alone would tell of few records, only the last of all days together."""
    alone = landed.days["denominator"].diff().fillna(landed.days["denominator"])
    if all(service.shown(int(number)) for number in alone):
        return landed.days
    return landed.days.tail(1)


def _cells(landed: Landed, language: Language) -> Cells:
    heads = [("to_date", "right"), ("interval_of_month", "right"), ("projected", "right"), ("target", "right"),
             ("gap", "right"), ("rest_must", "right"), ("rest_expected", "right"), ("chance", "right")]  # fmt: skip
    row = rows_of(landed.ends)[0]
    told = [
        f"{share(float(row['to_date']), language)} ({cells.counted(row['numerator'], row['denominator'], language)})"
        if not pd.isna(row["to_date"])
        else NOTHING,
        share_range_cell(float(row["low"]), float(row["high"]), language),
        *(_share(row[name], language) for name in ("projected", "target")),
        NOTHING if pd.isna(row["gap"]) else points_cell(float(row["gap"]), language),
        *(_share(row[name], language) for name in ("needed", "expected_rest", "chance")),
    ]
    return headed(heads, [told], language)


def _share(value: Any, language: Language) -> str:
    """A share; what the rest must be may lie beyond all shares, and then says nothing by its size."""
    if pd.isna(value):
        return NOTHING
    if not 0 <= value <= 1:
        return say("lands.beyond", language)
    return share_cell(float(value), language)


def _recovery(service: Service, landed: Landed, language: Language) -> list[Exhibit]:
    """Who would have to recover. Nothing where the target is met, or out of reach for all of them together."""
    row = rows_of(landed.ends)[0]
    if pd.isna(row["gap"]) or row["gap"] >= 0 or row["standing"] != "open":
        return []
    if landed.recovery.empty or not all(service.shown(int(number)) for number in landed.recovery["due"]):
        return [Exhibit("recovery", language, notes=[say("lands.no_recovery", language)])]
    heads = [("segment", "left"), ("of_due", "right"), ("in_time", "right"), ("recovers_to", "right")]
    rows = [
        [
            str(one["segment"]),
            cells.counted(one["kept"], one["due"], language),
            share_cell(float(one["kept"] / one["due"]), language),
            share_cell(float(one["level"]), language),
        ]
        for one in rows_of(landed.recovery)
    ]
    title = say("lands.recovery_title", language, count=str(len(rows)))
    return [
        Exhibit(
            "recovery", language, title, [say("lands.recovery_note", language)], cells=headed(heads, rows, language)
        )
    ]
