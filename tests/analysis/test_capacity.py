"""Hours for a promise: queues worked out by hand, a queue of single cases, and laws that hold for every desk."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.analysis.capacity import (
    HOUR,
    Desk,
    against_plan,
    around,
    arrivals_by_slot,
    attainment,
    hours_needed,
    level_needed,
)
from appeal_insights.errors import BadParameter, BadTable

MONDAY = pd.Timestamp("2026-11-02")


def slots(days: int, opens=None) -> pd.DataFrame:
    """Whole hours from a Monday on; `opens` tells of a start whether the clock runs."""
    start = pd.Series(pd.date_range(MONDAY, periods=24 * days, freq="h"))
    return pd.DataFrame({"start": start, "open": start.map(opens or (lambda at: True)).astype(float)})


def office(at: pd.Timestamp) -> bool:
    """Monday to Friday, nine to five: eight hours a day, forty a week."""
    return at.day_of_week < 5 and 9 <= at.hour < 17


def backlog(*rows: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["age_seconds", "cases"])


def at_once(count: float, days: int = 1, slot: int = 0) -> np.ndarray:
    arrivals = np.zeros(24 * days)
    arrivals[slot] = count
    return arrivals


def test_ten_cases_at_once_and_four_an_hour():
    """They come at half past midnight on average. By half past one six of ten are done, by half past two all ten."""
    for target, share in ((1, 0.6), (2, 1.0)):
        desk = Desk(slots(1), at_once(10), handling_seconds=900, target_seconds=target * HOUR)
        row = attainment(desk, np.ones(24)).iloc[0]
        assert (row.due, row.on_time, row.attainment) == pytest.approx((10, 10 * share, share))
        assert row.utilisation == pytest.approx(2.5 / 24)
        assert row.backlog == pytest.approx(0)


def test_the_oldest_go_first_and_those_overdue_at_the_start_count_nowhere_but_take_hours():
    """Four an hour: four overdue until one o'clock, two due within the next half hour; then the eight of midnight."""
    old = backlog((0.5 * HOUR, 2), (9 * HOUR, 4))
    desk = Desk(slots(1), at_once(8), handling_seconds=900, target_seconds=2 * HOUR, backlog=old)
    row = attainment(desk, np.ones(24)).iloc[0]
    assert (row.due, row.on_time) == pytest.approx((10, 2 + 4))


def test_steady_work_needs_the_hours_that_it_takes():
    """Six cases an open hour of half an hour each: 40 * 6 / 2 = 120 hours a week, and no hour is idle."""
    table = slots(14, office)
    open_now = table["open"].to_numpy()
    desk = Desk(table, 6 * open_now, handling_seconds=1800, target_seconds=8 * HOUR, share=1)
    needed = hours_needed(desk, open_now)
    assert needed["needed"].tolist() == pytest.approx([120, 120])
    assert needed["inflow"].tolist() == pytest.approx([120, 120])
    kept = attainment(desk, 3 * open_now)
    assert kept["attainment"].tolist() == [1, 1]
    assert kept["utilisation"].tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(("target", "hours"), [(40, 25), (20, 50), (10, 100)])
def test_a_backlog_takes_its_hours_and_more_a_week_where_it_is_due_sooner(target, hours):
    """100 cases of a quarter hour are 25 hours of work: due on Friday at five 25, at noon on Wednesday 50 a week."""
    table = slots(7, office)
    desk = Desk(table, np.zeros(168), 900, target * HOUR, share=1, backlog=backlog((0, 100)))
    needed = hours_needed(desk, table["open"].to_numpy())
    assert needed["needed"].tolist() == pytest.approx([hours], rel=1e-4)
    assert level_needed(desk, table["open"].to_numpy()) == pytest.approx(hours / 40, rel=1e-4)


def test_of_cases_that_are_all_due_together_a_share_is_enough():
    table = slots(7, office)
    desk = Desk(table, np.zeros(168), 900, 20 * HOUR, share=0.8, backlog=backlog((0, 100)))
    assert hours_needed(desk, table["open"].to_numpy())["needed"].tolist() == pytest.approx([40], rel=1e-4)


