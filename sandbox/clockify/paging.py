"""Pages of a list, the `Last-Page` header, and the envelopes that some lists come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.clockify.blocks import Block
    from sandbox.clockify.world import World
    from sandbox.wire import Chunk, Request

DEFAULT_PAGE_SIZE = 50
MAXIMUM_PAGE_SIZE = 5_000


@dataclass(frozen=True)
class Sizes:
    """How a list spells and bounds its page and page size."""

    name: str = "page-size"
    default: int = DEFAULT_PAGE_SIZE
    maximum: int = MAXIMUM_PAGE_SIZE
    pages: int | None = None
    """The highest page number that may be asked for."""
    header: bool = True
    """Whether `Last-Page` is sent."""


LIST = Sizes()


@dataclass(frozen=True)
class Envelope:
    """What stands around the array of a page; `count` names the number of all rows."""

    name: str
    count: str
    within: str = ""
    """A further object around it."""
    besides: bytes = b""
    """Members of that object, after a comma."""


def paged(
    world: World,
    request: Request,
    block: Block,
    window: tuple[int, int] | None = None,
    sizes: Sizes = LIST,
    envelope: Envelope | None = None,
    body: Mapping[str, object] | None = None,
) -> Response:
    """Answer one page of a list, or of the part of it between two indices.

    With a body its members are the parameters, else the query's.
    """
    first, last = window or (0, len(block))
    given = request.value if body is None else body.get
    page, size = _bounded(world, given("page"), given(sizes.name), sizes)
    pages = max(1, -(-(last - first) // size))
    chunks: Sequence[Chunk]
    if world.empty_page_before_last and page == pages:
        chunks, is_last = (b"[]",), False
    else:
        number = page - 1 if world.empty_page_before_last and page > pages else page
        begin = first + (number - 1) * size
        chunks = block.page(min(begin, last), min(begin + size, last))
        is_last = number >= pages
    if envelope:
        chunks = _wrapped(world, chunks, last - first, envelope)
    if world.omit_last_page or not sizes.header:
        return Response(200, chunks)
    return Response(200, chunks, [("Last-Page", "true" if is_last else "false")])


def unpaged(block: Block) -> Response:
    """Answer a whole list; page parameters are ignored and there is no `Last-Page`."""
    return Response(200, block.page(0, len(block)))


def _wrapped(
    world: World, chunks: Sequence[Chunk], count: int, envelope: Envelope
) -> Sequence[Chunk]:
    if world.null_envelopes and not count:
        chunks = (b"null",)
    name, counted = (msgspec.json.encode(text) for text in (envelope.name, envelope.count))
    head = b"{" + name + b":"
    tail = b"," + counted + b":%d}" % count
    if envelope.within:
        head = b"{" + msgspec.json.encode(envelope.within) + b":" + head
        tail += envelope.besides + b"}"
    return (head, *chunks, tail)


def _bounded(world: World, page_given: object, size_given: object, sizes: Sizes) -> tuple[int, int]:
    """Return page and page size; a page below 1 is the first."""
    page, size = number("page", page_given, 1), number(sizes.name, size_given, sizes.default)
    if sizes.pages is not None and page > sizes.pages:
        raise Refusal(400, 501, f"page must be less than or equal to {sizes.pages}: {page}")
    if size < 1:
        raise Refusal(400, 501, f"{sizes.name} must be greater than or equal to 1: {size}")
    if size > sizes.maximum and not world.clamp_page_size:
        raise Refusal(400, 501, f"{sizes.name} must be at most {sizes.maximum}: {size}")
    return max(1, page), min(size, sizes.maximum)


def number(name: str, given: object, default: int) -> int:
    """Read a whole number; anything else is refused as the service's framework does."""
    if given is None:
        return default
    try:
        return int(str(given))
    except ValueError:
        raise Refusal(400, 3000, f"Failed to convert value '{given}' of {name}") from None
