"""Pages of a list and the `Last-Page` header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clockify.access import Refusal
from sandbox.wire import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clockify.blocks import Block
    from sandbox.clockify.world import World
    from sandbox.wire import Chunk, Request

DEFAULT_PAGE_SIZE = 50
MAXIMUM_PAGE_SIZE = 5_000


def paged(
    world: World, request: Request, block: Block, window: tuple[int, int] | None = None
) -> Response:
    """Answer one page of a list, or of the part of it between two indices."""
    first, last = window or (0, len(block))
    page, size = max(1, _number(request, "page", 1)), _page_size(world, request)
    pages = max(1, -(-(last - first) // size))
    chunks: Sequence[Chunk]
    if world.empty_page_before_last and page == pages:
        chunks, is_last = (b"[]",), False
    else:
        number = page - 1 if world.empty_page_before_last and page > pages else page
        begin = first + (number - 1) * size
        chunks = block.page(min(begin, last), min(begin + size, last))
        is_last = number >= pages
    headers = [] if world.omit_last_page else [("Last-Page", "true" if is_last else "false")]
    return Response(200, chunks, headers)


def unpaged(block: Block) -> Response:
    """Answer a whole list; page parameters are ignored and there is no `Last-Page`."""
    return Response(200, block.page(0, len(block)))


def _page_size(world: World, request: Request) -> int:
    size = _number(request, "page-size", DEFAULT_PAGE_SIZE)
    if size < 1:
        raise Refusal(400, 501, f"page-size must be greater than or equal to 1: {size}")
    if size > MAXIMUM_PAGE_SIZE and not world.clamp_page_size:
        raise Refusal(400, 501, f"page-size must be at most {MAXIMUM_PAGE_SIZE}: {size}")
    return min(size, MAXIMUM_PAGE_SIZE)


def _number(request: Request, name: str, default: int) -> int:
    text = request.value(name)
    try:
        return default if text is None else int(text)
    except ValueError:
        raise Refusal(400, 3000, f"Failed to convert value '{text}' of {name}") from None
