"""Every operation that the sandbox answers: path, rows, paging, envelope, plan and role.

Page sizes are the help pages' and the description's; lists that send no `Last-Page`, and those
that take no notice of page parameters, are as others observed them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from sandbox.clockify import (
    approvals,
    billing,
    entity_changes,
    people,
    planning,
    projects,
    reports,
    sharing,
    time_entries,
)
from sandbox.clockify.ask import Ask
from sandbox.clockify.world import World

API, REPORTS, AUDIT = "/api/v1", "/report/v1", "/audit/v1"
"""Where the three hosts of the service are below the sandbox's prefix."""


@dataclass(frozen=True)
class Paging:
    """How a list spells and bounds its page and page size, in the query or, of a POST, the body."""

    size: str = "page-size"
    default: int = 50
    most: int | str = 5_000
    """The largest page, or the switch that says it; 0 is any."""
    pages: int = 0
    """The highest page number that may be asked for; 0 is any."""
    header: bool = True
    """Whether `Last-Page` is sent."""
    within: str = ""
    """The member of the body that holds page and size."""
    first: str = ""
    """The switch that says which number the first page has; it is 1 otherwise."""


LIST = Paging()
BODY = Paging("pageSize", header=False)
TIME_OFF = Paging(most=200, pages=1_000)
TIME_OFF_BODY = Paging("pageSize", most=200, pages=1_000, header=False)
TOTALS = Paging("pageSize", most=200, header=False)
FEED = Paging("limit", most="changes_limit", header=False, first="changes_first_page")

ROWS, COUNT = "<rows>", "<count>"
"""Stand in an envelope for the page and for the number of all rows."""

