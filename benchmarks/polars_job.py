"""The same job in lazy Polars: raw files of a month in, decisions, export and periods out, and nothing else.

    python -m benchmarks.polars_job --landing DIR --work DIR --month 2018-05 [--to 2019-04]

Written as somebody who knows Polars would: lazy from the files on, numbers as 64-bit integers, a history of its own
(one Parquet file a month, sorted by person). Limits that the pipeline does not have: a line above 92 million euros does
not fit its arithmetic, settings have their default, and of the readings that category_rules may choose the given ones
alone are known; the program refuses others.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.job import PERSONS, STATEMENT, Job, first_day, last_day, main, refuse_other_readings

KINDS = ("LIVING_WAGE", "INTEGRATION_OTHER", "ASSISTANCE", "ASSISTANCE_EMPLOYMENT")
LIVING_WAGE, INTEGRATION_OTHER, ASSISTANCE, EMPLOYMENT = KINDS
DERIVED_QUALITY = {LIVING_WAGE: 2, INTEGRATION_OTHER: 4, ASSISTANCE: 3, EMPLOYMENT: 6}
QUALITY_ORDER = {2: -4, 3: -3, 6: -2, 4: -1}
# Register tests that come before the category is looked at.
BEFORE_CATEGORY = (
    *("DECEASED", "BELGIAN", "REGISTER_UNKNOWN", "POPULATION_REGISTER", "NO_RESIDENCE_MOTIVE", "MOTIVE_UNMAPPED"),
)
TWELVE_MONTHS = "TWELVE_MONTHS"
FOREVER = date(9999, 12, 31)
# Amounts per day are whole billionths of a cent; a day counts from one cent on, less what rounding may take away.
BILLION = 1_000_000_000
REIMBURSED = BILLION - 1_000

Tables = Mapping[str, pl.LazyFrame]


@contextmanager
def program(reference: Path) -> Iterator[Callable[[Job], None]]:
    """The program, with the code tables and rules read; months are computed in order."""
    refuse_other_readings(reference)
    tables = {path.stem: pl.read_csv(path, infer_schema=False) for path in reference.glob("*.csv")}
    for name in ("budget_articles", "free_movement", "help_types", "residence_documents", "residence_motives"):
        tables[name] = tables[name].with_columns(
            pl.col("valid_from").str.to_date(), pl.col("valid_to").str.to_date().fill_null(FOREVER)
        )
    yield partial(compute, {name: table.lazy() for name, table in tables.items()})


def compute(tables: Tables, job: Job) -> None:
    """Decisions, export and periods of one month; months before it have been computed."""
    in_force = pl.lit(job.month).is_between("first_month", pl.col("last_month").fill_null("9999-12"))
    regime = tables["regimes"].filter(in_force).collect()["regime"].item()
    fields = tables["export_fields"].filter(pl.col("regime") == regime).collect()

    def authorised(field: str) -> pl.Expr:
        categories = fields.filter(pl.col("column") == field)["category"]
        return pl.lit(categories.has_nulls()) | pl.col("category").is_in(categories.drop_nulls().implode())

    month = pl.lit(first_day(job.month)).alias("month")
    dated = (month, pl.lit(regime).alias("regime"), _insz_text())

    lines = _lines(tables, job).collect()
    lines.select("insz", month, "kind", "first_day", "last_day", "cents", "share_cents").sort("insz").write_parquet(
        job.written("history"), compression="lz4"
    )
    replaced = _replaced(job)
    present = _presently(lines.lazy(), replaced.lazy()).collect()
    selected = _selected(present.lazy()).collect()
    persons = _persons(tables, job, regime, replaced.lazy(), selected.lazy()).collect()
    paid = _paid(job, persons.lazy(), replaced.lazy()).collect()
    runs = _runs(paid.lazy(), by_kind="aid_natures" in fields["column"]).collect()
    decisions = _decisions(selected.lazy(), persons.lazy(), runs.lazy()).collect()
    decisions.select(*dated, *DECISION).write_parquet(job.written("decisions"))

    sent = decisions.lazy().filter(pl.col("outcome") == "SENT").select("insz", "category", "counts_employment")
    export = _export(sent, present.lazy(), selected.lazy(), persons.lazy(), paid.lazy())
    columns = (pl.when(authorised(name)).then(pl.col(name)).alias(name) for name in EXPORT)
    export.select(*dated, *columns).collect().write_parquet(job.written("export"))
    periods = runs.lazy().filter(pl.col("series") == TWELVE_MONTHS)
    periods.join(sent.filter(authorised("aid_periods")), on="insz", how="semi").select(
        month,
        _insz_text(),
        "aid_kind",
        pl.col("run_start").alias("period_start"),
        pl.col("run_end").alias("period_end"),
    ).collect().write_parquet(job.written("periods"))


DECISION = (*("category", "outcome", "grounds", "living_wage_days", "longest_living_wage_run", "assistance_months"),)
EXPORT = (
    *("last_name", "first_names", "country_of_origin", "aid_amount_granted", "aid_amount_12m", "quality_code"),
    *("amount_reimbursed_12m", "aid_natures", "residence_capacity"),
)


def _insz_text() -> pl.Expr:
    return pl.col("insz").cast(pl.String).str.zfill(11)


def _delivered(path: Path) -> pl.LazyFrame:
    """A delivered file, with text where the file has text; an empty text is null."""
    frame = pl.scan_csv(path, separator=";", infer_schema=False) if path.suffix == ".csv" else pl.scan_parquet(path)
    return frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _day(frame: pl.LazyFrame, name: str) -> pl.Expr:
    column = pl.col(name)
    if frame.collect_schema()[name] == pl.Date():
        return pl.when(column.is_between(date.min, date.max)).then(column)
    has_form = column.str.contains(r"^[0-9]{8}$") & ~column.str.starts_with("0000")
    return pl.when(has_form).then(column).str.to_date("%Y%m%d", strict=False)


def _number(name: str) -> pl.Expr:
    """The number in a text column; null when it has another form or its check digits do not fit."""
    column = pl.col(name)
    number = pl.when(column.str.contains(r"^[0-9]{11}$")).then(column).cast(pl.Int64)
    first_nine, check = number // 100, number % 100
    fits = (check == 97 - first_nine % 97) | (check == 97 - (first_nine + 2_000_000_000) % 97)
    return pl.when(fits).then(number)


def _lines(tables: Tables, job: Job) -> pl.LazyFrame:
    """Accepted lines of the statement, of the kinds that a rule may count."""
    delivered = _delivered(job.delivered("novaprima", "statement"))

    def has_form(name: str, form: str) -> pl.Expr:
        return pl.col(name).cast(pl.String).str.contains(f"^{form}$")

    accepted = delivered.with_columns(
        _number("insz").alias("number"),
        _day(delivered, "eerste_dag").alias("first_day"),
        _day(delivered, "laatste_dag").alias("last_day"),
    ).filter(
        pl.col("number").is_not_null(),
        pl.col("first_day") <= pl.col("last_day"),
        pl.col("last_day") <= last_day(job.month),
        pl.col("jaarmaand") == job.month.replace("-", ""),
        has_form("type_bedrag", "[1-6]"),
        has_form("teken", "[+-]"),
        has_form("bedrag", "0*[0-9]{1,12}"),
        has_form("ocmw_nis", "[0-9]{5}"),
        has_form("suffix", "[0-9]{2}").fill_null(value=True),
        has_form("hoedanigheidscode", "[0-9]{1,3}").fill_null(value=True),
        pl.col("dossier").str.len_chars() <= 11,
        pl.col("referentie").str.len_chars() <= 12,
        pl.col("naam").str.len_chars() <= 30,
        (pl.col("categorie").str.len_chars() == 1).fill_null(value=True),
        pl.col("categorie").is_in(["1", "2", "3"]).fill_null(value=True) | (pl.col("wetgeving") != "1"),
    )
    is_valid = pl.col("first_day").is_between("valid_from", "valid_to")
    articles = tables["budget_articles"].select(
        pl.col("code").alias("begrotingsartikel"),
        pl.col("law").alias("wetgeving"),
        "valid_from",
        "valid_to",
        pl.col("aid_kind").alias("kind"),
        (pl.col("state_share_pct").cast(pl.Decimal(5, 2)) * 100).cast(pl.Int64).alias("share"),
    )
    helps = tables["help_types"].select(
        pl.col("code").alias("hulptype"), "valid_from", "valid_to", pl.col("aid_kind").alias("kind")
    )
    known = (
        accepted.join(articles, on=["begrotingsartikel", "wetgeving"]).filter(is_valid).drop("valid_from", "valid_to")
    )
    law_1 = known.filter(pl.col("wetgeving") == "1")
    law_2 = known.filter(pl.col("wetgeving") == "2").drop("kind").join(helps, on="hulptype").filter(is_valid)
    counted = pl.concat([law_1, law_2.select(law_1.collect_schema().names())]).filter(pl.col("kind").is_in(KINDS))
    sign = pl.when(pl.col("teken") == "+").then(1).otherwise(-1)
    amount = pl.col("bedrag").cast(pl.Int64)
    derived = pl.col("kind").replace_strict(DERIVED_QUALITY, return_dtype=pl.Int64)
    return counted.unique(STATEMENT).select(
        pl.col("number").alias("insz"),
        "kind",
        "first_day",
        "last_day",
        (pl.col("teken") == "+").alias("is_paid"),
        (amount * sign).alias("cents"),
        ((amount * pl.col("share") + 5000) // 10000 * sign).alias("share_cents"),
        pl.coalesce(pl.col("hoedanigheidscode").cast(pl.Int64), derived).alias("quality"),
    )


def _replaced(job: Job) -> pl.DataFrame:
    """From every replaced number (``old``) to the one that its holder has now (``present``)."""
    delivered = _delivered(job.delivered("register", "insz_replacements"))
    pairs = delivered.select(
        _number("oud_insz").alias("old"), _number("nieuw_insz").alias("present"), _day(delivered, "datum").alias("day")
    )
    pairs.drop_nulls().select("old", "present").unique().collect().write_parquet(job.written("replacements"))
    known = pl.read_parquet([*job.earlier("replacements"), job.written("replacements")]).unique()
    onward = known.rename({"old": "present", "present": "onward"})
    links = known
    while True:
        followed = links.join(onward, on="present", how="left")
        if followed["onward"].null_count() == followed.height:
            return links
        links = followed.select("old", pl.coalesce("onward", "present").alias("present"))


def _presently(lines: pl.LazyFrame, replaced: pl.LazyFrame) -> pl.LazyFrame:
    """Lines under the number that their person has now."""
    found = lines.join(replaced, left_on="insz", right_on="old", how="left")
    return found.with_columns(pl.coalesce("present", "insz").alias("insz")).drop("present")


def _selected(present: pl.LazyFrame) -> pl.LazyFrame:
    """Selection one: the statement nets of every person, by kind."""
    nets = (pl.col("cents").filter(pl.col("kind") == kind).sum().alias(kind) for kind in KINDS)
    paid_living_wage = (pl.col("kind") == LIVING_WAGE) & pl.col("is_paid")
    return (
        present.group_by("insz")
        .agg(*nets, pl.col("first_day").filter(paid_living_wage).min().alias("first_living_wage_day"))
        .filter((pl.col(LIVING_WAGE) + pl.col(INTEGRATION_OTHER) > 0) | (pl.col(ASSISTANCE) + pl.col(EMPLOYMENT) > 0))
    )


def _persons(tables: Tables, job: Job, regime: str, replaced: pl.LazyFrame, selected: pl.LazyFrame) -> pl.LazyFrame:
    """Selection two: the register test that each person of selection one fails first, null when none; with the rule."""
    today = job.reference_date
    delivered = _delivered(job.delivered("register", "persons"))
    days = ("document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op")
    number = pl.when(pl.col("insz").str.contains(r"^[0-9]{11}$")).then("insz").cast(pl.Int64)
    rows = delivered.with_columns(number.alias("number")).join(selected, left_on="number", right_on="insz", how="semi")
    single = pl.len().over("number") == 1
    several = rows.filter(~single).unique(PERSONS).filter(single)
    nis_codes = tables["countries"].select("nis_code")
    accepted = (
        pl.concat([rows.filter(single), several])
        .with_columns(_day(delivered, name).alias(f"{name}_day") for name in days)
        .filter(
            _number("insz").is_not_null(),
            *((pl.col(name).is_null() | pl.col(f"{name}_day").is_not_null()) for name in days),
            pl.col("naam").is_not_null(),
            pl.col("nationaliteit").str.contains(r"^[0-9]{3}$"),
        )
        .join(replaced, left_on="number", right_on="old", how="anti")
        .join(nis_codes.with_columns(is_country=True), left_on="land_van_herkomst", right_on="nis_code", how="left")
        .filter(pl.col("land_van_herkomst").is_null() | pl.col("is_country"))
    )
    is_valid = pl.lit(today).is_between("valid_from", "valid_to")
    free = tables["countries"].join(tables["free_movement"].filter(is_valid), on="iso2").select("nis_code").unique()
    documents = tables["residence_documents"]

    def of_right(right: str) -> pl.LazyFrame:
        return (
            documents.filter(pl.col("residence_right") == right)
            .select(pl.col("code").alias("verblijfsdocument"))
            .unique()
        )

    facts = (
        accepted.join(
            tables["registers"].select(pl.col("code").alias("register"), pl.col("register").alias("known_register")),
            on="register",
            how="left",
        )
        .join(
            tables["residence_motives"]
            .filter(is_valid)
            .select(pl.col("code").alias("verblijfsmotief"), "category", "capacity"),
            on="verblijfsmotief",
            how="left",
        )
        .join(_rules(tables, regime), on="category", how="left")
        .join(free.with_columns(is_eu=True), left_on="nationaliteit", right_on="nis_code", how="left")
        .join(
            documents.filter(is_valid).select(pl.col("code").alias("verblijfsdocument"), "residence_right"),
            on="verblijfsdocument",
            how="left",
        )
        .join(of_right("PERMANENT").with_columns(is_permanent=True), on="verblijfsdocument", how="left")
        .join(of_right("NONE").with_columns(is_without_right=True), on="verblijfsdocument", how="left")
        .with_columns(
            pl.col("is_eu", "is_permanent", "is_without_right", "has_rule").fill_null(value=False),
            pl.when(pl.col("is_eu")).then("max_years_eu").otherwise("max_years_third_country").alias("max_years"),
        )
    )
    return facts.with_columns(_first_failed(today).alias("failed")).select(
        pl.col("number").alias("insz"),
        "naam",
        "voornamen",
        "nationaliteit",
        "category",
        "capacity",
        (pl.col("has_rule") & ~pl.col("failed").is_in(BEFORE_CATEGORY).fill_null(value=False)).alias("has_rule"),
        "grounds",
        "min_days",
        "min_months",
        "counts_employment",
        "failed",
    )


def _first_failed(today: date) -> pl.Expr:
    until, since = pl.col("document_geldig_tot_day"), pl.col("verblijf_sinds_day")
    nationality = pl.when("is_eu").then(pl.lit("EU")).otherwise(pl.lit("THIRD_COUNTRY"))
    limited = pl.col("requires_limited_stay")
    tests = {
        "DECEASED": pl.col("overleden_op_day") <= today,
        "BELGIAN": pl.col("nationaliteit") == "150",
        "REGISTER_UNKNOWN": pl.col("known_register").is_null(),
        "POPULATION_REGISTER": pl.col("known_register") == "BR",
        "NO_RESIDENCE_MOTIVE": pl.col("verblijfsmotief").is_null(),
        "MOTIVE_UNMAPPED": pl.col("category").is_null(),
        "MOTIVE_NOT_TARGETED": ~pl.col("has_rule"),
        "NATIONALITY_NOT_TARGETED": pl.col("required_nationality") != nationality,
        "RIGHT_NOT_RECOGNISED": pl.col("requires_recognised_right") & pl.col("is_without_right"),
        "LIMITED_STAY_UNKNOWN": limited
        & (pl.col("residence_right").is_null() | (until < today).fill_null(value=False)),
        "STAY_NOT_LIMITED": limited & (pl.col("residence_right") != "LIMITED"),
        "PERMANENT_CARD": pl.col("excludes_permanent_card") & pl.col("is_permanent"),
        "RESIDENCE_START_UNKNOWN": pl.col("max_years").is_not_null() & since.is_null(),
        "RESIDENCE_TOO_LONG": pl.lit(today) >= since.dt.offset_by(pl.format("{}y", "max_years")),
    }
    return pl.coalesce(pl.when(fails).then(pl.lit(name)) for name, fails in tests.items())


def _rules(tables: Tables, regime: str) -> pl.LazyFrame:
    flags = {
        "counts_employment": "counts_assistance_employment",
        "requires_recognised_right": "requires_recognised_right",
        "requires_limited_stay": "requires_limited_stay",
        "excludes_permanent_card": "excludes_permanent_card",
    }
    numbers = {
        "min_days": "min_living_wage_days",
        "min_months": "min_assistance_months",
        "max_years_eu": "max_residence_years_eu_national",
        "max_years_third_country": "max_residence_years_third_country",
    }
    return (
        tables["category_rules"]
        .filter(pl.col("regime") == regime)
        .select(
            "category",
            "required_nationality",
            pl.col("grounds").str.split(" "),
            pl.lit(value=True).alias("has_rule"),
            *((pl.col(column) == "true").alias(name) for name, column in flags.items()),
            *(pl.col(column).cast(pl.Int64).alias(name) for name, column in numbers.items()),
        )
    )


def _paid(job: Job, persons: pl.LazyFrame, replaced: pl.LazyFrame) -> pl.LazyFrame:
    """Counted lines, of all statements up to this one, of the persons at whom a rule looks."""
    targeted = persons.filter("has_rule").select("insz", "counts_employment")
    former = targeted.join(replaced, left_on="insz", right_on="present")
    numbers = pl.concat(
        [
            targeted.select(pl.col("insz").alias("held"), "insz", "counts_employment"),
            former.select(pl.col("old").alias("held"), "insz", "counts_employment"),
        ]
    )
    history = pl.scan_parquet([*job.earlier("history"), job.written("history")])
    return (
        history.join(numbers, left_on="insz", right_on="held")
        .filter((pl.col("kind") != EMPLOYMENT) | pl.col("counts_employment"))
        .select(
            pl.col("insz_right").alias("insz"),
            "kind",
            (pl.col("month") >= first_day(job.first_of_twelve)).alias("is_recent"),
            "first_day",
            (pl.col("last_day") + pl.duration(days=1)).alias("day_after"),
            (pl.col("cents") * BILLION // ((pl.col("last_day") - pl.col("first_day")).dt.total_days() + 1)).alias(
                "per_day"
            ),
            "cents",
            "share_cents",
        )
    )


def _runs(paid: pl.LazyFrame, *, by_kind: bool) -> pl.LazyFrame:
    """Runs of consecutive reimbursed days per person and series (and kind, in the last twelve statements, where told).

    The sum over the lines of a series changes only on the days on which a line begins or has ended. All changes of a
    series add up to zero, so that one running sum over everybody, in order, gives each person's own.
    """
    key = ["insz", "series", "aid_kind"]
    no_kind = pl.lit(None, pl.String).alias("aid_kind")
    all_months = paid.filter(pl.col("kind") != INTEGRATION_OTHER).with_columns(
        pl.when(pl.col("kind") == LIVING_WAGE).then(pl.lit(LIVING_WAGE)).otherwise(pl.lit(ASSISTANCE)).alias("series"),
        no_kind,
    )
    twelve_months = paid.filter("is_recent").with_columns(
        pl.lit(TWELVE_MONTHS).alias("series"), pl.col("kind").alias("aid_kind") if by_kind else no_kind
    )
    series = pl.concat([all_months, twelve_months])
    begins = series.select(*key, pl.col("first_day").alias("day"), pl.col("per_day").alias("change"))
    ends = series.select(*key, pl.col("day_after").alias("day"), -pl.col("per_day").alias("change"))
    month_number = pl.col("run_start").dt.year().cast(pl.Int32) * 12 + pl.col("run_start").dt.month()
    last_month = pl.col("run_end").dt.year().cast(pl.Int32) * 12 + pl.col("run_end").dt.month()
    return (
        pl.concat([begins, ends])
        .group_by(*key, "day")
        .agg(pl.col("change").sum())
        .sort(*key, "day")
        .with_columns(pl.col("change").cum_sum().alias("level"))
        .with_columns((pl.col("level") >= REIMBURSED).alias("is_reimbursed"))
        .filter(pl.col("is_reimbursed") != (pl.col("level") - pl.col("change") >= REIMBURSED))
        .with_columns((pl.col("day").shift(-1) - pl.duration(days=1)).alias("run_end"))
        .filter("is_reimbursed")
        .select(*key, pl.col("day").alias("run_start"), "run_end")
        .with_columns(month_number.alias("first_month"), last_month.alias("last_month"))
        .with_columns(
            (
                pl.col("last_month")
                - pl.col("first_month")
                + 1
                - (pl.col("first_month") == pl.col("last_month").shift(1).over(key))
                .fill_null(value=False)
                .cast(pl.Int32)
            ).alias("new_months")
        )
    )


def _decisions(selected: pl.LazyFrame, persons: pl.LazyFrame, runs: pl.LazyFrame) -> pl.LazyFrame:
    """Outcome and grounds of every person of selection one."""
    days = (pl.col("run_end") - pl.col("run_start")).dt.total_days() + 1
    of_living_wage, of_assistance = pl.col("series") == LIVING_WAGE, pl.col("series") == ASSISTANCE
    counters = runs.group_by("insz").agg(
        days.filter(of_living_wage).sum().alias("living_wage_days"),
        days.filter(of_living_wage).max().alias("longest_living_wage_run"),
        pl.col("new_months").filter(of_assistance).sum().alias("assistance_months"),
        pl.col("run_start").filter(of_assistance).min().alias("first_assistance_day"),
    )
    counted = ("living_wage_days", "longest_living_wage_run", "assistance_months")
    has_rule, failed = pl.col("has_rule").fill_null(value=False), pl.col("failed")
    employment = pl.when("counts_employment").then(EMPLOYMENT).otherwise(0)
    grounds = {
        "ASSISTANCE_4_MONTHS": pl.col("assistance_months") >= pl.col("min_months"),
        "LIVING_WAGE_90_DAYS": pl.col("living_wage_days") >= pl.col("min_days"),
        "LIVING_WAGE_AFTER_ASSISTANCE": (pl.col(LIVING_WAGE) > 0)
        & (pl.col("first_assistance_day") < pl.col("first_living_wage_day")),
        "SOCIAL_ASSISTANCE": pl.col("assistance_net") > 0,
    }
    holding = pl.concat_list(
        pl.when(pl.col("grounds").list.contains(name) & holds).then(pl.lit(name)) for name, holds in grounds.items()
    ).list.drop_nulls()
    return (
        selected.join(persons.with_columns(is_in_register=True), on="insz", how="left")
        .join(counters, on="insz", how="left")
        .with_columns(
            *(pl.when(has_rule).then(pl.col(name).fill_null(0)).cast(pl.Int32).alias(name) for name in counted),
            (pl.col(ASSISTANCE) + employment).alias("assistance_net"),
        )
        .with_columns(holding.alias("holding"))
        .with_columns(
            pl.when(pl.col("is_in_register").is_null())
            .then(pl.lit("NOT_IN_REGISTER"))
            .when(failed.is_not_null())
            .then(failed)
            .when(pl.col(LIVING_WAGE) + pl.col(INTEGRATION_OTHER) + pl.col("assistance_net") <= 0)
            .then(pl.lit("NO_COUNTED_AID"))
            .when(pl.col("holding").list.len() == 0)
            .then(pl.lit("BELOW_THRESHOLD"))
            .otherwise(pl.lit("SENT"))
            .alias("outcome"),
        )
        .select(
            "insz",
            pl.when(has_rule | (failed == "MOTIVE_NOT_TARGETED")).then("category").alias("category"),
            "outcome",
            pl.when(pl.col("outcome") == "SENT")
            .then("holding")
            .otherwise(pl.lit([], dtype=pl.List(pl.String)))
            .alias("grounds"),
            *counted,
            "counts_employment",
        )
    )


def _export(
    sent: pl.LazyFrame, present: pl.LazyFrame, selected: pl.LazyFrame, persons: pl.LazyFrame, paid: pl.LazyFrame
) -> pl.LazyFrame:
    """All that may be sent about each person; what the regime does not authorise for the category is emptied later."""
    counts = (pl.col("kind") != EMPLOYMENT) | pl.col("counts_employment")
    rank = pl.col("quality").replace(QUALITY_ORDER)
    granted = (
        present.join(sent, on="insz")
        .filter(counts)
        .group_by("insz")
        .agg(
            pl.col("cents").sum().alias("granted"),
            pl.col("quality").filter("is_paid").sort_by(rank.filter("is_paid")).first().alias("quality"),
        )
    )
    reimbursed = (
        paid.filter("is_recent")
        .join(sent, on="insz", how="semi")
        .group_by("insz")
        .agg(pl.col("cents", "share_cents").sum())
    )
    natures = pl.concat_list(
        pl.when((pl.col(kind) > 0) & ((kind != EMPLOYMENT) | pl.col("counts_employment"))).then(pl.lit(kind))
        for kind in sorted(KINDS)
    ).list.drop_nulls()
    return (
        sent.join(selected, on="insz")
        .join(persons.drop("category", "counts_employment"), on="insz")
        .join(granted, on="insz")
        .join(reimbursed, on="insz")
        .select(
            "insz",
            pl.col("naam").alias("last_name"),
            pl.col("voornamen").alias("first_names"),
            pl.col("nationaliteit").alias("country_of_origin"),
            _euro("granted", 12).alias("aid_amount_granted"),
            _euro("cents", 14).alias("aid_amount_12m"),
            pl.col("quality").cast(pl.String).alias("quality_code"),
            _euro("share_cents", 14).alias("amount_reimbursed_12m"),
            natures.alias("aid_natures"),
            pl.col("capacity").alias("residence_capacity"),
            "category",
        )
    )


def _euro(cents: str, precision: int) -> pl.Expr:
    return (pl.col(cents).cast(pl.Decimal(20, 2)) / 100).cast(pl.Decimal(precision, 2))


if __name__ == "__main__":
    main("The same job in lazy Polars.", program)
