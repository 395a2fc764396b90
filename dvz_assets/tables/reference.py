"""Tables of the reference folder: columns, types, key, and since which version each is there.

A folder of today has exactly the columns of today. A folder that was archived with an old month is read as it was
then: a column or a table that it lacks has the meaning that its absence had (``absent``), and one that has gone since
(``until``) keeps the meaning that it had. The values are the owner's: they stand in ``reference/*.csv``, never here.
Dates and months are inclusive at both ends; an empty ``valid_to`` is read as 31 December 9999.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from dvz_assets.tables.model import FIRST_VERSION, SECOND_VERSION

FOREVER = date(9999, 12, 31)
CATEGORY_WITHOUT_RULE = "OTHER"
PERIODS_FIELD = "aid_periods"

LIVING_WAGE_DAYS_MODES = ("CUMULATIVE", "CONSECUTIVE")
ASSISTANCE_MONTH_MODES = ("ANY_DAY", "WHOLE_MONTH")
NATIONALITIES = ("EU", "THIRD_COUNTRY")
RESIDENCE_RIGHTS = ("LIMITED", "UNLIMITED", "PERMANENT", "EU_RIGHT", "NONE")
Row = Mapping[str, Any]

WHOLE_NUMBER = re.compile(r"[0-9]{1,9}")
DECIMAL_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a reference table: how its text is read, whether it may be empty, and since when it is there.

    ``absent`` gives its value in a row of a folder that does not have it: of one older than ``since``, or of one that
    is not older than ``until``, the version in which it has gone.
    """

    name: str
    type: pl.DataType
    required: bool = True
    values: tuple[str, ...] = ()
    since: str = FIRST_VERSION
    until: str | None = None
    absent: Callable[[Row], Any] = lambda row: None

    def parse(self, text: str) -> Any:
        """Value of a cell; raises ValueError with what was expected, and never with what was found."""
        if text == "":
            if self.required:
                raise ValueError("a value")
            return FOREVER if self.type == pl.Date() else None
        match self.type:
            case pl.List():
                return self._list(text)
            case pl.Date():
                if not ISO_DATE.fullmatch(text):
                    raise ValueError("a date YYYY-MM-DD")
                return date.fromisoformat(text)
            case pl.Boolean():
                if text not in ("true", "false"):
                    raise ValueError("true or false")
                return text == "true"
            case pl.Int32():
                if not WHOLE_NUMBER.fullmatch(text):
                    raise ValueError("a whole number of at most 9 digits")
                return int(text)
            case pl.Decimal(scale=scale, precision=precision):
                number = Decimal(text) if DECIMAL_NUMBER.fullmatch(text) else None
                # Polars would round what does not fit, or drop it
                if number is None or number != round(number, scale) or number >= 10 ** ((precision or 38) - scale):
                    raise ValueError(f"a number with a point and at most {scale} decimals")
                return number
        if self.values and text not in self.values:
            raise ValueError(" or ".join(self.values))
        return text

    def _list(self, text: str) -> list[str]:
        items = text.split(LIST_SEPARATORS.get(self.name, " "))
        if "" in items or len(set(items)) < len(items):
            raise ValueError("different values, each once")
        if self.values and not set(items) <= set(self.values):
            raise ValueError(f"values of {', '.join(self.values)}")
        return items


# lists are separated by a blank, but where the values have blanks themselves
LIST_SEPARATORS = {"authorisation": "; "}


@dataclass(frozen=True, slots=True)
class ReferenceTable:
    """One reference table: its columns and by which of them a row is unique (on each day, where rows are dated).

    ``of_project`` marks a table that the project has beside those of the owner: a folder of today without it has the
    project's. ``absent`` is its content in an archived folder that is older than the table.
    """

    key: tuple[str, ...]
    fields: tuple[Field, ...]
    since: str = FIRST_VERSION
    of_project: bool = False
    absent: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether its rows hold for a period."""
        return any(field.name == "valid_to" for field in self.fields)

    @property
    def present_fields(self) -> tuple[Field, ...]:
        """The columns that a folder of today has."""
        return tuple(field for field in self.fields if field.until is None)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types, those that have gone included."""
        return {field.name: field.type for field in self.fields}


def _text(name: str, *, required: bool = True, values: tuple[str, ...] = ()) -> Field:
    return Field(name, pl.String(), required, values)


def _number(name: str, *, required: bool = True) -> Field:
    return Field(name, pl.Int32(), required)


def _flag(name: str) -> Field:
    return Field(name, pl.Boolean())


def _euro(name: str) -> Field:
    return Field(name, pl.Decimal(9, 2))


VALID_FROM = Field("valid_from", pl.Date())
VALID_TO = Field("valid_to", pl.Date(), required=False)
DESCRIPTION = _text("description", required=False)
SOURCE = _text("source", required=False)
VERIFIED = _flag("verified")

# the criteria of the first version, which a rule named by one word
GROUNDS_OF_CRITERIA = {
    "DAYS_OR_ASSISTANCE": ["LIVING_WAGE_90_DAYS", "SOCIAL_ASSISTANCE", "LIVING_WAGE_AFTER_ASSISTANCE"],
    "ASSISTANCE_MONTHS": ["ASSISTANCE_4_MONTHS"],
}

