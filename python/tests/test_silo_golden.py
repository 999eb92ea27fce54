"""The golden files of the paper's reference, through a session and a real silo."""

import gzip
import json
import pathlib

import numpy as np
import pytest

import coke

GOLDEN = pathlib.Path(__file__).parents[2] / "tests/golden"
pytestmark = [
    pytest.mark.silo,
    pytest.mark.skipif(not GOLDEN.exists(), reason="the golden files are the repository's"),
]


def read(name):
    with gzip.open(GOLDEN / f"{name}.json.gz", "rt") as file:
        return json.load(file)


def feed(session, x, order, batches, heads):
    """Pushes an epoch; the labels that it must give, [heads, N]."""
    expected = np.full((heads, len(x)), -1)
    at = 0
    for batch in batches:
        ids = order[at:at + len(batch[0]["labels"])]
        at += len(ids)
        session.push(ids, x[ids])
        for h, state in enumerate(batch):
            expected[h, ids] = state["labels"]
    assert at == len(x)
    session.end_epoch()
    return expected


def check_centers(session, expected):
    for found, centers in zip(session.centers, expected):
        np.testing.assert_allclose(found, centers, atol=2e-6)


def test_stage_two(make_run):
    golden = read("stage_two")
    inputs = golden["inputs"]
    centers = [np.array(c, np.float32) for c in inputs["C0"]]
    n, heads = inputs["N"], len(centers)
    run = make_run(
        images=n, dimension=centers[0].shape[1], batch_size=inputs["batch"],
        heads=[coke.HeadOptions(len(c), inputs["gamma"], dual_learning_rate=inputs["eta"])
               for c in centers],
        stage_two_after_epoch=inputs["T_prime"], soft_label_slots=inputs["slots"],
        label_sharpening=inputs["sharpening"], initial_centers=centers)
    with run.session() as session:
        for epoch in golden["epochs"]:
            x, order = np.array(epoch["features"], np.float32), np.array(epoch["perm"])
            labels = feed(session, x, order, epoch["batches"], heads)
            targets = session.targets()
            assert targets.epoch == epoch["t"]
            assert (targets.labels == labels).all()
            check_centers(session, epoch["frozen_centers"])
            assert (targets.soft_labels is None) == (epoch["t"] <= inputs["T_prime"])
            if targets.soft_labels is None:
                continue
            sharpened = targets.soft_labels.sharpened(targets.label_sharpening)
            for h in range(heads):
                for i in range(n):
                    slots = targets.soft_labels.labels[h, i]
                    told = dict(zip(slots, zip(targets.soft_labels.weights[h, i], sharpened[h, i])))
                    told.pop(-1, None)
                    weights = {k: (w, s) for (k, w), (_, s) in zip(
                        epoch["soft_labels"][h][i], epoch["sharpened"][h][i])}
                    assert told.keys() == weights.keys()
                    for k in told:
                        assert told[k] == pytest.approx(weights[k], abs=2e-6)


def cases():
    for name in ("small", "small_eta20", "variants"):
        golden = read(name) if GOLDEN.exists() else {"cases": []}
        for case in golden["cases"]:
            yield pytest.param(golden["inputs"], case, id=f"{name}-{case['name']}")


@pytest.mark.parametrize("inputs, case", cases())
def test_rules_schedules_minimums_and_views(make_run, inputs, case):
    first, second = (np.array(inputs[f"view{v}"], np.float32) for v in (1, 2))
    centers = [np.array(c, np.float32) for c in inputs["C0"]]
    x = first if case["views"] == 1 else (first + second) / 2
    minimums = case.get("minimum_sizes") or [None] * len(centers)
    run = make_run(
        images=len(x), dimension=x.shape[1], batch_size=case.get("nominal_batch", inputs["batch"]),
        views=case["views"], initial_centers=centers,
        heads=[coke.HeadOptions(
            len(c), case["gamma"], dual_learning_rate=case["eta"], center_rule=case["rule"],
            center_schedule=case["schedule"], dual_clamp=case["clamp"],
            dual_norm_limit=case.get("tau"), minimum_sizes=minimum and tuple(minimum))
            for c, minimum in zip(centers, minimums)])
    batches = iter(case["batches"])
    per_epoch = len(case["batches"]) // inputs["epochs"]
    with run.session() as session:
        frozen_at, frozen = frozen_centers(inputs, case)
        for epoch, order in enumerate(inputs["perm"]):
            of_epoch = [next(batches) for _ in range(per_epoch)]
            labels = feed(session, x, np.array(order), of_epoch, len(centers))
            assert (session.labels().labels == labels).all()
            if epoch == frozen_at:
                check_centers(session, frozen)


def frozen_centers(inputs, case):
    """An epoch, and the centers after its end. Where a file has those after the last batch, and
    centers move per epoch alone, these were frozen one epoch before."""
    last = inputs["epochs"] - 1
    if "frozen_centers" in case:
        return last, case["frozen_centers"]
    return last - (case["schedule"] == "epoch"), case["final_centers"]
