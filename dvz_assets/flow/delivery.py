"""Writes the file for the KSZ: CSV files with exactly the authorised columns, and a voucher.

A delivery is a folder ``<home>/deliveries/<month>/<sequence>`` that appears whole and is never changed. The same result
as the last delivery writes nothing, unless that one was refused or rejected; another result writes the next sequence
and says beside it who was added, removed or changed. One that is prepared long after its month says so in its voucher.
Only the files that the voucher names go to the KSZ: ``changes.csv`` stays with POD MI. With the setting
``delivery_recipient`` the files are written only encrypted; what was sent then stands in ``<home>/lake/sent``, for the
comparison with the next delivery and for the questions of auditors.
Where the regime has corrections, a third file tells which earlier signals do not hold any more. Which rows it has
depends on what has left the home before: a run of the month again is compared as if the last delivery had not.
Legal source: contract section 5.3; note of 8 May 2014, 1.3 and IV; deliberation 18/055, 2, 8, 17 and 32.
"""

import hashlib
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dvz_assets import __version__
from dvz_assets.flow.context import Flow
from dvz_assets.flow.old_partitions import partition_of_today
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.home.deliveries import (
    CHANGES,
    CHANGES_FILE,
    CORRECTIONS_FILE,
    EXPORT_FILE,
    FORMULA_WARNING,
    PERIOD_FILE,
    SIGNAL,
    VOUCHER_FILE,
    Changes,
    ControlTotals,
    DeliveredFile,
    FormulaNames,
    Voucher,
    delivery_folder,
    read_csv,
    sent_files,
    sent_folder,
    written_deliveries,
)
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.home.logged_deliveries import require_known, with_intent
from dvz_assets.home.sealing import ENCRYPTED, encrypt
from dvz_assets.home.write_steps import reached
from dvz_assets.months import Month
from dvz_assets.outbound.corrections import COLUMNS, corrections_to_tell
from dvz_assets.outbound.states import TAKEN_BACK, states_of_month
from dvz_assets.settings import Settings
from dvz_assets.tables.lake import DELIVERY, DVZ_EXPORT
from dvz_assets.tables.reference import PERIODS_FIELD

FORMULA = r"^[=+\-@\t\r]"


def now() -> datetime:
    """The time that a delivery bears as ``created_at``; nothing else depends on a clock."""
    return datetime.now(UTC)


def write_candidate(flow: Flow, month: Month) -> Manifest:
    """Build the next delivery, if the result differs, and the rows of the ``delivery`` partition."""
    home = flow.settings.home
    for building in _buildings(flow.settings, month):
        shutil.rmtree(building, ignore_errors=True)
    require_known(flow.storage, flow.ledger, month)
    vouchers = written_deliveries(flow.storage, month)
    sent = [sent_files(home, month, voucher.sequence) for voucher in vouchers]
    exported = export_files(flow, month)
    if not sent or not _is_result(flow, month, exported, vouchers[-1], sent[-1]) or _was_taken_back(flow, vouchers[-1]):
        files = {**exported, **_corrections_file(flow, month)}
        vouchers.append(_build(flow, month, files, vouchers, sent))
        sent.append(files)
    inputs = {"deliveries": ",".join(each.content_sha256 for each in vouchers)}
    manifest = new_manifest(flow, "delivery", month, inputs=inputs)
    write_frame(_rows(month, vouchers, sent), flow.lake.candidate("delivery", month), manifest)
    return manifest


def _is_result(flow: Flow, month: Month, exported: dict[str, bytes], voucher: Voucher, sent: dict[str, bytes]) -> bool:
    """Whether a delivery holds what the month has come to; a file of corrections without rows says what none does."""
    none = {CORRECTIONS_FILE: _csv(pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)))}
    return {**none, **sent} == {**none, **exported, **_corrections_file(flow, month, without=voucher.sequence)}


