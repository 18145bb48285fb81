"""Invoices, their items and payments."""

from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import MinorUnits
from taps_common.records.row_types import Instant, Number, Row

PercentTimes100 = Annotated[Number, Meta(description="Unit: percent times 100: 1950 is 19.5 %.")]
MinorUnitsTimes100 = Annotated[
    Number, Meta(description="Unit: minor units times 100: 1050000 with USD is 105.00 USD.")
]


class InvoiceLine(Row):
    """One line of an invoice.

    Attributes:
        order: the line's place in the invoice. Example: 1.
        description: what is billed. Example: This is a description of an invoice item. Empty: where
            nothing was written.
        itemType: a word for the kind of item. Example: Goods.
        importType: what it was made of: NOT_IMPORTED, TIME_ENTRY_IMPORT or EXPENSE_IMPORT.
        quantity: how many units; amount is unitPrice * quantity / 100. Example: 10.
        unitPrice: price of a unit. Example: 50000.
        amount: what the line adds up to, without taxes. Example: 5000.
        applyTaxes: which taxes go on top: TAX1, TAX2, TAX1TAX2 or NONE.
        timeEntryIds: the time that it bills. Empty: where it was not made of time entries.
            Joins: time_entries.id.
        expenseIds: the expenses that it bills. Empty: where it was not made of expenses.
            Joins: expenses.id.
    """

    order: int | None = None
    description: str | None = None
    itemType: str | None = None
    importType: str | None = None
    quantity: Number | None = None
    unitPrice: MinorUnitsTimes100 | None = None
    amount: MinorUnits | None = None
    applyTaxes: str | None = None
    timeEntryIds: list[str] | None = None
    expenseIds: list[str] | None = None


class Invoice(Row):
    """An invoice; from `billFrom` on the columns need `invoice_details`.

    Attributes:
        id: unique in all of Clockify. Example: 78a687e29ae1f428e7ebe303.
        workspaceId: where the invoice is. Joins: workspaces.id.
        number: the invoice's number, as it is printed. Example: 202306121129.
        clientId: who gets the invoice. Joins: clients.id.
        clientName: Example: Client X.
        currency: ISO 4217 code of all its amounts. Example: USD.
        issuedDate: when it was issued. Example: 2020-01-01T08:00:00Z.
        dueDate: by when it is to be paid. Example: 2020-06-01T08:00:00Z.
        amount: what is to be paid in all. Example: 5572.
        balance: what is still to be paid. Example: 2572.
        paid: what was paid so far. Example: 3000.
        status: UNSENT, SENT, PAID, PARTIALLY_PAID, VOID or OVERDUE.
        billFrom: who bills. Example: Company XYZ. Needs: the setting invoice_details.
        clientAddress: the client's address, as one text. Example: Ground Floor, ABC Bldg., Palo
            Alto, California, USA 94020. Needs: the setting invoice_details.
        companyId: a company; companies are not read. Example: 04g687e29ae1f428e7ebe123. Needs: the
            setting invoice_details.
        userId: a member; what the invoice has to do with them is not documented. Needs: the setting
            invoice_details. Joins: users.id.
        subject: what the invoice is for. Example: January salary. Needs: the setting
            invoice_details.
        note: free text on the invoice. Needs: the setting invoice_details.
        subtotal: the sum of the invoice's lines. Example: 5000. Needs: the setting invoice_details.
        discount: how much is taken off. Example: 1050. Needs: the setting invoice_details.
        discountAmount: what discount comes to. Example: 525. Needs: the setting invoice_details.
        tax: the first tax. Example: 1950. Needs: the setting invoice_details.
        tax2: the second tax. Example: 500. Needs: the setting invoice_details.
        taxAmount: what tax comes to. Example: 873. Needs: the setting invoice_details.
        tax2Amount: what tax2 comes to. Example: 224. Needs: the setting invoice_details.
        taxType: how two taxes go together: COMPOUND, SIMPLE or NONE. Needs: the setting
            invoice_details.
        calculationType: whether taxes are worked out for the whole (INVOICE_BASED) or by line
            (ITEM_BASED). Needs: the setting invoice_details.
        containsImportedTimes: whether lines were made of time entries. Needs: the setting
            invoice_details.
        containsImportedExpenses: whether lines were made of expenses. Needs: the setting
            invoice_details.
        visibleZeroFields: what is printed even if it is zero: TAX, TAX_2, DISCOUNT. A list, or its
            JSON text. Needs: the setting invoice_details.
        items: the invoice's lines, one row each in invoice_items. Needs: the setting
            invoice_details.
    """

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
    visibleZeroFields: list[str] | str | None = None
    items: list[InvoiceLine] | None = None


class InvoiceItem(Row):
    """One line of an invoice, told from the others by its order.

    Attributes:
        workspaceId: where the invoice is. Joins: workspaces.id.
        invoiceId: the invoice. Joins: invoices.id.
        order: the line's place in the invoice, by which lines are known. Example: 1.
        description: what is billed. Example: This is a description of an invoice item. Empty: where
            nothing was written.
        itemType: a word for the kind of item. Example: Goods.
        importType: what it was made of: NOT_IMPORTED, TIME_ENTRY_IMPORT or EXPENSE_IMPORT.
        quantity: how many units; amount is unitPrice * quantity / 100. Example: 10.
        unitPrice: price of a unit. Example: 50000.
        amount: what the line adds up to, without taxes. Example: 5000.
        applyTaxes: which taxes go on top: TAX1, TAX2, TAX1TAX2 or NONE.
        timeEntryIds: the time that it bills. Empty: where it was not made of time entries.
            Joins: time_entries.id.
        expenseIds: the expenses that it bills. Empty: where it was not made of expenses.
            Joins: expenses.id.
    """

    workspaceId: str
    invoiceId: str
    order: int | None
    description: str | None
    itemType: str | None
    importType: str | None
    quantity: Number | None
    unitPrice: MinorUnitsTimes100 | None
    amount: MinorUnits | None
    applyTaxes: str | None
    timeEntryIds: list[str] | None
    expenseIds: list[str] | None


class InvoicePayment(Row):
    """Money that came in for an invoice.

    Attributes:
        id: identifies the payment. Example: 78a687e29ae1f428e7ebe303.
        workspaceId: where the invoice is. Joins: workspaces.id.
        invoiceId: what was paid. Joins: invoices.id.
        amount: how much money came in, in the invoice's currency. Example: 3000.
        author: who noted the payment, by name. Example: John Doe.
        date: when the money came in. Example: 2021-01-01T12:00:00Z.
        note: free text about it. Empty: where nothing was written.
    """

    id: str
    workspaceId: str = ""
    invoiceId: str = ""
    amount: MinorUnits | None = None
    author: str | None = None
    date: Instant | None = None
    note: str | None = None
