"""What a session pushed, for whoever wants to compute it again."""

from __future__ import annotations

import json
import os
import re
import struct
from typing import Any, Dict, Optional, Sequence

import numpy as np

from ._model import Registration
from ._window import Part
from .errors import InvalidEmbeddingsError, InvalidOptionsError

_HEADER = "recording.json"
_ENDED = re.compile(r"epoch-(\d+)-rank-(\d+)\.parts\.generation-(\d+)\.attempt-(\d+)\.ended")


class Recording:
    """Writes the parts of one rank into a folder, epoch by epoch as they are committed. From them
    ``coke-silo replay FOLDER`` computes what the silos must have answered, bit for bit:
    ``labels-T.i32`` (heads x N) and ``centers-T-HEAD.f32`` (K x d).

    The parts of the open epoch are held in memory: what is rolled back was never there. They are
    written before the rank's end is sent, and named when the epoch is committed. Of a program that
    dies in between, the next session finds out which it was: it names what is committed by now,
    unless another trainer had the rank meanwhile, which may have committed other parts.

    Args:
        folder: Where; made if it is not there. All ranks of a run share one.
        registration: Of this trainer.
        epoch: The open one.
        specification: The run's, as the silo tells it in JSON.
        initial_centers: Those that the run was created with; None: its seed's.

    Raises:
        InvalidOptionsError: The folder has the recording of another run.
    """

    def __init__(
        self,
        folder: str,
        registration: Registration,
        epoch: int,
        specification: Dict[str, Any],
        initial_centers: Optional[Sequence[Any]] = None,
    ) -> None:
        os.makedirs(folder, exist_ok=True)
        self._folder, self._rank = folder, registration.rank
        self._parts: Dict[int, Part] = {}
        self._generation = registration.generation
        self._ended: Optional[str] = None  # that file has the parts as they are
        self._check_run(registration)
        self._settle_pending(epoch)
        if self._rank != 0:
            return
        told = {name: specification[name] for name in ("clustering", "trainers")}
        told["runId"] = registration.run_id
        self._write(_HEADER, [json.dumps(told).encode()])
        for h, centers in enumerate(initial_centers or ()):
            self._write(f"initial-{h}.f32", [np.asarray(centers, "<f4").tobytes()])

    def keep(self, part: Part) -> None:
        """A part was pushed, or takes the place of another."""
        self._parts[part.sequence] = part
        ended, self._ended = self._ended, None
        if ended is not None:
            self.end(part.epoch, part.attempt)

    def forget(self) -> None:
        """The epoch begins anew."""
        self._parts.clear()
        if self._ended is not None:
            self._remove(self._ended)
        self._ended = None

    def end(self, epoch: int, attempt: int) -> None:
        """The end of the epoch is about to be sent. Repeated, it does nothing."""
        name = self._pending(epoch, attempt)
        if self._ended == name:
            return
        content = []
        try:
            for _, part in sorted(self._parts.items()):
                if part.settle is not None:
                    part.settle()
                content += [struct.pack("<q", len(part.image_ids)), *part.body]
        except InvalidEmbeddingsError:
            pass  # a sender tells of it; then another part comes, or the epoch begins anew
        self._write(name, content)
        self._ended = name

    def commit(self, epoch: int, attempt: int) -> None:
        """The epoch is committed."""
        self.end(epoch, attempt)
        self._name(self._pending(epoch, attempt), epoch)
        self._ended = None
        self.forget()

    def _check_run(self, registration: Registration) -> None:
        try:
            with open(os.path.join(self._folder, _HEADER), encoding="utf-8") as file:
                recorded = json.load(file).get("runId")
        except FileNotFoundError:
            return
        except (ValueError, AttributeError):
            recorded = None
        if recorded != registration.run_id:
            raise InvalidOptionsError(
                f"The folder '{self._folder}' has the recording of run {recorded or 'unknown'}, "
                f"and not of {registration.run_id}: record every run in a folder of its own.",
                field="record",
                value=self._folder,
            )

    def _settle_pending(self, epoch: int) -> None:
        """What was ended before this session: committed by the trainer before it, or in vain."""
        pending = []
        for name in os.listdir(self._folder):
            found = _ENDED.fullmatch(name)
            if found and int(found[2]) == self._rank:
                pending.append((int(found[4]), int(found[3]), int(found[1]), name))
        for _, generation, ended, name in sorted(pending, reverse=True):
            is_last = (ended, generation) == (epoch - 1, self._generation - 1)
            if is_last and not os.path.exists(os.path.join(self._folder, self._file(ended))):
                self._name(name, ended)
            else:
                self._remove(name)

    def _name(self, pending: str, epoch: int) -> None:
        try:
            os.replace(os.path.join(self._folder, pending),
                       os.path.join(self._folder, self._file(epoch)))
        except FileNotFoundError:
            pass  # a newer session did it

    def _remove(self, name: str) -> None:
        try:
            os.remove(os.path.join(self._folder, name))
        except FileNotFoundError:
            pass

    def _pending(self, epoch: int, attempt: int) -> str:
        of = f"generation-{self._generation}.attempt-{attempt}"
        return f"{self._file(epoch)}.{of}.ended"

    def _file(self, epoch: int) -> str:
        return f"epoch-{epoch}-rank-{self._rank}.parts"

    def _write(self, name: str, content: Sequence[Any]) -> None:
        path = os.path.join(self._folder, name)
        with open(f"{path}.new", "wb") as file:
            for piece in content:
                file.write(piece)
        os.replace(f"{path}.new", path)
