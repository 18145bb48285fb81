"""What is said of the documented columns, and that it reaches the catalog of a real project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_perform.catalogue import CLIPS
from tap_perform.columns import EXTRA, PROJECT, ROW_ID
from tap_perform.tap import TapPerform
from taps_common.records.row_types import RESCUED
from tests.common.descriptions import faults_of, parts
from tests.perform.clips import lines

if TYPE_CHECKING:
    from tests.perform.clips import Clips

USAGE = "resource_usage_export"
OWN = {PROJECT, ROW_ID, EXTRA, RESCUED}


def schemas_of(tap: TapPerform) -> dict[str, dict[str, Any]]:
    return {one["tap_stream_id"]: one["schema"] for one in tap.catalog_dict["streams"]}


def test_every_documented_column_is_described() -> None:
    schemas = schemas_of(TapPerform(config={}, validate_config=False))
    for one in schemas.values():
        one["properties"].pop(RESCUED)
    assert len(schemas) == 27
    assert faults_of(schemas) == []
    named = {
        name: {one["title"] for column, one in schema["properties"].items() if column not in OWN}
        for name, schema in schemas.items()
    }
    assert named == {name: {*known.headings} for name, known in CLIPS.items()}
    assert sum(map(len, named.values())) == 55 + 4 * 24 + 1


def test_a_column_of_a_project_is_described_as_documented(clips: Clips) -> None:
    """By its heading, or by one that gives the same name; columns that nobody documents are not."""
    clips.put(USAGE, lines("Project,WORK DATE,Related Activity Code,Hours", "Quay,2026-01-31,A1,8"))
    catalog = clips.discovered()
    (schema,) = clips.run(catalog=catalog).ok().of("SCHEMA")
    (entry,) = catalog["streams"]
    for properties in (entry["schema"]["properties"], schema["schema"]["properties"]):
        texts = {name: one.get("description") for name, one in properties.items()}
        assert texts["project_2"] == "name of the project, as Perform has it."
        assert texts["work_date"] == "day of the work that was recorded."
        assert parts(str(texts["related_activity_code"])) == {
            "": "the activity that the event is of.",
            "Empty": "where work_reference_type is Activity",
            "Joins": "activity_export.reference_code",
        }
        assert texts["hours"] is None
