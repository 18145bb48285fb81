"""A made-up project: the people, companies, work and codes that its clips have in common."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, TypeAlias, TypeVar

Cell: TypeAlias = str | None
"""Text, or None for a blank."""

Row: TypeAlias = dict[str, Cell]
"""Cells by `Heading` or `Heading:kind`; the rows of a clip have the same headings in one order."""

Item = TypeVar("Item")

DAY = timedelta(days=1)
NAMES = {1: "North Quay", 2: "Route 17"}
"""What a configuration calls the projects."""
TITLES = {1: "North Quay Upgrade, Stage 2", 2: 'Route 17 "Cañon" Widening'}
"""What the projects call themselves, in the column Project."""


@dataclass(frozen=True)
class Size:
    """How much is made up per project."""

    usages: int
    activities: int
    people: int
    facts: int
    """Rows of the clips that list what happened."""


SIZES = {
    "small": Size(600, activities=120, people=40, facts=240),
    "medium": Size(20_000, activities=1_500, people=200, facts=4_000),
    "large": Size(100_000, activities=5_000, people=600, facts=20_000),
}

NOTES = (
    None,
    'First line\nsecond "line"; third, too',
    "Windows\r\nline ends\r\n",
    "old\rline end",
    "line\u2028separator, paragraph\u2029separator, next\u0085line",
    "Überprüfung der Anlage, Straße 12 🚧",
    "日本語の説明",
    " padded with blanks ",
    "=1+1",
    "tab\there; pipe | there",
    'The export said "dataclip stale" again; it\'s fine now',
    "<b>not a page</b> & {not: json}",
    "zero\u200bwidth, e\u0301 decomposed, é composed",
)
"""Free text; None is a blank cell."""

CODES = ("01.02", "007", "1E5", "1234567890123456789", "10.10", "0", "CC-0042", "1_000", "+12")
"""Codes that look like numbers and are none."""

DECIMALS = ("1.10", "0.00", "-12.50", "1234567890123456.780000", "0.0000001000", "100")

COMPANIES = (
    ("Kiewel & Søn A/S", "007"),
    ("Smith, Jones and Partners", "1E5"),
    ('"Quick" Plant Hire', "000123"),
    ("Nakamura 建設", "9007199254740993"),
    ("Own workforce", None),
)
"""Companies with their supplier references."""

GIVEN = ("Ann", "Björn", "Chloé", "Dragana", "John", "Éva", "Finn", "Hồng", "Iñaki")
FAMILY = ("O'Brien", "Smith", "Østergaard", "Петровић", "Wang", "van der Berg", "Müller")
ROLES = (
    ("Carpenter", "Labour", "Direct"),
    ("Foreman", "Staff", "Indirect"),
    ("Excavator 20t", "Plant", "Direct"),
    ("Surveyor / Setting-out", "Staff", "Indirect"),
)
"""Role, category, category's type."""


class Resource(NamedTuple):
    """Who or what can be booked; names are not unique."""

    number: int
    kind: str
    name: str
    uuid: str
    identifier: str
    external: str | None
    company: tuple[str, str | None]
    role: tuple[str, str, str]


class Activity(NamedTuple):
    reference: str
    name: str


class Site:
    """One project; the same arguments make the same one up."""

    def __init__(self, project: int, size: Size, seed: int, now: datetime) -> None:
        self.project = project
        self.size = size
        self.today = now.date()
        self.title = TITLES[project]
        self._seed = f"{seed} {project}"
        rng = self.random("site")
        self.wbs = list(_wbs())
        self.people = [self._person(rng, number) for number in range(size.people)]
        self.resources = [
            *self.people,
            *(_machine(rng, number, "Excavator", "Equipment") for number in range(20)),
            *(_machine(rng, number, "Concrete C32/40", "Other Resource") for number in range(12)),
        ]
        self.activities = [
            Activity(
                CODES[number] if number < len(CODES) else f"A{1000 + 10 * number}",
                f"{pick(('Pour', 'Fix', 'Strip', 'Survey'), number)} pier {number // 4 + 1}",
            )
            for number in range(size.activities)
        ]

    def random(self, use: str) -> Random:
        """Return a generator of its own for each use, so that no table depends on another."""
        return Random(f"{self._seed} {use}")

    def day(self, ago: int) -> str:
        """Return a day before today as ISO text."""
        return (self.today - DAY * ago).isoformat()

    def _person(self, rng: Random, number: int) -> Resource:
        named = number - 3 if number % 10 == 7 else number  # some are called like another one
        given, family = pick(GIVEN, named), pick(FAMILY, named // 2)
        return Resource(
            number,
            "People",
            f"{given} {family}" if self.project == 1 else f"{family.upper()}, {given}",
            str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            str(10**18 + rng.randrange(10**18)) if number % 3 else f"{number:03d}",
            f"{number:05d}",
            pick(COMPANIES, number),
            pick(ROLES, number),
        )


def _machine(rng: Random, number: int, name: str, kind: str) -> Resource:
    return Resource(
        number,
        kind,
        f"{name} {number // 2 + 1:02d}",
        str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        f"{kind[0]}{number:04d}" if number % 4 else pick(CODES, number // 4),
        str(rng.randrange(10**18, 10**19)) if number % 3 else None,
        pick(COMPANIES, number),
        ("", "Plant", "Direct"),
    )


def _wbs() -> Iterator[str]:
    """Yield WBS codes of three levels, in order."""
    for top in range(1, 5):
        yield f"{top:02d}"
        for middle in range(1, 4):
            yield f"{top:02d}.{middle:02d}"
            yield from (f"{top:02d}.{middle:02d}.{leaf * 5:03d}" for leaf in range(1, 4))


def pick(values: tuple[Item, ...] | list[Item], number: int) -> Item:
    return values[number % len(values)]


def note(number: int) -> str | None:
    """Return a free text: every fifth is an odd one, the others are plain or blank."""
    if number % 5 == 0:
        return pick(NOTES, number // 5)
    return f"Checked by the foreman, item {number}" if number % 2 else None


def amount(rng: Random, number: int) -> str:
    """Return an exact number with two decimals; every 40th is an odd one."""
    if number % 40 == 1:
        return pick(DECIMALS, number // 40)
    hundredths = rng.randrange(1_000_000)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def yes(value: object) -> str:
    """Spell a truth value as Perform documents it."""
    return "True" if value else "False"


def clock(rng: Random, first_hour: int) -> str:
    """Return a time of the three hours from a full one."""
    return f"{first_hour + rng.randrange(3):02d}:{rng.randrange(0, 60, 5):02d}"
