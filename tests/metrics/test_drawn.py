"""Records are drawn at random, no more of each value than asked, and the same ones for the same salt."""

import pytest

from appeal_insights.metrics.drawn import draw_records
from appeal_insights.records.store import Store
from tests.helpers import decided, make_store, question

CASES = [("2026-10-05", "GB", "reversed", 30), ("2026-10-05", "GB", "upheld", 50), ("2026-10-06", "DE", "reversed", 8)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("drawn") / "s.duckdb", decided(CASES))


def drawn(path, salt="1:", *, by=("market",), in_numerator=True, most=10):
    with Store(path) as store:
        asked = question(store, "2026-W41", by=by)
        return draw_records(store, asked, in_numerator=in_numerator, salt=salt, most=most)


def test_of_each_value_so_many_are_drawn_or_all_there_are(path):
    found = drawn(path)
    assert found["market"].value_counts().to_dict() == {"GB": 10, "DE": 8}
    assert list(found) == ["record", "cluster", "market", "drawn"]
    assert found["record"].is_unique
    assert set(found.loc[found["market"] == "GB", "record"]) <= {f"a{place}" for place in range(30)}


def test_those_outside_of_the_numerator_are_drawn_where_they_are_wanted(path):
    found = drawn(path, in_numerator=False, most=99)
    assert set(found["record"]) == {f"a{place}" for place in range(30, 80)}


def test_without_dimensions_so_many_are_drawn_of_all(path):
    assert len(drawn(path, by=())) == 10


def test_the_first_of_a_larger_draw_are_the_smaller_draw(path):
    few, many = drawn(path, by=(), most=5), drawn(path, by=(), most=20)
    assert list(few["record"]) == list(many["record"].head(5))


def test_every_record_is_drawn_about_as_often_as_any_other(path):
    """Five of the 38 reversals, two hundred times: each 26 times on average, give or take 5."""
    times = {}
    for salt in range(200):
        for record in drawn(path, f"{salt}:", by=(), most=5)["record"]:
            times[record] = times.get(record, 0) + 1
    assert len(times) == 38
    assert min(times.values()) > 8
    assert max(times.values()) < 47
