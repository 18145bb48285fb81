"""The account whose key it is: workspaces, roles, hosts."""

from __future__ import annotations

from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_clockify.bounds_zone import BoundsZone
from tap_clockify.hosts import advice, api_url, audit_log_url, credentials, reports_url
from taps_common.errors import ShapeError, StatusError
from taps_common.http.connections import address_of
from taps_common.http.request import Request, Service
from taps_common.sync.own_state import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from tap_clockify.hydrated_tasks import HydratedTasks
    from tap_clockify.rows.workspaces import Workspace
    from taps_common.cli.tap import ApiTap
    from taps_common.sync.steps import Partition, Scope

D = TypeVar("D")

NO_CREDENTIALS = 1000
"""Clockify's own code for no credentials, or several (with status 401)."""

ADMINS = ("OWNER", "WORKSPACE_ADMIN")
"""Roles that see everything; owners are not counted as admins where workspaces are filtered."""


class Me(msgspec.Struct):
    """Whose key it is."""

    id: str
    name: str | None = None
    email: str | None = None
    settings: object = None

    @property
    def time_zone(self) -> str | None:
        """Name of the zone in the profile, if there is one."""
        zone = self.settings.get("timeZone") if isinstance(self.settings, dict) else None
        return zone if isinstance(zone, str) else None


class Account:
    """What is known of the account whose key it is.

    Args:
        tap: whose settings, session and state these are.
        listed: returns the workspaces that are read, by id; they are listed once.

    Attributes:
        hydrated_tasks: tasks that came with the projects of a workspace, by its id.
    """

    def __init__(self, tap: ApiTap, listed: Callable[[], Mapping[str, Workspace]]) -> None:
        self._tap = tap
        self._config = tap.config
        self._listed = listed
        self.hydrated_tasks: dict[str, HydratedTasks] = {}
        self._with_role: dict[tuple[str, ...], list[str] | None] = {}

    @property
    def workspaces(self) -> Mapping[str, Workspace]:
        """The workspaces that are read, by id: name, plan and features.

        Raises:
            TapError: they cannot be listed.
        """
        return self._listed()

    @property
    def reports(self) -> Service:
        """The host of reports, with the same credentials."""
        config = self._config
        given = config.get("reports_url") or config.get("api_url")
        setting = "reports_url" if given else "region"
        about = partial(advice, address="reports_url")
        return Service(reports_url(config), credentials(config), about, setting)

    @property
    def audit_log(self) -> Service | None:
        """The host of the audit log, with the same credentials; None where none is known."""
        url = audit_log_url(self._config)
        if url is None:
            return None
        about = partial(advice, address="audit_log_url")
        return Service(url, credentials(self._config), about, "audit_log_url")

    @property
    def is_addon(self) -> bool:
        """Whether the credentials are those of an add-on, which has no role."""
        return bool(self._config.get("addon_token"))

    def now(self) -> datetime:
        """Return the present by Clockify's clock."""
        return self._tap.session.now()

    def recognise(self, ids: Iterable[str]) -> None:
        """Make sure that the state is of a key that sees some of these workspaces.

        Raises:
            FatalError: it is of another account.
        """
        self._tap.own_state(Owner("workspaces", address_of(api_url(self._config)), sorted(ids)))

    def lost_workspaces(self, ids: Iterable[str] | None = None) -> str | None:
        """Return which workspaces the key does not see any more that an earlier run read.

        Their rows are absent, not deleted. State remembers workspaces where versions are on.

        Args:
            ids: the workspaces that it sees, while they are being listed.
        """
        seen: list[str] = self._tap.bookmarks.get("workspaces", {}).get("seen", [])
        if not seen or self._config.get("workspace_ids"):
            return None
        lost = sorted({*seen} - {*(self.workspaces if ids is None else ids)})
        if not lost:
            return None
        return (
            f"the key no longer sees workspace {', '.join(lost)}; if that is for good, name the "
            "workspaces that remain in workspace_ids"
        )

    def bounds_zone(self, scope: Scope) -> BoundsZone:
        """Return in which zone the feeds of a workspace read bounds."""
        kept: dict[str, list[str]] = self._kept("bounds_zones")
        return BoundsZone(kept, scope["workspaceId"], lambda: self.zone)

    @property
    def feed_pages(self) -> dict[str, int]:
        """How many rows the largest page of the feeds held, by workspace."""
        return self._kept("feed_pages")

    def _kept(self, name: str) -> dict[str, Any]:
        """Return what the state keeps under a name, by workspace."""
        workspaces = self._tap.bookmarks.setdefault("workspaces", {})
        kept: dict[str, Any] = workspaces.setdefault(name, {})
        return kept

    def administers(self, workspace_id: str) -> bool | None:
        """Return whether the key is an owner's or admin's; None where Clockify refuses to tell.

        One request, once.

        Raises:
            TapError: Clockify does not say.
        """
        if self.is_addon:
            return True
        known = [self._with_role.get((role,)) for role in ADMINS]
        if None not in known:  # --check asked for each
            return any(workspace_id in (ids or ()) for ids in known)
        ids = self.with_role(*ADMINS)
        return None if ids is None else workspace_id in ids

    def with_role(self, *roles: str) -> list[str] | None:
        """Return the ids of the workspaces where the key has any of some roles; one request, once.

        The description declares one value where several are sent. If that is refused they go joined
        by commas, and if that is refused, or brings nothing, one by one.

        Returns:
            None where even one role is refused.

        Raises:
            TapError: Clockify does not say.
        """
        if roles not in self._with_role:
            self._with_role[roles] = self._ask_for_roles(roles)
        return self._with_role[roles]

    def _ask_for_roles(self, roles: Sequence[str]) -> list[str] | None:
        found = self._having(roles)
        if found is None and len(roles) > 1:
            found = self._having([",".join(roles)]) or self._one_by_one(roles)
        return found

    def _one_by_one(self, roles: Sequence[str]) -> list[str] | None:
        lists = [self.with_role(role) for role in roles]
        return None if None in lists else [one for ids in lists for one in ids or ()]

    def _having(self, roles: Sequence[str]) -> list[str] | None:
        request = Request("/workspaces", params=tuple(("roles", role) for role in roles))
        try:
            return [workspace.id for workspace in self._ask(request, list[Me])]
        except StatusError as error:
            if error.status == HTTPStatus.BAD_REQUEST:
                return None
            raise

    def me(self) -> Me:
        """Return whose key it is; one request.

        Raises:
            TapError: Clockify does not say.
        """
        return self._ask(Request("/user"), Me)

    def hides(self, error: Exception, partition: Partition) -> bool:
        """Return whether 401 says that one member may not be read: the key itself is accepted.

        Clockify's code is that of missing credentials then. One request, whenever it comes: the key
        may be revoked meanwhile.
        """
        if not (
            "userId" in partition
            and isinstance(error, StatusError)
            and (error.status, error.code) == (HTTPStatus.UNAUTHORIZED, NO_CREDENTIALS)
        ):
            return False
        try:
            return bool(self.me())
        except StatusError:
            return False

    @cached_property
    def zone(self) -> str | None:
        """Name of the time zone in the profile of the key's owner, if there is one; one request.

        Raises:
            TapError: Clockify fails.
        """
        if self.is_addon:
            return None
        try:
            return self.me().time_zone
        except ShapeError:
            return None
        except StatusError as error:
            if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            return None

    def _ask(self, request: Request, kind: type[D]) -> D:
        try:
            return msgspec.json.decode(self._tap.session.send(request).body, type=kind)
        except msgspec.DecodeError:
            raise ShapeError(f"{request} did not send what Clockify documents.") from None
