"""Custom fields: as they come, as rows, and as columns of their own."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clicktime.custom_fields import kind_of, pairs, text_of
from tests.clicktime.runs import CUSTOM_TABLES, VERSIONS, Account, copied, same, true_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clicktime.world import World
    from tests.common.runs import Row, Run

ONLY: dict[str, Any] = {"entity_sets": ["TimeEntries"]}
MODES = pytest.mark.parametrize("mode", ["object", "string"])
STYLES = pytest.mark.parametrize("style", ["aspnet", "v401"])


@pytest.fixture
def few(start: Callable[..., Account]) -> Account:
    """A company with 40 time entries."""
    return start(entries=40)


@pytest.fixture
def world(few: Account) -> World:
    return few.world


def fields_of(run: Run, ident: str, table: str = "time_entry_custom_fields") -> list[Row]:
    """Return the custom fields of a row, without what they copy from it."""
    owner = run.of("SCHEMA", table)[0]["key_properties"][0]
    return [
        {name: row[name] for name in ("Name", "Value", "ValueType")}
        for row in run.records(table)
        if row[owner] == ident
    ]


def as_rows(given: dict[str, tuple[object, str | None, str]]) -> list[Row]:
    return [
        {"Name": name, "Value": text, "ValueType": kind} for name, (_, text, kind) in given.items()
    ]


# -- rows ------------------------------------------------------------------------------------------

NAMES = {
    "plain": ("x", "x", "string"),
    "two words": ("x", "x", "string"),
    "Client's": ("x", "x", "string"),
    'the "far" one': ("x", "x", "string"),
    "back\\slash/": ("x", "x", "string"),
    "Größe 🚧 日本": ("x", "x", "string"),
    "line\nbreak": ("x", "x", "string"),
    "line\u2028separator": ("x", "x", "string"),
    "mail@example.test": ("x", "x", "string"),
    "a.b.c": ("x", "x", "string"),
    "ID": ("x", "x", "string"),
    "Name": ("x", "x", "string"),
    "Value": ("x", "x", "string"),
    " ": ("x", "x", "string"),
    "": ("x", "x", "string"),
    "{}": ("x", "x", "string"),
}
KINDS = {
    "text": ("x", "x", "string"),
    "no text": ("", "", "string"),
    "quoted": ('"x"', '"x"', "string"),
    "number as text": ("12", "12", "string"),
    "word": ("null", "null", "string"),
    "NaN as text": ("NaN", "NaN", "string"),
    "whole": (5, "5", "number"),
    "beyond a double": (9_007_199_254_740_993, "9007199254740993", "number"),
    "negative": (-3, "-3", "number"),
    "part": (12.5, "12.5", "number"),
    "small": (0.1, "0.1", "number"),
    "zero": (0, "0", "number"),
    "yes": (True, "true", "boolean"),
    "no": (False, "false", "boolean"),
    "nothing": (None, None, "null"),
    "list": ([1, "a", None], '[1,"a",null]', "array"),
    "no list": ([], "[]", "array"),
    "object": ({"k": [True, 2.5]}, '{"k":[true,2.5]}', "object"),
    "no object": ({}, "{}", "object"),
}


@MODES
@STYLES
@pytest.mark.parametrize("given", [NAMES, KINDS], ids=["names", "kinds"])
def test_names_and_values_of_every_sort_are_rows(
    few: Account, mode: str, style: str, given: dict[str, tuple[object, str | None, str]]
) -> None:
    few.world.switch(metadata_style=style)
    held = {name: value for name, (value, _, _) in given.items()}
    ident = few.world.insert_entry(CustomFields=held)
    run = few.run(custom_fields=mode, **ONLY).ok()
    assert fields_of(run, ident) == as_rows(given)
    (row,) = [row for row in run.records("time_entries") if row["ID"] == ident]
    assert json.loads(row["CustomFieldsStr"]) == held
    if mode == "object":
        assert same(row["CustomFields"], held)
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}


@MODES
def test_both_forms_bring_the_same_tables(few: Account, mode: str) -> None:
    run = few.run(custom_fields=mode, page_size=7).ok()
    assert copied(run).differences(few.world, CUSTOM_TABLES.values()) == {}


def test_the_text_alone_is_asked_for(few: Account) -> None:
    run = few.run(custom_fields="string").ok()
    for table, name in (("time_entries", "TimeEntries"), ("jobs", "Jobs")):
        (question,) = few.first_questions(name)
        asked = question["$select"].split(",")
        assert "CustomFieldsStr" in asked
        assert "CustomFields" not in asked
        assert "CustomFields" not in run.schema(table)
        assert all("CustomFields" not in row for row in run.records(table))
        assert any(row["CustomFieldsStr"] for row in run.records(table))


@MODES
@pytest.mark.parametrize("held", [None, {}])
def test_without_fields_there_are_no_rows(
    few: Account, mode: str, held: dict[str, str] | None
) -> None:
    for row in true_rows(few.world, "time_entries"):
        few.world.edit_entry(row["ID"], CustomFields=held)
    run = few.run(custom_fields=mode, **ONLY, **VERSIONS).ok()
    assert run.records("time_entry_custom_fields") == []
    assert len(run.records("time_entries")) == 40
    assert sorted(run.versioned) == ["time_entries", "time_entry_custom_fields"]


LISTS: dict[str, tuple[list[dict[str, Any]], list[tuple[str, str | None, str]]]] = {
    "Name": (
        [{"Name": "A", "Value": "x"}, {"Name": "B", "Value": 5}],
        [("A", "x", "string"), ("B", "5", "number")],
    ),
    "name": ([{"name": "A", "value": None}], [("A", None, "null")]),
    "key": (
        [{"Key": "A", "Value": [1]}, {"key": "B", "value": {}}],
        [("A", "[1]", "array"), ("B", "{}", "object")],
    ),
    "more": (
        [{"ID": "7", "DisplayName": "A", "Value": True, "Type": "t"}],
        [("A", "true", "boolean")],
    ),
    "no value": ([{"Name": "A"}], [("A", None, "null")]),
    "none": ([], []),
}


@pytest.mark.parametrize("form", LISTS)
def test_a_list_of_pairs_is_read_as_text(few: Account, world: World, form: str) -> None:
    listed, expected = LISTS[form]
    ident = world.insert_entry()
    world.edit_entry(ident, CustomFieldsStr=json.dumps(listed))
    run = few.run(custom_fields="string", **ONLY, **VERSIONS).ok()
    assert [(*row.values(),) for row in fields_of(run, ident)] == expected
    assert "time_entry_custom_fields" in run.versioned


@pytest.mark.parametrize("form", LISTS)
def test_a_list_of_pairs_is_read_as_it_comes(few: Account, world: World, form: str) -> None:
    world.switch(metadata_style="v401", hidden={"TimeEntries": ["CustomFieldsStr"]})
    listed, expected = LISTS[form]
    few.fault("/TimeEntries", "replace", field="value.CustomFields", value=listed)
    run = few.run(**ONLY, **VERSIONS).ok()
    ident = true_rows(world, "time_entries")[0]["ID"]
    assert [(*row.values(),) for row in fields_of(run, ident)] == expected
    assert len(run.records("time_entry_custom_fields")) == 40 * len(expected)
    assert all(row["CustomFields"] == listed for row in run.records("time_entries"))


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "{",
        '{"a":1',
        "[1, 2]",
        "5",
        '"text"',
        '[{"Value": 1}]',
        '[{"Name": 5}]',
        "{'a': 1}",
    ],
)
def test_text_that_says_no_fields_is_counted_and_unversions_the_table(
    few: Account, world: World, text: str
) -> None:
    ident = true_rows(world, "time_entries")[0]["ID"]
    before = len(true_rows(world, "time_entry_custom_fields"))
    own = len(world.rows("time_entries")[0]["CustomFields"] or {})  # type: ignore[arg-type]  # any JSON
    world.edit_entry(ident, CustomFieldsStr=text)
    run = few.run(custom_fields="string", **ONLY, **VERSIONS).ok()
    assert fields_of(run, ident) == []
    assert len(run.records("time_entry_custom_fields")) == before - own
    assert run.versioned == ["time_entries"], "rows that are missing are not gone"
    assert "time_entry_custom_fields: " in run.log
    assert "left out: a part of their key is empty" in run.log
    (row,) = [row for row in run.records("time_entries") if row["ID"] == ident]
    assert row["CustomFieldsStr"] == text


@pytest.mark.parametrize("text", ["", " ", "null", "{}", "[]", "\n"])
def test_text_that_says_nothing_is_no_field(few: Account, world: World, text: str) -> None:
    ident = true_rows(world, "time_entries")[0]["ID"]
    world.edit_entry(ident, CustomFieldsStr=text)
    run = few.run(custom_fields="string", **ONLY, **VERSIONS).ok()
    assert fields_of(run, ident) == []
    assert "time_entry_custom_fields" in run.versioned


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":1e99999999999999999999}'], ids=["deep", "huge"]
)
def test_text_that_cannot_be_decoded_is_no_traceback(few: Account, world: World, text: str) -> None:
    world.edit_entry(true_rows(world, "time_entries")[0]["ID"], CustomFieldsStr=text)
    run = few.run(custom_fields="string", **ONLY).ok()
    assert len(run.records("time_entries")) == 40


@pytest.mark.parametrize("annotations", ["4.0", "4.01"])
@STYLES
def test_annotations_are_no_fields(few: Account, annotations: str, style: str) -> None:
    few.world.switch(row_annotations=True, annotations=annotations, metadata_style=style)
    run = few.run(**ONLY).ok()
    assert copied(run).differences(few.world, ["time_entries", "time_entry_custom_fields"]) == {}
    assert b"@type" not in run.output
    assert b"@odata" not in run.output


@MODES
@pytest.mark.parametrize("name", ["Budget@2026", "@home", "Budget@odata.example"])
def test_names_with_an_at_are_no_annotations(few: Account, mode: str, name: str) -> None:
    ident = few.world.insert_entry(CustomFields={"Budget": 1, name: 2})
    run = few.run(custom_fields=mode, **ONLY).ok()
    assert [row["Name"] for row in fields_of(run, ident)] == ["Budget", name]


@MODES
def test_a_form_that_the_user_may_not_see_makes_no_table_version(few: Account, mode: str) -> None:
    hidden = {"object": ["CustomFields", "CustomFieldsStr"], "string": ["CustomFieldsStr"]}[mode]
    few.world.switch(hidden={"TimeEntries": hidden})
    run = few.run(custom_fields=mode, **ONLY, **VERSIONS).ok()
    assert len(run.records("time_entries")) == 40
    assert run.versioned == ["time_entries"]


def test_the_text_stands_in_for_an_object_that_the_user_may_not_see(few: Account) -> None:
    few.world.switch(hidden={"TimeEntries": ["CustomFields"]})
    run = few.run(**ONLY).ok()
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}


# -- selection -------------------------------------------------------------------------------------


@MODES
@pytest.mark.parametrize(("table", "child"), CUSTOM_TABLES.items())
def test_a_table_of_custom_fields_is_selected_alone(
    few: Account, mode: str, table: str, child: str
) -> None:
    catalog = few.catalog([child], custom_fields=mode)
    few.reset()
    run = few.run(catalog=catalog, custom_fields=mode, page_size=7).ok()
    assert set(run.counts()) == {child}
    assert copied(run).differences(few.world, [child]) == {}
    sets = {one.path.rpartition("/")[2] for one in few.asked()} - {"$metadata"}
    assert len(sets) == 1
    (question,) = few.first_questions(sets.pop())[:1]
    held = {"object": "CustomFields", "string": "CustomFieldsStr"}[mode]
    dated = {"Date"} if table == "time_entries" else set()
    asked = set(question["$select"].split(","))
    assert asked >= {"ID", held} | dated
    assert asked <= {"ID", held, "CustomFieldsStr"} | dated, "nothing that no table needs"


def test_rows_of_fields_do_not_need_the_column_they_are_of(few: Account) -> None:
    without = [("time_entries", "CustomFields"), ("time_entries", "CustomFieldsStr")]
    catalog = few.catalog(["time_entries", "time_entry_custom_fields"], without=without)
    run = few.run(catalog=catalog).ok()
    assert copied(run).differences(few.world, ["time_entry_custom_fields"]) == {}
    rows = run.records("time_entries")
    assert len(rows) == 40
    assert not any(row.keys() & {"CustomFields", "CustomFieldsStr"} for row in rows)


# -- columns ---------------------------------------------------------------------------------------

MISFIT = object()
COLUMNS: dict[str, list[tuple[object, object]]] = {
    "string": [("x", "x"), ("", ""), (5, "5"), (12.5, "12.5"), (True, "true"), ([1], "[1]")],
    "number": [
        (5, 5),
        (12.5, Decimal("12.5")),
        ("12.50", Decimal("12.50")),
        (-3, -3),
        ("", None),
        (9_007_199_254_740_993, 9_007_199_254_740_993),
        ("0.10000000000000000001", Decimal("0.10000000000000000001")),
        ("x", MISFIT),
        ("1,5", MISFIT),
        (True, MISFIT),
        ([1], MISFIT),
        ({"a": 1}, MISFIT),
    ],
    "integer": [
        (5, 5),
        ("5", 5),
        (-3, -3),
        (9_007_199_254_740_993, 9_007_199_254_740_993),
        ("", None),
        (12.5, MISFIT),
        ("x", MISFIT),
        ([1], MISFIT),
    ],
    "boolean": [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        ("", None),
        ("maybe", MISFIT),
        (12.5, MISFIT),
        ([True], MISFIT),
    ],
    "date": [
        ("2026-01-31", "2026-01-31"),
        ("0001-01-01", "0001-01-01"),
        ("", None),
        ("31.01.2026", MISFIT),
        ("2026-02-30", MISFIT),
        (5, MISFIT),
        (True, MISFIT),
    ],
    "date-time": [
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ("", None),
        ("2026-01-31T12:00:00.1234567+02:00", "2026-01-31T10:00:00.123456Z"),
        ("2026-01-31T23:59:59.9999999-05:00", "2026-02-01T04:59:59.999999Z"),
        ("0001-01-01T00:00:00+14:00", MISFIT),
        ("soon", MISFIT),
        (True, MISFIT),
        ([], MISFIT),
    ],
}
SCHEMAS = {
    "string": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "integer": {"type": ["integer", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "date-time": {"type": ["string", "null"], "format": "date-time"},
}


@MODES
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_field_has_a_column_of_its_type(few: Account, kind: str, mode: str) -> None:
    made = {
        few.world.insert_row("jobs", ClientID="c", CustomFields={"F": value}): expected
        for value, expected in [*COLUMNS[kind], (None, None)]
    }
    absent = few.world.insert_row("jobs", ClientID="c", CustomFields={"G": 1})
    nothing = few.world.insert_row("jobs", ClientID="c", CustomFields=None)
    columns = {"Jobs": [{"name": "F", "type": kind}]}
    settings: dict[str, Any] = {"custom_field_columns": columns, "custom_fields": mode}
    run = few.run(entity_sets=["Jobs"], page_size=7, **settings).ok()
    schema = dict(run.schema("jobs")["CustomField_F"])
    assert "custom field F" in schema.pop("description").replace("Custom", "custom")
    assert schema == SCHEMAS[kind]
    found = {row["ID"]: row["CustomField_F"] for row in run.records("jobs")}
    for ident, expected in (made | {absent: None, nothing: None}).items():
        wanted = None if expected is MISFIT else expected
        assert same(found[ident], wanted), (found[ident], wanted)
        assert isinstance(found[ident], bool) == isinstance(wanted, bool)
    misfits = any(expected is MISFIT for expected in made.values())
    assert run.log.count("'F'") == misfits, "one line, however many"
    assert copied(run).differences(few.world, ["job_custom_fields"]) == {}


@pytest.mark.parametrize("value", [5, "12.5", 1_700_000_000])
def test_a_number_is_no_date_time(few: Account, value: object) -> None:
    ident = few.world.insert_row("jobs", ClientID="c", CustomFields={"F": value})
    columns = {"Jobs": [{"name": "F", "type": "date-time"}]}
    run = few.run(entity_sets=["Jobs"], custom_field_columns=columns).ok()
    (row,) = [row for row in run.records("jobs") if row["ID"] == ident]
    assert row["CustomField_F"] is None


def test_a_whole_number_with_a_point_is_an_integer(few: Account) -> None:
    ident = few.world.insert_row("jobs", ClientID="c", CustomFields={"F": 5.0})
    columns = {"Jobs": [{"name": "F", "type": "integer"}]}
    run = few.run(entity_sets=["Jobs"], custom_field_columns=columns).ok()
    (row,) = [row for row in run.records("jobs") if row["ID"] == ident]
    assert row["CustomField_F"] == 5


def test_no_word_for_a_number_that_is_none_ends_the_run(few: Account) -> None:
    ident = few.world.insert_row("jobs", ClientID="c", CustomFields={"F": "sNaN"})
    columns = {"Jobs": [{"name": "F", "type": "number"}]}
    run = few.run(entity_sets=["Jobs"], custom_field_columns=columns).ok()
    (row,) = [row for row in run.records("jobs") if row["ID"] == ident]
    assert row["CustomField_F"] is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-inf"])
def test_words_for_numbers_that_are_none_are_null(few: Account, value: str) -> None:
    ident = few.world.insert_row("jobs", ClientID="c", CustomFields={"F": value})
    columns = {"Jobs": [{"name": "F", "type": "number"}]}
    run = few.run(entity_sets=["Jobs"], custom_field_columns=columns).ok()
    (row,) = [row for row in run.records("jobs") if row["ID"] == ident]
    assert row["CustomField_F"] is None
    assert row["CustomFields"] == {"F": value}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Region", "CustomField_Region"),
        ("Cost Center", "CustomField_Cost_Center"),
        ("Client's reference", "CustomField_Client_s_reference"),
        ("Overtime?", "CustomField_Overtime"),
        ("Größe", "CustomField_Größe"),
        ("class", "CustomField_class"),
        ("1st", "CustomField_1st"),
        ("a@b.c", "CustomField_a_b_c"),
        ("Fläche m²", "CustomField_Fläche_m²"),
    ],
)
def test_the_name_of_a_column(few: Account, name: str, column: str) -> None:
    ident = few.world.insert_entry(CustomFields={name: "x"})
    run = few.run(custom_field_columns={"TimeEntries": [name]}, **ONLY).ok()
    (row,) = [row for row in run.records("time_entries") if row["ID"] == ident]
    assert row[column] == "x"
    assert [one for one in run.schema("time_entries") if one.startswith("CustomField_")] == [column]


def test_the_set_may_be_named_by_its_table(few: Account) -> None:
    run = few.run(custom_field_columns={"time_entries": ["Region"]}, **ONLY).ok()
    true = {
        row["ID"]: (row["CustomFields"] or {}).get("Region")
        for row in true_rows(few.world, "time_entries")
    }
    assert {row["ID"]: row["CustomField_Region"] for row in run.records("time_entries")} == true
    assert any(true.values())


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"Sheets": ["A"]}, "not an entity set"),
        ({"Timesheets": ["A"]}, "no custom fields"),
        ({"Jobs": [{"name": "A", "type": "money"}]}, "string, number, integer"),
        ({"Jobs": [{"type": "number"}]}, "a name and a type"),
        ({"Jobs": ["a b", "a-b"]}, "two columns CustomField_a_b"),
    ],
)
def test_columns_that_cannot_be_are_refused(
    few: Account, columns: dict[str, list[Any]], said: str
) -> None:
    run = few.run(custom_field_columns=columns)
    assert run.code == 1
    assert said in run.error
    assert run.messages == []


COLUMN: dict[str, Any] = {
    "custom_field_columns": {"Jobs": ["Segment", {"name": "Head count", "type": "number"}]}
}


def test_a_column_may_be_deselected(few: Account) -> None:
    catalog = few.catalog(["jobs"], without=[("jobs", "CustomField_Head_count")], **COLUMN)
    run = few.run(catalog=catalog, **COLUMN).ok()
    assert all("CustomField_Head_count" not in row for row in run.records("jobs"))
    assert any(row["CustomField_Segment"] for row in run.records("jobs"))


@MODES
def test_a_column_does_not_need_the_fields_to_be_selected(few: Account, mode: str) -> None:
    held = {"object": "CustomFields", "string": "CustomFieldsStr"}[mode]
    names = ["CustomFields", "CustomFieldsStr"] if mode == "object" else ["CustomFieldsStr"]
    catalog = few.catalog(
        ["jobs"], without=[("jobs", name) for name in names], custom_fields=mode, **COLUMN
    )
    few.reset()
    run = few.run(catalog=catalog, custom_fields=mode, page_size=7, **COLUMN).ok()
    (question,) = few.first_questions("Jobs")
    asked = question.get("$select", held).split(",")  # nothing where all is needed
    assert held in asked, "it is needed"
    assert not any("CustomField_" in one for one in asked)
    true = {row["ID"]: row["CustomFields"] or {} for row in true_rows(few.world, "jobs")}
    for row in run.records("jobs"):
        assert not row.keys() & {"CustomFields", "CustomFieldsStr"}
        assert row["CustomField_Segment"] == true[row["ID"]].get("Segment")
        assert same(row["CustomField_Head_count"], true[row["ID"]].get("Head count"))


def test_columns_stay_on_the_sdks_own_way(few: Account) -> None:
    fast = few.run(entity_sets=["Jobs"], **COLUMN).ok()
    slow = few.run(
        entity_sets=["Jobs"], stream_maps={"jobs": {}, "job_custom_fields": {}}, **COLUMN
    ).ok()
    for table in ("jobs", "job_custom_fields"):
        assert slow.records(table) == fast.records(table)


# -- forms -----------------------------------------------------------------------------------------

plain_names = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda name: "@" not in name)
numbers = st.one_of(
    st.integers(-(2**62), 2**62),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).filter(lambda d: abs(d) < 10**20),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.text(st.characters(exclude_categories=["Cs"]))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(plain_names, inner, max_size=3)
    ),
    max_leaves=6,
)
encoder = msgspec.json.Encoder(decimal_format="number")


@given(st.dictionaries(plain_names, values, max_size=5))
def test_all_forms_say_the_same(fields: dict[str, Any]) -> None:
    text = encoder.encode(fields).decode()
    listed = [{"Name": name, "Value": value} for name, value in fields.items()]
    forms = (fields, text, listed, encoder.encode(listed).decode())
    found = [
        [(name, comparable(text_of(value)), kind_of(value)) for name, value in pairs(form)]
        for form in forms
    ]
    assert found[0] == found[1] == found[2] == found[3]
    assert [name for name, _, _ in found[0]] == list(fields)
    for (_, said, kind), value in zip(found[0], fields.values(), strict=True):
        if isinstance(value, str):
            assert (said, kind) == (comparable(value), "string")
        elif value is not None:
            read = json.loads(encoder.encode(value), parse_float=Decimal)
            assert said == comparable(encoder.encode(value).decode())
            assert kind == {dict: "object", list: "array", bool: "boolean"}.get(
                type(read), "number"
            )


def comparable(text: str | None) -> object:
    """Return a text as its JSON, if it is any: 1.50 is the same number as 1.5."""
    try:
        return text and json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
