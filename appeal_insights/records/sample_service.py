"""Half a year of made-up appeals, tickets and disputes with the promises made for them, and the truth about what was
planted.

Appeals wait for desks whose hours are planned by day and calendar, so a late one has a reason. Drawn as the other
samples are, from uniform numbers alone: the same seed gives the same bytes, and what no cause touches is the same in
every scenario.
"""

import json
import tomllib
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from appeal_insights.errors import choice
from appeal_insights.records import sample_service_plans as plans
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.business_time import open_time
from appeal_insights.records.calendars import Calendar, read_calendars
from appeal_insights.records.sample_draws import DAY
from appeal_insights.records.sample_service_cases import COLUMNS, EXTRACTED_AT, STEP_COLUMNS, appeals, steps
from appeal_insights.records.sample_service_desk import FIRST, LAST, START, WHOLE_DAYS, Staffed, on_call_hours, staffed
from appeal_insights.records.sample_service_plans import Cause
from appeal_insights.records.sample_service_tickets import (
    AUDIT_COLUMNS,
    DISPUTE_COLUMNS,
    TICKET_COLUMNS,
    audits,
    disputes,
    ticket_steps,
    tickets,
)
from appeal_insights.records.sample_service_truth import measured, state
from appeal_insights.records.sample_writing import instants, put_in_place

SERVICE_SCENARIOS = tuple(plans.SERVICE_PLANS)
# What there is a file of, in an order in which it is soon taken in: no clock runs before there are policies, which go
# last among what makes clocks. The calendars go before all.
SERVICE_FACTS = ("appeals", "tickets", "disputes", "status_log", "sla_policies", "staffing", "audits", "known_events",
                 "targets")  # fmt: skip
SERVICE_CALENDARS = "calendars.toml"
SERVICE_FILES = (*(f"{fact}.csv" for fact in SERVICE_FACTS), SERVICE_CALENDARS, "truth.json")
STAFFING_COLUMNS = ("staffing_id", "market", "site", "queue", "worked_at", "scheduled_hours", "productive_hours",
                    "headcount")  # fmt: skip
NOON = DAY // 2


def write_service_sample(folder: Path, *, seed: int = 7, scenario: str = "service_levels") -> Path:
    """Write half a year of service levels up to 2026-11-15 and the promises behind them; gives the folder.

    Takes   scenario   service_levels, or service_quiet: the same where nothing is planted.
    Gives   a file of each of `SERVICE_FACTS`; calendars.toml, the team's own calendars; truth.json. Each is put in
            place whole; the same seed gives the same bytes.
    Raises  BadParameter   no such scenario.
    """
    plan = plans.SERVICE_PLANS[choice("scenario", scenario, SERVICE_SCENARIOS)]
    text = plans.calendars_text(plan)
    hours = open_time(_calendars(text), FIRST, LAST)
    staff = staffed(seed, plan, hours)
    come = appeals(seed, plan, staff)
    number = pd.Series(1 + np.arange(len(come)))
    come = come.assign(
        appeal_id=number.map("A{:08d}".format), enforcement_id=number.map("E{:08d}".format), appeal_round="1"
    )
    raised = tickets(seed, plan)
    disputed = disputes(seed, come)
    log = _log(come, raised)
    truth = {
        "seed": seed, "scenario": scenario, "first_day": str(plans.FIRST_DAY), "last_day": str(plans.LAST_DAY),
        "extracted_at": shape.SAMPLE_EXTRACTED_AT, **_truth(plan, come, raised, staff, hours),
        "totals": {"appeals": len(come), "tickets": len(raised), "disputes": len(disputed), "steps": len(log)},
    }  # fmt: skip
    with put_in_place(folder, SERVICE_FILES) as files:
        _write(files["appeals.csv"], _known_only(come), COLUMNS)
        _write(files["tickets.csv"], _known_only(raised, "resolved_at"), TICKET_COLUMNS)
        _write(files["disputes.csv"], disputed, DISPUTE_COLUMNS)
        _write(files["status_log.csv"], log, STEP_COLUMNS)
        _write(files["staffing.csv"], _staffing(seed, plan, staff), STAFFING_COLUMNS)
        _write(files["audits.csv"], audits(seed, come, raised), AUDIT_COLUMNS)
        _write(files["sla_policies.csv"], _table(plans.POLICIES, plans.POLICY_COLUMNS), plans.POLICY_COLUMNS)
        _write(files["targets.csv"], _table(plans.TARGETS, plans.TARGET_COLUMNS), plans.TARGET_COLUMNS)
        _write(files["known_events.csv"], _events(plan), plans.EVENT_COLUMNS)
        files[SERVICE_CALENDARS].write(text.encode())
        files["truth.json"].write(f"{json.dumps(truth, indent=2)}\n".encode())
    return folder


