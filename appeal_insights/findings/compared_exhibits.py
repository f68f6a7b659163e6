"""A comparison as exhibits: both rates, what mix and rates brought, which segments stand out, and which do not."""

from dataclasses import replace
from typing import Any

import pandas as pd

from appeal_insights.analysis.intervals import rate_with_interval
from appeal_insights.charts.waterfall import waterfall
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import cause_exhibit, comparison, sentences
from appeal_insights.findings.cause_pictures import way
from appeal_insights.findings.cells import (
    NOTHING,
    count_cell,
    points_cell,
    points_with_range_cell,
    ratio,
    share_cell,
    share_range_cell,
)
from appeal_insights.findings.compared_names import Seen, crumbs, group_name, headed_by, side_names, spoken
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence
from appeal_insights.findings.judged import Driver, drivers, grade_of_move, moved
from appeal_insights.findings.naming import (
    basis_name,
    change_points,
    event_title,
    headed,
    inline_label,
    metric_name,
    part_cells,
    rows_of,
    scope_name,
    segment_names,
    segment_value,
    size,
)
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.language import Language, count, day, instant, points, points_number, points_size, say, share
from appeal_insights.records.scope import read_scope

__all__ = ["cause_steps", "causes", "crumbs", "named", "noise", "parts", "ranked", "steps", "summary"]
MOST_STEPS = 8  # segments with a step of their own; the rest is one
SIDES = ("before", "after")


def named(evidence: Evidence) -> list[Driver]:
    """The causes that are named, but for everything alike."""
    return [each for each in drivers(evidence) if each.segment] if evidence.search else []


def summary(seen: Seen, language: Language) -> list[Exhibit]:
    """Both rates with interval and counts, the difference, how sure, and what to be careful with."""
    evidence = seen.evidence
    title = _heading(seen, language)
    if evidence.change is None:
        first = [comparison.claim(evidence, language)] if evidence.redefined else []
        notes = first or [say("compare.too_few", language, smallest=str(SMALLEST_SHOWN))]
        return [Exhibit("compare", language, title, notes)]
    notes = [comparison.claim(evidence, language)] if evidence.redefined else []
    notes.append(claim(seen, language))
    grade = say(f"grade_in_short.{grade_of_move(evidence)}", language)
    notes.append(say("summary.how_sure", language, size=size(evidence, language), grade=grade))
    notes += [*_careful(seen, language), *_around(seen, language)]
    return [Exhibit("compare", language, title, notes, cells=_side_cells(seen, language))]


def claim(seen: Seen, language: Language) -> str:
    """How far the sides are apart, with numerators and denominators."""
    evidence = seen.evidence
    if not seen.sides.apart:
        return sentences.claim(evidence, language)
    change = evidence.change
    assert change is not None
    other, one = side_names(seen, language)
    key = {"rose": "higher", "fell": "lower", "still": "alike"}[moved(evidence)]
    return say(
        f"compare.{key}", language, metric=metric_name(evidence, language), one=one, other=other,
        size=points_size(change.change, language), points=change_points(evidence, language),
        period=evidence.after.label, rate_one=share(change.rate_after, language),
        rate_other=share(change.rate_before, language),
        **{name: count(evidence.counts[name], language) for name in COUNTS},
    )  # fmt: skip


def _heading(seen: Seen, language: Language) -> str:
    before, after = side_names(seen, language)
    evidence = seen.evidence
    told = {"metric": metric_name(evidence, language), "scope": scope_name(evidence, language)}
    spans = f" · {evidence.after.label}" if seen.sides.apart else ""
    return say(
        "compare.heading", language, one=after, other=before, spans=spans, as_of=instant(evidence.as_of, language),
        **told,
    )  # fmt: skip


def _careful(seen: Seen, language: Language) -> list[str]:
    """What weakens the comparison: a side of one record or a few, days that are missing, weekdays that differ."""
    evidence, names = seen.evidence, side_names(seen, language)
    sizes = [evidence.counts[f"denominator_{side}"] for side in SIDES]
    found = [
        say("compare.one_record", language, side=name)
        for name, records in zip(names, sizes, strict=True)
        if records == 1
    ]
    found += [
        say("compare.few_records", language, side=name, count=count(records, language))
        for name, records in zip(names, sizes, strict=True)
        if 1 < records < SMALLEST_SHOWN
    ]
    if not evidence.checks["whole_weeks"]:
        found.append(say("limits.part_weeks", language))
    unfinished = dict.fromkeys(part.label for part in seen.sides.periods if part.end > evidence.as_of.date())
    return [*found, *(say("limits.incomplete", language, period=label) for label in unfinished)]


