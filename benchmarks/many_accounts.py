"""`python -m benchmarks.many_accounts`: what the DAG costs per account; `make test-all` sets up.

parse                   how long Airflow takes to read the DAG with 1,000 accounts
local [ACCOUNTS]        loads them with the LocalExecutor (100)
celery [ACCOUNTS]       the same with the CeleryExecutor, redis and two workers (12); installs the
                        provider; redis-server has to be on the PATH
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.airflow import AIRFLOW, running_airflow
from benchmarks.environments import ROOT
from sandbox import start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.airflow import Airflow

DAG, RUN = "timecost_nightly", "measured"
SLOTS = 3
CELERY = ["apache-airflow-providers-celery==3.26.0", "celery==5.6.3", "redis==6.4.0"]
"""What Airflow's own environment needs more; the provider fails to import with newer ones."""

PARSE = """
import time
import airflow.sdk, airflow.sdk.log, sqlalchemy
began = time.perf_counter()
import timecost
print(f"{time.perf_counter() - began:.2f} s to read the DAG, with pools of its accounts")
began = time.perf_counter()
print(len(timecost.accounts_of()), f"accounts looked at in {time.perf_counter() - began:.2f} s")
"""


def accounts(number: int, url: str) -> list[dict[str, Any]]:
    """Return accounts of one server; the taps in turn."""
    settings: list[tuple[str, dict[str, Any], list[str]]] = [
        ("tap-clockify", {"api_url": f"{url}/clockify/api/v1"}, ["tags.*", "clients.*"]),
        ("tap-clicktime", {"service_url": f"{url}/clicktime/odata"}, ["clients.*"]),
    ]
    found = []
    for place in range(number):
        tap, given, select = settings[place % len(settings)]
        entry = {"name": f"account_{place}", "tap": tap, "connection": tap.replace("-", "_")}
        found.append({**entry, "settings": given, "select": select})
    return found


CONNECTIONS = {
    "tap_clockify": {"conn_type": "generic", "password": "sandbox-key"},
    "tap_clicktime": {"conn_type": "generic", "password": "sandbox-token"},
}


def parse(number: int) -> None:
    """Read the DAG, and the accounts as the first task does."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "accounts.yml"
        lines = ["accounts:"]
        for one in accounts(number, "https://service.example"):
            lines.append(f"- name: {one['name']}")
            lines += [f"  {name}: {json.dumps(one[name])}" for name in one if name != "name"]
        path.write_text("\n".join(lines))
        environment = {
            **os.environ,
            "TIMECOST_ACCOUNTS": str(path),
            "AIRFLOW_HOME": folder,
            "PYTHONPATH": str(ROOT / "orchestrate" / "dags"),
        }
        subprocess.run([AIRFLOW.with_name("python"), "-c", PARSE], env=environment, check=True)


def load(number: int, executor: str) -> None:
    """Load some accounts; say what that took."""
    with ExitStack() as stack:
        more = {}
        if executor == "CeleryExecutor":
            more = _broker(stack)
        sandbox = stack.enter_context(start(size="small"))
        airflow = stack.enter_context(
            running_airflow(
                accounts(number, sandbox.url),
                CONNECTIONS,
                pools={"timecost": SLOTS},
                executor=executor,
                parallelism=SLOTS,
                more=more,
            )
        )
        if executor == "CeleryExecutor":
            for name in ("one", "two"):
                airflow.start(f"celery worker --concurrency 2 --celery-hostname {name}")
        began = time.monotonic()
        airflow.trigger(DAG, RUN)
        with _watched(airflow) as most:
            ended = airflow.wait(DAG, RUN)
        took = time.monotonic() - began
        print(f"{executor}, {number} accounts, {SLOTS} at once: {ended} in {took:.0f} s")
        print(f"{took / number:.1f} s per account; load of the machine: {os.getloadavg()[1]:.0f}")
        print("; ".join(f"at most {size >> 20} MiB of {what}" for what, size in most.items()))
        print("| task | instances | tries | mean s |\n| --- | --: | --: | --: |")
        query = (
            "select task_id, count(*), sum(try_number), round(avg(duration)::numeric, 1) "
            "from task_instance where run_id = %(run)s group by task_id order by min(start_date)"
        )
        for row in airflow.rows(query, run=RUN):
            print(f"| {' | '.join(map(str, row))} |")
        print(airflow.rows("select state, count(*) from timecost.runs group by state"))
        for said in sorted(airflow.folder.glob("celery-*.log")):
            print(said.name, said.read_text().count(" succeeded in "), "tasks")


@contextmanager
def _watched(airflow: Airflow) -> Iterator[dict[str, int]]:
    """Add up the memory (PSS, in bytes) of Airflow and of what it runs, each second: the most."""
    most = {"Airflow with its tasks": 0, "meltano, taps and loaders": 0}
    over = Event()

    def watch() -> None:
        while not over.wait(1):
            sizes = dict.fromkeys(most, 0)
            for root in airflow.processes:
                _add_up(psutil.Process(root.pid), sizes, "Airflow with its tasks")
            for what, size in sizes.items():
                most[what] = max(most[what], size)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        over.set()
        watcher.join()


def _add_up(process: psutil.Process, sizes: dict[str, int], what: str) -> None:
    """Add the memory of a process, and of those that it started."""
    with suppress(psutil.Error):  # it has ended
        if any(part.endswith("/meltano") for part in process.cmdline()):
            what = "meltano, taps and loaders"
        sizes[what] += process.memory_full_info().pss
        for child in process.children():
            _add_up(child, sizes, what)


def _broker(stack: ExitStack) -> dict[str, str]:
    """Start redis; return the settings of Celery.

    Raises:
        subprocess.CalledProcessError: pip could not install the provider.
    """
    redis = shutil.which("redis-server")
    if redis is None:
        sys.exit("redis-server is not on the PATH: apt-get install redis-server")
    pip = [str(AIRFLOW.with_name("python")), "-m", "pip", "install", "--quiet", *CELERY]
    subprocess.run(pip, check=True)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    stack.callback(process.terminate)
    return {"AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{port}/0"}


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for."""
    what, number = (*arguments, "")[:2] if arguments else ("", "")
    if what == "parse":
        parse(int(number or 1000))
    elif what in {"local", "celery"}:
        load(int(number or (100 if what == "local" else 12)), f"{what.capitalize()}Executor")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
