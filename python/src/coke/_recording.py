"""What a session pushed, for whoever wants to compute it again."""

from __future__ import annotations

import json
import os
import struct
from typing import Any, Dict, Optional, Sequence

import numpy as np

from ._model import Registration
from ._window import Part


class Recording:
    """Writes the parts of one rank into a folder, epoch by epoch as they are committed. From them
    ``coke-silo replay FOLDER`` computes what the silos must have answered, bit for bit:
    ``labels-T.i32`` (heads x N) and ``centers-T-HEAD.f32`` (K x d).

    The parts of the open epoch are held in memory: what is rolled back was never there.

    Args:
        folder: Where; made if it is not there. All ranks of a run share one.
        registration: Of this trainer.
        specification: The run's, as the silo tells it in JSON.
        initial_centers: Those that the run was created with; None: its seed's.
    """

    def __init__(
        self,
        folder: str,
        registration: Registration,
        specification: Dict[str, Any],
        initial_centers: Optional[Sequence[Any]] = None,
    ) -> None:
        os.makedirs(folder, exist_ok=True)
        self._folder, self._rank = folder, registration.rank
        self._parts: Dict[int, Part] = {}
        if self._rank != 0:
            return
        told = {name: specification[name] for name in ("clustering", "trainers")}
        self._write("recording.json", [json.dumps(told).encode()])
        for h, centers in enumerate(initial_centers or ()):
            self._write(f"initial-{h}.f32", [np.asarray(centers, "<f4").tobytes()])

    def keep(self, part: Part) -> None:
        """A part was pushed, or takes the place of another."""
        self._parts[part.sequence] = part

    def forget(self) -> None:
        """The epoch begins anew."""
        self._parts.clear()

    def commit(self, epoch: int) -> None:
        """The epoch is committed."""
        content = []
        for _, part in sorted(self._parts.items()):
            if part.settle is not None:
                part.settle()
            content += [struct.pack("<q", len(part.image_ids)), *part.body]
        self._write(f"epoch-{epoch}-rank-{self._rank}.parts", content)
        self._parts.clear()

    def _write(self, name: str, content: Sequence[Any]) -> None:
        path = os.path.join(self._folder, name)
        with open(f"{path}.new", "wb") as file:
            for piece in content:
                file.write(piece)
        os.replace(f"{path}.new", path)
