"""Clockify's published description, and another one that corrects it; skipped where absent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.sandbox.description import DESCRIPTION

if TYPE_CHECKING:
    from scripts.clockify.published import Schema


def document() -> Schema:
    if not DESCRIPTION.exists():
        pytest.skip("the published description is not here")
    published: Schema = json.loads(DESCRIPTION.read_text())
    return published


def corrected_document() -> Schema:
    """Return the description as others corrected it by what they saw on the wire."""
    path = DESCRIPTION.with_name("clockify-openapi.corrected.yaml")
    if not path.exists():
        pytest.skip("the corrected description is not here")
    corrected: Schema = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)
    return corrected
