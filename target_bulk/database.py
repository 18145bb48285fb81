"""What both databases do: tables as SCHEMA wants them, and a batch of steps in one transaction."""

from __future__ import annotations

import abc
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import duckdb

from target_bulk import windows
from target_bulk.columns import Kind, Table, joined, quoted
from target_bulk.errors import LoadError, RefusedError
from target_bulk.spool import Spool
from target_bulk.staging import look_for_misfits, stage, with_memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class Gone:
    """Rows of a table are gone.

    Attributes:
        table: the table.
        condition: what they meet.
        hard: whether they are removed whatever is set.
    """

    table: Table
    condition: str
    hard: bool = False


Step: TypeAlias = "Spool | Gone"


@dataclass
class There:
    """A table of the database.

    Attributes:
        types: what the database calls the type of each column.
        is_new: whether this run made it, so that its rows are those of this run.
    """

    types: dict[str, str]
    is_new: bool = False


@dataclass
class Known:
    """The tables of a run.

    Attributes:
        tables: by stream, with the kinds that their columns have in the database.
        there: by full name, as they are in the database.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    there: dict[str, There] = field(default_factory=dict)


@dataclass
class Database(abc.ABC):
    """A database that rows are loaded into, by connections of one thread.

    Attributes:
        staging: DuckDB, which reads the spool files.
        known: what all threads know of the tables.
        hard_delete: whether rows that are gone are removed; otherwise `_sdc_deleted_at` is set.
        apply_windows: whether `completed_windows` and the tap's own `_sdc_deleted_at` are applied.
    """

    staging: duckdb.DuckDBPyConnection
    known: Known
    hard_delete: bool
    apply_windows: bool

    types: ClassVar[Mapping[Kind, str]]

    def declare(self, table: Table) -> Table:
        """Make a table, its new columns, and wider types; return it with the kinds it has then.

        Raises:
            LoadError: a column cannot become what SCHEMA says.
        """
        with self.transaction():
            there = self.find(table)
            wanted = there and self._missing(table, there)
            if there is None or wanted:
                self.lock(table.full_name)
                there = self.find(table)  # another process may have been here
            if there is None:
                columns = [
                    f"{quoted(one)} {self.types[kind]}" for one, kind in table.columns.items()
                ]
                self.create(table, columns)
                there = There(
                    {one: self.types[kind] for one, kind in table.columns.items()}, is_new=True
                )
            for name, (action, kind) in self._missing(table, there).items():
                self.execute(f"alter table {table.full_name} {action}")
                there.types[name] = self.types[kind]
        known = self.known.there.get(table.full_name)
        there.is_new |= known is not None and known.is_new
        self.known.there[table.full_name] = there
        kinds = {
            name: self.kind_of(there.types[name]) or kind for name, kind in table.columns.items()
        }
        self.known.tables[table.stream] = replace(table, columns=kinds)
        return self.known.tables[table.stream]

    def prepare(self, steps: Sequence[Step]) -> windows.Changes:
        """Read the spool files of steps, and remove them; return what their rows say is gone.

        Raises:
            LoadError: something does not fit.
        """
        now = datetime.now(timezone.utc)
        changes = windows.Changes()
        for spool in (step for step in steps if isinstance(step, Spool)):
            with self._explained(spool):
                with_memory(self.staging, partial(self.stage, spool, now))
            spool.path.unlink()
            if self.apply_windows:
                changes.note(self.staging, spool)
        return changes

    def stage(self, spool: Spool, now: datetime) -> None:
        """Read a spool file into a table of DuckDB."""
        stage(self.staging, spool, now)

    def load(self, steps: Sequence[Step], changes: windows.Changes) -> None:
        """Run steps, which are prepared, in one transaction.

        Raises:
            LoadError: something does not fit; nothing is loaded then.
        """
        spools = [step for step in steps if isinstance(step, Spool)]
        with self._explained(*spools):
            with_memory(self.staging, partial(self._load, steps, changes))
        for spool in spools:
            self.staging.execute(f"drop table {spool.rows}")

    def _load(self, steps: Sequence[Step], changes: windows.Changes) -> None:
        now = datetime.now(timezone.utc)
        known = self.known.tables
        tables = known.values() if self.apply_windows else [one.table for one in steps]
        with self.transaction():
            self.lock(*(table.full_name for table in tables))
            for step in steps:
                if isinstance(step, Gone):
                    self._remove(step, now)
                else:
                    self.merge(step)
            for table, condition in changes.gone(known, hard=self.hard_delete):
                self._remove(Gone(table, condition), now)

    @contextmanager
    def _explained(self, *spools: Spool) -> Iterator[None]:
        """Say which values the database refuses."""
        try:
            yield
        except RefusedError:
            with suppress(duckdb.Error):
                for spool in spools:
                    look_for_misfits(self.staging, spool)
            raise
        except duckdb.Error as error:
            raise LoadError(
                f"DuckDB cannot go on ({type(error).__name__}): look whether the disk of temporary "
                "files (TMPDIR) is full."
            ) from None

    def _remove(self, gone: Gone, now: datetime) -> None:
        """Remove rows, or say when they were gone."""
        if gone.hard or self.hard_delete:
            self.execute(f"delete from {gone.table.full_name} where {gone.condition}")
        else:
            self.execute(
                f"update {gone.table.full_name} set "
                f"_sdc_deleted_at = '{now:%Y-%m-%d %H:%M:%S.%f}+00' "
                f"where _sdc_deleted_at is null and ({gone.condition})"
            )

    def _missing(self, table: Table, there: There) -> dict[str, tuple[str, Kind]]:
        """Return what has to be altered of a table, and the kind of the column then."""
        actions = {}
        for name, kind in table.columns.items():
            column = quoted(name)
            if name not in there.types:
                actions[name] = (f"add column {column} {self.types[kind]}", kind)
                continue
            found = self.kind_of(there.types[name])
            becomes = kind if found is None else joined(found, kind)
            if becomes is None:
                raise LoadError(
                    f"Stream {table.stream}: the column {name} is {there.types[name]} and cannot "
                    f"become {self.types[kind]}, as SCHEMA says now; rename the column or the "
                    "table, or load into another schema."
                )
            if found not in {None, becomes}:
                value = f"to_json({column})" if becomes is Kind.JSON else column
                kind_of_it = self.types[becomes]
                action = f"alter column {column} type {kind_of_it} using {value}::{kind_of_it}"
                actions[name] = (action, becomes)
        return actions

    @abc.abstractmethod
    def transaction(self) -> AbstractContextManager[None]:
        """Return a transaction, whose errors of the database are sentences."""

    @abc.abstractmethod
    def execute(self, statement: str) -> None:
        """Run a statement."""

    @abc.abstractmethod
    def lock(self, *names: str) -> None:
        """Keep other loads out of tables, or a schema, until the transaction ends."""

    @abc.abstractmethod
    def find(self, table: Table) -> There | None:
        """Return the table as it is there, None if it is not."""

    @abc.abstractmethod
    def create(self, table: Table, columns: list[str]) -> None:
        """Make a table, and its schema."""

    @abc.abstractmethod
    def kind_of(self, name: str) -> Kind | None:
        """Return the kind of a type; None for one that is not known here."""

    @abc.abstractmethod
    def merge(self, spool: Spool) -> None:
        """Put rows into their table."""
