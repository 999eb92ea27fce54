"""A session against a door that does what the test says."""

import threading

import numpy as np
import pytest

import coke
from batches import body, fails, unit
from fake_door import problem


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
    # One more may have been under way.
    assert run.arrivals.count((0, 0, 0, 0)) <= seen + 1


def test_a_new_incarnation_gets_everything_again(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    run.changing(incarnation=2)
    run.wait(lambda: run.arrivals.count((0, 0, 0, 0)) == 2)


@pytest.mark.parametrize("status, slug", [(429, "too-busy"), (503, "unavailable")])
def test_what_was_not_taken_comes_again(world, open_session, rng, status, slug):
    run, doors, client = world()
    refused = []

    def script(method, path):
        if method == "PUT" and len(refused) < 3:
            refused.append(path)
            return problem(status, slug, "Busy.", headers=[("Retry-After", "0")])
        return None

    doors[0].script = script
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    assert len(refused) == 3


def test_what_has_an_unknown_outcome_comes_again(world, open_session, rng):
    run, doors, client = world()
    lost = []

    def script(method, path):
        if method == "PUT" and not lost:
            lost.append(path)
            return "silence"
        return None

    session = open_session(client, resend_after=1000)
    doors[0].script = script
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    assert lost


def test_no_room_delays_the_next_and_loses_nothing(world, open_session, rng):
    run, _, client = world()
    run.room = False
    session = open_session(client)
    for n in range(8):
        session.push([n], unit(rng, 1))
    run.arrived(*((0, 0, 0, n) for n in range(8)))
    session.end_epoch()


def test_a_refused_mini_batch_is_replaced(world, open_session, rng):
    run, _, client = world()
    run.is_durable = False
    session = open_session(client)
    x = unit(rng, 2)
    session.push([3, 4], x)
    run.arrived((0, 0, 0, 0))
    run.refuse(0, 0)
    fails(session)
    with pytest.raises(coke.RefusedBatchError) as e:
        session.push([6], x[:1])
    assert str(e.value) == (
        "Mini-batch 0 of trainer 0 was refused: Image id 3 came from rank 1 too.")
    refusal = e.value.refusal
    assert (refusal.sequence, refusal.content_hash, refusal.kind) == (0, "11", "invalidImageId")
    with pytest.raises(coke.InvalidOptionsError, match="Sequence 1 is not an open refusal"):
        session.replace(1, [5], x[:1])
    with pytest.raises(coke.InvalidImageIdError, match="Image id 5 is repeated"):
        session.replace(0, [5, 5], x)
    session.replace(0, [4, 5], x)  # 4 was of the refused one
    run.arrived((0, 0, 0, 0))
    assert run.bodies[0, 0, 0, 0] == body([4, 5], x)
    with pytest.raises(coke.InvalidImageIdError, match="Image id 5 is repeated"):
        session.push([5], x[:1])
    # A late copy of what was refused is told of still; other content would fail the session.
    session.push([3], x[:1])
    run.refuse(0, 0, content_hash="12")
    with pytest.raises(coke.RefusedBatchError):
        session.end_epoch()


def test_a_roll_back_ends_pushes_until_the_epoch_is_begun_anew(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    run.restore()
    with pytest.raises(coke.RolledBackError) as e:
        session.end_epoch()
    assert (e.value.epoch, e.value.attempt) == (0, 1)
    assert "rolled back to the start of epoch 0 (attempt 1): load the state" in str(e.value)
    with pytest.raises(coke.RolledBackError):
        session.push([2], unit(rng, 1))
    session.restart_epoch()
    assert (session.epoch, session.attempt, session.has_begun) == (0, 1, False)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))
    assert session.end_epoch().epoch == 0


def test_a_newer_attempt_is_taken_by_itself_before_the_first_push(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    run.restore()
    run.wait(lambda: session._delivery.known.attempt == 1)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))


