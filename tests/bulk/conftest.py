"""A place in each database, one per test."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from benchmarks.postgres import running_postgres
from tests.bulk.places import InDuckDB, InPostgres, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server's URI."""
    with running_postgres() as uri:
        yield uri


@pytest.fixture
def in_postgres(postgres: str, request: pytest.FixtureRequest) -> Place:
    """A schema of its own."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return InPostgres({"postgres_url": postgres}, f"test_{digest}")


@pytest.fixture
def in_duckdb(tmp_path: Path) -> Place:
    """A file of its own."""
    return InDuckDB({"duckdb_path": str(tmp_path / "a.duckdb")})


@pytest.fixture(params=["duckdb", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Either."""
    found: Place = request.getfixturevalue(f"in_{request.param}")
    return found
