"""Runs that read time entries by what changed, and what a target would hold after them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from taps_common.http.session import Session
from tests.clockify.runs import HOUR, KEYS, Account, Copy, catalog, keyed, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from sandbox.clockify.world import World
    from taps_common.http.cost import Cost
    from taps_common.http.request import Request, Response
    from tests.common.runs import Key, Row, Run, State

TABLE = "time_entries"
FEEDS = [f"/workspaces/{{workspaceId}}/entities/{one}" for one in ("created", "updated", "deleted")]
BATCH = "/workspaces/{workspaceId}/time-entries/batch"


def read(account: Account, state: State | None = None, **settings: Any) -> Run:
    """Read the entries of one workspace by what changed."""
    given = {"workspace_ids": [account.world.main_id], **settings}
    return account.run(catalog=catalog([TABLE], by_log=[TABLE]), state=state, **given)


def later(account: Account, copy: Copy, run: Run, **settings: Any) -> Run:
    """Read again an hour later, and forget the requests so far."""
    account.world.advance(HOUR)
    account.running.requests.clear()
    return copy.load(read(account, run.state, **settings))


def truth(world: World) -> dict[Key, Row]:
    return keyed(true_rows(world, TABLE, world.main_id), KEYS[TABLE])


def held(copy: Copy) -> dict[Key, Row]:
    """Return the live rows, without what only the feeds say."""
    only = {"createdAt", "updatedAt"}
    rows = [{name: row[name] for name in row.keys() - only} for row in copy.rows(TABLE)]
    return keyed(rows, KEYS[TABLE])


def change(world: World) -> list[str]:
    """Insert, edit and delete entries, old ones too; return the ids."""
    entries = truth(world)
    ids = [ident for (ident,) in sorted(entries, key=lambda one: entries[one]["start"])]
    world.edit_entry(ids[0], description="the oldest, edited")
    world.edit_entry(ids[-1], billable=True, tagIds=["t1"])
    world.delete_entry(ids[1])
    new = world.insert_entry(world.main_id, world.owner_id)
    short_lived = world.insert_entry(world.main_id, world.owner_id)
    world.delete_entry(short_lived)
    return [ids[0], ids[-1], ids[1], new]


def rewrite(
    monkeypatch: pytest.MonkeyPatch, route: str, rewritten: Callable[[list[Row]], list[Row]]
) -> None:
    """Have the rows that come from a route rewritten."""
    send = Session.send

    def sent(session: Session, request: Request, cost: Cost | None = None) -> Response:
        response = send(session, request, cost)
        if not str(request).endswith(route):
            return response
        rows = rewritten(msgspec.json.decode(response.body))
        return replace(response, body=msgspec.json.encode(rows))

    monkeypatch.setattr(Session, "send", sent)
