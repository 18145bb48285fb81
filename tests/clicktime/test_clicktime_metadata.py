"""From `$metadata` to tables: documents in the styles of known servers.

What a document in `metadata/` becomes stands beside it, worked out from the standard (OData CSDL
XML 4.01) and from the choices that docs/clicktime/ tells of.
"""

from __future__ import annotations

import json

import pytest

from tap_clicktime.csdl import read
from tap_clicktime.metadata import DEEPEST, entity_sets
from tap_clicktime.tap import TapClickTime
from taps_common.records.row_types import json_schema
from tests.clicktime.documents import (
    ANY,
    BODIES,
    EDM,
    FOLDER,
    SETTINGS,
    STYLES,
    THINGS,
    catalog_of,
    columns,
    document,
    tap_over,
    thing,
    things,
)
from tests.common.doubles import Answers


@pytest.mark.parametrize("style", STYLES)
def test_a_document_becomes_its_catalog(style: str) -> None:
    expected = json.loads((FOLDER / f"{style}.json").read_text(encoding="utf-8"))
    found = catalog_of(tap_over(BODIES[style]))
    assert found == expected
    for name, table in expected.items():
        assert [*found[name]["properties"]] == [*table["properties"]], name


@pytest.mark.parametrize(
    "body",
    [
        BODIES["odd"].replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + BODIES["odd"],
        BODIES["odd"].decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        BODIES["odd"].decode().replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        BODIES["odd"].replace(b"version='1.0' encoding='UTF-8'", b"version='1.0'"),
    ],
    ids=["crlf", "bom", "utf-16", "latin-1", "undeclared"],
)
def test_a_document_may_come_in_any_encoding(body: bytes) -> None:
    assert body != BODIES["odd"]
    assert catalog_of(tap_over(body)) == catalog_of(tap_over(BODIES["odd"]))


def test_discovery_asks_the_service_once() -> None:
    answers = Answers({"/$metadata": BODIES["view"]})

    class Over(TapClickTime):
        session = answers  # type: ignore[assignment]  # made-up answers

    tap = Over(config=SETTINGS)
    assert [*catalog_of(tap)] == ["budgets", "hours_by_month"]
    (request,) = answers.sent
    assert request.path == "/$metadata"
    assert request.headers == {"Accept": "application/xml", "OData-MaxVersion": "4.01"}


def test_only_the_sets_that_settings_name_are_read() -> None:
    """What is wrong with a set that nobody asked for does not matter."""
    broken = '<EntityType Name="Broken"><Property Name="A" Type="Gone.Type"/></EntityType>'
    sets = THINGS + '<EntitySet Name="Broken" EntityType="Test.Broken"/>'
    tap = tap_over(document(thing() + broken, sets), entity_sets=["Things"])
    assert [*catalog_of(tap)] == ["things"]


def test_a_set_that_is_not_listed_is_read_where_it_is_named() -> None:
    """The service document may leave a set out; it can be asked for all the same (13.2)."""
    tap = tap_over(BODIES["odd"], entity_sets=["NotListed", "Knots"])
    assert [*catalog_of(tap)] == ["knots", "not_listed"]


def test_texts_of_the_documentation_stand_in_where_the_service_has_none() -> None:
    described = read(
        document(
            '<EntityType Name="Thing"><Annotation Term="Core.Description" String="A thing."/>'
            '<Property Name="Id" Type="Edm.Int32"/>'
            '<Property Name="A" Type="Edm.Int32">'
            '<Annotation Term="Core.Description" String="Documented A."/></Property>'
            '<Property Name="B" Type="Edm.Int32">'
            '<Annotation Term="Core.Description" String="Documented B."/></Property>'
            "</EntityType>"
        )
    )
    types = thing(
        '<Property Name="A" Type="Edm.String"/><Property Name="B" Type="Edm.String">'
        '<Annotation Term="Org.OData.Core.V1.Description" String=" Own&#10; B. "/></Property>'
    )
    sets = THINGS + '<EntitySet Name="Others" EntityType="Test.Thing"/>'
    one, other = entity_sets(document(types, sets), described=described)
    assert json_schema(one.row) == {
        "type": "object",
        "description": "A thing.",
        "properties": {
            "Id": {"type": "string"},
            "A": {"type": ["string", "null"], "description": "Documented A."},
            "B": {"type": ["string", "null"], "description": "Own B."},
        },
    }
    assert json_schema(other.row) == {
        "type": "object",
        "description": "Rows of the entity set Others.",
        "properties": {
            "Id": {"type": "string"},
            "A": {"type": ["string", "null"]},
            "B": {"type": ["string", "null"], "description": "Own B."},
        },
    }


