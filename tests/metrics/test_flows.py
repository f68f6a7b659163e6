"""What lies open: as many as came in less those that went out, on every clock and as known at any instant."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.metrics.query import query
from appeal_insights.periods import period, split
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, answer, make_store, question, table

FLOWS = ["open_at_start", "opened", "closed", "open_at_end"]
# 2026-10-05 is the Monday of 2026-W41. Of the six one was open before, two are closed in the week, one the week after.
SIX = table("""
    appeal_id | market | received_at          | decided_at           | outcome
    1         | GB     | 2026-09-07T09:00:00Z | 2026-10-07T09:00:00Z | decision_upheld
    2         | GB     | 2026-10-05T09:00:00Z | 2026-10-06T09:00:00Z | decision_omitted
    3         | GB     | 2026-10-05T09:00:00Z | 2026-10-14T09:00:00Z | decision_reversed
    4         | GB     | 2026-10-09T09:00:00Z |                      |
    5         | ZA     | 2026-10-11T09:00:00Z |                      |
    6         | ZA     | 2026-10-13T09:00:00Z |                      |
""")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("six") / "six.duckdb", SIX)


def flows(found: pd.DataFrame) -> list[list[object]]:
    assert found["unexplained"].eq(0).all()
    return found[["period_label", *FLOWS]].to_numpy().tolist()


def test_a_backlog_follows_from_what_came_in_and_what_went_out(path):
    found = answer(path, "flows", "2026-W40", "2026-W41", "2026-W42", of="backlog", grain="week")
    assert flows(found) == [["2026-W40", 1, 0, 0, 1], ["2026-W41", 1, 4, 2, 3], ["2026-W42", 3, 1, 1, 3]]


def test_a_segment_has_a_row_for_every_period_also_before_anything_came(path):
    found = answer(path, "flows", "2026-W40", "2026-W41", of="backlog", grain="week", by=("market",))
    assert found["segment"].tolist() == ["GB", "GB", "ZA", "ZA"]
    assert flows(found) == [
        ["2026-W40", 1, 0, 0, 1], ["2026-W41", 1, 3, 2, 2], ["2026-W40", 0, 0, 0, 0], ["2026-W41", 0, 1, 0, 1],
    ]  # fmt: skip


def test_what_was_decided_later_was_open_then(path):
    friday = {"as_of": datetime(2026, 10, 9, 10), "of": "backlog"}
    assert flows(answer(path, "flows", "2026-W41", **friday)) == [["2026-W41", 1, 3, 2, 2]]
    tuesday = {"as_of": datetime(2026, 10, 6, 8), "of": "backlog"}
    assert flows(answer(path, "flows", "2026-W41", **tuesday)) == [["2026-W41", 1, 2, 0, 3]]


def test_of_a_period_that_has_not_begun_nobody_knows_what_will_lie_open(path):
    asked = {"of": "backlog", "grain": "week", "as_of": datetime(2026, 10, 9, 10)}
    assert answer(path, "flows", "2026-W41", "2026-W42", **asked)["period_label"].tolist() == ["2026-W41"]
    assert answer(path, "trend", "2026-W41", "2026-W42", **asked)["numerator"].tolist() == [2]


def test_a_backlog_is_not_added_up_over_periods(path):
    weeks = answer(path, "trend", "2026-W40", "2026-W41", "2026-W42", of="backlog", grain="week")["numerator"]
    [whole] = answer(path, "breakdown", "2026-W40..2026-W42", of="backlog")["numerator"]
    assert weeks.tolist() == [1, 3, 3]
    assert whole == weeks.iloc[-1] == 3 != weeks.sum()


def test_ageing_has_the_open_ones_by_days_since_they_came(path):
    [one, *rest] = answer(path, "ageing", "2026-W40", "2026-W41", of="backlog", grain="week").itertuples()
    assert (one.period_label, one.days, one.open, one.share) == ("2026-W40", 14, 1, 1.0), "27 days old on the Sunday"
    assert [(row.days, row.open) for row in rest] == [(0, 1), (1, 1), (3, 1)], "0, 2 and 6 days old"
    assert [row.share for row in rest] == [pytest.approx(1 / 3)] * 3


@pytest.mark.parametrize(
    ("days", "band"), [(0, 0), (1, 1), (2, 1), (3, 3), (6, 3), (7, 7), (13, 7), (14, 14), (27, 14), (28, 28), (99, 28)]
)
def test_a_band_begins_on_its_day(tmp_path_factory, days, band):
    received = datetime(2026, 11, 15, 12) - timedelta(days=days)
    row = SIX.tail(1).assign(received_at=received.isoformat() + "Z")
    path = make_store(tmp_path_factory.mktemp("band") / "s.duckdb", row)
    assert answer(path, "ageing", "2026-11-15", of="backlog")["days"].tolist() == [band]


def test_an_age_is_reckoned_up_to_what_is_known(path):
    found = answer(path, "ageing", "2026-W41", of="backlog", as_of=datetime(2026, 10, 7, 8), where={"market": ["GB"]})
    assert found[["days", "open"]].to_numpy().tolist() == [[1, 1], [28, 1]], "two days old that Wednesday, and thirty"


def test_what_came_after_midnight_on_a_clock_ahead_of_utc_lies_open(tmp_path):
    night = table("""
        appeal_id | market | received_at          | decided_at           | outcome
        1         | AE     | 2026-10-07T21:00:00Z |                      |
        2         | AE     | 2026-10-07T21:00:00Z | 2026-10-07T21:30:00Z | decision_upheld
    """)
    path = make_store(tmp_path / "s.duckdb", night)
    then = {"of": "backlog", "as_of": datetime(2026, 10, 7, 22)}  # two in the morning of the 8th in Dubai
    assert flows(answer(path, "flows", "2026-W41", **then)) == [["2026-W41", 0, 2, 1, 1]]
    assert answer(path, "ageing", "2026-W41", **then)["days"].tolist() == [0]


FIRST = datetime(2026, 9, 28)
MINUTES = st.integers(0, 21 * 24 * 60)
EVENINGS = st.builds(lambda day, minute: day * 24 * 60 + minute, st.integers(0, 20), st.integers(20 * 60, 24 * 60))
CASE = st.tuples(
    st.sampled_from(["GB", "AE", "MA"]), MINUTES | EVENINGS, st.none() | MINUTES, st.none() | st.integers(0, 99)
)


def appeal(number: int, case: tuple[str, int, int | None, int | None], after: int | None) -> dict[str, object]:
    market, received, *_ = case
    closed = None if after is None else FIRST + timedelta(minutes=received + after)
    return {
        "appeal_id": str(number),
        "market": market,
        "received_at": FIRST + timedelta(minutes=received),
        "decided_at": closed,
        "outcome": closed and "decision_upheld",
    }


@settings(max_examples=8)
@given(
    cases=st.lists(CASE, min_size=5, max_size=25),
    moments=st.lists(EVENINGS, min_size=3, max_size=3),
    grain=st.sampled_from(["day", "week"]),
)
def test_nothing_is_left_unexplained(tmp_path_factory, cases, moments, grain):
    """Also where a second load decides, decides again or opens again what the first one said, at any instant."""
    path = tmp_path_factory.mktemp("flows") / "s.duckdb"
    for nth, loaded_at in enumerate([FIRST_LOAD, FIRST_LOAD + timedelta(days=7)]):
        rows = [appeal(number, case, case[2 + nth]) for number, case in enumerate(cases)]
        make_store(path, pd.DataFrame(rows), loaded_at=loaded_at)
    known = [FIRST + timedelta(minutes=minutes) for minutes in moments]
    parts = [part.label for part in split(period("2026-W40..2026-W43"), grain)]
    with Store(path) as store:
        for as_of in (*known, FIRST_LOAD, FIRST_LOAD + timedelta(days=7)):
            asked = question(store, *parts, of="backlog", by=("market",), as_of=as_of, grain=grain)
            found = query(store, "flows", asked)
            assert found["unexplained"].eq(0).all(), (as_of, found[found["unexplained"] != 0])
            aged = query(store, "ageing", asked).groupby(["period", "market"])["open"].sum()
            assert (
                aged.to_dict()
                == found[found["open_at_end"] > 0].set_index(["period", "market"])["open_at_end"].to_dict()
            )


def test_a_second_load_that_opens_an_appeal_again_is_seen_from_then_on(tmp_path):
    path = make_store(tmp_path / "s.duckdb", SIX)
    later = FIRST_LOAD + timedelta(days=1)
    ingest(SIX.assign(decided_at=None, outcome=None), path, loaded_at=later)
    asked = {"of": "backlog", "grain": "week"}
    for as_of, at_end in {FIRST_LOAD: [1, 3], later: [1, 5]}.items():
        assert answer(path, "flows", "2026-W40", "2026-W41", as_of=as_of, **asked)["open_at_end"].tolist() == at_end
