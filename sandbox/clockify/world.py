"""What can change in the account: time entries, listed rows, members, plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from sandbox.clockify.audit_log import AuditLogEntry
from sandbox.clockify.inserted import LISTS, known
from sandbox.clockify.instants import duration, iso, seconds
from sandbox.clockify.invoices import InvoicePayment
from sandbox.clockify.plans import PLANS
from sandbox.clockify.rows import Membership, Row, TimeEntry, User
from sandbox.clockify.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.clockify.ledger import Event
    from sandbox.clockify.workspaces import WorkspaceData

RowT = TypeVar("RowT", bound=Row)


class World(State):
    """One Clockify account and everything that can happen to it."""

    def insert_entry(self, workspace_id: str, user_id: str, **fields: object) -> str:
        """Add a time entry (by default the hour before now) and return its id."""
        with self.lock:
            _check_names(TimeEntry, fields)
            fresh = f"{seconds(self.now):08x}{self._builder.new_id()[8:]}"  # created now
            entry_id = str(fields.pop("id", None) or fresh)
            start = seconds(self.now) - 3600
            row: dict[str, object] = {
                **dict.fromkeys(TimeEntry.__struct_fields__),
                "id": entry_id,
                "userId": user_id,
                "workspaceId": workspace_id,
                "billable": False,
                "isLocked": False,
                "type": "REGULAR",
                "timeInterval": {"start": iso(start), "end": iso(start + 3600)},
                **fields,
            }
            data = self.workspaces[workspace_id]
            sheet = self.timesheet(workspace_id, user_id)
            start, written = _serialised(row)
            data.timesheets[user_id] = sheet.with_entry(start, written)
            self._note_entry(data, None, written)
            return entry_id

    def edit_entry(self, entry_id: str, **fields: object) -> None:
        """Change fields of a time entry; a given timeInterval may hold only what changes."""
        _check_names(TimeEntry, fields)
        with self.lock:
            data, user_id, index = self._find_entry(entry_id)
            sheet = data.timesheets[user_id]
            before = sheet.row(index)
            row: dict[str, object] = msgspec.json.decode(before, type=dict)
            interval = _mapping(row["timeInterval"])
            given = _mapping(fields.pop("timeInterval", {}))
            if given and "duration" not in given:
                interval.pop("duration")
            row |= {**fields, "timeInterval": {**interval, **given}}
            start, written = _serialised(row)
            data.timesheets[user_id] = sheet.without(index).with_entry(start, written)
            self._note_entry(data, before, written)

    def stop_timer(self, entry_id: str, at: datetime | str | None = None) -> None:
        """End a running entry, by default now."""
        self.edit_entry(entry_id, timeInterval={"end": iso(seconds(at or self.now))})

    def delete_entry(self, entry_id: str) -> None:
        """Remove a time entry."""
        with self.lock:
            data, user_id, index = self._find_entry(entry_id)
            before = data.timesheets[user_id].row(index)
            data.timesheets[user_id] = data.timesheets[user_id].without(index)
            self._note_entry(data, before, None)

    def insert_row(self, workspace_id: str, table: str, **fields: object) -> str:
        """Add a row to one of the LISTS and return its id; it is the owner's and of today."""
        with self.lock:
            row_type = LISTS[table]
            _check_names(row_type, fields)
            row_id = str(fields.pop("id", None) or self._builder.new_id())
            data = self.workspaces[workspace_id]
            row = msgspec.convert({**known(self, data, table, row_id), **fields}, row_type)
            self._list(data, table)[row_id] = row
            self._changed()
            return row_id

    def edit_row(self, row_id: str, **fields: object) -> None:
        """Change fields of a listed row; a client's new name shows on its projects too."""
        with self.lock:
            data, table = self._find_row(row_id)
            rows = self._list(data, table)
            _check_names(LISTS[table], fields)
            merged = {**_mapping(msgspec.to_builtins(rows[row_id])), **fields}
            rows[row_id] = msgspec.convert(merged, LISTS[table])
            if table == "clients" and "name" in fields:
                for project in data.projects.values():
                    if project.clientId == row_id:
                        project.clientName = str(fields["name"])
            self._changed()

    def rename(self, row_id: str, name: str) -> None:
        """Rename a client, project, task, tag or user group."""
        self.edit_row(row_id, name=name)

    def delete_row(self, row_id: str) -> None:
        """Remove a listed row; time entries that name it stay as they are."""
        with self.lock:
            data, table = self._find_row(row_id)
            del self._list(data, table)[row_id]
            if table == "time_off_policies":
                _drop(data.time_off_balances, "policyId", row_id)
                _drop(data.balance_assignments, "policyId", row_id)
            self._changed()

    def delete_project(self, project_id: str) -> None:
        """Remove a project, its tasks and assignments; time entries that name it stay."""
        with self.lock:
            for data in self.workspaces.values():
                if data.projects.pop(project_id, None):
                    _drop(data.tasks, "projectId", project_id)
                    _drop(data.assignments, "projectId", project_id)
                    _drop(data.milestones, "projectId", project_id)
            self._changed()

    def insert_user(self, workspace_id: str, name: str, **fields: object) -> str:
        """Add a member and return the user's id."""
        _check_names(User, fields)
        with self.lock:
            user_id = str(fields.pop("id", None) or self._builder.new_id())
            known = {
                "id": user_id,
                "email": f"{user_id}@example.test",
                "name": name,
                "activeWorkspace": workspace_id,
                "defaultWorkspace": workspace_id,
                "settings": {},
            }
            data = self.workspaces[workspace_id]
            data.users[user_id] = msgspec.convert({**known, **fields}, User)
            joined = Membership(userId=user_id, targetId=workspace_id, membershipType="WORKSPACE")
            data.row.memberships.append(joined)
            self._changed()
            return user_id

    def rename_user(self, user_id: str, name: str) -> None:
        """Rename an account in every workspace."""
        with self.lock:
            for data in self._homes(user_id):
                data.users[user_id].name = name
            self._changed()

    def set_member_status(self, workspace_id: str, user_id: str, status: str) -> None:
        """Change a member's standing in a workspace: ACTIVE, INACTIVE, PENDING, DECLINED."""
        with self.lock:
            for membership in self.workspaces[workspace_id].row.memberships:
                if membership.userId == user_id:
                    membership.membershipStatus = status
            self._changed()

    def remove_user(self, workspace_id: str, user_id: str) -> None:
        """Remove a member, its places in projects and groups; its entries become unreachable."""
        with self.lock:
            data = self.workspaces[workspace_id]
            data.former[user_id] = data.users.pop(user_id)
            for memberships in data.membership_lists():
                memberships[:] = [one for one in memberships if one.userId != user_id]
            for group in data.user_groups.values():
                group.userIds = [member for member in group.userIds if member != user_id]
            _drop(data.time_off_balances, "userId", user_id)
            _drop(data.balance_assignments, "userId", user_id)
            _drop(data.assignments, "userId", user_id)
            self._changed()

    def set_features(self, workspace_id: str, features: list[str]) -> None:
        """Change what the workspace's plan includes."""
        with self.lock:
            self.workspaces[workspace_id].row.features = list(features)
            self._changed()

    def set_plan(self, workspace_id: str, plan: str) -> None:
        """Change the workspace's plan and with it its features: FREE, STANDARD, PRO, ENTERPRISE."""
        name, features = PLANS[plan]
        with self.lock:
            self.workspaces[workspace_id].row.featureSubscriptionType = name
        self.set_features(workspace_id, features)

    def set_state(self, row_id: str, state: str, note: str | None = None) -> None:
        """Decide now, as the owner, about an approval request or a time off request.

        Approved time off is taken from its balance.
        """
        with self.lock:
            data, table = self._find_row(row_id)
            owner, now = data.users[self.owner_id], iso(seconds(self.now))
            if table == "approval_requests":
                status = data.approval_requests[row_id].status
                status.state, status.note, status.updatedAt = state, note, now
                status.updatedBy, status.updatedByUserName = owner.id, owner.name
            else:
                request = data.time_off_requests[row_id]
                decided = request.status
                if state == "APPROVED" != decided.statusType:
                    for balance in data.time_off_balances.values():
                        if (balance.userId, balance.policyId) == (request.userId, request.policyId):
                            balance.used += request.balanceDiff
                decided.statusType, decided.note, decided.changedAt = state, note, now
                decided.changedByUserId, decided.changedByUserName = owner.id, owner.name
                away = data.users.get(request.userId)
                decided.changedForUserName = away.name if away else None
            self._changed()

    def insert_payment(self, invoice_id: str, amount: int, **fields: object) -> str:
        """Pay (a part of) an invoice, minor units, and return the payment's id."""
        _check_names(InvoicePayment, fields)
        with self.lock:
            data, _table = self._find_row(invoice_id)
            payment_id = str(fields.pop("id", None) or self._builder.new_id())
            paid = {"id": payment_id, "amount": amount, "date": iso(seconds(self.now)), **fields}
            payment = msgspec.convert(paid, InvoicePayment)
            data.invoices[invoice_id].payments.append(payment)
            self._changed()
            return payment_id

    def delete_payment(self, payment_id: str) -> None:
        """Take a payment back."""
        with self.lock:
            for data in self.workspaces.values():
                for invoice in data.invoices.values():
                    kept = [one for one in invoice.payments if one.id != payment_id]
                    if len(kept) < len(invoice.payments):
                        invoice.payments = kept
                        self._changed()
                        return
        raise KeyError(payment_id)

    def insert_audit_log(self, workspace_id: str, action: str, **fields: object) -> None:
        """Write a row into the audit log, by default the owner's and of now."""
        _check_names(AuditLogEntry, fields)
        with self.lock:
            data = self.workspaces[workspace_id]
            owner = data.users[self.owner_id]
            row = {
                "action": action,
                "timestamp": iso(seconds(self.now)),
                "userId": owner.id,
                "userName": owner.name,
                "userEmail": owner.email,
                "workspaceId": workspace_id,
                **fields,
            }
            data.audit_log.append(msgspec.convert(row, AuditLogEntry))

    def _note_entry(self, data: WorkspaceData, before: bytes | None, after: bytes | None) -> None:
        """Note in feeds, audit log and reports what became of a time entry."""
        self.reports.clear()
        self.ledger.entry(data.row.id, before, after)
        event: Event = "updated" if before and after else "created" if after else "deleted"
        self._log(data, "TIME_ENTRY", event, before or b"", after or b"")

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
                if row_id in self._list(data, table):
                    return data, table
        raise KeyError(row_id)

    def _list(self, data: WorkspaceData, table: str) -> dict[str, Row]:
        rows: dict[str, Row] = getattr(data, table)
        return rows


