"""A review of service levels counts what was due, says what was missed, and what the next shift must know."""

import re
from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest

from appeal_insights.errors import BadParameter, EmptyPeriod, UnknownDimension, UnknownStore
from appeal_insights.records.ingest import ingest
from tests.findings.test_language_of_findings import numerals
from tests.helpers import english_left
from tests.made_up_desk import PARTS, appeals, bundles, cases, desk, exhibits, review, rows, said


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def analyst(place):
    return review(place, language="both")


@pytest.fixture(scope="module")
def stakeholder(analyst):
    return replace(analyst, service=replace(analyst.service, audience="stakeholder"))


# --- promises


def test_what_was_kept_of_what_was_due_stands_against_its_target(analyst):
    """18 + 5 in time; two late and one overdue: 23 of 26 is 88.5 %, a fact against 90 %."""
    row = rows(exhibits(analyst, "promises")["promises"])["Appeals decided"]
    assert (row["in_time"], row["of_due"], row["weeks_before"]) == ("88.5%", "23 / 26", "100.0%")
    assert (row["target"], row["met"], row["owner"]) == ("90.0%", "missed", "Head of appeals")
    assert row["signal"] == "too few weeks", "met is a fact, the signal another question"
    [lead, *_] = exhibits(analyst, "summary")["summary"]["notes"]
    assert "88.5% over the last 28 days" in lead
    assert "23 of 26 due), 100.0% in the 28 days before. Target 90.0%: missed." in lead


def test_tickets_are_kept_by_their_own_clocks(analyst):
    """t1 and t2 were taken on in time and t3 was not; t2 was solved in time and t3 was not; t1 is not due yet."""
    found = rows(exhibits(analyst, "promises")["promises"])
    assert found["Tickets acknowledged"]["of_due"] == "2 / 3"
    assert found["Tickets resolved"]["of_due"] == "1 / 2"
    assert found["Disputes answered"]["of_due"] == "1 / 2", "d2 was not answered by 22 October"
    assert (found["Disputes answered"]["target"], found["Disputes answered"]["met"]) == ("–", "no target")


def test_a_missed_promise_is_a_finding_with_its_size_owner_and_next_step(analyst):
    [missed] = [each for each in analyst.conclusions if each.id == "missed_appeal_decide"]
    told = missed.as_json()["texts"]["en"]
    assert told["claim"] == (
        "Appeals decided: 88.5% in time against a target of 90.0%, missed by 1.54 points over 28 days."
    )
    assert told["size"] == "3 late of 26 due"
    assert missed.owner == "Head of appeals"
    assert missed.grade == "confirmed"


def test_the_most_late_come_first(analyst):
    found = exhibits(analyst, "where")["segments"]
    assert found["title"] == "Where the most were late: GB · live"
    assert [(row["segment"], row["of_due"], row["late"]) for row in rows(found).values()] == [
        ("GB · live", "18 / 21", "3"),
        ("DE · video", "5 / 5", "0"),
    ]


# --- what is open


def test_what_is_open_is_counted_by_when_it_falls_due(analyst):
    found = rows(exhibits(analyst, "at_risk")["at_risk"])
    counts = ("overdue", "in_8", "in_24", "in_48", "later", "paused")
    assert [found["Appeals decided"][name] for name in counts] == ["1", "1", "1", "1", "0", "1"]
    # The P0 is to be taken on by 06:30 and solved by 05:30 of Tuesday, the P1 solved by 20:00.
    assert [found["Tickets acknowledged"][name] for name in counts] == ["0", "1", "0", "0", "0", "0"]
    assert [found["Tickets resolved"][name] for name in counts] == ["0", "0", "2", "0", "0", "0"]
    assert [found["Disputes answered"][name] for name in counts] == ["1", "0", "0", "0", "0", "0"]


def test_a_case_with_two_promises_is_one_case_in_the_summary(analyst):
    """Overdue: an appeal and a dispute. Within 8 h: an appeal and the P0; within 24: one appeal and the P1 more."""
    assert exhibits(analyst, "summary")["summary"]["notes"][-2] == (
        "Open cases: 2 overdue; due within 8, 24, 48 h: 2, 4, 5; standing still: 1."
    )


def test_the_list_begins_with_what_is_overdue_longest(analyst):
    listed = exhibits(analyst, "at_risk")["at_risk_list"]["table"]["rows"]
    assert [row[0] for row in listed] == ["d2", "over0", "t0", "soon0", "t1", "t0", "day0", "two0"]
    assert listed[1] == ["over0", "Appeals decided", "GB · live", "2026-11-15 20:00", "10 h overdue"]
    assert listed[3][3:] == ["2026-11-16 09:00", "3.0 h"]


