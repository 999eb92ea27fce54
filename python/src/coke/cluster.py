"""Clustering with minimum sizes, by the conventions of scikit-learn."""

from __future__ import annotations

import uuid
from typing import Any, Dict, List, Optional, Union

import numpy as np

from ._leaving import forget, leave, when_dropped
from ._model import EpochReport, HeadOptions
from .client import Client
from .errors import InvalidOptionsError
from .local import shared_silo
from .run import Run
from .session import Session

try:
    from sklearn.base import BaseEstimator, ClusterMixin
    from sklearn.utils import check_array, check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as missing:  # pragma: no cover
    raise ImportError("coke.cluster needs scikit-learn: install coke-client[sklearn].") from missing
try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before 1.6

    def validate_data(estimator: Any, X: Any, **options: Any) -> Any:
        return estimator._validate_data(X, **options)

# Passes end when hardly a label changes and the similarity stands; as `coke cluster` does.
_CHANGED_LABELS = 1e-3
_SIMILARITY_CHANGE = 1e-5

# k-means++ looks at so many rows per cluster at most: more do not spread the centers further.
_SEEDING_ROWS = 32


class ConstrainedKMeans(ClusterMixin, BaseEstimator):
    """k-means by direction in which every cluster holds a minimum of the rows.

    Rows are L2-normalized: clusters are of equal direction, and a row belongs to the center of
    the largest cosine. The silo clusters online (CoKe's Algorithm 1, several passes); ``labels_``
    are then the best labels for its centers that keep every minimum, the same exact step as that
    of ``coke cluster``.

    Args:
        n_clusters: K.
        min_size_ratio: gamma', 0 to 1: every cluster holds floor(gamma' n / K) rows or more.
        max_size_ratio: No cluster holds more than this times n / K rows, 1 or more; None: no bound.
        max_iter: Passes over the rows at most; they end before when labels have settled.
        init: ``"k-means++"``, ``"random"`` (rows), or K x d centers.
        batch_size: Rows of a mini-batch; None: n / 128, from 1 to 1,024.
        dual_learning_rate: eta of eqn 9; None: the automatic one for features.
        random_state: Of the initial centers and the order of rows.
        silo: Address of a running silo, several, or a ``coke.Client``; None: one that this
            program starts (``coke.LocalSilo``).

    Attributes:
        cluster_centers_: [K, d] float32, unit rows.
        labels_: [n] int: the cluster of each row of ``fit``.
        sizes_: [K] int: rows of each cluster.
        similarity_: Mean cosine of rows and their centers.
        n_iter_: Passes.
        n_features_in_: d.
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        min_size_ratio: float = 0.4,
        max_size_ratio: Optional[float] = None,
        max_iter: int = 20,
        init: Any = "k-means++",
        batch_size: Optional[int] = None,
        dual_learning_rate: Optional[float] = None,
        random_state: Any = None,
        silo: Union[None, str, List[str], Client] = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.min_size_ratio = min_size_ratio
        self.max_size_ratio = max_size_ratio
        self.max_iter = max_iter
        self.init = init
        self.batch_size = batch_size
        self.dual_learning_rate = dual_learning_rate
        self.random_state = random_state
        self.silo = silo

    def fit(self, X: Any, y: Any = None) -> "ConstrainedKMeans":
        """Clusters rows.

        Args:
            X: [n, d], finite, no row zero; n of K or more.
            y: Not used.

        Raises:
            InvalidOptionsError: An option is out of range.
            ValueError: Rows that cannot be clustered.
        """
        self._forget()
        random = check_random_state(self.random_state)
        rows = self._rows(X, reset=True)
        run = self._create(rows, len(rows), random)
        try:
            with run.session() as session:
                session.report(last_epoch=self.max_iter - 1)
                self.n_iter_ = self._passes(session, rows, random)
                session.finish()
            self._take(run)
            self.labels_ = run.assign_with_sizes(
                rows, maximum_size_ratio=self.max_size_ratio
            ).astype(np.intp)
        finally:
            run.delete()
        self.sizes_ = np.bincount(self.labels_, minlength=self.n_clusters)
        self.similarity_ = _similarity(rows, self.cluster_centers_, self.labels_)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> "ConstrainedKMeans":
        """Clusters more rows online: one epoch of a run that goes on from call to call. Centers
        follow the rows of the last call (eqn 13); the duals, which keep the minimums, are of all.

        ``labels_`` are the online labels of these rows; sizes are kept over calls, and not in each.
        A call that fails, or is interrupted, ends the run: the next one begins anew.

        Args:
            X: [n, d]; in the first call n of K or more.
            y: Not used.
        """
        is_first = "_session" not in self.__dict__
        rows = self._rows(X, reset=is_first)
        if is_first:
            self._begin(rows)
        try:
            self.labels_ = self._epochs(self._session, rows)
            self._take(self._run)
        except BaseException:
            # Half an epoch was pushed, of rows that may come again.
            self._leave()
            raise
        self.n_iter_ = getattr(self, "n_iter_", 0) + 1
        self.sizes_ = np.bincount(self.labels_, minlength=self.n_clusters)
        self.similarity_ = _similarity(rows, self.cluster_centers_, self.labels_)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The center of the largest cosine for every row, whatever the sizes.

        Args:
            X: [n, d].

        Returns:
            [n] int.
        """
        check_is_fitted(self)
        rows = self._rows(X, reset=False)
        step = max(1, (1 << 24) // max(1, self.n_clusters))
        parts = [
            (rows[first:first + step] @ self.cluster_centers_.T).argmax(1)
            for first in range(0, len(rows), step)
        ]
        return np.concatenate(parts).astype(np.intp)

    def fit_predict(self, X: Any, y: Any = None) -> np.ndarray:
        """``fit(X).labels_``."""
        return self.fit(X).labels_

    def __getstate__(self) -> Dict[str, Any]:
        # A run goes on where it was begun; a copy keeps what it has learned of it.
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name not in _LIVE}

    def _begin(self, rows: np.ndarray) -> None:
        random = check_random_state(self.random_state)
        run = self._create(rows, len(rows), random)
        try:
            session = run.session()
        except BaseException:
            leave(when_dropped(self, run, None))
            raise
        self._run, self._session = run, session
        self._dropped = when_dropped(self, run, session)

    def _forget(self) -> None:
        dropped = self._let_go()
        if dropped is not None:
            forget(dropped)

    def _leave(self) -> None:
        dropped = self._let_go()
        if dropped is not None:
            leave(dropped)

    def _let_go(self) -> Any:
        dropped = self.__dict__.pop("_dropped", None)
        for name in _LIVE:
            self.__dict__.pop(name, None)
        return dropped

    def _client(self) -> Client:
        if self.silo is None:
            return shared_silo().client
        return self.silo if isinstance(self.silo, Client) else Client(self.silo)

    def _rows(self, X: Any, reset: bool) -> np.ndarray:
        X = validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])
        norms = np.sqrt(np.einsum("ij,ij->i", X, X, dtype=np.float64))
        if not norms.all():
            raise ValueError(
                f"Row {int(np.argmin(norms))} is zero and has no direction: leave it out."
            )
        return np.ascontiguousarray(X / norms[:, None], dtype=np.float32)

    def _create(self, rows: np.ndarray, n: int, random: np.random.RandomState) -> Run:
        K = self.n_clusters
        if not isinstance(K, (int, np.integer)) or K < 1:
            raise InvalidOptionsError(
                f"n_clusters is {K}: give a whole number of 1 or more.", field="n_clusters", value=K
            )
        if not isinstance(self.max_iter, (int, np.integer)) or self.max_iter < 1:
            raise InvalidOptionsError(
                f"max_iter is {self.max_iter}: give a whole number of 1 or more.",
                field="max_iter",
                value=self.max_iter,
            )
        if n < K:
            raise ValueError(f"n_samples={n} should be >= n_clusters={K}: give more rows.")
        batch = self.batch_size or _batch_size(n)
        head = HeadOptions(
            int(K),
            minimum_size_ratio=self.min_size_ratio,
            dual_learning_rate=self.dual_learning_rate
            or _dual_learning_rate(n, int(K), batch, self.min_size_ratio),
            center_schedule="batch" if n // 50 >= K else "epoch",
            batch_schedule_epochs=8 if n // 50 >= K else None,
        )
        return self._client().create_run(
            f"sklearn-{uuid.uuid4().hex}",
            images=n,
            dimension=rows.shape[1],
            heads=[head],
            batch_size=batch,
            initial_centers=[self._initial(rows, random)],
        )

    def _initial(self, rows: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        K, d = self.n_clusters, rows.shape[1]
        if not isinstance(self.init, str):
            centers = check_array(self.init, dtype=[np.float64, np.float32])
            if centers.shape != (K, d):
                raise ValueError(f"init has the shape {centers.shape}: give {K} x {d} centers.")
            return (centers / np.linalg.norm(centers, axis=1, keepdims=True)).astype(np.float32)
        if self.init == "random":
            return rows[random.choice(len(rows), K, replace=False)]
        if self.init == "k-means++":
            return _spread(rows, K, random)
        raise InvalidOptionsError(
            f"init is '{self.init}': give 'k-means++', 'random' or an array.",
            field="init",
            value=self.init,
        )

    def _passes(self, session: Session, rows: np.ndarray, random: np.random.RandomState) -> int:
        before: Optional[EpochReport] = None
        for passes in range(1, self.max_iter + 1):
            self._push(session, rows, random.permutation(len(rows)))
            now = session.end_epoch()
            if before is not None and _is_settled(before, now):
                return passes
            before = now
        return self.max_iter

    def _epochs(self, session: Session, rows: np.ndarray) -> np.ndarray:
        """Pushes all rows, as one epoch or more; their online labels."""
        most = session.specification.clustering.image_count
        labels = []
        for first in range(0, len(rows), most):
            part = rows[first:first + most]
            self._push(session, part, np.arange(len(part)))
            session.end_epoch()
            labels.append(session.labels(np.arange(len(part))).labels[0])
        return np.concatenate(labels).astype(np.intp)

    def _push(self, session: Session, rows: np.ndarray, order: np.ndarray) -> None:
        batch = session.specification.clustering.batch_size
        for first in range(0, len(order), batch):
            ids = order[first:first + batch]
            session.push(ids, rows[ids])

    def _take(self, run: Run) -> None:
        self.cluster_centers_ = run.centers(0)

    def _more_tags(self) -> Dict[str, Any]:  # asked before 1.6; no later tag differs
        why = "one of its rows is zero, which has no direction"
        return {"_xfail_checks": {"check_estimators_dtypes": why}}


_LIVE = ("_session", "_run", "_dropped")


def _is_settled(before: EpochReport, now: EpochReport) -> bool:
    last, head = before.heads[0], now.heads[0]
    moved = abs(head.mean_similarity - last.mean_similarity)
    return (
        head.violation < 1
        and head.changed_labels is not None
        and head.changed_labels <= _CHANGED_LABELS * now.rows
        and moved <= _SIMILARITY_CHANGE * abs(head.mean_similarity)
    )


def _batch_size(n: int) -> int:
    """B for n rows, as `coke cluster` has it: 128 moves of the duals in a pass."""
    return min(max(n // 128, 1), 1024)


def _dual_learning_rate(n: int, K: int, batch: int, ratio: float) -> float:
    """eta for features that do not change, as `coke cluster` has it: the dual of an empty cluster
    rises by 0.64 gamma', or 0.25, in a pass."""
    rise = max(0.64, 0.25 / ratio) if ratio > 0 else 0.64
    return K * min(rise * batch / n, 0.02)


def _spread(rows: np.ndarray, K: int, random: np.random.RandomState) -> np.ndarray:
    """k-means++ by squared distance of unit rows, on a sample of them."""
    most = max(K, _SEEDING_ROWS * K)
    sample = rows if len(rows) <= most else rows[random.choice(len(rows), most, replace=False)]
    chosen = [int(random.randint(len(sample)))]
    distance = np.maximum(1 - sample @ sample[chosen[0]], 0).astype(np.float64)
    while len(chosen) < K:
        total = distance.sum()
        if total > 0:
            at = int(np.searchsorted(np.cumsum(distance), random.random_sample() * total, "right"))
            at = min(at, len(sample) - 1)
        else:  # fewer different rows than clusters
            at = int(random.randint(len(sample)))
        chosen.append(at)
        distance = np.minimum(distance, np.maximum(1 - sample @ sample[at], 0))
    return np.ascontiguousarray(sample[chosen])


def _similarity(rows: np.ndarray, centers: np.ndarray, labels: np.ndarray) -> float:
    return float(np.einsum("ij,ij->i", rows, centers[labels], dtype=np.float64).mean())
