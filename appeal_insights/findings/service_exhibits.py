"""A review of service levels as exhibits: promises, where not, what is at risk, how long it takes, who was there."""

from collections.abc import Sequence

import pandas as pd

from appeal_insights.disclosure import SMALLEST_SHOWN
from appeal_insights.findings import service_cells as cells
from appeal_insights.findings import service_told as told
from appeal_insights.findings.gate_exhibit import exhibit as gate_exhibit
from appeal_insights.findings.naming import event_title, inline_label, rows_of, scope_name
from appeal_insights.findings.service_counts import held, hidden_of, open_counts, ticket_counts
from appeal_insights.findings.service_held import KIND, NEWEST, Service
from appeal_insights.findings.shown import Cells, Code, Exhibit
from appeal_insights.language import Language, count, day, instant, say
from appeal_insights.metrics.metric import metric

MOST_SEGMENTS = 15
MOST_LISTED = 50
URGENT = ("P0", "P1")


def summary(service: Service, language: Language) -> list[Exhibit]:
    """The first screen: is the promise kept, what else is not, what is open, what next."""
    heading = say(
        "service.heading",
        language,
        scope=scope_name(service, language),
        start=day(service.start, language),
        end=day(service.last, language),
        as_of=instant(service.as_of, language),
    )
    row = told.main_row(service)
    notes = [told.joined(told.kept(service, row, language), language)] if row else []
    notes += [told.furthest(service, language), told.others(service, language), told.open_now(service, language)]
    notes.append(say("service.next_step", language, step=told.next_step(service, language)))
    return [Exhibit("summary", language, heading, [note for note in notes if note])]


def promises(service: Service, language: Language) -> list[Exhibit]:
    """Every kind of promise."""
    title = say("promises.title", language, days=str(NEWEST))
    notes = [say("promises.note", language)]
    return [Exhibit("promises", language, title, notes, cells=cells.promise_cells(service, language))]


def segments(service: Service, language: Language) -> list[Exhibit]:
    """Where the most were late."""
    if service.segments.empty:
        return []
    away = hidden_of(service, service.segments[["denominator"]], totals=True)["denominator"].to_numpy()
    known = told.worst(service.segments[~away])
    if (service.segments["denominator"] - service.segments["numerator"]).sum() == 0:
        title = say("where_not.title_none", language)
    elif len(known) and known["late"].iloc[0] > 0:
        title = say("where_not.title", language, segment=str(known["segment"].iloc[0]))
    else:
        title = say("where_not.title_hidden", language)
    notes = [say("where_not.note", language, days=str(NEWEST), smallest=str(SMALLEST_SHOWN))]
    rows = cells.segment_cells(service, known.head(MOST_SEGMENTS), language)
    return [Exhibit("segments", language, title, notes, cells=rows)]


def why(service: Service, language: Language) -> list[Exhibit]:
    """Pauses, events and hours beside what was late."""
    notes = [say("why.note", language), told.pauses(service, language)]
    seen = {event["event_id"]: event for row in told.fell(service) for event in told.touching(service, row)[:1]}
    notes += [
        say("why.event", language, event=event_title(event, language), day=day(event["starts_on"].date(), language))
        for event in seen.values()
    ]
    parts = [Exhibit("why", language, notes=[note for note in notes if note])]
    if len(service.pauses.rows):
        rows = service.pauses.rows.assign(segment=[told.place(row) for row in rows_of(service.pauses.rows)])
        title, notes = say("why.pauses_rose", language), [say("why.pauses_up", language)]
        parts.append(Exhibit("pauses", language, title, notes, cells=cells.pause_cells(service, rows, language)))
    if len(service.staffing):
        title = say("why.staff_title", language)
        parts.append(Exhibit("staffing", language, title, cells=cells.staff_cells(service, language)))
    else:
        parts.append(Exhibit("staffing", language, notes=[say("why.no_staff", language)]))
    return parts


