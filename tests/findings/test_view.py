"""A view travels: what is put into a token comes out again, and what is no token of ours is refused in calm words."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

import appeal_insights as ap
from appeal_insights.errors import AppealInsightsError, BadParameter, UnknownParameter
from appeal_insights.findings.view import KEYS, KINDS, View, read_where, write_where
from tests.helpers import english_left

VIEW = View("metric", {"store": "demo", "metric": "overturn_rate", "by": "market", "where": "market=DE,AT"})
TYPED = st.text(max_size=40)
SCOPE = st.dictionaries(st.text(min_size=1, max_size=9), st.lists(TYPED, min_size=1, max_size=4), max_size=4)


@st.composite
def views(draw):
    kind = draw(st.sampled_from(KINDS))
    names = st.sampled_from([name for name in KEYS[kind] if name != "language"])
    return View(kind, draw(st.dictionaries(names, TYPED)))


def made(content: object, version: str = "v1") -> str:
    """A token whose check holds, whatever it holds."""
    text = content if isinstance(content, bytes) else zlib.compress(json.dumps(content).encode())
    body = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    return f"{version}.{body}.{hashlib.sha256(f'{version}.{body}'.encode()).hexdigest()[:8]}"


@given(views())
def test_a_view_comes_out_of_its_token_as_it_went_in(view):
    token = view.token()
    assert View.from_token(token) == view
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(views(), st.data())
def test_one_wrong_letter_is_a_typing_mistake_and_not_another_view(view, data):
    token = view.token()
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda one: one != token[place]))
    with pytest.raises(BadParameter):
        View.from_token(token[:place] + letter + token[place + 1 :])


@given(st.text(max_size=80))
def test_what_is_no_token_is_refused_in_words_of_ours(text):
    with pytest.raises(BadParameter):
        View.from_token(text)


@given(SCOPE)
def test_a_scope_is_text_whatever_its_values_hold(scope):
    assert read_where(write_where(scope)) == scope


def test_a_plain_scope_is_written_as_one_types_it():
    assert write_where({"market": ["DE", "AT"], "queue": ["live"]}) == "market=DE,AT; queue=live"
    assert write_where({"seller": ["a,b"]}) == '{"seller": ["a,b"]}'


def test_a_token_survives_mail_that_breaks_lines_and_a_link_around_it():
    token = VIEW.token()
    assert View.from_token(f"  {token[:20]}\n  {token[20:]} ") == VIEW
    assert View.from_token(f"http://127.0.0.1:8866/?view={token}&token=abc") == VIEW


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("", "no link to a view"),
        ("hello", "no link to a view"),
        (VIEW.token()[:-1] + "x", "no link to a view"),
        (VIEW.token()[:-1] + ("0" if VIEW.token()[-1] != "0" else "1"), "typing mistake"),
        (made(["metric", {}], "v2"), "another version (v2)"),
        (made(b"not packed"), "no link to a view"),
        (made("metric"), "no link to a view"),
        (made(["metric", "x"]), "no link to a view"),
        (made([["metric"], {}]), "no link to a view"),
        (made(zlib.compress(b"[" * 15_000)), "no link to a view"),
        (made(zlib.compress(b" " * 50_000_000)), "no link to a view"),
        (made(["chart", {}]), "Choose one of"),
        (made(["metric", {"metrik": "x"}]), "Did you mean 'metric'"),
        (made(["metric", {"metric": 3}]), "is no text"),
        (made(["metric", {"audience": "analyst"}]), "has no 'audience'"),
        (made(["metric", {"language": "fr"}]), "Choose one of"),
    ],
)
def test_a_foreign_or_mistyped_token_is_met_kindly_in_both_languages(token, says):
    with pytest.raises(AppealInsightsError) as raised:
        View.from_token(token)
    assert says in raised.value.say("en")
    assert "Error" not in raised.value.say("en")
    assert not english_left(raised.value.say("zh-CN"))


def test_a_view_never_says_for_whom_it_is_asked():
    for kind in KINDS:
        assert not {"audience", "workspace", "token"} & set(KEYS[kind])
        with pytest.raises(UnknownParameter):
            View(kind, {"audience": "analyst"})


def test_what_is_empty_says_nothing_and_a_changed_view_is_another_one():
    view = View("metric", {"store": "demo", "by": "", "where": ""})
    assert view == View("metric", {"store": "demo"})
    assert view.but(by="market").asked == {"by": "market", "store": "demo"}
    assert view.asked == {"store": "demo"}
    assert isinstance(view.asked, Mapping)
    assert len({view, View("metric", {"store": "demo"})}) == 1


def test_its_lines_of_python_give_the_numbers_that_the_library_gives(demo, monkeypatch):
    monkeypatch.chdir(demo.root)
    view = View("metric", {"store": "demo", "by": "appellant", "during": "2026-W40", "where": "market=DE,FR"})
    imported, empty, *lines = view.code().splitlines()
    assert (imported, empty) == ("import appeal_insights as ap", "")
    trend, breakdown = (eval(line, {"ap": ap}) for line in lines)
    assert breakdown["denominator"].sum() == trend["denominator"].sum() > 0


@given(SCOPE)
def test_its_lines_of_python_are_python_whatever_the_scope_holds(scope):
    view = View("cases", {"where": write_where(scope)})
    told = {}
    namespace = {"ap": type("Library", (), {"cases": lambda **given: told.update(given)})}
    exec(view.code().partition("\n")[2], namespace)
    found = told.get("where", {})
    assert (read_where(found) if isinstance(found, str) else found) == scope


def test_a_hostile_value_stays_a_value():
    value = '")\nimport os; os.system("true") #'
    view = View("cases", {"store": "demo", "where": write_where({"seller": [value]})})
    assert len(view.code().splitlines()) == 3
    assert View.from_token(view.token()).where == {"seller": [value]}
