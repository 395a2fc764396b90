"""What an explanation is made of: the result of each test, the counters, and how all of it compares with the record."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from dvz_assets.home.deliveries import SIGNAL
from dvz_assets.questions.corrections import Correction

PASSED, FAILED, NOT_ASKED, NOT_REACHED = "passed", "failed", "not asked", "not reached"


@dataclass(frozen=True, slots=True)
class Basis:
    """Whether a test is the letter of the law, a reading of it, or a reading that its owner has confirmed, and whose.

    ``id`` is that of ``reference/readings.csv``.
    """

    id: str
    status: str
    by: str
    reading: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test on the way; a test that was not reached, or that the category's rule does not ask, shows no fact.

    ``number`` is that of rules.md section 4 (selection two). ``outcome`` is what a failure is called; of a ground, its
    name. ``readings`` are those of today that bear on it in the regime and the category, also where the month is older.
    """

    section: str
    number: int | None
    asks: str
    outcome: str
    state: str
    fact: str | None
    parameter: str | None
    legal_reference: str
    readings: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Counter:
    """Days or months, and the runs of reimbursed days (first and last day) that they come from."""

    count: int
    periods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the tests lead to, or what ``lake/decisions`` has on record."""

    outcome: str
    category: str | None
    grounds: tuple[str, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The way of one person through the rules in one month.

    ``present_number`` is given when the number that was asked about has been replaced. ``sent`` and ``periods`` are
    what the month sends now; ``deliveries`` are all those of the month that hold the person, ``corrections`` what later
    months say of its signal. Its ``repr`` names nobody.
    """

    month: str
    regime: str
    reference_date: str
    rules_changed_since: bool
    withheld_changed_since: bool
    present_number: str | None = field(repr=False)
    tests: tuple[TestResult, ...]
    counters: Mapping[str, Counter]
    found: Decision
    recorded: Decision
    sent: Mapping[str, str] | None = field(repr=False)
    periods: tuple[Mapping[str, str], ...] = field(repr=False)
    deliveries: tuple[str, ...]
    in_force: str | None
    corrections: tuple[Correction, ...]
    signal: str = SIGNAL

    @property
    def differences(self) -> tuple[str, ...]:
        """Where the tests and the record disagree, in words."""
        recorded = asdict(self.recorded)
        differences = [
            f"{name}: the tests lead to {_words(value)}, and {_words(recorded[name])} was recorded"
            for name, value in asdict(self.found).items()
            if value != recorded[name]
        ]
        if (self.sent is not None) is not (self.found.outcome == "SENT"):
            differences.append("the export holds the person" if self.sent else "the export does not hold the person")
        return tuple(differences)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {**asdict(self), "differences": list(self.differences)}


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "nothing"
    return (", ".join(value) if isinstance(value, tuple) else value) or "nothing"
