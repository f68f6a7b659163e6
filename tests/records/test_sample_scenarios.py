"""Every scenario holds what it says and nothing else, and its truth says how much."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from appeal_insights.records.sample import SCENARIOS, write_sample
from appeal_insights.records.scope import read_scope
from tests.made_up import AFTER, BEFORE, Sample, change, decided_on_merits, inside, read, within
from tests.records.test_sample_causes import chance_error, searched

KINDS = {
    "mix_only": "mix",
    "policy_launch": "mix",
    "model_release": "rate",
    "threshold_change": "rate",
    "vendor_site": "rate",
    "staffing_dip": "delay",
    "outage": "bulk",
    "instrumentation_flip": "instrumentation",
    "language_routing": "rate",
    "holiday_calendar": "delay",
}
DECOYS = {"EV-001", "EV-002", "EV-004", "EV-005"}
SINCE = "2026-10-26"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The samples of the scenarios, each written once."""
    written: dict[str, Sample] = {}

    def of(scenario: str) -> Sample:
        if scenario not in written:
            written[scenario] = read(write_sample(tmp_path_factory.mktemp(scenario), scenario=scenario))
        return written[scenario]

    return of


def cause_of(sample: Sample):
    [cause] = sample.truth["causes"]
    return cause


def hours(appeals: pd.DataFrame) -> "pd.Series[float]":
    """Turnaround of the decided ones."""
    decided = appeals[appeals["decided_at"] != ""]
    took = pd.to_datetime(decided["decided_at"]) - pd.to_datetime(decided["received_at"])
    return took.dt.total_seconds() / 3600


def test_the_scenarios_are_these_and_the_page_about_the_sample_has_them_all():
    assert set(SCENARIOS) == {"planted", "quiet", *KINDS}
    page = (Path(__file__).parents[2] / "docs" / "sample.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| ([a-z, ]+) \|", page, flags=re.MULTILINE))
    assert told == {"planted": "rate, rate, mix", "quiet": "none", **KINDS}


@pytest.mark.parametrize("scenario", KINDS)
def test_a_scenario_has_one_cause_whose_event_is_listed_among_four_that_did_nothing(made, scenario):
    sample = made(scenario)
    cause = cause_of(sample)
    assert cause["kind"] == KINDS[scenario]
    events = sample.events.set_index("event_id")
    assert set(events.index) == {*DECOYS, cause["event_id"]}
    assert events["starts_at"].is_monotonic_increasing
    assert "2026-10-20" <= events.loc[cause["event_id"], "starts_at"][:10] <= cause["starts_on"]
    for dimension, values in read_scope(events.loc[cause["event_id"], "scope"]).items():
        assert set(values) <= set(sample.appeals[dimension])


@pytest.mark.parametrize("scenario", KINDS)
def test_before_its_cause_a_scenario_is_the_quiet_one(made, quiet, scenario):
    early = [
        table[(table["received_at"] < "2026-10-26") & (table["decided_at"] < "2026-10-26")].drop(
            columns=["appeal_id", "enforcement_id", "reinstated_at", "notified_at"]
        )
        for table in (made(scenario).appeals, quiet.appeals)
    ]
    early = [table[table["decided_at"] != ""].reset_index(drop=True) for table in early]
    pd.testing.assert_frame_equal(*early)


@pytest.mark.parametrize("scenario", ["model_release", "threshold_change", "language_routing", "vendor_site"])
def test_a_rate_moves_by_its_effect_and_the_rest_stands_still(made, scenario):
    on_merits = decided_on_merits(made(scenario).appeals)
    cause = cause_of(made(scenario))
    own = inside(on_merits, cause["segment"])
    own_before, own_after = (within(on_merits[own], period) for period in (BEFORE, AFTER))
    # Appeals of one enforcement end alike and days differ, so the error is wider than that of independent cases.
    noise = 3 * 1.25 * chance_error(own_before, own_after)
    assert change(on_merits[own]) == pytest.approx(cause["effect"], abs=noise)
    assert abs(change(on_merits[~own])) < 0.02


@pytest.mark.parametrize("scenario", ["model_release", "threshold_change", "policy_launch", "mix_only"])
def test_the_search_names_the_cause_with_its_kind_and_nothing_else(made, scenario):
    cause = cause_of(made(scenario))
    [found] = searched(decided_on_merits(made(scenario).appeals)).causes
    assert found.segment in [cause["segment"], *cause["aliases"]]
    assert found.kind == cause["kind"]
    assert found.contribution == pytest.approx(cause["contribution"], abs=0.006)


@pytest.mark.parametrize("scenario", ["vendor_site", "language_routing"])
def test_where_appeals_move_to_another_site_the_search_names_the_site_as_mix(made, scenario):
    # There was next to nothing there before, so no rate there can be compared: all of it is told as mix.
    cause = cause_of(made(scenario))
    [found] = searched(decided_on_merits(made(scenario).appeals)).causes
    assert found.segment in [cause["segment"], *cause["aliases"]]
    assert np.sign(found.contribution) == np.sign(cause["contribution"])


@pytest.mark.parametrize("scenario", ["staffing_dip", "holiday_calendar"])
def test_a_delay_is_no_cause_of_a_rate(made, scenario):
    assert searched(decided_on_merits(made(scenario).appeals)).quiet
    assert abs(cause_of(made(scenario))["contribution"]) < 0.005


