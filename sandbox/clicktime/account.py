"""The made-up company: people, work and lists, with every quirk at a fixed place."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.clicktime import custom
from sandbox.clicktime.edm import ENUMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.clicktime.edm import EntityType, Row, Value

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Size:
    """How much is made up."""

    entries: int
    users: int
    jobs: int
    clients: int
    tasks: int
    divisions: int


SIZES = {
    "small": Size(1_200, users=25, jobs=40, clients=12, tasks=15, divisions=5),
    "medium": Size(100_000, users=200, jobs=200, clients=60, tasks=40, divisions=10),
    "large": Size(500_000, users=400, jobs=600, clients=150, tasks=60, divisions=20),
}

CREATED = (
    "2019-03-04T08:15:30Z",
    "2020-11-30T23:59:59.9999999Z",
    "2021-06-01T12:00:00.1234567+02:00",
    "2022-02-28T17:45:10.5Z",
    "2023-08-15T06:30:00.0000001-05:00",
)
"""When clients were created, in the spellings that .NET produces."""

NOTES = (
    None,
    "Second floor,\nring twice",
    'Known as "the old one"; see O\'Brien',
    "Übergabe läuft 🚧",
    "",
)


class Builder:
    """Makes the company up; the same arguments give the same company."""

    def __init__(self, size: Size, seed: int, now: datetime) -> None:
        self.size = size
        self.rng = random.Random(seed)
        self.today = now.date()
        self.now = now

    def new_id(self) -> str:
        """Return an opaque key of 24 characters that differ in case and end in 2."""
        return base64.urlsafe_b64encode(self.rng.randbytes(18))[:23].decode() + "2"

    def new_ids(self, count: int) -> list[str]:
        """Return several keys."""
        return [self.new_id() for _ in range(count)]

    def instant(self, days_ago: int, number: int) -> str:
        """Spell an instant with seven fractional digits; the number makes it unlike others."""
        then = self.now - timedelta(days=days_ago, seconds=number % 86_400)
        return f"{then:%Y-%m-%dT%H:%M:%S}.{number * 7919 % 10_000_000:07d}Z"

    def row(self, entity: EntityType, values: dict[str, Value]) -> Row:
        """Put values in the type's order; what is not given is null."""
        full: Row = dict.fromkeys((one.name for one in entity.properties), None)
        full.update(values)
        if "CustomFields" in full:
            full["CustomFieldsStr"] = custom.text(full["CustomFields"])
        return full

    def divisions(self, entity: EntityType) -> list[Row]:
        """Make up divisions."""
        return [
            self.row(
                entity,
                {
                    "ID": self.new_id(),
                    "Name": f"Division {number + 1}" + (" / Süd" if number == 1 else ""),
                    "IsActive": number % 5 != 4,
                    "AccountingPackageID": f"D-{number:03d}" if number % 2 else None,
                    "Notes": NOTES[number % len(NOTES)],
                    "CustomFields": custom.of_list(number),
                },
            )
            for number in range(self.size.divisions)
        ]

    def tasks(self, entity: EntityType) -> list[Row]:
        """Make up tasks."""
        return [
            self.row(
                entity,
                {
                    "ID": self.new_id(),
                    "Name": f"Task {number + 1}",
                    "TaskCode": f"T{number:03d}",
                    "ListDisplayText": f"T{number:03d} - Task {number + 1}",
                    "IsActive": number % 6 != 5,
                    "IsBillable": number % 3 != 0,
                    "BillingRate": self._rate() if number % 4 else None,
                    "UseCompanyBillingRate": number % 4 == 0,
                    "Notes": NOTES[number % len(NOTES)],
                    "CustomFields": custom.of_list(number + 1),
                },
            )
            for number in range(self.size.tasks)
        ]

    def clients(self, entity: EntityType) -> list[Row]:
        """Make up clients; two share a name."""
        return [
            self.row(
                entity,
                {
                    "ID": self.new_id(),
                    "Name": f"Client {max(1, number)} & Søn",
                    "ShortName": f"C{number}",
                    "ClientNumber": f"{number:04d}" if number % 3 else None,
                    "ListDisplayText": f"C{number} - Client {max(1, number)} & Søn",
                    "IsActive": number % 5 != 3,
                    "CreatedDate": CREATED[number % len(CREATED)] if number % 6 else None,
                    "BillingRate": self._rate() if number % 2 else None,
                    "SecondaryBillingRateMode": _member("SecondaryBillingRateMode", number),
                    "Notes": NOTES[number % len(NOTES)],
                    "IsEligibleTimeOffAllocation": number % 7 == 0,
                    "CustomFields": custom.of_list(number),
                },
            )
            for number in range(self.size.clients)
        ]

    def jobs(self, entity: EntityType, clients: Sequence[Row], users: Sequence[Row]) -> list[Row]:
        """Make up jobs."""
        rows = []
        for number in range(self.size.jobs):
            start = self.today - DAY * (30 * (number % 24) + 60)
            values: dict[str, Value] = {
                "ID": self.new_id(),
                "ClientID": clients[number % len(clients)]["ID"],
                "Name": f"Job {number + 1:03d}",
                "JobNumber": f"{start.year}-{number:03d}",
                "ListDisplayText": f"{start.year}-{number:03d} - Job {number + 1:03d}",
                "ListDisplayName": f"Job {number + 1:03d}",
                "IsActive": number % 5 != 4,
                "StartDate": start.isoformat() if number % 3 else None,
                "EndDate": (start + DAY * 400).isoformat() if number % 4 == 1 else None,
                "ProjectManagerID": users[number % len(users)]["ID"],
                "AccountingPackageID": f"J-{number:04d}" if number % 3 else None,
                "Notes": NOTES[number % len(NOTES)],
                "IsBillable": number % 4 != 0,
                "BillingRate": self._rate() if number % 2 else None,
                "UseCompanyBillingRate": number % 2 == 0,
                "SecondaryBillingRateMode": _member("SecondaryBillingRateMode", number),
                "TimeRequiresApproval": number % 3 == 0,
                "IncludeInRM": number % 2 == 0,
                "IsEligibleTimeOffAllocation": False,
                "LifetimeBudget": None if number % 5 == 0 else 1250.5 * number,
                "CustomFields": custom.of_list(number + 2),
                "ModifiedDate": self.instant(number, number) if number % 8 else None,
            }
            rows.append(self.row(entity, values))
        return rows

    def timesheets(self, entity: EntityType, users: Sequence[Row], first: date) -> list[Row]:
        """Make up a sheet per user and week, from the week of a day to the present one."""
        monday = first - DAY * first.weekday()
        weeks = (self.today - monday).days // 7 + 1
        return [
            self._timesheet(entity, user, monday + DAY * 7 * week, weeks - 1 - week)
            for user in users
            for week in range(weeks)
        ]

    def _timesheet(self, entity: EntityType, user: Row, monday: date, age: int) -> Row:
        status = "Open" if age == 0 else _member("TimesheetStatus", age + 3)
        submitted = status not in {"Open", "JobHold"}
        return self.row(
            entity,
            {
                "ID": self.new_id(),
                "UserID": user["ID"],
                "StartDate": monday.isoformat(),
                "EndDate": (monday + DAY * 6).isoformat(),
                "Status": status,
                "HasBeenSubmitted": submitted,
                "SubmittedByUserID": user["ID"] if submitted else None,
                "ApprovedByUserID": user["TimesheetApproverID"] if status == "Approved" else None,
                "RejectedByUserID": user["TimesheetApproverID"] if status == "Rejected" else None,
            },
        )

    def allocations(
        self, entity: EntityType, jobs: Sequence[Row], users: Sequence[Row]
    ) -> Iterator[Row]:
        """Make up planned hours by job, user and month."""
        month = self.today.replace(day=1).isoformat()
        for number, job in enumerate(jobs):
            for user in users[number % 3 :: 9]:
                hours = Decimal(8 * (number % 5)) / 10
                yield self.row(
                    entity,
                    {
                        "JobID": job["ID"],
                        "UserID": user["ID"],
                        "Month": month,
                        "EstHours": hours,
                        "EstMinutes": int(hours * 60) + 2**53,
                    },
                )

    def _rate(self) -> Decimal:
        return Decimal(25 * self.rng.randint(100, 1200)) / 100


def _member(name: str, number: int) -> str:
    members = ENUMS[name]
    return members[number % len(members)]
