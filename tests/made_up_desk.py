"""A desk small enough to count by hand: two markets, three kinds of promises, what is open on a Monday morning."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from appeal_insights.findings.service import ServiceReview, review_service
from appeal_insights.findings.shown import CODE, EXHIBIT, FINDING
from tests.helpers import FIRST_LOAD, make_store, table

PARTS = ("summary", "handover", "promises", "where", "why", "at_risk", "waits", "on_call", "capacity", "statutory",
         "findings", "limits", "about")  # fmt: skip
POLICIES = table("""
    policy_id | subject_type | clock       | scope      | hours | pauses
    slow      | appeal       | decide      | queue=slow | 40    | none
    usual     | appeal       | decide      |            | 8     | waiting_appellant
    taken     | ticket       | acknowledge |            | 1     | none
    solved    | ticket       | resolve     |            | 24    | none
    told      | dispute      | answer      |            | 240   | none
""").assign(calendar="always", owner="lead", valid_from="2026-01-01T00:00:00Z")
TARGETS = table("""
    target_id | metric         | scope                             | value | direction | owner
    t1        | sla_attainment | subject_type=appeal; clock=decide | 0.9   | at_least  | Head of appeals
    t2        | sla_attainment | subject_type=ticket               | 0.9   | at_least  | Head of the desk
""").assign(definition_version="1", valid_from="2026-01-01T00:00:00Z", approved_by="review")


def cases(first: str, count: int, received: str, decided: str | None, **more: str) -> pd.DataFrame:
    """Appeals alike, by default upheld, of the market GB and the queue live."""
    names = [f"{first}{place}" for place in range(count)]
    row = {"market": "GB", "queue": "live", "received_at": received, "decided_at": decided}
    return pd.DataFrame([{**row, "outcome": decided and "decision_upheld", **more}] * count).assign(appeal_id=names)


def appeals(**more: str) -> pd.DataFrame:
    """Due from 19 October to 15 November: 18 of 21 in GB in time, 5 of 5 in DE; ten of ten in GB before that.

    Open at the load, Monday 06:00: one overdue since Sunday 20:00; due at 09:00; in just 24 hours; in 39; one waits.
    """
    return pd.concat(
        [
            cases("early", 10, "2026-10-05T00:00:00Z", "2026-10-05T04:00:00Z"),
            cases("kept", 18, "2026-11-02T00:00:00Z", "2026-11-02T04:00:00Z"),
            cases("late", 2, "2026-11-03T00:00:00Z", "2026-11-03T09:00:00Z"),
            cases("de", 5, "2026-11-04T00:00:00Z", "2026-11-04T01:00:00Z", market="DE", queue="video"),
            cases("over", 1, "2026-11-15T12:00:00Z", None),
            cases("soon", 1, "2026-11-16T01:00:00Z", None),
            cases("day", 1, "2026-11-15T14:00:00Z", None, queue="slow"),
            cases("two", 1, "2026-11-16T05:00:00Z", None, queue="slow"),
            cases("waits", 1, "2026-11-15T23:00:00Z", None),
        ],
        ignore_index=True,
    ).assign(**more)


LOG = table("""
    step_id | subject_type | subject_id | status            | happened_at
    s1      | appeal       | waits0     | waiting_appellant | 2026-11-16T00:00:00Z
""")
TICKETS = table("""
    ticket_id | severity | created_at           | acked_at             | ack_mode | resolved_at
    t0        | P0       | 2026-11-16T05:30:00Z |                      |          |
    t1        | P1       | 2026-11-15T20:00:00Z | 2026-11-15T20:10:00Z | human    |
    t2        | P2       | 2026-11-10T10:00:00Z | 2026-11-10T10:30:00Z | human    | 2026-11-10T20:00:00Z
    t3        | P2       | 2026-11-10T11:00:00Z | 2026-11-10T13:00:00Z | human    | 2026-11-12T11:00:00Z
""").assign(market="GB", queue="desk", site="London")
DISPUTES = table("""
    dispute_id | submitted_at         | informed_at          | answered_at          | decided_at           | outcome
    d1         | 2026-10-10T00:00:00Z | 2026-10-12T00:00:00Z | 2026-10-20T00:00:00Z | 2026-11-10T00:00:00Z | upheld
    d2         | 2026-10-10T00:00:00Z | 2026-10-12T00:00:00Z |                      |                      |
""").assign(market="DE")


def desk(folder: Path, *, loaded_at: datetime = FIRST_LOAD, **facts: pd.DataFrame) -> Path:
    """A workspace with the store `desk`, of those facts; all of them if none is named."""
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    path = folder / "data" / "store" / "desk.duckdb"
    whole = {"appeals": appeals(), "status_log": LOG, "tickets": TICKETS, "disputes": DISPUTES, "targets": TARGETS}
    for fact, rows in {**(facts or whole), **({} if "sla_policies" in facts else {"sla_policies": POLICIES})}.items():
        make_store(path, rows, fact=fact, loaded_at=loaded_at)
    return folder


def review(folder: Path, **asked: Any) -> ServiceReview:
    """What a review of that workspace says, by default to an analyst."""
    return review_service(**{"store": "desk", "workspace": folder, "audience": "analyst", **asked})


def bundles(found: ServiceReview, part: str) -> list[dict[str, Any]]:
    """The outputs of a part. A chart takes a while, so each is drawn once; the review stays with its drawing."""
    key = (id(found), part)
    if key not in _DRAWN:
        _DRAWN[key] = found, list(getattr(found, part).bundles())
    return _DRAWN[key][1]


_DRAWN: dict[tuple[int, str], tuple[ServiceReview, list[dict[str, Any]]]] = {}


def exhibits(found: ServiceReview, part: str, language: str = "en") -> dict[str, dict[str, Any]]:
    """The exhibits of a part by id: title, notes, table."""
    told = [bundle[EXHIBIT] for bundle in bundles(found, part) if EXHIBIT in bundle]
    return {each["id"]: each for each in told if each["language"] == language}


def rows(exhibit: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The rows of an exhibit's table, by their first cell."""
    keys = [column["key"] for column in exhibit["table"]["columns"]]
    return {row[0]: dict(zip(keys, row, strict=True)) for row in exhibit["table"]["rows"]}


def said(found: ServiceReview, language: str = "en", parts: tuple[str, ...] = PARTS) -> str:
    """Every sentence, heading and cell that a reader sees, one a line; no query and no chart."""
    lines: list[str] = []
    for bundle in [bundle for part in parts for bundle in bundles(found, part) if CODE not in bundle]:
        if EXHIBIT in bundle and bundle[EXHIBIT]["language"] == language:
            one = bundle[EXHIBIT]
            lines += [one["title"], one["alt"], *one["notes"], *_cells(one["table"])]
        elif FINDING in bundle:
            one = bundle[FINDING]
            lines += [*_leaves(one["texts"][language]), *_cells(one["evidence"][language])]
    return "\n".join(line for line in lines if line)


def _cells(shown: dict[str, Any] | None) -> list[str]:
    if not shown:
        return []
    return [column["label"] for column in shown["columns"]] + [cell for row in shown["rows"] for cell in row]


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in _leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in _leaves(each)]
    return [str(value)]
