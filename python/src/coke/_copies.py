"""Copies of embeddings: PyTorch writes its buffers again, and a session keeps what was pushed."""

from __future__ import annotations

import sys
import threading
from typing import Any, Callable, Dict, Optional, Tuple

import numpy as np

from ._images import check_embeddings, check_shape
from .errors import InvalidEmbeddingsError, InvalidReportError

_FLOAT32 = np.dtype("<f4")
_streams: Dict[Any, Any] = {}
_streams_lock = threading.Lock()


def copied(
    x: Any, rows: int, dimension: int, views: int
) -> Tuple[np.ndarray, Optional[Callable[[], None]]]:
    """A copy of embeddings that nobody else writes, as float32.

    Args:
        x: r x d: a numpy array, or a torch tensor on any device.
        rows: r.
        dimension: d.
        views: Views that each row averages.

    Returns:
        The copy; and None where it is there and checked, else what waits for it and checks it:
        a CUDA tensor is copied by the device, which the caller does not wait for.

    Raises:
        InvalidEmbeddingsError: Shape, norms, or numbers that are not finite.
    """
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(x, torch.Tensor):
        _check_shape(tuple(x.shape), rows, dimension)
        if x.is_cuda:
            return _from_cuda(torch, x.detach(), views)
        if x.requires_grad:
            x = x.detach()
        if x.dtype is not torch.float32 or x.device.type != "cpu":
            x = x.to(device="cpu", dtype=torch.float32)
        x = x.numpy()
    try:
        found = np.asarray(x)
        if found.dtype.kind not in "fiu":
            raise TypeError(f"type {found.dtype}")
        _check_shape(found.shape, rows, dimension)
        copy = np.array(found, dtype=_FLOAT32, order="C")
    except (TypeError, ValueError) as e:
        if isinstance(e, InvalidEmbeddingsError):
            raise
        raise InvalidEmbeddingsError(
            f"The embeddings are no array of numbers ({e}): give {rows} x {dimension} float32.",
            field="embeddings",
            value=type(x).__name__,
        ) from e
    check_embeddings(copy, views)
    return copy, None


def number_of(value: Any, name: str) -> Callable[[], Optional[float]]:
    """A number that may still be on a device.

    Args:
        value: A number, or a tensor with one element.
        name: For the error.

    Returns:
        What gives it, or None as long as the device has not come to it; waits for nothing.

    Raises:
        InvalidReportError: It is none.
    """
    torch = sys.modules.get("torch")
    try:
        if torch is not None and isinstance(value, torch.Tensor) and value.device.type != "cpu":
            if value.numel() != 1:
                raise ValueError(f"{value.numel()} elements")
            return _device_number(torch, value.detach())
        found = float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as e:
        raise InvalidReportError(
            f"{name} is no number ({e}): give one, or a tensor with one element.",
            field=name,
            value=type(value).__name__,
        ) from e
    return lambda: found


def _device_number(torch: Any, value: Any) -> Callable[[], Optional[float]]:
    if not value.is_cuda:
        # Nothing tells when such a device is there, so the poller's thread waits for it.
        private = value.to(torch.float32).clone()
        return lambda: float(private)
    pinned, copied_event = _to_pinned(torch, value.reshape(1))

    def read() -> Optional[float]:
        return float(pinned[0]) if copied_event.query() else None

    return read


def _check_shape(shape: Tuple[int, ...], rows: int, dimension: int) -> None:
    if rows > 0 and shape == (rows, dimension):
        return
    size = 1
    for n in shape:
        size *= n
    check_shape(rows, size, dimension)
    raise InvalidEmbeddingsError(
        f"The mini-batch has the shape {shape}: give {rows} rows of {dimension}.",
        field="embeddings",
        value=shape,
    )


def _from_cuda(torch: Any, x: Any, views: int) -> Tuple[np.ndarray, Callable[[], None]]:
    pinned, copied_event = _to_pinned(torch, x)
    array = pinned.numpy()

    def settle() -> None:
        copied_event.synchronize()
        check_embeddings(array, views)

    return array, settle


def _to_pinned(torch: Any, x: Any) -> Tuple[Any, Any]:
    # First a copy on the caller's stream, because whatever comes next there may write x; then,
    # beside it, that copy to pinned memory.
    private = x.to(torch.float32).clone(memory_format=torch.contiguous_format)
    side = _side_stream(torch, x.device)
    side.wait_stream(torch.cuda.current_stream(x.device))
    with torch.cuda.stream(side):
        pinned = torch.empty(tuple(x.shape), dtype=torch.float32, pin_memory=True)
        pinned.copy_(private, non_blocking=True)
        copied_event = torch.cuda.Event()
        copied_event.record(side)
    private.record_stream(side)
    return pinned, copied_event


def _side_stream(torch: Any, device: Any) -> Any:
    with _streams_lock:
        if device not in _streams:
            _streams[device] = torch.cuda.Stream(device)
        return _streams[device]
