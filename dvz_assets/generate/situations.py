"""Residence situations: what the register says about a person, which aid is usual, and what comes next.

A table, not code: one row per situation. The shares follow roughly what is publicly known about who receives aid of an
OCMW. The rare rows at the end are there because every outcome of the rules must occur.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# Weights of the programmes of an aid spell, in the order of codes.Purpose:
# living wage, assistance, employment (law of 2002), employment (law of 1965), medical aid, organic law.
_SETTLED_AID = (84, 3, 9, 0, 2, 2)
_UNION_AID = (60, 22, 4, 8, 5, 1)
_FAMILY_AID = (55, 32, 3, 6, 3, 1)
_STUDENT_AID = (10, 74, 0, 10, 5, 1)
_EMPLOYED_AID = (1, 1, 0, 90, 8, 0)
_APPLICANT_AID = (0, 88, 0, 2, 9, 1)
_ASYLUM_AID = (0, 68, 0, 4, 27, 1)
_RECOGNISED_AID = (88, 0, 8, 0, 2, 2)
_UNREGISTERED_AID = (0, 40, 0, 0, 59, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One residence situation.

    ``share`` is its weight in the founding population, ``arrivals`` its weight among those who come later; ``at_least``
    seats are kept for it in any population of twice as many persons as there are seats. ``register`` is a register or a
    code of one, ``motive`` a category or a code. ``document`` is a code, or several of which the first stands that is
    valid on the day of the snapshot. ``residence_years`` is None when the start of residence is not known;
    ``document_months`` is 0 when the document has no expiry date. ``aid_ends`` (0: as usual), ``dies`` and what it
    ``becomes`` are probabilities per month.
    """

    name: str
    share: float = 0
    arrivals: float = 0
    at_least: int = 0
    nationality: str = "OTHER"
    register: str = "VR"
    document: str = ""
    document_months: int = 0
    motive: str = ""
    residence_years: tuple[float, float] | None = (0.1, 4.9)
    aid: tuple[int, ...] = _FAMILY_AID
    bis_share: float = 0.03
    in_register: bool = True
    aid_ends: float = 0
    dies: float = 0.0012
    becomes: tuple[tuple[str, float], ...] = ()


def _settled(name: str, *, nationality: str, share: float, arrivals: float, document: str, motive: str) -> Situation:
    """In the population register, with permanent residence."""
    return Situation(
        name=name,
        share=share,
        arrivals=arrivals,
        nationality=nationality,
        register="BR",
        document=document,
        document_months=120,
        motive=motive,
        residence_years=(5, 25),
        aid=_SETTLED_AID,
        bis_share=0,
        becomes=(("BELGIAN", 0.004),),
    )


def _third_country(
    name: str,
    *,
    motive: str,
    at_least: int,
    share: float = 0,
    document: str = "A",
    nationality: str = "OTHER",
    aid_ends: float = 0,
) -> Situation:
    """Limited stay of a third-country national: a card that is renewed every year."""
    return Situation(
        name=name,
        share=share,
        arrivals=share * 2,
        at_least=at_least,
        nationality=nationality,
        document=document,
        document_months=12 if document else 0,
        motive=motive,
        aid=_STUDENT_AID,
        bis_share=0.25,
        aid_ends=aid_ends,
        becomes=(("FAMILY_UNLIMITED", 0.01),) if motive == "TCN_FAMILY_ART10" and document else (),
    )


def _union(
    name: str,
    *,
    at_least: int,
    share: float = 0,
    nationality: str = "UNION",
    motive: str = "EU_CITIZEN",
    register: str = "VR",
    document: str = "EU E",
    residence_years: tuple[float, float] | None = (0.2, 4.9),
    aid: tuple[int, ...] = _UNION_AID,
    bis_share: float = 0.03,
    settles: float = 0,
    aid_ends: float = 0,
    dies: float = 0.0012,
) -> Situation:
    """Citizen of the European Union with the card of one."""
    return Situation(
        name=name,
        share=share,
        arrivals=share,
        at_least=at_least,
        nationality=nationality,
        register=register,
        document=document,
        document_months=60,
        motive=motive,
        residence_years=residence_years,
        aid=aid,
        bis_share=bis_share,
        aid_ends=aid_ends,
        dies=dies,
        becomes=(("SETTLED_UNION", settles),) if settles else (),
    )


