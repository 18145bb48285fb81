"""Clockify's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clockify.streams.approvals import (
    ApprovalRequestEntries,
    ApprovalRequestExpenses,
    ApprovalRequests,
)
from tap_clockify.streams.audit_log import AuditLog
from tap_clockify.streams.custom_fields import CustomFields, ProjectCustomFields
from tap_clockify.streams.entity_changes import EntityChanges, EntityDeletions
from tap_clockify.streams.expenses import ExpenseCategories, Expenses
from tap_clockify.streams.invoices import InvoiceItems, InvoicePayments, Invoices
from tap_clockify.streams.members import (
    CurrentUser,
    MemberProfiles,
    UserGroupMembers,
    UserGroups,
    UserManagers,
    UserMemberships,
    Users,
)
from tap_clockify.streams.projects import Clients, ProjectMemberships, Projects, Tags, Tasks
from tap_clockify.streams.reports import AttendanceReport, DetailedReport, ExpenseReport
from tap_clockify.streams.scheduling import (
    Assignments,
    ProjectAssignmentTotals,
    UserCapacityDays,
    UserCapacityTotals,
)
from tap_clockify.streams.sharing import SharedReports, Webhooks
from tap_clockify.streams.time_entries import TimeEntries, TimeEntryCustomFields, TimeEntryTags
from tap_clockify.streams.time_off import (
    BalanceAssignments,
    Holidays,
    TimeOffBalances,
    TimeOffPolicies,
    TimeOffRequests,
)
from tap_clockify.streams.workspaces import (
    WorkspaceCurrencies,
    WorkspaceMemberships,
    Workspaces,
)

if TYPE_CHECKING:
    from taps_common.sync.stream import RecordStream

__all__ = ["CORE", "STREAMS", "Projects", "Users", "Workspaces"]

CORE: tuple[type[RecordStream], ...] = (
    Workspaces,
    Users,
    UserMemberships,
    UserGroups,
    UserGroupMembers,
    Clients,
    Projects,
    ProjectMemberships,
    Tags,
    TimeEntries,
    TimeEntryTags,
    TimeEntryCustomFields,
    Tasks,  # one request per project at worst: last, so that a quota leaves room for the entries
)
"""The tables of time and of what it is booked on: any plan has them."""

STREAMS: tuple[type[RecordStream], ...] = (
    *CORE,
    CurrentUser,
    WorkspaceMemberships,
    WorkspaceCurrencies,
    CustomFields,
    ExpenseCategories,
    Expenses,
    Invoices,
    InvoiceItems,
    Holidays,
    TimeOffPolicies,
    TimeOffRequests,
    TimeOffBalances,
    ApprovalRequests,
    ApprovalRequestEntries,
    ApprovalRequestExpenses,
    Assignments,
    ProjectAssignmentTotals,
    UserCapacityTotals,
    UserCapacityDays,
    Webhooks,
    SharedReports,
    EntityChanges,
    EntityDeletions,
    InvoicePayments,  # one request per invoice; what follows: per project, per member, per balance
    ProjectCustomFields,
    MemberProfiles,
    UserManagers,
    BalanceAssignments,
    DetailedReport,  # a request per month: from 2017 on, unless the dates are set
    AttendanceReport,
    ExpenseReport,
    AuditLog,
)
"""All streams, in the order in which they are read."""
