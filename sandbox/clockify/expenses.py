"""Expenses and their categories.

The list inlines category, project and task; one expense alone names their ids instead. Totals are
minor units as a float. `start` and `end` are silently ignored: only the report filters by date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.filters import named, ordered
from sandbox.clockify.instants import iso, seconds
from sandbox.clockify.operations import Ask, Operation
from sandbox.clockify.paging import Envelope, paged
from sandbox.clockify.rows import Row
from sandbox.wire import json_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.clockify.maker import Maker
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Response

DAY = 86_400


class ExpenseCategory(Row, kw_only=True):
    """What money is spent on; with a unit price an expense has a quantity."""

    name: str
    workspaceId: str
    archived: bool = False
    hasUnitPrice: bool = False
    priceInCents: int | None = None
    unit: str | None = None


class Expense(Row, kw_only=True):
    """Money one member spent, as the single route shows it."""

    workspaceId: str
    userId: str
    date: str
    categoryId: str | None = None
    projectId: str | None = None
    taskId: str | None = None
    billable: bool = True
    isLocked: bool = False
    locked: bool = False
    notes: str | None = None
    quantity: float = 1.0
    total: float = 1_000.0
    fileId: str | None = None
    fileName: str | None = None


class ProjectInfo(Row, kw_only=True):
    """A project inside another row."""

    name: str
    clientId: str | None
    clientName: str | None
    color: str


class TaskInfo(Row, kw_only=True):
    """A task inside another row."""

    name: str


class ListedExpense(Row, kw_only=True):
    """An expense as the list shows it."""

    workspaceId: str
    userId: str
    date: str
    category: ExpenseCategory | None
    project: ProjectInfo | None
    task: TaskInfo | None
    billable: bool
    isLocked: bool
    locked: bool
    notes: str | None
    quantity: float
    total: float
    fileId: str | None
    fileName: str | None


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up categories and expenses; some refer to nothing."""
    kinds = (
        ("Travel", None, None),
        ("Mileage", 45, "km"),
        ("Meals & drinks", None, None),
        ("Hôtel", 12_000, "night"),
        ("Old category", None, None),
    )
    for number, (name, price, unit) in enumerate(kinds):
        category = ExpenseCategory(
            id=make.dated_id(make.now - (400 - number) * DAY),
            name=name,
            workspaceId=data.row.id,
            archived=number == len(kinds) - 1,
            hasUnitPrice=price is not None,
            priceInCents=price,
            unit=unit,
        )
        data.expense_categories[category.id] = category
    for number in range(make.count(36)):
        _add_expense(make, data, number)


def _add_expense(make: Maker, data: WorkspaceData, number: int) -> None:
    categories, projects = list(data.expense_categories.values()), list(data.projects.values())
    category = categories[number % len(categories)] if number % 7 else None
    project = projects[number % len(projects)] if number % 5 else None
    tasks = [task for task in data.tasks.values() if project and task.projectId == project.id]
    quantity = 1.0 + number % 4 * 0.5 if category and category.hasUnitPrice else 1.0
    price = category.priceInCents if category and category.priceInCents else 995 + 250 * number
    spent = make.now - number * 2 * DAY
    has_file = number % 3 == 0
    expense = Expense(
        id=make.dated_id(spent),
        workspaceId=data.row.id,
        userId=make.writers[number % len(make.writers)],
        date=iso(spent)[:10],
        categoryId=category.id if category else None,
        projectId=project.id if project else None,
        taskId=tasks[0].id if tasks and number % 2 else None,
        billable=number % 4 != 0,
        isLocked=number > 30,
        locked=number > 30,
        notes=f"Receipt {number}, Straße" if number % 3 else None,
        quantity=quantity,
        total=price * quantity,
        fileId=make.dated_id(spent) if has_file else None,
        fileName=f"receipt {number}.pdf" if has_file else None,
    )
    data.expenses[expense.id] = expense


def listed(world: World, data: WorkspaceData, expense: Expense) -> ListedExpense:
    """Return an expense with what it refers to inline; what is gone is null."""
    fields = msgspec.structs.asdict(expense)
    category, project, task = (fields.pop(name) for name in ("categoryId", "projectId", "taskId"))
    fields["date"] = spelled_date(world, expense.date)
    return ListedExpense(
        **fields,
        category=data.expense_categories.get(category),
        project=project_info(data, project),
        task=task_info(data, task),
    )


def spelled_date(world: World, day: str) -> str:
    """Spell an expense's date: a day or an instant, the documents disagree."""
    return f"{day}T00:00:00Z" if world.expense_date == "instant" else day


def project_info(data: WorkspaceData, project_id: str | None) -> ProjectInfo | None:
    """Return what other rows show of a project."""
    project = data.projects.get(project_id or "")
    if project is None:
        return None
    return ProjectInfo(
        id=project.id,
        name=project.name,
        clientId=project.clientId,
        clientName=project.clientName,
        color=project.color,
    )


def task_info(data: WorkspaceData, task_id: str | None) -> TaskInfo | None:
    """Return what other rows show of a task."""
    task = data.tasks.get(task_id or "")
    return TaskInfo(id=task.id, name=task.name) if task else None


def _expenses(ask: Ask) -> Response:
    """List expenses, newest first; members get their own."""
    wanted = ask.request.value("user-id")
    kept = sorted(
        (
            one
            for one in ask.data.expenses.values()
            if ask.sees(one.userId) and wanted in {None, one.userId}
        ),
        key=lambda one: (one.date, one.id),
        reverse=True,
    )
    block = ask.block(
        lambda: [listed(ask.world, ask.data, one) for one in kept], ask.world.expense_date
    )
    totals = b',"dailyTotals":%b,"weeklyTotals":%b' % (
        msgspec.json.encode(_totals(kept, daily=True)),
        msgspec.json.encode(_totals(kept, daily=False)),
    )
    envelope = Envelope("expenses", "count", within="expenses", besides=totals)
    return paged(ask.world, ask.request, block, envelope=envelope)


def _totals(kept: Iterable[Expense], *, daily: bool) -> list[dict[str, object]]:
    """Sum up by day or by the Monday of the week."""
    sums: dict[str, float] = {}
    for one in kept:
        at = seconds(one.date)
        day = one.date if daily else iso(at - (at // DAY + 3) % 7 * DAY)[:10]
        sums[day] = sums.get(day, 0) + one.total
    if not daily:
        return [{"date": day, "total": total} for day, total in sums.items()]
    return [
        {"date": day, "dateAsInstant": f"{day}T00:00:00Z", "total": total}
        for day, total in sums.items()
    ]


def _expense(ask: Ask) -> Response:
    """Return one expense, with ids instead of what they refer to."""
    expense = ask.data.expenses.get(ask.request.params["expenseId"])
    if expense is None:
        raise Refusal(400, 501, "Expense doesn't belong to Workspace")
    ask.member(expense.userId)
    return json_response(expense)


def _categories(ask: Ask) -> Response:
    """List categories; archived ones when asked for."""
    archived = ask.request.flag("archived")
    if archived is None and not ask.world.archived_categories:
        archived = False
    kept = [
        one
        for one in named(ask.data.expense_categories.values(), ask.request)
        if archived in {None, one.archived}
    ]
    block = Block.of(ordered(kept, ask.request))
    return paged(ask.world, ask.request, block, envelope=Envelope("categories", "count"))


OPERATIONS = (
    Operation("GET", "/expenses", _expenses, "EXPENSES"),
    Operation("GET", "/expenses/categories", _categories, "EXPENSES"),
    Operation("GET", "/expenses/{expenseId}", _expense, "EXPENSES"),
)
