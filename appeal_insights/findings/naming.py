"""How things are called and how tables of an inquiry read, in either language."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

import pandas as pd

from appeal_insights.findings.cells import NOTHING, count_of_cell, p_cell, points_cell, points_range_cell, ratio
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence, View
from appeal_insights.findings.judged import Driver, Split
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


def segment_names(evidence: Counted, segment: Mapping[str, str], language: Language) -> str:
    """A segment of any number of dimensions; of none it is everything that was looked at."""
    return (
        " · ".join(
            say("segment.named", language, dimension=dimension_label(evidence, name, language), value=value)
            for name, value in segment.items()
        )
        if segment
        else scope_name(evidence, language)
    )


def split_by(evidence: Evidence, dimension: str | None, language: Language) -> str:
    """What mix and rate were split by, inside a sentence."""
    if dimension is not None:
        return inline_label(evidence, dimension, language)
    assert evidence.search is not None
    return say("split.all", language, count=str(len(evidence.search.dimensions)))


def metric_name(evidence: Counted, language: Language) -> str:
    """What is counted, and whether it was counted anew so that both periods are alike."""
    name = evidence.metric.name["zh" if language == "zh-CN" else "en"]
    return say("comparable.recounted", language, metric=name) if getattr(evidence, "reckoned", ()) else name


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


def split_cells(evidence: Evidence, whole: Split, view: View, language: Language) -> Cells:
    """Mix and rate of one change: over all dimensions together where they were searched, then by each, main first."""
    assert evidence.change is not None
    change = points_cell(evidence.change.change, language)
    heads = [
        ("dimension", "left"),
        ("rate_effect", "right"),
        ("mix", "right"),
        ("change", "right"),
        ("with_whole", "right"),
    ]
    rows = [
        [
            dimension_label(evidence, part.dimension, language),
            points_cell(part.rate_effect, language),
            points_cell(part.mix_effect, language),
            change,
            count_of_cell(part.reversal.with_whole, len(part.parts), language),
        ]
        for part in sorted(evidence.views, key=lambda part: part.dimension != view.dimension)
    ]
    if whole.dimension is None:
        together = split_by(evidence, None, language)
        effects = [points_cell(effect, language) for effect in (whole.rate, whole.mix)]
        rows.insert(0, [together[:1].upper() + together[1:], *effects, change, NOTHING])
    return headed(heads, rows, language)


def driver_cells(evidence: Evidence, named: Sequence[Driver], language: Language, *, all_else: bool) -> Cells:
    """Segments that moved with what each brought; below them everything else and the whole, so that it adds up.

    all_else: of many segments, what is left of the change when theirs is taken away; of one, all other records.
    """
    heads = [
        ("segment", "left"),
        ("kind", "left"),
        ("before", "right"),
        ("after", "right"),
        ("contribution", "right"),
        ("contribution_interval", "right"),
        *([("p", "right")] if all(each.p is not None for each in named) else []),
    ]
    rows = [
        [
            segment_names(evidence, each.segment, language),
            say(f"cause.{each.kind}", language),
            ratio(each.counts, "before", language),
            ratio(each.counts, "after", language),
            points_cell(each.contribution, language),
            points_range_cell(each.low, each.high, language),
            *([p_cell(each.p)] if each.p is not None else []),
        ]
        for each in named
    ]
    if not all_else:
        [only] = named
        rest = {name: evidence.counts[name] - only.counts[name] for name in COUNTS}
        told = [say("segment.rest", language), NOTHING]
        told += [*(ratio(rest, side, language) for side in ("before", "after")), NOTHING, NOTHING]
        return headed(heads, [*rows, told + [NOTHING] * (len(heads) - len(told))], language)
    assert evidence.change is not None
    change = evidence.change
    left = change.change - sum(each.contribution for each in named)
    told = [say("segment.all_else", language), *[NOTHING] * 3, points_cell(left, language), NOTHING]
    whole = [
        scope_name(evidence, language),
        NOTHING,
        *(ratio(evidence.counts, side, language) for side in ("before", "after")),
        points_cell(change.change, language),
        points_range_cell(change.low, change.high, language),
    ]
    rows += [each + [NOTHING] * (len(heads) - len(each)) for each in (told, whole)]
    return headed(heads, rows, language)


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
