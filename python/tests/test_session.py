"""A session against a door that does what the test says."""

import threading

import numpy as np
import pytest

import coke
from batches import body, unit


def test_push_sends_ids_and_rows_and_forgets_what_is_durable(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    x = unit(rng, 4)
    session.push([5, 3, 9, 1], x)
    session.push(np.array([0, 2], dtype=np.int32), x[:2])
    run.arrived((0, 0, 0, 0), (0, 0, 0, 1))
    assert run.bodies[0, 0, 0, 0] == body([5, 3, 9, 1], x)
    assert run.bodies[0, 0, 0, 1] == body([0, 2], x[:2])
    run.wait(lambda: session._window.is_empty)
    assert session._window.forgotten == 2


def test_push_copies(world, open_session, rng):
    run, doors, client = world()
    gate = threading.Event()
    doors[0].script = lambda method, path: gate.wait(10) and None if method == "PUT" else None
    session = open_session(client)
    ids, x = np.arange(4), unit(rng, 4)
    expected = body(ids, x)
    session.push(ids, x)
    ids[:], x[:] = 63, 0
    gate.set()
    run.arrived((0, 0, 0, 0))
    assert run.bodies[0, 0, 0, 0] == expected


def test_push_takes_torch_tensors_and_copies_them(world, open_session, rng):
    torch = pytest.importorskip("torch")
    run, _, client = world()
    session = open_session(client)
    x = torch.tensor(unit(rng, 3), requires_grad=True)
    session.push(torch.arange(3), x)
    half = torch.tensor([[1.0, 0, 0, 0]]).to(torch.bfloat16)
    session.push(torch.tensor([7]), half)
    transposed = torch.tensor(unit(rng, 4)).t().contiguous().t()
    session.push(torch.tensor([10, 11, 12, 13]), transposed)
    run.arrived((0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 0, 2))
    assert run.bodies[0, 0, 0, 0] == body(range(3), x.detach().numpy())
    assert run.bodies[0, 0, 0, 1] == body([7], [[1, 0, 0, 0]])
    assert run.bodies[0, 0, 0, 2] == body(range(10, 14), transposed.numpy())


def test_push_waits_only_when_the_window_is_full(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client, concurrency=1, window=9)
    x = unit(rng, 1)
    for n in range(9):
        session.push([n], x)
    assert session.time_waited < 1
    with pytest.raises(TimeoutError):
        session.push([9], x, timeout=0.01)
    run.arrived(*((0, 0, 0, n) for n in range(9)))
    pusher = threading.Thread(target=session.push, args=([9], x))
    pusher.start()
    run.changing(watermarks=[1])
    pusher.join(20)
    run.arrived((0, 0, 0, 9))
    assert session.time_waited > 0


def test_the_end_commits_and_the_next_epoch_begins(world, open_session, rng):
    run, doors, client = world()
    session = open_session(client)
    session.push([1, 2], unit(rng, 2))
    report = session.end_epoch()
    assert (report.epoch, report.rows, len(report.heads)) == (0, 8, 2)
    assert report.heads[0].smallest_size_ratio == float("inf")
    assert (session.epoch, session.attempt, run.ends) == (1, 0, {(0, 0, 0, 1): 1})
    session.push([1, 2], unit(rng, 2))  # an image once per epoch
    run.arrived((0, 1, 0, 0))
    assert session.epoch_report(0).epoch == 0
    with pytest.raises(coke.EpochNotReadableError, match="the committed epoch is 0"):
        session.epoch_report(1)


def test_an_end_that_is_given_up_is_not_sent_twice(world, open_session, rng):
    run, _, client = world()
    run.commits = False
    session = open_session(client)
    session.push([1], unit(rng, 1))
    with pytest.raises(TimeoutError):
        session.end_epoch(timeout=0.05)
    with pytest.raises(coke.InvalidOptionsError, match="Epoch 0 of this trainer is ending"):
        session.push([2], unit(rng, 1))
    run.arrived((0, 0, 0, 1))
    run.commit()
    assert session.end_epoch().epoch == 0
    assert session.epoch == 1


def test_without_progress_everything_is_sent_again(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client, resend_after=0.05)
    session.push([1], unit(rng, 1))
    session.push([2], unit(rng, 1))
    run.wait(lambda: run.arrivals.count((0, 0, 0, 0)) > 2 and run.arrivals.count((0, 0, 0, 1)) > 2)
    run.changing(watermarks=[1])
    run.wait(lambda: session._window.kept() == [1])
    seen = run.arrivals.count((0, 0, 0, 0))
    run.wait(lambda: run.arrivals.count((0, 0, 0, 1)) > 8)
    # As many more as there are senders may have been under way.
    assert run.arrivals.count((0, 0, 0, 0)) <= seen + 4


def test_a_new_incarnation_gets_everything_again(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    run.changing(incarnation=2)
    run.wait(lambda: run.arrivals.count((0, 0, 0, 0)) == 2)


def test_reads_are_of_one_commit_and_centers_are_read_once(world, open_session, rng):
    run, doors, client = world(stage_two_after=0)
    session = open_session(client)
    with pytest.raises(coke.EpochNotReadableError, match="no epoch is committed yet"):
        session.labels([1])
    session.end_epoch()
    ids = np.array([8, 1, 5])
    targets = session.targets(ids)
    assert targets.commit == coke.Commit(0, 1) == session.committed
    assert targets.soft_labels is None
    with pytest.raises(coke.EpochNotReadableError, match="those after epoch 0 do"):
        session.soft_labels([1])
    assert targets.labels.dtype == np.int64 and targets.labels.shape == (2, 3)
    assert (targets.labels == [run.label(ids, h, 0) for h in (0, 1)]).all()
    assert targets.old.tolist() == [False, True, True]
    asked = [request[1:3] for request in doors[0].requests if request[1].endswith("centers")]
    assert asked == [(f"/v1/runs/birds~1/heads/{h}/centers", {"epoch": "0", "commit": "1"})
                     for h in (0, 1)]
    assert all((c == run.center(h, 0)).all() for h, c in enumerate(session.centers))
    assert len([r for r in doors[0].requests if r[1].endswith("centers")]) == 2
    with pytest.raises(ValueError):
        session.centers[0][:] = 0
    session.end_epoch()
    targets = session.targets(ids)
    assert targets.epoch == 1 and targets.soft_labels.labels.shape == (2, 3, 2)
    assert targets.soft_labels.sharpened()[0, 0].tolist() == [1, 0]
    assert session.labels().labels.shape == (2, 64)
    with pytest.raises(coke.InvalidImageIdError, match="this run has ids 0 to 63"):
        session.labels([64])


def test_a_read_follows_the_run_when_it_commits_amid_it(world, open_session):
    run, doors, client = world()
    session = open_session(client)
    session.end_epoch()
    committed = []

    def script(method, path):
        if "/centers" in path and not committed:
            committed.append(path)
            run.commit()  # as if this trainer had given up waiting for its end
        return None

    doors[0].script = script
    assert session.targets([1, 2]).epoch == 1


def test_saves_are_checked(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.push([1], unit(rng, 1))
    saved = session.state_dict()
    assert (saved["epoch"], saved["next_epoch"]) == (0, 1)
    with pytest.raises(coke.SaveMismatchError, match="has epoch 0 open"):
        session.load_state_dict(saved)
    session.end_epoch()
    session.load_state_dict(saved)
    session.load_state_dict(session.state_dict())
    with pytest.raises(coke.SaveMismatchError, match="is of run other~1"):
        session.load_state_dict({**saved, "run_id": "other~1"})


def test_windows_are_checked(world, open_session):
    _, _, client = world()
    for window, said in ((1, "needs room for 2"), (300, "Concurrency|files out of order"),
                         (11, "so that 12 mini-batches can be under way")):
        with pytest.raises(coke.InvalidOptionsError, match=said):
            open_session(client, window=window)
    with pytest.raises(coke.InvalidOptionsError, match="use 1 to the window of 256"):
        open_session(client, concurrency=0)
    with pytest.raises(coke.UnknownPartError, match="There is no rank 3"):
        open_session(client, rank=3)
    assert open_session(client)._window.capacity == 13
