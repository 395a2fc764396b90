"""What a statement will have to be corrected by in later months: recoveries and regularisations."""

from collections.abc import Iterator

import numpy as np

from dvz_assets.generate.chance import Chance
from dvz_assets.generate.delivery_month import DeliveryMonth
from dvz_assets.generate.lines import ARREARS, RECOVERY, REGULARISATION, days_of, part_of
from dvz_assets.generate.population import Records

RECOVERED = 0.03
REGULARISED = 0.012


def corrections(statement: Records, month: DeliveryMonth, chance: Chance) -> Iterator[Records]:
    """What this statement will have to be corrected by, in later months."""
    count = len(statement)
    paid = (statement["sign"] > 0) & (statement["type_bedrag"] <= ARREARS) & (statement["bedrag"] > 0)
    is_original = statement["type_bedrag"] <= RECOVERY
    yield _recoveries(statement[paid & chance.happens(count, RECOVERED)].copy(), month, chance)
    yield _regularisations(statement[is_original & chance.happens(count, REGULARISED)].copy(), month, chance)


def _recoveries(lines: Records, month: DeliveryMonth, chance: Chance) -> Records:
    """Of the whole line, of its first days, or of part of its amount."""
    count = len(lines)
    manner = chance.pick(count, (40, 35, 25))
    days = days_of(lines["eerste_dag"], lines["laatste_dag"])
    first_days = lines["eerste_dag"] + chance.whole(count, 0, days // 2)
    last = np.where(manner == 1, np.fmin(first_days, lines["laatste_dag"]), lines["laatste_dag"])
    part = np.where(manner == 2, 0.1 + 0.8 * chance.uniform(count), 1.0)
    lines["bedrag"] = np.rint(part_of(lines, lines["eerste_dag"], last) * part)
    lines["laatste_dag"] = last
    lines["type_bedrag"], lines["sign"] = RECOVERY, -1
    lines["due"] = month.index + chance.whole(count, 1, 6)
    return lines


def _regularisations(lines: Records, month: DeliveryMonth, chance: Chance) -> Records:
    """A small correction of a line, mostly with the line's own sign."""
    count = len(lines)
    lines["bedrag"] = np.rint(lines["bedrag"] * (0.01 + 0.09 * chance.uniform(count)))
    lines["type_bedrag"] += REGULARISATION
    lines["sign"] *= np.where(chance.happens(count, 0.6), 1, -1).astype(np.int8)
    lines["due"] = month.index + chance.whole(count, 1, 3)
    return lines
