"""A silo of one's own, for as long as a program runs."""

from __future__ import annotations

import atexit
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from typing import IO, List, Optional, Sequence, Union

from .client import Client
from .errors import CokeError

_SILO = "coke-silo"
_READY = "Silo ready"
_TRIES = 3  # ports that were free may be taken before the silo has them
_STOP = 30.0

# The keeper of the silo. It tells the silo's process first, and stops the silo once its own input
# ends: with the program that holds the other end, however that dies. A thread of the program that
# ends changes nothing.
_KEEPER = """
exec 3<&0
sh -c 'echo "$$"; exec "$@"' sh "$@" </dev/null 3<&- &
silo=$!
(read _ <&3; kill "$silo") >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$silo"
code=$?
kill "$watch" 2>/dev/null
exit "$code"
"""


class SiloNotFoundError(CokeError):
    """There is no silo's program to start."""


class SiloFailedError(CokeError):
    """The silo that was started has ended, or did not become ready."""


class LocalSilo:
    """A silo that this program starts, on loopback, with a token that it draws anew; it keeps
    nothing, and ends with the program or with ``close``.

    Args:
        command: The silo's program, a path or a command line; None: the environment variable
            COKE_SILO, or else ``coke-silo`` on the path.
        options: Further options of it, such as ``["--data", "runs"]``, a folder in which it keeps
            its runs.
        ready_within: Seconds that it may take to start.

    Raises:
        SiloNotFoundError: There is no such program.
        SiloFailedError: It did not start.
    """

    def __init__(
        self,
        command: Union[str, Sequence[str], None] = None,
        options: Optional[Sequence[str]] = None,
        ready_within: float = 60.0,
    ) -> None:
        self.command = _command(command)
        self._pid = os.getpid()
        self._closed = False
        self._ready_within = ready_within
        self._folder = tempfile.TemporaryDirectory(prefix="coke-")
        try:
            token = self.token = secrets.token_hex(32)
            path = os.path.join(self._folder.name, "token")
            with open(path, "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
                file.write(token)
            more = ["--token-file", path, *(options if options is not None else ["--memory"])]
            http = self._start(more)
        except BaseException:
            self._folder.cleanup()
            raise
        self.url = f"http://127.0.0.1:{http}"
        self.client = Client(self.url, token=token)
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """The silo's process."""
        return self._silo

    @property
    def said(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(self._said[-20:])

    def close(self) -> None:
        """Stops the silo. Repeated, or in a forked process, it does nothing."""
        if os.getpid() != self._pid or self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        self.client.close()
        self._stop(_STOP)
        self._folder.cleanup()

    def __enter__(self) -> "LocalSilo":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "running" if self._process.poll() is None else "stopped"
        return f"<silo at {self.url}, {state}>"

    def _start(self, more: Sequence[str]) -> str:
        """Starts it; its HTTP port."""
        for tries in range(1, _TRIES + 1):
            ports = _free_ports(3)
            names = ("--http-port", "--gateway-port", "--silo-port")
            line = [*self.command, *(word for pair in zip(names, ports) for word in pair), *more]
            try:
                self._run(line)
                return ports[0]
            except SiloFailedError:
                if tries == _TRIES or not self._lost_a_port(ports):
                    raise
        raise AssertionError("unreachable")

    def _run(self, line: Sequence[str]) -> None:
        self._said: List[str] = []
        self._silo = 0
        self._is_ready = False
        told = threading.Event()
        # A session of its own: Ctrl-C is the program's, which stops the silo.
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "coke-silo", *line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        # Until its end: a pipe that nobody reads would stop the silo once it is full.
        lines = (self._process.stdout, self._said, told)
        threading.Thread(target=self._listen, args=lines, name="coke-silo", daemon=True).start()
        try:
            is_told = told.wait(self._ready_within)
            if self._is_ready:
                return
            code = self._process.wait(_STOP) if is_told else None
        except BaseException:
            self._stop(0.0)
            raise
        self._stop(0.0)
        how = (
            f"did not become ready in {self._ready_within:g} s"
            if code is None
            else f"ended with code {code} before it was ready"
        )
        raise SiloFailedError(
            f"The silo {how}: {self.said or 'it said nothing'}",
            field="silo",
            value="" if code is None else code,
        )

    def _listen(self, lines: IO[str], said: List[str], told: threading.Event) -> None:
        try:
            for line in lines:
                if self._silo == 0 and not said:
                    self._silo = int(line)
                    continue
                said.append(line.rstrip())
                del said[:-200]
                if line.startswith(_READY) and not told.is_set():
                    self._is_ready = True
                    told.set()
        except ValueError:
            pass  # the pipe was closed, or the shell itself failed
        finally:
            told.set()

    def _stop(self, patience: float) -> None:
        process = self._process
        assert process.stdin is not None
        process.stdin.close()  # which the keeper hears
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def _lost_a_port(self, ports: Sequence[str]) -> bool:
        return "in use" in self.said.lower() or not all(_is_free(port) for port in ports)


_shared: Optional[LocalSilo] = None
_starting = threading.Lock()


def shared_silo() -> LocalSilo:
    """The one silo that everything in this program shares that has been given none."""
    global _shared
    with _starting:
        if _shared is not None and _shared._pid == os.getpid():
            if not _shared._closed and _shared._process.poll() is None:
                return _shared
            _shared.close()
        _shared = LocalSilo()
        return _shared


def _command(given: Union[str, Sequence[str], None]) -> List[str]:
    if given is not None and not isinstance(given, str):
        words, text = list(given), shlex.join(given)
    else:
        text = given or os.environ.get("COKE_SILO") or _SILO
        words = shlex.split(text) if not os.path.exists(text) else [text]
    if not words or shutil.which(words[0]) is None:
        raise SiloNotFoundError(
            f"There is no program '{words[0] if words else ''}' to start a silo with: set "
            "COKE_SILO to the command that starts one, or give the address of a running silo.",
            field="silo",
            value=text,
        )
    return words


def _free_ports(count: int) -> List[str]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [str(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def _is_free(port: str) -> bool:
    with socket.socket() as one:
        try:
            one.bind(("127.0.0.1", int(port)))
            return True
        except OSError:
            return False
