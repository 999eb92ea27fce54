"""Mini-batches of a seed."""

import numpy as np


def unit(rng, rows, dimension=4):
    x = rng.standard_normal((rows, dimension))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def body(ids, x):
    """What a door gets of a mini-batch."""
    return np.asarray(ids, "<i8").tobytes() + np.asarray(x, "<f4").tobytes()


def fails(session):
    """Waits until a session has failed."""
    window = session._window
    window.wait_for(lambda: window.peek_failure() is not None, 20.0, "failure")
