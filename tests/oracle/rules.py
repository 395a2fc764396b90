"""Sections 3 to 7 of rules.md in plain Python: one function per test, in its order; one person at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.cases.outcomes import OUTCOMES
from tests.oracle.knowledge import Knowledge, first_day, known_by_month, last_day, months_earlier
from tests.oracle.landing import Line, Row, parse_date, valid_on

STEPS = ("SELECTION_ONE", *OUTCOMES, "ANNEX_19")
BEFORE_CATEGORY = STEPS[1:8]
AFTER_SELECTION_TWO = ("NO_COUNTED_AID", "BELOW_THRESHOLD", "WITHHELD", "SENT")
EXPORT_COLUMNS = (
    "insz",
    "last_name",
    "first_names",
    "country_of_origin",
    "aid_amount_granted",
    "aid_amount_12m",
    "quality_code",
    "amount_reimbursed_12m",
    "aid_natures",
    "residence_capacity",
)
DERIVED_CODE = {"LIVING_WAGE": 2, "ASSISTANCE": 3, "ASSISTANCE_EMPLOYMENT": 6, "INTEGRATION_OTHER": 4}
NOBODY: Mapping[str, frozenset[str]] = {}


@dataclass(frozen=True)
class Counters:
    """Section 3: what the days and months of a person count up to, for one rule."""

    living_wage_days: int
    longest_living_wage_run: int
    assistance_months: int


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
class Indicator:
    """Section 7: the twelve-month aid of a student who is sent against the monthly living wage; amounts in EUR."""

    aid_amount_12m: Decimal
    monthly_living_wage: Decimal
    living_wage_category: str
    category_is_assumed: bool
    exceeds: bool


@dataclass(frozen=True)
class MonthResult:
    """Everything that a month must give."""

    decisions: dict[str, Decision]
    intersection: set[str]
    export: dict[str, dict[str, Any]]
    periods: list[tuple[str, str | None, date, date]]
    indicators: dict[str, Indicator]
    rejects: list[tuple[str, str, int, str]]
    funnel: dict[str, int]
    nets: dict[str, tuple[int, int]]


def compute(
    landing: Path,
    reference_folder: Path,
    month: str,
    country_of_origin: str = "nationality",
    withheld: Mapping[str, frozenset[str]] = NOBODY,
) -> MonthResult:
    """What the flow must give for ``month``, from the deliveries of the months up to it."""
    known = known_by_month(landing, reference_folder)[month]
    return judge_everybody(known, country_of_origin, withheld.get(month, frozenset()))


def judge_everybody(
    known: Knowledge, country_of_origin: str = "nationality", withheld: frozenset[str] = frozenset()
) -> MonthResult:
    """Decide person by person, and export who is sent; ``withheld`` are numbers that the desk holds back this month."""
    held_back = {known.present_number(insz) for insz in withheld}
    decisions, export, periods, indicators, nets = {}, {}, [], {}, {}
    for insz, lines in known.lines_by_person.items():
        if max(nets_of(known, lines)) <= 0:
            continue
        nets[insz] = nets_of(known, lines)
        decision = decide(known, lines, known.register.get(insz), is_withheld=insz in held_back)
        decisions[insz] = decision
        if decision.outcome == "SENT":
            person = known.register[insz]
            export[insz] = export_row(known, lines, person, decision, country_of_origin)
            if known.authorises("aid_periods", decision.category):
                periods += [(insz, *period) for period in aid_periods(known, lines, decision)]
            if decision.category in ("TCN_STUDENT", "TCN_STUDENT_FAMILY"):
                indicators[insz] = threshold_indicator(known, lines, decision)
    return MonthResult(
        decisions,
        {insz for insz, decision in decisions.items() if decision.outcome in AFTER_SELECTION_TWO},
        export,
        periods,
        indicators,
        [(reject.source, reject.file, reject.line, reject.reason) for reject in known.rejects],
        funnel(known, decisions),
        nets,
    )


def funnel(known: Knowledge, decisions: dict[str, Decision]) -> dict[str, int]:
    """Persons by step (contract 5.1)."""
    persons = Counter(decision.outcome for decision in decisions.values())
    persons["SELECTION_ONE"] = len(decisions)
    persons["ANNEX_19"] = sum(
        decision.outcome in ("NO_RESIDENCE_MOTIVE", "RIGHT_NOT_RECOGNISED")
        and known.register[insz]["verblijfsdocument"] in ("BIJLAGE_19", "BIJLAGE_19TER")
        for insz, decision in decisions.items()
    )
    return {step: persons[step] for step in STEPS}


def net(lines: Iterable[Line], month: str, kinds: Iterable[str]) -> int:
    """Statement net of some kinds in a month, in cents."""
    wanted = set(kinds)
    return sum(line.amount for line in lines if line.month == month and line.kind in wanted)


def nets_of(known: Knowledge, lines: list[Line]) -> tuple[int, int]:
    """Section 4, selection one: net of integration, and of assistance; one of them has to be positive."""
    integration = net(lines, known.month, ("LIVING_WAGE", "INTEGRATION_OTHER"))
    return integration, net(lines, known.month, ("ASSISTANCE", "ASSISTANCE_EMPLOYMENT"))


def days_of(line: Line) -> list[date]:
    """The days of a line, both ends included."""
    return [line.first + timedelta(days=offset) for offset in range((line.last - line.first).days + 1)]


def reimbursed_days(lines: Iterable[Line], kinds: Iterable[str]) -> list[date]:
    """Section 3: days on which the sum over all lines of these kinds is at least one cent, in order."""
    wanted = set(kinds)
    per_day: dict[date, Fraction] = {}
    for line in lines:
        if line.kind in wanted and line.amount:
            days = days_of(line)
            a_day = Fraction(line.amount, len(days))
            for day in days:
                per_day[day] = per_day[day] + a_day if day in per_day else a_day
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


def count(rule: Row, month: str, lines: list[Line]) -> Counters:
    """Section 3: the counters of a rule at a month, of the days up to its end."""
    living_wage = [day for day in reimbursed_days(lines, ["LIVING_WAGE"]) if day <= last_day(month)]
    if rule["living_wage_window_months"]:
        begin = first_day(months_earlier(month, int(rule["living_wage_window_months"]) - 1))
        living_wage = [day for day in living_wage if day >= begin]
    longest = max(((end - begin).days + 1 for begin, end in runs(living_wage)), default=0)
    assistance = [day for day in reimbursed_days(lines, assistance_kinds(rule)) if day <= last_day(month)]
    days_by_month = Counter(f"{day:%Y-%m}" for day in assistance)
    if rule["assistance_month_mode"] == "WHOLE_MONTH":
        months = sum(days == last_day(each).day for each, days in days_by_month.items())
    else:
        assert rule["assistance_month_mode"] == "ANY_DAY"
        months = len(days_by_month)
    return Counters(len(living_wage), longest, months)


def selection_two(known: Knowledge, person: Row | None) -> tuple[str | None, str | None]:
    """Section 4, selection two: the first test that fails (None: all pass), and the category where it is looked at."""
    failed, category = failed_test(known, person)
    return failed, None if failed in BEFORE_CATEGORY else category


def failed_test(known: Knowledge, person: Row | None) -> tuple[str | None, str | None]:
    """Tests 1 to 8; what the rule asks follows in ``failed_test_of_rule``."""
    if person is None:
        return "NOT_IN_REGISTER", None
    died = parse_date(person["overleden_op"])
    if died is not None and died <= known.reference_date:
        return "DECEASED", None
    if person["nationaliteit"] == "150":
        return "BELGIAN", None
    registers = {row["code"]: row["register"] for row in known.reference["registers"]}
    if person["register"] not in registers:
        return "REGISTER_UNKNOWN", None
    if registers[person["register"]] == "BR":
        return "POPULATION_REGISTER", None
    if not person["verblijfsmotief"]:
        return "NO_RESIDENCE_MOTIVE", None
    motive = known.motive(person)
    if motive is None:
        return "MOTIVE_UNMAPPED", None
    rule = known.rule(motive["category"])
    if rule is None:
        return "MOTIVE_NOT_TARGETED", motive["category"]
    return failed_test_of_rule(known, person, rule), motive["category"]


def failed_test_of_rule(known: Knowledge, person: Row, rule: Row) -> str | None:
    """Tests 9 to 15."""
    is_eu = known.has_free_movement(person["nationaliteit"])
    if rule["required_nationality"] and (rule["required_nationality"] == "EU") != is_eu:
        return "NATIONALITY_NOT_TARGETED"
    if rule["requires_recognised_right"] == "true" and has_document(known, person, "NONE"):
        return "RIGHT_NOT_RECOGNISED"
    if rule["requires_limited_stay"] == "true":
        documents = known.reference["residence_documents"]
        document = valid_on(documents, known.reference_date, code=person["verblijfsdocument"])
        expires = parse_date(person["document_geldig_tot"])
        if document is None or (expires is not None and expires < known.reference_date):
            return "LIMITED_STAY_UNKNOWN"
        if document["residence_right"] != "LIMITED":
            return "STAY_NOT_LIMITED"
    if rule["excludes_permanent_card"] == "true" and has_document(known, person, "PERMANENT"):
        return "PERMANENT_CARD"
    years = rule["max_residence_years_eu_national" if is_eu else "max_residence_years_third_country"]
    if years:
        since = parse_date(person["verblijf_sinds"])
        if since is None:
            return "RESIDENCE_START_UNKNOWN"
        if known.reference_date >= years_later(since, int(years)):
            return "RESIDENCE_TOO_LONG"
    return None


def has_document(known: Knowledge, person: Row, right: str) -> bool:
    """Whether the code of the person's document has a right, whatever its validity or expiry."""
    documents = known.reference["residence_documents"]
    return person["verblijfsdocument"] in {row["code"] for row in documents if row["residence_right"] == right}


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


