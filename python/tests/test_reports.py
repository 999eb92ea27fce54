"""What a trainer tells of itself, and that it is done."""

import threading
import time
from datetime import datetime, timezone

import numpy as np
import pytest

import coke
from batches import unit
from coke._model import read
from coke._reports import TrainerMeter
from coke._status import RunActivity, RunStatus


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_meter_tells_rate_and_waited_share_of_the_last_ten_reports():
    clock = Clock()
    meter = TrainerMeter(clock)
    for _ in range(20):
        meter.count(50)
        clock.now += 1
        told = meter.take()
    assert told["imagesPerSecond"] == 50 and told["waitedShare"] == 0
    for _ in range(10):
        meter.count(10)
        meter.wait(lambda: setattr(clock, "now", clock.now + 0.25))
        clock.now += 0.75
        told = meter.take()
    assert told["imagesPerSecond"] == pytest.approx(10) and told["waitedShare"] == 0.25
    assert meter.waited == 2.5


def test_meter_counts_a_wait_that_has_not_ended():
    clock = Clock()
    meter = TrainerMeter(clock)
    told = []

    def wait():
        clock.now += 4
        told.append(meter.take())

    meter.wait(wait)
    assert told[0]["waitedShare"] == 1


@pytest.mark.parametrize("loss, told", [
    (2.5, 2.5), (np.float32(1.5), 1.5), (float("nan"), "NaN"), (float("inf"), "Infinity"),
    (-float("inf"), "-Infinity"), (np.array([3.0]), 3.0), (7, 7.0),
])
def test_loss_is_told_as_it_is(loss, told):
    meter = TrainerMeter(Clock())
    meter.tell(loss, 0.1, 48)
    report = meter.take()
    assert (report["loss"], report["learningRate"], report["lastEpoch"]) == (told, 0.1, 48)
    assert meter.take()["loss"] == told  # as it was told last
    assert 0 < len(report["host"]) <= 64 and report["processId"] > 0


def test_loss_of_torch_needs_one_element_and_no_gradient():
    torch = pytest.importorskip("torch")
    meter = TrainerMeter(Clock())
    weight = torch.tensor(2.0, requires_grad=True)
    meter.tell(weight * 3, None, None)
    assert meter.take()["loss"] == 6
    with pytest.raises(coke.InvalidReportError):
        meter.tell(torch.zeros(2), None, None)
    assert meter.take()["loss"] == 6


class OnDevice:
    """A number that a device has not come to yet."""

    def __init__(self):
        self.value = None

    def __call__(self):
        return self.value


def test_loss_on_a_device_is_told_when_it_is_there_and_nobody_waits(monkeypatch):
    first, second = OnDevice(), OnDevice()
    coming = iter([first, second])
    monkeypatch.setattr("coke._reports.number_of", lambda value, name: next(coming))
    meter = TrainerMeter(Clock())
    meter.tell("a loss", 0.1, None)
    assert "loss" not in meter.take()
    first.value = 2.0
    meter.tell("the next one", 0.2, None)  # takes the one before along
    assert meter.take()["loss"] == 2.0
    second.value = float("nan")
    assert meter.take()["loss"] == "NaN"


def test_a_loss_that_ceases_to_be_a_number_is_urgent_once():
    meter = TrainerMeter(Clock())
    meter.tell(1.0, None, None)
    assert not meter.is_urgent
    meter.tell(float("nan"), None, None)
    assert meter.is_urgent
    meter.take()
    meter.tell(float("nan"), None, None)
    assert not meter.is_urgent


@pytest.mark.parametrize("said, field", [
    ({"learning_rate": -0.1}, "learning_rate"),
    ({"learning_rate": float("nan")}, "learning_rate"),
    ({"learning_rate": "fast"}, "learning_rate"),
    ({"last_epoch": -1}, "last_epoch"),
    ({"last_epoch": 1.5}, "last_epoch"),
    ({"loss": "much"}, "loss"),
    ({"loss": [1, 2]}, "loss"),
])
def test_what_is_out_of_range_is_refused_whole(world, open_session, said, field):
    run, _, client = world()
    session = open_session(client)
    session.report(loss=1.0, learning_rate=0.5, last_epoch=9)
    with pytest.raises(coke.InvalidReportError) as refused:
        session.report(**{"loss": 2.0, "learning_rate": 0.25, **said})
    assert refused.value.field == field and isinstance(refused.value, ValueError)
    told = session._meter.take()
    assert (told["loss"], told["learningRate"], told["lastEpoch"]) == (1.0, 0.5, 9)