def _around(seen: Seen, language: Language) -> list[str]:
    """Which event the periods lie around, and what it is said to touch."""
    event = seen.sides.event
    if event is None:
        return []
    reach = event["scope"] if isinstance(event["scope"], str) and event["scope"] else ""
    known = {name: of for name, of in read_scope(reach).items() if name in seen.evidence.metric.contract.columns}
    touched = group_name(seen.evidence, known, language) if known else say("segment.anywhere", language)
    told = {"event": event_title(event, language), "day": day(pd.Timestamp(event["starts_on"]).date(), language)}
    return [say("compare.around", language, touched=touched, **told)]


def _side_cells(seen: Seen, language: Language) -> Cells:
    evidence = seen.evidence
    change = evidence.change
    assert change is not None
    rows: list[list[str]] = [
        [
            name,
            share_cell(row["rate"], language),
            share_range_cell(row["low"], row["high"], language),
            count_cell(row["numerator"], language),
            count_cell(row["denominator"], language),
        ]
        for name, row in zip(side_names(seen, language), rows_of(_ends(evidence)), strict=True)
    ]
    apart = points_with_range_cell(change.change, change.low, change.high, language)
    rows.append([say("compare.difference", language), apart, NOTHING, NOTHING, NOTHING])
    heads = [(name, "right") for name in ("rate", "interval", "numerator", "denominator")]
    cells = headed(heads, rows, language)
    return Cells([("side", say("compare.side", language), "left"), *cells.columns], rows)


def _ends(evidence: Evidence) -> pd.DataFrame:
    counts = {name: [evidence.counts[f"{name}_{side}"] for side in SIDES] for name in ("numerator", "denominator")}
    return rate_with_interval(pd.DataFrame(counts), evidence.dispersion)


