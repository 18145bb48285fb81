"""`python -m sandbox`: serve until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys

import sandbox
from sandbox.clockify.workspaces import ACCOUNTS, PLANS, SIZES
from sandbox.control import parse_instant
from sandbox.perform.world import World as PerformWorld

READY = """\
Sandbox ready at {0}
  tap-clockify: api_url {0}/clockify/api/v1, api_key sandbox-key
  tap-clicktime: service_url {0}/clicktime/odata, api_token sandbox-token
  tap-perform: projects as this prints them: {1} -m sandbox --port {2} --perform-projects"""


def main() -> int:
    """Start the sandbox, say where it is, wait for the signal to end.

    Or print what tap-perform is told about the projects of a sandbox at that port.
    """
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=sandbox.__doc__)
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", type=parse_instant, help="ISO instant; default: the present")
    parser.add_argument(
        "--account", choices=sorted(ACCOUNTS), help="Clockify's account, of a shape instead"
    )
    parser.add_argument("--plan", choices=sorted(PLANS), help="plan of all Clockify workspaces")
    for name in ("members", "projects", "tasks", "workspaces"):
        parser.add_argument(f"--{name}", type=int, help="how many Clockify has")
    parser.add_argument("--entries", type=int, help="time entries of each service's account")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--requests-per-hour", type=int, help="quota of each Clockify workspace")
    parser.add_argument(
        "--perform-projects",
        action="store_true",
        help="print tap-perform's setting `projects` for that port as JSON and end",
    )
    options = vars(parser.parse_args())
    if options.pop("perform_projects"):
        address = f"http://127.0.0.1:{options['port']}"
        print(json.dumps(PerformWorld().projects(address), indent=2))
        return 0
    ended = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ended)
    with sandbox.start(**options) as running:
        port = running.url.rpartition(":")[2]
        print(READY.format(running.url, sys.executable, port), file=sys.stderr, flush=True)
        signal.sigwait(ended)
    return 0


if __name__ == "__main__":
    sys.exit(main())
