"""The answer to a person who asks what was sent about them (article 15 GDPR), as a document in the language spoken."""

from dataclasses import dataclass
from datetime import date

from dvz_assets.flow.context import Flow
from dvz_assets.months import BRUSSELS, Month
from dvz_assets.outbound.states import State, states_of_month
from dvz_assets.questions.access import Access, Sent
from dvz_assets.report.documents import Document, document
from dvz_assets.words.sent_rows import field_in_words, period_in_words
from dvz_assets.words.texts import say, word


@dataclass(frozen=True, slots=True)
class Line:
    """One delivery that holds the person, in words; ``left_on`` is None while it has not been transmitted."""

    sent: Sent
    state: str
    left_on: date | None
    authorisations: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    periods: tuple[str, ...]
    kept_until: Month


def answer_to_person(flow: Flow, answer: Access) -> Document:
    """The document; it holds personal data."""
    settings = flow.settings
    contacts = (
        (say("POD MI, controller of this data flow"), settings.contact_controller),
        (say("its data protection officer"), settings.contact_data_protection_officer),
        (say("Immigration Office (DVZ), receiver"), settings.contact_receiver),
        (say("supervisory authority"), settings.contact_authority),
    )
    return document(
        "access.md.j2",
        say("Data sent to the Immigration Office (DVZ)"),
        answer=answer,
        lines=[_line(flow, each) for each in answer.sent],
        retention_months=settings.retention_months,
        contacts=[(name, contact) for name, contact in contacts if contact],
        hold_months=[
            (each, Month.parse(each.first_month), Month.parse(each.last_month) if each.last_month else None)
            for each in answer.holds
        ],
    )


def _line(flow: Flow, sent: Sent) -> Line:
    reference = flow.reference
    states = {each.sequence: each for each in states_of_month(flow.ledger, sent.month)}
    state = states.get(sent.sequence)
    left = state.times.get(State.TRANSMITTED) if state else None
    return Line(
        sent,
        word("state", state.state if state else State.PREPARED),
        left.astimezone(BRUSSELS).date() if left else None,
        tuple(reference.authorisations(sent.regime)),
        tuple(
            (word("field", name), field_in_words(name, value, reference))
            for name, value in sent.columns.items()
            if value
        ),
        tuple(period_in_words(each) for each in sent.periods),
        sent.month.plus(flow.settings.retention_months),
    )
