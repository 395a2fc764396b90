"""The units of ``deploy/systemd``: a user each, keys for the flow alone, no port, no secret on a command line."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
SYSTEMD = DEPLOY / "systemd"
SERVICES = sorted(path.stem for path in SYSTEMD.glob("*.service"))
FLOW = "dvz-code-server"
MOST_EXPOSED = 1.5
KEYS = ("dvz_signing_key", "dvz_ledger_key", "dvz_lock_database")


def settings(unit: str) -> dict[str, list[str]]:
    """The settings of a service, each with all its values; those of the common drop-in are among them."""
    found: dict[str, list[str]] = {}
    for path in (SYSTEMD / unit, SYSTEMD / "dvz-.service.d" / "confinement.conf"):
        for line in path.read_text("utf-8").splitlines():
            name, is_setting, value = line.partition("=")
            if is_setting and not line.startswith("#"):
                found.setdefault(name, []).append(value)
    return found


def test_there_are_the_four_services() -> None:
    assert SERVICES == ["dvz-code-server", "dvz-daemon", "dvz-webserver", "dvz-webserver-readonly"]


def test_each_service_has_a_user_of_its_own() -> None:
    users = [settings(f"{service}.service")["User"] for service in SERVICES]
    assert all(len(user) == 1 for user in users)
    assert len({user[0] for user in users}) == len(SERVICES)
    made = set(re.findall(r"^u (\S+)", (DEPLOY / "sysusers.conf").read_text("utf-8"), re.MULTILINE))
    assert {user[0] for user in users} == made


def test_the_flow_alone_gets_keys_and_sees_landing_zone_and_home() -> None:
    for service in SERVICES:
        found = settings(f"{service}.service")
        given = [value for name in found if "Credential" in name for value in found[name]]
        hidden = " ".join(found.get("InaccessiblePaths", []))
        if service == FLOW:
            assert sorted(given) == sorted(KEYS)
            assert found["StateDirectoryMode"] == ["0700"]
        else:
            assert given == []
            assert "flow.environment" not in "".join(found["EnvironmentFile"])
            assert all(f"-{folder}" in hidden for folder in ("/var/lib/dvz", "/srv/dvz", "/etc/credstore.encrypted"))


def test_no_service_has_a_network_or_a_port() -> None:
    for service in SERVICES:
        found = settings(f"{service}.service")
        assert found["PrivateNetwork"] == ["yes"]
        assert found["RestrictAddressFamilies"] == ["AF_UNIX"]
        assert "--port" not in found["ExecStart"][0]
    for path in SYSTEMD.glob("*.socket"):
        unit = configparser.ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read(path, encoding="utf-8")
        socket = unit["Socket"]
        assert socket["ListenStream"].startswith("/run/")
        assert (socket["SocketGroup"], socket["SocketMode"]) == ("www-data", "0660")
    assert "port" not in (DEPLOY / "workspace.yaml").read_text("utf-8")


def test_no_secret_stands_in_an_environment_or_on_a_command_line() -> None:
    shipped = [path for path in DEPLOY.rglob("*") if path.is_file() and "kubernetes" not in path.parts]
    assert len(shipped) > 10
    for path in shipped:
        content = path.read_text("utf-8")
        assert not re.search(
            r"(?i)^[^#]*(password|signing_key|ledger_key|secret)\w*=(?!\s*$)", content, re.MULTILINE
        ), path
        assert not re.search(r"env \$\(|xargs", content), path


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("service", SERVICES)
def test_systemd_finds_little_to_attack(service: str) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(SYSTEMD / f"{service}.service")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None
    assert float(found[1]) <= MOST_EXPOSED
