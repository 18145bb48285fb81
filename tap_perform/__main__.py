"""`tap-perform`, which is also `python -m tap_perform`."""

from __future__ import annotations

from taps_common.cli.start import importing, tells_version


def main() -> None:
    """Run the command."""
    if tells_version("tap-perform"):
        return
    with importing():
        from tap_perform.tap import TapPerform  # noqa: PLC0415 - takes half a second
    TapPerform.cli()


if __name__ == "__main__":
    main()
