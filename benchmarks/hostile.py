"""Memory: what a tap takes whatever a service sends (BOUNDED)."""

from __future__ import annotations

import contextlib
import gzip
import json
import sys
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import only, output_of, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from benchmarks.measure import Figures

    Body = Callable[[], Iterator[bytes]]

PIECE = 1 << 20
MOST = 20_000
"""Megabytes that are sent at most, before anything is unpacked."""

BOMB = gzip.compress(b" " * PIECE, 9) * 100
"""A hundred kilobytes that hold a hundred megabytes."""

ROW = b'{"id":"1"}'

DEEP = 30_000
"""How deep lists are nested."""

PACKED = "gzip, a thousandth of what it holds"

BODIES: Mapping[str, Body] = {
    PACKED: lambda: repeat(BOMB),
    "blanks without end": lambda: chain([b"["], repeat(b" " * PIECE)),
    "a text without end": lambda: chain([b'[{"id":"'], repeat(b"a" * PIECE)),
    "rows without end": lambda: chain([b"["], repeat(b'{"id":"1"},' * 90_000)),
    "numbers without end": lambda: chain([b"["], repeat(b"1," * (PIECE // 2))),
    "60 MB of numbers": lambda: chain([b"[0"], repeat(b",1" * (PIECE // 2), 60), [b"]"]),
    "60 MB of empty rows": lambda: chain([b"[{}"], repeat(b",{}" * (PIECE // 3), 60), [b"]"]),
    "60 MB of rows without end": lambda: chain(
        [b"[", ROW], repeat((b"," + ROW) * 90_000, 60), [b"{"]
    ),
    "15 MB of rows and a number": lambda: chain(
        [b"[", ROW], repeat((b"," + ROW) * 90_000, 15), [b",1]"]
    ),
    "60 MB in one row": lambda: chain([b'[{"tagIds":[""'], repeat(b',""' * 350_000, 57), [b"]}]"]),
    "lists nested 30,000 deep": lambda: iter([b"[" * DEEP + b"]" * DEEP]),
    "lines without end": lambda: chain([b"a;b\n"], repeat(b"1;2\n" * (PIECE // 4))),
    "a line without end": lambda: chain([b"a;b\n"], repeat(b"1;" * (PIECE // 2))),
    "quotes without end": lambda: chain([b'a,b\n"'], repeat(b'x""' * (PIECE // 3))),
}
"""What is sent, by what it is called."""

CLIP_BYTES = 500_000_000
"""`max_response_bytes` of the clips: by default 8 GiB, which is bytes on a disk."""

TABLE = "tags"
"""What is read of Clockify."""

ANSWERS = {"/workspaces": [{"id": "w", "name": "w"}], "/user": {"id": "u"}}
"""What is answered as it should be: Clockify's workspaces and the key's owner."""


@dataclass(frozen=True)
class Hostile:
    """Runs of each tap against each body.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
    """

    name: str = "hostile"
    title: str = "Whatever a service sends"


@dataclass(frozen=True)
class Survived:
    """The figures of each run, by tap and body."""

    figures: Mapping[tuple[str, str], Figures]

    @property
    def peak(self) -> float:
        """The highest memory of all runs, in MiB."""
        return max(one.peak for one in self.figures.values())

    def lines(self) -> Iterator[str]:
        """Return the lines of the table."""
        yield f"### {Hostile.title}"
        yield ""
        yield f"`{Hostile.name}`: one run each; all end with 1 and a sentence. Clips may have"
        yield f"{CLIP_BYTES:,} bytes on disk here."
        yield ""
        yield "| tap | what is sent | wall s | CPU s | peak MiB |"
        yield "| --- | --- | --: | --: | --: |"
        for (module, body), one in self.figures.items():
            name = module.replace("_", "-")
            yield f"| {name} | {body} | {one.wall:.1f} | {one.cpu:.1f} | {one.peak:.0f} |"
        yield ""


def measure() -> Survived:
    """Run each tap against each body."""
    with _server() as (serve, origin), tempfile.TemporaryDirectory() as folder:
        return Survived(
            {
                (module, name): _run(module, settings, Path(folder))
                for module, settings in _settings(origin).items()
                for name, body in BODIES.items()
                if serve(body) is None
            }
        )


def _settings(origin: str) -> dict[str, dict[str, Any]]:
    clip = {"name": "p", "username": "u", "password": "p", "dataclips": {"clip": f"{origin}/clip"}}
    return {
        "tap_clockify": {"api_key": "k", "api_url": origin, "max_retries": 0},
        "tap_clicktime": {"api_token": "t", "service_url": origin, "max_retries": 0},
        "tap_perform": {"projects": [clip], "max_retries": 0, "max_response_bytes": CLIP_BYTES},
    }


def _run(module: str, settings: Mapping[str, Any], folder: Path) -> Figures:
    config = folder / f"{module}.json"
    config.write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", module, "--config", str(config)]
    if module == "tap_clockify":  # one list, instead of the same of each
        catalog = folder / "catalog.json"
        found = json.loads(output_of([*command, "--discover"]))
        catalog.write_text(json.dumps(only(TABLE, found)), encoding="utf-8")
        command += ["--catalog", str(catalog)]
    with started(command) as process:
        return process.finish(code=1)


@contextlib.contextmanager
def _server() -> Iterator[tuple[Callable[[Body], None], str]]:
    """Run a server; yield what sets the body it sends, and its address."""
    sent: list[Body] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.send_response(200)
            path = self.path.partition("?")[0]
            if path in ANSWERS:
                pieces = iter([json.dumps(ANSWERS[path]).encode()])
            else:
                pieces = sent[-1]()
                if sent[-1] is BODIES[PACKED]:
                    self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            with contextlib.suppress(OSError):  # the tap has enough
                for _, piece in zip(range(MOST), pieces, strict=False):
                    self.wfile.write(piece)

        do_GET = do_POST = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield sent.append, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
