"""Keeps the catalogues of texts complete: ``python -m scripts.texts`` writes them, ``--check`` says what is missing.

A text is what stands in ``say``, ``say_many`` or ``mark``, in code and in templates. Writing adds new texts without a
translation and drops those that nobody says any more; what is untranslated, unsure (fuzzy), no longer said, or has
other places for values than the English text, ends the check with status 1.
"""

import re
import sys
import warnings
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dvz_assets.tables.reference import LANGUAGES
from dvz_assets.words.texts import LOCALES, SOURCE_LANGUAGE

PACKAGE = Path(__file__).parents[1] / "dvz_assets"
METHODS = [("**.py", "python"), ("**.j2", "jinja2.ext.babel_extract")]
OPTIONS = {"**.j2": {"trimmed": "true", "extensions": "", "silent": "false", "encoding": "utf-8"}}
KEYWORDS: dict[str, Any] = {"say": None, "say_many": (1, 2), "mark": None}
PLACE = re.compile(r"\{([a-z_]*)\}|%\(([a-z_]+)\)s")
TRANSLATED = tuple(language for language in LANGUAGES if language != SOURCE_LANGUAGE)


def texts() -> Catalog:
    """All texts of the package, each with the file that says it; lines are left out, for they move."""
    found = Catalog(project="dvz-assets", charset="utf-8")
    said = extract_from_dir(PACKAGE, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("for translators:",))
    for file, _, message, comments, context in said:
        found.add(message, None, [(file, 0)], auto_comments=comments, context=context)
    return found


def catalogue(language: str) -> Catalog:
    """The catalogue of a language as it stands; an empty one where there is none."""
    path = LOCALES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def problems(said: Catalog, translated: Catalog) -> Iterator[str]:
    """What is wrong with a catalogue, in words."""
    for message in said:
        if not message.id:
            continue
        found = translated.get(message.id)
        name = f"{translated.locale}: {_ids(message)[0]!r}"
        if found is None or not all(_strings(found)):
            yield f"{name} is not translated"
        elif found.fuzzy:
            yield f"{name} is marked as unsure"
        elif any(
            _places(each) - {place for text in _ids(message) for place in _places(text)} for each in _strings(found)
        ):
            yield f"{name} has other places for values"
        elif _places(_ids(message)[-1]) - _places(_strings(found)[-1]):
            yield f"{name} leaves a value out"
    for message in translated:
        if message.id and said.get(message.id) is None:
            yield f"{translated.locale}: {_ids(message)[0]!r} is said nowhere"


def _ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ("",))


def _places(text: str) -> set[str]:
    return {one or other for one, other in PLACE.findall(text)}


def written(language: str, said: Catalog) -> bytes:
    """The catalogue of a language with exactly the texts that are said."""
    updated = catalogue(language)
    updated.update(said, no_fuzzy_matching=True)
    updated.obsolete.clear()
    updated.header_comment, updated.fuzzy = f"# Texts of {said.project}: {language}", False
    content = BytesIO()
    write_po(content, updated, width=0, omit_header=False, sort_output=True, include_lineno=False)
    # without the moments of the tool, which would change a file that says the same
    dates = re.compile(
        rb'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Project-Id-Version|Generated-By|Report-Msgid-Bugs-To).*\n',
        re.M,
    )
    return dates.sub(b"", content.getvalue())


def main() -> None:
    """Check, or write."""
    warnings.simplefilter("ignore")  # Babel takes every name that ends in _ for one of its own
    said = texts()
    if "--check" in sys.argv[1:]:
        found = [problem for language in TRANSLATED for problem in problems(said, catalogue(language))]
        if found:
            sys.exit("\n".join([*found, "To do: python -m scripts.texts, then translate in dvz_assets/words/locale/."]))
        return
    for language in TRANSLATED:
        (LOCALES / f"{language}.po").write_bytes(written(language, said))


if __name__ == "__main__":
    main()