def test_what_came_in_less_what_went_out_is_the_change_of_the_backlog(analyst):
    weeks = rows(exhibits(analyst, "at_risk")["backlog"])
    for week in weeks.values():
        start, came, went, end = (int(week[name]) for name in ("open_at_start", "came_in", "went_out", "open_at_end"))
        assert start + came - went == end
    assert {name: weeks["2026-W45"][name] for name in ("came_in", "went_out")} == {"came_in": "25", "went_out": "25"}
    assert weeks["2026-W46"]["open_at_end"] == "3", "came on Sunday, not decided by its end"
    assert "nothing is lost" in exhibits(analyst, "at_risk")["backlog"]["notes"][0]


# --- how long it takes


def test_open_cases_are_counted_as_open(analyst):
    """Of 40 appeals since W39 half took four hours; leaving out those still open changes the count, not the half."""
    row = rows(exhibits(analyst, "waits")["waits"])["Appeals decided"]
    assert (row["closed"], row["open"]) == ("35", "5")
    assert row["half"].startswith("4.0 h")


def test_pauses_that_rose_are_told_with_gross_and_net_time(tmp_path):
    """None of 30 waited before, 15 of 30 do now: for 10 of the 14 hours that they took."""
    before = [cases(f"b{day}", 3, f"2026-10-{day:02}T00:00:00Z", f"2026-10-{day:02}T04:00:00Z") for day in range(5, 15)]
    now = [cases(f"n{day}", 3, f"2026-11-{day:02}T00:00:00Z", f"2026-11-{day:02}T14:00:00Z") for day in range(2, 12)]
    waits = [f"n{day}{nth}" for day in range(2, 12) for nth in range(3) if (day + nth) % 2]
    steps = [
        {"step_id": f"{case}-{status}", "subject_type": "appeal", "subject_id": case, "status": status,
         "happened_at": f"2026-11-{int(case[1:-1]):02}T{hour}:00:00Z"}
        for case in waits
        for status, hour in (("waiting_appellant", "01"), ("in_review", "11"))
    ]  # fmt: skip
    found = review(desk(tmp_path, appeals=pd.concat([*before, *now]), status_log=pd.DataFrame(steps)))
    [rose] = [each for each in found.conclusions if each.id == "pauses_1"]
    claim = rose.as_json()["texts"]["en"]["claim"]
    assert len(waits) == 15
    assert claim.startswith("GB: 50.0% of those decided had a pause, 0.0% before.")
    assert "Nine in ten took 14 h gross (4.0 h before) and 14 h net of pauses (4.0 h)" in claim
    assert rows(exhibits(found, "why")["pauses"])["GB"]["count"] == "15 / 30"


# --- the hand-over


def test_the_hand_over_tells_what_is_urgent_what_changed_and_who_answers(analyst):
    """From Sunday 18:00 on came soon, two, waits, t0 and t1; `over` and nothing else fell overdue."""
    found = exhibits(analyst, "handover")
    page = found["handover"]
    assert page["title"] == "Hand-over · All records · 16 November 2026 06:00 UTC (London 06:00, Shanghai 14:00)"
    assert page["notes"] == [
        "Open P0 and P1 tickets: 2; overdue: 0.",
        "Open cases: 2 overdue; due within 8, 24, 48 h: 2, 4, 5; standing still: 1.",
        "Since 15 November 2026 18:00 UTC: 5 cases came, 0 were closed, 1 promises fell overdue.",
        "Answers for what is overdue or due soon: Head of appeals; Head of the desk.",
        "Next: Work off the 2 overdue cases first; the most lie in DE.",
    ]
    assert [row[0] for row in found["urgent"]["table"]["rows"]] == ["t0", "t1", "t0"]
    assert [row[0] for row in found["due_list"]["table"]["rows"]] == ["d2", "over0", "t0", "soon0"]


# --- what the law asks


def test_the_clocks_of_a_dispute_stand_apart(analyst):
    found = rows(exhibits(analyst, "statutory")["statutory"])
    assert found["Disputes answered in time"]["count"] == "1 / 2"
    assert found["Disputes lost on the merits (article 21)"]["count"] == "0 / 1"


# --- as of


def test_an_earlier_instant_gives_what_was_known_then(place):
    """On 3 November at 08:30 the day before is the last one told, and nobody knew of what came later."""
    then = review(place, as_of="2026-11-03T08:30:00Z", end="2026-11-03")
    assert then.service.last.isoformat() == "2026-11-02", "a day that is not over is not told"
    assert rows(exhibits(then, "promises")["promises"])["Appeals decided"]["of_due"] == "18 / 18"
    listed = exhibits(then, "at_risk")["at_risk_list"]["table"]["rows"]
    assert [row[0] for row in listed] == ["d2", "late0", "late1"], "late, but not decided before nine"


# --- two languages, two audiences


def test_both_languages_tell_the_same_numbers(analyst, stakeholder):
    for found in (analyst, stakeholder):
        english, chinese = (set(numerals(said(found, language))) for language in ("en", "zh-CN"))
        assert len(english) > 20
        assert {number for number in chinese if number not in english} == set()
        assert {number for number in english if number not in chinese} <= {"9"}, "9 in 10 is 九成"