# tables that the first version had in its code
AID_KINDS_OF_FIRST_VERSION = """\
aid_kind,selection_one,counted_for,derived_quality_code,description,legal_reference
LIVING_WAGE,INTEGRATION,EVERYBODY,2,,rules.md section 1
INTEGRATION_OTHER,INTEGRATION,EVERYBODY,4,,rules.md section 1
INTEGRATION_EMPLOYMENT,,NOBODY,,,rules.md section 1
ASSISTANCE,ASSISTANCE,EVERYBODY,3,,rules.md section 1
ASSISTANCE_EMPLOYMENT,ASSISTANCE,WHERE_EMPLOYMENT_COUNTS,6,,rules.md section 1
MEDICAL,,NOBODY,,,rules.md section 1
INSURANCE_CONTRIBUTION,,NOBODY,,,rules.md section 1
OUT_OF_SCOPE,,NOBODY,,,rules.md section 1
"""
GROUNDS_OF_FIRST_VERSION = """\
ground,parameter,optional_parameter,description,legal_reference
ASSISTANCE_4_MONTHS,min_assistance_months,,,rules.md section 5
LIVING_WAGE_90_DAYS,min_living_wage_days,,,rules.md section 5
LIVING_WAGE_AFTER_ASSISTANCE,,,,rules.md section 5
SOCIAL_ASSISTANCE,,,,rules.md section 5
"""
OUTCOMES_OF_FIRST_VERSION = """\
outcome,step_order,section,has_category,has_rule,description
SELECTION_ONE,0,SELECTION_ONE,false,false,
NOT_IN_REGISTER,1,SELECTION_TWO,false,false,
DECEASED,2,SELECTION_TWO,false,false,
BELGIAN,3,SELECTION_TWO,false,false,
REGISTER_UNKNOWN,4,SELECTION_TWO,false,false,
POPULATION_REGISTER,5,SELECTION_TWO,false,false,
NO_RESIDENCE_MOTIVE,6,SELECTION_TWO,false,false,
MOTIVE_UNMAPPED,7,SELECTION_TWO,false,false,
MOTIVE_NOT_TARGETED,8,SELECTION_TWO,true,false,
NOT_THIRD_COUNTRY,9,SELECTION_TWO,true,true,
LIMITED_STAY_UNKNOWN,10,SELECTION_TWO,true,true,
STAY_NOT_LIMITED,11,SELECTION_TWO,true,true,
PERMANENT_CARD,12,SELECTION_TWO,true,true,
RESIDENCE_START_UNKNOWN,13,SELECTION_TWO,true,true,
RESIDENCE_TOO_LONG,14,SELECTION_TWO,true,true,
NO_COUNTED_AID,15,CRITERIA,true,true,
BELOW_THRESHOLD,16,CRITERIA,true,true,
SENT,17,CRITERIA,true,true,
ANNEX_19,18,PART_OF_ANOTHER,false,false,
"""

