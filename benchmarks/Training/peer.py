"""Images per second of training by PyTorch: peer.py small|resnet18 plain|last SECONDS BATCH THREADS K.... The same layers, two views, losses and optimizer as Workload.cs."""
import sys
import time

import torch
from torch import nn
from torchvision.models.resnet import BasicBlock


class Net(nn.Module):
    def __init__(self, body, projection):
        super().__init__()
        self.body, self.projection = body, projection

    def forward(self, x):
        return nn.functional.normalize(self.projection(self.body(x)), dim=1)


def layer(a, b, size, stride):
    return [nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]


def small():
    body = nn.Sequential(*layer(1, 16, 3, 2), *layer(16, 32, 3, 2), *layer(32, 64, 3, 1), *layer(64, 32, 1, 1))
    return Net(body, nn.Sequential(nn.Conv2d(32, 256, 7), nn.Flatten(), nn.BatchNorm1d(256), nn.ReLU(True), nn.Linear(256, 128), nn.BatchNorm1d(128))), (1, 28)


def resnet18(width=16):
    blocks, inside = layer(3, width, 3, 1), width
    for i in range(4):
        for j in range(2):
            out, stride = width << i, 2 if i and not j else 1
            down = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if stride > 1 else None
            block = BasicBlock(64, 64)
            block.conv1, block.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
            block.conv2, block.bn2, block.downsample = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out), down
            blocks.append(block)
            inside = out
    head = nn.Sequential(nn.Flatten(), nn.Linear(inside, inside), nn.BatchNorm1d(inside), nn.ReLU(True), nn.Linear(inside, 128), nn.BatchNorm1d(128))
    return Net(nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1)), head), (3, 32)


def main(net, layout, seconds, batch, threads, heads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model, (channels, side) = {"small": small, "resnet18": resnet18}[net]()
    images = torch.randn(2 * batch, channels, side, side)
    centers = nn.functional.normalize(torch.randn(sum(heads), 128), dim=1)
    labels = [torch.randint(0, k, (batch,)) for k in heads]
    alpha, temperature = 0.5, 0.15
    if layout == "last":
        model, images = model.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = model(images) @ centers.t() / temperature  # one product for all heads
        losses = []
        for s, y in zip(logits.split(heads, dim=1), labels):
            log_p = s.log_softmax(1)
            other = log_p.detach().exp().roll(batch, 0)
            losses.append(alpha * nn.functional.nll_loss(log_p, y.repeat(2)) - (1 - alpha) * (other * log_p).sum(1).mean())
        loss = torch.stack(losses).mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    for _ in range(3):
        step()
    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        step()
        steps += 1
    print(steps * batch / (time.perf_counter() - start))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), [int(k) for k in sys.argv[6:]])
