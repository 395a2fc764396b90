"""The ledger: what was done stays on record, whoever would rather it did not, and no person can be read from it."""

import contextlib
import hashlib
import hmac
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from dvz_assets.cli.main import app
from dvz_assets.errors import DvzError
from dvz_assets.flow.context import Flow
from dvz_assets.home import write_steps
from dvz_assets.home.keys import own_public_key, shown_hash, signing_key
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import release_months
from dvz_assets.home.merkle import Checkpoint, Tree, is_consistent
from dvz_assets.settings import Settings
from tests.integration.running import run

PERSON = "30010100197"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(Settings(home=tmp_path / "home"))
    for number in range(4):
        ledger.append(Event.EXPLAINED, persons=[PERSON], details={"number": number})
    return ledger


def lines(ledger: Ledger) -> list[bytes]:
    return ledger.file.read_bytes().splitlines(keepends=True)


def change(found: list[bytes]) -> list[bytes]:
    return [*found[:1], found[1].replace(b'"number":1', b'"number":7'), *found[2:]]


def rewrite(found: list[bytes]) -> list[bytes]:
    """Change an entry and compute the trees of all later ones anew: what somebody without the key can do."""
    tree, written = Tree(), []
    for number, line in enumerate(found):
        content = json.loads(line) | {"previous": tree.root.hex()}
        if number == 1:
            content["details"] = {"number": 7}
        tree.add(Ledger.leaf(content))
        written.append(Ledger.leaf(content) + b"\n")
    return written


def add(found: list[bytes]) -> list[bytes]:
    """Append an entry that follows all others, with a code under a key of one's own."""
    tree = Tree.of([line.removesuffix(b"\n") for line in found])
    content = json.loads(found[-1]) | {"sequence": len(found) + 1, "previous": tree.root.hex()}
    content.pop("mac")
    content["mac"] = hmac.new(b"f" * 64, b"entry:" + Ledger.leaf(content), "sha256").hexdigest()
    return [*found, Ledger.leaf(content) + b"\n"]


@pytest.mark.parametrize(
    "tampering",
    [
        change,
        rewrite,
        add,
        lambda found: [*found[:1], *found[2:]],
        lambda found: found[1:],
        lambda found: found[:-1],
        lambda found: found[:-2],
        lambda found: [],
        lambda found: [found[0], found[2], found[1], found[3]],
        lambda found: [*found, found[-1]],
        lambda found: [*found[:2], b"{}\n", *found[2:]],
        lambda found: [*found[:2], b"\0\n", *found[2:]],
        lambda found: [*found[:-1], b"\0" + found[-1][1:]],
    ],
    ids=[
        "changed",
        "rewritten",
        "added",
        "removed",
        "first",
        "last",
        "last two",
        "all",
        "reordered",
        "repeated",
        "no entry",
        "zeros",
        "zeros in the last",
    ],
)
def test_tampering_is_found(ledger: Ledger, tampering: Callable[[list[bytes]], list[bytes]]) -> None:
    assert ledger.verify() == []
    ledger.file.write_bytes(b"".join(tampering(lines(ledger))))
    assert ledger.verify()


def head_of_today(entries: list[bytes], head: dict[str, Any]) -> dict[str, Any]:
    tree = Tree.of([line.removesuffix(b"\n") for line in entries])
    of_tree = {"entries": tree.size, "root": tree.root.hex(), "peaks": [peak.hex() for peak in tree.peaks]}
    return head | of_tree | {"bytes": sum(map(len, entries))}


def head_of_the_first_version(entries: list[bytes], _: dict[str, Any]) -> dict[str, Any]:
    return {"entries": len(entries), "hash": "0" * 64, "seal": "0" * 64}


@pytest.mark.parametrize("forged", [head_of_today, head_of_the_first_version])
def test_a_head_written_without_the_key_is_found(
    ledger: Ledger, forged: Callable[[list[bytes], dict[str, Any]], dict[str, Any]]
) -> None:
    entries, path = lines(ledger)[:-1], ledger.folder / "head.json"
    ledger.file.write_bytes(b"".join(entries))
    path.write_text(json.dumps(forged(entries, json.loads(path.read_text("utf-8")))), encoding="utf-8")
    assert any("seal" in problem for problem in ledger.verify())
    with pytest.raises(DvzError, match="LEDGER_BROKEN"):
        ledger.append(Event.EXPLAINED)


def first_version(folder: Path, entries: int) -> Ledger:
    """A ledger as version 0.1.0 wrote it: a chain of hashes, and a sealed head."""
    ledger = Ledger(Settings(home=folder, ledger_key=SecretStr("a" * 64)))
    ledger.folder.mkdir(parents=True)
    previous, written = "0" * 64, b""
    for number in range(1, entries + 1):
        content = {"sequence": number, "at": "2018-05-01", "user": "dvz", "event": "EXPLAINED", "previous": previous}
        previous = hashlib.sha256(Ledger.leaf(content)).hexdigest()
        written += Ledger.leaf({**content, "hash": previous}) + b"\n"
    ledger.file.write_bytes(written)
    head = {"entries": entries, "hash": previous}
    seal = hmac.new(b"a" * 64, Ledger.leaf(head), "sha256").hexdigest()
    (ledger.folder / "head.json").write_bytes(Ledger.leaf({**head, "seal": seal}))
    return ledger


