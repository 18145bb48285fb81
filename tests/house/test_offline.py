from __future__ import annotations

import socket
import subprocess
import sys

import pytest


def test_connections_to_other_machines_are_refused() -> None:
    with (
        pytest.raises(ConnectionRefusedError, match="offline"),
        socket.socket() as connection,
    ):
        connection.connect(("192.0.2.1", 80))


def test_names_of_other_machines_are_not_looked_up() -> None:
    with pytest.raises(socket.gaierror, match="offline"):
        socket.create_connection(("example.com", 80))


def test_the_guard_reaches_the_processes_that_tests_start() -> None:
    code = "import socket; socket.create_connection(('192.0.2.1', 80))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "tests are offline" in result.stderr
