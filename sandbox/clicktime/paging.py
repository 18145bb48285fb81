"""Server-driven paging: pages of a read through a set, and the links from one to the next."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

import msgspec

from sandbox.clicktime.edm import Comparable
from sandbox.clicktime.model import EntitySet
from sandbox.clicktime.protocol import Format, Refusal
from sandbox.clicktime.query import Query
from sandbox.clicktime.shapes import shape_of
from sandbox.clicktime.switches import Switches
from sandbox.clicktime.tables import Table
from sandbox.clicktime.world import World
from sandbox.wire import Response

TOKENS_KEPT = 50_000
EMPTY_EVERY = 3


@dataclass(frozen=True)
class Read:
    """A request for a set, and how far its pages have come."""

    set: EntitySet
    query: Query
    size: int
    position: int
    remaining: int | None
    """Rows until `$top` is reached."""
    after: tuple[tuple[bool, Comparable], ...] = ()
    """Order-by values of the last row, where links hold values instead of a position."""
    number: int = 1
    """Which page comes next."""


class Tokens:
    """Reads by the token that continues them; tokens say nothing to those who see them."""

    def __init__(self) -> None:
        self._reads: OrderedDict[str, Read] = OrderedDict()
        self._issued = 0

    def issue(self, read: Read) -> str:
        """Return a new token, full of characters that must be left encoded."""
        self._issued += 1
        mixed = self._issued * 2_654_435_761 % 2**32
        token = f"{read.set.name}-'{mixed:08x}'+02:00&{self._issued}/="
        self._reads[token] = read
        if len(self._reads) > TOKENS_KEPT:
            self._reads.popitem(last=False)
        return token

    def take(self, token: str, set_name: str) -> Read:
        read = self._reads.get(token)
        if read is None or read.set.name != set_name:
            raise Refusal(400, "The skip token is not valid.", "$skiptoken")
        return read


def answer(world: World, tokens: Tokens, read: Read, wanted: Format) -> Response:
    switches = world.switches
    if switches.token_ttl and read.number > switches.token_ttl:
        raise Refusal(switches.token_status, "The link has expired.", "$skiptoken")
    table = world.tables[read.set.table]
    slots = table.view(read.query.ordering, read.query.where)
    page, following = _page(switches, table, slots, read)
    wanted.strings = wanted.strings or switches.numbers == "string"
    annotated = switches.row_annotations or wanted.metadata == "full"
    shape = shape_of(read.set, switches, read.query.select)._replace(
        strings=wanted.strings, annotation=wanted.mark if annotated else ""
    )
    rows = table.serialised(shape, page)
    head: dict[str, str | int] = {}
    if wanted.metadata != "none":
        select = f"({','.join(read.query.select)})" if read.query.select else ""
        head[f"{wanted.mark}context"] = f"{wanted.root}/$metadata#{read.set.name}{select}"
    if read.query.count:
        head[f"{wanted.mark}count"] = str(len(slots)) if wanted.strings else len(slots)
    opening = msgspec.json.encode(head)[:-1] + (b"," if head else b"") + b'"value":['
    closing = b"]}"
    if following is not None:
        link = _link(switches, tokens, following, wanted.root)
        closing = b"]," + msgspec.json.encode({f"{wanted.mark}nextLink": link})[1:]
    return wanted.response([opening, b",".join(rows), closing])


def _page(
    switches: Switches, table: Table, slots: Sequence[int], read: Read
) -> tuple[Sequence[int], Read | None]:
    """Return the slots of a page, and the read as it goes on after it."""
    if switches.empty_pages and read.number % EMPTY_EVERY == 0:
        return (), replace(read, number=read.number + 1)
    first = _place_after(table, slots, read) if read.after else read.position
    size = read.size if read.remaining is None else min(read.size, read.remaining)
    page = slots[first : first + size]
    remaining = None if read.remaining is None else read.remaining - len(page)
    if len(page) < read.size or remaining == 0:
        return page, None
    last, ordering = table.rows[page[-1]], read.query.ordering
    return page, replace(
        read,
        position=first + len(page),
        after=tuple(order.key(last) for order in ordering) if switches.value_tokens else (),
        remaining=remaining,
        number=read.number + 1,
    )


def _place_after(table: Table, slots: Sequence[int], read: Read) -> int:
    """Find the first row whose order-by values come after those of a row; ties are passed."""

    def comes_after(slot: int) -> bool:
        for order, bound in zip(read.query.ordering, read.after, strict=True):
            key = order.key(table.rows[slot])
            if key != bound:
                return key < bound if order.descending else key > bound
        return False

    return bisect_left(slots, x=True, key=comes_after)


def _link(switches: Switches, tokens: Tokens, read: Read, root: str) -> str:
    name = "%24skiptoken" if switches.link_form == "encoded" else "$skiptoken"
    relative = f"{read.set.name}?{name}={quote(tokens.issue(read), safe='')}"
    return relative if switches.link_form == "relative" else f"{root}/{relative}"
