"""The SDK's own suite, in which each test of a column looks at the values of that column.

The SDK has one object per kind of test for all columns, and keeps the values of the first: the
others would be judged by these, and which one is the first depends on how tests are spread.
"""

from __future__ import annotations

from singer_sdk.testing import get_tap_test_class
from singer_sdk.testing.templates import AttributeTestTemplate

__all__ = ["get_tap_test_class"]

_cached = AttributeTestTemplate.__dict__["non_null_attribute_values"]
AttributeTestTemplate.non_null_attribute_values = property(_cached.func)  # type: ignore[method-assign, assignment]
