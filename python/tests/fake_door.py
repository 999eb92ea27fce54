"""A silo's door in this process, with a run that does what a test tells it.

It clusters nothing. It keeps the rules that a session depends on: identity, generation, attempt,
watermark, refusals, commits.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np

from coke.errors import FencedTrainerError

PATIENCE = 20.0  # of a test for what must happen; nothing waits so long that passes


def problem(status, slug, detail="", headers=(), **more):
    """An answer as a silo refuses: (status, headers, body)."""
    told = {"type": f"urn:coke:{slug}", "title": slug, "status": status, "detail": detail, **more}
    kind = [("Content-Type", "application/problem+json")]
    return status, [*kind, *headers], json.dumps(told).encode()


def fenced(rank, generation, newer):
    """As every request of a generation that was replaced is refused: in a silo's own words."""
    told = FencedTrainerError.of("birds", rank, generation, newer)
    return problem(409, told.slug, str(told), field="generation", value=str(generation))


def found(value, status=200):
    return status, [("Content-Type", "application/json")], json.dumps(value).encode()


class FakeRun:
    """A run. Tests change it under ``changing`` and wait by ``wait``."""

    def __init__(self, name="birds", images=64, dimension=4, heads=(3, 5), trainers=1, views=1,
                 stage_two_after=None):
        self.name, self.run_id = name, f"{name}~1"
        self.images, self.dimension, self.heads = images, dimension, heads
        self.trainers, self.views, self.stage_two_after = trainers, views, stage_two_after
        self.changed = threading.Condition()
        self.stamp, self.incarnation, self.attempt, self.epoch = 1, 1, 0, 0
        self.committed_incarnation = 0
        self.generations = [0] * trainers
        self.names = [""] * trainers
        self.watermarks = [0] * trainers
        self.refusals = []
        self.arrivals = []  # (rank, epoch, attempt, sequence), again when it comes again
        self.bodies = {}
        self.ends = {}
        self.least_window, self.largest_message = 8, 1 << 20
        self.state = "live"
        self.is_durable = True  # at once, up to the first hole
        self.commits = True  # when every rank has ended
        self.room = True
        self.poll_wait = 0.02
        self.polls = 0
        self.next_expected = None  # else a question: what a poll tells instead of the watermark
        self.gone = False
        self.reports = []  # (rank, what was told)
        self.finished = [0] * trainers

    def changing(self, **values):
        with self.changed:
            for name, value in values.items():
                setattr(self, name, value)
            self.stamp += 1
            self.changed.notify_all()

    def hear(self, rank, generation, what, body):
        with self.changed:
            if what == "/finish":
                self.finished[rank] = generation
            else:
                self.reports.append((rank, json.loads(body)))
            self.changed.notify_all()
        return 204, [], b""

    def wait(self, what):
        with self.changed:
            assert self.changed.wait_for(what, PATIENCE), "it did not happen"

    def arrived(self, *keys):
        self.wait(lambda: all(key in self.bodies or key in self.ends for key in keys))

    def restore(self):
        """Back to the boundary, as a new attempt."""
        with self.changed:
            self.attempt += 1
            self.watermarks = [0] * self.trainers
            self.refusals = []
            self.stamp += 1
            self.changed.notify_all()

    def refuse(self, rank, sequence, content_hash="11", message="Image id 3 came from rank 1 too."):
        with self.changed:
            key = (rank, self.epoch, self.attempt, sequence)
            self.bodies.pop(key, None)
            self.refusals = [{
                "rank": rank, "epoch": self.epoch, "attempt": self.attempt, "sequence": sequence,
                "contentHash": content_hash, "kind": "invalidImageId", "field": "imageIds",
                "value": "3", "message": message, "unknownField": 1,
            }]
            self.stamp += 1
            self.changed.notify_all()

    def take(self, rank, epoch, attempt, sequence, body, end=None):
        with self.changed:
            key = (rank, epoch, attempt, sequence)
            self.arrivals.append(key)
            if end is None:
                self.bodies.setdefault(key, body)
            else:
                self.ends[key] = end
            self.settle()
            self.changed.notify_all()

    def settle(self):
        if self.is_durable:
            for rank in range(self.trainers):
                n = self.watermarks[rank]
                while (rank, self.epoch, self.attempt, n) in self.bodies:
                    n += 1
                if n != self.watermarks[rank]:
                    self.watermarks[rank] = n
                    self.stamp += 1
        ended = {k[0] for k in self.ends if k[1:3] == (self.epoch, self.attempt)
                 and self.watermarks[k[0]] >= self.ends[k]}
        if self.commits and len(ended) == self.trainers:
            self.commit()

    def commit(self):
        with self.changed:
            self.epoch += 1
            self.committed_incarnation = self.incarnation
            self.watermarks = [0] * self.trainers
            self.stamp += 1
            self.changed.notify_all()

    def specification(self):
        return {"name": self.name, "trainers": self.trainers, "clustering": {
            "imageCount": self.images, "dimension": self.dimension, "batchSize": 8,
            "views": self.views, "stageTwoAfterEpoch": self.stage_two_after,
            "softLabelSlots": 2, "labelSharpening": 0.5, "newer": [1],
            "heads": [{"clusterCount": k, "minimumSizeRatio": 0.4} for k in self.heads]}}

    def status(self):
        return {"name": self.name, "runId": self.run_id, "specification": self.specification(),
                "state": self.state, "incarnation": self.incarnation, "attempt": self.attempt,
                "epoch": self.epoch, "stamp": self.stamp, "lastEpoch": None, "warnings": ["w"],
                "trainers": [{"rank": r, "generation": g} for r, g in enumerate(self.generations)],
                "somethingNew": {"a": 1}}

    def progress(self, rank):
        n = self.watermarks[rank]
        expected = self.next_expected() if self.next_expected else n
        return {"generation": self.generations[rank], "stamp": self.stamp, "new": 0,
                "incarnation": self.incarnation, "attempt": self.attempt, "epoch": self.epoch,
                "committedIncarnation": self.committed_incarnation, "nextExpected": expected,
                "durableWatermark": n, "processed": n, "step": n, "refusals": self.refusals}

    def label(self, ids, head, epoch):
        return (ids + epoch + head) % self.heads[head]

    def center(self, head, epoch):
        rows = np.zeros((self.heads[head], self.dimension), "<f4")
        rows[:, (head + epoch) % self.dimension] = 1
        return rows


