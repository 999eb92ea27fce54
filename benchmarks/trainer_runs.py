"""What the comparisons of training share: a run of `coke-train train` by its summary, a peer's best BLAS, IDX and CIFAR files, ACC, a table with means."""
import gzip, json, os, pathlib, statistics, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUNDLED = ROOT / "src" / "Trainer" / "Bundled" / "fashion-mnist"
TRAINER = ["dotnet", "run", "-c", "Release", "--no-build", "--project", str(ROOT / "src" / "Trainer"), "--"]


def train(recipe, seed, data=None, images=None, settings=(), out=None):
    """summary.json of a run; `settings` are KEY=VALUE, `out` keeps its folder."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(out or temporary)
        command = TRAINER + ["train", str(recipe), "--seed", str(seed), "--out", str(folder), "--force"]
        command += ["--data", str(data)] if data else []
        command += ["--images", str(images)] if images else []
        for setting in settings:
            command += ["--set", setting]
        run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if run.returncode:
            sys.exit(f"{' '.join(command)} ended with {run.returncode}: {run.stderr.strip()}")
        return json.loads((folder / "summary.json").read_text())


def peer_environment():
    """One thread, and OpenBLAS for this processor whatever the environment says: the peer at its best."""
    return {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")} | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def spread(values, digits=3):
    """Mean and range, as `.731 [.706..764]`."""
    text = lambda value: f"{value:.{digits}f}".removeprefix("0")
    mean = text(statistics.mean(values))
    return mean if len(values) == 1 else f"{mean} [{text(min(values))} to {text(max(values))}]"


def table(head, rows):
    """A Markdown table."""
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, ["---"] * len(head), *rows])


def read_images(folder, part):
    """Rows of pixels in 0..1 and classes of the `train` or `test` part of IDX files with MNIST's names, or of CIFAR-10 binaries."""
    import numpy as np
    folder = pathlib.Path(folder)
    cifar = sorted(folder.glob("data_batch_*.bin" if part == "train" else "test_batch.bin"))
    if cifar:
        records = np.concatenate([np.fromfile(path, np.uint8).reshape(-1, 3073) for path in cifar])
        return records[:, 1:] / 255.0, records[:, 0].astype(int)

    def idx(name, header):
        path = next(p for p in (folder / name, folder / f"{name}.gz") if p.exists())
        return np.frombuffer((gzip.open if path.suffix == ".gz" else open)(path, "rb").read(), np.uint8, offset=header)
    name = "train" if part == "train" else "t10k"
    classes = idx(f"{name}-labels-idx1-ubyte", 8).astype(int)
    return idx(f"{name}-images-idx3-ubyte", 16).reshape(len(classes), -1) / 255.0, classes


def accuracy(classes, labels):
    """ACC: the best one-to-one naming of clusters."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment
    size = max(classes.max(), labels.max()) + 1
    counts = np.zeros((size, size), int)
    np.add.at(counts, (labels, classes), 1)
    return counts[linear_sum_assignment(-counts)].sum() / len(classes)