def ranked(seen: Seen) -> pd.DataFrame:
    """The parts by the dimension, the largest contribution first; no row where nothing is shown."""
    if not seen.evidence.views:
        return pd.DataFrame({"segment": []})
    table = seen.evidence.views[0].parts
    order = table["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return table.reindex(order).reset_index(drop=True)


def steps(seen: Seen) -> pd.DataFrame:
    """The way from one side to the other by the dimension: the mix, then what the rate of each segment brought.

    Gives   segment (empty for a step that is no single one), kind, from, to (shares), in the order of the chart. The
            last step ends where the other side stands.
    """
    evidence, change = seen.evidence, seen.evidence.change
    assert change is not None
    table = evidence.views[0].parts
    order = table["rate_effect"].abs().sort_values(ascending=False, kind="stable").index
    largest, rest = table.loc[order[:MOST_STEPS]], table.loc[order[MOST_STEPS:]]
    brought = [("", "mix", float(table["mix_effect"].sum()))]
    brought += [
        (str(name), "rate", float(effect))
        for name, effect in zip(largest["segment"], largest["rate_effect"], strict=True)
    ]
    brought += [("", "rest", float(rest["rate_effect"].sum()))] if len(rest) else []
    rows: list[dict[str, Any]] = [
        {"segment": "", "kind": "start", "from": change.rate_before, "to": change.rate_before}
    ]
    for segment, kind, effect in brought:
        rows.append({"segment": segment, "kind": kind, "from": rows[-1]["to"], "to": rows[-1]["to"] + effect})
    rows.append({"segment": "", "kind": "end", "from": change.rate_after, "to": change.rate_after})
    return pd.DataFrame(rows)


def cause_steps(seen: Seen) -> list[dict[str, str]]:
    """The segment of each row of the chart of causes; empty for a row that is none."""
    found = sorted(drivers(seen.searched), key=lambda each: each.kind != "mix") if seen.searched.search else []
    return [{}, *(dict(each.segment) for each in found), {}, {}]


def parts(seen: Seen, language: Language) -> list[Exhibit]:
    """The mix of one dimension and the rates of its segments, as steps from one side to the other."""
    evidence = seen.evidence
    if evidence.change is None or not evidence.views:
        return []
    view = evidence.views[0]
    dimension = inline_label(evidence, view.dimension, language)
    effects = {"rate": points(view.rate_effect, language), "mix": points(view.mix_effect, language)}
    told = {"points": change_points(evidence, language), "dimension": dimension, **effects}
    title = say("split.title", language, **told)
    before, after = side_names(seen, language)
    alt = say("compare.parts_alt", language, one=after, other=before, **told)
    notes = [say("compare.parts_explained", language, dimension=dimension)]
    if view.reversed:
        notes.append(say("split.reversal", language, dimension=dimension))
    if pooled := int(view.parts.loc[view.parts["segment"] == POOLED, "pooled"].sum()):
        notes.append(say("segments.pooled", language, count=str(pooled), smallest=str(SMALLEST_SHOWN)))
    cells = headed_by(part_cells(evidence, view, language), (before, after))
    return [Exhibit("compare_parts", language, title, notes, alt, _way(seen, title, alt, language), cells)]


def _way(seen: Seen, title: str, alt: str, language: Language) -> Any:
    evidence = seen.evidence
    metric, table, ends = metric_name(evidence, language), steps(seen), _ends(evidence)
    dimension = inline_label(evidence, evidence.views[0].dimension, language)
    own = {"mix": say("compare.mix_of", language, dimension=dimension), "rest": say("segment.others", language)}
    own |= {kind: f"{metric} · {name}" for kind, name in zip(("start", "end"), side_names(seen, language), strict=True)}
    labels = [
        own[kind] if kind in own else segment_value(segment, language)
        for segment, kind in zip(table["segment"], table["kind"], strict=True)
    ]
    nothing = [float("nan")] * (len(table) - 2)
    bounds = {name: [ends[name].iloc[0], *nothing, ends[name].iloc[1]] for name in ("low", "high")}
    unit = say("trend.unit", language, metric=metric, basis=basis_name(evidence, language))
    return waterfall(table.assign(label=labels, **bounds), title=title, unit=unit, description=alt, language=language)


def causes(seen: Seen, language: Language) -> list[Exhibit]:
    """The causes found in all dimensions together; of groups, what sets them apart."""
    evidence = seen.searched
    if evidence.change is None:
        return []
    if evidence.search is None:
        key = "compare.noise_unknown" if evidence.views else "compare.none_shown"
        return [Exhibit("compare_causes", language, notes=[say(key, language)])]
    found = cause_exhibit.causes(spoken(seen, evidence, language), language)
    names = side_names(seen, language)
    if not seen.sides.apart:
        return [replace(part, cells=headed_by(part.cells, names)) for part in found]
    first, found_causes = found[0], drivers(evidence)
    if not found_causes:
        return [replace(first, title=say("compare.causes_none", language))]
    notes = [_apart_claim(evidence, each, names, language) for each in found_causes]
    alt = say("compare.causes_alt", language, one=names[1], other=names[0], points=change_points(evidence, language))
    chart = way(spoken(seen, evidence, language), found_causes, title=first.title, alt=alt, language=language)
    told = replace(first, notes=[*notes, *first.notes[len(notes) :]], alt=alt, chart=chart)
    return [replace(part, cells=headed_by(part.cells, names)) for part in (told, *found[1:])]


def _apart_claim(evidence: Evidence, each: Driver, names: tuple[str, str], language: Language) -> str:
    """What a segment brings to the difference of two groups."""
    told = {
        "segment": segment_names(evidence, each.segment, language), "one": names[1], "other": names[0],
        "contribution": points_number(each.contribution, language), "points": change_points(evidence, language),
    }  # fmt: skip
    if each.kind == "mix":
        shares = {"share_other": each.share_before, "share_one": each.share_after}
        return say("compare.cause_mix", language, **told, **{name: share(of, language) for name, of in shares.items()})
    rates = {"other": ratio(each.counts, "before", language), "one": ratio(each.counts, "after", language)}
    return say("compare.cause_rate", language, **told, **{f"rate_{side}": str(of) for side, of in rates.items()})


def noise(seen: Seen, language: Language) -> list[Exhibit]:
    """Each segment of the dimension with a verdict: it stands out, or what keeps it from doing so."""
    evidence, by = seen.searched, seen.asked.by
    if evidence.change is None or not len(evidence.contrasts):
        return []
    table = evidence.contrasts[evidence.contrasts["dimension"] == by]
    table = table.reindex(table["contribution"].abs().sort_values(ascending=False, kind="stable").index)
    judged = [verdict(evidence, by, row) for row in rows_of(table)]
    rows = [
        [
            segment_value(str(row["segment"]), language),
            ratio(row, "before", language),
            ratio(row, "after", language),
            points_with_range_cell(row["change"], row["change_low"], row["change_high"], language)
            if pd.notna(row["change"])
            else NOTHING,
            points_cell(row["contribution"], language),
            say(f"compare.verdict_{key}", language),
        ]
        for row, key in zip(rows_of(table), judged, strict=True)
    ]
    heads = [("segment", "left"), ("before", "right"), ("after", "right"), ("change_interval", "right"),
             ("contribution", "right"), ("result", "left")]  # fmt: skip
    out = sum(key in ("named", "within") for key in judged)
    told = {"count": count(out, language), "all": count(len(rows), language)}
    title = say("compare.noise_title", language, dimension=inline_label(evidence, by, language), **told)
    cells = headed_by(headed(heads, rows, language), side_names(seen, language))
    return [Exhibit("compare_noise", language, title, [say("compare.noise_explained", language)], cells=cells)]


def verdict(evidence: Evidence, by: str, row: dict[str, Any]) -> str:
    """named, within (a part of it is named), rest (moved, but no more than all else), noise, few, one_side, unknown."""
    segment = str(row["segment"])
    if not (row["denominator_before"] and row["denominator_after"]):
        return "one_side"
    found = named(evidence)
    if any({by: segment} in each.names for each in found):
        return "named"
    if any(each.segment.get(by) == segment for each in found):
        return "within"
    if evidence.search is None:
        return "unknown"
    if not row["eligible"]:
        return "few"
    return "noise" if row["change_low"] <= 0 <= row["change_high"] else "rest"
