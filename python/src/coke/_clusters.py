"""What silos tell of one cluster or one image, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Optional, Tuple

from ._model import _each, _number, _one, _optional, _tuple, read


@dataclass(frozen=True)
class ClusterSummary:
    """A line of a head's table: members now and in the last epoch, minimum in images, dual.
    ``violation``: images that the last epoch missed of the minimum."""

    cluster: int = 0
    count: int = 0
    last_count: int = 0
    minimum_size: float = _number()
    dual: float = _number()
    violation: float = _number()


@dataclass(frozen=True)
class ClusterPage:
    """A page of a head's clusters, and how many there are in all."""

    clusters: Tuple[ClusterSummary, ...] = _each(ClusterSummary)
    total: int = 0
    page: int = 0
    size: int = 0


@dataclass(frozen=True)
class RankedMember:
    """A member of a cluster, and how similar it is to the center that it was assigned to."""

    image_id: int = 0
    similarity: float = _number()


@dataclass(frozen=True)
class RankedMembers:
    """Members that stand out: the 8 most similar, the best first, and the 4 least similar, the
    worst first. A cluster of few members has the same ones in both."""

    most_similar: Tuple[RankedMember, ...] = _each(RankedMember)
    least_similar: Tuple[RankedMember, ...] = _each(RankedMember)


@dataclass(frozen=True)
class ClusterEpoch:
    """A closed epoch of one cluster. What an earlier version closed has a size only.

    Attributes:
        epoch: Which one; 0 is the scan.
        size: Members.
        dual: rho_k at its end.
        moved: Distance between the frozen centers of this epoch and the one before, 0 to 2; of
            epoch 0 that from the initial center.
        changed_share: Of the members that had a label before, the share that had another one;
            None where none had.
    """

    epoch: int = 0
    size: int = 0
    dual: Optional[float] = _number(None)
    moved: Optional[float] = _number(None)
    changed_share: Optional[float] = _number(None)


@dataclass(frozen=True)
class ClusterStatistics:
    """A cluster as its own grain tells it, live.

    Attributes:
        count: Members in the open epoch so far.
        last_count: Members in the last closed epoch.
        minimum_size: gamma_k, images per epoch.
        violation: Images that the last closed epoch missed of it; negative: members to spare.
        center: Scores next.
        frozen: That of the last closed epoch.
        history: Sizes of the closed epochs, oldest first; the last 1,024.
        epochs: The same epochs, with more than their sizes.
        open_members: Members of the open epoch that stand out so far; a recovery may take some
            of them back.
        last_members: Those of the last closed epoch.
    """

    head: int = 0
    cluster: int = 0
    count: int = 0
    last_count: int = 0
    minimum_size: float = _number()
    dual: float = _number()
    violation: float = _number()
    sum_norm: float = _number()
    center: Tuple[float, ...] = _tuple()
    frozen: Tuple[float, ...] = _tuple()
    history: Tuple[int, ...] = _tuple()
    epochs: Tuple[ClusterEpoch, ...] = _each(ClusterEpoch)
    open_members: RankedMembers = _one(RankedMembers, RankedMembers())
    last_members: RankedMembers = _one(RankedMembers, RankedMembers())
    version: int = 0
    incarnation: int = 0
    silo: str = ""


@dataclass(frozen=True)
class NearCluster:
    """A cluster that is near another one: ``similarity`` is c . c of the frozen centers."""

    cluster: int = 0
    similarity: float = _number()


@dataclass(frozen=True)
class WeightedLabel:
    """A slot of a soft label."""

    label: int = 0
    weight: float = _number()


def _soft(heads: Any) -> Tuple[Tuple[WeightedLabel, ...], ...]:
    return tuple(tuple(_slot(slot) for slot in slots) for slots in heads)


def _slot(json: Mapping[str, Any]) -> WeightedLabel:
    return read(WeightedLabel, json)


@dataclass(frozen=True)
class ImageStatus:
    """What a run knows of one image.

    Attributes:
        epoch: The last committed epoch; -1 before the first.
        labels: Per head its label in that epoch; -1: it was never seen.
        is_old: It was not seen in that epoch, and keeps the label of an earlier one.
        open_labels: Per head its label in the epoch after that one, which is not committed: a
            recovery may take it back. None where it has not come yet.
        soft_labels: Per head its soft label in the last committed epoch, of stage two; else None.
    """

    image_id: int = 0
    epoch: int = -1
    labels: Tuple[int, ...] = _tuple()
    is_old: bool = False
    open_labels: Optional[Tuple[int, ...]] = _optional(tuple)
    soft_labels: Optional[Tuple[Tuple[WeightedLabel, ...], ...]] = _optional(_soft)
