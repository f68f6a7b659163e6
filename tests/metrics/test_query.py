"""Rows in, rows out for each query file; and a question that a store cannot answer is refused with what it can."""

import re
from datetime import datetime

import pandas as pd
import pytest

from appeal_insights.errors import BadParameter, BadPeriod, TooFine, UnknownDimension, UnknownStore
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import GATES, TABLE_QUERIES, dimensions, query, query_table, segment_labels
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import read_mapping
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, answer, decided, make_sheet, make_store, question, table

WEEKS = [f"2026-W{week}" for week in range(40, 46)]
# 2026-09-28 is the Monday of 2026-W40. Nothing was decided in 2026-W41.
CASES = [
    ("2026-09-28", "GB", "reversed", 8), ("2026-09-28", "GB", "upheld", 2),
    ("2026-09-30", "ZA", "partially_reversed", 1), ("2026-09-30", "ZA", "upheld", 3),
    ("2026-10-12", "GB", "reversed", 1), ("2026-10-12", "GB", "upheld", 9),
    ("2026-10-20", "GB", "reversed", 2), ("2026-10-20", "GB", "omitted", 5),
    ("2026-10-26", "GB", "upheld", 4), ("2026-10-27", "ZA", "reversed", 6),
]  # fmt: skip
HOSTILE = ["spam'); drop table appeals; --", 'say "hi"', "semi;colon, comma", "back\\slash", "改判 é", "two\nlines"]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("weeks") / "weeks.duckdb", decided(CASES))


@pytest.fixture
def store(path):
    with Store(path) as opened:
        yield opened


def rows(found: pd.DataFrame, *names: str) -> list[list[object]]:
    return found[list(names)].astype(object).where(found[list(names)].notna(), None).to_numpy().tolist()


def test_a_trend_has_every_period_of_every_segment_also_the_empty_ones(path):
    found = answer(path, "trend", *WEEKS, by=("market",), grain="week")
    assert rows(found, "segment", "period_label", "numerator", "denominator", "rate") == [
        ["GB", "2026-W40", 8, 10, 0.8],
        ["GB", "2026-W41", 0, 0, None],
        ["GB", "2026-W42", 1, 10, 0.1],
        ["GB", "2026-W43", 2, 2, 1.0],
        ["GB", "2026-W44", 0, 4, 0.0],
        ["GB", "2026-W45", 0, 0, None],
        ["ZA", "2026-W40", 1, 4, 0.25],
        ["ZA", "2026-W41", 0, 0, None],
        ["ZA", "2026-W42", 0, 0, None],
        ["ZA", "2026-W43", 0, 0, None],
        ["ZA", "2026-W44", 6, 6, 1.0],
        ["ZA", "2026-W45", 0, 0, None],
    ]


def test_a_recent_rate_looks_back_three_periods_of_the_calendar_not_three_rows(path):
    found = answer(path, "trend", *WEEKS, by=("market",), grain="week")
    gb = found[found["market"] == "GB"].set_index("period_label")["recent_rate"]
    assert gb["2026-W40"] == gb["2026-W41"] == 8 / 10
    assert gb["2026-W43"] == (8 + 0 + 1 + 2) / (10 + 0 + 10 + 2)
    assert gb["2026-W44"] == (0 + 1 + 2 + 0) / (0 + 10 + 2 + 4)  # without 2026-W40, four weeks before
    za = found[found["market"] == "ZA"].set_index("period_label")["recent_rate"]
    assert za["2026-W43"] == 1 / 4
    assert za["2026-W44"] == 6 / 6


def test_a_trend_says_where_each_period_starts_and_ends(path):
    [first, *_] = answer(path, "trend", *WEEKS, grain="week").itertuples()
    assert (first.metric, first.segment) == ("overturn_rate", "")
    assert (first.period, first.ends_on) == (pd.Timestamp("2026-09-28"), pd.Timestamp("2026-10-05"))


@pytest.mark.parametrize(
    ("grain", "periods", "denominators"),
    [
        ("day", ["2026-09-28", "2026-09-29", "2026-09-30"], [10, 0, 4]),
        ("month", ["2026-09", "2026-10"], [14, 22]),
        ("quarter", ["2026-Q3", "2026-Q4"], [14, 22]),
        ("half-year", ["2026-H1", "2026-H2"], [0, 36]),
        ("year", ["2026"], [36]),
        (None, ["2026-09-28..2026-10-12", "2026-10-13..2026-10-31"], [24, 12]),
        (None, ["2026-W40", "2026-10-12"], [14, 10]),
    ],
)
def test_any_periods_may_be_asked_for(path, grain, periods, denominators):
    assert answer(path, "trend", *periods, grain=grain)["denominator"].tolist() == denominators


