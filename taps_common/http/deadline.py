"""The time that a request may take as a whole (BOUNDED).

The timeout of a socket is for one read only: a byte every now and then, or `100 Continue` without
end, never runs into it. So each read of a connection ends at the deadline of its request.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse, LineTooLong
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

_LONGEST_LINE = 65536
"""Bytes of a line of a head, as `http.client` has it; urllib3 reads that of a chunk without any."""

_left: ContextVar[Callable[[], float]] = ContextVar("left", default=lambda: float("inf"))


@contextmanager
def seconds_left(left: Callable[[], float]) -> Iterator[None]:
    """Have responses that begin within a block end when no seconds are left.

    What comes later raises `TimeoutError`, of which urllib3 makes its own.
    """
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


class _Reads(io.RawIOBase):
    """What a socket receives until the deadline of the present request."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._received = sock.makefile("rb", buffering=0)
        self._left = _left.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int | None:
        left = self._left()
        if left <= 0:
            raise TimeoutError("deadline")
        timeout = self._socket.gettimeout()
        if timeout is not None and left < timeout:
            self._socket.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Lines(io.BufferedReader):
    """The same with a buffer, and with lines that end."""

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(_LONGEST_LINE if size is None or size < 0 else size)
        if len(line) == _LONGEST_LINE:
            raise LineTooLong("line")
        return line


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - http.client's own
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = _Lines(_Reads(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools of connections that keep to it."""
