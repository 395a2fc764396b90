"""Makes the home that a release leaves behind, and freezes it below ``tests/frozen/<version>/`` for all later versions.

Everything goes through the command line ``dvz`` and files that users see, so that any version can be frozen with it.
The home has seven months over the change of regime: one delivered again, one delivered encrypted, one purged, one more
delivered and never run; a consultation was answered and questions were asked. All persons are synthetic, and so are the
keys that lie in the archive. ``expected.json`` beside it says, in the words of that version, what it decided.
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

FROZEN = Path(__file__).resolve().parent.parent / "tests" / "frozen"
ARCHIVE, EXPECTED = "home.tar.xz", "expected.json"

MONTHS = tuple(f"2018-{month:02d}" for month in range(2, 10))
PURGED, ENCRYPTED, NEXT = MONTHS[0], MONTHS[5], MONTHS[7]
LAST_OF_NOTE, FIRST_OF_DELIBERATION = "2018-05", "2018-06"
REDELIVERED = LAST_OF_NOTE
PERSONS, CANDIDATES, SEED = 40, 150, 16
# a few rows are spoiled on purpose: of so few persons they are a larger share than the default lets pass
SETTINGS = {"max_reject_share": "0.2"}
PACKED_AT = 0  # the same files give the same archive


class Decision(NamedTuple):
    """What was decided of a person in a month."""

    month: str
    insz: str
    category: str | None
    outcome: str
    grounds: tuple[str, ...]


class Workplace:
    """A folder with landing zone, keys and home, and ``dvz`` on it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.landing, self.home, self.keys = folder, folder / "landing", folder / "home", folder / "keys"

    def dvz(self, *arguments: str, insz: str | None = None, **settings: str) -> str:
        """Run a command, with settings beside those of all; what it prints. Stops when the command fails."""
        given = {"landing": str(self.landing), "home": str(self.home), **SETTINGS, **settings}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVZ_", "DAGSTER_"))}
        environment |= {f"DVZ_{name.upper()}": value for name, value in given.items()}
        answer = subprocess.run(
            [Path(sys.executable).with_name("dvz"), *arguments],
            cwd=self.folder,
            env=environment,
            input=insz,
            capture_output=True,
            text=True,
        )
        if answer.returncode != 0:
            raise SystemExit(f"dvz {' '.join(arguments)} failed:\n{answer.stderr}")
        return answer.stdout

    def decisions(self) -> list[Decision]:
        """Everybody of whom something was decided, by month; the published file has only those in both selections."""
        partitions = self.home / "lake" / "decisions" / "*" / "data.parquet"
        query = f"SELECT month, insz, category, outcome, grounds FROM read_parquet('{partitions}') ORDER BY ALL"
        with duckdb.connect() as connection:
            rows = connection.execute(query).fetchall()
        return [
            Decision(month, insz, category, outcome, tuple(grounds)) for month, insz, category, outcome, grounds in rows
        ]

    def first_sent(self, month: str) -> str:
        """A person of the month's export."""
        return next(each.insz for each in self.decisions() if each.month == month and each.outcome == "SENT")


