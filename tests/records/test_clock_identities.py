"""What was due and kept, reckoned in other ways from a store of some 3,000 made-up records, and what always holds."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.metrics.query import query, query_table
from appeal_insights.records.business_time import due, open_seconds, open_time
from appeal_insights.records.calendars import read_calendars
from appeal_insights.records.checking import market_zones
from appeal_insights.records.pauses import due_with_pauses, net_seconds, pauses
from appeal_insights.records.store import Store
from tests.helpers import content, make_store, question
from tests.made_up_service import MARKETS, made_up

FIRST, DAYS = datetime(2026, 10, 5), 35
AS_OF = datetime(2026, 11, 8, 18, 30)  # a Sunday evening, some cases are open
LOADED = datetime(2026, 11, 9)
SPAN = "2026-10-05..2026-11-08"
BY = ("subject_type", "clock", "market")
HOUR = 3600


@pytest.fixture(scope="module")
def facts():
    return made_up(7, appeals=2400, tickets=600, first=FIRST, days=DAYS - 2)


@pytest.fixture(scope="module")
def path(facts, tmp_path_factory):
    path = tmp_path_factory.mktemp("made_up") / "s.duckdb"
    for fact, rows in facts.items():
        make_store(path, rows, fact=fact, loaded_at=LOADED)
    return path


def by_hand(facts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """The clocks to decide appeals, one after the other in plain Python: market, due_at, in_time, void, as of AS_OF."""
    table = open_time([read_calendars()[name] for name in MARKETS], date(2026, 9, 1), date(2027, 3, 31))
    log = facts["status_log"]
    log = log[(log["subject_type"] == "appeal") & (log["happened_at"] <= AS_OF)].sort_values("happened_at")
    steps = {case: list(zip(of["happened_at"], of["status"], strict=True)) for case, of in log.groupby("subject_id")}
    rows = []
    for one in facts["appeals"][facts["appeals"]["received_at"] <= AS_OF].itertuples():
        local = one.received_at.tz_localize("UTC").tz_convert(market_zones()[one.market])
        gulf, newer = one.market in ("SA", "AE"), local.date() >= date(2026, 10, 12)
        promise = 12 if gulf or newer else 16  # of two that fit the more specific, then the newer
        waiting = {"waiting_appellant"} | ({"waiting_internal"} if gulf else set())
        closed = one.decided_at if one.decided_at <= AS_OF else None
        at_due, still = due(table, one.market, one.received_at, promise * HOUR), False
        wanted = promise * HOUR
        case = [step for step in steps.get(one.appeal_id, []) if closed is None or step[0] < closed]
        for (begun, status), (ended, _) in zip(case, [*case[1:], (closed, "")], strict=False):
            if status not in waiting or begun >= at_due:
                continue
            if ended is None:
                still = True
                break
            wanted += open_seconds(table, one.market, max(begun, one.received_at), ended).astype(int)
            at_due = due(table, one.market, one.received_at, wanted)
        void = closed is not None and one.outcome == "decision_omitted"
        in_time = closed is not None and not void and closed <= at_due
        rows.append((one.market, pd.NaT if still else pd.Timestamp(at_due.item()), in_time, void, closed))
    return pd.DataFrame(rows, columns=["market", "due_at", "in_time", "void", "closed"])


def test_attainment_is_what_plain_python_gives_for_every_day_and_market(facts, path):
    found = by_hand(facts)
    fell_due = found[(found["due_at"] <= AS_OF) & ~(found["void"] & (found["closed"] <= found["due_at"]))]
    zones = fell_due["market"].map(market_zones())
    day = [at.tz_localize("UTC").tz_convert(zone).date() for at, zone in zip(fell_due["due_at"], zones, strict=True)]
    expected = fell_due.groupby([pd.Series(day, index=fell_due.index), "market"])["in_time"].agg(["sum", "size"])
    with Store(path) as store:
        asked = question(
            store, SPAN, of="sla_attainment", by=("market",), as_of=AS_OF,
            where={"subject_type": ["appeal"], "clock": ["decide"]},
        )  # fmt: skip
        rows = query(store, "by_day", asked)
    counted = {
        (row.day.date(), row.market): (row.numerator, row.denominator) for row in rows.itertuples() if row.denominator
    }
    assert counted == dict(zip(expected.index, expected.itertuples(index=False, name=None), strict=True))
    assert len(counted) > 120
    assert len(fell_due) > 1800


def test_in_time_and_late_and_open_and_overdue_are_all_that_fell_due(path):
    """For every day, clock and market; the parts are counted from the clocks themselves."""
    with Store(path) as store:
        rows = query(store, "by_day", question(store, SPAN, of="sla_attainment", by=BY, as_of=AS_OF))
        known = store.run("select * from clocks", what="clocks")
    known = known[(known["known_from"] <= AS_OF) & (known["known_to"].astype("datetime64[s]") > AS_OF)]
    stopped = known["stopped_at"].where(known["stopped_at"] <= AS_OF)
    fell_due = (known["due_at"] <= AS_OF) & (known["started_at"] <= AS_OF)
    late, still = fell_due & (stopped > known["due_at"]), fell_due & stopped.isna()
    kept = fell_due & (stopped <= known["due_at"]) & (known["void"] == "false")
    parts = known.assign(kept=kept, late=late, still=still)
    counted = parts[kept | late | still].groupby(["due_on", *BY], observed=True)[["kept", "late", "still"]].sum()
    rows = rows[rows["denominator"] > 0].set_index(["day", *BY]).sort_index()
    counted.index = counted.index.set_levels(pd.to_datetime(counted.index.levels[0]), level=0)
    counted = counted.sort_index()
    assert [tuple(map(str, one)) for one in rows.index] == [tuple(map(str, one)) for one in counted.index]
    assert rows["numerator"].tolist() == counted["kept"].tolist()
    missed = counted["late"] + counted["still"]
    assert (rows["numerator"].to_numpy() + missed.to_numpy()).tolist() == rows["denominator"].tolist()
    assert counted[["kept", "late", "still"]].sum().gt(50).all()


def test_what_is_open_and_overdue_is_what_the_list_of_open_clocks_says(path):
    with Store(path) as store:
        listed = query_table(store, "open_clocks", as_of=AS_OF)
        known = store.run("select * from clocks", what="clocks")
    visible = (known["known_from"] <= AS_OF) & (known["known_to"].astype("datetime64[s]") > AS_OF)
    still = visible & (known["started_at"] <= AS_OF) & ~(known["stopped_at"] <= AS_OF)
    assert len(listed) == still.sum()
    assert (listed["left_seconds"] <= 0).sum() == (still & (known["due_at"] <= AS_OF)).sum() > 0


@pytest.mark.parametrize(("of", "fact", "opened", "closed"), [
    ("backlog", "appeals", "received_at", "decided_at"), ("open_tickets", "tickets", "created_at", "resolved_at"),
])  # fmt: skip
def test_what_came_in_less_what_went_out_is_the_change_of_what_lies_open(facts, path, of, fact, opened, closed):
    days = [str((FIRST + timedelta(days=place)).date()) for place in range(DAYS)]
    with Store(path) as store:
        found = query(store, "flows", question(store, *days, of=of, by=("market",), grain="day", as_of=AS_OF))
    assert found["unexplained"].eq(0).all()
    assert len(found) == DAYS * len(MARKETS)
    rows = facts[fact]
    came, went = rows[opened] <= AS_OF, rows[closed] <= AS_OF
    assert (found["opened"].sum(), found["closed"].sum()) == (came.sum(), went.sum())
    last = found[found["period_label"] == days[-1]].set_index("market")["open_at_end"].to_dict()
    assert last == rows[came & ~went].groupby("market").size().to_dict()


def test_net_is_never_longer_than_gross_and_a_pause_is_what_lies_between_around_the_clock(path):
    with Store(path) as store:
        rows = store.run("select * from clocks where stopped_at is not null", what="clocks")
    assert (rows["net_seconds"].dropna() <= rows["gross_seconds"][rows["net_seconds"].notna()]).all()
    now = rows[rows["known_to"].astype("datetime64[s]") > LOADED]
    around = now[(now["calendar"] == "always")]
    assert (around["net_seconds"] + around["paused_seconds"] == around["gross_seconds"]).all()
    assert (now["paused_seconds"] > 0).sum() > 100


def test_the_clocks_of_a_shuffled_file_are_the_same(facts, tmp_path):
    few = {fact: facts[fact].head(200) for fact in ("appeals", "status_log", "sla_policies")}
    found = []
    for seed in (None, 3):
        path = tmp_path / f"{seed}.duckdb"
        for fact, rows in few.items():
            mixed = rows if seed is None else rows.sample(frac=1, random_state=seed)
            make_store(path, mixed, fact=fact, loaded_at=LOADED)
        found.append(content(path, "clocks"))
    pd.testing.assert_frame_equal(*found)


START = np.datetime64("2026-03-01", "s")
SECONDS = st.integers(0, 40 * 86400)
NAMES = st.sampled_from(["SA", "DE", "CN", "AE"])
OWN = {name: read_calendars()[name] for name in ("SA", "DE", "CN", "AE")}
USUAL = open_time(OWN.values(), date(2026, 2, 1), date(2027, 3, 31))


@settings(max_examples=15)
@given(st.sets(st.integers(0, 60), max_size=4), NAMES, st.lists(SECONDS, min_size=1, max_size=8), st.integers(1, 90))
def test_a_holiday_more_makes_nothing_due_earlier(days, name, starts, hours):
    own = [{"date": date(2026, 3, 1) + timedelta(days=place), "name": "ours", "open": []} for place in sorted(days)]
    fewer = open_time([read_calendars({name: {"days": own}})[name]], date(2026, 2, 1), date(2027, 3, 31))
    at = START + np.array(starts, dtype="timedelta64[s]")
    assert (due(fewer, name, at, hours * HOUR) >= due(USUAL, name, at, hours * HOUR)).all()


PAUSE = st.tuples(SECONDS, st.integers(1, 6 * 86400))


@given(NAMES, SECONDS, st.integers(1, 90 * HOUR), st.integers(0, 90 * HOUR), st.lists(PAUSE, max_size=4), PAUSE)
def test_a_longer_promise_and_a_pause_more_make_nothing_due_earlier(name, start, promise, more, waited, once):
    at = START + np.array([start], dtype="timedelta64[s]")

    def when(seconds, drawn):
        begun = START + np.array([one for one, _ in drawn], dtype="timedelta64[s]")
        ended = begun + np.array([long for _, long in drawn], dtype="timedelta64[s]")
        stood = pauses([0] * len(drawn), begun, ended)
        return due_with_pauses(USUAL, name, at, seconds, stood)[0], stood

    found, stood = when(promise, waited)
    assert when(promise + more, waited)[0] >= found
    assert when(promise, [*waited, once])[0] >= found
    assert found >= when(promise, [])[0]
    until = at + np.timedelta64(30, "D")
    assert net_seconds(USUAL, name, at, until, stood) <= open_seconds(USUAL, name, at, until)