def test_keeps_attempt_waits_for_adopt(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.keeps_attempt = True
    run.restore()
    run.restore()
    session.adopt(1)
    assert session.attempt == 1
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 1, 0))  # which the run drops, and the session hears of the newer one
    with pytest.raises(coke.RolledBackError):
        session.end_epoch()
    session.restart_epoch()
    with pytest.raises(coke.InvalidOptionsError, match="Attempt 1 cannot be taken in attempt 2"):
        session.adopt(1)
    with pytest.raises(TimeoutError):
        session.adopt(3, timeout=0.01)
    assert session.attempt == 2


def test_a_newer_trainer_fences_the_older_one(world, open_session, rng):
    run, _, client = world()
    older = open_session(client)
    older.push([1], unit(rng, 1))
    newer = open_session(client)
    assert (older.generation, newer.generation) == (1, 2)
    with pytest.raises(coke.FencedTrainerError, match="Stop this trainer, or open a new session"):
        older.end_epoch()
    with pytest.raises(coke.FencedTrainerError):
        older.restart_epoch()
    newer.push([1], unit(rng, 1))
    assert newer.end_epoch().epoch == 0


def test_a_race_for_a_rank_is_run_again(world, open_session):
    run, doors, client = world()
    races = []

    def script(method, path):
        if method == "POST" and path.endswith("/ranks/0") and len(races) < 2:
            races.append(path)
            run.generations[0] += 1  # somebody came between
        return None

    doors[0].script = script
    assert open_session(client).generation == 3


def test_a_fault_is_told_and_mended(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    run.changing(state="faulted")
    fails(session)
    with pytest.raises(coke.RunFaultedError, match="cannot go on: disk"):
        session.push([1], unit(rng, 1))
    run.changing(state="live")
    run.wait(lambda: session._window.failure is None)
    session.push([1], unit(rng, 1))
    assert session.end_epoch().epoch == 0


def test_a_recovery_is_sat_out(world, open_session, rng):
    run, _, client = world()
    session = open_session(client, give_up_after=0.3)
    run.changing(state="recovering")
    polls = run.polls
    run.wait(lambda: run.polls > polls + 4)
    run.changing(state="live")
    session.push([1], unit(rng, 1))
    assert session.end_epoch().epoch == 0


def test_a_silence_is_given_up(world, open_session, rng):
    run, doors, client = world()
    session = open_session(client, give_up_after=0.3)
    doors[0].script = lambda method, path: "silence"
    fails(session)
    with pytest.raises(coke.RunUnreachableError, match="No silo has answered for run 'birds'"):
        session.push([1], unit(rng, 1))


def test_a_run_that_is_deleted_ends_the_session(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    client.run("birds").delete()
    fails(session)
    with pytest.raises(coke.RunGoneError):
        session.push([1], unit(rng, 1))


def test_another_silo_goes_on(world, open_session, rng):
    run, doors, client = world(doors=2)
    session = open_session(client, resend_after=1000)
    session.push([1], unit(rng, 1))
    run.arrived((0, 0, 0, 0))
    doors[0].script = lambda method, path: "silence"
    doors[0].close()
    session.push([2], unit(rng, 1))
    assert session.end_epoch().epoch == 0
    assert any(request[0] == "PUT" for request in doors[1].requests)
    assert client.run("birds").status().epoch == 1


def test_close_releases_who_waits(world, open_session, rng):
    run, _, client = world()
    run.commits = False
    session = open_session(client)
    session.push([1], unit(rng, 1))
    raised = []

    def wait():
        try:
            session.end_epoch()
        except coke.CokeError as e:
            raised.append(e)

    waiting = threading.Thread(target=wait)
    waiting.start()
    run.arrived((0, 0, 0, 1))
    session.close()
    waiting.join(20)
    assert isinstance(raised[0], coke.SessionClosedError)
    assert not any(thread.is_alive() for thread in session._delivery._threads)
    with pytest.raises(coke.SessionClosedError):
        session.push([2], unit(rng, 1))
    session.close()
    assert "stopped: The session of run 'birds' was closed" in repr(session)


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
