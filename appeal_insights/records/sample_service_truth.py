"""What came of what was planted in made-up service levels: promises kept by plain counting, before and since."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from appeal_insights.records import sample_service_plans as plans
from appeal_insights.records.business_time import OpenTime
from appeal_insights.records.checking import market_zones
from appeal_insights.records.pauses import Pauses, due_with_pauses, net_seconds, pauses
from appeal_insights.records.sample_draws import DAY, Bools, Integers
from appeal_insights.records.sample_service_cases import EXTRACTED_AT, OMITTED, PARTIAL, REVERSED
from appeal_insights.records.sample_service_desk import START
from appeal_insights.records.sample_service_plans import Cause
from appeal_insights.records.sample_service_tickets import at_night

BEFORE = 56 * DAY  # what is compared with: eight weeks before the first day
REINSTATE_SECONDS, ACK_SECONDS = DAY, 3600  # promised; the second of P1
NOT_YET = np.iinfo(np.int64).max


def promised(come: pd.DataFrame) -> tuple[np.ndarray, Integers]:
    """The calendar that each appeal is to be decided on, and within how many of its seconds: as the policies say."""
    always = come["queue"].isin(plans.AT_ONE_SITE).to_numpy()
    calendar = np.where(always, "always", come["market"]).astype(object)
    moments = pd.DatetimeIndex(come["received_at"].to_numpy().astype("datetime64[s]"))
    cut = np.zeros(len(come), dtype=np.bool_)
    for market in plans.MARKETS:
        rows = (come["market"] == market).to_numpy()
        local = moments[rows].tz_localize("UTC").tz_convert(market_zones()[market]).tz_localize(None)
        cut[rows] = np.asarray(local >= pd.Timestamp(plans.CUT[:10]))
    hours = np.where(come["appellant"] == "seller", 24, np.where(cut, 6, 8))
    hours = np.where(come["queue"] == "live", 6, np.where(come["queue"] == "account_integrity", 16, hours))
    return calendar, hours * 3600


def pauses_of(come: pd.DataFrame) -> Pauses:
    """The pauses of each appeal as they are known at the extract."""
    asked, answered = come["waits_at"].to_numpy(), come["resumes_at"].to_numpy()
    case = np.flatnonzero((come["waits_for"] == "appellant").to_numpy() & (asked <= EXTRACTED_AT))
    end = np.where(answered[case] <= EXTRACTED_AT, answered[case], np.iinfo(np.int64).min)
    return pauses(case, asked[case].view("datetime64[s]"), end.view("datetime64[s]"))


def due_of(come: pd.DataFrame, hours: OpenTime) -> Integers:
    """When each appeal is due to be decided; NOT_YET while it stands still."""
    calendar, seconds = promised(come)
    received = come["received_at"].to_numpy().view("datetime64[s]")
    due = due_with_pauses(hours, calendar, received, seconds, pauses_of(come))
    return np.where(np.isnat(due), NOT_YET, due.view(np.int64))


class Promises(NamedTuple):
    """Promises of one kind: one for each record."""

    due: Integers
    stopped: Integers
    void: Bools  # closed without what was promised
    rows: Bools  # those that are meant

    def kept(self, first: int, end: int) -> dict[str, Any]:
        """Of those that fell due from the first instant up to the end: how many, and how many were kept."""
        in_time = self.stopped <= self.due
        counted = self.rows & (self.due >= first) & (self.due < min(end, EXTRACTED_AT + 1)) & ~(self.void & in_time)
        due, kept = int(counted.sum()), int((counted & ~self.void & in_time).sum())
        return {"due": due, "kept": kept, "attainment": round(kept / max(due, 1), 4)}


def _of_segment(table: pd.DataFrame, cause: Cause) -> Bools:
    rows = np.ones(len(table), dtype=np.bool_)
    for column, values in cause.segment.items():
        if column == "shift":
            rows &= at_night(table["market"], table["created_at"].to_numpy())
        else:
            rows &= table[column].isin(values.split(",")).to_numpy()
    return rows


def measured(cause: Cause, come: pd.DataFrame, raised: pd.DataFrame, hours: OpenTime) -> dict[str, Any]:
    """A planted cause, and what it did: promises that fell due in its days against those of eight weeks before.

    A staffing dip and a surge are still felt when they are over: a week more is counted with them.
    """
    first, end = (START + DAY * day for day in cause.days())
    end += 7 * DAY if cause.kind in ("staffing_dip", "surge", "holidays") else 0
    told: dict[str, Any] = {
        "kind": cause.kind, "event_id": cause.event_id, "segment": dict(cause.segment),
        "subject_type": cause.subject_type, "clock": cause.clock, "first_day": cause.first_day,
        "last_day": cause.last_day,
    }  # fmt: skip
    if cause.subject_type == "ticket":
        taken_on = _acknowledged(raised, cause)
        return told | {"before": taken_on.kept(first - BEFORE, first), "since": taken_on.kept(first, end)}
    decide = _decided(come, _of_segment(come, cause), hours)
    told |= {
        "before": _of_appeals(cause, come, decide, first - BEFORE, first, hours),
        "since": _of_appeals(cause, come, decide, first, end, hours),
    }
    if cause.kind == "surge":
        behind = decide._replace(rows=_of_segment(come, cause._replace(segment=plans.SHARED_DESK)))
        told["also_late"] = {"segment": plans.SHARED_DESK, **behind.kept(first, end)}
    return told


def _of_appeals(
    cause: Cause, come: pd.DataFrame, decide: Promises, first: int, end: int, hours: OpenTime
) -> dict[str, Any]:
    """Promises about appeals that fell due between two instants, how long those decided then took, and the backlog."""
    reinstates = cause.clock == "reinstate"
    told = (_reinstated(come, decide.rows) if reinstates else decide).kept(first, end)
    over = (decide.stopped >= first) & (decide.stopped < min(end, EXTRACTED_AT + 1))
    told |= _hours(come[decide.rows & over].reset_index(drop=True), hours)
    told["most_open"] = _most_open(come[decide.rows], first, end)
    if reinstates:
        told["decide_attainment"] = decide.kept(first, end)["attainment"]
    return told


def _decided(come: pd.DataFrame, rows: Bools, hours: OpenTime) -> Promises:
    return Promises(due_of(come, hours), come["decided_at"].to_numpy(), (come["outcome"] == OMITTED).to_numpy(), rows)


def _reinstated(come: pd.DataFrame, rows: Bools) -> Promises:
    lifted = come["outcome"].isin((REVERSED, PARTIAL)).to_numpy()
    due = come["decided_at"].to_numpy() + REINSTATE_SECONDS
    return Promises(due, come["reinstated_at"].to_numpy(), np.zeros(len(come), dtype=np.bool_), rows & lifted)


def _acknowledged(raised: pd.DataFrame, cause: Cause) -> Promises:
    due, nobody = raised["created_at"].to_numpy() + ACK_SECONDS, np.zeros(len(raised), dtype=np.bool_)
    return Promises(due, raised["taken_at"].to_numpy(), nobody, _of_segment(raised, cause))


def _hours(some: pd.DataFrame, hours: OpenTime) -> dict[str, Any]:
    """How long they took in hours: gross, and net of closed hours and pauses; and how many stood still."""
    received, decided = (some[name].to_numpy().view("datetime64[s]") for name in ("received_at", "decided_at"))
    net = net_seconds(hours, promised(some)[0], received, decided, pauses_of(some)).astype(np.int64)
    gross = (decided - received).astype(np.int64)
    return {
        "decided": len(some),
        "median_gross_hours": round(float(np.median(gross)) / 3600, 2),
        "mean_gross_hours": round(float(gross.mean()) / 3600, 2),
        "mean_net_hours": round(float(net.mean()) / 3600, 2),
        "paused_share": round(float((some["waits_for"] == "appellant").mean()), 4),
    }


def _most_open(come: pd.DataFrame, first: int, end: int) -> int:
    """The most that were open at the end of a day in UTC."""
    ends = np.arange(first + DAY, min(end, EXTRACTED_AT) + 1, DAY)
    received, decided = np.sort(come["received_at"].to_numpy()), np.sort(come["decided_at"].to_numpy())
    return int((np.searchsorted(received, ends) - np.searchsorted(decided, ends)).max())


def state(come: pd.DataFrame, raised: pd.DataFrame, hours: OpenTime) -> dict[str, int]:
    """How things stand at the extract: what is open, overdue, due soon or paused; by the promise to decide."""
    still = (come["decided_at"] > EXTRACTED_AT).to_numpy()
    due = due_of(come, hours)[still]
    soon = {
        f"due_in_{h}_hours": int(((due > EXTRACTED_AT) & (due <= EXTRACTED_AT + 3600 * h)).sum()) for h in (8, 24, 48)
    }
    urgent = raised["severity"].isin(("P0", "P1")).to_numpy() & (raised["resolved_at"] > EXTRACTED_AT).to_numpy()
    return {
        "open_appeals": int(still.sum()), "overdue": int((due <= EXTRACTED_AT).sum()), **soon,
        "paused": int((due == NOT_YET).sum()), "open_urgent_tickets": int(urgent.sum()),
        "open_tickets": int((raised["resolved_at"] > EXTRACTED_AT).sum()),
    }  # fmt: skip
