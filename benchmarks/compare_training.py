#!/usr/bin/env python3
"""Compares a recipe with a PyTorch CoKe trainer on the same data set: ACC, NMI, probe and CPU seconds, seed by seed.

    python3 benchmarks/compare_training.py --reference train_reference.py --data /usr/share/datasets/fashion-mnist --images 10000 --seeds 0 1 2
    python3 benchmarks/compare_training.py --reference train_reference.py        the 9,000 + 1,000 bundled images
    python3 benchmarks/compare_training.py --recipe fashion-mnist-hour --data DIR without --reference: ours alone

Runs one after the other, so keep the machine quiet; about eight minutes a seed. Needs a built solution and Debian's python3-torch,
python3-sklearn, python3-scipy and libopenblas0-pthread (its reference BLAS would make the peer many times slower).
Ours takes the first images of the data set, the peer draws as many by its seed. Exit code 1 when a mean of ours is below the peer's.
"""
import argparse, json, pathlib, statistics, subprocess, sys, tempfile
from trainer_runs import BUNDLED, peer_environment, train

COLUMNS = ("acc", "nmi", "probe", "cpu")


def ours(options, seed):
    settings = options.set + ([f"schedule.epochs={options.epochs}"] if options.epochs else [])
    summary = train(options.recipe, seed, options.data, options.images, settings)
    return {"acc": summary["acc"], "nmi": summary["nmi"], "probe": summary["probe"], "cpu": summary["cpu_seconds"]}


def peer(options, seed, folder):
    script, count, tested = pathlib.Path(options.reference), options.images or 10000, 10000
    if not options.data:
        count, tested = options.images or 9000, 1000
        # Its kNN takes 2,000 test images for granted; with the 1,000 bundled ones, only that one line needs to know.
        patched = pathlib.Path(folder) / "reference.py"
        patched.write_text(script.read_text().replace("torch.zeros(2000,10)", "torch.zeros(len(ftn[:2000]),10)"))
        script = patched
    out, epochs = pathlib.Path(folder) / "reference.json", str(options.epochs or 48)
    subprocess.run(
        ["/usr/bin/python3", str(script), "--data", str(options.data or BUNDLED), "--n", str(count), "--ntest", str(tested), "--seed", str(seed), "--epochs", epochs,
         "--eval_every", epochs, "--out", str(out)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=peer_environment())
    result = json.loads(out.read_text())
    last = result["log"][-1]
    return {"acc": last["test_acc"], "nmi": last["test_nmi"], "probe": last["probe"], "cpu": result["cpu_total"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", help="the PyTorch trainer; without it ours runs alone")
    parser.add_argument("--recipe", default="fashion-mnist")
    parser.add_argument("--data", help="folder with IDX files of MNIST's names; default: the bundled images")
    parser.add_argument("--images", type=int, help="train on so many; default: of the bundled images all, else all for ours and 10,000 for the peer")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, help="of both; default: each one's own")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes the recipe")
    options = parser.parse_args()
    sides = ("ours", "peer") if options.reference else ("ours",)
    print(f"{'seed':>5}" + "".join(f"{side + ' ' + column:>12}" for column in COLUMNS for side in sides), flush=True)
    rows = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            row = [ours(options, seed)] + ([peer(options, seed, folder)] if options.reference else [])
        rows.append(row)
        print(f"{seed:>5}" + "".join(f"{side[column]:>12.4g}" for column in COLUMNS for side in row), flush=True)
    means = [[statistics.mean(row[side][column] for row in rows) for column in COLUMNS] for side in range(len(sides))]
    print(f"{'mean':>5}" + "".join(f"{means[side][column]:>12.4g}" for column in range(len(COLUMNS)) for side in range(len(sides))))
    sys.exit(1 if options.reference and any(means[0][c] < means[1][c] for c in range(3)) else 0)


if __name__ == "__main__":
    main()
