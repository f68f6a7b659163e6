"""What became of records that started together, by the days it took; and the stages that enforcements get through."""

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appeal_insights.findings.answer import query as ask_for
from appeal_insights.metrics.measure import stages
from appeal_insights.metrics.metric import metrics
from tests.helpers import FIRST_LOAD, answer, make_store, table

COUNTS = ["days", "size", "numerator", "denominator"]
# Received on the Monday of 2026-W41: reversed after two days, upheld after six and twenty, omitted after six, open.
FIVE = table("""
    appeal_id | market | received_at          | decided_at           | outcome
    1         | GB     | 2026-10-05T09:00:00Z | 2026-10-07T09:00:00Z | decision_reversed
    2         | GB     | 2026-10-05T09:00:00Z | 2026-10-11T09:00:00Z | decision_upheld
    3         | GB     | 2026-10-05T09:00:00Z | 2026-10-11T09:00:00Z | decision_omitted
    4         | GB     | 2026-10-05T09:00:00Z | 2026-10-25T09:00:00Z | decision_upheld
    5         | GB     | 2026-10-05T09:00:00Z |                      |
""")
# Four enforcements of one day, and a fifth row that stands for six: two are appealed, after one day and after five.
ENFORCED = table("""
    enforcement_id | market | restriction_class | enforced_at          | informed_at          | stands_for
    e1             | GB     | visibility        | 2026-10-05T09:00:00Z | 2026-10-05T09:00:00Z |
    e2             | GB     | visibility        | 2026-10-05T09:00:00Z | 2026-10-05T09:00:00Z | 1
    e3             | GB     | visibility        | 2026-10-05T09:00:00Z |                      |
    e4             | GB     | account           | 2026-10-05T09:00:00Z | 2026-10-06T09:00:00Z |
    e5             | GB     | visibility        | 2026-10-05T09:00:00Z | 2026-10-05T09:00:00Z | 6
""")
APPEALED = table("""
    appeal_id | enforcement_id | received_at          | decided_at           | outcome           | notified_at
    a1        | e1             | 2026-10-06T09:00:00Z | 2026-10-08T09:00:00Z | decision_upheld   | 2026-10-08T10:00:00Z
    a2        | e1             | 2026-10-09T09:00:00Z | 2026-10-12T09:00:00Z | decision_reversed | 2026-10-12T10:00:00Z
    a3        | e4             | 2026-10-10T09:00:00Z | 2026-10-13T09:00:00Z | decision_reversed |
    a4        | nobody's       | 2026-10-10T09:00:00Z |                      |                   |
""").assign(market="GB", appeal_round=["1", "2", "1", "1"])
APPEALED["reinstated_at"] = [None, "2026-10-12T11:00:00Z", None, None]


@pytest.fixture(scope="module")
def appeals(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("five") / "five.duckdb", FIVE)


def both(path, enforced: pd.DataFrame, appealed: pd.DataFrame = APPEALED):
    make_store(path, appealed)
    return make_store(path, enforced, fact="enforcements")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return both(tmp_path_factory.mktemp("enforced") / "enforced.duckdb", ENFORCED)


@pytest.fixture(scope="module")
def served(path):
    """The same with two lost disputes, of which one is put into effect, and promises; one decided case is reopened."""
    lost = table("""
        dispute_id | market | submitted_at         | decided_at           | outcome          | implemented_at
        d1         | GB     | 2026-10-05T09:00:00Z | 2026-10-07T09:00:00Z | reversed_merits  | 2026-10-09T09:00:00Z
        d2         | GB     | 2026-10-05T09:00:00Z | 2026-10-08T09:00:00Z | reversed_default |
    """)
    promised = table("""
        policy_id | subject_type | clock  | hours | calendar | pauses | valid_from           | owner
        p1        | appeal       | decide | 24    | always   | none   | 2026-01-01T00:00:00Z | lead
        p2        | dispute      | decide | 2160  | always   | none   | 2026-01-01T00:00:00Z | body
    """)
    logged = table("""
        step_id | subject_type | subject_id | status   | happened_at
        1       | appeal       | a1         | reopened | 2026-10-10T09:00:00Z
    """)
    for fact, rows in {"disputes": lost, "sla_policies": promised, "status_log": logged}.items():
        make_store(path, rows, fact=fact)
    return path


