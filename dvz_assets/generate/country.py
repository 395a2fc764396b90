"""One synthetic country, month after month: what happens in a month, and the deliveries that tell of it."""

from dataclasses import dataclass

import numpy as np

from dvz_assets.generate.aid import Aid
from dvz_assets.generate.chance import Chance
from dvz_assets.generate.codes import CodeBook
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.delivery_writer import DeliveryWriter
from dvz_assets.generate.files import persons_frame, replacements_frame, statement_frame
from dvz_assets.generate.flaws import PERSONS_FLAWS, REPLACEMENTS_FLAWS, STATEMENT_FLAWS, Spoiler
from dvz_assets.generate.numbers import InszNumbers
from dvz_assets.generate.population import Population


@dataclass(frozen=True, slots=True)
class Delivered:
    """Rows of the files of a month or more, spoiled ones included."""

    statement_lines: int = 0
    register_rows: int = 0
    replacements: int = 0

    def __add__(self, other: "Delivered") -> "Delivered":
        """Rows of both."""
        return Delivered(
            self.statement_lines + other.statement_lines,
            self.register_rows + other.register_rows,
            self.replacements + other.replacements,
        )


@dataclass(slots=True)
class Country:
    """The state that flows from month to month; ``deliver`` is called once for each, in order."""

    seed: int
    codes: CodeBook
    population: Population
    aid: Aid

    @classmethod
    def found(
        cls, seed: int, persons: int, foreigners: float | None, codes: CodeBook, first_month: DeliveryMonth
    ) -> "Country":
        """The country just before its first month."""
        population = Population.found(persons, foreigners, codes, InszNumbers(seed), first_month, Chance.of(seed, 0))
        return cls(seed, codes, population, Aid(codes))

    def deliver(self, month: DeliveryMonth, writer: DeliveryWriter, reject_share: float) -> Delivered:
        """Live through a month and write its two deliveries."""
        chance = Chance.of(self.seed, month.index + 1)
        self.population.live(month, chance)
        persons = self.population.persons
        lines = self.aid.statement(persons, month, chance)
        statement = statement_frame(lines, persons, month, self.codes, chance)
        register = persons_frame(persons, np.unique(lines["person"]), month, self.codes)
        replaced = replacements_frame(self.population.replacements)
        spoiler = Spoiler(reject_share, chance, is_typed=writer.file_format == "parquet")
        files = {
            "persons": spoiler.spoil(register, PERSONS_FLAWS, spoiler.stale_rows(register, replaced)),
            "insz_replacements": spoiler.spoil(replaced, REPLACEMENTS_FLAWS),
        }
        statement = spoiler.spoil(statement, STATEMENT_FLAWS)
        writer.write("novaprima", month, {"statement": statement}, closed_on=str(month.closed_on))
        writer.write("register", month, files, snapshot_date=str(month.snapshot_date))
        return Delivered(statement.height, files["persons"].height, replaced.height)
