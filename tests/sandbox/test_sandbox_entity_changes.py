"""The entity-change feeds tell every mutation; `batch` re-reads what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clockify.ledger import TYPES

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.clockify.world import World
    from tests.sandbox.conftest import Answer, Api

Rows = list[dict[str, Any]]

MEMBER = {"X-Api-Key": "sandbox-member-key"}
EVENTS = ("created", "updated", "deleted")


@pytest.fixture
def world(running: Sandbox) -> World:
    """A world one hour after the sandbox began, so that a window can hold nothing but changes."""
    running.clockify.advance(3600)
    return running.clockify


def asked(api: Api, event: str, **query: object) -> Answer:
    return api.get(f"{api.main}/entities/{event}", **{"type": TYPES, "limit": 10_000, **query})


def feed(api: Api, event: str, **query: object) -> Rows:
    answer = asked(api, event, **query)
    assert answer.status == 200, answer.body
    rows: Rows = answer.json
    return rows


def changes(api: Api, **query: object) -> dict[str, set[tuple[str, str]]]:
    """Return what happened since the hour before now, by feed: type and id."""
    window = {"start": "2026-09-15T13:00:00Z", "end": "2026-09-15T20:00:00Z", **query}
    return {
        event: {(row["documentCode"], row["id"]) for row in feed(api, event, **window)}
        for event in EVENTS
    }


def ids(happened: dict[str, set[tuple[str, str]]], kind: str) -> dict[str, set[str]]:
    found = {
        event: {row_id for code, row_id in rows if code == kind} for event, rows in happened.items()
    }
    return {event: rows for event, rows in found.items() if rows}


@pytest.mark.usefixtures("world")
def test_nothing_happened_yet(api: Api) -> None:
    assert changes(api) == {"created": set(), "updated": set(), "deleted": set()}


def test_a_new_entry_is_created_whatever_happens_to_it(api: Api, world: World) -> None:
    rate = {"amount": 100, "currency": "EUR"}
    entry_id = world.insert_entry(
        world.main_id,
        world.owner_id,
        hourlyRate=rate,
        customFieldValues=[{"customFieldId": "f1", "value": 1}],
    )
    world.advance(60)
    world.edit_entry(entry_id, description="edited")
    happened = changes(api)
    assert ids(happened, "TIME_ENTRY") == {"created": {entry_id}}
    (row,) = feed(api, "created", type="TIME_ENTRY", start="2026-09-15T13:30:00Z")
    assert row["description"] == "edited"
    assert row["auditMetadata"] == {
        "createdAt": "2026-09-15T13:30:00Z",
        "updatedAt": "2026-09-15T13:31:00Z",
    }
    (rate_row,) = feed(api, "created", type="TIME_ENTRY_RATE", start="2026-09-15T13:30:00Z")
    assert (rate_row["timeEntryId"], rate_row["hourlyRate"]) == (entry_id, rate)
    kind = "TIME_ENTRY_CUSTOM_FIELD_VALUE"
    (value,) = feed(api, "created", type=kind, start="2026-09-15T13:30:00Z")
    assert (value["customFieldId"], value["timeEntryId"], value["value"]) == ("f1", entry_id, 1)
    later = changes(api, start="2026-09-15T13:30:30Z")
    assert ids(later, "TIME_ENTRY") == {"updated": {entry_id}}
    world.delete_entry(entry_id)
    world.advance(60)
    assert ids(changes(api), "TIME_ENTRY") == {}, "created and deleted within the window"
    gone = feed(api, "deleted", type="TIME_ENTRY", start="2026-09-15T13:31:00Z")
    assert [(row["id"], row["deletedAt"]) for row in gone] == [(entry_id, "2026-09-15T13:31:00Z")]
    assert gone[0]["document"]["description"] == "edited"


def test_old_entries_are_edited_and_deleted(api: Api, world: World) -> None:
    first, second = (world.entries(world.main_id, world.owner_id)[place].id for place in (5, 9))
    world.edit_entry(first, timeInterval={"start": "2020-01-01T00:00:00Z"})
    world.delete_entry(second)
    assert ids(changes(api), "TIME_ENTRY") == {"updated": {first}}, "not for about a minute"
    world.advance(60)
    assert ids(changes(api), "TIME_ENTRY") == {"updated": {first}, "deleted": {second}}
    created = feed(api, "created", type="TIME_ENTRY", start="2026-08-20T00:00:00Z")
    assert second not in {row["id"] for row in created}


def test_created_shows_the_entries_of_the_past(api: Api, world: World) -> None:
    rows = feed(api, "created", type="TIME_ENTRY", end="2026-09-15T13:00:00Z")
    starts = {
        entry.id: entry.timeInterval.start
        for user_id in world.main.users
        for entry in world.entries(world.main_id, user_id)
    }
    wanted = {one for one, start in starts.items() if start >= "2026-08-16T14:00:00Z"}
    assert wanted == {row["id"] for row in rows}
    moments = [row["auditMetadata"]["createdAt"] for row in rows]
    assert moments == sorted(moments)
    assert {row["auditMetadata"]["updatedAt"] for row in rows} == {None}


LISTED = {
    "clients": "CLIENTS",
    "projects": "PROJECTS",
    "tags": "TAGS",
    "tasks": "TASKS",
    "assignments": "SCHEDULED_ASSIGNMENT",
    "custom_fields": "CUSTOM_FIELDS",
    "user_groups": "USER_GROUPS",
    "invoices": "INVOICES",
    "approval_requests": "APPROVAL_REQUESTS",
    "time_off_balances": "BALANCE",
    "holidays": "HOLIDAYS",
    "time_off_policies": "PTO_POLICY",
    "time_off_requests": "TIME_OFF_REQUEST",
}


@pytest.mark.parametrize("table", LISTED)
def test_listed_rows(api: Api, world: World, table: str) -> None:
    kind = LISTED[table]
    changed, dropped = list(getattr(world.main, table))[:2]
    fields = {"projectId": next(iter(world.main.projects))} if table == "tasks" else {}
    new = world.insert_row(world.main_id, table, **fields)
    if table in {"approval_requests", "time_off_requests"}:
        world.set_state(changed, "APPROVED", "now")
    elif table == "time_off_balances":
        world.edit_row(changed, used=7.25)
    elif table == "assignments":
        world.edit_row(changed, hoursPerDay=1.25)
    elif table == "invoices":
        world.insert_payment(changed, 5)
    else:
        world.rename(changed, "Renamed")
    world.delete_row(dropped)
    world.advance(60)
    happened = ids(changes(api), kind)
    assert new in happened["created"]
    assert changed in happened["updated"]
    assert happened["deleted"] == {dropped}


def test_users(api: Api, world: World) -> None:
    new = world.insert_user(world.main_id, "Nina New")
    removed, renamed, status = list(world.main.users)[7:10]
    world.rename_user(renamed, "Else")
    world.set_member_status(world.main_id, status, "INACTIVE")
    world.remove_user(world.main_id, removed)
    world.advance(60)
    happened = changes(api)
    expected = {"created": {new}, "updated": {renamed, status}, "deleted": {removed}}
    assert ids(happened, "USER") == expected


def test_side_effects_are_told_too(api: Api, world: World) -> None:
    client = next(one.clientId for one in world.main.projects.values() if one.clientId) or ""
    theirs = {one.id for one in world.main.projects.values() if one.clientId == client}
    world.rename(client, "Renamed")
    assert ids(changes(api), "PROJECTS") == {"updated": theirs}
    project = next(task.projectId for task in world.main.tasks.values())
    tasks = {one.id for one in world.main.tasks.values() if one.projectId == project}
    world.delete_project(project)
    world.advance(60)
    happened = changes(api)
    assert ids(happened, "PROJECTS")["deleted"] == {project}
    assert ids(happened, "TASKS") == {"deleted": tasks}


def test_forms(running: Sandbox, api: Api) -> None:
    world = running.clockify
    bare = feed(api, "created", type="TIME_ENTRY")
    world.switch(changes_envelope=True, changes_code="documentType", changes_bare=True)
    document = asked(api, "created", type="TIME_ENTRY").json
    assert set(document) == {"response"}
    assert [row["id"] for row in document["response"]] == [row["id"] for row in bare]
    assert set(document["response"][0]) == {"id", "documentType", "auditMetadata"}


@pytest.mark.parametrize("base", [0, 1])
def test_pages(running: Sandbox, api: Api, base: int) -> None:
    running.clockify.switch(changes_first_page=base)
    every = feed(api, "created", type="TIME_ENTRY")
    assert len(every) > 100
    assert asked(api, "created", type="TIME_ENTRY", limit="").json == every[:50]
    pages = [
        feed(api, "created", type="TIME_ENTRY", page=page, limit=40)
        for page in range(base, base + 4)
    ]
    assert [row for page in pages for row in page] == every[:160]
    if base:
        assert feed(api, "created", type="TIME_ENTRY", page=0, limit=40) == pages[0]


def test_types_come_repeated_or_with_commas(api: Api) -> None:
    window = {"start": "2024-09-01T00:00:00Z", "end": "2024-10-01T00:00:00Z"}
    repeated = feed(api, "created", type=["CLIENTS", "TAGS"], **window)
    assert {row["documentCode"] for row in repeated} == {"CLIENTS", "TAGS"}
    assert feed(api, "created", type="CLIENTS,TAGS", **window) == repeated


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"type": ""}, (400, 3001)),
        ({"type": "EXPENSE"}, (400, 3000)),
        ({"start": "x"}, (400, 3000)),
        ({"page": "x"}, (400, 3000)),
        ({"limit": 0}, (400, 501)),
        ({"start": "2026-08-01T00:00:00Z", "end": "2026-08-31T00:00:01Z"}, (400, 501)),
        ({"start": "2026-08-02T00:00:00Z", "end": "2026-08-01T00:00:01Z"}, (400, 501)),
        ({"start": "2026-08-01T00:00:00Z", "end": "2026-08-31T00:00:00Z"}, (200, None)),
        ({"end": "2026-08-31T00:00:00Z"}, (200, None)),
        ({"start": "2026-08-31T00:00:00Z"}, (200, None)),
    ],
)
def test_limits(api: Api, query: dict[str, object], expected: tuple[int, int | None]) -> None:
    answer = asked(api, "updated", **query)
    body = answer.json
    assert (answer.status, body["code"] if answer.status != 200 else None) == expected


def test_limits_can_be_switched(running: Sandbox, api: Api) -> None:
    world = running.clockify
    wide = {"start": "2020-01-01T00:00:00Z", "end": "2026-12-31T00:00:00Z", "type": "TIME_ENTRY"}
    world.switch(changes_span_days=0)
    assert len(feed(api, "created", **wide)) > 1000
    world.switch(changes_limit=100)
    assert asked(api, "created", **wide).status == 400
    world.switch(clamp_page_size=True)
    assert len(feed(api, "created", **wide)) == 100
    world.switch(changes_kept_days=1)
    kept = feed(api, "created", **wide)
    assert min(row["auditMetadata"]["createdAt"] for row in kept) >= "2026-09-14T12:30:00Z"
    world.switch(changes_feature="NO_SUCH")
    assert asked(api, "created", **wide).status == 403
    with pytest.raises(ValueError, match="No such switch"):
        world.switch(no_such=True)
    with pytest.raises(ValueError, match="Invalid enum value"):
        world.switch(changes_code="id")


def test_members_may_not(api: Api) -> None:
    path = f"{api.main}/entities/created"
    assert api.get(path, MEMBER, type="TAGS").status == 403


def test_batch(api: Api, world: World) -> None:
    entries = world.entries(world.main_id, world.owner_id)[:5]
    others = world.entries(world.main_id, world.member_id or "")[:2]
    path = f"{api.main}/time-entries/batch"
    wanted = [one.id for one in (*others, *entries[::-1])]
    answer = api.post(path, {"timeEntryIds": [*wanted, "64a687e29ae1f428e7ebe303"]})
    assert {row["id"] for row in answer.json} == set(wanted)
    listed = {row["id"]: row for row in api.rows(api.entries_path())}
    own = [row for row in answer.json if row["userId"] == world.owner_id]
    assert {row["id"]: row for row in own} == {one.id: listed[one.id] for one in entries}
    starts = [row["timeInterval"]["start"] for row in answer.json]
    assert starts == sorted(starts, reverse=True)
    hydrated = api.post(path, {"timeEntryIds": wanted, "hydrated": True}).json
    assert hydrated[0].keys() - own[0].keys() == {"project", "task", "tags", "user", "kiosk"}
    assert api.post(path, {"timeEntryIds": wanted}, MEMBER).status == 403
    mine = [one.id for one in others]
    assert len(api.post(path, {"timeEntryIds": mine}, MEMBER).json) == 2
    assert api.post(path, {"timeEntryIds": []}).json["code"] == 501
    assert (
        api.ask("POST", f"/clockify/api/v1{path}", headers=MEMBER, body=b"{").json["code"] == 3002
    )
    world.switch(batch_limit=3)
    assert api.post(path, {"timeEntryIds": wanted}).status == 400


def test_batch_shows_an_edit_at_once(api: Api, world: World) -> None:
    entry_id = world.insert_entry(world.main_id, world.owner_id, description="one")
    path = f"{api.main}/time-entries/batch"
    world.edit_entry(entry_id, description="two")
    (row,) = api.post(path, {"timeEntryIds": [entry_id]}).json
    assert row["description"] == "two"
    world.delete_entry(entry_id)
    assert api.post(path, {"timeEntryIds": [entry_id]}).json == []


def test_running_entries_of_everybody(api: Api, world: World) -> None:
    path = f"{api.main}/time-entries/status/in-progress"
    for user_id in list(world.main.users)[:11]:
        world.insert_entry(
            world.main_id, user_id, timeInterval={"end": None, "start": "2026-09-15T12:00:00Z"}
        )
    answer = api.get(path)
    assert (len(answer.json), answer.headers["last-page"]) == (10, "false")
    every = api.get(path, page_size=1000).json
    assert len(every) == 11 + 3
    assert {row["timeInterval"]["end"] for row in every} == {None}
    assert api.get(path, page_size=1001).status == 400


def test_mutations_are_in_the_audit_log(api: Api, world: World) -> None:
    tag = world.insert_row(world.main_id, "tags", name="new tag")
    world.rename(tag, "newer tag")
    world.delete_row(tag)
    entry = world.insert_entry(world.main_id, world.member_id or "")
    world.delete_entry(entry)
    body = {
        "actions": ["CREATE_TAG", "UPDATE_TAG", "DELETE_TAG", "CREATE_TIME_FOR_OTHER"],
        "authors": {"authorIds": [world.owner_id], "contains": "CONTAINS"},
        "start": "2026-09-15T13:30:00Z",
        "end": "2026-09-15T13:30:00Z",
    }
    rows = api.post(f"{api.main}/audit-log", body, host="audit").json
    assert [row["action"] for row in rows] == [
        *("CREATE_TAG", "UPDATE_TAG", "DELETE_TAG", "CREATE_TIME_FOR_OTHER")
    ]
    assert "newer tag" in rows[1]["content"]
    assert "new tag" in rows[1]["previousContent"]
