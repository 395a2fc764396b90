"""An attacker who has all that was ever shown of a home, and knows how it was protected and what adds up to what.

His unknowns are counts of persons; what was shown of a sum of them bounds it. An integer programme (HiGHS, through
SciPy) tells which values a hidden count can still have. Nothing here knows what the counts mean.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import connected_components

from dvz_assets.tables.protection import Protection

# an unknown, such as ("2018-05", "BELGIAN"), and a sum of unknowns, each with its factor
Unknown = tuple[object, ...]
Sum = Mapping[Unknown, int]
MANY = 10**6


@dataclass(frozen=True)
class Hidden:
    """A sum of which it was only shown that it is small and not zero, by the lowest of the thresholds in force."""

    name: str
    total: Sum
    threshold: int


@dataclass
class Attack:
    """What he knows: sums of unknown counts, and the least and the most that each can be."""

    known: list[tuple[Sum, int, int]] = field(default_factory=list)
    _hidden: dict[frozenset[tuple[Unknown, int]], Hidden] = field(default_factory=dict)
    _shown: set[frozenset[tuple[Unknown, int]]] = field(default_factory=set)

    def know(self, total: Sum, least: int, most: int = MANY) -> None:
        """Note between which values a sum lies."""
        self.known.append((total, least, most))

    def see(self, name: str, total: Sum, shown: int | None, protection: Protection) -> None:
        """Note what was shown of a sum; one that was shown once, under whatever settings, is no secret any more."""
        behind = values_behind(shown, protection)
        self.know(total, behind[0], behind[-1])
        key = frozenset(total.items())
        if shown is not None:
            self._shown.add(key)
        elif key not in self._hidden or self._hidden[key].threshold > protection.threshold:
            self._hidden[key] = Hidden(name, total, protection.threshold)

    def joined_by(self, other: "Attack") -> "Attack":
        """Return an attacker who has what both have; neither of them changes."""
        hidden = dict(self._hidden)
        for key, each in other._hidden.items():
            if key not in hidden or hidden[key].threshold > each.threshold:
                hidden[key] = each
        return Attack([*self.known, *other.known], hidden, self._shown | other._shown)

    @property
    def hidden(self) -> list[Hidden]:
        """The sums that are still secret."""
        return [hidden for key, hidden in self._hidden.items() if key not in self._shown]

    def candidates(self) -> dict[str, set[int]]:
        """Return which values each hidden sum can have, as far as he can tell."""
        return {name: found for part in self._parts() for name, found in part.candidates().items()}

    def contradicted_by(self, truth: Mapping[Unknown, int]) -> list[Sum]:
        """Return what he holds for known and is not so: of a sound attack nothing."""
        return [
            total
            for total, least, most in self.known
            if not least <= sum(factor * truth[unknown] for unknown, factor in total.items()) <= most
        ]

    def _parts(self) -> Iterator["_Part"]:
        """What has no unknown in common is solved apart."""
        names = {
            unknown: place for place, unknown in enumerate(dict.fromkeys(u for total, *_ in self.known for u in total))
        }
        rows = _matrix([total for total, *_ in self.known], names)
        _, labels = connected_components(rows.T @ rows, directed=False)
        label_of = {unknown: labels[place] for unknown, place in names.items()}
        for label in np.unique(labels):
            known = [each for each in self.known if label_of[next(iter(each[0]))] == label]
            hidden = [each for each in self.hidden if label_of[next(iter(each.total))] == label]
            if hidden:
                yield _Part(known, hidden)


class _Part:
    def __init__(self, known: list[tuple[Sum, int, int]], hidden: list[Hidden]) -> None:
        names = {u: place for place, u in enumerate(dict.fromkeys(u for total, *_ in known for u in total))}
        self.hidden = hidden
        self.sums = _matrix([each.total for each in hidden], names)
        self.rows = _matrix([total for total, *_ in known], names)
        self.least = np.array([least for _, least, _ in known])
        self.most = np.array([most for *_, most in known])

    def candidates(self) -> dict[str, set[int]]:
        """Solve for each value that a solution for another one has not shown to be possible already."""
        found: list[set[int]] = [set() for _ in self.hidden]
        for place, each in enumerate(self.hidden):
            for value in range(1, each.threshold):
                if value not in found[place]:
                    solution = self._solution(place, value)
                    if solution is not None:
                        for of, total in zip(found, self.sums @ solution, strict=True):
                            of.add(round(float(total)))
        return {each.name: values for each, values in zip(self.hidden, found, strict=True)}

    def _solution(self, place: int, value: int) -> np.ndarray | None:
        rows = vstack([self.rows, self.sums[[place]]])
        least, most = np.append(self.least, value), np.append(self.most, value)
        count = rows.shape[1]
        solved = milp(
            np.zeros(count),
            integrality=np.ones(count),
            bounds=Bounds(0, MANY),
            constraints=LinearConstraint(rows, least, most),
        )
        assert solved.status in (0, 2), solved.message
        return None if solved.x is None else np.asarray(solved.x)


def values_behind(shown: int | None, protection: Protection) -> list[int]:
    """Return the counts that are shown so, in order."""
    near = (
        range(1, protection.threshold)
        if shown is None
        else range(max(shown - protection.base, 0), shown + protection.base + 1)
    )
    return [count for count in near if protection.count(count) == shown]


def _matrix(totals: list[Sum], names: Mapping[Unknown, int]) -> csr_array:
    entries = [(row, names[unknown], factor) for row, total in enumerate(totals) for unknown, factor in total.items()]
    rows, columns, factors = zip(*entries, strict=True)
    return csr_array((factors, (rows, columns)), shape=(len(totals), len(names)))
