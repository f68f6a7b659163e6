"""Made-up appeals, tickets and disputes with pauses, hand-overs and promises, drawn for tests of what was due."""

from datetime import datetime

import numpy as np
import pandas as pd

from tests.helpers import table

MARKETS = ["SA", "AE", "GB", "DE", "EG", "MA"]
PROMISED = table("""
    policy_id | subject_type | clock       | scope        | hours | calendar | pauses            | valid_from
    usual     | appeal       | decide      |              | 16    | market   | waiting_appellant | 2026-01-01T00:00:00Z
    gulf      | appeal       | decide      | market=SA,AE | 12    | market   | waiting           | 2026-01-01T00:00:00Z
    newer     | appeal       | decide      |              | 12    | market   | waiting_appellant | 2026-10-12T00:00:00Z
    receipt   | appeal       | acknowledge |              | 6     | always   | none              | 2026-01-01T00:00:00Z
    notice    | appeal       | notify      | queue=live   | 2     | always   | none              | 2026-01-01T00:00:00Z
    ack       | ticket       | acknowledge |              | 0.25  | always   | none              | 2026-01-01T00:00:00Z
    urgent    | ticket       | resolve     | severity=P0  | 4     | always   | none              | 2026-01-01T00:00:00Z
    others    | ticket       | resolve     |              | 18    | market   | waiting           | 2026-01-01T00:00:00Z
    answer    | dispute      | answer      |              | 120   | always   | none              | 2026-01-01T00:00:00Z
""").assign(owner="lead", valid_to=None)
PROMISED.loc[PROMISED["policy_id"] == "usual", "valid_to"] = "2026-11-01T00:00:00Z"


