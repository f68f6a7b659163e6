"""The causes that were planted are named with their events, and nothing is where nothing was planted."""

import json

import pandas as pd
import pytest

from appeal_insights.analysis.intervals import change_of_rate
from appeal_insights.findings.evidence import COUNTS
from appeal_insights.findings.judged import driver, drivers, event_of, moved, split
from appeal_insights.findings.overturn import investigate
from appeal_insights.language import points
from appeal_insights.records.sample import write_sample
from tests.demo import AFTER, BEFORE, exhibit, finding, grades, numbers, rows, shell, told
from tests.helpers import decided, make_store


@pytest.fixture(scope="module")
def truth(demo):
    return json.loads((demo.sample / "truth.json").read_text())["causes"]


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    """The same sample with nothing planted, in a workspace of its own."""
    root = tmp_path_factory.mktemp("null")
    (root / "notebooks").mkdir()
    made = write_sample(root / "data" / "sample", scenario="quiet")
    for name, fact in (("appeals.csv", "appeals"), ("known_events.csv", "known_events")):
        assert shell("ingest", str(made / name), "--store=null", f"--fact={fact}", f"--workspace={root}").code == 0
    return root


@pytest.fixture
def planted(demo):
    return demo.investigate()


def names_of(cause):
    return [cause["segment"], *cause["aliases"]]


def told_of(inquiry, cause):
    """What the inquiry says of a planted cause."""
    [named] = [each for each in drivers(inquiry.evidence) if any(name in names_of(cause) for name in each.names)]
    return named


def test_every_planted_cause_is_named_with_its_kind_and_nothing_else_is(planted, truth):
    assert len(truth) == len(drivers(planted.evidence)) == 3
    assert {told_of(planted, cause).kind for cause in truth} == {"rate", "mix"}
    for cause in truth:
        named = told_of(planted, cause)
        assert named.kind == cause["kind"]
        assert named.low < cause["contribution"] < named.high


def test_the_largest_is_named_first_with_its_direction(planted, truth):
    assert moved(planted.evidence) == "rose"
    named = driver(planted.evidence)
    assert named == told_of(planted, truth[0])
    assert named.change.low < truth[0]["effect"] < named.change.high


def test_contributions_and_the_rest_add_up_to_the_change(planted):
    *causes, left, whole = rows(exhibit(planted, "segments", id="causes"))
    said = sum(numbers(row["contribution"])[0] for row in [*causes, left])
    assert said == pytest.approx(numbers(whole["contribution"])[0], abs=0.03)
    assert whole["contribution"] == "+4.08"
    assert abs(numbers(left["contribution"])[0]) < 1, "what is left is within noise"


def test_the_headline_split_holds_all_dimensions_and_the_mix_that_was_planted(planted, truth):
    whole = split(planted.evidence)
    assert whole.dimension is None
    assert whole.rate + whole.mix == pytest.approx(planted.evidence.change.change, abs=1e-12)
    [mix] = [cause for cause in truth if cause["kind"] == "mix"]
    assert whole.mix == pytest.approx(mix["contribution"], abs=0.006)
    said = finding(planted, "split").told["en"]
    assert f"rates brought {points(whole.rate, 'en')} and mix {points(whole.mix, 'en')}" in said.claim
    first, *others = [
        dict(zip([key for key, *_ in said.evidence.columns], row, strict=True)) for row in said.evidence.rows
    ]
    assert first["dimension"] == "All 12 dimensions together"
    assert len(others) == 12


def test_each_planted_event_coincides_with_its_own_segment_and_no_other_does(planted, truth):
    for cause in truth:
        assert event_of(planted.evidence, told_of(planted, cause))["event_id"] == cause["event_id"]
    verdicts = {row["event"]: row["verdict"] for row in rows(exhibit(planted, "events"))}
    titles = dict(zip(planted.evidence.events["event_id"], planted.evidence.events["title_en"], strict=True))
    coinciding = {title for title, verdict in verdicts.items() if verdict.startswith("coincides")}
    assert coinciding == {titles[cause["event_id"]] for cause in truth}
    assert set(titles) == {"EV-002", "EV-003", "EV-004", "EV-005", "EV-006", "EV-007"}


def test_where_nothing_was_planted_nothing_is_named(null):
    inquiry = investigate(store="null", before=BEFORE, after=AFTER, language="both", workspace=null)
    assert drivers(inquiry.evidence) == []
    assert "segment_none" in grades(inquiry)
    assert "No segment stands out" in finding(inquiry, "segment_none").told["en"].claim
    assert "没有任何细分" in finding(inquiry, "segment_none").told["zh-CN"].claim
    assert "This coincides with" not in told(inquiry)
    assert exhibit(inquiry, "segments", id="causes")["spec"] is None


def test_only_the_coinciding_event_is_drawn_into_the_trend(planted):
    text = json.dumps(exhibit(planted, "trend")["spec"])
    assert "New misleading claims model" in text
    assert "Republic Day" not in text
    assert "11.11 sale" not in text


def test_it_moved_for_sure_and_the_segment_is_likely_because_nobody_tried_it_out(planted):
    likely = dict.fromkeys(("segment_1", "segment_2", "segment_3"), "likely")
    assert grades(planted) == {"moved": "confirmed", "split": "confirmed", **likely}