def one_by_one(enforced: pd.DataFrame) -> pd.DataFrame:
    """The same enforcements, none of which stands for others."""
    times = enforced["stands_for"].fillna("1").astype(int)
    each = enforced.loc[enforced.index.repeat(times)].reset_index(drop=True)
    alone = each["enforcement_id"].duplicated()
    return each.assign(
        enforcement_id=each["enforcement_id"].mask(alone, each["enforcement_id"] + each.index.astype(str)),
        stands_for=None,
    )


def test_a_cohort_of_appeals_has_a_rate_of_those_decided_by_then_and_a_share_of_all(appeals):
    found = answer(appeals, "cohort", "2026-W41", basis="submission")
    assert found[COUNTS].to_numpy().tolist() == [[2, 5, 1, 1], [6, 5, 1, 2], [20, 5, 1, 3]]
    assert found["rate"].tolist() == [1, 1 / 2, 1 / 3], "the easy ones come first: a young rate is too high"
    assert found["share"].tolist() == [1 / 5] * 3


def test_of_a_cohort_of_enforcements_those_not_appealed_yet_are_in_the_denominator(path):
    found = answer(path, "cohort", "2026-W41", of="appeal_rate")
    assert found[COUNTS].to_numpy().tolist() == [[1, 10, 1, 10], [5, 10, 2, 10]]
    assert found["rate"].tolist() == [0.1, 0.2]


def test_a_cohort_sees_no_more_than_was_known(appeals, path):
    then = {"as_of": datetime(2026, 10, 8)}
    found = answer(appeals, "cohort", "2026-W41", basis="submission", **then)
    assert found[COUNTS].to_numpy().tolist() == [[2, 5, 1, 1]]
    assert answer(path, "cohort", "2026-W41", of="appeal_rate", **then)[COUNTS].to_numpy().tolist() == [[1, 10, 1, 10]]


@pytest.mark.parametrize("name", [name for name, of in metrics().items() if of.completes])
def test_a_cohort_ends_where_a_trend_is(served, name):
    of = metrics()[name]
    basis = "submission" if "submission" in of.at else of.basis
    [trend] = answer(served, "trend", "2026-W41", of=name, basis=basis).itertuples()
    found = answer(served, "cohort", "2026-W41", of=name, basis=basis)
    assert (found["numerator"].iloc[-1], found["denominator"].iloc[-1]) == (trend.numerator, trend.denominator)


ENDS = st.tuples(st.integers(0, 40), st.sampled_from(["upheld", "reversed", "partially_reversed", "omitted"]))


@settings(max_examples=10)
@given(st.lists(st.none() | ENDS, min_size=1, max_size=30))
def test_a_cohort_only_ever_rises_and_is_counted_like_by_pandas(tmp_path_factory, ends):
    days = pd.Series([None if end is None else end[0] for end in ends], dtype="Int64")
    outcomes = pd.Series([None if end is None else f"decision_{end[1]}" for end in ends], dtype="str")
    received = pd.Timestamp("2026-09-07T11:00:00")  # and no clock changes within forty days in Dubai
    rows = pd.DataFrame(
        {
            "appeal_id": [str(nth) for nth in range(len(ends))],
            "market": "AE",
            "received_at": received,
            "decided_at": received + pd.to_timedelta(days.astype("float64"), unit="D"),
            "outcome": outcomes,
        }
    )
    path = make_store(tmp_path_factory.mktemp("cohort") / "s.duckdb", rows)
    found = answer(path, "cohort", "2026-W37", basis="submission")
    for column in ("days", "numerator", "denominator", "share"):
        assert found[column].is_monotonic_increasing
    assert found["days"].tolist() == sorted(days.dropna().unique())
    merits = days.notna() & (outcomes != "decision_omitted")
    overturned = merits & outcomes.isin(["decision_reversed", "decision_partially_reversed"])
    for row in found.itertuples():
        by_then = (days <= row.days).fillna(False).astype(bool)
        assert (row.numerator, row.denominator) == ((overturned & by_then).sum(), (merits & by_then).sum())


