"""The hand-over to the next shift: open P0 and P1, what falls due, what is overdue, what changed, who owns it."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings import service_told as told
from appeal_insights.findings.naming import rows_of, scope_name
from appeal_insights.findings.service_counts import cases_of, held
from appeal_insights.findings.service_exhibits import URGENT, groups_of
from appeal_insights.findings.service_held import KIND, Service
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, count, instant, say

SINCE = timedelta(hours=12)
DESKS = {"london": "Europe/London", "shanghai": "Asia/Shanghai"}
SOON = 8  # hours
MOST_URGENT, MOST_DUE = 5, 6  # rows of each list: the page is one sheet of paper
CLOSES = {"appeal": "decide", "ticket": "resolve", "dispute": "decide"}  # the promise that is open as long as the case


def handover(service: Service, language: Language) -> list[Exhibit]:
    """One page: what is open and urgent, due or overdue; what changed; owner and next step."""
    at = {
        desk: service.as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")
        for desk, zone in DESKS.items()
    }
    as_of = instant(service.as_of, language)
    title = say("handover.title", language, scope=scope_name(service, language), as_of=as_of, **at)
    notes = [
        _urgent(service, language),
        told.open_now(service, language),
        _changed(service, language),
        _owners(service, language),
        say("service.next_step", language, step=told.next_step(service, language)),
    ]
    parts = [Exhibit("handover", language, title, [note for note in notes if note])]
    return [*parts, *_tickets(service, language), *_due(service, language)]


def _urgent(service: Service, language: Language) -> str:
    """How many tickets cannot wait."""
    each = _open_urgent(service)
    if each.empty:
        return say("handover.none_urgent", language)
    number, late = (len(cases_of(table)) for table in (each, each[each["left_seconds"] <= 0]))
    told_of = {"count": held(service, number, language)}
    told_of["overdue"] = held(
        service, late, language, hidden=service.shown(number) and not service.shown(number - late)
    )
    return say("handover.urgent", language, **told_of)


def _open_urgent(service: Service) -> pd.DataFrame:
    opened = service.open
    if opened.empty:
        return opened
    return opened[(opened["subject_type"].astype("str") == "ticket") & opened["severity"].astype("str").isin(URGENT)]


def _tickets(service: Service, language: Language) -> list[Exhibit]:
    """The open tickets that cannot wait, one by one, for an analyst."""
    each = _open_urgent(service).sort_values("left_seconds")
    if each.empty or service.audience != "analyst":
        return []
    title = say("handover.urgent_title", language)
    return [Exhibit("urgent", language, title, cells=cells.case_cells(each.head(MOST_URGENT), language))]


def _due(service: Service, language: Language) -> list[Exhibit]:
    """Overdue and due soon, by promise; one by one for an analyst."""
    groups = groups_of(service, service.open, language)
    if not groups:
        return []
    analyst = service.audience == "analyst"
    notes = [] if analyst else [say("handover.few_hidden", language, smallest=str(SMALLEST_SHOWN))]
    title = say("handover.due_title", language)
    parts = [Exhibit("due", language, title, notes, cells=cells.risk_cells(service, groups, language))]
    due = service.open[service.open["left_seconds"] <= SOON * cells.HOUR].sort_values("left_seconds")
    if analyst and len(due):
        listed = due.head(MOST_DUE)
        told_of = {"count": count(len(listed), language), "all": count(len(due), language), "hours": str(SOON)}
        title = say("handover.list_title", language, **told_of)
        parts.append(Exhibit("due_list", language, title, cells=cells.case_cells(listed, language)))
    return parts


def _changed(service: Service, language: Language) -> str:
    """How many cases came and went, and how many promises were broken, since the shift before."""
    table = service.changed
    told_of = {
        "came": _cases(service, "came"),
        "went": _cases(service, "went"),
        "broke": int(table.loc[table["kind"] == "broke", "records"].sum()),
    }
    numbers = {kind: held(service, number, language) for kind, number in told_of.items()}
    return say("handover.changed", language, since=instant(service.as_of - SINCE, language), **numbers)


def _cases(service: Service, kind: str) -> int:
    """Cases, not promises: by the promise that closes the case, else by the one with most."""
    rows = service.changed[service.changed["kind"] == kind]
    promised = set(service.promises[KIND].astype("str").itertuples(index=False, name=None))
    total = 0
    for subject, part in rows.groupby(rows["subject_type"].astype("str")):
        sums = part.groupby(part["clock"].astype("str"))["records"].sum()
        closes = CLOSES[str(subject)]
        total += int(sums.get(closes, 0) if (subject, closes) in promised else sums.max())
    return total


def _owners(service: Service, language: Language) -> str:
    """Who answers for the promises that are broken or soon will be."""
    due = service.open[service.open["left_seconds"] <= SOON * cells.HOUR]
    kinds = set(due[KIND].astype("str").itertuples(index=False, name=None))
    rows = [row for row in rows_of(service.promises) if (str(row["subject_type"]), str(row["clock"])) in kinds]
    owners = dict.fromkeys(row["target_owner"] for row in rows if isinstance(row["target_owner"], str))
    return say("handover.owner", language, owner="; ".join(owners)) if owners else ""
