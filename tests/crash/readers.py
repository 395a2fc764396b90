"""Readers of the published files while they are being replaced: every answer is a complete version, and none fails.

A program: ``python -m tests.crash.readers HOME STOP_FILE (polling | holding)``. A polling reader opens both files again
and again; a holding one keeps the version that it opened first. Prints how often it read, and what was wrong.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

CONSISTENT = {
    "dvz.duckdb": """
        SELECT
            (SELECT count(*) FROM control.decision WHERE outcome = 'SENT') = (SELECT count(*) FROM export.dvz_export),
            (SELECT count(DISTINCT month) FROM export.delivery) = (SELECT count(*) FROM control.publication)
            AND (SELECT sum(persons) FROM control.funnel WHERE step_order = 0)
            = (SELECT sum(persons) FROM control.funnel WHERE step_order BETWEEN 1 AND 19)
    """,
    "analytics.duckdb": """
        SELECT
            (SELECT count(*) FROM funnel) = 21 * (SELECT count(*) FROM publication),
            (SELECT sum(persons) FROM funnel WHERE step_order = 0) = (SELECT sum(selection_one) FROM month_overview)
    """,
}


def is_complete(connection: duckdb.DuckDBPyConnection, file: str) -> bool:
    return connection.execute(CONSISTENT[file]).fetchone() == (True, True)


def main(arguments: list[str]) -> None:
    """Read until the stop file appears."""
    home, stop, kind = Path(arguments[0]), Path(arguments[1]), arguments[2]
    reads, wrong = 0, []
    held = {
        file: duckdb.connect(str(home / "published" / file), read_only=True, config={"threads": 1})
        for file in CONSISTENT
    }
    while not stop.exists():
        for file in CONSISTENT:
            try:
                if kind == "holding":
                    complete = is_complete(held[file], file)
                else:
                    held[file].close()
                    held[file] = duckdb.connect(str(home / "published" / file), read_only=True, config={"threads": 1})
                    complete = is_complete(held[file], file)
            except duckdb.Error as error:
                wrong.append(f"{file}: {type(error).__name__}")
            else:
                reads += 1
                wrong += [] if complete else [f"{file}: not a complete version"]
        time.sleep(0.5)  # readers ask now and then; twenty of them without a pause would only test the scheduler
    for connection in held.values():
        connection.close()
    print(json.dumps({"reads": reads, "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1:])
