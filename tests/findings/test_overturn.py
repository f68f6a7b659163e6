"""An inquiry finds what was planted, says no more than the counts allow, and refuses what it cannot answer."""

from itertools import pairwise

import pandas as pd
import pytest

from appeal_insights.errors import (
    AppealInsightsError,
    BadParameter,
    BadPeriod,
    EmptyPeriod,
    TooFine,
    UnknownDimension,
    UnknownMetric,
    UnknownStore,
)
from appeal_insights.findings.evidence import COUNTS
from appeal_insights.findings.judged import driver, moved
from appeal_insights.findings.overturn import investigate
from tests.demo import (
    AFTER,
    BEFORE,
    OWN_DECISIONS,
    QUIET,
    TIKTOK,
    appeals,
    bundles,
    exhibit,
    finding,
    grades,
    hand_count,
    numbers,
    rows,
    told,
)
from tests.helpers import decided, make_store

AFTER_WEEKS = ["2026-W44", "2026-W45", "2026-W46"]
# Few enough that a stakeholder sees nothing; the planted change is in the days.
FEW = {"before": "2026-10-20..2026-10-22", "after": "2026-10-27..2026-10-29", "where": "market=NO", "by": "policy"}


@pytest.fixture
def planted(demo):
    return demo.investigate()


@pytest.fixture
def published(demo):
    return demo.investigate(**TIKTOK, where=OWN_DECISIONS)


def test_the_counts_are_those_of_the_file_by_the_local_day_of_decision(planted, demo):
    table = appeals(demo.sample / "appeals.csv")
    counts = planted.evidence.counts
    assert (counts["numerator_before"], counts["denominator_before"]) == hand_count(table, BEFORE)
    assert (counts["numerator_after"], counts["denominator_after"]) == hand_count(table, AFTER)


def test_each_policy_counts_what_the_file_has_of_it(planted, demo):
    table = appeals(demo.sample / "appeals.csv")
    parts = planted.evidence.view("policy").parts.set_index("segment")
    for policy, of_it in table.groupby("policy"):
        if policy in parts.index:
            assert tuple(parts.loc[policy, COUNTS[:2]]) == hand_count(of_it, BEFORE)
            assert tuple(parts.loc[policy, COUNTS[2:]]) == hand_count(of_it, AFTER)
    assert "misleading_claims" in parts.index


def test_every_view_adds_up_to_the_change(planted):
    change = planted.evidence.change.change
    assert len(planted.evidence.views) == 12
    for view in planted.evidence.views:
        assert view.mix_effect + view.rate_effect == pytest.approx(change, abs=1e-12)
        assert view.parts["contribution"].sum() == pytest.approx(change, abs=1e-12)
    assert len(rows(exhibit(planted, "change"))) == 13
    for row in rows(exhibit(planted, "change")):
        [rate, mix, whole] = (numbers(row[key])[0] for key in ("rate_effect", "mix", "change"))
        assert rate + mix == pytest.approx(whole, abs=0.011)


def test_the_weeks_of_each_period_add_up_to_its_counts(planted):
    spans = planted.evidence.trend.groupby("span")[["numerator", "denominator"]].sum()
    counts = planted.evidence.counts
    for side in ("before", "after"):
        assert tuple(spans.loc[side]) == (counts[f"numerator_{side}"], counts[f"denominator_{side}"])


def test_the_trend_shows_twelve_weeks_before_the_earlier_period_and_leaves_none_out(planted):
    weeks = list(planted.evidence.trend["period"])
    assert weeks[0] == pd.Timestamp("2026-09-28") - pd.Timedelta(weeks=12)
    assert weeks[-1] == pd.Timestamp("2026-11-09")
    assert {later - earlier for earlier, later in pairwise(weeks)} == {pd.Timedelta(weeks=1)}


def test_the_first_screen_says_what_moved_where_with_which_event_and_what_next(planted):
    claim, sure, where, also, following = exhibit(planted, "summary")["notes"]
    assert claim.startswith("Overturn rate rose by 4.08 points from 2026-W40..2026-W43 to 2026-W44..2026-W46: 44.8% (")
    assert sure.startswith("How sure: +4.08 points (")
    assert "misleading_claims" in where
    assert "New misleading claims model" in where
    assert "seller" in also
    assert "service" in also
    assert following.startswith("Next: ")


