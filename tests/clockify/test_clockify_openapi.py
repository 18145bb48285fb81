"""Nothing that the published description lists is missing: operations and properties.

What a newer description adds is named by the test that fails.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest

from tap_clockify.client import ClockifyStream
from tap_clockify.rows import time_entries as rows
from tap_clockify.tap import TapClockify
from tests.clockify.published import (
    Operation,
    Schema,
    around,
    corrected_document,
    document,
    operations,
    request_of,
    route_of,
    rows_in,
    undeclared,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

W = "/workspaces/{workspaceId}"

ONE = "one row of the list"
ANOTHER_WAY = "the same rows, asked for in another way"

OTHERWISE: dict[str, tuple[str, str]] = {
    f"GET {W}": ("workspaces", "read with an add-on token, which may not list them"),
    f"GET {W}/invoices/{{invoiceId}}": ("invoices", "read for the columns that the list lacks"),
    f"GET {W}/entities/created": ("entity_changes", "read beside what was updated"),
    f"POST {W}/time-entries/batch": ("time_entries", "read for entries that changed"),
    f"GET {W}/clients/{{id}}": ("clients", ONE),
    f"GET {W}/projects/{{projectId}}": ("projects", ONE),
    f"GET {W}/projects/{{projectId}}/tasks/{{taskId}}": ("tasks", ONE),
    f"GET {W}/tags/{{id}}": ("tags", ONE),
    f"GET {W}/time-entries/{{id}}": ("time_entries", ONE),
    f"GET {W}/expenses/{{expenseId}}": ("expenses", ONE),
    f"GET {W}/time-off/policies/{{id}}": ("time_off_policies", ONE),
    f"GET {W}/webhooks/{{webhookId}}": ("webhooks", ONE),
    f"GET {W}/scheduling/assignments/projects/totals/{{projectId}}": (
        "project_assignment_totals",
        ONE,
    ),
    f"GET {W}/scheduling/assignments/users/{{userId}}/totals": ("user_capacity_totals", ONE),
    f"GET {W}/scheduling/assignments/projects/totals": (
        "project_assignment_totals",
        "deprecated: the list is read by POST",
    ),
    f"GET {W}/time-entries/status/in-progress": ("time_entries", "the entries that have no end"),
    f"GET {W}/holidays/in-period": ("holidays", ANOTHER_WAY),
    f"GET {W}/time-off/balance/user/{{userId}}": ("time_off_balances", ANOTHER_WAY),
    f"POST {W}/invoices/info": ("invoices", ANOTHER_WAY),
    f"POST {W}/users/info": ("users", ANOTHER_WAY),
    f"GET {W}/addons/{{addonId}}/webhooks": ("webhooks", "an add-on's own: nothing lists add-ons"),
}
"""Operation that no table is read from as a whole -> the table with its rows, and why."""

NOT_READ: dict[str, str] = {
    f"GET {W}/expenses/{{expenseId}}/files/{{fileId}}": "a file: a receipt",
    f"GET {W}/invoices/{{invoiceId}}/export": "a file: the invoice as a PDF",
    f"GET {W}/invoices/settings": "how invoices look: labels, and what new ones begin with",
    f"GET {W}/templates": "deprecated: week templates of the timesheet",
    f"GET {W}/templates/{{templateId}}": "deprecated: week templates of the timesheet",
    f"GET {W}/webhooks/{{webhookId}}/statuses": "what was sent to a webhook, not what is recorded",
    f"POST {W}/webhooks/{{webhookId}}/logs": "what was sent to a webhook, not what is recorded",
    "GET /shared-reports/{id}": "sums of what other tables have in full",
    f"POST {W}/reports/summary": "sums of what other tables have in full",
    f"POST {W}/reports/weekly": "sums of what other tables have in full",
}
"""Operation that no table has the rows of, and why."""

ANY = "any JSON value: other forms are seen than described"

CORRECTIONS: dict[str, str] = {
    "detailed_report.get_id": "evidently a getter's name, for what is _id on the wire",
    "expense_report.invoicingInfo.*": ANY,
    "entity_deletions.response": "an envelope in the description, a list on the wire",
    "expenses.categoryId": "of a single expense; the list has it as category.id",
    "expenses.projectId": "of a single expense; the list has it as project.id",
    "expenses.taskId": "of a single expense; the list has it as task.id",
    "invoices.daysOverdue": "of POST invoices/info only, and another one each day: see dueDate",
    "shared_reports.visibleToUserGroups.*": ANY,
    "shared_reports.visibleToUsers.*": ANY,
    "webhooks.authToken": "a secret",
    "workspaces.featureSubscriptionType.*": "an object in the description, text on the wire",
}
"""Documented property that a row type has not, or not as described, and why."""

NOT_ASKED_FOR = "only where include-roles asks for it"
ZONED = "not in the published description, nor on the wire for sure; a run names it if it comes"

SEEN: dict[str, str] = {
    "entity_changes.auditMetadata": "its moments are columns; document has it",
    "entity_changes.documentCode": "the column type; documentType in the guide",
    "entity_deletions.auditMetadata": "not seen with deletions",
    "entity_deletions.documentCode": "the column type; documentType in the guide",
    "current_user.roles": NOT_ASKED_FOR,
    "user_managers.roles": NOT_ASKED_FOR,
    "users.roles": NOT_ASKED_FOR,
    "expense_categories.status": "seen as null only",
    "shared_reports.filter.*": ANY,
    "time_entries.timeInterval.offEnd": ZONED,
    "time_entries.timeInterval.offStart": ZONED,
    "time_entries.timeInterval.timeZone": ZONED,
    "time_entries.timeInterval.zonedEnd": ZONED,
    "time_entries.timeInterval.zonedStart": ZONED,
    **{
        f"workspaces.workspaceSettings.entityCreationPermissions.whoCanCreate{what}.*": ANY
        for what in ("ProjectsAndClients", "Tags", "Tasks")
    },
}
"""The same of properties that only the corrected description has."""

AROUND: dict[str, str] = {
    "detailed_report: totals": "sums of the rows",
    "expense_report: totals": "sums of the rows",
    "expense_categories: count": "how many rows there are",
    "expenses: dailyTotals": "sums of the rows",
    "expenses: expenses.count": "how many rows there are",
    "expenses: weeklyTotals": "sums of the rows",
    "invoices: total": "how many rows there are",
    "shared_reports: count": "how many rows there are",
    "time_off_balances: count": "how many rows there are",
    "time_off_requests: count": "how many rows there are",
    "webhooks: workspaceWebhookCount": "how many rows there are",
}
"""Documented property beside a list, and why no table has it."""


@pytest.fixture(scope="module")
def published() -> Schema:
    return document()


def streams() -> dict[str, ClockifyStream]:
    """Return the tables that are read by requests of their own, by name."""
    found = TapClockify(config={}, validate_config=False).all_streams
    return {stream.name: stream for stream in found if isinstance(stream, ClockifyStream)}


def without_table(published: Schema) -> set[str]:
    """Return the routes of the operations that no table is read from as a whole."""
    routes = {route_of(request_of(stream)) for stream in streams().values()}
    return {one.route for one in operations(published)} - routes


def pairs(published: Schema) -> Iterable[tuple[Operation, ClockifyStream]]:
    """Yield each operation whose rows a table has, with the table."""
    known = streams()
    of_route = {route_of(request_of(stream)): stream for stream in known.values()}
    of_route |= {route_of(name): known[table] for name, (table, _) in OTHERWISE.items()}
    for one in operations(published):
        if one.route in of_route:
            yield one, of_route[one.route]


def envelope(stream: ClockifyStream) -> tuple[str, ...]:
    """Return the members that lead to the rows, in the spelling of the description."""
    return stream.envelopes[0] if stream.envelopes else ()


def missing_properties(published: Schema) -> set[str]:
    """Return the documented properties that the row types of their tables do not declare."""
    return {
        path
        for one, stream in pairs(published)
        for path in undeclared(
            rows_in(one.answer, envelope(stream), published), stream.row, published, stream.name
        )
    }


def beside_lists(published: Schema) -> set[str]:
    """Return the documented properties that stand beside lists, with the names of their tables."""
    return {
        f"{stream.name}: {path}"
        for one, stream in pairs(published)
        for path in around(one.answer, envelope(stream), published)
    }


def assert_explained(found: set[str], explained: Iterable[str]) -> None:
    known = {*explained}
    assert not found - known, f"the description has more: {', '.join(sorted(found - known))}"
    assert not known - found, f"not so any more: {', '.join(sorted(known - found))}"


def test_each_operation_is_a_table_or_explained(published: Schema) -> None:
    explained = (route_of(name) for name in (*OTHERWISE, *NOT_READ))
    assert_explained(without_table(published), explained)


def test_no_operation_has_two_explanations() -> None:
    routes = [route_of(name) for name in (*OTHERWISE, *NOT_READ)]
    assert len(routes) == len({*routes})


def test_each_table_with_requests_is_in_the_description(published: Schema) -> None:
    routes = {one.route for one in operations(published)}
    unknown = [
        name for name, stream in streams().items() if route_of(request_of(stream)) not in routes
    ]
    assert not unknown, f"the description has no such operation: {unknown}"


def test_each_property_is_in_a_row_type_or_explained(published: Schema) -> None:
    assert_explained(missing_properties(published), CORRECTIONS)


def test_each_property_beside_a_list_is_explained(published: Schema) -> None:
    assert_explained(beside_lists(published), AROUND)


def test_the_corrected_description_has_no_more() -> None:
    corrected = corrected_document()
    explained = {route_of(name) for name in (*OTHERWISE, *NOT_READ)}
    assert_explained(without_table(corrected) - explained, ())
    assert_explained(missing_properties(corrected) - CORRECTIONS.keys(), SEEN)
    assert_explained(beside_lists(corrected) - AROUND.keys(), ())


def test_what_a_newer_description_adds_is_named(published: Schema) -> None:
    newer = copy.deepcopy(published)
    tags = newer["paths"]["/v1/workspaces/{workspaceId}/tags"]["get"]
    newer["paths"]["/v1/workspaces/{workspaceId}/kiosks"] = {"get": tags, "delete": {}}
    newer["paths"]["/v1/workspaces/{workspaceId}/shifts"] = {
        "post": {**tags, "summary": "Get all shifts"}
    }
    schemas = newer["components"]["schemas"]
    schemas["TimeIntervalDtoV1"]["properties"]["zone"] = {"type": "string"}
    schemas["TagDtoV1"] = {
        "allOf": [schemas["TagDtoV1"], {"properties": {"colour": {"type": "string"}}}]
    }
    schemas["InvoicesListDtoV1"]["properties"]["currencies"] = {"type": "array"}
    assert without_table(newer) - without_table(published) == {
        "GET /workspaces/{}/kiosks",
        "POST /workspaces/{}/shifts",
    }
    assert missing_properties(newer) - missing_properties(published) == {
        "tags.colour",
        "time_entries.timeInterval.zone",
    }
    assert beside_lists(newer) - beside_lists(published) == {"invoices: currencies"}


def test_a_nested_property_is_named_by_its_path() -> None:
    newer = {
        "properties": {
            "id": {"type": "string"},
            "timeInterval": {"properties": {"zone": {"type": "string"}}},
            "customFieldValues": {
                "type": "array",
                "items": {"properties": {"name": {"type": "string"}, "unit": {"type": "string"}}},
            },
            "tagIds": {"type": "array", "items": {"properties": {"id": {"type": "string"}}}},
            "shift": {"type": "string"},
        }
    }
    assert sorted(undeclared(newer, rows.TimeEntry, {}, "time_entries")) == [
        "time_entries.customFieldValues.unit",
        "time_entries.shift",
        "time_entries.tagIds.*",
        "time_entries.timeInterval.zone",
    ]
