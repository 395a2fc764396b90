"""The tests of rules.md sections 4 and 5, in their order: what each looks at, by which law, and whether it is passed.

Each test is a function from the facts to what was seen. A test that the category's rule does not ask for gives None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dvz_assets.questions.explain.facts import Facts

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


def euro(cents: int) -> str:
    """An amount in EUR with two decimals."""
    return f"{cents / 100:.2f} EUR"


def day(value: date | None) -> str:
    """A day, or that there is none."""
    return "none" if value is None else value.isoformat()


def _positive_net(facts: Facts) -> Seen:
    nets = {
        "living wage and other integration": facts.net(facts.kinds_of("INTEGRATION")),
        "assistance": facts.net(facts.kinds_of("ASSISTANCE")),
    }
    if facts.lines.is_empty():
        return Seen(False, "no line in the statement of the month", "a net above 0")
    shown = ", ".join(f"net of {name} {euro(net)}" for name, net in nets.items())
    return Seen(any(net > 0 for net in nets.values()), shown, "a net above 0 in one of them")


def _is_in_register(facts: Facts) -> Seen:
    shown = "in the snapshot" if facts.person else "not in the snapshot"
    return Seen(facts.person is not None, shown, f"snapshot of {facts.reference_date}")


def _is_alive(facts: Facts) -> Seen:
    died = _person(facts)["overleden_op"]
    passed = died is None or died > facts.reference_date
    return Seen(passed, f"date of death {day(died)}", f"none on or before {facts.reference_date}")


def _is_not_belgian(facts: Facts) -> Seen:
    nationality = _person(facts)["nationaliteit"]
    return Seen(nationality != BELGIUM, f"nationality {nationality}", f"not {BELGIUM}")


def _register(facts: Facts) -> str | None:
    registers = facts.reference.tables["registers"].filter(code=_person(facts)["register"] or "")
    return str(registers["register"][0]) if registers.height else None


def _has_known_register(facts: Facts) -> Seen:
    code = _person(facts)["register"]
    return Seen(_register(facts) is not None, f"register code {code or 'none'}", "a code of registers.csv")


def _is_not_in_population_register(facts: Facts) -> Seen:
    return Seen(_register(facts) != "BR", f"register {_register(facts)}", "not BR")


def _has_motive(facts: Facts) -> Seen:
    code = _person(facts)["verblijfsmotief"]
    return Seen(code is not None, f"residence motive {code or 'none'}", "an open motive (IT 202)")


def _motive_is_mapped(facts: Facts) -> Seen:
    code = _person(facts)["verblijfsmotief"]
    found = "not in residence_motives.csv" if facts.motive is None else f"category {facts.motive['category']}"
    return Seen(facts.motive is not None, f"motive {code}: {found}", f"valid on {facts.reference_date}")


def _category_has_rule(facts: Facts) -> Seen:
    assert facts.motive is not None
    found = "has a rule" if facts.rule else "has no rule"
    return Seen(facts.rule is not None, f"{facts.motive['category']} {found}", f"category_rules.csv, {facts.regime}")


def _is_third_country_national(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_third_country_nationality"]:
        return None
    return Seen(not facts.moves_freely, _nationality(facts), f"no free movement on {facts.reference_date}")


def _has_required_nationality(facts: Facts) -> Seen | None:
    required = _rule(facts)["required_nationality"]
    if required is None:
        return None
    asked = f"free movement on {facts.reference_date}"
    passed = facts.moves_freely == (required == "EU")
    return Seen(passed, _nationality(facts), asked if required == "EU" else f"no {asked}")


def _has_recognised_right(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_recognised_right"]:
        return None
    return Seen(not _has_document_of_right(facts, "NONE"), _document(facts), "no document with right NONE")


def _document(facts: Facts) -> str:
    return f"document {_person(facts)['verblijfsdocument'] or 'none'}"


def _has_document_of_right(facts: Facts, right: str) -> bool:
    """Whether the table gives the person's document this right, on any day."""
    code = _person(facts)["verblijfsdocument"] or ""
    return facts.reference.tables["residence_documents"].filter(code=code, residence_right=right).height > 0


def _nationality(facts: Facts) -> str:
    return (
        f"nationality {_person(facts)['nationaliteit']}, {'free movement' if facts.moves_freely else 'third country'}"
    )


def _valid_document(facts: Facts) -> tuple[str | None, str]:
    """Right of the document that counts, and what was seen of it."""
    code, until = _person(facts)["verblijfsdocument"], _person(facts)["document_geldig_tot"]
    shown = f"document {code or 'none'}, valid until {'further notice' if until is None else until}"
    if facts.document is None or (until is not None and until < facts.reference_date):
        return None, shown
    return str(facts.document["residence_right"]), f"{shown}, right {facts.document['residence_right']}"


