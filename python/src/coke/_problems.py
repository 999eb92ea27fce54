"""Problem documents (RFC 9457) as typed errors."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Type

from . import errors

_URN = "urn:coke:"


def _by_slug() -> Dict[str, Type[errors.CokeError]]:
    found = {}
    for kind in list(vars(errors).values()):
        if isinstance(kind, type) and issubclass(kind, errors.CokeError) and kind.slug:
            found[kind.slug] = kind
    for slug in ("right-refused", "token-missing", "token-wrong", "wrong-host", "wrong-origin"):
        found[slug] = errors.AccessError
    for slug in ("unknown-path", "method-not-allowed", "unsupported-content",
                 "length-required"):
        found[slug] = errors.InvalidRequestError
    return found


_KINDS = _by_slug()
# Where something between here and the silo answers, which speaks no problem documents.
_BY_STATUS: Dict[int, Type[errors.CokeError]] = {
    400: errors.InvalidRequestError,
    401: errors.AccessError,
    403: errors.AccessError,
    404: errors.InvalidRequestError,
    408: errors.SlowBodyError,
    410: errors.RunGoneError,
    413: errors.OversizeError,
    429: errors.TooBusyError,
    502: errors.UnavailableError,
    503: errors.UnavailableError,
    504: errors.UnavailableError,
}


def of_problem(status: int, problem: Mapping[str, Any], place: str) -> errors.CokeError:
    """The error that a problem document tells.

    Args:
        status: The HTTP status.
        problem: The document; empty where the answer was none.
        place: Who answered, for a sentence where the answer has none.
    """
    if status < 400:
        return errors.InvalidRequestError(
            f"{place} answered with status {status}, which is no answer of a silo: name the "
            "address of a silo itself, and not of what leads to one.",
            field="urls",
            value=place,
            status=status,
        )
    slug = str(problem.get("type") or "")
    slug = slug[len(_URN):] if slug.startswith(_URN) else ""
    kind = _KINDS.get(slug) or _BY_STATUS.get(status) or errors.ServerError
    detail = str(problem.get("detail") or problem.get("title") or "")
    return kind(
        detail or f"{place} answered with status {status} and no reason: see what runs there.",
        field=str(problem.get("field") or ""),
        value="" if problem.get("value") is None else problem["value"],
        remedy=str(problem.get("remedy") or ""),
        type=slug,
        status=status,
    )
