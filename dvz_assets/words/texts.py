"""Texts in the language of whoever reads them: gettext catalogues; days, amounts and plurals as a language has them.

Code says in English what it says (``say``); a catalogue has the other languages. Outside of ``speaking`` nothing is
translated: codes stay codes and days are ISO days, for scripts and logs. The catalogues are read as they are written
(``locale/<language>.po``), so nothing has to be compiled; ``scripts/texts.py`` keeps them complete.
"""

import gettext
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from dvz_assets.months import BRUSSELS, Month
from dvz_assets.tables.protection import HIDDEN
from dvz_assets.words.labels import Labels, load_labels

SOURCE_LANGUAGE = "en"
LOCALES = Path(__file__).parent / "locale"
# English that is for Belgium: day before month
REGIONS = {"nl": "nl_BE", "fr": "fr_BE", "de": "de_BE", "en": "en_BE"}


@dataclass(frozen=True, slots=True)
class _Speech:
    language: str
    labels: Labels


_speech: ContextVar[_Speech | None] = ContextVar("speech", default=None)


@contextmanager
def speaking(language: str | None, folder: Path | None = None) -> Iterator[None]:
    """Say everything inside in a language, with the labels of a folder of reference tables; None: as for scripts."""
    token = _speech.set(None if language is None else _Speech(language, load_labels(folder)))
    try:
        yield
    finally:
        _speech.reset(token)


def mark(message: str) -> str:
    """A text that is said later, with ``say``: it gets its place in the catalogues here."""
    return message


def say(message: str, /, **values: object) -> str:
    """A text in the language spoken, with values in its places."""
    return _catalogue().gettext(message).format(**values)


def say_many(one: str, many: str, number: int, /, **values: object) -> str:
    """The same for a number of things, which the text has as ``{number}``."""
    return _catalogue().ngettext(one, many, number).format(number=number, **values)


def is_spoken() -> bool:
    """Whether a person is spoken to, and not a script."""
    return _speech.get() is not None


def language_spoken() -> str:
    """The language of what is said now."""
    speech = _speech.get()
    return speech.language if speech else SOURCE_LANGUAGE


def word(kind: str, code: str) -> str:
    """What a code is called; the code itself where no language is spoken."""
    speech = _speech.get()
    return speech.labels.label(kind, code, speech.language) if speech else code


def sentence(kind: str, code: str) -> str:
    """The sentence about a code; nothing where no language is spoken."""
    speech = _speech.get()
    return speech.labels.sentence(kind, code, speech.language) if speech else ""


def day(value: date | None) -> str:
    """A day, or that there is none."""
    from babel.dates import format_date  # late: most of what runs says nothing

    if value is None:
        return say("none")
    if _speech.get() is None:
        return value.isoformat()
    text = str(format_date(value, "long", locale=REGIONS[language_spoken()]))
    # the first of a month is an ordinal number in French, which CLDR leaves out
    return text.replace("1 ", "1er ", 1) if language_spoken() == "fr" and value.day == 1 else text


def month(value: Month) -> str:
    """A month with its year."""
    from babel.dates import format_skeleton

    if _speech.get() is None:
        return str(value)
    return str(format_skeleton("yMMMM", value.first_day, locale=REGIONS[language_spoken()]))


def month_in_short(value: Month) -> str:
    """The same for the axis of a chart."""
    from babel.dates import format_skeleton

    if _speech.get() is None:
        return str(value)
    return str(format_skeleton("yMMM", value.first_day, locale=REGIONS[language_spoken()]))


def moment(value: datetime) -> str:
    """A day with its time, in Brussels."""
    from babel.dates import format_time

    local = value.astimezone(BRUSSELS)
    if _speech.get() is None:
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{day(local.date())}, {format_time(local, 'short', locale=REGIONS[language_spoken()])}"


def euro(cents: int | None) -> str:
    """An amount of cents in EUR with two decimals."""
    from babel.numbers import format_currency

    if cents is None:
        return say("none")
    if _speech.get() is None:
        return f"{cents / 100:.2f} EUR"
    return str(format_currency(Decimal(cents) / 100, "EUR", locale=REGIONS[language_spoken()]))


def whole_euro(amount: Decimal | None) -> str:
    """An amount in EUR that was rounded to be shown; None: it is hidden."""
    from babel import Locale
    from babel.numbers import format_currency

    if amount is None:
        return hidden()
    if _speech.get() is None:
        return f"{amount:.0f} EUR"
    locale = Locale.parse(REGIONS[language_spoken()])
    without_cents = locale.currency_formats["standard"].pattern.replace(".00", "")
    return str(format_currency(amount, "EUR", without_cents, locale, currency_digits=False))


def number(count: int | None) -> str:
    """A count; None: it is hidden."""
    from babel.numbers import format_decimal

    if count is None:
        return hidden()
    return str(count) if _speech.get() is None else str(format_decimal(count, locale=REGIONS[language_spoken()]))


def difference(now: int | None, before: int | None) -> str:
    """How much more or less, with its sign; a dash where one of both is not known."""
    if now is None or before is None:
        return "\u2013"
    change = number(abs(now - before))
    return f"+{change}" if now > before else f"\u2212{change}" if now < before else change


def hidden() -> str:
    """What is said instead of a count that is hidden."""
    return say("hidden") if is_spoken() else HIDDEN


def listed(items: Sequence[str]) -> str:
    """Several things in a sentence."""
    from babel.lists import format_list

    if _speech.get() is None:
        return ", ".join(items)
    return str(format_list(list(items), locale=REGIONS[language_spoken()]))


def heading(text: str) -> str:
    """A text as it begins a line: only its first letter is changed, for nouns are capital in German."""
    return text[:1].upper() + text[1:]


# what a legal reference is made of, beside numbers
CITED = (
    mark("note of 8 May 2014"),
    mark("law of 8 December 1992"),
    mark("reading of rules.md section"),
    mark("first selection"),
    mark("second selection"),
    mark("first bullet"),
    mark("second bullet"),
    mark("third bullet"),
    mark("fourth bullet"),
    mark("last sentence"),
    mark("rules.md section"),
    mark("rules.md, section"),
    mark("conclusions"),
    mark("deliberation"),
    mark("(reading)"),
    mark("project"),
    mark("footnote"),
    mark("summary"),
    mark("A card"),
    mark("GDPR"),
    mark("note"),
    mark("and"),
)
_CITED = re.compile("|".join(rf"(?<!\w){re.escape(phrase)}(?!\w)" for phrase in CITED))


def cite(reference: str) -> str:
    """A legal reference of the tables, such as "note 1.2 1); deliberation 8 and 10", in the language spoken."""
    return _CITED.sub(lambda found: say(found[0]), reference).replace("; ", say("; "))


def _catalogue() -> gettext.NullTranslations:
    return catalogue(language_spoken())


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The texts of a language; English is what the code says."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    with (LOCALES / f"{language}.po").open("rb") as file:
        texts = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
