"""Answers as they come off a connection: HTTP/1.1, of which a door uses little."""

from __future__ import annotations

import socket
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong
from http.client import RemoteDisconnected
from typing import Dict, Tuple

# Most answers are one packet. Long bodies are read into their own place.
_PIECE = 16 << 10
_LONGEST_HEAD = 64 << 10
_WITHOUT_BODY = (204, 304)


def receive(sock: socket.socket) -> Tuple[int, Dict[str, str], bytearray, bool]:
    """One answer. The parser of the standard library makes a mail of every head, which took a
    trainer's processor as long as all else that a mini-batch costs.

    Returns:
        Its status; its headers by lower-case name; its body, in memory that may be written: arrays
        are made of it without a copy; and whether the connection can be used again.

    Raises:
        HTTPException: It is no answer, or not a whole one.
        OSError: The connection failed.
    """
    source = _Source(sock)
    while True:
        first, *lines = source.head().split("\r\n")
        version, status = _status_of(first)
        headers: Dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        if status >= 200:
            break  # what comes before is said to whoever waits with a body
    said = headers.get("connection", "").lower()
    keeps = "close" not in said and (version >= "HTTP/1.1" or "keep-alive" in said)
    if status in _WITHOUT_BODY:
        body = bytearray()
    elif "chunked" in headers.get("transfer-encoding", "").lower():
        body = _chunks(source)
    elif "content-length" in headers:
        body = source.exactly(_number(headers["content-length"], 10))
    else:
        body, keeps = source.everything(), False
    return status, headers, body, keeps and not source.has_more


def _status_of(line: str) -> Tuple[str, int]:
    version, _, rest = line.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/1.") or not (code.isdigit() and code.isascii()):
        raise BadStatusLine(line)
    return version, int(code)


def _chunks(source: "_Source") -> bytearray:
    body = bytearray()
    while True:
        size = _number(source.line().partition(";")[0].strip(), 16)
        if size == 0:
            while source.line():
                pass  # what may follow the last chunk says nothing here
            return body
        body += source.exactly(size)
        source.line()


def _number(text: str, base: int) -> int:
    try:
        if text.isalnum() and text.isascii():
            return int(text, base)
    except ValueError:
        pass
    raise HTTPException(f"'{text[:40]}' is no length")


class _Source:
    """Bytes that have come, and those that will."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._data = b""
        self._at = 0

    @property
    def has_more(self) -> bool:
        """Something came that nobody asked for."""
        return self._at < len(self._data)

    def head(self) -> str:
        """Everything before an empty line."""
        if not self.has_more and not self._receive():
            raise RemoteDisconnected("It ended the connection without an answer")
        return self._until(b"\r\n\r\n")

    def line(self) -> str:
        """A line without its end."""
        return self._until(b"\r\n")

    def _until(self, mark: bytes) -> str:
        while True:
            end = self._data.find(mark, self._at)
            if end >= 0:
                found = self._data[self._at:end]
                self._at = end + len(mark)
                return found.decode("latin-1")
            if len(self._data) - self._at > _LONGEST_HEAD:
                raise LineTooLong("head")
            if not self._receive():
                raise IncompleteRead(self._data[self._at:])

    def _receive(self) -> bool:
        piece = self._sock.recv(_PIECE)
        self._data = self._data[self._at:] + piece
        self._at = 0
        return bool(piece)

    def exactly(self, size: int) -> bytearray:
        """So many bytes."""
        if size <= len(self._data) - self._at:
            self._at += size
            return bytearray(memoryview(self._data)[self._at - size:self._at])
        body = bytearray(size)
        rest = memoryview(body)
        known = len(self._data) - self._at
        rest[:known] = memoryview(self._data)[self._at:]
        self._at, rest = len(self._data), rest[known:]
        while rest:
            count = self._sock.recv_into(rest)
            if not count:
                raise IncompleteRead(b"", len(rest))
            rest = rest[count:]
        return body

    def everything(self) -> bytearray:
        """All bytes up to the connection's end."""
        body = bytearray(memoryview(self._data)[self._at:])
        self._at = len(self._data)
        while True:
            piece = self._sock.recv(_PIECE)
            if not piece:
                return body
            body += piece
