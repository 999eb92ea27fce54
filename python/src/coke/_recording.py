"""What a session pushed, for whoever wants to compute it again."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, Dict, Optional, Sequence

import numpy as np

from ._model import Registration
from ._window import Part
from .errors import InvalidEmbeddingsError

_ENDED = ".ended"


class Recording:
    """Writes the parts of one rank into a folder, epoch by epoch as they are committed. From them
    ``coke-silo replay FOLDER`` computes what the silos must have answered, bit for bit:
    ``labels-T.i32`` (heads x N) and ``centers-T-HEAD.f32`` (K x d).

    The parts of the open epoch are held in memory: what is rolled back was never there. They are
    written before the rank's end is sent, and named when the epoch is committed: of a program that
    dies in between, the next session finds out which it was.

    Args:
        folder: Where; made if it is not there. All ranks of a run share one.
        registration: Of this trainer.
        epoch: The open one.
        specification: The run's, as the silo tells it in JSON.
        initial_centers: Those that the run was created with; None: its seed's.
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
        self._ended: Optional[int] = None  # that epoch's parts are written as they are
        if epoch > 0 and not os.path.exists(os.path.join(folder, self._file(epoch - 1))):
            self._name(epoch - 1)
        if self._rank != 0:
            return
        told = {name: specification[name] for name in ("clustering", "trainers")}
        self._write("recording.json", [json.dumps(told).encode()])
        for h, centers in enumerate(initial_centers or ()):
            self._write(f"initial-{h}.f32", [np.asarray(centers, "<f4").tobytes()])

    def keep(self, part: Part) -> None:
        """A part was pushed, or takes the place of another."""
        self._parts[part.sequence] = part
        ended, self._ended = self._ended, None
        if ended is not None:
            self.end(ended)

    def forget(self) -> None:
        """The epoch begins anew."""
        self._parts.clear()
        self._ended = None

    def end(self, epoch: int) -> None:
        """The end of the epoch is about to be sent. Repeated, it does nothing."""
        if self._ended == epoch:
            return
        content = []
        try:
            for _, part in sorted(self._parts.items()):
                if part.settle is not None:
                    part.settle()
                content += [struct.pack("<q", len(part.image_ids)), *part.body]
        except InvalidEmbeddingsError:
            pass  # a sender tells of it; then another part comes, or the epoch begins anew
        self._write(self._file(epoch) + _ENDED, content)
        self._ended = epoch

    def commit(self, epoch: int) -> None:
        """The epoch is committed."""
        self.end(epoch)
        self._name(epoch)
        self.forget()

    def _name(self, epoch: int) -> None:
        path = os.path.join(self._folder, self._file(epoch))
        if os.path.exists(path + _ENDED):
            os.replace(path + _ENDED, path)

    def _file(self, epoch: int) -> str:
        return f"epoch-{epoch}-rank-{self._rank}.parts"

    def _write(self, name: str, content: Sequence[Any]) -> None:
        path = os.path.join(self._folder, name)
        with open(f"{path}.new", "wb") as file:
            for piece in content:
                file.write(piece)
        os.replace(f"{path}.new", path)
