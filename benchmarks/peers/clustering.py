#!/usr/bin/env python3
"""Times what people would pick to cluster ready-made features, as whole processes and inside them, on this machine, in this run.

    python3 benchmarks/peers/clustering.py FEATURES.npy --clusters 100 [--peers faiss faiss-all-rows minibatch kmeans] [--threads 2] [--passes 20] [--seeds 1]

Every peer loads the features, clusters, labels every row and saves labels, as `coke cluster` does. Prints one JSON object: for every peer
its runs, each with the whole process' wall and CPU seconds, the seconds of clustering and labeling inside, the mean similarity of rows to
the unit center of their cluster, and the smallest cluster. Needs Debian's python3-faiss and python3-sklearn.
"""
import argparse, json, os, pathlib, resource, subprocess, sys, tempfile, time
import fastest_blas


def faiss_labels(rows, options, most_rows=256):
    """Spherical k-means as FAISS does it unless told otherwise: on a sample of 256 rows per cluster."""
    import faiss
    faiss.omp_set_num_threads(options.threads)
    peer = faiss.Kmeans(rows.shape[1], options.clusters, niter=options.passes, spherical=True, seed=options.seed, max_points_per_centroid=most_rows)
    peer.train(rows)
    return peer.index.search(rows, 1)[1][:, 0]


def faiss_all_rows_labels(rows, options):
    """The same on all rows: as many passes over as many rows as ours."""
    return faiss_labels(rows, options, most_rows=len(rows))


def minibatch_labels(rows, options):
    from sklearn.cluster import MiniBatchKMeans
    return MiniBatchKMeans(options.clusters, n_init=1, max_iter=options.passes, batch_size=1024, random_state=options.seed).fit(rows).labels_


def kmeans_labels(rows, options):
    from sklearn.cluster import KMeans
    return KMeans(options.clusters, n_init=1, max_iter=options.iterations or options.passes, random_state=options.seed).fit(rows).labels_


PEERS = {"faiss": faiss_labels, "faiss-all-rows": faiss_all_rows_labels, "minibatch": minibatch_labels, "kmeans": kmeans_labels}


def run_peer(options):
    """The child's side."""
    import warnings
    warnings.filterwarnings("ignore")
    import numpy as np
    rows = np.load(options.features)
    start = time.perf_counter()
    labels = PEERS[options.peer](rows, options)
    seconds = time.perf_counter() - start
    np.save(options.out, labels.astype(np.int32))
    print(json.dumps({"inner_seconds": seconds}))


def judge(rows, labels, clusters):
    """Mean of x . c with c the normalized sum of the cluster's rows, and the smallest cluster."""
    import numpy as np
    sums = np.zeros((clusters, rows.shape[1]))
    np.add.at(sums, labels, rows)
    return float(np.linalg.norm(sums, axis=1).sum() / len(rows)), int(np.bincount(labels, minlength=clusters).min())


def measure(options, peer, seed, environment, rows, folder):
    import numpy as np
    out = pathlib.Path(folder) / "labels.npy"
    command = [sys.executable, __file__, options.features, "--peer", peer, "--seed", str(seed), "--out", str(out), "--clusters", str(options.clusters),
               "--threads", str(options.threads), "--passes", str(options.passes)] + (["--iterations", str(options.iterations)] if options.iterations else [])
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    child = subprocess.run(command, env=environment, capture_output=True, text=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if child.returncode:
        sys.exit(f"{peer}: {child.stderr.strip().splitlines()[-1]}")
    similarity, smallest = judge(rows, np.load(out), options.clusters)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seed": seed, "whole_seconds": wall, "cpu_seconds": cpu, **json.loads(child.stdout.splitlines()[-1]), "similarity": similarity, "smallest": smallest}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features")
    parser.add_argument("--clusters", type=int, required=True)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=["faiss", "minibatch", "kmeans"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--iterations", type=int, help="most iterations of scikit-learn's KMeans, instead of the passes")
    parser.add_argument("--seeds", type=int, default=1, help="runs of every peer")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--out", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return run_peer(options)

    import numpy as np
    environment, rows = fastest_blas.environment(options.threads), np.load(options.features)
    with tempfile.TemporaryDirectory() as folder:
        runs = {peer: [measure(options, peer, options.seed + s, environment, rows, folder) for s in range(options.seeds)] for peer in options.peers}
    print(json.dumps({"clusters": options.clusters, "passes": options.passes, "threads": options.threads, "blas_kernels": environment[fastest_blas.CHOSEN], "peers": runs}))


if __name__ == "__main__":
    main()
