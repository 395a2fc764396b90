"""Counts in words: singular and plural of what messages count."""


def number_of(count: int, what: str) -> str:
    """Such as ``1 month``, ``12 months``, ``1 entry`` and ``2 entries``."""
    if count == 1:
        return f"1 {what}"
    return f"{count} {what[:-1]}ies" if what.endswith("y") else f"{count} {what}s"
