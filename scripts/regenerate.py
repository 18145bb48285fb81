"""Writes what is generated: settings in meltano.yml, plugins, .env.example, catalogs, docs.

`python -m scripts.regenerate` writes the files; a test fails when one differs from the code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.perform.world import World
from scripts.plugins import plugin_files, selection_files, singer_catalog
from tap_clicktime.tap import TapClickTime
from tap_clockify.tap import TapClockify
from tap_perform.tap import TapPerform
from taps_common.cli.settings import holds_secret
from taps_common.sync.stream import ChildStream, EndpointStream

if TYPE_CHECKING:
    from taps_common.cli.tap import ApiTap

ROOT = Path(__file__).parent.parent
TAPS: tuple[type[ApiTap], ...] = (TapClockify, TapClickTime, TapPerform)

Schema = dict[str, Any]


def generated() -> dict[Path, str]:
    """Return the text that each generated file should have."""
    files = {ROOT / ".env.example": _env_example()}
    meltano = (ROOT / "meltano.yml").read_text()
    for tap in TAPS:
        service = tap.name.removeprefix("tap-")
        catalog = tap(config={}, validate_config=False).catalog_json_text
        files[ROOT / "catalogs" / f"{tap.name}.json"] = f"{catalog}\n"
        if tap is TapClockify:
            files |= singer_catalog(json.loads(catalog))
        meltano = _between(
            meltano,
            f"    # begin generated: {tap.name} settings\n",
            _meltano_settings(tap),
            f"    # end generated: {tap.name} settings\n",
        )
        for name, table in (("settings", _settings_table(tap)), ("tables", _tables(tap))):
            page = ROOT / "docs" / service / f"{name}.md"
            begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
            files[page] = _between(page.read_text(), begin, table, end)
    files[ROOT / "meltano.yml"] = meltano
    environment = ROOT / "sandbox" / "environment.meltano.yml"
    files[environment] = _between(
        environment.read_text(),
        "          # begin generated: the sandbox's projects\n",
        _sandbox_projects(),
        "          # end generated: the sandbox's projects\n",
    )
    files |= plugin_files(yaml.safe_load(meltano)) | selection_files()
    return files


def _settings(tap: type[ApiTap]) -> dict[str, Schema]:
    """Return a tap's own settings and the SDK's, by name, in the order of declaration."""
    schema: Schema = json.loads(json.dumps(tap.config_jsonschema))
    tap.append_builtin_config(schema)
    settings: dict[str, Schema] = schema["properties"]
    return settings


def _kind(name: str, schema: Schema) -> str:
    """Return the kind of a setting's values as the docs show it."""
    if name.endswith("_date"):
        return "date_iso8601"
    declared = schema.get("type", "object")
    types = [declared] if isinstance(declared, str) else [one for one in declared if one != "null"]
    return types[0]


def _meltano_kind(name: str, schema: Schema) -> str:
    """Return the kind by which Meltano knows a setting's type.

    Meltano 4.4 reads texts of the kind `decimal` and then cannot write them into the tap's
    configuration ("Decimal is not JSON serializable"). As texts they reach the tap, which reads
    numbers from them.
    """
    if "enum" in schema:
        return "options"
    kind = _kind(name, schema)
    return "string" if kind == "number" else kind


def _between(text: str, begin: str, inner: str, end: str) -> str:
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        msg = f"no line {begin.strip()!r}"
        raise ValueError(msg)
    return pattern.sub(lambda _: f"{begin}{inner}{end}", text)


def _meltano_settings(tap: type[ApiTap]) -> str:
    described = []
    for name, schema in _settings(tap).items():
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
        secrets = [name for name, schema in _settings(tap).items() if schema.get("secret")]
        lines += [f"{prefix}_{name.upper()}=" for name in secrets]
    return "\n".join(lines) + "\n"


def _settings_table(tap: type[ApiTap]) -> str:
    lines = ["| setting | type | default | what it does |", "| --- | --- | --- | --- |"]
    for name, schema in _settings(tap).items():
        default = schema.get("default")
        shown = "" if default is None else f"`{json.dumps(default)}`"
        kind = "secret" if schema.get("secret") else _kind(name, schema)
        text = " ".join(schema.get("description", "").split()).replace("|", "\\|")
        lines.append(f"| `{name}` | {kind} | {shown} | {text} |")
    return "\n".join(lines) + "\n"


def _tables(tap: type[ApiTap]) -> str:
    lines = [
        "| table | a row is | key | replication | read from |",
        "| --- | --- | --- | --- | --- |",
    ]
    for table in tap(config={}, validate_config=False).all_streams:
        keys = ", ".join(f"`{key}`" for key in table.primary_keys)
        method = table.replication_method.replace("_", " ").lower()
        if isinstance(table, ChildStream):
            origin = f"the pages of `{table.endpoint.name}`"
        else:
            assert isinstance(table, EndpointStream)
            path = getattr(table, "path", None)
            method_used = "GET" if getattr(table, "posted", None) is None else "POST"
            origin = f"`{method_used} {path}`" if path else "its dataclip"
        what = str(table.schema.get("description", ""))
        lines.append(f"| `{table.name}` | {what} | {keys} | {method} | {origin} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the files."""
    for path, text in generated().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
