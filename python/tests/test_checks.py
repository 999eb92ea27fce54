"""Input that is refused before it is sent, in the words of the .NET client."""

import numpy as np
import pytest

import coke
from batches import unit


@pytest.fixture
def session(world, open_session):
    return open_session(world()[2])


def refused(session, kind, ids, x, field, value):
    with pytest.raises(kind) as e:
        session.push(ids, x)
    assert (e.value.field, e.value.value) == (field, value)
    assert not session.has_begun
    return str(e.value)


def rows(*values):
    return np.array(values, dtype=np.float32)


def test_embeddings(session):
    kind = coke.InvalidEmbeddingsError
    one = [1, 0, 0, 0]
    assert refused(session, kind, [], np.empty((0, 4)), "rows", "0") == (
        "The mini-batch is empty: send at least one row.")
    assert refused(session, kind, [1, 2], rows(one), "embeddings", "4") == (
        "The mini-batch has 4 values for 2 rows: the run takes 4 per row.")
    assert refused(session, kind, [1, 2], rows(one, one).T, "embeddings", "(4, 2)") == (
        "The mini-batch has the shape (4, 2): give 2 rows of 4.")
    assert refused(session, kind, [1, 2], rows(one, [2, 0, 0, 0]), "embeddings[1]", "2") == (
        "Row 1 has norm 2: normalize it to 1 (within 0.001).")
    assert refused(session, kind, [1], rows([0, 0, 0, 0]), "embeddings[0]", "0") == (
        "Row 0 is zero: send embeddings that have a direction.")
    assert refused(session, kind, [1], rows([1, np.nan, 0, 0]), "embeddings[0][1]", "NaN") == (
        "Row 0 holds NaN at 1: send finite numbers only.")
    said = refused(session, kind, [1], rows([1, 0, -np.inf, 0]), "embeddings[0][2]", "-Infinity")
    assert said == "Row 0 holds -Infinity at 2: send finite numbers only."
    said = refused(session, kind, [1], rows([1e9, 0, 0, 0]), "embeddings[0]", "1E+09")
    assert said == "Row 0 has norm 1E+09: normalize it to 1 (within 0.001)."
    assert "no array of numbers" in refused(session, kind, [1], [["a"] * 4], "embeddings", "list")
    session.push([1], rows([1.0009, 0, 0, 0]))


def test_means_of_views(world, open_session):
    session = open_session(world(views=2)[2])
    session.push([1], rows([0.2, 0, 0, 0]))
    with pytest.raises(coke.InvalidEmbeddingsError) as e:
        session.push([2], rows([1.5, 0, 0, 0]))
    assert str(e.value) == (
        "Row 0 has norm 1.5: the mean of 2 unit vectors is at most 1 (within 0.001).")
    with pytest.raises(coke.InvalidEmbeddingsError, match="Row 0 is zero"):
        session.push([2], rows([0, 0, 0, 0]))


def test_image_ids(session, rng):
    kind = coke.InvalidImageIdError
    x = unit(rng, 2)
    assert refused(session, kind, [1, 64], x, "imageIds", "64") == (
        "Image id 64 is unknown: this run has ids 0 to 63.")
    assert refused(session, kind, [-1, 64], x, "imageIds", "-1") == (
        "Image id -1 is unknown: this run has ids 0 to 63.")
    assert refused(session, kind, [3, 3], x, "imageIds", "3") == (
        "Image id 3 is repeated: push every image once per epoch.")
    assert "no whole numbers" in refused(session, kind, [0.5, 1], x, "imageIds", "float64")
    assert "one dimension" in refused(session, kind, [[0, 1]], x, "imageIds", "(1, 2)")
    session.push([3, 4], x)
    with pytest.raises(kind, match="Image id 4 is repeated"):
        session.push([5, 4], x)
    session.push([5, 6], x)


def test_what_is_too_large(world, open_session, rng):
    run, _, client = world()
    run.largest_message = 200
    session = open_session(client)
    session.push([1, 2, 3], unit(rng, 3))
    with pytest.raises(coke.OversizeError) as e:
        session.push([4, 5, 6, 7], unit(rng, 4))
    assert str(e.value).startswith("A message of 208 bytes exceeds the 200 bytes")
