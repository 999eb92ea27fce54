"""Writes the golden files of the trainer's tests. Run: /usr/bin/python3 make_golden.py DIR, with Debian's python3-torch and python3-torchvision."""
import gzip
import json
import os
import sys

import numpy as np
import torch

import numpy_safetensors as st
import training_golden
from lars import Lars
from resnets import Narrow, disturb, full

NARROW = {"resnet18-imagenet": ("resnet18", 4, "imagenet", 32), "resnet18-cifar": ("resnet18", 2, "cifar", 32), "resnet50-imagenet": ("resnet50", 2, "imagenet", 64)}
GRADIENTS = ["conv1.weight", "layer1.0.conv2.weight", "layer2.0.downsample.0.weight", "layer4.1.bn1.bias"]


def pack(path):
    with open(path, "rb") as file, open(path + ".gz", "wb") as out, gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        packed.write(file.read())
    os.remove(path)


def names(folder):
    path = os.path.join(folder, "resnet-names.json")
    shapes = {kind: {name: list(values.shape) for name, values in full(kind).state_dict().items()} for kind in ("resnet18", "resnet50")}
    with open(path, "w") as file:
        json.dump(shapes, file)
    pack(path)


def narrow(folder, file, kind, width, stem, side):
    torch.manual_seed(11)
    net = disturb(Narrow(kind, width, stem), brief=True)
    weights = {name: values.numpy().copy() for name, values in net.state_dict().items()}
    images = torch.randint(0, 256, (4, 3, side, side), dtype=torch.uint8)
    direction = torch.randn(4, net(torch.zeros(2, 3, 32, 32)).shape[1])
    net.load_state_dict({name: torch.from_numpy(values) for name, values in weights.items()})
    batch = images.float() / 255
    extra = {"images": images.numpy(), "direction": direction.numpy()}
    net.eval()
    with torch.no_grad():
        extra["features.eval"] = net(batch).numpy()
    net.train()
    features = net(batch)
    extra["features.train"] = features.detach().numpy()
    (features * direction).sum().backward()
    gradients = dict(net.named_parameters())
    for name in GRADIENTS:
        extra["gradient." + name] = gradients[name].grad.numpy()
    extra["after.bn1.running_var"] = net.bn1.running_var.numpy()
    path = os.path.join(folder, file + ".safetensors")
    st.write(path, {**weights, **{"peer." + n: v for n, v in extra.items()}}, brief=[n for n, v in weights.items() if v.dtype == np.float32])
    pack(path)


def optimizers(folder, steps=8):
    torch.manual_seed(12)
    shapes = {"weight": (4, 3, 3, 3), "matrix": (5, 4), "bias": (5,), "zero": (2, 3)}
    start = {name: torch.randn(shape) * (name != "zero") for name, shape in shapes.items()}
    gradients = [{name: torch.randn(shape) * (0 if name == "matrix" and t == 3 else 1) for name, shape in shapes.items()} for t in range(steps)]
    rates = [0.1 * (t + 1) for t in range(3)] + [0.3 * 0.5 * (1 + np.cos(np.pi * t / 5)) for t in range(5)]
    tensors = {"rates": np.array(rates)}
    tensors.update({f"start.{n}": v.numpy() for n, v in start.items()})
    for t, step in enumerate(gradients):
        tensors.update({f"gradient.{t}.{n}": v.numpy() for n, v in step.items()})
    for kind in ("sgd", "lars"):
        parameters = {n: v.clone().requires_grad_() for n, v in start.items()}
        if kind == "lars":
            original = Lars(list(parameters.values()), momentum=0.9, decay=1e-6, trust=0.001)
        else:
            original = torch.optim.SGD(list(parameters.values()), lr=1, momentum=0.9, weight_decay=0.01)
        for t, step in enumerate(gradients):
            for n, p in parameters.items():
                p.grad = step[n].clone()
            if kind == "lars":
                original.step(rates[t])
            else:
                original.param_groups[0]["lr"] = rates[t]
                original.step()
            tensors.update({f"{kind}.{t}.{n}": p.detach().numpy().copy() for n, p in parameters.items()})
    tensors["cosine"] = np.array(cosine(peak=0.4, steps=30))
    tensors["warm-up"] = np.array(warm_up(peak=1.6, warm=10, steps=60))
    path = os.path.join(folder, "optimizers.safetensors")
    st.write(path, tensors)
    pack(path)


def cosine(peak, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    return rates


def warm_up(peak, warm, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1e-15, end_factor=1, total_iters=warm)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warm)
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[warm])
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def training(folder):
    for file, (tensors, brief) in {"losses": (training_golden.loss_tensors(), []), "training-steps": training_golden.step_tensors()}.items():
        path = os.path.join(folder, file + ".safetensors")
        st.write(path, tensors, brief=brief)
        pack(path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    names(folder)
    for file, arguments in NARROW.items():
        narrow(folder, file, *arguments)
    optimizers(folder)
    training(folder)