Envelope = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One route.

    Attributes:
        method: GET, or POST where a list is asked for by its body.
        path: below the host.
        answer: makes all rows of a list, or the one thing that is answered (None: nothing).
        paging: how a list is divided; None answers it whole, whatever is asked for.
        feature: what the workspace's plan must include.
        admins: whether only owner and admins may call it.
        host: where it is.
        addons: whether add-on tokens may call it.
        envelope: what is around the rows, perhaps by the switches.
        beside: makes further members of the envelope.
    """

    method: str
    path: str
    answer: Callable[[Ask], object]
    paging: Paging | None = None
    feature: str | None = None
    admins: bool = False
    host: str = API
    addons: bool = True
    envelope: Envelope | Callable[[World], Envelope | None] | None = None
    beside: Callable[[Ask, list[Any]], Mapping[str, object]] | None = None

    @property
    def counted(self) -> bool:
        """Whether the envelope tells the number of rows."""
        return COUNT in str(self.envelope)

    def around(self, ask: Ask, rows: list[Any]) -> tuple[bytes, bytes]:
        """Return the JSON before and after a page of so many rows."""
        envelope = self.envelope(ask.world) if callable(self.envelope) else self.envelope
        beside = self.beside(ask, rows) if self.beside else {}
        text = msgspec.json.encode({**envelope, **beside} if envelope else ROWS).decode()
        text = text.replace(f'"{COUNT}"', str(len(rows)))
        head, _, tail = text.partition(f'"{ROWS}"')
        return head.encode(), tail.encode()


def _rows(table: str, *, sort: bool = True, **flags: str) -> Callable[[Ask], list[Any]]:
    """Answer the rows of a list; flags: what must equal which parameter, if that is given."""

    def answer(ask: Ask) -> list[Any]:
        rows = ask.kept(getattr(ask.data, table).values(), **flags)
        return ask.ordered(rows) if sort else rows

    return answer


def _response(switch: str) -> Callable[[World], Envelope | None]:
    """Return the described envelope of lists that come bare, if a switch asks for it."""
    return lambda world: {"response": ROWS} if getattr(world, switch) else None


def _entries(world: World) -> Envelope:
    return {"timeEntries" if world.documented_reports else "timeentries": ROWS}


W = "/workspaces/{workspaceId}"
BALANCE = W + "/time-off/balance"
PLANNED = W + "/scheduling/assignments"

# fmt: off
OPERATIONS = (
    Operation("GET", "/user", people.user),
    Operation("GET", "/workspaces", people.workspaces, addons=False),
    Operation("GET", W, lambda ask: ask.data.row),
    Operation("GET", W + "/users", people.users, LIST),
    Operation("GET", W + "/users/{userId}/managers", people.managers, LIST),
    Operation("GET", W + "/member-profile/{userId}", people.profile),
    Operation("GET", W + "/user-groups", people.user_groups, LIST),
    Operation("GET", W + "/clients", _rows("clients", archived="archived"), LIST),
    Operation("GET", W + "/projects", projects.projects, LIST),
    Operation("GET", W + "/projects/{projectId}/tasks", projects.tasks, LIST),
    Operation("GET", W + "/projects/{projectId}/custom-fields", projects.project_custom_fields,
              feature="CUSTOM_FIELDS"),
    Operation("GET", W + "/tags", _rows("tags", archived="archived"), LIST),
    Operation("GET", W + "/custom-fields",
              _rows("custom_fields", sort=False, status="status", entityType="entity-type"),
              feature="CUSTOM_FIELDS"),
    Operation("GET", W + "/holidays", _rows("holidays", sort=False), feature="TIME_OFF"),

    Operation("GET", W + "/user/{userId}/time-entries", time_entries.time_entries, LIST),
    Operation("POST", W + "/time-entries/batch", time_entries.batch),
    Operation("GET", W + "/time-entries/status/in-progress", time_entries.in_progress,
              Paging(default=10, most=1_000), admins=True),

    Operation("GET", W + "/entities/created", partial(entity_changes.feed, event="created"), FEED,
              envelope=_response("changes_envelope")),
    Operation("GET", W + "/entities/updated", partial(entity_changes.feed, event="updated"), FEED,
              envelope=_response("changes_envelope")),
    Operation("GET", W + "/entities/deleted", partial(entity_changes.feed, event="deleted"), FEED,
              envelope=_response("changes_envelope")),
    Operation("POST", W + "/audit-log", entity_changes.audit_log,
              Paging(default=20, most=50, header=False), "AUDIT_LOG", admins=True, host=AUDIT,
              addons=False, envelope=_response("audit_envelope")),

    Operation("GET", W + "/expenses", billing.expenses, LIST, "EXPENSES",
              envelope={"expenses": {"expenses": ROWS, "count": COUNT}},
              beside=billing.expense_totals),
    Operation("GET", W + "/expenses/categories", billing.expense_categories, LIST, "EXPENSES",
              envelope={"categories": ROWS, "count": COUNT}),
    Operation("GET", W + "/expenses/{expenseId}", billing.expense, feature="EXPENSES"),
    Operation("GET", W + "/invoices", billing.invoices, LIST, "INVOICING", admins=True,
              envelope={"invoices": ROWS, "total": COUNT}),
    Operation("GET", W + "/invoices/{invoiceId}", billing.invoice, None, "INVOICING", admins=True),
    Operation("GET", W + "/invoices/{invoiceId}/payments", billing.invoice_payments, LIST,
              "INVOICING", admins=True),

    Operation("GET", W + "/time-off/policies", planning.time_off_policies, TIME_OFF, "TIME_OFF"),
    Operation("POST", W + "/time-off/requests", planning.time_off_requests, TIME_OFF_BODY,
              "TIME_OFF", envelope={"requests": ROWS, "count": COUNT}),
    Operation("GET", BALANCE + "/policy/{policyId}", planning.policy_balances, TIME_OFF,
              "TIME_OFF", envelope={"balances": ROWS, "count": COUNT}),
    Operation("GET", BALANCE + "/assignment/user/{userId}/policy/{policyId}",
              planning.balance_assignments, feature="TIME_OFF"),
    Operation("GET", PLANNED + "/all", planning.assignments, LIST, "SCHEDULING"),
    Operation("POST", PLANNED + "/projects/totals", planning.project_totals, TOTALS, "SCHEDULING"),
    Operation("GET", PLANNED + "/projects/totals/{projectId}", planning.project_total,
              feature="SCHEDULING"),
    Operation("POST", PLANNED + "/user-filter/totals", planning.user_totals, TOTALS, "SCHEDULING"),
    Operation("GET", PLANNED + "/users/{userId}/totals", planning.user_total,
              feature="SCHEDULING"),
    Operation("GET", W + "/approval-requests", approvals.approval_requests, LIST, "APPROVAL"),

    Operation("GET", W + "/webhooks", sharing.webhooks, admins=True,
              envelope={"webhooks": ROWS, "workspaceWebhookCount": COUNT}),
    Operation("GET", W + "/shared-reports", sharing.shared_reports, BODY, "SHARED_REPORTS",
              host=REPORTS, envelope={"reports": ROWS, "count": COUNT}),
    Operation("POST", W + "/reports/detailed", reports.detailed,
              Paging("pageSize", most="report_limit", header=False, within="detailedFilter"),
              host=REPORTS, envelope=_entries, beside=reports.entry_totals),
    Operation("POST", W + "/reports/summary", reports.summary, host=REPORTS,
              envelope={"groupOne": ROWS}, beside=reports.group_totals),
    Operation("POST", W + "/reports/attendance", reports.attendance,
              Paging("pageSize", most="attendance_limit", header=False, within="attendanceFilter"),
              "ATTENDANCE_REPORT", host=REPORTS, envelope={"entities": ROWS}),
    Operation("POST", W + "/reports/expenses/detailed", reports.expenses,
              Paging("pageSize", most="report_limit", header=False), "EXPENSES", host=REPORTS,
              envelope={"expenses": ROWS}, beside=reports.expense_totals),
)
# fmt: on
