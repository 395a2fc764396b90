"""Runs the models and tests of the dbt project in the current folder, month by month, in one process.

python run_dbt.py 2014-05 2015-04
"""

import json
import sys
from datetime import date

from dbt.cli.main import dbtRunner


def main(first: str, last: str) -> None:
    """Build each month of a range, in order; the first that fails ends the program."""
    runner, month = dbtRunner(), date.fromisoformat(f"{first}-01")
    while f"{month:%Y-%m}" <= last:
        built = runner.invoke(["build", "--profiles-dir", ".", "--quiet", "--vars", json.dumps({"month": str(month)})])
        if not built.success:
            raise SystemExit(f"dbt build of {month:%Y-%m} failed")
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
