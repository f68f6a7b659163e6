"""What an inquiry says: the claims, how sure they are, what was ruled out and what to do next, in whole sentences."""

from collections.abc import Sequence
from datetime import date, timedelta

from appeal_insights.analysis.intervals import change_of_rate
from appeal_insights.findings.cells import rate_text
from appeal_insights.findings.evidence import COUNTS, POOLED, Evidence, View
from appeal_insights.findings.finding import Finding, Told
from appeal_insights.findings.judged import (
    Driver,
    driver,
    driver_event,
    grade_of_driver,
    grade_of_move,
    main_view,
    moved,
)
from appeal_insights.findings.naming import (
    change_points,
    event_title,
    inline_label,
    metric_name,
    part_cells,
    scope_name,
    segment_name,
    size,
    whole_cells,
)
from appeal_insights.language import Language, count, day, points, points_number, points_range, points_size, say, share

CHECK_AGAIN_AFTER = timedelta(days=14)
MOSTLY = 0.25  # a part under a quarter of the change is not what it came from


def conclude(evidence: Evidence, wanted: Sequence[Language]) -> list[Finding]:
    """The findings: did it move, was it mix or rate, which segment."""
    if evidence.change is None:
        return []
    found = [_moved_finding(evidence, wanted)]
    if moved(evidence) != "still" or not evidence.dispersion.known:
        view = main_view(evidence)
        if view:
            found.append(_split_finding(evidence, view, wanted))
    found.append(_driver_finding(evidence, wanted))
    return found


def claim(evidence: Evidence, language: Language) -> str:
    """Whether it moved, with numerators and denominators."""
    counts, change = evidence.counts, evidence.change
    assert change is not None
    return say(
        f"moved.{moved(evidence)}",
        language,
        metric=metric_name(evidence, language),
        points=change_points(evidence, language),
        size=points_size(change.change, language),
        before=evidence.before.label,
        after=evidence.after.label,
        rate_before=share(change.rate_before, language),
        rate_after=share(change.rate_after, language),
        **{name: count(counts[name], language) for name in counts},
    )


def event_sentence(evidence: Evidence, language: Language) -> str:
    event = driver_event(evidence)
    if event is None:
        return say("summary.no_event", language)
    return say(
        "summary.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language)
    )


def next_step(evidence: Evidence, language: Language) -> str:
    named = driver(evidence)
    if named is None or moved(evidence) == "still":
        return say("segments.next_none", language)
    key = "segments.next_rate" if named.row["change"] > 0 else "segments.next_fall"
    return say(key, language, day=day(evidence.after.start, language))


def ruled_out(evidence: Evidence, named: Driver | None, language: Language) -> list[str]:
    """Only what was really looked at, and found not to be it."""
    change = evidence.change
    assert change is not None
    found = []
    view = main_view(evidence)
    if view and abs(view.mix_effect) < MOSTLY * abs(change.change):
        found.append(
            say(
                "ruled_out.mix",
                language,
                dimension=inline_label(evidence, view.dimension, language),
                mix=points(view.mix_effect, language),
            )
        )
    if evidence.dispersion.known and moved(evidence) != "still":
        found.append(say("ruled_out.noise", language, dispersion=f"{evidence.dispersion.floor:.2f}"))
    if named and abs(named.row["rest_change"]) < MOSTLY * abs(change.change):
        found.append(
            say(
                "ruled_out.rest",
                language,
                change=points(named.row["rest_change"], language),
                range=_rest_range(evidence, named, language),
            )
        )
    found.append(say("ruled_out.definition", language, version=str(evidence.metric.version)))
    if evidence.basis == "decision" and evidence.checks["complete"] and not evidence.by_figures:
        found.append(say("ruled_out.censoring", language))
    if evidence.checks["parts_add_up"] and evidence.views:
        found.append(say("ruled_out.parts", language))
    if len(evidence.events) and not (evidence.events["event_type"] == "instrumentation").any():
        found.append(say("ruled_out.instrument", language))
    return found


def _rest_range(evidence: Evidence, named: Driver, language: Language) -> str:
    rest = [evidence.counts[name] - int(named.row[name]) for name in COUNTS]
    change = change_of_rate(*rest, dispersion=evidence.dispersion)
    return points_range(change.low, change.high, language)


def _check_on(evidence: Evidence) -> date:
    return evidence.as_of.date() + CHECK_AGAIN_AFTER


