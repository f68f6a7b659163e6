"""The made-up appeals look like real ones, hold one planted cause, and say the truth about it in a file of its own."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from appeal_insights.errors import BadParameter
from appeal_insights.records.sample import COLUMNS, SAMPLE_EXTRACTED_AT, write_sample

ON_MERITS = ["decision_upheld", "decision_reversed", "decision_partially_reversed"]
CODES = {
    "appellant": {"seller", "creator", "advertiser", "viewer", "notifier"},
    "complaint_type": {"visibility", "service", "account", "monetary", "art16_no_action", "art16_no_action_tf"},
    "surface": {"video", "live", "comment", "profile", "ad", "product_listing", "shop", "message"},
    "automated_decision": {
        "AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED",
    },
    "appeal_round": {"1", "2"},
    "queue": {"fast_lane", "general", "live", "account_integrity", "seller_support", "legal_notices"},
    "site": {"site_lisbon", "site_casablanca", "site_sofia", "site_istanbul", "internal_dublin", ""},
    "evidence_provided": {"true", "false"},
    "outcome": {*ON_MERITS, "decision_omitted", ""},
}  # fmt: skip
BEFORE = ("2026-09-28", "2026-10-26")  # 2026-W40 to W43
AFTER = ("2026-10-26", "2026-11-16")  # 2026-W44 to W46
QUIET = ("2026-05-18", "2026-10-26")


class Sample(NamedTuple):
    appeals: pd.DataFrame  # every column text, as written
    events: pd.DataFrame
    truth: dict[str, Any]


def read(folder: Path) -> Sample:
    appeals, events = (
        pd.read_csv(folder / name, dtype=str, keep_default_na=False) for name in ("appeals.csv", "known_events.csv")
    )
    return Sample(appeals, events, json.loads((folder / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Sample:
    return read(write_sample(tmp_path_factory.mktemp("sample")))


@pytest.fixture(scope="module")
def on_merits(sample) -> pd.DataFrame:
    """Appeals decided on their merits, with `overturned` and `decided_day`."""
    table = sample.appeals[sample.appeals["outcome"].isin(ON_MERITS)]
    return table.assign(overturned=table["outcome"] != "decision_upheld", decided_day=table["decided_at"].str[:10])


def within(table: pd.DataFrame, period: tuple[str, str]) -> pd.DataFrame:
    return table[(table["decided_day"] >= period[0]) & (table["decided_day"] < period[1])]


def change(table: pd.DataFrame) -> float:
    return float(within(table, AFTER)["overturned"].mean() - within(table, BEFORE)["overturned"].mean())


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_two_runs_give_the_same_bytes_and_leave_nothing_else_behind(tmp_path):
    once = bytes_of(write_sample(tmp_path / "once", weeks=4, appeals=2000))
    again = bytes_of(write_sample(tmp_path / "again", weeks=4, appeals=2000))
    assert once == again
    assert list(once) == ["appeals.csv", "known_events.csv", "truth.json"]


def test_the_bytes_are_the_same_on_every_python_numpy_and_machine(tmp_path):
    written = (write_sample(tmp_path) / "appeals.csv").read_bytes()
    # As written by Python 3.11 to 3.13 with numpy 2.4 and 2.5. It changes only when the sample is meant to.
    assert sha256(written).hexdigest() == "a1b0f2f60493d66dd3b6997feb9e95ebf3f084aaf0eb4fe15044ffd6b825fe75"


def test_a_second_run_replaces_the_first_and_another_seed_gives_other_appeals(tmp_path):
    first = bytes_of(write_sample(tmp_path, seed=1, weeks=4, appeals=2000))
    second = bytes_of(write_sample(tmp_path, seed=2, weeks=4, appeals=2000))
    assert first["appeals.csv"] != second["appeals.csv"]
    assert first["known_events.csv"] == second["known_events.csv"]


@pytest.mark.parametrize("asked", [{"weeks": 0}, {"appeals": 999}])
def test_a_sample_too_small_to_hold_its_cause_is_refused(tmp_path, asked):
    with pytest.raises(BadParameter, match="at least 1 week and 1000 appeals"):
        write_sample(tmp_path, **asked)


def test_there_are_about_as_many_rows_as_asked_for(sample):
    assert len(sample.appeals) == pytest.approx(30_000, rel=0.05)


def test_shorter_and_smaller_samples_keep_to_what_was_asked(tmp_path):
    appeals = read(write_sample(tmp_path, weeks=8, appeals=6000)).appeals
    assert len(appeals) == pytest.approx(6000, rel=0.05)
    decided = appeals.loc[appeals["decided_at"] != "", "decided_at"]
    assert decided.min() >= "2026-09-21T00:00:00Z"  # the Monday of 2026-W39


def test_the_columns_are_those_of_the_contract_in_its_order(sample):
    assert tuple(sample.appeals.columns) == COLUMNS
    assert sample.appeals["appeal_id"].is_unique
    assert sample.appeals["appeal_id"].str.fullmatch(r"A\d{7}").all()
    assert sample.appeals["enforcement_id"].str.fullmatch(r"E\d{7}").all()


@pytest.mark.parametrize("column", list(CODES))
def test_every_code_is_allowed_and_every_allowed_code_occurs(sample, column):
    assert set(sample.appeals[column]) == CODES[column]


def test_markets_are_country_codes_and_norway_is_among_them(sample):
    markets = set(sample.appeals["market"])
    assert len(markets) == 31
    assert {"NO", "GB", "SA", "TR", "ZA"} <= markets
    assert all(re.fullmatch("[A-Z]{2}", market) for market in markets)


def test_a_policy_belongs_to_one_group_only(sample):
    assert sample.appeals.groupby("policy")["policy_group"].nunique().eq(1).all()
    assert sample.appeals["policy"].nunique() == 14
    assert sample.appeals["policy_group"].nunique() == 7


def test_notifiers_and_only_they_appeal_against_inaction_on_a_notice(sample):
    on_a_notice = sample.appeals["complaint_type"].str.startswith("art16_")
    assert (on_a_notice == (sample.appeals["appellant"] == "notifier")).all()


def test_times_are_in_order_and_nothing_is_later_than_the_extract(sample):
    appeals = sample.appeals
    for column in ("enforced_at", "received_at"):
        assert appeals[column].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()
    decided = appeals[appeals["decided_at"] != ""]
    assert (appeals["enforced_at"] <= appeals["received_at"]).all()  # ISO 8601 text sorts as time does
    assert (decided["received_at"] <= decided["decided_at"]).all()
    assert decided["decided_at"].max() <= SAMPLE_EXTRACTED_AT
    assert appeals["received_at"].max() <= SAMPLE_EXTRACTED_AT


def test_an_outcome_stands_exactly_where_a_decision_does(sample):
    assert ((sample.appeals["outcome"] == "") == (sample.appeals["decided_at"] == "")).all()
    assert 20 <= (sample.appeals["outcome"] == "").sum() <= 300


def test_a_second_appeal_follows_the_rejection_of_a_first_one_of_the_same_enforcement(sample):
    appeals = sample.appeals
    first, second = (appeals[appeals["appeal_round"] == each] for each in ("1", "2"))
    assert first["enforcement_id"].is_unique
    assert second["enforcement_id"].is_unique
    pairs = second.merge(first, on="enforcement_id", suffixes=("", "_first"))
    assert len(pairs) > 0.9 * len(second)  # a few first appeals were decided before the first week
    assert (pairs["outcome_first"] == "decision_upheld").all()
    assert (pairs["decided_at_first"] <= pairs["received_at"]).all()
    for column in ("market", "policy", "surface", "content_language", "automated_decision", "enforced_at"):
        assert (pairs[column] == pairs[f"{column}_first"]).all()


def test_decisions_run_at_a_steady_pace_from_the_first_week_to_the_last(on_merits):
    weeks = pd.to_datetime(within(on_merits, (QUIET[0], AFTER[1]))["decided_at"]).dt.strftime("%G-W%V").value_counts()
    assert len(weeks) == 26
    assert weeks.min() > 0.85 * weeks.mean()
    assert weeks.max() < 1.15 * weeks.mean()


def test_fewer_appeals_arrive_at_the_weekend_which_is_friday_and_saturday_in_riyadh_and_cairo(sample):
    weekday = pd.to_datetime(sample.appeals["received_at"]).dt.day_of_week
    friday_to_saturday = sample.appeals["market"].isin(["SA", "EG", "IL"])
    for rows, weekend in ((friday_to_saturday, [4, 5]), (~friday_to_saturday, [5, 6])):
        share = weekday[rows].isin(weekend).mean()
        assert share == pytest.approx(2 * 0.8 / (5 + 2 * 0.8), abs=0.02)


def test_shares_are_near_the_published_ones(sample, on_merits):
    appeals = sample.appeals
    assert 0.92 < (appeals["automated_decision"] == "AUTOMATED_DECISION_FULLY").mean() < 0.96
    assert 0.74 < (appeals["complaint_type"] == "visibility").mean() < 0.82
    assert 0.02 < (appeals["appeal_round"] == "2").mean() < 0.05
    assert 0.003 < (appeals["site"] == "").mean() < 0.007
    assert 0.15 < (appeals["policy"] == "misleading_claims").mean() < 0.18
    assert 0.015 < (appeals["outcome"] == "decision_omitted").mean() < 0.03
    assert 0.42 < within(on_merits, QUIET)["overturned"].mean() < 0.50


@pytest.mark.parametrize(
    ("complaint_type", "by_sellers", "base"),
    [
        ("visibility", False, 0.50),
        ("visibility", True, 0.35),
        ("service", False, 0.32),
        ("account", False, 0.43),
        ("account", True, 0.60),
        ("monetary", True, 0.45),
        ("art16_no_action", False, 0.11),
    ],
)
def test_the_overturn_rate_of_a_complaint_type_is_near_its_base(on_merits, complaint_type, by_sellers, base):
    quiet = within(on_merits, QUIET)
    rows = quiet[(quiet["complaint_type"] == complaint_type) & ((quiet["appellant"] == "seller") == by_sellers)]
    noise = 3 * np.sqrt(base * (1 - base) / len(rows))
    assert rows["overturned"].mean() == pytest.approx(base, abs=0.015 + noise)


def test_appeals_with_evidence_are_overturned_more_often_and_overturns_are_decided_sooner(on_merits):
    with_evidence = on_merits["evidence_provided"] == "true"
    rates = on_merits.groupby(with_evidence)["overturned"].mean()
    assert 0.03 < rates[True] - rates[False] < 0.12
    hours = pd.to_datetime(on_merits["decided_at"]) - pd.to_datetime(on_merits["received_at"])
    medians = hours.groupby(on_merits["overturned"]).median()
    assert medians[True] < medians[False]


def test_days_vary_a_little_more_than_independent_cases_would(on_merits):
    days = within(on_merits, QUIET).groupby("decided_day")["overturned"].agg(["sum", "size"])
    rate = days["sum"].sum() / days["size"].sum()
    squares = (days["sum"] - rate * days["size"]) ** 2 / (days["size"] * rate * (1 - rate))
    assert 1.0 < squares.sum() / (len(days) - 1) < 1.45


def test_the_planted_policy_moves_in_its_week_and_nothing_else_does(on_merits):
    planted = on_merits["policy"] == "misleading_claims"
    assert 0.18 < change(on_merits[planted]) < 0.30
    assert abs(change(on_merits[~planted])) < 0.02
    assert 0.035 < change(on_merits) < 0.045


def test_the_planted_policy_was_quiet_in_the_week_before(on_merits):
    planted = on_merits[on_merits["policy"] == "misleading_claims"]
    week_before = within(planted, ("2026-10-19", "2026-10-26"))["overturned"].mean()
    assert week_before == pytest.approx(within(planted, QUIET)["overturned"].mean(), abs=0.08)


def test_the_truth_says_what_was_planted_and_its_totals_are_those_of_the_file(sample, on_merits):
    (cause,) = sample.truth["causes"]
    assert cause["segment"] == {"policy": "misleading_claims"}
    assert (cause["kind"], cause["metric"], cause["starts_on"]) == ("rate", "overturn_rate", "2026-10-26")
    planted = on_merits[on_merits["policy"] == cause["segment"]["policy"]]
    assert change(planted) == pytest.approx(cause["effect"], abs=0.06)  # two standard errors of the difference
    counts = sample.appeals["outcome"].value_counts()
    assert sample.truth["totals"] == {
        "appeals": len(sample.appeals),
        "decided": len(sample.appeals) - int(counts[""]),
        "open": int(counts[""]),
        "outcomes": {name: int(count) for name, count in counts.drop("").items()},
    }
    assert (sample.truth["seed"], sample.truth["extracted_at"]) == (7, SAMPLE_EXTRACTED_AT)


def test_the_event_behind_the_cause_is_listed_among_others_that_did_nothing(sample):
    (cause,) = sample.truth["causes"]
    event = sample.events.set_index("event_id").loc[cause["event_id"]]
    assert event["event_type"] == "model_release"
    assert event["scope"] == "policy=misleading_claims"
    assert event["starts_at"] == "2026-10-23T09:00:00Z"
    assert event["starts_at"][:10] <= cause["starts_on"]
    assert len(sample.events) == 5


def test_every_event_is_bilingual_and_its_scope_names_values_that_occur(sample):
    for event in sample.events.to_dict("records"):
        assert event["title_en"].isprintable()
        assert re.search("[\u4e00-\u9fff]", event["title_zh"])
        assert event["ends_at"] == "" or event["starts_at"] < event["ends_at"]
        for part in event["scope"].split("; "):
            dimension, values = part.split("=")
            assert set(values.split(",")) <= set(sample.appeals[dimension])
