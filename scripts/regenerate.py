"""Writes what is generated: settings in meltano.yml, plugins, .env.example, catalogs, docs.

`python -m scripts.regenerate` writes the files; a test fails when one differs from the code.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.perform.world import World
from scripts.docs.llms import llms
from scripts.docs.marked import between
from scripts.docs.overview import settings_table
from scripts.docs.pages import TapPages
from scripts.plugins import plugin_files, selection_files, singer_catalog
from scripts.settings import kind_of, settings_of
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.cli.settings import holds_secret
from target_bulk.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taps_common.cli.tap import ApiTap

ROOT = Path(__file__).parent.parent
TAPS: tuple[type[ApiTap], ...] = (TapClockify, TapClickTime, TapPerform)

Schema = dict[str, Any]

FOR_READING = (
    "For reading only: these are the clips and columns that Bentley documents. Columns depend on "
    "your projects, so let Meltano discover, or print a catalog with --discover and your settings."
)
"""What the catalog of tap-perform says first."""


def generated() -> dict[Path, str]:
    """Return the text that each generated file should have."""
    files = {ROOT / ".env.example": _env_example()}
    meltano = (ROOT / "meltano.yml").read_text()
    for tap in TAPS:
        catalog = tap(config={}, validate_config=False).catalog_json_text
        if tap is TapPerform:
            catalog = catalog.replace("{", f'{{\n  "comment": "{FOR_READING}",', 1)
        files[ROOT / "catalogs" / f"{tap.name}.json"] = f"{catalog}\n"
        if tap is TapClockify:
            files |= singer_catalog(json.loads(catalog))
        meltano = between(
            meltano,
            f"    # begin generated: {tap.name} settings\n",
            _meltano_settings(settings_of(tap)),
            f"    # end generated: {tap.name} settings\n",
        )
        files |= TapPages(tap, ROOT / "docs").files()
    bulk = SETTINGS["properties"]
    meltano = between(
        meltano,
        "    # begin generated: target-bulk settings\n",
        _meltano_settings(bulk),
        "    # end generated: target-bulk settings\n",
    )
    page = ROOT / "docs" / "bulk.md"
    begin, end = "<!-- begin settings -->\n", "<!-- end settings -->\n"
    files[page] = between(page.read_text(), begin, settings_table(bulk), end)
    files[ROOT / "meltano.yml"] = meltano
    environment = ROOT / "sandbox" / "environment.meltano.yml"
    files[environment] = between(
        environment.read_text(),
        "          # begin generated: the sandbox's projects\n",
        _sandbox_projects(),
        "          # end generated: the sandbox's projects\n",
    )
    files |= plugin_files(yaml.safe_load(meltano)) | selection_files()
    files[ROOT / "llms.txt"] = llms(ROOT, files)
    return files


def _meltano_kind(name: str, schema: Schema) -> str:
    """Return the kind by which Meltano knows a setting's type.

    Meltano 4.4 reads texts of the kind `decimal` and then cannot write them into the tap's
    configuration ("Decimal is not JSON serializable"). As texts they reach the tap, which reads
    numbers from them. A value of the kind `options` that is not among them ends Meltano with 85
    lines of traceback before the tap starts, and the tap says in a sentence which ones there are.
    """
    kind = kind_of(name, schema)
    return "string" if kind == "number" else kind


def _meltano_settings(settings: Mapping[str, Schema]) -> str:
    described = []
    for name, schema in settings.items():
        setting: dict[str, Any] = {"name": name, "kind": _meltano_kind(name, schema)}
        if "enum" in schema:
            setting["options"] = [
                {"label": f"{label} ({value})", "value": value}
                for value, label in schema["option_labels"].items()
            ]
        if holds_secret(schema):
            setting["sensitive"] = True
        if "default" in schema:
            setting["value"] = schema["default"]
        if "title" in schema:
            setting["label"] = schema["title"]
        if "description" in schema:
            setting["description"] = " ".join(schema["description"].split())
        described.append(setting)
    text = yaml.safe_dump({"settings": described}, sort_keys=False, width=100, allow_unicode=True)
    return "".join(f"    {line}\n" for line in text.splitlines())


def _sandbox_projects() -> str:
    """Return what tap-perform is told about the sandbox at port 8800."""
    projects = World().projects("http://127.0.0.1:8800")
    text = yaml.safe_dump({"projects": projects}, sort_keys=False, width=200)
    return "".join(f"          {line}\n" for line in text.splitlines())


def _env_example() -> str:
    lines = [
        "# Copy to .env and fill in: Meltano reads it. Never commit .env.",
    ]
    for tap in TAPS:
        lines += ["", f"# {tap.name}"]
        prefix = tap.name.upper().replace("-", "_")
        secrets = [name for name, schema in settings_of(tap).items() if schema.get("secret")]
        lines += [f"{prefix}_{name.upper()}=" for name in secrets]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    for path, text in generated().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