def _calendars(text: str) -> list[Calendar]:
    """The calendars that promises and desks run on."""
    every = read_calendars(tomllib.loads(text))
    return [every[name] for name in ("always", *plans.MARKETS, *plans.SITES)]


def _log(come: pd.DataFrame, raised: pd.DataFrame) -> pd.DataFrame:
    """The status log of appeals and tickets, in its order."""
    log = pd.concat([steps(come), ticket_steps(raised)], ignore_index=True)
    log = log.sort_values("at", kind="stable", ignore_index=True)
    step = pd.Series(1 + np.arange(len(log))).map("S{:08d}".format)
    return log.assign(step_id=step, happened_at=log["at"])


def _known_only(table: pd.DataFrame, ends: str = "decided_at") -> pd.DataFrame:
    """The same without what the extract cannot know."""
    over = table[ends] <= EXTRACTED_AT
    hidden = {"outcome", "decided_by", "handling_seconds"} & set(table.columns)
    seen = table.assign(**{name: table[name].astype(object).where(over, "") for name in hidden})
    if "ack_mode" in table:
        seen["ack_mode"] = table["ack_mode"].where(table["acked_at"] <= EXTRACTED_AT, "")
    if "evidence_provided" in table:
        seen["evidence_provided"] = np.where(table["evidence_provided"], "true", "false")
    return seen


def _staffing(seed: int, plan: tuple[Cause, ...], staff: list[Staffed]) -> pd.DataFrame:
    """Hours by day, site and queue; those worked are not known yet for days after the last one."""
    rows = [(one.desk.site, one.desk.queue, one.planned, one.productive) for one in staff]
    rows.append((plans.ROUND_THE_CLOCK, plans.ON_CALL, *on_call_hours(seed, plan)))
    parts = [
        pd.DataFrame(
            {
                "site": site, "queue": queue, "market": "", "scheduled_hours": planned,
                "worked_at": START + DAY * np.arange(WHOLE_DAYS) + NOON,
                "productive_hours": pd.Series(worked).astype(object).where(np.arange(WHOLE_DAYS) < plans.DAYS, ""),
                "headcount": np.ceil(planned / plans.SHIFT_HOURS).astype(np.int64),
            }
        )
        for site, queue, planned, worked in rows
    ]  # fmt: skip
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values("worked_at", kind="stable", ignore_index=True)
    worked_at = pd.to_datetime(table["worked_at"], unit="s")  # `instants` writes nothing after the extract
    row = pd.Series(1 + np.arange(len(table))).map("H{:08d}".format)
    return table.assign(staffing_id=row, worked_at=worked_at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _events(plan: tuple[Cause, ...]) -> pd.DataFrame:
    """The dated events by their start: those behind what was planted, incidents, and others that changed nothing."""
    planted = {cause.event_id for cause in plans.SERVICE_LEVELS} - {cause.event_id for cause in plan}
    return _table([event for event in plans.EVENTS if event[0] not in planted], plans.EVENT_COLUMNS)


def _table(rows: Any, columns: Any) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns), dtype="str")


def _write(file: IO[bytes], table: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Write a table, its instants as text in UTC, those after the extract empty."""
    told = {
        name: instants(table[name].to_numpy(dtype=np.int64)).astype(str)
        for name in columns
        if name.endswith("_at") and table[name].dtype.kind == "i"
    }
    file.write(table.assign(**told)[list(columns)].to_csv(index=False, lineterminator="\n").encode())


def _truth(
    plan: tuple[Cause, ...], come: pd.DataFrame, raised: pd.DataFrame, staff: list[Staffed], hours: Any
) -> dict[str, Any]:
    """What was planted with what came of it, what changed nothing, and how things stand at the extract."""
    return {
        "causes": [measured(cause, come, raised, hours) for cause in plan],
        "no_effect": [measured(decoy, come, raised, hours) for decoy in plans.DECOYS],
        "state": state(come, raised, hours),
    }
