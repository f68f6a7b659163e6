"""One writer at a time: a lock beside the store that says who holds it, and that goes when its holder does."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from appeal_insights.errors import BadInput

WAIT_SECONDS = 120.0  # a file of a few million rows is taken in within that time
_LOOK_AGAIN_SECONDS = 0.1


@contextmanager
def locked(store: Path, *, wait_seconds: float | None = None) -> Iterator[None]:
    """Hold the lock of a store. The system gives it back if the process is killed, so no lock is ever left behind.

    Raises  BadInput   another process still holds it after that time, with its number and since when.
    """
    path = store.with_name(f".{store.stem}.lock")
    until = time.monotonic() + (WAIT_SECONDS if wait_seconds is None else wait_seconds)
    while (held := _held(path)) is None:
        if time.monotonic() >= until:
            raise BadInput(
                f"The store {store.stem} is being written by {_holder(path)}. Try again when that is done; nothing was "
                "taken in."
            )
        time.sleep(_LOOK_AGAIN_SECONDS)
    try:
        said = {"process": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        os.ftruncate(held, 0)
        os.pwrite(held, json.dumps(said).encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: who waits for this file looks for a new one
        os.close(held)


def _held(path: Path) -> int | None:
    """The lock's file, held and still the one of that name; None if somebody else has it."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
    except BlockingIOError:
        pass
    os.close(file)
    return None


def _holder(path: Path) -> str:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return f"process {said['process']} since {said['since']}"
    except (OSError, ValueError, KeyError):
        return "another process"
