"""The made-up lists besides the core; each may refer to those before it."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.clockify import rows
from sandbox.clockify.instants import DAY, HOUR, iso
from sandbox.clockify.invoicing import amounts
from sandbox.clockify.ledger import ACTIONS
from sandbox.clockify.workspaces import WorkspaceData

SMALL = 12
"""Members of the small account, which the counts are given for."""

MOST = 200
"""Members of the large account; what more of them do beside their time is not made up."""

CATEGORIES = (
    ("Travel", None, None),
    ("Mileage", 45, "km"),
    ("Meals & drinks", None, None),
    ("Hôtel", 12_000, "night"),
    ("Old category", None, None),
)
"""Names of expense categories, prices in cents and units."""

POLICIES = (
    ("Vacation", "UMBRELLA"),
    ("Sick leave", "STETHOSCOPE"),
    ("Hours off", None),
    ("Old", None),
)
"""Names and icons of time off policies; the last is archived."""


def period(start: int, end: int) -> rows.Period:
    return rows.Period(start=iso(start), end=iso(end))


class More:
    """Makes up the lists of one workspace; the same arguments give the same rows."""

    def __init__(self, data: WorkspaceData, seed: int, now: int, numbers: Iterator[int]) -> None:
        self.data = data
        self.seed = seed
        self.now = now
        self.midnight = now - now % DAY
        self.numbers = numbers
        """Shared by all workspaces, so that ids are unique."""
        self.owner = next(iter(data.users.values()))
        self.writers = [user.id for user in data.users.values() if user.status != "NOT_REGISTERED"]
        """Members who do things."""
        self.projects = list(data.projects.values())
        self.claimed: set[str] = set()
        """Expenses that approval requests hold."""

    def fill(self) -> None:
        for make, count in (
            (self._expense_category, len(CATEGORIES)),
            (self._expense, self._count(36)),
            (self._invoice, self._count(24)),
            (self._time_off_policy, len(POLICIES)),
            (self._time_off_request, self._count(30)),
            (self._assignment, self._count(40)),
            (self._milestone, 3),
            (self._approval_request, self._count(24)),
            (self._webhook, 3),
            (self._shared_report, 9),
            (self._audit_log_entry, self._count(72)),
        ):
            for number in range(count):
                make(number)

    def _add(self, table: str, created: int, **fields: object) -> str:
        row_id = self._id(created)
        self.data.add(table, row_id, **fields)
        return row_id

    def _id(self, created: int) -> str:
        """Return a 24-hex id that carries its creation."""
        number = next(self.numbers)
        return f"{created & 0xFFFFFFFF:08x}{self.seed & 0xFFFFFF:06x}e{number:09x}"

    def _count(self, small: int) -> int:
        """Scale a count of the small account by the members of this one, within bounds."""
        return max(small // 3, small * min(MOST, len(self.data.users)) // SMALL)

    def _writer(self, number: int) -> str:
        return self.writers[number % len(self.writers)]

    def _project(self, number: int) -> rows.Project:
        return self.projects[number % len(self.projects)]

    def _task_of(self, project_id: str) -> str | None:
        tasks = self.data.tasks.values()
        return next((task.id for task in tasks if task.projectId == project_id), None)

    def _expense_category(self, number: int) -> None:
        name, price, unit = CATEGORIES[number]
        self._add(
            "expense_categories",
            self.now - (400 - number) * DAY,
            name=name,
            archived=name == "Old category",
            hasUnitPrice=price is not None,
            priceInCents=price,
            unit=unit,
        )

    def _expense(self, number: int) -> None:
        """Some refer to nothing, every third has a file."""
        categories = list(self.data.expense_categories.values())
        category = categories[number % len(categories)] if number % 7 else None
        project = self._project(number) if number % 5 else None
        quantity = 1.0 + number % 4 * 0.5 if category and category.hasUnitPrice else 1.0
        price = category.priceInCents if category and category.priceInCents else 995 + 250 * number
        spent = self.now - number * 2 * DAY
        expense_id = self._add(
            "expenses",
            spent,
            userId=self._writer(number),
            date=iso(spent)[:10],
            categoryId=category and category.id,
            projectId=project and project.id,
            taskId=self._task_of(project.id) if project and number % 2 else None,
            isLocked=number > 30,
            locked=number > 30,
            notes=f"Receipt {number}, Straße" if number % 3 else None,
            billable=number % 4 != 0,
            quantity=quantity,
            total=price * quantity,
        )
        if number % 3 == 0:
            expense = self.data.expenses[expense_id]
            expense.fileId, expense.fileName = self._id(spent), f"receipt {number}.pdf"

    def _invoice(self, number: int) -> None:
        """Make up one of a status, with items of every origin and payments."""
        clients = list(self.data.clients.values())
        client = clients[number % len(clients)]
        issued = self.now - (number * 11 + 1) * DAY
        invoice = rows.Invoice(
            id=self._id(issued),
            number=f"INV-{2_000 + number}",
            workspaceId=self.data.row.id,
            clientId=client.id if number % 8 else None,
            currency=client.currencyCode or self.data.row.currencies[0].code,
            issuedDate=iso(issued),
            dueDate=iso(issued + 30 * DAY),
            status=("UNSENT", "SENT", "SENT", "SENT", "VOID", "OVERDUE")[number % 6],
            userId=self.owner.id,
            clientAddress=client.address,
            tax=1_950.0 if number % 2 else 0.0,
            tax2=500.0 if number % 4 == 1 else 0.0,
            taxType=("SIMPLE", "COMPOUND", "NONE")[number % 3],
            discount=1_050.0 if number % 5 == 1 else 0.0,
            visibleZeroFields=["TAX", "TAX_2", "DISCOUNT"][: number % 4],
            items=[self._invoice_item(order, number) for order in range(1, 1 + number % 4)],
        )
        if number % 3:
            invoice.companyId, invoice.billFrom = self._id(issued), "Sandbox Builders\n1 Quay"
            invoice.subject, invoice.note = f"Work in month {number + 1} 🧾", "Pay in 30 days"
        for part in range(number % 6 % 3):  # the first payment is half, the second the rest
            at, sums = issued + (15 + part) * DAY, amounts(invoice)
            payment = rows.InvoicePayment(
                id=self._id(at),
                amount=sums["balance"] if part else sums["amount"] // 2,
                date=iso(at),
                note=None if part else "First half",
            )
            invoice.payments.append(payment)
        self.data.invoices[invoice.id] = invoice

    def _invoice_item(self, order: int, number: int) -> rows.InvoiceItem:
        kind = ("NOT_IMPORTED", "TIME_ENTRY_IMPORT", "EXPENSE_IMPORT")[(order + number) % 3]
        item = rows.InvoiceItem(
            order=order,
            description=f"Item {order}: plan, build & test" if number % 5 else None,
            importType=kind,
            quantity=order + 1,
            unitPrice=1_050_000 + 12_345 * number,
        )
        if kind == "TIME_ENTRY_IMPORT":
            item.timeEntryIds = self.data.timesheet(self.owner.id).ids(0, 20)[number % 7 :][:3]
        elif kind == "EXPENSE_IMPORT":
            billable = [one.id for one in self.data.expenses.values() if one.billable]
            item.expenseIds = billable[number % 9 :][:2]
        return item

    def _time_off_policy(self, number: int) -> None:
        """Every second one has all options and is for everybody; the first writes entries."""
        (name, icon), rich = POLICIES[number], number % 2 == 0
        project_id, automatic = self.projects[0].id, None
        if number == 0:
            task_id = self._task_of(project_id) or next(iter(self.data.tasks))
            automatic = {"defaultEntities": {"projectId": project_id, "taskId": task_id}}
        policy_id = self._add(
            "time_off_policies",
            self.now - (300 - number) * DAY,
            name=name,
            archived=number == len(POLICIES) - 1,
            icon=icon,
            timeUnit="HOURS" if number == 2 else "DAYS",
            allowHalfDay=rich,
            allowNegativeBalance=rich,
            negativeBalance=rows.NegativeBalance() if rich else None,
            approve={"specificMembers": rich, "userIds": [self.owner.id] if rich else []},
            automaticAccrual=rows.AutomaticAccrual() if rich else None,
            automaticTimeEntryCreation=automatic,
            everyoneIncludingNew=rich,
            projectId=project_id if automatic else None,
            userIds=[] if rich else self.writers[:3],
            userGroupIds=[] if rich else list(self.data.user_groups)[:1],
        )
        for place, user_id in enumerate(self.writers):
            whose = {"userId": user_id, "policyId": policy_id}
            self._time_off_balance(whose, place + number, below_zero=rich)

    def _time_off_balance(self, whose: dict[str, str], number: int, *, below_zero: bool) -> None:
        self._add(
            "time_off_balances",
            self.now - 200 * DAY,
            used=number % 6 * 1.5,
            negativeBalanceAmount=2.0 if below_zero else 0.0,
            negativeBalanceLimit=below_zero,
            **whose,
        )
        for year in range(number % 3):
            begin = self.now - (year + 1) * 365 * DAY
            span = period(begin, begin + 365 * DAY - 1)
            accrued = 20.0 - year * 0.25
            self._add("balance_assignments", begin, accrued=accrued, dateRange=span, **whose)

    def _time_off_request(self, number: int) -> None:
        """Make up one of a status; every third is half a day where the policy has them."""
        policies = list(self.data.time_off_policies.values())
        policy, user_id = policies[number % len(policies)], self._writer(number * 5)
        asked = self.now - number * 9 * DAY - HOUR
        start = asked - asked % DAY + (5 + number % 30) * DAY
        half, days = policy.allowHalfDay and number % 3 == 0, 1 + number % 3
        status = rows.TimeOffRequestStatus()
        status.statusType = ("PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "APPROVED")[number % 5]
        if status.statusType != "PENDING":
            status.changedAt, status.note = iso(asked + DAY // 2), "Enjoy" if number % 2 else None
            status.changedByUserId, status.changedByUserName = self.owner.id, self.owner.name
            status.changedForUserName = self.data.users[user_id].name
        self._add(
            "time_off_requests",
            asked,
            policyId=policy.id,
            userId=user_id,
            requesterUserId=user_id if number % 4 else self.owner.id,
            note=f"Absence {number} 🏖" if number % 2 else None,
            balanceDiff=0.5 if half else float(days),
            createdAt=iso(asked),
            status=status,
            timeOffPeriod={
                "period": period(start, start + days * DAY - 1),
                "halfDay": half,
                "halfDayPeriod": "FIRST_HALF" if half else "NOT_DEFINED",
                "halfDayHours": period(start + 8 * HOUR, start + 12 * HOUR) if half else None,
            },
        )

    def _assignment(self, number: int) -> None:
        """Make up one around now."""
        project = self._project(number)
        start = self.midnight + (number % 13 - 6) * 5 * DAY + 8 * HOUR
        self._add(
            "assignments",
            self.now - number * 3 * DAY - DAY,
            userId=self._writer(number * 7),
            projectId=project.id,
            taskId=self._task_of(project.id) if number % 2 else None,
            billable=project.billable,
            hoursPerDay=(7.5, 4.0, 2.25)[number % 3],
            period=period(start, start + (number % 6) * DAY + 9 * HOUR),
            startTime="10:00:00" if number % 3 else None,
            note=f"Bring plan {number} & tools" if number % 4 else None,
            published=number % 5 != 3,
        )

    def _milestone(self, number: int) -> None:
        day = iso(self.midnight + (number - 1) * 10 * DAY)
        fields = {"name": f"Q{number + 1}", "projectId": self._project(number).id, "date": day}
        self._add("milestones", self.now - 90 * DAY, **fields)

    def _approval_request(self, number: int) -> None:
        """Make up one of each member's last weeks, in every state and of every type."""
        owner, weeks = self._writer(number), 1 + number // len(self.writers)
        begin = self.midnight - weeks * 7 * DAY
        end = begin + 7 * DAY - 1
        kind = ("TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE")[number % 3]
        states = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL", "WITHDRAWN_SUBMISSION", "REJECTED")
        updated = min(begin + 8 * DAY + number % 5 * HOUR, self.now - HOUR)
        status = rows.ApprovalRequestStatus(state=states[number % 5], updatedAt=iso(updated))
        if status.state != "PENDING":
            status.note = f"Checked {number} ✓" if number % 2 else None
            status.updatedBy, status.updatedByUserName = self.owner.id, self.owner.name
        sheet, expenses = self.data.timesheet(owner), self.data.expenses.values()
        entries = [] if kind == "EXPENSE" else sheet.ids(*sheet.window(begin, end))
        free = [one.id for one in expenses if one.userId == owner and one.id not in self.claimed][
            :2
        ]
        spent = [] if kind == "TIMESHEET" else free
        self.claimed |= {*spent}
        self._add(
            "approval_requests",
            min(begin + 7 * DAY, self.now - HOUR),
            type=kind,
            creatorId=owner if number % 3 else self.owner.id,
            ownerId=owner,
            dateRange=period(begin, end),
            status=status,
            entryIds=entries,
            expenseIds=spent,
        )

    def _webhook(self, number: int) -> None:
        self._add(
            "webhooks",
            self.now - (50 - number) * DAY,
            name=f"Hook {number + 1}",
            url=f"https://hooks.example.test/{number}?a=1&b=2",
            userId=self.owner.id,
            triggerSource=[self.data.row.id],
            authToken=f"whsec-{self._id(self.now)}",
        )

    def _shared_report(self, number: int) -> None:
        """Public ones have a link, others are shown to some."""
        author, public = self.writers[number % 2 % len(self.writers)], number % 2 == 0
        self._add(
            "shared_reports",
            self.now - (40 - number) * DAY,
            name=f"Report {number + 1} für alle",
            userId=author,
            isPublic=public,
            reportAuthor=author,
            filter={"dateRangeStart": iso(self.now - 30 * DAY), "dateRangeEnd": iso(self.now)},
            link=f"https://app.example.test/shared/{number}" if public else None,
            visibleToUsers=[] if public else self.writers[: number % 4 + 1],
            visibleToUserGroups=[] if public else list(self.data.user_groups)[:2],
        )

    def _audit_log_entry(self, number: int) -> None:
        """Make up the past: from more than a year ago until now."""
        user = self.data.users[self._writer(number % 3)]
        action = ACTIONS[number * 7 % len(ACTIONS)]
        entry = rows.AuditLogEntry(
            action=action,
            timestamp=iso(self.now - min(number * number * 6_000, 730 * DAY) - 600),
            userId=user.id,
            userName=user.name,
            userEmail=user.email,
            workspaceId=self.data.row.id,
            content=None if action.startswith("DELETE") else '{"name":"After → ✓"}',
            previousContent=None if action.startswith("CREATE") else '{"name":"Before"}',
        )
        self.data.audit_log.append(entry)
