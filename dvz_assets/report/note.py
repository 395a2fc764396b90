"""The public note: which persons, which criterion, which data, when, on which authorisation; from the rule tables.

It is the page that the synthesis note of 8 May 2014 is, as the rules of a month have it. A statement that rests on a
reading which its owner has not confirmed is marked with the number of the reading, and the note then is a draft.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets.months import Month
from dvz_assets.questions.readings import Reading, load_readings
from dvz_assets.reference import Reference
from dvz_assets.report.documents import Document, document
from dvz_assets.settings import Settings
from dvz_assets.words.texts import listed, say, say_many, word

UNCONFIRMED = "READING"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the note says; ``names`` are the outcomes, grounds and columns whose readings it rests on."""

    text: str
    names: tuple[str, ...] = field(compare=False, default=())


@dataclass(frozen=True, slots=True)
class Rule:
    """What the note says of a category: who is in it, by which conditions, and from when on it is sent."""

    category: str
    authorisation: tuple[str, ...]
    legal_reference: str
    conditions: tuple[Statement, ...]
    criteria: tuple[Statement, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What is said of a category now and was not before, and the other way round."""

    category: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


class Marks:
    """Numbers the unconfirmed readings in the order in which the note comes to them."""

    def __init__(self, readings: Sequence[Reading], regime: str) -> None:
        self._readings = [
            each for each in readings if each.status == UNCONFIRMED and regime in (each.regimes or (regime,))
        ]
        self.used: list[Reading] = []

    def of(self, names: Sequence[str], category: str | None = None) -> str:
        """The numbers of the readings behind a statement, in brackets; nothing where all is confirmed."""
        found = [
            each
            for each in self._readings
            if set(names) & set(each.applies_to) and (category is None or category in (each.categories or (category,)))
        ]
        self.used += [each for each in found if each not in self.used]
        numbers = sorted(self.used.index(each) + 1 for each in found)
        return " " + say("(reading {numbers})", numbers=", ".join(map(str, numbers))) if numbers else ""


def note_of(settings: Settings, month: Month, since: Path | None = None) -> Document:
    """The note of the rules in force in a month, in the language spoken.

    What changed is told against the regime before, or against the tables of the folder ``since``.
    """
    reference = Reference.load(settings.reference)
    regime = reference.regime_of(month)
    marks = Marks(load_readings(settings.reference), regime)
    rules = _rules(reference, regime)
    earlier = _earlier(reference, month, since)
    values: dict[str, Any] = {
        "regime": regime,
        "month_now": month,
        "rules": rules,
        "selected": [kind for kind in _kinds(reference) if kind["selection_one"]],
        "excluded": [kind for kind in _kinds(reference) if not kind["selection_one"]],
        "sections": _by_criteria(rules),
        "fields": _fields(reference, regime),
        "fields_of_some": _fields_of_some(rules),
        "regime_before": earlier[1] if earlier else None,
        "changes": _changes(rules, _rules(*earlier)) if earlier else [],
        "marks": marks,
        "retention_years": settings.retention_months // 12,
    }
    title = say("Data sent by POD MI to the Immigration Office (DVZ)")
    # the readings are known once the page has come to all of them
    document("note.md.j2", title, **values)
    return document("note.md.j2", title, draft=bool(marks.used), **values)


def _earlier(reference: Reference, month: Month, since: Path | None) -> tuple[Reference, str] | None:
    if since is not None:
        other = Reference.load(since)
        return other, other.regime_of(month)
    first = Month.parse(reference.tables["regimes"].filter(regime=reference.regime_of(month))["first_month"][0])
    earlier = reference.tables["regimes"].filter(pl.col("last_month") == str(first.previous()))
    return (reference, str(earlier["regime"][0])) if earlier.height else None


def _kinds(reference: Reference) -> list[dict[str, Any]]:
    return reference.tables["aid_kinds"].rows(named=True)


def _rules(reference: Reference, regime: str) -> tuple[Rule, ...]:
    rows = reference.tables["category_rules"].filter(regime=regime).rows(named=True)
    return tuple(
        Rule(
            row["category"],
            tuple(row["authorisation"]),
            row["legal_reference"],
            tuple(_conditions(row)),
            tuple(_criteria(row)),
            tuple(_fields(reference, regime, row["category"])),
        )
        for row in rows
    )


def _fields(reference: Reference, regime: str, category: str | None = None) -> list[str]:
    """Columns of every category of a regime, or those that one category has beside them."""
    fields = reference.tables["export_fields"].filter(regime=regime)
    chosen = fields.filter(pl.col("category").is_null() if category is None else pl.col("category") == category)
    return chosen["column"].to_list()


def _fields_of_some(rules: Sequence[Rule]) -> dict[str, list[str]]:
    """Columns that not every category has, with those that have them."""
    columns = dict.fromkeys(column for rule in rules for column in rule.fields)
    return {column: [rule.category for rule in rules if column in rule.fields] for column in columns}


def _conditions(rule: dict[str, Any]) -> Iterator[Statement]:
    """Who of a category is looked at."""
    if rule["required_nationality"] == "EU":
        text = say("only nationals of a member state of the Union, of the EEA or of Switzerland")
        yield Statement(text, ("required_nationality",))
    elif rule["required_nationality"] == "THIRD_COUNTRY":
        yield Statement(say("only nationals of a third country"), ("required_nationality",))
    else:
        yield Statement(say("whatever their nationality"))
    if rule["requires_recognised_right"]:
        text = say("not while only an application is pending (annex 19 or 19ter)")
        yield Statement(text, ("requires_recognised_right",))
    if rule["requires_limited_stay"]:
        yield Statement(say("only while their right of residence is limited"), ("requires_limited_stay",))
    if rule["excludes_permanent_card"]:
        text = say("not with a document of permanent residence or settlement")
        yield Statement(text, ("excludes_permanent_card",))
    if years := rule["max_residence_years_eu_national"]:
        text = say("nationals of the Union only during the first {years} years of legal residence", years=years)
        yield Statement(text, ("max_residence_years_eu_national",))
    if years := rule["max_residence_years_third_country"]:
        text = say("nationals of a third country only during the first {years} years of legal residence", years=years)
        yield Statement(text, ("max_residence_years_third_country",))
    if rule["counts_assistance_employment"]:
        text = say("employment as a form of social assistance counts")
    else:
        text = say("employment as a form of social assistance does not count")
    yield Statement(text, ("counts_assistance_employment",))


def _criteria(rule: dict[str, Any]) -> Iterator[Statement]:
    """From when on data of a category are sent."""
    for ground in rule["grounds"]:
        match ground:
            case "LIVING_WAGE_90_DAYS":
                yield Statement(_days(rule), (ground,))
            case "SOCIAL_ASSISTANCE":
                text = say("from the first month in which POD MI has reimbursed social assistance granted by the OCMW")
                yield Statement(text, (ground,))
            case "LIVING_WAGE_AFTER_ASSISTANCE":
                text = say(
                    "from the first month in which POD MI has reimbursed living wage, where the person received "
                    "social assistance before"
                )
                if months := rule["assistance_before_months"]:
                    text += " " + say_many("(in the month before)", "(in the {number} months before)", months)
                yield Statement(text, (ground,))
            case "ASSISTANCE_4_MONTHS":
                least = rule["min_assistance_months"]
                text = say_many(
                    "once POD MI has reimbursed {number} month of social assistance",
                    "once POD MI has reimbursed {number} months of social assistance",
                    least,
                )
                yield Statement(text, (ground,))
            case _:
                yield Statement(word("ground", ground), (ground,))


def _days(rule: dict[str, Any]) -> str:
    days, window = rule["min_living_wage_days"], rule["living_wage_window_months"]
    if rule["living_wage_days_mode"] == "CONSECUTIVE":
        text = say(
            "from the moment on at which POD MI has reimbursed at least {days} consecutive days of living wage",
            days=days,
        )
    else:
        text = say("from the moment on at which POD MI has reimbursed at least {days} days of living wage", days=days)
    return text + (" " + say("(in the last {months} months)", months=window) if window else "")


def _by_criteria(rules: Sequence[Rule]) -> list[tuple[list[str], tuple[Statement, ...]]]:
    """Categories that have the same criteria, together."""
    groups: dict[tuple[Statement, ...], list[str]] = {}
    for rule in rules:
        groups.setdefault(rule.criteria, []).append(rule.category)
    return [(categories, criteria) for criteria, categories in groups.items()]


def _changes(now: Sequence[Rule], before: Sequence[Rule]) -> list[Change]:
    changes = []
    old = {rule.category: _said(rule) for rule in before}
    new = {rule.category: _said(rule) for rule in now}
    for category in dict.fromkeys((*new, *old)):
        was, has = old.get(category, ()), new.get(category, ())
        added = tuple(text for text in has if text not in was)
        removed = tuple(text for text in was if text not in has)
        if added or removed:
            changes.append(Change(category, added, removed))
    return changes


def _said(rule: Rule) -> tuple[str, ...]:
    texts = [each.text for each in (*rule.conditions, *rule.criteria)]
    if rule.fields:
        texts.append(say("also sent: {fields}", fields=listed([word("field", column) for column in rule.fields])))
    return (*texts, say("authorisation: {authorisations}", authorisations=", ".join(rule.authorisation)))
