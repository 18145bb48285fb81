"""Streams: the rows of a clip, of all projects that have it."""

from __future__ import annotations

from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from tap_perform.catalogue import documented_keys
from tap_perform.columns import EXTRA, RESERVED, name_of, notes_on, some
from tap_perform.rows import Policy, Rows
from taps_common.digests import digest_of
from taps_common.errors import ShapeError, TapError
from taps_common.records.row_types import RESCUED, fields_of, json_schema
from taps_common.sync.max_shrink import Compared
from taps_common.sync.steps import Checkpoint, Plan, Write
from taps_common.sync.stream import EndpointStream
from taps_common.sync.told import undated
from taps_common.sync.unchanged import MAPPING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import msgspec

    from tap_perform.downloads import Download
    from tap_perform.fields import Declared, Field
    from tap_perform.readers import Table
    from tap_perform.settings import Clip
    from taps_common.sync.outcome import Outcome
    from taps_common.sync.steps import Bounds, Partition, Planning, Requests, Scope

LOOK_AT_IT = "If the project should have them, look at the clip in Perform."
"""What to do about columns that do not come: clips of two projects need not have the same."""


class ClipOwner(Protocol):
    """What the streams need of the tap."""

    @property
    def clips(self) -> list[Clip]:
        """All clips of the settings, project by project."""

    def downloads_of(self, stream: str) -> list[Download]:
        """Return the responses of a stream's clips; they are waited for."""


