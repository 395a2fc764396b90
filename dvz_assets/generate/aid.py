"""The aid of a synthetic population: spells over months and years, and the statement lines that come of them.

Most lines are paid in their own month. What comes later (arrears, recoveries, regularisations) is entered in a ledger
in the month that causes it, and leaves it in the month in which it is due. Amounts are cents at 100 %, days inclusive.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dvz_assets.generate.chance import Chance
from dvz_assets.generate.codes import CodeBook, Purpose
from dvz_assets.generate.corrections import corrections
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.lines import ARREARS, LINE, RECOVERY, days_of, months_of, new_lines, part_of, recovery_from
from dvz_assets.generate.municipalities import MUNICIPALITY_WEIGHTS
from dvz_assets.generate.population import NO_DATE, Places, Records
from dvz_assets.generate.situations import SITUATIONS

AIDED_ON_ARRIVAL = 0.9
AIDED_AGAIN = 0.25
SPELL_ENDS = {True: 0.02, False: 0.12}  # by is_steady
STEADY = 0.75
OTHER_PROGRAMME_IN_NEW_SPELL = 0.3
REVOKED = 0.12
MONTHS_TAKEN_BACK = 6
GRANTED_LATE = 0.2
PROGRAMME_CHANGES = 0.02
CATEGORY_CHANGES = 0.01
MOVES = 0.01
OLD_OCMW_PAYS_ON = 0.5
PAID_LATER = 0.05
SPLIT = 0.015
DEATH_NOT_YET_KNOWN = 0.5
MONTHLY_AID = (Purpose.LIVING_WAGE, Purpose.ASSISTANCE, Purpose.EMPLOYMENT, Purpose.ASSISTANCE_EMPLOYMENT)

_AID_ENDS = np.array([situation.aid_ends for situation in SITUATIONS])
_AID_WEIGHTS = np.array([situation.aid for situation in SITUATIONS], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Extra:
    """Aid beside the programme: how often it comes with law 1 and law 2 programmes, and between which amounts."""

    purpose: Purpose
    beside_law_1: float
    beside_law_2: float
    low: int
    high: int
    member: int = 0


EXTRAS = (
    Extra(Purpose.MEDICAL, 0.01, 0.3, 2_500, 90_000),
    Extra(Purpose.INSURANCE, 0.01, 0.06, 900, 6_500),
    Extra(Purpose.OTHER_ASSISTANCE, 0.03, 0.04, 4_000, 60_000),
    Extra(Purpose.OTHER_ASSISTANCE, 0, 0.12, 9_000, 28_000, member=1),
    Extra(Purpose.ORGANIC_LAW, 0.25, 0.08, 2_000, 30_000),
    Extra(Purpose.INSTALLATION, 0.006, 0, 117_965, 125_482),
)


@dataclass(slots=True)
class Aid:
    """Spells and lines of all persons, month after month; changes the aid columns of the persons it is given."""

    codes: CodeBook
    ledger: Records = field(default_factory=lambda: np.zeros(0, LINE))

    def statement(self, persons: Records, month: DeliveryMonth, chance: Chance) -> Records:
        """Lines of the month's statement, by OCMW and file."""
        self._open_files(persons, chance)
        self._change_programmes(persons, chance)
        self._begin_and_end_spells(persons, month, chance)
        own = np.concatenate(list(self._own_lines(persons, month, chance)))
        later = chance.happens(len(own), PAID_LATER)
        postponed = own[later].copy()
        postponed["type_bedrag"] = ARREARS
        postponed["due"] = month.index + chance.whole(len(postponed), 1, 4)
        self.ledger = np.concatenate([self.ledger, postponed])
        is_due = self.ledger["due"] == month.index
        statement = np.concatenate([own[~later], self.ledger[is_due]])
        self.ledger = np.concatenate([self.ledger[~is_due], *corrections(statement, month, chance)])
        _close_spells(persons)
        return statement[np.lexsort((statement["eerste_dag"], statement["dossier"], statement["ocmw"]))]

    def _open_files(self, persons: Records, chance: Chance) -> None:
        """Aid columns of persons who are new to the OCMWs."""
        new = np.flatnonzero(persons["dossier"] == 0)
        count = len(new)
        persons["programme"][new] = _drawn_programmes(persons["situation"][new], chance)
        persons["categorie"][new] = 1 + chance.pick(count, (35, 38, 27))
        persons["entitled_share"][new] = _entitled_share(count, chance)
        persons["is_steady"][new] = chance.happens(count, STEADY)
        persons["ocmw"][new] = chance.pick(count, MUNICIPALITY_WEIGHTS)
        persons["dossier"][new] = new + 1
        persons["choice"][new] = chance.uniform(count)

    def _change_programmes(self, persons: Records, chance: Chance) -> None:
        count = len(persons)
        has_no_place = _AID_WEIGHTS[persons["situation"], persons["programme"]] == 0
        changes = np.flatnonzero(chance.happens(count, np.where(has_no_place, 1.0, PROGRAMME_CHANGES)))
        persons["programme"][changes] = _drawn_programmes(persons["situation"][changes], chance)

    def _begin_and_end_spells(self, persons: Records, month: DeliveryMonth, chance: Chance) -> None:
        count = len(persons)
        probability = np.where(persons["arrived"] == month.index, AIDED_ON_ARRIVAL, AIDED_AGAIN)
        begins = persons["is_present"] & ~persons["is_aided"] & chance.happens(count, probability)
        offset = np.where(chance.happens(count, 0.6), 0, chance.whole(count, 1, month.days - 1))
        offset -= np.where(chance.happens(count, GRANTED_LATE), chance.whole(count, 30, 100), 0)
        persons["spell_start"][begins] = (month.first_day + offset)[begins]
        persons["spell_end"][begins] = NO_DATE
        persons["granted"][begins] = month.index
        others = np.flatnonzero(begins & chance.happens(count, OTHER_PROGRAMME_IN_NEW_SPELL))
        persons["programme"][others] = _drawn_programmes(persons["situation"][others], chance)
        as_usual = np.where(persons["is_steady"], SPELL_ENDS[True], SPELL_ENDS[False])
        own = _AID_ENDS[persons["situation"]]
        ends_with = np.where(own > 0, own, as_usual)
        ends = persons["is_aided"] & chance.happens(count, ends_with)
        persons["is_aided"] |= begins
        length = np.where(chance.happens(count, 0.5), month.days, chance.whole(count, 1, month.days))
        persons["spell_end"][ends] = (month.first_day + length - 1)[ends]
        revoked = np.flatnonzero(ends & chance.happens(count, REVOKED))
        self._take_back(persons, revoked, persons["spell_start"][revoked], month, range(MONTHS_TAKEN_BACK))

    def _own_lines(self, persons: Records, month: DeliveryMonth, chance: Chance) -> Iterator[Records]:
        """Lines that arise in this month, before it is known which of them are paid later."""
        aided = np.flatnonzero(persons["is_aided"])
        deceased_on = persons["deceased_on"][aided]
        dies_unknown = ~np.isnat(deceased_on) & chance.happens(len(aided), DEATH_NOT_YET_KNOWN)
        first = np.fmax(persons["spell_start"][aided], month.first_day)
        last = np.fmin(persons["spell_end"][aided], month.last_day)
        last = np.where(dies_unknown, last, np.fmin(last, deceased_on))
        main = self._programme_lines(persons, aided, first, last, chance)
        self._recover_after_death(persons, main[np.isin(main["person"], aided[dies_unknown])], month)
        told_late = deceased_on < month.first_day
        # the month of the news itself is recovered above, where it was paid at all
        self._take_back(persons, aided[told_late], deceased_on[told_late] + 1, month, range(1, MONTHS_TAKEN_BACK))
        yield self._moves(persons, main, month, chance)
        yield from _split(main, chance)
        yield self._arrears_of_new_spells(persons, month, chance)
        yield from self._extras(persons, aided, month, chance)

    def _programme_lines(self, persons: Records, who: Places, first: Any, last: Any, chance: Chance) -> Records:
        """One line per person for the spell's programme over a period; none where the period is empty."""
        who, first, last = (values[first <= last] for values in (who, first, last))
        changes = who[chance.happens(len(who), CATEGORY_CHANGES)]
        persons["categorie"][changes] = 1 + chance.pick(len(changes), (1, 1, 1))
        persons["entitled_share"][changes] = _entitled_share(len(changes), chance)
        lines = self._monthly_lines(persons, who, first, last)
        is_by_invoice = ~np.isin(persons["programme"][who], MONTHLY_AID)
        lines["bedrag"][is_by_invoice] = chance.whole(len(who), 2_500, 90_000)[is_by_invoice]
        return lines

    def _monthly_lines(self, persons: Records, who: Places, first: Any, last: Any) -> Records:
        """What the monthly amount of each person gives for a period."""
        lines = new_lines(persons, who, persons["programme"][who], first, last)
        monthly = self.codes.monthly_cents(persons["categorie"][who], first) * persons["entitled_share"][who]
        lines["bedrag"] = np.rint(monthly * months_of(first, last))
        return lines

    def _take_back(
        self, persons: Records, who: Places, since: Any, month: DeliveryMonth, months_ago: Iterable[int]
    ) -> None:
        """Recover, in a later month, all that these months before ``month`` paid for the days from ``since`` on."""
        is_monthly = np.isin(persons["programme"][who], MONTHLY_AID)
        who, since = who[is_monthly], np.fmax(since, persons["spell_start"][who])[is_monthly]
        for ago in months_ago:
            paid_in = month.earlier(ago)
            first = np.fmax(since, paid_in.first_day)
            last = np.fmin(persons["spell_end"][who], paid_in.last_day)
            is_paid = first <= last
            recovery = self._monthly_lines(persons, who[is_paid], first[is_paid], last[is_paid])
            recovery["type_bedrag"], recovery["sign"] = RECOVERY, -1
            recovery["due"] = month.index + 1 + recovery["dossier"] % 3
            self.ledger = np.concatenate([self.ledger, recovery])

    def _recover_after_death(self, persons: Records, paid: Records, month: DeliveryMonth) -> None:
        recovery = recovery_from(paid, persons["deceased_on"][paid["person"]] + 1)
        recovery["due"] = month.index + 1
        self.ledger = np.concatenate([self.ledger, recovery])

    def _moves(self, persons: Records, main: Records, month: DeliveryMonth, chance: Chance) -> Records:
        """Lines of the new OCMW from the day of a move; the old one stops, or pays on and may recover it later."""
        whole_month = (main["eerste_dag"] == month.first_day) & (main["laatste_dag"] == month.last_day)
        moves = np.flatnonzero(whole_month & chance.happens(len(main), MOVES))
        who, count = main["person"][moves], len(moves)
        moved_on = month.first_day + chance.whole(count, 1, month.days - 1)
        pays_on = chance.happens(count, OLD_OCMW_PAYS_ON)
        overlap = recovery_from(main[moves[pays_on]], moved_on[pays_on])
        overlap["due"] = month.index + chance.whole(len(overlap), 1, 5)
        self.ledger = np.concatenate([self.ledger, overlap[chance.happens(len(overlap), 0.6)]])
        persons["ocmw"][who] = chance.pick(count, MUNICIPALITY_WEIGHTS)
        persons["dossier"][who] += len(persons)
        stops, ends = moves[~pays_on], moved_on[~pays_on] - 1
        main["bedrag"][stops] = part_of(main[stops], main["eerste_dag"][stops], ends)
        main["laatste_dag"][stops] = ends
        return self._programme_lines(persons, who, moved_on, np.full(count, month.last_day), chance)

    def _arrears_of_new_spells(self, persons: Records, month: DeliveryMonth, chance: Chance) -> Records:
        """A decision that came late: one line for all the days before this month."""
        late = (persons["granted"] == month.index) & (persons["spell_start"] < month.first_day)
        who = np.flatnonzero(late & persons["is_aided"])
        last = np.full(len(who), month.first_day - 1)
        lines = self._programme_lines(persons, who, persons["spell_start"][who], last, chance)
        lines["type_bedrag"] = ARREARS
        return lines

    def _extras(self, persons: Records, aided: Places, month: DeliveryMonth, chance: Chance) -> Iterator[Records]:
        is_law_1 = np.isin(persons["programme"][aided], (Purpose.LIVING_WAGE, Purpose.EMPLOYMENT))
        for extra in EXTRAS:
            probability = np.where(is_law_1, extra.beside_law_1, extra.beside_law_2)
            who = aided[chance.happens(len(aided), probability)]
            who = who[np.isnat(persons["deceased_on"][who])]
            first = np.full(len(who), month.first_day)
            lines = new_lines(persons, who, int(extra.purpose), first, np.full(len(who), month.last_day))
            lines["bedrag"] = chance.whole(len(who), extra.low, extra.high)
            lines["member"], lines["choice"] = extra.member, chance.uniform(len(who))
            yield lines


