"""The review of the made-up half-year names what was planted in its weeks, and where nothing was it names nothing."""

from datetime import datetime

import pytest

from appeal_insights.findings.service import review_service
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample
from appeal_insights.records.sample_service import SERVICE_CALENDARS

LOADED_AT = datetime(2026, 11, 16, 6)
OF_PROMISES = ("appeals", "tickets", "status_log", "sla_policies", "targets")


@pytest.fixture(scope="module")
def levels(demo):
    return review_service(store="service", workspace=demo.root, language="both")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The same half-year with nothing planted, without its disputes."""
    root = tmp_path_factory.mktemp("quiet")
    (root / "notebooks").mkdir()
    made = write_sample(root / "sample", scenario="service_quiet")
    store = root / "data" / "store" / "quiet.duckdb"
    ingest(made / SERVICE_CALENDARS, store, loaded_at=LOADED_AT)
    for fact in OF_PROMISES:
        ingest(made / f"{fact}.csv", store, fact=fact, loaded_at=LOADED_AT)
    return review_service(store="quiet", workspace=root)


def claims(review, language="en"):
    return {each.id: str(each.as_json()["texts"][language]["claim"]) for each in review.conclusions}


def starting(review, text):
    """The one claim that starts so."""
    [found] = [claim for claim in claims(review).values() if claim.startswith(text)]
    return found


@pytest.mark.parametrize("market", ["DE", "GB"])
def test_the_sale_is_named_by_its_markets_and_queue_and_the_event(levels, market):
    """Planted from 6 to 14 November; late decisions are seen when they fall due, days later."""
    claim = starting(levels, f"Appeals decided, {market} · seller_support: ")
    assert "100.0% before" in claim
    assert "Since about 11 November 2026" in claim or "Since about 12 November 2026" in claim
    assert claim.endswith("Coincides with: 11.11 sale in DE and GB (6 November 2026).")


def test_the_slow_reinstatement_of_one_market_is_named_though_the_whole_keeps_its_target(levels):
    row = levels.service.promises.set_index(["subject_type", "clock"]).loc[("appeal", "reinstate")]
    assert row["met"] == "met"
    claim = starting(levels, "Appeals reinstated, SA: ")
    assert "57.9% in time" in claim
    assert "New tool to lift restrictions in SA (5 October 2026)" in claim


def test_the_queue_that_asks_more_is_named_with_gross_and_net_time(levels):
    """Planted from 28 September; 10.4 % waited before, and the net time does not move."""
    claim = starting(levels, "account_integrity: 35.1% of those decided had a pause, 10.4% before.")
    assert "36 h gross (13 h before)" in claim
    assert "(28 September 2026)" in claim
    assert not [one for one in claims(levels).values() if one.startswith("Appeals decided, account_integrity")]


def test_the_urgent_tickets_that_the_night_shift_takes_on_late_are_named(levels):
    claim = starting(levels, "Tickets acknowledged, P1: 76.2% in time (32 of 42 due) against a target of 90.0%.")
    assert "Slowest over 13 weeks: tickets of 22-06" in claim


def test_nothing_but_what_was_planted_is_named(levels):
    planted = ("seller_support", "SA: ", "account_integrity", "P1: ")
    assert [claim for claim in claims(levels).values() if not any(name in claim for name in planted)] == []


def test_each_is_named_in_chinese_with_the_same_numbers(levels):
    for claim in claims(levels, "zh-CN").values():
        assert any(name in claim for name in ("seller_support", "SA", "account_integrity", "P1"))


def test_where_nothing_was_planted_every_promise_is_kept_and_nothing_fell(quiet):
    assert claims(quiet) == {
        "kept": "Every promise with a target was kept over 28 days, and no segment fell beyond routine."
    }
    assert set(quiet.service.promises["met"]) == {"met"}
