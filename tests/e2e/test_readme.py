"""README.md's commands, word by word, as somebody else would run them.

The taps are installed from a clone that nothing can import; placeholders (`…`) are filled in;
Clockify is the host of a region behind a proxy, the other services are where the settings say.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb
import psycopg
import pytest

from sandbox import start
from sandbox.clicktime import truth as clicktime
from sandbox.clockify import truth as clockify
from sandbox.perform import truth as perform
from scripts.plugins import CLONE, selection
from scripts.regenerate import TAPS
from scripts.wheels import WHEELS
from tests.common.runs import installed
from tests.conftest import GUARD
from tests.e2e.conftest import ROOT
from tests.e2e.region import serving
from tests.house.test_house import tracked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from tests.e2e.region import Region

pytestmark = [pytest.mark.thorough, pytest.mark.xdist_group("readme")]

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NAMES = [tap.name for tap in TAPS]
FIRST, WITH, WITHOUT = "## Your first pipeline", "### With Meltano", "### Without Meltano"


def section(heading: str) -> str:
    """Return what stands below a heading of README.md, up to the next one."""
    _, found, rest = README.partition(f"\n{heading}\n")
    assert found, heading
    return rest.partition("\n#")[0]


def blocks(heading: str) -> list[str]:
    return BLOCK.findall(section(heading))


@dataclass
class Stranger:
    """Somebody with a home and three services.

    Attributes:
        environment: all that commands find in their environment.
        values: what stands for `…` in `export NAME=…`.
        sandbox: the services.
        region: Clockify's host in a region.
    """

    environment: dict[str, str]
    values: dict[str, str]
    sandbox: Sandbox
    region: Region

    def run(self, script: str, folder: Path, **variables: str) -> str:
        """Run a script, its placeholders filled in; return all that it said."""
        filled = re.sub(
            r"^export (\w+)=…",
            lambda match: f"export {match[1]}={shlex.quote(self.values[match[1]])}",
            script,
            flags=re.MULTILINE,
        )
        done = subprocess.run(
            ["/bin/sh", "-euc", filled],
            cwd=folder,
            env=self.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-5000:]
        return done.stdout

    def served(self, tap: str, rules: list[str]) -> dict[str, int]:
        """Return how many rows each table should hold that is selected."""
        counts = {
            "tap-clockify": lambda: clockify.counts(self.sandbox.clockify, everything=True),
            "tap-clicktime": lambda: clicktime.counts(self.sandbox.clicktime),
            "tap-perform": lambda: perform.counts(self.sandbox.perform),
        }[tap]()
        tables = {rule.partition(".")[0] for rule in rules}
        return {name: rows for name, rows in counts.items() if tables & {"*", name}}


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Iterator[Stranger]:
    home = tmp_path_factory.mktemp("home")
    repository = home / "repository"
    copied_to(repository)
    tools = home / "tools"
    tools.mkdir()
    for name in ("meltano", "uv", "pipx"):
        (tools / name).symlink_to(installed(name))
    python = Path(sys.base_prefix) / "bin"
    path = [tools, python, "/usr/bin", "/bin"]
    with (
        start(account="free", entries=150) as sandbox,
        serving(sandbox.url, "/clockify", home) as region,
    ):
        environment = {
            "HOME": str(home),
            "PATH": os.pathsep.join(map(str, path)),
            "PYTHONPATH": str(GUARD),
            "NO_COLOR": "1",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(WHEELS),
            "PIP_NO_COMPILE": "1",
            "UV_OFFLINE": "1",
            "UV_FIND_LINKS": str(WHEELS),
            "UV_PYTHON": str(python / "python3"),
            "HTTPS_PROXY": region.url,
            "NO_PROXY": "127.0.0.1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{repository}.insteadOf",
            "GIT_CONFIG_VALUE_0": f"https://github.example/timecost/{CLONE}",
            "REQUESTS_CA_BUNDLE": str(region.certificate),
        }
        values = {
            "TAP_CLOCKIFY_API_KEY": "sandbox-key",
            "TAP_CLICKTIME_SERVICE_URL": f"{sandbox.url}/clicktime/odata",
            "TAP_CLICKTIME_API_TOKEN": "sandbox-token",
            "TAP_PERFORM_PROJECTS": json.dumps(sandbox.perform.projects(sandbox.url)),
            "TARGET_POSTGRES_SQLALCHEMY_URL": with_driver(postgres),
        }
        yield Stranger(environment, values, sandbox, region)


def with_driver(uri: str) -> str:
    """Return the address of a database as target-postgres takes it."""
    return uri.replace("://", "+psycopg://", 1)


def copied_to(repository: Path) -> None:
    """Make a repository of what git knows, as it is here, to be cloned from."""
    for path in tracked():
        copy = repository / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    me = ("-c", "user.name=me", "-c", "user.email=me@example.test")
    for command in (["init", "-q"], ["add", "-A"], [*me, "commit", "-q", "-m", "all"]):
        subprocess.run(["git", *command], cwd=repository, check=True)


def clone(stranger: Stranger, folder: Path) -> None:
    stranger.run("".join(blocks(FIRST)), folder)
    assert (folder / CLONE / "README.md").is_file()


TABLES = "select table_name from information_schema.tables where table_schema = '{}'"
ROWS = 'select count(*) from "{}"."{}"'


def in_duckdb(path: Path, schema: str) -> dict[str, int]:
    """Return the number of rows of each table of a schema."""
    with duckdb.connect(str(path), read_only=True) as database:
        names = database.execute(TABLES.format(schema)).fetchall()
        return {
            name: database.execute(ROWS.format(schema, name)).fetchall()[0][0] for (name,) in names
        }


def in_postgres(uri: str, schema: str) -> dict[str, int]:
    """Return the number of rows of each table of a schema."""
    with psycopg.connect(uri) as database:
        names = database.execute(TABLES.format(schema).encode()).fetchall()
        return {
            name: database.execute(ROWS.format(schema, name).encode()).fetchall()[0][0]
            for (name,) in names
        }


def core(tap: str) -> list[str]:
    """Return what README.md selects: of Perform, all clips that the settings name."""
    return ["*"] if tap == "tap-perform" else selection(tap, "core")


# -- with Meltano ----------------------------------------------------------------------------------


@dataclass
class Project:
    """A Meltano project made by README.md's commands, and what they said."""

    folder: Path
    said: str


