"""What a session does beside its trainer: it sends what is due and asks what is durable."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Callable, List, Optional

from ._http import PAUSE, PROMPT, Connections
from ._model import Progress, Refusal, Registration, read
from ._reports import REPORT, TrainerMeter
from ._window import Part, SendWindow, again
from ._wire import json_body
from .errors import CokeError, FencedTrainerError, InvalidEmbeddingsError, PassingError
from .errors import RolledBackError, RunFaultedError, RunGoneError, RunRecoveringError
from .errors import RunUnreachableError, ServerError, SessionClosedError, SlowBodyError
from .errors import TooBusyError

# A silo that takes a part and asks to wait a little gets the next one of that sender later.
NO_ROOM = 0.02
# Between two polls while nobody waits. What they tell changes with every step, and each takes the
# trainer a part of its processor.
REST = 0.2
_TAKEN = 202


class Delivery:
    """The threads of a session: senders and one poller. They end with ``close``.

    Args:
        connections: The session's own.
        registration: The rank that was taken.
        window: What to send.
        progress: What was heard first.
        meter: What the trainer tells of itself; None: nothing.
        senders: How many requests with mini-batches are under way at the same time.
        resend_after: Without progress for so many seconds everything is sent again.
        give_up_after: Without any answer for so many seconds the session ends in an error.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        connections: Connections,
        registration: Registration,
        window: SendWindow,
        progress: Progress,
        *,
        meter: Optional[TrainerMeter] = None,
        senders: int,
        resend_after: float,
        give_up_after: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connections = connections
        self._registration = registration
        self._window = window
        self._resend_after = resend_after
        self._give_up_after = give_up_after
        self._clock = clock
        self._known = progress
        self._meter = meter
        self._reported = clock()
        self._run = registration.specification.name
        self._rank = f"/v1/runs/{registration.run_id}/ranks/{registration.rank}"
        self._ended = threading.Event()
        self._abandoned = False
        names = [f"coke-send-{i}" for i in range(senders)]
        self._threads: List[threading.Thread] = [
            threading.Thread(target=self._send, name=name, daemon=True) for name in names
        ]
        self._threads.append(threading.Thread(target=self._poll, name="coke-poll", daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def known(self) -> Progress:
        """What was heard last."""
        return self._known

    def wait_for_epoch(self, epoch: int, timeout: Optional[float] = None) -> None:
        """Waits until an epoch is open, so that the one before is committed."""

        def is_open() -> bool:
            if self._known.epoch >= epoch:
                return True  # committed, whatever came after
            failure = self._window.peek_failure()
            if failure is not None:
                raise again(failure)
            return False

        self._window.wait_for(is_open, timeout, f"commit of epoch {epoch - 1}")

    def wait_for_attempt(self, attempt: int, timeout: Optional[float] = None) -> None:
        """Waits until an attempt, or a later one, is heard of."""

        def is_known() -> bool:
            if self._known.attempt >= attempt:
                return True
            failure = self._window.peek_failure()
            if failure is not None and not isinstance(failure, RolledBackError):
                raise again(failure)  # a roll-back is what is waited for
            return False

        self._window.wait_for(is_known, timeout, f"news of attempt {attempt}")

    def abandon(self) -> None:
        """Nobody holds the session any more: the poller closes it. Takes no lock, because whoever
        collects garbage may hold any."""
        self._abandoned = True

    def close(self, reason: CokeError) -> None:
        """Stops; whoever waits is released with an error."""
        if self._ended.is_set():
            return
        self._ended.set()
        self._window.fail(reason)
        self._window.close()
        self._connections.close()
        for thread in self._threads:
            # A thread that is amid a connect ends by itself; nobody should wait for that.
            if thread is not threading.current_thread():
                thread.join(1.0)

    def _send(self) -> None:
        while True:
            part = self._window.take()
            if part is None:
                return
            try:
                if part.settle is not None:
                    part.settle()
                if not self._put(part):
                    self._ended.wait(NO_ROOM)
            except InvalidEmbeddingsError as e:
                if part.settle is None:
                    self._window.fail(e)
                else:
                    self._window.refuse([self._refusal(part, e)], part)
            except (PassingError, SlowBodyError) as e:
                # Not taken.
                self._window.again(part, max(PAUSE, getattr(e, "retry_after", None) or 0.0))
            except RunFaultedError as e:
                self._window.fail(e)
                self._window.again(part, PAUSE)
            except CokeError as e:
                self._window.fail(e)
            except ConnectionError:
                # Perhaps taken: it is known by its identity, so it may come twice.
                if not self._ended.is_set():
                    self._window.again(part, PAUSE)
            except Exception as e:  # nobody looks at this thread: the trainer must hear of it
                self._window.fail(_unexpected(e))

    def _put(self, part: Part) -> bool:
        """Sends one part. False: the silo took it, and asks to wait before the next."""
        place = f"{self._rank}/epochs/{part.epoch}/attempts/{part.attempt}"
        generation = self._registration.generation
        if part.end_count is None:
            path = f"{place}/batches/{part.sequence}?generation={generation}"
        else:
            path = f"{place}/end?generation={generation}&count={part.end_count}"
        answer = self._connections.request("PUT", path, part.body, timeout=PROMPT)
        if answer.status != _TAKEN:
            raise ServerError(
                f"A mini-batch was answered with status {answer.status}, and a silo that takes one "
                f"answers with {_TAKEN}: see what runs at {self._connections.place}.",
                field="status",
                value=answer.status,
                status=answer.status,
            )
        return answer.json().get("room", True) is not False

    def _refusal(self, part: Part, error: CokeError) -> Refusal:
        return Refusal(
            rank=self._registration.rank,
            epoch=part.epoch,
            attempt=part.attempt,
            sequence=part.sequence,
            kind="invalidEmbeddings",
            field=error.field,
            value=error.value,
            message=error.message,
        )

    def _poll(self) -> None:
        """Learns what is durable, often enough where somebody waits for it and seldom else; on a
        new incarnation, or without progress for a time, has everything sent again."""
        stamp = 0
        quiet_since = heard = self._clock()
        while not self._ended.is_set() and not self._window.is_over:
            if self._abandoned:
                self.close(SessionClosedError("Nobody holds the session any more."))
                return
            try:
                news = self.ask_progress(stamp)
                known, self._known = self._known, news
                stamp = news.stamp
                heard = self._clock()
                self._window.mend()
                self._window.refuse(news.refusals)
                self._window.follow(news, self._run)
                # What has come in this incarnation needs no second sending, however long the next
                # checkpoint of a slow trainer's run takes.
                moved = (
                    news.epoch != known.epoch
                    or news.next_expected != known.next_expected
                    or news.durable_watermark != known.durable_watermark
                )
                if moved or self._window.is_empty:
                    quiet_since = heard
                if (
                    news.incarnation != known.incarnation
                    or self._clock() - quiet_since > self._resend_after
                ):
                    self._window.resend_all()
                    quiet_since = self._clock()
                self._window.notify()
                self._report()
                self._window.rest(min(REST, self._resend_after))
            except (RunRecoveringError, RunFaultedError, TooBusyError) as e:
                # A silo answers: the run comes back, by itself or by a command.
                heard = self._clock()
                if isinstance(e, RunFaultedError):
                    self._window.fail(e)
                self._ended.wait(max(PAUSE, getattr(e, "retry_after", None) or 0.0))
            except (PassingError, SlowBodyError, ConnectionError) as e:
                # A silo is away: ask again, a little later. The next answer tells what survived.
                silence = self._clock() - heard
                if silence > self._give_up_after:
                    error = RunUnreachableError.of(self._run, silence)
                    error.__cause__ = e
                    self._window.fail(error)
                    return
                self._ended.wait(PAUSE)
            except CokeError as e:
                self._window.fail(e)  # a fence, a lost run
                return
            except Exception as e:
                self._window.fail(_unexpected(e))
                return

    def _report(self) -> None:
        """Sends what the trainer tells of itself, about once a second."""
        meter = self._meter
        if meter is None:
            return
        if self._clock() - self._reported < REPORT and not meter.is_urgent:
            return
        self._reported = self._clock()
        body, headers = json_body(meter.take())
        path = f"{self._rank}/report?generation={self._registration.generation}"
        try:
            self._connections.request("PUT", path, body, headers=headers, timeout=PROMPT)
        except (PassingError, SlowBodyError, FencedTrainerError, RunFaultedError, RunGoneError):
            pass  # the next report says the same; what is wrong the poll tells
        except CokeError:
            self._meter = None  # a silo of an earlier version: a session does not end for that
        except ConnectionError:
            pass

    def ask_progress(self, stamp: int) -> Progress:
        """One poll.

        Raises:
            FencedTrainerError: A newer trainer has the rank.
        """
        own = self._registration.generation
        path = f"{self._rank}/progress?generation={own}&after={stamp}"
        news = read(Progress, self._connections.request("GET", path, timeout=PROMPT).json())
        if news.generation != own:
            raise FencedTrainerError.of(
                self._run, self._registration.rank, own, news.generation
            )
        return news


def _unexpected(error: Exception) -> CokeError:
    told = ServerError(f"The session met an error that nobody thought of: {error!r}.")
    told.__cause__ = error
    return told


def close_at_exit(session: object) -> Callable[[], None]:
    """Closes a session that is still there, without keeping it there."""
    reference = weakref.ref(session)

    def close() -> None:
        living = reference()
        if living is not None:
            living.close()  # type: ignore[attr-defined]

    return close
