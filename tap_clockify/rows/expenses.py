"""Expenses and their categories."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import MinorUnits, ProjectInfo, TaskInfo
from taps_common.records.row_types import Number, Row

ExpenseDay = Annotated[str, Meta(description="A day (2026-01-31), or an instant that begins it.")]


class ExpenseCategory(Row):
    """What money is spent on, archived ones included."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
    hasUnitPrice: bool | None = None
    priceInCents: (
        Annotated[MinorUnits, Meta(description="Price of a unit in minor units (cents).")] | None
    ) = None
    unit: str | None = None


class Expense(Row):
    """Money that one member spent."""

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
