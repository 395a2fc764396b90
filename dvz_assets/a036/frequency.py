"""How often one requester asks: consultation is never systematic (deliberation 18/055, 2 and 9).

Nobody is refused for it: a request is flagged, and somebody looks at it.
"""

from datetime import datetime

from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.months import Month

MANY_REQUESTS = "MANY_REQUESTS"


def requester_hash(ledger: Ledger, requester: str) -> str:
    """What stands for a requester in the ledger of a home: a keyed hash, as the text may name a person."""
    return ledger.keyed_hash(f"requester:{requester}")


def asks_too_often(ledger: Ledger, requester: str, request: str, limit: int) -> bool:
    """Whether this request is beyond the ``limit`` of a requester's requests in the present month, in Brussels.

    ``requester`` and ``request`` are what stands for them in the ledger. The same request asked again counts once;
    under a new key of the ledger the count begins anew.
    """
    asked = {request}
    for entry in ledger.entries():
        is_of_requester = entry.event == Event.CONSULTED and entry.details.get("requester") == requester
        if is_of_requester and Month.of(datetime.fromisoformat(entry.at)) == Month.current():
            asked.add(entry.inputs["request"])
    return len(asked) > limit
