"""`make live`: what a real account answers, as a page to send to the maintainers."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigValidationError

from scripts.live.page import ROOT, Page, lines_of
from scripts.live.suite import WHICH
from scripts.live.taps import TAPS
from taps_common.errors import QuotaError, TapError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.live.taps import Live
    from scripts.live.wire import Probe

SERVICES = tuple(TAPS)


def page_of(service: str, tap: Any) -> Page:  # noqa: ANN401 - of any service
    """Ask all questions about a service; return the page.

    Args:
        service: its name.
        tap: knows the account.
    """
    live = TAPS[service]
    probe = live.probe(tap)
    title = f"{tap.name} {tap.plugin_version} and a real account"
    page = Page(service, title, live.secrets(tap), lines_of(service))
    for name, question in live.questions.items():
        print(f"{service}: {name}", file=sys.stderr)
        page.add(name, _asked(question, probe))
    return page


def _asked(question: Callable[[Any], Iterator[str]], probe: Probe) -> Iterator[str]:
    """Yield findings; one question that cannot be asked keeps nobody from the others."""
    try:
        yield from question(probe)
    except QuotaError:
        yield (
            "the rest could not be asked: the service wants fewer requests (429). Set "
            "max_requests_per_hour or max_requests_per_second, and run it again"
        )
    except TapError as error:
        yield f"the rest could not be asked: {type(error).__name__}"
    except Exception as error:  # noqa: BLE001 - whatever a real service sends; its text may be data
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        yield f"the rest was not understood: {type(error).__name__} ({where})"


def suite_of(service: str) -> list[str]:
    """Run the SDK's suite in a process of its own; return what came of it."""
    print(f"{service}: the SDK's standard suite", file=sys.stderr)
    done = subprocess.run(
        [sys.executable, "-m", "scripts.live.suite"],
        env={**os.environ, WHICH: service},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return (
        done.stdout.rpartition("\f")[2].strip().splitlines()
        if "\f" in done.stdout
        else ["it did not run"]
    )


def _is_meant(live: Live) -> bool:
    return any(os.environ.get(key) for key in live.keys)


def main() -> None:
    """Ask each service whose keys are in the environment."""
    parser = argparse.ArgumentParser(prog="make live", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "output", help="where pages go")
    parser.add_argument("--no-suite", action="store_true", help="ask the questions only")
    given = parser.parse_args()
    if os.environ.get("CI"):
        sys.exit("make live asks real accounts, and is not for CI.")
    meant = {service: live for service, live in TAPS.items() if _is_meant(live)}
    if not meant:
        keys = ", ".join(key for live in TAPS.values() for key in live.keys)
        sys.exit(f"No account: set the variables of a tap as README.md says ({keys}).")
    given.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for service, live in meant.items():
        try:
            tap = live.asked(parse_env_config=True)
        except (TapError, ConfigValidationError) as error:
            print(f"{live.tap.name}: {error}", file=sys.stderr)
            failed = True
            continue
        page = page_of(service, tap)
        page.suite += [] if given.no_suite else suite_of(service)
        path = given.folder / f"live-{service}.md"
        path.write_text(page.text)
        print(f"{page.text}\nWritten to {path}: read it, then open an issue with it.")
    sys.exit(failed)


if __name__ == "__main__":
    main()
