"""Holidays and time off: policies, requests, balances and what they were assigned."""

from datetime import date
from typing import Annotated

from msgspec import Meta

from tap_clockify.rows.common import Period
from taps_common.records.row_types import Instant, Number, Row

InTimeUnit = Annotated[Number, Meta(description="Unit: days or hours, as the policy's time unit.")]


class DatePeriod(Row):
    """From one day to another, both included.

    Attributes:
        startDate: the first day. Example: 2026-12-25.
        endDate: the last day. Example: 2026-12-26.
    """

    startDate: date | None = None
    endDate: date | None = None


class Holiday(Row):
    """A holiday, and whose it is.

    Attributes:
        id: unique in all of Clockify. Example: 5b715612b079875110791111.
        workspaceId: where the holiday is. Joins: workspaces.id.
        name: Example: New Year's Day.
        datePeriod: from which day to which.
        occursAnnually: whether it comes each year.
        everyoneIncludingNew: whether the holiday is everybody's, those who join later included.
        userIds: members whose holiday it is. Joins: users.id.
        userGroupIds: groups whose holiday it is. Joins: user_groups.id.
        automaticTimeEntryCreation: whether Clockify makes time entries of it.
        projectId: the project that such entries are booked on. Empty: where none was chosen.
            Joins: projects.id.
        taskId: the task that such entries are booked on. Empty: where none was chosen.
            Joins: tasks.id.
    """

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
    """Who decides about requests under a policy.

    Attributes:
        requiresApproval: whether somebody has to approve.
        specificMembers: whether those in userIds do.
        teamManagers: whether the member's team managers do.
        userIds: who approves. Joins: users.id.
    """

    requiresApproval: bool | None = None
    specificMembers: bool | None = None
    teamManagers: bool | None = None
    userIds: list[str] | None = None


class AutomaticAccrual(Row):
    """What balances under a policy grow by.

    Attributes:
        amount: how much is added in a period. Unit: as timeUnit says. Example: 20.
        period: MONTH or YEAR.
        timeUnit: DAYS or HOURS.
    """

    amount: Number | None = None
    period: str | None = None
    timeUnit: str | None = None


class NegativeBalance(Row):
    """How far below zero balances under a policy may go.

    Attributes:
        amount: how much may be taken beyond the balance. Unit: as timeUnit says. Example: 2.
        period: what the limit is for: MONTH or YEAR.
        shouldReset: whether what is below zero is forgotten when the period ends.
        timeUnit: DAYS or HOURS.
    """

    amount: Number | None = None
    period: str | None = None
    shouldReset: bool | None = None
    timeUnit: str | None = None


class DefaultEntities(Row):
    """Where time entries that are made by themselves are booked.

    Attributes:
        projectId: the project. Empty: where none was chosen. Joins: projects.id.
        taskId: the task. Empty: where none was chosen. Joins: tasks.id.
    """

    projectId: str | None = None
    taskId: str | None = None


class AutomaticTimeEntryCreation(Row):
    """Whether time off makes time entries.

    Attributes:
        enabled: whether time entries are made.
        defaultEntities: what such entries are booked on. Empty: where nothing was chosen.
    """

    enabled: bool | None = None
    defaultEntities: DefaultEntities | None = None


class TimeOffPolicy(Row):
    """A kind of absence and its rules, archived ones included.

    Attributes:
        id: unique in all of Clockify. Example: 5b715612b079875110791111.
        workspaceId: where the policy is. Joins: workspaces.id.
        name: Example: Vacation.
        archived: whether it was put aside; such rows stay in the table.
        color: in which Clockify shows it, RGB in hexadecimal. Example: #8BC34A.
        icon: the picture that Clockify shows it by. Example: UMBRELLA. Empty: where none was
            chosen.
        timeUnit: what balances are counted in: DAYS or HOURS.
        allowHalfDay: whether half a day can be taken.
        allowNegativeBalance: whether more can be taken than the balance has.
        negativeBalance: how much more. Empty: where nothing more can be taken.
        approve: who decides about requests.
        automaticAccrual: what balances grow by. Empty: where they do not grow by themselves.
        automaticTimeEntryCreation: whether time off makes time entries.
        everyoneIncludingNew: whether the policy is for everybody, those who join later included.
        projectId: a project; what for is not documented. Joins: projects.id.
        userIds: members that the policy is for. Joins: users.id.
        userGroupIds: groups that the policy is for. Joins: user_groups.id.
    """

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
    """What was decided about a request, when and by whom.

    Attributes:
        statusType: PENDING, APPROVED, REJECTED or WITHDRAWN.
        changedAt: when it was decided. Example: 2026-01-31T08:00:00Z. Empty: while nothing was
            decided, and where Clockify does not say when.
        changedByUserId: who decided. Empty: as changedAt. Joins: users.id.
        changedByUserName: who decided, by name. Example: John Doe. Empty: as changedAt.
        changedForUserName: whose request it was, by name. Example: Nicholas.
        note: what was said about the decision. Empty: where nothing was written.
    """

    statusType: str | None = None
    changedAt: Instant | None = None
    changedByUserId: str | None = None
    changedByUserName: str | None = None
    changedForUserName: str | None = None
    note: str | None = None


