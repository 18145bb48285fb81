"""One Clockify account as it is now, its clock and switches, and all that can happen to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any, get_type_hints

import msgspec
from msgspec import structs

from sandbox.clockify.account import ADMIN, MEMBER, Builder
from sandbox.clockify.blocks import Timesheet
from sandbox.clockify.instants import DAY, HOUR, duration, iso, seconds
from sandbox.clockify.ledger import Event, Ledger, action_of
from sandbox.clockify.rows import (
    USER_SETTINGS,
    AuditLogEntry,
    InvoicePayment,
    Membership,
    Row,
    TimeEntry,
    User,
)
from sandbox.clockify.switches import Switches
from sandbox.clockify.workspaces import ACCOUNTS, LISTS, PLANS, SIZES, WorkspaceData, converted
from sandbox.service import Clocked

_SWITCHES = {**get_type_hints(Switches), "account_zone": str}


class World(Clocked, Switches):
    """The account; every method is safe to call while the server answers."""

    def __init__(
        self,
        *,
        size: str = "small",
        seed: int = 1,
        now: datetime | None = None,
        account: str | None = None,
        **numbers: int | str | None,
    ) -> None:
        """Make the account up.

        Args:
            size: how much there is, by name.
            seed: makes another account of the same size.
            now: the world's clock; the present unless it is given.
            account: an account of a shape instead of a size, by name.
            numbers: what `Size` is to hold instead; None changes nothing.
        """
        super().__init__(now)
        given: dict[str, Any] = {name: one for name, one in numbers.items() if one is not None}
        chosen = replace(ACCOUNTS[account] if account else SIZES[size], **given)
        self.served: dict[bytes, Any] = {}
        """Lists that were asked for since the last change, serialised, by what was asked."""
        self.started = self.now
        self._window: tuple[int, int] | None = None
        self._builder = Builder(seed, seconds(self.now))
        built = self._builder.account(chosen)
        self.workspaces = {data.row.id: data for data in built}
        self.main_id, *others = self.workspaces
        self.second_id = others[0] if others else ""
        accounts = [*built[0].users, None, None]
        self.owner_id = next(iter(built[0].users))
        self.admin_id, self.member_id = accounts[ADMIN], accounts[MEMBER]
        self._link_memberships()
        self.ledger = Ledger(self.workspaces, seconds(self.started))
        """What was created, updated and deleted."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in _SWITCHES:
            self.served.clear()

    @property
    def main(self) -> WorkspaceData:
        return self.workspaces[self.main_id]

    @property
    def account_zone(self) -> str:
        """The time zone of the owner's profile, in which the owner's time windows are read."""
        return self.zone_of(self.owner_id)

    @account_zone.setter
    def account_zone(self, zone: str) -> None:
        with self._change():
            for data in self._homes(self.owner_id):
                data.users[self.owner_id].settings = {**USER_SETTINGS, "timeZone": zone}

    def zone_of(self, user_id: str) -> str:
        """Return the time zone of a user's profile."""
        settings = next((data.users[user_id].settings for data in self._homes(user_id)), None)
        return str(settings["timeZone"]) if settings else "UTC"

    def entries(self, workspace_id: str, user_id: str) -> list[TimeEntry]:
        """Return a member's time entries, newest start first."""
        return self.workspaces[workspace_id].timesheet(user_id).entries()

    def list_or_text(self, names: list[str]) -> list[str] | str:
        """Spell a list as the switch says."""
        return msgspec.json.encode(names).decode() if self.text_lists else names

    @property
    def window(self) -> tuple[int, int]:
        """What totals are true of: 30 days before and after today, unless set."""
        today = seconds(self.now) // DAY * DAY
        return self._window or (today - 30 * DAY, today + 30 * DAY - 1)

    @property
    def report_window(self) -> tuple[int, int]:
        """What the truth of reports is of: as set, or all up to the end of today."""
        today = seconds(self.now) // DAY * DAY
        return self._window or (seconds("2017-01-01T00:00:00Z"), today + DAY - 1)

    def set_window(self, start: datetime | str, end: datetime | str) -> None:
        self._window = (seconds(start), seconds(end))

    def switch(self, **switches: bool | int | str) -> None:
        """Set switches (omit_last_page, account_zone, ...) by name."""
        for name, value in switches.items():
            if name not in _SWITCHES:
                raise ValueError(f"No such switch: {name}; there are {', '.join(_SWITCHES)}.")
            setattr(self, name, msgspec.convert(value, _SWITCHES[name]))

    def insert_entry(self, workspace_id: str, user_id: str, **fields: object) -> str:
        """Add a time entry (by default the hour before now) and return its id."""
        with self.lock:
            fresh = f"{seconds(self.now):08x}{self._builder.new_id()[8:]}"  # created now
            start = seconds(self.now) - HOUR
            row = {
                "id": fresh,
                "userId": user_id,
                "workspaceId": workspace_id,
                "timeInterval": {"start": iso(start), "end": iso(start + HOUR)},
                **fields,
            }
            data = self.workspaces[workspace_id]
            entry = _entry(row)
            self._put_entry(data, user_id, data.timesheet(user_id), entry)
            return entry.id

    def edit_entry(self, entry_id: str, **fields: object) -> None:
        """Change fields of a time entry; a given timeInterval may hold only what changes."""
        with self.lock:
            data, user_id, index = self._find_entry(entry_id)
            sheet = data.timesheets[user_id]
            before = sheet.row(index)
            row: dict[str, object] = msgspec.json.decode(before, type=dict)
            interval = _mapping(row["timeInterval"])
            given = _mapping(fields.pop("timeInterval", {}))
            if given and "duration" not in given:
                interval.pop("duration")
            entry = _entry({**row, **fields, "timeInterval": {**interval, **given}})
            self._put_entry(data, user_id, sheet.without(index), entry, before)

    def stop_timer(self, entry_id: str, at: datetime | str | None = None) -> None:
        """End a running entry, by default now."""
        self.edit_entry(entry_id, timeInterval={"end": iso(seconds(at or self.now))})

    def delete_entry(self, entry_id: str) -> None:
        with self.lock:
            data, user_id, index = self._find_entry(entry_id)
            sheet = data.timesheets[user_id]
            data.timesheets[user_id] = sheet.without(index)
            self._note_entry(data, sheet.row(index), b"")

    def insert_row(self, workspace_id: str, table: str, **fields: object) -> str:
        """Add a row to one of the LISTS and return its id; it is the owner's and of today."""
        with self._change():
            data, row_id = self.workspaces[workspace_id], self._builder.new_id()
            known, needed = self._known(data, table), structs.fields(LISTS[table])
            lacking = {one.name for one in needed if one.required} & known.keys() - fields.keys()
            data.add(table, row_id, **{name: known[name] for name in lacking}, **fields)
            return row_id

    def edit_row(self, row_id: str, **fields: object) -> None:
        """Change fields of a listed row; a client's new name shows on its projects too."""
        with self._change():
            data, table = self._find_row(row_id)
            rows: dict[str, Row] = getattr(data, table)
            merged = {**msgspec.to_builtins(rows[row_id]), **fields}
            rows[row_id] = converted(merged, LISTS[table], fields)
            if table == "clients" and "name" in fields:
                for project in data.projects.values():
                    if project.clientId == row_id:
                        project.clientName = str(fields["name"])

    def delete_row(self, row_id: str) -> None:
        """Remove a listed row; time entries that name it stay as they are."""
        with self._change():
            data, table = self._find_row(row_id)
            del getattr(data, table)[row_id]
            if table == "time_off_policies":
                _drop(data, ("time_off_balances", "balance_assignments"), "policyId", row_id)

    def delete_project(self, project_id: str) -> None:
        """Remove a project, its tasks and assignments; time entries that name it stay."""
        with self._change():
            for data in self.workspaces.values():
                if data.projects.pop(project_id, None):
                    _drop(data, ("tasks", "assignments", "milestones"), "projectId", project_id)

    def insert_user(self, workspace_id: str, name: str, **fields: object) -> str:
        with self._change():
            user_id = str(fields.get("id") or self._builder.new_id())
            known = {
                "id": user_id,
                "email": f"{user_id}@example.test",
                "name": name,
                "activeWorkspace": workspace_id,
                "defaultWorkspace": workspace_id,
                "settings": {**USER_SETTINGS},
            }
            data = self.workspaces[workspace_id]
            data.users[user_id] = converted({**known, **fields}, User, fields)
            joined = Membership(userId=user_id, targetId=workspace_id, membershipType="WORKSPACE")
            data.row.memberships.append(joined)
            return user_id

    def rename_user(self, user_id: str, name: str) -> None:
        with self._change():
            for data in self._homes(user_id):
                data.users[user_id].name = name

    def remove_user(self, workspace_id: str, user_id: str) -> None:
        """Remove a member, its places in projects and groups; its entries become unreachable."""
        with self._change():
            data = self.workspaces[workspace_id]
            data.former[user_id] = data.users.pop(user_id)
            for memberships in data.membership_lists():
                memberships[:] = [one for one in memberships if one.userId != user_id]
            for group in data.user_groups.values():
                group.userIds = [member for member in group.userIds if member != user_id]
            theirs = ("time_off_balances", "balance_assignments", "assignments")
            _drop(data, theirs, "userId", user_id)

    def set_features(self, workspace_id: str, features: list[str]) -> None:
        with self._change():
            self.workspaces[workspace_id].row.features = list(features)

    def set_plan(self, workspace_id: str, plan: str) -> None:
        """Change the workspace's plan and with it its features: FREE, STANDARD, PRO, ENTERPRISE."""
        name, features = PLANS[plan]
        self.workspaces[workspace_id].row.featureSubscriptionType = name
        self.set_features(workspace_id, features)

    def set_state(self, row_id: str, state: str, note: str | None = None) -> None:
        """Decide now, as the owner, about an approval request or a time off request.

        Approved time off is taken from its balance.
        """
        with self._change():
            data, table = self._find_row(row_id)
            owner, now = data.users[self.owner_id], iso(seconds(self.now))
            if table == "approval_requests":
                status = data.approval_requests[row_id].status
                status.state, status.note, status.updatedAt = state, note, now
                status.updatedBy, status.updatedByUserName = owner.id, owner.name
                return
            request = data.time_off_requests[row_id]
            decided = request.status
            if state == "APPROVED" != decided.statusType:
                for balance in data.time_off_balances.values():
                    if (balance.userId, balance.policyId) == (request.userId, request.policyId):
                        balance.used += request.balanceDiff
            away = data.users.get(request.userId)
            decided.statusType, decided.note, decided.changedAt = state, note, now
            decided.changedByUserId, decided.changedByUserName = owner.id, owner.name
            decided.changedForUserName = away.name if away else None

    def insert_payment(self, invoice_id: str, amount: int, **fields: object) -> str:
        """Pay (a part of) an invoice, minor units, and return the payment's id."""
        with self._change():
            data, _table = self._find_row(invoice_id)
            known = {"id": self._builder.new_id(), "amount": amount, "date": iso(seconds(self.now))}
            payment = converted({**known, **fields}, InvoicePayment, fields)
            data.invoices[invoice_id].payments.append(payment)
            return payment.id

    def insert_audit_log(self, workspace_id: str, action: str, **fields: object) -> None:
        """Write a row into the audit log, by default the owner's and of now."""
        with self.lock:
            data = self.workspaces[workspace_id]
            owner = data.users.get(self.owner_id) or data.former[self.owner_id]
            known = {
                "action": action,
                "timestamp": iso(seconds(self.now)),
                "userId": owner.id,
                "userName": owner.name,
                "userEmail": owner.email,
                "workspaceId": workspace_id,
            }
            data.audit_log.append(converted({**known, **fields}, AuditLogEntry, fields))
            self.served.clear()

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Note what a mutation changes: in memberships, the feeds and the audit log."""
        with self.lock:
            yield
            self._link_memberships()
            self.served.clear()
            self.ledger.compare(seconds(self.now), self._log)

    def _put_entry(
        self,
        data: WorkspaceData,
        user_id: str,
        others: Timesheet,
        entry: TimeEntry,
        before: bytes = b"",
    ) -> None:
        written = msgspec.json.encode(entry)
        data.timesheets[user_id] = others.with_entry(seconds(entry.timeInterval.start), written)
        self._note_entry(data, before, written)

    def _note_entry(self, data: WorkspaceData, before: bytes, after: bytes) -> None:
        """Note in feeds and audit log what became of a time entry."""
        self.served.clear()
        self.ledger.entry(seconds(self.now), data.row.id, before, after)
        event: Event = "updated" if before and after else "created" if after else "deleted"
        self._log(data, "TIME_ENTRY", event, before, after)

    def _log(
        self, data: WorkspaceData, kind: str, event: Event, before: bytes, after: bytes
    ) -> None:
        """Write a change into the audit log, as the owner's."""
        text = msgspec.json.decode(after or before, type=dict[str, object])
        other = text.get("userId", self.owner_id) != self.owner_id
        action = action_of(kind, event, other=other)
        if action is None:
            return
        texts = {"content": after.decode() or None, "previousContent": before.decode() or None}
        self.insert_audit_log(data.row.id, action, **texts)

    def _link_memberships(self) -> None:
        """Give each user what the workspace, its projects and its groups say about it."""
        for data in self.workspaces.values():
            for user in data.users.values():
                user.memberships = []
            for membership in chain.from_iterable(data.membership_lists()):
                if membership.userId in data.users:
                    data.users[membership.userId].memberships.append(membership)
            for group in data.user_groups.values():
                for user_id in filter(data.users.__contains__, group.userIds):
                    data.users[user_id].memberships.append(
                        Membership(userId=user_id, targetId=group.id, membershipType="USERGROUP")
                    )

    def _homes(self, user_id: str) -> list[WorkspaceData]:
        return [data for data in self.workspaces.values() if user_id in data.users]

    def _find_entry(self, entry_id: str) -> tuple[WorkspaceData, str, int]:
        for data in self.workspaces.values():
            for user_id, sheet in data.timesheets.items():
                index = sheet.find(entry_id)
                if index is not None:
                    return data, user_id, index
        raise KeyError(entry_id)

    def _find_row(self, row_id: str) -> tuple[WorkspaceData, str]:
        for data in self.workspaces.values():
            for table in LISTS:
                if row_id in getattr(data, table):
                    return data, table
        raise KeyError(row_id)

    def _known(self, data: WorkspaceData, table: str) -> dict[str, object]:
        """Return what a new row holds where its mutation does not say."""
        now, today = iso(seconds(self.now)), seconds(self.now) // DAY * DAY
        day, period = iso(today)[:10], {"start": iso(today), "end": iso(today + DAY - 1)}
        whose = ("userId", "requesterUserId", "ownerId", "creatorId", "reportAuthor")
        return {
            **dict.fromkeys(whose, self.owner_id),
            "name": "New",
            "type": "TXT",
            "projectId": next(iter(data.projects), ""),
            "policyId": next(iter(data.time_off_policies), ""),
            "date": iso(today) if table == "milestones" else day,
            "datePeriod": {"startDate": day, "endDate": day},
            "issuedDate": iso(today),
            "dueDate": iso(today + 30 * DAY),
            "createdAt": now,
            **dict.fromkeys(("period", "dateRange"), period),
            "timeOffPeriod": {"period": period},
            "status": {"updatedAt": now},
        }


def _drop(data: WorkspaceData, tables: tuple[str, ...], name: str, value: str) -> None:
    """Remove the rows that refer to something that is gone."""
    for table in tables:
        rows: dict[str, Row] = getattr(data, table)
        for row_id in [row.id for row in rows.values() if getattr(row, name) == value]:
            del rows[row_id]


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"An object is expected, not {type(value).__name__}.")
    return dict(value)


def _entry(row: Mapping[str, object]) -> TimeEntry:
    """Make a time entry, its duration worked out unless it is given."""
    interval = _mapping(row["timeInterval"])
    if interval.get("end") and "duration" not in interval:
        length = seconds(str(interval["end"])) - seconds(str(interval["start"]))
        interval["duration"] = duration(length)
    values = row.get("customFieldValues")
    if isinstance(values, list):
        values = [{"timeEntryId": row["id"], **_mapping(value)} for value in values]
    full = {**row, "timeInterval": interval, "customFieldValues": values}
    return converted(full, TimeEntry, row)
