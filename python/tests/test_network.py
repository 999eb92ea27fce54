"""Networks and servers that a door in this process does not show: slow, early, or no silo's."""

import socket
import threading
import time

import numpy as np
import pytest

import coke
from batches import unit
from coke._http import Connections
from coke._wire import Place
from fake_door import problem

LARGE = 4 << 20  # more than sockets hold


@pytest.fixture
def serve():
    """``serve(answer)``: the address of a server that does ``answer(socket)`` with each client."""
    listening = []

    def make(answer):
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        server.bind(("127.0.0.1", 0))
        server.listen()
        listening.append(server)

        def work():
            try:
                while True:
                    client, _ = server.accept()
                    with client:
                        answer(client)
            except OSError:
                pass

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}"

    yield make
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def head_of(client):
    """Reads until the body begins; what of that came too."""
    said = b""
    while b"\r\n\r\n" not in said:
        said += client.recv(4096)
    return said.split(b"\r\n\r\n", 1)[1]


def test_a_large_body_has_the_time_that_it_takes(serve):
    """Socket timeouts count for all that is sent, and nothing of it is kept for the next try."""
    tries = []

    def slowly(client):
        tries.append(1)
        count = len(head_of(client))
        while count < LARGE:
            time.sleep(0.01)
            count += len(client.recv(64 << 10))
        client.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")

    connections = Connections(Place.of(serve(slowly), None, None))
    answer = connections.request("PUT", "/v1/x", [bytes(LARGE)], timeout=0.2)
    assert (answer.status, len(tries)) == (202, 1)
    connections.close()


@pytest.mark.parametrize("status, slug, error", [
    (413, "oversize", coke.OversizeError),
    (401, "token-wrong", coke.AccessError),
    (429, "too-busy", coke.TooBusyError),
])
def test_an_answer_amid_the_body_is_heard(serve, status, slug, error):
    def early(client):
        head_of(client)
        body = problem(status, slug, "No.")[2]
        kind = "Content-Type: application/problem+json\r\nConnection: close"
        head = f"HTTP/1.1 {status} No\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        client.sendall(head.encode() + body)

    connections = Connections(Place.of(serve(early), None, None))
    for _ in range(2):
        with pytest.raises(error, match="No."):
            connections.request("PUT", "/v1/x", [bytes(LARGE)], timeout=5)
    connections.close()


def test_an_answer_that_leads_elsewhere_is_no_success(world):
    _, doors, client = world()
    doors[0].script = lambda method, path: (302, [("Location", "http://login/")], b"{}")
    with pytest.raises(coke.InvalidRequestError, match="answered with status 302, which is no"):
        client.runs()


def test_only_a_silo_that_took_a_part_has_it(world, open_session, rng):
    _, doors, client = world()
    session = open_session(client)
    doors[0].script = lambda method, path: (200, [], b"{}") if method == "PUT" else None
    session.push([1], unit(rng, 1))
    with pytest.raises(coke.ServerError, match="answered with status 200, and a silo that takes"):
        session.end_epoch(timeout=20)


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:99999", "http://127.0.0.1:0", "http://127.0.0.1:x", "http://[::1",
    f"http://{64 * 'a'}.org",
])
def test_addresses_that_cannot_be_asked_are_refused(url):
    with pytest.raises(coke.InvalidOptionsError, match="is no address of a silo"):
        coke.Client(url)


def test_a_closed_client_says_so(world):
    _, _, client = world()
    run = client.run("birds")
    client.close()
    for ask in (client.runs, run.status):
        with pytest.raises(coke.ClientClosedError, match="make another one") as e:
            ask()
        assert isinstance(e.value, coke.CokeError)


def test_what_is_late_is_a_typed_error(world, open_session, rng):
    run, _, client = world()
    run.commits = False
    session = open_session(client)
    session.push([1], unit(rng, 1))
    with pytest.raises(coke.WaitTimeoutError, match="There was no commit of epoch 0") as e:
        session.end_epoch(timeout=0.05)
    assert isinstance(e.value, TimeoutError) and isinstance(e.value, coke.CokeError)


def test_the_end_of_an_epoch_has_one_time_for_everything(world, open_session, rng):
    run, doors, client = world()
    run.is_durable = run.commits = False
    session = open_session(client, window=12, concurrency=1)
    for n in range(12):
        session.push([n], unit(rng, 1))
    go_on = threading.Event()
    threading.Timer(0.5, lambda: run.changing(watermarks=[4])).start()
    began = time.monotonic()
    with pytest.raises(coke.WaitTimeoutError):
        session.end_epoch(timeout=0.8)  # room after 0.5 s, then no commit
    assert time.monotonic() - began < 1.1

    def script(method, path):
        if "/epochs/0" in path and method == "GET":
            go_on.wait(20)
        return None

    doors[0].script = script
    run.wait(lambda: run.ends)
    run.commit()
    began = time.monotonic()
    with pytest.raises(coke.WaitTimeoutError):
        session.end_epoch(timeout=0.5)  # the report is late
    assert time.monotonic() - began < 2
    go_on.set()
    assert session.end_epoch(timeout=20).epoch == 0
    assert session.epoch == 1


def test_arrays_of_any_size_are_sent_as_they_are(serve):
    got = []

    def take(client):
        said = head_of(client)
        while len(said) < LARGE:
            said += client.recv(1 << 20)
        got.append(said)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    connections = Connections(Place.of(serve(take), None, None))
    sent = np.random.default_rng(1).bytes(LARGE)
    connections.request("POST", "/v1/x", [sent[:7], sent[7:]], timeout=5)
    connections.close()
    assert got == [sent]
