"""Golden values of losses and of whole training steps; called by make_golden.py."""
import numpy as np
import torch
from torch import nn

import losses
from lars import Lars
from resnets import Narrow, disturb

COUNTS, B, D = [3, 7, 5], 6, 8

# large views, small views, temperature, alpha, weight of large views, beta (0: no prediction), soft labels
CASES = {
    "one": (1, 0, 0.1, 0.2, 0.5, 0, 0), "one-soft": (1, 0, 0.1, 0.2, 0.5, 0, 1), "one-prediction": (1, 0, 0.1, 0.2, 0.5, 1, 0),
    "one-soft-prediction": (1, 0, 0.2, 0.2, 0.5, 0.5, 1), "two": (2, 0, 0.05, 0.2, 0.5, 0, 0), "two-labels-only": (2, 0, 0.1, 1, 0.5, 0, 0),
    "two-prediction": (2, 0, 0.05, 0.2, 0.5, 0.5, 0), "two-soft": (2, 0, 0.15, 0.5, 0.5, 0, 1), "three": (3, 0, 0.1, 0.3, 0.5, 0, 0),
    "multi-crop": (2, 6, 0.05, 0.2, 0.5, 0, 0), "multi-crop-prediction": (2, 6, 0.05, 0.2, 0.25, 0.7, 0), "multi-crop-soft": (2, 6, 0.1, 0.4, 0.25, 0, 1),
    "one-and-small": (1, 2, 0.1, 0.4, 0.75, 0, 0), "three-and-small": (3, 1, 0.1, 0.6, 0.6, 0.5, 0),
}


def unit(*shape):
    return torch.nn.functional.normalize(torch.randn(*shape), dim=-1)


def soft_weights(k):
    """Up to 5 labels per image; the last image has none."""
    weights = torch.zeros(B, k, dtype=torch.float64)
    for i in range(B - 1):
        chosen = torch.randperm(k)[: 1 + i % min(5, k)]
        weights[i, chosen] = torch.rand(len(chosen), dtype=torch.float64) + 0.05
        weights[i] /= weights[i].sum() * (1 + 0.1 * i)
    return weights


def loss_tensors():
    torch.manual_seed(21)
    views, predicted = unit(9, B, D), unit(9, B, D)  # three large, six small
    centers, labels = [unit(k, D) for k in COUNTS], [torch.randint(0, k, (B,)) for k in COUNTS]
    soft = [soft_weights(k) for k in COUNTS]
    tensors = {"views": views.numpy(), "predicted": predicted.numpy()}
    for h in range(len(COUNTS)):
        tensors.update({f"centers.{h}": centers[h].numpy(), f"labels.{h}": labels[h].numpy(), f"soft.{h}": soft[h].numpy()})
    for name, case in CASES.items():
        large, small, temperature, alpha, weight, beta, is_soft = case
        xs = [v.double().requires_grad_() for v in (*views[:large], *views[3:3 + small])]
        qs = [v.double().requires_grad_() for v in (*predicted[:large], *predicted[3:3 + small])]
        heads = []
        for c, y, s in zip(centers, labels, soft):
            dense = losses.one_hot(y, len(c))
            if is_soft:
                dense = torch.where(s.sum(1, keepdim=True) > 0, losses.sharpened(s, 0.5), dense)
            heads.append((c.double(), dense))
        value = losses.coke(xs[:large], xs[large:], heads, temperature, alpha, weight, (qs[:large], qs[large:]) if beta else None, beta)
        value.backward()
        tensors[f"{name}.options"] = np.array(case, "f8")
        tensors[f"{name}.value"] = np.array([value.item()])
        tensors[f"{name}.gradient"] = torch.cat([torch.zeros_like(x) if x.grad is None else x.grad for x in xs]).numpy()
        if beta:
            tensors[f"{name}.predicted.gradient"] = torch.cat([q.grad for q in qs]).numpy()
    return tensors