class FakeDoor:
    """HTTP before a ``FakeRun``. ``script(method, path)`` may answer in its place."""

    def __init__(self, run, script=None, tls=None):
        self.run, self.script = run, script
        self.requests = []
        self.connections = 0
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                door.connections += 1
                super().setup()

            def log_message(self, *_):
                pass

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                parts = urlsplit(self.path)
                asked = {k: v[0] for k, v in parse_qs(parts.query).items()}
                door.requests.append((self.command, parts.path, asked, dict(self.headers), body))
                told = door.script(self.command, self.path) if door.script else None
                if told == "silence":
                    self.close_connection = True
                    return
                if told is None:
                    told = door.handle(self.command, parts.path, asked, self.headers, body)
                status, headers, content = told
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_):
                pass  # clients that go away are part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}"
        serve = self.server.serve_forever
        self.thread = threading.Thread(target=serve, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handle(self, method, path, asked, headers, body):
        run = self.run
        if path == "/v1/runs":
            if method == "POST":
                return found(run.status())
            known = asked.get("name", run.name) == run.name and not run.gone
            troubles = {} if "name" in asked else {"a-strange-one": "Its row is damaged."}
            return found({"runs": [run.status()] if known else [], "troubles": troubles})
        place = f"/v1/runs/{run.run_id}"
        if not path.startswith(place) or run.gone:
            return problem(410, "run-gone", "The run is gone.")
        rest = path[len(place):]
        if rest == "" and method == "DELETE":
            run.gone = True
            return 204, [], b""
        if rest == "":
            return found(run.status())
        if rest == "/restore":
            if int(asked["attempt"]) == run.attempt:
                run.restore()
            return found(run.status())
        match = re.fullmatch(r"/ranks/(\d+)(/.*)?", rest)
        if match:
            return self.of_rank(method, int(match[1]), match[2] or "", asked, body)
        if match := re.fullmatch(r"/epochs/(\d+)", rest):
            return self.report(int(match[1]))
        return self.read(method, rest, asked, headers, body)

    def report(self, epoch):
        if epoch >= self.run.epoch:
            return problem(404, "epoch-not-readable", f"Epoch {epoch} is not readable.")
        heads = [{"clusterCount": k, "smallestSizeRatio": "Infinity"} for k in self.run.heads]
        return found({"epoch": epoch, "rows": 8, "steps": 2, "heads": heads})

    def of_rank(self, method, rank, rest, asked, body):
        run = self.run
        if rank >= run.trainers:
            told = f"There is no rank {rank}: give 0 to {run.trainers - 1}."
            return problem(404, "unknown-part", told, field="rank", value=str(rank))
        if rest == "" and method == "GET":
            return found({"generation": run.generations[rank]})
        if rest == "":
            return self.register(rank, json.loads(body))
        generation = int(asked["generation"])
        if rest == "/progress":
            return self.poll(rank, generation, int(asked["after"]))
        if generation != run.generations[rank]:
            return fenced(rank, generation, run.generations[rank])
        if rest in ("/report", "/finish"):
            return run.hear(rank, generation, rest, body)
        match = re.fullmatch(r"/epochs/(\d+)/attempts/(\d+)/(?:batches/(\d+)|end)", rest)
        epoch, attempt = int(match[1]), int(match[2])
        if match[3] is None:
            count = int(asked["count"])
            run.take(rank, epoch, attempt, count, b"", end=count)
        else:
            run.take(rank, epoch, attempt, int(match[3]), body)
        return found({"room": run.room}, 202)

    def register(self, rank, asked):
        run = self.run
        with run.changed:
            if asked["trainer"] != run.names[rank]:
                if asked["after"] != run.generations[rank]:
                    return fenced(rank, asked["after"] + 1, run.generations[rank])
                run.names[rank] = asked["trainer"]
                run.generations[rank] += 1
                if run.generations[rank] > 1:
                    run.restore()
        return found({"runId": run.run_id, "rank": rank, "generation": run.generations[rank],
                      "leastWindow": run.least_window, "mostWindow": 256,
                      "largestMessage": run.largest_message, "softLabelSlots": 2,
                      "specification": run.specification()})

    def poll(self, rank, generation, after):
        run = self.run
        with run.changed:
            run.polls += 1
            run.changed.notify_all()
            run.changed.wait_for(lambda: run.stamp != after or run.gone, run.poll_wait)
            if run.gone:
                return problem(410, "run-gone", "The run is gone.")
            if run.state == "recovering":
                return problem(503, "run-recovering", "Run 'birds' is recovering.")
            if run.state == "faulted":
                return problem(409, "run-faulted", "Run 'birds' cannot go on: disk.")
            return found(run.progress(rank))

    def read(self, method, rest, asked, headers, body):
        run = self.run
        last = run.epoch - 1
        wrong = "epoch" in asked and (int(asked["epoch"]), int(asked["commit"])) != (
            last, run.committed_incarnation)
        if last < 0 or wrong:
            return problem(404, "epoch-not-readable", f"The committed epoch is {last}.")
        heads = len(run.heads)
        if rest == "/labels":
            ids = np.frombuffer(body, "<i8")
            labels = np.stack([run.label(ids, h, last) for h in range(heads)]).astype("<i4")
            content = labels.tobytes() + (ids % 2).astype("u1").tobytes()
        elif rest == "/soft-labels":
            n = len(body) // 8
            labels = np.full((heads, n, 2), -1, "<i4")
            labels[..., 0] = 1
            weights = np.zeros((heads, n, 2), "<f4")
            weights[..., 0] = 1
            content = labels.tobytes() + weights.tobytes()
        elif match := re.fullmatch(r"/heads/(\d+)/centers", rest):
            content = run.center(int(match[1]), last).tobytes()
        elif re.fullmatch(r"/heads/(\d+)/clusters", rest):
            return found({"clusters": [{"cluster": 0, "count": 2, "dual": 0.5}], "total": 1})
        elif rest == "/assign":
            n = len(body) // (4 * run.dimension)
            content = np.ones((heads, n), "<i4").tobytes()
        elif rest == "/assign-with-sizes":
            content = np.zeros(len(body) // (4 * run.dimension), "<i4").tobytes()
        else:
            return problem(404, "unknown-path", "There is no such path.")
        commit = [("CoKe-Epoch", str(last)), ("CoKe-Commit", str(run.committed_incarnation))]
        return 200, [("Content-Type", "application/octet-stream"), *commit], content
