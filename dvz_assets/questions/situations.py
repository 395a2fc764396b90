"""A situation to ask about: nationality, basis of residence, document, and aid by month; no person's data.

Read from a YAML file or from the options of the command line, checked against the reference tables. What the pipeline
makes of it is ``what_if``'s.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.reference import Reference

# what a full month of aid is put at: whether anything is sent depends on days and signs, never on the amount
USUAL_CENTS = 100_000
LONGEST_MONTHS = 24
KEYS = ("nationality", "capacity", "motive", "document", "document_until", "register", "residence_since", "aid")
AID_KEYS = ("kind", "from", "to", "amount")


@dataclass(frozen=True, slots=True)
class Aid:
    """Aid of one kind in whole calendar months, from ``first`` to ``last``; ``cents`` a month, at 100 %."""

    kind: str
    first: Month
    last: Month
    cents: int = USUAL_CENTS


@dataclass(frozen=True, slots=True)
class Situation:
    """What the register knows of somebody, and the aid: codes of the reference tables, days inclusive.

    ``nationality`` is a NIS country code, ``motive`` a code of ``residence_motives``.
    """

    nationality: str
    motive: str
    aid: tuple[Aid, ...]
    document: str | None = None
    document_until: date | None = None
    register: str = "VR"
    residence_since: date | None = None

    @property
    def first(self) -> Month:
        """The first month of aid."""
        return min(each.first for each in self.aid)

    @property
    def last(self) -> Month:
        """The last month of aid."""
        return max(each.last for each in self.aid)

    def going_on_until(self, month: Month) -> "Situation":
        """The same, where the aid of the last month does not end with it."""
        last = self.last
        aid = (replace(each, last=max(month, last)) if each.last == last else each for each in self.aid)
        return replace(self, aid=tuple(aid))


def situation_of(values: Mapping[str, Any], reference: Reference) -> Situation:
    """A situation from the keys of a file or of options.

    ``nationality`` may be an ISO code, ``capacity`` stands for a motive of that capacity. Raises DvzError
    INVALID_SITUATION that names the key; it quotes nothing.
    """
    if unknown := [key for key in values if key not in KEYS]:
        raise wrong("the situation", f"keys of {', '.join(KEYS)}", f"{len(unknown)} others")
    aid = tuple(_aid(each, reference) for each in _list(values.get("aid")))
    if not aid:
        raise wrong("aid", "at least one kind of aid with its months", "none")
    situation = Situation(
        nationality=_nationality(values.get("nationality"), reference),
        motive="",
        aid=aid,
        document=_known(values, "document", reference.tables["residence_documents"]["code"]),
        document_until=_day(values, "document_until"),
        register=_known(values, "register", reference.tables["registers"]["code"]) or "VR",
        residence_since=_day(values, "residence_since"),
    )
    if len(Month.range(situation.first, situation.last)) > LONGEST_MONTHS:
        raise wrong("aid", f"at most {LONGEST_MONTHS} months from the first to the last", "more")
    reference.regime_of(situation.first)
    return replace(situation, motive=_motive(values, reference, situation.first.last_day))


def read_situation(path: Path, reference: Reference) -> Situation:
    """A situation from a YAML file; raises DvzError when it cannot be read or understood."""
    import yaml

    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise wrong(str(path), "a YAML file with the keys of a situation", type(error).__name__) from None
    if not isinstance(values, dict):
        raise wrong(str(path), f"the keys {', '.join(KEYS)}", "something else")
    return situation_of(values, reference)


def aid_from_text(text: str) -> dict[str, str]:
    """The keys of one kind of aid from an option such as ``LIVING_WAGE:2018-06:2018-12``."""
    parts = text.split(":")
    if not 2 <= len(parts) <= len(AID_KEYS):
        raise wrong("--aid", "KIND:FROM:TO[:EUR], such as LIVING_WAGE:2018-06:2018-12", "something else")
    return dict(zip(AID_KEYS, [*parts, *parts[1:2]] if len(parts) == len(AID_KEYS) - 2 else parts, strict=False))


def wrong(place: str, expected: str, found: str) -> DvzError:
    """What is wrong with a situation."""
    return DvzError(
        "INVALID_SITUATION",
        place=place,
        expected=expected,
        found=found,
        remedy="correct it; `dvz what-if --help` has an example, and without options it asks",
    )


def motive_of_capacity(capacity: str, reference: Reference, on: date) -> str | None:
    """A motive of that capacity that is valid on a day, verified ones first; None where there is none."""
    found = _valid(reference.tables["residence_motives"], on).filter(capacity=capacity)
    return found.sort("verified", descending=True, maintain_order=True)["code"][0] if found.height else None


def nationality_code(iso2: str, reference: Reference) -> str | None:
    """A NIS code of a country by its ISO code; None where the table does not hold it."""
    found = reference.tables["countries"].filter(iso2=iso2.upper())["nis_code"]
    return str(found[0]) if len(found) else None


def documents_of_right(right: str, reference: Reference, on: date) -> list[str]:
    """The documents of a right of residence that are valid on a day."""
    return _valid(reference.tables["residence_documents"], on).filter(residence_right=right)["code"].to_list()


def _valid(table: pl.DataFrame, on: date) -> pl.DataFrame:
    return table.filter((pl.col("valid_from") <= on) & (pl.col("valid_to") >= on))


def _nationality(value: Any, reference: Reference) -> str:
    text = str(value or "").strip()
    if len(text) == 3 and text.isdigit():
        return text
    code = nationality_code(text, reference)
    if code is None:
        raise wrong("nationality", "a country of countries.csv (ISO code, such as FR), or a NIS code", "another")
    return code


def _motive(values: Mapping[str, Any], reference: Reference, on: date) -> str:
    motives, capacity = reference.tables["residence_motives"], values.get("capacity")
    if (values.get("motive") is None) is (capacity is None):
        raise wrong("motive, capacity", "one of the two", "none, or both")
    if capacity is None:
        return _known(values, "motive", motives["code"]) or ""
    code = motive_of_capacity(str(capacity), reference, on)
    if code is None:
        raise wrong("capacity", f"one of {', '.join(motives['capacity'].unique(maintain_order=True))}", "another")
    return code


def _known(values: Mapping[str, Any], key: str, codes: Iterable[str]) -> str | None:
    value = values.get(key)
    if value is None:
        return None
    known = list(dict.fromkeys(codes))
    if str(value) not in known:
        raise wrong(key, f"one of {', '.join(known)}", "another")
    return str(value)


def _day(values: Mapping[str, Any], key: str) -> date | None:
    value = values.get(key)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise wrong(key, "a day YYYY-MM-DD", "something else") from None


def _list(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise wrong("aid", f"a list, each with the keys {', '.join(AID_KEYS)}", "something else")
    return value


def _aid(values: Mapping[str, Any], reference: Reference) -> Aid:
    if unknown := [key for key in values if key not in AID_KEYS]:
        raise wrong("aid", f"the keys {', '.join(AID_KEYS)}", f"{len(unknown)} others")
    kind = _known(values, "kind", reference.tables["aid_kinds"]["aid_kind"])
    if kind is None or values.get("from") is None:
        raise wrong("aid", "a kind and a first month", "one without")
    first = Month.parse(str(values["from"]))
    last = Month.parse(str(values.get("to") or values["from"]))
    if last < first:
        raise wrong("aid", "a first month not after the last", "the other way round")
    amount = values.get("amount")
    if amount is None:
        return Aid(kind, first, last)
    try:
        cents = round(float(str(amount)) * 100)
    except ValueError:
        cents = 0
    if not 0 < cents < 10**9:
        raise wrong("aid, amount", "an amount in EUR a month, such as 892.70", "something else")
    return Aid(kind, first, last, cents)
