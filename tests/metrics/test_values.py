"""The values of a dimension: by how many records have them, as known at an instant, of those that hold a text."""

from datetime import datetime

import pytest

from appeal_insights.errors import UnknownDimension
from appeal_insights.findings.answer import query as answer
from appeal_insights.metrics.holdings import holding, query_holding, values
from appeal_insights.records.shared import MOST_OPEN, shared
from appeal_insights.records.store import Store
from tests.helpers import decided, make_sheet, make_store, table

CASES = [("2026-11-02", market, "upheld", n) for market, n in (("DE", 3), ("FR", 5), ("GB", 4), ("GR", 4))]
LATER = datetime(2026, 11, 20)


@pytest.fixture
def path(tmp_path):
    return make_store(tmp_path / "some.duckdb", decided(CASES, policy="Misleading %_ claims"))


def ask(path, dimension="market", fact="appeals", as_of=LATER, **asked):
    with Store(path) as store:
        found = values(store, holding(store, fact, as_of), dimension, **asked)
    return [(row.value, row.records, row.found) for row in found.itertuples()]


def test_values_of_most_records_come_first_and_those_of_as_many_by_name(path):
    assert ask(path) == [("FR", 5, 4), ("GB", 4, 4), ("GR", 4, 4), ("DE", 3, 4)]


def test_a_text_keeps_those_that_hold_it_whatever_its_case(path):
    assert ask(path, holding="g") == [("GB", 4, 2), ("GR", 4, 2)]
    assert ask(path, holding="x") == []


def test_signs_of_a_pattern_are_signs(path):
    assert ask(path, "policy", holding="%_") == [("Misleading %_ claims", 16, 1)]
    assert ask(path, holding="%") == []
    assert ask(path, holding="' or true --") == []


def test_of_many_so_many_are_given_and_all_are_counted(path):
    assert ask(path, most=2) == [("FR", 5, 4), ("GB", 4, 4)]


def test_values_that_nobody_knew_then_are_not_there(path):
    more = [*CASES, ("2026-11-17", "NZ", "upheld", 9)]
    make_store(path, decided(more), loaded_at=datetime(2026, 11, 18))
    assert ask(path)[0] == ("NZ", 9, 5)
    assert ("NZ", 9, 5) not in ask(path, as_of=datetime(2026, 11, 17, 6))


def test_figures_weigh_as_many_records_as_they_stand_for(tmp_path):
    rows = table("""
        week     | market | reversed | decided
        2026-W40 | DE     | 1        | 10
        2026-W41 | DE     | 1        | 10
        2026-W40 | FR     | 1        | 15
    """)
    assert ask(make_sheet(tmp_path / "sheet.duckdb", rows), fact="figures") == [("DE", 20, 2), ("FR", 15, 2)]


def test_it_is_asked_by_name_like_every_other_query(demo):
    found = answer("values", store="demo", by="market", workspace=demo.root)
    assert found["records"].is_monotonic_decreasing
    whole = answer("coverage", store="demo", workspace=demo.root)["records"].sum()
    assert found["records"].sum() >= whole
    with Store(demo.store()) as store, pytest.raises(UnknownDimension, match="markt"):
        query_holding(store, "values", holding(store, "appeals", store.latest()), by="markt")


def test_a_store_is_opened_once_and_anew_where_its_file_was_replaced(path):
    with shared(path) as one, shared(path) as other:
        assert one is other
    make_store(path, decided([*CASES, ("2026-11-03", "DE", "upheld", 1)]), loaded_at=datetime(2026, 11, 18))
    with shared(path) as replaced:
        assert replaced is not one
        assert replaced.latest() == datetime(2026, 11, 18)


def test_of_many_stores_those_asked_last_stay_open(tmp_path):
    paths = [make_store(tmp_path / f"s{number}.duckdb", decided(CASES[:1])) for number in range(MOST_OPEN + 1)]
    opened = []
    for path in paths:
        with shared(path) as store:
            opened.append(store)
    with shared(paths[-1]) as last, shared(paths[0]) as first:
        assert last is opened[-1]
        assert first is not opened[0]
