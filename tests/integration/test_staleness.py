"""What has changed since a month was run makes it stale: said by status and by a check, put right by ``--stale``."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from dvz_assets import project_files
from dvz_assets.cli.main import app
from dvz_assets.flow import versions
from dvz_assets.flow.assets import ASSETS, RELATIONAL
from dvz_assets.flow.context import Flow
from dvz_assets.flow.provenance import inputs_of
from dvz_assets.flow.staleness import stale_months
from dvz_assets.home.lake import write_frame
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.project_files import PACKAGE, reference_folder, sql_folder
from dvz_assets.questions.awaited import due_month
from dvz_assets.questions.explain.explanation import derive
from dvz_assets.questions.explain.facts import Facts
from dvz_assets.questions.reproduction import reproduce
from dvz_assets.settings import Settings
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.reference import REFERENCE_TABLES, Field, ReferenceTable
from tests.integration.running import fingerprint, manifest_in, redeliver, run

FIRST, SECOND, LAST = "2018-04", "2018-05", "2018-06"


@pytest.fixture
def ran(ran_until: Callable[[str], Flow]) -> Flow:
    return ran_until(LAST)


def dvz(flow: Flow, *arguments: str) -> Result:
    home = ("--landing", str(flow.settings.landing), "--home", str(flow.settings.home))
    return CliRunner().invoke(app, [*arguments, *home])


def stale(flow: Flow) -> list[str]:
    return [str(each.month) for each in stale_months(flow)]


def currency(flow: Flow) -> dict[str | None, bool]:
    """Last evaluation of the check for each month."""
    with open_instance(flow.settings.home) as instance:
        key = dg.AssetCheckKey(dg.AssetKey("delivery"), "is_current")
        records = instance.event_log_storage.get_asset_check_execution_history(key, limit=20)
    return {each.evaluation.partition: each.evaluation.passed for each in reversed(records) if each.evaluation}


def test_nothing_is_stale_after_a_run(ran: Flow) -> None:
    assert stale(ran) == []
    assert currency(ran) == {FIRST: True, SECOND: True, LAST: True}
    assert "Nothing is stale." in dvz(ran, "run", "--stale").stderr


def drop_a_living_wage_line(lines: list[str]) -> list[str]:
    """Without the first line of living wage: somebody's days change in this month and in the later ones."""
    number = next(number for number, line in enumerate(lines) if ";105;+;" in line)
    return lines[:number] + lines[number + 1 :]


def test_a_redelivery_makes_its_month_and_the_later_ones_stale(ran: Flow) -> None:
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert stale(ran) == [SECOND, LAST]
    states = json.loads(dvz(ran, "status", "--json").stdout)
    assert [state["stale"] for state in states] == [
        None,
        "novaprima_statement: a new delivery is there",
        f"month_measures: aid_history {SECOND} is stale",
    ]
    before = fingerprint(ran.settings.home / "deliveries" / FIRST)
    assert run(ran, SECOND) is None
    assert stale(ran) == [LAST]
    assert currency(ran)[LAST] is False
    assert dvz(ran, "run", "--stale").exit_code == 0
    assert stale(ran) == []
    assert currency(ran)[LAST] is True
    assert fingerprint(ran.settings.home / "deliveries" / FIRST) == before


def test_the_sensor_tells_of_stale_months_once_and_again_when_they_are_current(ran: Flow) -> None:
    definitions = build_definitions(ran)
    sensor, repository = definitions.resolve_sensor_def("currency_sensor"), definitions.get_repository_def()
    cursor: str | None = None

    def tick() -> list[tuple[str | None, bool]]:
        nonlocal cursor
        with dg.DagsterInstance.ephemeral() as instance:
            data = sensor.evaluate_tick(
                dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
            )
        cursor = data.cursor
        return [(event.partition, event.passed) for event in data.asset_events]  # type: ignore[union-attr]

    # the month that is due, which changes with the calendar alone
    assert tick() == [(str(due_month(ran.settings, datetime.now(UTC))), False)]
    assert tick() == []
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert tick() == [(SECOND, False), (LAST, False)]
    assert tick() == []
    assert run(ran, SECOND, LAST) is None
    assert tick() == [(SECOND, True), (LAST, True)]


