"""Each metric gives what ten appeals give by hand, and a declaration that does not hold together is refused."""

import re

import pytest

from appeal_insights.errors import BadContract, BadParameter, BadPredicate, UnknownMetric, UnknownName
from appeal_insights.metrics.metric import BASES, day_of, metric, metrics, read_metrics
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import period
from appeal_insights.records.store import Store
from tests.helpers import answer, make_store, table

# Seven were decided on their merits: three upheld, two reversed wholly, two in part. Two were closed without a
# decision and one is open.
TEN = table("""
    appeal_id | received_at          | decided_at           | outcome
    1         | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld
    2         | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_reversed
    3         | 2026-10-05T08:00:00Z | 2026-10-06T12:00:00Z | decision_upheld
    4         | 2026-10-06T08:00:00Z | 2026-10-06T12:00:00Z | decision_partially_reversed
    5         | 2026-10-06T08:00:00Z | 2026-10-07T12:00:00Z | decision_omitted
    6         | 2026-10-06T08:00:00Z | 2026-10-07T12:00:00Z | decision_reversed
    7         | 2026-10-07T08:00:00Z | 2026-10-08T12:00:00Z | decision_partially_reversed
    8         | 2026-10-07T08:00:00Z | 2026-10-08T12:00:00Z | decision_omitted
    9         | 2026-10-08T08:00:00Z | 2026-10-09T12:00:00Z | decision_upheld
    10        | 2026-10-09T08:00:00Z |                      |
""").assign(market="GB", appeal_round=["1", "1", "1", "1", "2", "2", "1", "1", "2", "2"])
ON_MERITS = {"overturn_rate": (2 + 2, 3 + 2 + 2), "full_overturn_rate": (2, 3 + 2 + 2)}
# Second appeals are 5 (omitted), 6 (reversed), 9 (upheld) and 10 (open).
BY_HAND = {**ON_MERITS, "round_2_overturn_rate": (1, 1 + 1), "omitted_share": (2, 3 + 2 + 2 + 2)}
DECLARED = """
[closed_rate]
name = { en = "Closed", zh = "关闭率" }
asks = { en = "How many?", zh = "多少？" }
kind = "proportion"
fact = "appeals"
at = { decision = "decided_at" }
denominator = "outcome is not null"
numerator = "outcome = 'decision_omitted'"
better = "lower"
settles_in_days = 28
version = 1
source = "a test"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_store(tmp_path_factory.mktemp("ten") / "ten.duckdb", TEN)


def counts(path, name: str, **asked) -> tuple[int, int]:
    [row] = answer(path, "breakdown", "2026-W41", of=name, **asked).itertuples()
    return row.numerator, row.denominator


def test_every_metric_that_records_hold_has_its_ten_rows_here():
    assert set(BY_HAND) == {name for name, found in metrics().items() if found.at}


def test_a_metric_that_only_figures_hold_is_not_counted_from_records(path):
    assert metric("sla_attainment").at == {}
    with pytest.raises(BadParameter, match=r"No record says sla_attainment.* store of figures"):
        counts(path, "sla_attainment")


@pytest.mark.parametrize("name", BY_HAND)
def test_a_metric_counts_what_ten_appeals_give_by_hand(path, name):
    assert counts(path, name) == BY_HAND[name]


def test_a_partial_reversal_is_an_overturn_but_no_full_one(path):
    partial = int(TEN["outcome"].eq("decision_partially_reversed").sum())
    assert counts(path, "overturn_rate")[0] - counts(path, "full_overturn_rate")[0] == partial == 2


@pytest.mark.parametrize(
    ("wrong", "denominator"),
    [
        ("every appeal received", len(TEN)),
        ("every appeal closed, also those without a decision", int(TEN["decided_at"].notna().sum())),
        (
            "only those upheld or wholly reversed",
            int(TEN["outcome"].isin(["decision_upheld", "decision_reversed"]).sum()),
        ),
    ],
)
@pytest.mark.parametrize("name", ON_MERITS)
def test_a_popular_wrong_denominator_is_another_number(path, name, wrong, denominator):
    assert counts(path, name)[1] == 7 != denominator, wrong


def test_the_second_round_is_no_share_of_all_rounds_and_omitted_no_share_of_the_received(path):
    assert counts(path, "round_2_overturn_rate")[1] != counts(path, "overturn_rate")[1]
    assert counts(path, "omitted_share")[1] == len(TEN) - 1, "one is open"


@pytest.mark.parametrize("name", BY_HAND)
def test_open_appeals_count_in_no_basis(path, name):
    assert counts(path, name, basis="submission") == BY_HAND[name]


def test_an_appeal_without_the_time_of_a_basis_belongs_to_no_period(tmp_path):
    enforced = TEN.assign(enforced_at=["2026-10-05T07:00:00Z"] * 2 + [None] * 8)
    other = make_store(tmp_path / "s.duckdb", enforced)
    assert counts(other, "overturn_rate", basis="enforcement") == (1, 2)


def test_every_metric_has_a_version_a_source_and_both_languages():
    for found in metrics().values():
        assert found.version >= 1
        assert found.source
        assert re.search("[\u4e00-\u9fff]", found.name["zh"] + found.asks["zh"])
        assert found.asks["en"].endswith("?")
        assert set(found.at) in (set(BASES), set())


def test_an_unknown_metric_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownMetric, match=r"Did you mean 'overturn_rate'.* There are: overturn_rate"):
        metric("overtun_rate")


def test_a_basis_that_a_metric_does_not_have_is_refused():
    with pytest.raises(BadParameter, match=r"has no basis 'submision'\. Did you mean 'submission'"):
        metric("overturn_rate").instant("submision")


def test_the_day_of_an_instant_is_the_local_one():
    assert day_of("decided_at") == "decided_on"


def test_a_declaration_that_holds_together_is_read():
    assert read_metrics(DECLARED)["closed_rate"].instant("decision") == "decided_at"


@pytest.mark.parametrize(
    ("right", "wrong", "error", "says"),
    [
        ('kind = "proportion"', 'kind = "ratio"', BadContract, "of the kind 'ratio'. Known kinds: proportion"),
        ('source = "a test"', "", BadContract, "is not complete"),
        ('source = "a test"', 'source = "a test"\nunit = "share"', BadContract, "is not complete"),
        ('better = "lower"', 'better = "small"', BadContract, "better is lower or higher"),
        ('name = { en = "Closed", zh = "关闭率" }', 'name = { en = "Closed" }', BadContract, "want en and zh"),
        ('fact = "appeals"', 'fact = "appels"', UnknownName, "Did you mean 'appeals'"),
        ('decision = "decided_at"', 'decison = "decided_at"', BadContract, "is no instant of appeals"),
        ('decision = "decided_at"', 'decision = "outcome"', BadContract, "is no instant of appeals"),
        ('decision = "decided_at"', 'decision = "closed_at"', BadContract, "is no instant of appeals"),
        ("outcome is not null", "outcome in (select 1)", BadPredicate, "The denominator of closed_rate"),
        ("outcome is not null", "random() < 0.5", BadPredicate, "The denominator of closed_rate"),
        ("outcome = 'decision_omitted'", "outcom = 'x'", BadPredicate, "Did you mean 'outcome'"),
        ("outcome = 'decision_omitted'", "decided_on > '2026-01-01'", BadPredicate, "The numerator of closed_rate"),
    ],
)
def test_a_declaration_that_does_not_hold_together_is_refused(right, wrong, error, says):
    assert right in DECLARED
    with pytest.raises(error, match=re.escape(says)):
        read_metrics(DECLARED.replace(right, wrong))


def test_a_numerator_counts_only_inside_its_denominator(path):
    text = DECLARED.replace("outcome is not null", "outcome in ('decision_upheld', 'decision_reversed')")
    text = text.replace("outcome = 'decision_omitted'", "outcome is null or outcome <> 'decision_upheld'")
    with Store(path) as store:
        question = ask(store, read_metrics(text)["closed_rate"], [period("2026-W41")], as_of=store.latest())
        [row] = query(store, "breakdown", question).itertuples()
    assert (row.numerator, row.denominator) == (2, 5)
