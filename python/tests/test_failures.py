"""A session whose silo is busy, silent or gone, or refuses, or takes the run back."""

import gc
import threading
import weakref

import numpy as np
import pytest

import coke
from batches import body, fails, unit
from coke._images import check_embeddings
from fake_door import problem


@pytest.mark.parametrize("status, slug", [(429, "too-busy"), (503, "unavailable")])
def test_what_was_not_taken_comes_again(world, open_session, rng, status, slug):
    run, doors, client = world()
    refused = []

    def script(method, path):
        if method == "PUT" and len(refused) < 3:
            refused.append(path)
            return problem(status, slug, "Busy.", headers=[("Retry-After", "0")])
        return None

    doors[0].script = script
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    assert len(refused) == 3


def test_what_has_an_unknown_outcome_comes_again(world, open_session, rng):
    run, doors, client = world()
    lost = []

    def script(method, path):
        if method == "PUT" and not lost:
            lost.append(path)
            return "silence"
        return None

    session = open_session(client, resend_after=1000)
    doors[0].script = script
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    assert lost


def test_no_room_delays_the_next_and_loses_nothing(world, open_session, rng):
    run, _, client = world()
    run.room = False
    session = open_session(client)
    for n in range(8):
        session.push([n], unit(rng, 1))
    run.arrived(*((0, 0, 0, n) for n in range(8)))
    session.end_epoch()


def test_a_refused_mini_batch_is_replaced(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client)
    x = unit(rng, 2)
    session.push([3, 4], x)
    run.arrived((0, 0, 0, 0))
    run.refuse(0, 0)
    fails(session)
    with pytest.raises(coke.RefusedBatchError) as e:
        session.push([6], x[:1])
    assert str(e.value) == (
        "Mini-batch 0 of trainer 0 was refused: Image id 3 came from rank 1 too.")
    refusal = e.value.refusal
    assert (refusal.sequence, refusal.content_hash, refusal.kind) == (0, "11", "invalidImageId")
    with pytest.raises(coke.InvalidOptionsError, match="Sequence 1 is not an open refusal"):
        session.replace(1, [5], x[:1])
    with pytest.raises(coke.InvalidImageIdError, match="Image id 5 is repeated"):
        session.replace(0, [5, 5], x)
    session.replace(0, [4, 5], x)  # 4 was of the refused one
    run.arrived((0, 0, 0, 0))
    assert run.bodies[0, 0, 0, 0] == body([4, 5], x)
    with pytest.raises(coke.InvalidImageIdError, match="Image id 5 is repeated"):
        session.push([5], x[:1])
    # A late copy of what was refused is told of still; other content would fail the session.
    session.push([3], x[:1])
    run.refuse(0, 0, content_hash="12")
    with pytest.raises(coke.RefusedBatchError):
        session.end_epoch()


def test_a_roll_back_ends_pushes_until_the_epoch_is_begun_anew(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    run.restore()
    with pytest.raises(coke.RolledBackError) as e:
        session.end_epoch()
    assert (e.value.epoch, e.value.attempt) == (0, 1)
    assert "rolled back to the start of epoch 0 (attempt 1): load the state" in str(e.value)
    with pytest.raises(coke.RolledBackError):
        session.push([2], unit(rng, 1))
    session.restart_epoch()
    assert (session.epoch, session.attempt, session.has_begun) == (0, 1, False)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))
    assert session.end_epoch().epoch == 0


def test_a_newer_attempt_is_taken_by_itself_before_the_first_push(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    run.restore()
    run.wait(lambda: session._delivery.known.attempt == 1)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))


def test_keeps_attempt_waits_for_adopt(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.keeps_attempt = True
    run.restore()
    run.restore()
    session.adopt(1)
    assert session.attempt == 1
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))  # which the run drops, and the session hears of the newer one
    with pytest.raises(coke.RolledBackError):
        session.end_epoch()
    session.restart_epoch()
    with pytest.raises(coke.InvalidOptionsError, match="Attempt 1 cannot be taken in attempt 2"):
        session.adopt(1)
    with pytest.raises(TimeoutError):
        session.adopt(3, timeout=0.01)
    assert session.attempt == 2


@pytest.mark.parametrize("told_by", ["progress", "end"])
def test_a_newer_trainer_fences_the_older_one(told_by, world, open_session, rng):
    # A poll or a refused request tells of the newer trainer, whichever comes first.
    run, doors, client = world()
    older = open_session(client)
    if told_by == "end":
        mute = problem(503, "unavailable", "It stops.")
        doors[0].script = lambda _, path: mute if "/progress?generation=1" in path else None
    older.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    newer = open_session(client)
    if told_by == "progress":
        window = older._window
        window.wait_for(lambda: window.peek_failure() is not None, 20, "word of the newer")
    assert (older.generation, newer.generation) == (1, 2)
    with pytest.raises(coke.FencedTrainerError, match="Stop this trainer, or open a new session"):
        older.end_epoch()
    with pytest.raises(coke.FencedTrainerError):
        older.restart_epoch()
    newer.push([1], unit(rng, 1))
    assert newer.end_epoch().epoch == 0


