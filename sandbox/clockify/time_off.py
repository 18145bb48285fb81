"""Time off: policies, requests, balances and what each balance was assigned.

Policies are ACTIVE ones unless asked for others. Requests are listed by POST only. Pages have 200
rows at most and there are 1,000 of them. WITHDRAWN is a status but refused as a filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from sandbox.clockify.access import Refusal
from sandbox.clockify.blocks import Block
from sandbox.clockify.filters import named, ordered
from sandbox.clockify.instants import iso
from sandbox.clockify.operations import Ask, Operation, one_of
from sandbox.clockify.paging import Envelope, Sizes, paged, unpaged
from sandbox.clockify.time_off_rows import (
    Accrual,
    Approve,
    AutomaticEntries,
    BalanceAssignment,
    DefaultEntities,
    NegativeBalance,
    Period,
    RequestStatus,
    TimeOffBalance,
    TimeOffPeriod,
    TimeOffPolicy,
    TimeOffRequest,
)

if TYPE_CHECKING:
    from sandbox.clockify.maker import Maker
    from sandbox.clockify.workspaces import WorkspaceData
    from sandbox.clockify.world import World
    from sandbox.wire import Json, Response

DAY = 86_400
HOUR = 3_600
SIZES = Sizes(maximum=200, pages=1_000)
BODY_SIZES = Sizes(name="pageSize", maximum=200, pages=1_000, header=False)


def fill(make: Maker, data: WorkspaceData) -> None:
    """Make up policies, then balances and requests under them."""
    for number, name in enumerate(("Vacation", "Sick leave", "Hours off", "Old policy")):
        rich = number % 2 == 0
        policy = TimeOffPolicy(
            id=make.dated_id(make.now - (300 - number) * DAY),
            name=name,
            workspaceId=data.row.id,
            archived=name == "Old policy",
            icon=("UMBRELLA", "STETHOSCOPE", "CALENDAR", None)[number],
            timeUnit="HOURS" if number == 2 else "DAYS",
            allowHalfDay=rich,
            allowNegativeBalance=rich,
            negativeBalance=NegativeBalance() if rich else None,
            approve=Approve(specificMembers=rich, userIds=[make.owner_id] if rich else []),
            automaticAccrual=Accrual() if rich else None,
            everyoneIncludingNew=rich,
            userIds=[] if rich else make.writers[:3],
            userGroupIds=[] if rich else list(data.user_groups)[:1],
        )
        if number == 0:
            project = next(iter(data.projects.values()))
            task = next((one for one in data.tasks.values() if one.projectId == project.id), None)
            entities = DefaultEntities(projectId=project.id, taskId=task.id if task else None)
            entities.taskId = entities.taskId or next(iter(data.tasks))
            policy.automaticTimeEntryCreation = AutomaticEntries(defaultEntities=entities)
            policy.projectId = project.id
        data.time_off_policies[policy.id] = policy
        for place, user_id in enumerate(make.writers):
            _add_balance(make, data, policy, user_id, place + number)
    for number in range(make.count(30)):
        _add_request(make, data, number)


def _add_balance(
    make: Maker, data: WorkspaceData, policy: TimeOffPolicy, user_id: str, number: int
) -> None:
    balance = TimeOffBalance(
        id=make.dated_id(make.now - 200 * DAY),
        workspaceId=data.row.id,
        userId=user_id,
        policyId=policy.id,
        used=number % 6 * 1.5,
        negativeBalanceAmount=2.0 if policy.allowNegativeBalance else 0.0,
        negativeBalanceLimit=policy.allowNegativeBalance,
        negativeBalanceUsed=0.5 if number % 11 == 3 else 0.0,
    )
    data.time_off_balances[balance.id] = balance
    for year in range(number % 3):
        begin = make.now - (year + 1) * 365 * DAY
        span = Period(iso(begin), iso(begin + 365 * DAY - 1))
        given = BalanceAssignment(
            id=make.dated_id(begin),
            workspaceId=data.row.id,
            userId=user_id,
            policyId=policy.id,
            accrued=20.0 - year * 0.25,
            dateRange=span,
        )
        data.balance_assignments[given.id] = given


def _add_request(make: Maker, data: WorkspaceData, number: int) -> None:
    policies = list(data.time_off_policies.values())
    policy = policies[number % len(policies)]
    user_id = make.writers[number * 5 % len(make.writers)]
    asked = make.now - number * 9 * DAY - HOUR
    start = asked - asked % DAY + (5 + number % 30) * DAY
    half = policy.allowHalfDay and number % 3 == 0
    decided = ("PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "APPROVED")[number % 5]
    status = RequestStatus(statusType=decided)
    if decided != "PENDING":
        status.changedAt, status.note = iso(asked + DAY // 2), "Enjoy" if number % 2 else None
        status.changedByUserId = make.owner_id
        status.changedByUserName = data.users[make.owner_id].name
        status.changedForUserName = data.users[user_id].name
    hours = Period(iso(start + 8 * HOUR), iso(start + 12 * HOUR))
    request = TimeOffRequest(
        id=make.dated_id(asked),
        workspaceId=data.row.id,
        policyId=policy.id,
        userId=user_id,
        requesterUserId=user_id if number % 4 else make.owner_id,
        note=f"Absence {number} 🏖" if number % 2 else None,
        balance=20.0 - number % 7,
        balanceDiff=0.5 if half else float(1 + number % 3),
        createdAt=iso(asked),
        status=status,
        timeOffPeriod=TimeOffPeriod(
            period=Period(iso(start), iso(start + (1 + number % 3) * DAY - 1)),
            halfDay=half,
            halfDayPeriod="FIRST_HALF" if half else "NOT_DEFINED",
            halfDayHours=hours if half else None,
        ),
    )
    data.time_off_requests[request.id] = request


def shown_request(world: World, data: WorkspaceData, request: TimeOffRequest) -> dict[str, Json]:
    """Return a request with the names of who and what it is about."""
    policy = data.time_off_policies.get(request.policyId)
    user = data.users.get(request.userId)
    requester = data.users.get(request.requesterUserId or "")
    row: dict[str, Json] = msgspec.to_builtins(request)
    return {
        **row,
        "policyName": policy.name if policy else None,
        "timeUnit": policy.timeUnit if policy else "DAYS",
        "userName": user.name if user else None,
        "userEmail": user.email if user else None,
        "userTimeZone": world.zone_of(request.userId) if user else None,
        "requesterUserName": requester.name if requester else None,
    }


def shown_balance(data: WorkspaceData, balance: TimeOffBalance) -> dict[str, Json]:
    """Return a balance with the names of its member and policy."""
    policy = data.time_off_policies.get(balance.policyId)
    user = data.users.get(balance.userId)
    row: dict[str, Json] = msgspec.to_builtins(balance)
    return {
        **row,
        "balance": balance.total - balance.used,
        "userName": user.name if user else None,
        "policyName": policy.name if policy else None,
        "policyTimeUnit": policy.timeUnit if policy else "DAYS",
        "policyArchived": policy.archived if policy else True,
    }


def _policies(ask: Ask) -> Response:
    asked = ask.request.value("status")
    status = one_of("status", asked, ("ACTIVE", "ARCHIVED", "ALL")) or "ACTIVE"
    kept = [
        one
        for one in named(ask.data.time_off_policies.values(), ask.request)
        if status == "ALL" or one.archived == (status == "ARCHIVED")
    ]
    return paged(ask.world, ask.request, Block.of(ordered(kept, ask.request)), sizes=SIZES)


def _requests(ask: Ask) -> Response:
    """List requests, newest first; one bound of the period alone is ignored."""
    statuses = {str(one) for one in _listed(ask, "statuses")} or {"ALL"}
    if not statuses <= {"PENDING", "APPROVED", "REJECTED", "ALL"}:
        raise Refusal(400, 501, f"Status type is not supported: {', '.join(sorted(statuses))}")
    users, groups = _listed(ask, "users"), _listed(ask, "userGroups")
    grouped = {
        user_id
        for group_id in groups
        if (group := ask.data.user_groups.get(str(group_id)))
        for user_id in group.userIds
    }
    wanted = {str(one) for one in users} | grouped
    kept = [
        one
        for one in ask.data.time_off_requests.values()
        if ask.sees(one.userId)
        and (not (users or groups) or one.userId in wanted)
        and ("ALL" in statuses or one.status.statusType in statuses)
        and _overlaps(ask, one.timeOffPeriod.period)
    ]
    kept.sort(key=lambda one: (one.createdAt, one.id), reverse=True)
    shown = [shown_request(ask.world, ask.data, one) for one in kept]
    block = Block([msgspec.json.encode(row) for row in shown])
    envelope = Envelope("requests", "count")
    return paged(ask.world, ask.request, block, sizes=BODY_SIZES, envelope=envelope, body=ask.body)


def _listed(ask: Ask, name: str) -> list[object]:
    given = ask.body.get(name)
    return given if isinstance(given, list) else []


def _overlaps(ask: Ask, period: Period) -> bool:
    if not (ask.body.get("start") and ask.body.get("end")):
        return True
    start, end = ask.body_window()
    return period.start <= iso(end) and period.end >= iso(start)


def _policy_balances(ask: Ask) -> Response:
    policy_id = ask.request.params["policyId"]
    if policy_id not in ask.data.time_off_policies:
        raise Refusal(400, 501, "Policy doesn't belong to Workspace")
    return _balances(ask, policy_id=policy_id)


def _user_balances(ask: Ask) -> Response:
    return _balances(ask, user_id=ask.member(ask.request.params["userId"]))


def _balances(ask: Ask, policy_id: str | None = None, user_id: str | None = None) -> Response:
    kept = [
        shown_balance(ask.data, one)
        for one in ask.data.time_off_balances.values()
        if policy_id in {None, one.policyId}
        and user_id in {None, one.userId}
        and one.userId in ask.data.users
        and ask.sees(one.userId)
    ]
    block = Block([msgspec.json.encode(row) for row in kept])
    return paged(ask.world, ask.request, block, sizes=SIZES, envelope=Envelope("balances", "count"))


def _assigned(ask: Ask) -> Response:
    user_id, policy_id = ask.request.params["userId"], ask.request.params["policyId"]
    ask.member(user_id)
    if policy_id not in ask.data.time_off_policies:
        raise Refusal(400, 501, "Policy doesn't belong to Workspace")
    wanted = (user_id, policy_id)
    kept = [
        one for one in ask.data.balance_assignments.values() if (one.userId, one.policyId) == wanted
    ]
    return unpaged(Block.of(kept))


BALANCE = "/time-off/balance"

OPERATIONS = (
    Operation("GET", "/time-off/policies", _policies, "TIME_OFF"),
    Operation("POST", "/time-off/requests", _requests, "TIME_OFF"),
    Operation("GET", BALANCE + "/policy/{policyId}", _policy_balances, "TIME_OFF"),
    Operation("GET", BALANCE + "/user/{userId}", _user_balances, "TIME_OFF"),
    Operation(
        "GET", BALANCE + "/assignment/user/{userId}/policy/{policyId}", _assigned, "TIME_OFF"
    ),
)
