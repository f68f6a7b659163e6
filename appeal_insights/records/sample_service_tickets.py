"""The tickets of the on-call desk, the disputes before out-of-court bodies, and the audits of both kinds of work."""

import numpy as np
import pandas as pd

from appeal_insights.records import sample_service_plans as plans
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.checking import market_zones
from appeal_insights.records.sample_draws import (
    DAY,
    Bools,
    Floats,
    Integers,
    counts,
    lognormal,
    read_instant,
    stream,
)
from appeal_insights.records.sample_service_cases import (
    EXTRACTED_AT,
    OMITTED,
    PARTIAL,
    REVERSED,
    UPHELD,
    chosen,
    later,
)
from appeal_insights.records.sample_service_desk import FAR, START
from appeal_insights.records.sample_service_plans import Cause, Incident

TICKET_COLUMNS = ("ticket_id", "market", "severity", "category", "source", "queue", "site", "on_call",
                  "linked_event_id", "repeat_of", "created_at", "acked_at", "ack_mode", "mitigated_at", "resolved_at",
                  "handling_seconds")  # fmt: skip
DISPUTE_COLUMNS = ("dispute_id", "market", "body", "appeal_id", "enforcement_id", "complaint_type", "complex",
                   "submitted_at", "informed_at", "answered_at", "decided_at", "outcome", "implemented_at")  # fmt: skip
AUDIT_COLUMNS = ("audit_id", "subject_type", "subject_id", "market", "appellant", "complaint_type", "policy_group",
                 "policy", "queue", "site", "decision", "decided_at", "purpose", "verdict", "error_type",
                 "audited_at")  # fmt: skip
TICKETS, BURSTS, DISPUTES, AUDITS = 65, 66, 67, 68  # draws of their own
TICKET_DRAWS = 18
NIGHT = (6, 22)  # else: by the market's clock
ON_CALL = 8  # people
MORE_URGENT = {"P0": 0.06, "P1": 0.5, "P2": 0.4, "P3": 0.04}  # of an incident's tickets


def tickets(seed: int, plan: tuple[Cause, ...]) -> pd.DataFrame:
    """All tickets raised by the extract, in their order. `taken_at` is when somebody took one on, `acked_at` may be a
    receipt.
    """
    parts = [_usual(seed), *(_burst(seed, number, one) for number, one in enumerate(plans.INCIDENTS))]
    table = pd.concat(parts, ignore_index=True)
    table = table[table["created_at"] <= EXTRACTED_AT - DAY // 4].sort_values(
        "created_at", kind="stable", ignore_index=True
    )
    table = _worked(table, plan)
    table = pd.concat([table, _open()], ignore_index=True)
    ids = pd.Series(1 + np.arange(len(table))).map("T{:08d}".format)
    return _repeats(table.assign(ticket_id=ids, queue=plans.ON_CALL, site=plans.ROUND_THE_CLOCK))


def _usual(seed: int) -> pd.DataFrame:
    rng = stream(seed, TICKETS)
    weekday = ((plans.FIRST_DAY + np.arange(plans.DAYS)).astype("datetime64[D]").astype(int) + 3) % 7
    day = np.repeat(
        np.arange(plans.DAYS),
        counts(rng.random(plans.DAYS), plans.TICKETS_A_DAY * np.array(plans.TICKET_WEEKDAYS)[weekday]),
    )
    draw = rng.random((len(day), TICKET_DRAWS)).T
    hour = np.searchsorted(np.cumsum(plans.TICKET_HOURS) / sum(plans.TICKET_HOURS), draw[0], side="right")
    created_at = START + DAY * day + 3600 * hour + np.floor(3600 * draw[1]).astype(np.int64)
    weights = {market: shape.MARKETS[market].weight for market in plans.MARKETS}
    return _raised(created_at, chosen(weights, draw[2]), chosen(plans.SEVERITIES, draw[3]), draw)


def _burst(seed: int, number: int, incident: Incident) -> pd.DataFrame:
    """The tickets about one incident, most of them soon after its start."""
    draw = stream(seed, BURSTS, number).random((incident.tickets, TICKET_DRAWS)).T
    wait = np.floor(3600 * incident.hours * draw[0] ** 2).astype(np.int64)
    market = np.full(incident.tickets, incident.market, dtype=object)
    raised = _raised(read_instant(incident.starts_at) + 300 + wait, market, chosen(MORE_URGENT, draw[3]), draw)
    return raised.assign(linked_event_id=incident.event_id, category="live_safety")


def _raised(created_at: Integers, market: np.ndarray, severity: np.ndarray, draw: Floats) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "created_at": created_at,
            "market": market,
            "severity": severity,
            "category": chosen(plans.CATEGORIES, draw[4]),
            "source": chosen(plans.SOURCES, draw[5]),
            "linked_event_id": "",
        }
    )
    return table.assign(**{f"u{number}": draw[number] for number in range(6, TICKET_DRAWS)})


