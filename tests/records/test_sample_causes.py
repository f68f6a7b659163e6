"""What was planted in the made-up appeals is in their rows, and the truth says so; the quiet scenario holds nothing."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from appeal_insights.analysis.causes import Causes
from appeal_insights.analysis.rootcause import find_causes
from appeal_insights.records.sample import COLUMNS, SAMPLE_EXTRACTED_AT
from appeal_insights.records.scope import read_scope
from tests.made_up import AFTER, BEFORE, change, inside, within

PLANTED_EVENTS = ["EV-003", "EV-006", "EV-007"]
SEGMENTS = {
    "EV-003": {"policy": "misleading_claims"},
    "EV-006": {"appellant": "seller", "evidence_provided": "false"},
    "EV-007": {"complaint_type": "service"},
}
KNOWN_BEFORE = [
    "complaint_type", "appellant", "policy_group", "policy", "automated_decision", "market", "content_language",
    "queue", "site", "appeal_round", "evidence_provided", "surface",
]  # fmt: skip


@pytest.fixture(scope="module")
def causes(sample) -> dict[str, dict[str, Any]]:
    """What the truth says, by the event behind it."""
    return {cause["event_id"]: cause for cause in sample.truth["causes"]}


def chance_error(*tables: pd.DataFrame) -> float:
    """One standard error of the difference of their rates, as if all cases were independent."""
    rates = [(table["overturned"].mean(), len(table)) for table in tables]
    return float(np.sqrt(sum(rate * (1 - rate) / size for rate, size in rates)))


# --- What was planted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event_id", "least", "most"), [("EV-003", 0.20, 0.30), ("EV-006", 0.30, 0.45)])
def test_the_rate_of_a_planted_segment_rises_from_its_first_day(on_merits, causes, event_id, least, most):
    of_it = on_merits[inside(on_merits, SEGMENTS[event_id])]
    before, after = within(of_it, BEFORE), within(of_it, AFTER)
    assert least < causes[event_id]["effect"] < most
    # Appeals of one enforcement end alike, so the error is a little wider than that of independent cases.
    assert change(of_it) == pytest.approx(causes[event_id]["effect"], abs=2.5 * chance_error(before, after))


@pytest.mark.parametrize("event_id", ["EV-003", "EV-006"])
def test_the_rate_of_a_planted_segment_was_quiet_in_the_week_before(on_merits, event_id):
    of_it = on_merits[inside(on_merits, SEGMENTS[event_id])]
    week_before, usual = within(of_it, ("2026-10-19", "2026-10-26")), within(of_it, ("2026-05-18", "2026-10-19"))
    difference = week_before["overturned"].mean() - usual["overturned"].mean()
    assert abs(difference) < 2.5 * chance_error(week_before, usual)


def test_live_restrictions_become_half_as_many_again_and_their_rate_stays(on_merits, causes):
    live = inside(on_merits, SEGMENTS["EV-007"])
    before, after = (live[within(on_merits, period).index].mean() for period in (BEFORE, AFTER))
    assert after > 1.5 * before
    assert after - before == pytest.approx(causes["EV-007"]["effect"], abs=0.02)
    untouched = on_merits[live & (on_merits["policy"] != "misleading_claims")]
    assert abs(change(untouched)) < 2.5 * chance_error(within(untouched, BEFORE), within(untouched, AFTER))


def test_everything_else_stays_and_the_whole_rises(on_merits):
    planted = [inside(on_merits, SEGMENTS[event_id]) for event_id in PLANTED_EVENTS]
    assert abs(change(on_merits[~np.logical_or.reduce(planted)])) < 0.02
    assert 0.03 < change(on_merits) < 0.05


def test_what_the_causes_brought_adds_up_to_what_parts_the_scenarios(on_merits, on_merits_quiet, causes):
    planted, quiet = within(on_merits, AFTER), within(on_merits_quiet, AFTER)
    brought = sum(cause["contribution"] for cause in causes.values())
    assert causes["EV-003"]["contribution"] > causes["EV-006"]["contribution"] > 0.015
    assert causes["EV-007"]["contribution"] == pytest.approx(-0.015, abs=0.003)
    # Nearly all rows are the same in both, so only what was planted is left to chance.
    assert planted["overturned"].mean() - quiet["overturned"].mean() == pytest.approx(brought, abs=0.01)


@pytest.mark.parametrize("event_id", ["EV-003", "EV-006"])
def test_the_effect_on_a_rate_is_what_parts_the_scenarios(on_merits, on_merits_quiet, causes, event_id):
    planted, quiet = (
        within(table[inside(table, SEGMENTS[event_id])], AFTER)["overturned"] for table in (on_merits, on_merits_quiet)
    )
    effect = causes[event_id]["effect"]
    noise = 2.5 * np.sqrt(effect * (1 - effect) / len(quiet))
    assert planted.mean() - quiet.mean() == pytest.approx(effect, abs=noise)


def test_the_effect_on_the_mix_is_what_parts_the_scenarios(on_merits, on_merits_quiet, causes):
    planted, quiet = (inside(within(table, AFTER), SEGMENTS["EV-007"]).mean() for table in (on_merits, on_merits_quiet))
    assert planted - quiet == pytest.approx(causes["EV-007"]["effect"], abs=0.003)


def test_the_aliases_of_a_cause_are_nearly_the_same_records(on_merits, causes):
    for cause in causes.values():
        own = inside(on_merits, cause["segment"])
        for alias in cause["aliases"]:
            other = inside(on_merits, alias)
            assert (own & other).sum() > 0.9 * (own | other).sum()


def test_the_scenarios_part_only_where_something_was_planted(sample, quiet):
    parting = ("appeal_id", "enforcement_id", "outcome", "reinstated_at")
    same = [column for column in COLUMNS if column not in parting]
    both = sample.appeals.merge(quiet.appeals, on=same, how="outer", suffixes=("", "_quiet"), indicator=True)
    # More live restrictions came, and nothing that would come anyway stayed away in the first round.
    first = both[both["appeal_round"] == "1"]
    more = first[first["_merge"] == "left_only"]
    assert (first["_merge"] != "right_only").all()
    assert len(more) > 250
    assert inside(more, SEGMENTS["EV-007"]).all()
    assert (more["enforced_at"] >= "2026-10-26T06:00:00Z").all()
    # Outcomes part where a rate was raised, and only towards a reversal.
    parted = both[(both["_merge"] == "both") & (both["outcome"] != both["outcome_quiet"])]
    assert len(parted) > 150
    assert set(parted["outcome_quiet"]) == {"decision_upheld"}
    assert set(parted["outcome"]) == {"decision_reversed"}
    assert (parted["decided_at"] >= "2026-10-26").all()
    assert (inside(parted, SEGMENTS["EV-003"]) | inside(parted, SEGMENTS["EV-006"])).all()


def test_nothing_moves_in_the_quiet_scenario(quiet, on_merits_quiet):
    assert quiet.truth["causes"] == []
    assert list(quiet.events["event_id"]) == ["EV-001", "EV-002", "EV-004", "EV-005"]
    parts = {"everything": pd.Series(True, index=on_merits_quiet.index)}
    parts |= {event_id: inside(on_merits_quiet, segment) for event_id, segment in SEGMENTS.items()}
    for of_it in parts.values():
        table = on_merits_quiet[of_it]
        assert abs(change(table)) < 2.5 * chance_error(within(table, BEFORE), within(table, AFTER))
        before, after = (of_it[within(on_merits_quiet, period).index].mean() for period in (BEFORE, AFTER))
        assert after == pytest.approx(before, abs=0.02)


def searched(on_merits: pd.DataFrame) -> Causes:
    """The search over everything that was known before the outcome."""
    parts = [within(on_merits, period).assign(period=name) for name, period in (("before", BEFORE), ("after", AFTER))]
    by = [*KNOWN_BEFORE, "period", "decided_day"]
    leaves = pd.concat(parts).groupby(by)["overturned"].agg(numerator="sum", denominator="size").reset_index()
    return find_causes(leaves, KNOWN_BEFORE, day="decided_day")


def test_a_search_over_all_dimensions_names_what_was_planted_and_nothing_else(on_merits, causes):
    found = searched(on_merits).causes
    assert len(found) == len(causes)
    for cause in causes.values():
        names = [cause["segment"], *cause["aliases"]]
        [one] = [each for each in found if each.segment in names]
        assert one.kind == cause["kind"]
        assert one.low < cause["contribution"] < one.high


def test_a_search_finds_nothing_where_nothing_was_planted(on_merits_quiet):
    assert searched(on_merits_quiet).quiet


# --- The truth and the events ----------------------------------------------------------------------------------------


def test_the_truth_says_what_was_planted(sample, causes):
    assert {event_id: cause["segment"] for event_id, cause in causes.items()} == SEGMENTS
    assert [cause["kind"] for cause in causes.values()] == ["rate", "rate", "mix"]
    assert {(cause["metric"], cause["starts_on"]) for cause in causes.values()} == {("overturn_rate", "2026-10-26")}
    assert (sample.truth["seed"], sample.truth["scenario"]) == (7, "planted")
    assert sample.truth["extracted_at"] == SAMPLE_EXTRACTED_AT


def test_the_event_behind_each_cause_is_listed_among_others_that_did_nothing(sample, causes):
    events = sample.events.set_index("event_id")
    types = {event_id: events.loc[event_id, "event_type"] for event_id in causes}
    assert types == {"EV-003": "model_release", "EV-006": "policy_change", "EV-007": "policy_launch"}
    for event_id, cause in causes.items():
        assert read_scope(events.loc[event_id, "scope"]) == {name: [value] for name, value in cause["segment"].items()}
        assert "2026-10-20" <= events.loc[event_id, "starts_at"][:10] <= cause["starts_on"]
    assert len(events) == 7
    assert events["starts_at"].is_monotonic_increasing


def test_every_event_is_bilingual_and_its_scope_names_values_that_occur(sample):
    for event in sample.events.to_dict("records"):
        assert event["title_en"].isprintable()
        assert re.search("[\u4e00-\u9fff]", event["title_zh"])
        assert event["ends_at"] == "" or event["starts_at"] < event["ends_at"]
        for dimension, values in read_scope(event["scope"]).items():
            assert set(values) <= set(sample.appeals[dimension])
