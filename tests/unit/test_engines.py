"""DuckDB needs nothing of Spark, and who asks for Spark without having it is told what to install."""

import subprocess
import sys
from pathlib import Path

import pytest

from dvz_assets.engines import engine_of
from dvz_assets.engines.duckdb_engine import DuckDBEngine
from dvz_assets.errors import DvzError
from dvz_assets.settings import Settings


def test_duckdb_is_the_default() -> None:
    assert isinstance(engine_of(Settings()), DuckDBEngine)


def test_a_flow_on_duckdb_imports_nothing_of_spark(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from dvz_assets.flow.context import Flow; "
        "import dvz_assets.flow.steps; from dvz_assets.settings import Settings; "
        f"Flow(Settings(home=Path({str(tmp_path)!r}))).engine; "
        "print(sorted({'pyspark', 'py4j', 'pyarrow', 'sqlglot'} & sys.modules.keys()))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_spark_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(DvzError, match="ENGINE_MISSING") as raised:
        engine_of(Settings(engine="spark"))
    assert "spark-setup" in str(raised.value)


@pytest.mark.parametrize(
    ("address", "message"),
    [("http://host:15002", "an address such as"), ("sc://host:15002/;token=abc", "an address without token")],
)
def test_the_address_of_a_server_is_checked(address: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVZ_SPARK_REMOTE", address)
    with pytest.raises(DvzError, match=message) as raised:
        Settings.load()
    assert "abc" not in str(raised.value)
