import ipaddress
import socket

import pytest

from bellwire.engine.guard import Guard
from bellwire.model.network import Listener, NetworkPolicy


def guard(host: str, port: int) -> Guard:
    made = Guard(NetworkPolicy())
    made.listens_at(Listener(ipaddress.ip_address(host), port))
    return made


def test_only_the_very_place_is_bellwire_s_own() -> None:
    one = guard("127.0.0.1", 8425)
    assert "where Bellwire itself listens" in one.objection("127.0.0.1", 8425)
    assert "where Bellwire itself listens" in one.objection("::ffff:127.0.0.1", 8425)
    assert one.objection("127.0.0.1", 8426) == ""
    assert one.objection("192.0.2.1", 8425) == ""


@pytest.mark.parametrize("wildcard", ["0.0.0.0", "::"])  # noqa: S104 - told, not bound
def test_a_listener_on_every_address_makes_each_address_of_this_machine_bellwire_s_own(wildcard: str) -> None:
    everywhere = guard(wildcard, 8425)
    assert "where Bellwire itself listens" in everywhere.objection("127.0.0.1", 8425)
    assert "where Bellwire itself listens" in everywhere.objection("127.5.5.5", 8425)
    assert everywhere.objection("192.0.2.1", 8425) == ""
    assert everywhere.objection("127.0.0.1", 80) == ""


def test_an_address_of_a_network_card_is_of_this_machine_too() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, and shows the address that would be used
        except OSError:
            pytest.skip("this machine has no network card")
        own = probe.getsockname()[0]
    assert "where Bellwire itself listens" in guard("0.0.0.0", 8425).objection(own, 8425)  # noqa: S104 - told, not bound


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("http://127.0.0.1:8425/", True),
        ("http://[::ffff:7f00:1]:8425/v1", True),
        ("http://127.0.0.1/", False),
        ("http://localhost:8425/", False),
        ("https://169.254.169.254", True),
    ],
)
def test_a_url_is_judged_by_its_address_and_port_and_a_name_is_not(url: str, *, refused: bool) -> None:
    assert bool(guard("127.0.0.1", 8425).objection_to_url(url)) is refused


def test_the_port_of_a_url_without_one_is_that_of_its_scheme() -> None:
    assert guard("127.0.0.1", 80).objection_to_url("http://127.0.0.1/x?y=:9") != ""
    assert guard("127.0.0.1", 443).objection_to_url("HTTPS://127.0.0.1") != ""
