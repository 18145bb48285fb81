"""`tap-perform`, which is also `python -m tap_perform`."""

from __future__ import annotations

from taps_common.cli.start import run


def main() -> None:
    """Run the command."""
    run("tap_perform.tap:TapPerform")


if __name__ == "__main__":
    main()
