"""k-means by scikit-learn's conventions, against a real silo."""

import pickle
import warnings

import numpy as np
import pytest

import coke

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.metrics import adjusted_rand_score  # noqa: E402
from sklearn.utils import estimator_checks  # noqa: E402

from coke.cluster import ConstrainedKMeans  # noqa: E402

pytestmark = pytest.mark.silo

SIZES = [300, 200, 100, 60, 40, 20]


@pytest.fixture
def blobs(rng):
    """Skewed kinds, far from each other."""
    centers = rng.standard_normal((len(SIZES), 12)) * 3
    kinds = np.repeat(np.arange(len(SIZES)), SIZES)
    return centers[kinds] + 0.3 * rng.standard_normal((len(kinds), 12)), kinds


def checks():
    estimator = ConstrainedKMeans(n_clusters=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if hasattr(estimator_checks, "estimator_checks_generator"):  # from 1.6 on
            found = list(estimator_checks.estimator_checks_generator(estimator))
        else:
            found = list(estimator_checks.check_estimator(estimator, generate_only=True))
    names = [getattr(check, "func", check).__name__ for _, check in found]
    return [pytest.param(*pair, id=name) for pair, name in zip(found, names)]


@pytest.mark.parametrize("estimator, check", checks())
def test_scikit_learns_own_checks(silo, estimator, check):
    if getattr(check, "func", check).__name__ == "check_estimators_dtypes":
        pytest.skip("one of its rows is zero, which has no direction")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator.set_params(silo=silo))


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0])
def test_every_minimum_is_met(silo, blobs, ratio):
    x, _ = blobs
    k_means = ConstrainedKMeans(6, min_size_ratio=ratio, random_state=0, silo=silo).fit(x)
    assert k_means.sizes_.sum() == len(x)
    assert k_means.sizes_.min() >= int(ratio * len(x) / 6)
    assert k_means.labels_.shape == (len(x),) and k_means.cluster_centers_.shape == (6, 12)
    np.testing.assert_allclose(np.linalg.norm(k_means.cluster_centers_, axis=1), 1, rtol=1e-5)


def test_a_maximum_is_met(silo, blobs):
    x, _ = blobs
    k_means = ConstrainedKMeans(6, max_size_ratio=1.2, random_state=0, silo=silo).fit(x)
    assert k_means.sizes_.max() <= int(np.ceil(1.2 * len(x) / 6))


def test_kinds_are_found_and_repeat(silo, blobs):
    x, kinds = blobs
    first = ConstrainedKMeans(6, min_size_ratio=0.1, random_state=3, silo=silo).fit(x)
    again = clone(first).fit(x)
    assert (first.labels_ == again.labels_).all() and first.n_iter_ == again.n_iter_
    assert (first.cluster_centers_ == again.cluster_centers_).all()
    assert adjusted_rand_score(kinds, first.labels_) > 0.9
    assert (first.predict(x) == first.labels_).mean() > 0.9
    assert (first.predict(10 * x) == first.predict(x)).all()


def test_partial_fit_goes_on(silo, blobs, rng):
    x, kinds = blobs
    k_means = ConstrainedKMeans(6, min_size_ratio=0.1, random_state=0, silo=silo)
    for _ in range(8):
        k_means.partial_fit(x[rng.permutation(len(x))])
    assert k_means.n_iter_ == 8
    assert adjusted_rand_score(kinds, k_means.predict(x)) > 0.7
    names = [status.name for status in coke.Client(silo).runs()]
    k_means.fit(x)  # begins anew, and leaves nothing behind
    left = [status.name for status in coke.Client(silo).runs()]
    assert len([name for name in names if name.startswith("sklearn-")]) == 1
    assert not [name for name in left if name.startswith("sklearn-")]


def test_a_copy_predicts_without_a_silo(silo, blobs):
    x, _ = blobs
    k_means = ConstrainedKMeans(6, random_state=0, silo=silo).partial_fit(x)
    copy = pickle.loads(pickle.dumps(k_means))
    copy.silo = "http://127.0.0.1:1"
    assert (copy.predict(x) == k_means.predict(x)).all()


@pytest.mark.parametrize(
    "options, error",
    [
        (dict(n_clusters=0), coke.InvalidOptionsError),
        (dict(n_clusters=2.5), coke.InvalidOptionsError),
        (dict(max_iter=0), coke.InvalidOptionsError),
        (dict(min_size_ratio=1.5), coke.InvalidOptionsError),
        (dict(min_size_ratio=-0.1), coke.InvalidOptionsError),
        (dict(max_size_ratio=0.5), coke.InvalidOptionsError),
        (dict(init="somehow"), coke.InvalidOptionsError),
        (dict(init=np.ones((2, 12))), ValueError),
        (dict(n_clusters=10_000), ValueError),
    ],
)
def test_what_makes_no_sense_is_refused(silo, blobs, options, error):
    x, _ = blobs
    options = dict(dict(n_clusters=6, silo=silo), **options)
    before = {status.name for status in coke.Client(silo).runs()}
    with pytest.raises(error) as refused:
        ConstrainedKMeans(**options).fit(x)
    assert str(refused.value).strip().count("\n") == 0
    assert {status.name for status in coke.Client(silo).runs()} <= before


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_rows_that_have_no_direction_are_refused(silo, blobs, value):
    x, _ = blobs
    x[7] = value
    with pytest.raises(ValueError, match="NaN|infinity|Row 7 is zero"):
        ConstrainedKMeans(6, silo=silo).fit(x)
