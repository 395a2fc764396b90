"""The boundary over which errors leave a step: what Dagster stores and shows never holds a value of the data.

Messages of libraries quote values (a failed cast writes the number that it could not read). The project's own errors
never do, so their message passes; of any other error only its type and the place in our code.
"""

import traceback
from pathlib import Path

import dagster as dg

from dvz_assets.errors import DvzError
from dvz_assets.months import Month

MONTH_KEY = "month"
PACKAGE = Path(__file__).parents[1]


def as_failure(error: Exception, asset: str, month: Month | None) -> dg.Failure:
    """The failure of a step: message, asset and month."""
    month_metadata = {} if month is None else {MONTH_KEY: str(month)}
    return dg.Failure(
        description=str(error) if isinstance(error, DvzError) else _unexpected(error, asset, month),
        metadata={"asset": asset, **month_metadata},
        allow_retries=False,
    )


def _unexpected(error: Exception, asset: str, month: Month | None) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in Path(frame.filename).parents]
    place = (
        f"{Path(frames[-1].filename).relative_to(PACKAGE)}, line {frames[-1].lineno}" if frames else "outside our code"
    )
    if isinstance(error, OSError):  # what the operating system says names no person
        return (
            f"MACHINE_TROUBLE: {asset}{'' if month is None else f', month {month}'}: "
            f"{error.strerror or 'no reason given'} ({type(error).__name__} at {place}); nothing was published.\n"
            "To do: mend the machine and run again."
        )
    return (
        f"{asset}{'' if month is None else f', month {month}'}: unexpected {type(error).__name__} at {place}. "
        "Its message is withheld, because it may quote personal data. Report the place; nothing was published."
    )
