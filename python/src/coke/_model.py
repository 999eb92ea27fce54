"""What silos tell, as frozen values. Fields that are not known here are left out, never refused."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type, TypeVar

T = TypeVar("T")


@functools.lru_cache(maxsize=None)
def camel(name: str) -> str:
    """``cluster_count`` as JSON has it: ``clusterCount``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def read(kind: Type[T], json: Optional[Mapping[str, Any]]) -> T:
    """One value from JSON: fields by name; missing and null ones keep their defaults."""
    json = json or {}
    values: Dict[str, Any] = {}
    for known in dataclasses.fields(kind):  # type: ignore[arg-type]
        told = json.get(camel(known.name))
        if told is None:
            continue
        make = known.metadata.get("make")
        values[known.name] = make(told) if make else told
    return kind(**values)


def _number(default: Any = 0.0) -> Any:
    # A ratio without a minimum is infinite, which JSON has only as text.
    return field(default=default, metadata={"make": float})


def _one(kind: Type[Any], default: Any = None) -> Any:
    return field(default=default, metadata={"make": lambda json: read(kind, json)})


def _each(kind: Type[Any]) -> Any:
    make = lambda items: tuple(read(kind, item) for item in items)  # noqa: E731
    return field(default=(), metadata={"make": make})


def _optional(make: Any) -> Any:
    return field(default=None, metadata={"make": make})


def _tuple() -> Any:
    return field(default=(), metadata={"make": tuple})


@dataclass(frozen=True)
class HeadOptions:
    """One head: one constrained k-means problem. What is None is left to the silo.

    Attributes:
        cluster_count: K, from 1 to the number of images.
        minimum_size_ratio: gamma', 0 to 1: every cluster shall hold gamma' N / K images or more.
        margin: A little more than the minimum is asked, gamma (1 + margin); at least 0.
        dual_learning_rate: eta, above 0; None: the automatic one.
        center_rule: ``"exact"`` (eqn 13) or ``"rescaled"`` (the published code).
        center_schedule: ``"batch"`` (eqn 13) or ``"epoch"`` (eqn 12).
        batch_schedule_epochs: Epochs below this one move centers per batch, later ones per epoch.
        dual_clamp: ``"paper"`` or ``"code"``.
        dual_norm_limit: tau of eqn 11, above 0; None: no limit.
        minimum_sizes: K minimums in images, instead of ``minimum_size_ratio``.
    """

    cluster_count: int = 0
    minimum_size_ratio: Optional[float] = None
    margin: Optional[float] = None
    dual_learning_rate: Optional[float] = None
    center_rule: Optional[str] = None
    center_schedule: Optional[str] = None
    batch_schedule_epochs: Optional[int] = None
    dual_clamp: Optional[str] = None
    dual_norm_limit: Optional[float] = None
    minimum_sizes: Optional[Tuple[float, ...]] = field(default=None, metadata={"make": tuple})

    def to_json(self) -> Dict[str, Any]:
        told = {camel(f.name): getattr(self, f.name) for f in dataclasses.fields(self)}
        if self.minimum_sizes is not None:
            told["minimumSizes"] = [float(size) for size in self.minimum_sizes]
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class Clustering:
    """What a run clusters, and how; the words are those of ``Client.create_run``."""

    image_count: int = 0
    dimension: int = 0
    batch_size: int = 0
    views: int = 1
    heads: Tuple[HeadOptions, ...] = _each(HeadOptions)
    stage_two_after_epoch: Optional[int] = None
    soft_label_slots: int = 5
    label_sharpening: float = _number(0.5)
    seed: int = 0


@dataclass(frozen=True)
class Specification:
    """A run as it was created, without its initial centers."""

    name: str = ""
    trainers: int = 1
    clustering: Clustering = _one(Clustering, Clustering())


@dataclass(frozen=True)
class Shortfall:
    """Which minimum sizes an epoch missed: so many clusters, which lack so many images."""

    clusters: int = 0
    images: int = 0
    worst: Tuple[Any, ...] = _tuple()


@dataclass(frozen=True)
class SizeQuantiles:
    """Sizes below which 5, 25, 50, 75 and 95 % of a head's clusters are, as NumPy interpolates."""

    p5: float = _number()
    p25: float = _number()
    p50: float = _number()
    p75: float = _number()
    p95: float = _number()


