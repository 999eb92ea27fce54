"""The loss of CoKe in PyTorch, and its targets on a device.

All of it is plain differentiable code for any device. It computes in float32, also under autocast
(float64 stays).
Rows stand view after view: all images of the first view, then all of the next, large views first.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass
from typing import Any, ContextManager, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from torch import Tensor, nn

from ._images import within
from ._reader import SoftLabels, Targets
from .errors import InvalidOptionsError


class PseudoLabels(NamedTuple):
    """The pseudo-labels of b images in one head.

    Attributes:
        clusters: [b, slots], int64.
        weights: [b, slots], float32, rows that sum to 1, 0 in slots that are not used; a row of
            zeros counts for nothing. None: one cluster per image.
    """

    clusters: Tensor
    weights: Optional[Tensor] = None

    def repeated(self, views: int) -> "PseudoLabels":
        """Those of ``views`` x b rows, view after view."""
        if views == 1:
            return self
        weights = None if self.weights is None else self.weights.repeat(views, 1)
        return PseudoLabels(self.clusters.repeat(views, 1), weights)


@dataclass(frozen=True)
class BatchTargets:
    """What b images are classified into: everything of the epoch before.

    Attributes:
        centers: [K of all heads, d], float32: the heads one below the other.
        cluster_counts: K of every head.
        labels: Those of every head.
    """

    centers: Tensor
    cluster_counts: Tuple[int, ...]
    labels: Tuple[PseudoLabels, ...]


class EpochTargets:
    """What one epoch trains against, on a device: y and C of the epoch before; in stage two the
    averaged ones, with soft labels sharpened as B.2.2 has it.

    Read once per epoch, all images or those of this rank, so that a step asks nobody:
    ``EpochTargets(session.targets(), device)``, then ``of(ids)`` in every step. An image without
    soft label keeps its label; one that no epoch has seen has none, and counts for nothing.

    Args:
        targets: Of the n images that ``of`` names by their place in them: with
            ``session.targets()``, which has all, that is the image id.
        device: Where training happens.
        sharpening: lambda'; None: the run's.
    """

    def __init__(
        self,
        targets: Targets,
        device: Union[torch.device, str, None] = None,
        sharpening: Optional[float] = None,
    ) -> None:
        self.epoch = targets.epoch
        centers = [torch.tensor(np.asarray(c, dtype=np.float32)) for c in targets.centers]
        self._centers = torch.cat(centers).to(device)
        self._counts = tuple(len(c) for c in targets.centers)
        clusters, weights = _slots(
            targets.labels,
            targets.soft_labels,
            targets.label_sharpening if sharpening is None else sharpening,
        )
        # Half the memory of int64: an index is made of it batch by batch.
        self._clusters = torch.from_numpy(clusters.astype(np.int32)).to(device)
        self._weights = None if weights is None else torch.from_numpy(weights).to(device)

    def of(self, ids: Any) -> BatchTargets:
        """Those of one mini-batch.

        Args:
            ids: [b], integers: images, by their place in the targets.
        """
        at = torch.as_tensor(ids, dtype=torch.int64).to(self._clusters.device)
        clusters = self._clusters.index_select(1, at).to(torch.int64).unbind(0)
        if self._weights is None:
            labels = tuple(PseudoLabels(head) for head in clusters)
        else:
            weights = self._weights.index_select(1, at).unbind(0)
            labels = tuple(PseudoLabels(*head) for head in zip(clusters, weights))
        return BatchTargets(self._centers, self._counts, labels)

    def all(self) -> BatchTargets:
        """Those of all n images, in order: of targets that were asked for one mini-batch."""
        return self.of(torch.arange(self._clusters.shape[1]))


def batch_targets(
    targets: Targets,
    device: Union[torch.device, str, None] = None,
    sharpening: Optional[float] = None,
) -> BatchTargets:
    """Targets of one mini-batch, ``session.targets(ids)``, on a device."""
    return EpochTargets(targets, device, sharpening).all()


def _slots(
    labels: np.ndarray, soft: Optional[SoftLabels], sharpening: float
) -> Tuple[np.ndarray, Optional[np.ndarray]]:
    """[heads, n, slots] clusters; and their weights, None where each image has one label."""
    known = labels >= 0
    if soft is None:
        clusters = np.where(known, labels, 0)[..., None]
        return clusters, None if known.all() else known[..., None].astype(np.float32)
    weights = soft.sharpened(sharpening)
    clusters = np.where(soft.labels >= 0, soft.labels, 0)
    without = ~(soft.labels >= 0).any(-1)
    clusters[..., 0] = np.where(without & known, labels, clusters[..., 0])
    weights[..., 0] = np.where(without, known, weights[..., 0])
    return clusters, weights


def view_mean(projected: Tensor, large_views: int, small_views: int = 0) -> Tensor:
    """What is clustered: the plain mean of the large views, not renormalized (eqn 17).

    Args:
        projected: [(large + small) x b, d], unit rows.
        large_views: Those that are averaged.
        small_views: Those that only learn.

    Returns:
        [b, d], float32, without gradient: to be pushed.
    """
    b = _images(projected, large_views + small_views)
    x = projected.detach().float()
    if small_views:
        x = x[: large_views * b]
    return x if large_views == 1 else x.view(large_views, b, -1).mean(0)


class CokeLoss(nn.Module):
    """Classifies an image into the cluster that it had in the epoch before, by the centers of the
    epoch before (section 3.3), averaged over heads (section 4.1.3).

    One view: cross-entropy against y, eqn 14, or against the soft label of stage two, section 3.4.
    More views (Algorithm 2, B.2.3): the target of a view is alpha y + (1 - alpha) p of the others;
    views are averaged. Small views (multi-crop): alpha y + (1 - alpha) p of all large ones; w times
    the mean over large views plus (1 - w) times the mean over small ones. With a prediction
    (B.2.4): beta times its loss + (1 - beta) times that of the projection, against the same
    targets.

    Args:
        temperature: lambda, above 0; one for all heads, or one per head. The paper's: 0.1 with
            one view, 0.05 with more.
        label_weight: alpha, 0 to 1. Of no effect with one view. The paper's: 0.2.
        large_views: Views whose mean is clustered, 1 to 64.
        small_views: Views that only learn, 0 to 64. The paper's: 6.
        large_view_weight: w, 0 to 1. 0.5 is that of the published code; large / (large + small)
            makes all views equal.
        prediction_weight: beta, above 0 and at most 1. Of no effect without prediction. The
            published code: 1 with one view, 0.5 with more.

    Raises:
        InvalidOptionsError: An option is out of range.
    """

    def __init__(
        self,
        temperature: Union[float, Sequence[float]] = 0.1,
        label_weight: float = 0.2,
        large_views: int = 1,
        small_views: int = 0,
        large_view_weight: float = 0.5,
        prediction_weight: float = 0.5,
    ) -> None:
        super().__init__()
        several = not isinstance(temperature, (int, float))
        self.temperatures = tuple(temperature) if several else (temperature,)  # type: ignore
        for value in self.temperatures:
            good = 0 < value < math.inf
            within("temperature", "temperature", value, good, "a number above 0")
        for name, share in (("label_weight", label_weight),
                            ("large_view_weight", large_view_weight)):
            within(name, name, share, 0 <= share <= 1, "0 to 1")
        within("large_views", "large_views", large_views, 1 <= large_views <= 64, "1 to 64")
        within("small_views", "small_views", small_views, 0 <= small_views <= 64, "0 to 64")
        within("prediction_weight", "prediction_weight", prediction_weight,
               0 < prediction_weight <= 1, "above 0 to 1; for 0, leave the prediction out")
        self.label_weight = label_weight
        self.large_views, self.small_views = large_views, small_views
        self.large_view_weight = large_view_weight
        self.prediction_weight = prediction_weight

    def forward(
        self, projected: Tensor, targets: BatchTargets, predicted: Optional[Tensor] = None
    ) -> Tensor:
        """The loss of one mini-batch: one value.

        Args:
            projected: [(large + small) x b, d], unit rows after the projection.
            targets: Of the b images.
            predicted: The same rows after the prediction; None where there is none.
        """
        return self.of_heads(projected, targets, predicted).mean()

    def of_heads(
        self, projected: Tensor, targets: BatchTargets, predicted: Optional[Tensor] = None
    ) -> Tensor:
        """The same of every head by itself, [heads], of which the loss is the mean."""
        b = _images(projected, self.large_views + self.small_views)
        _check_labels(targets, b)
        with _in_float32(projected.device):
            log_p = self._log_probabilities(projected, targets)
            log_q = None if predicted is None else self._log_probabilities(predicted, targets)
            losses = []
            for head, labels in enumerate(targets.labels):
                of_large, of_small = self._references(log_p[head], b)
                beta = 0.0 if log_q is None else self.prediction_weight
                parts = []
                if log_q is not None:
                    of_q = self._of_views(log_q[head], labels, of_large, of_small)
                    parts.append(beta * of_q)
                if beta < 1:
                    of_x = self._of_views(log_p[head], labels, of_large, of_small)
                    parts.append((1 - beta) * of_x)
                losses.append(sum(parts))
            return torch.stack(losses)

    def extra_repr(self) -> str:
        return (
            f"temperature={list(self.temperatures)}, label_weight={self.label_weight}, "
            f"large_views={self.large_views}, small_views={self.small_views}"
        )

    def _log_probabilities(self, x: Tensor, targets: BatchTargets) -> List[Tensor]:
        """The logarithm in eqn 14, of every cluster: log softmax_k(x . c_k / lambda), head by
        head. One product serves all heads."""
        x = x if x.dtype == torch.float64 else x.float()
        logits = x @ targets.centers.to(x.dtype).t()
        heads = len(targets.cluster_counts)
        of_heads = self.temperatures * heads if len(self.temperatures) == 1 else self.temperatures
        if len(of_heads) != heads:
            raise InvalidOptionsError(
                f"There are {len(of_heads)} temperatures for {heads} heads: give one, or one per "
                "head.",
                field="temperature",
                value=len(of_heads),
            )
        parts = logits.split(list(targets.cluster_counts), 1)
        return [torch.log_softmax(z / t, 1) for z, t in zip(parts, of_heads)]

    def _references(self, log_p: Tensor, b: int) -> Tuple[Optional[Tensor], Optional[Tensor]]:
        """p of Algorithm 2, from the large views after the projection. It carries no gradient: it
        is a label.

        Returns:
            [large, b, K]: for every large view the mean of the other large ones' predictions,
            None with one large view; and [b, K]: the mean of all large ones', None without small
            views.
        """
        large = self.large_views
        if large == 1 and not self.small_views:
            return None, None
        p = log_p[: large * b].detach().exp().view(large, b, -1)
        others = None
        if large > 1:
            # Rolled, another view's prediction stands in the place of each.
            others = torch.stack([p.roll(by, 0) for by in range(1, large)]).mean(0)
        return others, p.mean(0) if self.small_views else None

    def _of_views(
        self,
        log_q: Tensor,
        labels: PseudoLabels,
        of_large: Optional[Tensor],
        of_small: Optional[Tensor],
    ) -> Tensor:
        """One head, all views."""
        b = labels.clusters.shape[0]
        large = self._mixed(log_q[: self.large_views * b], labels, self.large_views, of_large)
        if of_small is None:
            return large
        small = self._mixed(log_q[self.large_views * b:], labels, self.small_views, of_small)
        return self.large_view_weight * large + (1 - self.large_view_weight) * small

    def _mixed(
        self, log_q: Tensor, labels: PseudoLabels, views: int, reference: Optional[Tensor]
    ) -> Tensor:
        """Cross-entropy is linear in its target: that of alpha y + (1 - alpha) p is alpha times
        that of y plus (1 - alpha) times that of p."""
        clusters, weights = labels.repeated(views)
        chosen = log_q.gather(1, clusters)
        if weights is not None:
            chosen = (chosen * weights.to(chosen.dtype)).sum(1)
        of_labels = -chosen.mean()  # eqn 14; section 3.4
        if reference is None:
            return of_labels
        of_reference = -(reference * log_q.view(views, labels.clusters.shape[0], -1)).sum(-1).mean()
        return self.label_weight * of_labels + (1 - self.label_weight) * of_reference


def _images(rows: Tensor, views: int) -> int:
    n = rows.shape[0]
    if n == 0 or n % views:
        raise InvalidOptionsError(
            f"{n} rows are not {views} views of every image: give every view of every image.",
            field="projected",
            value=n,
        )
    return n // views


def _check_labels(targets: BatchTargets, b: int) -> None:
    for labels in targets.labels:
        if labels.clusters.shape[0] != b:
            raise InvalidOptionsError(
                f"There are targets of {labels.clusters.shape[0]} images for {b}: give those of "
                "the mini-batch.",
                field="targets",
                value=labels.clusters.shape[0],
            )


def _in_float32(device: torch.device) -> ContextManager[Any]:
    """Whatever autocast says: temperatures of 0.05 leave half precision no digits."""
    try:
        return torch.autocast(device.type, enabled=False)
    except (RuntimeError, ValueError):  # a device that has no autocast
        return contextlib.nullcontext()
