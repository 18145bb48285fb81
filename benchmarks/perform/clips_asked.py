"""The clips that every contender asks the sandbox for, and what is declared of them.

Written out instead of taken from the tap: its peers should not pay for importing it.
"""

from __future__ import annotations

USERNAME = "sandbox"
PASSWORD = "sandbox"
"""Dataclip credentials that the sandbox accepts."""

CSV = "usages_csv"
JSON = "usages_json"
"""The tables, which are the clips `big_csv` and `big_json`: resource usages."""

IDS = "_ids"
"""Behind a table's name: the same clip as a table without a key, whose rows get ids."""

KEY = "Row Key"
"""The column that tells rows apart."""

TYPES = {
    "Work Date": "date",
    "Quantity": "number",
    "Break Duration (mins)": "integer",
    "Rate": "number",
    "Cost": "number",
}
"""Columns that are no text."""

_WHO = (
    *("Project", "Work Date", "Resource Role", "Work Role Category", "Work Role Category Type"),
    *("Company", "Company Supplier Reference", "Resource Type", "Resource Name"),
    *("Resource Unique Identifier", "Resource Identifier", "Resource External Reference"),
    *("Resource Supervisor", "Resource Tags"),
)
_ON_WHAT = (
    *("Work Reference Type", "Work Reference Code", "Work Reference Name", "Work Reference Tags"),
    *("Event Type", "Related Activity Code", "Discipline", "Location", "Work Reference Category"),
    *("Job Number", "Cost Code", "Cost Code Ref 1"),
)
_HOW_MUCH = (
    *("Usage Code", "UoM", "Quantity", "Start Time", "End Time", "Break Duration (mins)"),
    *("Docket Reference", "Purchase Order Reference Number", "Status", "Rejection Reason"),
    *("Rate", "Cost", "Resource Note", "Usage Note"),
)

HEADINGS = (KEY, *_WHO, *_ON_WHAT, *_HOW_MUCH)
"""All columns, as they come."""
