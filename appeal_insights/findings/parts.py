"""The parts of a change as exhibits: mix and rate by each dimension, and what each segment brought."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from appeal_insights.charts.contributions import contributions as draw_contributions
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence
from appeal_insights.findings.judged import driver, main_view
from appeal_insights.findings.naming import (
    change_points,
    dimension_label,
    headed,
    inline_label,
    part_cells,
    ratio,
    rows_of,
    segment_name,
    segment_value,
)
from appeal_insights.findings.sentences import driver_claim
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, count, points, points_number, say

MOST_BARS = 10  # of a contribution chart; the rest is put together
MOST_CONTRASTS = 6  # segments in the table of what stands out


def change(evidence: Evidence, language: Language) -> list[Exhibit]:
    """Mix and rate: every dimension's own split of the same change."""
    view = main_view(evidence)
    if view is None or evidence.change is None:
        return []
    title = say(
        "split.title",
        language,
        points=change_points(evidence, language),
        rate=points(view.rate_effect, language),
        mix=points(view.mix_effect, language),
        dimension=inline_label(evidence, view.dimension, language),
    )
    notes = [say("split.explained", language)]
    if len(evidence.views) > 1:
        notes.append(say("split.views", language, count=str(len(evidence.views))))
    notes += [
        say("split.reversal", language, dimension=inline_label(evidence, part.dimension, language))
        for part in evidence.views
        if part.reversed
    ]
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
            points_number(part.rate_effect, language),
            points_number(part.mix_effect, language),
            points_number(evidence.change.change, language),
            say("column.of", language, count=str(part.reversal.with_whole), all=str(len(part.parts))),
        ]
        for part in sorted(evidence.views, key=lambda part: part.dimension != view.dimension)
    ]
    return [
        Exhibit(
            "change",
            language,
            title,
            notes,
            cells=headed(heads, rows, language),
        )
    ]


def segments(evidence: Evidence, language: Language) -> list[Exhibit]:
    """What each segment brought by the dimension that tells most; then what stands out over all dimensions."""
    view = main_view(evidence)
    if view is None or evidence.change is None:
        return []
    named = driver(evidence)
    ranked = view.parts.reindex(view.parts["contribution"].abs().sort_values(ascending=False, kind="stable").index)
    drawn, folded = _few(ranked, language)
    largest = ranked.iloc[0]
    if named:
        title = say(
            "segments.title",
            language,
            segment=segment_name(evidence, named.dimension, named.segment, language),
            contribution=points_number(named.row["contribution"], language),
            points=change_points(evidence, language),
        )
    else:
        title = say(
            "segments.title_none",
            language,
            dimension=inline_label(evidence, view.dimension, language),
            points=change_points(evidence, language),
        )
    alt = say(
        "segments.alt",
        language,
        dimension=inline_label(evidence, view.dimension, language),
        points=change_points(evidence, language),
        segment=segment_value(str(largest["segment"]), language),
        contribution=points(largest["contribution"], language),
    )
    chart = draw_contributions(drawn, title=title, description=alt, language=language)
    notes = [driver_claim(evidence, named, language)] if named else []
    notes.append(say("segments.interval", language))
    pooled = int(view.parts.loc[view.parts["segment"] == POOLED, "pooled"].sum())
    if pooled:
        notes.append(say("segments.pooled", language, count=str(pooled), smallest=str(SMALLEST_SHOWN)))
    if folded:
        notes.append(say("segments.folded", language, count=str(folded)))
    first = Exhibit("segments", language, title, notes, alt, chart, part_cells(evidence, view, language))
    return [first, _contrasts(evidence, language)] if len(evidence.views) > 1 else [first]


def _few(ranked: pd.DataFrame, language: Language) -> tuple[pd.DataFrame, int]:
    """The largest contributions, and the others as one row; how many those are."""
    named = ranked.assign(segment=[segment_value(str(segment), language) for segment in ranked["segment"]])
    if len(named) <= MOST_BARS:
        return named, 0
    rest = named.iloc[MOST_BARS - 1 :]
    sums = rest[[*COUNTS, "mix_effect", "rate_effect", "contribution"]].sum()
    row = pd.DataFrame(
        [{**sums, "segment": say("segment.others", language), "low": float("nan"), "high": float("nan")}]
    )
    return pd.concat([named.iloc[: MOST_BARS - 1], row.astype(dict.fromkeys(COUNTS, "int64"))], ignore_index=True), len(
        rest
    )


def _contrasts(evidence: Evidence, language: Language) -> Exhibit:
    found = evidence.contrasts[evidence.contrasts["eligible"] & (evidence.contrasts["segment"] != POOLED)]
    top = found.reindex(found["excess"].abs().sort_values(ascending=False, kind="stable").index).head(MOST_CONTRASTS)
    known = evidence.dispersion.known
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("change_interval", "right"),
        ("contribution", "right"),
        *([("p", "right")] if known else []),
    ]
    rows = [
        [
            segment_name(evidence, row["dimension"], str(row["segment"]), language),
            ratio(row, "before", language),
            ratio(row, "after", language),
            _with_range(row, language),
            points_number(row["contribution"], language),
            *([_p(row["p"])] if known else []),
        ]
        for row in rows_of(top)
    ]
    notes = (
        [say("segments.all_note", language, count=count(len(found), language))]
        if known
        else [say("moved.counting", language)]
    )
    return Exhibit(
        "stand_out",
        language,
        say("segments.all_title", language),
        notes,
        cells=headed(heads, rows, language),
    )


def _with_range(row: Mapping[str, Any], language: Language) -> str:
    names = {"value": "change", "low": "change_low", "high": "change_high"}
    return say(
        "column.with_range", language, **{hole: points_number(row[name], language) for hole, name in names.items()}
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
