"""What SCHEMA says of a table: its columns, their kinds, and which other kinds they can hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from target_bulk.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

JsonSchema: TypeAlias = "Mapping[str, object]"


class Kind(Enum):
    """What a column holds, whatever a database calls it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


_NARROWER = {
    Kind.NUMBER: {Kind.INTEGER},
    Kind.TIMESTAMP: {Kind.DATE},
    Kind.TEXT: {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE},
    Kind.JSON: {Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.TEXT},
}
"""Which columns become wider without a loss, by what they become."""

METADATA = {
    "_sdc_extracted_at": Kind.TIMESTAMP,
    "_sdc_received_at": Kind.TIMESTAMP,
    "_sdc_batched_at": Kind.TIMESTAMP,
    "_sdc_deleted_at": Kind.TIMESTAMP,
    "_sdc_sequence": Kind.INTEGER,
    "_sdc_table_version": Kind.INTEGER,
    "_sdc_sync_started_at": Kind.INTEGER,
}
"""The columns of `add_record_metadata`, as the SDK's targets have them."""


def joined(there: Kind, wanted: Kind) -> Kind | None:
    """Return what a column of one kind becomes that is to hold another, None if that cannot be."""
    if there == wanted or wanted in _NARROWER.get(there, ()) or there is Kind.JSON:
        return there
    if there is Kind.TEXT and wanted is Kind.TIMESTAMP:
        return there
    return wanted if there in _NARROWER.get(wanted, ()) else None


@dataclass(frozen=True)
class Table:
    """Where the rows of a SCHEMA go.

    Attributes:
        stream: the stream's name.
        schema: the schema of the database.
        name: of the table.
        columns: the kind of each column; those of `METADATA` come last.
        keys: the columns by which rows are merged; rows are added where there are none.
        metadata: whether it has the columns of `METADATA`.
        replication_key: what the stream's bookmark is of, if anything.
    """

    stream: str
    schema: str
    name: str
    columns: Mapping[str, Kind]
    keys: tuple[str, ...]
    metadata: bool
    replication_key: str | None

    @property
    def full_name(self) -> str:
        """The quoted name, for SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def table_of(message: JsonSchema, config: Mapping[str, Any]) -> Table:
    """Return the table of a SCHEMA message, as the settings want it.

    Raises:
        LoadError: the message does not say what the columns are.
    """
    stream = str(message["stream"])
    declared = message.get("schema")
    properties = declared.get("properties") if isinstance(declared, dict) else None
    if not isinstance(properties, dict):
        raise LoadError(f"Stream {stream}: its SCHEMA has no properties; the tap has to send them.")
    columns = {name: kind_of(one) for name, one in properties.items()}
    if config["numbers_as_text"]:
        columns = {n: Kind.TEXT if kind is Kind.NUMBER else kind for n, kind in columns.items()}
    if config["add_record_metadata"]:
        columns = {name: kind for name, kind in columns.items() if name not in METADATA} | METADATA
    parts = stream.split("-")
    is_split = len(parts) in {2, 3} and all(parts)
    default = parts[-2] if is_split else "public" if config.get("postgres_url") else "main"
    is_merged = config["load_method"] != "append-only"
    keys = tuple(_texts(message.get("key_properties"))) if is_merged else ()
    for key in keys:
        if key not in columns:
            raise LoadError(f"Stream {stream}: its key {key} is not one of its properties.")
    same = [name for name, count in Counter(map(str.lower, columns)).items() if count > 1]
    if same:
        raise LoadError(
            f"Stream {stream}: two properties are called {same[0]} but for capitals, which DuckDB "
            "takes for one; rename or deselect one in the tap."
        )
    bookmark = [*_texts(message.get("bookmark_properties")), None][0]
    return Table(
        stream,
        config.get("default_target_schema") or default,
        parts[-1] if is_split else stream,
        columns,
        keys,
        config["add_record_metadata"],
        bookmark if bookmark in columns else None,
    )


def kind_of(schema: JsonSchema) -> Kind:
    """Return what a property's JSON Schema allows, as the kind of one column."""
    kinds = set(_kinds(schema))
    if kinds == {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    if kinds and kinds <= {Kind.TEXT, Kind.DATE, Kind.TIMESTAMP}:
        return kinds.pop() if len(kinds) == 1 else Kind.TEXT
    return kinds.pop() if len(kinds) == 1 else Kind.JSON


def _kinds(schema: JsonSchema) -> Iterable[Kind]:
    for word in ("anyOf", "oneOf", "allOf"):
        branches = schema.get(word)
        if isinstance(branches, list):
            for branch in branches:
                if branch.get("type") != "null":
                    yield kind_of(branch)
            return
    types = schema.get("type")
    for one in [types] if isinstance(types, str) else _texts(types):
        if one == "string":
            yield _FORMATS.get(str(schema.get("format")), Kind.TEXT)
        elif one != "null":
            yield _TYPES.get(one, Kind.JSON)


_FORMATS = {"date": Kind.DATE, "date-time": Kind.TIMESTAMP, "singer.decimal": Kind.NUMBER}
_TYPES = {"integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}


def _texts(value: object) -> Sequence[str]:
    """Return a list of texts, which is empty where something else stands."""
    return [str(one) for one in value] if isinstance(value, list) else []


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"
