"""The tests of rules.md sections 4 and 5, in their order: what each looks at, by which law, and whether it is passed.

Each test is a function from the facts to what was seen. A test that the category's rule does not ask for gives None.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from dvz_assets.explain.facts import ASSISTANCE, INTEGRATION, Facts

NOTE = "note of 8 May 2014"
SECOND = f"{NOTE}, 1.1 second selection"
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
    nets = {"living wage and other integration": facts.net(INTEGRATION), "assistance": facts.net(ASSISTANCE)}
    if facts.lines.is_empty():
        return Seen(False, "no line in the statement of the month", "a net above 0")
    shown = ", ".join(f"net of {name} {euro(net)}" for name, net in nets.items())
    return Seen(any(net > 0 for net in nets.values()), shown, "a net above 0 in one of them")


def _is_in_register(facts: Facts) -> Seen:
    return Seen(facts.person is not None, "in the snapshot" if facts.person else "not in the snapshot")


def _is_alive(facts: Facts) -> Seen:
    died = _person(facts)["overleden_op"]
    passed = died is None or died > facts.reference_date
    return Seen(passed, f"date of death {day(died)}", f"reference date {facts.reference_date}")


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
    return Seen(code is not None, f"residence motive {code or 'none'}")


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
    moves = "has" if facts.moves_freely else "has no"
    return Seen(not facts.moves_freely, f"nationality {_person(facts)['nationaliteit']} {moves} free movement")


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
    if not _rule(facts)["excludes_permanent_card_third_country"]:
        return None
    code = _person(facts)["verblijfsdocument"]
    cards = facts.reference.tables["residence_documents"].filter(code=code or "", residence_right="PERMANENT")
    permanent = not facts.moves_freely and cards.height > 0
    nationality = "free movement" if facts.moves_freely else "third country"
    return Seen(not permanent, f"document {code or 'none'}, nationality of a {nationality}", "no right PERMANENT")


def _longest_residence(facts: Facts) -> int | None:
    group = "eu_national" if facts.moves_freely else "third_country"
    years: int | None = _rule(facts)[f"max_residence_years_{group}"]
    return years


def _residence_start_is_known(facts: Facts) -> Seen | None:
    years = _longest_residence(facts)
    if years is None:
        return None
    since = _person(facts)["verblijf_sinds"]
    return Seen(since is not None, f"legal residence since {day(since)}", f"less than {years} years")


def _residence_is_short(facts: Facts) -> Seen | None:
    years = _longest_residence(facts)
    if years is None:
        return None
    since: date = _person(facts)["verblijf_sinds"]
    try:
        ends = since.replace(year=since.year + years)
    except ValueError:  # 29 February
        ends = since.replace(year=since.year + years, day=28)
    passed = facts.reference_date < ends
    return Seen(passed, f"legal residence since {since}", f"{years} years reached on {ends}, at {facts.reference_date}")


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
    RuleTest(ONE, "aid reimbursed this month", "NOT_IN_SELECTION_ONE", f"{NOTE}, 1.1 first selection", _positive_net),
    RuleTest(TWO, "in the register snapshot", "NOT_IN_REGISTER", SECOND, _is_in_register),
    RuleTest(TWO, "alive on the reference date", "DECEASED", SECOND, _is_alive),
    RuleTest(TWO, "not Belgian", "BELGIAN", SECOND, _is_not_belgian),
    RuleTest(TWO, "register known", "REGISTER_UNKNOWN", SECOND, _has_known_register),
    RuleTest(TWO, "not in the population register", "POPULATION_REGISTER", SECOND, _is_not_in_population_register),
    RuleTest(TWO, "has a residence motive", "NO_RESIDENCE_MOTIVE", SECOND, _has_motive),
    RuleTest(TWO, "the motive has a category", "MOTIVE_UNMAPPED", SECOND, _motive_is_mapped),
    RuleTest(TWO, "the category has a rule", "MOTIVE_NOT_TARGETED", SECOND, _category_has_rule),
    RuleTest(TWO, "third-country national", "NOT_THIRD_COUNTRY", SECOND, _is_third_country_national, True),
    RuleTest(TWO, "right of residence known", "LIMITED_STAY_UNKNOWN", SECOND, _stay_is_known, True),
    RuleTest(TWO, "limited right of residence", "STAY_NOT_LIMITED", SECOND, _stay_is_limited, True),
    RuleTest(TWO, "no permanent card", "PERMANENT_CARD", SECOND, _has_no_permanent_card, True),
    RuleTest(TWO, "begin of residence known", "RESIDENCE_START_UNKNOWN", SECOND, _residence_start_is_known, True),
    RuleTest(TWO, "residence not too long", "RESIDENCE_TOO_LONG", SECOND, _residence_is_short, True),
    RuleTest(CRITERIA, "counted aid this month", "NO_COUNTED_AID", f"{NOTE}, 1.2", _has_counted_aid, True),
)
