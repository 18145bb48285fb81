"""Invoices, their items and payments."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import MinorUnits
from taps_common.records.row_types import Instant, Number, Row

PercentTimes100 = Annotated[Number, Meta(description="Percent times 100: 1950 is 19.5 %.")]
MinorUnitsTimes100 = Annotated[
    Number, Meta(description="In minor units times 100: 1050000 with USD is 105.00 USD.")
]
Quantity = Annotated[Number, Meta(description="amount is unitPrice * quantity / 100.")]


class InvoiceLine(Row):
    """One line of an invoice."""

    order: int | None = None
    description: str | None = None
    itemType: str | None = None
    importType: str | None = None
    quantity: Quantity | None = None
    unitPrice: MinorUnitsTimes100 | None = None
    amount: MinorUnits | None = None
    applyTaxes: str | None = None
    timeEntryIds: list[str] | None = None
    expenseIds: list[str] | None = None


class Invoice(Row):
    """An invoice; from `billFrom` on the columns need `invoice_details`."""

    id: str
    workspaceId: str = ""
    number: str | None = None
    clientId: str | None = None
    clientName: str | None = None
    currency: str | None = None
    issuedDate: Instant | None = None
    dueDate: Instant | None = None
    amount: MinorUnits | None = None
    balance: MinorUnits | None = None
    paid: MinorUnits | None = None
    status: str | None = None
    billFrom: str | None = None
    clientAddress: str | None = None
    companyId: str | None = None
    userId: str | None = None
    subject: str | None = None
    note: str | None = None
    subtotal: MinorUnits | None = None
    discount: PercentTimes100 | None = None
    discountAmount: MinorUnits | None = None
    tax: PercentTimes100 | None = None
    tax2: PercentTimes100 | None = None
    taxAmount: MinorUnits | None = None
    tax2Amount: MinorUnits | None = None
    taxType: str | None = None
    calculationType: str | None = None
    containsImportedTimes: bool | None = None
    containsImportedExpenses: bool | None = None
    visibleZeroFields: (
        Annotated[list[str] | str, Meta(description="A list, or its JSON text.")] | None
    ) = None
    items: list[InvoiceLine] | None = None


class InvoiceItem(Row):
    """One line of an invoice, told from the others by its order."""

    workspaceId: str
    invoiceId: str
    order: int | None
    description: str | None
    itemType: str | None
    importType: str | None
    quantity: Quantity | None
    unitPrice: MinorUnitsTimes100 | None
    amount: MinorUnits | None
    applyTaxes: str | None
    timeEntryIds: list[str] | None
    expenseIds: list[str] | None


class InvoicePayment(Row):
    """Money that came in for an invoice."""

    id: str
    workspaceId: str = ""
    invoiceId: str = ""
    amount: MinorUnits | None = None
    author: str | None = None
    date: Instant | None = None
    note: str | None = None