def _drop(rows: dict[str, RowT], name: str, value: str) -> None:
    """Remove the rows that refer to something that is gone."""
    for row_id in [row.id for row in rows.values() if getattr(row, name) == value]:
        del rows[row_id]


def _check_names(row_type: type[msgspec.Struct], fields: Mapping[str, object]) -> None:
    unknown = fields.keys() - set(row_type.__struct_fields__)
    if unknown:
        raise TypeError(f"{row_type.__name__} has no {', '.join(sorted(unknown))}.")


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"An object is expected, not {type(value).__name__}.")
    return dict(value)


def _serialised(row: Mapping[str, object]) -> tuple[int, bytes]:
    """Check a time entry's fields, work out its duration, return its start and its JSON."""
    interval = _mapping(row["timeInterval"])
    start, end = str(interval["start"]), interval.get("end")
    computed = duration(seconds(str(end)) - seconds(start)) if end else None
    interval = {"start": start, "end": end, "duration": interval.get("duration", computed)}
    entry_id = str(row["id"])
    values = row["customFieldValues"]
    if isinstance(values, list):
        defaults = {"timeEntryId": entry_id, "name": "", "type": "TXT", "sourceType": None}
        values = [{**defaults, **_mapping(value)} for value in values]
    full = {**row, "timeInterval": interval, "customFieldValues": values}
    entry = msgspec.convert(full, TimeEntry)
    return seconds(start), msgspec.json.encode(entry)
