"""The loaders that the tap is piped into, and which of their settings are tried, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

POSTGRES = "target-postgres"
DUCKDB = "target-duckdb"
JSONL = "target-jsonl"


@dataclass(frozen=True, eq=False)
class Loader:
    """A loader with settings.

    Attributes:
        plugin: what `meltano.yml` calls it.
        how: its settings, as the table calls them.
        settings: them, besides where to load to.
        tap: settings of the tap besides; `{folder}` is one that goes with the measurement. A loader
            is left out while the tap does not know them.
        shipped: whether `meltano.yml` has these settings.
    """

    plugin: str
    how: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    tap: Mapping[str, Any] = field(default_factory=dict)
    shipped: bool = False

    @property
    def label(self) -> str:
        """What the table calls it."""
        return f"{self.plugin}, {self.how}"


@dataclass(frozen=True)
class Loading:
    """An account that is loaded.

    Attributes:
        name: a word that `--only` takes.
        title: headline of its table.
        loaders: where to; the first one's settings are what the others are compared with.
        members: members of Clockify's workspace.
        entries: its time entries.
        quick_entries: the same in a quick run.
        rounds: how often each loader is measured, alone and behind the tap.
    """

    name: str
    title: str
    loaders: tuple[Loader, ...]
    members: int = 40
    entries: int = 100_000
    quick_entries: int = 2_000
    rounds: int = 2


_UNCHECKED = {"validate_records": False}
_COPIED = {**_UNCHECKED, "use_copy": True}
_LARGE = {**_COPIED, "batch_size_rows": 50_000}
_METADATA = {"add_metadata_columns": True}

_FILES = {
    "batch_config": {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": "file://{folder}"},
    }
}
"""Has the tap write files instead of RECORD lines."""

LOADINGS = (
    Loading(  # 2 minutes
        name="into-jsonl",
        title="Into target-jsonl",
        loaders=(Loader(JSONL, "defaults", shipped=True),),
    ),
    Loading(  # 8 minutes
        name="into-duckdb",
        title="Into target-duckdb",
        loaders=(
            Loader(DUCKDB, "defaults: batches of 100,000 rows"),
            Loader(DUCKDB, "`add_metadata_columns`", _METADATA, shipped=True),
            Loader(DUCKDB, "that and batches of 25,000", {**_METADATA, "batch_size_rows": 25_000}),
            Loader(
                DUCKDB, "that and batches of 200,000", {**_METADATA, "batch_size_rows": 200_000}
            ),
        ),
        entries=200_000,
    ),
    Loading(  # 8 minutes
        name="into-postgres",
        title="Into target-postgres",
        loaders=(
            Loader(POSTGRES, "defaults: batches of 10,000 rows"),
            Loader(POSTGRES, "`validate_records: false`", _UNCHECKED),
            Loader(POSTGRES, "that and `use_copy: true`", _COPIED),
            Loader(POSTGRES, "that and `batch_size_rows: 50000`", _LARGE, shipped=True),
            Loader(POSTGRES, "that and BATCH files from the tap", _LARGE, tap=_FILES),
        ),
        entries=60_000,
    ),
)
