"""A glance as exhibits: a trend with its table, a breakdown, and the calls that give the same numbers."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from appeal_insights.charts.trend import trend as draw_trend
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.answer import Asking
from appeal_insights.findings.glance import OTHERS, Glance
from appeal_insights.findings.naming import (
    basis_name,
    dimension_label,
    inline_label,
    metric_name,
    rows_of,
    scope_name,
    segment_value,
)
from appeal_insights.findings.shown import Cells, Exhibit
from appeal_insights.findings.targets import drawn_targets, has_target, target_alt, target_cells, target_notes
from appeal_insights.language import Language, count, instant, say, share, share_range
from appeal_insights.records.scope import read_scope, write_scope

NUMBER_HEADS = ("rate", "interval", "numerator", "denominator")
LEFT_OUT = {"metric": "overturn_rate", "basis": "decision"}  # what a call need not say


def glance_trend(seen: Glance, language: Language) -> Exhibit:
    """The rate period by period, a line per segment, with its table and what one has to know to read it."""
    title = _title(seen, language)
    if not seen.enough:
        return Exhibit("trend", language, title, [say("explorer.too_few", language, smallest=str(SMALLEST_SHOWN))])
    alone = scope_name(seen, language)
    drawn = seen.trend.assign(segment=[_line(str(name), language) or alone for name in seen.trend["segment"]])
    alt = _alt(seen, language) + target_alt(seen.trend, language)
    unit = say("trend.unit", language, metric=metric_name(seen, language), basis=basis_name(seen, language))
    targets = drawn_targets(seen.trend, language)
    chart = draw_trend(drawn, title=title, description=alt, language=language, unit=unit, targets=targets)
    return Exhibit("trend", language, title, list(_notes(seen, language)), alt, chart, _trend_cells(seen, language))


def glance_breakdown(seen: Glance, language: Language) -> Exhibit:
    """The rate over the whole span, of everything and then of each segment by volume."""
    title = say("explorer.breakdown_title", language, span=_span(seen))
    if not seen.enough:
        return Exhibit("breakdown", language, title)
    rows = [[scope_name(seen, language), *_numbers(rows_of(seen.whole)[0], language)]]
    rows += [
        [segment_value(str(row["segment"]), language), *_numbers(row, language)]
        for row in (rows_of(seen.breakdown) if seen.question.by else [])
    ]
    return Exhibit("breakdown", language, title, cells=_cells([_by(seen, language)], rows, language))


def calls(asking: Asking, *, store: str) -> str:
    """What an analyst types to get the same counts: every segment by itself, nothing left out."""
    scope = read_scope(asking.where)
    written = write_scope(scope)
    asked: dict[str, object] = {
        "store": store,
        "metric": asking.metric,
        "by": asking.by,
        "during": asking.during,
        "every": asking.every,
        "where": written if read_scope(written) == scope else scope,
        "basis": asking.basis,
        "as_of": asking.as_of,
    }
    told = {name: value for name, value in asked.items() if value and value != LEFT_OUT.get(name)}
    return "\n".join(_call(name, told) for name in ("trend", "breakdown"))


def _call(name: str, asked: Mapping[str, object]) -> str:
    given = [
        f"{word}={json.dumps(value, ensure_ascii=False)}"
        for word, value in asked.items()
        if name == "trend" or word != "every"
    ]
    return f'ap.query("{name}", {", ".join(given)})'


def _span(seen: Glance) -> str:
    first, last = seen.periods[0].label, seen.periods[-1].label
    return first if first == last else f"{first}..{last}"


def _title(seen: Glance, language: Language) -> str:
    told = {"metric": metric_name(seen, language), "scope": scope_name(seen, language), "span": _span(seen)}
    if not seen.question.by:
        return say("explorer.title", language, **told)
    return say("explorer.title_by", language, dimension=inline_label(seen, seen.question.by[0], language), **told)


def _by(seen: Glance, language: Language) -> str:
    """What the rows of a table are."""
    return dimension_label(seen, seen.question.by[0], language) if seen.question.by else say("column.segment", language)


def _line(segment: str, language: Language) -> str:
    return say("segment.others", language) if segment == OTHERS else segment


def _alt(seen: Glance, language: Language) -> str:
    there = seen.trend[seen.trend["rate"].notna()]
    told = {"title": _title(seen, language), "lines": str(seen.trend["segment"].nunique())}
    if there.empty:
        return told["title"]
    lowest, highest = there["rate"].astype(float).min(), there["rate"].astype(float).max()
    return say("explorer.alt", language, lowest=share(lowest, language), highest=share(highest, language), **told)


def _notes(seen: Glance, language: Language) -> Iterator[str]:
    """What the chart does not show by itself; the data's date comes last."""
    smallest = str(SMALLEST_SHOWN)
    yield from target_notes(seen.trend, language)
    if (seen.trend["segment"] == OTHERS).any():
        drawn = str(seen.trend["segment"].nunique() - 1)
        yield say("explorer.folded", language, drawn=drawn, count=str(seen.folded))
    if seen.trend["hidden"].any():
        yield say("explorer.hidden", language, smallest=smallest)
    if (pooled := int(seen.breakdown["pooled"].max())) > 1:
        yield say("explorer.pooled", language, count=str(pooled), smallest=smallest)
    if not seen.trend["mature"].all():
        yield say("trend.immature", language, days=str(seen.metric.settles_in_days))
    last = seen.periods[-1]
    if last.end > seen.question.as_of.date():
        yield say("limits.incomplete", language, period=last.label)
    told = {"as_of": instant(seen.question.as_of, language), "basis": basis_name(seen, language)}
    if seen.dispersion.known:
        yield say("explorer.data", language, dispersion=f"{seen.dispersion.floor:.2f}", **told)
    else:
        yield say("explorer.data_counting", language, **told)


def _trend_cells(seen: Glance, language: Language) -> Cells:
    """Period by period, the newest first; with a dimension the segments of each period in the order of the lines."""
    newest = seen.trend.sort_values("period", ascending=False, kind="stable")
    rows = [
        [
            row["period_label"],
            *([_line(row["segment"], language)] if seen.question.by else []),
            *_numbers(row, language),
            *target_cells(row, seen.trend, language),
        ]
        for row in rows_of(newest)
    ]
    heads = [say("column.period", language), *([_by(seen, language)] if seen.question.by else [])]
    cells = _cells(heads, rows, language)
    target = [("target", say("column.target", language), "right")] if has_target(seen.trend) else []
    return Cells([*cells.columns, *target], rows)


def _numbers(row: Mapping[str, Any], language: Language) -> list[str]:
    """Rate, interval, numerator and denominator as text."""
    if row.get("hidden", False):
        return [say("column.hidden", language)] * len(NUMBER_HEADS)
    counted = [count(int(row[name]), language) for name in ("numerator", "denominator")]
    if pd.isna(row["rate"]):
        return ["–", "–", *counted]
    return [share(row["rate"], language), share_range(row["low"], row["high"], language), *counted]


def _cells(heads: list[str], rows: list[list[str]], language: Language) -> Cells:
    """Texts under these headings at the left, then the numbers."""
    texts = [(f"text_{place}", head, "left") for place, head in enumerate(heads)]
    return Cells([*texts, *((key, say(f"column.{key}", language), "right") for key in NUMBER_HEADS)], rows)
