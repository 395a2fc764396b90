"""Writes the file for the KSZ: two CSV files with exactly the authorised columns, and a voucher.

A delivery is a folder ``<home>/deliveries/<month>/<sequence>`` that appears whole and is never changed. The same result
as the last delivery writes nothing; another result writes the next sequence and says beside it who was added, removed
or changed. Only the files that the voucher names go to the KSZ: ``changes.csv`` stays with POD MI.
Legal source: contract section 5.3; note of 8 May 2014, 1.3 and IV; deliberation 18/055, 2, 8, 17 and 32.
"""

import hashlib
import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets import __version__
from dvz_assets.flow.context import Flow
from dvz_assets.flow.write_steps import reached
from dvz_assets.lake import Manifest, sync, write_frame
from dvz_assets.months import Month
from dvz_assets.reference import PERIODS_FIELD, Reference
from dvz_assets.tables.lake import DELIVERY, DVZ_EXPORT

EXPORT_FILE = "dvz_export.csv"
PERIOD_FILE = "dvz_export_period.csv"
CHANGES_FILE = "changes.csv"
VOUCHER_FILE = "voucher.json"
SIGNAL = (
    "These data are a signal: by themselves they are never a decision. DVZ examines the situation of each person "
    "before it decides (note of 8 May 2014, IV; deliberation 18/055, 8, 17 and 32)."
)


def now() -> datetime:
    """The time that a delivery bears as ``created_at``; nothing else depends on a clock."""
    return datetime.now(UTC)


def delivery_folder(home: Path, month: Month) -> Path:
    """Folder of all deliveries of a month."""
    return home / "deliveries" / str(month)


