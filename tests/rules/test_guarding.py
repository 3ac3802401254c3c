import ipaddress
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwire.model.network import Address, NetworkPolicy
from bellwire.rules.guarding import METADATA, NEVER_MEANT, NOT_PUBLIC, objection_to

V4 = ipaddress.IPv4Address
V6 = ipaddress.IPv6Address

DEFAULT = NetworkPolicy()
PUBLIC_ONLY = NetworkPolicy(public_only=True)


def own_nothing(_address: Address, _port: int) -> bool:
    return False


def objection(
    address: str | Address,
    policy: NetworkPolicy = DEFAULT,
    *,
    port: int = 443,
    is_own: Callable[[Address, int], bool] = own_nothing,
) -> str:
    return objection_to(ipaddress.ip_address(str(address)), port, policy, is_own=is_own)


def v6(prefix: str, low: int) -> V6:
    return V6(int(V6(prefix)) | low)


def nat64_inside(address: V4, prefix_length: int) -> V6:
    """RFC 6052 §2.2: the address behind the prefix, around the eighth octet, which is zero."""
    octets = bytearray(V6("64:ff9b:1::").packed)
    places = [place for place in range(prefix_length // 8, 16) if place != 8][:4]
    for place, octet in zip(places, address.packed, strict=True):
        octets[place] = octet
    return V6(bytes(octets))


WRAPPED: list[Callable[[V4], V6]] = [
    lambda inner: v6("::ffff:0:0", int(inner)),
    lambda inner: v6("::", int(inner)),
    lambda inner: v6("::ffff:0:0:0", int(inner)),
    lambda inner: v6("64:ff9b::", int(inner)),
    lambda inner: v6("2002::", int(inner) << 80),
    lambda inner: v6("2002::", int(inner) << 80 | 0x1234),
    lambda inner: v6("2001:0:808:808::", int(inner) ^ 0xFFFFFFFF),
    lambda inner: v6("2001::", int(inner) << 64 | 0xF7F7F7F7),
    *((lambda inner, length=length: nat64_inside(inner, length)) for length in (48, 56, 64, 96)),
]
wrappings = st.sampled_from(WRAPPED)
forbidden = st.sampled_from([each.network for each in (*METADATA, *NEVER_MEANT) if each.network.version == 4]).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(V4)
)
not_public = st.sampled_from([each.network for each in NOT_PUBLIC if each.network.version == 4]).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(V4)
)


@given(forbidden.filter(lambda address: int(address) >> 24 != 0), wrappings)
def test_no_wrapped_form_of_a_forbidden_address_is_allowed(inner: V4, wrap: Callable[[V4], V6]) -> None:
    assert objection(inner)
    assert objection(wrap(inner))


@given(st.integers(2, 2**24 - 1).map(V4), st.sampled_from(WRAPPED[:8]))
def test_no_wrapped_form_of_an_unspecified_address_is_allowed(inner: V4, wrap: Callable[[V4], V6]) -> None:
    assert objection(inner)
    assert objection(wrap(inner))


@given(not_public.filter(lambda address: address not in {V4("192.0.0.9"), V4("192.0.0.10")}), wrappings)
def test_no_wrapped_form_of_a_private_address_is_public(inner: V4, wrap: Callable[[V4], V6]) -> None:
    assert objection(inner, PUBLIC_ONLY)
    assert objection(wrap(inner), PUBLIC_ONLY)


@given(st.integers(2**24, 2**32 - 1).map(V4), wrappings)
def test_no_wrapped_form_of_a_denied_address_is_allowed(inner: V4, wrap: Callable[[V4], V6]) -> None:
    policy = NetworkPolicy.of(deny=[str(inner)], allow=["0.0.0.0/0", "::/0", str(inner)])
    assert objection(inner, policy)
    assert objection(wrap(inner), policy)


