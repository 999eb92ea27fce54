#!/usr/bin/env python3
"""Times what a user would pick instead of the clustering service, mini-batch by mini-batch, on this machine, in this run.

    python3 benchmarks/peers/mini_batch.py [--heads 3000 --heads 3000,4000,5000] [--threads 2] [--repetitions 30]

Needs Debian's python3-torch and libopenblas0-pthread, and where present takes python3-faiss and python3-sklearn too. Prints one JSON
object: milliseconds per mini-batch (median; b = 1024, d = 128, float32) for each set of heads and each peer.
"""
import argparse, json, time, warnings
import fastest_blas

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--heads", action="append", help="numbers of clusters, K or K,K,K; may be repeated")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--repetitions", type=int, default=30)
options = parser.parse_args()
core = fastest_blas.restart(options.threads)

warnings.filterwarnings("ignore")
import numpy as np, torch
import torch.nn.functional as F

torch.set_num_threads(options.threads)
B, D, MODES, NOISE, WARM_UP = 1024, 128, 200, 0.08, 4
random = np.random.RandomState(0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


modes = unit(random.randn(MODES, D))
BATCHES = [unit(modes[random.randint(0, MODES, B)] + NOISE * random.randn(B, D)).astype(np.float32) for _ in range(16)]
TENSORS = [torch.from_numpy(batch) for batch in BATCHES]


def median_ms(step):
    times = []
    for i in range(options.repetitions + WARM_UP):
        start = time.perf_counter()
        step(i % len(BATCHES))
        times.append((time.perf_counter() - start) * 1e3)
    times = sorted(times[WARM_UP:])
    return round(times[len(times) // 2], 3)


class TorchCoKe:
    """One head's clustering step in plain torch operations: what a PyTorch trainer does in process (rule `rescaled`, schedule `batch`)."""

    def __init__(self, centers, ratio=0.4, eta=20.0):
        self.C, self.K = torch.from_numpy(centers.T.copy()), len(centers)
        self.rho, self.n = torch.zeros(self.K), torch.zeros(self.K)
        self.ratio, self.eta = ratio, eta

    @torch.no_grad()
    def step(self, x):
        y = torch.argmax(x @ self.C + self.rho, 1)
        counts = torch.bincount(y, minlength=self.K).float()
        self.rho = torch.clamp(self.rho - self.eta * (counts / len(y) - self.ratio / self.K), min=0)
        hit = torch.nonzero(counts)[:, 0]
        sums = torch.zeros(self.K, x.shape[1]).index_add_(0, y, x)[hit]
        before = self.n[hit]
        self.n[hit] += counts[hit]
        self.C[:, hit] = F.normalize(self.C[:, hit] * (before / self.n[hit]) + sums.T / self.n[hit], dim=0)


def sinkhorn(scores, temperature=0.05, iterations=3):
    """SwAV's assignment."""
    Q = torch.exp(scores / temperature).T
    Q /= Q.sum()
    K, B = Q.shape
    for _ in range(iterations):
        Q /= Q.sum(1, keepdim=True)
        Q /= K
        Q /= Q.sum(0, keepdim=True)
        Q /= B
    return (Q * B).T


def faiss_search(centers):
    try:
        import faiss
    except ImportError:
        return None
    faiss.omp_set_num_threads(options.threads)
    indexes = []
    for C in centers:
        indexes.append(faiss.IndexFlatIP(D))
        indexes[-1].add(C)
    return median_ms(lambda i: [index.search(BATCHES[i], 1) for index in indexes])


def sklearn_partial_fit(centers):
    try:
        from sklearn.cluster import MiniBatchKMeans
    except ImportError:
        return None
    peers = [MiniBatchKMeans(len(C), init=C, n_init=1, batch_size=B, random_state=0) for C in centers]
    first = np.concatenate(BATCHES)
    for peer in peers:
        peer.partial_fit(first)
    return median_ms(lambda i: [peer.partial_fit(BATCHES[i]) for peer in peers])


def measure(heads):
    centers = [unit(random.randn(K, D)).astype(np.float32) for K in heads]
    coke, transposed = [TorchCoKe(C) for C in centers], [torch.from_numpy(C.T.copy()) for C in centers]
    return {
        "torch_coke_step": median_ms(lambda i: [head.step(TENSORS[i]) for head in coke]),
        "torch_mm_only": median_ms(lambda i: [TENSORS[i] @ C for C in transposed]),
        "swav_sinkhorn_3_iterations": median_ms(lambda i: [sinkhorn(TENSORS[i] @ C) for C in transposed]),
        "faiss_flat_ip_top1": faiss_search(centers),
        "sklearn_minibatch_kmeans_partial_fit": sklearn_partial_fit(centers),
    }


heads = options.heads or ["1000", "3000", "5000", "3000,4000,5000"]
rows = {head: measure([int(K) for K in head.split(",")]) for head in heads}
print(json.dumps({"b": B, "d": D, "threads": options.threads, "blas_kernels": core, "unit": "ms per mini-batch, median", "rows": rows}))
