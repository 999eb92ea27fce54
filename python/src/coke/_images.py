"""Judges mini-batches before they are sent, in the words of the silo."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._model import Clustering
from .errors import InvalidEmbeddingsError, InvalidImageIdError, InvalidOptionsError

# How far a norm may be off 1: float32 and half precision trainers both stay within it.
_TOLERANCE = 1e-3
_LEAST = (1 - _TOLERANCE) ** 2
_MOST = (1 + _TOLERANCE) ** 2


def ids_of(ids: Any) -> np.ndarray:
    """Image ids as a new int64 array of one dimension.

    Raises:
        InvalidImageIdError: They are no whole numbers, or not one per image.
    """
    if hasattr(ids, "detach"):  # a torch tensor; of a device it is waited for
        ids = ids.detach().cpu().numpy()
    found = np.asarray(ids)
    if found.dtype.kind not in "iu" and found.size:
        raise InvalidImageIdError(
            f"Image ids of type {found.dtype} are no whole numbers: give int64.",
            field="imageIds",
            value=found.dtype,
        )
    if found.ndim != 1:
        raise InvalidImageIdError(
            f"Image ids of shape {found.shape} are not one per image: give {found.size} in one "
            "dimension.",
            field="imageIds",
            value=found.shape,
        )
    return np.array(found, dtype=np.int64)


def check_ids(ids: np.ndarray, image_count: int) -> None:
    """Refuses ids that the run does not have.

    Raises:
        InvalidImageIdError: Names the first of them.
    """
    wrong = (ids < 0) | (ids >= image_count)
    if wrong.any():
        raise _unknown(int(ids[np.argmax(wrong)]), image_count)


def check_embeddings(x: np.ndarray, views: int) -> None:
    """Refuses rows that are not finite or of the wrong norm.

    Args:
        x: r x d, float32.
        views: One view has norm 1, the mean of several at most 1 and not 0 (eqn 17).

    Raises:
        InvalidEmbeddingsError: Names the first row that is wrong.
    """
    squared = np.einsum("ij,ij->i", x, x)
    # Nearly always all are right, which takes less to see. Only a sum tells of every NaN.
    norms = squared.tolist()
    if norms and max(norms) <= _MOST and not math.isnan(sum(norms)):
        least = min(norms)
        if least >= _LEAST if views == 1 else least > 0:
            return
    with np.errstate(invalid="ignore"):
        allowed = squared <= _MOST
        allowed &= (squared >= _LEAST) if views == 1 else (squared > 0)
    # NaN and infinity fail every comparison above.
    if not allowed.all():
        row = int(np.argmin(allowed))
        raise _refuse(x[row], row, views)


def _refuse(row: np.ndarray, index: int, views: int) -> InvalidEmbeddingsError:
    finite = np.isfinite(row)
    if not finite.all():
        i = int(np.argmin(finite))
        value = text(float(row[i]))
        return InvalidEmbeddingsError(
            f"Row {index} holds {value} at {i}: send finite numbers only.",
            field=f"embeddings[{index}][{i}]",
            value=value,
        )
    squared = float(np.dot(row.astype(np.float64), row.astype(np.float64)))
    norm = text(math.sqrt(squared))
    within = f"(within {text(_TOLERANCE)})"
    if squared == 0:
        message = f"Row {index} is zero: send embeddings that have a direction."
    elif views == 1:
        message = f"Row {index} has norm {norm}: normalize it to 1 {within}."
    else:
        message = (
            f"Row {index} has norm {norm}: the mean of {views} unit vectors is at most 1 {within}."
        )
    return InvalidEmbeddingsError(message, field=f"embeddings[{index}]", value=norm)


def check_shape(rows: int, size: int, dimension: int) -> None:
    """Refuses a mini-batch that is empty or of another dimension.

    Raises:
        InvalidEmbeddingsError: It is.
    """
    if rows < 1:
        raise InvalidEmbeddingsError(
            "The mini-batch is empty: send at least one row.", field="rows", value=rows
        )
    if size != rows * dimension:
        raise InvalidEmbeddingsError(
            f"The mini-batch has {size} values for {rows} rows: the run takes {dimension} per row.",
            field="embeddings",
            value=size,
        )


def text(value: float) -> str:
    """A number as the silo writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{value:.6g}".upper()


def within(field: str, name: str, value: Any, is_allowed: bool, allowed: str) -> None:
    """Refuses an option that is out of range.

    Raises:
        InvalidOptionsError: Names it, its value and what is allowed.
    """
    if not is_allowed:
        raise InvalidOptionsError(
            f"{name} {value} is out of range: use {allowed}.", field=field, value=value
        )


class EpochImages:
    """Which images a rank has pushed in the open epoch."""

    def __init__(self, clustering: Clustering) -> None:
        self._count = clustering.image_count
        self._pushed = np.zeros(self._count, dtype=bool)

    def check(self, ids: np.ndarray) -> None:
        """Refuses ids that the sequencer would refuse, as far as one rank can tell.

        Raises:
            InvalidImageIdError: Unknown, negative or repeated ids.
        """
        # Numpy takes longer for so few numbers than for a look at each.
        asked = ids.tolist()
        if asked and min(asked) >= 0 and max(asked) < self._count:
            if len(set(asked)) == len(asked) and True not in self._pushed[ids].tolist():
                return
        seen = set()
        for i in asked:
            if not 0 <= i < self._count:
                raise _unknown(i, self._count)
            if i in seen or self._pushed[i]:
                raise InvalidImageIdError(
                    f"Image id {i} is repeated: push every image once per epoch.",
                    field="imageIds",
                    value=i,
                )
            seen.add(i)

    def mark(self, ids: np.ndarray, pushed: bool = True) -> None:
        self._pushed[ids] = pushed

    def clear(self) -> None:
        self._pushed[:] = False


def _unknown(image: int, count: int) -> InvalidImageIdError:
    return InvalidImageIdError(
        f"Image id {image} is unknown: this run has ids 0 to {count - 1}.",
        field="imageIds",
        value=image,
    )
