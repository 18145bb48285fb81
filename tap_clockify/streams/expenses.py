"""Expenses and their categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify import rows
from tap_clockify.permissions import GatedStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taps_common.sync.state import Scope, Window
    from taps_common.sync.engine import Reading


class ExpenseCategories(GatedStream):
    """What money is spent on, archived ones included.

    Each kind is asked for by name: what a request without `archived` lists is documented one way
    and unknown in practice.
    """

    name = "expense_categories"
    row = rows.ExpenseCategory
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/expenses/categories"
    envelope = ("categories",)
    feature = "EXPENSES"
    kinds = ("false", "true")

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return two walks: those in use, and those that are archived."""
        return [
            {**partition, "archived": archived}
            for partition in super().partitions_in(scope, reading)
            for archived in self.kinds
        ]

    def query(self, partition: Scope, window: Window | None) -> tuple[tuple[str, str], ...]:
        """Return which kind is asked for."""
        return (("archived", partition["archived"]),)


class Expenses(GatedStream):
    """Money that members spent; the list cannot be asked for by date."""

    name = "expenses"
    row = rows.Expense
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/expenses"
    envelope = ("expenses", "expenses")
    feature = "EXPENSES"
    own_only = True
