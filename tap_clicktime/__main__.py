"""`tap-clicktime`, which is also `python -m tap_clicktime`."""

from __future__ import annotations

from taps_common.cli.start import importing, tells_version


def main() -> None:
    """Run the command."""
    if tells_version("tap-clicktime"):
        return
    with importing():
        from tap_clicktime.tap import TapClickTime  # noqa: PLC0415 - takes half a second
    TapClickTime.cli()


if __name__ == "__main__":
    main()
