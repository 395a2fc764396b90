"""Texts: nothing is left in English, and days, amounts and plurals are those of the language."""

import ast
from datetime import date
from pathlib import Path

import pytest

from dvz_assets.months import Month
from dvz_assets.project_files import reference_folder
from dvz_assets.questions.explain.grounds import GROUNDS
from dvz_assets.questions.explain.tests import TESTS
from dvz_assets.reference import Reference
from dvz_assets.words.sent_rows import field_in_words, period_in_words
from dvz_assets.words.texts import cite, day, euro, heading, listed, month, say, sentence, speaking, word
from scripts.texts import PLACE, TRANSLATED, catalogue, problems, texts

PACKAGE = Path(__file__).parents[2] / "dvz_assets"
REFERENCE = Reference.load(reference_folder())
SENTENCE = 30
ENGLISH = {"note", "and", "deliberation", "selection", "bullet", "summary", "conclusions", "footnote", "reading"}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    assert list(problems(texts(), catalogue(language))) == []


def test_french_texts_keep_their_spaces() -> None:
    translated = [each.string for each in catalogue("fr") if each.id]
    texts = [text for each in translated for text in ([each] if isinstance(each, str) else each or ())]
    assert [text for text in texts if any(f" {mark}" in text for mark in ";:?!%")] == []


def test_no_text_stands_in_the_catalogue_of_another_language() -> None:
    """A sentence that two languages have in common was put into the wrong one."""
    dutch, french, german = (
        {text for each in catalogue(language) if each.id and len(PLACE.sub("", text := str(each.string))) > SENTENCE}
        for language in ("nl", "fr", "de")
    )
    assert dutch & french == dutch & german == french & german == set()


def test_a_missing_translation_and_a_lost_value_are_found() -> None:
    said, translated = texts(), catalogue("nl")
    translated["at least {least}"].string = "minstens"
    translated["above 0"].string = ""
    translated.delete("yes")
    translated.add("said by nobody", "door niemand gezegd")
    found = [each.partition("' ")[2] for each in problems(said, translated)]
    assert sorted(found) == ["is not translated", "is not translated", "is said nowhere", "leaves a value out"]


def test_no_text_is_hidden_in_another_string() -> None:
    """What stands inside of an f-string is not found when texts are collected."""
    for path in PACKAGE.rglob("*.py"):
        for string in ast.walk(ast.parse(path.read_text("utf-8"))):
            calls = (
                [call for call in ast.walk(string) if isinstance(call, ast.Call)]
                if isinstance(string, ast.JoinedStr)
                else []
            )
            said = [call for call in calls if getattr(call.func, "id", "") in ("say", "say_many", "mark")]
            assert not [call for call in said if isinstance(call.args[0], ast.Constant)], path.name


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_legal_reference_is_cited_in_the_language(language: str) -> None:
    references = {each.legal_reference for each in (*TESTS, *GROUNDS)}
    for table in ("category_rules", "export_fields", "grounds", "a036_purposes", "aid_kinds"):
        references |= {*REFERENCE.tables[table]["legal_reference"]}
    with speaking(language):
        cited = {reference: cite(reference) for reference in references}
    same = {"fr": {"note", "conclusions"}}.get(language, set())
    for words in cited.values():
        assert not (ENGLISH - same) & {*words.replace(";", " ").replace(",", " ").split()}, words


def test_without_a_language_codes_and_iso_days_stay() -> None:
    assert (word("outcome", "SENT"), sentence("outcome", "SENT")) == ("SENT", "")
    assert (day(date(2018, 5, 8)), month(Month(2018, 5)), euro(123456)) == ("2018-05-08", "2018-05", "1234.56 EUR")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("nl", ("8 mei 2014", "mei 2014", "a, b en c")),
        ("fr", ("8 mai 2014", "mai 2014", "a, b et c")),
        ("de", ("8. Mai 2014", "Mai 2014", "a, b und c")),
        ("en", ("8 May 2014", "May 2014", "a, b and c")),
    ],
)
def test_days_and_lists_are_those_of_the_language(language: str, expected: tuple[str, str, str]) -> None:
    with speaking(language):
        assert (day(date(2014, 5, 8)), month(Month(2014, 5)), listed(["a", "b", "c"])) == expected
    with speaking("fr"):
        assert euro(123456).replace("\u202f", " ").replace("\xa0", " ") == "1 234,56 €"


def test_a_row_that_was_sent_is_read_in_words() -> None:
    with speaking("fr"):
        assert field_in_words("country_of_origin", "354", REFERENCE) == "Maroc"
        assert field_in_words("country_of_origin", "888", REFERENCE) == "888"
        assert (
            field_in_words("aid_natures", "ASSISTANCE,LIVING_WAGE", REFERENCE)
            == "Aide sociale et Revenu d\u2019intégration"
        )
        assert field_in_words("residence_capacity", "EMPLOYEE", REFERENCE) == "Travailleur salarié"
        assert field_in_words("aid_amount_granted", "892.70", REFERENCE).startswith("892,70")
        assert (
            period_in_words({"period_start": "20180501", "period_end": "20180531"}) == "du 1er mai 2018 au 31 mai 2018"
        )


def test_a_heading_keeps_the_capitals_of_nouns() -> None:
    with speaking("de"):
        assert heading(say("first selection")) == "Erste Auswahl"


def test_a_language_ends_where_it_was_begun() -> None:
    with speaking("nl"):
        with speaking("fr"):
            assert say("yes") == "oui"
        assert say("yes") == "ja"
    assert say("yes") == "yes"
