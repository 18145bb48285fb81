"""Tables that a plan or a role may not allow: told beforehand, skipped, never called empty."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from tap_clockify.client import ClockifyStream, Listed, is_unknown_id
from taps_common.errors import StatusError, TapError
from taps_common.sync.progress import Cost

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_clockify.tap import TapClockify
    from taps_common.sync.state import Scope, Window
    from taps_common.errors import RequestError
    from taps_common.sync.concurrency import Walk
    from taps_common.sync.engine import Reading

BAD_CREDENTIALS = {1000, 4003, 4017}
"""Clockify's own codes for credentials that it does not accept."""


class GatedStream(ClockifyStream):
    """A table that needs a feature of the plan, or a role.

    Attributes:
        feature: what the plan must include, as a workspace's `features` names it.
        admins_only: whether only owners and admins may read it.
        own_only: whether others than owners and admins see only a part of the rows.
        refused: ids of workspaces of which the service refused it, and the error.
        barred: ids of workspaces where the list that it walks over was refused, and why.
    """

    feature: ClassVar[str | None] = None
    admins_only: ClassVar[bool] = False
    own_only: ClassVar[bool] = False

    def __init__(self, tap: TapClockify) -> None:
        super().__init__(tap)
        self.refused: dict[str, StatusError] = {}
        self.barred: dict[str, str] = {}

    def gate(self, scope: Scope) -> str | None:
        """Return why the table cannot be read in a workspace, as far as is known beforehand."""
        ident = scope["workspaceId"]
        workspace = self.tap.known_workspaces[ident]
        if self.feature and workspace.features and self.feature not in workspace.features:
            plan = workspace.featureSubscriptionType or "unknown"
            return f"the plan ({plan}) of workspace {ident} does not include {self.feature}"
        if self.admins_only and not self.tap.administers(ident):
            return f"only the key of an owner or admin of workspace {ident} may read it"
        return self.barred.get(ident)

    def is_foreseen(self, scope: Scope) -> bool:
        """Tell whether it is sure, without a request, that the table can be read."""
        included = self.tap.known_workspaces[scope["workspaceId"]].features or ()
        sure = self.feature in included and not self.admins_only and not self.own_only
        return sure and super().is_foreseen(scope)

    def missing(self) -> str | None:
        """Return which setting the table cannot be read without, in a sentence."""
        return None

    def partial(self, scope: Scope) -> str | None:
        """Return why not all rows of a workspace can be seen, as far as is known beforehand."""
        ident = scope["workspaceId"]
        if self.own_only and not self.tap.administers(ident):
            return (
                f"the key sees a part of workspace {ident} only, such as its owner's rows; use the "
                "key of an owner or admin"
            )
        return None

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return the walks of a workspace; none where the table cannot be read.

        Raises:
            TapError: it cannot, or not as a whole, and `strict_plan` makes that a failure.
        """
        self.refused.pop(scope["workspaceId"], None)
        reason = self.gate(scope)
        limit = reason or self.partial(scope)
        if limit and self.tap.config["strict_plan"]:
            raise TapError(f"{limit} (strict_plan).")
        return [] if reason else super().partitions_in(scope, reading)

    def shortfall(self, scope: Scope) -> str | None:
        """Return why this is not all there is: plan, role, or a workspace that is missing."""
        return self.gate(scope) or self.partial(scope) or super().shortfall(scope)

    def spares(self, scope: Scope) -> bool:
        """Tell whether plan or role keep the table from being read in a workspace."""
        return scope["workspaceId"] in self.refused or self.gate(scope) is not None

    def walk(self, partition: Scope, window: Window | None, reading: Reading) -> Walk:
        """Read a list, unless the service refused the table in this workspace a moment ago.

        Raises:
            StatusError: the service refuses it.
        """
        ident = partition["workspaceId"]
        if self.feature and (error := self.refused.get(ident)):
            raise StatusError(str(error), Cost(), status=error.status, code=error.code)
        try:
            yield from super().walk(partition, window, reading)
        except StatusError as error:
            if self.is_refusal(error, ident):
                self.refused[ident] = error
            raise

    def refusal(self, error: RequestError, *, known: bool) -> str | None:
        """Return why a walk is left out: plan or role, or what it is about is gone."""
        if error in self.refused.values() or _is_repeated(error, self.refused.values()):
            if self.tap.config["strict_plan"]:
                return None
            assert isinstance(error, StatusError)  # noqa: S101 - what `refused` holds
            return in_words(error)
        if is_unknown_id(error):
            return "Clockify does not know what it belongs to any more (400, code 501)"
        return None

    def is_refusal(self, error: StatusError, ident: str) -> bool:
        """Tell whether an error means plan or role.

        The help pages list 401 for a feature that the plan lacks, too.
        """
        if error.status == HTTPStatus.UNAUTHORIZED:
            told = bool(self.tap.known_workspaces[ident].features)
            return self.feature is not None and not told and error.code not in BAD_CREDENTIALS
        return error.status in {HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN}


class PerRowStream(GatedStream):
    """One walk per row of another list.

    Attributes:
        parent: the list.
        parent_id: what the id of its rows is called in the route.
    """

    parent: ClassVar[type[ClockifyStream]]
    parent_id: ClassVar[str]

    def partitions_in(self, scope: Scope, reading: Reading) -> Iterable[dict[str, str]]:
        """Return one walk per row of the list; none where the list was refused.

        Raises:
            TapError: the list was refused, and `strict_plan` makes that a failure.
        """
        ident = scope["workspaceId"]
        self.barred.pop(ident, None)
        if not list(super().partitions_in(scope, reading)):
            return []
        found = self.walks_in(scope)
        parent = self.tap.table(self.parent)
        if isinstance(parent, GatedStream) and (error := parent.refused.get(ident)):
            self.barred[ident] = f"{parent.name} cannot be read ({error.status})"
            return []
        return found

    def walks_in(self, scope: Scope) -> list[dict[str, str]]:
        """Return one walk per row of the list."""
        assert issubclass(self.parent, Listed)  # noqa: S101 - or this method is another one
        return self.tap.ids_of(self.parent, scope, self.parent_id)


def in_words(error: StatusError) -> str:
    """Return what a refusal means."""
    return f"the plan or the key's role does not allow it ({error.status})"


def _is_repeated(error: RequestError, refused: Iterable[StatusError]) -> bool:
    return any(str(error) == str(one) for one in refused)
