"""Rows as files: what BATCH messages point to.

The SDK's own way takes one record at a time, leaves deselected fields in and always compresses.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from upath import UPath

from taps_common.errors import FatalError, Kind, without_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DEFAULT_ROWS = 10_000
"""Rows of a file, unless `batch_size` says otherwise: the SDK's default."""

_LEVEL = 1
"""Of gzip. `gzip -1`, `-6` and `-9` make 8.9, 6.3 and 5.8 MB of the 87 MB that 100,000 of the
sandbox's time entries take with `compression: none`, in 0.25, 0.63 and 2.2 s."""

_GZIP = 16 + zlib.MAX_WBITS

_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "required": ["storage"],
    "properties": {
        "encoding": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "format": {"enum": ["jsonl"]},
                "compression": {"enum": ["gzip", "none"]},
            },
        },
        "storage": {
            "type": "object",
            "additionalProperties": False,
            "required": ["root"],
            "properties": {
                "root": _TEXT | {"minLength": 1},
                "prefix": _TEXT,
                "params": {"type": "object", "secret": True},
            },
        },
        "batch_size": {"type": "integer", "minimum": 1},
    },
}
"""What of the SDK's setting `batch_config` can be done."""

_APART = {
    "stream_maps": "rows go into files as the service has them",
    "faker_config": "rows go into files as the service has them",
    "flattening_enabled": "rows go into files as the service has them",
    "emit_activate_version_messages": "loaders that take files would delete all that they loaded",
}
"""Settings that batch_config cannot stand beside, and why."""


def conflicts(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each setting that `batch_config` cannot stand beside."""
    for name, reason in _APART.items():
        if config.get("batch_config") and config.get(name):
            yield f"{name} does not go together with batch_config: {reason}. Set only one of them."


class Storage:
    """Where and how files are written.

    Args:
        config: the setting `batch_config`, which keeps to `SCHEMA`.

    Attributes:
        encoding: of the files, as BATCH messages tell it.
        rows: how many rows a file has at most.
        grown: whether a file became full since this was last set to False.

    Raises:
        FatalError: nothing can be written there.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        given, storage = config.get("encoding", {}), config["storage"]
        self.encoding = {"format": "jsonl", "compression": given.get("compression", "gzip")}
        self.rows: int = config.get("batch_size", DEFAULT_ROWS)
        self.grown = False
        self._prefix = storage.get("prefix", "")
        try:
            # Made absolute, as messages name it; what folders there are is up to the file system.
            self._root = UPath(storage["root"], **storage.get("params", {})).resolve()
            probe = self._root / f"{self._prefix}{uuid4()}"
            probe.parent.mkdir(parents=True, exist_ok=True)
            self._is_local = self._root.protocol in {"", "file"}
            if self._is_local:
                probe.touch()
                probe.unlink()
        except ImportError as error:
            raise FatalError(
                f"batch_config.storage.root needs a library that is not installed: {error}. "
                "Install it beside the tap (for s3://: pip install 'timecost-taps[s3]').",
                kind=Kind.SETTING,
            ) from error
        except Exception as error:
            raise FatalError(
                f"batch_config.storage.root cannot be written: {without_addresses(error)}. "
                "Name a folder that can be.",
                kind=Kind.SETTING,
            ) from error

    def files(self, tap: str, table: str) -> Files:
        """Return the files of one read of a table."""
        return Files(self, f"{self._prefix}{tap}--{table}-{uuid4()}")

    def write(self, name: str, content: bytes) -> str:
        """Write a file as a whole or not at all; return its address.

        Raises:
            FatalError: it cannot be written: no state may be, from then on.
        """
        ending = "json.gz" if self.encoding["compression"] == "gzip" else "json"
        path = self._root / f"{name}.{ending}"
        try:
            if self._is_local:  # it is written into, so that nobody else ever reads it
                os.close(os.open(path.path, os.O_CREAT | os.O_WRONLY, 0o600))
            path.write_bytes(content)
        except BaseException as error:
            with suppress(Exception):
                path.unlink()
            if not isinstance(error, Exception):
                raise
            raise FatalError(
                f"A file of batch_config cannot be written: {without_addresses(error)}. The state "
                "covers what was written before; the next run goes on there."
            ) from error
        return str(path.as_uri())


class Files:
    """The files of one read of a table, one after another.

    A file is put together in memory, so that no half of one is ever there.

    Args:
        storage: where they are written.
        name: what their names begin with.

    Attributes:
        encoding: of the files, as BATCH messages tell it.
        room: how many more rows the present file takes.
        count: files that were written.
    """

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name
        self.encoding = storage.encoding
        self.count = 0
        self._begin()

    def add(self, lines: bytes, rows: int) -> None:
        """Add lines, each of one row, for which there is room."""
        self._parts.append(self._pack.compress(lines) if self._pack else lines)
        self.room -= rows

    def finish(self) -> str | None:
        """Write the present file and return its address; None if it would be empty.

        Raises:
            FatalError: it cannot be written.
        """
        if self.room == self._storage.rows:
            return None
        self._storage.grown |= not self.room
        content = b"".join(self._parts) + (self._pack.flush() if self._pack else b"")
        self.count += 1
        self._begin()
        return self._storage.write(f"{self._name}-{self.count}", content)

    def _begin(self) -> None:
        self.room = self._storage.rows
        self._parts: list[bytes] = []
        packed = self.encoding["compression"] == "gzip"
        self._pack = zlib.compressobj(_LEVEL, wbits=_GZIP) if packed else None
