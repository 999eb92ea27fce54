#!/usr/bin/env python3
"""Compares `coke cluster` with scikit-learn's KMeans: mean similarity of images to their center, and the smallest cluster.

    python3 benchmarks/compare_sklearn.py                    Fashion-MNIST images, PCA, N = 10,000, K = 100, batches of 128 and 1000
    python3 benchmarks/compare_sklearn.py --features X.npy   ready-made features instead

The peer is the mean of five KMeans runs (n_init=1) on the same unit rows. Both are measured alike: the mean over images of x . c, where c
is the L2-normalized center of the image's own label. Exit code 1 when a ratio is below 0.999 or a cluster below 0.93 of its minimum.
Needs numpy and scikit-learn (Debian: python3-sklearn) and a built solution; images come from Debian's dataset-fashion-mnist or --images.
"""
import argparse, gzip, json, pathlib, subprocess, sys, tempfile, time
import numpy as np
from sklearn.cluster import KMeans

ROOT = pathlib.Path(__file__).resolve().parent.parent
COKE = ["dotnet", "run", "-c", "Release", "--no-build", "--project", str(ROOT / "src" / "Client"), "--"]
LEAST_RATIO, LEAST_SIZE = 0.999, 0.93


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def pca_features(path, count, dimension):
    """Pixels centered, projected on the leading principal components, rows of norm 1."""
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    height, width = (int.from_bytes(data[at:at + 4], "big") for at in (8, 12))
    pixels = np.frombuffer(data, np.uint8, offset=16).reshape(-1, height * width)[:count] / 255.0
    pixels -= pixels.mean(0)
    components = np.linalg.svd(pixels, full_matrices=False)[2][:dimension]
    return unit(pixels @ components.T)


def similarity(rows, labels, centers):
    return float((rows * unit(centers)[labels]).sum(1).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--features", type=pathlib.Path, help="ready-made features (.npy) instead of PCA of images")
    parser.add_argument("--images", type=pathlib.Path, help="IDX file of images; default: train images of dataset-fashion-mnist")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--clusters", type=int, default=100)
    parser.add_argument("--ratio", type=float, default=0.4, help="gamma'")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batches", type=int, nargs="+", default=[128, 1000])
    parser.add_argument("--seeds", type=int, default=3, help="seeds of coke per batch size")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    if args.features:
        rows = unit(np.load(args.features).astype(np.float64))
    else:
        images = args.images or next(pathlib.Path(sys.prefix, "share", "datasets", "fashion-mnist").rglob("train-images*"), None)
        if images is None:
            sys.exit("No images: install dataset-fashion-mnist, or name a file with --images or --features.")
        rows = pca_features(images, args.count, args.dimension)

    K, minimum = args.clusters, args.ratio * len(rows) / args.clusters
    started, peers, peer_sizes = time.perf_counter(), [], []
    for state in range(5):
        peer = KMeans(K, n_init=1, random_state=state).fit(rows)
        peers.append(similarity(rows, peer.labels_, peer.cluster_centers_))
        peer_sizes.append(int(np.bincount(peer.labels_, minlength=K).min()))
    result = {"images": len(rows), "clusters": K, "minimum": minimum, "sklearn": float(np.mean(peers)), "sklearn_runs": peers,
              "sklearn_smallest": peer_sizes, "sklearn_seconds": (time.perf_counter() - started) / 5, "coke": []}

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        np.save(folder / "features.npy", rows.astype(np.float32))
        for batch in args.batches:
            for seed in range(args.seeds):
                command = ["cluster", folder / "features.npy", "--heads", K, "--min-size-ratio", args.ratio, "--epochs", args.epochs, "--batch", batch,
                           "--seed", seed, "--out", folder / "labels.npy", "--centers", folder / "centers.npy", "--json"]
                run = subprocess.run(COKE + [str(part) for part in command], capture_output=True, text=True)
                if run.returncode:
                    sys.exit(f"coke failed ({run.returncode}): {run.stderr.strip().splitlines()[-1]}")
                labels, view = np.load(folder / "labels.npy"), json.loads(run.stdout)
                value, smallest = similarity(rows, labels, np.load(folder / "centers.npy")), int(np.bincount(labels, minlength=K).min())
                result["coke"].append({"batch": batch, "seed": seed, "similarity": value, "ratio": value / result["sklearn"], "smallest": smallest,
                                       "seconds": view["seconds"]})

    result["met"] = all(run["ratio"] >= LEAST_RATIO and run["smallest"] >= LEAST_SIZE * minimum for run in result["coke"])
    if args.json:
        print(json.dumps(result))
    else:
        print(f"scikit-learn KMeans, five runs: similarity {result['sklearn']:.5f} ({min(peers):.5f} to {max(peers):.5f}), smallest clusters {peer_sizes}, "
              f"{result['sklearn_seconds']:.1f} s each")
        for run in result["coke"]:
            print(f"coke, batch {run['batch']:5d}, seed {run['seed']}: similarity {run['similarity']:.5f}, ratio {run['ratio']:.5f}, "
                  f"smallest {run['smallest']} of {minimum:g} asked, {run['seconds']:.1f} s")
        print("met" if result["met"] else f"NOT met: every ratio >= {LEAST_RATIO}, every cluster >= {LEAST_SIZE} of its minimum")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
