"""The command for alerts: what it prints, its exit codes, one JSON object, and acts that the next look knows."""

import json
from datetime import datetime

import pytest

from tests.demo import shell
from tests.findings.test_alerts import ROUTINE, promises, weekly
from tests.helpers import decided, make_store

KEY = "target:overturn_rate:all"
FIELDS = {
    "key", "state", "why", "first_seen", "last_seen", "by", "note", "until", "kind", "severity", "metric", "scope",
    "since", "period", "unit", "value", "low", "high", "numerator", "denominator", "before", "target", "direction", "p",
    "owner", "link", "text",
}  # fmt: skip


@pytest.fixture
def root(tmp_path):
    """A store in which the last week jumped from about 14 of 40 to 32."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data" / "store").mkdir(parents=True)
    path = make_store(tmp_path / "data" / "store" / "s.duckdb", decided(weekly("DE", [*ROUTINE, 32])))
    make_store(path, promises(("overturn_rate", None, "0.3", "at_most", None)), fact="targets")
    return tmp_path


def alerts(root, *words, store="--store=s"):
    return shell("alerts", *words, store, f"--workspace={root}")


def look(root, *words):
    return shell("alerts", "--store=s", f"--workspace={root}", *words)


def listed(root, *words):
    said = look(root, "--format=json", *words)
    return said.code, json.loads(said.out)


def test_the_exit_code_says_whether_there_is_something_new(root):
    early, late = "--as-of=2026-11-09T06:00:00Z", "--as-of=2026-11-16T06:00:00Z"
    told = [look(root, early), look(root, late), look(root, late), look(root, "--as-of=2026-11-17")]
    assert [one.code for one in told] == [0, 2, 2, 0]
    assert "Standing: Overturn rate missed its target (all records): 32.5% in 2026-W45" in told[0].out
    assert "Worse: Overturn rate missed its target (all records): 80.0% in 2026-W46" in told[1].out
    assert told[1].out == told[2].out
    assert told[3].out.startswith("Nothing new since the last look.\nStanding: Overturn rate")
    assert "Looked at: 1 targets (1 of them with enough history" in told[3].out


def test_the_object_has_always_the_same_keys_and_numbers_as_numbers(root):
    code, found = listed(root, "--language=both")
    assert code == found["exit_code"] == 2
    assert set(found) == {"schema", "store", "as_of", "exit_code", "counts", "looked_at", "alerts", "not_judged"}
    assert found["counts"] == {"new": 1, "worse": 0, "standing": 0, "acknowledged": 0, "muted": 0, "gone": 0}
    [alert] = found["alerts"]
    assert set(alert) == FIELDS
    assert (alert["key"], alert["value"], alert["numerator"], alert["denominator"]) == (KEY, 0.8, 32, 40)
    assert (alert["target"], alert["since"], found["as_of"]) == (
        0.3, "2026-09-28", "2026-11-16T06:00:00Z",
    )  # fmt: skip
    assert set(alert["text"]) == {"en", "zh-CN"}


def test_what_is_gone_has_no_numbers_any_more(root):
    listed(root)
    make_store(
        root / "data" / "store" / "s.duckdb", promises(("overturn_rate", None, "0.9", "at_most", None)), fact="targets",
        loaded_at=datetime(2026, 11, 17),
    )  # fmt: skip
    code, found = listed(root, "--as-of=2026-11-24")
    assert (code, [(one["key"], one["state"]) for one in found["alerts"]]) == (0, [(KEY, "gone")])


def test_an_acknowledged_alert_is_one_line_and_a_muted_one_a_number(root):
    look(root)
    assert alerts(root, "ack", KEY, "--by=Team lead", "--note=rule 12").code == 0
    said = look(root, "--as-of=2026-11-17")
    assert said.code == 0
    assert "Acknowledged: Overturn rate missed" in said.out
    assert "acknowledged by Team lead (rule 12)" in said.out
    assert alerts(root, "mute", KEY, "--until=2026-11-20", "--by=Team lead").code == 0
    quiet, back = look(root, "--as-of=2026-11-20"), look(root, "--as-of=2026-11-21")
    assert (quiet.code, back.code) == (0, 2)
    assert "Muted: 1." in quiet.out
    assert "missed" not in quiet.out
    assert "The time for which it was muted is over." in back.out
    everything = alerts(root, "list").out
    assert "ack by Team lead: rule 12" in everything
    assert "mute by Team lead: 2026-11-20" in everything


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--workspace={root}"], "Add --store NAME"),
        (["--store=s", "--format=xml", "--workspace={root}"], "Known: table, json"),
        (["--store=t", "--workspace={root}"], "No store 't'"),
        (["--store=s", "--where=marke=DE", "--workspace={root}"], "No dimension 'marke'. Did you mean 'market'?"),
        (["--store=s", "--reports-at=ftp://x", "--workspace={root}"], "--reports-at is an address"),
        (["ack", "nothing", "--store=s", "--by=a", "--note=b", "--workspace={root}"], "No alert 'nothing' is listed"),
        (["mute", KEY, "--store=s", "--by=a", "--until=soon", "--workspace={root}"], "--until is a day"),
    ],
)
def test_an_error_is_a_sentence_and_exit_code_one(root, words, said):
    told = shell("alerts", *(word.format(root=root) for word in words))
    assert told.code == 1
    assert said in told.err


def test_payloads_are_written_for_what_is_new_only(root):
    place = root / "cards"
    look(root, f"--payloads={place}", "--language=both")
    assert sorted(path.suffixes[-1] for path in place.iterdir()) == [".eml", ".json", ".json", ".png"]
    again = root / "again"
    look(root, f"--payloads={again}", "--as-of=2026-11-17")
    assert not again.exists()


def test_at_most_so_many_are_listed_and_the_rest_counted(root):
    make_store(root / "data" / "store" / "two.duckdb", decided([*weekly("DE", [20] * 11), *weekly("GB", [20] * 11)]))
    both = promises(*(("overturn_rate", f"market={of}", "0.3", "at_most", None) for of in ("DE", "GB")))
    make_store(root / "data" / "store" / "two.duckdb", both, fact="targets")
    told = shell("alerts", "--store=two", f"--workspace={root}", "--most=1")
    assert told.out.count("Standing: Overturn rate") == 1
    assert "And 1 more." in told.out


def test_control_signs_of_a_name_do_not_reach_the_terminal(root):
    owner = promises(("overturn_rate", None, "0.3", "at_most", None)).assign(owner="\x1b[31mboss\u202e")
    make_store(root / "data" / "store" / "odd.duckdb", decided(weekly("DE", [20] * 11)))
    make_store(root / "data" / "store" / "odd.duckdb", owner, fact="targets")
    told = shell("alerts", "--store=odd", f"--workspace={root}")
    assert "[31mboss" in told.out
    assert not set(told.out) & set("\x1b\u202e")


def test_the_help_says_what_the_exit_codes_mean():
    assert "0 nothing new, 1 an error, 2 something is new or worse" in " ".join(shell("alerts", "--help").out.split())
