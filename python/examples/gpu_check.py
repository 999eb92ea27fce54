"""One command that shows CoKe at work on a GPU: a silo, a PyTorch loop on CUDA, and the proof that
its labels are those of Algorithm 1 on what was pushed.

    python3 gpu_check.py --pack coke-silo.tar.xz        the silo as pack_silo.sh packed it
    COKE_SILO=... python3 gpu_check.py                  another silo's command
    python3 gpu_check.py --cpu --minutes 1              a trial without a GPU

It needs what a PyTorch image has: torch and numpy; no network, no images (it draws its own), no
.NET. It ends within eight minutes, prints its numbers as JSON, and exits with 1 if a label differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

import numpy as np
import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src"))
import coke  # noqa: E402
from coke.torch import CokeLoss, EpochTargets, view_mean  # noqa: E402

BEGAN = time.perf_counter()


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.way = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )
        self.short = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.short = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        return torch.relu(self.way(x) + self.short(x))


def network(width, dimension):
    """A ResNet-18 of some width, and a projection."""
    layers = [nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    before = width
    for stage in range(4):
        for block in range(2):
            after = width << stage
            layers.append(Block(before, after, 2 if block == 0 and stage else 1))
            before = after
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 512), nn.BatchNorm1d(512)]
    return nn.Sequential(*layers, nn.ReLU(), nn.Linear(512, dimension), nn.BatchNorm1d(dimension))


class Images:
    """Images that are drawn on the device: every one is one of some patterns, moved and noisy."""

    def __init__(self, count, size, device, patterns=500):
        random = torch.Generator(device).manual_seed(1)
        self.patterns = torch.rand(patterns, 3, size, size, generator=random, device=device)
        self.kinds = torch.randint(patterns, (count,), generator=random, device=device)
        self.random = random

    def view(self, ids):
        x = self.patterns[self.kinds[ids]]
        at = torch.rand(len(ids), 2, generator=self.random, device=x.device) * 0.4 - 0.2
        theta = torch.zeros(len(ids), 2, 3, device=x.device)
        theta[:, 0, 0] = theta[:, 1, 1] = 0.8
        theta[:, :, 2] = at
        grid = nn.functional.affine_grid(theta, list(x.shape), align_corners=False)
        x = nn.functional.grid_sample(x, grid, align_corners=False, padding_mode="reflection")
        return x + 0.1 * torch.randn(x.shape, generator=self.random, device=x.device)


class Utilization:
    """How busy the GPU is, by nvidia-smi, as often as it answers, while ``counts`` is set."""

    def __init__(self, active):
        self.seen, self.counts, self._end = [], False, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        if active:
            self._thread.start()

    def _look(self):
        command = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
        while not self._end.wait(0.25):
            if not self.counts:
                continue
            try:
                told = subprocess.run(command, capture_output=True, text=True, timeout=10).stdout
                if self.counts:
                    self.seen.append(int(told.split()[0]))
            except (OSError, ValueError, IndexError, subprocess.SubprocessError):
                return

    def mean(self):
        self._end.set()
        return round(float(np.mean(self.seen)), 1) if self.seen else None


def epoch_of(o, model, images, optimizer, loss_of, device, step):
    """One epoch; ``step(ids, z)`` is all that CoKe does in it."""
    order = np.random.RandomState(step.epoch).permutation(o.images)
    for first in range(0, o.images // o.batch * o.batch, o.batch):
        ids = order[first:first + o.batch]
        on_device = torch.from_numpy(ids).to(device, non_blocking=True)
        views = torch.cat([images.view(on_device), images.view(on_device)])
        with torch.autocast(device.type, torch.bfloat16):
            z = model(views)
        z = nn.functional.normalize(z.float(), dim=1)
        if step.targets is not None:
            loss = loss_of(z, step.targets.of(on_device))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        step(ids, z)
    if device.type == "cuda":
        torch.cuda.synchronize()


class Step:
    """What is done with embeddings: nothing, or they are pushed."""

    def __init__(self, epoch, targets, session=None):
        self.epoch, self.targets, self.session, self.spent = epoch, targets, session, []

    def __call__(self, ids, z):
        if self.session is None:
            return
        began = time.perf_counter()
        self.session.push(ids, view_mean(z.detach(), 2))
        self.spent.append(time.perf_counter() - began)


def compare(o, folder, read, silo_command):
    """The labels and centers that the silo answered, against those of Algorithm 1."""
    subprocess.run([*silo_command, "replay", folder], check=True, stdout=subprocess.DEVNULL)
    labels = centers = 0
    for epoch, (found, of_heads) in read.items():
        path = os.path.join(folder, f"labels-{epoch}.i32")
        labels += int((np.fromfile(path, "<i4").reshape(found.shape) != found).sum())
        for h, center in enumerate(of_heads):
            expected = np.fromfile(os.path.join(folder, f"centers-{epoch}-{h}.f32"), "<f4")
            centers += int((expected != np.asarray(center).ravel()).sum())
    return labels, centers


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    a.add_argument("--pack", help="the packed silo")
    a.add_argument("--cpu", action="store_true", help="without a GPU, small")
    a.add_argument("--minutes", type=float, default=5.0, help="when no further epoch is begun")
    a.add_argument("--images", type=int)
    a.add_argument("--heads", type=int, nargs="+")
    a.add_argument("--batch", type=int)
    o = a.parse_args()
    if not o.cpu and not torch.cuda.is_available():
        sys.exit("There is no CUDA device: run this where one is, or give --cpu.")
    device = torch.device("cpu" if o.cpu else "cuda")
    o.images = o.images or (2_048 if o.cpu else 100_000)
    o.batch = o.batch or (128 if o.cpu else 1_024)
    o.heads = o.heads or ([50, 20] if o.cpu else [3_000, 3_000, 3_000])
    size, width = (32, 8) if o.cpu else (96, 64)
    torch.manual_seed(0)

    with tempfile.TemporaryDirectory() as folder:
        command = None
        if o.pack:
            with tarfile.open(o.pack) as pack:
                pack.extractall(folder)
            command = [os.path.join(folder, "coke-silo", "CoKe.Silo")]
        silo = coke.LocalSilo(command)
        recorded = os.path.join(folder, "recorded")
        model = network(width, 128).to(device)
        optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9, weight_decay=1e-4)
        images = Images(o.images, size, device)
        loss_of = CokeLoss(temperature=0.1, large_views=2)
        run = silo.client.create_run(
            "gpu-check", images=o.images, dimension=128, heads=o.heads, batch_size=o.batch, views=2
        )
        session = run.session(record=recorded)
        rows, rates, read, spent, waited, trained = o.images // o.batch * o.batch, [], {}, [], 0, 0
        alone, use = [], Utilization(device.type == "cuda")
        while session.epoch == 0 or time.perf_counter() - BEGAN < 60 * o.minutes:
            epoch = session.epoch
            targets = None
            if epoch:
                frozen = session.targets()
                read[epoch - 1] = (frozen.labels, frozen.centers)
                targets = EpochTargets(frozen, device)
            before, began = session.time_waited, time.perf_counter()
            step = Step(epoch, targets, session)
            use.counts = epoch > 0  # what is measured below too: a pass with CoKe that learns
            epoch_of(o, model, images, optimizer, loss_of, device, step)
            use.counts = False
            took = time.perf_counter() - began
            session.end_epoch()
            if epoch:
                rates.append(rows / took)
                waited += session.time_waited - before
                trained += time.perf_counter() - began
                spent += step.spent
                began = time.perf_counter()  # the same steps, with the same targets, without CoKe
                epoch_of(o, model, images, optimizer, loss_of, device, Step(epoch, targets))
                alone.append(rows / (time.perf_counter() - began))
        busy = use.mean()
        frozen = session.targets()
        read[session.epoch - 1] = (frozen.labels, frozen.centers)
        session.close()
        words = command or silo.command
        labels, centers = compare(o, recorded, read, words)
        silo.close()

    print(json.dumps({
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "images": o.images, "heads": o.heads, "batch": o.batch, "epochs": len(read),
        "images_per_second": round(float(np.median(rates)), 1),
        "images_per_second_without": round(float(np.median(alone)), 1),
        "share_waited": round(waited / trained, 4),
        "push_ms_median": round(1e3 * float(np.median(spent)), 3),
        "gpu_utilization_percent": busy,
        "labels_compared": int(sum(found.size for found, _ in read.values())),
        "labels_that_differ": labels, "center_values_that_differ": centers,
        "seconds": round(time.perf_counter() - BEGAN, 1),
    }, indent=1))
    sys.exit(1 if labels or centers else 0)


if __name__ == "__main__":
    main()