def test_a_breakdown_has_the_share_of_each_segment_largest_first(path):
    found = answer(path, "breakdown", "2026-W40", by=("market",))
    assert rows(found, "period_label", "market", "numerator", "denominator", "rate", "share") == [
        ["2026-W40", "GB", 8, 10, 0.8, 10 / 14],
        ["2026-W40", "ZA", 1, 4, 0.25, 4 / 14],
    ]


def test_before_and_after_stand_side_by_side_with_zero_where_a_side_has_nothing(path):
    found = answer(path, "before_after", "2026-W40", "2026-W42..2026-W43", by=("market",))
    names = [
        "numerator_before",
        "denominator_before",
        "numerator_after",
        "denominator_after",
        "rate_before",
        "rate_after",
    ]
    assert rows(found, "market", *names) == [
        ["GB", 8, 10, 3, 12, 0.8, 0.25],
        ["ZA", 1, 4, 0, 0, 0.25, None],
    ]


def test_what_is_called_before_is_what_was_named_first(path):
    [row] = answer(path, "before_after", "2026-W42", "2026-W40").itertuples()
    assert (row.denominator_before, row.denominator_after) == (10, 14)


def test_days_know_the_period_that_they_belong_to(path):
    found = answer(path, "by_day", "2026-W40", "2026-W44", by=("market",))
    days = found.assign(day=found["day"].dt.strftime("%d.%m."), period=found["period"].dt.strftime("%d.%m."))
    assert rows(days, "market", "day", "period", "numerator", "denominator") == [
        ["GB", "28.09.", "28.09.", 8, 10],
        ["GB", "26.10.", "26.10.", 0, 4],
        ["ZA", "30.09.", "28.09.", 1, 4],
        ["ZA", "27.10.", "26.10.", 6, 6],
    ]


def test_counts_are_whole_numbers_and_rates_are_floats(path):
    periods = {"trend": WEEKS, "breakdown": ["2026-W40"], "before_after": ["2026-W40", "2026-W41"], "by_day": WEEKS}
    for name, asked in periods.items():
        for column, kind in answer(path, name, *asked, by=("market",)).dtypes.items():
            if column.startswith(("numerator", "denominator")):
                assert kind == "int64", (name, column)
            if column.startswith(("rate", "recent_rate", "share")):
                assert kind == "float64", (name, column)


@pytest.mark.parametrize(
    ("name", "periods", "asked"),
    [
        ("trend", WEEKS, {"grain": "week", "by": ("market",)}),
        ("trend", WEEKS, {"grain": "week"}),
        ("trend", ["2026-W40..2026-W42", "2026-W43..2026-W45"], {"by": ("market",)}),
        ("breakdown", ["2026-W40..2026-W45"], {"by": ("market",)}),
        ("before_after", ["2026-W40", "2026-W44"], {"by": ("market",)}),
        ("before_after", ["2026-W40", "2026-W44"], {"where": {"market": ["ZA"]}}),
    ],
)
def test_rows_and_counted_rows_give_the_same_answer(path, tmp_path, name, periods, asked):
    counted = answer(path, "trend", *WEEKS, grain="week", by=("market",))
    sheet = counted.rename(columns={"period_label": "week", "numerator": "reversed", "denominator": "decided"})
    make_sheet(tmp_path / "s.duckdb", sheet[["week", "market", "reversed", "decided"]])
    from_rows, from_counts = (answer(one, name, *periods, **asked) for one in (path, tmp_path / "s.duckdb"))
    pd.testing.assert_frame_equal(from_rows, from_counts)


def test_a_basis_puts_a_record_in_the_period_of_its_own_instant(tmp_path):
    late = table("""
        appeal_id | market | received_at          | decided_at           | outcome
        1         | GB     | 2026-10-02T09:00:00Z | 2026-10-05T09:00:00Z | decision_reversed
        2         | GB     | 2026-10-02T09:00:00Z | 2026-10-02T10:00:00Z | decision_upheld
        3         | GB     | 2026-10-02T09:00:00Z |                      |
    """)
    path = make_store(tmp_path / "s.duckdb", late)
    counts = ["numerator", "denominator"]
    assert rows(answer(path, "trend", "2026-W40", "2026-W41"), *counts) == [[0, 1], [1, 1]]
    assert rows(answer(path, "trend", "2026-W40", "2026-W41", basis="submission"), *counts) == [[1, 2], [0, 0]]
    early = {"as_of": datetime(2026, 10, 4)}
    assert rows(answer(path, "trend", "2026-W40", "2026-W41", **early), *counts) == [[0, 1], [0, 0]]
    assert rows(answer(path, "trend", "2026-W40", basis="submission", **early), *counts) == [[0, 1]]