def test_the_rest_of_the_records_is_ruled_out_with_its_own_change_and_interval(planted):
    named = driver(planted.evidence)
    rest = [planted.evidence.counts[name] - named.counts[name] for name in COUNTS]
    change = change_of_rate(*rest, dispersion=planted.evidence.dispersion)
    [sentence] = [text for text in finding(planted, "segment_1").told["en"].ruled_out if "all other records" in text]
    assert numbers(sentence) == pytest.approx([100 * change.change, 100 * change.low, 100 * change.high], abs=0.006)
    assert change.low < 0 < change.high


# --- Small stores, worked by hand ------------------------------------------------------------------------------------
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2026-10-05", "2026-11-01")]  # W41 to W44
SPANS = {"before": "2026-W41..2026-W42", "after": "2026-W43..2026-W44"}


def inquire(root, rows_, **asked):
    (root / "notebooks").mkdir(parents=True)
    make_store(root / "data" / "store" / "small.duckdb", rows_)
    return investigate(store="small", workspace=root, **{**SPANS, "language": "both", **asked})


def cases(market, policy, before, after):
    """Each day so many upheld and reversed, before and after."""
    told_ = [
        (day, market, outcome, count)
        for day in DAYS
        for outcome, count in zip(("upheld", "reversed"), after if day >= "2026-10-19" else before, strict=True)
        if count
    ]
    return decided(told_, policy=policy)


def together(*tables):
    table = pd.concat(tables, ignore_index=True)
    return table.assign(appeal_id=[f"a{place}" for place in range(len(table))])


def test_moves_that_offset_each_other_are_told_where_the_whole_stands_still(tmp_path):
    # DE 10 of 20 a day -> 14 of 20, FR 10 of 20 -> 6 of 20: the whole stays at 50 %.
    inquiry = inquire(
        tmp_path, together(cases("DE", "spam", (10, 10), (6, 14)), cases("FR", "spam", (10, 10), (14, 6))), by="market"
    )
    assert moved(inquiry.evidence) == "still"
    assert {each.segment["market"]: each.contribution > 0 for each in drivers(inquiry.evidence)} == {
        "DE": True,
        "FR": False,
    }
    [under] = [note for note in exhibit(inquiry, "summary")["notes"] if note.startswith("Underneath")]
    assert sorted(numbers(under)) == pytest.approx([-10, 10], abs=0.1)
    assert "相互抵消" in exhibit(inquiry, "summary", language="zh-CN")["notes"][2]


def test_a_move_of_everything_is_no_move_of_a_segment(tmp_path):
    inquiry = inquire(
        tmp_path, together(cases("DE", "spam", (10, 10), (6, 14)), cases("FR", "spam", (10, 10), (6, 14))), by="market"
    )
    assert driver(inquiry.evidence) is None
    assert moved(inquiry.evidence) == "rose"
    [where] = [note for note in exhibit(inquiry, "summary")["notes"] if note.startswith("Where")]
    assert "no segment stands out" in where


def test_a_cause_that_leaves_a_small_rest_is_told_to_an_analyst_only(tmp_path):
    # Spam in DE moves; the only other spam is nine appeals in FR in each period, which its row would give away.
    few = decided([("2026-10-06", "FR", "upheld", 9), ("2026-10-20", "FR", "upheld", 9)], policy="spam")
    moved_, still = cases("DE", "spam", (2, 1), (0, 3)), cases("DE", "nudity", (10, 10), (10, 10))
    rows_ = together(moved_, still, cases("FR", "nudity", (10, 10), (10, 10)), few)
    seen = inquire(tmp_path / "a", rows_, audience="analyst", by="market,policy")
    assert {"market": "DE", "policy": "spam"} in [name for each in drivers(seen.evidence) for name in each.names]
    hidden = inquire(tmp_path / "b", rows_, by="market,policy")
    search = hidden.evidence.search
    assert search.withheld == 1
    assert [len(each.segment) for each in drivers(hidden.evidence)] == [1] * len(search.causes.causes)
    told_ = sum(cause.contribution for cause in search.causes.causes)
    assert search.causes.unexplained == pytest.approx(search.causes.change - told_, abs=1e-12)
    assert "Causes found but not shown: 1" in told(hidden)


def test_few_days_are_said_before_a_cause_and_lower_its_grade(tmp_path):
    rows_ = together(cases("DE", "spam", (20, 20), (4, 36)), cases("FR", "spam", (20, 20), (20, 20)))
    inquiry = inquire(tmp_path, rows_, by="market", before="2026-10-17..2026-10-18", after="2026-10-19..2026-10-20")
    assert not inquiry.evidence.search.noise_seen
    notes = exhibit(inquiry, "segments", id="causes")["notes"]
    assert any("only 2 days on the shorter side" in note for note in notes)
    assert set(grades(inquiry).values()) <= {"possible", "unknown", "confirmed"}
    assert grades(inquiry)["segment_1"] == "possible"


def test_where_only_shares_moved_no_rate_is_named(tmp_path):
    """Far more sellers appeal and no rate changes: that share may be named, as what it is; a rate is a false alarm."""
    (tmp_path / "notebooks").mkdir()
    made = write_sample(tmp_path / "data" / "sample", scenario="mix_only")
    for name, fact in (("appeals.csv", "appeals"), ("known_events.csv", "known_events")):
        assert shell("ingest", str(made / name), "--store=mixed", f"--fact={fact}", f"--workspace={tmp_path}").code == 0
    inquiry = investigate(store="mixed", before=BEFORE, after=AFTER, workspace=tmp_path)
    assert [each.kind for each in drivers(inquiry.evidence) if each.kind == "rate"] == []
    assert all("seller" in name.values() or "seller_support" in name.values()
               for each in drivers(inquiry.evidence) for name in each.names[:1])  # fmt: skip
