"""Which files of a recording are named, by the trainers that had the rank before."""

import json
import types

import numpy as np
import pytest

import coke
from batches import body, unit
from coke._recording import Recording
from coke._window import Part

SPECIFICATION = {"clustering": {"dimension": 4}, "trainers": 1, "name": "birds"}


def opened(folder, epoch, generation, run_id="birds~1"):
    registration = types.SimpleNamespace(rank=0, generation=generation, run_id=run_id)
    return Recording(str(folder), registration, epoch, SPECIFICATION)


def part(n, epoch, attempt, x):
    return Part(epoch, attempt, n, np.array([n]), (body([n], x),))


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "recording.json")


def test_a_folder_is_of_one_run(tmp_path, world, open_session):
    _, _, client = world()
    open_session(client, record=str(tmp_path))
    told = json.loads((tmp_path / "recording.json").read_text())
    assert told["runId"] == "birds~1" and set(told) == {"clustering", "trainers", "runId"}
    open_session(client, record=str(tmp_path))
    with pytest.raises(coke.InvalidOptionsError) as e:
        opened(tmp_path, 0, 1, "birds~2")
    assert str(e.value) == (
        f"The folder '{tmp_path}' has the recording of run birds~1, and not of birds~2: record "
        "every run in a folder of its own.")
    assert json.loads((tmp_path / "recording.json").read_text()) == told


def test_what_the_trainer_before_committed_is_named(tmp_path, rng):
    first = opened(tmp_path, 3, 1)
    first.keep(part(0, 3, 2, unit(rng, 1)))
    first.end(3, 2)
    assert files(tmp_path) == ["epoch-3-rank-0.parts.generation-1.attempt-2.ended"]
    opened(tmp_path, 4, 2)
    assert files(tmp_path) == ["epoch-3-rank-0.parts"]


@pytest.mark.parametrize("epoch, generation", [
    (3, 2),  # it is open still: the end never arrived, or was taken back
    (4, 3),  # another trainer had the rank, and ended it
    (5, 2),
])
def test_what_was_in_vain_is_not(tmp_path, rng, epoch, generation):
    first = opened(tmp_path, 3, 1)
    first.keep(part(0, 3, 0, unit(rng, 1)))
    first.end(3, 0)
    opened(tmp_path, epoch, generation)
    assert files(tmp_path) == []


def test_a_roll_back_takes_the_end_back(tmp_path, rng):
    recording = opened(tmp_path, 0, 1)
    recording.keep(part(0, 0, 0, unit(rng, 1)))
    recording.end(0, 0)
    recording.forget()
    assert files(tmp_path) == []
    x = unit(rng, 1)
    recording.keep(part(0, 0, 1, x))
    recording.end(0, 1)
    recording.commit(0, 1)
    assert files(tmp_path) == ["epoch-0-rank-0.parts"]
    recorded = (tmp_path / "epoch-0-rank-0.parts").read_bytes()
    assert recorded[8:] == body([0], x)
