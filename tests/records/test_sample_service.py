"""The made-up service levels: the same each time, taken in whole, late for a reason, and late where the truth says."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pandas as pd
import pytest

from appeal_insights.errors import BadParameter
from appeal_insights.records import sample_service as making
from appeal_insights.records.calendar_days import days_of
from appeal_insights.records.calendars import read_calendars
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT, write_sample
from appeal_insights.records.sample_service import (
    SERVICE_CALENDARS,
    SERVICE_FACTS,
    SERVICE_FILES,
    SERVICE_SCENARIOS,
)
from tests.records.test_sample import bytes_of

EXTRACTED_AT = pd.Timestamp(SAMPLE_EXTRACTED_AT)
HOUR = pd.Timedelta(hours=1)
FINGERPRINTS = {
    "appeals.csv": "af20db957d0b971cbdf4dd9fbd04de62151788d7aee74b8583dc1b70ec5c8965",
    "tickets.csv": "c9a301f26e68502f31fae894ac021a2a9a693d25f24e9cff51e3c9997de0875c",
    "status_log.csv": "c809b5e80e514eb84b2f11b2d7005d4415db882f42c8023cf735059be2aec08e",
}
CONTINUED = 7  # days that a dip, a surge and holidays are still felt when they are over


class Half(NamedTuple):
    appeals: pd.DataFrame
    tickets: pd.DataFrame
    disputes: pd.DataFrame
    log: pd.DataFrame
    staffing: pd.DataFrame
    truth: dict[str, Any]


def read(folder: Path) -> Half:
    tables = [
        pd.read_csv(folder / f"{fact}.csv", keep_default_na=False)
        for fact in ("appeals", "tickets", "disputes", "status_log", "staffing")
    ]
    for table in tables:
        for name in [name for name in table if name.endswith("_at")]:
            table[name] = pd.to_datetime(table[name].replace("", None), utc=True)
    return Half(*tables, json.loads((folder / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("service"), scenario="service_levels")


@pytest.fixture(scope="module")
def levels(folder):
    return read(folder)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return read(write_sample(tmp_path_factory.mktemp("quiet_service"), scenario="service_quiet"))


@pytest.fixture(scope="module")
def taken_in(folder, tmp_path_factory):
    """A store of all files, and what became of each."""
    store = tmp_path_factory.mktemp("service_store") / "service.duckdb"
    loaded_at = EXTRACTED_AT.tz_localize(None).to_pydatetime()
    intakes = {"calendars": ingest(folder / SERVICE_CALENDARS, store, loaded_at=loaded_at)}
    for fact in SERVICE_FACTS:
        intakes[fact] = ingest(folder / f"{fact}.csv", store, fact=fact, loaded_at=loaded_at)
    return store, intakes


def of(cause: str, half: Half) -> dict[str, Any]:
    [found] = [one for one in half.truth["causes"] if one["kind"] == cause]
    return found


def between(instants: pd.Series, first: str, end: str = "2027-01-01") -> pd.Series:
    return (instants >= pd.Timestamp(first, tz=UTC)) & (instants < pd.Timestamp(end, tz=UTC))


def test_two_runs_give_the_same_bytes_and_leave_nothing_else_behind(folder, tmp_path):
    once, again = bytes_of(folder), bytes_of(write_sample(tmp_path / "again", scenario="service_levels"))
    assert once == again
    assert list(once) == sorted(SERVICE_FILES)


def test_the_bytes_are_the_same_on_every_python_numpy_and_machine(folder):
    written = bytes_of(folder)
    # It changes only when the sample is meant to.
    assert {name: sha256(written[name]).hexdigest() for name in FINGERPRINTS} == FINGERPRINTS


def test_another_seed_gives_other_appeals_and_the_same_events_and_promises(folder, tmp_path):
    first, second = bytes_of(folder), bytes_of(write_sample(tmp_path, scenario="service_levels", seed=1))
    assert first["appeals.csv"] != second["appeals.csv"]
    for same in ("known_events.csv", "sla_policies.csv", "targets.csv", "calendars.toml"):
        assert first[same] == second[same]


def test_nothing_is_left_behind_where_writing_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "_staffing", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_sample(tmp_path / "made", scenario="service_quiet")
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("asked", [{"weeks": 8}, {"appeals": 2000}])
@pytest.mark.parametrize("scenario", SERVICE_SCENARIOS)
def test_service_levels_are_always_as_large(tmp_path, scenario, asked):
    with pytest.raises(BadParameter, match="half a year of service levels"):
        write_sample(tmp_path / "none", scenario=scenario, **asked)
    assert not (tmp_path / "none").exists()


def test_every_row_of_every_file_is_taken_in(taken_in, levels):
    _, intakes = taken_in
    assert {name: intake.rejected for name, intake in intakes.items()} == dict.fromkeys(intakes, 0)
    assert {name: len(intake.reasons) for name, intake in intakes.items()} == dict.fromkeys(intakes, 0)
    totals = levels.truth["totals"]
    assert (intakes["appeals"].new, intakes["tickets"].new, intakes["disputes"].new, intakes["status_log"].new) == (
        totals["appeals"], totals["tickets"], totals["disputes"], totals["steps"],
    )  # fmt: skip
    assert all(intake.new == intake.read > 0 for intake in intakes.values())


# The truth is counted by the writer's own rules; a store reckons its clocks from the files. They must agree.
def clocks_of(store: Path) -> pd.DataFrame:
    with duckdb.connect(str(store), read_only=True) as connection:
        return connection.execute("select * from clocks where known_to > timestamp '2999-01-01' order by clock_id").df()


@pytest.fixture(scope="module")
def clocks(taken_in):
    return clocks_of(taken_in[0])


def counted(clocks: pd.DataFrame, cause: dict[str, Any], first: pd.Timestamp, end: pd.Timestamp) -> tuple[int, int]:
    rows = clocks[(clocks["subject_type"] == cause["subject_type"]) & (clocks["clock"] == cause["clock"])]
    for column, values in cause["segment"].items():
        rows = rows[rows[column].isin(values.split(","))]
    rows = rows[(rows["due_at"] >= first) & (rows["due_at"] < min(end, EXTRACTED_AT.tz_localize(None) + HOUR / 3600))]
    in_time = rows["stopped_at"] <= rows["due_at"]
    rows, in_time = rows[~((rows["void"] == "true") & in_time)], in_time[~((rows["void"] == "true") & in_time)]
    return len(rows), int(in_time.sum())


@pytest.mark.parametrize("cause", ["staffing_dip", "surge", "asking", "holidays", "reinstatement"])
def test_what_was_kept_is_the_same_by_the_truth_and_by_the_clocks_of_a_store(levels, clocks, cause):
    told = of(cause, levels)
    first, end = pd.Timestamp(told["first_day"]), pd.Timestamp(told["last_day"]) + pd.Timedelta(days=1)
    end += pd.Timedelta(days=CONTINUED if cause in ("staffing_dip", "surge", "holidays") else 0)
    before = counted(clocks, told, first - pd.Timedelta(days=56), first)
    assert before == (told["before"]["due"], told["before"]["kept"])
    assert counted(clocks, told, first, end) == (told["since"]["due"], told["since"]["kept"])


def test_every_appeal_has_a_promise_and_only_paused_ones_are_not_due(levels, clocks):
    decide = clocks[(clocks["subject_type"] == "appeal") & (clocks["clock"] == "decide")]
    assert len(decide) == len(levels.appeals)
    still = decide["stopped_at"].isna()
    assert int((still & decide["due_at"].isna()).sum()) == levels.truth["state"]["paused"] > 0


def test_the_newest_state_has_something_to_hand_over(levels, clocks):
    state = levels.truth["state"]
    decide = clocks[(clocks["subject_type"] == "appeal") & (clocks["clock"] == "decide") & clocks["stopped_at"].isna()]
    left = decide["due_at"] - EXTRACTED_AT.tz_localize(None)
    assert state["overdue"] == int((left <= 0 * HOUR).sum()) >= 20
    for hours in (8, 24, 48):
        assert state[f"due_in_{hours}_hours"] == int(((left > 0 * HOUR) & (left <= hours * HOUR)).sum())
    assert state["due_in_8_hours"] < state["due_in_24_hours"] < state["due_in_48_hours"]
    unsolved = levels.tickets[levels.tickets["resolved_at"].isna()]
    assert state["open_urgent_tickets"] == int(unsolved["severity"].isin(["P0", "P1"]).sum()) == 3
    assert state["open_tickets"] == len(unsolved)
    assert state["open_appeals"] == int(levels.appeals["decided_at"].isna().sum())


# What is planted shows by plain counting, and not where it is not planted.
def late(appeals: pd.DataFrame, hours: float) -> float:
    """The share of appeals decided later than so many hours after they came, or not yet."""
    return float(1 - ((appeals["decided_at"] - appeals["received_at"]) <= hours * HOUR).mean())


def test_fewer_hours_at_a_site_make_its_decisions_late(levels, quiet):
    def at(half: Half, site: str) -> float:
        return late(half.appeals[(half.appeals["site"] == site) & weekdays(half.appeals)], 10)

    def weekdays(appeals: pd.DataFrame) -> pd.Series:
        morning = appeals["received_at"].dt.hour.between(8, 12) & (appeals["received_at"].dt.day_of_week < 4)
        return morning & between(appeals["received_at"], "2026-09-01", "2026-09-20")

    assert at(levels, "site_lisbon") > at(quiet, "site_lisbon") + 0.15
    assert at(levels, "site_sofia") == at(quiet, "site_sofia")
    hours = levels.staffing[levels.staffing["site"] == "site_lisbon"]
    dip = between(hours["worked_at"], "2026-08-31", "2026-09-21")
    done = hours["productive_hours"].replace("", None).astype(float)
    assert done[dip].sum() / hours["scheduled_hours"][dip].sum() == pytest.approx(0.85 * 0.5, abs=0.02)
    assert of("staffing_dip", levels)["since"]["attainment"] < of("staffing_dip", levels)["before"]["attainment"] - 0.2


def test_a_sale_brings_more_than_the_desk_can_do_and_others_wait_behind_it(levels, quiet):
    def sellers(half: Half, *markets: str) -> pd.DataFrame:
        rows = half.appeals["market"].isin(markets) & (half.appeals["queue"] == "seller_support")
        return half.appeals[rows & between(half.appeals["received_at"], "2026-11-06", "2026-11-15")]

    assert len(sellers(levels, "DE", "GB")) > 4 * len(sellers(quiet, "DE", "GB"))
    assert len(sellers(levels, "PL", "AE")) == len(sellers(quiet, "PL", "AE"))
    assert late(sellers(levels, "DE", "GB"), 72) > 0.5 > 0.2 > late(sellers(quiet, "DE", "GB"), 72)
    assert late(sellers(levels, "PL", "AE"), 72) > 0.4
    planned = [
        half.staffing.loc[half.staffing["queue"] == "seller_support", "scheduled_hours"] for half in (levels, quiet)
    ]
    assert planned[0].sum() == pytest.approx(planned[1].sum(), rel=0.01)  # nobody planned for it


def test_a_queue_that_asks_three_times_as_often_keeps_its_promise_and_takes_longer(levels, quiet):
    def asked(half: Half, first: str, end: str) -> float:
        rows = (half.appeals["queue"] == "account_integrity") & between(half.appeals["received_at"], first, end)
        waited = half.log.loc[half.log["status"] == "waiting_appellant", "subject_id"]
        return float(half.appeals.loc[rows, "appeal_id"].isin(waited).mean())

    before, since = ("2026-07-01", "2026-09-28"), ("2026-09-28", "2026-11-15")
    assert asked(levels, *before) == asked(quiet, *before) == pytest.approx(0.11, abs=0.02)
    assert asked(quiet, *since) == pytest.approx(0.11, abs=0.03)
    assert asked(levels, *since) > 2.5 * asked(quiet, *since)
    told = of("asking", levels)
    assert abs(told["since"]["attainment"] - told["before"]["attainment"]) < 0.01
    assert abs(told["since"]["mean_net_hours"] - told["before"]["mean_net_hours"]) < 0.5
    assert told["since"]["mean_gross_hours"] > 2 * told["before"]["mean_gross_hours"]


def test_public_holidays_raise_the_backlog_and_not_the_net_time(levels, quiet):
    def open_at(half: Half, instant: str) -> int:
        rows, at = half.appeals[half.appeals["market"] == "TR"], pd.Timestamp(instant, tz=UTC)
        return int(((rows["received_at"] <= at) & ~(rows["decided_at"] <= at)).sum())

    assert open_at(levels, "2026-11-02T04:00") > 1.5 * open_at(quiet, "2026-11-02T04:00")
    told = of("holidays", levels)
    assert told["since"]["mean_gross_hours"] > 2 * told["before"]["mean_gross_hours"]
    assert abs(told["since"]["mean_net_hours"] - told["before"]["mean_net_hours"]) < 0.6
    assert told["since"]["attainment"] > 0.97
    taken_up = levels.log[levels.log["status"] == "in_review"].groupby("subject_id")["happened_at"].first()
    there = levels.appeals.loc[levels.appeals["site"] == "site_istanbul", "appeal_id"]
    taken_up = taken_up[taken_up.index.isin(there)]
    assert between(taken_up, "2026-10-28T08:00", "2026-10-28T10:00").any()
    assert not between(taken_up, "2026-10-28T10:00", "2026-11-02T05:00").any()


def test_restrictions_are_lifted_late_in_one_market_where_decisions_are_not(levels, quiet):
    def slow(half: Half, market: str) -> float:
        rows = half.appeals[(half.appeals["market"] == market) & half.appeals["outcome"].str.contains("reversed")]
        rows = rows[between(rows["decided_at"], "2026-10-05", "2026-11-14")]
        return float(1 - (rows["reinstated_at"] - rows["decided_at"] <= 24 * HOUR).mean())

    assert slow(levels, "SA") > 0.25
    assert slow(quiet, "SA") < 0.03
    assert slow(levels, "EG") == slow(quiet, "EG") < 0.03
    told = of("reinstatement", levels)
    assert abs(told["since"]["decide_attainment"] - told["before"]["decide_attainment"]) < 0.02


def test_the_night_shift_takes_urgent_tickets_on_late_from_a_day_on(levels, quiet):
    def on_time(half: Half) -> list[float]:
        urgent = half.tickets[(half.tickets["severity"] == "P1") & (half.tickets["created_at"] < "2026-11-15")]
        met = urgent["acked_at"] - urgent["created_at"] <= HOUR
        since = between(urgent["created_at"], "2026-09-07")
        return [float(met[~since].mean()), float(met[since].mean())]

    before, after = on_time(levels)
    assert before > 0.95
    assert after < before - 0.08  # a quarter of them come at night
    assert min(on_time(quiet)) > 0.95
    told = of("night_shift", levels)
    assert told["since"]["attainment"] < 0.5 < 0.95 < told["before"]["attainment"]
    assert told["since"]["due"] >= 20


def test_nothing_is_planted_in_the_quiet_half_year(quiet, levels):
    assert quiet.truth["causes"] == []
    for decoy in (*quiet.truth["no_effect"], *levels.truth["no_effect"]):
        assert decoy["since"]["attainment"] > decoy["before"]["attainment"] - 0.02
    month = quiet.appeals["received_at"].dt.tz_localize(None).dt.to_period("M")
    slow = quiet.appeals.groupby([quiet.appeals["site"], month])[["received_at", "decided_at"]].apply(late, hours=100)
    assert slow[slow.index.get_level_values(1) < "2026-11"].max() < 0.10


# Appeals are late for a reason.
def test_nobody_works_more_than_the_hours_of_a_desk_allow(levels):
    taken = levels.log[(levels.log["status"] == "in_review") & (levels.log["subject_type"] == "appeal")]
    first = taken.groupby("subject_id")["happened_at"].min()
    appeals = levels.appeals[levels.appeals["decided_at"].notna()]
    begun = appeals["appeal_id"].map(first).dt.normalize()
    work = appeals["handling_seconds"].astype(float).groupby([appeals["queue"], appeals["site"], begun]).sum()
    hours = levels.staffing[levels.staffing["productive_hours"] != ""]
    day = hours["worked_at"].dt.normalize()
    able = 3600 * hours["productive_hours"].astype(float).groupby([hours["queue"], hours["site"], day]).sum()
    both = pd.DataFrame({"work": work, "able": able.drop("on_call", level=0)}).fillna(0).groupby(level=[0, 1]).cumsum()
    started_before_it_closed = 3 * 3600  # what is begun is brought to its end
    assert (both["work"] <= both["able"] + started_before_it_closed).all()
    share = both.groupby(level=[0, 1]).last()
    assert (share["work"] / share["able"]).between(0.2, 0.9).all()


def test_the_steps_of_a_case_follow_each_other(levels):
    appeals = levels.appeals.set_index("appeal_id")
    log = levels.log[levels.log["subject_type"] == "appeal"]
    first = log.groupby("subject_id").first()
    assert (first["happened_at"] >= appeals.loc[first.index, "received_at"]).all()
    decided = log[log["status"] == "decided"].groupby("subject_id")["happened_at"].first()
    assert (decided == appeals["decided_at"].dropna().loc[decided.index]).all()
    assert len(decided) == appeals["decided_at"].notna().sum()
    after = log.groupby("subject_id")["status"].shift(-1)[log["status"].str.startswith("waiting")]
    assert set(after.dropna()) == {"queued"}
    assert 3 <= int(after.isna().sum()) <= 60  # still waiting
    reopened = log[log["status"] == "reopened"]
    assert set(appeals.loc[reopened["subject_id"], "outcome"]) <= {
        "decision_upheld", "decision_reversed", "decision_partially_reversed",
    }  # fmt: skip
    assert 0.005 < len(reopened) / len(decided) < 0.02


def test_hours_are_planned_four_weeks_ahead_and_nobody_knows_yet_what_is_worked(levels):
    ahead = levels.staffing[levels.staffing["worked_at"] > EXTRACTED_AT - 6 * HOUR]
    assert ahead["worked_at"].dt.date.nunique() == 28
    assert (ahead["productive_hours"] == "").all()
    assert (levels.staffing.loc[~levels.staffing.index.isin(ahead.index), "productive_hours"] != "").all()
    moving = ahead[(ahead["site"] == "site_lisbon") & (ahead["worked_at"].dt.date.astype(str) == "2026-11-27")]
    assert (moving["scheduled_hours"] == 0).all()
    assert "on_call" in set(ahead["queue"])


def test_tickets_repeat_only_what_came_before_and_belong_to_incidents_that_are_known(levels, folder):
    tickets = levels.tickets.set_index("ticket_id")
    again = tickets[tickets["repeat_of"] != ""]
    assert (tickets.loc[again["repeat_of"], "created_at"].to_numpy() <= again["created_at"].to_numpy()).all()
    assert (tickets.loc[again["repeat_of"], "market"].to_numpy() == again["market"].to_numpy()).all()
    events = pd.read_csv(folder / "known_events.csv").set_index("event_id")
    linked = tickets[tickets["linked_event_id"] != ""]
    assert set(linked["linked_event_id"]) <= set(events.index[events["event_type"] == "incident"])
    starts = pd.to_datetime(events.loc[linked["linked_event_id"], "starts_at"], utc=True)
    assert (linked["created_at"].to_numpy() >= starts.to_numpy()).all()
    auto = tickets[(tickets["ack_mode"] == "auto")]
    assert set(auto["severity"]) == {"P2", "P3"}
    assert 1300 < len(tickets) < 1800


def test_disputes_follow_upheld_appeals_of_the_union(levels):
    disputes, appeals = levels.disputes, levels.appeals.set_index("appeal_id")
    assert len(disputes) == 60
    behind = appeals.loc[disputes["appeal_id"]]
    assert set(behind["outcome"]) == {"decision_upheld"}
    assert set(behind["market"]) <= {"DE", "ES", "FR", "IT", "PL"}
    assert (disputes["submitted_at"].to_numpy() >= behind["decided_at"].to_numpy()).all()


def test_the_day_of_a_feast_was_learned_the_evening_before(folder):
    """Egypt closes on 26 August, not on the 25th as it had been reckoned; who asks earlier does not know it yet."""
    egypt = read_calendars(folder / SERVICE_CALENDARS)["EG"]

    def worked(as_of: datetime) -> list[bool]:
        return [bool(day.spans) for day in days_of(egypt, date(2026, 8, 25), date(2026, 8, 26), as_of=as_of)]

    assert worked(datetime(2026, 8, 24, 17)) == [False, True]
    assert worked(datetime(2026, 8, 24, 19)) == [True, False]
