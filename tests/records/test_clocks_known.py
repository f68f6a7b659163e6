"""What was due as it was known then: later loads of records, steps, policies and calendars do not change the past."""

from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path

import pandas as pd
import pytest

from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, content, make_store, table
from tests.records.test_clocks import appeal, at, clock, clocks, kept, promised, steps, store

SECOND_LOAD = FIRST_LOAD + timedelta(days=7)
NOW = "2026-11-15T06:00:00Z"  # a Sunday, 09:00 in Riyadh, the day before the first load


def log_of(*happened: tuple[str, str]) -> pd.DataFrame:
    return steps("happened_at | status\n" + "\n".join(" | ".join(one) for one in happened))


def calendar_file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def reported(path: Path, moments: list[datetime]) -> list[tuple[int, int]]:
    return [kept(path, "2026-11", moment) for moment in moments]


def test_a_decision_that_is_loaded_later_is_known_from_then_on(tmp_path):
    """Due on Monday at 04:00; open at the first load, decided at 05:00 by the second. A replay knows it from 05:00."""
    policies = promised("hours\n22")
    late = appeal(NOW, "2026-11-16T05:00:00Z")
    path = store(tmp_path, appeals=appeal(NOW), sla_policies=policies)
    make_store(path, late, loaded_at=SECOND_LOAD)
    (tmp_path / "replay").mkdir()
    replay = store(tmp_path / "replay", appeals=late, sla_policies=policies, loaded_at=SECOND_LOAD)
    moments = [datetime(2026, 11, 16, 3, 59, 59), datetime(2026, 11, 16, 4), FIRST_LOAD, SECOND_LOAD]
    assert reported(path, moments) == reported(replay, moments) == [(0, 0), (0, 1), (0, 1), (0, 1)]
    stopped = [clock(one, as_of=FIRST_LOAD)["stopped_at"] for one in (path, replay)]
    assert stopped == [pd.NaT, at("2026-11-16T05:00")], "a replay has it, and masks it until it happened"
    assert clock(path, as_of=SECOND_LOAD)["stopped_at"] == at("2026-11-16T05:00")


def test_steps_that_are_loaded_later_change_no_earlier_answer(tmp_path):
    """The first load has the pause open and nobody who took it on; the second has its end, and an earlier receipt."""
    policies = promised("clock | hours | pauses\ndecide | 8 | waiting_appellant\nacknowledge | 8 | none")
    begun = log_of(("2026-11-15T08:00:00Z", "waiting_appellant"))
    path = store(tmp_path, appeals=appeal(NOW), status_log=begun, sla_policies=policies)
    before = clocks(path)
    more = log_of(("2026-11-15T08:00:00Z", "waiting_appellant"), ("2026-11-15T12:00:00Z", "in_review"))
    make_store(path, more, fact="status_log", loaded_at=SECOND_LOAD)
    pd.testing.assert_frame_equal(clocks(path)[["due_at", "stopped_at"]], before[["due_at", "stopped_at"]])
    assert before["due_at"].tolist() == [at("2026-11-15T14:00"), pd.NaT]
    now = clocks(path, SECOND_LOAD)
    assert now["due_at"].tolist() == [at("2026-11-15T14:00"), at("2026-11-15T18:00")]
    assert now["stopped_at"].tolist() == [at("2026-11-15T12:00"), pd.NaT]
    assert reported(path, [FIRST_LOAD, SECOND_LOAD]) == [(0, 1), (1, 2)]


def test_what_is_opened_again_later_was_not_so_before(tmp_path):
    decided = appeal(NOW, "2026-11-15T08:00:00Z")
    first, again = ("2026-11-15T07:00:00Z", "handed_over"), ("2026-11-15T07:30:00Z", "handed_over")
    path = store(tmp_path, appeals=decided, status_log=log_of(first), sla_policies=promised("hours\n8"))
    more = log_of(first, ("2026-11-15T20:00:00Z", "reopened"), again)
    make_store(path, more, fact="status_log", loaded_at=SECOND_LOAD)
    found = [clock(path, as_of=as_of) for as_of in (FIRST_LOAD, SECOND_LOAD)]
    assert [one["hand_overs"] for one in found] == [1, 2]
    assert [one["reopened_at"] for one in found] == [pd.NaT, at("2026-11-15T20:00")]


ESTIMATED = """
[SA]
days = [{ first = 2026-11-17, last = 2026-11-18, name = "a feast", status = "estimated" }]
"""
CONFIRMED = """
[SA]
days = [
    { date = 2026-11-17, name = "worked after all", open = "usual" },
    { first = 2026-11-18, last = 2026-11-19, name = "a feast", status = "confirmed" },
]
"""


