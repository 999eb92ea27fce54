"""Client and run: requests, errors, silos that are silent, TLS, pickles."""

import json
import pickle
import shutil
import ssl
import subprocess
import threading

import numpy as np
import pytest

import coke
from batches import unit
from coke._problems import of_problem
from fake_door import FakeDoor, FakeRun, problem


def test_a_run_is_created_as_it_was_asked_for(world):
    _, doors, client = world()
    run = client.create_run(
        "birds", images=64, dimension=4, heads=[3, coke.HeadOptions(5, margin=0.1)],
        batch_size=8, min_size_ratio=0.5, views=2, trainers=1, seed=3, stage_two_after_epoch=7)
    method, path, _, headers, body = doors[0].requests[-1]
    assert (method, path, headers["Content-Type"]) == ("POST", "/v1/runs", "application/json")
    assert json.loads(body) == {"name": "birds", "trainers": 1, "clustering": {
        "imageCount": 64, "dimension": 4, "batchSize": 8, "views": 2, "seed": 3,
        "stageTwoAfterEpoch": 7,
        "heads": [{"clusterCount": 3, "minimumSizeRatio": 0.5},
                  {"clusterCount": 5, "margin": 0.1, "minimumSizeRatio": 0.5}]}}
    assert run.run_id == "birds~1"
    assert repr(run) == "<run 'birds' (birds~1): 64 images of dimension 4, clusters 3 + 5>"


def test_initial_centers_go_as_a_form(world, rng):
    _, doors, client = world()
    centers = [unit(rng, 3), unit(rng, 5)]
    client.create_run("birds", images=64, dimension=4, heads=[3, 5], initial_centers=centers)
    headers, body = doors[0].requests[-1][3:]
    boundary = headers["Content-Type"].split("boundary=")[1].encode()
    parts = body.split(b"--" + boundary)
    assert b'name="specification"' in parts[1] and parts[4] == b"--\r\n"
    for part, array in zip(parts[2:4], centers):
        head, content = part.split(b"\r\n\r\n", 1)
        assert b'name="centers"' in head
        assert content == array.tobytes() + b"\r\n"


def test_a_run_tells_and_assigns(world, rng):
    fake, doors, client = world()
    run = client.run("birds")
    with pytest.raises(coke.UnknownRunError, match="There is no run 'fish': list the runs"):
        client.run("fish")
    with pytest.raises(coke.EpochNotReadableError):
        run.labels([1])
    fake.commit()
    status = run.status()
    assert (status.state, status.epoch, status.warnings) == ("live", 1, ("w",))
    assert status.specification.clustering.heads[1].cluster_count == 5
    assert [(s.name, s.state, s.hindrance) for s in client.runs()] == [
        ("a-strange-one", "unknown", "Its row is damaged."), ("birds", "live", None)]
    assert run.epoch_report(0).heads[1].cluster_count == 5
    assert run.labels(np.arange(64)).labels.shape == (2, 64)
    assert run.targets([1]).commit == coke.Commit(0, 1)
    assert [c.shape for c in run.centers()] == [(3, 4), (5, 4)]
    assert run.clusters(0, sort="-count", page=1, size=5).clusters[0].dual == 0.5
    assert doors[0].requests[-1][2] == {"sort": "-count", "page": "1", "size": "5"}
    assert run.assign(unit(rng, 6)).shape == (2, 6)
    assert run.assign_with_sizes(unit(rng, 6), maximum_size_ratio=1.5).shape == (6,)
    assert doors[0].requests[-1][2] == {"head": "0", "maximumSizeRatio": "1.5"}
    with pytest.raises(coke.UnknownPartError, match="There is no head 2: give 0 to 1"):
        run.centers(2)
    assert run.restore().attempt == 1
    run.delete()
    run.delete()
    with pytest.raises(coke.RunGoneError):
        run.status()


