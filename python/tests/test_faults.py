"""Training goes on exactly, whatever is killed amid an epoch: what was pushed, computed again
without actors, gives the same labels and centers, bit for bit.

COKE_ALL=1 adds schedules of several kills, drawn from seeds.
"""

import os
import random
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import coke
from conftest import Silo
from oracle import check_recorded, same_parts

pytest.importorskip("torch")
import small_trainer  # noqa: E402
from programs import PATIENCE, Postgres, TrainerProcess  # noqa: E402
from small_trainer import HEADS, STEPS, train  # noqa: E402

pytestmark = pytest.mark.silo
EPOCHS = 3
ALL = os.environ.get("COKE_ALL") == "1"


class Cluster:
    """Two silos on one PostgreSQL server."""

    def __init__(self, folder, postgres):
        self.postgres = postgres
        options = ["--storage", "postgres", "--checkpoint-interval", "6"]
        connection = {"COKE_CONNECTION": postgres.create_database()}
        self.silos = []
        for name in ("one", "other"):
            place = folder / name
            place.mkdir()
            self.silos.append(Silo(str(place), options, connection))

    def start(self):
        """Whatever does not run, together: one that comes alone waits for those that died."""
        dead = [s for s in self.silos if s.process is None or s.process.poll() is not None]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Silo.start, dead))

    @property
    def urls(self):
        return [silo.url for silo in self.silos]

    def door_of(self, session):
        """The silo that the session talks to, and the other one."""
        present = session._connections._present
        return self.silos[present], self.silos[1 - present]

    def until_shared(self, run):
        """Waits until both silos hold clusters of a run; one that has just come waits a little."""
        status = run.status()
        for _ in range(PATIENCE):
            if len({run.cluster(head, 0).silo for head in range(len(HEADS))}) == 2:
                return
            status = run.status(after=status.stamp)
        raise AssertionError("One silo has the whole run.")

    def stop(self):
        for silo in self.silos:
            if silo.process is not None:
                silo.kill()


@pytest.fixture(scope="module")
def whole_cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cluster")
    # The server's user must get there, and pytest's folders are their owner's alone.
    for place in (folder, folder.parent, folder.parent.parent):
        place.chmod(0o755)
    data = folder / "postgres"
    data.mkdir()
    postgres = Postgres(str(data))
    cluster = None
    try:
        cluster = Cluster(folder, postgres)
        cluster.start()
        yield cluster
    finally:
        if cluster is not None:
            cluster.stop()
        postgres.stop()


@pytest.fixture
def cluster(whole_cluster):
    whole_cluster.start()
    return whole_cluster


@pytest.fixture
def places(tmp_path):
    """Folders for saves and for the recording."""
    out = tmp_path / "out"
    out.mkdir()
    return str(out), str(tmp_path / "record")


def new_run(client):
    return small_trainer.create(client, f"faults-{uuid.uuid4().hex[:8]}")


def check(urls, places, faults, seed=0, ready=lambda run: None):
    """Trains while faults strike: {(epoch, step): what to do with the session}. ``ready`` waits
    until the run is as they want it."""
    out, record = places
    with coke.Client(urls, give_up_after=90) as client:
        run, left = new_run(client), dict(faults)
        with run.session(record=record, resend_after=2) as session:

            def at(epoch, step):
                fault = left.pop((epoch, step), None)
                if fault is not None:
                    fault(session)

            ready(run)
            train(session, out, EPOCHS, seed=seed, at=at, pause=0.002)
        assert not left
        check_recorded(run, record, out, EPOCHS)


@pytest.mark.parametrize("restarted", [True, False], ids=["restarted", "for-good"])
@pytest.mark.parametrize("victim", [0, 1], ids=["door", "other"])
def test_one_of_two_silos_is_killed(cluster, places, victim, restarted):
    def strike(session):
        silo = cluster.door_of(session)[victim]
        silo.kill()
        if restarted:
            silo.start()

    check(cluster.urls, places, {(1, STEPS // 2): strike}, ready=cluster.until_shared)


def test_postgres_is_killed(cluster, places):
    def strike(_):
        cluster.postgres.kill()
        cluster.postgres.start()

    check(cluster.urls, places, {(0, 5): strike, (1, STEPS // 2): strike})


def test_the_only_silo_is_killed(own_silo, places):
    def strike(_):
        own_silo.kill()
        own_silo.start()

    check([own_silo.url], places, {(1, 8): strike})


@pytest.mark.skipif(not ALL, reason="many kills: COKE_ALL=1")
@pytest.mark.parametrize("seed", range(8))
def test_a_schedule_of_kills(cluster, places, seed):
    rng = random.Random(seed)

    def kill(victim, restarted):
        def strike(session):
            cluster.start()
            silo = cluster.door_of(session)[victim]
            silo.kill()
            if restarted:
                silo.start()

        return strike

    def kill_postgres(_):
        cluster.postgres.kill()
        cluster.postgres.start()

    def kill_both(_):
        for silo in cluster.silos:
            silo.kill()
        cluster.start()

    faults = [kill(victim, restarted) for victim in (0, 1) for restarted in (True, False)]
    faults += [kill_postgres, kill_both]
    moments = [(epoch, step) for epoch in range(EPOCHS) for step in range(1, STEPS)]
    check(cluster.urls, places, {at: rng.choice(faults) for at in rng.sample(moments, 4)}, seed)


def calm(client, folder):
    """The recording of a run that nothing happens to."""
    folder.mkdir()
    run = new_run(client)
    with run.session(record=str(folder)) as session:
        train(session, str(folder), EPOCHS)
    check_recorded(run, folder, folder, EPOCHS)
    return folder


@pytest.mark.parametrize("moment", [(0, 9), (1, 12)] if ALL else [(1, 12)])
def test_the_trainer_is_killed_and_resumes(silo, silo_client, places, tmp_path, moment):
    out, record = places
    run = new_run(silo_client)
    first = TrainerProcess([silo], run, out, record, epochs=EPOCHS, stops=[moment], pause=0.002)
    try:
        first.until("at ")
        status = run.status()
        while status.trainers[0].next_expected < 3:  # something is there to be taken back
            status = run.status(after=status.stamp)
    finally:
        first.kill()
    second = TrainerProcess([silo], run, out, record, epochs=EPOCHS)
    try:
        # It takes the run back when it opens its session, and hears of nothing while it feeds.
        second.until("done, turned back 0 times")
        assert second.code() == 0
    finally:
        second.kill()
    check_recorded(run, record, out, EPOCHS)
    assert same_parts(record, calm(silo_client, tmp_path / "calm"), EPOCHS)


def test_a_second_trainer_of_the_rank_fences_the_first(silo, silo_client, places, tmp_path):
    out, record = places
    run = new_run(silo_client)
    first = TrainerProcess([silo], run, out, record, epochs=EPOCHS, stops=[(1, 12)], pause=0.002)
    try:
        first.until("at 1:12")
        with run.session(record=record) as session:
            first.go()  # it goes on amid what the second one does
            train(session, out, EPOCHS)
        assert first.until("failed: ").startswith("failed: fenced-trainer: ")
        assert first.code() == 3
    finally:
        first.kill()
    check_recorded(run, record, out, EPOCHS)
    assert same_parts(record, calm(silo_client, tmp_path / "calm"), EPOCHS)
