"""What tests share: a fake door, batches from a seed, and a real silo where there is one."""

import itertools
import os
import shlex
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid

import numpy as np
import pytest

import coke
from fake_door import FakeDoor, FakeRun
from oracle import program

# Of runs in a real silo, unless a test says otherwise.
SILO_IMAGES, SILO_D, SILO_B, SILO_K = 96, 8, 16, (3, 5)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def world():
    """``world(**options)``: a run, its door and a client; all end with the test."""
    opened = []

    def make(doors=1, **options):
        run = FakeRun(**options)
        of_run = [FakeDoor(run) for _ in range(doors)]
        client = coke.Client([door.url for door in of_run], give_up_after=10)
        opened.extend([client, *of_run])
        return run, of_run, client

    yield make
    for thing in opened:
        thing.close()


@pytest.fixture
def open_session():
    """``open_session(client, **options)``: a session that ends with the test."""
    opened = []

    def make(client, rank=0, **options):
        trainers = client.run("birds").specification.trainers
        options.setdefault("world", trainers)
        session = client.run("birds").session(rank, **options)
        opened.append(session)
        return session

    yield make
    for session in opened:
        session.close()


class Silo:
    """A real silo, started by the command line in COKE_SILO, on ports that stay its own.

    ``{port}``, ``{gateway}`` and ``{silo}`` in it are replaced by free ports, ``{folder}`` by an
    empty folder. Where it has no ports, it is the program alone, and keeps its state there.

    Args:
        folder: Of its log and its state.
        options: Instead of those that say where its state is.
        environment: Variables beside those of the tests.
    """

    def __init__(self, folder, options=None, environment=None):
        command = os.environ.get("COKE_SILO")
        if not command:
            pytest.skip("COKE_SILO names no silo")
        if "{port}" not in command or options is not None:
            if options is not None:
                command = shlex.join(program())
            ports = "--http-port {port} --silo-port {silo} --gateway-port {gateway}"
            state = "--data {folder}" if options is None else shlex.join(options)
            command = f"{command} {ports} {state}"
        self.port = free_port()
        words = {"port": self.port, "gateway": free_port(), "silo": free_port(), "folder": folder}
        self.is_durable = "{folder}" in command
        self.line = [word.format(**words) for word in shlex.split(command)]
        self.folder, self.log = folder, os.path.join(folder, "silo.log")
        self.environment = {**os.environ, **(environment or {})}
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.line, stdout=log, stderr=log, cwd=self.folder, env=self.environment)
        wait_until_ready(self.process, self.port, self.log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture(scope="session")
def silo():
    """The address of a silo that all tests share."""
    with tempfile.TemporaryDirectory() as folder:
        started = Silo(folder)
        try:
            started.start()
            yield started.url
        finally:
            started.stop()


@pytest.fixture
def own_silo(tmp_path):
    """A durable silo of one test, which may kill it."""
    started = Silo(str(tmp_path))
    if not started.is_durable:
        pytest.skip("COKE_SILO keeps nothing: {folder} is not in it")
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def silo_client(silo):
    with coke.Client(silo) as client:
        yield client


@pytest.fixture
def make_run(silo_client):
    made = []

    def make(**options):
        usual = {"images": SILO_IMAGES, "dimension": SILO_D, "heads": SILO_K}
        options = {**usual, "batch_size": SILO_B, **options}
        run = silo_client.create_run(f"python-{uuid.uuid4().hex[:12]}", **options)
        made.append(run)
        return run

    yield make
    for run in made:
        run.delete()


# Below those that the system gives to outgoing connections: one of these could have the port of a
# silo that is to start again.
_ports = itertools.count(os.getpid() * 131)


def free_port():
    while True:
        port = 12_000 + next(_ports) % 20_000
        with socket.socket() as listening:
            try:
                listening.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass  # another's


def wait_until_ready(process, port, log):
    """Asks until the silo answers or has ended; its own start tells when, nothing else does."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            pass
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    with open(log, errors="replace") as text:
        raise RuntimeError(f"The silo did not start:\n{text.read()[-4000:]}")