def test_descriptions_may_stand_apart_from_what_they_describe() -> None:
    """`Annotations` have a target: a type, or a property of it, by its path (CSDL XML, 14.2.1)."""
    apart = (
        '<Annotations Target="{0}.Thing"><Annotation Term="Core.Description" String="{1} thing."/>'
        '</Annotations><Annotations Target="{0}.Thing/A">'
        '<Annotation Term="Core.LongDescription" String="Long."/>'
        '<Annotation Term="Core.Description"><String>{1} A.</String></Annotation></Annotations>'
    )
    types = thing('<Property Name="A" Type="Edm.String"/>')
    inside = thing(
        '<Property Name="A" Type="Edm.String">'
        '<Annotation Term="Core.Description" String="Inside A."/></Property>'
    )
    expected = {
        types + apart.format("Test", "A"): ("A thing.", "A A."),
        apart.format("T", "Its") + types: ("Its thing.", "Its A."),
        inside + apart.format("Test", "A"): ("A thing.", "Inside A."),
        types + apart.format("Gone", "A"): ("Rows of the entity set Things.", None),
    }
    for declared, texts in expected.items():
        body = document(declared).replace(b'Namespace="Test"', b'Namespace="Test" Alias="T"')
        (one,) = entity_sets(body)
        schema = json_schema(one.row)
        found = schema["description"], schema["properties"]["A"].get("description")
        assert found == texts, declared


def test_what_may_be_null_is_told_by_the_declaration_not_by_the_schema() -> None:
    """The `Nullable` facet is true or false, and true where it is not given (CSDL XML, 7.2.1)."""
    properties = (
        '<Property Name="A" Type="Edm.Date"/>'
        '<Property Name="B" Type="Edm.Date" Nullable="true"/>'
        '<Property Name="C" Type="Edm.Date" Nullable="false"/>'
    )
    (one,) = entity_sets(document(thing(properties)))
    assert one.nullable == {"A", "B"}


def test_questions_know_the_primitive_type_behind_a_property() -> None:
    lines, prices, shifts = entity_sets(BODIES["definitions"])
    assert lines.kinds == {
        "LineNo": "Edm.Int32",
        "OrderNo": "Edm.String",
        "Amount": "Edm.Decimal",
        "Pieces": "Edm.Int64",
        "IsPaid": "Edm.Boolean",
        "DeliveredOn": "Edm.Date",
        "UpdatedAt": "Edm.DateTimeOffset",
    }
    assert shifts.kinds["Kind"] == "Edm.Enum"
    assert shifts.sortable == ["Person", "Day", "Kind", "Length"]
    assert prices.properties == ("Currency", "Scope", "Product", "Amount", "CustomFieldsStr")
    assert prices.key == (
        ("Product/Code", "ProductCode"),
        ("Scope/Region/Number", "RegionNumber"),
        ("Currency", "Currency"),
    )


def test_questions_know_what_only_some_rows_have() -> None:
    """A property of a derived type needs a cast before its name (URL Conventions)."""
    sets = {one.name: one for one in entity_sets(BODIES["odd"])}
    assert [name for name, one in sets.items() if one.has_subtypes] == ["Animals", "HTTPCats"]
    assert sets["Animals"].kinds == {"Tag": "Edm.Guid"}
    assert sets["HTTPCats"].kinds == {"Tag": "Edm.Guid", "Lives": "Edm.Int16", "Born": "Edm.Date"}


def test_objects_are_typed_down_to_a_depth_and_kept_as_they_come_below() -> None:
    chain = "".join(
        f'<ComplexType Name="L{level}"><Property Name="Down" Type="Test.L{level + 1}"/>'
        "</ComplexType>"
        for level in range(1, DEEPEST + 2)
    )
    last = f'<ComplexType Name="L{DEEPEST + 2}"/>'
    schema = columns('<Property Name="Down" Type="Test.L1"/>', chain + last)
    depth = 0
    while schema["Down"] != ANY:
        schema = schema["Down"]["properties"]
        depth += 1
    assert depth == DEEPEST


