"""The target of a number: the most specific one that held when its period began, and none that is in doubt."""

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import UnknownStore
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import query, query_table
from appeal_insights.metrics.question import Question
from appeal_insights.metrics.targets import Target, in_force, misfit, targets, targets_of, with_targets
from appeal_insights.periods import period, split
from appeal_insights.records.ingest import ingest
from appeal_insights.records.mapping import same_names
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, decided, make_store, question

WEEKS = "2026-W40..2026-W42"  # 28 September, 5 and 12 October
COLUMNS = ["target_id", "metric", "scope", "value", "direction", "valid_from", "valid_to", "owner", "approved_by"]


def promised(*rows: str) -> pd.DataFrame:
    """Rows of targets: id, metric, scope, value, first day, day after the last; all at most, of one owner."""
    made = []
    for row in rows:
        id_, of, scope, value, first, end = (part.strip() or None for part in row.split("|"))
        made.append([id_, of, scope, value, "at_most", first, end, "Head of appeals", "Annual review"])
    return pd.DataFrame(made, columns=COLUMNS, dtype="str")


def appeals() -> pd.DataFrame:
    """Two upheld appeals of each week, market and queue."""
    days = ("2026-09-28", "2026-10-05", "2026-10-12")
    rows = decided([(day, market, "upheld", 4) for day in days for market in ("DE", "GB")])
    return rows.assign(queue=["live", "other"] * (len(rows) // 2))


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A store of the appeals above and nothing else. Nobody changes it."""
    return make_store(tmp_path_factory.mktemp("counted") / "s.duckdb", appeals())


@pytest.fixture
def store_with(counted, tmp_path):
    """Make a store of the appeals above with these targets, and open it."""
    opened = []

    def make(*rows: str) -> Store:
        path = Path(shutil.copy(counted, tmp_path))
        make_store(path, promised(*rows), fact="targets")
        opened.append(Store(path))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def told(store: Store, name: str, *periods: str, **asked) -> pd.DataFrame:
    asked = {"as_of": FIRST_LOAD, **asked}
    wanted = question(store, *periods, **asked)
    return with_targets(query(store, name, wanted), wanted, targets_of(store, wanted))


def values(answer: pd.DataFrame, by: str = "segment") -> dict[str, float | None]:
    found = [None if pd.isna(value) else value for value in answer["target"]]
    return dict(zip(answer[by].astype(str), found, strict=True))


def weekly(store: Store, **asked) -> list[float | None]:
    weeks = [part.label for part in split(period(WEEKS), "week")]
    return list(values(told(store, "trend", *weeks, grain="week", **asked), "period_label").values())


NESTED = (
    "t1 | overturn_rate |                       | 0.45 | 2026-01-01 |",
    "t2 | overturn_rate | market=DE             | 0.40 | 2026-01-01 |",
    "t3 | overturn_rate | market=DE; queue=live | 0.30 | 2026-01-01 |",
)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"": 0.45}),
        ({"by": ("market",)}, {"DE": 0.40, "GB": 0.45}),
        ({"by": ("market",), "where": {"queue": ["live"]}}, {"DE": 0.30, "GB": 0.45}),
        ({"by": ("queue",), "where": {"market": ["DE"]}}, {"live": 0.30, "other": 0.40}),
        ({"where": {"market": ["DE"]}}, {"": 0.40}),
        ({"where": {"market": ["DE", "GB"]}}, {"": 0.45}),
        ({"by": ("market", "queue")}, {"DE · live": 0.3, "DE · other": 0.4, "GB · live": 0.45, "GB · other": 0.45}),
    ],
)
def test_the_most_specific_target_wins_whether_a_dimension_is_fixed_by_the_segment_or_by_the_scope(
    store_with, asked, expected
):
    assert values(told(store_with(*NESTED), "breakdown", "2026-W40", **asked)) == expected


def test_a_target_of_several_values_is_meant_for_each_and_for_all_of_them(store_with):
    store = store_with("t1 | overturn_rate | market=DE,FR,GB | 0.4 | 2026-01-01 |")
    assert values(told(store, "breakdown", "2026-W40", by=("market",))) == {"DE": 0.4, "GB": 0.4}
    assert values(told(store, "breakdown", "2026-W40", where={"market": ["DE", "GB"]})) == {"": 0.4}
    assert values(told(store, "breakdown", "2026-W40")) == {"": None}, "the whole may hold other markets"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["t1 | overturn_rate | | 0.4 | 2026-10-05 |           "], [None, 0.4, 0.4]),
        (["t1 | overturn_rate | | 0.4 | 2026-10-06 |           "], [None, None, 0.4]),  # begins on a Tuesday
        (["t1 | overturn_rate | | 0.4 | 2026-01-01 | 2026-10-05"], [0.4, None, None]),
        (["t1 | overturn_rate | | 0.4 | 2026-01-01 | 2026-10-06"], [0.4, 0.4, None]),  # ends within the second week
        (
            [
                "t1 | overturn_rate | | 0.4 | 2026-01-01 | 2026-10-12",
                "t2 | overturn_rate | | 0.3 | 2026-10-12 |           ",
            ],
            [0.4, 0.4, 0.3],
        ),
    ],
)
def test_a_period_is_held_against_the_target_that_was_in_force_on_its_first_day(store_with, rows, expected):
    assert weekly(store_with(*rows)) == expected


@pytest.mark.parametrize(("zone", "day"), [("UTC", date(2026, 10, 4)), ("Europe/Berlin", date(2026, 10, 5))])
def test_days_are_those_of_the_clock_that_the_file_was_written_on(tmp_path, zone, day):
    rows = promised("t1 | overturn_rate | | 0.4 | 2026-10-05T00:00:00+02:00 |")
    mapping = replace(same_names("targets", list(rows)), zone=zone)
    with Store(make_store(tmp_path / "s.duckdb", rows, fact="targets", mapping=mapping)) as store:
        assert [one.first_day for one in targets(store, FIRST_LOAD)] == [day]


def test_a_comparison_is_held_against_the_target_of_its_second_period(store_with):
    store = store_with("t1 | overturn_rate | | 0.4 | 2026-10-05 |")
    assert values(told(store, "before_after", "2026-W40", "2026-W41")) == {"": 0.4}
    assert values(told(store, "before_after", "2026-W41", "2026-W40")) == {"": None}


def test_as_of_knows_the_targets_that_were_known_then(store_with, tmp_path):
    store = store_with("t1 | overturn_rate | | 0.4 | 2026-01-01 |")
    later = FIRST_LOAD + timedelta(days=7)
    make_store(tmp_path / "s.duckdb", promised("t1 | overturn_rate | | 0.2 | 2026-01-01 |"), fact="targets",
               loaded_at=later)  # fmt: skip
    store.close()
    with Store(tmp_path / "s.duckdb") as now:
        assert weekly(now, as_of=FIRST_LOAD) == [0.4, 0.4, 0.4]
        assert weekly(now, as_of=later) == [0.2, 0.2, 0.2]
        assert query_table(now, "targets", as_of=datetime(2025, 12, 31)).empty


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["t1 | overturn_rate | | 0.4 | 2026-01-01 |", "t2 | overturn_rate | | 0.3 | 2026-02-01 |"], 0.3),
        (["t1 | overturn_rate | | 0.4 | 2026-01-01 |", "t2 | overturn_rate | | 0.3 | 2026-01-01 |"], None),
        (["t1 | overturn_rate | | 0.4 | 2026-01-01 |", "t2 | overturn_rate | | 0.4 | 2026-01-01 |"], 0.4),
        (
            [
                "t1 | overturn_rate |           | 0.4 | 2026-01-01 |",
                "t2 | overturn_rate | market=DE | 0.3 | 2026-01-01 |",
                "t3 | overturn_rate | queue=live| 0.2 | 2026-01-01 |",
            ],
            None,
        ),
    ],
)
def test_of_two_that_are_as_specific_the_later_counts_and_of_two_that_contradict_each_other_none(
    store_with, rows, expected
):
    asked = {"where": {"market": ["DE"], "queue": ["live"]}}
    assert values(told(store_with(*rows), "breakdown", "2026-W40", **asked)) == {"": expected}


def test_three_that_contradict_each_other_leave_no_target(store_with):
    rows = [f"t{n} | overturn_rate | | {value} | 2026-01-01 |" for n, value in enumerate(("0.4", "0.3", "0.4"))]
    assert values(told(store_with(*rows), "breakdown", "2026-W40")) == {"": None}


@pytest.mark.parametrize(
    ("by", "where", "expected"),
    [
        ((), {}, [5000, 5000]),
        ((), {"market": ["DE"]}, [700, 700]),
        (("market",), {}, [700, None]),
        ((), {"queue": ["live"]}, [None, None]),
        ((), {"market": ["DE"], "queue": ["live"]}, [None, None]),
        (("market",), {"queue": ["live"]}, [None, None]),
    ],
)
def test_a_stock_of_the_whole_is_no_target_of_a_part(by, where, expected):
    known = [target(metric="backlog", value=5000), target(metric="backlog", value=700, scope={"market": ["DE"]})]
    asked = Question(metric("backlog"), (period("2026-W40"),), FIRST_LOAD, by=by, where=where)
    found = with_targets(pd.DataFrame({"market": ["DE", "GB"]}), asked, known)["target"]
    assert [None if pd.isna(value) else value for value in found] == expected


def test_a_count_is_held_against_a_target_for_periods_of_its_length_only(counted, tmp_path):
    path = Path(shutil.copy(counted, tmp_path))
    rows = promised("t1 | received | | 100 | 2026-01-01 |", "t2 | received | | 9 | 2026-01-01 |")
    make_store(path, rows.assign(per=["week", None]), fact="targets")
    with Store(path) as store:
        of = {"of": "received", "basis": "submission"}
        assert told(store, "trend", "2026-W40", grain="week", **of)["target"].tolist() == [100]
        assert told(store, "breakdown", "2026-W40", **of)["target"].tolist() == [100]
        assert told(store, "breakdown", "2026-10", **of)["target"].isna().all()
        assert [misfit(one) for one in targets(store, FIRST_LOAD)] == ["", "no_period"]


def test_a_share_beyond_another_threshold_is_another_share(store_with):
    store = store_with("t1 | turnaround | | 0.2 | 2026-01-01 |")
    assert told(store, "breakdown", "2026-W40", of="turnaround")["target"].tolist() == [0.2]
    assert told(store, "breakdown", "2026-W40", of="turnaround", over=86400)["target"].tolist() == [0.2]
    assert told(store, "breakdown", "2026-W40", of="turnaround", over=3600)["target"].isna().all()


def target(**said) -> Target:
    usual = {"id": "t", "metric": "overturn_rate", "scope": {}, "value": 0.4, "direction": "at_most"}
    return Target(**{**usual, "first_day": date(2026, 1, 1), "end": None, "owner": "", **said})


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, ""),
        ({"version": 1}, ""),
        ({"version": 2}, "other_version"),
        ({"metric": "overturn_rat"}, "unknown_metric"),
        ({"value": 45}, "no_share"),
        ({"value": 1}, ""),
        ({"metric": "handling_time", "value": 900}, ""),
        ({"metric": "received", "value": 900}, "no_period"),
        ({"metric": "received", "value": 900, "per": "month"}, ""),
        ({"per": "week"}, "no_count"),
        ({"scope": {"marke": ["DE"]}}, "no_dimension"),
        ({"scope": {"market": ["XX"]}}, ""),
    ],
)
def test_a_target_that_no_number_can_be_held_against_says_why(said, why):
    assert misfit(target(**said)) == why


def test_a_target_that_does_not_fit_is_not_drawn(store_with):
    store = store_with("t1 | overturn_rate | | 45 | 2026-01-01 |", "t2 | overturn_rates | | 0.4 | 2026-01-01 |")
    assert weekly(store) == [None, None, None]


def test_a_store_without_targets_answers_with_a_column_that_is_null(counted):
    with Store(counted) as store:
        answer = told(store, "breakdown", "2026-W40", by=("market",))
        assert answer["target"].dtype == "float64"
        assert answer["target"].isna().all()
        assert [asked.what for asked in store.asked] == ["breakdown"]
        with pytest.raises(UnknownStore, match="holds no targets"):
            query_table(store, "targets", as_of=FIRST_LOAD)


# --- What is taken in ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("value", "45%", "is no number like 0.95, without separators"),
        ("value", "0,45", "is no number like 0.95, without separators"),
        ("value", "", "is empty, and every row needs it"),
        ("value", "-0.1", "is below zero, and nothing that is counted can be"),
        ("direction", "at most", "is no direction. Did you mean 'at_most'? Known: at_most, at_least"),
        ("valid_to", "2026-01-01T00:00:00Z", "is not later than valid_from, so it would never be in force"),
        ("owner", "", "is empty, and every row needs it"),
        ("scope", "market: DE", "cannot be read. Write it as market=DE,AT; queue=live"),
        ("scope", "market=", "cannot be read. Write it as market=DE,AT; queue=live"),
    ],
)
def test_a_row_that_cannot_be_a_target_is_set_aside_with_its_reason(tmp_path, column, value, reason):
    rows = promised("t1 | overturn_rate | | 0.4 | 2026-01-01T00:00:00Z |").assign(**{column: value})
    intake = ingest(rows, tmp_path / "s.duckdb", fact="targets", loaded_at=FIRST_LOAD)
    assert intake.rejected == 1
    assert intake.reasons["reason"].tolist() == [reason]


def test_a_csv_is_taken_in_like_a_table(tmp_path):
    rows = promised(*NESTED)
    rows.to_csv(tmp_path / "targets.csv", index=False)
    found = []
    for name, source in (("a", tmp_path / "targets.csv"), ("b", rows)):
        with Store(make_store(tmp_path / f"{name}.duckdb", source, fact="targets")) as store:
            found.append(targets(store, FIRST_LOAD))
    assert found[0] == found[1]
    assert [one.scope for one in found[0]] == [{}, {"market": ["DE"]}, {"market": ["DE"], "queue": ["live"]}]


HOSTILE = "market=DE'; --=1,</script>; queue={x}"


def test_a_hostile_scope_is_a_scope_that_nothing_is_in(store_with):
    store = store_with(f"t1 | overturn_rate | {HOSTILE} | 0.4 | 2026-01-01 |", NESTED[0].replace("t1", "t0"))
    [hostile] = [one for one in targets(store, FIRST_LOAD) if one.id == "t1"]
    assert hostile.scope == {"market": ["DE'"], "--": ["1", "</script>"], "queue": ["{x}"]}
    assert misfit(hostile) == "no_dimension"
    assert weekly(store, where={"market": ["DE"]}) == [0.45, 0.45, 0.45]


# --- Against the definition, row by row ------------------------------------------------------------------------------

SCOPES = st.dictionaries(st.sampled_from(["market", "queue"]), st.lists(st.sampled_from("ab"), min_size=1, unique=True))
DAYS = st.dates(date(2026, 9, 21), date(2026, 10, 21))


@st.composite
def some_target(draw) -> Target:
    first = draw(DAYS)
    end = draw(st.one_of(st.none(), st.integers(1, 20).map(lambda days: first + timedelta(days=days))))
    value = draw(st.sampled_from([0.1, 0.2]))
    return target(scope=draw(SCOPES), value=value, first_day=first, end=end)


def by_definition(known: list[Target], fixed: dict[str, set[str]], day: date) -> float | None:
    """The target of one number, as the decision says it."""
    meant = [
        one
        for one in known
        if one.first_day <= day
        and (one.end is None or day < one.end)
        and all(name in fixed and fixed[name] <= set(values) for name, values in one.scope.items())
    ]
    most = [one for one in meant if len(one.scope) == max(len(other.scope) for other in meant)]
    last = {one.value for one in most if one.first_day == max(other.first_day for other in most)}
    return last.pop() if len(last) == 1 else None


@given(
    known=st.lists(some_target(), max_size=6),
    where=st.one_of(st.just({}), st.just({"queue": ["a"]}), st.just({"queue": ["a", "b"]})),
)
def test_each_row_gets_the_target_that_the_definition_gives_it(known, where):
    weeks = split(period(WEEKS), "week")
    asked = Question(metric("overturn_rate"), tuple(weeks), FIRST_LOAD, by=("market",), where=where, grain="week")
    answer = pd.DataFrame(
        [(pd.Timestamp(week.start), market) for week in weeks for market in "ab"], columns=["period", "market"]
    )
    places = in_force(known, asked, answer)
    found = [known[place].value if place >= 0 else None for place in places]
    assert found == [
        by_definition(known, {"market": {market}, **{name: set(each) for name, each in where.items()}}, day.date())
        for day, market in zip(answer["period"], answer["market"], strict=True)
    ]
