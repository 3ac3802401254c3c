"""The settings that say what may be reached over the network, and how Bellwire itself is reached."""

import re
from pathlib import Path
from typing import Final

from bellwire.model.listening import ProxyHeader
from bellwire.model.network import NetworkRule, parse_allowed, parse_rule
from bellwire.rules.suggesting import quoted
from bellwire.setting import Origin, Setting, read_choice, read_flag, read_list, read_path, show_list

HOST_LENGTH_MAX: Final = 253

_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*", re.ASCII)


def _read_allowed(value: object, _origin: Origin) -> tuple[NetworkRule, ...]:
    return tuple(parse_allowed(each) for each in read_list(value))


def _read_denied(value: object, _origin: Origin) -> tuple[NetworkRule, ...]:
    return tuple(parse_rule(each) for each in read_list(value))


def _read_proxies(value: object, _origin: Origin) -> tuple[NetworkRule, ...]:
    rules = tuple(parse_rule(each) for each in read_list(value))
    if any(rule.port is not None for rule in rules):
        raise ValueError("a proxy's port changes with every connection; leave it out")
    return rules


def _read_hosts(value: object, _origin: Origin) -> tuple[str, ...]:
    names = read_list(value)
    for name in names:
        if not _HOST.fullmatch(name) or len(name) > HOST_LENGTH_MAX:
            raise ValueError(f"{quoted(name)} is no name of a server; write it without port as bellwire.example.org")
    return names


def _read_file(value: object, origin: Origin) -> Path | None:
    return (
        None if value == "" else read_path(value, origin, form="a file; write a path such as '/etc/bellwire/tls.pem'")
    )


def _show_file(file: Path | None) -> str:
    return "" if file is None else str(file)


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
    Setting(
        name="built-in-receiver",
        form="BOOLEAN",
        default="true",
        help="Offer a receiver on this machine to try webhooks with; it listens once somebody has asked for it.",
        read=read_flag,
    ),
    Setting(
        name="tls.certificate",
        form="FILE",
        default="",
        help="A PEM file with the certificate that the API shows, and its chain; read again when it changes.",
        read=_read_file,
        write=_show_file,
    ),
    Setting(
        name="tls.key",
        form="FILE",
        default="",
        help="A PEM file with the certificate's key, not encrypted.",
        read=_read_file,
        write=_show_file,
    ),
    Setting(
        name="tls.by-proxy",
        form="BOOLEAN",
        default="false",
        help="Listen without TLS where other machines can reach it, as a proxy in front speaks TLS.",
        read=read_flag,
    ),
    Setting(
        name="hosts",
        form="NAME,…",
        default="",
        help="Names under which the API may be called, besides localhost and the address that it listens on.",
        read=_read_hosts,
        write=show_list,
    ),
    Setting(
        name="proxy.trusted",
        form="NETWORK,…",
        default="",
        help="Proxies in front that are believed when they say for whom they speak.",
        read=_read_proxies,
        write=show_list,
    ),
    Setting(
        name="proxy.header",
        form="x-forwarded-for|forwarded",
        default=ProxyHeader.X_FORWARDED_FOR.value,
        help="The header in which they say it; the other one is not looked at.",
        read=read_choice(ProxyHeader),
    ),
)
