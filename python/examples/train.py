"""CoKe in a PyTorch loop of one's own: Algorithm 2 with two views, on any number of trainers.

    python3 train.py                                   Fashion-MNIST, a silo that this starts
    python3 train.py --images FOLDER                   a folder of images (needs Pillow)
    python3 train.py --silo http://host:8080           a running silo
    torchrun --nproc_per_node 2 train.py --silo URL    two trainers of one model (Debian's torchrun
                                                       fails on Python 3.11: set RANK, WORLD_SIZE,
                                                       MASTER_ADDR and MASTER_PORT yourself there)

The silo keeps clusters and pseudo-labels; this file keeps the network. It may be killed and started
again: it goes on from its last save. For that, the silo that it starts keeps its runs beside the
saves, in the folder --out; a running silo must keep its own (not --memory). The lines marked with
(CoKe) are all that the silo needs.
"""

import argparse
import os
import sys
import time

import numpy as np
import torch
from torch import nn

import coke
from coke.distributed import TrainerGroup
from coke.torch import CokeLoss, EpochTargets, view_mean
from fashion import Augment, evaluate, fashion_mnist, image_folder, small_net


def options():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--silo", nargs="*", help="addresses of running silos; none: one is started")
    a.add_argument("--token", default=os.environ.get("COKE_TOKEN"), help="or COKE_TOKEN")
    a.add_argument("--run", default="train-py", help="name of the run")
    a.add_argument("--images", help="a folder of images instead of Fashion-MNIST")
    a.add_argument("--count", type=int, default=10_000, help="images to train on")
    a.add_argument("--epochs", type=int, default=48)
    a.add_argument("--batch", type=int, default=64, help="images of all trainers together")
    a.add_argument("--heads", type=int, nargs="+", default=[10, 10, 10, 20, 30, 50, 70, 100])
    a.add_argument("--min-size-ratio", type=float, default=0.9)
    a.add_argument("--rate", type=float, default=0.1, help="learning rate")
    a.add_argument("--temperature", type=float, default=0.15)
    a.add_argument("--seed", type=int, default=0)
    a.add_argument("--out", default="out-train-py", help="folder of saves")
    a.add_argument("--record", help="folder for what was pushed, for coke-silo replay")
    return a.parse_args()


