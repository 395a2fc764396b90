"""References of decisions: what a person types beside a step, and what goes into the ledger.

A reference leads to a file of the desk. It never says anything of a person by itself, least of all a number.
"""

import re

from dvz_assets.errors import DvzError

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,59}")
# with or without the points and the stroke with which it is printed
IDENTIFICATION_NUMBER = re.compile(r"\d{11}|\d{2}\.\d{2}\.\d{2}[- ]\d{3}[.-]\d{2}")


def require_reference(reference: str) -> str:
    """Return a reference that may stand in the ledger; raises DvzError for any other."""
    if REFERENCE.fullmatch(reference) and not IDENTIFICATION_NUMBER.search(reference):
        return reference
    raise DvzError(
        "INVALID_REFERENCE_OF_DECISION",
        place="the reference of the decision",
        expected="up to 60 letters, digits, blanks and . _ / -, and no identification number",
        found="another text",
        remedy="give the reference of the file in which the decision stands",
    )
