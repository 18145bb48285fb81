"""Answers whose whole numbers come with a fraction, as if somebody's price were a half cent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from sandbox.wire import Request, Response


def with_fractions(text: bytes, names: Iterable[str], fraction: str) -> bytes:
    """Return JSON with digits added to the whole numbers of these names."""
    some = "|".join(map(re.escape, names))
    return re.sub(
        rb'("(?:%b)":-?\d+)(?=[,}])' % some.encode(), rb"\g<1>.%b" % fraction.encode(), text
    )


def serve_fractions(monkeypatch: pytest.MonkeyPatch, names: Iterable[str], fraction: str) -> None:
    """Have the sandbox add digits to the whole numbers of these names."""
    answer = Server.answer
    known = tuple(names)

    def answered(server: Server, request: Request) -> Response:
        response = answer(server, request)
        response.put(with_fractions(response.body, known, fraction))
        return response

    monkeypatch.setattr(Server, "answer", answered)
