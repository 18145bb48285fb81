"""A plain SDK tap of the same clips, as the SDK's project template leads to write it.

The whole answer is held in memory, CSV is read with `csv.DictReader` and JSON with `json.loads`.
Properties are called what the columns are, so nothing is renamed; nothing tells rows without a key
apart.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator

from benchmarks.perform.clips_asked import CSV, HEADINGS, JSON, KEY, PASSWORD, TYPES, USERNAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import requests
    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context

_KINDS: dict[str, type[th.JSONTypeHelper[Any]]] = {
    "date": th.DateType,
    "number": th.NumberType,
    "integer": th.IntegerType,
}

_NUMBERS = [heading for heading, kind in TYPES.items() if kind == "number"]
_INTEGERS = [heading for heading, kind in TYPES.items() if kind == "integer"]
_DATES = [heading for heading, kind in TYPES.items() if kind == "date"]


class Clip(RESTStream[Any]):
    """Resource usages."""

    path = ""
    primary_keys = (KEY,)
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        *(
            th.Property(
                heading,
                _KINDS.get(TYPES.get(heading, ""), th.StringType),
                required=heading == KEY,
            )
            for heading in HEADINGS
        )
    ).to_dict()

    @property
    def url_base(self) -> str:
        """The clip's address."""
        return str(self.config["clips"][self.name])

    @property
    def authenticator(self) -> BasicAuthenticator:
        """The header with the credentials."""
        return BasicAuthenticator(
            username=self.config["username"], password=self.config["password"]
        )

    def post_process(
        self, row: dict[str, Any], context: Context | None = None
    ) -> dict[str, Any] | None:
        """Return a row with its values converted, blank ones null."""
        found: dict[str, Any] = {heading: cell or None for heading, cell in row.items()}
        for heading in _NUMBERS:
            if found[heading]:
                found[heading] = Decimal(found[heading])
        for heading in _INTEGERS:
            if found[heading]:
                found[heading] = int(found[heading])
        for heading in _DATES:
            if found[heading]:
                found[heading] = date.fromisoformat(found[heading])
        return found


class CsvClip(Clip):
    """The clip that comes as CSV."""

    name = CSV

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Return the rows."""
        return csv.DictReader(io.StringIO(response.text, newline=""))


class JsonClip(Clip):
    """The clip that comes as a JSON array of objects."""

    name = JSON

    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        """Return the rows."""
        rows: list[dict[str, Any]] = json.loads(response.content)
        return rows


class PlainTap(Tap):
    """The tap."""

    name = "plain-perform"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("clips", th.ObjectType(additional_properties=th.StringType), required=True),
        th.Property("username", th.StringType, default=USERNAME),
        th.Property("password", th.StringType, default=PASSWORD, secret=True),
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        """Return both streams."""
        return [CsvClip(self), JsonClip(self)]


if __name__ == "__main__":
    PlainTap.cli()
