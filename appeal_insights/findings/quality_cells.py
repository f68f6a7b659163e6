"""The tables of a review of accuracy, ready to be read."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from appeal_insights.findings.cells import (
    NOTHING,
    count_cell,
    points_cell,
    points_with_range_cell,
    share_cell,
    share_range_cell,
)
from appeal_insights.findings.naming import event_title, headed, rows_of, scope_name
from appeal_insights.findings.quality_held import Item, Quality
from appeal_insights.findings.shown import Cell, Cells
from appeal_insights.language import Language, count, say, share


def _counted(right: int, audited: int, language: Language) -> Cell:
    """Right of audited, as `ratio` has them."""
    rate = right / audited if audited else None
    told = f"{count(right, language)} / {count(audited, language)}"
    return Cell(told, "ratio", rate, right, audited)


def _before(quality: Quality) -> float | None:
    return float(quality.before["accuracy"]) if quality.before else None


def whole_cells(quality: Quality, language: Language) -> Cells:
    """The accuracy of the newest weeks, over everything."""
    return _rates(quality, [(scope_name(quality, language), quality.now, _before(quality))], language)


def estimate_cells(quality: Quality, language: Language) -> Cells:
    """The accuracy of each series in the newest weeks; one of few audits is left out."""
    rows = [(str(row["segment"]), row, row["accuracy_before"]) for row in rows_of(quality.open_rows(quality.estimates))]
    whole = (scope_name(quality, language), quality.now, _before(quality))
    return _rates(quality, [whole, *rows], language)


def _rates(quality: Quality, rows: Sequence[tuple[str, Mapping[str, Any], float | None]], language: Language) -> Cells:
    heads = [("series", "left"), ("accuracy", "right"), ("interval", "right"), ("earlier", "right"),
             ("audits", "right"), ("unweighted", "right"), ("effective", "right"), ("findable", "right")]  # fmt: skip
    corrected = any("corrected" in row and not pd.isna(row["corrected"]) for _, row, _ in rows)
    if corrected:
        heads.insert(4, ("corrected", "right"))
    told = []
    for name, row, before in rows:
        known = not pd.isna(row["accuracy"])
        between = [_corrected(row, language)] if corrected else []
        told.append(
            [
                name,
                share_cell(float(row["accuracy"]), language) if known else NOTHING,
                share_range_cell(float(row["low"]), float(row["high"]), language) if known else NOTHING,
                NOTHING if before is None or pd.isna(before) else share_cell(float(before), language),
                *between,
                _counted(int(row["correct"]), int(row["audited"]), language),
                share_cell(float(row["unweighted"]), language) if known else NOTHING,
                count_cell(round(float(row["effective_n"])), language),
                NOTHING if pd.isna(row["findable"]) else points_cell(float(row["findable"]), language),
            ]
        )
    return headed(heads, told, language)


def _corrected(row: Mapping[str, Any], language: Language) -> str:
    """The rate corrected for what auditors get wrong, with its interval."""
    if "corrected" not in row or pd.isna(row["corrected"]):
        return NOTHING
    value, low, high = (share(float(row[name]), language) for name in ("corrected", "corrected_low", "corrected_high"))
    return say("column.with_range", language, value=value, low=low, high=high)


def alarm_cells(quality: Quality, items: Sequence[Item], language: Language) -> Cells:
    """Every alarm of these items, with its date, size and cause."""
    heads = [("series", "left"), ("alarm_day", "left"), ("change_day", "left"), ("moved_by", "right"),
             ("put_down_to", "left"), ("event", "left"), ("state", "left")]  # fmt: skip
    rows = []
    titles = {str(event["event_id"]): event_title(event, language) for _, event in quality.events.iterrows()}
    for item in items:
        for row in rows_of(item.alarms):
            gold = str(row["series"]) not in quality.labels
            noticed, change, low, high = (
                f"{row[name]:%Y-%m-%d}" for name in ("alarm_day", "change_date", "low", "high")
            )
            since = say("column.with_range", language, value=change, low=low, high=high)
            rows.append(
                [
                    say("alarm.gold", language, series=row["series"]) if gold else str(row["series"]),
                    Cell(noticed, "day", noticed),  # the short form: dates as words would break every row
                    since,
                    points_with_range_cell(row["size"], row["size_low"], row["size_high"], language),
                    say(f"cause_of_alarm.{row['cause']}", language),
                    titles.get(str(row["event"]), NOTHING),
                    say("alarm.new" if item.new else "alarm.known", language),
                ]
            )
    return headed(heads, rows, language)


def refused_cells(quality: Quality, language: Language) -> Cells:
    """The series that are too thin to be watched, and what they would need."""
    heads = [("series", "left"), ("had", "right"), ("needs", "right"), ("findable", "right")]
    rows = [
        [
            str(row["series"]),
            count_cell(int(row["audits"]), language),
            count_cell(int(row["needs"]), language),
            NOTHING if pd.isna(row["findable"]) else points_cell(float(row["findable"]), language),
        ]
        for row in rows_of(quality.drift.refused)
    ]
    return headed(heads, rows, language)


def split_cells(item: Item, language: Language) -> Cells:
    """Mix, work and auditors of one change."""
    split = item.split
    assert split is not None
    heads = [("series", "left"), ("before", "right"), ("after", "right"), ("mix", "right"), ("work", "right"),
             ("auditors", "right"), ("change", "right")]  # fmt: skip
    rates = [share_cell(split.before, language), share_cell(split.after, language)]
    parts = [points_cell(part, language) for part in (split.mix, split.work, split.auditors, split.change)]
    return headed(heads, [[str(item.first["series"]), *rates, *parts]], language)


def share_cells(table: pd.DataFrame, key: str, name: str, language: Language) -> Cells:
    """Shares of all audits by kind: `key` names the words of a kind, `name` the heading."""
    heads = [(name, "left"), ("count", "right"), ("rate", "right")]
    rows = [
        [
            say(f"{key}.{row[key]}", language),
            count_cell(int(row["numerator"]), language),
            share_cell(row["numerator"] / row["denominator"], language) if row["denominator"] else NOTHING,
        ]
        for row in rows_of(table)
    ]
    return headed(heads, rows, language)


def unit_cells(units: pd.DataFrame, language: Language) -> Cells:
    """Reviewers, auditors or sites with their limits, those who stand out first."""
    heads = [
        ("unit_name", "left"),
        ("cases_alike", "right"),
        ("limits", "right"),
        ("audits", "right"),
        ("stands_out", "left"),
    ]
    ordered = units.sort_values(["stands_out", "p"], ascending=[False, True], kind="stable")
    rows = [
        [
            str(row["unit"]),
            share_cell(row["rate"], language),
            share_range_cell(row["low"], row["high"], language),
            _counted(int(row["right"]), int(row["audited"]), language),
            say("column.yes" if row["stands_out"] else "column.no", language),
        ]
        for row in rows_of(ordered)
        if not pd.isna(row["rate"])
    ]
    return headed(heads, rows, language)


def plan_cells(plan: pd.DataFrame, language: Language) -> Cells:
    """How many audits of each stratum would show a change."""
    heads = [("stratum", "left"), ("cases", "right"), ("accuracy", "right"), ("audits_needed", "right")]
    rows = [
        [
            str(row["stratum"]),
            count_cell(int(row["population"]), language),
            share_cell(row["accuracy"], language),
            count_cell(int(row["audits"]), language),
        ]
        for row in rows_of(plan)
    ]
    return headed(heads, rows, language)


def scorecard_cells(quality: Quality, language: Language) -> Cells:
    """Every measure of every site, with its threshold where one was promised."""
    heads = [("measure", "left"), ("site", "left"), ("counted", "right"), ("rate", "right"), ("expected", "right"),
             ("adjusted", "right"), ("target", "right"), ("met", "left"), ("shared", "right")]  # fmt: skip
    rows = []
    for row in rows_of(quality.scorecard):
        rows.append(
            [
                _measure(row, language),
                str(row["unit"]),
                _counted(int(row["numerator"]), int(row["denominator"]), language)
                if row["measure"] != "productivity"
                else count_cell(int(row["denominator"]), language),
                *[_value(row, name, language) for name in ("rate", "expected")],
                _ranged(row, language),
                NOTHING if pd.isna(row["threshold"]) else share(row["threshold"], language),
                say(f"scorecard.{row['met']}", language) if isinstance(row["met"], str) else NOTHING,
                NOTHING if pd.isna(row["shared"]) else share_cell(row["shared"], language),
            ]
        )
    return headed(heads, rows, language)


def _measure(row: dict[str, object], language: Language) -> str:
    measure = str(row["measure"])
    if measure.startswith("error:"):
        kind = say(f"error_type.{measure.removeprefix('error:')}", language)
        return say("scorecard.errors", language, type=kind)
    return say(f"scorecard.{measure}", language)


def _value(row: dict[str, object], name: str, language: Language) -> str:
    value = row[name]
    if pd.isna(value):  # type: ignore[call-overload]
        return NOTHING
    return f"{value:.1f}" if row["measure"] == "productivity" else share_cell(float(value), language)  # type: ignore[arg-type]


def _ranged(row: dict[str, object], language: Language) -> str:
    value = _value(row, "adjusted", language)
    if value == NOTHING or pd.isna(row["low"]):  # type: ignore[call-overload]
        return value
    low, high = (_value(row, name, language) for name in ("low", "high"))
    return say("column.with_range", language, value=value, low=low, high=high)
