"""The leaflet for a category of persons: which aid is reported to DVZ and from when, as the pipeline itself answers.

Every kind of aid is tried by a synthetic person of the category, under the rules of today; see ``questions.what_if``.
"""

from dataclasses import dataclass

import polars as pl

from dvz_assets.errors import DvzError
from dvz_assets.months import Month
from dvz_assets.questions.situations import Aid, Situation, nationality_code
from dvz_assets.questions.what_if import LONG_ENOUGH, Tried, trial
from dvz_assets.reference import Reference
from dvz_assets.report.documents import Document, document
from dvz_assets.settings import Settings
from dvz_assets.words.texts import say, word

KINDS = ("LIVING_WAGE", "ASSISTANCE", "ASSISTANCE_EMPLOYMENT", "INTEGRATION_EMPLOYMENT", "MEDICAL")
EU_COUNTRY, THIRD_COUNTRY = "FR", "MA"


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of aid, given month after month, and the grounds on which it is reported; none: never."""

    kind: str
    grounds: tuple[str, ...]

    @property
    def grounds_in_words(self) -> list[str]:
        """Their labels."""
        return [word("ground", ground) for ground in self.grounds]


def leaflet_of(settings: Settings, category: str) -> Document:
    """The leaflet in the language spoken; raises DvzError when no rule of today is about the category."""
    reference, month = Reference.load(settings.reference), Month.current()
    regime = reference.regime_of(month)
    rules = reference.tables["category_rules"].filter(regime=regime)
    rule = next((row for row in rules.iter_rows(named=True) if row["category"] == category), None)
    if rule is None:
        raise DvzError(
            "UNKNOWN_CATEGORY",
            place="--leaflet",
            expected=f"one of {', '.join(rules['category'])}",
            found="another",
            remedy="name one of these categories",
        )
    first = month.minus(LONG_ENOUGH - 1)
    situations = [_typical(reference, rule, Aid(kind, first, month), month) for kind in KINDS]
    with trial(settings, situations, month) as (_, tried):
        lines = [Line(kind, _grounds(each)) for kind, each in zip(KINDS, tried, strict=True)]
    fields = reference.tables["export_fields"].filter(
        (pl.col("regime") == regime) & (pl.col("category").is_null() | (pl.col("category") == category))
    )
    return document(
        "leaflet.md.j2",
        say("Aid from the OCMW and the Immigration Office: {category}", category=word("category", category)),
        category=category,
        lines=lines,
        rule=rule,
        regime=regime,
        month_now=month,
        fields=fields["column"].unique(maintain_order=True).to_list(),
        authorisations=rule["authorisation"],
        years={group: rule[f"max_residence_years_{group}"] for group in ("eu_national", "third_country")},
        retention_years=settings.retention_months // 12,
    )


def _typical(reference: Reference, rule: dict[str, object], aid: Aid, month: Month) -> Situation:
    """Somebody of the category whose residence passes every test."""
    on = month.last_day
    motives = reference.tables["residence_motives"].filter(
        (pl.col("category") == rule["category"]) & (pl.col("valid_from") <= on) & (pl.col("valid_to") >= on)
    )
    right = "LIMITED" if rule["requires_limited_stay"] else "EU_RIGHT"
    documents = reference.tables["residence_documents"].filter(
        (pl.col("residence_right") == right) & (pl.col("valid_from") <= on) & (pl.col("valid_to") >= on)
    )
    country = EU_COUNTRY if rule["required_nationality"] == "EU" else THIRD_COUNTRY
    return Situation(
        nationality=nationality_code(country, reference) or "",
        motive=motives["code"][0],
        aid=(aid,),
        document=documents["code"][0],
    )


def _grounds(tried: Tried) -> tuple[str, ...]:
    return tried.grounds[tried.first_sent] if tried.first_sent else ()
