"""The made-up account: a full Enterprise workspace and a small one on the Free plan."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from sandbox.clockify import (
    approvals,
    audit_log,
    expenses,
    invoices,
    people,
    plans,
    scheduling,
    time_off,
    webhooks,
)
from sandbox.clockify.instants import iso
from sandbox.clockify.maker import Maker
from sandbox.clockify.rows import (
    BudgetEstimate,
    Client,
    DatePeriod,
    Estimate,
    EstimateReset,
    Holiday,
    Membership,
    Project,
    ProjectDefaultValue,
    Rate,
    Tag,
    Task,
    TeamManager,
    TimeEstimate,
    UserGroupWithManagers,
)
from sandbox.clockify.timesheets import Diary
from sandbox.clockify.workspaces import Size, WorkspaceData

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.clockify.rows import User, Workspace

MONTH = 30 * 86_400

FURTHER = (expenses, invoices, time_off, scheduling, approvals, webhooks, audit_log)
"""Who makes up the lists besides the core; each may refer to those before it."""


class Builder:
    """Makes the account up; the same arguments give the same account."""

    def __init__(self, seed: int, now: int) -> None:
        self.seed = seed
        self.now = now
        self.rng = random.Random(seed)
        self._numbers = 0
        self._entries = 0

    def new_id(self) -> str:
        """Return a 24-hex id whose first 8 digits are a creation time, as the service's are."""
        self._numbers += 1
        created = self.now - 24 * MONTH + self._numbers
        return f"{created & 0xFFFFFFFF:08x}{self.seed & 0xFFFFFF:06x}f{self._numbers:09x}"

    def account(self, size: Size) -> list[WorkspaceData]:
        """Make up all workspaces; the first member belongs to all."""
        built = self._two(size) if size.plan is None else self._alike(size, size.plan)
        numbers = count(1)
        for data in built:
            make = Maker(data, self.seed, self.now, numbers)
            for table in FURTHER:
                table.fill(make, data)
        return built

    def _two(self, size: Size) -> list[WorkspaceData]:
        """Make up a full workspace and a small one; the first four members belong to both."""
        main_id, second_id = self.new_id(), self.new_id()
        members = self._members(size.members, main_id)
        second_entries = min(size.entries // 10, 200)
        main = self._workspace(plans.enterprise(main_id, self.new_id, self.now), members, size)
        second_size = Size(members=4, entries=second_entries, projects=3)
        second = self._workspace(plans.free(second_id, self.new_id), members[:4], second_size)
        self._grant_roles(main, second, members)
        self._fill_timesheets(main, size.entries - second_entries)
        self._fill_timesheets(second, second_entries)
        return [main, second]

    def _alike(self, size: Size, plan: str) -> list[WorkspaceData]:
        """Divide everything among workspaces of one plan; the first member owns them all."""
        ids = [self.new_id() for _ in range(size.workspaces)]
        owner, *others = self._members(size.members, ids[0])
        built = []
        for place, ident in enumerate(ids):
            row = plans.enterprise(ident, self.new_id, self.now)
            row.featureSubscriptionType, row.features = plans.PLANS[plan]
            share = replace(
                size,
                entries=_share(size.entries, place, size.workspaces),
                projects=_share(size.projects, place, size.workspaces),
                tasks=size.tasks and _share(size.tasks, place, size.workspaces),
            )
            data = self._workspace(row, [owner, *others[place :: size.workspaces]], share)
            data.roles[owner.id] = {"OWNER"}
            self._fill_timesheets(data, share.entries)
            built.append(data)
        return built

    def _members(self, number: int, home: str) -> list[User]:
        return [people.member(self.rng, ordinal, self.new_id(), home) for ordinal in range(number)]

    def _workspace(self, row: Workspace, members: Sequence[User], size: Size) -> WorkspaceData:
        data = WorkspaceData(row)
        data.users = {user.id: people.copy(user) for user in members}
        row.memberships = [
            self._workspace_membership(row, user, ordinal) for ordinal, user in enumerate(members)
        ]
        self._lists(data, size)
        return data

    def _workspace_membership(self, row: Workspace, user: User, ordinal: int) -> Membership:
        status = "INACTIVE" if ordinal == people.DEACTIVATED else "ACTIVE"
        if ordinal in {people.NOT_REGISTERED, people.UNVERIFIED}:
            status = "PENDING"
        return Membership(
            userId=user.id,
            targetId=row.id,
            membershipType="WORKSPACE",
            membershipStatus=status,
            hourlyRate=self._rate(row) if ordinal % 2 == 0 else None,
            costRate=self._rate(row) if ordinal % 4 == 0 else None,
        )

    def _rate(self, row: Workspace) -> Rate:
        return Rate(500 * self.rng.randint(6, 40), row.currencies[0].code)

    def _lists(self, data: WorkspaceData, size: Size) -> None:
        self._clients(data, max(3, size.projects // 2))
        self._tags(data, 9)
        self._user_groups(data, 4)
        self._projects(data, size)
        self._custom_fields(data)
        self._holidays(data)

    def _clients(self, data: WorkspaceData, count: int) -> None:
        for number in range(count):
            full = number % 2 == 0
            currency = data.row.currencies[number % len(data.row.currencies)]
            client = Client(
                id=self.new_id(),
                name=f"Client {number + 1} & Øst & Søn" if full else f"client {number + 1}",
                workspaceId=data.row.id,
                archived=number % 5 == 2,
                address=f"{number + 1} Main Street\n1000 Town" if full else None,
                email=f"client{number}@example.test" if full else None,
                ccEmails=[f"cc{number}@example.test"] if full else None,
                note="Pays late" if full else None,
                currencyId=currency.id if full else None,
                currencyCode=currency.code if full else None,
            )
            data.clients[client.id] = client

    def _tags(self, data: WorkspaceData, count: int) -> None:
        for number in range(count):
            tag = Tag(
                id=self.new_id(),
                name=f"tag {number + 1}",
                workspaceId=data.row.id,
                archived=number % 5 == 3,
            )
            data.tags[tag.id] = tag

    def _user_groups(self, data: WorkspaceData, count: int) -> None:
        users = list(data.users.values())
        for number in range(count):
            group = UserGroupWithManagers(
                id=self.new_id(), name=f"Group {number + 1}", workspaceId=data.row.id
            )
            group.userIds = [user.id for user in users[number::count]][: 8 * number]
            if number % 2:
                group.teamManagers = [TeamManager(id=users[0].id, name=users[0].name)]
            data.user_groups[group.id] = group

    def _projects(self, data: WorkspaceData, size: Size) -> None:
        count = size.projects
        weights = sum(number % 5 for number in range(count)) or 1
        total, before = weights if size.tasks is None else size.tasks, 0
        users = list(data.users.values())
        clients = list(data.clients.values())
        for number in range(count):
            client = clients[number % len(clients)] if number % 3 else None
            project = Project(
                id=self.new_id(),
                name=f"Project {number + 1:03d}",
                workspaceId=data.row.id,
                clientId=client.id if client else None,
                clientName=client.name if client else None,
                billable=number % 4 != 0,
                color=f"#{self.rng.randrange(0x1000000):06X}",
                archived=number % 5 == 4,
                public=number % 2 == 0,
                template=number % 7 == 6,
            )
            if number % 2 == 0:
                _estimate(project, number)
                project.note = f"Note on project {number + 1}\nsecond line"
                project.hourlyRate = self._rate(data.row)
                project.costRate = self._rate(data.row)
            for user in self.rng.sample(users, min(len(users), 2 + number % 4)):
                project.memberships.append(self._project_membership(data, project, user))
            data.projects[project.id] = project
            weight = before + number % 5
            self._tasks(data, project, total * weight // weights - total * before // weights)
            before = weight

    def _project_membership(self, data: WorkspaceData, project: Project, user: User) -> Membership:
        rated = self.rng.random() < 0.5
        return Membership(
            userId=user.id,
            targetId=project.id,
            membershipType="PROJECT",
            hourlyRate=self._rate(data.row) if rated else None,
            costRate=self._rate(data.row) if rated else None,
        )

    def _tasks(self, data: WorkspaceData, project: Project, count: int) -> None:
        groups = list(data.user_groups)
        assignees = [membership.userId for membership in project.memberships[:2]]
        for number in range(count):
            task = Task(
                id=self.new_id(),
                name=f"Task {number + 1}",
                projectId=project.id,
                status="DONE" if number % 3 == 2 else "ACTIVE",
                billable=project.billable,
            )
            if number % 2 == 0:
                task.assigneeIds, task.assigneeId = assignees, assignees[0]
                task.userGroupIds = groups[:1]
                task.estimate, task.duration = "PT7H30M", "PT5H15M"
                task.budgetEstimate = 150_000
                task.hourlyRate, task.costRate = self._rate(data.row), self._rate(data.row)
            data.tasks[task.id] = task

    def _custom_fields(self, data: WorkspaceData) -> None:
        if "CUSTOM_FIELDS" not in data.row.features:
            return
        for custom_field in plans.custom_fields(data.row.id, self.new_id):
            project = next(iter(data.projects))
            default = ProjectDefaultValue(
                projectId=project, value=custom_field.workspaceDefaultValue
            )
            custom_field.projectDefaultValues = [default]
            data.custom_fields[custom_field.id] = custom_field
            if custom_field.entityType == "USER":
                for user in list(data.users.values())[::2]:
                    user.customFields = people.user_field_values(
                        user, custom_field.id, custom_field.name
                    )

    def _holidays(self, data: WorkspaceData) -> None:
        if "TIME_OFF" not in data.row.features:
            return
        project = next(project for project in data.projects.values() if not project.archived)
        for number, name in enumerate(("New Year's Day", "Company day", "Slava")):
            day = iso(self.now + (number - 1) * MONTH)[:10]
            holiday = Holiday(
                id=self.new_id(),
                name=name,
                workspaceId=data.row.id,
                datePeriod=DatePeriod(day, day),
                occursAnnually=number == 0,
                everyoneIncludingNew=number == 0,
                userIds=list(data.users)[:number],
                userGroupIds=list(data.user_groups)[:number],
            )
            if number == 1:
                task = next(iter(data.tasks.values()))
                holiday.automaticTimeEntryCreation = True
                holiday.projectId, holiday.taskId = project.id, task.id
            data.holidays[holiday.id] = holiday

    def _grant_roles(
        self, main: WorkspaceData, second: WorkspaceData, members: Sequence[User]
    ) -> None:
        owner = members[people.OWNER].id
        main.roles[owner], second.roles[owner] = {"OWNER"}, {"WORKSPACE_ADMIN"}
        if len(members) > people.ADMIN:
            admin = members[people.ADMIN].id
            main.roles[admin] = {"WORKSPACE_ADMIN", "TEAM_MANAGER"}
            second.roles[admin] = {"PROJECT_MANAGER"}

    def _fill_timesheets(self, data: WorkspaceData, entries: int) -> None:
        """Split the entries evenly; who never registered has none."""
        diary = Diary(
            workspace_id=data.row.id,
            projects=list(data.projects.values()),
            tasks=_by_project(data),
            tags=list(data.tags.values()),
            custom_fields=list(data.custom_fields.values()),
            now=self.now,
            seed=self.seed,
        )
        writers = [user for user in data.users.values() if user.status != "NOT_REGISTERED"]
        share, left = divmod(entries, len(writers))
        for ordinal, user in enumerate(writers):
            count = share + (ordinal < left)
            data.timesheets[user.id] = diary.timesheet(user, ordinal, count, self._entries)
            self._entries += count


def _estimate(project: Project, number: int) -> None:
    recurring = number % 4 == 0
    project.duration = f"PT{number + 88}H36M"
    project.estimate = Estimate("PT120H", "MANUAL")
    reset = "MONTHLY" if recurring else None
    project.timeEstimate = TimeEstimate(estimate="PT120H", resetOption=reset)
    project.budgetEstimate = BudgetEstimate(estimate=1_250_000, resetOption=reset)
    if recurring:
        project.estimateReset = EstimateReset(month="JANUARY", dayOfMonth=1, dayOfWeek="MONDAY")


def _share(whole: int, place: int, parts: int) -> int:
    """Return what one of so many parts has of a whole; together they have all of it."""
    return whole * (place + 1) // parts - whole * place // parts


def _by_project(data: WorkspaceData) -> dict[str, list[Task]]:
    tasks: dict[str, list[Task]] = {project_id: [] for project_id in data.projects}
    for task in data.tasks.values():
        tasks[task.projectId].append(task)
    return tasks
