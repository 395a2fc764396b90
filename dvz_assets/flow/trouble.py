"""What is wrong with the machine, in words that name no person: disk, memory, permission, interruption.

Messages of libraries may quote values; what is said here is our own, with the path that the system could not use.
"""

import duckdb
import sqlalchemy.exc

from dvz_assets.errors import DvzError

MACHINE_TROUBLE = "MACHINE_TROUBLE"
INTERRUPTED = "INTERRUPTED"


def machine_trouble(error: BaseException) -> str | None:
    """What is wrong; None for any other error."""
    match error:
        case OSError():
            return (
                f"{error.strerror or 'the operating system refused'}{f': {error.filename}' if error.filename else ''}"
            )
        case duckdb.OutOfMemoryException():
            return "more memory is needed than memory_limit allows and the disk can take over"
        case duckdb.IOException():
            return "a file could not be read or written: disk full, a limit on file sizes, or no permission"
        case sqlalchemy.exc.OperationalError():
            return "Dagster could not write its own state: disk full, a limit on file sizes, or no permission"
    return None


def code_of(error: BaseException) -> str:
    """The code by which an error is known: its own, that of the machine, or the name of its type."""
    if isinstance(error, DvzError):
        return error.code
    if not isinstance(error, Exception):
        return INTERRUPTED
    return type(error).__name__ if machine_trouble(error) is None else MACHINE_TROUBLE
