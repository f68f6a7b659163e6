"""A family of charts as a notebook shows it: when to use it, the picture, its table, and the lines that make it."""

from typing import Any

import pandas as pd

from appeal_insights.charts.gallery import Family, family
from appeal_insights.findings.cells import NOTHING, count_cell, share_cell
from appeal_insights.findings.shown import Cells, Code, Exhibit, Shown
from appeal_insights.language import Language, languages, say


def gallery(name: str, language: str = "en") -> Shown:
    """The example of a family of charts by the name of its builder, in each language wanted.

    Raises  BadParameter   there is no such family.
    """
    found = family(name)
    return Shown([part for each in languages(language) for part in _parts(found, each)])


def _parts(found: Family, language: Language) -> list[Exhibit | Code]:
    texts = found.texts(language)
    exhibit = Exhibit(
        found.name,
        language,
        texts["title"],
        [found.told("when", language)],
        texts["description"],
        found.chart(language),
        twin(found, language),
    )
    return [exhibit, Code(language, say("gallery.lines", language), found.code(language))]


def twin(found: Family, language: Language) -> Cells:
    """The table that says the same as the picture, by the names that the builder takes."""
    table = found.table(language)
    numbers = {name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])}
    heads = [(name, name, "right" if name in numbers else "left") for name in table.columns]
    written = [_written(table[name], language) for name in table.columns]
    return Cells(heads, [list(row) for row in zip(*written, strict=True)])


def _written(values: "pd.Series[Any]", language: Language) -> list[str]:
    """A column as it is read: days as such, whole numbers as counts, what lies within 1 as a share."""
    if pd.api.types.is_datetime64_dtype(values.dtype):
        return [NOTHING if pd.isna(value) else f"{value:%Y-%m-%d}" for value in values]
    if pd.api.types.is_bool_dtype(values.dtype):
        return [say("gallery.yes" if value else "gallery.no", language) for value in values]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        return [NOTHING if pd.isna(value) else str(value) for value in values]
    known = values.dropna()
    if (known % 1 == 0).all():
        return [NOTHING if pd.isna(value) else count_cell(int(value), language) for value in values]
    if known.abs().max() <= 1:
        return [NOTHING if pd.isna(value) else share_cell(float(value), language) for value in values]
    return [NOTHING if pd.isna(value) else f"{value:,.1f}" for value in values]