def test_no_sentence_is_left_in_english(analyst):
    names = ("Appeals operations", "Head of the desk", "Head of appeals")
    for line in said(analyst, "zh-CN", tuple(part for part in PARTS if part != "about")).splitlines():
        for name in names:
            line = line.replace(name, "")
        assert english_left(line) == [], line


def test_a_stakeholder_sees_no_number_of_one_to_nine_records(stakeholder, analyst):
    ratios = {int(whole) for whole in re.findall(r"\d+ (?:/|of) (\d+)", said(stakeholder))}
    assert ratios
    assert not {number for number in ratios if 0 < number < 10}
    assert {5, 3, 2} <= {int(whole) for whole in re.findall(r"\d+ / (\d+)", said(analyst))}
    for part in ("at_risk", "at_risk_by"):
        cells = [cell for row in exhibits(stakeholder, "at_risk")[part]["table"]["rows"] for cell in row[1:]]
        assert {cell for cell in cells if cell.isdigit()} <= {"0"}
        assert "under 10" in cells
    found = rows(exhibits(stakeholder, "promises")["promises"])
    assert (found["Tickets resolved"]["of_due"], found["Tickets resolved"]["met"]) == ("–", "–")


def test_what_a_stakeholder_may_see_does_not_give_away_the_rest(stakeholder):
    """26 due in all and 21 of them in GB would tell that five are of DE."""
    assert rows(exhibits(stakeholder, "promises")["promises"])["Appeals decided"]["of_due"] == "23 / 26"
    assert rows(exhibits(stakeholder, "where")["segments"]) == {}
    week = rows(exhibits(stakeholder, "at_risk")["backlog"])["2026-W46"]
    told = [week[name] for name in ("open_at_start", "came_in", "went_out", "open_at_end")]
    assert told == ["0", "under 10", "not shown", "under 10"], "three came and none went"


def test_single_cases_are_for_analysts(stakeholder, analyst):
    for name in ("over0", "soon0", "t0", "d2"):
        assert name in said(analyst)
        assert name not in said(stakeholder).split()
    assert "Single cases are listed for analysts only." in said(stakeholder)
    assert set(exhibits(stakeholder, "handover")) == {"handover", "due"}
    notes = exhibits(stakeholder, "handover")["handover"]["notes"]
    assert notes[0] == "Open P0 and P1 tickets: under 10; overdue: 0."


# --- names that are code


def test_queues_that_are_code_are_text(tmp_path):
    names = ("<script>alert(1)</script>", "=cmd()")
    rows_of_each = [appeals().assign(queue=name) for name in names]
    whole = pd.concat([one.assign(appeal_id=one["appeal_id"] + str(nth)) for nth, one in enumerate(rows_of_each)])
    found = review(desk(tmp_path, appeals=whole.assign(market="GB")), audience="stakeholder")
    html = "".join(bundle.get("text/html", "") for part in PARTS for bundle in bundles(found, part))
    for name in names:
        assert f"GB · {name}" in said(found)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


# --- what is not there


def test_a_store_of_appeals_alone_says_calmly_what_it_cannot_tell(tmp_path):
    found = review(desk(tmp_path, appeals=appeals()))
    nothing = "The store holds nothing of this."
    assert exhibits(found, "on_call")["on_call"]["notes"] == [nothing]
    assert exhibits(found, "handover")["handover"]["notes"][0] == "No P0 or P1 ticket is open."
    assert "urgent" not in exhibits(found, "handover")
    assert "No staffing was taken in, so hours are not told." in exhibits(found, "why")["staffing"]["notes"]
    assert "Hours needed are not told" in said(found, parts=("capacity",))
    [only] = found.conclusions
    assert only.as_json()["texts"]["en"]["claim"].startswith("No promise has a target, so none was missed")


def test_a_store_without_a_policy_has_no_promise(tmp_path):
    path = tmp_path / "data" / "store" / "desk.duckdb"
    (tmp_path / "notebooks").mkdir()
    ingest(appeals(), path, loaded_at=datetime(2026, 11, 16, 6))
    with pytest.raises(UnknownStore, match="--fact sla_policies"):
        review(tmp_path)


def test_four_weeks_in_which_nothing_fell_due_are_an_error_that_says_what_next(place):
    with pytest.raises(EmptyPeriod, match="2026-06-01"):
        review(place, end="2026-06-28")


def test_a_scope_that_nobody_knows_names_the_nearest(place):
    with pytest.raises(UnknownDimension, match="Did you mean 'market'"):
        review(place, where="markt=GB")
    with pytest.raises(BadParameter):
        review(place, where="market")


def test_a_scope_of_a_market_without_tickets_is_told_without_them(place):
    found = review(place, where="market=DE")
    assert rows(exhibits(found, "promises")["promises"])["Appeals decided"]["of_due"] == "5 / 5"
    assert exhibits(found, "on_call")["on_call"]["notes"] == ["The store holds nothing of this."]


def test_late_cases_of_small_segments_are_not_said_to_be_none(stakeholder):
    assert exhibits(stakeholder, "where")["segments"]["title"].startswith("The late cases lie in segments that are too")
