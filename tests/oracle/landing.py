"""Deliveries as plain rows: reading, row-level rules (contract section 1) and the identity map. CSV only."""

import csv
import json
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path

Row = dict[str, str]
Reference = dict[str, list[Row]]
FOREVER = date(9999, 12, 31)
ASCII_DIGITS = set("0123456789")


@dataclass(frozen=True)
class Line:
    """An accepted statement line, under the number as printed; amounts in cents with their sign."""

    month: str
    insz: str
    kind: str
    sign: str
    amount: int
    share: int
    first: date
    last: date
    quality_code: str
    living_wage_category: str


@dataclass(frozen=True)
class Reject:
    """A rejected row: source, file, line on which it starts, reason."""

    source: str
    file: str
    line: int
    reason: str


def read_rows(path: Path) -> list[tuple[int, Row]]:
    """Rows of a CSV file with the physical line on which each starts."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=";")
        header = next(reader)
        rows, start = [], reader.line_num + 1
        for values in reader:
            rows.append((start, dict(zip(header, values, strict=True))))
            start = reader.line_num + 1
        return rows


def read_reference(folder: Path) -> Reference:
    """Reference tables as rows of text."""
    tables = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = list(csv.DictReader(file))
    return tables


def delivered_months(landing: Path) -> list[str]:
    """Months with both vouchers, in order."""
    names = {path.parent.name for path in landing.glob("novaprima/*/voucher.json")}
    return sorted(name for name in names if (landing / "register" / name / "voucher.json").exists())


def snapshot_date(landing: Path, month: str) -> date:
    """The reference date of a month."""
    voucher = json.loads((landing / "register" / month / "voucher.json").read_text("utf-8"))
    return date.fromisoformat(voucher["snapshot_date"])


def is_digits(text: str, *lengths: int) -> bool:
    """ASCII digits only, of one of the lengths."""
    return len(text) in lengths and set(text) <= ASCII_DIGITS


def parse_date(text: str) -> date | None:
    """YYYYMMDD as a day of the calendar, else None."""
    if not is_digits(text, 8):
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def is_insz(text: str) -> bool:
    """Eleven digits whose check digits fit one of the two ways (contract section 3)."""
    if not is_digits(text, 11):
        return False
    first_nine, check = text[:9], int(text[9:])
    return check in (97 - int(first_nine) % 97, 97 - int("2" + first_nine) % 97)


def valid_on(rows: list[Row], day: date, **key: str) -> Row | None:
    """The row of a dated table with this key that is valid on a day."""
    for row in rows:
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else FOREVER
        is_the_key = all(row[name] == value for name, value in key.items())
        if is_the_key and date.fromisoformat(row["valid_from"]) <= day <= until:
            return row
    return None


def statement(landing: Path, month: str, reference: Reference) -> tuple[list[Line], list[Reject]]:
    """Accepted lines and rejects of a month's statement (contract 1.2 and 1.5)."""
    lines, rejects, seen = [], [], set()
    for number, row in read_rows(landing / "novaprima" / month / "statement.csv"):
        content = tuple(sorted(row.items()))
        reason = statement_reason(row, month, reference) or ("duplicate_line" if content in seen else None)
        seen.add(content)
        if reason:
            rejects.append(Reject("novaprima", "statement.csv", number, reason))
        else:
            lines.append(typed_line(row, month, reference))
    return lines, rejects


def statement_reason(row: Row, month: str, reference: Reference) -> str | None:
    """The first row-level rule that a statement line breaks, duplicates apart."""
    year, number = int(month[:4]), int(month[5:])
    first, last = parse_date(row["eerste_dag"]), parse_date(row["laatste_dag"])
    law, amount = row["wetgeving"], row["bedrag"]
    if not is_insz(row["insz"]):
        return "invalid_insz"
    if first is None or last is None:
        return "invalid_date"
    if first > last:
        return "invalid_period"
    if last > date(year, number, monthrange(year, number)[1]):
        return "period_after_statement"
    if row["jaarmaand"] != month.replace("-", ""):
        return "wrong_month"
    if law not in ("1", "2", "6"):
        return "unknown_law"
    if row["type_bedrag"] not in ("1", "2", "3", "4", "5", "6"):
        return "unknown_amount_type"
    if row["teken"] not in ("+", "-"):
        return "invalid_sign"
    if not amount or set(amount) - ASCII_DIGITS or len(amount.lstrip("0")) > 12:
        return "invalid_amount"
    if valid_on(reference["budget_articles"], first, code=row["begrotingsartikel"], law=law) is None:
        return "unknown_budget_article"
    if law == "2" and valid_on(reference["help_types"], first, code=row["hulptype"]) is None:
        return "unknown_help_type"
    return "invalid_text" if statement_text_is_wrong(row) else None