def test_a_ledger_of_the_first_version_is_taken_over_as_it_is(tmp_path: Path) -> None:
    ledger = first_version(tmp_path, 5)
    before = lines(ledger)
    assert ledger.verify() == []
    old = Checkpoint.from_text(ledger.checkpoint())
    ledger.append(Event.EXPLAINED)
    ledger.append(Event.EXPLAINED)
    assert lines(ledger)[:5] == before
    assert ledger.verify() == []
    new = Checkpoint.from_text(ledger.checkpoint())
    assert (old.size, new.size) == (5, 7)
    assert is_consistent(old, new, ledger.consistency(old, new))
    ledger.file.write_bytes(b"".join(lines(ledger)).replace(b"2018-05-01", b"2018-05-02", 1))
    assert ledger.verify()


def test_what_nobody_has_sealed_is_not_taken_over(tmp_path: Path) -> None:
    """Version 0.1.0 sealed, with its next entry, what a stranger had appended."""
    ledger = first_version(tmp_path, 5)
    longer = first_version(tmp_path / "other", 6)
    ledger.file.write_bytes(b"".join(lines(longer)))
    assert any("entry 6: written without the key" in problem for problem in ledger.verify())
    with pytest.raises(DvzError, match="LEDGER_BROKEN"):
        ledger.append(Event.EXPLAINED)


def test_a_ledger_goes_on_under_another_key_with_a_checkpoint_of_all_that_stands_there(
    ledger: Ledger, tmp_path: Path
) -> None:
    witness, before = tmp_path / "witness", lines(ledger)
    witness.write_text(ledger.checkpoint(), "utf-8")
    (tmp_path / "home" / "restricted" / "ledger.key").unlink()
    home = ["--home", str(tmp_path / "home")]
    assert CliRunner().invoke(app, ["ledger", "verify", *home]).exit_code == 1
    changed = ["ledger", "change-key", "--checkpoint", str(witness), *home]
    assert CliRunner().invoke(app, changed).exit_code == 0
    assert CliRunner().invoke(app, ["ledger", "verify", "--checkpoint", str(witness), *home]).exit_code == 0
    again = Ledger(Settings(home=tmp_path / "home"))
    again.append(Event.EXPLAINED)
    assert lines(again)[:4] == before
    assert again.verify() == []
    assert "LEDGER_BROKEN" in CliRunner().invoke(app, changed).stderr, "the checkpoint is not of all of it any more"
    again.file.write_bytes(again.file.read_bytes().replace(b'"number":1', b'"number":7'))
    assert again.verify()


def test_a_home_that_is_restored_while_a_process_goes_on_has_the_keys_that_stand_in_it(tmp_path: Path) -> None:
    """A key is made when it is first needed, which may be after the backup; a process that knew it makes another."""
    settings = Settings(home=tmp_path / "home")
    ledger, started_later = Ledger(settings), settings.model_copy(update={"threads": 2})

    def hashes(ledger: Ledger, settings: Settings) -> tuple[str, str]:
        return ledger.keyed_hash(PERSON), shown_hash(settings, "an answer")

    before = hashes(ledger, settings)
    assert hashes(Ledger(started_later), started_later) == before
    shutil.rmtree(settings.home / "restricted")
    after = hashes(ledger, settings)
    assert set(after).isdisjoint(before)
    assert hashes(Ledger(started_later), started_later) == after


