#!/usr/bin/env python3
"""Tables 1 and 2 of the paper in small: one view, Fashion-MNIST, a few minutes for each. Prints a Markdown table of means and ranges over seeds.

    python3 benchmarks/compare_settings.py --table 1 --data /usr/share/datasets/fashion-mnist
    python3 benchmarks/compare_settings.py --table 2 --data /usr/share/datasets/fashion-mnist

Needs a built solution; --data may be any folder that `coke-train train` takes, the default are the bundled images.
"""
import argparse
from trainer_runs import spread, table, train

TABLES = {
    1: [(f"gamma' = {ratio}", [f"clustering.minimum-size-ratio={ratio}"]) for ratio in ("0", "0.4", "0.8", "1")],
    2: [(f"centers {centers}, labels {labels}", [f"clustering.labels={labels}", f"clustering.centers={centers}"])
        for centers, labels in (("last", "last"), ("last", "current"), ("current", "last"), ("current", "current"))],
}


def sizes(summaries, k):
    heads = [next(head for head in summary["heads"] if head["k"] == k) for summary in summaries]
    return f"{heads[0]['asked']:.0f}", f"{min(h['min'] for h in heads)}", f"{max(h['max'] for h in heads)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=int, choices=TABLES, required=True)
    parser.add_argument("--recipe", default="fashion-mnist")
    parser.add_argument("--data")
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--epochs", type=int, default=16)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="changes every run")
    options = parser.parse_args()
    # One view as in both tables, and no margin: Table 1 shows how far a minimum is missed.
    common = ["views.large=1", "clustering.margin=0", f"schedule.epochs={options.epochs}"] + options.set
    rows = []
    for name, settings in TABLES[options.table]:
        summaries = [train(options.recipe, seed, options.data, options.images, common + settings) for seed in options.seeds]
        largest = max(head["k"] for head in summaries[0]["heads"])
        rows.append([name, *(spread([s[column] for s in summaries]) for column in ("acc", "nmi", "probe", "knn")), *sizes(summaries, largest)])
        print(*rows[-1], flush=True)
    print()
    print(table(["setting", "ACC", "NMI", "probe", "kNN", f"asked, K = {largest}", "smallest", "largest"], rows))


if __name__ == "__main__":
    main()
