"""Clusters of few records are counted two by two, large ones together: the sums are those of squaring every cluster."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.metrics.metric import read_metrics
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import period
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, answer, decided, make_store, table

SUMS = ["sum_xx", "sum_xn", "sum_nn", "day_xx", "day_xn", "day_nn"]
WEEKS = ("2026-W41", "2026-W42")
LATER = FIRST_LOAD + timedelta(days=7)
LARGE = 9  # versions that share an enforcement: too many to be kept two by two


def appeals(rows: pd.DataFrame) -> pd.DataFrame:
    """Appeals of an enforcement, day, market, policy and outcome each; an empty outcome is an open one."""
    return pd.DataFrame(
        {
            "appeal_id": [f"a{place}" for place in range(len(rows))],
            "enforcement_id": rows["enforcement"],
            "market": rows["market"],
            "policy": rows["policy"],
            "received_at": "2026-10-05T06:00:00Z",
            "decided_at": (rows["day"] + "T12:00:00Z").where(rows["outcome"].notna()),
            "outcome": "decision_" + rows["outcome"],
        }
    )


def squared(rows: pd.DataFrame, by: tuple[str, ...] = ()) -> list[list[object]]:
    """By pandas: period, dimensions, numerator, denominator and the sums, each cluster squared as a whole."""
    rows = rows[rows["outcome"].notna()].reset_index(drop=True)
    day = pd.to_datetime(rows["day"])
    own = rows["enforcement"].fillna(pd.Series([f"alone {place}" for place in rows.index], dtype="str"))
    n = (rows["outcome"] != "omitted").astype(int)
    x = rows["outcome"].isin(["reversed", "partially_reversed"]).astype(int)
    cells = rows.assign(own=own, on=day, period=day - pd.to_timedelta(day.dt.day_of_week, unit="D"), x=x, n=n)
    keys = [*by, "period"]
    parts = []
    for apart, names in (([*keys, "own"], ["sum_xx", "sum_xn", "sum_nn"]), ([*keys, "own", "on"], SUMS[3:])):
        of = cells.groupby(apart, as_index=False)[["x", "n"]].sum()
        of = of.assign(**dict(zip(names, (of["x"] ** 2, of["x"] * of["n"], of["n"] ** 2), strict=True)))
        parts.append(of.groupby(keys)[[*names, "x", "n"] if "on" not in apart else names].sum())
    found = pd.concat(parts, axis=1).reset_index()
    return found[[*keys, "x", "n", *SUMS]].to_numpy().tolist()


def told(path, *periods: str, by: tuple[str, ...] = (), **asked) -> list[list[object]]:
    found = answer(path, "by_cluster", *periods, by=by, **asked)
    return found[[*by, "period", "numerator", "denominator", *SUMS]].to_numpy().tolist()


CASES = st.lists(
    st.tuples(
        st.sampled_from(["E1", "E2", "E3", None]),
        st.sampled_from(["2026-10-05", "2026-10-06", "2026-10-12", "2026-10-13"]),
        st.sampled_from(["GB", "ZA"]),
        st.sampled_from(["spam", "nudity"]),
        st.sampled_from(["upheld", "reversed", "partially_reversed", "omitted", None]),
    ),
    min_size=1,
    max_size=40,
).filter(lambda cases: any(outcome for *_, outcome in cases))


@settings(max_examples=15)
@given(CASES, st.sampled_from([(), ("market",), ("market", "policy")]))
def test_every_cluster_is_squared_whether_it_is_small_or_large(tmp_path_factory, cases, by):
    rows = pd.DataFrame(cases, columns=["enforcement", "day", "market", "policy", "outcome"], dtype="str")
    path = make_store(tmp_path_factory.mktemp("pairs") / "s.duckdb", appeals(rows))
    assert told(path, *WEEKS, by=by) == squared(rows, by)


FIVE = table("""
    enforcement | day        | market | policy | outcome
    E1          | 2026-10-05 | GB     | spam   | reversed
    E1          | 2026-10-05 | GB     | spam   | reversed
    E1          | 2026-10-06 | ZA     | spam   | upheld
    E1          | 2026-10-12 | GB     | spam   | reversed
    E2          | 2026-10-05 | GB     | spam   | upheld
