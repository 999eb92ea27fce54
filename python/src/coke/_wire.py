"""Where silos are, one connection to one of them, and arrays as bytes."""

from __future__ import annotations

import http.client
import json
import selectors
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

import numpy as np

from ._incoming import receive
from .errors import CokeError, InvalidOptionsError, ServerError

Buffer = Union[bytes, bytearray, memoryview]

# What is as small as this leaves in one piece with its header: one system call, one packet or few.
_ONE_PIECE = 64 << 10
# Bytes a second. A silo waits for slower bodies no longer, so nobody else does.
LEAST_RATE = 16 << 10
_EARLY = 1.0  # for what a silo said before it ended a connection
_CERTIFICATE_NAME = "coke"
JSON = "application/json"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class Place:
    """Where silos are, and what is proved to them. Enough to connect anew in another process."""

    urls: Tuple[str, ...]
    token: Optional[str] = None
    ca: Optional[str] = None

    @staticmethod
    def of(urls: Union[str, Sequence[str]], token: Optional[str], ca: Any) -> "Place":
        given = [urls] if isinstance(urls, str) else list(urls)
        if not given:
            raise InvalidOptionsError(
                "No address of a silo is given: give one URL or more, such as "
                "http://127.0.0.1:8080.",
                field="urls",
            )
        for url in given:
            if not _is_address(url):
                raise InvalidOptionsError(
                    f"'{url}' is no address of a silo: use http://HOST:PORT, or https:// with TLS.",
                    field="urls",
                    value=url,
                )
        if token is not None and (not token.isprintable() or not token.isascii()):
            raise InvalidOptionsError(
                "The token has characters that no token has: give the text of the token file, "
                "without the end of its line.",
                field="token",
            )
        addresses = tuple(url.rstrip("/") for url in given)
        return Place(addresses, token, None if ca is None else str(ca))

    def __repr__(self) -> str:  # never the token: representations end up in logs
        return ", ".join(self.urls)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        name = (parts.hostname or "").encode("idna")
        return parts.scheme in ("http", "https") and name != b"" and parts.port != 0
    except ValueError:  # a port out of range, a name that is none
        return False


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytearray

    def json(self) -> Any:
        """What it tells.

        Raises:
            ServerError: It is no JSON.
        """
        try:
            return json.loads(self.body) if self.body else {}
        except ValueError as e:
            raise ServerError(
                f"An answer of {len(self.body)} bytes is no JSON: what answers there is no silo, "
                "or none of this version; check the address.",
                field="answer",
                value=len(self.body),
            ) from e

    def header(self, name: str) -> Optional[str]:
        return self.headers.get(name.lower())


class Connection:
    """One to one silo. It is made at ``connect``, and again after ``close``."""

    usual_port = 80

    def __init__(self, host: str, port: Optional[int], timeout: float) -> None:
        self.host, self.port, self.timeout = host, port or self.usual_port, timeout
        self.sock: Optional[socket.socket] = None
        name = f"[{host}]" if ":" in host else host
        if not name.isascii():
            name = name.encode("idna").decode("ascii")
        self._name = name if self.port == self.usual_port else f"{name}:{self.port}"
        self._is_spent = False  # the other side ended it amid a request

    def connect(self) -> None:
        self._is_spent = False
        self.sock = socket.create_connection((self.host, self.port), self.timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()

    def exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: Sequence[Buffer]
    ) -> None:
        """Sends a request, in ``timeout`` and the time that its body takes at the least rate."""
        sock = self._open()
        size = sum(memoryview(part).nbytes for part in body)
        parts = [self._head(method, path, headers, size if body else None), *body]
        # What is small leaves in one piece with its head.
        if size <= _ONE_PIECE:
            parts = [b"".join(parts)]
        # A socket's timeout counts for a whole part, however fast that goes on.
        ends = time.monotonic() + self.timeout + size / LEAST_RATE
        try:
            for part in parts:
                sock.settimeout(max(self.timeout, ends - time.monotonic()))
                sock.sendall(part)
        except OSError as e:
            # Who refuses early does not wait for the rest, but its answer may be there.
            is_late = isinstance(e, (TimeoutError, socket.timeout))
            if not self.wait_for_answer(0.0 if is_late else _EARLY):
                raise
            self._is_spent = True
        sock.settimeout(max(self.timeout, ends - time.monotonic()))

    def answer(self) -> Answer:
        """What comes back. Closes the connection where the other side will."""
        status, headers, body, keeps = receive(self._open())
        if self._is_spent or not keeps:
            self.close()
        return Answer(status, headers, body)

    def wait_for_answer(self, timeout: float) -> bool:
        """Whether an answer begins in that many seconds."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._open(), selectors.EVENT_READ)
            return bool(selector.select(timeout))

    def _open(self) -> socket.socket:
        sock = self.sock
        if sock is None:  # another thread closed it
            raise ConnectionError("The connection was closed.")
        return sock

    def _head(
        self, method: str, path: str, headers: Mapping[str, str], size: Optional[int]
    ) -> bytes:
        if not (path.isascii() and path.isprintable()) or " " in path:
            raise http.client.InvalidURL(f"{path!r} cannot be asked for")
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._name}"]
        for name, value in headers.items():
            if not value.isprintable():
                raise ValueError(f"The header {name} cannot be sent: {value!r}.")
            lines.append(f"{name}: {value}")
        if size is not None or method in ("POST", "PUT"):
            lines.append(f"Content-Length: {size or 0}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class SecureConnection(Connection):
    """With TLS. A cluster has one certificate for all silos, whose name is no host's."""

    usual_port = 443

    def __init__(self, host: str, port: Optional[int], timeout: float, context: ssl.SSLContext):
        super().__init__(host, port, timeout)
        self._context = context

    def connect(self) -> None:
        super().connect()
        assert self.sock is not None
        plain = self.sock
        try:
            self.sock = self._context.wrap_socket(plain, server_hostname=_CERTIFICATE_NAME)
        except BaseException:
            self.close()
            raise


def was_ended(connection: Connection) -> bool:
    """Whether the other side ended an idle connection, which then can be read: its end."""
    try:
        connection.sock.settimeout(0)
        connection.sock.recv(1)  # also where it said something that nobody asked for
        return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except (OSError, AttributeError):
        return True


def shut(connection: Connection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except (OSError, AttributeError):
        pass  # it ended by itself meanwhile


def json_body(value: Any) -> Tuple[List[Buffer], Dict[str, str]]:
    """A body of JSON and its header."""
    return [json.dumps(value).encode()], {"Content-Type": JSON}


def bytes_of(array: np.ndarray) -> memoryview:
    """An array's own memory, as a body: nothing is copied."""
    return memoryview(array).cast("B") if array.size else memoryview(b"")


def arrays_of(answer: Answer, *shapes: Tuple[str, Tuple[int, ...]]) -> List[np.ndarray]:
    """The arrays of an answer, one after the other; each with its type and shape."""
    found, at = [], 0
    for kind, shape in shapes:
        dtype = np.dtype(kind)
        count = int(np.prod(shape, dtype=np.int64))
        if at + count * dtype.itemsize > len(answer.body):
            raise _Short(shape, len(answer.body))
        found.append(np.frombuffer(answer.body, dtype, count, at).reshape(shape))
        at += count * dtype.itemsize
    return found


class _Short(CokeError):
    slug = "short-answer"

    def __init__(self, shape: Tuple[int, ...], size: int) -> None:
        super().__init__(
            f"An answer of {size} bytes is too short for an array of {shape}: the silo is of "
            "another version; use a client of the same one.",
            field="answer",
            value=size,
        )
