"""Release: as many approvers as the setting asks for, none of them twice, and never whoever ran the month."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dvz_assets.errors import DvzError
from dvz_assets.home.ledger import Event, Ledger
from dvz_assets.outbound.release import counted, missing_approvals, reject, release, signature_fits
from dvz_assets.outbound.states import State, find
from dvz_assets.settings import Approver, Settings
from tests.outbound.prepared import MONTH, key_pair, prepare


def home(tmp_path: Path, required: int, names: tuple[str, ...], run_key: Path | None = None) -> Settings:
    approvers = tuple(Approver(function=name, key=str(tmp_path / f"{name}.pem")) for name in names)
    ran = None if run_key is None else str(run_key)
    return Settings(home=tmp_path / "home", approvals_required=required, approvers=approvers, run_key=ran)


def test_two_approvers_release_and_one_does_not(tmp_path: Path) -> None:
    one, two = (key_pair(tmp_path, name)[0] for name in ("desk", "legal"))
    settings = home(tmp_path, 2, ("desk", "legal"))
    ledger, voucher = Ledger(settings), prepare(settings)
    first = release(settings, ledger, MONTH, None, one)
    assert (first.state, missing_approvals(settings, first)) == (State.PREPARED, 1)
    with pytest.raises(DvzError, match="APPROVED_BEFORE"):
        release(settings, ledger, MONTH, None, one)
    second = release(settings, ledger, MONTH, 1, two)
    assert (second.state, missing_approvals(settings, second)) == (State.RELEASED, 0)
    assert [each.function for each in second.approvals] == ["desk", "legal"]
    assert all(signature_fits(each, voucher.sha256) for each in second.approvals)
    assert not any(signature_fits(each, "0" * 64) for each in second.approvals)


def test_the_key_of_whoever_ran_the_month_does_not_count(tmp_path: Path) -> None:
    ran, _, public = key_pair(tmp_path, "operator")
    key_pair(tmp_path, "desk")
    settings = home(tmp_path, 1, ("operator", "desk"), run_key=public)
    prepare(settings)
    with pytest.raises(DvzError, match="NO_APPROVER"):
        release(settings, Ledger(settings), MONTH, None, ran)


def test_a_stranger_and_nobody_release_nothing(tmp_path: Path) -> None:
    key_pair(tmp_path, "desk")
    settings = home(tmp_path, 1, ("desk",))
    prepare(settings)
    ledger = Ledger(settings)
    with pytest.raises(DvzError, match="NO_APPROVER"):
        release(settings, ledger, MONTH, None, key_pair(tmp_path, "stranger")[0])
    with pytest.raises(DvzError, match="APPROVAL_NEEDS_A_KEY"):
        release(settings, ledger, MONTH, None, None)
    assert find(ledger, MONTH).state is State.PREPARED


def test_an_approval_that_was_written_by_somebody_else_does_not_count(tmp_path: Path) -> None:
    """Whoever can write the ledger cannot sign for an approver, whose public key everybody knows."""
    desk = key_pair(tmp_path, "desk")[0]
    settings = home(tmp_path, 1, ("desk",))
    prepare(settings)
    ledger = Ledger(settings)
    released = release(settings, ledger, MONTH, None, desk)
    assert released.state is State.RELEASED
    (approval,) = released.approvals
    forger = home(tmp_path, 1, ("desk",)).model_copy(update={"home": tmp_path / "forged"})
    voucher = prepare(forger, sequence=2)
    forged = Ledger(forger)
    # the last two are those of the approver, for another delivery and not written as they were
    for signature in ("", "AAAA", "no base64", approval.signature, f" {approval.signature}"):
        details: dict[str, str | int] = {
            "sequence": 2,
            "function": "desk",
            "key": approval.key,
            "signature": signature,
        }
        forged.append(Event.APPROVED, month=MONTH, details=details)
        assert counted(forger, find(forged, MONTH)) == ()
    assert signature_fits(approval, find(ledger, MONTH).voucher_sha256)
    for name in ("key", "signature"):
        blurred = replace(approval, **{name: f" {getattr(approval, name)}"})
        assert not signature_fits(blurred, find(ledger, MONTH).voucher_sha256)
    assert voucher.sha256 != find(ledger, MONTH).voucher_sha256


@pytest.mark.parametrize("required", [1, 2])
def test_a_release_that_a_crash_kept_out_of_the_ledger_is_entered_by_one_who_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, required: int
) -> None:
    """Whatever the setting asks for by then."""
    one, two = (key_pair(tmp_path, name)[0] for name in ("desk", "legal"))
    settings = home(tmp_path, 2, ("desk", "legal"))
    prepare(settings)
    ledger, append = Ledger(settings), Ledger.append
    release(settings, ledger, MONTH, None, one)

    def until_it_dies(self: Ledger, event: Event, **entry: Any) -> Any:
        if event is Event.RELEASED:
            raise OSError("power")
        return append(self, event, **entry)

    with monkeypatch.context() as dying:
        dying.setattr(Ledger, "append", until_it_dies)
        with pytest.raises(OSError, match="power"):
            release(settings, ledger, MONTH, None, two)
    assert find(ledger, MONTH).state is State.PREPARED
    released = release(home(tmp_path, required, ("desk", "legal")), ledger, MONTH, None, two)
    assert (released.state, len(released.approvals)) == (State.RELEASED, 2)


def test_one_key_for_two_approvers_is_refused(tmp_path: Path) -> None:
    key, _, public = key_pair(tmp_path, "desk")
    (tmp_path / "legal.pem").write_bytes(public.read_bytes())
    settings = home(tmp_path, 2, ("desk", "legal"))
    prepare(settings)
    with pytest.raises(DvzError, match="INVALID_KEY"):
        release(settings, Ledger(settings), MONTH, None, key)


def test_a_historical_delivery_needs_one_release_whatever_the_settings(tmp_path: Path) -> None:
    settings = home(tmp_path, 0, ())
    prepare(settings, historical=True)
    ledger = Ledger(settings)
    assert find(ledger, MONTH).state is State.PREPARED
    assert release(settings, ledger, MONTH, None, None).state is State.RELEASED
    with pytest.raises(DvzError, match="WRONG_STATE"):
        release(settings, ledger, MONTH, None, None)


def test_where_there_are_approvers_one_of_them_releases_a_historical_delivery(tmp_path: Path) -> None:
    desk = key_pair(tmp_path, "desk")[0]
    settings = home(tmp_path, 0, ("desk",))
    prepare(settings, historical=True)
    ledger = Ledger(settings)
    assert missing_approvals(settings, find(ledger, MONTH)) == 1
    with pytest.raises(DvzError, match="APPROVAL_NEEDS_A_KEY"):
        release(settings, ledger, MONTH, None, None)
    assert release(settings, ledger, MONTH, None, desk).state is State.RELEASED


def test_what_was_rejected_is_not_released(tmp_path: Path) -> None:
    settings = home(tmp_path, 0, ())
    prepare(settings)
    ledger = Ledger(settings)
    assert reject(settings, ledger, MONTH, None, "desk 2018/12").state is State.REJECTED
    with pytest.raises(DvzError, match="WRONG_STATE"):
        release(settings, ledger, MONTH, None, None)


@pytest.mark.parametrize("reference", ["", "40010100123", "40.01.01-001.23", "a\nb", "x" * 61, "file 40010100123"])
def test_a_reference_with_a_number_or_of_another_form_is_refused_and_not_quoted(tmp_path: Path, reference: str) -> None:
    settings = home(tmp_path, 0, ())
    prepare(settings)
    with pytest.raises(DvzError, match="INVALID_REFERENCE_OF_DECISION") as raised:
        reject(settings, Ledger(settings), MONTH, None, reference)
    assert not reference.strip() or reference not in str(raised.value)


def test_settings_ask_for_as_many_approvers_as_have_to_release(tmp_path: Path) -> None:
    with pytest.raises(DvzError, match="approvals_required"):
        Settings.load(home=str(tmp_path), approvals_required=2)