def main() -> None:
    """Freeze the version whose ``dvz`` is installed; refuse to replace a home that is frozen."""
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as folder:
        candidates, work = (Workplace(Path(folder) / name) for name in ("candidates", "frozen"))
        candidates.folder.mkdir()
        version = candidates.dvz("--version").split()[-1]
        target = FROZEN / version
        if target.exists():
            raise SystemExit(f"{target.name} is frozen already. To do: raise the version before another is frozen.")
        _make_candidates(candidates)
        _take_forty(candidates, work)
        settings = _make_keys(work.keys)
        consultation = _live(work, settings)
        target.mkdir(parents=True)
        _pack(work.folder, target / ARCHIVE)
        expected = json.dumps(_expected(work, version, consultation), indent=2, sort_keys=True)
        (target / EXPECTED).write_text(expected + "\n", encoding="utf-8")
        for path in (target, *target.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        print(f"{version} is frozen: {(target / ARCHIVE).stat().st_size:,} bytes")  # noqa: T201


def _make_candidates(work: Workplace) -> None:
    """So many persons that every outcome occurs; what is decided about them says which forty are worth keeping."""
    options = {"persons": CANDIDATES, "months": len(MONTHS), "start": MONTHS[0], "seed": SEED, "format": "csv"}
    work.dvz("generate", str(work.landing), *(f"--{name}={value}" for name, value in options.items()))
    work.dvz("run", "--from", MONTHS[0], "--to", MONTHS[-1])


def _take_forty(candidates: Workplace, work: Workplace) -> None:
    """Write a landing zone of forty of the persons: first of every outcome, then of every ground, then any."""
    successors = _successors(candidates.landing)
    renumbered = set(successors.values())
    decisions = [each._replace(insz=_present(each.insz, successors)) for each in candidates.decisions()]
    traits: tuple[Callable[[Decision], tuple[object, ...]], ...] = (
        lambda each: (each.month >= FIRST_OF_DELIBERATION, each.outcome),
        lambda each: (each.insz in renumbered, each.outcome == "SENT"),
        lambda each: (each.month >= FIRST_OF_DELIBERATION, each.category, each.grounds),
        lambda each: (each.insz,),
    )
    chosen: set[str] = set()
    for trait in traits:
        seen: set[tuple[object, ...]] = set()
        for each in decisions:
            if len(chosen) < PERSONS and trait(each) not in seen:
                seen.add(trait(each))
                chosen.add(each.insz)
    everybody = {each.insz for each in decisions} | {_present(each, successors) for each in _in_register(candidates)}
    others = everybody - chosen
    shutil.copytree(candidates.landing, work.landing)
    for path in sorted(work.landing.glob("*/*/*.csv")):
        column = "nieuw_insz" if "replacements" in path.name else "insz"
        # a row of nobody is spoiled on purpose: the flow has to reject it
        _rewrite(path, column, lambda insz: _present(insz, successors) not in others)


def _successors(landing: Path) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for path in sorted(landing.glob("register/*/insz_replacements.csv")):
        pairs |= {row["oud_insz"]: row["nieuw_insz"] for _, row in _rows(path) if row["oud_insz"] != row["nieuw_insz"]}
    return pairs


def _present(insz: str, successors: dict[str, str]) -> str:
    for _ in successors:
        insz = successors.get(insz, insz)
    return insz


def _in_register(work: Workplace) -> Iterator[str]:
    for path in work.landing.glob("register/*/persons.csv"):
        yield from (row["insz"] for _, row in _rows(path))


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Every line of a delivered file as it is, and by column; the header is not one of them."""
    header, *lines = path.read_bytes().decode("utf-8").splitlines(keepends=True)
    columns = header.strip().lstrip("\ufeff").split(";")
    for line in lines:
        values = next(csv.reader([line.rstrip("\r\n")], delimiter=";"), [])
        yield line, dict(zip(columns, [*values, *[""] * len(columns)], strict=False))


def _rewrite(path: Path, column: str, keep: Callable[[str], bool], *, later: int = 0) -> None:
    """Take lines out of a delivered file, and write its voucher so many sequences later."""
    header = path.read_bytes().decode("utf-8").splitlines(keepends=True)[0]
    lines = [line for line, row in _rows(path) if keep(row[column])]
    path.write_bytes("".join([header, *lines]).encode("utf-8"))
    voucher = json.loads((path.parent / "voucher.json").read_text("utf-8"))
    voucher["sequence"] += later
    for file in voucher["files"]:
        if file["name"] == path.name:
            file |= {"rows": len(lines), "sha256": _sha256(path.read_bytes())}
            file.pop("totals", None)
    (path.parent / "voucher.json").write_text(json.dumps(voucher, indent=2) + "\n", encoding="utf-8")


def _make_keys(folder: Path) -> dict[str, str]:
    """Keys of nobody, which lie in the archive: to sign vouchers, and to read the encrypted delivery."""
    folder.mkdir()
    signing, identity = Ed25519PrivateKey.generate(), pyrage.x25519.Identity.generate()
    private = signing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "signing.pem").write_bytes(private)
    public = signing.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "signing.public.pem").write_bytes(public)
    (folder / "recipient.age").write_text(str(identity), encoding="ascii")
    return {"signing_key": str(folder / "signing.pem"), "delivery_recipient": str(identity.to_public())}


def _live(work: Workplace, settings: dict[str, str]) -> dict[str, Any]:
    """What happens to the home in its life; the answer to the consultation."""
    signing = {"signing_key": settings["signing_key"]}
    work.dvz("run", "--from", MONTHS[0], "--to", FIRST_OF_DELIBERATION, **signing)
    first_sent = work.first_sent(REDELIVERED)
    _rewrite(
        work.landing / "novaprima" / REDELIVERED / "statement.csv", "insz", lambda insz: insz != first_sent, later=1
    )
    work.dvz("run", "--stale", **signing)
    work.dvz("run", "--month", ENCRYPTED, **settings)
    work.dvz("run", "--month", MONTHS[6], **signing)
    insz = work.first_sent(MONTHS[6])
    work.dvz("explain", "--month", MONTHS[6], insz=insz)
    work.dvz("person", insz=insz)
    work.dvz("diff", "--month", REDELIVERED, "--deliveries", "1,2")
    answer: dict[str, Any] = json.loads(work.dvz("a036", "answer", str(_request(work, insz)), "--json"))
    work.dvz("purge", retention_months=str(_months_since(MONTHS[1])))
    return answer


def _request(work: Workplace, insz: str) -> Path:
    path = work.landing / "a036" / "requests" / "1.json"
    path.parent.mkdir(parents=True)
    request = {
        "request_id": "2018-000001",
        "requester": "desk 4",
        "purpose": "FAMILY_OF_BELGIAN",
        "role": "sponsor",
        "application_reference": "A-1",
        "insz": insz,
        "period_start": f"{MONTHS[0]}-01",
        "period_end": "2018-08-31",
        "requested_at": "2018-09-03T10:00:00+02:00",
    }
    path.write_text(json.dumps(request, indent=2) + "\n", encoding="utf-8")
    return path


def _months_since(month: str) -> int:
    """The retention with which ``month`` is today the first that is kept."""
    first, today = date.fromisoformat(f"{month}-01"), date.today()
    return (today.year - first.year) * 12 + today.month - first.month


def _expected(work: Workplace, version: str, consultation: dict[str, Any]) -> dict[str, Any]:
    """What the version decided and sent, in counts and hashes: no person stands in it."""
    decided: dict[str, list[Decision]] = {}
    for each in work.decisions():
        decided.setdefault(each.month, []).append(each)
    return {
        "version": version,
        "purged": PURGED,
        "redelivered": REDELIVERED,
        "encrypted": ENCRYPTED,
        "next": NEXT,
        "ledger_entries": len(json.loads(work.dvz("ledger", "show", "--json"))),
        "consultation": {name: consultation[name] for name in ("status", "attestations")},
        "months": {
            month: {
                "outcomes": dict(Counter(each.outcome for each in rows)),
                "decisions": _sha256(json.dumps(rows).encode()),
                "deliveries": [
                    _files(path) for path in sorted((work.home / "deliveries" / month).glob("*/voucher.json"))
                ],
            }
            for month, rows in decided.items()
        },
    }


def _files(voucher: Path) -> dict[str, str]:
    return {file["name"]: file["sha256"] for file in json.loads(voucher.read_text("utf-8"))["files"]}


def _pack(folder: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for path in sorted(folder.rglob("*")):
            packed.add(path, str(path.relative_to(folder)), recursive=False, filter=_without_owner)


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = PACKED_AT
    return member


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
