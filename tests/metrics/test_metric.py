"""A declaration says what it must, in both languages, and one that does not hold together is refused."""

import re

import pytest

from appeal_insights.errors import BadContract, BadParameter, BadPredicate, UnknownMetric, UnknownName
from appeal_insights.metrics.metric import BASES, day_of, metric, metrics, read_metrics
from appeal_insights.metrics.query import ask, query
from appeal_insights.periods import period
from appeal_insights.records.store import Store
from tests.helpers import answer, make_store, table

FIVE = table("""
    appeal_id | received_at          | decided_at           | outcome
    1         | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_upheld
    2         | 2026-10-05T08:00:00Z | 2026-10-05T12:00:00Z | decision_reversed
    3         | 2026-10-06T08:00:00Z | 2026-10-07T12:00:00Z | decision_omitted
    4         | 2026-10-07T08:00:00Z | 2026-10-08T12:00:00Z | decision_partially_reversed
    5         | 2026-10-09T08:00:00Z |                      |
""").assign(market="GB")
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
    return make_store(tmp_path_factory.mktemp("five") / "five.duckdb", FIVE)


def counts(path, name: str, **asked) -> tuple[int, int]:
    [row] = answer(path, "breakdown", "2026-W41", of=name, **asked).itertuples()
    return row.numerator, row.denominator


def test_a_metric_that_only_figures_hold_is_not_counted_from_records(path):
    assert metric("automated_accuracy").at == {}
    with pytest.raises(BadParameter, match=r"No record says automated_accuracy.* store of figures"):
        counts(path, "automated_accuracy")


def test_a_promise_is_counted_when_it_falls_due_and_on_no_other_basis():
    assert metric("sla_attainment").at == {"due": "due_at"}
    assert metric("sla_attainment").basis == "due"
    with pytest.raises(BadParameter, match="no basis 'decision'"):
        metric("sla_attainment").instant("decision")


@pytest.mark.parametrize("basis", ["decision", "submission"])
@pytest.mark.parametrize(
    ("name", "expected"), [("overturn_rate", (2, 3)), ("full_overturn_rate", (1, 3)), ("omitted_share", (1, 4))]
)
def test_open_appeals_count_in_no_basis(path, name, basis, expected):
    assert counts(path, name, basis=basis) == expected


def test_an_appeal_without_the_time_of_a_basis_belongs_to_no_period(tmp_path):
    enforced = FIVE.assign(enforced_at=["2026-10-05T07:00:00Z"] * 2 + [None] * 3)
    other = make_store(tmp_path / "s.duckdb", enforced)
    assert counts(other, "overturn_rate", basis="enforcement") == (1, 2)


def test_every_metric_has_a_version_a_source_and_both_languages():
    for found in metrics().values():
        assert found.version >= 1
        assert found.source
        assert re.search("[\u4e00-\u9fff]", found.name["zh"] + found.asks["zh"])
        assert found.asks["en"].endswith("?")
        assert set(found.at) <= set(BASES)
        assert found.basis in (*found.at, "decision")
        assert not found.at or found.basis == next(iter(found.at)), "the first one named is meant where none is said"


def test_an_unknown_metric_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownMetric, match=r"Did you mean 'overturn_rate'.* There are: appeal_rate"):
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
        (
            'kind = "proportion"',
            'kind = "sampled"',
            BadContract,
            "of the kind 'sampled'. Known kinds: proportion, ratio",
        ),
        ('source = "a test"', "", BadContract, "is not complete"),
        ('source = "a test"', 'source = "a test"\nowner = "me"', BadContract, "is not complete"),
        ('better = "lower"', 'better = "small"', BadContract, "better is lower or higher"),
        ('name = { en = "Closed", zh = "关闭率" }', 'name = { en = "Closed" }', BadContract, "want en and zh"),
        ('fact = "appeals"', 'fact = "appels"', UnknownName, "Did you mean 'appeals'"),
        ('decision = "decided_at"', 'decison = "decided_at"', BadContract, "is no instant of appeals"),
        ('decision = "decided_at"', 'decision = "outcome"', BadContract, "is no instant of appeals"),
        ('decision = "decided_at"', 'decision = "closed_at"', BadContract, "is no instant of appeals"),
        ("outcome is not null", "outcome in (select 1)", BadPredicate, "The denominator of closed_rate"),
        ("outcome is not null", "random() < 0.5", BadPredicate, "The denominator of closed_rate"),
        ("outcome = 'decision_omitted'", "outcom = 'x'", BadPredicate, "Did you mean 'outcome'"),
        ("outcome = 'decision_omitted'", "decided > '2026-01-01'", BadPredicate, "The numerator of closed_rate"),
        ('kind = "proportion"', 'kind = "distribution"', BadContract, "is a distribution and says no duration"),
        ('kind = "proportion"', 'kind = "stock"\nopens = "received_at"', BadContract, "is a stock and says no closes"),
        ("version = 1", 'version = 1\nduration = "outcome"', BadContract, "'outcome' is no integer of appeals"),
        ("version = 1", 'version = 1\ncompletes = "outcome"', BadContract, "'outcome' is no instant of appeals"),
        ("version = 1", 'version = 1\ncompletes = "notified_at"', BadContract, "'notified_at' has no local day"),
        (
            'kind = "proportion"',
            'kind = "ratio"\nnumerator_of = { at = { submission = "received_at" } }',
            BadContract,
            "both sides of a ratio want the same bases",
        ),
        (
            'kind = "proportion"',
            'kind = "ratio"\nnumerator_of = { adds = "outcome" }',
            BadContract,
            "'outcome' is no integer of appeals",
        ),
        (
            'kind = "proportion"',
            'kind = "ratio"\nnumerator_of = { fact = "enforcements", at = { decision = "enforced_at" } }',
            BadPredicate,
            "The numerator of closed_rate names",
        ),
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
    assert (row.numerator, row.denominator) == (1, 2)


@pytest.mark.parametrize(
    ("name", "basis", "days"),
    [
        ("overturn_rate", "decision", None),
        ("overturn_rate", "submission", 28),
        ("overturn_rate", "enforcement", 184 + 28),
        ("appeal_rate", "enforcement", 184),
        ("re_appeal_rate", "decision", 15),
        ("received", "submission", None),
        ("turnaround", "submission", None),
    ],
)
def test_a_metric_settles_once_what_completes_its_records_has_had_its_time(name, basis, days):
    assert metric(name).settles(basis) == days


def test_a_metric_is_broken_by_what_the_records_of_all_its_facts_have():
    assert metric("appeals_per_enforcement").facts == ("appeals", "enforcements")
    assert "market" in metric("appeals_per_enforcement").dimensions
    assert "queue" not in metric("appeals_per_enforcement").dimensions
    assert "queue" in metric("overturn_rate").dimensions


def test_what_is_said_of_enforcements_comes_from_appeals():
    from_appeals = {name for name, found in metrics().items() if found.rolls_up_from}
    assert from_appeals == {"appeal_rate", "overturned_share", "re_appeal_rate", "restricted_hours"}
    assert {found.rolls_up_from for found in metrics().values()} == {(), ("appeals",)}
