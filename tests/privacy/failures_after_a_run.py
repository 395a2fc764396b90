"""Failures of what follows a run, provoked on marker people, with a number or a name in every place that takes a text.

The list of persons withheld, release, transmission, answers of the receiver, time stamps, the ledger, commands.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import dagster as dg
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home.deliveries import VOUCHER_FILE, Voucher
from dvz_assets.orchestration.definitions import build_definitions
from dvz_assets.orchestration.instance import open_instance
from dvz_assets.settings import Settings
from tests.integration.running import run
from tests.integration.test_bad_deliveries import MONTH, NAME, NUMBERS, write_good_landing
from tests.outbound.prepared import answer

NUMBER = NUMBERS[2]
PRINTED = f"{NUMBER[:2]}.{NUMBER[2:4]}.{NUMBER[4:6]}-{NUMBER[6:9]}.{NUMBER[9:]}"
OF_MONTH = ("--month", str(MONTH))
# what a person may type into each place; none of it is one of ours
TYPED: Sequence[tuple[str, ...]] = (
    ("run", "--month", NUMBER),
    ("run", "--from", NAME, "--to", NUMBER),
    ("report", "--month", NAME),
    ("explain", "--month", NUMBER),
    ("diff", *OF_MONTH, "--with", NUMBER),
    ("diff", *OF_MONTH, "--deliveries", f"1,{NUMBER}"),
    ("check-landing", "--month", NUMBER),
    ("plan", "--set", f"{NAME}={NUMBER}"),
    ("plan", "--category", NAME),
    ("plan", "--regime", NUMBER),
    ("hold", "add", "--reason", NAME, "--first-month", str(MONTH), "--reference", "1"),
    ("hold", "add", "--reason", "APPEAL", "--first-month", NUMBER, "--reference", "1"),
    ("hold", "add", "--reason", "APPEAL", "--first-month", str(MONTH), "--reference", NUMBER),
    ("hold", "add", "--reason", "APPEAL", "--first-month", str(MONTH), "--reference", PRINTED),
    ("hold", "end", NUMBER, "--reference", "1"),
    ("hold", "end", NAME, "--reference", "1"),
    ("hold", "end", "1", "--reference", PRINTED),
    ("delivery", "reject", *OF_MONTH, "--reference", NUMBER),
    ("delivery", "reject", *OF_MONTH, "--reference", f"{NAME}!"),
    ("delivery", "release", "--month", NUMBER),
    ("delivery", "release", *OF_MONTH, "--to", NAME),
    ("delivery", "transmit", *OF_MONTH),  # it is historical, and not released
    ("delivery", "transmit", "--month", NAME, "--done"),
    ("delivery", "show", "--month", NUMBER),
    ("delivery", "show", *OF_MONTH, "--sequence", "9"),
    ("ledger", "consistency", "no-such-file", "no-such-file"),
    ("ledger", "change-key", "--checkpoint", "no-such-file"),
)


def typed(flow: Flow) -> Iterator[tuple[str, bool]]:
    """Every text of the table, and a number where one is asked for by prompt."""
    for arguments in TYPED:
        yield f"typed: {' '.join(arguments[:2])}", refuses(flow, *arguments)
    yield "a number that is none", refuses(flow, "person", given=f"{NUMBER}9 {NAME}")


def refuses(flow: Flow, *arguments: str, given: str = NUMBER, **environment: str) -> bool:
    """Whether a command ends badly; prints what a person would see, and what a foreign error would bring along."""
    settings = {"DVZ_LANDING": str(flow.settings.landing), "DVZ_HOME": str(flow.settings.home)}
    result = CliRunner(env={**os.environ, **settings, **environment}).invoke(app, list(arguments), input=f"{given}\n")
    print(result.stdout, result.stderr)
    if not isinstance(result.exception, SystemExit | None):
        print(repr(result.exception))
    return result.exit_code != 0


def of_the_receiver(flow: Flow) -> Iterator[tuple[str, bool]]:
    """Answers that are none, under names that are none, taken in by command and by sensor and job."""
    voucher = Voucher.from_bytes((folder_of(flow) / VOUCHER_FILE).read_bytes())
    landing = flow.settings.landing
    for what, changes in {
        "of a delivery that has not left": {"status": "REFUSED", "reason": f"{NAME} {NUMBER}"},
        "a status that is none": {"status": NAME},
        "a field that is none": {NUMBER: NAME},
        "a month that is none": {"month": NUMBER},
        "a sequence that is none": {"sequence": int(NUMBER)},
        "a time that is none": {"received_at": NUMBER},
        "a checkpoint that is none": {"checkpoint": [NAME]},
        "another voucher": {"voucher_sha256": (NUMBER * 6)[:64]},
    }.items():
        path = landing / "acknowledgements" / str(MONTH) / "0001.json"
        content = json.loads(answer(landing, voucher).read_bytes())
        path.write_text(json.dumps(content | changes), "utf-8")
        yield f"answer: {what}", refuses(flow, "delivery", "acknowledge")
    path.write_text(f'{{"month": "{NAME}", "month": {NUMBER}', "utf-8")
    yield "answer: no JSON", refuses(flow, "delivery", "acknowledge")
    path.rename(path.with_name(f"{NUMBER}.json"))
    (path.parent / f"{NAME}.json").symlink_to(landing / "novaprima")
    yield "answer: under the name of a person", refuses(flow, "delivery", "acknowledge")
    yield "answer: by the job", not succeeds(flow, "acknowledgements")
    shutil.rmtree(landing / "acknowledgements")


def succeeds(flow: Flow, job: str, **configuration: object) -> bool:
    """Whether a job of Dagster ends well; what it stores is searched."""
    with open_instance(flow.settings.home) as instance:
        definition: dg.JobDefinition = build_definitions(flow).resolve_job_def(job)
        return definition.execute_in_process(instance=instance, run_config=configuration, raise_on_error=False).success


def of_the_way_out(flow: Flow) -> Iterator[tuple[str, bool]]:
    """An outbox that is none or is occupied, and an authority that is not there, with names in their addresses."""
    occupied = flow.settings.landing.parent / f"outbox of {NAME}"
    place = occupied / str(MONTH) / "0001"
    place.mkdir(parents=True)
    (place / VOUCHER_FILE).write_text(f"{NAME} {NUMBER}", "utf-8")
    transmit = ("delivery", "transmit", *OF_MONTH)
    yield "an outbox with another's voucher", refuses(flow, *transmit, DVZ_OUTBOX=str(occupied))
    (occupied / "file").touch()
    yield "an outbox that is a file", refuses(flow, *transmit, DVZ_OUTBOX=str(occupied / "file"))
    # what somebody types as the configuration of a run Dagster stores as typed, before any code of ours sees it
    op = {"transmit_delivery": {"config": {"month": "2018-13", "sequence": 1}}}
    yield "transmission of no month, by the job", not succeeds(flow, "transmission", ops=op)
    authority = {
        "DVZ_TIME_STAMP_AUTHORITY": f"http://127.0.0.1:9/{NUMBER}",
        "DVZ_TIME_STAMP_CERTIFICATES": str(flow.settings.home / "ledger" / "head.json"),
    }
    yield "certificates that are none", refuses(flow, "delivery", "stamp", **authority)
    yield (
        "an authority with a password",
        refuses(flow, "delivery", "stamp", DVZ_TIME_STAMP_AUTHORITY=f"http://{NUMBER}:x@127.0.0.1/"),
    )


def of_forgers(flow: Flow) -> Iterator[tuple[str, bool]]:
    """A voucher and a ledger that somebody has changed, with a number or a name in what he wrote."""
    folder, ledger = folder_of(flow), flow.ledger.file
    voucher, entries = (folder / VOUCHER_FILE).read_bytes(), ledger.read_bytes()
    (folder / f"{NAME} {NUMBER}.csv").touch()
    yield "a file that is nobody's", refuses(flow, "verify", str(folder))
    (folder / f"{NAME} {NUMBER}.csv").unlink()
    for changed in (b"{", voucher.replace(b'"sequence": 1', f'"sequence": {NUMBER}'.encode())):
        (folder / VOUCHER_FILE).write_bytes(changed)
        yield "a voucher that was changed", refuses(flow, "verify", str(folder))
        yield "a voucher that was changed, in the ledger", refuses(flow, "ledger", "verify")
    (folder / VOUCHER_FILE).write_bytes(voucher)
    ledger.write_bytes(entries + f'{{"sequence": {NUMBER}, "event": "{NAME}"}}\n'.encode())
    yield "an entry that is nobody's", refuses(flow, "ledger", "verify")
    yield "a run on such a ledger", run(flow, str(MONTH)) is not None
    ledger.write_bytes(entries)
    held = flow.settings.landing.parent / "held"
    held.write_text(f"{NAME}\n{NUMBER}\nx\n\n— {NAME} {NUMBER}\n", "utf-8")
    yield "a checkpoint that is none", refuses(flow, "ledger", "verify", "--checkpoint", str(held))


def folder_of(flow: Flow) -> Path:
    return flow.settings.home / "deliveries" / str(MONTH) / "0001"


def after_a_run(work: Path) -> Iterator[tuple[str, bool]]:
    """All of them, in a home in which a month was run, with a person on the list."""
    landing = write_good_landing(work / "landings" / "after")
    flow = Flow(Settings(landing=landing, home=work / "homes" / "after"))
    failure = run(flow, str(MONTH))
    if failure is not None:
        raise DvzError("SETUP", expected="a month that runs", found=failure.message, remedy="mend the test")
    yield from typed(flow)
    yield from of_the_receiver(flow)
    yield from of_the_way_out(flow)
    yield from of_forgers(flow)