def test_the_order_of_events_does_not_matter(ran: Flow, tmp_path: Path) -> None:
    redeliver(ran.settings.landing / "novaprima" / SECOND, "statement.csv", drop_a_living_wage_line)
    assert dvz(ran, "run", "--stale").exit_code == 0
    fresh = Flow(Settings(landing=ran.settings.landing, home=tmp_path / "fresh"))
    assert run(fresh, FIRST, LAST) is None
    for month in (FIRST, SECOND, LAST):
        for asset in ("decisions", "dvz_export", "dvz_export_periods", "reimbursed_runs"):
            path = Path("lake") / asset / f"month={month}" / "data.parquet"
            assert (ran.settings.home / path).read_bytes() == (fresh.settings.home / path).read_bytes(), path


def changed_by_itself(flow: Flow) -> dict[str, list[str]]:
    """Months by asset of the partitions of which an input has changed that is no partition."""
    found: dict[str, list[str]] = {}
    for asset in ASSETS:
        for month in flow.lake.months(asset):
            manifest = flow.lake.manifest(asset, month)
            now = inputs_of(flow, asset, month, flow.lake.fingerprint)
            if not now.items() <= manifest.inputs.items():
                found.setdefault(asset, []).append(str(month))
    return found


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the code that a test may change: what runs is the code as it was, what is hashed the copy."""
    checkout = tmp_path / "checkout"
    for folder in (PACKAGE, sql_folder()):
        shutil.copytree(folder, checkout / folder.name, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    monkeypatch.setattr(project_files, "PACKAGE", checkout / PACKAGE.name)
    return checkout


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def test_a_changed_statement_makes_its_asset_stale_and_what_reads_it(ran: Flow, code: Path) -> None:
    append(code / "sql" / "decisions.sql", "LIMIT 1000000\n")
    assert changed_by_itself(ran) == {"decisions": [FIRST, SECOND, LAST]}
    assert {(each.asset, each.reason) for each in stale_months(ran)} == {("decisions", "its SQL has changed")}
    assert stale(ran) == [FIRST, SECOND, LAST]


def test_a_comment_and_white_space_make_nothing_stale(ran: Flow, code: Path) -> None:
    for path in sorted((code / "sql").glob("*.sql")):
        path.write_text(path.read_text("utf-8").replace("\n", "\n\t ") + "-- read\n/* as it\nis */\n", "utf-8")
    for path in sorted((code / PACKAGE.name).rglob("*.py")):
        text = path.read_text("utf-8").replace('"""', '"""Otherwise said: ', 1) + "\n# read as it is\n"
        path.write_text(text, "utf-8")
    assert changed_by_itself(ran) == {}
    assert stale(ran) == []


@pytest.mark.parametrize(
    ("module", "assets"),
    [
        ("landing/statement_rows.py", {"aid_history"}),
        ("landing/persons_rows.py", {"register_persons"}),
        ("landing/row_rules.py", {"identity_map", "aid_history", "register_persons"}),
        ("landing/csv_text.py", {"novaprima_statement", "register_snapshot", "insz_replacements"}),
        ("flow/relational.py", set(RELATIONAL)),
        ("flow/delivery.py", {"delivery"}),
        ("flow/publishing.py", set()),
        ("cli/run.py", set()),
        ("report/content.py", set()),
        ("orchestration/assets.py", set()),
        ("questions/reproduction.py", set()),
        ("home/storage.py", set()),
    ],
)
def test_changed_python_makes_exactly_what_it_writes_or_judges_stale(
    ran: Flow, code: Path, module: str, assets: set[str]
) -> None:
    append(code / PACKAGE.name / module, "\nADDED = 1\n")
    assert changed_by_itself(ran) == {asset: [FIRST, SECOND, LAST] for asset in ASSETS if asset in assets}
    assert {each.reason for each in stale_months(ran)} == ({"its code has changed"} if assets else set())


def test_code_that_read_a_file_matters_only_while_the_file_is_there(ran: Flow, code: Path) -> None:
    append(code / PACKAGE.name / "landing" / "csv_text.py", "\nADDED = 1\n")
    shutil.rmtree(ran.settings.landing)
    assert stale(ran) == []


def test_another_type_makes_a_table_stale_and_another_meaning_does_not(
    ran: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = LAKE_TABLES["selection_two"]

    def with_first_column(**changes: Any) -> None:
        columns = (replace(table.columns[0], **changes), *table.columns[1:])
        monkeypatch.setitem(LAKE_TABLES, "selection_two", replace(table, columns=columns))

    with_first_column(meaning="Somebody's number.", legal_basis="rules.md section 4")
    assert changed_by_itself(ran) == {}
    with_first_column(type="HUGEINT")
    assert changed_by_itself(ran) == {"selection_two": [FIRST, SECOND, LAST]}
    assert {each.reason for each in stale_months(ran)} == {"its columns have changed"}


def with_table(flow: Flow, folder: Path, table: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Flow:
    """The flow with one reference table changed; all values are texts, as they stand in the file."""
    shutil.copytree(reference_folder(), folder)
    path = folder / f"{table}.csv"
    rows = pl.read_csv(path, infer_schema=False)
    changed = change(rows)
    assert not changed.equals(rows)
    changed.write_csv(path)
    return Flow(flow.settings.model_copy(update={"reference": folder}))


def set_where(column: str, value: str, **where: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Another value in the rows that have these ones."""
    matches = [pl.col(name) == each for name, each in where.items()]
    return lambda rows: rows.with_columns(pl.when(*matches).then(pl.lit(value)).otherwise(column).alias(column))