def groups_of(service: Service, table: pd.DataFrame, language: Language) -> list[tuple[str, pd.DataFrame]]:
    return [
        (cells.promise(dict(zip(KIND, kind, strict=True)), language), part)
        for kind, part in table.groupby(KIND, sort=True, observed=True)
    ]


def at_risk(service: Service, language: Language) -> list[Exhibit]:
    """What is overdue, and what falls due in the next hours."""
    if service.open.empty:
        return [Exhibit("at_risk", language, notes=[say("service.none", language)])]
    numbers = open_counts(service, language)
    numbers = {"overdue": numbers["overdue"], "soon": numbers["in_48"]}
    title = say("at_risk.title", language, hours="48", **numbers)
    rows = cells.risk_cells(service, groups_of(service, service.open, language), language)
    parts = [Exhibit("at_risk", language, title, [say("at_risk.note", language)], cells=rows)]
    name = service.by[0]
    main = service.main(service.open)
    if len(main):
        by = [(str(value), part) for value, part in main.groupby(name, sort=True, observed=True)]
        by.sort(key=lambda one: -int((one[1]["left_seconds"] <= 48 * cells.HOUR).sum()))
        what = {"what": cells.promise(rows_of(main)[0], language), "dimension": inline_label(service, name, language)}
        rows = cells.risk_cells(service, by, language, head="segment", totals=True, most=MOST_SEGMENTS)
        parts.append(Exhibit("at_risk_by", language, say("at_risk.by_title", language, **what), cells=rows))
    return [*parts, _listed(service, language)]


def _listed(service: Service, language: Language) -> Exhibit:
    if service.audience != "analyst":
        return Exhibit("at_risk_list", language, notes=[say("at_risk.list_hidden", language)])
    due = service.open[service.open["left_seconds"].notna()].sort_values("left_seconds").head(MOST_LISTED)
    title = say("at_risk.list_title", language, count=str(len(due)))
    return Exhibit("at_risk_list", language, title, cells=cells.case_cells(due, language))


def backlog(service: Service, language: Language) -> list[Exhibit]:
    """What is open, by week and by age; and how many days of work that is."""
    if service.flows.empty:
        return [Exhibit("backlog", language, notes=[say("service.none", language)])]
    flows = service.flows.sort_values("period")
    lies = int(flows["open_at_end"].iloc[-1])
    daily = float(flows["closed"].tail(4).mean()) / 7
    number = held(service, lies, language)
    title = (
        say("backlog_of.title", language, open=number, days=f"{lies / daily:.1f}")
        if daily > 0
        else say("backlog_of.title_stuck", language, open=number, days=str(NEWEST))
    )
    lost = int(flows["unexplained"].abs().sum())
    note = say("backlog_of.broken", language, count=count(lost, language)) if lost else say("backlog_of.note", language)
    parts = [Exhibit("backlog", language, title, [note], cells=cells.flow_cells(service, language))]
    if len(service.ageing):
        ages = say("backlog_of.ages_title", language)
        parts.append(Exhibit("ageing", language, ages, cells=cells.age_cells(service, language)))
    return parts


def waits(service: Service, language: Language) -> list[Exhibit]:
    """How long it takes: open cases counted as open, gross beside net, and what comes back."""
    parts = []
    if len(service.waits):
        title, notes = say("waits_of.title", language), [say("waits_of.note", language)]
        parts.append(Exhibit("waits", language, title, notes, cells=cells.wait_cells(service, language)))
    if len(service.times):
        title, notes = say("waits_of.times_title", language), [say("waits_of.times_note", language)]
        rows = cells.time_cells(service, told.measures(language), language)
        parts.append(Exhibit("times", language, title, notes, cells=rows))
    if len(service.shares):
        zh = "zh" if language == "zh-CN" else "en"
        names = {name: metric(name).name[zh] for name in service.shares["measure"]}
        rows = cells.share_cells(service, service.shares, names, "measure", language)
        parts.append(Exhibit("shares", language, say("waits_of.shares_title", language), cells=rows))
    return parts or [Exhibit("waits", language, notes=[say("service.none", language)])]


