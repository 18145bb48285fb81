"""Tagged items: registers whose columns the project defines, attributes, completions by gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.perform.site import amount, note, pick, truth_value
from sandbox.perform.tables import Table, table

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sandbox.perform.site import Site

_GATES = (
    ("Fabricated", "Primary", "40"),
    ("Installed", "Secondary", "35.5"),
    ("Handed over", "Secondary", "24.5"),
)
_COMMON = "Register; Item Reference; Description; Activity Reference Code; WBS Code;"
_OWN = {
    1: (
        "Pipe Ø (mm):integer; Weld No.; Pressure Test (bar):decimal; Tested?:boolean;"
        "Value %:decimal"
    ),
    2: (
        "Panel Mark; Thickness (in):decimal; Poured?:boolean; Pour Date:date; NCR #;Value %:decimal"
    ),
}
_ATTRIBUTES = ("Manufacturer", "Serial Number", "Commissioned On", "Größe (L/B/H)", "Value %")


def _items(site: Site) -> Iterator[tuple[str, str]]:
    """Yield register and reference of each item; references are unique per register only."""
    for number in range(site.size.facts // 3):
        reference = f"{number // 2:05d}" if number % 3 else f"P-{number // 2:03d}/A"
        yield pick(("Piles", "Précast units"), number), reference


def registers(site: Site) -> Table:
    """Make up Tagged Item Registers Export."""
    rng = site.random("registers")
    rows = []
    for number, (register, reference) in enumerate(_items(site)):
        one = pick(site.activities, number)
        common = (register, reference, note(number), one.reference, one.wbs)
        rows.append((*common, *_own(site, rng, number)))
    return table(f"{_COMMON} {_OWN[site.project]}", rows)


def _own(site: Site, rng: random.Random, number: int) -> tuple[str | None, ...]:
    share, tested = pick(("40", "75.5", "100.0", None), number), truth_value(number % 2)
    if site.project == 1:
        diameter = str(50 * (number % 12 + 1)) if number % 5 else None
        return diameter, f"W{number:04d}", amount(rng, number, most=4_000), tested, share
    day = site.day(number) if number % 2 else None
    thickness = f"{number % 16 / 16:.4f}"
    return f"{number:03d}", thickness, tested, day, f"{number}" if number % 9 == 0 else None, share


def attributes(site: Site) -> Table:
    """Make up Tagged Item Attributes: name and value pairs."""
    rng = site.random("attributes")
    return table(
        "Register; Item Reference; Attribute; Attribute Value",
        (
            (register, reference, attribute, _value(rng, number, attribute))
            for number, (register, reference) in enumerate(_items(site))
            for attribute in _ATTRIBUTES[: number % 5 + 1]
        ),
    )


def _value(rng: random.Random, number: int, attribute: str) -> str | None:
    if attribute == "Serial Number":
        return str(rng.randrange(10**18, 10**19))
    return note(number) if number % 4 else f"{number * 1.5:.2f}"


def completions(site: Site) -> Table:
    """Make up Tagged Item Completions: item by gate, as far as it has come."""
    return table(
        "Register; Item Reference; Gate; Gate Type; Value (%):decimal; Completed Date:date;"
        "Completed By; Comment",
        (
            (
                *(register, reference, *gate),
                site.day(number % 100) if number % 4 else None,
                pick(site.people, number).shown if number % 4 else None,
                note(number),
            )
            for number, (register, reference) in enumerate(_items(site))
            for gate in _GATES[: number % 3 + 1]
        ),
    )
