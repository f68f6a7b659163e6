"""The parts of an inquiry as exhibits: sentences, a chart and its table twin, all from one table."""

from collections.abc import Sequence

import pandas as pd

from appeal_insights.charts.contributions import contributions as draw_contributions
from appeal_insights.charts.trend import trend as draw_trend
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.evidence import (
    COINCIDES_AFTER,
    COINCIDES_BEFORE,
    COUNTS,
    POOLED,
    Evidence,
    coinciding,
)
from appeal_insights.findings.sentences import (
    ENOUGH_DAYS,
    change_points,
    claim,
    dimension_label,
    driver,
    driver_claim,
    event_sentence,
    event_title,
    grade_of_move,
    inline_label,
    main_view,
    metric_name,
    moved,
    next_step,
    part_cells,
    points_range_number,
    ratio,
    scope_name,
    segment_name,
    segment_value,
    size,
)
from appeal_insights.findings.shown import Cells, Code, Exhibit, Showable
from appeal_insights.language import Language, count, day, instant, points, points_number, say, share, share_range

MOST_BARS = 10  # of a contribution chart; the rest is put together
MOST_CONTRASTS = 8  # segments in the table of what stands out


def summary(evidence: Evidence, language: Language) -> Exhibit:
    """The first screen: what moved, how much, how sure, why, what next."""
    if evidence.change is None:
        return Exhibit("summary", language, notes=[say("moved.too_few", language, smallest=str(SMALLEST_SHOWN))])
    notes = [claim(evidence, language)]
    notes.append(
        say(
            "summary.how_sure",
            language,
            size=size(evidence, language),
            grade=say(f"grade.{grade_of_move(evidence)}", language),
        )
    )
    named = driver(evidence)
    if named is not None and moved(evidence) != "still":
        told = say(
            "summary.why", language,
            segment=segment_name(evidence, named.dimension, named.segment, language),
            rate_before=ratio(named.row, "before", language), rate_after=ratio(named.row, "after", language),
            contribution=points(named.row["contribution"], language),
        )  # fmt: skip
        notes.append(told + ("" if language == "zh-CN" else " ") + event_sentence(evidence, language))
    notes.append(say("summary.next_step", language, step=next_step(evidence, language)))
    return Exhibit("summary", language, notes=notes)


def trend(evidence: Evidence, language: Language) -> Exhibit:
    """The metric period by period."""
    table = evidence.trend
    if evidence.change is None:
        return Exhibit("trend", language, notes=[say("moved.too_few", language, smallest=str(SMALLEST_SHOWN))])
    title = say(
        f"moved.title_{moved(evidence)}",
        language,
        metric=metric_name(evidence, language),
        points=change_points(evidence, language),
    )
    drawn = table.assign(segment=scope_name(evidence, language))
    alt = _trend_alt(evidence, table, language)
    chart = draw_trend(
        drawn, title=title, description=alt, language=language,
        unit=say("trend.unit", language, metric=metric_name(evidence, language), basis=say(f"basis.{evidence.basis}", language)),
        events=_drawn_events(evidence, language), spans=_spans(evidence, language),
    )  # fmt: skip
    return Exhibit(
        "trend", language, title, _trend_notes(evidence, language), alt, chart, _trend_cells(table, language)
    )


def _trend_notes(evidence: Evidence, language: Language) -> list[str]:
    notes = [claim(evidence, language), size(evidence, language)]
    change = evidence.change
    if change is not None and moved(evidence) == "still":
        notes.append(
            say("moved.smallest", language, points=points((change.high - change.low) / 2, language).lstrip("+"))
        )
    if not evidence.dispersion.known:
        notes.append(say("moved.counting", language))
    elif evidence.days < ENOUGH_DAYS:
        notes.append(say("moved.few_days", language, days=str(evidence.days)))
    if not evidence.trend["mature"].all():
        notes.append(say("trend.immature", language, days=str(evidence.metric.settles_in_days)))
    if evidence.trend["hidden"].any():
        notes.append(say("trend.hidden", language, smallest=str(SMALLEST_SHOWN)))
    return notes


