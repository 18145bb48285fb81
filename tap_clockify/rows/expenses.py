"""Expenses and their categories."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import MinorUnits, ProjectInfo, TaskInfo
from taps_common.records.row_types import Number, Row

ExpenseDay = Annotated[
    str, Meta(description="Unit: a day (2026-01-31), or the timestamp that begins it.")
]


class ExpenseCategory(Row):
    """What money is spent on, archived ones included.

    Attributes:
        id: unique in all of Clockify. Example: 89a687e29ae1f428e7ebe303.
        workspaceId: where the category is. Joins: workspaces.id.
        name: Example: Procurement.
        archived: whether it was put aside; such rows stay in the table.
        hasUnitPrice: whether expenses are counted in units of a fixed price.
        priceInCents: price of a unit. Example: 1000. Empty: where the category has no price by
            unit.
        unit: what is counted. Example: piece. Empty: where the category has no price by unit.
    """

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
    hasUnitPrice: bool | None = None
    priceInCents: MinorUnits | None = None
    unit: str | None = None


class Expense(Row):
    """Money that one member spent.

    Attributes:
        id: unique in all of Clockify. Example: 64c777ddd3fcab07cfbb210c.
        workspaceId: where the money was spent. Joins: workspaces.id.
        userId: who spent the money. Joins: users.id.
        date: when the money was spent.
        billable: whether the client can be billed for it.
        isLocked: whether the expense can no longer be changed. Empty: where Clockify sends locked
            instead.
        locked: whether the expense can no longer be changed. Empty: where Clockify sends isLocked
            instead.
        notes: free text about the expense. Empty: where nothing was written.
        quantity: how many units, if the category has a price by unit. Example: 3.
        total: how much was spent; the currency is not in the row. Example: 10500.5.
        fileId: the receipt, which is not read. Empty: without a receipt.
        fileName: of the receipt. Example: expense_20200101. Empty: without a receipt.
        category: what the money was spent on. Empty: where none was chosen.
            Joins: expense_categories.id.
        project: what the money was spent for. Empty: where none was chosen.
        task: what the money was spent for, within the project. Empty: where none was chosen.
    """

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    date: ExpenseDay | None = None
    billable: bool | None = None
    isLocked: bool | None = None
    locked: bool | None = None
    notes: str | None = None
    quantity: Number | None = None
    total: MinorUnits | None = None
    fileId: str | None = None
    fileName: str | None = None
    category: ExpenseCategory | None = None
    project: ProjectInfo | None = None
    task: TaskInfo | None = None