def test_on_a_day_off_nothing_is_done_and_the_clock_stands_still():
    """100 cases on Tuesday, ten an hour. Without Wednesday it is Thursday's clock that runs: nothing else changes."""

    def kept(off):
        table = slots(7, lambda at: office(at) and at.day_of_week != off)
        open_now = table["open"].to_numpy()
        desk = Desk(table, at_once(100, 7, slot=24 + 12), handling_seconds=360, target_seconds=6 * HOUR)
        return attainment(desk, open_now).iloc[0]

    usual, wednesday = kept(None), kept(2)
    assert usual.on_time == pytest.approx(65)  # from noon on; due after six open hours, on Wednesday at half past ten
    assert wednesday.on_time == pytest.approx(65)
    table = slots(7, lambda at: office(at) and at.day_of_week != 2)
    needed = hours_needed(Desk(table, at_once(100, 7, slot=36), 360, 6 * HOUR, 1), table["open"].to_numpy())
    assert needed["needed"].tolist() == pytest.approx(
        [32 * 10 / 6.5], rel=1e-4
    )  # ten hours of work in six and a half of its 32


def test_what_is_due_after_the_last_slot_counts_nowhere():
    row = attainment(Desk(slots(1), at_once(10, slot=22), 900, 4 * HOUR), np.ones(24)).iloc[0]
    assert (row.due, np.isnan(row.attainment), np.isnan(row.chance)) == (0, True, True)


def test_a_draw_in_which_nothing_is_due_keeps_the_promise():
    desk = Desk(slots(1), np.stack([at_once(0), at_once(100)]), 900, 2 * HOUR)
    row = attainment(desk, np.ones(24)).iloc[0]
    assert (row.due, row.on_time, row.chance) == pytest.approx((50, 5, 0.5))
    assert row.attainment == pytest.approx((1 + 0.1) / 2)


def test_what_is_too_late_when_the_week_begins_has_no_number_of_hours():
    """All is due on Monday at one in the morning, and nobody works before nine."""
    table = slots(7)
    shape = table["start"].map(office).to_numpy(dtype=float)
    desk = Desk(table, np.zeros(168), 900, HOUR, backlog=backlog((0, 50)))
    assert hours_needed(desk, shape)["needed"].isna().all()
    assert np.isnan(level_needed(desk, shape))
    assert against_plan(desk, shape)["short"].isna().all()


desks = st.builds(
    lambda came, old, handling, target, share: Desk(
        slots(7, office), np.array([came] * 12).reshape(1, -1), handling, target * HOUR, share, backlog(*old)
    ),
    came=st.lists(st.floats(0, 30), min_size=14, max_size=14),
    old=st.lists(st.tuples(st.floats(0, 90_000), st.floats(0, 200)), max_size=3),
    handling=st.floats(60, 7200),
    target=st.floats(0.5, 30),
    share=st.floats(0.5, 1),
)
staffing = st.lists(st.floats(0, 20), min_size=24, max_size=24).map(lambda day: np.array(day * 7))


@settings(max_examples=60, deadline=None)
@given(desks, staffing, st.floats(0, 3))
def test_more_hours_are_never_worse_and_nobody_works_more_than_there_is(desk, hours, more):
    less, most = attainment(desk, hours), attainment(desk, hours * (1 + more))
    assert (most["on_time"] >= less["on_time"] - 1e-6).all()
    assert (most["backlog"] <= less["backlog"] + 1e-6).all()
    for found in (less, most):
        assert (found["utilisation"].dropna() <= 1).all()
        assert (found["on_time"] <= found["due"] + 1e-6).all()
        assert (found["backlog"] >= -1e-6).all()


def single_cases(came: np.ndarray, handling: float, target: float) -> float:
    """One worker and one case after the other, around the clock: the share of cases done within the target."""
    free, kept = 0.0, 0
    for at in came:
        free = max(free, at) + handling
        kept += free - at <= target
    return kept / len(came)


