"""tap-clockify: the command."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import msgspec
from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import TapCapabilities

from tap_clockify import check, streams
from tap_clockify.client import (
    REGIONS,
    advice,
    api_url,
    audit_log_advice,
    audit_log_url,
    credentials,
    is_forbidden,
    reports_advice,
    reports_url,
)
from taps_common.errors import ShapeError, StatusError, TapError
from taps_common.http import Request, Service
from taps_common.settings import COMMON_SETTINGS, header_error, url_error
from taps_common.tap import ApiTap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_clockify import rows
    from tap_clockify.client import Listed
    from taps_common.bookmarks import Scope

D = TypeVar("D")

ADMINS = ("OWNER", "WORKSPACE_ADMIN")
"""Roles that see everything; owners are not counted as admins where workspaces are filtered."""


class Me(msgspec.Struct):
    """Whose key it is."""

    id: str
    name: str | None = None
    email: str | None = None


class TapClockify(ApiTap):
    """Singer tap for Clockify: members, clients, projects, tasks, tags and time entries."""

    name = "tap-clockify"
    table_types = streams.TABLES
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
            default="global",
            title="Region",
            description=(
                "Where the workspace's data lives: global, euc1 (Germany), use2 (USA), euw2 (UK) "
                "or apse2 (Australia)."
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
        *COMMON_SETTINGS,
    ).to_dict()
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        *ApiTap.capabilities,
        TapCapabilities.LOG_BASED,
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        self.unlisted: set[str] = set()
        self._with_role: dict[tuple[str, ...], list[str]] = {}
        super().__init__(*args, **kwargs)

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
        return Service(api_url(self.config), credentials(self.config), advice)

    @cached_property
    def reports(self) -> Service:
        """The host of reports, with the same credentials."""
        return Service(reports_url(self.config), credentials(self.config), reports_advice)

    @cached_property
    def audit_log(self) -> Service | None:
        """The host of the audit log, with the same credentials; None where none is known."""
        url = audit_log_url(self.config)
        return Service(url, credentials(self.config), audit_log_advice) if url else None

    # -- what streams walk over ------------------------------------------------------------------

    @property
    def workspaces(self) -> list[Scope]:
        """The workspaces that are read, one scope each."""
        self.listed(streams.Workspaces, {})
        return [{"workspaceId": ident} for ident in self.table(streams.Workspaces).known]

    @property
    def known_workspaces(self) -> dict[str, rows.Workspace]:
        """The workspaces that are read, by id: name, plan and features."""
        return self.table(streams.Workspaces).known

    def administers(self, workspace_id: str) -> bool:
        """Tell whether the key is an owner's or admin's; an add-on has no role.

        Raises:
            TapError: Clockify does not say.
        """
        return bool(self.config.get("addon_token")) or workspace_id in self._administered

    @cached_property
    def _administered(self) -> set[str]:
        """Ids of the workspaces whose owner or admin has the key; one request."""
        known = [self._with_role.get((role,)) for role in ADMINS]
        if None not in known:  # --check asked for each
            return {ident for ids in known for ident in ids or ()}
        return set(self.with_role(*ADMINS))

    @property
    def lost_workspaces(self) -> list[str]:
        """Ids of workspaces that an earlier run read and the key does not see any more.

        Their rows are absent, not deleted. State remembers workspaces where versions are on.
        """
        if self.config.get("workspace_ids"):
            return []
        return sorted(set(self._seen_workspaces()) - {*self.table(streams.Workspaces).known})

    def _seen_workspaces(self) -> list[str]:
        state: dict[str, list[str]] = self.state.get("bookmarks", {}).get("workspaces", {})
        return state.get("seen", [])

    def ids_of(self, kind: type[Listed], scope: Scope, name: str) -> list[dict[str, str]]:
        """Return one partition per row of a list in a workspace.

        Args:
            kind: the list.
            scope: the workspace.
            name: what the id is called in the route.

        Raises:
            TapError: the list could not be read.
        """
        self.listed(kind, scope)
        ids = self.table(kind).ids.get(scope["workspaceId"], {})
        return [{**scope, name: ident} for ident in ids]

    def member_walks(self, scope: Scope) -> list[dict[str, str]]:
        """Return one partition per member; the key's owner alone where members cannot be listed."""
        try:
            return self.ids_of(streams.Users, scope, "userId")
        except StatusError as error:
            if not is_forbidden(error):
                raise
            self.unlisted.add(scope["workspaceId"])
            return [{**scope, "userId": self.me().id}]

    def me(self) -> Me:
        """Return whose key it is; one request.

        Raises:
            TapError: Clockify does not say.
        """
        return self._decode(Request("/user"), Me)

    # -- the run ---------------------------------------------------------------------------------

    def connect(self) -> None:
        """Read the list of workspaces: the first request shows whether the key works.

        Without all of them nothing else is read: a table would look complete and not be.

        Raises:
            TapError: a workspace cannot be read, or there is none.
        """
        for partition, error in self.outcome_of(streams.Workspaces).failures:
            if partition:
                raise TapError(f"Workspace {partition['workspaceId']}: {error}") from error
            raise error
        if self.config["emit_activate_version_messages"] and not self.lost_workspaces:
            seen = sorted(self.table(streams.Workspaces).known)
            self.state.setdefault("bookmarks", {}).setdefault("workspaces", {})["seen"] = seen

    def check(self) -> Iterator[str]:
        """Return who the key is, what it sees, what is left out and what a full run costs."""
        return check.lines(self)

    def with_role(self, *roles: str) -> list[str]:
        """Return the ids of the workspaces where the key has any of some roles; one request.

        Raises:
            TapError: Clockify does not say.
        """
        if roles not in self._with_role:
            request = Request("/workspaces", params=tuple(("roles", role) for role in roles))
            found = self._decode(request, list[Me])
            self._with_role[roles] = [workspace.id for workspace in found]
        return self._with_role[roles]

    def _decode(self, request: Request, kind: type[D]) -> D:
        try:
            return msgspec.json.decode(self.session.send(request).body, type=kind)
        except msgspec.DecodeError:
            raise ShapeError(f"{request} did not send what Clockify documents.") from None