@given(st.integers(0, 2**32 - 1).map(V4))
def test_with_public_only_nothing_passes_that_python_calls_private(address: V4) -> None:
    if not objection(address, PUBLIC_ONLY):
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(0, 2**128 - 1).map(V6) | st.integers(2**125, 2**126 - 1).map(V6))
def test_with_public_only_no_ipv6_address_passes_outside_of_what_is_given_out(address: V6) -> None:
    if not objection(address, PUBLIC_ONLY):
        assert (
            address in ipaddress.ip_network("2000::/3")
            or address.ipv4_mapped
            or int(address) >> 96 in {0, 0x64FF9B0000}
        )


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("169.254.169.254", "the metadata service of most clouds"),
        ("fd00:ec2::254", "the metadata service of AWS"),
        ("100.100.100.200", "the metadata service of Alibaba Cloud"),
        ("168.63.129.16", "the platform service of Azure"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("255.255.255.255", "broadcast"),
    ],
)
def test_what_nobody_means_is_refused_by_default_with_its_name_and_the_remedy(address: str, name: str) -> None:
    said = objection(address)
    assert f" is {name}" in said
    assert "network.allow" in said


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fc00::1", "8.8.8.8", "2606:4700::1", "100.64.0.1"]
)
def test_this_machine_private_networks_and_the_internet_may_be_reached_by_default(address: str) -> None:
    assert objection(address) == ""


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.1", "fc00::1", "3fff::1", "4000::1", "2001:2::1"])
def test_with_public_only_they_are_refused_unless_they_are_allowed(address: str) -> None:
    assert "network.public-only is set" in objection(address, PUBLIC_ONLY)
    assert objection(address, NetworkPolicy.of(allow=[address], public_only=True)) == ""


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "192.0.0.9", "2001:20::1", "64:ff9b::808:808"])
def test_with_public_only_the_internet_may_be_reached(address: str) -> None:
    assert objection(address, PUBLIC_ONLY) == ""


def test_what_is_inside_is_named_beside_what_it_is_inside_of() -> None:
    assert objection("64:ff9b::a9fe:a9fe").startswith("169.254.169.254 (inside 64:ff9b::a9fe:a9fe) is the metadata")


def test_deny_wins_over_allow() -> None:
    policy = NetworkPolicy.of(allow=["10.1.2.3"], deny=["10.0.0.0/8"])
    assert objection("10.1.2.3", policy) == (
        "10.1.2.3 is denied by 10.0.0.0/8 in network.deny; take it out of there to allow it"
    )
    assert objection("10.1.2.3", NetworkPolicy.of(deny=["10.1.2.3:80"])) == ""
    assert objection("10.1.2.3", NetworkPolicy.of(deny=["10.1.2.3:80"]), port=80)


def test_a_way_of_wrapping_can_be_denied_as_a_whole() -> None:
    policy = NetworkPolicy.of(deny=["2002::/16"])
    assert "denied by 2002::/16" in objection("2002:808:808::1", policy)


def test_metadata_needs_to_be_allowed_by_its_very_address() -> None:
    assert objection("169.254.169.254", NetworkPolicy.of(allow=["169.254.0.0/16"]))
    assert objection("169.254.1.1", NetworkPolicy.of(allow=["169.254.0.0/16"])) == ""
    exact = NetworkPolicy.of(allow=["169.254.169.254:80"])
    assert objection("169.254.169.254", exact, port=80) == ""
    assert objection("169.254.169.254", exact, port=443)
    assert objection("::ffff:169.254.169.254", exact, port=80) == ""


def test_where_bellwire_itself_listens_needs_to_be_allowed_by_its_very_address() -> None:
    def is_own(address: Address, port: int) -> bool:
        return (str(address), port) == ("127.0.0.1", 8425)

    said = objection("127.0.0.1", port=8425, is_own=is_own)
    assert said == (
        "127.0.0.1 with port 8425 is where Bellwire itself listens; to allow it, add 127.0.0.1 itself to network.allow"
    )
    assert objection("127.0.0.1", NetworkPolicy.of(allow=["127.0.0.0/8"]), port=8425, is_own=is_own) == said
    assert objection("127.0.0.1", NetworkPolicy.of(allow=["127.0.0.1:8425"]), port=8425, is_own=is_own) == ""
    assert objection("127.0.0.1", port=9000, is_own=is_own) == ""
    assert "inside ::ffff:7f00:1" in objection("::ffff:127.0.0.1", port=8425, is_own=is_own)
