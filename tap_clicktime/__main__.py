"""`tap-clicktime`, which is also `python -m tap_clicktime`."""

from __future__ import annotations

from taps_common.cli.start import run


def main() -> None:
    """Run the command."""
    run("tap_clicktime.tap:TapClickTime")


if __name__ == "__main__":
    main()
