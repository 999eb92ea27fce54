"""What an estimator holds in a silo, and how it lets go of it: against a fake door."""

import gc
import os
import subprocess
import sys
import threading
import time

import pytest

import coke
from batches import unit
from test_fork import in_fork

sklearn = pytest.importorskip("sklearn")
from coke.cluster import ConstrainedKMeans  # noqa: E402


@pytest.fixture
def fitted(world, rng):
    """A run, its door, rows, and an estimator that goes on with that run."""
    run, doors, client = world(heads=(3,))
    x = unit(rng, 16)
    return run, doors[0], x, [ConstrainedKMeans(3, silo=client).partial_fit(x)]


def wait_until_gone(run):
    deadline = time.monotonic() + 20
    while not run.gone and time.monotonic() < deadline:
        time.sleep(0.01)
    assert run.gone


def deletions(door):
    return [request for request in door.requests if request[0] == "DELETE"]


def test_a_dropped_one_is_forgotten_beside_everything(fitted):
    run, door, _, held = fitted
    session, k_means = held[0]._session, held.pop()
    k_means.itself = k_means  # whoever collects garbage drops it
    del k_means
    go_on = threading.Event()
    door.script = lambda method, path: go_on.wait(20) and None
    began = time.monotonic()
    with session._window._lock:  # which anybody may hold then, this thread too
        gc.collect()
    assert time.monotonic() - began < 1 and not run.gone
    go_on.set()
    wait_until_gone(run)
    assert len(deletions(door)) == 1


def test_a_fork_leaves_the_run_to_its_parent(fitted):
    run, door, x, held = fitted

    def child():
        k_means = held.pop()
        k_means._forget()
        del k_means
        gc.collect()
        return "done"

    assert in_fork(child) == "done"
    time.sleep(0.2)
    assert not deletions(door) and not run.gone
    assert held[0].partial_fit(x).n_iter_ == 2


def test_a_call_that_is_interrupted_begins_anew(fitted, monkeypatch):
    run, door, x, held = fitted
    k_means, pushed = held[0], []
    push = coke.Session.push

    def interrupted(session, ids, rows):
        push(session, ids, rows)
        pushed.append(session)
        raise KeyboardInterrupt

    monkeypatch.setattr(coke.Session, "push", interrupted)
    with pytest.raises(KeyboardInterrupt):
        k_means.partial_fit(x)
    monkeypatch.undo()
    assert "_session" not in k_means.__dict__
    wait_until_gone(run)
    run.gone, run.generations = False, [0]
    k_means.partial_fit(x)
    assert k_means._session is not pushed[0]


def test_a_program_that_ends_leaves_no_run(world):
    run, doors, _ = world(heads=(3,))
    program = (
        "import numpy, sys\n"
        "from coke.cluster import ConstrainedKMeans\n"
        "x = numpy.eye(4)\n"
        f"k_means = ConstrainedKMeans(3, silo={doors[0].url!r}).partial_fit(x)\n"
    )
    ended = run_program(program)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert run.gone


def test_a_program_ends_though_its_silo_hangs(world):
    run, doors, _ = world(heads=(3,))
    go_on = threading.Event()
    doors[0].script = lambda method, path: go_on.wait(60) and None if method == "DELETE" else None
    program = (
        "import numpy, sys, time\n"
        "from coke.cluster import ConstrainedKMeans\n"
        f"k_means = ConstrainedKMeans(3, silo={doors[0].url!r}).partial_fit(numpy.eye(4))\n"
        "print(time.time(), flush=True)\n"
    )
    ended = run_program(program)
    took = time.time() - float(ended.stdout)
    go_on.set()
    assert (ended.returncode, ended.stderr) == (0, "") and took < 15


@pytest.mark.skipif(
    not hasattr(sklearn.base.BaseEstimator, "_validate_data"), reason="it is gone here")
def test_what_later_versions_of_scikit_learn_lack_is_not_needed():
    ended = run_program(
        "import numpy, sklearn.base, sklearn.utils.validation as validation\n"
        "private = sklearn.base.BaseEstimator._validate_data\n"
        "del sklearn.base.BaseEstimator._validate_data\n"
        "validation.validate_data = lambda estimator, X, **more: private(estimator, X, **more)\n"
        "from coke.cluster import ConstrainedKMeans\n"
        "print(ConstrainedKMeans(2)._rows(2 * numpy.eye(3), True).sum())\n"
    )
    assert (ended.returncode, ended.stdout) == (0, "3.0\n"), ended.stderr


def run_program(text):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-c", text], env=environment, timeout=60,
                          capture_output=True, text=True)
