"""The loss, against the paper's formulas in NumPy and against values that are shared with .NET."""

import gzip
import json
import pathlib
import struct

import numpy as np
import pytest

import coke
from batches import unit

torch = pytest.importorskip("torch")
from coke.torch import BatchTargets, CokeLoss, EpochTargets, PseudoLabels  # noqa: E402
from coke.torch import batch_targets, view_mean  # noqa: E402

GOLDEN = pathlib.Path(__file__).parents[2] / "tests/golden/trainer/losses.safetensors.gz"
COUNTS, B, D = (3, 7, 5), 6, 8
SHARPENING = 0.5

# large views, small views, temperature, alpha, weight of large views, beta (0: no prediction), soft
CASES = {
    "one": (1, 0, 0.1, 0.2, 0.5, 0, 0),
    "one-soft": (1, 0, 0.1, 0.2, 0.5, 0, 1),
    "one-prediction": (1, 0, 0.1, 0.2, 0.5, 1, 0),
    "two": (2, 0, 0.05, 0.2, 0.5, 0, 0),
    "two-labels-only": (2, 0, 0.1, 1, 0.5, 0, 0),
    "two-prediction": (2, 0, 0.05, 0.2, 0.5, 0.5, 0),
    "three-soft": (3, 0, 0.15, 0.5, 0.5, 0, 1),
    "multi-crop": (2, 6, 0.05, 0.2, 0.5, 0, 0),
    "multi-crop-prediction": (2, 6, 0.05, 0.2, 0.25, 0.7, 0),
    "one-and-small-soft": (1, 2, 0.1, 0.4, 0.75, 0, 1),
}


class Original:
    """The formulas, with one dense target per view, image and head."""

    def __init__(self, large, small, temperature, alpha, weight, beta):
        self.large, self.small, self.t = large, small, temperature
        self.alpha, self.weight, self.beta = alpha, weight, beta

    def log_p(self, x, centers):
        z = x @ centers.T / self.t
        z = z - z.max(1, keepdims=True)
        return z - np.log(np.exp(z).sum(1, keepdims=True))

    def of(self, xs, centers, dense, qs=None):
        """xs, qs: views of [b, d]; dense: [b, K]. The loss of one head."""
        p = [np.exp(self.log_p(x, centers)) for x in xs[:self.large]]
        targets = []
        for j in range(self.large):
            others = [p[i] for i in range(self.large) if i != j]
            mixed = dense if not others else (
                self.alpha * dense + (1 - self.alpha) * sum(others) / len(others))
            targets.append(mixed)
        targets += [self.alpha * dense + (1 - self.alpha) * sum(p) / len(p)] * self.small
        value = self.over(xs, targets, centers)
        return value if qs is None else (
            self.beta * self.over(qs, targets, centers) + (1 - self.beta) * value)

    def over(self, views, targets, centers):
        losses = [-(y * self.log_p(x, centers)).sum(1).mean() for x, y in zip(views, targets)]
        large = np.mean(losses[:self.large])
        if not self.small:
            return large
        return self.weight * large + (1 - self.weight) * np.mean(losses[self.large:])


def sharpened(dense):
    e = np.where(dense > 0, np.exp(dense / SHARPENING), 0)
    return e / np.maximum(e.sum(1, keepdims=True), 1e-300)


def soft_weights(rng, k):
    """Up to 5 labels per image; the last image has none."""
    weights = np.zeros((B, k))
    for i in range(B - 1):
        chosen = rng.permutation(k)[: 1 + i % min(5, k)]
        weights[i, chosen] = rng.random(len(chosen)) + 0.05
        weights[i] /= weights[i].sum()
    return weights


def targets_of(centers, labels, soft=None):
    """What a silo tells of these."""
    told = None
    if soft is not None:
        slots = np.full((len(centers), B, 5), -1, np.int64)
        weights = np.zeros((len(centers), B, 5), np.float32)
        for h, dense in enumerate(soft):
            for i in range(B):
                used = np.flatnonzero(dense[i])
                slots[h, i, :len(used)] = used
                weights[h, i, :len(used)] = dense[i, used]
        told = coke.SoftLabels(coke.Commit(0, 1), slots, weights)
    old = np.zeros(B, bool)
    return coke.Targets(coke.Commit(0, 1), np.stack(labels), old, told, tuple(centers), SHARPENING)


