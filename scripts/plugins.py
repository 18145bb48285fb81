"""Plugin definitions for `meltano add --from-ref`, selections, and README.md's first pipeline.

A tap's definition has what Meltano Hub takes (github.com/meltano/hub, `schemas/`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tap_clockify.check import FREE_PLAN

ROOT = Path(__file__).parent.parent

CLONE = "timecost-taps"
"""Folder of a Meltano project that holds a clone of this repository, as README.md says."""

PIP_URL = f"./{CLONE}"
"""What Meltano installs: the clone, until there is a package (CONTRIBUTING.md, "A release")."""

Definition = dict[str, Any]

LISTINGS = {
    "tap-clockify": {
        "label": "Clockify",
        "description": "Time tracking: time entries, projects, members, rates and invoices.",
        "domain_url": "https://clockify.me",
    },
    "tap-clicktime": {
        "label": "ClickTime",
        "description": "Time tracking: time entries, jobs, people and timesheets, by OData.",
        "domain_url": "https://www.clicktime.com",
    },
    "tap-perform": {
        "label": "SYNCHRO Perform",
        "description": "Hours, quantities and costs of construction projects, by dataclips.",
        "domain_url": "https://www.bentley.com",
    },
}
"""What the Hub shows of each tap beside what its extractor in `meltano.yml` has."""


def plugin_files(meltano: Definition) -> dict[Path, str]:
    """Return the definitions of the plugins of `meltano.yml`, each with its path."""
    files = {}
    for kind, complete in (("extractors", _extractor), ("loaders", _loader)):
        for plugin in meltano["plugins"][kind]:
            name = plugin["name"]
            text = yaml.safe_dump(complete(plugin), sort_keys=False, width=100, allow_unicode=True)
            head = f"# Generated, for `meltano add {name} --from-ref`: see README.md.\n"
            files[ROOT / "plugins" / kind / f"{name}.yml"] = head + text
    return files


def _extractor(plugin: Definition) -> Definition:
    """Return the definition of a tap.

    Meltano leaves `select` out when it adds one, so README.md sets it by a command; it serves those
    who copy the text. `metadata_columns`, an extra of our own, would be left out too: it is a
    setting with a value here, which Meltano takes.
    """
    name = plugin["name"]
    project = msgspec.toml.decode((ROOT / "pyproject.toml").read_bytes())["project"]
    page = f"{project['urls']['Documentation']}/{name.removeprefix('tap-')}/README.md"
    pythons = [line.rpartition(" ")[2] for line in project["classifiers"] if ":: 3." in line]
    metadata_columns = {
        "name": "_metadata_columns",
        "kind": "boolean",
        "value": plugin["metadata_columns"],
        "label": "Metadata columns in DuckDB",
        "description": "Whether target-duckdb adds its metadata columns: see docs/operations.md.",
    }
    return {
        "name": name,
        "namespace": plugin["namespace"],
        "variant": CLONE,
        **LISTINGS[name],
        "docs": page,
        "repo": project["urls"]["Repository"],
        "maintenance_status": "beta",
        "keywords": ["api", "meltano_sdk"],
        "pip_url": PIP_URL,
        "executable": plugin["executable"],
        "supported_python_versions": pythons,
        "capabilities": plugin["capabilities"],
        "select": ["*.*"] if name == "tap-perform" else selection(name, "core"),
        "settings_group_validation": plugin["settings_group_validation"],
        "settings": [*plugin["settings"], metadata_columns],
    }


def _loader(plugin: Definition) -> Definition:
    """Return the definition of a loader, with the configuration of `meltano.yml` as defaults.

    Meltano leaves `config` out when it adds a plugin, but takes the value of a setting.
    """
    definition = {**plugin, "variant": "original"}
    if plugin["name"] == "target-bulk":
        definition |= {"variant": CLONE, "pip_url": f"{PIP_URL}[bulk]"}
    config = definition.pop("config", {})
    definition["settings"] = [
        setting | ({"value": config[setting["name"]]} if setting["name"] in config else {})
        for setting in plugin["settings"]
    ]
    return definition


def selection_files() -> dict[Path, str]:
    """Return the selections that the code knows; the other ones are written by hand."""
    rules = [f"{table}.*" for table in FREE_PLAN]
    return {_selection("tap-clockify", "free-plan"): f"{json.dumps(rules, indent=2)}\n"}


def singer_catalog(catalog: Definition) -> dict[Path, str]:
    """Return the catalog of tap-clockify's core, for those who run it without Meltano.

    Without a catalog all tables are read, which a free plan takes hours for.
    """
    core = selection("tap-clockify", "core")
    streams = [one for one in catalog["streams"] if f"{one['stream']}.*" in core]
    text = json.dumps({"streams": streams}, indent=2, ensure_ascii=False)
    return {ROOT / "catalogs" / "singer" / "tap-clockify.core.json": f"{text}\n"}


def selection(tap: str, name: str) -> list[str]:
    """Return the rules of a selection in `catalogs/`."""
    rules: list[str] = json.loads(_selection(tap, name).read_text())
    return rules


def _selection(tap: str, name: str) -> Path:
    return ROOT / "catalogs" / f"{tap}.{name}.json"
