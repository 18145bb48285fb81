"""Which table of this tap has what each table of other Clockify connectors has.

A table of ours may be followed by the column in which another connector's table is found whole,
after a dot. Of Fivetran's child tables only those are here whose names are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.kondado import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

_SINGER = {
    "workspaces": "workspaces",
    "users": "users",
    "clients": "clients",
    "projects": "projects",
    "tags": "tags",
    "tasks": "tasks",
    "time_entries": "time_entries",
}

PEERS: dict[str, dict[str, str]] = {
    "tap-clockify on PyPI": _SINGER,
    "immuta": _SINGER,
    "quantile": _SINGER,
    "hotglue": _SINGER,
    "Airbyte": {
        "users": "users",
        "projects": "projects",
        "clients": "clients",
        "tags": "tags",
        "user_groups": "user_groups",
        "time_entries": "time_entries",
        "tasks": "tasks",
    },
    "PostHog": {
        **_SINGER,
        "custom_fields": "custom_fields",
        "expenses": "expenses",
        "expense_categories": "expense_categories",
        "invoices": "invoices",
        "invoice_payments": "invoice_payments",
        "time_off_requests": "time_off_requests",
    },
    "Fivetran": {
        "workspace": "workspaces",
        "workspace_feature": "workspaces.features",
        "workspace_currency": "workspace_currencies",
        "users": "users",
        "groups": "user_groups",
        "client": "clients",
        "project": "projects",
        "tags": "tags",
        "task": "tasks",
        "holiday": "holidays",
        "invoice": "invoices",
        "time_entry": "time_entries",
        "approval_request": "approval_requests",
        "assignment": "assignments",
        "time_entry_report": "detailed_report",
        "team_report": "attendance_report",
    },
    "Skyvia": {
        "Assignments": "assignments",
        "Clients": "clients",
        "ExpenseCategories": "expense_categories",
        "Expenses": "expenses",
        "Holidays": "holidays",
        "Invoices": "invoices",
        "MemberProfile": "member_profiles",
        "Payments": "invoice_payments",
        "Policies": "time_off_policies",
        "Projects": "projects",
        "Tags": "tags",
        "Tasks": "tasks",
        "TimeEntryForUsers": "time_entries",
        "TotalCapacityForUser": "user_capacity_totals",
        "UserGroups": "user_groups",
        "Users": "users",
        "Workspaces": "workspaces",
    },
    "Kondado": {table: next(iter(columns.values()))[0] for table, columns in COLUMNS.items()},
    "IngestData": {
        "workspaces": "workspaces",
        "user": "current_user",
        "workspace_users": "users",
        "groups": "user_groups",
        "projects": "projects",
        "clients": "clients",
        "tags": "tags",
        "tasks": "tasks",
        "time_entries": "time_entries",
        "time_entries_in_progress": "time_entries.timeInterval.end",
        "expenses": "expenses",
        "expense_categories": "expense_categories",
        "invoices": "invoices",
        "approval_requests": "approval_requests",
        "holidays": "holidays",
        "custom_fields": "custom_fields",
        "policies": "time_off_policies",
    },
    "dltHub's scaffold": {
        "workspaces": "workspaces",
        "projects": "projects",
        "time entries": "time_entries",
        "clients": "clients",
        "tags": "tags",
    },
}
"""Connector -> its table -> our table, or our table and column."""


def table(streams: Sequence[str]) -> str:
    """Return the tables of other connectors beside ours, in Markdown.

    Args:
        streams: the names of our tables, in the order of the rows.
    """
    columns: list[tuple[list[str], dict[str, str]]] = []
    for peer, covered in PEERS.items():
        same = next((peers for peers, known in columns if known == covered), None)
        if same is None:
            columns.append(([peer], covered))
        else:
            same.append(peer)
    heads = ["here", *(", ".join(peers) for peers, _ in columns)]
    lines = [_row(heads), _row(["---"] * len(heads))]
    alone = []
    for stream in streams:
        cells = [_cell(stream, covered) for _, covered in columns]
        if any(cells):
            lines.append(_row([f"`{stream}`", *cells]))
        else:
            alone.append(f"`{stream}`")
    return "\n".join([*lines, "", f"Under no known name of theirs: {', '.join(alone)}.", ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(stream: str, covered: dict[str, str]) -> str:
    """Return what a connector calls a table of ours, with the column if it is one column of it."""
    found = []
    for theirs, ours in covered.items():
        name, _, column = ours.partition(".")
        if name == stream:
            found.append(f"`{theirs}` (`{column}`)" if column else f"`{theirs}`")
    return ", ".join(found)
