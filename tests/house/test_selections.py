from __future__ import annotations

import yaml

from scripts.regenerate import ROOT, TAPS


def test_ready_made_selections_name_what_exists() -> None:
    for tap in TAPS:
        streams = tap(config={}, validate_config=False).streams
        text = (ROOT / "catalogs" / f"{tap.name}.selections.yml").read_text()
        for name, rules in yaml.safe_load(text).items():
            for rule in rules:
                stream, _, field = rule.removeprefix("!").partition(".")
                assert stream in streams, f"{name}: {rule}"
                assert field == "*" or field in streams[stream].schema["properties"], rule
