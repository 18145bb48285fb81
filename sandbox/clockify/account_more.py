"""The made-up lists besides the core; each may refer to those before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clockify import rows
from sandbox.clockify.audit_log import ACTIONS
from sandbox.clockify.instants import DAY, HOUR, iso
from sandbox.clockify.invoicing import amounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clockify.workspaces import WorkspaceData

SMALL = 12
"""Members of the small account, which the counts are given for."""

MOST = 200
"""Members of the large account; what more of them do beside their time is not made up."""


def period(start: int, end: int) -> rows.Period:
    """Spell two instants."""
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
        self.owner_id = next(iter(data.users))
        self.writers = [user.id for user in data.users.values() if user.status != "NOT_REGISTERED"]
        """Members who do things."""
        self.projects = list(data.projects.values())

    def fill(self) -> None:
        """Make up everything."""
        self._expense_categories()
        for number in range(self._count(36)):
            self._expense(number)
        for number in range(self._count(24)):
            self._invoice(number)
        for number, name in enumerate(("Vacation", "Sick leave", "Hours off", "Old policy")):
            self._time_off_policy(number, name)
        for number in range(self._count(30)):
            self._time_off_request(number)
        for number in range(self._count(40)):
            self._assignment(number)
        self._milestones()
        held: set[str] = set()
        for number in range(self._count(24)):
            self._approval_request(number, held)
        self._webhooks()
        for number in range(9):
            self._shared_report(number)
        for number in range(self._count(72)):
            self._audit_log_entry(number)

    def _id(self, created: int) -> str:
        """Return a 24-hex id that carries its creation."""
        number = next(self.numbers)
        return f"{created & 0xFFFFFFFF:08x}{self.seed & 0xFFFFFF:06x}e{number:09x}"

    def _count(self, small: int) -> int:
        """Scale a count of the small account by the members of this one, within bounds."""
        return max(small // 3, small * min(MOST, len(self.data.users)) // SMALL)

    def _writer(self, number: int) -> str:
        return self.writers[number % len(self.writers)]

    def _task_of(self, project_id: str) -> str | None:
        tasks = self.data.tasks.values()
        return next((task.id for task in tasks if task.projectId == project_id), None)

    def _expense_categories(self) -> None:
        kinds = (
            ("Travel", None, None),
            ("Mileage", 45, "km"),
            ("Meals & drinks", None, None),
            ("Hôtel", 12_000, "night"),
            ("Old category", None, None),
        )
        for number, (name, price, unit) in enumerate(kinds):
            category = rows.ExpenseCategory(
                id=self._id(self.now - (400 - number) * DAY),
                name=name,
                workspaceId=self.data.row.id,
                archived=number == len(kinds) - 1,
                hasUnitPrice=price is not None,
                priceInCents=price,
                unit=unit,
            )
            self.data.expense_categories[category.id] = category

    def _expense(self, number: int) -> None:
        """Some refer to nothing."""
        categories = list(self.data.expense_categories.values())
        category = categories[number % len(categories)] if number % 7 else None
        project = self.projects[number % len(self.projects)] if number % 5 else None
        quantity = 1.0 + number % 4 * 0.5 if category and category.hasUnitPrice else 1.0
        price = category.priceInCents if category and category.priceInCents else 995 + 250 * number
        spent = self.now - number * 2 * DAY
        expense = rows.Expense(
            id=self._id(spent),
            workspaceId=self.data.row.id,
            userId=self._writer(number),
            date=iso(spent)[:10],
            categoryId=category.id if category else None,
            projectId=project.id if project else None,
            taskId=self._task_of(project.id) if project and number % 2 else None,
            billable=number % 4 != 0,
            isLocked=number > 30,
            locked=number > 30,
            notes=f"Receipt {number}, Straße" if number % 3 else None,
            quantity=quantity,
            total=price * quantity,
        )
        if number % 3 == 0:
            expense.fileId, expense.fileName = self._id(spent), f"receipt {number}.pdf"
        self.data.expenses[expense.id] = expense

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
            userId=self.owner_id,
            clientAddress=client.address,
            tax=1_950.0 if number % 2 else 0.0,
            tax2=500.0 if number % 4 == 1 else 0.0,
            taxType=("SIMPLE", "COMPOUND", "NONE")[number % 3],
            discount=1_050.0 if number % 5 == 1 else 0.0,
            calculationType=("INVOICE_BASED", "ITEM_BASED")[number % 2],
            visibleZeroFields=["TAX", "TAX_2", "DISCOUNT"][: number % 4],
            items=[self._invoice_item(order, number) for order in range(1, 1 + number % 4)],
        )
        if number % 3:
            invoice.billFrom = "Sandbox Builders d.o.o. Ćuprija\n1 Quay"
            invoice.companyId = self._id(issued)
            invoice.subject = f"Work in month {number + 1} 🧾"
            invoice.note = "Pay in 30 days"
        for part in range(number % 6 % 3):  # the first payment is half, the second the rest
            at = issued + (15 + part) * DAY
            sums = amounts(invoice)
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
            itemType="Goods" if order % 2 else "Service",
            importType=kind,
            quantity=order + 1,
            unitPrice=1_050_000 + 12_345 * number,
            applyTaxes=("NONE", "TAX1", "TAX2", "TAX1TAX2")[(order + number) % 4],
        )
        if kind == "TIME_ENTRY_IMPORT":
            item.timeEntryIds = self.data.timesheet(self.owner_id).ids(0, 20)[number % 7 :][:3]
        elif kind == "EXPENSE_IMPORT":
            billable = [one.id for one in self.data.expenses.values() if one.billable]
            item.expenseIds = billable[number % 9 :][:2]
        return item

    def _time_off_policy(self, number: int, name: str) -> None:
        rich = number % 2 == 0
        policy = rows.TimeOffPolicy(
            id=self._id(self.now - (300 - number) * DAY),
            name=name,
            workspaceId=self.data.row.id,
            archived=name == "Old policy",
            icon=("UMBRELLA", "STETHOSCOPE", "CALENDAR", None)[number],
            timeUnit="HOURS" if number == 2 else "DAYS",
            allowHalfDay=rich,
            allowNegativeBalance=rich,
            negativeBalance=rows.NegativeBalance() if rich else None,
            approve=rows.PolicyApproval(
                specificMembers=rich, userIds=[self.owner_id] if rich else []
            ),
            automaticAccrual=rows.AutomaticAccrual() if rich else None,
            everyoneIncludingNew=rich,
            userIds=[] if rich else self.writers[:3],
            userGroupIds=[] if rich else list(self.data.user_groups)[:1],
        )
        if number == 0:
            policy.projectId = self.projects[0].id
            task_id = self._task_of(policy.projectId) or next(iter(self.data.tasks))
            entities = rows.DefaultEntities(projectId=policy.projectId, taskId=task_id)
            policy.automaticTimeEntryCreation = rows.AutomaticTimeEntryCreation(
                defaultEntities=entities
            )
        self.data.time_off_policies[policy.id] = policy
        for place, user_id in enumerate(self.writers):
            self._time_off_balance(policy, user_id, place + number)

    def _time_off_balance(self, policy: rows.TimeOffPolicy, user_id: str, number: int) -> None:
        balance = rows.TimeOffBalance(
            id=self._id(self.now - 200 * DAY),
            workspaceId=self.data.row.id,
            userId=user_id,
            policyId=policy.id,
            used=number % 6 * 1.5,
            negativeBalanceAmount=2.0 if policy.allowNegativeBalance else 0.0,
            negativeBalanceLimit=policy.allowNegativeBalance,
            negativeBalanceUsed=0.5 if number % 11 == 3 else 0.0,
        )
        self.data.time_off_balances[balance.id] = balance
        for year in range(number % 3):
            begin = self.now - (year + 1) * 365 * DAY
            given = rows.BalanceAssignment(
                id=self._id(begin),
                workspaceId=self.data.row.id,
                userId=user_id,
                policyId=policy.id,
                accrued=20.0 - year * 0.25,
                dateRange=period(begin, begin + 365 * DAY - 1),
            )
            self.data.balance_assignments[given.id] = given

    def _time_off_request(self, number: int) -> None:
        policies = list(self.data.time_off_policies.values())
        policy = policies[number % len(policies)]
        user_id = self._writer(number * 5)
        asked = self.now - number * 9 * DAY - HOUR
        start = asked - asked % DAY + (5 + number % 30) * DAY
        half = policy.allowHalfDay and number % 3 == 0
        status = rows.TimeOffRequestStatus()
        status.statusType = ("PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "APPROVED")[number % 5]
        if status.statusType != "PENDING":
            status.changedAt, status.note = iso(asked + DAY // 2), "Enjoy" if number % 2 else None
            status.changedByUserId = self.owner_id
            status.changedByUserName = self.data.users[self.owner_id].name
            status.changedForUserName = self.data.users[user_id].name
        request = rows.TimeOffRequest(
            id=self._id(asked),
            workspaceId=self.data.row.id,
            policyId=policy.id,
            userId=user_id,
            requesterUserId=user_id if number % 4 else self.owner_id,
            note=f"Absence {number} 🏖" if number % 2 else None,
            balance=20.0 - number % 7,
            balanceDiff=0.5 if half else float(1 + number % 3),
            createdAt=iso(asked),
            status=status,
            timeOffPeriod=rows.TimeOffRequestPeriod(
                period=period(start, start + (1 + number % 3) * DAY - 1),
                halfDay=half,
                halfDayPeriod="FIRST_HALF" if half else "NOT_DEFINED",
                halfDayHours=period(start + 8 * HOUR, start + 12 * HOUR) if half else None,
            ),
        )
        self.data.time_off_requests[request.id] = request

    def _assignment(self, number: int) -> None:
        """Make up one around now."""
        project = self.projects[number % len(self.projects)]
        start = self.midnight + (number % 13 - 6) * 5 * DAY + 8 * HOUR
        assignment = rows.Assignment(
            id=self._id(self.now - number * 3 * DAY - DAY),
            workspaceId=self.data.row.id,
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
        self.data.assignments[assignment.id] = assignment

    def _milestones(self) -> None:
        for number, project in enumerate(self.projects[:3]):
            milestone = rows.Milestone(
                id=self._id(self.now - 90 * DAY),
                name=f"Q{number + 1}",
                workspaceId=self.data.row.id,
                projectId=project.id,
                date=iso(self.midnight + (number - 1) * 10 * DAY),
            )
            self.data.milestones[milestone.id] = milestone

    def _approval_request(self, number: int, held: set[str]) -> None:
        """Make up one of each member's last weeks, in every state and of every type."""
        owner, weeks = self._writer(number), 1 + number // len(self.writers)
        begin = self.midnight - weeks * 7 * DAY
        kind = ("TIMESHEET", "EXPENSE", "TIMESHEET_AND_EXPENSE")[number % 3]
        states = ("PENDING", "APPROVED", "WITHDRAWN_APPROVAL", "WITHDRAWN_SUBMISSION", "REJECTED")
        updated = min(begin + 8 * DAY + number % 5 * HOUR, self.now - HOUR)
        status = rows.ApprovalRequestStatus(state=states[number % 5], updatedAt=iso(updated))
        if status.state != "PENDING":
            status.note = f"Checked {number} ✓" if number % 2 else None
            status.updatedBy = self.owner_id
            status.updatedByUserName = self.data.users[self.owner_id].name
        request = rows.ApprovalRequest(
            id=self._id(min(begin + 7 * DAY, self.now - HOUR)),
            workspaceId=self.data.row.id,
            type=kind,
            creatorId=owner if number % 3 else self.owner_id,
            ownerId=owner,
            dateRange=period(begin, begin + 7 * DAY - 1),
            status=status,
        )
        if kind != "EXPENSE":
            sheet = self.data.timesheet(owner)
            request.entryIds = sheet.ids(*sheet.window(begin, begin + 7 * DAY - 1))
        if kind != "TIMESHEET":
            theirs = [one.id for one in self.data.expenses.values() if one.userId == owner]
            request.expenseIds = [one for one in theirs if one not in held][:2]
            held |= {*request.expenseIds}
        self.data.approval_requests[request.id] = request

    def _webhooks(self) -> None:
        for number, event in enumerate(("NEW_PROJECT", "TIMER_STOPPED", "INVOICE_UPDATED")):
            webhook = rows.Webhook(
                id=self._id(self.now - (50 - number) * DAY),
                name=f"Hook {number + 1}",
                url=f"https://hooks.example.test/{number}?a=1&b=2",
                userId=self.owner_id,
                workspaceId=self.data.row.id,
                webhookEvent=event,
                triggerSource=[self.projects[0].id] if number else [self.data.row.id],
                triggerSourceType="PROJECT_ID" if number else "WORKSPACE_ID",
                enabled=number != 1,
                authToken=f"whsec-{self._id(self.now)}",
            )
            self.data.webhooks[webhook.id] = webhook

    def _shared_report(self, number: int) -> None:
        author = self.writers[number % 2 % len(self.writers)]
        report = rows.SharedReport(
            id=self._id(self.now - (40 - number) * DAY),
            name=f"Report {number + 1} für alle" if number % 3 else f"Report {number + 1}",
            workspaceId=self.data.row.id,
            userId=author,
            type=("DETAILED", "WEEKLY", "SUMMARY", "EXPENSE_DETAILED", "ATTENDANCE")[number % 5],
            isPublic=number % 2 == 0,
            fixedDate=number % 3 == 0,
            reportAuthor=author,
            filter={
                "dateRangeStart": iso(self.now - (30 + number) * DAY),
                "dateRangeEnd": iso(self.now - number * DAY),
                "exportType": "JSON",
            },
        )
        if report.isPublic:
            report.link = f"https://app.example.test/shared/{report.id}"
        else:
            report.visibleToUsers = self.writers[: number % 4 + 1]
            report.visibleToUserGroups = list(self.data.user_groups)[:2]
        self.data.shared_reports[report.id] = report

    def _audit_log_entry(self, number: int) -> None:
        """Make up the past: from more than a year ago until now."""
        user = self.data.users[self._writer(number % 3)]
        action = ACTIONS[number * 7 % len(ACTIONS)]
        old = None if action.startswith("CREATE") else f'{{"name":"Before {number}"}}'
        new = None if action.startswith("DELETE") else f'{{"name":"After {number} → ✓"}}'
        entry = rows.AuditLogEntry(
            action=action,
            timestamp=iso(self.now - min(number * number * 6_000, 730 * DAY) - 600),
            userId=user.id,
            userName=user.name,
            userEmail=user.email,
            workspaceId=self.data.row.id,
            content=new,
            previousContent=old,
        )
        self.data.audit_log.append(entry)
