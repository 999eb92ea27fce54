"""What the examples share and what has nothing to do with CoKe: images, views, a small network, and
how good the clusters are."""

import gzip
import os
import struct
from dataclasses import dataclass
from typing import Optional

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

FASHION_MNIST = "/usr/share/datasets/fashion-mnist"  # Debian's dataset-fashion-mnist


@dataclass
class Data:
    """Images of one size, [n, channels, size, size], 0 to 1; labels only judge the result."""

    train: torch.Tensor
    test: Optional[torch.Tensor] = None
    test_labels: Optional[np.ndarray] = None


def fashion_mnist(count, seed, folder=None):
    folder = folder or os.environ.get("FASHION_MNIST", FASHION_MNIST)
    train = idx(os.path.join(folder, "train-images-idx3-ubyte.gz"))
    chosen = np.random.RandomState(seed).permutation(len(train))[:count]
    test = idx(os.path.join(folder, "t10k-images-idx3-ubyte.gz"))
    labels = idx(os.path.join(folder, "t10k-labels-idx1-ubyte.gz")).astype(int)
    return Data(as_images(train[chosen]), as_images(test), labels)


def image_folder(folder, count, size=64):
    """Every image below a folder, as lightly and torchvision have it; labels are not looked at."""
    from PIL import Image

    paths = sorted(
        os.path.join(where, name)
        for where, _, names in os.walk(folder)
        for name in names
        if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp", ".bmp"))
    )[:count]
    images = np.stack(
        [np.asarray(Image.open(path).convert("RGB").resize((size, size))) for path in paths]
    )
    return Data(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255)


def idx(path):
    """An array as MNIST has it."""
    with gzip.open(path) as file:
        content = file.read()
    shape = struct.unpack(f">{content[3]}I", content[4:4 + 4 * content[3]])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def as_images(array):
    return torch.as_tensor(array[:, None].copy()).float() / 255


class Augment:
    """A random view: crop, brightness, contrast, blur. It has its own random numbers, which
    are saved with the network.

    The least area of a crop grows from ``smallest`` to ``last_smallest`` over the first half of
    training; half of the views are blurred, by up to ``blur`` pixels.
    """

    def __init__(self, data, seed, smallest=0.3, last_smallest=None, blur=0.0):
        self.mean = data.train.mean((0, 2, 3), keepdim=True)
        self.deviation = data.train.std((0, 2, 3), keepdim=True)
        self.smallest = smallest
        self.last_smallest = smallest if last_smallest is None else last_smallest
        self.blur = blur
        self.random = torch.Generator().manual_seed(seed)

    def __call__(self, x, progress):
        """One view of every image; ``progress``: 0 at the start of training to 1 at its end."""
        b, device = len(x), x.device
        smallest = self.smallest + (self.last_smallest - self.smallest) * min(1, 2 * progress)
        draw = lambda *shape: torch.rand(*shape, generator=self.random)  # noqa: E731
        area = smallest + (1 - smallest) * draw(b)
        ratio = torch.exp(np.log(3 / 4) + (np.log(4 / 3) - np.log(3 / 4)) * draw(b))
        w, h = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
        theta = torch.zeros(b, 2, 3)
        theta[:, 0, 0] = w
        theta[:, 1, 1] = h
        theta[:, 0, 2] = (draw(b) * 2 - 1) * (1 - w)
        theta[:, 1, 2] = (draw(b) * 2 - 1) * (1 - h)
        grid = F.affine_grid(theta.to(device), list(x.shape), align_corners=False)
        y = F.grid_sample(x, grid, align_corners=False, padding_mode="border")
        changed = (draw(b) < 0.8).float().view(-1, 1, 1, 1)
        brightness = (1 + changed * (draw(b, 1, 1, 1) * 1.2 - 0.6)).to(device)
        contrast = (1 + changed * (draw(b, 1, 1, 1) * 1.2 - 0.6)).to(device)
        y = (y * brightness).clamp(0, 1)
        m = y.mean((1, 2, 3), keepdim=True)
        y = ((y - m) * contrast + m).clamp(0, 1)
        if self.blur:
            width = 0.1 + (self.blur - 0.1) * draw(b)
            y = blurred(y, torch.where(draw(b) < 0.5, width, torch.tensor(1e-3)).to(device))
        return self.plain(y)

    def plain(self, x):
        return (x - self.mean.to(x.device)) / self.deviation.to(x.device)

    def state_dict(self):
        return {"random": self.random.get_state()}

    def load_state_dict(self, state):
        self.random.set_state(state["random"])


def blurred(x, deviation):
    """Every image blurred by a Gaussian of its own width, in pixels."""
    b, channels, taps = len(x), x.shape[1], torch.arange(-3, 4, device=x.device)
    kernel = torch.softmax(-0.5 * (taps / deviation[:, None]) ** 2, 1)
    kernel = kernel.repeat_interleave(channels, 0)[:, None]
    y = F.pad(x, (3, 3, 3, 3), mode="reflect")
    y = y.reshape(1, b * channels, *y.shape[2:])
    y = F.conv2d(y, kernel[..., None], groups=b * channels)
    return F.conv2d(y, kernel[:, :, None], groups=b * channels).view_as(x)


def small_net(shape, dimension, width=16):
    """Four layers of convolutions, and the projection whose rows are clustered."""
    channels, size = shape[0], shape[1]

    def layer(inputs, outputs, kernel, stride):
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]

    w, flat = width, 2 * width * ((size + 3) // 4) ** 2
    hidden = min(flat, 256)
    return nn.Sequential(
        *layer(channels, w, 3, 2),
        *layer(w, 2 * w, 3, 2),
        *layer(2 * w, 4 * w, 3, 1),
        *layer(4 * w, 2 * w, 1, 1),
        nn.Flatten(),
        nn.Linear(flat, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Linear(hidden, dimension),
        nn.BatchNorm1d(dimension),
    )


@torch.no_grad()
def evaluate(net, data, centers, device):
    """ACC and NMI of test images in the clusters of one head, against their classes."""
    from scipy.optimize import linear_sum_assignment
    from sklearn.metrics import normalized_mutual_info_score

    plain = Augment(data, 0).plain
    net.eval()
    rows = [
        F.normalize(net(plain(part).to(device)), dim=1).cpu() for part in data.test.split(500)
    ]
    net.train()
    found = (torch.cat(rows) @ torch.tensor(centers).T).argmax(1).numpy()
    size = max(len(centers), int(data.test_labels.max()) + 1)
    table = np.zeros((size, size), int)
    np.add.at(table, (found, data.test_labels), 1)
    acc = table[linear_sum_assignment(-table)].sum() / len(found)
    nmi = normalized_mutual_info_score(data.test_labels, found)
    return f"test ACC {acc:.3f}, NMI {nmi:.3f}"
