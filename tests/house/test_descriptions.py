"""What row types say of their fields."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from tap_clockify import rows
from taps_common.records.attributes import LABEL, LABELS, entries
from taps_common.records.row_types import Row, fields_of

NAMES = [one.name for one in pkgutil.iter_modules(rows.__path__, f"{rows.__name__}.")]
MODULES = [importlib.import_module(name) for name in NAMES]
TYPES = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Row) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("row", TYPES, ids=lambda row: row.__name__)
def test_descriptions_are_of_fields_that_there_are(row: type[Row]) -> None:
    said = entries(row)
    unknown = said.keys() - {field.encode_name for field in fields_of(row)}
    assert not unknown
    for name, text in said.items():
        labels = LABEL.findall(text)
        assert labels == sorted({*labels}, key=LABELS.index), f"{name}: {labels}"
        assert text.endswith("."), name