def test_a_cohort_is_mature_where_its_youngest_record_is_that_old(demo):
    asked = {"metric": "overturn_rate", "basis": "submission", "during": "2026-W43..2026-W45", "every": "week"}
    found = ask_for("cohort", store="demo", workspace=demo.root, as_of="2026-11-16T06:00:00Z", **asked)
    old_enough = found["ends_on"] + pd.to_timedelta(found["days"], unit="D") <= pd.Timestamp("2026-11-16T06:00:00")
    assert found["mature"].tolist() == old_enough.tolist()
    assert set(found["mature"]) == {True, False}


STAGES = ["informed", "appealed", "decided", "notified", "overturned", "reinstated"]


def test_a_funnel_counts_the_enforcements_that_got_to_each_stage(path):
    found = answer(path, "funnel", "2026-W41", of="appeal_rate")
    assert list(stages()) == STAGES
    assert found["metric"].tolist() == STAGES
    assert found["place"].tolist() == [1, 2, 3, 4, 5, 6]
    assert found["numerator"].tolist() == [9, 2, 2, 1, 2, 1]
    assert found["denominator"].tolist() == [10] * 6
    assert found["rate"].tolist() == [0.9, 0.2, 0.2, 0.1, 0.2, 0.1]
    assert found["share_of_former"].fillna(-1).tolist() == [-1, 2 / 9, 1, 1 / 2, 2, 1 / 2], "one was not told, so 2"


def test_a_funnel_as_of_an_earlier_day_is_shorter(path):
    found = answer(path, "funnel", "2026-W41", of="appeal_rate", as_of=datetime(2026, 10, 12, 9, 30))
    assert found["numerator"].tolist() == [9, 2, 1, 1, 1, 0]
    first = answer(path, "funnel", "2026-W41", of="appeal_rate", as_of=datetime(2026, 10, 5, 9))
    assert first["numerator"].tolist() == [8, 0, 0, 0, 0, 0], "e4 was told a day later"


def test_a_funnel_by_a_dimension_and_by_period_is_one_for_each(path):
    found = answer(path, "funnel", "2026-W41", "2026-W42", of="appeal_rate", by=("restriction_class",), grain="week")
    counted = found.groupby("segment")["numerator"].agg(list).to_dict()
    assert counted == {"visibility": [8, 1, 1, 1, 1, 1], "account": [1, 1, 1, 0, 1, 0]}
    assert set(found["period_label"]) == {"2026-W41"}


@pytest.mark.parametrize("of", ["appeal_rate", "overturned_share", "appeals_per_enforcement", "restricted_hours"])
@pytest.mark.parametrize("name", ["trend", "breakdown", "cohort", "funnel"])
def test_a_row_that_stands_for_six_counts_as_six(path, tmp_path, name, of):
    if name in ("cohort", "funnel") and metrics()[of].kind != "proportion":
        name = "heat_map"
    each = both(tmp_path / "s.duckdb", one_by_one(ENFORCED))
    by = ("market",) if of == "appeals_per_enforcement" else ("restriction_class",)
    for asked in ({"by": by}, {}, {"as_of": datetime(2026, 10, 12, 12)}):
        found, expected = (answer(one, name, "2026-W41..2026-W42", of=of, **asked) for one in (path, each))
        assert len(found)
        pd.testing.assert_frame_equal(found, expected)


def test_to_count_rows_instead_of_what_they_stand_for_is_another_number(path):
    [row] = answer(path, "breakdown", "2026-W41", of="appeal_rate").itertuples()
    assert (row.numerator, row.denominator) == (2, 10)
    assert row.rate == 0.2 != 2 / len(ENFORCED)


def test_the_newest_load_is_the_default(path):
    asked = {"of": "appeal_rate"}
    pd.testing.assert_frame_equal(
        answer(path, "cohort", "2026-W41", **asked), answer(path, "cohort", "2026-W41", as_of=FIRST_LOAD, **asked)
    )
