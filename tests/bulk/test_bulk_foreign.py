"""Taps of others, in environments of their own: both loaders hold the same.

`python -m scripts.loaders` makes the environments.
"""

from __future__ import annotations

import json
import subprocess
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

import psycopg
import pytest
from psycopg.rows import dict_row

from scripts.loaders import program
from tests.e2e.conftest import ROOT
from tests.e2e.targets import s3_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bulk.places import Place

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("bulk")]

RECORDS = [
    {"id": number, "name": f"n {number}", "score": number / 8, "on": number % 2 == 0,
     "at": "2026-01-31T12:00:00+02:00", "tags": ["a", "b"], "inside": {"x": [1, {"y": None}]}}
    for number in range(2_000)
]  # fmt: skip

HEADING = "id,name,score,at,nothing"

SOURCE = """
create schema source;
create table source.things (
    id bigint primary key, name text, amount numeric, at timestamptz, day date, ok boolean,
    texts text[], thing jsonb, ident uuid
);
insert into source.things
select n, 'name "' || n || E'", \\\\ \\n', n * 1234567890123.25, '2026-01-31 12:00+02',
    '2026-01-31', n % 2 = 0, array['a', 'b'], '{"b": [1.5, "x"]}', gen_random_uuid()
from generate_series(1, 2000) as n;
"""


def lines_of(environment: str, tap: str, folder: Path, config: dict[str, Any]) -> bytes:
    """Return what a tap writes, all that it finds selected."""
    settings, catalog = folder / "tap.json", folder / "catalog.json"
    settings.write_text(json.dumps(config))
    command = [program(environment, tap), "--config", str(settings)]
    found = json.loads(
        subprocess.run([*command, "--discover"], check=True, capture_output=True).stdout
    )
    for stream in found["streams"]:
        for entry in stream["metadata"]:
            entry["metadata"]["selected"] = True
    catalog.write_text(json.dumps(found))
    option = "--properties" if tap == "tap-s3-csv" else "--catalog"
    done = subprocess.run([*command, option, str(catalog)], check=True, capture_output=True)
    return done.stdout


def in_target_postgres(lines: bytes, uri: str, schema: str, folder: Path) -> None:
    settings = folder / "loader.json"
    url = uri.replace("://", "+psycopg://", 1) + "&options=-c%20timezone%3Dutc"
    settings.write_text(json.dumps({"sqlalchemy_url": url, "default_target_schema": schema}))
    loader = ROOT / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
    done = subprocess.run(
        [loader, "--config", settings], input=lines, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def held(uri: str, schema: str, table: str) -> list[dict[str, Any]]:
    with psycopg.connect(uri, row_factory=dict_row) as database:
        query = f'select * from "{schema}"."{table}" order by 1'
        rows = database.execute(query.encode()).fetchall()
    return [{name: plain(one) for name, one in row.items() if name[:5] != "_sdc_"} for row in rows]


def plain(value: object) -> object:
    """Return a timestamp in UTC without a zone, anything else as it is."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(timezone.utc).replace(tzinfo=None)
    return value


def test_json_lines_with_stream_maps(in_postgres: Place, postgres: str, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in RECORDS))
    config = {
        "path": str(tmp_path / "rows.jsonl"),
        "stream_name": "rows",
        "primary_keys": ["id"],
        "stream_maps": {"rows": {"name": "name.upper()", "more": "str(id) + '!'", "on": None}},
    }
    equal(
        lines_of("tap-jsonl", "tap-jsonl", tmp_path, config),
        "rows",
        in_postgres,
        postgres,
        tmp_path,
    )


def test_a_database(in_postgres: Place, postgres: str, tmp_path: Path) -> None:
    in_postgres.ask(SOURCE)
    config = {
        "sqlalchemy_url": postgres.replace(":@/", ":any@localhost/"),  # its folder is the host
        "filter_schemas": ["source"],
        "default_replication_method": "FULL_TABLE",
    }
    lines = lines_of("tap-postgres", "tap-postgres", tmp_path, config)
    equal(lines, "things", in_postgres, postgres, tmp_path)


def test_a_tap_without_the_sdk(
    in_postgres: Place, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A member of its SCHEMA, a list, is in none of its records."""
    rows = [f'{n},"name ""{n}"", é",{n / 8},2026-01-31 12:00:{n % 60:02},' for n in range(2_000)]
    bucket = {
        "bucket": "source",
        "start_date": "2020-01-01T00:00:00Z",
        "tables": [{"search_pattern": "rows", "table_name": "numbered", "key_properties": ["id"]}],
    }
    with s3_server() as url:
        for name, body in {"source": "", "source/rows.csv": "\n".join([HEADING, *rows])}.items():
            put = Request(
                f"{url}/{name}", body.encode(), {"Content-Type": "text/csv"}, method="PUT"
            )
            urlopen(put).close()
        bucket["aws_endpoint_url"] = url
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            monkeypatch.setenv(f"AWS_{name}", "any")
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        lines = lines_of("tap-s3-csv", "tap-s3-csv", tmp_path, bucket)
    equal(lines, "numbered", in_postgres, postgres, tmp_path)


def equal(lines: bytes, table: str, place: Place, uri: str, folder: Path) -> None:
    """Load by both, twice; make sure that they hold the same."""
    for _ in range(2):
        in_target_postgres(lines, uri, "theirs", folder)
        place.load(lines)
    theirs, ours = held(uri, "theirs", table), held(uri, place.schema, table)
    assert len(ours) == 2_000
    assert ours == theirs
