"""What a command logs: nothing that a library quotes, whatever handlers there are."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.clockify.runs import Account
from tests.common.runs import PATIENCE, command, nothing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "4711-of-nobody"

TALKATIVE = f"""
import logging, sys, threading, warnings
from tap_clockify.tap import TapClockify
TapClockify.cli
logging.captureWarnings(True)
library = logging.getLogger("library")
library.warning("at https://host/?q={SECRET}")
library.error("at %s", "https://host/?q={SECRET}")
library.debug("at %s", "https://host/?q={SECRET}")
logging.getLogger("singer_sdk.mapper").debug("Eval result: %s", "{SECRET}")
logging.getLogger("singer_sdk.metrics").info("METRIC: %s", "what a program reads")
logging.getLogger("singer_sdk.configuration._dict_config").warning("what a person reads")
def fail():
    try:
        raise KeyError("{SECRET}")
    except KeyError as error:
        raise ValueError("{SECRET}") from error
try:
    fail()
except ValueError:
    library.exception("{SECRET}")
    TapClockify.logger.exception("what the tap says")
warnings.warn("{SECRET}", stacklevel=1)
warnings.warn("what changes", FutureWarning, stacklevel=1)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
class Unraisable:
    def __del__(self):
        fail()
Unraisable()
TapClockify.logger.info("%d %d", "{SECRET}")
fail()
"""

STRUCTURED = """
version: 1
disable_existing_loggers: false
formatters: {structured: {"()": singer_sdk.logging.StructuredFormatter}}
handlers: {console: {class: logging.StreamHandler, formatter: structured, stream: ext://sys.stderr}}
root: {level: DEBUG, handlers: [console]}
"""


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_no_text_of_a_library_or_of_an_error_is_logged(
    structured: bool, level: str, tmp_path: Path
) -> None:
    environment = nothing() | {"LOGLEVEL": level}
    if structured:  # as Meltano configures it
        path = tmp_path / "logging.yml"
        path.write_text(STRUCTURED.replace("DEBUG", level))
        environment["SINGER_SDK_LOG_CONFIG"] = str(path)
    run = subprocess.run(
        [sys.executable, "-c", TALKATIVE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert run.returncode == 1
    assert SECRET not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    assert "what the tap says" in run.stderr
    assert "what a person reads" in run.stderr
    assert ("METRIC: what a program reads" in run.stderr) is (level == "DEBUG")
    assert "FutureWarning: what changes" in run.stderr
    assert "UserWarning" in run.stderr
    assert run.stderr.count("Unexpected error: ValueError (") == 3
    assert "), after KeyError (" in run.stderr


# -- a header line without a colon -----------------------------------------------------------------


@pytest.fixture
def broken_headers() -> Iterator[str]:
    """A server whose every answer is an empty list, with a header line that has no colon."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(connection: socket.socket) -> None:
            with connection, connection.makefile("rb") as asked:
                for line in asked:
                    if line == b"\r\n":
                        connection.sendall(
                            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            b"Content-Length: 2\r\nno colon in this\r\n\r\n[]"
                        )

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_a_header_without_a_colon_has_no_address_logged(broken_headers: str) -> None:
    run = Account.bare_command(
        "--config",
        "ENV",
        TAP_CLOCKIFY_API_KEY="k",
        TAP_CLOCKIFY_API_URL=broken_headers,
        TAP_CLOCKIFY_MAX_RETRIES="0",
        LOGLEVEL="DEBUG",
    )
    assert "workspaces" in run.log
    assert "?" not in run.log
    assert "no colon" not in run.log
    assert "Traceback" not in run.log
    assert "urllib3" not in run.log


@pytest.mark.parametrize(
    ("tap", "settings"),
    [
        ("clockify", {"MAX_RETRIES": "x"}),
        ("clicktime", {"SERVICE_URL": "http://127.0.0.1:9", "API_TOKEN": "x", "MAX_RETRIES": "0"}),
        (
            "perform",
            {
                "PROJECTS": '[{"name": "Quay", "dataclips": {"a": "http://127.0.0.1:9/a"}}]',
                "USERNAME": "x",
                "PASSWORD": "x",
                "MAX_RETRIES": "0",
            },
        ),
    ],
)
def test_the_last_line_is_the_sentence_though_python_warns(
    tmp_path: Path, tap: str, settings: dict[str, str]
) -> None:
    """Meltano has Python warn, and names catalog and state for a discovery too."""
    variables = {f"TAP_{tap.upper()}_{name}": value for name, value in settings.items()}
    options = ["--config", "ENV"]
    for option, content in (("--catalog", '{"streams": []}'), ("--state", "{}")):
        path = tmp_path / f"{option}.json"
        path.write_text(content)
        options += [option, str(path)]
    environment = nothing() | variables | {"PYTHONWARNINGS": "always"}
    run = command(f"tap-{tap}", *options, "--discover", environment=environment)
    assert run.code == 1
    assert run.log.splitlines()[-1].startswith(f"Error: {tap.upper()}-"), run.log