def test_a_queue_of_single_cases_comes_to_the_same():
    """Ten an hour at 350 s each: busy 97 %. Work that flows is within three points, within one from four slots on."""
    rng = np.random.default_rng(4)
    hours = 24 * 28
    came = np.sort(rng.uniform(0, hours * HOUR, 10 * hours))
    arrivals = np.bincount((came // HOUR).astype(int), minlength=hours).astype(float)
    for target, near in ((2, 0.03), (4, 0.01), (8, 0.01)):
        desk = Desk(slots(28), arrivals, handling_seconds=350, target_seconds=target * HOUR)
        kept = attainment(desk, np.ones(hours))
        flowing = kept["on_time"].sum() / kept["due"].sum()
        assert flowing == pytest.approx(single_cases(came, 350, target * HOUR), abs=near)


def test_the_hours_found_keep_the_promise_in_as_many_draws_as_asked_and_fewer_hours_do_not():
    table = slots(14, office)
    open_now = table["open"].to_numpy()
    arrivals = around(20 * open_now, draws=200, dispersion=8, seed=3)
    desk = Desk(table, arrivals, handling_seconds=600, target_seconds=1 * HOUR)
    needed = hours_needed(desk, open_now, confidence=0.9)
    by_slot = needed["needed"].to_numpy().repeat(7 * 24) / 40 * open_now
    assert (attainment(desk, by_slot)["chance"] >= 0.9).all()
    assert (attainment(desk, 0.97 * by_slot)["chance"] < 0.9).all()
    assert (needed["low"] < needed["needed"]).all()
    surer = hours_needed(desk, open_now, confidence=0.5)["needed"]
    assert surer[0] < needed["needed"][0]


def test_a_plan_is_set_beside_what_is_needed():
    """120 hours a week come in and 100 are planned: 20 short, and the second week begins with 40 cases left."""
    table = slots(14, office)
    open_now = table["open"].to_numpy()
    desk = Desk(table, 6 * open_now, handling_seconds=1800, target_seconds=8 * HOUR, share=1)
    plan = against_plan(desk, 2.5 * open_now)
    assert plan["planned"].tolist() == [100, 100]
    assert plan["short"].tolist() == pytest.approx([20, 20])
    assert plan["backlog"].tolist() == pytest.approx([40, 80])
    assert plan["chance"].tolist() == [1, 0]  # the 40 wait eight hours at the end of Friday, and no longer
    assert against_plan(desk, 4 * open_now)["short"].tolist() == [0, 0]


def test_unsure_handling_counts_by_draw():
    """In half of the draws a case takes twice as long: half need 120 hours a week, half 240."""
    table = slots(7, office)
    open_now = table["open"].to_numpy()
    desk = Desk(table, np.tile(6 * open_now, (10, 1)), np.repeat([1800.0, 3600.0], 5), 8 * HOUR)
    needed = hours_needed(desk, open_now)
    assert needed[["needed", "low", "high"]].iloc[0].tolist() == pytest.approx([240, 120, 240])


def test_the_cases_of_a_day_are_spread_over_its_hours():
    profile = np.array([0, 3, 1, 0])
    spread = arrivals_by_slot(np.full((50, 2), 400.4), profile, seed=1)
    assert spread.shape == (50, 8)
    assert spread.reshape(50, 2, 4).sum(axis=2).tolist() == [[400, 400]] * 50
    assert spread.mean(axis=0) == pytest.approx([0, 300, 100, 0] * 2, abs=6)


@pytest.mark.parametrize("dispersion", [1, 5])
def test_draws_vary_as_much_as_said(dispersion):
    drawn = around(np.array([0.0, 50.0]), draws=20_000, dispersion=dispersion, seed=2)
    assert drawn.mean(axis=0) == pytest.approx([0, 50], abs=0.5)
    assert drawn[:, 1].var() == pytest.approx(50 * dispersion, rel=0.05)


@pytest.mark.parametrize(
    ("told", "error", "why"),
    [
        ({"slots": slots(1).drop(columns="open")}, BadTable, "No column 'open'"),
        ({"slots": slots(1).drop(index=5)}, BadTable, "slot 2026-11-02 06:00:00 does not follow"),
        ({"slots": slots(1).assign(open=2.0)}, BadTable, "open is 2"),
        ({"slots": slots(1).iloc[:0]}, BadTable, "no rows"),
        ({"arrivals": np.ones(23)}, BadTable, "23 arrivals by slot for 24"),
        ({"handling_seconds": 0}, BadParameter, "handling_seconds is 0"),
        ({"target_seconds": -1}, BadParameter, "target_seconds is -1"),
        ({"share": 95}, BadParameter, "share is 95"),
        ({"backlog": backlog((1, -1))}, BadTable, "'cases' is -1"),
    ],
)
def test_a_desk_that_cannot_be_is_refused(told, error, why):
    usual = {"slots": slots(1), "arrivals": np.ones(24), "handling_seconds": 600, "target_seconds": HOUR}
    with pytest.raises(error, match=why):
        Desk(**(usual | told))


def test_hours_that_do_not_fit_are_refused():
    desk = Desk(slots(1), np.ones(24), 600, HOUR)
    with pytest.raises(BadTable, match="23 arrivals"):
        attainment(desk, np.ones(23))
    with pytest.raises(BadTable, match="Nobody is staffed in the week of 2026-11-02"):
        hours_needed(desk, np.zeros(24))
    with pytest.raises(BadParameter, match="level of 80"):
        hours_needed(desk, np.ones(24), confidence=80)
