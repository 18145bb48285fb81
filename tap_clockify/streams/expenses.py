"""Expenses and their categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify.permissions import PermittedStream
from tap_clockify.rows import expenses as rows

if TYPE_CHECKING:
    from tap_clockify.client import Query
    from taps_common.sync.steps import Bounds, Partition, Partitions, Scope


class ExpenseCategories(PermittedStream):
    """What money is spent on, archived ones included.

    Each kind is asked for by name: what a request without `archived` lists is documented one way
    and unknown in practice.
    """

    name = "expense_categories"
    row = rows.ExpenseCategory
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/expenses/categories"
    envelopes = (("categories",),)
    feature = "EXPENSES"
    kinds = ("false", "true")

    def plan_partitions(self, scope: Scope, bounds: Bounds) -> Partitions:
        """Return two partitions: those in use, and those that are archived."""
        yield from ()
        return [{**scope, "archived": archived} for archived in self.kinds]

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return which kind is asked for."""
        return (("archived", partition["archived"]),)


class Expenses(PermittedStream):
    """Money that members spent; the list cannot be asked for by date."""

    name = "expenses"
    row = rows.Expense
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/expenses"
    envelopes = (("expenses", "expenses"),)
    feature = "EXPENSES"
    own_only = True


STREAMS = (ExpenseCategories, Expenses)
