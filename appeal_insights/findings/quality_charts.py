"""The charts of a review of accuracy: the estate by week, and one series with its limits, its alarms and its date."""

from typing import Any

import pandas as pd

from appeal_insights.charts.audited import by_day, by_week, new_levels
from appeal_insights.charts.behaviour import MOST_DAYS, behaviour, behaviour_alt
from appeal_insights.charts.change_dates import change_dates, change_dates_alt
from appeal_insights.charts.estate import MOST_SERIES, MOST_WEEKS, estate_alt
from appeal_insights.charts.estate import estate as draw_estate
from appeal_insights.charts.funnel import MOST_UNITS, funnel_alt, funnel_plot
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, count_cell, points_cell, share_cell, share_range_cell
from appeal_insights.findings.naming import event_title, headed, rows_of
from appeal_insights.findings.quality_held import Item, Quality
from appeal_insights.findings.quality_told import alarm_numbers, claim, event_of, named, reason
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, day, say

NEAR = 60  # days around a change in which events are drawn
LIKELY = 0.01  # the probability from which a day stands in the table of dates


def _smallest(quality: Quality) -> int:
    return 0 if quality.audience == "analyst" else SMALLEST_SHOWN


def estate(quality: Quality, language: Language) -> list[Exhibit]:
    """Every series by week against what was expected, with its alarms."""
    alarmed = list(dict.fromkeys(quality.drift.alarms["series"].astype("str")))
    told = {"count": str(len(quality.estimates)), "alarmed": str(sum(name in quality.labels for name in alarmed))}
    title, notes = say("estate.title", language, **told), [say("estate.note", language)]
    weeks = by_week(_drawn(quality, alarmed), smallest=_smallest(quality))
    if not weeks["rate"].notna().any():
        return [Exhibit("estate", language, title, notes)]
    alt = estate_alt(weeks, quality.drift.alarms, language)
    chart = draw_estate(weeks, title=title, description=alt, alarms=quality.drift.alarms, language=language)
    return [Exhibit("estate", language, title, notes, alt, chart, _estate_cells(quality, weeks, language))]


def _drawn(quality: Quality, alarmed: list[str]) -> pd.DataFrame:
    """The evidence of the series and weeks that a chart can hold: those that alarmed first, the newest weeks."""
    rows = quality.drift.evidence
    watched = rows[~rows["series"].isin(set(quality.drift.refused["series"]))]
    watched = rows if watched.empty else watched
    names = dict.fromkeys([*(name for name in alarmed if name in quality.labels), *watched["series"].astype("str")])
    since = watched["day"].max() - pd.Timedelta(weeks=MOST_WEEKS - 1)
    shown: pd.DataFrame = watched[watched["series"].isin(list(names)[:MOST_SERIES]) & (watched["day"] >= since)]
    return shown


def _estate_cells(quality: Quality, weeks: pd.DataFrame, language: Language) -> Cells:
    """A row per series: the week that lay furthest below what was expected, and the days of its alarms."""
    heads = [("series", "left"), ("lowest_week", "left"), ("accuracy", "right"), ("deviation", "right"),
             ("looked_over", "right"), ("alarm_days", "left")]  # fmt: skip
    alarms = quality.drift.alarms.groupby("series")["alarm_day"].agg(list)
    rows = []
    for name, own in weeks.groupby("series", sort=False):
        days = [f"{one:%Y-%m-%d}" for one in alarms.get(name, [])]
        known = own[own["rate"].notna()]
        if known.empty:
            rows.append([str(name), *[NOTHING] * 4, ", ".join(days) or NOTHING])
            continue
        row = known.iloc[int((known["rate"] - known["expected"]).argmin())]
        rows.append(
            [
                str(name),
                str(row["period_label"]),
                share_cell(float(row["rate"]), language),
                points_cell(float(row["rate"] - row["expected"]), language),
                count_cell(int(row["audited"]), language),
                ", ".join(days) or NOTHING,
            ]
        )
    return headed(heads, rows, language)


def page(quality: Quality, item: Item, language: Language) -> list[Exhibit]:
    """The page of one item: what happened, its rate with limits, and what it is consistent with."""
    row = item.first
    numbers = alarm_numbers(quality, row, language)
    title = say(f"alarm.title_{row['direction']}", language, series=numbers["series"], size=numbers["size"])
    notes = [claim(quality, item, language), reason(quality, item, language), event_of(quality, item, language)]
    watched = [str(name) for name in item.alarms["series"] if name in quality.labels]
    if not watched:
        return [Exhibit(f"alarm_{item.number}", language, title, notes)]
    parts = [_behaviour(quality, item, watched[0], title, notes, language)]
    return [*parts, *_dates(quality, item, watched[0], language)]


