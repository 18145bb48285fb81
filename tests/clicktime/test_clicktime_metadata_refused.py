"""`$metadata` that declares nothing sound: refused in a sentence that names what is wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clicktime.csdl import LARGEST, MetadataError
from tap_clicktime.metadata import entity_sets
from tap_clicktime.tables import tables
from taps_common.errors import TapError
from taps_common.records.row_types import json_schema
from tests.clicktime.documents import (
    BODIES,
    EDMX,
    KEY,
    STYLES,
    THINGS,
    document,
    thing,
    things,
)
from tests.clicktime.runs import scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.common.doubles import Server

NOT_XML = "$metadata is not XML, or breaks off in the middle."
ENTITIES = "$metadata holds a document type or entities, which OData does not have: not read."
ENCODING = "$metadata is in an unknown character encoding."
AS_JSON = "$metadata came as JSON; this tap reads its XML form."
WEB_PAGE = "$metadata is a web page: is service_url the OData service's address?"
OTHER_KIND = "$metadata is an XML document of another kind ({}): check service_url."
OLD = "$metadata is of OData version 1 to 3; this tap reads OData 4."
TOO_LARGE = "$metadata is larger than 16,777,216 bytes, and was not read."
HAS_NO = "$metadata: an element {} has no {}."
NO_SET = "$metadata declares no entity set: the token's user may see none."

WELL = document(thing())
MICROSOFT = "http://schemas.microsoft.com/ado"
LAUGHS = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, 40))


def declared(encoding: str) -> bytes:
    return f"<?xml version='1.0' encoding='{encoding}'?>".encode()


def doctype(inside: str) -> bytes:
    return f"<!DOCTYPE edmx [{inside}]>".encode()


NO_DECLARATION: list[tuple[bytes, str]] = [
    (b" \r\n ", NOT_XML),
    (b"Service Unavailable", NOT_XML),
    (WELL[: len(WELL) // 2], NOT_XML),
    (WELL + WELL, NOT_XML),
    (bytes(range(256)) * 8, NOT_XML),
    (declared("utf-8") + WELL.replace(b"Id", b"\xfc"), NOT_XML),
    (declared("utf-16") + WELL, NOT_XML),
    (WELL.replace(b"Id", b"&nbsp;"), NOT_XML),
    (b"<p>Sign in<br></p>", NOT_XML),
    (b"\r\n<HTML><p>Sign in<br></HTML>", WEB_PAGE),
    (b"\xef\xbb\xbf<!doctype  html><html><body>Sign in</body></html>", WEB_PAGE),
    (declared("utf-8") + b"<html/>", OTHER_KIND.format("html")),
    (doctype('<!ENTITY e "Id">') + WELL.replace(b"Id", b"&e;"), ENTITIES),
    (doctype('<!ENTITY e0 "ha">' + LAUGHS) + WELL.replace(b"Id", b"&e39;"), ENTITIES),
    (doctype('<!ENTITY e SYSTEM "file:///etc/passwd">') + WELL.replace(b"Id", b"&e;"), ENTITIES),
    (doctype('<!ENTITY % p SYSTEM "http://x.example/p"> %p;') + WELL, ENTITIES),
    (b'<!DOCTYPE x SYSTEM "http://x.example/x.dtd">' + WELL, ENTITIES),
    (declared("klingon") + WELL, ENCODING),
    (declared("hex") + WELL, ENCODING),
    (declared("shift_jis") + WELL, ENCODING),
    (b'\xef\xbb\xbf\r\n{"$Version": "4.01"}', AS_JSON),
    (b'<service xmlns="http://www.w3.org/2007/app"/>', OTHER_KIND.format("service")),
    (b"<a>" * 50_000 + b"</a>" * 50_000, OTHER_KIND.format("a")),
    (b" " * LARGEST + WELL, TOO_LARGE),
    (document(thing(), edmx=f"{MICROSOFT}/2007/06/edmx", edm=f"{MICROSOFT}/2009/11/edm"), OLD),
    (document(thing(), ""), NO_SET),
    (document(thing(), THINGS.replace("/>", ' IncludeInServiceDocument="false"/>')), NO_SET),
    (document(thing(), '<Singleton Name="Me" Type="Test.Thing"/>'), NO_SET),
    (f'<e:Edmx xmlns:e="{EDMX}"/>'.encode(), NO_SET),
    (WELL.replace(b'Namespace="Test"', b""), HAS_NO.format("Schema", "Namespace")),
    (document(thing(), '<EntitySet EntityType="Test.Thing"/>'), HAS_NO.format("EntitySet", "Name")),
    (document(thing(), '<EntitySet Name="Things"/>'), HAS_NO.format("EntitySet", "EntityType")),
]


@pytest.mark.parametrize(("body", "sentence"), NO_DECLARATION, ids=lambda value: str(value[:40]))
def test_what_declares_no_sets_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(MetadataError) as caught:
        entity_sets(body)
    assert str(caught.value) == sentence


def test_a_document_may_be_as_large_as_the_limit() -> None:
    assert len(entity_sets(WELL + b" " * (LARGEST - len(WELL)))) == 1


def test_elements_that_nobody_knows_may_lie_as_deep_as_they_like() -> None:
    deep = "<Annotation>" * 50_000 + "</Annotation>" * 50_000
    assert len(entity_sets(document(thing(deep)))) == 1


EXTENDS_ITSELF = "$metadata: the type Test.{} extends itself."
NO_CODE = "$metadata: the key of Test.Thing names Code, which it lacks."
INNER = '<Property Name="A" Type="Test.Inner"/>'
INNER_TYPE = '<ComplexType Name="Inner"><Property Name="B" Type="{}"/></ComplexType>'
CIRCLE = '<EntityType Name="A" BaseType="Test.B"/><EntityType Name="B" BaseType="Test.A"/>'
CODE_INSIDE = '<Key><PropertyRef Name="A/Code" Alias="Code"/></Key>'


def typed(name: str) -> str:
    """Return an entity type with a property of a type."""
    return thing(f'<Property Name="A" Type="{name}"/>')


@pytest.mark.parametrize(
    ("types", "sentence"),
    [
        ("", "$metadata: the type Test.Thing is not declared."),
        ('<EnumType Name="Thing"/>', "$metadata: the type Test.Thing is not declared."),
        (
            '<EntityType Name="Thing" BaseType="Test.Gone"/>',
            "$metadata: the type Test.Gone, which Test.Thing extends, is not declared.",
        ),
        ('<EntityType Name="Thing" BaseType="Test.Thing"/>', EXTENDS_ITSELF.format("Thing")),
        (f'<EntityType Name="Thing" BaseType="Test.A"/>{CIRCLE}', EXTENDS_ITSELF.format("A")),
        (thing(key='<Key><PropertyRef Name="Code"/></Key>'), NO_CODE),
        (thing(INNER, key=CODE_INSIDE) + INNER_TYPE.format("Edm.String"), NO_CODE),
        (thing(key="<Key><PropertyRef/></Key>"), HAS_NO.format("PropertyRef", "Name")),
        (thing('<Property Type="Edm.String"/>'), HAS_NO.format("Property", "Name")),
        (thing() + "<EntityType/>", HAS_NO.format("EntityType", "Name")),
        (thing() + "<ComplexType/>", HAS_NO.format("ComplexType", "Name")),
        (thing() + "<EnumType/>", HAS_NO.format("EnumType", "Name")),
        (
            thing() + '<TypeDefinition Name="A"/>',
            HAS_NO.format("TypeDefinition", "UnderlyingType"),
        ),
    ],
)
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
        f"$metadata: Test.Thing has a property named {name!r}, which is not a name."
    )


def test_a_set_whose_name_is_none_keeps_nobody_from_the_others() -> None:
    body = document(thing(), THINGS + '<EntitySet Name="Jo{b}s" EntityType="Test.Thing"/>')
    said: list[str] = []
    assert [one.name for one in entity_sets(body, warn=said.append)] == ["Things"]
    assert said == [
        "The entity set Jo{b}s is left out. $metadata: 'Jo{b}s' is not a name of an entity set."
    ]
    with pytest.raises(MetadataError, match=r"Jo\{b\}s"):
        entity_sets(body, ["Jo{b}s"])


@pytest.mark.parametrize(
    "types",
    [
        "",
        '<EntityType Name="Odd" BaseType="Elsewhere.Base"/>',
        '<EntityType Name="Odd"><Key><PropertyRef Name="Code"/></Key></EntityType>',
        f'<EntityType Name="Odd">{KEY.replace("Edm.String", "Elsewhere.Code")}</EntityType>',
    ],
)
def test_a_set_that_cannot_be_a_table_keeps_nobody_from_the_others(types: str) -> None:
    body = document(thing() + types, '<EntitySet Name="Odds" EntityType="Test.Odd"/>' + THINGS)
    said: list[str] = []
    assert [one.name for one in entity_sets(body, warn=said.append)] == ["Things"]
    (sentence,) = [text for text in said if "Odds" in text]
    assert sentence.startswith("The entity set Odds is left out. $metadata: the ")


@pytest.mark.parametrize(
    ("types", "place", "undeclared"),
    [
        (typed("Test.Gone"), "Thing.A", "the type Test.Gone is not declared"),
        (typed("Collection(Gone.One)"), "Thing.A", "the type Gone.One is not declared"),
        (typed("Edm.DateTime"), "Thing.A", "the type Edm.DateTime is not declared"),
        (thing('<Property Name="A"/>'), "Thing.A", "the type Edm.(none) is not declared"),
        (
            thing(INNER) + INNER_TYPE.format("Test.Gone"),
            "Inner.B",
            "the type Test.Gone is not declared",
        ),
        (
            thing(INNER) + '<TypeDefinition Name="Inner" UnderlyingType="Test.Gone"/>',
            "Thing.A",
            "the type Test.Gone is not declared",
        ),
        (
            thing(INNER) + '<ComplexType Name="Inner" BaseType="Test.Inner"/>',
            "Thing.A",
            "the type Test.Inner extends itself",
        ),
        (
            thing(INNER) + '<ComplexType Name="Inner" BaseType="Elsewhere.Base"/>',
            "Thing.A",
            "the type Elsewhere.Base, which Test.Inner extends, is not declared",
        ),
    ],
)
def test_a_property_whose_type_nobody_declares_is_kept_as_json(
    types: str, place: str, undeclared: str
) -> None:
    said: list[str] = []
    (one,) = entity_sets(document(types), warn=said.append)
    assert said == [f"$metadata: {undeclared}. Test.{place} is kept as JSON."]
    column = json_schema(one.row)["properties"]["A"]
    inner = column["properties"]["B"] if "properties" in column else column.get("items", column)
    assert {*inner["type"]} == {"string", "number", "boolean", "array", "object", "null"}


def test_rows_whose_type_is_half_declared_arrive_whole(server: Server) -> None:
    """Another document, which edmx:Reference names, declares the type."""
    declared = document(typed("Elsewhere.Money"))
    values = [1.5, "1.5 EUR", {"Amount": 1.5, "Currency": "EUR"}, [1], None]
    rows = [{"Id": str(number), "A": value} for number, value in enumerate(values)]
    page = json.dumps({"@odata.count": len(rows), "value": rows}).encode()
    run = scripted(server, page, declared=declared).ok()
    assert [row["A"] for row in run.records("things")] == values
    assert "Test.Thing.A is kept as JSON" in run.log


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
NO_SUCH_SET = "{} names Users, which is not an entity set; there are Days, Plain, Views."
NO_DATE = "replication_keys names {}, which is not a date of this set; it has {}."
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
        *(
            (COLUMNS_OF, "Days", [column], MUST_LIST)
            for column in (
                *({"name": "A", "type": "money"}, {"type": "number"}, 1, {}, "", "!!"),
                *({"name": ""}, {"name": "A", "kind": "number"}),
            )
        ),
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


def assert_read_or_refused(body: bytes) -> None:
    """Assert that a document becomes tables, or a sentence on one line."""
    try:
        for table in tables(entity_sets(body), {}):
            json_schema(table.row)
    except TapError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert "\n" not in sentence


@given(
    style=styles,
    flips=st.lists(st.tuples(places, st.integers(0, 255)), max_size=3),
    start=places,
    length=st.one_of(st.just(0), st.integers(1, 2000)),
)
def test_damaged_documents_are_read_or_refused(
    style: str, flips: list[tuple[int, int]], start: int, length: int
) -> None:
    body = bytearray(BODIES[style])
    for place, byte in flips:
        body[place % len(body)] = byte
    start %= len(body)
    assert_read_or_refused(bytes(body[:start] + body[start + length :]))


def drop_element(root: ET.Element, one: int, _: int) -> None:
    if pairs := [(parent, child) for parent in root.iter() for child in parent]:
        parent, child = pairs[one % len(pairs)]
        parent.remove(child)


def drop_attribute(root: ET.Element, one: int, _: int) -> None:
    attributes = [(node, name) for node in root.iter() for name in node.attrib]
    node, name = attributes[one % len(attributes)]
    del node.attrib[name]


def copy_value(root: ET.Element, one: int, other: int) -> None:
    """Types that extend or hold each other, keys that lead anywhere, names that are none."""
    attributes = [(node, name) for node in root.iter() for name in node.attrib]
    (to, name), (node, from_) = (attributes[place % len(attributes)] for place in (one, other))
    to.set(name, node.attrib[from_])


@pytest.mark.parametrize("change", [drop_element, drop_attribute, copy_value])
@given(style=styles, picks=st.lists(st.tuples(places, places), min_size=1, max_size=4))
def test_documents_that_say_nonsense_are_read_or_refused(
    change: Callable[[ET.Element, int, int], None], style: str, picks: list[tuple[int, int]]
) -> None:
    root = ET.fromstring(BODIES[style])
    for one, other in picks:
        change(root, one, other)
    assert_read_or_refused(ET.tostring(root))