def decide(known: Knowledge, lines: list[Line], person: Row | None, *, is_withheld: bool) -> Decision:
    """Sections 4 and 5 for one person of selection one."""
    failed, category = selection_two(known, person)
    rule = known.rule(category)
    if rule is None:
        return Decision(str(failed), category, [], None, None, None)
    counters = count(rule, known.month, lines)
    grounds: list[str] = []
    outcome = failed
    if outcome is None and net(lines, known.month, counted_kinds(rule)) <= 0:
        outcome = "NO_COUNTED_AID"
    if outcome is None:
        grounds = holding_grounds(known.month, lines, rule, counters)
        outcome = "SENT" if grounds else "BELOW_THRESHOLD"
    if outcome == "SENT" and is_withheld:
        outcome, grounds = "WITHHELD", []
    return Decision(
        outcome,
        category,
        grounds,
        counters.living_wage_days,
        counters.longest_living_wage_run,
        counters.assistance_months,
    )


def holding_grounds(month: str, lines: list[Line], rule: Row, counters: Counters) -> list[str]:
    """Section 5: the grounds of the rule that hold, sorted."""
    plus_lines = [line for line in lines if (line.month, line.kind, line.sign) == (month, "LIVING_WAGE", "+")]
    assistance = reimbursed_days(lines, assistance_kinds(rule))
    holds = {
        "LIVING_WAGE_90_DAYS": has_the_days(rule, counters),
        "SOCIAL_ASSISTANCE": net(lines, month, assistance_kinds(rule)) > 0,
        "LIVING_WAGE_AFTER_ASSISTANCE": net(lines, month, ["LIVING_WAGE"]) > 0
        and has_assistance_before(rule, plus_lines, assistance),
        "ASSISTANCE_4_MONTHS": has_the_months(rule, counters),
    }
    return sorted(ground for ground in rule["grounds"].split(" ") if holds[ground])


