"""May this caller have these secrets sent, and there?"""

import posixpath
from pathlib import PurePosixPath
from typing import Final, assert_never

import msgspec

from bellwire.model.secrecy import Secrecy
from bellwire.model.secret import MASK, EnvironmentVariable, File, SecretKeyOptional, Value
from bellwire.model.source import Source
from bellwire.model.webhook import Basic, Bearer, HttpAuth, Unauthenticated, WebHook
from bellwire.rules.checking_headers import carries_credential
from bellwire.rules.checking_urls import origin_of
from bellwire.rules.reading import Findings, Place
from bellwire.rules.suggesting import alternatives

SHOWN_MAX: Final = 5
"""Of folders and variables that are allowed, in one message."""


Entrusted = WebHook | Source


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """How far a writer of webhooks is trusted. secrecy: from where secrets may be read at all."""

    is_administrator: bool = True
    secrecy: Secrecy = Secrecy()


FULL_TRUST: Final = Trust()


def check_entrusted(
    edited: Entrusted, stored: Entrusted | None, document: dict[str, object], *, trust: Trust, faults: Findings
) -> None:
    """Note every secret of a webhook or source that the writer may not have used like this, each at its place.

    Only an administrator chooses files and variables, and only those that the settings allow. Who is none gives again
    what they cannot see where the endpoint becomes another one: otherwise they could have it sent to themselves.

    document: what was written; in it the mask stands for what is stored.
    """
    moved = (
        isinstance(edited, WebHook)
        and isinstance(stored, WebHook)
        and not faults.touch("url", "allowInvalidCerts")
        and leads_elsewhere(stored, edited)
    )
    stored_keys = {} if stored is None else dict(_keys_of(stored))
    for place, key in _keys_of(edited):
        names = place.split("/")
        written = _member(document, names)
        at = Place(written, place, faults)
        is_new = key != stored_keys.get(place)
        match key:
            case File() | EnvironmentVariable():
                _check_named(at, key, is_new=is_new, moved=moved, trust=trust)
            case Value() if moved and not trust.is_administrator and _is_kept(written):
                (at if isinstance(written, str) else at.at("secret", None)).fault(_AGAIN)
            case _:
                pass
    if moved and isinstance(edited, WebHook) and not trust.is_administrator:
        _check_headers(edited, document, faults)


def leads_elsewhere(stored: WebHook, edited: WebHook) -> bool:
    """Whether an edit lets somebody else receive what is sent: another origin (RFC 6454), or certificates that count
    otherwise.
    """
    same_origin = origin_of(stored.url) == origin_of(edited.url)
    return not same_origin or stored.allow_invalid_certs != edited.allow_invalid_certs


_AGAIN: Final = (
    "must be written again, as the endpoint is another one with this url or allowInvalidCerts; write the secret "
    "itself, or ask for a token with the scope admin"
)


def _keys_of(holder: Entrusted) -> tuple[tuple[str, SecretKeyOptional], ...]:
    return (("signatureKey", holder.signature_key), *_keys_of_auth(holder.http_auth))


def _keys_of_auth(auth: HttpAuth) -> tuple[tuple[str, SecretKeyOptional], ...]:
    match auth:
        case Unauthenticated():
            return ()
        case Basic(secret=key):
            return (("httpAuth/secret", key),)
        case Bearer(bearer_token=key):
            return (("httpAuth/bearerToken", key),)
        case _:
            assert_never(auth)


def _check_named(place: Place, key: File | EnvironmentVariable, *, is_new: bool, moved: bool, trust: Trust) -> None:
    at, kind, refusal = _named(place, key, trust.secrecy)
    if not trust.is_administrator and (is_new or moved):
        does = f"choose {kind}" if is_new else f"let another endpoint have what is in {kind}"
        at.fault(f"only an administrator may {does}; use a Value, or ask for a token with the scope admin")
    elif is_new and refusal:
        at.fault(refusal)


def _named(place: Place, key: File | EnvironmentVariable, secrecy: Secrecy) -> tuple[Place, str, str]:
    """The member that names it, what it is in words, and why nobody may read it."""
    match key:
        case File(file_path=path):
            return place.at("filePath", None), "a file", _refusal_of_file(path, secrecy)
        case EnvironmentVariable(variable_name=name):
            return place.at("variableName", None), "an environment variable", _refusal_of_variable(name, secrecy)
        case _:
            assert_never(key)


def _refusal_of_file(path: str, secrecy: Secrecy) -> str:
    place = PurePosixPath(posixpath.normpath(path))
    if secrecy.folders is None or any(place.is_relative_to(folder) for folder in secrecy.folders):
        return ""
    return f"is in no folder that secrets may be read from; {_allowed([str(folder) for folder in secrecy.folders])}"


def _refusal_of_variable(name: str, secrecy: Secrecy) -> str:
    if secrecy.allows_variable(name):
        return ""
    return f"is no variable that secrets may be read from; {_allowed(list(secrecy.variables or ()))}"


def _allowed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
    return f"the settings allow {alternatives(names[:SHOWN_MAX])}{more}" if names else "the settings allow none"


def _check_headers(edited: WebHook, document: dict[str, object], faults: Findings) -> None:
    for name in edited.http_headers:
        if carries_credential(name) and _member(document, ["httpHeaders", name]) == MASK:
            Place(None, "httpHeaders", faults).at(name, None).fault(_AGAIN)


def _is_kept(written: object) -> bool:
    return MASK in (written, _member(written, ["secret"]))


def _member(document: object, names: list[str]) -> object:
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document
