"""Protection of counts and amounts of persons outside the personal folders: files, pages, metadata, output, messages.

One rule for all of them, so that what is shown in one place cannot be told from what is shown in another. Why it is as
it is stands in ``docs/decisions/0008-protection-of-counts.md``; ``tests/privacy/attack.py`` attacks it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# what is told of a count that is hidden
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Protection:
    """The rule with its numbers: the settings small_cell_threshold, rounding_base and dominance_percent."""

    threshold: int
    base: int
    percent: int

    def count(self, count: int | None) -> int | None:
        """Return a count as it may be shown: None where it is small and not zero, else to multiples of the base."""
        if count is None or 0 < count < self.threshold:
            return None
        return _rounded(count, self.base)

    def total(self, parts: Iterable[int]) -> int | None:
        """Return the sum of counts that stand elsewhere, of what is shown there; None where one of them is hidden.

        Were it rounded by itself, it would be another sum over these counts, and tell more of those that are hidden
        beside them than they do.
        """
        shown = [self.count(each) for each in parts]
        return None if None in shown else sum(each for each in shown if each)

    def parts(self, counts: Sequence[int]) -> list[int | None]:
        """Return counts of one whole as they may be shown: who knows their exact sum learns no small one.

        Where the sum would tell a small count from those that are shown, these are hidden too, the smallest first.
        """
        shown = [self.count(count) for count in counts]
        largest_last = sorted((place for place, each in enumerate(shown) if each), key=lambda place: counts[place])
        while largest_last and not self._sum_tells_nothing(counts, shown):
            shown[largest_last.pop(0)] = None
        return shown

    def _sum_tells_nothing(self, counts: Sequence[int], shown: Sequence[int | None]) -> bool:
        """Whether every small count can still be anything from one to just below the threshold."""
        small = sum(0 < count < self.threshold for count in counts)
        large = sum(each is None for each in shown) - small
        # what the hidden counts are together, as far as the rounded ones leave it open
        below = self.base // 2
        rounded = [each for each in shown if each]
        most = sum(counts) - sum(max(each - below, self.threshold) for each in rounded)
        least = sum(counts) - sum(each - below + self.base - 1 for each in rounded)
        most_of_one, others = self.threshold - 1, small - 1
        can_be_one = large > 0 or least <= 1 + others * most_of_one
        return small == 0 or (can_be_one and most >= most_of_one + others + large * self.threshold)

    def together(self, counts: Mapping[str, int]) -> dict[str, int | None]:
        """Return counts of what came and what went as they may be shown: all of them, or none where one is hidden.

        The numbers before and after are known about: with one of them at zero these would tell the other one.
        """
        shown = {name: self.count(count) for name, count in counts.items()}
        return dict.fromkeys(shown) if None in shown.values() else shown

    def amount(self, cents: Iterable[int | None]) -> int | None:
        """Return the sum of what each person has, in cents, as it may be shown; None where it may not.

        It may where the count of these persons is shown and all but the two largest amounts are together at least
        ``percent`` of the largest one (p%-rule): else whoever has the second one knows the first one well enough. It is
        rounded to 1, 2 or 5 times a power of ten that no single amount exceeds, so that a person more or less moves
        it by one step or not at all, whatever the person has.
        """
        amounts = [each for each in cents if each is not None]
        sizes = sorted(map(abs, amounts), reverse=True)
        if not self.count(len(amounts)) or 100 * sum(sizes[2:]) < self.percent * sizes[0]:
            return None
        return _rounded(sum(amounts), _round_number(sizes[0]))


# shows every count as it is: for who asks for it, and may read the personal database
EXACT = Protection(threshold=1, base=1, percent=0)


def told(shown: int | None) -> int | str:
    """Return what is shown of a count, with a word for what is hidden."""
    return HIDDEN if shown is None else shown


def _rounded(value: int, base: int) -> int:
    """Half up."""
    return base * ((value + base // 2) // base)


def _round_number(least: int) -> int:
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= least:
                return digit * power
        power *= 10
