"""The sums over clusters: of a table small enough to square by hand, and as a question gets them from a store."""

from datetime import datetime
from importlib.resources import files

import duckdb
import pandas as pd
import pytest

from appeal_insights.records.statement import column, day_value, fill, instant_value, parse, text_value, write
from tests.helpers import FIRST_LOAD, answer, decided, make_store, table

COUNTS = ["numerator", "denominator"]
SUMS = ["sum_xx", "sum_xn", "sum_nn"]
DAY_SUMS = ["day_xx", "day_xn", "day_nn"]
WEEK = "2026-W41"  # from 2026-10-05
# E1 in GB: three appeals, two reversed, two of the three on one day. E2: two on two days. E3: one of its two is open.
# Two appeals name no enforcement: they are two clusters. E4 is one row that stands for four records.
RECORDS = """
    record | enforcement | market | day        | outcome  | stands_for
    a1     | E1          | GB     | 2026-10-05 | reversed | 1
    a2     | E1          | GB     | 2026-10-05 | upheld   | 1
    a3     | E1          | GB     | 2026-10-07 | reversed | 1
    a4     | E2          | GB     | 2026-10-05 | reversed | 1
    a5     | E2          | GB     | 2026-10-06 | reversed | 1
    a6     | E3          | GB     | 2026-10-06 | upheld   | 1
    a7     | E3          | GB     | 2026-10-06 |          | 1
    a8     |             | GB     | 2026-10-05 | reversed | 1
    a9     |             | GB     | 2026-10-05 | upheld   | 1
    b1     | E1          | ZA     | 2026-10-05 | upheld   | 1
    b2     | E4          | ZA     | 2026-10-05 | reversed | 4
    b3     | E5          | ZA     | 2026-10-06 |          | 1
"""


def counted(*by: str) -> pd.DataFrame:
    """What clusters.sql gives of these records, its holes filled by hand: one week, everything in scope."""
    rows = table(RECORDS).astype({"stands_for": int, "day": "datetime64[us]"})
    rows = rows.assign(known_from=pd.Timestamp("2026-10-01"), known_to=pd.Timestamp("9999-01-01"))
    rows = rows.assign(cluster_number=rows["enforcement"].map({"E1": 1, "E2": 2, "E3": 3}).astype("Int64"))
    names = ("record", "cluster_number", "market", "day", "outcome", "stands_for")
    holes = {
        "metric_name": text_value("overturn_rate"),
        "masked_columns": [column(name) for name in names],
        "as_of": instant_value(datetime(2026, 11, 1)),
        "event_at": column("day"),
        "on_day": column("day"),
        "period_start": day_value(datetime(2026, 10, 5).date()),
        "in_periods": parse("day >= '2026-10-05'"),
        "in_scope": parse("true"),
        "dimensions": [column(name) for name in by],
        "denominator_holds": parse("outcome in ('upheld', 'reversed')"),
        "numerator_holds": parse("outcome = 'reversed'"),
        "weight": column("stands_for"),
        "counted_in_denominator": parse("coalesce(outcome in ('upheld', 'reversed'), false)"),
        "counted_in_numerator": parse("coalesce(outcome = 'reversed', false)"),
        "its_day": column("day"),
        "its_columns": [column("outcome")],
        "names": [column("outcome")],
        "its_bucket": parse("cast(null as integer)"),
        "record_period": day_value(datetime(2026, 10, 5).date()),
        "record_bucket": parse("cast(null as integer)"),
        "cluster": column("cluster_number"),
    }
    text = files("appeal_insights.metrics").joinpath("clusters.sql").read_text(encoding="utf-8")
    with duckdb.connect() as shell:
        shell.register("records", rows)
        found = shell.execute(write(fill(parse(text), holes, tables={"fact": "records"})))
        types = {name: str(kind) for name, kind, *_ in found.description}
        assert {types[name] for name in (*COUNTS, *SUMS, *DAY_SUMS)} == {"BIGINT"}
        return found.df()


def test_the_squares_of_a_small_table_can_be_added_up_by_hand():
    found = counted("market").set_index("market").sort_index()
    # GB has clusters of 2 in 3, 2 in 2, 0 in 1, 1 in 1 and 0 in 1; over two days E1 is 1 in 2 and 1 in 1.
    assert found.loc["GB", COUNTS].tolist() == [5, 8]
    assert found.loc["GB", SUMS].tolist() == [4 + 4 + 1, 6 + 4 + 1, 9 + 4 + 1 + 1 + 1]
    assert found.loc["GB", DAY_SUMS].tolist() == [1 + 1 + 2 + 1, 2 + 1 + 2 + 1, 4 + 1 + 2 + 1 + 1 + 1]
    # A row that stands for four records is four clusters, and E1 has 0 in 1 here.
    assert found.loc["ZA", [*COUNTS, *SUMS, *DAY_SUMS]].tolist() == [4, 5, 4, 4, 5, 4, 4, 5]
    assert set(found["metric"]) == {"overturn_rate"}
    assert set(found["period"]) == {pd.Timestamp("2026-10-05")}


def test_a_cluster_in_two_segments_is_one_in_their_whole():
    whole = counted().iloc[0]
    assert whole[COUNTS].tolist() == [9, 13]
    assert whole[SUMS].tolist() == [13, 17, 27]  # E1 is 2 in 4: 16 rather than 9 + 1
    assert whole[DAY_SUMS].tolist() == [9, 11, 19]  # and 1 in 3 on the Monday


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Eight appeals of week 41 and two of week 42; the first four are against two enforcements."""
    days = ["05", "05", "07", "05", "06", "06", "06", "06", "12", "14"]
    outcomes = ["reversed", "upheld", "reversed", "reversed", "omitted", *["upheld"] * 3, "reversed", "reversed"]
    cases = [(f"2026-10-{day}", "GB", outcome, 1) for day, outcome in zip(days, outcomes, strict=True)]
    named = ["E1", "E1", "E1", "E2", "E2", None, None, None, "E1", "E1"]
    rows = decided(cases).assign(enforcement_id=pd.array(named, dtype="str"))
    return make_store(tmp_path_factory.mktemp("clusters") / "clusters.duckdb", rows, loaded_at=FIRST_LOAD)


def test_a_question_gets_the_sums_of_each_period(path):
    found = answer(path, "by_cluster", WEEK, "2026-W42")
    # E1 is 2 in 3; E2 is 1 in 1, for an omitted appeal is not in the denominator; then three alone.
    assert found[COUNTS].to_numpy().tolist() == [[3, 7], [2, 2]]
    assert found[SUMS].to_numpy().tolist() == [[4 + 1, 6 + 1, 9 + 1 + 3], [4, 4, 4]]
    assert found[DAY_SUMS].to_numpy().tolist() == [[1 + 1 + 1, 2 + 1 + 1, 4 + 1 + 1 + 3], [2, 2, 2]]


@pytest.mark.parametrize("by", [(), ("market",)])
def test_the_counts_are_those_of_the_same_question_without_sums(path, by):
    with_sums = answer(path, "by_cluster", WEEK, "2026-W42", by=by)
    without = answer(path, "trend", WEEK, "2026-W42", by=by)
    assert with_sums[COUNTS].to_numpy().tolist() == without[COUNTS].to_numpy().tolist()
