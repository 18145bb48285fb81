"""Server-driven paging: pages of a walk through a set, and the links from one to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from sandbox.clicktime.refusals import Refusal
from sandbox.clicktime.shapes import shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clicktime.edm import Comparable, Row
    from sandbox.clicktime.formats import Format
    from sandbox.clicktime.model import EntitySet
    from sandbox.clicktime.query import Query
    from sandbox.clicktime.tables import Ordering, Table
    from sandbox.clicktime.world import World
    from sandbox.wire import Request, Response

TOKENS_KEPT = 50_000
EMPTY_EVERY = 3


@dataclass(frozen=True)
class Walk:
    """A request for a set, and how far its pages have come."""

    set: EntitySet
    query: Query
    size: int
    position: int
    after: tuple[tuple[bool, Comparable], ...] = ()
    """Order-by values of the last row, where links hold values instead of a position."""
    remaining: int | None = None
    """Rows until `$top` is reached."""
    number: int = 1
    """Which page of the walk comes next."""


def first_page(one: EntitySet, query: Query, size: int) -> Walk:
    """Begin a walk."""
    return Walk(one, query, size, position=query.skip, remaining=query.top)


class Tokens:
    """Walks by the token that continues them; tokens say nothing to those who read them."""

    def __init__(self) -> None:
        self._walks: OrderedDict[str, Walk] = OrderedDict()
        self._issued = 0

    def issue(self, walk: Walk) -> str:
        """Return a new token for a walk, full of characters that must be left encoded."""
        self._issued += 1
        mixed = self._issued * 2_654_435_761 % 2**32
        token = f"{walk.set.name}-'{mixed:08x}'+02:00&{self._issued}/="
        self._walks[token] = walk
        if len(self._walks) > TOKENS_KEPT:
            self._walks.popitem(last=False)
        return token

    def take(self, token: str, set_name: str) -> Walk:
        """Return the walk that a token continues."""
        walk = self._walks.get(token)
        if walk is None or walk.set.name != set_name:
            raise Refusal(400, "The skip token is not valid.", "$skiptoken")
        return walk


def answer(world: World, tokens: Tokens, request: Request, walk: Walk, wanted: Format) -> Response:
    """Answer one page of a walk."""
    switches = world.switches
    if switches.token_ttl and walk.number > switches.token_ttl:
        raise Refusal(switches.token_status, "The link has expired.", "$skiptoken")
    table = world.tables[walk.set.table]
    slots = table.view(walk.query.ordering, walk.query.where)
    strings = wanted.strings or switches.numbers == "string"
    shape = shape_of(
        walk.set, walk.query.select, switches, strings=strings, full=wanted.metadata == "full"
    )
    page, following = _page(world, table, slots, walk)
    rows = table.serialised(shape, page)
    mark = "@" if switches.annotations == "4.01" else "@odata."
    head: dict[str, str | int] = {}
    if wanted.metadata != "none":
        head[f"{mark}context"] = f"{wanted.root}/$metadata#{_context(walk)}"
    if walk.query.count:
        total = len(slots)
        head[f"{mark}count"] = str(total) if strings else total
    opening = msgspec.json.encode(head)[:-1] + (b"," if head else b"") + b'"value":['
    if _breaks_off(world):
        return wanted.response([opening, b",".join(rows[: len(rows) // 2]), _STREAM_ERROR])
    closing = b"]}"
    if following is not None:
        link = _link(world, tokens, request, following, wanted.root)
        closing = b"]," + msgspec.json.encode({f"{mark}nextLink": link})[1:]
    return wanted.response([opening, b",".join(rows), closing], strings=strings)


_STREAM_ERROR = (
    b'{"error":{"code":"InternalServerError","message":"The connection to the database was lost '
    b'while the rows were read."}}'
)


def _breaks_off(world: World) -> bool:
    """Count this page down; whether it is the one that breaks off."""
    switches = world.switches
    if switches.stream_error < 1:
        return False
    switches.stream_error -= 1
    return switches.stream_error == 0


def _page(
    world: World, table: Table, slots: Sequence[int], walk: Walk
) -> tuple[Sequence[int], Walk | None]:
    """Return the slots of a page, and the walk as it goes on after it."""
    if world.switches.empty_pages and walk.number % EMPTY_EVERY == 0:
        return (), replace(walk, number=walk.number + 1)
    first = walk.position
    if walk.after:
        first = _place_after(table, slots, walk)
    size = walk.size if walk.remaining is None else min(walk.size, walk.remaining)
    page = slots[first : first + size]
    remaining = None if walk.remaining is None else walk.remaining - len(page)
    if len(page) < walk.size or remaining == 0:
        return page, None
    ordering = walk.query.ordering
    last = table.rows[page[-1]]
    return page, replace(
        walk,
        position=first + len(page),
        after=_values(ordering, last) if world.switches.value_tokens else (),
        remaining=remaining,
        number=walk.number + 1,
    )


def _values(ordering: Ordering, row: Row) -> tuple[tuple[bool, Comparable], ...]:
    return tuple(order.key(row) for order in ordering)


def _place_after(table: Table, slots: Sequence[int], walk: Walk) -> int:
    """Find the first row whose order-by values come after those of a row; ties are passed."""

    def comes_after(slot: int) -> bool:
        for order, bound in zip(walk.query.ordering, walk.after, strict=True):
            key = order.key(table.rows[slot])
            if key != bound:
                return key < bound if order.descending else key > bound
        return False

    return bisect_left(slots, x=True, key=comes_after)


def _context(walk: Walk) -> str:
    select = walk.query.select
    return f"{walk.set.name}({','.join(select)})" if select else walk.set.name


def _link(world: World, tokens: Tokens, request: Request, walk: Walk, root: str) -> str:
    form = world.switches.link_form
    if form == "loop":
        return root.removesuffix(_path_of(root)) + request.target
    name = "%24skiptoken" if form == "encoded" else "$skiptoken"
    relative = f"{walk.set.name}?{name}={quote(tokens.issue(walk), safe='')}"
    if form == "relative":
        return relative
    return f"{_elsewhere(root) if form == 'foreign' else root}/{relative}"


def _elsewhere(root: str) -> str:
    """Name another host for the same server."""
    one, other = "//127.0.0.1", "//localhost"
    return root.replace(one, other) if one in root else root.replace(other, one)


def _path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]
