"""A Spark Connect server of one's own for a test: Sail in a process of its own, on a free port, gone afterwards."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from unittest import mock

import pytest

LEAVES_WITHIN = 30  # seconds
# It ends when its input does, so also when this process is killed. A plan gone wrong may not take the machine's memory.
_SERVE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from pysail.spark import SparkConnectServer
server = SparkConnectServer()
server.start()
print(server.listening_address[1], flush=True)
sys.stdin.read()
server.stop()
"""


@contextmanager
def server() -> Iterator[str]:
    """The address of a server. Sessions have to be closed before it stops: their client would call it for long."""
    for module in ("pysail", "pyspark"):
        if find_spec(module) is None:
            _lacking(f"{module} is not installed here; make engines tests this where it is")
    _import_client()
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            port = process.stdout.readline().decode().strip()
            assert port, "the server did not start"
            yield f"sc://127.0.0.1:{port}"
            process.stdin.close()
            process.wait(LEAVES_WITHIN)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the server did not stop within {LEAVES_WITHIN} seconds")
        finally:
            process.kill()


def _lacking(what: str) -> None:
    """Skip; but where the engines are installed on purpose, a missing part is a failure."""
    if os.environ.get("APPEAL_INSIGHTS_REQUIRE_ENGINES"):
        pytest.fail(what)
    pytest.skip(what)


def _import_client() -> None:
    """Import Spark's client. It takes a worker of xdist, which no file started, for its own doctests and ends it."""
    main = sys.modules["__main__"]
    with mock.patch.object(main, "__file__", __file__, create=True), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyspark.sql.connect.session  # noqa: F401