def statement_text_is_wrong(row: Row) -> bool:
    """A column that is too long, of the wrong form, or empty where it may not be."""
    category = row["categorie"]
    return (
        not is_digits(row["ocmw_nis"], 5)
        or not 1 <= len(row["dossier"]) <= 11
        or not (row["suffix"] == "" or is_digits(row["suffix"], 2))
        or not 1 <= len(row["referentie"]) <= 12
        or not 1 <= len(row["naam"]) <= 30
        or len(category) > 1
        or (row["wetgeving"] == "1" and category not in ("", "1", "2", "3"))
        or not (row["hoedanigheidscode"] == "" or is_digits(row["hoedanigheidscode"], 1, 2, 3))
    )


def typed_line(row: Row, month: str, reference: Reference) -> Line:
    """A line with its aid kind (rules.md section 1) and the State's share (section 6)."""
    first, last = parse_date(row["eerste_dag"]), parse_date(row["laatste_dag"])
    assert first is not None and last is not None
    law = row["wetgeving"]
    article = valid_on(reference["budget_articles"], first, code=row["begrotingsartikel"], law=law)
    assert article is not None
    if law == "6":
        kind = "OUT_OF_SCOPE"
    elif law == "2":
        help_type = valid_on(reference["help_types"], first, code=row["hulptype"])
        assert help_type is not None
        kind = help_type["aid_kind"]
    else:
        kind = article["aid_kind"]
    sign = 1 if row["teken"] == "+" else -1
    amount = int(row["bedrag"])
    share = Fraction(amount) * Fraction(article["state_share_pct"]) / 100
    rounded = int(share + Fraction(1, 2))
    return Line(
        month,
        row["insz"],
        kind,
        row["teken"],
        sign * amount,
        sign * rounded,
        first,
        last,
        row["hoedanigheidscode"],
        row["categorie"],
    )


def replacements(landing: Path, month: str) -> tuple[list[tuple[str, str]], list[Reject]]:
    """Accepted pairs and rejects of a month's replacements (contract 1.4)."""
    pairs, rejects = [], []
    for number, row in read_rows(landing / "register" / month / "insz_replacements.csv"):
        reason = None
        if not (is_insz(row["oud_insz"]) and is_insz(row["nieuw_insz"])):
            reason = "invalid_insz"
        elif parse_date(row["datum"]) is None:
            reason = "invalid_date"
        if reason:
            rejects.append(Reject("register", "insz_replacements.csv", number, reason))
        else:
            pairs.append((row["oud_insz"], row["nieuw_insz"]))
    return pairs, rejects


def persons(
    landing: Path, month: str, reference: Reference, replaced: dict[str, str]
) -> tuple[dict[str, Row], list[Reject]]:
    """Accepted persons by number, and rejects of a month's snapshot (contract 1.3 and 1.5)."""
    rows = read_rows(landing / "register" / month / "persons.csv")
    accepted: dict[str, Row] = {}
    rejects = []
    for position, (number, row) in enumerate(rows):
        reason = person_reason(row, [each for _, each in rows], position, reference, replaced)
        if reason:
            rejects.append(Reject("register", "persons.csv", number, reason))
        else:
            accepted[row["insz"]] = row
    return accepted, rejects


def person_reason(
    row: Row, rows: list[Row], position: int, reference: Reference, replaced: dict[str, str]
) -> str | None:
    """The first row-level rule that a persons row breaks."""
    if not is_insz(row["insz"]):
        return "invalid_insz"
    dates = [row[name] for name in ("document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op")]
    if any(text and parse_date(text) is None for text in dates):
        return "invalid_date"
    if not row["naam"]:
        return "invalid_text"
    same = [each for each in rows if each["insz"] == row["insz"]]
    first = next(index for index, each in enumerate(rows) if each["insz"] == row["insz"])
    if any(each != row for each in same) or first != position:
        return "duplicate_person"
    known = {country["nis_code"] for country in reference["countries"]}
    origin = row["land_van_herkomst"]
    if not is_digits(row["nationaliteit"], 3) or (origin and origin not in known):
        return "unknown_country"
    return "replaced_number" if row["insz"] in replaced else None
