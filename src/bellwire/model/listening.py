"""How the API is reached: over TLS or not, under which names, and through whom."""

import enum
from pathlib import Path
from typing import NamedTuple

import msgspec

from bellwire.model.network import NetworkRule


class TlsFiles(NamedTuple):
    """PEM files: the certificate with its chain, and its key."""

    certificate: Path
    key: Path


class ProxyHeader(enum.Enum):
    """In which header trusted proxies tell whom they speak for."""

    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """tls: None for plain HTTP. hosts: further names of the server. proxies: whose words on the client count."""

    tls: TlsFiles | None = None
    hosts: tuple[str, ...] = ()
    proxies: tuple[NetworkRule, ...] = ()
    proxy_header: ProxyHeader = ProxyHeader.X_FORWARDED_FOR
