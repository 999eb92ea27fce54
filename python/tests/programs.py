"""Programs that tests start, and kill: trainers and a PostgreSQL server."""

import glob
import json
import os
import pathlib
import queue
import select
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from conftest import free_port

HERE = pathlib.Path(__file__).parent
PATIENCE = 90  # no event is waited for longer


class TrainerProcess:
    """``small_trainer`` as a process of its own."""

    def __init__(self, urls, run, out, record, *, rank=0, world=1, port=0, epochs=3, stops=(),
                 pause=0.0):
        told = {
            "urls": urls, "run": run.name, "out": str(out), "record": str(record), "rank": rank,
            "world": world, "port": port, "epochs": epochs, "stops": list(stops), "pause": pause,
        }
        path = os.pathsep.join([str(HERE.parent / "src"), str(HERE)])
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "small_trainer.py"), json.dumps(told)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONPATH": path})
        self._lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._listen, daemon=True).start()

    def until(self, start):
        """The next line that begins so."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            if line is None:
                told = "\n".join(self.said)
                raise AssertionError(f"The trainer did not say '{start}', but:\n{told}")
            if line.startswith(start):
                return line

    def go(self):
        """It may go on from where it stopped."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self):
        self._process.kill()
        self._process.wait()

    def code(self):
        """Waits until it is gone."""
        return self._process.wait(PATIENCE)

    def _listen(self):
        for line in self._process.stdout:
            self.said.append(line.rstrip())
            self._lines.put(line.rstrip())
        self._lines.put(None)


class Postgres:
    """A server in an empty folder, on loopback. It refuses to run as root, so root starts it as the
    user ``postgres``, whom the package makes."""

    def __init__(self, folder):
        found = glob.glob("/usr/lib/postgresql/*/bin/initdb") or [shutil.which("initdb")]
        if found[-1] is None:
            pytest.skip("PostgreSQL is not installed")
        newest = max(found, key=lambda path: [int(n) for n in path.split("/") if n.isdigit()])
        self._programs = os.path.dirname(newest)
        self._data = os.path.join(folder, "data")
        self._databases = 0
        self.port = free_port()
        self._user, self._process = {}, None
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
            self._user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        self._run("initdb", "-D", self._data, "-U", "coke", "--auth=trust", "--encoding=UTF8",
                  "--no-locale")
        self.start()

    def start(self):
        line = [
            os.path.join(self._programs, "postgres"), "-D", self._data, "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
        ]
        # A child of its own, so that it is gone when it was killed and waited for.
        self._process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd="/", **self._user)
        said = []
        for line in self._process.stdout:
            said.append(line)
            if "ready to accept connections" in line:
                # A pipe that nobody reads would stop it once that is full.
                threading.Thread(target=_drain, args=(self._process.stdout,), daemon=True).start()
                return
        raise RuntimeError(f"PostgreSQL ended with {self._process.wait()}: {''.join(said)}")

    def kill(self):
        """kill -9 of all its processes."""
        server = self._process.pid
        self._process.send_signal(signal.SIGSTOP)  # no more children
        with open(f"/proc/{server}/task/{server}/children") as file:
            others = [int(pid) for pid in file.read().split()]
        watched = [os.pidfd_open(pid) for pid in others]
        for pid in (server, *others):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self._process.wait(PATIENCE)
        for handle in watched:
            _wait_for_end(handle)

    def stop(self):
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once
            self._process.wait(PATIENCE)

    def create_database(self):
        """Its connection string."""
        self._databases += 1
        name = f"test{self._databases}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "coke", name)
        return f"Host=127.0.0.1;Port={self.port};Database={name};Username=coke"

    def _run(self, program, *arguments):
        done = subprocess.run(
            [os.path.join(self._programs, program), *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", timeout=PATIENCE,
            **self._user)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with {done.returncode}: {done.stdout}")


def _drain(lines):
    for _ in lines:
        pass


def _wait_for_end(handle):
    try:
        assert select.select([handle], [], [], PATIENCE)[0], "a process outlived kill -9"
    finally:
        os.close(handle)
