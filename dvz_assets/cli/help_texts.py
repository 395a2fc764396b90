"""Completes the help of all commands: paragraphs that wrap, and the default of every option."""

import inspect
from typing import get_type_hints

import typer
from typer.models import OptionInfo

NO, NONE = "no", "none"


def complete_help(app: typer.Typer) -> None:
    """Do so for the commands of an application and of its groups."""
    for command in app.registered_commands:
        assert command.callback is not None
        command.help = _paragraphs(inspect.getdoc(command.callback) or "")
        _show_defaults(command.callback)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        complete_help(group.typer_instance)


def _paragraphs(text: str) -> str:
    """A line of its own stands for a paragraph, which the terminal wraps; the lines of the code do not."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _show_defaults(command: object) -> None:
    """What holds where an option is not given; a text that the option has for it already is left as it is."""
    assert callable(command)
    parameters = inspect.signature(command).parameters
    for name, hint in get_type_hints(command, include_extras=True).items():
        if name not in parameters:
            continue
        default = parameters[name].default
        for info in getattr(hint, "__metadata__", ()):
            if isinstance(info, OptionInfo) and not isinstance(info.show_default, str):
                if default is False:
                    info.show_default = NO
                elif default is None or default == ():
                    info.show_default = NONE
