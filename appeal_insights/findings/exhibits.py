"""The parts of an inquiry as exhibits: sentences, a chart and its table twin, all from one table."""

from collections.abc import Sequence

import pandas as pd

from appeal_insights.charts.trend import trend as draw_trend
from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import comparison
from appeal_insights.findings.cells import NOTHING, count_cell, day_cell, ratio, share_cell, share_range_cell
from appeal_insights.findings.coincidence import (
    COINCIDES_AFTER,
    COINCIDES_BEFORE,
    by_chance,
    coinciding,
    may_touch,
    takes_in,
)
from appeal_insights.findings.evidence import Evidence
from appeal_insights.findings.gate import in_short
from appeal_insights.findings.gate_exhibit import exhibit as gate_exhibit
from appeal_insights.findings.judged import (
    ENOUGH_DAYS,
    Driver,
    brought,
    driver,
    drivers,
    event_of,
    grade_of_move,
    moved,
)
from appeal_insights.findings.naming import (
    basis_name,
    change_points,
    event_title,
    headed,
    inline_label,
    metric_name,
    rows_of,
    scope_name,
    segment_names,
    size,
)
from appeal_insights.findings.sentences import claim, event_sentence, in_brief, next_step
from appeal_insights.findings.shown import Cells, Code, Exhibit
from appeal_insights.findings.targets import drawn_targets, has_target, target_alt, target_cells, target_notes
from appeal_insights.language import (
    Language,
    count,
    day,
    instant,
    points,
    points_number,
    points_size,
    say,
    share,
)


def summary(evidence: Evidence, language: Language) -> Exhibit:
    """The first screen: what moved, how much, how sure, why, what next."""
    first = [comparison.claim(evidence, language)] if evidence.redefined else []
    if evidence.change is None:
        return Exhibit("summary", language, _heading(evidence, language), first or [_nothing(evidence, language)])
    notes = [*first, claim(evidence, language)]
    notes.append(
        say(
            "summary.how_sure",
            language,
            size=size(evidence, language),
            grade=say(f"grade_in_short.{grade_of_move(evidence)}", language),
        )
    )
    notes += _where(evidence, language)
    step = comparison.next_step(evidence, language) or next_step(evidence, driver(evidence), language)
    notes.append(say("summary.next_step", language, step=step))
    return Exhibit("summary", language, _heading(evidence, language), notes)


def _nothing(evidence: Evidence, language: Language) -> str:
    """Why no change is shown."""
    if evidence.redefined:
        return say("comparable.none", language)
    return say("moved.too_few", language, smallest=str(SMALLEST_SHOWN))


def _where(evidence: Evidence, language: Language) -> list[str]:
    """Which segment moved it, with the event that coincides, and what else moved; one sentence where none did."""
    named, joint = driver(evidence), "" if language == "zh-CN" else " "
    also = in_brief(evidence, language)
    if named is None or moved(evidence) == "still":
        found = [each for each in drivers(evidence) if each.segment] if evidence.search else []
        if found:
            return [say("summary.under", language, segments=in_brief(evidence, language, all_of_them=True))]
        if moved(evidence) == "still":
            return []
        everywhere = any(not each.segment for each in drivers(evidence))
        return [say("summary.everywhere" if everywhere else "summary.nowhere", language)]
    told = {
        "segment": segment_names(evidence, named.segment, language),
        "contribution": points_number(named.contribution, language),
        "points": change_points(evidence, language),
    }
    sides = ("before", "after")
    if named.kind == "mix":
        told |= {f"share_{side}": share(getattr(named, f"share_{side}"), language) for side in sides}
    else:
        told |= {f"rate_{side}": ratio(named.counts, side, language) for side in sides}
    where = say(f"summary.why_{named.kind}", language, **told)
    where += joint + event_sentence(evidence, named, language)
    return [where, say("summary.also", language, segments=also)] if also else [where]


def _heading(evidence: Evidence, language: Language) -> str:
    """What the page speaks of: metric, scope, periods, data date, and whether its records are sound."""
    heading = say(
        "summary.heading",
        language,
        metric=metric_name(evidence, language),
        scope=scope_name(evidence, language),
        before=evidence.before.label,
        after=evidence.after.label,
        as_of=instant(evidence.as_of, language),
    )
    checked = in_short(evidence.gate, language)
    return f"{heading} · {checked}" if checked else heading


