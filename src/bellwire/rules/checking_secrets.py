"""Do the signature key and the credentials say where their secrets are?"""

import re
from collections.abc import Callable
from typing import Final

from bellwire.model.secret import (
    MASK,
    OWN_VARIABLES,
    EnvironmentVariable,
    File,
    NoSecret,
    SecretKey,
    SecretKeyOptional,
    Value,
)
from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated
from bellwire.rules.reading import Place, kind_of, read_line, read_text, refuse_unknown
from bellwire.rules.signing import standard_key
from bellwire.rules.suggesting import alternatives, nearest, quoted

SECRET_LENGTH_MAX: Final = 8_192
USERNAME_LENGTH_MAX: Final = 255
VARIABLE_NAME_LENGTH_MAX: Final = 255
FILE_PATH_LENGTH_MAX: Final = 4_096

Variants = dict[str, tuple[str, ...]]
Check = Callable[[Place, str], None]

_SECRET_KEY: Final[Variants] = {
    "Value": ("secret",),
    "EnvironmentVariable": ("variableName",),
    "File": ("filePath",),
}
_SECRET_KEY_OPTIONAL: Final[Variants] = {"None": ()} | _SECRET_KEY
_HTTP_AUTH: Final[Variants] = {
    "Unauthenticated": (),
    "Basic": ("username", "secret"),
    "Bearer": ("bearerToken",),
}

_VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BEARER_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def read_signature_key(place: Place, *, stored: SecretKeyOptional) -> SecretKeyOptional:
    """Read the page's SecretKeyOptional; null stands for None. `"****"` takes over the stored value."""
    if place.value is None:
        return NoSecret()
    if isinstance(place.value, str):
        place.fault('must be an object; write {"@type": "Value", "secret": "…"}')
        return NoSecret()
    tag, members = _read_variant(place, _SECRET_KEY_OPTIONAL)
    return NoSecret() if tag == "None" else _read_secret(place, tag, members, stored=stored, check=_check_standard)


def read_http_auth(place: Place, *, stored: HttpAuth) -> HttpAuth:
    """Read the page's HttpAuth; null stands for Unauthenticated. `"****"` takes over the secret of the same variant."""
    if place.value is None:
        return Unauthenticated()
    tag, members = _read_variant(place, _HTTP_AUTH)
    match tag:
        case "Basic":
            stored_key = stored.secret if isinstance(stored, Basic) else NoSecret()
            username = _read_username(place.at("username", members.get("username")))
            key = place.at("secret", members.get("secret"))
            return Basic(username, _read_key(key, stored=stored_key, check=_check_password))
        case "Bearer":
            stored_key = stored.bearer_token if isinstance(stored, Bearer) else NoSecret()
            key = place.at("bearerToken", members.get("bearerToken"))
            return Bearer(_read_key(key, stored=stored_key, check=_check_bearer_token))
        case _:
            return Unauthenticated()


def _read_variant(place: Place, variants: Variants) -> tuple[str, dict[str, object]]:
    """The variant's name and its members; an empty name after a fault."""
    known = alternatives(variants)
    match place.value:
        case dict() as written if "@type" in written:
            tag = written["@type"]
        case dict():
            place.fault(f'has no "@type"; write {known} there')
            return "", {}
        case other:
            place.fault(f'must be an object with an "@type" ({known}), not {kind_of(other)}')
            return "", {}
    if not isinstance(tag, str):
        place.at("@type", tag).fault(f"must be the name of a variant ({known}), not {kind_of(tag)}")
    elif tag in variants:
        members = {name: value for name, value in written.items() if name != "@type"}
        refuse_unknown(members, variants[tag], place=place, owner=tag)
        return tag, members
    else:
        close = nearest(tag, variants, count=1)
        guess = f"did you mean {close[0]}? " if close else ""
        place.at("@type", tag).fault(f"{quoted(tag)} is no variant; {guess}the variants are {known}")
    return "", {}


def _read_key(place: Place, *, stored: SecretKeyOptional, check: Check) -> SecretKey:
    """Read a SecretKey; plain text is short for a Value."""
    match place.value:
        case str():
            return Value(_read_value(place, stored=stored, check=check))
        case None:
            place.fault(
                f"is required and missing; write a text, or an object with an @type ({alternatives(_SECRET_KEY)})"
            )
            return Value("")
        case _:
            tag, members = _read_variant(place, _SECRET_KEY)
            return _read_secret(place, tag, members, stored=stored, check=check)


def _read_secret(
    place: Place, tag: str, members: dict[str, object], *, stored: SecretKeyOptional, check: Check
) -> SecretKey:
    match tag:
        case "EnvironmentVariable":
            return EnvironmentVariable(_read_variable_name(place.at("variableName", members.get("variableName"))))
        case "File":
            return File(_read_file_path(place.at("filePath", members.get("filePath"))))
        case "Value":
            return Value(_read_value(place.at("secret", members.get("secret")), stored=stored, check=check))
        case _:
            return Value("")


def _read_value(place: Place, *, stored: SecretKeyOptional, check: Check) -> str:
    secret = read_text(place, length_max=SECRET_LENGTH_MAX)
    if secret == MASK:
        if isinstance(stored, Value):
            return stored.secret
        place.fault(f"{MASK!r} stands for a stored secret, and no such one is stored here; write the secret itself")
    elif secret:
        check(place, secret)
    return secret


def _check_standard(place: Place, secret: str) -> None:
    try:
        standard_key(secret)
    except ValueError as problem:
        place.fault(f"{problem}; copy the key whole, with the = at its end")


def _check_password(place: Place, secret: str) -> None:
    if _CONTROL.search(secret):
        place.fault("holds a control character, which a password must not (RFC 7617 §2); remove it")


def _check_bearer_token(place: Place, secret: str) -> None:
    if not _BEARER_TOKEN.fullmatch(secret):
        place.fault("holds white space or what is not ASCII, which a token must not (RFC 6750 §2.1); remove it")


def _read_username(place: Place) -> str:
    name = read_line(place, length_max=USERNAME_LENGTH_MAX)
    if ":" in name:
        place.fault("holds a colon, which would end it (RFC 7617 §2); remove it")
    return name


def _read_variable_name(place: Place) -> str:
    name = read_text(place, length_max=VARIABLE_NAME_LENGTH_MAX)
    if name and not _VARIABLE_NAME.fullmatch(name):
        place.fault("is no name of a variable; write letters, digits and _, no digit first, no $")
    elif name.upper().startswith(OWN_VARIABLES):
        place.fault(f"variables that begin with {OWN_VARIABLES} are Bellwire's own settings; use another one")
    return name


def _read_file_path(place: Place) -> str:
    path = read_line(place, length_max=FILE_PATH_LENGTH_MAX)
    if path and not path.startswith("/"):
        place.fault("is not absolute; begin it with /")
    return path
