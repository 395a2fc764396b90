"""Random small populations as landing zones, drawn so that every outcome, ground and correction can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from hypothesis import strategies as st

from dvz_assets.months import Month
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz

# around the codes that change in 2016, the change of regime, and the end of free movement of British nationals
STARTS = ("2018-03", "2015-12", "2020-10")
MONTHS = 5
HOLDS = 12

NATIONALITIES = ("124", "124", "122", "127", "112", "150", "304", "354", "888")
REGISTERS = ("VR", "VR", "VR", "VR", "WR", "BR", "3", "ZZ", "")
DOCUMENTS = (
    "A",
    "A",
    "A",
    "B",
    "C",
    "E",
    "E+",
    "F",
    "F+",
    "K",
    "N",
    "BIJLAGE_15",
    "BIJLAGE_19",
    "BIJLAGE_19TER",
    "ZZ",
    "",
)
MOTIVES = (
    "4.2.1",
    "PH_EU_STUDENT",
    "PH_FAM_EU",
    "PH_FAM_EU_OTHER",
    "PH_FAM_BE",
    "PH_FAM_TCN_10",
    "PH_FAM_TCN_10BIS",
    "PH_FAM_TCN_STUDENT",
    "PH_STUDENT_TCN",
    "PH_STUDENT_TCN",
    "PH_OLD_FAM_EU",
    "PH_ASYLUM",
    "9.9.9",
    "",
)
ARTICLES = ("105", "105", "105", "1169", "102", "109", "1174", "116")
HELP_TYPES = ("101", "101", "101", "114", "105", "103", "PH_OLD_FIN", "ZZ")
# persons whom the rules look for, and a few situations that chance would put together too seldom
LIMITED_STAY = {"verblijfsdocument": "A", "document_geldig_tot": ""}
PROFILES: tuple[dict[str, str], ...] = (
    {"nationaliteit": "124", "verblijfsmotief": "4.2.1", "verblijfsdocument": "E"},
    {"nationaliteit": "122", "verblijfsmotief": "PH_EU_STUDENT", "verblijfsdocument": "E"},
    {"nationaliteit": "124", "verblijfsmotief": "PH_FAM_BE", "verblijfsdocument": "F"},
    {"nationaliteit": "354", "verblijfsmotief": "PH_FAM_EU", "verblijfsdocument": "F"},
    {"nationaliteit": "354", "verblijfsmotief": "PH_FAM_EU_OTHER", "verblijfsdocument": "F"},
    {"nationaliteit": "262", "verblijfsmotief": "PH_FAM_BE", "verblijfsdocument": ""},
    {"nationaliteit": "354", "verblijfsmotief": "PH_FAM_TCN_10", **LIMITED_STAY},
    {"nationaliteit": "262", "verblijfsmotief": "PH_FAM_TCN_10BIS", **LIMITED_STAY},
    {"nationaliteit": "304", "verblijfsmotief": "PH_FAM_TCN_STUDENT", **LIMITED_STAY},
    {"nationaliteit": "304", "verblijfsmotief": "PH_STUDENT_TCN", **LIMITED_STAY},
    {"nationaliteit": "354", "verblijfsmotief": "PH_FAM_EU", "verblijfsdocument": "F+"},
    {"nationaliteit": "112", "verblijfsmotief": "PH_FAM_BE", "verblijfsdocument": "BIJLAGE_19TER"},
)
LIVING_WAGE = {"begrotingsartikel": "102", "categorie": "3"}
ASSISTANCE = {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "101"}
EMPLOYMENT = {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "114"}
# aid of every month, before and after it changes
STEADY_AID: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
    (LIVING_WAGE, LIVING_WAGE),
    (LIVING_WAGE, LIVING_WAGE),
    (ASSISTANCE, ASSISTANCE),
    (EMPLOYMENT, EMPLOYMENT),
    (ASSISTANCE, LIVING_WAGE),
    (ASSISTANCE, LIVING_WAGE),
    (EMPLOYMENT, LIVING_WAGE),
)
AMOUNTS = (89270, 0, 1, 10, 28, 30, 31, 62, 1460, 1461, 30000, 89271)


# a number on the desk's list, and the first and last month for which it holds
Held = tuple[str, Month, Month | None]


class LandingZone(dict[Month, Delivery]):
    """Deliveries by month, which a failing test prints without a person."""

    def __repr__(self) -> str:
        """First month, and how many rows are delivered."""
        rows = sum(len(each.statement) + len(each.persons) for each in self.values())
        return f"LandingZone(from {min(self)}, {rows} rows)"


@st.composite
def landing_zones(draw: st.DrawFn, persons: int = 100) -> LandingZone:
    """Five months of deliveries about some persons, their numbers before, and their aid.

    Each person comes from a number of its own: drawn step by step, a population would be too large to be drawn.
    """
    start = Month.parse(draw(st.sampled_from(STARTS)))
    months = Month.range(start, start.plus(MONTHS - 1))
    zone = LandingZone({month: Delivery(snapshot_date=_snapshot(draw, month)) for month in months})
    seeds = draw(st.lists(st.integers(0, 2**32), min_size=persons // 2, max_size=persons))
    for serial, seed in enumerate(seeds):
        chance = Random(f"{serial} {seed}")
        add = _add_person if chance.random() < 0.6 else _add_signal
        add(chance, zone, months, serial)
    return zone


def snapshots(zone: Mapping[Month, Delivery]) -> list[date]:
    """The days of the snapshots."""
    return [each.snapshot_date for each in zone.values() if each.snapshot_date]


def random_holds(zone: Mapping[Month, Delivery]) -> list[Held]:
    """Some numbers of the register, present or former, which the desk withholds for some months or for good."""
    numbers = sorted({row["insz"] for each in zone.values() for row in each.persons})
    chance, months = Random(repr(zone)), list(zone)
    held = []
    for number in chance.sample(numbers, min(HOLDS, len(numbers))):
        first = chance.choice(months)
        held.append((number, first, chance.choice((None, first, first.next()))))
    return held


def numbers_withheld(holds: Sequence[Held], month: Month) -> frozenset[str]:
    """The numbers on the list that a month withholds."""
    return frozenset(number for number, first, last in holds if first <= month and (last is None or month <= last))


def _snapshot(draw: st.DrawFn, month: Month) -> date:
    return month.first_day + timedelta(days=draw(st.sampled_from((0, 9, 27, 30, 35))))


def _add_person(chance: Random, zone: dict[Month, Delivery], months: list[Month], serial: int) -> None:
    numbers = [synthetic_insz(3 * serial + step) for step in range(3)]
    facts = _facts(chance, months)
    # most deaths become known later than they should
    told_of_death = chance.choice(months[-3:])
    held = _numbers_by_month(chance, zone, months, numbers)
    # days and months only add up for persons who are helped without a break
    steady = chance.choice((None, *STEADY_AID))
    days, change = chance.choice((31, 20)), chance.randint(1, 2)
    so_far: list[Row] = []
    for month in months:
        if chance.random() < 0.9:
            known = facts if month >= told_of_death else {**facts, "overleden_op": ""}
            zone[month].persons.extend({**known, "insz": insz} for insz in held[month].present)
        if chance.random() < 0.05:  # the same row again
            zone[month].persons.extend(zone[month].persons[-1:])
        printed = chance.choice(held[month].printed)
        lines = [_line(chance, month, printed) for _ in range(chance.choice((0, 0, 1, 1, 2)))]
        if steady is not None:
            until = min(month.last_day, month.first_day + timedelta(days=days - 1))
            aid = steady[months.index(month) >= change]
            lines.append(statement_line(printed, month, laatste_dag=f"{until:%Y%m%d}", **aid))
        if so_far:
            lines += _recoveries(chance, month, printed, so_far)
        so_far += lines
        zone[month].statement.extend(lines)


def _add_signal(chance: Random, zone: dict[Month, Delivery], months: list[Month], serial: int) -> None:
    """Somebody whom the rules look for, with aid of few cents a day, most of which is taken back later."""
    held = _numbers_by_month(chance, zone, months, [synthetic_insz(3 * serial + step) for step in range(3)])
    died = months[0].first_day + timedelta(days=chance.randint(0, 70))
    facts = {
        **{"naam": "Naam", "register": "VR", "verblijf_sinds": f"{months[0].year}0101"},
        **chance.choice(PROFILES),
        "overleden_op": f"{died:%Y%m%d}" if chance.random() < 0.2 else "",
    }
    told_of_death, paid_until = chance.choice(months[-2:]), chance.choice(months[1:])
    before, after = chance.choice(STEADY_AID)
    change, share = chance.randint(1, 3), chance.choice((0.1, 0.3, 1))
    so_far: list[Row] = []
    for number, month in enumerate(months):
        known = facts if month >= told_of_death else {**facts, "overleden_op": ""}
        zone[month].persons.extend({**known, "insz": insz} for insz in held[month].present)
        printed = chance.choice(held[month].printed)
        taken_back = [line for line in so_far if chance.random() < share] if chance.random() < 0.4 else []
        lines = [_part_taken_back(chance, month, printed, line, f"X{place}") for place, line in enumerate(taken_back)]
        if month <= paid_until and chance.random() < 0.9:
            paid = [_few_cents(chance, month, printed, before if number < change else after)]
            paid += [_few_cents(chance, month, printed, chance.choice(STEADY_AID)[0])] if chance.random() < 0.2 else []
            so_far += paid
            lines += paid
        zone[month].statement.extend(lines)


def _few_cents(chance: Random, month: Month, printed: str, aid: Row) -> Row:
    """A line whose first and last day are near the ends of a month, of as many cents as it has days, or a few more."""
    first = chance.choice((*[month.first_day] * 4, month.first_day.replace(day=2), month.previous().last_day))
    last = chance.choice((*[month.last_day] * 4, month.last_day - timedelta(days=1), month.first_day.replace(day=12)))
    cents = ((last - first).days + 1) * chance.choice((1, 2, 100)) + chance.choice((0, 0, 0, 1, -1))
    days = {"eerste_dag": f"{first:%Y%m%d}", "laatste_dag": f"{last:%Y%m%d}"}
    return statement_line(printed, month, **{**aid, **days}, bedrag=str(cents), referentie=f"R{chance.randint(1, 99)}")


def _part_taken_back(chance: Random, month: Month, printed: str, line: Row, reference: str) -> Row:
    """A line as a whole, its first or its last day, its days but one, or its cents but one."""
    first, last = (_day(line[name]) for name in ("eerste_dag", "laatste_dag"))
    match chance.choice(("whole", "whole", "whole", "first", "last", "but the first", "but the last", "but a cent")):
        case "first":
            last = first
        case "last":
            first = last
        case "but the first":
            first = min(first + timedelta(days=1), last)
        case "but the last":
            last = max(last - timedelta(days=1), first)
        case "but a cent":
            line = {**line, "bedrag": str(max(int(line["bedrag"]) - 1, 0))}
    days = {"eerste_dag": f"{first:%Y%m%d}", "laatste_dag": f"{last:%Y%m%d}"}
    return _recovery(month, printed, {**line, **days}, reference)


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@dataclass(frozen=True)
class _Held:
    """Present numbers of a person in a month (two before they turn out to be one person), and those on statements."""

    present: list[str]
    printed: list[str]


def _numbers_by_month(
    chance: Random, zone: dict[Month, Delivery], months: list[Month], numbers: list[str]
) -> dict[Month, _Held]:
    """One number, a chain of two or three, or two that are replaced by a third together."""
    first, second, third = numbers
    change = chance.choice(("none", "none", "none", "one", "two", "together"))
    replaced_in = sorted(chance.choice(months) for _ in range({"none": 0, "two": 2}.get(change, 1)))
    pairs = {
        "none": [],
        "one": [(first, second)],
        "two": [(first, second), (second, third)],
        "together": [(first, third), (second, third)],
    }[change]
    if change == "together":
        replaced_in *= 2
    for month, (old, new) in zip(replaced_in, pairs, strict=True):
        zone[month].replacements.append({"oud_insz": old, "nieuw_insz": new, "datum": f"{month.first_day:%Y%m%d}"})
    held = {}
    for month in months:
        replaced = dict(pair for known, pair in zip(replaced_in, pairs, strict=True) if known <= month)
        if change == "together":
            held[month] = _Held([third], numbers) if replaced else _Held([first, second], [first, second])
        else:
            held[month] = _Held([numbers[len(replaced)]], numbers[: len(replaced) + 1])
    return held


def _facts(chance: Random, months: list[Month]) -> Row:
    first, last = months[0].first_day, months[-1].last_day

    def day() -> str:
        return f"{first + timedelta(days=chance.randint(0, (last - first).days)):%Y%m%d}"

    facts = {
        "naam": "Naam",
        "voornamen": chance.choice(("Voornaam", "")),
        "nationaliteit": chance.choice(NATIONALITIES),
        "land_van_herkomst": chance.choice(("", "354")),
        "register": chance.choice(REGISTERS),
        "verblijfsdocument": chance.choice(DOCUMENTS),
        "document_geldig_tot": chance.choice(("", day())),
        "verblijfsmotief": chance.choice(MOTIVES),
        "verblijf_sinds": chance.choice(
            ("", f"{last.year - 5}0228", f"{last.year - 5}{last:%m}10", "20120229", "20160229", "20140601")
        ),
        "overleden_op": day() if chance.random() < 0.15 else "",
    }
    if chance.random() < 0.6:
        profile = chance.choice(PROFILES) | {"register": "VR", "verblijf_sinds": f"{last.year}0101"}
        different = chance.choice(("", "", "", "", *profile, "verblijf_sinds"))
        facts |= {column: value for column, value in profile.items() if column != different}
    return facts


def _line(chance: Random, month: Month, insz: str) -> Row:
    first = month.minus(chance.choice((0, 0, 0, 1, 2, 4))).first_day
    first += timedelta(days=chance.choice((0, 0, 0, 9, 20)))
    last = min(month.last_day, first + timedelta(days=chance.choice((0, 9, 27, 30, 30, 30, 89))))
    law = chance.choice(("1", "1", "1", "2", "2", "6"))
    return statement_line(
        insz,
        month,
        wetgeving=law,
        begrotingsartikel={"1": chance.choice(ARTICLES), "2": "PH_201", "6": "PH_601"}[law],
        hulptype=chance.choice(HELP_TYPES) if law == "2" else "",
        eerste_dag=f"{first:%Y%m%d}",
        laatste_dag=f"{last:%Y%m%d}",
        teken=chance.choice(("+", "+", "+", "+", "-")),
        bedrag=str(chance.choice(AMOUNTS)),
        categorie=chance.choice(("", "1", "3")),
        hoedanigheidscode=chance.choice(("", "", "", "2", "03", "6", "4", "1", "10")),
        ocmw_nis=chance.choice(("11002", "44021")),
        referentie=f"R{chance.randint(1, 99)}",
    )


def _recoveries(chance: Random, month: Month, printed: str, so_far: list[Row]) -> list[Row]:
    """Nothing most often; an earlier line taken back, whole or in part, or all that was paid so far."""
    extent = chance.choice(("none",) * 6 + ("line", "half", "day", "everything"))
    if extent == "none":
        return []
    if extent == "everything":
        return [_recovery(month, printed, line, f"X{number}") for number, line in enumerate(so_far)]
    line = chance.choice(so_far)
    if extent == "half":
        line = {**line, "bedrag": str(int(line["bedrag"]) // 2)}
    elif extent == "day":
        line = {**line, "laatste_dag": line["eerste_dag"]}
    return [_recovery(month, printed, line, "X")]


def _recovery(month: Month, printed: str, line: Row, reference: str) -> Row:
    """The opposite of a line, in the statement of a later month."""
    opposite = {"+": "-", "-": "+"}[line["teken"]]
    return {**line, "insz": printed, "jaarmaand": month.yyyymm, "teken": opposite, "referentie": reference}
