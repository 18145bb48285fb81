"""Later runs of invoices, which cost a request each, and of all that is always read whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.clockify.runs import (
    HOUR,
    KEYS,
    LOGS,
    MORE_TABLES,
    VERSIONS,
    Account,
    Copy,
    catalog,
    difference,
    keyed,
    mark,
    true_rows,
)

if TYPE_CHECKING:
    from sandbox.clockify.world import World
    from tests.common.runs import Run, State

INVOICES = ("invoices", "invoice_items")


def ids(run: Run) -> set[str]:
    return {row["id"] for row in run.records("invoices")}


def details(account: Account) -> set[str]:
    """Return the invoices that were asked for one by one."""
    return {
        line.rsplit("/", 1)[-1]
        for line in account.requests()
        if "/invoices/" in line and "payments" not in line
    }


def test_only_invoices_whose_row_changed_are_asked_again(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    copied = Copy()
    first = copied.load(account.run(catalog=tables).ok())
    every = set(world.main.invoices)
    assert details(account) == every
    account.reset()
    second = copied.load(account.run(catalog=tables, state=first.state).ok())
    assert details(account) == set()
    assert second.counts() == {}
    assert second.state["bookmarks"]["invoices"] == first.state["bookmarks"]["invoices"]

    paid, resent, *_ = every
    world.insert_payment(paid, 100)
    world.edit_row(resent, number="INV-changed")
    new = world.insert_row(world.main_id, "invoices", items=[{"order": 1}, {"order": 2}])
    account.reset()
    third = copied.load(account.run(catalog=tables, state=second.state).ok())
    assert details(account) == {paid, resent, new}
    assert ids(third) == {paid, resent, new}
    assert copied.differences(world, INVOICES) == {}
    assert third.versioned == []


def test_what_the_state_keeps_of_invoices_is_small(account: Account, world: World) -> None:
    state = account.run(catalog=catalog(INVOICES)).ok().state
    for table in INVOICES:
        kept = mark(state, table, world.main_id)
        assert set(kept) == {"context", "columns", "digests"}
        assert kept["digests"].keys() == world.main.invoices.keys()
        assert {len(one) for one in kept["digests"].values()} == {12}
    text = json.dumps(state)
    assert not any(one.number in text for one in world.main.invoices.values())
    gone = next(iter(world.main.invoices))
    world.delete_row(gone)
    state = account.run(catalog=catalog(INVOICES), state=state).ok().state
    assert gone not in mark(state, "invoices", world.main_id)["digests"]


def test_with_versions_all_invoices_are_read(account: Account, world: World) -> None:
    settings: dict[str, Any] = {
        "catalog": catalog(INVOICES),
        "workspace_ids": [world.main_id],
        **VERSIONS,
    }
    copied = Copy()
    first = copied.load(account.run(**settings).ok())
    gone, shorter, *_ = [one for one, row in world.main.invoices.items() if len(row.items) > 1]
    world.delete_row(gone)
    world.edit_row(shorter, items=[{"order": 1}])
    world.advance(60)
    account.reset()
    second = copied.load(account.run(state=first.state, **settings).ok())
    assert details(account) == set(world.main.invoices)
    assert sorted(second.versioned) == sorted(INVOICES)
    assert copied.differences(world, INVOICES) == {}


def test_a_table_or_a_column_that_is_selected_later_is_filled(account: Account) -> None:
    first = account.run(catalog=catalog(["invoices"], without=[("invoices", "note")])).ok()
    account.reset()
    items = account.run(catalog=catalog(INVOICES), state=first.state).ok()
    assert details(account) == set(account.world.main.invoices)
    assert items.records("invoice_items")
    noted = account.run(catalog=catalog(["invoices"]), state=first.state).ok()
    assert any(row["note"] for row in noted.records("invoices"))


def test_an_invoice_that_fails_is_asked_again(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    broken = next(iter(world.main.invoices))
    account.fault(f"/invoices/{broken}", "status", code=500)
    copied = Copy()
    first = copied.load(account.run(catalog=tables, max_retries=0))
    assert first.code == 1
    assert ids(first) == world.main.invoices.keys() - {broken}
    account.mended()
    account.reset()
    copied.load(account.run(catalog=tables, state=first.state).ok())
    assert details(account) == {broken}
    assert copied.differences(world, INVOICES) == {}


def test_an_invoice_that_was_deleted_during_the_run(account: Account, world: World) -> None:
    gone = next(iter(world.main.invoices))
    account.fault(f"/invoices/{gone}", "status", code=400, body='{"code": 501}')
    run = account.run(catalog=catalog([*INVOICES, "invoice_payments"]), **VERSIONS).ok()
    assert "does not know what it belongs to any more (400, code 501)" in run.log
    assert run.versioned == []
    assert len(run.records("invoices")) == len(world.main.invoices) - 1


def test_an_answer_that_is_not_the_invoice_is_a_failure(account: Account) -> None:
    for answer in ("{}", "[]", '{"id": "another"}', '{"id": 7}', '"x"'):
        account.mended()
        account.fault("/invoices/", "status", code=200, body=answer)
        run = account.run(catalog=catalog(INVOICES), max_retries=0, **VERSIONS)
        assert (run.code, run.records("invoices"), run.versioned) == (1, [], []), answer


def test_invoices_without_columns_of_the_details_need_none(shared: Account) -> None:
    chosen = catalog(["invoices"])
    (stream,) = [one for one in chosen["streams"] if one["tap_stream_id"] == "invoices"]
    for entry in stream["metadata"]:
        if entry["breadcrumb"] and entry["breadcrumb"][1] not in {"id", "workspaceId", "amount"}:
            entry["metadata"]["selected"] = False
    shared.reset()
    run = shared.run(catalog=chosen).ok()
    assert set(run.records("invoices")[0]) == {"id", "workspaceId", "amount"}
    assert not any("/invoices/" in line for line in shared.requests())


def test_without_details(account: Account, world: World) -> None:
    settings: dict[str, Any] = {"catalog": catalog([*INVOICES, "tags"]), "invoice_details": False}
    run = account.run(**settings, **VERSIONS, workspace_ids=[world.main_id]).ok()
    assert details(account) == set()
    expected = keyed(true_rows(world, "invoices"), KEYS["invoices"])
    for key, row in keyed(run.records("invoices"), KEYS["invoices"]).items():
        assert row.items() <= expected[key].items()
        assert {"amount", "status", "workspaceId"} <= row.keys()
    assert len(run.records("invoices")) == len(expected)
    assert run.records("invoice_items") == []
    assert sorted(run.versioned) == ["invoices", "tags"]
    assert "invoice_items: no rows, because invoice_details is off" in run.log


def test_a_quota_in_the_middle_of_invoices_loses_none(account: Account, world: World) -> None:
    tables = catalog(INVOICES)
    copied = Copy()
    settings: dict[str, Any] = {"max_requests_per_hour": 10, "on_quota": "stop", "catalog": tables}
    state: State | None = None
    for _ in range(6):
        world.advance(3700)
        run = copied.load(account.run(state=state, **settings))
        state = run.state
        if run.code == 0:
            break
    assert run.code == 0
    assert copied.differences(world, INVOICES) == {}


def test_everything_after_many_changes(account: Account, world: World) -> None:
    """One copy, kept by runs with table versions, equals the account after anything happened."""
    ids_ = [world.main_id]
    tables = catalog(MORE_TABLES)
    settings: dict[str, Any] = {"catalog": tables, "workspace_ids": ids_, **VERSIONS}
    copied = Copy()
    state = copied.load(account.run(**settings).ok()).state
    world.advance(HOUR)
    main = world.main
    world.rename_user(world.owner_id, "Olivera Renamed")
    for table in (
        *("expense_categories", "expenses", "invoices", "time_off_policies", "assignments"),
        *("time_off_balances", "balance_assignments", "milestones", "webhooks"),
        *("shared_reports", "custom_fields", "holidays"),
    ):
        world.insert_row(world.main_id, table)
        world.delete_row(next(iter(getattr(main, table))))
    world.edit_row(next(iter(main.expenses)), total=12.5, notes="edited")
    world.delete_project(list(main.projects)[1])
    again = copied.load(account.run(**settings, state=state).ok())
    growing = {"approval_requests", "approval_request_entries", "approval_request_expenses", *LOGS}
    whole = {*MORE_TABLES} - growing - {"time_off_requests", "current_user", "user_capacity_days"}
    of_workspaces = {f"workspace_{part}" for part in ("memberships", "currencies", "features")}
    assert whole - of_workspaces <= {*again.versioned}
    for table in whole:
        assert difference(table, true_rows(world, table, world.main_id), copied.rows(table)) == ""
