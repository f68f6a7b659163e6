"""The same query text gives the same table on a second engine, and what would not is refused."""

import re
from contextlib import closing
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import BadInput, UnknownStore
from appeal_insights.metrics.holdings import HOLDINGS
from appeal_insights.metrics.measure import statement
from appeal_insights.metrics.metric import metric, metrics
from appeal_insights.metrics.query import QUERIES, TABLE_QUERIES, query
from appeal_insights.metrics.question import query_names
from appeal_insights.records.engines import NotPortable, SparkStore, export, spark_text
from appeal_insights.records.ingest import ingest
from appeal_insights.records.sample import write_sample
from appeal_insights.records.statement import as_text, column, fill, parse, text_value, write
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, SHEET, decided, make_sheet, make_store, question, table
from tests.made_up_service import made_up
from tests.spark_server import server

WEEKS = ["2026-W43", "2026-W44", "2026-W45", "2026-W46"]
PERIODS = {"periods": WEEKS, "one": ["2026-W43..2026-W45"], "pair": ["2026-W43", "2026-W45"]}
IN_THE_PAST = datetime(2026, 11, 4, 12, 30)
OVER_MEASURES = sorted({*query_names()} - {*TABLE_QUERIES, *HOLDINGS, "identity"})  # which only figures can answer
BY = ((), ("market",), ("market", "policy"))
HOSTILE = [
    "it's", 'say "hi"', "back\\slash", "\\", "\\'", "two\nlines", "tab\there", "\\n \\u0041 \\x41", "改判 é 😀",
    "% _ $1 ? :a", "${x} {{y}}", "'; drop table appeals; --", "/* */ --", "a\x1f1", "\x7f",
    "`tick`", "A", "a", "(a)", "!", "Z",
]  # fmt: skip


def asked_of(name: str) -> list[str]:
    """The first metric of each kind that a query can be asked with, and of the facts and the moments they differ in."""
    wants = QUERIES[name]
    first: dict[tuple[str, str], str] = {}
    for one in map(metric, metrics()):
        if (
            one.kind in wants.kinds
            and (not wants.completes or one.completes)
            and (not wants.identity or one.identity)
            and wants.fact in ("", one.fact)
            and one.at.keys() | ({"decision"} if one.kind == "stock" else set())
        ):
            first.setdefault((one.kind, one.fact), one.id)
    return list(first.values())


