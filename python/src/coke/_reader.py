"""Reads what a run has committed: labels, soft labels, centers, reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple, TypeVar

import numpy as np

from ._http import LATER, SOON
from ._images import check_ids, ids_of
from ._model import Clustering, EpochReport, read
from ._wire import Answer, Buffer, arrays_of, bytes_of
from .errors import EpochNotReadableError

T = TypeVar("T")

# One request asks for so many numbers at most: far below what a silo refuses as too large.
_MOST = 1 << 20
# How often a read begins anew because the run committed an epoch amid it.
_TRIES = 5


class Commit(NamedTuple):
    """A committed epoch, and the incarnation of the run that committed it."""

    epoch: int
    incarnation: int


@dataclass(frozen=True)
class Labels:
    """Pseudo-labels of one committed epoch.

    Attributes:
        commit: Which one.
        labels: [heads, n] int64, in the order of the request; -1: the image was never seen.
        old: [n] bool: the image was not seen in that epoch and keeps an earlier label.
    """

    commit: Commit
    labels: np.ndarray
    old: np.ndarray

    @property
    def epoch(self) -> int:
        """The committed epoch."""
        return self.commit.epoch


@dataclass(frozen=True)
class SoftLabels:
    """Soft labels of stage two (section 3.4) of one committed epoch.

    Attributes:
        commit: Which one.
        labels: [heads, n, s] int64; -1 in slots that are not used.
        weights: [heads, n, s] float32, which sum to 1; 0 in slots that are not used.
    """

    commit: Commit
    labels: np.ndarray
    weights: np.ndarray

    @property
    def epoch(self) -> int:
        """The committed epoch."""
        return self.commit.epoch

    def sharpened(self, temperature: float = 0.5) -> np.ndarray:
        """B.2.2: the softmax of weight / lambda' over the slots that are used.

        Returns:
            [heads, n, s] float32: probabilities that sum to 1, or all 0 where no slot is used.
        """
        used = self.labels >= 0
        e = np.where(used, self.weights.astype(np.float64), -np.inf)
        largest = np.max(e, axis=-1, keepdims=True, initial=-1e300)
        e = np.exp((e - largest) / temperature)
        total = e.sum(-1, keepdims=True)
        return (e / np.where(total > 0, total, 1)).astype(np.float32)


@dataclass(frozen=True)
class Targets:
    """What images are classified into: everything of one committed epoch.

    Attributes:
        commit: Which one.
        labels: [heads, n] int64; -1: the image was never seen.
        old: [n] bool: the image was not seen in that epoch.
        soft_labels: In stage two; else None.
        centers: Per head K x d float32, unit rows. They are shared: not to be written.
        label_sharpening: lambda' of the run (B.2.2).
    """

    commit: Commit
    labels: np.ndarray
    old: np.ndarray
    soft_labels: Optional[SoftLabels]
    centers: Tuple[np.ndarray, ...]
    label_sharpening: float = 0.5

    @property
    def epoch(self) -> int:
        """The committed epoch."""
        return self.commit.epoch


Ask = Callable[[str, str, Sequence[Buffer], float], Answer]


class Reader:
    """Reads of one run. ``ask(method, path, body, timeout)`` gives the answer or raises."""

    def __init__(self, ask: Ask, run_id: str, clustering: Clustering) -> None:
        self._ask = ask
        self._run = f"/v1/runs/{run_id}"
        self._clustering = clustering
        # The last commit's alone: all that anybody trains against.
        self._centers: Tuple[Optional[Commit], Dict[int, np.ndarray]] = (None, {})

    def report(self, epoch: int) -> EpochReport:
        """The report of a committed epoch."""
        answer = self._ask("GET", f"{self._run}/epochs/{epoch}", (), SOON)
        return read(EpochReport, answer.json())

    def ids(self, ids: Any) -> np.ndarray:
        """Image ids, checked. None: all."""
        if ids is None:
            return np.arange(self._clustering.image_count, dtype=np.int64)
        found = ids_of(ids)
        check_ids(found, self._clustering.image_count)
        return found

    def labels(self, ids: np.ndarray, commit: Optional[Commit]) -> Labels:
        """Labels of one commit; None: of the last one."""
        heads = len(self._clustering.heads)
        labels = np.empty((heads, ids.size), dtype=np.int64)
        old = np.empty(ids.size, dtype=bool)

        def take(answer: Answer, part: slice, n: int) -> None:
            of_part = arrays_of(answer, ("<i4", (heads, n)), ("u1", (n,)))
            labels[:, part], old[part] = of_part[0], of_part[1] != 0

        return Labels(self._parts("labels", ids, heads, commit, take), labels, old)

    def soft_labels(self, ids: np.ndarray, commit: Optional[Commit]) -> SoftLabels:
        """Soft labels of one commit; None: of the last one."""
        heads, s = len(self._clustering.heads), self._clustering.soft_label_slots
        labels = np.empty((heads, ids.size, s), dtype=np.int64)
        weights = np.empty((heads, ids.size, s), dtype=np.float32)

        def take(answer: Answer, part: slice, n: int) -> None:
            of_part = arrays_of(answer, ("<i4", (heads, n, s)), ("<f4", (heads, n, s)))
            labels[:, part], weights[:, part] = of_part

        commit = self._parts("soft-labels", ids, heads * s, commit, take)
        return SoftLabels(commit, labels, weights)

    def is_stage_two(self, commit: Commit) -> bool:
        """Whether an epoch has soft labels."""
        after = self._clustering.stage_two_after_epoch
        return after is not None and commit.epoch > after

    def check_stage_two(self, commit: Commit) -> None:
        """Refuses an epoch without soft labels, which waiting does not change.

        Raises:
            EpochNotReadableError: It is none of stage two.
        """
        if not self.is_stage_two(commit):
            after = self._clustering.stage_two_after_epoch
            when = "none does" if after is None else f"those after epoch {after} do"
            raise EpochNotReadableError(
                f"Epoch {commit.epoch} has no soft labels: in this run {when}.",
                field="epoch",
                value=commit.epoch,
            )

    def centers(self, head: int, commit: Optional[Commit]) -> Tuple[Commit, np.ndarray]:
        """Centers of one head, K x d, not to be written."""
        cached, arrays = self._centers
        if commit is not None and commit == cached and head in arrays:
            return commit, arrays[head]
        shape = (self._clustering.heads[head].cluster_count, self._clustering.dimension)
        path = f"{self._run}/heads/{head}/centers{query(commit)}"
        answer = self._ask("GET", path, (), LATER)
        found = arrays_of(answer, ("<f4", shape))[0]
        found.setflags(write=False)
        commit = commit_of(answer, commit)
        cached, arrays = self._centers
        self._centers = (commit, {**(arrays if cached == commit else {}), head: found})
        return commit, found

    def all_centers(self, commit: Optional[Commit]) -> Tuple[Commit, Tuple[np.ndarray, ...]]:
        """Centers of all heads, of one commit."""
        found = []
        for head in range(len(self._clustering.heads)):
            commit, centers = self.centers(head, commit)
            found.append(centers)
        assert commit is not None
        return commit, tuple(found)

    def targets(self, ids: np.ndarray, commit: Optional[Commit]) -> Targets:
        """Labels, soft labels and centers of one commit."""
        labels = self.labels(ids, commit)
        commit = labels.commit
        soft = self.soft_labels(ids, commit) if self.is_stage_two(commit) else None
        _, centers = self.all_centers(commit)
        sharpening = self._clustering.label_sharpening
        return Targets(commit, labels.labels, labels.old, soft, centers, sharpening)

    def _parts(
        self,
        what: str,
        ids: np.ndarray,
        per_image: int,
        commit: Optional[Commit],
        take: Callable[[Answer, slice, int], None],
    ) -> Commit:
        most = max(1, _MOST // per_image)
        for first in range(0, max(1, ids.size), most):
            part = slice(first, min(first + most, ids.size))
            path = f"{self._run}/{what}{query(commit)}"
            answer = self._ask("POST", path, [bytes_of(ids[part].astype("<i8"))], LATER)
            commit = commit_of(answer, commit)
            take(answer, part, part.stop - part.start)
        assert commit is not None
        return commit


def of_last(question: Callable[[], T]) -> T:
    """A read of several requests, begun anew where the run commits an epoch amid it."""
    for _ in range(_TRIES):
        try:
            return question()
        except EpochNotReadableError as e:
            if "no epoch is committed" in e.message:
                raise
    return question()


def query(commit: Optional[Commit], *more: str) -> str:
    """The part of a path that names a commit."""
    named = [] if commit is None else [f"epoch={commit.epoch}", f"commit={commit.incarnation}"]
    words = [*named, *more]
    return "?" + "&".join(words) if words else ""


def commit_of(answer: Answer, asked: Optional[Commit]) -> Commit:
    """The commit that an answer is of."""
    epoch, incarnation = answer.header("CoKe-Epoch"), answer.header("CoKe-Commit")
    if epoch is None or incarnation is None:
        return asked or Commit(-1, 0)
    return Commit(int(epoch), int(incarnation))