class Whole(nn.Module):
    """The names of ours: backbone, projection, prediction."""

    def __init__(self, layers, prediction, hidden=8, dimension=4):
        super().__init__()
        self.backbone = Narrow("resnet18", 2, "cifar")
        middle = [nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU()] if layers == 3 else []
        self.projection = nn.Sequential(
            nn.Flatten(), nn.Linear(16, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), *middle, nn.Linear(hidden, dimension), nn.BatchNorm1d(dimension))
        self.prediction = nn.Sequential(nn.Linear(dimension, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Linear(hidden, dimension)) if prediction else None

    def forward(self, x):
        z = self.projection(self.backbone(x))
        return nn.functional.normalize(z, dim=1), None if self.prediction is None else nn.functional.normalize(self.prediction(z), dim=1)


# layers of the projection, prediction, large views, small views, temperature, alpha, weight of large views, beta, whether LARS
STEPS = {"multi-crop-lars": (3, 1, 2, 3, 0.2, 0.2, 0.5, 0.5, 1), "one-view-sgd": (2, 0, 1, 0, 0.2, 0.2, 0.5, 0, 0)}
RATES = {"multi-crop-lars": [0.0, 1.0, 2.0, 1.5], "one-view-sgd": [0.0, 0.02, 0.04, 0.03]}
KEPT = ["backbone.conv1.weight", "backbone.layer2.0.downsample.0.weight", "backbone.bn1.bias", "backbone.bn1.running_var", "projection.1.weight", "prediction.3.weight"]


def step_tensors():
    tensors, brief = {}, []
    for name, case in STEPS.items():
        layers, prediction, large, small, temperature, alpha, weight, beta, is_lars = case
        torch.manual_seed(22)
        net = disturb(Whole(layers, prediction), brief=True)
        weights = {n: v.numpy().copy() for n, v in net.state_dict().items()}
        tensors.update({f"{name}.start.{n}": v for n, v in weights.items()})
        brief += [f"{name}.start.{n}" for n, v in weights.items() if v.dtype == np.float32]
        net = net.double().train()
        images = [torch.randint(0, 256, (n * B, 3, side, side), dtype=torch.uint8) for n, side in ((large, 16), (small, 8)) if n]
        heads = [(unit(k, 4), torch.randint(0, k, (B,))) for k in COUNTS]
        for h, (c, y) in enumerate(heads):
            tensors.update({f"{name}.centers.{h}": c.numpy(), f"{name}.labels.{h}": y.numpy()})
        dense = [(c.double(), losses.one_hot(y, len(c))) for c, y in heads]
        tensors.update({f"{name}.images.{i}": v.numpy() for i, v in enumerate(images)})
        tensors[f"{name}.options"], tensors[f"{name}.rates"] = np.array(case, "f8"), np.array(RATES[name])
        parameters = list(net.parameters())
        original = Lars(parameters, momentum=0.9, decay=1e-6, trust=0.001) if is_lars else torch.optim.SGD(parameters, lr=1, momentum=0.9, weight_decay=1e-6)
        for t, rate in enumerate(RATES[name]):
            outputs = [net(v.double() / 255) for v in images]  # every size by itself
            split = [[z for o in outputs for z in o[i].split(B)] for i in ((0, 1) if prediction else (0,))]
            predicted = (split[1][:large], split[1][large:]) if prediction else None
            value = losses.coke(split[0][:large], split[0][large:], dense, temperature, alpha, weight, predicted, beta)
            for p in parameters:
                p.grad = None
            value.backward()
            if is_lars:
                original.step(rate)
            else:
                original.param_groups[0]["lr"] = rate
                original.step()
            tensors[f"{name}.{t}.loss"] = np.array([value.item()])
            tensors[f"{name}.{t}.embeddings"] = (sum(split[0][:large]) / large).detach().numpy()
        after = net.state_dict()
        tensors.update({f"{name}.end.{n}": after[n].numpy().copy() for n in KEPT if n in after})
    return tensors, brief
