"""What integration tests share: running months through Dagster, and changing a delivery as its source would."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from dvz_assets.flow.context import Flow
from dvz_assets.home.lake import MANIFEST_KEY, Manifest
from dvz_assets.months import Month
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.orchestration.launch import RunFailure, run_months


def run(flow: Flow, first: str, last: str | None = None) -> RunFailure | None:
    """Run a month or a range of months as the command line does."""
    with open_instance(flow.settings.work) as instance:
        return run_months(flow, instance, Month.range(Month.parse(first), Month.parse(last or first)))


def manifest_in(path: Path) -> Manifest:
    """The manifest that a Parquet file bears."""
    return Manifest.from_json(pl.read_parquet_metadata(path)[MANIFEST_KEY])


def redeliver(folder: Path, name: str, change: Callable[[list[str]], list[str]]) -> None:
    """Change the lines of a delivered CSV file (header included) and write its voucher again, one sequence later."""
    path = folder / name
    lines = change(path.read_text("utf-8").splitlines())
    content = ("\n".join(lines) + "\n").encode("utf-8")
    path.write_bytes(content)
    voucher_path = folder / "voucher.json"
    voucher = json.loads(voucher_path.read_text("utf-8"))
    voucher["sequence"] += 1
    for file in voucher["files"]:
        if file["name"] == name:
            file.update(rows=len(lines) - 1, sha256=hashlib.sha256(content).hexdigest())
            file.pop("totals", None)
    voucher_path.write_text(json.dumps(voucher), encoding="utf-8")


def fingerprint(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder, by its path there."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
