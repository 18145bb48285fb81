"""The rows of time off: policies, requests, balances and what each balance was assigned."""

from __future__ import annotations

import msgspec

from sandbox.clockify.rows import Row


class Period(msgspec.Struct):
    """Two instants."""

    start: str
    end: str


class Approve(msgspec.Struct, kw_only=True):
    """Who decides about requests."""

    requiresApproval: bool = True
    specificMembers: bool = False
    teamManagers: bool = False
    userIds: list[str] = msgspec.field(default_factory=list)


class Accrual(msgspec.Struct, kw_only=True):
    """What a balance grows by."""

    amount: float = 20.0
    period: str = "YEAR"
    timeUnit: str = "DAYS"


class NegativeBalance(msgspec.Struct, kw_only=True):
    """How far below zero a balance may go."""

    amount: float = 2.0
    period: str = "MONTH"
    shouldReset: bool = True
    timeUnit: str = "DAYS"


class DefaultEntities(msgspec.Struct, kw_only=True):
    """Where entries made by themselves are booked."""

    projectId: str | None = None
    taskId: str | None = None


class AutomaticEntries(msgspec.Struct, kw_only=True):
    """Whether time off makes time entries."""

    enabled: bool = True
    defaultEntities: DefaultEntities = msgspec.field(default_factory=DefaultEntities)


class TimeOffPolicy(Row, kw_only=True):
    """A kind of absence and its rules."""

    name: str
    workspaceId: str
    archived: bool = False
    color: str = "#8BC34A"
    icon: str | None = "UMBRELLA"
    timeUnit: str = "DAYS"
    allowHalfDay: bool = False
    allowNegativeBalance: bool = False
    negativeBalance: NegativeBalance | None = None
    approve: Approve = msgspec.field(default_factory=Approve)
    automaticAccrual: Accrual | None = None
    automaticTimeEntryCreation: AutomaticEntries | None = None
    everyoneIncludingNew: bool = True
    projectId: str | None = None
    userIds: list[str] = msgspec.field(default_factory=list)
    userGroupIds: list[str] = msgspec.field(default_factory=list)


class RequestStatus(msgspec.Struct, kw_only=True):
    """What was decided, when and by whom."""

    statusType: str = "PENDING"
    changedAt: str | None = None
    changedByUserId: str | None = None
    changedByUserName: str | None = None
    changedForUserName: str | None = None
    note: str | None = None


class TimeOffPeriod(msgspec.Struct, kw_only=True):
    """When somebody is away."""

    period: Period
    halfDay: bool = False
    halfDayPeriod: str = "NOT_DEFINED"
    halfDayHours: Period | None = None


class TimeOffRequest(Row, kw_only=True):
    """An absence asked for; names are filled in when it is shown."""

    workspaceId: str
    policyId: str
    userId: str
    requesterUserId: str | None = None
    note: str | None = None
    balance: float = 18.0
    balanceDiff: float = 1.0
    createdAt: str
    status: RequestStatus = msgspec.field(default_factory=RequestStatus)
    timeOffPeriod: TimeOffPeriod


class TimeOffBalance(Row, kw_only=True):
    """What one member has left under one policy."""

    workspaceId: str
    userId: str
    policyId: str
    used: float = 0.0
    total: float = 20.0
    negativeBalanceAmount: float = 0.0
    negativeBalanceLimit: bool = False
    negativeBalanceUsed: float = 0.0


class BalanceAssignment(Row, kw_only=True):
    """What a balance was given for a span of time."""

    workspaceId: str
    userId: str
    policyId: str
    balance: float = 20.0
    accrued: float = 20.0
    dateRange: Period
