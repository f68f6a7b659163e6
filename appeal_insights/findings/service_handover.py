"""The hand-over to the next shift: open P0 and P1, what falls due, what is overdue, what changed, who owns it."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings import service_told as told
from appeal_insights.findings.naming import scope_name
from appeal_insights.findings.service_exhibits import MOST_LISTED, URGENT, _groups
from appeal_insights.findings.service_held import Service
from appeal_insights.findings.shown import Exhibit
from appeal_insights.language import Language, count, instant, say

SINCE = timedelta(hours=12)
DESKS = {"london": "Europe/London", "shanghai": "Asia/Shanghai"}


def handover(service: Service, language: Language) -> list[Exhibit]:
    """One page: what is open and urgent, due or overdue; what changed; owner and next step."""
    title = say("handover.title", language, scope=scope_name(service, language), as_of=instant(service.as_of, language))
    at = {
        desk: service.as_of.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).strftime("%H:%M")
        for desk, zone in DESKS.items()
    }
    notes = [
        say("handover.clocks", language, **at),
        told.open_now(service, language),
        _changed(service, language),
        _owners(service, language),
        say("service.next_step", language, step=told.next_step(service, language)),
    ]
    parts = [Exhibit("handover", language, title, [note for note in notes if note])]
    return [*parts, *_tickets(service, language), *_due(service, language)]


def _tickets(service: Service, language: Language) -> list[Exhibit]:
    """The open tickets that cannot wait; one by one for an analyst."""
    opened = service.open
    urgent = opened[(opened["subject_type"] == "ticket") & opened["severity"].astype("str").isin(URGENT)]
    each = urgent.drop_duplicates("record_id")
    if each.empty:
        return [Exhibit("urgent", language, notes=[say("handover.none_urgent", language)])]
    late = urgent[urgent["left_seconds"] <= 0]["record_id"].nunique()
    title = say("handover.urgent", language, count=count(len(each), language), overdue=count(late, language))
    if service.audience != "analyst":
        return [Exhibit("urgent", language, title)]
    return [Exhibit("urgent", language, title, cells=cells.case_cells(urgent.sort_values("left_seconds"), language))]


def _due(service: Service, language: Language) -> list[Exhibit]:
    """Overdue and due in the next eight hours, by promise; one by one for an analyst."""
    late, soon = service.overdue(), service.due_within(8)
    notes = [
        say("handover.overdue", language, count=cells.held(service, len(late), language)),
        say("handover.soon", language, count=cells.held(service, len(soon), language)),
    ]
    if service.audience != "analyst":
        notes.append(say("handover.few_hidden", language, smallest=str(SMALLEST_SHOWN)))
    groups = _groups(service, service.open, language)
    parts = [Exhibit("due", language, notes=notes, cells=cells.risk_cells(service, groups, language))] if groups else []
    listed = service.open[service.open["left_seconds"] <= 8 * cells.HOUR].sort_values("left_seconds").head(MOST_LISTED)
    if service.audience == "analyst" and len(listed):
        title = say("at_risk.list_title", language, count=str(len(listed)))
        parts.append(Exhibit("due_list", language, title, cells=cells.case_cells(listed, language)))
    return parts


def _changed(service: Service, language: Language) -> str:
    """What came, what went and what fell overdue since the shift before."""
    told_of = {}
    for kind in ("came", "went", "broke"):
        records = service.changed.loc[service.changed["kind"] == kind, "records"].sum()
        told_of[kind] = cells.held(service, records, language)
    return say("handover.changed", language, since=instant(service.as_of - SINCE, language), **told_of)


def _owners(service: Service, language: Language) -> str:
    """Who answers for the promises that were missed, else for the first of them."""
    rows = told.missed(service) or [row for row in [told.main_row(service)] if row]
    owners = dict.fromkeys(str(row["target_owner"]) for row in rows if isinstance(row["target_owner"], str))
    return say("handover.owner", language, owner=", ".join(owners)) if owners else ""
