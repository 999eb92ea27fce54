"""One run, as whoever looks at it sees it."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple
from urllib.parse import quote

import numpy as np

from . import _opening
from ._clusters import ClusterPage, ClusterStatistics, ImageStatus, NearCluster
from ._copies import copied
from ._http import HEAVY, LATER, SOON, Connections
from ._model import EpochReport, Specification, read, read_each
from ._reader import Ask, Commit, Labels, Reader, SoftLabels, Targets, commit_of, of_last, query
from ._status import RunStatus
from ._wire import Answer, Buffer, Place, arrays_of, bytes_of
from .errors import RunGoneError, UnknownPartError
from .session import Session

_ROWS = 1 << 22  # numbers of one request to assign
_REPORTS = 1024  # of one request


class Run:
    """One run. It is known by its id: a later run of the same name is another one.

    Reads are of the last committed epoch, and raise ``EpochNotReadableError`` before the first.
    """

    def __init__(
        self,
        ask: Ask,
        place: Place,
        status: RunStatus,
        initial_centers: Optional[Sequence[Any]] = None,
    ) -> None:
        self._ask_silo = ask
        self._initial_centers = initial_centers
        self._place = place
        self._specification = status.specification
        self._id = status.run_id
        self._path = f"/v1/runs/{self._id}"
        self._clustering = status.specification.clustering
        self._reader = Reader(ask, self._id, self._clustering)

    @property
    def name(self) -> str:
        """Its name."""
        return self._specification.name

    @property
    def run_id(self) -> str:
        """Its unrepeatable id."""
        return self._id

    @property
    def specification(self) -> Specification:
        """It as it was created, without its initial centers."""
        return self._specification

    def status(self, after: Optional[int] = None) -> RunStatus:
        """The run, live.

        Args:
            after: The stamp of a status that is known: waits for the next change, at most about a
                second.
        """
        question = "" if after is None else f"?after={after}"
        return read(RunStatus, self._ask("GET", f"{self._path}{question}").json())

    def restore(self, attempt: Optional[int] = None) -> RunStatus:
        """Takes the run back to its last committed boundary: what was accepted since is dropped,
        and every trainer loads the state that it saved there.

        Args:
            attempt: The attempt to leave, so that repeating it takes nothing back twice; None:
                the present one.

        Raises:
            AttemptConflictError: The run has not come to that attempt.
            RunFaultedError: The boundary itself cannot be restored.
        """
        leaving = self.status().attempt if attempt is None else attempt
        path = f"{self._path}/restore?attempt={leaving}"
        return read(RunStatus, self._ask("POST", path, timeout=LATER).json())

    def delete(self) -> None:
        """Removes the run and everything that it stored; where it is removed, nothing."""
        try:
            self._ask("DELETE", self._path, timeout=LATER)
        except RunGoneError:
            pass

    def epoch_report(self, epoch: int) -> EpochReport:
        """The report of a committed epoch, from 0."""
        return self._reader.report(epoch)

    def epochs(self, first: int = 0, count: Optional[int] = None) -> Tuple[EpochReport, ...]:
        """The reports of committed epochs, oldest first.

        Args:
            first: The first epoch, from 0.
            count: How many at most; None: all that are committed.

        Raises:
            InvalidOptionsError: ``first`` is negative, or ``count`` below 1.
        """
        found: List[EpochReport] = []
        while True:
            asked = _REPORTS if count is None else min(_REPORTS, count - len(found))
            path = f"{self._path}/epochs?first={first + len(found)}&count={asked}"
            told = read_each(EpochReport, self._ask("GET", path).json()["epochs"])
            found.extend(told)
            if len(told) < _REPORTS or len(found) == count:
                return tuple(found)

    def clusters(
        self, head: int = 0, *, sort: Optional[str] = None, page: int = 0, size: int = 0
    ) -> ClusterPage:
        """Clusters of a head.

        Args:
            head: From 0.
            sort: ``cluster``, ``count``, ``lastCount``, ``dual``, ``minimum`` or ``violation``;
                with ``-`` before it, descending.
            page: Which page, from 0.
            size: Clusters on a page, 1 to 10000; 0: 100.
        """
        words = [f"sort={quote(sort)}"] if sort else []
        if page:
            words.append(f"page={page}")
        if size:
            words.append(f"size={size}")
        path = f"{self._path}/heads/{self._head(head)}/clusters{query(None, *words)}"
        told = self._ask("GET", path, timeout=LATER).json()
        return read(ClusterPage, told)

    def cluster(self, head: int, cluster: int) -> ClusterStatistics:
        """One cluster, asked of its own grain.

        Raises:
            UnknownPartError: There is no such head or cluster.
        """
        path = f"{self._path}/heads/{self._head(head)}/clusters/{cluster}"
        return read(ClusterStatistics, self._ask("GET", path, timeout=LATER).json())

    def nearest(self, head: int, cluster: int, count: int = 8) -> Tuple[NearCluster, ...]:
        """The clusters whose frozen centers are the most similar to that of one, which is not
        among them; the most similar first.

        Args:
            count: How many at most, 1 to 1000.

        Raises:
            UnknownPartError: There is no such head or cluster.
            EpochNotReadableError: No epoch is committed yet.
        """
        words = f"heads/{self._head(head)}/clusters/{cluster}/nearest?count={count}"
        told = self._ask("GET", f"{self._path}/{words}", timeout=LATER).json()
        return tuple(read_each(NearCluster, told["nearest"]))

    def image(self, image_id: int) -> ImageStatus:
        """What the run knows of one image: its labels, committed and in the open epoch.

        Raises:
            InvalidImageIdError: The run has no such image.
        """
        asked = int(self._reader.ids([image_id])[0])
        path = f"{self._path}/images/{asked}"
        return read(ImageStatus, self._ask("GET", path, timeout=LATER).json())

    def labels(self, ids: Any = None) -> Labels:
        """Pseudo-labels of the last committed epoch.

        Args:
            ids: n image ids in any order; None: all images.

        Raises:
            InvalidImageIdError: An unknown id.
        """
        asked = self._reader.ids(ids)
        return of_last(lambda: self._reader.labels(asked, None))

    def soft_labels(self, ids: Any = None) -> SoftLabels:
        """Soft labels of stage two; as ``labels``."""
        asked = self._reader.ids(ids)
        return of_last(lambda: self._reader.soft_labels(asked, None))

    def targets(self, ids: Any = None) -> Targets:
        """Labels, centers and in stage two soft labels, all of one commit; as ``labels``."""
        asked = self._reader.ids(ids)
        return of_last(lambda: self._reader.targets(asked, None))

    def centers(self, head: Optional[int] = None) -> Any:
        """Frozen centers, not to be written.

        Args:
            head: From 0; None: all.

        Returns:
            K x d float32, unit rows; or a tuple of them, one per head, all of one commit.
        """
        if head is not None:
            return self._reader.centers(self._head(head), None)[1]
        return of_last(lambda: self._reader.all_centers(None))[1]

    def assign(self, x: Any) -> np.ndarray:
        """The most similar center of every row.

        Args:
            x: n x d: unit rows, or means of several; numpy, or a torch tensor.

        Returns:
            [heads, n] int64.

        Raises:
            InvalidEmbeddingsError: Rows that are not finite or of the wrong norm.
        """
        rows = self._rows(x)
        heads = len(self._clustering.heads)

        def ask() -> np.ndarray:
            found: List[np.ndarray] = []
            commit: Optional[Commit] = None
            most = max(1, _ROWS // self._clustering.dimension)
            for first in range(0, len(rows), most):
                part = rows[first:first + most]
                path = f"{self._path}/assign{query(commit)}"
                answer = self._ask("POST", path, [bytes_of(part)], HEAVY)
                commit = commit_of(answer, commit)
                found.append(arrays_of(answer, ("<i4", (heads, len(part))))[0])
            return np.concatenate(found, axis=1).astype(np.int64)

        return of_last(ask)

    def assign_with_sizes(
        self, x: Any, head: int = 0, *, maximum_size_ratio: Optional[float] = None
    ) -> np.ndarray:
        """The best labels that keep the run's minimum sizes, scaled to n rows.

        Args:
            x: n x d as in ``assign``, all in one request.
            head: From 0.
            maximum_size_ratio: Bounds sizes above too; None: not.

        Returns:
            [n] int64.
        """
        rows = self._rows(x)
        words = [f"head={self._head(head)}"]
        if maximum_size_ratio is not None:
            words.append(f"maximumSizeRatio={maximum_size_ratio}")
        path = f"{self._path}/assign-with-sizes{query(None, *words)}"
        answer = self._ask("POST", path, [bytes_of(rows)], HEAVY)
        return arrays_of(answer, ("<i4", (len(rows),)))[0].astype(np.int64)

    def session(
        self,
        rank: int = 0,
        world: int = 1,
        *,
        window: Optional[int] = None,
        concurrency: int = 4,
        resend_after: float = _opening.RESEND_AFTER,
        give_up_after: float = _opening.GIVE_UP_AFTER,
        record: Optional[str] = None,
    ) -> Session:
        """Takes a rank and begins to feed it. A session that had the rank before is fenced.

        Args:
            rank: 0 to W - 1.
            world: W, as the run was created with.
            window: Mini-batches kept until they are durable; None: as few as the silos need, and
                some.
            concurrency: Requests under way at the same time, 1 to the window.
            resend_after: Without progress for so many seconds, everything from the watermark on
                is sent again; above zero.
            give_up_after: Without any answer for so many seconds, the session ends in an error.
            record: Folder for what is pushed, one for all ranks: from it ``coke-silo replay
                FOLDER`` computes what the silos must have answered. A run with initial centers
                must be recorded by the object that created it.

        Raises:
            UnknownPartError: The run has no such rank.
            InvalidOptionsError: An option is out of range.
        """
        connections = Connections(self._place)
        connections.has_heard = True  # a silo told of this run: it may come back
        return _opening.open_session(
            connections,
            self._id,
            rank,
            world,
            window=window,
            concurrency=concurrency,
            resend_after=resend_after,
            give_up_after=give_up_after,
            record=record,
            initial_centers=self._initial_centers,
        )

    def __repr__(self) -> str:
        clustering = self._clustering
        counts = " + ".join(str(head.cluster_count) for head in clustering.heads)
        return (
            f"<run '{self.name}' ({self._id}): {clustering.image_count} images of dimension "
            f"{clustering.dimension}, clusters {counts}>"
        )

    def _ask(
        self, method: str, path: str, body: Sequence[Buffer] = (), timeout: float = SOON
    ) -> Answer:
        return self._ask_silo(method, path, body, timeout)

    def _head(self, head: int) -> int:
        count = len(self._clustering.heads)
        if not 0 <= head < count:
            raise UnknownPartError(
                f"There is no head {head}: give 0 to {count - 1}.",
                field="head",
                value=head,
            )
        return head

    def _rows(self, x: Any) -> np.ndarray:
        rows = len(x) if hasattr(x, "__len__") else 0
        array, settle = copied(x, rows, self._clustering.dimension, 2)
        if settle is not None:
            settle()
        return array
