"""Is this WebHook object sound, and what is odd about it?"""

from collections.abc import Callable
from typing import Final

import msgspec

from bellwire.errors import Fault, InvalidObject
from bellwire.model.duration import show_duration
from bellwire.model.event_type import Catalogue, TracingLevel
from bellwire.model.secret import NoSecret
from bellwire.model.webhook import (
    KIB,
    MIB,
    CatchUp,
    EventPolicy,
    RegisteredWebhook,
    Unauthenticated,
    WebHook,
)
from bellwire.rules.checking_events import read_events
from bellwire.rules.checking_headers import read_headers
from bellwire.rules.checking_secrets import read_http_auth, read_signature_key
from bellwire.rules.checking_urls import host_of, read_url
from bellwire.rules.entrusting import FULL_TRUST, Trust, check_entrusted
from bellwire.rules.presenting import SERVER_FIELDS, present_registered
from bellwire.rules.reading import (
    Findings,
    Place,
    kind_of,
    read_choice,
    read_count,
    read_duration,
    read_flag,
    read_line,
    read_size,
    refuse_unknown,
)
from bellwire.rules.warning import find_oddities

NAME_LENGTH_MAX: Final = 80
TIMEOUT_MS_MIN: Final = 100
TIMEOUT_MS_MAX: Final = 15 * 60_000
THROTTLE_MS_MAX: Final = 86_400_000
DISCARD_AFTER_MS_MIN: Final = 1_000
DISCARD_AFTER_MS_MAX: Final = 365 * 86_400_000
BATCH_EVENTS_MAX: Final = 10_000
BATCH_BYTES_MIN: Final = KIB
BATCH_BYTES_MAX: Final = 64 * MIB

FIELDS: Final = tuple(field.encode_name for field in msgspec.structs.fields(WebHook))


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A sound object, and what is odd about it: each warning with the path it concerns."""

    webhook: WebHook
    warnings: tuple[Fault, ...]


def _allow_any(_url: str) -> str:
    return ""


def read_webhook(
    document: object,
    *,
    catalogue: Catalogue,
    stored: RegisteredWebhook | None = None,
    objection: Callable[[str], str] = _allow_any,
    trust: Trust = FULL_TRUST,
) -> Checked:
    """Make a WebHook from its decoded JSON form; absent fields get their defaults.

    null in a field that has a default stands for the default; in url, in what the server sets and deeper within,
    it is a fault. Whole numbers are written without fraction and exponent: 1.0 and 1e3 are faults.

    stored: what the object replaces. Secrets written as `"****"` are taken over from it, and what the server sets
    may be sent back unchanged.

    objection: why a URL may not be reached, empty where it may; asked for one that is not stored already, so that a
    webhook can be edited whose address was forbidden since.

    trust: in the writer, see rules/entrusting.py.

    Raises InvalidObject with all faults of the object.
    """
    if not isinstance(document, dict):
        raise InvalidObject((Fault("", f"a WebHook is a JSON object, not {kind_of(document)}"),))
    faults = Findings()
    root = Place(document, "", faults)
    refuse_unknown(document, (*FIELDS, *SERVER_FIELDS), place=root, owner="a WebHook")
    members = {name: root.at(name, document.get(name)) for name in FIELDS}
    stored_key = stored.object.signature_key if stored is not None else NoSecret()
    stored_auth = stored.object.http_auth if stored is not None else Unauthenticated()
    stored_headers = stored.object.http_headers if stored is not None else {}
    listed = read_events(members["events"], catalogue)
    http_auth = read_http_auth(members["httpAuth"], stored=stored_auth)
    webhook = msgspec.structs.replace(
        _read_scalars(members),
        events=tuple(dict.fromkeys(entry.id for entry in listed)),
        signature_key=read_signature_key(members["signatureKey"], stored=stored_key),
        http_auth=http_auth,
        http_headers=read_headers(members["httpHeaders"], auth=http_auth, stored=stored_headers),
    )
    _check_together(webhook, members, faults)
    _check_address(webhook.url, members["url"], stored, objection)
    _check_server_fields(root, document, stored)
    check_entrusted(webhook, stored.object if stored is not None else None, document, trust=trust, faults=faults)
    if found := faults.all():
        raise InvalidObject(found)
    return Checked(webhook=webhook, warnings=find_oddities(webhook, listed, catalogue))


def _read_scalars(members: dict[str, Place]) -> WebHook:
    """The fields that are one text, number or word; the others have their defaults."""
    url = read_url(members["url"])
    defaults = WebHook(url=url, name=host_of(url)[:NAME_LENGTH_MAX] if url else "")
    named = members["name"].value is not None
    return WebHook(
        url=url,
        name=read_line(members["name"], length_max=NAME_LENGTH_MAX) if named else defaults.name,
        events_policy=read_choice(members["eventsPolicy"], EventPolicy) or defaults.events_policy,
        timeout_ms=read_duration(
            members["timeout"], least_ms=TIMEOUT_MS_MIN, most_ms=TIMEOUT_MS_MAX, default=defaults.timeout_ms
        ),
        throttle_ms=read_duration(
            members["throttle"], least_ms=0, most_ms=THROTTLE_MS_MAX, default=defaults.throttle_ms
        ),
        discard_after_ms=read_duration(
            members["discardAfter"],
            least_ms=DISCARD_AFTER_MS_MIN,
            most_ms=DISCARD_AFTER_MS_MAX,
            default=defaults.discard_after_ms,
        ),
        allow_invalid_certs=read_flag(members["allowInvalidCerts"], default=defaults.allow_invalid_certs),
        lossy=read_flag(members["lossy"], default=defaults.lossy),
        enable=read_flag(members["enable"], default=defaults.enable),
        level=read_choice(members["level"], TracingLevel),
        max_batch_events=read_count(
            members["maxBatchEvents"], most=BATCH_EVENTS_MAX, default=defaults.max_batch_events
        ),
        max_batch_bytes=read_size(
            members["maxBatchBytes"], least=BATCH_BYTES_MIN, most=BATCH_BYTES_MAX, default=defaults.max_batch_bytes
        ),
        catch_up=read_choice(members["catchUp"], CatchUp) or defaults.catch_up,
    )


def _check_together(webhook: WebHook, members: dict[str, Place], faults: Findings) -> None:
    """What only several fields show; where one of them has a fault of its own, its default would mislead."""
    if webhook.throttle_ms >= webhook.discard_after_ms and not faults.touch("throttle", "discardAfter"):
        throttle, limit = show_duration(webhook.throttle_ms), show_duration(webhook.discard_after_ms)
        members["throttle"].fault(
            f"{throttle} is not shorter than discardAfter ({limit}), so that events expire while they wait for it; "
            "shorten it, or lengthen discardAfter"
        )
    if webhook.events_policy is EventPolicy.INCLUDE and not webhook.events and not faults.touch("events"):
        members["events"].fault("is empty, so that include would deliver nothing; list event types, or write exclude")


def _check_address(url: str, place: Place, stored: RegisteredWebhook | None, objection: Callable[[str], str]) -> None:
    if url and (stored is None or stored.object.url != url) and (reason := objection(url)):
        place.fault(f"cannot be delivered to: {reason}")


def _check_server_fields(root: Place, document: dict[str, object], stored: RegisteredWebhook | None) -> None:
    present = present_registered(stored) if stored is not None else {}
    for name in SERVER_FIELDS:
        if name not in document or (stored is not None and document[name] == present[name]):
            continue
        remedy = "leave it out, or send it back as it was read" if stored is not None else "leave it out"
        root.at(name, None).fault(f"is set by the server; {remedy}")
