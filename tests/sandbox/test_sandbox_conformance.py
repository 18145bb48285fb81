"""Every operation answers as Clockify's published description says, and pages as it should."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify.ledger import ACTIONS
from sandbox.clockify.operations import OPERATIONS, ROWS, Operation, W
from scripts.sandbox_rows import TARGET, corrected, written
from tests.sandbox.clockify_client import Client
from tests.sandbox.description import DESCRIPTION, STRING, Description, Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW = {"start": "2026-08-20T00:00:00Z", "end": "2026-10-10T00:00:00Z"}
WIDE = {"start": "2020-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}
DATES = {"dateRangeStart": "2026-01-01T00:00:00", "dateRangeEnd": "2026-09-30T00:00:00"}
PLANNED = W + "/scheduling/assignments"
FEED = {"type": "TAGS,TIME_ENTRY", "start": "2026-08-20T00:00:00Z"}

GIVEN: dict[str, dict[str, Any]] = {
    "/user": {"include-memberships": "true"},
    W + "/users": {"memberships": "ALL", "account-statuses": "ACTIVE,LIMITED"},
    W + "/user-groups": {"includeTeamManagers": "true"},
    W + "/time-off/policies": {"status": "ALL"},
    W + "/entities/created": FEED,
    W + "/entities/updated": FEED,
    W + "/entities/deleted": FEED,
    PLANNED + "/all": WIDE,
    PLANNED + "/projects/totals": WINDOW,
    PLANNED + "/projects/totals/{projectId}": WINDOW,
    PLANNED + "/user-filter/totals": WINDOW,
    PLANNED + "/users/{userId}/totals": WINDOW,
    W + "/audit-log": {"actions": ACTIONS, "authors": {}, **WIDE},
    W + "/reports/detailed": {**DATES, "detailedFilter": {}},
    W + "/reports/summary": {**DATES, "summaryFilter": {"groups": ["CLIENT", "USER", "DATE"]}},
    W + "/reports/attendance": {**DATES, "attendanceFilter": {}},
    W + "/reports/expenses/detailed": DATES,
}
"""What must be asked for, or is to be shown."""

UNTYPED = {W + "/entities/created", W + "/entities/updated"}
"""A string, says the description."""

SPARSE = {
    W + "/users/{userId}/managers",  # they come without memberships
    W + "/member-profile/{userId}",  # a user field has no defaults in projects
    W + "/time-entries/status/in-progress",
    PLANNED + "/projects/totals/{projectId}",
    W + "/reports/summary",  # what belongs to groups of other kinds
}
"""What does not fill every property."""

MAIN = [one for one in OPERATIONS if one.path not in UNTYPED]
PAGED = [one for one in OPERATIONS if one.paging]


@pytest.fixture(scope="module")
def described() -> Description:
    return Description()


@pytest.fixture(scope="module")
def client() -> Client:
    """A world in which something happened, as documented where that differs from the wire."""
    client = Client()
    world = client.world
    world.delete_row(next(iter(world.main.tags)))
    world.delete_entry(world.entries(world.main_id, world.owner_id)[-1].id)
    world.insert_entry(
        world.main_id, world.owner_id, timeInterval={"start": "2026-09-15T12:00:00Z", "end": None}
    )
    world.advance(60)
    return client


def given(client: Client, one: Operation) -> dict[str, Any]:
    if one.path.endswith("/batch"):
        sheets = client.world.main.timesheets.values()
        return {"timeEntryIds": [row for sheet in sheets for row in sheet.ids(0, len(sheet))]}
    return GIVEN.get(one.path, {})


def sized(client: Client, one: Operation, size: object, page: object = None) -> dict[str, Any]:
    """Return what is asked for with a page and its size; without a page the first comes."""
    assert one.paging
    asked = {one.paging.size: size, **({} if page is None else {"page": page})}
    parameters = given(client, one)
    if one.paging.within:
        return {**parameters, one.paging.within: asked}
    return {**parameters, **asked}


def most(client: Client, one: Operation) -> int:
    assert one.paging
    limit = one.paging.most
    return int(getattr(client.world, limit)) or 10_000 if isinstance(limit, str) else limit


def rows_in(one: Operation, client: Client, document: Any) -> list[Any]:
    """Return the rows inside the envelope."""
    around = one.envelope(client.world) if callable(one.envelope) else one.envelope
    while isinstance(around, dict):
        name, around = next((name, inner) for name, inner in around.items() if ROWS in str(inner))
        document = document[name]
    rows: list[Any] = document
    return rows


def name_of(one: Operation) -> str:
    return f"{one.method} {one.path.removeprefix(W)}"


@pytest.mark.parametrize("one", MAIN, ids=name_of)
def test_answers_conform(client: Client, described: Description, one: Operation) -> None:
    world = client.world
    world.switch(documented_reports=True, audit_envelope=True, changes_envelope=True)
    world.switch(report_limit=5_000, attendance_limit=5_000)
    asked = sized(client, one, most(client, one)) if one.paging else given(client, one)
    answers = [client.call(one, path, asked) for path in client.paths(one)]
    assert {answer.status for answer in answers} == {200}
    documents = [answer.json for answer in answers if answer.body]
    schema = described.answer(one.method, one.path)
    described.validate(schema, documents)
    if one.path not in SPARSE:
        assert list(described.unfilled(schema, documents)) == []


OBSERVED: dict[str, tuple[str, set[str], Schema]] = {
    "/reports/detailed": (
        "TimeEntryDto",
        {"id", "locked"},
        {
            "_id": STRING,
            "type": STRING,
            "currency": STRING,
            "isLocked": {"type": "boolean"},
            "amount": {"type": "number"},
            "rate": {"type": "number"},
            "tagIds": {"type": "array", "items": STRING},
            "tags": {"type": "array", "items": {"properties": {"_id": STRING, "name": STRING}}},
            "amounts": {"type": "array", "items": {"$ref": "#/components/schemas/AmountDto"}},
            "customFields": {"type": "array", "items": {}},
            "userCustomFields": {"type": "array", "items": {}},
            "invoicingInfo": {"type": ["array", "object"]},
        },
    ),
    "/reports/expenses/detailed": (
        "ExpenseReportDtoV1",
        {"id", "locked", "projectColor", "exportFields", "invoicingInfo", "reportName", "time"},
        {
            "_id": STRING,
            "clientName": STRING,
            "currency": STRING,
            "isLocked": {"type": "boolean"},
            "userCustomFields": {"type": "array", "items": {}},
        },
    ),
}
"""Rows of reports in real samples: the description's, less these properties, and with those."""


