"""The made-up enforcements: those that are appealed are the appeals' own, the others are counted by day and cell."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.records import sample_shape as shape
from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT
from appeal_insights.records.sample_draws import counts
from appeal_insights.records.sample_enforcements import COLUMNS, appealed_within
from tests.made_up import Sample

CELL = ["market", "actor", "restriction_class", "policy_group", "policy", "automated_decision", "enforced_at"]


@pytest.fixture(scope="module")
def enforcements(sample: Sample) -> pd.DataFrame:
    return sample.enforcements


@pytest.fixture(scope="module")
def single(enforcements) -> pd.DataFrame:
    return enforcements[enforcements["stands_for"] == ""]


@pytest.fixture(scope="module")
def counted(enforcements) -> pd.DataFrame:
    return enforcements[enforcements["stands_for"] != ""]


def test_every_enforcement_has_an_id_of_its_own_and_the_columns_of_the_contract(enforcements):
    assert tuple(enforcements.columns) == COLUMNS
    assert enforcements["enforcement_id"].is_unique
    assert enforcements["enforcement_id"].str.fullmatch(r"E\d{8}").all()


def test_each_that_an_appeal_names_is_there_once_and_is_what_the_appeal_says(sample, single):
    linked = sample.appeals[sample.appeals["enforcement_id"] != ""]
    assert set(linked["enforcement_id"]) == set(single["enforcement_id"])
    both = linked.merge(single, on="enforcement_id", suffixes=("", "_of_it"))
    for column, same in (("appellant", "actor"), ("complaint_type", "restriction_class")):
        assert (both[column] == both[same]).all()
    for column in ("market", "policy_group", "policy", "automated_decision", "enforced_at"):
        assert (both[column] == both[f"{column}_of_it"]).all()


def test_counted_rows_are_one_for_each_day_and_cell_at_noon_since_the_first_week(counted):
    assert not counted.duplicated(CELL).any()
    assert (counted["stands_for"].astype(int) >= 1).all()
    assert counted["enforced_at"].str.endswith("T11:00:00Z").all()
    assert (counted["enforced_at"].min(), counted["enforced_at"].max()) == (
        "2026-05-18T11:00:00Z",
        "2026-11-15T11:00:00Z",
    )
    assert (counted["reversed_at"] == "").all()


def test_the_default_sample_stands_for_half_a_million_enforcements(single, counted):
    assert len(single) + counted["stands_for"].astype(int).sum() == pytest.approx(550_000, rel=0.1)


def test_the_first_appeal_to_be_lifted_reverses_the_enforcement_and_is_its_reason(sample, single):
    lifted = sample.appeals[(sample.appeals["reinstated_at"] != "") & (sample.appeals["enforcement_id"] != "")]
    first = lifted.groupby("enforcement_id")["reinstated_at"].min()
    reversed_at = single.set_index("enforcement_id")["reversed_at"]
    assert reversed_at[reversed_at != ""].to_dict() == first.to_dict()
    assert ((single["reversal_reason"] == "appeal") == (single["reversed_at"] != "")).all()
    assert (single["reversed_at"] <= SAMPLE_EXTRACTED_AT).all()


def test_live_streams_are_enforced_against_more_often_too_once_the_campaign_runs(counted, quiet):
    live = {
        name: table[(table["restriction_class"] == "service") & (table["enforced_at"] >= "2026-10-27")]
        for name, table in (("planted", counted), ("quiet", quiet.enforcements[quiet.enforcements["stands_for"] != ""]))
    }
    planted, usual = (live[name]["stands_for"].astype(int).sum() for name in ("planted", "quiet"))
    assert planted / usual == pytest.approx(2.2, abs=3 * 2.2 * np.sqrt(1 / planted + 1 / usual))


def test_counts_by_chance_have_the_mean_and_the_spread_of_poisson():
    for mean in (0.05, 1.0, 12.0, 49.0, 400.0):
        drawn = counts((np.arange(20_000) + 0.5) / 20_000, np.full(20_000, mean))  # every part of the chance once
        assert drawn.mean() == pytest.approx(mean, rel=0.01)
        assert drawn.var() == pytest.approx(mean, rel=0.03)
    # By hand: exp(-1) = .3679 have none, as many have one.
    drawn = counts((np.arange(10_000) + 0.5) / 10_000, np.ones(10_000))
    assert [(drawn == 0).sum(), (drawn == 1).sum()] == [3679, 3679]


def test_the_share_appealed_within_some_hours_is_the_one_that_is_drawn(quiet):
    first = quiet.appeals[quiet.appeals["enforcement_id"] != ""].drop_duplicates("enforcement_id")
    waited = (pd.to_datetime(first["received_at"]) - pd.to_datetime(first["enforced_at"])).dt.total_seconds() / 3600
    for hours in (1, 12, 24, 5 * 24, 60 * 24):
        share = appealed_within(hours)
        assert (waited <= hours).mean() == pytest.approx(share, abs=4 * np.sqrt(share * (1 - share) / len(first)))
    assert appealed_within(24) == pytest.approx(shape.WITHIN_A_DAY, abs=1e-9)
    assert appealed_within(-5) == 0
