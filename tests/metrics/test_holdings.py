"""What a store holds: records by period, missing values and codes, counted from rows in the test."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from appeal_insights.errors import BadParameter, UnknownDimension, UnknownStore
from appeal_insights.findings.answer import query, show_sql
from appeal_insights.metrics.holdings import (
    MOST_PERIODS,
    before,
    codes,
    coverage,
    holding,
    holdings,
    missing,
)
from appeal_insights.records.ingest import ingest
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, make_sheet, make_store, table

ROWS = """
appeal_id | market | queue | policy | received_at          | decided_at           | outcome
a1        | DE     | live  | spam   | 2026-09-01T08:00:00Z | 2026-09-02T08:00:00Z | decision_upheld
a2        | DE     |       | spam   | 2026-09-30T23:30:00Z | 2026-10-02T08:00:00Z | decision_reversed
a3        | FR     | live  | spam   | 2026-10-05T08:00:00Z |                      |
a4        | FR     | text  | scams  | 2026-10-12T08:00:00Z |                      |
"""


def opened(path, rows, **more):
    return Store(make_store(path, table(rows) if isinstance(rows, str) else rows, **more))


def listed(answer):
    plain = answer.assign(period=answer["period"].dt.date.astype(str)) if "period" in answer else answer
    return plain.to_numpy().tolist()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("held") / "s.duckdb", ROWS) as found:
        yield found


def test_records_are_counted_in_the_week_of_their_local_day(store):
    held = holding(store, "appeals", FIRST_LOAD)
    assert (held.grain, held.day) == ("week", "received_on")
    # a2 came in at half past one in the night of 1 October in Berlin: a Thursday, of the week from 28 September.
    assert listed(coverage(store, held, "market")) == [
        ["2026-08-31", "DE", 1],
        ["2026-09-28", "DE", 1],
        ["2026-10-05", "FR", 1],
        ["2026-10-12", "FR", 1],
    ]
    assert [row[2] for row in listed(coverage(store, held))] == [1, 1, 1, 1]
    assert [period.label for period in held.periods] == [f"2026-W{week}" for week in range(36, 43)]


def test_a_row_that_stands_for_many_is_counted_as_many(tmp_path):
    rows = table("""
        enforcement_id | market | restriction_class | enforced_at          | stands_for
        e1             | DE     | visibility        | 2026-10-05T08:00:00Z |
        e2             | DE     | visibility        | 2026-10-06T08:00:00Z | 40
    """)
    with opened(tmp_path / "s.duckdb", rows, fact="enforcements") as store:
        held = holding(store, "enforcements", FIRST_LOAD)
        assert listed(coverage(store, held, "market")) == [["2026-10-05", "DE", 41]]


def test_an_empty_value_and_a_named_blank_are_missing_and_what_waits_for_a_decision_is_not(store):
    held = holding(store, "appeals", FIRST_LOAD)
    found = missing(store, held).groupby("name")[["records", "missing"]].sum()
    assert found.loc["queue"].tolist() == [4, 1]
    assert found.loc["market"].tolist() == [4, 0]
    assert not {"outcome", "decided_at", "surface"} & set(found.index)
    assert "surface" in held.without


def test_codes_are_new_or_gone_between_days_of_one_load(store):
    held = holding(store, "appeals", FIRST_LOAD)
    assert before(store, held) == (FIRST_LOAD, date(2026, 10, 1))
    assert listed(codes(store, held, earlier_at=FIRST_LOAD, since=date(2026, 10, 5))) == [
        ["market", "DE", 2, 0],
        ["market", "FR", 0, 2],
        ["policy", "scams", 0, 1],
        ["queue", "(blank)", 1, 0],
        ["queue", "text", 0, 1],
    ]


def test_codes_are_new_or_gone_between_two_loads(tmp_path):
    path = make_store(tmp_path / "s.duckdb", table(ROWS))
    later = FIRST_LOAD + timedelta(days=7)
    ingest(table(ROWS).assign(policy="spam"), path, loaded_at=later)
    with Store(path) as store:
        held = holding(store, "appeals", later)
        assert before(store, held) == (FIRST_LOAD, None)
        assert listed(codes(store, held, earlier_at=FIRST_LOAD)) == [["policy", "scams", 1, 0]]
        assert before(store, holding(store, "appeals", FIRST_LOAD))[1] == date(2026, 10, 1), "then there was one load"


@pytest.mark.parametrize(
    ("first", "last", "grain", "periods"),
    [
        ("2026-10-01", "2026-11-01", "week", 5),
        ("2026-05-01", "2026-11-01", "month", 7),
        ("2024-01-15", "2026-11-01", "quarter", 12),
        ("2010-01-15", "2026-11-01", "year", 17),
        ("1950-01-15", "2026-11-01", "year", MOST_PERIODS),
    ],
)
def test_a_span_is_looked_at_by_the_shortest_periods_that_can_be_read(tmp_path, first, last, grain, periods):
    rows = table(ROWS).head(2).assign(received_at=[f"{day}T12:00:00Z" for day in (first, last)], decided_at=None)
    with opened(tmp_path / "s.duckdb", rows.assign(outcome=None)) as store:
        held = holding(store, "appeals", FIRST_LOAD)
    assert (held.grain, len(held.periods)) == (grain, periods)


def test_of_figures_the_denominators_of_one_metric_are_counted(tmp_path):
    sheet = pd.DataFrame(
        {"week": ["2026-W40", "2026-W41"], "market": ["DE", None], "reversed": [2, 3], "decided": [9, 8]}
    )
    with Store(make_sheet(tmp_path / "s.duckdb", sheet)) as store:
        [held] = holdings(store, FIRST_LOAD)
        assert listed(coverage(store, held, "market")) == [["2026-09-28", "DE", 9], ["2026-10-05", "(blank)", 8]]
        assert listed(missing(store, held)) == [["market", "2026-09-28", 9, 0], ["market", "2026-10-05", 8, 8]]


def test_known_events_alone_are_no_holding(tmp_path):
    events = table("event_id | event_type | title_en | starts_at\ne1 | incident | Outage | 2026-10-07T00:00:00Z")
    with opened(tmp_path / "s.duckdb", events, fact="known_events") as store:
        assert holdings(store, FIRST_LOAD) == []
        with pytest.raises(UnknownStore, match="holds no appeals"):
            holding(store, "appeals", FIRST_LOAD)


def test_they_are_asked_like_any_query_and_their_text_is_printed(demo):
    found = query("coverage", store="demo", workspace=demo.root, by="market")
    assert found["records"].sum() == 31_035
    assert found["value"].nunique() == 31
    assert query("missing", store="demo", workspace=demo.root)["missing"].sum() == 148 + 324, (
        "sites, and enforcements of notices"
    )
    assert "GROUP BY" in show_sql("codes", store="demo", workspace=demo.root)
    assert datetime.fromisoformat(found.attrs["about"]["as_of"]).day == 16
    with pytest.raises(UnknownDimension, match="Did you mean 'market'"):
        query("coverage", store="demo", workspace=demo.root, by="marke")
    with pytest.raises(BadParameter, match="one dimension"):
        query("coverage", store="demo", workspace=demo.root, by="market,queue")


def test_why_rows_were_rejected_is_counted_by_load_column_and_reason(tmp_path):
    path = tmp_path / "s.duckdb"
    rows = pd.concat([table(ROWS), table(ROWS).head(2), table(ROWS).head(1).assign(appeal_id="a9", market="xx")])
    ingest(rows.reset_index(drop=True), path, loaded_at=FIRST_LOAD)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data" / "store").mkdir(parents=True)
    path.rename(tmp_path / "data" / "store" / "s.duckdb")
    found = query("reject_reasons", store="s", workspace=tmp_path)
    assert found[["source_column", "reason", "rows_rejected", "first_row", "example"]].to_numpy().tolist()[0] == [
        "appeal_id", "appears again", 2, 5, "a1",
    ]  # fmt: skip
    assert found["rows_rejected"].tolist() == [2, 1]
    assert query("reject_reasons", store="s", workspace=tmp_path, as_of="2026-11-01").empty
