"""Cells as values, and the types that columns are inferred to have."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_perform.cells import TYPES, narrowest, reader_of

DMY = "%d/%m/%Y"


@pytest.mark.parametrize(
    ("type_", "date_format", "cell", "value"),
    [
        ("string", None, " 007 ", " 007 "),
        ("integer", None, "007", 7),
        ("integer", None, " -12 ", -12),
        ("integer", None, "+" + "9" * 30, 10**30 - 1),
        ("integer", None, "5.0", 5),
        ("integer", None, " -12.00 ", -12),
        ("number", None, "1.10", Decimal("1.10")),
        ("number", None, " -.5E-3", Decimal("-0.0005")),
        ("number", None, "1E5", Decimal("1E5")),
        ("boolean", None, "TRUE", True),
        ("boolean", None, " no ", False),
        ("boolean", None, "1", True),
        *(("boolean", None, cell, True) for cell in ("t", "T", "y")),
        *(("boolean", None, cell, False) for cell in ("f", "F ", "N")),
        ("date", None, "2024-02-29", date(2024, 2, 29)),
        ("date", DMY, "03/04/2024", date(2024, 4, 3)),
        ("date", DMY, "03/04/2024 07:05:00", date(2024, 4, 3)),
        ("date", DMY, "03/04/2024T00:00Z", date(2024, 4, 3)),
        ("date", "%d %b %Y", "3 Apr 2024 07:05 UTC", date(2024, 4, 3)),
        ("date", "%d/%m/%Y %H:%M", "03/04/2024 07:05", date(2024, 4, 3)),
        ("date", "%d/%m/%Y %H:%M", "03/04/2024", date(2024, 4, 3)),
        ("date", "%H:%M", "2024-02-29", date(2024, 2, 29)),
        ("date", None, "2024-02-29 00:00:00", date(2024, 2, 29)),
        ("date", None, "2024-02-29 00:00:00 UTC", date(2024, 2, 29)),
        ("date", None, "2024-02-29T23:30:00.000Z", date(2024, 2, 29)),
        ("date-time", None, "2024-02-29", "2024-02-29T00:00:00"),
        ("date-time", "%d %b %Y", "29 Feb 2024", "2024-02-29T00:00:00"),
        ("date-time", None, "2024-02-29 07:05", "2024-02-29T07:05:00"),
        ("date-time", None, "2024-02-29t07:05:01.1234567z", "2024-02-29T07:05:01.123456Z"),
        ("date-time", None, "2024-02-29T07:05:01+02:00", "2024-02-29T05:05:01Z"),
        ("date-time", None, "2024-02-29 07:05:01.1234567", "2024-02-29T07:05:01.123456"),
        ("date-time", DMY, "03/04/2024 07:05:00", "2024-04-03T07:05:00"),
        ("date-time", "%d/%m/%Y %H:%M %z", "03/04/2024 07:05 -0500", "2024-04-03T12:05:00Z"),
        ("date-time", "%d/%m/%Y %I:%M %p", "03/04/2024 07:05 PM", "2024-04-03T19:05:00"),
        *(
            ("date-time", None, f"2024-02-29 07:05{zone}", "2024-02-29T07:05:00Z")
            for zone in (" UTC", "UTC", " gmt", " Z", "+00", "-00", " +00:00", "+0000")
        ),
        ("date-time", None, "2024-02-29T07:05:01.5-03", "2024-02-29T10:05:01.5Z"),
        ("date-time", DMY, "03/04/2024 07:05 UTC", "2024-04-03T07:05:00Z"),
        *(
            ("date-time", "%d/%m/%Y %H:%M %Z", f"03/04/2024 07:05 {zone}", "2024-04-03T07:05:00Z")
            for zone in ("UTC", "gmt", "Z", "+00:00")
        ),
        ("date-time", "%d %b %Y %Z %H:%M", "03 Apr 2024 UTC 07:05", "2024-04-03T07:05:00Z"),
        ("date", "%d/%m/%Y %Z", "03/04/2024 UTC", date(2024, 4, 3)),
        ("time", None, "07:05 UTC", "07:05:00Z"),
        ("time", None, "07:05+0530", "07:05:00+05:30"),
        ("time", "%H:%M %Z", "07:05 GMT", "07:05:00+00:00"),
        ("time", None, "07:05", "07:05:00"),
        ("time", DMY, "07:05:09.5", "07:05:09.5"),
        ("time", "%I:%M %p", "7:05 PM", "19:05:00"),
    ],
)
def test_a_cell_that_fits_is_read(
    type_: str, date_format: str | None, cell: str, value: object
) -> None:
    read = reader_of(type_, date_format)(cell)
    assert (type(read), read, str(read)) == (type(value), value, str(value))


@pytest.mark.parametrize(
    ("signs", "cell", "value"),
    [
        # the signs of a currency, percent signs and brackets need no setting
        *((".", cell, "5") for cell in ("$5", "5 €", "£ 5", "5%", "5 %", "\u00a05\u202f₹")),
        *((".", cell, "-5.10") for cell in ("(5.10)", "-$5.10", "$-5.10", "($5.10)", " (5.10 %) ")),
        (",", "1,5", "1.5"),
        (",.", "1.234,00", "1234.00"),
        (",", "-,5 €", "-0.5"),
        (",", "1,5E-3", "0.0015"),
        (".,", "1,234,567.80", "1234567.80"),
        (".,", "12,34,567", "1234567"),
        (".,", "1234.5", "1234.5"),
        (",.", "(1.234,50 €)", "-1234.50"),
        (", ", "1 234\u00a0567\u202f890,5", "1234567890.5"),
        (".'", "1'234.5", "1234.5"),
    ],
)
def test_a_number_is_read_as_it_is_spelled(signs: str, cell: str, value: str) -> None:
    given_ = {"decimal_sign": signs[0], "thousands_sign": signs[1:]}
    assert str(reader_of("number", None, **given_)(cell)) == value
    if Decimal(value) % 1 == 0:
        assert reader_of("integer", None, **given_)(cell) == int(Decimal(value))


@pytest.mark.parametrize(
    ("signs", "cell"),
    [
        *(
            (".", cell)
            for cell in ("1,5", "1,234", "(5", "5)", "(-5)", "-$-5", "$5€", "$5%", "5%%")
        ),
        *((".", cell) for cell in ("$", "%", "()", "- 5", "5 EUR", "5-", "$ $5", "((5))", "")),
        *((",", cell) for cell in ("1.5", "1.234,5", "1,2,3")),
        *((".,", cell) for cell in ("1,23", "1,2345", ",123", "1,,234", "1234,567", "1.234,5")),
        *((",.", cell) for cell in ("1.5", "1.23,5", "1,234.5")),
    ],
)
def test_a_number_that_is_spelled_otherwise_is_none(signs: str, cell: str) -> None:
    for type_ in ("number", "integer"):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says: the caller words it
            reader_of(type_, None, decimal_sign=signs[0], thousands_sign=signs[1:])(cell)


@pytest.mark.parametrize(
    ("type_", "date_format", "cell"),
    [
        *(
            ("integer", None, cell)
            for cell in ("1_000", "\u0661\u0662", "²", "1.5", "1.", "1E5", "x", "- 1", "\n1")
        ),
        *(
            ("number", None, cell)
            for cell in ("nan", "inf", "1_0.5", "1,5", "\u0661", ".", "1e", "1E99999")
        ),
        *(("boolean", None, cell) for cell in ("tt", "2", "wahr", "01")),
        *(("date", None, cell) for cell in ("03/04/2024", "20240229", "2024-W01-1", "2023-02-29")),
        ("date", None, "2024-02-29T24:00:00"),
        ("date", None, "2024-02-30 00:00:00"),
        ("date", DMY, "2024-04-03"),
        ("date", DMY, "2024-04-03 07:05"),
        ("date", DMY, "03/04/2024 25:00"),
        ("date", DMY, "03/04/2024 and more"),
        ("date", DMY, "\u0660\u0663/04/2024"),
        ("date-time", None, "2023-02-29"),
        ("date-time", None, "0001-01-01T00:00+14:00"),
        ("date-time", None, "9999-12-31T23:59:59-00:30"),
        ("date-time", None, "2024-02-29 24:00"),
        ("date-time", DMY, "2024-02-29 07:05:00"),
        *(
            (kind, form, f"2024-02-29 07:05 {zone}"[start:])
            for kind, form, start in (
                ("date-time", None, 0),
                ("date-time", "%Y-%m-%d %H:%M %Z", 0),
                ("time", None, 11),
                ("time", "%H:%M %Z", 11),
            )
            for zone in ("CET", "EST", "UTC+2", "GMT+02:00", "BUTC", "LMT", *time.tzname)
            if zone not in {"UTC", "GMT"}
        ),
        ("time", None, "7:05"),
        ("time", None, "25:00"),
        ("time", None, "07:05:00+99:00"),
    ],
)
def test_a_cell_that_does_not_fit_raises(type_: str, date_format: str | None, cell: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says: the caller words it
        reader_of(type_, date_format)(cell)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="no type 'float'"):
        reader_of("float", None)


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        ([None, ""], None),
        (["1", None, "-20"], "integer"),
        (["1", "1.10"], "number"),
        (["1.10", "1", "x"], "string"),
        (["True", None, "False"], "boolean"),
        (["True", "1"], "string"),
        (["true"], "string"),
        (["2024-02-29", ""], "date"),
        (["2024-02-29", "03/04/2024"], "string"),
        (["2023-02-29"], "string"),
        (["2024-02-29", "1"], "string"),
        (["9" * 18], "integer"),
        *(([cell], "string") for cell in ("007", "01.02", "1E5", "9" * 19, "1." + "1" * 18)),
        *(
            ([cell], "string")
            for cell in ("+1", " 1", "-0", "1_0", "\u0661", ".5", "5.", "nan", "1\n")
        ),
    ],
)
def test_a_type_is_inferred_from_all_cells(cells: list[str | None], type_: str | None) -> None:
    assert reduce(narrowest, cells, None) == type_


@given(
    st.lists(
        st.one_of(
            st.text(),
            st.integers().map(str),
            st.decimals(allow_nan=False).map(str),
            st.dates().map(str),
            st.sampled_from(["True", "False"]),
        )
    )
)
def test_what_is_inferred_holds_every_cell(cells: list[str]) -> None:
    type_ = reduce(narrowest, cells, None) or "string"
    assert type_ in TYPES
    assert [str(reader_of(type_, None)(cell)) for cell in cells if cell] == [*filter(None, cells)]