# Of each query every kind of metric, and every fact; the first of them by none, one and two dimensions.
ASKED = [
    (name, of, by)
    for name in OVER_MEASURES
    for nth, of in enumerate(asked_of(name))
    for by in (BY if nth == 0 else BY[2:])
]  # fmt: skip


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Counts are the same to the last digit, rates to 1e-9; so are columns, their kinds and the order of rows."""
    pd.testing.assert_frame_equal(found, expected, check_exact=False, rtol=1e-9, atol=1e-9)
    for name in expected.select_dtypes("integer"):
        assert found[name].tolist() == expected[name].tolist(), name


@pytest.fixture(scope="session")
def address():
    with server() as one:
        yield one


@pytest.fixture(scope="session")
def records(tmp_path_factory):
    """The store of a small sample with all its facts."""
    folder = write_sample(tmp_path_factory.mktemp("sample"), appeals=2000, weeks=8)
    for fact in ("enforcements", "appeals", "audits"):
        taken = ingest(folder / f"{fact}.csv", folder / "records.duckdb", fact=fact, loaded_at=FIRST_LOAD)
        assert taken.rejected == 0, taken.reasons
    of_audits = write_sample(tmp_path_factory.mktemp("drift"), scenario="accuracy_drift")
    for fact in ("gold", "strata"):  # those of the same weeks
        rows = pd.read_csv(of_audits / f"{fact}.csv", dtype="str").tail(4000)
        assert ingest(rows, folder / "records.duckdb", fact=fact, loaded_at=FIRST_LOAD).rejected == 0
    of_service = made_up(5, appeals=0, tickets=1000, first=datetime(2026, 10, 15), days=31)
    for fact in ("tickets", "staffing", "disputes", "status_log", "sla_policies"):
        make_store(folder / "records.duckdb", of_service[fact], fact=fact)
    return folder / "records.duckdb"


@pytest.fixture(scope="module")
def duck(records):
    with Store(records) as store:
        yield store


@pytest.fixture(scope="module")
def spark(address, records, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lake") / "records"
    export(records, folder)
    with SparkStore(address, folder) as store:
        yield store


def on_spark(address, path, folder):
    """A small store on the other engine."""
    export(path, folder)
    return SparkStore(address, folder)


def test_every_query_over_measures_is_asked_here():
    assert {name for name, *_ in ASKED} == set(OVER_MEASURES)
    assert {*OVER_MEASURES, "identity"} == QUERIES.keys()


@pytest.mark.parametrize(("name", "of", "by"), ASKED)
def test_a_query_gives_the_same_table_on_both_engines(duck, spark, name, of, by):
    periods = PERIODS[QUERIES[name].spans]
    fits = [one for one in by if one in metric(of).dimensions]
    if len(fits) < len(by):
        fits = list(metric(of).dimensions[: len(by)])
    expected, found = (query(store, name, question(store, *periods, of=of, by=tuple(fits))) for store in (duck, spark))
    same(found, expected)
    assert len(expected), "nothing was compared"


@pytest.mark.parametrize("name", OVER_MEASURES)
def test_so_it_does_of_some_records_as_known_in_the_past(duck, spark, name):
    of, periods = asked_of(name)[0], PERIODS[QUERIES[name].spans]
    dimension = metric(of).dimensions[0]
    asked = {"of": of, "by": (dimension,), "where": {dimension: duck.values(metric(of).fact, dimension)[::2]}}
    then = [query(store, name, question(store, *periods, **asked, as_of=IN_THE_PAST)) for store in (duck, spark)]
    same(*reversed(then))
    now = query(duck, name, question(duck, *periods, **asked))
    assert not now.equals(then[0]), "what is known changed nothing, so it was not tried"


def test_rates_that_follow_from_others_are_held_against_them_on_both_engines(address, tmp_path):
    rows = table("""
        week     | market | right  | sure   | found  | all
        2026-W40 | GB     | 0.9    | 0.8    | 0.85   | 1000
        2026-W40 | DE     | 0.95   | 0.9    | 0.92   | 3000
        2026-W41 | GB     | 0.71   | 0.9    | 0.9    | 1000
        2026-W41 | DE     | 0.66   | 0      | 0.8    | 3000
    """)
    names = {"automated_accuracy": "right", "automated_precision": "sure", "automated_recall": "found"}
    rates = {
        of: {"numerator": {"rate": said, "of": "all", "rounded": True}, "denominator": ["all"]}
        for of, said in names.items()
    }
    path = make_sheet(tmp_path / "rates.duckdb", rows, metrics=rates)
    asked = {"of": "automated_accuracy", "by": ("market",)}
    with Store(path) as duck, on_spark(address, path, tmp_path / "rates") as spark:
        for name, more in (("identity", {}), ("trend", {"reckoned": ("market",)})):
            expected, found = (
                query(one, name, question(one, "2026-W40", "2026-W41", **asked, **more)) for one in (duck, spark)
            )
            same(found, expected)
            assert len(expected) == 4


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_periods_start_on_the_same_days_on_both_engines(duck, spark, grain):
    periods = {"day": ["2026-10-25", "2026-10-26"], "week": WEEKS, "month": ["2026-10", "2026-11"]}
    asked = periods | {"quarter": ["2026-Q3", "2026-Q4"], "year": ["2026"]}
    expected, found = (query(one, "trend", question(one, *asked[grain], grain=grain)) for one in (duck, spark))
    same(found, expected)
    assert expected["denominator"].sum() > 0


def test_counted_figures_give_the_same_tables_too(address, tmp_path):
    dimensions = {"dimensions": {"market": "market", "policy": "policy"}}
    rows = table("""
        week     | market | policy | reversed | decided
        2026-W40 | GB     | spam   | 2        | 5
        2026-W40 | GB     | 改判   | 1        | 7
        2026-W41 | ZA     | spam   | 0        | 1
        2026-W41 | GB     | (none) | 3        | 3
    """)
    path = make_sheet(tmp_path / "sheet.duckdb", rows, **{**SHEET, **dimensions})
    weeks = {"periods": ["2026-W40", "2026-W41"], "one": ["2026-W40..2026-W41"], "pair": ["2026-W40", "2026-W41"]}
    names = [name for name, wants in QUERIES.items() if not (wants.records or wants.identity) and name != "by_day"]
    with Store(path) as duck, on_spark(address, path, tmp_path / "sheet") as spark:
        assert (spark.tables, spark.declared("figures")) == (duck.tables, duck.declared("figures"))
        for name in names:
            for by in BY:
                for where in ({}, {"market": ["GB"]}):
                    asked = {"by": by, "where": where}
                    periods = weeks[QUERIES[name].spans]
                    same(*(query(one, name, question(one, *periods, **asked)) for one in (spark, duck)))
    assert {"trend", "breakdown", "before_after"} <= {*names}


def test_a_hostile_value_is_a_value_on_both_engines(address, tmp_path):
    parts = [decided([("2026-10-05", "GB", "upheld", 1)], policy=value) for value in HOSTILE]
    path = make_store(
        tmp_path / "hostile.duckdb", pd.concat(parts).assign(appeal_id=[f"a{n}" for n in range(len(parts))])
    )
    with Store(path) as duck, on_spark(address, path, tmp_path / "hostile") as spark:
        assert spark.values("appeals", "policy") == duck.values("appeals", "policy") == sorted(HOSTILE)
        for value in HOSTILE:
            found = query(spark, "trend", question(spark, "2026-W41", by=("policy",), where={"policy": [value]}))
            assert found[["policy", "denominator"]].to_numpy().tolist() == [[value, 1]]
        whole = [query(one, "heat_map", question(one, "2026-W41", by=("policy",))) for one in (spark, duck)]
    same(*whole)
    assert whole[0]["policy"].tolist() == sorted(HOSTILE)  # an enumeration's order is that of its texts


def test_a_spark_store_says_what_the_store_says(duck, spark):
    assert (spark.tables, spark.latest(), spark.first_load("appeals")) == (
        duck.tables, duck.latest(), duck.first_load("appeals")
    )  # fmt: skip
    pd.testing.assert_frame_equal(spark.loads, duck.loads)
    for fact in duck.tables:
        assert spark.declared(fact) == duck.declared(fact)
    assert spark.values("appeals", "policy") == duck.values("appeals", "policy")
    assert spark.span("appeals", "decided_on") == duck.span("appeals", "decided_on")
    instants = ["received_at", "decided_at"]
    assert spark.lasts("appeals", instants) == duck.lasts("appeals", instants)
    assert spark.first_load("known_events") is duck.first_load("known_events") is None
    with pytest.raises(UnknownStore, match="holds no known_events"):
        spark.require("known_events")
    with pytest.raises(NotPortable, match="fingerprint"):
        spark.fingerprint("appeals", FIRST_LOAD)
    asked = question(spark, *WEEKS)
    query(spark, "trend", asked)
    assert spark.asked[-1].text == spark_text(statement("trend", asked))


def test_a_spark_store_answers_everything_that_a_store_does_in_its_own_way():
    inherited = {"__enter__", "__exit__", "__module__", "__doc__", "__dict__", "__weakref__", "declared", "require"}
    ours = {name for name in vars(Store) if not name.startswith("__static") and not name.startswith("__first")}
    assert ours - inherited <= vars(SparkStore).keys()


EXPRESSIONS = [
    "count(*)", "count(distinct text)", "count(whole) filter (where whole > 2)", "cast(sum(whole) as bigint)",
    "min(day)", "max(text)", "cast(cast(sum(whole) as double) / nullif(count(*), 0) as double)",
    "quantile_cont(whole, 0.5)", "quantile_cont(whole, 0.9)", "quantile_cont(whole, 0.01)",
    "max(case when text in ('b', 'a') then whole end)", "max(coalesce(whole, -1))", "min(abs(whole - 4))",
    "max(pow(2, whole))", "max(cast(whole as text))", "max(cast(day as text))", "min(date_diff('day', day, last))",
    "min(date_trunc('week', day)::date)", "min(date_trunc('month', day)::date)",
    "min(date_trunc('quarter', day)::date)", "min(date_trunc('year', day)::date)",
    "count(case when not (text is null) and text <> 'b' or whole between 1 and 2 then 1 end)",
]  # fmt: skip
WINDOWS = [
    "row_number() over (order by whole desc, text)", "lag(whole) over (order by day, text)",
    "lead(text) over (partition by text order by day)",
    "cast(sum(whole) over (order by day, text rows between 1 preceding and current row) as bigint)",
    "cast(sum(whole) over part as bigint)",
]  # fmt: skip
ROWS = """
    select * from (values
        ('a', 1, date '2026-11-22', date '2026-12-01'), ('b', 3, date '2026-01-01', date '2026-01-01'),
        ('B', 8, date '2024-02-29', date '2026-03-01'), (null, null, date '2026-06-30', date '2026-07-05'),
        ('改', 2, date '2026-11-22', null)
    ) as rows(text, whole, day, last)
