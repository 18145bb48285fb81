"""The made-up account: a full Enterprise workspace and a small one on the Free plan.

Or some workspaces of one plan. The same arguments give the same account.
"""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from msgspec import structs

from sandbox.clockify import rows
from sandbox.clockify.account_more import More
from sandbox.clockify.instants import DAY, iso
from sandbox.clockify.plans import PLANS
from sandbox.clockify.timesheets import Diary
from sandbox.clockify.workspaces import Size, WorkspaceData

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MONTH = 30 * DAY
WORKING_DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]

FIRST = ("Ana", "Bojan", "Chloé", "Dmitri", "Eun-ji", "Fátima", "Göran", "Hiro", "Ines", "Jürgen")
LAST = ("Petrović", "Smith", "Nguyen", "García", "Müller", "Okafor", "Rossi", "Kowalski", "Sato")
ZONES = ("Europe/Belgrade", "America/New_York", "Asia/Kolkata", "Australia/Sydney", "UTC")

OWNER, ADMIN, MEMBER, LIMITED, DEACTIVATED, NOT_REGISTERED, UNVERIFIED = range(7)
"""Places of the members with a part to play."""

SPECIAL = (
    ("Olivera Owner", "ACTIVE"),
    ("Adam Admin", "ACTIVE"),
    ("Mia Member", "ACTIVE"),
    ("Kiosk Kiki 🏭", "LIMITED"),
    ('Dana "Gone" D\'Arc', "ACTIVE"),
    (None, "NOT_REGISTERED"),
    ("Petra Pending", "PENDING_EMAIL_VERIFICATION"),
)