def test_a_decision_counts_from_the_very_instant_it_was_made(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 1)]))
    just_before, then = datetime(2026, 10, 5, 11, 59, 59), datetime(2026, 10, 5, 12)
    assert answer(path, "breakdown", "2026-W41", as_of=just_before)["denominator"].sum() == 0
    assert answer(path, "breakdown", "2026-W41", as_of=then)["denominator"].sum() == 1


def test_a_period_ends_where_the_next_one_starts_on_the_clock_of_the_market(tmp_path):
    edge = table("""
        appeal_id | market | decided_at           | outcome
        1         | GB     | 2026-10-04T22:59:59Z | decision_upheld
        2         | GB     | 2026-10-04T23:00:00Z | decision_reversed
        3         | AE     | 2026-10-04T20:00:00Z | decision_reversed
    """)
    mapping = read_mapping({"absent": ["received_at"], "columns": {name: name for name in edge}})
    path = make_store(tmp_path / "s.duckdb", edge, mapping=mapping)
    found = answer(path, "trend", "2026-W40", "2026-W41")
    assert rows(found, "numerator", "denominator") == [[0, 1], [2, 2]]
    with Store(path) as store, pytest.raises(BadParameter, match=r"have no received_at.* no submission basis"):
        question(store, "2026-W40", basis="submission")


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_a_value(hostile, value):
    asked = {"by": ("policy",), "where": {"policy": [value], "market": ["GB"]}}
    for name, periods in {"trend": WEEKS[:1], "before_after": WEEKS[:2], "by_day": WEEKS[:1]}.items():
        found = answer(hostile, name, *periods, **asked)
        assert found["policy"].tolist() == [value]
        assert found["segment"].tolist() == [value]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    parts = [decided([("2026-09-28", "GB", "upheld", 1)], policy=value) for value in HOSTILE]
    both = pd.concat(parts).assign(appeal_id=[str(place) for place in range(len(parts))])
    return make_store(tmp_path_factory.mktemp("hostile") / "hostile.duckdb", both)


def test_segments_of_several_dimensions_have_one_label_and_blank_is_one_of_them(tmp_path):
    cases = decided([("2026-09-28", "GB", "upheld", 2), ("2026-09-28", "ZA", "upheld", 1)])
    path = make_store(tmp_path / "s.duckdb", cases.assign(policy=["spam", None, None]))
    found = answer(path, "breakdown", "2026-W40", by=("policy", "market"))
    assert rows(found, "policy", "market", "segment") == [
        ["(blank)", "GB", "(blank) · GB"],
        ["(blank)", "ZA", "(blank) · ZA"],
        ["spam", "GB", "spam · GB"],
    ]
    assert answer(path, "trend", "2026-W40", where={"policy": ["(blank)"]})["denominator"].tolist() == [2]
    assert segment_labels(found, ()).tolist() == ["", "", ""]


