"""One trainer's side of a run."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Any, Callable, Optional, Sequence

import numpy as np

from ._copies import copied
from ._delivery import Delivery, close_at_exit
from ._http import Connections
from ._images import EpochImages, ids_of
from ._model import EpochReport, Progress, Registration
from ._reader import Reader
from ._reads import SessionReads
from ._recording import Recording
from ._reports import SessionReports, TrainerMeter
from ._window import Part, SendWindow, again
from ._wire import Answer, Buffer, bytes_of
from .errors import InvalidOptionsError, OversizeError, SessionClosedError

_NO_IDS = np.empty(0, dtype=np.int64)
_LEAST_WAIT = 0.1  # of a read that was begun in time
_OVERHEAD = 128  # of a message, beside its numbers


class Session(SessionReads, SessionReports):
    """Pushes mini-batch embeddings to a run, keeps them until they are durable, and reads labels
    and frozen centers of the last committed epoch.

    ``Run.session`` opens one. It is used by one thread at a time, and only by the process that
    opened it: a forked child, such as a DataLoader's worker, may hold and drop it. A push waits
    only when the window is full. What every call may raise, besides what stands there:

    Raises:
        FencedTrainerError: A newer session took the rank.
        RunFaultedError: The run cannot go on without a command. Once that was given, the session
            goes on.
        RunGoneError: The run was deleted.
        RunUnreachableError: No silo has answered for ``give_up_after`` seconds.
        SessionClosedError: The session was closed, perhaps while somebody waited in it.
        ForkedSessionError: This process is a fork of the one that opened it.
    """

    def __init__(
        self,
        connections: Connections,
        registration: Registration,
        progress: Progress,
        *,
        window: int,
        concurrency: int,
        resend_after: float,
        give_up_after: float,
        recording: Optional[Recording] = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recording = recording
        self._pid = os.getpid()
        self._registration = registration
        self._clustering = registration.specification.clustering
        self._give_up_after = give_up_after
        self._clock = clock
        self._meter = TrainerMeter(clock)
        self._ends: Optional[float] = None  # when a caller stops waiting for a read
        self.keeps_attempt = False
        """Whether ``attempt`` stays as it is where nothing of the epoch was pushed yet, too: for
        trainers that move one model in step, which change it together by ``adopt``. Else the
        session takes a newer attempt by itself there. Set it before the first push."""
        self._connections = connections
        self._images = EpochImages(self._clustering)
        self._window = SendWindow(window, clock)
        self._window.begin(progress.epoch, progress.attempt)
        self._reader = Reader(self._ask, registration.run_id, self._clustering)
        self._delivery = Delivery(
            connections,
            registration,
            self._window,
            progress,
            meter=self._meter,
            senders=concurrency,
            resend_after=resend_after,
            give_up_after=give_up_after,
            clock=clock,
        )
        weakref.finalize(self, self._delivery.abandon).atexit = False
        self._at_exit = close_at_exit(self)
        atexit.register(self._at_exit)

    def push(self, ids: Any, x: Any, *, timeout: Optional[float] = None) -> None:
        """Hands over one mini-batch of this rank, as a copy. Refused input changes nothing.

        Args:
            ids: r image ids, each once per epoch: integers, on the CPU.
            x: r x d: unit vectors, or plain means over the run's views; a numpy array, or a torch
                tensor on any device, whose gradient is left alone. A CUDA tensor is copied by
                the device, and its numbers are checked when they are there: what is wrong with
                them ends a later call in a ``RefusedBatchError``.
            timeout: Seconds to wait for room in the window; None: as long as it takes.

        Raises:
            InvalidEmbeddingsError: NaN, infinite or zero rows, norms, dimension, empty batch.
            InvalidImageIdError: Unknown, negative or repeated ids.
            OversizeError: The mini-batch is larger than a silo takes.
            RefusedBatchError: An earlier mini-batch was refused; see ``replace``.
            RolledBackError: The run was rolled back to the epoch's start; see ``restart_epoch``.
            WaitTimeoutError: There was no room; nothing was pushed.
        """
        self._check_process()
        failure = self._window.failure
        if failure is not None:
            raise again(failure)
        if self._window.open.is_ending or self._is_finished:
            raise InvalidOptionsError(
                "This trainer has finished: open a new session to feed the run again."
                if self._is_finished
                else f"Epoch {self.epoch} of this trainer is ending: push again after end_epoch.",
                field="epoch",
                value=self.epoch,
            )
        self._adopt_attempt()
        part = self._checked(self._window.open.next, ids, x)
        self._waiting(lambda: self._window.wait_for_room(timeout))
        self._images.mark(part.image_ids)
        self._window.add(part)
        self._meter.count(part.image_ids.size)
        if self._recording is not None:
            self._recording.keep(part)

    def replace(self, sequence: int, ids: Any, x: Any) -> None:
        """Puts another mini-batch in the place of one that was refused.

        Args:
            sequence: The refused one, from ``RefusedBatchError.refusal``.
            ids: As in ``push``.
            x: As in ``push``.

        Raises:
            InvalidOptionsError: There is no open refusal of that sequence.
        """
        self._check_process()
        refused = self._window.refused(sequence)
        if refused is None:
            raise InvalidOptionsError(
                f"Sequence {sequence} is not an open refusal of this session: replace only what a "
                "RefusedBatchError named.",
                field="sequence",
                value=sequence,
            )
        self._images.mark(refused.image_ids, False)
        try:
            part = self._checked(sequence, ids, x)
        except BaseException:
            self._images.mark(refused.image_ids)
            raise
        if self._recording is not None:
            self._recording.keep(part)
        self._window.replace(part)
        self._images.mark(part.image_ids)

    def end_epoch(self, *, timeout: Optional[float] = None) -> EpochReport:
        """Ends this rank's epoch and waits until the boundary is committed, which needs the end
        of every other rank too. A trainer that wants to come back after a crash saves its state
        durably before it calls this.

        Args:
            timeout: Seconds to wait, for everything together. The end may be on its way all the
                same: call this again to go on waiting for it.

        Raises:
            RolledBackError: The run was rolled back to the epoch's start; see ``restart_epoch``.
            WaitTimeoutError: It was not committed in that time.
        """
        self._check_process()
        closing = self.epoch
        ends = None if timeout is None else self._clock() + timeout
        self._adopt_attempt()
        now = self._window.open
        if not now.is_ending:
            self._waiting(lambda: self._window.wait_for_room(timeout))
            if self._recording is not None:
                self._recording.end(closing, self.attempt)
            self._window.add(Part(closing, self.attempt, now.next, _NO_IDS, end_count=now.next))
        # Called again after a refusal was mended, the end is on its way already, and needs no
        # room: the boundary may be all that is still to come.
        left = None if ends is None else max(0.0, ends - self._clock())
        self._waiting(lambda: self._delivery.wait_for_epoch(closing + 1, left))
        # Before the next epoch begins here: whoever gives up waiting for the report may call
        # again, and ends no other epoch.
        self._ends = ends
        try:
            report = self._patiently(lambda _: self._reader.report(closing))
        finally:
            self._ends = None
        if self._recording is not None:
            self._recording.commit(closing, self.attempt)
        self._window.begin(closing + 1, self._delivery.known.attempt)
        self._images.clear()
        return report

    def restart_epoch(self) -> None:
        """After a ``RolledBackError``: begins the open epoch anew. Everything pushed in it is
        forgotten; a trainer loads the state that it saved at the last boundary and pushes the
        epoch from its first mini-batch."""
        self._check_process()
        known = self._delivery.known
        self._window.restart(known.epoch, known.attempt)
        self._images.clear()
        if self._recording is not None:
            self._recording.forget()

    def adopt(self, attempt: int, *, timeout: Optional[float] = None) -> None:
        """Takes a newer attempt of which another trainer has heard, before anything of the epoch
        is pushed; waits until this one hears of it too.

        Args:
            attempt: Exactly this one is taken, even where a newer one is known: the next push
                tells of that.
            timeout: Seconds to wait; then the session stays in its attempt.

        Raises:
            InvalidOptionsError: Something of the epoch was pushed, or the attempt is older.
            WaitTimeoutError: Nothing was heard of it.
        """
        self._check_process()
        if self.has_begun or attempt < self.attempt:
            raise InvalidOptionsError(
                f"Attempt {attempt} cannot be taken in attempt {self.attempt} of epoch "
                f"{self.epoch}: take a newer one, before the epoch's first push.",
                field="attempt",
                value=attempt,
            )
        self._waiting(lambda: self._delivery.wait_for_attempt(attempt, timeout))
        self._window.adopt(attempt)

    def close(self) -> None:
        """Stops sending and polling; whoever waits is released with an error. What was not
        durable is lost with this object. Repeated, or in a forked process, it does nothing."""
        if self._pid != os.getpid():
            return
        atexit.unregister(self._at_exit)
        name = self.specification.name
        self._delivery.close(
            SessionClosedError(f"The session of run '{name}' was closed: open another one.")
        )

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __getstate__(self) -> Any:
        raise TypeError(
            "A session cannot be pickled, because two processes must not share its rank: send the "
            "Client, and open another rank's session there."
        )

    def __repr__(self) -> str:
        now = self._window.open
        failure = self._window.peek_failure()
        state = "ending" if now.is_ending else "open"
        if self._pid != os.getpid():
            state = f"of process {self._pid}"
        elif failure is not None:
            state = f"stopped: {failure.message}"
        return (
            f"<session of run '{self.specification.name}' ({self.run_id}), rank {self.rank}, "
            f"generation {self.generation}: epoch {now.epoch}, attempt {now.attempt}, {now.next} "
            f"mini-batches pushed, {state}>"
        )

    def _checked(self, sequence: int, ids: Any, x: Any) -> Part:
        images = ids_of(ids)
        clustering = self._clustering
        array, settle = copied(x, images.size, clustering.dimension, clustering.views)
        self._images.check(images)
        size = 4 * images.size + array.nbytes + _OVERHEAD
        if size > self._registration.largest_message:
            raise OversizeError(
                f"A message of {size} bytes exceeds the {self._registration.largest_message} bytes "
                "that a stream carries. Send smaller mini-batches, or raise MaxMessageBytes in "
                "all processes.",
                field="SizeInBytes",
                value=size,
            )
        body = (bytes_of(images.astype("<i8", copy=False)), bytes_of(array))
        return Part(self.epoch, self.attempt, sequence, images, body, settle=settle)

    def _adopt_attempt(self) -> None:
        # When nothing of the epoch was pushed there is nothing to do again: a newer attempt is
        # taken as it is, on the trainer's own thread.
        known = self._delivery.known
        if not self.keeps_attempt and not self.has_begun and known.epoch == self.epoch:
            self._window.adopt(known.attempt)

    def _waiting(self, wait: Callable[[], None]) -> None:
        self._meter.wait(wait)

    def _ask(self, method: str, path: str, body: Sequence[Buffer], timeout: float) -> Answer:
        if self._ends is not None:
            timeout = min(timeout, max(_LEAST_WAIT, self._ends - self._clock()))
        return self._connections.request(method, path, body, timeout=timeout)
