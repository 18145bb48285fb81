"""dlt's `rest_api` source over the same pages: its extract step, or everything into DuckDB.

It writes files of its own instead of RECORD lines, and says how many rows they hold. Run with the
API's base URL and a workspace's id, by the interpreter of dlt's own environment.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from typing import Any

import dlt
from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator
from dlt.sources.rest_api import rest_api_source

from benchmarks.clockify.requests_sent import API_KEY, PAGE_SIZE, USERS_PARAMS


class LastPagePaginator(PageNumberPaginator):  # type: ignore[misc]  # dlt has no types
    """Counts pages until the `Last-Page` header says that there are no more.

    dlt's own would ask for one empty page of each member.
    """

    def __init__(self) -> None:
        super().__init__(base_page=1, total_path=None)

    def update_state(self, response: Any, data: list[Any] | None = None) -> None:  # noqa: ANN401 - dlt's
        """Go on to the next page, or stop."""
        super().update_state(response, data)
        self._has_next_page = response.headers["Last-Page"] == "false"


def main() -> None:
    """Extract, and load into DuckDB if that is asked; print how many time entries there were."""
    parser = argparse.ArgumentParser()
    parser.add_argument("base_url")
    parser.add_argument("workspace")
    parser.add_argument("--compressed", action="store_true", help="dlt's default")
    parser.add_argument("--threads", type=int, default=0, help="0: one request after another")
    parser.add_argument("--duckdb", action="store_true", help="normalise and load as well")
    parser.add_argument("--into", help="a DuckDB file or PostgreSQL's URI, to load into that")
    parser.add_argument("--merge", action="store_true", help="merge by key")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "RUNTIME__LOG_LEVEL": "ERROR",
            "DLT_DATA_DIR": folder,
            "DATA_WRITER__DISABLE_COMPRESSION": str(not asked.compressed),
            "EXTRACT__WORKERS": str(asked.threads or 1),
        }
        pipeline = dlt.pipeline(
            "bench",
            pipelines_dir=folder,
            destination=_destination(asked.into or f"{folder}/loaded.duckdb"),
            dataset_name="bench" if asked.into else None,
        )
        extracted = pipeline.extract(
            rest_api_source(
                _config(f"{asked.base_url}/workspaces/{asked.workspace}/", asked.threads > 0),
                max_table_nesting=0,
            ),
            loader_file_format=_format(asked),
            **({"write_disposition": "merge", "primary_key": "id"} if asked.merge else {}),
        )
        if asked.duckdb or asked.into:
            pipeline.normalize()
            pipeline.load(raise_on_failed_jobs=True)
        steps = [step for steps in extracted.metrics.values() for step in steps]
        tables = [step["table_metrics"].get("time_entries") for step in steps]
        print(sum(table.items_count for table in tables if table))


def _destination(place: str) -> Any:  # noqa: ANN401 - dlt's own type
    """Return a database. dlt asks for a host; the one that is the socket's folder comes last."""
    if "://" in place:
        return dlt.destinations.postgres(place.replace("@/", "@localhost/"))
    return dlt.destinations.duckdb(place)


def _format(asked: argparse.Namespace) -> str | None:
    """Return the format of its files that is its fastest way in."""
    if asked.into and "://" in asked.into:
        return "csv"
    return "parquet" if asked.duckdb or asked.into else None


def _config(base_url: str, parallelized: bool) -> Any:  # noqa: ANN401, FBT001 - dlt's own type
    """Return what `rest_api` is told: the list of members, and the list of each one's entries.

    Only a dependent resource's own `parallelized` has its parents' rows asked for side by side.
    """
    return {
        "client": {"base_url": base_url, "headers": {"X-Api-Key": API_KEY}},
        "resource_defaults": {
            "endpoint": {
                "paginator": LastPagePaginator(),
                "data_selector": "$",
                "params": {"page-size": PAGE_SIZE},
            }
        },
        "resources": [
            {
                "name": "users",
                "selected": False,
                "endpoint": {"path": "users", "params": {"page-size": PAGE_SIZE, **USERS_PARAMS}},
            },
            {
                "name": "time_entries",
                "parallelized": parallelized,
                "endpoint": {"path": "user/{resources.users.id}/time-entries"},
            },
        ],
    }


if __name__ == "__main__":
    main()
