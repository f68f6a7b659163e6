"""The charts of a review of service levels: the main promise by week, the heat map, what will come in."""

from typing import Any

import pandas as pd

from appeal_insights.charts.capacity import forecast_alt, forecast_chart, hours_alt, hours_chart
from appeal_insights.charts.heat_map import MOST_PERIODS, heat_map
from appeal_insights.charts.heat_map import MOST_SEGMENTS as MOST_ROWS
from appeal_insights.charts.trend import trend
from appeal_insights.disclosure import hide_cells
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings.cells import NOTHING, share_cell, share_range_cell
from appeal_insights.findings.naming import event_title, headed, inline_label, rows_of
from appeal_insights.findings.service_ahead import ALL
from appeal_insights.findings.service_held import Service
from appeal_insights.findings.service_told import main_row
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.findings.targets import drawn_targets, target_alt
from appeal_insights.language import Language, say, share

DAYS_SEEN = 56  # days before the forecast that are drawn


def promises(service: Service, language: Language) -> list[Exhibit]:
    """The main promise by week, with its target and the events of these weeks."""
    row = main_row(service)
    if row is None or service.weekly.empty:
        return []
    own = service.weekly[
        (service.weekly["subject_type"] == row["subject_type"]) & (service.weekly["clock"] == row["clock"])
    ]
    own = _open(service, own.sort_values("period", ignore_index=True))
    known = own[own["rate"].notna()]
    if known.empty:
        return []
    what = cells.promise(row, language)
    title = say("promises.chart_title", language, what=what)
    first, last = known.iloc[0], known.iloc[-1]
    told = {"first_week": str(first["period_label"]), "last_week": str(last["period_label"])}
    told |= {"first": share(float(first["rate"]), language), "last": share(float(last["rate"]), language)}
    alt = say("promises.chart_alt", language, what=what, **told) + target_alt(own, language)
    drawn = own.assign(segment=what, mature=True)
    chart = trend(
        drawn, title=title, unit=say("service.unit", language), description=alt, language=language,
        targets=drawn_targets(own, language), events=_events(service, own, language),
    )  # fmt: skip
    return [Exhibit("promise_by_week", language, title, [], alt, chart, _week_cells(own, language))]


def _open(service: Service, table: pd.DataFrame) -> pd.DataFrame:
    """The rate of periods with too few records left out."""
    few = pd.Series([not service.shown(int(number)) for number in table["denominator"]], index=table.index)
    return table.assign(**{name: table[name].astype("float64").mask(few) for name in ("rate", "low", "high")})


def _events(service: Service, table: pd.DataFrame, language: Language) -> pd.DataFrame | None:
    events = service.events[service.events["starts_on"].between(table["period"].min(), table["ends_on"].max())]
    if events.empty:
        return None
    titles = [event_title(pd.Series(event), language) for event in rows_of(events)]
    return pd.DataFrame(
        {"starts_on": pd.to_datetime(events["starts_on"].to_numpy()), "title": titles}
    ).drop_duplicates()


def _week_cells(table: pd.DataFrame, language: Language) -> Cells:
    heads = [("week", "left"), ("in_time", "right"), ("interval", "right"), ("of_due", "right"), ("target", "right")]
    rows: list[list[Any]] = []
    for row in rows_of(table):
        target = NOTHING if pd.isna(row["target"]) else share_cell(float(row["target"]), language)
        if pd.isna(row["rate"]):
            rows.append([row["period_label"], *[NOTHING] * 3, target])
            continue
        interval = share_range_cell(float(row["low"]), float(row["high"]), language)
        counted = cells.counted(row["numerator"], row["denominator"], language)
        rows.append([row["period_label"], share_cell(float(row["rate"]), language), interval, counted, target])
    return headed(heads, rows, language)


