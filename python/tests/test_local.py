"""The silo that a program starts: here a program that only says what a silo says."""

import os
import pathlib
import select
import socket
import subprocess
import sys
import threading

import pytest

import coke
from coke import local

FAKE = """
import os, signal, socket, sys, time
ports = [int(sys.argv[i + 1]) for i, word in enumerate(sys.argv) if word.endswith("-port")]
print("It starts.", flush=True)
{body}
"""
READY = 'print("Silo ready", os.getpid(), flush=True)\nsignal.pause()'


@pytest.fixture
def fake(tmp_path):
    """``fake(body)``: the command of a silo that does this."""

    def make(body=READY):
        path = tmp_path / "fake_silo.py"
        path.write_text(FAKE.format(body=body))
        return [sys.executable, str(path)]

    return make


def has_ended(pid):
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 20)[0])
    finally:
        os.close(handle)


def test_it_is_the_silos_own_process_and_ends_with_close(fake):
    silo = coke.LocalSilo(fake())
    assert f"Silo ready {silo.pid}" in silo.said and "running" in repr(silo)
    folder = silo._folder.name
    assert os.listdir(folder) == ["token"]
    silo.close()
    silo.close()
    assert has_ended(silo.pid) and not os.path.exists(folder) and "stopped" in repr(silo)


def test_it_outlives_the_thread_that_started_it(fake):
    started = []
    thread = threading.Thread(target=lambda: started.append(coke.LocalSilo(fake())))
    thread.start()
    thread.join()
    with started[0] as silo, pytest.raises(subprocess.TimeoutExpired):
        silo._process.wait(0.5)


def test_nothing_of_python_runs_between_fork_and_exec(fake, monkeypatch):
    """There, a lock that another thread held would never be released."""
    asked = []
    popen = subprocess.Popen

    def noted(*words, **options):
        asked.append(options)
        return popen(*words, **options)

    monkeypatch.setattr(subprocess, "Popen", noted)
    coke.LocalSilo(fake()).close()
    assert asked and not any(options.get("preexec_fn") for options in asked)


def test_it_ends_with_a_program_that_is_killed(fake):
    program = (
        "import coke, sys\n"
        f"print(coke.LocalSilo({fake()!r}).pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    killed = subprocess.Popen([sys.executable, "-c", program], env=environment, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(killed.stdout.readline())
    os.kill(pid, 0)
    killed.kill()
    killed.wait()
    assert has_ended(pid)


def test_one_that_ends_says_why(fake):
    with pytest.raises(coke.SiloFailedError) as e:
        coke.LocalSilo(fake('print("No disk."); sys.exit(3)'))
    assert str(e.value) == (
        "The silo ended with code 3 before it was ready: It starts.\nNo disk.")


def test_one_that_never_gets_ready_is_not_waited_for(fake):
    with pytest.raises(coke.SiloFailedError, match="did not become ready in 0.7 s: It starts."):
        coke.LocalSilo(fake("signal.pause()"), ready_within=0.7)


def test_other_ports_are_tried_where_one_was_taken(fake, monkeypatch):
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    ports, given = local._free_ports, []

    def free_ports(count):
        given.append(ports(count))
        if len(given) == 1:
            given[0][0] = str(taken.getsockname()[1])
        return given[-1]

    monkeypatch.setattr(local, "_free_ports", free_ports)
    bind = 'for port in ports:\n    socket.socket().bind(("127.0.0.1", port))\n'
    with taken, coke.LocalSilo(fake(bind + READY)) as silo:
        assert silo.url == f"http://127.0.0.1:{given[1][0]}"
    assert len(given) == 2


def test_close_after_its_death_leaves_nothing(fake):
    silo = coke.LocalSilo(fake())
    folder = pathlib.Path(silo._folder.name)
    os.kill(silo.pid, 9)
    silo._process.wait(20)
    silo.close()
    assert not folder.exists() and silo.client._connections._closed


def test_a_shared_one_that_died_is_started_again(fake, monkeypatch):
    monkeypatch.setenv("COKE_SILO", " ".join(fake()))
    monkeypatch.setattr(local, "_shared", None)
    first = local.shared_silo()
    assert local.shared_silo() is first
    os.kill(first.pid, 9)
    first._process.wait(20)
    with local.shared_silo() as second:
        assert second is not first and not os.path.exists(first._folder.name)
    with local.shared_silo() as third:
        assert third is not second