class ClipStream(EndpointStream):
    """The rows of a clip, project by project.

    Attributes:
        fields: the columns of a clip, by name.
        declared: what the settings and Bentley say of them.
        own: names of the columns that the settings declare.
    """

    fields: ClassVar[Mapping[str, Field]]
    declared: ClassVar[Declared]
    own: ClassVar[set[str]]
    words = MappingProxyType({"project": "project"})
    compares_rows = False  # a clip is skipped as a whole, before its rows are made

    @property
    def owner(self) -> ClipOwner:
        """The tap, as far as its streams know it."""
        owner: Any = self.tap
        found: ClipOwner = owner
        return found

    def write_schema(self) -> None:
        """Write the SCHEMA message, unless no project's clip brought the table.

        What came instead may have told discovery other columns, which a loader would add.
        """
        if self._tables():
            super().write_schema()

    # -- what is read ----------------------------------------------------------------------------

    def scopes(self) -> Sequence[Scope]:
        """Return the projects that have the clip."""
        return [{"project": clip.project} for clip in self.owner.clips if clip.stream == self.name]

    def restrictions(self, scope: Scope) -> Sequence[object]:
        """Return the address of the clip: what it holds is chosen in Perform."""
        return [clip.url for clip in self.owner.clips if self._is_of(clip, scope)]

    def rows_before(self, scope: Scope) -> int | None:
        """Return how many rows a clip had in the last run of an earlier release."""
        found: int | None = self._last.get(scope["project"], {}).get("rows")
        return found

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the project, if its clip has to be sent."""
        yield from ()
        if scope["project"] in self.unchanged:
            self.logger.info("%s: %s is unchanged and not sent again", self.name, scope["project"])
            return Plan([])
        spent = [self._download(scope).cost]
        return Plan([dict(scope)], limit=self._first_time_empty(scope), spent=spent)

    def _first_time_empty(self, scope: Scope) -> str | None:
        """Return whose clips came without any row for the first time: that may be a mistake."""
        if not self.config["emit_activate_version_messages"]:
            return None
        empty = [
            project
            for project, table in self._tables().items()
            if not table.rows and project not in self._last
        ]
        if scope["project"] not in empty:
            return None
        return f"no row came from {', '.join(empty)}, not before either"

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Write the rows of a project's clip, which was asked for before."""
        one = self._download(partition)
        table = one.table()
        self._report_loss(partition, table)
        if self._forget(partition["project"], table):
            yield Checkpoint()
        try:
            yield from self._write(one, table, bounds)
        finally:
            one.close()

    def _report_loss(self, partition: Partition, table: Table) -> None:
        """Say that a clip lost most of its rows, where no table version does."""
        before = self.rows_before(partition)
        if before is None or self.config["emit_activate_version_messages"]:
            return
        compared, allowed = Compared(partition, before, table.rows), self.config["max_shrink"]
        if compared.shrank(allowed) or compared.vanished(allowed):
            self.logger.warning(
                "%s of %s shrank from %s to %s rows since the last run: if that is not right, look "
                "at the clip in Perform; nothing is removed without table versions",
                *(self.name, partition["project"], f"{before:,}", f"{table.rows:,}"),
            )

    def _write(self, one: Download, table: Table, bounds: Bounds) -> Requests:
        """Write the rows of a table, some at a time."""
        rows = self._rows(one.clip, table, bounds.row)
        for batch in rows or ():
            yield Write(batch)
        if rows is None:
            return
        for heading, note in rows.misfits(rescued=self._rescues).items():
            fact = f"{one.clip}: misfits of {undated(heading)}"
            self.tap.say(f"{one.clip}: {note}.", fact)
        for note in rows.about_keys():
            self.logger.warning("%s: %s.", one.clip, note)

    def tried(self, one: Download) -> list[str]:
        """Make the rows of a clip and drop them; return what is odd about them.

        Raises:
            TapError: a run would fail.
        """
        rows = self._rows(one.clip, one.table(), self.row)
        for _ in rows or ():
            pass
        return list(rows.notes(rescued=self._rescues) if rows else ())

    def _rows(self, clip: Clip, table: Table, row: type[msgspec.Struct]) -> Rows | None:
        """Return what makes the rows of a table; None of an empty JSON list.

        Raises:
            ShapeError: its columns are not those of the stream.
        """
        if not table.headings and not table.rows:
            return None
        keys = [name for name in self.own_keys if name not in RESERVED]
        rows = Rows(
            clip,
            table,
            row=row,
            fields=self.fields,
            keys=keys,
            trusted=self.declared.keys is not None or keys != documented_keys(self.name),
            policy=self._policy,
        )
        for note in (*table.notes, *notes_on(rows.columns)):
            self.logger.info("%s: %s", clip, note)
        extra = any(one.encode_name == EXTRA for one in fields_of(row))
        self._report_columns(str(clip), rows, extra=extra)
        self._report_changes(clip, table, rows)
        return rows

    def _report_changes(self, clip: Clip, table: Table, rows: Rows) -> None:
        """Say which columns come or went since the last run, if the catalog's did not tell."""
        last: list[str] = self._last.get(clip.project, {}).get("headings", [])
        names = dict.fromkeys(map(name_of, table.headings))
        told = {name_of(self.fields[name].heading) for name in rows.missing}
        told |= {name_of(column.heading) for column in rows.new}
        gone = [name for name in last if name not in {*names, *told}]
        new = [name for name in names if name not in {*last, *told}]
        dated = {*map(undated, names)} & {*map(undated, last)}
        if last and gone:
            what = f"{clip}: columns of the last run are gone"
            self._say_columns(what, gone, usual=dated, advice=LOOK_AT_IT)
        if last and new:
            self._say_columns(f"{clip}: columns that the last run had not", new, usual=dated)

    def _say_columns(
        self, what: str, names: Sequence[str], *, usual: Collection[str] = (), advice: str = ""
    ) -> None:
        """Log something about columns: a warning where it was not said of one of them before.

        Args:
            what: what is said.
            names: of which columns.
            usual: what those are known by of which nobody is warned.
            advice: what to do, in sentences.
        """
        facts = {f"{what}: {known}" for known in map(undated, names) if known not in usual}
        line = f"{what}: {some(names)}" + (f". {advice}" if advice else "")
        if facts:
            self.tap.say(line, *facts)
        else:
            self.logger.info("%s", line)

    def _report_columns(self, clip_name: str, rows: Rows, *, extra: bool) -> None:
        """Say which columns are new, whether they are kept, and which are missing.

        Raises:
            ShapeError: none is one that was declared, or there is a new one and none may be.
        """
        missing = {*rows.missing}
        if not self.fields:
            raise ShapeError(f"The catalog knows no column of {clip_name} yet: discover again.")
        for known, where in ((self.own, "settings declare"), (self.fields, "catalog has")):
            if known and missing.issuperset(known):
                raise ShapeError(
                    f"{clip_name} has none of the columns that the {where}: it is another table, "
                    "or its columns were renamed."
                )
        if rows.missing:
            what = f"{clip_name}: columns are missing, sent as null"
            advice = f"{LOOK_AT_IT} Discover again if no project has them any more."
            self._say_columns(what, rows.missing, advice=advice)
        if not rows.new:
            return
        new = [repr(column.heading) for column in rows.new]
        if self._policy.new_column == "fail":
            setting = "on_new_column" if self.config.get("on_new_column") else "on_drift"
            raise ShapeError(
                f"{clip_name} has columns that the catalog does not know: {some(new)}. Discover "
                f"again; {setting} is 'fail'."
            )
        rescued = self._policy.new_column == "rescue" and self._rescues
        what = f"kept in {RESCUED}" if rescued else "kept in _extra" if extra else "left out"
        self._say_columns(
            f"{clip_name}: columns that the catalog does not know, {what} until you discover again",
            new,
        )

    @property
    def _policy(self) -> Policy:
        """What is done with what has no place: the settings of this tap go before `on_drift`."""
        names = ("on_bad_value", "on_new_column")
        found = Policy(*(self.config.get(name) or self.config["on_drift"] for name in names))
        if found.new_column == "extra" and EXTRA not in self.effective_schema["properties"]:
            return found._replace(new_column="rescue")  # the catalog is from before
        return found

    @property
    def _rescues(self) -> bool:
        """Whether there is a column for what is rescued."""
        return self.selects((RESCUED,))

    # -- all projects ----------------------------------------------------------------------------

    def after_read(self, outcome: Outcome) -> None:
        """Keep what the next run compares with, once all projects were read."""
        if outcome.failures or outcome.stop:
            return
        self.get_context_state({})["clips"] = {
            project: {"headings": self._names(project, table)}
            | self._known_of(project, table, complete=outcome.complete)
            for project, table in self._tables().items()
        }

    @cached_property
    def unchanged(self) -> set[str]:
        """The projects whose clip is what the last complete run sent."""
        if not self.config["skip_unchanged"]:
            return set()
        return {
            project
            for project, table in self._tables().items()
            if self._last.get(project, {}).get("digest") == self._digest(project, table)
        }

    def _known_of(self, project: str, table: Table, *, complete: bool) -> dict[str, Any]:
        """Return what the state keeps of a clip; rows that were not all sent are not counted."""
        if complete:
            return {"rows": table.rows, "digest": self._digest(project, table)}
        last = self._last.get(project, {})
        return {"rows": last["rows"]} if "rows" in last else {}

    def _forget(self, project: str, table: Table) -> bool:
        """Take the digest of a clip that changed out of the state; return whether it was there.

        If the run is killed and the clip is changed back, it is not what the target has.
        """
        last = self._last.get(project, {})
        if last.get("digest") in {None, self._digest(project, table)}:
            return False
        del last["digest"]
        return True

    @property
    def _last(self) -> Mapping[str, dict[str, Any]]:
        """What the state knows of each project's clip, as it was sent last."""
        last: dict[str, dict[str, Any]] = self.get_context_state({}).get("clips", {})
        return last

    def _is_of(self, clip: Clip, scope: Scope) -> bool:
        return clip.stream == self.name and clip.project == scope["project"]

    def _download(self, scope: Scope) -> Download:
        """Return the response of a project's clip."""
        return next(one for one in self._downloads() if self._is_of(one.clip, scope))

    def _downloads(self) -> list[Download]:
        """Return the responses of all projects; they are waited for."""
        return self.owner.downloads_of(self.name)

    def _tables(self) -> dict[str, Table]:
        """Return the tables that came, by project."""
        found = {}
        for one in self._downloads():
            try:
                found[one.clip.project] = one.table()
            except TapError:  # said when the project's turn comes
                continue
        return found

    def _names(self, project: str, table: Table) -> list[str]:
        """Return what the headings name; an empty JSON list has none and leaves the last ones."""
        known: list[str] = self._last.get(project, {}).get("headings", [])
        return sorted({*map(name_of, table.headings)}) or known

    @property
    def _has_timestamps(self) -> bool:
        return any(one.type == "date-time" for one in self.fields.values())

    def _digest(self, project: str, table: Table) -> str:
        """Return the digest of all that decides what is sent of a clip."""
        (clip,) = (clip for clip in self.owner.clips if self._is_of(clip, {"project": project}))
        selected = [name for name in self.schema["properties"] if self.selects((name,))]
        parts = (
            *(self.tap_version, table.digest, json_schema(self.row), selected),
            *(self.primary_keys, clip.date_format, *self._policy),
            self.config["emit_activate_version_messages"],
            *(self.config.get(name) for name in MAPPING),
            *(clip.decimal_sign, clip.thousands_sign, clip.null_values),
            *(["in UTC"] if self._has_timestamps else []),  # earlier releases kept offsets
        )
        return digest_of(parts)