def test_a_home_makes_its_signing_key_once_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(home=tmp_path / "home")
    assert own_public_key(settings) is None
    first, second = signing_key(settings), signing_key(settings)
    assert first.private_bytes_raw() == second.private_bytes_raw()
    assert caplog.text.count("restricted/signing.key") == 1
    assert (tmp_path / "home" / "restricted" / "signing.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("tampering", [lambda found: found[:-1], lambda found: [], add, lambda found: add(add(found))])
def test_nothing_is_added_to_a_ledger_that_was_cut_or_added_to(
    ledger: Ledger, tampering: Callable[[list[bytes]], list[bytes]]
) -> None:
    """The next genuine entry would seal what a stranger has appended."""
    ledger.file.write_bytes(b"".join(tampering(lines(ledger))))
    before = lines(ledger)
    with pytest.raises(DvzError, match="LEDGER_BROKEN"):
        ledger.append(Event.EXPLAINED)
    assert lines(ledger) == before


@pytest.mark.parametrize("kept", [slice(0, 40), slice(0, 0), slice(40, None), slice(40, 90)])
@pytest.mark.parametrize("is_as_long", [False, True])
def test_a_torn_line_is_repaired_and_every_acknowledged_entry_stays(
    ledger: Ledger, kept: slice, is_as_long: bool
) -> None:
    """What of an entry that was never acknowledged reached the disk, with zeros in the place of the rest or without."""
    before = lines(ledger)
    torn = bytearray(len(before[-1]) if is_as_long else kept.stop or len(before[-1]))
    torn[kept] = before[-1][kept]
    with ledger.file.open("ab") as file:
        file.write(torn)
    assert ledger.verify() == []
    ledger.append(Event.EXPLAINED)
    assert lines(ledger)[:4] == before
    assert len(lines(ledger)) == 5
    assert ledger.verify() == []


def test_a_crash_between_entry_and_head_loses_neither(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    class Death(BaseException):
        """The process dies here."""

    def die(step: str) -> None:
        if step == "ledger: entry written":
            raise Death

    monkeypatch.setattr(write_steps, "listener", die)
    with pytest.raises(Death):
        ledger.append(Event.EXPLAINED, details={"number": 4})
    monkeypatch.undo()
    assert ledger.verify() == []
    ledger.append(Event.EXPLAINED, details={"number": 5})
    assert [entry.details["number"] for entry in ledger.entries()] == [0, 1, 2, 3, 4, 5]
    assert ledger.verify() == []


def test_a_person_is_a_hash_that_needs_the_key(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.file.read_text("utf-8").count(PERSON) == 0
    (first,) = {hashed for entry in ledger.entries() for hashed in entry.persons}
    assert first == ledger.keyed_hash(PERSON)
    assert first != Ledger(Settings(home=tmp_path / "another")).keyed_hash(PERSON)
    key = next((tmp_path / "home" / "restricted").glob("*.key"))
    assert key.stat().st_mode & 0o777 == 0o600


def test_every_run_is_on_record_and_a_failed_one_too(ran_until: Callable[[str], Flow]) -> None:
    flow = ran_until("2018-04")
    (flow.settings.landing / "novaprima" / "2018-05" / "statement.csv").write_bytes(b"broken")
    assert run(flow, "2018-05") is not None
    events = [(entry.event, entry.month) for entry in flow.ledger.entries()]
    assert events == [
        ("RUN_STARTED", "2018-04"),
        ("DELIVERY_INTENDED", "2018-04"),
        ("DELIVERED", "2018-04"),
        ("MATERIALISED", "2018-04"),
        ("PUBLISHED", None),
        ("PUBLISHED", None),
        ("RUN_STARTED", "2018-05"),
        ("RUN_FAILED", "2018-05"),
    ]
    delivered = next(entry for entry in flow.ledger.entries() if entry.event == "DELIVERED")
    assert delivered.regime == "NOTE_2014"
    assert delivered.rules == flow.reference.fingerprint
    files = {"dvz_export.csv", "dvz_export_period.csv", "dvz_corrections.csv"}
    assert delivered.outputs.keys() == {"voucher.json", *files}
    assert flow.ledger.verify() == []
    answer = CliRunner().invoke(app, ["ledger", "verify", "--home", str(flow.settings.home)])
    assert answer.exit_code == 0, answer.stderr
    flow.ledger.file.write_bytes(flow.ledger.file.read_bytes().replace(b"NOTE_2014", b"NOTE_2015", 1))
    assert CliRunner().invoke(app, ["ledger", "verify", "--home", str(flow.settings.home)]).exit_code == 1


def test_a_delivery_whose_entry_a_crash_prevented_gets_it_with_the_next_run(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Death(BaseException):
        """The process dies here."""

    def die(step: str) -> None:
        if step == "delivery: folder renamed":
            raise Death

    monkeypatch.setattr(write_steps, "listener", die)
    with contextlib.suppress(Death):
        run(flow, "2018-04")
    monkeypatch.undo()
    release_months()
    verify = ["ledger", "verify", "--home", str(flow.settings.home)]
    assert "2018-04/0001 is intended in the ledger and not recorded" in CliRunner().invoke(app, verify).stdout
    assert run(flow, "2018-04") is None
    events = [entry.event for entry in flow.ledger.entries() if entry.month and entry.event != "RUN_FAILED"]
    assert events == ["RUN_STARTED", "DELIVERY_INTENDED", "RUN_STARTED", "DELIVERED", "MATERIALISED"]
    assert CliRunner().invoke(app, verify).exit_code == 0


def test_nothing_is_recorded_without_its_intent(ran_until: Callable[[str], Flow]) -> None:
    """The ledger is gone, and with it every intent: what stands in the home is not made genuine by a run."""
    flow = ran_until("2018-04")
    for path in flow.ledger.folder.iterdir():
        path.unlink()
    verify = ["ledger", "verify", "--home", str(flow.settings.home)]
    assert "2018-04/0001 is not in the ledger" in CliRunner().invoke(app, verify).stdout
    failure = run(flow, "2018-04")
    assert failure is not None
    assert failure.message.startswith("DELIVERY_NOT_IN_LEDGER")
    assert [entry.event for entry in flow.ledger.entries()] == ["RUN_STARTED", "RUN_FAILED"]
