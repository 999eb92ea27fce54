"""What a session keeps until it is durable, and what of it must be sent (again)."""

from __future__ import annotations

import copy
import threading
import time
from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

import numpy as np

from ._model import Progress, Refusal
from ._wire import Buffer
from .errors import CokeError, RefusedBatchError, RolledBackError, RunFaultedError
from .errors import WaitTimeoutError

# Failures of which a trainer can come back. Any other ends the session.
MENDABLE = (RefusedBatchError, RolledBackError, RunFaultedError)


@dataclass(frozen=True)
class OpenEpoch:
    """How far a trainer is in an epoch. The trainer alone moves on, from value to value: what goes
    on beside it never sees half of one."""

    epoch: int
    attempt: int
    next: int = 0
    is_ending: bool = False

    @property
    def has_begun(self) -> bool:
        """Something of it was pushed, so that a roll-back takes something back."""
        return self.next > 0 or self.is_ending


@dataclass(frozen=True, eq=False)
class Part:
    """A mini-batch on its way, or the end of an epoch.

    Attributes:
        image_ids: Of a mini-batch; none in an end.
        body: What is sent: the bytes of the arrays, never written again.
        end_count: Of an end: the mini-batches that the rank sent.
        settle: Waits until the arrays are there, where a device still copies them, and checks
            them; asked by a sender, never by the trainer.
    """

    epoch: int
    attempt: int
    sequence: int
    image_ids: np.ndarray
    body: Sequence[Buffer] = ()
    end_count: Optional[int] = None
    settle: Optional[Callable[[], None]] = None


