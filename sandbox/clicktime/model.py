"""The entity sets, their types, and which of them are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.clicktime.edm import EntityType, Property

if TYPE_CHECKING:
    from sandbox.clicktime.switches import Switches

_TYPES = {
    "str": "Edm.String",
    "bool": "Edm.Boolean",
    "date": "Edm.Date",
    "time": "Edm.TimeOfDay",
    "instant": "Edm.DateTimeOffset",
    "dec": "Edm.Decimal",
    "double": "Edm.Double",
    "int": "Edm.Int32",
    "long": "Edm.Int64",
}


def _type(name: str, key: str, text: str) -> EntityType:
    """Read `Name:type` items; an exclamation mark says that the value is never null."""
    properties = []
    for item in text.split():
        label, code = item.rstrip("!").split(":")
        properties.append(Property(label, _TYPES.get(code, code), not item.endswith("!")))
    return EntityType(name, tuple(key.split()), tuple(properties))


_CUSTOM = "CustomFields:CustomFields CustomFieldsStr:str"

TIME_ENTRY = _type(
    "TimeEntry",
    "ID",
    """ID:str! UserID:str! JobID:str! TaskID:str Date:date Hours:dec! BreakTime:dec
    StartTime:time EndTime:time Comment:str BillingRate:dec CostRate:dec """
    + _CUSTOM,
)
USER = _type(
    "User",
    "ID",
    """ID:str! Name:str! Email:str IsActive:bool! SubjectToTimesheetCompletion:bool!
    GDPRConsentStatus:str AccountingPackageID:str EmployeeNumber:str Role:str Notes:str
    PayrollType:str StartDate:date EndDate:date SecurityLevel:SecurityLevel DivisionID:str
    EmploymentTypeID:str TimesheetApproverID:str ExpenseApproverID:str TimeOffApproverID:str
    DefaultTaskID:str DefaultExpenseTypeID:str DefaultPaymentTypeID:str BillingRate:dec
    CostRate:dec CostModel:CostModel CostPerTimesheet:dec UseCompanyBillingRate:bool
    MinimumTimeHours:dec MinimumTimePeriod:str RequireComments:bool RequireStartEndTime:bool
    RequireStopwatch:bool EnableBreakTime:bool SkipWeekend:bool SubjectToTimesheetApproval:bool
    SubjectToExpenseApproval:bool AllowIncompleteTimesheetSubmission:bool
    PreferredTimeEntryView:str PreferredTimeFormat:str IncludeInRM:bool """
    + _CUSTOM,
)
JOB = _type(
    "Job",
    "ID",
    """ID:str! ClientID:str! Name:str! JobNumber:str ListDisplayText:str ListDisplayName:str
    IsActive:bool! StartDate:date EndDate:date ProjectManagerID:str AccountingPackageID:str
    Notes:str IsBillable:bool BillingRate:dec UseCompanyBillingRate:bool
    SecondaryBillingRateMode:SecondaryBillingRateMode TimeRequiresApproval:bool
    IncludeInRM:bool IsEligibleTimeOffAllocation:bool LifetimeBudget:double """
    + _CUSTOM,
)
CLIENT = _type(
    "Client",
    "ID",
    """ID:str! Name:str! ShortName:str ClientNumber:str ListDisplayText:str IsActive:bool!
    CreatedDate:instant AccountingPackageID:str BillingRate:dec
    SecondaryBillingRateMode:SecondaryBillingRateMode Notes:str
    IsEligibleTimeOffAllocation:bool """
    + _CUSTOM,
)
TASK = _type(
    "Task",
    "ID",
    """ID:str! Name:str! TaskCode:str ListDisplayText:str IsActive:bool!
    AccountingPackageID:str IsBillable:bool BillingRate:dec UseCompanyBillingRate:bool
    Notes:str """
    + _CUSTOM,
)
DIVISION = _type(
    "Division",
    "ID",
    "ID:str! Name:str! IsActive:bool! AccountingPackageID:str Notes:str " + _CUSTOM,
)
TIMESHEET = _type(
    "Timesheet",
    "ID",
    """ID:str! UserID:str! StartDate:date! EndDate:date! Status:TimesheetStatus!
    HasBeenSubmitted:bool! SubmittedByUserID:str ApprovedByUserID:str RejectedByUserID:str""",
)
ALLOCATION = _type(
    "Allocation",
    "JobID UserID Month",
    "JobID:str! UserID:str! Month:date! EstHours:dec EstMinutes:long",
)
TIME_ENTRY_VIEW = _type(
    "TimeEntryView",
    "",
    "UserID:str JobID:str Date:date Hours:dec Comment:str CustomFields:CustomFields",
)

MODIFIED = Property("ModifiedDate", "Edm.DateTimeOffset")
TRACKED = frozenset({"TimeEntries", "Users", "Jobs"})
"""Sets that have a ModifiedDate under the switch `modified`."""


@dataclass(frozen=True)
class EntitySet:
    """A set as it is served: its name, its type, and the table that holds its rows."""

    name: str
    type: EntityType
    table: str


_SETS = (
    EntitySet("TimeEntries", TIME_ENTRY, "time_entries"),
    EntitySet("Users", USER, "users"),
    EntitySet("Jobs", JOB, "jobs"),
    EntitySet("Clients", CLIENT, "clients"),
    EntitySet("Tasks", TASK, "tasks"),
    EntitySet("Divisions", DIVISION, "divisions"),
    EntitySet("Timesheets", TIMESHEET, "timesheets"),
)
_ALLOCATIONS = EntitySet("Allocations", ALLOCATION, "allocations")
_VIEW = EntitySet("TimeEntriesView", TIME_ENTRY_VIEW, "time_entries")

_EXTRA = {"typedefs": _ALLOCATIONS, "v401": _VIEW}
"""Sets that only one style of `$metadata` has."""

STORED = {one.table: one for one in (*_SETS, _ALLOCATIONS)}
"""The sets that have rows of their own, by table."""

SET_NAMES = frozenset(one.name for one in (*_SETS, *_EXTRA.values()))


def stored_type(table: str) -> EntityType:
    """Return the full type of a table's rows, ModifiedDate included; KeyError if unknown."""
    return _tracked(STORED[table]).type


def served(switches: Switches) -> dict[str, EntitySet]:
    """Return the sets that are served now, by name."""
    extra = _EXTRA.get(switches.metadata_style)
    sets = (*_SETS, extra) if extra else _SETS
    return {one.name: _tracked(one) if switches.modified else one for one in sets}


def _tracked(one: EntitySet) -> EntitySet:
    if one.name not in TRACKED:
        return one
    old = one.type
    return EntitySet(
        one.name, EntityType(old.name, old.key, (*old.properties, MODIFIED)), one.table
    )
