"""Sends messages to the channels of the setting ``notify``: the one module that uses the library Apprise."""

import hashlib
import logging
import re
from collections.abc import Sequence

from dvz_assets.errors import DvzError
from dvz_assets.settings import Channel, Severity

KIND = re.compile(r"[a-z]+://")


def name_of(channel: Channel) -> str:
    """What stands for a channel in the home: nothing of its address, which may hold a password."""
    return hashlib.sha256(channel.address.get_secret_value().encode()).hexdigest()[:16]


def shown(channel: Channel) -> str:
    """The address as it may be shown: its kind alone, and nothing of what is no address."""
    kind = KIND.match(channel.address.get_secret_value())
    return kind[0] + "..." if kind else "..."


def send(channel: Channel, title: str, lines: Sequence[str], severity: Severity) -> bool:
    """Send one message; False when the channel did not take it. Raises DvzError when there can be no such channel."""
    try:
        import apprise
    except ImportError:
        raise DvzError(
            "NOTIFY_MISSING",
            place="setting notify",
            expected="the library apprise, which sends what is told",
            found="none",
            remedy="pip install 'dvz-assets[notify]'",
        ) from None
    # its log quotes addresses
    logging.getLogger("apprise").handlers = [logging.NullHandler()]
    logging.getLogger("apprise").propagate = False
    to = apprise.Apprise()
    if not to.add(channel.address.get_secret_value()):
        raise DvzError(
            "INVALID_CHANNEL",
            place=f"setting notify, {shown(channel)}",
            expected="an address that Apprise knows, complete",
            found="another",
            remedy="correct it (https://appriseit.com lists the addresses of all services), then dvz notify --test",
        )
    try:
        return bool(to.notify(body="\n".join(lines), title=title, notify_type=_type(severity), body_format="text"))
    except Exception:  # of any library behind it; what it says may hold the address
        return False


def _type(severity: Severity) -> str:
    return {Severity.INFO: "info", Severity.WARNING: "warning", Severity.ERROR: "failure"}[severity]
