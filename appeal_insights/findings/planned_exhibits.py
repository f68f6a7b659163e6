"""Accuracy asked by hand as exhibits: the estimates, persons and sites, and the plan of audits."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from appeal_insights.charts.ranges import MOST_ROWS, ranges
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING, count_cell, points_cell, share_cell, share_range_cell
from appeal_insights.findings.naming import headed, inline_label, rows_of, scope_name
from appeal_insights.findings.planned_counted import RANDOM, Planned
from appeal_insights.findings.quality_cells import unit_cells
from appeal_insights.findings.quality_charts import funnel
from appeal_insights.findings.quality_gather import COMPARED
from appeal_insights.findings.shown import Cell, Cells, Exhibit
from appeal_insights.language import Language, count, day, instant, points_size, say, share


def estimates(planned: Planned, language: Language) -> list[Exhibit]:
    """How accurate the whole and each segment is, how sure, and which change would be seen."""
    heading = say(
        "planned.heading",
        language,
        scope=scope_name(planned, language),
        span=planned.span.label,
        as_of=instant(planned.as_of, language),
    )
    if not planned.enough:
        too_few = say("planned.too_few", language, smallest=str(SMALLEST_SHOWN))
        return [Exhibit("estimates", language, heading, [too_few])]
    shown = planned.open_rows(planned.segments)
    rows = [(scope_name(planned, language), planned.whole), *((str(row["segment"]), row) for row in rows_of(shown))]
    drawn = _drawn(rows)
    title, notes = _title(planned, language), _notes(planned, len(shown), len(drawn), language)
    lowest, highest = (share(of, language) for of in (drawn["rate"].min(), drawn["rate"].max()))
    alt = say("planned.alt", language, title=title, count=str(len(drawn)), lowest=lowest, highest=highest)
    unit = say("planned.unit", language)
    chart = ranges(drawn, title=title, unit=unit, description=alt, language=language)
    return [Exhibit("estimates", language, heading, notes, alt, chart, _cells(rows, language))]


def _title(planned: Planned, language: Language) -> str:
    if not planned.by:
        return say("planned.title", language, span=planned.span.label)
    names = [inline_label(planned, name, language) for name in planned.by]
    dimension = say("planned.joint", language).join(names)
    return say("planned.title_by", language, span=planned.span.label, dimension=dimension)


def _notes(planned: Planned, shown: int, drawn: int, language: Language) -> list[str]:
    whole = planned.whole
    rates = {"rate": "accuracy", "low": "low", "high": "high"}
    told = {name: share(float(whole[of]), language) for name, of in rates.items()}
    told |= {name: count(int(whole[name]), language) for name in ("correct", "audited")}
    notes = [say("planned.whole", language, **told)]
    if pd.isna(whole["findable"]):
        notes.append(say("planned.nothing_findable", language))
    else:
        notes.append(say("planned.findable", language, points=points_size(float(whole["findable"]), language)))
    notes.append(say("planned.weighted" if planned.by_strata else "estimates.no_strata", language))
    if hidden := len(planned.segments) - shown:
        notes.append(say("planned.hidden", language, count=str(hidden), smallest=str(SMALLEST_SHOWN)))
    if drawn - 1 < shown:
        notes.append(say("planned.drawn", language, count=str(drawn - 1)))
    return notes


def _drawn(rows: list[tuple[str, Mapping[str, Any]]]) -> pd.DataFrame:
    """What fits into a picture: the whole, then the segments with most audits; each name once."""
    told = [
        {"segment": name, "rate": row["accuracy"], "numerator": row["correct"], "denominator": row["audited"]}
        | {side: row[side] for side in ("low", "high")}
        for name, row in rows
    ]
    table = pd.DataFrame(told).drop_duplicates("segment")
    return table[table["rate"].notna()].head(MOST_ROWS).reset_index(drop=True)


def _cells(rows: list[tuple[str, Mapping[str, Any]]], language: Language) -> Cells:
    heads = [("series", "left"), ("accuracy", "right"), ("interval", "right"), ("audits", "right"),
             ("unweighted", "right"), ("effective", "right"), ("findable", "right")]  # fmt: skip
    return headed(heads, [_row(name, row, language) for name, row in rows], language)


def _row(name: str, row: Mapping[str, Any], language: Language) -> list[str]:
    known, (right, audited) = not pd.isna(row["accuracy"]), (int(row["correct"]), int(row["audited"]))
    counts = f"{count(right, language)} / {count(audited, language)}"
    return [
        name,
        share_cell(float(row["accuracy"]), language) if known else NOTHING,
        share_range_cell(float(row["low"]), float(row["high"]), language) if known else NOTHING,
        Cell(counts, "ratio", right / audited if audited else None, right, audited),
        share_cell(float(row["unweighted"]), language) if known else NOTHING,
        count_cell(round(float(row["effective_n"])), language),
        NOTHING if pd.isna(row["findable"]) else points_cell(float(row["findable"]), language),
    ]


def plan(planned: Planned, language: Language) -> list[Exhibit]:
    """How many audits of each stratum would show such a fall, and what they cost."""
    title = say("planned.plan_title", language, points=points_size(planned.change, language))
    if not planned.enough:
        too_few = say("planned.too_few", language, smallest=str(SMALLEST_SHOWN))
        return [Exhibit("plan", language, title, [too_few])]
    rows = planned.plan
    told = {"total": count(int(rows["audits"].sum()), language), "costs": f"{rows['costs'].sum():,.10g}"}
    had = count(int(planned.whole["audited"]), language)
    notes = [say("planned.plan_note", language, span=planned.span.label, had=had, **told)]
    notes.append(say("planned.plan_strata" if planned.by_strata else "planned.plan_random", language))
    short = rows[rows["audits"] >= rows["population"]]
    if planned.by_strata and len(short):
        names = say("planned.joint", language).join(_stratum(of, language) for of in short["stratum"])
        notes.append(say("planned.plan_short", language, names=names))
    heads = [("stratum", "left"), ("cases", "right"), ("accuracy", "right"), ("cost_of_one", "right"),
             ("audits_needed", "right"), ("costs_in_all", "right")]  # fmt: skip
    cells = [
        [
            _stratum(row["stratum"], language),
            count_cell(int(row["population"]), language) if planned.by_strata else NOTHING,
            share_cell(float(row["accuracy"]), language),
            f"{row['cost']:,.6g}",
            count_cell(int(row["audits"]), language),
            f"{row['costs']:,.10g}",
        ]
        for row in rows_of(rows)
    ]
    return [Exhibit("plan", language, title, notes, cells=headed(heads, cells, language))]


def _stratum(name: object, language: Language) -> str:
    return say("planned.random", language) if name == RANDOM else str(name)


def funnels(planned: Planned, language: Language) -> list[Exhibit]:
    """Reviewers, sites and auditors against each other, cases alike; persons for an analyst only, by pseudonym."""
    if not planned.units:
        return [Exhibit("funnel", language, notes=[say("planned.nobody", language)])]
    return [_funnel(planned, who, table, language) for who, table in planned.units.items()]


def _funnel(planned: Planned, who: str, table: pd.DataFrame, language: Language) -> Exhibit:
    told = {"out": str(int(table["stands_out"].sum())), "count": str(int(table["rate"].notna().sum()))}
    span = say("planned.units_days", language, days=str(COMPARED), last=day(planned.span.last_day, language))
    if who != "sites" and planned.audience != "analyst":
        persons = say(f"funnel_of.who_{who}", language)
        aggregated = say("funnel_of.aggregated", language, who=persons, **told)
        return Exhibit(f"funnel_{who}", language, notes=[aggregated, span])
    title = say(f"funnel_of.{who}", language, **told)
    shown = planned.open_rows(table)
    alt, chart = funnel(shown, who, title, language)
    notes = [say("funnel_of.note", language), span]
    return Exhibit(f"funnel_{who}", language, title, notes, alt, chart, unit_cells(shown, language))
