"""One small Spark for the tests of this folder; without Java or pyspark there is nothing to collect here.

CI installs both (``.ci/run``), so there the tests always run.
"""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvz_assets.engines import Engine, engine_of
from dvz_assets.settings import Settings

HAS_SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None
collect_ignore_glob = [] if HAS_SPARK else ["test_*.py"]

# queries on some hundred rows are mostly compiling and planning; ``make spark-test`` runs Spark as it comes
SMALL = """
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
"""


@pytest.fixture(scope="session")
def small_spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for the Spark of this process, and the environment in which every Spark is small."""
    folder = tmp_path_factory.mktemp("spark")
    (folder / "conf").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text(SMALL, "utf-8")
    environment = {
        "SPARK_CONF_DIR": str(folder / "conf"),
        "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    os.environ.update(environment)
    yield folder
    for name in environment:
        del os.environ[name]


@pytest.fixture(scope="session")
def spark(small_spark: Path) -> Engine:
    """The engine of this process."""
    return engine_of(Settings(home=small_spark / "home", engine="spark"))