def test_a_site_short_of_staff_takes_longer_and_leaves_more_open(made, quiet):
    sample, cause = made("staffing_dip"), cause_of(made("staffing_dip"))
    own, usual = (table[table["site"] == "site_lisbon"] for table in (sample.appeals, quiet.appeals))
    assert (own["decided_at"] == "").sum() > 5 * (usual["decided_at"] == "").sum()
    assert (own["decided_at"] == "").sum() - (usual["decided_at"] == "").sum() == pytest.approx(
        cause["still_open"], abs=20
    )
    late = [table[table["received_at"] >= SINCE] for table in (own, usual)]
    assert hours(late[0]).median() > 4 * hours(late[1]).median()
    others = [table[table["site"] != "site_lisbon"] for table in (sample.appeals, quiet.appeals)]
    assert hours(others[0]).median() == pytest.approx(hours(others[1]).median(), rel=0.02)


def test_a_wrong_weekend_moves_sunday_s_decisions_to_monday(made, quiet):
    sample, cause = made("holiday_calendar"), cause_of(made("holiday_calendar"))
    riyadh = [table[(table["market"] == "SA") & (table["decided_at"] >= SINCE)] for table in
              (sample.appeals, quiet.appeals)]  # fmt: skip
    sundays = [(pd.to_datetime(table["decided_at"]).dt.day_of_week == 6).sum() for table in riyadh]
    assert sundays[0] == 0
    assert sundays[1] > 10
    of_all = sundays[1] * 24 / len(riyadh[1])
    assert cause["effect"] == pytest.approx(of_all, abs=0.3)


def test_in_an_outage_hundreds_are_restored_at_once_and_their_open_appeals_are_reversed_with_them(made):
    sample, cause = made("outage"), cause_of(made("outage"))
    restored = sample.enforcements[sample.enforcements["reversal_reason"] == "bulk_restore"]
    assert set(restored["reversed_at"]) == {"2026-11-04T16:00:00Z"}
    assert set(restored["policy"]) == {"spam_engagement"}
    assert restored["enforced_at"].between("2026-11-03T02:00:00Z", "2026-11-03T11:00:00Z").all()
    single = restored[restored["stands_for"] == ""]
    assert 200 < len(single) < 600
    assert restored["stands_for"].replace("", "1").astype(int).sum() > 3000, "most of it nobody had appealed yet"
    appeals = sample.appeals[sample.appeals["enforcement_id"].isin(single["enforcement_id"])]
    assert (appeals["received_at"] < "2026-11-04T16:00:00Z").all(), "nobody appeals what is lifted"
    assert set(appeals["outcome"]) == {"decision_reversed"}
    assert set(appeals["decided_at"]) == set(appeals["reinstated_at"]) == {"2026-11-04T16:00:00Z"}
    assert cause["appeals_closed"] == len(appeals)


def test_an_outage_raises_the_rate_by_what_the_truth_says(made, on_merits_quiet):
    cause = cause_of(made("outage"))
    tables = (decided_on_merits(made("outage").appeals), on_merits_quiet)
    since, usual = (within(table, (cause["starts_on"], AFTER[1]))["overturned"].mean() for table in tables)
    assert since - usual == pytest.approx(cause["contribution"], abs=0.01)


def test_an_inverted_label_changes_nothing_but_the_label(made, quiet):
    sample, cause = made("instrumentation_flip"), cause_of(made("instrumentation_flip"))
    assert list(sample.appeals["appeal_id"]) == list(quiet.appeals["appeal_id"])
    changed = (sample.appeals != quiet.appeals).any()
    assert list(changed[changed].index) == ["automated_decision"]
    rows = sample.appeals["automated_decision"] != quiet.appeals["automated_decision"]
    assert set(sample.appeals.loc[rows, "market"]) == {"DE", "AT", "CH"}
    assert sample.appeals.loc[rows, "enforced_at"].min() >= SINCE
    assert "AUTOMATED_DECISION_PARTIALLY" not in set(sample.appeals.loc[rows, "automated_decision"])
    shares = [
        (within(decided_on_merits(table), AFTER)["automated_decision"] == "AUTOMATED_DECISION_NOT_AUTOMATED").mean()
        for table in (sample.appeals, quiet.appeals)
    ]
    assert shares[0] - shares[1] == pytest.approx(cause["effect"], abs=0.001)
    counted = sample.enforcements[
        (sample.enforcements["market"] == "DE") & (sample.enforcements["enforced_at"] >= SINCE)
    ]
    volume = counted["stands_for"].replace("", "1").astype(int).groupby(counted["automated_decision"]).sum()
    assert volume["AUTOMATED_DECISION_NOT_AUTOMATED"] / volume.sum() == pytest.approx(0.94, abs=0.02)


def test_where_only_the_mix_moves_no_rate_does(made):
    # More sellers come, and nobody is decided differently.
    on_merits = decided_on_merits(made("mix_only").appeals)
    for sellers in (True, False):
        rows = on_merits[(on_merits["appellant"] == "seller") == sellers]
        assert abs(change(rows)) < 2.5 * 1.25 * chance_error(within(rows, BEFORE), within(rows, AFTER))
    assert cause_of(made("mix_only"))["effect"] > 0.1
