"""The settings of target-bulk; declared apart from what needs its libraries."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

SETTINGS: dict[str, Any] = th.PropertiesList(
    th.Property(
        "duckdb_path",
        th.StringType,
        title="DuckDB file",
        description="The DuckDB file to load into; it is made where there is none. Exactly one "
        "of duckdb_path and postgres_url.",
    ),
    th.Property(
        "postgres_url",
        th.StringType,
        secret=True,
        title="PostgreSQL URL",
        description="The PostgreSQL database to load into: "
        "postgresql://user:password@host:port/database.",
    ),
    th.Property(
        "default_target_schema",
        th.StringType,
        title="Schema",
        description="Schema of all tables, made where there is none. Empty takes that of a "
        "stream called schema-table, else main in DuckDB and public in PostgreSQL.",
    ),
    th.Property(
        "load_method",
        th.StringType,
        default="upsert",
        allowed_values=["append-only", "upsert", "overwrite"],
        title="Load method",
        description="'upsert' merges rows by key, 'append-only' adds each row, 'overwrite' "
        "empties a table first, in the transaction that loads its first rows.",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType,
        default=False,
        title="Hard delete",
        description="Remove rows that are gone. Otherwise _sdc_deleted_at says since when.",
    ),
    th.Property(
        "apply_windows",
        th.BooleanType,
        default=False,
        title="Apply completed_windows",
        description="Take rows for gone that completed_windows and _sdc_deleted_at of "
        "tap-clockify and tap-clicktime say are gone, with their child rows. Needs "
        "add_record_metadata.",
    ),
    th.Property(
        "add_record_metadata",
        th.BooleanType,
        default=True,
        title="Metadata columns",
        description="Add the columns _sdc_extracted_at, _sdc_deleted_at and so on. "
        "ACTIVATE_VERSION needs them.",
    ),
    th.Property(
        "numbers_as_text",
        th.BooleanType,
        default=False,
        title="Numbers as text",
        description="Load numbers that are not integers as text, for what is too long for "
        "DuckDB's DECIMAL(38).",
    ),
    th.Property(
        "process_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Apply ACTIVATE_VERSION",
        description="Take rows of earlier versions of a table for gone.",
    ),
    th.Property(
        "batch_size_bytes",
        th.IntegerType,
        default=32 << 20,
        title="Batch size in bytes",
        description="So many bytes of records are loaded in one transaction. Twice as much may "
        "wait in temporary files meanwhile.",
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType,
        title="Batch size in rows",
        description="About the same in rows: lines that came together stay together. Empty sets no "
        "limit.",
    ),
).to_dict()
SETTINGS["properties"]["load_method"]["option_labels"] = {
    "upsert": "Merge by key",
    "append-only": "Add each row",
    "overwrite": "Empty the table first",
}