def test_a_feast_that_comes_a_day_later_moves_what_is_due_from_when_that_was_known(tmp_path):
    """Nine hours from Monday 15:00 in Riyadh: three that day; then Thursday till 15:00, or Tuesday till 15:00."""
    path = store(
        tmp_path, calendars=ESTIMATED, appeals=appeal("2026-11-16T12:00:00Z"),
        sla_policies=promised("hours | calendar\n9 | market"), loaded_at=datetime(2026, 11, 16, 13),
    )  # fmt: skip
    first, second = datetime(2026, 11, 16, 13), datetime(2026, 11, 17, 5)
    known = [first, second - timedelta(minutes=1), second, datetime(2026, 11, 18)]
    assert clock(path, as_of=known[0])["due_at"] == at("2026-11-19T12:00")
    before = reported(path, known)
    ingest(calendar_file(tmp_path, "moon.toml", CONFIRMED), path, loaded_at=datetime(2026, 11, 17, 5))
    assert [clock(path, as_of=moment)["due_at"] for moment in known] == [
        at("2026-11-19T12:00"), at("2026-11-19T12:00"), at("2026-11-17T12:00"), at("2026-11-17T12:00"),
    ]  # fmt: skip
    assert before[:2] == reported(path, known)[:2] == [(0, 0), (0, 0)]
    assert reported(path, known)[2:] == [(0, 0), (0, 1)]


SHORTER = 'hours = ["10:00-16:00"]'


@pytest.mark.parametrize(
    "later", [f"[SA]\n{SHORTER}", f'[riyadh-1]\nlike = "SA"\n{SHORTER}', '[SA]\nweekend = ["sun", "mon"]']
)
def test_hours_sites_and_weekends_of_a_later_file_are_known_from_then_on(tmp_path, later):
    """A file that says nothing of when it was known is known from its load; what was reported before stays."""
    policies = promised("hours | calendar\n8 | site")
    path = store(tmp_path, calendars=ESTIMATED, appeals=appeal(NOW, site="riyadh-1"), sla_policies=policies)
    before = clock(path)["due_at"]
    assert before == at("2026-11-15T14:00")
    ingest(calendar_file(tmp_path, "later.toml", later), path, loaded_at=SECOND_LOAD)
    assert clock(path)["due_at"] == before
    assert clock(path, as_of=SECOND_LOAD)["due_at"] != before
    assert reported(path, [FIRST_LOAD]) == [(0, 1)]


def test_a_policy_that_is_loaded_later_changes_no_earlier_answer(tmp_path):
    path = store(tmp_path, appeals=appeal(NOW), sla_policies=promised("policy_id | hours\nold | 8"))
    stricter = promised("policy_id | hours | scope\nnew | 2 | market=SA")
    make_store(path, stricter, fact="sla_policies", loaded_at=SECOND_LOAD)
    said = {as_of: clock(path, as_of=as_of)[["sla_policy", "due_at"]].tolist() for as_of in (FIRST_LOAD, SECOND_LOAD)}
    assert said == {FIRST_LOAD: ["old", at("2026-11-15T14:00")], SECOND_LOAD: ["new", at("2026-11-15T08:00")]}


STORY = {
    "appeals": pd.concat([appeal(NOW, "2026-11-15T20:00:00Z"), appeal(NOW, appeal_id="b", market="DE")]),
    "status_log": log_of(("2026-11-15T08:00:00Z", "waiting_appellant"), ("2026-11-15T12:00:00Z", "in_review")),
    "sla_policies": promised("clock | hours | pauses\ndecide | 8 | waiting_appellant\nacknowledge | 8 | none"),
    "tickets": table("""
        ticket_id | market | severity | created_at           | resolved_at
        t1        | SA     | P0       | 2026-11-15T06:00:00Z | 2026-11-15T09:00:00Z
    """),
}


def test_the_order_in_which_facts_are_loaded_and_loading_them_again_change_nothing(tmp_path):
    expected = None
    for nth, order in enumerate(list(permutations(STORY))[5::13]):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = store(folder, **{fact: STORY[fact] for fact in order})
        found = content(path, "clocks")
        expected = found if expected is None else expected
        pd.testing.assert_frame_equal(found, expected)
    for fact, rows in STORY.items():
        make_store(path, rows, fact=fact, loaded_at=SECOND_LOAD)
    pd.testing.assert_frame_equal(content(path, "clocks"), expected)
    assert len(expected) > 4, "states of a pause too"


def test_two_clocks_that_differ_never_have_one_fingerprint(tmp_path):
    """Stopped without a due time, and due without having been stopped, at the same instant: two different things."""
    told = {}
    for nth, (decided, calendar) in enumerate([("2026-11-15T14:00:00Z", "nobody's"), (None, "always")]):
        folder = tmp_path / str(nth)
        folder.mkdir()
        path = store(folder, appeals=appeal(NOW, decided), sla_policies=promised(f"hours | calendar\n8 | {calendar}"))
        with Store(path) as opened:
            told[nth] = opened.fingerprint("clocks", FIRST_LOAD)
    assert told[0] != told[1]
