"""The made-up account: a full Enterprise workspace and a small one on the Free plan.

Or some workspaces of one plan. The same arguments give the same account.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from msgspec import structs

from sandbox.clockify import rows
from sandbox.clockify.account_more import More
from sandbox.clockify.instants import DAY, duration, iso
from sandbox.clockify.timesheets import Diary
from sandbox.clockify.workspaces import PLANS, WORKING_DAYS, Size, WorkspaceData

MONTH = 30 * DAY

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

Fields = dict[str, Any]
Part = tuple[rows.Workspace, list[rows.User], Size]
"""A workspace, its members, and how much it has."""

CUSTOM_FIELDS: tuple[Fields, ...] = (
    {"name": "Ticket", "type": "TXT", "required": True, "workspaceDefaultValue": "T-0000"},
    {"name": "Distance", "type": "NUMBER", "description": "By car", "placeholder": "km"},
    {"name": "On site", "type": "CHECKBOX", "workspaceDefaultValue": False},
    {"name": "Region", "type": "DROPDOWN_SINGLE", "allowedValues": ["North", "South & East"]},
    {"name": "Skills", "type": "DROPDOWN_MULTIPLE", "allowedValues": ["a", "b", "c"]},
    {"name": "Link", "type": "LINK", "status": "INACTIVE", "onlyAdminCanEdit": True},
    {"name": "TIN", "type": "TXT", "entityType": "USER"},
)
"""One of time entries of every type, and one of users."""


class Builder:
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
        built, numbers = [], count(1)
        for row, members, share in self._parts(size) if size.plan else self._two(size):
            data = self._workspace(row, members, share)
            data.roles[members[OWNER].id] = {"OWNER"}
            self._fill_timesheets(data, share.entries)
            built.append(data)
        if not size.plan:
            self._give_roles(*built)
        for data in built:
            More(data, self.seed, self.now, numbers).fill()
        return built

    def _two(self, size: Size) -> Iterator[Part]:
        """Yield a full workspace and a small one; the first four members belong to both."""
        main_id, second_id = self.new_id(), self.new_id()
        members, second = self._members(size.members, main_id), min(size.entries // 10, 200)
        yield self._enterprise(main_id), members, replace(size, entries=size.entries - second)
        small = Size(members=4, entries=second, projects=3)
        yield self._free(second_id), members[:4], small

    def _give_roles(self, main: WorkspaceData, second: WorkspaceData) -> None:
        """Make the admin of the one a project manager of the other, the owner an admin."""
        members = [*main.users]
        second.roles[members[OWNER]] = {"WORKSPACE_ADMIN"}
        if len(members) > ADMIN:
            main.roles[members[ADMIN]] = {"WORKSPACE_ADMIN", "TEAM_MANAGER"}
            second.roles[members[ADMIN]] = {"PROJECT_MANAGER"}

    def _parts(self, size: Size) -> Iterator[Part]:
        """Divide everything among workspaces of one plan; the first member owns them all."""
        parts = size.workspaces
        ids = [self.new_id() for _ in range(parts)]
        owner, *others = self._members(size.members, ids[0])
        for place, ident in enumerate(ids):
            row = self._enterprise(ident)
            row.featureSubscriptionType, row.features = PLANS[str(size.plan)]
            share = replace(
                size,
                entries=_share(size.entries, place, parts),
                projects=_share(size.projects, place, parts),
                tasks=size.tasks and _share(size.tasks, place, parts),
            )
            yield row, [owner, *others[place::parts]], share

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
            settings={**rows.USER_SETTINGS, "timeZone": zone} if joined else None,
            status=status,
        )

    def _enterprise(self, workspace_id: str) -> rows.Workspace:
        """Return a workspace with every feature, two currencies, every optional field filled."""
        rate = rows.Rate(amount=8_000, currency="EUR")
        row = _row(workspace_id, "Sandbox Builders d.o.o. Ćuprija", "ENTERPRISE", "ADMINS")
        row.cakeOrganizationId = self.new_id()
        row.imageUrl = "https://img.example.test/workspace.png"
        row.hourlyRate, row.costRate = rate, structs.replace(rate, amount=4_500)
        row.currencies = [
            rows.Currency(id=self.new_id(), code="EUR", isDefault=True),
            rows.Currency(id=self.new_id(), code="USD"),
        ]
        row.subdomain = rows.WorkspaceSubdomain(name="sandboxbuilders", enabled=True)
        row.workspaceSettings |= {
            "adminOnlyPages": ["TEAM", "REPORTS"],
            "lockTimeEntries": iso(self.now - 60 * DAY),
            "lockTimeZone": "Europe/Belgrade",
        }
        return row

    def _free(self, workspace_id: str) -> rows.Workspace:
        """Return a workspace with few features, every optional field null."""
        row = _row(workspace_id, "Side project", "FREE", {"value": "EVERYONE"})
        row.currencies = [rows.Currency(id=self.new_id(), code="GBP", isDefault=True)]
        row.workspaceSettings["automaticLock"] = None
        return row

    def _workspace(
        self, row: rows.Workspace, members: Sequence[rows.User], size: Size
    ) -> WorkspaceData:
        data = WorkspaceData(row)
        statuses = {DEACTIVATED: "INACTIVE", NOT_REGISTERED: "PENDING", UNVERIFIED: "PENDING"}
        for ordinal, user in enumerate(members):
            data.users[user.id] = structs.replace(user, memberships=[], customFields=[])
            joined = rows.Membership(
                userId=user.id,
                targetId=row.id,
                membershipType="WORKSPACE",
                membershipStatus=statuses.get(ordinal, "ACTIVE"),
                hourlyRate=self._rate(row) if ordinal % 2 == 0 else None,
                costRate=self._rate(row) if ordinal % 4 == 0 else None,
            )
            row.memberships.append(joined)
        self._clients(data, max(3, size.projects // 2))
        for number in range(9):
            data.add("tags", self.new_id(), name=f"tag {number + 1}", archived=number % 5 == 3)
        self._user_groups(data)
        self._projects(data, size)
        if "CUSTOM_FIELDS" in row.features:
            self._custom_fields(data)
        if "TIME_OFF" in row.features:
            self._holidays(data)
        return data

    def _rate(self, row: rows.Workspace) -> rows.Rate:
        return rows.Rate(amount=500 * self.rng.randint(6, 40), currency=row.currencies[0].code)

    def _clients(self, data: WorkspaceData, count: int) -> None:
        for number in range(count):
            fields: Fields = {"name": f"client {number + 1}", "archived": number % 5 == 2}
            if number % 2 == 0:
                currency = data.row.currencies[number % len(data.row.currencies)]
                fields |= {
                    "name": f"Client {number + 1} & Øst & Søn",
                    "address": f"{number + 1} Main Street\n1000 Town",
                    "email": f"client{number}@example.test",
                    "ccEmails": [f"cc{number}@example.test"],
                    "note": "Pays late",
                    "currencyId": currency.id,
                    "currencyCode": currency.code,
                }
            data.add("clients", self.new_id(), **fields)

    def _user_groups(self, data: WorkspaceData) -> None:
        """Make up four; the first has no members."""
        users = list(data.users.values())
        manager = rows.TeamManager(id=users[0].id, name=users[0].name)
        for number in range(4):
            data.add(
                "user_groups",
                self.new_id(),
                name=f"Group {number + 1}",
                userIds=[user.id for user in users[number::4]][: 8 * number],
                teamManagers=[manager] if number % 2 else None,
            )

    def _projects(self, data: WorkspaceData, size: Size) -> None:
        """Make up projects; each has up to four tasks, or its share of those asked for."""
        users, clients = list(data.users), list(data.clients.values())
        for number in range(size.projects):
            client = clients[number % len(clients)] if number % 3 else None
            project_id = self.new_id()
            team = self.rng.sample(users, min(len(users), 2 + number % 4))
            memberships = [
                rows.Membership(
                    userId=user_id,
                    targetId=project_id,
                    membershipType="PROJECT",
                    hourlyRate=self._rate(data.row) if place % 2 else None,
                    costRate=self._rate(data.row) if place % 2 else None,
                )
                for place, user_id in enumerate(team)
            ]
            data.add(
                "projects",
                project_id,
                name=f"Project {number + 1:03d}",
                clientId=client and client.id,
                clientName=client and client.name,
                billable=number % 4 != 0,
                color=f"#{self.rng.randrange(0x1000000):06X}",
                archived=number % 5 == 4,
                public=number % 2 == 0,
                template=number % 7 == 6,
                memberships=memberships,
                **self._estimated(data.row, number) if number % 2 == 0 else {},
            )
            given = size.tasks
            tasks = number % 5 if given is None else _share(given, number, size.projects)
            for task in range(tasks):
                self._task(data, data.projects[project_id], task)

    def _estimated(self, row: rows.Workspace, number: int) -> Fields:
        reset = "MONTHLY" if number % 4 == 0 else None
        first = {"month": "JANUARY", "dayOfMonth": 1, "dayOfWeek": "MONDAY"}
        return {
            "note": f"Note on project {number + 1}\nsecond line",
            "estimate": {"estimate": "PT120H", "type": "MANUAL"},
            "timeEstimate": {"estimate": "PT120H", "resetOption": reset},
            "budgetEstimate": {"estimate": 1_250_000, "resetOption": reset},
            "estimateReset": first if reset else None,
            "hourlyRate": self._rate(row),
            "costRate": self._rate(row),
        }

    def _task(self, data: WorkspaceData, project: rows.Project, number: int) -> None:
        fields: Fields = {
            "name": f"Task {number + 1}",
            "projectId": project.id,
            "status": "DONE" if number % 3 == 2 else "ACTIVE",
            "billable": project.billable,
        }
        if number % 2 == 0:
            assignees = [one.userId for one in project.memberships[:2]]
            fields |= {
                "assigneeIds": assignees,
                "assigneeId": assignees[0],
                "userGroupIds": list(data.user_groups)[:1],
                "estimate": "PT7H30M",
                "duration": "PT5H15M",
                "budgetEstimate": 150_000,
                "hourlyRate": self._rate(data.row),
                "costRate": self._rate(data.row),
            }
        data.add("tasks", self.new_id(), **fields)

    def _custom_fields(self, data: WorkspaceData) -> None:
        """Give each field a default in the first project, and every second member a value."""
        project_id = next(iter(data.projects))
        for fields in CUSTOM_FIELDS:
            default = {"projectId": project_id, "value": fields.get("workspaceDefaultValue")}
            data.add("custom_fields", self.new_id(), projectDefaultValues=[default], **fields)
        *_, field = data.custom_fields.values()
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
        """Make up last month's for everybody, and others for some; today's writes entries."""
        for number, name in enumerate(("New Year's Day", "Company day", "Slava")):
            day, writes = iso(self.now + (number - 1) * MONTH)[:10], number == 1
            active = next(one.id for one in data.projects.values() if not one.archived)
            data.add(
                "holidays",
                self.new_id(),
                name=name,
                datePeriod={"startDate": day, "endDate": day},
                occursAnnually=number == 0,
                everyoneIncludingNew=number == 0,
                userIds=list(data.users)[:number],
                userGroupIds=list(data.user_groups)[:number],
                automaticTimeEntryCreation=writes,
                projectId=active if writes else None,
                taskId=next(iter(data.tasks)) if writes else None,
            )

    def _fill_timesheets(self, data: WorkspaceData, entries: int) -> None:
        """Split the entries evenly; who never registered has none."""
        diary = Diary(data, self.now, self.seed)
        writers = [user for user in data.users.values() if user.status != "NOT_REGISTERED"]
        share, left = divmod(entries, len(writers))
        for ordinal, user in enumerate(writers):
            count = share + (ordinal < left)
            data.timesheets[user.id] = diary.timesheet(user, ordinal, count, self._entries)
            self._entries += count
        for project_id, recorded in diary.recorded.items():
            data.projects[project_id].duration = duration(recorded)


def _row(
    workspace_id: str, name: str, plan: str, permission: str | dict[str, str]
) -> rows.Workspace:
    """Return a workspace; the wire has both strings and objects as permissions."""
    kind, features = PLANS[plan]
    whose = ("whoCanCreateProjectsAndClients", "whoCanCreateTags", "whoCanCreateTasks")
    permissions = dict.fromkeys(whose, permission)
    return rows.Workspace(
        id=workspace_id,
        name=name,
        features=features,
        featureSubscriptionType=kind,
        workspaceSettings={
            **rows.WORKSPACE_SETTINGS,
            "entityCreationPermissions": permissions,
            "workingDays": WORKING_DAYS,
        },
    )


def _share(whole: int, place: int, parts: int) -> int:
    """Return what one of so many parts has of a whole; together they have all of it."""
    return whole * (place + 1) // parts - whole * place // parts