class SendWindow:
    """How far the open epoch is, its parts that are not durable yet, and which of them are due.

    Thread safe: the trainer adds, the senders take, the poller advances.

    Args:
        capacity: Parts that it keeps at most.
        clock: Seconds that never go back.
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.capacity = capacity
        self.open = OpenEpoch(0, 0)
        self.forgotten = 0  # sequences of the open epoch below this one are not kept any more
        self._clock = clock
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._news = threading.Condition(self._lock)
        self._asked = threading.Condition(self._lock)  # that somebody wants news
        self._waiting = 0
        self._is_hurried = False
        # So many parts that the trainer may soon wait for room.
        self._many = capacity - capacity // 4
        self._kept: Dict[int, Part] = {}  # in order of sequence
        self._due: Dict[int, float] = {}  # not before that time
        self._replaced: Set[Tuple[int, int, int, int, str]] = set()
        self._failure: Optional[CokeError] = None
        self._closed = False

    @property
    def failure(self) -> Optional[CokeError]:
        """What ended the session for the trainer, or holds it up."""
        with self._lock:
            return self._failure

    @property
    def is_over(self) -> bool:
        """True when the session has failed for good."""
        with self._lock:
            return self._is_over()

    @property
    def is_empty(self) -> bool:
        """True when nothing is kept."""
        with self._lock:
            return not self._kept

    def wait_for_room(self, timeout: Optional[float] = None) -> None:
        """Waits until there is room; raises the session's failure.

        Raises:
            WaitTimeoutError: There was none for ``timeout`` seconds.
        """

        def has_room() -> bool:
            if self._failure is not None:
                raise again(self._failure)
            return len(self._kept) < self.capacity

        self.wait_for(has_room, timeout, "room in the window")

    def wait_for(self, what: Callable[[], bool], timeout: Optional[float], name: str) -> None:
        """Waits until something is so, which the poller or a sender may make so.

        ``what`` is asked under the window's lock, and may raise.
        """
        with self._lock:
            if what():
                return
            self._waiting += 1
            self._asked.notify_all()
            try:
                if not self._news.wait_for(what, timeout):
                    raise WaitTimeoutError.of(name, timeout)
            finally:
                self._waiting -= 1

    def rest(self, seconds: float) -> None:
        """The poller's pause: shorter where somebody waits, or the window fills, before it or in
        it."""

        def is_asked() -> bool:
            return (
                self._waiting > 0
                or self._is_hurried
                or self._closed
                or self._is_over()
                or len(self._kept) >= self._many
            )

        with self._lock:
            self._asked.wait_for(is_asked, seconds)
            self._is_hurried = False

    def hurry(self) -> None:
        """Ends the poller's pause, or makes the next one none: somebody will want to know."""
        with self._lock:
            self._is_hurried = True
            self._asked.notify_all()

    def peek_failure(self) -> Optional[CokeError]:
        """``failure``, for who holds the lock: what ``wait_for`` asks."""
        return self._failure

    def notify(self) -> None:
        """Wakes whoever waits for progress or failure."""
        with self._lock:
            self._news.notify_all()

    def add(self, part: Part) -> None:
        """The next mini-batch of the open epoch, or its end."""
        with self._lock:
            self._keep(part)
            if part.end_count is not None:
                self.open = replace(self.open, is_ending=True)
            else:
                now = self.open
                self.open = OpenEpoch(now.epoch, now.attempt, part.sequence + 1)

    def refused(self, sequence: int) -> Optional[Part]:
        """The part that the open refusal names; None when that sequence has no open refusal."""
        with self._lock:
            failure = self._failure
            if isinstance(failure, RefusedBatchError) and failure.refusal is not None:
                if failure.refusal.sequence == sequence:
                    return self._kept.get(sequence)
            return None

    def replace(self, part: Part) -> None:
        """Puts a part in the place of the refused one, and takes that failure back."""
        with self._lock:
            failure = self._failure
            if isinstance(failure, RefusedBatchError) and failure.refusal is not None:
                # A late copy of what was refused may still be told of. What was refused here
                # never left, and has no hash that would tell the next bad one from it.
                if failure.refusal.content_hash:
                    self._replaced.add(failure.refusal.key)
                self._failure = None
            self._keep(part)

    def close(self) -> None:
        """The session ends: nothing is taken any more."""
        with self._lock:
            self._closed = True
            self._work.notify_all()
            self._asked.notify_all()
            self._news.notify_all()

    def take(self) -> Optional[Part]:
        """The next part to send, in order of sequence; waits for one. None: the session ends, or
        has failed for good."""
        with self._lock:
            while not self._closed and not self._is_over():
                now, soonest = self._clock(), None
                ready: Optional[int] = None
                for sequence, at in self._due.items():
                    if at > now:
                        soonest = at if soonest is None else min(soonest, at)
                    elif ready is None or sequence < ready:
                        ready = sequence
                if ready is not None:
                    del self._due[ready]
                    return self._kept[ready]
                self._work.wait(None if soonest is None else soonest - now)
            return None

    def again(self, part: Part, pause: float) -> None:
        """A part that was not taken, or perhaps not, is due again after a pause in seconds."""
        with self._lock:
            if self._kept.get(part.sequence) is part:
                self._due.setdefault(part.sequence, self._clock() + pause)
                self._work.notify()

    def begin(self, epoch: int, attempt: int) -> None:
        """A new epoch: everything of the last one is durable."""
        with self._lock:
            self._begin(epoch, attempt)

    def adopt(self, attempt: int) -> None:
        """Takes another attempt of the open epoch, of which nothing was pushed."""
        with self._lock:
            self.open = replace(self.open, attempt=attempt)

    def follow(self, news: Progress, run: str) -> None:
        """What a poll told: what is durable of the open epoch, or that it was rolled back."""
        # Under one lock with what the trainer does: of an epoch that it has begun anew no
        # roll-back is told.
        with self._lock:
            if news.epoch != self.open.epoch:
                return
            if news.attempt == self.open.attempt:
                self._advance(news.durable_watermark)
            elif self.open.has_begun:
                self._fail(RolledBackError.of(run, news.epoch, news.attempt))

    def resend_all(self) -> None:
        """Everything that is kept must be sent again."""
        with self._lock:
            self._due = {sequence: 0.0 for sequence in self._kept}
            self._work.notify_all()

    def restart(self, epoch: int, attempt: int) -> None:
        """Forgets everything, and that the run was rolled back; begins an epoch."""
        with self._lock:
            failure = self._failure
            if failure is not None and not isinstance(
                failure, (RolledBackError, RefusedBatchError)
            ):
                raise again(failure)
            self._failure = None
            self._begin(epoch, attempt)

    def fail(self, failure: CokeError) -> None:
        """Ends the session for the trainer: every wait raises. The first failure stays, but one
        that can be mended gives way."""
        with self._lock:
            self._fail(failure)

    def mend(self) -> None:
        """The run answers again: it is not at fault any more."""
        with self._lock:
            if isinstance(self._failure, RunFaultedError):
                self._failure = None

    def refuse(self, refusals: Sequence[Refusal], part: Optional[Part] = None) -> None:
        """Refusals that a poll told, or a sender: the first that is no part replaced since fails
        the session until it is replaced.

        Args:
            refusals: All that are open.
            part: What a sender refuses; of no effect where that is not kept any more.
        """
        with self._lock:
            if self._failure is not None:
                return
            if part is not None and self._kept.get(part.sequence) is not part:
                return
            for refusal in refusals:
                if refusal.key not in self._replaced:
                    self._failure = RefusedBatchError.of(refusal)
                    self._news.notify_all()
                    return

    def kept(self) -> List[int]:
        """The sequences that are kept."""
        with self._lock:
            return list(self._kept)

    def _is_over(self) -> bool:
        return self._failure is not None and not isinstance(self._failure, MENDABLE)

    def _keep(self, part: Part) -> None:
        self._kept[part.sequence] = part
        self._due[part.sequence] = 0.0
        self._work.notify()
        if len(self._kept) == self._many:
            self._asked.notify_all()

    def _begin(self, epoch: int, attempt: int) -> None:
        self._kept.clear()
        self._due.clear()
        self.forgotten = 0
        self.open = OpenEpoch(epoch, attempt)
        self._news.notify_all()

    def _advance(self, watermark: int) -> None:
        self.forgotten = max(self.forgotten, watermark)
        for sequence in [kept for kept in self._kept if kept < watermark]:
            del self._kept[sequence]
            self._due.pop(sequence, None)
        if len(self._kept) < self.capacity:
            self._news.notify_all()

    def _fail(self, failure: CokeError) -> None:
        if self._failure is None or isinstance(self._failure, MENDABLE):
            self._failure = failure
        self._news.notify_all()
        if self._is_over():
            self._work.notify_all()
            self._asked.notify_all()


def again(failure: CokeError) -> CokeError:
    """A failure to be raised once more: a copy, so that the one that is kept holds no frames, and
    with them the session that nobody else holds."""
    told = copy.copy(failure)
    told.__cause__ = failure.__cause__
    return told