def written_deliveries(home: Path, month: Month) -> list[dict[str, Any]]:
    """Vouchers of the deliveries of a month, oldest first."""
    vouchers = sorted(delivery_folder(home, month).glob(f"[0-9]*/{VOUCHER_FILE}"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in vouchers]


def write_candidate(flow: Flow, month: Month) -> Manifest:
    """Build the next delivery, if the result differs, and the rows of the ``delivery`` partition."""
    home = flow.settings.home
    building = _building(home, month)
    shutil.rmtree(building, ignore_errors=True)
    vouchers = written_deliveries(home, month)
    files = _files(flow, month)
    if not vouchers or _hashes(vouchers[-1]) != {name: _sha256(content) for name, content in files.items()}:
        vouchers.append(_build(flow, month, building, files, vouchers))
    upstream = ("dvz_export", "dvz_export_periods")
    inputs = {f"{name} {month}": flow.lake.manifest(name, month).fingerprint for name in upstream}
    inputs |= {"software": __version__, "deliveries": ",".join(_sha256(_dump(each)) for each in vouchers)}
    manifest = Manifest("delivery", str(month), inputs)
    write_frame(_rows(month, vouchers), flow.lake.candidate("delivery", month), manifest)
    return manifest


def publish_candidate(flow: Flow, month: Month) -> None:
    """Let the delivery that was built appear, if there is one."""
    building = _building(flow.settings.home, month)
    if building.exists():
        voucher = json.loads((building / VOUCHER_FILE).read_text(encoding="utf-8"))
        for path in building.iterdir():
            sync(path)
        building.rename(building.with_name(f"{voucher['sequence']:04d}"))
        sync(building.parent)
        reached("delivery: folder renamed")


def _building(home: Path, month: Month) -> Path:
    return delivery_folder(home, month) / ".building"


def _files(flow: Flow, month: Month) -> dict[str, bytes]:
    authorised = flow.reference.authorised_columns(flow.reference.regime_of(month))
    export_columns = [column for column in DVZ_EXPORT.names if column in authorised]
    export = pl.read_parquet(flow.lake.partition("dvz_export", month), hive_partitioning=False)
    periods = pl.read_parquet(flow.lake.partition("dvz_export_periods", month), hive_partitioning=False)
    return {
        EXPORT_FILE: _csv(export.select(export_columns)),
        PERIOD_FILE: _csv(periods.select(_period_columns(authorised))),
    }


def _period_columns(authorised: Sequence[str]) -> list[str]:
    """The aid kind is a column only where the regime may tell DVZ the natures of the aid."""
    kind = ["aid_kind"] if "aid_natures" in authorised else []
    return ["insz", *kind, "period_start", "period_end"] if PERIODS_FIELD in authorised else ["insz"]


def _csv(frame: pl.DataFrame) -> bytes:
    lists = [name for name, type_ in frame.schema.items() if isinstance(type_, pl.List)]
    flat = frame.with_columns(pl.col(name).list.join(",") for name in lists)
    text: str = flat.write_csv(separator=";", date_format="%Y%m%d", line_terminator="\n")
    return text.encode("utf-8")


def _build(
    flow: Flow, month: Month, building: Path, files: dict[str, bytes], earlier: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    regime = flow.reference.regime_of(month)
    voucher: dict[str, Any] = {
        "sequence": len(earlier) + 1,
        "month": str(month),
        "regime": regime,
        "legal_basis": _legal_basis(flow.reference, regime),
        "files": [
            {"name": name, "rows": frame.height, "sha256": _sha256(files[name])}
            for name, frame in ((name, _read(content)) for name, content in files.items())
        ],
        "control_totals": _control_totals(files),
        "created_at": now().isoformat(timespec="seconds"),
        "software_version": __version__,
        "statement": SIGNAL,
    }
    building.mkdir(parents=True)
    for name, content in files.items():
        (building / name).write_bytes(content)
        reached(f"{name}: written")
    if earlier:
        changes = _changes(delivery_folder(flow.settings.home, month) / f"{len(earlier):04d}", files)
        (building / CHANGES_FILE).write_bytes(_csv(changes))
        kinds = ("added", "removed", "changed")
        counts = {kind: changes.filter(pl.col("change") == kind).height for kind in kinds}
        voucher["replaces"] = {"sequence": len(earlier), **counts}
    (building / VOUCHER_FILE).write_bytes(_dump(voucher))
    reached(f"{VOUCHER_FILE} of the delivery: written")
    return voucher


def _legal_basis(reference: Reference, regime: str) -> list[str]:
    titles = reference.tables["regimes"].filter(pl.col("regime") == regime)["title"].to_list()
    fields = reference.tables["export_fields"].filter(pl.col("regime") == regime)["legal_reference"]
    return [*titles, *fields.unique().sort().to_list()]


def _control_totals(files: dict[str, bytes]) -> dict[str, Any]:
    export = _read(files[EXPORT_FILE])
    totals: dict[str, Any] = {"persons": export.height, "periods": _read(files[PERIOD_FILE]).height}
    for amount in ("aid_amount_granted", "amount_reimbursed_12m"):
        if amount in export.columns:
            totals[amount] = str(export[amount].cast(pl.Decimal(38, 2)).sum())
    return totals


def _changes(previous: Path, files: dict[str, bytes]) -> pl.DataFrame:
    """Persons that differ from the delivery before: grain one row per person, ``change`` says how."""
    before = _per_person((previous / EXPORT_FILE).read_bytes(), (previous / PERIOD_FILE).read_bytes())
    after = _per_person(files[EXPORT_FILE], files[PERIOD_FILE])
    changes = {
        **dict.fromkeys(before.keys() - after.keys(), "removed"),
        **dict.fromkeys(after.keys() - before.keys(), "added"),
        **{insz: "changed" for insz in after.keys() & before.keys() if after[insz] != before[insz]},
    }
    rows = sorted(changes.items())
    return pl.DataFrame(rows, schema={"insz": pl.String, "change": pl.String}, orient="row")


def _per_person(export: bytes, periods: bytes) -> dict[str, list[dict[str, Any]]]:
    """All that a delivery says of each person; column by column, because regimes differ in their columns."""
    content: dict[str, list[dict[str, Any]]] = {}
    for frame in (_read(export), _read(periods)):
        for row in frame.iter_rows(named=True):
            content.setdefault(row["insz"], []).append(row)
    return content


def _read(content: bytes) -> pl.DataFrame:
    return pl.read_csv(content, separator=";", infer_schema=False)


def _rows(month: Month, vouchers: Sequence[dict[str, Any]]) -> pl.DataFrame:
    rows = []
    for voucher in vouchers:
        hashes, totals, replaces = _hashes(voucher), voucher["control_totals"], voucher.get("replaces", {})
        rows.append(
            {
                "month": month.first_day,
                "regime": voucher["regime"],
                "sequence": voucher["sequence"],
                "persons": totals["persons"],
                "periods": totals["periods"],
                "export_sha256": hashes[EXPORT_FILE],
                "period_sha256": hashes[PERIOD_FILE],
                "added": replaces.get("added", totals["persons"]),
                "removed": replaces.get("removed", 0),
                "changed": replaces.get("changed", 0),
                "created_at": datetime.fromisoformat(voucher["created_at"]),
            }
        )
    return pl.DataFrame(rows).with_columns(pl.col("sequence").cast(pl.Int32)).select(DELIVERY.names)


def _hashes(voucher: dict[str, Any]) -> dict[str, str]:
    return {file["name"]: file["sha256"] for file in voucher["files"]}


def _dump(voucher: dict[str, Any]) -> bytes:
    return (json.dumps(voucher, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