REFERENCE_TABLES: Mapping[str, ReferenceTable] = {
    "a036_purposes": ReferenceTable(
        ("purpose",),
        (
            _text("purpose"),
            _text("role"),
            _flag("needs_doubt"),
            _text("person_nationality", values=(*NATIONALITIES, "BELGIAN")),
            VALID_FROM,
            VALID_TO,
            _text("legal_reference"),
        ),
        since=SECOND_VERSION,
    ),
    "aid_kinds": ReferenceTable(
        ("aid_kind",),
        (
            _text("aid_kind"),
            _text("selection_one", required=False, values=("INTEGRATION", "ASSISTANCE")),
            _text("counted_for", values=("EVERYBODY", "WHERE_EMPLOYMENT_COUNTS", "NOBODY")),
            _text("derived_quality_code", required=False),
            DESCRIPTION,
            _text("legal_reference"),
        ),
        since=SECOND_VERSION,
        of_project=True,
        absent=AID_KINDS_OF_FIRST_VERSION,
    ),
    "budget_articles": ReferenceTable(
        ("code", "law"),
        (
            _text("code"),
            _text("law", values=("1", "2", "6")),
            VALID_FROM,
            VALID_TO,
            _text("aid_kind", required=False),
            Field("state_share_pct", pl.Decimal(5, 2)),
            DESCRIPTION,
            SOURCE,
            VERIFIED,
        ),
    ),
    "category_rules": ReferenceTable(
        ("regime", "category"),
        (
            _text("regime"),
            _text("category"),
            Field("criteria", pl.String(), values=tuple(GROUNDS_OF_CRITERIA), until=SECOND_VERSION),
            Field(
                "grounds",
                pl.List(pl.String()),
                since=SECOND_VERSION,
                absent=lambda row: GROUNDS_OF_CRITERIA[row["criteria"]],
            ),
            Field(
                "living_wage_days_mode",
                pl.String(),
                values=LIVING_WAGE_DAYS_MODES,
                since=SECOND_VERSION,
                absent=lambda row: "CUMULATIVE",
            ),
            Field("living_wage_window_months", pl.Int32(), required=False, since=SECOND_VERSION),
            _number("min_living_wage_days", required=False),
            Field("assistance_before_months", pl.Int32(), required=False, since=SECOND_VERSION),
            Field(
                "assistance_month_mode",
                pl.String(),
                values=ASSISTANCE_MONTH_MODES,
                since=SECOND_VERSION,
                absent=lambda row: "ANY_DAY",
            ),
            _number("min_assistance_months", required=False),
            _flag("counts_assistance_employment"),
            Field("required_nationality", pl.String(), required=False, values=NATIONALITIES, since=SECOND_VERSION),
            # its failure is NOT_THIRD_COUNTRY, as it was called then
            Field("requires_third_country_nationality", pl.Boolean(), until=SECOND_VERSION, absent=lambda row: False),
            Field("requires_recognised_right", pl.Boolean(), since=SECOND_VERSION, absent=lambda row: False),
            _flag("requires_limited_stay"),
            Field("excludes_permanent_card", pl.Boolean(), since=SECOND_VERSION, absent=lambda row: False),
            # of third-country nationals alone
            Field(
                "excludes_permanent_card_third_country", pl.Boolean(), until=SECOND_VERSION, absent=lambda row: False
            ),
            _number("max_residence_years_eu_national", required=False),
            _number("max_residence_years_third_country", required=False),
            Field("authorisation", pl.List(pl.String()), since=SECOND_VERSION, absent=lambda row: []),
            _text("legal_reference"),
        ),
    ),
    "countries": ReferenceTable(("nis_code",), (_text("nis_code"), _text("iso2"), _text("name"), SOURCE, VERIFIED)),
    "export_fields": ReferenceTable(
        ("regime", "category", "column"),
        (
            _text("regime"),
            # empty: every category of the regime
            Field("category", pl.String(), required=False, since=SECOND_VERSION),
            _text("column"),
            _text("field_in_source"),
            _text("legal_reference"),
        ),
    ),
    "free_movement": ReferenceTable(("iso2",), (_text("iso2"), VALID_FROM, VALID_TO, _text("basis"))),
    "grounds": ReferenceTable(
        ("ground",),
        (
            _text("ground"),
            # columns of category_rules: one that a rule with this ground must fill, one that it may fill
            _text("parameter", required=False),
            _text("optional_parameter", required=False),
            DESCRIPTION,
            _text("legal_reference"),
        ),
        since=SECOND_VERSION,
        of_project=True,
        absent=GROUNDS_OF_FIRST_VERSION,
    ),
    "help_types": ReferenceTable(
        ("code",),
        (_text("code"), VALID_FROM, VALID_TO, _text("aid_kind"), DESCRIPTION, SOURCE, VERIFIED),
    ),
    "living_wage_amounts": ReferenceTable(
        ("valid_from",),
        (VALID_FROM, _euro("category_1"), _euro("category_2"), _euro("category_3"), SOURCE, VERIFIED),
    ),
    "outcomes": ReferenceTable(
        ("outcome",),
        (
            _text("outcome"),
            _number("step_order"),
            _text("section", values=("SELECTION_ONE", "SELECTION_TWO", "CRITERIA", "PART_OF_ANOTHER")),
            # the category, and then its rule, were looked at before the test that gives this outcome
            _flag("has_category"),
            _flag("has_rule"),
            DESCRIPTION,
        ),
        since=SECOND_VERSION,
        of_project=True,
        absent=OUTCOMES_OF_FIRST_VERSION,
    ),
    "regimes": ReferenceTable(
        ("regime",),
        (
            _text("regime"),
            _text("first_month"),
            _text("last_month", required=False),
            # empty: the regime has no corrections
            Field("correction_months", pl.Int32(), required=False, since=SECOND_VERSION),
            Field("correction_reference", pl.String(), required=False, since=SECOND_VERSION),
            _text("title"),
            SOURCE,
        ),
    ),
    "registers": ReferenceTable(("code",), (_text("code"), _text("register"), DESCRIPTION, SOURCE, VERIFIED)),
    "residence_documents": ReferenceTable(
        ("code",),
        (
            _text("code"),
            _text("residence_right", values=RESIDENCE_RIGHTS),
            VALID_FROM,
            VALID_TO,
            DESCRIPTION,
            VERIFIED,
        ),
    ),
    "residence_motives": ReferenceTable(
        ("code",),
        (
            _text("code"),
            VALID_FROM,
            VALID_TO,
            _text("category"),
            # the first version sent the category in its place
            Field("capacity", pl.String(), since=SECOND_VERSION, absent=lambda row: row["category"]),
            DESCRIPTION,
            SOURCE,
            VERIFIED,
        ),
    ),
}

LANGUAGES = ("nl", "fr", "de", "en")

# the words for all these codes: beside the tables, for nothing is computed from them
LABELS = ReferenceTable(
    ("kind", "code", "language"),
    (
        _text("kind"),
        _text("code"),
        _text("language", values=LANGUAGES),
        _text("label"),
        _text("sentence", required=False),
    ),
    since=SECOND_VERSION,
    of_project=True,
)
