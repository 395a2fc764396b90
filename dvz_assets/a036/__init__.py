"""Consultation of A036 attestations: may DVZ know whether an applicant or sponsor holds one. rules.md section 7.

``request`` says what a request is and when it is refused, ``answer`` answers one, ``frequency`` says whether somebody
asks too often. What may be asked for is a row of ``reference/a036_purposes.csv``.
"""