class TimeOffPeriod(Row):
    """When somebody is away.

    Attributes:
        period: from when to when the member is away.
        halfDay: whether it is half a day only.
        halfDayPeriod: which half: FIRST_HALF, SECOND_HALF or NOT_DEFINED.
        halfDayHours: from when to when, if it is half a day. Empty: where Clockify leaves it out.
    """

    period: Period | None = None
    halfDay: bool | None = None
    halfDayPeriod: str | None = None
    halfDayHours: Period | None = None


class TimeOffRequest(Row):
    """An absence that was asked for, whatever was decided.

    Attributes:
        id: unique in all of Clockify. Example: 5b715612b079875110791111.
        workspaceId: where the request is. Joins: workspaces.id.
        changedAt: the later of createdAt and status.changedAt. Example: 2026-01-31T08:00:00Z.
            Empty: where the request was decided and Clockify does not say when.
        createdAt: when somebody asked for it. Example: 2022-08-26T08:32:01.640708Z.
        policyId: the kind of absence. Joins: time_off_policies.id.
        policyName: the kind of absence, by name. Example: Vacation.
        userId: who is away. Joins: users.id.
        userName: Example: Nicholas.
        userEmail: Example: nicholas@example.com.
        userTimeZone: the zone of who is away. Example: Europe/Budapest.
        requesterUserId: who asked for it, perhaps for somebody else. Joins: users.id.
        requesterUserName: Example: John.
        timeUnit: what balance and balanceDiff are counted in: DAYS or HOURS.
        balance: the member's balance; whether before or after the request is not documented.
            Example: 10.
        balanceDiff: what the request takes of the balance. Example: 1.
        note: what was said about it. Empty: where nothing was written.
        status: what was decided.
        timeOffPeriod: when the member is away.
        start: copy of timeOffPeriod.period.start. Example: 2026-01-01T08:00:00Z.
        end: copy of timeOffPeriod.period.end. Example: 2026-01-07T17:00:00Z.
    """

    id: str
    workspaceId: str | None = None
    changedAt: Instant | None = None
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
    start: Instant | None = None
    end: Instant | None = None


class TimeOffBalance(Row):
    """What one member has left under one policy.

    Attributes:
        id: unique in all of Clockify. Example: 5b715448b079875110792222.
        workspaceId: where the balance is. Joins: workspaces.id.
        userId: whose balance it is. Joins: users.id.
        userName: Example: nicholas.
        policyId: the kind of absence. Joins: time_off_policies.id.
        policyName: the kind of absence, by name. Example: Vacation.
        policyTimeUnit: what the amounts are counted in: DAYS or HOURS.
        policyArchived: whether the policy was put aside.
        balance: what the member has; its relation to total and used is not documented. Example: 20.
        used: what the member took. Example: 2.
        total: the amount in all; its relation to balance and used is not documented. Example: 18.
        negativeBalanceAmount: an amount below zero; which one is not documented. Example: 2.
        negativeBalanceLimit: whether the balance may go below zero to a limit only.
        negativeBalanceUsed: what was taken beyond the balance and the time it is valid for.
            Example: 20.
    """

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
    """What a balance was given for a span of time.

    Attributes:
        id: unique in all of Clockify. Example: 5b715448b079875110793333.
        workspaceId: where the balance is. Joins: workspaces.id.
        userId: who got it. Joins: users.id.
        policyId: the kind of absence. Joins: time_off_policies.id.
        balance: how much was given. Example: 12.
        accrued: how much grew by itself. Documented by its name only. Example: 2.5.
        dateRange: the time that it is for.
    """

    id: str
    workspaceId: str | None = None
    userId: str | None = None
    policyId: str | None = None
    balance: InTimeUnit | None = None
    accrued: InTimeUnit | None = None
    dateRange: Period | None = None
