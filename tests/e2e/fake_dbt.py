"""dbt on the Snowflake account that `fake_snowflake.py` loaded: fakesnow runs its SQL in DuckDB.

`fake_dbt.py JOB` runs in the environment `dbt-snowflake` of `python -m scripts.loaders`. JOB is a
file of JSON: the folder in which the account is `stored`, dbt's `command`, and a `query`, of which
the rows are the last line of stdout, as JSON. Ends with 1 where dbt failed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fakesnow
import snowflake.connector
from dbt.cli.main import dbtRunner


def main() -> int:
    """Build and answer."""
    job = json.loads(Path(sys.argv[1]).read_text())
    with fakesnow.patch(db_path=job["stored"]):
        if not dbtRunner().invoke(job["command"]).success:
            return 1
        with snowflake.connector.connect(database=job["database"]) as connection:
            rows = connection.cursor().execute(job["query"]).fetchall()
    sys.stdout.write("\n" + json.dumps(rows, default=str) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