def test_a_finding_is_whole(planted):
    for each in planted.conclusions:
        for language in ("en", "zh-CN"):
            texts = each.as_json()["texts"][language]
            assert all(texts[name] for name in ("claim", "size", "segment", "grade", "owner", "next_step"))
            assert each.as_json()["evidence"][language]["rows"]
    assert {each.check_on.isoformat() for each in planted.conclusions} == {"2026-11-30"}


def test_the_search_keeps_to_the_dimensions_asked_for(demo):
    inquiry = demo.investigate(by="market,appellant", language="en")
    assert [view.dimension for view in inquiry.evidence.views] == ["market", "appellant"]
    assert set(inquiry.evidence.contrasts["dimension"]) == {"market", "appellant"}


# --- A quiet comparison, and less of it ------------------------------------------------------------------------------


def test_a_quiet_comparison_says_no_move_and_names_no_segment(demo):
    quiet = demo.investigate(**QUIET)
    change = quiet.evidence.change
    assert change.low < 0 < change.high
    assert grades(quiet) == {"moved": "unknown", "segment_none": "unknown"}
    assert "did not move beyond routine variation" in finding(quiet, "moved").told["en"].claim
    assert "No segment stands out" in finding(quiet, "segment_none").told["en"].claim
    assert "This coincides with" not in told(quiet)
    assert any("could not have been told from routine variation" in note for note in exhibit(quiet, "trend")["notes"])


def test_one_market_is_not_searched_by_itself(demo):
    inquiry = demo.investigate(where="market=DE", language="en")
    table = appeals(demo.sample / "appeals.csv")
    counts = inquiry.evidence.counts
    assert (counts["numerator_after"], counts["denominator_after"]) == hand_count(table[table["market"] == "DE"], AFTER)
    assert "market" not in [view.dimension for view in inquiry.evidence.views]
    assert "Market: DE" in {fact["value"] for fact in rows(exhibit(inquiry, "about"))}


def test_norway_is_a_market_and_not_a_refusal(demo):
    inquiry = demo.investigate(where="market=NO", by="policy", language="en")
    table = appeals(demo.sample / "appeals.csv")
    assert inquiry.evidence.where == {"market": ["NO"]}
    counts = inquiry.evidence.counts
    assert (counts["numerator_before"], counts["denominator_before"]) == hand_count(
        table[table["market"] == "NO"], BEFORE
    )
    assert grades(inquiry)["moved"] == "unknown"


def test_two_markets_are_searched_by_market_too(demo):
    inquiry = demo.investigate(where={"market": ["DE", "AT"]}, by="", language="en")
    assert set(inquiry.evidence.view("market").parts["segment"]) == {"DE", "AT"}


def test_too_few_records_show_nothing_to_a_stakeholder_and_all_to_an_analyst(demo):
    few, seen = demo.investigate(**FEW), demo.investigate(**FEW, audience="analyst")
    assert 0 < few.evidence.counts["denominator_before"] < 10
    assert few.conclusions == []
    for part in ("summary", "trend"):
        assert exhibit(few, part)["notes"] == [
            "Fewer than 10 records were counted in a period, so nothing is shown. Widen the periods or the scope."
        ]
        assert exhibit(few, part)["spec"] is None
    assert bundles(few, "change", "segments", "findings") == []
    counted = f"{seen.evidence.counts['numerator_before']} of {seen.evidence.counts['denominator_before']}"
    assert counted in exhibit(seen, "summary")["notes"][0]
    assert counted not in told(few)
    assert seen.conclusions[0].id == "moved"


# --- What was known when ---------------------------------------------------------------------------------------------


def test_submission_cohorts_that_are_too_young_are_marked_and_it_is_said(demo):
    inquiry = demo.investigate(basis="submission", by="policy", language="en")
    trend = inquiry.evidence.trend
    # Settled 28 days after the last of it: at 16 November that holds for weeks that ended by 19 October, 06:00.
    assert list(trend.loc[trend["mature"], "period_label"])[-1] == "2026-W42"
    assert list(trend.loc[~trend["mature"].astype(bool), "period_label"]) == ["2026-W43", *AFTER_WEEKS]
    assert any("Hollow points" in note for note in exhibit(inquiry, "trend")["notes"])
    assert [row["settled"] for row in rows(exhibit(inquiry, "trend"))][-5:] == ["yes", "no", "no", "no", "no"]


