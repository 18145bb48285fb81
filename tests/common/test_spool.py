"""Bodies in temporary files: whole, or an error; nothing is left open."""

from __future__ import annotations

import errno
import gzip
import io
import tempfile
import threading
import zlib
from typing import IO, TYPE_CHECKING, Any

import pytest
import urllib3

from taps_common.errors import TapError, UnreachableError
from taps_common.http.bodies import BEGINNING, PIECE
from taps_common.http.request import Request
from taps_common.http.spool import LARGE, beginning_of, body_of, spool_of
from tests.common.doubles import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taps_common.http.session import Session
    from tests.common.doubles import Server

    Connect = Callable[..., Session]

FULL = "An answer could not be kept in a temporary file (No space left on device): free some space"
SPOOLED = Request("/clip", proof=lambda _: None, spooled=True)
ROWS = b"01.02,Earth\r\n" * 400_000
"""Some pieces long."""


def answer_of(body: bytes, encoding: str = "") -> urllib3.HTTPResponse:
    """Return an answer whose end only the closed connection tells."""
    headers = {"Content-Encoding": encoding} if encoding else {}
    return urllib3.HTTPResponse(body=io.BytesIO(body), headers=headers, preload_content=False)


def all_of_it(_: bytes) -> bool:
    """Return that nothing but the whole body is enough."""
    return False