def _corrections_file(flow: Flow, month: Month, *, without: int | None = None) -> dict[str, bytes]:
    """The file of corrections, where the regime has any; ``without`` is a delivery that counts as not having left."""
    if not flow.reference_of(month).correction_months(month):
        return {}
    rows = corrections_to_tell(flow.lake, flow.storage, flow.ledger, month, without=without)
    return {CORRECTIONS_FILE: _csv(rows)}


def _was_taken_back(flow: Flow, voucher: Voucher) -> bool:
    """Whether the receiver has refused the last delivery, or the desk has rejected it: it is never sent again."""
    states = states_of_month(flow.ledger, Month.parse(voucher.month))
    return any(each.state in TAKEN_BACK and each.sequence == voucher.sequence for each in states)


def publish_candidate(flow: Flow, month: Month) -> None:
    """Let the delivery that was built appear, if there is one; the ledger knows of it before anybody can see it."""
    home = flow.settings.home
    building, building_of_sent = _buildings(flow.settings, month)
    if building.exists():
        voucher = Voucher.from_bytes((building / VOUCHER_FILE).read_bytes())
        voucher = with_intent(flow.settings, flow.ledger, voucher)
        (building / VOUCHER_FILE).write_bytes(voucher.as_bytes())
        reached("delivery: intent recorded")
        if building_of_sent.exists():
            sent = sent_folder(home, month, voucher.sequence)
            flow.storage.remove_folder(sent)  # of a run that died before its delivery appeared
            flow.storage.move_folder(building_of_sent, sent, last=PERIOD_FILE)
            reached("delivery: kept what is sent")
        flow.storage.move_folder(building, delivery_folder(home, month) / voucher.number, last=VOUCHER_FILE)
        reached("delivery: folder renamed")


def _buildings(settings: Settings, month: Month) -> tuple[Path, Path]:
    """Return where a delivery is built, and where the unencrypted files of one that is encrypted are."""
    work = settings.work
    return delivery_folder(work, month) / ".building", sent_folder(work, month, 0).with_name(".building")


def export_files(flow: Flow, month: Month) -> dict[str, bytes]:
    """The two files that the export of the lake gives: exactly the authorised columns. That of corrections is no part.

    It follows from what had left when the month was computed, and cannot be computed again.
    """
    reference = flow.reference_of(month)
    authorised = reference.authorised_columns(reference.regime_of(month))
    export_columns = [column for column in DVZ_EXPORT.names if column in authorised]
    export = partition_of_today(flow.lake, "dvz_export", month)
    periods = partition_of_today(flow.lake, "dvz_export_periods", month)
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
    flow: Flow,
    month: Month,
    files: dict[str, bytes],
    earlier: Sequence[Voucher],
    sent: Sequence[dict[str, bytes]],
) -> Voucher:
    settings, regime = flow.settings, flow.reference.regime_of(month)
    building, building_of_sent = _buildings(settings, month)
    written = dict(files)
    replacement: dict[str, int | Changes] = {}
    if earlier:
        changes = changes_between(sent[-1], files)
        written[CHANGES_FILE] = _csv(changes)
        counts = {kind: changes.filter(pl.col("change") == kind).height for kind in CHANGES}
        replacement = {"replaces": earlier[-1].sequence, "changes": Changes(**counts)}
    sealed = written
    if settings.delivery_recipient is not None:
        sealed = {name + ENCRYPTED: encrypt(each, settings.delivery_recipient) for name, each in written.items()}
        _write(building_of_sent, written)
    _write(building, sealed)
    voucher = Voucher(
        sequence=earlier[-1].sequence + 1 if earlier else 1,
        month=str(month),
        regime=regime,
        legal_basis=tuple(flow.reference.authorisations(regime)),
        files=tuple(
            DeliveredFile(name=name, rows=read_csv(files[plain]).height, sha256=_sha256(sealed[name]))
            for name, plain in zip(sealed, files, strict=False)
        ),
        control_totals=_control_totals(files),
        created_at=now().isoformat(timespec="seconds"),
        software_version=__version__,
        statement=SIGNAL,
    )
    if persons := persons_with_formula_names(files[EXPORT_FILE]):
        names = FormulaNames(persons=persons, warning=FORMULA_WARNING)
        voucher = voucher.model_copy(update={"formula_names": names})
    if replacement:
        voucher = voucher.model_copy(update=replacement)
    if now().date() > month.last_day + timedelta(days=settings.historical_after_days):
        voucher = voucher.model_copy(update={"historical": True})
    (building / VOUCHER_FILE).write_bytes(voucher.as_bytes())
    reached(f"{VOUCHER_FILE} of the delivery: written")
    return voucher


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
        reached(f"{name}: written")


