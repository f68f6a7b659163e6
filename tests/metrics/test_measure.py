"""The text of a question runs in any DuckDB shell on the store's file, and nothing in it was pasted."""

import duckdb
import pandas as pd
import pytest

from appeal_insights.errors import UnknownQuery
from appeal_insights.metrics.holdings import HOLDINGS
from appeal_insights.metrics.measure import measures, statement, table_statement
from appeal_insights.metrics.metric import metric
from appeal_insights.metrics.query import QUERIES, TABLE_QUERIES, query
from appeal_insights.metrics.question import Question, query_names, query_text
from appeal_insights.periods import period
from appeal_insights.records.statement import parse, write
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, decided, make_sheet, make_store, question, table

CASES = [("2026-09-28", "GB", "reversed", 2), ("2026-09-28", "ZA", "upheld", 3), ("2026-10-06", "GB", "upheld", 1)]
ASKED = {
    "trend": ["2026-W40", "2026-W41", "2026-W42"],
    "breakdown": ["2026-W40..2026-W41"],
    "before_after": ["2026-W40", "2026-W41"],
    "by_day": ["2026-W40", "2026-W41"],
    "by_cluster": ["2026-W40", "2026-W41"],
    "top_movers": ["2026-W40", "2026-W41"],
    "heat_map": ["2026-W40", "2026-W41"],
    "cohort": ["2026-W40", "2026-W41"],
    "records": ["2026-W40..2026-W41"],
    "flows": ["2026-W40", "2026-W41"],
    "ageing": ["2026-W40", "2026-W41"],
    "distribution": ["2026-W40..2026-W41"],
    "percentiles": ["2026-W40", "2026-W41"],
}
OF = {"flows": "backlog", "ageing": "backlog", "distribution": "turnaround", "percentiles": "turnaround"}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("cases") / "cases.duckdb", decided(CASES, policy="it's; spam"))


@pytest.fixture(scope="module")
def sheet(tmp_path_factory):
    rows = table("week | market | reversed | decided\n2026-W40 | GB | 2 | 5\n2026-W41 | ZA | 0 | 1")
    return make_sheet(tmp_path_factory.mktemp("sheet") / "sheet.duckdb", rows)


def in_a_shell(path, text: str) -> pd.DataFrame:
    """What a plain connection answers that has the store's file attached."""
    with duckdb.connect() as shell:
        shell.execute("attach $1 as store (read_only)", [str(path)])
        shell.execute("use store")
        answer = shell.execute(text).df()
    return answer.astype(dict.fromkeys(answer.select_dtypes("category").columns, "str"))


def test_every_query_file_is_asked_here():
    assert set(query_names()) == {*ASKED, "funnel", "identity", *TABLE_QUERIES, *HOLDINGS}
    assert set(QUERIES) == {*ASKED, "funnel", "identity"}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("by", [(), ("market",), ("market", "policy")])
def test_the_text_of_a_question_gives_the_same_table_in_a_plain_shell(path, name, by):
    with Store(path) as store:
        asked = question(store, *ASKED[name], by=by, where={"policy": ["it's; spam"]}, of=OF.get(name, "overturn_rate"))
        answer, text = query(store, name, asked).drop(columns="segment"), statement(name, asked)
        assert [one.text for one in store.asked if one.what == name] == [text]
    pd.testing.assert_frame_equal(in_a_shell(path, text), answer)


def test_the_text_of_a_funnel_runs_in_a_plain_shell(tmp_path):
    path = make_store(tmp_path / "s.duckdb", decided(CASES))
    enforced = table(
        "enforcement_id | market | restriction_class | enforced_at\ne1 | GB | account | 2026-09-28T12:00:00Z"
    )
    make_store(path, enforced.assign(stands_for=3), fact="enforcements")
    make_store(path, decided(CASES, enforcement_id="e1"))
    with Store(path) as store:
        asked = question(store, "2026-W40", of="appeal_rate", by=("market",))
        answer, text = query(store, "funnel", asked).drop(columns="segment"), statement("funnel", asked)
    pd.testing.assert_frame_equal(in_a_shell(path, text), answer)
    assert answer["denominator"].unique().tolist() == [3]


@pytest.mark.parametrize("name", ["trend", "breakdown", "before_after", "heat_map", "top_movers"])
def test_the_text_of_a_question_about_figures_runs_in_a_plain_shell(sheet, name):
    with Store(sheet) as store:
        asked = question(store, *ASKED[name], by=("market",))
        answer, text = query(store, name, asked).drop(columns="segment"), statement(name, asked)
    pd.testing.assert_frame_equal(in_a_shell(sheet, text), answer)


@pytest.mark.parametrize("name", ["loads", "rejects"])
def test_the_text_about_a_named_table_runs_in_a_plain_shell(path, name):
    assert len(in_a_shell(path, table_statement(name, FIRST_LOAD))) == {"loads": 1, "rejects": 0}[name]


@pytest.mark.parametrize("by", [(), ("market",)])
def test_measures_of_records_and_of_figures_have_the_same_columns_all_counts_whole(path, sheet, by):
    kinds = []
    for one in (path, sheet):
        with Store(one) as store:
            text = write(measures(question(store, "2026-W40", by=by)))
        with duckdb.connect() as shell:
            shell.execute("attach $1 as store (read_only)", [str(one)])
            shell.execute("use store")
            found = shell.execute(f"select * from ({text})").description
        kinds.append({name: str(kind) for name, kind, *_ in found if name not in by})
    expected = {
        "metric": "VARCHAR",
        "period": "DATE",
        "bucket": "INTEGER",
        "numerator": "BIGINT",
        "denominator": "BIGINT",
    }
    assert kinds == [expected, expected]


def test_periods_that_follow_on_one_another_are_one_span_in_the_text(path):
    with Store(path) as store:
        together = write(measures(question(store, *ASKED["trend"], grain="week")))
        apart = write(measures(question(store, "2026-W40", "2026-W42", grain="week")))
    assert together.count('decided_on" >= ') == 1
    assert apart.count('decided_on" >= ') == 2


def test_the_text_is_the_same_whenever_it_is_asked(path):
    with Store(path) as store:
        asked = question(store, *ASKED["trend"], by=("market",))
        assert len({statement("trend", asked) for _ in range(3)}) == 1


def test_columns_that_nobody_asks_for_are_not_read(path):
    with Store(path) as store:
        text = statement("trend", question(store, "2026-W40", by=("market",)))
    assert "received_at" not in text
    assert "appeal_id" not in text


def test_a_name_is_quoted_and_a_value_is_a_literal_whatever_they_hold():
    asked = Question(
        metric("overturn_rate"), (period("2026-W40"),), FIRST_LOAD,
        by=('market"; drop table appeals; --',), where={"policy": ["'; drop table appeals; --"]},
    )  # fmt: skip
    text = statement("trend", asked)
    assert '"market""; drop table appeals; --"' in text
    assert "'''; drop table appeals; --'" in text
    assert write(parse(text)) == text


def test_an_unknown_query_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownQuery, match="Did you mean 'trend'"):
        query_text("trends")
