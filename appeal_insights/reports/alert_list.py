"""The list of alerts as lines for a person and as one object for a scheduler."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from appeal_insights.findings import alerts_told as told
from appeal_insights.findings.alerts_held import Alert, Checked
from appeal_insights.language import LANGUAGES, Language, day, say
from appeal_insights.reports.alert_ledger import Told

SCHEMA = 1  # of the object: a change of meaning is a new number
INDENT = "    "
NEWS_CODE = 2  # the exit code where there is something new or worse


def exit_code(found: Sequence[Told]) -> int:
    """2 where something is new or worse, else 0. (1 is an error's.)"""
    return NEWS_CODE if any(one.is_news for one in found) else 0


def lines(checked: Checked, found: Sequence[Told], language: Language, *, most: int) -> list[str]:
    """What is new or worse in full, what stands in a line each, how many are muted, and how much was looked at."""
    news = [one for one in found if one.is_news or one.is_first]
    shown = [line for one in news[:most] for line in _full(one, language)]
    if len(news) > most:
        shown.append(say("alerts.more", language, count=str(len(news) - most)))
    shown = shown or [say("alerts.nothing", language)]
    for state in ("standing", "acknowledged", "gone"):
        listed = [one for one in found if one.state == state and one not in news]
        shown += [_short(one, language) for one in listed[:most]]
        if len(listed) > most:
            shown.append(say("alerts.more", language, count=str(len(listed) - most)))
    muted = sum(one.state == "muted" for one in found)
    if muted:
        shown.append(say("alerts.muted_count", language, count=str(muted)))
    shown += [told.looked_at(checked, language), *told.unjudged(checked.unjudged, language)]
    return [INDENT + told.visible(line) if line.startswith(INDENT) else told.visible(line) for line in shown]


def _full(one: Told, language: Language) -> list[str]:
    alert = one.alert
    assert alert is not None
    state = say(f"alerts.state.{one.state}", language)
    extra = told.counted(alert, language)
    rest = [say("alerts.since", language, day=told.since(alert, language))]
    rest += [extra] if extra else []
    rest += [say(f"alerts.why.{one.why}", language)] if one.why else []
    return [
        say("alerts.subject", language, state=state, what=told.headline(alert, language)),
        *(f"{INDENT}{line}" for line in (*rest, told.sureness(alert, language), told.owner(alert, language))),
        f"{INDENT}{told.next_step(alert, language)}",
        f"{INDENT}{one.key}",
    ]


def _short(one: Told, language: Language) -> str:
    what = told.headline(one.alert, language) if one.alert else one.key
    since = say("alerts.since", language, day=told.since(one.alert, language)) if one.alert else ""
    line = say("alerts.subject", language, state=say(f"alerts.state.{one.state}", language), what=what)
    who = _who(one, language)
    return " ".join(filter(None, [line, since, who, f"[{one.key}]" if one.alert else ""]))


def _who(one: Told, language: Language) -> str:
    if one.state == "acknowledged":
        return say("alerts.acknowledged_by", language, by=one.by, note=one.note)
    if one.state == "muted" and one.until:
        return say("alerts.muted_until", language, by=one.by, day=day(date.fromisoformat(one.until), language))
    return ""


def as_object(store: str, checked: Checked, found: Sequence[Told], languages: Sequence[Language]) -> dict[str, Any]:
    """The list as one object: every alert with its state. docs/alerts.md says what each key is."""
    counts = {state: sum(one.state == state for one in found) for state in _STATES}
    return {
        "schema": SCHEMA,
        "store": store,
        "as_of": checked.as_of.isoformat() + "Z",
        "exit_code": exit_code(found),
        "counts": counts,
        "looked_at": {
            "targets": checked.targets,
            "tested": checked.tested,
            "false_signals_at_most": checked.false_signals,
            "series": checked.series,
            "false_alarms_at_most": checked.false_alarms,
        },
        "alerts": [_alert(one, languages) for one in found],
        "not_judged": [
            {"key": one.key, "why": one.why, "text": dict(zip(languages, _each(one, languages), strict=True))}
            for one in checked.unjudged
        ],
    }


_STATES = ("new", "worse", "standing", "acknowledged", "muted", "gone")


def _each(one: Any, languages: Sequence[Language]) -> list[str]:
    return [told.unjudged([one], language)[0] for language in languages]


def _alert(one: Told, languages: Sequence[Language]) -> dict[str, Any]:
    seen = {
        "key": one.key, "state": one.state, "why": one.why, "first_seen": one.first_seen + "Z",
        "last_seen": one.last_seen + "Z", "by": one.by, "note": one.note, "until": one.until,
    }  # fmt: skip
    return seen | (_numbers(one.alert, languages) if one.alert else {})


def _numbers(alert: Alert, languages: Sequence[Language]) -> dict[str, Any]:
    return {
        "kind": alert.kind, "severity": alert.severity, "metric": alert.metric, "scope": alert.scope,
        "since": alert.since.isoformat(), "period": alert.period, "unit": alert.unit, "value": _finite(alert.value),
        "low": _finite(alert.low), "high": _finite(alert.high), "numerator": alert.numerator,
        "denominator": alert.denominator, "before": _finite(alert.before), "target": _finite(alert.target),
        "direction": alert.direction, "p": _finite(alert.p), "owner": alert.owner, "link": alert.link,
        "text": {language: _text(alert, language) for language in LANGUAGES if language in languages},
    }  # fmt: skip


def _text(alert: Alert, language: Language) -> dict[str, str]:
    return {
        "what": told.headline(alert, language),
        "sureness": told.sureness(alert, language),
        "next_step": told.next_step(alert, language),
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
