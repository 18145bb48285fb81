"""The rows of a set in storage order, its sorted and filtered views, its serialised rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from sandbox.clicktime.edm import EntityType, Order, Row
from sandbox.clicktime.filters import Filter
from sandbox.clicktime.shapes import Shape

Ordering: TypeAlias = tuple[Order, ...]

VIEWS_KEPT = 16
SHAPES_KEPT = 4


class Table:
    """The rows of one set; a row's slot is its number for life.

    What was asked for last is kept: orders and views until a row changes, serialised rows for good.
    """

    def __init__(self, name: str, entity: EntityType, rows: Iterable[Row]) -> None:
        self.name = name
        self.type = entity
        self.rows: dict[int, Row] = dict(enumerate(rows))
        self._next = len(self.rows)
        self._wire: dict[Shape, dict[int, bytes]] = {}
        self._slots = lru_cache(1)(self._slots_by_id)
        self._ordered = lru_cache(SHAPES_KEPT)(self._sorted)
        self._places = lru_cache(SHAPES_KEPT)(self._placed)
        self._alike = lru_cache(SHAPES_KEPT)(self._grouped)
        self._passing = lru_cache(VIEWS_KEPT)(self._filtered)

    def find(self, row_id: str) -> int | None:
        return self._slots().get(row_id)

    def insert(self, row: Row) -> None:
        self._put(self._next, row)
        self._next += 1

    def change_id(self, row_id: str, values: Row) -> None:
        """Change the row with an ID in its place; the old one stays as it was for who holds it."""
        slot = self._slots()[row_id]
        self._put(slot, self.rows[slot] | values)

    def remove_id(self, row_id: str) -> None:
        slot = self._slots()[row_id]
        del self.rows[slot]
        for encoded in self._wire.values():
            del encoded[slot]
        self._forget()

    def view(self, ordering: Ordering, where: Filter | None) -> Sequence[int]:
        """Return the slots of the rows that pass a filter, in an order."""
        return self._ordered(ordering) if where is None else self._passing(ordering, where)

    def serialised(self, shape: Shape, slots: Sequence[int]) -> list[bytes]:
        """Return rows as they go over the wire; a shape is serialised once for all rows."""
        encoded = self._wire.pop(shape, None)
        if encoded is None:
            encoded = {slot: shape.encode(slot, row) for slot, row in self.rows.items()}
        self._wire[shape] = encoded
        if len(self._wire) > SHAPES_KEPT:
            del self._wire[next(iter(self._wire))]
        return [encoded[slot] for slot in slots]

    def _put(self, slot: int, row: Row) -> None:
        self.rows[slot] = row
        for shape, encoded in self._wire.items():
            encoded[slot] = shape.encode(slot, row)
        self._forget()

    def _forget(self) -> None:
        for kept in (self._slots, self._ordered, self._places, self._alike, self._passing):
            kept.cache_clear()

    def _slots_by_id(self) -> dict[object, int]:
        return {row.get("ID"): slot for slot, row in self.rows.items()}

    def _sorted(self, ordering: Ordering) -> list[int]:
        slots = list(self.rows)
        for order in reversed(ordering):
            keys = {slot: order.key(row) for slot, row in self.rows.items()}
            slots.sort(key=keys.__getitem__, reverse=order.descending)
        return slots

    def _filtered(self, ordering: Ordering, where: Filter) -> list[int]:
        """Filter rows one by one, or many at once where the filter looks at one property only."""
        if len(where.names) != 1:
            return [slot for slot in self._ordered(ordering) if where.test(self.rows[slot])]
        (name,) = where.names
        alike = (slots for slots in self._alike(name) if where.test(self.rows[slots[0]]))
        return sorted(chain.from_iterable(alike), key=self._places(ordering).__getitem__)

    def _placed(self, ordering: Ordering) -> dict[int, int]:
        """Return where each slot is in an order."""
        return {slot: place for place, slot in enumerate(self._ordered(ordering))}

    def _grouped(self, name: str) -> list[list[int]]:
        """Return the slots of rows that have the same value of a property."""
        groups: dict[object, list[int]] = {}
        for slot, row in self.rows.items():
            value = row.get(name)
            alike = value if isinstance(value, Hashable) else repr(value)
            groups.setdefault(alike, []).append(slot)
        return [*groups.values()]
