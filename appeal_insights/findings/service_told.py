"""What a review of service levels says, in whole sentences of either language."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd
from scipy.special import ndtri

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.finding import Finding, Grade, Told
from appeal_insights.findings.naming import event_title, rows_of, scope_name
from appeal_insights.findings.service_cells import duration, promise, promise_cells, segment_cells, time_cells
from appeal_insights.findings.service_held import NEWEST, Service
from appeal_insights.language import Language, count, day, points, points_number, say, share
from appeal_insights.metrics.metric import metric

CHECK_AFTER = timedelta(days=7)
MOST = 3  # segments that are told as findings
MATERIAL = 0.02  # a fall of less is not told as a finding, however sure
PAUSES_UP = 1.3  # times as many pauses as before are told


def joined(said: Sequence[str], language: Language) -> str:
    return ("" if language == "zh-CN" else " ").join(part for part in said if part)


def main_row(service: Service) -> dict[str, Any] | None:
    """The promise that most is asked about: appeals decided; else the one with most due."""
    rows = service.main(service.promises)
    if rows.empty:
        rows = service.promises.sort_values("denominator", ascending=False).head(1)
    return rows_of(rows)[0] if len(rows) else None


def kept(service: Service, row: Mapping[str, Any], language: Language) -> list[str]:
    """How a promise was kept, against its target and against routine."""
    if pd.isna(row["rate"]) or not service.shown(int(row["denominator"])):
        return [say("service.few", language, smallest=str(SMALLEST_SHOWN))]
    before = row.get("rate_before")
    told = {name: share(float(row[name]), language) for name in ("rate", "low", "high")}
    said = [
        say(
            "service.kept",
            language,
            what=promise(row, language),
            days=str(NEWEST),
            before="–" if before is None or pd.isna(before) else share(float(before), language),
            numerator=count(int(row["numerator"]), language),
            denominator=count(int(row["denominator"]), language),
            **told,
        )
    ]
    if row["met"] in ("met", "missed"):
        said.append(say(f"service.target_{row['met']}", language, target=share(float(row["target"]), language)))
    said.append(say(f"service.signal_{row['signal']}", language))
    return said


def missed(service: Service) -> list[dict[str, Any]]:
    """The promises that missed their target, the most late first."""
    rows = service.promises[service.promises["met"] == "missed"]
    late = rows["denominator"] - rows["numerator"]
    return rows_of(rows.assign(late=late).sort_values("late", ascending=False))


def others(service: Service, language: Language) -> str:
    """How the other promises stand."""
    first = main_row(service)
    rest = [row for row in rows_of(service.promises) if first is None or promise(row, "en") != promise(first, "en")]
    if not rest:
        return ""
    late = [row for row in missed(service) if first is None or promise(row, "en") != promise(first, "en")]
    if not late:
        return say("service.others_met", language, count=str(len(rest)))
    return say(
        "service.others", language, count=str(len(rest)), missed=str(len(late)), worst=promise(late[0], language)
    )


def open_now(service: Service, language: Language) -> str:
    """What is open by when it falls due."""
    told = {f"in_{hours}": len(service.due_within(hours)) for hours in (8, 24, 48)}
    told |= {"overdue": len(service.overdue()), "paused": len(service.paused())}
    return say("service.open", language, **{name: _few(service, number, language) for name, number in told.items()})


def _few(service: Service, number: int, language: Language) -> str:
    if service.shown(number):
        return count(number, language)
    return say("handover.under", language, smallest=str(SMALLEST_SHOWN))


def worst(table: pd.DataFrame) -> pd.DataFrame:
    """Segments by how many were late."""
    late = table["denominator"] - table["numerator"]
    return table.assign(late=late).sort_values(["late", "segment"], ascending=[False, True], ignore_index=True)


def open_rows(service: Service, table: pd.DataFrame) -> pd.DataFrame:
    """The rows whose number of records may be shown."""
    return table[[service.shown(int(number)) for number in table["denominator"]]].reset_index(drop=True)


def next_step(service: Service, language: Language) -> str:
    """What to do first: the overdue, then what falls due, then who fell furthest."""
    for key, table in (("overdue", service.overdue()), ("soon", service.due_within(24))):
        if len(table):
            name = service.by[0]
            counts = table[name].astype("str").value_counts() if name in table else pd.Series(dtype="int64")
            counts = counts[[service.shown(number) for number in counts]]
            whole = scope_name(service, language)
            segment, records = (str(counts.index[0]), int(counts.iloc[0])) if len(counts) else (whole, len(table))
            return say(f"service_next.{key}", language, segment=segment, count=_few(service, records, language))
    return say("service_next.nothing", language)


def fallen(service: Service) -> list[dict[str, Any]]:
    """The segments whose share in time fell by more than chance and differing days would do, the furthest first."""
    table = service.segments
    if table.empty or "rate_before" not in table:
        return []
    known = open_rows(service, table[table["rate_before"].notna()])
    known = known[[service.shown(int(number)) for number in known["denominator_before"]]]
    change = known["rate"] - known["rate_before"]
    half = (((known["high"] - known["low"]) / 2) ** 2 + ((known["high_before"] - known["low_before"]) / 2) ** 2) ** 0.5
    # As many segments as there are want as many chances left out: the bound of all of them together.
    wide = half * _widened(len(known))
    found = known.assign(change=change, change_low=change - half, change_high=change + half)
    found = found[(change < -MATERIAL) & (change + wide < 0)]
    late = (found["rate_before"] - found["rate"]) * found["denominator"]
    return rows_of(found.assign(lost=late).sort_values("lost", ascending=False))[:MOST]


def _widened(looks: int) -> float:
    """How much wider an interval of 95 % has to be so that of so many none is left by chance in 95 %."""
    return float(ndtri(1 - 0.025 / max(looks, 1)) / ndtri(0.975))


def pauses_rose(service: Service) -> dict[str, Any] | None:
    """Pauses now and before, where they rose by much and not by chance."""
    rows = service.shares[service.shares["measure"] == "paused_share"]
    if rows.empty:
        return None
    row = rows_of(rows)[0]
    if pd.isna(row["rate_before"]) or not service.shown(int(row["denominator"])):
        return None
    rose = row["rate"] > PAUSES_UP * row["rate_before"] and row["low"] > row["high_before"]
    return row if rose else None


def pauses(service: Service, language: Language) -> str:
    """The share with a pause, and nine in ten gross and net."""
    rows = service.shares[service.shares["measure"] == "paused_share"]
    times = service.times.set_index(["measure", "side"])["p90"] if len(service.times) else pd.Series(dtype="float64")
    if rows.empty or ("net_turnaround", "now") not in times.index or ("turnaround", "now") not in times.index:
        return ""
    row = rows_of(rows)[0]
    told = {"now": row["rate"], "before": row["rate_before"]}
    spans = {"gross": "turnaround", "net": "net_turnaround"}
    return say(
        "why.pauses",
        language,
        **{name: "–" if pd.isna(value) else share(float(value), language) for name, value in told.items()},
        **{name: duration(float(times.get((of, "now"), float("nan"))), language) for name, of in spans.items()},
        **{
            f"{name}_before": duration(float(times.get((of, "before"), float("nan"))), language)
            for name, of in spans.items()
        },
    )


def touching(service: Service, row: Mapping[str, Any]) -> list["pd.Series"]:
    """The known events of these weeks that can have touched a segment."""
    found = []
    for event in rows_of(service.events):
        own = {name: str(row[name]) for name in service.by if name in row}
        if all(own[name] in values for name, values in event["reach"].items() if name in own):
            found.append(pd.Series(event))
    return found


def conclude(service: Service, wanted: Sequence[Language]) -> list[Finding]:
    """The findings: promises missed, segments that fell, promises kept by pausing."""
    found = [_missed(service, row, wanted) for row in missed(service)[:2]]
    found += [_fell(service, place, row, wanted) for place, row in enumerate(fallen(service), 1)]
    if (row := pauses_rose(service)) is not None:
        found.append(_paused(service, row, wanted))
    return found or [_quiet(service, wanted)]


def _finding(service: Service, id_: str, grade: Grade, told: dict[Language, Told], owner: str = "") -> Finding:
    return Finding(id_, grade, told, _check_on(service), owner=owner, grades="grade_of_promise")


def _check_on(service: Service) -> date:
    return service.last + CHECK_AFTER


def _ruled_out(language: Language) -> list[str]:
    return [say(f"service_finding.{key}", language) for key in ("not_open", "not_pauses", "not_calendar")]


def _missed(service: Service, row: Mapping[str, Any], wanted: Sequence[Language]) -> Finding:
    told = {}
    for language in wanted:
        numbers = {name: share(float(row[name]), language) for name in ("rate", "target")}
        gap = points(float(row["rate"] - row["target"]), language).lstrip("+-−")
        told[language] = Told(
            claim=say(
                "service_finding.missed", language, what=promise(row, language), gap=gap, days=str(NEWEST), **numbers
            ),
            size=_size(row, language),
            segment=promise(row, language),
            next_step=next_step(service, language),
            ruled_out=_ruled_out(language),
            evidence=promise_cells(service, language),
        )
    name = f"missed_{row['subject_type']}_{row['clock']}"
    return _finding(service, name, "confirmed", told, str(row["target_owner"] or ""))


def _size(row: Mapping[str, Any], language: Language) -> str:
    late = int(row["denominator"]) - int(row["numerator"])
    return say(
        "service_finding.size", language, late=count(late, language), due=count(int(row["denominator"]), language)
    )


def _fell(service: Service, place: int, row: Mapping[str, Any], wanted: Sequence[Language]) -> Finding:
    told = {}
    for language in wanted:
        bounds = {name: points_number(float(row[f"change_{name}"]), language) for name in ("low", "high")}
        size = points(float(row["change"]), language)
        rates = {"rate": share(float(row["rate"]), language), "before": share(float(row["rate_before"]), language)}
        said = [
            say("service_finding.segment", language, segment=row["segment"], points=size, days=str(NEWEST), **rates)
        ]
        said += [
            say("why.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language))
            for event in touching(service, row)[:2]
        ]
        told[language] = Told(
            claim=joined(said, language),
            size=say("service_finding.size_points", language, points=size, **bounds),
            segment=str(row["segment"]),
            next_step=say("service_next.segment", language, segment=row["segment"], date=day(service.start, language)),
            ruled_out=_ruled_out(language),
            evidence=segment_cells(service, pd.DataFrame([row]), language),
        )
    return _finding(service, f"segment_{place}", "likely", told)


def _paused(service: Service, row: Mapping[str, Any], wanted: Sequence[Language]) -> Finding:
    times = service.times.set_index(["measure", "side"])["p90"]
    told = {}
    for language in wanted:
        rates = {"now": share(float(row["rate"]), language), "before": share(float(row["rate_before"]), language)}
        spans = {
            "gross": duration(float(times.get(("turnaround", "now"), float("nan"))), language),
            "gross_before": duration(float(times.get(("turnaround", "before"), float("nan"))), language),
        }
        change = float(row["rate"] - row["rate_before"])
        bounds = {
            "low": points_number(float(row["low"] - row["high_before"]), language),
            "high": points_number(float(row["high"] - row["low_before"]), language),
        }
        told[language] = Told(
            claim=say("service_finding.paused", language, **rates, **spans),
            size=say("service_finding.size_points", language, points=points(change, language), **bounds),
            segment=say("clock.decide", language),
            next_step=say("why.pauses_up", language),
            ruled_out=[say("service_finding.not_calendar", language)],
            evidence=time_cells(service, measures(language), language),
        )
    return _finding(service, "pauses", "likely", told)


def measures(language: Language) -> dict[str, str]:
    """The metrics of times by name."""
    zh = "zh" if language == "zh-CN" else "en"
    return {name: metric(name).name[zh] for name in ("turnaround", "net_turnaround", "time_to_reinstate")}


def _quiet(service: Service, wanted: Sequence[Language]) -> Finding:
    told = {}
    for language in wanted:
        row = main_row(service)
        told[language] = Told(
            claim=say("service_finding.quiet", language, days=str(NEWEST)),
            size=_size(row, language) if row else "–",
            segment=promise(row, language) if row else "–",
            next_step=next_step(service, language),
            ruled_out=_ruled_out(language),
            evidence=promise_cells(service, language),
        )
    return _finding(service, "kept", "confirmed", told)
