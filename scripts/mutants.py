"""`make mutants`: change the code in small ways, one at a time, and see whether a test fails.

A share of killed mutants tells more about tests than lines covered. First the tests run once under
coverage, to know which of them pass through a line; then each mutant is run against those, in a
copy of the working tree.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from coverage import CoverageData

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
MUTATED = (
    *("taps_common/http", "taps_common/records", "taps_common/sync", "tap_clockify/client.py"),
    *("tap_clockify/change_feed.py", "tap_clicktime/client.py", "tap_clicktime/query.py"),
    *("tap_perform/client.py", "tap_perform/downloads.py"),
)
MOST_TESTS = 250
"""Tests that a mutant is run against; of more, every so many are taken."""
TIMEOUT = 600.0
"""Seconds; a mutant whose tests take longer hangs, and counts as killed."""
LEFT_OUT = (".venv", ".meltano", ".mutants", ".bench", ".nox", "output", ".*_cache", ".hypothesis")
"""What the copies lack."""
SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}
"""What an operator becomes."""


@dataclass(frozen=True)
class Mutant:
    """A change of one expression or statement; lines and columns (of UTF-8) as `ast` has them."""

    file: str
    line: int
    start: int
    end: int
    new: str

    def source(self, text: str) -> str:
        """Return the file's text with the change."""
        lines = text.splitlines(keepends=True)
        line = lines[self.line - 1].encode()
        lines[self.line - 1] = (line[: self.start] + self.new.encode() + line[self.end :]).decode()
        return "".join(lines)

    def __str__(self) -> str:
        """Return place and change, as the list of survivors shows them."""
        old = (ROOT / self.file).read_text().splitlines()[self.line - 1].encode()
        return f"{self.file}:{self.line}: {old[self.start : self.end].decode()}  ->  {self.new}"


def mutants(file: str) -> Iterator[Mutant]:
    """Yield every change of a file that stays within a line."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        new = _changed(node)
        if new is None or not isinstance(node, (ast.expr, ast.stmt)):
            continue
        if node.lineno == node.end_lineno and node.end_col_offset is not None:
            yield Mutant(file, node.lineno, node.col_offset, node.end_col_offset, new)


def _changed(node: ast.AST) -> str | None:
    """Return what stands instead of a node: one operator, constant or statement changed."""
    match node:
        case ast.Compare(left, [operator], [right]) if type(operator) in SWAPPED:
            new: ast.expr = ast.Compare(left, [SWAPPED[type(operator)]()], [right])
        case ast.BoolOp(operator, values):
            new = ast.BoolOp(SWAPPED[type(operator)](), values)
        case ast.BinOp(left, operator, right) if type(operator) in SWAPPED:
            new = ast.BinOp(left, SWAPPED[type(operator)](), right)
        case ast.UnaryOp(ast.Not(), operand):
            new = operand
        case ast.Constant(bool() as value):
            new = ast.Constant(not value)
        case ast.Constant(int() as value):
            new = ast.Constant(value + 1)
        case _:
            return _other_statement(node)
    return f"({ast.unparse(new)})"


def _other_statement(node: ast.AST) -> str | None:
    match node:
        case ast.Expr(ast.Call()):
            return "pass"
        case ast.Return(value) if value and not isinstance(value, ast.Constant):
            return "return None"
        case ast.Continue():
            return "break"
        case ast.Break():
            return "continue"
    return None


def cover(folder: Path, jobs: int, tests: list[str]) -> list[CoverageData]:
    """Run the tests once, a folder of them at a time; return which pass through which line."""
    places = [one for one in (ROOT / "tests").iterdir() if any(one.glob("test_*.py"))]
    folder.mkdir(exist_ok=True)

    def run(place: Path) -> CoverageData:
        data = folder / place.name
        if not data.exists():
            print(f"running {place.name} under coverage", flush=True)
            packages = [f"--cov={one.name}" for one in ROOT.glob("tap*_*")]
            command = [sys.executable, "-m", "pytest", "-q", "--cov-context=test", "--cov-report="]
            environment = os.environ | {"COVERAGE_FILE": str(data)}
            with (folder / f"log-{place.name}").open("w") as log:
                subprocess.run(
                    [*command, *packages, str(place), *tests],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    check=False,
                )
        covered = CoverageData(str(data))
        covered.read()
        return covered

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(run, sorted(places)))


def covering(covered: list[CoverageData], mutant: Mutant) -> list[str]:
    """Return the tests that pass through a mutant's line: those of the shared code first."""
    found: set[str] = set()
    for data in covered:
        contexts = data.contexts_by_lineno(str(ROOT / mutant.file)).get(mutant.line, [])
        found |= {one.rpartition("|")[0] for one in contexts if "|" in one}
    tests = sorted(found, key=lambda test: (not test.startswith("tests/common/"), test))
    return tests[:: ceil(len(tests) / MOST_TESTS) or 1]


def survives(mutant: Mutant, tests: list[str]) -> bool:
    """Return whether all these tests pass with the mutant."""
    with tempfile.TemporaryDirectory() as name:
        copy, chosen = Path(name) / "copy", Path(name) / "tests"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        place = copy / mutant.file
        place.write_text(mutant.source(place.read_text()))
        chosen.write_text("\n".join(tests))
        command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", f"@{chosen}"]
        environment = os.environ | {"PYTHONPATH": str(copy)}
        try:
            return not subprocess.run(
                command,
                cwd=copy,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=TIMEOUT,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return False


def main() -> int:
    """Print each mutant's fate, the share that was killed, and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=80, help="mutants (default: 80)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    parser.add_argument("tests", nargs="*", default=["-m", "not thorough"], help="for pytest")
    asked = parser.parse_args()
    covered = cover(ROOT / ".mutants", asked.jobs, asked.tests)
    files = sorted(
        str(file.relative_to(ROOT))
        for place in MUTATED
        for file in ((ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else [ROOT / place])
    )
    every = [one for file in files for one in mutants(file)]
    chosen = random.Random(asked.seed).sample(every, asked.count)

    tests_of = {one: covering(covered, one) for one in chosen}

    def fate(mutant: Mutant) -> str:
        tests = tests_of[mutant]
        lives = not tests or survives(mutant, tests)
        said = "survives" if lives else "killed"
        print(f"{said}, {len(tests)} tests: {mutant}", flush=True)
        return said

    with ThreadPoolExecutor(asked.jobs) as pool:
        fates = list(pool.map(fate, chosen))
    killed = fates.count("killed")
    print(f"\n{killed} of {len(chosen)} mutants killed ({100 * killed / len(chosen):.0f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