@pytest.mark.parametrize("name", CASES)
def test_losses_are_the_papers(name):
    large, small, temperature, alpha, weight, beta, is_soft = CASES[name]
    rng = np.random.default_rng(21)
    xs = [unit(rng, B, D).astype(np.float64) for _ in range(large + small)]
    qs = [unit(rng, B, D).astype(np.float64) for _ in range(large + small)]
    centers = [unit(rng, k, D) for k in COUNTS]
    labels = [rng.integers(0, k, B) for k in COUNTS]
    soft = [soft_weights(rng, k) for k in COUNTS] if is_soft else None
    original = Original(large, small, temperature, alpha, weight, beta)
    expected = []
    for h, k in enumerate(COUNTS):
        dense = np.eye(k)[labels[h]]
        if is_soft:
            dense = np.where(soft[h].sum(1, keepdims=True) > 0, sharpened(soft[h]), dense)
        c = centers[h].astype(np.float64)
        expected.append(original.of(xs, c, dense, qs if beta else None))

    loss = CokeLoss(temperature, alpha, large, small, weight, beta or 0.5)
    targets = batch_targets(targets_of(centers, labels, soft))
    x = torch.tensor(np.concatenate(xs), requires_grad=True)
    q = torch.tensor(np.concatenate(qs), requires_grad=True) if beta else None
    of_heads = loss.of_heads(x, targets, q)
    np.testing.assert_allclose(of_heads.detach().numpy(), expected, rtol=1e-6)
    np.testing.assert_allclose(loss(x, targets, q).item(), np.mean(expected), rtol=1e-6)
    single = loss(x.float(), targets, None if q is None else q.float())
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.item(), np.mean(expected), rtol=1e-4)