def _moved_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    told = {
        language: Told(
            claim=claim(evidence, language),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=say(_after_moving(evidence), language),
            ruled_out=ruled_out(evidence, None, language),
            evidence=whole_cells(evidence, language),
        )
        for language in wanted
    }
    return Finding("moved", grade_of_move(evidence), told, _check_on(evidence))


def _after_moving(evidence: Evidence) -> str:
    return "split.next_step" if driver(evidence) and moved(evidence) != "still" else "segments.next_none"


def _split_finding(evidence: Evidence, view: View, wanted: Sequence[Language]) -> Finding:
    assert evidence.change is not None
    total = abs(evidence.change.change)
    key = (
        "claim_rate"
        if abs(view.mix_effect) < MOSTLY * total
        else "claim_mix"
        if abs(view.rate_effect) < MOSTLY * total
        else "claim_both"
    )
    told = {}
    for language in wanted:
        values = {"rate": points(view.rate_effect, language), "mix": points(view.mix_effect, language)}
        told[language] = Told(
            claim=say(f"split.{key}", language, dimension=inline_label(evidence, view.dimension, language), **values),
            size=say("split.size", language, points=change_points(evidence, language), **values),
            segment=scope_name(evidence, language),
            next_step=say("split.next_step", language),
            ruled_out=[say("ruled_out.parts", language)] if evidence.checks["parts_add_up"] else [],
            evidence=part_cells(evidence, view, language),
        )
    return Finding("split", "confirmed" if evidence.dispersion.known else "possible", told, _check_on(evidence))


def _driver_finding(evidence: Evidence, wanted: Sequence[Language]) -> Finding:
    named = driver(evidence)
    grade = grade_of_driver(evidence, named)
    return Finding(
        "segment",
        grade,
        {language: _driver_told(evidence, named, language) for language in wanted},
        _check_on(evidence),
    )


def _driver_told(evidence: Evidence, named: Driver | None, language: Language) -> Told:
    if named is None:
        looks, dims = int(evidence.contrasts["eligible"].sum()) if len(evidence.contrasts) else 0, len(evidence.views)
        return Told(
            claim=say("segments.none", language, count=count(looks, language), dimensions=count(dims, language)),
            size=size(evidence, language),
            segment=scope_name(evidence, language),
            next_step=say("segments.next_none", language),
            ruled_out=ruled_out(evidence, None, language),
            evidence=whole_cells(evidence, language),
        )
    view = evidence.view(named.dimension)
    extra = [
        driver_claim(evidence, named, language),
        *against(evidence, named, view, language),
        event_sentence(evidence, language),
    ]
    return Told(
        claim=("" if language == "zh-CN" else " ").join(extra),
        size=say(
            "segments.size",
            language,
            contribution=points(named.row["contribution"], language),
            range=points_range(named.row["low"], named.row["high"], language),
            change=points(named.row["change"], language),
            change_range=points_range(named.row["change_low"], named.row["change_high"], language),
        ),
        segment=segment_name(evidence, named.dimension, named.segment, language),
        next_step=next_step(evidence, language),
        ruled_out=ruled_out(evidence, named, language),
        evidence=part_cells(evidence, view, language, most=6),
    )


def driver_claim(evidence: Evidence, named: Driver, language: Language) -> str:
    row = named.row
    whole = evidence.counts["denominator_before"] + evidence.counts["denominator_after"]
    return say(
        "segments.claim",
        language,
        segment=segment_name(evidence, named.dimension, named.segment, language),
        contribution=points_number(row["contribution"], language),
        points=change_points(evidence, language),
        rate_before=rate_text(row["numerator_before"], row["denominator_before"], language),
        rate_after=rate_text(row["numerator_after"], row["denominator_after"], language),
        share=share((row["denominator_before"] + row["denominator_after"]) / whole, language, digits=0),
        **{name: count(int(row[name]), language) for name in COUNTS},
    )


def against(evidence: Evidence, named: Driver, view: View, language: Language) -> list[str]:
    """The segment that pulled hardest the other way, where it matters."""
    assert evidence.change is not None
    direction = 1 if evidence.change.change > 0 else -1
    parts = view.parts[view.parts["segment"] != POOLED]
    other = parts.iloc[int((parts["contribution"] * direction).argmin())]
    if other["contribution"] * direction >= -MOSTLY * abs(evidence.change.change):
        return []
    return [
        say(
            "segments.against",
            language,
            segment=segment_name(evidence, view.dimension, str(other["segment"]), language),
            contribution=points_number(other["contribution"], language),
        )
    ]
