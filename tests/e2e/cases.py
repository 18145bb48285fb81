"""Each tap over its sandbox: how it is pointed there, what happens there, what should be loaded."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from sandbox.perform import truth as perform
from tests.e2e.compare import CLICKTIME, CLOCKIFY
from tests.perform.runs import Account, comparable, expected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox import Sandbox

Variables = dict[str, str]

EXACT = {"TARGET_POSTGRES_USE_COPY": "false"}
"""The loader's COPY takes decimals through binary floating point: 15 digits arrive unharmed."""


class Case:
    """A tap over its sandbox."""

    tap: str
    tables: Sequence[str]
    gone: Sequence[str] = ()
    """Tables whose rows `remove` and `disturb` concern."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def environment(self) -> Variables:
        """Return what points the tap at the sandbox."""
        raise NotImplementedError

    def differences(self, database: str, schema: str) -> list[str]:
        """Return what differs between what is loaded and what the sandbox has; empty if equal."""
        raise NotImplementedError

    @classmethod
    def versions(cls) -> Variables:
        """Return the settings with which rows that are gone go."""
        name = f"{cls.tap.replace('-', '_')}_emit_activate_version_messages"
        return {name: "true", "target_postgres_hard_delete": "true"}

    def first(self) -> Variables:
        """Answer in one way; return the settings of the first run."""
        return {}

    def second(self) -> Variables:
        """Answer in another way; return the settings of the second run."""
        return {}

    def change(self) -> None:
        """Let rows come and change, as far as the next run sees it."""

    def spoil(self) -> str:
        """Let whole tables come empty, or not at all; return what the run says then."""
        raise NotImplementedError

    def remove(self) -> None:
        """Let rows go."""

    def disturb(self, *, on: bool) -> None:
        """Let requests fail, or no longer."""


class Clockify(Case):
    tap = "tap-clockify"
    tables = CLOCKIFY.tables
    gone = ("time_entries", "time_entry_tags", "tasks")

    def environment(self) -> Variables:
        return {
            "TAP_CLOCKIFY_API_URL": f"{self.sandbox.url}/clockify/api/v1",
            "TAP_CLOCKIFY__SELECT": json.dumps([f"{table}.*" for table in self.tables]),
        }

    def differences(self, database: str, schema: str) -> list[str]:
        return CLOCKIFY.differences(database, schema, self.sandbox.clockify)

    def _recent(self) -> list[str]:
        """Return ids of the main workspace's entries of the last three weeks, newest first."""
        world = self.sandbox.clockify
        oldest = f"{world.now - timedelta(days=21):%Y-%m-%d}"
        rows = [
            (row["start"], row["id"])
            for row in CLOCKIFY.truth(world, "time_entries")
            if row["workspaceId"] == world.main_id and row["timeInterval"]["end"]
        ]
        return [ident for start, ident in sorted(rows, reverse=True) if start > oldest]

    def change(self) -> None:
        world = self.sandbox.clockify
        owner, other = world.owner_id, list(world.main.users.values())[3].id
        tags = [tag.id for tag in world.main.tags.values()]
        for number, ident in enumerate(self._recent()[:20]):
            world.edit_entry(ident, description=f"edited {number}", tagIds=tags[: number % 4])
            world.edit_entry(ident, customFieldValues=None if number % 2 else [])
        for number in range(15):
            begin = world.now - timedelta(days=2, hours=-number)
            interval = {"start": begin, "end": begin + timedelta(minutes=30)}
            world.insert_entry(
                world.main_id,
                owner if number % 2 else other,
                description=f"new {number}",
                tagIds=tags[:2],
                timeInterval={name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in interval.items()},
            )
        for row in CLOCKIFY.truth(world, "time_entries"):
            if row["timeInterval"]["end"] is None:
                world.stop_timer(row["id"])
        world.edit_row(next(iter(world.main.projects)), name="Renamed")

    def spoil(self) -> str:
        answer = {"code": 200, "body": "[]", "headers": {"Last-Page": "true"}}
        for table in ("projects", "clients", "tags"):
            self.sandbox.faults.add(route=f"/{table}", kind="status", times=0, **answer)
        return "shrank from"

    def remove(self) -> None:
        world = self.sandbox.clockify
        for ident in self._recent()[:25]:
            world.delete_entry(ident)
        world.delete_project(next(iter(world.main.projects.values())).id)
        world.delete_row(next(iter(world.main.tags.values())).id)

    def disturb(self, *, on: bool) -> None:
        world, faults = self.sandbox.clockify, self.sandbox.faults
        world.switch(hydrated_ignored=on)
        faults.clear()
        if on:
            member = list(world.main.users.values())[-1].id
            project = list(world.main.projects.values())[-1].id
            faults.add(route=f"/user/{member}/time-entries", kind="status", code=500, times=0)
            faults.add(route=f"/projects/{project}/tasks", kind="truncate_body", times=0)


