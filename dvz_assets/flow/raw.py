"""Raw layer: a delivered file as it came, as text, with line numbers, once it agrees with its voucher.

Nothing is judged here but the delivery as a whole; rows are judged when they are cleaned. Contract section 1.1.
"""

from collections.abc import Sequence
from pathlib import Path

from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.flow.assets import DELIVERED, DeliveredFile
from dvz_assets.flow.context import Flow
from dvz_assets.flow.one_delivery import UNREADABLE, require_same_voucher, voucher_hash
from dvz_assets.flow.provenance import new_manifest
from dvz_assets.home.lake import Manifest, write_frame
from dvz_assets.landing.files import RawFile, read_delivered_file
from dvz_assets.landing.layouts import Layout
from dvz_assets.landing.receiving import FileToReceive
from dvz_assets.landing.voucher import Voucher, read_voucher
from dvz_assets.landing.zone import VOUCHER_FILE, month_folder
from dvz_assets.months import Month

LAYOUT = "layout"


def write_candidate(flow: Flow, asset: str, month: Month) -> Manifest:
    """Read the delivered file of a raw asset and write it as its candidate."""
    voucher, delivered, layout = _read(flow, asset, month)
    _require_no_older_sequence(flow, asset, month, voucher)
    facts = {"file": delivered.name, "sequence": str(voucher.sequence)}
    if voucher.snapshot_date is not None:
        facts["snapshot_date"] = voucher.snapshot_date.isoformat()
    if voucher.layout is not None:
        facts["voucher_layout"] = voucher.layout
    manifest = new_manifest(
        flow,
        asset,
        month,
        counts={"delivered": delivered.frame.height},
        facts=facts,
        inputs={
            "file": delivered.sha256,
            "voucher": voucher.sha256,
            **({LAYOUT: layout.sha256} if layout is not None else {}),
        },
    )
    write_frame(delivered.frame, flow.lake.candidate(asset, month), manifest)
    return manifest


def delivered_vouchers(flow: Flow, month: Month) -> dict[str, str]:
    """Hash of the voucher that now stands behind each raw asset; empty where there is none."""
    hashes: dict[str, str] = {}
    for asset, file in DELIVERED.items():
        hashes[asset] = voucher_hash(month_folder(flow.settings.landing, file.source, month))
    return hashes


def check_delivery(flow: Flow, month: Month) -> list[DvzError]:
    """What is wrong with the delivery of a month as a whole; nothing is written."""
    problems: dict[str, DvzError] = {}
    for asset in DELIVERED:
        try:
            _read(flow, asset, month)
        except DvzError as error:
            problems[str(error)] = error
    return list(problems.values())


def _require_no_older_sequence(flow: Flow, asset: str, month: Month, voucher: Voucher) -> None:
    """An older delivery that comes back (a restored folder, a late copy) may not replace a newer one."""
    if not flow.lake.has(asset, month):
        return
    known = int(flow.lake.manifest(asset, month).facts["sequence"])
    if voucher.sequence < known:
        raise DeliveryError(
            "OLDER_SEQUENCE",
            place=f"{voucher.source}, month {month}, {VOUCHER_FILE}",
            expected=f"a sequence of at least {known}, which was taken before",
            found="a lower one",
            remedy="put the newest delivery in place; a re-delivery carries a higher sequence",
        )


def sequence_taken(flow: Flow, source: str, month: Month) -> int:
    """The highest sequence with which a month was taken; 0 when it never was."""
    assets = [asset for asset, file in DELIVERED.items() if file.source == source and flow.lake.has(asset, month)]
    return max((int(flow.lake.manifest(asset, month).facts["sequence"]) for asset in assets), default=0)


def files_to_receive(
    flow: Flow, source: str, month: Month, files: Sequence[tuple[str | None, Path]], named: str | None
) -> tuple[str | None, list[FileToReceive]]:
    """Files (with their kind, where it was given) as their layouts say, and the name of these layouts.

    A file whose kind was not given begins with it; of a source with one kind of file, it is of that kind.
    """
    kinds = [file.kind for file in DELIVERED.values() if file.source == source]
    setting = named or _layout_setting(flow, source)
    found = []
    for given, path in files:
        alike = [kind for kind in kinds if len(kinds) == 1 or path.name.lower().startswith(kind)]
        kind = given or (alike[0] if alike else path.name)
        layout = flow.layouts.find(setting, kind, month, required=named is not None) if setting else None
        found.append(FileToReceive(path, kind if kind in kinds else "an unknown kind", layout))
    return setting, found


def _layout_setting(flow: Flow, source: str) -> str | None:
    return {"novaprima": flow.settings.novaprima_layout, "register": flow.settings.register_layout}[source]


def layout_now(flow: Flow, asset: str, month: Month) -> dict[str, str]:
    """The input ``layout`` as it would be if the file of a partition were read now; none where none was and is used."""
    file, manifest = DELIVERED[asset], flow.lake.manifest(asset, month)
    try:
        layout = _layout(flow, manifest.facts.get("voucher_layout"), file, month)
    except DvzError:
        return {LAYOUT: UNREADABLE}
    if layout is None and LAYOUT not in manifest.inputs:
        return {}
    return {LAYOUT: "" if layout is None else layout.sha256}


def _layout(flow: Flow, named: str | None, file: DeliveredFile, month: Month) -> Layout | None:
    """The layout that the voucher names, or a setting; that of a setting holds for its own months alone."""
    if named is not None:
        return flow.layouts.find(named, file.kind, month)
    setting = _layout_setting(flow, file.source)
    return None if setting is None else flow.layouts.find(setting, file.kind, month, required=False)


def _read(flow: Flow, asset: str, month: Month) -> tuple[Voucher, RawFile, Layout | None]:
    file = DELIVERED[asset]
    folder = month_folder(flow.settings.landing, file.source, month)
    voucher = read_voucher(folder, file.source, month)
    layout = _layout(flow, voucher.layout, file, month)
    delivered = read_delivered_file(folder, voucher, file.kind, max_bytes=flow.settings.max_file_bytes, layout=layout)
    require_same_voucher(folder, voucher, month)
    return voucher, delivered, layout
