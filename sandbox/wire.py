"""HTTP/1.1 as the sandbox speaks it: a request read from a socket, a response written to one."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import responses
from io import BufferedReader
from itertools import chain
from typing import Literal, TypeAlias
from urllib.parse import parse_qsl, unquote

import msgspec

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A decoded JSON value."""

Chunk: TypeAlias = bytes | memoryview
"""A piece of a body; pages are sent as slices of a larger buffer, uncopied."""


Framing: TypeAlias = Literal["length", "chunked", "close"]

HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Log in</body></html>"


@dataclass
class Request:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    """Header values by lower-case name."""
    body: bytes = b""
    target: str = ""
    """Path and query as they came, still encoded."""
    route: str = ""
    """The matched path template, for example `/clockify/api/v1/user`; empty when none matched."""
    params: dict[str, str] = field(default_factory=dict)
    """Values of the template's placeholders."""

    def values(self, name: str) -> list[str]:
        """Every value of a repeatable parameter, comma-separated ones split."""
        given = [value for key, value in self.query if key == name]
        return [part for value in given for part in value.split(",") if part]

    def value(self, name: str) -> str | None:
        """The last value of a parameter, or None when it is absent or empty."""
        given = [value for key, value in self.query if key == name and value]
        return given[-1] if given else None

    def flag(self, name: str) -> bool | None:
        """A boolean parameter: None when it is absent."""
        value = self.value(name)
        return None if value is None else value.lower() == "true"


@dataclass
class Response:
    status: int
    chunks: Iterable[Chunk] = ()
    """A sequence is sent in one call; anything else piece by piece as it is made, and must yield
    the same whenever it is iterated over."""
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str | None = "application/json"
    """None sends no such header."""
    cut: bool = False
    """Send only the first bytes of the body, then close."""
    size: int | None = None
    """Bytes of the body; None counts them."""
    kept: int | None = None
    """How many bytes a cut leaves; None is half."""
    framing: Framing = "length"
    """How the end of the body is told: by its length, by a last chunk, by closing."""

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def length(self) -> int:
        return sum(map(len, self.chunks)) if self.size is None else self.size

    @property
    def closes(self) -> bool:
        """Whether the connection ends with the answer."""
        return self.cut or self.framing == "close"

    def put(self, body: bytes) -> None:
        self.chunks, self.size, self.kept = (body,), None, None


def json_response(value: object, status: int = 200) -> Response:
    """Encode a value (msgspec structs included) as a JSON answer."""
    return Response(status, (msgspec.json.encode(value),))


def login_page(status: int = 200) -> Response:
    return Response(status, (LOGIN_PAGE,), content_type=HTML)


def read_request(reader: BufferedReader) -> Request | None:
    """Read one request, or None when the client closed the connection."""
    line = reader.readline(65536)
    if not line.strip():
        return None
    method, target, _version = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (header := reader.readline(65536)) not in (b"\r\n", b"\n", b""):
        name, _, value = header.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0")))
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return Request(method, unquote(path), pairs, headers, body, target)


def send_response(connection: socket.socket, response: Response, *, close: bool) -> None:
    """Write head and body in one call, so that keep-alive never waits for a delayed ACK.

    A body that is made while it is sent takes a call per piece.
    """
    pieces = _framed(response)
    head = _head(response, close=close or response.closes)
    if isinstance(response.chunks, (list, tuple)):
        _send(connection, [head, *pieces])
        return
    for piece in chain([head], pieces):
        _send(connection, [piece])


def _send(connection: socket.socket, chunks: Sequence[Chunk]) -> None:
    """Send chunks uncopied; measured a third faster than `sendall` where they are large."""
    pending = [memoryview(chunk) for chunk in chunks if len(chunk)]
    while pending:
        sent = connection.sendmsg(pending)
        while pending and sent >= len(pending[0]):
            sent -= len(pending.pop(0))
        if sent:
            pending[0] = pending[0][sent:]


def _head(response: Response, *, close: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {responses.get(response.status, 'Unknown')}"]
    if response.content_type is not None:
        lines.append(f"Content-Type: {response.content_type}")
    if response.framing == "length":
        lines.append(f"Content-Length: {response.length}")
    elif response.framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
    lines.append(f"Connection: {'close' if close else 'keep-alive'}")
    lines += [f"{name}: {value}" for name, value in response.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framed(response: Response) -> Iterator[Chunk]:
    """Yield the bytes after the head; a cut body lacks the last chunk too."""
    pieces: Iterable[Chunk] = response.chunks
    if response.cut:
        kept = response.length // 2 if response.kept is None else response.kept
        pieces = first_bytes(pieces, kept)
    if response.framing != "chunked":
        yield from pieces
        return
    for piece in pieces:
        if len(piece):
            yield b"".join((b"%x\r\n" % len(piece), piece, b"\r\n"))
    if not response.cut:
        yield b"0\r\n\r\n"


def first_bytes(pieces: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    """Yield so many bytes and no more."""
    for piece in pieces:
        yield piece[:count]
        count -= len(piece)
        if count <= 0:
            return
