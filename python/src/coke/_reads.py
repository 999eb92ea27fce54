"""What a session tells and reads, beside what it sends."""

from __future__ import annotations

import os
import time
from typing import Any, Callable, Dict, Mapping, Optional, Tuple, TypeVar

import numpy as np

from ._delivery import Delivery
from ._http import PAUSE
from ._model import EpochReport, Registration, Specification
from ._reader import Commit, Labels, Reader, SoftLabels, Targets
from ._window import SendWindow, again
from .errors import EpochNotReadableError, ForkedSessionError, PassingError, RolledBackError
from .errors import RunUnreachableError, SaveMismatchError, SlowBodyError
from .errors import WaitTimeoutError

T = TypeVar("T")


class SessionReads:
    """The part of ``Session`` that changes nothing."""

    _pid: int
    _registration: Registration
    _give_up_after: float
    _clock: Callable[[], float]
    _ends: Optional[float]
    _window: SendWindow
    _delivery: Delivery
    _reader: Reader

    @property
    def epoch(self) -> int:
        """The open epoch; 0 scans the images before training."""
        return self._window.open.epoch

    @property
    def attempt(self) -> int:
        """Counts the run's roll-backs to a boundary. When it grows in the middle of an epoch,
        pushes end in a ``RolledBackError``."""
        return self._window.open.attempt

    @property
    def generation(self) -> int:
        """Counts the trainers that took this rank."""
        return self._registration.generation

    @property
    def rank(self) -> int:
        """The rank, 0 to W - 1."""
        return self._registration.rank

    @property
    def run_id(self) -> str:
        """The run's unrepeatable id."""
        return self._registration.run_id

    @property
    def specification(self) -> Specification:
        """The run as it was created, without its initial centers."""
        return self._registration.specification

    @property
    def has_begun(self) -> bool:
        """Something of the open epoch was pushed."""
        return self._window.open.has_begun

    @property
    def committed(self) -> Optional[Commit]:
        """The last commit that is known; None before the first."""
        known = self._delivery.known
        return Commit(known.epoch - 1, known.committed_incarnation) if known.epoch > 0 else None

    def epoch_report(self, epoch: int) -> EpochReport:
        """The report of a committed epoch.

        Raises:
            EpochNotReadableError: The epoch is not committed.
        """
        self._check_process()
        known = self._delivery.known
        if not 0 <= epoch < known.epoch:
            raise EpochNotReadableError.of(self.specification.name, epoch, known.epoch - 1)
        return self._patiently(lambda _: self._reader.report(epoch))

    def labels(self, ids: Any = None) -> Labels:
        """Labels of the last committed epoch. ``Labels.epoch`` says which.

        Args:
            ids: n image ids in any order; None: all images.

        Raises:
            InvalidImageIdError: An unknown id.
            EpochNotReadableError: No epoch is committed yet.
        """
        self._check_process()
        asked = self._reader.ids(ids)
        return self._patiently(lambda commit: self._reader.labels(asked, commit))

    def soft_labels(self, ids: Any = None) -> SoftLabels:
        """Soft labels of the last committed epoch, of stage two; as ``labels``.

        Raises:
            EpochNotReadableError: It is not of stage two.
        """
        self._check_process()
        asked = self._reader.ids(ids)
        committed = self.committed
        if committed is not None:
            self._reader.check_stage_two(committed)
        return self._patiently(lambda commit: self._reader.soft_labels(asked, commit))

    @property
    def centers(self) -> Tuple[np.ndarray, ...]:
        """Frozen centers of the last committed epoch: per head K x d unit rows, float32, read
        once per commit and shared: not to be written.

        Raises:
            EpochNotReadableError: No epoch is committed yet.
        """
        self._check_process()
        return self._patiently(self._reader.all_centers)[1]

    def targets(self, ids: Any = None) -> Targets:
        """Labels and centers of the last committed epoch, in stage two soft labels too: what a
        loss needs, all of one commit. As ``labels``."""
        self._check_process()
        asked = self._reader.ids(ids)
        return self._patiently(lambda commit: self._reader.targets(asked, commit))

    def state_dict(self) -> Dict[str, Any]:
        """What a trainer saves with its model, to know later that the save fits.

        Take it between the last push of an epoch and ``end_epoch``, or before an epoch's first
        push: these are the moments that a run can be taken back to.
        """
        self._check_process()
        now = self._window.open
        return {
            "run_id": self.run_id,
            "name": self.specification.name,
            "rank": self.rank,
            "generation": self.generation,
            "attempt": now.attempt,
            "epoch": now.epoch,
            "next_epoch": now.epoch + 1 if now.has_begun else now.epoch,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Checks that a save fits the open epoch. Changes nothing in the session.

        Raises:
            SaveMismatchError: It is of another run, or of another boundary than the run stands
                at: load the one that the sentence names.
        """
        self._check_process()
        name = self.specification.name
        if state.get("run_id") != self.run_id:
            raise SaveMismatchError(
                f"The save is of run {state.get('run_id')}, and this session feeds run "
                f"{self.run_id}: load a save of this run, or begin anew.",
                field="run_id",
                value=state.get("run_id"),
            )
        if state.get("next_epoch") != self.epoch:
            raise SaveMismatchError(
                f"The save is for the beginning of epoch {state.get('next_epoch')}, and run "
                f"'{name}' has epoch {self.epoch} open: load the save that was made before that "
                "epoch's first push.",
                field="next_epoch",
                value=state.get("next_epoch"),
            )

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise ForkedSessionError.of(self.specification.name, self._pid)

    def _patiently(self, question: Callable[[Commit], T]) -> T:
        """Reads of the last commit that is known. While the run recovers it is asked again: what
        is committed will be readable again."""
        began = self._clock()
        name = self.specification.name
        while True:
            commit = self.committed
            if commit is None:
                raise EpochNotReadableError.of(name, -1, -1)
            try:
                return question(commit)
            except (PassingError, SlowBodyError, EpochNotReadableError, ConnectionError) as e:
                failure = self._window.failure
                if failure is not None and not isinstance(failure, RolledBackError):
                    raise again(failure) from e
                if self._ends is not None and self._clock() >= self._ends:
                    raise WaitTimeoutError.of("answer", round(self._clock() - began, 3)) from e
                silence = self._clock() - began
                if silence >= self._give_up_after:
                    if isinstance(e, ConnectionError):
                        raise RunUnreachableError.of(name, silence) from e
                    raise
                self._window.hurry()  # there may be a newer commit
                time.sleep(PAUSE)
