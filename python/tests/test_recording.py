"""What a session records is what was committed, whenever its program dies."""

import numpy as np
import pytest

import coke
import oracle
from batches import unit
from conftest import SILO_B as B, SILO_D as D, SILO_IMAGES as IMAGES

pytestmark = pytest.mark.silo


class Death(BaseException):
    """The program is gone."""


def feed(session, x, count=IMAGES):
    for first in range(0, count, B):
        session.push(np.arange(first, first + B), x[first:first + B])


def die(*_):
    raise Death


def test_a_trainer_that_dies_once_its_epoch_is_committed_has_recorded_it(make_run, rng, tmp_path):
    run, x, record = make_run(), unit(rng, 3 * IMAGES, D), str(tmp_path)
    with run.session(record=record) as session:
        feed(session, x)
        session.end_epoch()
        feed(session, x[IMAGES:])
        session._recording.commit = die
        with pytest.raises(Death):
            session.end_epoch()
    with run.session(record=record) as session:
        assert session.epoch == 2
        feed(session, x[2 * IMAGES:])
        session.end_epoch()
        told = session.targets()
    replay = oracle.Replay(record, run)
    assert replay.epochs == 3
    replay.check(2, told.labels, told.centers)


def test_an_end_that_was_taken_back_is_not_recorded(make_run, rng, tmp_path):
    run, x, record = make_run(), unit(rng, 2 * IMAGES, D), str(tmp_path)
    with run.session(record=record) as session:
        feed(session, x)
        session._recording.end(0, 0)  # and dies before the end is sent
    with run.session(record=record) as session:
        assert session.epoch == 0
        assert oracle.Replay(record, run).epochs == 0
        feed(session, x[IMAGES:])
        session.end_epoch()
        told = session.targets()
    oracle.Replay(record, run).check(0, told.labels, told.centers)


def test_what_takes_a_refused_place_is_recorded(make_run, rng, tmp_path):
    run, x, record = make_run(trainers=2), unit(rng, IMAGES, D), str(tmp_path)
    sessions = [run.session(rank, 2, record=record) for rank in range(2)]
    try:
        sessions[0].push([0, 1], x[:2])
        sessions[0].push([4], x[4:5])
        sessions[1].push([1, 2], x[1:3])  # image 1 came from the other rank
        with pytest.raises(coke.RefusedBatchError) as e:
            sessions[1].end_epoch()
        sessions[1].replace(e.value.refusal.sequence, [3, 2], x[[3, 2]])
        with pytest.raises(TimeoutError):
            sessions[1].end_epoch(timeout=0.01)  # the other rank has not ended
        for session in sessions:
            session._recording.commit = die
            with pytest.raises(Death):
                session.end_epoch()
    finally:
        for session in sessions:
            session.close()
    for rank in range(2):
        run.session(rank, 2, record=record).close()
    told = run.targets()
    oracle.Replay(record, run).check(0, told.labels, told.centers)


def test_a_recording_with_a_hole_is_refused(make_run, rng, tmp_path):
    run, x = make_run(), unit(rng, IMAGES, D)
    oracle.write(tmp_path, run, [[(np.arange(B), x[:B])]] * 3)
    assert oracle.Replay(tmp_path, run).epochs == 3
    (tmp_path / "epoch-1-rank-0.parts").unlink()
    with pytest.raises(AssertionError, match="epoch-1-rank-0.parts is missing: record all"):
        oracle.Replay(tmp_path, run)
