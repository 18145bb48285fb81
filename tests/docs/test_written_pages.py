"""What is written into the docs, from small schemas."""

from __future__ import annotations

import pytest

from scripts.docs.columns import column_table, columns_of
from scripts.docs.diagrams import Drawn, diagram
from scripts.docs.llms import first_sentence
from scripts.docs.site import page_text, repository
from scripts.docs.topics import tables_of

ENTRIES = {
    "properties": {
        "id": {"type": "string", "description": "unique. Example: a|b."},
        "projectId": {
            "type": ["string", "null"],
            "description": "what for. Empty: free. Joins: projects.id.",
        },
        "rate": {
            "type": ["object", "null"],
            "properties": {"amount": {"type": ["number", "null"], "description": "Unit: cents."}},
        },
        "tags": {
            "type": ["array", "null"],
            "items": {"type": "object", "properties": {"id": {"type": "string"}}},
        },
        "start": {"type": ["string", "null"], "format": "date-time"},
        "_rescued_data": {"type": ["string", "null"]},
    }
}
PROJECTS = {"properties": {"id": {"type": "string"}, "name": {"type": ["string", "null"]}}}


def test_columns_are_a_table_with_all_that_is_said_of_each() -> None:
    columns = [*columns_of(ENTRIES)]
    assert column_table(columns, ("id",), "#{}".format) == (
        "| column | type | what it is |\n"
        "| --- | --- | --- |\n"
        "| **`id`** | text | unique. *Example:* `a\\|b`. |\n"
        "| `projectId` | text | what for. *Empty:* free. *Joins:* [`projects.id`](#projects). |\n"
        "| `rate` | object |  |\n"
        "| `rate.amount` | number | *Unit:* cents. |\n"
        "| `tags` | list of object |  |\n"
        "| `tags[].id` | text |  |\n"
        "| `start` | timestamp |  |\n"
    )


def test_a_diagram_has_keys_and_what_joins_only() -> None:
    tables = {
        "entries": Drawn(("id",), [*columns_of(ENTRIES)]),
        "projects": Drawn(("id",), [*columns_of(PROJECTS)]),
    }
    assert diagram(["entries", "projects"], tables) == (
        "```mermaid\n"
        "erDiagram\n"
        "    direction LR\n"
        "    projects {\n"
        "        text id PK\n"
        "    }\n"
        "    entries {\n"
        "        text id PK\n"
        "        text projectId FK\n"
        "    }\n"
        '    projects ||--o{ entries : ""\n'
        "```\n"
    )
    assert diagram(["projects"], tables) == ""


def test_each_table_has_one_topic() -> None:
    with pytest.raises(ValueError, match="'extra'"):
        tables_of("tap-clockify", ["extra"])


def test_a_page_is_told_by_its_first_sentence() -> None:
    page = "# Title\n\n[a](b.md) · c\n\nIt is `x`, or\n[y](z.md): more. And more."
    assert first_sentence(page) == "It is x, or y"


def test_links_to_what_is_not_a_page_lead_to_the_repository() -> None:
    text = page_text("README.md")
    assert "[Their definitions](plugins)" not in text
    assert f"[Their definitions]({repository()}/tree/main/plugins)" in text
    assert f"({repository()}/blob/main/CODE_OF_CONDUCT.md)" in text
    assert "(docs/operations.md#a-schedule)" in text
    assert "(CONTRIBUTING.md#a-real-account)" in text
