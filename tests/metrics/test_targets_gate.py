"""What the gate says of targets: which overlap, leave gaps, contradict each other, are missing or fit nothing."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from appeal_insights.findings.gate import gate
from appeal_insights.language import say
from appeal_insights.metrics.targets import targets
from appeal_insights.records.sample_targets import targets as sample_targets
from appeal_insights.records.store import Store
from tests.helpers import FIRST_LOAD, make_store, table
from tests.metrics.test_targets import appeals, promised


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    """A store of two weekly appeals by market and queue: DE live, GB other. Nobody changes it."""
    return make_store(tmp_path_factory.mktemp("gated") / "s.duckdb", appeals())


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


# b overlaps c (the same scope in another order) and d; e leaves a gap to f; g and h are of two versions; j is of no
# metric; k is of no metric either, but over.
CHECKED = """
target_id | metric        | definition_version | scope                   | value | valid_from | valid_to   | per
a         | overturn_rate |                    |                         | 0.5   | 2026-01-01 | 2026-07-01 |
a2        | overturn_rate |                    |                         | 0.4   | 2026-07-01 |            |
b         | overturn_rate |                    | market=DE,AT; queue=q   | 0.5   | 2026-01-01 |            |
c         | overturn_rate |                    | queue=q;market=AT , DE; | 0.5   | 2026-02-01 | 2026-03-01 |
d         | overturn_rate | 1                  | queue=q;market=AT,DE,DE | 0.5   | 2026-06-01 |            |
e         | overturn_rate |                    | market=GB               | 0.5   | 2026-01-01 | 2026-02-01 |
f         | overturn_rate |                    | market=GB               | 0.5   | 2026-02-02 |            |
g         | overturn_rate | 1                  | market=FR               | 0.5   | 2026-01-01 |            |
h         | overturn_rate | 2                  | market=FR               | 0.5   | 2026-01-01 |            |
i         | received      |                    |                         | 9     | 2026-01-01 |            | week
i2        | received      |                    |                         | 9     | 2026-01-01 |            | month
j         | nonsense      |                    |                         | 9     | 2026-01-01 |            |
k         | nonsense      |                    | market=GB               | 9     | 2026-01-01 | 2026-02-01 |
"""


def test_the_gate_tells_of_targets_that_overlap_leave_gaps_or_fit_nothing(tmp_path):
    rows = table(CHECKED).assign(direction="at_most", owner="o", approved_by="a")
    path = make_store(tmp_path / "s.duckdb", rows, fact="targets")
    with Store(path) as store:
        found = {test.id: (test.result, test.broken, test.looked_at) for test in gate(store, FIRST_LOAD)}
        then = {test.id: test.looked_at for test in gate(store, datetime(2026, 1, 15))}
    assert found == {
        "targets_apart": ("warned", 3, 13),  # b, c, d
        "targets_agree": ("passed", 0, 13),
        "targets_follow": ("warned", 1, 5),  # of a, b, c, e and g, only e is followed after a day between
        "targets_fit": ("warned", 2, 13),  # h, of version 2, and j
    }
    assert then["targets_apart"] == 9, "c, d, a2 and f were not known then"
    for name in found:
        assert say(f"gate_test.{name}", "en") != say(f"gate_test.{name}", "zh-CN")


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (["market=DE | 0.4", "queue=live | 0.3"], 2),  # they meet in the live queue of DE
        (["market=DE | 0.4", "queue=live | 0.4"], 0),
        (["market=DE | 0.4", "market=GB | 0.3"], 0),
        (["market=DE,AT | 0.4", "market=DE,GB | 0.3"], 2),
        (["market=DE | 0.4", "market=DE; queue=live | 0.3"], 0),  # the second is the more specific one
        ([" | 0.4", "queue=live | 0.3"], 0),
        (["market=DE; queue=live | 0.4", "market=DE; policy=spam | 0.3"], 2),
        (["market=DE; queue=live | 0.4", "market=GB; policy=spam | 0.3"], 0),
        (["market=DE; queue=live | 0.4", "market=DE; queue=other,live | 0.3"], 2),
        (["market=DE; queue=live | 0.4", "policy=spam; site=LIS | 0.3", "market=DE | 0.1"], 2),
        (["market=DE | 0.4 ", "market=DE | 0.3"], 0),  # of one scope: that is told by targets_apart
    ],
)
def test_the_gate_tells_of_targets_that_contradict_each_other_in_a_segment(store_with, rows, broken):
    made = [f"t{n} | overturn_rate | {row} | 2026-01-01 |" for n, row in enumerate(rows)]
    found = {test.id: test for test in gate(store_with(*made), FIRST_LOAD)}
    assert found["targets_agree"].broken == broken


def test_targets_of_other_days_other_versions_or_of_counts_do_not_contradict_each_other(counted, tmp_path):
    path = Path(shutil.copy(counted, tmp_path))
    rows = promised(
        "a | overturn_rate | market=DE  | 0.4 | 2026-01-01 | 2026-02-01",
        "b | overturn_rate | queue=live | 0.3 | 2026-02-01 |",
        "c | turnaround    | market=DE  | 0.4 | 2026-01-01 |",
        "d | turnaround    | queue=live | 0.3 | 2026-01-01 |",
        "e | received      | market=DE  | 40  | 2026-01-01 |",
        "f | received      | queue=live | 30  | 2026-01-01 |",
    )
    rows = rows.assign(per=[None] * 4 + ["week"] * 2, definition_version=[None, None, "1", "2", None, None])
    make_store(path, rows, fact="targets")
    with Store(path) as store:
        assert {test.id: test.broken for test in gate(store, FIRST_LOAD)}["targets_agree"] == 0


@pytest.mark.parametrize(
    ("rows", "broken", "looked_at"),
    [
        (["market=DE | 0.4 | 2026-01-01 |"], 1, 2),  # GB occurs too
        (["market=DE | 0.4 | 2026-01-01 |", "market=GB | 0.3 | 2026-01-01 |"], 0, 2),
        (["market=DE,GB | 0.4 | 2026-01-01 |"], 0, 2),
        (["market=DE | 0.4 | 2026-01-01 |", " | 0.3 | 2026-01-01 |"], 0, 0),
        (["market=DE | 0.4 | 2026-01-01 | 2026-02-01"], 0, 0),  # over
        (["market=FR | 0.4 | 2026-01-01 |"], 2, 2),
        (["market=DE; queue=live | 0.4 | 2026-01-01 |"], 2, 4),  # neither GB nor the other queue
        (["nonsense=DE | 0.4 | 2026-01-01 |"], 0, 0),
    ],
)
def test_the_gate_tells_of_values_that_nobody_promised_anything_of(store_with, rows, broken, looked_at):
    made = [f"t{n} | overturn_rate | {row}" for n, row in enumerate(rows)]
    [found] = [test for test in gate(store_with(*made), FIRST_LOAD) if test.id == "targets_cover"]
    assert (found.fact, found.level, found.broken, found.looked_at) == ("targets", "warn", broken, looked_at)
    for name in ("targets_agree", "targets_cover"):
        assert say(f"gate_test.{name}", "en") != say(f"gate_test.{name}", "zh-CN")


def test_a_count_of_one_market_is_no_promise_of_another(counted, tmp_path):
    path = Path(shutil.copy(counted, tmp_path))
    make_store(path, promised("t1 | received | market=DE | 9 | 2026-01-01 |").assign(per="week"), fact="targets")
    with Store(path) as store:
        assert {test.id: test.result for test in gate(store, FIRST_LOAD)}["targets_cover"] == "not_there"


def test_the_targets_of_the_sample_pass_every_check(tmp_path):
    path = make_store(tmp_path / "s.duckdb", sample_targets(), fact="targets")
    with Store(path) as store:
        assert {test.id: test.result for test in gate(store, store.latest())} == dict.fromkeys(
            ["targets_apart", "targets_agree", "targets_follow", "targets_fit"], "passed"
        )
        assert len(targets(store, FIRST_LOAD)) == 9