def test_a_race_for_a_rank_is_run_again(world, open_session):
    run, doors, client = world()
    races = []

    def script(method, path):
        if method == "POST" and path.endswith("/ranks/0") and len(races) < 2:
            races.append(path)
            run.generations[0] += 1  # somebody came between
        return None

    doors[0].script = script
    assert open_session(client).generation == 3


def test_a_fault_is_told_and_mended(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    run.changing(state="faulted")
    fails(session)
    with pytest.raises(coke.RunFaultedError, match="cannot go on: disk"):
        session.push([1], unit(rng, 1))
    run.changing(state="live")
    run.wait(lambda: session._window.failure is None)
    session.push([1], unit(rng, 1))
    assert session.end_epoch().epoch == 0


def test_a_recovery_is_sat_out(world, open_session, rng):
    run, _, client = world()
    session = open_session(client, give_up_after=0.3)
    run.changing(state="recovering")
    polls = run.polls
    run.wait(lambda: run.polls > polls + 4)
    run.changing(state="live")
    session.push([1], unit(rng, 1))
    assert session.end_epoch().epoch == 0


def test_a_silence_is_given_up(world, open_session, rng):
    run, doors, client = world()
    session = open_session(client, give_up_after=0.3)
    doors[0].script = lambda method, path: "silence"
    fails(session)
    with pytest.raises(coke.RunUnreachableError, match="No silo has answered for run 'birds'"):
        session.push([1], unit(rng, 1))


def test_a_run_that_is_deleted_ends_the_session(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    client.run("birds").delete()
    fails(session)
    with pytest.raises(coke.RunGoneError):
        session.push([1], unit(rng, 1))


def test_another_silo_goes_on(world, open_session, rng):
    run, doors, client = world(doors=2)
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    doors[0].script = lambda method, path: "silence"
    doors[0].close()
    session.push([2], unit(rng, 1))
    assert session.end_epoch().epoch == 0
    assert any(request[0] == "PUT" for request in doors[1].requests)
    assert client.run("birds").status().epoch == 1


def test_close_releases_who_waits(world, open_session, rng):
    run, _, client = world()
    run.commits = False
    session = open_session(client)
    session.push([1], unit(rng, 1))
    raised = []

    def wait():
        try:
            session.end_epoch()
        except coke.CokeError as e:
            raised.append(e)

    waiting = threading.Thread(target=wait)
    waiting.start()
    run.arrived((0, 0, 0, 1))
    session.close()
    waiting.join(20)
    assert isinstance(raised[0], coke.SessionClosedError)
    assert not any(thread.is_alive() for thread in session._delivery._threads)
    with pytest.raises(coke.SessionClosedError):
        session.push([2], unit(rng, 1))
    session.close()
    assert "stopped: The session of run 'birds' was closed" in repr(session)


def test_a_session_that_nobody_holds_ends(world, rng):
    run, _, client = world()
    session = client.run("birds").session()
    session.push([1], unit(rng, 1))
    threads = session._delivery._threads
    del session
    gc.collect()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_rows_that_come_from_a_device_are_judged_when_they_are_there(
        world, open_session, rng, monkeypatch):
    """As of a CUDA tensor: the copy is there only when a sender has waited for it."""
    there = threading.Event()

    def copied(x, rows, dimension, views):
        array = np.zeros((rows, dimension), np.float32)

        def settle():
            assert there.wait(20)
            array[:] = x
            check_embeddings(array, views)

        return array, settle

    monkeypatch.setattr("coke.session.copied", copied)
    run, _, client = world()
    session = open_session(client)
    x = unit(rng, 2)
    session.push([1, 2], x)
    session.push([3], 2 * x[:1])
    session.push([4], x[1:])
    assert not run.bodies
    there.set()
    fails(session)
    with pytest.raises(coke.RefusedBatchError) as e:
        session.push([5], x[:1])
    assert str(e.value) == (
        "Mini-batch 1 of trainer 0 was refused: "
        "Row 0 has norm 2: normalize it to 1 (within 0.001).")
    session.replace(e.value.refusal.sequence, [3], x[:1])
    assert session.end_epoch().epoch == 0
    assert run.bodies[0, 0, 0, 0] == body([1, 2], x)
    assert run.bodies[0, 0, 0, 1] == body([3], x[:1])


def test_a_session_that_told_of_its_failure_and_is_dropped_ends(world, rng):
    run, _, client = world()
    session = client.run("birds").session()
    run.changing(state="faulted")
    fails(session)
    try:
        session.push([1], unit(rng, 1))
        raise AssertionError("it did not fail")
    except coke.RunFaultedError:
        pass
    threads = session._delivery._threads
    dropped = weakref.ref(session)
    del session
    gc.collect()
    assert dropped() is None
    run.changing(state="live")
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
