"""A year of audits in a store is watched from what its queries give, and what was planted is found."""

from datetime import date, timedelta

import pandas as pd
import pytest

from appeal_insights.analysis.drift import Drift, watch_drift
from appeal_insights.metrics.audited import AuditedDays, audited
from appeal_insights.metrics.query import query_table
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample
from appeal_insights.records.sample_drift import DRIFT_FACTS
from appeal_insights.records.scope import read_scope
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD

SERIES = ["market", "policy"]
YEAR = {"start": date(2025, 11, 16), "end": date(2026, 11, 16)}


def watched(place, scenario: str) -> tuple[AuditedDays, Drift]:
    """What a store of that scenario says day by day, and what watching it finds."""
    folder = write_sample(place, scenario=scenario)
    for fact in DRIFT_FACTS:
        ingest(folder / f"{fact}.csv", folder / "year.duckdb", fact=fact, loaded_at=FIRST_LOAD)
    with Store(folder / "year.duckdb") as store:
        found = audited(store, **YEAR, by=SERIES)
        events = query_table(store, "known_events", as_of=FIRST_LOAD)
    scopes = [read_scope(scope) for scope in events["scope"].fillna("")]
    listed = pd.DataFrame({"day": events["starts_on"], "event": events["event_id"]})
    for name in SERIES:
        listed[name] = [scope[name][0] if name in scope else None for scope in scopes]
    drift = watch_drift(
        found.counts, series=SERIES, day="day", stratum="stratum", audited="audited", correct="correct",
        volume=found.volume, gold=found.gold, known_events=listed,
    )  # fmt: skip
    return found, drift


@pytest.fixture(scope="module")
def drifting(tmp_path_factory):
    return watched(tmp_path_factory.mktemp("drifting"), "accuracy_drift")


def first(drift: Drift, series: str) -> pd.Series:
    return drift.alarms[drift.alarms["series"] == series].iloc[0]


def test_a_year_of_audits_is_counted_once_each_and_its_cases_too(drifting):
    found, _ = drifting
    assert len(found.counts.groupby(SERIES)) == 24
    assert not found.counts.duplicated(["day", *SERIES, "stratum"]).any()
    assert not found.volume.duplicated(["day", *SERIES, "stratum"]).any()
    assert list(found.gold.columns) == ["day", "market", "audited", "correct"]
    both = found.counts.merge(found.volume, how="left")
    assert (both["audited"] <= both["volume"]).all()


def test_eight_points_less_in_one_market_are_found_within_three_weeks_and_put_down_to_the_work(drifting):
    alarm = first(drifting[1], "GB · misleading_claims")
    planted = pd.Timestamp("2026-06-15")
    assert planted <= alarm["alarm_day"] <= planted + timedelta(days=21)
    assert alarm["low"] <= planted <= alarm["high"]
    assert (alarm["direction"], alarm["cause"], alarm["event"]) == ("fell", "work", "EV-101")


def test_stricter_auditors_and_a_harder_mix_are_not_put_down_to_the_work(drifting):
    alarms = drifting[1].alarms
    of_auditors = alarms[alarms["market"] == "FR"]
    assert set(of_auditors["cause"]) == {"auditors"}
    mixed = alarms[alarms["market"] == "SA"]
    assert set(mixed["cause"]) == {"mix"}
    assert (mixed["alarm_day"] <= pd.Timestamp("2026-07-12") + timedelta(days=14)).all()


def test_every_planted_change_is_found_and_nothing_before_it(drifting):
    alarms = drifting[1].alarms
    assert alarms["alarm_day"].min() >= pd.Timestamp("2026-05-04")
    for series, day in {
        "IT · adult_nudity": "2026-07-06", "ES · counterfeit": "2026-05-18", "ZA · misleading_claims": "2026-05-04",
    }.items():  # fmt: skip
        assert first(drifting[1], series)["alarm_day"] >= pd.Timestamp(day)
    assert len(alarms[alarms["market"] == "DE"]) >= 2, "of three policies that a new cohort works on"


def test_a_quiet_year_alarms_no_more_than_is_promised(tmp_path):
    _, drift = watched(tmp_path, "accuracy_quiet")
    series = 24 - len(drift.refused)
    promised = series * 224 / 3650
    assert drift.refused["series"].str.startswith("ZA").sum() >= 1, "four audits a day are too few"
    assert len(drift.alarms) <= promised