def at_night(market: pd.Series, instants: Integers) -> Bools:
    """Whether it is night on the market's clock."""
    hour = np.zeros(len(market), dtype=np.int64)
    moments = pd.DatetimeIndex(np.asarray(instants).astype("datetime64[s]")).tz_localize("UTC")
    for name in market.unique():
        rows = (market == name).to_numpy()
        hour[rows] = moments[rows].tz_convert(market_zones()[name]).hour
    return (hour < NIGHT[0]) | (hour >= NIGHT[1])


def _worked(table: pd.DataFrame, plan: tuple[Cause, ...]) -> pd.DataFrame:
    """When each is taken on, contained and resolved, and by whom."""
    created_at, severity = table["created_at"].to_numpy(), table["severity"].to_numpy(dtype=object)
    times = np.ones(len(table))
    for cause in plan:
        if cause.kind == "night_shift":
            late = (severity == cause.segment["severity"]) & (created_at >= START + DAY * cause.days()[0])
            times[late & at_night(table["market"], created_at)] = cause.size
    wait, whole = np.zeros(len(table)), np.zeros(len(table))
    for name in plans.SEVERITIES:
        rows = severity == name
        wait[rows] = 60 * lognormal(table["u6"].to_numpy()[rows], *plans.ACK_MINUTES[name])
        whole[rows] = 3600 * lognormal(table["u7"].to_numpy()[rows], *plans.RESOLVE_HOURS[name])
    taken_at = created_at + np.floor(wait * times).astype(np.int64)
    resolved_at = np.maximum(taken_at + 300, created_at + np.floor(whole).astype(np.int64))
    auto = (table["u8"].to_numpy() < plans.AUTO_ACK_SHARE) & np.isin(severity, ("P2", "P3"))
    urgent = np.isin(severity, ("P0", "P1"))
    mitigated = taken_at + np.floor((resolved_at - taken_at) * table["u9"].to_numpy()).astype(np.int64)
    number = pd.Series(np.floor(ON_CALL * table["u10"].to_numpy()).astype(np.int64) + 1)
    return table.assign(
        taken_at=taken_at,
        acked_at=np.where(auto, created_at + 20, taken_at),
        ack_mode=np.where(auto, "auto", "human"),
        mitigated_at=np.where(urgent, mitigated, FAR),
        resolved_at=resolved_at,
        handling_seconds=np.floor(lognormal(table["u11"].to_numpy(), *plans.TICKET_SECONDS)).astype(np.int64),
        on_call=number.map("M-{:02d}".format),
    )


def _open() -> pd.DataFrame:
    """The tickets of the incident that goes on at the extract."""
    severity, market, created, acked = (list(column) for column in zip(*plans.OPEN_TICKETS, strict=True))
    taken = [read_instant(one) if one else FAR for one in acked]
    return pd.DataFrame(
        {
            "created_at": [read_instant(one) for one in created], "market": market, "severity": severity,
            "category": "live_safety", "source": "monitoring", "linked_event_id": plans.OPEN_INCIDENT,
            "taken_at": taken, "acked_at": taken, "ack_mode": "human", "mitigated_at": FAR, "resolved_at": FAR,
            "handling_seconds": 0, "on_call": ["M-01", "M-01", ""], "u12": 1.0, "u13": 1.0, "u14": 0.5,
        }
    )  # fmt: skip


def _repeats(table: pd.DataFrame) -> pd.DataFrame:
    """Some say again what an earlier one of the same market and category said; those of an incident name its first."""
    of = table.groupby(["market", "category"], sort=False)
    before, when = of["ticket_id"].shift(), of["created_at"].shift()
    soon = (table["created_at"] - when) <= DAY * plans.REPEAT_DAYS
    again = soon & (table["u12"] < plans.REPEAT_SHARE) & (table["linked_event_id"] == "")
    first = table[table["linked_event_id"] != ""].groupby("linked_event_id")["ticket_id"].transform("first")
    first = first.reindex(table.index)
    same = first.notna() & (first != table["ticket_id"]) & (table["u12"] < 0.4)
    return table.assign(repeat_of=first.where(same, before.where(again, "")).fillna(""))