@pytest.mark.parametrize(
    ("name", "kind", "cursor"),
    [
        ("ModifiedDate", "Edm.DateTimeOffset", "ModifiedDate"),
        ("LAST_MODIFIED", "Edm.DateTimeOffset", "LAST_MODIFIED"),
        ("updatedAt", "Edm.Date", "updatedAt"),
        ("SystemModstamp", "Edm.DateTimeOffset", "SystemModstamp"),
        ("ModifiedDate", "Edm.String", None),
        ("ModifiedDate", "Collection(Edm.DateTimeOffset)", None),
        ("CreatedDate", "Edm.DateTimeOffset", None),
        ("ModifiedBy", "Edm.DateTimeOffset", None),
    ],
)
def test_a_date_that_moves_with_each_change_is_the_replication_key(
    name: str, kind: str, cursor: str | None
) -> None:
    found = things(thing(f'<Property Name="{name}" Type="{kind}"/>'))
    assert found["replication_key"] == cursor
    assert found["replication_method"] == ("INCREMENTAL" if cursor else "FULL_TABLE")


def test_settings_choose_replication_keys_and_columns_of_custom_fields() -> None:
    config = {
        "replication_keys": {"jobs": "StartDate"},
        "custom_field_columns": {"Jobs": ["Cost centre", {"name": "Rate", "type": "number"}]},
    }
    properties = (
        '<Property Name="StartDate" Type="Edm.Date"/>'
        '<Property Name="ModifiedDate" Type="Edm.DateTimeOffset"/>'
        '<Property Name="CustomFields" Type="Edm.Untyped"/>'
    )
    jobs = '<EntitySet Name="Jobs" EntityType="Test.Thing"/>'
    catalog = catalog_of(tap_over(document(thing(properties), jobs), **config))
    assert catalog["jobs"]["replication_key"] == "StartDate"
    assert catalog["job_custom_fields"]["replication_key"] == "StartDate"
    assert catalog["jobs"]["properties"]["CustomField_Cost_centre"] == {
        "type": ["string", "null"],
        "description": "Custom field Cost centre.",
    }
    assert catalog["jobs"]["properties"]["CustomField_Rate"] == {
        "type": ["number", "null"],
        "description": "Custom field Rate.",
    }


def test_two_sets_of_one_name_have_custom_fields_each() -> None:
    properties = '<Property Name="CustomFieldsStr" Type="Edm.String"/>'
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="Test.Thing"/>'
        for name in ("User", "Users", "User_Custom_Fields")
    )
    assert {
        name: table["key_properties"]
        for name, table in catalog_of(tap_over(document(thing(properties), sets))).items()
    } == {
        "user": ["Id"],
        "users": ["Id"],
        "user_custom_fields": ["Id"],
        "user_custom_fields_2": ["UserId", "Name"],
        "user_custom_fields_3": ["UserId", "Name"],
        "user_custom_field_custom_fields": ["User_Custom_FieldId", "Name"],
    }


@pytest.mark.parametrize("extending_first", [True, False])
def test_an_extending_container_narrows_a_set(*, extending_first: bool) -> None:
    """Wherever it stands, its entity type is the one that rows have (CSDL XML, 13.1)."""
    base = (
        f'<Schema Namespace="Base" xmlns="{EDM}"><EntityContainer Name="Inner">{THINGS}'
        "</EntityContainer></Schema>"
    )
    outer = (
        f'<Schema Namespace="Outer" xmlns="{EDM}">'
        '<EntityContainer Name="Outer" Extends="Base.Inner">'
        '<EntitySet Name="Things" EntityType="Test.Special"/></EntityContainer></Schema>'
    )
    special = (
        '<EntityType Name="Special" BaseType="Test.Thing">'
        '<Property Name="A" Type="Edm.Int32" Nullable="false"/></EntityType>'
        '<EntityType Name="Other" BaseType="Test.Thing">'
        '<Property Name="B" Type="Edm.Int32"/></EntityType>'
    )
    schemas = outer + base if extending_first else base + outer
    head, tail = document(thing() + special, "").decode().split("</edmx:DataServices>")
    body = f"{head}{schemas}</edmx:DataServices>{tail}".encode()
    assert [*catalog_of(tap_over(body))["things"]["properties"]] == ["Id", "A"]
