"""The rows of a set in storage order, its sorted and filtered views, its serialised rows."""

from __future__ import annotations

from collections import OrderedDict
from itertools import groupby
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from sandbox.clicktime.edm import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sandbox.clicktime.edm import EntityType, Row
    from sandbox.clicktime.filters import Filter
    from sandbox.clicktime.shapes import Shape

Ordering: TypeAlias = tuple[Order, ...]

VIEWS_KEPT = 16
SHAPES_KEPT = 4

Key = TypeVar("Key")
Kept = TypeVar("Kept")


class Recent(Generic[Key, Kept]):
    """The values that were asked for last."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._kept: OrderedDict[Key, Kept] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Kept]) -> Kept:
        """Return what is kept, or make it and forget the oldest."""
        if key not in self._kept:
            self._kept[key] = make()
            if len(self._kept) > self.limit:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def values(self) -> Iterable[Kept]:
        """Return everything that is kept."""
        return self._kept.values()

    def items(self) -> Iterable[tuple[Key, Kept]]:
        """Return everything that is kept, by what was asked for."""
        return self._kept.items()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class _Run(NamedTuple):
    """Neighbours in an order that share the value of its first property."""

    row: Row
    first: int
    last: int


class Table:
    """The rows of one set; a row's slot is its number for life."""

    def __init__(self, name: str, entity: EntityType, rows: Iterable[Row]) -> None:
        self.name = name
        self.type = entity
        self.rows: dict[int, Row] = dict(enumerate(rows))
        self._next = len(self.rows)
        self._slots: dict[object, int] | None = None
        self._orders: Recent[Ordering, list[int]] = Recent(SHAPES_KEPT)
        self._runs: Recent[Ordering, list[_Run]] = Recent(SHAPES_KEPT)
        self._views: Recent[tuple[Ordering, str], Sequence[int]] = Recent(VIEWS_KEPT)
        self._wire: Recent[Shape, dict[int, bytes]] = Recent(SHAPES_KEPT)

    def find(self, row_id: str) -> int | None:
        """Return the slot of the row with an ID."""
        if self._slots is None:
            self._slots = {row.get("ID"): slot for slot, row in self.rows.items()}
        return self._slots.get(row_id)

    def insert(self, row: Row) -> None:
        """Add a row behind the others."""
        self._put(self._next, row)
        self._next += 1

    def change_id(self, row_id: str, values: Row) -> None:
        """Change the row with an ID in its place; the old one stays as it was for who holds it."""
        slot = self._slot(row_id)
        self._put(slot, {**self.rows[slot], **values})

    def remove_id(self, row_id: str) -> None:
        """Take the row with an ID out."""
        slot = self._slot(row_id)
        del self.rows[slot]
        for encoded in self._wire.values():
            del encoded[slot]
        self._changed()

    def view(self, ordering: Ordering, where: Filter | None) -> Sequence[int]:
        """Return the slots of the rows that pass a filter, in an order."""
        if where is None:
            return self._ordered(ordering)
        kept = where
        return self._views.get((ordering, where.text), lambda: self._passing(ordering, kept))

    def serialised(self, shape: Shape, slots: Sequence[int]) -> list[bytes]:
        """Return rows as they go over the wire; a shape is serialised once for all rows."""
        encoded = self._wire.get(
            shape, lambda: {slot: shape.encode(slot, row) for slot, row in self.rows.items()}
        )
        return [encoded[slot] for slot in slots]

    def _slot(self, row_id: str) -> int:
        slot = self.find(row_id)
        if slot is None:
            raise KeyError(row_id)
        return slot

    def _put(self, slot: int, row: Row) -> None:
        self.rows[slot] = row
        for shape, encoded in self._wire.items():
            encoded[slot] = shape.encode(slot, row)
        self._changed()

    def _ordered(self, ordering: Ordering) -> list[int]:
        return self._orders.get(ordering, lambda: self._sorted(ordering))

    def _sorted(self, ordering: Ordering) -> list[int]:
        slots = list(self.rows)
        for order in reversed(ordering):
            keys = {slot: order.key(row) for slot, row in self.rows.items()}
            slots.sort(key=keys.__getitem__, reverse=order.descending)
        return slots

    def _passing(self, ordering: Ordering, where: Filter) -> list[int]:
        """Filter rows one by one, or run by run where the filter looks at the order only."""
        slots = self._ordered(ordering)
        if not ordering or where.names != {ordering[0].property.name}:
            return [slot for slot in slots if where.test(self.rows[slot])]
        passing: list[int] = []
        for run in self._runs.get(ordering, lambda: self._grouped(ordering[0], slots)):
            if where.test(run.row):
                passing += slots[run.first : run.last]
        return passing

    def _grouped(self, order: Order, slots: Sequence[int]) -> list[_Run]:
        runs: list[_Run] = []
        first = 0
        for _, group in groupby(slots, lambda slot: order.key(self.rows[slot])):
            members = list(group)
            runs.append(_Run(self.rows[members[0]], first, first + len(members)))
            first += len(members)
        return runs

    def _changed(self) -> None:
        self._slots = None
        self._orders.clear()
        self._runs.clear()
        self._views.clear()