def ticket_steps(table: pd.DataFrame) -> pd.DataFrame:
    """The steps of tickets up to the extract; some wait for another team in between."""
    taken, resolved = table["taken_at"].to_numpy(), table["resolved_at"].to_numpy()
    waits = (table["u13"].to_numpy() < 0.08) & (table["severity"] != "P0").to_numpy() & (resolved < FAR)
    length = resolved - taken
    from_at = np.where(waits, taken + length // 5, FAR)
    to_at = from_at + np.floor(length * 0.6 * table["u14"].to_numpy()).astype(np.int64)
    actor = table["on_call"].to_numpy(dtype=object)
    told = (("in_review", taken), ("waiting_internal", from_at), ("in_review", to_at), ("resolved", resolved))
    parts = [
        pd.DataFrame(
            {
                "subject_type": "ticket",
                "subject_id": table["ticket_id"].to_numpy(dtype=object)[at <= EXTRACTED_AT],
                "status": status,
                "queue": plans.ON_CALL,
                "actor": actor[at <= EXTRACTED_AT],
                "at": at[at <= EXTRACTED_AT],
            }
        )
        for status, at in told
    ]
    return pd.concat(parts, ignore_index=True)


def disputes(seed: int, appeals: pd.DataFrame) -> pd.DataFrame:
    """Disputes about some upheld appeals of the Union's markets, in the order of their submission."""
    rows = appeals["market"].isin(plans.UNION) & (appeals["outcome"] == UPHELD)
    found = appeals[rows & (appeals["decided_at"] <= EXTRACTED_AT - 10 * DAY)]
    rng = stream(seed, DISPUTES)
    order = np.argsort(rng.random(len(found)), kind="stable")[: 2 * plans.DISPUTES]
    found = found.iloc[order].reset_index(drop=True)
    draw = rng.random((len(found), 8)).T
    submitted = later(found["decided_at"].to_numpy(), draw[0], plans.DISPUTED_DAYS, unit=DAY)
    informed = later(submitted, draw[1], plans.INFORMED_DAYS, unit=DAY)
    hard = draw[2] < plans.COMPLEX_SHARE
    law = np.floor(DAY * np.where(hard, plans.COMPLEX_TIMES, 1) * lognormal(draw[3], *plans.BODY_DAYS)).astype(np.int64)
    outcome = chosen(plans.OUTCOMES, draw[4])
    answered = np.where(outcome == "reversed_default", FAR, later(informed, draw[5], plans.ANSWERED_DAYS, unit=DAY))
    decided = np.maximum(informed, submitted + law)
    answered = np.where(answered < decided, answered, FAR)  # what comes after the decision is no answer
    reversed_ = np.isin(outcome, ("reversed_default", "reversed_merits", "partially_reversed"))
    table = pd.DataFrame(
        {
            "market": found["market"], "body": chosen(plans.BODIES, draw[6]), "appeal_id": found["appeal_id"],
            "enforcement_id": found["enforcement_id"], "complaint_type": found["complaint_type"],
            "complex": np.where(hard, "true", "false"), "submitted_at": submitted, "informed_at": informed,
            "answered_at": answered, "decided_at": decided,
            "outcome": np.where(decided <= EXTRACTED_AT, outcome, ""),
            "implemented_at": np.where(reversed_, later(decided, draw[7], plans.IMPLEMENTED_DAYS, unit=DAY), FAR),
        }
    )  # fmt: skip
    table = table[submitted <= EXTRACTED_AT].head(plans.DISPUTES).sort_values("submitted_at", kind="stable")
    ids = pd.Series(1 + np.arange(len(table)), index=table.index).map("D{:08d}".format)
    return table.assign(dispute_id=ids).reset_index(drop=True)


def audits(seed: int, appeals: pd.DataFrame, of_tickets: pd.DataFrame) -> pd.DataFrame:
    """Audits drawn by chance, of decisions on the merits and of tickets that were resolved."""
    decided = appeals[(appeals["decided_at"] <= EXTRACTED_AT) & (appeals["outcome"] != OMITTED)]
    kept = ["market", "appellant", "complaint_type", "policy_group", "policy", "queue", "site", "decided_at"]
    looked = decided[kept].assign(subject_type="appeal", subject_id=decided["appeal_id"], decision=decided["outcome"])
    done = of_tickets[of_tickets["resolved_at"] <= EXTRACTED_AT]
    ended = np.where(done["u13"].to_numpy() < 0.6, "enforced", "not_enforced")  # what the desk did about it
    of_calls = done[["market", "queue", "site"]].assign(
        subject_type="ticket", subject_id=done["ticket_id"], decided_at=done["resolved_at"], decision=ended
    )
    table = pd.concat([looked, of_calls], ignore_index=True)
    draw = stream(seed, AUDITS).random((len(table), 4)).T
    table = table.assign(audited_at=later(table["decided_at"].to_numpy(), draw[1], plans.AUDITED_DAYS, unit=DAY))
    wrong = draw[2] < plans.WRONG_SHARE
    verdict = np.where(wrong, "incorrect", np.where(draw[2] > 1 - plans.UNCLEAR_SHARE, "unclear", "correct"))
    granted = table["decision"].isin((REVERSED, PARTIAL)).to_numpy()
    error = np.where(granted, chosen(shape.ERRORS["overturned"], draw[3]), chosen(shape.ERRORS["upheld"], draw[3]))
    error = np.where(table["subject_type"] == "ticket", "process", error)
    table = table.assign(purpose="random", verdict=verdict, error_type=np.where(wrong, error, ""))
    drawn = (draw[0] < plans.AUDITED_SHARE) & (table["audited_at"] <= EXTRACTED_AT)
    found: pd.DataFrame = table[drawn].reset_index(drop=True)
    ids = pd.Series(1 + np.arange(len(found))).map("Q{:08d}".format)
    return found.assign(audit_id=ids).fillna("")
