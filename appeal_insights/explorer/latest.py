"""Of several changes close together only the last is worked on."""

import asyncio
from collections.abc import Callable

WAIT = 0.03  # seconds in which another change may come: a hand is slower, what waited behind a long step is not


class Latest:
    """Does a piece of work once for all that asked for it meanwhile.

    Where an event loop runs, as in a notebook, it waits until no further change is at the door; else it works at once.
    What is asked for while it is at work is done once more afterwards, however often that was.
    """

    def __init__(self, work: Callable[[], None], *, wait: float = WAIT) -> None:
        self._work = work
        self._wait = wait
        self._asked = self._busy = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Something changed."""
        self._asked = True
        if self._busy:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.now()
            return
        self._stop()
        self._timer = loop.call_later(self._wait, self.now)

    def now(self) -> None:
        """Do at once what was asked for, if anything was."""
        self._stop()
        while self._asked and not self._busy:
            self._asked, self._busy = False, True
            try:
                self._work()
            finally:
                self._busy = False

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