"""


@pytest.mark.parametrize("expression", [*EXPRESSIONS, *WINDOWS])
def test_what_is_let_through_gives_the_same_on_both_engines(duck, spark, expression):
    part = "window part as (partition by text)" if "over part" in expression else ""
    text = write(parse(f"with data as ({ROWS}) select {expression} as x from data {part} order by x"))
    same(spark.run(text, what="x"), duck.run(text, what="x"))


def test_steps_of_one_name_within_steps_are_kept_apart(duck, spark):
    text = """
        with one as (with first as (select 1 as x), again as (select x + 1 as x from first) select again.x from again),
        two as (with first as (select 10 as x), again as (select x + 1 as x from first) select again.x from again),
        again as (select 100 as x)
        select one.x as one, two.x as two, again.x as three from one cross join two cross join again
    """
    assert (
        duck.run(text, what="x").to_numpy().tolist() == spark.run(text, what="x").to_numpy().tolist() == [[2, 11, 100]]
    )


def test_rows_of_equal_metric_keep_the_order_that_was_asked_for(spark):
    text = """
        with data as (select 'one' as metric, x from (values (2), (null), (1)) as rows(x)),
        more as (select x as y from (values (1), (2)) as rows(x))
        select data.metric, x, y from data left join more on x = y order by data.metric, x desc
    """
    assert spark.run(text, what="x")["x"].tolist()[:2] == [2, 1]  # as DuckDB has it, nothing comes last


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("select median(x) from t", "write quantile_cont(x, 0.5)"),
        ("select percentile_cont(0.5) within group (order by x) from t", "becomes an approximation"),
        ("select quantile_disc(x, 0.5) from t", "not tried on both engines"),
        ("select approx_quantile(x, 0.5) from t", "not tried on both engines"),
        ("select list(a order by b) from t", "forgets the order"),
        ("select isodow(day) from t", "use date_trunc"),
        ("select timezone('Europe/Berlin', at) from t", "cannot be asked"),
        ("select at at time zone 'UTC' from t", "local days"),
        ("select epoch(at) from t", "not tried"),
        ("select strftime(day, '%V') from t", "not tried"),
        ("select date_diff('hour', a, b) from t", "such units"),
        ("select date_diff('month', a, b) from t", "such units"),
        ("select date_trunc('hour', a) from t", "such units"),
        ("select x // 2 from t", "divide by /"),
        ("select x / y from t", "write nullif(..., 0)"),
        ("select x / 0 from t", "write nullif(..., 0)"),
        ("select cast(x / nullif(y, 0) as bigint) from t", "Spark cuts it off"),
        ("select 1.0 * x from t", "a decimal or a float"),
        ("select quantile_cont(x, [0.5, 0.9])[1] from t", "name the list in one step"),
        ("select x from t where y = 'a\0b'", "no store holds a NUL"),
        ("select x from t order by x limit 1000001", "the most is 1,000,000 rows"),
        ("select try_cast(x as int) from t", "have their types"),
        ("select cast(x as hugeint) from t", "not tried"),
        ("select x from t qualify row_number() over (order by y) = 1", "number the rows in one step"),
        ("select a, b from t group by rollup (a, b)", "not tried"),
        ("select a from t group by all", "name the columns"),
        ("select a from t order by all", "name the columns"),
        ("select * exclude (a) from t", "name the columns"),
        ("select x from a asof join b on a.t >= b.t", "not tried"),
        ("select x from a semi join b using (t)", "not tried"),
        ("select x from t using sample 5", "not tried"),
        ("select x from read_parquet('/etc/passwd')", "not tried"),
        ("""select x from parquet."/etc/passwd" """, "tables of its store only"),
        ("select x from (with a as (select 1 as x) select x from a) as b", "before the statement"),
        ("with recursive a as (select 1 as x union all select x + 1 from a) select x from a", "before the statement"),
        ("select no_such_function(x) from t", "not tried"),
        ("select random() from t", "not tried"),
        ("select now()", "not tried"),
        ("select 1; select 2", "One query at a time"),
        ("drop table appeals", "One query at a time"),
        ("select from from", "Cannot read the query"),
    ],
)
def test_what_engines_would_answer_otherwise_is_refused(text, says):
    with pytest.raises(NotPortable, match=re.escape(says)):
        spark_text(text)


@pytest.mark.parametrize(
    ("text", "spark"),
    [
        ("select quantile_cont(x, 0.5) as q from t", "SELECT PERCENTILE(x, 0.5) AS q FROM t"),
        ("select q[1] as low from (select quantile_cont(x, [0.5, 0.9]) as q from t) as s",
         "SELECT q[0] AS low FROM ( SELECT PERCENTILE(x, ARRAY(0.5, 0.9)) AS q FROM t ) AS s"),
        ("select row_number() over (order by x) as n from t",
         "SELECT CAST(ROW_NUMBER() OVER (ORDER BY x NULLS LAST) AS BIGINT) AS n FROM t"),
        ("select cast('2026-11-16 06:00:00' as timestamp) as at",
         "SELECT CAST('2026-11-16 06:00:00' AS TIMESTAMP_NTZ) AS at"),
        ("select x from t order by x, x + 1 desc",
         "SELECT x FROM t ORDER BY GREATEST(x, x) NULLS LAST, x + 1 DESC"),
        ("with a as (with b as (select 1 as x) select b.x from b) select x from a",
         "WITH a__b AS ( SELECT 1 AS x ), a AS ( SELECT b.x FROM a__b AS b ) SELECT x FROM a"),
    ],
)  # fmt: skip
def test_rules_say_in_spark_what_duckdb_means(text, spark):
    assert " ".join(spark_text(text).split()) == spark


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_a_value_is_written_so_that_spark_reads_the_same_one(value):
    text = write(fill(parse("select x from t where y = value"), {"value": text_value(value)}))
    written = spark_text(text).partition("y = ")[2]
    assert written[0] == written[-1] == "'"
    assert re.fullmatch(r"(?s)(\\.|[^\\'])*", written[1:-1])  # no quote and no backslash stands alone
    assert re.sub(r"(?s)\\([0-7]{3}|.)", _meant, written[1:-1]) == value


def _meant(escaped: re.Match[str]) -> str:
    """What Spark reads for a backslash and what follows it."""
    code = escaped[1]
    return (
        chr(int(code, 8))
        if len(code) == 3
        else {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "Z": "\x1a"}.get(code, code)
    )


def test_a_name_with_a_backtick_stays_one_name():
    text = write(fill(parse("select x from t"), {"x": as_text("a`b; drop")}))
    assert "CAST(`a``b; drop` AS STRING) AS `a``b; drop`" in spark_text(text)
    assert column("a").name == "a"


def test_an_export_is_whole_and_takes_nobody_elses_place(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided([("2026-10-05", "GB", "upheld", 2)]))
    tables = ["about", "appeals", "loads", "paired_appeals", "rejects"]
    with closing(Store(path)):  # also while somebody reads it
        assert export(path, tmp_path / "lake") == tables
    files = sorted(file.relative_to(tmp_path / "lake").as_posix() for file in (tmp_path / "lake").rglob("*.parquet"))
    assert files == [f"{name}/part-0.parquet" for name in tables]
    assert {file.stat().st_mode & 0o077 for file in (tmp_path / "lake").rglob("*")} == {0}
    with pytest.raises(BadInput, match="is there already"):
        export(path, tmp_path / "lake")
    with pytest.raises(UnknownStore):
        export(tmp_path / "other.duckdb", tmp_path / "other")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["lake", "s.duckdb"]


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("localhost:1", "no address of a Spark Connect server"),
        ("http://localhost:1", "no address of a Spark Connect server"),
        ("sc://127.0.0.1:1", "Nobody answers at sc://127.0.0.1:1"),
    ],
)
def test_a_server_that_is_not_there_is_named_at_once(address, says):
    with pytest.raises(BadInput, match=says):
        SparkStore(address, "anywhere")


def test_a_folder_that_holds_no_store_is_refused(address, tmp_path):
    with pytest.raises(BadInput, match="finds no table about"):
        SparkStore(address, tmp_path / "nowhere")
