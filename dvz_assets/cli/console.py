"""What all commands share: the consoles, the common options, and how an error ends a command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dvz_assets.errors import DvzError

if TYPE_CHECKING:
    from dvz_assets.flow.context import Flow
    from dvz_assets.tables.protection import Protection

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

LandingOption = Annotated[
    Path | None,
    typer.Option("--landing", metavar="DIR", help="Landing zone in which deliveries arrive.", show_default=False),
]
HomeOption = Annotated[
    str | None,  # not a path: s3://bucket/home would lose a slash
    typer.Option("--home", metavar="DIR", help="Home: everything the pipeline writes is below it.", show_default=False),
]
ExactOption = Annotated[
    bool, typer.Option("--exact", help="Counts of persons as they are: for who may read the personal database.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def ask_insz() -> str:
    """An identification number from standard input, or from a prompt that does not show it.

    Never from the command line, where other users of the machine would see it.
    """
    if sys.stdin.isatty():
        return str(typer.prompt("Identification number", hide_input=True, err=True))
    return sys.stdin.readline().strip()


def protection_of(flow: "Flow", *, exact: bool) -> "Protection":
    """How a command shows counts of persons."""
    from dvz_assets.tables.protection import EXACT

    return EXACT if exact else flow.protection


@contextmanager
def command() -> Iterator[None]:
    """Run a command: private files, and one readable message and exit status 1 for an error."""
    os.umask(0o077)
    try:
        yield
    except DvzError as error:
        fail(str(error))
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        from dvz_assets.orchestration.boundary import describe

        fail(describe(error, "dvz"))


def fail(message: str) -> None:
    """Say on stderr what is wrong, and end with exit status 1."""
    errors.print(message, style="red", markup=False)
    raise typer.Exit(1)
