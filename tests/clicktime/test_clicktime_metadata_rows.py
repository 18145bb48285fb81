"""Rows as documents of `$metadata` declare them, in the styles of known servers.

What a row becomes is worked out from the standard (OData JSON Format 4.01).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from tap_clicktime.streams import CustomFieldStream, EntityStream
from taps_common.errors import ShapeError
from taps_common.records.codec import LineEncoder, PageDecoder
from taps_common.records.rescue import write_texts
from tests.clicktime.documents import BODIES, catalog_of, document, tap_over, thing

if TYPE_CHECKING:
    from taps_common.records.row_types import Row
    from taps_common.sync.stream import RecordStream

NOW = "2026-09-15T12:30:00Z"


def decoded(body: bytes, table: str, page: str) -> tuple[EntityStream, PageDecoder[Row], list[Row]]:
    """Return the rows of a page as a run has them before it writes them."""
    stream = tap_over(body).streams[table]
    assert isinstance(stream, EntityStream)
    decoder = PageDecoder(stream.row, lambda _: True, lenient=True)
    rows = decoder.decode(page.encode())
    stream.strip(rows, page.encode())
    stream.complete(rows, {})
    return stream, decoder, rows


def written(stream: RecordStream, rows: list[Row]) -> list[str]:
    """Return the record of each line as it stands there; all of them fit the catalog."""
    write_texts(rows, lambda _: True, {})
    encoder = LineEncoder(stream.name, stream.row, selected=lambda _: True)
    head = f'{{"type":"RECORD","stream":"{stream.name}","record":'
    tail = f',"time_extracted":"{NOW}"}}'
    lines = encoder.lines(rows, NOW).decode().splitlines()
    assert all(line.startswith(head) and line.endswith(tail) for line in lines)
    found = [line[len(head) : -len(tail)] for line in lines]
    for record in found:
        Draft202012Validator(stream.schema).validate(json.loads(record))
    return [_RESCUED.sub("}", one) for one in found]


_RESCUED = re.compile(r',"_rescued_data":(?:null|"(?:[^"\\]|\\.)*")}$')
"""What has no place, which is at the end of each record."""


def records(body: bytes, table: str, page: str, *, drifted: tuple[str, ...] = ()) -> list[str]:
    """Return the records of a page, all of whose values fit, or all but those at some paths."""
    stream, decoder, rows = decoded(body, table, page)
    assert decoder.drifted == {*drifted}
    return written(stream, rows)


def custom_fields(body: bytes, table: str, page: str) -> list[str]:
    """Return the records of the custom fields of a page."""
    stream, _, rows = decoded(body, table, page)
    (child,) = stream.children
    assert isinstance(child, CustomFieldStream)
    return written(child, child.child_rows(rows))


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
    drifted = ("LegacyID", "LastModified", "Share", "StartDate", "Emails")
    assert records(BODIES["aspnetcore"], "users", page, drifted=drifted) == texts(
        """{"ID":"01234567-89ab-cdef-0123-456789abcdef","IsActive":true,
        "LegacyID":9007199254740993,"Rank":3,"Level":7,"Shift":-1,
        "BillingRate":1234567890123456789.000000001,"Share":null,
        "StartDate":"2024-01-31","CreatedDate":"2024-01-31T08:00:00.123456Z",
        "LastModified":"9999-12-31T23:59:59.999999Z","Timeout":"P1DT2H","Photo":"3q2-7w==",
        "WorkDays":"Monday, Tuesday","Roles":["Admin","1"],"Emails":["a@b",null],
        "Address":{"Street":null,"Kind":"1","Country":{"Code":"DE","Population":84000000}}}

        {"ID":"2","IsActive":null,"LegacyID":null,"Rank":null,"Level":null,"Shift":null,
        "BillingRate":12.50,"Share":null,
        "StartDate":null,"CreatedDate":"2024-01-31T10:00:00",
        "LastModified":"2024-01-31T00:00:00","Timeout":null,"Photo":null,
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
    assert records(BODIES["aspnetcore"], "time_entries", TIME_ENTRIES, drifted=("Hours",)) == texts(
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
    assert records(BODIES["aliases"], "things", page, drifted=("Discount",)) == texts(
        """{"ID":9223372036854775807,"ModifiedOn":"2024-01-31T10:00:00.000000Z","Name":"A",
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
    assert records(BODIES["definitions"], "order_lines", page, drifted=("Amount",)) == texts(
        """{"LineNo":1,"OrderNo":"A1","Amount":0.1000,"Pieces":12345678901,"IsPaid":true,
        "DeliveredOn":"2024-12-31","UpdatedAt":"2024-12-31T23:59:59.999999Z","Tags":["a","b"],
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
    assert records(BODIES["untyped"], "sensors", page, drifted=("Price",)) == texts(
        """{"Id":"s","Location":{"Building":null,"Floor":-1,"Notes":{"Door":"left"}},
        "Extra":{"a":{"b":null}},"Reading":20.50,"History":[1,"two",null,[3.0],{"four":4}],
        "Threshold":"12","Default":true,"Parts":[{"Code":"x"},{}],"Labels":[],"Price":null,
        "ChangedAt":"2024-01-31T10:00:00.123456Z"}

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
    assert records(BODIES["view"], "hours_by_month", page, drifted=("Cost",)) == texts(
        """{"Month":"2024-01-01","Hours":160.50,"Cost":1000.0,
        "ModifiedDate":"2024-02-01T00:00:00Z","CustomFieldsStr":null}

        {"Month":"2024-01-01","Hours":160.5,"Cost":null,"ModifiedDate":null,"CustomFieldsStr":null}

        {"Month":null,"Hours":null,"Cost":null,"ModifiedDate":null,"CustomFieldsStr":null}"""
    )


def test_rows_of_odd_names() -> None:
    page = r"""[
      {"class": "1", "from": 5, "None": "0", "self": "s", "String": {"Text": null, "class": 1},
       "Date": 7, "na\u006de": "-5", "größe": "-INF", "_": "07:00:00", "php": "no",
       "__init__": "3", "a\u200db": "c"},
      {"class": 2, "größe": 0.1, "String": null}
    ]"""
    assert records(BODIES["odd"], "user_roles", page, drifted=("größe",)) == texts(
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
    assert records(BODIES["odd"], "animals", page, drifted=("Outline.Radius",)) == texts(
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
        found = records(body, "things", page, drifted=("A[]",))
        assert found == ['{"Id":"1","A":[1.0,null,null,2.0]}']
        page = '[{"Id":"1","A":[1,null,"x","2"]}]'
        found = records(body, "things", page, drifted=("A[]",))
        assert found == ['{"Id":"1","A":[1.0,null,null,2.0]}']


def test_rows_with_infinities_in_lists() -> None:
    body = document(thing('<Property Name="A" Type="Collection(Edm.Double)" Nullable="false"/>'))
    found = records(body, "things", '[{"Id":"1","A":[1,"INF"]}]', drifted=("A[]",))
    assert found == ['{"Id":"1","A":[1.0,null]}']


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
    found = records(body, "things", '[{"Id":"1","A":"sNaN"}]', drifted=("A",))
    assert found == ['{"Id":"1","A":null}']


AT = '<Property Name="At" Type="Edm.DateTimeOffset" Nullable="false"/>'
"""Of a key; targets hold six digits of a second in a timestamp."""


@pytest.mark.parametrize("inside", [False, True])
def test_timestamps_of_a_key_are_texts_with_all_their_digits(inside: bool) -> None:
    """Rows that differ in the seventh digit stay two, and one row has one key however it comes."""
    path, shape = ("Of/At", '{"Of": {"At": "%s"}}') if inside else ("At", '{"At": "%s"}')
    key = f'<Key><PropertyRef Name="{path}" Alias="At"/></Key>'
    declared = (
        thing('<Property Name="Of" Type="Test.Of" Nullable="false"/>', key=key)
        + f'<ComplexType Name="Of">{AT}</ComplexType>'
        if inside
        else thing(AT, key=key)
    )
    body = document(declared)
    assert catalog_of(tap_over(body))["things"]["properties"]["At"]["type"] in (
        "string",
        ["string"],
    )
    assert "format" not in catalog_of(tap_over(body))["things"]["properties"]["At"]
    came = {
        "2026-01-01T00:00:00.1234567Z": "2026-01-01T00:00:00.1234567Z",
        "2026-01-01T02:00:00.1234568+02:00": "2026-01-01T00:00:00.1234568Z",
        "2026-01-01 00:00:00.1200000z": "2026-01-01T00:00:00.12Z",
        "2026-01-01T00:00:10.0000000Z": "2026-01-01T00:00:10Z",
    }
    _, _, rows = decoded(body, "things", f"[{','.join(shape % text for text in came)}]")
    assert [getattr(row, "At") for row in rows] == [*came.values()]  # noqa: B009 - made at run time


def test_custom_fields_of_a_row_have_its_timestamp_as_it_is_in_the_key() -> None:
    key = '<Key><PropertyRef Name="At"/></Key>'
    body = document(thing(AT + '<Property Name="CustomFields" Type="Edm.Untyped"/>', key=key))
    page = '[{"At": "2026-01-01T00:00:00.1234567Z", "CustomFields": {"PO": "1"}}]'
    (record,) = custom_fields(body, "things", page)
    assert json.loads(record)["ThingAt"] == "2026-01-01T00:00:00.1234567Z"


def test_a_timestamp_of_a_key_that_utc_does_not_have_fails_the_page() -> None:
    body = document(thing(AT, key='<Key><PropertyRef Name="At"/></Key>'))
    with pytest.raises(ShapeError, match="At is not a timestamp in UTC"):
        decoded(body, "things", '[{"At": "0001-01-01T00:00:00+02:00"}]')