@dataclass(frozen=True)
class HeadReport:
    """One head's epoch.

    Attributes:
        cluster_count: K.
        smallest_size: Members of the smallest cluster.
        largest_size: Members of the largest cluster.
        minimum_size: gamma_k of the cluster that falls short most, images.
        smallest_size_ratio: The least ratio of a size to its minimum; infinite without minimum.
        violation: max_k (gamma_k - n_k), images.
        violation_bound: What it is bounded by; None with tau.
        bound_holds: False only when the clustering is wrong.
        mean_similarity: Mean of x . c over the epoch.
        changed_labels: Images whose label changed; None in the first epoch.
        empty_clusters: Clusters without a member.
        largest_dual: max_k rho_k.
        dual_learning_rate: The eta in use.
        missed: Which minimum sizes were missed.
        effective_clusters: The exponential of the entropy of the sizes, 1 to K.
        gini: The Gini coefficient of the sizes, 0 (all equal) to (K - 1) / K.
        size_quantiles: Sizes below which 5, 25, 50, 75 and 95 % of the clusters are.
        agreement: Normalized mutual information with the labels of the epoch before, 0 to 1; None
            where no image had a label before.
        agreement_images: Images that were compared for it.

    What an epoch of an earlier version did not store is None.
    """

    cluster_count: int = 0
    smallest_size: int = 0
    largest_size: int = 0
    minimum_size: float = _number()
    smallest_size_ratio: float = _number(float("inf"))
    violation: float = _number()
    violation_bound: Optional[float] = _number(None)
    bound_holds: bool = True
    mean_similarity: float = _number()
    changed_labels: Optional[int] = None
    empty_clusters: int = 0
    largest_dual: float = _number()
    dual_learning_rate: float = _number()
    missed: Optional[Shortfall] = _one(Shortfall)
    effective_clusters: Optional[float] = _number(None)
    gini: Optional[float] = _number(None)
    size_quantiles: Optional[SizeQuantiles] = _one(SizeQuantiles)
    agreement: Optional[float] = _number(None)
    agreement_images: Optional[int] = None

    def __str__(self) -> str:
        return (
            f"{self.cluster_count} clusters of {self.smallest_size} to {self.largest_size}, "
            f"minimum {self.minimum_size:.1f}, similarity {self.mean_similarity:.4f}"
        )


@dataclass(frozen=True)
class EpochReport:
    """A committed epoch: images and steps in it, and one report per head. Epoch 0 is the scan."""

    epoch: int = -1
    rows: int = 0
    steps: int = 0
    committed_incarnation: int = 0
    heads: Tuple[HeadReport, ...] = _each(HeadReport)

    def __str__(self) -> str:
        heads = "; ".join(map(str, self.heads))
        return f"epoch {self.epoch}: {self.rows} images in {self.steps} steps; {heads}"


@dataclass(frozen=True)
class Registration:
    """A trainer's admission to a rank."""

    run_id: str = ""
    rank: int = 0
    generation: int = 0
    least_window: int = 8
    most_window: int = 256
    largest_message: int = 1 << 62
    soft_label_slots: int = 5
    specification: Specification = _one(Specification, Specification())


@dataclass(frozen=True)
class Refusal:
    """A mini-batch that was refused whole. Its sequence stays open until another takes its place.

    Attributes:
        kind: Which rule was broken, for instance ``"invalidImageId"``.
        content_hash: Of the refused content, so that a late copy is told from its replacement;
            empty where it was refused here, before it was sent.
        message: One sentence with the remedy.
    """

    rank: int = 0
    epoch: int = 0
    attempt: int = 0
    sequence: int = 0
    content_hash: str = field(default="", metadata={"make": str})
    kind: str = ""
    field: str = ""
    value: str = ""
    message: str = ""

    @property
    def key(self) -> Tuple[int, int, int, int, str]:
        """Identity and content."""
        return self.rank, self.epoch, self.attempt, self.sequence, self.content_hash


@dataclass(frozen=True)
class Progress:
    """What a poll tells: there is no push that could be lost.

    Attributes:
        generation: Of the rank's present trainer.
        stamp: Grows with every change; the next poll names it, and waits for news.
        incarnation: A new one asks every session to send again from its watermark.
        attempt: A new one asks every trainer to load what it saved at the boundary.
        epoch: The open one.
        committed_incarnation: Of the commit of the epoch before.
        next_expected: The rank's next sequence that is not processed.
        durable_watermark: The rank's sequences below this one need not be kept.
        processed: The rank's sequences below this one are processed, durable or not.
        step: The last global step.
        refusals: Those that are open.
    """

    generation: int = 0
    stamp: int = 0
    incarnation: int = 0
    attempt: int = 0
    epoch: int = 0
    committed_incarnation: int = 0
    next_expected: int = 0
    durable_watermark: int = 0
    processed: int = 0
    step: int = 0
    refusals: Tuple[Refusal, ...] = _each(Refusal)


def read_each(kind: Type[T], items: Optional[List[Any]]) -> List[T]:
    """Values from a list of JSON objects."""
    return [read(kind, item) for item in items or []]
