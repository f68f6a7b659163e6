"""The same thing is told once; what gets clearly worse comes back; looks back change nothing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime

import pytest

from appeal_insights.errors import BadInput, BadParameter
from appeal_insights.findings.alerts_held import Alert, Checked, Missing
from appeal_insights.records.workspace import Workspace
from appeal_insights.reports.alert_ledger import acknowledge, kept, ledger_file, look, mute

OF = "stakeholder|"
SERIOUS = Alert("t:a", "target", "serious", "m", {}, date(2026, 11, 2), "W44", 0.5, 0.45, 0.55, direction="at_most",
                target=0.3)  # fmt: skip
NOTICE = replace(SERIOUS, severity="notice")
WORSE = replace(SERIOUS, value=0.7, low=0.6, high=0.8)
A_BIT_WORSE = replace(SERIOUS, value=0.54, low=0.5, high=0.58)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "data" / "store").mkdir(parents=True)
    return Workspace(tmp_path)


def on(place, day, *alerts, of=OF, unjudged=()):
    """The states of a look on a day of November."""
    found = look(place, "s", Checked(datetime(2026, 11, day), alerts, unjudged=unjudged), of=of)
    return {one.key: (one.state, one.why) for one in found}


def test_over_several_days_an_alert_is_new_once_then_stands_then_is_gone_and_then_new_again(place):
    told = [on(place, day, *alerts)["t:a"] for day, alerts in ((2, [SERIOUS]), (3, [SERIOUS]), (4, []), (6, [SERIOUS]))]
    assert told == [("new", ""), ("standing", ""), ("gone", ""), ("new", "")]
    assert on(place, 7) == {"t:a": ("gone", "")}
    assert on(place, 8) == {}


def test_a_look_done_again_says_the_same_and_writes_nothing_more(place):
    first = on(place, 2, SERIOUS)
    size = ledger_file(place, "s").stat().st_size
    assert on(place, 2, SERIOUS) == first == {"t:a": ("new", "")}
    assert ledger_file(place, "s").stat().st_size == size
    on(place, 3, SERIOUS)
    assert on(place, 2, SERIOUS) == first


def test_a_look_back_changes_nothing_that_later_looks_said(place):
    on(place, 9, SERIOUS)
    before = ledger_file(place, "s").read_bytes()
    assert on(place, 3, SERIOUS) == {"t:a": ("new", "")}
    assert ledger_file(place, "s").read_bytes() == before
    assert on(place, 9, SERIOUS) == {"t:a": ("new", "")}
    assert on(place, 10, SERIOUS) == {"t:a": ("standing", "")}


def test_looks_of_another_scope_or_audience_are_no_looks_at_the_same(place):
    on(place, 2, SERIOUS)
    assert on(place, 3, of="analyst|") == {}
    assert on(place, 4, SERIOUS, of="stakeholder|market=DE") == {"t:a": ("new", "")}
    assert on(place, 5, SERIOUS) == {"t:a": ("standing", "")}


def test_a_breach_that_stands_is_no_news_until_it_is_more_than_routine(place):
    assert on(place, 2, NOTICE) == {"t:a": ("standing", "")}
    assert on(place, 3, SERIOUS) == {"t:a": ("worse", "severity")}
    assert on(place, 4, SERIOUS) == {"t:a": ("standing", "")}


def test_only_an_interval_that_lies_apart_is_clearly_worse_and_creeping_is_noticed_in_the_end(place):
    on(place, 2, SERIOUS)  # 0.45 to 0.55
    assert on(place, 3, A_BIT_WORSE) == {"t:a": ("standing", "")}  # 0.50 to 0.58
    assert on(place, 4, replace(SERIOUS, value=0.6, low=0.56, high=0.64)) == {"t:a": ("worse", "value")}
    assert on(place, 5, replace(SERIOUS, value=0.6, low=0.56, high=0.64)) == {"t:a": ("standing", "")}


def test_a_number_without_an_interval_is_worse_from_half_as_far_again(place):
    number = replace(SERIOUS, value=120.0, target=100.0, low=None, high=None, unit="number")
    on(place, 2, number)  # 20 % beyond
    assert on(place, 3, replace(number, value=129.0)) == {"t:a": ("standing", "")}
    assert on(place, 4, replace(number, value=131.0)) == {"t:a": ("worse", "value")}


def test_a_later_alarm_of_the_same_series_is_another_move(place):
    drift = replace(SERIOUS, kind="drift", event_day=date(2026, 11, 1))
    on(place, 2, drift)
    assert on(place, 3, drift) == {"t:a": ("standing", "")}
    assert on(place, 4, replace(drift, event_day=date(2026, 11, 3))) == {"t:a": ("worse", "move")}


def test_an_acknowledged_alert_is_listed_as_such_until_it_becomes_clearly_worse(place):
    on(place, 2, SERIOUS)
    acknowledge(place, "s", "t:a", by="Team lead", note="  rule 12\n is being mended ")
    assert on(place, 3, SERIOUS) == {"t:a": ("acknowledged", "")}
    [line] = look(place, "s", Checked(datetime(2026, 11, 4), [A_BIT_WORSE]), of=OF)
    assert (line.state, line.by, line.note) == ("acknowledged", "Team lead", "rule 12 is being mended")
    assert on(place, 5, WORSE) == {"t:a": ("worse", "despite_acknowledged")}
    assert on(place, 6, WORSE) == {"t:a": ("standing", "")}
    acknowledge(place, "s", "t:a", by="Team lead", note="again")
    assert on(place, 7, WORSE) == {"t:a": ("acknowledged", "")}


def test_an_acknowledgement_ends_when_the_alert_goes_away(place):
    on(place, 2, SERIOUS)
    acknowledge(place, "s", "t:a", by="lead", note="mended")
    assert on(place, 3) == {"t:a": ("gone", "")}
    assert on(place, 4) == {}
    assert on(place, 5, SERIOUS) == {"t:a": ("new", "")}


def test_a_muted_alert_is_quiet_through_its_day_and_then_back(place):
    on(place, 2, SERIOUS)
    mute(place, "s", "t:a", until=date(2026, 11, 5), by="lead")
    told = [on(place, day, SERIOUS)["t:a"] for day in (3, 5, 6, 7)]
    assert told == [("muted", ""), ("muted", ""), ("new", "mute_over"), ("standing", "")]


def test_a_muted_alert_that_becomes_clearly_worse_comes_back_before_its_day(place):
    on(place, 2, SERIOUS)
    mute(place, "s", "t:a", until=date(2026, 12, 31), by="lead")
    assert on(place, 3, WORSE) == {"t:a": ("worse", "despite_muted")}


def test_an_act_says_nothing_of_days_before_it(place):
    on(place, 2, SERIOUS)
    on(place, 5, SERIOUS)
    acknowledge(place, "s", "t:a", by="lead", note="on it")
    assert on(place, 2, SERIOUS) == {"t:a": ("new", "")}
    assert on(place, 5, SERIOUS) == {"t:a": ("acknowledged", "")}


def test_what_cannot_be_judged_today_is_not_gone(place):
    on(place, 2, SERIOUS)
    assert on(place, 3, unjudged=[Missing("t:a", "nothing")]) == {}
    assert on(place, 4, SERIOUS) == {"t:a": ("standing", "")}


def test_only_a_listed_alert_can_be_taken_on_and_the_nearest_is_named(place):
    on(place, 2, SERIOUS)
    with pytest.raises(BadParameter, match=r"No alert 't:b' is listed.*Did you mean 't:a'"):
        acknowledge(place, "s", "t:b", by="lead", note="x")
    with pytest.raises(BadParameter, match="--note is empty"):
        acknowledge(place, "s", "t:a", by="lead", note=" ")


def test_two_writers_at_once_lose_no_line(place):
    alerts = [replace(SERIOUS, key=f"t:{n}") for n in range(12)]
    on(place, 2, *alerts)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: acknowledge(place, "s", one.key, by="lead", note="on it"), alerts))
    assert [len(entry["acts"]) for entry in kept(place, "s").values()] == [1] * 12
    assert set(on(place, 3, *alerts).values()) == {("acknowledged", "")}


@pytest.mark.parametrize("text", ["{", "[]\n", '{"event": "look"}\n', '{"event": "ack", "as_of": "x", "facts": 1}\n'])
def test_a_damaged_ledger_is_named_and_left_as_it_is(place, text):
    ledger_file(place, "s").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="is damaged"):
        on(place, 2, SERIOUS)
    assert ledger_file(place, "s").read_text(encoding="utf-8") == text
