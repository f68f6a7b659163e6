"""The folder of a run: hidden while it runs, called failed-... when it failed, in its place only when it is whole.

A running process holds a lock in its folder. So a folder whose process was killed is told from one still at work, and
the next run marks it as failed.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from appeal_insights.errors import BadRun
from appeal_insights.reports.failure import Asked, Kind, known_language, write_failure

try:
    import fcntl
except ImportError:  # no such locks here: then every running folder counts as one at work
    fcntl = None  # type: ignore[assignment]

RUNNING, FAILED = ".running-", "failed-"
ASKED, LOCK = ".asked.json", ".lock"
JUST_MADE = 60  # seconds in which a folder without a lock may belong to a process that is just starting


@dataclass
class Working:
    """The folder of a run at work. When all went well it is called `published`."""

    folder: Path
    published: Path
    kind: Kind = field(default="other")  # what kind of failure it would be


@contextmanager
def working_folder(runs: Path, name: str, asked: Asked) -> Iterator[Working]:
    """A folder to run in. It is put in its place when the body ends, and marked as failed where the body raises."""
    folder = runs / f"{RUNNING}{name}-{os.getpid()}"
    folder.mkdir(parents=True)
    with (folder / LOCK).open("w") as lock:
        _hold(lock)
        work = Working(folder, runs / name)
        try:
            (folder / ASKED).write_text(json.dumps(asdict(asked), ensure_ascii=False, default=str), encoding="utf-8")
            yield work
            (folder / ASKED).unlink()
            work.published = _moved(folder, work.published)
        except BaseException as error:
            failed = _mark_failed(folder, runs / f"{FAILED}{name}", asked, error, work.kind)
            error.add_note(f"What there is: {failed}")
            raise


def close_abandoned(runs: Path) -> list[Path]:
    """Mark as failed what killed processes left behind, and say which folders those are now."""
    closed = []
    for folder in sorted(runs.glob(f"{RUNNING}*")):
        if not is_alive(folder):
            asked = read_asked(folder)
            error = BadRun.of("run.ended")
            name = folder.name.removeprefix(RUNNING).rpartition("-")[0] or folder.name.removeprefix(RUNNING)
            with suppress(OSError):  # another process may be at it too
                closed.append(_mark_failed(folder, runs / f"{FAILED}{name}", asked, error, "ended"))
    return closed


def is_alive(folder: Path) -> bool:
    """Whether a process is still at work in a running folder."""
    try:
        with (folder / LOCK).open("r+") as lock:
            return not _hold(lock)
    except FileNotFoundError:
        with suppress(OSError):
            return time.time() - folder.stat().st_mtime < JUST_MADE
        return False
    except OSError:
        return True


def read_asked(folder: Path) -> Asked:
    """What a run was asked for, as far as its folder still says so."""
    try:
        kept = json.loads((folder / ASKED).read_text(encoding="utf-8"))
        return Asked(str(kept["notebook"]), dict(kept["given"]), dict(kept["parameters"]), str(kept["started"]))
    except (OSError, ValueError, KeyError, TypeError):
        notebooks = sorted(path.stem for path in folder.glob("*.ipynb") if not path.name.startswith("."))
        return Asked(notebooks[0] if notebooks else "?", {}, {"language": known_language(None)}, "")


def _hold(lock: IO[Any]) -> bool:
    """Take the lock of a folder, until the file is closed. False where a process has it."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _mark_failed(folder: Path, failed: Path, asked: Asked, error: BaseException, kind: Kind) -> Path:
    """Keep what there is under a name that says what it is, with the error on top."""
    interrupted = isinstance(error, KeyboardInterrupt)
    told = BadRun.of("run.interrupted", notebook=asked.notebook) if interrupted else error
    with suppress(Exception):  # the error itself is more telling than one in writing it down
        write_failure(folder, asked, told, "interrupted" if interrupted else kind)
    for leftover in (*folder.glob(".*.ipynb"), *folder.glob(".*.draft"), folder / ASKED):
        leftover.unlink(missing_ok=True)
    return _moved(folder, failed)


def _moved(folder: Path, wanted: Path) -> Path:
    """Call a folder by the name wanted, or by the next one that is free. Its lock goes last."""
    found, number = wanted, 2
    while found.exists():
        found, number = wanted.with_name(f"{wanted.name}-{number}"), number + 1
    folder.replace(found)
    (found / LOCK).unlink(missing_ok=True)
    return found
