"""Decision 0025 in plain Python: what is counted of a month, and how each count is judged by the months before."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, floor, log, sqrt
from statistics import median
from typing import Any

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Key = tuple[str, str]
Counts = dict[Key, tuple[int, int]]  # a value, and the whole of which it is a part
YEAR, LEAST_MONTHS, LEAST_COUNT, FAR = 12, 4, 10, 5
UNJUDGED = ("PERSONS_BY_OCMW_SIZE", "PERSONS_BY_SPELL")


@dataclass(frozen=True)
class Measured:
    """One row of month_measures."""

    value: int
    whole: int
    usual: int | None
    score: float | None
    stands_out: bool


def measures(tables: Tables, month: date) -> dict[Key, Measured]:
    """All rows of a month."""
    counted = {**_of_the_month(tables), **_parts(tables, month), **_rejects(tables), **_amounts(tables)}
    before: dict[str, dict[int, dict[str, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in tables["earlier_measures"]:
        before[row["measure"]][_months_before(month, row["month"])][row["code"]] = row
    now = dict(counted)
    for measure, by_month in before.items():
        whole = max((each for (name, _), (_, each) in counted.items() if name == measure), default=1)
        for ago, codes in by_month.items():
            for code, row in codes.items():
                if ago <= YEAR and row["value"] > 0 and not _is_amount(measure):
                    now.setdefault((measure, code), (0, whole))
    return {key: _judged(key, *counts, before[key[0]]) for key, counts in now.items()}


def _of_the_month(tables: Tables) -> Counts:
    now, before = _persons(tables["statement_lines"]), _persons(tables["lines_before"])
    found: dict[str, int] = {
        "LINES": len(tables["statement_lines"]),
        "PERSONS": len(now),
        "WITHOUT_REGISTER_ROW": max(len(now) - len(tables["register_persons"]), 0),
    }
    if before:
        found |= {"NEWCOMERS": len(now - before), "LEAVERS": len(before - now)}
    for asset, what, rows in _received(tables):
        if (asset, what) == ("register_persons", "delivered"):
            found["REGISTER_ROWS"] = rows
    return {(measure, ""): (value, 1) for measure, value in found.items()}


def _parts(tables: Tables, month: date) -> Counts:
    lines = tables["statement_lines"]
    found: Counts = {}
    by_ocmw: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        by_ocmw[line["ocmw_nis"]].add(line["insz"])
    of_line: dict[str, Callable[[Row], str | None]] = {
        "PERSONS_BY_OCMW": lambda line: line["ocmw_nis"],
        "PERSONS_BY_REGION": lambda line: _region(line["ocmw_nis"]),
        "PERSONS_BY_OCMW_SIZE": lambda line: _size(len(by_ocmw[line["ocmw_nis"]])),
        "PERSONS_BY_ARTICLE": lambda line: line["begrotingsartikel"],
        "PERSONS_BY_HELP_TYPE": lambda line: line["hulptype"],
        "PERSONS_BY_AID_KIND": lambda line: line["aid_kind"],
        "PERSONS_BY_SIGN": lambda line: line["teken"],
        "PERSONS_BY_MONTHS_AGO": lambda line: str(min(_months_before(month, line["laatste_dag"]), 3)),
    }
    for measure, code_of in of_line.items():
        pairs = {(code_of(line), line["insz"]) for line in lines}
        found |= _as_parts(measure, (code for code, _ in pairs if code is not None))
    found |= _as_parts("LINES_BY_OCMW", (line["ocmw_nis"] for line in lines))
    found |= _as_parts("PERSONS_BY_SPELL", _spells(tables, month))
    motives = {row["code"]: f"{row['category']} {row['capacity']}" for row in _by(tables["residence_motives"])}
    registers, documents = _codes(tables["registers"]), _codes(tables["residence_documents"])
    free = {row["iso2"] for row in tables["free_movement"] if row["valid_from"] <= month <= row["valid_to"]}
    countries = {row["nis_code"] for row in tables["countries"] if row["iso2"] in free}
    persons = tables["register_persons"]
    found |= _as_parts("PERSONS_BY_REGISTER", (_known(each["register"], registers) for each in persons))
    found |= _as_parts("PERSONS_BY_DOCUMENT", (_known(each["verblijfsdocument"], documents) for each in persons))
    found |= _as_parts("PERSONS_BY_MOTIVE", (_known(each["verblijfsmotief"], motives) for each in persons))
    groups = (_group(each["nationaliteit"], countries) for each in persons)
    return found | _as_parts("PERSONS_BY_NATIONALITY_GROUP", groups)


def _spells(tables: Tables, month: date) -> Iterable[str]:
    """For how many statements in a row, this one included, each person of this month has had lines."""
    present = {row["old_insz"]: row["present_insz"] for row in tables["identity_map"]}
    months: dict[int, set[int]] = defaultdict(set)
    for line in tables["recent_lines"]:
        months[int(present.get(line["insz"]) or line["insz"])].add(_months_before(month, line["month"]))
    for seen in months.values():
        spell = next(ago for ago in range(YEAR + 1) if ago not in seen)
        if spell:
            limits = {1: "1_MONTH", 5: "2_TO_5_MONTHS", 11: "6_TO_11_MONTHS", YEAR: "12_MONTHS_OR_MORE"}
            yield next(code for limit, code in limits.items() if spell <= limit)


def _as_parts(measure: str, codes: Iterable[str]) -> Counts:
    counted = Counter(codes)
    return {(measure, code): (value, counted.total()) for code, value in counted.items()}


def _rejects(tables: Tables) -> Counts:
    received = list(_received(tables))
    delivered = {asset: rows for asset, what, rows in received if what == "delivered"}
    return {
        ("REJECTS_BY_REASON", f"{asset} {what}"): (rows, delivered[asset])
        for asset, what, rows in received
        if what not in ("delivered", "rejected") and asset in delivered
    }


def _amounts(tables: Tables) -> Counts:
    found: Counts = {}
    for measure, column in (("CENTS_BY_OCMW", "ocmw_nis"), ("CENTS_BY_AID_KIND", "aid_kind")):
        for line in tables["statement_lines"]:
            cents, lines = found.get((measure, line[column]), (0, 0))
            found[measure, line[column]] = (cents + abs(line["amount_cents"]), lines + 1)
    return found


def _judged(key: Key, value: int, whole: int, before: Mapping[int, Mapping[str, Row]]) -> Measured:
    measure, code = key
    levels = {}
    for ago, codes in before.items():
        whole_of_month = max(row["whole"] for row in codes.values())
        row = codes.get(code, {"value": 0, "whole": whole_of_month})
        level = _level_before(measure, row["value"], row["whole"], whole)
        if level is not None:
            levels[ago] = level
    recent = [level for ago, level in levels.items() if ago <= YEAR]
    if measure in UNJUDGED or len(recent) < LEAST_MONTHS:
        return Measured(value, whole, None, None, False)
    usual = median(recent)
    # as wide as chance would be, of which the median distance is so much less
    spread = 1.4826 * median(abs(level - usual) for level in recent)
    if _is_amount(measure):
        spread = max(spread, 0.05, 1 / sqrt(whole))
        usual_value = exp(usual) * whole
        level = log(value / whole) if value > 0 and whole >= LEAST_COUNT else None
    else:
        spread = max(spread, 1, 0.03 * usual / 2)
        usual_value = usual * usual / 4
        level = 2 * sqrt(max(value, LEAST_COUNT))
    if level is None:
        return Measured(value, whole, floor(usual_value + 0.5), None, False)
    far = abs(level - usual) > FAR * spread and (YEAR not in levels or abs(level - levels[YEAR]) > FAR * spread)
    return Measured(value, whole, floor(usual_value + 0.5), (level - usual) / spread, far)


def _level_before(measure: str, value: int, whole_then: int, whole_now: int) -> float | None:
    if _is_amount(measure):
        return log(value / whole_then) if value > 0 and whole_then >= LEAST_COUNT else None
    expected = value * whole_now / whole_then if whole_then else 0
    return 2 * sqrt(max(expected, LEAST_COUNT))


def _is_amount(measure: str) -> bool:
    return measure.startswith("CENTS")


def _months_before(month: date, day: date) -> int:
    return (month.year - day.year) * 12 + month.month - day.month


def _persons(lines: Sequence[Row]) -> set[int]:
    return {line["insz"] for line in lines}


def _received(tables: Tables) -> list[tuple[str, str, int]]:
    parts = [text.split(" ") for row in tables["statement_month"] for text in row["received_rows"]]
    return [(asset, what, int(rows)) for asset, what, rows in parts]


def _by(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["valid_from"])


def _codes(rows: Sequence[Row]) -> set[str]:
    return {row["code"] for row in rows}


def _known(code: str | None, known: set[str] | Mapping[str, str]) -> str:
    if code is None:
        return "(none)"
    if code not in known:
        return "(unknown)"
    return known[code] if isinstance(known, Mapping) else code


def _group(nationality: str | None, free: set[str]) -> str:
    return "BELGIAN" if nationality == "150" else "FREE_MOVEMENT" if nationality in free else "THIRD_COUNTRY"


def _region(nis: str) -> str:
    if nis.startswith("21"):
        return "BRUSSELS"
    if nis.startswith("25") or nis[0] in "5689":
        return "WALLONIA"
    return "FLANDERS" if nis[0] in "12347" else "(unknown)"


def _size(persons: int) -> str:
    return "1000_OR_MORE" if persons >= 1000 else "500_TO_999" if persons >= 500 else "UNDER_500"
