"""A cluster of silos, and its runs."""

from __future__ import annotations

import uuid
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union
from urllib.parse import quote

from ._copies import copied
from ._http import LATER, SOON, Connections
from ._images import within
from ._model import HeadOptions, read, read_each
from ._status import RunStatus
from ._wire import Answer, Buffer, Place, bytes_of, json_body
from .errors import UnknownRunError
from .run import Run


class Client:
    """The silos of one cluster. Safe for use by several threads, in forked processes too.

    Connects with the first request. May be pickled: the copy connects by itself; the pickle has
    the token in it.

    Args:
        urls: One address or several of the same cluster, such as ``"http://127.0.0.1:8080"``.
            A silo that is silent is left for the next one.
        token: The feeding token or the token, where the silos have one.
        ca: File of the cluster's certificate (PEM), for https.
        give_up_after: Seconds for which is asked again while silos die, stop or recover. Sessions
            have a time of their own.

    Raises:
        InvalidOptionsError: An address, a file or a time that makes no sense.

    What every request may raise:
        SiloUnreachableError: No silo has answered.
        AccessError: Token, right or certificate do not fit.
        RunGoneError: The run was deleted.
    """

    def __init__(
        self,
        urls: Union[str, Sequence[str]] = "http://127.0.0.1:8080",
        token: Optional[str] = None,
        ca: Optional[str] = None,
        give_up_after: float = 60.0,
    ) -> None:
        self._place = Place.of(urls, token, ca)
        within("give_up_after", "give_up_after", give_up_after, give_up_after > 0,
               "a time above zero")
        self._connections = Connections(self._place)
        self.give_up_after = give_up_after

    def create_run(
        self,
        name: str,
        *,
        images: int,
        dimension: int,
        heads: Sequence[Union[int, HeadOptions]] = (3000,),
        batch_size: int = 512,
        min_size_ratio: float = 0.4,
        views: int = 1,
        trainers: int = 1,
        seed: int = 0,
        stage_two_after_epoch: Optional[int] = None,
        soft_label_slots: Optional[int] = None,
        label_sharpening: Optional[float] = None,
        initial_centers: Optional[Sequence[Any]] = None,
    ) -> Run:
        """Creates a run; repeating it with the same specification changes nothing.

        Args:
            name: 1 to 64 letters, digits, '.', '_' or '-'.
            images: N: image ids run from 0 to N - 1.
            dimension: d: the length of an embedding.
            heads: Per head K, or ``HeadOptions``.
            batch_size: B: the nominal rows of a mini-batch of all trainers together.
            min_size_ratio: gamma', 0 to 1, of every head that does not say its own.
            views: Large views whose unit vectors are averaged into one embedding (eqn 17).
            trainers: W: ranks that feed the run; a step is complete when every part is there.
            seed: Of the random initial centers.
            stage_two_after_epoch: T' (section 3.4); None: no stage two.
            soft_label_slots: Labels that one soft label holds at most; None: 5.
            label_sharpening: lambda' (B.2.2); None: 0.5.
            initial_centers: Per head K x d unit rows; None: random ones.

        Raises:
            InvalidOptionsError: A field is out of range.
            RunConflictError: The run exists with another specification.
        """
        of_heads = []
        for head in heads:
            options = head if isinstance(head, HeadOptions) else HeadOptions(int(head))
            told = options.to_json()
            if options.minimum_sizes is None:
                told.setdefault("minimumSizeRatio", min_size_ratio)
            of_heads.append(told)
        clustering: Dict[str, Any] = {
            "imageCount": int(images),
            "dimension": int(dimension),
            "batchSize": int(batch_size),
            "views": int(views),
            "seed": int(seed),
            "heads": of_heads,
        }
        for field, value in (
            ("stageTwoAfterEpoch", stage_two_after_epoch),
            ("softLabelSlots", soft_label_slots),
            ("labelSharpening", label_sharpening),
        ):
            if value is not None:
                clustering[field] = value
        asked = {"name": name, "trainers": int(trainers), "clustering": clustering}
        body, headers = json_body(asked)
        if initial_centers is not None:
            body, headers = _form(body[0], initial_centers, dimension)
        answer = self._ask("POST", "/v1/runs", body, LATER, headers)
        return Run(self._ask, self._place, read(RunStatus, answer.json()), initial_centers)

    def run(self, name: str) -> Run:
        """A run by its name.

        Raises:
            UnknownRunError: There is no such run.
        """
        for status in self._runs(f"?name={quote(name, safe='')}"):
            if status.name == name and status.run_id:
                return Run(self._ask, self._place, status)
        raise UnknownRunError.of(name)

    def runs(self) -> List[RunStatus]:
        """Every run, by name. One that could not be asked hides no other: its state is
        ``"unknown"``, and ``hindrance`` says why."""
        return sorted(self._runs(""), key=lambda status: status.name)

    def close(self) -> None:
        """Ends the connections. Sessions have their own, and go on."""
        self._connections.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __getstate__(self) -> Tuple[Place, float]:
        return self._place, self.give_up_after

    def __setstate__(self, state: Tuple[Place, float]) -> None:
        self._place, self.give_up_after = state
        self._connections = Connections(self._place)

    def __repr__(self) -> str:
        return f"<client of {self._place}>"

    def _runs(self, question: str) -> List[RunStatus]:
        answer = self._ask("GET", f"/v1/runs{question}", (), SOON)
        told = answer.json()
        troubles = (told.get("troubles") or {}).items()
        unknown = [RunStatus(name, state="unknown", hindrance=why) for name, why in troubles]
        return read_each(RunStatus, told.get("runs")) + unknown

    def _ask(
        self,
        method: str,
        path: str,
        body: Sequence[Buffer],
        timeout: float,
        headers: Optional[Dict[str, str]] = None,
    ) -> Answer:
        return self._connections.ask(
            method,
            path,
            body,
            headers=headers,
            timeout=timeout,
            give_up_after=self.give_up_after,
        )


def _form(
    specification: Buffer, centers: Sequence[Any], dimension: int
) -> Tuple[List[Buffer], Dict[str, str]]:
    """A specification and initial centers, as a form of several parts."""
    boundary = f"coke-{uuid.uuid4().hex}"
    body: List[Buffer] = []

    def add(disposition: str, kind: str, content: Buffer) -> None:
        head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"
        body.extend([f"{head}Content-Type: {kind}\r\n\r\n".encode(), content, b"\r\n"])

    add('name="specification"', "application/json", specification)
    for h, given in enumerate(centers):
        rows = len(given)
        array, settle = copied(given, rows, dimension, 1)
        if settle is not None:
            settle()
        file = f'name="centers"; filename="centers-{h}.bin"'
        add(file, "application/octet-stream", bytes_of(array))
    body.append(f"--{boundary}--\r\n".encode())
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
