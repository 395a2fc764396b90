"""The proof in small: nothing personal outside the files that may hold it, and the search finds what there is."""

from pathlib import Path

from tests.integration.test_bad_deliveries import NAME, NUMBERS
from tests.privacy.proof import hits, prove


def test_nothing_personal_is_left_behind(tmp_path: Path) -> None:
    findings = prove(tmp_path / "work", 45)
    assert findings.hits == []
    assert findings.failures > 6
    held = {Path(place).parts[2] for place in findings.with_persons}
    assert held >= {"lake", "published"}, "the search found the markers where they may stand"


def test_the_search_finds_a_marker_in_every_form() -> None:
    number = NUMBERS[2]
    assert hits(b"nothing here: 12345678901") == 0
    assert hits(f"...{number}...".encode()) == 1
    assert hits(f"12{number}34".encode()) == 1
    assert hits(b"\x00" + int(number).to_bytes(8, "little") + b"\x00") == 1
    assert hits(f"[{NAME}]".encode()) == 1
