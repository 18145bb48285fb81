"""What every contender asks the sandbox for, so that all of them read the same pages.

Written out instead of taken from the tap: the bare loop should not pay for importing it.
"""

from __future__ import annotations

USER_NAME = "clicktime"
"""What Basic authentication calls the user."""

TOKEN = "sandbox-token"
"""Token that the sandbox accepts; its user sees everything."""

ENTITY_SET = "TimeEntries"
"""The one list that is read."""

PAGE_SIZE = 1000
"""Rows per page; what tap-clicktime asks for unless told otherwise."""

HEADERS = {
    "Accept": "application/json",
    "OData-MaxVersion": "4.0",
    "Prefer": f"odata.maxpagesize={PAGE_SIZE}",
}
"""Headers of the first page; a link remembers them."""

PARAMS = {"$orderby": "Date,ID"}
"""Query of the first page; without a total order rows can fall between two pages."""