def _trend_alt(evidence: Evidence, table: pd.DataFrame, language: Language) -> str:
    there = table[table["rate"].notna()]
    if there.empty:
        return metric_name(evidence, language)
    lowest, highest = there.loc[there["rate"].idxmin()], there.loc[there["rate"].idxmax()]
    return say(
        "trend.alt", language,
        metric=metric_name(evidence, language), first=table["period_label"].iloc[0], last=table["period_label"].iloc[-1],
        lowest=share(float(lowest["rate"]), language), lowest_period=lowest["period_label"],
        highest=share(float(highest["rate"]), language), highest_period=highest["period_label"],
    )  # fmt: skip


def _trend_cells(table: pd.DataFrame, language: Language) -> Cells:
    heads = [
        ("period", "left"),
        ("rate", "right"),
        ("interval", "right"),
        ("numerator", "right"),
        ("denominator", "right"),
        ("settled", "left"),
    ]
    hidden = say("column.hidden", language)
    rows = []
    for row in table.to_dict("records"):
        told = [row["period_label"]]
        if row["hidden"]:
            told += [hidden] * 4
        elif not row["denominator"]:
            told += ["–", "–", "0", "0"]
        else:
            told += [
                share(row["rate"], language),
                share_range(row["low"], row["high"], language),
                count(row["numerator"], language),
                count(row["denominator"], language),
            ]
        rows.append([*told, say("column.yes" if row["mature"] else "column.no", language)])
    return Cells([(key, say(f"column.{key}", language), align) for key, align in heads], rows)


def _drawn_events(evidence: Evidence, language: Language) -> pd.DataFrame | None:
    shown = evidence.events[evidence.events["in_scope"].astype(bool)] if len(evidence.events) else evidence.events
    named = driver(evidence)
    if named is not None and len(shown):
        shown = coinciding(shown, named.dimension, named.segment)
    if not len(shown):
        return None
    titles = [event_title(row, language) for _, row in shown.iterrows()]
    return pd.DataFrame({"starts_on": shown["starts_on"].to_numpy(), "title": titles}).sort_values(
        "starts_on", ignore_index=True
    )


def _spans(evidence: Evidence, language: Language) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": pd.to_datetime([evidence.before.start, evidence.after.start]),
            "end": pd.to_datetime([evidence.before.end, evidence.after.end]),
            "label": [say("trend.before", language), say("trend.after", language)],
        }
    )


def change(evidence: Evidence, language: Language) -> list[Exhibit]:
    """Mix and rate: every dimension's own split of the same change."""
    view = main_view(evidence)
    if view is None or evidence.change is None:
        return []
    title = say(
        "split.title", language,
        points=change_points(evidence, language), rate=points(view.rate_effect, language), mix=points(view.mix_effect, language),
        dimension=inline_label(evidence, view.dimension, language),
    )  # fmt: skip
    notes = [say("split.explained", language, count=str(len(evidence.views)))]
    notes += [
        say("split.reversal", language, dimension=inline_label(evidence, part.dimension, language))
        for part in evidence.views
        if part.reversal.reversed
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
            cells=Cells([(key, say(f"column.{key}", language), align) for key, align in heads], rows),
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
            contribution=points(named.row["contribution"], language),
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
        "segments.alt", language, dimension=inline_label(evidence, view.dimension, language), points=change_points(evidence, language),
        segment=segment_value(str(largest["segment"]), language), contribution=points(largest["contribution"], language),
    )  # fmt: skip
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
        ("change", "right"),
        ("contribution_interval", "right"),
        ("contribution", "right"),
        *([("p", "right")] if known else []),
    ]
    rows = [
        [
            segment_name(evidence, row["dimension"], str(row["segment"]), language), ratio(row, "before", language), ratio(row, "after", language),
            points_number(row["change"], language), points_range_number(row["change_low"], row["change_high"], language),
            points_number(row["contribution"], language), *([_p(row["p"])] if known else []),
        ]
        for row in top.to_dict("records")
    ]  # fmt: skip
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
        cells=Cells([(key, say(f"column.{key}", language), align) for key, align in heads], rows),
    )


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def events(evidence: Evidence, language: Language) -> Exhibit:
    """What happened near the change, and whether it coincides."""
    title = say("events.title", language)
    if evidence.events.empty:
        return Exhibit("events", language, title, [say("events.none", language)])
    named = driver(evidence)
    segment = (
        segment_name(evidence, named.dimension, named.segment, language) if named else scope_name(evidence, language)
    )
    fits = set(
        coinciding(evidence.events, named.dimension if named else None, named.segment if named else None)["event_id"]
    )
    rows = []
    for _, row in evidence.events.iterrows():
        verdict = "coincides" if row["event_id"] in fits else "elsewhere" if row["in_time"] else "other_time"
        scope = row["scope"] if isinstance(row["scope"], str) and row["scope"] else say("segment.anywhere", language)
        rows.append(
            [
                day(row["starts_on"].date(), language),
                event_title(row, language),
                say(f"event_type.{row['event_type']}", language),
                scope,
                say(f"events.{verdict}", language),
            ]
        )
    heads = [(key, say(f"column.{key}", language), "left") for key in ("starts", "event", "kind", "scope", "verdict")]
    note = say("events.explained", language, before=str(COINCIDES_BEFORE), after=str(COINCIDES_AFTER), segment=segment)
    return Exhibit("events", language, title, [event_sentence(evidence, language), note], cells=Cells(heads, rows))


