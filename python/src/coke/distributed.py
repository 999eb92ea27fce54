"""Several trainers of one model, such as those of DistributedDataParallel.

Each has a rank of the run and a session of its own. A roll-back is told to one after the other.
Whoever followed it alone would wait for embeddings of others, while they wait for it in a sum. So
they agree, before every step and at the end of an epoch, whether anybody heard of one, and all
turn back together. Between two of these agreements all take the same way through their code, so
that the sums in it meet.

An agreement is one all-reduce (MAX) of a few integers over a group of CPU tensors. It does not
wait for the device, and beside the sum of the gradients it takes nothing.

.. code-block:: python

    trainers = TrainerGroup(session)                  # all ranks, at the same place
    while session.epoch <= last_epoch:
        try:
            targets = EpochTargets(session.targets(), device) if session.epoch else None
            for ids, views in loader:
                trainers.begin_step()
                ...                                   # forward, loss, backward, optimizer
                trainers.push(ids, embeddings)
            trainers.end_steps()
            save(model, session.state_dict())         # before the end: it may be gone back to
            trainers.end_epoch()
        except coke.RolledBackError:
            trainers.restart_epoch()
            load(model, session.epoch)                # what was saved at that boundary
"""

from __future__ import annotations

from typing import Any, List, Optional

import torch
import torch.distributed as dist

from ._model import EpochReport
from .errors import CokeError, InvalidOptionsError, PeerFailedError, RolledBackError
from .errors import WaitTimeoutError
from .session import Session

# How long a trainer waits for a commit before it asks whether the others still do. It grows, so
# that a report which takes long comes at last.
_TURN, _LONGEST_TURN = 1.0, 30.0


