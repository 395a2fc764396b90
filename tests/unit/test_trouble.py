"""An error is known by a code, and what is wrong with the machine is said in words that quote no library."""

import duckdb
import pytest
import sqlalchemy.exc

from dvz_assets.errors import DvzError
from dvz_assets.flow.trouble import INTERRUPTED, MACHINE_TROUBLE, code_of, machine_trouble

QUOTED = "row of somebody"
OF_THE_MACHINE = [
    OSError(28, "No space left on device", "a/path"),
    OSError(),
    duckdb.OutOfMemoryException(QUOTED),
    duckdb.IOException(QUOTED),
    sqlalchemy.exc.OperationalError(QUOTED, None, Exception(QUOTED)),
]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DvzError("OWN_CODE", place="here", expected="one", found="another", remedy="do"), "OWN_CODE"),
        (KeyboardInterrupt(), INTERRUPTED),
        (SystemExit(1), INTERRUPTED),
        (ValueError(QUOTED), "ValueError"),
        (duckdb.ConversionException(QUOTED), "ConversionException"),
        *((error, MACHINE_TROUBLE) for error in OF_THE_MACHINE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_the_code_of_an_error(error: BaseException, code: str) -> None:
    assert code_of(error) == code


def test_the_words_of_the_machine_have_its_path_and_quote_nothing() -> None:
    said = [machine_trouble(error) for error in OF_THE_MACHINE]
    assert said[:2] == ["No space left on device: a/path", "the operating system refused"]
    assert all(words and QUOTED not in words for words in said)
    assert machine_trouble(ValueError(QUOTED)) is None