def limits(evidence: Evidence, language: Language) -> Exhibit:
    """What was not looked at."""
    notes = [say(f"limits.{key}", language) for key in ("audits", "appealed", "combinations")]
    if not evidence.by_figures:
        notes.append(say("limits.clusters", language))
    if evidence.basis == "decision":
        notes.append(say("limits.blends", language))
    missing = [name for name in evidence.without if name in evidence.metric.contract.dimensions]
    if missing:
        joint = "、" if language == "zh-CN" else ", "
        notes.append(
            say(
                "limits.without",
                language,
                dimensions=joint.join(inline_label(evidence, name, language) for name in missing),
            )
        )
    if evidence.checks["replayed"]:
        notes.append(say("limits.replayed", language))
    notes += [
        say("limits.incomplete", language, period=part.label)
        for part in (evidence.before, evidence.after)
        if part.end > evidence.as_of.date()
    ]
    return Exhibit("limits", language, say("limits.title", language), notes)


def about(evidence: Evidence, language: Language) -> list[Showable]:
    """The data's date and fingerprint, the definitions, and every query that was asked."""
    rows = [list(pair) for pair in facts(evidence, language)]
    heads = [("item", say("about.item", language), "left"), ("value", say("about.value", language), "left")]
    table = Exhibit("about", language, say("about.title", language), cells=Cells(heads, rows))
    unique = {asked.text: asked for asked in evidence.asked}.values()
    queries = [
        Code(
            language,
            say(
                "about.query",
                language,
                name=asked.what,
                seconds=f"{asked.seconds:.2f}",
                rows=count(asked.rows, language),
            ),
            asked.text,
        )
        for asked in unique
    ]
    return [table, *queries]


def facts(evidence: Evidence, language: Language) -> Sequence[tuple[str, str]]:
    """Label and value: what every page says about its numbers."""
    metric = evidence.metric
    zh = "zh" if language == "zh-CN" else "en"
    definition = say("about.version", language, name=metric.name[zh], version=str(metric.version), asks=metric.asks[zh])
    told = {
        "data": evidence.store,
        "as_of": instant(evidence.as_of, language),
        "periods": say("about.compared", language, before=evidence.before.label, after=evidence.after.label),
        "scope": scope_name(evidence, language),
        "basis": say(f"basis.{evidence.basis}", language),
        "definition": definition,
        "source": metric.source,
        "audience": say(f"about.{evidence.audience}", language, smallest=str(SMALLEST_SHOWN)),
        "fingerprint": str(evidence.fingerprint),
    }
    return [(say(f"about.{key}", language), value) for key, value in told.items()]
