"""Random tables for month_measures, drawn so that each limit of it is on both sides of some count."""

from collections.abc import Iterator
from datetime import date
from random import Random

import duckdb
import polars as pl

from dvz_assets.flow.polars_in_duckdb import registered
from dvz_assets.months import Month
from tests.oracle.measures import Row, Tables, measures

MONTH = Month.parse("2019-06")
DAY = MONTH.first_day
CASES = 16
OCMWS = (
    "11002",
    "21004",
    "25072",
    "25073",
    "31005",
    "41002",
    "52011",
    "62063",
    "71016",
    "81001",
    "92094",
    "01001",
    "20001",
)
SCHEMAS: dict[str, dict[str, type[pl.DataType] | pl.DataType]] = {
    "statement_lines": {
        **{"insz": pl.Int64, "ocmw_nis": pl.String, "begrotingsartikel": pl.String, "hulptype": pl.String},
        **{"aid_kind": pl.String, "teken": pl.String, "amount_cents": pl.Int64, "laatste_dag": pl.Date},
    },
    "lines_before": {"insz": pl.Int64},
    "recent_lines": {"insz": pl.Int64, "month": pl.Date},
    "identity_map": {"old_insz": pl.Int64, "present_insz": pl.Int64},
    "register_persons": dict.fromkeys(("register", "verblijfsdocument", "verblijfsmotief", "nationaliteit"), pl.String),
    "statement_month": {"month": pl.Date, "received_rows": pl.List(pl.String)},
    "registers": {"code": pl.String},
    "residence_documents": {"code": pl.String},
    "residence_motives": {"code": pl.String, "category": pl.String, "capacity": pl.String, "valid_from": pl.Date},
    "countries": {"nis_code": pl.String, "iso2": pl.String},
    "free_movement": {"iso2": pl.String, "valid_from": pl.Date, "valid_to": pl.Date},
    "earlier_measures": {
        **{"month": pl.Date, "measure": pl.String, "code": pl.String},
        **{"value": pl.Int64, "whole": pl.Int64},
    },
}
# every code twice, as where it is dated; what holds from or until the month itself, and what does not
REFERENCE: Tables = {
    "registers": [{"code": code} for code in ("BR", "VR", "WR", "VR")],
    "residence_documents": [{"code": code} for code in ("A", "F", "A")],
    "residence_motives": [
        {"code": code, "category": category, "capacity": "STUDENT", "valid_from": date(year, 1, 1)}
        for code, category, year in (("1", "OLD", 2008), ("1", "NEW", 2015), ("2", "NEW", 2015), ("2", "OLD", 2008))
    ],
    "countries": [{"nis_code": f"{number}", "iso2": iso2} for number, iso2 in enumerate(("BE", *"ABCDE"), start=150)],
    "free_movement": [
        {"iso2": iso2, "valid_from": date(*valid_from), "valid_to": date(*valid_to)}
        for iso2, valid_from, valid_to in (
            ("BE", (1958, 1, 1), (9999, 12, 31)),
            ("A", (2019, 6, 1), (9999, 12, 31)),
            ("B", (1958, 1, 1), (2019, 6, 1)),
            ("E", (1958, 1, 1), (9999, 12, 31)),
            ("E", (1958, 1, 1), (9999, 12, 31)),
            ("C", (2019, 6, 2), (9999, 12, 31)),
            ("D", (1958, 1, 1), (2019, 5, 31)),
        )
    ],
}


def cases() -> Iterator[Tables]:
    """Months with everything that a SELECT of month_measures reads."""
    yield from (_drawn(Random(number), number) for number in range(CASES))
    yield _sizes()
    yield _exactly_far()


def load(connection: duckdb.DuckDBPyConnection, tables: Tables) -> None:
    """Make the tables in the schema in use."""
    for name, schema in SCHEMAS.items():
        with registered(connection, "drawn", pl.DataFrame(list(tables[name]), schema=schema)):
            connection.execute(f"CREATE TABLE {name} AS FROM drawn")


def _drawn(chance: Random, number: int) -> Tables:
    lines = [_line(chance, insz=chance.randrange(90)) for _ in range((150, 40, 12, 0)[number % 4])]
    persons = chance.choices(("BR", "VR", "WR", "ZZ", None), k=chance.choice((0, 30, 90)))
    tables = {
        **REFERENCE,
        "statement_lines": lines,
        "lines_before": [{"insz": chance.randrange(99)} for _ in range(chance.choice((0, 60)))],
        "recent_lines": [
            {"insz": insz, "month": MONTH.minus(ago).first_day}
            for insz, months in enumerate((1, 2, 5, 6, 11, 12, 12, 12, 3, 9) * 3)
            for ago in range(months)
            if chance.random() < 0.95
            for _ in range(chance.choice((1, 2)))
        ],
        "identity_map": [{"old_insz": old, "present_insz": old + 10} for old in range(3)],
        "register_persons": [
            {
                "register": register,
                "verblijfsdocument": chance.choice(("A", "F", "ZZ", None)),
                "verblijfsmotief": chance.choice(("1", "2", "9", None)),
                "nationaliteit": chance.choice(("150", "151", "152", "153", "154", "155", "999", None)),
            }
            for register in persons
        ],
        "statement_month": [{"month": DAY, "received_rows": _received(chance)}],
        "earlier_measures": [],
    }
    return {**tables, "earlier_measures": list(_earlier(chance, tables))}