def main():
    o = options()
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if world > 1 and not o.silo:
        sys.exit("Several trainers need one silo that all reach: start it, and give --silo.")
    if world > 1:
        torch.distributed.init_process_group("gloo" if not torch.cuda.is_available() else "nccl")
    torch.manual_seed(o.seed)  # the same network everywhere; views differ by rank below
    device = torch.device("cuda", rank) if torch.cuda.is_available() else torch.device("cpu")
    data = image_folder(o.images, o.count) if o.images else fashion_mnist(o.count, o.seed)
    images, N = data.train, len(data.train)

    if o.silo:
        client = coke.Client(o.silo, token=o.token)
    else:
        kept = os.path.join(o.out, "silo")
        os.makedirs(kept, exist_ok=True)
        client = coke.LocalSilo(options=["--data", kept]).client
    heads = [
        coke.HeadOptions(K, margin=0.08, dual_learning_rate=max(1.0, 0.04 * K)) for K in o.heads
    ]
    run = client.create_run(  # (CoKe)
        o.run, images=N, dimension=128, heads=heads, min_size_ratio=o.min_size_ratio,
        batch_size=o.batch, views=2, trainers=world, seed=o.seed,
    )
    session = run.session(rank, world, record=o.record)  # (CoKe)
    trainers = TrainerGroup(session)  # (CoKe)

    net = small_net(images.shape[1:], 128).to(device)
    model = nn.parallel.DistributedDataParallel(net) if world > 1 else net
    optimizer = torch.optim.SGD(model.parameters(), 0.0, momentum=0.9, weight_decay=1e-3)
    loss_of = CokeLoss(temperature=o.temperature, label_weight=0.5, large_views=2)  # (CoKe)
    augment = Augment(data, seed=1000 * o.seed + rank, last_smallest=0.8, blur=0.8)
    mine = dict(net=net, optimizer=optimizer, augment=augment)
    if session.epoch == 0:
        save(o, rank, session, mine, epoch=-1)  # to begin the first epoch anew from
    load(o, rank, session, mine)

    steps = N // o.batch
    while session.epoch <= o.epochs:
        epoch, began, waited, seen = session.epoch, time.perf_counter(), session.time_waited, 0.0
        try:
            targets = EpochTargets(session.targets(), device) if epoch else None  # (CoKe)
            for step, ids in enumerate(parts(o, epoch, N, rank, world)):
                trainers.begin_step()  # (CoKe)
                x = images[torch.from_numpy(ids)].to(device)
                views = torch.cat([augment(x, epoch / o.epochs) for _ in range(2)])
                if epoch == 0:  # the first epoch only looks: there are no labels yet
                    with torch.no_grad():
                        z = nn.functional.normalize(model(views), dim=1)
                else:
                    z = nn.functional.normalize(model(views), dim=1)
                    loss = loss_of(z, targets.of(ids))  # (CoKe)
                    for group in optimizer.param_groups:
                        group["lr"] = rate(o, (epoch - 1) * steps + step, steps)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    lr = optimizer.param_groups[0]["lr"]
                    session.report(loss=loss, learning_rate=lr, last_epoch=o.epochs)  # (CoKe)
                    seen += loss.item()
                trainers.push(ids, view_mean(z, 2))  # (CoKe)
            trainers.end_steps()  # (CoKe)
            save(o, rank, session, mine, session.epoch)
            report = trainers.end_epoch()  # (CoKe)
        except coke.RolledBackError:  # a silo's state was taken back to the epoch's start
            trainers.restart_epoch()
            load(o, rank, session, mine)
            continue
        if rank == 0:
            took = time.perf_counter() - began
            first = report.heads[0]
            print(
                f"epoch {epoch}: loss {seen / max(1, steps):.3f}, {N / took:.0f} images/s, waited "
                f"{(session.time_waited - waited) / took:.1%}, clusters of {first.smallest_size} "
                f"to {first.largest_size}, similarity {first.mean_similarity:.3f}",
                flush=True,
            )
    session.finish()  # (CoKe)
    if rank == 0 and data.test is not None:
        print(evaluate(net, data, run.centers(0), device))
    session.close()


def parts(o, epoch, N, rank, world):
    """This trainer's part of every mini-batch. All draw the same order, so that parts fit."""
    order = np.random.RandomState(7919 * o.seed + epoch).permutation(N)
    end = N if epoch == 0 else N // o.batch * o.batch
    for first in range(0, end, o.batch):
        part = order[first:first + o.batch][rank::world]
        if len(order[first:first + o.batch]) >= 2 * world:
            yield part


def rate(o, step, warm_up):
    total = warm_up * o.epochs
    if step < warm_up:
        return o.rate * step / warm_up
    return o.rate * 0.5 * (1 + np.cos(np.pi * (step - warm_up) / (total - warm_up)))


def save(o, rank, session, mine, epoch):
    """What this trainer goes on from after an epoch: written whole or not at all."""
    os.makedirs(o.out, exist_ok=True)
    state = {name: one.state_dict() for name, one in mine.items()}
    path = os.path.join(o.out, f"epoch-{epoch}-rank-{rank}.pt")
    torch.save(dict(state, coke=session.state_dict()), path + ".part")
    os.replace(path + ".part", path)


def load(o, rank, session, mine):
    """Goes on from the save at the last boundary, whichever that is."""
    state = torch.load(os.path.join(o.out, f"epoch-{session.epoch - 1}-rank-{rank}.pt"))
    if session.epoch > 0:
        session.load_state_dict(state["coke"])
    for name, one in mine.items():
        one.load_state_dict(state[name])


if __name__ == "__main__":
    main()
