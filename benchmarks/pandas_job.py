"""The same job in pandas: raw files of a month in, decisions, export and periods out, and nothing else.

    python -m benchmarks.pandas_job --landing DIR --work DIR --month 2018-05 [--to 2019-04]

Written as somebody who knows pandas would: whole columns at a time, numbers as 64-bit integers, a history of its own
(one Parquet file a month, sorted by person) that is read one month at a time. DuckDB only reads and writes Parquet
here, for pandas alone cannot. Two limits that the pipeline does not have: a line above 92 million euros does not fit
its arithmetic, and settings have their default.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from benchmarks.job import PERSONS, STATEMENT, Job, first_day, last_day, main

# Aid kinds that a rule may count, by number; lines of other kinds change nothing and are not kept.
LIVING_WAGE, INTEGRATION_OTHER, ASSISTANCE, EMPLOYMENT = 1, 2, 3, 4
KINDS = {
    "LIVING_WAGE": LIVING_WAGE,
    "INTEGRATION_OTHER": INTEGRATION_OTHER,
    "ASSISTANCE": ASSISTANCE,
    "ASSISTANCE_EMPLOYMENT": EMPLOYMENT,
}
DERIVED_QUALITY = {LIVING_WAGE: 2, INTEGRATION_OTHER: 4, ASSISTANCE: 3, EMPLOYMENT: 6}
QUALITY_ORDER = {2: -4, 3: -3, 6: -2, 4: -1}
# Register tests that come before the category is looked at.
BEFORE_CATEGORY = (
    *("DECEASED", "BELGIAN", "REGISTER_UNKNOWN", "POPULATION_REGISTER", "NO_RESIDENCE_MOTIVE", "MOTIVE_UNMAPPED"),
)
# What is swept: days of living wage, days of assistance, and the last twelve statements (plus the kind where told).
LIVING_WAGE_DAYS, ASSISTANCE_DAYS, TWELVE_MONTHS = 1, 2, 10
# Amounts per day are whole billionths of a cent; a day counts from one cent on, less what rounding may take away.
BILLION = 1_000_000_000
REIMBURSED = BILLION - 1_000

Tables = Mapping[str, pd.DataFrame]

# Columns of the files that are written; lists come as text with commas.
DATED = "CAST(? AS DATE) AS month, ? AS regime, lpad(CAST(insz AS VARCHAR), 11, '0') AS insz"
DECISIONS = f"""{DATED}, CAST(category AS VARCHAR) AS category,
    CAST(outcome AS VARCHAR) AS outcome,
    list_filter(string_split(CAST(grounds AS VARCHAR), ','), lambda each: each <> '') AS grounds,
    CAST(living_wage_days AS INTEGER) AS living_wage_days,
    CAST(longest_living_wage_run AS INTEGER) AS longest_living_wage_run,
    CAST(assistance_months AS INTEGER) AS assistance_months"""
EXPORT = {
    "last_name": "CAST(naam AS VARCHAR)",
    "first_names": "CAST(voornamen AS VARCHAR)",
    "country_of_origin": "CAST(nationaliteit AS VARCHAR)",
    "aid_amount_granted": "CAST(CAST(granted AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(12, 2))",
    "quality_code": "CAST(CAST(quality AS INTEGER) AS VARCHAR)",
    "amount_reimbursed_12m": "CAST(CAST(reimbursed AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(14, 2))",
    "aid_natures": "list_filter(string_split(CAST(natures AS VARCHAR), ','), lambda each: each <> '')",
    "residence_capacity": "CAST(category AS VARCHAR)",
}
PERIODS = f"""CAST(? AS DATE) AS month, lpad(CAST(insz AS VARCHAR), 11, '0') AS insz,
    CASE WHEN series > {TWELVE_MONTHS} THEN {list(KINDS)}[series - {TWELVE_MONTHS}] END AS aid_kind,
    CAST(run_start AS DATE) AS period_start, CAST(run_end AS DATE) AS period_end"""
HISTORY = ["insz", "kind", "first_day", "last_day", "cents", "share_cents"]


@contextmanager
def program(reference: Path) -> Iterator[Callable[[Job], None]]:
    """The program, with the code tables and rules read; months are computed in order."""
    tables = {path.stem: _read_csv(path, ",") for path in reference.glob("*.csv")}
    for name in ("budget_articles", "free_movement", "help_types", "residence_documents", "residence_motives"):
        for column in ("valid_from", "valid_to"):
            tables[name][column] = pd.to_datetime(tables[name][column].fillna("9999-12-31"))
    yield partial(compute, tables)


def compute(tables: Tables, job: Job) -> None:
    """Decisions, export and periods of one month; months before it have been computed."""
    regimes, fields = tables["regimes"], tables["export_fields"]
    in_force = (regimes["first_month"] <= job.month) & (regimes["last_month"].fillna("9999-12") >= job.month)
    regime = regimes.loc[in_force, "regime"].item()
    authorised = set(fields.loc[fields["regime"] == regime, "column"])
    month = first_day(job.month)

    lines = _lines(tables, job)
    _write(job.written("history"), "CAST(? AS DATE) AS month, *", lines.sort_values("insz")[HISTORY], month)
    replaced = _replaced(job)
    present = lines.assign(
        insz=replaced.reindex(lines["insz"]).fillna(lines["insz"].set_axis(lines["insz"])).to_numpy()
    )
    present["insz"] = present["insz"].astype("int64")
    selected = _selected(present)
    persons = _persons(tables, job, regime, replaced, selected)
    paid = _paid(job, persons, replaced)
    runs = _runs(paid, by_kind="aid_natures" in authorised)
    decisions = _decisions(selected, persons, runs)
    _write(job.written("decisions"), DECISIONS, decisions, month, regime)

    sent = decisions.loc[decisions["outcome"] == "SENT", ["insz", "counts_employment"]]
    export = _export(sent, present, selected, persons, paid)
    columns = ", ".join(
        f"{sql if name in authorised else f'if(FALSE, {sql}, NULL)'} AS {name}" for name, sql in EXPORT.items()
    )
    _write(job.written("export"), f"{DATED}, {columns}", export, month, regime)
    of_sent = (runs["series"] >= TWELVE_MONTHS) & runs["insz"].isin(sent["insz"]) & ("aid_periods" in authorised)
    _write(job.written("periods"), PERIODS, runs[of_sent], month)


def _read_csv(path: Path, separator: str) -> pd.DataFrame:
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig")


def _write(path: Path, columns: str, frame: pd.DataFrame, *parameters: object) -> None:
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        connection.execute(f"COPY (SELECT {columns} FROM frame) TO '{path}' (FORMAT parquet)", list(parameters))


def _delivered(path: Path) -> pd.DataFrame:
    """A delivered file as text; an empty text is null."""
    if path.suffix == ".csv":
        return _read_csv(path, ";")
    relation = duckdb.read_parquet(str(path))
    texts = (
        f"strftime({name}, '%Y%m%d') AS {name}"
        if str(kind) == "DATE"
        else f"nullif(CAST({name} AS VARCHAR), '') AS {name}"
        for name, kind in zip(relation.columns, relation.types, strict=True)
    )
    return relation.project(", ".join(texts)).df().astype("str")


def _has_form(column: "pd.Series[Any]", form: str, *, may_be_empty: bool = False) -> "pd.Series[bool]":
    return column.str.fullmatch(form, na=may_be_empty).astype(bool)


def _day(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The day in a text column; NaT when it is none."""
    has_form = _has_form(column, "[0-9]{8}") & ~_has_form(column, "0000[0-9]{4}")
    return pd.to_datetime(column.where(has_form), format="%Y%m%d", errors="coerce")


