"""A command of ours that serves pages, and a browser on them: what it asks of strangers is noted, and complaints."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = "from appeal_insights.cli import main; main()"
PATIENCE = 60_000  # milliseconds: a kernel and JupyterLab start within it on a busy machine
OURS = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|(data|blob):")


@dataclass
class Watched:
    """A context of a browser, and what its pages did that they should not."""

    context: Any
    strangers: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def page(self) -> Any:
        """A new page under watch."""
        page = self.context.new_page()
        page.on("request", lambda request: self._note(request.url))
        page.on("websocket", lambda connection: self._note(connection.url))
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        return page

    def check_quiet(self) -> None:
        """Nothing was asked of strangers, and nothing went wrong."""
        assert self.strangers == []
        assert self.complaints == []

    def _note(self, address: str) -> None:
        if not OURS.match(address):
            self.strangers.append(address)

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)


def free_port() -> int:
    """A port that nothing listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(place: Path, folder: Path, *words: str) -> Iterator[str]:
    """The command `serve` with these words; its link."""
    log = folder / f"log-{free_port()}"
    with log.open("w") as file:
        started = subprocess.Popen(
            [sys.executable, "-u", "-c", COMMAND, "serve", f"--port={free_port()}", *words],
            cwd=place,
            env={**os.environ, "IPYTHONDIR": str(folder / "ipython"), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _link(log, started)
    finally:
        started.terminate()
        started.wait(timeout=20)


def _link(log: Path, started: "subprocess.Popen[bytes]") -> str:
    for _ in range(2 * PATIENCE // 1000):
        if found := re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", log.read_text(encoding="utf-8")):
            return found[0]
        assert started.poll() is None, log.read_text(encoding="utf-8")[-3000:]
        time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8")[-3000:])
