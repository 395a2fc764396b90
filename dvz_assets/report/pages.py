"""A page for people: one file that needs nothing else, in one language or in several with a switch between them.

What pages share is here and in ``shell.html.j2`` (the file around them), ``page.css`` (how they look) and
``parts.html.j2`` (tables and figures). What a page says is in its own template, which is filled once for each language.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from dvz_assets.report.templates import html_template
from dvz_assets.words.texts import heading, say, speaking

# the languages of the authorities that read the pages
READERS = ("nl", "fr")


@dataclass(frozen=True, slots=True)
class Part:
    """A page in one language; ``content`` is its HTML."""

    language: str
    name: str
    title: str
    switch: str
    skip: str
    content: Markup


def page(
    template: str, title: Callable[[], str], languages: Sequence[str], labels: Path | None = None, **values: Any
) -> str:
    """Fill a template with values in each language, the first of which is shown first.

    ``title`` says the page's title in the language spoken; values that depend on the language are functions, which the
    template calls. ``labels`` is the folder of reference tables whose labels are used.
    """
    parts = []
    for language in languages:
        with speaking(language, labels):
            # of our own templates, whose values are escaped
            content = Markup(html_template(template).render(language=language, **values))  # noqa: S704
            parts.append(Part(language, _name(language), title(), say("Language"), say("Skip to the content"), content))
    return html_template("shell.html.j2").render(parts=parts)


def _name(language: str) -> str:
    """What speakers of a language call it."""
    from babel import Locale

    return heading(str(Locale(language).get_display_name()))