def add_row(**values: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """A row like the first one but for these values."""
    return lambda rows: pl.concat([rows, rows.head(1).with_columns(**{n: pl.lit(v) for n, v in values.items()})])


RULES = {"selection_two", "reimbursed_runs", "decisions", "dvz_export", "threshold_indicator"}
SEES_NATIONALITY = {"month_measures", "selection_two"}
OLD, NEW = [FIRST, SECOND], [LAST]


@pytest.mark.parametrize(
    ("table", "change", "assets", "months"),
    [
        (
            "category_rules",
            set_where("min_living_wage_days", "91", regime="NOTE_2014", category="EU_CITIZEN"),
            RULES,
            OLD,
        ),
        (
            "category_rules",
            set_where("min_living_wage_days", "91", regime="DELIB_18_055", category="EU_CITIZEN"),
            RULES,
            NEW,
        ),
        ("category_rules", set_where("legal_reference", "as before", regime="NOTE_2014"), set(), []),
        ("residence_motives", add_row(code="PH_LATER", valid_from="2019-01-01"), set(), []),
        ("residence_motives", set_where("valid_to", "2030-12-31", code="4.2.1"), set(), []),
        ("residence_motives", set_where("description", "Somebody who works", code="4.2.1"), set(), []),
        (
            "residence_motives",
            set_where("category", "OTHER", code="4.2.1"),
            {"register_persons", "month_measures", "selection_two", "dvz_export"},
            [*OLD, *NEW],
        ),
        ("free_movement", set_where("valid_to", "2018-05-15", iso2="FR"), SEES_NATIONALITY, [*OLD, *NEW][1:]),
        # the register of May was taken in June
        ("living_wage_amounts", add_row(valid_from="2018-06-01"), {"threshold_indicator"}, [SECOND, LAST]),
        ("living_wage_amounts", add_row(valid_from="2019-02-15"), set(), []),
        ("help_types", set_where("aid_kind", "MEDICAL", code="101"), {"aid_history"}, [*OLD, *NEW]),
        (
            "export_fields",
            add_row(regime="DELIB_18_055", column="quality_code"),
            {"reimbursed_runs", "dvz_export", "dvz_export_periods", "delivery"},
            NEW,
        ),
    ],
)
def test_a_changed_reference_table_makes_exactly_the_months_stale_that_see_the_rows(
    ran: Flow,
    tmp_path: Path,
    table: str,
    change: Callable[[pl.DataFrame], pl.DataFrame],
    assets: set[str],
    months: list[str],
) -> None:
    changed = with_table(ran, tmp_path / "reference", table, change)
    assert changed_by_itself(changed) == {asset: months for asset in ASSETS if asset in assets}
    # a later month looks back on what was sent
    assert stale(changed) == [month for month in (*OLD, *NEW) if months and month >= months[0]]
    expected = (
        "the columns that the regime authorises have changed"
        if table == "export_fields"
        else f"reference table {table} has changed"
    )
    of_these = {each.reason for each in stale_months(changed) if str(each.month) in months}
    assert of_these == ({expected} if months else set())


def test_a_new_table_and_a_new_column_make_nothing_stale_and_old_months_are_answered_without_them(
    ran: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = REFERENCE_TABLES["free_movement"]
    added = Field("visa_waiver", pl.String(), required=False, since="0.3.0")
    monkeypatch.setitem(REFERENCE_TABLES, "free_movement", replace(table, fields=(*table.fields, added)))
    code = Field("code", pl.String())
    monkeypatch.setitem(REFERENCE_TABLES, "lodgings", ReferenceTable(("code",), (code,), since="0.3.0"))
    last_row = pl.int_range(pl.len()) == pl.len() - 1
    with_column = with_table(
        ran,
        tmp_path / "reference",
        "free_movement",
        lambda rows: rows.with_columns(visa_waiver=pl.lit(None, pl.String)),
    )
    (tmp_path / "reference" / "lodgings.csv").write_text("code\nC1\n", encoding="utf-8")
    assert stale(with_column) == []
    for month in (FIRST, SECOND, LAST):
        explained = derive(Facts(with_column, Month.parse(month), somebody_sent(ran, month)))
        assert (explained.recorded.outcome, explained.differences) == ("SENT", ())
        assert reproduce(with_column, Month.parse(month)).succeeded
    said = with_table(
        ran,
        tmp_path / "said",
        "free_movement",
        lambda rows: rows.with_columns(visa_waiver=pl.when(last_row).then(pl.lit("yes"))),
    )
    (tmp_path / "said" / "lodgings.csv").write_text("code\n", encoding="utf-8")
    assert changed_by_itself(said) == {key: [FIRST, SECOND, LAST] for key in SEES_NATIONALITY}


def somebody_sent(flow: Flow, month: str) -> str:
    decisions = flow.lake.scan("decisions", Month.parse(month)).filter(outcome="SENT").collect()
    return str(decisions["insz"][0])


def test_another_country_of_origin_makes_the_export_stale_and_nothing_before_it(ran: Flow) -> None:
    changed = Flow(ran.settings.model_copy(update={"country_of_origin": "it006"}))
    assert changed_by_itself(changed) == {"dvz_export": [FIRST, SECOND, LAST]}
    assert {each.reason for each in stale_months(changed)} == {"the setting country_of_origin has changed"}


@pytest.mark.parametrize("recorded", ["", "~"])
def test_an_input_has_changed_whichever_value_comes_first_in_an_alphabet(ran: Flow, recorded: str) -> None:
    for month in ran.lake.months("selection_one"):
        path = ran.lake.partition("selection_one", month)
        manifest = manifest_in(path)
        changed = replace(manifest, inputs={**manifest.inputs, "python": recorded})
        write_frame(pl.read_parquet(path, hive_partitioning=False), path, changed)
    stale = stale_months(Flow(ran.settings))
    assert {(each.asset, each.reason) for each in stale} == {("selection_one", "its code has changed")}
    assert [each.month for each in stale] == ran.lake.months("delivery")


def test_versions_are_facts_and_make_nothing_stale(ran: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = ran.lake.manifest("decisions", Month.parse(LAST)).facts
    assert {"software", "duckdb", "polars", "reference"} <= recorded.keys()
    monkeypatch.setattr(versions, "__version__", "9.9.9")
    assert stale(ran) == []


def test_a_month_of_the_first_version_is_stale_and_says_why(ran: Flow) -> None:
    path = ran.lake.partition("decisions", Month.parse(LAST))
    manifest = manifest_in(path)
    inputs = {name: value for name, value in manifest.inputs.items() if name not in ("python", "table")}
    write_frame(pl.read_parquet(path, hive_partitioning=False), path, replace(manifest, inputs=inputs))
    (found,) = stale_months(Flow(ran.settings))
    assert (str(found.month), found.asset) == (LAST, "decisions")
    assert found.reason == "was made by a version that did not record its code"


def test_an_older_sequence_is_refused_and_changes_nothing(ran: Flow) -> None:
    folder = ran.settings.landing / "register" / SECOND
    old = {path.name: path.read_bytes() for path in folder.iterdir()}
    redeliver(folder, "persons.csv", lambda lines: lines)
    assert run(ran, SECOND) is None
    before = {name: fingerprint(ran.settings.home / name) for name in ("lake", "published", "deliveries")}
    for name, content in old.items():
        (folder / name).write_bytes(content)
    failure = run(ran, SECOND)
    assert failure is not None
    assert failure.message.startswith("OLDER_SEQUENCE")
    assert {name: fingerprint(ran.settings.home / name) for name in before} == before
