"""Dockets, invoices, purchase orders, and a report made on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import CODES, COMPANIES, amount, clock, note, pick, truth_value
from sandbox.perform.tables import Table, table

if TYPE_CHECKING:
    from sandbox.perform.site import Site

_STATUSES = ("Received", "Rejected", "Approved")
_DOCKETS = ("1E5", "007", "D/12-3", "0012")


def dockets(site: Site) -> Table:
    """Make up Docket Export; a reference is unique per company only."""
    rng = site.random("dockets")
    rows = []
    for number in range(site.size.facts * 3 // 4):
        company = pick(COMPANIES, number)
        reference = number // len(COMPANIES)
        status = pick(_STATUSES, number // 2)
        rows.append(
            (
                _DOCKETS[reference] if reference < len(_DOCKETS) else f"D-{reference:04d}",
                site.day(number),
                *company,
                f"INV{number // 9:05d}" if number % 3 else None,
                f"{number % 30:06d}" if number % 4 else None,
                note(number),
                status,
                pick(site.people, number).shown,
                f"{site.day(number)} {clock(rng, 8)}",
                amount(rng, number),
                "10.0" if site.project == 1 else "0",
                "Illegible" if status == "Rejected" else None,
            )
        )
    return table(
        "Docket Reference; Docket Date:date; Company; Company Supplier Reference;"
        "Invoice Reference Number; Purchase Order Reference Number; Description; Status;"
        "Received By; Received At:datetime; Amount (excl. tax):decimal; Tax (%):decimal;"
        "Rejection Reason",
        rows,
    )


def invoices(site: Site) -> Table:
    """Make up Invoice Export."""
    rng = site.random("invoices")
    return table(
        "Invoice Reference Number; Invoice Date:date; Company; Dockets:integer;"
        "Total (excl. tax):decimal; Status; Due Date:date; Paid?:boolean",
        (
            (
                f"INV{number:05d}",
                site.day(3 * number),
                pick(COMPANIES, number)[0],
                str(number % 9),
                amount(rng, number, most=10**9),
                pick(_STATUSES, number),
                site.day(3 * number - 30),
                truth_value(number % 3 == 0),
            )
            for number in range(site.size.facts // 6)
        ),
    )


def purchase_orders(site: Site) -> Table:
    """Make up Purchase Order Export."""
    rng = site.random("orders")
    return table(
        "Purchase Order Reference Number; Company; Company Supplier Reference; Description;"
        "Issue Date:date; Expiry Date:date; Committed Value:decimal; Remaining Value:decimal;"
        "Open?:boolean",
        (
            (
                f"{number:06d}",
                *pick(COMPANIES, number),
                note(number),
                site.day(10 * number),
                site.day(10 * number - 180) if number % 4 else None,
                amount(rng, number, most=10**9),
                amount(rng, number + 3, most=10**8),
                truth_value(number % 5),
            )
            for number in range(30)
        ),
    )


def cost_report(site: Site) -> Table:
    """Make up the custom clip: budget and cost by code and month."""
    rng = site.random("cost report")
    return table(
        "Ledger Id:integer; Cost Code; Cost Code Description; Month; Budget:decimal;"
        "Committed:decimal; Actual:decimal; Forecast at Completion:decimal; Variance %:decimal;"
        "Posted?:boolean",
        (
            (
                str(9_007_199_254_740_993 + 10**18 * (number % 9) + number),
                pick(CODES, number),
                note(number),
                site.day(30 * (number // len(CODES)))[:7],
                *(amount(rng, number + place, most=10**8) for place in range(4)),
                f"{rng.randrange(-9999, 9999) / 100:.2f}",
                truth_value(number % 2) if number % 11 else None,
            )
            for number in range(site.size.facts // 2)
        ),
    )
