#!/usr/bin/env python3
"""Compares what a recipe learns with what needs no learning: k-means of raw pixels, and the same network untrained. Prints a Markdown table.

    python3 benchmarks/compare_baselines.py cifar-10-small --data DIR     DIR: data_batch_*.bin and test_batch.bin, or IDX files with MNIST's names

The untrained network is the recipe's own at a rate of practically 0 for one epoch, so that its normalization has seen the images. All are measured
alike, on the test images. Needs a built solution and Debian's python3-sklearn and python3-scipy. Exit code 1 when ACC, NMI or kNN is not above both.
"""
import argparse, sys
import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import normalized_mutual_info_score
from trainer_runs import accuracy, read_images, spread, table, train

COLUMNS = ("acc", "nmi", "knn")


def nearest_neighbors(train_rows, train_classes, rows, classes, neighbors=20, temperature=0.1):
    """As the trainer's: cosine similarity, votes weighted by exp(similarity / 0.1)."""
    unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
    train_rows, right = unit(train_rows), 0
    for begin in range(0, len(rows), 1000):
        similar = unit(rows[begin:begin + 1000]) @ train_rows.T
        nearest = np.argpartition(-similar, neighbors, axis=1)[:, :neighbors]
        votes = np.zeros((len(similar), classes.max() + 1))
        np.add.at(votes, (np.arange(len(similar))[:, None], train_classes[nearest]), np.exp(np.take_along_axis(similar, nearest, 1) / temperature))
        right += (votes.argmax(1) == classes[begin:begin + 1000]).sum()
    return right / len(rows)


def pixels(data, images, seed):
    (train_rows, train_classes), (rows, classes) = (read_images(data, part) for part in ("train", "test"))
    train_rows, train_classes = train_rows[:images], train_classes[:images]
    labels = KMeans(classes.max() + 1, n_init=1, random_state=seed).fit(train_rows).predict(rows)
    return {"acc": accuracy(classes, labels), "nmi": normalized_mutual_info_score(classes, labels), "knn": nearest_neighbors(train_rows, train_classes, rows, classes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--data", required=True)
    parser.add_argument("--images", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes the recipe")
    parser.add_argument("--out", help="keeps report and summary of the last seed's run here")
    options = parser.parse_args()
    untrained = ["schedule.epochs=1", "schedule.learning-rate=1e-9", "schedule.warm-up-epochs=0"]
    kinds = {
        "pixels": lambda seed: pixels(options.data, options.images, seed),
        "untrained": lambda seed: train(options.recipe, seed, options.data, options.images, options.set + untrained),
        options.recipe: lambda seed: train(options.recipe, seed, options.data, options.images, options.set, options.out),
    }
    results = {name: [run(seed) for seed in options.seeds] for name, run in kinds.items()}
    print(table(["", "ACC", "NMI", "kNN"], [[name, *(spread([r[c] for r in all_seeds]) for c in COLUMNS)] for name, all_seeds in results.items()]))
    for summary in results[options.recipe]:
        print(f"seed {summary['seed']}: {summary['cpu_seconds']:.0f} CPU s, loss by epoch", " ".join(f"{loss:.3f}" for loss in summary["loss_trace"]))
        print("  smallest cluster / asked:", " ".join(f"{head['min']}/{head['asked']:.0f}" for head in summary["heads"]))
        print("  violation within its bound (B / eta)(rho at the end - at the start):", all(head["violation"] <= head["bound"] for head in summary["heads"]))
    mean = {name: [np.mean([r[c] for r in all_seeds]) for c in COLUMNS] for name, all_seeds in results.items()}
    sys.exit(0 if all(mean[options.recipe][c] > max(mean["pixels"][c], mean["untrained"][c]) for c in range(len(COLUMNS))) else 1)


if __name__ == "__main__":
    main()
