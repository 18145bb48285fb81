"""Tables that a plan or a role may not allow: told beforehand, skipped, never called empty."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from tap_clockify.client import ClockifyStream, is_forbidden, is_unknown_id
from taps_common.errors import Kind, SkippedError, StatusError, TapError
from taps_common.sync.steps import ListOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taps_common.errors import RequestError
    from taps_common.sync.steps import Bounds, Partition, Partitions, Plan, Planning, Scope

BAD_CREDENTIALS = {1000, 4003, 4017}
"""Clockify's own codes for credentials that it does not accept."""

ROLE_UNKNOWN = "role unknown, since Clockify refuses to list workspaces by role (400)"

GONE = "Clockify does not know what it belongs to any more (400, code 501)"


class PermittedStream(ClockifyStream):
    """A table that needs a feature of the plan, or a role.

    What is known beforehand skips it without a request; what the service refuses skips it too. It
    is never called empty.

    Attributes:
        feature: what the plan must include, as a workspace's `features` names it.
        admins_only: whether only owners and admins may read it.
        own_only: whether others than owners and admins see only a part of the rows.
    """

    feature: ClassVar[str | None] = None
    admins_only: ClassVar[bool] = False
    own_only: ClassVar[bool] = False
    turn = 2

    def not_allowed(self, scope: Scope) -> str | None:
        """Return why the table cannot be read in a workspace, as far as is known beforehand."""
        ident = scope["workspaceId"]
        workspace = self.account.workspaces[ident]
        if self.feature and workspace.features and self.feature not in workspace.features:
            plan = workspace.featureSubscriptionType or "unknown"
            return f"not in the plan ({plan}) of workspace {ident}"
        if self.admins_only and self.account.administers(ident) is False:
            return f"only the key of an owner or admin of workspace {ident} may read it"
        return None

    def missing_setting(self) -> str | None:
        """Return which setting the table cannot be read without, in a sentence."""
        return None

    def partial(self, scope: Scope) -> str | None:
        """Return why not all rows of a workspace can be seen, as far as is known beforehand."""
        ident = scope["workspaceId"]
        knows = self.account.administers(ident) if self.own_only else True
        if knows is None:
            return f"whether the key sees all of workspace {ident} is unknown: {ROLE_UNKNOWN}"
        if not knows:
            return (
                f"the key sees a part of workspace {ident} only, such as its owner's rows; use the "
                "key of an owner or admin"
            )
        return None

    def plan(self, scope: Scope, bounds: Bounds) -> Planning:
        """Return the partitions of a workspace.

        Raises:
            SkippedError: the table cannot be read there.
            TapError: it cannot, or not as a whole, and `strict_plan` makes that a failure.
        """
        strict = self.config["strict_plan"]
        reason = self.not_allowed(scope)
        limit = reason or self.partial(scope)
        if limit and strict:
            raise TapError(f"{limit} (strict_plan).", kind=Kind.PLAN)
        if reason:
            raise SkippedError(reason, whole=True)
        plan: Plan = yield from super().plan(scope, bounds)
        plan.limit = limit or plan.limit
        return plan

    def skip_reason(
        self, error: RequestError, partition: Partition, *, known: bool
    ) -> SkippedError | None:
        """Return why a partition is left out: plan or role, or what it is about is gone."""
        if isinstance(error, StatusError) and self.is_refusal(error, partition["workspaceId"]):
            if self.config["strict_plan"]:
                return None
            reason = f"the plan or the key's role does not allow it ({error.status})"
            return SkippedError(reason, whole=True, rest=self.feature is not None)
        if self.account.hides(error, partition) and not self.config["strict_plan"]:
            return SkippedError("the key may not read it of each member (401)")
        return SkippedError(GONE) if is_unknown_id(error) else None

    def is_refusal(self, error: StatusError, workspace_id: str) -> bool:
        """Return whether an error means plan or role.

        The help pages list 401 for a feature that the plan lacks, too.
        """
        if error.status == HTTPStatus.UNAUTHORIZED:
            told = bool(self.account.workspaces[workspace_id].features)
            return self.feature is not None and not told and error.code not in BAD_CREDENTIALS
        return is_forbidden(error)


class PerRowStream(PermittedStream):
    """One partition per row of another list.

    Attributes:
        parent: the list.
        parent_id: what the id of its rows is called in the route.
    """

    parent: ClassVar[type[ClockifyStream]]
    parent_id: ClassVar[str]
    turn = 3  # one request per row

    def plan_partitions(self, scope: Scope, bounds: Bounds) -> Partitions:
        """Return one partition per row of the list.

        Raises:
            SkippedError: the list cannot be read.
        """
        try:
            ids: Mapping[str, object] = yield ListOf(self.parent)
        except SkippedError as skip:
            name = self.tap.stream_of(self.parent).name
            raise SkippedError(f"{name} cannot be read: {skip}", whole=True) from None
        return [{**scope, self.parent_id: ident} for ident in ids]
