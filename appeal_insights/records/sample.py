"""Made-up records with a few planted causes, and the truth about them in a file of its own.

Only uniform numbers are drawn and everything else is worked out from them here, so the same seed gives the same bytes
on every version of numpy. Times are counted in whole seconds, and every appeal gets its decision time before its
outcome: the outcome may then depend on the day of the decision. All is made and written part by part, so that the
memory does not grow with the number of appeals.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from appeal_insights.errors import BadParameter, choice
from appeal_insights.records import sample_audits, sample_enforcements
from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample_causes import Sums, flipped, sums_of, truth_of
from appeal_insights.records.sample_draws import DAY, column_of, read_instant, stacked, stream
from appeal_insights.records.sample_drift import DRIFT_SCENARIOS, write_drift_sample
from appeal_insights.records.sample_handling import Luck, draw_luck, to_the_end
from appeal_insights.records.sample_plans import PLANS, Mix, Outage, Plan, known_events
from appeal_insights.records.sample_service import SERVICE_SCENARIOS, write_service_sample
from appeal_insights.records.sample_submission import (
    Days,
    Part,
    join,
    parts_of,
    plan_days,
    submit,
    submit_faulty,
    submit_more,
)
from appeal_insights.records.sample_targets import targets
from appeal_insights.records.sample_writing import Bytes, csv_rows, ids, instants, known, put_in_place, whole, words

SAMPLE_EXTRACTED_AT = shape.SAMPLE_EXTRACTED_AT
SAMPLE_FACTS = ("appeals", "enforcements", "audits", "known_events", "targets")  # what there is a file of
SCENARIOS = tuple(PLANS)
WEEKS, APPEALS = 26, 30_000  # where nobody says how many
FEWEST_APPEALS = 1000  # below, a cause may not show in any row
MOST_APPEALS = 50_000_000  # ids have eight digits
COLUMNS = ("appeal_id", "enforcement_id", "market", "appellant", "complaint_type", "policy_group", "policy", "surface",
           "content_language", "automated_decision", "appeal_round", "queue", "site", "evidence_provided",
           "enforced_at", "received_at", "decided_at", "outcome", "decided_by", "notified_at", "reinstated_at",
           "handling_seconds")  # fmt: skip
FILES = (*(f"{fact}.csv" for fact in SAMPLE_FACTS), "truth.json")
# Draws of their own, from ADDED on those of each cause; enforcements that nobody appealed have theirs elsewhere. Under
# these numbers the default seed is an ordinary one: in about one quiet sample of twenty the search names something by
# chance, and a demonstration should not be that one.
LUCK, AUDITS, ANYWAY, ADDED = 0, 2, 6, 10


def write_sample(
    folder: Path,
    *,
    seed: int = 7,
    weeks: int = WEEKS,
    appeals: int = APPEALS,
    scenario: str = "planted",
) -> Path:
    """Write made-up records, the known events beside them and the truth of what was planted; gives the folder.

    Takes   weeks      whole ISO weeks up to and with 2026-W46, counted by decision; causes are in the last three.
            appeals    about as many rows: decided in those weeks or later, or open at `SAMPLE_EXTRACTED_AT`; what a
                       cause adds comes on top.
            scenario   one of `SCENARIOS`: "planted", or the same as it would be with something else, or with nothing;
                       or one of `DRIFT_SCENARIOS`, a year of audits instead, or of `SERVICE_SCENARIOS`, half a year
                       of service levels: those are always as large.
    Gives   appeals.csv; enforcements.csv, those since the first of the weeks and older ones that are appealed;
            audits.csv; known_events.csv; targets.csv; truth.json. Each is put in place whole; the same seed gives the
            same bytes.
    Raises  BadParameter   fewer than one week, too few or too many appeals, or no such scenario.
    """
    if choice("scenario", scenario, (*SCENARIOS, *DRIFT_SCENARIOS, *SERVICE_SCENARIOS)) not in SCENARIOS:
        drifts = scenario in DRIFT_SCENARIOS
        if (weeks, appeals) != (WEEKS, APPEALS):
            what = "a year of audits, without appeals" if drifts else "half a year of service levels, always as large"
            raise BadParameter(f"The scenario {scenario} is {what}. Leave both numbers out.")
        return (write_drift_sample if drifts else write_service_sample)(folder, seed=seed, scenario=scenario)
    plan = PLANS[scenario]
    if weeks < 1 or appeals < FEWEST_APPEALS:
        raise BadParameter(f"A sample needs at least 1 week and {FEWEST_APPEALS} appeals. Given: {weeks}, {appeals}.")
    if appeals > MOST_APPEALS:
        raise BadParameter(f"A sample has at most {MOST_APPEALS:,} appeals. Given: {appeals:,}.")
    days = plan_days(weeks=weeks, appeals=appeals)
    with put_in_place(folder, FILES) as files:
        for name, columns in (("appeals", COLUMNS), ("enforcements", sample_enforcements.COLUMNS),
                              ("audits", sample_audits.COLUMNS)):  # fmt: skip
            files[f"{name}.csv"].write(f"{','.join(columns)}\n".encode())
        sums = _write_records(files, seed, days, plan)
        files["known_events.csv"].write(known_events(plan).to_csv(index=False, lineterminator="\n").encode())
        files["targets.csv"].write(targets().to_csv(index=False, lineterminator="\n").encode())
        first_day = str(np.datetime64(days.first, "D"))
        asked = {"seed": seed, "scenario": scenario, "weeks": weeks, "first_day": first_day}
        files["truth.json"].write(f"{json.dumps(asked | _truth(plan, sums), indent=2)}\n".encode())
    return folder


def _write_records(files: Mapping[str, IO[bytes]], seed: int, days: Days, plan: Plan) -> dict[str, Sums]:
    """Write the records part by part; gives what the truth is worked out from."""
    luck = draw_luck(stream(seed, LUCK), days.all)
    sums: dict[str, Sums] = {name: Counter() for name in ("totals", "outcomes", "clusters", "audits")}
    sums |= {cause.event_id: Counter() for cause in plan.causes}
    totals = sums["totals"]
    for part in parts_of(days):
        seen = _as_extracted(_drawn(seed, part, luck, plan), days)
        seen = sample_enforcements.numbered(seen, after=totals["appealed"])
        seen = seen.assign(appeal_number=totals["appeals"] + 1 + np.arange(len(seen)))
        files["appeals.csv"].write(_appeals(flipped(seen, plan.flips)))
        rows, appealed = sample_enforcements.appealed(seen, plan)
        files["enforcements.csv"].write(rows)
        decided = sample_audits.on_merits(seen)
        rows, audited = sample_audits.audits(stream(seed, AUDITS, part.number), decided, after=totals["audits"])
        files["audits.csv"].write(rows)
        totals.update(appeals=len(seen), appealed=appealed, audits=audited)
        sums["audits"].update(sample_audits.truth_sums(decided))
        _count(sums, seen)
        for cause in plan.causes:
            sums[cause.event_id].update(sums_of(seen, cause))
    for rows, written, stand_for in sample_enforcements.not_appealed(seed, days, plan, after=totals["appealed"]):
        files["enforcements.csv"].write(rows)
        totals.update(enforcement_rows=written, not_appealed=stand_for)
    return sums


def _drawn(seed: int, part: Part, luck: Luck, plan: Plan) -> pd.DataFrame:
    """Draw all appeals of a part, each to its end: what comes anyway, by the same numbers in each scenario, and then
    what a cause adds to it.
    """
    rng = stream(seed, ANYWAY, part.number)
    drawn = [to_the_end(rng, join(rng, submit(rng, part)), luck, plan)]
    offset = part.enforcements
    added: tuple[Mix | Outage, ...] = (*plan.mixes, *plan.outages)
    for place, cause in enumerate(added):
        rng = stream(seed, ADDED + place, part.number)
        more = submit_more(rng, part, cause) if isinstance(cause, Mix) else submit_faulty(rng, part, cause)
        more = more.assign(enforcement=offset + np.arange(len(more))).reset_index(drop=True)
        offset += len(more)
        drawn.append(to_the_end(rng, join(rng, more), luck, plan))
    return stacked(drawn)


def _as_extracted(drawn: pd.DataFrame, days: Days) -> pd.DataFrame:
    """The appeals of an extract in time order: decided since the first day, or open. Nobody appeals what is lifted."""
    received_at = column_of(drawn, "received_at")
    seen = (received_at <= read_instant(SAMPLE_EXTRACTED_AT)) & (received_at < column_of(drawn, "restored_at"))
    seen &= column_of(drawn, "decided_at") >= DAY * days.first
    return drawn[seen].sort_values("received_at", kind="stable", ignore_index=True)


def _appeals(seen: pd.DataFrame) -> bytes:
    decided_at = column_of(seen, "decided_at")
    has_one = column_of(seen, "enforcement_number") > 0
    written: dict[str, Bytes] = {
        "appeal_id": ids("A", column_of(seen, "appeal_number")),
        "enforcement_id": np.where(has_one, ids("E", column_of(seen, "enforcement_number")), b""),
        "outcome": known(decided_at, words(column_of(seen, "outcome"), "outcome")),
        "decided_by": known(decided_at, words(column_of(seen, "decided_by"), "decided_by")),
        "handling_seconds": known(decided_at, whole(column_of(seen, "handling_seconds"))),
    }
    return csv_rows([written[name] if name in written else _written(seen, name) for name in COLUMNS])


def _written(seen: pd.DataFrame, name: str) -> Bytes:
    values = column_of(seen, name)
    return instants(values) if name.endswith("_at") else words(values, name)


def _count(sums: dict[str, Sums], seen: pd.DataFrame) -> None:
    """Add the rows of a part to the totals."""
    outcome = column_of(seen, "outcome")[column_of(seen, "decided_at") <= read_instant(SAMPLE_EXTRACTED_AT)]
    for place, count in enumerate(np.bincount(outcome)):
        sums["outcomes"][shape.VALUES["outcome"][place]] += int(count)
    number = column_of(seen, "enforcement_number")
    of_one = np.bincount(number[number > 0] - number[number > 0].min(initial=np.iinfo(np.int64).max))
    for appeals, enforcements in enumerate(np.bincount(of_one)):
        sums["clusters"][str(appeals)] += int(enforcements)


def _truth(plan: Plan, sums: dict[str, Sums]) -> dict[str, Any]:
    """What was planted, and what came of it. No column of the records says which rows were touched."""
    totals, audited = sums["totals"], sums["audits"]
    decided = sums["outcomes"].total()
    written = {
        "appeals": totals["appeals"],
        "decided": decided,
        "open": totals["appeals"] - decided,
        "outcomes": {name: count for name, count in sorted(sums["outcomes"].items()) if count},
        "enforcements": totals["appealed"],
        "appeals_per_enforcement": {name: count for name, count in sorted(sums["clusters"].items()) if count},
        "enforcements_not_appealed": totals["not_appealed"],
        "enforcement_rows": totals["appealed"] + totals["enforcement_rows"],
        "audits": totals["audits"],
    }
    wrong = audited["wrong_upheld"] + audited["wrong_overturned"]
    found_by_all = {
        "accuracy": round(1 - wrong / (audited["upheld"] + audited["overturned"]), 4),
        "wrong_uphold_rate": round(audited["wrong_upheld"] / audited["upheld"], 4),
        "wrong_overturn_rate": round(audited["wrong_overturned"] / audited["overturned"], 4),
        "random_share": shape.AUDITED_SHARE,
    }
    causes = [truth_of(cause, sums[cause.event_id]) for cause in plan.causes]
    known_days = {"last_day": str(shape.LAST_DAY), "extracted_at": SAMPLE_EXTRACTED_AT}
    return {**known_days, "causes": causes, "totals": written, "audits": found_by_all}
