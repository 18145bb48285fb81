"""What the docs name is there: settings, tables, columns, plans, exit codes."""

from __future__ import annotations

import re
import signal
from dataclasses import fields
from typing import Any

import pytest
import yaml

from scripts.docs.columns import columns_of
from scripts.docs.topics import TOPICS
from scripts.plugins import selection
from scripts.regenerate import ROOT, TAPS
from scripts.settings import settings_of
from tap_clockify.permissions import PermittedStream
from tap_clockify.tap import TapClockify
from tap_perform.settings import Clip
from taps_common.cli.command import EXIT_CODES
from taps_common.records.row_types import RESCUED
from taps_common.sync.completed_windows import CompletedWindows
from target_bulk.columns import METADATA
from target_bulk.settings import SETTINGS as BULK

DOCS = ROOT / "docs"
TRANSFORM = ROOT / "transform"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)

OTHERS = {
    *{"pip_url", "metadata_columns", "default_environment"},  # Meltano's
    *{"tap_clockify", "tap_clicktime", "tap_perform"},  # schemas in the target
    *{"hard_delete", "use_copy", "batch_size_rows", "clean_up_batch_files"},  # loaders'
    *{"sanitize_null_text_characters", "allow_nullable_key"},
    *{"add_record_metadata", "add_metadata_columns", "quoted_identifiers_ignore_case"},
    *METADATA,  # columns that loaders add
    *{"project_config", "has_more", "row_limit_reached"},  # Bentley's, and answers
    *{"timecost_nightly", "timecost_hourly"},  # a DAG for each of SCHEDULES
    *{"expense_items", "percent_complete", "name_2", "column_7"},  # examples of names
}
"""What the pages name beside settings, tables and columns."""

COLUMN_PAGES = {topic.page for topics in TOPICS.values() for topic in topics}
CREDENTIALS: dict[str, dict[str, Any]] = {
    "tap-clockify": {"api_key": "a"},
    "tap-clicktime": {"api_token": "a"},
    "tap-perform": {"username": "a", "password": "a"},
}

PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if page.stem not in {"design", "other-connectors", "upstream", *COLUMN_PAGES}
]


def tables() -> dict[str, set[str]]:
    """Return the columns of each table of all taps, and what is inside of them."""
    found: dict[str, set[str]] = {}
    for tap in TAPS:
        for table in tap(config={}, validate_config=False).all_streams:
            paths = {one.path for one in columns_of(table.schema)}
            found.setdefault(table.name, {RESCUED}).update(paths)
    return found


CLIP = {field.name for field in fields(Clip)} - {"stream", "project", "username", "password"}
"""What the settings of tap-perform may say of a clip."""


def marts() -> set[str]:
    """Return the names of dbt's models, snapshots, columns, checks and variables."""
    models = yaml.safe_load((TRANSFORM / "models/marts/marts.yml").read_text())["models"]
    snapshots = yaml.safe_load((TRANSFORM / "snapshots/rates.yml").read_text())["snapshots"]
    variables = yaml.safe_load((TRANSFORM / "dbt_project.yml").read_text())["vars"]["timecost"]
    columns = {column["name"] for model in models for column in model["columns"]}
    documents = {"invoice_lines", "invoiced_work", "approved_timesheets"}
    names: set[str] = {table["name"] for table in (*models, *snapshots)}
    return names.union(columns, variables, documents)


DAGS = {
    name
    for path in (ROOT / "orchestrate" / "dags").glob("*.py")
    for name in re.findall(r"\w+", path.read_text())
}
"""What the DAGs name."""


TABLES = tables()
MARTS = marts()
SETTINGS = {name for tap in TAPS for name in settings_of(tap)} | {*BULK["properties"]}
COLUMNS = {name for paths in TABLES.values() for path in paths for name in re.split(r"\W+", path)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_what_a_page_names_is_there(page: Any) -> None:
    text = FENCE.sub("", page.read_text())
    known = SETTINGS | TABLES.keys() | COLUMNS | OTHERS | CLIP | MARTS | DAGS
    for named in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"_?[a-z]+(_[a-z0-9]+)+", named) and not named.startswith("test_"):
            assert named in known, named
        if (found := re.fullmatch(r"(\w+)\.([\w.]+)", named)) and found[1] in TABLES:
            assert found[2] in TABLES[found[1]] or found[1] in COLUMNS, named


