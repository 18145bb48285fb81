"""A plain SDK tap of the same table, as the SDK's project template leads to write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import APIKeyAuthenticator
from singer_sdk.pagination import PageNumberPaginator

from benchmarks.clockify.requests_sent import PAGE_SIZE, USERS_PARAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import requests
    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context, Record

RATE = th.ObjectType(
    th.Property("amount", th.IntegerType),
    th.Property("currency", th.StringType),
)


ANY_VALUE = th.CustomType({"type": ["string", "number", "boolean", "array", "object", "null"]})


class LastPagePaginator(PageNumberPaginator):
    """Counts pages until the `Last-Page` header says that there are no more."""

    def has_more(self, response: requests.Response) -> bool:
        """Return whether a page follows."""
        return response.headers.get("Last-Page") == "false"


class PlainStream(RESTStream[int]):
    """A list of the workspace."""

    records_jsonpath = "$[*]"

    @property
    def url_base(self) -> str:
        """The API's base URL, with the workspace."""
        return f"{self.config['api_url']}/workspaces/{self.config['workspace_id']}"

    @property
    def authenticator(self) -> APIKeyAuthenticator:
        """The header with the key."""
        return APIKeyAuthenticator(key="X-Api-Key", value=self.config["api_key"], location="header")

    def get_new_paginator(self) -> LastPagePaginator:
        """Return a paginator that starts at the first page."""
        return LastPagePaginator(1)

    def get_url_params(
        self,
        context: Context | None,
        next_page_token: int | None,
    ) -> dict[str, Any]:
        """Return the query of a page."""
        params: dict[str, Any] = {"page": next_page_token or 1, "page-size": PAGE_SIZE}
        if self.replication_key and (since := self.get_starting_timestamp(context)):
            params["start"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return params


class Users(PlainStream):
    """Members of the workspace: the parents of time entries."""

    name = "users"
    path = "/users"
    primary_keys = ("id",)
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("name", th.StringType),
        th.Property("email", th.StringType),
        th.Property("status", th.StringType),
    ).to_dict()

    def get_url_params(
        self,
        context: Context | None,
        next_page_token: int | None,
    ) -> dict[str, Any]:
        """Return the query of a page, with the parameters that make the list complete."""
        return {**super().get_url_params(context, next_page_token), **USERS_PARAMS}

    def get_child_context(self, record: Record, context: Context | None) -> dict[str, Any]:
        """Return the member whose time entries are read next."""
        del context
        return {"userId": record["id"]}


class TimeEntries(PlainStream):
    """Time that members recorded."""

    name = "time_entries"
    path = "/user/{userId}/time-entries"
    parent_stream_type = Users
    primary_keys = ("id",)
    replication_key = "start"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("workspaceId", th.StringType),
        th.Property("userId", th.StringType),
        th.Property("start", th.DateTimeType),
        th.Property(
            "timeInterval",
            th.ObjectType(
                th.Property("start", th.DateTimeType),
                th.Property("end", th.DateTimeType),
                th.Property("duration", th.StringType),
            ),
        ),
        th.Property("description", th.StringType),
        th.Property("projectId", th.StringType),
        th.Property("taskId", th.StringType),
        th.Property("tagIds", th.ArrayType(th.StringType)),
        th.Property("billable", th.BooleanType),
        th.Property("isLocked", th.BooleanType),
        th.Property("type", th.StringType),
        th.Property("kioskId", th.StringType),
        th.Property("approvalRequestId", th.StringType),
        th.Property("hourlyRate", RATE),
        th.Property("costRate", RATE),
        th.Property(
            "customFieldValues",
            th.ArrayType(
                th.ObjectType(
                    th.Property("customFieldId", th.StringType),
                    th.Property("timeEntryId", th.StringType),
                    th.Property("name", th.StringType),
                    th.Property("type", th.StringType),
                    th.Property("value", ANY_VALUE),
                    th.Property("sourceType", th.StringType),
                )
            ),
        ),
    ).to_dict()

    def post_process(self, row: Record, context: Context | None = None) -> Record | None:
        """Copy the start to the top of the row, where a replication key has to be."""
        del context
        row["start"] = row["timeInterval"]["start"]
        return row


class PlainTap(Tap):
    """The tap."""

    name = "plain-clockify"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("api_key", th.StringType, required=True, secret=True),
        th.Property("workspace_id", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        """Return the two streams."""
        streams: Iterable[type[PlainStream]] = (Users, TimeEntries)
        return [stream(self) for stream in streams]


if __name__ == "__main__":
    PlainTap.cli()
