"""The boundary over which errors leave a step: what Dagster stores and shows never holds a value of the data.

Messages of libraries quote values (a failed cast writes the number that it could not read). The project's own errors
never do, so their message passes; of any other error only its type and the place in our code.
"""

import logging
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.flow.trouble import MACHINE_TROUBLE, code_of, machine_trouble
from dvz_assets.months import Month

MONTH_KEY = "month"
# read by Dagster: error messages of code that is not Dagster's own stay out of its storage; no telemetry
ENVIRONMENT = {
    "DAGSTER_REDACT_USER_CODE_ERRORS": "1",
    "DAGSTER_DISABLE_TELEMETRY": "yes",
    "GX_ANALYTICS_ENABLED": "false",
}
# a later step may fail when earlier ones have published
REMEDY = "see the run in the Dagster UI, and docs/operations.md"
STANDS = "this step has published nothing, and what was published before stands"
PACKAGE = Path(__file__).parents[1]


def keep_errors_in() -> None:
    """Make Dagster keep messages of foreign errors out of its storage, and out of the output of its processes."""
    os.environ.update(ENVIRONMENT)
    redacted = logging.getLogger("dagster.redacted_errors")  # it would print what the storage does not get
    redacted.handlers = [logging.NullHandler()]
    redacted.propagate = False


@contextmanager
def guarded(name: str) -> Iterator[None]:
    """Let errors of a sensor, schedule or job leave as a failure with a message that quotes no value."""
    try:
        yield
    except Exception as error:
        raise as_failure(error, name, None) from None


def as_failure(error: Exception, asset: str, month: Month | None) -> dg.Failure:
    """The failure of a step: message, asset and month."""
    where = asset if month is None else f"{asset}, month {month}"
    month_metadata = {} if month is None else {MONTH_KEY: str(month)}
    message = str(error) if isinstance(error, DvzError) else describe(error, where)
    # what is told to people: no counts, which a message may have
    told = {"code": code_of(error), "place": where, "remedy": REMEDY}
    if isinstance(error, DvzError):
        told |= {"place": error.place or where, "remedy": error.remedy}
    return dg.Failure(
        description=message,
        # the UI shows metadata of a failure also where Dagster redacts its message
        metadata={"asset": asset, **month_metadata, **told, "message": dg.MetadataValue.text(message)},
        allow_retries=False,
    )


def describe(error: Exception, where: str) -> str:
    """An error that is not the project's own: its type and the place in our code, never its message."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    place = (
        f"{Path(frames[-1].filename).relative_to(PACKAGE)}, line {frames[-1].lineno}" if frames else "outside our code"
    )
    trouble = machine_trouble(error)
    if trouble is not None:
        return (
            f"{MACHINE_TROUBLE}: {where}: {trouble} ({type(error).__name__} at {place}); {STANDS}.\n"
            "To do: mend the machine and run again."
        )
    return (
        f"{where}: unexpected {type(error).__name__} at {place}. "
        f"Its message is withheld, because it may quote personal data. Report the place; {STANDS}."
    )
