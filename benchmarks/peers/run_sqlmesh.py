"""Runs the models and audits of the SQLMesh project in the current folder up to a month, in one process.

python run_sqlmesh.py 2014-05 2015-04
"""

import sys
from datetime import date

from sqlmesh import Context


def main(_first: str, last: str) -> None:
    """Apply a plan and run what is missing up to the end of a month; config.yaml says from where on."""
    month = date.fromisoformat(f"{last}-01")
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    context = Context(paths=".")
    context.plan(execution_time=str(after), auto_apply=True, no_prompts=True, skip_tests=True)
    context.run(execution_time=str(after))
    context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
