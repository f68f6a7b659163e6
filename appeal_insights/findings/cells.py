"""Cells of a table: a number as its language writes it, together with the number itself."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from appeal_insights.findings.shown import Cell
from appeal_insights.language import (
    Language,
    count,
    day,
    points_number,
    say,
    share,
    share_range,
)

NOTHING = "–"  # where there is no number to show


def count_cell(number: int, language: Language) -> Cell:
    return Cell(count(number, language), "count", number)


def share_cell(value: float, language: Language) -> Cell:
    return Cell(share(value, language), "share", value)


def points_cell(value: float, language: Language) -> Cell:
    """A difference of two shares, its unit in the heading."""
    return Cell(points_number(value, language), "points", value)


def p_cell(value: float) -> Cell:
    return Cell("< 0.001" if value < 0.001 else f"{value:.3f}", "p", value)


def day_cell(value: date, language: Language) -> Cell:
    return Cell(day(value, language), "day", value.isoformat())


def share_range_cell(low: float, high: float, language: Language) -> Cell:
    return Cell(share_range(low, high, language), "share_range", low, high)


def points_range_cell(low: float, high: float, language: Language) -> str:
    if pd.isna(low) or pd.isna(high):
        return NOTHING
    told = say("unit.from_to", language, low=points_number(low, language), high=points_number(high, language))
    return Cell(told, "points_range", low, high)


def points_with_range_cell(value: float, low: float, high: float, language: Language) -> Cell:
    numbers = {"value": value, "low": low, "high": high}
    told = {hole: points_number(number, language) for hole, number in numbers.items()}
    return Cell(say("column.with_range", language, **told), "points_with_range", *numbers.values())


def count_of_cell(number: int, whole: int, language: Language) -> Cell:
    return Cell(say("column.of", language, count=str(number), all=str(whole)), "count_of", number, whole)


def rate_text(numerator: float, denominator: float, language: Language) -> str:
    return share(numerator / denominator, language) if denominator else NOTHING


def ratio(row: "Mapping[str, Any] | pd.Series", side: str, language: Language) -> Cell:
    """Rate, numerator and denominator of one side in one cell."""
    numerator, denominator = int(row[f"numerator_{side}"]), int(row[f"denominator_{side}"])
    told = say(
        "column.ratio",
        language,
        rate=rate_text(numerator, denominator, language),
        numerator=count(numerator, language),
        denominator=count(denominator, language),
    )
    return Cell(told, "ratio", numerator / denominator if denominator else None, numerator, denominator)
