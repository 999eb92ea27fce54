"""A trainer of a tiny net: a function for tests, and a program, of which one rank may be killed.

As a program it gets its options as JSON, tells on stdout how far it is, and waits at the steps in
``stops`` for a line on stdin.
"""

import json
import os
import random
import sys
import threading

import numpy as np
import torch
from torch import nn

import coke
from coke.distributed import TrainerGroup
from coke.torch import CokeLoss, EpochTargets, view_mean

IMAGES, D, B, HEADS = 320, 8, 16, (5, 8)
STEPS = IMAGES // B
KINDS, PIXELS = 5, 6


def create(client, name, world=1, **options):
    """The run that it feeds."""
    usual = {"images": IMAGES, "dimension": D, "batch_size": B, "views": 2, "trainers": world}
    return client.create_run(name, **{**usual, "heads": HEADS, "seed": 3, **options})


def train(session, out, epochs, *, seed=0, at=None, pause=0.0):
    """Trains until so many epochs are committed, from the last save.

    Args:
        session: Of one rank.
        out: Folder of saves, and of the targets that every epoch gave.
        epochs: How many, with the first, which only looks.
        seed: Of net, images, order and views.
        at: Called with (epoch, step) before the step.
        pause: The mean of the random times for which this trainer rests before a push, in seconds.

    Returns:
        How often it turned back.
    """
    torch.set_num_threads(1)  # sums in one order
    torch.manual_seed(seed)
    group, rank = TrainerGroup(session), session.rank
    world = session.specification.trainers
    net = nn.Sequential(nn.Linear(PIXELS, 16), nn.ReLU(), nn.Linear(16, D))
    model = nn.parallel.DistributedDataParallel(net) if world > 1 else net
    optimizer = torch.optim.SGD(net.parameters(), 0.2, momentum=0.9)
    noise = torch.Generator().manual_seed(1000 * seed + rank)
    loss_of = CokeLoss(temperature=0.1, large_views=2)
    pace, rest = random.Random(f"{seed}/{rank}"), threading.Event()
    images = _images(seed)
    if session.epoch == 0:
        _save(out, -1, session, net, optimizer, noise)
    _load(out, session, net, optimizer, noise)
    turned = 0
    while session.epoch < epochs:
        epoch = session.epoch
        try:
            targets = EpochTargets(session.targets()) if epoch else None
            order = np.random.RandomState(7919 * seed + epoch).permutation(IMAGES)
            for step in range(STEPS):
                if at is not None:
                    at(epoch, step)
                ids = order[step * B:(step + 1) * B][rank::world]
                group.begin_step()
                x = images[torch.from_numpy(ids)].repeat(2, 1)
                x = x + 0.3 * torch.randn(x.shape, generator=noise)
                z = nn.functional.normalize(model(x), dim=1)
                if targets is not None:
                    loss = loss_of(z, targets.of(ids))
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                if pause:
                    rest.wait(min(10 * pause, pace.expovariate(1 / pause)))
                group.push(ids, view_mean(z, 2))
            group.end_steps()
            _save(out, epoch, session, net, optimizer, noise)
            group.end_epoch()
        except coke.RolledBackError:
            turned += 1
            group.restart_epoch()
            _load(out, session, net, optimizer, noise)
            continue
        told = session.targets()
        centers = {f"centers{h}": c for h, c in enumerate(told.centers)}
        path = os.path.join(out, f"targets-{told.epoch}-{rank}.npz")
        np.savez(path, labels=told.labels, **centers)
    return turned


def _images(seed):
    rng = np.random.default_rng(seed)
    middles = 3 * rng.standard_normal((KINDS, PIXELS))
    x = middles[np.arange(IMAGES) % KINDS] + rng.standard_normal((IMAGES, PIXELS))
    return torch.from_numpy(x.astype(np.float32))


def _save(out, epoch, session, net, optimizer, noise):
    state = {"net": net.state_dict(), "optimizer": optimizer.state_dict()}
    state.update(noise=noise.get_state(), coke=session.state_dict())
    path = os.path.join(out, f"epoch-{epoch}-rank-{session.rank}.pt")
    torch.save(state, path + ".part")
    os.replace(path + ".part", path)


def _load(out, session, net, optimizer, noise):
    state = torch.load(os.path.join(out, f"epoch-{session.epoch - 1}-rank-{session.rank}.pt"))
    if session.epoch:
        session.load_state_dict(state["coke"])
    net.load_state_dict(state["net"])
    optimizer.load_state_dict(state["optimizer"])
    noise.set_state(state["noise"])


def say(line):
    print(line, flush=True)


def main():
    o = json.loads(sys.argv[1])
    rank, world = o["rank"], o["world"]
    if world > 1:
        place = f"tcp://127.0.0.1:{o['port']}"
        torch.distributed.init_process_group(
            "gloo", init_method=place, rank=rank, world_size=world)
    stops = [tuple(stop) for stop in o["stops"]]

    def at(epoch, step):
        if (epoch, step) in stops:
            stops.remove((epoch, step))
            say(f"at {epoch}:{step}")
            sys.stdin.readline()

    run = coke.Client(o["urls"]).run(o["run"])
    try:
        with run.session(rank, world, record=o["record"]) as session:
            if world > 1:
                torch.distributed.barrier()  # who opens amid an epoch takes it back
            turned = train(session, o["out"], o["epochs"], at=at, pause=o["pause"])
            say(f"done, turned back {turned} times, attempt {session.attempt}")
            if world > 1:
                torch.distributed.barrier()
    except coke.CokeError as e:
        say(f"failed: {e.type}: {e}")
        sys.exit(3)


if __name__ == "__main__":
    main()
