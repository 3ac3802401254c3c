import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.errors import InvalidSetting
from bellwire.model.network import NetworkPolicy, NetworkRule, parse_allowed, parse_rule

networks = st.ip_addresses().flatmap(
    lambda address: st.integers(0, address.max_prefixlen).map(
        lambda length: ipaddress.ip_network(
            (int(address), length) if address.version == 4 else (address.packed, length), strict=False
        )
    )
)


@given(networks, st.none() | st.integers(1, 65_535))
def test_a_rule_is_read_as_it_is_written(network: ipaddress.IPv4Network, port: int | None) -> None:
    rule = NetworkRule(network, port)
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    ("written", "network", "port"),
    [
        ("192.0.2.7", "192.0.2.7/32", None),
        ("192.0.2.0/24:443", "192.0.2.0/24", 443),
        ("[2001:db8::/32]:443", "2001:db8::/32", 443),
        ("[::1]", "::1/128", None),
        ("::ffff:192.0.2.1", "::ffff:c000:201/128", None),
    ],
)
def test_an_address_or_network_with_or_without_a_port_is_read(written: str, network: str, port: int | None) -> None:
    assert parse_rule(written) == NetworkRule(ipaddress.ip_network(network), port)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "example.com",
        "10.0.0.0/33",
        "10.0.0.0/255.0.0.0",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "fe80::1%eth0",
        "2001:db8::/32:443",
        "192.0.2.7:0",
        "192.0.2.7:65536",
        "[192.0.2.7",
        "\N{FULLWIDTH DIGIT ONE}.1.1.1",
    ],
)
def test_what_is_no_rule_is_refused_with_the_right_form(written: str) -> None:
    with pytest.raises(ValueError, match=r"write it as 192\.0\.2\.7"):
        parse_rule(written)


def test_bits_behind_the_prefix_are_no_accident_to_pass_over() -> None:
    with pytest.raises(ValueError, match=r"write 10\.0\.0\.0/8 for all of it, or 10\.1\.2\.3 alone"):
        parse_rule("10.1.2.3/8")


@pytest.mark.parametrize("written", ["::ffff:10.0.0.1", "64:ff9b::/96", "2002:a00::/24", "64:ff9b:1::/48"])
def test_what_only_wraps_ipv4_cannot_be_allowed_as_such(written: str) -> None:
    parse_rule(written)
    with pytest.raises(ValueError, match="write those that are inside"):
        parse_allowed(written)


@pytest.mark.parametrize("written", ["::1", "::/0", "2000::/3", "10.0.0.0/8"])
def test_what_wraps_nothing_can_be_allowed(written: str) -> None:
    assert parse_allowed(written) == parse_rule(written)


def test_a_policy_is_made_from_texts_and_says_all_that_is_wrong_with_them() -> None:
    policy = NetworkPolicy.of(allow=["10.0.0.0/8"], deny=["10.9.0.0/16"], public_only=True)
    assert [str(rule) for rule in (*policy.allow, *policy.deny)] == ["10.0.0.0/8", "10.9.0.0/16"]
    with pytest.raises(InvalidSetting) as caught:
        NetworkPolicy.of(allow=["10.0.0.0/8", "x"], deny=["y"])
    assert [fault.path for fault in caught.value.faults] == ["network.allow/1", "network.deny/0"]
