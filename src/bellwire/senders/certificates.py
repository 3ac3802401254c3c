"""Reads certificates as libcurl lists them: fields with their names, in OpenSSL's words."""

import re
import ssl
from collections.abc import Iterable, Sequence
from typing import Final

from bellwire.model.endpoint_check import Certificate

CERTIFICATES_MAX: Final = 10
NAMES_MAX: Final = 100
LINE_LENGTH_MAX: Final = 200

Listed = Sequence[Sequence[tuple[bytes, bytes]]]
"""What pycurl gives for INFO_CERTINFO, the endpoint's own certificate first."""

_NAME: Final = re.compile(r"(?:DNS|IP Address):([^,\s]{1,253})")


def end_of_first(listed: Listed) -> int | None:
    """When the endpoint's own certificate ends, in milliseconds since 1970; None where that cannot be read."""
    return _time_ms(_text(next(iter(listed), ()), "Expire date"))


def read_certificates(listed: Listed) -> tuple[Certificate, ...]:
    """The chain in its order."""
    return tuple(map(_read, listed[:CERTIFICATES_MAX]))


def _read(fields: Sequence[tuple[bytes, bytes]]) -> Certificate:
    return Certificate(
        subject=_line(_text(fields, "Subject")),
        issuer=_line(_text(fields, "Issuer")),
        names=tuple(_NAME.findall(_text(fields, "X509v3 Subject Alternative Name"))[:NAMES_MAX]),
        starts_at_ms=_time_ms(_text(fields, "Start date")),
        ends_at_ms=_time_ms(_text(fields, "Expire date")),
    )


def _text(fields: Iterable[tuple[bytes, bytes]], name: str) -> str:
    return next((value.decode("utf-8", "replace") for key, value in fields if key == name.encode()), "")


def _line(text: str) -> str:
    """The common name, or else all that is said of the holder, fit to be shown."""
    common = re.search(r"(?:^|, )CN ?= ?([^,]+)", text)
    shown = (common[1] if common else text)[:LINE_LENGTH_MAX]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in shown)


def _time_ms(written: str) -> int | None:
    try:
        return ssl.cert_time_to_seconds(written) * 1_000
    except ValueError:
        return None
