"""What was measured, as a file: every run of every program, on which machine, of which code."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.measuring import Figures


@dataclass(frozen=True, slots=True)
class Point:
    """Where a series is in the panels of the growth, and the bytes that nobody can do without reading."""

    series: str
    panels: list[str]
    history: int
    lines: int
    foreigners: float
    disk_bytes: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Group:
    """What was measured together: runs by series, and what the growth needs; ``failed`` when it did not end."""

    code: str
    series: dict[str, list[Figures]] = field(default_factory=dict)
    points: list[Point] = field(default_factory=list)
    speeds: Figures = field(default_factory=dict)
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """All groups of a scale, on one machine."""

    scale: str
    machine: dict[str, str]
    groups: dict[str, Group] = field(default_factory=dict)

    def runs(self, group: str, series: str) -> list[Figures]:
        """Runs of a series; none when it was not measured."""
        return self.groups[group].series.get(series, []) if group in self.groups else []

    def write(self, path: Path) -> None:
        """Write them, each run on a line of its own."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(_rounded(asdict(self)), indent=1)
        building = path.with_suffix(".building")
        building.write_text(text + "\n", encoding="utf-8")
        building.replace(path)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """The results of a file."""
        content = json.loads(path.read_text("utf-8"))
        groups = {
            name: Group(**{**group, "points": [Point(**point) for point in group["points"]]})
            for name, group in content["groups"].items()
        }
        return cls(content["scale"], content["machine"], groups)


def _rounded(value: object) -> object:
    """Milliseconds are enough: the rest would be noise in the history of the file."""
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value