def trend(evidence: Evidence, language: Language) -> Exhibit:
    """The metric period by period."""
    table = evidence.trend
    if evidence.change is None:
        return Exhibit("trend", language, notes=[_nothing(evidence, language)])
    title = say(
        f"moved.title_{moved(evidence)}",
        language,
        metric=metric_name(evidence, language),
        size=points_size(evidence.change.change, language),
    )
    drawn = table.assign(segment=scope_name(evidence, language))
    alt = _trend_alt(evidence, table, language) + target_alt(table, language)
    chart = draw_trend(
        drawn,
        title=title,
        description=alt,
        language=language,
        unit=say(
            "trend.unit",
            language,
            metric=metric_name(evidence, language),
            basis=basis_name(evidence, language),
        ),
        events=_drawn_events(evidence, language),
        spans=_spans(evidence, language),
        targets=drawn_targets(table, language),
    )
    return Exhibit(
        "trend", language, title, _trend_notes(evidence, language), alt, chart, _trend_cells(table, language)
    )


def _trend_notes(evidence: Evidence, language: Language) -> list[str]:
    notes = [size(evidence, language), *target_notes(evidence.trend, language)]
    change = evidence.change
    if change is not None and moved(evidence) == "still":
        least = max((change.high - change.low) / 2, evidence.resolution)
        notes.append(say("moved.smallest", language, points=points(least, language).lstrip("+")))
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
    lowest, highest = there.iloc[int(there["rate"].argmin())], there.iloc[int(there["rate"].argmax())]
    return say(
        "trend.alt",
        language,
        metric=metric_name(evidence, language),
        first=table["period_label"].iloc[0],
        last=table["period_label"].iloc[-1],
        lowest=share(float(lowest["rate"]), language),
        lowest_period=lowest["period_label"],
        highest=share(float(highest["rate"]), language),
        highest_period=highest["period_label"],
    )


def _trend_cells(table: pd.DataFrame, language: Language) -> Cells:
    heads = [
        ("period", "left"),
        ("rate", "right"),
        ("interval", "right"),
        ("numerator", "right"),
        ("denominator", "right"),
        *([("target", "right")] if has_target(table) else []),
        ("settled", "left"),
    ]
    hidden = say("column.hidden", language)
    rows = []
    for row in rows_of(table):
        told = [row["period_label"]]
        if row["hidden"]:
            told += [hidden] * 4
        elif not row["denominator"]:
            told += [NOTHING, NOTHING, count_cell(0, language), count_cell(0, language)]
        else:
            told += [
                share_cell(row["rate"], language),
                share_range_cell(row["low"], row["high"], language),
                count_cell(row["numerator"], language),
                count_cell(row["denominator"], language),
            ]
        settled = say("column.yes" if row["mature"] else "column.no", language)
        rows.append([*told, *target_cells(row, table, language), settled])
    return headed(heads, rows, language)


