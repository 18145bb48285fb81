"""The made-up company: people, work and lists, with every quirk at a fixed place."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache

import msgspec

from sandbox.clicktime import model
from sandbox.clicktime.edm import ENUMS, Row, Value
from sandbox.wire import Json

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Size:
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

FIRST_NAMES = ("Ann", "Björn", "Chloé", "Dragana", "Éva", "Finn", "Grace", "Hồng", "Iñaki")
LAST_NAMES = ("O'Brien", "Østergaard", "Smith", "Петровић", "Wang", "van der Berg", "Müller")
NOTES = (
    None,
    "Second floor,\nring twice",
    'Known as "the old one"; see O\'Brien',
    "Übergabe läuft 🚧",
    "",
)
CREATED = (
    "2019-03-04T08:15:30Z",
    "2020-11-30T23:59:59.9999999Z",
    "2021-06-01T12:00:00.1234567+02:00",
    "2022-02-28T17:45:10.5Z",
    "2023-08-15T06:30:00.0000001-05:00",
)
"""When clients were created, in the spellings that .NET produces."""

PER_DAY = 2
"""Entries of a user on a day."""
SPAN = 120
"""Days over which a small number of entries is spread."""
AHEAD = 3
"""Days from now on which the first entries of a user lie: planned time."""
WITHOUT_DATE = 211
"""Every so many entries one has no date, but for large companies only the first few."""
FEW = 2_500
COMMENTS = (
    None,
    "",
    "Überprüfung der Anlage, Straße 12 🚧",
    'He said "done"\nthen left\ttwice',
    "line\u2028separator and paragraph\u2029separator",
    "back\\slash / slash, semi;colon, 'single' and a comma, too",
    "日本語の説明",
    "x" * 2000,
)
QUARTERS = tuple(Decimal(quarter) / 4 for quarter in range(33))
LONG_HOURS = (Decimal("7.3333"), Decimal("0.0166666666666666667"))
RATES = tuple(Decimal(2550 + 125 * step) / 100 for step in range(20))
BREAKS = (None, Decimal(0), Decimal("0.5"))
STARTS = tuple(f"{7 + step // 4:02d}:{15 * (step % 4):02d}:00.0000000" for step in range(20))
ENDS = tuple(f"{11 + step // 4:02d}:{15 * (step % 4):02d}:59.5000000" for step in range(20))

REGIONS = ("North", "South", 'The "far" west', "Größer Öst 🚧", "line\u2028separated", "")
NUMBERS = (12.5, 0, -3, 0.1, 9_007_199_254_740_993, 1_000_000)
PERIOD = 96
"""After so many rows the custom fields repeat."""


class Company:
    """Makes the company up; the same arguments give the same one."""

    def __init__(self, size: Size, seed: int, now: datetime) -> None:
        self.size = size
        self.now = now
        self.today = now.date()
        self._random = random.Random(seed)
        self._blank: dict[str, Row] = {
            table: dict.fromkeys(one.name for one in model.stored_type(table).properties)
            for table in model.STORED
        }
        self._rows: dict[str, list[Row]] = {}

    def rows(self) -> dict[str, list[Row]]:
        size = self.size
        self._list("divisions", size.divisions, self._division)
        self._list("tasks", size.tasks, self._task, shift=1)
        self._list("users", size.users, self._user)
        self._list("clients", size.clients, self._client)
        self._list("jobs", size.jobs, self._job, shift=2)
        self._rows["time_entries"] = list(self._entries())
        self._rows["timesheets"] = list(self._timesheets())
        self._rows["allocations"] = list(self._allocations())
        return self._rows

    def new_id(self) -> str:
        """Return an opaque key of 24 characters that differ in case and end in 2."""
        return base64.urlsafe_b64encode(self._random.randbytes(18))[:23].decode() + "2"

    def row(self, table: str, values: Row) -> Row:
        """Put values in the type's order; what is not given is null."""
        full = self._blank[table] | values
        if "CustomFields" in full:
            full["CustomFieldsStr"] = custom_text(full["CustomFields"])
        return full

    def _list(
        self, table: str, count: int, values: Callable[[int], Row], *, shift: int = 0
    ) -> None:
        """Make up a table with custom fields; rows may refer to earlier ones and to themselves.

        Every ninth row has only what it must have.
        """
        rows = self._rows[table] = []
        for number in range(count):
            rows.append({"ID": self.new_id()})
            likely = {} if number % 9 == 8 else self._likely(table, number)
            fields: Row = {"CustomFields": _custom_fields((number + shift) % PERIOD)[0]}
            rows[-1] = self.row(table, likely | values(number) | rows[-1] | fields)

    def _id(self, table: str, number: int) -> Value:
        """Return the key of a row, round and round."""
        rows = self._rows[table]
        return rows[number % len(rows)]["ID"]

    def _instant(self, days_ago: int, number: int) -> str:
        """Spell an instant with seven fractional digits; the number makes it unlike others."""
        then = self.now - timedelta(days=days_ago, seconds=number % 86_400)
        return f"{then:%Y-%m-%dT%H:%M:%S}.{number * 7919 % 10_000_000:07d}Z"

    def _rate(self) -> Decimal:
        return Decimal(25 * self._random.randint(100, 1200)) / 100

    def _likely(self, table: str, number: int) -> Row:
        """Make up a value for each declared property of a row; every fourth is null."""
        row: Row = {}
        for place, one in enumerate(model.stored_type(table).properties, number):
            made: dict[str, Value] = {
                "Edm.String": f"{one.name} {place}",
                "Edm.Boolean": place % 3 == 0,
                "Edm.Date": (self.today - DAY * place).isoformat(),
                "Edm.Decimal": Decimal(25 * place) / 100,
                **{name: _member(name, place) for name in ENUMS},
            }
            row[one.name] = made.get(one.type) if place % 4 or not one.nullable else None
        return row | {"Notes": NOTES[number % len(NOTES)]}

    def _division(self, number: int) -> Row:
        return {"Name": f"Division {number + 1} / Süd", "IsActive": number % 5 != 4}

    def _task(self, number: int) -> Row:
        return {
            "Name": f"Task {number + 1}",
            "IsActive": number % 6 != 5,
            "BillingRate": self._rate() if number % 4 else None,
        }

    def _user(self, number: int) -> Row:
        """The first one approves everybody's sheets."""
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        last = LAST_NAMES[number % len(LAST_NAMES)]
        return {
            "Name": f"{first} {last}",
            "Email": f"user{number}@example.test" if number % 11 else None,
            "IsActive": number % 8 != 6,
            "SubjectToTimesheetCompletion": number % 3 == 0,
            "TimesheetApproverID": self._id("users", 0) if number % 9 != 8 else None,
            "CostPerTimesheet": Decimal("12345678901234.567891") if number == 1 else None,
            "DivisionID": self._id("divisions", number),
            "ModifiedDate": self._instant(number, number) if number % 7 else None,
        }

    def _client(self, number: int) -> Row:
        """Two clients share a name."""
        return {
            "Name": f"Client {max(1, number)} & Søn",
            "IsActive": number % 5 != 3,
            "CreatedDate": CREATED[number % len(CREATED)] if number % 6 else None,
            "BillingRate": self._rate() if number % 2 else None,
        }

    def _job(self, number: int) -> Row:
        start = self.today - DAY * (30 * (number % 24) + 60)
        return {
            "ClientID": self._id("clients", number),
            "Name": f"Job {number + 1:03d}",
            "IsActive": number % 5 != 4,
            "StartDate": start.isoformat() if number % 3 else None,
            "ProjectManagerID": self._id("users", number),
            "BillingRate": self._rate() if number % 2 else None,
            "LifetimeBudget": None if number % 5 == 0 else 1250.5 * number,
            "ModifiedDate": self._instant(number, number) if number % 8 else None,
        }

    def _entries(self) -> Iterator[Row]:
        """Yield time entries user by user, two a day backwards from the newest."""
        users, jobs, tasks = (
            [row["ID"] for row in self._rows[table]] for table in ("users", "jobs", "tasks")
        )
        each = -(-self.size.entries // len(users))
        step = DAY * max(1, SPAN * PER_DAY // each)
        newest = self.today + AHEAD * DAY
        days = [(newest - step * day).isoformat() for day in range(each // PER_DAY + 1)]
        for number in range(self.size.entries):
            day = number % each // PER_DAY
            draw = int(self._random.random() * 1_000_000)
            timed = draw % 3 == 0
            undated = number % WITHOUT_DATE == WITHOUT_DATE - 1 and number < FEW
            fields, fields_text = _custom_fields(number % PERIOD)
            yield {
                "ID": self.new_id(),
                "UserID": users[number // each],
                "JobID": jobs[draw % len(jobs)],
                "TaskID": tasks[draw % len(tasks)] if draw % 10 else None,
                "Date": None if undated else days[day],
                "Hours": QUARTERS[draw % 33] if number % 50 else LONG_HOURS[number // 50 % 2],
                "BreakTime": BREAKS[draw % 3],
                "StartTime": STARTS[draw % 20] if timed else None,
                "EndTime": ENDS[draw % 20] if timed else None,
                "Comment": _comment(number, draw),
                "BillingRate": RATES[draw % 20] if draw % 7 else None,
                "CostRate": RATES[draw % 19] if draw % 5 else None,
                "CustomFields": fields,
                "CustomFieldsStr": fields_text,
                "ModifiedDate": self._instant(day, number) if draw % 31 else None,
            }

    def _timesheets(self) -> Iterator[Row]:
        """Yield a sheet per user and week, from the week of the first entry to the present one."""
        first = date.fromisoformat(
            min(str(r["Date"]) for r in self._rows["time_entries"] if r["Date"])
        )
        monday = first - DAY * first.weekday()
        weeks = (self.today - monday).days // 7 + 1
        for user in self._rows["users"]:
            for week in range(weeks):
                age = weeks - 1 - week
                status = "Open" if age == 0 else _member("TimesheetStatus", age + 3)
                submitted = status not in {"Open", "JobHold"}
                approver = user["TimesheetApproverID"]
                values: Row = {
                    "ID": self.new_id(),
                    "UserID": user["ID"],
                    "StartDate": (monday + DAY * 7 * week).isoformat(),
                    "EndDate": (monday + DAY * (7 * week + 6)).isoformat(),
                    "Status": status,
                    "HasBeenSubmitted": submitted,
                    "SubmittedByUserID": user["ID"] if submitted else None,
                    "ApprovedByUserID": approver if status == "Approved" else None,
                    "RejectedByUserID": approver if status == "Rejected" else None,
                }
                yield self.row("timesheets", values)

    def _allocations(self) -> Iterator[Row]:
        """Yield planned hours by job, user and month."""
        month = self.today.replace(day=1).isoformat()
        for number, job in enumerate(self._rows["jobs"]):
            hours = Decimal(8 * (number % 5)) / 10
            minutes = int(hours * 60) + 2**53
            for user in self._rows["users"][number % 3 :: 9]:
                key: Row = {"JobID": job["ID"], "UserID": user["ID"], "Month": month}
                yield self.row("allocations", key | {"EstHours": hours, "EstMinutes": minutes})


def custom_text(fields: Value) -> str | None:
    """Spell custom fields as CustomFieldsStr does."""
    return None if fields is None else msgspec.json.encode(fields).decode()


def _member(name: str, number: int) -> str:
    members = ENUMS[name]
    return members[number % len(members)]


def _comment(number: int, draw: int) -> str | None:
    if number % 13 == 2:
        return COMMENTS[number // 13 % len(COMMENTS)]
    return f"Prepared the quarterly report and talked it through with the team (#{draw})"


@cache
def _custom_fields(number: int) -> tuple[dict[str, Json] | None, str | None]:
    """Make up custom fields, and their text: some are empty, some null."""
    if number % 16 == 7:
        return None, None
    fields: dict[str, Json] = {}
    if number % 8 != 3:
        fields["Region"] = REGIONS[number % len(REGIONS)] if number % 5 else None
        fields["Cost Center"] = NUMBERS[number % len(NUMBERS)]
    if number % 3 == 0:
        fields["Overtime?"] = number % 2 == 0
        fields["Client's reference"] = f"PO-{number:04d}"
    if number % 7 == 1:
        fields["Größe"] = None
        fields["Site note"] = 'first line\nsecond "line"'
    return fields, custom_text(fields)
