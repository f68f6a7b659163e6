"""The parts of a change as exhibits: mix and rate by each dimension, and what each segment brought."""

import pandas as pd

from appeal_insights.charts.contributions import contributions as draw_contributions
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import count_of_cell, p_cell, points_cell, points_with_range_cell, ratio
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence
from appeal_insights.findings.judged import driver, main_view
from appeal_insights.findings.naming import (
    change_points,
    dimension_label,
    headed,
    inline_label,
    part_cells,
    rows_of,
    segment_name,
    segment_value,
)
from appeal_insights.findings.segment_charts import heat_map, slope
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
            points_cell(part.rate_effect, language),
            points_cell(part.mix_effect, language),
            points_cell(evidence.change.change, language),
            count_of_cell(part.reversal.with_whole, len(part.parts), language),
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
    found = [first, *slope(evidence, view, language), *heat_map(evidence, view, language)]
    return [*found, _contrasts(evidence, language)] if len(evidence.views) > 1 else found


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
            points_with_range_cell(row["change"], row["change_low"], row["change_high"], language),
            points_cell(row["contribution"], language),
            *([p_cell(row["p"])] if known else []),
        ]
        for row in rows_of(top)
    ]
    notes = (
        [say("segments.all_note", language, count=count(int(evidence.contrasts["eligible"].sum()), language))]
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