def test_reports_come_beside_the_polls(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.report(loss=float("nan"), learning_rate=0.1, last_epoch=3)
    session.push([1, 2], unit(rng, 2))
    run.wait(lambda: any(told.get("loss") == "NaN" for _, told in run.reports))
    rank, told = run.reports[-1]
    assert rank == 0 and told["lastEpoch"] == 3 and told["learningRate"] == 0.1
    run.wait(lambda: any(told.get("imagesPerSecond", 0) > 0 for _, told in run.reports))


@pytest.mark.parametrize("status, slug", [
    (404, "unknown-path"), (400, "invalid-report"), (500, "internal"),
])
def test_a_silo_that_refuses_reports_harms_no_session(world, open_session, rng, status, slug):
    from fake_door import problem

    run, doors, client = world()
    asked = threading.Event()

    def script(method, path):
        if "/report" not in path:
            return None
        asked.set()
        return problem(status, slug, "No.")

    doors[0].script = script
    session = open_session(client)
    session.report(loss=float("nan"))
    assert asked.wait(20)
    session.push([1, 2], unit(rng, 2))
    assert session.end_epoch().epoch == 0


def test_finish_is_told_once_more_and_ends_the_pushes(world, open_session, rng):
    run, _, client = world()
    session = open_session(client)
    session.push([1], unit(rng, 1))
    with pytest.raises(coke.InvalidOptionsError) as refused:
        session.finish()
    assert refused.value.field == "epoch" and run.finished == [0]
    session.end_epoch()
    session.finish()
    session.finish()
    assert run.finished == [1]
    with pytest.raises(coke.InvalidOptionsError):
        session.push([1], unit(rng, 1))
    session.close()
    with pytest.raises(coke.SessionClosedError):
        session.finish()


def test_finish_of_a_trainer_that_was_replaced_is_refused(world, open_session):
    run, _, client = world()
    session = open_session(client)
    run.changing(generations=[2])
    with pytest.raises(coke.FencedTrainerError):
        session.finish()


def test_status_has_times_activity_and_trainers():
    status = read(RunStatus, {
        "created": "2026-12-01T02:19:24.1234567+00:00", "updated": "2026-12-01T02:19:24+00:00",
        "activity": {"kind": "waiting", "ranks": [1], "reason": "silent", "silentSeconds": 7.4},
        "imagesPerSecond": 12.5, "secondsLeft": None,
        "trainers": [{"rank": 0, "seenSecondsAgo": 0.5, "isFinished": True,
                      "report": {"host": "node-7", "loss": "NaN", "lastEpoch": 48}}],
    })
    assert status.created == datetime(2026, 12, 1, 2, 19, 24, 123456, timezone.utc)
    assert status.updated == datetime(2026, 12, 1, 2, 19, 24, tzinfo=timezone.utc)
    assert str(status.activity) == "waiting for rank 1, silent for 7 s"
    trainer = status.trainers[0]
    assert trainer.report.host == "node-7" and trainer.report.loss != trainer.report.loss
    assert (trainer.seen_seconds_ago, trainer.is_finished, trainer.is_silent) == (0.5, True, False)
    assert status.seconds_left is None and status.images_per_second == 12.5


@pytest.mark.parametrize("activity, said", [
    (RunActivity("training"), "training"),
    (RunActivity("waiting", (0, 2), "notCome"), "waiting for ranks 0, 2, which have not come yet"),
    (RunActivity("waiting", (1,), "partMissing"),
     "waiting for rank 1, which has not sent its part"),
])
def test_activity_in_words(activity, said):
    assert str(activity) == said


def until(run, what):
    """The status, as soon as it is what the test waits for."""
    ends = time.monotonic() + 60
    status = run.status()
    while not what(status):
        assert time.monotonic() < ends, status
        status = run.status(after=status.stamp)
    return status


@pytest.mark.silo
def test_life_of_a_run_in_a_real_silo(make_run, rng):
    run = make_run(trainers=1)
    assert run.status().activity.kind == "created" and run.status().created is not None
    with run.session() as session:
        session.report(loss=float("nan"), learning_rate=0.1, last_epoch=5)
        for _ in range(2):
            for first in range(0, 96, 16):
                session.push(range(first, first + 16), unit(rng, 16, 8))
            session.end_epoch()
        session.push(range(16), unit(rng, 16, 8))
        status = until(run, lambda now: now.rows_in_epoch == 16 and now.trainers[0].report)
        assert status.activity.kind == "training" and status.images_per_second > 0
        assert status.seconds_left > 0 and status.updated >= status.created
        report = status.trainers[0].report
        assert report.loss != report.loss and report.learning_rate == 0.1
        assert report.host and 0 <= report.waited_share <= 1
        session.end_epoch()
        session.finish()
    status = run.status()
    assert status.activity.kind == "finished" and status.trainers[0].is_finished
    assert status.seconds_left is None


@pytest.mark.silo
def test_a_trainer_that_is_killed_shows_within_seconds(make_run):
    run = make_run(trainers=1)
    session = run.session()
    until(run, lambda now: now.trainers[0].report is not None)
    session.close()  # says nothing any more, as a process that was killed
    status = until(run, lambda now: now.activity.kind == "waiting")
    assert (status.activity.ranks, status.activity.reason) == ((0,), "silent")
    assert status.trainers[0].is_silent and 5 <= status.trainers[0].seen_seconds_ago < 30