def heat(service: Service, language: Language) -> list[Exhibit]:
    """The share in time of each segment by week."""
    table = service.by_market
    if table.empty or table["period"].nunique() > MOST_PERIODS:
        return []
    late = (table["denominator"] - table["numerator"]).groupby(table["segment"]).sum().nlargest(MOST_ROWS)
    numbers = ["rate", "low", "high", "numerator", "denominator"]
    # What a week adds up to stands in another table: one hidden cell of it alone would follow from the others.
    whole = hide_cells(
        table.astype(dict.fromkeys(numbers[-2:], "int64")), service.audience, blank=(), totals=["period"]
    )
    drawn = whole[whole["segment"].isin(late.index)].reset_index(drop=True)
    drawn[numbers] = drawn[numbers].astype("float64").mask(drawn["hidden"])
    known = drawn[drawn["rate"].notna()]
    if known.empty:
        return []
    lowest = known.sort_values("rate").iloc[0]
    rates = known.groupby("segment")["rate"].mean()
    drawn = drawn.assign(order=drawn["segment"].map(rates)).sort_values(
        ["order", "segment", "period"], ignore_index=True
    )
    dimension = inline_label(service, service.by[0], language)
    row = main_row(service)
    what = cells.promise(row, language) if row else ""
    title = say("where_not.heat_title", language, what=what, dimension=dimension)
    alt = say(
        "where_not.heat_alt",
        language,
        dimension=dimension,
        segment=str(lowest["segment"]),
        week=str(lowest["period_label"]),
        rate=share(float(lowest["rate"]), language),
    )
    chart = heat_map(drawn, title=title, description=alt, language=language)
    return [Exhibit("heat", language, title, [], alt, chart, _heat_cells(drawn, language))]


def _heat_cells(drawn: pd.DataFrame, language: Language) -> Cells:
    weeks = list(drawn.sort_values("period")["period_label"].drop_duplicates())
    by = drawn.set_index(["segment", "period_label"])["rate"]
    heads = [("segment", "segment", "left")]
    rows = []
    for name in dict.fromkeys(drawn["segment"]):
        found = [by.get((name, week)) for week in weeks]
        rows.append(
            [
                str(name),
                *(NOTHING if one is None or pd.isna(one) else share_cell(float(one), language) for one in found),
            ]
        )
    heads = [("segment", say("column.segment", language), "left"), *((week, str(week), "right") for week in weeks)]
    return Cells(heads, rows)


def forecast(service: Service, language: Language) -> list[Exhibit]:
    """What will come in."""
    weeks = service.forecasts.weeks
    if weeks.empty:
        return [Exhibit("forecast", language, notes=[say("ahead.forecast_none", language)])]
    notes = [say("ahead.forecast_note", language)]
    if service.forecasts.refused:
        notes.append(say("ahead.forecast_refused", language, count=str(service.forecasts.refused)))
    title = say("ahead.forecast_title", language, weeks=str(weeks["week"].nunique()))
    alt, chart = _inflow(service, title, language)
    return [Exhibit("forecast", language, title, notes, alt, chart, cells.forecast_cells(service, language))]


def _inflow(service: Service, title: str, language: Language) -> tuple[str, Any]:
    """All markets day by day, seen and expected; nothing where they are not forecast together."""
    ahead, seen = (table[table["market"] == ALL] for table in (service.forecasts.days, service.forecasts.history))
    if ahead.empty:
        return "", None
    seen = seen.sort_values("day").tail(DAYS_SEEN)
    weeks = service.forecasts.weeks[service.forecasts.weeks["market"] == ALL]
    total = {name: [weeks[name].sum()] for name in ("days", "expected", "low", "high")}
    alt = forecast_alt(seen, ahead, pd.DataFrame(total), language)
    unit = say("ahead.unit", language)
    return alt, forecast_chart(seen, ahead, title=title, unit=unit, description=alt, language=language)


def hours(service: Service, language: Language) -> list[Exhibit]:
    """The hours that it needs, against those planned."""
    if service.forecasts.hours.empty:
        reason = say("ahead.no_forecast" if service.forecasts.weeks.empty else "ahead.no_staffing", language)
        return [Exhibit("hours_needed", language, notes=[say("ahead.hours_none", language, reason=reason)])]
    table = service.forecasts.hours
    share_of, seconds = float(table["share"].iloc[0]), float(table["handling"].median())
    title = say("ahead.hours_title", language, target=share(share_of, language))
    notes = [say("ahead.hours_note", language, aht=cells.duration(seconds, language))]
    sums = table.rename(columns={"low": "low_needed", "high": "high_needed"}).groupby("week")
    parts = ["planned", "needed", "low_needed", "high_needed", "short"]
    whole = sums[parts].sum().where(sums[parts].count().eq(sums.size(), axis=0)).reset_index()
    alt, unit = hours_alt(whole, language), say("ahead.hours_unit", language)
    chart = hours_chart(whole, title=title, unit=unit, description=alt, language=language)
    return [Exhibit("hours_needed", language, title, notes, alt, chart, cells.need_cells(service, language))]
