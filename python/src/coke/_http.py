"""Requests to one of several silos, over connections that are kept."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
import time
from collections import deque
from typing import Any, Deque, Dict, Mapping, Optional, Sequence, Set, Tuple
from urllib.parse import urlsplit

from . import _problems
from ._wire import BYTES, JSON, Answer, Buffer, Connection, Place, SecureConnection
from ._wire import shut, was_ended
from .errors import AccessError, ClientClosedError, CokeError, InvalidOptionsError, PassingError
from .errors import SiloUnreachableError, SlowBodyError, UnavailableError

PAUSE = 0.2  # before the same is asked again: often enough, and no load for a silo that comes back
# Who says nothing for so long is left for another. A door itself asks its cluster for 8 s before it
# says that it cannot answer.
PROMPT = 5.0  # what is asked over and over, and is harmless to be asked twice
SOON = 10.0
# Sending a body takes longer: see _wire.LEAST_RATE.
LATER = 30.0  # what moves data or wakes a run
HEAVY = 900.0  # what computes for long, and should not be begun twice
CONNECT = 5.0
LATE = 1.5  # longer than a poll waits for news: who has others to ask sees whether it hangs
PROBE = 1.0  # for a word of a silo that may hang
FIRST = 8.0  # where no silo has ever answered: the address is probably wrong

_TIMEOUTS = (TimeoutError, socket.timeout)  # the same from Python 3.10 on


class _Quiet(Exception):
    """A silo did not answer; it may have done what was asked."""


class Connections:
    """Connections to the silos of one cluster, for use by several threads.

    A silo that refuses or says nothing is left for the next one. After a fork the child has
    connections of its own.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.has_heard = False
        self._urls = [urlsplit(url) for url in place.urls]
        self._context = self._tls(place) if any(u.scheme == "https" for u in self._urls) else None
        self._present = 0
        self._doubted: Set[int] = set()
        self._start()

    @staticmethod
    def _tls(place: Place) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=place.ca)
        except (OSError, ssl.SSLError) as e:
            raise InvalidOptionsError(
                f"The file of certificates '{place.ca}' cannot be read: {e}. Give the cluster's "
                "certificate as PEM.",
                field="ca",
                value=place.ca,
            ) from e

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._idle: Deque[Tuple[int, Connection]] = deque()
        self._busy: Set[Connection] = set()
        self._closed = False

    def _own(self) -> None:
        # Sockets are shared with the parent, and its lock may be held by a thread that is not
        # here: begin anew, without touching either.
        if self._pid != os.getpid():
            self._start()

    def close(self) -> None:
        """Ends every connection; whoever waits for an answer is released."""
        if self._pid != os.getpid():
            return
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle), list(self._busy)
            self._idle.clear()
        for _, connection in idle:
            connection.close()
        for connection in busy:
            shut(connection)

    def request(
        self,
        method: str,
        path: str,
        body: Sequence[Buffer] = (),
        *,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = SOON,
    ) -> Answer:
        """One try at the present silo.

        Raises:
            CokeError: The silo answered so.
            ConnectionError: It did not answer; the next try goes to the next one.
        """
        self._own()
        told = {"Accept": f"{BYTES}, {JSON}", "User-Agent": "coke-python"}
        if self.place.token is not None:
            told["Authorization"] = f"Bearer {self.place.token}"
        if body:
            told["Content-Type"] = BYTES
        told.update(headers or {})
        answer, index = self._answer(method, path, told, body, timeout)
        self.has_heard = True
        if 200 <= answer.status < 300:
            return answer
        error = self._error(answer, self.place.urls[index])
        if isinstance(error, UnavailableError):
            self._leave(index)  # it starts or stops: another one may not
        raise error

    def _answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Sequence[Buffer],
        timeout: float,
    ) -> Tuple[Answer, int]:
        while True:
            index, connection = self._take(timeout)
            was_used = connection.sock is not None
            try:
                answer = self._exchange(connection, index, method, path, headers, body)
            except _Quiet as e:
                self._drop(connection)
                # A silo ends connections that are idle for long, perhaps just now: that says
                # nothing about it.
                if was_used and not isinstance(e.__cause__, _TIMEOUTS) and not self._closed:
                    continue
                self._leave(index, doubted=True)
                raise ConnectionError(str(e)) from e.__cause__
            except BaseException:
                self._drop(connection)
                raise
            self._give(index, connection)
            return answer, index

    def ask(
        self,
        method: str,
        path: str,
        body: Sequence[Buffer] = (),
        *,
        headers: Optional[Mapping[str, str]] = None,
        timeout: float = SOON,
        give_up_after: float = 60.0,
    ) -> Answer:
        """Asks until there is an answer: all that is asked here may be asked again.

        Raises:
            SiloUnreachableError: There was none for ``give_up_after`` seconds.
            CokeError: The silo refused; or it said for that long that it cannot answer yet.
        """
        began = time.monotonic()
        silent = 0
        while True:
            pause = PAUSE
            try:
                return self.request(method, path, body, headers=headers, timeout=timeout)
            except (PassingError, SlowBodyError) as e:
                failure: Exception = e
                pause = max(PAUSE, getattr(e, "retry_after", None) or 0.0)
            except ConnectionError as e:
                if isinstance(e, CokeError):
                    raise
                if self._closed:
                    raise ClientClosedError.of() from e
                failure = e
                silent += 1
                if silent % len(self._urls):
                    pause = 0.0  # another one may live
            silence = time.monotonic() - began
            if not self.has_heard and not isinstance(failure, CokeError):
                if silence > min(FIRST, give_up_after):
                    raise self._unreachable() from failure
            elif silence > give_up_after:
                if isinstance(failure, CokeError):
                    raise failure
                raise self._silent(silence) from failure
            time.sleep(min(pause, max(0.0, began + give_up_after - time.monotonic())))

    def _unreachable(self) -> SiloUnreachableError:
        return SiloUnreachableError(
            f"No silo answers at {self.place}: start one there, or name the address of another.",
            field="urls",
            value=repr(self.place),
        )

    @staticmethod
    def _silent(silence: float) -> SiloUnreachableError:
        return SiloUnreachableError(
            f"No silo has answered for {silence:.0f} s: see that they run, then repeat this, or "
            "raise give_up_after.",
            field="urls",
            value=f"{silence:.0f} s",
        )

    @staticmethod
    def _error(answer: Answer, place: str) -> CokeError:
        problem: Dict[str, Any] = {}
        if "json" in (answer.header("content-type") or ""):
            try:
                problem = answer.json()
            except CokeError:
                pass  # the status says enough
        error = _problems.of_problem(answer.status, problem, place)
        if isinstance(error, PassingError):
            try:
                error.retry_after = min(30.0, max(0.0, float(answer.header("retry-after") or 0)))
            except ValueError:
                pass  # a date: silos send seconds
        return error

    def _take(self, timeout: float) -> Tuple[int, Connection]:
        with self._lock:
            if self._closed:
                raise ClientClosedError.of()
            while self._idle:
                index, connection = self._idle.pop()
                is_left = index != self._present or index in self._doubted
                if is_left or was_ended(connection):
                    connection.close()
                    continue
                self._busy.add(connection)
                connection.timeout = timeout
                return index, connection
            index = self._present
            connection = self._new(index, timeout)
            self._busy.add(connection)
            return index, connection

    def _new(self, index: int, timeout: float) -> Connection:
        url = self._urls[index]
        host = url.hostname or ""
        if url.scheme == "https":
            assert self._context is not None
            return SecureConnection(host, url.port, timeout, self._context)
        return Connection(host, url.port, timeout)

    def _give(self, index: int, connection: Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
            is_open = connection.sock is not None  # else the silo asked to end it
            if is_open and not self._closed and index == self._present:
                self._idle.append((index, connection))
                return
        connection.close()

    def _drop(self, connection: Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()

    def _leave(self, index: int, doubted: bool = False) -> None:
        with self._lock:
            if index == self._present:
                self._present = (index + 1) % len(self._urls)
            if doubted and len(self._urls) > 1:
                self._doubted.add(index)

    def _check_silo(self, index: int) -> None:
        """Whether a silo says anything at all. A late answer may be the fault of another silo
        that it asked; one that hangs accepts connections and says nothing."""
        connection = self._new(index, PROBE)
        try:
            connection.connect()
            connection.exchange("GET", self._urls[index].path + "/health", {}, ())
            connection.answer()
        finally:
            connection.close()
        with self._lock:
            self._doubted.discard(index)

    def _exchange(
        self,
        connection: Connection,
        index: int,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Sequence[Buffer],
    ) -> Answer:
        try:
            if connection.sock is None:
                timeout, connection.timeout = connection.timeout, min(CONNECT, connection.timeout)
                connection.connect()
                connection.timeout = timeout
                if self._closed:
                    raise ConnectionError("The connections were closed.")
                if index in self._doubted:
                    self._check_silo(index)
            connection.exchange(method, self._urls[index].path + path, headers, body)
            if len(self._urls) > 1 and not connection.wait_for_answer(LATE):
                self._check_silo(index)
            return connection.answer()
        except ssl.SSLCertVerificationError as e:
            raise AccessError(
                f"The certificate of {self.place.urls[index]} is not trusted: "
                f"{e.verify_message}. Give the cluster's certificate as ca.",
                field="ca",
                value=self.place.ca or "",
                type="certificate-untrusted",
            ) from e
        except (OSError, http.client.HTTPException) as e:
            raise _Quiet(f"{self.place.urls[index]}: {e or type(e).__name__}") from e