class Recorder(io.BytesIO):
    """Stands where a temporary file does, and keeps what was done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[int] = []
        self.failing: set[str] = set()

    def write(self, piece: Any) -> int:
        self.fail("write")
        self.pieces.append(len(piece))
        return super().write(piece)

    def seek(self, *where: int) -> int:
        self.fail("seek")
        return super().seek(*where)

    def close(self) -> None:
        super().close()
        self.fail("close")

    def fail(self, what: str) -> None:
        if what in self.failing:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()

    def opened() -> Recorder:
        recorder.fail("open")
        return recorder

    monkeypatch.setattr(tempfile, "TemporaryFile", opened)
    yield recorder
    recorder.failing.clear()


def kept(body: bytes, encoding: str = "") -> bytes:
    with spool_of(answer_of(body, encoding), all_of_it, threading.Event()) as spool:
        return spool.read()


# -- whole bodies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, len(ROWS)])
def test_a_body_is_kept_as_it_came_piece_by_piece(file: Recorder, size: int) -> None:
    assert kept(ROWS[:size]) == ROWS[:size]
    assert max(file.pieces, default=0) <= PIECE


LINE, OTHER = b"01.02,Earth\r\n", b"007,Water\r\n"
BARE = zlib.compressobj(wbits=-zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("packed", "encoding", "body"),
    [
        (gzip.compress(ROWS, mtime=0), "gzip", ROWS),
        (gzip.compress(ROWS, mtime=0), "X-GZIP", ROWS),
        (zlib.compress(ROWS), "deflate", ROWS),
        (BARE.compress(ROWS) + BARE.flush(), "deflate", ROWS),
        (gzip.compress(LINE, mtime=0) + gzip.compress(OTHER, mtime=0), "gzip", LINE + OTHER),
        # nothing at all, as of 204 No Content or of 401
        (b"", "gzip", b""),
        (b"", "deflate", b""),
        # rows end anywhere, between two of them too; only the compression tells
        (gzip.compress(ROWS, mtime=0)[:-9], "gzip", None),
        (gzip.compress(ROWS, mtime=0)[:-1000], "gzip", None),
        (zlib.compress(ROWS)[:-9], "deflate", None),
        (zlib.compress(ROWS)[:-1000], "deflate", None),
        (LINE, "gzip", None),
    ],
)
def test_a_compressed_body_is_whole_or_an_error(
    file: Recorder, packed: bytes, encoding: str, body: bytes | None
) -> None:
    if body is None:
        with pytest.raises(urllib3.exceptions.HTTPError):
            kept(packed, encoding)
        assert file.closed
    else:
        assert kept(packed, encoding) == body
    assert max(file.pieces, default=0) <= PIECE


def test_an_answer_in_chunks_is_decompressed(server: Server, connect: Connect) -> None:
    packed = gzip.compress(LINE * 1000)
    half = len(packed) // 2
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in (packed[:half], packed[half:]))
    headers = {"Content-Encoding": "gzip", "Transfer-Encoding": "chunked"}
    server.script = [Answer(body=chunks + b"0\r\n\r\n", headers=headers)]
    response = connect().send(SPOOLED)
    assert response.spool is not None
    with response.spool as spool:
        assert spool.read() == LINE * 1000


# -- the beginning ---------------------------------------------------------------------------------


def test_the_beginning_is_read_without_moving_on() -> None:
    with spool_of(answer_of(ROWS), all_of_it, threading.Event()) as spool:
        assert beginning_of(spool) == ROWS[:BEGINNING]
        assert spool.read(13) == ROWS[:13]


@pytest.mark.parametrize("size", [10, PIECE, PIECE + 1, 3 * PIECE])
def test_what_is_enough_is_asked_once_and_of_long_bodies_only(size: int) -> None:
    asked: list[bytes] = []

    def enough(beginning: bytes) -> bool:
        asked.append(beginning)
        return False

    with spool_of(answer_of(ROWS[:size]), enough, threading.Event()) as spool:
        assert spool.read() == ROWS[:size]
    assert asked in ([], [ROWS[:BEGINNING]])
    assert len(asked) == (size >= PIECE)


def test_no_more_is_read_than_is_enough() -> None:
    answer = answer_of(ROWS)
    with spool_of(answer, lambda _: True, threading.Event()) as spool:
        beginning = spool.read()
    assert ROWS.startswith(beginning)
    assert PIECE <= len(beginning) <= 2 * PIECE
    assert answer.closed


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_body_that_breaks_off_leaves_no_file(
    server: Server, connect: Connect, file: Recorder
) -> None:
    server.script = [Answer(body=b"01.02,Earth\r\n", cut=3)]
    with pytest.raises(UnreachableError, match="sent an answer that breaks off"):
        connect(max_retries=0).send(SPOOLED)
    assert file.closed


@pytest.mark.parametrize("size", [10, len(ROWS)])
@pytest.mark.parametrize("failing", ["open", "write", "seek", "write close", "cancelled"])
def test_what_cannot_be_kept_is_a_sentence_and_leaves_nothing_open(
    file: Recorder, failing: str, size: int
) -> None:
    file.failing |= set(failing.split())
    cancelled = threading.Event()
    if failing == "cancelled":
        cancelled.set()
    answer = answer_of(ROWS[:size])
    with pytest.raises(TapError) as caught:
        spool_of(answer, all_of_it, cancelled)
    full = f"{FULL}, or set TMPDIR to a directory that has it."
    assert str(caught.value) == ("interrupted" if failing == "cancelled" else full)
    assert answer.closed
    assert file.closed or failing == "open"
    assert len(file.pieces) <= 1, "it stops in the middle of a body"


@pytest.mark.parametrize("size", [10, 10_000, len(ROWS)])
def test_a_file_on_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """It is buffered: what was written may fail only when it is closed."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: open("/dev/full", "w+b"))  # noqa: PTH123, SIM115 - closed by the tap
    with pytest.raises(TapError, match="No space left on device"):
        kept(ROWS[:size])


@pytest.mark.parametrize("size", [LARGE, LARGE + 1])
def test_a_large_body_is_in_a_file_until_it_is_whole(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """Several workers may wait for such bodies, which may turn out to have no end."""
    files: list[IO[bytes]] = []
    plain = tempfile.TemporaryFile

    def opened(*args: Any, **kwargs: Any) -> IO[bytes]:
        files.append(plain(*args, **kwargs))
        return files[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", opened)
    assert body_of(answer_of(bytes(size)), limit=2 * size) == bytes(size)
    assert len(files) == (size > LARGE)
    assert all(one.closed for one in files)
