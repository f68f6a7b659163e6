"""Holes are filled in the syntax tree, so that no name and no value, however hostile, ever becomes part of the SQL."""

from datetime import date, datetime

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot import exp

from appeal_insights.errors import BadPredicate
from appeal_insights.records.statement import (
    as_text,
    column,
    create_table,
    day_value,
    fill,
    instant_value,
    of_other,
    parse,
    predicate,
    text_value,
    write,
)

HOSTILE = (
    "'); drop table records; --",
    "it's",
    '"quoted"',
    "a;b",
    "back\\slash\\",
    "two\nlines\r\n",
    "/* no comment */ -- none",
    "$1 ? :name {0} %s",
    "改判率 é 🙂",
    "",
)  # fmt: skip
COLUMNS = ("outcome", "market", "amount", "received_at", "decided_at")


def line(tree: exp.Expr) -> str:
    return " ".join(write(tree).split())


@pytest.fixture(scope="module")
def run():
    with duckdb.connect() as connection:
        connection.execute("create table records as select 1 as a, 2 as b union all select 3, 4")
        yield lambda text: connection.execute(text).fetchall()


def test_a_list_hole_is_spliced_into_select_group_by_order_by_and_using():
    tree = parse("select dims, sum(b) from t join u using (k, dims) group by dims, k order by dims desc, k")
    filled = fill(tree, {"dims": [column("x"), column("y")]})
    assert line(filled) == (
        'SELECT "x", "y", SUM(b) FROM t JOIN u USING (k, "x", "y") GROUP BY "x", "y", k ORDER BY "x", "y", k'
    )


def test_a_hole_without_columns_vanishes_with_its_comma():
    tree = parse("select dims, k from t join u using (k, dims) group by k, dims order by dims, k")
    assert line(fill(tree, {"dims": []})) == "SELECT k FROM t JOIN u USING (k) GROUP BY k ORDER BY k"


def test_a_hole_is_filled_wherever_it_stands_and_the_shared_tree_stays_as_it_was():
    tree = parse("select cell as c from t where cell > 1")
    before = write(tree)
    assert line(fill(tree, {"cell": column("a b")})) == 'SELECT "a b" AS c FROM t WHERE "a b" > 1'
    assert write(tree) == before


def test_a_column_with_a_table_before_it_is_no_hole():
    assert line(fill(parse("select t.dims from t"), {"dims": column("x")})) == "SELECT t.dims FROM t"


def test_a_filling_is_not_looked_through_for_more_holes():
    filled = fill(parse("select one, other from t"), {"one": column("other"), "other": text_value("x")})
    assert line(filled) == "SELECT \"other\", 'x' FROM t"


def test_several_columns_need_a_list_to_stand_in():
    with pytest.raises(BadPredicate, match="must stand in a list"):
        fill(parse("select a + dims from t"), {"dims": [column("x"), column("y")]})


def test_a_table_is_renamed_as_a_name(run):
    assert run(write(fill(parse("select a from fact order by a"), {}, tables={"fact": "records"}))) == [(1,), (3,)]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
@example("'); drop table records; --")
@example("\\'; select 1; --\n")
def test_any_value_comes_back_equal_when_the_text_is_run(run, value):
    text = write(fill(parse("select given as given, count(*) from records"), {"given": text_value(value)}))
    assert run(text) == [(value, 2)]


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_hostile_column_name_names_a_column_and_nothing_else(name):
    with duckdb.connect() as connection:
        connection.execute(create_table("records", {name: "integer"}))
        connection.execute("insert into records values (7)")
        text = write(fill(parse("select wanted from records"), {"wanted": column(name)}))
        answer = connection.execute(text)
        assert [entry[0] for entry in answer.description] == [name]
        assert answer.fetchall() == [(7,)]


def test_an_enumeration_holds_hostile_values_as_they_are():
    values = sorted(HOSTILE)
    with duckdb.connect() as connection:
        connection.execute(create_table("it's", {"policy": values, "day": "date"}))
        connection.executemany('insert into "it\'s" values ($1, null)', [[value] for value in values])
        rows = connection.execute('select policy, typeof(policy) from "it\'s"').fetchall()
    assert [value for value, _ in rows] == values
    assert all(kind.startswith("ENUM") for _, kind in rows)


