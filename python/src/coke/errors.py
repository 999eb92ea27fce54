"""What CoKe refuses, as typed errors.

Every error is one sentence that names what was wrong, its value and what to do. The sentences are
those of the silo and of the .NET client; where they name something to call, they name it as it is
called here. When one is raised, nothing has changed, unless its class says otherwise.
"""

from __future__ import annotations

import os
from typing import Any, Dict, Optional, Type

from ._model import Refusal


class CokeError(Exception):
    """Something was refused, or could not be done.

    Attributes:
        field: What was wrong: an option, a row, an image id; may be empty.
        value: Its value, as text; may be empty.
        remedy: What to do, where the silo said it by itself; the message has it in any case.
        type: The slug of the problem, for instance ``"unknown-run"``; see docs/http.md.
        status: The HTTP status, or None where the error arose here.
    """

    slug = ""

    def __init__(
        self,
        message: str,
        *,
        field: str = "",
        value: Any = "",
        remedy: str = "",
        type: str = "",
        status: Optional[int] = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.value = str(value)
        self.remedy = remedy
        self.type = type or self.slug
        self.status = status

    @property
    def message(self) -> str:
        """The sentence."""
        return str(self.args[0])

    def __reduce__(self) -> Any:
        # Errors travel between processes (multiprocessing, torchrun), and most take keywords.
        return _rebuilt, (self.__class__, self.args, dict(self.__dict__))


def _rebuilt(cls: Type[CokeError], args: Any, state: Dict[str, Any]) -> CokeError:
    error = cls.__new__(cls, *args)
    Exception.__init__(error, *args)
    error.__dict__.update(state)
    return error


class InvalidOptionsError(CokeError, ValueError):
    """An option that makes no sense."""

    slug = "invalid-options"


class InvalidEmbeddingsError(CokeError, ValueError):
    """Embeddings that are not finite, not of unit norm, of another dimension, or none at all."""

    slug = "invalid-embeddings"


class InvalidImageIdError(CokeError, ValueError):
    """An image id that is unknown, negative, or repeated in a step or an epoch."""

    slug = "invalid-image-id"


class InvalidReportError(CokeError, ValueError):
    """A trainer told something of itself that cannot be; nothing of it was told."""

    slug = "invalid-report"


class InvalidRequestError(CokeError):
    """A request that the silo does not understand: it may be of another version."""

    slug = "invalid-request"


class AccessError(CokeError):
    """The silo lets this program in no further: token, right, host name or certificate."""


class UnknownRunError(CokeError, LookupError):
    """There is no such run."""

    slug = "unknown-run"

    @classmethod
    def of(cls, name: str) -> "UnknownRunError":
        return cls(
            f"There is no run '{name}': list the runs to see their names, or create it.",
            field="run",
            value=name,
        )


class UnknownPartError(CokeError, LookupError):
    """The run has no such head, cluster or rank."""

    slug = "unknown-part"


class EpochNotReadableError(CokeError):
    """An epoch was asked for that is not the last committed one, or none is committed yet."""

    slug = "epoch-not-readable"

    @classmethod
    def of(cls, run: str, epoch: int, readable: int) -> "EpochNotReadableError":
        why = (
            "no epoch is committed yet: ask again when one is."
            if readable < 0
            else f"the committed epoch is {readable}: ask for that one."
        )
        return cls(
            f"Epoch {epoch} is not readable at run '{run}', where {why}",
            field="epoch",
            value=epoch,
        )


class SlowBodyError(CokeError):
    """The silo got the body too slowly."""

    slug = "slow-body"


class RunConflictError(CokeError):
    """The run exists with another specification."""

    slug = "run-conflict"


class RunGoneError(CokeError, LookupError):
    """The run was deleted. Another one may have its name by now."""

    slug = "run-gone"


class FencedTrainerError(CokeError):
    """A newer trainer took the rank; this one must stop."""

    slug = "fenced-trainer"

    @classmethod
    def of(cls, run: str, rank: int, generation: int, newer: int) -> "FencedTrainerError":
        return cls(
            f"Trainer {rank} of run '{run}' (generation {generation}) was replaced by generation "
            f"{newer}. Stop this trainer, or open a new session to take the rank back.",
            field="generation",
            value=generation,
        )


class AttemptConflictError(CokeError):
    """The run has left the attempt that a roll-back named."""

    slug = "attempt-conflict"


class RunFaultedError(CokeError):
    """The run cannot go on without a command. Once that was given, sessions go on."""

    slug = "run-faulted"


class RefusedBatchError(CokeError):
    """A mini-batch was refused after it was pushed. Its place stays open: ``Session.replace`` it.

    Attributes:
        refusal: What was refused, and why. None where the silo did not tell.
    """

    slug = "refused-batch"
    refusal: Optional[Refusal] = None

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusedBatchError":
        error = cls(
            f"Mini-batch {refusal.sequence} of trainer {refusal.rank} was refused: "
            f"{refusal.message}",
            field=refusal.field,
            value=refusal.value,
        )
        error.refusal = refusal
        return error


class RolledBackError(CokeError):
    """The run was rolled back to the start of the open epoch.

    A newer trainer took a rank, or a command restored the boundary. Load the state saved at that
    boundary, call ``Session.restart_epoch``, and push the epoch again.

    Attributes:
        epoch: The epoch to begin anew.
        attempt: The run's attempt now.
    """

    slug = "rolled-back"
    epoch = -1
    attempt = -1

    @classmethod
    def of(cls, run: str, epoch: int, attempt: int) -> "RolledBackError":
        error = cls(
            f"Run '{run}' was rolled back to the start of epoch {epoch} (attempt {attempt}): load "
            "the state saved at that boundary, call restart_epoch, and push the epoch again.",
            field="attempt",
            value=attempt,
        )
        error.epoch, error.attempt = epoch, attempt
        return error


class OversizeError(CokeError, ValueError):
    """A body is larger than the silo takes."""

    slug = "oversize"


class PassingError(CokeError):
    """Not done, for a reason that passes by itself. It was asked again for a long time."""

    retry_after: Optional[float] = None


class TooBusyError(PassingError):
    """The silo has no room for more just now; it took nothing."""

    slug = "too-busy"


class RunRecoveringError(PassingError):
    """The run is being brought up. It goes on by itself; ask again."""

    slug = "run-recovering"


class UnavailableError(PassingError):
    """The silo starts, stops, or lacks something for the moment."""

    slug = "unavailable"


class ServerError(CokeError):
    """The silo met an error that nobody thought of; its log has more."""

    slug = "internal"


class SiloUnreachableError(CokeError, ConnectionError):
    """No silo answered at any of the addresses."""

    slug = "silo-unreachable"


class RunUnreachableError(CokeError, ConnectionError):
    """A session has heard nothing of its run for too long."""

    slug = "run-unreachable"

    @classmethod
    def of(cls, run: str, silence: float) -> "RunUnreachableError":
        return cls(
            f"No silo has answered for run '{run}' for {silence:.0f} s: start the silos again, "
            "then open a new session, or raise give_up_after.",
            field="run",
            value=run,
        )


class SessionClosedError(CokeError):
    """The session was closed, perhaps while somebody waited in it."""

    slug = "session-closed"


class ClientClosedError(CokeError, ConnectionError):
    """The client was closed, perhaps while somebody waited for an answer."""

    slug = "client-closed"

    @classmethod
    def of(cls) -> "ClientClosedError":
        return cls("The client was closed: make another one.")


class WaitTimeoutError(CokeError, TimeoutError):
    """What was waited for did not happen in the time that was given."""

    slug = "wait-timeout"

    @classmethod
    def of(cls, what: str, timeout: Optional[float]) -> "WaitTimeoutError":
        return cls(
            f"There was no {what} for {timeout} s: wait longer, or ask again.",
            field="timeout",
            value=timeout,
        )


class ForkedSessionError(CokeError, RuntimeError):
    """A session was used by a process that inherited it through ``fork``."""

    slug = "forked-session"

    @classmethod
    def of(cls, run: str, owner: int) -> "ForkedSessionError":
        return cls(
            f"This session of run '{run}' belongs to process {owner}, and process {os.getpid()} is "
            "a fork of it: use it in the process that opened it, or open another rank's session "
            "here.",
            field="process",
            value=os.getpid(),
        )


class SaveMismatchError(CokeError):
    """A trainer's save does not fit the epoch that the run has open."""

    slug = "save-mismatch"


class PeerFailedError(CokeError):
    """Another trainer of the same model has failed, so that this one cannot go on."""

    slug = "peer-failed"
