"""A real Airflow over a real PostgreSQL, with the DAG of `orchestrate/`, in a folder of its own."""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks.environments import ROOT
from benchmarks.postgres import running_postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

AIRFLOW = ROOT / ".airflow" / "bin" / "airflow"
"""Airflow has an environment of its own: it pins hundreds of packages."""

PATIENCE = 900.0
"""Seconds after which something that does not happen is an error."""

LIBC = ctypes.CDLL(None)
FINISHED = {"success", "failed", "skipped", "upstream_failed", "removed"}


@dataclass
class Airflow:
    """Airflow with its processes running.

    Attributes:
        folder: its home: logs, accounts.yml, what runs keep.
        database: URI of the PostgreSQL database, which is metadata and target at once.
        environment: of its processes.
        pids: of its processes.
    """

    folder: Path
    database: str
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def command(self, *arguments: str) -> str:
        """Run `airflow` with some arguments; return what it printed.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(
            [AIRFLOW, *arguments], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"airflow {arguments[0]}: {done.stderr[-3000:]}")
        return done.stdout

    def start(self, *names: str) -> None:
        """Start some of its processes; they say what they do in files beside the logs."""
        for name in names:
            with (self.folder / f"{name.replace(' ', '-')}.log").open("wb") as said:
                process = subprocess.Popen(
                    [AIRFLOW, *name.split()],
                    env=self.environment,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call of the system
                )
            self.processes.append(process)

    def stop(self) -> None:
        """End all processes, and what they started."""
        for signum in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes:
                _signal_group(process, signum)
            for process in self.processes:
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    break
        self.processes.clear()

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query to the database."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def trigger(self, dag: str, run: str, **params: object) -> None:
        """Have a DAG run, once it is known."""
        self.until(lambda: self.rows("select 1 from dag where dag_id = %(dag)s", dag=dag))
        self.command("dags", "trigger", dag, "--run-id", run, "--conf", json.dumps(params))

    def state_of(self, dag: str, run: str) -> str:
        """Return the state of a DAG run."""
        query = "select state from dag_run where dag_id = %(dag)s and run_id = %(run)s"
        return str(self.rows(query, dag=dag, run=run)[0][0])

    def execute(self, command: str, **values: object) -> None:
        """Change something in the database."""
        with psycopg.connect(self.database) as connection:
            connection.execute(command.encode(), values)

    def stop_tasks(self, dag: str, run: str, task: str) -> None:
        """Stop the running instances of a task, as one does by marking them as failed."""
        self.execute(
            "update task_instance set state = 'failed' where state = 'running' "
            "and dag_id = %(dag)s and run_id = %(run)s and task_id = %(task)s",
            dag=dag,
            run=run,
            task=task,
        )

    def wait(self, dag: str, run: str) -> str:
        """Wait for the end of a DAG run; return its state."""
        self.until(lambda: self.state_of(dag, run) in FINISHED)
        return self.state_of(dag, run)

    def until(self, happens: Callable[[], object]) -> None:
        """Wait for what other processes do.

        Raises:
            RuntimeError: it does not happen, or one of them ended.
        """
        end = time.monotonic() + PATIENCE
        while not happens():
            if time.monotonic() > end or any(one.poll() is not None for one in self.processes):
                said = [
                    f"{one.name}:\n{one.read_text()[-3000:]}" for one in self.folder.glob("*.log")
                ]
                raise RuntimeError("Airflow: it did not happen.\n" + "\n".join(said))
            time.sleep(0.5)


@contextmanager
def running_airflow(
    accounts: Sequence[Mapping[str, Any]],
    connections: Mapping[str, Mapping[str, Any]],
    *,
    pools: Mapping[str, int],
    executor: str = "LocalExecutor",
    parallelism: int = 3,
    more: Mapping[str, str] | None = None,
) -> Iterator[Airflow]:
    """Run Airflow with some accounts, the connections to their secrets, and pools."""
    with ExitStack() as stack:
        database = stack.enter_context(running_postgres())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="airflow-")))
        airflow = Airflow(
            folder,
            database,
            {**_environment(folder, database, executor, parallelism), **(more or {})},
        )
        (folder / "accounts.yml").write_text(json.dumps({"accounts": [*accounts]}, indent=1))
        stack.callback(airflow.stop)
        airflow.command("db", "migrate")
        host = database.partition("host=")[2]
        target = {
            "conn_type": "postgres",
            "login": "postgres",
            "schema": "postgres",
            "extra": {"host": host},
        }
        _import(airflow, "connections", {**connections, "timecost_target": target})
        _import(
            airflow,
            "pools",
            {
                n: {"slots": s, "description": "", "include_deferred": False}
                for n, s in pools.items()
            },
        )
        airflow.start("api-server", "scheduler", "dag-processor")
        yield airflow


def _import(airflow: Airflow, what: str, given: Mapping[str, object]) -> None:
    path = airflow.folder / f"{what}.json"
    path.write_text(json.dumps(given))
    airflow.command(what, "import", str(path))
    path.unlink()


def _environment(folder: Path, database: str, executor: str, parallelism: int) -> dict[str, str]:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = {
        "core__dags_folder": ROOT / "orchestrate" / "dags",
        "core__load_examples": False,
        "core__executor": executor,
        "core__parallelism": parallelism,
        "core__execution_api_server_url": f"{url}/execution/",
        "core__fernet_key": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "core__dags_are_paused_at_creation": False,
        "core__simple_auth_manager_all_admins": True,
        "database__sql_alchemy_conn": database.replace("://", "+psycopg2://", 1),
        "api__host": "127.0.0.1",
        "api__port": port,
        "api__base_url": url,
        "api__workers": 1,
        "api__secret_key": os.urandom(16).hex(),
        "api_auth__jwt_secret": os.urandom(32).hex(),
        "logging__base_log_folder": folder / "logs",
        "dag_processor__refresh_interval": 10,
        "workers__execution_api_timeout": 120,  # of a machine that does much else
    }
    plain = {
        n: v for n, v in os.environ.items() if not n.startswith(("TAP_", "TARGET_", "MELTANO_"))
    }
    return plain | {
        **{f"AIRFLOW__{name.upper()}": str(value) for name, value in settings.items()},
        "AIRFLOW_HOME": str(folder),
        "TIMECOST_PROJECT": str(ROOT),
        "TIMECOST_MELTANO": str(Path(sys.executable).with_name("meltano")),
        "TIMECOST_ACCOUNTS": str(folder / "accounts.yml"),
        "TIMECOST_WORK": str(folder / "work"),
    }


def _end_with_parent() -> None:
    """Have Linux end this process when the one that started it is killed."""
    LIBC.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _signal_group(process: subprocess.Popen[bytes], signum: signal.Signals) -> None:
    try:
        os.killpg(process.pid, signum)
    except ProcessLookupError:
        return