class Builder:
    """Makes the account up."""

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
            More(data, self.seed, self.now, numbers).fill()
        return built

    def _two(self, size: Size) -> list[WorkspaceData]:
        """Make up a full workspace and a small one; the first four members belong to both."""
        main_id, second_id = self.new_id(), self.new_id()
        members = self._members(size.members, main_id)
        second_entries = min(size.entries // 10, 200)
        main = self._workspace(self._enterprise(main_id), members, size)
        small = Size(members=4, entries=second_entries, projects=3)
        second = self._workspace(_free(second_id, self.new_id()), members[:4], small)
        owner = members[OWNER].id
        main.roles[owner], second.roles[owner] = {"OWNER"}, {"WORKSPACE_ADMIN"}
        if len(members) > ADMIN:
            admin = members[ADMIN].id
            main.roles[admin] = {"WORKSPACE_ADMIN", "TEAM_MANAGER"}
            second.roles[admin] = {"PROJECT_MANAGER"}
        self._fill_timesheets(main, size.entries - second_entries)
        self._fill_timesheets(second, second_entries)
        return [main, second]

    def _alike(self, size: Size, plan: str) -> list[WorkspaceData]:
        """Divide everything among workspaces of one plan; the first member owns them all."""
        parts = size.workspaces
        ids = [self.new_id() for _ in range(parts)]
        owner, *others = self._members(size.members, ids[0])
        built = []
        for place, ident in enumerate(ids):
            row = self._enterprise(ident)
            row.featureSubscriptionType, row.features = PLANS[plan]
            share = replace(
                size,
                entries=_share(size.entries, place, parts),
                projects=_share(size.projects, place, parts),
                tasks=size.tasks and _share(size.tasks, place, parts),
            )
            data = self._workspace(row, [owner, *others[place::parts]], share)
            data.roles[owner.id] = {"OWNER"}
            self._fill_timesheets(data, share.entries)
            built.append(data)
        return built

    def _members(self, number: int, home: str) -> list[rows.User]:
        return [self._member(ordinal, self.new_id(), home) for ordinal in range(number)]

    def _member(self, ordinal: int, user_id: str, home: str) -> rows.User:
        """Make up one account; `home` is its active and default workspace."""
        if ordinal < len(SPECIAL):
            name, status = SPECIAL[ordinal]
        else:
            name, status = f"{self.rng.choice(FIRST)} {self.rng.choice(LAST)}", "ACTIVE"
        zone = ZONES[0] if ordinal == OWNER else self.rng.choice(ZONES)
        joined = status != "NOT_REGISTERED"
        return rows.User(
            id=user_id,
            email=f"member{ordinal:05d}@example.test",
            name=name,
            profilePicture=f"https://img.example.test/{user_id}.png" if ordinal % 3 == 0 else None,
            activeWorkspace=home if joined else None,
            defaultWorkspace=home if joined else None,
            settings=rows.UserSettings(timeZone=zone) if joined else None,
            status=status,
        )

    def _enterprise(self, workspace_id: str) -> rows.Workspace:
        """Return a workspace with every feature, two currencies, every optional field filled."""
        plan, features = PLANS["ENTERPRISE"]
        return rows.Workspace(
            id=workspace_id,
            name="Sandbox Builders d.o.o. Ćuprija",
            imageUrl="https://img.example.test/workspace.png",
            cakeOrganizationId=self.new_id(),
            hourlyRate=rows.Rate(amount=8_000, currency="EUR"),
            costRate=rows.Rate(amount=4_500, currency="EUR"),
            currencies=[
                rows.Currency(id=self.new_id(), code="EUR", isDefault=True),
                rows.Currency(id=self.new_id(), code="USD"),
            ],
            features=features,
            featureSubscriptionType=plan,
            subdomain=rows.WorkspaceSubdomain(name="sandboxbuilders", enabled=True),
            workspaceSettings=rows.WorkspaceSettings(
                adminOnlyPages=["TEAM", "REPORTS"],
                automaticLock=rows.AutomaticLock(),
                entityCreationPermissions=rows.EntityCreationPermissions(
                    whoCanCreateProjectsAndClients="ADMINS",
                    whoCanCreateTags="EVERYONE",
                    whoCanCreateTasks="ADMINS_AND_PROJECT_MANAGERS",
                ),
                lockTimeEntries=iso(self.now - 60 * DAY),
                lockTimeZone="Europe/Belgrade",
                workingDays=WORKING_DAYS,
            ),
        )

    def _workspace(
        self, row: rows.Workspace, members: Sequence[rows.User], size: Size
    ) -> WorkspaceData:
        data = WorkspaceData(row)
        for ordinal, user in enumerate(members):
            data.users[user.id] = structs.replace(user, memberships=[], customFields=[])
            row.memberships.append(self._workspace_membership(row, user, ordinal))
        self._clients(data, max(3, size.projects // 2))
        for number in range(9):
            archived = number % 5 == 3
            tag = rows.Tag(id=self.new_id(), name=f"tag {number + 1}", workspaceId=row.id)
            data.tags[tag.id] = structs.replace(tag, archived=archived)
        self._user_groups(data, 4)
        self._projects(data, size)
        if "CUSTOM_FIELDS" in row.features:
            self._custom_fields(data)
        if "TIME_OFF" in row.features:
            self._holidays(data)
        return data

    def _workspace_membership(
        self, row: rows.Workspace, user: rows.User, ordinal: int
    ) -> rows.Membership:
        statuses = {DEACTIVATED: "INACTIVE", NOT_REGISTERED: "PENDING", UNVERIFIED: "PENDING"}
        return rows.Membership(
            userId=user.id,
            targetId=row.id,
            membershipType="WORKSPACE",
            membershipStatus=statuses.get(ordinal, "ACTIVE"),
            hourlyRate=self._rate(row) if ordinal % 2 == 0 else None,
            costRate=self._rate(row) if ordinal % 4 == 0 else None,
        )

    def _rate(self, row: rows.Workspace) -> rows.Rate:
        return rows.Rate(amount=500 * self.rng.randint(6, 40), currency=row.currencies[0].code)

    def _clients(self, data: WorkspaceData, count: int) -> None:
        for number in range(count):
            client = rows.Client(
                id=self.new_id(),
                name=f"client {number + 1}",
                workspaceId=data.row.id,
                archived=number % 5 == 2,
            )
            if number % 2 == 0:
                currency = data.row.currencies[number % len(data.row.currencies)]
                client.name = f"Client {number + 1} & Øst & Søn"
                client.address = f"{number + 1} Main Street\n1000 Town"
                client.email = f"client{number}@example.test"
                client.ccEmails = [f"cc{number}@example.test"]
                client.note = "Pays late"
                client.currencyId, client.currencyCode = currency.id, currency.code
            data.clients[client.id] = client

    def _user_groups(self, data: WorkspaceData, count: int) -> None:
        users = list(data.users.values())
        for number in range(count):
            group = rows.UserGroup(
                id=self.new_id(),
                name=f"Group {number + 1}",
                workspaceId=data.row.id,
                userIds=[user.id for user in users[number::count]][: 8 * number],
            )
            if number % 2:
                group.teamManagers = [rows.TeamManager(id=users[0].id, name=users[0].name)]
            data.user_groups[group.id] = group

    def _projects(self, data: WorkspaceData, size: Size) -> None:
        count = size.projects
        weights = sum(number % 5 for number in range(count)) or 1
        total, before = weights if size.tasks is None else size.tasks, 0
        users = list(data.users.values())
        clients = list(data.clients.values())
        for number in range(count):
            client = clients[number % len(clients)] if number % 3 else None
            project = rows.Project(
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
                project.hourlyRate, project.costRate = self._rate(data.row), self._rate(data.row)
            for user in self.rng.sample(users, min(len(users), 2 + number % 4)):
                rated = self.rng.random() < 0.5
                membership = rows.Membership(
                    userId=user.id,
                    targetId=project.id,
                    membershipType="PROJECT",
                    hourlyRate=self._rate(data.row) if rated else None,
                    costRate=self._rate(data.row) if rated else None,
                )
                project.memberships.append(membership)
            data.projects[project.id] = project
            weight = before + number % 5
            self._tasks(data, project, total * weight // weights - total * before // weights)
            before = weight

    def _tasks(self, data: WorkspaceData, project: rows.Project, count: int) -> None:
        assignees = [membership.userId for membership in project.memberships[:2]]
        for number in range(count):
            task = rows.Task(
                id=self.new_id(),
                name=f"Task {number + 1}",
                projectId=project.id,
                status="DONE" if number % 3 == 2 else "ACTIVE",
                billable=project.billable,
            )
            if number % 2 == 0:
                task.assigneeIds, task.assigneeId = assignees, assignees[0]
                task.userGroupIds = list(data.user_groups)[:1]
                task.estimate, task.duration = "PT7H30M", "PT5H15M"
                task.budgetEstimate = 150_000
                task.hourlyRate, task.costRate = self._rate(data.row), self._rate(data.row)
            data.tasks[task.id] = task

    def _custom_fields(self, data: WorkspaceData) -> None:
        """Make up one field of every type, and one of users."""
        project_id = next(iter(data.projects))
        for field in _custom_fields(data.row.id, self.new_id):
            default = rows.CustomFieldDefaultValues(projectId=project_id)
            default.value = field.workspaceDefaultValue
            field.projectDefaultValues = [default]
            data.custom_fields[field.id] = field
        for user in list(data.users.values())[::2]:
            value = rows.UserCustomFieldValue(
                customFieldId=field.id,
                customFieldName=field.name,
                customFieldType=field.type,
                userId=user.id,
                value=f"TIN-{user.id[-4:]}",
            )
            user.customFields = [value]

    def _holidays(self, data: WorkspaceData) -> None:
        for number, name in enumerate(("New Year's Day", "Company day", "Slava")):
            day = iso(self.now + (number - 1) * MONTH)[:10]
            holiday = rows.Holiday(
                id=self.new_id(),
                name=name,
                workspaceId=data.row.id,
                datePeriod=rows.DatePeriod(startDate=day, endDate=day),
                occursAnnually=number == 0,
                everyoneIncludingNew=number == 0,
                userIds=list(data.users)[:number],
                userGroupIds=list(data.user_groups)[:number],
            )
            if number == 1:
                holiday.automaticTimeEntryCreation = True
                holiday.projectId = next(
                    one.id for one in data.projects.values() if not one.archived
                )
                holiday.taskId = next(iter(data.tasks))
            data.holidays[holiday.id] = holiday

    def _fill_timesheets(self, data: WorkspaceData, entries: int) -> None:
        """Split the entries evenly; who never registered has none."""
        diary = Diary(data, self.now, self.seed)
        writers = [user for user in data.users.values() if user.status != "NOT_REGISTERED"]
        share, left = divmod(entries, len(writers))
        for ordinal, user in enumerate(writers):
            count = share + (ordinal < left)
            data.timesheets[user.id] = diary.timesheet(user, ordinal, count, self._entries)
            self._entries += count


def _free(workspace_id: str, currency_id: str) -> rows.Workspace:
    """Return a workspace with few features, every optional field null."""
    permission = {"value": "EVERYONE"}  # the wire has both a string and an object
    plan, features = PLANS["FREE"]
    return rows.Workspace(
        id=workspace_id,
        name="Side project",
        currencies=[rows.Currency(id=currency_id, code="GBP", isDefault=True)],
        features=features,
        featureSubscriptionType=plan,
        workspaceSettings=rows.WorkspaceSettings(
            entityCreationPermissions=rows.EntityCreationPermissions(
                whoCanCreateProjectsAndClients=permission,
                whoCanCreateTags=permission,
                whoCanCreateTasks=permission,
            ),
            workingDays=WORKING_DAYS,
        ),
    )


def _custom_fields(workspace_id: str, new_id: Callable[[], str]) -> list[rows.CustomField]:
    """Return one field of every type, and one of users."""

    def field(name: str, kind: str) -> rows.CustomField:
        return rows.CustomField(id=new_id(), name=name, workspaceId=workspace_id, type=kind)

    ticket, distance = field("Ticket", "TXT"), field("Distance (km)", "NUMBER")
    ticket.required, ticket.workspaceDefaultValue = True, "T-0000"
    ticket.description, ticket.placeholder = "Number of the ticket", "T-0000"
    on_site, region = field("On site", "CHECKBOX"), field("Region", "DROPDOWN_SINGLE")
    on_site.workspaceDefaultValue = False
    region.status, region.allowedValues = "INVISIBLE", ["North", "South", "East & West"]
    skills, link, tin = (
        field("Skills", "DROPDOWN_MULTIPLE"),
        field("Link", "LINK"),
        field("TIN", "TXT"),
    )
    skills.allowedValues, skills.workspaceDefaultValue = ["a", "b", "c"], ["a"]
    link.status, link.onlyAdminCanEdit = "INACTIVE", True
    tin.entityType = "USER"
    return [ticket, distance, on_site, region, skills, link, tin]


def _estimate(project: rows.Project, number: int) -> None:
    reset = "MONTHLY" if number % 4 == 0 else None
    project.duration = f"PT{number + 88}H36M"
    project.estimate = rows.Estimate(estimate="PT120H", type="MANUAL")
    project.timeEstimate = rows.TimeEstimate(estimate="PT120H", resetOption=reset)
    project.budgetEstimate = rows.EstimateWithOptions(estimate=1_250_000, resetOption=reset)
    if reset:
        project.estimateReset = rows.EstimateReset(
            month="JANUARY", dayOfMonth=1, dayOfWeek="MONDAY"
        )


def _share(whole: int, place: int, parts: int) -> int:
    """Return what one of so many parts has of a whole; together they have all of it."""
    return whole * (place + 1) // parts - whole * place // parts
