"""rules.md in plain Python: one function per test, in its order; one person at a time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.cases.outcomes import OUTCOMES
from tests.oracle import landing as deliveries
from tests.oracle.landing import Line, Reference, Reject, Row, parse_date, valid_on

STEPS = ("SELECTION_ONE", *OUTCOMES, "ANNEX_19")
BEFORE_CATEGORY = STEPS[1:8]
EXPORT_COLUMNS = (
    "insz",
    "last_name",
    "first_names",
    "country_of_origin",
    "aid_amount_granted",
    "quality_code",
    "amount_reimbursed_12m",
    "aid_natures",
    "residence_capacity",
)
DERIVED_CODE = {"LIVING_WAGE": 2, "ASSISTANCE": 3, "ASSISTANCE_EMPLOYMENT": 6, "INTEGRATION_OTHER": 4}


@dataclass(frozen=True)
class Decision:
    """Outcome of one person of selection one; counters are None when no rule looks at the person."""

    outcome: str
    category: str | None
    grounds: list[str]
    living_wage_days: int | None
    longest_living_wage_run: int | None
    assistance_months: int | None


@dataclass(frozen=True)
class MonthResult:
    """Everything that a month must give."""

    decisions: dict[str, Decision]
    intersection: set[str]
    export: dict[str, dict[str, Any]]
    periods: list[tuple[str, str | None, date, date]]
    rejects: list[tuple[str, str, int, str]]
    funnel: dict[str, int]


@dataclass(frozen=True)
class World:
    """What is known at a month: its regime, reference date and tables."""

    month: str
    regime: str
    reference_date: date
    reference: Reference
    country_of_origin: str

    def rule(self, category: str | None) -> Row | None:
        """The rule of a category in the regime of the month."""
        rules = self.reference["category_rules"]
        return next((row for row in rules if (row["regime"], row["category"]) == (self.regime, category)), None)

    def authorises(self, column: str) -> bool:
        """Whether the regime lists a column in export_fields."""
        fields = self.reference["export_fields"]
        return any((row["regime"], row["column"]) == (self.regime, column) for row in fields)

    def has_free_movement(self, nationality: str) -> bool:
        """EU, EEA or Swiss national on the reference date; an unknown code is a third country."""
        codes = [row["iso2"] for row in self.reference["countries"] if row["nis_code"] == nationality]
        return any(valid_on(self.reference["free_movement"], self.reference_date, iso2=code) for code in codes)


def compute(landing: Path, reference_folder: Path, month: str, country_of_origin: str = "nationality") -> MonthResult:
    """What the flow must give for ``month``, from the deliveries of the months up to it."""
    reference = deliveries.read_reference(reference_folder)
    months = [each for each in deliveries.delivered_months(landing) if each <= month]
    pairs = {}
    for each in months:
        pairs.update(dict(deliveries.replacements(landing, each)[0]))
    history = [line for each in months for line in deliveries.statement(landing, each, reference)[0]]
    register, person_rejects = deliveries.persons(landing, month, reference, pairs)
    rejects = [
        *deliveries.statement(landing, month, reference)[1],
        *deliveries.replacements(landing, month)[1],
        *person_rejects,
    ]
    world = World(
        month, regime_of(reference, month), deliveries.snapshot_date(landing, month), reference, country_of_origin
    )
    by_person: dict[str, list[Line]] = {}
    for line in history:
        by_person.setdefault(present_number(line.insz, pairs), []).append(line)
    return judge_everybody(world, by_person, register, rejects)


def judge_everybody(
    world: World, by_person: dict[str, list[Line]], register: dict[str, Row], rejects: list[Reject]
) -> MonthResult:
    """Decide person by person, and export who is sent."""
    decisions, export, periods = {}, {}, []
    for insz, lines in by_person.items():
        if not is_in_selection_one(world, lines):
            continue
        decision = decide(world, lines, register.get(insz))
        decisions[insz] = decision
        if decision.outcome == "SENT":
            export[insz] = export_row(world, insz, lines, register[insz], decision)
            periods += [(insz, *period) for period in aid_periods(world, lines, decision)]
    funnel = Counter(decision.outcome for decision in decisions.values())
    funnel["SELECTION_ONE"] = len(decisions)
    funnel["ANNEX_19"] = sum(
        decision.outcome == "NO_RESIDENCE_MOTIVE"
        and register[insz]["verblijfsdocument"] in ("BIJLAGE_19", "BIJLAGE_19TER")
        for insz, decision in decisions.items()
    )
    judged = ("NO_COUNTED_AID", "BELOW_THRESHOLD", "SENT")
    return MonthResult(
        decisions,
        {insz for insz, decision in decisions.items() if decision.outcome in judged},
        export,
        periods,
        [(reject.source, reject.file, reject.line, reject.reason) for reject in rejects],
        {step: funnel[step] for step in STEPS},
    )


def regime_of(reference: Reference, month: str) -> str:
    """The regime in force in a month."""
    for row in reference["regimes"]:
        if row["first_month"] <= month <= (row["last_month"] or "9999-12"):
            return row["regime"]
    raise LookupError(month)


def present_number(insz: str, pairs: dict[str, str]) -> str:
    """Section 2: a number taken to the end of its chain."""
    while insz in pairs:
        insz = pairs[insz]
    return insz


def net(lines: Iterable[Line], month: str, kinds: Iterable[str]) -> int:
    """Statement net of some kinds in a month, in cents."""
    wanted = set(kinds)
    return sum(line.amount for line in lines if line.month == month and line.kind in wanted)


def is_in_selection_one(world: World, lines: list[Line]) -> bool:
    """Section 4, selection one."""
    integration = net(lines, world.month, ("LIVING_WAGE", "INTEGRATION_OTHER"))
    assistance = net(lines, world.month, ("ASSISTANCE", "ASSISTANCE_EMPLOYMENT"))
    return integration > 0 or assistance > 0


def reimbursed_days(lines: Iterable[Line], kinds: Iterable[str]) -> list[date]:
    """Section 3: days on which the sum over all lines of these kinds is at least one cent, in order."""
    wanted = set(kinds)
    per_day: dict[date, Fraction] = {}
    for line in lines:
        if line.kind in wanted:
            days = (line.last - line.first).days + 1
            for offset in range(days):
                day = line.first + timedelta(days=offset)
                per_day[day] = per_day.get(day, Fraction(0)) + Fraction(line.amount, days)
    return sorted(day for day, amount in per_day.items() if amount >= 1)


def runs(days: list[date]) -> list[tuple[date, date]]:
    """Maximal runs of consecutive days."""
    found: list[tuple[date, date]] = []
    for day in days:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def selection_two(world: World, person: Row | None) -> tuple[str | None, str | None]:
    """Section 4, selection two: the first test that fails (None: all pass), and the category where it is looked at."""
    failed, category = failed_test(world, person)
    return failed, None if failed in BEFORE_CATEGORY else category


def failed_test(world: World, person: Row | None) -> tuple[str | None, str | None]:
    """Tests 1 to 8; what the rule asks follows in ``failed_test_of_rule``."""
    if person is None:
        return "NOT_IN_REGISTER", None
    died = parse_date(person["overleden_op"])
    if died is not None and died <= world.reference_date:
        return "DECEASED", None
    if person["nationaliteit"] == "150":
        return "BELGIAN", None
    registers = {row["code"]: row["register"] for row in world.reference["registers"]}
    if person["register"] not in registers:
        return "REGISTER_UNKNOWN", None
    if registers[person["register"]] == "BR":
        return "POPULATION_REGISTER", None
    if not person["verblijfsmotief"]:
        return "NO_RESIDENCE_MOTIVE", None
    motive = valid_on(world.reference["residence_motives"], world.reference_date, code=person["verblijfsmotief"])
    if motive is None:
        return "MOTIVE_UNMAPPED", None
    rule = world.rule(motive["category"])
    if rule is None:
        return "MOTIVE_NOT_TARGETED", motive["category"]
    return failed_test_of_rule(world, person, rule), motive["category"]


def failed_test_of_rule(world: World, person: Row, rule: Row) -> str | None:
    """Tests 9 to 14."""
    is_eu = world.has_free_movement(person["nationaliteit"])
    documents = world.reference["residence_documents"]
    if rule["requires_third_country_nationality"] == "true" and is_eu:
        return "NOT_THIRD_COUNTRY"
    if rule["requires_limited_stay"] == "true":
        document = valid_on(documents, world.reference_date, code=person["verblijfsdocument"])
        expires = parse_date(person["document_geldig_tot"])
        if document is None or (expires is not None and expires < world.reference_date):
            return "LIMITED_STAY_UNKNOWN"
        if document["residence_right"] != "LIMITED":
            return "STAY_NOT_LIMITED"
    permanent = {row["code"] for row in documents if row["residence_right"] == "PERMANENT"}
    excludes = rule["excludes_permanent_card_third_country"] == "true"
    if excludes and not is_eu and person["verblijfsdocument"] in permanent:
        return "PERMANENT_CARD"
    years = rule["max_residence_years_eu_national" if is_eu else "max_residence_years_third_country"]
    if years:
        since = parse_date(person["verblijf_sinds"])
        if since is None:
            return "RESIDENCE_START_UNKNOWN"
        if world.reference_date >= years_later(since, int(years)):
            return "RESIDENCE_TOO_LONG"
    return None


def years_later(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 28 February."""
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28) if not is_leap(day.year + years) else day
    return date.max if day.year + years > date.max.year else day.replace(year=day.year + years)


