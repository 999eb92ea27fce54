#!/usr/bin/env python3
"""Compares `demo` with a PyTorch CoKe trainer on the same 9,000 + 1,000 bundled images: ACC, NMI, probe and CPU seconds, seed by seed.

    python3 benchmarks/compare_training.py --reference train_reference.py [--seeds 0 1 2] [--epochs E]

Runs one after the other, so keep the machine quiet; about five minutes a seed. Needs a built solution and Debian's python3-torch,
python3-sklearn, python3-scipy and libopenblas0-pthread (its reference BLAS would make the peer many times slower).
Exit code 1 when a mean of ours is below the peer's.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
IMAGES = ROOT / "src" / "Trainer" / "Bundled" / "fashion-mnist"
DEMO = ["dotnet", "run", "-c", "Release", "--no-build", "--project", str(ROOT / "src" / "Trainer"), "--", "demo"]


def ours(seed, epochs, folder):
    command = DEMO + ["--seed", str(seed), "--out", folder] + (["--epochs", str(epochs)] if epochs else [])
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((pathlib.Path(folder) / "summary.json").read_text())
    return {"acc": summary["acc"], "nmi": summary["nmi"], "probe": summary["probe"], "cpu": summary["cpu_seconds"]}


def peer(script, seed, epochs, folder):
    # Its kNN takes 2,000 test images for granted; with the 1,000 there are, only that one line needs to know.
    patched = pathlib.Path(folder) / "reference.py"
    patched.write_text(pathlib.Path(script).read_text().replace("torch.zeros(2000,10)", "torch.zeros(len(ftn[:2000]),10)"))
    out = pathlib.Path(folder) / "reference.json"
    epochs = epochs or 48
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")} | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    subprocess.run(
        ["/usr/bin/python3", str(patched), "--data", str(IMAGES), "--n", "9000", "--ntest", "1000", "--seed", str(seed), "--epochs", str(epochs),
         "--eval_every", str(epochs), "--out", str(out)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    result = json.loads(out.read_text())
    last = result["log"][-1]
    return {"acc": last["test_acc"], "nmi": last["test_nmi"], "probe": last["probe"], "cpu": result["cpu_total"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="of both; default: each one's own")
    options = parser.parse_args()
    columns = ("acc", "nmi", "probe", "cpu")
    print(f"{'seed':>5}" + "".join(f"{'ours ' + c:>12}{'peer ' + c:>12}" for c in columns))
    rows = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            row = (ours(seed, options.epochs, folder), peer(options.reference, seed, options.epochs, folder))
        rows.append(row)
        print(f"{seed:>5}" + "".join(f"{row[0][c]:>12.4g}{row[1][c]:>12.4g}" for c in columns), flush=True)
    means = [[statistics.mean(row[side][c] for row in rows) for c in columns] for side in (0, 1)]
    print(f"{'mean':>5}" + "".join(f"{a:>12.4g}{b:>12.4g}" for a, b in zip(*means)))
    sys.exit(0 if all(means[0][c] >= means[1][c] for c in range(3)) else 1)


if __name__ == "__main__":
    main()
