"""A mapping file that does not fit its contract is refused with what to write instead."""

import re
import tomllib
from pathlib import Path

import pytest

from appeal_insights.errors import BadMapping, UnknownName
from appeal_insights.records.mapping import From, load_mapping, read_mapping, same_names

THEIRS = """
zone = "Europe/Berlin"
absent = ["received_at"]

[columns]
Case = "appeal_id"
Country = "market"
Closed = { to = "decided_at", format = "%Y", precision = "year" }
Result = "outcome"

[constants]
queue = "general"
evidence_provided = true

[values.outcome]
kept = "decision_upheld"
undone = "decision_reversed"
withdrawn = ""
"""
SOURCES = Path(__file__).parents[2] / "appeal_insights" / "records" / "sources"


def read(text: str):
    return read_mapping(tomllib.loads(text), what="theirs.toml")


def test_a_mapping_says_where_each_of_our_columns_comes_from():
    found = read(THEIRS)
    assert found.fact == "appeals"
    assert found.columns["decided_at"] == From("Closed", "%Y", "year")
    assert found.columns["market"] == From("Country")
    assert found.precision == {"decided_at": "year"}
    assert found.values["outcome"]["kept"] == "decision_upheld"
    assert found.constants == {"queue": "general", "evidence_provided": "true"}


def test_a_zone_is_utc_unless_it_is_named():
    assert read(THEIRS.replace('zone = "Europe/Berlin"', "")).zone == "UTC"


def test_the_mapping_of_the_medical_reviews_holds_to_the_contract():
    found = load_mapping(SOURCES / "ca_imr.toml")
    assert found.columns["policy"].theirs == "diagnosis_sub_category"
    assert found.precision == {"decided_at": "year"}


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("zone =", "zones =", "no key 'zones'. Did you mean 'zone'?"),
        ('"Europe/Berlin"', '"Europe/Berln"', "no time zone 'Europe/Berln'. Write an IANA name"),
        ('"Europe/Berlin"', '"../etc/passwd"', "no time zone"),
        ('Country = "market"', 'Country = "marke"', "appeals has no column 'marke'. Did you mean 'market'?"),
        ('Country = "market"', 'Country = "outcome"', "two columns go to 'outcome': 'Country' and 'Result'"),
        ('Country = "market"', 'Country = ""', "'Country' wants { to, format, precision }"),
        ('Country = "market"', "Country = 5", "'Country' wants { to, format, precision }"),
        ('Country = "market"', 'Country = { to = "market", formt = "x" }', "cannot use ['formt']"),
        ('Country = "market"', "", "appeals needs 'market' (Country of the affected account"),
        ('precision = "year"', 'precision = "decade"', "no precision 'decade'. Choose one of: day, week"),
        (
            '"decision_upheld"',
            '"decision_uphold"',
            "outcome has no value 'decision_uphold'. Did you mean 'decision_upheld'?",
        ),
        ("[values.outcome]", "[values.outcom]", "no column 'outcom'. Did you mean 'outcome'?"),
        ("queue = ", "queu = ", "no column 'queu'. Did you mean 'queue'?"),
        ("queue = ", "market = ", "'market' is a constant, and 'Country' goes to it too"),
        ('absent = ["received_at"]', 'absent = ["receved_at"]', "Did you mean 'received_at'?"),
        ('absent = ["received_at"]', "", "or say absent = ['received_at'] if the source does not have it"),
        ('Case = "appeal_id"', "", "appeals needs 'appeal_id'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_what_fits(right, wrong, says):
    assert right in THEIRS
    with pytest.raises(BadMapping, match=re.escape(says)) as caught:
        read(THEIRS.replace(right, wrong, 1))
    assert caught.value.message.startswith("theirs.toml: ")


def test_the_key_is_a_column_of_theirs_neither_absent_nor_a_constant():
    for text in (
        THEIRS.replace('Case = "appeal_id"', "").replace('["received_at"]', '["received_at", "appeal_id"]'),
        THEIRS.replace('Case = "appeal_id"', "").replace("queue = ", "appeal_id = "),
    ):
        with pytest.raises(BadMapping, match="'appeal_id' is the key, so one of your columns has to go to it"):
            read(text)


@pytest.mark.parametrize("text", ["columns = 5", "values = 5", "values = { outcome = 'x' }", "constants = ['x']"])
def test_a_part_of_the_wrong_shape_is_refused(text):
    with pytest.raises(BadMapping, match="write"):
        read(text)


def test_an_unknown_fact_is_answered_with_the_nearest_one():
    with pytest.raises(UnknownName, match="Did you mean 'appeals'"):
        read('fact = "appels"\n' + THEIRS)


def test_a_file_with_our_names_needs_no_mapping():
    found = same_names("appeals", ["appeal_id", "market", "received_at", "something_else", "known_from"])
    assert found.columns == {name: From(name) for name in ("appeal_id", "market", "received_at", "known_from")}


def test_a_file_without_mapping_that_misses_a_column_is_told_the_nearest_name_it_has():
    with pytest.raises(BadMapping, match=r"needs 'received_at' \(.*\)\. Did you mean 'recieved_at'\?"):
        same_names("appeals", ["appeal_id", "market", "recieved_at"])


@pytest.mark.parametrize("content", [b"columns = [", b"\xff\xfe", None])
def test_a_mapping_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "broken.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadMapping, match=r"Cannot read the mapping file .*broken\.toml"):
        load_mapping(path)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"zone": "Europe"}, "no time zone 'Europe'. Write an IANA name"),
        ({"zone": "localtime"}, "no time zone 'localtime'"),  # a machine may have one; the pinned rules do not
        ({"zone": "x" * 400}, "no time zone"),
        ({"absent": 5}, "absent is a list of our columns, not 5"),
        ({"absent": "decided_at"}, "absent is a list of our columns"),
        ({"absent": [["decided_at"]]}, "absent is a list of our columns"),
        ({"header_row": True}, "cannot use header_row = True"),
        ({"constants": {"policy": ["spam"]}}, "['spam'] is no value of 'policy'. Write a text or a number."),
        ({"values": {"policy": {"a": {"b": 1}}}}, "{'b': 1} is no value of 'policy'"),
        ({"constants": {"policy": "\ud800"}}, "half of a character: '\\ud800'"),
    ],
)
def test_a_declaration_of_the_wrong_kind_is_refused_with_what_to_write(declared, says):
    with pytest.raises(BadMapping, match=re.escape(says)):
        read_mapping({"columns": {name: name for name in ("appeal_id", "market", "received_at")}, **declared})


@pytest.mark.parametrize(
    "form", ["%Q", "%", "%Y %V", "%Y-%Y", "%-d", "", "soon", "mixed", "ISO8601", 5, True, {"a": 1}, ["%d", "%Q"], [5]]
)
def test_a_format_that_reads_no_time_or_guesses_one_is_refused(form):
    columns = {"id": "appeal_id", "market": "market", "at": {"to": "received_at", "format": form}}
    with pytest.raises(BadMapping, match="'at' has a format that cannot be used"):
        read_mapping({"columns": columns})


@pytest.mark.parametrize("text", ["x = " + "[" * 20_000, "x = " + "9" * 5_000, "x = 1\0"])
def test_a_mapping_file_that_breaks_the_reader_of_toml_is_refused(tmp_path, text):
    (tmp_path / "theirs.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadMapping, match="Cannot read the mapping file"):
        load_mapping(tmp_path / "theirs.toml")
