"""Training loops in PyTorch against a real silo: what they pushed, computed again by Algorithm 1
without actors, gives the same labels and centers, bit for bit."""

import uuid

import pytest

from conftest import free_port
from oracle import check_recorded, same_parts

pytest.importorskip("torch")
import small_trainer  # noqa: E402
from programs import TrainerProcess  # noqa: E402

pytestmark = pytest.mark.silo
W = 2


@pytest.fixture
def new_run(silo_client):
    made = []

    def make(world=1, **options):
        made.append(small_trainer.create(silo_client, f"exact-{uuid.uuid4().hex[:8]}", world,
                                         **options))
        return made[-1]

    yield make
    for run in made:
        run.delete()


@pytest.fixture
def start_pair(silo, tmp_path):
    """``start_pair(run, name, **options of rank 0)``: both ranks as processes."""
    started = []

    def make(run, name, stops=(), epochs=3, pause=0.003):
        out, record, port = tmp_path / f"{name}-out", tmp_path / f"{name}-record", free_port()
        out.mkdir()
        pair = [
            TrainerProcess([silo], run, out, record, rank=rank, world=W, port=port, epochs=epochs,
                           stops=stops if rank == 0 else (), pause=pause)
            for rank in range(W)
        ]
        started.extend(pair)
        return pair, out, record

    yield make
    for process in started:
        process.kill()


@pytest.mark.parametrize("options", [{}, {"stage_two_after_epoch": 1}], ids=["plain", "stage-two"])
def test_one_trainer(new_run, tmp_path, options):
    run, record = new_run(**options), tmp_path / "record"
    with run.session(record=str(record)) as session:
        assert small_trainer.train(session, str(tmp_path), 4, seed=1, pause=0.001) == 0
    check_recorded(run, record, tmp_path, 4)


def test_another_bit_of_a_recording_is_told(new_run, tmp_path):
    run, record = new_run(), tmp_path / "record"
    with run.session(record=str(record)) as session:
        small_trainer.train(session, str(tmp_path), 1)
    parts = record / "epoch-0-rank-0.parts"
    recorded = bytearray(parts.read_bytes())
    recorded[-3] ^= 1  # a low one of the last number
    parts.write_bytes(recorded)
    with pytest.raises(AssertionError, match="centers of epoch 0, head 0"):
        check_recorded(run, record, tmp_path, 1)


def test_two_trainers_as_processes(new_run, start_pair):
    run = new_run(W)
    pair, out, record = start_pair(run, "calm")
    for process in pair:
        process.until("done, turned back 0 times")
        assert process.code() == 0
    check_recorded(run, record, out, 3)


def test_two_trainers_turn_back_amid_an_epoch(new_run, start_pair):
    run = new_run(W)
    stops = [(0, 7), (1, 3), (2, small_trainer.STEPS - 1)]
    pair, out, record = start_pair(run, "restored", stops)
    for epoch, step in stops:
        pair[0].until(f"at {epoch}:{step}")  # the other goes on, to the next sum
        attempt = run.status().attempt
        assert run.restore().attempt == attempt + 1
        pair[0].go()
    for process in pair:
        process.until("done, turned back 3 times")
        assert process.code() == 0
    check_recorded(run, record, out, 3)
    # What was taken back left no trace, in the models neither.
    calm = new_run(W)
    pair, out, calm_record = start_pair(calm, "calm")
    assert [process.code() for process in pair] == [0, 0]
    assert same_parts(record, calm_record, 3, W)
