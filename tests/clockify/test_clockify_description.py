"""Nothing is missing that the published description, or the docs, list: tables and properties.

What a newer description adds is named by the test that fails.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from scripts.clockify.differences import (
    CORRECTIONS,
    NOT_READ,
    SUMS,
    beside_lists,
    missing_properties,
    tables_of,
    unexplained,
)
from scripts.clockify.published import operations
from tests.clockify.published import corrected_document, document
from tests.clockify.runs import discovered

SEEN = {
    # columns, or not seen with deletions
    *(f"{table}.auditMetadata" for table in ("entity_changes", "entity_deletions")),
    *(f"{table}.documentCode" for table in ("entity_changes", "entity_deletions")),
    "expense_categories.status",  # seen as null only
    # any JSON value
    "shared_reports.filter.*",
    *(
        f"workspaces.workspaceSettings.entityCreationPermissions.whoCanCreate{what}.*"
        for what in ("ProjectsAndClients", "Tags", "Tasks")
    ),
}
"""Properties that only the corrected description has, and why no row type has them."""
"""Properties that only the corrected description has, and why no row type has them."""


def test_each_operation_property_and_parameter_is_there_or_explained() -> None:
    assert not [found for found in unexplained(document()) if found[1]]


def test_the_corrected_description_has_no_more() -> None:
    corrected = corrected_document()
    found = operations(corrected)
    assert {one.route for one in found} <= tables_of(found).keys() | NOT_READ.keys()
    assert missing_properties(corrected) - CORRECTIONS.keys() == SEEN
    assert beside_lists(corrected) - SUMS == {"donutChart", "groupTotals"}  # of the summary report


# -- the docs' page of other connectors ------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "clockify" / "other-connectors.md"
LINES = [
    [cell.strip(" `") for cell in line.strip("| ").split("|")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and "---" not in line
]


def test_tables_and_columns_that_the_docs_name_are_there() -> None:
    schemas: dict[str, Any] = {
        one["tap_stream_id"]: one["schema"] for one in discovered()["streams"]
    }
    tables = {line[0] for line in LINES if len(line) > 3} - {"here"}
    assert tables <= schemas.keys()
    columns = [line for line in LINES if len(line) == 3 and line[2] != "here"]
    assert len(tables) > 20
    assert len(columns) > 100
    for _, column, place in columns:
        stream, _, path = place.partition(".")
        schema: dict[str, Any] = schemas[stream]
        for name in path.split("."):
            schema = schema["properties"][name]
        scalar = "object" not in schema["type"] and "array" not in schema["type"]
        assert scalar or column == "costrate", (column, place)
        letters = re.sub("[^a-z]", "", column)
        assert re.sub("[^a-z]", "", path.lower()).endswith(letters), (column, place)
    assert len({tuple(line) for line in columns}) == len(columns)