def has_the_days(rule: Row, counters: Counters) -> bool:
    """Whether the days of living wage, or the longest run of them, reach what the rule asks."""
    if not rule["min_living_wage_days"]:
        return False
    days = {"CUMULATIVE": counters.living_wage_days, "CONSECUTIVE": counters.longest_living_wage_run}
    return days[rule["living_wage_days_mode"]] >= int(rule["min_living_wage_days"])


def has_the_months(rule: Row, counters: Counters) -> bool:
    """Whether the months of assistance reach what the rule asks."""
    return bool(rule["min_assistance_months"]) and counters.assistance_months >= int(rule["min_assistance_months"])


def has_assistance_before(rule: Row, living_wage_lines: list[Line], assistance: list[date]) -> bool:
    """Whether one of the assistance days lies before the first day of the living wage, and not too long before."""
    if not living_wage_lines:
        return False
    begin = min(line.first for line in living_wage_lines)
    earliest = date.min
    if rule["assistance_before_months"]:
        earliest = first_day(months_earlier(f"{begin:%Y-%m}", int(rule["assistance_before_months"])))
    return any(earliest <= day < begin for day in assistance)


def in_twelve_months(known: Knowledge, lines: Iterable[Line]) -> list[Line]:
    """Lines of the statements M-11 to M."""
    return [line for line in lines if months_earlier(known.month, 11) <= line.month <= known.month]


