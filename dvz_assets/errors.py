"""The project's own errors: what was expected, what was found, what to do next, and never a personal value."""


class DvzError(Exception):
    """An error that a person can act on.

    ``code`` is stable and may be searched for; ``place`` names file, line or month; ``found`` describes what is there
    without quoting a value of the data.
    """

    def __init__(self, code: str, *, expected: str, found: str, remedy: str, place: str = "") -> None:
        """Keep the parts; the message is made of them."""
        self.code = code
        self.place = place
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        """Two or three lines: where, what, and what to do."""
        place = f" {self.place}:" if self.place else ""
        return f"{self.code}:{place} expected {self.expected}; found {self.found}.\nTo do: {self.remedy}."

    @property
    def parts(self) -> dict[str, str]:
        """For programs."""
        names = ("code", "place", "expected", "found", "remedy")
        return {name: getattr(self, name) for name in names}

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries."""
        return _rebuild, (type(self), self.__dict__)


class DeliveryError(DvzError):
    """A delivery as a whole is wrong; nothing of it is read."""


def _rebuild(kind: type[DvzError], parts: dict[str, str]) -> DvzError:
    error = kind.__new__(kind)
    error.__dict__.update(parts)
    return error