def _drawn_programmes(situation: NDArray[Any], chance: Chance) -> Places:
    edges = np.cumsum(_AID_WEIGHTS, axis=1)
    drawn = chance.uniform(len(situation)) * edges[situation, -1]
    programmes: Places = (edges[situation] <= drawn[:, None]).sum(axis=1)
    return programmes


def _entitled_share(count: int, chance: Chance) -> NDArray[np.float64]:
    """Most get the full amount; some have an income, and a few so much that nothing is left to pay."""
    shares = np.where(chance.happens(count, 0.65), 1.0, 0.15 + 0.85 * chance.uniform(count))
    return np.where(chance.happens(count, 0.003), 0.0, shares)


def _split(main: Records, chance: Chance) -> Iterator[Records]:
    """The programme lines, some as two adjoining lines (a decision in the middle of the month)."""
    is_split = chance.happens(len(main), SPLIT) & (main["laatste_dag"] > main["eerste_dag"])
    whole = main[is_split]
    days = days_of(whole["eerste_dag"], whole["laatste_dag"])
    head, tail = whole.copy(), whole.copy()
    head["laatste_dag"] = whole["eerste_dag"] + chance.whole(len(whole), 0, days - 2)
    tail["eerste_dag"] = head["laatste_dag"] + 1
    head["bedrag"] = part_of(whole, head["eerste_dag"], head["laatste_dag"])
    tail["bedrag"] = whole["bedrag"] - head["bedrag"]
    yield from (main[~is_split], head, tail)


def _close_spells(persons: Records) -> None:
    persons["is_aided"] &= persons["is_present"] & np.isnat(persons["spell_end"])
