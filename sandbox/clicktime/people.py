"""Made-up users."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.clicktime import custom
from sandbox.clicktime.edm import ENUMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clicktime.account import Builder
    from sandbox.clicktime.edm import EntityType, Row, Value

FIRST_NAMES = ("Ann", "Björn", "Chloé", "Dragana", "Éva", "Finn", "Grace", "Hồng", "Iñaki")
LAST_NAMES = ("O'Brien", "Østergaard", "Smith", "Петровић", "Wang", "van der Berg", "Müller")


def users(
    builder: Builder, entity: EntityType, divisions: Sequence[Row], tasks: Sequence[Row]
) -> list[Row]:
    """Make up users; the first one approves everybody's sheets, some have only a name."""
    ids = builder.new_ids(builder.size.users)
    return [
        builder.row(
            entity,
            _basics(number, user_id)
            | ({} if number % 9 == 8 else _details(builder, number, ids[0]))
            | {
                "DivisionID": divisions[number % len(divisions)]["ID"],
                "DefaultTaskID": tasks[number % len(tasks)]["ID"] if number % 2 else None,
                "CustomFields": custom.of_list(number),
                "ModifiedDate": builder.instant(number, number) if number % 7 else None,
            },
        )
        for number, user_id in enumerate(ids)
    ]


def _basics(number: int, user_id: str) -> dict[str, Value]:
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    return {
        "ID": user_id,
        "Name": f"{first} {last}",
        "Email": f"user{number}@example.test" if number % 11 else None,
        "IsActive": number % 8 != 6,
        "SubjectToTimesheetCompletion": number % 3 == 0,
        "GDPRConsentStatus": ("Unknown", "Granted", "Denied")[number % 3],
        "SecurityLevel": ENUMS["SecurityLevel"][0 if number > 2 else 2 - number],
    }


def _details(builder: Builder, number: int, approver: str) -> dict[str, Value]:
    hired = builder.today.replace(year=builder.today.year - 1 - number % 6, day=1)
    return {
        "AccountingPackageID": f"U-{number:04d}",
        "EmployeeNumber": f"{number:05d}",
        "Role": ("Engineer", "Architect", "Accountant")[number % 3],
        "Notes": "Works from home\r\non Fridays" if number % 4 == 0 else None,
        "PayrollType": "Exempt" if number % 2 else "Non-exempt",
        "StartDate": hired.isoformat(),
        "EndDate": builder.today.isoformat() if number % 8 == 6 else None,
        "EmploymentTypeID": f"employment-type-{number % 3:07d}2",
        "TimesheetApproverID": approver,
        "ExpenseApproverID": approver if number % 2 else None,
        "BillingRate": Decimal(100 + number) / 1,
        "CostRate": Decimal(4000 + 25 * number) / 100,
        "CostModel": ENUMS["CostModel"][number % 2],
        "CostPerTimesheet": Decimal("12345678901234.567891") if number == 1 else None,
        "UseCompanyBillingRate": number % 2 == 0,
        "MinimumTimeHours": Decimal("7.5") if number % 2 else Decimal(40),
        "MinimumTimePeriod": "Day" if number % 2 else "Week",
        "RequireComments": number % 4 == 0,
        "RequireStartEndTime": number % 5 == 0,
        "RequireStopwatch": False,
        "EnableBreakTime": number % 3 == 0,
        "SkipWeekend": True,
        "SubjectToTimesheetApproval": True,
        "SubjectToExpenseApproval": number % 2 == 0,
        "AllowIncompleteTimesheetSubmission": number % 2 == 1,
        "PreferredTimeEntryView": "Week",
        "PreferredTimeFormat": "24Hour" if number % 2 else "AMPM",
        "IncludeInRM": True,
    }