def test_days_and_instants_come_back_as_they_were(run):
    day, moment = date(2026, 3, 1), datetime(2026, 3, 1, 4, 5, 6, 789)
    assert run(write(exp.select(day_value(day), instant_value(moment)))) == [(day, moment)]


def test_a_column_as_text_keeps_its_name_and_every_digit():
    with duckdb.connect() as connection:
        connection.execute("create table t as select 1234567890123456789 as id")
        text = write(fill(parse("select asked from t"), {"asked": [as_text("id")]}))
        assert connection.execute(text).fetchall() == [("1234567890123456789",)]


@pytest.mark.parametrize(
    "text",
    [
        "outcome = 'x'",
        "outcome in ('x', 'y') and not (market <> 'GB' or market is null)",
        "amount between 1 and 5",
        "amount * 2 + 1 >= -3",
        "case when amount > 1 then true else false end",
        "coalesce(outcome = 'x', false)",
        "decided_at >= received_at",
        "outcome = 'it''s; drop table records'",
        "true",
    ],
)
def test_a_row_level_question_is_accepted_and_runs(text):
    tree = predicate(text, COLUMNS, what="the numerator")
    row = "select null::varchar outcome, 'GB' market, 2 amount, timestamp '2026-01-01' received_at, null::timestamp d"
    with duckdb.connect() as connection:
        connection.execute(f"create table records as {row}")
        connection.execute("alter table records rename d to decided_at")
        answer = connection.execute(write(exp.select(tree).from_("records"))).fetchall()[0][0]
    assert answer in (True, False, None)


@pytest.mark.parametrize(
    "text",
    [
        "outcome in (select 'x')",
        "(select true)",
        "exists (select 1 from records)",
        "market in other_table",
        "lower(outcome) = 'x'",
        "amount > random()",
        "count(*) > 1",
        "row_number() over () = 1",
        "outcome like 'x%'",
        "outcome = (select content from read_text('/etc/hostname'))",
        "read_csv('x.csv') is null",
        "cast(outcome as int) = 1",
        "amount::int = 1",
        "amount / 2 = 1",
        "outcome = 'x'; drop table records",
        "outcome = 'x'; select 1",
        "select true",
        "drop table records",
        "attach 'x.db'",
        "outcome = $1",
        "outcome = ?",
        "list_filter([1], lambda x: x > 0) is null",
        "outcome = 'x' union select true",
        "t.outcome = 'x'",
        "*",
        "outcome",
        "1",
        "'true'",
        "amount + 1",
        "",
        "-- nothing",
        "outcome = 'open",
        "outcome = = 'x'",
    ],
)
def test_more_than_a_row_level_question_is_refused(text):
    with pytest.raises(BadPredicate):
        predicate(text, COLUMNS, what="the numerator of a metric")


def test_a_refusal_shows_the_part_that_is_too_much():
    with pytest.raises(BadPredicate, match=r"The numerator may only compare columns of one row: .*LOWER\(outcome\)"):
        predicate("market = 'GB' and lower(outcome) = 'x'", COLUMNS, what="the numerator")


def test_an_unknown_column_is_answered_with_the_nearest_one():
    with pytest.raises(BadPredicate, match=r"Did you mean 'outcome'.* There are: outcome, market"):
        predicate("outcom = 'x'", COLUMNS, what="the numerator")


def test_of_the_other_record_the_same_is_said_of_other_columns_under_other_names():
    said = [parse("coalesce(outcome = 'upheld', false)"), column("market").as_("place")]
    assert [write(of_other(one)) for one in said] == [
        "COALESCE(\"other_outcome\" = 'upheld', FALSE)",
        '"other_market" AS "other_place"',
    ]
    assert write(of_other(parse("outcome = market"), ["market"])) == '"other_outcome" = market'
    assert write(said[0]) == "COALESCE(outcome = 'upheld', FALSE)", "the first one stays as it was"
