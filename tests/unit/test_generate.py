"""Synthetic landing zones: the same arguments give the same bytes, the files keep the contract, nobody in them is real.

Comparisons go through counts, file names and line numbers, so that a failure prints no number and no name.
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dvz_assets.errors import DvzError
from dvz_assets.generate import SAMPLE, generate
from dvz_assets.generate.flaws import PERSONS_FLAWS, STATEMENT_FLAWS
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from tests.cases.outcomes import GROUNDS, OUTCOMES, OUTCOMES_BY_THE_DESK
from tests.oracle.corrections import is_deceased, is_looked_back_on, is_recovered
from tests.oracle.knowledge import Knowledge, known_by_month, months_earlier
from tests.oracle.rules import Decision, MonthResult, compute, count, holding_grounds, judge_everybody, rule_of

COMMITTED = Path(__file__).parents[2] / "data-sample" / "landing"
MAX_REJECT_SHARE = 0.01  # default of the setting


def make(landing: Path, **changes: Any) -> Path:
    arguments: dict[str, Any] = {
        "seed": 7,
        "persons": 300,
        "months": 4,
        "start": "2018-04",
        "file_format": "csv",
        "reference": reference_folder(),
    }
    generate(landing, **(arguments | changes))
    return landing


def contents(landing: Path) -> dict[str, bytes]:
    files = (path for path in landing.rglob("*") if path.is_file())
    return {path.relative_to(landing).as_posix(): path.read_bytes() for path in files}


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def all_rows(landing: Path, name: str) -> Iterator[dict[str, str]]:
    for path in sorted(landing.rglob(f"{name}.csv")):
        yield from rows(path)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("generated") / "landing")


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("faultless") / "landing", reject_share=0)


def test_the_committed_sample_is_what_generate_makes(tmp_path: Path) -> None:
    generate(tmp_path, **asdict(SAMPLE), reference=reference_folder())
    assert differing(contents(tmp_path), contents(COMMITTED)) == []


@pytest.fixture(scope="module")
def known() -> dict[str, Knowledge]:
    """What the sample tells, by month."""
    return known_by_month(COMMITTED, reference_folder())


@pytest.fixture(scope="module")
def results(known: dict[str, Knowledge]) -> dict[str, MonthResult]:
    return {month: judge_everybody(each) for month, each in known.items()}


def decisions(
    known: dict[str, Knowledge], results: dict[str, MonthResult], regime: str
) -> Iterator[tuple[str, Decision]]:
    """Months and decisions of a regime."""
    for month, result in results.items():
        if known[month].regime == regime:
            yield from ((month, decision) for decision in result.decisions.values())


@pytest.mark.parametrize(
    ("regime", "impossible"),
    [("NOTE_2014", {"RESIDENCE_START_UNKNOWN", "RESIDENCE_TOO_LONG"}), ("DELIB_18_055", set())],
)
def test_every_outcome_and_ground_occurs_under_each_regime(
    known: dict[str, Knowledge], results: dict[str, MonthResult], regime: str, impossible: set[str]
) -> None:
    found = [decision for _, decision in decisions(known, results, regime)]
    outcomes = {decision.outcome for decision in found}
    assert set(OUTCOMES) - set(OUTCOMES_BY_THE_DESK) - outcomes == impossible
    assert {ground for decision in found for ground in decision.grounds} == set(GROUNDS)
    settled = sum(decision.outcome in ("BELGIAN", "POPULATION_REGISTER") for decision in found)
    assert settled > len(found) / 2


def test_the_sample_is_small_and_every_month_sends_somebody(results: dict[str, MonthResult]) -> None:
    assert all(5 <= result.funnel["SENT"] <= 50 and result.funnel["ANNEX_19"] > 0 for result in results.values())


def test_whoever_has_a_code_or_a_card_of_others_is_in_the_sample(
    known: dict[str, Knowledge], results: dict[str, MonthResult]
) -> None:
    always = {
        ("EU_CITIZEN", "NATIONALITY_NOT_TARGETED"),
        ("TCN_STUDENT", "NATIONALITY_NOT_TARGETED"),
        ("EU_CITIZEN", "RIGHT_NOT_RECOGNISED"),
        ("BE_FAMILY", "RIGHT_NOT_RECOGNISED"),
        ("TCN_STUDENT", "STAY_NOT_LIMITED"),
        ("EU_CITIZEN", "PERMANENT_CARD"),
        ("EU_FAMILY", "PERMANENT_CARD"),
    }
    # the note asks nothing of their nationality
    since_the_deliberation = {("TCN_FAMILY_ART10", "NATIONALITY_NOT_TARGETED")}
    for regime, expected in (("NOTE_2014", always), ("DELIB_18_055", always | since_the_deliberation)):
        found = {(decision.category, decision.outcome) for _, decision in decisions(known, results, regime)}
        assert expected - found == set()
        assert (found & since_the_deliberation) <= expected


def test_every_capacity_that_may_be_sent_is_sent(known: dict[str, Knowledge], results: dict[str, MonthResult]) -> None:
    reference = next(iter(known.values())).reference
    categories = {
        row["category"]
        for row in reference["export_fields"]
        if (row["regime"], row["column"]) == ("DELIB_18_055", "residence_capacity")
    }
    capacities = {row["capacity"] for row in reference["residence_motives"] if row["category"] in categories}
    sent = {row.get("residence_capacity") for result in results.values() for row in result.export.values()}
    assert capacities - sent == set()


@pytest.mark.parametrize("regime", ["NOTE_2014", "DELIB_18_055"])
@pytest.mark.parametrize(
    "reading",
    [
        {"living_wage_days_mode": "CONSECUTIVE"},
        {"living_wage_window_months": "6"},
        {"assistance_before_months": "1"},
        {"assistance_month_mode": "WHOLE_MONTH"},
        {"min_assistance_months": "5"},
    ],
    ids=lambda reading: " ".join(*reading.items()),
)
def test_every_reading_is_one_that_somebody_is_sent_by(
    known: dict[str, Knowledge], results: dict[str, MonthResult], regime: str, reading: dict[str, str]
) -> None:
    """Who is sent, and would not be by the other reading."""

    def not_sent(month: str) -> Iterator[str]:
        for insz, decision in results[month].decisions.items():
            rule = known[month].rule(decision.category)
            if decision.outcome != "SENT" or rule is None:
                continue
            lines = known[month].lines_of(insz)
            read_otherwise = rule | reading
            if not holding_grounds(month, lines, read_otherwise, count(read_otherwise, month, lines)):
                yield insz

    months = [month for month in results if known[month].regime == regime]
    touched = next((True for month in reversed(months) for _ in not_sent(month)), False)
    assert touched


def test_signals_are_taken_back_for_every_reason(known: dict[str, Knowledge], results: dict[str, MonthResult]) -> None:
    """Deaths told late, with a statement line in that month and without one; numbers replaced of persons sent."""
    replaced, deceased = set(), Counter[bool]()
    for month, month_sent, insz in signals_looked_back_on(known, results):
        then, now = known[month_sent], known[month]
        person = now.present_number(insz)
        replaced |= {insz} if person != insz else set()
        if is_deceased(then, now, insz):
            deceased[any(line.month == month for line in now.lines_of(person))] += 1
    assert len(replaced) >= 3
    assert (deceased[True] > 0, deceased[False] > 0) == (True, True)


def test_aid_of_signals_is_recovered_in_full_and_by_half(
    known: dict[str, Knowledge], results: dict[str, MonthResult]
) -> None:
    """Within twelve months; a signal is taken back only where no ground holds any more."""
    last, taken_back = max(known), Counter[bool]()
    for month, month_sent, insz in signals_looked_back_on(known, results):
        then, now = known[month_sent], known[month]
        recovered = any(
            line.sign == "-" and line.month > month_sent and f"{line.first:%Y-%m}" == month_sent
            for line in now.lines_of(now.present_number(insz))
        )
        if month in (last, months_earlier(month_sent, -12)) and recovered:
            rule = rule_of(then, results[month_sent].decisions[insz])
            taken_back[is_recovered(then, now, insz, rule)] += 1
    assert taken_back[True] >= 3
    assert taken_back[False] >= 3


def signals_looked_back_on(
    known: dict[str, Knowledge], results: dict[str, MonthResult]
) -> Iterator[tuple[str, str, str]]:
    """Month, month sent and number sent, of every signal that the month looks back on."""
    for month in known:
        for month_sent in known:
            if is_looked_back_on(known[month], month_sent):
                yield from ((month, month_sent, insz) for insz in results[month_sent].export)


def test_a_briton_is_a_third_country_national_from_2021_on(tmp_path: Path) -> None:
    landing = make(tmp_path / "landing", start="2020-11", months=3, persons=800, foreigners=1)
    for month, document, is_targeted in (("2020-11", "E", True), ("2021-01", "M", False)):
        known = known_by_month(landing, reference_folder())[month]
        decided = judge_everybody(known).decisions
        britons = {
            insz: person["verblijfsdocument"]
            for insz, person in known.register.items()
            if person["nationaliteit"] == "112" and insz in decided and decided[insz].category == "EU_CITIZEN"
        }
        assert document in britons.values()
        assert {decided[insz].outcome != "NATIONALITY_NOT_TARGETED" for insz in britons} == {is_targeted}


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_first_months_do_not_depend_on_how_many_follow(file_format: str, tmp_path: Path) -> None:
    shorter = contents(make(tmp_path / "shorter", months=2, file_format=file_format))
    longer = contents(make(tmp_path / "longer", months=4, file_format=file_format))
    files = len(shorter)
    assert files == 2 * 5
    assert differing(shorter, {name: longer[name] for name in shorter}) == []


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_the_share_of_foreigners_is_as_asked(share: float, tmp_path: Path) -> None:
    landing = make(tmp_path, persons=2000, months=2, foreigners=share, reject_share=0)
    nationalities = [row["nationaliteit"] != "150" for row in all_rows(landing, "persons")]
    assert sum(nationalities) / len(nationalities) == pytest.approx(share, abs=0.05)


def test_another_seed_makes_other_persons(generated: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "landing", seed=8, months=1)
    numbers, other_numbers = ({row["insz"] for row in all_rows(folder, "persons")} for folder in (generated, other))
    common = len(numbers & other_numbers)
    assert common == 0


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_every_voucher_describes_its_folder(file_format: str, tmp_path: Path) -> None:
    landing = make(tmp_path / "landing", file_format=file_format, months=2)
    vouchers = sorted(landing.rglob("voucher.json"))
    assert len(vouchers) == 4
    for path in vouchers:
        voucher = json.loads(path.read_text(encoding="utf-8"))
        assert (voucher["source"], voucher["month"]) == path.parts[-3:-1]
        named = {file["name"] for file in voucher["files"]} | {path.name}
        assert named == {file.name for file in path.parent.iterdir()}
        for file in voucher["files"]:
            digest = hashlib.sha256((path.parent / file["name"]).read_bytes()).hexdigest()
            assert digest == file["sha256"]


def test_rows_and_totals_of_the_vouchers_are_those_of_the_files(generated: Path) -> None:
    for path in sorted(generated.rglob("voucher.json")):
        for file in json.loads(path.read_text(encoding="utf-8"))["files"]:
            delivered = rows(path.parent / file["name"])
            count = len(delivered)
            assert count == file["rows"]
            if file["name"] == "statement.csv":
                readable = (row for row in delivered if row["bedrag"].isdigit() and row["teken"] in ("+", "-"))
                assert sum(int(row["teken"] + row["bedrag"]) for row in readable) == file["totals"]["bedrag"]


def test_parquet_and_csv_hold_the_same_rows(faultless: Path, tmp_path: Path) -> None:
    typed = make(tmp_path / "landing", file_format="parquet", reject_share=0)
    for path in sorted(typed.rglob("*.parquet")):
        frame = pl.read_parquet(path)
        as_text = frame.with_columns(
            pl.selectors.date().dt.strftime("%Y%m%d"), pl.selectors.integer().cast(pl.String)
        ).fill_null("")
        same_in_csv = rows(faultless / path.relative_to(typed).with_suffix(".csv"))
        pairs = enumerate(zip(as_text.to_dicts(), same_in_csv, strict=True))
        wrong = [number for number, (in_parquet, in_csv) in pairs if in_parquet != in_csv]
        assert (path.name, wrong) == (path.name, [])


def test_no_living_person_can_hold_a_number(faultless: Path) -> None:
    numbers = {row["insz"] for name in ("statement", "persons") for row in all_rows(faultless, name)}
    numbers |= {
        row[column] for row in all_rows(faultless, "insz_replacements") for column in ("oud_insz", "nieuw_insz")
    }
    of_another_kind = sum(
        1
        for number in numbers
        if not (len(number) == 11 and number[:2] >= "30" and int(number[9:]) == 97 - int("2" + number[:9]) % 97)
    )
    count = len(numbers)
    assert count > 300
    assert of_another_kind == 0


def test_persons_are_unique_and_present_numbers(faultless: Path) -> None:
    replaced: set[str] = set()
    for folder in sorted((faultless / "register").iterdir()):
        replaced |= {row["oud_insz"] for row in rows(folder / "insz_replacements.csv")}
        numbers = [row["insz"] for row in rows(folder / "persons.csv")]
        repeated, former = len(numbers) - len(set(numbers)), len(replaced & set(numbers))
        assert (repeated, former) == (0, 0)


def test_names_exercise_a_reader() -> None:
    names = "".join({row["naam"] + (row["voornamen"] or "") for row in all_rows(COMMITTED, "persons")})
    assert all(mark in names for mark in "éüć';\"")


def test_spoiled_rows_stay_below_what_blocks_a_month(generated: Path, faultless: Path) -> None:
    spoiled_files = 0
    for path in sorted(generated.rglob("*.csv")):
        intended = Counter(tuple(sorted(row.items())) for row in rows(faultless / path.relative_to(generated)))
        delivered = Counter(tuple(sorted(row.items())) for row in rows(path))
        rejects = 0
        for spoiled, times in (delivered - intended).items():
            person = dict(spoiled)["insz"] if path.stem == "persons" else None
            originals = [row for row in delivered if person and row != spoiled and dict(row)["insz"] == person]
            rejects += times + len(originals)
        most = MAX_REJECT_SHARE * delivered.total()
        assert rejects <= most
        spoiled_files += rejects > 0
    assert spoiled_files >= 3


def test_every_flaw_is_rejected_for_the_reason_it_was_made_for(tmp_path: Path) -> None:
    landing = make(tmp_path / "landing", months=1, reject_share=0.2)
    rejects = compute(landing, reference_folder(), "2018-04").rejects
    reasons = {(source, reason) for source, _, _, reason in rejects if reason != "replaced_number"}
    made_for = {("novaprima", flaw.reason) for flaw in STATEMENT_FLAWS}
    assert reasons == made_for | {("register", flaw.reason) for flaw in PERSONS_FLAWS}


def test_codes_are_valid_on_the_first_day_of_the_aid(tmp_path: Path) -> None:
    landing = make(tmp_path / "landing", start="2015-10", months=6, reject_share=0)
    tables = Reference.load(reference_folder()).tables
    articles = {(row["law"], row["code"]): row for row in tables["budget_articles"].iter_rows(named=True)}
    help_types = {row["code"]: row for row in tables["help_types"].iter_rows(named=True)}
    lines = list(all_rows(landing, "statement"))
    for line in lines:
        used = [articles[line["wetgeving"], line["begrotingsartikel"]]]
        if line["wetgeving"] == "2":
            used.append(help_types[line["hulptype"]])
        first = date(int(line["eerste_dag"][:4]), int(line["eerste_dag"][4:6]), int(line["eerste_dag"][6:]))
        assert all(code["valid_from"] <= first <= code["valid_to"] for code in used)
    assert {"1169", "105", "PH_OLD_FIN", "101"} <= {
        line[column] for line in lines for column in ("begrotingsartikel", "hulptype")
    }


def test_periods_end_within_the_statement_month(faultless: Path) -> None:
    lines = list(all_rows(faultless, "statement"))
    assert all(line["eerste_dag"] <= line["laatste_dag"] for line in lines)
    assert all(line["laatste_dag"][:6] <= line["jaarmaand"] for line in lines)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"persons": 0}, "persons"),
        ({"months": 0}, "months"),
        ({"seed": -1}, "seed"),
        ({"start": "2018-13"}, "start"),
        ({"reject_share": -0.1}, "reject_share"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    with pytest.raises(DvzError) as error:
        make(tmp_path / "landing", **changes)
    assert (error.value.code, error.value.place) == ("INVALID_ARGUMENT", named)
    assert not (tmp_path / "landing").exists()


def test_deliveries_that_are_there_are_never_overwritten(tmp_path: Path) -> None:
    make(tmp_path, months=1, persons=5)
    before = contents(tmp_path)
    with pytest.raises(DvzError, match="INVALID_ARGUMENT"):
        make(tmp_path, months=1, persons=5)
    assert differing(before, contents(tmp_path)) == []
