"""Expenses, their categories, and invoices.

The list of expenses inlines category, project and task; one expense alone names their ids instead.
Totals are minor units as a float. `start` and `end` are silently ignored: only the report filters
by date. Neither list nor detail of invoices names the workspace; items have no id but their order.
"""

from __future__ import annotations

import msgspec
from msgspec import structs

from sandbox.clockify.ask import Ask, Shown, access_denied
from sandbox.clockify.instants import DAY, iso, seconds
from sandbox.clockify.invoicing import amounts, item_amount
from sandbox.clockify.projects import project_info, task_info
from sandbox.clockify.rows import Expense, ExpenseCategory, Invoice, InvoicePayment

STATUSES = ("UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE")
COLUMNS = {
    "CLIENT": "clientName",
    "DUE_ON": "dueDate",
    "ISSUE_DATE": "issuedDate",
    "AMOUNT": "amount",
    "BALANCE": "balance",
}


def expenses(ask: Ask) -> list[Shown]:
    """List the expenses the caller sees, of whom was asked for, newest first."""
    wanted = ask.request.value("user-id")
    expenses = [one for one in ask.data.expenses.values() if ask.sees(one.userId)]
    kept = [one for one in expenses if wanted in {None, one.userId}]
    kept.sort(key=lambda one: (one.date, one.id), reverse=True)
    return [listed_expense(ask, one) for one in kept]


def expense_totals(_ask: Ask, rows: list[Shown]) -> Shown:
    """Sum up by day and by the Monday of the week."""
    days: dict[str, float] = {}
    weeks: dict[str, float] = {}
    for row in rows:
        day = row["date"][:10]
        at = seconds(day)
        monday = iso(at - (at // DAY + 3) % 7 * DAY)[:10]
        for sums, of in ((days, day), (weeks, monday)):
            sums[of] = sums.get(of, 0) + row["total"]
    return {
        "dailyTotals": [
            {"date": day, "dateAsInstant": f"{day}T00:00:00Z", "total": total}
            for day, total in days.items()
        ],
        "weeklyTotals": [{"date": day, "total": total} for day, total in weeks.items()],
    }


def listed_expense(ask: Ask, expense: Expense) -> Shown:
    """Return an expense with what it refers to inline; the documents disagree about its date."""
    fields: Shown = structs.asdict(expense)
    for name in ("categoryId", "projectId", "taskId"):
        del fields[name]
    instant = f"{expense.date}T00:00:00Z"
    return {
        **fields,
        "date": instant if ask.world.expense_date == "instant" else expense.date,
        "category": ask.data.expense_categories.get(expense.categoryId or ""),
        "project": project_info(ask, expense.projectId),
        "task": task_info(ask, expense.taskId),
    }


def expense(ask: Ask) -> Shown:
    """Return one expense, with ids instead of what they refer to, and without its file's name."""
    found = ask.found(ask.data.expenses, "expense")
    if not ask.sees(found.userId):
        raise access_denied()
    return {name: value for name, value in structs.asdict(found).items() if name != "fileName"}


def expense_categories(ask: Ask) -> list[ExpenseCategory]:
    """List categories; archived ones when asked for."""
    categories = ask.ordered(ask.kept(ask.data.expense_categories.values(), archived="archived"))
    if ask.request.value("archived") or ask.world.archived_categories:
        return categories
    return [one for one in categories if not one.archived]


def invoices(ask: Ask) -> list[Shown]:
    """List invoices by status, sorted as asked."""
    statuses = ask.request.values("statuses")
    for status in statuses:
        ask.one_of("statuses", STATUSES, status)
    name = COLUMNS.get(ask.request.value("sort-column") or "", "id")
    rows = [_listed_invoice(ask, one) for one in ask.data.invoices.values()]

    def key(row: Shown) -> tuple[object, ...]:
        return row[name] if isinstance(row[name], int) else 0, str(row[name] or ""), row["id"]

    return ask.sorted((one for one in rows if not statuses or one["status"] in statuses), key)


def _listed_invoice(ask: Ask, one: Invoice) -> Shown:
    sums, client = amounts(one), ask.data.clients.get(one.clientId or "")
    same = ("id", "number", "clientId", "currency", "issuedDate", "dueDate")
    paid_status = "PARTIALLY_PAID" if sums["balance"] > 0 else "PAID"
    return {
        **{name: getattr(one, name) for name in same},
        "clientName": client.name if client else None,
        **{name: sums[name] for name in ("amount", "balance", "paid")},
        "status": paid_status if sums["paid"] else one.status,
    }


def invoice(ask: Ask) -> Shown:
    one = ask.found(ask.data.invoices, "invoice")
    fields: Shown = msgspec.to_builtins(one)
    for held in ("workspaceId", "payments"):
        del fields[held]
    return {
        **fields,
        **amounts(one),
        **_listed_invoice(ask, one),
        "containsImportedTimes": any(item.timeEntryIds for item in one.items),
        "containsImportedExpenses": any(item.expenseIds for item in one.items),
        "visibleZeroFields": ask.world.list_or_text(one.visibleZeroFields),
        "items": [{**structs.asdict(item), "amount": item_amount(item)} for item in one.items],
    }


def invoice_payments(ask: Ask) -> list[InvoicePayment]:
    return ask.found(ask.data.invoices, "invoice").payments
