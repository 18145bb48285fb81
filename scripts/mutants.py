"""`make mutants`: change the code in small ways, one at a time, and see whether a test fails.

A share of killed mutants tells more about tests than lines covered. First the tests run once with
a probe at each mutant, which notes the tests that come by, those that start a tap's command too.
Then each mutant is run against its tests, in a copy of the working tree. What runs at import only
is tried with all tests of the package's folder.
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
TESTED_BY = ("common", "house", "clockify", "clicktime", "perform")
"""Folders of tests; the others look at the sandbox, or need Meltano."""
LEFT_OUT = (".venv", ".meltano", ".bench", ".nox", "output", ".*_cache", ".hypothesis")
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


PROBE = '''
"""Notes which test comes by a mutant; tests' commands inherit the variable."""
import inspect
import os
import sys
from pathlib import Path

seen = set()

def hit(number):
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
    if not sys._getframe(1).f_code.co_flags & inspect.CO_OPTIMIZED:  # a module's body, a class's
        test = "import"
    if (number, test) not in seen:
        seen.add((number, test))
        with Path("{notes}").open("a") as notes:
            notes.write(f"{{number}} {{test}}\\n")
'''


def probed(text: str, probes: dict[int, Mutant]) -> str:
    """Return a file's text with a probe before each statement that holds a mutant."""
    tree = ast.parse(text)
    for number, mutant in probes.items():
        block, place = _statement(tree, mutant)
        call = ast.parse(f"__import__('mutant_probe').hit({number})").body[0]
        # Below what has to come first: the docstring, and imports from __future__.
        early = [isinstance(one, ast.ImportFrom) and one.module == "__future__" for one in block]
        block.insert(max(place, early.index(True) + 1 if any(early) else place), call)
    return ast.unparse(ast.fix_missing_locations(tree))


def _statement(tree: ast.AST, mutant: Mutant) -> tuple[list[ast.stmt], int]:
    """Return the innermost block that has a statement with a mutant, and its place there."""
    found: tuple[list[ast.stmt], int] | None = None
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if not isinstance(block, list):  # a lambda's
                continue
            for place, one in enumerate(block):
                decorators = getattr(one, "decorator_list", ())
                begin = min([one.lineno, *(each.lineno for each in decorators)])
                if begin <= mutant.line <= one.end_lineno:
                    found = block, place  # what is found later is further inside
    assert found
    return found


def tests_by_mutant(chosen: list[Mutant], options: list[str]) -> list[list[str]]:
    """Run the tests once; return which of them come by each mutant: the shared code's first."""
    with tempfile.TemporaryDirectory() as name:
        copy, notes = _copy(name), Path(name) / "notes"
        (copy / "mutant_probe.py").write_text(PROBE.format(notes=notes))
        for file in {one.file for one in chosen}:
            probes = {number: one for number, one in enumerate(chosen) if one.file == file}
            (copy / file).write_text(probed((copy / file).read_text(), probes))
        folders = [f"tests/{one}" for one in TESTED_BY]
        ended = _pytest(copy, [*options, "--numprocesses=4", "--dist=loadgroup", *folders])
        print(ended.stdout.strip().rpartition("\n")[2])
        lines = [line.partition(" ") for line in set(notes.read_text().splitlines())]
    found = []
    for number, mutant in enumerate(chosen):
        tests = {test for mine, _, test in lines if int(mine) == number and test}
        if not tests - {"import"}:
            tests = {f"tests/{mutant.file.partition('/')[0].partition('_')[2]}"}
        tests.discard("import")
        in_order = sorted(tests, key=lambda test: (not test.startswith("tests/common"), test))
        found.append(in_order[:: ceil(len(in_order) / MOST_TESTS)])
    return found


def survives(mutant: Mutant, tests: list[str], options: list[str]) -> bool:
    """Return whether all these tests pass with the mutant."""
    with tempfile.TemporaryDirectory() as name:
        copy, chosen = _copy(name), Path(name) / "tests"
        place = copy / mutant.file
        place.write_text(mutant.source(place.read_text()))
        chosen.write_text("\n".join(tests))
        try:
            ended = _pytest(copy, ["-x", *options, f"@{chosen}"], timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return False
    return ended.returncode == 0


def _copy(folder: str) -> Path:
    """Return a copy of the working tree below a folder."""
    copy = Path(folder) / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return copy


def _pytest(
    copy: Path, arguments: list[str], timeout: float | None = None
) -> subprocess.CompletedProcess[str]:
    """Run tests in a copy."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def main() -> int:
    """Print each mutant's fate, the share that was killed, and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=80, help="mutants (default: 80)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: 1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    parser.add_argument("options", nargs="*", default=["-m", "not thorough"], help="for pytest")
    asked = parser.parse_args()
    files = sorted(
        str(file.relative_to(ROOT))
        for place in MUTATED
        for file in ((ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else [ROOT / place])
    )
    every = [one for file in files for one in mutants(file)]
    chosen = random.Random(asked.seed).sample(every, asked.count)

    def fate(mutant: Mutant, tests: list[str]) -> str:
        said = "survives" if survives(mutant, tests, asked.options) else "killed"
        print(f"{said}, {len(tests)} tests: {mutant}", flush=True)
        return said

    tests = tests_by_mutant(chosen, asked.options)
    with ThreadPoolExecutor(asked.jobs) as pool:
        fates = list(pool.map(fate, chosen, tests))
    killed = fates.count("killed")
    print(f"\n{killed} of {len(chosen)} mutants killed ({100 * killed / len(chosen):.0f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