def test_many_images_are_read_in_parts_of_one_commit(world, monkeypatch):
    monkeypatch.setattr("coke._reader._MOST", 40)
    fake, doors, client = world()
    fake.commit()
    run = client.run("birds")
    begun = len(doors[0].requests)
    labels = run.labels()
    assert (labels.labels[0] == fake.label(np.arange(64), 0, 0)).all()
    asked = [request[2] for request in doors[0].requests[begun:]]
    assert asked == [{}] + [{"epoch": "0", "commit": "1"}] * 3


@pytest.mark.parametrize("status, slug, kind", [
    (400, "invalid-options", coke.InvalidOptionsError),
    (400, "invalid-embeddings", coke.InvalidEmbeddingsError),
    (400, "invalid-image-id", coke.InvalidImageIdError),
    (400, "invalid-request", coke.InvalidRequestError),
    (401, "token-missing", coke.AccessError),
    (401, "token-wrong", coke.AccessError),
    (403, "right-refused", coke.AccessError),
    (403, "wrong-host", coke.AccessError),
    (404, "unknown-run", coke.UnknownRunError),
    (404, "unknown-part", coke.UnknownPartError),
    (404, "epoch-not-readable", coke.EpochNotReadableError),
    (409, "run-conflict", coke.RunConflictError),
    (409, "fenced-trainer", coke.FencedTrainerError),
    (409, "run-faulted", coke.RunFaultedError),
    (409, "attempt-conflict", coke.AttemptConflictError),
    (409, "refused-batch", coke.RefusedBatchError),
    (410, "run-gone", coke.RunGoneError),
    (413, "oversize", coke.OversizeError),
    (415, "unsupported-content", coke.InvalidRequestError),
    (500, "internal", coke.ServerError),
    (409, "of-a-later-version", coke.ServerError),
])
def test_problems_are_typed_errors(world, status, slug, kind):
    _, doors, client = world()
    run = client.run("birds")
    doors[0].script = lambda method, path: problem(
        status, slug, "Row 3 has norm 2.", field="embeddings[3]", value="2", remedy="normalize")
    with pytest.raises(kind) as e:
        run.status()
    assert type(e.value) is kind
    told = (str(e.value), e.value.field, e.value.value, e.value.remedy, e.value.type,
            e.value.status)
    assert told == ("Row 3 has norm 2.", "embeddings[3]", "2", "normalize", slug, status)
    again = pickle.loads(pickle.dumps(e.value))
    assert (type(again), str(again), again.field) == (kind, str(e.value), "embeddings[3]")


def test_an_answer_without_a_problem_says_who_answered():
    error = of_problem(403, {}, "http://proxy:1")
    assert isinstance(error, coke.AccessError)
    assert str(error) == (
        "http://proxy:1 answered with status 403 and no reason: see what runs there.")


def test_an_epoch_to_be_asked_for_again_is_asked_for_again(world):
    _, doors, client = world()
    run = client.run("birds")
    told = [problem(503, "run-recovering", "It recovers."), problem(429, "too-busy"),
            (502, [], b""), "silence", None]
    doors[0].script = lambda method, path: told.pop(0)
    assert run.status().run_id == "birds~1"
    assert told == []


def test_what_lasts_too_long_is_told(world):
    _, doors, client = world()
    run = client.run("birds")
    client.give_up_after = 0.05
    doors[0].script = lambda *_: problem(503, "run-recovering", "It recovers.")
    with pytest.raises(coke.RunRecoveringError, match="It recovers."):
        run.status()
    doors[0].script = lambda *_: "silence"
    with pytest.raises(coke.SiloUnreachableError, match="or raise give_up_after"):
        run.status()
    nobody = coke.Client(doors[0].url.replace("127.0.0.1", "127.0.0.2"), give_up_after=0.05)
    with pytest.raises(coke.SiloUnreachableError, match="start one there, or name the address"):
        nobody.runs()


def test_a_silo_that_stops_is_left(world):
    _, doors, client = world(doors=2)
    doors[0].script = lambda *_: problem(503, "unavailable", "It stops.")
    assert client.runs()[-1].name == "birds"
    assert client.runs()[-1].name == "birds"
    assert (len(doors[0].requests), len(doors[1].requests)) == (1, 2)