def _drawn_events(evidence: Evidence, language: Language) -> pd.DataFrame | None:
    """The events that coincide with a segment that is named; where none is, all that can have touched the scope."""
    found = evidence.events[evidence.events["in_scope"].astype(bool)] if len(evidence.events) else evidence.events
    named = drivers(evidence)
    if named and len(found):
        each = [coinciding(found, evidence.where, one.names, one.contribution) for one in named]
        found = pd.concat(each).drop_duplicates("event_id")
    if not len(found):
        return None
    titles = [event_title(row, language) for _, row in found.iterrows()]
    return pd.DataFrame({"starts_on": found["starts_on"].to_numpy(), "title": titles}).sort_values(
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


def events(evidence: Evidence, language: Language) -> Exhibit:
    """What happened near the change, and whether it coincides."""
    title = say("events.title", language)
    if evidence.events.empty:
        return Exhibit("events", language, title, [say("events.none", language)])
    named = drivers(evidence)
    rows = []
    for _, row in evidence.events.iterrows():
        scope = row["scope"] if isinstance(row["scope"], str) and row["scope"] else say("segment.anywhere", language)
        rows.append(
            [
                day_cell(row["starts_on"].date(), language),
                event_title(row, language),
                say(f"event_type.{row['event_type']}", language),
                scope,
                _verdict(row, evidence, named, language),
            ]
        )
    heads = [(key, say(f"column.{key}", language), "left") for key in ("starts", "event", "kind", "scope", "verdict")]
    note = say("events.explained", language, before=str(COINCIDES_BEFORE), after=str(COINCIDES_AFTER))
    said = event_sentence(evidence, driver(evidence), language)
    return Exhibit("events", language, title, [said, *_event_list(evidence, language), note], cells=Cells(heads, rows))


def _event_list(evidence: Evidence, language: Language) -> list[str]:
    """How much the list of events covers, and how often one would coincide with each segment by chance alone."""
    found, notes = evidence.listed, []
    if found is None or found.empty:
        return []
    named: list[Driver | None] = [*drivers(evidence)]
    for each in named or [None]:
        chance = by_chance(found, evidence.where, each.names if each else [{}], brought(evidence, each))
        if chance is not None and event_of(evidence, each) is not None:
            segment = segment_names(evidence, each.segment if each else {}, language)
            notes.append(say("events.chance", language, segment=segment, share=share(chance, language, digits=0)))
    weeks = found["starts_on"].dt.to_period("W").nunique()
    first, last = found["starts_on"].min().date(), found["starts_on"].max().date()
    told = {"count": count(len(found), language), "first": day(first, language), "last": day(last, language)}
    covered = say("events.coverage", language, **told, weeks=count(int(weeks), language),
                  all=count(((last - first).days + 7) // 7, language))  # fmt: skip
    return [*notes, covered]


def _verdict(event: "pd.Series", evidence: Evidence, named: Sequence[Driver], language: Language) -> str:
    """How an event stands to the segments named; to the whole where none is."""
    if not event["in_time"]:
        return say("events.other_time", language)
    segments = [each.names for each in named] or [[{}]]
    moves = [each.contribution for each in named] or [brought(evidence, None)]
    taken_in = [any(takes_in(event["reach"], evidence.where, name) for name in names) for names in segments]
    fits = [found and event["sign"] * moved >= 0 for found, moved in zip(taken_in, moves, strict=True)]
    if event["in_scope"] and any(taken_in) and not any(fits):
        return say("events.other_way", language)
    if event["in_scope"] and any(fits):
        if not named:
            return say("events.coincides", language)
        with_it = [
            segment_names(evidence, each.segment, language) for each, fit in zip(named, fits, strict=True) if fit
        ]
        return say("events.coincides_with", language, segments=("；" if language == "zh-CN" else "; ").join(with_it))
    touched = any(may_touch(event["reach"], name) for names in segments for name in names)
    return say("events.partly" if event["in_scope"] and touched else "events.elsewhere", language)


def limits(evidence: Evidence, language: Language) -> Exhibit:
    """What was not looked at."""
    searched = "combinations" if evidence.search and len(evidence.search.dimensions) > 1 else "one_dimension"
    notes = [say(f"limits.{key}", language) for key in ("audits", "appealed", searched)]
    if evidence.audited is not None:
        notes = notes[1:]  # audits were looked at
    if not (evidence.by_figures or evidence.dispersion.clusters):
        notes.append(say("limits.clusters", language))
    if evidence.basis == "decision":
        notes.append(say("limits.blends", language))
    if not evidence.checks["whole_weeks"]:
        notes.append(say("limits.part_weeks", language))
    if evidence.withheld:
        names = [inline_label(evidence, name, language) for name in evidence.withheld]
        notes.append(say("limits.withheld", language, dimensions=("、" if language == "zh-CN" else ", ").join(names)))
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
    return Exhibit("limits", language, notes=notes)


def about(evidence: Evidence, language: Language) -> Exhibit:
    """The data's date and fingerprint, and the definitions."""
    rows = [list(pair) for pair in facts(evidence, language)]
    heads = [("item", say("about.item", language), "left"), ("value", say("about.value", language), "left")]
    return Exhibit("about", language, say("about.title", language), cells=Cells(heads, rows))


def checked(evidence: Evidence, language: Language) -> Exhibit:
    """What was checked of the records themselves."""
    return gate_exhibit(evidence.gate, language)


def queries(evidence: Evidence, language: Language) -> list[Code]:
    """Every query that was asked, each text once."""
    unique = {asked.text: asked for asked in evidence.asked}.values()
    return [
        Code(language, say("about.query", language, name=asked.what, rows=count(asked.rows, language)), asked.text)
        for asked in unique
    ]


def facts(evidence: Evidence, language: Language) -> Sequence[tuple[str, str]]:
    """Label and value: what every page says about its numbers."""
    metric = evidence.metric
    zh = "zh" if language == "zh-CN" else "en"
    definition = say(
        "about.version", language, name=metric.name[zh], version=str(evidence.definition), asks=metric.asks[zh]
    )
    told = {
        "data": evidence.store,
        "as_of": instant(evidence.as_of, language),
        "periods": say("about.compared", language, before=evidence.before.label, after=evidence.after.label),
        "scope": scope_name(evidence, language),
        "basis": basis_name(evidence, language),
        "definition": definition,
        "source": metric.source,
        "audience": say(f"about.{evidence.audience}", language, smallest=str(SMALLEST_SHOWN)),
        "fingerprint": str(evidence.fingerprint),
        "gate": in_short(evidence.gate, language),
    }
    if evidence.totals:
        told["totals"] = say("about.totals_checked", language, count=str(evidence.totals))
    return [(say(f"about.{key}", language), value) for key, value in told.items() if value]
