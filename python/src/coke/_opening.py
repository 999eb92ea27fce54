"""How a trainer takes its rank."""

from __future__ import annotations

import time
import uuid
from typing import Any, Dict, Optional, Sequence, Tuple

from ._http import LATER, PAUSE, Connections
from ._images import within
from ._model import Progress, Registration, read
from ._recording import Recording
from ._wire import json_body
from .errors import FencedTrainerError, InvalidOptionsError, RunRecoveringError
from .session import Session

_RACES = 5
_MOST_WINDOW = 256

RESEND_AFTER = 5.0  # longer than a poll waits for news
GIVE_UP_AFTER = 120.0  # a trainer that runs for days outlives a restart of the silos


def open_session(
    connections: Connections,
    run_id: str,
    rank: int,
    world: int,
    *,
    window: Optional[int],
    concurrency: int,
    resend_after: float,
    give_up_after: float,
    record: Optional[str] = None,
    initial_centers: Optional[Sequence[Any]] = None,
) -> Session:
    """Takes the rank, and waits until the run hears this trainer.

    Args:
        connections: The session's own; closed here when this fails.
        record: Folder of a ``Recording``; None: nothing is recorded.
        initial_centers: For the recording.
    """
    most = _MOST_WINDOW if window is None else window
    if window is not None and window < 2:
        raise InvalidOptionsError(
            f"Window {window} is too small: a session needs room for 2 mini-batches or more.",
            field="window",
            value=window,
        )
    within("concurrency", "Concurrency", concurrency, 1 <= concurrency <= most,
           f"1 to the window of {most}")
    within("resend_after", "resend_after", resend_after, resend_after > 0, "a time above zero")
    within("give_up_after", "give_up_after", give_up_after, give_up_after > 0, "a time above zero")
    try:
        place = f"/v1/runs/{run_id}/ranks/{rank}"
        registration, specification = _register(connections, place, world, give_up_after)
        capacity = _capacity(registration, window, concurrency)
        path = f"{place}/progress?generation={registration.generation}&after=0"
        progress = read(Progress, _asked(connections, "GET", path, give_up_after).json())
        recording = None
        if record is not None:
            recording = Recording(
                record, registration, progress.epoch, specification, initial_centers
            )
        return Session(
            connections,
            registration,
            progress,
            window=capacity,
            concurrency=concurrency,
            resend_after=resend_after,
            give_up_after=give_up_after,
            recording=recording,
        )
    except BaseException:
        connections.close()
        raise


def _register(
    connections: Connections, place: str, world: int, give_up_after: float
) -> Tuple[Registration, Dict[str, Any]]:
    """The registration, and the run's specification as the silo tells it."""
    trainer = uuid.uuid4().hex  # a name only: nothing is computed from it
    for race in range(_RACES + 1):
        present = _asked(connections, "GET", place, give_up_after).json().get("generation", 0)
        named = {"trainer": trainer, "after": present, "world": world}
        try:
            told = _asked(connections, "POST", place, give_up_after, named).json()
            return read(Registration, told), told.get("specification") or {}
        except FencedTrainerError:
            if race == _RACES:
                raise  # else another came at the same time: the later one has the rank
    raise AssertionError("unreachable")


def _asked(
    connections: Connections, method: str, path: str, give_up_after: float, json: Any = None
) -> Any:
    body, headers = json_body(json) if json is not None else ([], {})
    while True:
        try:
            return connections.ask(
                method, path, body, headers=headers, timeout=LATER, give_up_after=give_up_after
            )
        except RunRecoveringError:
            # A silo answers, so the run comes back, however long that takes.
            time.sleep(PAUSE)


def _capacity(registration: Registration, window: Optional[int], concurrency: int) -> int:
    most = min(registration.most_window, _MOST_WINDOW)
    least = registration.least_window + concurrency
    if window is None:
        return min(least + registration.least_window // 8, most)
    if window > most:
        raise InvalidOptionsError(
            f"Window {window} is more than a sequencer files out of order: use at most {most}.",
            field="window",
            value=window,
        )
    if window < least:
        raise InvalidOptionsError(
            f"Window {window} is too small: the silos checkpoint so that {least} mini-batches can "
            "be under way; use that many or more.",
            field="window",
            value=window,
        )
    return window
