"""Training against a real silo, where COKE_SILO has its command line."""

import numpy as np
import pytest

import coke
from batches import unit
from conftest import SILO_B as B, SILO_D as D, SILO_IMAGES as IMAGES

torch = pytest.importorskip("torch")
from coke.torch import CokeLoss, EpochTargets, view_mean  # noqa: E402
from trainers import W, together  # noqa: E402

pytestmark = pytest.mark.silo


def blobs(seed):
    """Images of three kinds, two noisy views each: [2, IMAGES, 5]."""
    rng = np.random.default_rng(seed)
    middles = 3 * rng.standard_normal((3, 5))
    x = middles[np.arange(IMAGES) % 3] + rng.standard_normal((2, IMAGES, 5))
    return torch.from_numpy(x.astype(np.float32))


def test_a_small_model_learns(make_run):
    torch.manual_seed(0)
    run = make_run(views=2, heads=(3, 6), stage_two_after_epoch=4)
    views = blobs(1)
    encoder = torch.nn.Linear(5, D)
    optimizer = torch.optim.SGD(encoder.parameters(), 0.5, momentum=0.9)
    loss_of = CokeLoss(temperature=0.1, large_views=2)
    losses = []
    with run.session() as session:
        while session.epoch <= 6:
            epoch = session.epoch
            targets = EpochTargets(session.targets()) if epoch else None
            order = torch.randperm(IMAGES)
            of_epoch = []
            for ids in order.split(B):
                x = torch.nn.functional.normalize(encoder(views[:, ids].flatten(0, 1)), dim=1)
                if targets is not None:
                    loss = loss_of(x, targets.of(ids))
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    of_epoch.append(loss.item())
                session.push(ids, view_mean(x, 2))
            state = session.state_dict()
            report = session.end_epoch()
            assert report.rows == IMAGES
            session.load_state_dict(state)
            losses.append(np.mean(of_epoch) if of_epoch else np.inf)
        told = session.targets()
    assert losses[-1] < 0.7 * losses[1]
    assert told.soft_labels is not None
    # Each kind has a cluster of its own in the first head.
    kinds = [np.bincount(told.labels[0][kind::3], minlength=3) for kind in range(3)]
    assert sorted(int(np.argmax(counts)) for counts in kinds) == [0, 1, 2]
    assert min(counts.max() / counts.sum() for counts in kinds) > 0.9


@pytest.mark.parametrize("every", [1, 2])
def test_trainers_turn_back_together(make_run, rng, every):
    run = make_run(trainers=W)
    x = unit(rng, IMAGES, D)
    sessions = [run.session(rank, W) for rank in range(W)]
    restored = []

    def work(group, rank):
        log = []
        while group.session.epoch < 3:
            epoch = group.session.epoch
            try:
                for step, first in enumerate(range(0, IMAGES, B)):
                    group.begin_step()
                    if rank == 0 and (epoch, step) in ((0, 2), (1, 4)) and epoch not in restored:
                        restored.append(epoch)
                        run.restore()
                    log.append((epoch, step))
                    ids = np.arange(first, first + B)[rank::W]
                    group.push(ids, x[ids])
                assert group.end_epoch().rows == IMAGES
            except coke.RolledBackError:
                group.restart_epoch()
        return log

    try:
        logs = together(sessions, work, every)
        assert isinstance(logs[0], list) and logs[0] == logs[1], logs
        assert restored == [0, 1] and {session.attempt for session in sessions} == {2}
        assert sessions[0].targets().commit == sessions[1].targets().commit
    finally:
        for session in sessions:
            session.close()
