"""How often a session asks: seldom by itself, at once where somebody waits."""

import threading

import numpy as np
import pytest

import coke
from batches import unit
from coke import _delivery
from coke._window import Part, SendWindow
from fake_door import PATIENCE

LONG = 3600.0  # a pause that no test sits out


@pytest.fixture
def resting():
    """``resting(window)``: a poller's pause in a thread of its own, and whether it is over."""
    threads = []

    def begin(window):
        over = threading.Event()
        threads.append(threading.Thread(target=lambda: (window.rest(LONG), over.set())))
        threads[-1].daemon = True
        threads[-1].start()
        return over

    yield begin
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def part(sequence):
    return Part(0, 0, sequence, np.empty(0, np.int64))


def test_a_pause_ends_when_somebody_waits(resting):
    window = SendWindow(1)
    window.add(part(0))
    window.begin(0, 0)
    over, so = resting(window), []
    waiter = threading.Thread(target=window.wait_for, args=(lambda: bool(so), PATIENCE, "it"))
    waiter.start()
    assert over.wait(PATIENCE)
    so.append(True)
    window.notify()
    waiter.join(PATIENCE)
    assert not waiter.is_alive()
    window.rest(0.0)  # nobody waits any more


def test_a_pause_ends_when_the_window_fills(resting):
    window = SendWindow(8)
    for n in range(5):
        window.add(part(n))
    over = resting(window)
    window.add(part(5))
    assert over.wait(PATIENCE)
    window.rest(LONG)  # and there is none while it stays so


@pytest.mark.parametrize("end", [
    SendWindow.close,
    SendWindow.hurry,
    lambda window: window.fail(coke.SessionClosedError("It was closed.")),
])
def test_a_pause_ends_with_the_session_or_on_demand(resting, end):
    window = SendWindow(8)
    over = resting(window)
    end(window)
    assert over.wait(PATIENCE)


def test_whoever_waits_sits_out_no_pause(world, open_session, rng, monkeypatch):
    monkeypatch.setattr(_delivery, "REST", LONG)
    run, _, client = world()
    session = open_session(client, resend_after=LONG)
    for n in range(40):  # many times the window
        session.push([n], unit(rng, 1), timeout=PATIENCE)
    assert session.end_epoch(timeout=PATIENCE).epoch == 0
    run.restore()
    session.adopt(1, timeout=PATIENCE)
    session.push([1], unit(rng, 1))
    run.arrived((0, 1, 1, 0))
    run.commits = False
    run.refuse(0, 0)
    with pytest.raises(coke.RefusedBatchError):
        session.end_epoch(timeout=PATIENCE)
    threads = session._delivery._threads
    session.close()
    assert not any(thread.is_alive() for thread in threads)


def test_nobody_waits_and_few_polls_are_asked(world, open_session, rng, monkeypatch):
    monkeypatch.setattr(_delivery, "REST", LONG)
    run, _, client = world()
    session = open_session(client, resend_after=LONG)
    run.wait(lambda: run.polls == 2)  # that of the opening, and the first
    for n in range(4):
        session.push([n], unit(rng, 1))
        run.arrived((0, 0, 0, n))  # each a change that a poll would hear of
    assert run.polls == 2


def test_what_has_come_is_not_sent_again(world, open_session, rng, monkeypatch):
    """A slow trainer's mini-batches wait long for the next checkpoint."""
    monkeypatch.setattr(_delivery, "REST", 0.0)
    run, _, client = world()
    run.is_durable = False
    session = open_session(client, resend_after=LONG)
    session._delivery._clock = lambda: 2 * LONG * run.polls  # too late, at every poll
    run.next_expected = lambda: run.polls
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    polls = run.polls
    run.wait(lambda: run.polls > polls + 9)
    before = run.arrivals.count((0, 0, 0, 0))
    run.next_expected = lambda: 1  # it goes no further
    run.wait(lambda: run.arrivals.count((0, 0, 0, 0)) > before + 2)
    assert before == 1
