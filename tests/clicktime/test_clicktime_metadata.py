"""From `$metadata` to tables: documents in the styles of known servers, bad ones, and rows of both.

What a document in `metadata/` becomes stands beside it, worked out from the standard (OData CSDL
XML 4.01 and JSON Format 4.01) and from the choices that docs/clicktime.md tells of.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tap_clicktime.csdl import LARGEST, MetadataError
from tap_clicktime.metadata import DEEPEST, OTHER_SETS, entity_sets
from tap_clicktime.streams import CustomFieldStream, EntityStream
from tap_clicktime.tables import tables
from tap_clicktime.tap import TapClickTime
from taps_common.codec import LineEncoder, PageDecoder
from taps_common.errors import ShapeError, TapError
from taps_common.rows import json_schema
from tests.common.doubles import Answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clicktime.metadata import EntitySet
    from taps_common.rows import Row
    from taps_common.stream import Table

FOLDER = Path(__file__).parent / "metadata"
STYLES = sorted(path.stem for path in FOLDER.glob("*.xml"))
BODIES = {style: (FOLDER / f"{style}.xml").read_bytes() for style in STYLES}
SETTINGS = {"service_url": "https://clicktime.example/odata", "api_token": "token-secret"}
ANY = {"type": ["string", "number", "boolean", "array", "object", "null"]}

EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
KEY = '<Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.String" Nullable="false"/>'
THINGS = '<EntitySet Name="Things" EntityType="Test.Thing"/>'


def document(types: str, sets: str = THINGS, *, edmx: str = EDMX, edm: str = EDM) -> bytes:
    """Return a document with one schema, called Test."""
    return (
        f'<edmx:Edmx Version="4.0" xmlns:edmx="{edmx}"><edmx:DataServices>'
        f'<Schema Namespace="Test" xmlns="{edm}">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    ).encode()


def thing(properties: str = "", *, key: str = KEY) -> str:
    """Return an entity type."""
    return f'<EntityType Name="Thing">{key}{properties}</EntityType>'


def tap_over(body: bytes, **config: Any) -> TapClickTime:
    """Return a tap whose service declares this, and whose texts come from there alone."""

    class Over(TapClickTime):
        session = Answers({"/$metadata": body})  # type: ignore[assignment]  # made-up answers

        def _live(self, described: Sequence[EntitySet]) -> list[EntitySet]:
            return super()._live(())

    return Over(config=SETTINGS | config)


def catalog_of(tap: TapClickTime) -> dict[str, dict[str, Any]]:
    """Return what `--discover` prints, by table."""
    entries = json.loads(tap.catalog_json_text)["streams"]
    assert all(entry["schema"]["type"] == "object" for entry in entries)
    return {
        entry["tap_stream_id"]: {
            "key_properties": entry["key_properties"],
            "replication_method": entry["replication_method"],
            "replication_key": entry.get("replication_key"),
            "properties": entry["schema"]["properties"],
        }
        for entry in entries
    }


def things(types: str, sets: str = THINGS) -> dict[str, Any]:
    """Return the table of the set Things."""
    return catalog_of(tap_over(document(types, sets)))["things"]


def columns(properties: str, types: str = "") -> dict[str, Any]:
    """Return the columns of a type besides its key."""
    found: dict[str, Any] = things(thing(properties) + types)["properties"]
    assert found.pop("Id") == {"type": "string"}
    return found


# -- catalogs --------------------------------------------------------------------------------------


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
    described = entity_sets(
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
    assert [name for name, one in sets.items() if one.has_heirs] == ["Animals", "HTTPCats"]
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


# -- bad documents ---------------------------------------------------------------------------------

NOT_XML = "$metadata is not XML, or breaks off in the middle."
ENTITIES = "$metadata holds a document type or entities, which OData does not have: not read."
ENCODING = "$metadata is in an unknown character encoding."
AS_JSON = "$metadata came as JSON; this tap reads its XML form."
WEB_PAGE = "$metadata is a web page: is service_url the OData service's address?"
OTHER_KIND = "$metadata is an XML document of another kind ({}): check service_url."
OLD = "$metadata is of OData version 1 to 3; this tap reads OData 4."
TOO_LARGE = "$metadata is larger than 16,777,216 bytes, and was not read."
NO_SET = "$metadata declares no entity set: the token's user may see none."

WELL = document(thing())
MICROSOFT = "http://schemas.microsoft.com/ado"
LAUGHS = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, 40))


def declared(encoding: str) -> bytes:
    return f"<?xml version='1.0' encoding='{encoding}'?>".encode()


def doctype(inside: str) -> bytes:
    return f"<!DOCTYPE edmx [{inside}]>".encode()


NO_DECLARATION = {
    "nothing": (b"", NOT_XML),
    "white space": (b" \r\n ", NOT_XML),
    "text": (b"Service Unavailable", NOT_XML),
    "half of it": (WELL[: len(WELL) // 2], NOT_XML),
    "all but a byte": (WELL[:-1], NOT_XML),
    "twice": (WELL + WELL, NOT_XML),
    "binary": (bytes(range(256)) * 8, NOT_XML),
    "zeros": (b"\0" * 64, NOT_XML),
    "compressed": (b"\x1f\x8b\x08\0" + WELL, NOT_XML),
    "late XML declaration": (b"\n" + declared("utf-8") + WELL, NOT_XML),
    "not UTF-8": (declared("utf-8") + WELL.replace(b"Id", b"\xfc"), NOT_XML),
    "not UTF-16": (declared("utf-16") + WELL, NOT_XML),
    "entity of HTML": (WELL.replace(b"Id", b"&nbsp;"), NOT_XML),
    "HTML": (b"\r\n<HTML><p>Sign in<br></HTML>", WEB_PAGE),
    "HTML 5": (b"\xef\xbb\xbf<!doctype  html><html><body>Sign in</body></html>", WEB_PAGE),
    "XHTML": (declared("utf-8") + b"<html/>", OTHER_KIND.format("html")),
    "piece of HTML": (b"<p>Sign in<br></p>", NOT_XML),
    "entity": (doctype('<!ENTITY e "Id">') + WELL.replace(b"Id", b"&e;"), ENTITIES),
    "billion laughs": (
        doctype('<!ENTITY e0 "ha">' + LAUGHS) + WELL.replace(b"Id", b"&e39;"),
        ENTITIES,
    ),
    "outside entity": (
        doctype('<!ENTITY e SYSTEM "file:///etc/passwd">') + WELL.replace(b"Id", b"&e;"),
        ENTITIES,
    ),
    "parameter entity": (doctype('<!ENTITY % p SYSTEM "http://x.example/p"> %p;') + WELL, ENTITIES),
    "outside document type": (b'<!DOCTYPE x SYSTEM "http://x.example/x.dtd">' + WELL, ENTITIES),
    "unknown encoding": (declared("klingon") + WELL, ENCODING),
    "encoding of no text": (declared("hex") + WELL, ENCODING),
    "encoding in many bytes": (declared("shift_jis") + WELL, ENCODING),
    "JSON": (b'{"$Version": "4.01", "$EntityContainer": "Test.Container"}', AS_JSON),
    "JSON with BOM": (b"\xef\xbb\xbf\r\n{}", AS_JSON),
    "service document": (
        b'<service xmlns="http://www.w3.org/2007/app"><workspace/></service>',
        OTHER_KIND.format("service"),
    ),
    "error": (
        b'<m:error xmlns:m="http://docs.oasis-open.org/odata/ns/metadata"><m:code/></m:error>',
        OTHER_KIND.format("error"),
    ),
    "nested deeply": (b"<a>" * 50_000 + b"</a>" * 50_000, OTHER_KIND.format("a")),
    "large": (b" " * LARGEST + WELL, TOO_LARGE),
    "version 2": (
        document(thing(), edmx=f"{MICROSOFT}/2007/06/edmx", edm=f"{MICROSOFT}/2008/09/edm"),
        OLD,
    ),
    "version 3": (
        document(thing(), edmx=f"{MICROSOFT}/2007/06/edmx", edm=f"{MICROSOFT}/2009/11/edm"),
        OLD,
    ),
    "no set": (document(thing(), ""), NO_SET),
    "no set that is listed": (
        document(thing(), THINGS.replace("/>", ' IncludeInServiceDocument="false"/>')),
        NO_SET,
    ),
    "singleton": (document(thing(), '<Singleton Name="Me" Type="Test.Thing"/>'), NO_SET),
    "no schema": (f'<e:Edmx xmlns:e="{EDMX}"/>'.encode(), NO_SET),
    "no namespace": (
        WELL.replace(b'Namespace="Test"', b""),
        "$metadata: an element Schema has no Namespace.",
    ),
    "set without a name": (
        document(thing(), '<EntitySet EntityType="Test.Thing"/>'),
        "$metadata: an element EntitySet has no Name.",
    ),
    "set without a type": (
        document(thing(), '<EntitySet Name="Things"/>'),
        "$metadata: an element EntitySet has no EntityType.",
    ),
}


@pytest.mark.parametrize(("body", "sentence"), [*NO_DECLARATION.values()], ids=[*NO_DECLARATION])
def test_what_declares_no_sets_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(MetadataError) as caught:
        entity_sets(body)
    assert str(caught.value) == sentence


def test_a_document_may_be_as_large_as_the_limit() -> None:
    assert len(entity_sets(WELL + b" " * (LARGEST - len(WELL)))) == 1


def test_elements_that_nobody_knows_may_lie_as_deep_as_they_like() -> None:
    deep = "<Annotation>" * 50_000 + "</Annotation>" * 50_000
    assert len(entity_sets(document(thing(deep)))) == 1


NOT_DECLARED = (
    "$metadata: {} is of the type {}, which is not declared. Other sets can be read by naming them "
    "in entity_sets."
)
INNER = '<Property Name="A" Type="Test.Inner"/>'
CIRCLE = '<EntityType Name="A" BaseType="Test.B"/><EntityType Name="B" BaseType="Test.A"/>'

LACKS = {
    "set's type": ("", "$metadata: the type Test.Thing is not declared."),
    "set's type, an enum of that name": (
        '<EnumType Name="Thing"/>',
        "$metadata: the type Test.Thing is not declared.",
    ),
    "property's type": (
        thing('<Property Name="A" Type="Test.Gone"/>'),
        NOT_DECLARED.format("Test.Thing.A", "Test.Gone"),
    ),
    "item's type": (
        thing('<Property Name="A" Type="Collection(Gone.One)"/>'),
        NOT_DECLARED.format("Test.Thing.A", "Gone.One"),
    ),
    "inner property's type": (
        thing(INNER)
        + '<ComplexType Name="Inner"><Property Name="B" Type="Test.Gone"/></ComplexType>',
        NOT_DECLARED.format("Test.Inner.B", "Test.Gone"),
    ),
    "defined type": (
        thing(INNER) + '<TypeDefinition Name="Inner" UnderlyingType="Test.Gone"/>',
        NOT_DECLARED.format("Test.Thing.A", "Test.Gone"),
    ),
    "version 2's type": (
        thing('<Property Name="A" Type="Edm.DateTime"/>'),
        NOT_DECLARED.format("Test.Thing.A", "Edm.DateTime"),
    ),
    "base type": (
        '<EntityType Name="Thing" BaseType="Test.Gone"/>',
        "$metadata: the type Test.Gone, which Test.Thing extends, is not declared.",
    ),
    "other base type than itself": (
        '<EntityType Name="Thing" BaseType="Test.Thing"/>',
        "$metadata: the type Test.Thing extends itself.",
    ),
    "outermost base type": (
        f'<EntityType Name="Thing" BaseType="Test.A"/>{CIRCLE}',
        "$metadata: the type Test.A extends itself.",
    ),
    "inner base type": (
        thing(INNER) + '<ComplexType Name="Inner" BaseType="Test.Inner"/>',
        "$metadata: the type Test.Inner extends itself.",
    ),
    "key": (
        thing(key='<Key><PropertyRef Name="Code"/></Key>'),
        "$metadata: the key of Test.Thing names Code, which it lacks.",
    ),
    "key in an object": (
        thing(INNER, key='<Key><PropertyRef Name="A/Code" Alias="Code"/></Key>')
        + '<ComplexType Name="Inner"><Property Name="B" Type="Edm.String"/></ComplexType>',
        "$metadata: the key of Test.Thing names Code, which it lacks.",
    ),
    "name of a key": (
        thing(key="<Key><PropertyRef/></Key>"),
        "$metadata: an element PropertyRef has no Name.",
    ),
    "type": (thing('<Property Name="A"/>'), "$metadata: Test.Thing.A has no type."),
    "name of a property": (
        thing('<Property Type="Edm.String"/>'),
        "$metadata: an element Property has no Name.",
    ),
    "name of a type": (
        thing() + "<EntityType/>",
        "$metadata: an element EntityType has no Name.",
    ),
    "name of a complex type": (
        thing() + "<ComplexType/>",
        "$metadata: an element ComplexType has no Name.",
    ),
    "name of an enum": (thing() + "<EnumType/>", "$metadata: an element EnumType has no Name."),
    "underlying type": (
        thing() + '<TypeDefinition Name="A"/>',
        "$metadata: an element TypeDefinition has no UnderlyingType.",
    ),
}


@pytest.mark.parametrize(("types", "sentence"), [*LACKS.values()], ids=[*LACKS])
def test_what_a_document_lacks_is_named(types: str, sentence: str) -> None:
    with pytest.raises(MetadataError) as caught:
        entity_sets(document(types))
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "name", ["Unit Price", "a-b", "1st", "a.b", "a/b", "\N{ZERO WIDTH JOINER}"]
)
def test_a_name_that_is_none_is_named(name: str) -> None:
    """Letters, digits, underscores, marks and joiners make a name (CSDL XML, 15.2)."""
    with pytest.raises(MetadataError) as caught:
        entity_sets(document(thing(f'<Property Name="{name}" Type="Edm.Int32"/>')))
    assert str(caught.value) == (
        f"$metadata: Test.Thing has a property named {name!r}, which is no name. {OTHER_SETS}"
    )


def test_a_set_whose_name_is_none_keeps_nobody_from_the_others() -> None:
    sets = THINGS + '<EntitySet Name="Jo{b}s" EntityType="Test.Thing"/>'
    with pytest.raises(MetadataError, match=r"Jo\{b\}s"):
        entity_sets(document(thing(), sets))
    assert [one.name for one in entity_sets(document(thing(), sets), ["Things"])] == ["Things"]


def test_types_that_multiply_are_kept_as_they_come_beyond_a_measure() -> None:
    """Seven levels of four properties each would be a catalog of 29 MB."""
    levels = [
        f'<ComplexType Name="L{n}">'
        + "".join(f'<Property Name="P{i}" Type="Test.L{n + 1}"/>' for i in range(4))
        + "</ComplexType>"
        for n in range(7)
    ]
    last = '<ComplexType Name="L7"><Property Name="Leaf" Type="Edm.String"/></ComplexType>'
    types = thing('<Property Name="Top" Type="Test.L0"/>') + "".join(levels) + last
    (only,) = entity_sets(document(types))
    assert len(json.dumps(json_schema(only.row))) < 1_000_000


def test_an_alias_of_a_plain_property_is_no_column() -> None:
    """It must not have one (CSDL XML, 6.5), and rows have the property under its own name."""
    key = KEY.replace('Name="Id"/></Key>', 'Name="Id" Alias="Other"/></Key>')
    assert things(thing(key=key))["key_properties"] == ["Id"]


def test_a_set_that_is_not_there_is_named_beside_those_that_are() -> None:
    with pytest.raises(MetadataError) as caught:
        entity_sets(BODIES["view"], ["Budgets", "Users", "budgets"])
    assert str(caught.value) == (
        "entity_sets names Users, budgets, which the service does not have. It has HoursByMonth, "
        "Budgets."
    )


COLUMNS_OF = "custom_field_columns"
KEYS_OF = "replication_keys"
NO_SUCH_SET = "{} names Users, which is no entity set; there are Days, Plain, Views."
NO_DATE = "replication_keys names {}, which is no date of this set; it has {}."
MUST_LIST = (
    "custom_field_columns.Days must list names, or objects with a name and a type (string, number, "
    "integer, boolean, date, date-time)."
)
DAYS = document(
    thing(
        '<Property Name="Day" Type="Edm.Date"/><Property Name="CustomFields" Type="Edm.Untyped"/>'
    )
    + f'<EntityType Name="Plain">{KEY}</EntityType>'
    + '<EntityType Name="View"><Property Name="Day" Type="Edm.Date"/></EntityType>',
    '<EntitySet Name="Days" EntityType="Test.Thing"/>'
    '<EntitySet Name="Plain" EntityType="Test.Plain"/>'
    '<EntitySet Name="Views" EntityType="Test.View"/>',
)


@pytest.mark.parametrize(
    ("setting", "entity_set", "value", "sentence"),
    [
        (KEYS_OF, "Users", "Day", NO_SUCH_SET.format(KEYS_OF)),
        (KEYS_OF, "Days", "Id", NO_DATE.format("Days.Id", "Day")),
        (KEYS_OF, "days", "Month", NO_DATE.format("Days.Month", "Day")),
        (KEYS_OF, "Plain", "Day", NO_DATE.format("Plain.Day", "none")),
        (KEYS_OF, "Views", "Day", f"{KEYS_OF} names Views, which has no key to merge rows by."),
        (COLUMNS_OF, "Users", ["A"], NO_SUCH_SET.format(COLUMNS_OF)),
        (COLUMNS_OF, "Plain", ["A"], f"{COLUMNS_OF} names Plain, which has no custom fields."),
        (
            COLUMNS_OF,
            "Days",
            ["A b", "A-b"],
            f"{COLUMNS_OF} would name two columns CustomField_A_b.",
        ),
        (COLUMNS_OF, "Days", [{"name": "A", "type": "money"}], MUST_LIST),
        (COLUMNS_OF, "Days", [{"type": "number"}], MUST_LIST),
        (COLUMNS_OF, "Days", [1], MUST_LIST),
    ],
)
def test_a_setting_that_does_not_go_with_the_service_is_named(
    setting: str, entity_set: str, value: object, sentence: str
) -> None:
    with pytest.raises(TapError) as caught:
        tables(entity_sets(DAYS), {setting: {entity_set: value}})
    assert str(caught.value) == sentence


# -- damaged documents -----------------------------------------------------------------------------

places = st.integers(0, 2**32)
styles = st.sampled_from(STYLES)
lightly = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def assert_read_or_refused(body: bytes) -> None:
    """Assert that a document becomes tables, or a sentence on one line."""
    try:
        for table in tables(entity_sets(body), {}):
            json_schema(table.row)
    except TapError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert "\n" not in sentence


@lightly
@given(style=styles, flips=st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=3))
def test_flipped_bytes_are_read_or_refused(style: str, flips: list[tuple[int, int]]) -> None:
    body = bytearray(BODIES[style])
    for place, byte in flips:
        body[place % len(body)] = byte
    assert_read_or_refused(bytes(body))


@lightly
@given(style=styles, start=places, length=st.integers(1, 2000))
def test_cut_documents_are_read_or_refused(style: str, start: int, length: int) -> None:
    body = BODIES[style]
    start %= len(body)
    assert_read_or_refused(body[:start] + body[start + length :])


@lightly
@given(style=styles, picks=st.lists(places, min_size=1, max_size=4))
def test_documents_without_some_elements_are_read_or_refused(style: str, picks: list[int]) -> None:
    root = ET.fromstring(BODIES[style])
    for pick in picks:
        if pairs := [(parent, child) for parent in root.iter() for child in parent]:
            parent, child = pairs[pick % len(pairs)]
            parent.remove(child)
    assert_read_or_refused(ET.tostring(root))


@lightly
@given(style=styles, picks=st.lists(places, min_size=1, max_size=4))
def test_documents_without_some_attributes_are_read_or_refused(
    style: str, picks: list[int]
) -> None:
    root = ET.fromstring(BODIES[style])
    for pick in picks:
        attributes = [(node, name) for node in root.iter() for name in node.attrib]
        node, name = attributes[pick % len(attributes)]
        del node.attrib[name]
    assert_read_or_refused(ET.tostring(root))


@lightly
@given(style=styles, picks=st.lists(st.tuples(places, places), min_size=1, max_size=4))
def test_documents_with_values_in_wrong_places_are_read_or_refused(
    style: str, picks: list[tuple[int, int]]
) -> None:
    """Types that extend or hold each other, keys that lead anywhere, names that are none."""
    root = ET.fromstring(BODIES[style])
    for pick in picks:
        attributes = [(node, name) for node in root.iter() for name in node.attrib]
        (to, name), (node, other) = (attributes[one % len(attributes)] for one in pick)
        to.set(name, node.attrib[other])
    assert_read_or_refused(ET.tostring(root))


# -- rows ------------------------------------------------------------------------------------------

NOW = "2026-09-15T12:30:00+00:00"


def decoded(body: bytes, table: str, page: str) -> tuple[EntityStream, PageDecoder[Row], list[Row]]:
    """Return the rows of a page as a run has them before it writes them."""
    stream = tap_over(body).streams[table]
    assert isinstance(stream, EntityStream)
    decoder = PageDecoder(stream.row, lambda _: True, lenient=True)
    rows = decoder.decode(page.encode())
    stream.complete(rows, {})
    return stream, decoder, rows


def written(stream: Table, rows: list[Row]) -> list[str]:
    """Return the record of each line as it stands there; all of them fit the catalog."""
    encoder = LineEncoder(stream.name, stream.row, selected=lambda _: True)
    head = f'{{"type":"RECORD","stream":"{stream.name}","record":'
    tail = f',"time_extracted":"{NOW}"}}'
    lines = encoder.lines(rows, NOW).decode().splitlines()
    assert all(line.startswith(head) and line.endswith(tail) for line in lines)
    found = [line[len(head) : -len(tail)] for line in lines]
    for record in found:
        Draft202012Validator(stream.schema).validate(json.loads(record))
    return found


def records(body: bytes, table: str, page: str, *, drifted: tuple[str, ...] = ()) -> list[str]:
    """Return the records of a page, all of whose values fit, or all but those at some paths."""
    stream, decoder, rows = decoded(body, table, page)
    assert decoder.drifted == {*drifted}
    return written(stream, rows)


def custom_fields(body: bytes, table: str, page: str) -> list[str]:
    """Return the records of the custom fields of a page."""
    stream, _, rows = decoded(body, table, page)
    (unwound,) = stream.unwound()
    assert isinstance(unwound, CustomFieldStream)
    return written(unwound, unwound.rows_from(rows))


def texts(records: str) -> list[str]:
    """Return records that stand here in several lines each, with empty lines between them."""
    return ["".join(map(str.strip, one.splitlines())) for one in records.split("\n\n")]


def test_rows_of_asp_net_core() -> None:
    page = r"""[
      {"@odata.etag": "W/\"1\"", "ID": "01234567-89ab-cdef-0123-456789abcdef", "IsActive": "true",
       "LegacyID": "9007199254740993", "Rank": "3", "Level": 7.0, "Shift": -1,
       "BillingRate": "1234567890123456789.000000001", "Share": "INF",
       "StartDate": "2024-01-31T23:30:00-08:00", "CreatedDate": "2024-01-31T10:00:00.1234567+02:00",
       "LastModified": "9999-12-31T23:59:59.9999999Z", "Timeout": "P1DT2H", "Photo": "3q2-7w==",
       "WorkDays": "Monday, Tuesday", "Roles": ["Admin", 1], "Emails": ["a@b", null],
       "Address": {"@odata.type": "#ClickTime.OData.Models.Address", "Street": null, "Kind": 1,
                   "Country": {"Code": "DE", "Population": "84000000", "Area": 1}},
       "Nickname": "not declared"},
      {"ID": "2", "Share": "NaN", "BillingRate": 12.50, "CreatedDate": "2024-01-31T10:00:00",
       "LastModified": "2024-01-31", "Address": {"Country": null}},
      {"ID": "3", "Address": null, "WorkDays": 3, "Share": "1e3", "LegacyID": 1.5,
       "LastModified": "yesterday", "StartDate": "", "Emails": "none"}
    ]"""
    drifted = ("LegacyID", "LastModified", "StartDate", "Emails")
    assert records(BODIES["aspnetcore"], "users", page, drifted=drifted) == texts(
        """{"ID":"01234567-89ab-cdef-0123-456789abcdef","IsActive":true,
        "LegacyID":9007199254740993,"Rank":3,"Level":7,"Shift":-1,
        "BillingRate":1234567890123456789.000000001,"Share":null,
        "StartDate":"2024-01-31","CreatedDate":"2024-01-31T10:00:00.1234567+02:00",
        "LastModified":"9999-12-31T23:59:59.9999999Z","Timeout":"P1DT2H","Photo":"3q2-7w==",
        "WorkDays":"Monday, Tuesday","Roles":["Admin","1"],"Emails":["a@b",null],
        "Address":{"Street":null,"Kind":"1","Country":{"Code":"DE","Population":84000000}}}

        {"ID":"2","IsActive":null,"LegacyID":null,"Rank":null,"Level":null,"Shift":null,
        "BillingRate":12.50,"Share":null,
        "StartDate":null,"CreatedDate":"2024-01-31T10:00:00Z",
        "LastModified":"2024-01-31T00:00:00Z","Timeout":null,"Photo":null,
        "WorkDays":null,"Roles":null,"Emails":null,
        "Address":{"Street":null,"Kind":null,"Country":null}}

        {"ID":"3","IsActive":null,"LegacyID":null,"Rank":null,"Level":null,"Shift":null,
        "BillingRate":null,"Share":1000.0,
        "StartDate":null,"CreatedDate":null,"LastModified":null,"Timeout":null,"Photo":null,
        "WorkDays":"3","Roles":null,"Emails":null,"Address":null}"""
    )


TIME_ENTRIES = """[
  {"@odata.id": "TimeEntries('a')", "ID": "a", "Date": "2024-02-29T00:00:00Z", "Hours": "-INF",
   "StartTime": "07:59:59.999", "Status": 2, "NotDeclared": {"x": [1]},
   "CustomFields": {"@odata.type": "#ClickTime.OData.Models.CustomFieldValues", "Region": "Nord",
                    "Rate@odata.type": "#Decimal", "Rate": 1.10, "No": null, "a@b": [1.0]},
   "CustomFieldsStr": "{}", "User@odata.navigationLink": "Users(1)"},
  {"ID": "b", "Hours": "7.25", "Comment": null, "Status": "Open", "CustomFields": {}},
  {"Hours": 8, "ID": "c", "UserID": "01234567-89ab-cdef-0123-456789abcdef", "CustomFields": null}
]"""


def test_rows_with_open_objects() -> None:
    """What OData says about the members of an object is no member (JSON Format, 4.6)."""
    assert records(BODIES["aspnetcore"], "time_entries", TIME_ENTRIES) == texts(
        """{"ID":"a","UserID":null,"Date":"2024-02-29","Hours":null,"StartTime":"07:59:59.999",
        "Comment":null,"Status":"2",
        "CustomFields":{"Region":"Nord","Rate":1.10,"No":null,"a@b":[1.0]},"CustomFieldsStr":"{}"}

        {"ID":"b","UserID":null,"Date":null,"Hours":7.25,"StartTime":null,"Comment":null,
        "Status":"Open","CustomFields":{},"CustomFieldsStr":null}

        {"ID":"c","UserID":"01234567-89ab-cdef-0123-456789abcdef","Date":null,"Hours":8.0,
        "StartTime":null,"Comment":null,"Status":null,"CustomFields":null,"CustomFieldsStr":null}"""
    )


def test_rows_of_custom_fields() -> None:
    assert custom_fields(BODIES["aspnetcore"], "time_entries", TIME_ENTRIES) == texts(
        """{"TimeEntryID":"a","Date":"2024-02-29","Name":"Region","Value":"Nord",
        "ValueType":"string"}

        {"TimeEntryID":"a","Date":"2024-02-29","Name":"Rate","Value":"1.10","ValueType":"number"}

        {"TimeEntryID":"a","Date":"2024-02-29","Name":"No","Value":null,"ValueType":"null"}

        {"TimeEntryID":"a","Date":"2024-02-29","Name":"a@b","Value":"[1.0]","ValueType":"array"}"""
    )


def test_rows_of_an_open_type_have_what_is_declared() -> None:
    page = r"""[
      {"ID": "7", "Colour": "blue", "CustomFieldsStr": "{\"@odata.id\": \"J\", \"Rate\": 2.50}"}
    ]"""
    assert records(BODIES["aspnetcore"], "jobs", page) == [
        r'{"ID":7,"Name":null,"CustomFieldsStr":"{\"@odata.id\": \"J\", \"Rate\": 2.50}"}'
    ]
    assert custom_fields(BODIES["aspnetcore"], "jobs", page) == [
        '{"JobID":7,"Name":"Rate","Value":"2.50","ValueType":"number"}'
    ]


def test_rows_of_derived_types() -> None:
    page = """[
      {"@odata.type": "#Acme.Sales.KeyCustomer", "ID": "9223372036854775807",
       "ModifiedOn": "2024-01-31T10:00:00.0000001Z", "Name": "A",
       "Address": {"@odata.type": "#Acme.Common.PostalAddress", "City": "X", "Country": 1,
                   "Box": "12"},
       "Rating": 5, "Credit": "10.5000", "Discount": "NaN", "Delivery": null},
      {"@odata.type": "#Acme.Sales.Supplier", "ID": 2, "ModifiedOn": "0001-01-01T00:00:00Z",
       "Address": {"City": null}, "Rating": "good", "Since": "2020-02-29"}
    ]"""
    assert records(BODIES["aliases"], "things", page) == texts(
        """{"ID":9223372036854775807,"ModifiedOn":"2024-01-31T10:00:00.0000001Z","Name":"A",
        "Address":{"City":"X","Country":"1","Box":12,"Code":null},"Rating":5,"Credit":10.5000,"Since":null,
        "Discount":null,"Delivery":null}

        {"ID":2,"ModifiedOn":"0001-01-01T00:00:00Z","Name":null,
        "Address":{"City":null,"Country":null,"Box":null,"Code":null},"Rating":"good","Credit":null,
        "Since":"2020-02-29","Discount":null,"Delivery":null}"""
    )


PRICES = r"""[
  {"Currency": "EUR", "Scope": {"Region": {"Number": "49"}, "ValidFrom": "2024-01-01T00:00:00"},
   "Product": {"Code": "P-1", "Revision": null, "Weight": 3}, "Amount": "19.9900",
   "CustomFieldsStr": "{\"Season\":\"Spring\"}"}
]"""


def test_rows_with_parts_of_the_key_inside_objects() -> None:
    assert records(BODIES["definitions"], "prices", PRICES) == texts(
        r"""{"Currency":"EUR","Scope":{"Region":{"Number":49},"ValidFrom":"2024-01-01"},
        "Product":{"Code":"P-1","Revision":null},"Amount":19.9900,
        "CustomFieldsStr":"{\"Season\":\"Spring\"}","ProductCode":"P-1","RegionNumber":49}"""
    )
    assert custom_fields(BODIES["definitions"], "prices", PRICES) == texts(
        """{"PriceProductCode":"P-1","PriceRegionNumber":49,"PriceCurrency":"EUR",
        "Name":"Season","Value":"Spring","ValueType":"string"}"""
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"Code": "P-1"', '"Code": null', "a row without Product/Code"),
        ('"Number": "49"', '"Name": "49"', "a row without Scope/Region/Number"),
        ('"Region": {"Number": "49"}', '"Region": null', "a row without Scope/Region/Number"),
        ('"Currency": "EUR",', "", "a row without Currency"),
        ('"EUR"', "null", "a row whose Currency is null"),
    ],
)
def test_a_row_without_a_part_of_its_key_is_an_error(old: str, new: str, reason: str) -> None:
    page = PRICES.replace(old, new)
    assert page != PRICES
    with pytest.raises(ShapeError) as caught:
        decoded(BODIES["definitions"], "prices", page)
    assert str(caught.value) == reason


def test_rows_of_defined_types() -> None:
    page = """[
      {"OrderNo": "A1", "LineNo": "1", "Amount": 0.1000, "Pieces": "12345678901", "IsPaid": 1,
       "DeliveredOn": "2024-12-31T23:59:59.9999999Z", "UpdatedAt": "2024-12-31T23:59:59.9999999Z",
       "Tags": ["a", "b"], "Spot": {"type": "Point", "coordinates": [8.640, 49.29]}},
      {"OrderNo": "A1", "LineNo": 2, "Amount": "NaN", "IsPaid": "false", "Spot": null}
    ]"""
    assert records(BODIES["definitions"], "order_lines", page) == texts(
        """{"LineNo":1,"OrderNo":"A1","Amount":0.1000,"Pieces":12345678901,"IsPaid":true,
        "DeliveredOn":"2024-12-31","UpdatedAt":"2024-12-31T23:59:59.9999999Z","Tags":["a","b"],
        "Spot":{"type":"Point","coordinates":[8.640,49.29]}}

        {"LineNo":2,"OrderNo":"A1","Amount":null,"Pieces":null,"IsPaid":false,
        "DeliveredOn":null,"UpdatedAt":null,"Tags":null,"Spot":null}"""
    )


def test_rows_with_a_key_of_a_date_and_an_enum() -> None:
    page = '[{"Person": "p", "Day": "2024-02-29T00:00:00Z", "Kind": 1, "Length": "-PT1.5S"}]'
    assert records(BODIES["definitions"], "shifts", page) == [
        '{"Person":"p","Day":"2024-02-29","Kind":"1","Length":"-PT1.5S","Signature":null}'
    ]


def test_rows_of_untyped_values() -> None:
    page = """[
      {"@id": "Sensors('s')", "Id": "s",
       "Location": {"@type": "#Room", "Building": null, "Floor": "-1", "Notes": {"Door": "left"}},
       "Extra": {"@type": "#Some", "a": {"b": null}, "a@type": "#Other"}, "Reading": 20.50,
       "History": [1, "two", null, [3.0], {"four": 4}], "Threshold": "12", "Default": true,
       "Parts": [{"Code": "x"}, {}], "Labels": [], "Price": "INF",
       "ChangedAt": "2024-01-31T10:00:00.123456789012Z"},
      {"Id": "t", "Reading": [[1], ["NaN"]], "Price": 1.234567e3, "Threshold": null}
    ]"""
    assert records(BODIES["untyped"], "sensors", page) == texts(
        """{"Id":"s","Location":{"Building":null,"Floor":-1,"Notes":{"Door":"left"}},
        "Extra":{"a":{"b":null}},"Reading":20.50,"History":[1,"two",null,[3.0],{"four":4}],
        "Threshold":"12","Default":true,"Parts":[{"Code":"x"},{}],"Labels":[],"Price":null,
        "ChangedAt":"2024-01-31T10:00:00.123456789012Z"}

        {"Id":"t","Location":null,"Extra":null,"Reading":[[1],["NaN"]],"History":null,
        "Threshold":null,"Default":null,"Parts":null,"Labels":null,"Price":1234.567,
        "ChangedAt":null}"""
    )


def test_rows_without_a_key() -> None:
    page = """[
      {"Month": "2024-01-01T00:00:00.0000000Z", "Hours": "160.50", "Cost": "1e3", "Year": 2024,
       "ModifiedDate": "2024-02-01T00:00:00-00:00"},
      {"Month": "2024-01-01", "Hours": 160.5, "Cost": 1e400},
      {}
    ]"""
    assert records(BODIES["view"], "hours_by_month", page) == texts(
        """{"Month":"2024-01-01","Hours":160.50,"Cost":1000.0,
        "ModifiedDate":"2024-02-01T00:00:00-00:00","CustomFieldsStr":null}

        {"Month":"2024-01-01","Hours":160.5,"Cost":null,"ModifiedDate":null,"CustomFieldsStr":null}

        {"Month":null,"Hours":null,"Cost":null,"ModifiedDate":null,"CustomFieldsStr":null}"""
    )


@pytest.mark.parametrize("table", ["plant", "plant_archive"])
def test_rows_of_sap(table: str) -> None:
    page = r"""[
      {"Client": "100", "Plant": 1000, "PlantName": "W\u00f6rth",
       "Position": {"type": "Point", "coordinates": [8.640, 49.29],
                    "crs": {"type": "name", "properties": {"name": "EPSG:4326"}}},
       "Outline": null, "Gates": [{"type": "Point", "coordinates": []}],
       "Photo@odata.mediaReadLink": "Plant('1')/Photo", "Photo": "AAAA",
       "Contacts": [{"Name": null, "Phones": [], "Portrait": "A", "Since": "2020-01-01T00:00:00"},
                    {"@odata.type": "#x", "Fax": "1"}],
       "LastChangedAt": "2024-01-31T10:00:00.0000000Z", "__EntityControl": {"Deletable": "true"},
       "SAP__Messages": [{"code": "A/1", "numericSeverity": "2"}], "_Orders": [{"OrderID": "1"}]},
      {"Client": "100", "Plant": "2000", "Contacts": [], "SAP__Messages": null}
    ]"""
    assert records(BODIES["sap"], table, page) == texts(
        """{"Client":"100","Plant":"1000","PlantName":"Wörth",
        "Position":{"type":"Point","coordinates":[8.640,49.29],
        "crs":{"type":"name","properties":{"name":"EPSG:4326"}}},
        "Outline":null,"Gates":[{"type":"Point","coordinates":[]}],
        "Contacts":[{"Name":null,"Phones":[],"Since":"2020-01-01"},
        {"Name":null,"Phones":null,"Since":null}],
        "LastChangedAt":"2024-01-31T10:00:00.0000000Z","__EntityControl":{"Deletable":true},
        "SAP__Messages":[{"code":"A/1","numericSeverity":2}]}

        {"Client":"100","Plant":"2000","PlantName":null,"Position":null,"Outline":null,
        "Gates":null,"Contacts":[],"LastChangedAt":null,
        "__EntityControl":null,"SAP__Messages":null}"""
    )


def test_rows_of_odd_names() -> None:
    page = r"""[
      {"class": "1", "from": 5, "None": "0", "self": "s", "String": {"Text": null, "class": 1},
       "Date": 7, "na\u006de": "-5", "größe": "-INF", "_": "07:00:00", "php": "no",
       "__init__": "3", "a\u200db": "c"},
      {"class": 2, "größe": 0.1, "String": null}
    ]"""
    assert records(BODIES["odd"], "user_roles", page) == texts(
        """{"class":1,"from":"5","None":false,"self":"s","String":{"Text":null},"Date":"7",
        "name":-5,"größe":null,"__init__":3,"a\u200db":"c","_":"07:00:00"}

        {"class":2,"from":null,"None":null,"self":null,"String":null,"Date":null,"name":null,
        "größe":0.1,"__init__":null,"a\u200db":null,"_":null}"""
    )


def test_rows_that_hold_themselves() -> None:
    page = """[
      {"Id": "k", "Tree": {"Label": "a", "Left": {"Label": "b", "Left": {"Label": "c"}},
                           "Children": [{"Label": "d", "Children": []}, null]},
       "Forest": [{"Label": null}],
       "Ping": {"At": "2024-01-31T00:00:00Z",
                "Pong": {"N": "1", "Ping": {"At": "2024-01-31T00:00:00Z"}}},
       "Bags": [{"Size": "1", "Colour": 2.50}], "Nothing": {"x": 1}}
    ]"""
    assert records(BODIES["odd"], "knots", page) == texts(
        """{"Id":"k","Tree":{"Label":"a","Left":{"Label":"b","Left":{"Label":"c"}},
        "Children":[{"Label":"d","Children":[]},null]},
        "Forest":[{"Label":null,"Left":null,"Children":null}],
        "Ping":{"At":"2024-01-31","Pong":{"N":1,"Ping":{"At":"2024-01-31T00:00:00Z"}}},
        "Bags":[{"Size":"1","Colour":2.50}],"Nothing":{}}"""
    )


def test_rows_of_types_that_add_properties() -> None:
    page = """[
      {"@odata.type": "#Odd.Kitten", "Tag": "t", "Lives": "9", "Weeks": 3, "Born": "2024-01-31",
       "Outline": {"@odata.type": "#Odd.Circle", "Colour": null, "Radius": "INF"},
       "Prey@odata.associationLink": "Animals(t)/Prey/$ref"},
      {"@odata.type": "#Odd.Dog", "Tag": "u", "Barks": true, "Owner": {"Tag": "t"},
       "UpdatedAt": "2024-01-31T10:00:00.1Z",
       "Outline": {"Side": "1.5"}}
    ]"""
    assert records(BODIES["odd"], "animals", page) == texts(
        """{"Tag":"t","Outline":{"Colour":null,"Radius":null,"Side":null},"Barks":null,
        "Born":"2024-01-31","UpdatedAt":null,"Lives":9,"Weeks":3}

        {"Tag":"u","Outline":{"Colour":null,"Radius":null,"Side":1.5},"Barks":true,
        "Born":null,"UpdatedAt":"2024-01-31T10:00:00.1Z","Lives":null,"Weeks":null}"""
    )


def test_rows_with_lists_that_may_hold_nulls() -> None:
    """The `Nullable` facet of a list speaks of its items; nothing is known without it (7.2.1)."""
    for nullable in ("", 'Nullable="true"'):
        body = document(thing(f'<Property Name="A" Type="Collection(Edm.Double)" {nullable}/>'))
        assert catalog_of(tap_over(body))["things"]["properties"]["A"] == {
            "type": ["array", "null"],
            "items": {"type": ["number", "null"]},
        }
        page = '[{"Id":"1","A":[1,null,"INF","2"]}]'
        assert records(body, "things", page) == ['{"Id":"1","A":[1.0,null,null,2.0]}']
        page = '[{"Id":"1","A":[1,null,"x","2"]}]'
        found = records(body, "things", page, drifted=("A[]",))
        assert found == ['{"Id":"1","A":[1.0,null,null,2.0]}']


def test_rows_with_infinities_in_lists() -> None:
    body = document(thing('<Property Name="A" Type="Collection(Edm.Double)" Nullable="false"/>'))
    assert records(body, "things", '[{"Id":"1","A":[1,"INF"]}]') == ['{"Id":"1","A":[1.0,null]}']


PAIRS = """<ComplexType Name="Pair">
    <Property Name="Name" Type="Edm.String"/><Property Name="Value" Type="Edm.Untyped"/>
