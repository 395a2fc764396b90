"""Random small populations as landing zones, drawn so that every outcome, ground and correction can be reached."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import strategies as st

from dvz_assets.months import Month
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz

# around the codes that change in 2016, the change of regime, and the end of free movement of British nationals
STARTS = ("2018-03", "2015-12", "2020-10")
MONTHS = 5

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
    (ASSISTANCE, ASSISTANCE),
    (EMPLOYMENT, EMPLOYMENT),
    (ASSISTANCE, LIVING_WAGE),
    (EMPLOYMENT, LIVING_WAGE),
)
AMOUNTS = (89270, 0, 1, 10, 28, 30, 31, 62, 1460, 1461, 30000, 89271)


@st.composite
def landing_zones(draw: st.DrawFn, persons: int = 40) -> dict[Month, Delivery]:
    """Five months of deliveries about some persons, their numbers before, and their aid."""
    start = Month.parse(draw(st.sampled_from(STARTS)))
    months = Month.range(start, start.plus(MONTHS - 1))
    zone = {month: Delivery(snapshot_date=_snapshot(draw, month)) for month in months}
    for serial in range(draw(st.integers(persons * 3 // 4, persons))):
        _add_person(draw, zone, months, serial)
    return zone


def _snapshot(draw: st.DrawFn, month: Month) -> date:
    return month.first_day + timedelta(days=draw(st.sampled_from((0, 9, 27, 30, 35))))


def _add_person(draw: st.DrawFn, zone: dict[Month, Delivery], months: list[Month], serial: int) -> None:
    numbers = [synthetic_insz(3 * serial + step) for step in range(3)]
    facts = draw(_facts(months))
    # most deaths become known later than they should
    told_of_death = draw(st.sampled_from(months[-3:]))
    held = _numbers_by_month(draw, zone, months, numbers)
    # days and months only add up for persons who are helped without a break
    steady = draw(st.sampled_from((None, None, *STEADY_AID)))
    days, change = draw(st.sampled_from((31, 31, 20))), draw(st.integers(1, len(months) - 1))
    so_far: list[Row] = []
    for month in months:
        if draw(st.sampled_from((True,) * 7 + (False,))):
            known = facts if month >= told_of_death else {**facts, "overleden_op": ""}
            zone[month].persons.extend({**known, "insz": insz} for insz in held[month].present)
        printed = draw(st.sampled_from(held[month].printed))
        lines = [draw(_line(month, printed)) for _ in range(draw(st.sampled_from((1, 0, 1, 1, 2))))]
        if steady is not None:
            until = min(month.last_day, month.first_day + timedelta(days=days - 1))
            aid = steady[months.index(month) >= change]
            lines.append(statement_line(printed, month, laatste_dag=f"{until:%Y%m%d}", **aid))
        if so_far:
            lines += draw(_recoveries(month, printed, so_far))
        so_far += lines
        zone[month].statement.extend(lines)


@dataclass(frozen=True)
class _Held:
    """Present numbers of a person in a month (two before they turn out to be one person), and those on statements."""

    present: list[str]
    printed: list[str]


def _numbers_by_month(
    draw: st.DrawFn, zone: dict[Month, Delivery], months: list[Month], numbers: list[str]
) -> dict[Month, _Held]:
    """One number, a chain of two or three, or two that are replaced by a third together."""
    first, second, third = numbers
    change = draw(st.sampled_from(("none", "none", "one", "two", "together")))
    replaced_in = sorted(draw(st.sampled_from(months)) for _ in range({"none": 0, "two": 2}.get(change, 1)))
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


@st.composite
def _recoveries(draw: st.DrawFn, month: Month, printed: str, so_far: list[Row]) -> list[Row]:
    """Nothing most often; an earlier line taken back, whole or in part, or all that was paid so far."""
    extent = draw(st.sampled_from(("none",) * 5 + ("line", "half", "day", "everything")))
    if extent == "none":
        return []
    if extent == "everything":
        return [_recovery(month, printed, line, f"X{number}") for number, line in enumerate(so_far)]
    line = draw(st.sampled_from(so_far))
    if extent == "half":
        line = {**line, "bedrag": str(int(line["bedrag"]) // 2)}
    elif extent == "day":
        line = {**line, "laatste_dag": line["eerste_dag"]}
    return [_recovery(month, printed, line, "X")]


def _recovery(month: Month, printed: str, line: Row, reference: str) -> Row:
    """The opposite of a line, in the statement of a later month."""
    opposite = {"+": "-", "-": "+"}[line["teken"]]
    return {**line, "insz": printed, "jaarmaand": month.yyyymm, "teken": opposite, "referentie": reference}


@st.composite
def _facts(draw: st.DrawFn, months: list[Month]) -> Row:
    last = months[-1].last_day
    since = st.sampled_from(
        ("", "", f"{last.year - 5}0228", f"{last.year - 5}{last:%m}10", "20120229", "20160229", "20140601")
    )
    day = st.dates(months[0].first_day, last).map(lambda drawn: f"{drawn:%Y%m%d}")
    seldom = st.sampled_from((False,) * 5 + (True,))
    facts = {
        "naam": "Naam",
        "voornamen": draw(st.sampled_from(("Voornaam", ""))),
        "nationaliteit": draw(st.sampled_from(NATIONALITIES)),
        "land_van_herkomst": draw(st.sampled_from(("", "354"))),
        "register": draw(st.sampled_from(REGISTERS)),
        "verblijfsdocument": draw(st.sampled_from(DOCUMENTS)),
        "document_geldig_tot": draw(day) if draw(st.booleans()) else "",
        "verblijfsmotief": draw(st.sampled_from(MOTIVES)),
        "verblijf_sinds": draw(since),
        "overleden_op": draw(day) if draw(seldom) else "",
    }
    if draw(st.sampled_from((True, True, False))):
        profile = draw(st.sampled_from(PROFILES)) | {"register": "VR", "verblijf_sinds": f"{last.year - 1}0615"}
        different = draw(st.sampled_from((*profile, "", "", "", "", "", "")))
        facts |= {column: value for column, value in profile.items() if column != different}
    return facts


@st.composite
def _line(draw: st.DrawFn, month: Month, insz: str) -> Row:
    first = month.minus(draw(st.sampled_from((0, 0, 0, 1, 2, 4)))).first_day
    first += timedelta(days=draw(st.sampled_from((0, 0, 0, 9, 20))))
    last = min(month.last_day, first + timedelta(days=draw(st.sampled_from((0, 9, 27, 30, 30, 30, 89)))))
    kind = draw(st.sampled_from(("1", "1", "1", "2", "2", "6")))
    sign = draw(st.sampled_from(("+", "+", "+", "+", "-")))
    return statement_line(
        insz,
        month,
        wetgeving=kind,
        begrotingsartikel={"1": draw(st.sampled_from(ARTICLES)), "2": "PH_201", "6": "PH_601"}[kind],
        hulptype=draw(st.sampled_from(HELP_TYPES)) if kind == "2" else "",
        eerste_dag=f"{first:%Y%m%d}",
        laatste_dag=f"{last:%Y%m%d}",
        teken=sign,
        bedrag=str(draw(st.sampled_from(AMOUNTS))),
        categorie=draw(st.sampled_from(("", "1", "3"))),
        hoedanigheidscode=draw(st.sampled_from(("", "", "", "2", "03", "6", "4", "1", "10"))),
        ocmw_nis=draw(st.sampled_from(("11002", "44021"))),
        referentie=f"R{draw(st.integers(1, 99))}",
    )
