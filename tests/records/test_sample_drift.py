"""The made-up year of audits: the same each time, as its truth says, and a plain share of it would mislead."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from appeal_insights.errors import BadParameter
from appeal_insights.records import sample_drift as making
from appeal_insights.records.contract import contract
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT, write_sample
from appeal_insights.records.sample_drift import DRIFT_FACTS, DRIFT_FILES, DRIFT_SCENARIOS
from tests.records.test_sample import bytes_of

SERIES = ["market", "policy"]
FINGERPRINTS = {
    "audits.csv": "c3df435367b03f710d1e7e345e7f2cd32c7e111498c941d84ce362993167045c",
    "gold.csv": "0754979e5adad948e097aed38ef6955ea8bf38e095a0feb71a92f1e54ab174d3",
    "strata.csv": "da6756c15aabc84a1ee8cebd431dc022d01af96f6ebd8180e6024bc4a97b1580",
}
MOST_DISPERSED = 1.5


class Year(NamedTuple):
    audits: pd.DataFrame  # with a verdict, of appeals; day, right
    gold: pd.DataFrame
    strata: pd.DataFrame  # of appeals; day
    truth: dict[str, Any]


def read(folder: Path) -> Year:
    audits, gold, strata = (
        pd.read_csv(folder / f"{fact}.csv", keep_default_na=False) for fact in ("audits", "gold", "strata")
    )
    final = audits["final_verdict"].where(audits["final_verdict"] != "", audits["verdict"])
    audits = audits.assign(day=audits["decided_at"].str[:10], right=final == "correct")
    return Year(
        audits[(final != "unclear") & (audits["subject_type"] == "appeal")],
        gold.assign(day=gold["answered_at"].str[:10], right=gold["answer"] == gold["truth"]),
        strata[strata["subject_type"] == "appeal"].rename(columns={"decided_at": "day"}),
        json.loads((folder / "truth.json").read_text(encoding="utf-8")),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("drift"), scenario="accuracy_drift")


@pytest.fixture(scope="module")
def drift(folder):
    return read(folder)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return read(write_sample(tmp_path_factory.mktemp("quiet_year"), scenario="accuracy_quiet"))


def within(table: pd.DataFrame, segment: dict[str, str], start: str = "", end: str = "9") -> pd.DataFrame:
    of = (table[list(segment)] == pd.Series(segment)).all(axis=1) & table["day"].between(start, end, inclusive="left")
    return table[of]


def weighted(year: Year, segment: dict[str, str], start: str = "", end: str = "9") -> tuple[float, float]:
    """The accuracy of all cases and its standard error: the stratified mean, by the textbook."""
    audits = within(year.audits, segment, start, end).groupby("stratum")["right"].agg(["mean", "size"])
    cases = within(year.strata, segment, start, end).groupby("stratum")["cases"].sum()
    share = cases / cases.sum()
    of_stratum = share**2 * audits["mean"] * (1 - audits["mean"]) / audits["size"]
    return float((share * audits["mean"]).sum()), float(np.sqrt(MOST_DISPERSED * of_stratum.sum()))


def changes(year: Year, *kinds: str) -> list[dict[str, Any]]:
    return [one for one in (*year.truth["changes"], *year.truth["no_drift"]) if one["kind"] in kinds]


def test_two_runs_give_the_same_bytes_and_leave_nothing_else_behind(folder, tmp_path):
    once, again = bytes_of(folder), bytes_of(write_sample(tmp_path / "again", scenario="accuracy_drift"))
    assert once == again
    assert list(once) == sorted(DRIFT_FILES)


def test_the_bytes_are_the_same_on_every_python_numpy_and_machine(folder):
    written = bytes_of(folder)
    # It changes only when the sample is meant to.
    assert {name: sha256(written[name]).hexdigest() for name in FINGERPRINTS} == FINGERPRINTS


def test_another_seed_gives_other_audits_and_the_same_events(folder, tmp_path):
    first, second = bytes_of(folder), bytes_of(write_sample(tmp_path, scenario="accuracy_drift", seed=1))
    assert first["audits.csv"] != second["audits.csv"]
    assert first["known_events.csv"] == second["known_events.csv"]


def test_nothing_is_left_behind_where_writing_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "_truth", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_sample(tmp_path / "made", scenario="accuracy_quiet")
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("asked", [{"weeks": 8}, {"appeals": 2000}])
def test_a_year_of_audits_has_no_weeks_and_no_appeals(tmp_path, asked):
    with pytest.raises(BadParameter, match="a year of audits, without appeals"):
        write_sample(tmp_path / "none", scenario="accuracy_drift", **asked)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("scenario", DRIFT_SCENARIOS)
def test_all_of_it_is_taken_in(tmp_path, scenario):
    folder = write_sample(tmp_path / "made", scenario=scenario)
    totals = json.loads((folder / "truth.json").read_text())["totals"]
    loaded_at = datetime.fromisoformat(SAMPLE_EXTRACTED_AT).replace(tzinfo=None)
    for fact in DRIFT_FACTS:
        intake = ingest(folder / f"{fact}.csv", tmp_path / "s.duckdb", fact=fact, loaded_at=loaded_at)
        assert (intake.rejected, intake.unmapped) == (0, ()), intake.reasons
        assert intake.new == totals.get({"strata": "cells"}.get(fact, fact), intake.read)


def test_it_is_as_large_as_said_and_nothing_is_later_than_the_extract(folder, drift):
    audits = pd.read_csv(folder / "audits.csv", dtype=str, keep_default_na=False)
    assert 200_000 < len(audits) < 230_000
    for fact, table in (("audits", audits), ("gold", drift.gold), ("strata", drift.strata)):
        assert table[contract(fact).key].is_unique
        assert set(table.columns) - {"day", "right"} <= {*contract(fact).columns}
    for column in ("decided_at", "audited_at", "disputed_at", "final_at"):
        assert audits[column].max() <= SAMPLE_EXTRACTED_AT
    assert (audits["reviewer"].nunique(), audits["auditor"].nunique(), audits["site"].nunique()) == (60, 12, 3)
    assert set(audits["subject_type"]) == {"appeal", "enforcement"}
    assert set(audits["tenure"]) == set(contract("audits").columns["tenure"].values)


def test_a_series_that_nothing_happens_to_has_the_same_rows_in_both_years(drift, quiet):
    planted = changes(drift, *making.plans.CAUSES)
    touched = {(one["market"], one["policy"]) for change in planted for one in change["series"]}
    both = drift.audits.merge(quiet.audits, on=list(drift.audits.columns), how="outer", indicator="there")
    alone = both[both["there"] != "both"]
    assert set(alone[SERIES].itertuples(index=False, name=None)) == touched
    wandering = alone["market"].eq("ES") & alone["policy"].eq("misleading_claims")
    assert alone.loc[~wandering, "day"].min() >= "2026-04-06", "the first 141 days are clean"


def test_no_more_is_audited_than_there_is_and_hard_cases_five_times_as_often_as_easy_ones(quiet):
    keys = ["day", *SERIES, "stratum", "site", "queue"]
    drawn = quiet.audits.groupby(keys).size().rename("audited").reset_index().merge(quiet.strata, on=keys, how="left")
    assert (drawn["audited"] <= drawn["cases"]).all()
    share = quiet.audits.groupby("stratum").size() / quiet.strata.groupby("stratum")["cases"].sum()
    assert share["middle"] / share["easy"] == pytest.approx(2, rel=0.02)
    assert share["hard"] / share["easy"] == pytest.approx(5, rel=0.02)
    wrong = 1 - quiet.audits.groupby("stratum")["right"].mean()
    assert wrong["middle"] / wrong["easy"] == pytest.approx(2, rel=0.1)
    assert wrong["hard"] / wrong["easy"] == pytest.approx(4, rel=0.1)


def test_where_nothing_moves_every_series_is_as_accurate_as_its_truth_says_and_looks_worse(quiet):
    apart, looks_worse = [], []
    for one in quiet.truth["series"]:
        if one["subject_type"] == "appeal":
            segment = {name: one[name] for name in SERIES}
            found, error = weighted(quiet, segment)
            assert found == pytest.approx(one["accuracy"], abs=4 * error)
            apart.append((found - one["accuracy"]) / error)
            plain = within(quiet.audits, segment)["right"].mean()
            looks_worse.append((found - plain) / (1 - one["accuracy"]))
    assert np.std(apart) < 1.5
    # Errors for each of the weighted ones: (.4375 + 2 x .25 + 4 x .3125) / 1.5, as easy, middle and hard are drawn.
    assert np.mean(looks_worse) == pytest.approx(2.1875 / 1.5 - 1, abs=0.05)


@pytest.mark.parametrize("kind", ["step", "ramp", "dip", "cohort", "auditors", "mix", "sampling", "volume"])
def test_every_series_moves_by_what_the_truth_says_and_no_more(drift, kind):
    for change in changes(drift, kind):
        end = str(np.datetime64(change["last_day"]) + 1)
        for one in change["series"]:
            segment = {name: one[name] for name in SERIES}
            before, error = weighted(drift, segment, end=change["first_day"])
            assert before == pytest.approx(one["accuracy_before"], abs=4 * error)
            since, error = weighted(drift, segment, change["first_day"], end)
            assert since == pytest.approx(one["accuracy_since"], abs=4 * error)


def test_twice_the_audits_of_hard_cases_move_the_plain_share_and_not_the_accuracy(drift):
    [change] = changes(drift, "sampling")
    [one] = change["series"]
    day = change["first_day"]
    plain = [
        within(drift.audits, change["segment"], *span)["right"].agg(["mean", "sem"]) for span in (("", day), (day,))
    ]
    # Of the audits .4375, .25 and .3125 were easy, middle and hard; then .7, .4 and 1 of 2.1.
    errors_for_each = (0.7 + 2 * 0.4 + 4 * 1) / 2.1 - (0.4375 + 2 * 0.25 + 4 * 0.3125)
    expected = -errors_for_each * (1 - one["accuracy_before"]) / 1.5
    error = np.sqrt(MOST_DISPERSED) * np.hypot(plain[0]["sem"], plain[1]["sem"])
    assert expected < -0.02
    assert plain[1]["mean"] - plain[0]["mean"] == pytest.approx(expected, abs=4 * error)
    assert (one["points"], one["accuracy_since"]) == (0, one["accuracy_before"])


def test_stricter_auditors_fail_gold_cases_that_were_decided_rightly_and_only_those(drift, quiet):
    [change] = changes(drift, "auditors")
    market, day = change["segment"]["market"], change["first_day"]
    right, wrong = (within(drift.gold, {"market": market, "truth": truth}, day) for truth in ("correct", "incorrect"))
    assert right["right"].mean() == pytest.approx(0.97 - 0.09 / 0.7, abs=4 * np.sqrt(0.84 * 0.16 / len(right)))
    assert wrong["right"].mean() == pytest.approx(0.97, abs=4 * np.sqrt(0.97 * 0.03 / len(wrong)))
    elsewhere = drift.gold[(drift.gold["market"] != market) | (drift.gold["day"] < day)]
    assert elsewhere["right"].mean() == pytest.approx(0.97, abs=0.004)
    assert quiet.gold["right"].mean() == pytest.approx(0.97, abs=0.004)


def test_in_a_harder_mix_no_stratum_is_handled_worse(drift):
    [change] = changes(drift, "mix")
    audits = within(drift.audits, change["segment"])
    since = audits["day"] >= change["first_day"]
    for _, rows in audits.groupby("stratum"):
        before, after = rows.loc[~since, "right"], rows.loc[since, "right"]
        rate = rows["right"].mean()
        error = np.sqrt(MOST_DISPERSED * rate * (1 - rate) * (1 / len(before) + 1 / len(after)))
        assert after.mean() == pytest.approx(before.mean(), abs=4 * error)


def test_new_reviewers_are_the_ones_who_err_and_get_better(drift):
    [change] = changes(drift, "cohort")
    there = within(drift.audits, change["segment"], change["first_day"])
    new = there["reviewer"] > "R-052"
    assert set(there.loc[new, "site"]) == {"site_sofia"}
    assert not (drift.audits.loc[drift.audits["market"] != "DE", "reviewer"] > "R-052").any()
    wrong = 1 - there[new].groupby("tenure")["right"].mean()
    usual = 1 - there.loc[~new, "right"].mean()
    assert wrong["under_30_days"] / usual == pytest.approx(3, rel=0.25)
    assert wrong["30_to_89_days"] / usual == pytest.approx(2.4, rel=0.25)
    assert wrong["90_days_and_more"] / usual == pytest.approx(1.5, rel=0.25)


def test_reviewers_differ_by_more_than_chance_and_new_ones_are_no_worse_in_a_quiet_year(quiet):
    by = quiet.audits.groupby("reviewer")["right"].agg(["mean", "size"])
    rate = quiet.audits["right"].mean()
    z = (by["mean"] - rate) / np.sqrt(rate * (1 - rate) / by["size"])
    assert (z**2).mean() > 5
    joined = quiet.audits[quiet.audits["tenure"] != "90_days_and_more"]
    others = quiet.audits[quiet.audits["reviewer"].isin(joined["reviewer"]) & ~quiet.audits.index.isin(joined.index)]
    assert 1000 < len(joined) < 0.1 * len(quiet.audits)
    assert joined["right"].mean() == pytest.approx(others["right"].mean(), abs=0.02)


def test_disputes_are_of_errors_and_three_in_ten_are_settled_for_the_reviewer(folder):
    audits = pd.read_csv(folder / "audits.csv", dtype=str, keep_default_na=False)
    disputed = audits[audits["disputed_at"] != ""]
    assert set(disputed["verdict"]) == {"incorrect"}
    assert len(disputed) / (audits["verdict"] == "incorrect").sum() == pytest.approx(0.06, abs=0.005)
    settled = disputed[disputed["final_at"] != ""]
    assert (settled["final_verdict"] == "correct").mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / len(settled)))
    assert 0 < len(disputed) - len(settled) < 100, "some are not settled yet"


def test_every_change_has_its_event_on_its_day_or_the_day_before_and_the_others_changed_nothing(folder, drift):
    events = pd.read_csv(folder / "known_events.csv", dtype=str, keep_default_na=False).set_index("event_id")
    named = [one for one in changes(drift, *making.plans.CAUSES) if one["event_id"]]
    assert len(named) == 9
    for one in named:
        event = events.loc[one["event_id"]]
        late = np.datetime64(one["first_day"]) - np.datetime64(event["starts_at"][:10])
        assert 0 <= late.astype(int) <= 1
        scope = "; ".join(f"{name}={value}" for name, value in one["segment"].items())
        assert event["scope"] == scope
        assert (event["expected"] == "handling_accuracy=falls") == ("cause" in one)
    assert len(events) == 9 + len(making.plans.DECOYS)
    assert events["starts_at"].is_monotonic_increasing
