"""What is asked about the past of a run, a cluster and its surroundings, and one image.

Against a real silo, where COKE_SILO has its command line.
"""

import numpy as np
import pytest

import coke
from batches import unit
from conftest import SILO_B as B, SILO_D as D, SILO_IMAGES as IMAGES, SILO_K as K

pytestmark = pytest.mark.silo
EPOCHS = 3


@pytest.fixture
def fed(make_run, rng):
    run = make_run(heads=[coke.HeadOptions(k, 0.4) for k in K])
    labels = []
    with run.session() as session:
        for _ in range(EPOCHS):
            x = unit(rng, IMAGES, D)
            for first in range(0, IMAGES, B):
                ids = np.arange(first, first + B)
                session.push(ids, x[ids])
            session.end_epoch()
            labels.append(session.labels().labels)
    return run, labels


def test_a_cluster_remembers_its_epochs_and_members(fed):
    run, labels = fed
    for head, k in enumerate(K):
        for c in range(k):
            cluster = run.cluster(head, c)
            assert [epoch.epoch for epoch in cluster.epochs] == list(range(EPOCHS))
            sizes = [int((of_epoch[head] == c).sum()) for of_epoch in labels]
            assert [epoch.size for epoch in cluster.epochs] == sizes == list(cluster.history)
            assert cluster.epochs[0].changed_share is None
            for before, now, epoch in zip(labels, labels[1:], cluster.epochs[1:]):
                members = now[head] == c
                changed = (before[head] != c)[members].mean() if members.any() else None
                assert epoch.changed_share == (None if changed is None else pytest.approx(changed))
                assert 0 <= epoch.moved <= 2
            assert cluster.epochs[-1].dual == pytest.approx(cluster.dual)
            assert cluster.violation == pytest.approx(cluster.minimum_size - sizes[-1])
            most = cluster.last_members.most_similar
            least = cluster.last_members.least_similar
            assert (len(most), len(least)) == (min(8, sizes[-1]), min(4, sizes[-1]))
            assert all(labels[-1][head][member.image_id] == c for member in (*most, *least))
            told = [member.similarity for member in most]
            assert told == sorted(told, reverse=True)
            if most:
                assert least[0].similarity <= most[-1].similarity
            assert cluster.open_members == coke.RankedMembers()


def test_a_head_tells_all_its_epochs(fed):
    run, labels = fed
    reports = run.epochs()
    assert [report.epoch for report in reports] == list(range(EPOCHS))
    assert reports[1] == run.epoch_report(1)
    assert run.epochs(1, 1) == reports[1:2] and run.epochs(EPOCHS) == ()
    for head, k in enumerate(K):
        assert reports[0].heads[head].agreement is None
        last = reports[-1].heads[head]
        sizes = np.bincount(labels[-1][head], minlength=k)
        quantiles = last.size_quantiles
        told = [quantiles.p5, quantiles.p25, quantiles.p50, quantiles.p75, quantiles.p95]
        np.testing.assert_allclose(told, np.quantile(sizes, [0.05, 0.25, 0.5, 0.75, 0.95]))
        gini = np.abs(sizes[:, None] - sizes[None, :]).mean() / (2 * sizes.mean())
        assert last.gini == pytest.approx(gini)
        assert last.agreement_images == IMAGES
        metrics = pytest.importorskip("sklearn.metrics")
        expected = metrics.normalized_mutual_info_score(labels[-2][head], labels[-1][head])
        assert last.agreement == pytest.approx(expected)
    with pytest.raises(coke.InvalidOptionsError):
        run.epochs(-1)
    with pytest.raises(coke.InvalidOptionsError):
        run.epochs(0, 0)


def test_surroundings_of_a_cluster(fed):
    run, _ = fed
    centers = run.centers(1).astype(np.float64)
    similarities = centers @ centers[2]
    order = [k for k in np.argsort(-similarities, kind="stable") if k != 2]
    near = run.nearest(1, 2, 3)
    assert [other.cluster for other in near] == order[:3]
    np.testing.assert_allclose([other.similarity for other in near], similarities[order[:3]])
    worst = run.clusters(1, sort="-violation").clusters
    assert [line.violation for line in worst] == sorted((c.violation for c in worst), reverse=True)
    with pytest.raises(coke.UnknownPartError):
        run.nearest(0, K[0])
    with pytest.raises(coke.UnknownPartError):
        run.nearest(len(K), 0)


def test_one_image(fed):
    run, labels = fed
    image = run.image(5)
    assert (image.image_id, image.epoch, image.is_old) == (5, EPOCHS - 1, False)
    assert list(image.labels) == labels[-1][:, 5].tolist()
    assert image.open_labels is None and image.soft_labels is None
    with pytest.raises(coke.InvalidImageIdError):
        run.image(IMAGES)
