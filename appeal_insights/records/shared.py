"""A store that is asked again and again: opened once, and anew only where its file was replaced."""

import atexit
import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from appeal_insights.records.store import Store

MOST_OPEN = 4  # stores at once; of more the one that was not asked for longest is closed
Stamp = tuple[int, int, int]  # what tells one file of a name from the next


class _Shared:
    def __init__(self) -> None:
        self.open: OrderedDict[Path, tuple[Stamp, Store]] = OrderedDict()
        self.lock = RLock()


_SHARED = _Shared()


@contextmanager
def shared(path: Path) -> Iterator[Store]:
    """The store of a file, for one question at a time. A file that was replaced since is opened anew.

    Raises  UnknownStore   there is no such file (any more);  BadInput   it is no store of ours.
    """
    with _SHARED.lock:
        yield _of(path.resolve())


def stamp(path: Path) -> Stamp:
    """What tells the file of that name from one that was there before, or comes after it."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _of(path: Path) -> Store:
    known = _SHARED.open.pop(path, None)
    now = stamp(path) if path.exists() else None
    if known and known[0] == now:
        store = known[1]
        store.asked.clear()  # it is told per question
    else:
        if known:
            known[1].close()
        store = Store(path)
    if now is not None:
        _SHARED.open[path] = (now, store)
    while len(_SHARED.open) > MOST_OPEN:
        _SHARED.open.popitem(last=False)[1][1].close()
    return store


def _forget_in_child() -> None:
    """A process that was forked must not use, or close, the connections of its parent."""
    _SHARED.open, _SHARED.lock = OrderedDict(), RLock()


def _close_all() -> None:
    with _SHARED.lock:
        while _SHARED.open:
            _SHARED.open.popitem()[1][1].close()


atexit.register(_close_all)
os.register_at_fork(after_in_child=_forget_in_child)
