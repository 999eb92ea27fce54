"""What a run is at the moment, as frozen values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Optional, Tuple

from ._model import EpochReport, Specification, _each, _number, _one, _tuple


def _time() -> Any:
    return field(default=None, metadata={"make": _datetime})


def _datetime(text: str) -> datetime:
    # Silos tell seven digits of a second or fewer; older versions of Python take three or six.
    match = re.fullmatch(r"([^.]*)(?:\.(\d*))?(Z|[+-]\d\d:\d\d)", text)
    if match is None:
        return datetime.fromisoformat(text)
    zone = "+00:00" if match[3] == "Z" else match[3]
    return datetime.fromisoformat(f"{match[1]}.{(match[2] or '')[:6].ljust(6, '0')}{zone}")


@dataclass(frozen=True)
class TrainerReport:
    """What a trainer told of itself last; what is None it did not tell.

    Attributes:
        host: Where it runs.
        process_id: Its process there.
        images_per_second: Images that it hands over, over some 10 s.
        waited_share: The share of that time in which it waited for the clustering, 0 to 1.
        loss: Of its last step; may be NaN or infinite.
        learning_rate: Of its last step.
        last_epoch: The last epoch that it means to go through.
    """

    host: Optional[str] = None
    process_id: Optional[int] = None
    images_per_second: Optional[float] = _number(None)
    waited_share: Optional[float] = _number(None)
    loss: Optional[float] = _number(None)
    learning_rate: Optional[float] = _number(None)
    last_epoch: Optional[int] = None


@dataclass(frozen=True)
class TrainerStatus:
    """A rank of a run.

    Attributes:
        rank: From 0.
        generation: Counts the trainers that took it; 0: none has come yet.
        next_expected: Its next sequence in the open epoch.
        ended: It has ended the open epoch.
        is_awaited: No step begins for want of its mini-batch.
        seen_seconds_ago: Since its trainer was last heard, by the silo's clock; None: not since
            the run's sequencer began.
        is_silent: Its trainer has said nothing for longer than a living one does.
        is_finished: Its trainer has said that it is done.
        report: What its trainer told of itself last.
    """

    rank: int = 0
    generation: int = 0
    next_expected: int = 0
    ended: bool = False
    is_awaited: bool = False
    seen_seconds_ago: Optional[float] = _number(None)
    is_silent: bool = False
    is_finished: bool = False
    report: Optional[TrainerReport] = _one(TrainerReport)


@dataclass(frozen=True)
class RunActivity:
    """What a run does at the moment; ``str`` says it in words.

    Attributes:
        kind: ``"created"`` (no trainer has come yet), ``"scanning"``, ``"training"``,
            ``"waiting"``, ``"idle"``, ``"finished"``, ``"asleep"``, ``"recovering"`` or
            ``"faulted"``.
        ranks: Whom it waits for.
        reason: Why: ``"notCome"``, ``"silent"`` or ``"partMissing"``.
        silent_seconds: How long the one that is silent for longest has said nothing.
    """

    kind: str = ""
    ranks: Tuple[int, ...] = _tuple()
    reason: Optional[str] = None
    silent_seconds: Optional[float] = _number(None)

    def __str__(self) -> str:
        if self.kind != "waiting":
            return self.kind
        one = len(self.ranks) == 1
        whom = f"rank{'' if one else 's'} {', '.join(map(str, self.ranks))}"
        if self.reason == "silent":
            why = f"silent for {self.silent_seconds or 0:.0f} s"
        elif self.reason == "notCome":
            why = f"which {'has' if one else 'have'} not come yet"
        else:
            why = "which has not sent its part" if one else "which have not sent their parts"
        return f"waiting for {whom}, {why}"


@dataclass(frozen=True)
class RunStatus:
    """A run, live.

    Attributes:
        state: ``"asleep"``, ``"recovering"``, ``"live"`` or ``"faulted"``; ``"unknown"`` in a list
            where the run could not be asked.
        activity: What it does; None where it could not be asked.
        created: When it was created; None: an earlier version did.
        updated: When a step was last processed, or an epoch closed.
        incarnation: Stays in "live" so far.
        attempt: Roll-backs to a boundary so far.
        epoch: The open epoch.
        step: Mini-batches processed in all.
        durable_step: So many of them survive any fault.
        rows_in_epoch: Images accepted in the open epoch.
        rows_accepted: Images accepted in all.
        images_per_second: Images of all ranks, over some 10 s; 0 unless it scans or trains.
        seconds_left: Until the last epoch that its trainers mean to go through is committed; None:
            they did not say which, or it does not train for the moment.
        trainers: The ranks, missing ones included.
        last_epoch: The last committed epoch, or None.
        warnings: Sentences about options that will probably disappoint.
        fault: None, or why the run cannot go on.
        hindrance: None, or what keeps it from going on for the moment.
        stamp: Grows with every change.
    """

    name: str = ""
    run_id: str = ""
    specification: Specification = _one(Specification, Specification())
    state: str = ""
    incarnation: int = 0
    attempt: int = 0
    epoch: int = 0
    step: int = 0
    durable_step: int = 0
    rows_in_epoch: int = 0
    rows_accepted: int = 0
    trainers: Tuple[TrainerStatus, ...] = _each(TrainerStatus)
    last_epoch: Optional[EpochReport] = _one(EpochReport)
    warnings: Tuple[str, ...] = _tuple()
    fault: Optional[str] = None
    hindrance: Optional[str] = None
    stamp: int = 0
    activity: Optional[RunActivity] = _one(RunActivity)
    created: Optional[datetime] = _time()
    updated: Optional[datetime] = _time()
    images_per_second: float = _number()
    seconds_left: Optional[float] = _number(None)
