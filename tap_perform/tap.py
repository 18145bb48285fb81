"""tap-perform: the command."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import typing as th
from singer_sdk.singerlib import Catalog

from tap_perform.check import shape_of, state_of
from tap_perform.client import service_of
from tap_perform.columns import some
from tap_perform.discovery import Discovery, Tables, documented, needing_a_look
from tap_perform.downloads import Download, Downloads
from tap_perform.expected import Expected
from tap_perform.fields import fields_in
from tap_perform.reasons import FEW, alike
from tap_perform.reconcile import ClipName, Downloaded, Pass, compare
from tap_perform.settings import clips_of, errors_of, owner_of
from tap_perform.streams import ClipStream
from taps_common.cli.command import EXIT_CODES
from taps_common.cli.reconcile import read
from taps_common.cli.settings import MEBIBYTE, request_settings
from taps_common.cli.tap import ApiTap
from taps_common.errors import Kind, NotAskedError, TapError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from singer_sdk.singerlib.catalog import CatalogEntry

    from tap_perform.settings import Clip
    from taps_common.http.request import Service
    from taps_common.sync.stream import EndpointStream, RecordStream


class TapPerform(ApiTap):
    """Singer tap for SYNCHRO Perform: the self-service dataclips and any other."""

    name = "tap-perform"
    discovers_first = False
    check_timeout = 30  # an answer is a whole table
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "projects",
            th.ArrayType(
                th.ObjectType(
                    th.Property("name", th.StringType),
                    th.Property("url", th.StringType),
                    th.Property("username", th.StringType),
                    th.Property("password", th.StringType, secret=True),
                    th.Property("date_format", th.StringType),
                    th.Property("decimal_sign", th.StringType),
                    th.Property("thousands_sign", th.StringType),
                    th.Property("null_values", th.ArrayType(th.StringType)),
                    th.Property("allow_unterminated", th.BooleanType),
                    th.Property("dataclips", th.ObjectType(additional_properties=True)),
                )
            ),
            required=True,
            title="Projects",
            description=(
                "List of projects, each with name, dataclips and, unless set for all, username and "
                "password. dataclips maps a table's name, such as activity_export, to the address "
                "that Perform shows (Settings, Dataclips), or to an object with url and, where "
                "needed, primary_keys, columns, types, date_format, decimal_sign, thousands_sign, "
                "null_values, delimiter, encoding, allow_unterminated and records_path."
            ),
        ),
        th.Property(
            "username",
            th.StringType,
            title="User name",
            description=(
                "Dataclip user of all projects that name none: each user generates dataclip "
                "credentials in Perform. They are not those of the log-in."
            ),
        ),
        th.Property(
            "password",
            th.StringType,
            secret=True,
            title="Password",
            description="Dataclip password of all projects that name none.",
        ),
        th.Property(
            "stale_timeout",
            th.NumberType(minimum=0, maximum=604800),
            default=1800,
            title="Wait for stale clips in seconds",
            description=(
                "How long clips are waited for, all together, that are not ready, as at their "
                "first access or after disuse. Then their tables fail; the others are there."
            ),
        ),
        th.Property(
            "on_new_column",
            th.StringType(allowed_values=["warn", "fail", "extra"]),
            option_labels={
                "warn": "Leave them out, with a warning",
                "fail": "Fail the table",
                "extra": "Keep them as JSON text",
            },
            title="Columns unknown to the catalog",
            description=(
                "'warn' leaves them out and says so, 'fail' fails the table, 'extra' keeps them "
                "as JSON text in the column _extra. Empty does what on_drift says."
            ),
        ),
        th.Property(
            "on_new_headings",
            th.StringType(allowed_values=["fail", "accept"]),
            option_labels={"fail": "Refuse the clip", "accept": "Take its columns"},
            default="fail",
            title="Headings of another table",
            description=(
                "What is done with a clip that has fewer than half of the columns of the last run, "
                "or at discovery none that is documented: 'fail' refuses it, 'accept' takes its "
                "columns from then on. Set it for one run."
            ),
        ),
        th.Property(
            "on_bad_value",
            th.StringType(allowed_values=["fail", "null"]),
            option_labels={"fail": "Fail the table", "null": "Send null"},
            title="Values that do not fit their type",
            description=(
                "'fail' fails the table and names row, column and value; 'null' sends null and "
                "says how many. Empty does what on_drift says."
            ),
        ),
        th.Property(
            "infer_types",
            th.BooleanType,
            default=False,
            title="Infer types",
            description=(
                "At discovery, find the types of undeclared columns that hold all rows, for which "
                "the whole clips are read. The log says what to declare."
            ),
        ),
        th.Property(
            "skip_unchanged",
            th.BooleanType,
            default=False,
            title="Skip what did not change",
            description=(
                "Do not send a clip again that is what the last run sent (by a digest in the "
                "state). A full refresh sends everything."
            ),
        ),
        *request_settings(timeout=300, deadline=7200, max_bytes=8 * 1024 * MEBIBYTE, concurrency=2),
    ).to_dict()

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        state = kwargs.get("state")  # which the SDK loads after discovery only
        bookmarks = state.get("bookmarks", {}) if isinstance(state, dict) else {}
        self._unchanged: list[str] = []
        self._clips_sent = {stream: one.get("clips", {}) for stream, one in bookmarks.items()}
        super().__init__(*args, **kwargs)

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work, and fill in defaults."""
        self._errors = super().find_config_errors(config) or errors_of(config)
        return self._errors

    def service(self) -> Service:
        """Return where the first clip comes from: each request names its own service."""
        return service_of(self.clips[0])

    # -- clips -----------------------------------------------------------------------------------

    @cached_property
    def clips(self) -> list[Clip]:
        """All clips of the settings, project by project."""
        return clips_of(self.config)

    @cached_property
    def downloads(self) -> Downloads:
        """The responses of the clips whose tables are selected."""
        selected = {*self.selected_names()}
        if self._entries is None:
            selected = {str(kind.name) for kind in self._found.known}  # type: ignore[misc]  # a text
        return self._ask_for(clip for clip in self.clips if clip.stream in selected)

    def downloads_of(self, stream: str) -> list[Download]:
        """Return the responses of a table's clips; they are waited for."""
        found = self.downloads.of(stream)
        if any(one.pending for one in found):
            next(name for name in self.downloads.ready() if name == stream)
        return found

    def _ask_for(self, clips: Iterable[Clip], *, headings: bool = False) -> Downloads:
        return Downloads(
            [Download(clip, self._expected(clip)) for clip in clips],
            workers=self.workers,
            clock=self.clock,
            session=self.session,
            logger=self.logger,
            timeout=self.config["stale_timeout"],
            headings=headings,
        )

    def _expected(self, clip: Clip) -> Expected:
        entry = (self._entries or {}).get(clip.stream)
        last = self._clips_sent.get(clip.stream, {}).get(clip.project, {}).get("headings", ())
        return Expected.of(
            clip,
            fields_in(entry) if entry else (),
            discovering=self._entries is None,
            last=last,
            accept=self.config["on_new_headings"] == "accept",
        )

    # -- tables ----------------------------------------------------------------------------------

    @property
    def _entries(self) -> Mapping[str, CatalogEntry] | None:
        return self.input_catalog

    @property
    def stream_types(self) -> Sequence[type[RecordStream]]:
        """All streams: those of the settings, or the documented ones while there are none.

        Raises:
            TapError: of no clip the columns can be told, or a setting cannot work.
        """
        return self._found.known

    @cached_property
    def _found(self) -> Tables:
        if not self.config.get("projects"):
            self.logger.info("No projects: these are the documented tables and columns.")
            return Tables(documented(extra=self._extra))
        if self._errors:
            raise TapError(" ".join(self._errors))
        infer = self.config["infer_types"]
        needing = self.clips if infer else needing_a_look(self.clips)
        downloads = self._ask_for(needing if self._entries is None else (), headings=not infer)
        for _ in downloads.ready():
            pass
        try:
            found = self._tables_of(downloads)
        finally:
            downloads.close()
        unread = [
            (stream, why)
            for stream, why in found.unread.items()
            if found.known or not isinstance(why, NotAskedError)  # which say no more than the end
        ]
        for names, why in alike(unread):
            are = "are not tables" if len(names) > 1 else "is not a table"
            self.logger.warning("%s %s: %s", some(names, most=FEW), are, why)
        if not found.known:
            raise next(iter(found.unread.values()))
        return found

    def _tables_of(self, downloads: Downloads) -> Tables:
        return Discovery(
            self.clips,
            self._entries,
            downloads,
            infer=self.config["infer_types"],
            extra=self._extra,
            logger=self.logger,
        ).tables()

    @property
    def _extra(self) -> bool:
        return self.config.get("on_new_column") == "extra"

    # -- the run ---------------------------------------------------------------------------------

    def sync_all(self) -> None:  # type: ignore[misc]  # final for type checkers only
        """Read all selected tables; see `ApiTap`."""
        try:
            super().sync_all()
        finally:
            self.downloads.close()

    def run_sync_dry_run(self, *args: Any, **kwargs: Any) -> bool:  # type: ignore[misc]  # noqa: ANN401 - as above; the SDK's own
        """Read a row or a few of each table, which leaves files unread; see `Tap`."""
        try:
            return super().run_sync_dry_run(*args, **kwargs)
        finally:
            self.downloads.close()

    def connect(self) -> None:
        """Make sure that the state is of these projects, and that they have what is selected.

        Raises:
            TapError: they have not.
            FatalError: the state is of other projects.
        """
        self.own_state(owner_of(self.clips))
        streams = {clip.stream for clip in self.clips}
        if absent := [name for name in self.selected_names() if name not in streams]:
            raise TapError(
                f"The catalog selects {', '.join(absent)}, which no project lists as a dataclip: "
                "add it to projects, or discover again."
            )

    def unread(self) -> list[str]:
        """Return the names of clips whose columns nobody knows: their rows are missing."""
        return list(self._found.unread)

    def unchanged(self) -> list[str]:
        """Return the names of tables whose clips are all what the last run sent."""
        return self._unchanged

    def endpoints(self) -> Iterator[EndpointStream]:
        """Yield the streams, those first whose clips are ready."""
        for name in self.downloads.ready():
            stream = self.streams.get(name)
            if not isinstance(stream, ClipStream):  # nothing tells its columns: see `unread`
                continue
            if len(stream.unchanged) == len(self.downloads_of(name)):
                self.logger.info("%s is unchanged and not sent again (skip_unchanged)", name)
                self._unchanged.append(name)
                continue
            yield stream

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the command line: the SDK's, `--check` and `--suggest`."""
        command = super().get_singer_command()
        command.params.append(
            click.Option(
                ["--suggest"],
                is_flag=True,
                help="Read each dataclip once and print projects with keys and types that hold.",
            )
        )
        return command

    @classmethod
    def invoke(cls, *, suggest: bool = False, **options: Any) -> None:  # noqa: ANN401 - the SDK's own
        """Run the tap, `--check` or `--suggest`."""
        if not suggest:
            super().invoke(**options)
            return
        cls.print_lines(options, lambda tap: tap.suggest(), "# ")  # the rest is YAML

    # -- a look ----------------------------------------------------------------------------------

    def suggest(self) -> Iterator[str]:
        """Return the lines of `--suggest`."""
        from tap_perform.suggestion import suggested  # noqa: PLC0415 - YAML is for this only

        downloads = self._ask_for(self.clips)
        for _ in downloads.ready():
            pass
        try:
            yield from suggested(self.config["projects"], downloads.all)
        finally:
            downloads.close()

    def check(self) -> Iterator[str]:
        """Return whether each clip can be read, and what to do about those that cannot."""
        yield f"{self.name} {self.plugin_version}"
        downloads = self._ask_for(self.clips)
        downloads.touch()
        self._found = self._tables_of(downloads)
        failed: list[Kind] = []
        for project in dict.fromkeys(clip.project for clip in self.clips):
            yield f"{project}:"
            of_project = [one for one in downloads.all if one.clip.project == project]
            yield from self._looked_at(of_project, failed)
        downloads.close()
        if failed:
            alike = len(failed) == len(self.clips) and len({*failed}) == 1  # as a run ends
            raise TapError(
                f"A run will fail: {len(failed):,} of {len(self.clips):,} dataclips cannot be "
                "read.",
                kind=failed[0] if alike and failed[0] in EXIT_CODES else Kind.PARTIAL,
            )
        yield (
            f"A full run of all tables sends at least {len(self.clips):,} requests: one per "
            "dataclip, and one for the headings of each where no catalog is given."
        )

    def _looked_at(self, downloads: Iterable[Download], failed: list[Kind]) -> Iterator[str]:
        """Return what each clip of a project is, and once for each reason why some cannot be read.

        Args:
            downloads: the clips' responses.
            failed: gets what a person has to do, for each clip of which a run will fail.
        """
        errors: list[tuple[str, TapError]] = []
        for one in downloads:
            try:
                shape, notes = shape_of(one), self._tried(one)
            except TapError as error:
                errors.append((one.clip.stream, error))
                if state_of(error) not in {"stale", "not ready"}:
                    failed.append(error.kind)
            else:
                yield f"  {one.clip.stream}: ready, {shape}"
                yield from (f"    {note}." for note in notes)
            one.close()
        for names, why in alike(errors):
            yield f"  {some(names, most=FEW)}: {state_of(why)}: {why}"

    def reconcile(self) -> Iterator[str]:
        """Return rows and digest of what leaves of each clip, of two downloads.

        Raises:
            TapError: a body has other rows.
            RunFailedError: something could not be read.
        """
        yield from compare(self._downloaded(), self._downloaded())

    def _downloaded(self) -> Downloaded:
        """Read all selected clips once."""
        left = Pass()
        second = read(self, Catalog.from_dict(self.catalog_dict), left.take)
        return Downloaded(
            {
                ClipName(one.clip.stream, one.clip.project): one.table().rows
                for one in second.downloads.all
            },
            left.left,
        )

    def _tried(self, one: Download) -> list[str]:
        """Make the rows of a clip as a run does; return what is odd about them.

        Raises:
            TapError: a run will fail.
        """
        if reason := self._found.unread.get(one.clip.stream):
            raise reason
        stream = self.streams[one.clip.stream]
        assert isinstance(stream, ClipStream)  # noqa: S101 - there are no others
        return stream.tried(one)
