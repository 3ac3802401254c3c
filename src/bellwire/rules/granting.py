"""What is to be granted, and to whom?"""

import re
import unicodedata
from typing import Final

import msgspec

from bellwire.errors import InvalidObject
from bellwire.model.credentials import NAME_LENGTH_MAX
from bellwire.model.duration import DurationMs
from bellwire.model.event import EventTypeId
from bellwire.model.event_type import is_type_id
from bellwire.model.limits import DAY_MS
from bellwire.model.principal import Scope
from bellwire.rules.reading import Findings, Place, read_duration, read_line, read_text, refuse_unknown
from bellwire.rules.suggesting import alternatives, nearest, quoted

EXPIRY_LEAST_MS: Final = DurationMs(60_000)
EXPIRY_MOST_MS: Final = DurationMs(3_650 * DAY_MS)
TYPES_MAX: Final = 1_000
PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 256

TOKEN_MEMBERS: Final = ("name", "scopes", "types", "expiresIn")
PERSON_MEMBERS: Final = ("name", "scopes", "password")
LINK_MEMBERS: Final = ("person",)
OWN_PASSWORD_MEMBERS: Final = ("name", "password", "newPassword")
CHANGE_MEMBERS: Final = ("scopes", "password")

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@+-]*")
_SCOPES: Final = tuple(scope.value for scope in Scope)


