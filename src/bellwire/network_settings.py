"""The settings that say what may be reached over the network, and how Bellwire itself is reached."""

from typing import Final

from bellwire.model.network import NetworkRule, parse_allowed, parse_rule
from bellwire.setting import Origin, Setting, read_flag, read_list, show_list


def _read_allowed(value: object, _origin: Origin) -> tuple[NetworkRule, ...]:
    return tuple(parse_allowed(each) for each in read_list(value))


def _read_denied(value: object, _origin: Origin) -> tuple[NetworkRule, ...]:
    return tuple(parse_rule(each) for each in read_list(value))


NETWORK_SETTINGS: Final = (
    Setting(
        name="network.allow",
        form="NETWORK,…",
        default="",
        help="Addresses and networks that may be delivered to, though they would be refused otherwise.",
        read=_read_allowed,
        write=show_list,
    ),
    Setting(
        name="network.deny",
        form="NETWORK,…",
        default="",
        help="Addresses and networks that are never delivered to, not even if they are allowed as well.",
        read=_read_denied,
        write=show_list,
    ),
    Setting(
        name="network.public-only",
        form="BOOLEAN",
        default="false",
        help="Deliver only to addresses of the public Internet, and those that are allowed.",
        read=read_flag,
    ),
)
