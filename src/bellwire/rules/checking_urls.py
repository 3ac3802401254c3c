"""Is this the URL of an endpoint?"""

import ipaddress
import re
import unicodedata
import urllib.parse
from typing import Final

from bellwire.rules.reading import Place, read_text
from bellwire.rules.suggesting import quoted

URL_LENGTH_MAX: Final = 2_048
HOST_LENGTH_MAX: Final = 253
PORT_MAX: Final = 65_535

_SCHEME: Final = re.compile(r"(https?)://", re.ASCII | re.IGNORECASE)
_OTHER_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]*):", re.ASCII | re.IGNORECASE)
_SPACE_OR_CONTROL: Final = re.compile(r"[\s\x00-\x20\x7f-\x9f]")
_NOT_ALLOWED: Final = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]")  # RFC 3986 §2
_BARE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


def read_url(place: Place) -> str:
    """Read an absolute http or https URL with a host, kept as written; empty after a fault.

    Only the characters of RFC 3986 are taken; the fault for another one says how to write it. Messages never
    repeat more than a host or a character, as a URL may hold a password.
    """
    url = read_text(place, length_max=URL_LENGTH_MAX)
    if not url:
        return ""
    problem = _problem(url)
    if problem:
        place.fault(problem)
        return ""
    return url


def host_of(url: str) -> str:
    """The host of a sound URL as written there: IPv6 addresses in brackets, no port."""
    return _host_and_port(_authority(url))[0]


def port_of(url: str) -> int:
    """The port of a sound URL, that of its scheme where it names none."""
    port = _host_and_port(_authority(url))[1]
    return int(port) if port else 443 if is_encrypted(url) else 80


def address_of(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that is the host of a sound URL; None for a name."""
    try:
        return ipaddress.ip_address(host_of(url).strip("[]"))
    except ValueError:
        return None


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a sound URL (RFC 6454 §4), each in one form only."""
    return url.split(":", 1)[0].lower(), host_of(url).lower().removesuffix("."), port_of(url)


def is_encrypted(url: str) -> bool:
    """Whether the scheme of a sound URL is https."""
    return url[:6].lower() == "https:"


def is_loopback(url: str) -> bool:
    """Whether a sound URL names this very machine, so that its requests cross no network."""
    host = host_of(url).strip("[]").lower().removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _problem(url: str) -> str:
    if _SPACE_OR_CONTROL.search(url):
        return "holds white space or a control character; remove it, or write it as %20 within a path"
    if not _SCHEME.match(url):
        return _scheme_problem(url)
    authority = _authority(url)
    if "@" in authority:
        return "holds a user name or password; write them in httpAuth"
    if "#" in url:
        return "holds a fragment, which no request carries; remove it from # on"
    if not authority.isascii():
        return _foreign_host_problem(authority)
    return _host_problem(authority) or _characters_problem(url)


def _scheme_problem(url: str) -> str:
    scheme = _OTHER_SCHEME.match(url)
    if scheme and scheme[1].lower() in {"http", "https"}:
        return f"has no // after the scheme; begin it with {scheme[1].lower()}://"
    if scheme and url.startswith("//", scheme.end()):
        return f"has the scheme {quoted(scheme[1])}; only http and https can be delivered to"
    return "is not absolute; begin it with https:// or http://"


def _foreign_host_problem(authority: str) -> str:
    host, _ = _host_and_port(authority)
    labels = unicodedata.normalize("NFKC", host).lower().split(".")
    ascii_host = ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)
    return f"has a host that is not ASCII; write it as {quoted(ascii_host)}"


def _host_problem(authority: str) -> str:
    host, port = _host_and_port(authority)
    if not host:
        return "has no host; write it after the two slashes"
    if port is not None and not (port.isdigit() and len(port) <= len(str(PORT_MAX)) and 1 <= int(port) <= PORT_MAX):
        return f"has a port that is none; write 1 to {PORT_MAX}, or leave out the colon"
    if host.startswith("["):
        return "" if _is_address(host[1:-1], 6) and host.endswith("]") else "has no IPv6 address in its brackets"
    labels = host.removesuffix(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return "" if _is_address(host, 4) else "has a number for a host; write an IPv4 address as four decimal numbers"
    if len(host) > HOST_LENGTH_MAX or not all(map(_LABEL.fullmatch, labels)):
        return f"has the host {quoted(host)}, which is no host name; write letters, digits and hyphens between dots"
    return ""


def _characters_problem(url: str) -> str:
    odd = _NOT_ALLOWED.search(url)
    if odd:
        return f"holds {odd[0]!r}; write it as {urllib.parse.quote(odd[0])}"
    if _BARE_PERCENT.search(url):
        return "holds a % that two hexadecimal digits do not follow; write it as %25"
    return ""


def _is_address(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_address(text).version == version and "%" not in text
    except ValueError:
        return False


def _authority(url: str) -> str:
    return re.split(r"[/?#\\]", url.split("://", 1)[1], maxsplit=1)[0]


def _host_and_port(authority: str) -> tuple[str, str | None]:
    """Split at the colon that is in no brackets; the port is None where there is no colon."""
    name, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        return authority, None
    return name, port
