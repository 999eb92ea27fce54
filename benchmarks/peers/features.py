#!/usr/bin/env python3
"""Makes the features that clustering is measured on: PCA of Fashion-MNIST images, unit rows, float32.

    python3 benchmarks/peers/features.py OUT.npy [--images FILE] [--count 60000] [--dimension 128]

Images come from Debian's dataset-fashion-mnist unless an IDX file is named. Needs python3-numpy.
"""
import argparse, gzip, pathlib, sys
import numpy as np

DEBIAN = pathlib.Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")


def read_idx(path, count):
    data = (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    height, width = (int.from_bytes(data[at:at + 4], "big") for at in (8, 12))
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, height * width)[:count] / 255.0


def pca(pixels, dimension):
    """Centered, on the leading principal components, rows of norm 1. By the covariance: images are many, pixels few."""
    pixels = pixels - pixels.mean(0)
    components = np.linalg.eigh(pixels.T @ pixels)[1][:, ::-1][:, :dimension]
    rows = pixels @ components
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", type=pathlib.Path, default=DEBIAN)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--dimension", type=int, default=128)
    options = parser.parse_args()
    if not options.images.exists():
        sys.exit(f"{options.images} is missing: install dataset-fashion-mnist, or name an IDX file with --images")
    rows = pca(read_idx(options.images, options.count), options.dimension)
    np.save(options.out, rows)
    print(f'{{"rows": {len(rows)}, "dimension": {rows.shape[1]}}}')


if __name__ == "__main__":
    main()
