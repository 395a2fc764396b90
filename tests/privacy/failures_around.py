"""Failures of what is around a run, provoked with a number or a name in every place that takes a text.

Layouts and files that come without a voucher, situations that are asked about, messages to the people in charge, and a
month that stands out by what was typed into it.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import dagster as dg

from dvz_assets.flow.context import Flow
from dvz_assets.flow.drift import MEASURES, what_stands_out
from dvz_assets.flow.steps import WRITERS
from dvz_assets.generate import generate
from dvz_assets.landing.zone import VOUCHER_FILE
from dvz_assets.months import Month
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.project_files import layouts_folder, reference_folder
from dvz_assets.settings import Settings
from tests.integration.running import redeliver
from tests.integration.test_bad_deliveries import MONTH, NAME, NUMBERS, write_good_landing
from tests.privacy.failures_after_a_run import refuses

NUMBER = NUMBERS[2]
OF_MONTH = ("--month", str(MONTH))
FIXED = ("--layout", "novaprima-fixed")
CHECK = ("layout", "check")
MONTHS = Month.range(MONTH.minus(4), MONTH)
TAKEN_IN = ("novaprima_statement", "register_snapshot", "insz_replacements", "identity_map", "aid_history")
SITUATION = ("what-if", "--nationality", "FR", "--capacity", "JOB_SEEKER")
TYPED: Sequence[tuple[str, ...]] = (
    (*CHECK, "no-such-file", "--layout", NAME, *OF_MONTH),
    (*CHECK, "no-such-file", *FIXED, "--month", NUMBER),
    (*CHECK, "no-such-file", *FIXED, *OF_MONTH, "--kind", NAME),
    ("receive", "no-such-file", "--source", "novaprima", "--month", NUMBER),
    ("receive", f"{NAME}=no-such-file", "--source", "register", *OF_MONTH, "--date", "2018-05-31"),
    ("receive", "no-such-file", "--source", "register", *OF_MONTH, "--date", NUMBER),
    ("receive", "statement=no-such-file", "--source", "novaprima", *OF_MONTH, "--layout", NAME),
    ("what-if", "--nationality", NUMBER),
    ("what-if", "--nationality", "FR", "--capacity", NAME),
    ("what-if", "--nationality", "FR", "--motive", NUMBER),
    (*SITUATION, "--document", NAME),
    (*SITUATION, "--document-until", NUMBER),
    (*SITUATION, "--register", NAME),
    (*SITUATION, "--residence-since", NUMBER),
    (*SITUATION, "--aid", f"{NAME}:2018-01:2018-06"),
    (*SITUATION, "--aid", f"LIVING_WAGE:{NUMBER}:2018-06"),
    (*SITUATION, "--aid", f"LIVING_WAGE:2018-01:2018-06:{NAME}"),
    ("what-if", "--leaflet", NAME),
    ("note", "--month", NUMBER),
    ("note", "--since", "no-such-folder"),
)
# what a file of a situation may say that is none
SITUATIONS: Mapping[str, object] = {
    "a key that is none": {NAME: NUMBER},
    "a nationality that is none": {"nationality": NAME, "capacity": "JOB_SEEKER"},
    "aid that is none": {"nationality": "FR", "capacity": "JOB_SEEKER", "aid": [NAME, {NUMBER: NAME}]},
    "no situation": [NUMBER, NAME],
    "no YAML": f"{NAME}: [{NUMBER}",
}
# a word of a layout that is shipped, and what stands there instead
LAYOUTS: Mapping[str, tuple[str, str]] = {
    "a key that is none": ("record_length", f"{NAME}"),
    "a format that is none": ('format = "fixed_width"', f'format = "{NAME}"'),
    "a month that is none": ('first_month = "', f'first_month = "{NUMBER}'),
    "a kind that is none": ('kind = "statement"', f'kind = "{NUMBER}"'),
    "no TOML": ("[columns]", f"[{NAME} {NUMBER}"),
}


def around_a_run(work: Path) -> Iterator[tuple[str, bool]]:
    """All of them."""
    landing = write_good_landing(work / "landings" / "around")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "around"))
    for arguments in TYPED:
        yield f"typed: {' '.join(arguments[:3])}", refuses(flow, *arguments)
    yield from of_situations(flow, work / "landings")
    yield from of_layouts(flow, work / "landings")
    yield from of_channels(flow)
    yield from of_what_stands_out(work)


def of_situations(flow: Flow, folder: Path) -> Iterator[tuple[str, bool]]:
    """Files that hold a person where a situation was asked for."""
    path = folder / "situation.yaml"
    for what, content in SITUATIONS.items():
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        yield f"situation: {what}", refuses(flow, "what-if", "--file", str(path))


def of_layouts(flow: Flow, folder: Path) -> Iterator[tuple[str, bool]]:
    """A file that does not fit its layout, checked and received, and layouts that are none."""
    statement = flow.settings.landing / "novaprima" / str(MONTH) / "statement.csv"
    yield "a file that is not as its layout says", refuses(flow, *CHECK, str(statement), *FIXED, *OF_MONTH)
    receive = ("receive", f"statement={statement}", "--source", "novaprima", *OF_MONTH, *FIXED)
    yield "received by a layout that it does not fit", refuses(flow, *receive)
    for what, (shipped, instead) in LAYOUTS.items():
        described = folder / "layouts"
        described.mkdir(exist_ok=True)
        text = (layouts_folder() / "novaprima-fixed.toml").read_text("utf-8")
        (described / "novaprima-fixed.toml").write_text(text.replace(shipped, instead, 1), "utf-8")
        asked = (*CHECK, str(statement), *FIXED, *OF_MONTH)
        yield f"layout: {what}", refuses(flow, *asked, DVZ_LAYOUTS=str(described))


def of_channels(flow: Flow) -> Iterator[tuple[str, bool]]:
    """Channels with a person in their address: one that is down, and one that there cannot be, told of a failed run."""
    voucher = flow.settings.landing / "register" / str(MONTH) / VOUCHER_FILE
    content = voucher.read_bytes()
    voucher.write_bytes(content.replace(b'"sequence": 1', f'"sequence": "{NAME} {NUMBER}"'.encode()))
    yield "a run to be told of", refuses(flow, "run", *OF_MONTH)
    voucher.write_bytes(content)
    for address in (f"json://{NAME}:{NUMBER}@127.0.0.1:9/{NUMBER}", f"{NAME}://{NUMBER}", f"{NAME}@{NUMBER}"):
        channels = json.dumps([{"address": address}])
        for arguments in (["notify"], ["notify", "--test"]):
            yield f"told to {address.partition(':')[0]}", refuses(flow, *arguments, DVZ_NOTIFY=channels)


def of_what_stands_out(work: Path) -> Iterator[tuple[str, bool]]:
    """A register in whose columns of codes somebody has typed names and numbers: it stands out, and stops the month."""
    landing, home = work / "landings" / "standing-out", work / "homes" / "standing-out"
    reference = reference_folder()
    generate(landing, seed=3, persons=120, months=5, start=str(MONTHS[0]), file_format="csv", reference=reference)
    redeliver(landing / "register" / str(MONTH), "persons.csv", _with_names_for_codes)
    flow = Flow(Settings(landing=landing, home=home, drift_blocks=True))
    for month in MONTHS:
        with flow.cursor() as connection:
            for asset in (*TAKEN_IN, "register_persons", *((MEASURES,) if month != MONTH else ())):
                WRITERS[asset](flow, connection, month)
                flow.lake.publish(asset, month)
        for source in landing.iterdir() if month != MONTH else ():
            shutil.rmtree(source / str(month))  # it was not run, and MONTH would wait for it
    job = build_definitions(flow).resolve_job_def("monthly_dvz_flow")
    with open_instance(home) as instance:
        result = job.get_subset(asset_selection={dg.AssetKey(MEASURES)}).execute_in_process(
            instance=instance, partition_key=str(MONTH), raise_on_error=False
        )
    yield "a month that stands out", not result.success
    with flow.cursor() as connection:
        WRITERS[MEASURES](flow, connection, MONTH)
        flow.lake.publish(MEASURES, MONTH)
    found = what_stands_out(flow, MONTH, flow.protection)
    print(*(found or []), sep="\n")
    yield "what stands out", bool(found)


def _with_names_for_codes(lines: list[str]) -> list[str]:
    typed = {"register": NAME, "verblijfsmotief": NUMBER, "nationaliteit": NUMBER[:3], "verblijfsdocument": NAME}
    header, *rows = csv.reader(lines, delimiter=";")
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows((dict(zip(header, row, strict=True)) | typed).values() for row in rows)
    return written.getvalue().splitlines()
