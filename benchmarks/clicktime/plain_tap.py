"""A plain SDK tap of the same table, as the SDK's project template leads to write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import ParseResult

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BasicAuthenticator
from singer_sdk.pagination import BaseHATEOASPaginator

from benchmarks.clicktime.requests_sent import ENTITY_SET, HEADERS, PARAMS, USER_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    import requests
    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context
    from singer_sdk.streams.rest import HTTPRequest, PageContext


class NextLinkPaginator(BaseHATEOASPaginator):
    """Follows the link that each page but the last one ends with."""

    def get_next_url(self, response: requests.Response) -> str | None:
        """Return the link of a page."""
        link: str | None = response.json().get("@odata.nextLink")
        return link


class TimeEntries(RESTStream[ParseResult]):
    """Time that was recorded."""

    name = "time_entries"
    path = f"/{ENTITY_SET}"
    primary_keys = ("ID",)
    replication_key = "Date"
    records_jsonpath = "$.value[*]"
    schema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("ID", th.StringType, required=True),
        th.Property("UserID", th.StringType),
        th.Property("JobID", th.StringType),
        th.Property("TaskID", th.StringType),
        th.Property("Date", th.DateType),
        th.Property("Hours", th.NumberType),
        th.Property("BreakTime", th.NumberType),
        th.Property("StartTime", th.TimeType),
        th.Property("EndTime", th.TimeType),
        th.Property("Comment", th.StringType),
        th.Property("BillingRate", th.NumberType),
        th.Property("CostRate", th.NumberType),
        th.Property("CustomFields", th.ObjectType(additional_properties=True)),
        th.Property("CustomFieldsStr", th.StringType),
    ).to_dict()

    @property
    def url_base(self) -> str:
        """The service's address."""
        return str(self.config["service_url"])

    @property
    def authenticator(self) -> BasicAuthenticator:
        """The header with the token."""
        return BasicAuthenticator(username=USER_NAME, password=self.config["api_token"])

    @property
    def http_headers(self) -> dict[str, str]:
        """Headers of each request."""
        return {**super().http_headers, **HEADERS}

    def get_new_paginator(self) -> NextLinkPaginator:
        """Return a paginator that starts at the first page."""
        return NextLinkPaginator()

    def get_url_params(
        self,
        context: Context | None,
        next_page_token: ParseResult | None,
    ) -> dict[str, Any]:
        """Return the query of the first page; a link has its own."""
        if next_page_token:
            return {}
        params = dict(PARAMS)
        if since := self.get_starting_timestamp(context):
            params["$filter"] = f"Date ge {since:%Y-%m-%d}"
        return params

    def get_http_request(self, *, page: PageContext) -> HTTPRequest:
        """Return the request of a page: the link as it came, where there is one."""
        request = super().get_http_request(page=page)
        if page.next_page_token:
            request.url = page.next_page_token.geturl()
        return request


class PlainTap(Tap):
    """The tap."""

    name = "plain-clicktime"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("service_url", th.StringType, required=True),
        th.Property("api_token", th.StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self) -> Sequence[Stream]:
        """Return the one stream."""
        return [TimeEntries(self)]


if __name__ == "__main__":
    PlainTap.cli()
