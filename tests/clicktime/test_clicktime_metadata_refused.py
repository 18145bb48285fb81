"""`$metadata` that declares nothing sound: refused in a sentence that names what is wrong."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clicktime.csdl import LARGEST, MetadataError
from tap_clicktime.metadata import OTHER_SETS, entity_sets
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
        f"$metadata: Test.Thing has a property named {name!r}, which is not a name. {OTHER_SETS}"
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


def assert_read_or_refused(body: bytes) -> None:
    """Assert that a document becomes tables, or a sentence on one line."""
    try:
        for table in tables(entity_sets(body), {}):
            json_schema(table.row)
    except TapError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert "\n" not in sentence


@given(style=styles, flips=st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=3))
def test_flipped_bytes_are_read_or_refused(style: str, flips: list[tuple[int, int]]) -> None:
    body = bytearray(BODIES[style])
    for place, byte in flips:
        body[place % len(body)] = byte
    assert_read_or_refused(bytes(body))


@given(style=styles, start=places, length=st.integers(1, 2000))
def test_cut_documents_are_read_or_refused(style: str, start: int, length: int) -> None:
    body = BODIES[style]
    start %= len(body)
    assert_read_or_refused(body[:start] + body[start + length :])


@given(style=styles, picks=st.lists(places, min_size=1, max_size=4))
def test_documents_without_some_elements_are_read_or_refused(style: str, picks: list[int]) -> None:
    root = ET.fromstring(BODIES[style])
    for pick in picks:
        if pairs := [(parent, child) for parent in root.iter() for child in parent]:
            parent, child = pairs[pick % len(pairs)]
            parent.remove(child)
    assert_read_or_refused(ET.tostring(root))


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