def test_what_tables_need_is_what_the_code_asks_for() -> None:
    page = (DOCS / "clockify" / "README.md").read_text()
    section = page.partition("## Tables that need a plan or a role")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (`.*?) \| (?:`(\w+)`)? ?\|", section, re.MULTILINE)
    told = {name: feature for names, feature in lines for name in re.findall(r"`(\w+)`", names)}
    for table in TapClockify(config={}, validate_config=False).all_streams:
        endpoint = None if isinstance(table, CompletedWindows) else table.endpoint
        feature = endpoint.feature if isinstance(endpoint, PermittedStream) else None
        if feature:
            assert told.pop(table.name) == feature, table.name
        else:
            assert not told.pop(table.name, ""), table.name
    assert not told


def test_all_that_a_clip_may_say_is_told() -> None:
    page = (DOCS / "perform" / "settings.md").read_text()
    table = page.partition("| entry | what it says |")[2].partition("\n\n")[0]
    lines = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert {name for line in lines for name in re.findall(r"`(\w+)`", line)} == CLIP


@pytest.mark.parametrize("tap", [tap.name for tap in TAPS])
def test_recipes_say_what_the_core_selection_lacks(tap: str) -> None:
    page = (DOCS / tap.removeprefix("tap-") / "recipes.md").read_text()
    core = {rule.partition(".")[0] for rule in selection(tap, "core")}
    for recipe in page.split("\n## ")[1:]:
        read = TABLES.keys() & {*re.findall(r"\b(?:from|join) (\w+)", recipe)}
        told = re.findall(r"Select (.*?) too\.", recipe)
        assert {*re.findall(r"`(\w+)`", "".join(told))} == read - core, recipe


@pytest.mark.parametrize(
    "page", [*DOCS.glob("*/recipes.md"), DOCS / "questions.md"], ids=lambda page: page.parent.name
)
def test_what_is_added_up_by_a_name_is_added_up_by_its_id(page: Any) -> None:
    """Things of two workspaces, or two people, may have the same name."""
    for grouped in re.findall(r"^group by (.+)$", page.read_text(), re.MULTILINE):
        assert not re.search(r"\b\d", grouped), grouped
        for alias in re.findall(r'(\w+)\.(?:name\b|"Name")', grouped):
            keys = rf'\b{alias}\.(?:id\b|"ID"|{alias}_key\b|account\b)'
            assert re.search(keys, grouped), grouped


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_a_pipe_from_clockify_names_the_catalog_in_each_run(page: Any) -> None:
    """A second run without the catalog of the first reads eight times as many tables."""
    pipes = re.findall(r"^tap-clockify .*\| target-.*$", page.read_text(), re.MULTILINE)
    assert all(" --catalog " in pipe for pipe in pipes), pipes


def test_exit_codes_are_those_of_the_taps() -> None:
    section = (DOCS / "operations.md").read_text().partition("## Exit codes")[2]
    table = section.partition("\n\n`--check`")[0]
    rows = re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
    told = {int(code) for row in rows for code in row.split(",")}
    of_signals = {128 + one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)}
    assert told == {0, 1, 2} | {*EXIT_CODES.values()} | of_signals


@pytest.mark.parametrize("tap", TAPS, ids=lambda tap: tap.name)
def test_examples_of_settings_name_what_exists(tap: Any) -> None:
    folder = DOCS / tap.name.removeprefix("tap-")
    blocks = [
        yaml.safe_load(re.sub(f"^{indent}", "", block, flags=re.MULTILINE))
        for page in sorted(folder.glob("*.md"))
        for indent, kind, block in FENCE.findall(page.read_text())
        if kind == "yaml"
    ]
    assert blocks
    settings = settings_of(tap)
    streams = tap(config={}, validate_config=False).streams
    for block in blocks:
        config = block.get("config", {name: block[name] for name in block if name in settings})
        assert config or block.keys() <= {"metadata", "select"}, block
        assert config.keys() <= settings.keys()
        if "config" in block:
            given = {**CREDENTIALS[tap.name], **config}
            assert tap(config={}, validate_config=False).find_config_errors(given) == []
        assert not {*block} - {"config", "select", "metadata", *config}
        for rule in block.get("select", ()):
            assert rule.partition(".")[0] in streams, rule
        for name in block.get("metadata", ()):
            assert name in streams, name
