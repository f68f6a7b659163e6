"""Two sides of a rate: the numbers are those that one reckons by hand, whichever way the sides are named."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError, BadParameter, BadPeriod, EmptyPeriod, UnknownName
from appeal_insights.findings import compared_exhibits
from appeal_insights.findings.compared import compare
from appeal_insights.findings.compared_path import read_path, write_path
from appeal_insights.findings.evidence import COUNTS, POOLED
from appeal_insights.findings.shown import EXHIBIT
from appeal_insights.findings.view import View
from tests.demo import AFTER, BEFORE
from tests.helpers import decided, english_left, make_store

# One day a week: 10 of 40 and 30 of 60 reversed before, 20 of 80 and 12 of 20 after.
CASES = [
    (day, market, outcome, n)
    for day, market, outcomes in (
        ("2026-10-26", "DE", (10, 30)),
        ("2026-10-26", "FR", (30, 30)),
        ("2026-11-02", "DE", (20, 60)),
        ("2026-11-02", "FR", (12, 8)),
    )
    for outcome, n in zip(("reversed", "upheld"), outcomes, strict=True)
]
WEEKS = {"before": "2026-W44", "after": "2026-W45"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("compared")
    (root / "notebooks").mkdir()
    make_store(root / "data" / "store" / "few.duckdb", decided(CASES, policy="spam", queue="live"))
    small = [*CASES, ("2026-11-02", "MT", "reversed", 1), ("2026-11-02", "GB", "upheld", 3)]
    make_store(root / "data" / "store" / "small.duckdb", decided(small, policy="spam", queue="live"))
    return root


@pytest.fixture
def few(place):
    return lambda **asked: compare(workspace=place, **{"store": "few", "audience": "analyst", **asked})


def told(shown, language="en"):
    """Title, notes and rows of the first exhibit in a language."""
    [first, *_] = [one[EXHIBIT] for one in shown.bundles() if EXHIBIT in one and one[EXHIBIT]["language"] == language]
    return first


def test_the_two_rates_their_difference_and_what_mix_and_rates_brought_are_those_by_hand(few):
    found = few(**WEEKS, by="market").evidence
    assert [found.counts[name] for name in COUNTS] == [40, 100, 32, 100]
    assert (found.change.rate_before, found.change.rate_after) == (0.40, 0.32)
    parts = found.views[0].parts.set_index("segment")
    # Weights .4 -> .8 and .6 -> .2, the mean of both rates .36: DE stays at .25, FR goes from .5 to .6.
    assert parts.loc["DE", ["mix_effect", "rate_effect"]].tolist() == pytest.approx([0.4 * (0.25 - 0.36), 0])
    assert parts.loc["FR", ["mix_effect", "rate_effect"]].tolist() == pytest.approx([-0.4 * (0.55 - 0.36), 0.1 * 0.4])


def test_the_waterfall_goes_from_one_rate_to_the_other_by_mix_and_then_by_each_segment(few):
    way = compared_exhibits.steps(few(**WEEKS, by="market"))
    assert list(way["kind"]) == ["start", "mix", "rate", "rate", "end"]
    assert list(way["segment"]) == ["", "", "FR", "DE", ""]
    assert way["from"].tolist() == pytest.approx([0.40, 0.40, 0.28, 0.32, 0.32])
    assert way["to"].tolist() == pytest.approx([0.40, 0.28, 0.32, 0.32, 0.32])


def test_two_groups_of_one_period_are_judged_by_the_one_that_is_named_against(few):
    one = few(during="2026-W45", where="market=DE", against="market=FR")
    assert [one.evidence.counts[name] for name in COUNTS] == [12, 20, 20, 80]
    assert one.evidence.change.change == pytest.approx(0.25 - 0.60)
    other = few(during="2026-W45", where="market=FR", against="market=DE")
    assert other.evidence.change.change == pytest.approx(0.60 - 0.25)
    assert (other.evidence.change.low, other.evidence.change.high) == pytest.approx(
        (-one.evidence.change.high, -one.evidence.change.low)
    )
    assert "market" not in one.dimensions


def test_a_group_alone_is_held_against_all_other_values(demo):
    found = compare(store="demo", during=AFTER, where="queue=live; market=DE,FR", workspace=demo.root)
    every = ap.query("breakdown", store="demo", during=AFTER, where="queue=live", by="market", workspace=demo.root)
    inside = every[every["segment"].isin(["DE", "FR"])]
    assert found.evidence.counts["denominator_after"] == inside["denominator"].sum()
    assert found.evidence.counts["denominator_before"] == every["denominator"].sum() - inside["denominator"].sum()
    assert "Market: all others" in told(found.summary)["notes"][0]
    assert found.sides.where == {"queue": ["live"]}


def test_of_two_periods_it_is_what_an_inquiry_finds(demo):
    found = compare(store="demo", before=BEFORE, after=AFTER, workspace=demo.root)
    inquiry = demo.investigate().evidence
    assert found.evidence.counts == inquiry.counts
    assert found.evidence.change == inquiry.change
    assert found.searched.search.causes.causes == inquiry.search.causes.causes
    ours, theirs = found.searched.contrasts, inquiry.contrasts
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True))


def test_the_parts_of_groups_add_up_to_their_difference_by_every_dimension(demo):
    found = compare(store="demo", during=AFTER, where="market=DE", against="market=FR", workspace=demo.root)
    change = found.evidence.change.change
    for view in found.searched.views:
        assert view.parts["contribution"].sum() == pytest.approx(change)
        assert [int(view.parts[name].sum()) for name in COUNTS] == list(found.evidence.counts.values())
    causes = found.searched.search.causes
    assert causes.change == pytest.approx(change)
    assert causes.unexplained + sum(each.contribution for each in causes.causes) == pytest.approx(change)


def test_what_is_the_same_on_both_sides_names_no_cause(tmp_path):
    """Two markets with the same cases on the same days: nothing differs, and nothing is said to."""
    days = [str(day.date()) for day in pd.date_range("2026-10-05", periods=28)]
    cases = [(day, market, outcome, n) for day in days for market in ("DE", "FR")
             for outcome, n in (("upheld", 12), ("reversed", 8))]  # fmt: skip
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "same.duckdb", decided(cases, policy="spam", queue="live"))
    found = compare(store="same", during="2026-W41..2026-W44", where="market=DE", against="market=FR",
                    workspace=tmp_path)  # fmt: skip
    assert found.evidence.change.change == 0
    assert "cannot be told apart" in told(found.summary)["notes"][0]
    assert all("stands out" not in row[-1] for row in told(found.noise)["table"]["rows"])


def test_around_an_event_are_as_many_whole_weeks_before_it_as_from_its_first_day_on(demo):
    found = compare(store="demo", event="New misleading claims model, lower threshold", workspace=demo.root)
    before, after = found.sides.periods
    assert (str(before.start), str(before.end), str(after.start), str(after.end)) == (
        "2026-10-02", "2026-10-23", "2026-10-23", "2026-11-13",
    )  # fmt: skip
    assert found.sides.event["event_id"] == "EV-003"
    assert compare(store="demo", event="ev-003", workspace=demo.root).evidence.counts == found.evidence.counts
    notes = told(found.summary)["notes"]
    assert any("Policy: misleading_claims" in note and "not a proof" in note for note in notes)


def test_looking_into_a_segment_narrows_both_sides_and_comes_back(few):
    start = few(**WEEKS, by="market")
    inside = start.drill("FR")
    assert [inside.evidence.counts[name] for name in COUNTS] == [30, 60, 12, 20]
    assert inside.asked.by not in ("market", "")
    assert inside.crumbs("en") == ["All records", "Market: FR"]
    assert inside.crumbs("zh-CN") == ["全部", "市场：FR"]
    deeper = inside.drill({"queue": "live"})
    assert deeper.breadcrumb == [{"market": ["FR"]}, {"queue": ["live"]}]
    assert deeper.evidence.counts == inside.evidence.counts
    assert deeper.back().asked.path == inside.asked.path
    assert deeper.back(0).evidence.counts == start.evidence.counts
    assert deeper.back(0).asked.by == "market"


def test_a_cause_is_looked_into_by_its_number(demo):
    found = compare(store="demo", before=BEFORE, after=AFTER, audience="analyst", workspace=demo.root)
    [first, *_] = found.searched.search.causes.causes
    inside = found.drill(1)
    counts = [getattr(first, name) for name in COUNTS]
    assert [inside.evidence.counts[name] for name in COUNTS] == counts
    assert found.at(1, causes=True) in [each.segment for each in found.searched.search.causes.causes]
    assert found.at(0, causes=True) == {}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("FRA", "Did you mean 'FR'"),
        (POOLED, "several small segments"),
        (3, "0 are named"),
        ({"markt": "FR"}, "Did you mean 'market'"),
        ({}, "Which segment"),
    ],
)
def test_a_row_that_there_is_not_is_met_with_a_sentence(few, row, says):
    with pytest.raises(BadParameter, match=says):
        few(**WEEKS, by="market").drill(row)
    with pytest.raises(BadParameter, match="no step"):
        few(**WEEKS).back(1)


def test_a_view_travels_and_gives_the_same_comparison(place, few):
    for found in (
        few(**WEEKS, by="market").drill("FR"),
        few(during="2026-W45", where="market=DE", against="market=FR"),
        few(during="2026-W45", where="market=DE"),
    ):
        again = View.from_token(found.view.token())
        other = compare(**again.arguments(), audience="analyst", workspace=place)
        assert (other.asked, other.evidence.counts) == (found.asked, found.evidence.counts)


def test_the_code_of_a_view_gives_the_same_numbers(place, few, monkeypatch):
    monkeypatch.chdir(place)
    found = few(**WEEKS, by="market").drill("FR")
    *_, call = found.view.code().splitlines()
    assert eval(call, {"ap": ap}).evidence.counts == found.evidence.counts


@given(st.lists(st.dictionaries(st.text(min_size=1), st.lists(st.text(min_size=1), min_size=1), min_size=1)))
def test_a_path_of_any_values_comes_back_from_its_text(path):
    assert read_path(write_path(path)) == path


@pytest.mark.parametrize(
    ("asked", "kind", "says"),
    [
        ({}, BadParameter, "two periods"),
        ({"before": "2026-W45", "after": "2026-11-02..2026-11-08"}, BadParameter, "nothing to compare"),
        ({"before": "2026-W44..2026-W45", "after": "2026-W45"}, BadPeriod, "share days"),
        (
            {"during": "2026-W45", "where": "market=DE", "against": "market=DE"},
            BadParameter,
            "Both sides are market=DE",
        ),
        ({"during": "2026-W45", "where": "market=DE", "against": "market=DE,FR"}, BadParameter, "share records"),
        ({"during": "2026-W45", "where": "market=DE", "against": "queue=live"}, BadParameter, "share records"),
        ({"during": "2026-W45", "where": "queue=live"}, BadParameter, "no other value of 'queue'"),
        ({"during": "2026-W45"}, BadParameter, "Which group"),
        ({"where": "market=DE", "against": "market=FR"}, BadParameter, "Say which"),
        ({"during": "2026-W45", "where": "market=DE", **WEEKS}, BadParameter, "leave out before"),
        ({"before": "2026-W02", "after": "2026-W45"}, EmptyPeriod, "Nothing was counted in 2026-W02"),
        ({"during": "2026-W02", "where": "market=DE"}, EmptyPeriod, "of market=FR"),
        ({"event": "launch"}, UnknownName, "no known events"),
        ({**WEEKS, "by": "markt"}, BadParameter, "Did you mean 'market'"),
        ({**WEEKS, "by": "market,queue"}, BadParameter, "Choose one"),
        ({**WEEKS, "path": "market=DE > market=FR"}, BadParameter, "not among"),
        ({**WEEKS, "metric": "received"}, BadParameter, "no share of records"),
        ({"during": "2026-W45", "where": "market=DE", "path": "market=DE"}, BadParameter, "tells the two sides apart"),
    ],
)
def test_what_cannot_be_compared_is_said_in_both_languages_with_what_to_do(place, asked, kind, says):
    with pytest.raises(kind, match=says) as caught:
        compare(store="few", workspace=place, **asked)
    chinese = caught.value.say("zh-CN")
    assert chinese != caught.value.say("en")
    assert english_left(chinese.replace("where", "").replace("against", "")) == []


def test_an_unknown_event_names_those_there_are(demo):
    with pytest.raises(UnknownName, match=r"Did you mean '11\.11 sale'\? There are: 11\.11 sale, ") as caught:
        compare(store="demo", event="11.11 sales", workspace=demo.root)
    assert "11.11 sale" in caught.value.say("zh-CN")
    with pytest.raises(BadParameter, match=r"11\.11 sale began on 2026-11-11"):
        compare(store="demo", event="EV-005", workspace=demo.root)


def test_of_one_record_it_is_said_that_it_tells_nothing_of_others(place):
    asked = {"store": "small", "during": "2026-W45", "where": "market=MT", "against": "market=DE", "workspace": place}
    found = compare(**asked, audience="analyst", language="both")
    assert any("one record" in note for note in told(found.summary)["notes"])
    assert any("仅有一条记录" in note for note in told(found.summary, "zh-CN")["notes"])
    assert found.evidence.counts["denominator_after"] == 1
    for_others = compare(**asked)
    assert for_others.evidence.change is None
    [only] = for_others.exhibits()
    assert only.cells is None
    assert "fewer than 10 records" in only.notes[0]


def test_a_stakeholder_sees_no_small_segment_nor_can_look_into_one(place):
    asked = {"store": "small", **WEEKS, "by": "market", "workspace": place}
    seen, analyst = compare(**asked), compare(**asked, audience="analyst")
    assert set(analyst.segments) == {"DE", "FR", "GB", "MT"}
    assert not {"GB", "MT"} & set(seen.segments)
    assert seen.evidence.views[0].parts["contribution"].sum() == pytest.approx(seen.evidence.change.change)
    with pytest.raises(BadParameter):
        seen.drill("MT")


def test_a_dimension_of_forty_thousand_values_is_refused_kindly_and_left_out_of_the_search(tmp_path):
    rows = decided([("2026-10-26", "DE", "upheld", 20_000), ("2026-11-02", "DE", "reversed", 20_000)])
    rows = rows.assign(policy=[f"p{place}" for place in range(len(rows))], queue="live")
    (tmp_path / "notebooks").mkdir()
    make_store(tmp_path / "data" / "store" / "wide.duckdb", rows)
    asked = {"store": "wide", "workspace": tmp_path, "audience": "analyst"}
    with pytest.raises(BadParameter, match="40,000 segments, too many to read"):
        compare(**WEEKS, by="policy", **asked)
    with pytest.raises(BadParameter, match="39,999 other values"):
        compare(during="2026-W45", where="policy=p1", **asked)
    found = compare(**WEEKS, **asked)
    assert found.asked.by != "policy"
    assert "policy" not in [view.dimension for view in found.searched.views]


def test_every_sentence_stands_in_both_languages(demo):
    for asked in ({"before": BEFORE, "after": AFTER}, {"during": AFTER, "where": "market=DE,FR"}):
        found = compare(store="demo", language="both", workspace=demo.root, **asked)
        english, chinese = ([one for one in found.exhibits() if one.language == of] for of in ("en", "zh-CN"))
        assert [one.id for one in english] == [one.id for one in chinese]
        for one, other in zip(english, chinese, strict=True):
            assert len(one.notes) == len(other.notes)
            assert [english_left(text) for text in (other.title, other.alt, *other.notes)] == [[]] * (
                len(other.notes) + 2
            )


def test_verdicts_say_what_stands_out_and_what_does_not(demo):
    found = compare(
        store="demo", before=BEFORE, after=AFTER, by="complaint_type", audience="analyst", workspace=demo.root
    )
    rows = {row[0]: row[-1] for row in told(found.noise)["table"]["rows"]}
    assert rows["service"] == "stands out"  # the planted shift of mix
    assert rows["monetary"] == "within noise"
    assert rows["art16_no_action_tf"] == "too few records to tell"
    assert told(found.noise)["title"].startswith("By complaint type, 1 of 6 segments")


def test_figures_without_days_say_that_noise_is_not_known(demo):
    found = compare(store="tiktok", before="2025-H2", after="2026-H1", workspace=demo.root)
    assert "how much days or cases vary" in told(found.causes)["notes"][0]
    assert np.isclose(found.evidence.views[0].parts["contribution"].sum(), found.evidence.change.change)


def test_errors_are_ours(few):
    with pytest.raises(AppealInsightsError):
        few(**WEEKS, where="market=XX")
