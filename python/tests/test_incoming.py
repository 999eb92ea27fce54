"""Answers of HTTP, as they come."""

import socket
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import pytest

from coke._http import Connections
from coke._incoming import receive
from coke._wire import Place

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def said():
    """``said(data)``: a socket on which this has come; the other side has ended then."""
    opened = []

    def make(data, ended=True):
        near, far = socket.socketpair()
        opened.extend([near, far])
        near.settimeout(20)
        far.sendall(data)
        if ended:
            far.close()
        return near

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize("data, status, body, keeps", [
    (OK + b"Content-Length: 3\r\n\r\nabc", 200, b"abc", True),
    (OK + b"content-length:3\r\nConnection: Close\r\n\r\nabc", 200, b"abc", False),
    (OK + b"Content-Length: 0\r\n\r\n", 200, b"", True),
    (OK + b"\r\nabc", 200, b"abc", False),
    (OK + b"Content-Length: 3\r\n\r\nabcd", 200, b"abc", False),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\nB;x=1\r\n" + b"c" * 11
     + b"\r\n0\r\nX: y\r\n\r\n", 200, b"ab" + b"c" * 11, True),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 \r\nContent-Length: 2\r\n\r\n{}",
     202, b"{}", True),
    (b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", 204, b"", True),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", True),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", 200, b"a", False),
    (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na", 200, b"a", True),
])
def test_an_answer_is_read_to_its_end(said, data, status, body, keeps):
    found = receive(said(data))
    assert (found[0], bytes(found[2]), found[3]) == (status, body, keeps)


def test_headers_are_found_by_lower_case_names(said):
    headers = receive(said(OK + b"ETag:  \"a:1\" \r\nX-Y: \xe9\r\nContent-Length: 0\r\n\r\n"))[1]
    assert headers == {"etag": '"a:1"', "x-y": "\xe9", "content-length": "0"}


@pytest.mark.parametrize("data, error", [
    (b"", RemoteDisconnected),
    (OK + b"Content-Le", IncompleteRead),
    (OK + b"Content-Length: 3\r\n\r\nab", IncompleteRead),
    (OK + b"Content-Length: x\r\n\r\nab", HTTPException),
    (OK + b"Content-Length: -1\r\n\r\nab", HTTPException),
    (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", IncompleteRead),
    (OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nab", HTTPException),
    (b"SSH-2.0-OpenSSH\r\n\r\n", HTTPException),
    (b"HTTP/1.1 abc\r\n\r\n", HTTPException),
    (OK + b"X: " + b"y" * (70 << 10), HTTPException),
])
def test_what_is_no_whole_answer_is_an_error(said, data, error):
    with pytest.raises(error):
        receive(said(data))


def test_long_bodies_come_whole_and_may_be_written(said):
    sent = bytes(range(256)) * 300
    head = OK + b"Content-Length: %d\r\n\r\n" % len(sent)
    body = receive(said(head + sent, ended=False))[2]
    assert body == sent
    body[0] = 1


class InPieces:
    """A socket that gives one byte at a time."""

    def __init__(self, data):
        self._data = data

    def recv(self, _):
        piece, self._data = self._data[:1], self._data[1:]
        return piece

    def recv_into(self, place):
        piece = self.recv(1)
        place[:len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("rest", [
    b"Content-Length: 5\r\n\r\nabcde",
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    b"\r\nabcde",
])
def test_pieces_may_end_anywhere(rest):
    assert receive(InPieces(OK + rest))[2] == b"abcde"


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/\xe9"])
def test_a_path_that_would_be_another_request_is_not_sent(world, path):
    _, doors, _ = world()
    connections = Connections(Place.of(doors[0].url, None, None))
    with pytest.raises(ConnectionError):
        connections.request("GET", path)
    with pytest.raises(ValueError, match="cannot be sent"):
        connections.request("GET", "/v1/runs", headers={"If-None-Match": "a\r\nX: y"})
    connections.close()
    assert doors[0].requests == []
