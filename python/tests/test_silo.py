"""Against a real silo, where COKE_SILO has its command line."""

import threading

import numpy as np
import pytest

import coke
from batches import unit
from conftest import SILO_B as B, SILO_D as D, SILO_IMAGES as IMAGES, SILO_K as K

pytestmark = pytest.mark.silo


def feed(session, x, rank=0, world=1):
    for first in range(0, IMAGES, B):
        ids = np.arange(first, first + B)[rank::world]
        session.push(ids, x[ids])


def nearest(x, centers):
    return np.stack([np.argmax(x @ c.T, axis=1) for c in centers])


def test_epochs(silo_client, make_run, rng):
    run = make_run()
    x = unit(rng, IMAGES, D)
    with pytest.raises(coke.EpochNotReadableError):
        run.labels([0])
    with run.session() as session:
        for epoch in range(2):
            assert session.epoch == epoch
            feed(session, x)
            report = session.end_epoch()
            assert (report.epoch, report.rows, report.steps) == (epoch, IMAGES, IMAGES // B)
            targets = session.targets()
            assert targets.epoch == epoch and targets.labels.shape == (len(K), IMAGES)
            assert not targets.old.any() and targets.labels.min() >= 0
            for h, k in enumerate(K):
                assert targets.centers[h].shape == (k, D)
                np.testing.assert_allclose(np.linalg.norm(targets.centers[h], axis=1), 1, 1e-5)
                sizes = np.bincount(targets.labels[h], minlength=k)
                assert sizes.max() == report.heads[h].largest_size
    assert (run.assign(x) == nearest(x, run.centers())).mean() > 0.99
    assert (run.labels(np.arange(IMAGES)).labels == targets.labels).all()
    labels = run.assign_with_sizes(x, 1)
    assert np.bincount(labels, minlength=K[1]).min() >= int(0.4 * IMAGES / K[1])
    assert len(run.clusters(1).clusters) == K[1]
    assert run.cluster(1, 2).cluster == 2
    status = run.status()
    assert (status.epoch, status.last_epoch.epoch) == (2, 1)
    assert run.run_id in [listed.run_id for listed in silo_client.runs()]


def test_stage_two_has_soft_labels(make_run, rng):
    run = make_run(stage_two_after_epoch=0)
    x = unit(rng, IMAGES, D)
    with run.session() as session:
        feed(session, x)
        session.end_epoch()
        assert session.targets().soft_labels is None
        feed(session, x)
        session.end_epoch()
        soft = session.targets([5, 3]).soft_labels
    assert soft.labels.shape == (len(K), 2, 5)
    np.testing.assert_allclose(soft.weights.sum(-1), 1, 1e-5)
    assert ((soft.labels >= 0) == (soft.weights > 0)).all()


def test_initial_centers(make_run, rng):
    centers = [unit(rng, k, D) for k in K]
    run = make_run(initial_centers=centers, heads=[coke.HeadOptions(k, 0.0) for k in K])
    x = np.tile(centers[0], (IMAGES // 3, 1))
    with run.session() as session:
        feed(session, x)
        session.end_epoch()
        assert (session.labels().labels[0] == np.tile([0, 1, 2], IMAGES // 3)).all()


def test_a_restored_run_is_fed_again(make_run, rng):
    run = make_run()
    x = unit(rng, IMAGES, D)
    with run.session() as session:
        feed(session, x)
        assert run.restore().attempt == 1
        with pytest.raises(coke.RolledBackError):
            session.end_epoch()
        session.restart_epoch()
        feed(session, x)
        assert session.end_epoch().rows == IMAGES


def test_a_newer_session_fences(make_run, rng):
    run = make_run()
    x = unit(rng, IMAGES, D)
    older = run.session()
    feed(older, x)
    with run.session() as newer:
        with pytest.raises(coke.FencedTrainerError):
            older.end_epoch()
        older.close()
        feed(newer, x)
        assert newer.end_epoch().rows == IMAGES


def test_two_ranks_and_a_refusal(make_run, rng):
    run = make_run(trainers=2)
    x = unit(rng, IMAGES, D)
    sessions = [run.session(rank, 2) for rank in range(2)]
    try:
        sessions[0].push([0, 1], x[:2])
        sessions[1].push([1, 2], x[1:3])  # image 1 came from the other rank
        refused = {}

        def end(session):
            try:
                session.end_epoch()
            except coke.RefusedBatchError as e:
                refused[session.rank] = e.refusal

        threads = [threading.Thread(target=end, args=(session,)) for session in sessions]
        threads[0].start(), threads[1].start()
        threads[1].join(60)
        assert refused[1].kind == "invalidImageId"
        sessions[1].replace(refused[1].sequence, [3, 2], x[[3, 2]])
        assert sessions[1].end_epoch().rows == 4
        threads[0].join(60)
        assert sessions[0].epoch == 1
    finally:
        for session in sessions:
            session.close()


def test_what_the_silo_refuses(silo_client, make_run):
    run = make_run()
    with pytest.raises(coke.RunConflictError):
        silo_client.create_run(run.name, images=IMAGES, dimension=D, heads=[4], batch_size=B)
    again = silo_client.create_run(run.name, images=IMAGES, dimension=D, heads=K, batch_size=B)
    assert again.run_id == run.run_id
    with pytest.raises(coke.InvalidOptionsError) as e:
        silo_client.create_run("python-bad", images=0, dimension=D, heads=K, batch_size=B)
    assert e.value.field and e.value.status == 400
    with pytest.raises(coke.UnknownPartError):
        run.session(5)
    with pytest.raises(coke.UnknownPartError):
        run.cluster(0, 99)
    with pytest.raises(coke.UnknownRunError):
        silo_client.run("python-no-such-run")
    run.delete()
    run.delete()
    with pytest.raises(coke.RunGoneError):
        run.status()


def test_a_silo_that_is_killed_loses_nothing(own_silo, rng):
    images = 640
    x = unit(rng, images, D)
    client = coke.Client(own_silo.url)
    specification = {"images": images, "dimension": D, "heads": K, "batch_size": B}
    runs = [client.create_run(name, **specification) for name in ("killed", "calm")]

    def train(run, kill_at):
        with run.session(resend_after=2) as session:
            for epoch in range(2):
                for first in range(0, images, B):
                    ids = np.arange(first, first + B)
                    session.push(ids, x[ids])
                    if (epoch, first) in kill_at:
                        window, known = session._window, lambda: session._delivery.known
                        window.wait_for(lambda: known().processed >= first // B - 4, 60, "step")
                        own_silo.kill()
                        own_silo.start()
                assert session.end_epoch().rows == images
            return session.targets()

    killed = train(runs[0], {(0, 5 * B), (0, 38 * B), (1, 20 * B)})
    calm = train(runs[1], set())
    assert (killed.labels == calm.labels).all()
    for a, b in zip(killed.centers, calm.centers):
        assert (a == b).all()
