"""Whatever is done to the world, replaying the feeds over an old copy gives the new one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sandbox.clockify.ledger import LISTED, TYPES, entry_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clockify.world import World
    from tests.sandbox.conftest import Api

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
    for user_id in world.main.users:
        sheet = world.timesheet(world.main_id, user_id)
        for index in range(len(sheet)):
            for key, document in entry_documents(sheet.row(index)):
                copy[key] = msgspec.json.decode(document)
    return copy


def replay(api: Api, copy: Copy, start: str, end: str) -> None:
    def feed(event: str) -> list[dict[str, Any]]:
        window = {"type": TYPES, "start": start, "end": end, "limit": 100_000}
        rows: list[dict[str, Any]] = api.get(f"{api.main}/entities/{event}", **window).json
        return rows

    for event in ("created", "updated"):
        for row in feed(event):
            kind, _audit = row.pop("documentCode"), row.pop("auditMetadata")
            copy[kind, row["id"]] = row
    for row in feed("deleted"):
        copy.pop((row["documentCode"], row["id"]), None)


def mutations(world: World, rng: random.Random) -> list[Callable[[], object]]:
    """Return one of each kind of mutation, of something that is there."""
    main, home = world.main, world.main_id

    def entry() -> str:
        user_id = rng.choice([one for one in main.users if len(world.timesheet(home, one))])
        return rng.choice(world.entries(home, user_id)).id

    def row(tables: tuple[str, ...]) -> str:
        ids: list[str] = list(getattr(main, rng.choice(tables)))
        return rng.choice(ids)

    value = {"customFieldId": "f1", "value": rng.random()}
    rate = {"amount": rng.randrange(9_000), "currency": "EUR"}
    name = f"Name {rng.random()}"
    return [
        lambda: world.insert_entry(home, rng.choice(list(main.users)), hourlyRate=rate),
        lambda: world.edit_entry(entry(), description=name, customFieldValues=[value]),
        lambda: world.edit_entry(entry(), hourlyRate=rng.choice([None, rate]), costRate=None),
        lambda: world.stop_timer(entry()),
        lambda: world.delete_entry(entry()),
        lambda: world.insert_row(home, rng.choice(FURTHER)),
        lambda: world.insert_row(home, rng.choice(("clients", "projects", "tags", "holidays"))),
        lambda: world.rename(row(NAMED), name),
        lambda: world.edit_row(row(("invoices",)), note=name),
        lambda: world.delete_row(row((*NAMED, *FURTHER))),
        lambda: world.delete_project(row(("projects",))),
        lambda: world.insert_user(home, name),
        lambda: world.rename_user(row(("users",)), name),
        lambda: world.set_member_status(home, row(("users",)), "INACTIVE"),
        lambda: world.set_state(row(("approval_requests", "time_off_requests")), "APPROVED", name),
        lambda: world.insert_payment(row(("invoices",)), rng.randrange(500)),
    ]


@pytest.mark.parametrize("seed", range(6))
def test_replaying_the_feeds_gives_the_truth(api: Api, seed: int) -> None:
    world, rng = api.running.clockify, random.Random(seed)
    copy = everything(world)
    for hour in range(3):
        start = f"2026-09-{16 + hour}T00:00:00Z"
        world.now = world.now.replace(day=16 + hour, hour=0, minute=0)
        for _ in range(40):
            world.advance(rng.choice([0, 1, 90]))
            rng.choice(mutations(world, rng))()
        world.advance(world.deletion_delay)
        replay(api, copy, start, world.now.isoformat()[:19] + "Z")
        held = everything(world)
        assert copy.keys() == held.keys()
        assert copy == held