@pytest.fixture(scope="module")
def project(stranger: Stranger, tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("somewhere")
    (made,) = re.findall(r"`(meltano init [a-z-]+)`", section(WITH))
    stranger.run(made, folder)
    folder /= made.split()[-1]
    clone(stranger, folder)
    return Project(folder, stranger.run("".join(blocks(WITH)), folder))


def test_the_check_says_whose_key_it_is_and_what_to_paste(project: Project) -> None:
    assert "Key of Olivera Owner" in project.said
    assert "The selection free-plan takes 11: less than an hour. Paste this:" in project.said


def test_the_region_that_is_set_is_asked(project: Project, stranger: Stranger) -> None:
    del project
    assert {host for host, _ in stranger.region.asked} == {"euc1.clockify.me"}


@pytest.mark.parametrize("tap", NAMES)
def test_duckdb_holds_what_is_selected(tap: str, project: Project, stranger: Stranger) -> None:
    loaded = in_duckdb(project.folder / "output" / "timecost.duckdb", tap.replace("-", "_"))
    assert loaded == stranger.served(tap, core(tap))


def test_postgres_holds_the_selection_for_free_plans(
    project: Project, stranger: Stranger, postgres: str
) -> None:
    del project
    rules = selection("tap-clockify", "free-plan")
    assert in_postgres(postgres, "tap_clockify") == stranger.served("tap-clockify", rules)


@pytest.mark.parametrize("tap", ["tap-clicktime", "tap-perform"])
def test_postgres_holds_what_the_other_taps_select(
    tap: str, project: Project, stranger: Stranger, postgres: str
) -> None:
    (command,) = re.findall(r"^meltano run tap-clockify target-postgres$", README, re.MULTILINE)
    stranger.run(command.replace("tap-clockify", tap), project.folder, **stranger.values)
    assert in_postgres(postgres, tap.replace("-", "_")) == stranger.served(tap, core(tap))


def personal(tap: str, sandbox: Sandbox) -> set[str]:
    """Return texts about persons that the tables hold."""
    rows: list[Any]
    if tap == "tap-perform":
        rows = [*perform.rows(sandbox.perform, "resource_usage_export")]
    elif tap == "tap-clicktime":
        rows = [*clicktime.rows(sandbox.clicktime, "users")]
    else:
        rows = [*clockify.rows(sandbox.clockify, "users")]
    columns = ("name", "email", "Name", "Email", "Resource Name", "Resource Note", "Usage Note")
    return {row[column] for row in rows for column in columns if row.get(column)}


@pytest.mark.parametrize(
    "path", sorted((ROOT / "catalogs").glob("tap-*.*.json")), ids=lambda path: path.stem
)
def test_each_selection_gives_its_tables(path: Path, project: Project, stranger: Stranger) -> None:
    tap, _, name = path.stem.partition(".")
    setting = f"{tap.upper().replace('-', '_')}__SELECT"  # of Meltano, as `config set` stores it
    given = stranger.values | {setting: path.read_text()}
    output = project.folder / f"{path.stem}.jsonl"
    stranger.run(f"meltano invoke {tap} > {output.name}", project.folder, **given)
    text = output.read_text()
    messages = [json.loads(line) for line in text.split("\n") if line]
    read = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    rules = selection(tap, name)
    chosen = [rule for rule in rules if not rule.startswith("!")]
    assert read == {table: rows for table, rows in stranger.served(tap, chosen).items() if rows}
    known = {one for one in personal(tap, stranger.sandbox) if one in text}
    assert bool(known) is (name != "no-personal-data")


def test_the_command_for_that_selects_all_tables(project: Project, stranger: Stranger) -> None:
    (command,) = re.findall(r"`(meltano config set tap-clockify _select '.*?')`", README)
    stranger.run(command, project.folder)
    stranger.run("meltano invoke --dump=catalog tap-clockify > all.json", project.folder)
    for stream in json.loads((project.folder / "all.json").read_text())["streams"]:
        (own,) = [one["metadata"] for one in stream["metadata"] if not one["breadcrumb"]]
        assert own["selected"], stream["stream"]


SAMPLES: dict[str, Any] = {
    "string": "some text",
    "integer": 7,
    "number": "2.5",  # which the tap reads as a number
    "boolean": True,
    "array": [{"name": "North Quay", "dataclips": {"resource": {"primary_keys": ["UUID"]}}}, "id"],
    "object": {"Jobs": ["Region", {"name": "Rate", "type": "number"}]},
}


def sample(name: str, schema: dict[str, Any]) -> Any:
    """Return a value of a setting other than its default."""
    if name.endswith("_date"):
        return "2026-01-31"
    if "enum" in schema:
        return schema["enum"][-1]
    declared = schema.get("type", "object")
    kinds = [declared] if isinstance(declared, str) else declared
    return SAMPLES[next(kind for kind in kinds if kind != "null")]


@pytest.mark.parametrize("tap", TAPS)
def test_every_setting_arrives_at_the_tap(tap: Any, project: Project, stranger: Stranger) -> None:
    prefix = tap.name.upper().replace("-", "_")
    schema = json.loads(json.dumps(tap.config_jsonschema))
    tap.append_builtin_config(schema)
    given = {name: sample(name, described) for name, described in schema["properties"].items()}
    variables = {
        f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }
    dump = f"meltano invoke --dump=config {tap.name} > config.json"
    stranger.run(dump, project.folder, **variables)
    assert json.loads((project.folder / "config.json").read_text()) == given


# -- without ---------------------------------------------------------------------------------------


WAYS = dict(zip(("uv", "pipx", "pip"), blocks(WITHOUT), strict=False))
LOADS = blocks(WITHOUT)[len(WAYS) :]


def for_tap(tap: str, commands: str) -> str:
    """Return README.md's commands for tap-clockify as those for another tap."""
    if tap == "tap-clockify":
        return commands
    commands = re.sub(r" --catalog \S+", "", commands).replace("tap-clockify", tap)
    return commands.replace("tap_clockify", tap.replace("-", "_"))


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=pytest.mark.xdist_group(way)) for way in WAYS]
)
def test_rows_arrive_without_meltano(
    way: str, stranger: Stranger, postgres: str, tmp_path: Path
) -> None:
    """One way for all taps is enough: what they install is the same."""
    clone(stranger, tmp_path)
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(f"create database {way}".encode())
    own = urlsplit(postgres)._replace(path=f"/{way}").geturl()
    environment = stranger.environment | {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path / '.local/bin'}{os.pathsep}{stranger.environment['PATH']}",
    }
    values = stranger.values | {"TARGET_POSTGRES_SQLALCHEMY_URL": with_driver(own)}
    someone = replace(stranger, environment=environment, values=values)
    someone.run(WAYS[way], tmp_path)
    with pytest.raises(AssertionError, match="No module named 'taps_common'"):
        someone.run("python3 -c 'import taps_common'", tmp_path)
    assert {one.name for one in tmp_path.rglob("duckdb-*.dist-info")} == {"duckdb-1.0.0.dist-info"}
    path = "".join(line for line in WAYS[way].splitlines() if line.startswith("export PATH"))
    for tap in NAMES if way == "uv" else ["tap-clockify"]:
        commands = "\n".join(for_tap(tap, block) for block in LOADS)
        someone.run(f"{path}\n{commands}", tmp_path, **values)
        schema = tap.replace("-", "_")
        served = stranger.served(tap, core(tap) if tap == "tap-clockify" else ["*"])
        assert in_duckdb(tmp_path / "timecost.duckdb", schema) == served
        assert in_postgres(own, schema) == served


def test_every_block_of_commands_was_run_but_those_for_a_clone() -> None:
    run = [*blocks(FIRST), *blocks(WITH), *blocks(WITHOUT)]
    rest = [block for block in BLOCK.findall(README) if block not in run]
    assert [block.split()[:2] for block in rest] == [["make", "demo"]]
