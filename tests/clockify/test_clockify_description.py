"""Nothing is missing that the published description, or the docs, list: tables and properties.

What a newer description adds is named by the test that fails.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_clockify.client import ClockifyStream
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
from tests.clockify.runs import discovered

if TYPE_CHECKING:
    from collections.abc import Iterable

W = "/workspaces/{}"

OTHERWISE: dict[str, str] = {
    f"GET {W}/entities/created": "entity_changes",  # beside what was updated
    f"POST {W}/time-entries/batch": "time_entries",  # entries that changed
    # one row of a list, or the same rows asked for in another way
    f"GET {W}/time-entries/{{}}": "time_entries",
    f"GET {W}/time-entries/status/in-progress": "time_entries",
    f"GET {W}/scheduling/assignments/projects/totals": "project_assignment_totals",
    f"GET {W}/scheduling/assignments/projects/totals/{{}}": "project_assignment_totals",
    f"GET {W}/scheduling/assignments/users/{{}}/totals": "user_capacity_totals",
    f"GET {W}/holidays/in-period": "holidays",
    f"GET {W}/time-off/balance/user/{{}}": "time_off_balances",
    f"POST {W}/invoices/info": "invoices",
    f"POST {W}/users/info": "users",
    f"GET {W}/addons/{{}}/webhooks": "webhooks",  # an add-on's own: nothing lists add-ons
}
"""Operation that no table is read from as a whole -> the table with its rows."""

NOT_READ: dict[str, str] = {
    f"GET {W}/expenses/{{}}/files/{{}}": "a file: a receipt",
    f"GET {W}/invoices/{{}}/export": "a file: the invoice as a PDF",
    f"GET {W}/invoices/settings": "how invoices look: labels, and what new ones begin with",
    f"GET {W}/templates": "deprecated: week templates of the timesheet",
    f"GET {W}/templates/{{}}": "deprecated: week templates of the timesheet",
    f"GET {W}/webhooks/{{}}/statuses": "what was sent to a webhook, not what is recorded",
    f"POST {W}/webhooks/{{}}/logs": "what was sent to a webhook, not what is recorded",
    "GET /shared-reports/{}": "sums of what other tables have in full",
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

SEEN = {
    # columns, or not seen with deletions
    *(f"{table}.auditMetadata" for table in ("entity_changes", "entity_deletions")),
    *(f"{table}.documentCode" for table in ("entity_changes", "entity_deletions")),
    "expense_categories.status",  # seen as null only
    # any JSON value
    "shared_reports.filter.*",
    *(
        f"workspaces.workspaceSettings.entityCreationPermissions.whoCanCreate{what}.*"
        for what in ("ProjectsAndClients", "Tags", "Tasks")
    ),
}
"""Properties that only the corrected description has, and why no row type has them."""

SUMS = {"totals", "dailyTotals", "weeklyTotals", "total", "count", "workspaceWebhookCount"}
"""What stands beside lists: sums of the rows, and how many there are."""


@pytest.fixture(scope="module")
def published() -> Schema:
    return document()


def streams() -> dict[str, ClockifyStream]:
    """Return the tables that are read by requests of their own, by name."""
    found = TapClockify(config={}, validate_config=False).all_streams
    return {stream.name: stream for stream in found if isinstance(stream, ClockifyStream)}


def tables_of(found: Iterable[Operation]) -> dict[str, ClockifyStream]:
    """Return the table that has the rows of an operation, by route."""
    known = streams()
    own = {route_of(request_of(stream)): stream for stream in known.values()}
    single = {one.route: own.get(one.route.removesuffix("/{}")) for one in found}
    rows = {route: stream for route, stream in single.items() if stream is not None}
    return rows | own | {route: known[table] for route, table in OTHERWISE.items()}


def missing_properties(published: Schema) -> set[str]:
    """Return the documented properties that the row types of their tables do not declare."""
    found = operations(published)
    tables = tables_of(found)
    return {
        path
        for one in found
        if (stream := tables.get(one.route))
        for path in undeclared(
            rows_in(one.answer, envelope(stream), published), stream.row, published, stream.name
        )
    }


def beside_lists(published: Schema) -> set[str]:
    """Return the names of documented properties that stand beside lists."""
    found = operations(published)
    tables = tables_of(found)
    return {
        path.rpartition(".")[2]
        for one in found
        if (stream := tables.get(one.route))
        for path in around(one.answer, envelope(stream), published)
    }


def envelope(stream: ClockifyStream) -> tuple[str, ...]:
    """Return the members that lead to the rows, in the spelling of the description."""
    return stream.envelopes[0] if stream.envelopes else ()


def assert_explained(found: set[str], explained: Iterable[str]) -> None:
    known = {*explained}
    assert not found - known, f"the description has more: {', '.join(sorted(found - known))}"
    assert not known - found, f"not so any more: {', '.join(sorted(known - found))}"


def test_each_operation_is_a_table_or_explained(published: Schema) -> None:
    found = operations(published)
    routes = {one.route for one in found}
    assert_explained(routes - tables_of(found).keys(), NOT_READ)
    assert not tables_of(found).keys() - routes, "the description has no such operation"


def test_each_property_is_in_a_row_type_or_explained(published: Schema) -> None:
    assert_explained(missing_properties(published), CORRECTIONS)
    assert_explained(beside_lists(published), SUMS)


def test_the_corrected_description_has_no_more() -> None:
    corrected = corrected_document()
    found = operations(corrected)
    assert {one.route for one in found} <= tables_of(found).keys() | NOT_READ.keys()
    assert_explained(missing_properties(corrected) - CORRECTIONS.keys(), SEEN)
    assert beside_lists(corrected) <= SUMS


# -- the docs' page of other connectors ------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "clockify" / "other-connectors.md"
LINES = [
    [cell.strip(" `") for cell in line.strip("| ").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and "---" not in line
]


def test_tables_and_columns_that_the_docs_name_are_there() -> None:
    schemas: dict[str, Any] = {
        one["tap_stream_id"]: one["schema"] for one in discovered()["streams"]
    }
    tables = {line[0] for line in LINES if len(line) > 3} - {"here"}
    assert tables <= schemas.keys()
    columns = [line for line in LINES if len(line) == 3 and line[2] != "here"]
    assert len(tables) > 20
    assert len(columns) > 100
    for _, column, place in columns:
        stream, _, path = place.partition(".")
        schema: dict[str, Any] = schemas[stream]
        for name in path.split("."):
            schema = schema["properties"][name]
        scalar = "object" not in schema["type"] and "array" not in schema["type"]
        assert scalar or column == "costrate", (column, place)
        letters = re.sub("[^a-z]", "", column)
        assert re.sub("[^a-z]", "", path.lower()).endswith(letters), (column, place)
    assert len({tuple(line) for line in columns}) == len(columns)
