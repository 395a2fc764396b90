"""The record of processing activities (article 30 GDPR), and what a data protection impact assessment starts from.

What depends on rules, tables and settings is read there, so that the record cannot say anything else than what is done:
data by the columns that a regime authorises, purposes of consultation by their table, tables by their privacy levels,
retention and safeguards by the settings in force. What no table knows (risks, and what stands against them) is stated
here, each with its term of the Data Privacy Vocabulary; ``report.dpv`` writes it in that vocabulary.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from dvz_assets.flow.assets import ASSETS, Retention
from dvz_assets.months import Month
from dvz_assets.questions.readings import load_readings
from dvz_assets.reference import Reference
from dvz_assets.report.documents import Document, document
from dvz_assets.settings import Settings
from dvz_assets.tables.lake import LAKE_TABLES
from dvz_assets.tables.model import Privacy
from dvz_assets.tables.reference import PERIODS_FIELD
from dvz_assets.words.texts import mark, say, word


@dataclass(frozen=True, slots=True)
class Said:
    """A statement with its term of the vocabulary, if there is one that fits; ``text`` has ``values`` in its places."""

    term: str | None
    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """In the language spoken."""
        return say(self.text, **self.values)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A statement that is the label of a code."""

    term: str | None
    kind: str
    code: str
    reference: str

    def __str__(self) -> str:
        """In the language spoken."""
        return word(self.kind, self.code)


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing: what for, about whom, which data, from where, to whom, and for how long."""

    name: str
    title: Said
    purposes: tuple[Said | Labelled, ...]
    legal_bases: tuple[Said, ...]
    authorisations: tuple[str, ...]
    subjects: tuple[Said, ...]
    data: tuple[Said | Labelled, ...]
    sources: tuple[Said, ...]
    recipients: tuple[Said, ...]
    operations: tuple[Said, ...]
    retention: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """What could happen to a person, and what stands against it."""

    text: Said
    measures: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class TableOfPersons:
    """A table with personal data: how many of its columns say something about a person, and how long it is kept."""

    name: str
    columns: int
    kept: Said


@dataclass(frozen=True, slots=True)
class Record:
    """All of it, under the rules in force in a month; contacts are None where the settings have none."""

    month: Month
    regime: str
    contacts: tuple[tuple[Said, str | None], ...]
    activities: tuple[Activity, ...]
    measures: tuple[Said, ...]
    risks: tuple[Risk, ...]
    tables: tuple[TableOfPersons, ...]
    open_points: tuple[Said, ...]


CONTROLLER = Said("dpv:DataController", mark("POD MI, controller of this data flow"))
OFFICER = Said("dpv:DataProtectionOfficer", mark("its data protection officer"))
RECEIVER = Said("dpv:Recipient", mark("Immigration Office (DVZ), receiver"))
AUTHORITY = Said("dpv:DataProtectionAuthority", mark("supervisory authority"))
BY_KSZ = Said("dpv:Recipient", mark("Crossroads Bank for Social Security (KSZ), which transmits the data"))

PUBLIC_TASK = Said(
    "eu-gdpr:A6-1-e",
    mark("a task of public interest (article 6(1)(e) GDPR): the application of the law of 15 December 1980"),
)
LEGAL_DUTY = Said("eu-gdpr:A6-1-c", mark("a legal obligation (article 6(1)(c) GDPR): rights of persons, and record"))
OF_AID = Said("dpv:VulnerableDataSubject", mark("persons for whom an OCMW has received a reimbursement"))
OF_ALIENS = Said("dpv:Immigrant", mark("among them, aliens with one of the residence motives of the rules"))
STATEMENTS = Said("dpv:NonPublicDataSource", mark("monthly statements of the OCMWs to POD MI (NOVAPRIMA)"))
REGISTER = Said("dpv:NonPublicDataSource", mark("National Register, of persons with a statement line alone"))

# category of personal data of each column of the export
CATEGORIES = {
    "insz": "pd:OfficialID",
    "last_name": "pd:Name",
    "first_names": "pd:Name",
    "country_of_origin": "pd:Nationality",
    "aid_natures": "pd:Financial",
    "aid_amount_granted": "pd:Income",
    "aid_amount_12m": "pd:Income",
    "amount_reimbursed_12m": "pd:Income",
    "quality_code": "pd:SocialStatus",
    "residence_capacity": "pd:Residency",
    PERIODS_FIELD: "pd:Financial",
}

ENCRYPTED = Said("dpv:EncryptionInTransfer", mark("deliveries are encrypted for their receiver alone"))
SIGNED = Said("dpv:DigitalSignatures", mark("each delivery is signed, and anybody can verify it with a public key"))
LOGGED = Said(
    "dpv:LoggingPolicy", mark("every run, delivery, consultation and question is in a ledger that shows tampering")
)
KEYED = Said("dpv:HashMessageAuthenticationCode", mark("persons stand in the ledger as keyed hashes"))
PRIVATE = Said(
    "dpv:AccessControlMethod", mark("files are readable by their owner alone; the screens need a token or a sign-in")
)
COUNTED = Said("dpv:Deidentification", mark("outside the personal folders only protected counts are shown"))
MINIMISED = Said(
    "dpv:DataProcessingPolicy", mark("data of persons who are not sent are dropped, or kept without names")
)
AUDITED = Said("dpv:DataQualityAssessment", mark("every table is checked before it is published"))
RELEASED = Said("dpv:ApprovalProcedure", mark("a delivery leaves after {number} approvals by different functions"))
STAMPED = Said("dpv:DigitalSignatures", mark("an authority stamps the time of each delivery"))
PURGED = Said("dpv:DataDeletionPolicy", mark("what is too old is removed, and the removal is on record"))
HELD = Said(
    "dpv:RightExerciseRecord", mark("rectification, restriction, objection and appeal withhold a person at once")
)
CORRECTED = Said(
    "dpv:DataProcessingPolicy", mark("signals that do not hold any more are taken back in a file of their own")
)
INFORMED = Said(
    "dpv:PrivacyNotice", mark("a public note, a leaflet for each category and a document of access, in plain words")
)
DECIDED = Said("dpv:GovernanceProcedures", mark("a signal is no decision: DVZ examines the situation of each person"))
CITED = Said(
    "dpv:GovernanceProcedures", mark("every rule is a row that cites its paragraph; doubts about a text are stated")
)
PER_CASE = Said(
    "dpv:DataProcessingPolicy",
    mark("each consultation has a purpose and a case; more than {number} a month raise a flag"),
)


def record_of(settings: Settings, month: Month) -> Record:
    """The record under the rules and settings in force in a month."""
    reference = Reference.load(settings.reference)
    regime = reference.regime_of(month)
    contacts = (
        (CONTROLLER, settings.contact_controller),
        (OFFICER, settings.contact_data_protection_officer),
        (RECEIVER, settings.contact_receiver),
        (AUTHORITY, settings.contact_authority),
    )
    return Record(
        month,
        regime,
        contacts,
        (_signals(settings, reference, regime), _consultations(settings, reference, month), _accountability(settings)),
        tuple(_measures(settings)),
        _risks(settings),
        tuple(_tables(settings)),
        tuple(_open_points(settings, regime, contacts)),
    )


def record_document(record: Record) -> Document:
    """The record to read, in the language spoken."""
    return document("record.md.j2", say("Record of processing activities (article 30 GDPR)"), record=record)


def _signals(settings: Settings, reference: Reference, regime: str) -> Activity:
    fields = reference.tables["export_fields"].filter(regime=regime).unique("column", maintain_order=True)
    return Activity(
        "signals",
        Said(None, mark("Monthly communication of reimbursed aid to the Immigration Office")),
        (Said("dpv:LegalCompliance", mark("DVZ judges whether a right of residence that depends on means is kept")),),
        (PUBLIC_TASK,),
        tuple(reference.authorisations(regime)),
        (OF_AID, OF_ALIENS),
        tuple(
            Labelled(CATEGORIES.get(row["column"]), "field", row["column"], row["legal_reference"])
            for row in fields.rows(named=True)
        ),
        (STATEMENTS, REGISTER),
        (RECEIVER, BY_KSZ),
        (
            Said("dpv:Collect", mark("taking in the files of a month")),
            Said("dpv:Match", mark("joining aid and residence by the identification number")),
            Said("dpv:Filter", mark("selecting by the rules who is in both selections and meets a criterion")),
            Said("dpv:Transmit", mark("sending the authorised data of the persons selected")),
        ),
        (
            Said(None, mark("what was sent and decided: {months} months"), {"months": settings.retention_months}),
            _history(settings),
            Said(None, mark("rejected rows: {days} days"), {"days": settings.quarantine_days}),
        ),
    )


def _consultations(settings: Settings, reference: Reference, month: Month) -> Activity:
    valid = (pl.col("valid_from") <= month.last_day) & (
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= month.first_day)
    )
    purposes = reference.tables["a036_purposes"].filter(valid).unique("purpose", maintain_order=True)
    return Activity(
        "consultations",
        Said(None, mark("Consultation of attestations of aid (A036) by the Immigration Office, case by case")),
        tuple(
            Labelled("dpv:Verification", "purpose", row["purpose"], row["legal_reference"])
            for row in purposes.rows(named=True)
        ),
        (PUBLIC_TASK,),
        (),
        (
            Said(
                "dpv:Immigrant", mark("persons who apply for residence, and those on whose means an application rests")
            ),
        ),
        (Said("pd:Financial", mark("whether an attestation of aid exists for the period, and of which kind")),),
        (STATEMENTS,),
        (RECEIVER, BY_KSZ),
        (Said("dpv:Retrieve", mark("looking up the period that is asked for")),),
        (Said(None, mark("requests and answers: {months} months"), {"months": settings.retention_months}),),
    )


def _accountability(settings: Settings) -> Activity:
    return Activity(
        "accountability",
        Said(None, mark("Answers to persons, and account of what was done with their data")),
        (Said("dpv:LegalCompliance", mark("answering persons about their data, and showing what was done")),),
        (LEGAL_DUTY,),
        (),
        (OF_AID,),
        (
            Said("pd:OfficialID", mark("identification number, as a keyed hash where it is enough")),
            Said(None, mark("reasons of a hold, and days on which data were looked at")),
        ),
        (Said("dpv:DataSubjectDataSource", mark("the persons themselves")),),
        (Said("dpv:Recipient", mark("the person, and auditors")),),
        (Said("dpv:Store", mark("keeping the ledger and the list of persons withheld")),),
        (
            Said(None, mark("holds that have ended: {months} months"), {"months": settings.retention_months}),
            Said(None, mark("the ledger, which names nobody: for good")),
        ),
    )


def _history(settings: Settings) -> Said:
    if settings.history_retention_months is None:
        return Said(None, mark("what was received: for good, as criteria look back to the first month"))
    return Said(None, mark("what was received: {months} months"), {"months": settings.history_retention_months})


def _measures(settings: Settings) -> Iterator[Said]:
    """What protects the data now; what a setting switches on stands here only while it is."""
    yield from (PRIVATE, SIGNED, LOGGED, KEYED, COUNTED, MINIMISED, AUDITED, CITED, PURGED, HELD, CORRECTED, INFORMED)
    if settings.delivery_recipient:
        yield ENCRYPTED
    if settings.approvals_required:
        yield Said(RELEASED.term, RELEASED.text, {"number": settings.approvals_required})
    if settings.time_stamp_authority:
        yield STAMPED


def _risks(settings: Settings) -> tuple[Risk, ...]:
    in_force = [*_measures(settings)]
    flagged = Said(PER_CASE.term, PER_CASE.text, {"number": settings.a036_requests_per_month})

    def risk(text: str, *measures: Said) -> Risk:
        switched = (ENCRYPTED, STAMPED)
        return Risk(
            Said("dpv:Risk", text), tuple(each for each in measures if each not in switched or each in in_force)
        )

    return (
        risk(
            mark("somebody is reported who should not be, or loses residence by a signal alone"),
            CITED,
            AUDITED,
            HELD,
            CORRECTED,
            DECIDED,
        ),
        risk(mark("somebody reads data of persons who may not"), PRIVATE, ENCRYPTED, MINIMISED, KEYED),
        risk(mark("a published count gives a person away"), COUNTED),
        risk(mark("data are changed or forged"), SIGNED, LOGGED, STAMPED),
        risk(mark("data are kept longer than needed"), PURGED, MINIMISED),
        risk(mark("consultation becomes systematic"), flagged, LOGGED),
        risk(mark("persons do not know that data are sent, or give up aid out of fear"), INFORMED, DECIDED),
    )


def _tables(settings: Settings) -> Iterator[TableOfPersons]:
    results = Said(None, mark("{months} months"), {"months": settings.retention_months})
    history = settings.history_retention_months
    kept = {
        Retention.RESULTS: results,
        Retention.HISTORY: Said(None, mark("{months} months"), {"months": history})
        if history
        else Said(None, mark("for good")),
        Retention.NEVER: Said(None, mark("for good")),
    }
    for name, table in LAKE_TABLES.items():
        columns = sum(column.privacy is Privacy.PERSONAL for column in table.columns)
        if columns and name in ASSETS:
            yield TableOfPersons(name, columns, kept[ASSETS[name].retention])


def _open_points(settings: Settings, regime: str, contacts: tuple[tuple[Said, str | None], ...]) -> Iterator[Said]:
    """What an assessment has to weigh, and what the settings leave out."""
    readings = [
        each
        for each in load_readings(settings.reference)
        if each.status == "READING" and regime in (each.regimes or (regime,))
    ]
    if readings:
        text = mark("{number} readings of the texts behind the rules are not confirmed by the owner of the rules")
        yield Said(None, text, {"number": len(readings)})
    if not settings.delivery_recipient:
        yield Said(None, mark("deliveries are not encrypted: delivery_recipient is not set"))
    if not settings.approvals_required:
        yield Said(None, mark("a delivery leaves without approval: approvals_required is 0"))
    if settings.history_retention_months is None:
        yield Said(None, mark("what was received is kept for good: history_retention_months is not set"))
    if missing := sum(contact is None for _, contact in contacts):
        yield Said(None, mark("{number} of the addresses above are not set (contact_…)"), {"number": missing})
    yield Said(None, mark("the legal basis in the GDPR is a reading of this record; the authorisations do not name it"))
