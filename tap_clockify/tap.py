"""tap-clockify: the command."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import TapCapabilities
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_clockify import check
from tap_clockify.account import Account
from tap_clockify.custom_columns import tables
from tap_clockify.hosts import REGIONS, advice, api_url, credentials
from tap_clockify.reconcile import TABLES, Comparison
from tap_clockify.streams import STREAMS
from tap_clockify.streams.reports import UserDayTotals
from tap_clockify.streams.time_entries import TimeEntries
from tap_clockify.streams.workspaces import Workspaces
from taps_common.cli.reconcile import DAY, chosen, discovered, read, window_of
from taps_common.cli.settings import (
    COMMON_SETTINGS,
    custom_field_columns,
    header_error,
    url_error,
)
from taps_common.cli.tap import ApiTap
from taps_common.errors import TapError
from taps_common.http.request import Service
from taps_common.timestamps import before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_clockify.rows.workspaces import Workspace
    from taps_common.sync.stream import RecordStream


class TapClockify(ApiTap):
    """Singer tap for Clockify: 48 tables of time, projects, expenses, invoices and reports."""

    name = "tap-clockify"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "api_key",
            th.StringType,
            secret=True,
            title="API key",
            description=(
                "Personal API key (Clockify: Preferences, Advanced). Use the key of an owner or "
                "admin: others see their own time entries only."
            ),
        ),
        th.Property(
            "addon_token",
            th.StringType,
            secret=True,
            title="Add-on token",
            description="Token of an add-on, instead of api_key; needs workspace_ids.",
        ),
        th.Property(
            "region",
            th.StringType(allowed_values=list(REGIONS)),
            option_labels=REGIONS,
            default="global",
            title="Region",
            description=(
                "Where the workspace's data lives: global, euc1 (Germany), use2 (USA), euw2 (UK) "
                "or apse2 (Australia). Not together with api_url."
            ),
        ),
        th.Property(
            "api_url",
            th.StringType,
            title="API URL",
            description=(
                "Address of the API, if it is not the region's: a subdomain's "
                "(https://company.clockify.me/api/v1) or a self-hosted one's."
            ),
        ),
        th.Property(
            "reports_url",
            th.StringType,
            title="Reports URL",
            description=(
                "Address of the host of reports, which reports and shared_reports are read from. "
                "Default: the region's; beside api_url, if that is set "
                "(https://company.clockify.me/report/v1)."
            ),
        ),
        th.Property(
            "audit_log_url",
            th.StringType,
            title="Audit log URL",
            description=(
                "Address of the host of the audit log. Default: the global region's; beside "
                "api_url, if that is set to a host that is not Clockify's own. The hosts of other "
                "regions and of subdomains are not documented: audit_log needs it there."
            ),
        ),
        th.Property(
            "workspace_ids",
            th.ArrayType(th.StringType),
            title="Workspaces",
            description="Ids of the workspaces to read. Empty reads all that the key can see.",
        ),
        th.Property(
            "max_requests_per_hour",
            th.IntegerType(minimum=1, maximum=1_000_000),
            title="Requests per hour",
            description=(
                "At most so many requests in any 60 minutes; 30 for new workspaces on the free "
                "plan. Empty sets no limit."
            ),
        ),
        th.Property(
            "on_quota",
            th.StringType(allowed_values=["wait", "stop"]),
            option_labels={"wait": "Wait", "stop": "Fail, and go on in the next run"},
            default="wait",
            title="When the quota is used up",
            description=(
                "'wait' until requests are allowed again, or 'stop': the run fails, what was read "
                "is kept, and the next run goes on there."
            ),
        ),
        th.Property(
            "invoice_details",
            th.BooleanType,
            default=True,
            title="Details of invoices",
            description=(
                "Read each new or changed invoice by a request of its own. Without it invoices "
                "have the columns of the list only, and invoice_items has no rows."
            ),
        ),
        th.Property(
            "strict_plan",
            th.BooleanType,
            default=False,
            title="Strict about plans",
            description=(
                "Fail the run where the workspace's plan or the key's role keeps a table, or a "
                "part of it, from being read. Otherwise it is skipped there, with a warning and "
                "without a table version."
            ),
        ),
        th.Property(
            "changes_kept_days",
            th.NumberType(minimum=0, maximum=36500),
            default=30,
            title="Days that changes are kept",
            description=(
                "With replication method LOG_BASED: how long Clockify keeps its feeds of changes, "
                "which nothing documents. After a longer pause, time entries are read by their "
                "start once, with the look-back."
            ),
        ),
        th.Property(
            "verify_days",
            th.NumberType(minimum=0, maximum=36500),
            default=7,
            title="Days between two looks at the lists",
            description=(
                "With replication method LOG_BASED: once the feeds of changes have earned it, "
                "entries that start within lookback_days are read beside them once in so many "
                "days, to see whether the feeds still tell all that happens. 0 reads them always."
            ),
        ),
        th.Property(
            "reread_changed",
            th.BooleanType,
            default=False,
            title="Read changed months again",
            description=(
                "With replication method INCREMENTAL, which it makes the default: compare what "
                "Clockify's summary report adds up by member and month, of the whole history, with "
                "what it added up when these entries were read, and read again the months of "
                "members that differ, however old they are."
            ),
        ),
        custom_field_columns(
            "Table (time_entries, projects, users) to the custom fields that get a column of "
            "their own, each a name (or id), or an object with name and type: "
            '{"time_entries": ["PO", {"name": "Rate", "type": "number"}]}. Types: string, '
            "number, integer, boolean, date, date-time."
        ),
        *COMMON_SETTINGS,
    ).to_dict()
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        *ApiTap.capabilities,
        TapCapabilities.LOG_BASED,
    ]

    @cached_property
    def stream_types(self) -> Sequence[type[RecordStream]]:
        """All streams, with the columns that the settings add.

        Raises:
            TapError: a setting names none.
        """
        return tables(STREAMS, self.config)

    def setup_mapper(self) -> None:
        """Have the streams take the catalog first: the method decides which columns they fill."""
        assert self.streams  # noqa: S101 - made by being asked for
        super().setup_mapper()

    def find_config_errors(self, config: dict[str, Any]) -> list[str]:
        """Return one sentence for each setting that cannot work, and fill in defaults."""
        errors = super().find_config_errors(config)
        key, token = config.get("api_key"), config.get("addon_token")
        if key and token:
            errors.append("api_key and addon_token are both set: Clockify accepts only one.")
        if not key and not token:
            errors.append(
                "api_key is missing: create one in Clockify under Preferences, Advanced, and set "
                "api_key in the configuration, or TAP_CLOCKIFY_API_KEY in the environment."
            )
        region = config.get("region")
        if config.get("api_url") and region in REGIONS.keys() - {"global"}:
            errors.append(
                f"region is {region} and api_url is set, and both say where Clockify is asked: set "
                "only one of them."
            )
        if token and not key and not config.get("workspace_ids"):
            errors.append("workspace_ids is missing: an add-on token cannot list workspaces.")
        found = (
            header_error(config, "api_key"),
            header_error(config, "addon_token"),
            url_error(config, "api_url"),
            url_error(config, "reports_url"),
            url_error(config, "audit_log_url"),
        )
        return errors + [error for error in found if error]

    def service(self) -> Service:
        """Return Clockify's address, the credentials and what its errors mean."""
        setting = "api_url" if self.config.get("api_url") else "region"
        return Service(api_url(self.config), credentials(self.config), advice, setting)

    @cached_property
    def account(self) -> Account:
        """What is known of the account whose key it is."""
        return Account(self, self._workspaces)

    def _workspaces(self) -> dict[str, Workspace]:
        found = self.engine.ids(self.stream_of(Workspaces), {})
        return cast("dict[str, Workspace]", found)

    def connect(self) -> None:
        """Read the list of workspaces: the first request shows whether the key works.

        Without all of them nothing else is read: a table would look complete and not be.

        Raises:
            TapError: a workspace cannot be read, or there is none, or the catalog selects a table
                that there is not.
        """
        if absent := self.absent_tables():
            raise TapError(
                f"The catalog selects {', '.join(absent)}, which this version does not have: "
                "discover again, or deselect them."
            )
        workspaces = self.stream_of(Workspaces)
        for partition, error in self.engine.read(workspaces).failures:
            if partition:
                text = f"Workspace {partition['workspaceId']}: {error}"
                raise TapError(text, kind=error.kind) from error
            raise error
        if self.config["emit_activate_version_messages"] and not self.account.lost_workspaces():
            seen = sorted(self.account.workspaces)
            self.bookmarks.setdefault("workspaces", {})["seen"] = seen

    def check(self) -> Iterator[str]:
        """Return who the key is, what it sees, what is left out and what a full run costs."""
        return check.lines(self, self.account)

    def reconcile(self) -> Iterator[str]:
        """Return where entries differ from what Clockify adds up by member and day.

        Raises:
            TapError: somewhere they do, or they cannot be compared.
            RunFailedError: something could not be read.
        """
        window = window_of(self.start_date, self.end_date, self.clock.now())
        comparison = Comparison(window)
        catalog = chosen(discovered(self), TABLES)
        catalog[TimeEntries.name].replication_method = REPLICATION_INCREMENTAL
        early = window._replace(low=before(window.low, DAY))  # entries may last over midnight
        began = self.clock.now()
        second = read(self, catalog, comparison.take, early)
        skipped = second.engine.outcomes[UserDayTotals.name].skipped_scopes
        left_out = {workspace: str(reason) for (workspace,), reason in skipped.items()}
        yield from comparison.lines(began, self.clock.now(), left_out)
