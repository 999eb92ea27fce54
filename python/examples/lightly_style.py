"""CoKe's loss inside somebody else's loop: a model that is trained as lightly's examples do, with
a backbone, a projection head, a criterion, and a loader that gives (views, classes, ids).

    python3 lightly_style.py [--silo http://host:8080]

Only the five lines marked with (CoKe) are new. Any loader does that tells the index of its images.
"""

import argparse
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import coke
from coke.torch import CokeLoss, EpochTargets, view_mean
from fashion import Augment, fashion_mnist, small_net


class TwoViews(Dataset):
    """Image i as two views, as lightly's collate functions give them."""

    def __init__(self, data):
        self.images, self.augment = data.train, Augment(data, seed=0)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image = self.images[i:i + 1]
        return [self.augment(image, 0)[0] for _ in range(2)], 0, i


class Model(nn.Module):
    def __init__(self, shape):
        super().__init__()
        layers = list(small_net(shape, 128))
        self.backbone = nn.Sequential(*layers[:13])
        self.projection_head = nn.Sequential(*layers[13:])

    def forward(self, x):
        return nn.functional.normalize(self.projection_head(self.backbone(x)), dim=1)


def main():
    a = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    a.add_argument("--silo", nargs="*")
    a.add_argument("--token", default=os.environ.get("COKE_TOKEN"))
    a.add_argument("--count", type=int, default=2_000)
    a.add_argument("--epochs", type=int, default=3)
    a.add_argument("--workers", type=int, default=0)
    o = a.parse_args()

    torch.manual_seed(0)
    dataset = TwoViews(fashion_mnist(o.count, 0))
    loader = DataLoader(dataset, batch_size=128, shuffle=True, num_workers=o.workers)
    model = Model(dataset.images.shape[1:])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.06, momentum=0.9, weight_decay=5e-4)
    criterion = CokeLoss(temperature=0.1, large_views=2)

    client = coke.Client(o.silo, token=o.token) if o.silo else coke.LocalSilo().client
    run = client.create_run(  # (CoKe) 1: what is clustered
        f"lightly-{os.getpid()}", images=len(dataset), dimension=128, heads=[10, 100],
        batch_size=128, views=2,
    )
    with run.session() as session:  # (CoKe) 2: this trainer
        for epoch in range(o.epochs + 1):
            targets = EpochTargets(session.targets()) if epoch else None  # (CoKe) 3: y and C
            total = 0.0
            for (x0, x1), _, ids in loader:
                z = model(torch.cat([x0, x1]))
                if targets is not None:
                    loss = criterion(z, targets.of(ids))
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    total += loss.item()
                session.push(ids, view_mean(z, 2))  # (CoKe) 4: to be clustered
            report = session.end_epoch()  # (CoKe) 5: labels for the next epoch
            print(f"loss {total / len(loader):.3f} in {report}")
    run.delete()


if __name__ == "__main__":
    main()