def _number(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """The number in a text column, 0 when it has another form."""
    return column.where(_has_form(column, "[0-9]{11}"), "0").astype("int64")


def _checks_out(number: "pd.Series[Any]") -> "pd.Series[bool]":
    first_nine, check = number // 100, number % 100
    return (check == 97 - first_nine % 97) | (check == 97 - (first_nine + 2_000_000_000) % 97)


def _lines(tables: Tables, job: Job) -> pd.DataFrame:
    """Accepted lines of the statement, of the kinds that a rule may count."""
    rows = _delivered(job.delivered("novaprima", "statement")).drop_duplicates(list(STATEMENT))
    rows["number"] = _number(rows["insz"])
    rows["first_day"], rows["last_day"] = _day(rows["eerste_dag"]), _day(rows["laatste_dag"])
    is_law_1, category = rows["wetgeving"] == "1", rows["categorie"]
    rows = rows[
        _checks_out(rows["number"])
        & (rows["first_day"] <= rows["last_day"])
        & (rows["last_day"] <= pd.Timestamp(last_day(job.month)))
        & (rows["jaarmaand"] == job.month.replace("-", ""))
        & rows["type_bedrag"].isin(list("123456"))
        & rows["teken"].isin(["+", "-"])
        & _has_form(rows["bedrag"], "0*[0-9]{1,12}")
        & _has_form(rows["ocmw_nis"], "[0-9]{5}")
        & _has_form(rows["suffix"], "[0-9]{2}", may_be_empty=True)
        & _has_form(rows["hoedanigheidscode"], "[0-9]{1,3}", may_be_empty=True)
        & (rows["dossier"].str.len() <= 11)
        & (rows["referentie"].str.len() <= 12)
        & (rows["naam"].str.len() <= 30)
        & (category.isna() | (category.str.len() == 1) & (~is_law_1 | category.isin(["1", "2", "3"])))
    ]
    articles = tables["budget_articles"].rename(columns={"code": "begrotingsartikel", "law": "wetgeving"})
    known = _valid_on_first_day(rows, articles, ["begrotingsartikel", "wetgeving"], ["aid_kind", "state_share_pct"])
    law_2 = known[known["wetgeving"] == "2"].drop(columns="aid_kind")
    helps = tables["help_types"].rename(columns={"code": "hulptype"})
    both = pd.concat(
        [known[known["wetgeving"] == "1"], _valid_on_first_day(law_2, helps, ["hulptype"], ["aid_kind"])],
        ignore_index=True,
    )
    counted = both[both["aid_kind"].isin(list(KINDS))]
    kind = counted["aid_kind"].map(KINDS).astype("int8")
    sign = np.where(counted["teken"] == "+", 1, -1)
    amount = counted["bedrag"].astype("int64")
    share = counted["state_share_pct"].map(lambda percentage: int(Decimal(percentage) * 100)).astype("int64")
    given = pd.to_numeric(counted["hoedanigheidscode"])
    return pd.DataFrame(
        {
            "insz": counted["number"],
            "kind": kind,
            "first_day": counted["first_day"],
            "last_day": counted["last_day"],
            "is_paid": counted["teken"] == "+",
            "cents": amount * sign,
            "share_cents": (amount * share + 5000) // 10000 * sign,
            "quality": given.fillna(kind.map(DERIVED_QUALITY)).astype("int64"),
        }
    )


def _valid_on_first_day(rows: pd.DataFrame, codes: pd.DataFrame, keys: list[str], facts: list[str]) -> pd.DataFrame:
    found = rows.merge(codes[[*keys, "valid_from", "valid_to", *facts]], on=keys)
    is_valid = (found["valid_from"] <= found["first_day"]) & (found["first_day"] <= found["valid_to"])
    return found[is_valid].drop(columns=["valid_from", "valid_to"])


def _replaced(job: Job) -> "pd.Series[int]":
    """From every replaced number (the index) to the one that its holder has now."""
    rows = _delivered(job.delivered("register", "insz_replacements"))
    pairs = pd.DataFrame({"old": _number(rows["oud_insz"]), "new": _number(rows["nieuw_insz"])})
    pairs = pairs[_checks_out(pairs["old"]) & _checks_out(pairs["new"]) & _day(rows["datum"]).notna()]
    _write(job.written("replacements"), "*", pairs)
    files = [*job.earlier("replacements"), job.written("replacements")]
    known = duckdb.read_parquet([str(path) for path in files]).df().drop_duplicates().set_index("old")["new"]
    present = known
    while present.isin(known.index).any():
        present = known.reindex(present).set_axis(present.index).fillna(present).astype("int64")
    return present


def _selected(present: pd.DataFrame) -> pd.DataFrame:
    """Selection one: the statement nets of every person, by kind (columns 1 to 4)."""
    nets = present.pivot_table(index="insz", columns="kind", values="cents", aggfunc="sum", fill_value=0)
    nets = nets.reindex(columns=list(KINDS.values()), fill_value=0)
    paid_living_wage = present[(present["kind"] == LIVING_WAGE) & present["is_paid"]]
    nets["first_living_wage_day"] = paid_living_wage.groupby("insz")["first_day"].min()
    is_selected = (nets[LIVING_WAGE] + nets[INTEGRATION_OTHER] > 0) | (nets[ASSISTANCE] + nets[EMPLOYMENT] > 0)
    return nets[is_selected].reset_index()


def _persons(tables: Tables, job: Job, regime: str, replaced: "pd.Series[int]", selected: pd.DataFrame) -> pd.DataFrame:
    """Selection two: the register test that each person of selection one fails first, null when none; with the rule."""
    today = pd.Timestamp(job.reference_date)
    rows = _delivered(job.delivered("register", "persons"))
    rows["number"] = _number(rows["insz"])
    rows = rows[rows["number"].isin(selected["insz"])].drop_duplicates(list(PERSONS))
    rows = rows[~rows["number"].duplicated(keep=False)].copy()
    names = ("document_geldig_tot", "motief_datum", "verblijf_sinds", "overleden_op")
    days = {name: _day(rows[name]) for name in names}
    origin = rows["land_van_herkomst"]
    is_kept = (
        _checks_out(rows["number"])
        & rows["naam"].notna()
        & _has_form(rows["nationaliteit"], "[0-9]{3}")
        & (origin.isna() | origin.isin(tables["countries"]["nis_code"]))
        & ~rows["number"].isin(replaced.index)
    )
    for name in names:
        is_kept &= rows[name].isna() | days[name].notna()
    kept = rows[is_kept].copy()
    until, since, deceased = (days[name][is_kept] for name in (names[0], names[2], names[3]))

    countries, motives, documents = (
        tables["countries"],
        _valid(tables["residence_motives"], today),
        tables["residence_documents"],
    )
    moving = countries[countries["iso2"].isin(_valid(tables["free_movement"], today)["iso2"])]
    registers = tables["registers"].set_index("code")["register"]
    rights = _valid(documents, today).set_index("code")["residence_right"]
    kept["category"] = kept["verblijfsmotief"].map(motives.set_index("code")["category"])
    kept = kept.merge(_rules(tables, regime), on="category", how="left").set_axis(kept.index)
    has_rule = kept["criteria"].notna()
    flags = {name: kept[name].astype("boolean").fillna(False).astype(bool) for name in FLAGS}
    register, right = kept["register"].map(registers), kept["verblijfsdocument"].map(rights)
    is_eu = kept["nationaliteit"].isin(moving["nis_code"])
    has_card = kept["verblijfsdocument"].isin(documents.loc[documents["residence_right"] == "PERMANENT", "code"])
    max_years = kept["max_years_eu"].where(is_eu, kept["max_years_third_country"])
    too_long = pd.Series(data=False, index=kept.index)
    for years in max_years.dropna().unique():
        too_long |= (max_years == years) & (since + pd.DateOffset(years=int(years)) <= today)
    tests = {
        "DECEASED": deceased <= today,
        "BELGIAN": kept["nationaliteit"] == "150",
        "REGISTER_UNKNOWN": register.isna(),
        "POPULATION_REGISTER": register == "BR",
        "NO_RESIDENCE_MOTIVE": kept["verblijfsmotief"].isna(),
        "MOTIVE_UNMAPPED": kept["category"].isna(),
        "MOTIVE_NOT_TARGETED": ~has_rule,
        "NOT_THIRD_COUNTRY": flags["requires_third_country"] & is_eu,
        "LIMITED_STAY_UNKNOWN": flags["requires_limited_stay"] & (right.isna() | (until < today)),
        "STAY_NOT_LIMITED": flags["requires_limited_stay"] & (right != "LIMITED"),
        "PERMANENT_CARD": flags["excludes_permanent_card"] & ~is_eu & has_card,
        "RESIDENCE_START_UNKNOWN": max_years.notna() & since.isna(),
        "RESIDENCE_TOO_LONG": too_long,
    }
    kept["failed"] = np.select([test.to_numpy(bool) for test in tests.values()], list(tests), default="")
    kept["has_rule"] = has_rule & ~kept["failed"].isin(BEFORE_CATEGORY)
    kept["counts_employment"] = flags["counts_employment"]
    kept["insz"] = kept["number"]
    return kept[
        [
            *("insz", "naam", "voornamen", "nationaliteit", "category", "has_rule", "criteria"),
            *("min_days", "min_months", "counts_employment", "failed"),
        ]
    ]


def _valid(codes: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    return codes[(codes["valid_from"] <= day) & (day <= codes["valid_to"])]


FLAGS = {
    "counts_employment": "counts_assistance_employment",
    "requires_limited_stay": "requires_limited_stay",
    "requires_third_country": "requires_third_country_nationality",
    "excludes_permanent_card": "excludes_permanent_card_third_country",
}
NUMBERS = {
    "min_days": "min_living_wage_days",
    "min_months": "min_assistance_months",
    "max_years_eu": "max_residence_years_eu_national",
    "max_years_third_country": "max_residence_years_third_country",
}


def _rules(tables: Tables, regime: str) -> pd.DataFrame:
    rules = tables["category_rules"]
    rules = rules[rules["regime"] == regime]
    return pd.DataFrame(
        {
            "category": rules["category"],
            "criteria": rules["criteria"],
            **{name: rules[column] == "true" for name, column in FLAGS.items()},
            **{name: pd.to_numeric(rules[column]) for name, column in NUMBERS.items()},
        }
    )


def _paid(job: Job, persons: pd.DataFrame, replaced: "pd.Series[int]") -> pd.DataFrame:
    """Counted lines, of all statements up to this one, of the persons at whom a rule looks."""
    targeted = persons.loc[persons["has_rule"], ["insz", "counts_employment"]]
    former = replaced[replaced.isin(targeted["insz"])].rename("insz").rename_axis("held").reset_index()
    numbers = pd.concat([targeted.assign(held=targeted["insz"]), former.merge(targeted, on="insz")])
    months = (
        duckdb.read_parquet(str(path)).df().rename(columns={"insz": "held"}).merge(numbers, on="held")
        for path in [*job.earlier("history"), job.written("history")]
    )
    lines = pd.concat(months, ignore_index=True)
    lines = lines[(lines["kind"] != EMPLOYMENT) | lines["counts_employment"]]
    days = (lines["last_day"] - lines["first_day"]).dt.days + 1
    return lines.assign(
        is_recent=lines["month"] >= pd.Timestamp(first_day(job.first_of_twelve)),
        day_after=lines["last_day"] + timedelta(days=1),
        per_day=lines["cents"] * BILLION // days,
    )


def _runs(paid: pd.DataFrame, *, by_kind: bool) -> pd.DataFrame:
    """Runs of consecutive reimbursed days per person and series.

    The sum over the lines of a series changes only on the days on which a line begins or has ended. All changes of a
    series add up to zero, so that one running sum over everybody, in order, gives each person's own.
    """
    all_months = paid[paid["kind"] != INTEGRATION_OTHER]
    series = np.where(all_months["kind"] == LIVING_WAGE, LIVING_WAGE_DAYS, ASSISTANCE_DAYS)
    twelve = paid[paid["is_recent"]]
    swept = pd.concat(
        [
            all_months.assign(series=series),
            twelve.assign(series=TWELVE_MONTHS + (twelve["kind"].astype("int64") if by_kind else 0)),
        ]
    )
    begins = swept[["insz", "series", "first_day", "per_day"]].set_axis(["insz", "series", "day", "change"], axis=1)
    ends = swept[["insz", "series", "day_after", "per_day"]].set_axis(["insz", "series", "day", "change"], axis=1)
    changes = pd.concat([begins, ends.assign(change=-ends["change"])])
    changes = changes.groupby(["insz", "series", "day"], as_index=False)["change"].sum()
    level = changes["change"].cumsum()
    is_reimbursed = level >= REIMBURSED
    edges = changes[is_reimbursed != (level - changes["change"] >= REIMBURSED)]
    run_end = edges["day"].shift(-1) - timedelta(days=1)
    runs = edges.assign(run_end=run_end)[is_reimbursed.loc[edges.index]]
    runs = runs.rename(columns={"day": "run_start"})
    first = runs["run_start"].dt.year * 12 + runs["run_start"].dt.month
    last = runs["run_end"].dt.year * 12 + runs["run_end"].dt.month
    shares_month = first == last.groupby([runs["insz"], runs["series"]]).shift(1)
    return runs.assign(new_months=last - first + 1 - shares_month.astype("int64"), days=_days(runs))


def _days(runs: pd.DataFrame) -> "pd.Series[int]":
    return (runs["run_end"] - runs["run_start"]).dt.days + 1


def _decisions(selected: pd.DataFrame, persons: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Outcome and grounds (as text) of every person of selection one."""
    of_living_wage = runs[runs["series"] == LIVING_WAGE_DAYS].groupby("insz")["days"]
    of_assistance = runs[runs["series"] == ASSISTANCE_DAYS].groupby("insz")
    counters = {
        "living_wage_days": of_living_wage.sum(),
        "longest_living_wage_run": of_living_wage.max(),
        "assistance_months": of_assistance["new_months"].sum(),
    }
    rows = selected.merge(persons.assign(is_in_register=True), on="insz", how="left")
    has_rule = rows["has_rule"].astype("boolean").fillna(False).astype(bool)
    for name, counter in counters.items():
        rows[name] = rows["insz"].map(counter).fillna(0).where(has_rule).astype("Int64")
    # not by map, which cannot look up days in an empty series
    first_days = of_assistance["run_start"].min().reindex(rows["insz"])
    first_assistance_day = first_days.set_axis(rows.index)
    counts = rows["counts_employment"].astype("boolean").fillna(False).astype(bool)
    assistance_net = rows[ASSISTANCE] + rows[EMPLOYMENT].where(counts, 0)
    counted_net = rows[LIVING_WAGE] + rows[INTEGRATION_OTHER] + assistance_net
    by_days, by_months = rows["criteria"] == "DAYS_OR_ASSISTANCE", rows["criteria"] == "ASSISTANCE_MONTHS"
    is_after = first_assistance_day < rows["first_living_wage_day"]
    grounds = {
        "ASSISTANCE_4_MONTHS": by_months & (rows["assistance_months"] >= rows["min_months"]).fillna(False),
        "LIVING_WAGE_90_DAYS": by_days & (rows["living_wage_days"] >= rows["min_days"]).fillna(False),
        "LIVING_WAGE_AFTER_ASSISTANCE": by_days & (rows[LIVING_WAGE] > 0) & is_after,
        "SOCIAL_ASSISTANCE": by_days & (assistance_net > 0),
    }
    holding = _joined(grounds, rows.index)
    failed = rows["failed"].fillna("")
    outcome = np.select(
        [rows["is_in_register"].isna(), failed != "", counted_net <= 0, holding == ""],
        ["NOT_IN_REGISTER", failed, "NO_COUNTED_AID", "BELOW_THRESHOLD"],
        default="SENT",
    )
    return rows.assign(
        category=rows["category"].where(has_rule | (failed == "MOTIVE_NOT_TARGETED")),
        outcome=outcome,
        grounds=holding.where(outcome == "SENT", ""),
        counts_employment=counts,
    )[["insz", "category", "outcome", "grounds", *counters, "counts_employment"]]


def _joined(names: "Mapping[str, pd.Series[bool]]", index: "pd.Index[Any]") -> "pd.Series[Any]":
    """The names that hold, in their order, joined by commas."""
    text = pd.Series("", index=index)
    for name, holds in names.items():
        text = text.where(~holds.astype(bool), text + name + ",")
    return text


def _export(
    sent: pd.DataFrame, present: pd.DataFrame, selected: pd.DataFrame, persons: pd.DataFrame, paid: pd.DataFrame
) -> pd.DataFrame:
    """All that may be sent about each person; columns that the regime does not authorise are not written."""
    current = present.merge(sent, on="insz")
    current = current[(current["kind"] != EMPLOYMENT) | current["counts_employment"]]
    paid_lines = current[current["is_paid"]]
    rank = paid_lines["quality"].map(QUALITY_ORDER).fillna(paid_lines["quality"])
    best = paid_lines.assign(rank=rank).sort_values("rank", kind="stable").groupby("insz")["quality"].first()
    recent = paid[paid["is_recent"] & paid["insz"].isin(sent["insz"])]
    rows = sent.merge(selected, on="insz").merge(persons.drop(columns="counts_employment"), on="insz")
    natures = {name: rows[kind] > 0 for name, kind in sorted(KINDS.items())}
    natures["ASSISTANCE_EMPLOYMENT"] &= rows["counts_employment"]
    return rows.assign(
        granted=rows["insz"].map(current.groupby("insz")["cents"].sum()),
        quality=rows["insz"].map(best),
        reimbursed=rows["insz"].map(recent.groupby("insz")["share_cents"].sum()),
        natures=_joined(natures, rows.index),
    )[["insz", "naam", "voornamen", "nationaliteit", "category", "granted", "quality", "reimbursed", "natures"]]


if __name__ == "__main__":
    main("The same job in pandas.", program)
