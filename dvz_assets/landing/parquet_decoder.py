"""A program of its own: decodes Parquet files that others wrote, each in a process that may die of it.

Decoders end the process on wrong bytes (they ask for exbibytes), or print text of the file. So ``parquet_process``
starts this program with nothing but Polars and DuckDB; it reads no byte of a file itself, but forks for each, with
limits of memory and time, and without a place to print to. It ends when the process that started it does.

It imports nothing of the project, and takes the folders in which Python finds the libraries as its arguments.
"""

import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

READY = b"ready"
CHANNEL = 0  # a socket in place of standard input
MAGIC = b"PAR1"
BYTES_PER_VALUE = 16  # what a value takes in memory beside its characters
MOST_BYTES_OF_A_REQUEST = 65536
DECODING_NEEDS = 3  # times the unpacked file: while it is decoded, as a frame, as what is handed back
FIXED_BYTES = 4 * 1024**3  # addresses that libraries and their threads reserve; hardly any of it is memory


def main() -> None:
    """Serve one request after another, until nobody can ask any more."""
    sys.path.extend(sys.argv[1:])
    import duckdb
    import polars  # noqa: F401 -- what each process needs is imported once

    # one thread is none beside this one, so that a fork has all of it
    connection = duckdb.connect(":memory:", config={"threads": 1})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes
    with socket.socket(fileno=CHANNEL) as channel:
        channel.send(READY)
        while True:
            request, descriptors, _, _ = socket.recv_fds(channel, MOST_BYTES_OF_A_REQUEST, 3)
            if not request:
                return
            if os.fork() == 0:
                channel.close()
                _decode_alone(connection, json.loads(request), *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)


def _decode_alone(
    connection: "duckdb.DuckDBPyConnection", request: dict[str, object], content: int, result: int, report: int
) -> None:
    """Decode and end; whoever asked sees by the report whether it came to that."""
    try:
        seconds, max_bytes = int(str(request["seconds"])), int(str(request["max_bytes"]))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.alarm(seconds)
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_AS, DECODING_NEEDS * max_bytes + FIXED_BYTES)
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123 -- every import costs
            score.write("1000")  # where memory ends all the same, this process goes first
        found = _decode(connection, content, result, max_bytes, str(request["columns"]).split("\n"))
        with open(report, "wb") as said:
            said.write(json.dumps(found).encode())
    finally:
        os._exit(0)


def _limit(what: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    hard = resource.getrlimit(what)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (value, value))


def _decode(
    connection: "duckdb.DuckDBPyConnection", content: int, result: int, max_bytes: int, columns: list[str]
) -> dict[str, object]:
    """Put the columns into ``result`` as Arrow; none where the file is too large or lacks some."""
    import polars as pl

    path = f"/dev/fd/{content}"
    schema = pl.read_parquet_schema(path)
    unpacked, days = _footer(connection, content)
    frame = pl.DataFrame()
    if unpacked <= max_bytes and set(columns) <= set(schema):
        frame = pl.read_parquet(path, columns=columns)
    # what is stored as a date is one, whatever the writer's own schema calls it (date64 of Arrow)
    frame = frame.with_columns(
        pl.col(name).cast(pl.Date) for name in days if name in frame.columns and schema[name].is_temporal()
    )
    frame.write_ipc(f"/dev/fd/{result}")
    return {"unpacked": unpacked, "names": list(schema)}


def _footer(connection: "duckdb.DuckDBPyConnection", content: int) -> tuple[int, list[str]]:
    """What the file takes in memory, and which columns hold dates; a small file may hold any amount of data."""
    end = os.fstat(content).st_size
    length = int.from_bytes(os.pread(content, 4, end - 8), "little") + 8
    # the footer alone: DuckDB would look at the data otherwise
    footer = os.memfd_create("footer")
    os.write(footer, MAGIC + os.pread(content, length, end - length))
    parameters = {"path": f"/dev/fd/{footer}"}
    size = connection.execute(
        """
        SELECT coalesce((SELECT sum(total_uncompressed_size) FROM parquet_metadata($path)), 0)
             + (SELECT sum(num_rows) FROM parquet_file_metadata($path))
             * (SELECT count(*) FROM parquet_schema($path)) * $bytes_per_value
        """,
        {**parameters, "bytes_per_value": BYTES_PER_VALUE},
    ).fetchone()
    days = connection.execute(
        "SELECT name FROM parquet_schema($path) WHERE converted_type = 'DATE' OR logical_type LIKE 'Date%'",
        parameters,
    ).fetchall()
    assert size is not None
    return int(size[0]), [name for (name,) in days]


if __name__ == "__main__":
    main()
