"""The tests of rules.md sections 4 and 5, in their order: what each looks at, by which law, and whether it is passed.

Each test is a function from the facts to what was seen. A test that the category's rule does not ask for gives None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dvz_assets.questions.explain.facts import Facts
from dvz_assets.words.sent_rows import country
from dvz_assets.words.texts import day, euro, listed, mark, say, word

NOTE = "note of 8 May 2014"
DELIBERATION = "deliberation 18/055"
FIRST = f"{NOTE}, 1.1 first selection"
SECOND = f"{NOTE}, 1.1 second selection"
READING = f"{SECOND}; reading of rules.md section 4"  # the note is silent: the reading that sends fewer people
NATIONALITY = f"{SECOND} 3); {DELIBERATION}, 10, 18 and 20"
LIMITED_STAY = f"{SECOND} 3) second bullet"
PERMANENT = f"{DELIBERATION}, 22, 24 and 26"
RECOGNISED = f"{NOTE}, conclusions"
DURATION = f"{DELIBERATION}, 10, 18, 22, 24 and 26"
COUNTED = f"{NOTE}, 1.2 and conclusions"
BELGIUM = "150"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a test saw: whether it is passed, the fact, and the parameter of the rule where it has one."""

    passed: bool
    fact: str
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One test: what it asks, the outcome that its failure names, and where the law says so.

    ``of_category`` adds the legal reference of the category's own rule.
    """

    section: str
    asks: str
    outcome: str
    legal_reference: str
    look: Callable[[Facts], Seen | None]
    of_category: bool = False


def _positive_net(facts: Facts) -> Seen:
    integration, assistance = (facts.net(facts.kinds_of(each)) for each in ("INTEGRATION", "ASSISTANCE"))
    if facts.lines.is_empty():
        return Seen(False, say("no line in the statement of the month"), say("a net above 0"))
    shown = say(
        "net of living wage and other integration {integration}, net of assistance {assistance}",
        integration=euro(integration),
        assistance=euro(assistance),
    )
    return Seen(max(integration, assistance) > 0, shown, say("a net above 0 in one of them"))


def _is_in_register(facts: Facts) -> Seen:
    shown = say("in the snapshot") if facts.person else say("not in the snapshot")
    return Seen(facts.person is not None, shown, say("snapshot of {day}", day=day(facts.reference_date)))


def _is_alive(facts: Facts) -> Seen:
    died = _person(facts)["overleden_op"]
    passed = died is None or died > facts.reference_date
    asked = say("none on or before {day}", day=day(facts.reference_date))
    return Seen(passed, say("date of death {day}", day=day(died)), asked)


def _is_not_belgian(facts: Facts) -> Seen:
    code = _person(facts)["nationaliteit"]
    shown = say("nationality {country}", country=_country(facts, code))
    return Seen(code != BELGIUM, shown, say("not {country}", country=_country(facts, BELGIUM)))


def _country(facts: Facts, nis_code: str) -> str:
    return country(nis_code, facts.reference)


def _register(facts: Facts) -> str | None:
    registers = facts.reference.tables["registers"].filter(code=_person(facts)["register"] or "")
    return str(registers["register"][0]) if registers.height else None


def _has_known_register(facts: Facts) -> Seen:
    code = _person(facts)["register"]
    shown = say("register code {code}", code=code or say("none"))
    return Seen(_register(facts) is not None, shown, say("a code of registers.csv"))


def _is_not_in_population_register(facts: Facts) -> Seen:
    register = _register(facts)
    shown = say("register {register}", register=word("register", register or ""))
    return Seen(register != "BR", shown, say("not {register}", register=word("register", "BR")))


def _has_motive(facts: Facts) -> Seen:
    code = _person(facts)["verblijfsmotief"]
    shown = say("residence motive {code}", code=code or say("none"))
    return Seen(code is not None, shown, say("an open motive (IT 202)"))


def _motive_is_mapped(facts: Facts) -> Seen:
    code = _person(facts)["verblijfsmotief"]
    if facts.motive is None:
        shown = say("motive {code}: not in residence_motives.csv", code=code)
    else:
        category = word("category", facts.motive["category"])
        shown = say("motive {code}: category {category}", code=code, category=category)
    return Seen(facts.motive is not None, shown, say("valid on {day}", day=day(facts.reference_date)))


def _category_has_rule(facts: Facts) -> Seen:
    assert facts.motive is not None
    category = word("category", facts.motive["category"])
    shown = (
        say("{category} has a rule", category=category)
        if facts.rule
        else say("{category} has no rule", category=category)
    )
    asked = say("category_rules.csv, {regime}", regime=word("regime", facts.regime))
    return Seen(facts.rule is not None, shown, asked)


def _is_third_country_national(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_third_country_nationality"]:
        return None
    return Seen(not facts.moves_freely, _nationality(facts), _no_free_movement(facts))


def _no_free_movement(facts: Facts) -> str:
    return say("no free movement on {day}", day=day(facts.reference_date))


def _has_required_nationality(facts: Facts) -> Seen | None:
    required = _rule(facts)["required_nationality"]
    if required is None:
        return None
    passed = facts.moves_freely == (required == "EU")
    asked = (
        say("free movement on {day}", day=day(facts.reference_date)) if required == "EU" else _no_free_movement(facts)
    )
    return Seen(passed, _nationality(facts), asked)


def _has_recognised_right(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_recognised_right"]:
        return None
    return Seen(not _has_document_of_right(facts, "NONE"), _document(facts), _no_document_of(facts, "NONE"))


def _document(facts: Facts) -> str:
    return say("document {document}", document=_document_name(facts))


def _document_name(facts: Facts) -> str:
    code = _person(facts)["verblijfsdocument"]
    return word("document", code) if code else say("none")


def _no_document_of(facts: Facts, right: str) -> str:
    return say("no document with right {right}", right=word("residence_right", right))


def _has_document_of_right(facts: Facts, right: str) -> bool:
    """Whether the table gives the person's document this right, on any day."""
    code = _person(facts)["verblijfsdocument"] or ""
    return facts.reference.tables["residence_documents"].filter(code=code, residence_right=right).height > 0