class TokenWish(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is asked for. expires_in_ms: None for never."""

    name: str
    scopes: tuple[Scope, ...]
    types: tuple[EventTypeId, ...] | None = None
    expires_in_ms: DurationMs | None = None


class PersonWish(msgspec.Struct, frozen=True, kw_only=True):
    """A person who is to be let in, or (name is then known) what is to be changed of one; None: is left as it is."""

    name: str
    scopes: tuple[Scope, ...] | None = None
    password: str | None = None


class OwnPassword(msgspec.Struct, frozen=True, kw_only=True):
    """Another password that a person wishes for themselves, and the old one, which shows who they are."""

    name: str
    old: str
    new: str


def read_token(document: dict[str, object]) -> TokenWish:
    """Read `{"name": "shop", "scopes": ["publish"], "types": […], "expiresIn": "30d"}`, the last two optional.

    Raises InvalidObject with all faults, as the others here do.
    """
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, TOKEN_MEMBERS, place=place, owner="a token")
    scopes = _read_scopes(place.at("scopes", document.get("scopes"))) or ()
    types = _read_types(place.at("types", document.get("types")))
    if types is not None and scopes and not {Scope.PUBLISH, Scope.ADMIN}.intersection(scopes):
        place.at("types", None).fault(
            "says what may be published, which needs the scope publish; add it, or leave types out"
        )
    expires_in_ms = None
    if document.get("expiresIn") is not None:
        expires_in_ms = read_duration(
            place.at("expiresIn", document["expiresIn"]),
            least_ms=EXPIRY_LEAST_MS,
            most_ms=EXPIRY_MOST_MS,
            default=EXPIRY_LEAST_MS,
        )
    name = _read_name(place.at("name", document.get("name")))
    _raise_if_any(faults)
    return TokenWish(name=name, scopes=scopes, types=types, expires_in_ms=expires_in_ms)


def read_person(document: dict[str, object]) -> PersonWish:
    """Read `{"name": "nadia", "scopes": ["write"], "password": "…"}`; without a password only links let them in."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, PERSON_MEMBERS, place=place, owner="a person")
    wish = PersonWish(
        name=_read_name(place.at("name", document.get("name"))),
        scopes=_read_scopes(place.at("scopes", document.get("scopes"))),
        password=_read_password(place.at("password", document.get("password"))),
    )
    _check_password(wish, place.at("password", None))
    _raise_if_any(faults)
    return wish


def read_change(name: str, document: dict[str, object]) -> PersonWish:
    """Read what is to be changed of the person of that name: `{"scopes": […], "password": "…"}`, both optional."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, CHANGE_MEMBERS, place=place, owner="a change of a person")
    scopes = document.get("scopes")
    wish = PersonWish(
        name=name,
        scopes=None if scopes is None else _read_scopes(place.at("scopes", scopes)),
        password=_read_password(place.at("password", document.get("password"))),
    )
    _check_password(wish, place.at("password", None))
    if not document:
        place.fault(f"says nothing; write {alternatives(CHANGE_MEMBERS)}")
    _raise_if_any(faults)
    return wish


def read_own_password(document: dict[str, object]) -> OwnPassword:
    """Read `{"name": "nadia", "password": "…", "newPassword": "…"}`."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, OWN_PASSWORD_MEMBERS, place=place, owner="a change of a password")
    at = place.at("newPassword", document.get("newPassword"))
    name = read_line(place.at("name", document.get("name")), length_max=NAME_LENGTH_MAX)
    old = read_text(place.at("password", document.get("password")), length_max=PASSWORD_LENGTH_MAX)
    new = _read_password(at)
    if new is None:
        at.fault("is needed: the password that is to count from now on")
    elif new and new == normal_password(old):
        at.fault("is the password that counts already; choose another")
    _check_password(PersonWish(name=name, password=new), at)
    _raise_if_any(faults)
    return OwnPassword(name=name, old=old, new=new or "")


def read_link_wish(document: dict[str, object]) -> str | None:
    """Read whom a login link is to let in, `{"person": "nadia"}`; None: whoever asks for it."""
    faults = Findings()
    place = Place(document, "", faults)
    refuse_unknown(document, LINK_MEMBERS, place=place, owner="a login link")
    person = None
    if document.get("person") is not None:
        person = read_line(place.at("person", document["person"]), length_max=NAME_LENGTH_MAX)
    _raise_if_any(faults)
    return person


def normal_password(written: str) -> str:
    """The password as it is kept and compared: composed, as keyboards differ in how they send letters (RFC 8265)."""
    return unicodedata.normalize("NFC", written)


def _raise_if_any(faults: Findings) -> None:
    if faults.all():
        raise InvalidObject(faults.all())


def _read_name(place: Place) -> str:
    if isinstance(place.value, str) and len(place.value) <= NAME_LENGTH_MAX and _NAME.fullmatch(place.value):
        return place.value
    written = "is needed" if place.value is None else f"{quoted(str(place.value))} is no name"
    place.fault(f"{written}; use up to {NAME_LENGTH_MAX} small letters, digits and . _ @ + -, a letter or digit first")
    return ""


def _read_scopes(place: Place) -> tuple[Scope, ...] | None:
    listed = place.value
    if not isinstance(listed, list) or not listed:
        place.fault(f"must be a list with at least one of {alternatives(_SCOPES)}")
        return None
    wrong = [each for each in listed if each not in _SCOPES]
    for each in wrong[:1]:
        close = nearest(str(each), _SCOPES, count=1)
        remedy = f"did you mean {close[0]}?" if close else f"there are {alternatives(_SCOPES)}"
        place.fault(f"{quoted(str(each))} is no scope; {remedy}")
    return tuple(scope for scope in Scope if scope.value in listed) if not wrong else None


def _read_types(place: Place) -> tuple[EventTypeId, ...] | None:
    match place.value:
        case None:
            return None
        case [*listed] if listed and len(listed) <= TYPES_MAX:
            for at, each in enumerate(listed):
                if not isinstance(each, str) or not is_type_id(each):
                    place.at(at, each).fault(
                        f"{quoted(str(each))} is not an event type; write it as in 'shop.order-paid'"
                    )
                    return None
            return tuple(sorted({EventTypeId(str(each)) for each in listed}))
        case _:
            place.fault(f"must be a list of 1 to {TYPES_MAX:,} event types; leave it out to allow all")
            return None


def _read_password(place: Place) -> str | None:
    if place.value is None:
        return None
    password = normal_password(read_text(place, length_max=PASSWORD_LENGTH_MAX))
    if 0 < len(password) < PASSWORD_LENGTH_MIN:
        place.fault(f"must have {PASSWORD_LENGTH_MIN} characters or more")
    return password


def _check_password(wish: PersonWish, place: Place) -> None:
    if wish.password is not None and wish.name and wish.password.casefold() == wish.name.casefold():
        place.fault("is the name itself; choose another")
