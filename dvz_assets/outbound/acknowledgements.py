"""Acknowledgements: the receiver's answers in the landing zone, strictly read, each taken in once.

``<landing>/acknowledgements/<month>/<sequence>.json``. What does not fit changes nothing and is told: a hash that is
not ours, a delivery that never left, a second and different answer. The text of a refusal stays in the landing zone: it
may say something of a person, and the ledger never does. Contract, section 5.3.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from dvz_assets.errors import DeliveryError, DvzError
from dvz_assets.home.deliveries import VOUCHER_FILE
from dvz_assets.home.keys import shown_hash
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.home.locks import exclusive
from dvz_assets.home.write_steps import reached
from dvz_assets.landing.received import MAX_JSON_BYTES, ReceivedFolder
from dvz_assets.months import Month
from dvz_assets.outbound.release import LOCK
from dvz_assets.outbound.states import ANSWER, SEQUENCE, DeliveryState, find
from dvz_assets.settings import Settings

FOLDER = "acknowledgements"
MAX_BYTES = 64 * 1024
NAME = re.compile(r"[0-9]{4}\.json")
FOLDER_NAME = re.compile(r"[0-9]{4}-[0-9]{2}")


class Answer(BaseModel):
    """What the receiver says of one delivery."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    month: str
    sequence: Annotated[int, Field(ge=1)]
    status: Literal["ACCEPTED", "REFUSED"]
    voucher_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    received_at: AwareDatetime
    reason: Annotated[str, Field(min_length=1, max_length=4000)] | None = None
    checkpoint: Annotated[str, Field(min_length=1, max_length=4000)] | None = None

    @model_validator(mode="after")
    def _a_refusal_has_a_reason(self) -> Self:
        if (self.status == "REFUSED") != (self.reason is not None):
            raise ValueError("a reason stands where it was refused, and only there")
        return self

    def in_ledger(self, settings: Settings) -> str:
        """Return what stands in the ledger for what it says, however it is written: a reason may be of a person."""
        return shown_hash(settings, json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of the answers of a landing zone: deliveries that have a new one, and what was wrong."""

    deliveries: tuple[DeliveryState, ...]
    problems: tuple[DvzError, ...]


def answer_files(landing: Path) -> list[Path]:
    """Return the files with answers, in the sequence of months and deliveries; a month that is no folder as a file."""
    months = [name for name in ReceivedFolder(landing, (FOLDER,)).names() if FOLDER_NAME.fullmatch(name)]
    return [path for month in months for path in _files_of(landing, month)]


def _files_of(landing: Path, month: str) -> list[Path]:
    folder = ReceivedFolder(landing, (FOLDER, month))
    try:
        return [folder.path / name for name in folder.names() if name.endswith(".json")]
    except DeliveryError:
        return [folder.path]


def content_of(landing: Path, path: Path) -> bytes:
    """Return what stands in a file with an answer; raises DvzError when it is none that is read."""
    *folders, name = path.relative_to(landing).parts
    try:
        return ReceivedFolder(landing, tuple(folders)).read(name, MAX_JSON_BYTES)
    except DeliveryError as error:
        raise _wrong(path, error.expected, error.found) from None


def read_answer(landing: Path, path: Path) -> Answer:
    """Return the answer of a file; raises DvzError for anything that is not what the contract says."""
    content = content_of(landing, path)
    try:
        if len(content) > MAX_BYTES:
            raise _wrong(path, f"at most {MAX_BYTES} bytes", "more")
        json.loads(content, object_pairs_hook=_once)
        answer = Answer.model_validate_json(content)
    except ValidationError as error:
        raise _wrong(path, "the fields of contract section 5.3, and no other", _fields(error)) from None
    except (ValueError, RecursionError):
        raise _wrong(path, "one JSON object in which no key stands twice", "something else") from None
    if not NAME.fullmatch(path.name) or (answer.month, f"{answer.sequence:04d}") != (path.parent.name, path.stem):
        raise _wrong(path, "the month and sequence that its name says", "others")
    return answer


def take_in(settings: Settings, ledger: Ledger) -> Taken:
    """Take in all answers of the landing zone; each problem leaves everything as it was, and the others go on."""
    taken: list[DeliveryState] = []
    problems: list[DvzError] = []
    with exclusive(settings, LOCK):
        for path in answer_files(settings.landing):
            try:
                taken += _take_in(settings, ledger, path, read_answer(settings.landing, path))
            except DvzError as error:
                problems.append(error)
    return Taken(tuple(taken), tuple(problems))


def _take_in(settings: Settings, ledger: Ledger, path: Path, answer: Answer) -> Iterator[DeliveryState]:
    month = _month(path, answer)
    delivery = find(ledger, month, answer.sequence)
    if answer.voucher_sha256 != delivery.voucher_sha256:
        raise _wrong(path, "the hash of the voucher that was sent", "another hash", "ANSWER_TO_ANOTHER_DELIVERY")
    if not delivery.has_left:
        raise _wrong(path, "an answer to a delivery that has left", f"one that is {delivery.state}", "NOT_TRANSMITTED")
    content = answer.in_ledger(settings)
    if delivery.answer is not None:
        if delivery.answer != content:
            raise _wrong(path, "the answer that was taken in before", "a different one", "SECOND_ANSWER")
        return
    held = answer.checkpoint
    checkpoint = {} if held is None else {"checkpoint": hashlib.sha256(held.encode()).hexdigest()}
    details: dict[str, str | int] = {
        SEQUENCE: delivery.sequence,
        "status": answer.status,
        "received_at": answer.received_at.isoformat(),
        ANSWER: content,
    }
    ledger.append(
        Event.ACKNOWLEDGED if answer.status == "ACCEPTED" else Event.REFUSED,
        month=month,
        inputs={VOUCHER_FILE: delivery.voucher_sha256, **checkpoint},
        details=details,
    )
    reached("acknowledgement: entered")
    yield find(ledger, month, answer.sequence)


def _month(path: Path, answer: Answer) -> Month:
    try:
        return Month.parse(answer.month)
    except ValueError:
        raise _wrong(path, "a month YYYY-MM", "something else") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _fields(error: ValidationError) -> str:
    """Where and what, without anything that was found there."""
    problems = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        # the name of an unknown key is content too
        known = problem["loc"][:-1] if problem["type"] == "extra_forbidden" else problem["loc"]
        problems.append(f"{'.'.join(str(part) for part in known) or 'the whole file'}: {problem['msg']}")
    return "; ".join(problems)


def _place(path: Path) -> str:
    """The file, where its name is one of the contract: any other may be anything, a number of a person too."""
    is_named = NAME.fullmatch(path.name) and FOLDER_NAME.fullmatch(path.parent.name)
    return f"{FOLDER}/{path.parent.name}/{path.name}" if is_named else f"a file in {FOLDER}/ of another name"


def _wrong(path: Path, expected: str, found: str, code: str = "INVALID_ACKNOWLEDGEMENT") -> DvzError:
    return DvzError(
        code,
        place=_place(path),
        expected=expected,
        found=found,
        remedy="ask the receiver for a correct answer; nothing was changed",
    )
