"""Holidays and time off: policies, requests, balances and what they were assigned."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import Period
from taps_common.records.row_types import Instant, Number, Row

InTimeUnit = Annotated[Number, Meta(description="In days or hours, as the policy's time unit.")]


class DatePeriod(Row):
    """From one day to another, both included."""

    startDate: date | None = None
    endDate: date | None = None


class Holiday(Row):
    """A holiday, and whose it is."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    datePeriod: DatePeriod | None = None
    occursAnnually: bool | None = None
    everyoneIncludingNew: bool | None = None
    userIds: list[str] | None = None
    userGroupIds: list[str] | None = None
    automaticTimeEntryCreation: bool | None = None
    projectId: str | None = None
    taskId: str | None = None


class PolicyApproval(Row):
    """Who decides about requests under a policy."""

    requiresApproval: bool | None = None
    specificMembers: bool | None = None
    teamManagers: bool | None = None
    userIds: list[str] | None = None


class AutomaticAccrual(Row):
    """What balances under a policy grow by."""

    amount: Number | None = None
    period: str | None = None
    timeUnit: str | None = None


class NegativeBalance(Row):
    """How far below zero balances under a policy may go."""

    amount: Number | None = None
    period: str | None = None
    shouldReset: bool | None = None
    timeUnit: str | None = None


class DefaultEntities(Row):
    """Where time entries that are made by themselves are booked."""

    projectId: str | None = None
    taskId: str | None = None


class AutomaticTimeEntryCreation(Row):
    """Whether time off makes time entries."""

    enabled: bool | None = None
    defaultEntities: DefaultEntities | None = None


class TimeOffPolicy(Row):
    """A kind of absence and its rules, archived ones included."""

    id: str
    workspaceId: str | None = None
    name: str | None = None
    archived: bool | None = None
    color: str | None = None
    icon: str | None = None
    timeUnit: str | None = None
    allowHalfDay: bool | None = None
    allowNegativeBalance: bool | None = None
    negativeBalance: NegativeBalance | None = None
    approve: PolicyApproval | None = None
    automaticAccrual: AutomaticAccrual | None = None
    automaticTimeEntryCreation: AutomaticTimeEntryCreation | None = None
    everyoneIncludingNew: bool | None = None
    projectId: str | None = None
    userIds: list[str] | None = None
    userGroupIds: list[str] | None = None


class TimeOffStatus(Row):
    """What was decided about a request, when and by whom."""

    statusType: str | None = None
    changedAt: Instant | None = None
    changedByUserId: str | None = None
    changedByUserName: str | None = None
    changedForUserName: str | None = None
    note: str | None = None


class TimeOffPeriod(Row):
    """When somebody is away."""

    period: Period | None = None
    halfDay: bool | None = None
    halfDayPeriod: str | None = None
    halfDayHours: Period | None = None


class TimeOffRequest(Row):
    """An absence that was asked for, whatever was decided."""

    id: str
    workspaceId: str | None = None
    changedAt: (
        Annotated[Instant, Meta(description="The later of createdAt and status.changedAt.")] | None
    ) = None
    createdAt: Instant | None = None
    policyId: str | None = None
    policyName: str | None = None
    userId: str | None = None
    userName: str | None = None
    userEmail: str | None = None
    userTimeZone: str | None = None
    requesterUserId: str | None = None
    requesterUserName: str | None = None
    timeUnit: str | None = None
    balance: InTimeUnit | None = None
    balanceDiff: InTimeUnit | None = None
    note: str | None = None
    status: TimeOffStatus | None = None
    timeOffPeriod: TimeOffPeriod | None = None


class TimeOffBalance(Row):
    """What one member has left under one policy."""

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    userName: str | None = None
    policyId: str | None = None
    policyName: str | None = None
    policyTimeUnit: str | None = None
    policyArchived: bool | None = None
    balance: InTimeUnit | None = None
    used: InTimeUnit | None = None
    total: InTimeUnit | None = None
    negativeBalanceAmount: InTimeUnit | None = None
    negativeBalanceLimit: bool | None = None
    negativeBalanceUsed: InTimeUnit | None = None


class BalanceAssignment(Row):
    """What a balance was given for a span of time."""

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    policyId: str | None = None
    balance: InTimeUnit | None = None
    accrued: InTimeUnit | None = None
    dateRange: Period | None = None
