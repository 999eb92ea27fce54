"""How fast mini-batches go through the door of one silo, and how long a push holds its caller.

    python3 benchmarks/door.py [--silo URL] [--parts 2000]

Prints MB/s of parts of 512 KB with one and with four requests under way, the same into a run that
clusters them, and the milliseconds of ``Session.push`` while there is room. The parts of the first
two are of an attempt that the run has left: they take the whole way through the door and the
stream, and are dropped where they would be clustered.
"""

import argparse
import http.client
import threading
import time
import uuid
from urllib.parse import urlsplit

import numpy as np

import coke

ROWS, D = 1008, 128  # with their ids 512 KB


def rows(count, rng):
    x = rng.standard_normal((count, D)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def stale(silo, run, generation, token, parts, together, rng):
    """MB/s of plain requests."""
    place, body = urlsplit(silo), []
    for _ in range(8):
        ids = rng.permutation(run.specification.clustering.image_count)[:ROWS].astype("<i8")
        body.append(ids.tobytes() + rows(ROWS, rng).tobytes())
    headers = {"Content-Type": "application/octet-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    left, lock, refused = iter(range(parts)), threading.Lock(), [0]

    def send():
        connection = http.client.HTTPConnection(place.hostname, place.port)
        while True:
            with lock:
                n = next(left, None)
            if n is None:
                return
            path = f"/v1/runs/{run.run_id}/ranks/0/epochs/0/attempts/0/batches/{n}"
            while True:
                url = f"{path}?generation={generation}"
                connection.request("PUT", url, body[n % len(body)], headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    break
                refused[0] += 1

    threads = [threading.Thread(target=send) for _ in range(together)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    return parts * len(body[0]) / took / 1e6, refused[0]


def pushed(client, parts, rng):
    """MB/s into a run that clusters, and the times of push while there is room."""
    n = parts * ROWS
    run = client.create_run(
        f"door-{uuid.uuid4().hex}", images=n, dimension=D, heads=[16], batch_size=ROWS
    )
    x = rows(ROWS * 16, rng)
    with run.session() as session:
        times, began = [], time.perf_counter()
        for i in range(parts):
            ids, part = np.arange(i * ROWS, (i + 1) * ROWS), x[i % 16 * ROWS:(i % 16 + 1) * ROWS]
            before, at = session.time_waited, time.perf_counter()
            session.push(ids, part)
            if session.time_waited - before < 1e-4:
                times.append(time.perf_counter() - at)
        session.end_epoch()
        took = time.perf_counter() - began
    run.delete()
    return parts * ROWS * (8 + 4 * D) / took / 1e6, 1e3 * np.array(times)


def paced(client, seconds, rng, warm_up=5.0, rate=2540.0, tell=lambda word: None):
    """Milliseconds of push at the pace of the paper's eight GPUs, and the share of its time that
    the trainer waits."""
    b, images = 1024, 1_281_167
    options = [coke.HeadOptions(K, dual_learning_rate=20.0) for K in (3000, 4000, 5000)]
    run = client.create_run(
        f"paced-{uuid.uuid4().hex}", images=images, dimension=D, heads=options, batch_size=b
    )
    x = rows(b * 16, rng)
    with run.session() as session:
        step, times = 0, []
        for phase in (warm_up, seconds):
            times, waited, began, first = [], session.time_waited, time.perf_counter(), step
            if phase == seconds:
                tell("begin")
            while time.perf_counter() - began < phase:
                at = time.perf_counter()
                session.push(np.arange(step * b, (step + 1) * b), x[step % 16 * b:][:b])
                times.append(time.perf_counter() - at)
                step += 1
                due = began + (step - first) * b / rate
                time.sleep(max(0.0, due - time.perf_counter()))
            took, waited = time.perf_counter() - began, session.time_waited - waited
        tell("end")
    run.delete()
    return 1e3 * np.array(times), waited / took


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--silo", help="its address; none: one is started")
    a.add_argument("--token")
    a.add_argument("--parts", type=int, default=2000)
    a.add_argument("--seconds", type=float, default=20)
    a.add_argument("--only-pace", action="store_true", help="for the benchmark that counts CPU")
    o = a.parse_args()
    rng = np.random.default_rng(0)
    silo = None if o.silo else coke.LocalSilo()
    client = silo.client if silo else coke.Client(o.silo, token=o.token)
    url = silo.url if silo else o.silo
    token = silo.token if silo else o.token
    if o.only_pace:
        paced(client, o.seconds, rng, tell=lambda word: print(word, flush=True))
        return
    run = client.create_run(
        f"stale-{uuid.uuid4().hex}", images=100_000, dimension=D, heads=[16], batch_size=ROWS
    )
    session = run.session()
    run.restore()
    for together in (1, 4, 1, 4):
        rate, busy = stale(url, run, session.generation, token, o.parts, together, rng)
        print(f"{together} under way: {rate:.0f} MB/s, {busy} times told to wait", flush=True)
    session.close()
    run.delete()
    rate, times = pushed(client, min(o.parts, 1000), rng)
    print(f"clustered into 16: {rate:.0f} MB/s; push {np.median(times):.2f} ms at the median, "
          f"{np.quantile(times, 0.9):.2f} at 90 % ({len(times)} pushes of 512 KB with room)")
    times, waited = paced(client, o.seconds, rng)
    print(f"2,540 images/s into 3,000, 4,000, 5,000: push {np.median(times):.2f} ms at the median, "
          f"{np.quantile(times, 0.9):.2f} at 90 %; waited {waited:.2%} of the time")
    if silo:
        silo.close()


if __name__ == "__main__":
    main()
