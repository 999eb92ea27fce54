"""Algorithm 1 without actors, on what sessions recorded: ``coke-silo replay``."""

import json
import os
import pathlib
import shlex
import struct
import subprocess

import numpy as np


def program():
    """The command that starts a silo, without its options."""
    words = shlex.split(os.environ["COKE_SILO"])
    options = [i for i, word in enumerate(words) if word.startswith("-")]
    return words[:options[0]] if options else words


def write(folder, run, epochs):
    """A recording of mini-batches that no session pushed: per epoch (ids, rows) of all ranks."""
    folder = pathlib.Path(folder)
    clustering = specification(run)["clustering"]
    told = {"clustering": clustering, "trainers": 1}
    (folder / "recording.json").write_text(json.dumps(told))
    for epoch, steps in enumerate(epochs):
        with open(folder / f"epoch-{epoch}-rank-0.parts", "wb") as file:
            for ids, rows in steps:
                file.write(struct.pack("<q", len(ids)))
                file.write(np.asarray(ids, "<i8").tobytes())
                file.write(np.asarray(rows, "<f4").tobytes())


def specification(run):
    """The run's, as the silo tells it."""
    return run._ask("GET", f"/v1/runs/{run.run_id}").json()["specification"]


class Replay:
    """What the silos must have answered: ``labels(epoch)``, ``centers(epoch)``."""

    def __init__(self, folder, run):
        self.folder = pathlib.Path(folder)
        clustering = run.specification.clustering
        self._counts = [head.cluster_count for head in clustering.heads]
        self._d = clustering.dimension
        line = [*program(), "replay", str(folder)]
        done = subprocess.run(
            line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        assert done.returncode == 0, done.stdout
        self.epochs = len(list(self.folder.glob("labels-*.i32")))

    def labels(self, epoch):
        told = np.fromfile(self.folder / f"labels-{epoch}.i32", "<i4")
        return told.reshape(len(self._counts), -1)

    def centers(self, epoch):
        return [
            np.fromfile(self.folder / f"centers-{epoch}-{h}.f32", "<f4").reshape(k, self._d)
            for h, k in enumerate(self._counts)
        ]

    def check(self, epoch, labels, centers):
        """Bit for bit."""
        wanted = self.labels(epoch)
        differ = int((wanted != labels).sum())
        assert differ == 0, f"{differ} of {wanted.size} labels of epoch {epoch} differ"
        for h, (told, center) in enumerate(zip(centers, self.centers(epoch))):
            told = np.ascontiguousarray(told, "<f4")
            assert told.tobytes() == center.tobytes(), f"centers of epoch {epoch}, head {h}"


def check_recorded(run, record, out, epochs):
    """A run of ``small_trainer`` is exact: every epoch as every rank read it, and as anybody reads
    the last."""
    replay = Replay(record, run)
    assert replay.epochs == epochs
    read = sorted(pathlib.Path(out).glob("targets-*.npz"))
    assert {int(path.name.split("-")[1]) for path in read} == set(range(epochs))
    for path in read:
        with np.load(path) as told:
            centers = [told[f"centers{h}"] for h in range(len(told) - 1)]
            replay.check(int(path.name.split("-")[1]), told["labels"], centers)
    last = run.targets()
    assert last.epoch == epochs - 1
    replay.check(last.epoch, last.labels, last.centers)


def same_parts(record, other, epochs, world=1):
    """Whether both runs were fed the same, bit for bit: their models came to the same."""
    names = [f"epoch-{e}-rank-{r}.parts" for e in range(epochs) for r in range(world)]
    return all(
        (pathlib.Path(record) / name).read_bytes() == (pathlib.Path(other) / name).read_bytes()
        for name in names)