def test_a_silo_that_was_silent_is_probed_before_it_is_asked_again(world):
    _, doors, client = world(doors=2)
    silent = [True, False]
    for door, n in zip(doors, (0, 1)):
        door.script = lambda method, path, n=n: "silence" if silent[n] else None
    client.runs()
    assert [len(door.requests) for door in doors] == [1, 1]
    silent[:] = [True, True]
    client.give_up_after = 0.5
    with pytest.raises(coke.SiloUnreachableError):
        client.runs()
    asked = {request[1] for request in doors[0].requests[1:]}
    assert asked == {"/health"}
    silent[:] = [False, True]
    client.runs()
    assert [request[1] for request in doors[0].requests[-2:]] == ["/health", "/v1/runs"]
    client.runs()
    assert doors[0].requests[-2][1] == "/v1/runs"


def test_a_silo_that_hangs_is_left_before_its_time(world, monkeypatch):
    monkeypatch.setattr("coke._http.LATE", 0.01)
    monkeypatch.setattr("coke._http.PROBE", 10.0)
    _, doors, client = world(doors=2)
    go_on = threading.Event()

    def late(method, path):  # it is slow, and says so
        if path != "/health":
            go_on.wait(0.2)

    def hangs(method, path):
        go_on.wait(20)

    doors[0].script = late
    assert client.runs()[-1].name == "birds"
    assert [request[1] for request in doors[0].requests] == ["/v1/runs", "/health"]
    doors[0].script = hangs
    monkeypatch.setattr("coke._http.PROBE", 0.05)
    assert client.runs()[-1].name == "birds"
    assert not go_on.is_set() and doors[1].requests[-1][1] == "/v1/runs"
    go_on.set()


def test_connections_are_kept(world):
    _, doors, client = world()
    for _ in range(5):
        client.runs()
    assert doors[0].connections == 1


def test_a_connection_that_was_ended_meanwhile_is_no_silence(world):
    _, doors, client = world(doors=2)
    client.runs()
    with client._connections._lock:
        connection = client._connections._idle[0][1]
    connection.sock.shutdown(2)
    client.runs()
    assert (len(doors[0].requests), len(doors[1].requests)) == (2, 0)


def test_tokens_are_sent_and_never_shown(world):
    _, doors, _ = world()
    client = coke.Client(doors[0].url, token="secret")
    client.runs()
    assert doors[0].requests[-1][3]["Authorization"] == "Bearer secret"
    assert "secret" not in repr(client) + repr(client._place)
    with pytest.raises(coke.InvalidOptionsError) as e:
        coke.Client(token="secret\n")
    assert "secret" not in str(e.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8081", "ftp://a", "", "http://"])
def test_addresses_are_checked(url):
    with pytest.raises(coke.InvalidOptionsError, match="is no address of a silo"):
        coke.Client(url)


def test_a_client_may_be_pickled_and_a_session_not(world, open_session):
    _, _, client = world()
    again = pickle.loads(pickle.dumps(client))
    assert again.run("birds").run_id == "birds~1"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(open_session(client))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_tls_trusts_the_clusters_certificate_by_its_name(tmp_path):
    def certificate(name):
        key, cert = tmp_path / f"{name}.key", tmp_path / f"{name}.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
             key, "-out", cert, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"],
            check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        return context, cert

    context, cert = certificate("coke")
    other_context, other = certificate("other")
    door = FakeDoor(FakeRun(), tls=context)
    wrong = FakeDoor(FakeRun(), tls=other_context)
    try:
        assert coke.Client(door.url, ca=cert).runs()[-1].name == "birds"
        with pytest.raises(coke.AccessError, match="is not trusted"):
            coke.Client(door.url, ca=other).runs()
        with pytest.raises(coke.AccessError, match="is not trusted"):
            coke.Client(wrong.url, ca=other).runs()  # trusted, and of another name
    finally:
        door.close()
        wrong.close()
    with pytest.raises(coke.InvalidOptionsError, match="cannot be read"):
        coke.Client(door.url, ca=str(tmp_path / "missing.pem"))
