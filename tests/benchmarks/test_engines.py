"""The group of the engines: what a run tells, what it refuses, and that it is left out where Spark is not installed."""

from pathlib import Path

import pytest

from benchmarks import bench, groups
from benchmarks.deliveries import Window, Zone
from benchmarks.engines import DUCKDB, GIVEN, READ, EngineRuns
from benchmarks.events import RELATIONAL, WRITING
from benchmarks.scales import FULL, QUICK

WINDOW = Window(Zone("few-parquet", persons=120, months=2, file_format="parquet", foreigners=0.7), 2)


def test_a_run_on_an_engine_tells_its_relational_steps(tmp_path: Path) -> None:
    figures = EngineRuns(tmp_path, "1 GiB").run(WINDOW, DUCKDB)
    assert 0 < figures[RELATIONAL] < figures[WRITING]
    assert min(figures[READ], figures[GIVEN]) > 0


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    runs = EngineRuns(tmp_path, "1 GiB")
    runs.refuse_other(WINDOW, "one")
    runs.refuse_other(WINDOW, "one")
    with pytest.raises(RuntimeError, match="few-parquet-2: the engines do not give the same bytes"):
        runs.refuse_other(WINDOW, "other")


def test_without_spark_its_group_is_left_out_and_why_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(groups, "has_spark", lambda: True)
    assert groups.SPARK in groups.groups_of(FULL)
    assert groups.SPARK not in groups.groups_of(QUICK)
    monkeypatch.setattr(groups, "has_spark", lambda: False)
    assert groups.SPARK not in groups.groups_of(FULL)
    with pytest.raises(SystemExit):
        bench.main(["--only", groups.SPARK])
    assert "make spark-setup" in capsys.readouterr().err
