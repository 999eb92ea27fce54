"""What a trainer tells of itself beside its mini-batches, for whoever looks at the run."""

from __future__ import annotations

import math
import os
import platform
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Optional, Tuple

from ._copies import number_of
from ._http import LATER, Connections
from ._model import Registration
from ._window import SendWindow, again
from .errors import ClientClosedError, InvalidOptionsError, InvalidReportError
from .errors import RunUnreachableError, SiloUnreachableError

# Between two reports: several before a trainer would count as silent, and no load.
REPORT = 1.0
_MOST_SAMPLES = 10  # one for every report: some ten seconds
_LONGEST_HOST = 64

_Sample = Tuple[float, int, float]


class TrainerMeter:
    """What a session measures, and what its trainer says. The trainer writes it and never waits;
    the poller asks it for the next report.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._images = 0
        self._waited = 0.0
        self._waiting_since: Optional[float] = None
        self._samples: Deque[_Sample] = deque([(clock(), 0, 0.0)], _MOST_SAMPLES)
        self._told: Dict[str, Any] = {"host": _host(), "processId": os.getpid()}
        self._loss: Optional[float] = None
        self._coming: Optional[Callable[[], Optional[float]]] = None
        self._is_urgent = False

    @property
    def waited(self) -> float:
        """How long the trainer has waited in all, in seconds."""
        with self._lock:
            return self._waited

    @property
    def is_urgent(self) -> bool:
        """Something was told that must not wait: the trainer may be about to end."""
        with self._lock:
            return self._is_urgent

    def count(self, images: int) -> None:
        """So many images were handed over."""
        with self._lock:
            self._images += images

    def wait(self, what: Callable[[], None]) -> None:
        """Waits for something of the trainer's, and counts how long."""
        began = self._clock()
        with self._lock:
            self._waiting_since = began
        try:
            what()
        finally:
            with self._lock:
                self._waited += self._clock() - began
                self._waiting_since = None

    def tell(self, loss: Any, learning_rate: Any, last_epoch: Any) -> None:
        """Takes what the trainer says; what is None stays as it was said last.

        Raises:
            InvalidReportError: It is out of range; nothing is taken.
        """
        said: Dict[str, Any] = {}
        if learning_rate is not None:
            said["learningRate"] = _rate(learning_rate)
        if last_epoch is not None:
            said["lastEpoch"] = _epoch(last_epoch)
        coming = None if loss is None else number_of(loss, "loss")
        with self._lock:
            self._told.update(said)
            if coming is None:
                return
            self._settle()  # what was told before is there by now, mostly
            self._coming = coming
            self._settle()

    def take(self) -> Dict[str, Any]:
        """The next report, as JSON has it."""
        with self._lock:
            self._is_urgent = False
            self._settle()
            now, waited = self._clock(), self._waited
            if self._waiting_since is not None:
                waited += now - self._waiting_since
            first = self._samples[0]
            self._samples.append((now, self._images, waited))
            report = dict(self._told)
            if self._loss is not None:
                report["loss"] = self._loss if math.isfinite(self._loss) else _name(self._loss)
            seconds = now - first[0]
            if seconds > 0:
                report["imagesPerSecond"] = (self._images - first[1]) / seconds
                report["waitedShare"] = min(1.0, max(0.0, (waited - first[2]) / seconds))
            return report

    def _settle(self) -> None:
        # A loss on a device is there when the device has come to it; nobody waits for that.
        loss = None if self._coming is None else self._coming()
        if loss is None:
            return
        if not math.isfinite(loss) and (self._loss is None or math.isfinite(self._loss)):
            self._is_urgent = True
        self._loss, self._coming = loss, None


class SessionReports:
    """The part of ``Session`` that people look at."""

    _check_process: Callable[[], None]
    _registration: Registration
    _connections: Connections
    _give_up_after: float
    _window: SendWindow
    _meter: TrainerMeter
    _is_finished = False

    @property
    def time_waited(self) -> float:
        """How long pushes and boundaries have made the caller wait, in seconds."""
        return self._meter.waited

    def report(
        self,
        *,
        loss: Any = None,
        learning_rate: Optional[float] = None,
        last_epoch: Optional[int] = None,
    ) -> None:
        """Tells of the training: the run's status shows it beside the rate, the share of time
        waited and the host, which the session knows by itself. Never waits, also not for a
        device; about once a second the last of it is sent, and lost where it cannot be.

        Args:
            loss: Of the last step: a number, or a torch tensor with one element on any device.
                NaN and infinite ones are told as they are. None: as it was told last, as all of
                these.
            learning_rate: Of the last step, 0 or more.
            last_epoch: The last epoch that the trainer means to go through, as ``epoch`` counts;
                of it the time left is computed.

        Raises:
            InvalidReportError: Something is out of range; nothing of it is told.
        """
        self._check_process()
        self._meter.tell(loss, learning_rate, last_epoch)

    def finish(self) -> None:
        """Says durably that this trainer is done: the run has finished when every rank's is.
        Nothing can be pushed in this session any more; a new session of the rank opens the run
        again. Repeated, it changes nothing.

        Raises:
            InvalidOptionsError: Something was pushed in the open epoch: end it first.
        """
        self._check_process()
        failure = self._window.failure
        if failure is not None:
            raise again(failure)
        epoch = self._window.open.epoch
        if self._window.open.has_begun:
            raise InvalidOptionsError(
                f"Epoch {epoch} of this trainer has begun: end it by end_epoch, then finish.",
                field="epoch",
                value=epoch,
            )
        own = self._registration
        path = f"/v1/runs/{own.run_id}/ranks/{own.rank}/finish?generation={own.generation}"
        try:
            self._connections.ask("POST", path, timeout=LATER, give_up_after=self._give_up_after)
        except (ClientClosedError, SiloUnreachableError) as e:
            failure = self._window.failure
            if failure is not None:
                raise again(failure) from e
            name = own.specification.name
            raise RunUnreachableError.of(name, self._give_up_after) from e
        self._is_finished = True


def _host() -> Optional[str]:
    # Characters that a silo prints; those beyond the first plane are two to it.
    name = "".join(c for c in platform.node() if c.isprintable() and ord(c) < 0x10000)
    return name[:_LONGEST_HOST] or None


def _rate(value: Any) -> float:
    try:
        rate = float(value)
    except (TypeError, ValueError) as e:
        raise _no_number("learning_rate", value) from e
    if not (math.isfinite(rate) and rate >= 0):
        raise InvalidReportError(
            f"learning_rate is {rate}: give a finite number, 0 or more.",
            field="learning_rate",
            value=rate,
        )
    return rate


def _epoch(value: Any) -> int:
    try:
        epoch = int(value)
    except (TypeError, ValueError, OverflowError) as e:
        raise _no_number("last_epoch", value) from e
    if epoch != value or not 0 <= epoch < 1 << 31:
        raise InvalidReportError(
            f"last_epoch is {value}: epochs are whole numbers and count from 0.",
            field="last_epoch",
            value=value,
        )
    return epoch


def _no_number(field: str, value: Any) -> InvalidReportError:
    return InvalidReportError(
        f"{field} is no number but a {type(value).__name__}: give a number.",
        field=field,
        value=type(value).__name__,
    )


def _name(loss: float) -> str:
    return "NaN" if math.isnan(loss) else "Infinity" if loss > 0 else "-Infinity"