@pytest.mark.parametrize(
    ("periods", "asked", "error", "says"),
    [
        (["2026-W40"], {"by": ("marke",)}, UnknownDimension, "No dimension 'marke'. Did you mean 'market'?"),
        (["2026-W40"], {"by": ("outcome",)}, UnknownDimension, "No dimension 'outcome'"),
        (["2026-W40"], {"by": ("policy",)}, UnknownDimension, "The source of weeks has no 'policy'."),
        (["2026-W40"], {"by": ("market", "market")}, BadParameter, "'market' is named twice"),
        (["2026-W40"], {"where": {"market": ["gb"]}}, BadParameter, "No market 'gb' in weeks. Did you mean 'GB'?"),
        (["2026-W40"], {"where": {"market": []}}, BadParameter, "No value of 'market' is wanted"),
        (["2026-W40"], {"where": {"market;": ["GB"]}}, UnknownDimension, "Did you mean 'market'?"),
        (["2026-W40"], {"basis": "decison"}, BadParameter, "Did you mean 'decision'?"),
        (["2026-W40", "2026-10"], {}, BadPeriod, "2026-W40 and 2026-10 share days"),
        (["2026-W40", "2026-W40"], {}, BadPeriod, "share days"),
        ([], {}, BadPeriod, "at least one period"),
        (["2026-W40..2026-W41"], {"grain": "week"}, BadPeriod, "is not one week"),
        (["2026-10-01"], {"grain": "month"}, BadPeriod, "is not one month"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_one_that_can(store, periods, asked, error, says):
    with pytest.raises(error, match=re.escape(says)):
        question(store, *periods, **asked)


def test_times_known_to_the_month_have_no_weeks(tmp_path):
    columns = {"id": "appeal_id", "market": "market", "outcome": "outcome"}
    month = {"to": "decided_at", "format": "%Y-%m", "precision": "month"}
    mapping = read_mapping({"absent": ["received_at"], "columns": {**columns, "month": month}})
    monthly = table("id | market | outcome | month\n1 | GB | decision_upheld | 2026-10")
    path = make_store(tmp_path / "s.duckdb", monthly, mapping=mapping)
    with Store(path) as store:
        assert query(store, "trend", question(store, "2026-10", "2026-11"))["denominator"].tolist() == [1, 0]
        with pytest.raises(TooFine, match="decided_on is known to the month only in s; 2026-W40 cuts through one"):
            question(store, "2026-W40")
        with pytest.raises(TooFine, match="there are no days"):
            query(store, "by_day", question(store, "2026-10"))


def test_a_store_can_be_broken_down_by_what_its_source_had(store):
    assert dimensions(store, metric("overturn_rate")) == ["market"]


def test_loads_and_rejects_tell_what_became_of_every_row(tmp_path):
    path = tmp_path / "s.duckdb"
    cases = decided([("2026-09-28", "GB", "upheld", 3)])
    ingest(cases.assign(market=["GB", "gb", "ZA"]), path, loaded_at=FIRST_LOAD)
    ingest(cases, path, loaded_at=FIRST_LOAD)
    with Store(path) as store:
        loads = query_table(store, "loads", as_of=FIRST_LOAD)
        rejects = query_table(store, "rejects", as_of=FIRST_LOAD)
    counts = ["rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_rejected"]
    assert rows(loads, *counts) == [[3, 2, 0, 0, 1], [3, 1, 1, 1, 0]]
    assert rows(rejects, "source", "source_row", "source_column", "value") == [["table", 2, "market", "gb"]]


def test_known_events_are_those_known_then_in_the_order_they_started(tmp_path):
    events = table("""
        event_id | event_type    | title_en | title_zh | starts_at            | scope     | known_from
        e2       | incident      | Outage   | 故障     | 2026-10-07T00:00:00Z | market=DE | 2026-10-08T00:00:00Z
        e1       | model_release | Model    | 模型     | 2026-10-05T00:00:00Z |           | 2026-10-05T00:00:00Z
    """)
    path = make_store(tmp_path / "s.duckdb", events, fact="known_events")
    with Store(path) as store:
        found = query_table(store, "known_events", as_of=FIRST_LOAD)
        before = query_table(store, "known_events", as_of=datetime(2026, 10, 7))
        assert rows(found, "event_id", "title_zh", "scope") == [["e1", "模型", None], ["e2", "故障", "market=DE"]]
        assert before["event_id"].tolist() == ["e1"]
        assert set(TABLE_QUERIES) == {
            "known_events",
            "targets",
            "loads",
            "rejects",
            "reject_reasons",
            "versions",
            "open_clocks",
            "waits",
            "arrivals",
            "staffing_plan",
            "linked_tickets",
            *GATES,
        }
        with pytest.raises(UnknownStore, match="holds no appeals"):
            question(store, "2026-W40")


def test_the_records_behind_a_number_are_listed_newest_first(tmp_path):
    cases = decided(
        [("2026-09-29", "GB", "reversed", 1), ("2026-09-28", "GB", "upheld", 2), ("2026-10-01", "ZA", "omitted", 1)]
    )
    path = make_store(tmp_path / "s.duckdb", cases.assign(enforcement_id=["e1", "e1", None, "e2"]))
    found = answer(path, "records", "2026-W40", by=("market",))
    assert rows(found, "record", "cluster", "period_label", "market", "in_numerator") == [
        ["a0", "e1", "2026-W40", "GB", True],
        ["a1", "e1", "2026-W40", "GB", False],
        ["a2", None, "2026-W40", "GB", False],
    ]
    assert found["happened_at"].tolist() == [pd.Timestamp(f"2026-09-{day}T12:00:00") for day in (29, 28, 28)]
    assert answer(path, "records", "2026-W40", most=1)["record"].tolist() == ["a0"]
    assert answer(path, "records", "2026-W40", as_of=datetime(2026, 9, 28, 12))["record"].tolist() == ["a1", "a2"]


def test_there_are_as_many_records_as_a_number_says(path):
    for of in ("overturn_rate", "omitted_share", "turnaround"):
        [number] = answer(path, "breakdown", "2026-W40..2026-W45", of=of).itertuples()
        listed = answer(path, "records", "2026-W40..2026-W45", of=of)
        assert (listed["in_numerator"].sum(), len(listed)) == (number.numerator, number.denominator)


def test_counts_have_no_denominator_and_share_their_sum(path):
    found = answer(path, "breakdown", "2026-W40..2026-W45", of="received", by=("market",))
    assert rows(found, "market", "numerator", "denominator", "rate", "share") == [
        ["GB", 31, None, None, 31 / 41], ["ZA", 10, None, None, 10 / 41],
    ]  # fmt: skip
    trend = answer(path, "trend", *WEEKS, of="received", grain="week")
    assert trend["numerator"].tolist() == [14, 0, 10, 7, 10, 0]
    assert trend[["denominator", "rate", "recent_rate"]].isna().all(axis=None)
