"""The contract holds together, a bad declaration is refused, and a cause is only what was known before the outcome."""

import re

import pytest

from appeal_insights.errors import BadContract, BadPredicate, UnknownDimension, UnknownName
from appeal_insights.records.contract import contract, facts, read_contract

SMALL = """
key = "ticket_id"
first_event = ["opened_at"]
name = { en = "Tickets", zh = "工单" }
describes = { en = "One row per ticket.", zh = "每行为一个工单。" }

[columns.ticket_id]
type = "text"
required = true
known_at = "submission"
label = { en = "Ticket", zh = "工单编号" }
describes = { en = "Its id.", zh = "编号。" }

[columns.opened_at]
type = "instant"
known_at = "submission"
label = { en = "Opened", zh = "开启时间" }
describes = { en = "When.", zh = "时间。" }

[[rules]]
id = "opened"
column = "opened_at"
holds = "opened_at is not null"
reason = { en = "never opened", zh = "未开启" }
"""


@pytest.mark.parametrize("fact", facts())
def test_every_declared_fact_is_read_and_speaks_both_languages(fact):
    of = contract(fact)
    assert of.fact == fact
    assert of.key in of.columns
    for column in (*of.columns.values(), *of.derived.values()):
        assert re.search("[\u4e00-\u9fff]", column.label["zh"])
        assert column.describes["en"].endswith(".")
    for words in (of.name, of.describes, *(rule.reason for rule in of.rules)):
        assert set(words) == {"en", "zh"}


def test_a_cause_is_a_dimension_known_before_the_outcome():
    appeals = contract("appeals")
    assert {"market", "policy", "queue", "appeal_round"} <= set(appeals.causes)
    assert not {"outcome", "decided_at", "appeal_id", "received_at"} & set(appeals.causes)
    assert {appeals.columns[name].known_at for name in appeals.causes} == {"enforcement", "submission"}


def test_a_dimension_known_at_the_decision_is_no_cause():
    text = (
        SMALL
        + """
[columns.reviewer_team]
type = "code"
dimension = true
known_at = "decision"
label = { en = "Team", zh = "团队" }
describes = { en = "Who decided.", zh = "裁决团队。" }
"""
    )
    tickets = read_contract("tickets", text)
    assert tickets.dimensions == ["reviewer_team"]
    assert tickets.causes == []


def waiting(fact: str) -> dict[str, set[str]]:
    """Instant -> the columns that are not known before it."""
    found: dict[str, set[str]] = {}
    for name in contract(fact).everything:
        if (instant := contract(fact).waits_for(name)) is not None:
            found.setdefault(instant, set()).add(name)
    return found


def test_what_is_known_later_than_its_record_waits_for_an_instant():
    assert contract("appeals").decision == "decided_at"
    assert waiting("appeals") == {
        "enforced_at": {"enforced_at", "enforced_on"},
        "received_at": {"received_at", "received_on"},
        "decided_at": {
            "decided_at", "outcome", "decided_by", "handling_seconds", "decided_on", "decided_week",
            "turnaround_seconds", "turnaround_bucket",
        },
        "notified_at": {"notified_at"},
        "reinstated_at": {"reinstated_at", "reinstate_seconds", "reinstate_bucket"},
    }  # fmt: skip
    assert waiting("audits") == {
        "decided_at": {"decision", "decided_at", "decided_on", "stratum", "reviewer"},
        "audited_at": {
            "purpose", "blind", "auditor", "verdict", "error_type", "severity", "audited_at", "audited_on",
        },
        "disputed_at": {"disputed_at"},
        "final_at": {"final_verdict", "final_at"},
    }  # fmt: skip
    assert waiting("gold") == {"answered_at": {"answer", "answered_at", "answered_on"}}
    assert waiting("strata") == {"decided_at": {"stratum", "cases", "decided_at", "decided_on"}}


def test_what_appeals_say_of_an_enforcement_is_known_when_it_happened():
    enforcements = contract("enforcements")
    rolled = {name for name, column in enforcements.derived.items() if column.rolls_up_from}
    assert {column.rolls_up_from for column in enforcements.derived.values()} == {"", "appeals"}
    instants = {name for name in rolled if enforcements.derived[name].type == "instant"}
    assert {enforcements.waits_for(name) for name in rolled} == instants
    assert {name for name in rolled - instants if name.endswith("_on")} == {
        "first_appealed_on", "upheld_on", "appealed_again_on", "overturned_on",
    }  # fmt: skip
    assert enforcements.waits_for("restricted_seconds") == "restricted_until"
    assert enforcements.waits_for("reversal_reason") == "reversed_at"


