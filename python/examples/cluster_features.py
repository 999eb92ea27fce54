"""Features into clusters of a minimum size, by scikit-learn's conventions.

    python3 cluster_features.py [FEATURES.npy] [--clusters 10] [--silo http://host:8080]

Without features it clusters Fashion-MNIST's pixels.
"""

import argparse

import numpy as np

from coke.cluster import ConstrainedKMeans


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("features", nargs="?", help="an array of n x d")
    a.add_argument("--clusters", type=int, default=10)
    a.add_argument("--min-size-ratio", type=float, default=0.8)
    a.add_argument("--silo", help="address of a running silo; none: one is started")
    a.add_argument("--out", help="where to write the labels")
    o = a.parse_args()
    if o.features:
        x = np.load(o.features)
    else:
        from fashion import fashion_mnist

        x = fashion_mnist(10_000, 0).train.flatten(1).numpy()

    k_means = ConstrainedKMeans(
        o.clusters, min_size_ratio=o.min_size_ratio, random_state=0, silo=o.silo
    ).fit(x)
    least = int(o.min_size_ratio * len(x) / o.clusters)
    print(
        f"{len(x)} rows in {o.clusters} clusters after {k_means.n_iter_} passes: sizes "
        f"{k_means.sizes_.min()} to {k_means.sizes_.max()}, at least {least} asked; mean cosine "
        f"{k_means.similarity_:.4f}"
    )
    nearest = np.mean(k_means.predict(x) == k_means.labels_)
    print(f"{nearest:.1%} of the rows are in the cluster of their nearest center.")
    if o.out:
        np.save(o.out, k_means.labels_)


if __name__ == "__main__":
    main()
