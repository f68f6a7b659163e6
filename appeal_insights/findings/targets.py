"""What was promised of a rate, to be drawn, said and put into its table."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from appeal_insights.findings.cells import NOTHING
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.shown import Cell
from appeal_insights.language import Language, say, share

SAME = ["target", "target_direction", "target_owner"]  # what a stretch of periods has in common
MOST_DIGITS = 3  # of a percentage; a target of 99.95% is not 100%


def has_target(table: pd.DataFrame) -> bool:
    """Whether any period of a trend has a target."""
    return "target" in table and bool(table["target"].notna().any())


def stretches(table: pd.DataFrame) -> pd.DataFrame:
    """Periods on end that have one target: start, end (the day after the last), first, last (labels), and SAME.

    Takes   the trend of one line: period, ends_on, period_label, and SAME.
    """
    rows = table.sort_values("period", ignore_index=True)
    each = rows.groupby(SAME, dropna=False).ngroup()
    new = each != each.shift(1)
    there = rows["target"].notna()
    return (
        rows[there]
        .groupby(new.cumsum()[there])
        .agg(
            start=("period", "first"),
            end=("ends_on", "last"),
            first=("period_label", "first"),
            last=("period_label", "last"),
            **{name: (name, "first") for name in SAME},
        )
        .reset_index(drop=True)
    )


def drawn_targets(table: pd.DataFrame, language: Language) -> pd.DataFrame | None:
    """The targets of a trend of one line as its chart takes them; nothing where there are none."""
    if not has_target(table):
        return None
    found = stretches(table)
    labels = [say("target.label", language, target=_told(row, language)) for row in rows_of(found)]
    return pd.DataFrame({"start": found["start"], "end": found["end"], "value": found["target"], "label": labels})


def target_alt(table: pd.DataFrame, language: Language) -> str:
    """The targets as a sentence for who cannot see the chart; empty where there are none."""
    if not has_target(table):
        return ""
    told = say("target.then", language).join(_told(row, language) for row in rows_of(stretches(table)))
    return ("" if language == "zh-CN" else " ") + say("target.alt", language, targets=told)


def target_notes(table: pd.DataFrame, language: Language) -> list[str]:
    """The targets with who answers for them, one sentence each."""
    if not has_target(table):
        return []
    found = stretches(table)
    whole = len(found) == 1 and table["target"].notna().all()
    return [
        say(
            "target.note" if whole else "target.note_of",
            language,
            target=_told(row, language),
            owner=row["target_owner"],
            first=row["first"],
            last=row["last"],
        )
        for row in rows_of(found)
    ]


def target_cells(row: Mapping[str, Any], table: pd.DataFrame, language: Language) -> list[str]:
    """The cell of one period's target; no cell at all in a table without targets."""
    if not has_target(table):
        return []
    if pd.isna(row["target"]):
        return [NOTHING]
    return [Cell(_told(row, language), "share", row["target"])]


def _told(row: Mapping[str, Any], language: Language) -> str:
    value = float(row["target"])
    near = (digits for digits in range(1, MOST_DIGITS) if round(100 * value, digits) == round(100 * value, MOST_DIGITS))
    shown = share(value, language, digits=next(near, MOST_DIGITS))
    return say(f"target.{row['target_direction']}", language, value=shown)
