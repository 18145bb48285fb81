"""Dockets, invoices, purchase orders, and a report made on request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import CODES, COMPANIES, amount, clock, note, pick, yes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from sandbox.perform.site import Row, Site

_STATUSES = ("Received", "Rejected", "Approved")
_DOCKETS = ("1E5", "007", "D/12-3", "0012")


def dockets(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Docket Export; a reference is unique per company only."""
    for number in range(site.size.facts * 3 // 4):
        company, supplier = pick(COMPANIES, number)
        reference = number // len(COMPANIES)
        status = pick(_STATUSES, number // 2)
        odd = reference < len(_DOCKETS)
        yield {
            "Docket Reference": _DOCKETS[reference] if odd else f"D-{reference:04d}",
            "Docket Date:date": site.day(number),
            "Company": company,
            "Company Supplier Reference": supplier,
            "Invoice Reference Number": f"INV{number // 9:05d}" if number % 3 else None,
            "Purchase Order Reference Number": f"{number % 30:06d}" if number % 4 else None,
            "Description": note(number),
            "Status": status,
            "Received By": pick(site.people, number).shown,
            "Received At:datetime": f"{site.day(number)} {clock(rng, 8)}",
            "Amount (excl. tax):decimal": amount(rng, number),
            "Tax (%):decimal": "10.0" if site.project == 1 else "0",
            "Rejection Reason": "Illegible" if status == "Rejected" else None,
        }


def invoices(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Invoice Export."""
    for number in range(site.size.facts // 6):
        yield {
            "Invoice Reference Number": f"INV{number:05d}",
            "Invoice Date:date": site.day(3 * number),
            "Company": pick(COMPANIES, number)[0],
            "Dockets:integer": str(number % 9),
            "Total (excl. tax):decimal": amount(rng, number, most=10**9),
            "Status": pick(_STATUSES, number),
            "Due Date:date": site.day(3 * number - 30),
            "Paid?:boolean": yes(number % 3 == 0),
        }


def orders(site: Site, rng: Random) -> Iterator[Row]:
    """Yield Purchase Order Export."""
    for number in range(30):
        company, supplier = pick(COMPANIES, number)
        yield {
            "Purchase Order Reference Number": f"{number:06d}",
            "Company": company,
            "Company Supplier Reference": supplier,
            "Description": note(number),
            "Issue Date:date": site.day(10 * number),
            "Expiry Date:date": site.day(10 * number - 180) if number % 4 else None,
            "Committed Value:decimal": amount(rng, number, most=10**9),
            "Remaining Value:decimal": amount(rng, number + 3, most=10**8),
            "Open?:boolean": yes(number % 5),
        }


def cost_report(site: Site, rng: Random) -> Iterator[Row]:
    """Yield the custom clip: budget and cost by code and month."""
    for number in range(site.size.facts // 2):
        yield {
            "Ledger Id:integer": str(9_007_199_254_740_993 + 10**18 * (number % 9) + number),
            "Cost Code": pick(CODES, number),
            "Cost Code Description": note(number),
            "Month": site.day(30 * (number // len(CODES)))[:7],
            "Budget:decimal": amount(rng, number, most=10**8),
            "Committed:decimal": amount(rng, number + 1, most=10**8),
            "Actual:decimal": amount(rng, number + 2, most=10**8),
            "Forecast at Completion:decimal": amount(rng, number + 3, most=10**8),
            "Variance %:decimal": f"{rng.randrange(-9999, 9999) / 100:.2f}",
            "Posted?:boolean": yes(number % 2) if number % 11 else None,
        }
