"""The record of processing in the Data Privacy Vocabulary (DPV 2.1 of the W3C community group), as JSON-LD.

Texts stand in it in all languages. A term that the vocabulary does not have is nowhere: what it cannot say is a text.
"""

from collections.abc import Sequence
from typing import Any

from dvz_assets import __version__
from dvz_assets.report.record import Activity, Labelled, Record, Risk, Said
from dvz_assets.settings import Settings
from dvz_assets.tables.reference import LANGUAGES
from dvz_assets.words.texts import speaking

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "pd": "https://w3id.org/dpv/pd#",
    "dct": "http://purl.org/dc/terms/",
}
# by which property an activity has what it has
PROPERTIES = {
    "purposes": "dpv:hasPurpose",
    "legal_bases": "dpv:hasLegalBasis",
    "subjects": "dpv:hasDataSubject",
    "data": "dpv:hasPersonalData",
    "sources": "dpv:hasDataSource",
    "recipients": "dpv:hasRecipient",
    "operations": "dpv:hasProcessing",
    "retention": "dpv:hasStorageCondition",
}
# what a statement is that has no term of its own
KINDS = {"dpv:hasPersonalData": "dpv:PersonalData", "dpv:hasStorageCondition": "dpv:StorageCondition"}
MEASURES = "dpv:hasTechnicalOrganisationalMeasure"


def as_json_ld(record: Record, settings: Settings) -> dict[str, Any]:
    """The record as an object of JSON; names are relative to the document, which has no address of its own."""
    said = _Said(settings)
    controller, officer, receiver, authority = (
        {**said.node("", each), **({"dpv:hasContact": contact} if contact else {})} for each, contact in record.contacts
    )
    return {
        "@context": CONTEXT,
        "@id": "#record",
        "@type": "dpv:DataProcessingRecord",
        "dct:hasVersion": __version__,
        "dct:temporal": str(record.month),
        "dpv:hasDataController": {**controller, "dpv:hasDataProtectionOfficer": officer},
        "dpv:hasAuthority": authority,
        "dpv:hasRecipient": receiver,
        "dpv:hasProcess": [_activity(said, each, record) for each in record.activities],
        "dpv:hasImpactAssessment": {
            "@id": "#assessment",
            "@type": "dpv:DPIA",
            "dpv:hasRisk": [_risk(said, each) for each in record.risks],
            "dct:description": [text for each in record.open_points for text in said.texts(each)],
        },
    }


def _activity(said: "_Said", activity: Activity, record: Record) -> dict[str, Any]:
    parts = {name: said.nodes(name, getattr(activity, part)) for part, name in PROPERTIES.items()}
    return {
        "@id": f"#{activity.name}",
        "@type": "dpv:PersonalDataProcess",
        "dct:title": said.texts(activity.title),
        **parts,
        "dpv:hasDataSubjectScale": {"@id": "dpv:LargeScaleOfDataSubjects"},
        "dpv:hasGeographicCoverage": {"@id": "dpv:NationalScale"},
        "dpv:hasHumanInvolvement": {"@id": "dpv:HumanInvolvementForDecision"},
        MEASURES: said.nodes(MEASURES, record.measures),
        **({"dct:references": list(activity.authorisations)} if activity.authorisations else {}),
    }


def _risk(said: "_Said", risk: Risk) -> dict[str, Any]:
    measures = said.nodes("dpv:isMitigatedByMeasure", risk.measures)
    return {**said.node("", risk.text), "dpv:isMitigatedByMeasure": measures}


class _Said:
    """Says statements in all languages."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.reference

    def nodes(self, name: str, items: Sequence[Said | Labelled]) -> list[dict[str, Any]]:
        return [self.node(name, each) for each in items]

    def node(self, name: str, each: Said | Labelled) -> dict[str, Any]:
        kind = each.term or KINDS.get(name)
        source = {"dct:source": each.reference} if isinstance(each, Labelled) else {}
        return {**({"@type": kind} if kind else {}), "dct:description": self.texts(each), **source}

    def texts(self, each: Said | Labelled) -> list[dict[str, str]]:
        found = []
        for language in LANGUAGES:
            with speaking(language, self._folder):
                found.append({"@value": str(each), "@language": language})
        return found
