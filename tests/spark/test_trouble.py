"""What stands in the way of Spark is said in one message with a remedy."""

import socket
from pathlib import Path

import pytest

from dvz_assets.engines.spark_engine import SparkEngine
from dvz_assets.errors import DvzError
from dvz_assets.settings import Settings


def test_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(DvzError, match="no java on the path"):
        _ = SparkEngine(Settings(home=tmp_path, engine="spark")).session


def test_no_server(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"sc://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(DvzError, match="ENGINE_UNREACHABLE"):
            _ = SparkEngine(Settings(home=tmp_path, engine="spark", spark_remote=address)).session