class TrainerGroup:
    """The trainers of one model, as one of them sees it. All make every call below in the same
    order, as with everything in ``torch.distributed``; ``push`` alone is each one's own.

    Where there are several, the session's attempt changes only here, for which
    ``Session.keeps_attempt`` is set.

    Args:
        session: This trainer's.
        group: The trainers, by a backend that sums CPU tensors (gloo); None: all, in a gloo group
            that is made where the default one is another's. Without ``torch.distributed``, or
            with one trainer, nobody is asked.
        every: Steps from one agreement to the next, 1 or more. A trainer that heard of a roll-back
            makes the rest of them in vain. The first step of an epoch agrees in any case.

    Raises:
        InvalidOptionsError: ``every`` is out of range.
    """

    def __init__(self, session: Session, group: Optional[Any] = None, every: int = 1) -> None:
        if every < 1:
            raise InvalidOptionsError(
                f"every {every} is out of range: use 1 or more.", field="every", value=every
            )
        self.session = session
        self._every = every
        self._steps = 0
        self._has_ended = False
        self._heard: Optional[RolledBackError] = None
        self._failed: Optional[BaseException] = None
        self._alone = not (dist.is_available() and dist.is_initialized())
        self._group = group
        if not self._alone and group is None and dist.get_backend() != "gloo":
            self._group = dist.new_group(backend="gloo")
        if not self._alone:
            self._alone = dist.get_world_size(self._group) == 1
        session.keeps_attempt = not self._alone

    def begin_step(self) -> None:
        """Begins a step, before its forward.

        Raises:
            RolledBackError: A trainer's clustering was rolled back: all begin the epoch anew, by
                ``restart_epoch``.
            PeerFailedError: Another trainer told that it failed.
        """
        # As many in all trainers: they make as many steps in an epoch, and begin it together.
        self._has_ended = False
        if self._steps % self._every == 0:
            self._agree()
        self._steps += 1

    def push(self, ids: Any, x: Any) -> bool:
        """``Session.push``, in whose place a roll-back is only noted: the others may be in the
        next step already, and learn of it when that is agreed on.

        Returns:
            False: the clustering was rolled back, and all trainers turn back together; or it
            refused, which the next agreement raises here, and a ``PeerFailedError`` there.
        """
        if self._heard is not None or self._failed is not None:
            return False
        try:
            self.session.push(ids, x)
            return True
        except RolledBackError as e:
            if self._alone:
                raise
            self._heard = e
        except CokeError as e:
            if self._alone:
                raise
            self._failed = e  # the others are told before this one leaves
        return False

    def end_steps(self) -> None:
        """Ends the steps of an epoch, before it is saved; raises as ``begin_step``."""
        self._agree()
        self._has_ended = True

    def end_epoch(self) -> EpochReport:
        """``Session.end_epoch``. Where it raises a ``RolledBackError`` it does in all trainers: an
        epoch is committed for all or for none. Ends the steps, where ``end_steps`` was not
        called."""
        if not self._has_ended:
            self._agree()
        report = self.session.end_epoch() if self._alone else self._end_together()
        self._steps, self._has_ended = 0, False
        return report

    def restart_epoch(self) -> None:
        """After a ``RolledBackError``: ``Session.restart_epoch``, and the newest attempt that any
        trainer knows."""
        self._heard = None
        try:
            self.session.restart_epoch()
        except CokeError as e:
            self._failed = self._failed or e  # the others are told before this one leaves
        self._steps, self._has_ended = 0, False
        self._agree()

    def failed(self, error: BaseException) -> None:
        """Tells the others, at the next agreement, that this trainer cannot go on. Call it in
        place of leaving by yourself where the others would wait in a sum; then make the next
        agreement, which raises ``error`` here and a ``PeerFailedError`` there."""
        self._failed = self._failed or error

    def _agree(self) -> None:
        """Everybody's news, unless somebody's clustering was rolled back."""
        session = self.session
        told = self._ask_all(
            session.epoch,
            -session.epoch,
            session.attempt,
            -session.attempt,
            int(session.has_begun),
        )
        last, first, newest, oldest, begun = told
        first, oldest = -first, -oldest
        name = session.specification.name
        if first != last:
            raise PeerFailedError(
                f"The trainers of run '{name}' are in epochs {first} to {last}: begin and end "
                "every epoch together.",
                field="epoch",
                value=session.epoch,
            )
        if oldest == newest:
            return
        # They differ before an epoch's first push alone: every session began the epoch in the
        # attempt that it had heard of.
        if begun:
            raise RolledBackError.of(name, last, newest)
        if session.attempt < newest:
            try:
                session.adopt(newest)
            except CokeError as e:
                self._failed = e
        self._agree()  # nobody begins before all have it

    def _end_together(self) -> EpochReport:
        """Waits in turns, between which all hear of whoever does not go on waiting."""
        report: Optional[EpochReport] = None
        turn = _TURN
        while True:
            try:
                if report is None:
                    report = self.session.end_epoch(timeout=turn)
            except WaitTimeoutError:
                pass
            except RolledBackError as e:
                self._heard = e
            except CokeError as e:
                self._failed = e
            (is_awaited,) = self._ask_all(int(report is None))
            if report is not None and not is_awaited:
                return report
            turn = min(2 * turn, _LONGEST_TURN)

    def _ask_all(self, *mine: int) -> List[int]:
        """The largest of everybody's numbers, unless somebody failed or heard of a roll-back."""
        heard, failed = self._heard, self._failed
        epoch, attempt, lost, *largest = self._largest([
            -1 if heard is None else heard.epoch,
            -1 if heard is None else heard.attempt,
            0 if failed is None else 1 + self.session.rank,
            *mine,
        ])
        if failed is not None:
            raise failed
        name = self.session.specification.name
        if lost:
            raise PeerFailedError(
                f"Trainer {lost - 1} of run '{name}' cannot go on, so none can: see what it said, "
                "then start all again.",
                field="rank",
                value=lost - 1,
            )
        if attempt >= 0:
            # Attempts only grow, and epochs with them: the largest of both are one roll-back's.
            self._heard = None
            raise RolledBackError.of(name, epoch, attempt)
        return largest

    def _largest(self, mine: List[int]) -> List[int]:
        if self._alone:
            return mine
        told = torch.tensor(mine, dtype=torch.int64)
        dist.all_reduce(told, dist.ReduceOp.MAX, group=self._group)
        return [int(value) for value in told.tolist()]
