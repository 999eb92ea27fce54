"""A silo of one's own, for as long as a program runs."""

from __future__ import annotations

import atexit
import ctypes
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
        options: Further options of it, such as ``["--data", "runs.db"]``.

    Raises:
        SiloNotFoundError: There is no such program.
        SiloFailedError: It did not start.
    """

    def __init__(
        self,
        command: Union[str, Sequence[str], None] = None,
        options: Optional[Sequence[str]] = None,
    ) -> None:
        words = self.command = _command(command)
        self._pid = os.getpid()
        self._folder = tempfile.TemporaryDirectory(prefix="coke-")
        token = self.token = secrets.token_hex(32)
        path = os.path.join(self._folder.name, "token")
        with open(path, "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
            file.write(token)
        http, gateway, silo = _free_ports(3)
        line = [*words, "--http-port", http, "--gateway-port", gateway, "--silo-port", silo]
        line += ["--token-file", path, *(options if options is not None else ["--memory"])]
        self._process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=_end_with_parent,
        )
        self._said: List[str] = []
        self._await_ready()
        self.url = f"http://127.0.0.1:{http}"
        self.client = Client(self.url, token=token)
        atexit.register(self.close)

    @property
    def pid(self) -> int:
        """The silo's process."""
        return self._process.pid

    @property
    def said(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(self._said[-20:])

    def close(self) -> None:
        """Stops the silo. Repeated, it does nothing."""
        if os.getpid() != self._pid or self._process.poll() is not None:
            return
        self.client.close()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> "LocalSilo":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "running" if self._process.poll() is None else "stopped"
        return f"<silo at {self.url}, {state}>"

    def _await_ready(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.append(line.rstrip())
            if line.startswith(_READY):
                # A pipe that nobody reads would stop the silo once it is full.
                threading.Thread(
                    target=self._listen, args=(self._process.stdout,), daemon=True
                ).start()
                return
        code = self._process.wait()
        self._folder.cleanup()
        raise SiloFailedError(
            f"The silo ended with code {code} before it was ready: "
            f"{self.said or 'it said nothing'}",
            field="silo",
            value=code,
        )

    def _listen(self, lines: IO[str]) -> None:
        for line in lines:
            self._said.append(line.rstrip())
            del self._said[:-200]


_shared: Optional[LocalSilo] = None
_starting = threading.Lock()


def shared_silo() -> LocalSilo:
    """The one silo that everything in this program shares that has been given none."""
    global _shared
    with _starting:
        if _shared is None or _shared._pid != os.getpid() or _shared._process.poll() is not None:
            _shared = LocalSilo()
        return _shared


def _command(given: Union[str, Sequence[str], None]) -> List[str]:
    if given is not None and not isinstance(given, str):
        return list(given)
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


def _end_with_parent() -> None:
    # Ctrl-C is the program's, which stops the silo; and a program that is killed takes it along.
    os.setpgrp()
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    except (OSError, AttributeError):
        pass  # not Linux: such a silo must be stopped by hand
