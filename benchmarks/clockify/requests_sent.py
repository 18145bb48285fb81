"""What every contender asks the sandbox for, so that all of them read the same pages.

Written out instead of taken from the tap: the bare loop should not pay for importing it.
"""

from __future__ import annotations

API_KEY = "sandbox-key"
"""Key that the sandbox accepts; it owns the workspace and sees all of its members."""

PAGE_SIZE = 5000
"""Rows per page; Clockify's documented maximum, and what tap-clockify asks for."""

USERS_PARAMS: dict[str, list[str]] = {
    "status": ["ALL"],
    "account-statuses": [
        "ACTIVE",
        "PENDING_EMAIL_VERIFICATION",
        "DELETED",
        "NOT_REGISTERED",
        "LIMITED",
        "LIMITED_DELETED",
    ],
    "memberships": ["ALL"],
    "include-roles": ["false"],
    "sort-column": ["ID"],
}
"""Query of the members' list, as tap-clockify sends it: without it members are missing."""
