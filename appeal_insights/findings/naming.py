"""How things are called and how tables of an inquiry read, in either language."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

import pandas as pd

from appeal_insights.findings.cells import points_cell, points_range_cell, ratio
from appeal_insights.findings.evidence import POOLED, Evidence, View
from appeal_insights.findings.shown import Cells
from appeal_insights.language import Language, points, points_range, say
from appeal_insights.metrics.metric import Metric
from appeal_insights.records.scope import Scope


class Counted(Protocol):
    """What was counted, of which records, and what puts one in its period."""

    @property
    def metric(self) -> Metric: ...
    @property
    def where(self) -> Scope: ...
    @property
    def basis(self) -> str: ...
    @property
    def by_figures(self) -> bool: ...


def dimension_label(evidence: Counted, dimension: str, language: Language) -> str:
    """A dimension's name as the reader knows it."""
    return evidence.metric.contract.columns[dimension].label["zh" if language == "zh-CN" else "en"]


def inline_label(evidence: Counted, dimension: str, language: Language) -> str:
    """The same inside a sentence."""
    name = dimension_label(evidence, dimension, language)
    return name[:1].lower() + name[1:] if language == "en" else name


def segment_value(segment: str, language: Language) -> str:
    """A segment's own name; small ones folded together are called so."""
    return say("segment.pooled", language) if segment == POOLED else segment


def segment_name(evidence: Evidence, dimension: str, segment: str, language: Language) -> str:
    return say(
        "segment.named",
        language,
        dimension=dimension_label(evidence, dimension, language),
        value=segment_value(segment, language),
    )


def metric_name(evidence: Counted, language: Language) -> str:
    return evidence.metric.name["zh" if language == "zh-CN" else "en"]


def basis_name(evidence: Counted, language: Language) -> str:
    """What puts a case in its period; figures are what their publisher made them."""
    return say("basis.published" if evidence.by_figures else f"basis.{evidence.basis}", language)


def change_points(evidence: Evidence, language: Language) -> str:
    assert evidence.change is not None
    return points(evidence.change.change, language)


def size(evidence: Evidence, language: Language) -> str:
    """The change with its interval, and what the interval holds."""
    change = evidence.change
    assert change is not None
    told = {"points": points(change.change, language), "range": points_range(change.low, change.high, language)}
    if not evidence.dispersion.known:
        return say("moved.size_counting", language, **told)
    return say("moved.size", language, dispersion=f"{evidence.dispersion.floor:.2f}", **told)


def scope_name(evidence: Counted, language: Language) -> str:
    if not evidence.where:
        return say("segment.everything", language)
    between = "、" if language == "zh-CN" else ", "
    joint = "；" if language == "zh-CN" else "; "
    return joint.join(
        say("segment.named", language, dimension=dimension_label(evidence, name, language), value=between.join(values))
        for name, values in evidence.where.items()
    )


def event_title(event: "pd.Series", language: Language) -> str:
    chinese = event["title_zh"]
    return str(chinese) if language == "zh-CN" and isinstance(chinese, str) and chinese else str(event["title_en"])


def headed(heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], language: Language) -> Cells:
    """A table to be read: the keys of its headings (words under column.) with how they are aligned, and its rows."""
    return Cells([(key, say(f"column.{key}", language), align) for key, align in heads], rows)


def whole_cells(evidence: Evidence, language: Language) -> Cells:
    """The whole in both periods, as a one-row table."""
    change = evidence.change
    assert change is not None
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("change", "right"),
        ("contribution_interval", "right"),
    ]
    row = [
        scope_name(evidence, language),
        ratio(evidence.counts, "before", language),
        ratio(evidence.counts, "after", language),
    ]
    row += [points_cell(change.change, language), points_range_cell(change.low, change.high, language)]
    return headed(heads, [row], language)


def part_cells(evidence: Evidence, view: View, language: Language, *, most: int | None = None) -> Cells:
    """The parts of a change by one dimension, the largest contribution first."""
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("mix", "right"),
        ("rate_effect", "right"),
        ("contribution", "right"),
        ("contribution_interval", "right"),
    ]
    parts = view.parts.reindex(view.parts["contribution"].abs().sort_values(ascending=False, kind="stable").index).head(
        most or len(view.parts)
    )
    rows = [
        [
            segment_value(str(row["segment"]), language),
            ratio(row, "before", language),
            ratio(row, "after", language),
            *(points_cell(row[name], language) for name in ("mix_effect", "rate_effect", "contribution")),
            points_range_cell(row["low"], row["high"], language),
        ]
        for row in rows_of(parts)
    ]
    return headed(heads, rows, language)


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, each by column name."""
    return cast(list[dict[str, Any]], table.to_dict("records"))