def on_call(service: Service, language: Language) -> list[Exhibit]:
    """The on-call desk: tickets, hours of the week, incidents."""
    table = service.tickets
    if table.empty:
        return [Exhibit("on_call", language, notes=[say("service.none", language)])]
    numbers, _ = ticket_counts(service, language)
    audited = int(table["audited"].iloc[0])
    title, notes = say("on_call.title", language, **numbers), [say("on_call.note", language)]
    if audited and service.shown(audited):
        audits = {name: count(int(table[name].iloc[0]), language) for name in ("right", "audited")}
        notes.append(say("on_call.audits", language, **audits))
    parts = [Exhibit("on_call", language, title, notes, cells=cells.ticket_cells(service, language))]
    shifts = cells.shift_cells(service, language)
    if shifts.rows:
        title, notes = say("on_call.shifts_title", language), [say("on_call.shifts_note", language)]
        parts.append(Exhibit("shifts", language, title, notes, cells=shifts))
    if len(service.hours):
        parts.append(_hours(service, language))
    if len(service.incidents):
        title, notes = say("on_call.incidents_title", language), [say("on_call.incidents_note", language)]
        parts.append(Exhibit("incidents", language, title, notes, cells=cells.incident_cells(service, language)))
    return parts


def _hours(service: Service, language: Language) -> Exhibit:
    fullest = service.hours.sort_values("numerator", ascending=False).iloc[0]
    hour = int(fullest["created_hour"])
    name = {
        "weekday": say(f"on_call.weekday_{fullest['created_weekday']}", language),
        "hours": f"{hour:02d}:00–{hour + 1:02d}:00",
    }
    notes = [say("on_call.hours_note", language, **name)]
    return Exhibit(
        "hours", language, say("on_call.hours_title", language), notes, cells=cells.hour_cells(service, language)
    )


def statutory(service: Service, language: Language) -> list[Exhibit]:
    """What the law wants to know."""
    table = service.statutory
    if table.empty:
        return [Exhibit("statutory", language, notes=[say("service.none", language)])]
    names = {rule: say(f"statutory_of.{rule}", language) for rule in table["rule"]}
    rows = cells.share_cells(service, table, names, "rule", language)
    title, notes = say("statutory_of.title", language), [say("statutory_of.note", language)]
    return [Exhibit("statutory", language, title, notes, cells=rows)]


def limits(service: Service, language: Language) -> list[Exhibit]:
    """What was not looked at."""
    keys = ("calendar", "gross", "scope", "reopened", "no_policy", "complex")
    return [Exhibit("limits", language, notes=[say(f"service_limits.{key}", language) for key in keys])]


def about(service: Service, language: Language) -> list[Exhibit]:
    """The data's date and fingerprint, the definition, and what was checked of the records."""
    of, zh = service.metric, "zh" if language == "zh-CN" else "en"
    version = {"name": of.name[zh], "version": str(service.definition), "asks": of.asks[zh]}
    said = {
        "data": service.store,
        "as_of": instant(service.as_of, language),
        "periods": f"{day(service.start, language)} – {day(service.last, language)}",
        "scope": scope_name(service, language),
        "definition": say("about.version", language, **version),
        "source": of.source,
        "audience": say(f"about.{service.audience}", language, smallest=str(SMALLEST_SHOWN)),
        "fingerprint": str(service.fingerprint),
    }
    rows = [[say(f"about.{key}", language), value] for key, value in said.items() if value]
    heads = [("item", say("about.item", language), "left"), ("value", say("about.value", language), "left")]
    table = Exhibit("about", language, say("about.title", language), cells=Cells(heads, rows))
    return [table, gate_exhibit(service.gate, language)]


def queries(service: Service, language: Language) -> Sequence[Code]:
    """Every query that was asked, each text once."""
    unique = {asked.text: asked for asked in service.asked}.values()
    return [
        Code(language, say("about.query", language, name=asked.what, rows=count(asked.rows, language)), asked.text)
        for asked in unique
    ]
