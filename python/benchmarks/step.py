"""What CoKe costs a PyTorch step: the steps of examples/train.py with the demo's net, with and
without pushing.

    python3 benchmarks/step.py [--silo URL] [--rounds 5] [--threads 1] [--feed]

Prints the CPU time that this program takes for a step, with and without, and the ratio. Without
CoKe the same loss is computed against the same targets of the same images. Both take turns of a
dozen steps, because other work on the machine changes what a step takes. All that the session's
threads do counts as CoKe's, also what they do in the turns without. It wants Fashion-MNIST and a
system with a clock for each thread, such as Linux.

A silo on the same cores slows the loop while it clusters, which one on a machine of its own does
not. With --feed another program pushes as many images a second to it in the turns without, so that
it clusters in both, and what is left is what this program itself does for CoKe.
"""

import argparse
import multiprocessing
import os
import sys
import threading
import time
import uuid

_options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
_options.add_argument("--silo")
_options.add_argument("--token")
_options.add_argument("--rounds", type=int, default=5)
_options.add_argument("--feed", action="store_true")
_options.add_argument("--threads", type=int, default=1, help="of PyTorch and of its BLAS")
o = _options.parse_args()
# torch.set_num_threads does not reach an OpenBLAS with threads of its own, which wait busily: a
# silo on the other core alone would double what they take. It reads this when it is loaded.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(o.threads)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
import coke  # noqa: E402
from coke.torch import CokeLoss, EpochTargets, view_mean  # noqa: E402
from fashion import Augment, fashion_mnist, small_net  # noqa: E402

HEADS, BATCH, COUNT = [10, 10, 10, 20, 30, 50, 70, 100], 64, 10_000
STEPS, TURN = COUNT // BATCH, 12  # 156 steps are 13 turns


def of_session():
    """Seconds of CPU of the session's threads so far."""
    clocks = [
        time.pthread_getcpuclockid(thread.ident)
        for thread in threading.enumerate() if thread.name.startswith("coke-")
    ]
    return sum(map(time.clock_gettime, clocks))


class Meter:
    """CPU of the loop, of the session's threads beside it, and the clock."""

    def __init__(self):
        self.loop = self.session = self.wall = self.push = 0.0

    def measure(self, work):
        session, cpu, wall = of_session(), time.process_time(), time.perf_counter()
        work()
        beside = of_session() - session
        self.loop += time.process_time() - cpu - beside
        self.session += beside
        self.wall += time.perf_counter() - wall


def create(client, name):
    return client.create_run(
        f"{name}-{uuid.uuid4().hex}", images=COUNT, dimension=128, heads=HEADS, batch_size=BATCH,
        views=2,
    )


def feed(url, token, is_due, is_over, seconds):
    """In a program of its own: pushes as a trainer does, a mini-batch every so many seconds."""
    run = create(coke.Client(url, token=token), "feed")
    rng = np.random.default_rng(0)
    x = rng.standard_normal((BATCH, 128)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True) * 1.01  # as the mean of two views: within 1
    with run.session() as session:
        while not is_over.is_set():
            for ids in rng.permutation(COUNT)[:STEPS * BATCH].reshape(-1, BATCH):
                while not is_due.wait(0.1):
                    if is_over.is_set():
                        return run.delete()
                session.push(ids, x)
                time.sleep(seconds.value)
            session.end_epoch()
    run.delete()


def main():
    torch.set_num_threads(o.threads)
    torch.manual_seed(0)
    data = fashion_mnist(COUNT, 0)
    augment, net = Augment(data, 0, blur=0.8), small_net(data.train.shape[1:], 128)
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    loss_of = CokeLoss(temperature=0.1, label_weight=0.5, large_views=2)
    silo = None if o.silo else coke.LocalSilo()
    client = silo.client if silo else coke.Client(o.silo, token=o.token)
    run = create(client, "step")
    spawn = multiprocessing.get_context("spawn")
    is_fed, is_over, pace = spawn.Event(), spawn.Event(), spawn.Value("d", 0.04)
    if o.feed:
        url, token = (silo.url, silo.token) if silo else (o.silo, o.token)
        feeder = spawn.Process(target=feed, args=(url, token, is_fed, is_over, pace), daemon=True)
        feeder.start()

    def steps(turn, targets, push, meter):
        for ids in turn:
            x = data.train[torch.from_numpy(ids)]
            z = nn.functional.normalize(net(torch.cat([augment(x, 0), augment(x, 0)])), dim=1)
            if targets is not None:
                loss = loss_of(z, targets.of(ids))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if push is not None:
                began = time.thread_time()
                push(ids, view_mean(z, 2))
                meter.push += time.thread_time() - began

    ratios = []
    with run.session() as session:
        for n in range(o.rounds + 1):
            targets = EpochTargets(session.targets()) if n else None
            pushed, plain = Meter(), Meter()
            order = np.random.RandomState(n).permutation(COUNT)[:STEPS * BATCH]
            for i, turn in enumerate(order.reshape(-1, TURN, BATCH)):
                arms = [(session.push, pushed), (None, plain)]
                for push, meter in arms if i % 2 else arms[::-1]:
                    (is_fed.set if push is None else is_fed.clear)()
                    meter.measure(lambda: steps(turn, targets, push, meter))
            is_fed.clear()
            if o.feed and not feeder.is_alive():
                sys.exit("The program that feeds the silo has ended.")
            session.end_epoch()
            pace.value = pushed.wall / STEPS
            if n:
                beside = pushed.session + plain.session
                ratios.append((pushed.loop + beside) / plain.loop)
                print(
                    f"step: {1e3 * (pushed.loop + beside) / STEPS:.2f} ms CPU "
                    f"({1e3 * pushed.wall / STEPS:.2f} ms) with CoKe, "
                    f"{1e3 * plain.loop / STEPS:.2f} ({1e3 * plain.wall / STEPS:.2f}) without: "
                    f"{ratios[-1]:.3f}; {1e3 * pushed.push / STEPS:.2f} ms to push, "
                    f"{1e3 * beside / STEPS:.2f} in the session's threads",
                    flush=True,
                )
    is_over.set()
    run.delete()
    print(
        f"CPU of a step with CoKe / without: {np.median(ratios):.3f} at the median "
        f"[{min(ratios):.3f} to {max(ratios):.3f}]"
    )


if __name__ == "__main__":
    main()
