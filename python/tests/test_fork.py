"""Processes that inherit a session or a client through fork."""

import gc
import multiprocessing
import os
import sys

import pytest

import coke
from batches import unit

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")


def in_fork(work):
    """What ``work`` says in a forked process, which then ends as any program does."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.write(writing, str(work()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    return said


def refusal_of(session):
    try:
        session.push([9], [[1, 0, 0, 0]])
    except coke.ForkedSessionError as e:
        assert isinstance(e, RuntimeError)
        return e


def test_a_fork_may_not_use_the_session(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.push([1], unit(rng, 1))

    def child():
        said = [str(refusal_of(session)), repr(session)]
        with session:
            pass  # closing it does nothing here
        return said

    said = in_fork(child)
    assert f"belongs to process {os.getpid()}" in said
    assert f"of process {os.getpid()}" in said
    session.push([2], unit(rng, 1))
    assert session.end_epoch().epoch == 0


def test_a_fork_amid_a_wait_with_the_lock_held(world, open_session, rng):
    """The child has the lock as somebody left it, who is not there."""
    _, _, client = world()
    session = open_session(client)
    with session._window._lock, client._connections._lock:
        said = in_fork(lambda: [refusal_of(session), session.close(), client.run("birds").run_id])
    assert "birds~1" in said


def test_a_client_goes_on_in_parent_and_child(world):
    _, doors, client = world()
    client.runs()
    assert in_fork(lambda: client.run("birds").run_id) == "birds~1"
    client.runs()
    assert doors[0].connections == 2  # one each


def drop(holder, done):
    holder.clear()
    gc.collect()
    done.set()


def test_a_worker_that_inherits_and_drops_it_does_no_harm(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    context = multiprocessing.get_context("fork")
    done = context.Event()
    worker = context.Process(target=drop, args=([session], done))
    worker.start()
    worker.join(30)
    assert worker.exitcode == 0 and done.is_set()
    session.push([1], unit(rng, 1))
    assert session.end_epoch().epoch == 0
    assert run.generations == [1]


def test_a_data_loader_forks_beside_a_session(world, open_session, rng):
    data = pytest.importorskip("torch.utils.data")
    run, _, client = world()
    session = open_session(client)

    class Images(data.Dataset):
        holder = session

        def __len__(self):
            return 8

        def __getitem__(self, i):
            return i, unit(rng, 1)[0]

    for ids, x in data.DataLoader(Images(), batch_size=4, num_workers=2):
        session.push(ids, x)
    assert session.end_epoch().epoch == 0
    assert sorted(run.bodies) == [(0, 0, 0, 0), (0, 0, 0, 1)]


def test_a_program_ends_with_its_session_open(world, tmp_path):
    import subprocess

    _, doors, _ = world()
    program = (
        "import coke, sys\n"
        f"session = coke.Client({doors[0].url!r}).run('birds').session()\n"
        "session.push([1], [[1, 0, 0, 0]])\n"
        "print('done')\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, timeout=60,
                           capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "done\n", "")
