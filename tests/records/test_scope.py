"""A scope is read from text or a dictionary and written back, and says whether an event can have touched records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appeal_insights.errors import BadParameter
from appeal_insights.records.scope import read_scope, touches, write_scope

WORDS = st.text("abcXYZ019_-. é中", min_size=1, max_size=8).map(str.strip).filter(bool)


def test_a_scope_names_dimensions_and_their_values():
    assert read_scope("market=DE,AT; queue=live") == {"market": ["DE", "AT"], "queue": ["live"]}


@pytest.mark.parametrize("nothing", [None, "", " ; ", {}])
def test_an_empty_scope_is_everything(nothing):
    assert read_scope(nothing) == {}


def test_norway_and_leading_zeros_stay_text():
    assert read_scope("market=NO;site=012") == {"market": ["NO"], "site": ["012"]}


def test_a_dimension_named_twice_has_the_values_of_both():
    assert read_scope("market=DE;market=AT") == {"market": ["DE", "AT"]}


def test_a_dictionary_may_give_one_value_or_several():
    assert read_scope({"market": "DE", "policy": ("a;b", "c,d")}) == {"market": ["DE"], "policy": ["a;b", "c,d"]}


@pytest.mark.parametrize("text", ["market", "=DE", "market=", "market=,", "market=DE; queue"])
def test_a_part_without_name_or_value_is_refused_with_an_example(text):
    with pytest.raises(BadParameter, match="for example market=DE,AT"):
        read_scope(text)


@given(st.dictionaries(WORDS, st.lists(WORDS, min_size=1, max_size=3), max_size=3))
def test_what_is_written_reads_back(scope):
    assert read_scope(write_scope(scope)) == scope


@pytest.mark.parametrize(
    ("event", "records", "can"),
    [
        ({}, {"market": ["DE"]}, True),
        ({"market": ["DE", "AT"]}, {}, True),
        ({"market": ["DE", "AT"]}, {"market": ["AT"]}, True),
        ({"market": ["DE"]}, {"market": ["FR"]}, False),
        ({"market": ["DE"]}, {"policy": ["spam"]}, True),
        ({"market": ["DE"], "policy": ["scam"]}, {"market": ["DE"], "policy": ["spam"]}, False),
    ],
)
def test_an_event_touches_records_unless_a_dimension_says_otherwise(event, records, can):
    assert touches(event, records) is can
