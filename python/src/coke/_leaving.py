"""Runs whose owner was dropped: they are deleted beside everything else, and soon or not at all.

Who collects garbage may hold any lock, and may be any thread. So nothing is asked of a silo there:
what is to be left goes into a queue, and a thread that was started before takes it out.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import weakref
from typing import Any, Dict, Optional, Tuple

from ._http import Connections
from .run import Run
from .session import Session

_LIMIT = 3.0  # for a silo to answer

Held = Tuple[int, Run, Optional[Session]]


class _Leaver:
    """The thread of one process, and what it has to do."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.held: Dict[int, Held] = {}
        # Its put is safe wherever a finalizer may come between.
        self.given: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        threading.Thread(target=self._work, name="coke-leave", daemon=True).start()

    def _work(self) -> None:
        while True:
            given = self.given.get()
            if isinstance(given, threading.Event):
                given.set()
                continue
            try:
                _leave(*given[1:])
            except Exception:  # the silo may be gone, and with it the run
                pass

    def finish(self) -> None:
        """The program ends."""
        if os.getpid() != self.pid:
            return
        for held in list(self.held.values()):
            self.given.put(held)
        is_done = threading.Event()
        self.given.put(is_done)
        is_done.wait(_LIMIT)


_leaver: Optional[_Leaver] = None
_starting = threading.Lock()


def when_dropped(owner: object, run: Run, session: Optional[Session]) -> "weakref.finalize[Any]":
    """Has a run deleted, and its session closed, once nobody holds its owner, or the program ends.
    ``detach`` takes that back; ``leave`` and ``forget`` do."""
    leaver = _present()
    held = (leaver.pid, run, session)
    leaver.held[id(held)] = held
    dropped = weakref.finalize(owner, _hand_over, leaver, held)
    dropped.atexit = False  # the leaver knows all, and waits for them together
    return dropped


def leave(dropped: "weakref.finalize[Any]") -> None:
    """The same at once: nothing is waited for."""
    dropped()


def forget(dropped: "weakref.finalize[Any]") -> None:
    """Closes the session and deletes the run before it returns. A forked process leaves both to
    its parent."""
    detached = dropped.detach()
    if detached is None:
        return
    leaver, held = detached[2]
    leaver.held.pop(id(held), None)
    pid, run, session = held
    if pid != os.getpid():
        return
    if session is not None:
        session.close()
    run.delete()


def _present() -> _Leaver:
    global _leaver, _starting
    if _leaver is not None and _leaver.pid != os.getpid():
        _leaver, _starting = None, threading.Lock()  # a fork has neither the thread nor its lock
    with _starting:
        if _leaver is None:
            _leaver = _Leaver()
        # The last that is registered is the first that is called: before a silo is stopped.
        atexit.unregister(_leaver.finish)
        atexit.register(_leaver.finish)
        return _leaver


def _hand_over(leaver: _Leaver, held: Held) -> None:
    if held[0] == os.getpid():
        leaver.held.pop(id(held), None)
        leaver.given.put(held)


def _leave(run: Run, session: Optional[Session]) -> None:
    if session is not None:
        session.close()
    connections = Connections(run._place)
    try:
        connections.ask("DELETE", run._path, timeout=_LIMIT, give_up_after=_LIMIT)
    finally:
        connections.close()
