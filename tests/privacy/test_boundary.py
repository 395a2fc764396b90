"""What the software does so that nothing gets out: no network, no telemetry, confined DuckDB, authorised columns."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml

from dvz_assets import reference
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.months import Month
from dvz_assets.orchestration.boundary import as_failure, keep_errors_in
from dvz_assets.orchestration.instance import (
    CONFIGURATION,
    CONFIGURATION_FILE,
    EARLIER_CONFIGURATION,
    dagster_home,
    open_instance,
)
from dvz_assets.project_files import reference_folder
from dvz_assets.reference import Reference
from dvz_assets.tables.lake import DVZ_EXPORT, LAKE_TABLES
from dvz_assets.tables.model import Column
from tests.integration.running import run

MONTH = "2018-04"
GUARD = """
import socket, sys
def refuse(*arguments, **named):
    raise AssertionError("a connection was attempted")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from dvz_assets.cli.main import main
sys.argv = ["dvz", *sys.argv[1:]]
main()
"""


def test_a_whole_run_opens_no_connection(flow: Flow) -> None:
    options = ["--landing", str(flow.settings.landing), "--home", str(flow.settings.home)]
    program = [sys.executable, "-c", GUARD, "run", "--month", MONTH, *options]
    ran = subprocess.run(program, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "a connection was attempted" not in ran.stderr


def test_the_guard_would_see_a_connection() -> None:
    attempt = GUARD.replace("from dvz_assets", "socket.create_connection(('127.0.0.1', 9))\nfrom dvz_assets")
    ran = subprocess.run([sys.executable, "-c", attempt, "--version"], capture_output=True, text=True, check=False)
    assert "a connection was attempted" in ran.stderr
    assert socket.socket.connect is not None


def test_telemetry_is_off_by_what_is_shipped(flow: Flow) -> None:
    with open_instance(flow.settings.home) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"
    written = yaml.safe_load((flow.settings.home / "dagster" / "dagster.yaml").read_text("utf-8"))
    assert written["telemetry"] == {"enabled": False}
    assert os.environ["DAGSTER_REDACT_USER_CODE_ERRORS"] == "1"
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


@pytest.mark.parametrize("left", ["", EARLIER_CONFIGURATION])
def test_what_an_earlier_version_or_a_power_cut_left_is_configured_again(tmp_path: Path, left: str) -> None:
    configuration = dagster_home(tmp_path) / CONFIGURATION_FILE
    configuration.write_text(left, encoding="utf-8")
    dagster_home(tmp_path)
    assert configuration.read_text("utf-8") == CONFIGURATION


def test_a_configuration_of_ones_own_stays(tmp_path: Path) -> None:
    configuration = dagster_home(tmp_path) / CONFIGURATION_FILE
    own = f"# ours\n{EARLIER_CONFIGURATION}"
    configuration.write_text(own, encoding="utf-8")
    dagster_home(tmp_path)
    assert configuration.read_text("utf-8") == own


def test_what_dagster_redacts_is_printed_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    keep_errors_in()
    logging.getLogger("dagster.redacted_errors").error("a value")
    assert "a value" not in "".join(capfd.readouterr())


def test_a_foreign_error_leaves_as_type_and_place() -> None:
    try:
        duckdb.execute("SELECT CAST('30010100197x' AS BIGINT)").fetchall()
    except duckdb.Error as error:
        failure = as_failure(error, "decisions", Month.parse(MONTH))
    text = f"{failure.description} {failure.metadata}"
    assert "ConversionException" in text
    assert text.count("30010100197") == 0
    assert failure.__cause__ is None


@pytest.mark.parametrize(
    "query",
    [
        "FROM read_csv('/etc/hostname', header = false)",
        "COPY (SELECT 1) TO '/tmp/elsewhere.csv'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET temp_directory = '/tmp'",
        "ATTACH '/tmp/elsewhere.duckdb'",
    ],
)
def test_duckdb_reaches_nothing_outside_the_home(flow: Flow, query: str) -> None:
    with flow.connect() as connection, pytest.raises(duckdb.Error, match=r"(?i)permission|configuration|disabled"):
        connection.execute(query)


def test_a_column_without_authorisation_stops_everything(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = replace(
        DVZ_EXPORT, columns=(*DVZ_EXPORT.columns, Column("dossier", "VARCHAR", "File number.", nullable=True))
    )
    monkeypatch.setattr(reference, "DVZ_EXPORT", wider)
    with pytest.raises(DvzError, match=r"INVALID_REFERENCE.*export_fields.csv.*legal reference.*none for dossier"):
        Reference.load(reference_folder())
    failure = run(flow, MONTH)
    assert failure is not None
    assert "none for dossier" in failure.message
    assert not (flow.settings.home / "deliveries").exists()


def test_the_files_sent_have_exactly_the_authorised_columns(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-06")
    for month, regime in (("2018-04", "NOTE_2014"), ("2018-06", "DELIB_18_055")):
        header = (
            (flow.settings.home / "deliveries" / month / "0001" / "dvz_export.csv").read_text("utf-8").split("\n")[0]
        )
        authorised = {*flow.reference.authorised_columns(regime)} - {"aid_periods"}
        assert set(header.split(";")) == authorised


def frames(flow: Flow, month: str) -> dict[str, pl.DataFrame]:
    return {
        asset: pl.read_parquet(flow.lake.partition(asset, Month.parse(month)), hive_partitioning=False)
        for asset in LAKE_TABLES
    }


def test_nothing_is_kept_of_whom_nothing_is_needed(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until(MONTH)
    found = frames(flow, MONTH)
    selected = set(found["selection_one"]["insz"])
    assert set(found["selection_two"]["insz"]) <= selected
    assert set(found["register_persons"]["insz"]) - selected, "the sample has persons with recoveries alone"
    assert found["register_snapshot"].height > found["register_persons"].height
    assert set(found["reimbursed_runs"]["insz"]) <= selected


def test_names_stand_in_the_delivered_files_and_in_the_export_alone(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-06")
    found = frames(flow, "2018-06")
    names = {*found["register_snapshot"]["naam"], *found["novaprima_statement"]["naam"]}
    for asset, frame in found.items():
        texts: set[Any] = set()
        for column in frame.select(pl.col(pl.String)).iter_columns():
            texts |= set(column.to_list())
        held = len(names & texts)
        assert (held > 0) == (asset in ("register_snapshot", "novaprima_statement", "dvz_export")), asset


def test_everything_written_is_private(flow: Flow) -> None:
    assert run(flow, MONTH) is None
    wrong = [
        path.relative_to(flow.settings.home)
        for path in flow.settings.home.rglob("*")
        if path.stat().st_mode & 0o777 != (0o700 if path.is_dir() else 0o600)
    ]
    assert wrong == []
    assert Path(flow.settings.home).stat().st_mode & 0o777 == 0o700