def made_up(
    seed: int, *, appeals: int, first: datetime, days: int, tickets: int = 0, waiting: float = 0.1
) -> dict[str, pd.DataFrame]:
    """The rows of each fact, times in whole seconds of UTC; every tenth case waits, some twice, some still."""
    drawn = np.random.default_rng(seed)
    facts = {"appeals": _appeals(drawn, appeals, first, days)}
    facts["status_log"] = _log(drawn, facts["appeals"], "appeal", "appeal_id", "received_at", "decided_at", waiting)
    if tickets:
        facts["tickets"] = _tickets(drawn, tickets, first, days)
        of_tickets = _log(drawn, facts["tickets"], "ticket", "ticket_id", "created_at", "resolved_at", waiting)
        facts["status_log"] = pd.concat([facts["status_log"], of_tickets], ignore_index=True)
        facts["staffing"] = _staffing(drawn, first, days)
        facts["disputes"] = _disputes(drawn, tickets // 4, first, days)
    return facts | {"sla_policies": PROMISED}  # last: the clocks are then reckoned once


def _after(drawn: np.random.Generator, times: pd.Series, hours: float, known: float = 1.0) -> pd.Series:
    """Times after those, so many hours on average; only a share of them known."""
    later = times + pd.to_timedelta(drawn.exponential(hours * 3600, len(times)).round(), unit="s")
    return later.where(drawn.random(len(times)) < known)


def _since(drawn: np.random.Generator, count: int, first: datetime, days: int) -> pd.Series:
    return pd.Series(pd.Timestamp(first) + pd.to_timedelta(drawn.integers(0, days * 86400, count), unit="s"))


def _appeals(drawn: np.random.Generator, count: int, first: datetime, days: int) -> pd.DataFrame:
    received = _since(drawn, count, first, days)
    decided = _after(drawn, received, 22, 0.92)
    outcomes = drawn.choice(["upheld", "reversed", "partially_reversed", "omitted"], count, p=[0.5, 0.35, 0.05, 0.1])
    return pd.DataFrame(
        {
            "appeal_id": [f"a{place}" for place in range(count)],
            "market": drawn.choice(MARKETS, count),
            "queue": drawn.choice(["live", "video"], count),
            "received_at": received,
            "decided_at": decided,
            "outcome": pd.Series("decision_" + outcomes.astype(object), dtype="str").where(decided.notna()),
            "notified_at": _after(drawn, decided, 1, 0.95),
            "handling_seconds": pd.Series(drawn.integers(30, 900, count), dtype="Int64").where(decided.notna()),
        }
    )


def _tickets(drawn: np.random.Generator, count: int, first: datetime, days: int) -> pd.DataFrame:
    created = _since(drawn, count, first, days)
    names = [f"t{place}" for place in range(count)]
    acked = _after(drawn, created, 0.2, 0.9)
    return pd.DataFrame(
        {
            "ticket_id": names,
            "market": drawn.choice(MARKETS, count),
            "severity": drawn.choice(["P0", "P1", "P2", "P3"], count),
            "created_at": created,
            "acked_at": acked,
            "ack_mode": pd.Series(drawn.choice(["human", "auto"], count), dtype="str").where(acked.notna()),
            "resolved_at": _after(drawn, acked.fillna(created), 10, 0.9),
            "repeat_of": pd.Series(names, dtype="str").shift(7).where(drawn.random(count) < 0.1),
        }
    )


def _log(
    drawn: np.random.Generator, rows: pd.DataFrame, subject: str, key: str, since: str, until: str, share: float
) -> pd.DataFrame:
    """Some are taken on, wait for somebody once or twice, are handed over or opened again."""
    waits = rows[drawn.random(len(rows)) < share]
    again = waits[drawn.random(len(waits)) < 0.3]
    parts = [(rows[drawn.random(len(rows)) < 0.6], 0.5, "in_review")]
    for cases, hours in ((waits, 3), (again, 9)):
        whom = drawn.choice(["waiting_appellant", "waiting_internal"], len(cases))
        parts += [(cases, hours, whom), (cases[drawn.random(len(cases)) < 0.8], hours + 4, "in_review")]
    parts.append((rows[drawn.random(len(rows)) < 0.05], 2, "handed_over"))
    steps = [
        pd.DataFrame({"subject_id": cases[key], "status": status, "happened_at": _after(drawn, cases[since], hours)})
        for cases, hours, status in parts
    ]
    over = rows[rows[until].notna() & (drawn.random(len(rows)) < 0.03)]
    steps.append(
        pd.DataFrame({"subject_id": over[key], "status": "reopened", "happened_at": _after(drawn, over[until], 30)})
    )
    found = pd.concat(steps, ignore_index=True).assign(subject_type=subject)
    return found.assign(step_id=[f"{subject}{place}" for place in range(len(found))])


def _staffing(drawn: np.random.Generator, first: datetime, days: int) -> pd.DataFrame:
    at = pd.Timestamp(first) + pd.to_timedelta(np.arange(days), unit="D")
    hours = drawn.integers(20, 60, days)
    rows = pd.DataFrame({"worked_at": at, "scheduled_hours": hours, "productive_hours": hours * 0.75, "market": "GB"})
    return rows.assign(site="S1", queue="live", staffing_id=[f"w{place}" for place in range(days)])


def _disputes(drawn: np.random.Generator, count: int, first: datetime, days: int) -> pd.DataFrame:
    submitted = _since(drawn, count, first, days)
    informed, decided = _after(drawn, submitted, 24), _after(drawn, submitted, 120, 0.7)
    outcomes = ["upheld", "partially_reversed", "reversed_merits", "reversed_default", "omitted"]
    return pd.DataFrame(
        {
            "dispute_id": [f"d{place}" for place in range(count)],
            "market": drawn.choice(MARKETS, count),
            "body": drawn.choice(["ACE", "other"], count),
            "submitted_at": submitted,
            "informed_at": informed,
            "answered_at": _after(drawn, informed, 90, 0.8),
            "decided_at": decided,
            "outcome": pd.Series(drawn.choice(outcomes, count), dtype="str").where(decided.notna()),
            "implemented_at": _after(drawn, decided, 48, 0.5),
        }
    )