def _family(
    name: str, *, motive: str, at_least: int, share: float = 0, document: str = "F", nationality: str = "FAMILY"
) -> Situation:
    """Family member of a Belgian or of a citizen of the European Union."""
    return Situation(
        name=name,
        share=share,
        arrivals=share,
        at_least=at_least,
        nationality=nationality,
        document=document,
        document_months=60,
        motive=motive,
        becomes=(("SETTLED_FAMILY", 0.008),) if document == "F" else (),
    )


def _applicant(name: str, *, nationality: str, register: str, document: str, becomes: str, at_least: int) -> Situation:
    """Waits for a decision on residence: no motive yet."""
    return Situation(
        name=name,
        share=0.4,
        arrivals=4,
        at_least=at_least,
        nationality=nationality,
        register=register,
        document=document,
        residence_years=(0, 0.4),
        aid=_APPLICANT_AID,
        bis_share=0.2,
        becomes=((becomes, 0.12),),
    )


SITUATIONS = (
    Situation(
        name="BELGIAN",
        share=60,
        arrivals=56,
        nationality="BELGIAN",
        register="BR",
        residence_years=None,
        aid=_SETTLED_AID,
        bis_share=0,
    ),
    _settled("SETTLED_OTHER", nationality="OTHER", share=14, arrivals=6, document="K C", motive="OTHER"),
    _settled("SETTLED_UNION", nationality="UNION", share=6, arrivals=3, document="EU+ E+", motive="EU_CITIZEN"),
    _settled("SETTLED_FAMILY", nationality="FAMILY", share=3, arrivals=1, document="F+", motive="BE_FAMILY"),
    # Asked for protection, or has it.
    Situation(
        name="ASYLUM_SEEKER",
        share=2,
        arrivals=8,
        at_least=2,
        register="WR",
        residence_years=(0, 2),
        aid=_ASYLUM_AID,
        bis_share=0.4,
        becomes=(("RECOGNISED", 0.05),),
    ),
    Situation(
        name="RECOGNISED",
        share=8,
        arrivals=8,
        document="A",
        document_months=60,
        motive="OTHER",
        aid=_RECOGNISED_AID,
        becomes=(("SETTLED_OTHER", 0.008),),
    ),
    Situation(
        name="REGULARISED",
        share=2,
        arrivals=1,
        document="B",
        document_months=60,
        motive="OTHER",
        residence_years=(3, 12),
    ),
    # The categories of the data flow.
    _union("UNION_CITIZEN", share=2, at_least=6, settles=0.006),
    _union("UNION_CITIZEN_LONG", share=0.4, at_least=2, residence_years=(5.1, 9), settles=0.02),
    _applicant(
        "UNION_APPLICANT",
        nationality="UNION",
        register="WR",
        document="BIJLAGE_19",
        becomes="UNION_CITIZEN",
        at_least=2,
    ),
    _applicant(
        "FAMILY_APPLICANT",
        nationality="FAMILY",
        register="9",
        document="BIJLAGE_19TER",
        becomes="BELGIAN_FAMILY",
        at_least=1,
    ),
    _family("UNION_FAMILY", motive="EU_FAMILY", share=0.6, at_least=3),
    _family("UNION_OTHER_FAMILY", motive="EU_OTHER_FAMILY", share=0.2, at_least=2),
    _family("BELGIAN_FAMILY", motive="BE_FAMILY", share=0.8, at_least=3),
    _third_country("FAMILY_ARTICLE_10", motive="TCN_FAMILY_ART10", share=0.6, at_least=3),
    _third_country("FAMILY_ARTICLE_10BIS", motive="TCN_FAMILY_ART10BIS", share=0.2, at_least=2),
    _third_country("STUDENT_FAMILY", motive="TCN_STUDENT_FAMILY", share=0.05, at_least=1),
    _third_country("STUDENT", motive="TCN_STUDENT", share=0.2, at_least=3),
    # Rare, and named in the rules.
    Situation(
        name="UNREGISTERED",
        share=0.4,
        arrivals=2,
        at_least=2,
        aid=_UNREGISTERED_AID,
        bis_share=0.9,
        in_register=False,
        becomes=(("ASYLUM_SEEKER", 0.03),),
    ),
    Situation(
        name="FAMILY_UNLIMITED",
        share=0.3,
        at_least=2,
        document="B",
        document_months=60,
        motive="TCN_FAMILY_ART10",
        residence_years=(1, 6),
        becomes=(("SETTLED_OTHER", 0.01),),
    ),
    _third_country("FAMILY_WITHOUT_CARD", motive="TCN_FAMILY_ART10BIS", document="", share=0.03, at_least=1),
    _third_country("UNION_STUDENT_AS_OTHER", motive="TCN_STUDENT", nationality="UNION", share=0.02, at_least=1),
    _family("FAMILY_PERMANENT_CARD", motive="EU_FAMILY", document="F+", nationality="OTHER", share=0.2, at_least=2),
    _union("UNION_CITIZEN_EMPLOYED_BY_OCMW", aid=_EMPLOYED_AID, share=0.1, at_least=2),
    _union("UNION_CITIZEN_START_UNKNOWN", residence_years=None, share=0.05, at_least=2),
    _union("UNION_CITIZEN_UNKNOWN_MOTIVE", motive="9.9.9", share=0.03, at_least=1),
    # A code or a card that does not belong to the person.
    _union("THIRD_COUNTRY_AS_UNION_CITIZEN", nationality="OTHER", share=0.05, at_least=2),
    _union("BRITON", nationality="BRITISH", document="M E", share=0.05, at_least=2),
    _third_country("UNION_FAMILY_AS_OTHER", motive="TCN_FAMILY_ART10", nationality="UNION", share=0.03, at_least=2),
    _third_country("STUDENT_UNLIMITED", motive="TCN_STUDENT", document="B", share=0.03, at_least=1),
    _third_country("STUDENT_WITH_FAMILY_CARD", motive="TCN_STUDENT", document="F", share=0.03, at_least=1),
    _union("UNION_CITIZEN_PERMANENT_CARD", document="EU+ E+", share=0.05, at_least=1),
    _union("UNION_APPLICANT_WITH_MOTIVE", document="BIJLAGE_19", residence_years=(0, 0.4), share=0.03, at_least=2),
    _family("FAMILY_APPLICANT_WITH_MOTIVE", motive="BE_FAMILY", document="BIJLAGE_19TER", share=0.03, at_least=1),
    _family("FAMILY_CROSSING_THE_BORDER", motive="EU_FAMILY", document="N BIJLAGE_19TER", share=0.02, at_least=1),
    # Aid that comes and goes: days in a row and whole months are fewer than all of them.
    _union("UNION_CITIZEN_BY_SPELLS", share=0.2, at_least=4, bis_share=0.5, aid_ends=0.45),
    _third_country("FAMILY_BY_SPELLS", motive="TCN_FAMILY_ART10", share=0.05, at_least=2, aid_ends=0.45),
    _third_country("STUDENT_BY_SPELLS", motive="TCN_STUDENT", share=0.05, at_least=2, aid_ends=0.45),
    # Whose death becomes known when the person has been sent.
    _union("UNION_CITIZEN_GRAVELY_ILL", aid=_APPLICANT_AID, share=0.03, at_least=4, dies=0.1),
    _union("UNION_STAFF", register="3", share=0.02, at_least=1),
    _union("PROTOCOL", register="4", share=0.02, at_least=1),
    _union("REGISTER_EMPTY", register="", share=0.04, at_least=1),
    _union("REGISTER_CODE_UNKNOWN", register="7", share=0.02, at_least=1),
)


def with_foreigners(weights: Sequence[float], foreigners: float | None) -> list[float]:
    """Weights of SITUATIONS of which that share falls on persons who are not Belgian; None: the weights as they are."""
    if foreigners is None:
        return list(weights)
    of_foreigners = sum(
        weight for weight, situation in zip(weights, SITUATIONS, strict=True) if situation.name != "BELGIAN"
    )
    belgian = of_foreigners * (1 - foreigners) / foreigners
    return [
        belgian if situation.name == "BELGIAN" else weight
        for weight, situation in zip(weights, SITUATIONS, strict=True)
    ]