def test_by_day_of_decision_every_week_is_settled(planted):
    assert planted.evidence.trend["mature"].all()


def test_an_instant_before_the_first_load_is_replayed_and_hides_what_was_decided_later(demo):
    inquiry = demo.investigate(as_of="2026-11-12T00:00:00Z", by="policy", language="en")
    table = appeals(demo.sample / "appeals.csv")
    known = table[table["decided_at"] <= pd.Timestamp("2026-11-12T00:00:00Z")]
    counts = inquiry.evidence.counts
    assert (counts["numerator_after"], counts["denominator_after"]) == hand_count(known, AFTER)
    assert counts["denominator_after"] < hand_count(table, AFTER)[1]
    assert (counts["numerator_before"], counts["denominator_before"]) == hand_count(table, BEFORE)
    limits = exhibit(inquiry, "limits")["notes"]
    assert any(note.startswith("Replayed from event times") for note in limits)


def test_the_first_load_itself_is_not_replayed(planted):
    assert not any("Replayed" in note for note in exhibit(planted, "limits")["notes"])


def test_a_period_that_is_not_over_is_said_and_lowers_the_grade(demo):
    inquiry = demo.investigate(as_of="2026-11-12T00:00:00Z", by="policy", language="en")
    assert [note for note in exhibit(inquiry, "limits")["notes"] if "was not over" in note] == [
        "2026-W44..2026-W46 was not over at the data date: its last days are missing."
    ]
    assert grades(inquiry)["moved"] == "possible"


def test_an_earlier_period_that_is_not_over_is_said_too(demo):
    asked = {"before": "2026-W45", "after": "2026-W44", "as_of": "2026-11-04T12:00:00Z", "by": "policy"}
    limits = exhibit(demo.investigate(**asked), "limits")["notes"]
    assert [note for note in limits if "was not over" in note] == [
        "2026-W45 was not over at the data date: its last days are missing."
    ]


def test_part_weeks_are_said(demo):
    inquiry = demo.investigate(before="2026-10-01..2026-10-20", after="2026-10-26..2026-11-08", by="policy")
    assert any(note.startswith("Weekdays:") for note in exhibit(inquiry, "limits")["notes"])


