"""What was told of a store, and who took it on: a ledger beside the store, so that the same thing is told once.

A file of lines, each a JSON object: a look (what was listed at an instant), or an act (acknowledged, muted). The state
of an alert follows from the looks before its own instant, so a look back at an earlier day changes nothing that later
ones said, and the same look done again says the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from appeal_insights.errors import BadInput, BadParameter, did_you_mean
from appeal_insights.findings.alerts_held import Alert, Checked
from appeal_insights.records.lock import locked
from appeal_insights.records.scope import write_scope
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.offline import write_whole

State = Literal["new", "worse", "standing", "acknowledged", "muted", "gone"]
NEWS: tuple[State, ...] = ("new", "worse")
GAP_WORSE = 1.5  # times as far from the target: of a number without an interval that is clearly worse
Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """An alert with its state: when it was first and last listed, why it is back, and who took it on."""

    key: str
    state: State
    first_seen: str
    last_seen: str
    alert: Alert | None  # None of one that is gone
    why: str = ""  # a word under alerts.why
    by: str = ""
    note: str = ""
    until: str = ""
    facts: Mapping[str, Any] | None = None  # what it was compared with from now on
    released: int = -1  # the act that no longer holds

    @property
    def is_news(self) -> bool:
        return self.state in NEWS

    @property
    def is_first(self) -> bool:
        """Whether it is listed for the first time, so that also what has stood for weeks is stated once."""
        return self.state == "standing" and self.first_seen == self.last_seen


def ledger_file(place: Workspace, store: str) -> Path:
    return place.store(store).with_name(f"{store}.alerts.jsonl")


def look(place: Workspace, store: str, checked: Checked, *, of: str) -> list[Told]:
    """The alerts of a look with their states, and the look written down, unless it looks back.

    Takes   of: what the look was restricted to (scope and audience); only looks of the same kind are compared.
    Raises  BadInput   the ledger is damaged, or another process holds it.
    """
    path, moment = ledger_file(place, store), checked.as_of.isoformat()
    with locked(path):
        lines = _read(path)
        looks = [line for line in lines if line["event"] == "look" and line["of"] == of]
        before = max((one for one in looks if one["as_of"] < moment), key=lambda one: str(one["as_of"]), default=None)
        found = _states(checked, before["entries"] if before else {}, lines, moment)
        open_still = {one.key for one in checked.unjudged} & set(before["entries"] if before else ())
        entries = {key: before["entries"][key] for key in sorted(open_still)} if before else {}
        entries |= {one.key: _entry(one) for one in found}
        entry = {"event": "look", "of": of, "as_of": moment, "entries": entries}
        same = [one for one in looks if one["as_of"] == moment][-1:] == [entry]
        if not same and all(one["as_of"] <= moment for one in looks):
            _write(path, [*lines, entry])
    return found


def acknowledge(place: Workspace, store: str, key: str, *, by: str, note: str) -> None:
    """Somebody takes an alert on: it is listed in one line from now on, until it becomes clearly worse or goes away."""
    _act(place, store, key, {"event": "ack", "by": _filled("--by", by), "note": _filled("--note", note)})


def mute(place: Workspace, store: str, key: str, *, until: date, by: str) -> None:
    """Only count an alert up to and including a day, unless it becomes clearly worse."""
    _act(place, store, key, {"event": "mute", "by": _filled("--by", by), "until": until.isoformat()})


def kept(place: Workspace, store: str) -> dict[str, dict[str, Any]]:
    """What the newest look listed, by key: state, first_seen, last_seen, facts, and the acts of it."""
    path = ledger_file(place, store)
    lines = _read(path)
    found: dict[str, dict[str, Any]] = {}
    for line in sorted((one for one in lines if one["event"] == "look"), key=lambda one: str(one["as_of"])):
        for key, entry in line["entries"].items():
            found[key] = {**entry, "as_of": line["as_of"], "acts": []}
    for line in lines:
        if line["event"] != "look" and line["key"] in found:
            found[line["key"]]["acts"].append(line)
    return found


def scope_of(where: Mapping[str, Sequence[str]], audience: str) -> str:
    """What a look is restricted to, in one line."""
    return f"{audience}|{write_scope({name: sorted(where[name]) for name in sorted(where)})}"


def _states(checked: Checked, before: Mapping[str, Any], lines: Lines, moment: str) -> list[Told]:
    acts = _acts(lines, moment)
    found = [_state(alert, before.get(alert.key), acts.get(alert.key), moment) for alert in checked.alerts]
    listed, unjudged = {alert.key for alert in checked.alerts}, {one.key for one in checked.unjudged}
    for key, entry in before.items():
        if key not in listed and entry["state"] != "gone" and key not in unjudged:
            act = acts.get(key, (-1, {}))[0]
            found.append(Told(key, "gone", entry["first_seen"], entry["last_seen"], None, released=act))
    return found


def _acts(lines: Lines, moment: str) -> dict[str, tuple[int, dict[str, Any]]]:
    """The latest act on each key that was made on what was known by then, with its place in the ledger."""
    told = [(place, line) for place, line in enumerate(lines) if line["event"] in ("ack", "mute")]
    return {line["key"]: (place, line) for place, line in told if line["as_of"] <= moment}


def _state(alert: Alert, entry: Mapping[str, Any] | None, act: tuple[int, dict[str, Any]] | None, moment: str) -> Told:
    """What an alert is today: held against what was last told of it, or against what somebody took on."""
    facts, back = facts_of(alert), entry is not None and entry["state"] != "gone"
    seen = (alert.key, str(entry["first_seen"]) if entry and back else moment, moment)
    first, last = seen[1:]
    released = int(entry["released"]) if entry else -1
    if act and act[0] != released and _holds(act[1], moment, back=back):
        place, made = act
        state: State = "acknowledged" if made["event"] == "ack" else "muted"
        who = {"by": made["by"], "note": made.get("note", ""), "until": made.get("until", "")}
        if worse(made["facts"], facts):
            why = f"despite_{state}"
            return Told(alert.key, "worse", first, last, alert, why, facts=facts, released=place, **who)
        return Told(alert.key, state, first, last, alert, facts=made["facts"], released=released, **who)
    if not (entry and back):
        fresh: State = "new" if alert.severity == "serious" else "standing"
        return Told(alert.key, fresh, first, last, alert, facts=facts, released=released)
    if why := worse(entry["facts"], facts):
        return Told(alert.key, "worse", first, last, alert, why, facts=facts, released=released)
    if entry["state"] == "muted":
        return Told(alert.key, "new", first, last, alert, "mute_over", facts=facts, released=released)
    return Told(alert.key, "standing", first, last, alert, facts=entry["facts"], released=released)


def _holds(act: Mapping[str, Any], moment: str, *, back: bool) -> bool:
    """A mute holds up to its day; an acknowledgement until the alert goes away once."""
    return moment[:10] <= str(act["until"]) if act["event"] == "mute" else back or act["as_of"] == moment


def facts_of(alert: Alert) -> dict[str, Any]:
    """What has to change for an alert to be told again."""
    event = alert.event_day.isoformat() if alert.event_day else ""
    return {
        "severity": alert.severity, "value": alert.value, "low": alert.low, "high": alert.high, "gap": alert.gap,
        "direction": alert.direction, "unit": alert.unit, "event_day": event,
    }  # fmt: skip


def worse(told: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Why an alert is clearly worse than it was when told: a word under alerts.why, or nothing.

    It became serious; its series moved once more; its interval lies wholly on the worse side of the one told; or, where
    there is no interval, it is half as far again from its target.
    """
    if told["severity"] != "serious" and now["severity"] == "serious":
        return "severity"
    if now["event_day"] or told["event_day"]:
        return "move" if now["event_day"] > told["event_day"] else ""
    if None not in (told["low"], told["high"], now["low"], now["high"]):
        apart = now["low"] > told["high"] if now["direction"] == "at_most" else now["high"] < told["low"]
        return "value" if apart else ""
    return "value" if now["gap"] > GAP_WORSE * max(told["gap"], 0.0) and now["gap"] > 0 else ""


