"""Random small populations as landing zones, drawn so that every outcome and ground of rules.md can be reached."""

from datetime import date, timedelta

from hypothesis import strategies as st

from dvz_assets.months import Month
from tests.cases.landing_writer import Delivery, Row, statement_line, synthetic_insz

# around the codes that change in 2016, the change of regime, and the end of free movement of British nationals
STARTS = ("2015-11", "2018-03", "2020-10")
MONTHS = 5

NATIONALITIES = ("124", "124", "122", "127", "112", "150", "304", "354", "888")
REGISTERS = ("VR", "VR", "VR", "VR", "WR", "BR", "3", "ZZ", "")
DOCUMENTS = ("A", "A", "A", "B", "E", "F", "F+", "K", "BIJLAGE_15", "BIJLAGE_19", "ZZ", "")
MOTIVES = (
    "4.2.1",
    "4.2.1",
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
# situations that chance alone would put together too seldom
PROFILES: tuple[dict[str, str], ...] = (
    {},
    {},
    {},
    {"register": "VR", "nationaliteit": "354", "verblijfsmotief": "PH_FAM_EU", "verblijfsdocument": "F+"},
    {"register": "VR", "nationaliteit": "304", "verblijfsmotief": "PH_STUDENT_TCN"},
    {"register": "VR", "nationaliteit": "124", "verblijfsmotief": "4.2.1", "verblijfsdocument": "E"},
)
STEADY_AID: tuple[dict[str, str], ...] = (
    {"begrotingsartikel": "102"},
    {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "101"},
    {"wetgeving": "2", "begrotingsartikel": "PH_201", "hulptype": "114"},
)
AMOUNTS = (0, 1, 10, 28, 30, 31, 62, 1460, 1461, 30000, 89270, 89271)


@st.composite
def landing_zones(draw: st.DrawFn, persons: int = 30) -> dict[Month, Delivery]:
    """Five months of deliveries about some persons, their numbers before, and their aid."""
    start = Month.parse(draw(st.sampled_from(STARTS)))
    months = Month.range(start, start.plus(MONTHS - 1))
    zone = {month: Delivery(snapshot_date=_snapshot(draw, month)) for month in months}
    for serial in range(draw(st.integers(persons // 2, persons))):
        _add_person(draw, zone, months, serial)
    return zone


def _snapshot(draw: st.DrawFn, month: Month) -> date:
    return month.first_day + timedelta(days=draw(st.sampled_from((0, 9, 27, 30, 35))))


def _add_person(draw: st.DrawFn, zone: dict[Month, Delivery], months: list[Month], serial: int) -> None:
    numbers = [synthetic_insz(3 * serial + step) for step in range(3)]
    changes = draw(st.sampled_from((0, 0, 0, 1, 2)))
    replaced_in = sorted(draw(st.sampled_from(months)) for _ in range(changes))
    for step, month in enumerate(replaced_in):
        pair = {"oud_insz": numbers[step], "nieuw_insz": numbers[step + 1], "datum": f"{month.first_day:%Y%m%d}"}
        zone[month].replacements.append(pair)
    facts = draw(_facts(months))
    # days and months only add up for persons who are helped without a break
    steady = draw(st.sampled_from((None, *STEADY_AID)))
    for month in months:
        present = numbers[sum(each <= month for each in replaced_in)]
        if draw(st.sampled_from((True, True, True, True, True, True, True, False))):
            zone[month].persons.append({**facts, "insz": present})
        printed = numbers[draw(st.integers(0, numbers.index(present)))]
        if steady is not None:
            zone[month].statement.append(statement_line(printed, month, **steady))
        zone[month].statement.extend(
            draw(_line(month, printed)) for _ in range(draw(st.sampled_from((0, 1, 1, 1, 1, 2, 3))))
        )


@st.composite
def _facts(draw: st.DrawFn, months: list[Month]) -> Row:
    last = months[-1].last_day
    since = st.sampled_from(
        ("", f"{last.year - 5}0228", f"{last.year - 5}{last:%m}10", "20120229", "20160229", "20140601")
    )
    day = st.dates(months[0].first_day, last).map(lambda drawn: f"{drawn:%Y%m%d}")
    seldom = st.sampled_from((False,) * 9 + (True,))
    return {
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
        **draw(st.sampled_from(PROFILES)),
    }


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
        hoedanigheidscode=draw(st.sampled_from(("", "", "", "2", "03", "6", "4", "1", "10"))),
        ocmw_nis=draw(st.sampled_from(("11002", "44021"))),
        referentie=f"R{draw(st.integers(1, 99))}",
    )
