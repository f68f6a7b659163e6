"""A review of a year of audits finds what was planted in it, says since when and why, and nothing else."""

import json
from collections import Counter
from datetime import date

import pandas as pd
import pytest

from appeal_insights.errors import AppealInsightsError, BadParameter, EmptyPeriod
from appeal_insights.findings.finding import Finding
from appeal_insights.findings.quality import AccuracyReview, review_accuracy
from appeal_insights.findings.shown import Exhibit
from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT, write_sample
from appeal_insights.records.sample_drift import DRIFT_FACTS
from tests.demo import bundles, shell
from tests.findings.test_first_screen import MOST_CHARACTERS, MOST_WORDS, characters, latin_runs, words
from tests.findings.test_language_of_findings import numerals

PARTS = ("summary", "estate", "alarms", "parts", "funnel", "estimates", "scorecard", "findings", "limits", "about")


@pytest.fixture(scope="module")
def review(demo):
    return review_accuracy(store="quality", language="both", by="market,policy", workspace=demo.root)


@pytest.fixture(scope="module")
def analysts(demo):
    return review_accuracy(store="quality", by="market,policy", audience="analyst", workspace=demo.root)


@pytest.fixture(scope="module")
def truth(demo):
    return json.loads((demo.sample / "audits" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """The same year with nothing planted."""
    root = tmp_path_factory.mktemp("quiet")
    (root / "notebooks").mkdir()
    made = write_sample(root / "data" / "sample", scenario="accuracy_quiet")
    for fact in DRIFT_FACTS:
        words = (str(made / f"{fact}.csv"), "--store=quiet", f"--fact={fact}", f"--loaded-at={SAMPLE_EXTRACTED_AT}")
        assert shell("ingest", *words, f"--workspace={root}").code == 0
    return review_accuracy(store="quiet", language="both", by="market,policy", workspace=root)


def exhibits(review: AccuracyReview, part: str, language: str = "en") -> dict[str, Exhibit]:
    shown = getattr(review, part).parts
    return {one.id: one for one in shown if isinstance(one, Exhibit) and one.language == language}


def label(series: dict[str, str]) -> str:
    return f"{series['market']} · {series['policy']}"


def told(review: AccuracyReview, language: str) -> list[str]:
    """Every text that a reader sees, but for queries and the sources of the appendix."""
    found = []
    for part in PARTS[:-1]:
        for one in getattr(review, part).parts:
            if isinstance(one, Exhibit) and one.language == language:
                found += [one.title, one.alt, *one.notes]
                found += [str(cell) for row in (one.cells.rows if one.cells else []) for cell in row]
            elif isinstance(one, Finding):
                said = one.told[language]
                found += [said.claim, said.size, said.next_step, *said.ruled_out]
    return found


# --- What was planted ------------------------------------------------------------------------------------------------


def test_each_planted_change_is_one_item_with_its_cause_and_event(review, truth):
    planted = [change for change in truth["changes"] if change["kind"] != "dip"]
    assert {change["kind"] for change in planted} == {"step", "ramp", "cohort", "auditors", "mix"}
    for change in planted:
        series = {label(one) for one in change["series"]}
        [item] = [item for item in review.quality.items if item.event == change["event_id"]]
        assert item.first["cause"] == change["cause"]
        alarmed = set(item.alarms["series"])
        assert alarmed <= series | {change["segment"]["market"]}, change["kind"]
        found = item.alarms[item.alarms["series"].isin(series)]
        assert len(found) >= 1
        first = pd.Timestamp(change["first_day"])
        assert ((found["low"] - first).dt.days <= 7).all(), change["kind"]


def test_a_dip_is_noticed_when_it_comes_and_when_it_goes(review, truth):
    [dip] = [change for change in truth["changes"] if change["kind"] == "dip"]
    [series] = [label(one) for one in dip["series"]]
    alarms = review.quality.drift.alarms
    own = alarms[alarms["series"] == series]
    assert list(own["direction"]) == ["fell", "rose"]
    assert abs((own["change_date"].iloc[0] - pd.Timestamp(dip["first_day"])).days) <= 7
    assert abs((own["change_date"].iloc[1] - pd.Timestamp(dip["last_day"])).days) <= 7


def test_other_sampling_other_volume_and_wander_are_no_alarm(review, truth):
    alarmed = set(review.quality.drift.alarms["series"])
    traps = {label(one) for trap in truth["no_drift"] for one in trap["series"]}
    assert len(traps) == 3
    assert not alarmed & traps


def test_precision_is_all_of_it_and_no_week_has_more_than_three_new_items(review, truth):
    planted = {change["event_id"] for change in truth["changes"]} | {None}
    assert {item.event for item in review.quality.items} <= planted
    weeks = Counter(item.first["alarm_day"].to_period("W") for item in review.quality.items)
    assert max(weeks.values()) <= 3


def test_where_nothing_was_planted_nothing_is_found(quiet):
    assert quiet.quality.items == []
    [finding] = quiet.conclusions
    assert (finding.id, finding.grade) == ("quiet", "unknown")
    assert "No series moved" in finding.told["en"].claim
    assert exhibits(quiet, "alarms")["alarms"].cells is None


def test_new_hands_are_told_from_the_others_where_a_cohort_joined(review):
    [item] = [item for item in review.quality.items if item.event == "EV-105"]
    rates = item.newcomers["correct"] / item.newcomers["audited"]
    assert rates["new"] < rates["old"] - 0.05
    [said] = [note for one in exhibits(review, "parts").values() for note in one.notes if f"{rates['new']:.1%}" in note]
    assert said.startswith("Since then reviewers of under 90 days have")


def test_parts_of_a_change_add_up_and_name_what_was_planted(review):
    split = {item.event: item.split for item in review.quality.items}
    for parts in split.values():
        assert parts.mix + parts.work + parts.auditors == pytest.approx(parts.change, abs=1e-12)
    assert split["EV-106"].auditors < 2 * split["EV-106"].work < 0 or split["EV-106"].work > -0.02
    assert split["EV-106"].auditors < -0.03
    assert split["EV-107"].mix < -0.01
    assert split["EV-107"].mix < split["EV-107"].work
    assert abs(split["EV-101"].mix) < 0.005
    assert split["EV-101"].work < -0.05


def test_the_weighted_rate_is_nearer_the_truth_than_the_plain_one(review, truth):
    """Of series in which nothing was planted: what was laid down is the accuracy of cases, not of audits."""
    touched = {label(one) for change in [*truth["changes"], *truth["no_drift"]] for one in change["series"]}
    laid = {label(one): one["accuracy"] for one in truth["series"] if one.get("subject_type", "appeal") == "appeal"}
    rows = review.quality.estimates.set_index("segment")
    known = [name for name in rows.index if name not in touched]
    assert len(known) >= 8
    off = pd.DataFrame({"weighted": rows["accuracy"], "plain": rows["unweighted"], "truth": pd.Series(laid)}).loc[known]
    assert (off["plain"] - off["truth"]).mean() < -0.01
    assert abs((off["weighted"] - off["truth"]).mean()) < 0.006
    inside = (rows.loc[known, "low"] <= off["truth"]) & (off["truth"] <= rows.loc[known, "high"])
    assert inside.mean() >= 0.8


# --- What is known when ----------------------------------------------------------------------------------------------


def test_an_earlier_instant_gives_what_was_known_then(demo, review):
    then = review_accuracy(store="quality", by="market,policy", as_of="2026-07-13T06:00:00Z", workspace=demo.root)
    assert then.quality.end == date(2026, 7, 13)
    known = then.quality.drift.alarms
    assert len(known) >= 4
    assert (known["alarm_day"] < "2026-07-13").all()
    later = review.quality.drift.alarms
    earlier = later[later["alarm_day"] < "2026-07-06"]
    shared = known.merge(earlier, on=["series", "cause"])
    assert len(shared) >= len(earlier) - 1, "audits that came in since may move an alarm by days, not make or undo it"
    assert ((shared["alarm_day_x"] - shared["alarm_day_y"]).dt.days.abs() <= 14).all()


def test_what_alarmed_in_the_last_week_is_new_and_only_then(demo):
    """The guideline of GB was rewritten on 15 June; it is noticed within days."""
    states = {}
    for day in ("2026-06-22", "2026-07-06"):
        then = review_accuracy(store="quality", by="market,policy", as_of=f"{day}T06:00:00Z", workspace=demo.root)
        states[day] = {item.event: item.new for item in then.quality.items}
    assert states["2026-06-22"]["EV-101"]
    assert not states["2026-07-06"]["EV-101"]


# --- How it is told --------------------------------------------------------------------------------------------------


def test_the_first_screen_is_short(review, quiet):
    for one in (review, quiet):
        english, chinese = (exhibits(one, "summary", language)["summary"] for language in ("en", "zh-CN"))
        said = "\n".join([english.title, *english.notes])
        assert 30 < len(words(said)) <= MOST_WORDS, said
        said = "\n".join([chinese.title, *chinese.notes])
        assert 50 < len(characters(said)) <= MOST_CHARACTERS, said


def test_both_languages_tell_the_same_numbers(review, quiet):
    for one in (review, quiet):
        english, chinese = (numerals("\n".join(told(one, language))) for language in ("en", "zh-CN"))
        assert sum(english.values()) > 20
        assert set(english) - set(chinese) <= {"4"}, "version 4 of a model"
        assert set(chinese) <= set(english)


def test_a_chinese_page_is_chinese(review, quiet):
    for one in (review, quiet):
        assert [run for text in told(one, "zh-CN") for run in latin_runs(text)] == []


def test_every_chart_has_a_title_alt_text_and_a_table_or_notes(review):
    drawn = [
        one
        for part in PARTS
        for one in getattr(review, part).parts
        if isinstance(one, Exhibit) and one.chart is not None
    ]
    assert len(drawn) >= 14
    assert all(one.title and len(one.alt) > 30 and (one.cells or one.notes) for one in drawn)


def test_persons_are_for_analysts_only(review, analysts):
    hidden, open_ = exhibits(review, "funnel"), exhibits(analysts, "funnel")
    assert hidden["funnel_reviewers"].cells is None
    assert hidden["funnel_reviewers"].chart is None
    assert hidden["funnel_sites"].cells is not None
    assert len(open_["funnel_reviewers"].cells.rows) > 50
    stakeholders = "".join(json.dumps(list(bundles_of(review)), default=str))
    assert "R-0" not in stakeholders
    assert "Q-0" not in stakeholders
    assert "R-0" in "".join(json.dumps(list(bundles_of(analysts)), default=str))


def bundles_of(review: AccuracyReview):
    for part in PARTS:
        yield from bundles(review, part)


def test_a_site_with_the_new_cohort_has_the_lowest_adjusted_accuracy(review):
    card = review.quality.scorecard
    accuracy = card[card["measure"] == "accuracy"].set_index("unit")["adjusted"]
    assert accuracy.idxmin() == "site_sofia"
    assert accuracy["site_sofia"] < accuracy.drop("site_sofia").min()
    assert set(card[card["measure"] == "accuracy"]["met"]) <= {"met", "missed", "open"}


def test_a_store_of_appeals_has_the_pace_of_sites_beside_their_accuracy(demo):
    card = review_accuracy(store="demo", by="market", workspace=demo.root).quality.scorecard
    assert {"accuracy", "productivity"} <= set(card["measure"])
    pace = card[card["measure"] == "productivity"]
    assert (pace["adjusted"] > 0).all()
    assert pace["low"].isna().all()


# --- What is wrong with a question -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "says", "kind"),
    [
        ({"by": "markte"}, "Did you mean 'market'", AppealInsightsError),
        ({"budget": "5"}, "too short", BadParameter),
        ({"budget": "often"}, "often", BadParameter),
        ({"start": "2026-11-20"}, "ends before it starts", AppealInsightsError),
        (
            {"start": "2026-11-15", "end": "2026-11-15", "where": "market=ZA; policy=counterfeit"},
            "audited",
            EmptyPeriod,
        ),
        ({"store": "tiktok"}, "audits", AppealInsightsError),
        ({"audience": "boss"}, "stakeholder", AppealInsightsError),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(demo, asked, says, kind):
    with pytest.raises(kind, match=says):
        review_accuracy(**{"store": "quality", "by": "market,policy", "workspace": demo.root, **asked})


def test_enforcements_are_reviewed_like_appeals(demo):
    found = review_accuracy(store="quality", by="market,policy", where="subject_type=enforcement", workspace=demo.root)
    assert list(found.quality.estimates["segment"]) == ["GB · misleading_claims"]
    assert found.quality.items == []
    assert int(found.quality.now["audited"]) > 500
    assert {"accuracy"} <= set(found.quality.scorecard["measure"])


def test_a_series_of_few_audits_is_not_shown_to_stakeholders_nor_given_away_by_the_sum(analysts, review):
    table = pd.DataFrame({"segment": ["a", "b", "c"], "audited": [500, 40, 4]})
    assert list(analysts.quality.open_rows(table)["segment"]) == ["a", "b", "c"]
    assert list(review.quality.open_rows(table)["segment"]) == ["a"], "c alone would be what is left of the sum"
    assert list(review.quality.open_rows(table.head(2))["segment"]) == ["a", "b"]
