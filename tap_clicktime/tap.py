"""tap-clicktime: the command."""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from singer_sdk.singerlib import Catalog
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_clicktime import csdl, query
from tap_clicktime.client import (
    advice,
    advice_on_metadata,
    credentials,
    sample,
    service_root,
    xml_problem,
)
from tap_clicktime.custom_fields import pairs, without_annotations
from tap_clicktime.metadata import entity_sets
from tap_clicktime.reconcile import Came, Compared, compare
from tap_clicktime.streams import EntityStream
from tap_clicktime.tables import tables
from taps_common.cli.reconcile import chosen, read, window_of
from taps_common.cli.settings import (
    COMMON_SETTINGS,
    custom_field_columns,
    header_error,
    url_error,
)
from taps_common.cli.tap import ApiTap
from taps_common.errors import Kind, RequestError, ShapeError, StatusError, TapError
from taps_common.http.connections import address_of, place_of
from taps_common.http.request import Request, Service
from taps_common.sync.own_state import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_clicktime.metadata import EntitySet
    from taps_common.cli.reconcile import Window
    from taps_common.sync.stream import RecordStream

SAMPLE = 100
"""Rows of each set in which `--check` looks for custom fields."""


class TapClickTime(ApiTap):
    """Singer tap for ClickTime's OData v4 service: all entity sets, and custom fields as rows."""

    name = "tap-clicktime"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "service_url",
            th.StringType,
            required=True,
            title="Service URL",
            description=(
                "Address of your company's OData service; ClickTime's administrator has it. It "
                "is what you would paste into Power BI."
            ),
        ),
        th.Property(
            "api_token",
            th.StringType,
            required=True,
            secret=True,
            title="API token",
            description=(
                "API v2 token (ClickTime: My Preferences, Authentication Token). Its user's "
                "rights decide what arrives: use an administrator's."
            ),
        ),
        th.Property(
            "auth_method",
            th.StringType(allowed_values=["basic", "token"]),
            option_labels={"basic": "As a password", "token": "As the REST API takes it"},
            default="basic",
            title="Authentication",
            description=(
                "How the token is sent: 'basic' as the password of the user clicktime, as BI "
                "tools do, or 'token' as 'Authorization: Token ...', as the REST API takes it."
            ),
        ),
        th.Property(
            "entity_sets",
            th.ArrayType(th.StringType),
            title="Entity sets",
            description="Names of the entity sets to read. Empty reads all that $metadata shows.",
        ),
        th.Property(
            "replication_keys",
            th.ObjectType(additional_properties=th.StringType),
            title="Replication keys",
            description=(
                "Entity set to the date by which it is read incrementally, such as "
                '{"Timesheets": "StartDate"}. TimeEntries go by Date, and sets with a '
                "modification stamp by that, unless named here."
            ),
        ),
        th.Property(
            "page_size",
            th.IntegerType(minimum=1, maximum=100000),
            default=1000,
            title="Page size",
            description=(
                "Rows that a page is asked to hold. The service may send fewer; smaller pages "
                "help where it answers too late."
            ),
        ),
        th.Property(
            "rewrite_links",
            th.BooleanType,
            default=False,
            title="Rewrite links",
            description=(
                "Links to next pages that name another host or port, as services behind a proxy "
                "send them, are asked for at service_url's: the same path and query. Otherwise "
                "they are refused."
            ),
        ),
        th.Property(
            "custom_fields",
            th.StringType(allowed_values=["object", "string"]),
            option_labels={"object": "Objects and their text", "string": "The text only"},
            default="object",
            title="Custom fields",
            description=(
                "'object' reads CustomFields and its text CustomFieldsStr, 'string' asks for the "
                "text only. Both feed the tables of custom fields."
            ),
        ),
        custom_field_columns(
            "Entity set to the custom fields that get a column of their own, each a name or "
            'an object with name and type: {"Jobs": ["Region", {"name": "Rate", "type": '
            '"number"}]}. Types: string, number, integer, boolean, date, date-time.'
        ),
        *COMMON_SETTINGS,
    ).to_dict()

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work, and fill in defaults."""
        if isinstance(config.get("service_url"), str):
            config["service_url"] = config["service_url"].strip()
        errors = super().find_config_errors(config)
        if not config.get("service_url"):
            errors.append(
                "service_url is missing: ask your ClickTime administrator for the address of the "
                "OData service, and set service_url, or TAP_CLICKTIME_SERVICE_URL in the "
                "environment."
            )
        if not config.get("api_token"):
            errors.append(
                "api_token is missing: copy it in ClickTime from My Preferences, Authentication "
                "Token, and set api_token, or TAP_CLICKTIME_API_TOKEN in the environment."
            )
        found = (header_error(config, "api_token"), url_error(config, "service_url"))
        self._errors = errors + [error for error in found if error]
        return self._errors

    def service(self) -> Service:
        """Return the service's address, the credentials and what its errors mean."""
        return Service(service_root(self.config), credentials(self.config), advice, "service_url")

    # -- tables ----------------------------------------------------------------------------------

    @cached_property
    def stream_types(self) -> Sequence[type[RecordStream]]:
        """All streams: those the service declares, or the documented ones while none is known.

        Raises:
            TapError: `$metadata` could not be read, or a setting does not go with it.
        """
        documented = (files("tap_clicktime") / "documented.csdl.xml").read_bytes()
        if not self.config.get("service_url") and not self.config.get("api_token"):
            self.logger.info("No service_url and no api_token: these are the documented tables.")
            return tables(entity_sets(documented), self.config)
        if self._errors:
            raise TapError(" ".join(self._errors))
        return tables(self._live(csdl.read(documented)), self.config)

    def _live(self, described: csdl.Document) -> list[EntitySet]:
        request = Request(
            "/$metadata",
            headers={"Accept": "application/xml", "OData-MaxVersion": "4.01"},
            proof=xml_problem,
            advice=advice_on_metadata,
        )
        body = self.session.send(request).body
        wanted = self.config.get("entity_sets") or ()
        return entity_sets(body, wanted, described, self.logger.warning)

    @property
    def entities(self) -> list[EntityStream]:
        """The streams of entity sets."""
        return [one for one in self.all_streams if isinstance(one, EntityStream)]

    # -- the run ---------------------------------------------------------------------------------

    def connect(self) -> None:
        """Make sure that the state is of this service, and that it has what the catalog selects.

        Raises:
            TapError: it has not.
            FatalError: the state is of another one.
        """
        root = service_root(self.config)
        self.own_state(Owner("services", address_of(root), [place_of(root)]))
        if absent := self.absent_tables():
            raise TapError(
                f"The catalog selects {', '.join(absent)}, which the service does not have (any "
                "more): discover again, or deselect them."
            )

    def check(self) -> Iterator[str]:
        """Return the entity sets with keys, counts, cursors and custom fields."""
        yield f"{self.name} {self.plugin_version} at {service_root(self.config)}"
        entities = self.entities
        yield f"{len(entities)} entity sets:"
        total = 1
        left_out: set[str] = set()
        failed: list[str] = []
        for stream in entities:
            name = stream.entity_set.name
            try:
                rows = self._count(stream.entity_set)
                custom = self._custom_names(stream)
            except ShapeError as error:
                yield f"  {name}: fails: {error}"
                failed.append(name)
            except StatusError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    raise
                if reason := stream.skip_reason(error, {}, known=False):
                    yield f"  {name}: left out: {reason}"
                    left_out.add(str(reason))
                else:
                    yield f"  {name}: fails: {error}"
                    failed.append(name)
            else:
                total += 1 + (rows or 0) // self.config["page_size"]
                yield from _described(stream, rows, custom)
        if failed:
            raise TapError(
                f"A run will fail: {', '.join(failed)} cannot be read.", kind=Kind.PARTIAL
            )
        if left_out and total == 1:
            text = f"Nothing can be read: {'; '.join(sorted(left_out))}."
            raise TapError(text, kind=Kind.SKIPPED)
        yield (
            f"A full run of all tables sends at least {total:,} requests: the declaration, and "
            f"one per {self.config['page_size']:,} rows of a set, more where the service sends "
            "smaller pages."
        )

    def reconcile(self) -> Iterator[str]:
        """Return where rows that are read are fewer or more than the service counts.

        Raises:
            TapError: somewhere they are.
            RunFailedError: something could not be read.
        """
        window = window_of(self.start_date, self.end_date, self.clock.now())

        def read_again(one: Compared) -> Compared:
            (again,) = self._read([one.stream], window)
            return again

        sets = self._read([one for one in self.entities if one.selected], window)
        yield from compare(sets, window, self.session.send, read_again)

    def _read(self, wanted: Sequence[EntityStream], window: Window) -> list[Compared]:
        """Read the keys of sets once.

        Raises:
            RunFailedError: something could not be read.
        """
        columns = {
            one.name: [*one.own_keys, str(one.cursor)] if one.own_keys else None for one in wanted
        }
        catalog = chosen(Catalog.from_dict(self.catalog_dict), columns)
        for one in wanted:
            if one.cursor:
                catalog[one.name].replication_method = REPLICATION_INCREMENTAL
        came = {one.name: Came(one.own_keys, one.cursor) for one in wanted}
        second = read(self, catalog, lambda name, record: came[name].take(record), window)
        sets = (one for one in second.entities if one.name in came)
        skipped = {name: one.skipped for name, one in second.engine.outcomes.items()}
        return [Compared(one, came[one.name], [*skipped[one.name]]) for one in sets]

    def _count(self, one: EntitySet) -> int | None:
        """Return the number of rows, or None where the service does not count.

        Raises:
            StatusError: the set may not be read.
        """
        try:
            return query.counted(self.session.send(query.count(one)))
        except RequestError:
            self.session.send(query.question(one, ("$top", "1")))
            return None

    def _custom_names(self, stream: EntityStream) -> set[str]:
        if not stream.custom_fields:
            return set()
        request = query.question(stream.entity_set, ("$top", str(SAMPLE)))
        rows = sample(request, self.session.send(request))[:SAMPLE]
        held = (row.get(field) for row in rows for field in stream.custom_fields)
        return {name for value in held for name, _ in pairs(without_annotations(value)) if name}


def _described(stream: EntityStream, rows: int | None, custom: set[str]) -> Iterator[str]:
    """Return what `--check` says of a set that can be read."""
    counted = "rows not counted by the service" if rows is None else f"{rows:,} rows"
    key = ", ".join(stream.own_keys) or "none"
    yield f"  {stream.entity_set.name}: key {key}, {counted}, {_replication(stream)}"
    if stream.custom_fields:
        yield f"    custom fields seen: {', '.join(sorted(custom)) or 'none'}"


def _replication(stream: EntityStream) -> str:
    if stream.cursor is None:
        return "full table (no property shows when a row changed)"
    if stream.follows_changes:
        return f"incremental by {stream.cursor}"
    return f"incremental by {stream.cursor}, with a look-back"