</ComplexType>"""


def test_rows_with_a_list_of_custom_fields() -> None:
    body = document(thing('<Property Name="CustomFields" Type="Collection(Test.Pair)"/>') + PAIRS)
    page = '[{"Id":"1","CustomFields":[{"Name":"Rate","Value":1.50}]}]'
    assert records(body, "things", page) == [
        '{"Id":"1","CustomFields":[{"Name":"Rate","Value":1.50}]}'
    ]
    assert custom_fields(body, "things", page) == [
        '{"ThingId":"1","Name":"Rate","Value":"1.50","ValueType":"number"}'
    ]


BAGS = document(
    thing(
        '<Property Name="Bags" Type="Collection(Test.Bag)" Nullable="false"/>'
        '<Property Name="Box" Type="Test.Box"/>'
    )
    + '<ComplexType Name="Bag" OpenType="true"/>'
    + '<ComplexType Name="Box"><Property Name="Bag" Type="Test.Bag"/></ComplexType>'
)


def test_rows_with_open_objects_inside_of_others() -> None:
    bag = '{"@odata.type":"#Test.Bag","Rate@odata.type":"#Decimal","Rate":1,"In":{"@id":"x","y":2}}'
    page = f'[{{"Id":"1","Bags":[{bag}],"Box":{{"Bag":{bag}}}}}]'
    assert records(BAGS, "things", page) == [
        '{"Id":"1","Bags":[{"Rate":1,"In":{"y":2}}],"Box":{"Bag":{"Rate":1,"In":{"y":2}}}}'
    ]


def test_links_of_open_objects_are_no_members() -> None:
    """A link is told of where the rows it leads to are not (JSON Format, 8.1)."""
    page = '[{"Id":"1","Bags":[{"a":1,"Job@odata.navigationLink":"Jobs(1)"}]}]'
    assert records(BAGS, "things", page) == ['{"Id":"1","Bags":[{"a":1}],"Box":null}']


def test_a_number_that_must_not_be_looked_at_is_null() -> None:
    body = document(thing('<Property Name="A" Type="Edm.Decimal"/>'))
    assert records(body, "things", '[{"Id":"1","A":"sNaN"}]') == ['{"Id":"1","A":null}']