class ClickTime(Case):
    tap = "tap-clicktime"
    tables = CLICKTIME.tables
    gone = ("time_entries",)

    def environment(self) -> Variables:
        url = f"{self.sandbox.url}/clicktime/odata"
        return {"TAP_CLICKTIME_SERVICE_URL": url, "TAP_CLICKTIME_PAGE_SIZE": "100", **EXACT}

    def differences(self, database: str, schema: str) -> list[str]:
        return CLICKTIME.differences(database, schema, self.sandbox.clicktime)

    def first(self) -> Variables:
        switches = self.sandbox.clicktime.switches
        switches.numbers, switches.link_form = "string", "relative"
        return {}

    def second(self) -> Variables:
        switches = self.sandbox.clicktime.switches
        switches.numbers, switches.link_form = "number", "absolute"
        return {"tap_clicktime_max_concurrency": "8"}

    def _recent(self) -> list[str]:
        """Return ids of the entries of the last three weeks, newest first."""
        world = self.sandbox.clicktime
        oldest = f"{world.now - timedelta(days=21):%Y-%m-%d}"
        rows = CLICKTIME.truth(world, "time_entries")
        recent = [row for row in rows if row["Date"] and row["Date"] > oldest]
        return [row["ID"] for row in sorted(recent, key=lambda row: str(row["Date"]), reverse=True)]

    def change(self) -> None:
        world = self.sandbox.clicktime
        for number, ident in enumerate(self._recent()[:20]):
            world.edit_entry(ident, Comment=f"edited {number}", Hours=f"{number}.25")
            world.edit_entry(ident, CustomFields=None if number % 2 else {"PO Number": f"{number}"})
        for number in range(15):
            day = world.now - timedelta(days=number)
            world.insert_entry(Date=f"{day:%Y-%m-%d}", Comment=f"new {number}", Hours="0.10")
        world.insert_entry(Date=None, Comment="without a date", Hours="1.00")

    def spoil(self) -> str:
        answer = {"code": 200, "body": '{"value":[]}'}
        for name in ("Users", "Jobs", "Clients", "Tasks", "Divisions", "Timesheets", "Allocations"):
            self.sandbox.faults.add(route=f"/odata/{name}", kind="status", times=0, **answer)
        return "shrank from"

    def remove(self) -> None:
        for ident in self._recent()[:20]:
            self.sandbox.clicktime.delete_entry(ident)

    def disturb(self, *, on: bool) -> None:
        faults = self.sandbox.faults
        faults.clear()
        if on:
            faults.add(route="/TimeEntries", kind="truncate_body", after=4, times=0)


class Perform(Case):
    tap = "tap-perform"
    tables = perform.TABLES
    stale = {  # noqa: RUF012 - read only
        "wbs_export": (200, "text"),
        "docket_export": (202, "json"),
        "discussion": (404, "html"),
        "person_export": (500, "json_errors"),
        "custom_cost_report": (503, "csv_row"),
    }

    def environment(self) -> Variables:
        projects = self.sandbox.perform.projects(self.sandbox.url)
        return {"TAP_PERFORM_PROJECTS": json.dumps(projects), **EXACT}

    def differences(self, database: str, schema: str) -> list[str]:
        streams = Account(self.sandbox).discovered()["streams"]
        schemas = {one["tap_stream_id"]: one["schema"]["properties"] for one in streams}
        found = []
        with psycopg.connect(database, row_factory=dict_row) as connection:
            for table in self.tables:
                rows = connection.execute(f'select * from "{schema}"."{table}"').fetchall()
                held = Counter(comparable(_as_record(row)) for row in rows)
                true = expected(self.sandbox.perform, table, schemas[table])
                served = Counter(map(comparable, true))
                if held != served:
                    found.append(f"{table}: {[*(served - held)][:1]}, {[*(held - served)][:1]}")
        return found

    def first(self) -> Variables:
        for clip, (status, form) in self.stale.items():
            self.sandbox.perform.set_clip(clip, 1, stale=1, stale_status=status, stale_form=form)
        return {}

    def second(self) -> Variables:
        self.sandbox.perform.switch(format="array", json_cells="typed")
        return self.versions()

    def change(self) -> None:
        world = self.sandbox.perform
        for project in (1, 2):
            world.delete_row(project, "resource_usage_export", 7)
            world.edit_row(project, "wbs_export", 3, {"WBS Name": "Renamed, once"})
            world.copy_row(project, "tagged_item_completions", 5)
            world.delete_row(project, "activity_export", 11)
            world.shuffle(project, "docket_export")
        world.insert_row(2, "custom_cost_report", {"Ledger Id": "L-9999", "Budget": "0.10"})
        world.insert_row(1, "discussion", {"Comment": "new\nline"})

    def spoil(self) -> str:
        world = self.sandbox.perform
        world.set_clip("wbs_export", 1, stale=-1, stale_retry_after="0")
        world.set_clip("discussion", body="html")
        world.set_clip("docket_export", 1, cut="half")
        world.set_clip("resource", 2, refuse=403)
        world.shrink(1, "snapshot_export", 0.1)
        world.set_clip("event_export", 1, body="header_only")
        return "Extractor failed"


def _as_record(row: dict[str, Any]) -> dict[str, object]:
    """Return a row as a record holds it, without the loader's own columns."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
        if not name.startswith("_sdc_")
    }


CASES = (Clockify, ClickTime, Perform)
