"""Where the page listens, what an error leaves behind, and what the command refuses before anything starts."""

import socket

import pytest

from appeal_insights.errors import BadInput
from appeal_insights.serve.app import HOST, POLICY, bind_first
from appeal_insights.serve.inside import write_down
from tests.demo import shell


def test_it_listens_on_this_machine_only_and_never_where_something_else_does():
    [bound] = bind_first(0)
    host, port = bound.getsockname()
    try:
        assert host == HOST == "127.0.0.1"
        with pytest.raises(BadInput, match=f"port {port}"):
            bind_first(port)
        [other] = bind_first(0)
        assert other.getsockname()[1] != port
        other.close()
    finally:
        bound.close()
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    [bound] = bind_first(port)
    assert bound.getsockname() == (HOST, port)
    bound.close()


def test_the_policy_lets_no_code_be_made_from_text_and_no_host_be_named():
    assert "'unsafe-eval'" not in POLICY
    assert "http" not in POLICY
    assert "*" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_errors_are_written_one_below_the_other_with_their_trace(tmp_path):
    log = tmp_path / "data" / "log" / "serve.log"
    for text in ("first", "second"):
        try:
            raise ValueError(text)
        except ValueError as error:
            write_down(error, log)
    written = log.read_text(encoding="utf-8")
    assert written.index("ValueError: first") < written.index("ValueError: second")
    assert written.count("Traceback") == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--notebook=00_explor"], "Did you mean '00_explore'?"),
        (["--audience=stakeholders"], "Did you mean 'stakeholder'?"),
        (["--language=de"], "zh-CN"),
        (["--store=dmo"], "Did you mean 'demo'?"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_starts(words, told, demo):
    said = shell("serve", f"--workspace={demo.root}", *words)
    assert said.code == 1
    assert told in said.err