def _behaviour(quality: Quality, item: Item, series: str, title: str, notes: list[str], language: Language) -> Exhibit:
    evidence = quality.drift.evidence
    own, alarms = evidence[evidence["series"] == series], quality.drift.alarms
    alarms = alarms[alarms["series"] == series]
    days = (own["day"].max() - own["day"].min()).days + 1
    table = (by_week if days > MOST_DAYS else by_day)(own, smallest=_smallest(quality))
    levels = new_levels(own, alarms)
    if not table["rate"].notna().any():
        return Exhibit(f"alarm_{item.number}", language, title, notes)
    alt = behaviour_alt(table, alarms, levels, language)
    unit = say("alarm.unit", language, series=named(quality, series, language))
    chart = behaviour(
        table, title=title, unit=unit, description=alt, alarms=alarms, levels=levels, evidence=own,
        events=_events(quality, item, language), language=language,
    )  # fmt: skip
    return Exhibit(f"alarm_{item.number}", language, title, notes, alt, chart, _week_cells(table, language))


def _dates(quality: Quality, item: Item, series: str, language: Language) -> list[Exhibit]:
    """When a series changed: the probability of each day."""
    alarm = item.alarms[item.alarms["series"] == series].iloc[0]
    dates = quality.drift.dates
    own = dates[
        (dates["series"] == series) & (dates["alarm_day"] == alarm["alarm_day"]) & (dates["cause"] == alarm["cause"])
    ]
    if own.empty:
        return []
    told = {"series": series, "date": day(alarm["change_date"].date(), language)}
    title, events = say("alarm.date_title", language, **told), _events(quality, item, language)
    row = {str(name): value for name, value in alarm.items()}
    alt = change_dates_alt(row, language, events=events)
    chart = change_dates(own, title=title, description=alt, alarm=row, events=events, language=language)
    return [Exhibit(f"dates_{item.number}", language, title, [alt], alt, chart, _date_cells(own, language))]


def _date_cells(dates: pd.DataFrame, language: Language) -> Cells:
    """The likeliest days, those of at least one in a hundred, in order."""
    heads = [("first_day", "left"), ("probability", "right")]
    likely = dates[dates["probability"] >= LIKELY]
    rows = [
        [day(row["day"].date(), language), share_cell(float(row["probability"]), language)] for row in rows_of(likely)
    ]
    return headed(heads, rows, language)


def funnel(table: pd.DataFrame, who: str, title: str, language: Language) -> tuple[str, Any]:
    """The funnel of reviewers, auditors or sites, and its text for who cannot see it; nothing of too many."""
    if not 2 <= int(table["rate"].notna().sum()) <= MOST_UNITS:
        return "", None
    alt = funnel_alt(table, say(f"funnel_of.who_{who}", language), language)
    unit = say("column.cases_alike", language)
    return alt, funnel_plot(table, title=title, unit=unit, description=alt, language=language)


def _events(quality: Quality, item: Item, language: Language) -> pd.DataFrame | None:
    """The events near the change that can have touched the series, numbered by day."""
    row, found = item.first, quality.events
    near = (found["starts_on"] - row["change_date"]).abs() <= pd.Timedelta(days=NEAR)
    kept = [event for event in rows_of(found[near]) if _can_touch(event["reach"], row)]
    if not kept:
        return None
    titles = [event_title(pd.Series(event), language) for event in kept]
    days = [event["starts_on"] for event in kept]
    return pd.DataFrame({"starts_on": pd.to_datetime(days), "number": range(1, len(kept) + 1), "title": titles})


def _can_touch(reach: dict[str, list[str]], row: "pd.Series") -> bool:
    return all(str(row[name]) in values for name, values in reach.items() if isinstance(row.get(name), str))


def _week_cells(table: pd.DataFrame, language: Language) -> Cells:
    """The points of the chart."""
    heads = [("period", "left"), ("accuracy", "right"), ("expected_rate", "right"), ("limits", "right"),
             ("looked_over", "right")]  # fmt: skip
    rows: list[list[Any]] = []
    for row in rows_of(table):
        if pd.isna(row["rate"]):
            rows.append([row["period_label"], *[NOTHING] * 4])
            continue
        rows.append(
            [
                row["period_label"],
                share_cell(float(row["rate"]), language),
                share_cell(float(row["expected"]), language),
                share_range_cell(float(row["low"]), float(row["high"]), language),
                count_cell(int(row["audited"]), language),
            ]
        )
    return headed(heads, rows, language)