def is_leap(year: int) -> bool:
    """Whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def assistance_kinds(rule: Row) -> list[str]:
    """The counted assistance kinds of a category."""
    return ["ASSISTANCE", *(["ASSISTANCE_EMPLOYMENT"] if rule["counts_assistance_employment"] == "true" else [])]


def counted_kinds(rule: Row) -> list[str]:
    """The counted kinds of a category."""
    return ["LIVING_WAGE", "INTEGRATION_OTHER", *assistance_kinds(rule)]


def decide(world: World, lines: list[Line], person: Row | None) -> Decision:
    """Sections 4 and 5 for one person of selection one."""
    failed, category = selection_two(world, person)
    rule = world.rule(category)
    if rule is None:
        return Decision(str(failed), category, [], None, None, None)
    days = reimbursed_days(lines, ["LIVING_WAGE"])
    longest = max((end - begin).days + 1 for begin, end in runs(days)) if days else 0
    assistance = reimbursed_days(lines, assistance_kinds(rule))
    months = len({(day.year, day.month) for day in assistance})
    grounds: list[str] = []
    outcome = failed
    if outcome is None:
        if net(lines, world.month, counted_kinds(rule)) <= 0:
            outcome = "NO_COUNTED_AID"
        else:
            grounds = holding_grounds(world, lines, rule, len(days), assistance, months)
            outcome = "SENT" if grounds else "BELOW_THRESHOLD"
    return Decision(outcome, category, grounds, len(days), longest, months)


def holding_grounds(
    world: World, lines: list[Line], rule: Row, living_wage_days: int, assistance: list[date], months: int
) -> list[str]:
    """Section 5: the grounds that hold, sorted."""
    if rule["criteria"] == "ASSISTANCE_MONTHS":
        return ["ASSISTANCE_4_MONTHS"] if months >= int(rule["min_assistance_months"]) else []
    grounds = []
    if living_wage_days >= int(rule["min_living_wage_days"]):
        grounds.append("LIVING_WAGE_90_DAYS")
    if net(lines, world.month, assistance_kinds(rule)) > 0:
        grounds.append("SOCIAL_ASSISTANCE")
    begins = [line.first for line in lines if (line.month, line.kind, line.sign) == (world.month, "LIVING_WAGE", "+")]
    if net(lines, world.month, ["LIVING_WAGE"]) > 0 and any(day < min(begins) for day in assistance):
        grounds.append("LIVING_WAGE_AFTER_ASSISTANCE")
    return sorted(grounds)


def in_twelve_months(world: World, lines: Iterable[Line]) -> list[Line]:
    """Lines of the statements M-11 to M."""
    year, number = int(world.month[:4]), int(world.month[5:])
    months = year * 12 + number - 12
    first = f"{months // 12:04d}-{months % 12 + 1:02d}"
    return [line for line in lines if first <= line.month <= world.month]


def export_row(world: World, insz: str, lines: list[Line], person: Row, decision: Decision) -> dict[str, Any]:
    """Section 6: what is sent; None where the regime does not list the column."""
    rule = world.rule(decision.category)
    assert rule is not None
    kinds = counted_kinds(rule)
    origin = person["land_van_herkomst"] if world.country_of_origin == "it006" else person["nationaliteit"]
    shares = sum(line.share for line in in_twelve_months(world, lines) if line.kind in kinds)
    values = {
        "insz": insz,
        "last_name": person["naam"],
        "first_names": person["voornamen"] or None,
        "country_of_origin": origin or None,
        "aid_amount_granted": Decimal(net(lines, world.month, kinds)) / 100,
        "quality_code": quality_code(world, lines, kinds),
        "amount_reimbursed_12m": Decimal(shares) / 100,
        "aid_natures": sorted(kind for kind in kinds if net(lines, world.month, [kind]) > 0),
        "residence_capacity": decision.category,
    }
    return {column: values[column] if world.authorises(column) else None for column in EXPORT_COLUMNS}


def quality_code(world: World, lines: list[Line], kinds: list[str]) -> str:
    """Of the codes on the + lines of the statement the first in the order 2, 3, 6, 4, then ascending."""
    codes = {
        int(line.quality_code) if line.quality_code else DERIVED_CODE[line.kind]
        for line in lines
        if line.month == world.month and line.sign == "+" and line.kind in kinds
    }
    return str(next((code for code in (2, 3, 6, 4) if code in codes), None) or min(codes))


def aid_periods(world: World, lines: list[Line], decision: Decision) -> list[tuple[str | None, date, date]]:
    """Section 6: runs over twelve statements, per kind where the regime tells kinds apart."""
    rule = world.rule(decision.category)
    assert rule is not None
    recent = in_twelve_months(world, lines)
    if world.regime == "NOTE_2014":
        return [(None, *run) for run in runs(reimbursed_days(recent, counted_kinds(rule)))]
    return [(kind, *run) for kind in counted_kinds(rule) for run in runs(reimbursed_days(recent, [kind]))]
