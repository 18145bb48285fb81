"""Invoices, their items and payments.

Amounts are minor units; an item's `unitPrice` is minor units times 100, so that its amount is
unitPrice * quantity / 100 (live probes); `tax`, `tax2` and `discount` are percents times 100.
Neither list nor detail names the workspace; items have no id but their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.instants import iso
from sandbox.clockify.operations import Ask, Operation, one_of
from sandbox.clockify.paging import Envelope, paged
from sandbox.clockify.rows import Row
from sandbox.wire import json_response

if TYPE_CHECKING:
    from sandbox.clockify.maker import Maker
    from sandbox.clockify.rows import Client
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response

DAY = 86_400
STATUSES = ("UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE")


class InvoicePayment(Row, kw_only=True):
    """Money that came in."""

    amount: int
    author: str = "Olivera Owner"
    date: str
    note: str | None = None


class InvoiceItem(msgspec.Struct, kw_only=True):
    """One line of an invoice."""

    order: int
    description: str | None = None
    itemType: str | None = "Service"
    importType: str = "NOT_IMPORTED"
    quantity: int = 1
    unitPrice: int = 100_000
    applyTaxes: str = "NONE"
    timeEntryIds: list[str] = msgspec.field(default_factory=list)
    expenseIds: list[str] = msgspec.field(default_factory=list)

    @property
    def amount(self) -> int:
        """Minor units."""
        return self.quantity * self.unitPrice // 100


class Invoice(Row, kw_only=True):
    """A bill; what it amounts to follows from its items and payments."""

    number: str = "INV-new"
    workspaceId: str
    clientId: str | None = None
    currency: str = "EUR"
    issuedDate: str = "2020-01-01T00:00:00Z"
    dueDate: str = "2020-02-01T00:00:00Z"
    status: str = "UNSENT"
    userId: str = ""
    billFrom: str | None = None
    clientAddress: str | None = None
    companyId: str | None = None
    subject: str | None = None
    note: str | None = None
    tax: float = 0.0
    tax2: float = 0.0
    taxType: str = "SIMPLE"
    discount: float = 0.0
    calculationType: str = "INVOICE_BASED"
    visibleZeroFields: list[str] = msgspec.field(default_factory=list)
    items: list[InvoiceItem] = msgspec.field(default_factory=list)
    payments: list[InvoicePayment] = msgspec.field(default_factory=list)


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up invoices of every status, with items of every origin and payments."""
    clients = list(data.clients.values())
    expenses = [one.id for one in data.expenses.values() if one.billable]
    for number in range(make.count(24)):
        client = clients[number % len(clients)]
        issued = make.now - (number * 11 + 1) * DAY
        full = number % 3 != 0
        invoice = Invoice(
            id=make.dated_id(issued),
            number=f"INV-{2_000 + number}",
            workspaceId=data.row.id,
            clientId=client.id if number % 8 else None,
            currency=client.currencyCode or data.row.currencies[0].code,
            issuedDate=iso(issued),
            dueDate=iso(issued + 30 * DAY),
            status=("UNSENT", "SENT", "SENT", "SENT", "VOID", "OVERDUE")[number % 6],
            userId=make.owner_id,
            billFrom="Sandbox Builders d.o.o. Ćuprija\n1 Quay" if full else None,
            clientAddress=client.address,
            companyId=make.dated_id(issued) if full else None,
            subject=f"Work in month {number + 1} 🧾" if full else None,
            note="Pay in 30 days" if full else None,
            tax=1_950.0 if number % 2 else 0.0,
            tax2=500.0 if number % 4 == 1 else 0.0,
            taxType=("SIMPLE", "COMPOUND", "NONE")[number % 3],
            discount=1_050.0 if number % 5 == 1 else 0.0,
            calculationType=("INVOICE_BASED", "ITEM_BASED")[number % 2],
            visibleZeroFields=["TAX", "TAX_2", "DISCOUNT"][: number % 4],
        )
        invoice.items = [
            _item(order, number, make.entry_ids[number % 7 :], expenses[number % 9 :])
            for order in range(1, 1 + number % 4)
        ]
        for part in range(number % 6 % 3):
            _add_payment(make, invoice, part, 15 * DAY + issued)
        data.invoices[invoice.id] = invoice


def _item(order: int, number: int, entry_ids: list[str], expense_ids: list[str]) -> InvoiceItem:
    kind = ("NOT_IMPORTED", "TIME_ENTRY_IMPORT", "EXPENSE_IMPORT")[(order + number) % 3]
    return InvoiceItem(
        order=order,
        description=f"Item {order}: plan, build & test" if number % 5 else None,
        itemType="Goods" if order % 2 else "Service",
        importType=kind,
        quantity=order + 1,
        unitPrice=1_050_000 + 12_345 * number,
        applyTaxes=("NONE", "TAX1", "TAX2", "TAX1TAX2")[(order + number) % 4],
        timeEntryIds=entry_ids[:3] if kind == "TIME_ENTRY_IMPORT" else [],
        expenseIds=expense_ids[:2] if kind == "EXPENSE_IMPORT" else [],
    )


