"""What all commands share: the consoles, the common options, and how an error ends a command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console, ConsoleDimensions

from dvz_assets.errors import DvzError

if TYPE_CHECKING:
    from dvz_assets.flow.context import Flow
    from dvz_assets.months import Month
    from dvz_assets.settings import Settings
    from dvz_assets.tables.protection import Protection

# what a shell gives a command that Ctrl-C has ended
INTERRUPTED_STATUS = 130

# a table of a file or of another program is cut nowhere; a terminal has its own width
WIDEST = 10_000


class _Output(Console):
    """Standard output: as wide as the terminal, and as wide as it takes where there is none."""

    def __init__(self) -> None:
        super().__init__(highlight=False)
        self._width = None  # what COLUMNS says when something is printed counts, not what it said at the import

    @property
    def size(self) -> ConsoleDimensions:
        """Width and height; ``COLUMNS`` still says otherwise."""
        if self.is_terminal or os.environ.get("COLUMNS"):
            return super().size
        return ConsoleDimensions(WIDEST, super().size.height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size


output = _Output()
errors = Console(stderr=True, highlight=False, soft_wrap=True)
# whether the command that runs answers in JSON, its errors too
_answers_in_json: ContextVar[bool] = ContextVar("answers_in_json", default=False)

LandingOption = Annotated[
    Path | None,
    typer.Option(
        "--landing", metavar="DIR", help="Landing zone in which deliveries arrive.", show_default="setting landing"
    ),
]
HomeOption = Annotated[
    str | None,  # not a path: s3://bucket/home would lose a slash
    typer.Option(
        "--home", metavar="DIR", help="Home: everything the pipeline writes is below it.", show_default="setting home"
    ),
]
ExactOption = Annotated[
    bool, typer.Option("--exact", help="Counts of persons as they are: for who may read the personal database.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class Language(StrEnum):
    """The languages in which persons are answered."""

    NL = "nl"
    FR = "fr"
    DE = "de"
    EN = "en"


LanguageOption = Annotated[
    Language | None,
    typer.Option("--language", help="Words for people, in their language; without it codes, for scripts."),
]


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
def command(*, json: bool = False) -> Iterator[None]:
    """Run a command: private files, and one readable message and exit status 1 for an error.

    With ``json`` the message is an object of JSON on standard error. Interrupted by Ctrl-C it ends with status 130.
    """
    os.umask(0o077)
    _answers_in_json.set(json)
    try:
        yield
    except DvzError as error:
        fail(str(error), error)
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        fail("INTERRUPTED: ended by Ctrl-C; what was published stands.", status=INTERRUPTED_STATUS)
    except Exception as error:
        from dvz_assets.orchestration.boundary import describe

        fail(describe(error, "dvz"))


def fail(message: str, error: DvzError | None = None, *, status: int = 1) -> NoReturn:
    """Say on stderr what is wrong, and end with the exit status."""
    if _answers_in_json.get():
        parts = {} if error is None else error.parts
        errors.print_json(data={"error": {**parts, "message": message}})
    else:
        errors.print(message, style="red", markup=False)
    raise typer.Exit(status)


def of_existing_home(settings: "Settings") -> "Settings":
    """The settings of a command that asks a home; raises DvzError when there is none."""
    if not settings.home.exists():
        raise DvzError(
            "NO_HOME",
            place=str(settings.home),
            expected="the home of a data flow that has run",
            found="none",
            remedy="name another --home (or DVZ_HOME), or run a month first",
        )
    return settings


def month_in_range(settings: "Settings", text: str) -> "Month":
    """The month of an option; raises DvzError, as a run does, when it lies before the first month or after now."""
    from dvz_assets.months import Month
    from dvz_assets.settings import require_in_range

    month = Month.parse(text)
    require_in_range(settings, month, month)
    return month
