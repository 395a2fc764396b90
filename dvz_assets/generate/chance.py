"""Random draws of the generator.

Every draw is made from uniform numbers of PCG64 alone, so that the bytes of a seed do not hang on how numpy implements
one distribution or another. One ``Chance`` serves one month: what a month draws never depends on later months.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Chance:
    """A stream of draws; the same seed and index give the same stream."""

    generator: np.random.Generator

    @classmethod
    def of(cls, seed: int, index: int) -> "Chance":
        """Stream of month number ``index`` under ``seed``; both are zero or more."""
        return cls(np.random.Generator(np.random.PCG64([seed, index])))

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Numbers from 0 up to and without 1."""
        return self.generator.random(count)

    def happens(self, count: int, probability: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        """For each of ``count``, whether an event of that probability happens."""
        return self.uniform(count) < probability

    def whole(self, count: int, low: int | NDArray[np.int64], high: int | NDArray[np.int64]) -> NDArray[np.int64]:
        """Whole numbers from ``low`` to ``high``, both included."""
        lowest, highest = np.asarray(low, np.int64), np.asarray(high, np.int64)
        return lowest + np.floor(self.uniform(count) * (highest - lowest + 1)).astype(np.int64)

    def pick(self, count: int, weights: Sequence[float]) -> NDArray[np.int64]:
        """Positions in ``weights``, each as often as its weight says."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        drawn: NDArray[np.int64] = np.searchsorted(edges[:-1], self.uniform(count) * edges[-1], side="right")
        return drawn