def _stay_is_known(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_limited_stay"]:
        return None
    right, shown = _valid_document(facts)
    return Seen(right is not None, shown, f"known, and valid on {facts.reference_date}")


def _stay_is_limited(facts: Facts) -> Seen | None:
    if not _rule(facts)["requires_limited_stay"]:
        return None
    right, shown = _valid_document(facts)
    return Seen(right == "LIMITED", shown, "right LIMITED")


def _has_no_permanent_card(facts: Facts) -> Seen | None:
    rule = _rule(facts)
    if rule["excludes_permanent_card"]:
        return Seen(
            not _has_document_of_right(facts, "PERMANENT"), _document(facts), "no document with right PERMANENT"
        )
    if not rule["excludes_permanent_card_third_country"]:
        return None
    asked = "no right PERMANENT for a third-country national"
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
    return Seen(since is not None, f"legal residence since {day(since)}", f"known, as {years} years are the limit")


def _residence_is_short(facts: Facts) -> Seen | None:
    years = _longest_residence(facts)
    if years is None:
        return None
    since: date = _person(facts)["verblijf_sinds"]
    try:
        ends = since.replace(year=since.year + years)
    except ValueError:  # 29 February
        ends = since.replace(year=since.year + years, day=28)
    shown = f"legal residence since {since}: {years} years on {ends}"
    return Seen(facts.reference_date < ends, shown, f"less than {years} years on {facts.reference_date}")


def _has_counted_aid(facts: Facts) -> Seen:
    net = facts.net(facts.counted_kinds)
    return Seen(net > 0, f"net of the counted kinds {euro(net)}", f"above 0; counted: {', '.join(facts.counted_kinds)}")


def _person(facts: Facts) -> dict[str, Any]:
    assert facts.person is not None
    return facts.person


def _rule(facts: Facts) -> dict[str, Any]:
    assert facts.rule is not None
    return facts.rule


ONE, TWO, CRITERIA = "selection one", "selection two", "criteria"
TESTS = (
    RuleTest(ONE, "aid reimbursed this month", "NOT_IN_SELECTION_ONE", FIRST, _positive_net),
    RuleTest(TWO, "in the register snapshot", "NOT_IN_REGISTER", READING, _is_in_register),
    RuleTest(TWO, "alive on the reference date", "DECEASED", READING, _is_alive),
    RuleTest(TWO, "not Belgian", "BELGIAN", f"{SECOND} 2)", _is_not_belgian),
    RuleTest(TWO, "register known", "REGISTER_UNKNOWN", READING, _has_known_register),
    RuleTest(
        TWO,
        "not in the population register",
        "POPULATION_REGISTER",
        f"{SECOND} 1)",
        _is_not_in_population_register,
    ),
    RuleTest(TWO, "has a residence motive", "NO_RESIDENCE_MOTIVE", f"{SECOND} 3)", _has_motive),
    RuleTest(TWO, "the motive has a category", "MOTIVE_UNMAPPED", f"{SECOND} 3)", _motive_is_mapped),
    RuleTest(TWO, "the category has a rule", "MOTIVE_NOT_TARGETED", f"{SECOND} 3)", _category_has_rule, True),
    RuleTest(
        TWO,
        "nationality that the rule asks for",
        "NATIONALITY_NOT_TARGETED",
        NATIONALITY,
        _has_required_nationality,
        True,
    ),
    # of rules archived by the first version, in the place of the one above
    RuleTest(TWO, "third-country national", "NOT_THIRD_COUNTRY", NATIONALITY, _is_third_country_national, True),
    RuleTest(TWO, "right recognised", "RIGHT_NOT_RECOGNISED", RECOGNISED, _has_recognised_right, True),
    RuleTest(TWO, "right of residence known", "LIMITED_STAY_UNKNOWN", LIMITED_STAY, _stay_is_known, True),
    RuleTest(TWO, "limited right of residence", "STAY_NOT_LIMITED", LIMITED_STAY, _stay_is_limited, True),
    RuleTest(TWO, "no permanent card", "PERMANENT_CARD", PERMANENT, _has_no_permanent_card, True),
    RuleTest(TWO, "begin of residence known", "RESIDENCE_START_UNKNOWN", DURATION, _residence_start_is_known, True),
    RuleTest(TWO, "residence not too long", "RESIDENCE_TOO_LONG", DURATION, _residence_is_short, True),
    RuleTest(CRITERIA, "counted aid this month", "NO_COUNTED_AID", COUNTED, _has_counted_aid, True),
)
