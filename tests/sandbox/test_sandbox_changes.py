"""After each change the API shows it, and the feeds and the audit log tell it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sandbox.clockify import truth
from sandbox.clockify.ledger import LISTED, TYPES, entry_documents
from tests.common.runs import PATIENCE
from tests.sandbox.clockify_client import Answer, Client, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World

NOW = "2026-09-15T13:30:00Z"
BEFORE = {"start": "2026-09-15T13:00:00Z", "end": "2026-09-15T20:00:00Z"}
EVENTS = ("created", "updated", "deleted")


@pytest.fixture
def client() -> Client:
    """A world one hour after the sandbox began, so that a window can hold nothing but changes."""
    client = Client()
    client.world.advance(3600)
    return client


@pytest.fixture
def world(client: Client) -> World:
    return client.world


def entries(client: Client) -> dict[str, dict[str, Any]]:
    rows = client.get(client.entries, page_size=5000).json
    return {row["id"]: row for row in rows}


def asked(client: Client, event: str, **query: Any) -> Answer:
    path = f"{client.main}/entities/{event}"
    given: dict[str, Any] = {"type": TYPES, "limit": 100_000, **query}
    return client.get(path, **given)


def feed(client: Client, event: str, **query: Any) -> Rows:
    rows: Rows = asked(client, event, **query).json
    return rows


def told(client: Client, kind: str, **query: Any) -> dict[str, set[str]]:
    """Return what the feeds tell of a type since the hour before now."""
    window = {**BEFORE, "type": kind, **query}
    found = {event: {row["id"] for row in feed(client, event, **window)} for event in EVENTS}
    return {event: ids for event, ids in found.items() if ids}


def test_entries_come_change_and_go(client: Client, world: World) -> None:
    count = len(entries(client))
    entry_id = world.insert_entry(world.main_id, world.owner_id, description="new")
    row = entries(client)[entry_id]
    assert (row["description"], row["timeInterval"]["duration"]) == ("new", "PT1H")
    world.edit_entry(entry_id, tagIds=["t1"], timeInterval={"end": "2026-09-15T15:00:01Z"})
    row = entries(client)[entry_id]
    assert (row["tagIds"], row["timeInterval"]["duration"]) == (["t1"], "PT2H30M1S")
    assert len(entries(client)) == count + 1
    path = f"{client.main}/time-entries/batch"
    assert client.post(path, {"timeEntryIds": [entry_id]}).json == [row]
    world.edit_entry(entry_id, timeInterval={"start": "2019-01-01T00:00:00Z", "end": None})
    assert list(entries(client))[-1] == entry_id
    world.stop_timer(entry_id)
    assert entries(client)[entry_id]["timeInterval"]["end"] == NOW
    world.delete_entry(entry_id)
    assert entry_id not in entries(client)
    with pytest.raises(KeyError):
        world.delete_entry(entry_id)


def test_a_project_takes_its_tasks_along(client: Client, world: World) -> None:
    project = next(task.projectId for task in world.main.tasks.values())
    tasks = {one.id for one in world.main.tasks.values() if one.projectId == project}
    world.delete_project(project)
    world.advance(60)
    assert client.get(f"{client.main}/projects/{project}/tasks").status == 400
    for table in ("projects", "tasks", "assignments", "user_memberships"):
        assert project not in str(truth.rows(world, table))
    assert told(client, "PROJECTS")["deleted"] == {project}
    assert told(client, "TASKS") == {"deleted": tasks}


def test_members_come_and_go(client: Client, world: World) -> None:
    new = world.insert_user(world.main_id, "Nina New")
    world.insert_entry(world.main_id, new)
    removed, renamed = list(world.main.users)[7:9]
    world.rename_user(renamed, "Else")
    users = client.get(f"{client.main}/users").json
    assert [row["id"] for row in users if row["name"] == "Else"] == [renamed]
    world.remove_user(world.main_id, removed)
    world.advance(60)
    assert client.get(f"{client.main}/user/{removed}/time-entries").status == 400
    for table in ("users", "user_memberships", "time_entries", "time_off_balances", "assignments"):
        assert removed not in {row.get("userId", row.get("id")) for row in truth.rows(world, table)}
    assert told(client, "USER") == {"created": {new}, "updated": {renamed}, "deleted": {removed}}


def test_a_renamed_client_shows_on_its_projects(client: Client, world: World) -> None:
    named = next(one.clientId for one in world.main.projects.values() if one.clientId)
    theirs = {one.id for one in world.main.projects.values() if one.clientId == named}
    client.get(f"{client.main}/projects")  # what was served once is not served again
    world.edit_row(named, name="Renamed")
    rows = client.get(f"{client.main}/projects").json
    assert {row["id"] for row in rows if row["clientName"] == "Renamed"} == theirs
    assert told(client, "PROJECTS") == {"updated": theirs}


def test_decisions(world: World) -> None:
    """Approved time off is taken from its balance."""
    requests = world.main.time_off_requests.values()
    one = next(one for one in requests if one.status.statusType == "PENDING")
    balances = world.main.time_off_balances.values()
    (balance,) = [b for b in balances if (b.userId, b.policyId) == (one.userId, one.policyId)]
    before = balance.used
    world.set_state(one.id, "APPROVED", "yes")
    world.set_state(one.id, "APPROVED", "again")
    assert balance.used == before + one.balanceDiff
    assert (one.status.changedAt, one.status.note) == (NOW, "again")


def test_names_are_checked(world: World) -> None:
    with pytest.raises(TypeError, match="Task has no nmae"):
        world.insert_row(world.main_id, "tasks", nmae="x")
    with pytest.raises(TypeError, match="TimeEntry has no nmae"):
        world.insert_entry(world.main_id, world.owner_id, nmae="x")
    with pytest.raises(msgspec.ValidationError):
        world.edit_row(next(iter(world.main.tags)), archived="x")


def test_changes_over_http(client: Client, world: World) -> None:
    change = {"workspace_id": world.main_id, "user_id": world.owner_id, "description": "by HTTP"}
    entry_id = client.control(action="insert_entry", **change).json["result"]
    assert entries(client)[entry_id]["description"] == "by HTTP"
    window = {"start": "2026-09-01T00:00:00Z", "end": "2026-09-02T23:59:59Z"}
    assert client.control(action="set_window", **window).status == 200
    days = {row["date"] for row in truth.rows(world, "user_capacity_days")}
    assert days == {"2026-09-01T00:00:00Z", "2026-09-02T00:00:00Z"}
    wrong: list[dict[str, Any]] = [{"action": "no"}, {"action": "delete_entry", "entry_id": "0"}]
    for one in (*wrong, {"x": 1}):
        assert client.control(**one).status == 400


def test_command_serves_until_terminated() -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--entries", "20"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.readline().startswith("Sandbox ready at http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_a_new_entry_is_created_whatever_happens_to_it(client: Client, world: World) -> None:
    rate = {"amount": 100, "currency": "EUR"}
    value = {"customFieldId": "f1", "value": 1}
    entry_id = world.insert_entry(
        world.main_id, world.owner_id, hourlyRate=rate, customFieldValues=[value]
    )
    world.advance(60)
    world.edit_entry(entry_id, description="edited")
    assert told(client, "TIME_ENTRY") == {"created": {entry_id}}
    (row,) = feed(client, "created", type="TIME_ENTRY", start=NOW)
    assert row["description"] == "edited"
    assert row["auditMetadata"] == {"createdAt": NOW, "updatedAt": "2026-09-15T13:31:00Z"}
    (row,) = feed(client, "created", type="TIME_ENTRY_RATE", start=NOW)
    assert (row["timeEntryId"], row["hourlyRate"]) == (entry_id, rate)
    (row,) = feed(client, "created", type="TIME_ENTRY_CUSTOM_FIELD_VALUE", start=NOW)
    assert {**row, **value, "timeEntryId": entry_id} == row
    later = {"start": "2026-09-15T13:30:30Z"}
    assert told(client, "TIME_ENTRY", **later) == {"updated": {entry_id}}
    world.delete_entry(entry_id)
    assert told(client, "TIME_ENTRY", **later) == {}, "not for about a minute"
    world.advance(60)
    assert told(client, "TIME_ENTRY") == {}, "created and deleted within the window"
    (gone,) = feed(client, "deleted", type="TIME_ENTRY", start="2026-09-15T13:31:00Z")
    assert (gone["id"], gone["deletedAt"]) == (entry_id, "2026-09-15T13:31:00Z")
    assert gone["document"]["description"] == "edited"


def test_created_shows_the_entries_of_the_past(client: Client, world: World) -> None:
    edited, deleted = (world.entries(world.main_id, world.owner_id)[place].id for place in (5, 9))
    world.edit_entry(edited, timeInterval={"start": "2020-01-01T00:00:00Z"})
    world.delete_entry(deleted)
    rows = feed(client, "created", type="TIME_ENTRY", end="2026-09-15T13:00:00Z")
    sheets = [world.entries(world.main_id, user_id) for user_id in world.main.users]
    late = {
        one.id for sheet in sheets for one in sheet if one.timeInterval.start >= "2026-08-16T14"
    }
    assert {row["id"] for row in rows} == {*late, edited} - {deleted}
    moments = [row["auditMetadata"]["createdAt"] for row in rows]
    assert moments == sorted(moments)


def test_forms_of_feeds(client: Client, world: World) -> None:
    bare = feed(client, "created", type="TIME_ENTRY")
    world.switch(changes_envelope=True, changes_code="documentType", changes_bare=True)
    document = asked(client, "created", type="TIME_ENTRY").json
    assert [row["id"] for row in document["response"]] == [row["id"] for row in bare]
    assert set(document["response"][0]) == {"id", "documentType", "auditMetadata"}
    for spelled, kind in (("TIMEENTRY", "TIMEENTRY"), ("time_entry", "time_entry"), ("none", None)):
        world.switch(changes_type=spelled)
        row = asked(client, "created", type="TIME_ENTRY", limit=1).json["response"][0]
        assert row.get("documentType") == kind


def test_types_come_repeated_or_with_commas(client: Client) -> None:
    window = {"start": "2024-09-01T00:00:00Z", "end": "2024-10-01T00:00:00Z"}
    repeated = feed(client, "created", type=["CLIENTS", "TAGS"], **window)
    assert {row["documentCode"] for row in repeated} == {"CLIENTS", "TAGS"}
    assert feed(client, "created", type="CLIENTS,TAGS", **window) == repeated


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2026-08-01T00:00:00Z", "2026-08-31T00:00:00Z", 200),
        ("2026-08-01T00:00:00Z", "2026-08-31T00:00:01Z", 400),
        ("2026-08-02T00:00:00Z", "2026-08-01T00:00:01Z", 400),
        ("", "2026-08-31T00:00:00Z", 200),
        ("2026-08-31T00:00:00Z", "", 200),
    ],
)
def test_windows_of_feeds(client: Client, start: str, end: str, status: int) -> None:
    """A missing bound is 30 days from the other."""
    whole = {"start": start or "2026-08-01T00:00:00Z", "end": end or "2026-09-30T00:00:00Z"}
    answer = asked(client, "created", start=start, end=end)
    assert answer.status == status
    if status == 200:
        assert answer.json == feed(client, "created", **whole)


def test_limits_of_feeds(client: Client, world: World) -> None:
    wide = {"start": "2020-01-01T00:00:00Z", "end": "2026-12-31T00:00:00Z", "type": "TIME_ENTRY"}
    world.switch(changes_span_days=0)
    every = feed(client, "created", **wide)
    assert len(every) > 1_000
    world.switch(changes_first_page=1)
    assert feed(client, "created", **wide, page=0) == every
    assert feed(client, "created", **{**wide, "limit": 7}, page=2) == every[7:14]
    world.switch(changes_kept_days=1)
    kept = feed(client, "created", **wide)
    assert min(row["auditMetadata"]["createdAt"] for row in kept) >= "2026-09-14T13:30:00Z"
    assert client.get(f"{client.main}/entities/created", "member", type="TAGS").status == 403
    world.switch(changes_feature="NO_SUCH")
    assert asked(client, "created", **wide).status == 403


def test_mutations_are_in_the_audit_log(client: Client, world: World) -> None:
    tag = world.insert_row(world.main_id, "tags", name="new tag")
    world.edit_row(tag, name="newer tag")
    world.delete_row(tag)
    world.insert_entry(world.main_id, world.member_id or "")
    actions = ["CREATE_TAG", "UPDATE_TAG", "DELETE_TAG", "CREATE_TIME_FOR_OTHER"]
    authors = {"authorIds": [world.owner_id], "contains": "CONTAINS"}
    body = {"actions": actions, "authors": authors, "start": NOW, "end": NOW}
    rows = client.post(f"{client.main}/audit-log", body, host="audit").json
    assert [row["action"] for row in rows] == actions
    assert "newer tag" in rows[1]["content"]
    assert "new tag" in rows[1]["previousContent"]


Copy = dict[tuple[str, str], dict[str, Any]]
NAMED = ("clients", "projects", "tasks", "tags", "user_groups", "custom_fields", "holidays")
FURTHER = (
    *("invoices", "assignments", "approval_requests", "time_off_policies"),
    *("time_off_requests", "time_off_balances"),
)


def everything(world: World) -> Copy:
    """Return the documents of all that the feeds tell of."""
    copy: Copy = {}
    for kind in LISTED.keys() & set(TYPES):
        for row_id, document in world.ledger.known[world.main_id, kind].items():
            copy[kind, row_id] = msgspec.json.decode(document)
    for sheet in map(world.main.timesheet, world.main.users):
        for index in range(len(sheet)):
            for key, document in entry_documents(sheet.row(index)):
                copy[key] = msgspec.json.decode(document)
    return copy


def replay(client: Client, copy: Copy, window: dict[str, str]) -> None:
    for event in ("created", "updated"):
        for row in feed(client, event, **window):
            kind, _audit = row.pop("documentCode"), row.pop("auditMetadata")
            copy[kind, row["id"]] = row
    for row in feed(client, "deleted", **window):
        copy.pop((row["documentCode"], row["id"]), None)


def mutations(world: World, rng: random.Random) -> list[Callable[[], object]]:
    """Return one of each kind of mutation, of something that is there."""
    main, home, name = world.main, world.main_id, f"Name {rng.random()}"

    def entry() -> str:
        sheet = rng.choice([main.timesheet(one) for one in main.users if main.timesheet(one)])
        return rng.choice(sheet.ids(0, len(sheet)))

    def row(tables: tuple[str, ...]) -> str:
        ids: list[str] = list(getattr(main, rng.choice(tables)))
        return rng.choice(ids)

    value = {"customFieldId": "f1", "value": rng.random()}
    rate = {"amount": rng.randrange(9_000), "currency": "EUR"}
    return [
        lambda: world.insert_entry(home, rng.choice(list(main.users)), hourlyRate=rate),
        lambda: world.edit_entry(entry(), description=name, customFieldValues=[value]),
        lambda: world.edit_entry(entry(), hourlyRate=rng.choice([None, rate]), costRate=None),
        lambda: world.stop_timer(entry()),
        lambda: world.delete_entry(entry()),
        lambda: world.insert_row(home, rng.choice((*FURTHER, "clients", "projects", "tags"))),
        lambda: world.edit_row(row(NAMED), name=name),
        lambda: world.edit_row(row(("invoices",)), note=name),
        lambda: world.delete_row(row((*NAMED, *FURTHER))),
        lambda: world.delete_project(row(("projects",))),
        lambda: world.insert_user(home, name),
        lambda: world.rename_user(row(("users",)), name),
        lambda: world.set_state(row(("approval_requests", "time_off_requests")), "APPROVED", name),
        lambda: world.insert_payment(row(("invoices",)), rng.randrange(500)),
    ]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in range(1, 6))]
)
def test_replaying_the_feeds_over_an_old_copy_gives_the_new_one(seed: int) -> None:
    client, rng = Client(entries=600), random.Random(seed)
    world = client.world
    copy = everything(world)
    for day in (16, 17, 18):
        midnight = world.now.replace(day=day, hour=0, minute=0)
        world.advance((midnight - world.now).total_seconds())
        for _ in range(40):
            world.advance(rng.choice([0, 1, 90]))
            rng.choice(mutations(world, rng))()
        world.advance(60)
        end = world.now.isoformat()[:19] + "Z"
        replay(client, copy, {"start": f"2026-09-{day}T00:00:00Z", "end": end})
        assert copy == everything(world)
    truth.counts(world, everything=True)
