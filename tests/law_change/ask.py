"""Asks ``dvz`` several questions in one process: of the project that Python finds first, not of the one under test.

Reads a list of questions as JSON and prints the answers likewise. In a question, ``sent`` names a month: the number of
somebody who is sent in it goes to standard input.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import polars as pl
from typer.testing import CliRunner

from dvz_assets.cli.main import app


def answered(question: dict[str, Any]) -> dict[str, Any]:
    number = None
    if month := question.get("sent"):
        path = Path(os.environ["DVZ_HOME"]) / "lake" / "decisions" / f"month={month}" / "data.parquet"
        decisions = pl.read_parquet(path, hive_partitioning=False)
        number = decisions.filter(outcome="SENT", category="EU_CITIZEN").sort("insz")["insz"][0]
    result = CliRunner().invoke(app, question["arguments"], input=f"{number}\n" if number else None)
    return {
        "status": result.exit_code,
        "stdout": result.stdout,
        "stderr": result.stderr,
        "error": repr(result.exception),
    }


def main() -> None:
    """Answer all questions; what a command prints is in its answer, and nothing else is printed."""
    answers = [answered(question) for question in json.load(sys.stdin)]
    json.dump(answers, sys.stdout)


# a command may start a process of its own, which imports this module
if __name__ == "__main__":
    main()
