"""The persons of a synthetic population and what happens to them in a month, as the register sees it.

Persons arrive, leave, die, change situation, renew their cards and get other numbers. Their aid is in ``aid``; how a
snapshot shows them is in ``files``. A person is one row of one array and keeps it: nobody's row is used again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dvz_assets.generate.chance import Chance
from dvz_assets.generate.codes import BELGIAN, UNKNOWN_NATIONALITY, CodeBook
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.names import FIRST_NAMES, LAST_NAMES
from dvz_assets.generate.numbers import InszNumbers
from dvz_assets.generate.situations import SITUATIONS, Situation, with_foreigners

Records = NDArray[np.void]
Places = NDArray[np.int64]

PERSON = np.dtype(
    [
        ("insz", "i8"),  # present number
        ("printed", "i8"),  # number that the OCMW still prints
        ("alias", "i8"),  # second BIS number given by mistake, 0 when there is none
        ("is_bis", "?"),
        ("was_renumbered", "?"),
        ("last_name", "i4"),
        ("first_name", "i4"),  # -1: none
        ("situation", "i1"),
        ("seat", "i1"),  # situation whose seat this person fills, -1: none
        ("nationality", "i2"),
        ("origin", "i2"),  # 0: not known
        ("motive", "i2"),  # place in CodeBook.motive_codes, -1: none
        ("motive_date", "M8[D]"),
        ("residence_since", "M8[D]"),
        ("document_until", "M8[D]"),
        ("deceased_on", "M8[D]"),
        ("arrived", "i4"),  # month index, -1: was there from the beginning
        ("left", "i4"),  # month index
        ("is_present", "?"),
        # Aid, see aid.py.
        ("is_aided", "?"),
        ("is_steady", "?"),
        ("granted", "i4"),  # month index in which the spell was granted
        ("spell_start", "M8[D]"),
        ("spell_end", "M8[D]"),
        ("programme", "i1"),
        ("categorie", "i1"),
        ("entitled_share", "f8"),
        ("ocmw", "i2"),
        ("dossier", "i4"),  # 0: not yet known at an OCMW
        ("choice", "f8"),
    ]
)
REPLACEMENT = np.dtype([("oud_insz", "i8"), ("nieuw_insz", "i8"), ("datum", "M8[D]")])
NO_DATE = np.datetime64("NaT", "D")
FOUNDING = -1

LEAVES = 0.013
DEATH_TOLD_LATE = 0.4
RENEWS_EXPIRED_CARD = 0.7
RECODED_MOTIVE = 0.25
BIS_REPLACED = 0.07
SECOND_BIS_NUMBER = 0.02
REGISTER_NUMBER_REPLACED = 0.0004
RENUMBERED_AGAIN = 0.03
REPLACEMENT_REPEATED = 0.15
OCMW_LEARNS_NUMBER = 0.5

_PLACE = {situation.name: place for place, situation in enumerate(SITUATIONS)}
_BIS_SHARE = np.array([situation.bis_share for situation in SITUATIONS])
_DOCUMENT_DAYS = np.array([round(situation.document_months * 30.4375) for situation in SITUATIONS])
_DIES = np.array([situation.dies for situation in SITUATIONS])
IN_REGISTER = np.array([situation.in_register for situation in SITUATIONS])
SETTLED = np.array([situation.register == "BR" for situation in SITUATIONS])


@dataclass(slots=True)
class Population:
    """All persons so far; ``size`` of them are present at a time, a share of ``foreigners`` where that is told."""

    size: int
    foreigners: float | None
    codes: CodeBook
    numbers: InszNumbers
    persons: Records
    replacements: Records  # those made known in the latest month

    @classmethod
    def found(
        cls,
        size: int,
        foreigners: float | None,
        codes: CodeBook,
        numbers: InszNumbers,
        month: DeliveryMonth,
        chance: Chance,
    ) -> "Population":
        """The population just before its first month: seats first, everybody else by share."""
        seats = [place for place, situation in enumerate(SITUATIONS) for _ in range(situation.at_least)]
        seat = np.array((seats[: size // 2] + [-1] * size)[:size], dtype=np.int64)
        drawn = chance.pick(size, with_foreigners([situation.share for situation in SITUATIONS], foreigners))
        population = cls(size, foreigners, codes, numbers, np.zeros(0, PERSON), np.zeros(0, REPLACEMENT))
        founders = population._arrive(np.where(seat >= 0, seat, drawn), seat, month, chance)
        founders["arrived"] = FOUNDING
        founders["is_aided"] = chance.happens(size, 0.88)
        founders["granted"] = FOUNDING
        founders["spell_start"] = month.first_day - chance.whole(size, 30, 1500)
        population.persons = founders
        return population

    def live(self, month: DeliveryMonth, chance: Chance) -> None:
        """Everything that the register learns between the previous snapshot and this one."""
        free_seats = self._leave_and_die(month, chance)
        self._change_situation(month, chance)
        self._renew_cards(month, chance)
        self._recode_motives(month, chance)
        self._give_second_numbers(chance)
        self._replace_numbers(month, chance)
        missing = self.size - int(self.persons["is_present"].sum())
        seat = np.concatenate([free_seats[free_seats >= 0], np.full(missing, -1)])[:missing].astype(np.int64)
        arrivals = with_foreigners([situation.arrivals for situation in SITUATIONS], self.foreigners)
        drawn = chance.pick(missing, arrivals)
        newcomers = self._arrive(np.where(seat >= 0, seat, drawn), seat, month, chance)
        self.persons = np.concatenate([self.persons, newcomers])

    def _arrive(self, situation: Places, seat: Places, month: DeliveryMonth, chance: Chance) -> Records:
        count = len(situation)
        persons = np.zeros(count, PERSON)
        for name in ("motive_date", "residence_since", "document_until", "deceased_on", "spell_start", "spell_end"):
            persons[name] = NO_DATE
        persons["situation"], persons["seat"] = situation, seat
        persons["arrived"], persons["is_present"] = month.index, True
        persons["last_name"] = chance.whole(count, 0, len(LAST_NAMES) - 1)
        persons["first_name"] = chance.whole(count, 0, len(FIRST_NAMES) - 1)
        persons["first_name"][chance.happens(count, 0.01)] = -1
        self._give_numbers(persons, chance)
        for place in np.unique(situation):
            self._settle_in(persons, np.flatnonzero(situation == place), SITUATIONS[place], month, chance)
        self._give_origin(persons, chance)
        return persons

    def _give_numbers(self, persons: Records, chance: Chance) -> None:
        is_bis = chance.happens(len(persons), _BIS_SHARE[persons["situation"]])
        persons["is_bis"] = is_bis
        persons["insz"][is_bis] = self.numbers.bis_numbers(int(is_bis.sum()))
        persons["insz"][~is_bis] = self.numbers.register_numbers(int((~is_bis).sum()))
        persons["printed"] = persons["insz"]

    def _settle_in(
        self, persons: Records, who: Places, situation: Situation, month: DeliveryMonth, chance: Chance
    ) -> None:
        """Nationality and start of residence, then what comes with the situation."""
        nationalities = self.codes.nationalities[situation.nationality]
        drawn = chance.pick(len(who), [weight for _, weight in nationalities])
        persons["nationality"][who] = np.array([code for code, _ in nationalities])[drawn]
        if situation.residence_years:
            low, high = (round(years * 365.25) for years in situation.residence_years)
            persons["residence_since"][who] = month.snapshot_date - chance.whole(len(who), low, high)
        self._enter(persons, who, situation, month, chance)
        since = np.where(np.isnat(persons["residence_since"]), month.first_day, persons["residence_since"])[who]
        age = (month.snapshot_date - since).astype(np.int64)
        has_motive = persons["motive"][who] >= 0
        persons["motive_date"][who[has_motive]] = (since + chance.whole(len(who), 0, np.minimum(age, 1500)))[has_motive]

    def _enter(self, persons: Records, who: Places, situation: Situation, month: DeliveryMonth, chance: Chance) -> None:
        """Register, card and motive of a situation, for persons who come into it."""
        count = len(who)
        persons["situation"][who] = _PLACE[situation.name]
        motives = self.codes.motives(situation.motive, month.snapshot_date)
        drawn = chance.whole(count, 0, max(len(motives) - 1, 0))
        persons["motive"][who] = np.array(motives)[drawn] if motives else -1
        persons["motive_date"][who] = month.snapshot_date - chance.whole(count, 0, 25) if motives else NO_DATE
        days = _DOCUMENT_DAYS[_PLACE[situation.name]]
        persons["document_until"][who] = month.snapshot_date + chance.whole(count, 0, days) if days else NO_DATE
        if situation.nationality == "BELGIAN":
            persons["nationality"][who] = BELGIAN

    def _give_origin(self, persons: Records, chance: Chance) -> None:
        count = len(persons)
        others = self.codes.nationalities["OTHER"]
        drawn = np.array([code for code, _ in others])[chance.pick(count, [weight for _, weight in others])]
        born_abroad = (persons["nationality"] == BELGIAN) & chance.happens(count, 0.25)
        origin = np.where(born_abroad, drawn, persons["nationality"])
        persons["origin"] = np.where(chance.happens(count, 0.03) | (origin == UNKNOWN_NATIONALITY), 0, origin)

    def _leave_and_die(self, month: DeliveryMonth, chance: Chance) -> Places:
        """Seats of those who leave or die; a person who dies is still paid for the last days.

        Some deaths, abroad for instance, become known when earlier snapshots have told of the person as of the living.
        """
        persons, count = self.persons, len(self.persons)
        dies = persons["is_present"] & chance.happens(count, _DIES[persons["situation"]])
        leaves = persons["is_present"] & ~dies & chance.happens(count, LEAVES)
        gone = dies | leaves
        days_ago = np.where(
            chance.happens(count, DEATH_TOLD_LATE), chance.whole(count, 40, 150), chance.whole(count, 0, 27)
        )
        arrived = (month.first_day.astype("M8[M]") - (month.index - persons["arrived"])).astype("M8[D]")
        persons["deceased_on"][dies] = np.fmax(month.snapshot_date - days_ago, arrived)[dies]
        persons["is_present"][gone] = False
        persons["left"][gone] = month.index
        persons["is_aided"][leaves] = False
        seats: Places = persons["seat"][gone].astype(np.int64)
        return seats

    def _change_situation(self, month: DeliveryMonth, chance: Chance) -> None:
        persons, count = self.persons, len(self.persons)
        before = persons["situation"].copy()
        drawn = chance.uniform(count)
        for place, situation in enumerate(SITUATIONS):
            for following, probability in situation.becomes:
                changes = persons["is_present"] & (before == place) & (drawn < probability)
                self._enter(persons, np.flatnonzero(changes), SITUATIONS[_PLACE[following]], month, chance)

    def _renew_cards(self, month: DeliveryMonth, chance: Chance) -> None:
        persons, count = self.persons, len(self.persons)
        expired = persons["is_present"] & (persons["document_until"] < month.snapshot_date)
        renewed = expired & chance.happens(count, RENEWS_EXPIRED_CARD)
        persons["document_until"][renewed] += _DOCUMENT_DAYS[persons["situation"][renewed]]

    def _recode_motives(self, month: DeliveryMonth, chance: Chance) -> None:
        """A motive whose code is no longer in use is written anew, sooner or later."""
        persons = self.persons
        for place, category in self.codes.motives_out_of_date(month.snapshot_date).items():
            recoded = (persons["motive"] == place) & chance.happens(len(persons), RECODED_MOTIVE)
            persons["motive"][recoded] = self.codes.motives(category, month.snapshot_date)[0]

    def _give_second_numbers(self, chance: Chance) -> None:
        """An OCMW that does not find the BIS number asks for another one, and prints that."""
        persons = self.persons
        mistaken = persons["is_present"] & persons["is_bis"] & (persons["alias"] == 0)
        mistaken &= chance.happens(len(persons), SECOND_BIS_NUMBER)
        persons["alias"][mistaken] = self.numbers.bis_numbers(int(mistaken.sum()))
        persons["printed"][mistaken] = persons["alias"][mistaken]

    def _replace_numbers(self, month: DeliveryMonth, chance: Chance) -> None:
        persons, count = self.persons, len(self.persons)
        probability = np.where(persons["is_bis"], BIS_REPLACED, REGISTER_NUMBER_REPLACED)
        probability = np.where(persons["was_renumbered"], RENUMBERED_AGAIN, probability)
        known = persons["is_present"] & IN_REGISTER[persons["situation"]]
        who = np.flatnonzero(known & chance.happens(count, probability))
        new = self.numbers.register_numbers(len(who))
        second = persons["alias"][who] > 0
        repeated = self.replacements[chance.happens(len(self.replacements), REPLACEMENT_REPEATED)]
        self.replacements = np.zeros(len(who) + int(second.sum()), REPLACEMENT)
        self.replacements["oud_insz"] = np.concatenate([persons["insz"][who], persons["alias"][who][second]])
        self.replacements["nieuw_insz"] = np.concatenate([new, new[second]])
        self.replacements["datum"] = month.snapshot_date - chance.whole(len(self.replacements), 0, 25)
        self.replacements = np.concatenate([self.replacements, repeated])
        persons["insz"][who], persons["alias"][who] = new, 0
        persons["is_bis"][who], persons["was_renumbered"][who] = False, True
        learns = (persons["printed"] != persons["insz"]) & (persons["alias"] == 0)
        learns &= chance.happens(count, OCMW_LEARNS_NUMBER)
        persons["printed"][learns] = persons["insz"][learns]
