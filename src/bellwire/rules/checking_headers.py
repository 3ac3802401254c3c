"""Which headers of their own may requests carry?"""

import re
from collections.abc import Mapping
from typing import Final

from bellwire.model.secret import MASK
from bellwire.model.webhook import KIB, HttpAuth, Unauthenticated
from bellwire.rules.reading import Place, kind_of
from bellwire.rules.suggesting import quoted

HEADERS_MAX: Final = 64
HEADER_BYTES_MAX: Final = 8 * KIB

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_ODD_IN_VALUE: Final = re.compile(r"[^\t\x20-\x7e]")
_CREDENTIAL: Final = re.compile(
    r"authorization|(?:^|[-_])auth(?:$|[-_])|cookie|(?:access|api)[-_]?key|passw|secret|token", re.IGNORECASE
)

_SET_BY_BELLWIRE: Final = frozenset({"host", "content-length", "x-signature"})
_OF_THE_CONNECTION: Final = frozenset(
    {
        "connection",
        "expect",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def read_headers(place: Place, *, auth: HttpAuth, stored: Mapping[str, str]) -> dict[str, str]:
    """Read an object of names and values, at most HEADERS_MAX and together HEADER_BYTES_MAX (names and values).

    Names are RFC 9110 tokens and differ in more than case. Values are visible ASCII, spaces and tabs, and may be
    empty; RFC 9110 §5.5 lets other bytes pass, but leaves open what they mean, so they are refused.

    stored: those that the written ones replace; a value written as `"****"` is taken over from the one of that name.
    """
    match place.value:
        case None:
            return {}
        case dict() as written if len(written) > HEADERS_MAX:
            place.fault(f"has {len(written)} headers; at most {HEADERS_MAX} are possible")
            return {}
        case dict() as written:
            pass
        case other:
            place.fault(f'must be an object of names and values, {{"X-My-Header": "my-value"}}, not {kind_of(other)}')
            return {}
    headers: dict[str, str] = {}
    values = {name.lower(): value for name, value in stored.items()}
    for name, value in written.items():
        header = place.at(name, value)
        _check_name(header, name, earlier=headers, auth=auth)
        headers[name] = _read_value(header, values.get(name.lower()))
    if sum(len(name) + len(value) for name, value in headers.items()) > HEADER_BYTES_MAX:
        place.fault(f"names and values are longer than {HEADER_BYTES_MAX // KIB} KiB together; shorten them")
    return headers


def carries_credential(name: str) -> bool:
    """Whether a header of that name looks as if its value were a secret."""
    return _CREDENTIAL.search(name) is not None


def _check_name(header: Place, name: str, *, earlier: dict[str, str], auth: HttpAuth) -> None:
    lower = name.lower()
    if not _NAME.fullmatch(name):
        header.fault(f"{quoted(name)} is no header name; write letters, digits and hyphens (RFC 9110 §5.1)")
    elif lower in _SET_BY_BELLWIRE or lower.startswith("webhook-"):
        header.fault("is set by Bellwire itself; leave it out")
    elif lower in _OF_THE_CONNECTION or lower.startswith("proxy-"):
        header.fault("belongs to the connection, which is Bellwire's own business; leave it out")
    elif lower == "authorization" and not isinstance(auth, Unauthenticated):
        header.fault("is set from httpAuth; leave out one of the two")
    twin = next((other for other in earlier if other.lower() == lower), None)
    if twin is not None:
        header.fault(f"is the same header as {quoted(twin)}; leave out one of the two")


def _read_value(header: Place, stored: str | None) -> str:
    match header.value:
        case str() as value if value == MASK and stored is not None:
            return stored
        case str() as value if value == MASK:
            header.fault(
                f"{MASK!r} stands for a stored value, and none is stored under this name; write the value itself"
            )
        case str() as value if odd := _ODD_IN_VALUE.search(value):
            header.fault(f"its value holds {odd[0]!r}; only visible ASCII, spaces and tabs can be sent")
        case str() as value if value != value.strip(" \t"):
            header.fault("its value begins or ends with white space, which receivers cut; remove it")
        case str() as value:
            return value
        case None:
            header.fault("its value is null; write text, or leave out the header")
        case other:
            header.fault(f"its value must be text, not {kind_of(other)}; write it in quotes")
    return ""
