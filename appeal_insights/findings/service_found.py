"""The findings of a review of service levels: promises missed, segments that fell, pauses that rose."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings import service_told as told
from appeal_insights.findings.cells import NOTHING
from appeal_insights.findings.finding import Finding, Grade, Told
from appeal_insights.findings.naming import event_title, rows_of
from appeal_insights.findings.service_held import NEWEST, WEEKS, Service
from appeal_insights.language import Language, count, day, points, points_number, say, share

CHECK_AFTER = timedelta(days=7)
MOST_MISSED, MOST_EVENTS = 2, 1


def conclude(service: Service, wanted: Sequence[Language]) -> list[Finding]:
    """The findings, most serious first; one that says so where there is none."""
    found = [_missed(service, row, wanted) for row in told.missed(service)[:MOST_MISSED]]
    found += [_short(service, row, wanted) for row in told.short(service)]
    found += [_fell(service, nth, row, wanted) for nth, row in enumerate(told.fell(service), 1)]
    found += [_paused(service, nth, row, wanted) for nth, row in enumerate(rows_of(service.pauses.rows), 1)]
    return found or [_quiet(service, wanted)]


def _finding(service: Service, id_: str, grade: Grade, said: dict[Language, Told], owner: str = "") -> Finding:
    return Finding(id_, grade, said, service.last + CHECK_AFTER, owner=owner, grades="grade_of_promise")


def _ruled_out(language: Language) -> list[str]:
    return [say(f"service_finding.{key}", language) for key in ("not_open", "not_pauses", "not_calendar")]


def _owner(row: Mapping[str, Any]) -> str:
    owner = row.get("target_owner")
    return owner if isinstance(owner, str) else ""


def _size(row: Mapping[str, Any], language: Language) -> str:
    late = int(row["denominator"]) - int(row["numerator"])
    return say(
        "service_finding.size", language, late=count(late, language), due=count(int(row["denominator"]), language)
    )


def _missed(service: Service, row: Mapping[str, Any], wanted: Sequence[Language]) -> Finding:
    said = {}
    for language in wanted:
        numbers = {name: share(float(row[name]), language) for name in ("rate", "target")}
        gap = points(float(row["rate"] - row["target"]), language).lstrip("+-−")
        what = cells.promise(row, language)
        said[language] = Told(
            claim=say("service_finding.missed", language, what=what, gap=gap, days=str(NEWEST), **numbers),
            size=_size(row, language),
            segment=what,
            next_step=told.next_step(service, language),
            ruled_out=_ruled_out(language),
            evidence=cells.promise_cells(service, language),
        )
    return _finding(service, f"missed_{row['subject_type']}_{row['clock']}", "confirmed", said, _owner(row))


def _fell(service: Service, nth: int, row: dict[str, Any], wanted: Sequence[Language]) -> Finding:
    said = {}
    for language in wanted:
        segment = told.segment(row, language)
        rates = {name: share(float(row[name]), language) for name in ("rate", "rate_before")}
        size = points(float(row["change"]), language)
        claim = [say("service_finding.segment", language, segment=segment, points=size, **rates)]
        said[language] = Told(
            claim=told.joined([*claim, *_since(row, language), *_events(service, row, language)], language),
            size=_size_of_change(row, language),
            segment=segment,
            next_step=say("service_next.segment", language, segment=segment, date=_date(service, row, language)),
            ruled_out=_ruled_out(language),
            evidence=cells.fallen_cells(service, pd.DataFrame([{**row, "segment": segment}]), language),
        )
    return _finding(service, f"segment_{nth}", "likely", said, _owner(row))


def _short(service: Service, row: dict[str, Any], wanted: Sequence[Language]) -> Finding:
    """A severity whose target was missed, and the shift that is slowest to take its tickets on."""
    said = {}
    shift = told.slowest(service, row["severity"]) if row["clock"] == "acknowledge" else None
    for language in wanted:
        segment = told.segment(row, language)
        numbers = {name: share(float(row[name]), language) for name in ("rate", "target")}
        counts = {name: count(int(row[name]), language) for name in ("numerator", "denominator")}
        claim = [say("service_finding.short", language, segment=segment, **numbers, **counts)]
        if shift is not None:
            spans = {name: cells.duration(float(shift[name]), language) for name in ("p50", "quickest")}
            name = say(f"shift.{shift['shift']}", language)
            claim.append(say("service_finding.slowest", language, shift=name, weeks=str(WEEKS), **spans))
        said[language] = Told(
            claim=told.joined(claim, language),
            size=_size(row, language),
            segment=segment,
            next_step=say("service_next.segment", language, segment=segment, date=day(service.start, language)),
            ruled_out=_ruled_out(language),
            evidence=cells.shift_cells(service, language),
        )
    return _finding(service, f"short_{row['clock']}_{row['severity']}", "confirmed", said, _owner(row))


def _since(row: Mapping[str, Any], language: Language) -> list[str]:
    """From which day on, with the days that it may be; nothing where no alarm dated it."""
    if pd.isna(row["since"]):
        return []
    dates = {name: day(pd.Timestamp(row[name]).date(), language) for name in ("since", "since_low", "since_high")}
    key = "since" if row["since_low"] != row["since_high"] else "since_day"
    return [say(f"service_finding.{key}", language, **dates)]


def _date(service: Service, row: Mapping[str, Any], language: Language) -> str:
    return day(service.start if pd.isna(row["since"]) else pd.Timestamp(row["since"]).date(), language)


def _events(service: Service, row: dict[str, Any], language: Language) -> list[str]:
    return [
        say("why.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language))
        for event in told.touching(service, row)[:MOST_EVENTS]
    ]


def _size_of_change(row: Mapping[str, Any], language: Language) -> str:
    bounds = {name: points_number(float(row[f"change_{name}"]), language) for name in ("low", "high")}
    return say("service_finding.size_points", language, points=points(float(row["change"]), language), **bounds)


def _paused(service: Service, nth: int, row: dict[str, Any], wanted: Sequence[Language]) -> Finding:
    said = {}
    for language in wanted:
        segment = told.place(row)
        rates = {"now": share(float(row["rate"]), language), "before": share(float(row["rate_before"]), language)}
        spans = {name: cells.span_cell(row.get(name), language) for name in told.SPANS}
        claim = [say("service_finding.paused", language, segment=segment, **rates, **spans)]
        said[language] = Told(
            claim=told.joined([*claim, *_since(row, language), *_events(service, row, language)], language),
            size=_size_of_change(row, language),
            segment=segment,
            next_step=say("service_next.pauses", language, segment=segment),
            ruled_out=[say("service_finding.not_calendar", language)],
            evidence=cells.pause_cells(service, pd.DataFrame([{**row, "segment": segment}]), language),
        )
    return _finding(service, f"pauses_{nth}", "likely", said)


def _quiet(service: Service, wanted: Sequence[Language]) -> Finding:
    """Nothing was missed, as far as there are targets and enough records."""
    targeted = service.promises[service.promises["target"].notna()]
    hidden = not all(service.shown(float(number)) for number in targeted["denominator"])
    key = ("quiet_shown" if hidden else "quiet") if len(targeted) else "no_targets"
    said = {}
    for language in wanted:
        row = told.main_row(service)
        shown = row is not None and service.shown(float(row["denominator"]))
        said[language] = Told(
            claim=say(f"service_finding.{key}", language, days=str(NEWEST), smallest=str(SMALLEST_SHOWN)),
            size=_size(row, language) if row and shown else NOTHING,
            segment=cells.promise(row, language) if row else NOTHING,
            next_step=told.next_step(service, language),
            ruled_out=_ruled_out(language),
            evidence=cells.promise_cells(service, language),
        )
    return _finding(service, "kept", "confirmed" if len(targeted) else "unknown", said)