def persons_with_formula_names(content: bytes) -> int:
    """Persons with a name that a spreadsheet would compute; nothing is changed in the file."""
    export = read_csv(content)
    names = [pl.col(name).str.contains(FORMULA) for name in ("last_name", "first_names") if name in export.columns]
    return export.filter(pl.any_horizontal(names)).height if names else 0


def _control_totals(files: dict[str, bytes]) -> ControlTotals:
    export = read_csv(files[EXPORT_FILE])
    totals: dict[str, Any] = {
        amount: str(export[amount].cast(pl.Decimal(38, 2)).sum())
        for amount in ("aid_amount_granted", "aid_amount_12m", "amount_reimbursed_12m")
        if amount in export.columns
    }
    if CORRECTIONS_FILE in files:
        totals["corrections"] = read_csv(files[CORRECTIONS_FILE]).height
    return ControlTotals(persons=export.height, periods=read_csv(files[PERIOD_FILE]).height, **totals)


def changes_between(before: dict[str, bytes], after: dict[str, bytes]) -> pl.DataFrame:
    """Persons who differ between two deliveries: grain one row per person, ``change`` says how."""
    old = _per_person(before[EXPORT_FILE], before[PERIOD_FILE])
    new = _per_person(after[EXPORT_FILE], after[PERIOD_FILE])
    changes = {
        **dict.fromkeys(old.keys() - new.keys(), "removed"),
        **dict.fromkeys(new.keys() - old.keys(), "added"),
        **{insz: "changed" for insz in new.keys() & old.keys() if new[insz] != old[insz]},
    }
    rows = sorted(changes.items())
    return pl.DataFrame(rows, schema={"insz": pl.String, "change": pl.String}, orient="row")


def _per_person(export: bytes, periods: bytes) -> dict[str, list[dict[str, Any]]]:
    """All that a delivery says of each person; column by column, because regimes differ in their columns."""
    content: dict[str, list[dict[str, Any]]] = {}
    for frame in (read_csv(export), read_csv(periods)):
        for row in frame.iter_rows(named=True):
            content.setdefault(row["insz"], []).append(row)
    return content


def _rows(month: Month, vouchers: Sequence[Voucher], sent: Sequence[dict[str, bytes]]) -> pl.DataFrame:
    rows = []
    for voucher, files in zip(vouchers, sent, strict=True):
        totals, changes = voucher.control_totals, voucher.differences
        rows.append(
            {
                "month": month.first_day,
                "regime": voucher.regime,
                "sequence": voucher.sequence,
                "persons": totals.persons,
                "periods": totals.periods,
                "export_sha256": _sha256(files[EXPORT_FILE]),
                "period_sha256": _sha256(files[PERIOD_FILE]),
                "added": changes.added if changes else totals.persons,
                "removed": changes.removed if changes else 0,
                "changed": changes.changed if changes else 0,
                "corrections": totals.corrections,
                "corrections_sha256": _sha256(files[CORRECTIONS_FILE]) if CORRECTIONS_FILE in files else None,
                "created_at": voucher.created,
            }
        )
    types = {"sequence": pl.Int32, "corrections": pl.Int64, "corrections_sha256": pl.String}
    return pl.DataFrame(rows, schema_overrides=types).select(DELIVERY.names)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
