"""Where output goes that nobody takes, and who may read the files of batches."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from taps_common.errors import FatalError
from taps_common.records.batch_files import Storage
from taps_common.sdk import writing
from tests.common.made_up import WORKSPACES, body, run_tap

if TYPE_CHECKING:
    from pathlib import Path

GONE, FULL = "Whoever read the output is gone", "cannot be written: No space left on device"


class Refusing(io.TextIOWrapper):
    """Takes some writes, then none."""

    def __init__(self, error: OSError, takes: int = 0) -> None:
        super().__init__(io.BytesIO(), write_through=True)
        self.error = error
        self.takes = takes

    def flush(self) -> None:
        self.takes -= 1
        if self.takes < 0:
            raise self.error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), GONE),
        (OSError(errno.ENOSPC, "No space left on device"), FULL),
    ],
)
@pytest.mark.parametrize("takes", [0, 1, 2])
def test_a_run_whose_output_nobody_takes_ends_with_a_sentence(
    error: OSError, says: str, takes: int
) -> None:
    answers = {
        WORKSPACES: body({"id": "w1"}),
        "/workspaces/{workspaceId}/tags": body({"id": "t1"}, {"id": "t2"}),
    }

    def refuse(_: Any) -> None:
        sys.stdout = Refusing(error, takes)

    run = run_tap(answers, ("tags",), before=refuse)
    assert run.code == 1
    assert says in run.error
    assert "Unexpected" not in run.log


def test_python_has_nothing_to_write_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left in a buffer would be tried again, and end in a line of Python's own."""
    read, write = os.pipe()
    os.close(read)
    with contextlib.ExitStack() as closing:
        output = closing.enter_context(open(write, "w"))  # noqa: PTH123 - it is no path
        monkeypatch.setattr(sys, "stdout", output)
        with pytest.raises(FatalError, match=GONE), writing():
            output.write("line\n")
        output.flush()


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_files_of_batches_are_for_their_owner_alone(tmp_path: Path, scheme: str) -> None:
    storage = Storage({"storage": {"root": f"{scheme}{tmp_path}"}})
    mask = os.umask(0)
    try:
        storage.write("tags-1", b"rows")
    finally:
        os.umask(mask)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"rows"
    assert file.stat().st_mode & 0o777 == 0o600
