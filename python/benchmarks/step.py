"""What CoKe costs a PyTorch step: the steps of examples/train.py with the demo's net, with and
without pushing, in turns, on one thread.

    python3 benchmarks/step.py [--silo URL] [--rounds 5]

Prints the CPU time that this program takes for a step, with and without, and the ratio. Without
CoKe the same loss is computed against the same targets. It wants Fashion-MNIST.
"""

import argparse
import os
import sys
import time
import uuid

import numpy as np
import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples"))
import coke  # noqa: E402
from coke.torch import CokeLoss, EpochTargets, view_mean  # noqa: E402
from fashion import Augment, fashion_mnist, small_net  # noqa: E402

HEADS, BATCH, COUNT = [10, 10, 10, 20, 30, 50, 70, 100], 64, 10_000


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    a.add_argument("--silo")
    a.add_argument("--token")
    a.add_argument("--rounds", type=int, default=5)
    o = a.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    data = fashion_mnist(COUNT, 0)
    augment, net = Augment(data, 0, blur=0.8), small_net(data.train.shape[1:], 128)
    optimizer = torch.optim.SGD(net.parameters(), 0.01, momentum=0.9, weight_decay=5e-4)
    loss_of = CokeLoss(temperature=0.1, label_weight=0.5, large_views=2)
    silo = None if o.silo else coke.LocalSilo()
    client = silo.client if silo else coke.Client(o.silo, token=o.token)
    run = client.create_run(
        f"step-{uuid.uuid4().hex}", images=COUNT, dimension=128, heads=HEADS, batch_size=BATCH,
        views=2,
    )

    def epoch(targets, push):
        """Seconds of CPU and of the clock per step."""
        order = np.random.RandomState(0).permutation(COUNT)[:COUNT // BATCH * BATCH]
        cpu, wall = time.process_time(), time.perf_counter()
        for ids in order.reshape(-1, BATCH):
            x = data.train[torch.from_numpy(ids)]
            z = nn.functional.normalize(net(torch.cat([augment(x, 0), augment(x, 0)])), dim=1)
            if targets is not None:
                loss = loss_of(z, targets.of(ids))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            if push is not None:
                push(ids, view_mean(z, 2))
        steps = COUNT // BATCH
        return (time.process_time() - cpu) / steps, (time.perf_counter() - wall) / steps

    ratios = []
    with run.session() as session:
        epoch(None, session.push)
        session.end_epoch()
        for _ in range(o.rounds):
            targets = EpochTargets(session.targets())
            pushed, wall = epoch(targets, session.push)
            session.end_epoch()
            plain, plain_wall = epoch(targets, None)
            ratios.append(pushed / plain)
            print(
                f"step: {1e3 * pushed:.2f} ms CPU ({1e3 * wall:.2f} ms) with CoKe, "
                f"{1e3 * plain:.2f} ({1e3 * plain_wall:.2f}) without: {ratios[-1]:.3f}",
                flush=True,
            )
    run.delete()
    print(f"CPU of a step with CoKe / without: {np.median(ratios):.3f} at the median")


if __name__ == "__main__":
    main()
