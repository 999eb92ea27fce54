"""The suite that sessions in every language pass, through a real silo."""

import json
import math
import pathlib
import threading

import numpy as np
import pytest

import coke
import oracle

SUITE = pathlib.Path(__file__).parents[2] / "tests/conformance/session.json"
pytestmark = [
    pytest.mark.silo,
    pytest.mark.skipif(not SUITE.exists(), reason="the suite is the repository's"),
]
PATIENCE = 180  # no step waits for long; one that would wait for ever is named
MASK = (1 << 64) - 1


def scenarios():
    told = json.loads(SUITE.read_text()) if SUITE.exists() else {"scenarios": []}
    return [pytest.param(one, id=one["name"].replace(" ", "-")) for one in told["scenarios"]]


def mix(state):
    """splitmix64."""
    state = (state + 0x9E3779B97F4A7C15) & MASK
    state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ (state >> 27)) * 0x94D049BB133111EB & MASK
    return state ^ (state >> 31)


def row(seed, image, salt, dimension):
    """Made of whole numbers, and rounded once: the same bits in every language."""
    start = (((seed * 100 + salt) * 100_000) + image) * 1_000
    values, squares = [], 0.0
    for j in range(dimension):
        values.append((mix(start + j) >> 11) * (2.0 / (1 << 53)) - 1)
        squares += values[-1] * values[-1]
    return [np.float32(value / math.sqrt(squares)) for value in values]


class Play:
    """A scenario, step by step."""

    def __init__(self, scenario, client):
        self._scenario, self._client = scenario, client
        self._options = scenario["run"]
        self._sessions = {}
        self.create({})

    def do(self, step):
        getattr(self, step["do"])(step)

    def create(self, _):
        o = self._options
        self.run = self._client.create_run(
            f"conformance-{o['seed']}", images=o["images"], dimension=o["dimension"],
            heads=o["clusters"], batch_size=o["batch"], trainers=o["trainers"], seed=o["seed"])

    def delete(self, _):
        self.run.delete()

    def restore(self, step):
        self.run.restore(step["attempt"])

    def open(self, step):
        self._sessions[step["as"]] = self.run.session(step["rank"], self._options["trainers"])

    def close(self, step):
        self._sessions[step["by"]].close()

    def push(self, step):
        session = self._sessions[step["by"]]
        ids, rows = self.part(step["part"], session.epoch)
        session.push(ids, rows * np.float32(step.get("norm", 1)), timeout=PATIENCE)

    def replace(self, step):
        session = self._sessions[step["by"]]
        session.replace(step["sequence"], *self.part(step["part"], session.epoch))

    def end(self, step):
        failed = []

        def end(session):
            try:
                session.end_epoch(timeout=PATIENCE)
            except Exception as e:
                failed.append(e)

        threads = [threading.Thread(target=end, args=(self._sessions[by],)) for by in step["by"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def restart(self, step):
        self._sessions[step["by"]].restart_epoch()

    def adopt(self, step):
        self._sessions[step["by"]].adopt(step["attempt"], timeout=PATIENCE)

    def state(self, step):
        session = self._sessions[step["of"]]
        assert (session.epoch, session.attempt) == (step["epoch"], step["attempt"])

    def processed(self, step):
        status = self.run.status()
        while status.trainers[step["rank"]].next_expected < step["count"]:
            status = self.run.status(after=status.stamp)

    def part(self, text, epoch):
        """Ids and rows of a part, ``0-3,7@SALT``, or of several with spaces between them."""
        ids, rows, o = [], [], self._options
        for part in text.split():
            images, _, salt = part.partition("@")
            for ends in images.split(","):
                first, _, last = ends.partition("-")
                for image in range(int(first), int(last or first) + 1):
                    ids.append(image)
                    rows.append(row(o["seed"], image, int(salt or epoch), o["dimension"]))
        return (np.array(ids, np.int64),
                np.array(rows, np.float32).reshape(len(ids), o["dimension"]))

    def compare(self, folder):
        """Labels and centers are those of Algorithm 1 on what was accepted."""
        accepted = self._scenario["accepted"]
        epochs = [[self.part(step, t) for step in steps] for t, steps in enumerate(accepted)]
        oracle.write(folder, self.run, epochs)
        replay = oracle.Replay(folder, self.run)
        told = self.run.targets()
        assert told.epoch == len(accepted) - 1 == replay.epochs - 1
        replay.check(told.epoch, told.labels, told.centers)

    def finish(self):
        for session in self._sessions.values():
            session.close()
        self.run.delete()


@pytest.mark.parametrize("scenario", scenarios())
def test_a_session_does_as_the_scenario_says(silo_client, tmp_path, scenario):
    play = Play(scenario, silo_client)
    try:
        for i, step in enumerate(scenario["steps"]):
            failed = None
            try:
                play.do(step)
            except coke.CokeError as e:
                failed = e
            kind = None if failed is None else failed.type
            assert kind == step.get("fails"), f"step {i} ({step}) ended in {failed!r}"
        play.compare(tmp_path)
    finally:
        play.finish()


def test_the_bits_of_an_embedding():
    told = json.loads(SUITE.read_text())["embedding"]
    made = row(told["seed"], told["image"], told["salt"], len(told["bits"]))
    assert [int(value.view(np.uint32)) for value in made] == told["bits"]
