"""What stands around the rows of an answer: an envelope, or nothing around a single object."""

from __future__ import annotations

from functools import cache

import msgspec

from taps_common.errors import ShapeError

COUNTS = ("count", "total", "workspaceWebhookCount")
"""What the number of rows is called beside a list."""


def rows_in(body: bytes, path: tuple[str, ...]) -> bytes:
    """Return the JSON text of the list inside an envelope; what is around it is only skipped.

    A list that stands alone is taken as it is. Null stands for a list where there is nothing.

    Args:
        body: the answer.
        path: names of the members that lead to the list.

    Raises:
        ShapeError: there is no such list, or it is null although it is said to hold rows.
    """
    if body[:64].lstrip()[:1] == b"[":
        return body
    try:
        found = _envelope(path).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ShapeError(f"expected an object with {'.'.join(path)}") from None
    for name in path[:-1]:
        inner = getattr(found, name)
        if inner is None:
            return b"[]"
        found = inner
    rows = bytes(getattr(found, path[-1]))
    if rows != b"null":
        return rows
    counts = [getattr(found, name, None) for name in COUNTS]
    if any(type(count) is int and count for count in counts):
        raise ShapeError(f"{'.'.join(path)} is null, and not counted as empty")
    return b"[]"


@cache
def _envelope(path: tuple[str, ...]) -> msgspec.json.Decoder[msgspec.Struct]:
    """Return what reads an envelope without reading the rows in it."""
    counts = [(name, object, None) for name in COUNTS]
    kind = msgspec.defstruct("Envelope", [(path[-1], msgspec.Raw), *counts])
    for name in reversed(path[:-1]):
        kind = msgspec.defstruct("Envelope", [(name, kind | None)])
    return msgspec.json.Decoder(kind)
