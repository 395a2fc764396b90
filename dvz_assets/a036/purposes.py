"""What an A036 attestation may be consulted for: purpose, role asked about, and condition. rules.md section 7."""

from dataclasses import dataclass

APPLICANT = "applicant"
SPONSOR = "sponsor"


@dataclass(frozen=True, slots=True)
class Purpose:
    """One row of the table in rules.md; ``legal_reference`` is the paragraph of deliberation 18/055."""

    role: str
    needs_doubt: bool
    legal_reference: str


PURPOSES = {
    "EU_CITIZEN_RESIDENCE": Purpose(APPLICANT, True, "deliberation 18/055, 9"),
    "TCN_STUDENT_RESIDENCE": Purpose(APPLICANT, False, "deliberation 18/055, 13"),
    "FAMILY_OF_TCN": Purpose(SPONSOR, False, "deliberation 18/055, 18"),
    "FAMILY_OF_TCN_STUDENT": Purpose(SPONSOR, False, "deliberation 18/055, 20"),
    "FAMILY_OF_EU_CITIZEN": Purpose(SPONSOR, True, "deliberation 18/055, 22"),
    "FAMILY_OF_BELGIAN": Purpose(SPONSOR, False, "deliberation 18/055, 24"),
}
