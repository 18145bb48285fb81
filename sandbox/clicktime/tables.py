"""The rows of a set in storage order, its sorted and filtered views, its serialised rows."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox.clicktime.edm import Order

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.clicktime.edm import EntityType, Row
    from sandbox.clicktime.filters import Filter
    from sandbox.clicktime.shapes import Shape

Ordering: TypeAlias = tuple[Order, ...]

VIEWS_KEPT = 16
SHAPES_KEPT = 4


class _Run(NamedTuple):
    """Neighbours in an order that share the value of its first property."""

    row: Row
    first: int
    last: int


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
        self._runs = lru_cache(SHAPES_KEPT)(self._grouped)
        self._passing = lru_cache(VIEWS_KEPT)(self._filtered)

    def find(self, row_id: str) -> int | None:
        """Return the slot of the row with an ID."""
        return self._slots().get(row_id)

    def insert(self, row: Row) -> None:
        """Add a row behind the others."""
        self._put(self._next, row)
        self._next += 1

    def change_id(self, row_id: str, values: Row) -> None:
        """Change the row with an ID in its place; the old one stays as it was for who holds it."""
        slot = self._slots()[row_id]
        self._put(slot, self.rows[slot] | values)

    def remove_id(self, row_id: str) -> None:
        """Take the row with an ID out."""
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
        for kept in (self._slots, self._ordered, self._runs, self._passing):
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
        """Filter rows one by one, or run by run where the filter looks at the order only."""
        slots = self._ordered(ordering)
        if not ordering or where.names != {ordering[0].property.name}:
            return [slot for slot in slots if where.test(self.rows[slot])]
        runs = (run for run in self._runs(ordering) if where.test(run.row))
        return [slot for run in runs for slot in slots[run.first : run.last]]

    def _grouped(self, ordering: Ordering) -> list[_Run]:
        slots = self._ordered(ordering)
        runs: list[_Run] = []
        first = 0
        for _, group in groupby(slots, lambda slot: ordering[0].key(self.rows[slot])):
            last = first + sum(1 for _ in group)
            runs.append(_Run(self.rows[slots[first]], first, last))
            first = last
        return runs