def _entry(told: Told) -> dict[str, Any]:
    return {
        "state": told.state, "first_seen": told.first_seen, "last_seen": told.last_seen, "facts": told.facts,
        "released": told.released,
    }  # fmt: skip


def _act(place: Workspace, store: str, key: str, act: dict[str, Any]) -> None:
    path = ledger_file(place, store)
    with locked(path):
        known = {name: entry for name, entry in kept(place, store).items() if entry["state"] != "gone"}
        if key not in known:
            raise BadParameter(
                f"No alert {key!r} is listed.{did_you_mean(key, known)} appeal-insights alerts list --store {store} "
                "shows their keys."
            )
        made = {**act, "key": key, "as_of": known[key]["as_of"], "facts": known[key]["facts"]}
        _write(path, [*_read(path), made])


def _filled(option: str, text: str) -> str:
    if not text.strip():
        raise BadParameter(f"{option} is empty. Say it, so that the next reader knows.")
    return " ".join(text.split())


def _read(path: Path) -> Lines:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
        if all(_is_ours(line) for line in lines):
            return lines
    except (ValueError, RecursionError):
        pass
    raise BadInput(f"The ledger {path} is damaged. Mend it, or move it away: then every alert is told anew.")


def _is_ours(line: object) -> bool:
    if not isinstance(line, dict) or not isinstance(line.get("as_of"), str):
        return False
    if line.get("event") == "look":
        return isinstance(line.get("of"), str) and isinstance(line.get("entries"), dict)
    return line.get("event") in ("ack", "mute") and isinstance(line.get("facts"), dict) and "key" in line


def _write(path: Path, lines: Lines) -> None:
    write_whole(path, "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines))
