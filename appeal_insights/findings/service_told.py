"""What a review of service levels says, in whole sentences of either language."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings.cells import NOTHING
from appeal_insights.findings.naming import rows_of
from appeal_insights.findings.service_cells import duration, promise, was_shown
from appeal_insights.findings.service_counts import cases_of, open_counts
from appeal_insights.findings.service_held import KIND, NEWEST, Service
from appeal_insights.language import Language, count, say, share
from appeal_insights.metrics.metric import metric
from appeal_insights.records.contract import contract

SPANS = ("gross", "gross_before", "net", "net_before")  # within which nine in ten were decided, in seconds


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
    before = share(float(row["rate_before"]), language) if was_shown(service, row) else NOTHING
    told = {name: share(float(row[name]), language) for name in ("rate", "low", "high")}
    said = [
        say(
            "service.kept",
            language,
            what=promise(row, language),
            days=str(NEWEST),
            before=before,
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
    """The promises that missed their target, the most late first; of too few records none is told."""
    rows = open_rows(service, service.promises[service.promises["met"] == "missed"])
    late = rows["denominator"] - rows["numerator"]
    return rows_of(rows.assign(late=late).sort_values("late", ascending=False))


def others(service: Service, language: Language) -> str:
    """How the other promises stand against their targets."""
    first = main_row(service) or {}

    def other(row: Mapping[str, Any]) -> bool:
        return any(row[name] != first.get(name) for name in KIND)

    rest = [row for row in rows_of(open_rows(service, service.promises)) if other(row) and row["met"] != "none"]
    late = [row for row in missed(service) if other(row)]
    if not rest:
        return ""
    if not late:
        return say("service.others_met", language, count=str(len(rest)))
    told = {"count": str(len(rest)), "missed": str(len(late)), "worst": promise(late[0], language)}
    return say("service.others", language, **told)


def fell(service: Service) -> list[dict[str, Any]]:
    """The segments whose share in time fell by more than routine and has not come back, those with most lost first."""
    found = [row for falls in (service.falls, service.ticket_falls) for row in rows_of(falls.rows)]
    owners = {tuple(row[name] for name in KIND): row["target_owner"] for row in rows_of(service.promises)}
    found = [{**row, "target_owner": owners.get(tuple(row[name] for name in KIND))} for row in found]
    return sorted(found, key=lambda row: (-row["lost"], row["clock"] != "decide"))


def short(service: Service) -> list[dict[str, Any]]:
    """Promises to tickets of one severity that missed the target by more than chance and differing days would do."""
    found = []
    for row in rows_of(service.tickets):
        for name, clock in (("ack", "acknowledge"), ("resolve", "resolve")):
            own = {key.removeprefix(f"{name}_"): value for key, value in row.items() if key.startswith(f"{name}_")}
            due = own.get("denominator", 0)
            if pd.isna(due) or not due or not service.shown(float(due)) or own["target_direction"] != "at_least":
                continue
            if own["high"] < own["target"]:
                found.append({"subject_type": "ticket", "clock": clock, "severity": row["severity"], **own})
    return found


def slowest(service: Service, severity: str) -> dict[str, Any] | None:
    """The shift that is slowest to take tickets of a severity on, with the quickest beside it; none of too few."""
    table = service.shifts
    known = [row for row in rows_of(table) if row["severity"] == severity and service.shown(float(row["records"]))]
    known.sort(key=lambda row: row["p50"])
    return {**known[-1], "quickest": known[0]["p50"]} if len(known) > 1 else None


def narrowed(row: Mapping[str, Any]) -> dict[str, str]:
    """The dimensions that make a segment that fell or rose, with their values."""
    names = dict.fromkeys([*contract("clocks").dimensions, *contract("tickets").dimensions])
    return {name: str(row[name]) for name in names if name not in KIND and row.get(name) not in (None, "")}


def place(row: Mapping[str, Any]) -> str:
    """What such a segment is called: the values that narrow it."""
    return " · ".join(narrowed(row).values())


def segment(row: Mapping[str, Any], language: Language) -> str:
    """A segment with the promise that it is of."""
    what, where = promise(row, language), place(row)
    return say("service_finding.place", language, what=what, segment=where) if where else what


def touching(service: Service, row: Mapping[str, Any]) -> list["pd.Series[Any]"]:
    """The known events that can have touched a segment and had begun, those that name more of it first.

    An event that names only dimensions that the segment does not have says nothing about it.
    """
    found = []
    for event in rows_of(service.events):
        own = {name: value for name, value in narrowed(row).items() if name in event["reach"]}
        fits = all(value in event["reach"][name] for name, value in own.items())
        if event["starts_on"].date() < service.end and fits and (own or not event["reach"]):
            found.append((len(own), event["starts_on"], pd.Series(event)))
    return [event for *_, event in sorted(found, key=lambda one: one[:2], reverse=True)]


def furthest(service: Service, language: Language) -> str:
    """The segment that fell furthest, and how many did."""
    found = fell(service)
    if not found:
        return ""
    row = found[0]
    told = {"segment": segment(row, language)}
    told |= {name: share(float(row[name]), language) for name in ("rate", "rate_before")}
    return say("service.furthest", language, count=str(len(found)), **told)


def open_now(service: Service, language: Language) -> str:
    """What is open by when it falls due, in cases."""
    return say("service.open", language, **open_counts(service, language))


def worst(table: pd.DataFrame) -> pd.DataFrame:
    """Segments by how many were late."""
    late = table["denominator"] - table["numerator"]
    return table.assign(late=late).sort_values(["late", "segment"], ascending=[False, True], ignore_index=True)


def open_rows(service: Service, table: pd.DataFrame) -> pd.DataFrame:
    """The rows whose number of records may be shown."""
    shown = pd.Series([service.shown(int(number)) for number in table["denominator"]], table.index, dtype=bool)
    return table[shown].reset_index(drop=True)


def next_step(service: Service, language: Language) -> str:
    """What to do first: the overdue, then what falls due, and where most of it lies."""
    for key, table in (("overdue", service.overdue()), ("soon", service.due_within(24))):
        table, name = cases_of(table), service.by[0]
        if table.empty:
            continue
        number = open_counts(service, language)["overdue" if key == "overdue" else "in_24"]
        counts = table[name].astype("str").value_counts() if name in table else pd.Series(dtype="int64")
        if len(counts) > 1 and service.shown(int(counts.iloc[0])):
            return say(f"service_next.{key}_most", language, count=number, segment=str(counts.index[0]))
        return say(f"service_next.{key}", language, count=number)
    return say("service_next.nothing", language)


def pauses(service: Service, language: Language) -> str:
    """The share with a pause, and nine in ten gross and net."""
    rows = service.shares[service.shares["measure"] == "paused_share"]
    times = service.times.set_index(["measure", "side"])["p90"] if len(service.times) else pd.Series(dtype="float64")
    if rows.empty or ("net_turnaround", "now") not in times.index or ("turnaround", "now") not in times.index:
        return ""
    row = rows_of(rows)[0]
    if not service.shown(int(row["denominator"])):
        return ""
    told = {"now": row["rate"], "before": row["rate_before"] if was_shown(service, row) else None}
    spans = {"gross": "turnaround", "net": "net_turnaround"}
    return say(
        "why.pauses",
        language,
        **{name: NOTHING if pd.isna(value) else share(float(value), language) for name, value in told.items()},
        **{name: duration(float(times.get((of, "now"), float("nan"))), language) for name, of in spans.items()},
        **{
            f"{name}_before": duration(float(times.get((of, "before"), float("nan"))), language)
            for name, of in spans.items()
        },
    )


def measures(language: Language) -> dict[str, str]:
    """The metrics of times by name."""
    zh = "zh" if language == "zh-CN" else "en"
    return {name: metric(name).name[zh] for name in ("turnaround", "net_turnaround", "time_to_reinstate")}
