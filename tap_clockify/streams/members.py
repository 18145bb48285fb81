"""Members and groups of a workspace."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from tap_clockify.client import (
    ClockifyStream,
    IdListStream,
    ItemStream,
    is_bad_request,
    is_forbidden,
)
from tap_clockify.permissions import PerRowStream
from tap_clockify.rows import members as rows
from taps_common.errors import ShapeError, StatusError, TapError
from taps_common.sync.steps import Again, ListOf
from taps_common.sync.stream import ChildStream

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Mapping, Sequence

    from tap_clockify.account import Account
    from tap_clockify.client import Query
    from taps_common.errors import RequestError
    from taps_common.records.row_types import Row
    from taps_common.sync.steps import Bounds, Partition, Requests, Rows, Scope

STATUSES = "account-statuses"

ACTIVE = "ACTIVE"

ACCOUNT_STATUSES = (
    "LIMITED_DELETED",
    "PENDING_EMAIL_VERIFICATION",
    ACTIVE,
    "NOT_REGISTERED",
    "LIMITED",
    "DELETED",
)
"""All account statuses. Without them the list hides kiosk ("limited") and deleted members, and so
their entries. Active members, of whom each workspace has one, are neither first nor last: their
absence shows that only one of several values was obeyed."""


class CurrentUser(ClockifyStream):
    """The owner of the key."""

    name = "current_user"
    turn = 2
    row = rows.CurrentUser
    primary_keys = ("id",)
    path = "/user"
    params = (("include-memberships", "true"),)
    paged = False
    single = True

    def scopes(self) -> Sequence[Scope]:
        """Return one: the owner of the key does not belong to a workspace."""
        return [{}]


class Users(IdListStream):
    """Members of a workspace: active, pending, deactivated and limited ones."""

    name = "users"
    row = rows.User
    primary_keys = ("workspaceId", "id")
    path = "/workspaces/{workspaceId}/users"
    from_route = ("workspaceId",)
    params = (
        ("memberships", "ALL"),
        ("include-roles", "false"),
        ("sort-column", "ID"),
    )
    alternatives = ({STATUSES: "repeated"}, {STATUSES: "joined"}, {STATUSES: "one by one"})
    needs = frozenset({"status"})

    def refused_options(
        self, error: RequestError, partition: Partition, *, first: bool
    ) -> Collection[str]:
        """Return the statuses where they may be refused for being several."""
        return (STATUSES,) if first and is_bad_request(error) else ()

    def on_alternative(self, options: Mapping[str, str], scope: Scope, error: RequestError) -> str:
        """Return how the statuses are sent."""
        return (
            f"{error} {STATUSES} is sent {options[STATUSES]} in workspace {scope['workspaceId']}."
        )

    def query(self, partition: Partition, bounds: Bounds) -> Query:
        """Return the query: of all statuses, or of the one that the partition names.

        The description declares one value.
        """
        way = bounds.options[STATUSES]
        values: Sequence[str] = ACCOUNT_STATUSES
        if STATUSES in partition:
            values = [partition[STATUSES]]
        elif way == "joined":
            values = [",".join(ACCOUNT_STATUSES)]
        return (("status", "ALL"), *((STATUSES, one) for one in values), *self.params)

    def requests(self, partition: Partition, bounds: Bounds) -> Requests:
        """Yield the pages; one status after another where they cannot be asked for together.

        Raises:
            ShapeError: the list is empty, and a workspace has its owner at least.
            TapError: a single status is refused.
        """
        found: set[str | None] = set()

        def note(rows_read: Rows) -> Rows:
            found.update(row.status for row in rows_read)
            return rows_read

        if bounds.options[STATUSES] != "one by one":
            yield from self.pages(partition, bounds, note)
        if found.isdisjoint({ACTIVE, None}):
            for status in ACCOUNT_STATUSES:
                yield Again(goes_on=True)
                try:
                    yield from self.pages({**partition, STATUSES: status}, bounds, note)
                except StatusError as error:
                    if not is_bad_request(error):
                        raise
                    asked = f"{error} It was asked for {STATUSES} {status}."
                    raise TapError(asked, kind=error.kind) from None
        if not found:
            raise ShapeError(f"GET {self.path} lists no member, not even the workspace's owner.")


def members(
    scope: Scope, account: Account
) -> Generator[ListOf, Mapping[str, object], tuple[list[dict[str, str]], bool]]:
    """Return one partition per member of a workspace, and whether these are all members.

    The key's owner stands alone where the key may not list the members.
    """
    try:
        ids = yield ListOf(Users)
    except StatusError as error:
        if not is_forbidden(error):
            raise
        return [{**scope, "userId": account.me().id}], False
    return [{**scope, "userId": ident} for ident in ids], True


class UserMemberships(ItemStream):
    """Who belongs to what: workspaces, projects and groups of each member."""

    name = "user_memberships"
    row = rows.UserMembership
    primary_keys = ("workspaceId", "userId", "membershipType", "targetId")
    parent = Users
    items = "memberships"
    needs = frozenset({"memberships"})
    owner = MappingProxyType({"workspaceId": "workspaceId", "userId": "id"})


class MemberProfiles(PerRowStream):
    """Profiles of members: one request each."""

    name = "member_profiles"
    row = rows.MemberProfile
    primary_keys = ("workspaceId", "userId")
    path = "/workspaces/{workspaceId}/member-profile/{userId}"
    seconds = MappingProxyType({"workCapacitySeconds": "workCapacity"})
    from_route = ("workspaceId", "userId")
    paged = False
    single = True
    parent = Users
    parent_id = "userId"


class UserManagers(PerRowStream):
    """Who manages whom: one request per member."""

    name = "user_managers"
    row = rows.UserManager
    primary_keys = ("workspaceId", "userId", "id")
    path = "/workspaces/{workspaceId}/users/{userId}/managers"
    from_route = ("workspaceId", "userId")
    params = (("sort-column", "ID"),)
    parent = Users
    parent_id = "userId"


class UserGroups(ClockifyStream):
    """Groups of members."""

    name = "user_groups"
    row = rows.UserGroup
    primary_keys = ("id",)
    path = "/workspaces/{workspaceId}/user-groups"
    params = (("includeTeamManagers", "true"), ("sort-column", "ID"))


class UserGroupMembers(ChildStream):
    """Which member is in which group."""

    name = "user_group_members"
    row = rows.UserGroupMember
    primary_keys = ("userGroupId", "userId")
    parent = UserGroups
    items = "userIds"
    needs = frozenset({"workspaceId", "userIds"})

    def child_rows(self, rows_read: Sequence[rows.UserGroup]) -> list[Row]:
        """Return one row per member of a group."""
        return [
            self.row(workspaceId=group.workspaceId, userGroupId=group.id, userId=user)
            for group in rows_read
            for user in group.userIds or ()
        ]


STREAMS = (
    CurrentUser,
    Users,
    UserMemberships,
    MemberProfiles,
    UserManagers,
    UserGroups,
    UserGroupMembers,
)