""")


def test_two_records_count_twice_where_they_are_of_one_period_one_segment_and_in_scope(tmp_path):
    path = make_store(tmp_path / "s.duckdb", appeals(FIVE))
    # E1 is 2 in 3 in the first week, 2 in 2 of it on the Monday; E2 is 0 in 1.
    first, second = (period(week).start for week in WEEKS)
    whole = [[pd.Timestamp(first), 2, 4, 4, 6, 9 + 1, 4, 4, 4 + 1 + 1], [pd.Timestamp(second), 1, 1, 1, 1, 1, 1, 1, 1]]
    assert told(path, *WEEKS) == whole == squared(FIVE)
    # Of both weeks as one span it is 3 in 4.
    [[_, *both]] = told(path, f"{WEEKS[0]}..{WEEKS[1]}")
    assert both == [3, 5, 9, 12, 16 + 1, 4 + 1, 4 + 1, 4 + 1 + 1 + 1]
    # In GB alone it is 2 in 2.
    [[_, *scoped], _] = told(path, *WEEKS, where={"market": ["GB"]})
    assert scoped == [2, 3, 4, 4, 4 + 1, 4, 4, 4 + 1]


def test_two_records_are_a_pair_only_at_instants_at_which_both_were_known(tmp_path):
    path = make_store(tmp_path / "s.duckdb", appeals(FIVE))
    corrected = appeals(FIVE).iloc[[1]].assign(outcome="decision_upheld")
    ingest(corrected, path, loaded_at=LATER)
    before, after = told(path, WEEKS[0], as_of=FIRST_LOAD), told(path, WEEKS[0])
    assert before[0][1:] == [2, 4, 4, 6, 10, 4, 4, 6]
    assert after[0][1:] == [1, 4, 1, 3, 10, 1, 2, 6]
    # On the evening of the 5th nobody had decided the third appeal, and E1 was 2 in 2.
    then = told(path, WEEKS[0], as_of=datetime(2026, 10, 5, 20))
    assert then[0][1:] == [2, 3, 4, 4, 4 + 1, 4, 4, 4 + 1]


def test_an_enforcement_that_many_appeals_share_is_kept_together_and_others_two_by_two(tmp_path):
    rows = pd.concat([FIVE.iloc[[0] * (LARGE - 1)], FIVE.iloc[[4, 4]]], ignore_index=True)
    path = make_store(tmp_path / "s.duckdb", appeals(rows))

    def kept() -> tuple[int, int]:
        with Store(path) as store:
            assert store.tables == ["appeals"]
            [pairs] = store.run("select count(*) as n from paired_appeals", what="pairs")["n"]
            [large] = store.run("select count(large_cluster_number) as n from appeals", what="large")["n"]
        return int(pairs), int(large)

    assert kept() == ((LARGE - 1) * (LARGE - 2) // 2 + 1, 0)
    assert told(path, WEEKS[0]) == squared(rows)
    ingest(appeals(FIVE.iloc[[0]]).assign(appeal_id="more"), path, loaded_at=LATER)
    assert kept() == (1, LARGE)
    assert told(path, WEEKS[0]) == squared(pd.concat([rows, FIVE.iloc[[0]]]))


NAMED = """
[named]
name = { en = "Named", zh = "有名" }
asks = { en = "Of all, how many name an enforcement?", zh = "有多少写明处罚？" }
kind = "proportion"
fact = "appeals"
at = { decision = "decided_at" }
denominator = "true"
numerator = "enforcement_id is not null"
settles_in_days = 0
version = 1
source = "a test"
"""


@pytest.mark.parametrize(("numerator", "x"), [("enforcement_id is not null", 3), ("market = 'GB'", 2)])
def test_a_metric_may_ask_for_any_column(tmp_path, numerator, x):
    """E1 has three records in the week, two of them in GB; a text is in no pair, so that metric brings all together."""
    path = make_store(tmp_path / "s.duckdb", appeals(FIVE))
    of = read_metrics(NAMED.replace("enforcement_id is not null", numerator))["named"]
    with Store(path) as store:
        for by in ((), ("market",)):
            found = query(store, "by_cluster", ask(store, of, [period(WEEKS[0])], as_of=store.latest(), by=by))
            if not by:
                assert found[SUMS[:3]].to_numpy().tolist() == [[x * x + 1, x * 3 + 1, 9 + 1]]
                assert found[SUMS[3:]].to_numpy().tolist() == [[4 + 1 + (x == 3), 4 + 1 + (x == 3), 4 + 1 + 1]]
    assert found["denominator"].tolist() == [3, 1]
    assert found["sum_nn"].tolist() == [4 + 1, 1]


def test_late_ones_of_a_distribution_are_squared_too(tmp_path):
    rows = decided([("2026-10-05", "GB", "upheld", 3)], enforcement_id="E1")
    rows["received_at"] = ["2026-10-05T11:00:00Z", "2026-10-01T11:00:00Z", "2026-10-01T11:00:00Z"]
    path = make_store(tmp_path / "s.duckdb", rows)
    [found] = answer(path, "by_cluster", WEEKS[0], of="turnaround", over=86_400).itertuples()
    assert (found.numerator, found.denominator) == (2, 3)
    assert (found.sum_xx, found.sum_xn, found.sum_nn) == (4, 6, 9)
