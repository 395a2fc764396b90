"""Counts in words: singular and plural of what messages count."""


def number_of(count: int, what: str) -> str:
    """Such as ``1 month``, ``12 days``, ``1 entry`` and ``2 entries``."""
    if count == 1:
        return f"1 {what}"
    ends_in_ies = what.endswith("y") and what[-2] not in "aeou"
    return f"{count} {what[:-1]}ies" if ends_in_ies else f"{count} {what}s"