def _line(chance: Random, **given: object) -> Row:
    return {
        "insz": 0,
        "ocmw_nis": chance.choice(OCMWS),
        "begrotingsartikel": chance.choice(("105", "102")),
        "hulptype": chance.choice((None, "101", "114")),
        "aid_kind": chance.choice(("LIVING_WAGE", "ASSISTANCE", "OTHER")),
        "teken": chance.choice("++-"),
        "amount_cents": chance.choice((0, 1, -500, 89270, 123456)),
        "laatste_dag": MONTH.minus(chance.choice((0, 0, 1, 2, 3, 4, 9))).last_day,
        **given,
    }


def _received(chance: Random) -> list[str]:
    rows = ["aid_history delivered 300", "aid_history rejected 9", "aid_history BAD_DATE 9", "nobody BAD_DATE 3"]
    return [*rows, *chance.choice(([], ["register_persons delivered 90", "register_persons GONE 2"]))]


def _earlier(chance: Random, tables: Tables) -> Iterator[Row]:
    """For each measure some months before: what the month has, or as much more, or less, with and without noise."""
    counted = {key: (each.value, each.whole) for key, each in measures(tables, DAY).items()}
    measured = {measure for measure, _ in counted} | {"PERSONS_BY_REGISTER", "CENTS_BY_OCMW", "REJECTS_BY_REASON"}
    for measure in sorted(measured):
        months = chance.choice((range(1, 4), range(1, 5), range(1, 14), range(9, 14), range(1, 25), [12, 13, 14, 15]))
        codes = {code: counts for (name, code), counts in sorted(counted.items()) if name == measure}
        codes["gone"] = (chance.choice((0, 20)), 90)
        times = {code: chance.choice((0.1, 1, 1, 1.5, 3, 40, 500)) for code in codes}
        noise, last_year = chance.choice((0, 0.05, 0.5)), chance.choice((None, 1.0, 1.2))
        for ago in months:
            for code, (value, whole) in codes.items():
                if chance.random() < 0.9:
                    factor = last_year if ago == 12 and last_year else times[code]
                    then = int(max(value, 1) * factor * chance.uniform(1 - noise, 1 + noise))
                    now = chance.choice((whole, whole, 2 * whole, 10, 9, 0))
                    yield _before(ago, measure, code, chance.choice((then, then, then, 0)), now)


def _before(ago: int, measure: str, code: str, value: int, whole: int) -> Row:
    return {"month": MONTH.minus(ago).first_day, "measure": measure, "code": code, "value": value, "whole": whole}


def _sizes() -> Tables:
    """An OCMW with as many persons, of two lines each, as each limit says, and one with one less."""
    chance, sizes = Random(0), zip(OCMWS, (1000, 999, 500, 499), strict=False)
    lines = [_line(chance, insz=insz, ocmw_nis=nis) for nis, size in sizes for insz in [*range(size)] * 2]
    return {**_drawn(Random(1), 1), "statement_lines": lines}


def _exactly_far() -> Tables:
    """Counts that are exactly five times the spread away, from what is usual or from last year: that is not far.

    And what else chance puts together too seldom: a register that is gone, under the name of a document that is there.
    """
    codes = ["VR"] * 49 + ["BR"] * 51, ["F"] * 49 + ["A"] * 51
    earlier = [_before(ago, "PERSONS_BY_REGISTER", "VR", 81, 400) for ago in range(1, 5)]
    earlier += [_before(ago, "PERSONS_BY_DOCUMENT", "F", 81 if ago == 12 else 1600, 400) for ago in range(8, 13)]
    earlier += [_before(1, "PERSONS_BY_REGISTER", "A", 20, 400)]
    # so many that the spread is 3 % of them; ten lines without an amount, which had one cent, ten with one, nine lines
    earlier += [_before(ago, "LINES", "", 10_000, 1) for ago in range(1, 5)]
    earlier += [
        _before(ago, "CENTS_BY_AID_KIND", kind, cents, 10)
        for kind, cents in zip("ABC", (1, 100, 100), strict=True)
        for ago in range(1, 5)
    ]
    cents = [("A", 0)] * 10 + [("B", 0)] * 9 + [("B", 1)] + [("C", 1)] * 9
    lines = [_line(Random(5), aid_kind=kind, amount_cents=amount) for kind, amount in cents]
    persons = [
        {"register": register, "verblijfsdocument": document, "verblijfsmotief": None, "nationaliteit": None}
        for register, document in zip(*codes, strict=True)
    ]
    return {**_drawn(Random(3), 3), "statement_lines": lines, "register_persons": persons, "earlier_measures": earlier}