def _nationality(facts: Facts) -> str:
    country = _country(facts, _person(facts)["nationaliteit"])
    if facts.moves_freely:
        return say("nationality {country}, free movement", country=country)
    return say("nationality {country}, third country", country=country)


def _valid_document(facts: Facts) -> tuple[str | None, str]:
    """Right of the document that counts, and what was seen of it."""
    until = _person(facts)["document_geldig_tot"]
    shown = say(
        "document {document}, valid until {day}",
        document=_document_name(facts),
        day=say("further notice") if until is None else day(until),
    )
    if facts.document is None or (until is not None and until < facts.reference_date):
        return None, shown
    right = str(facts.document["residence_right"])
    return right, say("{document}, right {right}", document=shown, right=word("residence_right", right))


def _stay_is_known(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_limited_stay"]:
        return None
    right, shown = _valid_document(facts)
    return Seen(right is not None, shown, say("known, and valid on {day}", day=day(facts.reference_date)))


def _stay_is_limited(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_limited_stay"]:
        return None
    right, shown = _valid_document(facts)
    return Seen(right == "LIMITED", shown, say("right {right}", right=word("residence_right", "LIMITED")))


def _has_no_permanent_card(facts: Facts) -> Seen | None:
    rule = _rule(facts)
    if rule["excludes_permanent_card"]:
        asked = _no_document_of(facts, "PERMANENT")
        return Seen(not _has_document_of_right(facts, "PERMANENT"), _document(facts), asked)
    if not rule["excludes_permanent_card_third_country"]:
        return None
    asked = say("no right {right} for a third-country national", right=word("residence_right", "PERMANENT"))
    if facts.moves_freely:  # the document is not looked at
        return Seen(True, _nationality(facts), asked)
    shown = f"{_nationality(facts)}, {_document(facts)}"
    return Seen(not _has_document_of_right(facts, "PERMANENT"), shown, asked)


def _longest_residence(facts: Facts) -> int | None:
    group = "eu_national" if facts.moves_freely else "third_country"
    years: int | None = _rule(facts)[f"max_residence_years_{group}"]
    return years


def _residence_start_is_known(facts: Facts) -> Seen | None:
    years = _longest_residence(facts)
    if years is None:
        return None
    since = _person(facts)["verblijf_sinds"]
    shown = say("legal residence since {day}", day=day(since))
    return Seen(since is not None, shown, say("known, as {years} years are the limit", years=years))


def _residence_is_short(facts: Facts) -> Seen | None:
    years = _longest_residence(facts)
    if years is None:
        return None
    since: date = _person(facts)["verblijf_sinds"]
    try:
        ends = since.replace(year=since.year + years)
    except ValueError:  # 29 February
        ends = since.replace(year=since.year + years, day=28)
    shown = say("legal residence since {since}: {years} years on {ends}", since=day(since), years=years, ends=day(ends))
    asked = say("less than {years} years on {day}", years=years, day=day(facts.reference_date))
    return Seen(facts.reference_date < ends, shown, asked)


def _has_counted_aid(facts: Facts) -> Seen:
    net = facts.net(facts.counted_kinds)
    kinds = listed([word("aid_kind", kind) for kind in facts.counted_kinds])
    shown = say("net of the counted kinds {amount}", amount=euro(net))
    return Seen(net > 0, shown, say("above 0; counted: {kinds}", kinds=kinds))


def _person(facts: Facts) -> dict[str, Any]:
    assert facts.person is not None
    return facts.person


def _rule(facts: Facts) -> dict[str, Any]:
    assert facts.rule is not None
    return facts.rule


ONE, TWO, CRITERIA = mark("selection one"), mark("selection two"), mark("criteria")
TESTS = (
    RuleTest(ONE, mark("aid reimbursed this month"), "NOT_IN_SELECTION_ONE", FIRST, _positive_net),
    RuleTest(TWO, mark("in the register snapshot"), "NOT_IN_REGISTER", READING, _is_in_register),
    RuleTest(TWO, mark("alive on the reference date"), "DECEASED", READING, _is_alive),
    RuleTest(TWO, mark("not Belgian"), "BELGIAN", f"{SECOND} 2)", _is_not_belgian),
    RuleTest(TWO, mark("register known"), "REGISTER_UNKNOWN", READING, _has_known_register),
    RuleTest(
        TWO,
        mark("not in the population register"),
        "POPULATION_REGISTER",
        f"{SECOND} 1)",
        _is_not_in_population_register,
    ),
    RuleTest(TWO, mark("has a residence motive"), "NO_RESIDENCE_MOTIVE", f"{SECOND} 3)", _has_motive),
    RuleTest(TWO, mark("the motive has a category"), "MOTIVE_UNMAPPED", f"{SECOND} 3)", _motive_is_mapped),
    RuleTest(TWO, mark("the category has a rule"), "MOTIVE_NOT_TARGETED", f"{SECOND} 3)", _category_has_rule, True),
    RuleTest(
        TWO,
        mark("nationality that the rule asks for"),
        "NATIONALITY_NOT_TARGETED",
        NATIONALITY,
        _has_required_nationality,
        True,
    ),
    # of rules archived by the first version, in the place of the one above
    RuleTest(TWO, mark("third-country national"), "NOT_THIRD_COUNTRY", NATIONALITY, _is_third_country_national, True),
    RuleTest(TWO, mark("right recognised"), "RIGHT_NOT_RECOGNISED", RECOGNISED, _has_recognised_right, True),
    RuleTest(TWO, mark("right of residence known"), "LIMITED_STAY_UNKNOWN", LIMITED_STAY, _stay_is_known, True),
    RuleTest(TWO, mark("limited right of residence"), "STAY_NOT_LIMITED", LIMITED_STAY, _stay_is_limited, True),
    RuleTest(TWO, mark("no permanent card"), "PERMANENT_CARD", PERMANENT, _has_no_permanent_card, True),
    RuleTest(
        TWO, mark("begin of residence known"), "RESIDENCE_START_UNKNOWN", DURATION, _residence_start_is_known, True
    ),
    RuleTest(TWO, mark("residence not too long"), "RESIDENCE_TOO_LONG", DURATION, _residence_is_short, True),
    RuleTest(CRITERIA, mark("counted aid this month"), "NO_COUNTED_AID", COUNTED, _has_counted_aid, True),
)
