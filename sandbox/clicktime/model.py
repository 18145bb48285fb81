"""The entity sets, their types, and which of them are served."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sandbox.clicktime.edm import EntityType, Property

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


_CUSTOM = " CustomFields:CustomFields CustomFieldsStr:str"

TIME_ENTRY = _type(
    "TimeEntry",
    "ID",
    """ID:str! UserID:str! JobID:str! TaskID:str Date:date Hours:dec! BreakTime:dec
    StartTime:time EndTime:time Comment:str BillingRate:dec CostRate:dec"""
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
    PreferredTimeEntryView:str PreferredTimeFormat:str IncludeInRM:bool"""
    + _CUSTOM,
)
JOB = _type(
    "Job",
    "ID",
    """ID:str! ClientID:str! Name:str! JobNumber:str ListDisplayText:str ListDisplayName:str
    IsActive:bool! StartDate:date EndDate:date ProjectManagerID:str AccountingPackageID:str
    Notes:str IsBillable:bool BillingRate:dec UseCompanyBillingRate:bool
    SecondaryBillingRateMode:SecondaryBillingRateMode TimeRequiresApproval:bool
    IncludeInRM:bool IsEligibleTimeOffAllocation:bool LifetimeBudget:double"""
    + _CUSTOM,
)
CLIENT = _type(
    "Client",
    "ID",
    """ID:str! Name:str! ShortName:str ClientNumber:str ListDisplayText:str IsActive:bool!
    CreatedDate:instant AccountingPackageID:str BillingRate:dec
    SecondaryBillingRateMode:SecondaryBillingRateMode Notes:str
    IsEligibleTimeOffAllocation:bool"""
    + _CUSTOM,
)
TASK = _type(
    "Task",
    "ID",
    """ID:str! Name:str! TaskCode:str ListDisplayText:str IsActive:bool! AccountingPackageID:str
    IsBillable:bool BillingRate:dec UseCompanyBillingRate:bool Notes:str"""
    + _CUSTOM,
)
DIVISION = _type(
    "Division",
    "ID",
    "ID:str! Name:str! IsActive:bool! AccountingPackageID:str Notes:str" + _CUSTOM,
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


@dataclass(frozen=True)
class EntitySet:
    name: str
    type: EntityType
    table: str
    """Which rows it has."""
    custom_fields: str = ""
    """The table of a copy that its custom fields make, if any."""
    tracked: bool = False
    """Whether it has a ModifiedDate under the switch `modified`."""
    style: str = ""
    """The only style of `$metadata` that has it; empty for all."""

    @property
    def stream(self) -> str:
        """The table of a copy that holds it."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.name).lower()

    def with_modified(self) -> EntitySet:
        if not self.tracked:
            return self
        return replace(self, type=replace(self.type, properties=(*self.type.properties, MODIFIED)))


MODIFIED = Property("ModifiedDate", "Edm.DateTimeOffset")

_SETS: tuple[EntitySet, ...] = (
    EntitySet("TimeEntries", TIME_ENTRY, "time_entries", "time_entry_custom_fields", tracked=True),
    EntitySet("Users", USER, "users", "user_custom_fields", tracked=True),
    EntitySet("Jobs", JOB, "jobs", "job_custom_fields", tracked=True),
    EntitySet("Clients", CLIENT, "clients", "client_custom_fields"),
    EntitySet("Tasks", TASK, "tasks", "task_custom_fields"),
    EntitySet("Divisions", DIVISION, "divisions", "division_custom_fields"),
    EntitySet("Timesheets", TIMESHEET, "timesheets"),
    EntitySet("Allocations", ALLOCATION, "allocations", style="typedefs"),
    EntitySet("TimeEntriesView", TIME_ENTRY_VIEW, "time_entries", style="v401"),
)

STORED = {one.table: one for one in _SETS if one.type.key}
"""The sets that have rows of their own, by table."""

SET_NAMES = frozenset(one.name for one in _SETS)


def stored_type(table: str) -> EntityType:
    """Return the full type of a table's rows, ModifiedDate included; KeyError if unknown."""
    return STORED[table].with_modified().type


def served(style: str, *, modified: bool) -> dict[str, EntitySet]:
    """Return the sets that are served under the switches of these names, by name."""
    sets = [one for one in _SETS if one.style in {"", style}]
    return {one.name: one.with_modified() if modified else one for one in sets}