def _add_payment(make: Maker, invoice: Invoice, part: int, at: int) -> None:
    """The first payment is half, the second the rest."""
    half = amounts(invoice)["amount"] // 2
    rest = amounts(invoice)["balance"]
    payment = InvoicePayment(
        id=make.dated_id(at + part * DAY),
        amount=rest if part else half,
        date=iso(at + part * DAY),
        note=None if part else "First half",
    )
    invoice.payments.append(payment)


def amounts(invoice: Invoice) -> dict[str, int]:
    """Work out the sums of an invoice, minor units."""
    subtotal = sum(item.amount for item in invoice.items)
    discount = round(subtotal * invoice.discount / 10_000)
    taxed = subtotal - discount
    tax = round(taxed * invoice.tax / 10_000)
    tax2 = round((taxed + (tax if invoice.taxType == "COMPOUND" else 0)) * invoice.tax2 / 10_000)
    amount = taxed + tax + tax2
    paid = sum(payment.amount for payment in invoice.payments)
    return {
        "subtotal": subtotal,
        "discountAmount": discount,
        "taxAmount": tax,
        "tax2Amount": tax2,
        "amount": amount,
        "paid": paid,
        "balance": amount - paid,
    }


def _status(invoice: Invoice) -> str:
    sums = amounts(invoice)
    if not sums["paid"]:
        return invoice.status
    return "PARTIALLY_PAID" if sums["balance"] > 0 else "PAID"


def listed(data: WorkspaceData, invoice: Invoice) -> dict[str, Json]:
    """Return an invoice as the list shows it."""
    sums = amounts(invoice)
    client: Client | None = data.clients.get(invoice.clientId or "")
    return {
        "id": invoice.id,
        "number": invoice.number,
        "clientId": invoice.clientId,
        "clientName": client.name if client else None,
        "currency": invoice.currency,
        "issuedDate": invoice.issuedDate,
        "dueDate": invoice.dueDate,
        "amount": sums["amount"],
        "balance": sums["balance"],
        "paid": sums["paid"],
        "status": _status(invoice),
    }


def detailed(world: World, data: WorkspaceData, invoice: Invoice) -> dict[str, Json]:
    """Return an invoice as the single route shows it."""
    own = ("billFrom", "clientAddress", "companyId", "subject", "note", "userId", "tax", "tax2")
    further = ("taxType", "discount", "calculationType")
    sums = amounts(invoice)
    fields: dict[str, Json] = {name: getattr(invoice, name) for name in (*own, *further)}
    zero: list[Json] = [*invoice.visibleZeroFields]
    return {
        **listed(data, invoice),
        **fields,
        "subtotal": sums["subtotal"],
        "taxAmount": sums["taxAmount"],
        "tax2Amount": sums["tax2Amount"],
        "discountAmount": sums["discountAmount"],
        "containsImportedTimes": any(item.timeEntryIds for item in invoice.items),
        "containsImportedExpenses": any(item.expenseIds for item in invoice.items),
        "visibleZeroFields": msgspec.json.encode(zero).decode() if world.text_lists else zero,
        "items": [{**msgspec.to_builtins(item), "amount": item.amount} for item in invoice.items],
    }


def _invoices(ask: Ask) -> Response:
    """List invoices by status, sorted as asked."""
    statuses = ask.request.values("statuses")
    for status in statuses:
        one_of("statuses", status, STATUSES)
    column = ask.request.value("sort-column") or "ID"
    name = {
        "CLIENT": "clientName",
        "DUE_ON": "dueDate",
        "ISSUE_DATE": "issuedDate",
        "AMOUNT": "amount",
        "BALANCE": "balance",
    }.get(column, "id")
    rows = [listed(ask.data, one) for one in ask.data.invoices.values()]
    kept = [row for row in rows if not statuses or row["status"] in statuses]
    ordered = sorted(
        kept,
        key=lambda row: (
            row[name] if isinstance(row[name], int) else 0,
            str(row[name] or ""),
            str(row["id"]),
        ),
        reverse=ask.request.value("sort-order") == "DESCENDING",
    )
    block = Block([msgspec.json.encode(row) for row in ordered])
    return paged(ask.world, ask.request, block, envelope=Envelope("invoices", "total"))


def _found(ask: Ask) -> Invoice:
    invoice = ask.data.invoices.get(ask.request.params["invoiceId"])
    if invoice is None:
        raise Refusal(400, 501, "Invoice doesn't belong to Workspace")
    return invoice


def _invoice(ask: Ask) -> Response:
    return json_response(detailed(ask.world, ask.data, _found(ask)))


def _payments(ask: Ask) -> Response:
    return paged(ask.world, ask.request, Block.of(_found(ask).payments))


OPERATIONS = (
    Operation("GET", "/invoices", _invoices, "INVOICING", admins=True),
    Operation("GET", "/invoices/{invoiceId}", _invoice, "INVOICING", admins=True),
    Operation("GET", "/invoices/{invoiceId}/payments", _payments, "INVOICING", admins=True),
)
