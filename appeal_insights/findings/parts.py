"""The parts of a change as exhibits: mix and rate by each dimension, and what each segment brought."""

import pandas as pd

from appeal_insights.charts.contributions import contributions as draw_contributions
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cause_exhibit import causes
from appeal_insights.findings.cells import points_cell, points_with_range_cell, ratio
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence
from appeal_insights.findings.judged import Split, driver, main_view, split
from appeal_insights.findings.naming import (
    change_points,
    headed,
    inline_label,
    part_cells,
    rows_of,
    segment_name,
    segment_names,
    segment_value,
    split_by,
    split_cells,
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
    whole = split(evidence) or Split(view.rate_effect, view.mix_effect, view.dimension)
    title = say(
        "split.title",
        language,
        points=change_points(evidence, language),
        rate=points(whole.rate, language),
        mix=points(whole.mix, language),
        dimension=split_by(evidence, whole.dimension, language),
    )
    notes = [say("split.explained", language)]
    if whole.dimension is None:
        notes.append(say("split.all_explained", language))
    if len(evidence.views) > 1:
        notes.append(say("split.views", language, count=str(len(evidence.views))))
    notes += [
        say("split.reversal", language, dimension=inline_label(evidence, part.dimension, language))
        for part in evidence.views
        if part.reversed
    ]
    return [Exhibit("change", language, title, notes, cells=split_cells(evidence, whole, view, language))]


def segments(evidence: Evidence, language: Language) -> list[Exhibit]:
    """What each segment brought by the dimension that tells most; then what stands out over all dimensions."""
    view = main_view(evidence)
    if view is None or evidence.change is None:
        return []
    named = driver(evidence)
    ranked = view.parts.reindex(view.parts["contribution"].abs().sort_values(ascending=False, kind="stable").index)
    drawn, folded = _few(ranked, language)
    largest = ranked.iloc[0]
    told = {"dimension": inline_label(evidence, view.dimension, language), "points": change_points(evidence, language)}
    if evidence.search is not None:
        title = say("segments.title_by", language, **told)
    elif named:
        brought = points_number(named.contribution, language)
        segment = segment_names(evidence, named.segment, language)
        title = say("segments.title", language, segment=segment, contribution=brought, points=told["points"])
    else:
        title = say("segments.title_none", language, **told)
    alt = say(
        "segments.alt",
        language,
        dimension=inline_label(evidence, view.dimension, language),
        points=change_points(evidence, language),
        segment=segment_value(str(largest["segment"]), language),
        contribution=points(largest["contribution"], language),
    )
    chart = draw_contributions(drawn, title=title, description=alt, language=language)
    notes = [driver_claim(evidence, named, language)] if named and not named.stands_out else []
    if evidence.search is not None:
        notes.append(say("segments.by_itself", language, **told))
    notes.append(say("segments.interval", language))
    pooled = int(view.parts.loc[view.parts["segment"] == POOLED, "pooled"].sum())
    if pooled:
        notes.append(say("segments.pooled", language, count=str(pooled), smallest=str(SMALLEST_SHOWN)))
    if folded:
        notes.append(say("segments.folded", language, count=str(folded)))
    first = Exhibit("segments", language, title, notes, alt, chart, part_cells(evidence, view, language))
    found = [*causes(evidence, language), first, *slope(evidence, view, language), *heat_map(evidence, view, language)]
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
    heads = [
        ("segment", "left"),
        ("before", "right"),
        ("after", "right"),
        ("change_interval", "right"),
        ("contribution", "right"),
    ]
    rows = [
        [
            segment_name(evidence, row["dimension"], str(row["segment"]), language),
            ratio(row, "before", language),
            ratio(row, "after", language),
            points_with_range_cell(row["change"], row["change_low"], row["change_high"], language),
            points_cell(row["contribution"], language),
        ]
        for row in rows_of(top)
    ]
    notes = [say("segments.all_note", language, count=count(int(evidence.contrasts["eligible"].sum()), language))]
    if not evidence.dispersion.known:
        notes.append(say("moved.counting", language))
    return Exhibit(
        "stand_out",
        language,
        say("segments.all_title", language),
        notes,
        cells=headed(heads, rows, language),
    )
