"""Trainers of one model turn back together."""

import multiprocessing

import pytest

import coke
from batches import fails, unit

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


def fail_at(session, name, error):
    def call(*words, **options):
        raise error

    setattr(session, name, call)


@pytest.mark.parametrize("error", [
    coke.FencedTrainerError("Fenced."), coke.RunGoneError("Gone."),
])
def test_a_failure_in_a_restart_is_told(pair, error):
    run, sessions = pair
    fail_at(sessions[1], "restart_epoch", error)

    def work(group, rank):
        group.begin_step()
        group.restart_epoch()
        group.begin_step()

    ended = together(sessions, work)
    assert type(ended[0]) is coke.PeerFailedError and ended[1] is error


def test_a_failure_while_an_attempt_is_taken_is_told(pair):
    run, sessions = pair
    run.restore()
    for session in sessions:
        session._delivery.wait_for_attempt(1, 20)
    sessions[0].adopt(1)
    error = coke.RunGoneError("Gone.")
    fail_at(sessions[1], "adopt", error)
    ended = together(sessions, lambda group, rank: group.begin_step())
    assert type(ended[0]) is coke.PeerFailedError and ended[1] is error


def test_nobody_waits_for_the_end_of_one_that_failed(pair, rngs):
    run, sessions = pair

    def work(group, rank):
        group.begin_step()
        group.push([rank], unit(rngs[rank], 1))
        run.arrived((rank, 0, 0, 0))
        group.end_steps()
        if rank == 1:
            run.changing(generations=[1, 2])
            fails(group.session)
        group.end_epoch()

    ended = together(sessions, work)
    assert type(ended[0]) is coke.PeerFailedError
    assert type(ended[1]) is coke.FencedTrainerError


def test_who_has_the_report_waits_for_who_has_not(pair, rngs, monkeypatch):
    run, sessions = pair
    monkeypatch.setattr("coke.distributed._TURN", 0.05)
    run.commits = False
    turns = [0, 0]

    def work(group, rank):
        group.begin_step()
        group.push([rank], unit(rngs[rank], 1))
        end = group.session.end_epoch

        def counted(timeout):
            turns[rank] += 1
            if turns[rank] == 3 and rank == 0:
                run.commit()
            return end(timeout=20 if rank == 0 and turns[0] == 3 else timeout)

        group.session.end_epoch = counted
        return group.end_epoch().epoch

    assert together(sessions, work) == [0, 0]
    assert turns[0] == 3 and [session.epoch for session in sessions] == [1, 1]


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
