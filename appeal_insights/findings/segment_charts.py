"""The segments of one dimension as exhibits over time: before and after as lines, period by period as cells."""

from typing import Any

import pandas as pd

from appeal_insights.charts.heat_map import heat_map as draw_heat_map
from appeal_insights.charts.slope import slope as draw_slope
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.by_period import MOST_SEGMENTS, largest
from appeal_insights.findings.cells import NOTHING, ratio, share_range_cell
from appeal_insights.findings.evidence import POOLED, Evidence, View
from appeal_insights.findings.judged import driver
from appeal_insights.findings.naming import (
    basis_name,
    dimension_label,
    headed,
    inline_label,
    metric_name,
    rows_of,
    segment_name,
)
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, say, share

SHOWN_AT_LEAST = 0.5  # of the cells; a map that is mostly crosses tells a reader nothing
_SIDES = ("before", "after")


def slope(evidence: Evidence, view: View, language: Language) -> list[Exhibit]:
    """The rates of the largest segments before and after; nothing where there are not two to compare."""
    rows = _both_known(evidence, view)
    if len(rows) < 2:
        return []
    first = rows.iloc[0]
    rates = {f"rate_{side}": share(float(first[f"rate_{side}"]), language) for side in _SIDES}
    segment = segment_name(evidence, view.dimension, str(first["segment"]), language)
    dimension = inline_label(evidence, view.dimension, language)
    title = say("slope.title_none", language, dimension=dimension)
    if driver(evidence):
        title = say("slope.title", language, segment=segment, **rates)
    alt = say(
        "slope.alt",
        language,
        metric=metric_name(evidence, language),
        dimension=dimension,
        before=evidence.before.label,
        after=evidence.after.label,
        segment=segment,
        **rates,
    )
    chart = draw_slope(
        rows.assign(period_before=evidence.before.label, period_after=evidence.after.label),
        title=title,
        unit=_unit(evidence, language),
        description=alt,
        language=language,
    )
    notes = [say("slope.explained", language)]
    if (view.parts["segment"] != POOLED).sum() > MOST_SEGMENTS:
        notes.append(say("slope.few", language, count=str(MOST_SEGMENTS)))
    return [Exhibit("slope", language, title, notes, alt, chart, _slope_cells(rows, language))]


def _both_known(evidence: Evidence, view: View) -> pd.DataFrame:
    """The largest segments that have a rate in both periods, the driver first."""
    order = largest(view)
    named = driver(evidence)
    first = named.segment.get(view.dimension) if named else None
    if first in order:
        order = [first, *(segment for segment in order if segment != first)]
    rows = view.parts.set_index("segment").loc[order].reset_index()
    return rows[rows["rate_before"].notna() & rows["rate_after"].notna()].reset_index(drop=True)


def _slope_cells(rows: pd.DataFrame, language: Language) -> Cells:
    heads = [("segment", "left")]
    heads += [(name, "right") for side in _SIDES for name in (side, f"interval_{side}")]
    told = [
        [
            str(row["segment"]),
            *(
                cell
                for side in _SIDES
                for cell in (
                    ratio(row, side, language),
                    share_range_cell(row[f"low_{side}"], row[f"high_{side}"], language),
                )
            ),
        ]
        for row in rows_of(rows)
    ]
    return headed(heads, told, language)


def heat_map(evidence: Evidence, view: View, language: Language) -> list[Exhibit]:
    """The rates of the largest segments period by period; nothing where there are not periods or records enough."""
    table = evidence.by_period
    if table is None or table["rate"].notna().mean() < SHOWN_AT_LEAST:
        return []
    said = {
        "metric": metric_name(evidence, language),
        "dimension": inline_label(evidence, view.dimension, language),
        "first": str(evidence.trend["period_label"].iloc[0]),
        "last": str(evidence.trend["period_label"].iloc[-1]),
    }
    title = say("heat_map.title", language, **said)
    alt = _heat_alt(table, said, language)
    notes = [say("heat_map.explained", language)]
    if table["hidden"].any():
        notes.append(say("heat_map.hidden", language, smallest=str(SMALLEST_SHOWN)))
    if not evidence.trend["mature"].all():
        notes.append(say("trend.immature", language, days=str(evidence.metric.settles_in_days)))
    chart = draw_heat_map(table, title=title, description=alt, language=language)
    cells = _heat_cells(table, dimension_label(evidence, view.dimension, language), language)
    return [Exhibit("heat_map", language, title, notes, alt, chart, cells)]


def _heat_alt(table: pd.DataFrame, said: dict[str, str], language: Language) -> str:
    there = table[table["rate"].notna()]
    if there.empty:
        return say("heat_map.alt_empty", language, **said)
    ends: dict[str, Any] = {}
    for name, place in (("highest", there["rate"].argmax()), ("lowest", there["rate"].argmin())):
        row = there.iloc[int(place)]
        ends |= {name: share(float(row["rate"]), language)}
        ends |= {f"{name}_segment": row["segment"], f"{name}_period": row["period_label"]}
    return say("heat_map.alt", language, **said, **ends)


def _heat_cells(table: pd.DataFrame, dimension: str, language: Language) -> Cells:
    """A row for each segment and a column for each period, as the chart has them."""
    periods = list(dict.fromkeys(table.sort_values("period")["period_label"]))
    told = {(row["segment"], row["period_label"]): _heat_cell(row, language) for row in rows_of(table)}
    rows = [
        [str(segment), *(told.get((segment, period), NOTHING) for period in periods)]
        for segment in dict.fromkeys(table["segment"])
    ]
    columns = [("segment", dimension, "left"), *((str(period), str(period), "right") for period in periods)]
    return Cells(columns, rows)


def _heat_cell(row: dict[str, Any], language: Language) -> str:
    if row["hidden"]:
        return say("column.hidden", language)
    if not row["denominator"]:
        return NOTHING
    return ratio({f"{name}_then": row[name] for name in ("numerator", "denominator")}, "then", language)


def _unit(evidence: Evidence, language: Language) -> str:
    return say("trend.unit", language, metric=metric_name(evidence, language), basis=basis_name(evidence, language))