def aid_in_twelve_months(known: Knowledge, lines: list[Line], rule: Row) -> Decimal:
    """The counted aid of twelve statements at 100 %, net, in EUR."""
    kinds = counted_kinds(rule)
    return Decimal(sum(line.amount for line in in_twelve_months(known, lines) if line.kind in kinds)) / 100


def rule_of(known: Knowledge, decision: Decision) -> Row:
    """The rule by which a person was sent."""
    rule = known.rule(decision.category)
    assert rule is not None
    return rule


def export_row(
    known: Knowledge, lines: list[Line], person: Row, decision: Decision, country_of_origin: str
) -> dict[str, Any]:
    """Section 6: what is sent; None where export_fields does not list the column."""
    rule = rule_of(known, decision)
    kinds = counted_kinds(rule)
    motive = known.motive(person)
    assert motive is not None
    origin = person["land_van_herkomst"] if country_of_origin == "it006" else person["nationaliteit"]
    shares = sum(line.share for line in in_twelve_months(known, lines) if line.kind in kinds)
    values = {
        "insz": person["insz"],
        "last_name": person["naam"],
        "first_names": person["voornamen"] or None,
        "country_of_origin": origin or None,
        "aid_amount_granted": Decimal(net(lines, known.month, kinds)) / 100,
        "aid_amount_12m": aid_in_twelve_months(known, lines, rule),
        "quality_code": quality_code(known, lines, kinds),
        "amount_reimbursed_12m": Decimal(shares) / 100,
        "aid_natures": sorted(kind for kind in kinds if net(lines, known.month, [kind]) > 0),
        "residence_capacity": motive["capacity"],
    }
    category = decision.category
    return {column: values[column] if known.authorises(column, category) else None for column in EXPORT_COLUMNS}


def quality_code(known: Knowledge, lines: list[Line], kinds: list[str]) -> str:
    """Of the codes on the + lines of the statement the first in the order 2, 3, 6, 4, then ascending."""
    codes = {
        int(line.quality_code) if line.quality_code else DERIVED_CODE[line.kind]
        for line in lines
        if line.month == known.month and line.sign == "+" and line.kind in kinds
    }
    return str(next((code for code in (2, 3, 6, 4) if code in codes), None) or min(codes))


def aid_periods(known: Knowledge, lines: list[Line], decision: Decision) -> list[tuple[str | None, date, date]]:
    """Section 6: runs over twelve statements, per kind where the regime tells kinds apart."""
    kinds = counted_kinds(rule_of(known, decision))
    recent = in_twelve_months(known, lines)
    if known.regime == "NOTE_2014":
        return [(None, *run) for run in runs(reimbursed_days(recent, kinds))]
    return [(kind, *run) for kind in kinds for run in runs(reimbursed_days(recent, [kind]))]


def threshold_indicator(known: Knowledge, lines: list[Line], decision: Decision) -> Indicator:
    """Section 7: more than three times the living wage of the person's category, which is 2 when no line has one."""
    categories = [line for line in lines if line.kind == "LIVING_WAGE" and line.living_wage_category]
    # of two lines that are equally late, the later in the statement
    latest = max(reversed(categories), key=lambda line: (line.month, line.last), default=None)
    category = latest.living_wage_category if latest else "2"
    amounts = [
        row
        for row in known.reference["living_wage_amounts"]
        if date.fromisoformat(row["valid_from"]) <= last_day(known.month)
    ]
    monthly = Decimal(max(amounts, key=lambda row: row["valid_from"])[f"category_{category}"])
    aid = aid_in_twelve_months(known, lines, rule_of(known, decision))
    return Indicator(aid, monthly, category, latest is None, aid > 3 * monthly)