def read_golden():
    content = gzip.decompress(GOLDEN.read_bytes())
    size = struct.unpack("<Q", content[:8])[0]
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}
    told = {}
    for name, entry in json.loads(content[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in entry["data_offsets"])
            array = np.frombuffer(content[begin:end], types[entry["dtype"]])
            told[name] = array.reshape(entry["shape"])
    return told


@pytest.mark.skipif(not GOLDEN.exists(), reason="the golden files are the repository's")
def test_losses_and_gradients_are_those_of_dotnet():
    golden = read_golden()
    heads = range(len(COUNTS))
    names = [name[:-len(".options")] for name in golden if name.endswith(".options")]
    assert len(names) > 10
    for name in names:
        large, small, t, alpha, weight, beta, is_soft = golden[f"{name}.options"].tolist()
        large, small = int(large), int(small)
        chosen = [*range(large), *range(3, 3 + small)]
        x = torch.tensor(golden["views"][chosen]).double().flatten(0, 1).requires_grad_()
        q = torch.tensor(golden["predicted"][chosen]).double().flatten(0, 1).requires_grad_()
        targets = batch_targets(targets_of(
            [golden[f"centers.{h}"] for h in heads], [golden[f"labels.{h}"] for h in heads],
            [golden[f"soft.{h}"] for h in heads] if is_soft else None))
        value = CokeLoss(t, alpha, large, small, weight, beta or 0.5)(
            x, targets, q if beta else None)
        value.backward()
        np.testing.assert_allclose(value.item(), golden[f"{name}.value"][0], rtol=1e-6)
        gradient = torch.zeros_like(x) if x.grad is None else x.grad
        np.testing.assert_allclose(gradient, golden[f"{name}.gradient"], atol=1e-6)
        if beta:
            np.testing.assert_allclose(q.grad, golden[f"{name}.predicted.gradient"], atol=1e-6)


def test_gradients_are_those_of_differences():
    rng = np.random.default_rng(3)
    centers, labels = [unit(rng, 4, D)], [rng.integers(0, 4, B)]
    targets = batch_targets(targets_of(centers, labels))
    x = torch.tensor(unit(rng, B, D)).double().requires_grad_()
    # With one view nothing in it is detached.
    assert torch.autograd.gradcheck(lambda x: CokeLoss(0.5)(x, targets), (x,))


def test_half_precision_computes_in_float32():
    rng = np.random.default_rng(4)
    targets = batch_targets(targets_of([unit(rng, 4, D)], [rng.integers(0, 4, B)]))
    x = torch.tensor(unit(rng, 2 * B, D))
    loss = CokeLoss(0.05, large_views=2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(x, targets)
    assert value.dtype == torch.float32
    assert torch.equal(value, loss(x, targets))
    half = x.to(torch.bfloat16)
    assert torch.equal(loss(half, targets), loss(half.float(), targets))


def test_a_temperature_per_head():
    rng = np.random.default_rng(5)
    targets = batch_targets(targets_of(
        [unit(rng, k, D) for k in COUNTS], [rng.integers(0, k, B) for k in COUNTS]))
    x = torch.tensor(unit(rng, B, D))
    mixed = CokeLoss([0.1, 0.2, 0.3]).of_heads(x, targets)
    for h, t in enumerate((0.1, 0.2, 0.3)):
        assert torch.allclose(mixed[h], CokeLoss(t).of_heads(x, targets)[h])
    with pytest.raises(coke.InvalidOptionsError, match="There are 2 temperatures for 3 heads"):
        CokeLoss([0.1, 0.2])(x, targets)


def test_an_image_that_was_never_seen_counts_for_nothing():
    rng = np.random.default_rng(6)
    centers, labels = [unit(rng, 4, D)], rng.integers(0, 4, B)
    all_known = batch_targets(targets_of(centers, [labels]))
    unseen = labels.copy()
    unseen[2] = -1
    one_less = batch_targets(targets_of(centers, [unseen]))
    x = torch.tensor(unit(rng, B, D), requires_grad=True)
    CokeLoss()(x, one_less).backward()
    assert x.grad[2].abs().max() == 0
    rest = torch.arange(B) != 2
    gradient, x.grad = x.grad, None
    CokeLoss()(x, all_known).backward()
    assert torch.allclose(gradient[rest], x.grad[rest])


def test_targets_of_an_epoch_are_indexed_by_image():
    rng = np.random.default_rng(8)
    soft = [soft_weights(rng, k) for k in COUNTS]
    told = targets_of([unit(rng, k, D) for k in COUNTS],
                      [rng.integers(0, k, B) for k in COUNTS], soft)
    epoch = EpochTargets(told)
    ids = [4, 1, 5]
    some, every = epoch.of(ids), epoch.all()
    assert some.cluster_counts == COUNTS and some.centers.shape == (15, D)
    for head, whole in zip(some.labels, every.labels):
        assert torch.equal(head.clusters, whole.clusters[ids])
        assert torch.equal(head.weights, whole.weights[ids])
    for h in range(3):
        assert every.labels[h].weights.sum(1).tolist() == pytest.approx([1] * B)
        assert every.labels[h].clusters[B - 1, 0] == told.labels[h, B - 1]
        assert every.labels[h].weights[B - 1].tolist() == [1, 0, 0, 0, 0]


def test_what_is_clustered_is_the_mean_of_large_views():
    x = torch.tensor(unit(np.random.default_rng(9), 8, D), requires_grad=True)
    assert torch.allclose(view_mean(x, 2, 2), (x[:2] + x[2:4]) / 2)
    assert not view_mean(x, 1).requires_grad


def test_options_and_rows_are_checked():
    for options in ({"temperature": 0}, {"label_weight": 1.5}, {"large_views": 0},
                    {"small_views": 65}, {"large_view_weight": -1}, {"prediction_weight": 0},
                    {"temperature": float("nan")}):
        with pytest.raises(coke.InvalidOptionsError, match="is out of range"):
            CokeLoss(**options)
    targets = BatchTargets(torch.eye(4), (4,), (PseudoLabels(torch.zeros(2, 1).long()),))
    with pytest.raises(coke.InvalidOptionsError, match="5 rows are not 2 views of every image"):
        CokeLoss(large_views=2)(torch.eye(5), targets)
    with pytest.raises(coke.InvalidOptionsError, match="There are targets of 2 images for 4"):
        CokeLoss()(torch.eye(4), targets)
