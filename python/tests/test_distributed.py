"""Trainers of one model turn back together."""

import multiprocessing

import pytest

import coke
from batches import unit

torch = pytest.importorskip("torch")
from coke.distributed import TrainerGroup  # noqa: E402
from conftest import free_port  # noqa: E402
from trainers import W, together  # noqa: E402

@pytest.fixture
def pair(world, open_session):
    run, _, client = world(trainers=W)
    return run, [open_session(client, rank) for rank in range(W)]


def epochs(run, rng, last, restored_at=(), every=1, steps=4):
    """A loop of training; ``restored_at``: (epoch, step) at which rank 0 has the run restored,
    and knows of it, while the other does not."""
    done = set()

    def work(group, rank):
        log = []
        while group.session.epoch <= last:
            epoch = group.session.epoch
            try:
                for step in range(steps):
                    group.begin_step()
                    at = (epoch, step)
                    if rank == 0 and at in restored_at and at not in done:
                        done.add(at)
                        run.restore()
                        attempt = run.attempt
                        group.session._delivery.wait_for_attempt(attempt, 20)
                    log.append((epoch, group.session.attempt, step))
                    group.push([W * step + rank], unit(rng[rank], 1))
                group.end_epoch()
            except coke.RolledBackError:
                group.restart_epoch()
        return log

    return work


@pytest.fixture
def rngs():
    import numpy as np
    return [np.random.default_rng(rank) for rank in range(W)]


def test_without_roll_backs_all_go_on(pair, rngs):
    run, sessions = pair
    assert together(sessions, epochs(run, rngs, 1)) == [
        [(e, 0, s) for e in (0, 1) for s in range(4)]] * 2


@pytest.mark.parametrize("every", [1, 3])
def test_all_turn_back_before_the_same_step(pair, rngs, every):
    run, sessions = pair
    logs = together(sessions, epochs(run, rngs, 1, {(0, 1), (1, 3)}, every), every)
    assert isinstance(logs[0], list), logs
    assert logs[0] == logs[1]
    assert run.epoch == 2 and run.attempt == 2
    for epoch, attempt in ((0, 1), (1, 2)):  # each was pushed whole in its last attempt
        whole = {(r, epoch, attempt, s) for r in range(W) for s in range(4)}
        assert whole <= set(run.bodies)


def test_attempts_are_agreed_on_before_the_first_push(pair, rngs):
    run, sessions = pair
    run.restore()

    def work(group, rank):
        if rank == 0:  # the other may not have heard of it yet
            group.session.adopt(1, timeout=20)
        group.begin_step()
        return group.session.attempt

    assert together(sessions, work) == [1, 1]


def test_a_failure_is_told_before_anybody_leaves(pair, rngs):
    _, sessions = pair

    def work(group, rank):
        group.begin_step()
        pushed = group.push([rank], [[2.0 if rank else 1.0, 0, 0, 0]])
        assert pushed is (rank == 0)
        group.begin_step()

    ended = together(sessions, work)
    assert type(ended[0]) is coke.PeerFailedError
    assert str(ended[0]).startswith("Trainer 1 of run 'birds' cannot go on")
    assert type(ended[1]) is coke.InvalidEmbeddingsError


def test_epochs_that_differ_are_refused(pair):
    _, sessions = pair
    sessions[1]._window.begin(3, 0)
    ended = together(sessions, lambda group, rank: group.begin_step())
    assert [str(e) for e in ended] == [
        "The trainers of run 'birds' are in epochs 0 to 3: begin and end every epoch together."] * 2


def test_a_trainer_that_is_alone_turns_back_at_once(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    group = TrainerGroup(session)
    group.begin_step()
    assert group.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    run.restore()
    with pytest.raises(coke.RolledBackError):
        group.end_epoch()
    group.restart_epoch()
    group.begin_step()
    assert session.attempt == 1
    with pytest.raises(coke.InvalidOptionsError, match="every 0 is out of range"):
        TrainerGroup(session, every=0)


def trainer(rank, port, url, said):
    import numpy as np
    import torch.distributed as dist

    place = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=place, rank=rank, world_size=W)
    with coke.Client(url).run("birds").session(rank, W) as session:
        dist.barrier()  # a session that opens takes the run back; not amid an epoch
        group = TrainerGroup(session)
        rng = np.random.default_rng(rank)
        for step in range(3):
            group.begin_step()
            group.push([W * step + rank], torch.from_numpy(unit(rng, 1)))
        said.put((rank, group.end_epoch().epoch, session.attempt))
        dist.barrier()


def test_processes_agree_by_gloo(world):
    run, doors, _ = world(trainers=W)
    context = multiprocessing.get_context("spawn")
    said, port = context.Queue(), free_port()
    workers = [context.Process(target=trainer, args=(rank, port, doors[0].url, said))
               for rank in range(W)]
    for worker in workers:
        worker.start()
    told = sorted(said.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert told == [(0, 0, 0), (1, 0, 0)]
    assert len(run.bodies) == 6
