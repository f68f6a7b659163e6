"""The made-up audits: a simple random sample of the decisions, and others that no headline may rest on."""

import numpy as np
import pandas as pd
import pytest

from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT
from appeal_insights.records.sample_audits import COLUMNS
from tests.made_up import Sample


@pytest.fixture(scope="module")
def audits(sample: Sample) -> pd.DataFrame:
    return sample.audits


def wrong(audits: pd.DataFrame) -> "pd.Series[bool]":
    return audits["verdict"] == "incorrect"


def test_every_audit_is_of_a_decision_on_the_merits_as_the_appeal_has_it(sample, audits):
    assert tuple(audits.columns) == COLUMNS
    assert audits["audit_id"].is_unique
    assert audits["subject_id"].is_unique, "nobody is audited twice"
    both = audits.merge(sample.appeals, left_on="subject_id", right_on="appeal_id", suffixes=("", "_of_it"))
    assert len(both) == len(audits)
    assert (both["decision"] == both["outcome"]).all()
    assert "decision_omitted" not in set(both["decision"])
    for column in ("market", "appellant", "complaint_type", "policy_group", "policy", "queue", "site", "decided_at"):
        assert (both[column] == both[f"{column}_of_it"]).all()


def test_audits_follow_the_decision_and_are_known_by_the_extract(audits):
    assert (audits["decided_at"] <= audits["audited_at"]).all()
    assert audits["audited_at"].max() <= SAMPLE_EXTRACTED_AT


def test_a_kind_of_error_stands_exactly_where_the_verdict_is_incorrect(audits):
    assert ((audits["error_type"] != "") == wrong(audits)).all()
    found = audits[wrong(audits)].groupby("decision")["error_type"].agg(set)
    assert "false_negative" not in found["decision_upheld"], "upholding keeps an enforcement that was wrong"
    assert "false_positive" not in found["decision_reversed"]


def test_four_in_a_hundred_decisions_are_drawn_by_chance_whatever_they_are(audits, on_merits):
    mature = on_merits[on_merits["decided_at"] < "2026-10-01"]
    drawn = mature["appeal_id"].isin(audits.loc[audits["purpose"] == "random", "subject_id"])
    assert drawn.mean() == pytest.approx(0.04, abs=3 * np.sqrt(0.04 * 0.96 / len(mature)))
    for column in ("outcome", "complaint_type", "appellant"):
        for _, rows in drawn.groupby(mature[column]):
            assert rows.mean() == pytest.approx(0.04, abs=4 * np.sqrt(0.04 * 0.96 / len(rows)))


def test_new_hires_are_audited_at_their_site_and_complaints_in_the_second_round(sample, audits):
    asked_for = audits[audits["purpose"] != "random"]
    assert set(asked_for["purpose"]) == {"new_hire", "targeted", "escalation"}
    assert set(asked_for.loc[asked_for["purpose"] == "new_hire", "site"]) == {"site_istanbul"}
    rounds = sample.appeals.set_index("appeal_id")["appeal_round"]
    assert set(rounds[asked_for.loc[asked_for["purpose"] == "targeted", "subject_id"]]) == {"2"}


def test_the_random_ones_find_the_error_rates_of_the_truth_and_the_others_find_more(audits, sample):
    random = audits[(audits["purpose"] == "random") & (audits["verdict"] != "unclear")]
    upheld = random["decision"] == "decision_upheld"
    truth = sample.truth["audits"]
    assert truth["wrong_overturn_rate"] > truth["wrong_uphold_rate"] + 0.01
    for rows, rate in (
        (random[upheld], truth["wrong_uphold_rate"]),
        (random[~upheld], truth["wrong_overturn_rate"]),
        (random, 1 - truth["accuracy"]),
    ):
        assert wrong(rows).mean() == pytest.approx(rate, abs=3 * np.sqrt(rate * (1 - rate) / len(rows)))
    asked_for = audits[audits["purpose"] != "random"]
    assert wrong(asked_for).mean() > wrong(random).mean() + 0.05
