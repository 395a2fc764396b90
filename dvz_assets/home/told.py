"""What was told to whom, and when: ``told/told.json`` of the home, so that nothing is told twice or forgotten.

It holds kinds, months, codes and times, and of an address no more than a hash; no personal data.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from dvz_assets.home.locks import exclusive
from dvz_assets.home.storage import storage_of
from dvz_assets.settings import Settings


@dataclass(slots=True)
class Told:
    """One piece of news while it lasts: its line, and by channel when it was told last (UTC, ISO 8601)."""

    line: str
    kind: str
    severity: str
    at: dict[str, str] = field(default_factory=dict)
    ends_silently: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "line": self.line,
            "kind": self.kind,
            "severity": self.severity,
            "at": self.at,
            "ends_silently": self.ends_silently,
        }


@contextmanager
def told(settings: Settings) -> Iterator[dict[str, Told]]:
    """What was told, by key; what the block changes is written at its end. One process at a time."""
    storage, path = storage_of(settings), settings.home / "told" / "told.json"
    with exclusive(settings, "told"):
        before = path.read_bytes() if path.exists() else b"{}"
        found = {key: Told(**value) for key, value in json.loads(before).items()}
        try:
            yield found
        finally:
            content = {key: value.as_json() for key, value in sorted(found.items())}
            after = json.dumps(content, indent=1, ensure_ascii=False).encode()
            if after != before:
                storage.write_whole(path, after, "told: written")
