"""Where templates are found, and what they may say: texts, labels, days and amounts in the language spoken."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from dvz_assets.months import Month
from dvz_assets.words import texts
from dvz_assets.words.measures import measured

# what would be read as Markdown inside of a value
SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#"})
SAID = (
    "say",
    "say_many",
    "word",
    "sentence",
    "day",
    "month",
    "month_in_short",
    "moment",
    "euro",
    "whole_euro",
    "number",
    "difference",
    "listed",
    "cite",
)


def html_template(name: str) -> Template:
    """A page, or a part of one; values are escaped."""
    return _environment("html").get_template(name)


def markdown_template(name: str) -> Template:
    """A document, in which values are not read as Markdown."""
    return _environment("markdown").get_template(name)


def _as_markdown(value: Any) -> Any:
    """A value as text: what it has of Markdown is shown, and not read."""
    return value if isinstance(value, Markup) else str(value).translate(SPECIAL)


@cache
def _environment(kind: str) -> Environment:
    is_html = kind == "html"
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=is_html,  # noqa: S701 - Markdown: values are escaped by SPECIAL, and all of it as HTML later
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=None if is_html else _as_markdown,
    )
    for name in SAID:
        environment.globals[name] = getattr(texts, name)
    environment.globals["months_in_words"] = lambda months: [texts.month(each) for each in months]
    environment.filters["heading"] = texts.heading
    environment.globals["measured"] = measured
    environment.globals["month_of"] = Month.parse
    environment.globals["words"] = lambda kind, codes: [texts.word(kind, code) for code in codes]
    return environment
