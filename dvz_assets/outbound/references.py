"""References of decisions: what a person types beside a step, and what goes into the ledger.

A reference leads to a file of the desk. It never says anything of a person by itself, least of all a number.
"""

import re

from dvz_assets.errors import DvzError

REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,59}")
# however it is printed: an identification number has eleven digits
ELEVEN_DIGITS = re.compile(r"(\d[ ._/-]*){11}")


def require_reference(reference: str) -> str:
    """Return a reference that may stand in the ledger; raises DvzError for any other."""
    if REFERENCE.fullmatch(reference) and not ELEVEN_DIGITS.search(reference):
        return reference
    raise DvzError(
        "INVALID_REFERENCE_OF_DECISION",
        place="the reference of the decision",
        expected="up to 60 letters, digits, blanks and . _ / -, with fewer than eleven digits in a row",
        found="another text",
        remedy="give the reference of the file in which the decision stands",
    )