# --- Errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({"store": "dem"}, UnknownStore, "Did you mean 'demo'?"),
        ({"metric": "overturn_rat"}, UnknownMetric, "Did you mean 'overturn_rate'?"),
        ({"by": "marke"}, UnknownDimension, "Did you mean 'market'?"),
        ({"where": "marke=DE"}, UnknownDimension, "Did you mean 'market'?"),
        ({"where": "policy=misleading_claim"}, BadParameter, "Did you mean 'misleading_claims'?"),
        ({"where": "market"}, BadParameter, "Write it as dimension=value"),
        ({"where": {"market": []}}, BadParameter, "No value of 'market' is wanted"),
        ({"basis": "submision"}, BadParameter, "Did you mean 'submission'?"),
        ({"language": "zh"}, AppealInsightsError, "Choose one of: en, zh-CN, both"),
        ({"audience": "analist"}, BadParameter, "Did you mean 'analyst'?"),
        ({"before": "2026-W60"}, BadPeriod, "2026-W60"),
        ({"before": "2026-W43..2026-W44"}, BadPeriod, "share days"),
        ({"as_of": "yesterday"}, BadPeriod, "Write it as 2026-11-16T06:00:00Z"),
        ({"after": "2027-W01"}, EmptyPeriod, "Nothing was counted in 2027-W01"),
        ({**TIKTOK, "by": "market"}, TooFine, "not broken down by 'market'"),
        ({**TIKTOK, "after": "2026-Q1"}, TooFine, "half-year"),
        ({**TIKTOK, "basis": "submission"}, BadParameter, "no basis but decision"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_the_nearest_thing_that_can(demo, asked, kind, says):
    with pytest.raises(kind) as refused:
        demo.investigate(**asked)
    assert says in refused.value.message


# --- Published figures: counts, and nothing finer --------------------------------------------------------------------


def test_the_published_figures_give_the_published_rates(published):
    change = published.evidence.change
    assert [100 * change.rate_before, 100 * change.rate_after] == pytest.approx([46.165, 48.146], abs=1e-3)
    assert 100 * change.change == pytest.approx(48.146 - 46.165, abs=1e-3)


def test_the_three_own_decisions_moved_by_rate_with_a_little_mix_against_it(published):
    view = published.evidence.view("complaint_type")
    assert [100 * view.rate_effect, 100 * view.mix_effect] == pytest.approx([2.208, -0.226], abs=1e-3)
    first, *others = rows(exhibit(published, "segments"))
    assert first["segment"] == "visibility"
    assert {row["segment"]: numbers(row["contribution"])[0] < 0 for row in others} == {
        "service": True,
        "account": False,
    }
    claim = finding(published, "segment_1").told["en"].claim
    assert claim.startswith("Complaint type: visibility brought ")
    assert "Complaint type: service worked against it with −0.67 points." in claim


def test_all_five_types_move_by_the_recorded_rate_and_mix(demo):
    view = demo.investigate(**TIKTOK, language="en").evidence.view("complaint_type")
    parts = view.parts.set_index("segment")
    assert [view.rate_effect, view.mix_effect] == pytest.approx([0.022047, -0.002356], abs=1e-6)
    recorded = pd.DataFrame(
        {
            "visibility": (0.022545, -0.000299),
            "account": (0.004061, 0.000164),
            "service": (-0.004549, -0.002127),
            "art16_no_action": (-1e-05, -9.3e-05),
            "art16_no_action_tf": (0.0, 0.0),
        },
        index=["rate_effect", "mix_effect"],
    ).T
    for segment, row in recorded.iterrows():
        assert tuple(parts.loc[segment, ["rate_effect", "mix_effect"]]) == pytest.approx(tuple(row), abs=1e-6)
    assert len(parts) == 5


def test_figures_without_days_say_so_and_grade_nothing_above_possible(published):
    assert not published.evidence.dispersion.known
    assert published.evidence.days == 0
    assert set(grades(published).values()) == {"possible"}
    assert "counting noise only, dispersion unknown" in finding(published, "moved").told["en"].size
    assert "仅含计数误差，离散度未知" in finding(published, "moved").told["zh-CN"].size
    assert any("no cause is graded above possible" in note for note in exhibit(published, "trend")["notes"])
    assert "day-to-day noise" not in told(published)
    assert "young cases" not in told(published)


def test_a_p_value_is_not_shown_where_noise_is_unknown(published, planted):
    several = exhibit(planted, "segments", id="causes")
    assert "p" in [column["key"] for column in several["table"]["columns"]]
    assert "djusted p" not in told(published)


# --- Small stores, worked by hand ------------------------------------------------------------------------------------


def workspace(root, *cases, **columns):
    make_store(root / "data" / "store" / "small.duckdb", decided(cases, **columns))
    (root / "notebooks").mkdir()
    return root


def test_a_rate_that_fell_in_one_market_says_so(tmp_path):
    days = [f"2026-10-{day:02d}" for day in range(5, 19)]
    place = workspace(
        tmp_path,
        *[(day, market, outcome, 10) for day in days for market in ("DE", "FR") for outcome in ("upheld", "reversed")
          if (market, outcome, day >= "2026-10-12") != ("DE", "reversed", True)],
        *[(day, "DE", "reversed", 2) for day in days[7:]],
    )  # fmt: skip
    inquiry = investigate(
        store="small", before="2026-W41", after="2026-W42", audience="analyst", by="market", workspace=place
    )
    # DE 70/140 -> 14/84, FR 70/140 both times.
    assert inquiry.evidence.counts == dict(zip(COUNTS, (140, 280, 84, 224), strict=True))
    named = driver(inquiry.evidence)
    assert (moved(inquiry.evidence), named.segment) == ("fell", {"market": "DE"})
    assert "fell by 12.50 points" in exhibit(inquiry, "summary")["notes"][0]
    assert grades(inquiry)["moved"] == "possible", "seven days on a side are too few for more"
    assert any("Only 7 days" in note for note in exhibit(inquiry, "trend")["notes"])


def test_a_store_without_events_says_how_to_bring_some(tmp_path):
    place = workspace(tmp_path, ("2026-10-05", "DE", "upheld", 30), ("2026-10-12", "DE", "reversed", 30))
    inquiry = investigate(store="small", before="2026-W41", after="2026-W42", by="market", workspace=place)
    assert "ingest FILE --fact known_events" in exhibit(inquiry, "events")["notes"][0]
