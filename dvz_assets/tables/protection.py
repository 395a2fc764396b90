"""Protection of counts of persons that leave the personal database: metadata, command output, messages.

One function, so that what is shown in one place cannot be told from what is shown in another.
"""


def protected(count: int, threshold: int, base: int) -> int | None:
    """Return a count as it may be shown: None where it is small and not zero, else to multiples of ``base``."""
    if 0 < count < threshold:
        return None
    return base * ((count + base // 2) // base)