@pytest.mark.parametrize("path", OBSERVED)
def test_reports_as_observed(client: Client, described: Description, path: str) -> None:
    client.world.switch(documented_reports=False, report_limit=5_000)
    name, lacking, more = OBSERVED[path]
    schema = copy.deepcopy(described.schemas[name])
    schema["properties"] = {
        key: shape for key, shape in schema["properties"].items() if key not in lacking
    } | {key: {"anyOf": [shape, {"type": "null"}]} for key, shape in more.items()}
    schema["required"] = ["_id"]
    one = next(one for one in OPERATIONS if one.path == W + path)
    document = client.call(one, client.main + path, sized(client, one, 5_000)).json
    rows = rows_in(one, client, document)
    described.validate(schema, rows)
    assert list(described.unfilled(schema, rows)) == []


def test_hydrated_projects_conform(client: Client, described: Description) -> None:
    schema = {"$ref": "#/components/schemas/HydratedProject"}
    rows = client.get(f"{client.main}/projects", hydrated="true").json
    described.validate(schema, rows)
    assert list(described.unfilled(schema, rows)) == []


@pytest.mark.parametrize("broken", [{"surprise": 1}, {"archived": "no"}, {"workspaceId": None}])
def test_what_does_not_conform_is_noticed(
    client: Client, described: Description, broken: dict[str, Any]
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    rows = client.get(f"{client.main}/tags").json
    with pytest.raises(jsonschema.ValidationError):
        described.validate({"$ref": "#/components/schemas/TagDtoV1"}, [{**rows[0], **broken}])
    nameless = [{**row, "name": None} for row in rows]
    schema = {"$ref": "#/components/schemas/TagDtoV1"}
    assert list(described.unfilled(schema, nameless)) == [".name"]


def test_rows_are_written_from_the_description() -> None:
    if not DESCRIPTION.exists():
        pytest.skip("the published description is not here")
    schemas = json.loads(DESCRIPTION.read_text())["components"]["schemas"]
    assert TARGET.read_text() == written(corrected(schemas))


def pages(client: Client, one: Operation, path: str, size: int) -> Iterator[tuple[list[Any], Any]]:
    """Yield the rows of each page, and its `Last-Page`."""
    assert one.paging
    first = int(getattr(client.world, one.paging.first)) if one.paging.first else 1
    for page in range(first, 1_000):
        answer = client.call(one, path, sized(client, one, size, page))
        rows = rows_in(one, client, answer.json)
        yield rows, answer.headers.get("last-page")
        if len(rows) < size:
            return


@pytest.mark.parametrize("one", PAGED, ids=name_of)
def test_pages(client: Client, one: Operation) -> None:
    """Pages make up the whole, have the size asked for, and say which is the last."""
    assert one.paging
    client.world.switch(report_limit=5_000, attendance_limit=5_000, changes_span_days=0)
    limit, whole, path = min(200, most(client, one)), [], ""
    for path in client.paths(one):
        whole = rows_in(one, client, client.call(one, path, sized(client, one, limit)).json)
        if len(whole) > 1:
            break
    size = max(1, min(50, len(whole) // 2 - 1))
    found = list(pages(client, one, path, size))
    assert [row for rows, _ in found for row in rows][:limit] == whole
    assert all(len(rows) == size for rows, _ in found[:-1])
    last = [header for _, header in found]
    if len(found[-1][0]) == 0:  # the page before was full, and the last
        last.pop()
    ends = [*(["false"] * (len(last) - 1)), "true"]
    assert last == (ends if one.paging.header else [None] * len(last))
    usual = rows_in(one, client, client.call(one, path, given(client, one)).json)
    assert len(usual) == min(one.paging.default, sum(len(rows) for rows, _ in found))


@pytest.mark.parametrize("one", PAGED, ids=name_of)
def test_sizes_of_pages(client: Client, one: Operation) -> None:
    assert one.paging
    client.world.switch(changes_limit=60, clamp_page_size=False)
    path, largest = next(client.paths(one)), most(client, one)
    asked = {size: client.call(one, path, sized(client, one, size)) for size in (0, largest + 1)}
    assert {answer.refusal for answer in asked.values()} == {(400, 501)}
    assert client.call(one, path, sized(client, one, 1, "x")).refusal == (400, 3000)
    client.world.switch(clamp_page_size=True)
    clamped = client.call(one, path, sized(client, one, largest + 1))
    assert clamped.json == client.call(one, path, sized(client, one, largest)).json
    client.world.switch(changes_limit=0, clamp_page_size=False)


SIZES = {
    W + "/time-entries/status/in-progress": (10, 1_000),
    W + "/audit-log": (20, 50),
    W + "/time-off/policies": (50, 200),
    W + "/time-off/requests": (50, 200),
    PLANNED + "/projects/totals": (50, 200),
    W + "/users": (50, 5_000),
}
"""Default and largest page, from the help pages and the description."""


def test_documented_sizes() -> None:
    sizes = {one.path: (one.paging.default, one.paging.most) for one in OPERATIONS if one.paging}
    assert {path: sizes[path] for path in SIZES} == SIZES