def test_a_contract_says_what_its_records_share_and_stand_for():
    assert contract("appeals").cluster == "enforcement_id"
    assert (contract("enforcements").weight, contract("enforcements").cluster) == ("stands_for", "")
    assert contract("enforcements").columns["stands_for"].type == "integer"
    assert (contract("audits").cluster, contract("audits").weight) == ("", "")
    assert (contract("strata").cluster, contract("strata").weight) == ("", "cases")


@pytest.mark.parametrize(("fact", "person"), [("audits", "reviewer"), ("audits", "auditor"), ("gold", "rater")])
def test_a_person_is_known_by_a_pseudonym_and_is_nothing_to_break_by(fact, person):
    of = contract(fact).columns[person]
    assert (of.type, of.dimension) == ("text", False)
    assert "pseudonymous" in of.describes["en"]


@pytest.mark.parametrize("fact", facts())
def test_every_name_in_a_contract_is_once_and_its_own(fact):
    of = contract(fact)
    assert not set(of.columns) & set(of.derived)
    assert list(of.everything) == [*of.columns, *of.derived]
    assert all(of.everything[instant].type == "instant" for instant in waiting(fact))
    assert set(of.instants) <= set(waiting(fact))


def test_codes_are_those_of_the_digital_services_act():
    assert contract("appeals").columns["outcome"].values == (
        "decision_upheld", "decision_reversed", "decision_partially_reversed", "decision_omitted",
    )  # fmt: skip


def test_an_unknown_dimension_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownDimension, match=r"No dimension 'marke'\. Did you mean 'market'\?"):
        contract("appeals").dimension("marke")


def test_a_column_that_is_no_dimension_cannot_be_broken_by():
    with pytest.raises(UnknownDimension, match="You can break by: market"):
        contract("appeals").dimension("appeal_id")


def test_an_unknown_fact_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownName, match="Did you mean 'appeals'"):
        contract("appeal")


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('key = "ticket_id"', 'key = "id"', "'id' is named but is not a column"),
        ('first_event = ["opened_at"]', 'first_event = ["begun_at"]', "'begun_at' is named but is not a column"),
        ('key = "ticket_id"', 'key = "ticket_id"\nmarket = "market"', "'market' is named but is not a column"),
        ('column = "opened_at"', 'column = "begun_at"', "'begun_at' is named but is not a column"),
        ('type = "instant"', 'type = "time"', "no type 'time'. Choose one of: text, code"),
        ('type = "instant"', "", "no type None"),
        ("[columns.opened_at]", '[columns."Opened At"]', "must be lower case letters"),
        ('known_at = "submission"', 'known_at = "once"', "known_at is one of enforcement"),
        ('key = "ticket_id"', 'key = "ticket_id"\nweight = "stands_for"', "'stands_for' is named but is not a column"),
        ('key = "ticket_id"', 'key = "ticket_id"\ncluster = "parent"', "'parent' is named but is not a column"),
        ('type = "instant"', 'type = "instant"\nwaits_for = "closed_at"', "'closed_at' is named but is not a column"),
        ('known_at = "submission"', "", "known_at is one of"),
        ('label = { en = "Opened", zh = "开启时间" }', 'label = { en = "Opened" }', "want en and zh"),
        ('label = { en = "Opened", zh = "开启时间" }', 'label = { en = "Opened", zh = "" }', "want en and zh"),
    ],
)
def test_a_declaration_that_does_not_hold_together_is_refused(right, wrong, says):
    assert right in SMALL
    with pytest.raises(BadContract, match=re.escape(says)):
        read_contract("tickets", SMALL.replace(right, wrong))


@pytest.mark.parametrize("holds", ["opened_at > now()", "begun_at is not null", "exists (select 1)", "opened_at"])
def test_a_rule_is_a_row_level_question_about_its_own_columns(holds):
    with pytest.raises(BadPredicate, match="The rule opened of tickets"):
        read_contract("tickets", SMALL.replace("opened_at is not null", holds))
