"""What an invoice amounts to, which follows from its items and payments.

Minor units; an item's `unitPrice` is minor units times 100, so that its amount is unitPrice *
quantity / 100 (live probes); `tax`, `tax2` and `discount` are percents times 100.
"""

from __future__ import annotations

from sandbox.clockify.rows import Invoice, InvoiceItem


def item_amount(item: InvoiceItem) -> int:
    return item.quantity * item.unitPrice // 100


def amounts(invoice: Invoice) -> dict[str, int]:
    subtotal = sum(map(item_amount, invoice.items))
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
