"""Which page of `docs/` describes the columns of which table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Topic(NamedTuple):
    """A page of tables that belong together.

    Attributes:
        page: its file, without the extension.
        title: its heading.
        text: what its tables answer, in a sentence or two.
        tables: their names in the order of the page; empty takes all.
        drawn: the tables of its diagram; empty draws all that join. Tables that hold copies of
            others, such as reports, would hide how those join.
    """

    page: str
    title: str
    text: str
    tables: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()


CLOCKIFY = (
    Topic(
        "time",
        "Columns: time",
        "Who worked when, on what, and what was handed in for approval.",
        (
            "time_entries",
            "time_entry_tags",
            "time_entry_custom_fields",
            "projects",
            "tasks",
            "clients",
            "tags",
            "custom_fields",
            "project_custom_fields",
            "approval_requests",
            "approval_request_entries",
            "detailed_report",
            "user_day_totals",
            "attendance_report",
        ),
        (
            "time_entries",
            "time_entry_tags",
            "time_entry_custom_fields",
            "projects",
            "tasks",
            "clients",
            "tags",
            "custom_fields",
            "approval_requests",
            "approval_request_entries",
        ),
    ),
    Topic(
        "money",
        "Columns: money",
        "What was spent, invoiced and paid.",
        (
            "expenses",
            "expense_categories",
            "expense_report",
            "approval_request_expenses",
            "invoices",
            "invoice_items",
            "invoice_payments",
            "workspace_currencies",
        ),
        (
            "expenses",
            "expense_categories",
            "projects",
            "clients",
            "invoices",
            "invoice_items",
            "invoice_payments",
            "time_entries",
            "approval_request_expenses",
        ),
    ),
    Topic(
        "plans",
        "Columns: plans and absence",
        "Who is planned for what, who could work how much, and who is away.",
        (
            "assignments",
            "project_assignment_totals",
            "user_capacity_totals",
            "user_capacity_days",
            "holidays",
            "time_off_policies",
            "time_off_requests",
            "time_off_balances",
            "balance_assignments",
        ),
        (
            "assignments",
            "projects",
            "clients",
            "tasks",
            "time_off_policies",
            "time_off_requests",
            "time_off_balances",
            "balance_assignments",
        ),
    ),
    Topic(
        "access",
        "Columns: access and changes",
        "Who belongs to which workspace, group and project, what changed.",
        (
            "workspaces",
            "workspace_memberships",
            "workspace_features",
            "users",
            "user_memberships",
            "current_user",
            "member_profiles",
            "user_managers",
            "user_groups",
            "user_group_members",
            "project_memberships",
            "webhooks",
            "shared_reports",
            "audit_log",
            "entity_changes",
            "entity_deletions",
            "completed_windows",
        ),
        (
            "workspaces",
            "workspace_memberships",
            "users",
            "user_memberships",
            "user_managers",
            "user_groups",
            "user_group_members",
            "project_memberships",
            "projects",
        ),
    ),
)

CLICKTIME = (
    Topic(
        "columns",
        "Columns of tap-clicktime",
        "The columns are the REST API's, which the OData service is taken to share; "
        "**yours are what your service declares**: "
        "`tap-clicktime --discover` prints them.",
    ),
)

PERFORM = (
    Topic(
        "columns",
        "Columns of tap-perform",
        "What Bentley documents of each clip, which is a part of it. "
        "**Yours are the headings of your clips**: "
        "`tap-perform --discover` prints them.",
    ),
)

TOPICS: Mapping[str, Sequence[Topic]] = {
    "tap-clockify": CLOCKIFY,
    "tap-clicktime": CLICKTIME,
    "tap-perform": PERFORM,
}


def tables_of(tap: str, names: Iterable[str]) -> dict[Topic, tuple[str, ...]]:
    """Return the tables of each topic of a tap.

    Raises:
        ValueError: a table has no topic, or a topic names one that the tap has not.
    """
    every = tuple(names)
    found = {topic: topic.tables or every for topic in TOPICS[tap]}
    named = sorted(name for tables in found.values() for name in tables)
    if named != sorted(every):
        raise ValueError(f"{sorted({*named} ^ {*every})}: each table of {tap} needs one topic")
    return found
